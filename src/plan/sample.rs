//! Which tiles stand for all: a fraction of each pass, run to tell how long the whole will take.
//!
//! Owns the choice, which is separable by axis as everything in a plan is: a set of positions along each axis of the
//! tile grid, and the tiles are their product. Refuses to run anything.
//!
//! Tiles are spread evenly where they stand alone. Along axes that are folded or carried they are the first ones, in the
//! order in which they are visited, since states of folds and carries know no gaps. What a later pass reads decides which
//! tiles an earlier one runs, so that values that are shown were computed from values.

use super::cost::tiles;
use super::measure::{grid, tile_at};
use super::network::Place;
use super::passes::ordered_axes;
use super::picks::Picks;
use super::walk::walk;
use super::{Plan, PlannedPass, Problem};
use crate::array::Region;
use crate::kernel::Work;

/// Seconds that a sample should take at most, all passes together.
const SECONDS_MAX: f64 = 0.3;
/// Positions along an axis that are looked at one by one; of more, the first and the last.
const EXACT: usize = 1024;
/// What a pass may run beyond its share so that a later one finds what it reads, as a factor.
const BEYOND_MAX: u64 = 4;

/// A plan of which a part of the tiles is run.
#[derive(Clone, Debug)]
pub struct SamplePlan {
    /// The same plan with positions in [`PlannedPass::picks`].
    pub plan: Plan,
    /// For each pass, whether all values that it reads are made in the sample; else they are zeros.
    pub whole: Vec<bool>,
}

/// Ranges of indices along one axis of an array.
type Ranges = Vec<(u64, u64)>;

/// What later passes read of an array, axis by axis.
struct Need {
    array: usize,
    axes: Vec<Ranges>,
}

impl Plan {
    /// A part of this plan: one tile of each pass for each worker, or, where somebody has seen what tiles of each pass take,
    /// about `share` of them, fewer where that would take long.
    pub fn sampled(&self, problem: &Problem, share: f64, tile_seconds: Option<&[f64]>) -> SamplePlan {
        let each = SECONDS_MAX / self.passes.len().max(1) as f64;
        let mut plan = Plan { kept: None, ..self.clone() };
        let mut needs: Vec<Need> = Vec::new();
        for (index, planned) in self.passes.iter().enumerate().rev() {
            if planned.stands_by {
                plan.passes[index].picks = Some(planned.pass.domain.iter().map(|_| Picks::List(vec![])).collect());
                continue;
            }
            let all = tiles(planned);
            let in_time = tile_seconds.map_or(0.0, |s| each / s[index].max(1e-9));
            let wanted = ((all as f64 * share).ceil().min(in_time) as u64).clamp(all.min(1), all.max(1));
            // Fewer tiles than workers would leave some of them out.
            let wanted = wanted.max(all.min(self.threads as u64));
            let picks = picks(problem, self, planned, wanted, &needs);
            note_reads(problem, self, planned, &picks, &mut needs);
            plan.passes[index].picks = Some(picks.into_iter().map(Picks::List).collect());
        }
        let whole = (0..self.passes.len()).map(|i| reads_whole(problem, &plan, i)).collect();
        SamplePlan { plan, whole }
    }
}

impl PlannedPass {
    /// Tiles of the whole pass, and those that are run.
    pub fn tiles(&self) -> (u64, u64) {
        let all = tiles(self);
        (all, self.picks.as_ref().map_or(all, |p| p.iter().map(Picks::len).product()))
    }
}

/// The axes of a pass along which its tiles come in order.
fn in_order(problem: &Problem, plan: &Plan, planned: &PlannedPass) -> Vec<usize> {
    let ends = planned.pass.nodes.iter().filter(|p| p.terminal);
    ends.flat_map(|p| ordered_axes(&problem.contract(plan.network.nodes[p.node].id).order)).collect()
}

