//! A frame brought to the size of its picture, by the mean over area.
//!
//! Owns how a frame of any size is read in small blocks and summed into the few cells that are drawn.
//! What cells hold follows from the frame and the picture's size alone, never from threads.

use super::select::Planes;
use crate::array::{Order, Region, contiguous_strides, read_f64};
use crate::storage::{StorageError, Stored};
use rayon::prelude::*;
use std::ops::Range;

/// Rows of cells that one thread fills at a time.
const BAND_ROWS: usize = 16;

/// Elements that are read at once, at most: a megabyte of f64.
const BLOCK_ELEMENTS: u64 = 1 << 17;

/// The drawn cells of a frame: rows, columns, and 1 or 3 channels, in this order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cells {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) values: Vec<f64>,
}

/// Reads a frame into `height` × `width` cells, no more than the frame has. Each is the mean of what
/// it covers, parts of elements counted as parts; NaN counts only where there is nothing else.
pub(super) fn reduce(
    stored: &Stored,
    planes: &Planes,
    frame: u64,
    height: usize,
    width: usize,
) -> Result<Cells, StorageError> {
    let region = planes.region(frame);
    let channels = if planes.is_rgb() { 3 } else { 1 };
    let plane = Plane { stored, planes, region, height, width, channels };
    let mut values = vec![0.0; height * width * channels];
    values
        .par_chunks_mut(BAND_ROWS * width * channels)
        .enumerate()
        .try_for_each(|(band, out)| plane.fill(band * BAND_ROWS, out))?;
    Ok(Cells { height, width, channels, values })
}

struct Plane<'a> {
    stored: &'a Stored,
    planes: &'a Planes,
    region: Region,
    height: usize,
    width: usize,
    channels: usize,
}

/// Sums and weights of cells.
struct Sums {
    sums: Vec<f64>,
    weights: Vec<f64>,
}

impl Sums {
    fn new(cells: usize) -> Sums {
        Sums { sums: vec![0.0; cells], weights: vec![0.0; cells] }
    }

    fn add(&mut self, cell: usize, value: f64, share: f64) {
        if !value.is_nan() {
            self.sums[cell] += value * share;
            self.weights[cell] += share;
        }
    }
}

/// The cells that index `i` of `n` falls into, of `cells`, with the share of each in units of 1/n of a cell.
fn shares(i: u64, n: u64, cells: u64) -> impl Iterator<Item = (usize, f64)> {
    // Index i covers i·cells .. (i+1)·cells, cell k covers k·n .. (k+1)·n.
    let (from, to) = (i * cells, (i + 1) * cells);
    let first = from / n;
    let last = (to - 1) / n;
    (first..=last).map(move |k| (k as usize, (to.min((k + 1) * n) - from.max(k * n)) as f64))
}

impl Plane<'_> {
    /// Fills the rows of cells from `first` on.
    fn fill(&self, first: usize, out: &mut [f64]) -> Result<(), StorageError> {
        let row_cells = self.width * self.channels;
        let rows = out.len() / row_cells;
        let (extent, cells) = (self.planes.height(), self.height as u64);
        // Rows of the frame that touch these cells.
        let from = first as u64 * extent / cells;
        let to = ((first + rows) as u64 * extent).div_ceil(cells);
        let mut band = Sums::new(out.len());
        let mut line = Sums::new(row_cells);
        let mut block = Block::default();
        for (ys, xs) in self.blocks(from..to) {
            block.read(self, &ys, &xs)?;
            for y in ys {
                let touched = block.sum_row(self, (y - block.y) as usize, &xs, &mut line);
                for (row, share) in shares(y, extent, cells) {
                    let Some(row) = row.checked_sub(first).filter(|r| *r < rows) else { continue };
                    for cell in touched.clone() {
                        band.sums[row * row_cells + cell] += line.sums[cell] * share;
                        band.weights[row * row_cells + cell] += line.weights[cell] * share;
                    }
                }
                line.sums[touched.clone()].fill(0.0);
                line.weights[touched].fill(0.0);
            }
        }
        for (o, (sum, weight)) in out.iter_mut().zip(band.sums.iter().zip(&band.weights)) {
            *o = if *weight > 0.0 { sum / weight } else { f64::NAN };
        }
        Ok(())
    }

    /// Cuts rows of the frame into blocks that are long where the file is.
    fn blocks(&self, rows: Range<u64>) -> Vec<(Range<u64>, Range<u64>)> {
        let width = self.planes.width();
        let room = (BLOCK_ELEMENTS / self.channels as u64).max(1);
        let facts = self.stored.facts();
        let rows_are_long = (facts.spec.order == Order::C) == (self.planes.y < self.planes.x);
        let (high, wide) = if rows_are_long {
            let wide = width.min(room);
            ((room / wide).max(1), wide)
        } else {
            let high = (rows.end - rows.start).clamp(1, room);
            (high, (room / high).max(1))
        };
        let mut found = Vec::new();
        for y in rows.clone().step_by(high as usize) {
            for x in (0..width).step_by(wide as usize) {
                found.push((y..(y + high).min(rows.end), x..(x + wide).min(width)));
            }
        }
        found
    }
}

