//! One pass: the tiles in their order, a thread that reads ahead, and the workers; or, where there is one tile,
//! the caller's own thread.

use super::carry::Carries;
use super::crew::Crew;
use super::events::{Event, Observer, Peak};
use super::home::{Homes, OutputCounts, Reader};
use super::join::Joiner;
use super::tile::Worker;
use super::{EngineError, PassReport, RunOptions};
use crate::array::Region;
use crate::kernel::KernelError;
use crate::plan::measure::{grid, tile_at};
use crate::plan::{Picks, Plan, PlannedPass, Problem, counted_reads, walk};
use crate::storage::Output;
use crossbeam::channel::{Sender, bounded};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a pass runs in.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    pub problem: &'a Problem,
    pub plan: &'a Plan,
    pub planned: &'a PlannedPass,
    pub index: usize,
    pub homes: &'a Homes,
    pub counts: &'a [OutputCounts],
    pub options: &'a RunOptions,
    pub observers: &'a [&'a dyn Observer],
    pub peak: &'a Peak,
    /// What the user should know of how it went.
    pub remarks: &'a Mutex<Vec<String>>,
}

impl Setting<'_> {
    /// A kernel's error with the step it belongs to. `node` is a position in the pass.
    pub fn kernel_error(&self, node: usize, error: KernelError) -> EngineError {
        let id = self.plan.network.nodes[self.planned.pass.nodes[node].node].id;
        let step = &self.problem.steps[id.step];
        EngineError::Kernel { step: step.name.clone(), kernel: step.kernel, error }
    }

    /// Writes a dense box of an array to its home and to every further output it fills.
    pub fn store(&self, array: usize, region: &Region, bytes: &[u8]) -> Result<(), EngineError> {
        self.homes.arrays[array].write(region, bytes)?;
        self.count(array, bytes);
        for &output in self.plan.network.arrays[array].outputs.iter().skip(1) {
            if let Some(file) = &self.homes.extra[output] {
                file.write(region, bytes)?;
            }
        }
        Ok(())
    }

    /// Whether a box is all of its array: what every tile reads stays in memory.
    pub fn is_whole(&self, array: usize, region: &Region) -> bool {
        region.shape() == self.plan.network.arrays[array].spec.shape
    }

    /// Counts what is not finite, for the outputs of an array.
    pub fn count(&self, array: usize, bytes: &[u8]) {
        let planned = &self.plan.network.arrays[array];
        planned.outputs.iter().for_each(|&o| self.counts[o].add(planned.spec.dtype, bytes));
    }

    /// The files that the pass writes.
    fn outputs(&self) -> impl Iterator<Item = &Output> {
        let ends = self.planned.pass.nodes.iter().filter(|p| p.terminal);
        ends.flat_map(|entry| &self.plan.network.nodes[entry.node].writes).flat_map(|&array| {
            let further = self.plan.network.arrays[array].outputs.iter().skip(1);
            self.homes.arrays[array].output().into_iter().chain(further.filter_map(|o| self.homes.extra[*o].as_ref()))
        })
    }

    fn emit(&self, event: &Event) {
        self.observers.iter().for_each(|o| o.event(event));
    }
}

/// The tiles of a pass, in the order in which they are visited. Nothing is stored for a tile.
pub struct Tiles<'a> {
    domain: &'a [u64],
    tile: &'a [u64],
    order: &'a [usize],
    /// Axes that are visited from the last tile to the first.
    reversed: &'a [usize],
    /// Tiles along each axis.
    grid: Vec<u64>,
    /// Where only a part is run, their positions.
    picks: Option<&'a [Picks]>,
}

