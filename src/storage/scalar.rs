//! One element by itself: read from bytes, text and back, exactly.
//!
//! Owns the rules of `get` and `set`: integers never wrap, nothing is rounded into an integer, NaN
//! has no integer. Refuses to know files.

use std::fmt;

use half::{bf16, f16};

use crate::array::{DType, round_to_odd};

/// The value of one element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    Bool(bool),
    Int(i128),
    Float(f64),
    /// Real and imaginary part.
    Complex(f64, f64),
}

/// Why a value is not one of a dtype.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScalarError {
    #[error("\"{text}\" is not a value of {dtype}; write {}", example(*.dtype))]
    Text { text: String, dtype: DType },
    #[error("{value} is out of range for {dtype} ({})", range(*.dtype))]
    Range { value: String, dtype: DType },
    #[error("{value} is not a whole number, which {dtype} needs; round it first")]
    Fraction { value: String, dtype: DType },
    #[error("NaN has no value in {dtype}; use a float dtype")]
    NotANumber { dtype: DType },
    #[error("{value} has an imaginary part, which {dtype} cannot hold")]
    Imaginary { value: String, dtype: DType },
}

fn example(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "true, false, 1 or 0",
        d if d.is_integer() => "a whole number such as 42",
        d if d.is_complex() => "a number such as 1.5 or 1+2j",
        _ => "a number such as 1.5, nan or -inf",
    }
}

fn range(dtype: DType) -> String {
    match integer_range(dtype) {
        Some((lo, hi)) => format!("{lo} to {hi}"),
        None => format!("largest finite value {:e}", largest(dtype)),
    }
}

fn integer_range(dtype: DType) -> Option<(i128, i128)> {
    Some(match dtype {
        DType::Bool => (0, 1),
        d if d.is_signed() => (-(1i128 << (8 * d.size() - 1)), (1i128 << (8 * d.size() - 1)) - 1),
        d if d.is_integer() => (0, (1i128 << (8 * d.size())) - 1),
        _ => return None,
    })
}

fn largest(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => f16::MAX.to_f64(),
        DType::BF16 => bf16::MAX.to_f64(),
        DType::F32 | DType::C64 => f64::from(f32::MAX),
        _ => f64::MAX,
    }
}

impl Scalar {
    /// The element that native `bytes` hold; `bytes` has exactly one.
    pub fn from_bytes(dtype: DType, bytes: &[u8]) -> Scalar {
        macro_rules! get {
            ($T:ty) => {
                bytemuck::pod_read_unaligned::<$T>(bytes)
            };
        }
        match dtype {
            DType::Bool => Scalar::Bool(bytes[0] != 0),
            DType::U8 => Scalar::Int(get!(u8).into()),
            DType::U16 => Scalar::Int(get!(u16).into()),
            DType::U32 => Scalar::Int(get!(u32).into()),
            DType::U64 => Scalar::Int(get!(u64).into()),
            DType::I8 => Scalar::Int(get!(i8).into()),
            DType::I16 => Scalar::Int(get!(i16).into()),
            DType::I32 => Scalar::Int(get!(i32).into()),
            DType::I64 => Scalar::Int(get!(i64).into()),
            DType::F16 => Scalar::Float(get!(f16).to_f64()),
            DType::BF16 => Scalar::Float(get!(bf16).to_f64()),
            DType::F32 => Scalar::Float(get!(f32).into()),
            DType::F64 => Scalar::Float(get!(f64)),
            DType::C64 => {
                let [re, im] = get!([f32; 2]);
                Scalar::Complex(re.into(), im.into())
            }
            DType::C128 => {
                let [re, im] = get!([f64; 2]);
                Scalar::Complex(re, im)
            }
        }
    }

    /// The native bytes of this value in a dtype. Whole numbers go into integers exactly or not at
    /// all; floats round to nearest and are refused where that would be infinite.
    pub fn to_bytes(self, dtype: DType) -> Result<Vec<u8>, ScalarError> {
        if dtype.is_complex() {
            let (re, im) = match self {
                Scalar::Complex(re, im) => (re, im),
                other => (other.real(dtype)?, 0.0),
            };
            let half = if dtype == DType::C64 { DType::F32 } else { DType::F64 };
            let part = |x| float_bytes(x, half).ok_or_else(|| self.out_of(dtype));
            return Ok([part(re)?, part(im)?].concat());
        }
        if dtype.is_float() {
            return float_bytes(self.real(dtype)?, dtype).ok_or_else(|| self.out_of(dtype));
        }
        let value = self.whole(dtype)?;
        let (lo, hi) = integer_range(dtype).unwrap_or((0, 0));
        if !(lo..=hi).contains(&value) {
            return Err(self.out_of(dtype));
        }
        let low = (value as u128 as u64).to_le_bytes();
        let mut bytes = low[..dtype.size()].to_vec();
        if cfg!(target_endian = "big") {
            bytes.reverse();
        }
        Ok(bytes)
    }

