//! A stored array that is read tile by tile.
//!
//! Owns the read side of a run: in place where the file allows, decoded where it does not, with the
//! advice that keeps storage busy and memory small. Refuses to know tiles, threads and budgets.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Advice;

use super::csv::{Table, TableInfo};
use super::layout::{self, Runs};
use super::map::{Access, FileMap, identity, page_bytes};
use super::memory::Memory;
use super::open::{self, Format, OpenOptions};
use super::pictures::Pictures;
use super::{MappedArray, Mode, StorageError, pattern};
use crate::array::{ArraySpec, Facts, Region, View, contiguous_strides};

/// Pages that [`Stored::residency`] looks at, at most.
const SAMPLE_RUNS_MAX: usize = 64;
const SAMPLE_BYTES_MAX: u64 = 1 << 20;

/// An array in a file, in a stack of pictures or in tables of text, open for reading. Shared between threads.
#[derive(Debug)]
pub struct Stored {
    facts: Facts,
    format: Format,
    path: PathBuf,
    bytes: Bytes,
    /// Whether it was made without a name, as a result that nobody else has.
    nameless: bool,
    /// Device and inode of the file that an array in memory shows.
    shown: Option<(u64, u64)>,
}

#[derive(Debug)]
pub(super) enum Bytes {
    Mapped(FileMap),
    /// An array in mode `c`. Its changes are in its own map alone, so that one is read.
    Private(Arc<MappedArray>),
    Memory(Memory),
    Pictures(Box<Pictures>),
    Table(Box<Table>),
}

impl Stored {
    /// Opens a file, a glob of pictures as one stack, or a glob of CSV files as one table. A relative path
    /// starts at `base`. The mode of the options is not looked at: nothing is written through a `Stored`.
    ///
    /// Headers are read and checked here, data is not, except that the rows of a CSV file are counted in one
    /// sweep over its text, and a compressed one is unpacked into a temporary file.
    pub fn open(path_or_glob: &str, base: &Path, options: &OpenOptions) -> Result<Stored, StorageError> {
        let path = base.join(path_or_glob);
        if !path.exists() && pattern::is_pattern(path_or_glob) {
            return Stored::open_all(pattern::matching(path_or_glob, base)?, path, options);
        }
        let file = open::open_file(&path, Mode::Read)?;
        let format = open::format_of(&path, &file, options)?;
        if format == Format::Csv {
            return Ok(Stored::from_table(Table::open(std::slice::from_ref(&path), &path, options)?, path));
        }
        open::refuse_text(&path, format, options)?;
        if format == Format::Picture {
            return Ok(Stored::from_pictures(Pictures::open_file(&path, options)?, path));
        }
        let facts = open::inspect(&path, &file, format, options)?;
        let map = FileMap::new(file, &path, mapped_bytes(&facts), Access::Read)?;
        Ok(Stored::new(facts, format, path, Bytes::Mapped(map)))
    }

    /// Opens the files of a pattern as one array.
    fn open_all(files: Vec<PathBuf>, shown: PathBuf, options: &OpenOptions) -> Result<Stored, StorageError> {
        let format = |f: &PathBuf| Format::of_extension(f).or(options.of_text().then_some(Format::Csv));
        let first = files.first().and_then(format).filter(|f| matches!(f, Format::Picture | Format::Csv));
        if let Some(other) = files.iter().find(|f| format(f) != first || first.is_none()) {
            return Err(StorageError::unsupported(
                &shown,
                format!("a pattern joins pictures (PNG, JPEG, TIFF) or CSV files, but it matches {}", other.display()),
            ));
        }
        if first == Some(Format::Csv) {
            return Ok(Stored::from_table(Table::open(&files, &shown, options)?, shown));
        }
        open::refuse_text(&shown, Format::Picture, options)?;
        Ok(Stored::from_pictures(Pictures::open_stack(files, &shown, options)?, shown))
    }

    pub(super) fn new(facts: Facts, format: Format, path: PathBuf, bytes: Bytes) -> Stored {
        Stored { facts, format, path, bytes, nameless: false, shown: None }
    }

    fn from_pictures(pictures: Pictures, path: PathBuf) -> Stored {
        let facts = pictures.facts().clone();
        Stored::new(facts, Format::Picture, path, Bytes::Pictures(Box::new(pictures)))
    }

    fn from_table(table: Table, path: PathBuf) -> Stored {
        let facts = table.facts().clone();
        Stored::new(facts, Format::Csv, path, Bytes::Table(Box::new(table)))
    }

    /// What a CSV file was found to hold; `None` for other formats.
    pub fn table(&self) -> Option<&TableInfo> {
        match &self.bytes {
            Bytes::Table(t) => Some(t.info()),
            _ => None,
        }
    }

