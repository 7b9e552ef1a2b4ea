//! From a graph and facts to a plan: passes, tiles, memory. Pure.
//!
//! Owns the decisions: what is fused, where passes are cut, how tiles are shaped, what it all
//! needs, and when to refuse. Refuses to know files, threads and kernels' code: a plan follows from
//! plain data, can be printed, and is hashed.

pub mod buffers;
mod cost;
mod estimate;
mod explain;
mod extend;
mod grow;
mod io;
pub mod measure;
mod network;
mod passes;
mod picks;
mod problem;
mod sample;
mod search;
mod settle;
mod tiling;
mod traffic;
mod walk;

use crate::array::OutputIo;
pub use estimate::{Bound, Estimate, Rates, about};
pub use explain::show_access;
pub use grow::{Blame, Kept};
pub use io::{IoPlan, Volume};
pub use network::{Network, Node, Place, PlanArray};
pub use passes::{Pass, PassNode, ordered_axes};
pub use picks::Picks;
pub use problem::{ArrayRef, Limits, Problem, ProblemInput, ProblemOutput, ProblemStep, StageId};
pub use sample::SamplePlan;
pub use search::Refused;
pub use settle::{PlanError, show_bytes};
pub use tiling::Tiling;
pub use traffic::{Traffic, counted_reads};
pub use walk::{Walk, anchored, reads_in_place, walk};

/// What will be done, in full.
#[derive(Clone, Debug)]
pub struct Plan {
    pub network: Network,
    pub passes: Vec<PlannedPass>,
    /// Workers, at most what was asked for; fewer where memory is short.
    pub threads: usize,
    pub memory: Memory,
    pub io: IoPlan,
    /// Bytes of storage that outputs and temporaries take while it runs.
    pub disk_bytes: u64,
    /// Decisions worth a line: cuts, spills, fewer workers.
    pub notes: Vec<String>,
    /// Other plans that were looked at, the nearest first.
    pub refused: Vec<Refused>,
    /// Where an older result is extended: what stays of each output.
    pub kept: Option<Vec<Kept>>,
}

/// One pass with its tiles.
#[derive(Clone, Debug)]
pub struct PlannedPass {
    pub pass: Pass,
    pub tiling: Tiling,
    pub traffic: Traffic,
    /// Tiles that are brought in ahead of the workers.
    pub ahead: u64,
    /// Elements that each stage is evaluated on, over all tiles: what neighbours need as well counts again.
    pub evaluated: Vec<u64>,
    /// Whether it usually turns out to be needless: an earlier pass finds what it is for. Counted for memory, not for time and
    /// bytes.
    pub stands_by: bool,
    /// Where only a part is run, a sample or what is new: positions in the tile grid along each axis; their product is run.
    pub picks: Option<Vec<Picks>>,
}

impl PlannedPass {
    /// Bytes that count against the budget while it runs.
    pub fn memory_bytes(&self, threads: usize) -> u64 {
        self.tiling.cost.total(threads as u64, self.ahead)
    }
}

/// What a plan needs against what it may use, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub budget: u64,
    /// Upper bound of private memory, dirty output pages and read-ahead, over all passes.
    pub projected: u64,
    /// Part of it that stays throughout: arrays kept whole, results that are handed back in memory, decoded frames, the
    /// program itself.
    pub resident: u64,
}

impl Plan {
    /// Plans a problem, or refuses it.
    pub fn new(problem: &Problem) -> Result<Plan, PlanError> {
        search::plan(problem)
    }

    /// Whether only tiles that stand for all are to be run. Not so where the rest is there from an older run: then what
    /// folds take together is complete, and files have their room.
    pub fn is_sample(&self) -> bool {
        self.kept.is_none() && self.passes.iter().any(|p| p.picks.is_some())
    }

    /// How an output's file is written.
    pub fn output_io(&self, output: usize) -> OutputIo {
        let fills = |a: &&PlanArray| a.outputs.contains(&output);
        self.network.arrays.iter().find(fills).map_or_else(OutputIo::default, |a| self.file_io(a))
    }

    /// How the file of an array is written. What may wait for the disk is shared by all files.
    pub fn file_io(&self, array: &PlanArray) -> OutputIo {
        let written = self.network.arrays.iter().filter(|a| matches!(a.place, Place::Output(_) | Place::Spill));
        let files: u64 = written.map(PlanArray::files).sum();
        let dirty_bytes_max = self.io.dirty_bytes_max / files.max(1);
        OutputIo { way: array.written_by, dirty_bytes_max, writers: array.writers }
    }

    /// Passes that are expected to run.
    pub fn sweeps(&self) -> usize {
        self.passes.iter().filter(|p| !p.stands_by).count()
    }

    /// Bytes that each pass is expected to read and write.
    pub fn pass_bytes(&self) -> Vec<u64> {
        let bytes = |p: &PlannedPass| if p.stands_by { 0 } else { p.traffic.read + p.traffic.written };
        self.passes.iter().map(bytes).collect()
    }

    /// Bytes read by all passes that are expected to run, and written by all: one that is left out has its results written, too.
    pub fn traffic(&self) -> Traffic {
        self.passes.iter().fold(Traffic::default(), |sum, p| {
            let read = if p.stands_by { Traffic::default() } else { p.traffic };
            Traffic { read: sum.read + read.read, written: sum.written + p.traffic.written, halo: sum.halo + read.halo }
        })
    }
}
