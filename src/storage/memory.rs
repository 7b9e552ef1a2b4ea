//! Arrays in memory that somebody else owns, as inputs of a run; and what lets others look into a map.
//!
//! Owns addresses that come from outside and go there. Refuses to copy what can be read where it lies.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::gather::Gather;
use super::layout;
use super::map::{Access, FileMap};
use super::source::{Bytes, mapped_bytes};
use super::{Format, MappedArray, StorageError, Stored};
use crate::array::{ArraySpec, DType, Decoded, Endian, Facts, Form, Order, Region, parse_axis_names};

/// Where the elements of an array in memory lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryLayout {
    pub dtype: DType,
    pub shape: Vec<u64>,
    /// From one index to the next along each axis, in bytes; negative and 0 are allowed.
    pub strides_bytes: Vec<i64>,
    pub endian: Endian,
    /// One letter for each axis.
    pub axes: Option<String>,
}

/// Memory that stays as long as something else is kept.
pub(super) struct Memory {
    /// Of the first element. Never looked at where there is none.
    first: *const u8,
    place: Place,
    _keep: Box<dyn Any + Send + Sync>,
}

/// Where elements lie from the first one on.
#[derive(Debug)]
enum Place {
    /// In so many bytes without a gap, in C or F order.
    Dense(usize),
    /// At strides in bytes. Between them may be memory that cannot be read.
    Apart(Vec<i64>),
}

// SAFETY: the memory is only read, and whoever gave it promised that it stays as long as `_keep`, which may
// itself be sent and shared.
unsafe impl Send for Memory {}
// SAFETY: as above; there is no interior change.
unsafe impl Sync for Memory {}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Memory {
    /// All bytes, where they are dense.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self.place {
            Place::Dense(0) => {
                // Aligned for every dtype, so that empty arrays can be viewed as any.
                const EMPTY: &[u128] = &[];
                Some(bytemuck::cast_slice(EMPTY))
            }
            // SAFETY: these are the bytes of elements, which are readable while `_keep` lives, at an address
            // that is not null; `from_memory` has checked that, and that they are fewer than 2^63.
            Place::Dense(bytes) => Some(unsafe { std::slice::from_raw_parts(self.first, bytes) }),
            Place::Apart(_) => None,
        }
    }

    /// Copies a region, which is inside the array. `out` has exactly its bytes.
    pub(super) fn read(&self, facts: &Facts, region: &Region, out: &mut [u8]) {
        let strides = match &self.place {
            Place::Dense(_) => return layout::decode(facts, self.bytes().unwrap_or_default(), region, out),
            Place::Apart(strides) => strides,
        };
        if region.is_empty() {
            return;
        }
        let offset: isize = region.start.iter().zip(strides).map(|(i, s)| *i as isize * *s as isize).sum();
        let gather = Gather::new(&region.shape(), strides, facts.spec.dtype.size());
        // SAFETY: the region is inside the array, every element of which is readable while `_keep` lives.
        unsafe { gather.copy(self.first.wrapping_offset(offset), out) };
        layout::to_native(facts, out);
    }
}

/// The offsets of the lowest element and of the end of the highest from the first element; `None` where they
/// are 2^63 bytes apart or more.
fn reach(layout: &MemoryLayout) -> Option<Range<i64>> {
    let (mut low, mut high) = (0i64, layout.dtype.size() as i64);
    for (n, stride) in layout.shape.iter().zip(&layout.strides_bytes).filter(|(n, _)| **n > 1) {
        let span = i64::try_from(n - 1).ok()?.checked_mul(*stride)?;
        if span < 0 { low = low.checked_add(span)? } else { high = high.checked_add(span)? }
    }
    high.checked_sub(low).map(|_| low..high)
}

/// The storage order of elements that are dense. There is at least one of them.
fn order_of(layout: &MemoryLayout, facts: &Facts) -> Option<Order> {
    let item = layout.dtype.size() as u64;
    [Order::C, Order::F].into_iter().find(|order| {
        let spec = ArraySpec { order: *order, ..facts.spec.clone() };
        let strides = Facts { spec, ..facts.clone() }.strides();
        let fits = |a: usize| layout.strides_bytes[a] == (strides[a] * item) as i64;
        (0..strides.len()).all(|a| layout.shape[a] == 1 || fits(a))
    })
}

/// Where elements lie, with the facts that say so; refuses what no address can reach.
fn place_of(first: *const u8, layout: &MemoryLayout, name: &Path, facts: &mut Facts) -> Result<Place, StorageError> {
    let too_large = || StorageError::TooLarge {
        path: name.to_path_buf(),
        shape: format!("{:?}", layout.shape),
        dtype: layout.dtype.name(),
    };
    if layout.strides_bytes.len() != layout.shape.len() {
        let what = format!("{} strides for {} axes", layout.strides_bytes.len(), layout.shape.len());
        return Err(StorageError::options(name, what));
    }
    let bytes = facts.spec.bytes().and_then(|b| usize::try_from(b).ok()).ok_or_else(too_large)?;
    if bytes == 0 {
        // Nothing is read, whatever strides and address are.
        return Ok(Place::Dense(0));
    }
    if first.is_null() {
        return Err(StorageError::options(
            name,
            format!("an array of shape {:?} cannot lie at address 0", layout.shape),
        ));
    }
    let reach = reach(layout).ok_or_else(too_large)?;
    let address = |offset: i64| isize::try_from(offset).ok().and_then(|o| (first as usize).checked_add_signed(o));
    if address(reach.start).is_none() || address(reach.end).is_none() {
        let (strides, shape) = (&layout.strides_bytes, &layout.shape);
        let what = format!("strides of {strides:?} bytes for shape {shape:?} lead outside the address space");
        return Err(StorageError::options(name, what));
    }
    let aligned = (first as usize).is_multiple_of(layout.dtype.swap_unit());
    if let Some(order) = order_of(layout, facts).filter(|_| aligned) {
        facts.spec.order = order;
        return Ok(Place::Dense(bytes));
    }
    let smallest = vec![1; layout.shape.len()];
    let decoded = Decoded { smallest, form: Form::Strided, columns: vec![], file_bytes: 0, unpacked_bytes: None };
    facts.decoded = Some(decoded);
    // An axis of one element has no stride, whatever is said of it.
    let stride = |(n, s): (&u64, &i64)| if *n == 1 { 0 } else { *s };
    Ok(Place::Apart(layout.shape.iter().zip(&layout.strides_bytes).map(stride).collect()))
}

