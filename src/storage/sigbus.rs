//! What happens when a mapped page cannot be read: an error instead of a killed process.
//!
//! Owns the handler of SIGBUS and the table of mappings it watches. A fault inside a watched mapping
//! puts a zero page under the access, notes the place, and lets the thread go on; whoever computes
//! asks afterwards whether what it read was real. Refuses to know what the mappings are for. The
//! handler uses atomics and two system calls, never memory allocation or locks.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::StorageError;

const SLOTS_MAX: usize = 4096;

struct Entry {
    /// Address of the mapping; 0 where the slot is free.
    start: AtomicUsize,
    bytes: AtomicUsize,
    /// Offset of the first fault plus 1; 0 where there was none.
    fault: AtomicUsize,
}

static TABLE: [Entry; SLOTS_MAX] =
    [const { Entry { start: AtomicUsize::new(0), bytes: AtomicUsize::new(0), fault: AtomicUsize::new(0) } }; SLOTS_MAX];
/// How many slots hold a fault, so that asking is one load as long as nothing happens.
static FAULTED: AtomicUsize = AtomicUsize::new(0);
static PAGE: AtomicUsize = AtomicUsize::new(4096);
static PREVIOUS: OnceLock<libc::sigaction> = OnceLock::new();
static PATHS: Mutex<Vec<(usize, PathBuf)>> = Mutex::new(Vec::new());

fn paths() -> MutexGuard<'static, Vec<(usize, PathBuf)>> {
    PATHS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A watched mapping. Dropped before the mapping is.
#[derive(Debug)]
pub(super) struct Watch {
    slot: usize,
}

impl Watch {
    /// Watches `bytes` bytes mapped at `start`, which stand for the file from its beginning.
    pub(super) fn new(start: usize, bytes: usize, path: &Path) -> Result<Watch, StorageError> {
        install();
        let mut paths = paths();
        let free = (0..SLOTS_MAX).find(|i| TABLE[*i].start.load(Ordering::Acquire) == 0);
        let Some(slot) = free else {
            return Err(StorageError::TooManyMaps { path: path.to_path_buf(), limit: SLOTS_MAX });
        };
        paths.push((slot, path.to_path_buf()));
        TABLE[slot].fault.store(0, Ordering::Release);
        TABLE[slot].bytes.store(bytes, Ordering::Release);
        TABLE[slot].start.store(start, Ordering::Release);
        Ok(Watch { slot })
    }

    /// The offset in the file of the first fault.
    pub(super) fn fault(&self) -> Option<u64> {
        if FAULTED.load(Ordering::Acquire) == 0 {
            return None;
        }
        TABLE[self.slot].fault.load(Ordering::Acquire).checked_sub(1).map(|o| o as u64)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut paths = paths();
        TABLE[self.slot].start.store(0, Ordering::Release);
        if TABLE[self.slot].fault.swap(0, Ordering::AcqRel) != 0 {
            FAULTED.fetch_sub(1, Ordering::AcqRel);
        }
        paths.retain(|(slot, _)| *slot != self.slot);
    }
}

/// Fails if any file that is mapped by this process could not be read where it was looked at.
/// It keeps failing until the mapping is dropped. A process that runs several jobs at once asks
/// each file instead ([`Stored::check_faults`](super::Stored::check_faults)). One atomic load.
pub fn check_faults() -> Result<(), StorageError> {
    if FAULTED.load(Ordering::Acquire) == 0 {
        return Ok(());
    }
    let paths = paths();
    for (slot, path) in paths.iter() {
        if let Some(offset) = TABLE[*slot].fault.load(Ordering::Acquire).checked_sub(1) {
            return Err(fault_error(path, offset as u64, TABLE[*slot].bytes.load(Ordering::Acquire) as u64));
        }
    }
    Ok(())
}

/// The error for a fault at `offset` of a file of which `mapped` bytes are mapped.
fn fault_error(path: &Path, offset: u64, mapped: u64) -> StorageError {
    let size = std::fs::metadata(path).ok().map(|m| m.len()).filter(|size| *size < mapped);
    StorageError::Fault { path: path.to_path_buf(), offset, mapped, size }
}

/// Installs the handler, once for the process.
fn install() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        PAGE.store(rustix::param::page_size(), Ordering::Release);
        // SAFETY: both structures are plain data for which zero is a valid value, the handler has
        // the signature that SA_SIGINFO asks for, and it does only what a handler may.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            let mut previous: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_sigbus as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&mut action.sa_mask);
            libc::sigaction(libc::SIGBUS, std::ptr::null(), &mut previous);
            let _ = PREVIOUS.set(previous);
            libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut());
        }
    });
}

/// The slot that `address` belongs to. `start` is read twice: a slot that changes hands between the
/// reads is not the one that faulted, because a mapping in use is not dropped.
fn slot_of(address: usize) -> Option<(usize, usize)> {
    (0..SLOTS_MAX).find_map(|i| {
        let start = TABLE[i].start.load(Ordering::Acquire);
        let bytes = TABLE[i].bytes.load(Ordering::Acquire);
        let page = PAGE.load(Ordering::Acquire);
        let end = start.saturating_add(bytes).next_multiple_of(page);
        let inside = start != 0 && (start..end).contains(&address);
        (inside && TABLE[i].start.load(Ordering::Acquire) == start).then_some((i, start))
    })
}

extern "C" fn on_sigbus(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid siginfo; mmap and sigaction are plain system calls; the page
    // replaced lies in a mapping that this process watches and holds nothing that can be read.
    unsafe {
        let address = (*info).si_addr() as usize;
        if let Some((slot, start)) = slot_of(address) {
            let page = PAGE.load(Ordering::Acquire);
            let at = address / page * page;
            let errno = *errno_location();
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
            let mapped = libc::mmap(at as *mut libc::c_void, page, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
            *errno_location() = errno;
            if mapped != libc::MAP_FAILED {
                let first = TABLE[slot].fault.compare_exchange(0, at - start + 1, Ordering::AcqRel, Ordering::Acquire);
                if first.is_ok() {
                    FAULTED.fetch_add(1, Ordering::AcqRel);
                }
                return;
            }
        }
        forward(signal, info, context);
    }
}

/// Hands a signal that is not ours to whoever had it before.
///
/// # Safety
/// Called from the handler with the kernel's own arguments.
unsafe fn forward(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let previous = PREVIOUS.get().filter(|p| p.sa_sigaction != libc::SIG_DFL && p.sa_sigaction != libc::SIG_IGN);
    // SAFETY: the address and its signature come from the kernel's record of the previous handler;
    // without one, the default action returns and the access faults again, fatally.
    unsafe {
        match previous {
            Some(p) if p.sa_flags & libc::SA_SIGINFO != 0 => {
                let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
                    std::mem::transmute(p.sa_sigaction);
                handler(signal, info, context);
            }
            Some(p) => {
                let handler: extern "C" fn(libc::c_int) = std::mem::transmute(p.sa_sigaction);
                handler(signal);
            }
            None => {
                let mut default: libc::sigaction = std::mem::zeroed();
                default.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(signal, &default, std::ptr::null_mut());
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn errno_location() -> *mut libc::c_int {
    // SAFETY: returns the address of this thread's errno, always valid.
    unsafe { libc::__errno_location() }
}

#[cfg(not(target_os = "linux"))]
fn errno_location() -> *mut libc::c_int {
    // SAFETY: returns the address of this thread's errno, always valid.
    unsafe { libc::__error() }
}