    fn out_of(self, dtype: DType) -> ScalarError {
        ScalarError::Range { value: self.to_string(), dtype }
    }

    fn real(self, dtype: DType) -> Result<f64, ScalarError> {
        match self {
            Scalar::Bool(b) => Ok(f64::from(u8::from(b))),
            Scalar::Int(i) => Ok(i as f64),
            Scalar::Float(x) => Ok(x),
            Scalar::Complex(re, 0.0) => Ok(re),
            Scalar::Complex(..) => Err(ScalarError::Imaginary { value: self.to_string(), dtype }),
        }
    }

    fn whole(self, dtype: DType) -> Result<i128, ScalarError> {
        match self {
            Scalar::Bool(b) => Ok(b.into()),
            Scalar::Int(i) => Ok(i),
            Scalar::Complex(..) | Scalar::Float(_) => {
                let x = self.real(dtype)?;
                if x.is_nan() {
                    Err(ScalarError::NotANumber { dtype })
                } else if x.is_infinite() || x.abs() >= 1e30 {
                    Err(self.out_of(dtype))
                } else if x != x.trunc() {
                    Err(ScalarError::Fraction { value: self.to_string(), dtype })
                } else {
                    Ok(x as i128)
                }
            }
        }
    }

    /// Reads text as a value of a dtype: whole numbers exactly, `nan`, `inf`, `true`, `1+2j`. The
    /// value is returned as the dtype holds it, and refused where it is out of range.
    pub fn parse(text: &str, dtype: DType) -> Result<Scalar, ScalarError> {
        let trimmed = text.trim();
        let value = match trimmed {
            "true" | "True" => Some(Scalar::Bool(true)),
            "false" | "False" => Some(Scalar::Bool(false)),
            t => (t.parse().ok().map(Scalar::Int))
                .or_else(|| t.parse().ok().map(Scalar::Float))
                .or_else(|| parse_complex(t)),
        };
        let value = value.ok_or_else(|| ScalarError::Text { text: trimmed.to_string(), dtype })?;
        Ok(Scalar::from_bytes(dtype, &value.to_bytes(dtype)?))
    }

    /// The shortest text that gives this value back in a dtype: `0.1` for an f32, where the plain
    /// [`Display`](fmt::Display) shows all digits that f64 needs.
    pub fn display(self, dtype: DType) -> String {
        match self {
            Scalar::Float(x) => shortest(x, dtype),
            Scalar::Complex(re, im) => complex_text(&shortest(re, dtype), &shortest(im, dtype)),
            other => other.to_string(),
        }
    }
}

/// The nearest value, by way of f32 rounded to odd: what the `half` crate makes of an f64 depends on
/// the processor in ties.
fn to_f16(x: f64) -> f16 {
    f16::from_f32(round_to_odd(x))
}

fn to_bf16(x: f64) -> bf16 {
    bf16::from_f32(round_to_odd(x))
}

fn float_bytes(x: f64, dtype: DType) -> Option<Vec<u8>> {
    let (bytes, infinite) = match dtype {
        DType::F16 => (to_f16(x).to_ne_bytes().to_vec(), to_f16(x).is_infinite()),
        DType::BF16 => (to_bf16(x).to_ne_bytes().to_vec(), to_bf16(x).is_infinite()),
        DType::F32 => ((x as f32).to_ne_bytes().to_vec(), (x as f32).is_infinite()),
        _ => (x.to_ne_bytes().to_vec(), x.is_infinite()),
    };
    (infinite == x.is_infinite()).then_some(bytes)
}

/// `1+2j`, `-3j`, `1e5-2.5j`: the sign that parts them is the last one not of an exponent.
fn parse_complex(text: &str) -> Option<Scalar> {
    let body = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text).strip_suffix(['j', 'J'])?;
    let bytes = body.as_bytes();
    let sign =
        (1..bytes.len()).rev().find(|i| matches!(bytes[*i], b'+' | b'-') && !matches!(bytes[i - 1], b'e' | b'E'));
    let (re, im) = match sign {
        Some(at) => (body[..at].parse().ok()?, &body[at..]),
        None => (0.0, body),
    };
    Some(Scalar::Complex(re, im.parse().ok()?))
}

fn float_text(x: f64) -> String {
    if x.is_nan() { "nan".to_string() } else { format!("{x:?}") }
}

