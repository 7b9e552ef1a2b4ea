//! A small file that is written as a whole: a picture, a plot, a page.
//!
//! Owns the temporary name and the rename. Refuses to know what the bytes mean.

use std::io::Write;
use std::path::Path;

use super::StorageError;
use super::output::{permissions_for, target_of};

/// Refuses a target that exists and may not be replaced, that is a folder, or whose folder is missing:
/// to be asked before the work, so that it is not in vain.
pub fn check_target(path: &Path, overwrite: bool) -> Result<(), StorageError> {
    target_of(path, overwrite).map(drop)
}

/// Writes a file that appears under its name when it is complete. An old one stays until then; with
/// `overwrite` unset it is an error ([`StorageError::Exists`]).
pub fn write_whole(path: &Path, bytes: &[u8], overwrite: bool) -> Result<(), StorageError> {
    let (target, folder) = target_of(path, overwrite)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".whole.").suffix(".tilewise-tmp").permissions(permissions_for(&target));
    let mut file = builder.tempfile_in(&folder).map_err(|e| StorageError::io(&folder, "create a file in it", e))?;
    file.write_all(bytes).map_err(|e| StorageError::io(&target, "write it", e))?;
    let named = if overwrite { file.persist(&target) } else { file.persist_noclobber(&target) };
    named.map(drop).map_err(|e| StorageError::io(&target, "give the finished file its name", e.error))
}