/// Positions along each axis of the grid.
fn picks(problem: &Problem, plan: &Plan, planned: &PlannedPass, wanted: u64, needs: &[Need]) -> Vec<Vec<u64>> {
    let grid = grid(&planned.pass.domain, &planned.tiling.tile);
    let ordered = in_order(problem, plan, planned);
    let mut found: Vec<Option<Vec<u64>>> = vec![None; grid.len()];
    if let Some(needed) = needed(problem, plan, planned, &grid, needs) {
        for (axis, positions) in needed.into_iter().enumerate().filter(|(a, _)| !ordered.contains(a)) {
            found[axis] = positions;
        }
        let many = |found: &[Option<Vec<u64>>]| -> u64 { found.iter().flatten().map(|p| p.len() as u64).product() };
        // What is too much is left out along the axis that has most.
        while many(&found) > wanted.saturating_mul(BEYOND_MAX) {
            let Some(most) = found.iter_mut().flatten().max_by_key(|p| p.len()).filter(|p| p.len() > 1) else { break };
            most.truncate(most.len().div_ceil(2));
        }
    }
    let mut left = wanted;
    for positions in found.iter().flatten() {
        left = (left / positions.len().max(1) as u64).max(1);
    }
    for axis in 0..grid.len() {
        if found[axis].is_some() {
            continue;
        }
        let faster: u64 = (axis + 1..grid.len()).filter(|a| found[*a].is_none()).map(|a| grid[a]).product();
        let count = (left / faster.max(1)).clamp(grid[axis].min(1), grid[axis]);
        left = (left / count.max(1)).max(1);
        let n = grid[axis];
        let backwards = planned.pass.reversed.contains(&axis);
        found[axis] = Some(match (ordered.contains(&axis), backwards) {
            (true, false) => (0..count).collect(),
            (true, true) => (n - count..n).collect(),
            // Axes of a picture stay in one piece, so that there is something to look at.
            (false, _) => spread(n, count, axis + 2 >= grid.len()),
        });
    }
    found.into_iter().flatten().collect()
}

/// `count` of `n` positions, spread evenly: in four runs where there are enough, else one by one, or in the middle.
fn spread(n: u64, count: u64, together: bool) -> Vec<u64> {
    let runs = match count {
        0 => return Vec::new(),
        8.. => 4,
        _ if together => 1,
        few => few,
    };
    let mut found = Vec::new();
    for run in 0..runs {
        let length = count / runs + u64::from(run < count % runs);
        let middle = ((2 * run + 1) as u128 * n as u128 / (2 * runs) as u128) as u64;
        let free = found.last().map_or(0, |p| p + 1);
        let start = middle.saturating_sub(length / 2).max(free).min(n - length);
        found.extend(start.max(free)..(start.max(free) + length).min(n));
    }
    found
}

/// For each axis, the tiles of a pass that make what is needed; `None` for axes that nothing says anything of, and where
/// nothing is needed.
fn needed(
    problem: &Problem,
    plan: &Plan,
    planned: &PlannedPass,
    grid: &[u64],
    needs: &[Need],
) -> Option<Vec<Option<Vec<u64>>>> {
    let mut found: Option<Vec<Option<Vec<u64>>>> = None;
    for entry in planned.pass.nodes.iter().filter(|p| p.terminal) {
        let node = &plan.network.nodes[entry.node];
        let contract = problem.contract(node.id);
        for (write, array) in contract.writes.iter().zip(&node.writes) {
            let Some(need) = needs.iter().find(|n| n.array == *array) else { continue };
            let found = found.get_or_insert_with(|| vec![None; grid.len()]);
            let full = Region::full(&plan.network.arrays[*array].spec.shape);
            for (a, ranges) in need.axes.iter().enumerate() {
                for &(lo, hi) in ranges {
                    let mut part = full.clone();
                    (part.start[a], part.end[a]) = (lo, hi);
                    let domain = write.access.producing(&part, &contract.domain);
                    for axis in 0..grid.len().min(domain.rank()) {
                        if !follows(&write.access.axes[a], axis) {
                            continue;
                        }
                        let tile = planned.tiling.tile[axis].max(1);
                        let (first, end) = (domain.start[axis] / tile, domain.end[axis].div_ceil(tile).min(grid[axis]));
                        let positions = found[axis].get_or_insert_with(Vec::new);
                        positions.extend(first..end.min(first + EXACT as u64));
                        positions.sort_unstable();
                        positions.dedup();
                    }
                }
            }
        }
    }
    found
}

