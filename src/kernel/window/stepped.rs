//! Every so many results of windows: a last stage that takes them from those of the stages before.
//!
//! Owns nothing but that stage, which is a slice. Refuses to know what the results are.

use super::sliding::Window;
use crate::array::{ArraySpec, Taken};
use crate::kernel::dataset::slice;
use crate::kernel::{Sink, Source, Variant};

/// The same ways, which leave out all results but every `window.step`-th along the axis. What they wrote becomes a
/// temporary, which a pass that has both stages never stores.
pub(super) fn stepped(mut ways: Vec<Variant>, window: &Window) -> Vec<Variant> {
    if window.step > 1 {
        ways.iter_mut().for_each(|way| step(way, window));
    }
    ways
}

fn step(way: &mut Variant, window: &Window) {
    let temps = way.stages.iter().flat_map(|s| &s.contract.writes).filter(|w| matches!(w.sink, Sink::Temp(_))).count();
    let outputs = way.stages.iter_mut().flat_map(|s| &mut s.contract.writes).filter(|w| w.sink == Sink::Output(0));
    let mut all: Option<ArraySpec> = None;
    for write in outputs {
        write.sink = Sink::Temp(temps);
        all = Some(write.spec.clone());
    }
    let Some(spec) = all else { return };
    let mut shape = spec.shape.clone();
    shape[window.axis] = shape[window.axis].div_ceil(window.step);
    let take = |axis: usize| match axis == window.axis {
        true => Taken { first: 0, step: window.step as i64, count: shape[axis], keeps_axis: true },
        false => Taken { first: 0, step: 1, count: shape[axis], keeps_axis: true },
    };
    let taken = (0..shape.len()).map(take).collect();
    let result = (0..shape.len()).map(Some).collect();
    let spec = ArraySpec::new(spec.dtype, &shape).with_axes(spec.axes);
    way.stages.push(slice::stage(Source::Temp(temps), taken, result, spec));
}
