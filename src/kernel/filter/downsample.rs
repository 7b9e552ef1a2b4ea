//! `downsample`: the mean of blocks, as xarray's `coarsen(…).mean()`.
//!
//! Owns means over blocks that begin at multiples of the factor; refuses to know tiles.

use super::blocks::{for_each_block, read_box, write_box};
use super::common::{AXES, real_input, spread};
use crate::array::{ArraySpec, Region, View, ViewMut};
use crate::kernel::axes::filter_axes;
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params,
    Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize, Variant, Work, Write, simd::vectorized,
};

/// Results that are summed up at once.
const RESULTS: usize = 1024;
/// Input elements that are converted at once.
const PIECE: usize = 4096;

/// The registry's line.
pub const INFO: KernelInfo = KernelInfo {
    name: "downsample",
    family: Family::Filter,
    summary: "mean of each block of elements: a smaller array",
    doc: "Any shape, real dtypes but bool; the dtype stays (integers round half to even), extents are divided by \
          the factors. Defined as xarray's coarsen(...).mean() and its words for boundary. Sums are f64: means of \
          integers are exact as long as sums stay below 2^53. NaN propagates to its block. Cost: one addition for \
          each element.",
    params: &[
        ParamInfo {
            name: "factor",
            kind: Kind::Ints { min: 1, max: 1 << 31 },
            default: None,
            doc: "extent of the blocks in elements, for all axes or one for each",
        },
        AXES,
        ParamInfo {
            name: "boundary",
            kind: Kind::Choice(&["trim", "exact", "pad"]),
            default: Some("\"trim\""),
            doc: "extents that are not multiples of the factor: trim drops the rest, exact refuses, pad averages \
                  what is there",
        },
    ],
    example: "[[step]]\nkernel = \"downsample\"\nfactor = 2\naxes = \"yx\"",
    parse: |params| Ok(Box::new(Downsample { params: params.clone() })),
};

/// The parsed kernel.
#[derive(Debug)]
pub struct Downsample {
    params: Params,
}

impl Kernel for Downsample {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("downsample", inputs)?;
        let axes = filter_axes(&self.params, spec)?;
        let factors = self.params.ints("factor", axes.len())?.unwrap_or_else(|| vec![1; axes.len()]);
        let factors: Vec<u64> = factors.into_iter().map(|f| f as u64).collect();
        let factors = spread(spec.rank(), &axes, &factors, 1);
        let boundary = self.params.text("boundary").unwrap_or("trim");
        let mut domain = spec.shape.clone();
        let mut out = spec.as_dtype(spec.dtype);
        for (a, &factor) in factors.iter().enumerate() {
            let n = spec.shape[a];
            if boundary == "exact" && n % factor != 0 {
                let label = spec.axis_label(a);
                let message = format!("axis {label} has {n} elements, which is not a multiple of its factor {factor}");
                return Err(BindError::param("factor", message)
                    .help("boundary = \"trim\" drops the rest, boundary = \"pad\" averages what is there"));
            }
            out.shape[a] = if boundary == "pad" { n.div_ceil(factor) } else { n / factor };
            domain[a] = n.min(out.shape[a] * factor);
        }
        let map = |(axis, &factor): (usize, &u64)| match factor {
            1 => AxisMap::Follow { axis, before: 0, after: 0 },
            _ => AxisMap::Coarse { axis, factor, before: 0, after: 0 },
        };
        let point = Access::point(spec.rank());
        let coarse = Access { axes: factors.iter().enumerate().map(map).collect(), edge: point.edge };
        let contract = Contract {
            domain,
            anchor: factors.clone(),
            order: Order::Any,
            reads: vec![Read { source: Source::Input(0), access: point }],
            writes: vec![Write { sink: Sink::Output(0), spec: out, access: coarse }],
            state: StateSize::default(),
            scratch: ScratchSize { fixed: 8 * (PIECE + 2 * RESULTS) as u64, per_core: 0, per_grown: 0 },
        };
        let work = Work::Map(Box::new(BlockMean { factors }));
        Ok(vec![Variant { name: "blocks", stages: vec![Stage { contract, work }] }])
    }
}

/// The order of a sum: along the last coarser axis first, element by element; then these partial
/// sums in C order of the other axes.
#[derive(Debug)]
struct BlockMean {
    /// One for each axis of the array.
    factors: Vec<u64>,
}