/// Whether an axis of an array goes along with an axis of the domain.
fn follows(map: &crate::kernel::AxisMap, axis: usize) -> bool {
    use crate::kernel::AxisMap::{Coarse, Fine, Follow};
    matches!(map, Follow { axis: a, .. } | Fine { axis: a, .. } | Coarse { axis: a, .. } if *a == axis)
}

/// Adds what the picked tiles of a pass read of arrays that earlier passes make.
fn note_reads(problem: &Problem, plan: &Plan, planned: &PlannedPass, picks: &[Vec<u64>], needs: &mut Vec<Need>) {
    for (array, axes) in reads(problem, plan, planned, picks) {
        if matches!(plan.network.arrays[array].place, Place::Input(_)) {
            continue;
        }
        match needs.iter_mut().find(|n| n.array == array) {
            Some(need) => need.axes.iter_mut().zip(axes).for_each(|(have, new)| {
                have.extend(new);
                join(have);
            }),
            None => needs.push(Need { array, axes }),
        }
    }
}

/// The ranges along each axis of each stored array that the picked tiles read.
fn reads(problem: &Problem, plan: &Plan, planned: &PlannedPass, picks: &[Vec<u64>]) -> Vec<(usize, Vec<Ranges>)> {
    let mut found: Vec<(usize, Vec<Ranges>)> = Vec::new();
    if picks.iter().any(Vec::is_empty) {
        return found;
    }
    let origin: Vec<u64> = picks.iter().map(|p| p[0]).collect();
    let mut indices = vec![origin.clone()];
    for (axis, positions) in picks.iter().enumerate() {
        let ends = [positions[0], positions[positions.len() - 1]];
        for &p in if positions.len() <= EXACT { positions.as_slice() } else { &ends } {
            let mut index = origin.clone();
            index[axis] = p;
            indices.push(index);
        }
    }
    for index in indices {
        let core = tile_at(&planned.pass.domain, &planned.tiling.tile, &index);
        let needs = walk(problem, &plan.network, &planned.pass, &core);
        for (i, entry) in planned.pass.nodes.iter().enumerate() {
            for (r, &array) in plan.network.nodes[entry.node].reads.iter().enumerate() {
                if entry.fused_reads[r] || needs.reads[i][r].is_empty() {
                    continue;
                }
                let region = &needs.reads[i][r];
                let at = found.iter().position(|(a, _)| *a == array).unwrap_or(found.len());
                if at == found.len() {
                    found.push((array, vec![Vec::new(); region.rank()]));
                }
                (0..region.rank()).for_each(|a| found[at].1[a].push((region.start[a], region.end[a])));
            }
        }
    }
    found.iter_mut().flat_map(|(_, axes)| axes).for_each(join);
    found
}

/// Puts ranges in order, those that touch into one.
fn join(ranges: &mut Ranges) {
    ranges.sort_unstable();
    let mut joined: Ranges = Vec::new();
    for &(lo, hi) in ranges.iter() {
        match joined.last_mut() {
            Some(last) if lo <= last.1 => last.1 = last.1.max(hi),
            _ => joined.push((lo, hi)),
        }
    }
    *ranges = joined;
}

