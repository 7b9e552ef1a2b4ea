//! Sums and counts of leaves.
//!
//! Owns the arithmetic of `sum` and `mean`: integers are added exactly; floats narrower than f64 in
//! f64 within a leaf, and f64 everywhere as a plain sum with the sum of its rounding errors beside it
//! (Ogita, Rump, Oishi: Accurate sum and dot product, 2005). Where the plain sum is not finite, it
//! is the result: infinities and overflow come out as IEEE says.

use super::dd::two_sum;
use super::fold::{Accumulate, Rows};
use super::items::Real;
use super::lanes::{sum_compensated, sum_made, sum_read};
use super::tree::Partial;
use crate::array::Bool;
use crate::kernel::simd::vectorized;
use half::{bf16, f16};
use std::marker::PhantomData;

/// Adds elements; with `SKIP` all but NaN.
#[derive(Clone, Copy, Debug)]
pub struct Sums<T, const SKIP: bool>(PhantomData<T>);

impl<T, const SKIP: bool> Sums<T, SKIP> {
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

/// How elements of one dtype are added.
pub trait Summand: Real {
    /// What a leaf adds up to.
    type Total: Total;
    /// One leaf of one cell.
    fn line<const SKIP: bool>(x: &[Self]) -> Self::Total;
    /// One leaf of many cells.
    fn rows<const SKIP: bool, const W: usize>(rows: &Rows<Self>, out: &mut [Self::Total]);
}

/// A finished sum.
pub trait Total: Partial {
    /// The exact sum of integers; `None` for floats.
    fn exact(&self) -> Option<i128>;
    /// The sum, rounded to f64.
    fn sum(&self) -> f64;
    /// How many elements were added, of `elements` in all.
    fn count(&self, elements: u64) -> f64;
}

impl<T: Summand, const SKIP: bool> Accumulate for Sums<T, SKIP> {
    type Item = T;
    type Partial = T::Total;

    #[inline(always)]
    fn line(&self, x: &[T]) -> T::Total {
        T::line::<SKIP>(x)
    }

    #[inline(always)]
    fn rows<const W: usize>(&self, rows: &Rows<T>, out: &mut [T::Total]) {
        T::rows::<SKIP, W>(rows, out);
    }
}

/// A sum of floats: the plain sum, what its roundings lost, and the number of elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatTotal {
    sum: f64,
    lost: f64,
    count: f64,
}

impl Partial for FloatTotal {
    const EMPTY: FloatTotal = FloatTotal { sum: 0.0, lost: 0.0, count: 0.0 };

    fn merge(left: &mut [FloatTotal], right: &[FloatTotal]) {
        #[inline(always)]
        fn merge(left: &mut [FloatTotal], right: &[FloatTotal]) {
            for (a, b) in left.iter_mut().zip(right) {
                let (sum, e) = two_sum(a.sum, b.sum);
                *a = FloatTotal { sum, lost: (a.lost + b.lost) + e, count: a.count + b.count };
            }
        }
        vectorized(
            #[inline(always)]
            || merge(left, right),
        );
    }
}

impl Total for FloatTotal {
    fn exact(&self) -> Option<i128> {
        None
    }

    fn sum(&self) -> f64 {
        // Errors near the largest number can overflow although the sum does not.
        if self.sum.is_finite() && self.lost.is_finite() { self.sum + self.lost } else { self.sum }
    }

    fn count(&self, _: u64) -> f64 {
        self.count
    }
}

/// A sum of integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntTotal(i128);

impl Partial for IntTotal {
    const EMPTY: IntTotal = IntTotal(0);

    fn merge(left: &mut [IntTotal], right: &[IntTotal]) {
        // 2^63 elements of 64 bits stay below 2^127.
        for (a, b) in left.iter_mut().zip(right) {
            a.0 += b.0;
        }
    }
}

impl Total for IntTotal {
    fn exact(&self) -> Option<i128> {
        Some(self.0)
    }

    fn sum(&self) -> f64 {
        self.0 as f64
    }

    fn count(&self, elements: u64) -> f64 {
        elements as f64
    }
}

/// The element to add: 0 for one that is left out.
#[inline(always)]
fn taken<T: Real, const SKIP: bool>(x: T) -> f64 {
    if SKIP && x.is_nan() { 0.0 } else { x.value() }
}

/// Adds 1 for each element of a row that is not left out.
#[inline(always)]
fn count_row<T: Real>(counts: &mut [f64], row: &[T]) {
    for (n, x) in counts.iter_mut().zip(row) {
        *n += if x.is_nan() { 0.0 } else { 1.0 };
    }
}

/// Elements that are not left out.
#[inline(always)]
pub(super) fn count<T: Real, const SKIP: bool>(x: &[T]) -> f64 {
    if !SKIP {
        return x.len() as f64;
    }
    let mut count = 0u32;
    for x in x {
        count += u32::from(!x.is_nan());
    }
    count.into()
}

