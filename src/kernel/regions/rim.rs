//! What a block keeps of itself while blocks beside it have not come: the runs of rows that may touch these.
//!
//! Owns which rows those are, and how they are kept small. Refuses to know which components are one.

use super::blocks::Blocks;
use super::runs::{Labelled, each_run_of_bits, find};
use crate::array::Region;

/// What is needed of a row: all runs, or the one at its beginning or end.
const ALL: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;

/// The rim of one block. `ids` are pieces.
#[derive(Debug, Default)]
pub(super) struct Rim {
    /// Directions in which blocks have not come, as places in [`Blocks::neighbours`].
    pub missing: Vec<u16>,
    /// The rows that are kept, ascending, and what of them is.
    rows: Vec<u32>,
    needs: Vec<u8>,
    /// Where the ids of each row begin; one more at the end.
    firsts: Vec<u32>,
    /// The elements of each row that belong to its runs.
    bits: Vec<u64>,
    pub ids: Vec<u32>,
}

/// Runs of one row, as two rims that meet want them.
#[derive(Debug, Default)]
pub(super) struct Runs {
    pub starts: Vec<u32>,
    pub ends: Vec<u32>,
    /// Where their ids begin in the rim.
    pub first: usize,
}

/// Bytes of a rim with so many rows, and so many runs in them; those of its block are beside.
pub(super) fn bytes(blocks: &Blocks, rows: u64, runs: u64) -> u64 {
    let words = blocks.block[blocks.block.len() - 1].div_ceil(64);
    rows.saturating_mul(words * 8 + 9).saturating_add(runs.saturating_mul(4))
}

impl Rim {
    /// The rim of a block, whose components are pieces by way of `piece`.
    pub fn new(
        blocks: &Blocks,
        region: &Region,
        missing: Vec<u16>,
        labelled: &Labelled,
        mut piece: impl FnMut(u32) -> u32,
    ) -> Rim {
        let extents = region.shape();
        let (width, essential) = (extents[extents.len() - 1] as u32, essential(blocks, &missing));
        let runs = |row: u32| labelled.rows[row as usize] as usize..labelled.rows[row as usize + 1] as usize;
        let wanted = |need: u8, run: usize| is_wanted(need, labelled.starts[run], labelled.ends[run], width);
        let rows = (labelled.rows.len() - 1) as u32;
        let mut needs: Vec<(u32, u8)> = Vec::new();
        for row in 0..rows {
            let need = need(&extents, row, &essential);
            if need != 0 {
                needs.push((row, need));
            }
        }
        let kept = needs.iter().map(|(row, need)| runs(*row).filter(|run| wanted(*need, *run)).count()).sum();
        let mut rim = Rim::with_room(missing, needs.len(), kept, width);
        for (row, need) in needs {
            rim.begin(row, need, width);
            for run in runs(row).filter(|run| wanted(need, *run)) {
                rim.add(labelled.starts[run], labelled.ends[run], piece(labelled.ids[run]), width);
            }
        }
        rim.firsts.push(rim.ids.len() as u32);
        rim
    }

    fn with_room(missing: Vec<u16>, rows: usize, runs: usize, width: u32) -> Rim {
        Rim {
            missing,
            rows: Vec::with_capacity(rows),
            needs: Vec::with_capacity(rows),
            firsts: Vec::with_capacity(rows + 1),
            bits: Vec::with_capacity(rows * width.div_ceil(64) as usize),
            ids: Vec::with_capacity(runs),
        }
    }

    fn begin(&mut self, row: u32, need: u8, width: u32) {
        self.rows.push(row);
        self.needs.push(need);
        self.firsts.push(self.ids.len() as u32);
        self.bits.resize(self.bits.len() + width.div_ceil(64) as usize, 0);
    }

    fn add(&mut self, start: u32, end: u32, id: u32, width: u32) {
        let first = self.bits.len() - width.div_ceil(64) as usize;
        let words = &mut self.bits[first..];
        let (low, high) = (start as usize / 64, (end - 1) as usize / 64);
        let (from, to) = (!0u64 << (start % 64), !0u64 >> (63 - (end - 1) % 64));
        if low == high {
            words[low] |= from & to;
        } else {
            words[low] |= from;
            words[low + 1..high].fill(!0);
            words[high] |= to;
        }
        self.ids.push(id);
    }

