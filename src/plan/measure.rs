//! What a tile shape costs: working memory, bytes moved, runs, and state.

use super::buffers::{Piece, Use, contiguous, extents};
use super::network::{Network, Place, PlanArray};
use super::passes::{Pass, ordered_axes};
use super::problem::Problem;
use super::walk::{Walk, reads_in_place, walk};
use crate::array::{Decoded, Endian, Facts, Form, IO_BLOCK_BYTES, IoWay, Region, Shape};
use crate::kernel::{AxisMap, Contract, Order, Write, open_anchors, open_ranges};

/// Pages in which reads past the page cache are rounded, and those of most machines.
const DIRECT_PAGE_BYTES: u64 = 4096;
/// The largest page of a machine that matters.
const PAGE_BYTES_MAX: u64 = 64 << 10;

/// The memory and traffic of one pass under one tile shape, in bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// Each slot of one worker's working memory.
    pub slots: Vec<u64>,
    /// Tiles of the pass.
    pub tiles: u64,
    /// Mapped input pages of one tile, and output pages it dirties.
    pub mapped_read: u64,
    /// Mapped pages that one tile reads here and there, while it is worked on.
    pub visited: u64,
    pub mapped_write: u64,
    /// Blocks in which a worker gathers what it writes, where outputs are not mapped.
    pub io_blocks: u64,
    /// Blocks of the threads that write them.
    pub io_behind: u64,
    /// Mapped pages of arrays that every tile reads as a whole: all workers have the same ones.
    pub mapped_whole: u64,
    /// State one tile adds before it is joined.
    pub tile_state: u64,
    /// State of all groups that are open at once.
    pub live_state: u64,
    /// Bytes one interior tile moves, and in how many separate runs.
    pub moved: u64,
    pub runs: u64,
    /// What of these is written.
    pub written: u64,
    pub written_runs: u64,
    /// Largest box a fused stage is evaluated on, over the box the tile asks for.
    pub overhead: f64,
    /// The array whose making costs `overhead`.
    pub overhead_array: Option<usize>,
    /// The shape of the box that each stage is evaluated on in the middle of the domain.
    pub boxes: Vec<Shape>,
    /// Positions in the pass of all nodes, the one with the largest share of memory first.
    pub heaviest: Vec<usize>,
}

impl Cost {
    /// Everything that counts against the budget while the pass runs.
    pub fn total(&self, threads: u64, read_ahead: u64) -> u64 {
        // No more than there are tiles work, are read ahead, or wait to be joined.
        let tiles = self.tiles.max(1);
        let (workers, in_hand) = (threads.min(tiles), (threads + read_ahead).min(tiles));
        let waiting = (2 * threads).min(tiles - 1);
        let worker =
            self.slots.iter().sum::<u64>() + self.tile_state + self.mapped_write + self.io_blocks + self.visited;
        let reads = in_hand * self.mapped_read + self.mapped_whole;
        workers * worker + reads + self.io_behind + self.live_state + waiting * self.tile_state
    }
}

impl Cost {
    /// What is the most of several tiles, figure by figure.
    fn moving(&mut self) -> [&mut u64; 8] {
        [
            &mut self.moved,
            &mut self.runs,
            &mut self.written,
            &mut self.written_runs,
            &mut self.mapped_read,
            &mut self.mapped_write,
            &mut self.mapped_whole,
            &mut self.visited,
        ]
    }
}

/// The tile with these indices of the tile grid.
pub fn tile_at(domain: &[u64], tile: &[u64], index: &[u64]) -> Region {
    let start: Vec<u64> = index.iter().zip(tile).map(|(i, t)| i * t).collect();
    let end = start.iter().zip(tile).zip(domain).map(|((s, t), n)| (s + t).min(*n)).collect();
    Region { start, end }
}

/// Tiles along each axis.
pub fn grid(domain: &[u64], tile: &[u64]) -> Vec<u64> {
    domain.iter().zip(tile).map(|(n, t)| n.div_ceil((*t).max(1))).collect()
}