impl Map for BlockMean {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (view, out) = (&inputs[0], &mut outputs[0]);
        let (extents, shape) = (core.shape(), out.shape());
        let rank = shape.len();
        let line = self.factors.iter().rposition(|f| *f > 1).unwrap_or(rank.saturating_sub(1));
        // One result for the slower axes, as many as fit along the line and the axes after it.
        let mut block = vec![1u64; rank];
        let mut room = RESULTS as u64;
        for a in (line..rank).rev() {
            block[a] = room.min(shape[a]).max(1);
            room = (room / block[a]).max(1);
        }
        let piece = scratch.take::<f64>(PIECE)?;
        let sums = scratch.take::<f64>(RESULTS)?;
        let parts = scratch.take::<f64>(RESULTS)?;
        for_each_block(&shape, &block, |at, size| {
            let n = size.iter().product::<u64>() as usize;
            let (sums, parts) = (&mut sums[..n], &mut parts[..n]);
            // The elements of the blocks: where they begin in the view, and how many there are.
            let begin: Vec<u64> = at.iter().zip(&self.factors).map(|(i, f)| i * f).collect();
            let end =
                at.iter().zip(size).zip(&self.factors).zip(&extents).map(|(((i, n), f), e)| ((i + n) * f).min(*e));
            let span: Vec<u64> = end.zip(&begin).map(|(e, b)| e - b).collect();
            let slow = &span[..line.min(rank)];
            let mut first = true;
            for_each_block(slow, &vec![1; slow.len()], |index, _| {
                let mut from = begin.clone();
                index.iter().zip(&mut from).for_each(|(i, f)| *f += i);
                self.line(view, line, &from, &span, piece, parts);
                vectorized(
                    #[inline(always)]
                    || add(sums, parts, first),
                );
                first = false;
                Ok(())
            })?;
            let factor = self.factors.get(line).copied().unwrap_or(1);
            let length = span.get(line).copied().unwrap_or(1);
            let others: u64 = slow.iter().product();
            let inner = size.iter().skip(line + 1).product::<u64>() as usize;
            for (i, row) in sums.chunks_exact_mut(inner).enumerate() {
                let count = (length - i as u64 * factor).min(factor) * others;
                vectorized(
                    #[inline(always)]
                    || divide(row, count as f64),
                );
            }
            write_box(sums, out, at, size)
        })
    }
}

impl BlockMean {
    /// Sums along the axis `line` of the box that begins at `from`, for one index of the slower axes.
    fn line(&self, view: &View, line: usize, from: &[u64], span: &[u64], piece: &mut [f64], parts: &mut [f64]) {
        if span.is_empty() {
            return read_box(view, from, span, parts);
        }
        let (factor, length) = (self.factors[line] as usize, span[line] as usize);
        let inner = span[line + 1..].iter().product::<u64>() as usize;
        // Whole blocks at once where they are short.
        let step = if factor * inner <= PIECE { PIECE / (factor * inner) * factor } else { PIECE / inner };
        let (mut at, mut shape) = (from.to_vec(), span.to_vec());
        shape[..line].fill(1);
        let mut done = 0;
        while done < length {
            let n = step.min(length - done);
            (at[line], shape[line]) = (from[line] + done as u64, n as u64);
            let values = &mut piece[..n * inner];
            read_box(view, &at, &shape, values);
            vectorized(
                #[inline(always)]
                || sum_piece(values, done, factor, inner, parts),
            );
            done += n;
        }
    }
}

/// Adds rows of `inner` elements to the partial sums of their blocks; the first is row `done` of the
/// line.
#[inline(always)]
fn sum_piece(values: &[f64], done: usize, factor: usize, inner: usize, parts: &mut [f64]) {
    match (inner, factor) {
        (1, 2) => sum_pairs(values, &mut parts[done / 2..]),
        (1, _) if done.is_multiple_of(factor) => {
            for (part, block) in parts[done / factor..].iter_mut().zip(values.chunks(factor)) {
                *part = block[1..].iter().fold(block[0], |sum, x| sum + x);
            }
        }
        _ => {
            for (i, row) in values.chunks_exact(inner).enumerate() {
                let part = &mut parts[(done + i) / factor * inner..][..inner];
                add(part, row, (done + i).is_multiple_of(factor));
            }
        }
    }
}

#[inline(always)]
fn sum_pairs(values: &[f64], parts: &mut [f64]) {
    let (pairs, rest) = values.as_chunks::<2>();
    for (part, [a, b]) in parts.iter_mut().zip(pairs) {
        *part = a + b;
    }
    if let (Some(part), [alone]) = (parts.get_mut(pairs.len()), rest) {
        *part = *alone;
    }
}

#[inline(always)]
fn add(sums: &mut [f64], x: &[f64], first: bool) {
    if first {
        sums.copy_from_slice(x);
    } else {
        sums.iter_mut().zip(x).for_each(|(s, x)| *s += x);
    }
}

