//! What a pipeline says, as plain data. Owns the four kinds of declarations; knows neither how they
//! were written nor what they come to.

use super::Places;
use crate::array::{Columns, DType, Endian, IoChoice, Order};
use crate::kernel::Value;

/// A pipeline as it was declared: names are not resolved yet, kernels not looked up.
///
/// Made by [`Pipeline::parse`], by [`Pipeline::new`] and its builder methods, or by
/// [`Pipeline::chain`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline {
    /// The arrays that are read, in the order of the file.
    pub inputs: Vec<InputDecl>,
    /// What is done to them. The order matters only to steps without `from`.
    pub steps: Vec<StepDecl>,
    /// The arrays that are written.
    pub outputs: Vec<OutputDecl>,
    /// How to run it; never changes a result.
    pub schedule: ScheduleDecl,
    /// Where `inputs` and `outputs` stand, or would.
    pub places: Places,
}

/// An array that is read.
#[derive(Clone, Debug, PartialEq)]
pub struct InputDecl {
    /// What steps call it.
    pub name: String,
    /// A path or a glob. Relative to the pipeline's file if it was written there
    /// ([`InputDecl::path_in_file`]), else to the current folder.
    pub path: String,
    /// The element type, for files that do not say.
    pub dtype: Option<DType>,
    /// The extents, for files that do not say; at most one is -1 and follows from the file's size.
    pub shape: Option<Vec<i64>>,
    /// Where the data begins, in bytes.
    pub offset: Option<u64>,
    /// The storage order, for files that do not say.
    pub order: Option<Order>,
    /// The byte order, for files that do not say.
    pub endian: Option<Endian>,
    /// One letter for each axis.
    pub axes: Option<String>,
    /// Columns of a CSV file; all that hold numbers unless it says which.
    pub column: Option<Columns>,
    /// What separates the fields of a CSV file, if not what its first rows show.
    pub separator: Option<char>,
    /// Whether the first row of a CSV file holds names, if not what it looks like.
    pub header: Option<bool>,
    /// The form of time stamps in a CSV file, in the words of `strptime`, if not a common one.
    pub time_format: Option<String>,
    /// Where it was written.
    pub places: Places,
}

/// A named use of a kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct StepDecl {
    /// What other steps and outputs call it; the kernel's name unless it says another.
    pub name: String,
    /// The kernel's name.
    pub kernel: String,
    /// The input or step it receives; `None`: the step before it, or the only input.
    pub from: Option<String>,
    /// The kernel's parameters, unchecked, in the order of the file.
    pub params: Vec<(String, Value)>,
    /// Where it was written.
    pub places: Places,
}

/// An array that is written.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputDecl {
    /// Its key.
    pub name: String,
    /// Where to; relative as [`InputDecl::path`] is.
    pub path: String,
    /// The input or step that is written; the key unless it says another.
    pub from: String,
    /// The element type to write, if not the step's own.
    pub dtype: Option<DType>,
    /// The storage order; C unless it says `F`.
    pub order: Option<Order>,
    /// The byte order; the machine's unless it says another.
    pub endian: Option<Endian>,
    /// Where it was written.
    pub places: Places,
}

/// How to run a pipeline. Never changes a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScheduleDecl {
    /// The memory budget in bytes.
    pub memory: Option<u64>,
    /// The number of workers, at least 1.
    pub threads: Option<usize>,
    /// How bytes travel.
    pub io: Option<IoChoice>,
    /// The tile shape of every pass, for experiments; rounded by the planner to what a pass allows.
    pub tile: Option<Vec<u64>>,
    /// Where it was written.
    pub places: Places,
}

impl InputDecl {
    /// Whether the path stands in the pipeline's file, and is relative to it.
    pub fn path_in_file(&self) -> bool {
        self.places.value("path").is_some()
    }
}

impl OutputDecl {
    /// Whether the path stands in the pipeline's file, and is relative to it.
    pub fn path_in_file(&self) -> bool {
        self.places.value("path").is_some()
    }
}

impl StepDecl {
    /// Where the kernel is named: what errors of the whole step point at.
    pub(super) fn place(&self) -> Option<super::Span> {
        self.places.value("kernel").or_else(|| self.places.value("expr")).or_else(|| self.places.whole())
    }

    /// Where a parameter's value stands, or else the step.
    pub(super) fn param_place(&self, param: &str) -> Option<super::Span> {
        self.places.value(param).or_else(|| self.place())
    }
}
