//! Values of some rows and some cells, as f64 and without NaN.
//!
//! Owns the copy out of strided storage, a few neighbouring cells at a time. Refuses to know buckets: who calls says
//! which rows count.

use super::stats::BLOCK;
use crate::array::{DType, View};
use crate::kernel::{KernelError, Scratch};
use std::ops::Range;

/// Neighbouring cells that are worked on together where they are neighbours in storage.
pub const CELLS: usize = 16;

/// Bytes that [`Room::take`] takes, at most.
pub const ROOM_BYTES: u64 = CELLS as u64 * (BLOCK * 16 + 8) + 256;

/// Room for the values of some cells in a block.
pub struct Room<'s> {
    values: &'s mut [f64],
    lost: &'s mut [f64],
    row: &'s mut [f64],
}

impl<'s> Room<'s> {
    pub fn take(scratch: &mut Scratch<'s>) -> Result<Room<'s>, KernelError> {
        let size = CELLS * BLOCK as usize;
        Ok(Room { values: scratch.take(size)?, lost: scratch.take(size)?, row: scratch.take(CELLS)? })
    }
}

/// An array whose rows are gathered.
pub struct Rows<'a> {
    pub view: &'a View<'a>,
    /// Elements from one row to the next.
    pub step: usize,
    /// Whether what the conversion to f64 leaves over is wanted.
    pub lossless: bool,
}

impl Rows<'_> {
    /// Whether values of a dtype may be more than f64 can hold.
    pub fn loses(dtype: DType) -> bool {
        matches!(dtype, DType::I64 | DType::U64)
    }

    /// Hands the values of each of `cells` cells from element `at` on to `f`, in rows (counted from the beginning of the view)
    /// of one block, those that `counts`: which cell, its values, and what their conversion to f64 left over.
    pub fn gather(
        &self,
        (at, cells): (usize, usize),
        rows: Range<usize>,
        room: &mut Room,
        counts: impl Fn(usize) -> bool,
        mut f: impl FnMut(usize, &[f64], &[f64]),
    ) {
        let (block, first) = (BLOCK as usize, at + rows.start * self.step);
        let mut kept = [0; CELLS];
        if cells == 1 && self.step == 1 {
            // One run of storage, packed where it lies.
            self.view.row_f64(first, &mut room.values[..rows.len()]);
            for (i, row) in rows.enumerate() {
                let x = room.values[i];
                if !x.is_nan() && counts(row) {
                    self.keep(room, kept[0], x, first + i);
                    kept[0] += 1;
                }
            }
        } else {
            for row in rows.filter(|row| counts(*row)) {
                let at = at + row * self.step;
                self.view.row_f64(at, &mut room.row[..cells]);
                for (cell, kept) in kept.iter_mut().enumerate().take(cells) {
                    let x = room.row[cell];
                    if !x.is_nan() {
                        self.keep(room, cell * block + *kept, x, at + cell);
                        *kept += 1;
                    }
                }
            }
        }
        for (cell, n) in kept.iter().enumerate().take(cells) {
            let (values, lost) = (&room.values[cell * block..][..*n], &room.lost[cell * block..][..*n]);
            f(cell, values, if self.lossless { lost } else { &[] });
        }
    }

    #[inline(always)]
    fn keep(&self, room: &mut Room, place: usize, x: f64, at: usize) {
        room.values[place] = x;
        if self.lossless {
            room.lost[place] = lost(self.view, at, x);
        }
    }
}

/// What a 64-bit integer has beyond its f64.
fn lost(view: &View, at: usize, x: f64) -> f64 {
    let exact = match view.dtype() {
        DType::I64 => i128::from(view.data::<i64>()[at]),
        _ => i128::from(view.data::<u64>()[at]),
    };
    (exact - x as i128) as f64
}
