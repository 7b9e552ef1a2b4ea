//! `rolling_corr`: the correlation of two arrays in a window that slides along one axis.
//!
//! Owns the declaration. Refuses to know how windows are computed.

use super::monoid::What;
use super::pairs::Corr;
use super::rolling;
use super::sliding::{Limits, variants};
use crate::kernel::{Family, KernelInfo};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "rolling_corr",
    family: Family::Window,
    summary: "correlation of two arrays in a sliding window along one axis",
    doc: "The result at i is the correlation (Pearson's) of the elements i - window + 1 ..= i of this array and of \
          the other, from -1 to 1, as pandas' rolling(window).corr(other). Where the values of one of them are all \
          equal it is NaN. The other array has the same shape. A place counts where neither value is NaN; with fewer \
          than min_count of them the result is NaN, as it is of a window with an infinity. With center the window \
          reaches (window - 1) // 2 beyond i; at the ends of the axis windows shrink; with step every so many \
          results are kept. Shape and axis names are kept. Each array counts as its own dtype if that is a float, as \
          f32 if it is an integer up to 16 bits, else as f64 (64-bit integers are rounded to f64 first), and the \
          result is the wider of the two; bool and complex are refused. Means and products are kept in twice the \
          precision of f64 and joined without subtracting what has left: values far from 0 cost no digits, nothing \
          leaves a trace. The time per element does not depend on the window; it is about twice that of rolling_var. \
          Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three reads of both \
          inputs, in memory that grows with the root of the window.",
    params: rolling::PAIR_PARAMS,
    example: "[[step]]\nkernel = \"rolling_corr\"\nother = \"x\"\nwindow = 24\nmin_count = 2\naxes = \"y\"",
    parse: |params| {
        rolling::check(params)?;
        rolling::pair("rolling_corr", params, |b| {
            let what = What::Whole;
            Ok(variants::<Corr>(&b.input, b.output, &b.window, what, &Limits::STANDARD))
        })
    },
};
