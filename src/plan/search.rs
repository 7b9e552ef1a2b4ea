//! Compares whole plans by what they cost, and takes the cheapest of a bounded number.
//!
//! Owns which changes of a plan are looked at: another way of a step, an intermediate that is kept instead of computed
//! again, one that is fused instead of kept, a result that has a sweep of its own, fewer workers with more memory each. Refuses to know how a plan is settled (`settle`) and what it costs (`cost`).
//!
//! The search begins with the first ways that fit, and takes the best change of all, again and again, until none gains
//! enough. The same facts, limits and rates give the same plan; results are the same for every plan.

use super::cost::rates;
use super::estimate::{Rates, about};
use super::network::Place;
use super::settle::{Choice, PlanError, Settled, Unfit, settle, show_bytes};
use super::{Plan, Problem};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A plan that takes less is not worth a search: looking at others would take longer than what they save.
const WORTH_SECONDS: f64 = 0.02;
/// Plans that are settled for comparison, at most.
const ATTEMPTS_MAX: usize = 24;
/// Ways of a step that are looked at in a round, at most, and intermediates.
const WAYS_MAX: usize = 4;
const ARRAYS_MAX: usize = 6;
/// What a change must gain: ways are in the order in which their author would try them, and rates are rough.
const GAIN_MIN: f64 = 0.10;
/// What it must gain where it takes more of the disk: room and wear are no time, and not nothing.
const GAIN_MIN_OF_DISK: f64 = 0.20;
/// An intermediate is looked at if this much more of it is computed than there is.
const AGAIN_MIN: f64 = 1.1;
/// Refused plans that are told.
const TOLD_MAX: usize = 5;

/// A plan that was looked at and not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The change: `blur by the way "tile"`.
    pub what: String,
    /// What it would cost; `None` where it does not fit.
    pub cost: Option<RefusedCost>,
    /// Memory that it needs.
    pub memory_bytes: u64,
    /// The reason, as a sentence part.
    pub why: String,
}

/// What a refused plan would cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefusedCost {
    pub seconds: f64,
    /// Bytes read and written.
    pub moved_bytes: u64,
}

impl Refused {
    /// One line for people.
    pub fn text(&self) -> String {
        match self.cost {
            Some(cost) => {
                let (time, moved) = (about(cost.seconds), show_bytes(cost.moved_bytes));
                format!("{}: {time}, moves {moved}, memory {}; {}", self.what, show_bytes(self.memory_bytes), self.why)
            }
            None => format!("{}: {}", self.what, self.why),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({ "what": self.what, "seconds": self.cost.map(|c| c.seconds), "moved_bytes": self.cost.map(|c| c.moved_bytes),
            "memory_bytes": self.memory_bytes, "why": self.why })
    }
}

/// One change of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Way { step: usize, way: usize },
    Keep { array: String },
    Fuse { array: String },
    Alone { array: String },
    Workers { most: usize },
}

impl Change {
    fn made(&self, choice: &Choice) -> Choice {
        let mut choice = choice.clone();
        match self {
            Change::Way { step, way } => choice.ways[*step] = *way,
            Change::Keep { array } => {
                choice.fuse.remove(array);
                choice.keep.insert(array.clone());
            }
            Change::Fuse { array } => {
                choice.keep.remove(array);
                choice.fuse.insert(array.clone());
            }
            Change::Alone { array } => {
                choice.alone.insert(array.clone());
            }
            Change::Workers { most } => {
                // Each has room for ways that took too much before.
                choice.ways.fill(0);
                choice.workers = Some(*most);
            }
        }
        choice
    }

    fn text(&self, problem: &Problem) -> String {
        match self {
            Change::Way { step, way } => {
                let step = &problem.steps[*step];
                format!("{} by the way \"{}\"", step.name, step.variants[*way].name)
            }
            Change::Keep { array } => format!("{array} kept instead of fused"),
            Change::Fuse { array } => format!("{array} fused instead of kept"),
            Change::Alone { array } => format!("{array} in a sweep of its own"),
            Change::Workers { most } => format!("{most} of {} threads", problem.limits.threads),
        }
    }
}

