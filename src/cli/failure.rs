//! How a command fails: what is printed, and the exit code.

use crate::engine::EngineError;
use crate::job::JobError;
use crate::kernel::BindError;
use crate::pipeline::PipelineError;
use crate::report::draw::DrawError;
use crate::storage::StorageError;
use std::io::Write;

/// Exit codes.
pub mod code {
    pub const DONE: u8 = 0;
    pub const FAILED: u8 = 1;
    pub const USAGE: u8 = 2;
    pub const REFUSED: u8 = 3;
}

/// A failed command.
#[derive(Debug)]
pub struct Failure {
    /// Printed as it is, without the word `error`, where it already has its form.
    pub text: String,
    pub code: u8,
}

impl Failure {
    /// A failure in one sentence.
    pub fn new(code: u8, text: impl std::fmt::Display) -> Failure {
        Failure { text: format!("error: {text}"), code }
    }

    /// A pipeline's error, with the lines it is about where there is a text.
    pub fn pipeline(error: &PipelineError, source: Option<(&str, &str)>) -> Failure {
        let text = match source {
            Some((file, text)) => error.render(file, text),
            None => match &error.help {
                Some(help) => format!("error: {error}\nhelp: {help}"),
                None => format!("error: {error}"),
            },
        };
        Failure { text, code: code::USAGE }
    }

    /// A job's error; `source` is the pipeline's file and text.
    pub fn job(error: &JobError, source: Option<(&str, &str)>) -> Failure {
        match error {
            JobError::Pipeline(e) => Failure::pipeline(e, source),
            other => Failure::new(other.exit_code(), other),
        }
    }

    /// Prints it. A closed pipe is the reader's wish, no failure.
    pub fn report(&self) -> u8 {
        if !self.text.is_empty() {
            let _ = writeln!(std::io::stderr().lock(), "{}", self.text.trim_end());
        }
        self.code
    }
}

impl From<StorageError> for Failure {
    fn from(e: StorageError) -> Failure {
        Failure::new(if e.is_refusal() { code::REFUSED } else { code::FAILED }, e)
    }
}

impl From<DrawError> for Failure {
    fn from(e: DrawError) -> Failure {
        match e {
            DrawError::Storage(e) => e.into(),
            DrawError::Array { .. } => Failure::new(code::FAILED, e),
            DrawError::Request(_) => Failure::new(code::USAGE, e),
        }
    }
}

impl From<BindError> for Failure {
    fn from(e: BindError) -> Failure {
        let help = e.help.as_ref().map_or(String::new(), |h| format!("\nhelp: {h}"));
        Failure::new(code::USAGE, format!("{e}{help}"))
    }
}

impl From<EngineError> for Failure {
    fn from(e: EngineError) -> Failure {
        Failure::job(&e.into(), None)
    }
}

impl From<std::io::Error> for Failure {
    fn from(e: std::io::Error) -> Failure {
        // Somebody closed our standard output (`| head`): stop without a word.
        if e.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure { text: String::new(), code: code::DONE };
        }
        Failure::new(code::FAILED, e)
    }
}
