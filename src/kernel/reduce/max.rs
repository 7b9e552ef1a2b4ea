//! `max`: the largest over axes.
//!
//! Owns the refusal of empty arrays. The order of values is in `extremes`.

use super::bind::{PARAMS, complex, nonempty, real_input, reduction};
use super::extremes::Extremes;
use super::finish::OneExtreme;
use super::items::with_skip;
use crate::array::{ArraySpec, DType};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Params, Variant};

/// The table entry of `max`.
pub const MAX: KernelInfo = KernelInfo {
    name: "max",
    family: Family::Reduce,
    summary: "largest value over all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's. As numpy.max, and \
          numpy.nanmax with `skipna`; -0 lies below +0. NaN propagates; with `skipna`, NaN where nothing else is. \
          Refused where there is nothing to choose from. One sweep at the rate of memory.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"max\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Max(params.clone()))),
};

#[derive(Debug)]
struct Max(Params);

impl Kernel for Max {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("max", inputs)?;
        nonempty("max", spec, &self.0)?;
        let skip = self.0.bool("skipna", false);
        let variant = with_skip!(spec.dtype, skip, T, SKIP => {
            reduction(&self.0, spec, spec.dtype, Extremes::<T, SKIP>::new(), OneExtreme::<T, false>::new())
        }, else return Err(complex("max", spec.dtype)));
        Ok(vec![variant?])
    }
}
