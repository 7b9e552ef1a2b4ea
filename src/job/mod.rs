//! A pipeline from its text to its files: opens inputs, plans, creates outputs, runs.
//!
//! The front door of the library, for the command and for other languages. Owns the order of these
//! steps and what must hold between files (an output is no input, no two outputs are one file,
//! there is room for them). Refuses to know how any of the steps works.

mod append;
mod compare;
pub mod convert;
mod error;
mod limits;
mod paths;
mod prefix;
mod provenance;
mod rates;
mod sample;
mod stats;
mod volumes;

pub use append::{Append, Extension};
pub use compare::{Comparison, Tolerance, Worst, compare};
pub use error::JobError;
pub use limits::default_memory;
pub use prefix::DataRecord;
pub use provenance::{FileState, InputRecord, Provenance, Since};
pub use rates::{rates_path, save_rates, saved_rates};
pub use sample::{Sample, SampledPass};
pub use stats::{Bars, CellStats, Stats, StatsRequest};

use crate::array::{ArraySpec, Facts, IoChoice, Region};
use crate::engine::{self, Observer, RunOptions, RunReport, Stores};
use crate::kernel::{KernelInfo, Sight, SightError, registry};
use crate::pipeline::{ArrayRef as GraphRef, Graph, InputDecl, OutputDecl, Pipeline};
use crate::plan::{ArrayRef, Limits, Plan, Problem, ProblemInput, ProblemOutput, ProblemStep, Volume};
use crate::storage::{self, OpenOptions, Output, OutputOptions, StorageError, Stored};
use provenance::Origin;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a caller may add to a pipeline's own schedule.
#[derive(Clone, Debug)]
pub struct JobOptions {
    /// Folder that paths written in the pipeline's file are relative to; others are relative to the
    /// current one.
    pub base: PathBuf,
    /// Budget in bytes; else the pipeline's, else a share of the tightest limit.
    pub memory: Option<u64>,
    /// What the caller's users call `memory`, where plans and refusals say whose budget it is: `--memory`.
    pub memory_source: &'static str,
    pub threads: Option<usize>,
    /// How bytes travel; else the pipeline's, else the planner's choice.
    pub io: Option<IoChoice>,
    pub tile: Option<Vec<u64>>,
    /// Replace outputs that exist.
    pub overwrite: bool,
    /// Extend outputs of an older run of the same pipeline whose inputs have grown at their end: what they hold is kept,
    /// and only the rest is computed. Refused where the result could be another than that of a whole run.
    pub append: bool,
    /// Keep a record beside each output of how it was made ([`Provenance`]).
    pub record: bool,
    /// The kernels that the pipeline may use: the registry, and whatever a caller adds to it.
    pub kernels: &'static [KernelInfo],
}

impl Default for JobOptions {
    fn default() -> JobOptions {
        let (base, memory, threads, io, tile) = (PathBuf::new(), None, None, None, None);
        let memory_source = "--memory";
        JobOptions {
            base,
            memory,
            memory_source,
            threads,
            io,
            tile,
            overwrite: false,
            append: false,
            record: true,
            kernels: registry(),
        }
    }
}

/// A planned pipeline with its inputs open. Nothing has been written.
#[derive(Debug)]
pub struct Job {
    pub problem: Problem,
    pub plan: Plan,
    /// Things worth knowing that are no errors.
    pub warnings: Vec<String>,
    inputs: Vec<Arc<Stored>>,
    targets: Vec<Target>,
    overwrite: bool,
    /// Where outputs are extended: what that comes to.
    append: Option<Append>,
    /// For the record beside each output.
    pipeline: Pipeline,
    base: PathBuf,
    record: bool,
}

/// Where an output goes; `None` for one that is handed back instead of kept.
#[derive(Debug)]
struct Target {
    path: Option<PathBuf>,
    options: OutputOptions,
}

/// The path that stands for "no file": the array is handed back by [`Job::run`].
pub const NO_FILE: &str = "-";

/// Results without a file stay in memory up to this size, all together, and up to this share of the budget (as a
/// divisor); larger ones lie in a temporary file.
const RESULTS_BYTES_MAX: u64 = 64 << 20;
const RESULTS_SHARE: u64 = 4;

/// States of a tile from this size on go back to the system when they are freed.
const LARGE_STATE: u64 = 512 << 10;

impl Job {
    /// Opens the inputs of a pipeline and plans it.
    pub fn prepare(pipeline: &Pipeline, options: &JobOptions) -> Result<Job, JobError> {
        Job::prepare_with(pipeline, &vec![None; pipeline.inputs.len()], options)
    }

