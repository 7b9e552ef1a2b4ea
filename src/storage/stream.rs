//! Writing a file by positioned calls, through the page cache or past it.
//!
//! Owns the blocks in which pieces are gathered, and how a range is cut where the disk wants whole pages. Refuses to know which
//! elements the bytes are.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use memmap2::MmapMut;

use super::map::page_bytes;
use super::window::open_direct;
use crate::array::IO_BLOCK_BYTES;

/// A file that is written in pieces.
#[derive(Debug)]
pub(super) struct Stream {
    /// Opened to be written past the page cache; `None` to write through it.
    direct: Option<File>,
    /// Set when the file system would not write past its cache after all.
    refused: AtomicBool,
    /// Blocks that nobody uses at the moment: as many as threads have written at once.
    blocks: Mutex<Vec<MmapMut>>,
}

impl Stream {
    /// To a file through the page cache, or past it where that can be; the second value says why it cannot.
    pub(super) fn new(file: &File, direct: bool) -> (Stream, Option<String>) {
        let (direct, why) = match direct.then(|| open_direct(file, true)) {
            None => (None, None),
            Some(Ok(direct)) => (Some(direct), None),
            Some(Err(e)) => (None, Some(e.to_string())),
        };
        (Stream { direct, refused: AtomicBool::new(false), blocks: Mutex::default() }, why)
    }

    /// Calls `pieces` with a writer; what it is given goes to `file`. Returns when the system has all of it.
    pub(super) fn write(&self, file: &File, pieces: impl FnOnce(&mut dyn FnMut(u64, &[u8]))) -> io::Result<()> {
        let kept = self.blocks.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let block = match kept {
            Some(block) => block,
            // Room for a block that begins anywhere in a page.
            None => MmapMut::map_anon((IO_BLOCK_BYTES + page_bytes()) as usize)?,
        };
        let mut gather = Gather { stream: self, file, block, start: 0, len: 0, failed: None };
        pieces(&mut |at, piece| gather.put(at, piece));
        gather.flush();
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).push(gather.block);
        gather.failed.map_or(Ok(()), Err)
    }

    /// Writes a range that lies in `bytes`, whose address has the offset of the file within a page.
    fn range(&self, file: &File, start: u64, bytes: &[u8]) -> io::Result<()> {
        let page = page_bytes();
        let end = start + bytes.len() as u64;
        let (from, to) = (start.next_multiple_of(page), end / page * page);
        let direct = self.direct.as_ref().filter(|_| from < to && !self.refused.load(Relaxed));
        let Some(direct) = direct else { return file.write_all_at(bytes, start) };
        let (head, rest) = bytes.split_at((from - start) as usize);
        let (whole, tail) = rest.split_at((to - from) as usize);
        match direct.write_all_at(whole, from) {
            Ok(()) => {}
            Err(e) if e.raw_os_error() == Some(libc::EINVAL) => {
                self.refused.store(true, Relaxed);
                file.write_all_at(whole, from)?;
            }
            Err(e) => return Err(e),
        }
        // A page that is written in part goes through the cache, where its other part meets it.
        if !head.is_empty() {
            file.write_all_at(head, start)?;
        }
        if tail.is_empty() { Ok(()) } else { file.write_all_at(tail, to) }
    }

    /// Whether the file system would not write past its cache after all.
    pub(super) fn was_refused(&self) -> bool {
        self.refused.load(Relaxed)
    }

    /// Whether whole pages go past the page cache.
    pub(super) fn is_direct(&self) -> bool {
        self.direct.is_some() && !self.refused.load(Relaxed)
    }
}

/// Pieces that follow each other, until they fill a block.
struct Gather<'a> {
    stream: &'a Stream,
    file: &'a File,
    block: MmapMut,
    /// Offset in the file of the first byte, and how many there are.
    start: u64,
    len: usize,
    failed: Option<io::Error>,
}

impl Gather<'_> {
    fn put(&mut self, mut at: u64, mut piece: &[u8]) {
        while !piece.is_empty() && self.failed.is_none() {
            if self.len > 0 && at != self.start + self.len as u64 {
                self.flush();
            }
            // What fills blocks anyway needs no copy on its way through the cache.
            if self.len == 0 && !self.stream.is_direct() && piece.len() as u64 >= IO_BLOCK_BYTES {
                self.failed = self.file.write_all_at(piece, at).err();
                return;
            }
            if self.len == 0 {
                self.start = at;
            }
            let page = page_bytes();
            // Blocks end on a page, so that none is cut but at the ends of a run.
            let end = self.start / page * page + IO_BLOCK_BYTES;
            let n = ((end - at) as usize).min(piece.len());
            let from = (self.start % page) as usize + self.len;
            self.block[from..from + n].copy_from_slice(&piece[..n]);
            (self.len, at, piece) = (self.len + n, at + n as u64, &piece[n..]);
            if at == end {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        if self.len > 0 && self.failed.is_none() {
            let from = (self.start % page_bytes()) as usize;
            self.failed = self.stream.range(self.file, self.start, &self.block[from..from + self.len]).err();
        }
        self.len = 0;
    }
}
