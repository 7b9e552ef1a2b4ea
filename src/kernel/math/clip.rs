//! `clip`: values held between two bounds. Owns the meaning of a bound in each dtype.

use super::convert::{Exact, Target};
use super::pointwise::{self, Rows};
use crate::array::{ArraySpec, Bool};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Value, Variant, simd};
use crate::with_real_type;
use half::{bf16, f16};

const BOUND: Kind = Kind::Float { min: f64::NEG_INFINITY, max: f64::INFINITY };

pub const INFO: KernelInfo = KernelInfo {
    name: "clip",
    family: Family::Math,
    summary: "values held between two bounds",
    doc: "Any shape, any real dtype; shape, dtype and axis names stay (numpy.clip with Python numbers as bounds). \
          At least one of min and max is given, and min <= max. NaN stays NaN; -0 counts as below +0. For integers, \
          a fractional bound moves inward to the next integer, and a bound beyond the range of the dtype never \
          binds; bounds that would leave no value of the dtype are refused. One pass at the speed of memory.",
    params: &[
        ParamInfo { name: "min", kind: BOUND, default: Some(""), doc: "lower bound; unset: none" },
        ParamInfo { name: "max", kind: BOUND, default: Some(""), doc: "upper bound; unset: none" },
    ],
    example: "[[step]]\nkernel = \"clip\"\nmin = 0\nmax = 1",
    parse,
};

/// A bound as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    Int(i128),
    Float(f64),
}

impl Bound {
    fn of(params: &Params, name: &str) -> Option<Bound> {
        match params.get(name)? {
            Value::Int(i) => Some(Bound::Int(i128::from(*i))),
            _ => params.float(name).map(Bound::Float),
        }
    }

    fn float(self) -> f64 {
        match self {
            Bound::Int(i) => i as f64,
            Bound::Float(f) => f,
        }
    }

    /// The least integer at or above the bound; saturates.
    pub fn ceil(self) -> i128 {
        match self {
            Bound::Int(i) => i,
            Bound::Float(f) => f.ceil() as i128,
        }
    }

    /// The greatest integer at or below the bound; saturates.
    pub fn floor(self) -> i128 {
        match self {
            Bound::Int(i) => i,
            Bound::Float(f) => f.floor() as i128,
        }
    }
}

#[derive(Debug)]
struct Clip {
    min: Option<Bound>,
    max: Option<Bound>,
}

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let (min, max) = (Bound::of(params, "min"), Bound::of(params, "max"));
    match (min, max) {
        (None, None) => Err(BindError::new("clip needs a bound").help("give min, max, or both")),
        (Some(lo), Some(hi)) if lo.float() > hi.float() => {
            Err(BindError::param("min", format!("min = {} is above max = {}", lo.float(), hi.float())))
        }
        _ => Ok(Box::new(Clip { min, max })),
    }
}

impl Kernel for Clip {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("clip takes one array, {} were given", inputs.len())));
        };
        let refused = || BindError::new(format!("{} numbers have no order: clip takes real arrays", input.dtype));
        with_real_type!(input.dtype, T => {
            let Some((lo, hi)) = T::bounds(self.min, self.max) else {
                let message = format!("no value of {} lies between the bounds", input.dtype);
                let param = if self.min.is_some() { "min" } else { "max" };
                return Err(BindError::param(param, message).help("cast the array to a wider dtype first"));
            };
            Ok(pointwise::variant(input, input.dtype, ClipRows { lo, hi }))
        }, else Err(refused()))
    }
}

/// A dtype that can be clipped.
trait Clipped: Exact + std::fmt::Debug {
    /// Both bounds as values of the dtype; `None` where no value lies between.
    fn bounds(min: Option<Bound>, max: Option<Bound>) -> Option<(Self, Self)>;
    fn clip(self, lo: Self, hi: Self) -> Self;
}

macro_rules! clip_integers {
    ($($T:ident),*) => { $(
        impl Clipped for $T {
            fn bounds(min: Option<Bound>, max: Option<Bound>) -> Option<($T, $T)> {
                let (least, most) = ($T::MIN as i128, $T::MAX as i128);
                let lo = min.map_or(least, |b| b.ceil().max(least));
                let hi = max.map_or(most, |b| b.floor().min(most));
                (lo <= hi && lo <= most && hi >= least).then_some((lo as $T, hi as $T))
            }
            #[inline(always)]
            fn clip(self, lo: $T, hi: $T) -> $T {
                self.max(lo).min(hi)
            }
        }
    )* };
}
clip_integers!(u8, u16, u32, u64, i8, i16, i32, i64);

impl Clipped for Bool {
    fn bounds(min: Option<Bound>, max: Option<Bound>) -> Option<(Bool, Bool)> {
        let lo = min.map_or(0, |b| b.ceil().max(0));
        let hi = max.map_or(1, |b| b.floor().min(1));
        (lo <= hi && lo <= 1 && hi >= 0).then_some((Bool(lo as u8), Bool(hi as u8)))
    }
    #[inline(always)]
    fn clip(self, lo: Bool, hi: Bool) -> Bool {
        Bool(u8::from(self.get()).max(lo.0).min(hi.0))
    }
}

