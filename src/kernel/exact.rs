//! Sums without any rounding, of numbers and of their squares, and what is rounded once from them: sums, means and
//! variances.
//!
//! Owns the arithmetic of numbers that are long enough for every bit a sum can have (a "superaccumulator", Kulisch
//! and Miranker, 1986). A sum is a row of digits of 32 bits, each in an `i64`, so that adding an element touches three
//! or four of them and carries nothing; carries are settled before a digit can overflow. Adding is then associative,
//! and no order of elements, tiles or joins shows. Refuses to know what is summed, and why.

use crate::array::{Bool, DType};
use crate::kernel::reduce::Real;
use half::{bf16, f16};

/// Bits of a digit.
const DIGIT: u32 = 32;

/// Elements after which carries must be settled: a square adds to a digit up to three times, each time less than
/// 2^32.
pub const ADDS_MAX: u64 = 1 << 29;

/// An element whose sum is kept exactly.
pub trait Exact: Real {
    /// The exponent of the lowest bit that an element can have.
    const LOW: i32;
    /// How many bits there are from that one to the highest.
    const WIDTH: u32;
    /// A finite element as `± magnitude * 2^(place + LOW)`.
    fn parts(self) -> (u64, u32, bool);
}

macro_rules! whole {
    ($($T:ty, $x:ident => $negative:expr;)*) => { $(
        impl Exact for $T {
            const LOW: i32 = 0;
            const WIDTH: u32 = <$T>::BITS;
            #[inline(always)]
            fn parts(self) -> (u64, u32, bool) {
                let $x = self;
                (i128::from($x).unsigned_abs() as u64, 0, $negative)
            }
        }
    )* };
}
whole! {
    u8, _x => false;
    u16, _x => false;
    u32, _x => false;
    u64, _x => false;
    i8, x => x < 0;
    i16, x => x < 0;
    i32, x => x < 0;
    i64, x => x < 0;
}

impl Exact for Bool {
    const LOW: i32 = 0;
    const WIDTH: u32 = 1;
    #[inline(always)]
    fn parts(self) -> (u64, u32, bool) {
        (u64::from(self.get()), 0, false)
    }
}

impl Exact for f32 {
    const LOW: i32 = -149;
    const WIDTH: u32 = 277;
    #[inline(always)]
    fn parts(self) -> (u64, u32, bool) {
        let bits = self.to_bits();
        let (exponent, fraction) = (bits >> 23 & 0xFF, u64::from(bits & 0x7F_FFFF));
        let hidden = u64::from(exponent > 0) << 23;
        (fraction | hidden, exponent.max(1) - 1, bits >> 31 == 1)
    }
}

impl Exact for f64 {
    const LOW: i32 = -1074;
    const WIDTH: u32 = 2098;
    #[inline(always)]
    fn parts(self) -> (u64, u32, bool) {
        let bits = self.to_bits();
        let (exponent, fraction) = ((bits >> 52) as u32 & 0x7FF, bits & 0xF_FFFF_FFFF_FFFF);
        let hidden = u64::from(exponent > 0) << 52;
        (fraction | hidden, exponent.max(1) - 1, bits >> 63 == 1)
    }
}

impl Exact for f16 {
    const LOW: i32 = -24;
    const WIDTH: u32 = 40;
    #[inline(always)]
    fn parts(self) -> (u64, u32, bool) {
        let bits = u32::from(self.to_bits());
        let (exponent, fraction) = (bits >> 10 & 0x1F, u64::from(bits & 0x3FF));
        let hidden = u64::from(exponent > 0) << 10;
        (fraction | hidden, exponent.max(1) - 1, bits >> 15 == 1)
    }
}

impl Exact for bf16 {
    const LOW: i32 = <f32 as Exact>::LOW;
    const WIDTH: u32 = <f32 as Exact>::WIDTH;
    #[inline(always)]
    fn parts(self) -> (u64, u32, bool) {
        f32::from(self).parts()
    }
}

/// Digits of a sum of elements (`power` 1) or of their squares (`power` 2): room for 2^63 of them, and a sign.
pub fn digits<T: Exact>(power: u32) -> usize {
    (T::WIDTH * power + 64).div_ceil(DIGIT) as usize
}

/// Adds `± value * 2^place`.
#[inline(always)]
fn add_at(digits: &mut [i64], value: u64, place: u32, negative: bool) {
    let wide = u128::from(value) << (place % DIGIT);
    let sign = if negative { -1 } else { 1 };
    let first = (place / DIGIT) as usize;
    for (i, digit) in digits[first..].iter_mut().take(3).enumerate() {
        *digit += i64::from((wide >> (i as u32 * DIGIT)) as u32) * sign;
    }
}

/// Adds a finite element to a sum.
#[inline(always)]
pub fn add<T: Exact>(digits: &mut [i64], x: T) {
    let (value, place, negative) = x.parts();
    add_at(digits, value, place, negative);
}

