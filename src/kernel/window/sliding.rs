//! Windows that slide along one axis: O(1) joins for an output, any length of window, no subtraction.
//!
//! Owns how a window is cut into partial results that neighbours share. The cuts lie at absolute
//! multiples, so that an output's bits follow from its window and its index alone. With `p` the last
//! index of a window and `j` its first (`-` a value, `|` a cut):
//!
//! ```text
//! short windows         |-j-------|------p--|     suffix(j) + prefix(p), cuts every window length
//! (van Herk, Gil–Werman)
//! long windows   |--j---|------|------|--p---|    suffix(j) + chunks between + prefix(p), cuts every chunk
//! ```
//!
//! Long windows are offered in one sweep, where a tile can read its whole window, and in two, where
//! totals of chunks are left in a temporary and a tile reads its window's two ends alone. Places
//! outside the array count for nothing. Refuses to know what is gathered (see [`Monoid`]).

use super::chunks::{ChunkTotals, OneSweep, TwoEnds};
use super::lanes::{Group, Reader, Readers, Sides, Writer, for_each_group, index_of};
use super::monoid::{LANES, Lanes, Monoid, Wanted, What, Words};
use super::stepped::stepped;
use super::timed::{Lasting, Timed};
use crate::array::{ArraySpec, DType, Edge, Region, View, ViewMut};
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, AxisMap, Contract, KernelError, Map, Order, Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize,
    Variant, Work, Write,
};
use std::marker::PhantomData;

/// Places along the axis that are loaded at once; with [`LANES`] they stay in the nearest cache.
pub(super) const ROWS: i64 = 64;

/// Which window, of parameters that were checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub axis: usize,
    /// Elements, at least 1.
    pub length: u64,
    pub min_count: u64,
    pub center: bool,
    /// Every so many results are wanted, from the first on.
    pub step: u64,
    /// Where windows last a length of time: `length` is that of the longest, `center` is in here.
    pub time: Option<Timed>,
}

/// Where one way of working ends and the next begins. Results follow from them: they are constants
/// outside tests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The longest window that is cut at multiples of its own length.
    pub short: u64,
    /// The longest window that is offered in one sweep.
    pub one_sweep: u64,
    /// Bounds of a chunk. More would cost memory (the suffixes of a chunk), less time.
    pub chunk: (u64, u64),
}

impl Limits {
    pub const STANDARD: Limits = Limits { short: 64, one_sweep: 1024, chunk: (64, 8192) };

    /// Elements of a chunk: about the root of the window, so that a window has no more chunks between
    /// its ends than a chunk has elements.
    fn chunk(&self, window: u64) -> u64 {
        let mut chunk = self.chunk.0.next_power_of_two();
        while chunk < self.chunk.1 && chunk.saturating_mul(chunk) < window {
            chunk *= 2;
        }
        chunk
    }
}

/// What all stages of a window know.
#[derive(Clone, Debug)]
pub(super) struct Sliding<M> {
    pub axis: usize,
    pub wanted: Wanted,
    /// Elements of a window after its own index.
    pub after: i64,
    /// Distance of the cuts.
    pub step: i64,
    /// Every so many results are wanted.
    every: i64,
    monoid: PhantomData<fn() -> M>,
}

/// One stage: values in, results out, cut at multiples of the window.
#[derive(Debug)]
struct Short<M>(Sliding<M>);

/// The ways to slide a window over `input`; `output` is the dtype of the result.
pub(super) fn variants<M: Monoid>(
    input: &ArraySpec,
    output: DType,
    window: &Window,
    what: What,
    limits: &Limits,
) -> Vec<Variant> {
    let extent = input.shape[window.axis];
    // Beyond this every window covers the whole axis whatever it is called.
    let length = window.length.min(extent.saturating_mul(2).saturating_add(1));
    let short = length <= limits.short;
    let after = if window.center { (length as i64 - 1) / 2 } else { 0 };
    let sliding: Sliding<M> = Sliding {
        axis: window.axis,
        wanted: Wanted { what, window: length as i64, after, min_count: window.min_count, extent: extent as i64 },
        after,
        step: if short { length } else { limits.chunk(length) } as i64,
        every: window.step as i64,
        monoid: PhantomData,
    };
    if let Some(timed) = window.time {
        let stages = vec![sliding.timed_stage(input, output, timed)];
        return stepped(vec![Variant { name: "time", stages }], window);
    }
    let mut ways = Vec::new();
    if short || length <= limits.one_sweep {
        ways.push(Variant { name: "window", stages: vec![sliding.one_stage(input, output, short)] });
    }
    if !short {
        ways.push(Variant { name: "chunks", stages: sliding.two_stages(input, output) });
    }
    stepped(ways, window)
}

