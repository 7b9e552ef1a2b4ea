//! Rows as runs of foreground, and the components of one block.
//!
//! Owns the search for runs and the union of those that touch. Refuses to know other blocks.

use super::blocks::Blocks;
use crate::array::{Bool, Element, Region, View, row_starts};
use crate::kernel::{KernelError, Scratch, simd::vectorized};
use crate::with_real_type;
use half::{bf16, f16};

/// What is foreground: every number but 0, NaN too, as for `numpy.not_equal`.
trait Lit: Element {
    fn lit(self) -> bool;
}

macro_rules! lit {
    ($($T:ty: $x:ident => $lit:expr),* $(,)?) => { $(impl Lit for $T {
        #[inline(always)]
        fn lit(self) -> bool { let $x = self; $lit }
    })* };
}
lit! {
    Bool: x => x.get(), u8: x => x != 0, u16: x => x != 0, u32: x => x != 0, u64: x => x != 0,
    i8: x => x != 0, i16: x => x != 0, i32: x => x != 0, i64: x => x != 0,
    f16: x => x.to_bits() << 1 != 0, bf16: x => x.to_bits() << 1 != 0, f32: x => x != 0.0, f64: x => x != 0.0,
}

/// The runs of one block, row by row: run `i` covers `starts[i] .. ends[i]` of its row and belongs to component
/// `ids[i]` of the block. Components are numbered by their first elements in C order of the block.
#[derive(Debug)]
pub(super) struct Labelled<'s> {
    /// Where the runs of each row begin; one more at the end.
    pub rows: &'s [u32],
    pub starts: &'s [u32],
    pub ends: &'s [u32],
    pub ids: &'s [u32],
    /// How many components begin before each slab; one more at the end, how many there are.
    pub firsts: &'s [u32],
}

impl Labelled<'_> {
    /// How many components there are.
    pub fn count(&self) -> usize {
        self.firsts.last().map_or(0, |n| *n as usize)
    }
}

/// Room for the runs of one block.
#[derive(Debug)]
pub(super) struct Room<'s> {
    rows: &'s mut [u32],
    starts: &'s mut [u32],
    ends: &'s mut [u32],
    ids: &'s mut [u32],
    firsts: &'s mut [u32],
    /// A row whose elements lie apart.
    lit: &'s mut [u8],
}

impl<'s> Room<'s> {
    /// Bytes of scratch it takes.
    pub fn bytes(blocks: &Blocks) -> u64 {
        let (rows, runs) = blocks.rows();
        let bytes = rows.saturating_mul(runs).saturating_mul(12).saturating_add((rows + 1) * 4);
        bytes.saturating_add((blocks.slabs() + 1) * 4 + 2 * runs + 512)
    }

    pub fn new(blocks: &Blocks, scratch: &mut Scratch<'s>) -> Result<Room<'s>, KernelError> {
        let (rows, runs) = blocks.rows();
        let most = (rows * runs) as usize;
        Ok(Room {
            rows: scratch.take(rows as usize + 1)?,
            starts: scratch.take(most)?,
            ends: scratch.take(most)?,
            ids: scratch.take(most)?,
            firsts: scratch.take(blocks.slabs() as usize + 1)?,
            lit: scratch.take(2 * runs as usize)?,
        })
    }
}

/// The components of the block `region` of a view that covers it.
pub(super) fn label<'r>(blocks: &Blocks, region: &Region, view: &View, room: &'r mut Room) -> Labelled<'r> {
    let extents = region.shape();
    let (strides, start) = (blocks.turn(view.strides(), 1), blocks.turn(view.start(), 0));
    let from = |((s, o), t): ((&u64, &i64), &usize)| (*s as i64 - o) as usize * t;
    let base: usize = region.start.iter().zip(&start).zip(&strides).map(from).sum();
    let (runs, rows) = with_real_type!(view.dtype(), T => {
        let data = &view.data::<T>()[base..];
        vectorized(#[inline(always)] || join_rows::<T>(blocks, data, &extents, &strides, room))
    }, else (0, 0));
    let rows_of_slab = blocks.rows_of_slab(&extents).max(1);
    let (mut count, mut slab) = (0, 0);
    for first in (0..rows).step_by(rows_of_slab) {
        room.firsts[slab] = count;
        slab += 1;
        let end = room.rows[(first + rows_of_slab).min(rows)] as usize;
        // A parent comes before its children, so it has its number.
        for i in room.rows[first] as usize..end {
            let parent = room.ids[i] as usize;
            if parent == i {
                room.ids[i] = count;
                count += 1;
            } else {
                room.ids[i] = room.ids[parent];
            }
        }
    }
    room.firsts[slab] = count;
    Labelled {
        rows: &room.rows[..=rows],
        starts: &room.starts[..runs],
        ends: &room.ends[..runs],
        ids: &room.ids[..runs],
        firsts: &room.firsts[..=slab],
    }
}

