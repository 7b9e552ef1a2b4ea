//! Windows longer than a chunk: their two ends from the values, what lies between from totals of chunks.
//!
//! Owns the grouping `suffix(j) + chunks between + prefix(p)` of [`super::sliding`] and its three
//! stages. Refuses to know what is gathered.

use super::lanes::{Group, Readers, Sides, for_each_group, line_offsets};
use super::monoid::{LANES, Lanes, Monoid, Wanted};
use super::sliding::{Beyond, ROWS, Sliding, join_suffixes, lanes, rows};
use crate::array::{Region, View, ViewMut, contiguous_strides};
use crate::kernel::simd::vectorized;
use crate::kernel::{KernelError, Map, Scratch};

/// One stage: values in, results out, totals of chunks in scratch.
#[derive(Debug)]
pub(super) struct OneSweep<M>(pub Sliding<M>);

/// First of two stages: values in, totals of chunks out.
#[derive(Debug)]
pub(super) struct ChunkTotals<M>(pub Sliding<M>);

/// Second of two stages: the two ends of a window and totals in, results out.
#[derive(Debug)]
pub(super) struct TwoEnds<M>(pub Sliding<M>);

impl<M: Monoid> Sliding<M> {
    /// Leaves the suffixes of one chunk of every lane; `at` is where the chunks begin.
    fn chunk_suffixes(
        &self,
        (readers, group, lines): (&Readers, &Group, &[[usize; LANES]; 2]),
        at: [i64; LANES],
        values: &mut [Lanes],
        suffixes: &mut [M::Row],
    ) {
        let mut joined = M::none();
        for (nth, into) in suffixes.chunks_mut(ROWS as usize).enumerate().rev() {
            let from = nth as i64 * ROWS;
            let (rows, at) = (into.len(), at.map(|p| p + from));
            let sides = readers.load(group, lines, &at, (rows, &mut *values));
            vectorized(
                #[inline(always)]
                || join_suffixes::<M>(sides, &at, into, &mut joined),
            );
        }
    }

    /// Leaves the totals of chunks `first .. first + count` of all lines in `into`, dense in C order
    /// with the parts last.
    fn chunk_totals(
        &self,
        readers: &Readers,
        dims: &[u64],
        (first, count): (i64, i64),
        values: &mut [Lanes],
        into: &mut [u64],
    ) -> Result<(), KernelError> {
        let strides = totals_strides::<M>(dims, self.axis, count);
        for_each_group(dims, self.axis, (first, count, 1), |group| {
            let lines = readers.lines(group, dims, self.axis);
            let to = line_offsets(group, dims, self.axis, &strides);
            for block in 0..group.blocks {
                let mut joined = M::none();
                for from in (0..self.step).step_by(ROWS as usize) {
                    let rows = ROWS.min(self.step - from) as usize;
                    let at = group.first.map(|f| (f + block) * self.step + from);
                    let sides = readers.load(group, &lines, &at, (rows, &mut *values));
                    vectorized(
                        #[inline(always)]
                        || join_all::<M>(sides, &at, &mut joined),
                    );
                }
                for k in 0..group.lanes {
                    let chunk = group.first[k] + block - first;
                    if chunk < count {
                        let cell = to[k] + chunk as usize * strides[self.axis];
                        joined.as_ref().iter().enumerate().for_each(|(part, row)| into[cell + part] = row[k]);
                    }
                }
            }
            Ok(())
        })
    }

