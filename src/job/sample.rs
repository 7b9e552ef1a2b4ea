//! A fraction of a job, run to tell how long the whole would take and what it would look like.
//!
//! Owns the clock and the extrapolation. Which tiles stand for all is the plan's choice (`plan::SamplePlan`); they run
//! through the same engine as any others. Outputs lie in temporary files without room of their own: nothing of the
//! outputs' full size is reserved, and nothing is left.

use super::{Job, JobError};
use crate::array::Region;
use crate::engine::{self, Cancel, EngineError, Event, Observer, RunOptions, Stores};
use crate::plan::{Plan, Problem, Rates, SamplePlan};
use crate::storage::{Output, Stored};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A sample that takes longer is stopped: what was seen until then has to do.
const LIMIT: Duration = Duration::from_secs(5);
/// A first look that takes longer is all there is.
const FIRST_MAX: Duration = Duration::from_millis(200);

/// What a sample of one pass showed.
#[derive(Clone, Debug)]
pub struct SampledPass {
    /// Tiles of the whole pass, and those that were run.
    pub tiles: u64,
    pub run: u64,
    pub elapsed: Duration,
    /// How long all tiles will take; from rates alone where none was run.
    pub seconds: f64,
    /// Whether it had real values to read, not zeros that stand for what was left out.
    pub whole: bool,
}

/// What a sample of a job showed.
#[derive(Debug)]
pub struct Sample {
    pub problem: Problem,
    pub plan: Plan,
    pub passes: Vec<SampledPass>,
    /// Flushing the outputs, from rates.
    pub flushing: f64,
    pub elapsed: Duration,
    /// What went wrong, where something did: the passes from there on are told from rates.
    pub failed: Option<String>,
    /// The outputs as far as they were made, and the part of each that holds real values.
    pub outputs: Vec<(Stored, Option<Region>)>,
}

impl Sample {
    /// How long the whole run will take.
    pub fn seconds(&self) -> f64 {
        self.passes.iter().map(|p| p.seconds).sum::<f64>() + self.flushing
    }
}

/// Listens to the sample, and stops it when its time is over.
struct Clock {
    started: Instant,
    cancel: Cancel,
    passes: Mutex<Vec<Seen>>,
}

/// What was seen of a pass.
#[derive(Clone, Copy)]
struct Seen {
    started: Duration,
    tiles: u64,
    last: Duration,
}

impl Observer for Clock {
    fn event(&self, event: &Event) {
        let now = self.started.elapsed();
        let mut passes = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::PassStarted { .. } => passes.push(Seen { started: now, tiles: 0, last: now }),
            Event::TileDone { pass, .. } => {
                if let Some(seen) = passes.get_mut(*pass) {
                    (seen.tiles, seen.last) = (seen.tiles + 1, now);
                }
                if now > LIMIT {
                    self.cancel.cancel();
                }
            }
            Event::PassDone { pass, .. } => {
                if let Some(seen) = passes.get_mut(*pass) {
                    seen.last = now;
                }
            }
            Event::RunDone => {}
        }
    }
}

/// What one run of a sample left.
struct Ran {
    seen: Vec<Seen>,
    outputs: Vec<(Stored, Option<Region>)>,
    failed: Option<String>,
    elapsed: Duration,
}

impl Job {
    /// Runs about `share` of the tiles of each pass, fewer where that would take more than about half a second, and
    /// extrapolates. No output appears. A tile for each worker is run first, which shows how many there is time for.
    pub fn sample(self, share: f64, asked: &Cancel) -> Result<Sample, JobError> {
        let mut sampled = self.plan.sampled(&self.problem, share, None);
        let mut ran = self.run_sample(&sampled, asked)?;
        let mut elapsed = ran.elapsed;
        if ran.failed.is_none() && elapsed < FIRST_MAX {
            let each = |s: &Seen| (s.last - s.started).as_secs_f64() / s.tiles.max(1) as f64;
            let tile_seconds: Vec<f64> = ran.seen.iter().map(each).collect();
            let more = self.plan.sampled(&self.problem, share, Some(&tile_seconds));
            if more.plan.passes.iter().zip(&sampled.plan.passes).any(|(m, s)| m.tiles() != s.tiles()) {
                (ran, sampled) = (self.run_sample(&more, asked)?, more);
                elapsed += ran.elapsed;
            }
        }
        let passes = extrapolated(&self.problem, &self.plan, &sampled.whole, &ran.seen);
        let flushing = self.plan.estimates(&self.problem).iter().map(|e| e.flushing).sum();
        let (problem, plan, Ran { outputs, failed, .. }) = (self.problem, sampled.plan, ran);
        Ok(Sample { problem, plan, passes, flushing, elapsed, failed, outputs })
    }