/// Adds the square of a finite element to a sum of squares.
#[inline(always)]
pub fn add_square<T: Exact>(digits: &mut [i64], x: T) {
    let (value, place, _) = x.parts();
    let square = u128::from(value) * u128::from(value);
    add_at(digits, square as u64, 2 * place, false);
    if square >> 64 > 0 {
        add_at(digits, (square >> 64) as u64, 2 * place + 64, false);
    }
}

/// Adds another sum. Both have been settled since they took [`ADDS_MAX`] elements together.
pub fn join(digits: &mut [i64], other: &[i64]) {
    digits.iter_mut().zip(other).for_each(|(a, b)| *a += b);
}

/// Moves what passes 32 bits to the next digit; the last one keeps the sign.
pub fn settle(digits: &mut [i64]) {
    let Some((last, rest)) = digits.split_last_mut() else { return };
    let mut carry = 0;
    for digit in rest {
        let sum = *digit + carry;
        (*digit, carry) = (sum & 0xFFFF_FFFF, sum >> DIGIT);
    }
    *last += carry;
}

/// Sums of elements that come as f64, whatever their dtype.
#[derive(Clone, Copy, Debug)]
pub struct Wide {
    low: i32,
    pub digits: usize,
}

impl Wide {
    /// Those of elements of a real dtype.
    pub fn of(dtype: DType) -> Wide {
        fn wide<T: Exact>() -> Wide {
            Wide { low: T::LOW, digits: digits::<T>(1) }
        }
        match dtype {
            DType::F64 => wide::<f64>(),
            DType::F32 | DType::BF16 => wide::<f32>(),
            DType::F16 => wide::<f16>(),
            _ => wide::<i64>(),
        }
    }

    /// Those of elements times an index.
    pub fn weighted(dtype: DType) -> Wide {
        let wide = Wide::of(dtype);
        Wide { digits: wide.digits + 64usize.div_ceil(DIGIT as usize), ..wide }
    }

    /// Adds a finite element times an index.
    #[inline(always)]
    pub fn add_times(self, digits: &mut [i64], x: f64, index: u64) {
        let (value, place, negative) = self.parts(x);
        self.add_product(digits, (value, negative), place, index);
    }

    /// Adds `± value * 2^place` times an index; the place counts from the lowest bit of the dtype.
    #[inline(always)]
    pub fn add_product(self, digits: &mut [i64], (value, negative): (u64, bool), place: u32, index: u64) {
        let product = u128::from(value) * u128::from(index);
        add_at(digits, product as u64, place, negative);
        if product >> 64 > 0 {
            add_at(digits, (product >> 64) as u64, place + 64, negative);
        }
    }

    /// A finite element, its place counted from the lowest bit of the dtype; bits below that one are 0.
    #[inline(always)]
    fn parts(self, x: f64) -> (u64, u32, bool) {
        let (value, place, negative) = x.parts();
        let above = place as i32 + <f64 as Exact>::LOW - self.low;
        (value >> (-above).clamp(0, 63), above.max(0) as u32, negative)
    }

    /// Adds a finite element.
    #[inline(always)]
    pub fn add(self, digits: &mut [i64], x: f64) {
        let (value, place, negative) = self.parts(x);
        add_at(digits, value, place, negative);
    }

    /// The sum, rounded once.
    pub fn value(self, digits: &[i64]) -> f64 {
        Long::from_digits(digits, self.low).round()
    }
}

/// A whole number of any length times a power of two: what digits add up to.
#[derive(Clone, Debug, PartialEq)]
pub struct Long {
    negative: bool,
    /// Lowest digit first; no zeros at the end.
    magnitude: Vec<u32>,
    /// The exponent of the lowest bit.
    low: i32,
}

impl Long {
    /// The sum of elements, or of squares with `power` 2.
    pub fn of<T: Exact>(digits: &[i64], power: u32) -> Long {
        Long::from_digits(digits, T::LOW * power as i32)
    }

    fn from_digits(digits: &[i64], low: i32) -> Long {
        let mut own = digits.to_vec();
        settle(&mut own);
        let negative = own.last().is_some_and(|d| *d < 0);
        if negative {
            own.iter_mut().for_each(|d| *d = -*d);
            settle(&mut own);
        }
        // The last digit of a sum of so few elements has 32 bits at most.
        let mut long = Long { negative, magnitude: own.iter().map(|d| *d as u32).collect(), low };
        long.trim();
        long
    }

    fn trim(&mut self) {
        let used = self.magnitude.iter().rposition(|d| *d != 0).map_or(0, |i| i + 1);
        self.magnitude.truncate(used);
    }

    /// As a whole number; none where it has a fraction or more than 127 bits.
    pub fn whole(&self) -> Option<i128> {
        if self.low != 0 || self.magnitude.len() > 4 {
            return None;
        }
        let value = self.magnitude.iter().rev().fold(0u128, |v, d| v << DIGIT | u128::from(*d));
        let value = i128::try_from(value).ok()?;
        Some(if self.negative { -value } else { value })
    }

