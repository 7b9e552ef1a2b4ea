//! What a window gathers: values joined from left to right, sixteen lines at a time.
//!
//! Owns the arithmetic of partial results and nothing else. No operation here takes a value away
//! again, so nothing remains of what has left a window. Refuses to know windows, tiles and dtypes:
//! values come as 64-bit words that [`Words`] gives a meaning.

use crate::kernel::dd::{Dd, two_sum};
use bytemuck::Pod;
use std::fmt::Debug;

/// Lines that are worked on side by side: two vectors of the widest instruction set.
pub(super) const LANES: usize = 16;

/// One word of each of the lines.
pub(super) type Lanes = [u64; LANES];

/// What the words of a window's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Bits of an f64; NaN is a missing value.
    Real,
    /// A 64-bit integer as it is, `i64` or `u64`.
    Whole,
    /// A 64-bit integer mapped to an `i64` of the same order.
    Key,
}

/// Which outputs a window gives: its length, how many values it wants, and where the array ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Elements of a window.
    pub window: i64,
    /// The number of values below which a result is missing.
    pub min_count: u64,
    /// Extent of the array along the axis.
    pub extent: i64,
}

/// A way to join values. `join` is associative in meaning, but callers fix the grouping so that
/// rounding never shows how an array was cut; `none` is neutral to the bit.
pub(super) trait Monoid: Debug + Send + Sync + 'static {
    /// A partial result of each line: `PARTS` words, all lines of one part together.
    type Row: Pod + AsRef<[Lanes]> + AsMut<[Lanes]>;
    const PARTS: usize;
    /// What the words of values are, and those of results.
    const VALUES: Words;
    const RESULTS: Words;
    /// The word of a place outside the array.
    const MISSING: u64;

    fn none() -> Self::Row;
    fn lift(values: &Lanes) -> Self::Row;
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row;
    /// The results, as words for the output, of the windows that end at `ends`.
    fn finish(wanted: &Wanted, row: &Self::Row, ends: &[i64; LANES]) -> Lanes;
}

/// Mean of f64 values, NaN left out: plain sum, what its roundings lost, count.
#[derive(Debug)]
pub(super) struct Mean;

impl Monoid for Mean {
    type Row = [Lanes; 3];
    const PARTS: usize = 3;
    const VALUES: Words = Words::Real;
    const RESULTS: Words = Words::Real;
    const MISSING: u64 = f64::NAN.to_bits();

    #[inline(always)]
    fn none() -> Self::Row {
        [[0; LANES]; 3]
    }

    #[inline(always)]
    fn lift(values: &Lanes) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let x = f64::from_bits(values[k]);
            let there = !x.is_nan();
            row[0][k] = Dd::new(if there { x } else { 0.0 }).hi.to_bits();
            row[2][k] = if there { 1f64 } else { 0f64 }.to_bits();
        }
        row
    }

    #[inline(always)]
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let sum = dd(left[0][k], left[1][k]) + dd(right[0][k], right[1][k]);
            (row[0][k], row[1][k]) = (sum.hi.to_bits(), sum.lo.to_bits());
            row[2][k] = (f64::from_bits(left[2][k]) + f64::from_bits(right[2][k])).to_bits();
        }
        row
    }

    #[inline(always)]
    fn finish(wanted: &Wanted, row: &Self::Row, _: &[i64; LANES]) -> Lanes {
        let least = wanted.min_count as f64;
        let mut out = [0; LANES];
        for k in 0..LANES {
            let count = f64::from_bits(row[2][k]);
            let mean = dd(row[0][k], row[1][k]).to_f64() / count;
            out[k] = if count < least { f64::NAN } else { mean }.to_bits();
        }
        out
    }
}

/// Mean of 64-bit integers, which f64 could not hold: each becomes an exact pair. None is missing, so
/// the count follows from the place.
#[derive(Debug)]
pub(super) struct WholeMean<const SIGNED: bool>;

impl<const SIGNED: bool> Monoid for WholeMean<SIGNED> {
    type Row = [Lanes; 2];
    const PARTS: usize = 2;
    const VALUES: Words = Words::Whole;
    const RESULTS: Words = Words::Real;
    const MISSING: u64 = 0;

