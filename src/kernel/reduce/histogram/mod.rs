//! `histogram`: how many elements lie in each of some intervals of equal width.
//!
//! Owns the parameters, and the survey of the range where none is given. Where the edges lie is in
//! `edges`, the counting in `count`; pairs of two arrays are in `pairs`.

mod count;
mod edges;
mod pairs;
mod survey;
#[cfg(test)]
mod tests;

pub use edges::Edges;
pub(crate) use edges::Scale;
pub use pairs::HISTOGRAM2D;

use super::bind::{AXES, complex, folded_axes, real_input, reduced_write};
use super::extremes::Extremes;
use super::finish::LowHigh;
use super::fold::fold_stage;
use super::grid::Grid;
use crate::array::{ArraySpec, DType};
use crate::kernel::{
    AxisMap, BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Sink, Stage, Variant, Write,
};
use crate::with_real_type;
use half::{bf16, f16};
use survey::FiniteExtremes;

/// The table entry of `histogram`.
pub const HISTOGRAM: KernelInfo = KernelInfo {
    name: "histogram",
    family: Family::Reduce,
    summary: "counts of elements in bins of equal width, over all or some axes",
    doc: "Shape: the input's without `axes`, and a last axis with one count for each bin. dtype: i64. As \
          numpy.histogram: bins include their left edge, the last one both; data of one value lies in the middle of a \
          range of width 1; edges are rounded as NumPy rounds them, so that counts agree. NaN and what lies outside \
          `range` is not counted. Without `range` each cell has its own, from the smallest to the largest finite \
          element, and infinities are not counted (NumPy refuses them); 0 to 1 where there is none. Two sweeps, one \
          with `range`.",
    params: &[
        ParamInfo {
            name: "bins",
            kind: Kind::Int { min: 1, max: BINS_MAX },
            default: Some("10"),
            doc: "how many bins of equal width",
        },
        ParamInfo {
            name: "range",
            kind: Kind::Numbers { min: f64::MIN, max: f64::MAX },
            default: Some(""),
            doc: "the outer edges, as [low, high]; unset: the smallest and the largest finite element",
        },
        AXES,
    ],
    example: "[[step]]\nkernel = \"histogram\"\nbins = 16\nrange = [0, 1]",
    parse,
};

const BINS_MAX: i64 = 1 << 20;

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let range = match params.numbers("range").as_deref() {
        None => None,
        Some(&[low, high]) if low <= high => Some((low, high)),
        Some(&[low, high]) => return Err(BindError::param("range", format!("range goes from {low} down to {high}"))),
        Some(other) => {
            let message = format!("range has {} entries, it takes two", other.len());
            return Err(BindError::param("range", message).help("range = [low, high]"));
        }
    };
    let bins = params.int("bins").unwrap_or(10).max(1) as usize;
    Ok(Box::new(Histogram { params: params.clone(), bins, range }))
}

#[derive(Debug)]
struct Histogram {
    params: Params,
    bins: usize,
    range: Option<(f64, f64)>,
}

impl Kernel for Histogram {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("histogram", inputs)?;
        let axes = folded_axes(&self.params, spec)?;
        let mut write = reduced_write(spec, &axes, false, DType::I64, Sink::Output(0));
        write.spec.shape.push(self.bins as u64);
        write.spec.axes.push(None);
        write.access.axes.push(AxisMap::All);
        if write.spec.elements().is_none() {
            let message = format!("the result of shape {:?} has more than 2^63 - 1 elements", write.spec.shape);
            return Err(BindError::param("bins", message));
        }
        let grid = Grid::new(&spec.shape, &axes);
        let count = count::count_stage(spec, grid, self.bins, self.range, write);
        let stages = match self.range {
            Some(_) => vec![count],
            None => vec![survey_stage(spec, &axes)?, count],
        };
        let name = if self.range.is_some() { "count" } else { "survey, then count" };
        Ok(vec![Variant { name, stages }])
    }
}

/// Counts for later stages of another kernel: what leads to them as the temporary `temp`, which is above those of the
/// range, and how they are written. Where no range is given, temporaries 0 and 1 have that of each cell.
pub(crate) fn counted(
    spec: &ArraySpec,
    axes: &[usize],
    bins: usize,
    range: Option<(f64, f64)>,
    temp: usize,
) -> Result<(Vec<Stage>, Write), BindError> {
    let mut write = reduced_write(spec, axes, false, DType::I64, Sink::Temp(temp));
    write.spec.shape.push(bins as u64);
    write.spec.axes.push(None);
    write.access.axes.push(AxisMap::All);
    let mut stages = Vec::new();
    if range.is_none() {
        stages.push(survey_stage(spec, axes)?);
    }
    stages.push(count::count_stage(spec, Grid::new(&spec.shape, axes), bins, range, write.clone()));
    Ok((stages, write))
}

/// The smallest and the largest finite element of each cell, as temporaries 0 and 1.
fn survey_stage(spec: &ArraySpec, axes: &[usize]) -> Result<Stage, BindError> {
    let write = |i| -> Write { reduced_write(spec, axes, false, spec.dtype, Sink::Temp(i)) };
    let writes = vec![write(0), write(1)];
    macro_rules! floats {
        ($T:ty) => {
            fold_stage(spec, axes, FiniteExtremes::<$T>::new(), LowHigh::<$T>::new(), writes)
        };
    }
    Ok(match spec.dtype {
        DType::F16 => floats!(f16),
        DType::BF16 => floats!(bf16),
        DType::F32 => floats!(f32),
        DType::F64 => floats!(f64),
        dtype => with_real_type!(dtype, T => {
            fold_stage(spec, axes, Extremes::<T, false>::new(), LowHigh::<T>::new(), writes)
        }, else return Err(complex("histogram", spec.dtype))),
    })
}
