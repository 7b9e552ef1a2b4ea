//! Scans along one axis, whatever it is that they carry.
//!
//! Owns the walk: totals of blocks at absolute multiples, carries folded over them in the order in which the axis is
//! visited, and results from the carry before a block and what lies inside it. So a long line is worked on by several
//! lanes and several tiles at once, and how it was cut never shows. Refuses to know what is carried ([`Carried`]) and
//! how lines lie in memory (see `lanes`).

use super::lanes::{Group, Reader, Writer, for_each_group};
use super::monoid::{LANES, Lanes, Words};
use super::sliding::{ROWS, lanes};
use crate::array::{ArraySpec, DType, Region, View, ViewMut};
use crate::kernel::axes::window_axis;
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, BindError, Contract, KernelError, Kind, Order, ParamInfo, Params, Read, Scan, Scratch, ScratchSize, Sink,
    Source, Stage, State, StateSize, Variant, Work, Write,
};
use std::fmt::Debug;

/// Elements of a block along the axis.
pub(super) const BLOCK: u64 = 1024;

/// The parameter that every scan has.
pub(super) const AXES: ParamInfo = ParamInfo {
    name: "axes",
    kind: Kind::Axes,
    default: Some(""),
    doc: "the one axis to work along; unset: t where named, else the axis of a 1-D array",
};

/// What a scan carries along a line: `P` words, made from the words of values and joined block by block.
pub(super) trait Carried<const P: usize>: Debug + Send + Sync + 'static {
    /// What the words of values are, and those of results.
    fn words(&self) -> Words;
    /// The word of a place outside the array, which adds nothing.
    fn missing(&self) -> u64;
    /// The carry before a line, which is also the total of nothing.
    fn none(&self) -> [u64; P];
    /// Adds rows to running totals, in the order in which they are visited.
    fn add(&self, values: &[Lanes], totals: &mut [Lanes; P]);
    /// The total of one lane, where it is kept in another form while it grows.
    fn total(&self, totals: &[Lanes; P], lane: usize) -> [u64; P] {
        std::array::from_fn(|part| totals[part][lane])
    }
    /// The carry after a block.
    fn join(&self, carry: [u64; P], total: [u64; P]) -> [u64; P];
    /// What the results of a block go on from, beside the carry before it: the carry itself, or nothing.
    fn begin(&self, carry: &[Lanes; P]) -> [Lanes; P];
    /// The results of rows, in the order in which they are visited.
    fn run(&self, values: &[Lanes], front: &mut Front<P>, results: &mut [Lanes]);

    /// Whether a carry is beyond what results can be.
    fn is_lost(&self, _carry: [u64; P]) -> bool {
        false
    }
    /// Whether a result of these lanes was beyond its dtype.
    fn has_left(&self, _inside: &[Lanes; P], _lanes: usize) -> bool {
        false
    }
    /// The first result of a line that is beyond its dtype, as a place among `values` and a message; -1 is the one
    /// before them, which the carry is.
    fn beyond(&self, _carry: [u64; P], _values: &mut dyn Iterator<Item = u64>) -> Option<(i64, String)> {
        None
    }
}

/// The carry before a block, and what was found inside it so far, of all lanes.
pub(super) struct Front<const P: usize> {
    pub carry: [Lanes; P],
    pub inside: [Lanes; P],
}

/// The one real array of a scan and the axis along which it runs.
pub(super) fn one_real<'a>(
    name: &str,
    params: &Params,
    inputs: &'a [ArraySpec],
) -> Result<(&'a ArraySpec, usize), BindError> {
    let [input] = inputs else {
        return Err(BindError::new(format!("{name} takes one array, {} were given", inputs.len())));
    };
    if input.dtype.is_complex() {
        return Err(BindError::new(format!("{name} does not work on {}", input.dtype))
            .help("take its real and imaginary parts apart first"));
    }
    Ok((input, window_axis(params, input)?))
}

