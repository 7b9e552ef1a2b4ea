//! Runs of elements from any dtype to any other: the loops behind `cast`, and behind what `expr`
//! reads and stores. Owns the rounding rules; knows no arrays and no parameters.
//!
//! Each dtype says once into which of five types its values fit exactly, and once how it is made
//! from each of them; every pair follows. Nothing passes through a type that could round it twice.

use crate::array::{Bool, DType, Element, round_to_odd};
use crate::kernel::simd;
use crate::with_real_type;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use num_complex::{Complex32, Complex64};

/// What a value beyond the range of the target becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The nearest value that the target has; infinity where it is a float.
    Saturate,
    /// An error.
    Error,
}

/// A value without a place in the target: a NaN for an integer, or one beyond the range.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit {
    /// Position in the run.
    pub at: usize,
    /// What is wrong, with the value.
    pub message: String,
}

/// Converts a run. Both slices are aligned for their dtypes and hold the same number of elements.
/// Floats become integers by rounding half to even; NaN never does. NaN is stored canonical. `bool`
/// is whether a value differs from 0. Complex to real has no meaning here and is refused by callers.
pub fn convert(from: DType, src: &[u8], to: DType, dst: &mut [u8], overflow: Overflow) -> Result<(), Misfit> {
    match (from, to) {
        (DType::F16, DType::F32) => {
            let (src, dst) = (bytemuck::cast_slice::<u8, f16>(src), bytemuck::cast_slice_mut::<u8, f32>(dst));
            src.convert_to_f32_slice(dst);
            simd::vectorized(
                #[inline(always)]
                || canonical(dst),
            );
            Ok(())
        }
        (DType::C64, DType::C64 | DType::C128) => complex_parts(DType::F32, src, to, dst, overflow),
        (DType::C128, DType::C64 | DType::C128) => complex_parts(DType::F64, src, to, dst, overflow),
        (DType::C64, DType::Bool) => {
            nonzero::<Complex32>(src, dst, |z| z.re != 0.0 || z.im != 0.0);
            Ok(())
        }
        (DType::C128, DType::Bool) => {
            nonzero::<Complex64>(src, dst, |z| z.re != 0.0 || z.im != 0.0);
            Ok(())
        }
        (_, DType::C64) => real_to_complex::<f32>(from, src, dst, overflow),
        (_, DType::C128) => real_to_complex::<f64>(from, src, dst, overflow),
        _ => with_real_type!(from, S => {
            let src = bytemuck::cast_slice::<u8, S>(src);
            with_real_type!(to, D => real::<S, D>(src, bytemuck::cast_slice_mut(dst), overflow), else Ok(()))
        }, else Err(Misfit { at: 0, message: format!("{from} has no meaning as {to}") })),
    }
}

/// The parts of complex numbers are twice as many reals.
fn complex_parts(part: DType, src: &[u8], to: DType, dst: &mut [u8], overflow: Overflow) -> Result<(), Misfit> {
    let to = if to == DType::C64 { DType::F32 } else { DType::F64 };
    convert(part, src, to, dst, overflow).map_err(|m| Misfit { at: m.at / 2, ..m })
}

fn nonzero<T: Element>(src: &[u8], dst: &mut [u8], test: impl Fn(T) -> bool) {
    for (d, x) in bytemuck::cast_slice_mut::<u8, Bool>(dst).iter_mut().zip(bytemuck::cast_slice::<u8, T>(src)) {
        *d = Bool::from(test(*x));
    }
}

fn real_to_complex<T: Element + Default>(
    from: DType,
    src: &[u8],
    dst: &mut [u8],
    overflow: Overflow,
) -> Result<(), Misfit> {
    const CHUNK: usize = 256;
    let mut parts = [T::default(); CHUNK];
    let size = from.size();
    let dst = bytemuck::cast_slice_mut::<u8, T>(dst);
    for (i, (src, dst)) in src.chunks(CHUNK * size).zip(dst.chunks_mut(2 * CHUNK)).enumerate() {
        let parts = &mut parts[..src.len() / size];
        convert(from, src, T::DTYPE, bytemuck::cast_slice_mut(parts), overflow)
            .map_err(|m| Misfit { at: m.at + i * CHUNK, ..m })?;
        for (pair, re) in dst.chunks_exact_mut(2).zip(parts.iter()) {
            (pair[0], pair[1]) = (*re, T::default());
        }
    }
    Ok(())
}