impl<M: Monoid> Sliding<M> {
    fn again(&self) -> Sliding<M> {
        Sliding { monoid: PhantomData, ..*self }
    }

    /// Elements of a window before its own index.
    fn before(&self) -> i64 {
        self.wanted.window - 1 - self.after
    }

    /// Reads of the inputs that follow the domain, shifted and grown along the axis.
    fn read(&self, rank: usize, before: i64, after: i64) -> Vec<Read> {
        let mut halo = vec![(0, 0); rank];
        halo[self.axis] = (before, after);
        let one = |input| Read { source: Source::Input(input), access: Access::window(&halo) };
        (0..M::INPUTS).map(one).collect()
    }

    /// The totals' array: chunks along the axis, the parts of a total as one more axis at the end.
    fn totals(&self, input: &ArraySpec, before: i64, after: i64) -> (ArraySpec, Access) {
        let mut shape = input.shape.clone();
        shape[self.axis] = shape[self.axis].div_ceil(self.step as u64);
        shape.push(M::PARTS as u64);
        let mut axes = Access::point(input.rank()).axes;
        axes[self.axis] = AxisMap::Coarse { axis: self.axis, factor: self.step as u64, before, after };
        axes.push(AxisMap::All);
        (ArraySpec::new(DType::U64, &shape), Access { axes, edge: Edge::Clip })
    }

    fn one_stage(&self, input: &ArraySpec, output: DType, short: bool) -> Stage {
        let suffixes = 8 * (LANES * M::PARTS) as u64 * self.step as u64;
        let rows = if short { self.slab() * self.step } else { ROWS } as u64;
        // Chunks that a window holds, and one at the array's end that is not full; that one comes
        // with half a chunk of elements at least.
        let per_grown = if short { 0 } else { (3 * 8 * M::PARTS as u64).div_ceil(self.step as u64) };
        // Values of windows, values of chunks, results.
        let blocks = 2 * M::INPUTS as u64 + 1;
        let scratch = ScratchSize { fixed: suffixes + blocks * 8 * LANES as u64 * rows, per_core: 0, per_grown };
        let reads = self.read(input.rank(), self.before(), self.after);
        let work: Box<dyn Map> = if short { Box::new(Short(self.again())) } else { Box::new(OneSweep(self.again())) };
        self.stage(input, reads, output, scratch, work)
    }

    fn timed_stage(&self, input: &ArraySpec, output: DType, timed: Timed) -> Stage {
        let halo = (timed.before as i64, timed.after as i64);
        let mut reads = self.read(input.rank(), halo.0, halo.1);
        reads.push(timed.read(self.axis, M::INPUTS));
        let work = Box::new(Lasting { sliding: self.again(), timed });
        self.stage(input, reads, output, timed.scratch::<M>(), work)
    }

    /// Whether the result at an index is one of those that are kept.
    pub fn is_wanted(&self, i: i64) -> bool {
        self.every == 1 || i % self.every == 0
    }

    fn two_stages(&self, input: &ArraySpec, output: DType) -> Vec<Stage> {
        let (spec, access) = self.totals(input, 0, 0);
        let mut anchor = vec![1; input.rank()];
        anchor[self.axis] = self.step as u64;
        let block = 8 * LANES as u64 * ROWS as u64;
        let totals = Stage {
            contract: Contract {
                domain: input.shape.clone(),
                anchor,
                order: Order::Any,
                reads: self.read(input.rank(), 0, 0),
                writes: vec![Write { sink: Sink::Temp(0), spec, access }],
                state: StateSize::default(),
                scratch: ScratchSize { fixed: M::INPUTS as u64 * block, ..ScratchSize::default() },
            },
            work: Work::Map(Box::new(ChunkTotals(self.again()))),
        };
        let mut reads = self.read(input.rank(), self.step - 1 - self.after, self.after);
        reads.extend(self.read(input.rank(), self.before(), self.step - 1 - self.before()));
        reads.push(Read { source: Source::Temp(0), access: self.totals(input, self.before(), self.after).1 });
        let suffixes = 8 * (LANES * M::PARTS) as u64 * self.step as u64;
        let scratch = ScratchSize { fixed: suffixes + (M::INPUTS as u64 + 1) * block, ..ScratchSize::default() };
        vec![totals, self.stage(input, reads, output, scratch, Box::new(TwoEnds(self.again())))]
    }

