//! Rescaling by quantiles: they are folded as `quantile` does, two statistics are made of them, and each element
//! is rescaled.
//!
//! Owns the order of these stages and the one between. Refuses to know how quantiles are found.

use super::rescale::{Formula, HasReal, Statistics, rescale_stage, statistics_spec};
use crate::array::{ArraySpec, DType, Region, View, ViewMut};
use crate::kernel::reduce::quantile_statistics;
use crate::kernel::{
    Access, AxisMap, Contract, KernelError, Map, Order, Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize,
    Variant, Work, Write,
};

/// Which quantiles the two statistics of a cell are made of, by their places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick {
    pub first: usize,
    /// The second statistic is one quantile, or its distance from another.
    pub second: usize,
    pub less: Option<usize>,
}

/// Every way to rescale by the quantiles `q` over `axes`.
pub(super) fn variants<T: HasReal, F: Formula<T, f64> + Copy>(
    spec: &ArraySpec,
    axes: &[usize],
    (q, skipna): (&[f64], bool),
    pick: Pick,
    formula: F,
) -> Vec<Variant> {
    let statistics = statistics_spec(spec, axes, DType::F64);
    let finish = |(mut way, found): (Variant, usize)| {
        way.stages.push(pick_stage(&statistics, q.len(), found, pick));
        let first = found + 1;
        way.stages.push(rescale_stage::<T, f64, _>(spec, Statistics::Found { spec: &statistics, first }, formula));
        way
    };
    quantile_statistics(spec, axes, q, skipna).into_iter().map(finish).collect()
}

/// From the temporary `found`, quantiles along its first axis, to the two after it.
fn pick_stage(statistics: &ArraySpec, quantiles: usize, found: usize, pick: Pick) -> Stage {
    let rank = statistics.rank();
    let mut access = Access::point(rank);
    access.axes.insert(0, AxisMap::Fixed { first: 0, count: quantiles as u64 });
    let write = |i: usize| Write { sink: Sink::Temp(found + i), spec: statistics.clone(), access: Access::point(rank) };
    let contract = Contract {
        domain: statistics.shape.clone(),
        anchor: vec![1; rank],
        order: Order::Any,
        reads: vec![Read { source: Source::Temp(found), access }],
        writes: vec![write(1), write(2)],
        state: StateSize::default(),
        scratch: ScratchSize::default(),
    };
    Stage { contract, work: Work::Map(Box::new(pick)) }
}

impl Map for Pick {
    fn map(&self, _: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let ([found], [first, second]) = (inputs, outputs) else {
            return Err(KernelError::new("quantiles give two statistics"));
        };
        let of = |place: usize| {
            let (mut start, mut shape) = (found.start().to_vec(), found.shape().to_vec());
            (start[0], shape[0]) = (start[0] + place as i64, 1);
            found.sub(&start, &shape)
        };
        let (low, high) = (of(self.first), of(self.second));
        fill(first.data::<f64>(), low.rows::<f64>().flatten().copied());
        match self.less.map(of) {
            None => fill(second.data::<f64>(), high.rows::<f64>().flatten().copied()),
            Some(less) => {
                let both = high.rows::<f64>().flatten().zip(less.rows::<f64>().flatten());
                fill(second.data::<f64>(), both.map(|(a, b)| a - b));
            }
        }
        Ok(())
    }
}

fn fill(out: &mut [f64], values: impl Iterator<Item = f64>) {
    out.iter_mut().zip(values).for_each(|(o, v)| *o = v);
}
