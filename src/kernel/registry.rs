//! The table of kernels: the one place that knows them all. Pipelines, help, documentation and
//! tests read it. A new kernel is one file and one line in [`registry`].

use super::{BindError, Kernel, ParamInfo, Params, dataset, filter, math, normalize, reduce, regions, window};

/// What kernels of one kind have in common, for people who look for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    Reduce,
    Normalize,
    Filter,
    Regions,
    Window,
    Math,
    Dataset,
}

impl Family {
    /// The name of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Family::Reduce => "reduce",
            Family::Normalize => "normalize",
            Family::Filter => "filter",
            Family::Regions => "regions",
            Family::Window => "window",
            Family::Math => "math",
            Family::Dataset => "dataset",
        }
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct KernelInfo {
    pub name: &'static str,
    pub family: Family,
    /// One line: what it gives.
    pub summary: &'static str,
    /// Shapes, dtypes, definition with its source, edge cases, cost.
    pub doc: &'static str,
    pub params: &'static [ParamInfo],
    /// A `[[step]]` that works on a 2-D array with axes `yx` called `x`.
    pub example: &'static str,
    /// Builds the kernel from checked parameters.
    pub parse: fn(&Params) -> Result<Box<dyn Kernel>, BindError>,
}

/// Every kernel.
pub fn registry() -> &'static [KernelInfo] {
    KERNELS
}

static KERNELS: &[KernelInfo] = &[
    reduce::SUM,
    reduce::MEAN,
    reduce::STD,
    reduce::VAR,
    reduce::MIN,
    reduce::MAX,
    reduce::ARGMIN,
    reduce::ARGMAX,
    reduce::FIRST,
    reduce::LAST,
    reduce::QUANTILE,
    reduce::HISTOGRAM,
    reduce::HISTOGRAM2D,
    reduce::BINCOUNT,
    reduce::UNIQUE,
    reduce::UNIQUE_COUNTS,
    reduce::TOPK,
    reduce::MODE,
    reduce::GROUPED,
    reduce::COV,
    reduce::CORR,
    normalize::ZSCORE,
    normalize::MINMAX,
    normalize::STANDARDIZE,
    normalize::ROBUST,
    normalize::PERCENTILE_RESCALE,
    normalize::EQUALIZE_HIST,
    filter::gaussian::INFO,
    filter::uniform::INFO,
    filter::median::INFO,
    filter::downsample::INFO,
    filter::convolve::INFO,
    regions::LABEL,
    regions::REGION_PROPERTIES,
    window::rolling_mean::INFO,
    window::rolling_max::INFO,
    window::rolling_min::INFO,
    window::rolling_sum::INFO,
    window::rolling_var::INFO,
    window::rolling_std::INFO,
    window::rolling_skew::INFO,
    window::rolling_argmax::INFO,
    window::rolling_argmin::INFO,
    window::rolling_median::INFO,
    window::rolling_quantile::INFO,
    window::rolling_cov::INFO,
    window::rolling_corr::INFO,
    window::resample::INFO,
    window::cumsum::INFO,
    window::cumprod::INFO,
    window::cummax::INFO,
    window::cummin::INFO,
    window::ffill::INFO,
    window::bfill::INFO,
    window::interpolate::INFO,
    window::ewm_mean::INFO,
    window::ewm_var::INFO,
    window::ewm_std::INFO,
    window::savgol::INFO,
    window::butterworth::INFO,
    math::EXPR,
    math::CAST,
    math::CLIP,
    dataset::TRANSPOSE,
    dataset::SLICE,
    dataset::CONCATENATE,
    dataset::STACK,
    dataset::RESHAPE,
    dataset::SHUFFLE,
    dataset::RANDOM,
];

/// The kernel of this name.
pub fn find(name: &str) -> Option<&'static KernelInfo> {
    registry().iter().find(|k| k.name == name)
}
