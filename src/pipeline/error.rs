//! Why a pipeline was refused, and how that is shown: with the line, a caret and what to try.
//! Owns the form of these errors; knows no rule of the file.

use super::Span;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet, normalize_untrusted_str};
use std::fmt;

/// An error of a pipeline.
///
/// `Display` is one line: `pipelines/x.toml:14, step "blur": message` once [`located`] was called,
/// else without the file. [`render`] shows the place itself.
///
/// [`located`]: PipelineError::located
/// [`render`]: PipelineError::render
#[derive(Clone, Debug, PartialEq)]
pub struct PipelineError {
    /// What is wrong, with the numbers.
    pub message: String,
    /// The bytes of the text to blame; `None` for what was not written in a file.
    pub span: Option<Span>,
    /// A word at the caret. Boxed, like the location, to keep `Result`s small.
    pub label: Option<Box<str>>,
    /// What to try.
    pub help: Option<String>,
    /// The step it happened in.
    pub step: Option<String>,
    /// File and line, once known.
    pub location: Option<Box<Location>>,
}

/// A place for people: counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The pipeline's file.
    pub file: String,
    /// The line, where the error has one.
    pub line: Option<usize>,
    /// The column in characters, where the error has one.
    pub column: Option<usize>,
}

impl std::error::Error for PipelineError {}

impl fmt::Display for PipelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            f.write_str(&one_line(&location.file))?;
            if let Some(line) = location.line {
                write!(f, ":{line}")?;
            }
            f.write_str(if self.step.is_some() { ", " } else { ": " })?;
        }
        f.write_str(&one_line(&self.title()))
    }
}

impl PipelineError {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> PipelineError {
        PipelineError { message: message.into(), span: None, label: None, help: None, step: None, location: None }
    }

    /// The same error at a place of the text. A place that is known already stays.
    pub fn at(mut self, span: Option<Span>) -> PipelineError {
        self.span = self.span.or(span);
        self
    }

    /// The same error with a word at the caret.
    pub fn label(mut self, label: impl Into<String>) -> PipelineError {
        self.label = Some(label.into().into_boxed_str());
        self
    }

    /// The same error with advice.
    pub fn help(mut self, help: impl Into<String>) -> PipelineError {
        self.help = Some(help.into());
        self
    }

    /// The same error in a step.
    pub fn step(mut self, step: impl Into<String>) -> PipelineError {
        self.step = Some(step.into());
        self
    }

    /// The same error with file and line, for its one-line form. `text` is what was parsed.
    pub fn located(mut self, file: &str, text: &str) -> PipelineError {
        let before = self.span.as_ref().map(|s| &text[..clamp(text, s.start)]);
        let line = before.map(|b| b.matches('\n').count() + 1);
        let column = before.map(|b| b.rsplit('\n').next().unwrap_or(b).chars().count() + 1);
        self.location = Some(Box::new(Location { file: file.to_string(), line, column }));
        self
    }

    /// The error with the lines it is about, a caret, and what to try; without colours, ends
    /// without a newline. `text` is what was parsed.
    pub fn render(&self, file: &str, text: &str) -> String {
        self.render_with(file, text, &Renderer::plain())
    }

    /// [`PipelineError::render`] with terminal colours.
    pub fn render_styled(&self, file: &str, text: &str) -> String {
        self.render_with(file, text, &Renderer::styled())
    }

    fn render_with(&self, file: &str, text: &str, renderer: &Renderer) -> String {
        let title = self.title();
        let mut group = annotate_snippets::Group::with_title(Level::ERROR.primary_title(title.as_str()));
        group = match &self.span {
            Some(span) if !text.is_empty() => {
                let start = clamp(text, span.start);
                let end = clamp(text, span.end.max(span.start));
                let mark = AnnotationKind::Primary.span(start..end).label(self.label.as_deref());
                group.element(Snippet::source(text).path(file).annotation(mark))
            }
            _ => group.element(Origin::path(file)),
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
        }
        renderer.clone().decor_style(DecorStyle::Ascii).render(&[group])
    }

    /// The message, after the step it is about.
    fn title(&self) -> String {
        match &self.step {
            Some(step) => format!("step \"{step}\": {}", self.message),
            None => self.message.clone(),
        }
    }
}

/// The nearest character boundary at or before a byte, inside the text: a span of another text must
/// not panic.
fn clamp(text: &str, byte: usize) -> usize {
    let mut at = byte.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Text from a file on one line: control characters escaped.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// "did you mean …", else what there is.
pub(super) fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, what: &str) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match crate::kernel::nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if known.is_empty() => format!("there are no {what}"),
        None => format!("{what}: {}", known.join(", ")),
    }
}
