//! Rates of files: mapped and not, warm and cold, read, copied and filled.
//!
//! Owns the file that all contestants read and the loops over it, on all cores. Refuses to know
//! kernels. Files go through the same doors as those of a run.

use super::MachineError;
use super::rounds::{Contestant, Turn};
use crate::array::{ArraySpec, DType, Region};
use crate::engine::Cancel;
use crate::storage::{MappedArray, Mode, OpenOptions, Output, OutputOptions, StorageError, Stored};
use rayon::prelude::*;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

pub const MAPPED_READ: &str = "mapped read";
pub const MAPPED_COPY: &str = "mapped copy";
pub const COLD_READ: &str = "cold read";
pub const COLD_WRITE: &str = "cold write";
const PREAD: &str = "pread";
const FILL: &str = "fill";
const OVERWRITE: &str = "overwrite";
const PWRITE: &str = "pwrite";

/// Extent of a frame along y and x; 1 MiB of f32.
const FRAME: u64 = 512;
const FRAME_BYTES: u64 = FRAME * FRAME * 4;
/// Frames that one worker takes at once.
const TILE_FRAMES: u64 = 2;
/// A file of which more than this stays in the page cache was not dropped from it, in percent.
const WARM_PERCENT: u64 = 10;

/// The file that is read, and where others are made.
pub struct Arena<'a> {
    pub folder: PathBuf,
    source: PathBuf,
    frames: u64,
    /// Half of it, for kernels.
    pub part: PathBuf,
    pub part_bytes: u64,
    pool: &'a rayon::ThreadPool,
    pub cancel: Cancel,
    /// The largest part of a file that stayed when it was asked to leave, in percent.
    stayed: AtomicU64,
}

fn spec(frames: u64) -> ArraySpec {
    ArraySpec::new(DType::F32, &[frames, FRAME, FRAME])
}

/// The tiles of so many frames.
fn tiles(frames: u64) -> Vec<Region> {
    let at = |t: u64| Region { start: vec![t, 0, 0], end: vec![(t + TILE_FRAMES).min(frames), FRAME, FRAME] };
    (0..frames).step_by(TILE_FRAMES as usize).map(at).collect()
}

fn open(path: &Path) -> Result<Stored, StorageError> {
    Stored::open(&super::text(path), Path::new(""), &OpenOptions::default())
}

