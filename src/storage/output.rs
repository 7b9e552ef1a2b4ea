//! A file that is being written, tile by tile, and appears under its name when it is complete.
//!
//! Owns the temporary file, the room reserved for it, the claims of those who write at this moment,
//! and the rename at the end. Refuses to know tiles, threads and budgets.

use std::fs::{File, Permissions};
use std::ops::{Deref, DerefMut, Range};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use memmap2::Advice;
use tempfile::{NamedTempFile, TempPath};

use super::dirty::Dirty;
use super::layout::{self, Runs};
use super::map::{Access, FileMap, page_bytes, reserve};
use super::open::{Format, checked_bytes};
use super::source::{check_region, mapped_bytes};
use super::stream::Stream;
use super::{StorageError, Stored, npy};
use crate::array::{ArraySpec, Endian, Facts, IoWay, Order, OutputIo, Region};

/// Rows of this many bytes are worth what the system reads around a page.
const READ_AROUND_MIN: u64 = 1 << 20;

/// How an output lies in its file, and whether it may replace another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputOptions {
    pub order: Order,
    pub endian: Endian,
    /// Bytes before the data of a raw file; `.npy` has its header there and takes none.
    pub offset: u64,
    pub overwrite: bool,
    pub io: OutputIo,
}

impl Default for OutputOptions {
    fn default() -> Self {
        let io = OutputIo::default();
        OutputOptions { order: Order::C, endian: Endian::NATIVE, offset: 0, overwrite: false, io }
    }
}

/// An array that is being written. Shared between threads, which write disjoint regions. Dropped
/// without [`Output::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Output {
    facts: Facts,
    path: PathBuf,
    /// The map that tiles are written in; without bytes where there is a stream.
    map: FileMap,
    stream: Option<Stream>,
    dirty: Dirty,
    /// Why it is not written the way that was asked for.
    fell_back: Option<String>,
    claims: Mutex<Claims>,
    /// Whether the file begins with a header, which tells the shape.
    header: bool,
    /// The temporary name and whether the final one may be replaced; `None` for spills and results in memory,
    /// which have no name.
    name: Option<(TempPath, bool)>,
}

#[derive(Debug, Default)]
struct Claims {
    next: u64,
    active: Vec<(u64, Region)>,
}

/// A tile of an output in place. It holds its region until it is dropped.
#[derive(Debug)]
pub struct TileMut<'a> {
    bytes: &'a mut [u8],
    _claim: Claim<'a>,
}

#[derive(Debug)]
struct Claim<'a> {
    output: &'a Output,
    id: u64,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.output.claims().active.retain(|(id, _)| *id != self.id);
    }
}

impl Deref for TileMut<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.bytes
    }
}

impl DerefMut for TileMut<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.bytes
    }
}

impl Output {
    /// Begins a file: `.npy` with its data at byte 4096, or raw, as the extension says. The room is
    /// reserved at once, under a temporary name in the target's folder.
    ///
    /// Fails with [`StorageError::Exists`] where the target exists and may not be replaced, and with
    /// [`StorageError::NoSpace`] where the disk is too full.
    pub fn create(path: &Path, spec: &ArraySpec, options: &OutputOptions) -> Result<Output, StorageError> {
        let format = Format::of_output(path)?;
        if spec.rank() > npy::AXES_MAX {
            return Err(StorageError::options(path, format!("{} axes, the limit is {}", spec.rank(), npy::AXES_MAX)));
        }
        let (target, folder) = target_of(path, options.overwrite)?;
        let offset = match (format, options.offset) {
            (Format::Npy, 0) => npy::DATA_OFFSET,
            (Format::Npy, n) => {
                return Err(StorageError::options(path, format!("offset {n} is for raw files, not .npy")));
            }
            (_, n) => n,
        };
        let spec = ArraySpec { order: options.order, ..spec.clone() };
        let facts = Facts { spec, offset, endian: options.endian, decoded: None };
        let file_bytes = checked_bytes(path, &facts)?.saturating_add(offset);
        let (file, temp_path) = temporary_for(&target, &folder)?.into_parts();
        file.try_lock().map_err(|_| StorageError::Locked { path: path.to_path_buf() })?;
        reserve(&file, &target, file_bytes)?;
        if format == Format::Npy {
            let header = npy::header(&facts.spec, facts.endian);
            file.write_all_at(&header, 0).map_err(|e| StorageError::io(&target, "write its header", e))?;
        }
        let name = Some((temp_path, options.overwrite));
        Output::begin(file, target, facts, options.io, format == Format::Npy, name)
    }

