//! How the values of two windows vary together: co-moments, joined without any subtraction of what left.
//!
//! Owns the arithmetic of `rolling_cov` and `rolling_corr`: counts and means of pairs, and sums of products of deviations,
//! in twice the digits, joined by Chan's formula as those of `spread` are. Refuses to know windows and dtypes.

use super::monoid::{LANES, Lanes, Monoid, Wanted, What, Words};
use crate::kernel::reduce::{Double, Moment};
use bytemuck::Pod;

/// Two values of one place, or many: those of which neither is NaN.
#[derive(Clone, Copy)]
struct Pairs {
    x: Moment,
    y: Moment,
    products: Double,
}

/// Words of a covariance; those of a correlation have the squares of both besides.
const COV: usize = 7;
const CORR: usize = 11;

#[inline(always)]
fn load(row: &[Lanes], k: usize) -> Pairs {
    let double = |i: usize| match row.get(i..i + 2) {
        Some(parts) => Double { hi: f64::from_bits(parts[0][k]), lo: f64::from_bits(parts[1][k]) },
        None => Double::ZERO,
    };
    let count = f64::from_bits(row[0][k]);
    Pairs {
        x: Moment { count, mean: double(1), squares: double(7) },
        y: Moment { count, mean: double(3), squares: double(9) },
        products: double(5),
    }
}

#[inline(always)]
fn store(pairs: &Pairs, row: &mut [Lanes], k: usize) {
    let Pairs { x, y, products } = pairs;
    row[0][k] = x.count.to_bits();
    let doubles = [x.mean, y.mean, *products, x.squares, y.squares];
    for (parts, double) in row[1..].chunks_exact_mut(2).zip(doubles) {
        (parts[0][k], parts[1][k]) = (double.hi.to_bits(), double.lo.to_bits());
    }
}

impl Pairs {
    #[inline(always)]
    fn joined(self, other: Pairs) -> Pairs {
        let (a, b) = (self, other);
        let (left, right) = (a.x.count, b.x.count);
        let share = Double::quotient(right, left + right);
        let between = b.x.mean.minus(a.x.mean).times(b.y.mean.minus(a.y.mean));
        let plain = (b.x.mean.hi - a.x.mean.hi) * (b.y.mean.hi - a.y.mean.hi) * (share.hi * left);
        let between = between.times(share.times(Double { hi: left, lo: 0.0 }));
        let plain = a.products.hi + b.products.hi + plain;
        let products = a.products.plus(b.products).plus(between).or_plain(plain);
        let both = Pairs { x: a.x.joined(b.x), y: a.y.joined(b.y), products };
        if right == 0.0 {
            a
        } else if left == 0.0 {
            b
        } else {
            both
        }
    }

    /// Whether they are finite, and enough.
    #[inline(always)]
    fn count(&self, wanted: &Wanted) -> bool {
        self.x.count >= wanted.min_count as f64 && self.x.mean.hi.is_finite() && self.y.mean.hi.is_finite()
    }
}

#[inline(always)]
fn lift([x, y]: [&Lanes; 2], row: &mut [Lanes]) {
    for k in 0..LANES {
        let (x, y) = (f64::from_bits(x[k]), f64::from_bits(y[k]));
        let there = !x.is_nan() && !y.is_nan();
        row[0][k] = if there { 1f64 } else { 0f64 }.to_bits();
        row[1][k] = if there { x } else { 0.0 }.to_bits();
        row[3][k] = if there { y } else { 0.0 }.to_bits();
    }
}

#[inline(always)]
fn join<const P: usize>(left: &[Lanes; P], right: &[Lanes; P]) -> [Lanes; P] {
    let mut row = [[0; LANES]; P];
    for k in 0..LANES {
        store(&load(left, k).joined(load(right, k)), &mut row, k);
    }
    row
}

/// How pairs of f64 values vary together, in `P` words: their covariance, or their correlation.
#[derive(Debug)]
pub(super) struct Together<const P: usize>;

pub(super) type Cov = Together<COV>;
pub(super) type Corr = Together<CORR>;

impl<const P: usize> Together<P> {
    #[inline(always)]
    fn result(pairs: &Pairs, ddof: f64) -> f64 {
        if P == CORR {
            // Roots apart: the product of the squares may be beyond f64.
            let scale = pairs.x.squares.hi.sqrt() * pairs.y.squares.hi.sqrt();
            return (pairs.products.hi / scale).clamp(-1.0, 1.0);
        }
        let divisor = pairs.x.count - ddof;
        if divisor > 0.0 { pairs.products.hi / divisor } else { f64::NAN }
    }
}

impl<const P: usize> Monoid for Together<P>
where
    [Lanes; P]: Pod,
{
    type Row = [Lanes; P];
    const PARTS: usize = P;
    const INPUTS: usize = 2;
    const VALUES: Words = Words::Real;
    const RESULTS: Words = Words::Real;
    const MISSING: u64 = f64::NAN.to_bits();

    #[inline(always)]
    fn none() -> Self::Row {
        [[0; LANES]; P]
    }

    #[inline(always)]
    fn lift(values: [&Lanes; 2], _: &[i64; LANES]) -> Self::Row {
        let mut row = Self::none();
        lift(values, &mut row);
        row
    }

    #[inline(always)]
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row {
        join(left, right)
    }

    #[inline(always)]
    fn finish(wanted: &Wanted, row: &Self::Row, _: &[i64; LANES]) -> Lanes {
        let ddof = if let What::Spread { ddof, .. } = wanted.what { ddof } else { 1.0 };
        let mut out = [0; LANES];
        for (k, out) in out.iter_mut().enumerate() {
            let pairs = load(row, k);
            *out = if pairs.count(wanted) { Self::result(&pairs, ddof) } else { f64::NAN }.to_bits();
        }
        out
    }
}
