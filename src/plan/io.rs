//! How the bytes of each array travel: mapped, by positioned writes, or past the page cache.
//!
//! Owns the choice and its reasons. Decides by plain data: what the user asked for, how much the page cache can hold, what is
//! in it, and what file systems do. A way never changes a result; it is no part of a plan's hash.

use super::measure::Cost;
use super::network::{Network, Place};
use super::passes::Pass;
use super::problem::Problem;
use super::settle::show_bytes;
use crate::array::{IO_BLOCK_BYTES, IoChoice, IoWay};

/// Arrays smaller than this are mapped: reading them past the page cache saves nothing.
const DIRECT_BYTES_MIN: u64 = 1 << 20;
/// An input of which this share is in the page cache is read from there.
const RESIDENT_MIN: f64 = 0.9;
/// Threads that write one file past the page cache, at most. Two keep a disk busy with whole blocks; more help where runs are short.
const WRITERS_MAX: u64 = 4;
/// Of what a plan may use, the share (as a divisor) that blocks of these threads may take.
const WRITERS_SHARE: u64 = 8;
/// Storage joins more runs of a tile than this across the gaps between them, which no plan counts.
const RUNS_MAX: u64 = 4096;
/// Where runs are shorter than this on average, each would wait for the disk by itself.
const RUN_BYTES_MIN: u64 = 48 << 10;

/// What is known of the place of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// The file system, where it is one of those that matter: `nfs`, `tmpfs`.
    pub name: &'static str,
    /// Why files there are not to be mapped for writing.
    pub unmappable: bool,
    /// Why they cannot be read and written past the page cache.
    pub refuses_direct: Option<String>,
}

/// How a plan's bytes travel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IoPlan {
    pub choice: IoChoice,
    /// Whether everything that is mapped can stay in the page cache. Where not, pages that were used are given up.
    pub fits: bool,
    /// Written bytes that may wait for the disk at a time, all outputs together.
    pub dirty_bytes_max: u64,
    /// Why, in one line.
    pub reason: String,
    /// What was asked for and cannot be, a line for each array.
    pub fallbacks: Vec<String>,
}

/// Chooses the ways of all arrays of a network whose places are settled.
pub fn assign(problem: &Problem, network: &mut Network) -> IoPlan {
    let limits = &problem.limits;
    let need = file_bytes(problem, network);
    let fits = need <= limits.cache_bytes;
    let choice = limits.io;
    let reason = match (choice, fits) {
        (IoChoice::Auto, true) => format!("files of {} fit the page cache", show_bytes(need)),
        (IoChoice::Auto, false) => {
            let room = show_bytes(limits.cache_bytes);
            format!("files of {} do not fit the page cache, which has room for {room}", show_bytes(need))
        }
        _ => "as asked for".to_string(),
    };
    let mut io = IoPlan { choice, fits, dirty_bytes_max: u64::MAX, reason, fallbacks: Vec::new() };
    for array in 0..network.arrays.len() {
        let (read, written) = (read_way(problem, network, array, &mut io), write_way(problem, network, array, &mut io));
        let array = &mut network.arrays[array];
        (array.read_by, array.written_by) = (read, written);
    }
    io
}

/// Bytes of all files that a plan maps or would map.
fn file_bytes(problem: &Problem, network: &Network) -> u64 {
    let bytes = |a: &super::PlanArray| match a.place {
        Place::Input(i) if problem.inputs[i].facts.decoded.is_some() => 0,
        Place::Output(o) if problem.outputs[o].in_memory => 0,
        Place::Input(_) | Place::Output(_) | Place::Spill => a.spec.bytes().unwrap_or(u64::MAX),
        Place::Fused | Place::Memory => 0,
    };
    network.arrays.iter().map(bytes).fold(0, u64::saturating_add)
}

fn read_way(problem: &Problem, network: &Network, array: usize, io: &mut IoPlan) -> IoWay {
    let planned = &network.arrays[array];
    let (volume, resident) = match planned.place {
        Place::Input(i) if problem.inputs[i].facts.decoded.is_none() => {
            (&problem.inputs[i].volume, problem.inputs[i].resident)
        }
        Place::Output(o) if !problem.outputs[o].in_memory => (&problem.outputs[o].volume, None),
        Place::Spill => (&problem.limits.spill_volume, None),
        _ => return IoWay::Mapped,
    };
    let wanted = match io.choice {
        IoChoice::Mmap | IoChoice::Pwrite => false,
        IoChoice::Direct => true,
        IoChoice::Auto => !io.fits && resident.is_none_or(|share| share < RESIDENT_MIN),
    };
    let small = io.choice == IoChoice::Auto && planned.spec.bytes().unwrap_or(0) < DIRECT_BYTES_MIN;
    if !wanted || small || network.readers(array).next().is_none() {
        return IoWay::Mapped;
    }
    let Some(refused) = &volume.refuses_direct else { return IoWay::Direct };
    if io.choice == IoChoice::Direct {
        io.fallbacks.push(format!("{} is mapped for reading, not read past the page cache: {refused}", planned.name));
    }
    IoWay::Mapped
}

