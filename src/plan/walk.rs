//! From a tile back to what it needs: the index arithmetic that planner and engine share.
//!
//! Every stage of a pass is evaluated on one box of its domain for each tile. Walking the nodes
//! against the flow composes their accesses: what a consumer needs of an array is what its
//! producer must make.

use super::network::{Network, Place};
use super::passes::Pass;
use super::problem::Problem;
use crate::array::Region;
use crate::kernel::Contract;

/// What one tile needs: for each node of the pass, its box and the boxes it reads and writes.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The domain box each node is evaluated on; empty where the tile needs nothing of it.
    pub domains: Vec<Region>,
    /// For each node and read, the box inside the array.
    pub reads: Vec<Vec<Region>>,
    /// For each node and write, the box that is made.
    pub writes: Vec<Vec<Region>>,
}

/// Rounds a box of a domain outwards to anchor multiples.
pub fn anchored(region: &Region, contract: &Contract) -> Region {
    let (domain, anchor) = (&contract.domain, &contract.anchor);
    let start = region.start.iter().zip(anchor).map(|(s, a)| s / a * a).collect();
    let end = region.end.iter().zip(anchor).zip(domain).map(|((e, a), n)| (e.div_ceil(*a) * a).min(*n)).collect();
    Region { start, end }
}

/// Walks back from the tile `core` of a pass.
pub fn walk(problem: &Problem, network: &Network, pass: &Pass, core: &Region) -> Walk {
    let n = pass.nodes.len();
    let mut walk = Walk { domains: vec![Region::default(); n], reads: vec![vec![]; n], writes: vec![vec![]; n] };
    // What is needed of each array that is made inside this pass.
    let mut needs: Vec<(usize, Region)> = Vec::new();
    for (i, entry) in pass.nodes.iter().enumerate().rev() {
        let node = &network.nodes[entry.node];
        let contract = problem.contract(node.id);
        let mut domain = if entry.terminal {
            core.clone()
        } else {
            Region { start: vec![0; contract.domain.len()], end: vec![0; contract.domain.len()] }
        };
        for (write, array) in contract.writes.iter().zip(&node.writes) {
            if let Some((_, need)) = needs.iter().find(|(a, _)| a == array)
                && !need.is_empty()
            {
                let producing = write.access.producing(need, &contract.domain);
                domain = domain.hull(&anchored(&producing, contract));
            }
        }
        for (r, (read, &array)) in contract.reads.iter().zip(&node.reads).enumerate() {
            let region = read.access.region(&domain, &network.arrays[array].spec.shape);
            if entry.fused_reads[r] {
                match needs.iter_mut().find(|(a, _)| *a == array) {
                    Some((_, need)) => *need = need.hull(&region),
                    None => needs.push((array, region.clone())),
                }
            }
            walk.reads[i].push(region);
        }
        for (write, &array) in contract.writes.iter().zip(&node.writes) {
            walk.writes[i].push(write.access.region(&domain, &network.arrays[array].spec.shape));
        }
        walk.domains[i] = domain;
    }
    walk
}

/// Whether an array is a file that is mapped and read in place.
pub fn reads_in_place(problem: &Problem, network: &Network, array: usize) -> bool {
    match network.arrays[array].place {
        Place::Input(i) => problem.inputs[i].facts.in_place(),
        Place::Output(o) => problem.outputs[o].in_place,
        Place::Spill | Place::Memory => true,
        Place::Fused => false,
    }
}
