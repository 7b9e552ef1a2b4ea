//! `var`: the variance over axes.
//!
//! Owns the choice of what is written. The arithmetic is in `moments`.

use super::bind::{SPREAD_PARAMS, complex, real_input, reduction};
use super::finish::Spread;
use super::items::with_skip;
use super::moments::Moments;
use crate::array::{ArraySpec, DType};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Params, Variant};

/// The table entry of `var`.
pub const VAR: KernelInfo = KernelInfo {
    name: "var",
    family: Family::Reduce,
    summary: "variance over all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: f64. As numpy.var in f64, and \
          numpy.nanvar with `skipna`, without cancellation however far the mean is from 0; of constant data exactly 0. \
          NaN and infinities give NaN, as does a count that `ddof` uses up. One sweep near the rate of memory.",
    params: SPREAD_PARAMS,
    example: "[[step]]\nkernel = \"var\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Var(params.clone()))),
};

#[derive(Debug)]
struct Var(Params);

impl Kernel for Var {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("var", inputs)?;
        let finish = Spread { ddof: self.0.float("ddof").unwrap_or(0.0), root: false };
        let skip = self.0.bool("skipna", false);
        let variant = with_skip!(spec.dtype, skip, T, SKIP => {
            reduction(&self.0, spec, DType::F64, Moments::<T, SKIP>::new(), finish)
        }, else return Err(complex("var", spec.dtype)));
        Ok(vec![variant?])
    }
}