/// Narrow floats, where f64 has bits to spare for a leaf.
macro_rules! narrow_floats {
    ($($T:ty),*) => { $(
        impl Summand for $T {
            type Total = FloatTotal;

            #[inline(always)]
            fn line<const SKIP: bool>(x: &[$T]) -> FloatTotal {
                let sum = if SKIP {
                    sum_made(x, taken::<$T, SKIP>)
                } else {
                    sum_read(x, #[inline(always)] |v: $T| v.value())
                };
                FloatTotal { sum, lost: 0.0, count: count::<$T, SKIP>(x) }
            }

            #[inline(always)]
            fn rows<const SKIP: bool, const W: usize>(rows: &Rows<$T>, out: &mut [FloatTotal]) {
                let (mut sums, mut counts) = ([0.0; W], [0.0; W]);
                let (sums, counts) = (&mut sums[..out.len()], &mut counts[..out.len()]);
                for row in rows.iter() {
                    for (sum, x) in sums.iter_mut().zip(row) {
                        *sum += taken::<$T, SKIP>(*x);
                    }
                    if SKIP {
                        count_row(counts, row);
                    }
                }
                for (i, o) in out.iter_mut().enumerate() {
                    let count = if SKIP { counts[i] } else { rows.len() as f64 };
                    *o = FloatTotal { sum: sums[i], lost: 0.0, count };
                }
            }
        }
    )* };
}
narrow_floats!(f16, bf16, f32);

impl Summand for f64 {
    type Total = FloatTotal;

    #[inline(always)]
    fn line<const SKIP: bool>(x: &[f64]) -> FloatTotal {
        let (sum, lost) = sum_compensated(x, taken::<f64, SKIP>);
        FloatTotal { sum, lost, count: count::<f64, SKIP>(x) }
    }

    #[inline(always)]
    fn rows<const SKIP: bool, const W: usize>(rows: &Rows<f64>, out: &mut [FloatTotal]) {
        let (mut sums, mut lost, mut counts) = ([0.0; W], [0.0; W], [0.0; W]);
        let (sums, lost) = (&mut sums[..out.len()], &mut lost[..out.len()]);
        for row in rows.iter() {
            for ((sum, lost), x) in sums.iter_mut().zip(lost.iter_mut()).zip(row) {
                let (s, e) = two_sum(*sum, taken::<f64, SKIP>(*x));
                *sum = s;
                *lost += e;
            }
            if SKIP {
                count_row(&mut counts, row);
            }
        }
        for (i, o) in out.iter_mut().enumerate() {
            let count = if SKIP { counts[i] } else { rows.len() as f64 };
            *o = FloatTotal { sum: sums[i], lost: lost[i], count };
        }
    }
}

/// Integers whose leaf fits `$line`, and 64 of them `$row`. A leaf has at most 16,384 elements.
macro_rules! narrow_integers {
    ($($T:ty => $line:ty, $row:ty, $x:ident => $value:expr;)*) => { $(
        impl Summand for $T {
            type Total = IntTotal;

            #[inline(always)]
            fn line<const SKIP: bool>(x: &[$T]) -> IntTotal {
                let mut sum: $line = 0;
                for $x in x {
                    sum = sum.wrapping_add(<$line>::from($value));
                }
                IntTotal(sum.into())
            }

            #[inline(always)]
            fn rows<const SKIP: bool, const W: usize>(rows: &Rows<$T>, out: &mut [IntTotal]) {
                let mut sums: [$row; W] = [0; W];
                let sums = &mut sums[..out.len()];
                for row in rows.iter() {
                    for (sum, $x) in sums.iter_mut().zip(row) {
                        *sum = sum.wrapping_add(<$row>::from($value));
                    }
                }
                for (o, sum) in out.iter_mut().zip(sums) {
                    *o = IntTotal((*sum).into());
                }
            }
        }
    )* };
}
narrow_integers! {
    Bool => i32, i32, x => x.get();
    u8 => i32, i32, x => *x;
    u16 => i32, i32, x => *x;
    i8 => i32, i32, x => *x;
    i16 => i32, i32, x => *x;
    u32 => i64, i64, x => *x;
    i32 => i64, i64, x => *x;
}

/// 64-bit integers, added as two halves of 32 bits.
macro_rules! wide_integers {
    ($($T:ty),*) => { $(
        impl Summand for $T {
            type Total = IntTotal;

            #[inline(always)]
            fn line<const SKIP: bool>(x: &[$T]) -> IntTotal {
                let (mut high, mut low) = (0i64, 0i64);
                for x in x {
                    high = high.wrapping_add((x >> 32) as i64);
                    low = low.wrapping_add((x & 0xFFFF_FFFF) as i64);
                }
                IntTotal((i128::from(high) << 32) + i128::from(low))
            }

            #[inline(always)]
            fn rows<const SKIP: bool, const W: usize>(rows: &Rows<$T>, out: &mut [IntTotal]) {
                let (mut high, mut low) = ([0i64; W], [0i64; W]);
                let (high, low) = (&mut high[..out.len()], &mut low[..out.len()]);
                for row in rows.iter() {
                    for ((high, low), x) in high.iter_mut().zip(low.iter_mut()).zip(row) {
                        *high = high.wrapping_add((x >> 32) as i64);
                        *low = low.wrapping_add((x & 0xFFFF_FFFF) as i64);
                    }
                }
                for (i, o) in out.iter_mut().enumerate() {
                    *o = IntTotal((i128::from(high[i]) << 32) + i128::from(low[i]));
                }
            }
        }
    )* };
}
wide_integers!(u64, i64);