impl<'a> Tiles<'a> {
    pub fn new(planned: &'a PlannedPass) -> Tiles<'a> {
        let (domain, tile) = (&planned.pass.domain, &planned.tiling.tile);
        let (order, reversed) = (&planned.tiling.order, &planned.pass.reversed);
        let picks = planned.picks.as_deref();
        let grid = picks.map_or_else(|| grid(domain, tile), |p| p.iter().map(Picks::len).collect());
        Tiles { domain, tile, order, reversed, grid, picks }
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.grid.iter().product()
    }

    /// The position in the grid of the n-th tile.
    pub fn index(&self, n: u64) -> Vec<u64> {
        let mut index = vec![0; self.grid.len()];
        let mut rest = n;
        for &axis in self.order.iter().rev() {
            index[axis] = rest % self.grid[axis];
            rest /= self.grid[axis];
        }
        for &axis in self.reversed {
            index[axis] = self.grid[axis] - 1 - index[axis];
        }
        if let Some(picks) = self.picks {
            index.iter_mut().zip(picks).for_each(|(i, at)| *i = at.at(*i));
        }
        index
    }

    /// The box of a tile.
    pub fn core(&self, index: &[u64]) -> Region {
        tile_at(self.domain, self.tile, index)
    }

    /// The group of a tile whose tiles along `axes` belong together: a key, and the box of the whole.
    pub fn group(&self, index: &[u64], axes: &[usize]) -> (Vec<u64>, Region) {
        let (mut key, mut kept) = (index.to_vec(), self.core(index));
        for &a in axes {
            key[a] = 0;
            (kept.start[a], kept.end[a]) = (0, self.domain[a]);
        }
        (key, kept)
    }

    /// How many tiles a group has.
    pub fn group_size(&self, axes: &[usize]) -> u64 {
        axes.iter().map(|&a| self.grid[a]).product()
    }

    /// The position of the n-th tile along an axis that is run.
    pub fn position(&self, axis: usize, n: u64) -> u64 {
        self.picks.filter(|p| n < p[axis].len()).map_or(n, |p| p[axis].at(n))
    }

    /// Tiles along one axis.
    pub fn along(&self, axis: usize) -> u64 {
        self.grid[axis]
    }

    /// When a tile's turn is among those along one axis.
    pub fn turn(&self, index: &[u64], axis: usize) -> u64 {
        let at = self.picks.map_or(index[axis], |p| p[axis].before(index[axis]));
        if self.reversed.contains(&axis) { self.grid[axis] - 1 - at } else { at }
    }
}

/// What the workers of a pass share.
pub struct Shared<'a> {
    pub setting: Setting<'a>,
    pub tiles: Tiles<'a>,
    /// Arrays that are read from where they live.
    pub readers: HashMap<usize, Reader<'a>>,
    pub joiner: Joiner<'a>,
    /// Carries of each scan, by position in the pass.
    pub carries: HashMap<usize, Carries>,
    /// For each node and read, the axes of the grid along which its box stays the same.
    repeats: Vec<Vec<Vec<usize>>>,
    /// For each node and read, whether its bytes count; see [`counted_reads`].
    counted: Vec<Vec<bool>>,
    stop: AtomicBool,
    failure: Mutex<Option<EngineError>>,
    read: AtomicU64,
    written: AtomicU64,
}

impl Shared<'_> {
    /// Whether workers should leave.
    pub fn stopped(&self) -> bool {
        self.stop.load(Relaxed) || self.setting.options.cancel.is_cancelled()
    }

    /// Whether a box is read for the first time by this read of this tile. A dark frame is the same box for
    /// every frame of a stack; it comes from storage once and counts once, as in the plan.
    pub fn reads_first(&self, node: usize, read: usize, index: &[u64]) -> bool {
        self.counted[node][read]
            && self.repeats[node][read].iter().all(|&axis| index[axis] == self.tiles.position(axis, 0))
    }

    /// Fails if a page of a file of this pass could not be read or written: what was computed from it
    /// is not valid. One atomic load for each file while all is well.
    fn check_faults(&self) -> Result<(), EngineError> {
        for stored in self.readers.values().filter_map(Reader::stored) {
            stored.check_faults()?;
        }
        self.setting.outputs().try_for_each(|output| Ok(output.check_faults()?))
    }

    /// Keeps the first error and stops the rest.
    fn fail(&self, error: EngineError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        // A worker that only waited for the one that failed has nothing to say.
        if failure.is_none() && !(self.stop.load(Relaxed) && matches!(error, EngineError::Cancelled)) {
            *failure = Some(error);
        }
        self.stop.store(true, Relaxed);
    }
}

