//! What is to be planned: bound steps, facts of files, limits of the machine. Plain data.

use super::{Rates, Volume};
use crate::array::{ArraySpec, Facts, IoChoice, Shape};
use crate::kernel::{Contract, Sink, Stage, Variant};

/// Everything a plan follows from.
#[derive(Debug)]
pub struct Problem {
    pub inputs: Vec<ProblemInput>,
    /// In an order in which each step comes after what it reads.
    pub steps: Vec<ProblemStep>,
    pub outputs: Vec<ProblemOutput>,
    pub limits: Limits,
}

/// One stored array that is read.
#[derive(Debug)]
pub struct ProblemInput {
    pub name: String,
    /// As shown to people.
    pub path: String,
    pub facts: Facts,
    /// Memory that its reader keeps beside tiles (decoded frames), in bytes.
    pub cache_bytes: u64,
    /// Which share of it is in the page cache, where somebody looked.
    pub resident: Option<f64>,
    /// Where it lies.
    pub volume: Volume,
}

/// One bound step.
#[derive(Debug)]
pub struct ProblemStep {
    pub name: String,
    pub kernel: &'static str,
    /// Parameters as written, for display and for the hash.
    pub params: String,
    pub inputs: Vec<ArrayRef>,
    pub variants: Vec<Variant>,
    /// What the kernel wants the plan to say.
    pub remark: Option<String>,
}

/// One array that is written.
#[derive(Debug)]
pub struct ProblemOutput {
    pub name: String,
    /// As the pipeline says it.
    pub path: String,
    /// As it is found from the current folder.
    pub file: String,
    pub from: ArrayRef,
    pub spec: ArraySpec,
    /// Whether kernels may write it in place: native byte order, C order, aligned.
    pub in_place: bool,
    /// Whether it is handed back in memory, where it counts in the budget, instead of in a file.
    pub in_memory: bool,
    /// Where it will lie.
    pub volume: Volume,
}

/// An array of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArrayRef {
    Input(usize),
    Step { step: usize, output: usize },
}

/// What a plan must keep to.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Private memory, dirty output pages and read-ahead together.
    pub memory_bytes: u64,
    /// Where that limit comes from, for messages.
    pub memory_source: String,
    pub threads: usize,
    /// How the user wants bytes to travel.
    pub io: IoChoice,
    /// Bytes of files that the page cache can hold beside the budget.
    pub cache_bytes: u64,
    /// Where temporary files lie.
    pub spill_volume: Volume,
    /// A tile shape to use instead of a chosen one, rounded up to anchors.
    pub tile: Option<Shape>,
    /// What the machine does, where that was measured. For estimates alone: no plan follows from it.
    pub rates: Option<Rates>,
}

/// One stage of one step, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StageId {
    pub step: usize,
    pub variant: usize,
    pub stage: usize,
}

impl Problem {
    /// Whether the length of an array is known only after the run, and its spec has a bound.
    pub fn is_bound(&self, array: ArrayRef) -> bool {
        let ArrayRef::Step { step, output } = array else { return false };
        let stages = self.steps[step].variants.iter().flat_map(|v| &v.stages);
        stages.flat_map(|s| &s.contract.writes).any(|w| w.sink == Sink::AtMost(output))
    }

    /// The stage with its body.
    pub fn stage(&self, id: StageId) -> &Stage {
        &self.steps[id.step].variants[id.variant].stages[id.stage]
    }

    /// What the planner may know of it.
    pub fn contract(&self, id: StageId) -> &Contract {
        &self.stage(id).contract
    }
}
