//! Which stages share a sweep.
//!
//! A stage that folds, carries, or writes a kept array ends a pass; element-wise work and windows
//! before it are fused into it. Two ends share a pass when they can run at the same time, tile the
//! same domain, and read something in common.

use super::network::{Network, Node, Place};
use super::problem::Problem;
use crate::array::Shape;
use crate::kernel::{Order, Work};
use std::collections::BTreeSet;

/// One sweep over its inputs.
#[derive(Clone, Debug)]
pub struct Pass {
    /// Stages in the order in which a tile runs through them.
    pub nodes: Vec<PassNode>,
    /// The index space that is tiled.
    pub domain: Shape,
    /// Least common multiple of the ends' anchors.
    pub anchor: Shape,
    /// Axes along which tiles are visited from the last to the first, because a carry runs that way.
    pub reversed: Vec<usize>,
    /// Arrays that are read past the page cache; others are mapped.
    pub direct: Vec<usize>,
}

/// One stage of a pass.
#[derive(Clone, Debug)]
pub struct PassNode {
    pub node: usize,
    /// Whether it ends here: folds, carries, or writes an array that is kept.
    pub terminal: bool,
    /// For each read, whether the array is made in this pass (else it is read from where it lives).
    pub fused_reads: Vec<bool>,
}

impl Pass {
    /// The nodes that end in it.
    pub fn ends(&self) -> impl Iterator<Item = usize> + '_ {
        self.nodes.iter().filter(|p| p.terminal).map(|p| p.node)
    }

    /// Whether all that ends in it seldom has anything to do.
    pub fn stands_by(&self, problem: &Problem, network: &Network) -> bool {
        self.ends().all(|node| problem.stage(network.nodes[node].id).work.stands_by())
    }

    /// Arrays that are read from where they live, each once.
    pub fn stored_reads(&self, network: &Network) -> Vec<usize> {
        let mut arrays = Vec::new();
        for entry in &self.nodes {
            for (array, fused) in network.nodes[entry.node].reads.iter().zip(&entry.fused_reads) {
                if !fused && !arrays.contains(array) {
                    arrays.push(*array);
                }
            }
        }
        arrays
    }
}

/// The pass index at which each array can first be read, and each node first ends.
struct Levels {
    array: Vec<usize>,
    node: Vec<usize>,
}

fn is_terminal(problem: &Problem, network: &Network, node: usize) -> bool {
    let stage = problem.stage(network.nodes[node].id);
    !matches!(stage.work, Work::Map(_))
        || network.nodes[node].writes.iter().any(|&a| network.arrays[a].place != Place::Fused)
}

fn levels(problem: &Problem, network: &Network) -> Levels {
    let mut levels = Levels { array: vec![0; network.arrays.len()], node: vec![0; network.nodes.len()] };
    for (i, node) in network.nodes.iter().enumerate() {
        let level = node.reads.iter().map(|&a| levels.array[a]).max().unwrap_or(0);
        levels.node[i] = level;
        let is_map = matches!(problem.stage(node.id).work, Work::Map(_)) && !is_ragged(problem, node);
        for &array in &node.writes {
            // An output that is written element by element can also be fused into its consumers;
            // everything else must be complete before it is read.
            let fusible = is_map
                && matches!(network.arrays[array].place, Place::Fused | Place::Output(_))
                && !read_complete(problem, network, array);
            levels.array[array] = if fusible { level } else { level + 1 };
        }
    }
    levels
}

/// Whether a stage reads runs of uneven length: no sample of a later stage's tiles would show the longest.
pub fn is_ragged(problem: &Problem, node: &Node) -> bool {
    problem.contract(node.id).reads.iter().any(|r| r.access.ragged().is_some())
}

/// Whether a stage needs the array to be complete.
fn read_complete(problem: &Problem, network: &Network, array: usize) -> bool {
    network.readers(array).any(|node| {
        let node = &network.nodes[node];
        let reads = &problem.contract(node.id).reads;
        reads.iter().zip(&node.reads).any(|(read, a)| *a == array && read.access.needs_complete())
    })
}