/// Where a scan runs. `block` is [`BLOCK`] outside tests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Along {
    pub axis: usize,
    pub reverse: bool,
    pub block: u64,
}

impl Along {
    pub fn forward(axis: usize) -> Along {
        Along { axis, reverse: false, block: BLOCK }
    }
}

/// The one way to a scan's result: one sweep.
pub(super) fn variant<C: Carried<P>, const P: usize>(
    input: &ArraySpec,
    output: DType,
    along: Along,
    carried: C,
) -> Vec<Variant> {
    let Along { axis, reverse, block } = along;
    let (rank, block) = (input.rank(), block.min(input.shape[axis]).max(1));
    let mut anchor = vec![1; rank];
    anchor[axis] = block;
    let words = 8 * P as u64;
    let contract = Contract {
        domain: input.shape.clone(),
        anchor,
        order: Order::Carry { axis, reverse },
        reads: vec![Read { source: Source::Input(0), access: Access::point(rank) }],
        writes: vec![Write { sink: Sink::Output(0), spec: input.as_dtype(output), access: Access::point(rank) }],
        state: StateSize { fixed: 64, per_cell: words, per_anchor: words, ..StateSize::default() },
        scratch: ScratchSize { fixed: 2 * 8 * LANES as u64 * ROWS as u64, per_core: 0, per_grown: 0 },
    };
    let work = Work::Scan(Box::new(Running { axis, block: block as i64, reverse, carried }));
    vec![Variant { name: "scan", stages: vec![Stage { contract, work }] }]
}

/// The carry before a tile: that of each line.
pub(super) struct Carry<const P: usize>(pub Vec<[u64; P]>);

/// What a tile adds: for each line the totals of its blocks, by place.
pub(super) struct Totals<const P: usize>(Vec<[u64; P]>);

impl<const P: usize> Totals<P> {
    /// Those of one line.
    pub fn line(&self, line: usize, count: usize) -> &[[u64; P]] {
        &self.0[line * count..(line + 1) * count]
    }
}

/// The scan itself.
#[derive(Debug)]
pub(super) struct Running<C, const P: usize> {
    pub axis: usize,
    pub block: i64,
    pub reverse: bool,
    pub carried: C,
}

impl<C: Carried<P>, const P: usize> Running<C, P> {
    /// First block of a tile, and how many it has.
    pub fn blocks(&self, core: &Region) -> (i64, i64) {
        let (start, end) = (core.start[self.axis] as i64, core.end[self.axis] as i64);
        (start / self.block, (end + self.block - 1) / self.block - start / self.block)
    }

    pub fn reader<'a>(&self, view: &'a View<'a>) -> Reader<'a> {
        Reader::new(view, self.axis, self.carried.words(), self.carried.missing())
    }

    /// The `nth` of `count` things along the axis, as they are visited.
    fn visited(&self, nth: i64, count: i64) -> i64 {
        if self.reverse { count - 1 - nth } else { nth }
    }

    /// The carry after blocks of one line.
    fn after(&self, carry: [u64; P], blocks: &[[u64; P]]) -> [u64; P] {
        let join = |carry, total: &[u64; P]| self.carried.join(carry, *total);
        if self.reverse { blocks.iter().rev().fold(carry, join) } else { blocks.iter().fold(carry, join) }
    }