/// Tiles that show the extremes: borders, their neighbours, the middle. Boxes are separable by
/// axis, so the diagonal of the grid shows every extent that any tile has.
fn samples(domain: &[u64], tile: &[u64], thorough: bool) -> Vec<Region> {
    let grid = grid(domain, tile);
    let picks: &[fn(u64) -> u64] = if thorough {
        &[
            |n| n / 2,
            |_| 0,
            |_| 1,
            |_| 2,
            |n| n / 3,
            |n| n.saturating_sub(3),
            |n| n.saturating_sub(2),
            |n| n.saturating_sub(1),
        ]
    } else {
        &[|n| n / 2, |_| 0]
    };
    let tile_of = |pick: &fn(u64) -> u64| {
        let index: Vec<u64> = grid.iter().map(|&n| pick(n).min(n.saturating_sub(1))).collect();
        tile_at(domain, tile, &index)
    };
    // A grid of few tiles shows each of them once.
    let mut found: Vec<Region> = Vec::with_capacity(picks.len());
    for region in picks.iter().map(tile_of) {
        if !found.contains(&region) {
            found.push(region);
        }
    }
    found
}

/// The tiles that read or write the longest of uneven runs.
fn uneven(problem: &Problem, network: &Network, pass: &Pass, tile: &[u64]) -> Vec<Region> {
    let grid = grid(&pass.domain, tile);
    let mut found = Vec::new();
    for entry in pass.nodes.iter().filter(|p| p.terminal) {
        let contract = problem.contract(network.nodes[entry.node].id);
        let accesses = contract.reads.iter().map(|r| &r.access).chain(contract.writes.iter().map(|w| &w.access));
        for (axis, runs) in accesses.filter_map(|a| a.ragged()) {
            let mut index: Vec<u64> = grid.iter().map(|n| n / 2).collect();
            index[axis] = runs.longest(tile[axis]).min(grid[axis].saturating_sub(1));
            found.push(tile_at(&pass.domain, tile, &index));
        }
    }
    found
}

/// Measures a tile shape, visited with the axes in `order` from outermost to innermost.
pub fn measure(
    problem: &Problem,
    network: &Network,
    pass: &Pass,
    pieces: &[Piece],
    tile: &[u64],
    order: &[usize],
    thorough: bool,
) -> Cost {
    let mut cores = samples(&pass.domain, tile, thorough);
    cores.extend(uneven(problem, network, pass, tile));
    let walks: Vec<Walk> = cores.iter().map(|core| walk(problem, network, pass, core)).collect();
    let slots = pieces.iter().map(|p| p.slot + 1).max().unwrap_or(0);
    let tiles = grid(&pass.domain, tile).iter().product();
    let mut cost = Cost { slots: vec![0; slots], tiles, ..Cost::default() };
    let mut by_node = vec![0u64; pass.nodes.len()];
    for piece in pieces {
        let bytes = piece_bytes(problem, network, pass, &walks, piece.what);
        cost.slots[piece.slot] = cost.slots[piece.slot].max(bytes);
        by_node[piece.what.node()] += bytes;
    }
    add_traffic(problem, network, pass, &walks, &mut cost);
    add_blocks(network, pass, &mut cost);
    cost.boxes = walks.first().map_or_else(Vec::new, |w| w.domains.iter().map(Region::shape).collect());
    for (i, own) in by_node.iter_mut().enumerate().filter(|(i, _)| pass.nodes[*i].terminal) {
        let (in_tile, live) = state(problem, network, pass, tile, order, i);
        cost.tile_state += in_tile;
        cost.live_state += live;
        *own += in_tile + live;
    }
    cost.heaviest = (0..by_node.len()).collect();
    cost.heaviest.sort_by_key(|i| std::cmp::Reverse(by_node[*i]));
    cost
}

/// Blocks of what is written and not mapped: one for each worker, which fills one at a time, and for each thread that writes.
fn add_blocks(network: &Network, pass: &Pass, cost: &mut Cost) {
    let block = IO_BLOCK_BYTES + PAGE_BYTES_MAX;
    let writes = pass.nodes.iter().filter(|p| p.terminal).flat_map(|p| &network.nodes[p.node].writes);
    for array in writes.map(|a| &network.arrays[*a]).filter(|a| a.written_by != IoWay::Mapped) {
        cost.io_blocks = block;
        cost.io_behind += array.writers * array.files() * block;
    }
}

