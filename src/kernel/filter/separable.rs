//! Filters that work axis by axis: block by block, each pass in place over f64.
//!
//! ```text
//! view (any real dtype) → block + halo in f64 → pass along a₁ → … → pass along aₖ → output dtype
//! ```
//!
//! Knows lines and blocks; what a pass computes is a [`LineFilter`]'s. Between axes nothing is
//! rounded to the dtype of the array.

use super::blocks::{BLOCK_BYTES_MAX, block_shape, for_each_block, grown_elements, read_box, write_box};
use super::common::{Border, window_stage};
use crate::array::{ArraySpec, DType, Region, View, ViewMut};
use crate::kernel::{
    BindError, KernelError, Map, Scratch, ScratchSize, Sink, Source, Stage, Variant, simd::vectorized,
};
use std::fmt::Debug;
use std::sync::Arc;

/// Where the lines of a pass lie: `outer` × `extent` × `inner` elements, filtered along the middle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    pub outer: usize,
    /// Elements of a line, halo included.
    pub extent: usize,
    pub inner: usize,
    /// The index in the array of the first element of a line; negative inside a border.
    pub first: i64,
}

/// One pass along one axis.
pub(super) trait LineFilter: Debug + Send + Sync {
    /// Indices that an output needs before and after its own.
    fn halo(&self) -> (u64, u64);
    /// Filters in place. Afterwards the front of `data` holds `outer` × (`extent` − halo) × `inner`
    /// elements. The operations for an output follow from its index and its window alone. `aux` has
    /// one eighth of the elements of `data`, and one more.
    fn pass(&self, lines: Lines, data: &mut [f64], aux: &mut [f64]);
    /// Bytes that it holds itself.
    fn bytes(&self) -> u64;
    /// Nanoseconds of an element, about.
    fn effort(&self) -> f64 {
        2.0
    }
}

/// Filters one after the other, slowest axis first.
#[derive(Clone, Debug)]
struct Separable {
    halo: Vec<(u64, u64)>,
    passes: Vec<(usize, Arc<dyn LineFilter>)>,
    /// What all results are divided by in the end.
    divisor: f64,
    /// Extents of a block; the whole tile where absent.
    block: Option<Vec<u64>>,
}

/// The ways to run a separable filter: by blocks of fixed scratch, where these are small, with the tile as one block,
/// and axis by axis.
pub(super) fn variants(
    spec: &ArraySpec,
    mut passes: Vec<(usize, Arc<dyn LineFilter>)>,
    divisor: f64,
    border: Border,
) -> Result<Vec<Variant>, BindError> {
    passes.sort_by_key(|(axis, _)| *axis);
    let mut halo = vec![(0, 0); spec.rank()];
    passes.iter().for_each(|(axis, f)| halo[*axis] = f.halo());
    let held: u64 = passes.iter().map(|(_, f)| f.bytes()).sum();
    let mut out = Vec::new();
    let block = block_shape(&spec.shape, &halo);
    let bytes = grown_elements(&block, &halo).and_then(|n| (n + n / 8 + 1).checked_mul(8));
    let whole = Separable { halo: halo.clone(), passes, divisor, block: None };
    if let Some(bytes) = bytes.filter(|b| *b <= BLOCK_BYTES_MAX) {
        let scratch = ScratchSize { fixed: bytes + held, ..ScratchSize::default() };
        let map = Separable { block: Some(block), ..whole.clone() };
        out.push(Variant { name: "blocks", stages: vec![window_stage(spec, &halo, border, scratch, Box::new(map))?] });
    }
    // Eight bytes for the element, one for its share of the auxiliary rows.
    let scratch = ScratchSize { fixed: held + 16, per_core: 0, per_grown: 9 };
    out.push(Variant {
        name: "tile",
        stages: vec![window_stage(spec, &halo, border, scratch, Box::new(whole.clone()))?],
    });
    if whole.passes.len() > 1 && border.survives_a_pass() {
        out.push(Variant { name: "axes", stages: by_axes(spec, &whole, border)? });
    }
    Ok(out)
}

/// One sweep for each axis, with an array of f64 between two: for halos so long that no tile has room for
/// those of all axes at once. Borders of what lies between are what filtered borders would be.
fn by_axes(spec: &ArraySpec, whole: &Separable, border: Border) -> Result<Vec<Stage>, BindError> {
    let between = spec.as_dtype(DType::F64);
    let last = whole.passes.len() - 1;
    let mut stages = Vec::new();
    for (i, (axis, filter)) in whole.passes.iter().enumerate() {
        let mut halo = vec![(0, 0); spec.rank()];
        halo[*axis] = filter.halo();
        let scratch = ScratchSize { fixed: filter.bytes() + 16, per_core: 0, per_grown: 9 };
        let divisor = if i == last { whole.divisor } else { 1.0 };
        let map = Separable { halo: halo.clone(), passes: vec![(*axis, filter.clone())], divisor, block: None };
        let mut stage = window_stage(spec, &halo, border, scratch, Box::new(map))?;
        if i > 0 {
            stage.contract.reads[0].source = Source::Temp(i - 1);
        }
        if i < last {
            (stage.contract.writes[0].sink, stage.contract.writes[0].spec) = (Sink::Temp(i), between.clone());
        }
        stages.push(stage);
    }
    Ok(stages)
}

impl Map for Separable {
    /// An axis is filtered on everything that later axes need beside the tile.
    fn effort(&self, tile: &[u64]) -> f64 {
        let size: Vec<u64> = match &self.block {
            None => tile.to_vec(),
            Some(block) => block.iter().zip(tile).map(|(b, n)| *b.min(n)).collect(),
        };
        let grown = |a: usize| (size[a] + self.halo[a].0 + self.halo[a].1) as f64 / size[a].max(1) as f64;
        let of = |(axis, filter): &(usize, Arc<dyn LineFilter>)| {
            filter.effort() * (axis + 1..size.len()).map(grown).product::<f64>()
        };
        1.0 + self.passes.iter().map(of).sum::<f64>()
    }

    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let shape = core.shape();
        let largest = match &self.block {
            None => shape.clone(),
            Some(block) => block.iter().zip(&shape).map(|(b, n)| *b.min(n)).collect(),
        };
        let (view, out) = (&inputs[0], &mut outputs[0]);
        let elements = grown_elements(&largest, &self.halo).unwrap_or(u64::MAX) as usize;
        let data = scratch.take::<f64>(elements)?;
        let aux = scratch.take::<f64>(elements / 8 + 1)?;
        for_each_block(&shape, &largest, |at, size| {
            let mut extents: Vec<u64> = size.iter().zip(&self.halo).map(|(n, (b, a))| n + b + a).collect();
            let n = extents.iter().product::<u64>() as usize;
            read_box(view, at, &extents, &mut data[..n]);
            for (axis, filter) in &self.passes {
                let product = |e: &[u64]| e.iter().product::<u64>() as usize;
                let lines = Lines {
                    outer: product(&extents[..*axis]),
                    extent: extents[*axis] as usize,
                    inner: product(&extents[axis + 1..]),
                    first: (core.start[*axis] + at[*axis]) as i64 - self.halo[*axis].0 as i64,
                };
                filter.pass(lines, data, aux);
                extents[*axis] = size[*axis];
            }
            let results = &mut data[..size.iter().product::<u64>() as usize];
            if self.divisor != 1.0 {
                vectorized(
                    #[inline(always)]
                    || divide(results, self.divisor),
                );
            }
            write_box(results, out, at, size)
        })
    }
}

#[inline(always)]
fn divide(values: &mut [f64], divisor: f64) {
    for v in values {
        *v /= divisor;
    }
}
