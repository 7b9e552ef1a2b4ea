//! Where an expression is wrong, and why.

use crate::kernel::{BindError, TextPlace};
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

    /// The error of the parameter `expr`: the message with line and column and, under an excerpt of
    /// the line, a caret.
    pub fn bind_error(&self, text: &str) -> BindError {
        // Long lines are cut to what surrounds the place; columns count characters, from 1.
        const AROUND: usize = 50;
        let (before, rest) = text.split_at_checked(self.span.start).unwrap_or((text, ""));
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[start..].chars().count();
        let line = &text[start..rest.find('\n').map_or(text.len(), |at| before.len() + at)];
        let blamed = text.get(self.span.clone()).and_then(|s| s.lines().next());
        let width = blamed.map_or(1, |s| s.chars().count().clamp(1, AROUND));
        let skip = column.saturating_sub(AROUND);
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let excerpt: String = line.chars().map(plain).skip(skip).take(column - skip + width + AROUND).collect();
        let (excerpt, carets) = (excerpt.trim_end(), "^".repeat(width));
        let message = format!(
            "{}, at {} of the expression\n  {excerpt}\n  {}{carets}",
            self.message,
            place(text, self.span.start),
            " ".repeat(column - skip)
        );
        let place = TextPlace { span: self.span.clone(), message: self.message.clone() };
        BindError { param: Some("expr".into()), message, help: self.help.clone(), place: Some(Box::new(place)) }
    }
}

/// Where a byte of the text stands, for people: its column in characters, and its line where there
/// are several, both from 1.
pub fn place(text: &str, byte: usize) -> String {
    let before = text.get(..byte).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    match text.trim_end().contains('\n') {
        true => format!("line {}, column {column}", before.matches('\n').count() + 1),
        false => format!("column {column}"),
    }
}
