//! Settles a plan for one choice: places arrays, cuts, tiles, and looks again until everything fits or nothing
//! more can be given up. Refuses to compare plans.

use super::io::{self, read_ahead};
use super::measure::grid;
use super::network::{Network, Place};
use super::passes::{Pass, cut, is_ragged};
use super::problem::Problem;
use super::tiling::{Tiling, choose};
use super::traffic::{all_tiles, traffic};
use super::{Memory, Plan, PlannedPass};
use crate::array::{Edge, EdgeMode};
use crate::kernel::{Sink, Work};
use std::collections::BTreeSet;

/// Private memory of the program before any tile: code that was relocated, stacks, allocator.
const PROGRAM_BYTES: u64 = 6 << 20;
/// A fused stage that is evaluated on more than this many times its share is cut out and kept.
const OVERHEAD_MAX: f64 = 2.0;
/// Arrays of up to this share of the budget (as a divisor) are kept whole in memory.
const RESIDENT_SHARE: u64 = 16;
/// Of what tiles may use, the share (as a divisor) that they leave to written bytes that wait for the disk, where they can.
const DIRTY_SHARE: u64 = 8;
/// How much dearer tiles may be that leave it.
const SPARE_COST_MAX: f64 = 1.05;

/// A plan that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The smallest way to run it is over the budget.
    #[error(
        "step \"{step}\" ({kernel}) needs at least {} of memory, the budget is {} ({source_of_budget}){}",
        show_bytes(*.need), show_bytes(*.budget), show_lists(*.joined)
    )]
    OverBudget {
        step: String,
        kernel: &'static str,
        need: u64,
        budget: u64,
        source_of_budget: String,
        /// Bytes of what the step may have to join.
        joined: u64,
    },
}

fn show_lists(joined: u64) -> String {
    match joined {
        0 => String::new(),
        bytes => format!("; {} is for what is joined across tiles, which joins_max bounds", show_bytes(bytes)),
    }
}

/// Bytes in binary units, as people read them.
pub fn show_bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let power = (bytes.ilog2() / 10).min(6);
    let value = bytes as f64 / 1024f64.powi(power as i32);
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {}", UNITS[power as usize - 1])
}

/// One attempt's way to fail: what to cut out, or what is too large.
enum Trouble {
    Cut { array: usize, reason: String },
    TooLarge { nodes: Vec<usize>, need: u64 },
}

/// What is decided before a plan is settled: the way of each step, and intermediates by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// The variant of each step.
    pub ways: Vec<usize>,
    /// Kept, though they could be fused.
    pub keep: BTreeSet<String>,
    /// Fused, however much of them is computed again.
    pub fuse: BTreeSet<String>,
    /// Made in a sweep of their own.
    pub alone: BTreeSet<String>,
    /// Workers at most, where not as many as there may be.
    pub workers: Option<usize>,
}

impl Choice {
    /// The first way of each step; everything fused that can be.
    pub fn first(problem: &Problem) -> Choice {
        let none = BTreeSet::new;
        Choice { ways: vec![0; problem.steps.len()], keep: none(), fuse: none(), alone: none(), workers: None }
    }
}

/// A plan, and the arrays that were kept only since too much of them would be computed again.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pub plan: Plan,
    pub cut: Vec<String>,
}

/// A choice that does not fit.
#[derive(Clone, Debug)]
pub(super) struct Unfit {
    /// The steps of the pass that needs too much, the heaviest first.
    pub steps: Vec<usize>,
    pub need: u64,
}

/// Plans with one choice.
pub(super) fn settle(problem: &Problem, choice: &Choice) -> Result<Settled, Unfit> {
    let mut network = Network::lower(problem, &choice.ways);
    let (mut notes, mut cut) = (Vec::new(), Vec::new());
    let budget = problem.limits.memory_bytes;
    for array in 0..network.arrays.len() {
        let Some((node, write)) = network.arrays[array].producer else { continue };
        let stage = problem.stage(network.nodes[node].id);
        let is_kept = matches!(stage.contract.writes[write].sink, Sink::Kept(_))
            || !matches!(stage.work, Work::Map(_))
            || is_ragged(problem, &network.nodes[node]);
        if network.arrays[array].place == Place::Fused && is_kept {
            network.arrays[array].place = keep_place(&network, array, budget);
        }
    }
    for (array, reason) in wrapped(problem, &network).into_iter().chain(parts(problem, &network)) {
        keep(&mut network, array, budget, reason, &mut notes);
    }
    for array in 0..network.arrays.len() {
        if network.arrays[array].place == Place::Fused && choice.keep.contains(&network.arrays[array].name) {
            let reason = "computing it again would take longer".to_string();
            keep(&mut network, array, budget, reason, &mut notes);
        }
    }
    let (threads, most) = (problem.limits.threads.max(1), choice.workers);
    loop {
        let mut trouble = None;
        // Fewer workers need less memory: better slow than refused.
        for workers in (1..=most.unwrap_or(threads).min(threads)).rev() {
            match attempt(problem, &network, workers, choice) {
                Ok(mut plan) => {
                    match most {
                        Some(most) if workers == most => {
                            notes
                                .push(format!("{workers} of {threads} threads: each has more memory, for longer runs"));
                        }
                        _ if workers < threads => {
                            notes.push(format!("{workers} of {threads} threads: more would not fit the budget"));
                        }
                        _ => {}
                    }
                    plan.notes = notes;
                    return Ok(Settled { plan, cut });
                }
                Err(t @ Trouble::Cut { .. }) => {
                    trouble = Some(t);
                    break;
                }
                Err(t) => trouble = Some(t),
            }
        }
        match trouble {
            Some(Trouble::Cut { array, reason }) => {
                cut.push(network.arrays[array].name.clone());
                keep(&mut network, array, budget, reason, &mut notes);
            }
            Some(Trouble::TooLarge { nodes, need }) => match nodes.first().and_then(|n| feeding(&network, *n)) {
                Some(array) => {
                    let reason = format!("fused it would need {}", show_bytes(need));
                    keep(&mut network, array, budget, reason, &mut notes);
                }
                None => {
                    let steps = nodes.iter().map(|n| network.nodes[*n].id.step).collect();
                    return Err(Unfit { steps, need });
                }
            },
            None => return Err(Unfit { steps: vec![], need: 0 }),
        }
    }
}

