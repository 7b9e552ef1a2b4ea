//! `convolve`: weighted sums of the neighbours of each element, as `scipy.ndimage.convolve` and `correlate`.
//!
//! Owns the choice between the two ways to make sums, and the order in which products are added in the direct one; refuses
//! to know tiles and borders. Weights are an array like any other, read as a whole.

use super::blocks::{BLOCK_BYTES_MAX, block_shape, for_each_block, grown_elements, read_box, write_box};
use super::common::{AXES, Border, CVAL, MODE, real_input, spread, window_stage};
use super::overlap::Layout;
use super::spectral::Spectral;
use crate::array::{ArraySpec, Region, View, ViewMut, contiguous_strides, row_starts};
use crate::kernel::axes::filter_axes;
use crate::kernel::{
    Access, AxisMap, BindError, Family, Kernel, KernelError, KernelInfo, Kind, Map, ParamInfo, Params, Read, Scratch,
    ScratchSize, Source, Variant, simd::vectorized,
};

/// The most weights of the direct way. Every element takes a product with each.
const DIRECT_MAX: u64 = 1 << 20;
/// The most weights of the other: a block has at least four times as many elements.
const WEIGHTS_MAX: u64 = 1 << 24;
/// From here on transforms are faster.
const TRANSFORM_MIN: u64 = 500;

/// The registry's line.
pub const INFO: KernelInfo = KernelInfo {
    name: "convolve",
    family: Family::Filter,
    summary: "weighted sum of the neighbours of each element, with weights from another array",
    doc: "Any shape, real dtypes but bool; shape and dtype stay. `weights` is an array of real numbers or bool with one \
          axis for each of `axes`, in that order. Defined as scipy.ndimage.convolve, with `correlate = true` as \
          scipy.ndimage.correlate (weights are not turned around), with origin 0. Sums are f64 and rounded once to the \
          dtype: integers half to even, saturating. What has the weight 0 does not count, be it NaN. `method` is how \
          sums are made. `direct`, at most 2^20 weights: products one after the other, in the order of the weights. \
          `fft`, at most 2^24: by Fourier transforms of blocks, at a cost that hardly grows with the weights; `auto` \
          takes it from 500 weights on. Its error is some 10^-16 of the largest value of a block times the sum of all \
          weights without their signs, also where a sum is much smaller; integers are exact where the weights are whole \
          and that is below 0.5. NaN and infinities are where the direct sum has them. One pass, and one over the \
          weights; a separable filter of the same size (gaussian, uniform) is cheaper.",
    params: &[
        ParamInfo {
            name: "weights",
            kind: Kind::Arrays,
            default: None,
            doc: "the name of the input or step that holds the weights",
        },
        ParamInfo {
            name: "correlate",
            kind: Kind::Bool,
            default: Some("false"),
            doc: "leave the weights as they are: element i of them weighs the neighbour at i - size // 2",
        },
        AXES,
        MODE,
        CVAL,
        ParamInfo {
            name: "method",
            kind: Kind::Choice(&["auto", "direct", "fft"]),
            default: Some("\"auto\""),
            doc: "how sums are made: product by product, by Fourier transforms, or as suits the number of weights",
        },
    ],
    example: "[[step]]\nname = \"w\"\nkernel = \"slice\"\nfrom = \"x\"\nindex = \":3, :2\"\n[[step]]\nkernel = \
              \"convolve\"\nfrom = \"x\"\nweights = \"w\"",
    parse: |params| match params.names("weights").as_slice() {
        [name] => Ok(Box::new(Convolve { params: params.clone(), weights: name.clone() })),
        names => Err(BindError::param("weights", format!("weights are one array, {} were named", names.len()))),
    },
};

/// The parsed kernel.
#[derive(Debug)]
struct Convolve {
    params: Params,
    weights: String,
}

impl Convolve {
    /// Whether sums over so many weights are made by transforms.
    fn transforms(&self, weights: u64) -> bool {
        match self.params.text("method") {
            Some("direct") => false,
            Some("fft") => true,
            _ => weights >= TRANSFORM_MIN,
        }
    }

