//! Which files are meant: patterns, folders, lists, and their order.
//!
//! Owns natural order. Refuses to open a picture.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::storage::pattern::{self, natural_key};
use crate::storage::{Format, StorageError, identity};

/// Folders below folders, at most.
const DEPTH_MAX: usize = 64;

/// Pictures in the order in which they become frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PictureFiles {
    pub paths: Vec<PathBuf>,
    /// Whether one plain file was given and nothing else: an array without an axis of frames.
    pub single: bool,
    /// Two neighbours that were given in another than natural order, as a shell expands `*.png`.
    pub unnatural: Option<(PathBuf, PathBuf)>,
}

impl PictureFiles {
    /// Expands files, folders and patterns, each in natural order; what was given in turn stays in turn.
    /// Of folders all pictures are taken, with `subfolders` those below too; names that begin with a
    /// dot are left out. Fails where a pattern or a folder gives none.
    pub fn find(inputs: &[String], subfolders: bool) -> Result<PictureFiles, StorageError> {
        let mut found = PictureFiles::default();
        let mut plain: Option<&Path> = None;
        for input in inputs {
            let path = Path::new(input);
            if path.is_dir() {
                found.paths.append(&mut in_folder(path, subfolders)?);
                plain = None;
            } else if pattern::is_pattern(input) && !path.exists() {
                found.paths.append(&mut matching(input, Path::new(""))?);
                plain = None;
            } else {
                if let Some(before) = plain.filter(|b| found.unnatural.is_none() && natural_key(b) > natural_key(path))
                {
                    found.unnatural = Some((before.to_path_buf(), path.to_path_buf()));
                }
                plain = Some(path);
                found.paths.push(path.to_path_buf());
            }
        }
        found.single = inputs.len() == 1 && plain.is_some();
        Ok(found)
    }

    /// Whether an input names pictures: a folder, or files whose endings or first bytes say so.
    pub fn are_meant(input: &str) -> bool {
        let path = Path::new(input);
        if path.is_dir() {
            return true;
        }
        // A pattern without a match is what its ending says.
        let first = match pattern::is_pattern(input) && !path.exists() {
            true => glob::glob(input).ok().and_then(|mut f| f.find_map(Result::ok)).or(Some(path.to_path_buf())),
            false => Some(path.to_path_buf()),
        };
        first.is_some_and(|f| match Format::of_extension(&f) {
            Some(format) => format == Format::Picture,
            None => std::fs::File::open(&f).is_ok_and(|mut file| super::decode::kind(&f, &mut file).is_ok()),
        })
    }
}

/// All files that match a pattern, in natural order.
fn matching(pattern: &str, base: &Path) -> Result<Vec<PathBuf>, StorageError> {
    let files = pattern::matching(pattern, base)?;
    if let Some(other) = files.iter().find(|f| Format::of_extension(f) != Some(Format::Picture)) {
        return Err(StorageError::unsupported(
            &base.join(pattern),
            format!("a pattern stacks PNG, JPEG and TIFF files, but it matches {}", other.display()),
        ));
    }
    Ok(files)
}

fn in_folder(folder: &Path, subfolders: bool) -> Result<Vec<PathBuf>, StorageError> {
    let mut listing = Listing { files: Vec::new(), seen: HashSet::new(), below: None, subfolders };
    listing.add(folder, 0)?;
    let Listing { mut files, below, .. } = listing;
    if files.is_empty() {
        let hint = match below {
            Some(below) if !subfolders => {
                format!(
                    "; it has folders such as {}, which are looked into with --labels, or by a pattern like '{}/*/*.png'",
                    below.display(),
                    folder.display()
                )
            }
            _ => String::new(),
        };
        return Err(StorageError::unsupported(folder, format!("the folder holds no PNG, JPEG or TIFF file{hint}")));
    }
    pattern::sort(&mut files);
    Ok(files)
}

struct Listing {
    files: Vec<PathBuf>,
    /// Folders that were looked into: links may lead in circles.
    seen: HashSet<(u64, u64)>,
    below: Option<PathBuf>,
    subfolders: bool,
}

impl Listing {
    fn add(&mut self, folder: &Path, depth: usize) -> Result<(), StorageError> {
        if depth > DEPTH_MAX || !identity(folder).is_none_or(|i| self.seen.insert(i)) {
            return Ok(());
        }
        let failed = |e| StorageError::io(folder, "look into the folder", e);
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                if self.subfolders {
                    self.add(&path, depth + 1)?;
                }
                // Folders are listed in any order; the message names the same one each time.
                if self.below.as_ref().is_none_or(|below| natural_key(&path) < natural_key(below)) {
                    self.below = Some(path);
                }
            } else if Format::of_extension(&path) == Some(Format::Picture) {
                self.files.push(path);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