/// Whether what a node makes is named.
fn is_alone(network: &Network, alone: &BTreeSet<String>, node: usize) -> bool {
    network.nodes[node].writes.iter().any(|a| alone.contains(&network.arrays[*a].name))
}

/// Lets passes whose results nobody reads wait for a later one with which they can share a sweep.
fn postpone(
    problem: &Problem,
    network: &Network,
    alone: &BTreeSet<String>,
    passes: &mut Vec<(usize, Pass, BTreeSet<usize>)>,
) {
    let order = |node: &usize| &problem.contract(network.nodes[*node].id).order;
    let unread = |node: &usize| network.nodes[*node].writes.iter().all(|a| network.readers(*a).next().is_none());
    let mut i = 0;
    while i < passes.len() {
        let (level, pass, roots) = &passes[i];
        let own: Vec<usize> = pass.ends().collect();
        let takes = |(later, other, have): &(usize, Pass, BTreeSet<usize>)| {
            let alike = *later > *level && other.domain == pass.domain && !have.is_disjoint(roots);
            let together = || other.ends().all(|a| own.iter().all(|b| go_together(order(&a), order(b))));
            let may = || !other.ends().chain(own.iter().copied()).any(|n| is_alone(network, alone, n));
            // What only stands by should not have to run for the sake of others.
            alike && together() && may() && !other.stands_by(problem, network)
        };
        let waits = own.iter().all(unread) && !pass.stands_by(problem, network);
        let mut later: Vec<usize> = (0..passes.len()).filter(|_| waits).collect();
        later.sort_by_key(|j| passes[*j].0);
        let found = later.into_iter().find(|j| takes(&passes[*j]));
        let Some(at) = found else {
            i += 1;
            continue;
        };
        let (_, pass, roots) = passes[i].clone();
        let (_, other, have) = &mut passes[at];
        have.extend(roots);
        for node in pass.nodes {
            match other.nodes.iter_mut().find(|p| p.node == node.node) {
                Some(p) => p.terminal |= node.terminal,
                None => other.nodes.push(node),
            }
        }
        passes.remove(i);
    }
}

/// Cuts the network into passes, in the order they run. What makes an array that is named in `alone` shares no sweep with other ends.
pub fn cut(problem: &Problem, network: &Network, alone: &BTreeSet<String>) -> Vec<Pass> {
    let levels = levels(problem, network);
    let mut passes: Vec<(usize, Pass, BTreeSet<usize>)> = Vec::new();
    for node in 0..network.nodes.len() {
        if !is_terminal(problem, network, node) {
            continue;
        }
        let contract = problem.contract(network.nodes[node].id);
        let (members, roots) = closure(problem, network, &levels, node);
        let same_way = |pass: &Pass| {
            let ends = pass.nodes.iter().filter(|p| p.terminal);
            ends.map(|p| problem.contract(network.nodes[p.node].id)).all(|c| go_together(&c.order, &contract.order))
        };
        let shares = |(level, pass, have): &&mut (usize, Pass, BTreeSet<usize>)| {
            let may = *level == levels.node[node] && pass.domain == contract.domain && !have.is_disjoint(&roots);
            may && same_way(pass)
                && !is_alone(network, alone, node)
                && !pass.ends().any(|n| is_alone(network, alone, n))
        };
        match passes.iter_mut().find(|p| shares(p)) {
            Some((_, pass, have)) => {
                have.extend(&roots);
                for m in members {
                    match pass.nodes.iter_mut().find(|p| p.node == m) {
                        Some(p) => p.terminal |= m == node,
                        None => pass.nodes.push(entry(problem, network, &levels, m, node)),
                    }
                }
            }
            None => {
                let nodes = members.into_iter().map(|m| entry(problem, network, &levels, m, node)).collect();
                let pass =
                    Pass { nodes, domain: contract.domain.clone(), anchor: vec![], reversed: vec![], direct: vec![] };
                passes.push((levels.node[node], pass, roots));
            }
        }
    }
    postpone(problem, network, alone, &mut passes);
    passes.sort_by_key(|(level, ..)| *level);
    let mut passes: Vec<Pass> = passes.into_iter().map(|(_, pass, _)| pass).collect();
    for pass in &mut passes {
        pass.nodes.sort_by_key(|p| p.node);
        pass.anchor = common_anchor(problem, network, pass);
        pass.reversed = reversed(problem, network, pass);
    }
    passes
}

