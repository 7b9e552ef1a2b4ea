//! `median`: the median of the box around each element, as `scipy.ndimage.median_filter`.
//!
//! Owns selection over order-preserving integer keys; refuses to know tiles and borders.

use super::blocks::{BLOCK_BYTES_MAX, Runs, block_shape, for_each_block, grown_elements, offset};
use super::common::{AXES, Border, CVAL, MODE, centred, real_input, spread, window_stage};
use super::counting::{Columns, bins};
use super::network::{Exchange, Keeps, selection};
use crate::array::{ArraySpec, DType, Element, Region, View, ViewMut, contiguous_strides, row_starts};
use crate::kernel::axes::filter_axes;
use crate::kernel::{
    BindError, Family, Kernel, KernelError, KernelInfo, Kind, Map, ParamInfo, Params, Scratch, ScratchSize, Variant,
    simd::vectorized,
};
use half::{bf16, f16};
use std::marker::PhantomData;

/// Up to this many elements a window is sorted by a network, many windows side by side; larger ones
/// are selected from one by one.
const NETWORK_MAX: u64 = 256;
/// Bytes of the values that are exchanged at once: a few vectors, so that the loop around them does
/// not count.
const LANES_BYTES: u64 = 256;
/// The largest window.
const WINDOW_MAX: u64 = 1 << 31;

/// The registry's line.
pub const INFO: KernelInfo = KernelInfo {
    name: "median",
    family: Family::Filter,
    summary: "median of the box around each element",
    doc: "Any shape, real dtypes but bool; shape and dtype stay, and every result is a value of the array (or \
          cval). Defined as scipy.ndimage.median_filter: size//2 elements before, size - size//2 - 1 after; of n \
          values the one at n//2 in ascending order. -0 counts as less than +0. A NaN in the box gives NaN (SciPy \
          leaves that open). Cost: a sorting network over vector lanes up to boxes of 256 elements; beyond that, dtypes \
          of 8 and 16 bits are counted in a box that moves, where each element costs what enters and leaves, and a \
          selection looks at the whole box for each element of the others.",
    params: &[
        ParamInfo {
            name: "size",
            kind: Kind::Ints { min: 1, max: WINDOW_MAX as i64 },
            default: Some("3"),
            doc: "extent of the box in elements, for all axes or one for each",
        },
        AXES,
        MODE,
        CVAL,
    ],
    example: "[[step]]\nkernel = \"median\"\nsize = 3\naxes = \"yx\"",
    parse: |params| Ok(Box::new(Median { params: params.clone() })),
};

/// The parsed kernel.
#[derive(Debug)]
pub struct Median {
    params: Params,
}

impl Kernel for Median {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("median", inputs)?;
        let axes = filter_axes(&self.params, spec)?;
        let sizes = self.params.ints("size", axes.len())?.unwrap_or_else(|| vec![3; axes.len()]);
        let sizes: Vec<u64> = sizes.into_iter().map(|s| s as u64).collect();
        let window = spread(spec.rank(), &axes, &sizes, 1);
        let n = window.iter().try_fold(1u64, |n, s| n.checked_mul(*s)).filter(|n| *n <= WINDOW_MAX);
        let n = n.ok_or_else(|| {
            let message = format!("a box of {sizes:?} has more than {WINDOW_MAX} elements");
            BindError::param("size", message).help("downsample first, or give a smaller size")
        })?;
        let halo: Vec<(u64, u64)> = window.iter().map(|s| centred(*s)).collect();
        let network = if n <= NETWORK_MAX { selection(n as usize, n as usize / 2) } else { Vec::new() };
        let size = spec.dtype.size() as u64;
        let held = if n <= NETWORK_MAX { n * LANES_BYTES } else { n * (size + 8) + bins(size) * 4 };
        let border = Border::parse(&self.params);
        let block = block_shape(&spec.shape, &halo);
        let bytes = grown_elements(&block, &halo).and_then(|g| g.checked_mul(size));
        let plan = Plan { window, halo, network, block: None };
        let mut variants = Vec::new();
        if let Some(bytes) = bytes.filter(|b| *b <= BLOCK_BYTES_MAX) {
            let scratch = ScratchSize { fixed: bytes + held, ..ScratchSize::default() };
            let map = body(spec.dtype, Plan { block: Some(block), ..plan.clone() });
            let stage = window_stage(spec, &plan.halo, border, scratch, map)?;
            variants.push(Variant { name: "blocks", stages: vec![stage] });
        }
        let scratch = ScratchSize { fixed: held, per_core: 0, per_grown: size };
        let halo = plan.halo.clone();
        let stage = window_stage(spec, &halo, border, scratch, body(spec.dtype, plan))?;
        variants.push(Variant { name: "tile", stages: vec![stage] });
        Ok(variants)
    }
}