fn keep_place(network: &Network, array: usize, budget: u64) -> Place {
    let bytes = network.arrays[array].spec.bytes().unwrap_or(u64::MAX);
    if bytes <= budget / RESIDENT_SHARE { Place::Memory } else { Place::Spill }
}

fn keep(network: &mut Network, array: usize, budget: u64, reason: String, notes: &mut Vec<String>) {
    let place = keep_place(network, array, budget);
    let a = &mut network.arrays[array];
    let whereto = if place == Place::Memory { "kept in memory" } else { "spilled to a temporary file" };
    notes.push(format!("{} ({}) is {whereto}: {reason}", a.name, show_bytes(a.spec.bytes().unwrap_or(0))));
    a.place = place;
}

/// Intermediates whose far side a wrapping border needs.
fn wrapped(problem: &Problem, network: &Network) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for node in &network.nodes {
        let contract = problem.contract(node.id);
        for (read, &array) in contract.reads.iter().zip(&node.reads) {
            let wraps = matches!(read.access.edge, Edge::Fill { mode: EdgeMode::Wrap, .. });
            if wraps && network.arrays[array].place == Place::Fused {
                let reader = &problem.steps[node.id.step].name;
                found.push((array, format!("the wrapping border of \"{reader}\" needs its far side")));
            }
        }
    }
    found
}

/// Intermediates that a stage takes as a part of its domain, or reads here and there. Fused, most tiles would need nothing
/// of a part, and those at a seam might need both ends of what several parts come from; no sample of tiles would show that.
fn parts(problem: &Problem, network: &Network) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for node in &network.nodes {
        for (read, &array) in problem.contract(node.id).reads.iter().zip(&node.reads) {
            let fused = read.access.needs_complete() && network.arrays[array].place == Place::Fused;
            if fused && found.iter().all(|(a, _)| *a != array) {
                let reader = &problem.steps[node.id.step].name;
                let scattered = read.access.is_scattered();
                found.push((
                    array,
                    match scattered {
                        true => format!("\"{reader}\" reads it here and there"),
                        false => format!("it is a part of \"{reader}\""),
                    },
                ));
            }
        }
    }
    found
}

/// A fused array that can be cut out to save memory where `node` needs too much: what it reads, or
/// else what it makes for others.
fn feeding(network: &Network, node: usize) -> Option<usize> {
    let node = &network.nodes[node];
    node.reads.iter().chain(&node.writes).copied().find(|a| network.arrays[*a].place == Place::Fused)
}

