//! `mode`: the most frequent value over axes.
//!
//! Owns the choice between values that are as frequent. What is distinct, and how it is counted, is in `distinct`.

use super::bind::{AXES, KEEPDIMS, SKIPNA, folded_axes, folded_elements, nonempty, real_input, reduced_write};
use super::distinct::{Table, VALUES_MAX, limit, too_many};
use super::fold::misused;
use super::grid::Grid;
use super::quantile::keys::{Word, bits, nan, put};
use super::runs::Runs;
use crate::array::{ArraySpec, DType, Region, View, ViewMut};
use crate::kernel::{
    Access, BindError, Contract, Family, Fold, Kernel, KernelError, KernelInfo, Order, Params, Read, Scratch,
    ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work,
};
use std::cmp::Reverse;
use std::marker::PhantomData;

/// Keys that are worked on at a time.
const CHUNK: usize = 1024;

/// The table entry of `mode`.
pub const MODE: KernelInfo = KernelInfo {
    name: "mode",
    family: Family::Reduce,
    summary: "the most frequent value over all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's. As scipy.stats.mode: of \
          values that are as frequent the smallest; zeros are one value, which comes out as +0. NaN propagates \
          (nan_policy = 'propagate'); with `skipna` it is left out, and NaN comes out where nothing else is. Refused \
          where there is nothing to choose from, and where a cell has more than `values_max` distinct values. One sweep; \
          some 40 bytes for each cell and distinct value that it can have.",
    params: &[AXES, VALUES_MAX, SKIPNA, KEEPDIMS],
    example: "[[step]]\nkernel = \"mode\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Mode(params.clone()))),
};

#[derive(Debug)]
struct Mode(Params);

impl Kernel for Mode {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("mode", inputs)?;
        nonempty("mode", spec, &self.0)?;
        let axes = folded_axes(&self.0, spec)?;
        let values_max = self.0.int("values_max").unwrap_or(65_536).max(1) as u64;
        let limit = limit(spec.dtype, folded_elements(spec, &axes), values_max);
        let wide = bits(spec.dtype) > 32;
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: vec![1; spec.rank()],
            order: Order::Fold { axes: axes.clone() },
            reads: vec![Read { source: Source::Input(0), access: Access::point(spec.rank()) }],
            writes: vec![reduced_write(spec, &axes, self.0.bool("keepdims", false), spec.dtype, Sink::Output(0))],
            state: StateSize {
                fixed: 256,
                per_cell: if wide { Table::<u64>::bytes(limit) } else { Table::<u32>::bytes(limit) },
                ..StateSize::default()
            },
            scratch: ScratchSize { fixed: CHUNK as u64 * 8, ..ScratchSize::default() },
        };
        let (grid, dtype, skipna) = (Grid::new(&spec.shape, &axes), spec.dtype, self.0.bool("skipna", false));
        let work: Box<dyn Fold> = match wide {
            true => Box::new(Modes::<u64> { grid, dtype, skipna, limit, values_max, key: PhantomData }),
            false => Box::new(Modes::<u32> { grid, dtype, skipna, limit, values_max, key: PhantomData }),
        };
        Ok(vec![Variant { name: "fold", stages: vec![Stage { contract, work: Work::Fold(work) }] }])
    }
}

#[derive(Debug)]
struct Modes<K> {
    grid: Grid,
    dtype: DType,
    skipna: bool,
    limit: u64,
    values_max: u64,
    key: PhantomData<K>,
}

/// One table for each cell.
type Tables<K> = Vec<Table<K>>;

impl<K: Word> Modes<K> {
    fn too_many(&self) -> KernelError {
        too_many(self.values_max, "work over fewer elements")
    }

    /// The key of the most frequent value, the smallest of several.
    fn choose(&self, table: &Table<K>) -> Option<K> {
        let nan = nan(self.dtype).map(K::narrow);
        if let (false, Some(found)) = (self.skipna, table.iter().map(|(key, _)| key).find(|k| Some(*k) == nan)) {
            return Some(found);
        }
        let best = table.iter().filter(|(key, _)| Some(*key) != nan).max_by_key(|(key, n)| (*n, Reverse(*key)));
        best.map(|(key, _)| key).or(nan)
    }
}

impl<K: Word> Fold for Modes<K> {
    fn start(&self, kept: &Region) -> State {
        let tables: Tables<K> = (0..self.grid.cells(kept)).map(|_| Table::new(self.limit)).collect();
        Box::new(tables)
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(tables), [view]) = (state.downcast_mut::<Tables<K>>(), inputs) else { return Err(misused()) };
        let (dtype, bytes, keys) = (self.dtype, view.bytes(), scratch.take::<K>(CHUNK)?);
        let mut added = Ok(());
        Runs::new(core, &self.grid.kept, view.strides()).each(CHUNK, |run| {
            if added.is_err() {
                return;
            }
            let keys = &mut keys[..run.len];
            K::read(dtype, &bytes[run.at * dtype.size()..][..run.len * dtype.size()], keys);
            added = match run.period {
                1 => tables[run.cell].add_all(keys),
                n => keys.iter().enumerate().try_for_each(|(i, key)| tables[run.cell + i % n].add(*key, 1)),
            };
        });
        added.map_err(|_| self.too_many())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Tables<K>>(), right.downcast::<Tables<K>>()) else {
            return Err(misused());
        };
        left.iter_mut().zip(right.iter()).try_for_each(|(l, r)| l.join(r)).map_err(|_| self.too_many())
    }

    fn finish(&self, _: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(tables), [output]) = (state.downcast::<Tables<K>>(), outputs) else { return Err(misused()) };
        for (o, table) in output.bytes().chunks_exact_mut(self.dtype.size()).zip(tables.iter()) {
            let key = self.choose(table).ok_or_else(|| KernelError::new("a tile of the fold is missing"))?;
            put(self.dtype, key.wide(), o);
        }
        Ok(())
    }
}