#[inline(always)]
fn divide(values: &mut [f64], count: f64) {
    values.iter_mut().for_each(|v| *v /= count);
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{apply, array, assert_close, bind, dtypes, noise, rounded, values};
    use super::*;
    use crate::array::DType;
    use crate::kernel::Value;

    fn ints(list: &[u64]) -> Value {
        Value::List(list.iter().map(|f| Value::Int(*f as i64)).collect())
    }

    fn axes(rank: usize) -> (&'static str, Value) {
        ("axes", Value::List((0..rank as i64).map(Value::Int).collect()))
    }

    /// The mean of every block, for the given output shape.
    fn slow(shape: &[u64], data: &[f64], factors: &[u64], out: &[u64]) -> Vec<f64> {
        let mut sums = vec![(0.0, 0.0); out.iter().product::<u64>() as usize];
        for (i, x) in data.iter().enumerate() {
            let (mut rest, mut to, mut scale, mut inside) = (i as u64, 0, 1, true);
            for a in (0..shape.len()).rev() {
                let block = rest % shape[a] / factors[a];
                rest /= shape[a];
                inside &= block < out[a];
                to += block * scale;
                scale *= out[a];
            }
            if inside {
                sums[to as usize].0 += x;
                sums[to as usize].1 += 1.0;
            }
        }
        sums.into_iter().map(|(s, n)| s / n).collect()
    }

    #[test]
    fn every_dtype_to_the_bit() {
        for dtype in dtypes() {
            let input = array(dtype, &[6, 8], &noise(dtype, 48));
            let got = apply(&INFO, &[("factor", ints(&[3, 2]))], &input);
            let want = slow(&[6, 8], &values(&input), &[3, 2], &[2, 4]);
            assert_eq!(got.spec.shape, [2, 4]);
            assert_eq!(got.spec.dtype, dtype);
            assert_eq!(values(&got), rounded(dtype, &want), "{dtype}");
        }
    }

    #[test]
    fn trim_and_pad_of_odd_shapes() {
        let cases: [(&[u64], &[u64]); 12] = [
            (&[7, 9], &[2, 4]),
            (&[5, 6, 7], &[2, 1, 3]),
            (&[5, 6, 3], &[2, 4, 1]),
            (&[3, 2, 5, 4], &[2, 2, 2, 3]),
            (&[3, 4], &[1, 1]),
            (&[3], &[5]),
            (&[9001], &[2]),
            (&[9001], &[5000]),
            (&[11, 700, 3], &[1, 100, 1]),
            (&[3, 1500], &[2, 1]),
            (&[0, 4], &[3, 2]),
            (&[4, 0], &[2, 3]),
        ];
        for (shape, factors) in cases {
            let n = shape.iter().product();
            let input = array(DType::F64, shape, &noise(DType::F64, n));
            for boundary in ["trim", "pad"] {
                let round = |(n, f): (&u64, &u64)| if boundary == "pad" { n.div_ceil(*f) } else { n / f };
                let out: Vec<u64> = shape.iter().zip(factors).map(round).collect();
                let params = [("factor", ints(factors)), ("boundary", Value::Str(boundary.into())), axes(shape.len())];
                let got = apply(&INFO, &params, &input);
                assert_eq!(got.spec.shape, out);
                let want = slow(shape, &values(&input), factors, &out);
                assert_eq!(values(&got), want, "{shape:?} {factors:?} {boundary}");
            }
        }
    }

    /// Inexact sums: the order must be the same in any tile.
    #[test]
    fn the_order_of_sums_does_not_depend_on_tiles() {
        for (shape, factors) in [(vec![9u64, 10, 6], vec![3u64, 5, 1]), (vec![4, 9, 40], vec![4, 3, 8])] {
            let data: Vec<f64> = noise(DType::F64, shape.iter().product()).iter().map(|x| x / 3.0).collect();
            let input = array(DType::F64, &shape, &data);
            let out: Vec<u64> = shape.iter().zip(&factors).map(|(n, f)| n / f).collect();
            let got = apply(&INFO, &[("factor", ints(&factors)), axes(3)], &input);
            assert_close(&got, &slow(&shape, &data, &factors, &out), "inexact");
        }
    }

    #[test]
    fn halves_round_to_even_and_nan_stays_in_its_block() {
        let got =
            apply(&INFO, &[("factor", Value::Int(2))], &array(DType::U8, &[6], &[0.0, 1.0, 1.0, 2.0, 255.0, 254.0]));
        assert_eq!(got.data::<u8>(), [0, 2, 254]);
        let nan = array(DType::F32, &[6], &[1.0, 1.0, f64::NAN, 1.0, f64::INFINITY, 1.0]);
        let got = apply(&INFO, &[("factor", Value::Int(2))], &nan);
        assert!(matches!(got.data::<f32>(), [1.0, n, f32::INFINITY] if n.is_nan()), "{:?}", got.data::<f32>());
        let point = array(DType::F32, &[], &[2.5]);
        assert_eq!(values(&apply(&INFO, &[("factor", Value::Int(2))], &point)), [2.5]);
    }

    #[test]
    fn exact_refuses_with_the_numbers() {
        let input = array(DType::F32, &[7, 8], &[0.0; 56]).named("yx");
        let exact = |factors: &[u64]| [("factor", ints(factors)), ("boundary", Value::Str("exact".into()))];
        let message = bind(&INFO, &exact(&[2, 2]), &input).map(|_| ()).unwrap_err();
        assert_eq!(message, "axis y has 7 elements, which is not a multiple of its factor 2");
        assert!(bind(&INFO, &exact(&[7, 4]), &input).is_ok());
    }
}
