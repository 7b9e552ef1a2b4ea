//! Elements as integers with the same order, for every real dtype.
//!
//! Owns the two widths of keys: 32 bits for dtypes of up to 32 bits, 64 for the rest. NaN is the
//! largest key, which no number has; -0 has the key of 0. Refuses to know what is done with keys.

use crate::array::{Bool, DType, Element};
use crate::kernel::simd::vectorized;
use half::{bf16, f16};
use std::fmt::Debug;

/// A key.
pub trait Word: Element + Ord + Debug {
    /// Keys of elements of a real dtype: `bytes` hold exactly `out.len()` of them. Dtypes of the
    /// other width give nothing.
    fn read(dtype: DType, bytes: &[u8], out: &mut [Self]);
    fn wide(self) -> u64;
    /// The low bits.
    fn narrow(key: u64) -> Self;
    /// Without the lowest `bits`, which are fewer than all.
    fn above(self, bits: u32) -> Self;
    /// One more where `yes`.
    fn plus(self, yes: bool) -> Self;
}

macro_rules! each {
    ($T:ty, $bytes:expr, $out:expr, $key:expr) => {
        for (o, x) in $out.iter_mut().zip(bytemuck::cast_slice::<u8, $T>($bytes)) {
            *o = $key(*x);
        }
    };
}

/// The key of a float by its bits: negative ones are turned over, others get the sign bit.
macro_rules! float_key {
    ($name:ident, $U:ty, $I:ty, $infinity:expr) => {
        #[inline(always)]
        fn $name(bits: $U) -> $U {
            const SIGN: $U = 1 << (<$U>::BITS - 1);
            let magnitude = bits & !SIGN;
            let flip = ((bits as $I) >> (<$U>::BITS - 1)) as $U | SIGN;
            let key = if magnitude == 0 { SIGN } else { bits ^ flip };
            if magnitude > $infinity { <$U>::MAX } else { key }
        }
    };
}
float_key!(key_f16, u16, i16, 0x7C00);
float_key!(key_bf16, u16, i16, 0x7F80);
float_key!(key_f32, u32, i32, 0x7F80_0000);
float_key!(key_f64, u64, i64, 0x7FF0_0000_0000_0000);

#[inline(always)]
fn read_32(dtype: DType, bytes: &[u8], out: &mut [u32]) {
    match dtype {
        DType::Bool => each!(Bool, bytes, out, |x: Bool| u32::from(x.get())),
        DType::U8 => each!(u8, bytes, out, u32::from),
        DType::U16 => each!(u16, bytes, out, u32::from),
        DType::U32 => out.copy_from_slice(bytemuck::cast_slice(bytes)),
        DType::I8 => each!(u8, bytes, out, |x: u8| u32::from(x ^ 0x80)),
        DType::I16 => each!(u16, bytes, out, |x: u16| u32::from(x ^ 0x8000)),
        DType::I32 => each!(u32, bytes, out, |x: u32| x ^ 0x8000_0000),
        DType::F16 => each!(u16, bytes, out, |x: u16| u32::from(key_f16(x))),
        DType::BF16 => each!(u16, bytes, out, |x: u16| u32::from(key_bf16(x))),
        DType::F32 => each!(u32, bytes, out, key_f32),
        _ => {}
    }
}

#[inline(always)]
fn read_64(dtype: DType, bytes: &[u8], out: &mut [u64]) {
    match dtype {
        DType::U64 => out.copy_from_slice(bytemuck::cast_slice(bytes)),
        DType::I64 => each!(u64, bytes, out, |x: u64| x ^ (1 << 63)),
        DType::F64 => each!(u64, bytes, out, key_f64),
        _ => {}
    }
}

macro_rules! word {
    ($K:ty, $read:ident) => {
        impl Word for $K {
            fn read(dtype: DType, bytes: &[u8], out: &mut [$K]) {
                vectorized(
                    #[inline(always)]
                    || $read(dtype, bytes, out),
                );
            }

            #[inline(always)]
            fn wide(self) -> u64 {
                self as u64
            }

            #[inline(always)]
            fn narrow(key: u64) -> $K {
                key as $K
            }

            #[inline(always)]
            fn above(self, bits: u32) -> $K {
                self >> bits
            }

            #[inline(always)]
            fn plus(self, yes: bool) -> $K {
                self + <$K>::from(yes)
            }
        }
    };
}
word!(u32, read_32);
word!(u64, read_64);

/// Bits of the keys of a dtype.
pub fn bits(dtype: DType) -> u32 {
    dtype.size() as u32 * 8
}

/// The key of NaN; none where the dtype has no NaN.
pub fn nan(dtype: DType) -> Option<u64> {
    dtype.is_float().then(|| u64::MAX >> (64 - bits(dtype)))
}

/// The value of a key as f64; integers beyond 2^53 round to nearest.
pub fn value(dtype: DType, key: u64) -> f64 {
    // Numbers of the upper half are not negative.
    macro_rules! float {
        ($T:ty, $U:ty) => {{
            let key = key as $U;
            let bits = if key >> (<$U>::BITS - 1) == 1 { key ^ (1 << (<$U>::BITS - 1)) } else { !key };
            f64::from(<$T>::from_bits(bits))
        }};
    }
    match dtype {
        DType::I8 => f64::from((key as u8 ^ 0x80) as i8),
        DType::I16 => f64::from((key as u16 ^ 0x8000) as i16),
        DType::I32 => f64::from((key as u32 ^ 0x8000_0000) as i32),
        DType::I64 => (key ^ (1 << 63)) as i64 as f64,
        DType::F16 => float!(f16, u16),
        DType::BF16 => float!(bf16, u16),
        DType::F32 => float!(f32, u32),
        DType::F64 => float!(f64, u64),
        _ => key as f64,
    }
}

