//! Ordered joins: the states of folds, put together in the order of the tiles.
//!
//! Tiles finish in any order. Their states wait here until all earlier tiles have come, then they
//! are joined; a group of kept cells is finished and written as soon as its last tile is in.

use super::EngineError;
use super::home::Reader;
use super::pass::{Setting, Tiles};
use crate::array::{Region, View, ViewMut};
use crate::engine::memory::Block;
use crate::kernel::{Fold, Order, Read, Sink, State, Work};
use crate::plan::Place;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The folds of one pass.
pub struct Joiner<'a> {
    folds: Vec<Folding<'a>>,
    inner: Mutex<Inner>,
    moved: Condvar,
    /// How many tiles may be ahead of the first unfinished one: bounds the states that wait.
    window: u64,
    /// Bytes of results that went to files.
    written: AtomicU64,
}

/// One fold: where it stands in the pass and along which axes it folds.
struct Folding<'a> {
    node: usize,
    fold: &'a dyn Fold,
    axes: Vec<usize>,
}

#[derive(Default)]
struct Inner {
    /// The first tile that has not been joined.
    next: u64,
    waiting: BTreeMap<u64, Vec<State>>,
    /// For each fold, the open groups: state and tiles still to come.
    open: Vec<HashMap<Vec<u64>, (State, u64)>>,
}

impl<'a> Joiner<'a> {
    pub fn new(setting: &Setting<'a>) -> Joiner<'a> {
        let mut folds = Vec::new();
        for (node, entry) in setting.planned.pass.nodes.iter().enumerate() {
            let stage = setting.problem.stage(setting.plan.network.nodes[entry.node].id);
            if let (Work::Fold(fold), Order::Fold { axes }, true) = (&stage.work, &stage.contract.order, entry.terminal)
            {
                folds.push(Folding { node, fold: fold.as_ref(), axes: axes.clone() });
            }
        }
        let open = folds.iter().map(|_| HashMap::new()).collect();
        let window = 2 * setting.plan.threads as u64;
        Joiner {
            folds,
            inner: Mutex::new(Inner { open, ..Inner::default() }),
            moved: Condvar::new(),
            window,
            written: AtomicU64::new(0),
        }
    }

    /// The nodes that fold, in the order in which [`Joiner::deliver`] wants their states.
    pub fn nodes(&self) -> impl Iterator<Item = usize> + '_ {
        self.folds.iter().map(|f| f.node)
    }