macro_rules! clip_floats {
    ($($T:ident: $x:ident => $wide:expr, $W:ident),*) => { $(
        impl Clipped for $T {
            fn bounds(min: Option<Bound>, max: Option<Bound>) -> Option<($T, $T)> {
                let make = |b: Bound| <$T as Target>::of_f64(b.float());
                let (lo, lo_over) = min.map_or(($T::NEG_INFINITY, false), make);
                let (hi, hi_over) = max.map_or(($T::INFINITY, false), make);
                // A finite bound that rounds to an infinity on the far side leaves nothing.
                let none = (lo_over && lo == $T::INFINITY) || (hi_over && hi == $T::NEG_INFINITY);
                (!none).then_some((lo, hi))
            }
            #[inline(always)]
            fn clip(self, lo: $T, hi: $T) -> $T {
                let wide = |$x: $T| -> $W { $wide };
                let (x, l, h) = (wide(self), wide(lo), wide(hi));
                // Where a zero meets a zero bound, the sign decides: -0 is below +0.
                let x_or_lo = if x < l || (x == l && x.is_sign_negative()) { lo } else { self };
                let y = wide(x_or_lo);
                let kept = if y > h || (y == h && y.is_sign_positive()) { hi } else { x_or_lo };
                if x.is_nan() { $T::NAN } else { kept }
            }
        }
    )* };
}
clip_floats!(f16: x => x.to_f32(), f32, bf16: x => x.to_f32(), f32, f32: x => x, f32, f64: x => x, f64);

#[derive(Debug)]
struct ClipRows<T> {
    lo: T,
    hi: T,
}

impl<T: Clipped> Rows for ClipRows<T> {
    fn run(&self, input: &[u8], output: &mut [u8]) -> Result<(), (usize, String)> {
        let (src, dst) = (bytemuck::cast_slice::<u8, T>(input), bytemuck::cast_slice_mut::<u8, T>(output));
        simd::vectorized(
            #[inline(always)]
            || each(src, dst, self.lo, self.hi),
        );
        Ok(())
    }
}

#[inline(always)]
fn each<T: Clipped>(src: &[T], dst: &mut [T], lo: T, hi: T) {
    for (d, x) in dst.iter_mut().zip(src) {
        *d = x.clip(lo, hi);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{DType, Element};
    use crate::kernel::trial::{Array, run};

    fn bind(min: Option<Value>, max: Option<Value>, input: &ArraySpec) -> Result<Vec<Variant>, BindError> {
        let given: Vec<(String, Value)> =
            [("min", min), ("max", max)].into_iter().filter_map(|(k, v)| Some((k.to_string(), v?))).collect();
        (INFO.parse)(&Params::check(INFO.params, &given)?)?.bind(std::slice::from_ref(input))
    }

    fn clip<T: Element>(min: Option<Value>, max: Option<Value>, values: &[T]) -> Vec<T> {
        let input = Array::from(&[values.len() as u64], values);
        let variants = bind(min, max, &input.spec).unwrap();
        let out = run(&variants[0], std::slice::from_ref(&input), &[1000]).unwrap().remove(0);
        assert_eq!(run(&variants[0], &[input], &[2]).unwrap()[0].bytes(), out.bytes());
        out.data::<T>().to_vec()
    }

    const fn int(i: i64) -> Option<Value> {
        Some(Value::Int(i))
    }

    const fn float(f: f64) -> Option<Value> {
        Some(Value::Float(f))
    }

    #[test]
    fn values_stay_between_the_bounds() {
        assert_eq!(clip(int(3), int(250), &[0u8, 3, 100, 251, 255]), [3, 3, 100, 250, 250]);
        assert_eq!(clip(float(-1.5), float(1.5), &[-3i16, -1, 0, 1, 3]), [-1, -1, 0, 1, 1]);
        assert_eq!(clip(int(-7), float(1e300), &[0u64, u64::MAX]), [0, u64::MAX]);
        assert_eq!(clip(int(i64::MAX), None, &[0u64, u64::MAX]), [i64::MAX as u64, u64::MAX]);
        assert_eq!(clip(None, int(0), &[Bool(0), Bool(5)]).iter().map(|b| b.0).collect::<Vec<_>>(), [0, 0]);
        let f = clip(int(0), float(0.1), &[f32::NEG_INFINITY, -0.0, 0.05, 2.0, -f32::NAN]);
        assert_eq!(
            f.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            [0.0, 0.0, 0.05, 0.1, f32::NAN].map(f32::to_bits)
        );
        assert_eq!(clip(None, float(-0.0), &[0.0f64, -1.0])[0].to_bits(), (-0.0f64).to_bits());
        assert_eq!(clip(int(1), int(2), &[0.0, 1.5, 9.0].map(f16::from_f64)), [1.0, 1.5, 2.0].map(f16::from_f64));
        assert_eq!(clip(int(1), int(2), &[0.0f32, 3.0].map(bf16::from_f32)), [1.0, 2.0].map(bf16::from_f32));
        assert_eq!(clip::<f64>(int(1), None, &[]), [0.0; 0]);
    }

    #[test]
    fn bounds_are_checked() {
        let of = |min, max, dtype| bind(min, max, &ArraySpec::new(dtype, &[2])).unwrap_err().message;
        assert!(of(None, None, DType::F32).contains("needs a bound"));
        assert!(of(int(2), float(1.5), DType::F32).contains("above"));
        assert!(of(int(300), None, DType::U8).contains("no value of u8"));
        assert!(of(float(0.2), float(0.8), DType::I32).contains("no value of i32"));
        assert!(of(float(1e300), None, DType::F32).contains("no value of f32"));
        assert!(of(None, int(1), DType::C64).contains("no order"));
        assert!(of(float(f64::NAN), None, DType::F32).contains("not allowed"));
    }
}