/// What does not depend on the dtype.
#[derive(Clone, Debug)]
struct Plan {
    /// Extents of the box, one for each axis of the array.
    window: Vec<u64>,
    halo: Vec<(u64, u64)>,
    /// Empty where the window is too large for one.
    network: Vec<Exchange>,
    /// Extents of a block; the whole tile where absent.
    block: Option<Vec<u64>>,
}

fn body(dtype: DType, plan: Plan) -> Box<dyn Map> {
    macro_rules! of {
        ($T:ty) => {
            Box::new(Select::<$T, { LANES_BYTES as usize / size_of::<$T>() }> { plan, element: PhantomData })
        };
    }
    match dtype {
        DType::U8 => of!(u8),
        DType::U16 => of!(u16),
        DType::U32 => of!(u32),
        DType::U64 => of!(u64),
        DType::I8 => of!(i8),
        DType::I16 => of!(i16),
        DType::I32 => of!(i32),
        DType::I64 => of!(i64),
        DType::F16 => of!(f16),
        DType::BF16 => of!(bf16),
        DType::F32 => of!(f32),
        DType::F64 => of!(f64),
        DType::Bool | DType::C64 | DType::C128 => unreachable!("binding refuses bool and complex inputs"),
    }
}

/// Values as integers of the same order.
trait Ranked: Element + std::fmt::Debug {
    type Key: Element + Ord;
    /// The key of every NaN, above all others.
    const NAN: Option<Self::Key>;
    fn key(self) -> Self::Key;
    fn value(key: Self::Key) -> Self;
}

macro_rules! ranked_integers {
    ($($T:ty),*) => { $(impl Ranked for $T {
        type Key = $T;
        const NAN: Option<$T> = None;
        #[inline(always)]
        fn key(self) -> $T { self }
        #[inline(always)]
        fn value(key: $T) -> $T { key }
    })* };
}
ranked_integers!(u8, u16, u32, u64, i8, i16, i32, i64);

/// Bits of positive floats ascend with the value; those of negative ones descend, and are turned.
macro_rules! ranked_floats {
    ($($T:ty, $I:ty, $U:ty);*) => { $(impl Ranked for $T {
        type Key = $I;
        const NAN: Option<$I> = Some(<$I>::MAX);
        #[inline(always)]
        fn key(self) -> $I {
            let bits = self.to_bits() as $I;
            if self.is_nan() { <$I>::MAX } else { bits ^ (((bits >> (<$I>::BITS - 1)) as $U) >> 1) as $I }
        }
        #[inline(always)]
        fn value(key: $I) -> $T {
            let bits = key ^ (((key >> (<$I>::BITS - 1)) as $U) >> 1) as $I;
            if key == <$I>::MAX { <$T>::NAN } else { <$T>::from_bits(bits as $U) }
        }
    })* };
}
ranked_floats!(f16, i16, u16; bf16, i16, u16; f32, i32, u32; f64, i64, u64);

#[derive(Debug)]
struct Select<T, const LANES: usize> {
    plan: Plan,
    element: PhantomData<T>,
}

impl<T: Ranked, const LANES: usize> Map for Select<T, LANES> {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let plan = &self.plan;
        let shape = core.shape();
        let largest = match &plan.block {
            None => shape.clone(),
            Some(block) => block.iter().zip(&shape).map(|(b, n)| *b.min(n)).collect(),
        };
        let keys = scratch.take::<T::Key>(grown_elements(&largest, &plan.halo).unwrap_or(u64::MAX) as usize)?;
        let n = plan.window.iter().product::<u64>() as usize;
        let small = n as u64 <= NETWORK_MAX;
        let values = scratch.take::<T::Key>(if small { n * LANES } else { n })?;
        let starts = scratch.take::<u64>(if small { 0 } else { n })?;
        let counts = scratch.take::<u32>(if small { 0 } else { bins(size_of::<T>() as u64) as usize })?;
        counts.fill(0);
        let (view, out) = (&inputs[0], outputs[0].data::<T>());
        let out_strides = contiguous_strides(&shape);
        for_each_block(&shape, &largest, |at, size| {
            let grown: Vec<u64> = size.iter().zip(&plan.halo).map(|(n, (b, a))| n + b + a).collect();
            let strides = contiguous_strides(&grown);
            let keys = &mut keys[..grown.iter().product::<u64>() as usize];
            let nan = read_keys::<T>(view, at, &grown, keys).then_some(T::NAN).flatten();
            if small {
                let offsets: Vec<usize> = Runs::new(&plan.window, &strides).elements().collect();
                // Windows begin anywhere up to that of the last output; those that run over the end
                // of a row are computed along and never looked at.
                let last: Vec<u64> = size.iter().map(|n| n - 1).collect();
                let lanes = values.as_chunks_mut::<LANES>().0;
                vectorized(
                    #[inline(always)]
                    || by_network(&plan.network, &offsets, nan, keys, offset(&last, &strides) + 1, lanes),
                );
            } else if !counts.is_empty() {
                let columns = Columns::new(&plan.window, &strides, starts);
                let width = size.last().map_or(1, |n| *n as usize);
                columns.medians(row_starts(size, &strides), width, T::NAN, keys, counts);
            } else {
                let rows = row_starts(size, &strides);
                by_selection(&Runs::new(&plan.window, &strides), nan, keys, rows, size, values, starts);
            }
            let n = size.last().map_or(1, |n| *n as usize);
            let base = offset(at, &out_strides);
            for (from, to) in row_starts(size, &strides).zip(row_starts(size, &out_strides)) {
                for (o, k) in out[base + to..][..n].iter_mut().zip(&keys[from..from + n]) {
                    *o = T::value(*k);
                }
            }
            Ok(())
        })
    }
}

