//! Why a run stopped.

use crate::kernel::KernelError;
use crate::storage::StorageError;

/// An error of a run. Whatever it is, no output was left behind.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file could not be read, written, reserved or named.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A kernel met data it cannot process.
    #[error("step \"{step}\" ({kernel}): {error}")]
    Kernel { step: String, kernel: &'static str, error: KernelError },
    /// A kernel broke an invariant of its own.
    #[error("step \"{step}\" ({kernel}) failed on {tile}: {message}; this is a defect of tilewise, please report it")]
    Defect { step: String, kernel: &'static str, tile: String, message: String },
    /// Somebody asked to stop.
    #[error("interrupted; unfinished files were removed")]
    Cancelled,
    /// The system gave no threads.
    #[error("cannot start {threads} threads: {reason}; try --threads 1")]
    Threads { threads: usize, reason: String },
}
