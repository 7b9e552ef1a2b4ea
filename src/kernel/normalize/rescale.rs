//! The writing stage of a normalisation: one element and two statistics of its cell give one number.
//!
//! Owns the walk over rows, for statistics that are the same for a row or one for each of its
//! elements. Refuses to know where the statistics come from.

use crate::array::{ArraySpec, DType, Element, Region, View, ViewMut, round_to_odd};
use crate::kernel::reduce::{Real, Strided};
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, Contract, KernelError, Map, Order, Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize, Work, Write,
};
use half::{bf16, f16};
use std::fmt::Debug;
use std::marker::PhantomData;

/// What is computed. `S` is the type of the statistics.
pub trait Formula<T, S>: Debug + Send + Sync + 'static {
    /// What depends on the statistics alone.
    type Cell: Copy;
    fn cell(&self, first: S, second: S) -> Self::Cell;
    fn value(&self, cell: Self::Cell, x: T) -> f64;
}

/// A float that results are rounded to; NaN becomes the canonical one.
pub trait Rounded: Element {
    fn rounded(x: f64) -> Self;
}

macro_rules! rounded {
    ($($T:ty, $x:ident => $value:expr;)*) => { $(
        impl Rounded for $T {
            #[inline(always)]
            fn rounded($x: f64) -> $T {
                if $x.is_nan() { <$T>::NAN } else { $value }
            }
        }
    )* };
}
// By way of f32 rounded to odd: what the `half` crate makes of an f64 depends on the processor in ties.
rounded! {
    f16, x => f16::from_f32(round_to_odd(x));
    bf16, x => bf16::from_f32(round_to_odd(x));
    f32, x => x as f32;
    f64, x => x;
}

/// The dtype of results, as a type: what [`DType::real`] says.
pub trait HasReal: Real {
    type Out: Rounded;
}

macro_rules! has_real {
    ($($T:ty => $Out:ty),* $(,)?) => { $(impl HasReal for $T { type Out = $Out; })* };
}
has_real! {
    crate::array::Bool => f32, u8 => f32, u16 => f32, i8 => f32, i16 => f32, u32 => f64, u64 => f64, i32 => f64,
    i64 => f64, f16 => f16, bf16 => bf16, f32 => f32, f64 => f64,
}

/// Where the two statistics of a cell come from.
pub enum Statistics<'a, S> {
    /// Two temporaries, `first` and the one after it, which have the input's axes, with extent 1 where they were folded.
    Found { spec: &'a ArraySpec, first: usize },
    /// Known beforehand, one pair for each index along an axis.
    Known { axis: usize, pairs: Vec<(S, S)> },
}

/// The stage that writes output 0 from input 0 and two statistics.
pub fn rescale_stage<T: HasReal, S: Element + Debug, F: Formula<T, S>>(
    spec: &ArraySpec,
    statistics: Statistics<S>,
    formula: F,
) -> Stage {
    debug_assert_eq!(spec.dtype.real(), T::Out::DTYPE);
    let rank = spec.rank();
    let mut reads = vec![Read { source: Source::Input(0), access: Access::point(rank) }];
    let known = match statistics {
        Statistics::Known { axis, pairs } => {
            let (first, second) = pairs.into_iter().unzip();
            Some(Known { axis, first, second })
        }
        Statistics::Found { spec, first } => {
            let map: Vec<usize> = (0..rank).collect();
            let temp = |i| Read { source: Source::Temp(i), access: Access::broadcast(&map, &spec.shape) };
            reads.extend([temp(first), temp(first + 1)]);
            None
        }
    };
    let contract = Contract {
        domain: spec.shape.clone(),
        anchor: vec![1; rank],
        order: Order::Any,
        reads,
        writes: vec![Write { sink: Sink::Output(0), spec: spec.as_dtype(T::Out::DTYPE), access: Access::point(rank) }],
        state: StateSize::default(),
        scratch: ScratchSize::default(),
    };
    Stage { contract, work: Work::Map(Box::new(Rescale { formula, known, types: PhantomData::<T> })) }
}

/// The spec of the statistics over `axes`.
pub fn statistics_spec(spec: &ArraySpec, axes: &[usize], dtype: DType) -> ArraySpec {
    let mut statistics = spec.as_dtype(dtype);
    axes.iter().for_each(|a| statistics.shape[*a] = 1);
    statistics
}

/// Statistics known beforehand, and the axis they run along.
#[derive(Debug)]
struct Known<S> {
    axis: usize,
    first: Vec<S>,
    second: Vec<S>,
}

#[derive(Debug)]
struct Rescale<T, S, F> {
    formula: F,
    known: Option<Known<S>>,
    types: PhantomData<T>,
}

impl<T: HasReal, S: Element + Debug, F: Formula<T, S>> Rescale<T, S, F> {
    #[inline(always)]
    fn row(&self, cell: F::Cell, x: &[T], out: &mut [T::Out]) {
        for (o, x) in out.iter_mut().zip(x) {
            *o = T::Out::rounded(self.formula.value(cell, *x));
        }
    }

    #[inline(always)]
    fn row_of_cells(&self, first: &[S], second: &[S], x: &[T], out: &mut [T::Out]) {
        for (((o, x), a), b) in out.iter_mut().zip(x).zip(first).zip(second) {
            *o = T::Out::rounded(self.formula.value(self.formula.cell(*a, *b), *x));
        }
    }
}

impl<T: HasReal, S: Element + Debug, F: Formula<T, S>> Map for Rescale<T, S, F> {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        _scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (x, first, second, out) = match (&self.known, inputs, outputs) {
            (None, [x, first, second], [out]) => (x, first.clone(), second.clone(), out),
            (Some(known), [x], [out]) => {
                (x, along(&known.first, known.axis, core), along(&known.second, known.axis, core), out)
            }
            _ => return Err(KernelError::new("a normalisation got arrays that are not its own")),
        };
        // Statistics of extent 1 stay where they are while the tile moves on.
        let still = |v: &View| -> Vec<usize> {
            v.shape().iter().zip(v.strides()).map(|(n, s)| if *n == 1 { 0 } else { *s }).collect()
        };
        let walk = Strided::new(&core.shape(), [x.strides(), &still(&first), &still(&second)]);
        let per_element = walk.strides[1].last() == Some(&1) && walk.row() > 1;
        let (x, first, second) = (x.data::<T>(), first.data::<S>(), second.data::<S>());
        let mut out = out.data::<T::Out>().chunks_exact_mut(walk.row().max(1));
        vectorized(
            #[inline(always)]
            || {
                walk.each_row(
                    #[inline(always)]
                    |[at, a, b]| {
                        let Some(out) = out.next() else { return };
                        let x = &x[at..][..out.len()];
                        if per_element {
                            self.row_of_cells(&first[a..][..x.len()], &second[b..][..x.len()], x, out);
                        } else {
                            self.row(self.formula.cell(first[a], second[b]), x, out);
                        }
                    },
                );
            },
        );
        Ok(())
    }
}

/// Statistics along one axis as an array that has the axes of a tile.
fn along<'a, S: Element>(values: &'a [S], axis: usize, core: &Region) -> View<'a> {
    let mut region = Region { start: vec![0; core.rank()], end: vec![1; core.rank()] };
    (region.start[axis], region.end[axis]) = (core.start[axis], core.end[axis]);
    let range = core.start[axis] as usize..core.end[axis] as usize;
    View::dense(S::DTYPE, bytemuck::cast_slice(&values[range]), &region)
}