/// Runs a pass to its end.
pub fn run(setting: &Setting, crew: &Crew) -> Result<PassReport, EngineError> {
    let started = Instant::now();
    let (pass, network) = (&setting.planned.pass, &setting.plan.network);
    let mut refused = |line: String| setting.remarks.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    let mut readers = HashMap::new();
    for array in pass.stored_reads(network) {
        let direct = pass.direct.contains(&array);
        readers.insert(array, setting.homes.arrays[array].reader(direct, &mut refused));
    }
    let shared = Shared {
        setting: *setting,
        tiles: Tiles::new(setting.planned),
        readers,
        joiner: Joiner::new(setting),
        carries: (0..pass.nodes.len()).map(|i| (i, Carries::default())).collect(),
        counted: counted_reads(setting.problem, network, pass, &setting.planned.tiling.tile),
        repeats: repeats(setting, &Tiles::new(setting.planned)),
        stop: AtomicBool::new(false),
        failure: Mutex::new(None),
        read: AtomicU64::new(0),
        written: AtomicU64::new(0),
    };
    // A pass that only stood by has no tiles.
    let settled = shared.tiles.len() > 0 && shared.joiner.finish_settled(setting, &shared.readers)?;
    let tiles = if settled { 0 } else { shared.tiles.len() };
    let steps = pass.title(setting.problem, network);
    setting.emit(&Event::PassStarted { pass: setting.index, passes: setting.plan.passes.len(), steps: &steps, tiles });
    match tiles {
        // Of what is kept from an older run nothing is to be made again, of nothing there is still a result.
        0 if setting.planned.picks.is_some() && setting.plan.kept.is_some() => {}
        0 if settled => {}
        0 => shared.joiner.finish_empty(setting)?,
        1 => alone(&shared),
        _ => together(&shared, crew.pool()?),
    }
    setting.options.cancel.check()?;
    if let Some(error) = shared.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    // A file that was cut inside a page raises no fault; only its size tells.
    for stored in shared.readers.values().filter_map(Reader::stored) {
        stored.check_size()?;
    }
    // Blocks of one pass are not counted in the next one.
    setting.outputs().try_for_each(Output::finish_writes)?;
    let elapsed = started.elapsed();
    setting.emit(&Event::PassDone { pass: setting.index, elapsed });
    let written = shared.written.into_inner() + shared.joiner.written();
    Ok(PassReport { tiles, read: shared.read.into_inner(), written, elapsed, left_out: settled })
}

/// The only tile of a pass, on this thread: one that reads ahead and one that works would wait for each other
/// all the same, and take longer to begin than a small tile takes.
fn alone(shared: &Shared) {
    // With nothing else to do meanwhile, all that it reads is on its way before the first of it is waited for.
    if shared.repeats.iter().flatten().count() > 1 {
        announce(shared, 0);
    }
    match populate(shared, 0) {
        Ok(()) => work(shared, std::iter::once(0)),
        Err(e) => shared.fail(e),
    }
}

/// Workers take tiles from here on by themselves: handing one over takes longer than bringing so few bytes in.
const TAKEN_BYTES_MAX: u64 = 64 << 10;

/// Tiny tiles, taken in order and brought in by whoever works on them. Nobody waits for a thread that reads ahead, which
/// for a million tiles would wake and sleep a million times.
fn by_turns(shared: &Shared, pool: &rayon::ThreadPool) {
    let next = AtomicU64::new(0);
    let take = || {
        let tile = next.fetch_add(1, Relaxed);
        if tile >= shared.tiles.len() || shared.stopped() {
            return None;
        }
        match populate(shared, tile) {
            Ok(()) => Some(tile),
            Err(e) => {
                shared.fail(e);
                None
            }
        }
    };
    pool.scope(|scope| {
        for _ in 0..shared.setting.plan.threads {
            scope.spawn(|_| work(shared, std::iter::from_fn(take)));
        }
    });
}

/// The tiles of a pass, brought in by threads of their own and worked on by all others.
fn together(shared: &Shared, pool: &rayon::ThreadPool) {
    let (threads, ahead) = (shared.setting.plan.threads, shared.setting.planned.ahead.max(1));
    advise(shared);
    let cost = &shared.setting.planned.tiling.cost;
    if cost.moved.max(cost.mapped_read).max(cost.visited) <= TAKEN_BYTES_MAX {
        return by_turns(shared, pool);
    }
    // Past the page cache each thread waits for its tile, and has it in hand until a worker takes it; a map is
    // populated by one thread, as the system reads ahead by itself.
    let direct = shared.readers.values().any(Reader::is_direct);
    let (readers, queued) = if direct { (ahead, 0) } else { (1, ahead) };
    let (sender, receiver) = bounded(queued as usize);
    let line = Line::default();
    std::thread::scope(|scope| {
        for _ in 0..readers.min(shared.tiles.len()) {
            let (sender, line) = (sender.clone(), &line);
            scope.spawn(move || bring_in(shared, line, &sender));
        }
        drop(sender);
        pool.scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|_| work(shared, receiver.iter()));
            }
        });
        // Lets readers leave that still wait to hand over a tile.
        drop(receiver);
    });
}

/// Tiles are taken in order, and handed over in order.
#[derive(Default)]
struct Line {
    next: AtomicU64,
    turn: Mutex<u64>,
    moved: Condvar,
}