/// Finds the runs of all rows and unites those that touch: `ids` are parents. Gives the number of runs and of rows.
#[inline(always)]
fn join_rows<T: Lit>(
    blocks: &Blocks,
    data: &[T],
    extents: &[u64],
    strides: &[usize],
    room: &mut Room,
) -> (usize, usize) {
    let (last, earlier) = (extents.len() - 1, blocks.earlier(extents));
    let (width, apart) = (extents[last] as usize, strides[last]);
    let mut at = vec![0i64; last];
    let (mut runs, mut row) = (0usize, 0usize);
    room.rows[0] = 0;
    for from in row_starts(extents, strides) {
        let first = runs;
        let (starts, ends, ids) = (&mut *room.starts, &mut *room.ends, &mut *room.ids);
        let found = |start, end| {
            (starts[runs], ends[runs], ids[runs]) = (start, end, runs as u32);
            runs += 1;
        };
        if apart == 1 || width == 1 {
            each_run(&data[from..from + width], found);
        } else {
            let elements = data[from..].iter().step_by(apart);
            room.lit[..width].iter_mut().zip(elements).for_each(|(o, x)| *o = u8::from(x.lit()));
            each_run(&room.lit[..width], found);
        }
        room.rows[row + 1] = runs as u32;
        for (step, back) in earlier.iter().filter(|_| runs > first) {
            let inside = |a: usize| (0..extents[a] as i64).contains(&(at[a] + step.by[a]));
            if !(0..last).all(inside) {
                continue;
            }
            let other = room.rows[row - back] as usize..room.rows[row - back + 1] as usize;
            let (one, two) = (other.start, first);
            let ids = &mut *room.ids;
            touching(
                (&room.starts[other.clone()], &room.ends[other]),
                (&room.starts[first..runs], &room.ends[first..runs]),
                0,
                step.corners,
                #[inline(always)]
                |i, j| unite(ids, (one + i) as u32, (two + j) as u32),
            );
        }
        row += 1;
        if let Some(a) = (0..last).rev().find(|&a| at[a] + 1 < extents[a] as i64) {
            at[a] += 1;
            at[a + 1..].fill(0);
        }
    }
    (runs, row)
}

/// Calls `f` with the start and end of every run of foreground of a row.
#[inline(always)]
fn each_run<T: Lit>(row: &[T], mut f: impl FnMut(u32, u32)) {
    const WORD: usize = 64;
    let mut edges = Edges::default();
    for chunk in row.chunks(WORD) {
        let mut flags = [0u8; WORD];
        if let Ok(whole) = <&[T; WORD]>::try_from(chunk) {
            flags.iter_mut().zip(whole).for_each(|(f, x)| *f = u8::from(x.lit()));
        } else {
            flags.iter_mut().zip(chunk).for_each(|(f, x)| *f = u8::from(x.lit()));
        }
        let mut bits = 0u64;
        for (i, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
            // The product moves the lowest bit of byte i to bit 56 + i.
            bits |= (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
        }
        edges.add(bits, &mut f);
    }
    edges.end(row.len() as u32, f);
}

/// Calls `f` with the start and end of every run of ones of a row of `width` bits.
pub(super) fn each_run_of_bits(words: &[u64], width: u32, mut f: impl FnMut(u32, u32)) {
    let mut edges = Edges::default();
    words.iter().for_each(|bits| edges.add(*bits, &mut f));
    edges.end(width, f);
}

/// Where foreground begins and ends, word by word.
#[derive(Default)]
struct Edges {
    at: u32,
    start: u32,
    /// Whether the last bit so far is foreground.
    lit: bool,
}

impl Edges {
    #[inline(always)]
    fn add(&mut self, bits: u64, f: &mut impl FnMut(u32, u32)) {
        let mut edges = bits ^ (bits << 1 | u64::from(self.lit));
        while edges != 0 {
            let i = self.at + edges.trailing_zeros();
            if self.lit {
                f(self.start, i);
            }
            (self.start, self.lit) = (i, !self.lit);
            edges &= edges - 1;
        }
        self.at += u64::BITS;
    }

    #[inline(always)]
    fn end(self, width: u32, mut f: impl FnMut(u32, u32)) {
        if self.lit {
            f(self.start, width);
        }
    }
}

/// Calls `f` with the places of all runs of two rows that touch: that overlap, or meet at corners where these
/// count. Both rows are lists of starts and of ends; the second row's begin `shift` further.
#[inline(always)]
pub(super) fn touching(
    (starts, ends): (&[u32], &[u32]),
    (others, other_ends): (&[u32], &[u32]),
    shift: i64,
    corners: bool,
    mut f: impl FnMut(usize, usize),
) {
    let (slack, mut i, mut j) = (i64::from(corners), 0, 0);
    while i < starts.len() && j < others.len() {
        let (start, end) = (i64::from(starts[i]), i64::from(ends[i]));
        let (other, other_end) = (i64::from(others[j]) + shift, i64::from(other_ends[j]) + shift);
        if start < other_end + slack && other < end + slack {
            f(i, j);
        }
        if end < other_end {
            i += 1;
        } else {
            j += 1;
        }
    }
}

/// The first run of the component that a run belongs to so far.
#[inline(always)]
pub(super) fn find(parents: &mut [u32], mut i: u32) -> u32 {
    while parents[i as usize] != i {
        let next = parents[parents[i as usize] as usize];
        parents[i as usize] = next;
        i = next;
    }
    i
}

/// Makes one component of two: the earlier root is the root.
#[inline(always)]
fn unite(parents: &mut [u32], i: u32, j: u32) {
    let (i, j) = (find(parents, i), find(parents, j));
    parents[i.max(j) as usize] = i.min(j);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_rows() {
        for n in [0usize, 1, 63, 64, 65, 130, 192] {
            for seed in 0..20u64 {
                let lit = |i: usize| (i as u64 + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60 >= seed;
                let row: Vec<f32> = (0..n).map(|i| if lit(i) { f32::NAN } else { -0.0 }).collect();
                let mut seen = vec![false; n];
                let mut end = None;
                each_run(&row, |s, e| {
                    assert!(s < e && end.is_none_or(|end| s > end), "{n} {seed}");
                    seen[s as usize..e as usize].fill(true);
                    end = Some(e);
                });
                assert_eq!(seen, (0..n).map(lit).collect::<Vec<_>>());
            }
        }
    }
}