/// Copies a box as keys; whether it has a NaN.
fn read_keys<T: Ranked>(view: &View, at: &[u64], shape: &[u64], keys: &mut [T::Key]) -> bool {
    let (runs, base, data) = (Runs::new(shape, view.strides()), offset(at, view.strides()), view.data::<T>());
    let mut nan = false;
    for (start, to) in runs.starts().zip(keys.chunks_exact_mut(runs.len.max(1))) {
        let from = &data[base + start..][..runs.len];
        vectorized(
            #[inline(always)]
            || {
                for (k, x) in to.iter_mut().zip(from) {
                    *k = x.key();
                    nan |= Some(*k) == T::NAN;
                }
            },
        );
    }
    nan
}

/// The medians of the windows that begin at `0..n`, each left where its window began: no later
/// window reads there.
#[inline(always)]
fn by_network<K: Element + Ord, const LANES: usize>(
    network: &[Exchange],
    offsets: &[usize],
    nan: Option<K>,
    keys: &mut [K],
    n: usize,
    lanes: &mut [[K; LANES]],
) {
    let lanes = &mut lanes[..offsets.len()];
    let rank = offsets.len() / 2;
    for begin in (0..n).step_by(LANES) {
        let m = LANES.min(n - begin);
        let mut invalid = [false; LANES];
        for (lane, offset) in lanes.iter_mut().zip(offsets) {
            let from = &keys[begin + offset..][..m];
            match from.first_chunk::<LANES>() {
                Some(all) => *lane = *all,
                None => lane[..m].copy_from_slice(from),
            }
            if let Some(nan) = nan {
                for (i, k) in invalid.iter_mut().zip(from) {
                    *i |= *k == nan;
                }
            }
        }
        for e in network {
            let (below, above) = lanes.split_at_mut(e.high);
            exchange(&mut below[e.low], &mut above[0], e.keeps);
        }
        keys[begin..begin + m].copy_from_slice(&lanes[rank][..m]);
        if let Some(nan) = nan {
            for (k, _) in keys[begin..begin + m].iter_mut().zip(&invalid).filter(|(_, i)| **i) {
                *k = nan;
            }
        }
    }
}

#[inline(always)]
fn exchange<K: Element + Ord, const LANES: usize>(low: &mut [K; LANES], high: &mut [K; LANES], keeps: Keeps) {
    // Loops over a constant count become a few vector instructions.
    match keeps {
        Keeps::Both => {
            for l in 0..LANES {
                (low[l], high[l]) = (low[l].min(high[l]), low[l].max(high[l]));
            }
        }
        Keeps::Min => {
            for l in 0..LANES {
                low[l] = low[l].min(high[l]);
            }
        }
        Keeps::Max => {
            for l in 0..LANES {
                high[l] = low[l].max(high[l]);
            }
        }
    }
}

/// The same, one window at a time: gathers it and selects.
fn by_selection<K: Element + Ord>(
    window: &Runs,
    nan: Option<K>,
    keys: &mut [K],
    rows: impl Iterator<Item = usize>,
    size: &[u64],
    values: &mut [K],
    starts: &mut [u64],
) {
    let mut count = 0;
    for (slot, start) in starts.iter_mut().zip(window.starts()) {
        *slot = start as u64;
        count += 1;
    }
    let rank = values.len() / 2;
    for row in rows {
        for at in row..row + size.last().map_or(1, |n| *n as usize) {
            for (run, start) in values.chunks_exact_mut(window.len).zip(&starts[..count]) {
                run.copy_from_slice(&keys[at + *start as usize..][..window.len]);
            }
            keys[at] = match nan {
                Some(nan) if values.contains(&nan) => nan,
                _ => *values.select_nth_unstable(rank).1,
            };
        }
    }
}

#[cfg(test)]
mod tests;
