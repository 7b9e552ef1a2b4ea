//! Pictures as arrays: PNG, JPEG and TIFF files, one by one or as a stack.
//!
//! Owns frame order, the checks that make frames one array, and the few decoded frames that are kept.
//! Every header is checked on opening; pixels are decoded when a tile asks, never all at once.
//! Refuses to interpret colour: samples are passed on as stored (a palette is looked up).

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::decode::Picture;
use super::set::PictureSet;
use crate::array::{ArraySpec, DType, Decoded, Endian, Facts, Form, Region};
use crate::storage::StorageError;
use crate::storage::layout;
use crate::storage::open::{OpenOptions, check_shape, checked_bytes, contradiction, named, refuse_layout};

/// Files of one size and type.
#[derive(Debug)]
pub(in crate::storage) struct Pictures {
    facts: Facts,
    /// The facts of one frame by itself, which decoding works on.
    frame_facts: Facts,
    stacked: bool,
    set: PictureSet,
    workers: AtomicUsize,
    cache: Mutex<Vec<(usize, Cell)>>,
}

type Cell = Arc<Mutex<Option<Vec<u8>>>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pictures {
    /// One file: a single picture has axes `yx` or `yxc`, a TIFF of several pages is a stack.
    pub(in crate::storage) fn open_file(path: &Path, options: &OpenOptions) -> Result<Pictures, StorageError> {
        Pictures::open(vec![path.to_path_buf()], false, path, options)
    }

    /// Files in this order as a stack; `shown` is the pattern they match.
    pub(in crate::storage) fn open_stack(
        files: Vec<PathBuf>,
        shown: &Path,
        options: &OpenOptions,
    ) -> Result<Pictures, StorageError> {
        Pictures::open(files, true, shown, options)
    }

    fn open(files: Vec<PathBuf>, glob: bool, shown: &Path, options: &OpenOptions) -> Result<Pictures, StorageError> {
        let set = PictureSet::open(files)?;
        let Some(picture) = set.common(|p| Ok(*p))? else {
            return Err(StorageError::unsupported(shown, "the file holds no picture"));
        };
        let stacked = glob || set.len() > 1;
        let frames = stacked.then_some(set.len() as u64);
        let facts = stack_facts(shown, picture, frames, set.file_bytes(), options)?;
        let frame_facts = Facts {
            spec: ArraySpec::new(picture.dtype, &picture.shape()),
            offset: 0,
            endian: Endian::NATIVE,
            decoded: None,
        };
        let workers = AtomicUsize::new(std::thread::available_parallelism().map_or(1, |n| n.get()));
        Ok(Pictures { facts, frame_facts, stacked, set, workers, cache: Mutex::default() })
    }

    pub(in crate::storage) fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(in crate::storage) fn files(&self) -> Vec<PathBuf> {
        self.set.paths()
    }

    pub(in crate::storage) fn identity(&self) -> Vec<(u64, u64)> {
        self.set.identities().collect()
    }

    pub(in crate::storage) fn file_bytes(&self) -> u64 {
        self.set.file_bytes()
    }

    fn frame_bytes(&self) -> u64 {
        self.frame_facts.spec.bytes().unwrap_or(0)
    }

    /// For each worker: the frame it uses, the next one as it is decoded, and what that takes beside it.
    pub(in crate::storage) fn cache_bytes(&self) -> u64 {
        let workers = self.workers.load(Ordering::Relaxed) as u64;
        workers * (2 * self.frame_bytes() + self.set.work_bytes_max())
    }

    pub(in crate::storage) fn set_workers(&self, workers: usize) {
        self.workers.store(workers.max(1), Ordering::Relaxed);
        self.set.keep_decoders(workers);
    }

    /// Decodes a region that lies inside the array into a buffer of its size.
    pub(in crate::storage) fn read(&self, region: &Region, out: &mut [u8]) -> Result<(), StorageError> {
        if region.is_empty() {
            return Ok(());
        }
        let (frames, inner) = if self.stacked {
            let inner = Region { start: region.start[1..].to_vec(), end: region.end[1..].to_vec() };
            (region.start[0] as usize..region.end[0] as usize, inner)
        } else {
            (0..1, region.clone())
        };
        let bytes = out.len() / frames.len();
        for (index, part) in frames.zip(out.chunks_exact_mut(bytes)) {
            let cell = self.cell(index);
            let mut frame = lock(&cell);
            let pixels = match frame.as_ref() {
                Some(pixels) => pixels,
                None => frame.insert(self.set.decode(index)?),
            };
            layout::decode(&self.frame_facts, pixels, &inner, part);
        }
        Ok(())
    }

    /// The place of a frame in the cache. Frames in use stay; of the others the longest unused go,
    /// so that there are never more than workers.
    fn cell(&self, index: usize) -> Cell {
        let mut cache = lock(&self.cache);
        if let Some(at) = cache.iter().position(|(i, _)| *i == index) {
            let entry = cache.remove(at);
            cache.push(entry);
        } else {
            let workers = self.workers.load(Ordering::Relaxed);
            while cache.len() >= workers {
                let Some(unused) = cache.iter().position(|(_, c)| Arc::strong_count(c) == 1) else { break };
                cache.remove(unused);
            }
            cache.push((index, Cell::default()));
        }
        cache.last().map(|(_, c)| c.clone()).unwrap_or_default()
    }
}

/// The array that a picture or a stack of `frames` makes; the options can only name its axes.
pub fn picture_spec(
    shown: &Path,
    picture: &Picture,
    frames: Option<u64>,
    options: &OpenOptions,
) -> Result<ArraySpec, StorageError> {
    Ok(stack_facts(shown, *picture, frames, 0, options)?.spec)
}

/// The facts of a picture or of a stack of `frames`, checked against the options.
fn stack_facts(
    path: &Path,
    picture: Picture,
    frames: Option<u64>,
    file_bytes: u64,
    options: &OpenOptions,
) -> Result<Facts, StorageError> {
    let (mut shape, mut smallest) = (picture.shape(), picture.shape());
    let mut axes = if shape.len() == 3 { "yxc" } else { "yx" }.to_string();
    if let Some(frames) = frames {
        shape.insert(0, frames);
        smallest.insert(0, 1);
        axes.insert(0, 't');
    }
    contradiction(path, "dtype", options.dtype.map(DType::name), picture.dtype.name())?;
    check_shape(path, &shape, options.shape.as_deref())?;
    refuse_layout(path, "pictures know their own layout", options)?;
    let spec = named(path, picture.dtype, &shape, Some(options.axes.as_deref().unwrap_or(&axes)))?;
    let decoded = Decoded { smallest, form: Form::Frames, columns: vec![], file_bytes, unpacked_bytes: None };
    let facts = Facts { spec, offset: 0, endian: Endian::NATIVE, decoded: Some(decoded) };
    checked_bytes(path, &facts)?;
    Ok(facts)
}

#[cfg(test)]
#[path = "stack_tests.rs"]
mod tests;
