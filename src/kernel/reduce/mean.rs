//! `mean`: the arithmetic mean over axes.
//!
//! Owns the division of sums by counts. The arithmetic is in `sums`.

use super::bind::{PARAMS, complex, folded_axes, folded_elements, real_input, reduction};
use super::finish::Mean as Finish;
use super::items::with_skip;
use super::sums::Sums;
use crate::array::{ArraySpec, DType};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Params, Variant};

/// The table entry of `mean`.
pub const MEAN: KernelInfo = KernelInfo {
    name: "mean",
    family: Family::Reduce,
    summary: "arithmetic mean over all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: f64. As numpy.mean in f64, and \
          numpy.nanmean with `skipna`: the sum (exact for integers, as if in twice the digits for floats) divided by \
          the count. NaN propagates; the mean of nothing is NaN. One sweep at the rate of memory.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"mean\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Mean(params.clone()))),
};

#[derive(Debug)]
struct Mean(Params);

impl Kernel for Mean {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("mean", inputs)?;
        let finish = Finish { elements: folded_elements(spec, &folded_axes(&self.0, spec)?) };
        let skip = self.0.bool("skipna", false);
        let variant = with_skip!(spec.dtype, skip, T, SKIP => {
            reduction(&self.0, spec, DType::F64, Sums::<T, SKIP>::new(), finish)
        }, else return Err(complex("mean", spec.dtype)));
        Ok(vec![variant?])
    }
}
