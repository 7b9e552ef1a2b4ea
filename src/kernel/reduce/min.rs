//! `min`: the smallest over axes.
//!
//! Owns the refusal of empty arrays. The order of values is in `extremes`.

use super::bind::{PARAMS, complex, nonempty, real_input, reduction};
use super::extremes::Extremes;
use super::finish::OneExtreme;
use super::items::with_skip;
use crate::array::{ArraySpec, DType};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Params, Variant};

/// The table entry of `min`.
pub const MIN: KernelInfo = KernelInfo {
    name: "min",
    family: Family::Reduce,
    summary: "smallest value over all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's. As numpy.min, and \
          numpy.nanmin with `skipna`; -0 lies below +0. NaN propagates; with `skipna`, NaN where nothing else is. \
          Refused where there is nothing to choose from. One sweep at the rate of memory.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"min\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Min(params.clone()))),
};

#[derive(Debug)]
struct Min(Params);

impl Kernel for Min {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("min", inputs)?;
        nonempty("min", spec, &self.0)?;
        let skip = self.0.bool("skipna", false);
        let variant = with_skip!(spec.dtype, skip, T, SKIP => {
            reduction(&self.0, spec, spec.dtype, Extremes::<T, SKIP>::new(), OneExtreme::<T, true>::new())
        }, else return Err(complex("min", spec.dtype)));
        Ok(vec![variant?])
    }
}
