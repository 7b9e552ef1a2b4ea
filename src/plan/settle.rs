//! Settles a plan: places arrays, cuts, tiles, and looks again until everything fits or nothing
//! more can be given up.

use super::io::{self, read_ahead};
use super::measure::grid;
use super::network::{Network, Place};
use super::passes::{Pass, cut, is_ragged};
use super::problem::Problem;
use super::tiling::{Tiling, choose};
use super::traffic::traffic;
use super::{Memory, Plan, PlannedPass};
use crate::array::{Edge, EdgeMode};
use crate::kernel::Work;

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

/// Plans with the first choice of variants that fits.
pub fn plan(problem: &Problem) -> Result<Plan, PlanError> {
    let mut choice = vec![0usize; problem.steps.len()];
    let mut notes = Vec::new();
    loop {
        match settle(problem, &choice) {
            Ok(plan) => {
                let mut plan = cheaper(problem, &mut choice, plan, &mut notes);
                notes.append(&mut plan.notes);
                let remark = |s: &super::ProblemStep| s.remark.as_ref().map(|r| format!("{}: {r}", s.name));
                notes.extend(problem.steps.iter().filter_map(remark));
                return Ok(Plan { notes, ..plan });
            }
            Err((steps, need)) => {
                let another = |s: &&usize| choice[**s] + 1 < problem.steps[**s].variants.len();
                if let Some(&step) = steps.iter().find(another) {
                    let s = &problem.steps[step];
                    let refused = s.variants[choice[step]].name;
                    notes.push(format!("{}: refused the way \"{refused}\", it needs {}", s.name, show_bytes(need)));
                    choice[step] += 1;
                    continue;
                }
                let s = &problem.steps[steps.first().copied().unwrap_or(0)];
                let stages = &s.variants[choice[steps.first().copied().unwrap_or(0)]].stages;
                return Err(PlanError::OverBudget {
                    joined: stages.iter().map(|stage| stage.contract.state.joined).max().unwrap_or(0),
                    step: s.name.clone(),
                    kernel: s.kernel,
                    need,
                    budget: problem.limits.memory_bytes,
                    source_of_budget: problem.limits.memory_source.clone(),
                });
            }
        }
    }
}

/// Looks at the other variants of steps where much is read twice for halos, and takes those that move
/// less.
fn cheaper(problem: &Problem, choice: &mut [usize], plan: Plan, notes: &mut Vec<String>) -> Plan {
    let moved = |plan: &Plan| plan.traffic().read + plan.traffic().written;
    let mut best = plan;
    for (s, step) in problem.steps.iter().enumerate() {
        while choice[s] + 1 < step.variants.len() && best.traffic().halo > best.traffic().read / 4 {
            choice[s] += 1;
            match settle(problem, choice) {
                Ok(other) if moved(&other) < moved(&best) => {
                    let (was, is) = (step.variants[choice[s] - 1].name, step.variants[choice[s]].name);
                    let (more, less) = (show_bytes(moved(&best)), show_bytes(moved(&other)));
                    notes.push(format!("{}: the way \"{is}\" moves {less}, \"{was}\" would move {more}", step.name));
                    best = other;
                }
                _ => {
                    choice[s] -= 1;
                    break;
                }
            }
        }
    }
    best
}

