//! `zscore`: how many standard deviations an element lies from the mean.
//!
//! Owns the formula. Mean and standard deviation are those of `reduce`.

use super::fit::{self, FIT};
use super::rescale::{Formula, Statistics, rescale_stage, statistics_spec};
use crate::array::{ArraySpec, DType};
use crate::kernel::reduce::{
    AXES, DDOF, MeanStd, Moments, Real, SKIPNA, complex, fold_stage, folded_axes, real_input, reduced_write, with_skip,
};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, ParamInfo, Params, Sink, Variant};

const PARAMS: &[ParamInfo] = &[AXES, DDOF, SKIPNA, FIT];

/// The table entry of `zscore`.
pub const ZSCORE: KernelInfo = KernelInfo {
    name: "zscore",
    family: Family::Normalize,
    summary: "values less their mean, divided by their standard deviation",
    doc: "Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As \
          scipy.stats.zscore, over all axes where `axes` is not given: (x - mean) / std in f64, then rounded. A cell \
          of constant data is NaN throughout, as is one that holds NaN or an infinity; with `skipna` NaN alone stays \
          NaN. With `fit` statistics are those of another \
          array, over the same axes of it. Two sweeps: one folds, one writes.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"zscore\"\naxes = \"yx\"",
    parse: |params| Ok(Box::new(Zscore(params.clone()))),
};

#[derive(Debug)]
struct Zscore(Params);

/// (x - mean) / std.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standardise;

impl<T: Real> Formula<T, f64> for Standardise {
    type Cell = (f64, f64);

    #[inline(always)]
    fn cell(&self, mean: f64, std: f64) -> (f64, f64) {
        (mean, std)
    }

    #[inline(always)]
    fn value(&self, (mean, std): (f64, f64), x: T) -> f64 {
        (x.value() - mean) / std
    }
}

impl Kernel for Zscore {
    fn input_names(&self) -> Vec<String> {
        fit::names(&self.0)
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        fit::variants("zscore", inputs, |spec| folded_axes(&self.0, spec), |inputs| self.bind_one(inputs))
    }
}

impl Zscore {
    fn bind_one(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("zscore", inputs)?;
        let axes = folded_axes(&self.0, spec)?;
        let finish = MeanStd { ddof: self.0.float("ddof").unwrap_or(0.0) };
        let writes = vec![
            reduced_write(spec, &axes, true, DType::F64, Sink::Temp(0)),
            reduced_write(spec, &axes, true, DType::F64, Sink::Temp(1)),
        ];
        let statistics = statistics_spec(spec, &axes, DType::F64);
        let skip = self.0.bool("skipna", false);
        let stages = with_skip!(spec.dtype, skip, T, SKIP => vec![
            fold_stage(spec, &axes, Moments::<T, SKIP>::new(), finish, writes),
            rescale_stage::<T, f64, _>(spec, Statistics::Found { spec: &statistics, first: 0 }, Standardise),
        ], else return Err(complex("zscore", spec.dtype)));
        Ok(vec![Variant { name: "fold, then write", stages }])
    }
}
