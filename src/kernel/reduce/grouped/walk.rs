//! The fold of elements into slots, one for each group of each kept cell.
//!
//! Owns which slot an element belongs to, and the order of results. Refuses to know what a slot holds.

use super::super::choose::Choosable;
use super::super::fold::misused;
use super::super::grid::Grid;
use super::super::labels::{CHUNK, Labels, Piece};
use crate::array::{Region, View, ViewMut};
use crate::kernel::{Fold, KernelError, Scratch, State};
use std::fmt::Debug;
use std::marker::PhantomData;

/// What is kept for each slot, and what comes of it.
pub trait Slots<T>: Debug + Send + Sync + 'static {
    /// The contents of some slots.
    type Held: Send + 'static;
    /// Bytes of one slot.
    fn bytes(&self) -> u64;
    /// `n` slots of nothing.
    fn empty(&self, n: usize) -> Self::Held;
    /// Makes room for `elements` more elements, whatever their slots.
    fn announce(&self, held: &mut Self::Held, elements: u64);
    /// Adds an element that counts.
    fn add(&self, held: &mut Self::Held, slot: usize, x: T);
    /// Adds what other tiles gave.
    fn join(&self, held: &mut Self::Held, other: Self::Held);
    /// Writes the result of a slot as element `at`; or says why there is none.
    fn put(&self, held: &Self::Held, slot: usize, output: &mut ViewMut, at: usize) -> Result<(), String>;
}

/// The fold over elements of type `T`; with `SKIP` NaN is left out.
#[derive(Debug)]
pub struct Walk<T, S, const SKIP: bool> {
    grid: Grid,
    labels: Labels,
    stat: S,
    item: PhantomData<T>,
}

struct Groups<H> {
    held: H,
    /// One more than the largest label.
    seen: usize,
}

impl<T: Choosable, S: Slots<T>, const SKIP: bool> Walk<T, S, SKIP> {
    pub fn new(grid: Grid, labels: Labels, stat: S) -> Self {
        Walk { grid, labels, stat, item: PhantomData }
    }

    /// Adds a piece; whether each label has a group.
    fn piece(&self, data: &[T], piece: &Piece, groups: &mut Groups<S::Held>) -> bool {
        let mut fits = true;
        self.stat.announce(&mut groups.held, data.len() as u64);
        for (i, x) in data.iter().enumerate() {
            let label = piece.label(i);
            if label < 0 {
                continue;
            }
            if label >= self.labels.groups as i64 {
                fits = false;
                continue;
            }
            let label = label as usize;
            groups.seen = groups.seen.max(label + 1);
            if !(SKIP && x.is_nan()) {
                self.stat.add(&mut groups.held, piece.cell(i) * self.labels.groups + label, *x);
            }
        }
        fits
    }
}

impl<T: Choosable, S: Slots<T>, const SKIP: bool> Fold for Walk<T, S, SKIP> {
    fn start(&self, kept: &Region) -> State {
        let held = self.stat.empty(self.grid.cells(kept) * self.labels.groups);
        Box::new(Groups { held, seen: 0 })
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(groups), [view, labels]) = (state.downcast_mut::<Groups<S::Held>>(), inputs) else {
            return Err(misused());
        };
        let (data, mut fits) = (view.data::<T>(), true);
        Labels::each(&self.grid, core, view, labels, scratch.take(CHUNK)?, |piece| {
            fits &= self.piece(&data[piece.at..][..piece.len], &piece, groups);
        });
        if fits { Ok(()) } else { Err(self.labels.stray(labels)) }
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Groups<S::Held>>(), right.downcast::<Groups<S::Held>>())
        else {
            return Err(misused());
        };
        left.seen = left.seen.max(right.seen);
        self.stat.join(&mut left.held, right.held);
        Ok(())
    }

    fn finish(&self, kept: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(groups), [output]) = (state.downcast::<Groups<S::Held>>(), outputs) else { return Err(misused()) };
        let (cells, n) = (self.grid.cells(kept), self.labels.groups);
        let used = if self.labels.known { n } else { groups.seen };
        for group in 0..used {
            for cell in 0..cells {
                self.stat
                    .put(&groups.held, cell * n + group, output, group * cells + cell)
                    .map_err(|why| self.grid.error_at(kept, cell, format!("group {group}: {why}")))?;
            }
        }
        if !self.labels.known {
            output.keep(used as u64);
        }
        Ok(())
    }
}
