//! `unique` and `unique_counts`: the distinct values of an array, and how often each occurs.
//!
//! Owns the two outputs, whose length is known only at the end. What is distinct, and how it is counted, is in
//! `distinct`; the order of values is that of quantiles (`keys`).

use super::bind::real_input;
use super::distinct::{Table, VALUES_MAX, limit, too_many};
use super::fold::misused;
use super::quantile::keys::{Word, bits, put};
use super::runs::Runs;
use crate::array::{ArraySpec, DType, Region, View, ViewMut};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Fold, Kernel, KernelError, KernelInfo, Order, Params, Read, Scratch,
    ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work, Write,
};
use std::marker::PhantomData;

/// Keys that are worked on at a time.
const CHUNK: usize = 1024;

/// The table entry of `unique`.
pub const UNIQUE: KernelInfo = KernelInfo {
    name: "unique",
    family: Family::Reduce,
    summary: "the distinct values of an array, sorted",
    doc: "Shape: (n), whatever the input's; n is known only after the run, and a plan says at most how many. dtype: the \
          input's. As numpy.unique of all elements: ascending, NaN last and once; zeros are one value, which comes out as \
          +0. More than `values_max` distinct values are an error. No step can take the result, since plans need \
          lengths: write it to a file. One sweep, shared with `unique_counts` of the same array; some 40 bytes for each \
          value that is allowed and can be there.",
    params: &[VALUES_MAX],
    example: "[[step]]\nkernel = \"unique\"\nvalues_max = 100_000",
    parse: |params| Ok(parse(params, false)),
};

/// The table entry of `unique_counts`.
pub const UNIQUE_COUNTS: KernelInfo = KernelInfo {
    name: "unique_counts",
    family: Family::Reduce,
    summary: "how often each distinct value occurs, in the order of unique",
    doc: "Shape: (n), whatever the input's; n is known only after the run, and a plan says at most how many. dtype: i64. \
          As numpy.unique of all elements with return_counts: element i counts the elements equal to element i of \
          `unique`; NaN counts as one value. More than `values_max` distinct values are an error. No step can take the \
          result, since plans need lengths: write it to a file. One sweep, shared with `unique` of the same array; some 40 \
          bytes for each value that is allowed and can be there.",
    params: &[VALUES_MAX],
    example: "[[step]]\nkernel = \"unique_counts\"\nvalues_max = 100_000",
    parse: |params| Ok(parse(params, true)),
};

fn parse(params: &Params, counts: bool) -> Box<dyn Kernel> {
    Box::new(Unique { values_max: params.int("values_max").unwrap_or(65_536).max(1) as u64, counts })
}

#[derive(Debug)]
struct Unique {
    values_max: u64,
    counts: bool,
}

impl Kernel for Unique {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input(if self.counts { "unique_counts" } else { "unique" }, inputs)?;
        let limit = limit(spec.dtype, spec.elements().unwrap_or(u64::MAX), self.values_max);
        let wide = bits(spec.dtype) > 32;
        let bytes = if wide { Table::<u64>::bytes(limit) } else { Table::<u32>::bytes(limit) };
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: vec![1; spec.rank()],
            order: Order::Fold { axes: (0..spec.rank()).collect() },
            reads: vec![Read { source: Source::Input(0), access: Access::point(spec.rank()) }],
            writes: vec![Write {
                sink: Sink::AtMost(0),
                spec: ArraySpec::new(if self.counts { DType::I64 } else { spec.dtype }, &[limit]),
                access: Access { axes: vec![AxisMap::All], ..Access::point(0) },
            }],
            state: StateSize { fixed: bytes + 256, ..StateSize::default() },
            scratch: ScratchSize { fixed: CHUNK as u64 * 8, ..ScratchSize::default() },
        };
        let (values_max, counts) = (self.values_max, self.counts);
        let work: Box<dyn Fold> = match wide {
            true => Box::new(Distinct::<u64> { limit, values_max, counts, dtype: spec.dtype, key: PhantomData }),
            false => Box::new(Distinct::<u32> { limit, values_max, counts, dtype: spec.dtype, key: PhantomData }),
        };
        Ok(vec![Variant { name: "fold", stages: vec![Stage { contract, work: Work::Fold(work) }] }])
    }
}

#[derive(Debug)]
struct Distinct<K> {
    limit: u64,
    values_max: u64,
    counts: bool,
    dtype: DType,
    key: PhantomData<K>,
}

impl<K> Distinct<K> {
    fn too_many(&self) -> KernelError {
        too_many(self.values_max, "round the array, or use histogram")
    }
}

impl<K: Word> Fold for Distinct<K> {
    fn start(&self, _: &Region) -> State {
        Box::new(Table::<K>::new(self.limit))
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(table), [view]) = (state.downcast_mut::<Table<K>>(), inputs) else { return Err(misused()) };
        let (dtype, bytes, keys) = (self.dtype, view.bytes(), scratch.take::<K>(CHUNK)?);
        let mut added = Ok(());
        Runs::new(core, &[], view.strides()).each(CHUNK, |run| {
            if added.is_ok() {
                let keys = &mut keys[..run.len];
                K::read(dtype, &bytes[run.at * dtype.size()..][..run.len * dtype.size()], keys);
                added = table.add_all(keys);
            }
        });
        added.map_err(|_| self.too_many())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Table<K>>(), right.downcast::<Table<K>>()) else {
            return Err(misused());
        };
        left.join(&right).map_err(|_| self.too_many())
    }

    fn finish(&self, _: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(table), [output]) = (state.downcast::<Table<K>>(), outputs) else { return Err(misused()) };
        let list = table.sorted();
        output.keep(list.len() as u64);
        if self.counts {
            output.data::<i64>().iter_mut().zip(&list).for_each(|(o, (_, n))| *o = *n as i64);
        } else {
            let elements = output.bytes().chunks_exact_mut(self.dtype.size());
            elements.zip(&list).for_each(|(o, (key, _))| put(self.dtype, key.wide(), o));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::trial::{Array, run};

    fn bind(info: &KernelInfo, spec: &ArraySpec) -> Vec<Variant> {
        let params = Params::check(info.params, &[]).unwrap();
        (info.parse)(&params).unwrap().bind(std::slice::from_ref(spec)).unwrap()
    }

    #[test]
    fn values_and_counts_are_the_same_for_any_tiles() {
        let values = [3.0f32, -0.0, f32::NAN, 3.0, 0.0, -1.5, -f32::NAN, f32::INFINITY];
        let x = Array::from(&[2, 4], &values);
        for tile in [[1, 1], [2, 4], [1, 3]] {
            let unique = run(&bind(&UNIQUE, &x.spec)[0], std::slice::from_ref(&x), &tile).unwrap().remove(0);
            let bits: Vec<u32> = unique.data::<f32>().iter().map(|x| x.to_bits()).collect();
            assert_eq!(bits, [-1.5, 0.0, 3.0, f32::INFINITY, f32::NAN].map(f32::to_bits));
            let counts = run(&bind(&UNIQUE_COUNTS, &x.spec)[0], std::slice::from_ref(&x), &tile).unwrap().remove(0);
            assert_eq!(counts.data::<i64>(), [1, 2, 2, 1, 2]);
        }
    }
}
