//! Statistics of another array: a test set is normalised by what a training set says.
//!
//! Owns the joining of two bindings: the sweeps that find statistics are those of the array that is fitted to, the one
//! that writes is that of the array that the step takes. Refuses to know which statistics there are.

use crate::array::ArraySpec;
use crate::kernel::{BindError, Kind, ParamInfo, Params, Source, Variant};

/// Where the statistics are found.
pub(super) const FIT: ParamInfo = ParamInfo {
    name: "fit",
    kind: Kind::Arrays,
    default: Some(""),
    doc: "the array whose statistics are taken, such as a training set: the name of an input or a step; unset: the array \
          itself",
};

/// The arrays that a step takes.
pub(super) fn names(params: &Params) -> Vec<String> {
    match params.names("fit") {
        names if names.is_empty() => names,
        names => [String::new()].into_iter().chain(names).collect(),
    }
}

/// The first input, where the statistics of the second are over `axes` of it: as many axes, and equal extents along
/// those that are not worked over.
fn fits(spec: &ArraySpec, fit: &ArraySpec, axes: &[usize]) -> Result<(), BindError> {
    let refuse = |why: String| Err(BindError::param("fit", format!("the array to fit to does not fit: {why}")));
    if fit.rank() != spec.rank() {
        return refuse(format!("it has {} axes, this one has {}", fit.rank(), spec.rank()));
    }
    match (0..spec.rank()).find(|a| !axes.contains(a) && fit.shape[*a] != spec.shape[*a]) {
        Some(a) => refuse(format!(
            "axis {} is not worked over and has extent {} there, {} here",
            spec.axis_label(a),
            fit.shape[a],
            spec.shape[a]
        )),
        None => Ok(()),
    }
}

/// Binds with `bind`, whose variants end in the stage that writes, and find statistics in input 0 before it.
/// `axes` are those that are worked over.
pub(super) fn variants(
    name: &str,
    inputs: &[ArraySpec],
    axes: impl Fn(&ArraySpec) -> Result<Vec<usize>, BindError>,
    bind: impl Fn(&[ArraySpec]) -> Result<Vec<Variant>, BindError>,
) -> Result<Vec<Variant>, BindError> {
    let [spec, fit] = inputs else {
        return match inputs {
            [] | [_] => bind(inputs),
            _ => Err(BindError::param(
                "fit",
                format!("\"{name}\" is fitted to one array, {} were named", inputs.len() - 1),
            )),
        };
    };
    // What is wrong with the array itself comes first.
    bind(std::slice::from_ref(spec))?;
    fits(spec, fit, &axes(spec)?)?;
    let mut ways = bind(std::slice::from_ref(fit))?;
    for way in &mut ways {
        let own = bind(std::slice::from_ref(spec))?.into_iter().next().and_then(|mut way| way.stages.pop());
        let (Some(mut own), Some(last)) = (own, way.stages.pop()) else { continue };
        for (read, theirs) in own.contract.reads.iter_mut().zip(&last.contract.reads).skip(1) {
            read.source = theirs.source;
        }
        let reads = way.stages.iter_mut().flat_map(|stage| &mut stage.contract.reads);
        reads.filter(|r| r.source == Source::Input(0)).for_each(|r| r.source = Source::Input(1));
        way.stages.push(own);
    }
    Ok(ways)
}
