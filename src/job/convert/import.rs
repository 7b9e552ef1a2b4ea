//! Many pictures to one array.
//!
//! Owns the checks before any work, the workers that decode, and what happens to pictures that cannot
//! be read. One frame is in each worker's hands; the array goes to its file frame by frame.

use super::budget::{Need, Peak, Workers};
use super::cast;
use super::labels::Labels;
use super::line::Line;
use crate::array::{ArraySpec, DType, Endian, IoChoice, IoWay, Order, OutputIo, Region};
use crate::engine::{Cancel, Event, Observer};
use crate::job::{JobError, JobOptions, folder_of, same_place};
use crate::storage::{
    OpenOptions, Output, OutputOptions, Picture, PictureFiles, PictureSet, Prepare, Skipped, StorageError, identity,
    picture_spec, volume_of,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How pictures become an array.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Size and colour, where pictures differ.
    pub prepare: Prepare,
    /// Leave out what cannot be read, instead of failing.
    pub skip: bool,
    /// Where labels go: the folder of each picture, `.npy` or `.csv`. Folders are then searched with all below them.
    pub labels: Option<PathBuf>,
    /// What the caller says of the pictures; only axis names can add anything.
    pub open: OpenOptions,
    /// Element type, order and byte order of the array, where they are not the pictures' and the usual ones.
    pub dtype: Option<DType>,
    pub order: Option<Order>,
    pub endian: Option<Endian>,
    /// Budget, workers and whether files may be replaced.
    pub job: JobOptions,
}

/// Pictures that were found to make an array. Nothing has been written.
#[derive(Debug)]
pub struct Import {
    set: PictureSet,
    /// What every frame is once it is prepared, before its dtype changes.
    frame: Picture,
    spec: ArraySpec,
    target: PathBuf,
    labels: Option<Labels>,
    skipped: Vec<Skipped>,
    workers: Workers,
    options: ImportOptions,
    stacked: bool,
    /// Things worth knowing that are no errors.
    pub notes: Vec<String>,
}

/// What an import made.
#[derive(Clone, Debug)]
pub struct Imported {
    pub path: PathBuf,
    pub spec: ArraySpec,
    /// Pictures in the array, and those that were left out.
    pub frames: u64,
    pub skipped: Vec<Skipped>,
    /// Names of the classes with the pictures of each, in the order of the labels.
    pub classes: Vec<(String, u64)>,
    /// Where the labels and the names of the classes are.
    pub label_files: Vec<PathBuf>,
    pub read: u64,
    pub written: u64,
    pub elapsed: Duration,
    pub workers: Workers,
    pub private_peak: Option<u64>,
}

impl Import {
    /// Finds the pictures, reads their headers, and checks everything that can be checked before the first is decoded.
    pub fn prepare(inputs: &[String], output: &Path, options: &ImportOptions) -> Result<Import, JobError> {
        let files = PictureFiles::find(inputs, options.labels.is_some())?;
        let mut notes = Vec::new();
        if let Some((before, after)) = &files.unnatural {
            let (before, after) = (before.display(), after.display());
            notes.push(format!(
                "frames are in the order given, {before} before {after}; quote the pattern for natural order"
            ));
        }
        let overwrite = options.job.overwrite;
        let labels =
            options.labels.as_deref().map(|path| Labels::prepare(path, &files.paths, overwrite)).transpose()?;
        if let Some([only]) = labels.as_ref().map(|l| l.classes.as_slice()) {
            notes.push(format!("all pictures lie in one folder, so all labels are 0 (\"{only}\")"));
        }
        let (set, skipped) = match options.skip {
            true => PictureSet::open_skipping(files.paths),
            false => (PictureSet::open(files.paths)?, Vec::new()),
        };
        let Some(frame) = set.common(|p| options.prepare.target(p))? else {
            return Err(JobError::AllSkipped { skipped });
        };
        let stacked = !(files.single && set.len() == 1);
        let shown = PathBuf::from(inputs.first().map_or("", String::as_str));
        let frames = set.len() as u64;
        let spec = picture_spec(&shown, &frame, stacked.then_some(frames), &options.open)?;
        let dtype = options.dtype.unwrap_or(frame.dtype);
        if !cast::possible(frame.dtype, dtype) {
            let what = format!("pictures of {} cannot become {dtype} here; use `tilewise apply` for that", frame.dtype);
            return Err(JobError::Usage(what));
        }
        let spec = ArraySpec { dtype, ..spec };
        if options.skip && options.order == Some(Order::F) {
            let what = "--on-error skip needs C order, in which an array can be cut at its end";
            return Err(JobError::Usage(what.to_string()));
        }
        check_targets(&set, output, labels.as_ref(), overwrite)?;
        let workers = workers(&set, &spec, &frame, labels.as_ref(), options)?;
        if workers.fewer {
            notes.push(format!("{} threads: more would not fit the budget", workers.threads));
        }
        let (target, options) = (output.to_path_buf(), options.clone());
        Ok(Import { set, frame, spec, target, labels, skipped, workers, options, stacked, notes })
    }

