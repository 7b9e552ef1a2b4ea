//! Errors of the library as Python exceptions of fitting classes.

use pyo3::exceptions::{
    PyFileExistsError, PyFileNotFoundError, PyIndexError, PyKeyboardInterrupt, PyMemoryError, PyOSError,
    PyPermissionError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::{PyErr, create_exception};
use tilewise::array::IoChoice;
use tilewise::engine::EngineError;
use tilewise::job::JobError;
use tilewise::kernel::KernelError;
use tilewise::pipeline::PipelineError;
use tilewise::storage::StorageError;

create_exception!(tilewise, Error, pyo3::exceptions::PyRuntimeError, "A run of Tilewise that failed.");

/// What a file refused.
pub fn storage(e: &StorageError) -> PyErr {
    storage_as(e, python_words(&e.to_string()))
}

fn storage_as(e: &StorageError, text: String) -> PyErr {
    match e {
        StorageError::NotFound { .. } => PyFileNotFoundError::new_err(text),
        StorageError::Exists { .. } => PyFileExistsError::new_err(text),
        StorageError::Denied { .. } => PyPermissionError::new_err(text),
        StorageError::Index { .. } => PyIndexError::new_err(text),
        StorageError::NotAFile { .. }
        | StorageError::NoSpace { .. }
        | StorageError::Locked { .. }
        | StorageError::Fault { .. }
        | StorageError::TooManyMaps { .. }
        | StorageError::Io { .. } => PyOSError::new_err(text),
        StorageError::Claimed { .. } | StorageError::Buffer { .. } => Error::new_err(text),
        _ => PyValueError::new_err(text),
    }
}

/// What a pipeline got wrong, with what to try.
pub fn pipeline(e: &PipelineError) -> PyErr {
    let help = e.help.as_ref().map_or(String::new(), |h| format!("; {h}"));
    let label = e.label.as_ref().filter(|l| l.starts_with("takes ")).map_or(String::new(), |l| format!(" ({l})"));
    let text = format!("{e}{label}{help}");
    PyValueError::new_err(text.strip_prefix("--set ").unwrap_or(&text).to_string())
}

/// Why a job was refused or failed.
pub fn job(e: &JobError) -> PyErr {
    let text = python_words(&e.to_string());
    match e {
        JobError::Pipeline(e) => pipeline(e),
        JobError::Storage(e) => storage_as(e, text),
        JobError::Input { error, .. } => storage_as(error, text),
        JobError::Plan(_) | JobError::OverBudget { .. } => PyMemoryError::new_err(text),
        JobError::NoDisk { .. } => PyOSError::new_err(text),
        JobError::OutputIsInput { .. }
        | JobError::SameOutput { .. }
        | JobError::NotApart { .. }
        | JobError::Usage(_) => PyValueError::new_err(text),
        JobError::Engine(EngineError::Kernel { error, .. }) => {
            raised(error, &text).unwrap_or_else(|| Error::new_err(text))
        }
        JobError::Engine(EngineError::Cancelled) => PyKeyboardInterrupt::new_err(text),
        JobError::Engine(_) | JobError::AllSkipped { .. } | JobError::CannotAppend { .. } => Error::new_err(text),
    }
}

/// What a Python function raised, as it was, with a note of where.
fn raised(error: &KernelError, text: &str) -> Option<PyErr> {
    let cause = error.cause.as_ref()?.downcast_ref::<PyErr>()?;
    Some(Python::attach(|py| {
        let again = cause.clone_ref(py);
        // Notes came with Python 3.11; before, the exception comes without.
        let _ = again.value(py).call_method1("add_note", (text,));
        again
    }))
}

/// The way bytes are to travel, by its name.
pub fn io_choice(name: &str) -> PyResult<IoChoice> {
    let unknown = || PyValueError::new_err(format!("io is {name:?}, not one of {}", IoChoice::NAMES.join(", ")));
    IoChoice::parse(name).ok_or_else(unknown)
}

/// The same advice in the words of Python: what is a flag there is a keyword here.
fn python_words(text: &str) -> String {
    text.replace("pass --overwrite", "pass overwrite=True")
        .replace("a larger --memory or fewer --threads", "a larger memory= or fewer threads=")
        .replace("a larger --memory", "a larger memory=")
        .replace("--threads 1", "threads=1")
        .replace("--dtype f32 --shape 1000,-1", "dtype=\"f4\", shape=(1000, -1)")
        .replace("--column 0", "column=0")
}