    /// The results of a tile of a long window.
    fn results(
        &self,
        core: &Region,
        (leading, trailing): (&Readers, &Readers),
        totals: &Totals,
        output: &mut ViewMut,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let dims = core.shape();
        let values = lanes(scratch, M::INPUTS as i64 * ROWS)?;
        let results = lanes(scratch, ROWS)?;
        let suffixes = rows::<M>(scratch, self.step)?;
        let (last, first, count) = self.ends(core);
        // The first index of a window lies `shift` chunks from its last, and `skip` elements on.
        let to_start = 1 - self.wanted.window;
        let (shift, skip) = (to_start.div_euclid(self.step), to_start.rem_euclid(self.step));
        let mut writer = self.writer(output);
        for_each_group(&dims, self.axis, (first, count, 4), |group| {
            let lines = [leading, trailing].map(|r| r.lines(group, &dims, self.axis));
            let out_lines = writer.lines(group, &dims);
            let total_lines = line_offsets(group, &dims, self.axis, totals.strides);
            let start = |chunk: i64| group.first.map(|f| (f + chunk) * self.step);
            self.chunk_suffixes((trailing, group, &lines[1]), start(shift), values, suffixes);
            let mut beyond = self.watch(core);
            for block in 0..group.blocks {
                let (far, near) = vectorized(
                    #[inline(always)]
                    || totals.between::<M>(&total_lines, &group.first.map(|f| f + block), shift),
                );
                let mut prefix = M::none();
                // In the first part of a chunk windows begin in one chunk, in the second in the next.
                let turn = self.step - skip;
                for (from, to, skip, middle) in [(0, turn, skip, far), (turn, self.step, 0, near)] {
                    if from > 0 && start(block)[..group.lanes].iter().any(|p| p + from <= last) {
                        let next = start(block + shift + 1);
                        self.chunk_suffixes((trailing, group, &lines[1]), next, values, suffixes);
                    }
                    for row in (from..to).step_by(ROWS as usize) {
                        let ends = start(block).map(|p| p + row);
                        if ends[..group.lanes].iter().all(|p| *p > last) {
                            break;
                        }
                        let n = ROWS.min(to - row) as usize;
                        let sides = leading.load(group, &lines[0], &ends, (n, &mut *values));
                        let heads = &suffixes[(skip + row - from) as usize..][..n];
                        let run = Run { heads, sides, middle: &middle, ends: &ends };
                        vectorized(
                            #[inline(always)]
                            || join_ends::<M>(&self.wanted, &run, &mut prefix, &mut results[..n], &mut beyond),
                        );
                        self.check(core, group, &beyond)?;
                        writer.store(group, &out_lines, &ends.map(|p| p - self.after), &results[..n]);
                    }
                }
            }
            Ok(())
        })
    }
}

impl<M: Monoid> Map for OneSweep<M> {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let this = &self.0;
        if core.is_empty() {
            return Ok(());
        }
        let dims = core.shape();
        let readers = this.readers(inputs);
        let (_, first, count) = this.ends(core);
        // Those that can lie between the ends of a window: begun in the view, over before the last end.
        let (lo, hi) = (readers.first.lo as u64, readers.first.hi as u64);
        let (lo, hi) = (lo.div_ceil(this.step as u64) as i64, hi.div_ceil(this.step as u64) as i64);
        let chunks = (hi.min(first + count - 1) - lo).max(0);
        let strides = totals_strides::<M>(&dims, this.axis, chunks);
        let n = dims.iter().enumerate().map(|(a, n)| if a == this.axis { chunks as usize } else { *n as usize });
        let data = scratch.take::<u64>(n.product::<usize>() * M::PARTS)?;
        let values = lanes(scratch, M::INPUTS as i64 * ROWS)?;
        this.chunk_totals(&readers, &dims, (lo, chunks), values, data)?;
        let totals = Totals { data, strides: &strides, axis: this.axis, lo, hi: lo + chunks };
        this.results(core, (&readers, &readers), &totals, &mut outputs[0], scratch)
    }
}

impl<M: Monoid> Map for ChunkTotals<M> {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let this = &self.0;
        if core.is_empty() {
            return Ok(());
        }
        let first = core.start[this.axis] / this.step as u64;
        let count = core.end[this.axis].div_ceil(this.step as u64) - first;
        let values = lanes(scratch, M::INPUTS as i64 * ROWS)?;
        let range = (first as i64, count as i64);
        this.chunk_totals(&this.readers(inputs), &core.shape(), range, values, outputs[0].data())
    }
}

