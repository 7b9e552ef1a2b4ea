//! Where an output came from: a record beside it, `NAME.tilewise.json`.
//!
//! Owns the record, what makes two states of a file the same, and how paths in it stay right when a
//! folder is moved. Refuses to judge: whether an input that changed matters is for the reader.
//!
//! The record is written after the output has its name, and enters no hash. Paths that were given
//! relative are kept relative to the record's folder, so that inputs and outputs can move together;
//! absolute ones stay.

use super::paths::{absolute, relative_to};
use super::prefix::DataRecord;
use super::{Job, folder_of};
use crate::engine::RunReport;
use crate::pipeline::{InputDecl, Pipeline};
use crate::plan::{ArrayRef, Plan, Problem};
use crate::storage::{StorageError, Stored, matching, write_whole};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is added to an output's name.
const SUFFIX: &str = ".tilewise.json";

/// The layout of the record; a reader refuses others.
const FORMAT: u32 = 1;

/// Bytes at either end of a file that its fingerprint sees.
const END_BYTES: u64 = 1 << 20;

/// A record larger than this is none of ours.
const RECORD_BYTES_MAX: u64 = 16 << 20;

/// How an output was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    pub format: u32,
    /// The version that made it.
    pub tilewise: String,
    /// The output's name in the pipeline.
    pub output: String,
    /// The steps that lead to it, in order.
    pub steps: Vec<String>,
    /// The pipeline as it was run, as TOML; relative paths start at the record's folder.
    pub pipeline: String,
    pub plan_hash: String,
    /// The inputs that lead to it.
    pub inputs: Vec<InputRecord>,
    /// The output, once it was complete.
    pub written: FileState,
    pub started: Timestamp,
    /// From the first tile to the last output's name.
    pub seconds: f64,
    pub threads: usize,
    pub memory_budget_bytes: u64,
}

/// An input as it was when the run began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputRecord {
    pub name: String,
    /// As in the pipeline; several files where it is a pattern.
    pub path: String,
    /// How many files the pattern matched.
    pub files: usize,
    #[serde(flatten)]
    pub state: FileState,
    /// SHA-256 of the size and the first and last MiB, in hexadecimal. Of several files: of all
    /// names and sizes, and of the first and last file's ends. A change in the middle that keeps the
    /// size shows in the time of modification alone.
    pub fingerprint: String,
    /// The array in it, where it is one file that is read as it lies: what tells whether the file has grown at its end.
    /// Records of older versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DataRecord>,
}

/// Size and time of modification; of several files, all bytes and the latest time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    pub bytes: u64,
    pub modified: Timestamp,
}

/// What became of a file since the record was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    Same,
    /// The content that is looked at is the same, the time of modification is not.
    Touched,
    Changed,
    Gone,
}

impl FileState {
    /// The state of one file, or of several together.
    pub fn of(files: &[PathBuf]) -> io::Result<FileState> {
        let mut all = FileState { bytes: 0, modified: Timestamp::MIN };
        for file in files {
            let meta = std::fs::metadata(file)?;
            let modified = Timestamp::try_from(meta.modified()?).map_err(io::Error::other)?;
            all = FileState { bytes: all.bytes + meta.len(), modified: all.modified.max(modified) };
        }
        Ok(all)
    }
}

impl InputRecord {
    /// Looks at the files of an input.
    pub(super) fn of(name: &str, path: &str, files: &[PathBuf]) -> io::Result<InputRecord> {
        let (state, fingerprint) = (FileState::of(files)?, fingerprint(files)?);
        Ok(InputRecord { name: name.into(), path: path.into(), files: files.len(), state, fingerprint, data: None })
    }

    /// Its path for the folder `into`; `record` is the folder of the record.
    pub fn path_from(&self, record: &Path, into: &Path) -> String {
        rebased_path(&self.path, record, into)
    }

    /// What became of the input; `record` is the folder of the record.
    pub fn since(&self, record: &Path) -> Since {
        let path = record.join(&self.path);
        let files = if path.exists() {
            vec![path]
        } else {
            matching(&path.to_string_lossy(), Path::new("")).unwrap_or_default()
        };
        let now = if files.is_empty() { Err(ErrorKind::NotFound.into()) } else { Self::of("", "", &files) };
        match now {
            Err(_) => Since::Gone,
            Ok(now) if now.fingerprint != self.fingerprint || now.files != self.files => Since::Changed,
            Ok(now) if now.state != self.state => Since::Touched,
            Ok(_) => Since::Same,
        }
    }
}