/// One reader: brings in tiles until there are none.
fn bring_in(shared: &Shared, line: &Line, sender: &Sender<u64>) {
    loop {
        let tile = line.next.fetch_add(1, Relaxed);
        if tile >= shared.tiles.len() || shared.stopped() {
            return;
        }
        if let Err(e) = populate(shared, tile) {
            return shared.fail(e);
        }
        let mut turn = line.turn.lock().unwrap_or_else(PoisonError::into_inner);
        while *turn != tile {
            // The one before may have failed.
            if shared.stopped() {
                return;
            }
            let waited = line.moved.wait_timeout(turn, Duration::from_millis(20));
            turn = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        // Nobody else has this turn; the lock is not kept while a worker is waited for.
        drop(turn);
        if sender.send(tile).is_err() {
            return;
        }
        *line.turn.lock().unwrap_or_else(PoisonError::into_inner) = tile + 1;
        line.moved.notify_all();
    }
}

/// The axes along which neighbouring tiles read the same box, for each node and read.
fn repeats(setting: &Setting, tiles: &Tiles) -> Vec<Vec<Vec<usize>>> {
    let look = |index: &[u64]| walk(setting.problem, &setting.plan.network, &setting.planned.pass, &tiles.core(index));
    let rank = tiles.grid.len();
    let first: Vec<u64> = (0..rank).map(|a| tiles.position(a, 0)).collect();
    let origin = look(&first);
    let next: Vec<(usize, crate::plan::Walk)> = (0..rank)
        .filter(|a| tiles.grid[*a] > 1)
        .map(|axis| {
            let mut index = first.clone();
            index[axis] = tiles.position(axis, 1);
            (axis, look(&index))
        })
        .collect();
    let same = |node: usize, read: usize| {
        let first = &origin.reads[node][read];
        // Nothing is no box: what tiles begin to read later is read once by each.
        let alike = next.iter().filter(|(_, w)| !first.is_empty() && w.reads[node][read] == *first);
        alike.map(|(axis, _)| *axis).collect()
    };
    let reads = |node: usize| origin.reads[node].len();
    (0..origin.reads.len()).map(|node| (0..reads(node)).map(|read| same(node, read)).collect()).collect()
}

/// One worker: takes tiles until there are none.
fn work(shared: &Shared, tiles: impl Iterator<Item = u64>) {
    let mut worker = Worker::new(shared);
    // A tile is taken even after a failure, so that the reader is never left waiting.
    for tile in tiles {
        if shared.stopped() {
            continue;
        }
        let started = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(|| worker.run(tile).and_then(|m| shared.check_faults().map(|()| m))));
        match done {
            Ok(Ok(moved)) => {
                shared.read.fetch_add(moved.read, Relaxed);
                shared.written.fetch_add(moved.written, Relaxed);
                shared.setting.peak.sample_sometimes();
                let (pass, elapsed) = (shared.setting.index, started.elapsed());
                shared.setting.emit(&Event::TileDone { pass, tile, read: moved.read, written: moved.written, elapsed });
            }
            Ok(Err(error)) => shared.fail(error),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let message = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
                shared.fail(worker.defect(message));
            }
        }
    }
}

/// Tells the system how the files of a pass will be read.
fn advise(shared: &Shared) {
    let tiling = &shared.setting.planned.tiling;
    for reader in shared.readers.values() {
        if let Some(stored) = reader.stored() {
            // Long runs profit from the system's own read-ahead; among short ones, and on the way back, it
            // reads what nobody asked for.
            let upwards = shared.setting.planned.pass.reversed.is_empty();
            if upwards && tiling.cost.moved / tiling.cost.runs.max(1) >= 1 << 20 {
                stored.advise_sequential();
            } else {
                stored.advise_random();
            }
        }
    }
}

/// Starts bringing in the pages of a tile.
fn announce(shared: &Shared, tile: u64) {
    // A note that only says what comes next fails nobody.
    let _ = each_read(shared, tile, |reader, region, _| {
        reader.will_need(region);
        Ok(())
    });
}

/// Brings the pages of a tile into memory before a worker asks for them.
fn populate(shared: &Shared, tile: u64) -> Result<(), EngineError> {
    each_read(shared, tile, |reader, region, whole| reader.populate(region, whole))
}

/// Every box that a tile reads from where it lives, and whether it is all of its array.
fn each_read(
    shared: &Shared,
    tile: u64,
    mut f: impl FnMut(&Reader, &Region, bool) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let setting = &shared.setting;
    let pass = &setting.planned.pass;
    let core = shared.tiles.core(&shared.tiles.index(tile));
    let needs = walk(setting.problem, &setting.plan.network, pass, &core);
    for (i, entry) in pass.nodes.iter().enumerate() {
        let node = &setting.plan.network.nodes[entry.node];
        let contract = setting.problem.contract(node.id);
        for (r, array) in node.reads.iter().enumerate().filter(|(r, _)| !entry.fused_reads[*r]) {
            let region = &needs.reads[i][r];
            // Nobody but the work knows where it reads here and there.
            if let Some(reader) = shared.readers.get(array)
                && !region.is_empty()
                && !contract.reads[r].access.is_scattered()
            {
                f(reader, region, setting.is_whole(*array, region))?;
            }
        }
    }
    Ok(())
}
