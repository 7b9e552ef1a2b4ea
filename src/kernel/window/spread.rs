//! How far the values of a window lie apart: central moments, joined without any subtraction of what left.
//!
//! Owns the arithmetic of `rolling_var`, `rolling_std` and `rolling_skew`: counts, means and sums of powers
//! of deviations in twice the digits, joined by Chan's formulas (Chan, Golub, LeVeque 1983; Pébay 2008),
//! in which a mean far from 0 costs nothing. Refuses to know windows and dtypes.

use super::monoid::{LANES, Lanes, Monoid, Wanted, What, Words};
use crate::kernel::reduce::{Double, Moment};

/// Variance of f64 values, NaN left out: count, mean and squares of deviations.
#[derive(Debug)]
pub(super) struct Spread;

#[inline(always)]
fn load(row: &[Lanes], k: usize) -> Moment {
    let part = |i: usize| f64::from_bits(row[i][k]);
    Moment { count: part(0), mean: Double { hi: part(1), lo: part(2) }, squares: Double { hi: part(3), lo: part(4) } }
}

#[inline(always)]
fn store(moment: &Moment, row: &mut [Lanes], k: usize) {
    let Moment { count, mean, squares } = moment;
    let parts = [*count, mean.hi, mean.lo, squares.hi, squares.lo];
    for (part, value) in row.iter_mut().zip(parts) {
        part[k] = value.to_bits();
    }
}

/// Count and mean of single values; the other parts stay 0.
#[inline(always)]
fn lift_all(values: &Lanes, row: &mut [Lanes]) {
    for k in 0..LANES {
        let x = f64::from_bits(values[k]);
        let there = !x.is_nan();
        row[0][k] = if there { 1f64 } else { 0f64 }.to_bits();
        row[1][k] = if there { x } else { 0.0 }.to_bits();
    }
}

/// Whether a moment is one of finite values, and of enough of them.
#[inline(always)]
fn counts(moment: &Moment, wanted: &Wanted) -> bool {
    moment.count >= wanted.min_count as f64 && moment.mean.hi.is_finite()
}

impl Monoid for Spread {
    type Row = [Lanes; 5];
    const PARTS: usize = 5;
    const VALUES: Words = Words::Real;
    const RESULTS: Words = Words::Real;
    const MISSING: u64 = f64::NAN.to_bits();

    #[inline(always)]
    fn none() -> Self::Row {
        [[0; LANES]; 5]
    }

    #[inline(always)]
    fn lift([values, _]: [&Lanes; 2], _: &[i64; LANES]) -> Self::Row {
        let mut row = Self::none();
        lift_all(values, &mut row);
        row
    }

    #[inline(always)]
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            store(&load(left, k).joined(load(right, k)), &mut row, k);
        }
        row
    }

    #[inline(always)]
    fn finish(wanted: &Wanted, row: &Self::Row, _: &[i64; LANES]) -> Lanes {
        let (ddof, root) = if let What::Spread { ddof, root } = wanted.what { (ddof, root) } else { (1.0, false) };
        let mut out = [0; LANES];
        for (k, out) in out.iter_mut().enumerate() {
            let moment = load(row, k);
            let variance = moment.variance(ddof);
            let result = if root { variance.sqrt() } else { variance };
            *out = if counts(&moment, wanted) { result } else { f64::NAN }.to_bits();
        }
        out
    }
}

/// Skewness of f64 values, NaN left out: as [`Spread`], and the cubes of deviations.
#[derive(Debug)]
pub(super) struct Skew;

impl Monoid for Skew {
    type Row = [Lanes; 7];
    const PARTS: usize = 7;
    const VALUES: Words = Words::Real;
    const RESULTS: Words = Words::Real;
    const MISSING: u64 = f64::NAN.to_bits();

    #[inline(always)]
    fn none() -> Self::Row {
        [[0; LANES]; 7]
    }

    #[inline(always)]
    fn lift([values, _]: [&Lanes; 2], _: &[i64; LANES]) -> Self::Row {
        let mut row = Self::none();
        lift_all(values, &mut row);
        row
    }

    #[inline(always)]
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row {
        let mut row = Self::none();
        for k in 0..LANES {
            let (a, b) = (load(left, k), load(right, k));
            store(&a.joined(b), &mut row, k);
            let [left, right] =
                [left, right].map(|r| Double { hi: f64::from_bits(r[5][k]), lo: f64::from_bits(r[6][k]) });
            let cubes = cubes((a, left), (b, right));
            (row[5][k], row[6][k]) = (cubes.hi.to_bits(), cubes.lo.to_bits());
        }
        row
    }

    #[inline(always)]
    fn finish(wanted: &Wanted, row: &Self::Row, _: &[i64; LANES]) -> Lanes {
        let mut out = [0; LANES];
        for k in 0..LANES {
            let moment = load(row, k);
            let (n, squares) = (moment.count, moment.squares.hi);
            let skew = f64::from_bits(row[5][k]) / squares / squares.sqrt() * (n * (n - 1.0).sqrt() / (n - 2.0));
            out[k] = if counts(&moment, wanted) && n > 2.0 { skew } else { f64::NAN }.to_bits();
        }
        out
    }
}

/// The sum of cubes of deviations of both.
#[inline(always)]
fn cubes((a, left): (Moment, Double), (b, right): (Moment, Double)) -> Double {
    let scaled = |x: Double, by: f64| x.times(Double { hi: by, lo: 0.0 });
    let count = a.count + b.count;
    let (of_a, of_b) = (Double::quotient(a.count, count), Double::quotient(b.count, count));
    let delta = b.mean.minus(a.mean);
    let third = scaled(delta.times(delta).times(of_b).times(of_a.minus(of_b)), a.count);
    let crossed = scaled(of_a.times(b.squares).minus(of_b.times(a.squares)), 3.0);
    let both = left.plus(right).plus(delta.times(third.plus(crossed)));
    if b.count == 0.0 {
        left
    } else if a.count == 0.0 {
        right
    } else {
        both
    }
}