/// Plans with the ways that cost least, or refuses.
pub fn plan(problem: &Problem) -> Result<Plan, PlanError> {
    let mut refused = Vec::new();
    let (choice, first) =
        first_fit(problem, Choice::first(problem), &mut refused).map_err(|unfit| over_budget(problem, &unfit))?;
    let rates = rates(problem);
    let worth = problem.limits.tile.is_none() && first.plan.seconds(problem, &rates) >= WORTH_SECONDS;
    let mut plan = if worth { cheapest(problem, &rates, choice, first, &mut refused) } else { first.plan };
    refused.truncate(TOLD_MAX);
    plan.refused = refused;
    let remark = |s: &super::ProblemStep| s.remark.as_ref().map(|r| format!("{}: {r}", s.name));
    plan.notes.extend(problem.steps.iter().filter_map(remark));
    Ok(plan)
}

/// The first ways that fit, step by step, from those of a choice on.
fn first_fit(problem: &Problem, mut choice: Choice, refused: &mut Vec<Refused>) -> Result<(Choice, Settled), Unfit> {
    loop {
        let unfit = match settle(problem, &choice) {
            Ok(settled) => return Ok((choice, settled)),
            Err(unfit) => unfit,
        };
        let another = |s: &&usize| choice.ways[**s] + 1 < problem.steps[**s].variants.len();
        let Some(&step) = unfit.steps.iter().find(another) else { return Err(unfit) };
        refused.push(too_large(problem, &Change::Way { step, way: choice.ways[step] }, &unfit));
        choice.ways[step] += 1;
    }
}

fn over_budget(problem: &Problem, unfit: &Unfit) -> PlanError {
    let s = &problem.steps[unfit.steps.first().copied().unwrap_or(0)];
    let stages = s.variants.last().map_or(&[][..], |way| &way.stages);
    PlanError::OverBudget {
        joined: stages.iter().map(|stage| stage.contract.state.joined).max().unwrap_or(0),
        step: s.name.clone(),
        kernel: s.kernel,
        need: unfit.need,
        budget: problem.limits.memory_bytes,
        source_of_budget: problem.limits.memory_source.clone(),
    }
}

fn too_large(problem: &Problem, change: &Change, unfit: &Unfit) -> Refused {
    let why = format!("it needs {} of memory", show_bytes(unfit.need));
    Refused { what: change.text(problem), cost: None, memory_bytes: unfit.need, why }
}

