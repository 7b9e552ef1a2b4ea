//! `histogram2d`: how many pairs of elements of two arrays lie in each of some rectangles.
//!
//! Owns the pairing of two arrays and the counting. The ranges are surveyed as those of `histogram`; edges and bins are
//! in `edges`. Counting whole numbers is exact, so no order of tiles shows.

use super::super::bind::complex;
use super::super::counters::Counters;
use super::super::fold::misused;
use super::super::strided::Strided;
use super::edges::{Edges, Scale};
use super::{BINS_MAX, survey_stage};
use crate::array::{ArraySpec, DType, Region, View, ViewMut, read_f64};
use crate::kernel::math::common;
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Fold, Kernel, KernelError, KernelInfo, Kind, Order, ParamInfo,
    Params, Read, Scratch, ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work, Write,
};

/// Pairs that are worked on at a time: they stay in the first-level cache.
const CHUNK: usize = 1024;

/// The table entry of `histogram2d`.
pub const HISTOGRAM2D: KernelInfo = KernelInfo {
    name: "histogram2d",
    family: Family::Reduce,
    summary: "counts of pairs of elements of two arrays in rectangles of equal size",
    doc: "Shape: (bins of the array, bins of `other`), whatever the arrays'. dtype: i64. As numpy.histogram2d of all \
          elements of two arrays of one shape: bins include their lower edge, the last one both; data of one value lies in \
          the middle of a range of width 1. A pair is not counted where one of its elements is NaN or lies outside its \
          range. Without `range` each array has its own, from the smallest to the largest finite element, and infinities \
          are not counted (NumPy refuses them). Two sweeps, one with `range`; 4 bytes for each rectangle.",
    params: &[
        ParamInfo {
            name: "other",
            kind: Kind::Arrays,
            default: None,
            doc: "the array of the second elements, of the same shape: the name of an input or a step",
        },
        ParamInfo {
            name: "bins",
            kind: Kind::Ints { min: 1, max: BINS_MAX },
            default: Some("10"),
            doc: "how many bins of equal width: one number for both arrays, or two",
        },
        ParamInfo {
            name: "range",
            kind: Kind::Numbers { min: f64::MIN, max: f64::MAX },
            default: Some(""),
            doc: "the outer edges, as [low, high, low of other, high of other]; unset: the smallest and the largest finite \
                  element of each",
        },
    ],
    example: "[[step]]\nkernel = \"histogram2d\"\nother = \"x\"\nbins = [8, 16]",
    parse,
};

type Range = (f64, f64);

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let names = params.names("other");
    let [with] = names.as_slice() else {
        return Err(BindError::param("other", format!("other names {} arrays, it takes one", names.len())));
    };
    let ranges = match params.numbers("range").as_deref() {
        None => None,
        Some(&[a, b, c, d]) if a <= b && c <= d => Some([(a, b), (c, d)]),
        Some(&[a, b, c, d]) => {
            let (low, high) = if a > b { (a, b) } else { (c, d) };
            return Err(BindError::param("range", format!("range goes from {low} down to {high}")));
        }
        Some(other) => {
            let message = format!("range has {} entries, it takes four", other.len());
            return Err(BindError::param("range", message).help("range = [low, high, low of other, high of other]"));
        }
    };
    let bins = params.ints("bins", 2)?.map_or([10, 10], |b| [b[0].max(1) as usize, b[1].max(1) as usize]);
    Ok(Box::new(Histogram2d { with: with.clone(), bins, ranges }))
}

#[derive(Debug)]
struct Histogram2d {
    with: String,
    bins: [usize; 2],
    ranges: Option<[Range; 2]>,
}

impl Kernel for Histogram2d {
    fn input_names(&self) -> Vec<String> {
        vec![String::new(), self.with.clone()]
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [x, y] = inputs else { return Err(BindError::new("\"histogram2d\" takes two arrays")) };
        if let Some(spec) = inputs.iter().find(|s| s.dtype.is_complex()) {
            return Err(complex("histogram2d", spec.dtype));
        }
        if x.shape != y.shape {
            let message =
                format!("\"{}\" has the shape {:?}, the array {:?}: they are one", self.with, y.shape, x.shape);
            return Err(BindError::param("other", message).help("slice or reshape one of them"));
        }
        let rank = x.rank();
        let axes: Vec<usize> = (0..rank).collect();
        let [m, n] = self.bins;
        let (counted, fixed) = Counters::bytes((m * n) as u64, x.elements().unwrap_or(u64::MAX));
        let read = |i| Read { source: Source::Input(i), access: Access::point(rank) };
        let temp = |i| Read { source: Source::Temp(i), access: Access { axes: vec![], ..Access::point(0) } };
        let mut reads = vec![read(0), read(1)];
        let mut stages = Vec::new();
        if self.ranges.is_none() {
            for (i, spec) in inputs.iter().enumerate() {
                let mut survey = survey_stage(spec, &axes)?;
                survey.contract.reads[0].source = Source::Input(i);
                let writes = survey.contract.writes.iter_mut().enumerate();
                writes.for_each(|(k, write)| write.sink = Sink::Temp(2 * i + k));
                stages.push(survey);
            }
            reads.extend((0..4).map(temp));
        }
        let contract = Contract {
            domain: x.shape.clone(),
            anchor: vec![1; rank],
            order: Order::Fold { axes },
            reads,
            writes: vec![Write {
                sink: Sink::Output(0),
                spec: ArraySpec::new(DType::I64, &[m as u64, n as u64]),
                access: Access { axes: vec![AxisMap::All; 2], ..Access::point(0) },
            }],
            state: StateSize { fixed: counted.saturating_add(fixed + 256), ..StateSize::default() },
            scratch: ScratchSize { fixed: CHUNK as u64 * 24 + (m + n + 2) as u64 * 8 + 512, ..ScratchSize::default() },
        };
        let count = Count { bins: self.bins, ranges: self.ranges, dtype: common(x.dtype, y.dtype) };
        stages.push(Stage { contract, work: Work::Fold(Box::new(count)) });
        let name = if self.ranges.is_some() { "count" } else { "survey, then count" };
        Ok(vec![Variant { name, stages }])
    }
}

