//! Writing a file by positioned calls, through the page cache or past it.
//!
//! Owns how pieces become blocks, and how a range is cut where the disk wants whole pages. Refuses to know which
//! elements the bytes are.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam::channel::Sender;

use super::map::page_bytes;
use super::window::open_direct;
use super::writers::{Block, Failure, Writers};
use crate::array::IO_BLOCK_BYTES;

/// A file that is written in pieces.
#[derive(Debug)]
pub(super) struct Stream {
    files: Arc<Files>,
    /// Threads that write while workers compute; 0 for none. They begin with the first block.
    count: u64,
    writers: Mutex<Option<Writers>>,
    failure: Arc<Failure>,
}

/// One file, opened once or twice.
#[derive(Debug)]
struct Files {
    cached: File,
    /// Opened to be written past the page cache; `None` to write through it.
    direct: Option<File>,
    /// Set when the file system would not write past its cache after all.
    refused: AtomicBool,
}

impl Stream {
    /// To a file through the page cache, or past it where that can be; the second value says why it cannot. Past it, up to `writers`
    /// threads write behind those who compute.
    pub(super) fn new(file: &File, direct: bool, writers: u64) -> io::Result<(Stream, Option<String>)> {
        let (direct, why) = match direct.then(|| open_direct(file, true)) {
            None => (None, None),
            Some(Ok(direct)) => (Some(direct), None),
            Some(Err(e)) => (None, Some(e.to_string())),
        };
        let count = if direct.is_some() { writers } else { 0 };
        let files = Arc::new(Files { cached: file.try_clone()?, direct, refused: AtomicBool::new(false) });
        Ok((Stream { files, count, writers: Mutex::default(), failure: Arc::default() }, why))
    }

    /// Calls `pieces` with a writer that takes what lies where. What it was given is on its way to the file when this returns, and there
    /// after [`Self::finish`].
    pub(super) fn write(&self, pieces: impl FnOnce(&mut dyn FnMut(u64, &[u8]))) -> io::Result<()> {
        self.failure.check()?;
        let mut gather = Gather { files: &self.files, behind: self.behind(), block: None, failed: None };
        pieces(&mut |at, piece| gather.put(at, piece));
        gather.flush();
        gather.failed.map_or(Ok(()), Err)
    }

    /// Where blocks go that are not written here.
    fn behind(&self) -> Option<Sender<Block>> {
        if self.count == 0 {
            return None;
        }
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if writers.is_none() {
            let files = Arc::clone(&self.files);
            let write = move |block: &Block| files.write(block.start, block.bytes());
            *writers = Writers::start(self.count, write, &self.failure);
        }
        writers.as_ref().map(Writers::sender)
    }

    /// Returns when the system has everything, with the first error there was. No memory of blocks is kept.
    pub(super) fn finish(&self) -> io::Result<()> {
        let writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writers) = writers {
            writers.join();
        }
        Block::free_idle();
        self.failure.check()
    }

    /// Fails where a block could not be written since it was handed over. One atomic load while all is well.
    pub(super) fn check(&self) -> io::Result<()> {
        self.failure.check()
    }

    /// Whether the file system would not write past its cache after all.
    pub(super) fn was_refused(&self) -> bool {
        self.files.refused.load(Relaxed)
    }

    /// Whether whole pages go past the page cache.
    pub(super) fn is_direct(&self) -> bool {
        self.files.is_direct()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Nobody asks any more how it went.
        let _ = self.finish();
    }
}

impl Files {
    fn is_direct(&self) -> bool {
        self.direct.is_some() && !self.refused.load(Relaxed)
    }

    /// Writes a range that lies in `bytes`, whose address has the offset of the file within a page.
    fn write(&self, start: u64, bytes: &[u8]) -> io::Result<()> {
        let page = page_bytes();
        let end = start + bytes.len() as u64;
        let (from, to) = (start.next_multiple_of(page), end / page * page);
        let direct = self.direct.as_ref().filter(|_| from < to && !self.refused.load(Relaxed));
        let Some(direct) = direct else { return self.cached.write_all_at(bytes, start) };
        let (head, rest) = bytes.split_at((from - start) as usize);
        let (whole, tail) = rest.split_at((to - from) as usize);
        match direct.write_all_at(whole, from) {
            Ok(()) => {}
            Err(e) if e.raw_os_error() == Some(libc::EINVAL) => {
                self.refused.store(true, Relaxed);
                self.cached.write_all_at(whole, from)?;
            }
            Err(e) => return Err(e),
        }
        // A page that is written in part goes through the cache, where its other part meets it.
        if !head.is_empty() {
            self.cached.write_all_at(head, start)?;
        }
        if tail.is_empty() { Ok(()) } else { self.cached.write_all_at(tail, to) }
    }
}

/// Pieces that follow each other, until they fill a block.
struct Gather<'a> {
    files: &'a Files,
    behind: Option<Sender<Block>>,
    block: Option<Block>,
    failed: Option<io::Error>,
}

impl Gather<'_> {
    fn put(&mut self, mut at: u64, mut piece: &[u8]) {
        if self.block.as_ref().is_some_and(|block| block.end() != at) {
            self.flush();
        }
        while !piece.is_empty() && self.failed.is_none() {
            let block = match self.block.take() {
                Some(block) => block,
                // What fills blocks anyway needs no copy on its way through the cache.
                None if !self.files.is_direct() && piece.len() as u64 >= IO_BLOCK_BYTES => {
                    self.failed = self.files.cached.write_all_at(piece, at).err();
                    return;
                }
                None => match Block::take(at) {
                    Ok(block) => block,
                    Err(e) => return self.failed = Some(e),
                },
            };
            let block = self.block.insert(block);
            let n = block.put(piece);
            (at, piece) = (at + n as u64, &piece[n..]);
            if block.end() == block.full_at() {
                self.flush();
            }
        }
    }

    /// Lets go of the block: hands it over, or writes it.
    fn flush(&mut self) {
        let Some(block) = self.block.take() else { return };
        let here = match &self.behind {
            Some(behind) => match behind.send(block) {
                Ok(()) => return,
                // All writers are gone.
                Err(back) => back.into_inner(),
            },
            None => block,
        };
        if self.failed.is_none() {
            self.failed = self.files.write(here.start, here.bytes()).err();
        }
        here.give_back();
    }
}
