//! Why a job failed, and with which exit code.

use crate::engine::EngineError;
use crate::pipeline::PipelineError;
use crate::plan::{PlanError, show_bytes};
use crate::storage::StorageError;
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
            JobError::Pipeline(_)
            | JobError::OutputIsInput { .. }
            | JobError::SameOutput { .. }
            | JobError::NotApart { .. } => 2,
            JobError::Plan(_) | JobError::NoDisk { .. } => 3,
            JobError::Storage(e) if e.is_refusal() => 3,
            JobError::Engine(EngineError::Cancelled) => 130,
            _ => 1,
        }
    }
}
