//! `cumsum`: running sums along one axis, carried from tile to tile.
//!
//! Owns the arithmetic of running sums: block totals at fixed blocks, carries folded in order, one
//! rounding at the end. Refuses to know how lines lie in memory (see `lanes`).

use super::lanes::{Group, Reader, Writer, for_each_group};
use super::monoid::{LANES, Lanes, Words};
use super::sliding::{ROWS, lanes};
use crate::array::{ArraySpec, DType, Region, View, ViewMut};
use crate::kernel::axes::window_axis;
use crate::kernel::dd::Dd;
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Order, ParamInfo, Params, Read, Scan,
    Scratch, ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work, Write,
};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "cumsum",
    family: Family::Window,
    summary: "running sum along one axis",
    doc: "The result at i is the sum of the elements 0 ..= i along the axis, as numpy.cumsum. Shape and axis names are \
          kept. Signed integers and bool give i64, unsigned ones u64, exact, and a sum beyond that is an error that \
          names the index; floats keep their dtype and are summed in twice the precision of f64 and rounded at the \
          end; complex is refused. NaN propagates: all that follows is NaN. With skipna a NaN stays in its place and \
          the sum goes on after it, as in pandas. One sweep; tiles pass their carry along the axis in order.",
    params: &[
        ParamInfo {
            name: "axes",
            kind: Kind::Axes,
            default: Some(""),
            doc: "the one axis to sum along; unset: t where named, else the axis of a 1-D array",
        },
        ParamInfo {
            name: "skipna",
            kind: Kind::Bool,
            default: Some("false"),
            doc: "whether the sum goes on after a NaN",
        },
    ],
    example: "[[step]]\nkernel = \"cumsum\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Cumsum { params: params.clone() })),
};

/// Elements of a block along the axis: results are `carry + sum inside the block`.
const BLOCK: u64 = 1024;

#[derive(Debug)]
struct Cumsum {
    params: Params,
}

impl Kernel for Cumsum {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("cumsum takes one array, {} were given", inputs.len())));
        };
        if input.dtype.is_complex() {
            return Err(BindError::new(format!("cumsum does not work on {}", input.dtype))
                .help("take its real and imaginary parts apart first"));
        }
        let axis = window_axis(&self.params, input)?;
        Ok(bind(input, axis, self.params.bool("skipna", false), BLOCK))
    }
}

/// `block` is a constant outside tests.
fn bind(input: &ArraySpec, axis: usize, skipna: bool, block: u64) -> Vec<Variant> {
    let kind = match input.dtype {
        d if d.is_float() => Sums::Float { skipna },
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => Sums::Unsigned,
        _ => Sums::Signed,
    };
    let output = match kind {
        Sums::Float { .. } => input.dtype,
        Sums::Signed => DType::I64,
        Sums::Unsigned => DType::U64,
    };
    let (rank, block) = (input.rank(), block.min(input.shape[axis]).max(1));
    let mut anchor = vec![1; rank];
    anchor[axis] = block;
    let spec = input.as_dtype(output);
    let contract = Contract {
        domain: input.shape.clone(),
        anchor,
        order: Order::Carry { axis },
        reads: vec![Read { source: Source::Input(0), access: Access::point(rank) }],
        writes: vec![Write { sink: Sink::Output(0), spec, access: Access::point(rank) }],
        state: StateSize {
            fixed: 64,
            per_cell: size_of::<Pair>() as u64,
            per_anchor: size_of::<Pair>() as u64,
            ..StateSize::default()
        },
        scratch: ScratchSize { fixed: 2 * 8 * LANES as u64 * ROWS as u64, per_core: 0, per_grown: 0 },
    };
    let work = Work::Scan(Box::new(Running { axis, block: block as i64, kind }));
    vec![Variant { name: "scan", stages: vec![Stage { contract, work }] }]
}

/// Two words of a sum: those of a [`Dd`], or low and high of an `i128`, which no count of 64-bit
/// integers overflows.
type Pair = [u64; 2];

/// The carry before a tile: one sum for each line.
struct Carry(Vec<Pair>);

