//! The mathematics, and the contract under which it runs.
//!
//! Owns kernels: what they accept ([`Params`]), what they tell a planner ([`Contract`]) and what
//! they do with a tile ([`Work`]). Refuses to know files, tile grids, threads and memory budgets: a
//! kernel is bound to [`ArraySpec`]s alone and sees views.

mod axes;
mod body;
mod contract;
pub mod dataset;
pub mod dd;
mod error;
pub(crate) mod exact;
pub mod filter;
pub mod math;
pub mod normalize;
mod params;
pub mod reduce;
pub mod regions;
mod registry;
pub mod simd;
#[cfg(test)]
mod trial;
pub mod window;

pub use body::{Fold, Map, Scan, Scratch, State, Work};
pub use contract::{
    Access, AxisMap, Contract, OPEN_AXES_MAX, Order, Read, Runs, ScratchSize, Sink, Source, StateSize, Write,
    open_anchors, open_ranges,
};
pub use error::{BindError, KernelError, TextPlace};
pub use params::{Kind, ParamInfo, Params, Value};
pub use registry::{Family, KernelInfo, find, registry};

pub use crate::array::nearest;

use crate::array::{ArraySpec, Region};
use std::fmt::Debug;

/// A parsed kernel: parameters, not yet bound to arrays.
pub trait Kernel: Debug + Send + Sync {
    /// The arrays it names itself (an expression's variables), in the order `bind` wants them; an empty name is
    /// the array of its step. No names where it takes that array alone.
    fn input_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Binds to arrays: checks everything that needs no data and chooses typed bodies. Pure.
    /// Gives one or more ways to the same bits; the planner takes the first that fits.
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError>;

    /// Looks at what arrays hold, for kernels whose shapes follow from it (the buckets of a column of time); called before
    /// `bind`, where arrays are open. Gives the kernel that knows what was seen; most have nothing to see. What it keeps
    /// is small, whatever the size of the arrays.
    fn look(&self, _inputs: &[ArraySpec], _sight: &dyn Sight) -> Result<Option<Box<dyn Kernel>>, BindError> {
        Ok(None)
    }

    /// What a plan should say of it that its contracts cannot: one of its notes. For kernels that call code of
    /// which nobody here knows what it does.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// The arrays of a kernel, open before there is a plan. Inputs are counted as in [`Kernel::bind`].
pub trait Sight {
    /// Copies a box of an array, dense, in C order and native byte order.
    fn read(&self, input: usize, region: &Region, out: &mut [u8]) -> Result<(), SightError>;
}

/// Why an array cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SightError {
    /// It is made by a step, or nothing is open.
    Unseen,
    /// Its file cannot be read.
    Failed(String),
}

/// No array is open.
#[derive(Clone, Copy, Debug)]
pub struct Unseeing;

impl Sight for Unseeing {
    fn read(&self, _: usize, _: &Region, _: &mut [u8]) -> Result<(), SightError> {
        Err(SightError::Unseen)
    }
}

/// One way a bound kernel reaches its result.
#[derive(Debug)]
pub struct Variant {
    pub name: &'static str,
    pub stages: Vec<Stage>,
}

/// One sweep of a variant.
#[derive(Debug)]
pub struct Stage {
    pub contract: Contract,
    pub work: Work,
}
