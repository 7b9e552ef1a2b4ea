//! The stage that counts.
//!
//! Owns the walk over elements. Counting whole numbers is exact, so no order of tiles shows.

use super::super::counters::Counters;
use super::super::fold::misused;
use super::super::grid::Grid;
use super::super::runs::{Run, Runs};
use super::edges::{Edges, Scale};
use crate::array::{ArraySpec, Region, View, ViewMut, read_f64, row_starts};
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, Contract, Fold, KernelError, Order, Read, Scratch, ScratchSize, Source, Stage, State, StateSize, Work,
    Write,
};

/// Elements that are worked on at a time: they stay in the first-level cache.
const CHUNK: usize = 1024;

/// Counts input 0 into `bins` bins of `range`, or of the range of each cell in temporaries 0 and 1.
pub fn count_stage(spec: &ArraySpec, grid: Grid, bins: usize, range: Option<(f64, f64)>, write: Write) -> Stage {
    let mut reads = vec![Read { source: Source::Input(0), access: Access::point(spec.rank()) }];
    if range.is_none() {
        let temp = |i| Read { source: Source::Temp(i), access: Access::reduced(spec.rank(), &grid.folded, false) };
        reads.extend([temp(0), temp(1)]);
    }
    let elements = grid.folded.iter().map(|a| spec.shape[*a]).product();
    let (counted, fixed) = Counters::bytes(bins as u64, elements);
    let contract = Contract {
        domain: spec.shape.clone(),
        anchor: vec![1; spec.rank()],
        order: Order::Fold { axes: grid.folded.clone() },
        reads,
        writes: vec![write],
        state: StateSize { fixed: fixed + 256, per_cell: counted + 16, ..StateSize::default() },
        scratch: ScratchSize { fixed: CHUNK as u64 * 12 + (bins as u64 + 1) * 8 + 256, ..ScratchSize::default() },
    };
    let work = Work::Fold(Box::new(Count { spec: spec.clone(), grid, bins, range }));
    Stage { contract, work }
}

#[derive(Debug)]
struct Count {
    spec: ArraySpec,
    grid: Grid,
    bins: usize,
    range: Option<(f64, f64)>,
}

/// What was counted of some cells.
struct Counted {
    counters: Counters,
    /// The range of each cell, where it was found; empty before the first tile.
    ranges: Vec<(f64, f64)>,
}

/// Room for one chunk: numbers, their bins by estimate, and the edges of a cell.
struct Room<'s> {
    numbers: &'s mut [f64],
    estimates: &'s mut [u32],
    edges: &'s mut [f64],
}

impl Count {
    fn edges(&self, ranges: &[(f64, f64)], cell: usize) -> Edges {
        match self.range {
            Some(range) => Edges::given(self.spec.dtype, range, self.bins),
            None => Edges::found(self.spec.dtype, ranges[cell], self.bins),
        }
    }

    /// A run of one cell, whose edges are listed.
    #[inline(always)]
    fn one(&self, scale: &Scale, len: usize, room: &mut Room, counts: &mut [u32]) {
        let (numbers, estimates) = (&room.numbers[..len], &mut room.estimates[..len]);
        estimates.iter_mut().zip(numbers).for_each(|(e, x)| *e = scale.estimate(*x));
        for (x, estimate) in numbers.iter().zip(estimates).filter(|(x, _)| scale.holds(**x)) {
            counts[scale.correct(*x, *estimate, |i| room.edges[i])] += 1;
        }
    }

    /// A run of several cells.
    fn several(&self, run: Run, ranges: &[(f64, f64)], numbers: &[f64], counts: &mut [u32]) {
        for cell in 0..run.period {
            let edges = self.edges(ranges, run.cell + cell);
            let scale = Scale::new(&edges);
            let counts = &mut counts[(run.cell + cell) * self.bins..][..self.bins];
            for x in numbers[cell..].iter().step_by(run.period).filter(|x| scale.holds(**x)) {
                counts[scale.correct(*x, scale.estimate(*x), |i| edges.at(i))] += 1;
            }
        }
    }

    fn count(&self, core: &Region, view: &View, counted: &mut Counted, room: &mut Room) {
        let Counted { counters, ranges } = counted;
        let (dtype, bytes) = (view.dtype(), view.bytes());
        let mut listed: Option<(usize, Scale)> = None;
        Runs::new(core, &self.grid.kept, view.strides()).each(CHUNK, |run| {
            let bytes = &bytes[run.at * dtype.size()..][..run.len * dtype.size()];
            let counts = counters.raise(run.len);
            vectorized(
                #[inline(always)]
                || read_f64(dtype, bytes, &mut room.numbers[..run.len]),
            );
            if run.period > 1 {
                return self.several(run, ranges, &room.numbers[..run.len], counts);
            }
            let scale = match listed {
                Some((cell, scale)) if cell == run.cell => scale,
                _ => {
                    let edges = self.edges(ranges, run.cell);
                    room.edges.iter_mut().enumerate().for_each(|(i, e)| *e = edges.at(i));
                    listed.insert((run.cell, Scale::new(&edges))).1
                }
            };
            let counts = &mut counts[run.cell * self.bins..][..self.bins];
            vectorized(
                #[inline(always)]
                || self.one(&scale, run.len, room, counts),
            );
        });
    }
}

/// All elements of a view in C order.
fn elements(view: &View) -> Vec<f64> {
    let row = view.shape().last().map_or(1, |n| *n as usize);
    let mut out = vec![0.0; view.elements()];
    for (at, row) in row_starts(view.shape(), view.strides()).zip(out.chunks_mut(row.max(1))) {
        view.row_f64(at, row);
    }
    out
}

impl Fold for Count {
    fn start(&self, kept: &Region) -> State {
        let counters = Counters::new(self.grid.cells(kept) * self.bins);
        Box::new(Counted { counters, ranges: Vec::new() })
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(counted), Some(view)) = (state.downcast_mut::<Counted>(), inputs.first()) else {
            return Err(misused());
        };
        if let [_, low, high] = inputs {
            counted.ranges = elements(low).into_iter().zip(elements(high)).collect();
        }
        let (numbers, estimates) = (scratch.take(CHUNK)?, scratch.take(CHUNK)?);
        let edges = scratch.take(self.bins + 1)?;
        self.count(core, view, counted, &mut Room { numbers, estimates, edges });
        counted.ranges = Vec::new();
        Ok(())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Counted>(), right.downcast::<Counted>()) else {
            return Err(misused());
        };
        left.counters.join(right.counters);
        Ok(())
    }

    fn finish(&self, _kept: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(counted), [output]) = (state.downcast::<Counted>(), outputs) else { return Err(misused()) };
        for (i, o) in output.data::<i64>().iter_mut().enumerate() {
            *o = counted.counters.get(i) as i64;
        }
        Ok(())
    }
}
