//! `grouped`: statistics of elements that share a label.
//!
//! Owns the parameters, the shape of labels, and what is known of the number of groups. The fold is in `walk`, what
//! is kept for each group and kept cell in `stats`; medians are quantiles (`quantile`).
//!
//! ```text
//! tile, labels ─► slot = (kept cell, label) ─► counts, exact sums, extremes ─► finish: one value for each slot
//! ```

mod stats;
#[cfg(test)]
mod tests;
mod walk;

use super::bind::{AXES, DDOF, SKIPNA, complex, folded_axes, reduced_write};
use super::grid::Grid;
use super::items::with_skip;
use super::labels::{CHUNK, Labels};
use super::quantile::grouped_quantile;
use crate::array::{ArraySpec, DType};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Fold, Kernel, KernelInfo, Kind, Order, ParamInfo, Params, Read,
    ScratchSize, Sink, Source, Stage, StateSize, Variant, Work,
};
use stats::{Counts, Extreme, Sums, What};
use walk::{Slots, Walk};

/// The table entry of `grouped`.
pub const GROUPED: KernelInfo = KernelInfo {
    name: "grouped",
    family: Family::Reduce,
    summary: "sum, mean, spread, extremes or count of the elements that share a label",
    doc: "Shape: (groups) and then the input's without `axes`; element g is the statistic of the elements whose label is \
          g, as pandas.DataFrame.groupby and scipy.ndimage.sum_labels have it. `labels` is an array of integers or bool, \
          of the input's shape or of that of the axes worked over: with data (t, y, x), labels (t) and axes = \"t\" a \
          climatology of shape (groups, y, x). Elements with a negative label are left out, as pandas leaves out the code \
          -1; a label of `groups` and above is an error that names its index. Without `groups` the largest label decides: \
          the length is then known only after the run, so that no step can take the result, and memory is set aside for \
          all labels of 8 or 16 bits, or 65,536 groups. dtype: count i64; min and max the input's; sum the input's for \
          floats, i64 or u64 for integers, and an error beyond 64 bits; mean, std and var f64; median as `quantile`, which needs `groups`. Sums and squares are \
          exact, and rounded once to f64, so that var does not suffer far from 0; var is divided by the count less \
          `ddof`, std is its root. NaN propagates within its group; with `skipna` it is left out, also of counts. A group \
          of nothing has count 0, sum 0, and NaN otherwise; min and max of integers refuse it. -0 lies below +0. One \
          sweep, and one for each digit of a median; for each group and kept cell some 100 bytes for f32, 600 for f64, and twice that for std and var.",
    params: &[
        ParamInfo {
            name: "labels",
            kind: Kind::Arrays,
            default: None,
            doc: "the array of labels: the name of an input or a step",
        },
        ParamInfo {
            name: "stat",
            kind: Kind::Choice(&["sum", "mean", "count", "min", "max", "std", "var", "median"]),
            default: Some("mean"),
            doc: "what is computed of each group",
        },
        AXES,
        ParamInfo {
            name: "groups",
            kind: Kind::Int { min: 1, max: 1 << 32 },
            default: Some(""),
            doc: "how many groups there are: labels 0 to groups - 1; found from the labels where it is not given",
        },
        SKIPNA,
        DDOF,
    ],
    example: "[[step]]\nname = \"band\"\nkernel = \"cast\"\ndtype = \"u8\"\n[[step]]\nkernel = \"grouped\"\nfrom = \"x\"\nlabels = \"band\"\n\
              stat = \"mean\"\ngroups = 256",
    parse: |params| {
        let names = params.names("labels");
        let [labels] = names.as_slice() else {
            let message = format!("labels names {} arrays, it takes one", names.len());
            return Err(BindError::param("labels", message));
        };
        Ok(Box::new(Grouped { params: params.clone(), labels: labels.clone() }))
    },
};

#[derive(Debug)]
struct Grouped {
    params: Params,
    labels: String,
}

/// Groups that can be told apart where nobody says how many there are.
fn groups_bound(labels: DType) -> u64 {
    match labels {
        DType::Bool => 2,
        DType::I8 => 1 << 7,
        DType::U8 => 1 << 8,
        DType::I16 => 1 << 15,
        _ => 1 << 16,
    }
}

impl Grouped {
    /// The access to labels from the domain of the data; refuses labels of another kind or shape.
    fn labels_access(&self, spec: &ArraySpec, labels: &ArraySpec, axes: &[usize]) -> Result<Access, BindError> {
        let name = &self.labels;
        if !(labels.dtype.is_integer() || labels.dtype == DType::Bool) {
            let message = format!("labels are integers or bool, \"{name}\" is {}", labels.dtype);
            return Err(BindError::param("labels", message).help("cast it to an integer dtype first"));
        }
        if labels.shape == spec.shape {
            return Ok(Access::point(spec.rank()));
        }
        let folded: Vec<u64> = axes.iter().map(|a| spec.shape[*a]).collect();
        if labels.shape != folded {
            let message = format!(
                "\"{name}\" has the shape {:?}; labels have the shape of the array, {:?}, or that of the axes worked \
                 over, {folded:?}",
                labels.shape, spec.shape
            );
            return Err(BindError::param("labels", message).help("say axes = … , or reshape the labels"));
        }
        let follow = |axis: &usize| AxisMap::Follow { axis: *axis, before: 0, after: 0 };
        Ok(Access { axes: axes.iter().map(follow).collect(), ..Access::point(0) })
    }

