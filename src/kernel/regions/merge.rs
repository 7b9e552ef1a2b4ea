//! How components of blocks become components of the array.
//!
//! Owns the state of the fold: the rims of blocks that wait for others, which components on them are one by now, and
//! the list of all that were united. Refuses to know elements.
//!
//! A component of a block has a key: the number of the slab in which it begins, then its number in that. Keys are in the
//! order of first elements. Whenever two become one, the later key joins a list with the earlier one; what is in the list is
//! never united again, so that each key is in it once at most, and a key that is not in it is the first of its component. The
//! rims refer to pieces, entries of a small union-find that holds what open rims need and nothing else.

use super::blocks::Blocks;
use super::rim::{self, Rim, Runs};
use super::runs::{Labelled, find, touching};
use crate::array::Region;
use crate::kernel::{KernelError, OPEN_AXES_MAX};
use std::collections::{BTreeMap, BTreeSet};

/// Bits of a key that number the component in its slab.
const LOCAL_BITS: u32 = 30;

/// Bytes for each open block and for each tile, beside lists: nodes of the map, headers, what allocators add.
const BLOCK_BYTES: u64 = 400;
/// Bytes of memory for each join: in the state, with room to grow, and in the table that comes of it.
pub(super) const JOIN_BYTES: u64 = 33;
/// Pieces that are kept at least before a search for those that nobody needs any more.
const SPARE: usize = 1024;

/// What is known of the blocks that have come.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Frames that it may cover.
    frames: u64,
    open: BTreeMap<u64, Rim>,
    /// The pieces: the first one that is known to be the same component, and the key.
    parents: Vec<u32>,
    keys: Vec<u64>,
    /// Pieces that were needed when last counted.
    needed: usize,
    /// Keys that are not the first of their component, with an earlier key of it.
    joins: Vec<(u64, u64)>,
    /// Slabs with how many components begin in them, each block by itself.
    counts: Vec<(u64, u64)>,
}

/// Bytes of a state; see [`crate::kernel::StateSize`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes {
    pub fixed: u64,
    pub per_anchor: u64,
    pub joined: u64,
    /// By axis of the array.
    pub per_open_anchor: [u64; OPEN_AXES_MAX],
}

/// Upper bounds of the bytes of a state.
pub(super) fn bytes(blocks: &Blocks, joins_max: u64) -> Bytes {
    let last = blocks.block.len() - 1;
    let (rows, ends) = blocks.surface();
    let (runs, beside) = (blocks.rows().1, blocks.neighbours.len() as u64 * 4 + BLOCK_BYTES);
    // Lists grow by a sixteenth.
    let grown = |bytes: u64| bytes.saturating_add(bytes / 16 + 64);
    let all = (rows - ends).saturating_mul(runs).saturating_add(ends * runs.min(2));
    let mut per_open_anchor = [0; OPEN_AXES_MAX];
    for a in blocks.kept..=last {
        let rows = blocks.face(a);
        let runs = if a == last { rows } else { rows.saturating_mul(runs) };
        // A quarter more pieces than are needed, and a list of all while they are counted.
        let pieces = grown(runs.saturating_mul(15)).saturating_add(runs.saturating_mul(5));
        let bytes = rim::bytes(blocks, rows, runs).saturating_add(pieces).saturating_add(beside);
        if let Some(of_axis) = per_open_anchor.get_mut(blocks.array_axis(a)) {
            *of_axis = bytes;
        }
    }
    // A run with its piece, its key, and what unites it; counts.
    let lists = grown(all.saturating_mul(12)).saturating_add(grown(all.saturating_mul(16)));
    let counts = grown(blocks.slabs() * 16);
    Bytes {
        fixed: 512 + SPARE as u64 * 32 + 32 * runs,
        per_anchor: rim::bytes(blocks, rows, all).saturating_add(lists).saturating_add(counts + beside),
        joined: grown(joins_max.saturating_mul(16)).saturating_add(grown(blocks.slabs_in_frame() * 16)),
        per_open_anchor,
    }
}

/// The most keys of a frame that can be united, whatever the array holds.
pub(super) fn joins_at_most(blocks: &Blocks) -> u64 {
    let ((rows, ends), runs) = (blocks.surface(), blocks.rows().1);
    let all = (rows - ends).saturating_mul(runs).saturating_add(ends * runs.min(2));
    blocks.in_frame().saturating_sub(1).saturating_mul(all)
}

/// Appends without room for more than a sixteenth beyond.
fn append<T>(list: &mut Vec<T>, more: impl ExactSizeIterator<Item = T>) {
    if list.capacity() - list.len() < more.len() {
        list.reserve_exact(more.len().max(list.len() / 16).max(4));
    }
    list.extend(more);
}

impl Known {
    /// Nothing of so many frames.
    pub fn of_nothing(frames: u64) -> Known {
        Known { frames, ..Known::default() }
    }

