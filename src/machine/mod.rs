//! What this machine can do: rates of files and of kernels, measured.
//!
//! Owns what is measured and how: fresh files of one size, several rounds in which all contestants
//! take turns, so that a slow moment hits all of them, and medians. Refuses to know how a result is
//! shown, and where rates are kept.
//!
//! Rates count the bytes that are read and the bytes that are written.

mod about;
mod files;
mod kernels;
mod rounds;

pub use about::About;
pub use kernels::KERNELS;
pub use rounds::Row;

use crate::engine::{Cancel, EngineError};
use crate::job::JobError;
use crate::plan::Rates;
use crate::storage::{StorageError, available_bytes, free_bytes};
use files::Arena;
use rounds::{Contestant, Rounds};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files are as large as this where memory and disk allow; they outgrow caches of processors.
const FILE_BYTES: u64 = 512 << 20;
const FILE_BYTES_QUICK: u64 = 64 << 20;
/// Frames of 512 × 512 f32; a file has at least a few of them.
const FRAME_BYTES: u64 = 1 << 20;
const FRAMES_MIN: u64 = 4;
/// A file, a copy and something to spare are on the disk, and in memory, at once.
const FILES_AT_ONCE: u64 = 4;

/// A fastest round of this many times the slowest one says that somebody else was at work.
const VARIED: f64 = 1.5;

/// How to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder whose disk is measured. All files are in a folder inside it, gone at the end.
    pub folder: PathBuf,
    /// Bytes of a file; else half a GiB, or less where memory or disk are short.
    pub file_bytes: Option<u64>,
    /// Small files and fewer rounds.
    pub quick: bool,
    pub cancel: Cancel,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Job(#[from] JobError),
    #[error("cannot start {threads} threads: {reason}")]
    Threads { threads: usize, reason: String },
    #[error("cannot {action} in {}: {error}", folder.display())]
    Folder { folder: PathBuf, action: &'static str, error: std::io::Error },
}

impl From<EngineError> for MachineError {
    fn from(e: EngineError) -> MachineError {
        MachineError::Job(e.into())
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    pub machine: About,
    /// Bytes of the file that is read and copied.
    pub file_bytes: u64,
    /// Bytes of the file that kernels run on.
    pub kernel_file_bytes: u64,
    pub rounds: usize,
    pub seconds: f64,
    pub files: Vec<Row>,
    pub kernels: Vec<Row>,
    pub rates: Rates,
    /// What a reader should know before believing a figure.
    pub notes: Vec<String>,
}

/// Measures. `tell` hears what is being done, and how far along it is, from 0 to 1.
pub fn measure(options: &Options, tell: &dyn Fn(&str, f64)) -> Result<Findings, MachineError> {
    let started = std::time::Instant::now();
    let file_bytes = file_bytes(options)?;
    let mut builder = tempfile::Builder::new();
    let folder = builder
        .prefix(".tilewise-bench-")
        .tempdir_in(&options.folder)
        .map_err(|error| MachineError::Folder { folder: options.folder.clone(), action: "make a folder", error })?;
    let machine = About::here(folder.path());
    tell("making a file", 0.0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(machine.cores).build();
    let pool = pool.map_err(|e| MachineError::Threads { threads: machine.cores, reason: e.to_string() })?;
    let arena = Arena::new(folder.path(), file_bytes, &pool, &options.cancel)?;
    let (most, least, limit) = if options.quick { (3, 1, 8) } else { (7, 1, 40) };
    let rounds = Rounds { most, least, limit: Duration::from_secs(limit), cancel: options.cancel.clone() };
    let chains = kernels::prepare(&arena)?;
    let mut contestants = files::contestants(&arena);
    let of_files = contestants.len();
    contestants.extend(chains.iter().map(|chain| Contestant::new(chain.name, || chain.run())));
    let (rows, done) = rounds.run(&mut contestants, tell)?;
    drop(contestants);
    let (files, kernels) = rows.split_at(of_files);
    let (files, mut kernels) = (files.to_vec(), kernels.to_vec());
    let mut notes = arena.notes();
    let rates = kernels::share(&mut kernels, &chains, rates(&machine, &files));
    let varied = |r: &&Row| r.slowest > 0.0 && r.fastest > VARIED * r.slowest;
    if let Some(row) = files.iter().chain(&kernels).find(varied) {
        notes.push(format!("the {} rate varied widely; measure again on an idle machine", row.name));
    }
    if !rates.is_sound() {
        notes.push("a rate could not be told from no time at all; try a larger --size".to_string());
    }
    if file_bytes < FILE_BYTES_QUICK {
        notes.push("files are small: rates are of processor caches, and start-up shows".to_string());
    }
    let (seconds, kernel_file_bytes) = (started.elapsed().as_secs_f64(), arena.part_bytes);
    Ok(Findings { machine, file_bytes, kernel_file_bytes, rounds: done, seconds, files, kernels, rates, notes })
}

/// The asked size, or the one that fits memory and disk; refused where not even a small one does.
fn file_bytes(options: &Options) -> Result<u64, MachineError> {
    let usual = if options.quick { FILE_BYTES_QUICK } else { FILE_BYTES };
    let free = free_bytes(&options.folder).unwrap_or(u64::MAX);
    let room = free.min(available_bytes().unwrap_or(u64::MAX)) / FILES_AT_ONCE;
    let bytes = options.file_bytes.unwrap_or(usual.min(room)) / FRAME_BYTES * FRAME_BYTES;
    let bytes = bytes.max(FRAMES_MIN * FRAME_BYTES);
    let need = bytes.saturating_mul(FILES_AT_ONCE);
    if need > free {
        return Err(StorageError::NoSpace { path: options.folder.clone(), need, free }.into());
    }
    Ok(bytes)
}

/// The rates that estimates need, by the names of the rows.
fn rates(machine: &About, files: &[Row]) -> Rates {
    let rate = |name: &str| files.iter().find(|r| r.name == name).map_or(0.0, |r| r.rate);
    Rates {
        threads: machine.cores,
        memory_bytes: machine.memory_bytes,
        mapped_read: rate(files::MAPPED_READ),
        mapped_copy: rate(files::MAPPED_COPY),
        cold_read: rate(files::COLD_READ),
        cold_write: rate(files::COLD_WRITE),
        ..Rates::default()
    }
}

/// An array's path as text, which pipelines have.
fn text(path: &Path) -> String {
    path.display().to_string()
}
