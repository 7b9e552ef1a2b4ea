//! Kernels of one array whose every element stands alone: the contract they share and the walk over
//! the rows of a tile. Owns no arithmetic and knows no parameters.

use super::super::{
    Access, Contract, KernelError, Map, Order, Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize, Variant,
    Work, Write,
};
use crate::array::{ArraySpec, DType, Region, View, ViewMut, row_starts};
use std::fmt::Debug;

/// The arithmetic of a pointwise kernel.
pub trait Rows: Debug + Send + Sync + 'static {
    /// Computes a run of elements. An error is the position in the run and what is wrong there.
    fn run(&self, input: &[u8], output: &mut [u8]) -> Result<(), (usize, String)>;
}

/// The one variant of a pointwise kernel whose result has this dtype.
pub fn variant(input: &ArraySpec, dtype: DType, rows: impl Rows) -> Vec<Variant> {
    let rank = input.rank();
    let contract = Contract {
        domain: input.shape.clone(),
        anchor: vec![1; rank],
        order: Order::Any,
        reads: vec![Read { source: Source::Input(0), access: Access::point(rank) }],
        writes: vec![Write { sink: Sink::Output(0), spec: input.as_dtype(dtype), access: Access::point(rank) }],
        state: StateSize::default(),
        scratch: ScratchSize::default(),
    };
    vec![Variant { name: "pointwise", stages: vec![Stage { contract, work: Work::Map(Box::new(Pointwise(rows))) }] }]
}

/// The index in the domain of the `flat`-th element (in C order) of a tile.
pub fn index_at(core: &Region, flat: usize) -> Vec<u64> {
    let mut index = core.start.clone();
    let mut rest = flat as u64;
    for a in (0..core.rank()).rev() {
        let n = core.extent(a).max(1);
        index[a] += rest % n;
        rest /= n;
    }
    index
}

#[derive(Debug)]
struct Pointwise<R>(R);

impl<R: Rows> Map for Pointwise<R> {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let (view, out) = (&inputs[0], &mut outputs[0]);
        let (from, to, n) = (view.dtype().size(), out.dtype().size(), view.elements());
        if n == 0 {
            return Ok(());
        }
        // A dense view is one run: short rows cost nothing.
        let run = if is_dense(view) { n } else { view.shape().last().map_or(1, |n| *n as usize) };
        let starts = row_starts(view.shape(), view.strides()).take(n / run);
        for (i, (at, output)) in starts.zip(out.bytes().chunks_exact_mut(run * to)).enumerate() {
            self.0
                .run(&view.bytes()[at * from..(at + run) * from], output)
                .map_err(|(k, message)| KernelError::at(message, index_at(core, i * run + k)))?;
        }
        Ok(())
    }
}

fn is_dense(view: &View) -> bool {
    let mut want = 1usize;
    for (n, stride) in view.shape().iter().zip(view.strides()).rev() {
        if *n != 1 && *stride != want {
            return false;
        }
        want *= *n as usize;
    }
    true
}
