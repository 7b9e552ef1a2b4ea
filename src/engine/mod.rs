//! Runs a plan: workers, read-ahead, working memory, ordered joins and carries.
//!
//! Owns threads and the order of things in time. Refuses to decide anything that a plan decides:
//! tiles, places and sizes come from there; and refuses to know formats, which storage knows.

mod carry;
mod crew;
mod error;
mod events;
mod home;
mod join;
mod memory;
mod pass;
mod tile;

pub use error::EngineError;
pub use events::{Cancel, Event, Observer};

use crate::plan::{Plan, Problem};
use crate::storage::{Faults, Output, Stored, page_faults};
use crew::Crew;
use events::Peak;
use home::OutputCounts;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a plan runs on: open inputs and created outputs, in the order of the problem. Inputs are
/// shared, so that whoever opened them can look into them again when the run is over.
#[derive(Debug)]
pub struct Stores {
    pub inputs: Vec<Arc<Stored>>,
    pub outputs: Vec<Output>,
    /// Folder of temporary files.
    pub spill_dir: PathBuf,
}

/// How to run, beside the plan. Nothing here changes a result.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Flush outputs to the disk before they get their names. Without it a power failure (never a
    /// killed process) may lose or tear an output.
    pub sync: bool,
    pub cancel: Cancel,
}

impl Default for RunOptions {
    fn default() -> RunOptions {
        RunOptions { sync: true, cancel: Cancel::default() }
    }
}

/// What a run did.
#[derive(Clone, Debug)]
pub struct RunReport {
    pub passes: Vec<PassReport>,
    pub outputs: Vec<OutputReport>,
    /// From the first tile to the last output's name.
    pub elapsed: Duration,
    /// The part of it spent on flushing and renaming.
    pub commit: Duration,
    /// Largest private memory seen, in bytes; `None` where the system does not tell.
    pub private_peak: Option<u64>,
    /// Page faults meanwhile: those that waited for the disk, and all others.
    pub faults: Faults,
    /// What did not go as planned without harm, a line each.
    pub remarks: Vec<String>,
}

/// What one pass did.
#[derive(Clone, Copy, Debug)]
pub struct PassReport {
    pub tiles: u64,
    pub read: u64,
    pub written: u64,
    pub elapsed: Duration,
    /// Whether it was left out, because what it was for had been found.
    pub left_out: bool,
}

impl RunReport {
    /// Passes that read their tiles.
    pub fn sweeps(&self) -> usize {
        self.passes.iter().filter(|p| !p.left_out).count()
    }
}

/// What one output holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputReport {
    pub elements: u64,
    pub nan: u64,
    pub inf: u64,
}

/// Runs a plan, commits its outputs, and hands them back for reading. On any error, and when cancelled, no output appears and
/// temporary files are removed.
pub fn run(
    problem: &Problem,
    plan: &Plan,
    stores: Stores,
    options: &RunOptions,
    observers: &[&dyn Observer],
) -> Result<(RunReport, Vec<Stored>), EngineError> {
    let started = Instant::now();
    let peak = Peak::default();
    let mut homes = home::settle(plan, stores)?;
    let counts: Vec<OutputCounts> = problem.outputs.iter().map(|_| OutputCounts::default()).collect();
    let crew = Crew::new(plan.threads);
    let (remarks, faults) = (Mutex::new(Vec::new()), page_faults());
    let mut passes = Vec::new();
    for (index, planned) in plan.passes.iter().enumerate() {
        let setting = pass::Setting {
            problem,
            plan,
            planned,
            index,
            homes: &homes,
            counts: &counts,
            options,
            observers,
            peak: &peak,
            remarks: &remarks,
        };
        passes.push(pass::run(&setting, &crew)?);
        // What this pass completed is made readable where a later one reads it.
        let later: Vec<usize> =
            plan.passes[index + 1..].iter().flat_map(|p| p.pass.stored_reads(&plan.network)).collect();
        for entry in planned.pass.nodes.iter().filter(|p| p.terminal) {
            for &array in plan.network.nodes[entry.node].writes.iter().filter(|a| later.contains(a)) {
                homes.arrays[array].complete()?;
            }
        }
    }
    let committing = Instant::now();
    let finished = homes.into_outputs(plan)?;
    let mut remarks = remarks.into_inner().unwrap_or_else(PoisonError::into_inner);
    let fell_back = |o: &Output| {
        Some(format!("{} is written through the page cache, not past it: {}", o.path().display(), o.fell_back()?))
    };
    remarks.extend(finished.iter().filter_map(fell_back));
    let held = counts.iter().zip(&finished).map(|(c, o)| c.report(o.spec().elements().unwrap_or(0))).collect();
    let mut outputs = Vec::new();
    for output in finished {
        options.cancel.check()?;
        outputs.push(output.commit(options.sync)?);
    }
    peak.sample();
    let report = RunReport {
        passes,
        outputs: held,
        elapsed: started.elapsed(),
        commit: committing.elapsed(),
        private_peak: peak.most(),
        faults: page_faults().since(faults),
        remarks,
    };
    observers.iter().for_each(|o| o.event(&Event::RunDone));
    Ok((report, outputs))
}