/// Elements of a block as f64, with what it takes to find them.
#[derive(Default)]
struct Block {
    y: u64,
    words: Vec<u64>,
    values: Vec<f64>,
    strides: [usize; 3],
}

impl Block {
    fn read(&mut self, plane: &Plane, ys: &Range<u64>, xs: &Range<u64>) -> Result<(), StorageError> {
        let (y, x) = (plane.planes.y, plane.planes.x);
        let mut region = plane.region.clone();
        let (top, left) = (region.start[y], region.start[x]);
        (region.start[y], region.end[y]) = (top + ys.start, top + ys.end);
        (region.start[x], region.end[x]) = (left + xs.start, left + xs.end);
        read_values(plane.stored, &region, &mut self.words, &mut self.values)?;
        let strides = contiguous_strides(&region.shape());
        self.y = ys.start;
        self.strides = [strides[y], strides[x], plane.planes.c.map_or(0, |c| strides[c])];
        Ok(())
    }

    /// Adds one row of the block to its cells; returns which were touched.
    fn sum_row(&self, plane: &Plane, row: usize, xs: &Range<u64>, line: &mut Sums) -> Range<usize> {
        let (extent, cells) = (plane.planes.width(), plane.width as u64);
        let channels = plane.channels;
        let first = xs.start * cells / extent;
        let (mut x, mut cell) = (xs.start, first);
        while x < xs.end {
            let end = (cell + 1) * extent;
            // Elements that lie in this cell as a whole, then one that may reach into the next.
            let inside = (end / cells).clamp(x, xs.end);
            for channel in 0..channels {
                let at = cell as usize * channels + channel;
                let run = (x..inside).map(|x| self.value(row, (x - xs.start) as usize, channel));
                let (mut sum, mut count) = (0.0, 0u64);
                for value in run.filter(|v| !v.is_nan()) {
                    sum += value;
                    count += 1;
                }
                line.sums[at] += sum * cells as f64;
                line.weights[at] += (count * cells) as f64;
                let share = end.saturating_sub(inside * cells);
                if inside < xs.end && share > 0 {
                    let value = self.value(row, (inside - xs.start) as usize, channel);
                    line.add(at, value, share as f64);
                    line.add(at + channels, value, (cells - share) as f64);
                }
            }
            x = inside + u64::from(inside < xs.end && end > inside * cells);
            cell += 1;
        }
        let last = (xs.end * cells).div_ceil(extent);
        first as usize * channels..last as usize * channels
    }

    fn value(&self, row: usize, x: usize, channel: usize) -> f64 {
        let [sy, sx, sc] = self.strides;
        self.values[row * sy + x * sx + channel * sc]
    }
}

/// Reads a box as f64 into buffers that are used again, and lets go of its pages.
pub(super) fn read_values(
    stored: &Stored,
    region: &Region,
    words: &mut Vec<u64>,
    values: &mut Vec<f64>,
) -> Result<(), StorageError> {
    let dtype = stored.spec().dtype;
    let elements = region.elements() as usize;
    let bytes = elements * dtype.size();
    // Words, so that the bytes are aligned for every dtype.
    words.resize(bytes.div_ceil(8), 0);
    let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(words)[..bytes];
    stored.read(region, bytes)?;
    stored.drop_behind(region);
    values.resize(elements, 0.0);
    read_f64(dtype, bytes, values);
    Ok(())
}
