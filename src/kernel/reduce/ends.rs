//! `first` and `last`: the element at an end of each cell.
//!
//! Owns the two ways: a slice where any element will do, a fold where NaN is left out.

use super::bind::{PARAMS, complex, folded_axes, nonempty, reduced_write};
use super::choose::{Rule, choose_stage};
use crate::array::{ArraySpec, Taken};
use crate::kernel::dataset::slice;
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Params, Sink, Variant};

/// The table entry of `first`.
pub const FIRST: KernelInfo = KernelInfo {
    name: "first",
    family: Family::Reduce,
    summary: "first element along all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's, any; bit for bit. The \
          element at index 0 of every axis that is worked over. With `skipna` the first in C order that is not NaN, as \
          pandas' groupby(...).first() has it, and NaN where there is none; complex arrays are refused then. Refused \
          where there is nothing to choose from. Reads that element alone; with `skipna` a float array is swept once, \
          with 16 bytes for each kept cell.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"first\"\naxes = \"y\"\nskipna = true",
    parse: |params| Ok(Box::new(End { params: params.clone(), name: "first", rule: Rule::First })),
};

/// The table entry of `last`.
pub const LAST: KernelInfo = KernelInfo {
    name: "last",
    family: Family::Reduce,
    summary: "last element along all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's, any; bit for bit. The \
          element at the last index of every axis that is worked over. With `skipna` the last in C order that is not NaN, \
          as pandas' groupby(...).last() has it, and NaN where there is none; complex arrays are refused then. Refused \
          where there is nothing to choose from. Reads that element alone; with `skipna` a float array is swept once, \
          with 16 bytes for each kept cell.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"last\"\naxes = \"y\"\nskipna = true",
    parse: |params| Ok(Box::new(End { params: params.clone(), name: "last", rule: Rule::Last })),
};

#[derive(Debug)]
struct End {
    params: Params,
    name: &'static str,
    rule: Rule,
}

impl Kernel for End {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [spec] = inputs else {
            return Err(BindError::new(format!("\"{}\" takes one array, {} were given", self.name, inputs.len())));
        };
        let (skipna, keepdims) = (self.params.bool("skipna", false), self.params.bool("keepdims", false));
        if skipna && spec.dtype.is_complex() {
            return Err(complex(self.name, spec.dtype));
        }
        nonempty(self.name, spec, &self.params)?;
        let axes = folded_axes(&self.params, spec)?;
        let write = reduced_write(spec, &axes, keepdims, spec.dtype, Sink::Output(0));
        if skipna && spec.dtype.is_float() {
            let stages = vec![choose_stage(spec, &axes, self.rule, true, write)];
            return Ok(vec![Variant { name: "fold", stages }]);
        }
        let whole = |n: u64| Taken { first: 0, step: 1, count: n, keeps_axis: true };
        let end = |n: u64| Taken {
            first: if self.rule == Rule::Last { n.saturating_sub(1) } else { 0 },
            count: 1,
            keeps_axis: false,
            ..whole(n)
        };
        let one = |(a, n): (usize, &u64)| if axes.contains(&a) { end(*n) } else { whole(*n) };
        let taken: Vec<Taken> = spec.shape.iter().enumerate().map(one).collect();
        let result = (0..spec.rank()).filter(|a| keepdims || !axes.contains(a));
        let result = result.map(|a| (!axes.contains(&a)).then_some(a)).collect();
        Ok(vec![slice::variant(taken, result, write.spec)])
    }
}
