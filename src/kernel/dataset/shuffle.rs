//! `shuffle`: records in a random order that follows from a seed.
//!
//! Owns the two ways to it. Large records are fetched one by one, from wherever they lie. Small ones would each cost a
//! page, so they are sorted inside blocks by where they will go first; then every block is a run of records in the order
//! in which they are asked for, and merging the blocks asks for nothing but the next of each. What passes along is how far
//! each block is used up. Refuses to know the order itself (see `permutation`).
//!
//! ```text
//! block 0: 5 1 3 ─► sort by place: 3 5 1 ┐
//! block 1: 4 0 2 ─►                2 0 4 ┴─► places in order, each the next of its block ─► 3 2 5 0 …
//! ```

use super::permutation::Permutation;
use crate::array::{ArraySpec, Region, View, ViewMut, contiguous_strides};
use crate::kernel::reduce::Strided;
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params,
    Read, Scan, Scratch, ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work, Write,
};
use std::ops::Range;

/// The table entry of `shuffle`.
pub const SHUFFLE: KernelInfo = KernelInfo {
    name: "shuffle",
    family: Family::Dataset,
    summary: "records in a random order that follows from a seed",
    doc: "Shape, dtype and axis names of the input; any dtype, bit for bit. A record is everything with one index along \
          `axis`; each comes out once. The order follows from the seed and the number of records alone, so that samples and \
          their labels, shuffled in two steps with one seed, stay together. It is the order of a Feistel network over \
          SplitMix64 and is computed where it is needed, so that nothing of the size of an index is held. Records of \
          64 KiB and more take one sweep; smaller ones two, over a temporary file of the size of the array, in memory that \
          grows with the root of that size.",
    params: &[
        ParamInfo {
            name: "seed",
            kind: Kind::Int { min: 0, max: i64::MAX },
            default: Some("0"),
            doc: "another number, another order",
        },
        ParamInfo {
            name: "axes",
            kind: Kind::Axes,
            default: Some("0"),
            doc: "the one axis that counts records, as a number or a letter",
        },
    ],
    example: "[[step]]\nkernel = \"shuffle\"\nseed = 7\naxis = \"y\"",
    parse: |params| Ok(Box::new(Shuffle { params: params.clone() })),
};

/// A record of this many bytes is worth fetching by itself.
const RECORD_BYTES: u64 = 64 << 10;
/// An array of this many bytes is fetched from whatever its records: it stays in the page cache.
const SMALL_BYTES: u64 = 4 << 20;
/// What a run of records that are read together should have.
const RUN_BYTES: u64 = 64 << 10;
/// Blocks have at most and at least so many bytes.
const BLOCK_BYTES: [u64; 2] = [256 << 20, 64 << 10];
/// Beside a record, its place and where it lies are sorted.
const SORTED_BYTES: u64 = 16;

#[derive(Debug)]
struct Shuffle {
    params: Params,
}

impl Kernel for Shuffle {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("shuffle takes one array, {} were given", inputs.len())));
        };
        if input.rank() == 0 {
            return Err(BindError::new("an array without axes has no records"));
        }
        let axis = match self.params.axes(input)?.as_deref() {
            None => 0,
            Some([axis]) => *axis,
            Some(axes) => {
                return Err(BindError::param("axes", format!("records lie along one axis, {} were given", axes.len())));
            }
        };
        let n = input.shape[axis];
        let order = Permutation::new(n, self.params.int("seed").unwrap_or(0) as u64);
        let spec = input.as_dtype(input.dtype);
        let total = spec.bytes().unwrap_or(u64::MAX);
        let record = total.checked_div(n).unwrap_or(0);
        let mut ways = Vec::new();
        if record >= RECORD_BYTES || total <= SMALL_BYTES {
            ways.push(Variant { name: "record by record", stages: vec![fetch_stage(&spec, axis, order)] });
        }
        let [most, least] = BLOCK_BYTES;
        let mut bytes = total.saturating_mul(RUN_BYTES).isqrt().clamp(least, most);
        let mut before = 0;
        while bytes >= least {
            let block = (bytes / (record + SORTED_BYTES)).clamp(1, n.max(1));
            if block != before {
                ways.push(Variant { name: "by sorted blocks", stages: block_stages(&spec, axis, order, block) });
            }
            (bytes, before) = (bytes / 4 * 3, block);
        }
        Ok(ways)
    }
}

