//! Whether outputs of an older run can be extended, and what of them stays.
//!
//! Owns the judgement: is it the same pipeline, are the outputs as they were written, are the inputs what they were with
//! something at their end, and where does what is kept lie in the files. Refuses to know which elements stay
//! (`plan::grow`), and to touch any file.

use super::prefix::Growth;
use super::provenance::rebased;
use super::{Done, InputRecord, Job, JobError, Open, Provenance, Since, Target, folder_of};
use crate::array::ArraySpec;
use crate::engine::{Cancel, OutputReport, RunReport};
use crate::kernel::{KernelInfo, Variant, find};
use crate::pipeline::{Graph, Pipeline, ScheduleDecl};
use crate::plan::Kept;
use crate::storage::{Faults, OpenOptions, Output, StorageError, Stored, slowest_axis};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `append` comes to.
#[derive(Debug)]
pub enum Append {
    /// No output is there yet: everything is computed.
    Fresh,
    /// The outputs hold all that there is: nothing is done.
    Nothing,
    /// What the outputs hold is kept, and the rest is computed.
    Extends(Extension),
}

/// Outputs of an older run that are extended.
#[derive(Debug)]
pub struct Extension {
    /// The outputs as they are, in the order of the problem.
    old: Vec<Stored>,
    /// How much of each is copied: indices along its slowest axis.
    extents: Vec<u64>,
    /// The hash of the plan of the whole, which the record has.
    pub(super) whole_hash: String,
}

impl Append {
    /// What it comes to, where that is not what anyone would expect.
    pub fn remark(&self) -> Option<&'static str> {
        match self {
            Append::Fresh => Some("there is no output to extend yet: everything is computed"),
            Append::Nothing => Some("nothing is new: the outputs hold all that there is"),
            Append::Extends(_) => None,
        }
    }
}

/// A refusal: of which output, and why.
fn refused<T>(path: &Path, why: impl Into<String>) -> Result<T, JobError> {
    Err(JobError::CannotAppend { path: path.to_path_buf(), why: why.into() })
}

impl Job {
    /// Turns the job into one that extends its outputs, where it can.
    pub(super) fn appending(mut self, kernels: &'static [KernelInfo]) -> Result<Job, JobError> {
        let mut paths = Vec::new();
        for (target, output) in self.targets.iter().zip(&self.problem.outputs) {
            match &target.path {
                Some(path) => paths.push(path.clone()),
                None => return refused(Path::new(&output.name), "it has no file"),
            }
        }
        let is_there = |p: &&PathBuf| p.symlink_metadata().is_ok();
        if let Some(first) = paths.iter().find(is_there) {
            if let Some(missing) = paths.iter().find(|p| !is_there(p)) {
                return refused(missing, format!("it does not exist, while {} does", first.display()));
            }
        } else {
            self.append = Some(Append::Fresh);
            return Ok(self);
        }
        let records = self.records(&paths)?;
        let grown = self.grown(&paths, &records)?;
        if grown.iter().all(|k| *k == Kept::Whole) {
            self.append = Some(Append::Nothing);
            return Ok(self);
        }
        let before = self.before(&paths[0], &grown, kernels)?;
        let variants: Vec<&[Variant]> = before.steps.iter().map(|s| s.variants.as_slice()).collect();
        let kept = self.problem.kept(&variants, &grown);
        if kept.iter().all(|k| *k == Kept::Whole) {
            self.append = Some(Append::Nothing);
            return Ok(self);
        }
        let (mut old, mut extents) = (Vec::new(), Vec::new());
        for (o, kept) in kept.iter().enumerate() {
            let (stored, extent) = old_output(&paths[o], &self.targets[o], &before.outputs[o].spec, kept)?;
            old.push(stored);
            extents.push(extent);
        }
        let whole_hash = self.plan.hash(&self.problem);
        self.plan = self.plan.extended(&self.problem, &kept);
        self.append = Some(Append::Extends(Extension { old, extents, whole_hash }));
        Ok(self)
    }

