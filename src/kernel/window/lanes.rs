//! Sixteen lines at a time: which lines go together, and their way from views to words and back.
//!
//! Owns where values lie. Refuses to know what is computed from them: how lines are grouped, and
//! that the blocks of one long line may sit in several lanes, never shows in a result.

use super::monoid::{LANES, Lanes, Words};
use crate::array::{Bool, DType, Element, Region, View, ViewMut, contiguous_strides, round_to_odd};
use crate::kernel::KernelError;
use crate::kernel::simd::vectorized;
use crate::with_real_type;
use half::{bf16, f16};

/// Up to [`LANES`] runs of blocks that are worked on side by side.
#[derive(Debug)]
pub(super) struct Group {
    /// Lanes in use; the others hold nothing and are written nowhere.
    pub lanes: usize,
    /// The line of each lane, counted in C order over the axes other than the window's.
    pub line: [usize; LANES],
    /// The first block of each lane along the axis.
    pub first: [i64; LANES],
    /// Blocks of every lane; the last lanes of a line may reach beyond what is wanted.
    pub blocks: i64,
    /// Whether the lanes are neighbours along the last axis and begin at the same block.
    adjacent: bool,
}

/// Calls `each` for groups that cover blocks `first .. first + blocks` of all lines of a box with
/// extents `dims`. Where there are few lines, a line is cut into runs of at least `run` blocks.
pub(super) fn for_each_group(
    dims: &[u64],
    axis: usize,
    (first, blocks, run): (i64, i64, i64),
    mut each: impl FnMut(&Group) -> Result<(), KernelError>,
) -> Result<(), KernelError> {
    let lines: usize = dims.iter().enumerate().map(|(a, n)| if a == axis { 1 } else { *n as usize }).product();
    let row = if axis + 1 < dims.len() { dims[dims.len() - 1] as usize } else { 1 };
    if lines == 0 || blocks <= 0 {
        return Ok(());
    }
    if row >= LANES / 2 {
        for base in (0..lines).step_by(row) {
            for column in (0..row).step_by(LANES) {
                let line = std::array::from_fn(|k| base + (column + k).min(row - 1));
                let lanes = LANES.min(row - column);
                each(&Group { lanes, line, first: [first; LANES], blocks, adjacent: true })?;
            }
        }
        return Ok(());
    }
    let runs = (LANES.div_ceil(lines) as i64).min((blocks / run).max(1));
    let length = (blocks - 1) / runs + 1;
    let runs = ((blocks - 1) / length + 1) as usize;
    for at in (0..lines * runs).step_by(LANES) {
        let lane: [usize; LANES] = std::array::from_fn(|k| (at + k).min(lines * runs - 1));
        each(&Group {
            lanes: LANES.min(lines * runs - at),
            line: lane.map(|l| l / runs),
            first: lane.map(|l| first + (l % runs) as i64 * length),
            blocks: length,
            adjacent: false,
        })?;
    }
    Ok(())
}

/// The offset in elements of each lane's line.
pub(super) fn line_offsets(group: &Group, dims: &[u64], axis: usize, strides: &[usize]) -> [usize; LANES] {
    group.line.map(|line| line_offset(line, dims, axis, strides))
}

/// The offset in elements of one line.
pub(super) fn line_offset(line: usize, dims: &[u64], axis: usize, strides: &[usize]) -> usize {
    let (mut rest, mut offset) = (line, 0);
    for a in (0..dims.len()).rev().filter(|a| *a != axis) {
        offset += rest % dims[a] as usize * strides[a];
        rest /= dims[a] as usize;
    }
    offset
}

/// The index of the element at `at` along the axis in a line of a region, counted as in [`Group`].
pub(super) fn index_of(region: &Region, axis: usize, line: usize, at: i64) -> Vec<u64> {
    let (mut index, mut rest) = (region.start.clone(), line as u64);
    for a in (0..region.rank()).rev().filter(|a| *a != axis) {
        index[a] += rest % region.extent(a);
        rest /= region.extent(a);
    }
    index[axis] = at as u64;
    index
}

