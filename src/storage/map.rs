//! A file's bytes in memory: the three ways to map, and advice to the kernel about pages.
//!
//! Owns the mapping and every pointer into it. Refuses to know shapes and dtypes. Offsets are those
//! of the file: a mapping always begins at byte 0, so pages of the mapping are pages of the file.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use memmap2::{Advice, MmapOptions, MmapRaw, UncheckedAdvice};

use super::sigbus::Watch;
use super::window::{TABLE_SPAN, TABLES_BYTES_MAX};
use super::{StorageError, free_bytes};

/// How a file is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Shared with the file, not writable.
    Read,
    /// Shared with the file and writable.
    Shared,
    /// Writable, and changes stay in this process.
    Private,
}

/// A file mapped from its first byte on.
#[derive(Debug)]
pub(super) struct FileMap {
    // Dropped first: the handler must forget the addresses before they are free for others.
    watch: Option<Watch>,
    raw: Option<MmapRaw>,
    file: File,
    path: PathBuf,
    access: Access,
    /// Page tables that dropped pages may have left, in bytes.
    tables: AtomicU64,
    /// What the system was told of how it is read.
    advice: AtomicU8,
}

/// What the system can be told of a map.
const PLAIN: u8 = 0;
const RANDOM: u8 = 1;
const SEQUENTIAL: u8 = 2;
/// The least that systems read ahead.
const WILL_NEED_BYTES: usize = 128 << 10;

/// Bytes of a page.
pub(super) fn page_bytes() -> u64 {
    rustix::param::page_size() as u64
}

/// Set once the kernel has said that it does not know `MADV_POPULATE_READ` (before Linux 5.14).
static NO_POPULATE: AtomicBool = AtomicBool::new(false);

impl FileMap {
    /// Maps the first `bytes` bytes. The file must have them; an empty range needs no mapping.
    pub(super) fn new(file: File, path: &Path, bytes: u64, access: Access) -> Result<FileMap, StorageError> {
        let path = path.to_path_buf();
        if bytes == 0 {
            return Ok(FileMap::unmapped(file, &path, access));
        }
        let failed = |e| StorageError::io(&path, "map the file", e);
        let bytes = usize::try_from(bytes).map_err(|_| failed(std::io::ErrorKind::OutOfMemory.into()))?;
        let mut options = MmapOptions::new();
        options.len(bytes);
        let raw = match access {
            Access::Read => options.map_raw_read_only(&file),
            Access::Shared => options.map_raw(&file),
            // Memory is needed for changed pages alone, not for the whole file.
            // SAFETY: the mapping is used as raw memory from here on, under the rules of `bytes`.
            Access::Private => unsafe { options.no_reserve_swap().map_copy(&file) }.map(MmapRaw::from),
        }
        .map_err(failed)?;
        let watch = Watch::new(raw.as_ptr() as usize, bytes, &path)?;
        Ok(FileMap { watch: Some(watch), raw: Some(raw), ..FileMap::unmapped(file, &path, access) })
    }

    /// The file without a map, for those who write it by calls.
    pub(super) fn unmapped(file: File, path: &Path, access: Access) -> FileMap {
        FileMap {
            watch: None,
            raw: None,
            file,
            path: path.to_path_buf(),
            access,
            tables: AtomicU64::new(0),
            advice: AtomicU8::new(PLAIN),
        }
    }

    /// Whether what the file holds and what is read are the same: not so where changes stay in this process.
    pub(super) fn is_shared(&self) -> bool {
        self.access != Access::Private
    }

    /// The file itself.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// The path for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How the file is mapped.
    pub(super) fn access(&self) -> Access {
        self.access
    }

    /// Bytes that are mapped.
    pub(super) fn len(&self) -> u64 {
        self.raw.as_ref().map_or(0, |m| m.len() as u64)
    }