fn attempt(problem: &Problem, network: &Network, threads: usize, choice: &Choice) -> Result<Plan, Trouble> {
    let mut network = network.clone();
    let mut io = io::assign(problem, &mut network);
    let budget = problem.limits.memory_bytes;
    let kept = |a: &super::PlanArray| if a.place == Place::Memory { a.spec.bytes().unwrap_or(0) } else { 0 };
    let caches: u64 = problem.inputs.iter().map(|i| i.cache_bytes).sum();
    let results = |in_memory: bool| problem.outputs.iter().filter(move |o| o.in_memory == in_memory);
    let bytes = |o: &super::ProblemOutput| o.spec.bytes().unwrap_or(u64::MAX);
    let resident =
        PROGRAM_BYTES + network.arrays.iter().map(kept).sum::<u64>() + caches + results(true).map(bytes).sum::<u64>();
    let spilled = network.arrays.iter().filter(|a| a.place == Place::Spill).map(|a| a.spec.bytes().unwrap_or(u64::MAX));
    let disk_bytes = results(false).map(bytes).chain(spilled).fold(0, u64::saturating_add);
    // Files are written while the disk is busy with what was written before, where that costs nothing else.
    let room = budget.saturating_sub(resident);
    io::write_behind(&mut network, room);
    let spare = if disk_bytes > 0 { room / DIRTY_SHARE } else { 0 };
    let mut planned = Vec::new();
    let mut projected = resident;
    for mut pass in cut(problem, &network, &choice.alone) {
        pass.direct = io::direct_reads(problem, &network, &pass);
        let (mut ahead, mut tiling) = tile(problem, &network, &pass, threads as u64, (room, spare));
        if tiling.is_err() && !pass.direct.is_empty() {
            // Whole pages of many short runs may be more than there is room for; mapped, they are the page cache's.
            io::give_up_direct(&network, &mut pass, &mut io);
            (ahead, tiling) = tile(problem, &network, &pass, threads as u64, (room, spare));
        }
        let need = |t: &Tiling| t.cost.total(threads as u64, ahead);
        let at = match &tiling {
            Ok(t) => t,
            Err(t) => t,
        };
        let tiles: u64 = grid(&pass.domain, &at.tile).iter().product();
        if let (Some(array), true) = (at.cost.overhead_array, at.cost.overhead > OVERHEAD_MAX && tiles > 1)
            && network.arrays[array].place == Place::Fused
            && !choice.fuse.contains(&network.arrays[array].name)
        {
            let times = at.cost.overhead;
            return Err(Trouble::Cut { array, reason: format!("fused it would be computed {times:.1} times over") });
        }
        match tiling {
            Ok(tiling) => {
                projected = projected.max(resident + need(&tiling));
                let all = all_tiles(&pass.domain, &tiling.tile);
                let (traffic, evaluated) = traffic(problem, &network, &pass, &tiling.tile, &all);
                io::settle_runs(&mut network, &mut pass, &tiling.cost, &mut io);
                let ahead = if pass.direct.is_empty() { threads as u64 } else { ahead };
                let stands_by = pass.stands_by(problem, &network);
                planned.push(PlannedPass { pass, tiling, traffic, ahead, evaluated, stands_by, picks: None });
            }
            Err(t) => {
                let nodes = t.cost.heaviest.iter().map(|i| pass.nodes[*i].node).collect();
                return Err(Trouble::TooLarge { nodes, need: resident + need(&t) });
            }
        }
    }
    let memory = Memory { budget, projected, resident };
    // What tiles do not need is for what waits for the disk.
    io.dirty_bytes_max = budget.saturating_sub(projected);
    let (notes, refused) = (vec![], vec![]);
    Ok(Plan { network, passes: planned, threads, memory, io, disk_bytes, notes, refused, kept: None })
}

/// The tiles of a pass, with how many are brought in ahead: with less of that where they do not fit, and with the spare room where that
/// costs next to nothing.
fn tile(
    problem: &Problem,
    network: &Network,
    pass: &Pass,
    threads: u64,
    (room, spare): (u64, u64),
) -> (u64, Result<Tiling, Box<Tiling>>) {
    let try_in = |ahead, room| choose(problem, network, pass, (threads, ahead), room);
    let least = if pass.direct.is_empty() { threads } else { 1 };
    let mut ahead = read_ahead(&pass.direct, threads);
    let mut found = try_in(ahead, room);
    while found.is_err() && ahead > least {
        ahead = (ahead / 2).max(least);
        found = try_in(ahead, room);
    }
    let is_tight = found.as_ref().is_ok_and(|t| t.cost.total(threads, ahead) > room.saturating_sub(spare));
    let Ok(roomy) = (if is_tight { try_in(ahead, room - spare) } else { return (ahead, found) }) else {
        return (ahead, found);
    };
    let dearer = |best: &Tiling| roomy.value > best.value * SPARE_COST_MAX;
    if found.as_ref().is_ok_and(dearer) { (ahead, found) } else { (ahead, Ok(roomy)) }
}

impl Pass {
    /// Names of the steps in it, in order, each once.
    pub fn step_names<'a>(&self, problem: &'a Problem, network: &Network) -> Vec<&'a str> {
        let (mut names, ends) = self.named(problem, network);
        names.extend(ends);
        names
    }

    /// The steps in one line: what is fused, then what it ends in, `flat → blur → clean + mean`.
    pub fn title(&self, problem: &Problem, network: &Network) -> String {
        let (fused, ends) = self.named(problem, network);
        let ends = ends.join(" + ");
        if fused.is_empty() { ends } else { format!("{} → {ends}", fused.join(" → ")) }
    }

    /// Steps that are only fused here, and steps that end here.
    fn named<'a>(&self, problem: &'a Problem, network: &Network) -> (Vec<&'a str>, Vec<&'a str>) {
        let (mut fused, mut ends): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        let name = |node: usize| problem.steps[network.nodes[node].id.step].name.as_str();
        for entry in self.nodes.iter().filter(|p| p.terminal) {
            if !ends.contains(&name(entry.node)) {
                ends.push(name(entry.node));
            }
        }
        for entry in &self.nodes {
            let name = name(entry.node);
            if !ends.contains(&name) && !fused.contains(&name) {
                fused.push(name);
            }
        }
        (fused, ends)
    }
}
