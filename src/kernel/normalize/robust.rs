//! `robust`: how many ranges between two quantiles an element lies from the median.
//!
//! Owns the formula and the declaration. Quantiles are those of `reduce`.

use super::fit::{self, FIT};
use super::mad;
use super::quantiles::{Pick, variants};
use super::zscore::Standardise;
use crate::array::ArraySpec;
use crate::kernel::reduce::{AXES, SKIPNA, complex, folded_axes, real_input};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Variant};
use crate::with_real_type;

const SHARES: Kind = Kind::Numbers { min: 0.0, max: 1.0 };

const PARAMS: &[ParamInfo] = &[
    AXES,
    ParamInfo {
        name: "q_range",
        kind: SHARES,
        default: Some("[0.25, 0.75]"),
        doc: "the two quantiles whose distance is the scale, the smaller first",
    },
    ParamInfo {
        name: "spread",
        kind: Kind::Choice(&["iqr", "mad"]),
        default: Some("iqr"),
        doc: "the scale: the distance of the two quantiles, or the median absolute deviation from the median",
    },
    ParamInfo {
        name: "mad_scale",
        kind: Kind::Float { min: f64::MIN_POSITIVE, max: f64::MAX },
        default: Some("1"),
        doc: "what the median absolute deviation is divided by; 0.6744897501960817 makes it the standard deviation of \
              normal data",
    },
    SKIPNA,
    FIT,
];

/// The table entry of `robust`.
pub const ROBUST: KernelInfo = KernelInfo {
    name: "robust",
    family: Family::Normalize,
    summary: "values less their median, divided by the range between two quantiles",
    doc: "Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. \
          (x - median) / (q75 - q25) in f64, then rounded, over all axes where `axes` is not given: what \
          scikit-learn's RobustScaler does to columns. With `spread = \"mad\"` the scale is \
          scipy.stats.median_abs_deviation: the median of |x - median|, divided by `mad_scale`. Quantiles are exact, linear between elements. A cell \
          whose two quantiles are equal has no scale and gives NaN and infinities, as zscore; a cell that holds NaN is NaN, \
          with `skipna` NaN alone stays NaN. With `fit` statistics are those of another \
          array, over the same axes of it. As many sweeps as quantile takes, twice over for mad, and one that writes.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"robust\"\naxes = \"yx\"",
    parse,
};

/// Two shares of the elements, the smaller first.
pub(super) fn two(params: &Params, name: &str, usual: [f64; 2]) -> Result<[f64; 2], BindError> {
    let Some(given) = params.numbers(name) else { return Ok(usual) };
    match given[..] {
        [low, high] if low < high => Ok([low, high]),
        _ => {
            let text = given.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
            let error = BindError::param(name, format!("{name} = [{text}] is not two shares, the smaller first"));
            Err(error.help(format!("give two numbers from 0 to 1, such as [{}, {}]", usual[0], usual[1])))
        }
    }
}

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let [low, high] = two(params, "q_range", [0.25, 0.75])?;
    let mad = params.text("spread") == Some("mad");
    if let Some(name) =
        [("q_range", mad), ("mad_scale", !mad)].iter().find(|(n, idle)| *idle && params.get(n).is_some())
    {
        let spread = if mad { "mad" } else { "iqr" };
        let message = format!("{} has no meaning with spread = \"{spread}\"", name.0);
        return Err(BindError::param(name.0, message).help("leave it out, or choose the other spread"));
    }
    Ok(Box::new(Robust { params: params.clone(), q: [low, 0.5, high] }))
}

#[derive(Debug)]
struct Robust {
    params: Params,
    q: [f64; 3],
}

impl Kernel for Robust {
    fn input_names(&self) -> Vec<String> {
        fit::names(&self.params)
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        fit::variants("robust", inputs, |spec| folded_axes(&self.params, spec), |inputs| self.bind_one(inputs))
    }
}

impl Robust {
    fn bind_one(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("robust", inputs)?;
        let axes = folded_axes(&self.params, spec)?;
        let skip = self.params.bool("skipna", false);
        if self.params.text("spread") == Some("mad") {
            let scale = (self.params.float("mad_scale").unwrap_or(1.0), skip);
            let found = with_real_type!(
                spec.dtype,
                T => mad::variants::<T, _>(spec, &axes, scale, Standardise),
                else return Err(complex("robust", spec.dtype))
            );
            return Ok(found);
        }
        let pick = Pick { first: 1, second: 2, less: Some(0) };
        let found = with_real_type!(
            spec.dtype,
            T => variants::<T, _>(spec, &axes, (&self.q, skip), pick, Standardise),
            else return Err(complex("robust", spec.dtype))
        );
        Ok(found)
    }
}