/// An access that takes all of the other axes, or those of the tile, and records from anywhere, in at most so many runs.
fn scattered(rank: usize, axis: usize, runs: u64) -> Access {
    let mut access = Access::point(rank);
    access.axes[axis] = AxisMap::Scattered { axis, runs };
    access
}

fn fetch_stage(spec: &ArraySpec, axis: usize, order: Permutation) -> Stage {
    let rank = spec.rank();
    let contract = Contract {
        domain: spec.shape.clone(),
        anchor: vec![1; rank],
        order: Order::Any,
        reads: vec![Read { source: Source::Input(0), access: scattered(rank, axis, u64::MAX) }],
        writes: vec![Write { sink: Sink::Output(0), spec: spec.clone(), access: Access::point(rank) }],
        state: StateSize::default(),
        scratch: ScratchSize::default(),
    };
    Stage { contract, work: Work::Map(Box::new(Fetch { axis, order })) }
}

fn block_stages(spec: &ArraySpec, axis: usize, order: Permutation, block: u64) -> Vec<Stage> {
    let rank = spec.rank();
    // Whole records, so that what is merged has one history.
    let anchor = |along: u64| (0..rank).map(|a| if a == axis { along } else { spec.shape[a].max(1) }).collect();
    let kept = ArraySpec { order: crate::array::Order::C, ..spec.clone() };
    let sort = Contract {
        domain: spec.shape.clone(),
        anchor: anchor(block),
        order: Order::Any,
        reads: vec![Read { source: Source::Input(0), access: Access::point(rank) }],
        writes: vec![Write { sink: Sink::Temp(0), spec: kept, access: Access::point(rank) }],
        state: StateSize::default(),
        scratch: ScratchSize { fixed: block * SORTED_BYTES + 64, ..ScratchSize::default() },
    };
    let blocks = spec.shape[axis].div_ceil(block);
    let merge = Contract {
        domain: spec.shape.clone(),
        anchor: anchor(1),
        order: Order::Carry { axis, reverse: false },
        reads: vec![Read { source: Source::Temp(0), access: scattered(rank, axis, blocks) }],
        writes: vec![Write { sink: Sink::Output(0), spec: spec.clone(), access: Access::point(rank) }],
        // The carry before a tile is copied to go on from.
        state: StateSize { fixed: blocks * 16 + 128, ..StateSize::default() },
        scratch: ScratchSize::default(),
    };
    vec![
        Stage { contract: sort, work: Work::Map(Box::new(Sort { axis, order, block })) },
        Stage { contract: merge, work: Work::Scan(Box::new(Merge { axis, order, block, blocks: blocks as usize })) },
    ]
}

/// Copies records from a view to a dense box of the same extents beside the axis.
struct Copier<'v> {
    from: &'v [u8],
    size: usize,
    /// Rows of a record in both arrays.
    rows: Strided<2>,
    /// Bytes from one record to the next, in both.
    steps: [usize; 2],
}

impl<'v> Copier<'v> {
    fn new(view: &View<'v>, to: &[u64], axis: usize) -> Copier<'v> {
        let (mut shape, mut from, mut into) = (to.to_vec(), view.strides().to_vec(), contiguous_strides(to));
        let size = view.dtype().size();
        let steps = [from[axis] * size, into[axis] * size];
        shape.remove(axis);
        from.remove(axis);
        into.remove(axis);
        Copier { from: view.bytes(), size, rows: Strided::new(&shape, [&from, &into]), steps }
    }

    #[inline(always)]
    fn copy(&self, source: usize, place: usize, to: &mut [u8]) {
        let n = self.rows.row() * self.size;
        let mut row = |[from, into]: [usize; 2]| {
            let from = source * self.steps[0] + from * self.size;
            to[place * self.steps[1] + into * self.size..][..n].copy_from_slice(&self.from[from..][..n]);
        };
        // Most records are one run, and many are small.
        if self.rows.shape.len() == 1 { row([0, 0]) } else { self.rows.each_row(row) }
    }
}

fn misused() -> KernelError {
    KernelError::new("a shuffle reads one array and writes one")
}

/// Fetches each record from where it lies.
#[derive(Debug)]
struct Fetch {
    axis: usize,
    order: Permutation,
}

impl Map for Fetch {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let ([view], [out]) = (inputs, outputs) else { return Err(misused()) };
        if core.is_empty() {
            return Ok(());
        }
        let copier = Copier::new(view, &core.shape(), self.axis);
        let (start, to) = (core.start[self.axis], out.bytes());
        for i in 0..core.extent(self.axis) {
            copier.copy(self.order.source(start + i) as usize, i as usize, to);
        }
        Ok(())
    }

