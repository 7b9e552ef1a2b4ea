//! Elements and slices of a stored array, whatever its format.
//!
//! Owns the way from indices to values: only what is asked for is read, and no more than a small piece
//! at once. Refuses to print.

use std::path::Path;

use super::{Scalar, SliceIndex, StorageError, Stored};
use crate::array::Taken;
use crate::array::{ArraySpec, Region};

/// Elements of a row that are read at once, at most.
const PIECE_ELEMENTS: u64 = 1 << 16;
/// A row taken in steps above this is read element by element.
const STEP_MAX: u64 = 16;

/// A slice that lies inside an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(Vec<Taken>);

impl Selection {
    /// Extents of what is taken; axes with one index are gone.
    pub fn shape(&self) -> Vec<u64> {
        self.0.iter().filter(|t| t.keeps_axis).map(|t| t.count).collect()
    }

    /// How many elements are taken.
    pub fn elements(&self) -> u64 {
        self.0.iter().map(|t| t.count).product()
    }

    /// The index of the row with this number; the rows are lines along the last axis, in C order.
    fn row(&self, mut number: u64) -> Vec<u64> {
        let outer = &self.0[..self.0.len().saturating_sub(1)];
        let mut index = vec![0; outer.len()];
        for (i, t) in index.iter_mut().zip(outer).rev() {
            *i = at(t, number % t.count);
            number /= t.count;
        }
        index
    }
}

/// The index that is taken at a place of an axis.
fn at(t: &Taken, place: u64) -> u64 {
    t.first.wrapping_add_signed((place as i64).wrapping_mul(t.step))
}

/// What is taken along each axis; axes beyond the given ones are taken whole.
pub(super) fn taken(path: &Path, spec: &ArraySpec, slices: &[SliceIndex]) -> Result<Vec<Taken>, StorageError> {
    let failed = |what: String| StorageError::Index { path: path.to_path_buf(), what };
    if slices.len() > spec.rank() {
        let (given, axes, shape) = (slices.len(), spec.rank(), &spec.shape);
        return Err(failed(format!("{given} indices for an array of {axes} axes (shape {shape:?})")));
    }
    let all = slices.iter().copied().chain(std::iter::repeat(SliceIndex::ALL));
    all.zip(&spec.shape)
        .enumerate()
        .map(|(a, (s, n))| s.resolve(*n).map_err(|e| failed(format!("axis {}: {e}", spec.axis_label(a)))))
        .collect()
}

impl Stored {
    /// Checks a slice: as many indices as axes or fewer, each inside its axis. Nothing is read.
    pub fn select(&self, slices: &[SliceIndex]) -> Result<Selection, StorageError> {
        taken(self.path(), self.spec(), slices).map(Selection)
    }

    /// The first elements of a selection in C order, at most `limit`. Reads what it returns and little
    /// more; pictures are decoded frame by frame.
    pub fn get(&self, selection: &Selection, limit: u64) -> Result<Vec<Scalar>, StorageError> {
        let wanted = selection.elements().min(limit);
        let mut values = Vec::new();
        let whole = Taken { first: 0, count: 1, step: 1, keeps_axis: false };
        let last = selection.0.last().copied().unwrap_or(whole);
        let mut number = 0;
        while (values.len() as u64) < wanted {
            let row = selection.row(number);
            let mut place = 0;
            while place < last.count && (values.len() as u64) < wanted {
                let few = PIECE_ELEMENTS.min(wanted - values.len() as u64).min(last.count - place);
                let count = if last.step.unsigned_abs() <= STEP_MAX { few } else { 1 };
                self.piece(&row, &last, place, count, &mut values)?;
                place += count;
            }
            number += 1;
        }
        Ok(values)
    }

    /// Appends `count` elements of a row, from `place` on.
    fn piece(
        &self,
        row: &[u64],
        last: &Taken,
        place: u64,
        count: u64,
        values: &mut Vec<Scalar>,
    ) -> Result<(), StorageError> {
        let (from, to) = (at(last, place), at(last, place + count - 1));
        let low = from.min(to);
        let mut region = Region { start: row.to_vec(), end: row.iter().map(|i| i + 1).collect() };
        if self.spec().rank() > 0 {
            region.start.push(low);
            region.end.push(from.max(to) + 1);
        }
        let (dtype, size) = (self.spec().dtype, self.spec().dtype.size());
        let mut bytes = vec![0u8; region.elements() as usize * size];
        self.read(&region, &mut bytes)?;
        for i in 0..count {
            let at = (at(last, place + i) - low) as usize * size;
            values.push(Scalar::from_bytes(dtype, &bytes[at..at + size]));
        }
        Ok(())
    }
}