    /// As [`Job::prepare`], on arrays that are open already: one entry for each input, in order. An input that is
    /// `None` is opened from its declaration; of the others only names count, its path is never looked at.
    pub fn prepare_with(
        pipeline: &Pipeline,
        arrays: &[Option<Arc<Stored>>],
        options: &JobOptions,
    ) -> Result<Job, JobError> {
        let here = Path::new("");
        let mut inputs: Vec<Arc<Stored>> = Vec::new();
        for (i, decl) in pipeline.inputs.iter().enumerate() {
            if let Some(Some(open)) = arrays.get(i) {
                inputs.push(open.clone());
                continue;
            }
            let base = if decl.path_in_file() { options.base.as_path() } else { here };
            let stored = Stored::open(&decl.path, base, &open_options(decl));
            inputs.push(Arc::new(stored.map_err(|e| JobError::Input { name: decl.name.clone(), error: Box::new(e) })?));
        }
        let specs: Vec<ArraySpec> = inputs.iter().map(|s| s.spec().clone()).collect();
        let graph = pipeline.bind_seeing(&specs, options.kernels, &Open(&inputs))?;
        let mut targets = Vec::new();
        for decl in &graph_outputs(pipeline, &graph) {
            let base = if decl.path_in_file() { options.base.as_path() } else { here };
            let path = (decl.path != NO_FILE).then(|| base.join(&decl.path));
            targets.push(Target { path, options: output_options(decl, options.overwrite) });
        }
        check_targets(pipeline, &inputs, &targets)?;
        let (rates, unusable) = saved_rates();
        let limits = limits::of(pipeline, options, rates);
        inputs.iter().for_each(|stored| stored.set_workers(limits.threads));
        let mut warnings: Vec<String> = graph.warnings.iter().cloned().chain(unusable).collect();
        warnings.extend(inputs.iter().zip(&pipeline.inputs).filter_map(left_out));
        let mut problem = problem(pipeline, graph, &inputs, &targets, limits);
        volumes::look(&mut problem, &inputs, &targets);
        let plan = Plan::new(&problem)?;
        warnings.extend(plan.io.fallbacks.iter().cloned());
        let (overwrite, record, base) = (options.overwrite, options.record, options.base.clone());
        let pipeline = pipeline.clone();
        let job = Job { problem, plan, warnings, inputs, targets, overwrite, append: None, pipeline, base, record };
        if options.append { job.appending(options.kernels) } else { Ok(job) }
    }

    /// What `append` comes to, where it was asked for.
    pub fn append(&self) -> Option<&Append> {
        self.append.as_ref()
    }

    /// The hash of the plan of the whole, where only a part of it is run.
    fn whole_hash(&self) -> Option<String> {
        match &self.append {
            Some(Append::Extends(extension)) => Some(extension.whole_hash.clone()),
            _ => None,
        }
    }

    /// The plan as text.
    pub fn explain(&self) -> String {
        self.plan.explain(&self.problem)
    }

    /// The open inputs, in the order of the pipeline: to be read beside the run, or after it.
    pub fn inputs(&self) -> Vec<Arc<Stored>> {
        self.inputs.clone()
    }

    /// Fails where a further file of the caller's (a report) would be an input or an output of this job.
    pub fn check_apart(&self, path: &Path) -> Result<(), JobError> {
        let identity = storage::identity(path);
        let is = |other: &Path| same_place(other, path) || (identity.is_some() && storage::identity(other) == identity);
        let input = self.inputs.iter().position(|s| identity.is_some_and(|i| s.identity().contains(&i)));
        let output = self.targets.iter().position(|t| t.path.as_deref().is_some_and(is));
        let whose = match (input, output) {
            (Some(i), _) => format!("input \"{}\"", self.problem.inputs[i].name),
            (_, Some(o)) => format!("output \"{}\"", self.problem.outputs[o].name),
            _ => return Ok(()),
        };
        Err(JobError::NotApart { path: path.to_path_buf(), whose })
    }

