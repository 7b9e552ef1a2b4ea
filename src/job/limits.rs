//! The budget and the workers of a job, where nobody says.

use super::JobOptions;
use crate::pipeline::Pipeline;
use crate::plan::{Limits, Rates, Volume};
use crate::storage::{available_bytes, memory_limit};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The share of the tightest memory limit that is used by default, as a divisor: the rest belongs to
/// the page cache, which makes second sweeps fast, and to everybody else.
const MEMORY_SHARE: u64 = 4;
/// Of a small limit it is half, up to this: a page cache of so little would keep nothing from one sweep to the next.
const HALF_UP_TO_BYTES: u64 = 256 << 20;

/// How long an answer of the system holds. Asking takes a dozen small files, more time than a small job; limits
/// change by hand, seldom, and not in the middle of a thousand jobs a second.
const HOLDS: Duration = Duration::from_secs(1);

/// What the machine allows: the tightest memory limit with its source, and the cores.
#[derive(Clone)]
struct Machine {
    memory: Option<(u64, String)>,
    available: u64,
    cores: usize,
}

/// The machine's limits, at most a second old.
fn machine() -> Machine {
    static KNOWN: Mutex<Option<(Instant, Machine)>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, machine)) = known.as_ref().filter(|(since, _)| since.elapsed() < HOLDS) {
        return machine.clone();
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let available = available_bytes().unwrap_or(u64::MAX);
    let machine = Machine { memory: memory_limit(), available, cores };
    *known = Some((Instant::now(), machine.clone()));
    machine
}

/// The default budget in bytes, and where it comes from.
pub fn default_memory() -> (u64, String) {
    match machine().memory {
        Some((bytes, whose)) => share_of(bytes, &whose),
        None => (1 << 30, "the default".to_string()),
    }
}

fn share_of(limit_bytes: u64, whose: &str) -> (u64, String) {
    let (quarter, half) = (limit_bytes / MEMORY_SHARE, limit_bytes / 2);
    if quarter >= HALF_UP_TO_BYTES {
        (quarter, format!("a quarter of {whose}"))
    } else if half <= HALF_UP_TO_BYTES {
        (half, format!("half of {whose}"))
    } else {
        (HALF_UP_TO_BYTES, format!("256 MiB of {whose}"))
    }
}

/// The limits of a job: the caller's, else the pipeline's, else the machine's.
pub fn of(pipeline: &Pipeline, options: &JobOptions, rates: Option<Rates>) -> Limits {
    let (memory_bytes, memory_source) = match (options.memory, pipeline.schedule.memory) {
        (Some(bytes), _) => (bytes, options.memory_source.to_string()),
        (None, Some(bytes)) => (bytes, "the pipeline's schedule".to_string()),
        (None, None) => default_memory(),
    };
    let threads = options.threads.or(pipeline.schedule.threads).unwrap_or_else(|| machine().cores).max(1);
    let tile = options.tile.clone().or_else(|| pipeline.schedule.tile.clone());
    let io = options.io.or(pipeline.schedule.io).unwrap_or_default();
    // An eighth is for everybody else.
    let available = machine().available;
    let cache_bytes = (available - available / 8).saturating_sub(memory_bytes);
    let spill_volume = Volume::default();
    Limits { memory_bytes, memory_source, threads, io, cache_bytes, spill_volume, tile, rates }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_limits_give_half_and_large_ones_a_quarter() {
        let mib = |n: u64| n << 20;
        let share = |n| share_of(mib(n), "the limit");
        assert_eq!(share(64), (mib(32), "half of the limit".to_string()));
        assert_eq!(share(512), (mib(256), "half of the limit".to_string()));
        assert_eq!(share(800), (mib(256), "256 MiB of the limit".to_string()));
        assert_eq!(share(1024), (mib(256), "a quarter of the limit".to_string()));
        assert_eq!(share(8192), (mib(2048), "a quarter of the limit".to_string()));
    }
}
