//! `ewm_std`: the exponentially weighted standard deviation along one axis.
//!
//! Owns the declaration. Refuses to know how weights are carried (see `ewm`).

use super::ewm::{Ewm, SPREAD_PARAMS, Wish};
use crate::kernel::{Family, KernelInfo};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "ewm_std",
    family: Family::Window,
    summary: "exponentially weighted standard deviation along one axis",
    doc: "The result at i is the weighted standard deviation of the elements 0 ..= i, as pandas' ewm(…).std(): \
          squares of deviations from the weighted mean are weighted as the mean is, and divided by 1 less the sum of \
          the squared shares unless bias is set: so a single value gives NaN, or 0 with bias. The weight of an \
          element falls by 1 - alpha from place to place, and one of alpha, com, span and halflife says how fast; \
          adjust, ignore_na and min_count are those of ewm_mean. NaN never counts; the result is NaN from an \
          infinity on. Shape and axis names are kept; floats keep their dtype, integers up to 16 bits and bool give \
          f32, wider ones f64 (64-bit ones are rounded to f64 first); complex is refused. Nothing is subtracted but \
          values from means: values far from 0 keep their digits, and constant values give 0. One sweep; tiles pass \
          their carry along the axis in order.",
    params: SPREAD_PARAMS,
    example: "[[step]]\nkernel = \"ewm_std\"\nspan = 24\naxes = \"y\"",
    parse: |params| Ewm::parse("ewm_std", params, Wish::Deviation),
};
