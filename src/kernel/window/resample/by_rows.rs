//! The way by rows: buckets of any size, row by row, with the open one carried from tile to tile.
//!
//! Owns the walk. A tile is some whole blocks of rows and writes the buckets that end in it, which a table says:
//!
//! ```text
//! carry ──▶ rows of the open bucket │ buckets inside │ rows of the next open bucket ──▶ carry
//!           head, block by block                       tail
//! ```
//!
//! Heads and tails are surveyed in parallel; what a tile adds to the open bucket is kept block by block where the order of
//! additions shows, so that bits are those of the way by buckets. Refuses to know what is collected of a bucket.

use super::super::scan::known;
use super::buckets::{Buckets, NO_BUCKET, changed};
use super::collect::Collect;
use super::gather::{CELLS, ROOM_BYTES, Room, Rows};
use super::stats::BLOCK;
use crate::array::{Region, View, ViewMut};
use crate::kernel::reduce::Strided;
use crate::kernel::{KernelError, Runs, Scan, Scratch, ScratchSize, State};
use std::ops::Range;

/// Rows of buckets in order.
#[derive(Debug)]
pub struct ByRows<C> {
    pub axis: usize,
    /// Rows of the whole array.
    pub rows: u64,
    pub buckets: Buckets,
    /// The buckets that end in each group of rows.
    pub ends: Runs,
    /// Which inputs are the column of time and what earlier sweeps found.
    pub time: Option<usize>,
    pub found: Option<usize>,
    pub lossless: bool,
    pub collect: C,
}

/// The bucket that is open before a tile.
struct Carry<O>(O);

/// What a tile adds to it, block by block, and the bucket that is open after it where that is another.
struct Ends<O> {
    head: Vec<O>,
    tail: Option<O>,
}

/// The inputs of a tile with the buckets that matter there: open at its beginning, and open at its end or, of the last tile, one
/// more than there are.
struct Tile<'a> {
    rows: Rows<'a>,
    time: Option<&'a View<'a>>,
    found: Option<&'a View<'a>>,
    cells: Strided<1>,
    first: u64,
    end: u64,
    is_last: bool,
}

/// Scratch of a tile.
pub fn scratch() -> ScratchSize {
    ScratchSize { fixed: ROOM_BYTES + BLOCK * 8 + 256, per_core: 0, per_grown: 0 }
}

impl<C: Collect> ByRows<C> {
    fn tile<'a>(&self, core: &Region, inputs: &'a [View<'a>]) -> Tile<'a> {
        let view = &inputs[0];
        let (mut shape, mut strides) = (core.shape(), view.strides().to_vec());
        shape.remove(self.axis);
        let step = strides.remove(self.axis);
        let (first, end) = self.ends.of(core.start[self.axis], core.end[self.axis]);
        Tile {
            rows: Rows { view, step, lossless: self.lossless },
            time: self.time.map(|i| &inputs[i]),
            found: self.found.map(|i| &inputs[i]),
            cells: Strided::new(&shape, [&strides]),
            first,
            end,
            is_last: core.end[self.axis] == self.rows,
        }
    }

    /// Hands runs of rows of one bucket inside one block to `f`, in order: the bucket, its rows counted from the beginning of the
    /// tile, and the buckets of the rows among these.
    fn each_run(
        &self,
        core: &Region,
        tile: &Tile,
        of_rows: &mut [u64],
        mut f: impl FnMut(u64, Range<usize>, &[u64]) -> Result<(), KernelError>,
    ) -> Result<(), KernelError> {
        let (start, end) = (core.start[self.axis], core.end[self.axis]);
        for block in (start..end).step_by(BLOCK as usize) {
            let of_rows = &mut of_rows[..(end - block).min(BLOCK) as usize];
            self.buckets.of_rows(block, tile.time, of_rows);
            let (from, mut at) = ((block - start) as usize, 0);
            while at < of_rows.len() {
                let bucket = of_rows[at];
                if bucket == NO_BUCKET {
                    at += 1;
                    continue;
                }
                // Rows without a time lie between those of a bucket, and are none of them.
                let others = of_rows[at..].iter().position(|b| *b != bucket && *b != NO_BUCKET);
                let next = others.map_or(of_rows.len(), |n| at + n);
                f(bucket, from + at..from + next, &of_rows[at..next])?;
                at = next;
            }
        }
        Ok(())
    }

    /// Adds a run of rows to an open bucket.
    fn add(&self, open: &mut C::Open, tile: &Tile, run: (u64, Range<usize>, &[u64]), room: &mut Room) {
        let (bucket, rows, of_rows) = run;
        let (row, mut cell) = (tile.cells.row(), 0);
        tile.cells.each_row(|[at]| {
            for from in (0..row).step_by(CELLS) {
                let cells = (at + from, CELLS.min(row - from));
                let counts = |i: usize| of_rows[i - rows.start] == bucket;
                tile.rows.gather(cells, rows.clone(), room, counts, |k, values, lost| {
                    self.collect.add(open, cell + from + k, values, lost);
                });
            }
            cell += row;
        });
    }

    /// Writes the results of one bucket, or those of a bucket without rows.
    fn put(&self, open: Option<&C::Open>, core: &Region, bucket: u64, out: &mut ViewMut) {
        let size = self.collect.size();
        let region = out.region().clone();
        let nth = (bucket - region.start[self.axis]) as usize;
        let product = |axes: Range<usize>| axes.map(|a| core.extent(a) as usize).product::<usize>();
        let (outer, inner) = (product(0..self.axis), product(self.axis + 1..core.rank()));
        let along = region.extent(self.axis) as usize;
        for (o, out) in out.bytes().chunks_exact_mut((along * inner * size).max(1)).enumerate().take(outer) {
            let cells = out[nth * inner * size..].chunks_exact_mut(size).take(inner);
            for (i, out) in cells.enumerate() {
                match open {
                    Some(open) => self.collect.put(open, o * inner + i, out),
                    None => self.collect.put_empty(out),
                }
            }
        }
    }
}

/// Cells of a tile, or lines of a region: all but the axis.
fn cells(region: &Region, axis: usize) -> usize {
    (0..region.rank()).filter(|a| *a != axis).map(|a| region.extent(a) as usize).product()
}

impl<C: Collect> Scan for ByRows<C> {
    fn start(&self, lines: &Region) -> State {
        Box::new(Carry(self.collect.nothing(cells(lines, self.axis))))
    }

