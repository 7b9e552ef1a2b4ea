//! `sum`: the sum over axes.
//!
//! Owns which dtype a sum has. The arithmetic is in `sums`.

use super::bind::{PARAMS, complex, real_input, reduction};
use super::finish::Sum as Finish;
use super::items::with_skip;
use super::sums::Sums;
use crate::array::{ArraySpec, DType};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Params, Variant};

/// The table entry of `sum`.
pub const SUM: KernelInfo = KernelInfo {
    name: "sum",
    family: Family::Reduce,
    summary: "sum over all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: floats keep theirs; signed \
          integers give i64, unsigned ones and bool u64, exact, and an error beyond 64 bits. As numpy.sum, and \
          numpy.nansum with `skipna`; floats are added as if in twice the digits. NaN propagates; the sum of nothing \
          is 0; where the plain sum is not finite, it is the result. One sweep at the rate of memory.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"sum\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Sum(params.clone()))),
};

#[derive(Debug)]
struct Sum(Params);

impl Kernel for Sum {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("sum", inputs)?;
        let dtype = match spec.dtype {
            d if d.is_float() => d,
            d if d.is_signed() => DType::I64,
            _ => DType::U64,
        };
        let skip = self.0.bool("skipna", false);
        let variant = with_skip!(spec.dtype, skip, T, SKIP => {
            reduction(&self.0, spec, dtype, Sums::<T, SKIP>::new(), Finish)
        }, else return Err(complex("sum", spec.dtype)));
        Ok(vec![variant?])
    }
}