    /// A stage that writes the result.
    fn stage(
        &self,
        input: &ArraySpec,
        reads: Vec<Read>,
        output: DType,
        scratch: ScratchSize,
        work: Box<dyn Map>,
    ) -> Stage {
        let rank = input.rank();
        let writes = vec![Write { sink: Sink::Output(0), spec: input.as_dtype(output), access: Access::point(rank) }];
        let (domain, anchor) = (input.shape.clone(), vec![1; rank]);
        let contract =
            Contract { domain, anchor, order: Order::Any, reads, writes, state: StateSize::default(), scratch };
        Stage { contract, work: Work::Map(work) }
    }

    /// Whole blocks of a short window that are loaded at once.
    fn slab(&self) -> i64 {
        (ROWS / self.step).max(1)
    }

    /// The inputs, from the first of these views on.
    pub fn readers<'a>(&self, views: &'a [View<'a>]) -> Readers<'a> {
        let one = |view| Reader::new(view, self.axis, M::VALUES, M::MISSING).turned(self.turn(M::VALUES));
        Readers { first: one(&views[0]), second: (M::INPUTS == 2).then(|| one(&views[1])) }
    }

    pub fn writer<'a, 'b>(&self, view: &'a mut ViewMut<'b>) -> Writer<'a, 'b> {
        let turn = if M::PLACES { 0 } else { self.turn(M::RESULTS) };
        Writer::new(view, self.axis, M::RESULTS).turned(turn)
    }

    /// The bits of a word to turn over so that the largest becomes the smallest: the sign of a float,
    /// all of a key.
    fn turn(&self, words: Words) -> u64 {
        match (self.wanted.what, words) {
            (What::Smallest, Words::Real) => 1 << 63,
            (What::Smallest, _) => !0,
            _ => 0,
        }
    }

    /// Nothing yet beyond its dtype, of the windows of a tile.
    pub fn watch(&self, core: &Region) -> Beyond {
        let (lo, hi) = (core.start[self.axis] as i64 + self.after, core.end[self.axis] as i64 + self.after);
        Beyond { lo, hi, after: self.after, every: self.every, first: [i64::MAX; LANES] }
    }

    /// An error that names the place where a result was found to lie beyond its dtype.
    pub fn check(&self, core: &Region, group: &Group, beyond: &Beyond) -> Result<(), KernelError> {
        let Some(message) = M::BEYOND else { return Ok(()) };
        let found = (0..group.lanes).map(|k| (beyond.first[k], group.line[k])).min();
        match found {
            Some((end, line)) if end < i64::MAX => {
                Err(KernelError::at(message, index_of(core, self.axis, line, end - self.after)))
            }
            _ => Ok(()),
        }
    }

    /// The last index of a tile's last window, the block that its first window ends in, and how many
    /// blocks there are from that one on.
    pub fn ends(&self, core: &Region) -> (i64, i64, i64) {
        let first = core.start[self.axis] as i64 + self.after;
        let last = core.end[self.axis] as i64 - 1 + self.after;
        let block = first / self.step;
        (last, block, last / self.step + 1 - block)
    }
}

/// Where results lie beyond their dtype: the first end of such a window in each lane, of those that
/// end in `lo..hi`. Others may lack values that the tile does not see.
pub(super) struct Beyond {
    lo: i64,
    hi: i64,
    /// Only every so many results are wanted: the others may be computed or not.
    after: i64,
    every: i64,
    first: [i64; LANES],
}

impl Beyond {
    #[inline(always)]
    pub fn note<M: Monoid>(&mut self, row: &M::Row, ends: &[i64; LANES]) {
        if M::BEYOND.is_none() {
            return;
        }
        let beyond = M::beyond(row);
        for k in 0..LANES {
            let inside = beyond[k] != 0 && ends[k] >= self.lo && ends[k] < self.hi;
            let counts = inside && (self.every == 1 || (ends[k] - self.after) % self.every == 0);
            self.first[k] = self.first[k].min(if counts { ends[k] } else { i64::MAX });
        }
    }
}

impl<M: Monoid> Map for Short<M> {
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
        let (dims, slab) = (core.shape(), this.slab());
        let values = lanes(scratch, M::INPUTS as i64 * slab * this.step)?;
        let results = lanes(scratch, slab * this.step)?;
        let suffixes = rows::<M>(scratch, this.step)?;
        let (_, first, count) = this.ends(core);
        let readers = this.readers(inputs);
        let mut writer = this.writer(&mut outputs[0]);
        for_each_group(&dims, this.axis, (first, count, 4), |group| {
            let (lines, out_lines) = (readers.lines(group, &dims, this.axis), writer.lines(group, &dims));
            let start = |block: i64| group.first.map(|f| (f + block) * this.step);
            let n = this.step as usize;
            let before = start(-1);
            let sides = readers.load(group, &lines, &before, (n, &mut *values));
            vectorized(
                #[inline(always)]
                || join_suffixes::<M>(sides, &before, suffixes, &mut M::none()),
            );
            let mut beyond = this.watch(core);
            for block in (0..group.blocks).step_by(slab as usize) {
                let (at, n) = (start(block), (slab.min(group.blocks - block) * this.step) as usize);
                let sides = readers.load(group, &lines, &at, (n, &mut *values));
                vectorized(
                    #[inline(always)]
                    || slide::<M>(&this.wanted, (sides, &at), suffixes, &mut results[..n], &mut beyond),
                );
                this.check(core, group, &beyond)?;
                writer.store(group, &out_lines, &at.map(|p| p - this.after), &results[..n]);
            }
            Ok(())
        })
    }
}

