//! Sums and products of two f64 with their exact rounding errors, and numbers made of such pairs.
//!
//! Owns error-free transforms, written without fused multiply-add so that every processor does the
//! same operations. Refuses to judge overflow: where a value is not finite its error is NaN, and the
//! caller falls back on the plain value.

/// `a + b` rounded, and what the rounding lost (Knuth). Exact for any two finite numbers whose sum
/// does not overflow.
#[inline(always)]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let bb = s - a;
    (s, (a - (s - bb)) + (b - bb))
}

/// As [`two_sum`], for `|a| >= |b|` (Dekker).
#[inline(always)]
pub fn quick_two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, b - (s - a))
}

/// `a * b` rounded, and what the rounding lost (Dekker, Veltkamp). Factors beyond 2^996 overflow.
#[inline(always)]
pub fn two_product(a: f64, b: f64) -> (f64, f64) {
    let split = |x: f64| {
        let t = x * 134_217_729.0;
        let hi = t - (t - x);
        (hi, x - hi)
    };
    let p = a * b;
    let ((ah, al), (bh, bl)) = (split(a), split(b));
    (p, ((ah * bh - p) + ah * bl + al * bh) + al * bl)
}

/// An unevaluated sum of two f64, about 106 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Double {
    pub hi: f64,
    pub lo: f64,
}

impl Double {
    pub const ZERO: Double = Double { hi: 0.0, lo: 0.0 };

    /// The sum of two numbers, the second the smaller one.
    #[inline(always)]
    pub fn renormalised(hi: f64, lo: f64) -> Double {
        let (hi, lo) = quick_two_sum(hi, lo);
        Double { hi, lo }
    }

    /// `a / b`.
    #[inline(always)]
    pub fn quotient(a: f64, b: f64) -> Double {
        let q = a / b;
        let (p, e) = two_product(q, b);
        Double::renormalised(q, ((a - p) - e) / b)
    }

    #[inline(always)]
    pub fn plus(self, other: Double) -> Double {
        let (s, e) = two_sum(self.hi, other.hi);
        let (t, f) = two_sum(self.lo, other.lo);
        let (s, e) = quick_two_sum(s, e + t);
        Double::renormalised(s, e + f)
    }

    #[inline(always)]
    pub fn minus(self, other: Double) -> Double {
        self.plus(Double { hi: -other.hi, lo: -other.lo })
    }

    #[inline(always)]
    pub fn times(self, other: Double) -> Double {
        let (p, e) = two_product(self.hi, other.hi);
        Double::renormalised(p, e + (self.hi * other.lo + self.lo * other.hi))
    }

    /// This number, or `plain` alone where an overflow or a value that is not finite spoilt it.
    #[inline(always)]
    pub fn or_plain(self, plain: f64) -> Double {
        if self.hi.is_finite() && self.lo.is_finite() { self } else { Double { hi: plain, lo: 0.0 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transforms_are_exact() {
        assert_eq!(two_sum(1e16, 1.0), (1e16, 1.0));
        assert_eq!(two_sum(1.0, 1e16), (1e16, 1.0));
        let (a, b) = (134_217_729.0f64, 134_217_731.0f64);
        let exact = 134_217_729u128 * 134_217_731;
        let (p, e) = two_product(a, b);
        assert_eq!(p as u128 as i128 + e as i128, exact as i128);
    }

    #[test]
    fn doubles_carry_twice_the_digits() {
        let third = Double::quotient(1.0, 3.0);
        let one = third.times(Double { hi: 3.0, lo: 0.0 }).minus(Double { hi: 1.0, lo: 0.0 });
        assert!(one.hi.abs() < 1e-31, "{one:?}");
        assert_eq!(Double::quotient(1e305, 3.0).or_plain(7.0), Double { hi: 7.0, lo: 0.0 });
    }
}