fn piece_bytes(problem: &Problem, network: &Network, pass: &Pass, walks: &[Walk], what: Use) -> u64 {
    let mut most: Option<(Vec<u64>, u64)> = None;
    for walk in walks {
        match (&mut most, extents(problem, network, pass, walk, what)) {
            (_, None) => {}
            (None, new) => most = new,
            (Some((have, _)), Some((new, _))) => have.iter_mut().zip(new).for_each(|(h, n)| *h = (*h).max(n)),
        }
    }
    let Some((mut shape, item)) = most else { return 0 };
    if let Use::Load { node, read } = what {
        let entry = &network.nodes[pass.nodes[node].node];
        let access = &problem.contract(entry.id).reads[read].access;
        let array = &network.arrays[entry.reads[read]].spec.shape;
        for ((n, map), extent) in shape.iter_mut().zip(&access.axes).zip(array) {
            match map {
                // Blocks that a box only touches can be one more than in any sampled tile.
                AxisMap::Coarse { .. } => *n += 1,
                // No sampled tile may lie in the part.
                AxisMap::Part { axis, .. } => {
                    *n = walks.iter().map(|w| w.domains[node].extent(*axis)).max().unwrap_or(0).min(*extent);
                }
                _ => {}
            }
        }
    }
    // Rounded to the alignment of slots.
    (shape.iter().fold(item, |n, e| n.saturating_mul(*e)) + 127) / 64 * 64
}

fn add_traffic(problem: &Problem, network: &Network, pass: &Pass, walks: &[Walk], cost: &mut Cost) {
    for walk in walks {
        let mut one = Cost::default();
        add_reads(problem, network, pass, walk, &mut one);
        for (i, entry) in pass.nodes.iter().enumerate() {
            let node = &network.nodes[entry.node];
            for (w, &array) in node.writes.iter().enumerate() {
                let region = &walk.writes[i][w];
                let bytes = region.elements() * network.arrays[array].spec.dtype.size() as u64;
                if network.arrays[array].place != Place::Fused && entry.terminal {
                    one.moved += bytes;
                    one.written += bytes;
                    // Not in one run, a mapped tile is made elsewhere and copied row by row; calls join rows that follow each other.
                    one.written_runs += match network.arrays[array].written_by {
                        IoWay::Mapped if !contiguous(network, array, region) => rows(region),
                        _ => run_count(problem, network, array, region),
                    };
                    one.mapped_write += if network.arrays[array].written_by == IoWay::Mapped { bytes } else { 0 };
                } else {
                    // A fused result stays in cache; count its making as a quarter of moving it.
                    one.moved += bytes / 4;
                }
                if !entry.terminal {
                    note_overhead(problem, network, pass, walk, (i, array), cost);
                }
            }
        }
        one.runs += one.written_runs;
        for (most, new) in cost.moving().into_iter().zip(one.moving()) {
            *most = (*most).max(*new);
        }
    }
}

