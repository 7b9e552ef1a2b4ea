//! The blocks an array is cut into, which of them touch, and which rows do.
//!
//! A block is an interval of the array in C order: whole along the fastest axes, a part of one axis, and one index of
//! the slower ones. Components numbered block by block, and in C order within each, are numbered by their first
//! elements. Owns this geometry. Refuses to know elements.

use crate::array::{Region, contiguous_strides};

/// Elements of a block whose first and last slab alone touch other blocks.
const THICK: u64 = 1 << 18;
/// Elements of other blocks, all rows of which touch others.
const THIN: u64 = 1 << 15;

/// Two rows that touch: how far the second is from the first along each axis but the last, and whether runs
/// in them also touch at their corners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub by: Vec<i64>,
    pub corners: bool,
}

/// An array cut into blocks. An array without axes counts as one of one element.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    pub shape: Vec<u64>,
    pub block: Vec<u64>,
    grid: Vec<u64>,
    /// The axis along which blocks are parts.
    cut: usize,
    /// Whether blocks follow each other along that axis alone.
    in_line: bool,
    /// Rows that touch a row.
    pub steps: Vec<Step>,
    /// Blocks that may touch a block.
    neighbours: Vec<Vec<i64>>,
}

impl Blocks {
    /// Blocks of the usual size. Those of small arrays are smaller, so that these too have some.
    pub fn new(shape: &[u64], connectivity: usize) -> Blocks {
        let elements = shape.iter().fold(1u64, |n, e| n.saturating_mul(*e));
        let small = (elements / 64).max(64);
        let thin = THIN.max(elements >> 22).min(1 << 29);
        Blocks::of_size(shape, connectivity, small.min(THICK.max(thin)), small.min(thin))
    }

