//! What a run tells while it runs, and how it is told to stop.

use super::EngineError;
use crate::storage::private_bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A pass begins.
    PassStarted { pass: usize, passes: usize, steps: &'a str, tiles: u64 },
    /// A tile is written and joined. Tiles finish in any order.
    TileDone { pass: usize, tile: u64, read: u64, written: u64, elapsed: Duration },
    /// All tiles of a pass are done.
    PassDone { pass: usize, elapsed: Duration },
    /// Outputs have their names.
    RunDone,
}

/// Listens to a run: progress bars, reports, journals. Called from worker threads; should be quick.
pub trait Observer: Sync {
    fn event(&self, event: &Event);
}

/// A switch that stops a run between tiles.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the run to stop.
    pub fn cancel(&self) {
        self.0.store(true, Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// An error where somebody asked.
    pub fn check(&self) -> Result<(), EngineError> {
        if self.is_cancelled() { Err(EngineError::Cancelled) } else { Ok(()) }
    }
}

/// The largest private memory seen. The system keeps no such mark, so it is sampled as tiles finish.
#[derive(Debug)]
pub(super) struct Peak {
    most: AtomicU64,
    started: Instant,
    last_micros: AtomicU64,
}

impl Default for Peak {
    fn default() -> Peak {
        Peak { most: AtomicU64::new(0), started: Instant::now(), last_micros: AtomicU64::new(0) }
    }
}

impl Peak {
    pub fn sample(&self) {
        if let Some(bytes) = private_bytes() {
            self.most.fetch_max(bytes, Relaxed);
        }
    }

    /// Samples unless somebody just did: reading the figure costs tens of microseconds.
    pub fn sample_sometimes(&self) {
        let now = self.started.elapsed().as_micros() as u64;
        let last = self.last_micros.load(Relaxed);
        if now > last + 1000 && self.last_micros.compare_exchange(last, now, Relaxed, Relaxed).is_ok() {
            self.sample();
        }
    }

    pub fn most(&self) -> Option<u64> {
        Some(self.most.load(Relaxed)).filter(|m| *m > 0)
    }
}