    /// The nearest f64, ties to even; infinite beyond the largest.
    pub fn round(&self) -> f64 {
        self.rounded(false)
    }

    /// This divided by `n`, rounded once.
    pub fn over(&self, n: u64) -> f64 {
        self.over_both(n, 1)
    }

    /// This divided by `n * m`, rounded once. NaN where one of them is 0.
    fn over_both(&self, n: u64, m: u64) -> f64 {
        if n == 0 || m == 0 {
            return f64::NAN;
        }
        // So many bits below the point that what is lost cannot decide, but for being there.
        const BELOW: usize = 7;
        let mut long = self.clone();
        long.magnitude.splice(0..0, [0; BELOW]);
        long.low -= (BELOW as u32 * DIGIT) as i32;
        let lost = long.divide(n) | long.divide(m);
        long.trim();
        long.rounded(lost)
    }

    /// Divides the magnitude, rounding down; whether there was a remainder.
    fn divide(&mut self, by: u64) -> bool {
        let mut rest = 0u128;
        for digit in self.magnitude.iter_mut().rev() {
            let part = rest << DIGIT | u128::from(*digit);
            (*digit, rest) = ((part / u128::from(by)) as u32, part % u128::from(by));
        }
        rest > 0
    }

    /// The nearest f64; `lost` says that the magnitude is a little larger than its digits.
    fn rounded(&self, lost: bool) -> f64 {
        let Some(top) = self.magnitude.last() else { return 0.0 };
        let bits = self.magnitude.len() as i64 * i64::from(DIGIT) - i64::from(top.leading_zeros());
        let highest = bits - 1 + i64::from(self.low);
        // The exponent of the last bit that is kept.
        let last = (highest - 52).max(-1074);
        let drop = last - i64::from(self.low);
        let bit = |i: i64| -> bool {
            let digit = usize::try_from(i / i64::from(DIGIT)).ok().and_then(|d| self.magnitude.get(d));
            i >= 0 && digit.is_some_and(|d| d >> (i % i64::from(DIGIT)) & 1 == 1)
        };
        let mut kept = 0u64;
        for i in (drop..=drop.max(bits - 1)).rev() {
            kept = kept << 1 | u64::from(bit(i));
        }
        let below = |i: i64| (0..i).any(bit);
        let more = bit(drop - 1) && (lost || below(drop - 1) || kept & 1 == 1);
        kept += u64::from(more);
        if last > 971 {
            return if self.negative { f64::NEG_INFINITY } else { f64::INFINITY };
        }
        let unit = if last >= -1022 { ((last + 1023) as u64) << 52 } else { 1 << (last + 1074) };
        // Exact: a product of a whole number of at most 53 bits, or infinite.
        let value = kept as f64 * f64::from_bits(unit);
        if self.negative { -value } else { value }
    }

    fn times(&self, other: &Long) -> Long {
        let mut out = vec![0u64; self.magnitude.len() + other.magnitude.len() + 1];
        for (i, a) in self.magnitude.iter().enumerate() {
            let mut carry = 0;
            for (j, b) in other.magnitude.iter().enumerate() {
                let sum = out[i + j] + u64::from(*a) * u64::from(*b) + carry;
                (out[i + j], carry) = (sum & 0xFFFF_FFFF, sum >> DIGIT);
            }
            out[i + other.magnitude.len()] += carry;
        }
        let magnitude = out.into_iter().map(|d| d as u32).collect();
        let mut long = Long { negative: self.negative != other.negative, magnitude, low: self.low + other.low };
        long.trim();
        long
    }

    /// This less another one of the same lowest bit, where both are positive and the other is not larger.
    fn less(mut self, other: &Long) -> Long {
        let mut borrow = 0;
        for (i, digit) in self.magnitude.iter_mut().enumerate() {
            let rest = i64::from(*digit) - i64::from(other.magnitude.get(i).copied().unwrap_or(0)) - borrow;
            borrow = i64::from(rest < 0);
            *digit = rest as u32;
        }
        self.trim();
        self
    }

    fn whole_number(n: u64) -> Long {
        let mut long = Long { negative: false, magnitude: vec![n as u32, (n >> DIGIT) as u32], low: 0 };
        long.trim();
        long
    }
}

/// The variance of `n` numbers from their sum and the sum of their squares, rounded once: squares of deviations
/// from the mean, divided by `n - ddof`. NaN where nothing remains.
pub fn variance(sum: &Long, squares: &Long, n: u64, ddof: u64) -> f64 {
    // (n Σx² − (Σx)²) / (n (n − ddof)); the difference is exact and never negative.
    let square = sum.times(sum);
    let spread = squares.times(&Long::whole_number(n)).less(&Long { negative: false, ..square });
    spread.over_both(n, n.saturating_sub(ddof))
}

#[cfg(test)]
#[path = "exact_tests.rs"]
mod tests;
