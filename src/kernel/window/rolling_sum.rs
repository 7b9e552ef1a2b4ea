//! `rolling_sum`: the sum of a window that slides along one axis.
//!
//! Owns the dtype rule and the declaration. Refuses to know how windows are computed.

use super::monoid::What;
use super::rolling;
use super::sliding::{Limits, Window, variants};
use super::sums::{Sum, WholeSum, WideSum};
use crate::array::{ArraySpec, DType};
use crate::kernel::{Family, KernelInfo, Variant};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "rolling_sum",
    family: Family::Window,
    summary: "sum of a sliding window along one axis",
    doc: "The result at i is the sum of the elements i - window + 1 ..= i, as pandas' rolling(window).sum(); with \
          center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN \
          never counts; with fewer than min_count values the result is NaN. Shape and axis names are kept. Floats \
          keep their dtype and are summed in twice the precision of f64 and rounded at the end; nothing is ever \
          subtracted, so large values, infinities and NaN leave no trace once they have left the window. Where \
          min_count is 1, so that no result can be missing, signed integers give i64 and unsigned ones u64, exact, \
          and a sum beyond that is an error that names the index; else integers give f64, the exact sum rounded once. \
          bool and complex are refused. The time per element does not depend on the window. Windows up to 64 take one \
          sweep, up to 1024 one or two, longer ones two sweeps and three reads of the input, in memory that grows \
          with the root of the window.",
    params: rolling::PARAMS,
    example: "[[step]]\nkernel = \"rolling_sum\"\nwindow = 24\nmin_count = 1\naxes = \"y\"",
    parse: |params| {
        rolling::check(params)?;
        rolling::kernel("rolling_sum", params, |b| Ok(bind(&b.input, &b.window, &Limits::STANDARD)))
    },
};

pub(super) fn bind(input: &ArraySpec, window: &Window, limits: &Limits) -> Vec<Variant> {
    let (dtype, what) = (input.dtype, What::Whole);
    // An integer has no value for "missing".
    match (dtype.is_float(), window.min_count == 1, dtype.is_signed()) {
        (true, ..) => variants::<Sum>(input, dtype, window, what, limits),
        (_, true, true) => variants::<WholeSum<true>>(input, DType::I64, window, what, limits),
        (_, true, false) => variants::<WholeSum<false>>(input, DType::U64, window, what, limits),
        _ if dtype == DType::I64 => variants::<WideSum<true>>(input, DType::F64, window, what, limits),
        _ if dtype == DType::U64 => variants::<WideSum<false>>(input, DType::F64, window, what, limits),
        _ => variants::<Sum>(input, DType::F64, window, what, limits),
    }
}
