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
    example: "kernel = \"clip\"\nmin = 0\nmax = 1",
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
        simd::vectorized(|| each(src, dst, self.lo, self.hi));
        Ok(())
    }
}

#[inline(always)]
fn each<T: Clipped>(src: &[T], dst: &mut [T], lo: T, hi: T) {
    for (d, x) in dst.iter_mut().zip(src) {
        *d = x.clip(lo, hi);
    }
}
