//! The blocks an array is cut into, which of them touch, and which rows do.
//!
//! Everything here counts axes anew: first those that are kept, then those that are worked over, each in the
//! array's order. A frame is one index of the kept axes; nothing touches across frames. A slab is an interval of a frame
//! in C order: a part of one axis, whole along the faster ones, one index of the slower ones. A block is a box of some slabs, of
//! about the same extent along all axes that are cut, so that its surface is small. Components that are numbered slab by slab, by
//! their first elements, are numbered in C order of the frame. Owns this geometry. Refuses to know elements.

use crate::array::{Region, contiguous_strides};

/// Elements of a block.
const BLOCK: u64 = 1 << 18;
/// Elements of a slab at least, where blocks have several.
const SLAB: u64 = 1 << 12;
/// Slabs of a frame at most, as a power of two.
const SLABS_LOG: u32 = 18;

/// Two rows that touch: how far the second is from the first along each axis but the last, and whether runs
/// in them also touch at their corners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub by: Vec<i64>,
    pub corners: bool,
}

/// Elements that blocks and slabs have, about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub block: u64,
    pub slab: u64,
}

impl Sizes {
    /// The usual ones. Those of small arrays are smaller, so that these too have some.
    pub fn of(elements: u64) -> Sizes {
        let small = (elements / 64).max(64);
        let slab = SLAB.max(elements >> SLABS_LOG).min(1 << 29);
        Sizes { block: BLOCK.max(slab).min(small), slab: slab.min(small / 8) }
    }

    /// One block for each frame.
    pub const FRAMES: Sizes = Sizes { block: u64::MAX, slab: u64::MAX };
}

/// An array cut into blocks. An array without axes counts as one of one element.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    /// The axis of the array that each axis here is.
    axes: Vec<usize>,
    /// How many axes come first that are kept.
    pub kept: usize,
    pub shape: Vec<u64>,
    pub block: Vec<u64>,
    grid: Vec<u64>,
    /// The axis along which slabs are parts.
    cut: usize,
    /// Rows that touch a row.
    pub steps: Vec<Step>,
    /// Blocks that may touch a block.
    pub neighbours: Vec<Vec<i64>>,
}

impl Blocks {
    /// Blocks of about these sizes; `worked` are the axes worked over, ascending.
    pub fn new(shape: &[u64], worked: &[usize], connectivity: usize, sizes: Sizes) -> Blocks {
        let mut axes: Vec<usize> = (0..shape.len()).filter(|a| !worked.contains(a)).collect();
        let kept = axes.len();
        axes.extend(worked);
        let mut shape: Vec<u64> = axes.iter().map(|a| shape[*a]).collect();
        if axes.is_empty() {
            (axes, shape) = (vec![0], vec![1]);
        }
        let (block, cut) = cut(&shape, kept, sizes);
        let grid: Vec<u64> = shape.iter().zip(&block).map(|(n, b)| n.div_ceil(*b)).collect();
        let far = |by: &[i64]| by.iter().filter(|d| **d != 0).count();
        let inside = |by: &Vec<i64>| by.iter().take(kept).all(|d| *d == 0);
        let rows = around(shape.len() - 1).filter(|by| far(by) <= connectivity && inside(by));
        let steps = rows.map(|by| Step { corners: far(&by) < connectivity, by }).collect();
        let others = around(shape.len()).filter(|by| (1..=connectivity).contains(&far(by)) && inside(by));
        let exists = |by: &Vec<i64>| by.iter().zip(&grid).all(|(d, n)| *d == 0 || *n > 1);
        let neighbours = others.filter(exists).collect();
        Blocks { axes, kept, shape, block, grid, cut, steps, neighbours }
    }

    /// A box of the array as a box here.
    pub fn turned(&self, region: &Region) -> Region {
        if region.rank() == 0 {
            return Region::full(&self.shape);
        }
        let pick = |of: &[u64]| self.axes.iter().map(|a| of[*a]).collect();
        Region { start: pick(&region.start), end: pick(&region.end) }
    }

    /// What is known for each axis of the array, such as strides, for each axis here.
    pub fn turn<T: Copy>(&self, of: &[T], alone: T) -> Vec<T> {
        if of.is_empty() { vec![alone] } else { self.axes.iter().map(|a| of[*a]).collect() }
    }