    /// Blocks of about these many elements.
    pub fn of_size(shape: &[u64], connectivity: usize, thick: u64, thin: u64) -> Blocks {
        let shape = if shape.is_empty() { vec![1] } else { shape.to_vec() };
        let mut block = vec![1; shape.len()];
        let (mut cut, mut inner) = (0, 1u64);
        for a in (0..shape.len()).rev() {
            cut = a;
            let n = shape[a].max(1);
            let in_line = shape[..a].iter().all(|n| *n <= 1);
            // A thick block has eight slabs at least, two of which touch others.
            let room = if in_line && inner <= thick / 8 { thick } else { thin } / inner;
            block[a] = n.min(room.max(1));
            if block[a] < n {
                break;
            }
            inner *= n;
        }
        let in_line = shape[..cut].iter().all(|n| *n <= 1);
        let grid: Vec<u64> = shape.iter().zip(&block).map(|(n, b)| n.div_ceil(*b)).collect();
        let far = |by: &[i64]| by.iter().filter(|d| **d != 0).count();
        let rows = around(shape.len() - 1).filter(|by| far(by) <= connectivity);
        let steps = rows.map(|by| Step { corners: far(&by) < connectivity, by }).collect();
        let others = around(shape.len()).filter(|by| (1..=connectivity).contains(&far(by)));
        let exists = |by: &Vec<i64>| by.iter().zip(&grid).all(|(d, n)| *d == 0 || *n > 1);
        let neighbours = others.filter(exists).collect();
        Blocks { shape, block, grid, cut, in_line, steps, neighbours }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.grid.iter().product()
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

    /// Calls `f` with the number and the box of every block of a tile, in C order.
    pub fn each<E>(&self, core: &Region, mut f: impl FnMut(u64, &Region) -> Result<(), E>) -> Result<(), E> {
        // An array without axes has tiles without axes.
        let core = if core.rank() == 0 { Region::full(&self.shape) } else { core.clone() };
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

    /// The blocks that may touch a block: positions in the grid.
    pub fn around<'a>(&'a self, at: &'a [u64]) -> impl Iterator<Item = Vec<u64>> + 'a {
        self.neighbours.iter().filter_map(move |by| {
            let one = |((i, d), n): ((&u64, &i64), &u64)| i.checked_add_signed(*d).filter(|i| i < n);
            at.iter().zip(by).zip(&self.grid).map(one).collect()
        })
    }

    /// Rows of a whole block, and runs that one of its rows has at most.
    pub fn rows(&self) -> (u64, u64) {
        let last = self.block.len() - 1;
        (self.block[..last].iter().product(), self.block[last].div_ceil(2))
    }

    /// Rows on the rim of a whole block, and runs that one of them has at most.
    pub fn rim(&self) -> (u64, u64) {
        let last = self.block.len() - 1;
        match self.in_line {
            true if self.cut == last => (1, 2),
            true => {
                let slab: u64 = self.block[self.cut + 1..last].iter().product();
                (slab * self.block[self.cut].min(2), self.block[last].div_ceil(2))
            }
            false => self.rows(),
        }
    }

    /// Whether of a row on the rim only the runs at its two ends touch others.
    pub fn ends_only(&self) -> bool {
        self.in_line && self.cut == self.block.len() - 1
    }

    /// The rows of a block on its rim, in the order of [`Blocks::rim_row`], as numbers of rows of the block.
    pub fn rim_rows(&self, region: &Region) -> Vec<usize> {
        let last = region.rank() - 1;
        let rows: u64 = (0..last).map(|a| region.extent(a)).product();
        if !self.in_line || self.cut == last {
            return (0..rows as usize).collect();
        }
        let slab = rows / region.extent(self.cut);
        (0..slab).chain(rows.saturating_sub(slab).max(slab)..rows).map(|r| r as usize).collect()
    }

    /// Which of the rows on the rim lies at this index of the array (its last axis is left out).
    pub fn rim_row(&self, region: &Region, row: &[i64]) -> usize {
        let mut number = 0;
        for (a, i) in row.iter().enumerate() {
            let (i, n) = (*i as u64 - region.start[a], region.extent(a));
            // Of the slabs there are only the first and the last.
            let (i, n) = if self.in_line && a == self.cut { (i.min(1), n.min(2)) } else { (i, n) };
            number = number * n + i;
        }
        number as usize
    }

    /// Calls `f` with every pair of rows of two blocks that touch: the row of the first, that of the second, and
    /// whether their runs also touch at corners.
    pub fn touching_rows(&self, one: &Region, two: &Region, mut f: impl FnMut(&[i64], &[i64], bool)) {
        let last = one.rank() - 1;
        // Rows of the second that have the first beside them.
        let low: Vec<i64> = (0..last).map(|a| two.start[a].max(one.start[a].saturating_sub(1)) as i64).collect();
        let high: Vec<i64> = (0..last).map(|a| two.end[a].min(one.end[a] + 1) as i64).collect();
        if low.iter().zip(&high).any(|(l, h)| l >= h) {
            return;
        }
        let (mut row, mut other) = (low.clone(), low.clone());
        loop {
            for step in &self.steps {
                for a in 0..last {
                    other[a] = row[a] + step.by[a];
                }
                let inside = |a: usize| (one.start[a] as i64..one.end[a] as i64).contains(&other[a]);
                if (0..last).all(inside) {
                    f(&other, &row, step.corners);
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

/// All of {-1, 0, 1}^n, in C order.
fn around(n: usize) -> impl Iterator<Item = Vec<i64>> {
    (0..3usize.pow(n as u32))
        .map(move |i| (0..n).map(|a| (i / 3usize.pow((n - 1 - a) as u32) % 3) as i64 - 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_intervals_in_c_order() {
        let shapes: [&[u64]; 8] =
            [&[1_000_000], &[3000, 4000], &[50, 200, 300], &[5, 900, 800], &[2, 3, 70_000], &[9; 5], &[], &[1, 1, 900]];
        for shape in shapes {
            let blocks = Blocks::new(shape, 1);
            let mut end = 0;
            let strides = contiguous_strides(&blocks.shape);
            for number in 0..blocks.count() {
                let at = blocks.position(number);
                assert_eq!(blocks.number(&at), number);
                let region = blocks.region(&at);
                let flat = |i: &[u64]| i.iter().zip(&strides).map(|(i, s)| i * *s as u64).sum::<u64>();
                assert_eq!(flat(&region.start), end, "{shape:?} {region:?}");
                end += region.elements();
                let last: Vec<u64> = region.end.iter().map(|e| e - 1).collect();
                assert_eq!(flat(&last) + 1, end, "{shape:?} {region:?}");
            }
            assert_eq!(end, blocks.shape.iter().product::<u64>());
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(Blocks::new(&[100_000, 200], 1).block, [1310, 200]);
        assert_eq!(Blocks::new(&[2000, 512, 512], 1).block, [1, 64, 512]);
        assert_eq!(Blocks::new(&[20_000, 64, 64], 1).block, [64, 64, 64]);
        assert_eq!(Blocks::new(&[1 << 30], 1).block, [1 << 18]);
        assert_eq!(Blocks::new(&[30, 40], 1).block, [1, 40]);
        assert_eq!(Blocks::new(&[4, 1 << 40], 1).block, [1, 1 << 20]);
    }
}