    /// The output of a file that has its length.
    fn begin(
        file: File,
        path: PathBuf,
        facts: Facts,
        io: OutputIo,
        header: bool,
        name: Option<(TempPath, bool)>,
    ) -> Result<Output, StorageError> {
        let (stream, fell_back) = match io.way {
            IoWay::Mapped => (None, None),
            way => {
                let stream = Stream::new(&file, way == IoWay::Direct, io.writers);
                let (stream, why) = stream.map_err(|e| StorageError::io(&path, "write to it", e))?;
                (Some(stream), why)
            }
        };
        let map = match stream {
            None => FileMap::new(file, &path, mapped_bytes(&facts), Access::Shared)?,
            Some(_) => FileMap::unmapped(file, &path, Access::Shared),
        };
        let dirty = Dirty::new(io.dirty_bytes_max);
        Ok(Output { facts, path, map, stream, dirty, fell_back, claims: Mutex::default(), header, name })
    }

    /// An array on disk without a name, gone when it is dropped: for intermediates that do not fit
    /// in memory. C order, native byte order.
    pub fn temporary(folder: &Path, spec: &ArraySpec) -> Result<Output, StorageError> {
        Output::temporary_by(folder, spec, OutputIo::default())
    }

    /// As [`Self::temporary`], written another way.
    pub fn temporary_by(folder: &Path, spec: &ArraySpec, io: OutputIo) -> Result<Output, StorageError> {
        Output::without_name(folder, spec, io, reserve)
    }

    /// The same without room: zeros that take none until they are written. For samples, which fill a small part; a
    /// full disk would be a fault.
    pub fn sparse(folder: &Path, spec: &ArraySpec) -> Result<Output, StorageError> {
        Output::without_name(folder, spec, OutputIo::default(), |file, path, bytes| {
            file.set_len(bytes).map_err(|e| StorageError::io(path, "set the length of a sparse file", e))
        })
    }

    fn without_name(
        folder: &Path,
        spec: &ArraySpec,
        io: OutputIo,
        size: impl Fn(&File, &Path, u64) -> Result<(), StorageError>,
    ) -> Result<Output, StorageError> {
        let spec = ArraySpec { order: Order::C, ..spec.clone() };
        let facts = Facts { spec, offset: 0, endian: Endian::NATIVE, decoded: None };
        let path = folder.join("temporary array");
        let bytes = checked_bytes(&path, &facts)?;
        check_folder(folder)?;
        let file = tempfile::tempfile_in(folder).map_err(|e| StorageError::io(folder, "create a file in it", e))?;
        size(&file, &path, bytes)?;
        Output::begin(file, path, facts, io, false, None)
    }

    /// An array in memory, gone when it and all that was made of it are dropped: for results that are handed
    /// back. C order, native byte order, zeros. Pages take memory when they are written, and none of it is
    /// reserved; that memory is shared memory of the system, not private memory of this process.
    pub fn in_memory(spec: &ArraySpec) -> Result<Output, StorageError> {
        let spec = ArraySpec { order: Order::C, ..spec.clone() };
        let facts = Facts { spec, offset: 0, endian: Endian::NATIVE, decoded: None };
        let path = PathBuf::from("array in memory");
        let bytes = checked_bytes(&path, &facts)?;
        let file = memory_file().map_err(|e| StorageError::io(&path, "make it", e))?;
        file.set_len(bytes).map_err(|e| StorageError::io(&path, "give it its length", e))?;
        Output::begin(file, path, facts, OutputIo::default(), false, None)
    }