/// Writes the element of a key in the bytes of its dtype. NaN is the canonical one.
pub fn put(dtype: DType, key: u64, out: &mut [u8]) {
    let sign = 1u64 << (bits(dtype) - 1);
    let word = match dtype {
        DType::F16 if Some(key) == nan(dtype) => u64::from(f16::NAN.to_bits()),
        DType::BF16 if Some(key) == nan(dtype) => u64::from(bf16::NAN.to_bits()),
        DType::F32 if Some(key) == nan(dtype) => u64::from(f32::NAN.to_bits()),
        DType::F64 if Some(key) == nan(dtype) => f64::NAN.to_bits(),
        _ if dtype.is_float() && key & sign == 0 => !key,
        _ if dtype.is_float() || dtype.is_signed() => key ^ sign,
        _ => key,
    };
    match out.len() {
        1 => out.copy_from_slice(&(word as u8).to_ne_bytes()),
        2 => out.copy_from_slice(&(word as u16).to_ne_bytes()),
        4 => out.copy_from_slice(&(word as u32).to_ne_bytes()),
        _ => out.copy_from_slice(&word.to_ne_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of<K: Word, T: Element>(values: &[T]) -> Vec<u64> {
        let mut out = vec![K::zeroed(); values.len()];
        K::read(T::DTYPE, bytemuck::cast_slice(values), &mut out);
        out.into_iter().map(Word::wide).collect()
    }

    fn ordered<K: Word, T: Element>(values: &[T], plain: impl Fn(T) -> f64) {
        let keys = keys_of::<K, T>(values);
        assert!(keys.windows(2).all(|k| k[0] < k[1]), "{} {keys:?}", T::DTYPE);
        for (key, v) in keys.iter().zip(values) {
            let mut out = vec![0; size_of::<T>()];
            put(T::DTYPE, *key, &mut out);
            assert!(T::DTYPE == DType::Bool || out == bytemuck::bytes_of(v), "{} {key:x} {out:x?}", T::DTYPE);
        }
        let back: Vec<f64> = keys.iter().map(|k| value(T::DTYPE, *k)).collect();
        assert_eq!(back, values.iter().map(|v| plain(*v)).collect::<Vec<_>>(), "{}", T::DTYPE);
    }

    #[test]
    fn keys_have_the_order_of_elements_and_lead_back() {
        let (inf, tiny) = (f64::INFINITY, f64::from_bits(1));
        ordered::<u64, f64>(&[-inf, f64::MIN, -1.5, -tiny, 0.0, tiny, 1.0, f64::MAX, inf], |x| x);
        ordered::<u32, f32>(&[f32::MIN, -1.5, -f32::from_bits(1), 0.0, 1.0, f32::INFINITY], f64::from);
        let halves = [-inf, -2.0, -6e-8, 0.0, 6e-8, 3.0, inf];
        ordered::<u32, f16>(&halves.map(f16::from_f64), f64::from);
        ordered::<u32, bf16>(&halves.map(bf16::from_f64), f64::from);
        ordered::<u32, i8>(&[-128, -1, 0, 127], f64::from);
        ordered::<u32, i16>(&[i16::MIN, -1, 0, i16::MAX], f64::from);
        ordered::<u32, i32>(&[i32::MIN, -1, 0, i32::MAX], f64::from);
        ordered::<u64, i64>(&[i64::MIN, -1, 0, 1 << 62], |x| x as f64);
        ordered::<u32, u8>(&[0, 1, 255], f64::from);
        ordered::<u32, u16>(&[0, 1, 65535], f64::from);
        ordered::<u32, u32>(&[0, 1, u32::MAX], f64::from);
        ordered::<u64, u64>(&[0, 1, u64::MAX], |x| x as f64);
        ordered::<u32, Bool>(&[Bool(0), Bool(7)], |x| f64::from(u8::from(x.get())));
    }

    #[test]
    fn nan_is_the_largest_key_and_zeros_are_one() {
        for x in [f64::NAN, -f64::NAN, f64::from_bits(0x7FF0_0000_0000_0001)] {
            assert_eq!(keys_of::<u64, f64>(&[x]), [nan(DType::F64).unwrap()]);
        }
        assert_eq!(keys_of::<u32, f32>(&[-f32::NAN]), [nan(DType::F32).unwrap()]);
        assert_eq!(keys_of::<u32, f16>(&[-f16::NAN]), [nan(DType::F16).unwrap()]);
        assert_eq!(keys_of::<u32, bf16>(&[bf16::NAN]), [nan(DType::BF16).unwrap()]);
        assert!(keys_of::<u32, f32>(&[f32::INFINITY])[0] < nan(DType::F32).unwrap());
        assert_eq!(keys_of::<u64, f64>(&[-0.0]), keys_of::<u64, f64>(&[0.0]));
        assert_eq!(keys_of::<u32, f16>(&[-f16::ZERO]), keys_of::<u32, f16>(&[f16::ZERO]));
        assert_eq!(nan(DType::U16), None);
    }
}