    /// The end of a run that has nothing to do: outputs as they are.
    pub(super) fn nothing(self) -> Result<(Done, Vec<Stored>), JobError> {
        let mut outputs = Vec::new();
        for (target, output) in self.targets.iter().zip(&self.problem.outputs) {
            let path = target.path.as_deref().unwrap_or(Path::new(""));
            outputs.push(open_output(path, target, &output.spec)?);
        }
        let held = |s: &Stored| OutputReport { elements: s.spec().elements().unwrap_or(0), ..OutputReport::default() };
        let report = RunReport {
            passes: Vec::new(),
            outputs: outputs.iter().map(held).collect(),
            elapsed: Duration::ZERO,
            commit: Duration::ZERO,
            private_peak: None,
            faults: Faults::default(),
            remarks: Vec::new(),
        };
        Ok((Done { problem: self.problem, plan: self.plan, report, warnings: Vec::new() }, outputs))
    }

    /// The record of each output, which is of this pipeline and of the file as it is.
    fn records(&self, paths: &[PathBuf]) -> Result<Vec<Provenance>, JobError> {
        let mut records = Vec::new();
        for (path, output) in paths.iter().zip(&self.problem.outputs) {
            let record = match Provenance::beside(path) {
                Ok(Some(record)) => record,
                Ok(None) => return refused(path, "no record beside it tells how it was made"),
                Err(e) => return refused(path, e),
            };
            let this = env!("CARGO_PKG_VERSION");
            if record.tilewise != this {
                let why = format!("it was made by version {}, this is {this}: bits may differ", record.tilewise);
                return refused(path, why);
            }
            if record.since(path) != Since::Same {
                return refused(path, "the file has changed since it was made, or is a copy");
            }
            let now = rebased(&self.pipeline, &self.base, folder_of(path));
            let same = Pipeline::parse(&record.pipeline).is_ok_and(|then| alike(then) == alike(now));
            if !same || record.output != output.name {
                return refused(path, "it was made by another pipeline, or with other parameters");
            }
            records.push(record);
        }
        if let Some(step) = self.problem.steps.iter().find(|s| find(s.kernel).is_none()) {
            let why = format!("step \"{}\" calls code of which nobody knows whether it is the same", step.name);
            return refused(&paths[0], why);
        }
        Ok(records)
    }

    /// What stays of each input.
    fn grown(&self, paths: &[PathBuf], records: &[Provenance]) -> Result<Vec<Kept>, JobError> {
        let mut found = Vec::new();
        for (stored, decl) in self.inputs.iter().zip(&self.pipeline.inputs) {
            let told = |(path, record): (&'_ PathBuf, &'_ Provenance)| {
                Some((path.clone(), record.inputs.iter().find(|i| i.name == decl.name)?.clone()))
            };
            let told: Vec<(PathBuf, InputRecord)> = paths.iter().zip(records).filter_map(told).collect();
            // What no output comes from is not asked about.
            let Some((path, first)) = told.first() else {
                found.push(Kept::Whole);
                continue;
            };
            if let Some((other, _)) =
                told.iter().find(|(_, t)| t.fingerprint != first.fingerprint || t.data != first.data)
            {
                let why = format!("input \"{}\" was another one when {} was made", decl.name, other.display());
                return refused(path, why);
            }
            let growth = growth(first, stored);
            found.push(match growth {
                Ok(Growth::Same) => Kept::Whole,
                Ok(Growth::Grown { axis, extent }) => Kept::Upto { axis, extent },
                Ok(Growth::Other(why)) => return refused(path, format!("input \"{}\": {why}", decl.name)),
                Err(e) => return refused(path, format!("input \"{}\" cannot be looked at: {e}", decl.name)),
            });
        }
        Ok(found)
    }

    /// The pipeline bound on its inputs as they were.
    fn before(&self, path: &Path, grown: &[Kept], kernels: &[KernelInfo]) -> Result<Graph, JobError> {
        let was = |(stored, kept): (&std::sync::Arc<Stored>, &Kept)| {
            let mut spec = stored.spec().clone();
            if let Kept::Upto { axis, extent } = kept {
                spec.shape[*axis] = *extent;
            }
            spec
        };
        let specs: Vec<ArraySpec> = self.inputs.iter().zip(grown).map(was).collect();
        let graph = match self.pipeline.bind_seeing(&specs, kernels, &Open(&self.inputs)) {
            Ok(graph) => graph,
            Err(e) => return refused(path, format!("the pipeline does not go with the inputs as they were: {e}")),
        };
        let names = |g: &Graph| g.steps.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        if names(&graph) != self.problem.steps.iter().map(|s| s.name.clone()).collect::<Vec<_>>() {
            return refused(path, "the pipeline has other steps for inputs of this length");
        }
        Ok(graph)
    }
}

