//! `minmax`: rescales so that the smallest element becomes `low` and the largest `high`.
//!
//! Owns the formula, and differences that neither round nor overflow. The extremes are those of
//! `reduce`.

use super::fit::{self, FIT};
use super::rescale::{Formula, HasReal, Statistics, rescale_stage, statistics_spec};
use crate::array::{ArraySpec, Bool, DType};
use crate::kernel::reduce::{
    AXES, ExtremeItem, Extremes, LowHigh, Real, SKIPNA, complex, fold_stage, folded_axes, real_input, reduced_write,
    with_skip,
};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Sink, Variant};
use half::{bf16, f16};

const FINITE: Kind = Kind::Float { min: f64::NEG_INFINITY, max: f64::INFINITY };

const PARAMS: &[ParamInfo] = &[
    AXES,
    ParamInfo { name: "low", kind: FINITE, default: Some("0"), doc: "what the smallest element becomes" },
    ParamInfo { name: "high", kind: FINITE, default: Some("1"), doc: "what the largest element becomes" },
    SKIPNA,
    FIT,
];

/// The table entry of `minmax`.
pub const MINMAX: KernelInfo = KernelInfo {
    name: "minmax",
    family: Family::Normalize,
    summary: "values scaled from smallest and largest to a given range",
    doc: "Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. \
          (x - min) / (max - min) * (high - low) + low in f64, then rounded, over all axes where `axes` is not given; \
          differences of 64-bit integers are exact. A cell of constant data has no scale (0 / 0): it is NaN \
          throughout, as in zscore. A cell that holds NaN is NaN; with `skipna` NaN alone stays NaN. With `fit` statistics are those of another \
          array, over the same axes of it. Two sweeps: one \
          folds, one writes.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"minmax\"\naxes = \"yx\"",
    parse,
};

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let number = |name: &str, default: f64| match params.float(name).unwrap_or(default) {
        x if x.is_finite() => Ok(x),
        x => Err(BindError::param(name, format!("{name} = {x} is not allowed: it takes a finite number"))),
    };
    let (low, high) = (number("low", 0.0)?, number("high", 1.0)?);
    if !(high - low).is_finite() {
        return Err(BindError::param("high", format!("the range from {low} to {high} passes the largest f64")));
    }
    Ok(Box::new(Minmax { params: params.clone(), scale: Scale { low, span: high - low } }))
}

#[derive(Debug)]
struct Minmax {
    params: Params,
    scale: Scale,
}

#[derive(Clone, Copy, Debug)]
struct Scale {
    low: f64,
    span: f64,
}

/// An element whose distance from a smaller one is known.
trait Distance: Real {
    /// Whether a difference can pass the largest f64.
    const OVERFLOWS: bool;
    /// `(self - low) * factor`, not rounded before it is f64; `factor` (1 or 0.5) keeps floats from
    /// overflow.
    fn above(self, low: Self, factor: f64) -> f64;
}

macro_rules! distance {
    ($($T:ty => $U:ty),*) => { $(
        impl Distance for $T {
            const OVERFLOWS: bool = false;

            #[inline(always)]
            fn above(self, low: $T, _factor: f64) -> f64 {
                (self.wrapping_sub(low) as $U).value()
            }
        }
    )* };
    (float $($T:ty),*) => { $(
        impl Distance for $T {
            // Bytes and narrow floats are far from it.
            const OVERFLOWS: bool = size_of::<$T>() == 8;

            #[inline(always)]
            fn above(self, low: $T, factor: f64) -> f64 {
                self.value() * factor - low.value() * factor
            }
        }
    )* };
}
distance!(u8 => u8, u16 => u16, u32 => u32, u64 => u64, i8 => u8, i16 => u16, i32 => u32, i64 => u64);
distance!(float f16, bf16, f32, f64, Bool);

impl<T: Distance + ExtremeItem> Formula<T, T> for Scale {
    /// The smallest element, the distance of the largest one, and the factor of both.
    type Cell = (T, f64, f64);

    #[inline(always)]
    fn cell(&self, low: T, high: T) -> (T, f64, f64) {
        let range = high.above(low, 1.0);
        let overflow = T::OVERFLOWS && range.is_infinite() && low.value().is_finite() && high.value().is_finite();
        let factor = if overflow { 0.5 } else { 1.0 };
        (low, high.above(low, factor), factor)
    }

    #[inline(always)]
    fn value(&self, (low, range, factor): (T, f64, f64), x: T) -> f64 {
        x.above(low, factor) / range * self.span + self.low
    }
}

fn bind_as<T: HasReal + Distance + ExtremeItem, const SKIP: bool>(
    spec: &ArraySpec,
    axes: &[usize],
    scale: Scale,
) -> Variant {
    let writes = vec![
        reduced_write(spec, axes, true, spec.dtype, Sink::Temp(0)),
        reduced_write(spec, axes, true, spec.dtype, Sink::Temp(1)),
    ];
    let statistics = statistics_spec(spec, axes, spec.dtype);
    let fold = fold_stage(spec, axes, Extremes::<T, SKIP>::new(), LowHigh::<T>::new(), writes);
    Variant {
        name: "fold, then write",
        stages: vec![fold, rescale_stage::<T, T, _>(spec, Statistics::Found { spec: &statistics, first: 0 }, scale)],
    }
}

impl Kernel for Minmax {
    fn input_names(&self) -> Vec<String> {
        fit::names(&self.params)
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        if let [spec, fit, ..] = inputs
            && spec.dtype != fit.dtype
            && !spec.dtype.is_complex()
        {
            let message =
                format!("minmax is fitted to an array of the same dtype, {}, not of {}", spec.dtype, fit.dtype);
            return Err(BindError::param("fit", message).help("cast one of them"));
        }
        fit::variants("minmax", inputs, |spec| folded_axes(&self.params, spec), |inputs| self.bind_one(inputs))
    }
}

impl Minmax {
    fn bind_one(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("minmax", inputs)?;
        let axes = folded_axes(&self.params, spec)?;
        let skip = self.params.bool("skipna", false);
        let variant = with_skip!(
            spec.dtype,
            skip,
            T,
            SKIP => bind_as::<T, SKIP>(spec, &axes, self.scale),
            else return Err(complex("minmax", spec.dtype))
        );
        Ok(vec![variant])
    }
}