/// Changes a plan for the better as long as that gains enough. What the last round looked at in vain is told.
fn cheapest(problem: &Problem, rates: &Rates, mut choice: Choice, first: Settled, refused: &mut Vec<Refused>) -> Plan {
    let mut best = first;
    let mut seconds = best.plan.seconds(problem, rates);
    let mut attempts = 0;
    loop {
        let mut found: Vec<(f64, Change, Choice, Settled)> = Vec::new();
        let mut unfit = Vec::new();
        let mut seen = vec![choice.clone()];
        for change in changes(problem, &choice, &best) {
            let other = change.made(&choice);
            if attempts == ATTEMPTS_MAX || seen.contains(&other) {
                continue;
            }
            attempts += 1;
            seen.push(other.clone());
            let settled = match change {
                Change::Workers { .. } => first_fit(problem, other, &mut Vec::new()),
                _ => settle(problem, &other).map(|settled| (other, settled)),
            };
            match settled {
                Ok((other, settled)) => found.push((settled.plan.seconds(problem, rates), change, other, settled)),
                Err(e) => unfit.push(too_large(problem, &change, &e)),
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let least = |plan: &Plan| if plan.disk_bytes > best.plan.disk_bytes { GAIN_MIN_OF_DISK } else { GAIN_MIN };
        if let Some(at) = found.iter().position(|f| f.0 < seconds * (1.0 - least(&f.3.plan))) {
            (seconds, _, choice, best) = found.swap_remove(at);
            continue;
        }
        let mut told: Vec<Refused> = Vec::new();
        let mut alone = 0;
        for (cost, change, _, other) in &found {
            // The nearest of them tells what sharing saves.
            alone += usize::from(matches!(change, Change::Alone { .. }));
            if alone > 1 && matches!(change, Change::Alone { .. }) {
                continue;
            }
            told.push(compared(problem, change, (*cost, &other.plan), (seconds, &best.plan)));
        }
        for other in unfit {
            if !refused.iter().any(|r| r.what == other.what) {
                told.push(other);
            }
        }
        // Ways that did not fit were refused first and are told last.
        told.append(refused);
        *refused = told;
        return best.plan;
    }
}

/// A plan against the one that was taken.
fn compared(problem: &Problem, change: &Change, other: (f64, &Plan), best: (f64, &Plan)) -> Refused {
    let moved = |plan: &Plan| plan.traffic().read + plan.traffic().written;
    let cost = RefusedCost { seconds: other.0, moved_bytes: moved(other.1) };
    let more = cost.moved_bytes.saturating_sub(moved(best.1));
    let why = match other.0 / best.0 {
        ratio if ratio >= 1.005 => format!("{:.0} % longer", (ratio - 1.0) * 100.0),
        ratio if ratio > 0.995 && more > 0 => format!("no shorter, and moves {} more", show_bytes(more)),
        _ if other.1.disk_bytes > best.1.disk_bytes => "not enough shorter for the disk that it takes".to_string(),
        _ => "not enough shorter to depart from the usual way".to_string(),
    };
    Refused { what: change.text(problem), cost: Some(cost), memory_bytes: other.1.memory.projected, why }
}

/// The changes of a plan that may gain something.
fn changes(problem: &Problem, choice: &Choice, best: &Settled) -> Vec<Change> {
    let mut found = Vec::new();
    for (step, s) in problem.steps.iter().enumerate() {
        // The nearest ones: ways are listed from fast and large to slow and small.
        let mut ways: Vec<usize> = (0..s.variants.len()).filter(|w| *w != choice.ways[step]).collect();
        ways.sort_by_key(|w| w.abs_diff(choice.ways[step]));
        found.extend(ways.into_iter().take(WAYS_MAX).map(|way| Change::Way { step, way }));
    }
    // Half the workers have twice the memory each.
    let half = best.plan.threads / 2;
    let waits = best.plan.waits_for_runs(problem);
    found.extend((half > 0 && waits).then_some(Change::Workers { most: half }));
    found.extend(again(problem, &best.plan).into_iter().map(|array| Change::Keep { array }));
    let kept = best.cut.iter().chain(&choice.keep).collect::<BTreeSet<_>>();
    found.extend(kept.into_iter().take(ARRAYS_MAX).map(|array| Change::Fuse { array: array.clone() }));
    found.extend(shared(&best.plan).into_iter().map(|array| Change::Alone { array }));
    found
}

/// Results that share a sweep with others: one tile shape may suit none of them.
fn shared(plan: &Plan) -> Vec<String> {
    let name = |node: usize| plan.network.nodes[node].writes.first().map(|a| plan.network.arrays[*a].name.clone());
    // Where nothing is read or made twice, and nothing in short runs, tiles suit them all.
    let strained = |p: &super::PlannedPass| {
        let again = p.evaluated.iter().any(|n| *n as f64 > p.pass.domain.iter().product::<u64>() as f64 * AGAIN_MIN);
        again || p.traffic.halo > p.traffic.read / 10 || p.has_short_runs()
    };
    let several = plan.passes.iter().filter(|p| !p.stands_by && p.pass.ends().count() > 1 && strained(p));
    several.flat_map(|p| p.pass.ends().filter_map(name)).take(ARRAYS_MAX).collect()
}

/// Fused arrays of which more is computed than there is, the dearest first; all of them where memory leaves workers out.
fn again(problem: &Problem, plan: &Plan) -> Vec<String> {
    let network = &plan.network;
    let short = plan.threads < problem.limits.threads;
    let mut found: Vec<(f64, String)> = Vec::new();
    for array in &network.arrays {
        let (Place::Fused, Some((node, _))) = (array.place, array.producer) else { continue };
        let contract = problem.contract(network.nodes[node].id);
        let all = contract.domain.iter().map(|n| *n as f64).product::<f64>();
        let evaluated = |p: &super::PlannedPass| {
            let at = p.pass.nodes.iter().position(|e| e.node == node);
            at.map_or(0.0, |i| p.evaluated[i] as f64)
        };
        let sum: f64 = plan.passes.iter().map(evaluated).sum();
        if sum > all * AGAIN_MIN || (short && sum > 0.0) {
            let effort = problem.stage(network.nodes[node].id).work.effort(&contract.domain);
            found.push(((sum - all) * effort, array.name.clone()));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(ARRAYS_MAX).map(|(_, name)| name).collect()
}
