//! `rolling_min`: the smallest value of a window that slides along one axis.
//!
//! Owns the declaration. Refuses to know how windows are computed.

use super::monoid::What;
use super::rolling::{self, largest};
use super::sliding::{Limits, Window};
use crate::array::ArraySpec;
use crate::kernel::{Family, KernelInfo, Variant};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "rolling_min",
    family: Family::Window,
    summary: "minimum of a sliding window along one axis",
    doc: "The result at i is the smallest of the elements i - window + 1 ..= i, as pandas' rolling(window).min(); with \
          center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN \
          never counts; with fewer than min_count values the result is NaN. -0 is below +0. Shape and axis names are \
          kept. Floats keep their dtype; integers keep theirs where min_count is 1 (no result can be missing), else up \
          to 16 bits give f32 and wider ones f64; bool and complex are refused. The time per element does not depend \
          on the window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three \
          reads of the input, in memory that grows with the root of the window.",
    params: rolling::PARAMS,
    example: "[[step]]\nkernel = \"rolling_min\"\nwindow = 24\nmin_count = 1\naxes = \"y\"",
    parse: |params| {
        rolling::check(params)?;
        rolling::kernel("rolling_min", params, |b| Ok(bind(&b.input, &b.window, &Limits::STANDARD)))
    },
};

pub(super) fn bind(input: &ArraySpec, window: &Window, limits: &Limits) -> Vec<Variant> {
    largest(input, window, What::Smallest, limits)
}