/// An input as it is read along the window's axis.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    view: &'a View<'a>,
    /// Indices along the axis that the view covers.
    pub lo: i64,
    pub hi: i64,
    stride: usize,
    words: Words,
    missing: u64,
    turn: u64,
}

impl<'a> Reader<'a> {
    pub fn new(view: &'a View<'a>, axis: usize, words: Words, missing: u64) -> Reader<'a> {
        let lo = view.start()[axis];
        let (hi, stride) = (lo + view.shape()[axis] as i64, view.strides()[axis]);
        Reader { view, lo, hi, stride, words, missing, turn: 0 }
    }

    /// Turns these bits of every word over.
    pub fn turned(self, turn: u64) -> Reader<'a> {
        Reader { turn, ..self }
    }

    pub fn strides(&self) -> &[usize] {
        self.view.strides()
    }

    /// Real values at `at ..` of the line at an offset, all of which the view covers.
    pub fn line(&self, offset: usize, at: i64, values: &mut [f64]) {
        let from = offset + (at - self.lo) as usize * self.stride;
        with_real_type!(
            self.view.dtype(),
            T => for (to, x) in values.iter_mut().zip(self.view.data::<T>()[from..].iter().step_by(self.stride)) {
                *to = x.real();
            },
            else unreachable!("binding refuses complex inputs")
        );
    }

    /// Where the lines of a group begin in the view.
    pub fn lines(&self, group: &Group, dims: &[u64], axis: usize) -> [usize; LANES] {
        line_offsets(group, dims, axis, self.view.strides())
    }

    /// Fills `rows` with the words at `at[lane] ..` along the axis; what the view does not cover is missing.
    pub fn load(&self, group: &Group, lines: &[usize; LANES], at: &[i64; LANES], rows: &mut [Lanes]) {
        let turn = self.turn;
        macro_rules! walk {
            ($T:ty, $f:expr) => {
                vectorized(
                    #[inline(always)]
                    || self.walk::<$T>(group, lines, at, rows, $f),
                )
            };
        }
        macro_rules! whole {
            ($($dtype:ident $T:ty),*) => {
                match self.view.dtype() {
                    $(DType::$dtype => walk!($T, |x| x as i64 as u64 ^ turn),)*
                    DType::Bool => walk!(Bool, |x| u64::from(x.get())),
                    other => unreachable!("binding gives whole words to integers, not to {other}"),
                }
            };
        }
        match (self.words, self.view.dtype()) {
            (Words::Real, dtype) => with_real_type!(
                dtype,
                T => walk!(T, |x| x.real().to_bits() ^ turn),
                else unreachable!("binding refuses complex inputs")
            ),
            (Words::Key, DType::U64) => walk!(u64, |x| x ^ (1 << 63) ^ turn),
            _ => whole!(U8 u8, U16 u16, U32 u32, U64 u64, I8 i8, I16 i16, I32 i32, I64 i64),
        }
    }

    #[inline(always)]
    fn walk<T: Element>(
        &self,
        group: &Group,
        lines: &[usize; LANES],
        at: &[i64; LANES],
        rows: &mut [Lanes],
        word: impl Fn(T) -> u64,
    ) {
        let data = self.view.data::<T>();
        let n = rows.len() as i64;
        let inside = |at: i64| ((self.lo - at).clamp(0, n) as usize, (self.hi - at).clamp(0, n) as usize);
        if group.adjacent && group.lanes == LANES {
            let (from, to) = inside(at[0]);
            rows[..from].fill([self.missing; LANES]);
            for (t, row) in rows.iter_mut().enumerate().take(to).skip(from) {
                let start = lines[0] + (at[0] + t as i64 - self.lo) as usize * self.stride;
                for (to, x) in row.iter_mut().zip(&data[start..start + LANES]) {
                    *to = word(*x);
                }
            }
            rows[to.max(from)..].fill([self.missing; LANES]);
            return;
        }
        if group.lanes < LANES || at.iter().any(|at| inside(*at) != (0, rows.len())) {
            rows.fill([self.missing; LANES]);
        }
        for k in 0..group.lanes {
            let (from, to) = inside(at[k]);
            if from >= to {
                continue;
            }
            let start = lines[k] + (at[k] + from as i64 - self.lo) as usize * self.stride;
            if self.stride == 1 {
                for (row, x) in rows[from..to].iter_mut().zip(&data[start..start + (to - from)]) {
                    row[k] = word(*x);
                }
            } else {
                for (row, x) in rows[from..to].iter_mut().zip(data[start..].iter().step_by(self.stride)) {
                    row[k] = word(*x);
                }
            }
        }
    }
}