/// Whether a read is served by a node of the same pass rather than from where the array lives.
fn is_fused(problem: &Problem, network: &Network, levels: &Levels, array: usize, level: usize) -> bool {
    let Some((producer, _)) = network.arrays[array].producer else { return false };
    let is_map = matches!(problem.stage(network.nodes[producer].id).work, Work::Map(_));
    match network.arrays[array].place {
        Place::Fused => is_map,
        Place::Output(_) => is_map && levels.node[producer] == level,
        Place::Input(_) | Place::Memory | Place::Spill => false,
    }
}

fn entry(problem: &Problem, network: &Network, levels: &Levels, node: usize, end: usize) -> PassNode {
    let level = levels.node[end];
    let fused_reads = network.nodes[node].reads.iter().map(|&a| is_fused(problem, network, levels, a, level)).collect();
    PassNode { node, terminal: node == end, fused_reads }
}

/// The nodes that must run in the pass of `end`, and the stored arrays they read.
fn closure(problem: &Problem, network: &Network, levels: &Levels, end: usize) -> (Vec<usize>, BTreeSet<usize>) {
    let (mut members, mut roots, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![end]);
    while let Some(node) = open.pop() {
        if !members.insert(node) {
            continue;
        }
        for &array in &network.nodes[node].reads {
            if is_fused(problem, network, levels, array, levels.node[end]) {
                open.extend(network.arrays[array].producer.map(|p| p.0));
            } else {
                roots.insert(array);
            }
        }
    }
    (members.into_iter().collect(), roots)
}

/// Anchors are powers of two or whole extents, so that their common multiple stays small.
fn common_anchor(problem: &Problem, network: &Network, pass: &Pass) -> Shape {
    let gcd = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let mut anchor = vec![1u64; pass.domain.len()];
    for entry in pass.nodes.iter().filter(|p| p.terminal) {
        let contract = problem.contract(network.nodes[entry.node].id);
        for ((have, new), n) in anchor.iter_mut().zip(&contract.anchor).zip(&pass.domain) {
            let new = (*new).max(1);
            *have = (*have / gcd(*have, new)).saturating_mul(new).min((*n).max(1));
        }
    }
    anchor
}

/// The axes along which a carry of a pass runs from the last index downwards, each once.
fn reversed(problem: &Problem, network: &Network, pass: &Pass) -> Vec<usize> {
    let mut axes = Vec::new();
    for entry in pass.nodes.iter().filter(|p| p.terminal) {
        match problem.contract(network.nodes[entry.node].id).order {
            Order::Carry { axis, reverse: true } if !axes.contains(&axis) => axes.push(axis),
            _ => {}
        }
    }
    axes.sort_unstable();
    axes
}

/// Whether one visiting order serves both: a pass goes along an axis one way, and folds go upwards.
fn go_together(one: &Order, other: &Order) -> bool {
    let backwards = |order: &Order| matches!(order, Order::Carry { reverse: true, .. });
    backwards(one) == backwards(other) || ordered_axes(one).iter().all(|a| !ordered_axes(other).contains(a))
}

/// The domain axes along which a terminal stage needs its tiles in order: folded, or carried.
pub fn ordered_axes(order: &Order) -> Vec<usize> {
    match order {
        Order::Any => vec![],
        Order::Fold { axes } => axes.clone(),
        Order::Carry { axis, .. } => vec![*axis],
    }
}