    /// The runs of a row of the block; none where it is not kept.
    pub fn read(&self, row: u32, width: u32, runs: &mut Runs) {
        runs.starts.clear();
        runs.ends.clear();
        let Ok(i) = self.rows.binary_search(&row) else { return };
        let words = width.div_ceil(64) as usize;
        runs.first = self.firsts[i] as usize;
        each_run_of_bits(&self.bits[i * words..][..words], width, |start, end| {
            runs.starts.push(start);
            runs.ends.push(end);
        });
    }

    /// Lets go of what no missing block can touch.
    pub fn trim(&mut self, blocks: &Blocks, region: &Region) {
        let extents = region.shape();
        let (width, essential) = (extents[extents.len() - 1] as u32, essential(blocks, &self.missing));
        let needs: Vec<u8> = self.rows.iter().map(|row| need(&extents, *row, &essential)).collect();
        if needs == self.needs {
            return;
        }
        let kept = |i: usize| (self.firsts[i + 1] - self.firsts[i]) as usize;
        let (rows, runs) = (0..needs.len()).filter(|i| needs[*i] != 0).fold((0, 0), |n, i| {
            // Of a row that is needed at its ends two runs are left at most.
            (n.0 + 1, n.1 + if needs[i] == ALL { kept(i) } else { kept(i).min(2) })
        });
        let mut rim = Rim::with_room(std::mem::take(&mut self.missing), rows, runs, width);
        let mut all = Runs::default();
        for (row, need) in self.rows.iter().zip(needs).filter(|(_, need)| *need != 0) {
            rim.begin(*row, need, width);
            self.read(*row, width, &mut all);
            for (i, (start, end)) in all.starts.iter().zip(&all.ends).enumerate() {
                if is_wanted(need, *start, *end, width) {
                    rim.add(*start, *end, self.ids[all.first + i], width);
                }
            }
        }
        rim.firsts.push(rim.ids.len() as u32);
        *self = rim;
    }

    /// Makes its pieces the first that are known of their components.
    pub fn settle(&mut self, parents: &mut [u32]) {
        self.ids.iter_mut().for_each(|id| *id = find(parents, *id));
    }

    /// Bytes it holds.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        let words = self.rows.capacity() + self.firsts.capacity() + self.ids.capacity();
        words * 4 + self.needs.capacity() + self.bits.capacity() * 8 + self.missing.capacity() * 2 + 150
    }
}

/// The directions of missing blocks that say all: what touches over an edge or a corner lies on a face too.
fn essential<'a>(blocks: &'a Blocks, missing: &[u16]) -> Vec<&'a [i64]> {
    let along = |by: &[i64]| by.iter().filter(|d| **d != 0).count();
    let all = || missing.iter().map(|i| blocks.neighbours[*i as usize].as_slice());
    let faces: Vec<&[i64]> = all().filter(|by| along(by) == 1).collect();
    let covered = |by: &[i64]| faces.iter().any(|face| face.iter().zip(by).all(|(f, d)| *f == 0 || f == d));
    let others: Vec<&[i64]> = all().filter(|by| along(by) > 1 && !covered(by)).collect();
    [faces, others].concat()
}

/// What blocks in these directions can touch of a row of a block.
fn need(extents: &[u64], row: u32, directions: &[&[i64]]) -> u8 {
    let last = extents.len() - 1;
    let mut need = 0;
    for by in directions {
        let mut rest = u64::from(row);
        let mut beside = true;
        for a in (0..last).rev() {
            let (i, n) = (rest % extents[a], extents[a]);
            rest /= n;
            beside &= match by[a] {
                0 => true,
                1.. => i + 1 == n,
                _ => i == 0,
            };
        }
        if beside {
            need |= match by[last] {
                0 => ALL,
                1.. => LAST,
                _ => FIRST,
            };
        }
    }
    if need & ALL != 0 { ALL } else { need }
}

fn is_wanted(need: u8, start: u32, end: u32, width: u32) -> bool {
    need & ALL != 0 || (need & FIRST != 0 && start == 0) || (need & LAST != 0 && end == width)
}
