//! Runs a variant over arrays in memory, tile by tile, one stage after the other: what kernels are
//! tested with before any engine. It checks that declared scratch suffices and fills it with junk.

use super::{Access, KernelError, Order, Read, Scratch, Sink, Source, Stage, State, Variant, Work};
use crate::array::{ArraySpec, Edge, Element, Region, View, ViewMut, copy_with_border};
use std::collections::HashMap;

/// An array in memory, dense in C order.
#[derive(Clone, Debug)]
pub struct Array {
    pub spec: ArraySpec,
    words: Vec<u64>,
}

impl Array {
    pub fn zeros(spec: &ArraySpec) -> Array {
        Array { spec: spec.clone(), words: vec![0; (spec.bytes().unwrap() as usize).div_ceil(8)] }
    }

    pub fn from<T: Element>(shape: &[u64], values: &[T]) -> Array {
        let mut array = Array::zeros(&ArraySpec::new(T::DTYPE, shape));
        array.bytes_mut().copy_from_slice(bytemuck::cast_slice(values));
        array
    }

    pub fn named(mut self, axes: &str) -> Array {
        self.spec.axes = axes.chars().map(Some).collect();
        self
    }

    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.spec.bytes().unwrap() as usize]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let n = self.spec.bytes().unwrap() as usize;
        &mut bytemuck::cast_slice_mut(&mut self.words)[..n]
    }

    pub fn data<T: Element>(&self) -> &[T] {
        assert_eq!(T::DTYPE, self.spec.dtype);
        bytemuck::cast_slice(self.bytes())
    }

    fn view(&self) -> View<'_> {
        View::dense(self.spec.dtype, self.bytes(), &Region::full(&self.spec.shape))
    }

    fn store(&mut self, region: &Region, bytes: &[u8]) {
        let (size, shape) = (self.spec.dtype.size(), self.spec.shape.clone());
        let rows = region.shape();
        let n = rows.last().map_or(1, |n| *n as usize) * size;
        let strides = crate::array::contiguous_strides(&shape);
        let base: usize = region.start.iter().zip(&strides).map(|(s, t)| *s as usize * t).sum();
        let starts: Vec<usize> = crate::array::row_starts(&rows, &strides).collect();
        for (i, at) in starts.into_iter().enumerate() {
            self.bytes_mut()[(base + at) * size..][..n].copy_from_slice(&bytes[i * n..][..n]);
        }
    }
}

/// The tiles of a domain in C order.
pub fn tiles(domain: &[u64], tile: &[u64]) -> Vec<Region> {
    let mut out = vec![Region { start: vec![], end: vec![] }];
    for (n, t) in domain.iter().zip(tile) {
        out = out
            .iter()
            .flat_map(|r| {
                (0..n.div_ceil(*t)).map(move |i| {
                    let mut r = r.clone();
                    r.start.push(i * t);
                    r.end.push((i * t + t).min(*n));
                    r
                })
            })
            .collect();
    }
    out
}

/// The view that a stage receives for one read, in `buffer` where a border is filled.
fn look<'a>(array: &'a Array, access: &Access, core: &Region, buffer: &'a mut Vec<u64>) -> View<'a> {
    let shape = &array.spec.shape;
    let span = access.span(core, shape);
    let outside = span.iter().zip(shape).any(|((lo, hi), n)| *lo < 0 || *hi > *n as i64);
    let region = access.region(core, shape);
    let near = array.view().sub(&region.start.iter().map(|s| *s as i64).collect::<Vec<_>>(), &region.shape());
    if let (true, Edge::Fill { .. }) = (outside, access.edge) {
        let extents: Vec<u64> = span.iter().map(|(lo, hi)| (hi - lo) as u64).collect();
        let n = extents.iter().product::<u64>() as usize * array.spec.dtype.size();
        buffer.resize(n.div_ceil(8), 0);
        let out = &mut bytemuck::cast_slice_mut::<u64, u8>(buffer)[..n];
        copy_with_border(&near, shape, &span, access.edge, out);
        let whole = Region { start: vec![0; extents.len()], end: extents.clone() };
        let start: Vec<i64> = span.iter().map(|s| s.0).collect();
        return View::new(array.spec.dtype, out, &whole.shape(), &crate::array::contiguous_strides(&extents), &start);
    }
    near
}