/// What a tile adds: for each line the totals of its blocks in order.
struct Totals(Vec<Pair>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sums {
    Float { skipna: bool },
    Signed,
    Unsigned,
}

impl Sums {
    fn words(self) -> Words {
        if matches!(self, Sums::Float { .. }) { Words::Real } else { Words::Whole }
    }

    fn add(self, a: Pair, b: Pair) -> Pair {
        match self {
            Sums::Float { .. } => {
                let sum = dd(a[0], a[1]) + dd(b[0], b[1]);
                [sum.hi.to_bits(), sum.lo.to_bits()]
            }
            _ => halves(whole(a).wrapping_add(whole(b))),
        }
    }

    /// Adds rows to running totals: of floats a pair, of integers the sums of their low and high
    /// 32 bits apart, so that 2^32 of them cannot overflow.
    #[inline(always)]
    fn total(self, values: &[Lanes], totals: &mut [Lanes; 2]) {
        let [mut a, mut b] = *totals;
        for row in values {
            for k in 0..LANES {
                match self {
                    Sums::Float { skipna } => {
                        let sum = dd(a[k], b[k]).add_f64(counted(row[k], skipna));
                        (a[k], b[k]) = (sum.hi.to_bits(), sum.lo.to_bits());
                    }
                    Sums::Signed => {
                        a[k] = a[k].wrapping_add(row[k] & 0xffff_ffff);
                        b[k] = b[k].wrapping_add(((row[k] as i64) >> 32) as u64);
                    }
                    Sums::Unsigned => {
                        a[k] = a[k].wrapping_add(row[k] & 0xffff_ffff);
                        b[k] = b[k].wrapping_add(row[k] >> 32);
                    }
                }
            }
        }
        *totals = [a, b];
    }

    /// The total of one lane.
    fn pair(self, totals: &[Lanes; 2], k: usize) -> Pair {
        match self {
            Sums::Float { .. } => [totals[0][k], totals[1][k]],
            Sums::Signed => halves((i128::from(totals[1][k] as i64) << 32) + i128::from(totals[0][k])),
            Sums::Unsigned => halves((i128::from(totals[1][k]) << 32) + i128::from(totals[0][k])),
        }
    }

    /// Whether an integer sum has left the dtype of the output.
    fn leaves(self, sum: i128) -> bool {
        match self {
            Sums::Float { .. } => false,
            Sums::Signed => i64::try_from(sum).is_err(),
            Sums::Unsigned => u64::try_from(sum).is_err(),
        }
    }
}

/// Carry before a tile's blocks and sums inside the block so far, of all lanes.
struct Front {
    carry: [Lanes; 2],
    inside: [Lanes; 2],
}

/// Running sums of floats.
#[inline(always)]
fn run_floats(values: &[Lanes], skipna: bool, front: &mut Front, results: &mut [Lanes]) {
    let [mut hi, mut lo] = front.inside;
    for (row, result) in values.iter().zip(results) {
        for k in 0..LANES {
            let inside = dd(hi[k], lo[k]).add_f64(counted(row[k], skipna));
            (hi[k], lo[k]) = (inside.hi.to_bits(), inside.lo.to_bits());
            let sum = (dd(front.carry[0][k], front.carry[1][k]) + inside).to_f64();
            let missing = f64::from_bits(row[k]).is_nan();
            result[k] = if missing { f64::NAN } else { sum }.to_bits();
        }
    }
    front.inside = [hi, lo];
}

/// Running sums of integers, from `front.carry[0]`; `front.inside[1]` is not 0 where one overflowed.
#[inline(always)]
fn run_integers(values: &[Lanes], signed: bool, front: &mut Front, results: &mut [Lanes]) {
    let [mut sums, mut over] = front.inside;
    for (row, result) in values.iter().zip(results) {
        for k in 0..LANES {
            let (before, x) = (sums[k], row[k]);
            let sum = before.wrapping_add(x);
            over[k] |= if signed { ((before ^ sum) & (x ^ sum)) >> 63 } else { u64::from(sum < x) };
            sums[k] = sum;
        }
        *result = sums;
    }
    front.inside = [sums, over];
}

/// The scan itself.
#[derive(Debug)]
struct Running {
    axis: usize,
    block: i64,
    kind: Sums,
}

impl Running {
    /// First block of a tile, and how many it has.
    fn blocks(&self, core: &Region) -> (i64, i64) {
        let (start, end) = (core.start[self.axis] as i64, core.end[self.axis] as i64);
        (start / self.block, (end + self.block - 1) / self.block - start / self.block)
    }

    fn reader<'a>(&self, view: &'a View<'a>) -> Reader<'a> {
        Reader::new(view, self.axis, self.kind.words(), 0)
    }

    /// Runs through one block of every lane, `at` its first index, and writes it. Gives whether all
    /// sums fit the output.
    fn run_block(
        &self,
        (group, lines): (&Group, &[[usize; LANES]; 2]),
        at: &[i64; LANES],
        front: &mut Front,
        (reader, writer): (&Reader, &mut Writer),
        (values, results): (&mut [Lanes], &mut [Lanes]),
    ) -> bool {
        for from in (0..self.block).step_by(ROWS as usize) {
            let n = ROWS.min(self.block - from) as usize;
            let at = at.map(|i| i + from);
            reader.load(group, &lines[0], &at, &mut values[..n]);
            if let Sums::Float { skipna } = self.kind {
                vectorized(
                    #[inline(always)]
                    || run_floats(&values[..n], skipna, front, &mut results[..n]),
                );
            } else {
                let signed = self.kind == Sums::Signed;
                vectorized(
                    #[inline(always)]
                    || run_integers(&values[..n], signed, front, &mut results[..n]),
                );
                if front.inside[1][..group.lanes].iter().any(|over| *over != 0) {
                    return false;
                }
            }
            writer.store(group, &lines[1], &at, &results[..n]);
        }
        true
    }

    /// Names the first sum of a tile that its output cannot hold, line by line.
    fn overflow(&self, core: &Region, reader: &Reader, carry: &Carry, values: &mut [Lanes]) -> KernelError {
        let (dims, (first, count)) = (core.shape(), self.blocks(core));
        let exact = |w: u64| if self.kind == Sums::Signed { i128::from(w as i64) } else { i128::from(w) };
        let found = for_each_group(&dims, self.axis, (first, count, i64::MAX), |group| {
            let lines = reader.lines(group, &dims, self.axis);
            for k in 0..group.lanes {
                let mut sum = whole(carry.0[group.line[k]]);
                if self.kind.leaves(sum) {
                    // The tile before failed as well: it is the last sum of that one.
                    return Err(self.beyond(core, group.line[k], reader.lo - 1, sum));
                }
                for from in (reader.lo..reader.hi).step_by(ROWS as usize) {
                    reader.load(group, &lines, &[from; LANES], values);
                    for (t, row) in values.iter().enumerate() {
                        sum += exact(row[k]);
                        if self.kind.leaves(sum) {
                            return Err(self.beyond(core, group.line[k], from + t as i64, sum));
                        }
                    }
                }
            }
            Ok(())
        });
        found.err().unwrap_or_else(|| KernelError::new("a running sum overflowed"))
    }

    fn beyond(&self, core: &Region, line: usize, at: i64, sum: i128) -> KernelError {
        let (mut index, mut rest) = (core.start.clone(), line as u64);
        for a in (0..core.rank()).rev().filter(|a| *a != self.axis) {
            index[a] += rest % core.extent(a);
            rest /= core.extent(a);
        }
        index[self.axis] = at as u64;
        let (dtype, range) = match self.kind {
            Sums::Unsigned => ("u64", format!("0 to {}", u64::MAX)),
            _ => ("i64", format!("{} to {}", i64::MIN, i64::MAX)),
        };
        let message = format!("the running sum is {sum}, beyond {dtype} ({range}); cast to f64 before cumsum");
        KernelError::at(message, index)
    }
}

impl Scan for Running {
    fn start(&self, lines: &Region) -> State {
        let n: u64 = (0..lines.rank()).filter(|a| *a != self.axis).map(|a| lines.extent(a)).product();
        Box::new(Carry(vec![[0, 0]; n as usize]))
    }

    fn survey(&self, core: &Region, inputs: &[View], scratch: &mut Scratch) -> Result<State, KernelError> {
        let (dims, (first, count)) = (core.shape(), self.blocks(core));
        let lines: u64 = (0..core.rank()).filter(|a| *a != self.axis).map(|a| core.extent(a)).product();
        let mut totals = vec![[0, 0]; lines as usize * count as usize];
        let values = lanes(scratch, ROWS)?;
        let reader = self.reader(&inputs[0]);
        for_each_group(&dims, self.axis, (first, count, 1), |group| {
            let lines = reader.lines(group, &dims, self.axis);
            for block in 0..group.blocks {
                let mut sums = [[0; LANES]; 2];
                for from in (0..self.block).step_by(ROWS as usize) {
                    let n = ROWS.min(self.block - from) as usize;
                    let at = group.first.map(|f| (f + block) * self.block + from);
                    reader.load(group, &lines, &at, &mut values[..n]);
                    vectorized(
                        #[inline(always)]
                        || self.kind.total(&values[..n], &mut sums),
                    );
                }
                for k in 0..group.lanes {
                    let nth = group.first[k] - first + block;
                    if nth < count {
                        totals[group.line[k] * count as usize + nth as usize] = self.kind.pair(&sums, k);
                    }
                }
            }
            Ok(())
        })?;
        Ok(Box::new(Totals(totals)))
    }

    fn advance(&self, carry: &State, survey: &State) -> Result<State, KernelError> {
        let (carry, totals) = (known::<Carry>(carry)?, known::<Totals>(survey)?);
        let count = totals.0.len().checked_div(carry.0.len()).unwrap_or(0);
        let next = |(line, sum): (usize, &Pair)| {
            let blocks = &totals.0[line * count..(line + 1) * count];
            blocks.iter().fold(*sum, |sum, total| self.kind.add(sum, *total))
        };
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
        let (carry, totals) = (known::<Carry>(carry)?, known::<Totals>(survey)?);
        let (dims, (first, count)) = (core.shape(), self.blocks(core));
        let (values, results) = (lanes(scratch, ROWS)?, lanes(scratch, ROWS)?);
        let reader = self.reader(&inputs[0]);
        let mut writer = Writer::new(&mut outputs[0], self.axis, self.kind.words());
        for_each_group(&dims, self.axis, (first, count, 1), |group| {
            let lines = [reader.lines(group, &dims, self.axis), writer.lines(group, &dims)];
            let blocks = |k: usize| &totals.0[group.line[k] * count as usize..(group.line[k] + 1) * count as usize];
            let mut sums: [Pair; LANES] = std::array::from_fn(|k| {
                let before = &blocks(k)[..(group.first[k] - first).min(count) as usize];
                before.iter().fold(carry.0[group.line[k]], |sum, total| self.kind.add(sum, *total))
            });
            for block in 0..group.blocks {
                let at = group.first.map(|f| (f + block) * self.block);
                let carried = [0, 1].map(|part| sums.map(|s| s[part]));
                let mut front = Front { carry: carried, inside: [[0; LANES]; 2] };
                if self.kind.words() == Words::Whole {
                    let left = |k| at[k] < core.end[self.axis] as i64 && self.kind.leaves(whole(sums[k]));
                    if (0..group.lanes).any(left) {
                        return Err(self.overflow(core, &reader, carry, values));
                    }
                    front.inside[0] = carried[0];
                }
                let io = (&reader, &mut writer);
                if !self.run_block((group, &lines), &at, &mut front, io, (&mut *values, &mut *results)) {
                    return Err(self.overflow(core, &reader, carry, values));
                }
                for (k, sum) in sums.iter_mut().enumerate().take(group.lanes) {
                    if let Some(total) = blocks(k).get((group.first[k] - first + block) as usize) {
                        *sum = self.kind.add(*sum, *total);
                    }
                }
            }
            Ok(())
        })
    }
}

fn known<T: 'static>(state: &State) -> Result<&T, KernelError> {
    state.downcast_ref().ok_or_else(|| KernelError::new("cumsum was handed a state that is not its own"))
}

/// What a float adds to a sum.
#[inline(always)]
fn counted(word: u64, skipna: bool) -> f64 {
    let x = f64::from_bits(word);
    if skipna && x.is_nan() { 0.0 } else { x }
}

#[inline(always)]
fn dd(hi: u64, lo: u64) -> Dd {
    Dd { hi: f64::from_bits(hi), lo: f64::from_bits(lo) }
}

fn halves(sum: i128) -> Pair {
    [sum as u64, (sum >> 64) as u64]
}

fn whole(pair: Pair) -> i128 {
    (i128::from(pair[1] as i64) << 64) | i128::from(pair[0])
}

#[cfg(test)]
#[path = "cumsum_tests.rs"]
mod tests;
