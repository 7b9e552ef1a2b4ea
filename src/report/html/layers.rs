//! Places the nodes of a graph in layers, so that edges run one way and cross little.
//!
//! Owns the layout in abstract units: layer numbers, and places across the layers in widths of a node.
//! Refuses to know what nodes are, and which way layers run on paper.

/// Room of an edge that passes by nodes, in widths of a node.
const LANE: f64 = 0.3;
const SWEEPS: usize = 8;

/// A graph with places.
#[derive(Debug)]
pub struct Layout {
    /// Layer of each node.
    pub layer: Vec<usize>,
    /// Place of each node's middle across its layer; the first node of the widest layer is at 0.5.
    pub place: Vec<f64>,
    /// For each edge, the places where it passes the layers between its ends.
    pub lanes: Vec<Vec<f64>>,
    pub layers: usize,
    /// The extent across.
    pub width: f64,
}

/// A node, or the lane of an edge through a layer.
struct Item {
    size: f64,
    place: f64,
    before: Vec<usize>,
    after: Vec<usize>,
}

impl Layout {
    /// Lays out `count` nodes; each edge goes from a lower to a higher number.
    pub fn new(count: usize, edges: &[(usize, usize)]) -> Layout {
        let layer = layers(count, edges);
        let mut items: Vec<Item> =
            (0..count).map(|_| Item { size: 1.0, place: 0.0, before: vec![], after: vec![] }).collect();
        let deepest = layer.iter().copied().max().map_or(0, |l| l + 1);
        let mut rows: Vec<Vec<usize>> = vec![vec![]; deepest];
        (0..count).for_each(|node| rows[layer[node]].push(node));
        let mut paths: Vec<Vec<usize>> = Vec::new();
        for &(from, to) in edges {
            let mut path = vec![];
            let mut last = from;
            for row in &mut rows[layer[from] + 1..layer[to]] {
                row.push(items.len());
                path.push(items.len());
                items.push(Item { size: LANE, place: 0.0, before: vec![], after: vec![] });
                join(&mut items, last, path[path.len() - 1]);
                last = path[path.len() - 1];
            }
            join(&mut items, last, to);
            paths.push(path);
        }
        order(&mut rows, &mut items);
        for sweep in 0..SWEEPS {
            settle(&rows, &mut items, sweep % 2 == 0);
        }
        let edge = |i: &Item| i.place - i.size / 2.0;
        let left = items.iter().map(edge).fold(f64::INFINITY, f64::min);
        items.iter_mut().for_each(|i| i.place -= left);
        let width = items.iter().map(|i| i.place + i.size / 2.0).fold(0.0, f64::max);
        let place = items[..count].iter().map(|i| i.place).collect();
        let lanes = paths.iter().map(|p| p.iter().map(|&i| items[i].place).collect()).collect();
        Layout { layer, place, lanes, layers: deepest, width }
    }
}

fn join(items: &mut [Item], from: usize, to: usize) {
    items[from].after.push(to);
    items[to].before.push(from);
}

/// Each node right after the last of those before it; those with none right before the first that follows.
fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![0; count];
    for node in 0..count {
        let before = edges.iter().filter(|e| e.1 == node).map(|e| layer[e.0] + 1);
        layer[node] = before.max().unwrap_or(0);
    }
    for node in 0..count {
        if !edges.iter().any(|e| e.1 == node) {
            let after = edges.iter().filter(|e| e.0 == node).map(|e| layer[e.1]).min();
            layer[node] = after.map_or(0, |l| l - 1);
        }
    }
    layer
}

/// Sorts each layer by the mean rank of the neighbours in the one before, then in the one after, a few times.
fn order(rows: &mut [Vec<usize>], items: &mut [Item]) {
    let rank = |items: &mut [Item], row: &[usize]| {
        let mut at = 0.0;
        for &i in row {
            items[i].place = at + items[i].size / 2.0;
            at += items[i].size;
        }
    };
    rows.iter().for_each(|row| rank(items, row));
    for sweep in 0..SWEEPS {
        for step in 0..rows.len() {
            let forward = sweep % 2 == 0;
            let r = if forward { step } else { rows.len() - 1 - step };
            rows[r].sort_by(|&a, &b| wish(items, a, forward).total_cmp(&wish(items, b, forward)));
            rank(items, &rows[r]);
        }
    }
}

