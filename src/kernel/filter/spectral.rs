//! Sums over many weights by Fourier transforms: overlap-save over blocks at fixed places.
//!
//! ```text
//! weights → spectrum                                                  once
//! block with its halo → transform · spectrum → back → results         for each block
//!         └ not finite? counted apart, and written over results       where there is any
//! ```
//!
//! A block reads the same box of the array in every tile, so that its bits are its own. Owns how arrays come into blocks and
//! out of them; refuses to know borders and how transforms work.

use super::blocks::{each_index, for_each_block, offset, read_run, write_run};
use super::common::{Border, window_stage};
use super::fft::{Transform, spare_elements, table_bytes};
use super::fft_line::Planes;
use super::nonfinite::{Signs, place, result};
use super::overlap::Layout;
use crate::array::{ArraySpec, DType, Region, View, ViewMut, contiguous_strides};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, KernelError, Map, Order, Read, Scratch, ScratchSize, Sink, Source, Stage,
    StateSize, Variant, Work, Write, simd::vectorized,
};
use std::sync::{Arc, OnceLock};

/// What both stages know.
#[derive(Clone, Debug)]
pub(super) struct Spectral {
    layout: Layout,
    /// The axis of the array for each axis of the weights.
    axes: Vec<usize>,
    /// Whether the first weight is for the last neighbour.
    turned: bool,
    /// Made by the first tile.
    transform: Arc<OnceLock<Transform>>,
}

impl Spectral {
    pub fn new(layout: Layout, axes: Vec<usize>, turned: bool) -> Spectral {
        Spectral { layout, axes, turned, transform: Arc::default() }
    }

    /// The spectrum of the weights, and what it serves for.
    pub fn variant(self, spec: &ArraySpec, halo: &[(u64, u64)], border: Border) -> Result<Variant, BindError> {
        let (extents, weights, layout) = (self.layout.extents(), self.layout.count(), &self.layout);
        let all = |axes| Access { axes: vec![AxisMap::All; axes], ..Access::point(0) };
        let of_weights = || Read { source: Source::Input(1), access: all(self.axes.len()) };
        // Real parts, imaginary parts, and how many weights are not finite.
        let spectrum = ArraySpec::new(DType::F64, &[2 * layout.elements() + 1]);
        let both = spare_elements(&extents) * 8 + table_bytes(&extents);
        let first = Contract {
            // One tile; as large as what it makes, or the planner would think little of making it again.
            domain: spectrum.shape.clone(),
            anchor: spectrum.shape.clone(),
            order: Order::Any,
            reads: vec![of_weights()],
            writes: vec![Write { sink: Sink::Temp(0), spec: spectrum, access: Access::point(1) }],
            state: StateSize::default(),
            scratch: ScratchSize { fixed: both + weights * 8, ..ScratchSize::default() },
        };
        let line = layout.size[layout.longest()];
        let blocks = layout.elements() * layout.lanes * 16;
        let scratch = ScratchSize { fixed: both + blocks + line * 16 + weights * 12, ..ScratchSize::default() };
        let mut second = window_stage(spec, halo, border, scratch, Box::new(self.clone()))?;
        let contract = &mut second.contract;
        contract.domain = layout.domain(&spec.shape);
        for (a, (before, after)) in halo.iter().enumerate().filter(|(a, _)| layout.weights[*a] > 1) {
            let (axis, factor, before, after) = (a, layout.step[a], *before as i64, *after as i64);
            contract.reads[0].access.axes[a] = AxisMap::Blocks { axis, factor, before, after };
            contract.writes[0].access.axes[a] = AxisMap::Fine { axis, factor };
        }
        contract.reads.push(Read { source: Source::Temp(0), access: all(1) });
        contract.reads.push(of_weights());
        let first = Stage { contract: first, work: Work::Map(Box::new(Spectrum(self))) };
        Ok(Variant { name: "transforms", stages: vec![first, second] })
    }

    fn transform(&self) -> &Transform {
        self.transform.get_or_init(|| Transform::new(&self.layout.extents()))
    }

    /// Gives `f` each weight, with the index along the axes of the array of the neighbour that it weighs.
    fn each_weight(&self, weights: &View, row: &mut [f64], mut f: impl FnMut(&[u64], f64)) {
        let (shape, last) = (weights.shape(), weights.shape().len() - 1);
        let (size, row) = (weights.dtype().size(), &mut row[..shape[last] as usize]);
        let mut neighbour = vec![0; self.layout.weights.len()];
        each_index(shape, last, |index| {
            let from = offset(index, weights.strides()) * size;
            read_run(weights.dtype(), &weights.bytes()[from..from + row.len() * size], row);
            let place = |axis: usize, i: u64| if self.turned { shape[axis] - 1 - i } else { i };
            (0..last).for_each(|axis| neighbour[self.axes[axis]] = place(axis, index[axis]));
            for (i, weight) in row.iter().enumerate() {
                neighbour[self.axes[last]] = place(last, i as u64);
                f(&neighbour, *weight);
            }
        });
    }
}