    /// The array; its order is the storage order.
    pub fn spec(&self) -> &ArraySpec {
        &self.facts.spec
    }

    /// How it lies.
    pub fn facts(&self) -> Facts {
        self.facts.clone()
    }

    /// The final path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file.
    pub fn file_bytes(&self) -> u64 {
        self.facts.offset + self.facts.spec.bytes().unwrap_or(0)
    }

    /// Why it is written through the page cache where it was to be written past it.
    pub fn fell_back(&self) -> Option<&str> {
        let refused = self.stream.as_ref().filter(|s| s.was_refused()).map(|_| "the file system refused a write");
        self.fell_back.as_deref().or(refused)
    }

    /// Its file and what of it waits for the disk, for those who fill it beside tiles.
    pub(super) fn parts(&self) -> (&FileMap, &Dirty) {
        (&self.map, &self.dirty)
    }

    fn claims(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claim(&self, region: &Region) -> Result<Claim<'_>, StorageError> {
        check_region(&self.path, &self.facts, region)?;
        let mut claims = self.claims();
        let overlap = claims.active.iter().find(|(_, r)| !r.intersect(region).is_empty() && !region.is_empty());
        if let Some((_, other)) = overlap {
            let (path, region, other) = (self.path.clone(), region.clone(), other.clone());
            return Err(StorageError::Claimed { path, region, other });
        }
        let id = claims.next;
        claims.next += 1;
        claims.active.push((id, region.clone()));
        Ok(Claim { output: self, id })
    }