/// The mean place of the neighbours on one side; its own place where there is none.
fn wish(items: &[Item], item: usize, forward: bool) -> f64 {
    let near = if forward { &items[item].before } else { &items[item].after };
    if near.is_empty() {
        return items[item].place;
    }
    near.iter().map(|&n| items[n].place).sum::<f64>() / near.len() as f64
}

/// Moves each layer's items as near to their neighbours as their order and sizes allow.
fn settle(rows: &[Vec<usize>], items: &mut [Item], forward: bool) {
    for step in 0..rows.len() {
        let row = &rows[if forward { step } else { rows.len() - 1 - step }];
        let mut offset = 0.0;
        let mut offsets = Vec::new();
        for &i in row {
            offsets.push(offset + items[i].size / 2.0);
            offset += items[i].size;
        }
        // Less its offset, a place may not fall behind the one before it: runs that would are pooled at
        // their mean, which is the least-squares answer.
        let mut pools: Vec<(f64, usize)> = Vec::new();
        for (&i, offset) in row.iter().zip(&offsets) {
            let mut pool = (wish(items, i, forward) - offset, 1);
            while let Some((mean, n)) = pools.pop_if(|(mean, _)| *mean > pool.0) {
                pool = ((mean * n as f64 + pool.0 * pool.1 as f64) / (n + pool.1) as f64, n + pool.1);
            }
            pools.push(pool);
        }
        let settled = pools.into_iter().flat_map(|(mean, n)| std::iter::repeat_n(mean, n));
        for ((&i, offset), place) in row.iter().zip(&offsets).zip(settled) {
            items[i].place = place + offset;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: usize, edges: &[(usize, usize)]) -> Layout {
        let layout = Layout::new(count, edges);
        for &(from, to) in edges {
            assert!(layout.layer[from] < layout.layer[to]);
        }
        for a in 0..count {
            assert!(layout.place[a] >= 0.5 - 1e-9 && layout.place[a] <= layout.width - 0.5 + 1e-9);
            for b in 0..a {
                let apart = (layout.place[a] - layout.place[b]).abs();
                assert!(layout.layer[a] != layout.layer[b] || apart > 1.0 - 1e-9, "{a} and {b} overlap: {layout:?}");
            }
        }
        for (lanes, (from, to)) in layout.lanes.iter().zip(edges) {
            assert_eq!(lanes.len(), layout.layer[*to] - layout.layer[*from] - 1);
            for (i, lane) in lanes.iter().enumerate() {
                let layer = layout.layer[*from] + 1 + i;
                let hit = (0..count).find(|n| layout.layer[*n] == layer && (layout.place[*n] - lane).abs() < 0.6);
                assert_eq!(hit, None, "an edge runs through a node");
            }
        }
        layout
    }

    #[test]
    fn a_chain_is_straight() {
        let layout = check(5, &[(0, 1), (1, 2), (2, 3), (3, 4)]);
        assert!(layout.place.iter().all(|p| (p - 0.5).abs() < 1e-9));
        assert_eq!((layout.layers, layout.width), (5, 1.0));
    }

    #[test]
    fn nodes_keep_apart_and_edges_clear_of_them() {
        check(0, &[]);
        check(3, &[]);
        // Three inputs, a diamond, an input that joins late, an edge over three layers.
        let layout = check(9, &[(0, 3), (1, 3), (2, 6), (3, 4), (3, 5), (4, 6), (5, 6), (0, 7), (6, 7), (7, 8)]);
        assert_eq!(layout.layer[2], layout.layer[6] - 1, "an input stands before its first reader");
        let many: Vec<(usize, usize)> =
            (1..30usize).flat_map(|to| [(to / 2, to), (to.saturating_sub(5), to)]).filter(|(a, b)| a < b).collect();
        check(30, &many);
    }
}