    /// What one block by itself tells. `room` is for one number for each of its components.
    pub fn of_block(
        blocks: &Blocks,
        number: u64,
        region: &Region,
        labelled: &Labelled,
        room: &mut [u32],
    ) -> Result<Known, KernelError> {
        let mut known = Known::of_nothing(1);
        let (slabs, firsts) = (blocks.slab_numbers(region), labelled.firsts);
        let counts = slabs.iter().zip(firsts.windows(2)).map(|(slab, first)| (*slab, u64::from(first[1] - first[0])));
        known.counts = counts.collect();
        let at = blocks.position(number);
        let beside = |i: &u16| blocks.beside(&at, &blocks.neighbours[*i as usize]).is_some();
        let missing: Vec<u16> = (0..blocks.neighbours.len() as u16).filter(beside).collect();
        if missing.is_empty() {
            return Ok(known);
        }
        room.fill(u32::MAX);
        let (parents, keys) = (&mut known.parents, &mut known.keys);
        let rim = Rim::new(blocks, region, missing, labelled, |id| {
            let piece = &mut room[id as usize];
            if *piece == u32::MAX {
                *piece = keys.len() as u32;
                let slab = firsts.partition_point(|first| *first <= id) - 1;
                append(parents, std::iter::once(*piece));
                append(keys, std::iter::once(slabs[slab] << LOCAL_BITS | u64::from(id - firsts[slab])));
            }
            *piece
        });
        known.open.insert(number, rim);
        Ok(known)
    }

    /// Adds what other blocks told.
    pub fn join(&mut self, blocks: &Blocks, mut other: Known, joins_max: u64) -> Result<(), KernelError> {
        self.forget();
        let first = self.parents.len() as u32;
        append(&mut self.parents, other.parents.iter().map(|p| p + first));
        append(&mut self.keys, other.keys.iter().copied());
        append(&mut self.joins, other.joins.iter().copied());
        append(&mut self.counts, other.counts.iter().copied());
        let (mut met, mut runs) = (BTreeSet::new(), [Runs::default(), Runs::default()]);
        for (number, rim) in &mut other.open {
            rim.ids.iter_mut().for_each(|id| *id += first);
            let at = blocks.position(*number);
            let region = blocks.region(&at);
            let mut missing = std::mem::take(&mut rim.missing);
            missing.retain(|i| {
                let by = &blocks.neighbours[*i as usize];
                let Some(beside) = blocks.beside(&at, by) else { return false };
                let Some(mut own) = self.open.remove(&beside) else { return true };
                self.meet(blocks, (&blocks.region(&blocks.position(beside)), &own), (&region, rim), &mut runs);
                // The list of directions is symmetric.
                let back = blocks.neighbours.len() as u16 - 1 - *i;
                own.missing.retain(|i| *i != back);
                met.insert(beside);
                self.open.insert(beside, own);
                false
            });
            rim.missing = missing;
            rim.trim(blocks, &region);
        }
        for number in met {
            let Some(rim) = self.open.get_mut(&number) else { continue };
            if rim.missing.is_empty() {
                self.open.remove(&number);
            } else {
                rim.trim(blocks, &blocks.region(&blocks.position(number)));
            }
        }
        self.open.extend(other.open.into_iter().filter(|(_, rim)| !rim.missing.is_empty()));
        match self.joins.len() as u64 > joins_max.saturating_mul(self.frames) {
            true => Err(too_many(blocks, joins_max, self.joins[0].0)),
            false => Ok(()),
        }
    }

    /// Unites what touches on the rims of two blocks.
    fn meet(&mut self, blocks: &Blocks, (one, a): (&Region, &Rim), (two, b): (&Region, &Rim), runs: &mut [Runs; 2]) {
        let last = one.rank() - 1;
        let shift = two.start[last] as i64 - one.start[last] as i64;
        let widths = (one.extent(last) as u32, two.extent(last) as u32);
        let [own, other] = runs;
        let mut read = u32::MAX;
        blocks.touching_rows(one, two, |i, j, corners| {
            if read != j {
                b.read(j, widths.1, other);
                read = j;
            }
            if other.starts.is_empty() {
                return;
            }
            a.read(i, widths.0, own);
            let (ids, other_ids) = (&a.ids[own.first..], &b.ids[other.first..]);
            touching((&own.starts, &own.ends), (&other.starts, &other.ends), shift, corners, |i, j| {
                self.unite(ids[i], other_ids[j]);
            });
        });
    }

    fn unite(&mut self, i: u32, j: u32) {
        let (i, j) = (find(&mut self.parents, i), find(&mut self.parents, j));
        if i == j {
            return;
        }
        let (i, j) = if self.keys[i as usize] < self.keys[j as usize] { (i, j) } else { (j, i) };
        self.parents[j as usize] = i;
        append(&mut self.joins, std::iter::once((self.keys[j as usize], self.keys[i as usize])));
    }