#[derive(Debug)]
struct Count {
    bins: [usize; 2],
    ranges: Option<[Range; 2]>,
    /// In which both arrays fit; found edges are rounded as NumPy rounds them.
    dtype: DType,
}

/// The bins of one array, with their edges, and room for some of its elements.
struct Side<'s> {
    scale: Scale,
    edges: &'s [f64],
    numbers: &'s mut [f64],
    estimates: &'s mut [u32],
}

impl Side<'_> {
    fn read(&mut self, view: &View, at: usize, len: usize) {
        let size = view.dtype().size();
        let bytes = &view.bytes()[at * size..][..len * size];
        vectorized(
            #[inline(always)]
            || {
                read_f64(view.dtype(), bytes, &mut self.numbers[..len]);
                let numbers = self.numbers[..len].iter();
                self.estimates.iter_mut().zip(numbers).for_each(|(e, x)| *e = self.scale.estimate(*x));
            },
        );
    }

    /// The bin of the element that was read as the i-th; none where it lies outside.
    #[inline(always)]
    fn bin(&self, i: usize) -> Option<usize> {
        let x = self.numbers[i];
        self.scale.holds(x).then(|| self.scale.correct(x, self.estimates[i], |e| self.edges[e]))
    }
}

impl Count {
    fn edges(&self, side: usize, found: &[View]) -> Edges {
        let bins = self.bins[side];
        let one = |view: &View| {
            let mut value = [0.0];
            view.row_f64(0, &mut value);
            value[0]
        };
        match (self.ranges, found) {
            (Some(ranges), _) => Edges::given(DType::F64, ranges[side], bins),
            (None, [low, high]) => Edges::found(self.dtype, (one(low), one(high)), bins),
            _ => Edges::found(self.dtype, (f64::NAN, f64::NAN), bins),
        }
    }
}

impl Fold for Count {
    fn start(&self, _: &Region) -> State {
        Box::new(Counters::new(self.bins[0] * self.bins[1]))
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(counters), [x, y, found @ ..]) = (state.downcast_mut::<Counters>(), inputs) else {
            return Err(misused());
        };
        let (low, high) = found.split_at(found.len() / 2);
        let mut side = |i: usize, found: &[View]| -> Result<Side, KernelError> {
            let (edges, own) = (self.edges(i, found), scratch.take(self.bins[i] + 1)?);
            own.iter_mut().enumerate().for_each(|(i, e)| *e = edges.at(i));
            let (numbers, estimates) = (scratch.take(CHUNK)?, scratch.take(CHUNK)?);
            Ok(Side { scale: Scale::new(&edges), edges: own, numbers, estimates })
        };
        let (mut first, mut second) = (side(0, low)?, side(1, high)?);
        let rows = Strided::new(&core.shape(), [x.strides(), y.strides()]);
        let n = rows.row();
        rows.each_row(|at| {
            for i in (0..n).step_by(CHUNK) {
                let len = CHUNK.min(n - i);
                first.read(x, at[0] + i, len);
                second.read(y, at[1] + i, len);
                let counts = counters.raise(len);
                for i in 0..len {
                    if let (Some(a), Some(b)) = (first.bin(i), second.bin(i)) {
                        counts[a * self.bins[1] + b] += 1;
                    }
                }
            }
        });
        Ok(())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Counters>(), right.downcast::<Counters>()) else {
            return Err(misused());
        };
        left.join(*right);
        Ok(())
    }

    fn finish(&self, _: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(counters), [output]) = (state.downcast::<Counters>(), outputs) else { return Err(misused()) };
        output.data::<i64>().iter_mut().enumerate().for_each(|(i, o)| *o = counters.get(i) as i64);
        Ok(())
    }
}
