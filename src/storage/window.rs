//! A file read past the page cache, into memory that is laid out as the file is.
//!
//! Owns that memory and the reads into it. Pages arrive when a tile asks for them, stay as long as one holds them, and go back
//! to the system after the last: a page that two tiles need is read once where both hold it at the same time. Since
//! addresses are offsets, everything that reads a map reads a window alike. Refuses to know shapes and tiles.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use memmap2::{Advice, MmapOptions, MmapRaw, UncheckedAdvice};

use super::StorageError;
use super::map::page_bytes;
use super::pins::Pins;

/// Page tables that may be left behind by pages that are gone, in bytes, before they are cleared away. A page of them serves
/// [`TABLE_SPAN`] bytes and is kept by some systems when all its pages are gone: half a GiB read would keep a MiB.
pub(super) const TABLES_BYTES_MAX: u64 = 512 << 10;

/// Bytes that one page of page tables serves.
pub(super) const TABLE_SPAN: u64 = 2 << 20;

/// The window.
#[derive(Debug)]
pub(super) struct Window {
    memory: MmapRaw,
    /// Opened for reading past the page cache.
    file: File,
    path: PathBuf,
    /// Bytes of the file that are wanted, from its beginning.
    len: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    pins: Pins,
    /// Page tables that pages which are gone may have left, in bytes.
    tables: u64,
    /// The first failure: where, and what the system said.
    failed: Option<(u64, Option<i32>)>,
}

