//! `rolling_quantile`: a quantile of a window that slides along one axis.
//!
//! Owns the declaration. Refuses to know how windows are computed.

use super::rolling;
use super::selection::{segments, variants};
use crate::kernel::{Family, KernelInfo};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "rolling_quantile",
    family: Family::Window,
    summary: "quantile of a sliding window along one axis",
    doc: "The result at i is the quantile q of the elements i - window + 1 ..= i, as pandas' \
          rolling(window).quantile(q): of n values in ascending order the one at q (n - 1), and between two of them \
          what lies on the line from one to the other (NumPy's method \"linear\"). With center the window reaches \
          (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN never counts; with fewer than \
          min_count values the result is NaN. Between a number and an infinity lies the infinity. A zero found is \
          +0. Shape and axis names are kept; floats keep their dtype, integers up to 16 bits give f32, wider ones \
          f64; bool and complex are refused. Cost: every value is sorted two to five times with some thousands or \
          up to two windows of others, then steps to the next window take constant time. Memory: the tile's windows, \
          and 20 bytes for each element of one and a quarter to two windows; a window for which the budget has no \
          room is refused.",
    params: rolling::QUANTILE_PARAMS,
    example: "[[step]]\nkernel = \"rolling_quantile\"\nwindow = 24\nq = 0.9\nmin_count = 1\naxes = \"y\"",
    parse: |params| {
        rolling::check(params)?;
        rolling::kernel("rolling_quantile", params, |b| {
            variants(&b.input, &b.window, b.params.float("q").unwrap_or(0.5), &segments(b.window.length))
        })
    },
};
