//! How components of blocks become components of the array.
//!
//! Owns the state of the fold: the rims of blocks that wait for others, which components on them are one by now, and
//! the list of all that were united. Refuses to know elements.
//!
//! A component of a block has a key: its block's number, then its number in it. Keys are in the order of first elements.
//! Whenever two become one, the later key joins a list with the earlier one; what is in the list is never united again,
//! so that each key is in it once at most, and a key that is not in it is the first of its component. The rims refer
//! to pieces, entries of a small union-find that holds what open rims need and nothing else.

use super::blocks::Blocks;
use super::runs::{Labelled, find, touching};
use crate::array::Region;
use crate::kernel::KernelError;
use std::collections::BTreeMap;

/// Bits of a key that number the component in its block.
const LOCAL_BITS: u32 = 30;

/// Bytes for each open block and for each tile, beside lists: nodes of the map, headers, what allocators add.
const BLOCK_BYTES: u64 = 320;
/// Pieces that are kept at least before a search for those that nobody needs any more.
const SPARE: usize = 1024;

/// The runs of the rows on a block's rim. `ids` are pieces.
#[derive(Debug, Default)]
struct Rim {
    rows: Vec<u32>,
    starts: Vec<u32>,
    ends: Vec<u32>,
    ids: Vec<u32>,
    /// Blocks beside it that have not come.
    missing: u32,
}

/// What is known of the blocks that have come.
#[derive(Debug, Default)]
pub(super) struct Known {
    open: BTreeMap<u64, Rim>,
    /// The pieces: the first one that is known to be the same component, and the key.
    parents: Vec<u32>,
    keys: Vec<u64>,
    /// Pieces that were needed when last counted.
    needed: usize,
    /// Keys that are not the first of their component, with an earlier key of it.
    joins: Vec<(u64, u64)>,
    /// Blocks with how many components they have by themselves.
    counts: Vec<(u64, u64)>,
}

/// Bytes of a state; see [`crate::kernel::StateSize`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes {
    pub fixed: u64,
    pub per_anchor: u64,
    pub joined: u64,
    pub per_open_anchor: u64,
}

/// Upper bounds of the bytes of a state. Lists grow by an eighth.
pub(super) fn bytes(blocks: &Blocks, joins_max: u64) -> Bytes {
    let (rows, runs) = blocks.rim();
    let (rows, runs) = (rows * 4, rows * runs);
    let grown = |bytes: u64| bytes + bytes / 8 + 16;
    Bytes {
        fixed: 512 + SPARE as u64 * 32,
        // A run with its piece, its key, and what unites it; a count.
        per_anchor: rows + runs * 12 + grown(runs * 12) + grown(runs * 16) + BLOCK_BYTES,
        joined: grown(joins_max * 16) + grown(blocks.count() * 16),
        // Half as many pieces again as are needed, and a list of all while they are counted.
        per_open_anchor: rows + runs * 12 + grown(runs * 18) + runs * 6 + BLOCK_BYTES,
    }
}

/// The most keys that can be united, whatever the array holds.
pub(super) fn joins_at_most(blocks: &Blocks) -> u64 {
    let (rows, runs) = blocks.rim();
    (blocks.count().saturating_sub(1)).saturating_mul(rows * runs)
}

/// Appends without room for more than an eighth beyond.
fn append<T>(list: &mut Vec<T>, more: impl ExactSizeIterator<Item = T>) {
    if list.capacity() - list.len() < more.len() {
        list.reserve_exact(more.len().max(list.len() / 8));
    }
    list.extend(more);
}

