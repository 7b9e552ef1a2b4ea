//! What a whole plan costs: the one measure by which plans are compared, and by which their time is told.
//!
//! Owns the arithmetic from bytes, tiles, runs and work to seconds, and the rates that count where none were saved.
//! Refuses to measure, and to choose.
//!
//! A pass takes the longer of two: bringing in what is not in the page cache, at the disk's rate; and mapping what is
//! read, at memory's rate, plus computing, plus what tiles, separate runs and states cost whatever they hold. Then
//! comes writing, outputs at the rate of the disk, since a run flushes them, temporary files at that of memory. Stages
//! count for every element that they are evaluated on, so that what neighbouring tiles compute twice costs twice.
//!
//! Where files do not fit the page cache, nothing joins what is written in short runs: each waits for the disk, and temporary
//! files are written and read at its rate.

use super::estimate::{Estimate, Rates};
use super::measure::grid;
use super::network::Place;
use super::{Plan, PlannedPass, Problem};

/// What a separate run costs one worker: a page and its fault.
pub(super) const RUN_SECONDS: f64 = 2e-6;
/// What a separate run costs beside that where it comes from a disk: a request that nothing read ahead.
pub(super) const SEEK_SECONDS: f64 = 50e-6;
/// The same of a run that is written where nothing joins it with others: half a page is read first, and a request of its own follows.
pub(super) const WRITTEN_SEEK_SECONDS: f64 = 80e-6;
/// Runs from here on cost a disk no more than its rate.
const SHORT_RUN_BYTES: u64 = 64 << 10;
/// What a tile costs one worker whatever its size.
pub(super) const TILE_SECONDS: f64 = 16e-6;

/// The share of memory (as a divisor) that changed pages take before the system writes them.
const DIRTY_SHARE: u64 = 10;

/// Rates of a machine of today, for where none were saved.
const ASSUMED_MEMORY: u64 = 8 << 30;
const ASSUMED_MAPPED_READ: f64 = 8.192e9;
const ASSUMED_MAPPED_COPY: f64 = 4.096e9;
const ASSUMED_COLD_READ: f64 = 1.5e9;
const ASSUMED_COLD_WRITE: f64 = 0.75e9;

impl Rates {
    /// What counts where nothing was measured. Kernels cost what they say of themselves.
    pub fn assumed(threads: usize) -> Rates {
        Rates {
            threads: threads.max(1),
            memory_bytes: ASSUMED_MEMORY,
            mapped_read: ASSUMED_MAPPED_READ,
            mapped_copy: ASSUMED_MAPPED_COPY,
            cold_read: ASSUMED_COLD_READ,
            cold_write: ASSUMED_COLD_WRITE,
            ..Rates::default()
        }
    }

    /// Nanoseconds of an element of a stage, all workers that rates were measured with together; and whether that was
    /// measured. `effort` is what the stage says of itself: a rate was measured at other parameters, and is scaled.
    pub(super) fn stage_ns(&self, kernel: &str, effort: f64) -> (f64, bool) {
        match self.kernel_ns.get(kernel) {
            Some(ns) => (ns * self.kernel_effort.get(kernel).map_or(1.0, |e| effort / e.max(1e-3)), true),
            None => (effort / self.threads.max(1) as f64, false),
        }
    }
}

/// The rates by which plans of a problem are compared.
pub(super) fn rates(problem: &Problem) -> Rates {
    problem.limits.rates.clone().unwrap_or_else(|| Rates::assumed(problem.limits.threads))
}

/// Bytes of inputs and outputs.
fn file_bytes(problem: &Problem) -> u64 {
    let inputs = problem.inputs.iter().map(|i| &i.facts.spec);
    let outputs = problem.outputs.iter().map(|o| &o.spec);
    inputs.chain(outputs).map(|s| s.bytes().unwrap_or(u64::MAX)).fold(0, u64::saturating_add)
}

/// Whether inputs stay in memory beside the outputs, whatever else a plan keeps on the disk.
pub(super) fn inputs_stay(problem: &Problem, rates: &Rates) -> bool {
    file_bytes(problem) < rates.memory_bytes && writes_join(problem)
}

/// Whether the page cache holds inputs and outputs together, so that it joins short runs that are written.
pub(super) fn writes_join(problem: &Problem) -> bool {
    file_bytes(problem) <= problem.limits.cache_bytes.min(known_memory(problem))
}