    #[inline(always)]
    fn none() -> Self::Row {
        [[0; LANES]; 2]
    }

    #[inline(always)]
    fn lift(values: &Lanes) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let x = values[k];
            let high = if SIGNED { ((x as i64) >> 32) as f64 } else { (x >> 32) as f64 };
            let (hi, lo) = two_sum(high * 4_294_967_296.0, (x & 0xffff_ffff) as f64);
            (row[0][k], row[1][k]) = (hi.to_bits(), lo.to_bits());
        }
        row
    }

    #[inline(always)]
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let sum = dd(left[0][k], left[1][k]) + dd(right[0][k], right[1][k]);
            (row[0][k], row[1][k]) = (sum.hi.to_bits(), sum.lo.to_bits());
        }
        row
    }

    #[inline(always)]
    fn finish(wanted: &Wanted, row: &Self::Row, ends: &[i64; LANES]) -> Lanes {
        let mut out = [0; LANES];
        for k in 0..LANES {
            let last = ends[k].min(wanted.extent - 1);
            let count = last - (ends[k] - wanted.window + 1).max(0) + 1;
            let mean = dd(row[0][k], row[1][k]).to_f64() / count as f64;
            out[k] = if count < wanted.min_count as i64 { f64::NAN } else { mean }.to_bits();
        }
        out
    }
}

/// Maximum of f64 values, NaN left out: order-preserving key, count. -0 is below +0.
#[derive(Debug)]
pub(super) struct Max;

/// Below the key of every value, -inf included.
const NO_KEY: u64 = 1 << 63;

/// Turns the bits of an f64 into an i64 of the same order, and back.
#[inline(always)]
fn flip(bits: u64) -> u64 {
    bits ^ (((bits as i64) >> 63) as u64 >> 1)
}

impl Monoid for Max {
    type Row = [Lanes; 2];
    const PARTS: usize = 2;
    const VALUES: Words = Words::Real;
    const RESULTS: Words = Words::Real;
    const MISSING: u64 = f64::NAN.to_bits();

    #[inline(always)]
    fn none() -> Self::Row {
        [[NO_KEY; LANES], [0; LANES]]
    }

    #[inline(always)]
    fn lift(values: &Lanes) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let there = !f64::from_bits(values[k]).is_nan();
            row[0][k] = if there { flip(values[k]) } else { NO_KEY };
            row[1][k] = u64::from(there);
        }
        row
    }

    #[inline(always)]
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            row[0][k] = (left[0][k] as i64).max(right[0][k] as i64) as u64;
            row[1][k] = left[1][k] + right[1][k];
        }
        row
    }

    #[inline(always)]
    fn finish(wanted: &Wanted, row: &Self::Row, _: &[i64; LANES]) -> Lanes {
        let mut out = [0; LANES];
        for k in 0..LANES {
            out[k] = if row[1][k] < wanted.min_count { f64::NAN.to_bits() } else { flip(row[0][k]) };
        }
        out
    }
}

/// Maximum of 64-bit integers where one value is enough, so that no result is missing.
#[derive(Debug)]
pub(super) struct WholeMax;

impl Monoid for WholeMax {
    type Row = [Lanes; 1];
    const PARTS: usize = 1;
    const VALUES: Words = Words::Key;
    const RESULTS: Words = Words::Key;
    const MISSING: u64 = NO_KEY;

    #[inline(always)]
    fn none() -> Self::Row {
        [[NO_KEY; LANES]]
    }

    #[inline(always)]
    fn lift(values: &Lanes) -> Self::Row {
        [*values]
    }

    #[inline(always)]
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            row[0][k] = (left[0][k] as i64).max(right[0][k] as i64) as u64;
        }
        row
    }

    #[inline(always)]
    fn finish(_: &Wanted, row: &Self::Row, _: &[i64; LANES]) -> Lanes {
        row[0]
    }
}

#[inline(always)]
fn dd(hi: u64, lo: u64) -> Dd {
    Dd { hi: f64::from_bits(hi), lo: f64::from_bits(lo) }
}
