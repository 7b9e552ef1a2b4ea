//! The way by buckets: a tile is some buckets with all their rows.
//!
//! Owns the walk from a bucket to its rows. Each result stands alone; what lies between buckets is nobody's. Refuses to know
//! the arithmetic (`stats`), and buckets that no tile has room for (`by_rows`).

use super::buckets::{Buckets, changed};
use super::gather::{CELLS, ROOM_BYTES, Room, Rows};
use super::stats::{self, BLOCK, Known, Stat, Wanted};
use crate::array::{DType, Region, View, ViewMut, contiguous_strides, write_f64};
use crate::kernel::reduce::Strided;
use crate::kernel::{KernelError, Map, Scratch, ScratchSize};

/// Buckets of rows, each from the rows it has.
#[derive(Debug)]
pub struct ByBuckets {
    pub wanted: Wanted,
    pub axis: usize,
    pub buckets: Buckets,
}

/// Rows of a bucket: where they begin and end along the axis, counted from the beginning of the view.
type Span = [u64; 2];

/// What a tile's buckets are made of.
struct Tile<'a> {
    rows: Rows<'a>,
    /// The index of the first row in the whole array.
    first: u64,
    /// 1 for rows that have a time, where some have none; empty where all have.
    timed: &'a [u8],
}

impl Tile<'_> {
    fn is_timed(&self, row: usize) -> bool {
        self.timed.get(row).is_none_or(|t| *t != 0)
    }
}

impl ByBuckets {
    /// The spans of buckets, whether each row has a time, and all values of a bucket where their order counts.
    pub fn scratch(&self) -> ScratchSize {
        let all = if self.wanted.stat == Stat::Median { self.buckets.rows_max() * 8 } else { 0 };
        ScratchSize { fixed: ROOM_BYTES + all + 256, per_core: 16, per_grown: 1 }
    }

    /// Finds the rows of each bucket of a tile, and which of them have a time; whether they are as they were seen.
    fn spans(&self, core: &Region, time: Option<&View>, found: &mut [Span], timed: &mut [u8]) -> bool {
        let first = core.start[self.axis];
        let (Buckets::Timed(seen), Some(time)) = (&self.buckets, time) else {
            let (n, count) = (timed.len() as u64, self.buckets.rows_max());
            found.iter_mut().zip(0..).for_each(|(rows, b)| *rows = [b, b + 1].map(|b| (b * count).min(n)));
            return true;
        };
        found.fill([0; 2]);
        timed.fill(0);
        let mut is_same = true;
        seen.clock.each(&time.bytes()[..timed.len() * seen.clock.dtype.size()], |row, time| {
            let Some(time) = time else { return };
            timed[row] = 1;
            match found.get_mut(seen.bucket(time).wrapping_sub(first) as usize) {
                Some(rows) => *rows = [if rows[1] == 0 { row as u64 } else { rows[0] }, row as u64 + 1],
                // The rows of a tile are those of its buckets.
                None => is_same = false,
            }
        });
        is_same && found.iter().all(|[start, end]| end - start <= self.buckets.rows_max())
    }

    /// Hands the values of some cells in the rows of a bucket to `f`, block by block.
    fn each_block(
        &self,
        tile: &Tile,
        cells: (usize, usize),
        span: &Span,
        room: &mut Room,
        mut f: impl FnMut(usize, &[f64], &[f64]),
    ) {
        let [mut from, end] = span.map(|row| row as usize);
        while from < end {
            let absolute = tile.first + from as u64;
            let to = (from + (BLOCK - absolute % BLOCK) as usize).min(end);
            tile.rows.gather(cells, from..to, room, |row| tile.is_timed(row), &mut f);
            from = to;
        }
    }

    /// The results of `n` neighbouring cells for one bucket.
    fn cells(
        &self,
        tile: &Tile,
        (at, n): (usize, usize),
        span: &Span,
        (room, all): (&mut Room, &mut [f64]),
        mut put: impl FnMut(usize, usize, f64),
    ) {
        let wanted = &self.wanted;
        if wanted.stat == Stat::Median {
            return (0..n).for_each(|cell| put(cell, 0, self.median(tile, at + cell, span, room, all)));
        }
        let mut known = [Known::NOTHING; CELLS];
        self.each_block(tile, (at, n), span, room, |cell, values, lost| {
            known[cell].join(&Known::of(wanted.stat, values, lost));
        });
        for (cell, known) in known.iter().enumerate().take(n) {
            (0..wanted.stat.parts()).for_each(|part| put(cell, part, known.result(wanted, part)));
        }
    }

