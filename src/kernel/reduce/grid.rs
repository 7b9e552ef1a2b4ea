//! The leaf grid of a fold: which elements are added first, whatever the tiles are.
//!
//! Owns the leaf's shape, the numbering of leaves, the anchor and the memory bounds that follow.
//! All of it follows from shape and axes alone. Refuses to know dtypes and arithmetic.

use super::tree::{RUN_BYTES, levels, runs_max};
use crate::array::{Region, Shape};
use crate::kernel::{KernelError, StateSize};

/// Elements of a leaf where the fastest axis is folded: 128 KiB of f64, so that a second look at
/// them finds them in the cache.
pub const LINE_LEAF: u64 = 16_384;

/// Elements of a leaf where the fastest axis is kept: they are added one row after the other, for
/// many kept cells at once.
pub const ROWS_LEAF: u64 = 64;

/// The leaves of a fold over some axes of an array. They are numbered in C order.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    domain: Shape,
    /// Folded axes, slowest first.
    pub folded: Vec<usize>,
    /// Kept axes, slowest first.
    pub kept: Vec<usize>,
    /// Whether the fastest axis (of those longer than 1) is kept.
    pub by_rows: bool,
    /// Extents of a leaf along each axis of the domain; 1 along kept ones.
    leaf: Shape,
}

impl Grid {
    /// The grid of a fold of `domain` over `axes`.
    pub fn new(domain: &[u64], axes: &[usize]) -> Grid {
        let (folded, kept): (Vec<usize>, Vec<usize>) = (0..domain.len()).partition(|a| axes.contains(a));
        let fastest = (0..domain.len()).rev().find(|a| domain[*a] > 1);
        let by_rows = fastest.is_some_and(|a| kept.contains(&a));
        let limit = if by_rows { ROWS_LEAF } else { LINE_LEAF };
        let mut leaf = vec![1; domain.len()];
        let mut product = 1u64;
        for &a in folded.iter().rev() {
            let n = domain[a].max(1);
            if n <= limit / product {
                (leaf[a], product) = (n, product * n);
            } else {
                // A power of two, so that the anchors of several kernels have a small common multiple.
                leaf[a] = 1 << (limit / product).ilog2();
                break;
            }
        }
        Grid { domain: domain.to_vec(), folded, kept, by_rows, leaf }
    }

    /// What tile edges are multiples of.
    pub fn anchor(&self) -> Shape {
        self.leaf.clone()
    }

    /// Elements of a whole leaf.
    pub fn leaf_elements(&self) -> u64 {
        self.leaf.iter().product()
    }

    /// Leaves along a folded axis.
    fn count(&self, axis: usize) -> u64 {
        self.domain[axis].div_ceil(self.leaf[axis])
    }

    /// The number of leaves of one kept cell.
    pub fn leaves(&self) -> u64 {
        self.folded.iter().map(|a| self.count(*a)).product()
    }

    /// Kept cells of a region.
    pub fn cells(&self, region: &Region) -> usize {
        self.kept.iter().map(|a| region.extent(*a)).product::<u64>() as usize
    }

    /// Calls `f` for every leaf of a tile in the order of their numbers, with its number, its first
    /// index and its extents along the folded axes.
    pub fn each_leaf(
        &self,
        core: &Region,
        mut f: impl FnMut(u64, &[u64], &[u64]) -> Result<(), KernelError>,
    ) -> Result<(), KernelError> {
        let axes = &self.folded;
        if core.is_empty() {
            return Ok(());
        }
        for &a in axes {
            let (lo, hi, leaf) = (core.start[a], core.end[a], self.leaf[a]);
            if lo % leaf != 0 || (hi % leaf != 0 && hi != self.domain[a]) {
                let message = format!("a tile covers {lo}..{hi} of axis {a}, which does not keep to the anchor {leaf}");
                return Err(KernelError::new(message));
            }
        }
        let mut at: Vec<u64> = axes.iter().map(|a| core.start[*a]).collect();
        let mut extent = vec![0; axes.len()];
        loop {
            let mut number = 0;
            for (i, &a) in axes.iter().enumerate() {
                number = number * self.count(a) + at[i] / self.leaf[a];
                extent[i] = self.leaf[a].min(core.end[a] - at[i]);
            }
            f(number, &at, &extent)?;
            let next = (0..axes.len()).rev().find(|i| at[*i] + self.leaf[axes[*i]] < core.end[axes[*i]]);
            let Some(i) = next else { return Ok(()) };
            at[i] += self.leaf[axes[i]];
            (i + 1..axes.len()).for_each(|j| at[j] = core.start[axes[j]]);
        }
    }

