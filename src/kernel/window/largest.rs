//! The largest value of a window, or its place. For the smallest, values come turned upside down.
//!
//! Owns the order of values: -0 is below +0, NaN is no value, of equal ones the last counts. Refuses
//! to know windows and dtypes.

use super::monoid::{LANES, Lanes, Monoid, Wanted, Words};

/// Maximum of f64 values, NaN left out: order-preserving key, count. -0 is below +0.
#[derive(Debug)]
pub(super) struct Max;

/// Below the key of every value, -inf included.
const NO_KEY: u64 = 1 << 63;

/// Turns the bits of an f64 into an i64 of the same order, and back.
#[inline(always)]
pub(super) fn flip(bits: u64) -> u64 {
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
    fn lift([values, _]: [&Lanes; 2], _: &[i64; LANES]) -> Self::Row {
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
    fn lift([values, _]: [&Lanes; 2], _: &[i64; LANES]) -> Self::Row {
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

/// The place of the largest of f64 values, NaN left out: its key, where it lies along the axis, count.
/// Results count back from the index of the window.
#[derive(Debug)]
pub(super) struct ArgMax;

impl Monoid for ArgMax {
    type Row = [Lanes; 3];
    const PARTS: usize = 3;
    const VALUES: Words = Words::Real;
    const RESULTS: Words = Words::Real;
    const MISSING: u64 = f64::NAN.to_bits();
    const PLACES: bool = true;

    #[inline(always)]
    fn none() -> Self::Row {
        [[NO_KEY; LANES], [0; LANES], [0; LANES]]
    }

    #[inline(always)]
    fn lift([values, _]: [&Lanes; 2], at: &[i64; LANES]) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let x = f64::from_bits(values[k]);
            let there = !x.is_nan();
            // Zeros of either sign are one value here: bottleneck compares them as equal.
            row[0][k] = if there { flip((x + 0.0).to_bits()) } else { NO_KEY };
            row[1][k] = at[k] as u64;
            row[2][k] = u64::from(there);
        }
        row
    }

    #[inline(always)]
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let later = right[0][k] as i64 >= left[0][k] as i64;
            row[0][k] = if later { right[0][k] } else { left[0][k] };
            row[1][k] = if later { right[1][k] } else { left[1][k] };
            row[2][k] = left[2][k] + right[2][k];
        }
        row
    }

    #[inline(always)]
    fn finish(wanted: &Wanted, row: &Self::Row, ends: &[i64; LANES]) -> Lanes {
        let mut out = [0; LANES];
        for k in 0..LANES {
            let back = (ends[k] - wanted.after - row[1][k] as i64) as f64;
            out[k] = if row[2][k] < wanted.min_count { f64::NAN } else { back }.to_bits();
        }
        out
    }
}

/// The place of the largest of 64-bit integers. None is missing, so the count follows from the place.
#[derive(Debug)]
pub(super) struct WholeArgMax;

impl Monoid for WholeArgMax {
    type Row = [Lanes; 2];
    const PARTS: usize = 2;
    const VALUES: Words = Words::Key;
    const RESULTS: Words = Words::Real;
    const MISSING: u64 = NO_KEY;
    const PLACES: bool = true;

    #[inline(always)]
    fn none() -> Self::Row {
        [[NO_KEY; LANES], [0; LANES]]
    }

    #[inline(always)]
    fn lift([values, _]: [&Lanes; 2], at: &[i64; LANES]) -> Self::Row {
        [*values, at.map(|i| i as u64)]
    }

    #[inline(always)]
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let later = right[0][k] as i64 >= left[0][k] as i64;
            row[0][k] = if later { right[0][k] } else { left[0][k] };
            row[1][k] = if later { right[1][k] } else { left[1][k] };
        }
        row
    }

    #[inline(always)]
    fn finish(wanted: &Wanted, row: &Self::Row, ends: &[i64; LANES]) -> Lanes {
        let mut out = [0; LANES];
        for k in 0..LANES {
            // The key of a place beyond the array is that of the smallest integer: where it is the
            // last of the largest, all values are that integer, and the last of them is meant.
            let place = (row[1][k] as i64).min(wanted.extent - 1);
            let back = (ends[k] - wanted.after - place) as f64;
            out[k] = if wanted.inside(ends[k]) < wanted.min_count as i64 { f64::NAN } else { back }.to_bits();
        }
        out
    }
}
