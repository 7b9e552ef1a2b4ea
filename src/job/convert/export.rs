//! One array to pictures: a file, numbered files, or the pages of a TIFF.
//!
//! Owns which axes are pictures, the workers that encode, and that all numbered files appear or none.

use super::budget::{Need, Peak, Workers};
use super::cast;
use super::naming::Numbered;
use crate::array::{ArraySpec, DType, Region};
use crate::engine::{Cancel, Event, Observer};
use crate::job::{JobError, JobOptions};
use crate::storage::{
    FinishedFile, NewFile, OpenOptions, Picture, PictureFormat, StorageError, Stored, encode_picture, identity,
    write_tiff,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How an array becomes pictures.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Of JPEG, 1 to 100.
    pub quality: u8,
    /// Element type of the pictures, if not the array's.
    pub dtype: Option<DType>,
    /// What the caller says of the input.
    pub open: OpenOptions,
    /// Budget, workers and whether files may be replaced.
    pub job: JobOptions,
}

/// An array that was found to make pictures. Nothing has been written.
#[derive(Debug)]
pub struct Export {
    stored: Stored,
    planes: Planes,
    format: PictureFormat,
    target: Target,
    workers: Workers,
    options: ExportOptions,
    /// Things worth knowing that are no errors.
    pub notes: Vec<String>,
}

#[derive(Debug)]
enum Target {
    /// One file: a picture, or a TIFF of pages.
    One(PathBuf),
    Numbered(Numbered),
}

/// What an export made.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The file, or the first and the last of several.
    pub paths: Vec<PathBuf>,
    pub format: PictureFormat,
    pub picture: Picture,
    pub frames: u64,
    pub read: u64,
    pub written: u64,
    pub elapsed: Duration,
    pub workers: Workers,
    pub private_peak: Option<u64>,
}

/// How an array is made of pictures: `[frame,] y, x [, c]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Planes {
    picture: Picture,
    frames: u64,
    framed: bool,
}

impl Planes {
    /// By axis names where there are any; else a last extent of 3 or 4 holds channels, as in NumPy.
    fn of(spec: &ArraySpec) -> Result<Planes, String> {
        let shape = &spec.shape;
        let names = spec.axis_names();
        let channels = match &names {
            Some(names) => names.ends_with('c'),
            None => shape.len() >= 3 && matches!(shape.last(), Some(3 | 4)),
        };
        if let Some(names) = names.as_ref().filter(|n| n.contains('c') && !n.ends_with('c')) {
            let turned: String = names.chars().filter(|c| *c != 'c').chain(['c']).collect();
            return Err(format!(
                "its axes are {names}, and pictures need c last; turn it first: tilewise apply … -s 'transpose axes={turned}'"
            ));
        }
        let (frames, framed) = match shape.len().checked_sub(2 + usize::from(channels)) {
            Some(0) => (1, false),
            Some(1) => (shape[0], true),
            _ => {
                let axes = names.map_or(String::new(), |n| format!(" ({n})"));
                return Err(format!(
                    "an array of shape {shape:?}{axes} has no planes to make pictures of: \
                     they are y, x, or frames of those, with channels last or without; name the axes, e.g. --axes tyx"
                ));
            }
        };
        let (y, x) = (shape[usize::from(framed)], shape[usize::from(framed) + 1]);
        let count = if channels { shape[shape.len() - 1] } else { 1 };
        if frames == 0 {
            return Err(format!("an array of shape {shape:?} has no frames to make pictures of"));
        }
        Ok(Planes { picture: Picture { dtype: spec.dtype, width: x, height: y, channels: count }, frames, framed })
    }

    /// Rows of a frame as a region of the array.
    fn rows(&self, shape: &[u64], frame: u64, rows: std::ops::Range<u64>) -> Region {
        let mut region = Region::full(shape);
        let y = usize::from(self.framed);
        if self.framed {
            (region.start[0], region.end[0]) = (frame, frame + 1);
        }
        (region.start[y], region.end[y]) = (rows.start, rows.end);
        region
    }
}

