//! `equalize_hist`: values replaced by the share of elements that lie below them.
//!
//! Owns the cumulative counts and the interpolation between them. Counts, and the edges of bins, are those of
//! `histogram`.

use crate::array::{ArraySpec, DType, Region, View, ViewMut, read_f64, write_f64};
use crate::kernel::reduce::{AXES, BinEdges, BinScale, Strided, counted, folded_axes, real_input};
use crate::kernel::{
    Access, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params, Read,
    Scratch, ScratchSize, Sink, Source, Stage, StateSize, Variant, Work, Write,
};

/// Elements that are worked on at a time.
const CHUNK: usize = 1024;

/// The table entry of `equalize_hist`.
pub const EQUALIZE_HIST: KernelInfo = KernelInfo {
    name: "equalize_hist",
    family: Family::Normalize,
    summary: "values replaced by the share of elements up to them: a flat histogram",
    doc: "Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As \
          skimage.exposure.equalize_hist: the cumulative histogram, as shares of all that is counted, interpolated \
          between the centers of bins, in f64, then rounded. Integers up to 16 bits have a bin for each value, whatever \
          `bins`: each element becomes the share of elements that are not larger. Without `axes` over the whole array, \
          else for each kept cell on its own, with a range of its own. NaN and infinities are not counted; NaN stays, and \
          infinities become what the least and the greatest element become. Three sweeps, two for integers up to 16 bits.",
    params: &[
        AXES,
        ParamInfo {
            name: "bins",
            kind: Kind::Int { min: 1, max: 1 << 20 },
            default: Some("256"),
            doc: "how many bins of equal width",
        },
    ],
    example: "[[step]]\nkernel = \"equalize_hist\"\naxes = \"yx\"",
    parse: |params| Ok(Box::new(Equalize(params.clone()))),
};

#[derive(Debug)]
struct Equalize(Params);

impl Kernel for Equalize {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("equalize_hist", inputs)?;
        let axes = folded_axes(&self.0, spec)?;
        let (bins, range) = match spec.dtype {
            DType::Bool => (2, Some((-0.5, 1.5))),
            DType::U8 => (1 << 8, Some((-0.5, 255.5))),
            DType::I8 => (1 << 8, Some((-128.5, 127.5))),
            DType::U16 => (1 << 16, Some((-0.5, 65_535.5))),
            DType::I16 => (1 << 16, Some((-32_768.5, 32_767.5))),
            _ => (self.0.int("bins").unwrap_or(256).max(1) as usize, None),
        };
        // Temporaries 0 and 1 are the ranges, 2 the counts.
        let (mut stages, counts) = counted(spec, &axes, bins, range, 2)?;
        let shares =
            Write { spec: counts.spec.as_dtype(DType::F64), sink: Sink::Temp(3), access: counts.access.clone() };
        stages.push(shares_stage(&counts, &shares));
        stages.push(apply_stage(spec, &axes, &shares, bins, range));
        Ok(vec![Variant { name: "count, then write", stages }])
    }
}

/// From counts, temporary 2, to shares.
fn shares_stage(counts: &Write, shares: &Write) -> Stage {
    let rank = counts.spec.rank();
    let mut anchor = vec![1; rank];
    // Whole histograms.
    anchor[rank - 1] = counts.spec.shape[rank - 1];
    let contract = Contract {
        domain: counts.spec.shape.clone(),
        anchor,
        order: Order::Any,
        reads: vec![Read { source: Source::Temp(2), access: Access::point(rank) }],
        writes: vec![Write { access: Access::point(rank), ..shares.clone() }],
        state: StateSize::default(),
        scratch: ScratchSize::default(),
    };
    Stage { contract, work: Work::Map(Box::new(Shares)) }
}

fn apply_stage(spec: &ArraySpec, axes: &[usize], shares: &Write, bins: usize, range: Option<(f64, f64)>) -> Stage {
    let rank = spec.rank();
    let mut reads = vec![
        Read { source: Source::Input(0), access: Access::point(rank) },
        Read { source: Source::Temp(3), access: shares.access.clone() },
    ];
    if range.is_none() {
        let temp = |i| Read { source: Source::Temp(i), access: Access::reduced(rank, axes, false) };
        reads.extend([temp(0), temp(1)]);
    }
    let contract = Contract {
        domain: spec.shape.clone(),
        anchor: vec![1; rank],
        order: Order::Any,
        reads,
        writes: vec![Write {
            sink: Sink::Output(0),
            spec: spec.as_dtype(spec.dtype.real()),
            access: Access::point(rank),
        }],
        state: StateSize::default(),
        scratch: ScratchSize { fixed: CHUNK as u64 * 8 + 64, ..ScratchSize::default() },
    };
    let kept: Vec<usize> = (0..rank).filter(|a| !axes.contains(a)).collect();
    Stage { contract, work: Work::Map(Box::new(Apply { dtype: spec.dtype, kept, bins, range })) }
}

