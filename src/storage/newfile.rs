//! A small file of any content that appears under its name when it is complete.
//!
//! Owns the temporary name and the rename, for what is no array: reports and records. Refuses to
//! know what is in it.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::StorageError;
use super::output::{permissions_for, target_of};

/// A file that is going to be written. Dropped without [`NewFile::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct NewFile {
    target: PathBuf,
    temporary: NamedTempFile,
    overwrite: bool,
}

impl NewFile {
    /// Begins a file under a temporary name in the target's folder, so that a target that exists, a
    /// missing folder and a forbidden one show now and not after an hour of work.
    pub fn create(path: &Path, overwrite: bool) -> Result<NewFile, StorageError> {
        let (target, folder) = target_of(path, overwrite)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".new.").suffix(".tilewise-tmp").permissions(permissions_for(&target));
        let temporary =
            builder.tempfile_in(&folder).map_err(|e| StorageError::io(&folder, "create a file in it", e))?;
        Ok(NewFile { target, temporary, overwrite })
    }

    /// Writes all of it and gives the file its name. A failure leaves neither the file nor a temporary one.
    pub fn commit(mut self, content: &[u8]) -> Result<(), StorageError> {
        let written = self.temporary.write_all(content).and_then(|()| self.temporary.as_file().sync_all());
        written.map_err(|e| StorageError::io(&self.target, "write it", e))?;
        let named = if self.overwrite {
            self.temporary.persist(&self.target)
        } else {
            self.temporary.persist_noclobber(&self.target)
        };
        named.map(drop).map_err(|e| StorageError::io(&self.target, "give the finished file its name", e.error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("page.html");
        let count = || std::fs::read_dir(folder.path()).expect("a folder").count();
        drop(NewFile::create(&path, false).expect("free"));
        assert_eq!(count(), 0, "an abandoned file leaves nothing");
        let (first, second) =
            (NewFile::create(&path, false).expect("free"), NewFile::create(&path, false).expect("free"));
        assert!(!path.exists());
        first.commit(b"one").expect("written");
        assert!(matches!(second.commit(b"two"), Err(StorageError::Exists { .. })), "the name was taken meanwhile");
        assert!(matches!(NewFile::create(&path, false), Err(StorageError::Exists { .. })));
        NewFile::create(&path, true).expect("may replace").commit(b"three").expect("written");
        assert_eq!((std::fs::read(&path).expect("a file"), count()), (b"three".to_vec(), 1));
        let error = NewFile::create(&folder.path().join("no/page.html"), true).expect_err("no folder").to_string();
        assert!(error.contains("no such folder"), "{error}");
    }
}