    /// How many groups there are at most, and whether that is how many there are.
    fn groups(&self, spec: &ArraySpec, labels: &ArraySpec, axes: &[usize]) -> Result<(u64, bool), BindError> {
        if let Some(groups) = self.params.int("groups") {
            return Ok((groups.max(1) as u64, true));
        }
        if self.params.text("stat") == Some("median") {
            // Each sweep counts a digit in tables of its own for every group: for all groups there could be, some
            // 64 MiB for labels of 16 bits.
            let message = "the median of groups counts each of them: how many are there?";
            return Err(BindError::param("groups", message).help("say groups = …"));
        }
        if labels.rank() > axes.len() {
            // Boxes of kept cells would each know their own largest label alone.
            let message = format!(
                "\"{}\" has labels for each of {:?}, of which not all axes are worked over: how many groups are there?",
                self.labels, spec.shape
            );
            return Err(BindError::param("groups", message).help("say groups = …"));
        }
        Ok((groups_bound(labels.dtype), false))
    }

    fn dtype(&self, input: DType, what: What) -> DType {
        match what {
            What::Count => DType::I64,
            What::Min | What::Max => input,
            What::Sum if input.is_float() => input,
            What::Sum if input.is_signed() => DType::I64,
            What::Sum => DType::U64,
            What::Median => input.real(),
            What::Mean | What::Std | What::Var => DType::F64,
        }
    }
}

impl Kernel for Grouped {
    fn input_names(&self) -> Vec<String> {
        vec![String::new(), self.labels.clone()]
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [spec, labels] = inputs else { return Err(BindError::new("\"grouped\" takes an array and its labels")) };
        if spec.dtype.is_complex() {
            return Err(complex("grouped", spec.dtype));
        }
        let axes = folded_axes(&self.params, spec)?;
        let access = self.labels_access(spec, labels, &axes)?;
        let (groups, known) = self.groups(spec, labels, &axes)?;
        let what = What::parse(self.params.text("stat").unwrap_or("mean"));
        let sink = if known { Sink::Output(0) } else { Sink::AtMost(0) };
        let mut write = reduced_write(spec, &axes, false, self.dtype(spec.dtype, what), sink);
        write.spec.shape.insert(0, groups);
        write.spec.axes.insert(0, None);
        write.access.axes.insert(0, AxisMap::All);
        if write.spec.bytes().is_none() || usize::try_from(groups).is_err() {
            let message = format!("the result of shape {:?} has more than 2^63 bytes", write.spec.shape);
            return Err(BindError::param("groups", message));
        }
        let ddof = self.params.int("ddof").unwrap_or(0).max(0) as u64;
        let (grid, labels) = (Grid::new(&spec.shape, &axes), Labels { groups: groups as usize, known });
        let skipna = self.params.bool("skipna", false);
        if what == What::Median {
            return Ok(grouped_quantile(spec, &axes, (labels, access), 0.5, skipna, write));
        }
        let (work, slot) = with_skip!(spec.dtype, skipna, T, SKIP => match what {
            What::Count => fold::<T, _, SKIP>(grid, labels, Counts),
            What::Min | What::Max => fold::<T, _, SKIP>(grid, labels, Extreme { smallest: what == What::Min }),
            What::Sum | What::Mean => fold::<T, _, SKIP>(grid, labels, Sums::<false> { what, ddof }),
            What::Std | What::Var | What::Median => fold::<T, _, SKIP>(grid, labels, Sums::<true> { what, ddof }),
        }, else return Err(complex("grouped", spec.dtype)));
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: vec![1; spec.rank()],
            order: Order::Fold { axes },
            reads: vec![
                Read { source: Source::Input(0), access: Access::point(spec.rank()) },
                Read { source: Source::Input(1), access },
            ],
            writes: vec![write],
            state: StateSize { fixed: 512, per_cell: groups.saturating_mul(slot), ..StateSize::default() },
            scratch: ScratchSize { fixed: CHUNK as u64 * 8 + 64, ..ScratchSize::default() },
        };
        Ok(vec![Variant { name: "fold", stages: vec![Stage { contract, work: Work::Fold(work) }] }])
    }
}

/// The work with this statistic, and the bytes of one of its slots.
fn fold<T: super::choose::Choosable, S: Slots<T>, const SKIP: bool>(
    grid: Grid,
    labels: Labels,
    stat: S,
) -> (Box<dyn Fold>, u64) {
    let bytes = stat.bytes();
    (Box::new(Walk::<T, S, SKIP>::new(grid, labels, stat)), bytes)
}