impl<'a> Arena<'a> {
    /// Makes both files: whole numbers below 4096 that look like noise, on the disk.
    pub fn new(
        folder: &Path,
        bytes: u64,
        pool: &'a rayon::ThreadPool,
        cancel: &Cancel,
    ) -> Result<Arena<'a>, MachineError> {
        let frames = bytes / FRAME_BYTES;
        let (folder, cancel) = (folder.to_path_buf(), cancel.clone());
        let (source, part, part_bytes) = (folder.join("source.npy"), folder.join("part.npy"), frames / 2 * FRAME_BYTES);
        let arena = Arena { folder, source, frames, part, part_bytes, pool, cancel, stayed: AtomicU64::new(0) };
        arena.write(&arena.source, frames, true, noise)?;
        arena.write(&arena.part, frames / 2, true, noise)?;
        Ok(arena)
    }

    fn bytes(&self) -> u64 {
        self.frames * FRAME_BYTES
    }

    /// Runs a loop body for every tile of the source, on all cores.
    fn each(&self, frames: u64, f: impl Fn(&Region) -> Result<(), MachineError> + Sync) -> Result<(), MachineError> {
        let guarded = |tile: &Region| {
            self.cancel.check()?;
            f(tile)
        };
        self.pool.install(|| tiles(frames).par_iter().try_for_each(guarded))
    }

    /// A fresh file, reserved and mapped, each tile made by `fill`.
    fn write(
        &self,
        path: &Path,
        frames: u64,
        sync: bool,
        fill: impl Fn(&Region, &mut [u8]) -> Result<(), MachineError> + Sync,
    ) -> Result<(), MachineError> {
        let output = Output::create(path, &spec(frames), &OutputOptions::default())?;
        self.each(frames, |tile| match output.tile(tile)? {
            Some(mut bytes) => fill(tile, &mut bytes),
            None => Ok(()),
        })?;
        output.commit(sync)?;
        Ok(())
    }

    /// Removes a file; what it held in memory goes with it.
    pub fn remove(&self, path: &Path) -> Result<(), MachineError> {
        std::fs::remove_file(path).map_err(|e| self.failed("remove a file", e))
    }

    fn failed(&self, action: &'static str, error: std::io::Error) -> MachineError {
        MachineError::Folder { folder: self.folder.clone(), action, error }
    }

    fn timed(&self, moved: u64, work: impl FnOnce() -> Result<(), MachineError>) -> Result<Turn, MachineError> {
        let started = Instant::now();
        work()?;
        Ok(Turn { moved, elapsed: started.elapsed() })
    }

    /// Maps a file anew, and reads all of it.
    fn look_through(&self, path: &Path, frames: u64) -> Result<(), MachineError> {
        let stored = open(path)?;
        stored.advise_sequential();
        self.each(frames, |tile| {
            stored.populate(tile)?;
            stored.view(tile).iter().for_each(|view| look(view.bytes()));
            stored.drop_behind(tile);
            Ok(())
        })?;
        Ok(stored.check_faults()?)
    }

    fn read(&self) -> Result<Turn, MachineError> {
        self.timed(self.bytes(), || self.look_through(&self.source, self.frames))
    }

    /// Reads the source off the clock: what the turn before has freed or written is still being put away
    /// by the system, which once made this the slowest of all reads.
    fn warm(&self) -> Result<(), MachineError> {
        self.look_through(&self.source, self.frames)
    }

    /// The same for the kernels' file.
    pub fn warm_part(&self) -> Result<(), MachineError> {
        self.look_through(&self.part, self.part_bytes / FRAME_BYTES)
    }

    /// The same once the page cache was asked to forget the file.
    fn read_cold(&self) -> Result<Turn, MachineError> {
        let whole = Region::full(&spec(self.frames).shape);
        let stored = open(&self.source)?;
        stored.forget(&whole);
        self.stayed.fetch_max((stored.residency(&whole).unwrap_or(0.0) * 100.0) as u64, Relaxed);
        drop(stored);
        self.read()
    }

    /// The source through plain calls, each into the same small buffer.
    fn pread(&self) -> Result<Turn, MachineError> {
        self.timed(self.bytes(), || {
            let file = File::open(&self.source).map_err(|e| self.failed("open a file", e))?;
            self.each(self.frames, |tile| {
                let mut buffer = vec![0u8; FRAME_BYTES as usize];
                for frame in tile.start[0]..tile.end[0] {
                    let read = file.read_exact_at(&mut buffer, frame * FRAME_BYTES);
                    read.map_err(|e| self.failed("read a file", e))?;
                    look(&buffer);
                }
                Ok(())
            })
        })
    }

    /// From the source into a fresh file, which stays for [`Self::overwrite`].
    fn copy(&self) -> Result<Turn, MachineError> {
        self.timed(2 * self.bytes(), || {
            let stored = open(&self.source)?;
            self.write(&self.folder.join("copy.npy"), self.frames, false, |tile, bytes| {
                stored.populate(tile)?;
                stored.view(tile).iter().for_each(|view| bytes.copy_from_slice(view.bytes()));
                stored.drop_behind(tile);
                Ok(())
            })
        })
    }

    /// From the source into the file that a copy has made; then removes it.
    fn overwrite(&self) -> Result<Turn, MachineError> {
        let path = self.folder.join("copy.npy");
        let turn = self.timed(2 * self.bytes(), || {
            let stored = open(&self.source)?;
            let options = OpenOptions { mode: Mode::ReadWrite, ..OpenOptions::default() };
            let mut target = MappedArray::open(&path, &options)?;
            let mut view = target.view_mut::<f32>()?;
            let Some(all) = view.as_slice_mut() else { return Ok(()) };
            let tile_elements = (TILE_FRAMES * FRAME * FRAME) as usize;
            let tiles = tiles(self.frames);
            self.pool.install(|| {
                all.par_chunks_mut(tile_elements).zip(&tiles).try_for_each(|(to, tile)| {
                    self.cancel.check()?;
                    stored.populate(tile)?;
                    stored.view(tile).iter().for_each(|from| to.copy_from_slice(from.data::<f32>()));
                    stored.drop_behind(tile);
                    Ok(())
                })
            })
        })?;
        self.remove(&path)?;
        Ok(turn)
    }

    /// A fresh mapped file of one value; with `sync`, until the disk has it.
    fn fill(&self, sync: bool) -> Result<Turn, MachineError> {
        let path = self.folder.join("fill.npy");
        let turn = self.timed(self.bytes(), || {
            self.write(&path, self.frames, sync, |_, bytes| {
                bytes.fill(1);
                Ok(())
            })
        })?;
        self.remove(&path)?;
        Ok(turn)
    }

    /// A fresh file through plain calls from a small buffer.
    fn pwrite(&self) -> Result<Turn, MachineError> {
        let path = self.folder.join("pwrite.npy");
        let turn = self.timed(self.bytes(), || {
            let file = File::create(&path).map_err(|e| self.failed("create a file", e))?;
            let flags = rustix::fs::FallocateFlags::empty();
            // Where the file system cannot reserve, it is written without.
            let _ = rustix::fs::fallocate(&file, flags, 0, self.bytes());
            self.each(self.frames, |tile| {
                let buffer = vec![1u8; FRAME_BYTES as usize];
                for frame in tile.start[0]..tile.end[0] {
                    let written = file.write_all_at(&buffer, frame * FRAME_BYTES);
                    written.map_err(|e| self.failed("write a file", e))?;
                }
                Ok(())
            })
        })?;
        self.remove(&path)?;
        Ok(turn)
    }

    /// What a reader should know of these figures.
    pub fn notes(&self) -> Vec<String> {
        let stayed = self.stayed.load(Relaxed);
        let kept = "of a file in memory that it was asked to drop: the cold read is not cold";
        Vec::from_iter((stayed > WARM_PERCENT).then(|| format!("the file system kept {stayed} % {kept}")))
    }
}

