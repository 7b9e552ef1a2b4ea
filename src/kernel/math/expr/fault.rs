//! Where an expression is wrong, and why.

use crate::kernel::BindError;
use std::ops::Range;

/// An error of an expression's text, or of its meaning for the arrays it reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The bytes of the text that are to blame.
    pub span: Range<usize>,
    pub message: String,
    /// What to try.
    pub help: Option<String>,
}

impl Fault {
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Fault {
        Fault { span, message: message.into(), help: None }
    }

    pub fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    /// The error of the parameter `expr`: the message with the column and, under an excerpt of the
    /// text, a caret.
    pub fn bind_error(&self, text: &str) -> BindError {
        // Long expressions are cut to what surrounds the place; columns count characters, from 1.
        const AROUND: usize = 50;
        let column = text.get(..self.span.start).map_or(0, |s| s.chars().count());
        let width = text.get(self.span.clone()).map_or(1, |s| s.chars().count().max(1));
        let skip = column.saturating_sub(AROUND);
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let excerpt: String =
            text.chars().map(plain).skip(skip).take(column - skip + width.min(AROUND) + AROUND).collect();
        let carets = "^".repeat(width.min(AROUND));
        let message = format!(
            "{}, at column {} of the expression\n  {excerpt}\n  {}{carets}",
            self.message,
            column + 1,
            " ".repeat(column - skip)
        );
        BindError { param: Some("expr".into()), message, help: self.help.clone() }
    }
}
