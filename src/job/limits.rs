//! The budget and the workers of a job, where nobody says.

use super::JobOptions;
use crate::pipeline::Pipeline;
use crate::plan::{Limits, Rates};
use crate::storage::memory_limit;

/// The share of the tightest memory limit that is used by default, as a divisor: the rest belongs to
/// the page cache, which makes second sweeps fast, and to everybody else.
const MEMORY_SHARE: u64 = 4;

/// The default budget in bytes, and where it comes from.
pub fn default_memory() -> (u64, String) {
    match memory_limit() {
        Some((bytes, whose)) => (bytes / MEMORY_SHARE, format!("a quarter of {whose}")),
        None => (1 << 30, "the default".to_string()),
    }
}

/// The limits of a job: the caller's, else the pipeline's, else the machine's.
pub fn of(pipeline: &Pipeline, options: &JobOptions, rates: Option<Rates>) -> Limits {
    let (memory_bytes, memory_source) = match (options.memory, pipeline.schedule.memory) {
        (Some(bytes), _) => (bytes, "--memory".to_string()),
        (None, Some(bytes)) => (bytes, "the pipeline's schedule".to_string()),
        (None, None) => default_memory(),
    };
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = options.threads.or(pipeline.schedule.threads).unwrap_or_else(cores).max(1);
    let tile = options.tile.clone().or_else(|| pipeline.schedule.tile.clone());
    Limits { memory_bytes, memory_source, threads, tile, rates }
}