/// Everything there is to measure of files, in the order of a round: what overwrites comes after
/// what copies.
pub fn contestants<'a>(arena: &'a Arena<'a>) -> Vec<Contestant<'a>> {
    vec![
        Contestant::new(MAPPED_READ, || arena.warm().and_then(|()| arena.read())),
        Contestant::new(PREAD, || arena.warm().and_then(|()| arena.pread())),
        Contestant::new(MAPPED_COPY, || arena.warm().and_then(|()| arena.copy())),
        Contestant::new(OVERWRITE, || arena.warm().and_then(|()| arena.overwrite())),
        Contestant::new(FILL, || arena.fill(false)),
        Contestant::new(PWRITE, || arena.pwrite()),
        Contestant::new(COLD_READ, || arena.read_cold()),
        Contestant::new(COLD_WRITE, || arena.fill(true)),
    ]
}

/// Touches every word, as cheaply as a sum can.
fn look(bytes: &[u8]) {
    let (words, _) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(0u64, |sum, word| sum.wrapping_add(u64::from_ne_bytes(*word)));
    std::hint::black_box(sum);
}

/// Whole numbers below 4096, different in every frame.
fn noise(tile: &Region, bytes: &mut [u8]) -> Result<(), MachineError> {
    let mut state = tile.start[0].wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for value in bytes.as_chunks_mut::<4>().0 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *value = ((state >> 52) as f32).to_ne_bytes();
    }
    Ok(())
}