fn write_way(problem: &Problem, network: &Network, array: usize, io: &mut IoPlan) -> IoWay {
    let planned = &network.arrays[array];
    let volume = match planned.place {
        Place::Output(o) if !problem.outputs[o].in_memory => &problem.outputs[o].volume,
        Place::Spill => &problem.limits.spill_volume,
        _ => return IoWay::Mapped,
    };
    let mut note = |text: String| io.fallbacks.push(format!("{} {text}", planned.name));
    match (io.choice, &volume.refuses_direct) {
        (IoChoice::Mmap, _) if volume.unmappable => {
            note(format!("is written by calls: files of {} are not mapped for writing", volume.name));
            IoWay::Buffered
        }
        (IoChoice::Mmap, _) => IoWay::Mapped,
        (IoChoice::Pwrite, _) => IoWay::Buffered,
        (IoChoice::Direct, None) => IoWay::Direct,
        (IoChoice::Direct, Some(why)) => {
            note(format!("is written through the page cache, not past it: {why}"));
            IoWay::Buffered
        }
        (IoChoice::Auto, _) if io.fits && !volume.unmappable => IoWay::Mapped,
        (IoChoice::Auto, None) if !io.fits => IoWay::Direct,
        (IoChoice::Auto, _) => IoWay::Buffered,
    }
}

/// Gives what is written past the page cache threads that write while tiles are computed, as many as `room` allows.
pub fn write_behind(network: &mut Network, room: u64) {
    let is_direct =
        |a: &&mut super::PlanArray| matches!(a.place, Place::Output(_) | Place::Spill) && a.written_by == IoWay::Direct;
    let files: u64 = network.arrays.iter_mut().filter(is_direct).map(|a| a.files()).sum();
    let writers = (room / WRITERS_SHARE / IO_BLOCK_BYTES / files.max(1)).min(WRITERS_MAX);
    network.arrays.iter_mut().filter(is_direct).for_each(|a| a.writers = writers);
}

/// The arrays that a pass reads past the page cache. Nobody but the work knows where it reads here and there, so that
/// such arrays are mapped.
pub fn direct_reads(problem: &Problem, network: &Network, pass: &Pass) -> Vec<usize> {
    let stored = pass.stored_reads(network).into_iter();
    stored
        .filter(|a| network.arrays[*a].read_by == IoWay::Direct && !is_scattered(problem, network, pass, *a))
        .collect()
}

fn is_scattered(problem: &Problem, network: &Network, pass: &Pass, array: usize) -> bool {
    pass.nodes.iter().any(|entry| {
        let node = &network.nodes[entry.node];
        let reads = &problem.contract(node.id).reads;
        reads.iter().zip(&node.reads).any(|(read, a)| *a == array && read.access.is_scattered())
    })
}

/// Maps what a pass would read past the page cache, where that needs more memory than there is.
pub fn give_up_direct(network: &Network, pass: &mut Pass, io: &mut IoPlan) {
    for array in pass.direct.drain(..) {
        if io.choice == IoChoice::Direct {
            let name = &network.arrays[array].name;
            io.fallbacks.push(format!("{name} is mapped for reading: whole pages of it do not fit the budget"));
        }
    }
}

/// Once the tiles of a pass are known: what moves in short runs goes through the page cache, which joins them. That takes no more
/// memory than was planned.
pub fn settle_runs(network: &mut Network, pass: &mut Pass, cost: &Cost, io: &mut IoPlan) {
    if io.choice == IoChoice::Direct && cost.runs > RUNS_MAX {
        for array in pass.direct.drain(..) {
            let name = &network.arrays[array].name;
            io.fallbacks.push(format!("{name} is mapped for reading: a tile has {} short runs of it", cost.runs));
        }
    }
    if io.choice != IoChoice::Auto {
        return;
    }
    let are_short = |bytes: u64, runs: u64| bytes / runs.max(1) < RUN_BYTES_MIN;
    if are_short(cost.moved - cost.written, cost.runs - cost.written_runs) {
        pass.direct.clear();
    }
    if !are_short(cost.written, cost.written_runs) {
        return;
    }
    let ends = pass.nodes.iter().filter(|p| p.terminal);
    for array in ends.flat_map(|entry| network.nodes[entry.node].writes.clone()).collect::<Vec<_>>() {
        let array = &mut network.arrays[array];
        if array.written_by == IoWay::Direct {
            (array.written_by, array.writers) = (IoWay::Buffered, 0);
        }
    }
}

/// Tiles that are brought in ahead of the workers: reads past the page cache keep the disk busy only where several are on
/// their way.
pub fn read_ahead(direct: &[usize], threads: u64) -> u64 {
    if direct.is_empty() { threads } else { 2 * threads.max(2) }
}