/// Values of one input, or of two that are read side by side; those of one are there twice.
pub(super) type Sides<'a> = [&'a [Lanes]; 2];

/// One input, or two of the same shape.
#[derive(Debug)]
pub(super) struct Readers<'a> {
    pub first: Reader<'a>,
    pub second: Option<Reader<'a>>,
}

impl<'a> Readers<'a> {
    /// Where the lines of a group begin in the views.
    pub fn lines(&self, group: &Group, dims: &[u64], axis: usize) -> [[usize; LANES]; 2] {
        let lines = |reader: &Reader| reader.lines(group, dims, axis);
        let first = lines(&self.first);
        [first, self.second.as_ref().map_or(first, lines)]
    }

    /// Fills `n` rows for each input with the words at `at[lane] ..` along the axis; see [`Reader::load`].
    pub fn load<'v>(
        &self,
        group: &Group,
        lines: &[[usize; LANES]; 2],
        at: &[i64; LANES],
        (n, values): (usize, &'v mut [Lanes]),
    ) -> Sides<'v> {
        let Some(reader) = &self.second else {
            self.first.load(group, &lines[0], at, &mut values[..n]);
            return [&values[..n]; 2];
        };
        let (first, second) = values[..2 * n].split_at_mut(n);
        self.first.load(group, &lines[0], at, first);
        reader.load(group, &lines[1], at, second);
        [first, second]
    }
}

/// An output as it is written along the window's axis.
#[derive(Debug)]
pub(super) struct Writer<'a, 'b> {
    view: &'a mut ViewMut<'b>,
    lo: i64,
    hi: i64,
    strides: Vec<usize>,
    axis: usize,
    words: Words,
    turn: u64,
}

impl<'a, 'b> Writer<'a, 'b> {
    pub fn new(view: &'a mut ViewMut<'b>, axis: usize, words: Words) -> Writer<'a, 'b> {
        let (lo, hi) = (view.region().start[axis] as i64, view.region().end[axis] as i64);
        let strides = contiguous_strides(&view.shape());
        Writer { view, lo, hi, strides, axis, words, turn: 0 }
    }

    /// Turns these bits of every word over.
    pub fn turned(self, turn: u64) -> Writer<'a, 'b> {
        Writer { turn, ..self }
    }

    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// Writes real values at `at ..` of the line at an offset, all of which lie in the output.
    pub fn line(&mut self, offset: usize, at: i64, values: &[f64]) {
        let (from, stride) = (offset + (at - self.lo) as usize * self.strides[self.axis], self.strides[self.axis]);
        with_real_type!(
            self.view.dtype(),
            T => for (to, x) in self.view.data::<T>()[from..].iter_mut().step_by(stride).zip(values) {
                *to = T::from_real(*x);
            },
            else unreachable!("binding refuses complex outputs")
        );
    }

    /// Where the lines of a group begin in the output.
    pub fn lines(&self, group: &Group, dims: &[u64]) -> [usize; LANES] {
        line_offsets(group, dims, self.axis, &self.strides)
    }

