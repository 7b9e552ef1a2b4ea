//! How many workers a budget has room for, and the memory that was seen.

use crate::job::{JobError, JobOptions, limits};
use crate::pipeline::Pipeline;
use crate::plan::Limits;
use crate::storage::private_bytes;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Private memory of the program before any frame: code that was relocated, stacks, allocator.
const PROGRAM_BYTES: u64 = 6 << 20;
/// What each thread's allocator and stack keep beside what was asked for.
const THREAD_BYTES: u64 = 512 << 10;

/// Workers, and the memory they take.
#[derive(Clone, Copy, Debug)]
pub struct Workers {
    pub threads: usize,
    pub budget: u64,
    pub projected: u64,
    /// Whether the budget has room for fewer than were asked for.
    pub fewer: bool,
    /// Finished frames of `spare` bytes that may wait for their turn.
    pub waiting: usize,
}

/// What is needed: once, by each worker, and for each frame that waits; `what` names it in a refusal.
pub struct Need {
    pub what: String,
    pub fixed: u64,
    pub worker: u64,
    pub waiting: u64,
}

impl Workers {
    /// As many workers as fit, at most as many as there are frames. Refuses where not one does.
    pub fn fit(need: &Need, frames: u64, options: &JobOptions) -> Result<Workers, JobError> {
        let Limits { memory_bytes: budget, memory_source, threads, .. } = limits::of(&Pipeline::new(), options, None);
        let wanted = threads.min(usize::try_from(frames).unwrap_or(usize::MAX)).max(1);
        let fixed = need.fixed.saturating_add(PROGRAM_BYTES);
        let each = need.worker.saturating_add(THREAD_BYTES);
        let fitting = budget.saturating_sub(fixed) / each;
        if fitting == 0 {
            return Err(JobError::OverBudget {
                what: need.what.clone(),
                need: fixed.saturating_add(each),
                budget,
                source_of_budget: memory_source,
            });
        }
        let threads = wanted.min(usize::try_from(fitting).unwrap_or(usize::MAX));
        let taken = fixed + each * threads as u64;
        let room = (budget - taken).checked_div(need.waiting).unwrap_or(0);
        let waiting = if threads == 1 { 0 } else { room.min(2 * threads as u64) };
        let projected = taken + waiting * need.waiting;
        Ok(Workers { threads, budget, projected, fewer: threads < wanted, waiting: waiting as usize })
    }
}

/// The largest private memory seen; the system keeps no such mark.
#[derive(Debug, Default)]
pub struct Peak(AtomicU64);

impl Peak {
    pub fn sample(&self) {
        self.0.fetch_max(private_bytes().unwrap_or(0), Relaxed);
    }

    pub fn most(&self) -> Option<u64> {
        Some(self.0.load(Relaxed)).filter(|most| *most > 0)
    }
}