    /// The error of a cell of these, numbered in C order; it names the cell where there are several.
    pub fn error_at(&self, cells: &Region, cell: usize, message: String) -> KernelError {
        if self.kept.is_empty() {
            return KernelError::new(message);
        }
        let mut rest = cell as u64;
        let mut index = vec![0; self.kept.len()];
        for (i, a) in self.kept.iter().enumerate().rev() {
            let n = cells.extent(*a).max(1);
            (index[i], rest) = (cells.start[*a] + rest % n, rest / n);
        }
        KernelError::new(format!("at index {index:?} of the result: {message}"))
    }

    /// Bounds on the memory of a state whose partials have `bytes` bytes.
    ///
    /// A tile adds at most one run for each of its leaves. Joined in order, what begins at leaf 0 has
    /// one run for each level. Where leaves lie along several axes, tiles that are cut along a fast
    /// one leave ranges open (`open_ranges`); a range of the leaves below an axis has at most
    /// `runs_max` runs.
    pub fn state(&self, bytes: u64) -> StateSize {
        let leaves = self.leaves();
        let mut below = 1;
        let mut open_runs = 0;
        for &a in self.folded.iter().rev() {
            // Below the fastest axis of leaves nothing is open.
            if below > 1 && self.count(a) > 1 {
                open_runs = runs_max(below);
            }
            below *= self.count(a);
        }
        let open_runs = open_runs.min(leaves);
        let runs = if open_runs == 0 { runs_max(leaves) + levels(leaves) } else { leaves };
        let list_bytes = runs.saturating_mul(RUN_BYTES);
        // The list itself is shared by the kept cells of a tile; it is counted once where it is short.
        let (fixed, run_bytes) = if list_bytes <= 256 << 10 { (list_bytes, 0) } else { (0, RUN_BYTES) };
        StateSize {
            fixed: fixed + 256,
            // Two more: the leaf in work, and the buffer that a merge has freed.
            per_cell: (levels(leaves) + 2) * (bytes + run_bytes),
            per_anchor: bytes + run_bytes,
            per_open_range: open_runs * (bytes + run_bytes),
            ..StateSize::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(domain: &[u64], axes: &[usize]) -> Shape {
        Grid::new(domain, axes).anchor()
    }

    #[test]
    fn leaves_follow_from_shape_and_axes() {
        assert_eq!(leaf(&[1 << 20], &[0]), [16_384]);
        assert_eq!(leaf(&[300, 1100, 1300], &[0, 1, 2]), [1, 8, 1300]);
        assert_eq!(leaf(&[300, 1100, 1300], &[0, 2]), [8, 1, 1300]);
        assert_eq!(leaf(&[300, 1100, 1300], &[0]), [64, 1, 1]);
        assert_eq!(leaf(&[300, 1100, 1300], &[0, 1]), [1, 64, 1]);
        assert_eq!(leaf(&[300, 20, 1300], &[0, 1]), [2, 20, 1]);
        assert_eq!(leaf(&[1_000_000, 3], &[1]), [1, 3]);
        assert_eq!(leaf(&[1_000_000, 1], &[0]), [16_384, 1]);
        assert_eq!(leaf(&[0, 5], &[0]), [1, 1]);
        assert_eq!(leaf(&[], &[]), [] as [u64; 0]);
        assert_eq!(Grid::new(&[], &[]).leaves(), 1);
        assert_eq!(Grid::new(&[0, 5], &[0]).leaves(), 0);
    }

    #[test]
    fn leaves_are_numbered_in_c_order() {
        let grid = Grid::new(&[4, 1100, 1300], &[0, 1, 2]);
        assert_eq!(grid.leaves(), 4 * 138);
        let core = Region { start: vec![1, 1088, 0], end: vec![3, 1100, 1300] };
        let mut seen = Vec::new();
        grid.each_leaf(&core, |number, at, extent| {
            seen.push((number, at.to_vec(), extent.to_vec()));
            Ok(())
        })
        .unwrap();
        assert_eq!(seen.len(), 4);
        assert_eq!(seen[0], (138 + 136, vec![1, 1088, 0], vec![1, 8, 1300]));
        assert_eq!(seen[3], (2 * 138 + 137, vec![2, 1096, 0], vec![1, 4, 1300]));
        let crooked = Region { start: vec![0, 4, 0], end: vec![4, 8, 1300] };
        assert!(grid.each_leaf(&crooked, |_, _, _| Ok(())).is_err());
    }

    #[test]
    fn state_stays_small() {
        let one = Grid::new(&[1 << 29], &[0]).state(24);
        assert!(one.per_anchor == 24 && one.per_cell <= 5 * 24 && one.fixed < 64 << 10, "{one:?}");
        let rows = Grid::new(&[1 << 20, 1000], &[0]).state(40);
        assert!(rows.per_anchor == 40 && rows.per_cell <= 5 * 40 && rows.fixed < 64 << 10, "{rows:?}");
        let boxes = Grid::new(&[300, 1100, 1300], &[0, 1, 2]).state(24);
        assert!(boxes.per_anchor < 139 * 160, "{boxes:?}");
    }
}