/// See [`InputRecord::fingerprint`].
fn fingerprint(files: &[PathBuf]) -> io::Result<String> {
    let mut digest = Sha256::new();
    for file in files {
        digest.update(std::fs::metadata(file)?.len().to_le_bytes());
        if let (true, Some(name)) = (files.len() > 1, file.file_name()) {
            digest.update(name.as_encoded_bytes());
            digest.update([0]);
        }
    }
    let ends = [files.first(), files.last().filter(|_| files.len() > 1)];
    for path in ends.into_iter().flatten() {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        take(&mut file, END_BYTES, &mut digest)?;
        if bytes > END_BYTES {
            file.seek(SeekFrom::Start(bytes.saturating_sub(END_BYTES).max(END_BYTES)))?;
            take(&mut file, END_BYTES, &mut digest)?;
        }
    }
    Ok(digest.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// Digests up to so many bytes, through a small buffer: memory is the run's.
fn take(file: &mut File, bytes: u64, digest: &mut Sha256) -> io::Result<()> {
    let mut buffer = vec![0u8; 64 << 10];
    let mut file = file.take(bytes);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            n => digest.update(&buffer[..n]),
        }
    }
}

impl Provenance {
    /// The record's path for an output's.
    pub fn path_of(output: &Path) -> PathBuf {
        let mut name = output.as_os_str().to_os_string();
        name.push(SUFFIX);
        PathBuf::from(name)
    }

    /// The record beside a file; `None` where there is none, an error that says why where it cannot
    /// be understood.
    pub fn beside(output: &Path) -> Result<Option<Provenance>, String> {
        let path = Provenance::path_of(output);
        let failed = |e: &dyn std::fmt::Display| format!("{}: cannot be used: {e}", path.display());
        let mut text = String::new();
        match File::open(&path).and_then(|f| f.take(RECORD_BYTES_MAX).read_to_string(&mut text)) {
            // `a.npy/b` has no record either.
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(e) => return Err(failed(&e)),
            Ok(_) => {}
        }
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| failed(&e))?;
        match value["format"].as_u64() {
            Some(1) => serde_json::from_value(value).map(Some).map_err(|e| failed(&e)),
            Some(n) => Err(failed(&format!("it has format {n}, this version knows {FORMAT}"))),
            None => Err(failed(&"it is no record of tilewise")),
        }
    }

    /// What became of the output, whose record this is. A copy that kept no time of modification
    /// counts as changed.
    pub fn since(&self, output: &Path) -> Since {
        match FileState::of(&[output.to_path_buf()]) {
            Err(_) => Since::Gone,
            Ok(now) if now == self.written => Since::Same,
            Ok(now) if now.bytes == self.written.bytes => Since::Touched,
            Ok(_) => Since::Changed,
        }
    }

    /// The pipeline as TOML for a file in the folder `into`; `record` is the folder of the record.
    pub fn pipeline_for(&self, record: &Path, into: &Path) -> Result<String, String> {
        let pipeline = Pipeline::parse(&self.pipeline).map_err(|e| e.to_string())?;
        Ok(rebased(&pipeline, record, into).to_toml())
    }

    /// Writes the record beside its output, on disk before it has its name. Replaces an older one.
    pub(super) fn write(&self, output: &Path) -> Result<(), StorageError> {
        let path = Provenance::path_of(output);
        let text = serde_json::to_string_pretty(self).map_err(|e| StorageError::Io {
            path: path.clone(),
            action: "write the record",
            source: e.into(),
        })?;
        write_whole(&path, format!("{text}\n").as_bytes(), true)
    }
}

/// A pipeline whose paths start at the folder `base` (those of its file) or at the current one, for
/// a file in the folder `into`.
pub(super) fn rebased(pipeline: &Pipeline, base: &Path, into: &Path) -> Pipeline {
    let mut moved = pipeline.clone();
    let here = Path::new("");
    for input in &mut moved.inputs {
        let from = if input.path_in_file() { base } else { here };
        input.path = rebased_path(&input.path, from, into);
    }
    for output in moved.outputs.iter_mut().filter(|o| o.path != super::NO_FILE) {
        let from = if output.path_in_file() { base } else { here };
        output.path = rebased_path(&output.path, from, into);
    }
    moved
}

