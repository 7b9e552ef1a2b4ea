//! Compressed files, unpacked once into a temporary file without a name.
//!
//! Owns recognising and unpacking. Refuses to know what the bytes say.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::super::StorageError;

/// Whether a file is compressed, by its first bytes.
pub fn is_packed(path: &Path, file: &File) -> Result<bool, StorageError> {
    let mut start = [0; 2];
    match file.read_exact_at(&mut start, 0) {
        Ok(()) => Ok(start == [0x1f, 0x8b]),
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(StorageError::io(path, "read its header", e)),
    }
}

/// The temporary file of an array: all its compressed files, one behind the other.
pub struct Unpacked {
    folder: PathBuf,
    file: Option<Arc<File>>,
    /// Bytes so far.
    pub bytes: u64,
}

impl Unpacked {
    /// Nothing yet; the file is made for the first one that is compressed.
    pub fn new() -> Unpacked {
        Unpacked { folder: std::env::temp_dir(), file: None, bytes: 0 }
    }

    /// Unpacks a file behind the others; the temporary file, and the range in it.
    pub fn add(&mut self, path: &Path, packed: &File) -> Result<(Arc<File>, u64, u64), StorageError> {
        let failed = |e| StorageError::io(&self.folder, "unpack into a temporary file in it (see TMPDIR)", e);
        let file = match &self.file {
            Some(file) => file.clone(),
            None => self.file.insert(Arc::new(tempfile::tempfile_in(&self.folder).map_err(failed)?)).clone(),
        };
        let start = self.bytes;
        // Writes go where the last one ended: nobody moves the place of this file.
        let mut to = BufWriter::with_capacity(1 << 18, &*file);
        let mut from = MultiGzDecoder::new(std::io::BufReader::with_capacity(1 << 16, packed));
        let mut block = vec![0; 1 << 16];
        loop {
            let n = match from.read(&mut block) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => {
                    let what = format!("the gzip data is damaged: {e}; unpack it by hand to see what can be saved");
                    return Err(StorageError::unsupported(path, what));
                }
            };
            to.write_all(&block[..n]).map_err(failed)?;
            self.bytes += n as u64;
        }
        to.flush().map_err(failed)?;
        Ok((file.clone(), start, self.bytes))
    }

    /// Bytes of the temporary file, where there is one.
    pub fn total(&self) -> Option<u64> {
        self.file.as_ref().map(|_| self.bytes)
    }
}