/// Memory of the machine, where that was measured: what is assumed of a machine does not bound what waits to be written.
fn known_memory(problem: &Problem) -> u64 {
    problem.limits.rates.as_ref().map_or(u64::MAX, |r| r.memory_bytes)
}

/// What is known of the page cache when a pass begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cache {
    /// What somebody saw there: for telling times.
    AsSeen,
    /// What fits is there, what does not is not: for comparing plans, which must not follow from what ran before.
    AsFits,
}

/// Where the files of a pass are.
struct Files {
    /// Bytes of the arrays that it reads, and those that come from the disk.
    read: f64,
    cold: f64,
    /// Whether the page cache holds all files of the plan together: then it joins short runs that are written, and keeps
    /// temporary files.
    joins: bool,
}

impl Plan {
    /// How long each pass takes.
    pub(super) fn costs(&self, problem: &Problem, rates: &Rates, cache: Cache) -> Vec<Estimate> {
        let bytes = |i: usize| problem.inputs[i].facts.spec.bytes().unwrap_or(0);
        let all = (0..problem.inputs.len()).map(bytes).fold(self.disk_bytes, u64::saturating_add);
        let stays = self.io.fits && all < rates.memory_bytes;
        let joins = self.io.fits && all <= known_memory(problem);
        let mut seen = vec![false; problem.inputs.len()];
        let mut found = Vec::new();
        for planned in &self.passes {
            if planned.stands_by {
                found.push(Estimate::default());
                continue;
            }
            let mut files = Files { read: 0.0, cold: 0.0, joins };
            for array in planned.pass.stored_reads(&self.network) {
                let array = &self.network.arrays[array];
                let (bytes, resident) = match (array.place, cache) {
                    (Place::Input(i), _) if seen[i] && stays => (bytes(i), 1.0),
                    (Place::Input(i), Cache::AsSeen) => (bytes(i), problem.inputs[i].resident.unwrap_or(1.0)),
                    (Place::Input(i), Cache::AsFits) => (bytes(i), f64::from(u8::from(stays))),
                    (Place::Spill | Place::Output(_), _) if !joins => (array.spec.bytes().unwrap_or(0), 0.0),
                    _ => continue,
                };
                if let Place::Input(i) = array.place {
                    seen[i] = true;
                }
                files.read += bytes as f64 * share(planned);
                files.cold += bytes as f64 * share(planned) * (1.0 - resident);
            }
            found.push(self.cost_of(problem, planned, rates, &files));
        }
        found
    }

    /// The seconds by which this plan is compared with others.
    pub(super) fn seconds(&self, problem: &Problem, rates: &Rates) -> f64 {
        self.costs(problem, rates, Cache::AsFits).iter().map(|e| e.seconds).sum()
    }

    /// Whether short runs are waited for, one by one, where files do not stay in the page cache: more memory for each worker
    /// would make them longer.
    pub(super) fn waits_for_runs(&self, problem: &Problem) -> bool {
        let rates = rates(problem);
        !inputs_stay(problem, &rates) && self.passes.iter().any(|p| !p.stands_by && p.has_short_runs())
    }

    fn cost_of(&self, problem: &Problem, planned: &PlannedPass, rates: &Rates, files: &Files) -> Estimate {
        let mapping = rates.moving_seconds(planned.traffic.read, 0);
        let from_disk = files.cold / rates.cold_read;
        let (computing, uncounted) = self.computing(problem, planned, rates);
        let overhead = self.overhead(planned, rates, files);
        let (mut writing, mut flushing) = (0.0, 0.0);
        for entry in planned.pass.nodes.iter().filter(|p| p.terminal) {
            for &array in &self.network.nodes[entry.node].writes {
                let array = &self.network.arrays[array];
                let bytes = array.spec.bytes().unwrap_or(0);
                match array.place {
                    Place::Output(_) => {
                        let files = array.outputs.iter().filter(|o| !problem.outputs[**o].in_memory).count();
                        flushing += bytes as f64 * files as f64 / rates.cold_write;
                    }
                    Place::Spill => writing += spilling(rates, (bytes as f64 * share(planned)) as u64, files.joins),
                    _ => {}
                }
            }
        }
        writing += flushing;
        let seconds = from_disk.max(mapping + computing + overhead) + writing;
        Estimate { seconds, reading: mapping.max(from_disk), computing, writing, flushing, overhead, uncounted }
    }