    /// Names of the columns of a CSV file that the array is made of; `None` for other formats.
    pub fn columns(&self) -> Option<&[String]> {
        match &self.bytes {
            Bytes::Table(t) => Some(t.names()),
            _ => None,
        }
    }

    /// The array of an output that this process wrote, through a map of its own: what the writer's
    /// map holds is seen at once, and no reference into that one is needed. `nameless`: the output never
    /// has a name.
    pub(super) fn from_output(
        file: std::fs::File,
        path: &Path,
        facts: Facts,
        nameless: bool,
    ) -> Result<Stored, StorageError> {
        let map = FileMap::new(file, path, mapped_bytes(&facts), Access::Read)?;
        Ok(Stored { nameless, ..Stored::new(facts, Format::Raw, path.to_path_buf(), Bytes::Mapped(map)) })
    }

    /// The array of an output that nobody writes any more, through the map it was written with.
    pub(super) fn from_map(map: FileMap, facts: Facts, nameless: bool) -> Stored {
        let path = map.path().to_path_buf();
        Stored { nameless, ..Stored::new(facts, Format::Raw, path, Bytes::Mapped(map)) }
    }

    /// The map of a result that was made without a name.
    pub(super) fn nameless(&self) -> Option<&FileMap> {
        self.map().filter(|_| self.nameless)
    }

    /// The array.
    pub fn spec(&self) -> &ArraySpec {
        &self.facts.spec
    }

    /// How it lies, for the planner.
    pub fn facts(&self) -> Facts {
        self.facts.clone()
    }

    /// What kind of file it is.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The file, or the pattern of the stack.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Device and inode of each file, in the order of its frames, to tell whether an output is one of them.
    pub fn identity(&self) -> Vec<(u64, u64)> {
        match &self.bytes {
            Bytes::Mapped(_) | Bytes::Private(_) => self.map().and_then(FileMap::identity).into_iter().collect(),
            Bytes::Memory(_) => self.shown.into_iter().collect(),
            Bytes::Pictures(p) => p.identity(),
            Bytes::Table(t) => t.identity(),
        }
    }

    /// The same array in memory, known to show a part of a file that somebody else has mapped: no output may be
    /// that file. A path where nothing is says nothing.
    pub fn showing(self, path: &Path) -> Stored {
        Stored { shown: super::map::identity(path), ..self }
    }

    /// The file, or the files of the stack in the order of its frames: paths at which the very files lie that
    /// are open. None where one of them was removed or replaced since, and where elements are in memory, or may
    /// be, as those of mode `c`: what lies at the path would not tell what was read. One system call for each file.
    pub fn files(&self) -> Vec<PathBuf> {
        let paths = match &self.bytes {
            Bytes::Mapped(_) if !self.nameless => vec![self.path.clone()],
            Bytes::Mapped(_) | Bytes::Private(_) | Bytes::Memory(_) => Vec::new(),
            Bytes::Pictures(p) => p.files(),
            Bytes::Table(t) => t.files(),
        };
        let open = self.identity();
        let same = paths.len() == open.len() && paths.iter().zip(&open).all(|(p, o)| identity(p) == Some(*o));
        if same { paths } else { Vec::new() }
    }

    /// Bytes of all files.
    pub fn file_bytes(&self) -> u64 {
        match &self.bytes {
            Bytes::Mapped(_) | Bytes::Private(_) => {
                self.map().map_or(0, |map| map.file().metadata().map_or(map.len(), |m| m.len()))
            }
            Bytes::Memory(_) => 0,
            Bytes::Pictures(p) => p.file_bytes(),
            Bytes::Table(t) => t.file_bytes(),
        }
    }

    /// Whether elements are made when they are asked for, instead of lying in the file.
    pub fn is_decoded(&self) -> bool {
        self.facts.decoded.is_some()
    }

    /// Private memory that decoding takes at most, all workers together; 0 for mapped files.
    pub fn cache_bytes(&self) -> u64 {
        match &self.bytes {
            Bytes::Mapped(_) | Bytes::Private(_) | Bytes::Memory(_) => 0,
            Bytes::Pictures(p) => p.cache_bytes(),
            Bytes::Table(t) => t.cache_bytes(),
        }
    }

    /// How many threads read at once, which bounds the frames and the text that are kept.
    pub fn set_workers(&self, workers: usize) {
        match &self.bytes {
            Bytes::Mapped(_) | Bytes::Private(_) | Bytes::Memory(_) => {}
            Bytes::Pictures(p) => p.set_workers(workers),
            Bytes::Table(t) => t.set_workers(workers),
        }
    }

