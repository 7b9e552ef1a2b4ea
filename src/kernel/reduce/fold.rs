//! A fold over leaves: takes a tile apart into leaves, hands them to an accumulator, joins what it
//! gives.
//!
//! Owns the walk over strided views, for both memory orders of leaf and cell. Refuses to know what
//! is added up ([`Accumulate`]) and what becomes of it ([`Finish`]).

use super::grid::Grid;
use super::strided::Strided;
use super::tree::{Forest, Partial};
use crate::array::{ArraySpec, Element, Region, View, ViewMut};
use crate::kernel::simd::vectorized;
use crate::kernel::{Access, Contract, Fold, KernelError, Order, Read, ScratchSize, Source, Stage, State, Work, Write};
use std::fmt::Debug;

/// Kept cells that are folded together where the fastest axis is kept: short enough that their
/// accumulators and 64 rows of them stay in the cache, long enough for the memory's prefetcher.
pub const COLUMNS: usize = 1024;

/// Kept cells that are so few that they have accumulators of their own size.
const FEW: usize = 8;

/// What a leaf adds up to.
pub trait Accumulate: Debug + Send + Sync + 'static {
    /// Element type of the array.
    type Item: Element;
    /// What is kept of a leaf.
    type Partial: Partial;

    /// One leaf of one cell: its elements in C order.
    fn line(&self, x: &[Self::Item]) -> Self::Partial;

    /// One leaf of `out.len()` cells (at most `W`, the size of accumulators): its elements are rows in index order,
    /// each with one element for each cell.
    fn rows<const W: usize>(&self, rows: &Rows<Self::Item>, out: &mut [Self::Partial]);
}

/// Rows of one leaf, cut to the columns in work.
#[derive(Debug)]
pub struct Rows<'a, T> {
    data: &'a [T],
    offsets: &'a [u64],
    at: usize,
    width: usize,
}

impl<'a, T> Rows<'a, T> {
    /// The number of rows: at least one.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Every row, in index order.
    #[inline(always)]
    pub fn iter(&self) -> impl Iterator<Item = &'a [T]> + use<'a, T> {
        let (data, at, width) = (self.data, self.at, self.width);
        self.offsets.iter().map(move |o| &data[at + *o as usize..][..width])
    }
}

/// What becomes of the partials of a whole array.
pub trait Finish<P>: Debug + Send + Sync + 'static {
    /// Writes one element of every output for each cell. An error names the cell.
    fn finish(&self, cells: &[P], outputs: &mut [ViewMut]) -> Result<(), (usize, String)>;
}

/// A stage that folds `axes` of its one input.
pub fn fold_stage<A: Accumulate>(
    spec: &ArraySpec,
    axes: &[usize],
    accumulate: A,
    finish: impl Finish<A::Partial>,
    writes: Vec<Write>,
) -> Stage {
    let grid = Grid::new(&spec.shape, axes);
    let contract = Contract {
        domain: spec.shape.clone(),
        anchor: grid.anchor(),
        order: Order::Fold { axes: grid.folded.clone() },
        reads: vec![Read { source: Source::Input(0), access: Access::point(spec.rank()) }],
        writes,
        state: grid.state(size_of::<A::Partial>() as u64),
        // A leaf that does not lie in one piece, and where its pieces begin.
        scratch: ScratchSize {
            fixed: grid.leaf_elements() * (8 + size_of::<A::Item>() as u64) + 128,
            ..ScratchSize::default()
        },
    };
    Stage { contract, work: Work::Fold(Box::new(LeafFold { grid, accumulate, finish: Box::new(finish) })) }
}

#[derive(Debug)]
struct LeafFold<A: Accumulate> {
    grid: Grid,
    accumulate: A,
    /// Not a type of its own: the loops would be compiled again for each.
    finish: Box<dyn Finish<A::Partial>>,
}

/// The pieces of a leaf in a view: where they begin, counted from its first element, and how long
/// they are.
struct Pieces<'s> {
    offsets: &'s [u64],
    length: usize,
}

