//! What the rolling kernels share: their parameters, what they refuse, and the dtype rules that two have.
//!
//! Owns the meaning of `window`, `min_count`, `center`, `step` and `ddof`. Refuses to know how windows are computed.

use super::largest::{ArgMax, Max, WholeArgMax, WholeMax};
use super::monoid::What;
use super::sliding::{Limits, Window, variants};
use super::spread::Spread;
use crate::array::{ArraySpec, DType};
use crate::kernel::axes::window_axis;
use crate::kernel::math;
use crate::kernel::{BindError, Kind, ParamInfo, Params, Variant};

/// Parameters of every rolling kernel.
pub(super) const PARAMS: &[ParamInfo] = &[
    ParamInfo {
        name: "window",
        kind: Kind::Int { min: 1, max: i64::MAX },
        default: None,
        doc: "elements of a window; it may be longer than the axis",
    },
    ParamInfo {
        name: "min_count",
        kind: Kind::Int { min: 1, max: i64::MAX },
        default: Some(""),
        doc: "values (not NaN, inside the array) below which a result is NaN; at most the window; unset: the window",
    },
    ParamInfo {
        name: "center",
        kind: Kind::Bool,
        default: Some("false"),
        doc: "whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before it",
    },
    ParamInfo {
        name: "step",
        kind: Kind::Int { min: 1, max: i64::MAX },
        default: Some("1"),
        doc: "every so many results are kept, from the first on, as [::step] of all would",
    },
    ParamInfo {
        name: "axes",
        kind: Kind::Axes,
        default: Some(""),
        doc: "the one axis to work along; unset: t where named, else the axis of a 1-D array",
    },
];

/// Parameters of those that divide by the count less something.
pub(super) const SPREAD_PARAMS: &[ParamInfo] = &[
    PARAMS[0],
    PARAMS[1],
    PARAMS[2],
    ParamInfo {
        name: "ddof",
        kind: Kind::Int { min: 0, max: 1 << 53 },
        default: Some("1"),
        doc: "delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains",
    },
    PARAMS[3],
    PARAMS[4],
];

/// Parameters of a quantile.
pub(super) const QUANTILE_PARAMS: &[ParamInfo] = &[
    PARAMS[0],
    ParamInfo {
        name: "q",
        kind: Kind::Float { min: 0.0, max: 1.0 },
        default: None,
        doc: "the share of values at or below the result: 0 the smallest, 0.5 the median, 1 the largest",
    },
    PARAMS[1],
    PARAMS[2],
    PARAMS[3],
    PARAMS[4],
];

/// The other array of two.
const OTHER: ParamInfo = ParamInfo {
    name: "other",
    kind: Kind::Arrays,
    default: None,
    doc: "the array beside the one that the step takes: the name of an input or a step",
};

/// Parameters of two arrays.
pub(super) const PAIR_PARAMS: &[ParamInfo] = &[OTHER, PARAMS[0], PARAMS[1], PARAMS[2], PARAMS[3], PARAMS[4]];

/// Parameters of two arrays, where something is divided by the count less `ddof`.
pub(super) const PAIR_SPREAD_PARAMS: &[ParamInfo] = &[
    OTHER,
    SPREAD_PARAMS[0],
    SPREAD_PARAMS[1],
    SPREAD_PARAMS[2],
    SPREAD_PARAMS[3],
    SPREAD_PARAMS[4],
    SPREAD_PARAMS[5],
];

/// The name of the other array.
pub(super) fn other(params: &Params) -> Result<String, BindError> {
    match <[String; 1]>::try_from(params.names("other")) {
        Ok([name]) => Ok(name),
        Err(names) => Err(BindError::param("other", format!("other names {} arrays, it takes one", names.len()))
            .help("one step for each array")),
    }
}

/// Checks what needs no array: `min_count` against `window`.
pub(super) fn check(params: &Params) -> Result<(), BindError> {
    let (length, least) = lengths(params)?;
    if least > length {
        let message = format!("min_count = {least} is more than the window of {length}: every result would be missing");
        return Err(BindError::param("min_count", message).help(format!("give min_count from 1 to {length}")));
    }
    Ok(())
}

