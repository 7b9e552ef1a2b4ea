//! `ffill`: missing values filled with the last value before them along one axis.
//!
//! Owns the declaration. Refuses to know how gaps are filled (see `fill`).

use super::fill::{Filling, PARAMS};
use crate::kernel::{Family, KernelInfo};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "ffill",
    family: Family::Window,
    summary: "missing values filled with the last value before them along one axis",
    doc: "A NaN becomes the last element before it along the axis that is not NaN, as in pandas' \
          DataFrame.ffill; with a limit, at most so many in a row, the nearest to that element. What has no value before it stays NaN. \
          Shape, dtype and axis names are kept; integers and bool, which have no NaN, pass unchanged; complex is \
          refused. One sweep; tiles pass their carry along the axis in order.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"ffill\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Filling { name: "ffill", params: params.clone(), reverse: false })),
};
