//! What the rolling kernels share: their parameters and what they refuse.
//!
//! Owns the meaning of `window`, `min_count` and `center`. Refuses to know how windows are computed.

use super::sliding::Window;
use crate::array::ArraySpec;
use crate::kernel::axes::window_axis;
use crate::kernel::{BindError, Kind, ParamInfo, Params};

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
        name: "axes",
        kind: Kind::Axes,
        default: Some(""),
        doc: "the one axis to work along; unset: t where named, else the axis of a 1-D array",
    },
];

/// Checks what needs no array: `min_count` against `window`.
pub(super) fn check(params: &Params) -> Result<(), BindError> {
    let (length, least) = lengths(params)?;
    if least > length {
        let message = format!("min_count = {least} is more than the window of {length}: every result would be missing");
        return Err(BindError::param("min_count", message).help(format!("give min_count from 1 to {length}")));
    }
    Ok(())
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
    if !input.dtype.is_integer() && !input.dtype.is_float() {
        return Err(BindError::new(format!("{name} does not work on {}", input.dtype))
            .help("cast to a real dtype first (kernel = \"cast\")"));
    }
    let axis = window_axis(params, input)?;
    let (length, min_count) = lengths(params)?;
    Ok((input, Window { axis, length, min_count, center: params.bool("center", false) }))
}

fn lengths(params: &Params) -> Result<(u64, u64), BindError> {
    let Some(length) = params.int("window") else {
        return Err(BindError::new("the parameter \"window\" is missing"));
    };
    let least = params.int("min_count").unwrap_or(length);
    Ok((length.unsigned_abs(), least.unsigned_abs()))
}
