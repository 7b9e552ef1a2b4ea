//! Bytes that a pass reads and writes in all, or that some of its tiles do, without visiting every tile.

use super::extend::core;
use super::measure::{grid, tile_at};
use super::network::{Network, Place};
use super::passes::{Pass, PassNode};
use super::problem::Problem;
use super::walk::{Walk, walk};
use crate::kernel::{AxisMap, Contract, Order, Read};
use std::ops::Range;

/// Bytes moved between files and tiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes of tiles read, overlap of neighbours included.
    pub read: u64,
    pub written: u64,
    /// The part of `read` that is read more than once in a pass.
    pub halo: u64,
}

/// Tile indices along an axis that are looked at one by one; what lies between is alike.
const EXACT: u64 = 64;

/// As [`EXACT`], where stages read parts: what lies between is not alike.
const EXACT_PARTS: u64 = 1 << 16;

/// For each node and read, whether its bytes count: a stored array that several stages of a tile look
/// at is read once, so a box inside another box of the same array comes for free.
pub fn counted_reads(problem: &Problem, network: &Network, pass: &Pass, tile: &[u64]) -> Vec<Vec<bool>> {
    let middle: Vec<u64> = grid(&pass.domain, tile).iter().map(|n| n / 2).collect();
    let boxes = walk(problem, network, pass, &tile_at(&pass.domain, tile, &middle)).reads;
    let array = |i: usize, r: usize| network.nodes[pass.nodes[i].node].reads[r];
    let all: Vec<(usize, usize)> = (0..boxes.len())
        .flat_map(|i| (0..boxes[i].len()).map(move |r| (i, r)))
        .filter(|&(i, r)| !pass.nodes[i].fused_reads[r] && network.arrays[array(i, r)].place != Place::Memory)
        .collect();
    let served = |&(i, r): &(usize, usize)| {
        all.iter().any(|&(j, s)| {
            let inside = array(i, r) == array(j, s) && boxes[j][s].contains(&boxes[i][r]);
            // Of equal boxes the first one counts.
            inside && (j, s) != (i, r) && (boxes[j][s] != boxes[i][r] || (j, s) < (i, r))
        })
    };
    (0..boxes.len()).map(|i| (0..boxes[i].len()).map(|r| all.contains(&(i, r)) && !served(&(i, r))).collect()).collect()
}

/// All tiles of a pass, as a range along each axis of its grid.
pub fn all_tiles(domain: &[u64], tile: &[u64]) -> Vec<Range<u64>> {
    grid(domain, tile).into_iter().map(|n| 0..n).collect()
}