/// Plans with one choice of variants; the error has the steps of the pass that needs too much, the heaviest
/// first, and how much it needs.
fn settle(problem: &Problem, choice: &[usize]) -> Result<Plan, (Vec<usize>, u64)> {
    let mut network = Network::lower(problem, choice);
    let mut notes = Vec::new();
    let budget = problem.limits.memory_bytes;
    for array in 0..network.arrays.len() {
        let Some((node, _)) = network.arrays[array].producer else { continue };
        let is_map = matches!(problem.stage(network.nodes[node].id).work, Work::Map(_));
        if network.arrays[array].place == Place::Fused && (!is_map || is_ragged(problem, &network.nodes[node])) {
            network.arrays[array].place = keep_place(&network, array, budget);
        }
    }
    for (array, reason) in wrapped(problem, &network).into_iter().chain(parts(problem, &network)) {
        keep(&mut network, array, budget, reason, &mut notes);
    }
    let threads = problem.limits.threads.max(1);
    loop {
        let mut trouble = None;
        // Fewer workers need less memory: better slow than refused.
        for workers in (1..=threads).rev() {
            match attempt(problem, &network, workers) {
                Ok(mut plan) => {
                    if workers < threads {
                        notes.push(format!("{workers} of {threads} threads: more would not fit the budget"));
                    }
                    plan.notes = notes;
                    return Ok(plan);
                }
                Err(t @ Trouble::Cut { .. }) => {
                    trouble = Some(t);
                    break;
                }
                Err(t) => trouble = Some(t),
            }
        }
        match trouble {
            Some(Trouble::Cut { array, reason }) => keep(&mut network, array, budget, reason, &mut notes),
            Some(Trouble::TooLarge { nodes, need }) => match nodes.first().and_then(|n| feeding(&network, *n)) {
                Some(array) => {
                    let reason = format!("fused it would need {}", show_bytes(need));
                    keep(&mut network, array, budget, reason, &mut notes);
                }
                None => return Err((nodes.iter().map(|n| network.nodes[*n].id.step).collect(), need)),
            },
            None => return Err((vec![], 0)),
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

fn attempt(problem: &Problem, network: &Network, threads: usize) -> Result<Plan, Trouble> {
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
    let spare = if disk_bytes > 0 { room / DIRTY_SHARE } else { 0 };
    let mut planned = Vec::new();
    let mut projected = resident;
    for pass in cut(problem, &network) {
        let mut direct = io::direct_reads(problem, &network, &pass);
        let (ahead, tiling) = tile(problem, &network, &pass, threads as u64, (room, spare), &direct);
        let need = |t: &Tiling| t.cost.total(threads as u64, ahead);
        let at = match &tiling {
            Ok(t) => t,
            Err(t) => t,
        };
        let tiles: u64 = grid(&pass.domain, &at.tile).iter().product();
        if let (Some(array), true) = (at.cost.overhead_array, at.cost.overhead > OVERHEAD_MAX && tiles > 1)
            && network.arrays[array].place == Place::Fused
        {
            let times = at.cost.overhead;
            return Err(Trouble::Cut { array, reason: format!("fused it would be computed {times:.1} times over") });
        }
        match tiling {
            Ok(tiling) => {
                projected = projected.max(resident + need(&tiling));
                let traffic = traffic(problem, &network, &pass, &tiling.tile);
                io::settle_runs(&mut network, &pass, &tiling.cost, &mut direct, &mut io);
                let ahead = if direct.is_empty() { threads as u64 } else { ahead };
                planned.push(PlannedPass { pass, tiling, traffic, ahead, direct });
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
    Ok(Plan { network, passes: planned, threads, memory, io, disk_bytes, notes: vec![] })
}

/// The tiles of a pass, with how many are brought in ahead: with less of that where they do not fit, and with the spare room where that
/// costs next to nothing.
fn tile(
    problem: &Problem,
    network: &Network,
    pass: &Pass,
    threads: u64,
    (room, spare): (u64, u64),
    direct: &[usize],
) -> (u64, Result<Tiling, Box<Tiling>>) {
    let try_in = |ahead, room| choose(problem, network, pass, (threads, ahead), room);
    let least = if direct.is_empty() { threads } else { 1 };
    let mut ahead = read_ahead(direct, threads);
    let mut found = try_in(ahead, room);
    while found.is_err() && ahead > least {
        ahead = (ahead / 2).max(least);
        found = try_in(ahead, room);
    }
    let is_tight = found.as_ref().is_ok_and(|t| t.cost.total(threads, ahead) > room.saturating_sub(spare));
    let Ok(roomy) = (if is_tight { try_in(ahead, room - spare) } else { return (ahead, found) }) else {
        return (ahead, found);
    };
    let dearer = |best: &Tiling| roomy.score(pass) > best.score(pass) * SPARE_COST_MAX;
    if found.as_ref().is_ok_and(|best| dearer(best)) { (ahead, found) } else { (ahead, Ok(roomy)) }
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