impl Export {
    /// Whether an output is a picture by its ending.
    pub fn is_meant(output: &Path) -> bool {
        PictureFormat::of_extension(output).is_some()
    }

    /// Opens the array and checks everything that can be checked before the first picture is encoded.
    pub fn prepare(input: &str, output: &Path, options: &ExportOptions) -> Result<Export, JobError> {
        let opened = Stored::open(input, Path::new(""), &options.open);
        let stored = opened.map_err(|e| JobError::Input { name: input.to_string(), error: Box::new(e) })?;
        let wrong = |what: String| JobError::Usage(format!("{input}: {what}"));
        let mut planes = Planes::of(stored.spec()).map_err(wrong)?;
        let from = planes.picture.dtype;
        planes.picture.dtype = options.dtype.unwrap_or(from);
        if !cast::possible(from, planes.picture.dtype) {
            return Err(wrong(format!("{from} cannot become {} here; use `tilewise apply`", planes.picture.dtype)));
        }
        let format = PictureFormat::of_extension(output).unwrap_or(PictureFormat::Png);
        if let Some(what) = format.refuses(&planes.picture) {
            let scale = "scale it first, tilewise apply IN OUT -s 'minmax high=255' --output-dtype u8, \
                         or draw it with `tilewise view`";
            return Err(wrong(format!("{what}; {scale}")));
        }
        let numbered = Numbered::parse(output).map_err(|e| JobError::Usage(format!("{}: {e}", output.display())))?;
        let target = match numbered {
            Some(numbered) => Target::Numbered(numbered),
            None if planes.frames == 1 || format == PictureFormat::Tiff => Target::One(output.to_path_buf()),
            None => {
                let (frames, name) = (planes.frames, format.name());
                return Err(wrong(format!(
                    "it has {frames} frames, and a {name} holds one; number the files, e.g. {}, or make one .tif of {frames} pages",
                    example(output).display()
                )));
            }
        };
        check_targets(&stored, &target, &planes, input, options.job.overwrite)?;
        let mut notes = Vec::new();
        let workers = workers(&stored, &planes, format, &target, from, &options.job)?;
        if workers.fewer && matches!(target, Target::Numbered(_)) {
            notes.push(format!("{} threads: more would not fit the budget", workers.threads));
        }
        stored.set_workers(workers.threads);
        Ok(Export { stored, planes, format, target, workers, options: options.clone(), notes })
    }

    /// Bytes of the array.
    pub fn bytes(&self) -> u64 {
        self.stored.spec().bytes().unwrap_or(0)
    }

    /// Writes the pictures. On any error, and when cancelled, none of them appears.
    pub fn run(self, cancel: &Cancel, observer: &dyn Observer) -> Result<Exported, JobError> {
        let started = Instant::now();
        let peak = Peak::default();
        peak.sample();
        let frames = self.planes.frames;
        observer.event(&Event::PassStarted { pass: 0, passes: 1, steps: "convert", tiles: frames });
        let files = match &self.target {
            Target::One(path) => vec![(0, self.one_file(path, cancel, observer, &peak)?)],
            Target::Numbered(names) => self.numbered(names, cancel, observer, &peak)?,
        };
        self.stored.check_size()?;
        self.stored.check_faults()?;
        cancel.check()?;
        let paths = files.iter().map(|(_, f)| f.path().to_path_buf());
        let paths = if frames == 1 { paths.take(1).collect() } else { first_and_last(paths) };
        let written = files.iter().map(|(_, f)| f.bytes()).sum();
        commit(files, self.options.job.overwrite)?;
        peak.sample();
        observer.event(&Event::RunDone);
        Ok(Exported {
            paths,
            format: self.format,
            picture: self.planes.picture,
            frames,
            read: self.bytes(),
            written,
            elapsed: started.elapsed(),
            workers: self.workers,
            private_peak: peak.most(),
        })
    }