    /// Bytes of all pictures as files, which progress is measured by.
    pub fn bytes(&self) -> u64 {
        self.set.file_bytes()
    }

    /// Decodes all pictures and writes the array and its labels. On any error, and when cancelled, nothing appears.
    pub fn run(mut self, cancel: &Cancel, observer: &dyn Observer) -> Result<Imported, JobError> {
        let started = Instant::now();
        let usual = OutputOptions::default();
        let options = OutputOptions {
            order: self.options.order.unwrap_or(usual.order),
            endian: self.options.endian.unwrap_or(usual.endian),
            overwrite: self.options.job.overwrite,
            io: OutputIo { way: written_by(self.options.job.io, &self.target), ..usual.io },
            ..usual
        };
        let mut output = Output::create(&self.target, &self.spec, &options)?;
        let peak = Peak::default();
        peak.sample();
        let frames = self.set.len();
        self.set.keep_decoders(self.workers.threads);
        observer.event(&Event::PassStarted { pass: 0, passes: 1, steps: "convert", tiles: frames as u64 });
        let lost = self.decode_all(&output, cancel, observer, &peak)?;
        let kept: Vec<usize> = (0..frames).filter(|f| lost.binary_search_by_key(f, |(at, _)| *at).is_err()).collect();
        self.skipped.extend(lost.into_iter().map(|(_, skipped)| skipped));
        if kept.is_empty() {
            return Err(JobError::AllSkipped { skipped: self.skipped });
        }
        if kept.len() < frames {
            output.cut(kept.len() as u64)?;
        }
        let labels = self.labels.as_ref().map(|labels| labels.write(&self.set, &kept)).transpose()?;
        cancel.check()?;
        let (spec, path, written) = (output.spec().clone(), output.path().to_path_buf(), output.file_bytes());
        let counts = labels.as_ref().map_or(Vec::new(), |l| l.counts.clone());
        labels.map_or(Ok(()), super::labels::Written::commit)?;
        output.commit(true)?;
        peak.sample();
        observer.event(&Event::RunDone);
        let names = self.labels.as_ref().map_or(Vec::new(), |l| l.classes.clone());
        Ok(Imported {
            path,
            spec,
            frames: kept.len() as u64,
            skipped: self.skipped,
            classes: names.into_iter().zip(counts).collect(),
            label_files: self.labels.as_ref().map_or(Vec::new(), Labels::paths),
            read: self.set.file_bytes(),
            written,
            elapsed: started.elapsed(),
            workers: self.workers,
            private_peak: peak.most(),
        })
    }

    /// Decodes with all workers; gives back the frames that were left out, in order.
    fn decode_all(
        &self,
        output: &Output,
        cancel: &Cancel,
        observer: &dyn Observer,
        peak: &Peak,
    ) -> Result<Vec<(usize, Skipped)>, JobError> {
        let run = Run {
            import: self,
            output,
            cancel,
            observer,
            peak,
            line: Line::new(self.workers.waiting),
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            lost: Mutex::default(),
            failure: Mutex::default(),
        };
        std::thread::scope(|scope| {
            for _ in 0..self.workers.threads {
                scope.spawn(|| run.work());
            }
        });
        cancel.check()?;
        if let Some((_, error)) = run.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut lost = run.lost.into_inner().unwrap_or_else(PoisonError::into_inner);
        lost.sort_by_key(|(frame, _)| *frame);
        Ok(lost)
    }
}

/// What the workers share.
struct Run<'a> {
    import: &'a Import,
    output: &'a Output,
    cancel: &'a Cancel,
    observer: &'a dyn Observer,
    peak: &'a Peak,
    line: Line,
    next: AtomicUsize,
    stop: AtomicBool,
    lost: Mutex<Vec<(usize, Skipped)>>,
    failure: Mutex<Option<(usize, JobError)>>,
}

