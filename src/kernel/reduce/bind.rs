//! What reductions have in common before any data: parameters, axes, the shape of the result.
//!
//! Owns the parameter tables and the checks of inputs. Refuses to know arithmetic.

use super::fold::{Accumulate, Finish, fold_stage};
use crate::array::{ArraySpec, DType, Order};
use crate::kernel::axes::all_axes;
use crate::kernel::{Access, BindError, Kind, ParamInfo, Params, Sink, Variant, Write};

/// Along which axes.
pub(crate) const AXES: ParamInfo = ParamInfo {
    name: "axes",
    kind: Kind::Axes,
    default: Some(""),
    doc: "axes to work over, as numbers or letters; all where it is not given",
};

/// Whether NaN is left out.
pub(crate) const SKIPNA: ParamInfo = ParamInfo {
    name: "skipna",
    kind: Kind::Bool,
    default: Some("false"),
    doc: "leave NaN out instead of passing it on",
};

/// What is subtracted from the count.
pub(crate) const DDOF: ParamInfo = ParamInfo {
    name: "ddof",
    kind: Kind::Int { min: 0, max: 1 << 53 },
    default: Some("0"),
    doc: "delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains",
};

pub(super) const KEEPDIMS: ParamInfo = ParamInfo {
    name: "keepdims",
    kind: Kind::Bool,
    default: Some("false"),
    doc: "keep the axes that were worked over, with extent 1",
};

/// Parameters of every reduction.
pub(super) const PARAMS: &[ParamInfo] = &[AXES, SKIPNA, KEEPDIMS];

/// Parameters of those that divide by a count.
pub(super) const SPREAD_PARAMS: &[ParamInfo] = &[AXES, DDOF, SKIPNA, KEEPDIMS];

/// The one input of a kernel that works on real dtypes.
pub(crate) fn real_input<'a>(name: &str, inputs: &'a [ArraySpec]) -> Result<&'a ArraySpec, BindError> {
    let [spec] = inputs else {
        return Err(BindError::new(format!("\"{name}\" takes one array, {} were given", inputs.len())));
    };
    if spec.dtype.is_complex() {
        return Err(complex(name, spec.dtype));
    }
    if spec.elements().is_none() {
        return Err(BindError::new(format!("the shape {:?} has more than 2^63 - 1 elements", spec.shape)));
    }
    Ok(spec)
}

/// Complex numbers are refused by every kernel here.
pub(crate) fn complex(name: &str, dtype: DType) -> BindError {
    BindError::new(format!("\"{name}\" works on real arrays, this one is {dtype}"))
        .help("take its real or imaginary part, or its absolute value, first")
}

/// The axes to work over, in order.
pub(crate) fn folded_axes(params: &Params, spec: &ArraySpec) -> Result<Vec<usize>, BindError> {
    let mut axes = all_axes(params, spec)?;
    axes.sort_unstable();
    Ok(axes)
}

/// The array that remains when `axes` of `spec` are worked over.
fn reduced_spec(spec: &ArraySpec, axes: &[usize], keepdims: bool, dtype: DType) -> ArraySpec {
    let kept = |a: &usize| keepdims || !axes.contains(a);
    let extent = |a: usize| if axes.contains(&a) { 1 } else { spec.shape[a] };
    ArraySpec {
        dtype,
        shape: (0..spec.rank()).filter(kept).map(extent).collect(),
        order: Order::C,
        axes: (0..spec.rank()).filter(kept).map(|a| spec.axes[a]).collect(),
    }
}

/// A write of the array that remains.
pub(crate) fn reduced_write(spec: &ArraySpec, axes: &[usize], keepdims: bool, dtype: DType, sink: Sink) -> Write {
    Write {
        sink,
        spec: reduced_spec(spec, axes, keepdims, dtype),
        access: Access::reduced(spec.rank(), axes, keepdims),
    }
}

/// Elements that each kept cell has.
pub(super) fn folded_elements(spec: &ArraySpec, axes: &[usize]) -> u64 {
    axes.iter().map(|a| spec.shape[*a]).product()
}

/// The variant of a reduction with one output.
pub(super) fn reduction<A: Accumulate>(
    params: &Params,
    spec: &ArraySpec,
    dtype: DType,
    accumulate: A,
    finish: impl Finish<A::Partial>,
) -> Result<Variant, BindError> {
    let axes = folded_axes(params, spec)?;
    let write = reduced_write(spec, &axes, params.bool("keepdims", false), dtype, Sink::Output(0));
    Ok(Variant { name: "fold", stages: vec![fold_stage(spec, &axes, accumulate, finish, vec![write])] })
}

/// Refuses a reduction that would choose from nothing.
pub(super) fn nonempty(name: &str, spec: &ArraySpec, params: &Params) -> Result<(), BindError> {
    let axes = folded_axes(params, spec)?;
    match axes.iter().find(|a| spec.shape[**a] == 0) {
        // Without kept cells nothing is chosen.
        Some(axis) if (0..spec.rank()).all(|a| axes.contains(&a) || spec.shape[a] > 0) => {
            let message = format!("the {name} of nothing: axis {} has extent 0", spec.axis_label(*axis));
            Err(BindError::new(message).help("check the shape of the input, or work over other axes"))
        }
        _ => Ok(()),
    }
}
