//! Rows of any real dtype to and from f64, with the rounding rules of the design.
//!
//! Kernels whose arithmetic is f64 (filters, windows) are written once over these two functions
//! instead of once for each dtype.

use super::{Bool, DType, View};
use half::{bf16, f16};

/// Converts elements of a real dtype to f64. `u64` and `i64` beyond 2^53 round to nearest.
/// `bytes` are aligned for `dtype` and hold exactly `out.len()` elements.
#[inline(always)]
pub fn read_f64(dtype: DType, bytes: &[u8], out: &mut [f64]) {
    macro_rules! each {
        ($T:ty, $f:expr) => {
            for (o, x) in out.iter_mut().zip(bytemuck::cast_slice::<u8, $T>(bytes)) {
                *o = $f(*x);
            }
        };
    }
    match dtype {
        DType::Bool => each!(Bool, |x: Bool| f64::from(u8::from(x.get()))),
        DType::U8 => each!(u8, f64::from),
        DType::U16 => each!(u16, f64::from),
        DType::U32 => each!(u32, f64::from),
        DType::U64 => each!(u64, |x| x as f64),
        DType::I8 => each!(i8, f64::from),
        DType::I16 => each!(i16, f64::from),
        DType::I32 => each!(i32, f64::from),
        DType::I64 => each!(i64, |x| x as f64),
        DType::F16 => each!(f16, f64::from),
        DType::BF16 => each!(bf16, f64::from),
        DType::F32 => each!(f32, f64::from),
        DType::F64 => out.copy_from_slice(bytemuck::cast_slice(bytes)),
        DType::C64 | DType::C128 => unreachable!("binding refuses complex inputs of real kernels"),
    }
}

/// Converts f64 to a real dtype: floats round to nearest (NaN becomes the canonical quiet NaN),
/// integers round half to even and saturate. Returns the position of the first NaN that met an
/// integer, which has no value for it.
#[inline(always)]
pub fn write_f64(dtype: DType, values: &[f64], bytes: &mut [u8]) -> Result<(), usize> {
    macro_rules! each {
        ($T:ty, $f:expr) => {
            for (o, x) in bytemuck::cast_slice_mut::<u8, $T>(bytes).iter_mut().zip(values) {
                *o = $f(*x);
            }
        };
    }
    macro_rules! integer {
        ($T:ty) => {{
            let mut nan = false;
            for (o, x) in bytemuck::cast_slice_mut::<u8, $T>(bytes).iter_mut().zip(values) {
                nan |= x.is_nan();
                *o = x.round_ties_even() as $T;
            }
            if nan {
                return Err(values.iter().position(|x| x.is_nan()).unwrap_or(0));
            }
        }};
    }
    match dtype {
        DType::Bool => each!(Bool, |x: f64| Bool::from(x != 0.0)),
        DType::U8 => integer!(u8),
        DType::U16 => integer!(u16),
        DType::U32 => integer!(u32),
        DType::U64 => integer!(u64),
        DType::I8 => integer!(i8),
        DType::I16 => integer!(i16),
        DType::I32 => integer!(i32),
        DType::I64 => integer!(i64),
        DType::F16 => each!(f16, |x: f64| if x.is_nan() { f16::NAN } else { f16::from_f32(round_to_odd(x)) }),
        DType::BF16 => each!(bf16, |x: f64| if x.is_nan() { bf16::NAN } else { bf16::from_f32(round_to_odd(x)) }),
        DType::F32 => each!(f32, |x: f64| if x.is_nan() { f32::NAN } else { x as f32 }),
        DType::F64 => each!(f64, |x: f64| if x.is_nan() { f64::NAN } else { x }),
        DType::C64 | DType::C128 => unreachable!("binding refuses complex outputs of real kernels"),
    }
    Ok(())
}

/// The f32 beside `x` from which rounding to a narrower float gives what rounding `x` would.
/// (The conversion from f64 that the `half` crate has depends on the processor in rare ties.)
#[inline(always)]
pub fn round_to_odd(x: f64) -> f32 {
    let near = x as f32;
    if x.is_nan() || f64::from(near) == x {
        return near;
    }
    let bits = near.to_bits();
    let toward_zero = if f64::from(near).abs() > x.abs() { bits - 1 } else { bits };
    f32::from_bits(toward_zero | 1)
}

impl View<'_> {
    /// Converts the row that begins `at` elements into the view to f64; `out` has the row's length.
    pub fn row_f64(&self, at: usize, out: &mut [f64]) {
        let size = self.dtype().size();
        read_f64(self.dtype(), &self.bytes()[at * size..(at + out.len()) * size], out);
    }
}
