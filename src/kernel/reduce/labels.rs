//! Elements with the label that says which group they belong to.
//!
//! Owns the walk over a tile and its labels, whether these have the shape of the tile or that of its folded axes, and
//! the refusal of labels without a group. Refuses to know what is done with a group.

use super::choose::Choosable;
use super::fold::misused;
use super::grid::Grid;
use super::strided::Strided;
use crate::array::{Region, View, row_starts};
use crate::kernel::KernelError;
use crate::kernel::math::index_at;
use crate::with_real_type;

/// Elements of a piece, at most.
pub const CHUNK: usize = 1024;

/// Which labels there are.
#[derive(Clone, Copy, Debug)]
pub struct Labels {
    /// Labels 0 to this less 1 are groups.
    pub groups: usize,
    /// Whether so many groups there are; else as many as the largest label says.
    pub known: bool,
}

/// Elements that follow each other in a view, with their labels and cells.
#[derive(Debug)]
pub struct Piece<'a> {
    pub at: usize,
    pub len: usize,
    /// One for each element, or one for all.
    labels: &'a [i64],
    cell: usize,
    /// 1 where each element belongs to the cell after that of the one before it.
    step: usize,
}

impl Piece<'_> {
    /// The label of element `i`.
    #[inline(always)]
    pub fn label(&self, i: usize) -> i64 {
        self.labels[if self.labels.len() == 1 { 0 } else { i }]
    }

    /// The kept cell of element `i` among those of the tile.
    #[inline(always)]
    pub fn cell(&self, i: usize) -> usize {
        self.cell + i * self.step
    }
}

impl Labels {
    /// Calls `f` with pieces that cover the tile `core` of a fold over `grid`, seen as `view`. `room` has room for
    /// [`CHUNK`] labels.
    pub fn each(grid: &Grid, core: &Region, view: &View, labels: &View, room: &mut [i64], mut f: impl FnMut(Piece)) {
        let shape = core.shape();
        let (mut cells, mut below) = (vec![0usize; shape.len()], 1);
        for &a in grid.kept.iter().rev() {
            cells[a] = below;
            below *= shape[a] as usize;
        }
        let mut along = vec![0usize; shape.len()];
        match labels.shape().len() == shape.len() {
            true => along.copy_from_slice(labels.strides()),
            false => grid.folded.iter().zip(labels.strides()).for_each(|(a, stride)| along[*a] = *stride),
        }
        let rows = Strided::new(&shape, [view.strides(), &cells, &along]);
        let (n, last) = (rows.row(), rows.shape.len() - 1);
        let (step, label_step) = if n > 1 { (rows.strides[1][last], rows.strides[2][last]) } else { (0, 0) };
        rows.each_row(|[at, cell, label]| {
            for i in (0..n).step_by(CHUNK) {
                let len = CHUNK.min(n - i);
                let room = &mut room[..if label_step == 0 { 1 } else { len }];
                read(labels, label + i * label_step, room);
                f(Piece { at: at + i, len, labels: room, cell: cell + i * step, step });
            }
        });
    }

    /// The error of the first of these labels that has no group.
    pub fn stray(&self, labels: &View) -> KernelError {
        let n = labels.shape().last().map_or(1, |n| *n as usize);
        let start: Vec<u64> = labels.start().iter().map(|s| *s as u64).collect();
        let end = start.iter().zip(labels.shape()).map(|(s, n)| s + n).collect();
        let whole = Region { start, end };
        for (r, at) in row_starts(labels.shape(), labels.strides()).enumerate() {
            for i in 0..n {
                let mut label = [0];
                read(labels, at + i, &mut label);
                if label[0] >= self.groups as i64 {
                    let (label, last) = (label[0], self.groups - 1);
                    let message = match self.known {
                        true => format!("the label {label} has no group: groups = {} allows 0 to {last}", self.groups),
                        false => format!("the label {label} lies beyond {last}: say groups = …"),
                    };
                    return KernelError::at(message, index_at(&whole, r * n + i));
                }
            }
        }
        misused()
    }
}

/// Labels from `at` on; what is beyond an i64 is no group either.
fn read(view: &View, at: usize, labels: &mut [i64]) {
    let signed = view.dtype().is_signed();
    with_real_type!(view.dtype(), L => {
        for (o, label) in labels.iter_mut().zip(&view.data::<L>()[at..]) {
            let bits = label.bits();
            *o = if signed { bits as i64 } else { bits.min(i64::MAX as u64) as i64 };
        }
    }, else labels.fill(-1));
}