    /// Bytes of results that went to files so far.
    pub fn written(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Waits until tile `tile` is not too far ahead of the others.
    pub fn admit(&self, tile: u64, stopped: &dyn Fn() -> bool) -> Result<(), EngineError> {
        if self.folds.is_empty() {
            return Ok(());
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        while tile >= inner.next + self.window {
            if stopped() {
                return Err(EngineError::Cancelled);
            }
            let wait = self.moved.wait_timeout(inner, Duration::from_millis(20));
            inner = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Hands in the states of a tile and joins whatever is in order now.
    pub fn deliver(
        &self,
        setting: &Setting<'a>,
        tiles: &Tiles,
        tile: u64,
        states: Vec<State>,
    ) -> Result<(), EngineError> {
        if self.folds.is_empty() {
            return Ok(());
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.waiting.insert(tile, states);
        loop {
            let next = inner.next;
            let Some(states) = inner.waiting.remove(&next) else { return Ok(()) };
            let index = tiles.index(next);
            for (f, (folding, state)) in self.folds.iter().zip(states).enumerate() {
                let (key, kept) = tiles.group(&index, &folding.axes);
                let fail = |e| setting.kernel_error(folding.node, e);
                let (open, left) = match inner.open[f].remove(&key) {
                    Some(found) => found,
                    None => (folding.fold.start(&kept), tiles.group_size(&folding.axes)),
                };
                let mut open = open;
                folding.fold.join(&mut open, state).map_err(fail)?;
                if left == 1 {
                    self.written.fetch_add(finish(setting, folding, &kept, open)?, Relaxed);
                } else {
                    inner.open[f].insert(key, (open, left - 1));
                }
            }
            inner.next += 1;
            self.moved.notify_all();
        }
    }

    /// Finishes folds that need no tile of the pass, if all that ends in it are such; whether they were.
    pub fn finish_settled(&self, setting: &Setting<'a>, readers: &HashMap<usize, Reader>) -> Result<bool, EngineError> {
        let ends = setting.planned.pass.nodes.iter().filter(|p| p.terminal).count();
        if ends != self.folds.len() || setting.planned.picks.is_some() {
            return Ok(false);
        }
        let kept = Region::full(&setting.planned.pass.domain);
        let mut states = Vec::new();
        for folding in &self.folds {
            let views = small_inputs(setting, folding.node, readers);
            let settled = folding.fold.settled(&kept, &views).map_err(|e| setting.kernel_error(folding.node, e))?;
            let Some(state) = settled else { return Ok(false) };
            states.push(state);
        }
        for (folding, state) in self.folds.iter().zip(states) {
            self.written.fetch_add(finish(setting, folding, &kept, state)?, Relaxed);
        }
        Ok(true)
    }

    /// Finishes folds over nothing: there are no tiles, yet the kept cells have a result.
    pub fn finish_empty(&self, setting: &Setting<'a>) -> Result<(), EngineError> {
        let domain = &setting.planned.pass.domain;
        for folding in &self.folds {
            let kept = Region::full(domain);
            if (0..domain.len()).all(|a| domain[a] > 0 || folding.axes.contains(&a)) {
                let written = finish(setting, folding, &kept, folding.fold.start(&kept))?;
                self.written.fetch_add(written, Relaxed);
            }
        }
        Ok(())
    }
}

/// What a stage reads of arrays that are kept in memory and that every tile sees whole; nothing of others.
fn small_inputs<'v>(setting: &Setting, node: usize, readers: &'v HashMap<usize, Reader>) -> Vec<View<'v>> {
    let network = &setting.plan.network;
    let node = &network.nodes[setting.planned.pass.nodes[node].node];
    let reads = setting.problem.contract(node.id).reads.iter().zip(&node.reads);
    let see = |(read, &array): (&Read, &usize)| {
        let (array, reader) = (&network.arrays[array], readers.get(&array));
        let small = read.access.is_whole() && array.place == Place::Memory;
        let none = Region { start: vec![0; array.spec.rank()], end: vec![0; array.spec.rank()] };
        let view = reader.filter(|_| small).and_then(|r| r.view(&Region::full(&array.spec.shape)));
        view.unwrap_or_else(|| View::dense(array.spec.dtype, &[], &none))
    };
    reads.map(see).collect()
}

/// Finishes a group and stores its results; returns the bytes that went to files.
fn finish(setting: &Setting, folding: &Folding, kept: &Region, state: State) -> Result<u64, EngineError> {
    let mut written = 0;
    let node = &setting.plan.network.nodes[setting.planned.pass.nodes[folding.node].node];
    let contract = setting.problem.contract(node.id);
    let regions: Vec<Region> = contract.writes.iter().map(|w| w.access.region_of_kept(kept, &w.spec.shape)).collect();
    let sizes: Vec<usize> =
        regions.iter().zip(&contract.writes).map(|(r, w)| r.elements() as usize * w.spec.dtype.size()).collect();
    let mut blocks: Vec<Block> = sizes.iter().map(|n| Block::zeroed(*n)).collect();
    let mut views: Vec<ViewMut> = Vec::new();
    for (((block, n), region), write) in blocks.iter_mut().zip(&sizes).zip(&regions).zip(&contract.writes) {
        views.push(ViewMut::new(write.spec.dtype, block.bytes_mut(*n), region.clone()));
    }
    let finished = match setting.plan.is_sample() && setting.planned.picks.is_some() {
        false => folding.fold.finish(kept, state, &mut views),
        true => folding.fold.finish_part(kept, state, &mut views),
    };
    finished.map_err(|e| setting.kernel_error(folding.node, e))?;
    let kept: Vec<Option<u64>> = views.iter().map(ViewMut::kept).collect();
    for (i, (block, mut region)) in blocks.iter().zip(regions).enumerate() {
        let (array, mut bytes) = (node.writes[i], block.bytes(sizes[i]));
        if let (Sink::AtMost(_), Some(extent)) = (contract.writes[i].sink, kept[i]) {
            // A box of a dense array in C order is cut by leaving off its end.
            let (whole, used) = (region.extent(0).max(1), extent.min(region.extent(0)));
            bytes = &bytes[..bytes.len() / whole as usize * used as usize];
            region.end[0] = region.start[0] + used;
            setting.homes.keep(array, used);
        }
        setting.store(array, &region, bytes)?;
        written += if setting.plan.network.arrays[array].place == Place::Memory { 0 } else { bytes.len() as u64 };
    }
    Ok(written)
}