    /// Workers that share a pass: no more than it has tiles.
    fn workers(&self, tiles: u64) -> f64 {
        (self.threads as u64).min(tiles).max(1) as f64
    }

    /// Seconds of a pass's stages, and what has no rate.
    fn computing(&self, problem: &Problem, planned: &PlannedPass, rates: &Rates) -> (f64, Vec<String>) {
        let workers = rates.threads as f64 / (self.threads.min(rates.threads).max(1)) as f64;
        let (mut seconds, mut uncounted) = (0.0, Vec::new());
        for (i, entry) in planned.pass.nodes.iter().enumerate() {
            let id = self.network.nodes[entry.node].id;
            let kernel = problem.steps[id.step].kernel;
            let effort = problem.stage(id).work.effort(&planned.tiling.cost.boxes[i]);
            let (ns, measured) = rates.stage_ns(kernel, effort);
            seconds += planned.evaluated[i] as f64 * ns * 1e-9 * workers;
            if !measured && !uncounted.iter().any(|n| n == kernel) {
                uncounted.push(kernel.to_string());
            }
        }
        let decoded = |a: &usize| matches!(self.network.arrays[*a].place, Place::Input(i) if problem.inputs[i].facts.decoded.is_some());
        if planned.pass.stored_reads(&self.network).iter().any(decoded) {
            uncounted.push("decoding".to_string());
        }
        (seconds, uncounted)
    }

    /// What tiles, runs and states cost whatever they hold.
    fn overhead(&self, planned: &PlannedPass, rates: &Rates, files: &Files) -> f64 {
        let cost = &planned.tiling.cost;
        let (_, tiles) = planned.tiles();
        let cold = if files.read > 0.0 { files.cold / files.read } else { 0.0 };
        let read_runs = cost.runs.saturating_sub(cost.written_runs) as f64;
        let waits = if files.joins { 0.0 } else { cost.written_runs as f64 * WRITTEN_SEEK_SECONDS };
        let seeks = cold * read_runs * SEEK_SECONDS + waits;
        let each = TILE_SECONDS + cost.runs as f64 * RUN_SECONDS + seeks;
        // A state is cleared, filled and joined once for each tile.
        let states = 2.0 * cost.tile_state as f64 / rates.mapped_read;
        tiles as f64 * (each / self.workers(tiles) + states)
    }

    /// Work of all stages in all passes, as the stages themselves count it: what a kernel's rate is measured by.
    pub fn stage_effort(&self, problem: &Problem) -> f64 {
        let mut sum = 0.0;
        for planned in self.passes.iter().filter(|p| !p.stands_by) {
            for (i, entry) in planned.pass.nodes.iter().enumerate() {
                let id = self.network.nodes[entry.node].id;
                let elements: u64 = problem.contract(id).domain.iter().product();
                sum += problem.stage(id).work.effort(&planned.tiling.cost.boxes[i]) * elements as f64;
            }
        }
        sum
    }
}

/// Seconds to write a temporary file. A small one is gone before the system would write it; of a large one the system writes
/// what is over its share of memory, at the pace of the disk, and all of it where files do not stay in the page cache.
fn spilling(rates: &Rates, bytes: u64, stays: bool) -> f64 {
    let over = if stays { bytes.saturating_sub(rates.memory_bytes / DIRTY_SHARE) } else { bytes };
    rates.moving_seconds(0, bytes - over) + over as f64 / rates.cold_write
}

impl PlannedPass {
    /// Whether its tiles move bytes in runs that a disk would rather have longer.
    pub(super) fn has_short_runs(&self) -> bool {
        let cost = &self.tiling.cost;
        cost.tiles > 1 && cost.moved / cost.runs.max(1) < SHORT_RUN_BYTES
    }
}

/// The share of a pass that is run where an older result is extended. Outputs are written as a whole all the same.
fn share(planned: &PlannedPass) -> f64 {
    let (all, run) = planned.tiles();
    if all == 0 { 1.0 } else { run as f64 / all as f64 }
}

/// Tiles of a pass.
pub(super) fn tiles(planned: &PlannedPass) -> u64 {
    grid(&planned.pass.domain, &planned.tiling.tile).iter().product()
}
