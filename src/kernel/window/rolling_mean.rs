//! `rolling_mean`: the mean of a window that slides along one axis.
//!
//! Owns the dtype rule and the declaration. Refuses to know how windows are computed.

use super::monoid::What;
use super::rolling;
use super::sliding::{Limits, Window, variants};
use super::sums::{Sum, WideSum};
use crate::array::{ArraySpec, DType};
use crate::kernel::{Family, KernelInfo, Variant};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "rolling_mean",
    family: Family::Window,
    summary: "mean of a sliding window along one axis",
    doc: "The result at i is the mean of the elements i - window + 1 ..= i, as pandas' rolling(window).mean(); with \
          center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN \
          never counts; with fewer than min_count values the result is NaN. Shape and axis names are kept; floats keep \
          their dtype, integers up to 16 bits give f32, wider ones f64; bool and complex are refused. Sums are kept \
          in twice the precision of f64 and nothing is ever subtracted, so large values, infinities and NaN leave no \
          trace once they have left the window. The time per element does not depend on the window. Windows up to \
          64 take one sweep, up to 1024 one or two, longer ones two sweeps and three reads of the input, in memory \
          that grows with the root of the window.",
    params: rolling::PARAMS,
    example: "[[step]]\nkernel = \"rolling_mean\"\nwindow = 24\nmin_count = 1\naxes = \"y\"",
    parse: |params| {
        rolling::check(params)?;
        rolling::kernel("rolling_mean", params, |b| Ok(bind(&b.input, &b.window, &Limits::STANDARD)))
    },
};

pub(super) fn bind(input: &ArraySpec, window: &Window, limits: &Limits) -> Vec<Variant> {
    let output = input.dtype.real();
    match input.dtype {
        DType::I64 => variants::<WideSum<true>>(input, output, window, What::Mean, limits),
        DType::U64 => variants::<WideSum<false>>(input, output, window, What::Mean, limits),
        _ => variants::<Sum>(input, output, window, What::Mean, limits),
    }
}