    /// All mapped bytes. Nothing in this process writes through the same mapping meanwhile:
    /// whoever hands out writable parts of it does not call this (`Output`), or does so through
    /// `&mut self` (`MappedArray`).
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.raw {
            // SAFETY: the range is mapped and readable as long as `self` lives. Another process that
            // changes the file changes bytes here, as in every program that maps files; no dtype
            // has invalid bit patterns, so the worst is a value that was never written as a whole.
            Some(m) => unsafe { std::slice::from_raw_parts(m.as_ptr(), m.len()) },
            None => {
                // Aligned for every dtype, so that empty arrays can be viewed as any.
                const EMPTY: &[u128] = &[];
                bytemuck::cast_slice(EMPTY)
            }
        }
    }

    /// A writable part.
    ///
    /// # Safety
    /// The map is `Shared` or `Private`, and nobody else in this process holds a reference to any
    /// byte of `range`, or writes there, while the slice lives.
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn bytes_mut(&self, range: Range<u64>) -> &mut [u8] {
        debug_assert!(self.access != Access::Read);
        match &self.raw {
            Some(m) => {
                assert!(range.start <= range.end && range.end <= m.len() as u64);
                // SAFETY: in bounds (above), writable and exclusive (by contract).
                unsafe {
                    let at = m.as_mut_ptr().add(range.start as usize);
                    std::slice::from_raw_parts_mut(at, (range.end - range.start) as usize)
                }
            }
            None => &mut [],
        }
    }

    /// Copies bytes in.
    ///
    /// # Safety
    /// As for [`Self::bytes_mut`] of the range that `bytes` covers from `at` on.
    pub(super) unsafe fn copy_in(&self, at: u64, bytes: &[u8]) {
        // SAFETY: passed on to the caller.
        unsafe { self.bytes_mut(at..at + bytes.len() as u64) }.copy_from_slice(bytes);
    }

    fn clip(&self, range: &Range<u64>) -> Option<(&MmapRaw, usize, usize)> {
        let end = range.end.min(self.len());
        let map = self.raw.as_ref()?;
        (range.start < end).then_some((map, range.start as usize, (end - range.start) as usize))
    }

    /// Advises the whole mapping. Advice that fails costs speed alone, so nobody is told.
    pub(super) fn advise(&self, advice: Advice) {
        let kept = match advice {
            Advice::Random => RANDOM,
            Advice::Sequential => SEQUENTIAL,
            _ => PLAIN,
        };
        self.advice.store(kept, Ordering::Relaxed);
        if let Some(m) = &self.raw {
            let _ = m.advise(advice);
        }
    }

    /// Starts reading a range into the page cache.
    pub(super) fn will_need(&self, range: &Range<u64>) {
        if let Some((map, at, len)) = self.clip(range) {
            // The system reads no more of one call than it would read ahead by itself.
            for from in (at..at + len).step_by(WILL_NEED_BYTES) {
                let _ = map.advise_range(Advice::WillNeed, from, WILL_NEED_BYTES.min(at + len - from));
            }
        }
    }

    /// The map for readers: what the system was told while it was written is no advice for them.
    pub(super) fn read_anew(self) -> FileMap {
        if self.advice.load(Ordering::Relaxed) != PLAIN {
            self.advise(Advice::Normal);
        }
        self
    }

    /// Whether the system was told not to read ahead, so that what is populated comes page by page unless it is on its way already.
    pub(super) fn is_random(&self) -> bool {
        self.advice.load(Ordering::Relaxed) == RANDOM
    }

    /// Reads a range and maps its pages, so that using them takes no fault. Fails where the file
    /// has no such byte any more or the disk cannot read it.
    pub(super) fn populate(&self, range: &Range<u64>) -> Result<(), StorageError> {
        let Some((map, at, len)) = self.clip(range) else { return Ok(()) };
        if !NO_POPULATE.load(Ordering::Relaxed) {
            let Err(e) = map.advise_range(Advice::PopulateRead, at, len) else { return Ok(()) };
            match e.raw_os_error() {
                Some(libc::EFAULT) | Some(libc::EHWPOISON) => return Err(self.unreadable(range)),
                Some(libc::EINVAL) => NO_POPULATE.store(true, Ordering::Relaxed),
                _ => {}
            }
        }
        let _ = map.advise_range(Advice::WillNeed, at, len);
        Ok(())
    }

    /// Maps the pages of a range for writing in one call: a fault for each of them costs more than
    /// filling it. Where the system cannot, the faults happen.
    pub(super) fn populate_write(&self, range: &Range<u64>) {
        #[cfg(target_os = "linux")]
        if let Some((map, at, len)) = self.clip(range) {
            let _ = map.advise_range(Advice::PopulateWrite, at, len);
        }
    }

    fn unreadable(&self, range: &Range<u64>) -> StorageError {
        let size = self.file.metadata().map(|m| m.len()).ok().filter(|size| *size < range.end);
        let offset = size.map_or(range.start, |s| s.max(range.start));
        StorageError::Fault { path: self.path.clone(), offset, mapped: self.len(), size }
    }

    /// Takes whole pages of the range out of this process; the file keeps its content, and so does
    /// the page cache. Does nothing for private maps, whose changes would be lost.
    pub(super) fn drop_pages(&self, range: &Range<u64>) {
        let Some(inward) = self.whole_pages(range).filter(|_| self.access != Access::Private) else { return };
        if let Some((map, at, len)) = self.clip(&inward) {
            // SAFETY: pages of a shared file map are refilled from the file with the same content.
            let _ = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, at, len) };
            self.clear_tables(len as u64);
        }
    }

    /// Page tables of pages that are gone stay, on some systems, as long as the map does: 2 MiB for each GiB that was read.
    /// Mapping the file anew over itself clears them away; pages that are in use come back from the page cache.
    fn clear_tables(&self, dropped: u64) {
        let Some(map) = &self.raw else { return };
        let more = (dropped / TABLE_SPAN + 1) * page_bytes();
        if self.tables.fetch_add(more, Ordering::Relaxed) + more < TABLES_BYTES_MAX {
            return;
        }
        self.tables.store(0, Ordering::Relaxed);
        use rustix::mm::{MapFlags, ProtFlags, mmap};
        let protect = match self.access {
            Access::Read => ProtFlags::READ,
            Access::Shared => ProtFlags::READ | ProtFlags::WRITE,
            Access::Private => return,
        };
        // SAFETY: the same bytes of the same file take the place of a shared map, at once for all threads: addresses stay
        // valid, and what was written is in the file's pages. If it fails, the old map stays.
        let _ = unsafe {
            mmap(map.as_mut_ptr().cast(), map.len(), protect, MapFlags::SHARED | MapFlags::FIXED, &self.file, 0)
        };
        // The new map was told nothing yet.
        match self.advice.load(Ordering::Relaxed) {
            RANDOM => drop(map.advise(Advice::Random)),
            SEQUENTIAL => drop(map.advise(Advice::Sequential)),
            _ => {}
        }
    }

    /// Lets the page cache forget whole pages of a range. Dirty pages stay until they are written. Does
    /// nothing for private maps: their pages stay in this process, so that nothing would be gained.
    pub(super) fn forget(&self, range: &Range<u64>) {
        if let Some(inward) = self.whole_pages(range).filter(|_| self.access != Access::Private) {
            let len = std::num::NonZeroU64::new(inward.end - inward.start);
            let _ = rustix::fs::fadvise(&self.file, inward.start, len, rustix::fs::Advice::DontNeed);
        }
    }

    /// Starts writing the changed pages of a range to disk; with `wait`, returns when they are there.
    pub(super) fn write_back(&self, range: &Range<u64>, wait: bool) {
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd;
            let flags = if wait {
                libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER
            } else {
                libc::SYNC_FILE_RANGE_WRITE
            };
            let (at, len) = (range.start as i64, (range.end - range.start) as i64);
            // SAFETY: a plain system call on a file that is open.
            unsafe { libc::sync_file_range(self.file.as_raw_fd(), at, len, flags) };
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (range, wait);
    }

    /// The pages that lie in a range as a whole; the last page of the file counts as whole.
    fn whole_pages(&self, range: &Range<u64>) -> Option<Range<u64>> {
        let page = page_bytes();
        let end = if range.end >= self.len() { self.len() } else { range.end / page * page };
        let inward = range.start.next_multiple_of(page)..end;
        (inward.start < inward.end).then_some(inward)
    }

    /// Of the pages of a range, how many there are and how many are in memory.
    pub(super) fn resident_pages(&self, range: &Range<u64>) -> (u64, u64) {
        let Some((map, at, len)) = self.clip(range) else { return (0, 0) };
        let page = page_bytes() as usize;
        let from = at / page * page;
        let pages = (at + len).div_ceil(page) - from / page;
        let mut found = vec![0u8; pages];
        // SAFETY: the range is mapped, begins on a page, and `found` has a byte for each page.
        let ok = unsafe {
            libc::mincore(map.as_mut_ptr().add(from).cast(), at + len - from, found.as_mut_ptr().cast()) == 0
        };
        if ok { (pages as u64, found.iter().filter(|b| **b & 1 == 1).count() as u64) } else { (0, 0) }
    }

    /// Writes changed pages to disk.
    pub(super) fn flush(&self) -> Result<(), StorageError> {
        match (&self.raw, self.access) {
            (Some(m), Access::Shared) => {
                m.flush().map_err(|e| StorageError::io(&self.path, "write the file to disk", e))
            }
            _ => Ok(()),
        }
    }

    /// Fails if any byte that was looked at could not be read. One atomic load while all is well.
    pub(super) fn check_faults(&self) -> Result<(), StorageError> {
        match self.watch.as_ref().and_then(Watch::fault) {
            Some(offset) => {
                let size = self.file.metadata().map(|m| m.len()).ok().filter(|size| *size < self.len());
                Err(StorageError::Fault { path: self.path.clone(), offset, mapped: self.len(), size })
            }
            None => Ok(()),
        }
    }

    /// Fails if the file is shorter than the map. A file that was cut inside a page reads as zeros up
    /// to the end of that page, without any fault.
    pub(super) fn check_size(&self) -> Result<(), StorageError> {
        let meta = self.file.metadata().map_err(|e| StorageError::io(&self.path, "read its size", e))?;
        if meta.len() >= self.len() {
            return Ok(());
        }
        let (offset, mapped) = (meta.len(), self.len());
        Err(StorageError::Fault { path: self.path.clone(), offset, mapped, size: Some(offset) })
    }

    /// Device and inode.
    pub(super) fn identity(&self) -> Option<(u64, u64)> {
        self.file.metadata().ok().map(|m| (m.dev(), m.ino()))
    }
}

/// Device and inode of a path, where it exists.
pub fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

/// Gives a new file its length and its blocks, so that a full disk is an error now and not a fault
/// later.
pub(super) fn reserve(file: &File, path: &Path, bytes: u64) -> Result<(), StorageError> {
    if bytes == 0 {
        return Ok(());
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let free = free_bytes(folder).unwrap_or(u64::MAX);
    let full = |free| StorageError::NoSpace { path: path.to_path_buf(), need: bytes, free };
    if bytes > free {
        return Err(full(free));
    }
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::NOSPC | rustix::io::Errno::DQUOT) => Err(full(free_bytes(folder).unwrap_or(0))),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS | rustix::io::Errno::INVAL) => {
            file.set_len(bytes).map_err(|e| StorageError::io(path, "set the length of the file", e))
        }
        Err(e) => Err(StorageError::io(path, "reserve disk space", e.into())),
    }
}
