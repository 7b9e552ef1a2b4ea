//! Why a kernel refused its parameters, its inputs, or the data.

use crate::array::AxisError;
use std::error::Error;
use std::ops::Range;
use std::sync::Arc;

/// A parameter that cannot be used. `param` is its name in the file, where one is to blame.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct BindError {
    pub param: Option<String>,
    pub message: String,
    /// What to try.
    pub help: Option<String>,
    /// The place in the parameter's text, where a part of it is to blame. Boxed to keep `Result`s small.
    pub place: Option<Box<TextPlace>>,
}

/// A part of a parameter's text, for callers who can show that text where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPlace {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// What is wrong there, without an excerpt of the text.
    pub message: String,
}

impl BindError {
    /// An error of the inputs as a whole.
    pub fn new(message: impl Into<String>) -> BindError {
        BindError { param: None, message: message.into(), help: None, place: None }
    }

    /// An error of one parameter.
    pub fn param(param: impl Into<String>, message: impl Into<String>) -> BindError {
        BindError { param: Some(param.into()), message: message.into(), help: None, place: None }
    }

    /// The same error with advice.
    pub fn help(mut self, help: impl Into<String>) -> BindError {
        self.help = Some(help.into());
        self
    }
}

impl From<AxisError> for BindError {
    fn from(e: AxisError) -> BindError {
        BindError::param("axes", e.to_string())
    }
}

/// Data that a kernel cannot process, found while running.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}{}", at.as_ref().map_or(String::new(), |i| format!(" at index {i:?}")))]
pub struct KernelError {
    pub message: String,
    /// Index in the domain, where the place is known.
    pub at: Option<Vec<u64>>,
    /// What another language raised, for those who can raise it again.
    pub cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl PartialEq for KernelError {
    fn eq(&self, other: &KernelError) -> bool {
        (&self.message, &self.at) == (&other.message, &other.at)
    }
}

impl KernelError {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> KernelError {
        KernelError { message: message.into(), at: None, cause: None }
    }

    /// An error at an index of the domain.
    pub fn at(message: impl Into<String>, index: Vec<u64>) -> KernelError {
        KernelError { message: message.into(), at: Some(index), cause: None }
    }

    /// The same error with what raised it.
    pub fn caused_by(mut self, cause: impl Error + Send + Sync + 'static) -> KernelError {
        self.cause = Some(Arc::new(cause));
        self
    }
}