    fn median(&self, tile: &Tile, at: usize, span: &Span, room: &mut Room, all: &mut [f64]) -> f64 {
        let mut n = 0;
        self.each_block(tile, (at, 1), span, room, |_, values, _| {
            all[n..n + values.len()].copy_from_slice(values);
            n += values.len();
        });
        if (n as u64) < self.wanted.min_count { f64::NAN } else { stats::median(&mut all[..n]) }
    }

    /// When each bucket begins.
    fn begins(&self, core: &Region, out: &mut ViewMut) {
        let Buckets::Timed(seen) = &self.buckets else { return };
        let (dtype, size) = (out.dtype(), out.dtype().size());
        let unit = i128::from(seen.clock.unit);
        for (i, to) in out.bytes().chunks_exact_mut(size).enumerate() {
            let bucket = i128::from(core.start[0] + i as u64);
            let time = i128::from(seen.begin) + bucket * i128::from(seen.every);
            if dtype.is_float() {
                let _ = write_f64(dtype, &[time as f64 / unit as f64], to);
            } else {
                to.copy_from_slice(&time.div_euclid(unit).to_le_bytes()[..size]);
            }
        }
    }
}

/// Writes a result: a count as it is, all else as a float.
pub fn put(dtype: DType, x: f64, out: &mut [u8]) {
    if dtype == DType::I64 {
        out.copy_from_slice(&(x as i64).to_le_bytes());
    } else {
        // Floats have a value for everything.
        let _ = write_f64(dtype, &[x], out);
    }
}

impl Map for ByBuckets {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let [out] = outputs else { return Err(KernelError::new("resample writes one array")) };
        if core.is_empty() {
            return Ok(());
        }
        let stat = self.wanted.stat;
        if stat == Stat::Time {
            self.begins(core, out);
            return Ok(());
        }
        let Some(view) = inputs.first() else { return Err(KernelError::new("resample reads an array")) };
        let timed = scratch.take::<u8>(view.shape()[self.axis] as usize)?;
        let spans = scratch.take::<u64>(2 * core.extent(self.axis) as usize)?;
        let spans = bytemuck::cast_slice_mut::<u64, Span>(spans);
        if !self.spans(core, inputs.get(1), spans, timed) {
            return Err(changed());
        }
        let (step, first) = (view.strides()[self.axis], view.start()[self.axis].max(0) as u64);
        let lossless = Rows::loses(view.dtype()) && stat.is_sum();
        let timed = if self.buckets.has_gaps() { timed } else { &mut [] };
        let tile = Tile { rows: Rows { view, step, lossless }, first, timed };
        let mut room = Room::take(scratch)?;
        let all = scratch.take(if stat == Stat::Median { self.buckets.rows_max() as usize } else { 0 })?;
        let (dtype, bytes, parts) = (out.dtype(), out.dtype().size(), stat.parts());
        let (mut shape, mut from, mut to) = (core.shape(), view.strides().to_vec(), contiguous_strides(&core.shape()));
        shape.remove(self.axis);
        from.remove(self.axis);
        let along = to.remove(self.axis);
        let cells = Strided::new(&shape, [&from, &to]);
        let out = out.bytes();
        for (bucket, span) in spans.iter().enumerate() {
            cells.each_row(|[from, to]| {
                for cell in (0..cells.row()).step_by(CELLS) {
                    let at = (from + cell, CELLS.min(cells.row() - cell));
                    let place = bucket * along + to + cell;
                    self.cells(&tile, at, span, (&mut room, &mut *all), |cell, part, x| {
                        put(dtype, x, &mut out[((place + cell) * parts + part) * bytes..][..bytes]);
                    });
                }
            });
        }
        Ok(())
    }
}