    fn survey(&self, core: &Region, inputs: &[View], scratch: &mut Scratch) -> Result<State, KernelError> {
        let (tile, n) = (self.tile(core, inputs), cells(core, self.axis));
        let (mut room, of_rows) = (Room::take(scratch)?, scratch.take(BLOCK as usize)?);
        let open = |bucket: u64| {
            let mut open = self.collect.nothing(n);
            self.collect.begin(&mut open, bucket, tile.found);
            open
        };
        let mut tail = (tile.end > tile.first && !tile.is_last).then(|| open(tile.end));
        let mut head = Vec::with_capacity(core.extent(self.axis).div_ceil(BLOCK) as usize);
        self.each_run(core, &tile, of_rows, |bucket, rows, of_rows| {
            let run = (bucket, rows, of_rows);
            match &mut tail {
                _ if bucket == tile.first => {
                    if C::IN_ORDER || head.is_empty() {
                        head.push(open(bucket));
                    }
                    let last = head.len() - 1;
                    self.add(&mut head[last], &tile, run, &mut room);
                }
                Some(tail) if bucket == tile.end => self.add(tail, &tile, run, &mut room),
                _ if (tile.first..tile.end).contains(&bucket) => {}
                _ => return Err(changed()),
            }
            Ok(())
        })?;
        Ok(Box::new(Ends { head, tail }))
    }

    fn advance(&self, carry: &State, survey: &State) -> Result<State, KernelError> {
        let (carry, ends) = (known::<Carry<C::Open>>(carry)?, known::<Ends<C::Open>>(survey)?);
        let next = ends.tail.clone().unwrap_or_else(|| self.after(&carry.0, ends));
        Ok(Box::new(Carry(next)))
    }

    fn apply(
        &self,
        core: &Region,
        inputs: &[View],
        carry: &State,
        survey: &State,
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (carry, ends) = (known::<Carry<C::Open>>(carry)?, known::<Ends<C::Open>>(survey)?);
        let [out] = outputs else { return Err(KernelError::new("resample writes one array")) };
        let tile = self.tile(core, inputs);
        if tile.first == tile.end {
            return Ok(());
        }
        let (mut room, of_rows) = (Room::take(scratch)?, scratch.take(BLOCK as usize)?);
        let (mut open, mut bucket) = (self.after(&carry.0, ends), tile.first);
        // Ends the open bucket, and those without rows behind it.
        let mut end = |open: &C::Open, bucket: u64, next: u64| {
            self.put(Some(open), core, bucket, out);
            (bucket + 1..next).for_each(|empty| self.put(None, core, empty, out));
        };
        self.each_run(core, &tile, of_rows, |next, rows, of_rows| {
            if next == tile.first || next == tile.end {
                return Ok(());
            }
            if !(bucket..tile.end).contains(&next) {
                return Err(changed());
            }
            if next > bucket {
                end(&open, bucket, next);
                self.collect.begin(&mut open, next, tile.found);
                bucket = next;
            }
            self.add(&mut open, &tile, (next, rows, of_rows), &mut room);
            Ok(())
        })?;
        end(&open, bucket, tile.end);
        Ok(())
    }
}

impl<C: Collect> ByRows<C> {
    /// What is known of the bucket that was open before a tile, with the rows of the tile.
    fn after(&self, carry: &C::Open, ends: &Ends<C::Open>) -> C::Open {
        let mut open = carry.clone();
        ends.head.iter().for_each(|head| self.collect.join(&mut open, head));
        open
    }
}
