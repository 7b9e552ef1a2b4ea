//! `rolling_median`: the median of a window that slides along one axis.
//!
//! Owns the declaration. Refuses to know how windows are computed.

use super::rolling;
use super::selection::{segments, variants};
use crate::kernel::{Family, KernelInfo};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "rolling_median",
    family: Family::Window,
    summary: "median of a sliding window along one axis",
    doc: "The result at i is the median of the elements i - window + 1 ..= i, as pandas' rolling(window).median(): \
          of an even number of values the mean of the two in the middle. With center the window reaches (window - 1) \
          // 2 beyond i. At the ends of the axis windows shrink. NaN never counts; with fewer than min_count values \
          the result is NaN. Between a number and an infinity lies the infinity. A zero found is +0. Shape and axis \
          names are kept; floats keep their dtype, integers up to 16 bits give f32, wider ones f64; bool and complex \
          are refused. Cost and memory are those of rolling_quantile: a window for which the budget has no room is \
          refused.",
    params: rolling::PARAMS,
    example: "[[step]]\nkernel = \"rolling_median\"\nwindow = 24\nmin_count = 1\naxes = \"y\"",
    parse: |params| {
        rolling::check(params)?;
        rolling::kernel("rolling_median", params, |b| variants(&b.input, &b.window, 0.5, &segments(b.window.length)))
    },
};
