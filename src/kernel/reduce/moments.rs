//! Mean and centred sum of squares of leaves.
//!
//! Owns the arithmetic of `var`, `std` and `zscore`. A leaf is looked at twice while it is in the
//! cache: its mean, then the squares of what differs from it, with the correction for the mean's own
//! rounding (Chan, Golub, LeVeque 1983). Leaves are joined by Chan's formula in double-double.
//! The first pass counts from the leaf's first element, so that constant data has variance 0 exactly.

use super::dd::Double;
use super::fold::{Accumulate, Rows};
use super::items::Real;
use super::lanes::{sum_and_squares, sum_made};
use super::sums::count;
use super::tree::Partial;
use crate::kernel::simd::vectorized;
use std::marker::PhantomData;

/// Mean and squares of elements; with `SKIP` of all but NaN.
#[derive(Clone, Copy, Debug)]
pub struct Moments<T, const SKIP: bool>(PhantomData<T>);

impl<T, const SKIP: bool> Moments<T, SKIP> {
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

/// Count, mean and sum of squared deviations from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    pub(crate) count: f64,
    pub(crate) mean: Double,
    pub(crate) squares: Double,
}

impl Moment {
    /// The mean; NaN of nothing.
    pub fn mean(&self) -> f64 {
        if self.count == 0.0 { f64::NAN } else { self.mean.hi }
    }

    /// The squares divided by `count - ddof`; NaN where that is not positive.
    #[inline(always)]
    pub fn variance(&self, ddof: f64) -> f64 {
        let divisor = self.count - ddof;
        if divisor > 0.0 { self.squares.hi / divisor } else { f64::NAN }
    }

    /// A leaf from its provisional mean, and the sums of deviations from it and of their squares.
    #[inline(always)]
    fn leaf(count: f64, middle: f64, deviations: f64, squares: f64) -> Moment {
        let mean = Double::renormalised(middle, deviations / count).or_plain(middle);
        let corrected = squares - deviations * (deviations / count);
        let kept = if corrected < 0.0 { 0.0 } else { corrected };
        // Squares that overflowed stay infinite.
        let squares = if squares.is_finite() { kept } else { squares };
        Moment { count, mean, squares: Double { hi: squares, lo: 0.0 } }
    }

    /// That of both, by Chan's formula.
    #[inline(always)]
    pub(crate) fn joined(self, other: Moment) -> Moment {
        let (a, b) = (self, other);
        let count = a.count + b.count;
        let share = Double::quotient(b.count, count);
        let delta = b.mean.minus(a.mean);
        let plain_delta = b.mean.hi - a.mean.hi;
        // Where a difference or a step between means overflows, their weighted mean does not.
        let mean = a.mean.plus(delta.times(share)).or_plain(a.mean.hi * (1.0 - share.hi) + b.mean.hi * share.hi);
        let between = delta.times(delta).times(share.times(Double { hi: a.count, lo: 0.0 }));
        let plain = a.squares.hi + b.squares.hi + plain_delta * plain_delta * (share.hi * a.count);
        let squares = a.squares.plus(b.squares).plus(between).or_plain(plain);
        let both = Moment { count, mean, squares };
        if b.count == 0.0 {
            a
        } else if a.count == 0.0 {
            b
        } else {
            both
        }
    }
}

impl Partial for Moment {
    const EMPTY: Moment = Moment { count: 0.0, mean: Double::ZERO, squares: Double::ZERO };

    fn merge(left: &mut [Moment], right: &[Moment]) {
        #[inline(always)]
        fn merge(left: &mut [Moment], right: &[Moment]) {
            for (a, b) in left.iter_mut().zip(right) {
                *a = a.joined(*b);
            }
        }
        vectorized(
            #[inline(always)]
            || merge(left, right),
        );
    }
}

impl<T: Real, const SKIP: bool> Accumulate for Moments<T, SKIP> {
    type Item = T;
    type Partial = Moment;

    #[inline(always)]
    fn line(&self, x: &[T]) -> Moment {
        let Some(first) = x.iter().find(|x| !(SKIP && x.is_nan())) else { return Moment::EMPTY };
        let first = first.value();
        let count = count::<T, SKIP>(x);
        let sum = sum_made(
            x,
            #[inline(always)]
            |x: T| {
                let d = x.value() - first;
                if SKIP && x.is_nan() { 0.0 } else { d }
            },
        );
        let middle = first + sum / count;
        let (deviations, squares) = sum_and_squares(
            x,
            #[inline(always)]
            |x: T| {
                let d = x.value() - middle;
                if SKIP && x.is_nan() { 0.0 } else { d }
            },
        );
        Moment::leaf(count, middle, deviations, squares)
    }

    #[inline(always)]
    fn rows<const W: usize>(&self, rows: &Rows<T>, out: &mut [Moment]) {
        let n = out.len();
        let (mut first, mut sums, mut counts) = ([f64::NAN; W], [0.0; W], [0.0; W]);
        let (first, sums, counts) = (&mut first[..n], &mut sums[..n], &mut counts[..n]);
        // Where NaN is skipped, the first element that is none is found on the way.
        for row in rows.iter().take(if SKIP { usize::MAX } else { 1 }) {
            for (first, x) in first.iter_mut().zip(row) {
                *first = if first.is_nan() { x.value() } else { *first };
            }
        }
        for row in rows.iter() {
            for ((sum, first), x) in sums.iter_mut().zip(first.iter()).zip(row) {
                let d = x.value() - *first;
                *sum += if SKIP && x.is_nan() { 0.0 } else { d };
            }
            if SKIP {
                for (count, x) in counts.iter_mut().zip(row) {
                    *count += if x.is_nan() { 0.0 } else { 1.0 };
                }
            }
        }
        if !SKIP {
            counts.fill(rows.len() as f64);
        }
        let (middle, mut deviations, mut squares) = (first, [0.0; W], [0.0; W]);
        let (deviations, squares) = (&mut deviations[..n], &mut squares[..n]);
        for i in 0..n {
            middle[i] += sums[i] / counts[i];
        }
        for row in rows.iter() {
            let sums = deviations.iter_mut().zip(squares.iter_mut());
            for (((deviation, square), middle), x) in sums.zip(middle.iter()).zip(row) {
                let d = x.value() - *middle;
                let d = if SKIP && x.is_nan() { 0.0 } else { d };
                *deviation += d;
                *square += d * d;
            }
        }
        for (i, o) in out.iter_mut().enumerate() {
            let leaf = Moment::leaf(counts[i], middle[i], deviations[i], squares[i]);
            *o = if counts[i] == 0.0 { Moment::EMPTY } else { leaf };
        }
    }
}
