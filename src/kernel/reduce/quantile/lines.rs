//! Quantiles of lines that fit in working memory: one sweep, tiles that hold whole lines.
//!
//! Owns the gathering of lines and the selection. It is a fold, not a map, so that it shares its sweep
//! with other reductions of the same array.

use super::super::fold::misused;
use super::super::strided::Strided;
use super::Bound;
use super::keys::{Word, bits, nan, value};
use crate::array::{Region, View, ViewMut, write_f64};
use crate::kernel::{
    Access, Contract, Fold, KernelError, Order, Read, Scratch, ScratchSize, Source, Stage, State, StateSize, Work,
};
use std::marker::PhantomData;

/// Lines that are gathered together where the fastest axis is kept, so that cache lines are used.
const TOGETHER: u64 = 16;

/// The one stage of this way.
pub fn line_stage(bound: &Bound) -> Stage {
    let rank = bound.spec.rank();
    let mut anchor = vec![1; rank];
    bound.grid.folded.iter().for_each(|a| anchor[*a] = bound.spec.shape[*a].max(1));
    let wide = bits(bound.spec.dtype) > 32;
    let together = if bound.grid.by_rows { TOGETHER } else { 1 };
    let key = if wide { 8 } else { 4 };
    let contract = Contract {
        domain: bound.spec.shape.clone(),
        anchor,
        order: Order::Fold { axes: bound.grid.folded.clone() },
        reads: vec![Read { source: Source::Input(0), access: Access::point(rank) }],
        writes: vec![bound.output.clone()],
        state: StateSize { fixed: 256, per_cell: bound.result_bytes(), ..StateSize::default() },
        scratch: ScratchSize {
            fixed: (bound.elements() * key + 64) * together + 16 * key + bound.quantiles.ranks_max() as u64 * 16 + 256,
            ..ScratchSize::default()
        },
    };
    let work: Box<dyn Fold> = if wide {
        Box::new(Lines::<u64> { bound: bound.clone(), key: PhantomData })
    } else {
        Box::new(Lines::<u32> { bound: bound.clone(), key: PhantomData })
    };
    Stage { contract, work: Work::Fold(work) }
}

#[derive(Debug)]
struct Lines<K> {
    bound: Bound,
    key: PhantomData<K>,
}

/// One number for each cell and quantile, cells slowest; empty before the tile that has them.
type Results = Vec<f64>;

impl<K: Word> Lines<K> {
    /// The quantiles of one line, whose order is lost.
    fn select(&self, line: &mut [K], put: impl FnMut(usize, f64)) {
        let dtype = self.bound.spec.dtype;
        let nan = nan(dtype).map_or(0, |nan| line.iter().filter(|k| k.wide() == nan).count() as u64);
        let n = self.bound.numbers(nan);
        let (mut ranks, mut found) = (Vec::new(), Vec::new());
        self.bound.quantiles.ranks(n, &mut ranks);
        // Each selection leaves larger keys behind it, NaN last.
        const SORTS_ABOVE: usize = 24;
        if ranks.len() > SORTS_ABOVE {
            line.sort_unstable();
        }
        let mut from = 0;
        for &rank in &ranks {
            let rank = rank as usize;
            if ranks.len() <= SORTS_ABOVE && rank >= from {
                line[from..].select_nth_unstable(rank - from);
                from = rank + 1;
            }
            found.push(value(dtype, line[rank].wide()));
        }
        self.bound.quantiles.values(n, &ranks, |i| found[i], put);
    }

    /// Keys of the elements of `cells` neighbouring lines, each line in one piece.
    fn gather(&self, view: &View, base: usize, cells: usize, own: &Strided<1>, few: &mut [K], lines: &mut [K]) {
        let dtype = view.dtype();
        let size = dtype.size();
        let (bytes, length) = (view.bytes(), lines.len() / cells.max(1));
        let (row, step) = (own.row(), own.strides[0].last().copied().unwrap_or(1));
        let mut n = 0;
        own.each_row(|[at]| {
            if cells == 1 && step <= 1 {
                K::read(dtype, &bytes[(base + at) * size..][..row * size], &mut lines[n..][..row]);
                n += row;
                return;
            }
            for i in 0..row {
                let few = &mut few[..cells];
                K::read(dtype, &bytes[(base + at + i * step) * size..][..cells * size], few);
                few.iter().enumerate().for_each(|(c, key)| lines[c * length + n] = *key);
                n += 1;
            }
        });
    }
}

impl<K: Word> Fold for Lines<K> {
    fn start(&self, _kept: &Region) -> State {
        Box::new(Results::new())
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(results), Some(view)) = (state.downcast_mut::<Results>(), inputs.first()) else {
            return Err(misused());
        };
        let grid = &self.bound.grid;
        let (length, quantiles) = (self.bound.elements() as usize, self.bound.quantiles.q.len());
        if grid.folded.iter().map(|a| core.extent(*a)).product::<u64>() != length as u64 {
            return Err(misused());
        }
        results.resize(grid.cells(core) * quantiles, f64::NAN);
        let strided = |axes: &[usize]| {
            let extents: Vec<u64> = axes.iter().map(|a| core.extent(*a)).collect();
            let strides: Vec<usize> = axes.iter().map(|a| view.strides()[*a]).collect();
            Strided::new(&extents, [&strides])
        };
        let (cells, own) = (strided(&grid.kept), strided(&grid.folded));
        let together = (if grid.by_rows { TOGETHER as usize } else { 1 }).min(cells.row()).max(1);
        let few = scratch.take::<K>(together)?;
        let lines = scratch.take::<K>(length * together)?;
        let mut cell = 0;
        cells.each_row(|[at]| {
            for first in (0..cells.row()).step_by(together) {
                let n = together.min(cells.row() - first);
                let lines = &mut lines[..n * length];
                self.gather(view, at + first, n, &own, few, lines);
                for line in lines.chunks_mut(length.max(1)) {
                    self.select(line, |i, value| results[cell * quantiles + i] = value);
                    cell += 1;
                }
            }
        });
        Ok(())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Results>(), right.downcast::<Results>()) else {
            return Err(misused());
        };
        if left.is_empty() {
            *left = *right;
        }
        Ok(())
    }

    fn finish(&self, kept: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(results), [output]) = (state.downcast::<Results>(), outputs) else { return Err(misused()) };
        let (cells, quantiles) = (self.bound.grid.cells(kept), self.bound.quantiles.q.len());
        for cell in 0..cells {
            for i in 0..quantiles {
                let value = results.get(cell * quantiles + i).copied().unwrap_or(f64::NAN);
                put_value(output, i * cells + cell, value);
            }
        }
        Ok(())
    }
}

/// Writes one element of a result, which is a float.
pub fn put_value(output: &mut ViewMut, at: usize, value: f64) {
    let dtype = output.dtype();
    let size = dtype.size();
    // Floats have a value for everything, NaN too.
    let _ = write_f64(dtype, &[value], &mut output.bytes()[at * size..][..size]);
}
