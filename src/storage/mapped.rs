//! An array in a file as a library object: the sibling of `numpy.memmap`.
//!
//! Owns opening, creating, elements, slices and views. Refuses to compute: that is what runs are for.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn, ShapeBuilder, Slice};

use super::map::{Access, FileMap, reserve};
use super::open::{self, Format, checked_bytes};
use super::output::target_of;
use super::source::mapped_bytes;
use super::{Mode, OpenOptions, Scalar, SliceIndex, StorageError, free_bytes, layout, npy, select};
use crate::array::Taken;
use crate::array::{ArraySpec, Element, Endian, Facts, Order};

/// How a new array lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateOptions {
    /// Where the data of a raw file begins, in bytes; `None`: 0, and 4096 in `.npy`.
    pub offset: Option<u64>,
    pub endian: Endian,
    /// `None`: `.npy` or raw, as the extension says.
    pub format: Option<Format>,
    /// Whether an existing file is emptied, as NumPy's `w+` does.
    pub overwrite: bool,
}

impl Default for CreateOptions {
    fn default() -> Self {
        CreateOptions { offset: None, endian: Endian::NATIVE, format: None, overwrite: false }
    }
}

/// An `.npy` or raw file as an array in memory that is not there until it is touched. Processes that
/// map one file see each other's writes, except those made in mode `c`.
///
/// ```
/// use tilewise::array::{ArraySpec, DType};
/// use tilewise::storage::{CreateOptions, MappedArray, Mode, OpenOptions, Scalar, SliceIndex};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("a.npy");
/// let mut a = MappedArray::create(&path, &ArraySpec::new(DType::F32, &[3, 4]), &CreateOptions::default())?;
/// a.set(&[1, -1], Scalar::Float(2.5))?;
/// a.slice_mut::<f32>(&[SliceIndex::At(0)])?.fill(1.0);
/// a.close()?;
///
/// let a = MappedArray::open(&path, &OpenOptions::default())?;
/// assert_eq!(a.get(&[1, 3])?, Scalar::Float(2.5));
/// let last_column = [SliceIndex::ALL, SliceIndex::At(-1)];
/// assert_eq!(a.slice::<f32>(&last_column)?.sum(), 3.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MappedArray {
    pub(super) facts: Facts,
    pub(super) format: Format,
    pub(super) map: FileMap,
}

