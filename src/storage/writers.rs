//! Threads that write blocks to a file while workers compute the next ones.
//!
//! Owns the threads of one file, their blocks, and the first error. Refuses to know how a block is written, and where its bytes come from.
//!
//! A block is handed over from hand to hand: a worker waits until a thread is free. So no more blocks exist than there are threads of
//! either kind, and nothing piles up where the disk is slow.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use crossbeam::channel::{Sender, bounded};
use memmap2::MmapMut;

use super::map::page_bytes;
use crate::array::IO_BLOCK_BYTES;

/// Bytes for one place of a file.
#[derive(Debug)]
pub(super) struct Block {
    /// Room for a block that begins anywhere in a page.
    memory: MmapMut,
    /// Offset in the file of the first byte, and how many there are. The memory begins where the page of the file does.
    pub start: u64,
    pub len: usize,
}

/// Memory of blocks that nobody uses at the moment: all files of the process have the same, since a worker fills one at a time.
static IDLE: Mutex<Vec<MmapMut>> = Mutex::new(Vec::new());

impl Block {
    /// An empty one.
    pub(super) fn take(start: u64) -> io::Result<Block> {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let memory = match idle {
            Some(memory) => memory,
            None => MmapMut::map_anon((IO_BLOCK_BYTES + page_bytes()) as usize)?,
        };
        Ok(Block { memory, start, len: 0 })
    }

    /// Its memory serves again.
    pub(super) fn give_back(self) {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(self.memory);
    }

    /// Gives the memory of all that are idle to the system.
    pub(super) fn free_idle() {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn offset(&self) -> usize {
        (self.start % page_bytes()) as usize
    }

    /// The offset in the file where it is full: on a page, so that none is cut but at the ends of a run.
    pub(super) fn full_at(&self) -> u64 {
        self.start - self.offset() as u64 + IO_BLOCK_BYTES
    }

    /// The offset in the file behind its last byte.
    pub(super) fn end(&self) -> u64 {
        self.start + self.len as u64
    }

    /// Takes as much of a piece as there is room for, and says how much that was.
    pub(super) fn put(&mut self, piece: &[u8]) -> usize {
        let n = ((self.full_at() - self.end()) as usize).min(piece.len());
        let from = self.offset() + self.len;
        self.memory[from..from + n].copy_from_slice(&piece[..n]);
        self.len += n;
        n
    }

    /// What it holds.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.memory[self.offset()..self.offset() + self.len]
    }
}

/// The first error of a file, told to everybody who asks.
#[derive(Debug, Default)]
pub(super) struct Failure {
    is_set: AtomicBool,
    first: Mutex<Option<(io::ErrorKind, Option<i32>)>>,
}

impl Failure {
    fn set(&self, error: &io::Error) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert((error.kind(), error.raw_os_error()));
        self.is_set.store(true, Relaxed);
    }

    /// One atomic load while all is well.
    pub(super) fn check(&self) -> io::Result<()> {
        if !self.is_set.load(Relaxed) {
            return Ok(());
        }
        match *self.first.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((_, Some(code))) => Err(io::Error::from_raw_os_error(code)),
            Some((kind, None)) => Err(kind.into()),
            None => Ok(()),
        }
    }
}

/// The threads of one file.
#[derive(Debug)]
pub(super) struct Writers {
    sender: Sender<Block>,
    threads: Vec<JoinHandle<()>>,
}

impl Writers {
    /// Begins up to `count` threads that call `write`; `None` where the system gives none.
    pub(super) fn start(
        count: u64,
        write: impl Fn(&Block) -> io::Result<()> + Clone + Send + 'static,
        failure: &Arc<Failure>,
    ) -> Option<Writers> {
        let (sender, receiver) = bounded::<Block>(0);
        let begin = |_| {
            let (receiver, write, failure) = (receiver.clone(), write.clone(), Arc::clone(failure));
            let work = move || {
                for block in receiver {
                    // After an error the rest is taken all the same, so that nobody waits.
                    if failure.check().is_ok() {
                        let _ = write(&block).inspect_err(|e| failure.set(e));
                    }
                    block.give_back();
                }
            };
            Builder::new().name("tilewise-write".to_string()).stack_size(256 << 10).spawn(work).ok()
        };
        let threads: Vec<JoinHandle<()>> = (0..count).map_while(begin).collect();
        (!threads.is_empty()).then_some(Writers { sender, threads })
    }

    /// Where blocks are handed over.
    pub(super) fn sender(&self) -> Sender<Block> {
        self.sender.clone()
    }

    /// Returns when everything that was handed over is written.
    pub(super) fn join(self) {
        drop(self.sender);
        for thread in self.threads {
            // A thread that panicked has written nothing down; there is nothing in it that panics.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn the_first_error_is_told_and_nobody_waits_for_ever() {
        let (failure, written) = (Arc::new(Failure::default()), Arc::new(AtomicU64::new(0)));
        let count = Arc::clone(&written);
        let write = move |block: &Block| {
            count.fetch_add(block.bytes().len() as u64, Relaxed);
            if block.start == 3 * IO_BLOCK_BYTES { Err(io::Error::from_raw_os_error(libc::ENOSPC)) } else { Ok(()) }
        };
        let writers = Writers::start(1, write, &failure).expect("a thread");
        for i in 0..10 {
            let mut block = Block::take(i * IO_BLOCK_BYTES).expect("memory");
            assert_eq!(block.put(&[7; 1000]), 1000);
            writers.sender().send(block).expect("somebody takes it");
        }
        writers.join();
        assert_eq!(failure.check().expect_err("told").raw_os_error(), Some(libc::ENOSPC));
        assert_eq!(written.load(Relaxed), 4000, "nothing is written after an error");
        assert!(IDLE.lock().expect("nobody panicked").len() <= 20, "blocks are used again");
    }

    #[test]
    fn a_block_ends_on_a_page_wherever_it_begins() {
        let mut block = Block::take(5000).expect("memory");
        assert_eq!(block.full_at() % page_bytes(), 0);
        let room = (block.full_at() - 5000) as usize;
        let piece: Vec<u8> = (0..room + 10).map(|i| (i % 251) as u8).collect();
        assert_eq!(block.put(&piece), room);
        assert_eq!((block.end(), block.put(&piece)), (block.full_at(), 0));
        assert!(block.bytes() == &piece[..room]);
    }
}