pub(super) fn lanes<'a>(scratch: &mut Scratch<'a>, rows: i64) -> Result<&'a mut [Lanes], KernelError> {
    Ok(bytemuck::cast_slice_mut(scratch.take::<u64>(rows as usize * LANES)?))
}

pub(super) fn rows<'a, M: Monoid>(scratch: &mut Scratch<'a>, n: i64) -> Result<&'a mut [M::Row], KernelError> {
    Ok(bytemuck::cast_slice_mut(scratch.take::<u64>(n as usize * LANES * M::PARTS)?))
}

/// Every suffix of `values`, which begin at `at`, continued from what comes after them.
#[inline(always)]
pub(super) fn join_suffixes<M: Monoid>(
    [values, others]: Sides,
    at: &[i64; LANES],
    suffixes: &mut [M::Row],
    after: &mut M::Row,
) {
    let (mut all, mut at) = (*after, at.map(|p| p + values.len() as i64));
    for ((value, other), suffix) in values.iter().zip(others).zip(suffixes).rev() {
        at.iter_mut().for_each(|p| *p -= 1);
        all = M::join(&M::lift([value, other], &at), &all);
        *suffix = all;
    }
    *after = all;
}

/// Whole blocks of a short window, and where they begin; `suffixes` are those of the block before,
/// then of the last.
#[inline(always)]
fn slide<M: Monoid>(
    wanted: &Wanted,
    ([values, others], at): (Sides, &[i64; LANES]),
    suffixes: &mut [M::Row],
    results: &mut [Lanes],
    beyond: &mut Beyond,
) {
    let mut ends = *at;
    let n = suffixes.len();
    let blocks = values.chunks_exact(n).zip(others.chunks_exact(n));
    for ((values, others), results) in blocks.zip(results.chunks_exact_mut(n)) {
        let (mut prefix, begin) = (M::none(), ends);
        for t in 0..n {
            prefix = M::join(&prefix, &M::lift([&values[t], &others[t]], &ends));
            // A window that ends with a block is that block.
            let all = suffixes.get(t + 1).map_or(prefix, |head| M::join(head, &prefix));
            results[t] = M::finish(wanted, &all, &ends);
            beyond.note::<M>(&all, &ends);
            ends.iter_mut().for_each(|p| *p += 1);
        }
        join_suffixes::<M>([values, others], &begin, suffixes, &mut M::none());
    }
}