impl Stored {
    /// An array in memory of somebody else, read where it lies. `name` is for messages; `keep` is dropped with
    /// the array. Elements in C order, aligned and in native byte order, are viewed without a copy, all others
    /// gathered tile by tile. Strides count where an axis has more than one element, the address where there is
    /// an element at all.
    ///
    /// # Errors
    /// A shape of 2^63 bytes or more, elements that are as far apart or lead outside the address space, the
    /// address 0, another number of strides than of axes, and axis names that do not fit.
    ///
    /// # Safety
    /// Every element that shape and strides reach from `first` stays readable as long as `keep` lives; what
    /// lies between elements is never touched. Writes by others while a run reads give values of either state,
    /// as with a mapped file that another process writes.
    pub unsafe fn from_memory(
        first: *const u8,
        layout: &MemoryLayout,
        name: &str,
        keep: Box<dyn Any + Send + Sync>,
    ) -> Result<Stored, StorageError> {
        let path = PathBuf::from(name);
        let mut spec = ArraySpec::new(layout.dtype, &layout.shape);
        if let Some(names) = &layout.axes {
            spec.axes = parse_axis_names(names, spec.rank()).map_err(|m| StorageError::options(&path, m))?;
        }
        let mut facts = Facts { spec, offset: 0, endian: layout.endian, decoded: None };
        let place = place_of(first, layout, &path, &mut facts)?;
        Ok(Stored::new(facts, Format::Memory, path, Bytes::Memory(Memory { first, place, _keep: keep })))
    }
}

#[cfg(test)]
impl Stored {
    /// For tests elsewhere: elements that lie in these bytes, the first one at their beginning.
    pub(crate) fn from_bytes(bytes: Vec<u8>, layout: &MemoryLayout) -> Stored {
        let inside = reach(layout).is_some_and(|r| r.start == 0 && r.end as usize <= bytes.len());
        assert!(inside, "{layout:?} is not inside {} bytes", bytes.len());
        let first = bytes.as_ptr();
        // SAFETY: every element lies in the bytes (above), which are kept and stay where they are.
        unsafe { Stored::from_memory(first, layout, "test", Box::new(bytes)) }.expect("a valid layout")
    }
}

impl MappedArray {
    /// The address of the first element, for views that other languages make. Whoever writes there writes as
    /// another process would: what reads at that moment sees either state.
    pub fn address(&self) -> usize {
        let bytes = self.map.bytes();
        let offset = if self.map.len() == 0 { 0 } else { self.facts.offset as usize };
        bytes.as_ptr() as usize + offset
    }

    /// From one index to the next along each axis, in bytes.
    pub fn strides_bytes(&self) -> Vec<i64> {
        let item = self.facts.spec.dtype.size() as u64;
        // Only an empty array has strides that no element could be at.
        self.facts.strides().iter().map(|s| s.saturating_mul(item).min(i64::MAX as u64) as i64).collect()
    }

    /// The same array for runs: through a map of its own on the same open file, so that a file that was replaced
    /// or removed meanwhile is still this one. In mode `c`, whose changes are in this process alone, the same map.
    pub fn to_stored(this: &Arc<MappedArray>) -> Result<Stored, StorageError> {
        let path = this.path().to_path_buf();
        let bytes = if this.map.access() == Access::Private {
            // The array and not its map alone is kept: while it is shared, nobody can borrow it for writing.
            Bytes::Private(this.clone())
        } else {
            let file = this.map.file().try_clone().map_err(|e| StorageError::io(&path, "read it", e))?;
            Bytes::Mapped(FileMap::new(file, &path, mapped_bytes(&this.facts), Access::Read)?)
        };
        Ok(Stored::new(this.facts.clone(), this.format, path, bytes))
    }

    /// A result that a run handed back without a file, as memory of the caller's own, to be read and changed.
    ///
    /// # Errors
    /// Anything that was opened, also where its file has lost its name since: it may be somebody's.
    pub fn of_result(stored: &Stored) -> Result<MappedArray, StorageError> {
        let (facts, path) = (stored.facts(), stored.path());
        let Some(map) = stored.nameless() else {
            return Err(StorageError::options(path, "only a result without a file can be made the caller's own"));
        };
        let file = map.file().try_clone().map_err(|e| StorageError::io(path, "read it", e))?;
        let map = FileMap::new(file, path, mapped_bytes(&facts), Access::Shared)?;
        Ok(MappedArray { facts, format: Format::Raw, map })
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