    /// The region in place, where it is one contiguous range in native layout; `None` where it is
    /// not, and [`Self::write`] is to be used. Refuses a region of which somebody else holds a part.
    pub fn tile(&self, region: &Region) -> Result<Option<TileMut<'_>>, StorageError> {
        if !self.facts.in_place() || self.stream.is_some() {
            return Ok(None);
        }
        let claim = self.claim(region)?;
        let Some(range) = Runs::new(&self.facts, region).single() else { return Ok(None) };
        if region.is_empty() {
            return Ok(Some(TileMut { bytes: &mut [], _claim: claim }));
        }
        self.map.populate_write(&range);
        // SAFETY: the map is shared and writable. The claim covers every byte of the range, claims
        // of others are disjoint from it, and nothing reads the writer's map (`as_stored` has its own).
        let bytes = unsafe { self.map.bytes_mut(range) };
        Ok(Some(TileMut { bytes, _claim: claim }))
    }

    /// Writes a region from dense, C-order, native bytes. Several threads may write disjoint regions
    /// at once.
    pub fn write(&self, region: &Region, bytes: &[u8]) -> Result<(), StorageError> {
        let _claim = self.claim(region)?;
        let need = region.elements() * self.facts.spec.dtype.size() as u64;
        if bytes.len() as u64 != need {
            let (path, region, have) = (self.path.clone(), region.clone(), bytes.len() as u64);
            return Err(StorageError::Buffer { path, region, need, have });
        }
        if let Some(stream) = &self.stream {
            let pieces = |put: &mut dyn FnMut(u64, &[u8])| layout::encode(&self.facts, region, bytes, put);
            return stream.write(pieces).map_err(|e| self.unwritten(e));
        }
        self.expect_short_rows(region);
        // SAFETY: as in `tile`; different indices of an array are different bytes of the file, so
        // the pieces of this region touch no byte of another claim.
        layout::encode(&self.facts, region, bytes, |at, piece| unsafe { self.map.copy_in(at, piece) });
        self.map.check_faults()
    }

    /// The system brings in what lies around a page that is stored to, on some machines megabytes of it; among short
    /// rows far from each other nobody wants that.
    fn expect_short_rows(&self, region: &Region) {
        let runs = Runs::new(&self.facts, region);
        if runs.single().is_none() && runs.run_bytes() < READ_AROUND_MIN && !self.map.is_random() {
            self.map.advise(Advice::Random);
        }
    }

    fn unwritten(&self, error: std::io::Error) -> StorageError {
        StorageError::io(&self.path, "write to it", error)
    }

    /// Waits for what was written and is still on its way to the system. For after a pass, and where it is called anyway:
    /// before the array is read, cut, or given its name.
    pub fn finish_writes(&self) -> Result<(), StorageError> {
        self.stream.as_ref().map_or(Ok(()), |s| s.finish().map_err(|e| self.unwritten(e)))
    }

    fn runs(&self, region: &Region) -> Vec<Range<u64>> {
        match check_region(&self.path, &self.facts, region) {
            Ok(()) => Runs::new(&self.facts, region).coalesced(page_bytes()),
            Err(_) => Vec::new(),
        }
    }

    /// Starts writing a region to disk; returns at once.
    pub fn push(&self, region: &Region) {
        self.runs(region).iter().for_each(|r| self.map.write_back(r, false));
    }

    /// For after a region was written: takes the pages that lie in it as a whole out of this process, and waits for
    /// the disk where more was written than may wait for it.
    pub fn drop_behind(&self, region: &Region) {
        if self.stream.as_ref().is_some_and(Stream::is_direct) {
            // All but the ends of runs is on disk; of those the system holds two pages for each run.
            return;
        }
        for run in self.runs(region) {
            self.map.drop_pages(&run);
            self.dirty.add(&self.map, run);
        }
    }

    /// Fails if a byte could not be written or read (the file was cut, the disk failed). For use
    /// after each tile: one atomic load while all is well.
    pub fn check_faults(&self) -> Result<(), StorageError> {
        if let Some(stream) = &self.stream {
            stream.check().map_err(|e| self.unwritten(e))?;
        }
        self.map.check_faults()
    }

    /// What is written so far, to be read by later passes, through a map of its own. Lives on its own.
    pub fn as_stored(&self) -> Result<Stored, StorageError> {
        self.finish_writes()?;
        let file = self.map.file().try_clone().map_err(|e| StorageError::io(&self.path, "read it", e))?;
        Stored::from_output(file, &self.path, self.facts.clone(), self.name.is_none())
    }

    /// A finished intermediate, to be read by later passes. It is gone when the `Stored` is dropped.
    pub fn into_stored(self) -> Result<Stored, StorageError> {
        self.finish_writes()?;
        // Nobody writes any more, so its own map can be read; one that reaches beyond an array that was cut cannot.
        if self.map.len() != mapped_bytes(&self.facts) {
            return self.as_stored();
        }
        Ok(Stored::from_map(self.map.read_anew(), self.facts, self.name.is_none()))
    }

    /// Cuts the array along its slowest axis (the first in C order, the last in F order): what was
    /// reserved at a bound and is now known. What lies behind is lost. Fails where it would grow.
    pub fn cut(&mut self, extent: u64) -> Result<(), StorageError> {
        self.finish_writes()?;
        self.map.check_faults()?;
        let mut facts = self.facts.clone();
        let slowest = if facts.spec.order == Order::F { facts.spec.rank().checked_sub(1) } else { Some(0) };
        let Some(axis) = slowest.and_then(|a| facts.spec.shape.get_mut(a)).filter(|n| extent <= **n) else {
            let what = format!("an array of shape {:?} cannot be cut to {extent}", self.facts.spec.shape);
            return Err(StorageError::options(&self.path, what));
        };
        *axis = extent;
        let file = self.map.file();
        if self.header {
            let header = npy::header(&facts.spec, facts.endian);
            file.write_all_at(&header, 0).map_err(|e| StorageError::io(&self.path, "write its header", e))?;
        }
        // The map reaches beyond the end from here on; regions inside the array do not.
        let bytes = facts.offset + facts.spec.bytes().unwrap_or(0);
        file.set_len(bytes).map_err(|e| StorageError::io(&self.path, "cut it to its length", e))?;
        self.facts = facts;
        Ok(())
    }

    /// Gives the file its name. With `sync`, only after the disk has all of it, and the name too.
    /// A failure leaves neither the file nor a temporary one. Hands the array back for reading.
    pub fn commit(mut self, sync: bool) -> Result<Stored, StorageError> {
        self.finish_writes()?;
        self.map.check_faults()?;
        let Some((temporary, overwrite)) = self.name.take() else { return self.into_stored() };
        let (path, map, facts) = (self.path, self.map, self.facts);
        if sync {
            map.file().sync_all().map_err(|e| StorageError::io(&path, "write it to disk", e))?;
        }
        if overwrite { temporary.persist(&path) } else { temporary.persist_noclobber(&path) }
            .map_err(|e| StorageError::io(&path, "give the finished file its name", e.error))?;
        if let (true, Some(folder)) = (sync, path.parent()) {
            // Some file systems cannot sync a folder; the file itself is safe by now.
            let _ = File::open(folder).and_then(|f| f.sync_all());
        }
        if map.len() == mapped_bytes(&facts) {
            return Ok(Stored::from_map(map.read_anew(), facts, false));
        }
        let file = map.file().try_clone().map_err(|e| StorageError::io(&path, "read it", e))?;
        Stored::from_output(file, &path, facts, false)
    }
}

