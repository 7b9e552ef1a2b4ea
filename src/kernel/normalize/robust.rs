//! `robust`: how many ranges between two quantiles an element lies from the median.
//!
//! Owns the formula and the declaration. Quantiles are those of `reduce`.

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
    SKIPNA,
];

/// The table entry of `robust`.
pub const ROBUST: KernelInfo = KernelInfo {
    name: "robust",
    family: Family::Normalize,
    summary: "values less their median, divided by the range between two quantiles",
    doc: "Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. \
          (x - median) / (q75 - q25) in f64, then rounded, over all axes where `axes` is not given: what \
          scikit-learn's RobustScaler does to columns. Quantiles are exact, linear between elements. A cell \
          whose two quantiles are equal has no scale and gives NaN and infinities, as zscore; a cell that holds NaN is NaN, \
          with `skipna` NaN alone stays NaN. As many sweeps as quantile takes, and one that writes.",
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
    Ok(Box::new(Robust { params: params.clone(), q: [low, 0.5, high] }))
}

#[derive(Debug)]
struct Robust {
    params: Params,
    q: [f64; 3],
}

impl Kernel for Robust {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("robust", inputs)?;
        let axes = folded_axes(&self.params, spec)?;
        let skip = self.params.bool("skipna", false);
        let pick = Pick { first: 1, second: 2, less: Some(0) };
        let found = with_real_type!(
            spec.dtype,
            T => variants::<T, _>(spec, &axes, (&self.q, skip), pick, Standardise),
            else return Err(complex("robust", spec.dtype))
        );
        Ok(found)
    }
}
