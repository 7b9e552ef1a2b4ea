//! `percentile_rescale`: values stretched from two quantiles to a range, and held in it.
//!
//! Owns the formula and the declaration. Quantiles are those of `reduce`.

use super::fit::{self, FIT};
use super::quantiles::{Pick, variants};
use super::rescale::Formula;
use super::robust::two;
use crate::array::ArraySpec;
use crate::kernel::reduce::{AXES, Real, SKIPNA, complex, folded_axes, real_input};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Variant};
use crate::with_real_type;

const FINITE: Kind = Kind::Float { min: f64::MIN, max: f64::MAX };

const PARAMS: &[ParamInfo] = &[
    AXES,
    ParamInfo {
        name: "q",
        kind: Kind::Numbers { min: 0.0, max: 1.0 },
        default: Some("[0.01, 0.99]"),
        doc: "the quantiles that become low and high, as shares of the elements, the smaller first",
    },
    ParamInfo { name: "low", kind: FINITE, default: Some("0"), doc: "what the smaller quantile becomes" },
    ParamInfo { name: "high", kind: FINITE, default: Some("1"), doc: "what the larger quantile becomes" },
    SKIPNA,
    FIT,
];

/// The table entry of `percentile_rescale`.
pub const PERCENTILE_RESCALE: KernelInfo = KernelInfo {
    name: "percentile_rescale",
    family: Family::Normalize,
    summary: "values stretched from two quantiles to a given range, and held in it",
    doc: "Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. \
          (x - a) / (b - a) * (high - low) + low in f64, held between low and high, then rounded, where a and b are the \
          quantiles of `q`, over all axes where `axes` is not given: scikit-image's rescale_intensity with in_range at two \
          percentiles. Quantiles are exact, linear between elements. Where they are equal, what is not above them is low and \
          the rest high. A cell that holds NaN is NaN; with `skipna` NaN alone stays NaN. With `fit` statistics are those of another \
          array, over the same axes of it. As many sweeps as \
          quantile takes, and one that writes.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"percentile_rescale\"\naxes = \"yx\"",
    parse,
};

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let q = two(params, "q", [0.01, 0.99])?;
    let (low, high) = (params.float("low").unwrap_or(0.0), params.float("high").unwrap_or(1.0));
    if !(high - low).is_finite() {
        return Err(BindError::param("high", format!("the range from {low} to {high} passes the largest f64")));
    }
    Ok(Box::new(PercentileRescale { params: params.clone(), q, held: Held { low, high } }))
}

#[derive(Debug)]
struct PercentileRescale {
    params: Params,
    q: [f64; 2],
    held: Held,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    low: f64,
    high: f64,
}

impl<T: Real> Formula<T, f64> for Held {
    /// The quantiles and a factor (1 or 0.5) that keeps their distance from overflow.
    type Cell = (f64, f64, f64);

    #[inline(always)]
    fn cell(&self, a: f64, b: f64) -> (f64, f64, f64) {
        let factor = if (b - a).is_infinite() && a.is_finite() && b.is_finite() { 0.5 } else { 1.0 };
        (a * factor, b * factor, factor)
    }

    #[inline(always)]
    fn value(&self, (a, b, factor): (f64, f64, f64), x: T) -> f64 {
        let x = x.value() * factor;
        let (least, most) = (self.low.min(self.high), self.low.max(self.high));
        let inside = (x - a) / (b - a) * (self.high - self.low) + self.low;
        // What rounds beyond the range is held as well; NaN, next to an infinite quantile, stays.
        let held = if x <= a {
            self.low
        } else if x >= b {
            self.high
        } else if inside < least {
            least
        } else if inside > most {
            most
        } else {
            inside
        };
        if a.is_nan() || x.is_nan() { f64::NAN } else { held }
    }
}

impl Kernel for PercentileRescale {
    fn input_names(&self) -> Vec<String> {
        fit::names(&self.params)
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let axes = |spec: &ArraySpec| folded_axes(&self.params, spec);
        fit::variants("percentile_rescale", inputs, axes, |inputs| self.bind_one(inputs))
    }
}

impl PercentileRescale {
    fn bind_one(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("percentile_rescale", inputs)?;
        let axes = folded_axes(&self.params, spec)?;
        let skip = self.params.bool("skipna", false);
        let pick = Pick { first: 0, second: 1, less: None };
        let found = with_real_type!(
            spec.dtype,
            T => variants::<T, _>(spec, &axes, (&self.q, skip), pick, self.held),
            else return Err(complex("percentile_rescale", spec.dtype))
        );
        Ok(found)
    }
}
