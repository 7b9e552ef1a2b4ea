//! Elements of real dtypes as f64, in forms that compilers turn into vector code.
//!
//! Owns conversions inside hot loops. Refuses rounding on the way in: only 64-bit integers beyond
//! 2^53 round, to nearest.

use crate::array::{Bool, Element};
use half::{bf16, f16};

/// An element of a real dtype.
pub trait Real: Element + std::fmt::Debug {
    /// Whether the dtype has NaN.
    const FLOAT: bool;
    /// The value as f64.
    fn value(self) -> f64;
}

macro_rules! real {
    ($($T:ty, $float:expr, $x:ident => $value:expr;)*) => { $(
        impl Real for $T {
            const FLOAT: bool = $float;
            #[inline(always)]
            fn value(self) -> f64 {
                let $x = self;
                $value
            }
        }
    )* };
}
real! {
    Bool, false, x => f64::from(u8::from(x.get()));
    u8, false, x => f64::from(x);
    u16, false, x => f64::from(x);
    u32, false, x => f64::from(x);
    u64, false, x => x as f64;
    i8, false, x => f64::from(x);
    i16, false, x => f64::from(x);
    i32, false, x => f64::from(x);
    i64, false, x => x as f64;
    f16, true, x => f64::from(half_value(x));
    bf16, true, x => f64::from(f32::from_bits(u32::from(x.to_bits()) << 16));
    f32, true, x => f64::from(x);
    f64, true, x => x;
}

/// f16 to f32 without branches: the exponent is moved by a multiplication, which is exact and gets
/// subnormals right; infinities and NaN have their exponent set.
#[inline(always)]
fn half_value(x: f16) -> f32 {
    let bits = u32::from(x.to_bits());
    let magnitude = (f32::from_bits((bits & 0x7FFF) << 13) * f32::from_bits(0x7780_0000)).to_bits();
    let special = if bits & 0x7C00 == 0x7C00 { 0x7F80_0000 } else { 0 };
    f32::from_bits(magnitude | special | (bits & 0x8000) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_converts() {
        for bits in 0..=u16::MAX {
            let x = f16::from_bits(bits);
            let (want, got) = (f64::from(x), x.value());
            assert!(want.to_bits() == got.to_bits() || (want.is_nan() && got.is_nan()), "{bits:#x}: {want} {got}");
            let x = bf16::from_bits(bits);
            let (want, got) = (f64::from(x), x.value());
            assert!(want == got || (want.is_nan() && got.is_nan()), "{bits:#x}: {want} {got}");
        }
        assert_eq!(Bool(7).value(), 1.0);
    }
}