    fn run_sample(&self, sampled: &SamplePlan, asked: &Cancel) -> Result<Ran, JobError> {
        let folder = self.folder();
        let mut outputs = Vec::new();
        for output in &self.problem.outputs {
            outputs.push(match output.in_memory {
                true => Output::in_memory(&output.spec)?,
                false => Output::sparse(&folder, &output.spec)?,
            });
        }
        let stores = Stores { inputs: self.inputs.clone(), outputs, spill_dir: folder };
        let clock = Clock { started: Instant::now(), cancel: Cancel::default(), passes: Mutex::default() };
        let options = RunOptions { sync: false, cancel: clock.cancel.clone() };
        let ended = engine::run(&self.problem, &sampled.plan, stores, &options, &[&clock]);
        let elapsed = clock.started.elapsed();
        asked.check().map_err(JobError::from)?;
        let seen = clock.passes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (outputs, failed) = match ended {
            Ok((_, stored)) => {
                let shown = (0..stored.len()).map(|o| sampled.shown(&self.problem, o));
                (stored.into_iter().zip(shown).collect(), None)
            }
            Err(EngineError::Cancelled) => (Vec::new(), Some(format!("stopped after {} s", LIMIT.as_secs()))),
            Err(e) => (Vec::new(), Some(e.to_string())),
        };
        Ok(Ran { seen, outputs, failed, elapsed })
    }
}

/// From tiles that were run to all tiles. Where inputs do not stay in memory from pass to pass, reading them again bounds
/// later passes, which a sample does not see.
fn extrapolated(problem: &Problem, plan: &Plan, whole: &[bool], seen: &[Seen]) -> Vec<SampledPass> {
    let estimates = plan.estimates(problem);
    let threads = plan.threads.max(1) as u64;
    let mut found = Vec::new();
    for (i, planned) in plan.passes.iter().enumerate() {
        // What stands by is not expected to run.
        let tiles = if planned.stands_by { 0 } else { planned.tiles().0 };
        let (run, elapsed) = seen.get(i).map_or((0, Duration::ZERO), |s| (s.tiles, s.last - s.started));
        let estimate = &estimates[i];
        // Workers take tiles in turns; the last turn of a few tiles is no shorter.
        let turns = tiles as f64 / threads.min(tiles.max(1)) as f64;
        let seconds = match run {
            0 => estimate.seconds - estimate.flushing,
            n => (elapsed.as_secs_f64() * turns / n.div_ceil(threads) as f64).max(again(problem, plan, i)),
        };
        found.push(SampledPass { tiles, run, elapsed, seconds, whole: whole[i] });
    }
    found
}

/// Seconds to read inputs again that do not stay in memory.
fn again(problem: &Problem, plan: &Plan, index: usize) -> f64 {
    let rates = problem.limits.rates.clone().unwrap_or_else(|| Rates::assumed(problem.limits.threads));
    let reads = |i: usize| plan.passes[i].pass.stored_reads(&plan.network).into_iter();
    let all: u64 = problem.inputs.iter().map(|i| i.facts.spec.bytes().unwrap_or(0)).fold(0, u64::saturating_add);
    if all.saturating_add(plan.disk_bytes) < rates.memory_bytes {
        return 0.0;
    }
    let before = |array: &usize| (0..index).any(|i| reads(i).any(|a| a == *array));
    let bytes = |array: usize| match plan.network.arrays[array].producer {
        None => plan.network.arrays[array].spec.bytes().unwrap_or(0),
        Some(_) => 0,
    };
    reads(index).filter(before).map(bytes).fold(0, u64::saturating_add) as f64 / rates.cold_read
}
