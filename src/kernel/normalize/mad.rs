//! Rescaling by the median and the median absolute deviation from it.
//!
//! Owns the order of stages: the median, deviations from it, their median. Deviations are made in tiles and never kept
//! where that saves memory; both medians are exact. Refuses to know how quantiles are found.

use super::rescale::{Formula, HasReal, Statistics, rescale_stage, statistics_spec};
use crate::array::{ArraySpec, DType, Region, View, ViewMut, read_f64};
use crate::kernel::reduce::{Strided, quantile_statistics};
use crate::kernel::{
    Access, AxisMap, Contract, KernelError, Map, Order, Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize,
    Variant, Work, Write,
};

/// Every way to rescale by the median over `axes` and the median absolute deviation divided by `scale`.
pub(super) fn variants<T: HasReal, F: Formula<T, f64> + Copy>(
    spec: &ArraySpec,
    axes: &[usize],
    (scale, skipna): (f64, bool),
    formula: F,
) -> Vec<Variant> {
    let statistics = statistics_spec(spec, axes, DType::F64);
    let deviations = spec.as_dtype(DType::F64);
    let ways = |spec: &ArraySpec| quantile_statistics(spec, axes, &[0.5], skipna);
    let count = ways(spec).len().max(ways(&deviations).len());
    let nth = |spec: &ArraySpec, i: usize| {
        let mut all = ways(spec);
        let last = all.len() - 1;
        all.swap_remove(i.min(last))
    };
    let way = |i: usize| {
        let (mut way, median) = nth(spec, i);
        way.stages.push(deviation_stage(spec, &statistics, median));
        let (second, found) = nth(&deviations, i);
        let first = median + 2;
        way.stages.extend(second.stages.into_iter().map(|stage| moved(stage, median + 1, first)));
        way.stages.push(pair_stage(&statistics, [median, first + found], scale));
        let first = first + found + 1;
        way.stages.push(rescale_stage::<T, f64, _>(spec, Statistics::Found { spec: &statistics, first }, formula));
        way
    };
    (0..count).map(way).collect()
}

/// A stage that reads the temporary `input` for input 0, and whose own temporaries begin at `first`.
fn moved(mut stage: Stage, input: usize, first: usize) -> Stage {
    for read in &mut stage.contract.reads {
        read.source = match read.source {
            Source::Input(_) => Source::Temp(input),
            Source::Temp(t) => Source::Temp(t + first),
        };
    }
    for write in &mut stage.contract.writes {
        if let Sink::Temp(t) = write.sink {
            write.sink = Sink::Temp(t + first);
        }
    }
    stage
}

/// The one quantile of an array of them, as a statistic of the axes of `access`.
fn one_of(mut access: Access) -> Access {
    access.axes.insert(0, AxisMap::Fixed { first: 0, count: 1 });
    access
}

fn map_stage(domain: &ArraySpec, reads: Vec<Read>, writes: Vec<(usize, &ArraySpec)>, map: impl Map + 'static) -> Stage {
    let rank = domain.rank();
    let write =
        |(t, spec): (usize, &ArraySpec)| Write { sink: Sink::Temp(t), spec: spec.clone(), access: Access::point(rank) };
    let contract = Contract {
        domain: domain.shape.clone(),
        anchor: vec![1; rank],
        order: Order::Any,
        reads,
        writes: writes.into_iter().map(write).collect(),
        state: StateSize::default(),
        scratch: ScratchSize::default(),
    };
    Stage { contract, work: Work::Map(Box::new(map)) }
}

/// From input 0 and its medians, the temporary `median`, to the one after it.
fn deviation_stage(spec: &ArraySpec, statistics: &ArraySpec, median: usize) -> Stage {
    let map: Vec<usize> = (0..spec.rank()).collect();
    let reads = vec![
        Read { source: Source::Input(0), access: Access::point(spec.rank()) },
        Read { source: Source::Temp(median), access: one_of(Access::broadcast(&map, &statistics.shape)) },
    ];
    map_stage(spec, reads, vec![(median + 1, &spec.as_dtype(DType::F64))], Deviation)
}

/// From medians and median deviations to the two temporaries after them.
fn pair_stage(statistics: &ArraySpec, found: [usize; 2], scale: f64) -> Stage {
    let read = |t| Read { source: Source::Temp(t), access: one_of(Access::point(statistics.rank())) };
    let writes = vec![(found[1] + 1, statistics), (found[1] + 2, statistics)];
    map_stage(statistics, found.map(read).into(), writes, Pair { scale })
}

/// |x - median|.
#[derive(Debug)]
struct Deviation;

impl Map for Deviation {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let ([x, medians], [out]) = (inputs, outputs) else {
            return Err(KernelError::new("deviations are those of one array from its medians"));
        };
        // Without the axis of quantiles, medians have the axes of the array; where there is one, it stays put.
        let still: Vec<usize> =
            medians.shape().iter().zip(medians.strides()).skip(1).map(|(n, s)| if *n == 1 { 0 } else { *s }).collect();
        let walk = Strided::new(&core.shape(), [x.strides(), &still]);
        let (n, size) = (walk.row(), x.dtype().size());
        let step = if n > 1 { walk.strides[1].last().copied().unwrap_or(0) } else { 0 };
        let medians = medians.data::<f64>();
        let mut rows = out.data::<f64>().chunks_exact_mut(n.max(1));
        walk.each_row(|[at, m]| {
            let Some(row) = rows.next() else { return };
            read_f64(x.dtype(), &x.bytes()[at * size..][..n * size], row);
            row.iter_mut().enumerate().for_each(|(i, o)| *o = (*o - medians[m + i * step]).abs());
        });
        Ok(())
    }
}

/// Copies both statistics, the second in units of `scale`.
#[derive(Debug)]
struct Pair {
    scale: f64,
}

impl Map for Pair {
    fn map(&self, _: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        for (i, (view, out)) in inputs.iter().zip(outputs).enumerate() {
            let scale = if i == 0 { 1.0 } else { self.scale };
            let values = view.rows::<f64>().flatten();
            out.data::<f64>().iter_mut().zip(values).for_each(|(o, v)| *o = v / scale);
        }
        Ok(())
    }
}
