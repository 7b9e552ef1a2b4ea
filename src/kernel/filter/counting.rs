//! Medians of large boxes of small numbers: a count of each number in a box that moves along a row.
//!
//! Owns the counts and the search for the middle; refuses to know dtypes, of which it sees ordered keys.

use super::blocks::Runs;
use crate::array::Element;

/// Counters for keys of so many bytes; none where these are too many.
pub(super) fn bins(bytes: u64) -> u64 {
    if bytes <= 2 { 1 << (8 * bytes) } else { 0 }
}

/// The place of a key among all there are.
#[inline(always)]
fn bin<K: Element>(key: K) -> usize {
    let half = if K::DTYPE.is_signed() { 1 << (8 * size_of::<K>() - 1) } else { 0 };
    match *bytemuck::bytes_of(&key) {
        [low] => low as usize ^ half,
        [low, high] => u16::from_ne_bytes([low, high]) as usize ^ half,
        _ => 0,
    }
}

/// The key of a place.
#[inline(always)]
fn key<K: Element>(bin: usize) -> K {
    let half = if K::DTYPE.is_signed() { 1 << (8 * size_of::<K>() - 1) } else { 0 };
    let mut key = K::zeroed();
    match bytemuck::bytes_of_mut(&mut key) {
        [low] => *low = (bin ^ half) as u8,
        [low, high] => [*low, *high] = ((bin ^ half) as u16).to_ne_bytes(),
        _ => {}
    }
    key
}

/// A box as columns across the direction in which it moves.
pub(super) struct Columns<'a> {
    /// Where the elements of its first column lie.
    first: &'a [u64],
    /// How many columns it has.
    count: usize,
}

/// The keys of a box, counted: the one in the middle, and how many are below it.
struct Middle<'a> {
    counts: &'a mut [u32],
    bin: usize,
    below: usize,
}

impl Middle<'_> {
    #[inline(always)]
    fn add(&mut self, bin: usize) {
        self.counts[bin] += 1;
        self.below += usize::from(bin < self.bin);
    }

    #[inline(always)]
    fn remove(&mut self, bin: usize) {
        self.counts[bin] -= 1;
        self.below -= usize::from(bin < self.bin);
    }

    /// Moves to the key with `rank` others before it.
    #[inline(always)]
    fn seek(&mut self, rank: usize) {
        while self.below > rank {
            self.bin -= 1;
            self.below -= self.counts[self.bin] as usize;
        }
        while self.below + self.counts[self.bin] as usize <= rank {
            self.below += self.counts[self.bin] as usize;
            self.bin += 1;
        }
    }
}

impl<'a> Columns<'a> {
    /// The columns of a box of these extents in an array with these strides; `room` holds as many as it has elements.
    pub fn new(window: &[u64], strides: &[usize], room: &'a mut [u64]) -> Columns<'a> {
        let mut face = window.to_vec();
        let count = face.last_mut().map_or(1, |n| std::mem::replace(n, 1));
        let mut n = 0;
        for (slot, at) in room.iter_mut().zip(Runs::new(&face, strides).elements()) {
            *slot = at as u64;
            n += 1;
        }
        Columns { first: &room[..n], count: count as usize }
    }

    /// The medians of the boxes that begin at each of `width` elements of each row, left where the box began. `counts` are
    /// 0, and are so again afterwards.
    pub fn medians<K: Element>(
        &self,
        rows: impl Iterator<Item = usize>,
        width: usize,
        nan: Option<K>,
        keys: &mut [K],
        counts: &mut [u32],
    ) {
        let nan = nan.map(bin);
        let rank = self.first.len() * self.count / 2;
        let mut middle = Middle { counts, bin: 0, below: 0 };
        for row in rows.filter(|_| width > 0) {
            for column in 0..self.count {
                self.first.iter().for_each(|at| middle.add(bin(keys[row + column + *at as usize])));
            }
            for i in row..row + width {
                middle.seek(rank);
                let found = match nan {
                    Some(nan) if middle.counts[nan] > 0 => nan,
                    _ => middle.bin,
                };
                // The result takes the place of an element that leaves: that one is looked at first.
                self.first.iter().for_each(|at| middle.remove(bin(keys[i + *at as usize])));
                keys[i] = key(found);
                if i + 1 < row + width {
                    self.first.iter().for_each(|at| middle.add(bin(keys[i + self.count + *at as usize])));
                }
            }
            // What is left of the last box.
            for column in 1..self.count {
                self.first.iter().for_each(|at| middle.remove(bin(keys[row + width - 1 + column + *at as usize])));
            }
        }
    }
}
