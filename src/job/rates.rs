//! The machine's rates, kept between commands.
//!
//! Owns where they are kept and the document around them. Refuses to measure.

use crate::plan::Rates;
use crate::storage::StorageError;
use serde_json::Value;
use std::fs::Permissions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Names another file.
const VARIABLE: &str = "TILEWISE_MACHINE";

/// Where rates are kept: the file that `TILEWISE_MACHINE` names, else `tilewise/machine.json` in
/// `XDG_CONFIG_HOME` or in `~/.config`. `None` where none of the three is set.
pub fn rates_path() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(path) = variable(VARIABLE) {
        return Some(path);
    }
    // A relative folder is to be ignored, says the XDG specification.
    let config = variable("XDG_CONFIG_HOME").filter(|p| p.is_absolute());
    let config = config.or_else(|| variable("HOME").filter(|p| p.is_absolute()).map(|h| h.join(".config")))?;
    Some(config.join("tilewise/machine.json"))
}

/// A file as it was when it was read.
type Version = (PathBuf, u64, u64, u64, i64, i64);
type Saved = (Option<Rates>, Option<String>);

/// The saved rates; none where there is no file. A file that cannot be used is told, and counts as
/// none. Read again only when it has changed.
pub fn saved_rates() -> Saved {
    static KNOWN: Mutex<Option<(Version, Saved)>> = Mutex::new(None);
    let Some(path) = rates_path() else { return (None, None) };
    // Looked at before it is read: a change in between is seen the next time.
    let version = match std::fs::metadata(&path) {
        Ok(m) => (path.clone(), m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec()),
        Err(e) if e.kind() == ErrorKind::NotFound => return (None, None),
        Err(_) => return usable(&path),
    };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, saved)) = known.as_ref().filter(|(of, _)| *of == version) {
        return saved.clone();
    }
    let saved = usable(&path);
    *known = Some((version, saved.clone()));
    saved
}

fn usable(path: &Path) -> Saved {
    match read(path) {
        Ok(rates) => (rates, None),
        Err(e) => {
            let again = "tilewise bench --save writes it anew";
            (None, Some(format!("the machine's rates in {} cannot be used: {e}; {again}", path.display())))
        }
    }
}

fn read(path: &Path) -> Result<Option<Rates>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(e) => return Err(e.to_string()),
    };
    let mut document: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let rates = document.get_mut("rates").map(Value::take).ok_or("it has no \"rates\"")?;
    let rates: Rates = serde_json::from_value(rates).map_err(|e| e.to_string())?;
    if rates.is_sound() { Ok(Some(rates)) } else { Err("a rate is missing or not above 0".to_string()) }
}

/// Keeps a document that has the rates under `rates`; the file is whole or not there.
pub fn save_rates(path: &Path, document: &Value) -> Result<(), StorageError> {
    let failed = |source| StorageError::Io { path: path.to_path_buf(), action: "save the machine's rates", source };
    let folder = super::folder_of(path);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".tilewise-tmp").permissions(Permissions::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    writeln!(file, "{document:#}").and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}
