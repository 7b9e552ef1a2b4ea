//! The threads of a run.
//!
//! Owns when they begin: with the first pass that has more than one tile. A run whose passes are one tile each
//! stays on the thread that called it, so that small arrays cost no more than their work. Refuses to know what
//! workers do.

use super::EngineError;
use std::cell::OnceCell;

/// The workers of a run, made when they are first needed and kept until its end.
pub struct Crew {
    threads: usize,
    pool: OnceCell<rayon::ThreadPool>,
}

impl Crew {
    pub fn new(threads: usize) -> Crew {
        Crew { threads, pool: OnceCell::new() }
    }

    /// The threads themselves.
    pub fn pool(&self) -> Result<&rayon::ThreadPool, EngineError> {
        if let Some(pool) = self.pool.get() {
            return Ok(pool);
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .thread_name(|i| format!("tilewise-{i}"))
            .build()
            .map_err(|e| EngineError::Threads { threads: self.threads, reason: e.to_string() })?;
        Ok(self.pool.get_or_init(|| pool))
    }
}
