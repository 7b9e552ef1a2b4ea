//! The working memory of one tile: which pieces exist, how long each lives, which can share room.
//!
//! The list follows from the pass alone; sizes follow from the tile. Planner and engine both read
//! it, so that what is projected is what is allocated.

use super::measure::is_decoded;
use super::network::{Network, Place};
use super::passes::Pass;
use super::problem::Problem;
use super::walk::{Walk, reads_in_place};
use crate::array::{Edge, IoWay};

/// What a piece of working memory is for. Indices are positions in [`Pass::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Use {
    /// A stored array that cannot be read in place, decoded.
    Load { node: usize, read: usize },
    /// A view with its border filled.
    Pad { node: usize, read: usize },
    /// Scratch of the kernel.
    Scratch { node: usize },
    /// What a stage makes.
    Write { node: usize, write: usize },
    /// The tile's own part of what a stage made for itself and for a later window.
    Store { node: usize, write: usize },
}

impl Use {
    /// The position in the pass of the node it serves.
    pub fn node(self) -> usize {
        match self {
            Use::Load { node, .. } | Use::Pad { node, .. } | Use::Scratch { node } => node,
            Use::Write { node, .. } | Use::Store { node, .. } => node,
        }
    }
}

/// A piece and the slot it shares with others that are not alive at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    pub what: Use,
    pub slot: usize,
}

/// Lists the pieces of a pass, with slots assigned first-fit over lifetimes.
pub fn pieces(problem: &Problem, network: &Network, pass: &Pass) -> Vec<Piece> {
    let mut pieces = Vec::new();
    // Last node at which each slot is in use.
    let mut busy: Vec<usize> = Vec::new();
    let mut claim = |what: Use, birth: usize, death: usize| {
        let slot = busy.iter().position(|last| *last < birth).unwrap_or(busy.len());
        if slot == busy.len() {
            busy.push(death);
        } else {
            busy[slot] = death;
        }
        pieces.push(Piece { what, slot });
    };
    for (i, entry) in pass.nodes.iter().enumerate() {
        let node = &network.nodes[entry.node];
        let contract = problem.contract(node.id);
        for (read, &array) in node.reads.iter().enumerate() {
            if !entry.fused_reads[read] && !reads_in_place(problem, network, array) {
                // What was decoded serves every stage of the tile that reads it.
                let again = |j: &usize| reads_stored(network, pass, *j, array);
                let decoded = is_decoded(problem, network, array);
                let death = if decoded { (i..pass.nodes.len()).filter(again).max().unwrap_or(i) } else { i };
                claim(Use::Load { node: i, read }, i, death);
            }
            if let Edge::Fill { .. } = contract.reads[read].access.edge {
                claim(Use::Pad { node: i, read }, i, i);
            }
        }
        claim(Use::Scratch { node: i }, i, i);
        for (write, &array) in node.writes.iter().enumerate() {
            let consumes = |j: &usize| {
                let reader = &pass.nodes[*j];
                let reads = &network.nodes[reader.node].reads;
                reads.iter().zip(&reader.fused_reads).any(|(a, fused)| *a == array && *fused)
            };
            let death = (i + 1..pass.nodes.len()).filter(consumes).max().unwrap_or(i);
            claim(Use::Write { node: i, write }, i, death);
            if death > i && entry.terminal {
                claim(Use::Store { node: i, write }, i, i);
            }
        }
    }
    pieces
}

/// Whether the stage at a position of the pass reads an array from where it is stored.
fn reads_stored(network: &Network, pass: &Pass, position: usize, array: usize) -> bool {
    let entry = &pass.nodes[position];
    let reads = &network.nodes[entry.node].reads;
    reads.iter().zip(&entry.fused_reads).any(|(a, fused)| *a == array && !fused)
}

/// Extents and item size of one piece for the tile that `walk` describes; `None` where it takes no
/// memory because the tile is written in place.
pub fn extents(problem: &Problem, network: &Network, pass: &Pass, walk: &Walk, what: Use) -> Option<(Vec<u64>, u64)> {
    let node_of = |i: usize| &network.nodes[pass.nodes[i].node];
    let item = |array: usize| network.arrays[array].spec.dtype.size() as u64;
    match what {
        Use::Load { node, read } => Some((walk.reads[node][read].shape(), item(node_of(node).reads[read]))),
        Use::Pad { node, read } => {
            let array = node_of(node).reads[read];
            let access = &problem.contract(node_of(node).id).reads[read].access;
            let span = access.span(&walk.domains[node], &network.arrays[array].spec.shape);
            Some((span.iter().map(|(lo, hi)| (hi - lo).max(0) as u64).collect(), item(array)))
        }
        Use::Scratch { node } => {
            let contract = problem.contract(node_of(node).id);
            let core = walk.domains[node].elements();
            Some((vec![contract.scratch.bytes(core, grown(problem, network, pass, walk, node))], 1))
        }
        Use::Write { node, write } | Use::Store { node, write } => {
            let region = &walk.writes[node][write];
            let array = node_of(node).writes[write];
            let in_place = writes_in_place(problem, network, pass, node, array) && contiguous(network, array, region);
            let fold = pass.nodes[node].terminal && is_fold(problem, network, pass, node);
            (!in_place && !fold).then(|| (region.shape(), item(array)))
        }
    }
}

/// Elements of the largest view a node reads, border included.
pub fn grown(problem: &Problem, network: &Network, pass: &Pass, walk: &Walk, node: usize) -> u64 {
    let entry = &network.nodes[pass.nodes[node].node];
    let contract = problem.contract(entry.id);
    let one = |(read, &array): (usize, &usize)| {
        let access = &contract.reads[read].access;
        let inside = walk.reads[node][read].elements();
        match access.edge {
            Edge::Clip => inside,
            Edge::Fill { .. } => {
                let span = access.span(&walk.domains[node], &network.arrays[array].spec.shape);
                inside.max(span.iter().map(|(lo, hi)| (hi - lo).max(0) as u64).product())
            }
        }
    };
    entry.reads.iter().enumerate().map(one).max().unwrap_or(0)
}

fn is_fold(problem: &Problem, network: &Network, pass: &Pass, node: usize) -> bool {
    matches!(problem.stage(network.nodes[pass.nodes[node].node].id).work, crate::kernel::Work::Fold(_))
}

/// Whether tiles of an array may be written straight into the mapped file: nobody else in the pass
/// reads it, and the file has the layout kernels write.
pub fn writes_in_place(problem: &Problem, network: &Network, pass: &Pass, node: usize, array: usize) -> bool {
    let in_place = match network.arrays[array].place {
        Place::Output(o) => problem.outputs[o].in_place && network.arrays[array].outputs.len() == 1,
        Place::Spill => true,
        _ => false,
    } && network.arrays[array].written_by == IoWay::Mapped;
    let fused = pass.nodes.iter().any(|p| {
        let reads = &network.nodes[p.node].reads;
        reads.iter().zip(&p.fused_reads).any(|(a, fused)| *a == array && *fused)
    });
    in_place && !fused && pass.nodes[node].terminal
}

/// Whether a box is one run of consecutive elements of its array.
pub fn contiguous(network: &Network, array: usize, region: &crate::array::Region) -> bool {
    let shape = &network.arrays[array].spec.shape;
    let first = (0..shape.len()).find(|&a| region.extent(a) > 1).unwrap_or(shape.len());
    (first + 1..shape.len()).all(|a| region.extent(a) == shape[a])
}
