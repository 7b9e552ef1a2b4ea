//! Why a job failed, and with which exit code.

use super::convert::show_skipped;
use crate::engine::EngineError;
use crate::pipeline::PipelineError;
use crate::plan::{PlanError, show_bytes};
use crate::storage::{Skipped, StorageError};
use std::path::PathBuf;

/// An error of a job, from its text to its files.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The pipeline is wrong.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// An input cannot be opened.
    #[error("input \"{name}\": {error}")]
    Input { name: String, error: Box<StorageError> },
    /// Another file cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// No plan fits.
    #[error("{0}; try a larger --memory or fewer --threads")]
    Plan(#[from] PlanError),
    /// The run failed.
    #[error(transparent)]
    Engine(EngineError),
    #[error("output {} is the file of input \"{input}\"; choose another name, inputs are never changed", path.display())]
    OutputIsInput { path: PathBuf, input: String },
    /// A picture in hand is over the budget.
    #[error("{what} needs at least {} of memory, the budget is {} ({source_of_budget}); try a larger --memory",
        show_bytes(*.need), show_bytes(*.budget))]
    OverBudget { what: String, need: u64, budget: u64, source_of_budget: String },
    /// Words that do not make sense together.
    #[error("{0}")]
    Usage(String),
    /// Nothing is left to be written.
    #[error("none of the {} pictures can be read:\n{}", skipped.len(), show_skipped(skipped))]
    AllSkipped { skipped: Vec<Skipped> },
    /// An older output cannot be extended.
    #[error("output {} cannot be extended: {why}; pass --overwrite to make the whole again", path.display())]
    CannotAppend { path: PathBuf, why: String },
    #[error("two outputs have the same file, {}", path.display())]
    SameOutput { path: PathBuf },
    #[error("{} is the file of {whose}; choose another name", path.display())]
    NotApart { path: PathBuf, whose: String },
    #[error("outputs and temporary files need {}, {} has {} free", show_bytes(*.need), folder.display(), show_bytes(*.free))]
    NoDisk { need: u64, free: u64, folder: PathBuf },
}

impl From<EngineError> for JobError {
    fn from(e: EngineError) -> JobError {
        match e {
            EngineError::Storage(e) => JobError::Storage(e),
            other => JobError::Engine(other),
        }
    }
}

impl JobError {
    /// 1 failed, 2 wrong pipeline, 3 refused, 130 interrupted.
    pub fn exit_code(&self) -> u8 {
        match self {
            JobError::Pipeline(_) | JobError::Usage(_) => 2,
            JobError::OutputIsInput { .. } | JobError::SameOutput { .. } | JobError::NotApart { .. } => 2,
            JobError::Plan(_) | JobError::NoDisk { .. } | JobError::OverBudget { .. } => 3,
            JobError::CannotAppend { .. } => 3,
            JobError::Storage(e) if e.is_refusal() => 3,
            JobError::Engine(EngineError::Cancelled) => 130,
            _ => 1,
        }
    }
}