    /// Rows of a frame: dense, native, in the dtype of the pictures.
    fn read(&self, frame: u64, rows: std::ops::Range<u64>) -> Result<Vec<u8>, JobError> {
        let region = self.planes.rows(&self.stored.spec().shape, frame, rows);
        let from = self.stored.spec().dtype;
        let mut bytes = vec![0; region.elements() as usize * from.size()];
        self.stored.populate(&region)?;
        self.stored.read(&region, &mut bytes)?;
        self.stored.drop_behind(&region);
        let to = self.planes.picture.dtype;
        let made = cast::cast(from, to, bytes).map_err(|at| {
            let what = format!("element {at} of frame {frame} is NaN, which {to} cannot hold");
            StorageError::Unsupported { path: self.stored.path().to_path_buf(), what }
        })?;
        Ok(made)
    }

    fn picture(&self, frame: u64, path: &Path, observer: &dyn Observer) -> Result<FinishedFile, JobError> {
        let started = Instant::now();
        let pixels = self.read(frame, 0..self.planes.picture.height)?;
        let mut file = NewFile::create(path, self.options.job.overwrite)?;
        encode_picture(&mut file, self.format, self.options.quality, &self.planes.picture, &pixels)?;
        let (read, elapsed) = (self.bytes() / self.planes.frames, started.elapsed());
        observer.event(&Event::TileDone { pass: 0, tile: frame, read, written: 0, elapsed });
        Ok(file.finish()?)
    }

    fn one_file(
        &self,
        path: &Path,
        cancel: &Cancel,
        observer: &dyn Observer,
        peak: &Peak,
    ) -> Result<FinishedFile, JobError> {
        if self.format != PictureFormat::Tiff {
            return self.picture(0, path, observer);
        }
        let mut file = NewFile::create(path, self.options.job.overwrite)?;
        let row_bytes = self.planes.picture.bytes() / self.planes.picture.height;
        let started = Instant::now();
        write_tiff(&mut file, &self.planes.picture, self.planes.frames, |page, rows, out| {
            cancel.check()?;
            let read = (rows.end - rows.start) * row_bytes;
            out.copy_from_slice(&self.read(page, rows)?);
            let elapsed = started.elapsed();
            observer.event(&Event::TileDone { pass: 0, tile: page, read, written: 0, elapsed });
            peak.sample();
            Ok::<(), JobError>(())
        })?;
        Ok(file.finish()?)
    }

    /// Encodes with all workers. The files have their bytes, and not yet their names.
    fn numbered(
        &self,
        names: &Numbered,
        cancel: &Cancel,
        observer: &dyn Observer,
        peak: &Peak,
    ) -> Result<Vec<(u64, FinishedFile)>, JobError> {
        let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        let files: Mutex<Vec<(u64, FinishedFile)>> = Mutex::default();
        let failure: Mutex<Option<(u64, JobError)>> = Mutex::default();
        let work = || {
            loop {
                let frame = next.fetch_add(1, Relaxed);
                if frame >= self.planes.frames || stop.load(Relaxed) || cancel.is_cancelled() {
                    break;
                }
                match self.picture(frame, &names.path(frame), observer) {
                    Ok(file) => files.lock().unwrap_or_else(PoisonError::into_inner).push((frame, file)),
                    Err(error) => {
                        let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
                        if failure.as_ref().is_none_or(|(first, _)| frame < *first) {
                            *failure = Some((frame, error));
                        }
                        stop.store(true, Relaxed);
                    }
                }
                peak.sample();
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.workers.threads {
                scope.spawn(work);
            }
        });
        cancel.check()?;
        if let Some((_, error)) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut files = files.into_inner().unwrap_or_else(PoisonError::into_inner);
        files.sort_by_key(|(frame, _)| *frame);
        Ok(files)
    }
}

/// Gives the files their names; where one cannot have its own, those that have are removed, unless
/// they replaced others, which are gone.
fn commit(files: Vec<(u64, FinishedFile)>, overwrite: bool) -> Result<(), StorageError> {
    let mut named: Vec<PathBuf> = Vec::new();
    for (_, file) in files {
        let path = file.path().to_path_buf();
        if let Err(error) = file.commit() {
            if !overwrite {
                for path in named {
                    // The error that is told is the first one.
                    let _ = std::fs::remove_file(path);
                }
            }
            return Err(error);
        }
        named.push(path);
    }
    Ok(())
}