/// The first stage: the spectrum of the weights.
#[derive(Debug)]
struct Spectrum(Spectral);

impl Map for Spectrum {
    fn map(
        &self,
        _: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let ([weights], [out], Spectrum(own)) = (inputs, outputs, self) else {
            return Err(KernelError::new("a spectrum was asked for with views that are not its own"));
        };
        let (layout, transform) = (&own.layout, own.transform());
        let n = transform.elements();
        let spare = scratch.take::<f64>(spare_elements(&layout.extents()) as usize)?;
        let row = scratch.take::<f64>(layout.count() as usize)?;
        let out = out.data::<f64>();
        out.fill(0.0);
        let (both, wild) = out.split_at_mut(2 * n);
        let mut planes = Planes::of(both, n);
        let (strides, half) = (layout.strides(1), layout.size[layout.halves] / 2);
        // A power of two: nothing is rounded.
        let scale = 1.0 / n as f64;
        own.each_weight(weights, row, |neighbour, weight| {
            if !weight.is_finite() {
                wild[0] += 1.0;
                return;
            }
            // A product of polynomials turns one of them around.
            let index = |a: usize| layout.weights[a] - 1 - neighbour[a];
            let mut at = 0;
            for (a, stride) in strides.iter().enumerate().filter(|(a, _)| layout.weights[*a] > 1) {
                at += (if a == layout.halves { index(a) % half } else { index(a) }) as usize * stride;
            }
            let plane = if index(layout.halves) < half { &mut *planes.re } else { &mut *planes.im };
            plane[at] = weight * scale;
        });
        transform.forward(&mut planes, spare);
        Ok(())
    }
}

/// The scratch of a tile that is used once some value or weight is not finite.
struct Wild<'a> {
    factors: &'a mut [f64],
    ends: &'a mut [u32],
    line: &'a mut [f64],
    runs: &'a mut [u32],
}

impl Map for Spectral {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let ([view, spectrum, weights], [out]) = (inputs, outputs) else {
            return Err(KernelError::new("a transform was called with views that are not its own"));
        };
        let (layout, transform) = (&self.layout, self.transform());
        let n = transform.elements();
        let spectrum = spectrum.data::<f64>();
        let ((re, im), wild_weights) = (spectrum[..2 * n].split_at(n), spectrum[2 * n] > 0.0);
        let both = scratch.take::<f64>(2 * n * layout.lanes as usize)?;
        let spare = scratch.take::<f64>(spare_elements(&layout.extents()) as usize)?;
        let (count, line) = (layout.count() as usize, layout.size[layout.longest()] as usize);
        let mut wild = Wild {
            factors: scratch.take(count)?,
            ends: scratch.take(count)?,
            line: scratch.take(line)?,
            runs: scratch.take(2 * line)?,
        };
        let region = out.region().clone();
        let last = layout.weights.len() - 1;
        let mut unit = vec![1; layout.weights.len()];
        unit[last] = layout.lanes;
        for_each_block(&core.shape(), &unit, |at, extents| {
            let lanes = if layout.weights[last] == 1 { extents[last] } else { 1 };
            // In the output, and in the view too, which begins earlier by the halo.
            let first: Vec<u64> =
                (0..at.len()).map(|a| (core.start[a] + at[a]) * layout.step[a] - region.start[a]).collect();
            let size: Vec<u64> =
                (0..at.len()).map(|a| (layout.step[a] * extents[a]).min(region.extent(a) - first[a])).collect();
            let mut planes = Planes::of(both, n * lanes as usize);
            let finite = self.load(view, (&first, &size), lanes, &mut planes);
            transform.product((re, im), lanes as usize, &mut planes, spare);
            self.store(&planes, lanes, out, (&first, &size))?;
            match finite && !wild_weights {
                true => Ok(()),
                false => self.amend(weights, view, out, (&first, &size), both, &mut wild),
            }
        })
    }
}