/// The state of a fold that needs no tiles, given what stages before it left.
fn settled(stage: &Stage, temps: &HashMap<usize, Array>) -> Result<Option<State>, KernelError> {
    let Work::Fold(fold) = &stage.work else { return Ok(None) };
    let see = |read: &Read| match read.source {
        Source::Temp(i) if read.access.is_whole() => temps[&i].view(),
        _ => View::dense(crate::array::DType::U8, &[], &Region { start: vec![0], end: vec![0] }),
    };
    fold.settled(&Region::full(&stage.contract.domain), &stage.contract.reads.iter().map(see).collect::<Vec<_>>())
}

/// Runs all stages with tiles of (at most) `tile`, rounded up to the anchor. Scans and folds see
/// their tiles in C order, scans that run backwards from the last to the first. Returns the outputs.
pub fn run(variant: &Variant, inputs: &[Array], tile: &[u64]) -> Result<Vec<Array>, KernelError> {
    let mut temps: HashMap<usize, Array> = HashMap::new();
    let mut outputs: HashMap<usize, Array> = HashMap::new();
    for stage in &variant.stages {
        let c = &stage.contract;
        let step: Vec<u64> = tile
            .iter()
            .zip(&c.anchor)
            .zip(&c.domain)
            .map(|((t, a), n)| (t.div_ceil(*a) * a).min((*n).max(1)))
            .collect();
        let mut written: Vec<Array> = c.writes.iter().map(|w| Array::zeros(&w.spec)).collect();
        let along = match &c.order {
            Order::Any => vec![],
            Order::Fold { axes } => axes.clone(),
            Order::Carry { axis, .. } => vec![*axis],
        };
        let kept = |core: &Region| {
            let mut r = core.clone();
            for &a in &along {
                (r.start[a], r.end[a]) = (0, c.domain[a]);
            }
            r
        };
        let mut states: Vec<(Region, State)> = Vec::new();
        // A fold of nothing still has kept cells to finish.
        if let Work::Fold(f) = &stage.work {
            let mut step = step.clone();
            along.iter().for_each(|&a| step[a] = c.domain[a].max(1));
            let mut domain = c.domain.clone();
            along.iter().for_each(|&a| domain[a] = 1);
            for r in tiles(&domain, &step) {
                let k = kept(&r);
                states.push((k.clone(), f.start(&k)));
            }
        }
        let mut cores = tiles(&c.domain, &step);
        if let Order::Carry { reverse: true, .. } = c.order {
            cores.reverse();
        }
        if let Some(settled) = settled(stage, &temps)? {
            (states, cores) = (vec![(kept(&Region::full(&c.domain)), settled)], vec![]);
        }
        for core in cores {
            let k = kept(&core);
            let mut buffers: Vec<Vec<u64>> = c.reads.iter().map(|_| Vec::new()).collect();
            let mut views = Vec::new();
            for (read, buffer) in c.reads.iter().zip(&mut buffers) {
                let array = match read.source {
                    Source::Input(i) => &inputs[i],
                    Source::Temp(i) => &temps[&i],
                };
                views.push(look(array, &read.access, &core, buffer));
            }
            let grown = views.iter().map(View::elements).max().unwrap_or(0) as u64;
            let mut arena = vec![0xA5A5_A5A5_A5A5_A5A5u64; c.scratch.bytes(core.elements(), grown) as usize / 8 + 8];
            let mut scratch = Scratch::new(bytemuck::cast_slice_mut(&mut arena));
            if let Work::Fold(f) = &stage.work {
                let mut state = f.start(&k);
                f.fold(&core, &views, &mut state, &mut scratch)?;
                let slot = states.iter_mut().find(|(r, _)| *r == k).unwrap();
                f.join(&mut slot.1, state)?;
                continue;
            }
            let regions: Vec<Region> = c.writes.iter().map(|w| w.access.region(&core, &w.spec.shape)).collect();
            let mut bytes: Vec<Vec<u64>> = regions
                .iter()
                .zip(&c.writes)
                .map(|(r, w)| vec![!0; (r.elements() as usize * w.spec.dtype.size()).div_ceil(8)])
                .collect();
            let mut outs: Vec<ViewMut> = Vec::new();
            for ((b, r), w) in bytes.iter_mut().zip(&regions).zip(&c.writes) {
                let n = r.elements() as usize * w.spec.dtype.size();
                outs.push(ViewMut::new(w.spec.dtype, &mut bytemuck::cast_slice_mut(b)[..n], r.clone()));
            }
            match &stage.work {
                Work::Map(m) => m.map(&core, &views, &mut outs, &mut scratch)?,
                Work::Scan(s) => {
                    let survey = s.survey(&core, &views, &mut scratch)?;
                    let mut scratch = Scratch::new(bytemuck::cast_slice_mut(&mut arena));
                    if !states.iter().any(|(r, _)| *r == k) {
                        states.push((k.clone(), s.start(&k)));
                    }
                    let slot = states.iter_mut().find(|(r, _)| *r == k).unwrap();
                    let next = s.advance(&slot.1, &survey)?;
                    s.apply(&core, &views, &slot.1, &survey, &mut outs, &mut scratch)?;
                    slot.1 = next;
                }
                Work::Fold(_) => unreachable!(),
            }
            for ((out, r), to) in outs.iter_mut().zip(&regions).zip(&mut written) {
                to.store(r, out.bytes());
            }
        }
        if let Work::Fold(f) = &stage.work {
            let mut kept_extents = vec![None; written.len()];
            for (k, state) in states {
                let regions: Vec<Region> =
                    c.writes.iter().map(|w| w.access.region_of_kept(&k, &w.spec.shape)).collect();
                for (i, r) in regions.iter().enumerate() {
                    assert!(!r.is_empty() || k.is_empty(), "write {i} of a fold covers nothing of {k:?}");
                }
                let mut bytes: Vec<Vec<u64>> = regions
                    .iter()
                    .zip(&c.writes)
                    .map(|(r, w)| vec![!0; (r.elements() as usize * w.spec.dtype.size()).div_ceil(8)])
                    .collect();
                let mut outs: Vec<ViewMut> = Vec::new();
                for ((b, r), w) in bytes.iter_mut().zip(&regions).zip(&c.writes) {
                    let n = r.elements() as usize * w.spec.dtype.size();
                    outs.push(ViewMut::new(w.spec.dtype, &mut bytemuck::cast_slice_mut(b)[..n], r.clone()));
                }
                f.finish(&k, state, &mut outs)?;
                for ((out, r), to) in outs.iter_mut().zip(&regions).zip(&mut written) {
                    to.store(r, out.bytes());
                }
                for (extent, out) in kept_extents.iter_mut().zip(&outs) {
                    *extent = (*extent).max(out.kept());
                }
            }
            // C order: what is cut off lies behind the rest.
            for (array, extent) in written.iter_mut().zip(&kept_extents) {
                array.spec.shape.iter_mut().take(1).zip(extent).for_each(|(n, extent)| *n = *extent);
            }
        }
        for (array, w) in written.into_iter().zip(&c.writes) {
            match w.sink {
                Sink::Output(i) | Sink::AtMost(i) => outputs.insert(i, array),
                Sink::Temp(i) | Sink::Kept(i) => temps.insert(i, array),
            };
        }
    }
    let mut outputs: Vec<(usize, Array)> = outputs.into_iter().collect();
    outputs.sort_by_key(|(i, _)| *i);
    Ok(outputs.into_iter().map(|(_, a)| a).collect())
}