impl MappedArray {
    /// Opens an `.npy` or raw file. Mode `w+` creates it, and needs a dtype and a shape. Unlike NumPy, `r+`
    /// does not make a file longer that is too short for the shape: that is an error.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<MappedArray, StorageError> {
        if options.mode == Mode::Create {
            return MappedArray::open_new(path, options);
        }
        let file = open::open_file(path, options.mode)?;
        let format = open::format_of(path, &file, options)?;
        if format == Format::Picture {
            return Err(StorageError::unsupported(
                path,
                "a picture is decoded and cannot be mapped; convert it first: tilewise convert IN OUT.npy",
            ));
        }
        if format == Format::Csv {
            return Err(StorageError::unsupported(
                path,
                "a CSV file is text and cannot be mapped; make an array of it first: \
                 tilewise apply IN.csv OUT.npy --column NAME",
            ));
        }
        open::refuse_text(path, format, options)?;
        let facts = open::inspect(path, &file, format, options)?;
        let access = match options.mode {
            Mode::Read => Access::Read,
            Mode::ReadWrite | Mode::Create => Access::Shared,
            Mode::CopyOnWrite => Access::Private,
        };
        let map = FileMap::new(file, path, mapped_bytes(&facts), access)?;
        Ok(MappedArray { facts, format, map })
    }

    fn open_new(path: &Path, options: &OpenOptions) -> Result<MappedArray, StorageError> {
        let extents: Option<Vec<u64>> =
            options.shape.as_ref().and_then(|s| s.iter().map(|e| u64::try_from(*e).ok()).collect());
        let (Some(dtype), Some(shape)) = (options.dtype, extents) else {
            return Err(StorageError::options(path, "mode w+ creates a file and needs a dtype and a shape without -1"));
        };
        let mut spec = open::named(path, dtype, &shape, options.axes.as_deref())?;
        spec.order = options.order.unwrap_or(Order::C);
        let endian = options.endian.unwrap_or(Endian::NATIVE);
        let create = CreateOptions { offset: options.offset, endian, format: None, overwrite: true };
        MappedArray::create(path, &spec, &create)
    }

    /// Creates a file of zeros and opens it for reading and writing. The disk space is reserved, so
    /// that a full disk is an error here. Storage order is the spec's.
    ///
    /// The file has its name at once; [`Output`](super::Output) is for files that appear complete.
    pub fn create(path: &Path, spec: &ArraySpec, options: &CreateOptions) -> Result<MappedArray, StorageError> {
        let format = match options.format {
            Some(format @ (Format::Npy | Format::Raw)) => format,
            _ => Format::of_output(path)?,
        };
        let (target, folder) = target_of(path, options.overwrite)?;
        let offset = match (format, options.offset) {
            (Format::Npy, Some(said)) if said != npy::DATA_OFFSET => {
                return Err(StorageError::options(path, "an offset is for raw files; .npy data begins at byte 4096"));
            }
            (Format::Npy, _) => npy::DATA_OFFSET,
            (_, said) => said.unwrap_or(0),
        };
        if spec.rank() > npy::AXES_MAX {
            return Err(StorageError::options(path, format!("{} axes, the limit is {}", spec.rank(), npy::AXES_MAX)));
        }
        let facts = Facts { spec: spec.clone(), offset, endian: options.endian, decoded: None };
        let bytes = offset + checked_bytes(path, &facts)?;
        // Asked before the old content is gone, whose room the new one may take.
        let old = std::fs::metadata(&target).ok().map(|m| m.len());
        let free = free_bytes(&folder).map_or(u64::MAX, |free| free.saturating_add(old.unwrap_or(0)));
        if bytes > free {
            return Err(StorageError::NoSpace { path: target, need: bytes, free });
        }
        let mut open = File::options();
        open.read(true).write(true);
        if options.overwrite {
            open.create(true).truncate(true)
        } else {
            open.create_new(true)
        };
        let file = open.open(&target).map_err(|e| StorageError::io(&target, "create it", e))?;
        let made = reserve(&file, &target, bytes).and_then(|()| {
            if format == Format::Npy {
                let header = npy::header(spec, options.endian);
                file.write_all_at(&header, 0).map_err(|e| StorageError::io(&target, "write its header", e))?;
            }
            FileMap::new(file, &target, mapped_bytes(&facts), Access::Shared)
        });
        match made {
            Ok(map) => Ok(MappedArray { facts, format, map }),
            Err(e) => {
                // Nothing half made is left; what was there before keeps its (now empty) name.
                if old.is_none() {
                    let _ = std::fs::remove_file(&target);
                }
                Err(e)
            }
        }
    }

    /// The array; its order is the storage order.
    pub fn spec(&self) -> &ArraySpec {
        &self.facts.spec
    }

    /// How it lies.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// `.npy` or raw.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.map.path()
    }

    fn index_error(&self, what: String) -> StorageError {
        StorageError::Index { path: self.path().to_path_buf(), what }
    }

    /// The file's bytes of one element.
    fn place(&self, index: &[i64]) -> Result<std::ops::Range<u64>, StorageError> {
        let spec = self.spec();
        if index.len() != spec.rank() {
            let what = format!("{} indices for an array of {} axes (shape {:?})", index.len(), spec.rank(), spec.shape);
            return Err(self.index_error(what));
        }
        let strides = self.facts.strides();
        let mut element = 0u64;
        for (a, i) in index.iter().enumerate() {
            let taken = SliceIndex::At(*i).resolve(spec.shape[a]);
            let taken = taken.map_err(|e| self.index_error(format!("axis {}: {e}", spec.axis_label(a))))?;
            // Wraps only where another axis has extent 0, whose index is refused.
            element = element.wrapping_add(taken.first.wrapping_mul(strides[a]));
        }
        let size = spec.dtype.size() as u64;
        let at = self.facts.offset + element * size;
        Ok(at..at + size)
    }

    /// One element; indices are negative from the end. Works for every layout.
    pub fn get(&self, index: &[i64]) -> Result<Scalar, StorageError> {
        let range = self.place(index)?;
        let mut bytes = [0u8; 16];
        let bytes = &mut bytes[..self.spec().dtype.size()];
        bytes.copy_from_slice(&self.map.bytes()[range.start as usize..range.end as usize]);
        if layout::swapped(&self.facts) {
            layout::swap_bytes(bytes, self.spec().dtype.swap_unit());
        }
        self.map.check_faults()?;
        Ok(Scalar::from_bytes(self.spec().dtype, bytes))
    }

    /// Sets one element. Values that the dtype cannot hold are refused, see [`Scalar::to_bytes`].
    pub fn set(&mut self, index: &[i64], value: Scalar) -> Result<(), StorageError> {
        let range = self.place(index)?;
        let bytes = self.encoded(value)?;
        // SAFETY: the map is writable (checked by `encoded`) and borrowed exclusively.
        unsafe { self.map.copy_in(range.start, &bytes) };
        self.map.check_faults()
    }

    /// The bytes of a value as the file holds it, if it may be written.
    fn encoded(&self, value: Scalar) -> Result<Vec<u8>, StorageError> {
        if self.map.access() == Access::Read {
            return Err(StorageError::ReadOnly { path: self.path().to_path_buf() });
        }
        let dtype = self.spec().dtype;
        let failed = |source| StorageError::Value { path: self.path().to_path_buf(), source };
        let mut bytes = value.to_bytes(dtype).map_err(failed)?;
        if layout::swapped(&self.facts) {
            layout::swap_bytes(&mut bytes, dtype.swap_unit());
        }
        Ok(bytes)
    }

    /// What is taken along each axis; axes beyond the given ones are taken whole.
    fn taken(&self, slices: &[SliceIndex]) -> Result<Vec<Taken>, StorageError> {
        select::taken(self.path(), self.spec(), slices)
    }

    /// How many elements a slice takes; an error where it does not lie inside the array.
    pub fn check_slice(&self, slices: &[SliceIndex]) -> Result<u64, StorageError> {
        Ok(self.taken(slices)?.iter().map(|t| t.count).product())
    }

    /// The elements of a slice, in C order, with its shape. Works for every layout; the values are copied, so
    /// this is for slices that are looked at, not for whole files.
    pub fn get_slice(&self, slices: &[SliceIndex]) -> Result<(Vec<u64>, Vec<Scalar>), StorageError> {
        let taken = self.taken(slices)?;
        let shape = taken.iter().filter(|t| t.keeps_axis).map(|t| t.count).collect();
        let mut values = Vec::new();
        self.for_each(&taken, |index| {
            values.push(self.get(index)?);
            Ok(())
        })?;
        Ok((shape, values))
    }

    /// Sets every element of a slice to one value; returns how many there were.
    pub fn set_slice(&mut self, slices: &[SliceIndex], value: Scalar) -> Result<u64, StorageError> {
        let taken = self.taken(slices)?;
        let bytes = self.encoded(value)?;
        let mut count = 0;
        self.for_each(&taken, |index| {
            let range = self.place(index)?;
            // SAFETY: the map is writable (checked by `encoded`), and `self` is borrowed exclusively
            // by this method, which holds no slice of the map.
            unsafe { self.map.copy_in(range.start, &bytes) };
            count += 1;
            Ok(())
        })?;
        self.map.check_faults()?;
        Ok(count)
    }

    /// Calls `f` with every index of a slice, in C order.
    fn for_each(
        &self,
        taken: &[Taken],
        mut f: impl FnMut(&[i64]) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        if taken.iter().any(|t| t.count == 0) {
            return Ok(());
        }
        let mut step = vec![0u64; taken.len()];
        let mut index: Vec<i64> = taken.iter().map(|t| t.first as i64).collect();
        loop {
            f(&index)?;
            let Some(a) = (0..taken.len()).rev().find(|a| step[*a] + 1 < taken[*a].count) else { return Ok(()) };
            step[a] += 1;
            index[a] += taken[a].step;
            for b in a + 1..taken.len() {
                step[b] = 0;
                index[b] = taken[b].first as i64;
            }
        }
    }

    /// Why the elements cannot be viewed as `T`, if they cannot.
    fn check_view<T: Element>(&self) -> Result<(), StorageError> {
        let facts = &self.facts;
        let what = if T::DTYPE != facts.spec.dtype {
            format!("the array is {}, not {}", facts.spec.dtype, T::DTYPE)
        } else if layout::swapped(facts) {
            format!(
                "the elements are {}-endian, which this machine is not; use get, or convert the file",
                facts.endian.name()
            )
        } else if !facts.offset.is_multiple_of(align_of::<T>() as u64) {
            let (offset, align) = (facts.offset, align_of::<T>());
            format!("the data begins at byte {offset}, not a multiple of {align}; use get, or convert the file")
        } else {
            return Ok(());
        };
        Err(StorageError::NoView { path: self.path().to_path_buf(), what })
    }

    fn data_range(&self) -> std::ops::Range<u64> {
        match self.map.len() {
            0 => 0..0,
            end => self.facts.offset..end,
        }
    }

    fn shape(&self) -> ndarray::StrideShape<IxDyn> {
        let shape: Vec<usize> = self.spec().shape.iter().map(|n| *n as usize).collect();
        IxDyn(&shape).set_f(self.spec().order == Order::F).into()
    }

    fn no_shape(&self, e: ndarray::ShapeError) -> StorageError {
        StorageError::NoView { path: self.path().to_path_buf(), what: format!("the shape cannot be viewed: {e}") }
    }

    /// All elements without a copy; F order shows as strides. Needs `T` to be the dtype, native
    /// byte order and aligned data. If the file shrinks, missing bytes read as 0 and
    /// [`Self::check_faults`] fails.
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>, StorageError> {
        self.check_view::<T>()?;
        let range = self.data_range();
        let data = bytemuck::cast_slice(&self.map.bytes()[range.start as usize..range.end as usize]);
        ArrayViewD::from_shape(self.shape(), data).map_err(|e| self.no_shape(e))
    }

    /// All elements to be changed in place. Writes reach the file in modes `r+` and `w+`.
    pub fn view_mut<T: Element>(&mut self) -> Result<ArrayViewMutD<'_, T>, StorageError> {
        self.check_view::<T>()?;
        if self.map.access() == Access::Read {
            return Err(StorageError::ReadOnly { path: self.path().to_path_buf() });
        }
        let (shape, range) = (self.shape(), self.data_range());
        let data = if range.is_empty() {
            &mut []
        } else {
            // SAFETY: the map is writable (above), and borrowed exclusively as long as the view lives.
            bytemuck::cast_slice_mut(unsafe { self.map.bytes_mut(range) })
        };
        ArrayViewMutD::from_shape(shape, data).map_err(|e| self.no_shape(e))
    }

    /// A slice without a copy, as strides. What [`Self::view`] needs, this needs.
    pub fn slice<T: Element>(&self, slices: &[SliceIndex]) -> Result<ArrayViewD<'_, T>, StorageError> {
        let taken = self.taken(slices)?;
        let mut view = self.view::<T>()?;
        for (a, t) in taken.iter().enumerate() {
            view.slice_axis_inplace(ndarray::Axis(a), as_ndarray(t));
        }
        for a in (0..taken.len()).rev().filter(|a| !taken[*a].keeps_axis) {
            view = view.index_axis_move(ndarray::Axis(a), 0);
        }
        Ok(view)
    }

    /// A slice to be changed in place. What [`Self::view_mut`] needs, this needs.
    pub fn slice_mut<T: Element>(&mut self, slices: &[SliceIndex]) -> Result<ArrayViewMutD<'_, T>, StorageError> {
        let taken = self.taken(slices)?;
        let mut view = self.view_mut::<T>()?;
        for (a, t) in taken.iter().enumerate() {
            view.slice_axis_inplace(ndarray::Axis(a), as_ndarray(t));
        }
        for a in (0..taken.len()).rev().filter(|a| !taken[*a].keeps_axis) {
            view = view.index_axis_move(ndarray::Axis(a), 0);
        }
        Ok(view)
    }

    /// Writes changes to disk, and returns when they are there. Does nothing in modes `r` and `c`.
    pub fn flush(&self) -> Result<(), StorageError> {
        self.map.flush()?;
        self.map.check_faults()
    }

    /// Flushes and unmaps. Dropping the array unmaps too, without waiting for the disk and without an error.
    pub fn close(self) -> Result<(), StorageError> {
        self.flush()
    }

    /// Fails if a byte that was looked at could not be read or written: the file shrank, or the disk failed.
    pub fn check_faults(&self) -> Result<(), StorageError> {
        self.map.check_faults()
    }
}

/// The same indices in the words of `ndarray`, which takes a range first and then steps through it,
/// from the end if the step is negative.
fn as_ndarray(t: &Taken) -> Slice {
    if t.count == 0 {
        return Slice::new(0, Some(0), 1);
    }
    let last = t.first as i64 + (t.count as i64 - 1) * t.step;
    let (low, high) = (last.min(t.first as i64), last.max(t.first as i64));
    Slice::new(low as isize, Some(high as isize + 1), t.step as isize)
}

#[cfg(test)]
#[path = "mapped_tests.rs"]
mod tests;
