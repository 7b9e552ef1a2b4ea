//! Arrays in memory that somebody else owns, as inputs of a run; and what lets others look into a map.
//!
//! Owns addresses that come from outside and go there. Refuses to copy what can be read where it lies.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::layout::{self, swap_bytes};
use super::map::{Access, FileMap};
use super::source::{Bytes, mapped_bytes};
use super::{Format, MappedArray, StorageError, Stored};
use crate::array::{ArraySpec, DType, Decoded, Endian, Facts, Form, Order, Region, checked_elements, parse_axis_names};

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
    /// All bytes between the lowest and the highest element.
    lowest: *const u8,
    bytes: usize,
    /// Where the first element lies in there.
    first: usize,
    /// For elements that lie in neither order: their strides in bytes.
    apart: Option<Vec<i64>>,
    endian: Endian,
    _keep: Box<dyn Any + Send + Sync>,
}

// SAFETY: the memory is only read, and whoever gave it promised that it stays as long as `_keep`, which may
// itself be sent and shared.
unsafe impl Send for Memory {}
// SAFETY: as above; there is no interior change.
unsafe impl Sync for Memory {}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("bytes", &self.bytes).field("apart", &self.apart).finish_non_exhaustive()
    }
}

impl Memory {
    /// All bytes from the lowest element to the highest.
    pub(super) fn bytes(&self) -> &[u8] {
        if self.bytes == 0 {
            // Aligned for every dtype, so that empty arrays can be viewed as any.
            const EMPTY: &[u128] = &[];
            return bytemuck::cast_slice(EMPTY);
        }
        // SAFETY: the caller of `from_memory` promised that this range is readable while `_keep` lives.
        unsafe { std::slice::from_raw_parts(self.lowest, self.bytes) }
    }

    /// Gathers a region, which is inside the array.
    pub(super) fn read(&self, facts: &Facts, region: &Region, out: &mut [u8]) {
        let Some(strides) = &self.apart else { return layout::decode(facts, self.bytes(), region, out) };
        let (dtype, size, shape) = (facts.spec.dtype, facts.spec.dtype.size(), region.shape());
        if region.is_empty() {
            return;
        }
        let all = self.bytes();
        let mut index = vec![0u64; shape.len()];
        let start = |a: usize| region.start[a] as i64 * strides[a];
        let mut at = self.first as i64 + (0..shape.len()).map(start).sum::<i64>();
        for element in out.chunks_exact_mut(size) {
            element.copy_from_slice(&all[at as usize..at as usize + size]);
            for a in (0..shape.len()).rev() {
                index[a] += 1;
                at += strides[a];
                if index[a] < shape[a] {
                    break;
                }
                at -= strides[a] * shape[a] as i64;
                index[a] = 0;
            }
        }
        if self.endian != Endian::NATIVE && dtype.swap_unit() > 1 {
            swap_bytes(out, dtype.swap_unit());
        }
        if dtype == DType::Bool {
            out.iter_mut().for_each(|b| *b = u8::from(*b != 0));
        }
    }
}

/// The offsets of the lowest element and of the end of the highest from the first element; `None` where an
/// offset passes 2^63.
fn reach(layout: &MemoryLayout) -> Option<Range<i64>> {
    let (mut low, mut high) = (0i64, layout.dtype.size() as i64);
    for (n, stride) in layout.shape.iter().zip(&layout.strides_bytes) {
        let span = i64::try_from(n.saturating_sub(1)).ok()?.checked_mul(*stride)?;
        if span < 0 { low = low.checked_add(span)? } else { high = high.checked_add(span)? }
    }
    Some(low..high)
}

/// The storage order of a layout, where it has one.
fn order_of(layout: &MemoryLayout, spec: &ArraySpec) -> Option<Order> {
    let item = layout.dtype.size() as u64;
    [Order::C, Order::F].into_iter().find(|order| {
        let facts = Facts {
            spec: ArraySpec { order: *order, ..spec.clone() },
            offset: 0,
            endian: layout.endian,
            decoded: None,
        };
        let strides = facts.strides();
        (0..spec.rank()).all(|a| spec.shape[a] <= 1 || layout.strides_bytes[a] == (strides[a] * item) as i64)
    })
}

impl Stored {
    /// An array in memory of somebody else, read where it lies. `name` is for messages; `keep` is dropped with
    /// the array. Elements in C order, aligned and in native byte order, are viewed without a copy, all others
    /// gathered tile by tile.
    ///
    /// # Errors
    /// A shape or strides that pass 2^63 bytes, and axis names that do not fit.
    ///
    /// # Safety
    /// Every element that shape and strides reach from `first` lies in memory that stays readable as long as
    /// `keep` lives. Writes by others while a run reads give values of either state, as with a mapped file that
    /// another process writes.
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
        let too_large = || StorageError::TooLarge {
            path: path.clone(),
            shape: format!("{:?}", layout.shape),
            dtype: layout.dtype.name(),
        };
        if layout.strides_bytes.len() != spec.rank() {
            let what = format!("{} strides for {} axes", layout.strides_bytes.len(), spec.rank());
            return Err(StorageError::options(&path, what));
        }
        spec.bytes().ok_or_else(too_large)?;
        let empty = checked_elements(&layout.shape) == Some(0);
        let reach = if empty { 0..0 } else { reach(layout).ok_or_else(too_large)? };
        let aligned = (first as usize).is_multiple_of(layout.dtype.swap_unit());
        let order = order_of(layout, &spec).filter(|_| empty || aligned);
        let decoded = Decoded {
            smallest: vec![1; spec.rank()],
            form: Form::Strided,
            columns: vec![],
            file_bytes: 0,
            unpacked_bytes: None,
        };
        spec.order = order.unwrap_or(Order::C);
        let apart = order.is_none().then(|| layout.strides_bytes.clone());
        let facts = Facts { spec, offset: 0, endian: layout.endian, decoded: order.is_none().then_some(decoded) };
        let memory = Memory {
            lowest: first.wrapping_offset(reach.start as isize),
            bytes: (reach.end - reach.start) as usize,
            first: -reach.start as usize,
            apart,
            endian: layout.endian,
            _keep: keep,
        };
        Ok(Stored::new(facts, Format::Memory, path, Bytes::Memory(memory)))
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
        self.facts.strides().iter().map(|s| (s * item) as i64).collect()
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