    /// What is known for each axis here, for each axis of an array of `rank` axes.
    pub fn unturn<T: Copy + Default>(&self, of: &[T], rank: usize) -> Vec<T> {
        let mut out = vec![T::default(); rank];
        self.axes.iter().zip(of).filter(|(a, _)| **a < rank).for_each(|(a, x)| out[*a] = *x);
        out
    }

    /// The axis of the array that an axis here is.
    pub fn array_axis(&self, a: usize) -> usize {
        self.axes[a]
    }

    /// The extents of a block, by axis of the array.
    pub fn array_block(&self) -> Vec<u64> {
        self.unturn(&self.block, self.axes.len())
    }

    /// The index of the array where a frame begins; none where there is one frame alone.
    pub fn array_index(&self, frame: u64) -> Option<Vec<u64>> {
        let (mut rest, mut at) = (frame, vec![0; self.axes.len()]);
        for a in (0..self.kept).rev() {
            at[a] = rest % self.shape[a];
            rest /= self.shape[a];
        }
        (self.kept > 0).then(|| self.unturn(&at, self.axes.len()))
    }

    /// The axes of the array that are kept.
    pub fn kept_axes(&self) -> &[usize] {
        &self.axes[..self.kept]
    }

    /// Blocks of a frame.
    pub fn in_frame(&self) -> u64 {
        self.grid[self.kept..].iter().product()
    }

    /// Elements of a frame.
    pub fn frame(&self) -> u64 {
        self.shape[self.kept..].iter().product()
    }

    /// Slabs of a frame.
    pub fn slabs_in_frame(&self) -> u64 {
        self.shape[self.kept..self.cut].iter().product::<u64>() * self.grid[self.cut]
    }

    /// Slabs of a whole block.
    pub fn slabs(&self) -> u64 {
        self.block[..self.cut].iter().product()
    }

    /// The frame, in C order, that a box lies in.
    #[cfg(test)]
    pub fn frame_of(&self, region: &Region) -> u64 {
        region.start.iter().zip(&self.shape).take(self.kept).fold(0, |n, (i, extent)| n * extent + i)
    }

    /// The numbers of the slabs of a block in C order of the array, slab by slab.
    pub fn slab_numbers(&self, region: &Region) -> Vec<u64> {
        let part = region.start[self.cut] / self.block[self.cut];
        let mut numbers = vec![0];
        for a in 0..self.cut {
            let along = region.start[a]..region.end[a];
            numbers = numbers.iter().flat_map(|n| along.clone().map(move |i| n * self.shape[a] + i)).collect();
        }
        numbers.iter_mut().for_each(|n| *n = *n * self.grid[self.cut] + part);
        numbers
    }

    /// Rows of one slab of a block.
    pub fn rows_of_slab(&self, extents: &[u64]) -> usize {
        extents[..extents.len() - 1].iter().skip(self.cut).product::<u64>() as usize
    }

    /// The number, in C order, of the block at this position of the grid.
    pub fn number(&self, at: &[u64]) -> u64 {
        at.iter().zip(&self.grid).fold(0, |n, (i, g)| n * g + i)
    }

    /// The position in the grid of a block.
    pub fn position(&self, number: u64) -> Vec<u64> {
        let (mut rest, mut at) = (number, vec![0; self.grid.len()]);
        for (i, n) in at.iter_mut().zip(&self.grid).rev() {
            (*i, rest) = (rest % n, rest / n);
        }
        at
    }

    /// The box of a block.
    pub fn region(&self, at: &[u64]) -> Region {
        let start: Vec<u64> = at.iter().zip(&self.block).map(|(i, b)| i * b).collect();
        let end = start.iter().zip(&self.block).zip(&self.shape).map(|((s, b), n)| (s + b).min(*n)).collect();
        Region { start, end }
    }

    /// Calls `f` with the number and the box of every block of a tile (a box of the array), in C order.
    pub fn each<E>(&self, core: &Region, mut f: impl FnMut(u64, &Region) -> Result<(), E>) -> Result<(), E> {
        let core = self.turned(core);
        if core.is_empty() {
            return Ok(());
        }
        let first: Vec<u64> = core.start.iter().zip(&self.block).map(|(s, b)| s / b).collect();
        let last: Vec<u64> = core.end.iter().zip(&self.block).map(|(e, b)| (e - 1) / b).collect();
        let mut at = first.clone();
        loop {
            f(self.number(&at), &self.region(&at))?;
            let Some(a) = (0..at.len()).rev().find(|&a| at[a] < last[a]) else { return Ok(()) };
            at[a] += 1;
            at[a + 1..].copy_from_slice(&first[a + 1..]);
        }
    }