impl Known {
    /// What one block by itself tells. `room` is for one number for each of its components.
    pub fn of_block(
        blocks: &Blocks,
        number: u64,
        region: &Region,
        labelled: &Labelled,
        room: &mut [u32],
    ) -> Result<Known, KernelError> {
        let mut known = Known { counts: vec![(number, labelled.count as u64)], ..Known::default() };
        let at = blocks.position(number);
        let missing = blocks.around(&at).count() as u32;
        if missing == 0 {
            return Ok(known);
        }
        room.fill(u32::MAX);
        let width = region.extent(region.rank() - 1) as u32;
        let mut rim = Rim { missing, ..Rim::default() };
        let rows = blocks.rim_rows(region);
        let all = rows.iter().map(|r| (labelled.rows[r + 1] - labelled.rows[*r]) as usize).sum::<usize>();
        let most = if blocks.ends_only() { all.min(2) } else { all };
        rim.rows.reserve_exact(rows.len() + 1);
        rim.rows.push(0);
        [&mut rim.starts, &mut rim.ends, &mut rim.ids].into_iter().for_each(|l| l.reserve_exact(most));
        for row in rows {
            for run in labelled.rows[row] as usize..labelled.rows[row + 1] as usize {
                let (start, end, id) = (labelled.starts[run], labelled.ends[run], labelled.ids[run] as usize);
                if blocks.ends_only() && start > 0 && end < width {
                    continue;
                }
                if room[id] == u32::MAX {
                    room[id] = known.keys.len() as u32;
                    append(&mut known.parents, std::iter::once(room[id]));
                    append(&mut known.keys, std::iter::once(number << LOCAL_BITS | id as u64));
                }
                rim.starts.push(start);
                rim.ends.push(end);
                rim.ids.push(room[id]);
            }
            rim.rows.push(rim.starts.len() as u32);
        }
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
        for (number, rim) in &mut other.open {
            rim.ids.iter_mut().for_each(|id| *id += first);
            let at = blocks.position(*number);
            let region = blocks.region(&at);
            for beside in blocks.around(&at) {
                let Some(mut own) = self.open.remove(&blocks.number(&beside)) else { continue };
                self.meet(blocks, (&blocks.region(&beside), &own), (&region, rim));
                own.missing -= 1;
                rim.missing -= 1;
                if own.missing > 0 {
                    self.open.insert(blocks.number(&beside), own);
                }
            }
        }
        self.open.extend(other.open.into_iter().filter(|(_, rim)| rim.missing > 0));
        if self.joins.len() as u64 > joins_max {
            return Err(KernelError::new(format!(
                "components are in more than joins_max = {joins_max} pieces beyond their first (blocks of {:?}); \
                 try joins_max = {}, which takes {} MiB more",
                blocks.block,
                joins_max.saturating_mul(16),
                joins_max.saturating_mul(15 * 34) >> 20,
            )));
        }
        Ok(())
    }

    /// Unites what touches on the rims of two blocks.
    fn meet(&mut self, blocks: &Blocks, (one, a): (&Region, &Rim), (two, b): (&Region, &Rim)) {
        let last = one.rank() - 1;
        let shift = two.start[last] as i64 - one.start[last] as i64;
        let row = |rim: &Rim, at: usize| rim.rows[at] as usize..rim.rows[at + 1] as usize;
        blocks.touching_rows(one, two, |i, j, corners| {
            let (i, j) = (row(a, blocks.rim_row(one, i)), row(b, blocks.rim_row(two, j)));
            let (ids, other_ids) = (&a.ids[i.clone()], &b.ids[j.clone()]);
            touching((&a.starts[i.clone()], &a.ends[i]), (&b.starts[j.clone()], &b.ends[j]), shift, corners, |i, j| {
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
        if self.parents.len() <= self.needed + self.needed / 2 + SPARE {
            return;
        }
        let mut places = vec![u32::MAX; self.parents.len()];
        for id in self.open.values_mut().flat_map(|rim| &mut rim.ids) {
            *id = find(&mut self.parents, *id);
            places[*id as usize] = 0;
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
        self.keys.shrink_to(n + n / 2 + SPARE);
        self.parents.shrink_to(n + n / 2 + SPARE);
        self.needed = n;
    }

    /// Writes how many components lie in earlier blocks, for each block; and the table of those that are not the first
    /// of theirs: how many there are and how many components remain, then each with its final number, all counted
    /// from 0 in the first column, from 1 in the second.
    pub fn finish(
        mut self,
        blocks: &Blocks,
        before: &mut [i64],
        table: &mut [i64],
        most: u64,
    ) -> Result<(), KernelError> {
        self.counts.sort_unstable();
        if self.counts.len() as u64 != if blocks.shape.contains(&0) { 0 } else { blocks.count() } {
            return Err(KernelError::new("a block of the array is missing"));
        }
        let mut all = 0;
        for ((_, count), before) in self.counts.iter().zip(before.iter_mut()) {
            *before = all;
            all += *count as i64;
        }
        let joins = &mut self.joins;
        joins.sort_unstable();
        for i in 0..joins.len() {
            // Its earlier key has its own first by now.
            if let Ok(k) = joins[..i].binary_search_by_key(&joins[i].1, |join| join.0) {
                joins[i].1 = joins[k].1;
            }
        }
        let components = all - joins.len() as i64;
        if components as u64 > most {
            let message = format!("the array has {components} components, its labels hold {most}: try dtype = \"i64\"");
            return Err(KernelError::new(message));
        }
        (table[0], table[1]) = (joins.len() as i64, components);
        let number = |key: u64| before[(key >> LOCAL_BITS) as usize] + (key & ((1 << LOCAL_BITS) - 1)) as i64;
        for (row, (key, first)) in table[2..].chunks_exact_mut(2).zip(joins.iter()) {
            let below = joins.partition_point(|join| join.0 < *first);
            (row[0], row[1]) = (number(*key), number(*first) + 1 - below as i64);
        }
        Ok(())
    }

    /// Bytes it holds.
    #[cfg(test)]
    pub fn held(&self) -> u64 {
        let rim = |r: &Rim| (r.rows.capacity() + r.starts.capacity() + r.ends.capacity() + r.ids.capacity()) * 4 + 104;
        let rims = self.open.values().map(rim).sum::<usize>();
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
