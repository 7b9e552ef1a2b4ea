//! Which axes a step works along when nobody says: the rule of each family, in one place.

use super::{BindError, Params};
use crate::array::ArraySpec;

/// Reductions and normalisations: what `axes` says, or all.
pub fn all_axes(params: &Params, spec: &ArraySpec) -> Result<Vec<usize>, BindError> {
    Ok(params.axes(spec)?.unwrap_or_else(|| (0..spec.rank()).collect()))
}

/// Filters: what `axes` says; else `y` and `x` where named; else all axes of a 1-D or 2-D array.
pub fn filter_axes(params: &Params, spec: &ArraySpec) -> Result<Vec<usize>, BindError> {
    if let Some(axes) = params.axes(spec)? {
        return Ok(axes);
    }
    match (spec.axis_named('y'), spec.axis_named('x')) {
        (Some(y), Some(x)) => Ok(vec![y, x]),
        _ if spec.rank() <= 2 => Ok((0..spec.rank()).collect()),
        _ => Err(must_say(spec, "filter")),
    }
}

/// Windows and scans: what `axes` says (one axis); else `t` where named; else the axis of a 1-D array.
pub fn window_axis(params: &Params, spec: &ArraySpec) -> Result<usize, BindError> {
    match params.axes(spec)?.as_deref() {
        Some([axis]) => Ok(*axis),
        Some(axes) => Err(BindError::param("axes", format!("a window runs along one axis, {} were given", axes.len()))),
        None => match spec.axis_named('t') {
            Some(t) => Ok(t),
            None if spec.rank() == 1 => Ok(0),
            None => Err(must_say(spec, "window")),
        },
    }
}

fn must_say(spec: &ArraySpec, what: &str) -> BindError {
    let message = format!("which axes of this {}-dimensional array should the {what} work along?", spec.rank());
    BindError::param("axes", message).help("say axes = … in the step, or name the axes of the input (axes = \"tyx\")")
}