    fn visits(&self, core: &Region) -> Vec<Range<u64>> {
        let source = |place| self.order.source(place);
        (core.start[self.axis]..core.end[self.axis]).map(source).map(|i| i..i + 1).collect()
    }
}

/// Sorts the records of each block by where they go.
#[derive(Debug)]
struct Sort {
    axis: usize,
    order: Permutation,
    block: u64,
}

impl Map for Sort {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let ([view], [out]) = (inputs, outputs) else { return Err(misused()) };
        if core.is_empty() {
            return Ok(());
        }
        let copier = Copier::new(view, &core.shape(), self.axis);
        let (start, end, to) = (core.start[self.axis], core.end[self.axis], out.bytes());
        let pairs = bytemuck::cast_slice_mut::<u64, [u64; 2]>(scratch.take::<u64>(2 * self.block as usize)?);
        for first in (start..end).step_by(self.block as usize) {
            let pairs = &mut pairs[..self.block.min(end - first) as usize];
            for (pair, i) in pairs.iter_mut().zip(first..) {
                *pair = [self.order.place(i), i - start];
            }
            pairs.sort_unstable();
            for ([_, source], place) in pairs.iter().zip(first - start..) {
                copier.copy(*source as usize, place as usize, to);
            }
        }
        Ok(())
    }
}

/// Takes records in the order of their places, each the next of its block.
#[derive(Debug)]
struct Merge {
    axis: usize,
    order: Permutation,
    block: u64,
    blocks: usize,
}

/// How many records of each block are used up, or are used by a tile.
type Used = Vec<u64>;

impl Merge {
    fn known(state: &State) -> Result<&Used, KernelError> {
        state.downcast_ref::<Used>().ok_or_else(misused)
    }
}

impl Scan for Merge {
    fn start(&self, _: &Region) -> State {
        Box::new(vec![0u64; self.blocks])
    }

    fn survey(&self, core: &Region, _: &[View], _: &mut Scratch) -> Result<State, KernelError> {
        let mut used = vec![0u64; self.blocks];
        for place in core.start[self.axis]..core.end[self.axis] {
            used[(self.order.source(place) / self.block) as usize] += 1;
        }
        Ok(Box::new(used))
    }

    fn advance(&self, carry: &State, survey: &State) -> Result<State, KernelError> {
        let (before, used) = (Merge::known(carry)?, Merge::known(survey)?);
        Ok(Box::new(before.iter().zip(used).map(|(b, u)| b + u).collect::<Used>()))
    }

    fn visits(&self, carry: &State, survey: &State) -> Vec<Range<u64>> {
        let (Ok(before), Ok(used)) = (Merge::known(carry), Merge::known(survey)) else { return Vec::new() };
        let first = |block: usize| block as u64 * self.block + before[block];
        let runs = (0..self.blocks).map(|b| first(b)..first(b) + used[b]);
        runs.filter(|run| !run.is_empty()).collect()
    }