    /// Refuses weights that are none for these axes.
    fn check(&self, weights: &ArraySpec, axes: &[usize]) -> Result<(), BindError> {
        let refuse =
            |why: String| BindError::param("weights", format!("\"{}\" cannot be weights: {why}", self.weights));
        if weights.dtype.is_complex() {
            return Err(refuse(format!("it is {} (complex numbers)", weights.dtype)));
        }
        if weights.rank() != axes.len() {
            let why = format!(
                "its shape {:?} has {} axes, the step works along {}",
                weights.shape,
                weights.rank(),
                axes.len()
            );
            return Err(refuse(why).help("say axes = …, one for each axis of the weights, or reshape the weights"));
        }
        match weights.elements().unwrap_or(u64::MAX) {
            0 => Err(refuse(format!("its shape {:?} has no elements", weights.shape))),
            n if self.transforms(n) && n > WEIGHTS_MAX => {
                let why = format!("its shape {:?} has {n} elements, {WEIGHTS_MAX} are allowed", weights.shape);
                Err(refuse(why).help("downsample array and weights first, or use gaussian or uniform"))
            }
            n if !self.transforms(n) && n > DIRECT_MAX => {
                let why = format!(
                    "its shape {:?} has {n} elements, {DIRECT_MAX} are allowed with method = \"direct\"",
                    weights.shape
                );
                Err(refuse(why)
                    .help("say method = \"fft\" (or nothing); each element would take a product with every weight"))
            }
            _ => Ok(()),
        }
    }
}

impl Kernel for Convolve {
    fn input_names(&self) -> Vec<String> {
        vec![String::new(), self.weights.clone()]
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [_, weights] = inputs else { return Err(BindError::new("convolve takes an array and weights")) };
        let spec = real_input("convolve", &inputs[..1])?;
        let axes = filter_axes(&self.params, spec)?;
        self.check(weights, &axes)?;
        let turned = !self.params.bool("correlate", false);
        // Of an even number of weights, one more lies before the element; after it, once they are turned around.
        let reach = |n: &u64| if turned { ((n - 1) / 2, n / 2) } else { (n / 2, (n - 1) / 2) };
        let reaches: Vec<(u64, u64)> = weights.shape.iter().map(reach).collect();
        let halo = spread(spec.rank(), &axes, &reaches, (0, 0));
        let n = weights.elements().unwrap_or(0);
        let border = Border::parse(&self.params);
        if self.transforms(n)
            && spec.elements().is_some_and(|n| n > 0)
            && let Some(layout) = Layout::new(&spec.shape, &spread(spec.rank(), &axes, &weights.shape, 1))
        {
            return Ok(vec![Spectral::new(layout, axes, turned).variant(spec, &halo, border)?]);
        }
        let block = block_shape(&spec.shape, &halo);
        let whole = Weighted { halo: halo.clone(), axes, turned, block: None };
        let mut ways = Vec::new();
        let grown = grown_elements(&block, &halo).and_then(|g| g.checked_mul(8));
        if let Some(bytes) = grown.filter(|b| *b <= BLOCK_BYTES_MAX) {
            let results = block.iter().product::<u64>() * 8;
            let scratch = ScratchSize { fixed: bytes + results + n * 16, ..ScratchSize::default() };
            ways.push(("blocks", scratch, Weighted { block: Some(block), ..whole.clone() }));
        }
        ways.push(("tile", ScratchSize { fixed: n * 16, per_core: 8, per_grown: 8 }, whole));
        let variant = |(name, scratch, map): (&'static str, ScratchSize, Weighted)| {
            let mut stage = window_stage(spec, &halo, border, scratch, Box::new(map))?;
            let access = Access { axes: vec![AxisMap::All; weights.rank()], ..Access::point(0) };
            stage.contract.reads.push(Read { source: Source::Input(1), access });
            Ok(Variant { name, stages: vec![stage] })
        };
        ways.into_iter().map(variant).collect()
    }
}

