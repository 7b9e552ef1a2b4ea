//! Between pictures and arrays: many pictures to one stack, one stack to many pictures.
//!
//! Owns the order of frames, the bound on frames in flight and what must hold between files. Refuses to
//! know formats, which storage knows. Everything else that is converted is a pipeline without steps.

mod budget;
mod cast;
mod export;
mod import;
mod labels;
mod line;
mod naming;

pub use export::{Export, ExportOptions, Exported};
pub use import::{Import, ImportOptions, Imported};

use crate::storage::Skipped;

/// Pictures that are named where some were left out.
const SHOWN: usize = 10;

/// What was left out, a line each: the first ten, and how many more.
pub fn show_skipped(skipped: &[Skipped]) -> String {
    let mut text = String::new();
    for one in skipped.iter().take(SHOWN) {
        let page = one.page.map_or(String::new(), |p| format!(" (page {p})"));
        text.push_str(&format!("  {}{page}: {}\n", one.path.display(), one.reason));
    }
    if skipped.len() > SHOWN {
        text.push_str(&format!("  and {} more\n", skipped.len() - SHOWN));
    }
    text
}
