//! The elements of a tile as runs that lie in one piece, with the cells they belong to.
//!
//! Owns the walk for folds whose order does not matter, such as counting. Refuses to know what is
//! done with a run.

use super::strided::Strided;
use crate::array::Region;

/// Elements `at .. at + len` of a view. The first belongs to cell `cell`, the next to the one after it,
/// and so on; after `period` of them it begins again. With period 1 all belong to one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub at: usize,
    pub len: usize,
    pub cell: usize,
    pub period: usize,
}

/// The runs of one tile. Cells are numbered in C order of the kept axes of the tile.
#[derive(Debug)]
pub struct Runs {
    rows: Strided<2>,
    period: usize,
}

impl Runs {
    /// The runs of a tile `core`, seen with these strides, whose axes `kept` are kept.
    pub fn new(core: &Region, kept: &[usize], strides: &[usize]) -> Runs {
        let shape = core.shape();
        let mut cells = vec![0usize; shape.len()];
        let mut below = 1;
        for &a in kept.iter().rev() {
            cells[a] = below;
            below *= shape[a] as usize;
        }
        let mut rows = Strided::new(&shape, [strides, &cells]);
        let last = rows.shape.len() - 1;
        let period = if rows.strides[1][last] == 0 { 1 } else { rows.row() };
        // Short rows of cells that follow each other, such as the colours of a picture, are one run.
        if last > 0 && rows.strides[1][last - 1] == 0 && rows.strides[0][last - 1] == rows.row() {
            let n = rows.shape.remove(last - 1);
            rows.shape[last - 1] *= n;
            rows.strides.iter_mut().for_each(|s| {
                s.remove(last - 1);
            });
        }
        Runs { rows, period }
    }

    /// Calls `f` with runs of at most `most` elements that cover the tile, each of whole periods or within
    /// one.
    pub fn each(&self, most: usize, mut f: impl FnMut(Run)) {
        let (len, period) = (self.rows.row(), self.period.max(1));
        // Whole periods, or parts of one.
        let (block, step) = if period <= most { (len, most / period * period) } else { (period, most) };
        self.rows.each_row(|[at, cell]| {
            for start in (0..len).step_by(block.max(1)) {
                for from in (0..block.min(len - start)).step_by(step) {
                    let n = step.min(block.min(len - start) - from);
                    f(Run { at: at + start + from, len: n, cell: cell + from % period, period: period.min(n) });
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every element with its cell, in the order of the walk.
    fn walk(shape: &[u64], strides: &[usize], kept: &[usize], most: usize) -> Vec<(usize, usize)> {
        let core = Region::full(shape);
        let mut out = Vec::new();
        Runs::new(&core, kept, strides).each(most, |run| {
            assert!(run.len <= most && (run.len % run.period == 0));
            out.extend((0..run.len).map(|i| (run.at + i, run.cell + i % run.period)));
        });
        out.sort_unstable();
        out
    }

    #[test]
    fn runs_cover_every_element_with_its_cell() {
        for (shape, strides) in [
            (vec![4u64, 5, 3], vec![15usize, 3, 1]),
            (vec![4, 5, 3], vec![200, 20, 1]),
            (vec![4, 1, 3], vec![9, 7, 1]),
            (vec![2, 1], vec![10, 1]),
            (vec![1, 1], vec![1, 1]),
            (vec![0, 3], vec![3, 1]),
            (vec![], vec![]),
        ] {
            for bits in 0..1 << shape.len() {
                let kept: Vec<usize> = (0..shape.len()).filter(|a| bits >> a & 1 == 1).collect();
                let mut want = vec![(0, 0)];
                for (a, (n, s)) in shape.iter().zip(&strides).enumerate() {
                    let cells = if kept.contains(&a) { *n as usize } else { 1 };
                    let one = |(at, cell): &(usize, usize)| {
                        let (at, cell) = (*at, *cell);
                        (0..*n as usize).map(move |i| (at + i * s, cell * cells + if cells > 1 { i } else { 0 }))
                    };
                    want = want.iter().flat_map(one).collect();
                }
                want.sort_unstable();
                for most in [1, 2, 7, 100] {
                    assert_eq!(walk(&shape, &strides, &kept, most), want, "{shape:?} {strides:?} {kept:?} {most}");
                }
            }
        }
        let all = |run: Run| assert_eq!(run, Run { at: 0, len: 60, cell: 0, period: 3 });
        Runs::new(&Region::full(&[4, 5, 3]), &[2], &[15, 3, 1]).each(100, all);
    }
}