    /// Forgets pieces that no open rim refers to, where they may be many.
    fn forget(&mut self) {
        if self.parents.len() <= self.needed + self.needed / 4 + SPARE {
            return;
        }
        let mut places = vec![u32::MAX; self.parents.len()];
        for rim in self.open.values_mut() {
            rim.settle(&mut self.parents);
            rim.ids.iter().for_each(|id| places[*id as usize] = 0);
        }
        let mut n = 0;
        for (i, place) in places.iter_mut().enumerate().filter(|(_, place)| **place == 0) {
            (*place, self.keys[n]) = (n as u32, self.keys[i]);
            self.parents[n] = n as u32;
            n += 1;
        }
        self.open.values_mut().flat_map(|rim| &mut rim.ids).for_each(|id| *id = places[*id as usize]);
        self.keys.truncate(n);
        self.parents.truncate(n);
        self.keys.shrink_to(n + n / 4 + SPARE);
        self.parents.shrink_to(n + n / 4 + SPARE);
        self.needed = n;
    }

    /// Writes for each frame and slab how many components begin in earlier slabs of the frame; and for each frame the table
    /// of those that are not the first of theirs: how many there are and how many components remain, then each with
    /// its final number, all counted from 0 in the first column, from 1 in the second.
    pub fn finish(
        mut self,
        blocks: &Blocks,
        before: &mut [i64],
        tables: &mut [i64],
        (joins_max, most): (u64, u64),
    ) -> Result<(), KernelError> {
        self.counts.sort_unstable();
        self.joins.sort_unstable();
        let slabs = blocks.slabs_in_frame() as usize;
        let want = if blocks.shape.contains(&0) { 0 } else { slabs as u64 * self.frames };
        if self.counts.len() as u64 != want {
            return Err(KernelError::new("a block of the array is missing"));
        }
        let length = 2 * (joins_max as usize + 1);
        let mut joins = self.joins.as_mut_slice();
        for (i, counts) in self.counts.chunks(slabs.max(1)).enumerate() {
            let before = &mut before[i * slabs..][..slabs];
            let mut all = 0;
            for ((_, count), before) in counts.iter().zip(before.iter_mut()) {
                *before = all;
                all += *count as i64;
            }
            let first = counts[0].0;
            let own = joins.partition_point(|join| join.0 >> LOCAL_BITS < first + slabs as u64);
            let (own, rest) = std::mem::take(&mut joins).split_at_mut(own);
            joins = rest;
            if own.len() as u64 > joins_max {
                return Err(too_many(blocks, joins_max, own[0].0));
            }
            let components = all - own.len() as i64;
            if components as u64 > most {
                let message =
                    format!("the array has {components} components, its labels hold {most}: try dtype = \"i64\"");
                return Err(KernelError::new(message));
            }
            fill(own, first, before, components, &mut tables[i * length..][..length]);
        }
        Ok(())
    }

    /// Bytes it holds.
    #[cfg(test)]
    pub fn held(&self) -> u64 {
        let rims = self.open.values().map(Rim::held).sum::<usize>();
        let pieces = self.parents.capacity() * 4 + self.keys.capacity() * 8;
        (rims + pieces + (self.joins.capacity() + self.counts.capacity()) * 16) as u64
    }

    /// How many keys were united with earlier ones.
    #[cfg(test)]
    pub fn joins(&self) -> u64 {
        self.joins.len() as u64
    }

    /// Blocks that wait for others.
    #[cfg(test)]
    pub fn open(&self) -> u64 {
        self.open.len() as u64
    }
}

/// The table of one frame, from its joins, which are sorted.
fn fill(joins: &mut [(u64, u64)], slab: u64, before: &[i64], components: i64, table: &mut [i64]) {
    for i in 0..joins.len() {
        // Its earlier key has its own first by now.
        if let Ok(k) = joins[..i].binary_search_by_key(&joins[i].1, |join| join.0) {
            joins[i].1 = joins[k].1;
        }
    }
    (table[0], table[1]) = (joins.len() as i64, components);
    let number = |key: u64| before[((key >> LOCAL_BITS) - slab) as usize] + (key & ((1 << LOCAL_BITS) - 1)) as i64;
    for (row, (key, first)) in table[2..].chunks_exact_mut(2).zip(joins.iter()) {
        let below = joins.partition_point(|join| join.0 < *first);
        (row[0], row[1]) = (number(*key), number(*first) + 1 - below as i64);
    }
}

/// The error of a frame, that of this key, with more joins than there is room for.
fn too_many(blocks: &Blocks, joins_max: u64, key: u64) -> KernelError {
    let enough = joins_max.saturating_mul(8).min(joins_at_most(blocks).max(1)).min(1 << 32);
    let message = format!(
        "components are in more than joins_max = {joins_max} pieces beyond their first (blocks of {:?}); \
         try joins_max = {enough}, for which {} MiB are set aside",
        blocks.array_block(),
        (enough * JOIN_BYTES).div_ceil(1 << 20)
    );
    match blocks.array_index((key >> LOCAL_BITS) / blocks.slabs_in_frame().max(1)) {
        Some(index) => KernelError::at(message, index),
        None => KernelError::new(message),
    }
}
