//! Everything that can go wrong between a file and an array.
//!
//! Owns the variants and their words: what failed, where, the numbers, what to try. Refuses to know
//! who asked, or what exit code follows.

use std::io;
use std::path::{Path, PathBuf};

use super::ScalarError;
use crate::array::Region;

/// Why a file could not become an array, or an array a file.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A file, a folder, or the files of a pattern.
    #[error("{}: no such {what}; {}", path.display(),
        if *what == "folder" { "create it first" } else { "check the path" })]
    NotFound { path: PathBuf, what: &'static str },
    /// A folder, a pipe or a device where a regular file is needed.
    #[error("{}: is {what}, not a regular file", path.display())]
    NotAFile { path: PathBuf, what: &'static str },
    /// The target of a write is there already.
    #[error("{}: exists already; pass --overwrite to replace it, or choose another name", path.display())]
    Exists { path: PathBuf },
    /// The system refused.
    #[error("{}: permission denied to {action}; check the owner and mode of the file and its folder", path.display())]
    Denied { path: PathBuf, action: &'static str },
    /// The file ends before the array does.
    #[error(
        "{}: the file is truncated or the shape is wrong: {what} needs {need} bytes, the file has {have} ({} missing)",
        path.display(), need.saturating_sub(*have)
    )]
    Truncated { path: PathBuf, what: String, need: u64, have: u64 },
    /// A header that its format does not allow.
    #[error("{}: malformed header at byte {offset}: {what}", path.display())]
    Header { path: PathBuf, offset: u64, what: String },
    /// A well-formed file of a kind that is not read or written.
    #[error("{}: {what}", path.display())]
    Unsupported { path: PathBuf, what: String },
    /// An option says one thing and the file another.
    #[error("{}: {option} = {said} contradicts the file, which has {found}; leave {option} out, or correct it",
        path.display())]
    Contradiction { path: PathBuf, option: &'static str, said: String, found: String },
    /// Options that do not make an array.
    #[error("{}: {what}", path.display())]
    Options { path: PathBuf, what: String },
    /// A shape of more bytes than a file can have.
    #[error("{}: shape {shape} of {dtype} has more than 2^63 - 1 bytes", path.display())]
    TooLarge { path: PathBuf, shape: String, dtype: &'static str },
    /// Two files of one stack that differ.
    #[error("{} is {second_is}, but {} of the same stack is {first_is}; {advice}", second.display(), first.display())]
    Mismatch { first: PathBuf, first_is: String, second: PathBuf, second_is: String, advice: &'static str },
    /// A picture that cannot be decoded: its page in the file, its frame in the stack.
    #[error("{}{}: cannot decode the picture: {what}", path.display(), places(*page, *frame))]
    Decode { path: PathBuf, page: Option<usize>, frame: Option<usize>, what: String },
    /// Two files of one table whose columns differ.
    #[error("{} has {second_is}, but {} has {first_is}; files that are read as one need the same columns in the same order",
        second.display(), first.display())]
    Columns { first: PathBuf, first_is: String, second: PathBuf, second_is: String },
    /// A place in a table of text that is not what it should be. Lines count from 1, in the file.
    #[error("{}:{line}{}: {what}", path.display(),
        column.as_ref().map_or(String::new(), |c| format!(", column {c}")))]
    Cell { path: PathBuf, line: u64, column: Option<String>, what: String },
    /// Whoever asked for it wants it no more.
    #[error("{}: interrupted", path.display())]
    Interrupted { path: PathBuf },
    /// Too little room for a file that is to be written.
    #[error("{}: the disk is too full: {need} bytes are needed, {free} are free", path.display())]
    NoSpace { path: PathBuf, need: u64, free: u64 },
    /// Somebody else writes the same file.
    #[error("{}: locked by another process that is writing it", path.display())]
    Locked { path: PathBuf },
    /// A region that another worker is writing at this moment.
    #[error("{}: region {region:?} overlaps {other:?}, which is being written", path.display())]
    Claimed { path: PathBuf, region: Region, other: Region },
    /// A region outside the array.
    #[error("{}: region {region:?} is outside the array of shape {shape:?}", path.display())]
    Outside { path: PathBuf, region: Region, shape: Vec<u64> },
    /// A buffer of the wrong length for a region.
    #[error("{}: region {region:?} has {need} bytes, the buffer {have}", path.display())]
    Buffer { path: PathBuf, region: Region, need: u64, have: u64 },
    /// The file shrank, or its disk failed, while it was mapped.
    #[error(
        "{}: cannot read byte {offset} of the mapped file{}; results that used it are not valid", path.display(),
        size.map_or(": the disk reported an error".to_string(),
            |s| format!(": another process cut it to {s} bytes (it had {mapped})"))
    )]
    Fault { path: PathBuf, offset: u64, mapped: u64, size: Option<u64> },
    /// More files are mapped at once than the fault handler can watch.
    #[error("{}: more than {limit} files are mapped at once; close some first", path.display())]
    TooManyMaps { path: PathBuf, limit: usize },
    /// Writing to an array that is open for reading.
    #[error("{}: open for reading only (mode r); open it with mode r+ to write, or c to change a private copy",
        path.display())]
    ReadOnly { path: PathBuf },
    /// An index outside the array, or the wrong number of them.
    #[error("{}: {what}", path.display())]
    Index { path: PathBuf, what: String },
    /// A typed view of bytes that are not stored that way.
    #[error("{}: {what}", path.display())]
    NoView { path: PathBuf, what: String },
    /// A value that the dtype cannot hold.
    #[error("{}: {source}", path.display())]
    Value { path: PathBuf, source: ScalarError },
    /// Anything else the system said.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io { path: PathBuf, action: &'static str, source: io::Error },
}

impl StorageError {
    /// What `error` means for an attempt to `action` the file.
    pub(super) fn io(path: &Path, action: &'static str, error: io::Error) -> StorageError {
        let path = path.to_path_buf();
        match error.kind() {
            io::ErrorKind::NotFound => StorageError::NotFound { path, what: "file" },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StorageError::Denied { path, action }
            }
            io::ErrorKind::AlreadyExists => StorageError::Exists { path },
            _ => StorageError::Io { path, action, source: error },
        }
    }

    pub(super) fn unsupported(path: &Path, what: impl Into<String>) -> StorageError {
        StorageError::Unsupported { path: path.to_path_buf(), what: what.into() }
    }

    pub(super) fn options(path: &Path, what: impl Into<String>) -> StorageError {
        StorageError::Options { path: path.to_path_buf(), what: what.into() }
    }

    /// Why a picture is of no use, without its name.
    pub fn reason(&self) -> String {
        match self {
            StorageError::Decode { what, .. } | StorageError::Unsupported { what, .. } => what.clone(),
            other => other.to_string(),
        }
    }

    /// Whether this is a refusal (target exists, too little disk) rather than a failure.
    pub fn is_refusal(&self) -> bool {
        matches!(self, StorageError::Exists { .. } | StorageError::NoSpace { .. })
    }
}

/// ` (page 2, frame 7 of the stack)`, as far as known.
fn places(page: Option<usize>, frame: Option<usize>) -> String {
    let page = page.map(|p| format!("page {p}"));
    let frame = frame.map(|f| format!("frame {f} of the stack"));
    let known: Vec<String> = page.into_iter().chain(frame).collect();
    if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) }
}