/// What one tile reads, and the pages that this takes.
fn add_reads(problem: &Problem, network: &Network, pass: &Pass, walk: &Walk, cost: &mut Cost) {
    // Pages that several stages look at are there once.
    let mut seen: Vec<(usize, &Region)> = Vec::new();
    for (i, entry) in pass.nodes.iter().enumerate() {
        let node = &network.nodes[entry.node];
        for (r, &array) in node.reads.iter().enumerate() {
            let region = &walk.reads[i][r];
            let access = &problem.contract(node.id).reads[r].access;
            let scattered = access.scattered_runs(&walk.domains[i], region);
            let touched: u64 = access.touched(&walk.domains[i], region).iter().product();
            let bytes = touched * network.arrays[array].spec.dtype.size() as u64;
            if entry.fused_reads[r] || (seen.contains(&(array, region)) && scattered.is_none()) {
                continue;
            }
            seen.push((array, region));
            let whole = region.elements() == network.arrays[array].spec.elements().unwrap_or(0);
            let resident = whole && scattered.is_none();
            if network.arrays[array].place != Place::Memory && !resident {
                // What is converted first is converted as a whole, wherever the work looks.
                let whole_box = region.elements() * network.arrays[array].spec.dtype.size() as u64;
                let in_place = scattered.is_none() || reads_in_place(problem, network, array);
                let read = if in_place { bytes } else { whole_box };
                cost.moved += read.max(parsed_bytes(problem, network, array, region));
                cost.runs +=
                    scattered.filter(|_| in_place).unwrap_or_else(|| run_count(problem, network, array, region));
            }
            let mapped = reads_in_place(problem, network, array) || !is_decoded(problem, network, array);
            if mapped && network.arrays[array].place != Place::Memory {
                // What follows a tile may be whole because the tile is: then each worker has its own.
                let follows = access.axes.iter().any(|m| !matches!(m, AxisMap::All | AxisMap::Fixed { .. }));
                let pages = match pass.direct.contains(&array) {
                    true => page_bytes(problem, network, array, region).max(bytes),
                    false => bytes,
                };
                match scattered {
                    // Each run begins and ends within a page.
                    Some(runs) => cost.visited += bytes + runs * DIRECT_PAGE_BYTES,
                    None if resident && !follows => cost.mapped_whole += pages,
                    None => cost.mapped_read += pages,
                }
            }
        }
    }
}

/// Waste: the box that a fused stage is evaluated on, against the core tile's share of its domain.
fn note_overhead(
    problem: &Problem,
    network: &Network,
    pass: &Pass,
    walk: &Walk,
    (i, array): (usize, usize),
    cost: &mut Cost,
) {
    let contract = problem.contract(network.nodes[pass.nodes[i].node].id);
    let core = &walk.domains[pass.nodes.iter().rposition(|p| p.terminal).unwrap_or(i)];
    let fair = fair_share(&pass.domain, core, &contract.domain);
    let ratio = walk.domains[i].elements() as f64 / fair.max(1.0);
    if ratio > cost.overhead {
        (cost.overhead, cost.overhead_array) = (ratio, Some(array));
    }
}

/// Bytes of the whole rows that a box of a table of text has a part of: fields that are not wanted are
/// parsed over all the same. Cut frames of pictures cost no more, as frames are kept from tile to tile.
fn parsed_bytes(problem: &Problem, network: &Network, array: usize, region: &Region) -> u64 {
    let PlanArray { spec, place: Place::Input(i), .. } = &network.arrays[array] else { return 0 };
    match &problem.inputs[*i].facts.decoded {
        Some(Decoded { form: Form::Text, smallest, .. }) => {
            let out = |a: usize| region.extent(a).next_multiple_of(smallest[a].max(1)).min(spec.shape[a]);
            (0..spec.rank()).map(out).product::<u64>() * spec.dtype.size() as u64
        }
        _ => 0,
    }
}

/// The part of another domain that corresponds to a core tile by size.
fn fair_share(domain: &[u64], core: &Region, other: &[u64]) -> f64 {
    let of = |shape: &[u64]| shape.iter().map(|n| *n as f64).product::<f64>();
    core.elements() as f64 / of(domain).max(1.0) * of(other)
}

/// Whether an array is an input whose elements are made when a tile asks.
pub(super) fn is_decoded(problem: &Problem, network: &Network, array: usize) -> bool {
    match network.arrays[array].place {
        Place::Input(i) => problem.inputs[i].facts.decoded.is_some(),
        _ => false,
    }
}

fn rows(region: &Region) -> u64 {
    (0..region.rank().saturating_sub(1)).map(|a| region.extent(a)).product()
}