    /// The parts of a block of which rows are loaded at once, as they are visited: begin and length.
    fn parts(&self) -> impl Iterator<Item = (i64, usize)> + '_ {
        let count = (self.block + ROWS - 1) / ROWS;
        (0..count).map(move |nth| {
            let from = self.visited(nth, count) * ROWS;
            (from, ROWS.min(self.block - from) as usize)
        })
    }

    /// Loads rows in the order in which they are visited.
    fn load(&self, reader: &Reader, (group, lines): (&Group, &[usize; LANES]), at: &[i64; LANES], rows: &mut [Lanes]) {
        reader.load(group, lines, at, rows);
        if self.reverse {
            rows.reverse();
        }
    }

    /// Runs through one block of every lane, `at` its first index, and writes it. Gives whether all results fit.
    fn run_block(
        &self,
        (group, lines): (&Group, &[[usize; LANES]; 2]),
        at: &[i64; LANES],
        front: &mut Front<P>,
        (reader, writer): (&Reader, &mut Writer),
        (values, results): (&mut [Lanes], &mut [Lanes]),
    ) -> bool {
        for (from, n) in self.parts() {
            let at = at.map(|i| i + from);
            self.load(reader, (group, &lines[0]), &at, &mut values[..n]);
            vectorized(
                #[inline(always)]
                || self.carried.run(&values[..n], front, &mut results[..n]),
            );
            if self.carried.has_left(&front.inside, group.lanes) {
                return false;
            }
            if self.reverse {
                results[..n].reverse();
            }
            writer.store(group, &lines[1], &at, &results[..n]);
        }
        true
    }

    /// Hands the totals of a tile's blocks to `put`, with the line (in C order over the other axes) and the place of
    /// the block among those of the tile.
    pub fn each_total(
        &self,
        core: &Region,
        input: &View,
        scratch: &mut Scratch,
        mut put: impl FnMut(usize, usize, [u64; P]),
    ) -> Result<(), KernelError> {
        let (dims, (first, count)) = (core.shape(), self.blocks(core));
        let values = lanes(scratch, ROWS)?;
        let reader = self.reader(input);
        for_each_group(&dims, self.axis, (first, count, 1), |group| {
            let lines = reader.lines(group, &dims, self.axis);
            for block in 0..group.blocks {
                let mut sums = self.carried.none().map(|word| [word; LANES]);
                for (from, n) in self.parts() {
                    let at = group.first.map(|f| (f + block) * self.block + from);
                    self.load(&reader, (group, &lines), &at, &mut values[..n]);
                    vectorized(
                        #[inline(always)]
                        || self.carried.add(&values[..n], &mut sums),
                    );
                }
                for k in 0..group.lanes {
                    let nth = group.first[k] - first + block;
                    if nth < count {
                        put(group.line[k], nth as usize, self.carried.total(&sums, k));
                    }
                }
            }
            Ok(())
        })
    }

    /// The carry before the blocks of each lane of a group.
    pub fn before(&self, core: &Region, group: &Group, carry: &Carry<P>, totals: &Totals<P>) -> [[u64; P]; LANES] {
        let (first, count) = self.blocks(core);
        std::array::from_fn(|k| {
            let nth = |block: i64| block.min(count) as usize;
            let own = nth(group.first[k] - first)..nth(group.first[k] - first + group.blocks);
            let blocks = totals.line(group.line[k], count as usize);
            let before = if self.reverse { &blocks[own.end..] } else { &blocks[..own.start] };
            self.after(carry.0[group.line[k]], before)
        })
    }

    /// The first result of a tile that its dtype cannot hold, line by line. There is none where the carry was beyond
    /// already: the tile before has failed then, and has said where.
    fn overflow(&self, core: &Region, reader: &Reader, carry: &Carry<P>) -> Result<(), KernelError> {
        let (dims, (first, count)) = (core.shape(), self.blocks(core));
        for_each_group(&dims, self.axis, (first, count, i64::MAX), |group| {
            let lines = reader.lines(group, &dims, self.axis);
            for k in 0..group.lanes {
                let mut row = [[0; LANES]];
                let extent = reader.hi - reader.lo;
                let mut values = (0..extent).map(|nth| {
                    reader.load(group, &lines, &[reader.lo + self.visited(nth, extent); LANES], &mut row);
                    row[0][k]
                });
                if let Some((nth, message)) = self.carried.beyond(carry.0[group.line[k]], &mut values) {
                    let at = reader.lo + self.visited(nth, extent);
                    return Err(KernelError::at(message, self.index(core, group.line[k], at as u64)));
                }
            }
            Ok(())
        })
    }

    /// The index in the domain of a place on a line of a tile.
    fn index(&self, core: &Region, line: usize, at: u64) -> Vec<u64> {
        let (mut index, mut rest) = (core.start.clone(), line as u64);
        for a in (0..core.rank()).rev().filter(|a| *a != self.axis) {
            index[a] += rest % core.extent(a);
            rest /= core.extent(a);
        }
        index[self.axis] = at;
        index
    }
}