    /// The block that lies beside another in a direction, if there is one.
    pub fn beside(&self, at: &[u64], by: &[i64]) -> Option<u64> {
        let one = |((i, d), n): ((&u64, &i64), &u64)| i.checked_add_signed(*d).filter(|i| i < n);
        let place: Option<Vec<u64>> = at.iter().zip(by).zip(&self.grid).map(one).collect();
        place.map(|at| self.number(&at))
    }

    /// Rows of a whole block, and runs that one of its rows has at most.
    pub fn rows(&self) -> (u64, u64) {
        let last = self.block.len() - 1;
        (self.block[..last].iter().product(), self.block[last].div_ceil(2))
    }

    /// Rows on the surface of a whole block, and of these how many have runs that touch other blocks at their ends alone.
    pub fn surface(&self) -> (u64, u64) {
        let last = self.block.len() - 1;
        let inner = |a: usize| self.block[a].saturating_sub(if self.grid[a] > 1 { 2 } else { 0 });
        let (all, inside) = (self.rows().0, (0..last).map(inner).product::<u64>());
        let ends = if self.grid[last] > 1 { inside } else { 0 };
        if self.in_frame() == 1 { (0, 0) } else { (all - inside + ends, ends) }
    }

    /// Rows on one face of a whole block, for each axis; along the last axis rows touch by their ends.
    pub fn face(&self, a: usize) -> u64 {
        let rows = self.rows().0;
        if a + 1 == self.block.len() { rows } else { rows / self.block[a].max(1) }
    }

    /// Calls `f` with every pair of rows of two blocks that touch: the row of the first, that of the second, as rows of
    /// their blocks, and whether their runs also touch at corners.
    pub fn touching_rows(&self, one: &Region, two: &Region, mut f: impl FnMut(u32, u32, bool)) {
        let last = one.rank() - 1;
        // Rows of the second that have the first beside them.
        let low: Vec<i64> = (0..last).map(|a| two.start[a].max(one.start[a].saturating_sub(1)) as i64).collect();
        let high: Vec<i64> = (0..last).map(|a| two.end[a].min(one.end[a] + 1) as i64).collect();
        if low.iter().zip(&high).any(|(l, h)| l >= h) {
            return;
        }
        let number = |region: &Region, row: &[i64]| {
            (0..last).fold(0, |n, a| n * region.extent(a) + (row[a] as u64 - region.start[a])) as u32
        };
        let (mut row, mut other) = (low.clone(), low.clone());
        loop {
            let own = number(two, &row);
            for step in &self.steps {
                for a in 0..last {
                    other[a] = row[a] + step.by[a];
                }
                let inside = |a: usize| (one.start[a] as i64..one.end[a] as i64).contains(&other[a]);
                if (0..last).all(inside) {
                    f(number(one, &other), own, step.corners);
                }
            }
            let Some(a) = (0..last).rev().find(|&a| row[a] + 1 < high[a]) else { return };
            row[a] += 1;
            row[a + 1..].copy_from_slice(&low[a + 1..]);
        }
    }

    /// The steps that lead to earlier rows, and how many rows back in a block of these extents.
    pub fn earlier(&self, extents: &[u64]) -> Vec<(&Step, usize)> {
        let strides = contiguous_strides(&extents[..extents.len() - 1]);
        let back = |s: &Step| s.by.iter().zip(&strides).map(|(d, t)| -d * *t as i64).sum::<i64>();
        let before = |s: &&Step| s.by.iter().find(|d| **d != 0).is_some_and(|d| *d < 0);
        self.steps.iter().filter(before).map(|s| (s, back(s).max(0) as usize)).collect()
    }
}