/// As [`check`], and `ddof` against `window`; gives `ddof`.
pub(super) fn check_ddof(params: &Params) -> Result<f64, BindError> {
    check(params)?;
    let (length, ddof) = (lengths(params)?.0, params.int("ddof").unwrap_or(1).unsigned_abs());
    if ddof >= length {
        let message = format!("ddof = {ddof} leaves nothing of a window of {length}: every result would be missing");
        return Err(BindError::param("ddof", message).help("give a smaller ddof, or a longer window"));
    }
    Ok(ddof as f64)
}

/// The largest or smallest value.
pub(super) fn largest(input: &ArraySpec, window: &Window, what: What, limits: &Limits) -> Vec<Variant> {
    // An integer has no value for "missing".
    let output = if window.min_count == 1 { input.dtype } else { input.dtype.real() };
    match output {
        DType::I64 | DType::U64 => variants::<WholeMax>(input, output, window, what, limits),
        _ => variants::<Max>(input, output, window, what, limits),
    }
}

/// Where the largest or smallest value lies.
pub(super) fn place(input: &ArraySpec, window: &Window, what: What, limits: &Limits) -> Vec<Variant> {
    match input.dtype {
        DType::I64 | DType::U64 => variants::<WholeArgMax>(input, DType::F64, window, what, limits),
        _ => variants::<ArgMax>(input, DType::F64, window, what, limits),
    }
}

/// Variance or standard deviation.
pub(super) fn spread(input: &ArraySpec, window: &Window, what: What, limits: &Limits) -> Vec<Variant> {
    variants::<Spread>(input, input.dtype.real(), window, what, limits)
}

/// The one input and the window along it. `name` is the kernel's.
pub(super) fn bind<'a>(
    name: &str,
    params: &Params,
    inputs: &'a [ArraySpec],
) -> Result<(&'a ArraySpec, Window), BindError> {
    let [input] = inputs else {
        return Err(BindError::new(format!("{name} takes one array, {} were given", inputs.len())));
    };
    check_real(name, input)?;
    let axis = window_axis(params, input)?;
    let (length, min_count) = lengths(params)?;
    let step = params.int("step").unwrap_or(1).unsigned_abs();
    Ok((input, Window { axis, length, min_count, center: params.bool("center", false), step }))
}

fn check_real(name: &str, input: &ArraySpec) -> Result<(), BindError> {
    if input.dtype.is_integer() || input.dtype.is_float() {
        return Ok(());
    }
    Err(BindError::new(format!("{name} does not work on {}", input.dtype))
        .help("cast to a real dtype first (kernel = \"cast\")"))
}

/// Two inputs of one shape, as the one with the names of both; the dtype of results; the window. `name` is the kernel's.
pub(super) fn bind_pair(
    name: &str,
    params: &Params,
    inputs: &[ArraySpec],
) -> Result<(ArraySpec, DType, Window), BindError> {
    let [first, second] = inputs else {
        return Err(BindError::new(format!("{name} takes two arrays, {} were given", inputs.len())));
    };
    if first.shape != second.shape {
        let message = format!("the other array has shape {:?}, this one {:?}", second.shape, first.shape);
        return Err(BindError::param("other", message).help("give an array of the same shape"));
    }
    let mut both = first.clone();
    for (axis, name) in both.axes.iter_mut().enumerate() {
        match (*name, second.axes[axis]) {
            (Some(one), Some(other)) if one != other => {
                let message = format!("axis {axis} is called {other} in the other array and {one} in this one");
                return Err(BindError::param("other", message).help("transpose one of them, or name their axes alike"));
            }
            (None, other) if !first.axes.contains(&other) => *name = other,
            _ => {}
        }
    }
    check_real(name, second)?;
    let window = bind(name, params, std::slice::from_ref(&both))?.1;
    let output = math::common(first.dtype.real(), second.dtype.real());
    Ok((both, output, window))
}

fn lengths(params: &Params) -> Result<(u64, u64), BindError> {
    let Some(length) = params.int("window") else {
        return Err(BindError::new("the parameter \"window\" is missing"));
    };
    let least = params.int("min_count").unwrap_or(length);
    Ok((length.unsigned_abs(), least.unsigned_abs()))
}
