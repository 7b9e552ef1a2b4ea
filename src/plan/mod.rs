//! From a graph and facts to a plan: passes, tiles, memory. Pure.
//!
//! Owns the decisions: what is fused, where passes are cut, how tiles are shaped, what it all
//! needs, and when to refuse. Refuses to know files, threads and kernels' code: a plan follows from
//! plain data, can be printed, and is hashed.

pub mod buffers;
mod estimate;
mod explain;
pub mod measure;
mod network;
mod passes;
mod problem;
mod settle;
mod tiling;
mod traffic;
mod walk;

pub use estimate::{Bound, Estimate, Rates};
pub use explain::show_access;
pub use network::{Network, Node, Place, PlanArray};
pub use passes::{Pass, PassNode, ordered_axes};
pub use problem::{ArrayRef, Limits, Problem, ProblemInput, ProblemOutput, ProblemStep, StageId};
pub use settle::{PlanError, show_bytes};
pub use tiling::{Tiling, read_ahead};
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
    /// Bytes of storage that outputs and temporaries take while it runs.
    pub disk_bytes: u64,
    /// Decisions worth a line: cuts, spills, refused variants.
    pub notes: Vec<String>,
}

/// One pass with its tiles.
#[derive(Clone, Debug)]
pub struct PlannedPass {
    pub pass: Pass,
    pub tiling: Tiling,
    pub traffic: Traffic,
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
        settle::plan(problem)
    }

    /// Bytes read and written by all passes.
    pub fn traffic(&self) -> Traffic {
        self.passes.iter().fold(Traffic::default(), |sum, p| Traffic {
            read: sum.read + p.traffic.read,
            written: sum.written + p.traffic.written,
            halo: sum.halo + p.traffic.halo,
        })
    }
}
