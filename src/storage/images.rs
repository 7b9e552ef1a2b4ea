//! Pictures as arrays: PNG, JPEG and TIFF files, one by one or as a stack.
//!
//! Owns frame order, the checks that make frames one array, and the few decoded frames that are kept.
//! Every header is checked on opening; pixels are decoded when a tile asks, never all at once.
//! Refuses to interpret colour: samples are passed on as stored (a palette is looked up).

use std::fs::File;
use std::io::BufReader;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::StorageError;
use super::frames::{self, Picture};
use super::layout;
use super::open::{Mode, OpenOptions, check_shape, checked_bytes, contradiction, named, open_file, refuse_layout};
use crate::array::{ArraySpec, DType, Decoded, Endian, Facts, Form, Region};

/// One frame: a file, or a page of one.
#[derive(Debug)]
struct Frame {
    file: usize,
    page: usize,
}

/// Files of one size and type.
#[derive(Debug)]
pub(super) struct Pictures {
    facts: Facts,
    /// The facts of one frame by itself, which decoding works on.
    frame_facts: Facts,
    stacked: bool,
    files: Vec<PathBuf>,
    identities: Vec<(u64, u64)>,
    file_bytes: u64,
    file_bytes_max: u64,
    frames: Vec<Frame>,
    workers: AtomicUsize,
    cache: Mutex<Vec<(usize, Cell)>>,
    /// TIFF decoders between uses: they know where the pages are.
    decoders: Mutex<Vec<(usize, TiffDecoder)>>,
}

type Cell = Arc<Mutex<Option<Vec<u8>>>>;
pub(super) type TiffDecoder = tiff::decoder::Decoder<BufReader<File>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pictures {
    /// One file: a single picture has axes `yx` or `yxc`, a TIFF of several pages is a stack.
    pub(super) fn open_file(path: &Path, options: &OpenOptions) -> Result<Pictures, StorageError> {
        Pictures::open(vec![path.to_path_buf()], false, path, options)
    }

    /// Files in this order as a stack; `shown` is the pattern they match.
    pub(super) fn open_stack(
        files: Vec<PathBuf>,
        shown: &Path,
        options: &OpenOptions,
    ) -> Result<Pictures, StorageError> {
        Pictures::open(files, true, shown, options)
    }

    fn open(files: Vec<PathBuf>, glob: bool, shown: &Path, options: &OpenOptions) -> Result<Pictures, StorageError> {
        let mut first: Option<(usize, Picture)> = None;
        let (mut frames, mut identities, mut file_bytes, mut file_bytes_max) = (Vec::new(), Vec::new(), 0, 0);
        for (i, path) in files.iter().enumerate() {
            let file = open_file(path, Mode::Read)?;
            let meta = file.metadata().map_err(|e| StorageError::io(path, "read its size", e))?;
            identities.push((meta.dev(), meta.ino()));
            file_bytes += meta.len();
            file_bytes_max = meta.len().max(file_bytes_max);
            for (page, picture) in frames::headers(path, file)?.into_iter().enumerate() {
                let (of, expected) = first.get_or_insert((i, picture));
                if picture != *expected {
                    return Err(StorageError::Mismatch {
                        first: files[*of].clone(),
                        first_is: expected.to_string(),
                        second: path.clone(),
                        second_is: picture.to_string(),
                    });
                }
                frames.push(Frame { file: i, page });
            }
        }
        let Some((_, picture)) = first else {
            return Err(StorageError::unsupported(shown, "the file holds no picture"));
        };
        let stacked = glob || frames.len() > 1;
        let frame_count = stacked.then_some(frames.len() as u64);
        let facts = stack_facts(shown, picture, frame_count, file_bytes, options)?;
        let frame_facts = Facts {
            spec: ArraySpec::new(picture.dtype, &picture.shape()),
            offset: 0,
            endian: Endian::NATIVE,
            decoded: None,
        };
        let workers = AtomicUsize::new(std::thread::available_parallelism().map_or(1, |n| n.get()));
        Ok(Pictures {
            facts,
            frame_facts,
            stacked,
            files,
            identities,
            file_bytes,
            file_bytes_max,
            frames,
            workers,
            cache: Mutex::default(),
            decoders: Mutex::default(),
        })
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(super) fn identity(&self) -> Vec<(u64, u64)> {
        self.identities.clone()
    }

    pub(super) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    fn frame_bytes(&self) -> u64 {
        self.frame_facts.spec.bytes().unwrap_or(0)
    }

    /// For each worker: the frame it uses, what the decoder builds beside it, and the file as read.
    pub(super) fn cache_bytes(&self) -> u64 {
        let workers = self.workers.load(Ordering::Relaxed) as u64;
        workers * (2 * self.frame_bytes() + self.file_bytes_max.min(self.frame_bytes()) + (64 << 10))
    }

    pub(super) fn set_workers(&self, workers: usize) {
        self.workers.store(workers.max(1), Ordering::Relaxed);
    }

    /// Decodes a region that lies inside the array into a buffer of its size.
    pub(super) fn read(&self, region: &Region, out: &mut [u8]) -> Result<(), StorageError> {
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
                None => frame.insert(self.decode(index)?),
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

    fn decode(&self, index: usize) -> Result<Vec<u8>, StorageError> {
        let Frame { file, page } = self.frames[index];
        let (path, need) = (&self.files[file], self.frame_bytes());
        if !frames::is_tiff(path)? {
            return frames::decode(path, need);
        }
        let mut decoders = lock(&self.decoders);
        let kept = decoders.iter().position(|(f, _)| *f == file).map(|at| decoders.remove(at).1);
        drop(decoders);
        let mut decoder = match kept {
            Some(decoder) => decoder,
            None => frames::open_tiff(path, open_file(path, Mode::Read)?, need)?,
        };
        let pixels = frames::decode_page(path, &mut decoder, page, need)?;
        let mut decoders = lock(&self.decoders);
        decoders.push((file, decoder));
        if decoders.len() > self.workers.load(Ordering::Relaxed) {
            decoders.remove(0);
        }
        Ok(pixels)
    }
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
#[path = "images_tests.rs"]
mod tests;