impl<C: Carried<P>, const P: usize> Scan for Running<C, P> {
    fn start(&self, lines: &Region) -> State {
        let n: u64 = (0..lines.rank()).filter(|a| *a != self.axis).map(|a| lines.extent(a)).product();
        Box::new(Carry(vec![self.carried.none(); n as usize]))
    }

    fn survey(&self, core: &Region, inputs: &[View], scratch: &mut Scratch) -> Result<State, KernelError> {
        let count = self.blocks(core).1 as usize;
        let lines: u64 = (0..core.rank()).filter(|a| *a != self.axis).map(|a| core.extent(a)).product();
        let mut totals = vec![self.carried.none(); lines as usize * count];
        self.each_total(core, &inputs[0], scratch, |line, nth, total| totals[line * count + nth] = total)?;
        Ok(Box::new(Totals(totals)))
    }

    fn advance(&self, carry: &State, survey: &State) -> Result<State, KernelError> {
        let (carry, totals) = (known::<Carry<P>>(carry)?, known::<Totals<P>>(survey)?);
        let count = totals.0.len().checked_div(carry.0.len()).unwrap_or(0);
        let next = |(line, before): (usize, &[u64; P])| self.after(*before, totals.line(line, count));
        Ok(Box::new(Carry(carry.0.iter().enumerate().map(next).collect())))
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
        let (carry, totals) = (known::<Carry<P>>(carry)?, known::<Totals<P>>(survey)?);
        let (dims, (first, count)) = (core.shape(), self.blocks(core));
        let (values, results) = (lanes(scratch, ROWS)?, lanes(scratch, ROWS)?);
        let reader = self.reader(&inputs[0]);
        let mut writer = Writer::new(&mut outputs[0], self.axis, self.carried.words());
        for_each_group(&dims, self.axis, (first, count, 1), |group| {
            let lines = [reader.lines(group, &dims, self.axis), writer.lines(group, &dims)];
            let blocks = |k: usize| totals.line(group.line[k], count as usize);
            let mut carries = self.before(core, group, carry, totals);
            for nth in 0..group.blocks {
                let block = self.visited(nth, group.blocks);
                let at = group.first.map(|f| (f + block) * self.block);
                let lost = |k| at[k] < core.end[self.axis] as i64 && self.carried.is_lost(carries[k]);
                if (0..group.lanes).any(lost) {
                    return self.overflow(core, &reader, carry);
                }
                let carried: [Lanes; P] = std::array::from_fn(|part| carries.map(|c| c[part]));
                let mut front = Front { carry: carried, inside: self.carried.begin(&carried) };
                let io = (&reader, &mut writer);
                if !self.run_block((group, &lines), &at, &mut front, io, (&mut *values, &mut *results)) {
                    return self.overflow(core, &reader, carry);
                }
                for (k, carry) in carries.iter_mut().enumerate().take(group.lanes) {
                    if let Some(total) = blocks(k).get((group.first[k] - first + block) as usize) {
                        *carry = self.carried.join(*carry, *total);
                    }
                }
            }
            Ok(())
        })
    }
}

pub(super) fn known<T: 'static>(state: &State) -> Result<&T, KernelError> {
    state.downcast_ref().ok_or_else(|| KernelError::new("a scan was handed a state that is not its own"))
}