/// A file that lies in memory alone.
#[cfg(target_os = "linux")]
fn memory_file() -> std::io::Result<File> {
    Ok(rustix::fs::memfd_create("tilewise", rustix::fs::MemfdFlags::CLOEXEC)?.into())
}

/// The nearest thing there is: a file without a name.
#[cfg(not(target_os = "linux"))]
fn memory_file() -> std::io::Result<File> {
    tempfile::tempfile_in(std::env::temp_dir())
}

/// The path that is written to, links followed, and its folder.
pub(super) fn target_of(path: &Path, overwrite: bool) -> Result<(PathBuf, PathBuf), StorageError> {
    let target = match std::fs::symlink_metadata(path) {
        Ok(_) if !overwrite => return Err(StorageError::Exists { path: path.to_path_buf() }),
        Ok(_) => std::fs::canonicalize(path).map_err(|e| StorageError::io(path, "follow the link", e))?,
        Err(_) => path.to_path_buf(),
    };
    if target.is_dir() {
        return Err(StorageError::NotAFile { path: target, what: "a folder" });
    }
    if target.file_name().is_none() {
        return Err(StorageError::options(path, "the path has no file name"));
    }
    let folder = match target.parent() {
        Some(p) if !p.as_os_str().is_empty() => p.to_path_buf(),
        _ => PathBuf::from("."),
    };
    check_folder(&folder)?;
    Ok((target, folder))
}

/// A temporary file beside the target, to be renamed to it when it is complete.
pub(super) fn temporary_for(target: &Path, folder: &Path) -> Result<NamedTempFile, StorageError> {
    let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    // Names are limited to 255 bytes; what is added must fit.
    let short: String = name.chars().take(50).collect();
    let mut builder = tempfile::Builder::new();
    let prefix = format!(".{short}.");
    builder.prefix(&prefix).suffix(".tilewise-tmp").permissions(permissions_for(target));
    builder.tempfile_in(folder).map_err(|e| StorageError::io(folder, "create a file in it", e))
}

fn check_folder(folder: &Path) -> Result<(), StorageError> {
    match std::fs::metadata(folder) {
        Ok(m) if m.is_dir() => Ok(()),
        Ok(_) => Err(StorageError::NotAFile { path: folder.to_path_buf(), what: "a file where a folder is needed" }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Err(StorageError::NotFound { path: folder.to_path_buf(), what: "folder" })
        }
        Err(e) => Err(StorageError::io(folder, "look into the folder", e)),
    }
}

/// Those of the file that is replaced, else the usual ones of a new file.
pub(super) fn permissions_for(target: &Path) -> Permissions {
    std::fs::metadata(target).map_or_else(|_| Permissions::from_mode(0o666), |m| m.permissions())
}
