//! The frames of many picture files, each decoded when it is asked for.
//!
//! Owns the list of frames, the check that they can be one array, and TIFF decoders between uses.
//! Refuses to keep pixels, and to know what becomes of them.

use std::fs::File;
use std::io::BufReader;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::decode::{self, Header, Kind, Picture, undecodable};
use super::jpeg;
use crate::storage::StorageError;
use crate::storage::open::{Mode, open_file};

pub(super) type TiffDecoder = tiff::decoder::Decoder<BufReader<File>>;

/// Frames in order: files, and the pages of TIFF files. Shared between threads.
#[derive(Debug)]
pub struct PictureSet {
    files: Vec<PictureFile>,
    frames: Vec<Frame>,
    /// TIFF decoders between uses: they know where the pages are.
    decoders: Mutex<Vec<(usize, TiffDecoder)>>,
    decoders_max: AtomicUsize,
}

#[derive(Debug)]
struct PictureFile {
    path: PathBuf,
    identity: (u64, u64),
    bytes: u64,
    pages: usize,
}

#[derive(Debug)]
struct Frame {
    file: usize,
    page: usize,
    header: Header,
}

/// A picture that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub path: PathBuf,
    /// The page of a TIFF of several; `None` stands for the whole file.
    pub page: Option<usize>,
    pub reason: String,
}

impl PictureSet {
    /// Reads the header of every file. Fails at the first that has none.
    pub fn open(paths: Vec<PathBuf>) -> Result<PictureSet, StorageError> {
        PictureSet::open_with(paths, |_, error| Err(error))
    }

    /// As [`PictureSet::open`], but leaves out files that cannot be read, and lists them.
    pub fn open_skipping(paths: Vec<PathBuf>) -> (PictureSet, Vec<Skipped>) {
        let mut skipped = Vec::new();
        let set = PictureSet::open_with(paths, |path, error| {
            skipped.push(Skipped { path: path.to_path_buf(), page: None, reason: error.reason() });
            Ok::<(), std::convert::Infallible>(())
        });
        let Ok(set) = set;
        (set, skipped)
    }

    fn open_with<E>(
        paths: Vec<PathBuf>,
        mut trouble: impl FnMut(&Path, StorageError) -> Result<(), E>,
    ) -> Result<PictureSet, E> {
        let (mut files, mut frames): (Vec<PictureFile>, Vec<Frame>) = (Vec::new(), Vec::new());
        let several = paths.len() > 1;
        for path in paths {
            match headers(&path) {
                Ok((identity, bytes, headers)) => {
                    let (file, pages) = (files.len(), headers.len());
                    frames.extend(headers.into_iter().enumerate().map(|(page, header)| Frame { file, page, header }));
                    files.push(PictureFile { path, identity, bytes, pages });
                }
                Err(error) => trouble(&path, at_frame(error, several.then_some(frames.len())))?,
            }
        }
        Ok(PictureSet { files, frames, decoders: Mutex::default(), decoders_max: AtomicUsize::new(1) })
    }