#[derive(Clone, Debug)]
struct Weighted {
    halo: Vec<(u64, u64)>,
    /// The axis of the array for each axis of the weights.
    axes: Vec<usize>,
    /// Whether the first weight is for the last neighbour.
    turned: bool,
    /// Extents of a block; the whole tile where absent.
    block: Option<Vec<u64>>,
}

impl Weighted {
    /// How far the neighbour of each weight is from the first one, in a box with these strides.
    fn offsets(&self, shape: &[u64], strides: &[usize], offsets: &mut [u64]) {
        for (i, offset) in offsets.iter_mut().enumerate() {
            let (mut rest, mut at) = (i as u64, 0);
            for (n, a) in shape.iter().zip(&self.axes).rev() {
                let index = if self.turned { n - 1 - rest % n } else { rest % n };
                at += index * strides[*a] as u64;
                rest /= n;
            }
            *offset = at;
        }
    }
}

impl Map for Weighted {
    fn effort(&self, _tile: &[u64]) -> f64 {
        1.0 + 0.15 * self.halo.iter().map(|(b, a)| (b + a + 1) as f64).product::<f64>()
    }

    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let ([view, weights], [out]) = (inputs, outputs) else {
            return Err(KernelError::new("convolve was called with views that are not its own"));
        };
        let shape = core.shape();
        let largest = match &self.block {
            None => shape.clone(),
            Some(block) => block.iter().zip(&shape).map(|(b, n)| *b.min(n)).collect(),
        };
        let data = scratch.take::<f64>(grown_elements(&largest, &self.halo).unwrap_or(u64::MAX) as usize)?;
        let results = scratch.take::<f64>(largest.iter().product::<u64>() as usize)?;
        let factors = scratch.take::<f64>(weights.elements())?;
        let offsets = scratch.take::<u64>(weights.elements())?;
        read_box(weights, &vec![0; weights.shape().len()], weights.shape(), factors);
        for_each_block(&shape, &largest, |at, size| {
            let grown: Vec<u64> = size.iter().zip(&self.halo).map(|(n, (b, a))| n + b + a).collect();
            let strides = contiguous_strides(&grown);
            let data = &mut data[..grown.iter().product::<u64>() as usize];
            read_box(view, at, &grown, data);
            self.offsets(weights.shape(), &strides, offsets);
            let results = &mut results[..size.iter().product::<u64>() as usize];
            let width = size.last().map_or(1, |n| *n as usize);
            for (row, from) in results.chunks_exact_mut(width.max(1)).zip(row_starts(size, &strides)) {
                let data = &data[from..];
                vectorized(
                    #[inline(always)]
                    || weighted_row(data, factors, offsets, row),
                );
            }
            write_box(results, out, at, size)
        })
    }
}

/// The weighted sums of one row. Products are added one after the other; four at a time stay in registers.
#[inline(always)]
fn weighted_row(data: &[f64], factors: &[f64], offsets: &[u64], row: &mut [f64]) {
    row.fill(0.0);
    let n = row.len();
    let mut four: [(f64, &[f64]); 4] = [(0.0, &[]); 4];
    let mut have = 0;
    // What has no weight is left out: 0 times NaN is NaN.
    for (factor, offset) in factors.iter().zip(offsets).filter(|(f, _)| **f != 0.0) {
        four[have] = (*factor, &data[*offset as usize..][..n]);
        have += 1;
        if have == 4 {
            let [(a, p), (b, q), (c, r), (d, s)] = four;
            for ((((sum, p), q), r), s) in row.iter_mut().zip(p).zip(q).zip(r).zip(s) {
                *sum = *sum + a * p + b * q + c * r + d * s;
            }
            have = 0;
        }
    }
    for (factor, x) in &four[..have] {
        for (sum, x) in row.iter_mut().zip(*x) {
            *sum += factor * x;
        }
    }
}