impl Spectral {
    /// Brings the box that a block reads into its two planes, with 0 for what is not finite. Whether there was none.
    fn load(&self, view: &View, (first, size): (&[u64], &[u64]), lanes: u64, planes: &mut Planes) -> bool {
        let layout = &self.layout;
        let grown: Vec<u64> = size.iter().zip(&layout.weights).map(|(n, w)| n + w - 1).collect();
        let (strides, base, bytes) = (layout.strides(lanes), offset(first, view.strides()), view.dtype().size());
        let mut finite = true;
        planes.re.fill(0.0);
        planes.im.fill(0.0);
        each_index(&grown, grown.len() - 1, |index| {
            let mut from = (base + offset(index, view.strides())) * bytes;
            layout.each_run(index, &grown, &strides, |second, at, n| {
                let plane = if second { &mut *planes.im } else { &mut *planes.re };
                let to = &mut plane[at..at + n];
                read_run(view.dtype(), &view.bytes()[from..from + n * bytes], to);
                from += n * bytes;
                if view.dtype().is_float() && !all_finite(to) {
                    to.iter_mut().filter(|x| !x.is_finite()).for_each(|x| *x = 0.0);
                    finite = false;
                }
            });
        });
        finite
    }

    /// Writes the results of a block.
    fn store(
        &self,
        planes: &Planes,
        lanes: u64,
        out: &mut ViewMut,
        (first, size): (&[u64], &[u64]),
    ) -> Result<(), KernelError> {
        let (layout, rank) = (&self.layout, size.len());
        // The first results come after as many as the weights reach back: those that came round the end.
        let skipped: Vec<u64> = layout.weights.iter().map(|w| w - 1).collect();
        let ends: Vec<u64> = size.iter().zip(&skipped).map(|(n, s)| n + s).collect();
        let (strides, of_out) = (layout.strides(lanes), contiguous_strides(&out.shape()));
        let (dtype, bytes) = (out.dtype(), out.dtype().size());
        let base = offset(first, &of_out);
        let (mut inside, mut failed) = (vec![0; rank], None);
        each_index(size, rank - 1, |index| {
            inside.iter_mut().zip(index).zip(&skipped).for_each(|((i, n), s)| *i = n + s);
            let mut to = (base + offset(index, &of_out)) * bytes;
            layout.each_run(&inside, &ends, &strides, |second, at, n| {
                let plane = if second { &*planes.im } else { &*planes.re };
                let values = &plane[at..at + n];
                if failed.is_none() && !write_run(dtype, values, &mut out.bytes()[to..to + n * bytes]) {
                    failed = Some(index.to_vec());
                }
                to += n * bytes;
            });
        });
        match failed {
            Some(index) => Err(no_value(out, first, &index)),
            None => Ok(()),
        }
    }

    /// Writes over the results of a block those that take a product which is not finite. What the block was
    /// transformed in is free by now.
    fn amend(
        &self,
        weights: &View,
        view: &View,
        out: &mut ViewMut,
        (first, size): (&[u64], &[u64]),
        free: &mut [f64],
        wild: &mut Wild,
    ) -> Result<(), KernelError> {
        let (axis, of_factors) = (self.layout.longest(), contiguous_strides(&self.layout.weights));
        self.each_weight(weights, free, |neighbour, f| wild.factors[offset(neighbour, &of_factors)] = f);
        let signs = Signs::new(&self.layout, wild.factors, wild.ends);
        let lines = size.iter().product::<u64>() / size[axis];
        let counts = &mut bytemuck::cast_slice_mut(free)[..(lines * (size[axis] + 1)) as usize];
        signs.count(view, (first, size), (wild.line, wild.runs), counts);
        let (of_out, bytes, dtype) = (contiguous_strides(&out.shape()), out.dtype().size(), out.dtype());
        let (base, mut failed) = (offset(first, &of_out), None);
        let (rank, strides) = (size.len(), place(size, axis));
        each_index(size, rank, |index| {
            let Some(value) = result(counts[offset(index, &strides)]) else { return };
            let to = (base + offset(index, &of_out)) * bytes;
            if failed.is_none() && !write_run(dtype, &[value], &mut out.bytes()[to..to + bytes]) {
                failed = Some(index.to_vec());
            }
        });
        match failed {
            Some(index) => Err(no_value(out, first, &index)),
            None => Ok(()),
        }
    }
}

fn no_value(out: &ViewMut, first: &[u64], index: &[u64]) -> KernelError {
    let at = out.region().start.iter().zip(first).zip(index).map(|((s, f), i)| s + f + i).collect();
    KernelError::at(format!("NaN has no value in {}; in the results that begin", out.dtype()), at)
}

#[inline(never)]
fn all_finite(values: &[f64]) -> bool {
    vectorized(
        #[inline(always)]
        || {
            const INFINITE: u64 = 0x7FF << 52;
            !values.iter().fold(false, |wild, x| wild | (x.to_bits() & INFINITE == INFINITE))
        },
    )
}

#[cfg(test)]
#[path = "spectral_tests.rs"]
mod tests;