fn first_and_last(mut paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let first = paths.next();
    first.into_iter().chain(paths.last()).collect()
}

/// `out.png` as `out-%04d.png`.
fn example(output: &Path) -> PathBuf {
    let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    output.with_file_name(format!("{}-%04d.{}", text(output.file_stem()), text(output.extension())))
}

/// No file is there already, and none is an input.
fn check_targets(
    stored: &Stored,
    target: &Target,
    planes: &Planes,
    input: &str,
    overwrite: bool,
) -> Result<(), JobError> {
    let inputs = stored.identity();
    for frame in 0..planes.frames {
        let path = match target {
            Target::One(path) => path.clone(),
            Target::Numbered(names) => names.path(frame),
        };
        if let Some(found) = identity(&path) {
            if inputs.contains(&found) {
                return Err(JobError::OutputIsInput { path, input: input.to_string() });
            }
            if !overwrite {
                return Err(StorageError::Exists { path }.into());
            }
        }
        if matches!(target, Target::One(_)) {
            break;
        }
    }
    Ok(())
}

/// How many frames may be in hand at once.
fn workers(
    stored: &Stored,
    planes: &Planes,
    format: PictureFormat,
    target: &Target,
    from: DType,
    options: &JobOptions,
) -> Result<Workers, JobError> {
    let picture = planes.picture;
    let (out, read) = (picture.bytes(), Picture { dtype: from, ..picture }.bytes());
    let whole = read + if from == picture.dtype { 0 } else { out };
    let worker = match (format, target) {
        // Strip by strip, or a row where a row is longer.
        (PictureFormat::Tiff, Target::One(_)) => 3 * (out.max(read) / picture.height).max(512 << 10),
        (PictureFormat::Tiff, _) => whole + (1 << 20),
        (PictureFormat::Jpeg, _) => whole + (1 << 20),
        // The encoder takes the filtered rows, and the bytes of u16 in the other order.
        (PictureFormat::Png, _) => whole + 2 * out + (2 << 20),
    };
    let encoders = if matches!(target, Target::One(_)) { 1 } else { planes.frames };
    stored.set_workers(1);
    let need = Need {
        what: format!("encoding a picture of {picture}"),
        fixed: encoders * 320,
        worker: worker.saturating_add(stored.cache_bytes()),
        waiting: 0,
    };
    Workers::fit(&need, encoders, options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::parse_axis_names;

    fn planes(shape: &[u64], axes: Option<&str>) -> Result<(u64, u64, u64, u64), String> {
        let mut spec = ArraySpec::new(DType::U8, shape);
        if let Some(axes) = axes {
            spec = spec.with_axes(parse_axis_names(axes, shape.len()).expect("names"));
        }
        Planes::of(&spec).map(|p| (p.frames, p.picture.height, p.picture.width, p.picture.channels))
    }

    #[test]
    fn planes_are_told_by_names_or_by_the_last_extent() {
        assert_eq!(planes(&[5, 6], None), Ok((1, 5, 6, 1)));
        assert_eq!(planes(&[5, 6, 7], None), Ok((5, 6, 7, 1)));
        assert_eq!(planes(&[5, 6, 3], None), Ok((1, 5, 6, 3)));
        assert_eq!(planes(&[5, 6, 3], Some("tyx")), Ok((5, 6, 3, 1)));
        assert_eq!(planes(&[9, 5, 6, 4], None), Ok((9, 5, 6, 4)));
        assert_eq!(planes(&[5, 6, 2], Some("yxc")), Ok((1, 5, 6, 2)));
        for (shape, axes, word) in [
            (&[5][..], None, "no planes"),
            (&[5, 3], Some("xc"), "no planes"),
            (&[2, 5, 6, 7], None, "--axes"),
            (&[2, 3, 6, 7], Some("tcyx"), "transpose axes=tyxc"),
            (&[0, 6, 7], None, "no frames"),
        ] {
            let error = planes(shape, axes).expect_err("refused");
            assert!(error.contains(word), "{error}");
        }
    }
}
