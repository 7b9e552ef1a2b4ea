//! Exact sums of many floats, in any order.
//!
//! Owns a number as wide as the range of its dtype, in digits of 32 bits that are carried seldom. Refuses to know what
//! is added.

use crate::array::DType;

/// Digits of 32 bits; each has 31 bits to grow before it must be carried.
const DIGIT: u32 = 32;
/// Additions after which digits must be carried.
pub(super) const ADDITIONS_MAX: u64 = 1 << 30;

/// The numbers of a dtype that a sum takes: multiples of 2^`lowest`, in so many digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide {
    lowest: i32,
    pub digits: usize,
}

impl Wide {
    /// Room for 2^64 elements of a dtype.
    pub fn of(dtype: DType) -> Wide {
        // From the smallest bit to the largest, and 64 for the sum.
        let (lowest, bits) = match dtype {
            DType::F64 => (-1074, 1074 + 1024 + 64),
            DType::F32 | DType::BF16 => (-149, 149 + 128 + 64),
            DType::F16 => (-24, 24 + 16 + 64),
            _ => (0, 64 + 64),
        };
        Wide { lowest, digits: bits / DIGIT as usize + 2 }
    }

    /// Room for 2^64 elements of a dtype, each times an index.
    pub fn weighted(dtype: DType) -> Wide {
        let wide = Wide::of(dtype);
        // A product has six digits where a number has three.
        Wide { digits: wide.digits + 3, ..wide }
    }

    /// Adds a finite number of the dtype times an index.
    #[inline(always)]
    pub fn add_times(self, sum: &mut [i64], x: f64, index: u64) {
        let (whole, place) = self.parts(x);
        self.add_product(sum, whole, x.is_sign_negative(), place, index);
    }

    /// Adds `whole` * 2^(`lowest` + `place`) times an index, or takes it away.
    #[inline(always)]
    pub fn add_product(self, sum: &mut [i64], whole: u64, negative: bool, place: u32, index: u64) {
        let (product, shift) = (u128::from(whole) * u128::from(index), place % DIGIT);
        let (low, high) = ((product & u128::from(u64::MAX)) << shift, (product >> 64) << shift);
        let (sign, at) = (if negative { -1 } else { 1 }, (place / DIGIT) as usize);
        let digit = |wide: u128, i: usize| sign * i64::from((wide >> (DIGIT as usize * i)) as u32);
        for i in 0..3 {
            sum[at + i] += digit(low, i);
            sum[at + 2 + i] += digit(high, i);
        }
    }

    /// The bits of a finite number of the dtype, and how far above the lowest they begin.
    #[inline(always)]
    fn parts(self, x: f64) -> (u64, u32) {
        let bits = x.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
        let whole = if exponent == 0 { fraction } else { fraction | 1 << 52 };
        let place = exponent.max(1) - 1075 - self.lowest;
        // Bits below the dtype's smallest are 0.
        if place < 0 { (whole >> (-place).min(63), 0) } else { (whole, place as u32) }
    }

    /// Adds a finite number of the dtype.
    #[inline(always)]
    pub fn add(self, sum: &mut [i64], x: f64) {
        let (whole, place) = self.parts(x);
        let wide = u128::from(whole) << (place % DIGIT);
        let sign = if x.is_sign_negative() { -1 } else { 1 };
        let at = place as usize / DIGIT as usize;
        for (i, digit) in sum[at..at + 3].iter_mut().enumerate() {
            *digit += sign * i64::from((wide >> (32 * i)) as u32);
        }
    }

    /// Carries: all digits but the last are below 2^32 afterwards, and none is negative.
    pub fn carry(self, sum: &mut [i64]) {
        let mut over = 0;
        let last = sum.len() - 1;
        for digit in &mut sum[..last] {
            let all = *digit + over;
            (*digit, over) = (all & 0xFFFF_FFFF, all >> DIGIT);
        }
        sum[last] += over;
    }

    /// The sum, rounded once.
    pub fn value(self, sum: &[i64]) -> f64 {
        let mut digits = sum.to_vec();
        self.carry(&mut digits);
        let negative = digits[digits.len() - 1] < 0;
        if negative {
            digits.iter_mut().for_each(|d| *d = -*d);
            self.carry(&mut digits);
        }
        let Some(top) = digits.iter().rposition(|d| *d != 0) else { return 0.0 };
        let low = top.saturating_sub(2);
        let mut head = digits[low..=top].iter().rev().fold(0u128, |h, d| h << DIGIT | *d as u128);
        // Anything below decides between neighbours, no more.
        head |= u128::from(digits[..low].iter().any(|d| *d != 0));
        let size = libm::ldexp(head as f64, low as i32 * DIGIT as i32 + self.lowest);
        if negative { -size } else { size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_in_any_order() {
        let tiny = f64::from_bits(1);
        let cases: [(DType, &[f64], f64); 9] = [
            (DType::F64, &[1e308, 1.0, -1e308, tiny], 1.0),
            (DType::F64, &[tiny, tiny, -1e300, 1e300], 2.0 * tiny),
            (DType::F64, &[1.0, 2f64.powi(-53), 2f64.powi(-1000)], 1.0 + f64::EPSILON),
            (DType::F64, &[1.0, 2f64.powi(-53)], 1.0),
            (DType::F64, &[1e308, 1e308], f64::INFINITY),
            (DType::F64, &[-0.5, 0.25], -0.25),
            (DType::F32, &[3.4e38f32 as f64, 1e-45f32 as f64, -3.4e38f32 as f64], 1e-45f32 as f64),
            (DType::F16, &[65504.0, 5.960464477539063e-8, 1.0], 65505.0 + 5.960464477539063e-8),
            (DType::F64, &[], 0.0),
        ];
        for (dtype, numbers, want) in cases {
            let wide = Wide::of(dtype);
            for backwards in [false, true] {
                let mut sum = vec![0; wide.digits];
                let mut numbers = numbers.to_vec();
                if backwards {
                    numbers.reverse();
                }
                numbers.iter().for_each(|x| {
                    wide.add(&mut sum, *x);
                    wide.carry(&mut sum);
                });
                assert_eq!(wide.value(&sum), want, "{dtype} {numbers:?}");
            }
        }
    }
}
