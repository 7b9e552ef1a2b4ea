//! `rolling_skew`: the skewness of a window that slides along one axis.
//!
//! Owns the dtype rule and the declaration. Refuses to know how windows are computed.

use super::monoid::What;
use super::rolling;
use super::sliding::{Limits, Window, variants};
use super::spread::Skew;
use crate::array::ArraySpec;
use crate::kernel::{Family, KernelInfo, Variant};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "rolling_skew",
    family: Family::Window,
    summary: "skewness of a sliding window along one axis",
    doc: "The result at i is the skewness of the elements i - window + 1 ..= i, as pandas' rolling(window).skew(): \
          the third central moment divided by the second to the power of 3/2, times sqrt(n (n - 1)) / (n - 2), which \
          makes it unbiased for normal values. With center the window reaches (window - 1) // 2 beyond i. At the ends \
          of the axis windows shrink. NaN never counts; with fewer than min_count values or fewer than 3, with an \
          infinity, or where all values are equal, the result is NaN. Shape and axis names are kept; floats keep \
          their dtype, integers up to 16 bits give f32, wider ones f64 (64-bit ones are rounded to f64 first); bool \
          and complex are refused. Moments are kept in twice the precision of f64 and joined without subtracting what \
          has left (Pebay 2008): a large mean costs no digits, nothing leaves a trace. The time per element does not \
          depend on the window; it is several times that of rolling_mean. Windows up to 64 take one sweep, up to 1024 \
          one or two, longer ones two sweeps and three reads of the input, in memory that grows with the root of the \
          window.",
    params: rolling::PARAMS,
    example: "[[step]]\nkernel = \"rolling_skew\"\nwindow = 24\nmin_count = 3\naxes = \"y\"",
    parse: |params| {
        rolling::check(params)?;
        rolling::kernel("rolling_skew", params, |b| Ok(bind(&b.input, &b.window, &Limits::STANDARD)))
    },
};

pub(super) fn bind(input: &ArraySpec, window: &Window, limits: &Limits) -> Vec<Variant> {
    variants::<Skew>(input, input.dtype.real(), window, What::Whole, limits)
}