impl Run<'_> {
    /// One worker: takes frames in order until there are none.
    fn work(&self) {
        loop {
            let frame = self.next.fetch_add(1, Relaxed);
            if frame >= self.import.set.len() || self.stop.load(Relaxed) || self.cancel.is_cancelled() {
                break;
            }
            if let Err(error) = self.one(frame) {
                self.fail(frame, error);
                break;
            }
            self.peak.sample();
        }
        if self.cancel.is_cancelled() {
            self.line.stop();
        }
    }

    fn one(&self, frame: usize) -> Result<(), JobError> {
        let started = Instant::now();
        let made = match self.import.set.decode(frame) {
            Ok(pixels) => Some(self.make(frame, pixels)?),
            Err(error) if self.import.options.skip => {
                let path = self.import.set.path(frame).to_path_buf();
                let skipped = Skipped { path, page: self.import.set.page(frame), reason: error.reason() };
                self.lost.lock().unwrap_or_else(PoisonError::into_inner).push((frame, skipped));
                None
            }
            Err(error) => return Err(error.into()),
        };
        if self.import.options.skip {
            self.line.deliver(frame, made, |place, pixels| self.write(place, &pixels))?;
        } else if let Some(pixels) = made {
            // Nothing can be left out, so every frame knows its place.
            self.write(frame as u64, &pixels)?;
        }
        let (read, tile) = (self.import.set.frame_file_bytes(frame), frame as u64);
        self.observer.event(&Event::TileDone { pass: 0, tile, read, written: 0, elapsed: started.elapsed() });
        Ok(())
    }

    /// The elements of a frame as they will be stored, but for byte order.
    fn make(&self, frame: usize, pixels: Vec<u8>) -> Result<Vec<u8>, StorageError> {
        let import = self.import;
        let pixels = import.options.prepare.apply(import.set.picture(frame), pixels);
        let (from, to) = (import.frame.dtype, import.spec.dtype);
        cast::cast(from, to, pixels).map_err(|at| {
            let what = format!("element {at} is NaN, which {to} cannot hold");
            StorageError::Unsupported { path: import.set.path(frame).to_path_buf(), what }
        })
    }

    fn write(&self, place: u64, pixels: &[u8]) -> Result<(), JobError> {
        let mut region = Region::full(&self.import.spec.shape);
        if self.import.stacked {
            (region.start[0], region.end[0]) = (place, place + 1);
        }
        self.output.write(&region, pixels)?;
        // The pages go to the disk from here on, not when all is done; and they leave this process.
        self.output.push(&region);
        self.output.drop_behind(&region);
        Ok(())
    }

    /// Keeps the error of the first frame that has one, and stops the rest.
    fn fail(&self, frame: usize, error: JobError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.as_ref().is_none_or(|(first, _)| frame < *first) {
            *failure = Some((frame, error));
        }
        self.stop.store(true, Relaxed);
        self.line.stop();
    }
}

/// What must hold between the files that are read and written.
fn check_targets(set: &PictureSet, output: &Path, labels: Option<&Labels>, overwrite: bool) -> Result<(), JobError> {
    let labels = labels.map_or(Vec::new(), Labels::paths);
    for path in labels.iter().map(PathBuf::as_path).chain([output]) {
        let known = identity(path);
        if known.is_some_and(|i| set.identities().any(|of| of == i)) {
            return Err(JobError::OutputIsInput { path: path.to_path_buf(), input: path.display().to_string() });
        }
    }
    if labels.iter().any(|path| same_place(path, output)) {
        return Err(JobError::SameOutput { path: output.to_path_buf() });
    }
    if !overwrite && output.symlink_metadata().is_ok() {
        return Err(StorageError::Exists { path: output.to_path_buf() }.into());
    }
    Ok(())
}

/// How many pictures may be in hand at once.
fn workers(
    set: &PictureSet,
    spec: &ArraySpec,
    frame: &Picture,
    labels: Option<&Labels>,
    options: &ImportOptions,
) -> Result<Workers, JobError> {
    let frames = set.len() as u64;
    let stored = Picture { dtype: spec.dtype, ..*frame }.bytes();
    let cast = if spec.dtype == frame.dtype { 0 } else { stored };
    let of_frame = |f: usize| set.decode_bytes(f).saturating_add(options.prepare.work_bytes(set.picture(f)));
    let worker = (0..set.len()).map(of_frame).max().unwrap_or(0);
    let need = Need {
        what: format!("decoding {}", largest(set)),
        fixed: set.list_bytes() + labels.map_or(0, |l| l.bytes(frames)) + 8 * frames,
        worker: worker.saturating_add(cast),
        waiting: if options.skip { stored } else { 0 },
    };
    Workers::fit(&need, frames, &options.job)
}

/// Pictures are decoded into frames and written as a whole, so that there is no pass that could choose.
fn written_by(choice: Option<IoChoice>, target: &Path) -> IoWay {
    match choice {
        Some(IoChoice::Direct) => IoWay::Direct,
        Some(IoChoice::Pwrite) => IoWay::Buffered,
        _ if volume_of(folder_of(target)).maps => IoWay::Mapped,
        _ => IoWay::Buffered,
    }
}

/// The picture that takes most to decode.
fn largest(set: &PictureSet) -> String {
    let most = (0..set.len()).max_by_key(|f| set.decode_bytes(*f));
    most.map_or(String::new(), |f| format!("{} ({})", set.path(f).display(), set.picture(f)))
}
