//! `rolling_var`: the variance of a window that slides along one axis.
//!
//! Owns the declaration. Refuses to know how windows are computed.

use super::monoid::What;
use super::rolling;
use super::sliding::{Limits, Window};
use crate::array::ArraySpec;
use crate::kernel::{Family, KernelInfo, Variant};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "rolling_var",
    family: Family::Window,
    summary: "variance of a sliding window along one axis",
    doc: "The result at i is the variance of the elements i - window + 1 ..= i, as pandas' rolling(window).var(): \
          squares of deviations are divided by the count less ddof, 1 unless given. With center the window reaches \
          (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN never counts; with fewer than \
          min_count values, or no more than ddof, the result is NaN, as it is of a window with an infinity. Shape and \
          axis names are kept; floats keep their dtype, integers up to 16 bits give f32, wider ones f64 (64-bit ones \
          are rounded to f64 first); bool and complex are refused. Means and squares are kept in twice the precision \
          of f64 and joined without subtracting what has left (Chan, Golub, LeVeque 1983): a large mean costs no \
          digits, constant values give 0, nothing leaves a trace. The time per element does not depend on the window; \
          it is several times that of rolling_mean. Windows up to 64 take one sweep, up to 1024 one or two, longer \
          ones two sweeps and three reads of the input, in memory that grows with the root of the window.",
    params: rolling::SPREAD_PARAMS,
    example: "[[step]]\nkernel = \"rolling_var\"\nwindow = 24\nmin_count = 2\naxes = \"y\"",
    parse: |params| {
        rolling::check_ddof(params)?;
        rolling::kernel("rolling_var", params, |b| {
            Ok(bind(&b.input, &b.window, rolling::ddof(b.params), &Limits::STANDARD))
        })
    },
};

pub(super) fn bind(input: &ArraySpec, window: &Window, ddof: f64, limits: &Limits) -> Vec<Variant> {
    rolling::spread(input, window, What::Spread { ddof, root: false }, limits)
}