fn real<S: Exact, D: Target>(src: &[S], dst: &mut [D], overflow: Overflow) -> Result<(), Misfit> {
    let misfit = |at: usize| {
        let message = if src[at].is_nan() {
            format!("NaN has no value as {}", D::DTYPE)
        } else {
            format!("{} does not fit {}", src[at].show(), D::DTYPE)
        };
        Err(Misfit { at, message })
    };
    if overflow == Overflow::Error
        && let Some(at) = src.iter().position(|x| x.to::<D>().1)
    {
        return misfit(at);
    }
    if simd::vectorized(
        #[inline(always)]
        || each(src, dst),
    ) && D::DTYPE.is_integer()
    {
        return misfit(src.iter().position(|x| x.is_nan()).unwrap_or(0));
    }
    Ok(())
}

/// Converts, saturating; whether there was a NaN.
#[inline(always)]
fn each<S: Exact, D: Target>(src: &[S], dst: &mut [D]) -> bool {
    let mut nan = false;
    for (d, x) in dst.iter_mut().zip(src) {
        *d = x.to::<D>().0;
        nan |= x.is_nan();
    }
    nan
}

/// Writes every NaN as the one that Tilewise stores.
#[inline(always)]
pub fn canonical<T: Target + Exact>(values: &mut [T]) {
    for x in values {
        if x.is_nan() {
            *x = x.to::<T>().0;
        }
    }
}

/// A real dtype as a source: the smallest of five types that holds its values exactly.
pub trait Exact: Element {
    /// The value as `D`, and whether it lay beyond `D`'s range.
    fn to<D: Target>(self) -> (D, bool);
    /// Whether it is NaN.
    fn is_nan(self) -> bool;
    /// The value in a message.
    fn show(self) -> String;
}

/// A real dtype as a target. The flag says that the value lies beyond the range; NaN for an integer
/// does too.
pub trait Target: Element {
    fn of_i32(x: i32) -> (Self, bool);
    fn of_i64(x: i64) -> (Self, bool);
    fn of_u64(x: u64) -> (Self, bool);
    fn of_f32(x: f32) -> (Self, bool);
    fn of_f64(x: f64) -> (Self, bool);
}

macro_rules! sources {
    ($($T:ty: $from:ident $x:ident => $exact:expr, $nan:expr;)*) => { $(
        impl Exact for $T {
            #[inline(always)]
            fn to<D: Target>(self) -> (D, bool) {
                let $x = self;
                D::$from($exact)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                let $x = self;
                $nan
            }
            fn show(self) -> String {
                let $x = self;
                format!("{:?}", $exact)
            }
        }
    )* };
}
sources! {
    Bool: of_i32 x => i32::from(x.get()), { let _ = x; false };
    u8: of_i32 x => i32::from(x), { let _ = x; false };
    u16: of_i32 x => i32::from(x), { let _ = x; false };
    u32: of_i64 x => i64::from(x), { let _ = x; false };
    u64: of_u64 x => x, { let _ = x; false };
    i8: of_i32 x => i32::from(x), { let _ = x; false };
    i16: of_i32 x => i32::from(x), { let _ = x; false };
    i32: of_i32 x => x, { let _ = x; false };
    i64: of_i64 x => x, { let _ = x; false };
    f16: of_f32 x => x.to_f32(), f16::is_nan(x);
    bf16: of_f32 x => x.to_f32(), bf16::is_nan(x);
    f32: of_f32 x => x, f32::is_nan(x);
    f64: of_f64 x => x, f64::is_nan(x);
}

macro_rules! integer_targets {
    ($($T:ident: $bits:expr),*) => { $(
        impl Target for $T {
            #[inline(always)]
            fn of_i32(x: i32) -> (Self, bool) {
                if $bits < 32 {
                    let kept = x.clamp($T::MIN as i32, $T::MAX as i32);
                    (kept as $T, kept != x)
                } else {
                    let kept = if $T::MIN == 0 { x.max(0) } else { x };
                    (kept as $T, kept != x)
                }
            }
            #[inline(always)]
            fn of_i64(x: i64) -> (Self, bool) {
                if $bits < 64 {
                    let kept = x.clamp($T::MIN as i64, $T::MAX as i64);
                    (kept as $T, kept != x)
                } else {
                    let kept = if $T::MIN == 0 { x.max(0) } else { x };
                    (kept as $T, kept != x)
                }
            }
            #[inline(always)]
            fn of_u64(x: u64) -> (Self, bool) {
                let kept = x.min($T::MAX as u64);
                (kept as $T, kept != x)
            }
            #[inline(always)]
            fn of_f32(x: f32) -> (Self, bool) {
                let r = x.round_ties_even();
                // Both bounds are powers of two (or 0), which f32 has.
                (r as $T, !(r >= $T::MIN as f32 && r < ((1u128 << $bits) as f32)))
            }
            #[inline(always)]
            fn of_f64(x: f64) -> (Self, bool) {
                let r = x.round_ties_even();
                (r as $T, !(r >= $T::MIN as f64 && r < ((1u128 << $bits) as f64)))
            }
        }
    )* };
}
// The number of value bits: the sign has none.
integer_targets!(u8: 8, u16: 16, u32: 32, u64: 64, i8: 7, i16: 15, i32: 31, i64: 63);

