//! `rolling_argmin`: where the smallest value of a window that slides along one axis lies.
//!
//! Owns the declaration. Refuses to know how windows are computed.

use super::monoid::What;
use super::rolling;
use super::sliding::{Limits, Window};
use crate::array::ArraySpec;
use crate::kernel::{Family, KernelInfo, Variant};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "rolling_argmin",
    family: Family::Window,
    summary: "place of the minimum of a sliding window along one axis",
    doc: "The result at i says where in the elements i - window + 1 ..= i the smallest lies, as \
          bottleneck.move_argmin: the number of places between it and i, 0 for the last place of the window, window - \
          1 for the first. With center the window reaches (window - 1) // 2 beyond i, and places after i count below \
          0. Its index along the axis is always i less the result. Of equal values the last counts; -0 equals +0. At \
          the ends of the axis windows shrink. NaN never counts; with fewer than min_count values the result is NaN. \
          Shape and axis names are kept; the dtype is f64; bool and complex are refused. The time per element does \
          not depend on the window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps \
          and three reads of the input, in memory that grows with the root of the window.",
    params: rolling::PARAMS,
    example: "[[step]]\nkernel = \"rolling_argmin\"\nwindow = 24\nmin_count = 1\naxes = \"y\"",
    parse: |params| {
        rolling::check(params)?;
        rolling::kernel("rolling_argmin", params, |b| Ok(bind(&b.input, &b.window, &Limits::STANDARD)))
    },
};

pub(super) fn bind(input: &ArraySpec, window: &Window, limits: &Limits) -> Vec<Variant> {
    rolling::place(input, window, What::Smallest, limits)
}
