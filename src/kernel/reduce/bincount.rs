//! `bincount`: how often each whole number occurs.
//!
//! Owns the walk and the refusal of numbers without a bin. Counting whole numbers is exact, so no order of tiles
//! shows.

use super::bind::real_input;
use super::choose::Choosable;
use super::counters::Counters;
use super::fold::misused;
use super::runs::Runs;
use crate::array::{ArraySpec, DType, Region, View, ViewMut, row_starts};
use crate::kernel::math::index_at;
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Fold, Kernel, KernelError, KernelInfo, Kind, Order, ParamInfo,
    Params, Read, Scratch, ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work, Write,
};
use crate::with_real_type;

/// Elements that are worked on at a time.
const CHUNK: usize = 1 << 16;

/// The table entry of `bincount`.
pub const BINCOUNT: KernelInfo = KernelInfo {
    name: "bincount",
    family: Family::Reduce,
    summary: "how often each whole number from 0 on occurs",
    doc: "Shape: (bins), whatever the input's. dtype: i64. As numpy.bincount of all elements, with `bins` as minlength: \
          element i of the result counts the elements equal to i. Arrays of integers and bool; a number below 0 or of \
          `bins` and above is an error that names its index (NumPy grows the result instead). One sweep; 4 bytes for each \
          bin.",
    params: &[ParamInfo {
        name: "bins",
        kind: Kind::Int { min: 1, max: 1 << 40 },
        default: None,
        doc: "how many numbers are counted: 0 to bins - 1",
    }],
    example: "[[step]]\nkernel = \"cast\"\ndtype = \"u8\"\n[[step]]\nkernel = \"bincount\"\nbins = 256",
    parse: |params: &Params| Ok(Box::new(Bincount { bins: params.int("bins").unwrap_or(1).max(1) as u64 })),
};

#[derive(Debug)]
struct Bincount {
    bins: u64,
}

impl Kernel for Bincount {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("bincount", inputs)?;
        if spec.dtype.is_float() {
            let message = format!("bincount counts whole numbers, this array is {}", spec.dtype);
            return Err(BindError::new(message).help("cast it to an integer dtype first, or use histogram"));
        }
        let (bytes, fixed) = Counters::bytes(self.bins, spec.elements().unwrap_or(u64::MAX));
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: vec![1; spec.rank()],
            order: Order::Fold { axes: (0..spec.rank()).collect() },
            reads: vec![Read { source: Source::Input(0), access: Access::point(spec.rank()) }],
            writes: vec![Write {
                sink: Sink::Output(0),
                spec: ArraySpec::new(DType::I64, &[self.bins]),
                access: Access { axes: vec![AxisMap::All], ..Access::point(0) },
            }],
            state: StateSize { fixed: bytes.saturating_add(fixed + 256), ..StateSize::default() },
            scratch: ScratchSize::default(),
        };
        let work = Work::Fold(Box::new(Count { bins: self.bins }));
        Ok(vec![Variant { name: "fold", stages: vec![Stage { contract, work }] }])
    }
}

#[derive(Debug)]
struct Count {
    bins: u64,
}

impl Count {
    /// The first number of a tile that has no bin.
    fn stray(&self, core: &Region, view: &View) -> KernelError {
        let n = view.shape().last().map_or(1, |n| *n as usize);
        for (r, at) in row_starts(view.shape(), view.strides()).enumerate() {
            let found = with_real_type!(view.dtype(), T => {
                let row = &view.data::<T>()[at..][..n];
                row.iter().position(|x| x.bits() >= self.bins).map(|i| (i, row[i].bits()))
            }, else None);
            if let Some((i, bits)) = found {
                let number = if view.dtype().is_signed() { (bits as i64).to_string() } else { bits.to_string() };
                let message = format!("{number} has no bin: bins = {} counts 0 to {}", self.bins, self.bins - 1);
                return KernelError::at(message, index_at(core, r * n + i));
            }
        }
        misused()
    }
}

impl Fold for Count {
    fn start(&self, _: &Region) -> State {
        Box::new(Counters::new(self.bins as usize))
    }

    fn fold(&self, core: &Region, inputs: &[View], state: &mut State, _: &mut Scratch) -> Result<(), KernelError> {
        let (Some(counters), [view]) = (state.downcast_mut::<Counters>(), inputs) else { return Err(misused()) };
        let (bins, mut stray) = (self.bins, false);
        Runs::new(core, &[], view.strides()).each(CHUNK, |run| {
            let counts = counters.raise(run.len);
            with_real_type!(view.dtype(), T => {
                for x in &view.data::<T>()[run.at..][..run.len] {
                    match counts.get_mut(x.bits().min(bins) as usize) {
                        Some(count) => *count += 1,
                        None => stray = true,
                    }
                }
            }, else stray = true);
        });
        if stray { Err(self.stray(core, view)) } else { Ok(()) }
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
