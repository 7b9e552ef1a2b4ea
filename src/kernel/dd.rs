//! Sums of f64 that keep what each addition rounds away.
//!
//! Owns the unevaluated pair `hi + lo` and its additions, error-free transforms after Knuth and
//! after Ogita, Rump and Oishi ("Accurate sum and dot product", 2005, algorithm Sum2). Refuses to
//! know arrays. No `mul_add` anywhere: it is slow where hardware lacks it.

use std::ops::Add;

/// A sum as an unevaluated pair. `hi` is the plain f64 sum, to the bit, and `lo` is the sum of what its
/// roundings lost; the pair is deliberately not renormalised. So the plain sum that decides what
/// infinities and overflow give runs beside for nothing, and a chain of additions waits for one
/// addition each. After n additions the error is about `2^-106 n^2` of the sum of magnitudes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dd {
    pub hi: f64,
    pub lo: f64,
}

/// The rounded sum and its error: `a + b = sum + error` exactly, unless `sum` is not finite.
#[inline(always)]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    let error = (a - (sum - b_part)) + (b - b_part);
    (sum, error)
}

impl Dd {
    /// The sum of nothing. Adding it changes no value.
    pub const ZERO: Dd = Dd { hi: 0.0, lo: 0.0 };

    /// A single value. `-0` becomes `0`, so that [`Dd::ZERO`] is neutral to the bit.
    #[inline(always)]
    pub fn new(value: f64) -> Dd {
        Dd { hi: value + 0.0, lo: 0.0 }
    }

    /// The sum with one more value.
    #[inline(always)]
    pub fn add_f64(self, right: f64) -> Dd {
        let (hi, error) = two_sum(self.hi, right);
        Dd { hi, lo: self.lo + error }
    }

    /// The sum, rounded once. Where the plain sum is not finite (an infinity, a NaN, an overflow) it
    /// is the result.
    #[inline(always)]
    pub fn to_f64(self) -> f64 {
        if self.hi.is_finite() { self.hi + self.lo } else { self.hi }
    }
}

impl Add for Dd {
    type Output = Dd;

    /// The sum of two sums.
    #[inline(always)]
    fn add(self, right: Dd) -> Dd {
        let (hi, error) = two_sum(self.hi, right.hi);
        Dd { hi, lo: (self.lo + right.lo) + error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> f64 {
        values.iter().fold(Dd::ZERO, |s, v| s.add_f64(*v)).to_f64()
    }

    #[test]
    fn keeps_what_a_plain_sum_loses() {
        assert_eq!(sum(&[1e16, 1.0, -1e16]), 1.0);
        assert_eq!(sum(&[1e300, 1.0, 1.0, -1e300]), 2.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        let halves = [[1e16, 1.0], [1.0, -1e16]].map(|h| h.iter().fold(Dd::ZERO, |s, v| s + Dd::new(*v)));
        assert_eq!((halves[0] + halves[1]).to_f64(), 2.0);
    }

    #[test]
    fn infinities_and_overflow_follow_the_plain_sum() {
        assert_eq!(sum(&[1.0, f64::INFINITY, 2.0]), f64::INFINITY);
        assert_eq!(sum(&[f64::NEG_INFINITY, 2.0]), f64::NEG_INFINITY);
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
        assert!(sum(&[1.0, f64::NAN]).is_nan());
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
    }

    #[test]
    fn nothing_is_neutral_to_the_bit() {
        for x in [0.0, -0.0, 1.5, -3e-310, f64::MAX] {
            let one = Dd::new(x);
            for both in [one + Dd::ZERO, Dd::ZERO + one] {
                assert_eq!(both.to_f64().to_bits(), one.to_f64().to_bits());
            }
        }
    }
}
