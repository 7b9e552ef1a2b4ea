//! `topk`: the largest or smallest elements over axes, sorted.
//!
//! Owns the buffers in which candidates wait: which elements are among the first k does not depend on the order in
//! which they come. The order of values is that of quantiles (`keys`).

use super::bind::{AXES, SKIPNA, folded_axes, folded_elements, real_input, reduced_write};
use super::fold::misused;
use super::grid::Grid;
use super::quantile::keys::{Word, bits, nan, put};
use super::runs::Runs;
use crate::array::{ArraySpec, DType, Region, View, ViewMut};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Fold, Kernel, KernelError, KernelInfo, Kind, Order, ParamInfo,
    Params, Read, Scratch, ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work,
};
use std::cmp::Reverse;
use std::marker::PhantomData;

/// Keys that are worked on at a time.
const CHUNK: usize = 1024;

/// The table entry of `topk`.
pub const TOPK: KernelInfo = KernelInfo {
    name: "topk",
    family: Family::Reduce,
    summary: "the k largest or smallest elements over all or some axes",
    doc: "Shape: k in front of the input's without `axes`. dtype: the input's. The last k of numpy.sort from the last \
          on, and with `largest = false` the first k: values as torch.topk has them, sorted. NaN is the largest value, as \
          NumPy sorts: it comes first of the largest and last of the smallest; with `skipna` it is left out, and NaN \
          stands where fewer than k remain. A zero that is found comes out as +0. More than the elements there are is \
          refused. One sweep; room for 2 k elements for each cell.",
    params: &[
        ParamInfo { name: "k", kind: Kind::Int { min: 1, max: 1 << 32 }, default: None, doc: "how many elements" },
        AXES,
        ParamInfo {
            name: "largest",
            kind: Kind::Bool,
            default: Some("true"),
            doc: "the largest, from the largest down; else the smallest, from the smallest up",
        },
        SKIPNA,
    ],
    example: "[[step]]\nkernel = \"topk\"\nk = 3\naxes = \"y\"",
    parse: |params| Ok(Box::new(Topk(params.clone()))),
};

#[derive(Debug)]
struct Topk(Params);

impl Kernel for Topk {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("topk", inputs)?;
        let axes = folded_axes(&self.0, spec)?;
        let (k, n) = (self.0.int("k").unwrap_or(1).max(1) as u64, folded_elements(spec, &axes));
        if k > n {
            let message = format!("k = {k}, of {n} elements that each result has to choose from");
            return Err(BindError::param("k", message).help("ask for fewer, or work over more axes"));
        }
        let mut write = reduced_write(spec, &axes, false, spec.dtype, Sink::Output(0));
        write.spec.shape.insert(0, k);
        write.spec.axes.insert(0, None);
        write.access.axes.insert(0, AxisMap::All);
        let (wide, room) = (bits(spec.dtype) > 32, (2 * k).min(n));
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: vec![1; spec.rank()],
            order: Order::Fold { axes: axes.clone() },
            reads: vec![Read { source: Source::Input(0), access: Access::point(spec.rank()) }],
            writes: vec![write],
            state: StateSize {
                fixed: 512,
                per_cell: (room + 1) * if wide { 8 } else { 4 } + 16,
                ..StateSize::default()
            },
            scratch: ScratchSize { fixed: CHUNK as u64 * 8, ..ScratchSize::default() },
        };
        let (k, room, dtype) = (k as usize, room as usize, spec.dtype);
        let (largest, skipna) = (self.0.bool("largest", true), self.0.bool("skipna", false));
        let grid = Grid::new(&spec.shape, &axes);
        let work: Box<dyn Fold> = match wide {
            true => Box::new(Top::<u64> { grid, dtype, k, room, largest, skipna, key: PhantomData }),
            false => Box::new(Top::<u32> { grid, dtype, k, room, largest, skipna, key: PhantomData }),
        };
        Ok(vec![Variant { name: "fold", stages: vec![Stage { contract, work: Work::Fold(work) }] }])
    }
}

#[derive(Debug)]
struct Top<K> {
    grid: Grid,
    dtype: DType,
    k: usize,
    /// Candidates that a cell can hold: with twice as many as are sought, choosing among them is rare.
    room: usize,
    largest: bool,
    skipna: bool,
    key: PhantomData<K>,
}

/// The candidates of some cells. What is sought has the largest keys.
struct Candidates<K> {
    /// `room` for each cell.
    keys: Vec<K>,
    held: Vec<usize>,
    /// For each cell that had too many, the least of those that stayed: only larger ones matter.
    floors: Vec<Option<K>>,
}

impl<K: Word> Top<K> {
    /// An element's key, with the order in which elements are sought; none where it is left out.
    fn key(&self, key: K) -> Option<K> {
        if self.skipna && nan(self.dtype) == Some(key.wide()) {
            return None;
        }
        Some(if self.largest { key } else { K::narrow(!key.wide()) })
    }

    fn offer(&self, found: &mut Candidates<K>, cell: usize, key: K) {
        if found.floors[cell].is_some_and(|floor| key <= floor) {
            return;
        }
        let held = &mut found.held[cell];
        let own = &mut found.keys[cell * self.room..][..self.room];
        if *held == self.room {
            own.select_nth_unstable_by_key(self.k - 1, |key| Reverse(*key));
            found.floors[cell] = Some(own[self.k - 1]);
            *held = self.k;
            if key <= own[self.k - 1] {
                return;
            }
        }
        own[*held] = key;
        *held += 1;
    }
}

impl<K: Word> Fold for Top<K> {
    fn start(&self, kept: &Region) -> State {
        let cells = self.grid.cells(kept);
        let keys = vec![K::zeroed(); cells * self.room];
        Box::new(Candidates { keys, held: vec![0; cells], floors: vec![None; cells] })
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(found), [view]) = (state.downcast_mut::<Candidates<K>>(), inputs) else { return Err(misused()) };
        let (dtype, bytes, keys) = (self.dtype, view.bytes(), scratch.take::<K>(CHUNK)?);
        Runs::new(core, &self.grid.kept, view.strides()).each(CHUNK, |run| {
            let keys = &mut keys[..run.len];
            K::read(dtype, &bytes[run.at * dtype.size()..][..run.len * dtype.size()], keys);
            for (i, key) in keys.iter().enumerate() {
                if let Some(key) = self.key(*key) {
                    self.offer(found, run.cell + i % run.period, key);
                }
            }
        });
        Ok(())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Candidates<K>>(), right.downcast::<Candidates<K>>()) else {
            return Err(misused());
        };
        for (cell, held) in right.held.iter().enumerate() {
            right.keys[cell * self.room..][..*held].iter().for_each(|key| self.offer(left, cell, *key));
        }
        Ok(())
    }

    fn finish(&self, kept: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(mut found), [output]) = (state.downcast::<Candidates<K>>(), outputs) else { return Err(misused()) };
        let (cells, size) = (self.grid.cells(kept), self.dtype.size());
        for cell in 0..cells {
            let own = &mut found.keys[cell * self.room..][..found.held[cell]];
            own.sort_unstable_by_key(|key| Reverse(*key));
            for i in 0..self.k {
                let sought = own.get(i).map(|key| if self.largest { *key } else { K::narrow(!key.wide()) });
                // Fewer remain only where NaN was left out.
                let key = sought.map(Word::wide).or(nan(self.dtype)).unwrap_or(0);
                put(self.dtype, key, &mut output.bytes()[(i * cells + cell) * size..][..size]);
            }
        }
        Ok(())
    }
}
