//! Elements of real dtypes as f64, in forms that compilers turn into vector code.
//!
//! Owns conversions inside hot loops. Refuses rounding on the way in: only 64-bit integers beyond
//! 2^53 round, to nearest.

use crate::array::{Bool, Element};
use half::{bf16, f16};

/// Runs `$body` with `$T` bound to the Rust type of a real dtype and `$SKIP` to whether NaN is left
/// out. Types without NaN have nothing to leave out, so that their code is compiled once.
macro_rules! with_skip {
    ($dtype:expr, $skipna:expr, $T:ident, $SKIP:ident => $body:expr, else $other:expr) => {
        match ($dtype, $skipna) {
            (DType::F16, true) => $crate::kernel::reduce::with_skip!(@ half::f16, $T, $SKIP => $body),
            (DType::BF16, true) => $crate::kernel::reduce::with_skip!(@ half::bf16, $T, $SKIP => $body),
            (DType::F32, true) => $crate::kernel::reduce::with_skip!(@ f32, $T, $SKIP => $body),
            (DType::F64, true) => $crate::kernel::reduce::with_skip!(@ f64, $T, $SKIP => $body),
            (dtype, _) => {
                const $SKIP: bool = false;
                $crate::with_real_type!(dtype, $T => $body, else $other)
            }
        }
    };
    (@ $type:ty, $T:ident, $SKIP:ident => $body:expr) => {{
        type $T = $type;
        const $SKIP: bool = true;
        $body
    }};
}
pub(crate) use with_skip;

/// An element of a real dtype.
pub trait Real: Element + std::fmt::Debug {
    /// The value as f64.
    fn value(self) -> f64;
    /// Whether it is NaN, told without a conversion.
    fn is_nan(self) -> bool;
    /// Whether it is neither NaN nor infinite, told without a conversion.
    fn is_finite(self) -> bool;
}

macro_rules! real {
    ($($T:ty, $x:ident => $value:expr, $nan:expr, $finite:expr;)*) => { $(
        impl Real for $T {
            #[inline(always)]
            fn value(self) -> f64 {
                let $x = self;
                $value
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $nan(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $finite(self)
            }
        }
    )* };
}
real! {
    Bool, x => f64::from(u8::from(x.get())), |_| false, |_| true;
    u8, x => f64::from(x), |_| false, |_| true;
    u16, x => f64::from(x), |_| false, |_| true;
    u32, x => f64::from(x), |_| false, |_| true;
    u64, x => x as f64, |_| false, |_| true;
    i8, x => f64::from(x), |_| false, |_| true;
    i16, x => f64::from(x), |_| false, |_| true;
    i32, x => f64::from(x), |_| false, |_| true;
    i64, x => x as f64, |_| false, |_| true;
    f16, x => f64::from(half_value(x)), |x: f16| x.to_bits() & 0x7FFF > 0x7C00, |x: f16| x.to_bits() & 0x7FFF < 0x7C00;
    bf16, x => f64::from(f32::from_bits(u32::from(x.to_bits()) << 16)), |x: bf16| x.to_bits() & 0x7FFF > 0x7F80, |x: bf16| x.to_bits() & 0x7FFF < 0x7F80;
    f32, x => f64::from(x), f32::is_nan, f32::is_finite;
    f64, x => x, f64::is_nan, f64::is_finite;
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
            assert_eq!(x.value().is_nan(), Real::is_nan(x));
            assert_eq!(x.value().is_finite(), Real::is_finite(x));
            let x = bf16::from_bits(bits);
            assert_eq!(x.value().is_nan(), Real::is_nan(x));
            assert_eq!(x.value().is_finite(), Real::is_finite(x));
            let (want, got) = (f64::from(x), x.value());
            assert!(want == got || (want.is_nan() && got.is_nan()), "{bits:#x}: {want} {got}");
        }
        assert_eq!(Bool(7).value(), 1.0);
    }
}
