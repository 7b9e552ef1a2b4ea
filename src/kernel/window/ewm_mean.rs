//! `ewm_mean`: the exponentially weighted mean along one axis.
//!
//! Owns the declaration. Refuses to know how weights are carried (see `ewm`).

use super::ewm::{Ewm, PARAMS, Wish};
use crate::kernel::{Family, KernelInfo};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "ewm_mean",
    family: Family::Window,
    summary: "exponentially weighted mean along one axis",
    doc: "The result at i is the weighted mean of the elements 0 ..= i, as pandas' ewm(…).mean(): the weight of an \
          element falls by 1 - alpha from place to place, and one of alpha, com, span and halflife says how fast. \
          With adjust weights are divided by their sum; without it the result is the recursion y = (1 - alpha) y + \
          alpha x that begins with the first value. NaN never counts, and weights fall over its place unless \
          ignore_na is set; between values the last result stays. With fewer than min_count values so far the result \
          is NaN. An infinity stays in all later results; after both it is NaN. Shape and axis names are kept; \
          floats keep their dtype, integers up to 16 bits and bool give f32, wider ones f64 (64-bit ones are rounded \
          to f64 first); complex is refused. The mean is kept in two parts, so that values far from 0 keep their \
          digits, and constant values are themselves. One sweep; tiles pass their carry along the axis in order.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"ewm_mean\"\nspan = 24\naxes = \"y\"",
    parse: |params| Ewm::parse("ewm_mean", params, Wish::Mean),
};