    /// Creates the outputs, runs, gives them their names, and writes a record beside each. Outputs are returned in the order of
    /// the pipeline; those without a file can be read from there and are gone when dropped.
    pub fn run(self, options: &RunOptions, observers: &[&dyn Observer]) -> Result<(Done, Vec<Stored>), JobError> {
        if matches!(self.append, Some(Append::Nothing)) {
            return self.nothing();
        }
        let extends = matches!(self.append, Some(Append::Extends(_)));
        let replaces = self.overwrite || extends;
        for path in self.targets.iter().flat_map(|t| &t.path) {
            if !replaces && path.symlink_metadata().is_ok() {
                return Err(StorageError::Exists { path: path.clone() }.into());
            }
        }
        self.check_disk()?;
        // States of folds are made by one thread and freed by another: what allocators keep of that no plan knows.
        if self.plan.passes.iter().any(|p| p.tiling.cost.tile_state >= LARGE_STATE) {
            storage::release_large_blocks();
        }
        // A record of what is in memory alone would say nothing that anyone could check.
        let on_disk = self.inputs.iter().all(|s| !s.files().is_empty());
        let wanted = self.record && on_disk && self.targets.iter().any(|t| t.path.is_some());
        let origin = wanted.then(|| Origin::look(&self));
        let spill_dir = self.folder();
        let outputs = self.create_outputs(&spill_dir, replaces)?;
        let filling = Instant::now();
        if let Some(Append::Extends(extension)) = &self.append {
            extension.fill(&outputs, &options.cancel)?;
        }
        let filled = filling.elapsed();
        let stores = Stores { inputs: self.inputs, outputs, spill_dir };
        let (mut report, outputs) = engine::run(&self.problem, &self.plan, stores, options, observers)?;
        report.elapsed += if extends { filled } else { Duration::ZERO };
        let (mut problem, plan) = (self.problem, self.plan);
        // Some lengths are known only now; whoever tells of the run tells the true ones.
        for (output, stored) in problem.outputs.iter_mut().zip(&outputs) {
            output.spec.shape.clone_from(&stored.spec().shape);
        }
        let mut warnings = report.remarks.clone();
        warnings.extend(match origin {
            None => Vec::new(),
            Some(Ok(origin)) => origin.record(&problem, &plan, &report),
            Some(Err(e)) => vec![format!("no record of how the outputs were made: an input cannot be looked at: {e}")],
        });
        Ok((Done { problem, plan, report, warnings }, outputs))
    }

    /// Creates the outputs under temporary names.
    fn create_outputs(&self, spill_dir: &Path, overwrite: bool) -> Result<Vec<Output>, JobError> {
        let mut outputs = Vec::new();
        for (o, (target, output)) in self.targets.iter().zip(&self.problem.outputs).enumerate() {
            let io = self.plan.output_io(o);
            outputs.push(match &target.path {
                Some(path) => Output::create(path, &output.spec, &OutputOptions { io, overwrite, ..target.options })?,
                None if output.in_memory => Output::in_memory(&output.spec)?,
                None => Output::temporary_by(spill_dir, &output.spec, io)?,
            });
        }
        Ok(outputs)
    }

    /// The folder of temporary files: beside the first output.
    fn folder(&self) -> PathBuf {
        folder_of_targets(&self.targets)
    }

    /// Refuses a run whose files do not fit, with both numbers, before any is created.
    fn check_disk(&self) -> Result<(), JobError> {
        let need = self.plan.disk_bytes;
        if need == 0 {
            return Ok(());
        }
        let folder = self.folder();
        match storage::free_bytes(&folder) {
            Some(free) if free < need => Err(JobError::NoDisk { need, free, folder }),
            // An unreadable folder shows when the output is created, with its own error.
            _ => Ok(()),
        }
    }
}

/// The inputs of a pipeline, for kernels that look at them.
struct Open<'a>(&'a [Arc<Stored>]);

impl Sight for Open<'_> {
    fn read(&self, input: usize, region: &Region, out: &mut [u8]) -> Result<(), SightError> {
        let stored = self.0.get(input).ok_or(SightError::Unseen)?;
        stored.read(region, out).map_err(|e| SightError::Failed(e.to_string()))
    }
}

/// A finished run.
#[derive(Debug)]
pub struct Done {
    pub problem: Problem,
    pub plan: Plan,
    pub report: RunReport,
    /// What went wrong without harm to the outputs, such as a record that could not be written.
    pub warnings: Vec<String>,
}

/// The options by which a declared input is opened.
pub fn open_options(decl: &InputDecl) -> OpenOptions {
    OpenOptions {
        dtype: decl.dtype,
        shape: decl.shape.clone(),
        offset: decl.offset,
        order: decl.order,
        endian: decl.endian,
        axes: decl.axes.clone(),
        column: decl.column.clone(),
        separator: decl.separator,
        header: decl.header,
        time_format: decl.time_format.clone(),
        ..OpenOptions::default()
    }
}

/// What is worth saying of a table whose columns nobody chose.
fn left_out((stored, decl): (&Arc<Stored>, &InputDecl)) -> Option<String> {
    let table = stored.table().filter(|_| decl.column.is_none())?;
    let names: Vec<String> = table.left_out().map(|c| format!("{} ({})", c.name, c.kind)).collect();
    let shown = names.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
    let more = if names.len() > 6 { format!(" and {} more", names.len() - 6) } else { String::new() };
    let what = format!("input \"{}\" leaves out the columns that hold no numbers", decl.name);
    (!names.is_empty()).then(|| format!("{what}: {shown}{more}; column chooses"))
}