impl<A: Accumulate> LeafFold<A> {
    /// Lists the pieces of a leaf of these extents in `room`.
    fn pieces<'s>(&self, view: &View, extent: &[u64], room: &'s mut [u64]) -> Pieces<'s> {
        let strides: Vec<usize> = self.grid.folded.iter().map(|a| view.strides()[*a]).collect();
        let own = Strided::new(extent, [&strides]);
        // Rows of kept cells cross every element of the leaf on its own.
        let length = if self.grid.by_rows { 1 } else { own.row() };
        let step = own.strides[0].last().copied().unwrap_or(1);
        let mut n = 0;
        own.each_row(|[at]| {
            for i in 0..own.row() / length {
                room[n] = (at + i * step) as u64;
                n += 1;
            }
        });
        Pieces { offsets: &room[..n], length }
    }

    /// One leaf of every cell, where the fastest axis is kept.
    #[inline(always)]
    fn rows(&self, data: &[A::Item], base: usize, cells: &Strided<1>, leaf: &Pieces, out: &mut [A::Partial]) {
        let width = cells.row();
        let mut rows = out.chunks_mut(width.max(1));
        cells.each_row(
            #[inline(always)]
            |[at]| {
                for (i, out) in rows.next().into_iter().flat_map(|r| r.chunks_mut(COLUMNS)).enumerate() {
                    let at = base + at + i * COLUMNS;
                    let rows = Rows { data, offsets: leaf.offsets, at, width: out.len() };
                    // Few cells, like the colours of a picture, should not pay for clearing many.
                    if width <= FEW {
                        self.accumulate.rows::<FEW>(&rows, out);
                    } else {
                        self.accumulate.rows::<COLUMNS>(&rows, out);
                    }
                }
            },
        );
    }

    /// One leaf of every cell, where the fastest axis is folded.
    #[inline(always)]
    fn lines(
        &self,
        data: &[A::Item],
        base: usize,
        cells: &Strided<1>,
        leaf: &Pieces,
        gathered: &mut [A::Item],
        out: &mut [A::Partial],
    ) {
        let (length, pieces) = (leaf.length, leaf.offsets.len());
        let mut out = out.iter_mut();
        cells.each_row(
            #[inline(always)]
            |[at]| {
                // The cells' last axis has extent 1 where their stride is not.
                for (i, out) in out.by_ref().take(cells.row()).enumerate() {
                    let at = base + at + i;
                    *out = if pieces == 1 {
                        self.accumulate.line(&data[at..][..length])
                    } else {
                        for (to, offset) in gathered.chunks_exact_mut(length).zip(leaf.offsets) {
                            to.copy_from_slice(&data[at + *offset as usize..][..length]);
                        }
                        self.accumulate.line(&gathered[..pieces * length])
                    };
                }
            },
        );
    }
}

impl<A: Accumulate> Fold for LeafFold<A> {
    fn start(&self, kept: &Region) -> State {
        Box::new(Forest::<A::Partial>::new(self.grid.leaves(), self.grid.cells(kept)))
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut crate::kernel::Scratch,
    ) -> Result<(), KernelError> {
        let (Some(forest), Some(view)) = (state.downcast_mut::<Forest<A::Partial>>(), inputs.first()) else {
            return Err(misused());
        };
        if forest.cells() != self.grid.cells(core) {
            return Err(misused());
        }
        let leaf_elements = self.grid.leaf_elements() as usize;
        let room: &mut [u64] = scratch.take(leaf_elements)?;
        let gathered: &mut [A::Item] = scratch.take(if self.grid.by_rows { 0 } else { leaf_elements })?;
        let data = view.data::<A::Item>();
        let axes = &self.grid.kept;
        let extents: Vec<u64> = axes.iter().map(|a| core.extent(*a)).collect();
        let strides: Vec<usize> = axes.iter().map(|a| view.strides()[*a]).collect();
        let cells = Strided::new(&extents, [&strides]);
        // Nearly all leaves of a tile have the same extents, so their pieces are listed once.
        let mut listed: Vec<u64> = Vec::new();
        let (mut pieces, mut length) = (0, 0);
        self.grid.each_leaf(core, |number, at, extent| {
            if listed != extent || pieces == 0 {
                let list = self.pieces(view, extent, room);
                (pieces, length) = (list.offsets.len(), list.length);
                listed.clear();
                listed.extend_from_slice(extent);
            }
            let leaf = Pieces { offsets: &room[..pieces], length };
            let offset = |(i, a): (usize, &usize)| (at[i] - core.start[*a]) as usize * view.strides()[*a];
            let base = self.grid.folded.iter().enumerate().map(offset).sum();
            let mut values = forest.buffer();
            if self.grid.by_rows {
                vectorized(
                    #[inline(always)]
                    || self.rows(data, base, &cells, &leaf, &mut values),
                );
            } else {
                vectorized(
                    #[inline(always)]
                    || self.lines(data, base, &cells, &leaf, gathered, &mut values),
                );
            }
            forest.push(number, values);
            Ok(())
        })
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        match (left.downcast_mut::<Forest<A::Partial>>(), right.downcast::<Forest<A::Partial>>()) {
            (Some(left), Ok(right)) => left.join(*right),
            _ => return Err(misused()),
        }
        Ok(())
    }

    fn finish(&self, kept: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let forest = state.downcast::<Forest<A::Partial>>().map_err(|_| misused())?;
        let cells = forest.finish().ok_or_else(|| KernelError::new("a tile of the fold is missing"))?;
        self.finish.finish(&cells, outputs).map_err(|(cell, message)| self.grid.error_at(kept, cell, message))
    }

    fn finishes_parts(&self) -> bool {
        true
    }

    fn finish_part(&self, kept: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let forest = state.downcast::<Forest<A::Partial>>().map_err(|_| misused())?;
        let finished = self.finish.finish(&forest.finish_part(), outputs);
        finished.map_err(|(cell, message)| self.grid.error_at(kept, cell, message))
    }
}

/// Only an engine that mixes up states or tiles can see it.
pub(super) fn misused() -> KernelError {
    KernelError::new("a fold received a state or a tile that is not its own")
}