impl<M: Monoid> Map for TwoEnds<M> {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let this = &self.0;
        if core.is_empty() {
            return Ok(());
        }
        let (leading, trailing) = (this.readers(inputs), this.readers(&inputs[M::INPUTS..]));
        let sums = &inputs[2 * M::INPUTS];
        let (lo, n) = (sums.start()[this.axis], sums.shape()[this.axis] as i64);
        let strides = sums.strides();
        let totals = Totals { data: sums.data(), strides, axis: this.axis, lo, hi: lo + n };
        this.results(core, (&leading, &trailing), &totals, &mut outputs[0], scratch)
    }
}

/// Totals of chunks `lo .. hi` along the axis; others are outside the array.
struct Totals<'a> {
    data: &'a [u64],
    strides: &'a [usize],
    axis: usize,
    lo: i64,
    hi: i64,
}

impl Totals<'_> {
    /// The chunks between the one that each lane's windows end in and the one that they begin in,
    /// `shift` from it; and the same without the first of them. Joined from the right, so that one
    /// walk gives both.
    #[inline(always)]
    fn between<M: Monoid>(&self, lines: &[usize; LANES], last: &[i64; LANES], shift: i64) -> (M::Row, M::Row) {
        let (mut far, mut near) = (M::none(), M::none());
        for back in (shift + 1..0).rev() {
            near = far;
            far = M::join(&self.chunk::<M>(lines, last, back), &far);
        }
        (far, near)
    }

    #[inline(always)]
    fn chunk<M: Monoid>(&self, lines: &[usize; LANES], last: &[i64; LANES], back: i64) -> M::Row {
        let mut row = M::none();
        for k in 0..LANES {
            let chunk = last[k] + back;
            if chunk >= self.lo && chunk < self.hi {
                let at = lines[k] + (chunk - self.lo) as usize * self.strides[self.axis];
                let total = &self.data[at..at + M::PARTS];
                row.as_mut().iter_mut().zip(total).for_each(|(part, word)| part[k] = *word);
            }
        }
        row
    }
}

fn totals_strides<M: Monoid>(dims: &[u64], axis: usize, chunks: i64) -> Vec<usize> {
    let mut shape = dims.to_vec();
    shape[axis] = chunks as u64;
    shape.push(M::PARTS as u64);
    contiguous_strides(&shape)
}

#[inline(always)]
fn join_all<M: Monoid>([values, others]: Sides, at: &[i64; LANES], joined: &mut M::Row) {
    let (mut all, mut at) = (*joined, *at);
    for (value, other) in values.iter().zip(others) {
        all = M::join(&all, &M::lift([value, other], &at));
        at.iter_mut().for_each(|p| *p += 1);
    }
    *joined = all;
}

/// Windows that end one after the other in one chunk and begin one after the other in another.
struct Run<'a, M: Monoid> {
    heads: &'a [M::Row],
    middle: &'a M::Row,
    sides: Sides<'a>,
    ends: &'a [i64; LANES],
}

#[inline(always)]
fn join_ends<M: Monoid>(
    wanted: &Wanted,
    run: &Run<M>,
    prefix: &mut M::Row,
    results: &mut [Lanes],
    beyond: &mut Beyond,
) {
    let (mut all, mut ends, middle) = (*prefix, *run.ends, *run.middle);
    let [values, others] = run.sides;
    for (((value, other), head), result) in values.iter().zip(others).zip(run.heads).zip(results) {
        all = M::join(&all, &M::lift([value, other], &ends));
        let window = M::join(&M::join(head, &middle), &all);
        *result = M::finish(wanted, &window, &ends);
        beyond.note::<M>(&window, &ends);
        ends.iter_mut().for_each(|p| *p += 1);
    }
    *prefix = all;
}
