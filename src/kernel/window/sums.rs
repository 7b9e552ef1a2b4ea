//! Sums of a window: floats in twice the digits, integers exact.
//!
//! Owns the arithmetic of `rolling_sum` and `rolling_mean`. Refuses to know windows and dtypes.

use super::monoid::{LANES, Lanes, Monoid, Wanted, What, Words};
use crate::kernel::dd::{Dd, two_sum};

/// Sum or mean of f64 values, NaN left out: plain sum, what its roundings lost, count.
#[derive(Debug)]
pub(super) struct Sum;

impl Monoid for Sum {
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
    fn lift([values, _]: [&Lanes; 2], _: &[i64; LANES]) -> Self::Row {
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
            let sum = dd(row[0][k], row[1][k]).to_f64();
            let result = if wanted.what == What::Mean { sum / count } else { sum };
            out[k] = if count < least { f64::NAN } else { result }.to_bits();
        }
        out
    }
}

/// Sum or mean, as f64, of 64-bit integers, which f64 could not hold: each becomes an exact pair. None
/// is missing, so the count follows from the place.
#[derive(Debug)]
pub(super) struct WideSum<const SIGNED: bool>;

impl<const SIGNED: bool> Monoid for WideSum<SIGNED> {
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
    fn lift([values, _]: [&Lanes; 2], _: &[i64; LANES]) -> Self::Row {
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
            let (count, sum) = (wanted.inside(ends[k]), dd(row[0][k], row[1][k]).to_f64());
            let result = if wanted.what == What::Mean { sum / count as f64 } else { sum };
            out[k] = if count < wanted.min_count as i64 { f64::NAN } else { result }.to_bits();
        }
        out
    }
}

/// Exact sum of integers as an integer, where none is missing: its low 32 bits and what lies above
/// them, which no count of integers overflows.
#[derive(Debug)]
pub(super) struct WholeSum<const SIGNED: bool>;

impl<const SIGNED: bool> Monoid for WholeSum<SIGNED> {
    type Row = [Lanes; 2];
    const PARTS: usize = 2;
    const VALUES: Words = Words::Whole;
    const RESULTS: Words = Words::Whole;
    const MISSING: u64 = 0;
    const BEYOND: Option<&'static str> = Some(if SIGNED {
        "the sum of a window lies beyond i64 (-9223372036854775808 to 9223372036854775807); cast to f64 before rolling_sum"
    } else {
        "the sum of a window lies beyond u64 (0 to 18446744073709551615); cast to f64 before rolling_sum"
    });

    #[inline(always)]
    fn none() -> Self::Row {
        [[0; LANES]; 2]
    }

    #[inline(always)]
    fn lift([values, _]: [&Lanes; 2], _: &[i64; LANES]) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let x = values[k];
            row[0][k] = x & 0xffff_ffff;
            row[1][k] = if SIGNED { ((x as i64) >> 32) as u64 } else { x >> 32 };
        }
        row
    }

    #[inline(always)]
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let low = left[0][k] + right[0][k];
            row[0][k] = low & 0xffff_ffff;
            row[1][k] = left[1][k].wrapping_add(right[1][k]).wrapping_add(low >> 32);
        }
        row
    }

    #[inline(always)]
    fn finish(_: &Wanted, row: &Self::Row, _: &[i64; LANES]) -> Lanes {
        let mut out = [0; LANES];
        for k in 0..LANES {
            out[k] = row[1][k] << 32 | row[0][k];
        }
        out
    }

    #[inline(always)]
    fn beyond(row: &Self::Row) -> Lanes {
        let mut out = [0; LANES];
        for k in 0..LANES {
            let high = row[1][k];
            // Above bit 63 there must be copies of it, or nothing.
            out[k] = if SIGNED { high ^ (((high << 32) as i64) >> 32) as u64 } else { high >> 32 };
        }
        out
    }
}

#[inline(always)]
fn dd(hi: u64, lo: u64) -> Dd {
    Dd { hi: f64::from_bits(hi), lo: f64::from_bits(lo) }
}