/// Whether all that a pass reads of earlier passes is made by the tiles that are picked there, results of folds from a
/// part of the array included.
fn reads_whole(problem: &Problem, plan: &Plan, index: usize) -> bool {
    let planned = &plan.passes[index];
    let Some(picks) = &planned.picks else { return true };
    let picks: Vec<Vec<u64>> = picks.iter().map(Picks::to_list).collect();
    for (array, axes) in reads(problem, plan, planned, &picks) {
        let Some((producer, write)) = plan.network.arrays[array].producer else { continue };
        let Some(maker) = plan.passes[..index].iter().find(|p| p.pass.nodes.iter().any(|e| e.node == producer)) else {
            continue;
        };
        let (all, run) = maker.tiles();
        if all == run {
            continue;
        }
        let stage = problem.stage(plan.network.nodes[producer].id);
        if matches!(&stage.work, Work::Fold(fold) if !fold.finishes_parts()) {
            return false;
        }
        let made = made(maker, &stage.contract.writes[write].access.axes);
        let inside = |(need, have): (&Ranges, &Option<Ranges>)| {
            let covered = |(lo, hi): &(u64, u64)| have.iter().flatten().any(|(a, b)| a <= lo && hi <= b);
            have.is_none() || need.iter().all(covered)
        };
        if !axes.iter().zip(&made).all(inside) {
            return false;
        }
    }
    true
}

/// The ranges along each axis of an array that the picked tiles of its pass make; `None` where the axis follows none.
fn made(maker: &PlannedPass, axes: &[crate::kernel::AxisMap]) -> Vec<Option<Ranges>> {
    let one = |map: &crate::kernel::AxisMap| {
        use crate::kernel::AxisMap::{Coarse, Fine, Follow};
        let (axis, up, down) = match *map {
            Follow { axis, .. } => (axis, 1, 1),
            Fine { axis, factor } => (axis, factor, 1),
            Coarse { axis, factor, .. } => (axis, 1, factor),
            _ => return None,
        };
        let picks = maker.picks.as_ref()?;
        let (tile, n) = (maker.tiling.tile[axis], maker.pass.domain[axis]);
        let range = |p: &u64| (p * tile * up / down, ((p + 1) * tile).min(n).saturating_mul(up).div_ceil(down));
        let mut ranges: Ranges = picks[axis].to_list().iter().map(range).collect();
        join(&mut ranges);
        Some(ranges)
    };
    axes.iter().map(one).collect()
}

impl SamplePlan {
    /// The box of an output that the sample holds as a whole: along each axis the run of indices in the middle of those
    /// that were picked. `None` where its values come from what was not made.
    pub fn shown(&self, problem: &Problem, output: usize) -> Option<Region> {
        let network = &self.plan.network;
        let array = network.arrays.iter().position(|a| a.outputs.contains(&output))?;
        let (producer, write) = network.arrays[array].producer?;
        let index =
            self.plan.passes.iter().position(|p| p.pass.nodes.iter().any(|e| e.node == producer && e.terminal))?;
        let planned = &self.plan.passes[index];
        let stage = problem.stage(network.nodes[producer].id);
        let (all, run) = planned.tiles();
        let partial = all != run && matches!(&stage.work, Work::Fold(fold) if !fold.finishes_parts());
        if partial || !self.whole[..=index].iter().all(|w| *w) {
            return None;
        }
        let mut region = Region::full(&network.arrays[array].spec.shape);
        for (a, ranges) in made(planned, &stage.contract.writes[write].access.axes).into_iter().enumerate() {
            if let Some(ranges) = ranges {
                (region.start[a], region.end[a]) = *ranges.get(ranges.len() / 2)?;
                region.end[a] = region.end[a].min(network.arrays[array].spec.shape[a]);
            }
        }
        Some(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_spread() {
        assert_eq!(spread(100, 1, false), [50]);
        assert_eq!(spread(100, 4, false), [12, 37, 62, 87]);
        assert_eq!(spread(100, 4, true), [48, 49, 50, 51]);
        assert_eq!(spread(100, 9, true), [11, 12, 13, 36, 37, 61, 62, 86, 87]);
        for n in 1..40 {
            for count in 0..=n {
                for together in [false, true] {
                    let found = spread(n, count, together);
                    assert_eq!(found.len() as u64, count, "{n} {count} {together}: {found:?}");
                    assert!(found.windows(2).all(|w| w[0] < w[1]) && found.iter().all(|p| *p < n), "{found:?}");
                }
            }
        }
    }
}