impl Target for Bool {
    #[inline(always)]
    fn of_i32(x: i32) -> (Self, bool) {
        (Bool::from(x != 0), false)
    }
    #[inline(always)]
    fn of_i64(x: i64) -> (Self, bool) {
        (Bool::from(x != 0), false)
    }
    #[inline(always)]
    fn of_u64(x: u64) -> (Self, bool) {
        (Bool::from(x != 0), false)
    }
    #[inline(always)]
    fn of_f32(x: f32) -> (Self, bool) {
        (Bool::from(x != 0.0), false)
    }
    #[inline(always)]
    fn of_f64(x: f64) -> (Self, bool) {
        (Bool::from(x != 0.0), false)
    }
}

impl Target for f32 {
    #[inline(always)]
    fn of_i32(x: i32) -> (Self, bool) {
        (x as f32, false)
    }
    #[inline(always)]
    fn of_i64(x: i64) -> (Self, bool) {
        (x as f32, false)
    }
    #[inline(always)]
    fn of_u64(x: u64) -> (Self, bool) {
        (x as f32, false)
    }
    #[inline(always)]
    fn of_f32(x: f32) -> (Self, bool) {
        (if x.is_nan() { f32::NAN } else { x }, false)
    }
    #[inline(always)]
    fn of_f64(x: f64) -> (Self, bool) {
        let y = x as f32;
        (if x.is_nan() { f32::NAN } else { y }, y.is_infinite() && x.is_finite())
    }
}

impl Target for f64 {
    #[inline(always)]
    fn of_i32(x: i32) -> (Self, bool) {
        (f64::from(x), false)
    }
    #[inline(always)]
    fn of_i64(x: i64) -> (Self, bool) {
        (x as f64, false)
    }
    #[inline(always)]
    fn of_u64(x: u64) -> (Self, bool) {
        (x as f64, false)
    }
    #[inline(always)]
    fn of_f32(x: f32) -> (Self, bool) {
        (if x.is_nan() { f64::NAN } else { f64::from(x) }, false)
    }
    #[inline(always)]
    fn of_f64(x: f64) -> (Self, bool) {
        (if x.is_nan() { f64::NAN } else { x }, false)
    }
}

macro_rules! half_targets {
    ($($T:ident),*) => { $(
        impl Target for $T {
            #[inline(always)]
            fn of_i32(x: i32) -> (Self, bool) {
                Self::of_f64(f64::from(x))
            }
            #[inline(always)]
            fn of_i64(x: i64) -> (Self, bool) {
                let (y, over) = Self::of_u64(x.unsigned_abs());
                (if x < 0 { -y } else { y }, over)
            }
            #[inline(always)]
            fn of_u64(x: u64) -> (Self, bool) {
                // What f64 cannot hold is kept as one sticky bit, so that only the last step rounds.
                let sticky = (x >> 11) | u64::from(x & 0x7ff != 0);
                Self::of_f64(if x >> 53 == 0 { x as f64 } else { sticky as f64 * 2048.0 })
            }
            #[inline(always)]
            fn of_f32(x: f32) -> (Self, bool) {
                let y = $T::from_f32(x);
                (if x.is_nan() { $T::NAN } else { y }, y.is_infinite() && x.is_finite())
            }
            #[inline(always)]
            fn of_f64(x: f64) -> (Self, bool) {
                let (y, _) = <$T as Target>::of_f32(round_to_odd(x));
                (y, y.is_infinite() && x.is_finite())
            }
        }
    )* };
}
half_targets!(f16, bf16);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_once() {
        // Just above the tie between two neighbours: rounding through f32 would lose the excess.
        let tie = 1.0 + 2f64.powi(-11);
        let above = tie + 2f64.powi(-40);
        assert_eq!(<f16 as Target>::of_f64(tie).0, f16::from_f32(1.0));
        assert_eq!(<f16 as Target>::of_f64(above).0, f16::from_bits(0x3c01));
        assert_eq!(<f16 as Target>::of_f64(-above).0, f16::from_bits(0xbc01));
        assert_eq!(<bf16 as Target>::of_i64((1 << 62) + (1 << 54)).0.to_f64(), 2f64.powi(62));
        assert_eq!(<bf16 as Target>::of_i64((1 << 62) + (1 << 54) + 1).0.to_f64(), 2f64.powi(62) + 2f64.powi(55));
        assert_eq!(<f16 as Target>::of_f64(1e300), (f16::INFINITY, true));
        assert_eq!(<f16 as Target>::of_f64(1e-300).0.to_bits(), 0);
    }
}