    /// Every file, in the order of the frames.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|f| f.path.clone()).collect()
    }

    /// How many frames there are.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The file of a frame.
    pub fn path(&self, frame: usize) -> &Path {
        &self.files[self.frames[frame].file].path
    }

    /// The page of a frame, where its file has several.
    pub fn page(&self, frame: usize) -> Option<usize> {
        let Frame { file, page, .. } = self.frames[frame];
        (self.files[file].pages > 1).then_some(page)
    }

    /// Size and type of a frame, as its header says.
    pub fn picture(&self, frame: usize) -> &Picture {
        &self.frames[frame].header.picture
    }

    /// Device and inode of each file, to tell whether an output is one of them.
    pub fn identities(&self) -> impl Iterator<Item = (u64, u64)> {
        self.files.iter().map(|f| f.identity)
    }

    /// Bytes of all files.
    pub fn file_bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }

    /// A frame's share of the bytes of its file.
    pub fn frame_file_bytes(&self, frame: usize) -> u64 {
        let file = &self.files[self.frames[frame].file];
        file.bytes / file.pages as u64
    }

    /// What decoding takes at most beside the pixels, in bytes.
    pub(super) fn work_bytes_max(&self) -> u64 {
        self.frames.iter().map(|f| f.header.work_bytes).max().unwrap_or(0)
    }

    /// What decoding a frame takes at most: its pixels, and what its decoder needs beside them.
    pub fn decode_bytes(&self, frame: usize) -> u64 {
        let header = &self.frames[frame].header;
        header.work_bytes.saturating_add(header.picture.bytes())
    }

    /// Memory of the list itself, about.
    pub fn list_bytes(&self) -> u64 {
        let names: usize = self.files.iter().map(|f| f.path.as_os_str().len() + size_of::<PictureFile>() + 32).sum();
        (names + self.frames.len() * size_of::<Frame>()) as u64
    }

    /// What every frame is, once `prepare` has changed it; `None` where there is no frame. Fails where two differ.
    pub fn common(
        &self,
        prepare: impl Fn(&Picture) -> Result<Picture, String>,
    ) -> Result<Option<Picture>, StorageError> {
        let mut first: Option<(usize, Picture)> = None;
        for (i, frame) in self.frames.iter().enumerate() {
            let picture = prepare(&frame.header.picture).map_err(|e| StorageError::unsupported(self.path(i), e))?;
            let (of, expected) = first.get_or_insert((i, picture));
            if picture != *expected {
                return Err(StorageError::Mismatch {
                    first: self.path(*of).to_path_buf(),
                    first_is: expected.to_string(),
                    second: self.path(i).to_path_buf(),
                    second_is: picture.to_string(),
                    advice: advice(expected, &picture),
                });
            }
        }
        Ok(first.map(|(_, picture)| picture))
    }

    /// How many threads decode at once, which bounds the TIFF files that are kept open.
    pub fn keep_decoders(&self, workers: usize) {
        self.decoders_max.store(workers.max(1), Ordering::Relaxed);
    }

    /// The pixels of a frame: C order, native byte order. An error names the file and the frame.
    pub fn decode(&self, frame: usize) -> Result<Vec<u8>, StorageError> {
        // A decoder that meets what its authors did not think of has met a damaged file.
        let done = catch_unwind(AssertUnwindSafe(|| self.decode_frame(frame)));
        let done = done.unwrap_or_else(|_| Err(undecodable(self.path(frame), None, "the decoder gave up on it")));
        done.map_err(|error| match at_frame(error, (self.len() > 1).then_some(frame)) {
            StorageError::Decode { path, page, frame: at, what } => {
                StorageError::Decode { path, page: page.filter(|_| self.page(frame).is_some()), frame: at, what }
            }
            other => other,
        })
    }

    fn decode_frame(&self, frame: usize) -> Result<Vec<u8>, StorageError> {
        let Frame { file, page, ref header } = self.frames[frame];
        let (path, need) = (&self.files[file].path, header.picture.bytes());
        match decode::kind(path, &mut open_file(path, Mode::Read)?)? {
            Kind::Png => return decode::decode_png(path, need),
            Kind::Jpeg => return jpeg::decode(path, need),
            Kind::Tiff => {}
        }
        let mut decoders = lock(&self.decoders);
        let kept = decoders.iter().position(|(f, _)| *f == file).map(|at| decoders.remove(at).1);
        drop(decoders);
        let mut decoder = match kept {
            Some(decoder) => decoder,
            None => decode::open_tiff(path, open_file(path, Mode::Read)?, need)?,
        };
        let pixels = decode::decode_page(path, &mut decoder, page, need)?;
        let mut decoders = lock(&self.decoders);
        decoders.push((file, decoder));
        if decoders.len() > self.decoders_max.load(Ordering::Relaxed) {
            decoders.remove(0);
        }
        Ok(pixels)
    }
}

/// The same error, with the place in the stack.
fn at_frame(error: StorageError, frame: Option<usize>) -> StorageError {
    match error {
        StorageError::Decode { path, page, what, .. } => StorageError::Decode { path, page, frame, what },
        other => other,
    }
}

/// What is known of one file: device and inode, bytes, and its frames.
type Known = ((u64, u64), u64, Vec<Header>);

fn headers(path: &Path) -> Result<Known, StorageError> {
    let file = open_file(path, Mode::Read)?;
    let meta = file.metadata().map_err(|e| StorageError::io(path, "read its size", e))?;
    let found = catch_unwind(AssertUnwindSafe(|| decode::headers(path, file)));
    let found = found.unwrap_or_else(|_| Err(undecodable(path, None, "the decoder gave up on its header")))?;
    Ok(((meta.dev(), meta.ino()), meta.len(), found))
}

/// How two pictures that differ can become frames of one stack.
fn advice(a: &Picture, b: &Picture) -> &'static str {
    match (a.channels != b.channels, (a.width, a.height) != (b.width, b.height), a.dtype != b.dtype) {
        (_, _, true) => "frames of a stack must agree in type; convert the files of one type into a stack of their own",
        (true, true, _) => "`tilewise convert` brings them together with --resize H,W and --color grey or rgb",
        (true, false, _) => "`tilewise convert` brings them together with --color grey or --color rgb",
        _ => "`tilewise convert` brings them to one size with --resize H,W",
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