fn shortest(x: f64, dtype: DType) -> String {
    match dtype {
        DType::F32 | DType::C64 if x.is_finite() => format!("{:?}", x as f32),
        DType::F16 | DType::BF16 if x.is_finite() => {
            let same = |text: &str| {
                text.parse().is_ok_and(|y: f64| match dtype {
                    DType::F16 => to_f16(y).to_f64() == x,
                    _ => to_bf16(y).to_f64() == x,
                })
            };
            let found = (0..9).map(|digits| format!("{x:.digits$e}")).find(|t| same(t));
            found.and_then(|t| t.parse().ok()).map_or_else(|| float_text(x), |y: f64| float_text(y))
        }
        _ => float_text(x),
    }
}

fn complex_text(re: &str, im: &str) -> String {
    format!("{re}{}{im}j", if im.starts_with('-') { "" } else { "+" })
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(b) => f.pad(if *b { "true" } else { "false" }),
            Scalar::Int(i) => f.pad(&i.to_string()),
            Scalar::Float(x) => f.pad(&float_text(*x)),
            Scalar::Complex(re, im) => f.pad(&complex_text(&float_text(*re), &float_text(*im))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_through_bytes_exactly() {
        for dtype in DType::ALL {
            let values: Vec<Scalar> = match integer_range(dtype) {
                Some((0, 1)) => vec![Scalar::Bool(true), Scalar::Bool(false)],
                Some((lo, hi)) => vec![Scalar::Int(lo), Scalar::Int(hi), Scalar::Int(1)],
                None if dtype.is_complex() => vec![Scalar::Complex(1.5, -2.0)],
                None => [0.5, -3.0, f64::INFINITY, largest(dtype)].map(Scalar::Float).to_vec(),
            };
            for v in values {
                let bytes = v.to_bytes(dtype).expect("in range");
                assert_eq!((bytes.len(), Scalar::from_bytes(dtype, &bytes)), (dtype.size(), v), "{dtype}");
                assert_eq!(Scalar::parse(&v.display(dtype), dtype), Ok(v), "{dtype}");
            }
        }
    }

    #[test]
    fn nothing_wraps_or_is_lost() {
        for (value, dtype) in [
            (Scalar::Int(256), DType::U8),
            (Scalar::Int(-1), DType::U64),
            (Scalar::Int(i128::MAX), DType::I64),
            (Scalar::Float(128.0), DType::I8),
            (Scalar::Float(f64::INFINITY), DType::I8),
            (Scalar::Float(1e39), DType::F32),
            (Scalar::Float(65520.0), DType::F16),
            (Scalar::Complex(1e39, 0.0), DType::C64),
            (Scalar::Int(2), DType::Bool),
        ] {
            assert!(matches!(value.to_bytes(dtype), Err(ScalarError::Range { .. })), "{value} {dtype}");
        }
        assert!(matches!(Scalar::Float(f64::NAN).to_bytes(DType::I32), Err(ScalarError::NotANumber { .. })));
        assert!(matches!(Scalar::Float(2.5).to_bytes(DType::U8), Err(ScalarError::Fraction { .. })));
        assert!(matches!(Scalar::Complex(1.0, 1.0).to_bytes(DType::F32), Err(ScalarError::Imaginary { .. })));
        assert_eq!(Scalar::Float(255.0).to_bytes(DType::U8), Ok(vec![255]));
    }

    #[test]
    fn text_is_read_and_written() {
        assert_eq!(Scalar::parse("9223372036854775807", DType::I64), Ok(Scalar::Int(i64::MAX.into())));
        assert_eq!(Scalar::parse("1e3", DType::U16), Ok(Scalar::Int(1000)));
        assert_eq!(Scalar::parse("1e5-2.5j", DType::C128), Ok(Scalar::Complex(1e5, -2.5)));
        assert_eq!(Scalar::parse("2j", DType::C64), Ok(Scalar::Complex(0.0, 2.0)));
        assert!(matches!(Scalar::parse("abc", DType::F32), Err(ScalarError::Text { .. })));
        let shown = |x: f64, d| Scalar::from_bytes(d, &Scalar::Float(x).to_bytes(d).expect("fits")).display(d);
        for dtype in [DType::F16, DType::BF16, DType::F32, DType::F64] {
            assert_eq!(shown(0.1, dtype), "0.1", "{dtype}");
            assert_eq!(shown(-2.0, dtype), "-2.0", "{dtype}");
        }
        assert_eq!(Scalar::Float(f64::NAN).to_string(), "nan");
        assert_eq!(Scalar::Complex(1.0, -2.0).to_string(), "1.0-2.0j");
    }
}
