//! The files of a quoted glob, in the order people number them.
//!
//! Owns matching and natural order. Refuses to know what the files hold.

use std::path::{Path, PathBuf};

use super::StorageError;

/// Whether a path that names no file is meant as a pattern.
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// All files that match a pattern below `base`, at least one, in natural order.
pub(super) fn matching(pattern: &str, base: &Path) -> Result<Vec<PathBuf>, StorageError> {
    let shown = base.join(pattern);
    let absolute = Path::new(pattern).is_absolute();
    let prefix = if absolute { PathBuf::new() } else { base.to_path_buf() };
    // What the user did not write as a pattern is not one.
    let prefix = PathBuf::from(glob::Pattern::escape(&prefix.to_string_lossy()));
    let full = prefix.join(pattern);
    let entries = glob::glob(&full.to_string_lossy())
        .map_err(|e| StorageError::options(&shown, format!("not a valid pattern: {e}")))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(|e| {
            let path = e.path().to_path_buf();
            StorageError::io(&path, "look into the folder", e.into())
        })?;
        files.push(file);
    }
    if files.is_empty() {
        return Err(StorageError::NotFound { path: shown, what: "file that matches the pattern" });
    }
    files.sort_by(|a, b| natural_key(a).cmp(&natural_key(b)).then_with(|| a.cmp(b)));
    Ok(files)
}

/// A key that sorts `img2` before `img10`: text and numbers in turn.
fn natural_key(path: &Path) -> Vec<(String, u128, usize)> {
    let mut parts = Vec::new();
    let text = path.to_string_lossy();
    let mut rest = text.as_ref();
    while !rest.is_empty() {
        let words = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(words);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        parts.push((word.to_string(), number.parse().unwrap_or(u128::MAX), number.len()));
        rest = after;
    }
    parts
}