/// The extents of a block, and the axis along which slabs are parts. Extents that are not whole are powers of two.
fn cut(shape: &[u64], kept: usize, sizes: Sizes) -> (Vec<u64>, usize) {
    let power = |n: u64| 1 << n.max(1).ilog2();
    let mut block = vec![1; shape.len()];
    let (mut cut, mut inner) = (kept, 1u64);
    for a in (kept..shape.len()).rev() {
        let (n, room) = (shape[a].max(1), (sizes.slab / inner.max(1)).max(1));
        (cut, block[a]) = (a, if n <= room { n } else { power(room) });
        if block[a] < n {
            break;
        }
        inner = inner.saturating_mul(n);
    }
    // The shortest extent that is not whole grows, the fastest of equals first.
    let elements = |block: &[u64]| block.iter().fold(1u64, |n, b| n.saturating_mul(*b));
    while let Some(a) = (kept..=cut).rev().filter(|a| block[*a] < shape[*a]).min_by_key(|a| block[*a]) {
        let mut next = block.clone();
        next[a] = (block[a] * 2).min(shape[a]);
        if elements(&next) > sizes.block {
            break;
        }
        block = next;
    }
    (block, cut)
}

/// All of {-1, 0, 1}^n, in C order.
fn around(n: usize) -> impl Iterator<Item = Vec<i64>> {
    (0..3usize.pow(n as u32))
        .map(move |i| (0..n).map(|a| (i / 3usize.pow((n - 1 - a) as u32) % 3) as i64 - 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(shape: &[u64]) -> Blocks {
        let axes: Vec<usize> = (0..shape.len()).collect();
        Blocks::new(shape, &axes, 1, Sizes::of(shape.iter().product()))
    }

    /// Slabs in the order of their numbers follow each other in C order, frame by frame, and cover everything.
    #[test]
    fn slabs_are_intervals_in_c_order() {
        let shapes: [(&[u64], &[usize]); 12] = [
            (&[1_000_000], &[0]),
            (&[3000, 4000], &[0, 1]),
            (&[50, 200, 300], &[0, 1, 2]),
            (&[5, 900, 800], &[0, 1, 2]),
            (&[2, 3, 70_000], &[0, 1, 2]),
            (&[9; 5], &[0, 1, 2, 3, 4]),
            (&[], &[]),
            (&[1, 1, 900], &[0, 1, 2]),
            (&[3, 500, 400], &[1, 2]),
            (&[300, 3, 400], &[0, 2]),
            (&[300, 400, 5], &[0, 1]),
            (&[6, 5, 90_000], &[1]),
        ];
        for (shape, worked) in shapes {
            for sizes in [Sizes::of(shape.iter().product()), Sizes { block: 1000, slab: 60 }, Sizes::FRAMES] {
                let blocks = Blocks::new(shape, worked, 1, sizes);
                let strides = contiguous_strides(&blocks.shape);
                let flat = |i: &[u64]| i.iter().zip(&strides).map(|(i, s)| i * *s as u64).sum::<u64>();
                let mut slabs: Vec<(u64, u64, u64)> = Vec::new();
                let mut frames = 0;
                for number in 0..blocks.grid.iter().product() {
                    let at = blocks.position(number);
                    assert_eq!(blocks.number(&at), number);
                    let region = blocks.region(&at);
                    frames = frames.max(blocks.frame_of(&region) + 1);
                    let extents = region.shape();
                    let numbers = blocks.slab_numbers(&region);
                    let outer: u64 = extents[..blocks.cut].iter().product();
                    assert_eq!(numbers.len() as u64, outer);
                    assert!(numbers.iter().all(|n| n / blocks.slabs_in_frame() == blocks.frame_of(&region)));
                    let per = extents[blocks.cut..].iter().product::<u64>();
                    for (i, start) in
                        crate::array::row_starts(&[&extents[..blocks.cut], &[1]].concat(), &strides).enumerate()
                    {
                        slabs.push((numbers[i], flat(&region.start) + start as u64, per));
                    }
                }
                slabs.sort_unstable();
                let mut end = 0;
                for (i, (number, start, len)) in slabs.iter().enumerate() {
                    assert_eq!((*number, *start), (i as u64, end), "{shape:?} {worked:?}");
                    end += len;
                }
                assert_eq!(end, blocks.shape.iter().product::<u64>());
                assert_eq!(slabs.len() as u64, frames * blocks.slabs_in_frame());
            }
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(all(&[100_000, 200]).block, [1024, 200]);
        assert_eq!(all(&[2000, 512, 512]).block, [16, 32, 512]);
        assert_eq!(all(&[256, 256, 256]).block, [32, 32, 256]);
        assert_eq!(all(&[4096, 4096]).block, [64, 4096]);
        assert_eq!(all(&[65_536, 65_536]).block, [16, 16_384]);
        assert_eq!(all(&[1 << 30]).block, [1 << 18]);
        assert_eq!(all(&[30, 40]).block, [8, 8]);
    }
}