/// What became of an input since a record was written.
fn growth(record: &InputRecord, stored: &Stored) -> std::io::Result<Growth> {
    if stored.is_decoded() {
        let now = InputRecord::of("", "", &stored.files())?;
        if (now.files, &now.fingerprint) == (record.files, &record.fingerprint) {
            return Ok(Growth::Same);
        }
        let why = "it has changed, and of text and pictures nobody can tell cheaply whether something was only added; \
                   make an .npy file of it first (tilewise convert)";
        return Ok(Growth::Other(why.into()));
    }
    match &record.data {
        Some(data) => data.growth(stored),
        None => Ok(Growth::Other("the record is of an older version and does not say what array it was".into())),
    }
}

/// A pipeline for comparing: how it is run never matters, and how long inputs are is seen by looking at them.
fn alike(mut pipeline: Pipeline) -> String {
    pipeline.schedule = ScheduleDecl::default();
    pipeline.inputs.iter_mut().for_each(|i| i.shape = None);
    pipeline.to_toml()
}

/// Opens an output as it is.
fn open_output(path: &Path, target: &Target, was: &ArraySpec) -> Result<Stored, JobError> {
    let raw = !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npy"));
    let options = OpenOptions {
        dtype: Some(was.dtype),
        shape: raw.then(|| was.shape.iter().map(|n| *n as i64).collect()),
        order: raw.then_some(target.options.order),
        endian: raw.then_some(target.options.endian),
        ..OpenOptions::default()
    };
    Ok(Stored::open(&path.to_string_lossy(), Path::new(""), &options)?)
}

/// An output as it is, and how much of it is copied; a refusal where that cannot be.
fn old_output(path: &Path, target: &Target, was: &ArraySpec, kept: &Kept) -> Result<(Stored, u64), JobError> {
    if let Kept::Nothing(blame) = kept {
        return refused(path, format!("step \"{}\": {}", blame.step, blame.why));
    }
    let stored = open_output(path, target, was)?;
    let facts = stored.facts();
    let lies = (&facts.spec.shape, facts.spec.order, facts.endian);
    if facts.spec.dtype != was.dtype || lies != (&was.shape, target.options.order, target.options.endian) {
        return refused(
            path,
            format!("it holds {:?} of {}, not what it was made as", facts.spec.shape, facts.spec.dtype),
        );
    }
    let slowest = slowest_axis(&facts);
    match (kept, slowest) {
        (Kept::Upto { axis, extent }, Some(slowest)) if *axis == slowest => Ok((stored, *extent)),
        (Kept::Upto { axis, .. }, _) => {
            let why =
                format!("it grows along axis {axis}, which is not the slowest of its file, so that all would move");
            refused(path, why)
        }
        (Kept::Whole, Some(slowest)) => {
            let extent = facts.spec.shape[slowest];
            Ok((stored, extent))
        }
        // One element.
        (Kept::Whole | Kept::Nothing(_), _) => Ok((stored, 1)),
    }
}

impl Extension {
    /// Copies what is kept into the new files, which have their outputs' full size.
    pub(super) fn fill(&self, outputs: &[Output], cancel: &Cancel) -> Result<(), JobError> {
        for ((output, old), extent) in outputs.iter().zip(&self.old).zip(&self.extents) {
            let record = Provenance::beside(old.path()).ok().flatten();
            if record.is_none_or(|r| r.since(old.path()) != Since::Same) {
                return refused(old.path(), "somebody has changed it meanwhile");
            }
            match output.take_over(old, *extent, &|| !cancel.is_cancelled()) {
                Err(StorageError::Interrupted { .. }) => cancel.check().map_err(JobError::from)?,
                other => other?,
            }
        }
        Ok(())
    }
}