/// Separate byte ranges of a box in its file.
fn run_count(problem: &Problem, network: &Network, array: usize, region: &Region) -> u64 {
    if region.is_empty() {
        return 0;
    }
    let spec = &network.arrays[array].spec;
    let axes: Vec<usize> = match network.arrays[array].place {
        Place::Input(i) if problem.inputs[i].facts.spec.order == crate::array::Order::F => (0..spec.rank()).collect(),
        _ => (0..spec.rank()).rev().collect(),
    };
    // From the fastest axis: as long as axes are whole, they join into one run with the next.
    let joined = axes.iter().take_while(|&&a| region.extent(a) == spec.shape[a]).count();
    axes.iter().skip(joined + 1).map(|&a| region.extent(a)).product()
}

/// Bytes of the pages that a box touches: those of each run, or of all from the first to the last where that is less.
fn page_bytes(problem: &Problem, network: &Network, array: usize, region: &Region) -> u64 {
    if region.is_empty() {
        return 0;
    }
    let facts = match network.arrays[array].place {
        Place::Input(i) => problem.inputs[i].facts.clone(),
        _ => Facts { spec: network.arrays[array].spec.clone(), offset: 0, endian: Endian::NATIVE, decoded: None },
    };
    let size = facts.spec.dtype.size() as u64;
    let far: u64 = facts.strides().iter().enumerate().map(|(a, s)| (region.extent(a) - 1).saturating_mul(*s)).sum();
    let ends = 2 * DIRECT_PAGE_BYTES;
    let runs = run_count(problem, network, array, region).max(1);
    (region.elements() * size + runs.saturating_mul(ends)).min((far + 1) * size + ends)
}

/// State of one node: what one tile adds before it is joined, and that of all groups that are open at once,
/// with the results of one.
fn state(problem: &Problem, network: &Network, pass: &Pass, tile: &[u64], order: &[usize], node: usize) -> (u64, u64) {
    let contract: &Contract = problem.contract(network.nodes[pass.nodes[node].node].id);
    let along = ordered_axes(&contract.order);
    if along.is_empty() {
        return (0, 0);
    }
    let grid = grid(&pass.domain, tile);
    let kept = |a: &usize| !along.contains(a);
    let cells: u64 = (0..tile.len()).filter(kept).map(|a| tile[a].min(pass.domain[a])).product();
    let anchors: u64 = (0..tile.len())
        .filter(|a| along.contains(a))
        .map(|a| tile[a].min(pass.domain[a].max(1)).div_ceil(contract.anchor[a].max(1)))
        .product();
    // Groups inside the outermost split axis that is folded stay open until it ends.
    let outermost = order.iter().position(|a| along.contains(a) && grid[*a] > 1);
    let open: u64 = order
        .iter()
        .enumerate()
        .filter(|(p, a)| kept(a) && outermost.is_some_and(|o| *p > o))
        .map(|(_, a)| grid[*a].max(1))
        .product();
    let state = contract.state;
    let mut group = Region::full(&pass.domain);
    (0..tile.len()).filter(kept).for_each(|a| group.end[a] = tile[a].min(pass.domain[a]));
    let elements = |w: &Write| match contract.order {
        Order::Fold { .. } => w.access.region_of_kept(&group, &w.spec.shape).elements(),
        _ => cells,
    };
    let bytes = |w: &Write| elements(w) * w.spec.dtype.size() as u64;
    let results: u64 = contract.writes.iter().map(bytes).sum();
    let ranges = open_ranges(&along, &contract.anchor, tile, &pass.domain);
    let in_tile = state.fixed + cells * state.per_cell + anchors * cells.max(1) * state.per_anchor;
    let folded: Vec<usize> = order.iter().copied().filter(|a| along.contains(a)).collect();
    let faces = open_anchors(&folded, &contract.anchor, tile, &pass.domain);
    let of_cells = cells.max(1).saturating_mul(state.joined).saturating_add(cells * state.per_cell);
    let live = open.saturating_mul(state.fixed.saturating_add(of_cells)).saturating_add(results);
    let waiting = faces.iter().zip(state.per_open_anchor).fold(0u64, |n, (f, b)| n.saturating_add(f.saturating_mul(b)));
    let parts = (ranges * state.per_open_range).saturating_add(waiting);
    (in_tile, live.saturating_add((open.max(1) * cells.max(1)).saturating_mul(parts)))
}