fn output_options(decl: &OutputDecl, overwrite: bool) -> OutputOptions {
    let usual = OutputOptions::default();
    OutputOptions {
        order: decl.order.unwrap_or(usual.order),
        endian: decl.endian.unwrap_or(usual.endian),
        overwrite,
        ..usual
    }
}

fn graph_outputs(pipeline: &Pipeline, graph: &Graph) -> Vec<OutputDecl> {
    let find = |name: &str| pipeline.outputs.iter().find(|o| o.name == name).cloned();
    graph.outputs.iter().filter_map(|o| find(&o.name)).collect()
}

/// What must hold between files.
fn check_targets(pipeline: &Pipeline, inputs: &[Arc<Stored>], targets: &[Target]) -> Result<(), JobError> {
    for (i, target) in targets.iter().enumerate() {
        let Some(path) = &target.path else { continue };
        let identity = storage::identity(path);
        for (stored, decl) in inputs.iter().zip(&pipeline.inputs) {
            if identity.is_some_and(|i| stored.identity().contains(&i)) {
                return Err(JobError::OutputIsInput { path: path.clone(), input: decl.name.clone() });
            }
        }
        if targets[..i].iter().flat_map(|t| &t.path).any(|p| same_place(p, path)) {
            return Err(JobError::SameOutput { path: path.clone() });
        }
    }
    Ok(())
}

/// Whether two paths of files, which need not exist, are one.
fn same_place(a: &Path, b: &Path) -> bool {
    let folder = |p: &Path| std::fs::canonicalize(folder_of(p)).ok();
    a.file_name() == b.file_name() && (folder(a) == folder(b))
}

fn folder_of_targets(targets: &[Target]) -> PathBuf {
    let first = targets.iter().find_map(|t| t.path.as_deref());
    first.map_or_else(std::env::temp_dir, |p| folder_of(p).to_path_buf())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn problem(pipeline: &Pipeline, graph: Graph, inputs: &[Arc<Stored>], targets: &[Target], limits: Limits) -> Problem {
    let reference = |r: GraphRef| match r {
        GraphRef::Input(i) => ArrayRef::Input(i),
        GraphRef::Step { step, output } => ArrayRef::Step { step, output },
    };
    let mut steps: Vec<ProblemStep> = Vec::new();
    for step in graph.steps {
        steps.push(ProblemStep {
            name: step.name,
            kernel: step.kernel,
            params: step.params,
            inputs: step.inputs.into_iter().map(reference).collect(),
            variants: step.variants,
            remark: step.remark,
        });
    }
    let mut outputs = Vec::new();
    let mut room = RESULTS_BYTES_MAX.min(limits.memory_bytes / RESULTS_SHARE);
    for ((output, target), decl) in graph.outputs.into_iter().zip(targets).zip(&pipeline.outputs) {
        let bytes = output.spec.bytes().unwrap_or(u64::MAX);
        let in_memory = target.path.is_none() && bytes <= room;
        room -= if in_memory { bytes } else { 0 };
        let from = reference(output.from);
        let path = target.path.as_ref().map_or_else(|| NO_FILE.to_string(), |_| decl.path.clone());
        // A file of ours has its data on a page boundary, so its alignment is never in question.
        let (order, endian) = (target.options.order, target.options.endian);
        let facts = Facts { spec: ArraySpec { order, ..output.spec.clone() }, offset: 0, endian, decoded: None };
        let in_place = target.path.is_none() || facts.in_place();
        let volume = Volume::default();
        let file = target.path.as_ref().map_or_else(|| NO_FILE.to_string(), |p| p.display().to_string());
        outputs.push(ProblemOutput {
            name: output.name,
            path,
            file,
            from,
            spec: output.spec,
            in_place,
            in_memory,
            volume,
        });
    }
    let inputs = inputs
        .iter()
        .zip(&pipeline.inputs)
        .map(|(s, decl)| ProblemInput {
            name: decl.name.clone(),
            path: decl.path.clone(),
            facts: s.facts(),
            cache_bytes: s.cache_bytes(),
            // Looked at only where it is asked for: an estimate needs rates.
            resident: limits.rates.as_ref().and_then(|_| s.residency(&Region::full(&s.spec().shape))),
            volume: Volume::default(),
        })
        .collect();
    Problem { inputs, steps, outputs, limits }
}