    /// Writes `rows` at `at[lane] ..` along the axis; what lies outside the output is dropped.
    pub fn store(&mut self, group: &Group, lines: &[usize; LANES], at: &[i64; LANES], rows: &[Lanes]) {
        let turn = self.turn;
        macro_rules! walk {
            ($T:ty, $f:expr) => {
                vectorized(
                    #[inline(always)]
                    || self.walk::<$T>(group, lines, at, rows, $f),
                )
            };
        }
        match (self.words, self.view.dtype()) {
            (Words::Real, dtype) => with_real_type!(
                dtype,
                T => walk!(T, |w| T::from_real(f64::from_bits(w ^ turn))),
                else unreachable!("binding refuses complex outputs")
            ),
            (Words::Key, DType::U64) => walk!(u64, |w| w ^ (1 << 63) ^ turn),
            (_, DType::U64) => walk!(u64, |w| w ^ turn),
            (_, DType::I64) => walk!(i64, |w| (w ^ turn) as i64),
            (_, other) => unreachable!("binding writes whole words as i64 and u64, not as {other}"),
        }
    }

    #[inline(always)]
    fn walk<T: Element>(
        &mut self,
        group: &Group,
        lines: &[usize; LANES],
        at: &[i64; LANES],
        rows: &[Lanes],
        value: impl Fn(u64) -> T,
    ) {
        let (lo, hi, stride) = (self.lo, self.hi, self.strides[self.axis]);
        let data = self.view.data::<T>();
        let n = rows.len() as i64;
        let inside = |at: i64| ((lo - at).clamp(0, n) as usize, (hi - at).clamp(0, n) as usize);
        if group.adjacent {
            let (from, to) = inside(at[0]);
            for (t, row) in rows.iter().enumerate().take(to).skip(from) {
                let start = lines[0] + (at[0] + t as i64 - lo) as usize * stride;
                for (x, from) in data[start..start + group.lanes].iter_mut().zip(row) {
                    *x = value(*from);
                }
            }
            return;
        }
        for k in 0..group.lanes {
            let (from, to) = inside(at[k]);
            if from >= to {
                continue;
            }
            let start = lines[k] + (at[k] + from as i64 - lo) as usize * stride;
            if stride == 1 {
                for (x, row) in data[start..start + (to - from)].iter_mut().zip(&rows[from..to]) {
                    *x = value(row[k]);
                }
            } else {
                for (x, row) in data[start..].iter_mut().step_by(stride).zip(&rows[from..to]) {
                    *x = value(row[k]);
                }
            }
        }
    }
}

/// A real element as f64 and back: floats round to nearest with NaN canonical; integers receive
/// only values that were their own.
trait Real: Element {
    fn real(self) -> f64;
    fn from_real(value: f64) -> Self;
}

macro_rules! real {
    ($($T:ty: $to:expr, $from:expr;)*) => {$(
        impl Real for $T {
            #[inline(always)]
            fn real(self) -> f64 {
                let to: fn($T) -> f64 = $to;
                to(self)
            }
            #[inline(always)]
            fn from_real(value: f64) -> $T {
                let from: fn(f64) -> $T = $from;
                from(value)
            }
        }
    )*};
}
// To f16 by way of f32 rounded to odd: what the `half` crate makes of an f64 depends on the processor in ties.
real! {
    Bool: |x| f64::from(u8::from(x.get())), |v| Bool::from(v != 0.0);
    u8: f64::from, |v| v as u8;
    u16: f64::from, |v| v as u16;
    u32: f64::from, |v| v as u32;
    u64: |x| x as f64, |v| v as u64;
    i8: f64::from, |v| v as i8;
    i16: f64::from, |v| v as i16;
    i32: f64::from, |v| v as i32;
    i64: |x| x as f64, |v| v as i64;
    f16: f16::to_f64, |v| if v.is_nan() { f16::NAN } else { f16::from_f32(round_to_odd(v)) };
    bf16: bf16::to_f64, |v| if v.is_nan() { bf16::NAN } else { bf16::from_f32(round_to_odd(v)) };
    f32: f64::from, |v| if v.is_nan() { f32::NAN } else { v as f32 };
    f64: |x| x, |v| if v.is_nan() { f64::NAN } else { v };
}