    /// The region in place, without a copy: exactly where `facts().in_place()` and the region lies
    /// inside the array.
    pub fn view(&self, region: &Region) -> Option<View<'_>> {
        match &self.bytes {
            Bytes::Mapped(map) => self.view_of(map.bytes(), region),
            Bytes::Private(array) => self.view_of(array.map.bytes(), region),
            Bytes::Memory(memory) => self.view_of(memory.bytes()?, region),
            Bytes::Pictures(_) | Bytes::Table(_) => None,
        }
    }

    /// As [`Self::view`], in `all` bytes of the file.
    pub(super) fn view_of<'v>(&self, all: &'v [u8], region: &Region) -> Option<View<'v>> {
        if !self.facts.in_place() || self.check(region).is_err() {
            return None;
        }
        // Where F order is in place it cannot be told from C order.
        let strides = contiguous_strides(&self.facts.spec.shape);
        let start: Vec<i64> = region.start.iter().map(|s| *s as i64).collect();
        let span = Runs::new(&self.facts, region).span();
        let bytes = if region.is_empty() { &all[..0] } else { &all[to_usize(&span)] };
        // An empty part of the map begins with the map, which is aligned for every dtype.
        Some(View::new(self.facts.spec.dtype, bytes, &region.shape(), &strides, &start))
    }

    /// Decodes a region into `out`: dense, C order, native byte order, `bool` as 0 and 1. `out` has
    /// exactly the region's bytes.
    pub fn read(&self, region: &Region, out: &mut [u8]) -> Result<(), StorageError> {
        self.check_buffer(region, out)?;
        match &self.bytes {
            Bytes::Mapped(map) => decode(&self.facts, map, region, out),
            Bytes::Private(array) => decode(&self.facts, &array.map, region, out),
            Bytes::Memory(memory) => {
                memory.read(&self.facts, region, out);
                Ok(())
            }
            Bytes::Pictures(p) => p.read(region, out),
            Bytes::Table(t) => t.read(region, out),
        }
    }

    /// Decodes the whole array into `out`, as [`Self::read`] does a region: for arrays that are small.
    pub fn copy_out(&self, out: &mut [u8]) -> Result<(), StorageError> {
        self.read(&Region::full(&self.facts.spec.shape), out)
    }

    /// Refuses a region outside the array, and a buffer that is not the region's.
    pub(super) fn check_buffer(&self, region: &Region, out: &[u8]) -> Result<(), StorageError> {
        self.check(region)?;
        let need = region.elements() * self.facts.spec.dtype.size() as u64;
        if out.len() as u64 != need {
            let (path, region, have) = (self.path.clone(), region.clone(), out.len() as u64);
            return Err(StorageError::Buffer { path, region, need, have });
        }
        Ok(())
    }

    fn check(&self, region: &Region) -> Result<(), StorageError> {
        check_region(&self.path, &self.facts, region)
    }

    /// Byte ranges of the file that hold the region, in the order they lie in. Ranges whose pages touch are one;
    /// there are at most 4096, joined across gaps beyond that. Empty for decoded sources.
    pub fn runs(&self, region: &Region) -> Vec<Range<u64>> {
        match self.map() {
            Some(_) if self.check(region).is_ok() => Runs::new(&self.facts, region).coalesced(page_bytes()),
            _ => Vec::new(),
        }
    }

    pub(super) fn map(&self) -> Option<&FileMap> {
        match &self.bytes {
            Bytes::Mapped(map) => Some(map),
            Bytes::Private(array) => Some(&array.map),
            Bytes::Memory(_) | Bytes::Pictures(_) | Bytes::Table(_) => None,
        }
    }

    /// Tells the kernel that tiles are long contiguous ranges.
    pub fn advise_sequential(&self) {
        self.map().inspect(|m| m.advise(Advice::Sequential));
    }

    /// Tells the kernel that tiles are many short ranges, and not to read around them.
    pub fn advise_random(&self) {
        self.map().inspect(|m| m.advise(Advice::Random));
    }

    /// Starts reading a region into the page cache; returns at once.
    pub fn will_need(&self, region: &Region) {
        if let Some(map) = self.map() {
            self.runs(region).iter().for_each(|r| map.will_need(r));
        }
    }

    /// Reads a region and maps its pages. Fails, with the offset, where the file has shrunk.
    pub fn populate(&self, region: &Region) -> Result<(), StorageError> {
        match self.map() {
            Some(map) => {
                let runs = self.runs(region);
                // All runs are on their way before the first is waited for.
                if map.is_random() {
                    runs.iter().for_each(|r| map.will_need(r));
                }
                runs.iter().try_for_each(|r| map.populate(r))
            }
            None => Ok(()),
        }
    }

    /// As [`Self::populate`], of regions that lie apart: all are on their way before the first is waited for, whatever the
    /// system was told of how the file is read.
    pub fn populate_all(&self, regions: &[Region]) -> Result<(), StorageError> {
        let Some(map) = self.map() else { return Ok(()) };
        regions.iter().flat_map(|region| self.runs(region)).for_each(|run| map.will_need(&run));
        regions.iter().flat_map(|region| self.runs(region)).try_for_each(|run| map.populate(&run))
    }

    /// Takes the pages that lie in the region as a whole out of this process. The page cache keeps them. Does
    /// nothing in mode `c`, where pages hold changes that nothing else has.
    pub fn drop_behind(&self, region: &Region) {
        if let Some(map) = self.map() {
            self.runs(region).iter().for_each(|r| map.drop_pages(r));
        }
    }

    /// As [`Self::drop_behind`], and lets the page cache forget them: where memory is tight and
    /// nobody reads the region again.
    pub fn forget(&self, region: &Region) {
        if let Some(map) = self.map() {
            for r in self.runs(region) {
                map.drop_pages(&r);
                map.forget(&r);
            }
        }
    }

    /// As [`Self::forget`], from the page of each run's first byte on up to that of its last: for what is read run after run,
    /// where the last page holds the beginning of the next.
    pub fn forget_before_end(&self, region: &Region) {
        if let Some(map) = self.map() {
            let page = page_bytes();
            for r in self.runs(region) {
                let pages = r.start / page * page..r.end / page * page;
                map.drop_pages(&pages);
                map.forget(&pages);
            }
        }
    }

    /// Which share of a region's pages is in the page cache, from a sample of at most 64 MiB.
    /// `None` for decoded sources and empty regions.
    pub fn residency(&self, region: &Region) -> Option<f64> {
        if let Bytes::Memory(_) = &self.bytes {
            return Some(1.0);
        }
        let map = self.map()?;
        let runs = self.runs(region);
        let total: u64 = runs.iter().map(|r| r.end - r.start).sum();
        // Long ranges are cut, so that a sample of pieces is spread evenly over all of them.
        let piece = SAMPLE_BYTES_MAX.max(total / SAMPLE_RUNS_MAX as u64 / 64);
        let pieces: Vec<Range<u64>> = runs
            .iter()
            .flat_map(|r| (r.start..r.end).step_by(piece as usize).map(|s| s..(s + SAMPLE_BYTES_MAX).min(r.end)))
            .collect();
        let step = pieces.len().div_ceil(SAMPLE_RUNS_MAX).max(1);
        let (mut pages, mut resident) = (0, 0);
        for r in pieces.iter().step_by(step) {
            let (p, n) = map.resident_pages(r);
            (pages, resident) = (pages + p, resident + n);
        }
        (pages > 0).then(|| resident as f64 / pages as f64)
    }

    /// Fails if a byte of this file that somebody looked at could not be read (the file shrank, the
    /// disk failed). For use after each tile: one atomic load while all is well.
    pub fn check_faults(&self) -> Result<(), StorageError> {
        self.map().map_or(Ok(()), FileMap::check_faults)
    }

    /// Fails if the file is shorter than it was on opening. For use after the last tile of a pass:
    /// a cut inside a page raises no fault. One system call.
    pub fn check_size(&self) -> Result<(), StorageError> {
        self.map().map_or(Ok(()), FileMap::check_size)
    }
}

/// Decodes from a map, and asks whether what was read is real.
fn decode(facts: &Facts, map: &FileMap, region: &Region, out: &mut [u8]) -> Result<(), StorageError> {
    layout::decode(facts, map.bytes(), region, out);
    map.check_faults()
}

fn to_usize(range: &Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// Bytes from the start of the file to the end of the data; nothing where there is no data.
pub(super) fn mapped_bytes(facts: &Facts) -> u64 {
    facts.spec.bytes().filter(|b| *b > 0).map_or(0, |b| facts.offset + b)
}

/// Refuses a region of another rank, with end before start, or outside the array.
pub(super) fn check_region(path: &Path, facts: &Facts, region: &Region) -> Result<(), StorageError> {
    let shape = &facts.spec.shape;
    let fits = region.rank() == shape.len()
        && region.end.len() == shape.len()
        && (0..shape.len()).all(|a| region.start[a] <= region.end[a] && region.end[a] <= shape[a]);
    if fits {
        return Ok(());
    }
    let (path, region, shape) = (path.to_path_buf(), region.clone(), shape.clone());
    Err(StorageError::Outside { path, region, shape })
}