/// Adds up the tiles of a pass in these ranges: bytes moved, and for each stage the elements that it is evaluated on over
/// all of them, which is more than its domain has where tiles need parts of their neighbours. Boxes are separable by axis,
/// so the sum over all tiles of a box's size is the product over its axes of the sum of its extents along the tiles of the
/// one domain axis it follows.
pub fn traffic(
    problem: &Problem,
    network: &Network,
    pass: &Pass,
    tile: &[u64],
    ranges: &[Range<u64>],
) -> (Traffic, Vec<u64>) {
    let mut traffic = Traffic::default();
    if ranges.iter().any(Range::is_empty) {
        return (traffic, vec![0; pass.nodes.len()]);
    }
    let is_all = ranges == all_tiles(&pass.domain, tile);
    let contract = |p: &PassNode| problem.contract(network.nodes[p.node].id);
    let is_uneven = |r: &Read| r.access.needs_complete() || r.access.ragged().is_some();
    let parts = pass.nodes.iter().any(|p| contract(p).reads.iter().any(is_uneven));
    let exact = if parts { EXACT_PARTS } else { EXACT };
    // For each domain axis, walks with that index varied and all others at their first, and their weights.
    let first: Vec<u64> = ranges.iter().map(|r| r.start).collect();
    let mut lines: Vec<Vec<(Walk, u64)>> = Vec::new();
    for (axis, range) in ranges.iter().enumerate() {
        let at = |(i, weight): (u64, u64)| {
            let mut index = first.clone();
            index[axis] = i;
            (walk(problem, network, pass, &tile_at(&pass.domain, tile, &index)), weight)
        };
        lines.push(looked_at(range, exact).into_iter().map(at).collect());
    }
    let origin = walk(problem, network, pass, &tile_at(&pass.domain, tile, &first));
    let counted = counted_reads(problem, network, pass, tile);
    for (i, entry) in pass.nodes.iter().enumerate() {
        let node = &network.nodes[entry.node];
        for (r, &array) in node.reads.iter().enumerate() {
            if !counted[i][r] {
                continue;
            }
            let spec = &network.arrays[array].spec;
            let (mut elements, mut different) = (1u64, 1u64);
            for a in 0..spec.rank() {
                if let AxisMap::Scattered { axis, .. } = contract(entry).reads[r].access.axes[a] {
                    elements = elements.saturating_mul(own_extents(&lines, &origin, i, axis));
                    different = different.saturating_mul(spec.shape[a]);
                    continue;
                }
                let side = |w: &Walk| (w.reads[i][r].start[a], w.reads[i][r].end[a]);
                let moves = |w: &Walk| side(w).0 != side(&origin).0 || (parts && side(w) != side(&origin));
                let follows = lines.iter().find(|line| line.iter().any(|(w, _)| moves(w)));
                let (sum, span) = match follows {
                    Some(line) => {
                        let sum = line.iter().map(|(w, weight)| w.reads[i][r].extent(a) * weight).sum();
                        let start = line.iter().map(|(w, _)| side(w).0).min().unwrap_or(0);
                        (sum, line.iter().map(|(w, _)| side(w).1).max().unwrap_or(0).saturating_sub(start))
                    }
                    None => (origin.reads[i][r].extent(a), origin.reads[i][r].extent(a)),
                };
                elements = elements.saturating_mul(sum);
                different = different.saturating_mul(span);
            }
            let bytes = elements.saturating_mul(spec.dtype.size() as u64);
            let once = if is_all { spec.bytes() } else { different.checked_mul(spec.dtype.size() as u64) }.unwrap_or(0);
            traffic.read += bytes;
            traffic.halo += bytes.saturating_sub(once);
        }
        if entry.terminal {
            traffic.written += written(network, pass, tile, ranges, (contract(entry), &node.writes));
        }
    }
    let evaluated = (0..pass.nodes.len()).map(|i| evaluated(&lines, &origin, i)).collect();
    (traffic, evaluated)
}

/// Bytes that the tiles of a pass write to files for one of its ends.
fn written(
    network: &Network,
    pass: &Pass,
    tile: &[u64],
    ranges: &[Range<u64>],
    (contract, writes): (&Contract, &[usize]),
) -> u64 {
    let mut bytes = 0;
    for (&array, write) in writes.iter().zip(&contract.writes) {
        let spec = &network.arrays[array].spec;
        if !matches!(network.arrays[array].place, Place::Output(_) | Place::Spill) {
            continue;
        }
        let part = core(&pass.domain, tile, ranges);
        bytes += match &contract.order {
            _ if ranges == all_tiles(&pass.domain, tile) => spec.bytes().unwrap_or(0),
            Order::Fold { .. } => write.access.region_of_kept(&part, &spec.shape).elements() * spec.dtype.size() as u64,
            _ => write.access.region(&part, &spec.shape).elements() * spec.dtype.size() as u64,
        };
    }
    bytes
}

/// The tiles along an axis that are looked at, each with how many it stands for.
fn looked_at(range: &Range<u64>, exact: u64) -> Vec<(u64, u64)> {
    let (first, end) = (range.start, range.end);
    let n = end - first;
    if n <= exact {
        return range.clone().map(|i| (i, 1)).collect();
    }
    let edge = EXACT / 4;
    let middle = std::iter::once((first + n / 2, n - 2 * edge));
    (first..first + edge).map(|i| (i, 1)).chain(middle).chain((end - edge..end).map(|i| (i, 1))).collect()
}

/// Elements that a stage is evaluated on, over all tiles.
fn evaluated(lines: &[Vec<(Walk, u64)>], origin: &Walk, node: usize) -> u64 {
    let axes = 0..origin.domains[node].rank();
    axes.map(|a| own_extents(lines, origin, node, a)).fold(1, u64::saturating_mul)
}

/// The extents along one axis of a node's own boxes, summed over all tiles.
fn own_extents(lines: &[Vec<(Walk, u64)>], origin: &Walk, node: usize, axis: usize) -> u64 {
    let moves = |(w, _): &(Walk, u64)| w.domains[node].start[axis] != origin.domains[node].start[axis];
    let own = |(w, weight): &(Walk, u64)| w.domains[node].extent(axis) * weight;
    let follows = lines.iter().find(|line| line.iter().any(moves));
    follows.map_or(origin.domains[node].extent(axis), |line| line.iter().map(own).sum())
}
