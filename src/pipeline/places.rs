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

    pub(super) fn set_whole(&mut self, span: Option<Span>) {
        self.whole = span;
    }

    pub(super) fn set(&mut self, key: &str, name: Option<Span>, value: Option<Span>) {
        self.keys.insert(key.to_string(), (name, value));
    }

    /// Forgets a key whose value no longer comes from the text.
    pub(super) fn forget(&mut self, key: &str) {
        self.keys.remove(key);
    }
}