/// Counts up to each bin, as shares of all.
#[derive(Debug)]
struct Shares;

impl Map for Shares {
    fn map(&self, _: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let ([counts], [out]) = (inputs, outputs) else { return Err(KernelError::new("shares are those of counts")) };
        let bins = counts.shape().last().map_or(1, |n| *n as usize).max(1);
        for (row, out) in counts.rows::<i64>().zip(out.data::<f64>().chunks_mut(bins)) {
            let total: i64 = row.iter().sum();
            let mut below = 0;
            for (o, n) in out.iter_mut().zip(row) {
                below += n;
                *o = below as f64 / total as f64;
            }
        }
        Ok(())
    }
}

/// Interpolates shares between the centers of bins.
#[derive(Debug)]
struct Apply {
    dtype: DType,
    kept: Vec<usize>,
    bins: usize,
    range: Option<(f64, f64)>,
}

impl Apply {
    fn edges(&self, found: Option<(f64, f64)>) -> BinEdges {
        match (self.range, found) {
            (Some(range), _) => BinEdges::given(self.dtype, range, self.bins),
            (None, found) => BinEdges::found(self.dtype, found.unwrap_or((f64::NAN, f64::NAN)), self.bins),
        }
    }
}

/// The share at `x`, as `numpy.interp` has it.
fn share(x: f64, edges: &BinEdges, scale: &BinScale, shares: &[f64]) -> f64 {
    let last = shares.len() - 1;
    let center = |i: usize| edges.at(i) * 0.5 + edges.at(i + 1) * 0.5;
    if x.is_nan() {
        return f64::NAN;
    }
    if x <= center(0) {
        return shares[0];
    }
    if x >= center(last) {
        return shares[last];
    }
    let bin = scale.correct(x, scale.estimate(x), |i| edges.at(i));
    let at = if x < center(bin) { bin.saturating_sub(1) } else { bin }.min(last.saturating_sub(1));
    let (low, high) = (center(at), center(at + 1));
    (shares[at + 1] - shares[at]) / (high - low) * (x - low) + shares[at]
}

impl Map for Apply {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let ([x, shares, found @ ..], [out]) = (inputs, outputs) else {
            return Err(KernelError::new("equalising takes an array and its shares"));
        };
        let along = |view: Option<&View>| {
            let mut strides = vec![0; core.rank()];
            let own = view.map_or(&[][..], View::strides);
            self.kept.iter().zip(own).for_each(|(a, s)| strides[*a] = *s);
            strides
        };
        let room: &mut [f64] = scratch.take(CHUNK)?;
        let (cells, ranges) = (along(Some(shares)), along(found.first()));
        let walk = Strided::new(&core.shape(), [x.strides(), &cells, &ranges]);
        let n = walk.row();
        // Where each element of a row has a cell of its own, rows are taken apart.
        let step = if n > 1 { walk.strides[1].last().copied().unwrap_or(0) } else { 0 };
        let each = if step > 0 { 1 } else { CHUNK };
        let (all, size, to) = (shares.data::<f64>(), self.dtype.size(), out.dtype());
        let mut rows = out.bytes().chunks_exact_mut((n * to.size()).max(1));
        walk.each_row(|[at, cell, range]| {
            let Some(row) = rows.next() else { return };
            for i in (0..n).step_by(each) {
                let len = each.min(n - i);
                let (own, place) = (&all[cell + i * step..][..self.bins], range + if step > 0 { i } else { 0 });
                let one = |view: &View| {
                    let mut value = [0.0];
                    view.row_f64(place, &mut value);
                    value[0]
                };
                let edges = self.edges(if let [low, high] = found { Some((one(low), one(high))) } else { None });
                let scale = BinScale::new(&edges);
                read_f64(self.dtype, &x.bytes()[(at + i) * size..][..len * size], &mut room[..len]);
                room[..len].iter_mut().for_each(|x| *x = share(*x, &edges, &scale, own));
                // Floats have a value for everything, NaN too.
                let _ = write_f64(to, &room[..len], &mut row[i * to.size()..][..len * to.size()]);
            }
        });
        Ok(())
    }
}
