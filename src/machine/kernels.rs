//! Rates of kernels: whole jobs on a warm file, outputs unsynced.
//!
//! Owns which kernels, and at which parameters. Refuses to know kernels beyond their names: they run
//! as in any pipeline.

use super::files::Arena;
use super::rounds::{Row, Turn};
use super::{MachineError, text};
use crate::engine::RunOptions;
use crate::job::{Job, JobOptions};
use crate::pipeline::{InputDecl, OutputDecl, Pipeline, parse_step_words};
use crate::plan::{Rates, Traffic};
use std::path::PathBuf;
use std::time::Instant;

/// A dozen kernels as `apply -s` takes them, on f32 with axes `tyx`, frames of 512 × 512.
pub const KERNELS: [&str; 12] = [
    "mean",
    "std",
    "max",
    "zscore",
    "expr expr='x * 0.5 + 1'",
    "cast dtype=u16",
    "gaussian sigma=1.5 axes=yx",
    "median size=3 axes=yx",
    "downsample factor=2 axes=yx",
    "rolling_mean window=16 axes=t",
    "cumsum axes=t",
    "transpose",
];

/// One kernel, ready to run.
pub struct Chain<'a> {
    /// As in [`KERNELS`].
    pub name: &'static str,
    kernel: String,
    arena: &'a Arena<'a>,
    pipeline: Pipeline,
    output: PathBuf,
    planned: Traffic,
    /// Elements that its stages work through, and their effort.
    elements: u64,
    effort: f64,
}

/// All kernels on the arena's smaller file.
pub fn prepare<'a>(arena: &'a Arena<'a>) -> Result<Vec<Chain<'a>>, MachineError> {
    KERNELS.iter().map(|name| Chain::new(name, arena)).collect()
}

impl<'a> Chain<'a> {
    fn new(name: &'static str, arena: &'a Arena<'a>) -> Result<Chain<'a>, MachineError> {
        let input = InputDecl::new("input", text(&arena.part)).axes("tyx");
        let output = arena.folder.join("result.npy");
        let refuse = |e| MachineError::Job(crate::job::JobError::Pipeline(e));
        let step = parse_step_words(name).map_err(refuse)?;
        let kernel = step.kernel.clone();
        let made = OutputDecl::new("output", text(&output));
        let pipeline = Pipeline::chain(input, vec![], vec![step], made).map_err(refuse)?;
        let job = Job::prepare(&pipeline, &options())?;
        let (planned, elements) = (job.plan.traffic(), job.plan.stage_elements(&job.problem));
        let effort = job.plan.stage_effort(&job.problem);
        Ok(Chain { name, kernel, arena, pipeline, output, planned, elements, effort })
    }

    /// One run, from opening its input to the output's name; the output is removed off the clock.
    pub fn run(&self) -> Result<Turn, MachineError> {
        self.arena.warm_part()?;
        let started = Instant::now();
        let job = Job::prepare(&self.pipeline, &options())?;
        let run = RunOptions { sync: false, cancel: self.arena.cancel.clone() };
        let (done, _) = job.run(&run, &[])?;
        let elapsed = started.elapsed();
        let moved = done.report.passes.iter().map(|p| p.read + p.written).sum();
        self.arena.remove(&self.output)?;
        Ok(Turn { moved, elapsed })
    }
}

fn options() -> JobOptions {
    JobOptions { record: false, overwrite: true, ..JobOptions::default() }
}

/// Fills in how close each kernel came to moving its bytes alone, and what each costs beyond that.
pub fn share(rows: &mut [Row], chains: &[Chain], mut rates: Rates) -> Rates {
    for (row, chain) in rows.iter_mut().zip(chains) {
        let Traffic { read, written, .. } = chain.planned;
        let moving = rates.moving_seconds(read, written);
        row.limit = Some(Rates::limit_name(read, written));
        row.share = (moving.is_finite() && row.seconds > 0.0).then(|| moving / row.seconds);
        let beyond = (row.seconds - moving).max(0.0);
        if beyond.is_finite() {
            let elements = chain.elements.max(1) as f64;
            rates.kernel_ns.insert(chain.kernel.clone(), beyond * 1e9 / elements);
            rates.kernel_effort.insert(chain.kernel.clone(), chain.effort / elements);
        }
    }
    rates
}