    fn apply(
        &self,
        core: &Region,
        inputs: &[View],
        carry: &State,
        _: &State,
        outputs: &mut [ViewMut],
        _: &mut Scratch,
    ) -> Result<(), KernelError> {
        let ([view], [out]) = (inputs, outputs) else { return Err(misused()) };
        if core.is_empty() {
            return Ok(());
        }
        let mut used = Merge::known(carry)?.clone();
        let copier = Copier::new(view, &core.shape(), self.axis);
        let (start, to) = (core.start[self.axis], out.bytes());
        for i in 0..core.extent(self.axis) {
            let block = self.order.source(start + i) / self.block;
            let next = &mut used[block as usize];
            copier.copy((block * self.block + *next) as usize, i as usize, to);
            *next += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::trial::{Array, run};

    #[test]
    fn blocks_of_any_size_give_the_order_of_single_records() {
        for (shape, axis) in [([500u64, 3, 2], 0), ([3, 400, 5], 1), ([2, 7, 300], 2), ([1, 1, 1], 0)] {
            let values: Vec<u32> = (0..shape.iter().product::<u64>() as u32).collect();
            let array = Array::from(&shape, &values);
            let order = Permutation::new(shape[axis], 3);
            let one = Variant { name: "", stages: vec![fetch_stage(&array.spec, axis, order)] };
            let want = run(&one, std::slice::from_ref(&array), &[2, 3, 7]).unwrap().remove(0);
            for (block, tile) in [(1, [4, 4, 4]), (7, [30, 30, 30]), (64, [1, 1, 1]), (1000, [100, 9, 50])] {
                let stages = block_stages(&array.spec, axis, order, block);
                let many = Variant { name: "", stages };
                let got = run(&many, std::slice::from_ref(&array), &tile).unwrap().remove(0);
                assert_eq!(got.bytes(), want.bytes(), "{shape:?} along {axis} by {block}");
            }
        }
    }

    /// What is named before a tile is all that it reads: from an array with nothing else in it comes the same.
    #[test]
    fn tiles_read_what_they_named() {
        use crate::array::DType;
        let n = 300u64;
        let (order, full) = (Permutation::new(n, 9), Region::full(&[n]));
        let values: Vec<u32> = (1..=n as u32).collect();
        let merge = Merge { axis: 0, order, block: 40, blocks: 8 };
        let fetch = Fetch { axis: 0, order };
        let mut carry = merge.start(&full);
        for start in (0..n).step_by(37) {
            let core = Region { start: vec![start], end: vec![(start + 37).min(n)] };
            let none = &mut [][..];
            let survey = merge.survey(&core, &[], &mut Scratch::new(none)).unwrap();
            let named = [merge.visits(&carry, &survey), fetch.visits(&core)];
            let mut made: Vec<Vec<u32>> = Vec::new();
            for (way, visits) in named.iter().enumerate() {
                assert_eq!(visits.iter().map(|v| v.end - v.start).sum::<u64>(), core.elements(), "each record once");
                let mut some = vec![0; n as usize];
                for i in visits.iter().cloned().flatten() {
                    some[i as usize] = values[i as usize];
                }
                for all in [&values, &some] {
                    let mut out = vec![0u32; core.elements() as usize];
                    let views = [View::dense(DType::U32, bytemuck::cast_slice(all), &full)];
                    let mut outs = [ViewMut::new(DType::U32, bytemuck::cast_slice_mut(&mut out), core.clone())];
                    let mut scratch = Scratch::new(&mut []);
                    match way {
                        0 => merge.apply(&core, &views, &carry, &survey, &mut outs, &mut scratch).unwrap(),
                        _ => fetch.map(&core, &views, &mut outs, &mut scratch).unwrap(),
                    }
                    made.push(out);
                }
            }
            assert!(made[0] == made[1] && made[2] == made[3], "{core:?}");
            carry = merge.advance(&carry, &survey).unwrap();
        }
    }

    #[test]
    fn large_records_are_fetched_and_small_ones_sorted() {
        let ways = |dtype, shape: &[u64]| -> Vec<&str> {
            let shuffle = Shuffle { params: Params::default() };
            shuffle.bind(&[ArraySpec::new(dtype, shape)]).unwrap().iter().map(|v| v.name).collect()
        };
        use crate::array::DType;
        assert_eq!(ways(DType::U8, &[4096, 1 << 20])[0], "record by record");
        assert!(ways(DType::U8, &[40_000_000, 100]).iter().all(|name| *name == "by sorted blocks"));
        assert_eq!(ways(DType::U8, &[100, 100])[0], "record by record");
    }
}
