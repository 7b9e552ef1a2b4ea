//! A plan over what is new alone, where an older result holds the rest.
//!
//! Owns the way back: from the part of each output that is to be made, through what passes read of each other, to the
//! tiles that each pass runs. Refuses to decide what stays (`grow`), and takes places and tile shapes from the plan of
//! the whole, so that memory is what that plan says.
//!
//! Tiles at the seam make again a part that is there: the same bits.

use super::grow::Kept;
use super::measure::grid;
use super::network::Place;
use super::passes::ordered_axes;
use super::picks::Picks;
use super::traffic::traffic;
use super::walk::walk;
use super::{Plan, PlannedPass, Problem};
use crate::array::Region;
use std::collections::HashMap;
use std::ops::Range;

impl Plan {
    /// The same plan, of which only those tiles are run that make what is not `kept` of each output.
    pub fn extended(&self, problem: &Problem, kept: &[Kept]) -> Plan {
        let mut plan = Plan { kept: Some(kept.to_vec()), ..self.clone() };
        // What is still to be made of each array.
        let mut needs: HashMap<usize, Region> = HashMap::new();
        for (array, planned) in self.network.arrays.iter().enumerate() {
            let Some(&output) = planned.outputs.first() else { continue };
            let mut region = Region::full(&planned.spec.shape);
            match &kept[output] {
                Kept::Whole => continue,
                Kept::Upto { axis, extent } => region.start[*axis] = *extent,
                Kept::Nothing(_) => {}
            }
            needs.insert(array, region);
        }
        for (index, planned) in self.passes.iter().enumerate().rev() {
            let grid = grid(&planned.pass.domain, &planned.tiling.tile);
            if grid.contains(&0) {
                continue;
            }
            let ranges = ranges(problem, self, planned, &grid, &needs);
            note_reads(problem, self, planned, &ranges, &mut needs);
            let tile = &planned.tiling.tile;
            let (traffic, evaluated) = traffic(problem, &self.network, &planned.pass, tile, &ranges);
            let picks = Some(ranges.into_iter().map(Picks::Run).collect());
            plan.passes[index] = PlannedPass { picks, traffic, evaluated, ..planned.clone() };
        }
        plan
    }
}

/// The tiles of a pass that make what is needed, as a range along each axis of its grid; empty ones where nothing is.
fn ranges(
    problem: &Problem,
    plan: &Plan,
    planned: &PlannedPass,
    grid: &[u64],
    needs: &HashMap<usize, Region>,
) -> Vec<Range<u64>> {
    let mut made: Option<Region> = None;
    let mut ordered = Vec::new();
    for entry in planned.pass.nodes.iter().filter(|p| p.terminal) {
        let node = &plan.network.nodes[entry.node];
        let contract = problem.contract(node.id);
        // States and carries know no gaps.
        ordered.extend(ordered_axes(&contract.order));
        for (write, array) in contract.writes.iter().zip(&node.writes) {
            if let Some(need) = needs.get(array).filter(|n| !n.is_empty()) {
                let part = write.access.producing(need, &contract.domain);
                made = Some(made.map_or(part.clone(), |m| m.hull(&part)));
            }
        }
    }
    let Some(made) = made else { return grid.iter().map(|_| 0..0).collect() };
    let tile = &planned.tiling.tile;
    let one = |a: usize| match ordered.contains(&a) {
        true => 0..grid[a],
        false => made.start[a] / tile[a].max(1)..made.end[a].div_ceil(tile[a].max(1)).min(grid[a]),
    };
    (0..grid.len()).map(one).collect()
}

/// Adds what those tiles read of what earlier passes make. Accesses are boxes that grow with the box of the domain, so
/// that all tiles together need what one as large as all of them needs.
fn note_reads(
    problem: &Problem,
    plan: &Plan,
    planned: &PlannedPass,
    ranges: &[Range<u64>],
    needs: &mut HashMap<usize, Region>,
) {
    if ranges.iter().any(Range::is_empty) {
        return;
    }
    let core = core(&planned.pass.domain, &planned.tiling.tile, ranges);
    let walk = walk(problem, &plan.network, &planned.pass, &core);
    for (i, entry) in planned.pass.nodes.iter().enumerate() {
        for (r, &array) in plan.network.nodes[entry.node].reads.iter().enumerate() {
            // Of an output all is there but what is to be made in any case.
            let kept = matches!(plan.network.arrays[array].place, Place::Spill | Place::Memory);
            let region = &walk.reads[i][r];
            if !entry.fused_reads[r] && kept && !region.is_empty() {
                let all = needs.entry(array).or_insert_with(|| region.clone());
                *all = all.hull(region);
            }
        }
    }
}

/// The box of a domain that ranges of tiles cover.
pub(super) fn core(domain: &[u64], tile: &[u64], ranges: &[Range<u64>]) -> Region {
    let start = ranges.iter().zip(tile).map(|(r, t)| r.start.saturating_mul(*t)).collect();
    let end = ranges.iter().zip(tile).zip(domain).map(|((r, t), n)| r.end.saturating_mul(*t).min(*n)).collect();
    Region { start, end }
}
