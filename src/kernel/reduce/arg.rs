//! `argmin` and `argmax`: where the smallest and the largest element of each cell lies.
//!
//! Owns the parameters and the refusal of empty arrays. The choice is in `choose`.

use super::bind::{PARAMS, folded_axes, nonempty, real_input, reduced_write};
use super::choose::{Rule, choose_stage};
use crate::array::{ArraySpec, DType};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Params, Sink, Variant};

/// The table entry of `argmin`.
pub const ARGMIN: KernelInfo = KernelInfo {
    name: "argmin",
    family: Family::Reduce,
    summary: "index of the smallest value over all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: i64. As numpy.argmin, and \
          numpy.nanargmin with `skipna`: the index of the first of the smallest elements, counted in C order through the \
          axes that are worked over (all of them: numpy.unravel_index gives the place). The first NaN is the smallest; \
          with `skipna` a cell of nothing but NaN is an error that names it. -0 equals +0. Refused where there is nothing \
          to choose from. One sweep at the rate of memory, 16 bytes for each kept cell.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"argmin\"\naxes = \"x\"",
    parse: |params| Ok(Box::new(Arg { params: params.clone(), name: "argmin", rule: Rule::Smallest })),
};

/// The table entry of `argmax`.
pub const ARGMAX: KernelInfo = KernelInfo {
    name: "argmax",
    family: Family::Reduce,
    summary: "index of the largest value over all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: i64. As numpy.argmax, and \
          numpy.nanargmax with `skipna`: the index of the first of the largest elements, counted in C order through the \
          axes that are worked over (all of them: numpy.unravel_index gives the place). The first NaN is the largest; \
          with `skipna` a cell of nothing but NaN is an error that names it. -0 equals +0. Refused where there is nothing \
          to choose from. One sweep at the rate of memory, 16 bytes for each kept cell.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"argmax\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Arg { params: params.clone(), name: "argmax", rule: Rule::Largest })),
};

#[derive(Debug)]
struct Arg {
    params: Params,
    name: &'static str,
    rule: Rule,
}

impl Kernel for Arg {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input(self.name, inputs)?;
        nonempty(self.name, spec, &self.params)?;
        let axes = folded_axes(&self.params, spec)?;
        let write = reduced_write(spec, &axes, self.params.bool("keepdims", false), DType::I64, Sink::Output(0));
        let stage = choose_stage(spec, &axes, self.rule, self.params.bool("skipna", false), write);
        Ok(vec![Variant { name: "fold", stages: vec![stage] }])
    }
}
