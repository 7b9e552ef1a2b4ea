//! `cummax`: the largest value so far along one axis.
//!
//! Owns the declaration. Refuses to know how extremes are found (see `extremes`).

use super::extremes::{PARAMS, Running};
use crate::kernel::{Family, KernelInfo};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "cummax",
    family: Family::Window,
    summary: "largest value so far along one axis",
    doc: "The result at i is the largest of the elements 0 ..= i along the axis, as numpy.maximum.accumulate. Shape, \
          dtype and axis names are kept; complex is refused. -0 is below +0. NaN propagates: all that follows is NaN. With \
          skipna a NaN stays in its place and the next result goes on without it, as in pandas. One sweep; tiles \
          pass their carry along the axis in order.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"cummax\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Running { name: "cummax", params: params.clone(), least: false })),
};