/// Opens a file that is open already once more, past the page cache.
pub(super) fn open_direct(file: &File, write: bool) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::OpenOptionsExt;
        // By descriptor: the path may name another file by now, or none.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        File::options().read(true).write(write).custom_flags(libc::O_DIRECT).open(path)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, write);
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Window {
    /// A window on the first `len` bytes of a file. Fails where the file system does not read past its cache, or addresses are short.
    pub(super) fn new(file: &File, path: &Path, len: u64) -> io::Result<Window> {
        let direct = open_direct(file, false)?;
        let bytes = usize::try_from(len.max(1).next_multiple_of(page_bytes()))
            .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        // Only pages that are there take memory, however long the file is.
        let memory = MmapRaw::from(MmapOptions::new().len(bytes).no_reserve_swap().map_anon()?);
        // A huge page would hold what nobody asked for, and no plan counts it.
        let _ = memory.advise(Advice::NoHugePage);
        let (path, state, changed) = (path.to_path_buf(), Mutex::default(), Condvar::new());
        let window = Window { memory, file: direct, path, len, state, changed };
        // Some systems open such a file and then refuse to read it.
        window.try_first_page()?;
        Ok(window)
    }

    fn try_first_page(&self) -> io::Result<()> {
        let page = 0..page_bytes().min(self.memory.len() as u64);
        self.read(&page).map_err(|(_, code)| match code {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::ErrorKind::UnexpectedEof.into(),
        })?;
        self.free(&page);
        Ok(())
    }

    /// All bytes that are wanted. Those of pages that nobody holds are 0, or change while they are brought in: only
    /// what is held may be looked at.
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the range is mapped and readable as long as `self` lives. Bytes that a caller looks at are held, and nothing
        // writes to pages that are held and have arrived (`load`); others in the slice may change, as those of a mapped file may.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr(), self.len as usize) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pages that a range touches.
    fn outward(&self, range: &Range<u64>) -> Range<u64> {
        let page = page_bytes();
        range.start / page * page..range.end.min(self.len).next_multiple_of(page)
    }

    /// Holds a range, and returns when all its bytes are there. Several threads may do so at once.
    pub(super) fn load(&self, range: &Range<u64>) -> Result<(), StorageError> {
        let pages = self.outward(range);
        if pages.is_empty() {
            return Ok(());
        }
        let gaps = self.state().pins.hold(&pages);
        for gap in &gaps {
            let read = self.read(gap);
            let mut state = self.state();
            match read {
                Ok(()) => state.pins.arrived(gap),
                Err(failed) => drop(state.failed.get_or_insert(failed)),
            }
            self.changed.notify_all();
        }
        let mut state = self.state();
        loop {
            if let Some((at, code)) = state.failed {
                return Err(self.unreadable(at, code));
            }
            if state.pins.is_ready(&pages) {
                return Ok(());
            }
            let waited = self.changed.wait_timeout(state, Duration::from_millis(50));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Gives a range back that [`Self::load`] held. What nobody holds any more goes back to the system.
    pub(super) fn release(&self, range: &Range<u64>) {
        let pages = self.outward(range);
        if pages.is_empty() {
            return;
        }
        // Under the lock, lest a page that somebody just brought in again be the one that goes.
        let mut state = self.state();
        for gone in state.pins.release(&pages) {
            self.free(&gone);
            state.tables += ((gone.end - gone.start) / TABLE_SPAN + 1) * page_bytes();
        }
        if state.tables > TABLES_BYTES_MAX {
            state.pins.gaps(self.memory.len() as u64).iter().for_each(|gap| self.renew(gap));
            state.tables = 0;
        }
    }

    /// Bytes of pages that somebody holds.
    pub(super) fn held_bytes(&self) -> u64 {
        self.state().pins.held_bytes()
    }

    fn free(&self, pages: &Range<u64>) {
        // SAFETY: nobody holds these pages, so nobody looks at them; they read as 0 until they are brought in again.
        let _ = unsafe {
            let len = (pages.end - pages.start) as usize;
            self.memory.unchecked_advise_range(UncheckedAdvice::DontNeed, pages.start as usize, len)
        };
    }

    /// Maps pages anew that nobody holds, which clears away their page tables.
    fn renew(&self, pages: &Range<u64>) {
        use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
        let (protect, len) = (ProtFlags::READ | ProtFlags::WRITE, (pages.end - pages.start) as usize);
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        // SAFETY: the range lies inside the mapping of `self` and nobody holds a page of it. If it fails, the old pages stay.
        let _ =
            unsafe { mmap_anonymous(self.memory.as_mut_ptr().add(pages.start as usize).cast(), len, protect, flags) };
        let _ = self.memory.advise_range(Advice::NoHugePage, pages.start as usize, len);
    }

    /// Brings in the bytes of pages that the caller alone has to do with.
    fn read(&self, pages: &Range<u64>) -> Result<(), (u64, Option<i32>)> {
        let mut at = pages.start;
        let want = pages.end.min(self.len);
        while at < want {
            // SAFETY: the range lies inside the mapping; `hold` handed it to this call alone, and nobody looks at it before `arrived`.
            let room = unsafe {
                let start = self.memory.as_mut_ptr().add(at as usize);
                std::slice::from_raw_parts_mut(start, (pages.end - at) as usize)
            };
            match rustix::io::pread(&self.file, room, at) {
                Ok(0) => return Err((at, None)),
                Ok(n) => at += n as u64,
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err((at, Some(e.raw_os_error()))),
            }
            // Past the cache one reads from whole blocks on; a part of one is the end of the file.
            if at < want && !at.is_multiple_of(page_bytes()) {
                at = at / page_bytes() * page_bytes();
                if self.file.metadata().map_or(0, |m| m.len()) < want {
                    return Err((at, None));
                }
            }
        }
        Ok(())
    }

    fn unreadable(&self, at: u64, code: Option<i32>) -> StorageError {
        match code {
            Some(code) => StorageError::io(&self.path, "read it", io::Error::from_raw_os_error(code)),
            None => {
                let size = self.file.metadata().map(|m| m.len()).ok().filter(|size| *size < self.len);
                StorageError::Fault { path: self.path.clone(), offset: size.unwrap_or(at), mapped: self.len, size }
            }
        }
    }
}