/// One path, or pattern, of a pipeline.
fn rebased_path(path: &str, from: &Path, into: &Path) -> String {
    if Path::new(path).is_absolute() {
        return path.to_string();
    }
    let into = if into.as_os_str().is_empty() { Path::new(".") } else { into };
    let into = into.canonicalize().unwrap_or_else(|_| absolute(into));
    relative_to(&absolute(&from.join(path)), &into).display().to_string()
}

/// What is known before a run about what its outputs will come from.
#[derive(Debug)]
pub(super) struct Origin {
    pipeline: Pipeline,
    base: PathBuf,
    /// In the order of the pipeline.
    inputs: Vec<InputRecord>,
    /// Where each output goes.
    targets: Vec<Option<PathBuf>>,
    started: Timestamp,
    /// Of the plan of the whole, where only a part of it is run.
    plan_hash: Option<String>,
}

impl Origin {
    /// Looks at the inputs, before anything is written.
    pub(super) fn look(job: &Job) -> io::Result<Origin> {
        let pairs = job.inputs.iter().zip(&job.pipeline.inputs);
        let look = |(stored, decl): (&Arc<Stored>, &InputDecl)| {
            let record = InputRecord::of(&decl.name, &decl.path, &stored.files())?;
            Ok(InputRecord { data: DataRecord::of(stored)?, ..record })
        };
        Ok(Origin {
            inputs: pairs.map(look).collect::<io::Result<_>>()?,
            pipeline: job.pipeline.clone(),
            base: job.base.clone(),
            targets: job.targets.iter().map(|t| t.path.clone()).collect(),
            started: Timestamp::now(),
            plan_hash: job.whole_hash(),
        })
    }

    /// Writes a record beside each finished output; what cannot be written is told.
    pub(super) fn record(&self, problem: &Problem, plan: &Plan, report: &RunReport) -> Vec<String> {
        let mut warnings = Vec::new();
        for (o, target) in self.targets.iter().enumerate() {
            let Some(path) = target else { continue };
            let written = match FileState::of(std::slice::from_ref(path)) {
                Ok(state) => state,
                Err(e) => {
                    warnings.push(format!("{}: no record of how it was made: {e}", path.display()));
                    continue;
                }
            };
            let folder = folder_of(path);
            let moved = rebased(&self.pipeline, &self.base, folder);
            let (steps, used) = lineage(problem, problem.outputs[o].from);
            let input = |i: usize| InputRecord { path: moved.inputs[i].path.clone(), ..self.inputs[i].clone() };
            let record = Provenance {
                format: FORMAT,
                tilewise: env!("CARGO_PKG_VERSION").to_string(),
                output: problem.outputs[o].name.clone(),
                steps: steps.into_iter().map(|s| problem.steps[s].name.clone()).collect(),
                pipeline: moved.to_toml(),
                plan_hash: self.plan_hash.clone().unwrap_or_else(|| plan.hash(problem)),
                inputs: used.into_iter().map(input).collect(),
                written,
                started: self.started,
                seconds: report.elapsed.as_secs_f64(),
                threads: plan.threads,
                memory_budget_bytes: plan.memory.budget,
            };
            let failed = |e| format!("{}: no record of how it was made: {e}", path.display());
            warnings.extend(record.write(path).err().map(failed));
        }
        warnings
    }
}

/// The steps and the inputs that lead to an array, each in the order of the problem.
fn lineage(problem: &Problem, from: ArrayRef) -> (Vec<usize>, Vec<usize>) {
    let (mut steps, mut inputs) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    let mut open = vec![from];
    while let Some(array) = open.pop() {
        match array {
            ArrayRef::Input(i) => drop(inputs.insert(i)),
            ArrayRef::Step { step, .. } if steps.insert(step) => open.extend(&problem.steps[step].inputs),
            ArrayRef::Step { .. } => {}
        }
    }
    (steps.into_iter().collect(), inputs.into_iter().collect())
}
