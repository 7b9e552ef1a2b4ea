//! A file that is written from its first byte to its last, and appears under its name when it is complete.
//!
//! Owns the temporary name and the rename. Refuses to know what is written. Arrays, which are written
//! tile by tile through a map, are [`super::Output`]s.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::StorageError;
use super::output::{target_of, temporary_for};

/// A file under a temporary name in its target's folder. Dropped without [`NewFile::finish`], it
/// leaves nothing behind.
#[derive(Debug)]
pub struct NewFile {
    writer: BufWriter<File>,
    finished: FinishedFile,
}

/// A file with all its bytes that waits for its name. Dropped without [`FinishedFile::commit`], it
/// leaves nothing behind.
#[derive(Debug)]
pub struct FinishedFile {
    temporary: TempPath,
    /// The path as given, and what it leads to.
    path: PathBuf,
    target: PathBuf,
    overwrite: bool,
    bytes: u64,
}

impl NewFile {
    /// Begins a file. Fails with [`StorageError::Exists`] where the target exists and may not be replaced.
    pub fn create(path: &Path, overwrite: bool) -> Result<NewFile, StorageError> {
        let (target, folder) = target_of(path, overwrite)?;
        let (file, temporary) = temporary_for(&target, &folder)?.into_parts();
        let finished = FinishedFile { temporary, path: path.to_path_buf(), target, overwrite, bytes: 0 };
        Ok(NewFile { writer: BufWriter::new(file), finished })
    }

    /// The final path, as given.
    pub fn path(&self) -> &Path {
        &self.finished.path
    }

    /// Writes these bytes, waits for the disk, and gives the file its name.
    pub fn commit_with(mut self, bytes: &[u8]) -> Result<(), StorageError> {
        let written = self.writer.write_all(bytes).and_then(|()| self.writer.flush());
        let synced = written.and_then(|()| self.writer.get_ref().sync_all());
        synced.map_err(|e| StorageError::io(&self.finished.path, "write the file", e))?;
        self.finish()?.commit()
    }

    /// Ends the writing. Dropping the buffer instead would lose the error of a full disk.
    pub fn finish(mut self) -> Result<FinishedFile, StorageError> {
        let ended = self.writer.flush().and_then(|()| self.writer.get_ref().metadata());
        let meta = ended.map_err(|e| StorageError::io(&self.finished.path, "write the file", e))?;
        Ok(FinishedFile { bytes: meta.len(), ..self.finished })
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

impl Seek for NewFile {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.writer.seek(to)
    }
}

impl FinishedFile {
    /// Bytes of the file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The final path, as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name.
    pub fn commit(self) -> Result<(), StorageError> {
        let named = match self.overwrite {
            true => self.temporary.persist(&self.target),
            false => self.temporary.persist_noclobber(&self.target),
        };
        named.map_err(|e| StorageError::io(&self.target, "give the finished file its name", e.error))
    }
}

/// Refuses a target that exists and may not be replaced, that is a folder, or whose folder is missing:
/// to be asked before the work, so that it is not in vain.
pub fn check_target(path: &Path, overwrite: bool) -> Result<(), StorageError> {
    target_of(path, overwrite).map(drop)
}

/// Writes a small file of any content as a whole: a picture, a plot, a page.
pub fn write_whole(path: &Path, bytes: &[u8], overwrite: bool) -> Result<(), StorageError> {
    NewFile::create(path, overwrite)?.commit_with(bytes)
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
        first.commit_with(b"one").expect("written");
        assert!(matches!(second.commit_with(b"two"), Err(StorageError::Exists { .. })), "the name was taken meanwhile");
        assert!(matches!(NewFile::create(&path, false), Err(StorageError::Exists { .. })));
        NewFile::create(&path, true).expect("may replace").commit_with(b"three").expect("written");
        assert_eq!((std::fs::read(&path).expect("a file"), count()), (b"three".to_vec(), 1));
        let error = NewFile::create(&folder.path().join("no/page.html"), true).expect_err("no folder").to_string();
        assert!(error.contains("no such folder"), "{error}");
    }
}
