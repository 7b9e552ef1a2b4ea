//! The text of one file: where its bytes come from, and reading them by windows of whole rows.
//!
//! Owns positioned reads, the end of a file without a last newline, and line numbers for messages.
//! Refuses to know fields and columns.

use std::fs::{File, Metadata};
use std::ops::Deref;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::StorageError;
use super::super::open::{Mode, open_file};
use super::rows::row_end;

/// A longer row is a quote that was left open, or no table.
pub const ROW_BYTES_MAX: usize = 16 << 20;

/// Bytes behind the text of a window that may be looked at.
pub const SLACK: usize = 32;

/// The text of one file.
#[derive(Debug)]
pub struct Text {
    pub path: PathBuf,
    source: Source,
    /// Where the text begins: behind a byte order mark, or behind other files that were unpacked.
    pub start: u64,
    pub end: u64,
}

#[derive(Debug)]
enum Source {
    /// The file of that name, as it was on opening.
    Named(Stamp),
    /// A temporary file without a name.
    Unpacked(Arc<File>),
}

/// What tells whether a file is still the one that was looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(meta: &Metadata) -> Stamp {
        let changed = (meta.mtime(), meta.mtime_nsec());
        Stamp { device: meta.dev(), inode: meta.ino(), bytes: meta.len(), changed }
    }
}

/// A file that is open for reading.
pub enum Handle {
    Own(File),
    Shared(Arc<File>),
}

impl Deref for Handle {
    type Target = File;
    fn deref(&self) -> &File {
        match self {
            Handle::Own(file) => file,
            Handle::Shared(file) => file,
        }
    }
}

impl Text {
    /// The whole text of a file.
    pub fn named(path: &Path, meta: &Metadata) -> Text {
        Text { path: path.to_path_buf(), source: Source::Named(Stamp::of(meta)), start: 0, end: meta.len() }
    }

    /// The text of a compressed file, in a range of a temporary one.
    pub fn unpacked(path: &Path, file: Arc<File>, start: u64, end: u64) -> Text {
        Text { path: path.to_path_buf(), source: Source::Unpacked(file), start, end }
    }

    /// Opens the file again, and refuses one that is no longer what it was.
    pub fn open(&self) -> Result<Handle, StorageError> {
        match &self.source {
            Source::Unpacked(file) => Ok(Handle::Shared(file.clone())),
            Source::Named(stamp) => {
                let file = open_file(&self.path, Mode::Read)?;
                let meta = file.metadata().map_err(|e| StorageError::io(&self.path, "read its size", e))?;
                if Stamp::of(&meta) != *stamp {
                    return Err(self.changed());
                }
                Ok(Handle::Own(file))
            }
        }
    }

    fn changed(&self) -> StorageError {
        let what = "the file was changed while it was in use; results that used it are not valid";
        StorageError::unsupported(&self.path, what)
    }

    /// Reads from `at` on: as much as fits, up to the end. Returns how much.
    pub fn read(&self, file: &File, buffer: &mut [u8], at: u64) -> Result<usize, StorageError> {
        let want = buffer.len().min(self.end.saturating_sub(at) as usize);
        let mut have = 0;
        while have < want {
            match file.read_at(&mut buffer[have..want], at + have as u64) {
                Ok(0) => return Err(self.changed()),
                Ok(n) => have += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(StorageError::io(&self.path, "read it", e)),
            }
        }
        Ok(have)
    }

    /// The line, from 1, of a byte.
    fn line(&self, byte: u64) -> Result<u64, StorageError> {
        let (file, mut buffer, mut at, mut lines) = (self.open()?, vec![0; 1 << 16], self.start, 1);
        while at < byte {
            let want = buffer.len().min((byte - at) as usize);
            let n = self.read(&file, &mut buffer[..want], at)?;
            if n == 0 {
                break;
            }
            lines += memchr::memchr_iter(b'\n', &buffer[..n]).count() as u64;
            at += n as u64;
        }
        Ok(lines)
    }

    /// The error for a place in the text; looks for the line, which costs a sweep over what is before.
    pub fn fault(&self, byte: u64, column: Option<String>, what: impl Into<String>) -> StorageError {
        match self.line(byte) {
            Ok(line) => StorageError::Cell { path: self.path.clone(), line, column, what: what.into() },
            Err(e) => e,
        }
    }
}

/// A window of text that begins with a row, and moves from row to row.
pub struct Window<'a> {
    text: &'a Text,
    file: Handle,
    buffer: &'a mut Vec<u8>,
    /// Where in the text the window begins.
    pub at: u64,
    filled: usize,
}

impl<'a> Window<'a> {
    /// A window at a row's beginning, as long as the buffer.
    pub fn new(text: &'a Text, buffer: &'a mut Vec<u8>, at: u64) -> Result<Window<'a>, StorageError> {
        Ok(Window { text, file: text.open()?, buffer, at, filled: 0 })
    }

    /// Whether nothing is left.
    pub fn done(&self) -> bool {
        self.at >= self.text.end
    }

    /// Reads the text at the window's place. A last row without a newline gets one. Behind the text lie
    /// [`SLACK`] bytes.
    pub fn fill(&mut self) -> Result<(), StorageError> {
        let room = self.buffer.len() - SLACK;
        self.filled = self.text.read(&self.file, &mut self.buffer[..room], self.at)?;
        if self.ends() && self.buffer[..self.filled].last() != Some(&b'\n') {
            self.buffer[self.filled] = b'\n';
            self.filled += 1;
        }
        Ok(())
    }

    /// Whether the window reaches the end of the text.
    fn ends(&self) -> bool {
        self.at + self.filled as u64 >= self.text.end
    }

    /// The text, and the slack behind it.
    pub fn bytes(&self) -> (&[u8], usize) {
        (&self.buffer[..self.filled + SLACK - 1], self.filled)
    }

    /// Moves on by whole rows. Where there is not one in the window, makes it larger.
    pub fn advance(&mut self, rows: usize, separator: u8) -> Result<(), StorageError> {
        self.at += rows as u64;
        if rows > 0 {
            return Ok(());
        }
        if self.ends() {
            // Without an open quote the last newline ends a row.
            debug_assert!(row_end(&self.buffer[..self.filled], 0, separator).is_none());
            return Err(self.text.fault(self.at, None, "a quote is opened in this row and never closed"));
        }
        if self.buffer.len() - SLACK >= ROW_BYTES_MAX {
            let what = "the row that begins here is longer than 16 MiB; is a quote left open, or is this no CSV file?";
            return Err(self.text.fault(self.at, None, what));
        }
        let longer = (self.buffer.len() - SLACK) * 2 + SLACK;
        self.buffer.resize(longer, 0);
        Ok(())
    }
}
