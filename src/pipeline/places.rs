//! Where things were written. Owns byte ranges of a pipeline's text, apart from what was said
//! there; knows no text.

use std::collections::BTreeMap;
use std::ops::Range;

/// A byte range of a pipeline's text.
pub type Span = Range<usize>;

/// Where an item and its keys were written; empty for what came from Rust or the command line.
///
/// All places are equal: two pipelines that say the same are the same, wherever it stands.
#[derive(Clone, Debug, Default)]
pub struct Places {
    whole: Option<Span>,
    keys: BTreeMap<String, (Option<Span>, Option<Span>)>,
    texts: BTreeMap<String, usize>,
}

impl PartialEq for Places {
    fn eq(&self, _: &Places) -> bool {
        true
    }
}

impl Eq for Places {}

impl Places {
    /// The item: its name, or the header of its table.
    pub fn whole(&self) -> Option<Span> {
        self.whole.clone()
    }

    /// The name of a key.
    pub fn key(&self, key: &str) -> Option<Span> {
        self.keys.get(key)?.0.clone()
    }

    /// The value of a key.
    pub fn value(&self, key: &str) -> Option<Span> {
        self.keys.get(key)?.1.clone()
    }

    /// Where the text of a value begins, if it stands in the file letter by letter.
    pub(super) fn text(&self, key: &str) -> Option<usize> {
        self.texts.get(key).copied()
    }

    /// Notes where the text of a value begins. `file` is the text of the file, `text` the value's.
    pub(super) fn set_text(&mut self, key: &str, file: &str, text: &str) {
        let Some((span, written)) = self.value(key).and_then(|s| Some((s.clone(), file.get(s)?))) else { return };
        for quote in ["\"\"\"", "'''", "\"", "'"] {
            let Some(inner) = written.strip_prefix(quote).and_then(|s| s.strip_suffix(quote)) else { continue };
            // A line break after three quotes is not part of the text; where there are escapes,
            // letters of the text have no place of their own.
            if inner == text || (quote.len() == 3 && inner.trim_start_matches('\r').strip_prefix('\n') == Some(text)) {
                self.texts.insert(key.to_string(), span.end - quote.len() - text.len());
            }
            return;
        }
    }

    pub(super) fn set_whole(&mut self, span: Option<Span>) {
        self.whole = span;
    }

    pub(super) fn set(&mut self, key: &str, name: Option<Span>, value: Option<Span>) {
        self.keys.insert(key.to_string(), (name, value));
    }

    /// Forgets a key whose value no longer comes from the text.
    pub(super) fn forget(&mut self, key: &str) {
        self.keys.remove(key);
        self.texts.remove(key);
    }
}
