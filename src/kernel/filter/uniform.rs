//! `uniform`: the mean over a box, as `scipy.ndimage.uniform_filter`.
//!
//! Owns sums over windows of any length at constant cost; refuses to know tiles and borders.

use super::common::{AXES, Border, CVAL, MODE, centred, real_input};
use super::separable::{LineFilter, Lines, variants};
use crate::array::ArraySpec;
use crate::kernel::axes::filter_axes;
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Variant, simd::vectorized};
use std::sync::Arc;

/// Up to this size a window is summed element by element, which vectorises along the line too.
const DIRECT_MAX: u64 = 8;
/// Outputs computed side by side.
const LANES: usize = 16;
/// Shorter rows are summed line by line.
const ROW_MIN: usize = 8;
/// Lines that are summed side by side where rows are short.
const GROUP: usize = 4;

/// The registry's line.
pub const INFO: KernelInfo = KernelInfo {
    name: "uniform",
    family: Family::Filter,
    summary: "mean of the box around each element",
    doc: "Any shape, real dtypes but bool; shape and dtype stay (integers round half to even and saturate). \
          Defined as scipy.ndimage.uniform_filter: size//2 elements before, size - size//2 - 1 after. The box is \
          summed in f64 and divided once: means of integers are exact as long as sums stay below 2^53 (SciPy \
          rounds to the dtype after each axis). A NaN or an infinity shows only in the boxes that hold it. Cost: \
          at most three additions for each element and axis beyond size 8.",
    params: &[
        ParamInfo {
            name: "size",
            kind: Kind::Ints { min: 1, max: 1 << 31 },
            default: Some("3"),
            doc: "extent of the box in elements, for all axes or one for each",
        },
        AXES,
        MODE,
        CVAL,
    ],
    example: "[[step]]\nkernel = \"uniform\"\nsize = 5\naxes = \"yx\"",
    parse: |params| Ok(Box::new(Uniform { params: params.clone() })),
};

/// The parsed kernel.
#[derive(Debug)]
pub struct Uniform {
    params: Params,
}

impl Kernel for Uniform {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("uniform", inputs)?;
        let axes = filter_axes(&self.params, spec)?;
        let sizes = self.params.ints("size", axes.len())?.unwrap_or_else(|| vec![3; axes.len()]);
        let count: f64 = sizes.iter().map(|s| *s as f64).product();
        let filter = |(&axis, &size): (&usize, &i64)| -> (usize, Arc<dyn LineFilter>) {
            (axis, Arc::new(Sum { size: size as u64 }))
        };
        let passes = axes.iter().zip(&sizes).filter(|(_, s)| **s > 1).map(filter).collect();
        variants(spec, passes, count, Border::parse(&self.params))
    }
}

/// The sum of `size` neighbours.
#[derive(Debug)]
struct Sum {
    size: u64,
}

impl LineFilter for Sum {
    fn halo(&self) -> (u64, u64) {
        centred(self.size)
    }

    fn pass(&self, lines: Lines, data: &mut [f64], aux: &mut [f64]) {
        let size = self.size as usize;
        vectorized(
            #[inline(always)]
            || {
                if self.size <= DIRECT_MAX {
                    direct(lines, size, data);
                } else if lines.inner < ROW_MIN {
                    short_rows(lines, size, data);
                } else {
                    long_rows(lines, size, data, aux);
                }
            },
        );
    }

    fn bytes(&self) -> u64 {
        0
    }
}

/// First to last, one after the other. Output `i` lands where its first input was.
#[inline(always)]
fn direct(lines: Lines, size: usize, data: &mut [f64]) {
    let Lines { outer, extent, inner, .. } = lines;
    let kept = extent + 1 - size;
    for line in 0..outer {
        let (from, to, n) = (line * extent * inner, line * kept * inner, kept * inner);
        let mut i = 0;
        while i + LANES <= n {
            chunk::<LANES>(data, from + i, to + i, inner, size);
            i += LANES;
        }
        for i in i..n {
            chunk::<1>(data, from + i, to + i, inner, size);
        }
    }
}

#[inline(always)]
fn chunk<const L: usize>(data: &mut [f64], from: usize, to: usize, stride: usize, size: usize) {
    let window = &data[from..from + (size - 1) * stride + L];
    let mut acc = [0.0; L];
    acc.copy_from_slice(&window[..L]);
    for t in 1..size {
        let row = &window[t * stride..][..L];
        for l in 0..L {
            acc[l] += row[l];
        }
    }
    data[to..to + L].copy_from_slice(&acc);
}

/// The outputs `begin..end` of a line whose windows begin in the same block of `size` indices, and
/// the row where the next block begins. Blocks begin at multiples of `size` in the array, so that
/// every window is cut at the same place whatever the tile (van Herk, Gil and Werman): its sum is
/// the suffix of one block, summed backwards, plus the prefix of the next, summed forwards.
/// Nothing is subtracted, hence nothing stays of an element that has left.
#[inline(always)]
fn segments(lines: Lines, size: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    let kept = lines.extent + 1 - size;
    let mut begin = 0;
    std::iter::from_fn(move || {
        if begin >= kept {
            return None;
        }
        let inside = (lines.first + begin as i64).rem_euclid(size as i64) as usize;
        let next = begin + size - inside;
        let segment = (begin, next.min(kept), next);
        begin = next;
        Some(segment)
    })
}

/// Rows of few elements: line by line, some side by side, because a sum waits for the one before.
/// Results move to the front when a whole group is done.
#[inline(always)]
fn short_rows(lines: Lines, size: usize, data: &mut [f64]) {
    let Lines { outer, extent, inner, .. } = lines;
    let base = |line: usize| line / inner * extent * inner + line % inner;
    let all = outer * inner;
    let grouped = all / GROUP * GROUP;
    for first in (0..grouped).step_by(GROUP) {
        group(lines, size, data, std::array::from_fn::<usize, GROUP, _>(|g| base(first + g)));
    }
    (grouped..all).for_each(|line| group(lines, size, data, [base(line)]));
    let kept = (extent + 1 - size) * inner;
    for line in 1..outer {
        data.copy_within(line * extent * inner..line * extent * inner + kept, line * kept);
    }
}

#[inline(always)]
fn group<const G: usize>(lines: Lines, size: usize, data: &mut [f64], base: [usize; G]) {
    let stride = lines.inner;
    for (begin, end, next) in segments(lines, size) {
        let mut sum: [f64; G] = std::array::from_fn(|g| data[base[g] + (next - 1) * stride]);
        for i in (begin..next - 1).rev() {
            for g in 0..G {
                sum[g] += data[base[g] + i * stride];
                data[base[g] + i * stride] = sum[g];
            }
        }
        // The window that begins where a block does is that block: its suffix is the sum. Where a
        // tile begins inside a block, the first window has more of the next block behind it.
        let begin = if begin + size == next { begin + 1 } else { begin };
        if begin >= end {
            continue;
        }
        sum = std::array::from_fn(|g| data[base[g] + next * stride]);
        for row in next + 1..begin + size {
            for g in 0..G {
                sum[g] += data[base[g] + row * stride];
            }
        }
        for g in 0..G {
            data[base[g] + begin * stride] += sum[g];
        }
        for i in begin + 1..end {
            for g in 0..G {
                sum[g] += data[base[g] + (i + size - 1) * stride];
                data[base[g] + i * stride] += sum[g];
            }
        }
    }
}

/// Rows of many elements: the same operations, a row at a time.
#[inline(always)]
fn long_rows(lines: Lines, size: usize, data: &mut [f64], aux: &mut [f64]) {
    let Lines { outer, extent, inner, .. } = lines;
    let kept = extent + 1 - size;
    let prefix = &mut aux[..inner];
    for line in 0..outer {
        let (from, to) = (line * extent * inner, line * kept * inner);
        for (begin, end, next) in segments(lines, size) {
            for row in (begin..next - 1).rev() {
                let (this, later) = data[from + row * inner..from + (row + 2) * inner].split_at_mut(inner);
                add(this, later);
            }
            let mut row = next;
            for i in begin..end {
                while row < i + size {
                    let x = &data[from + row * inner..from + (row + 1) * inner];
                    if row == next {
                        prefix.copy_from_slice(x);
                    } else {
                        add(prefix, x);
                    }
                    row += 1;
                }
                let at = from + i * inner;
                if i + size > next {
                    add(&mut data[at..at + inner], prefix);
                }
                if from != to {
                    data.copy_within(at..at + inner, to + i * inner);
                }
            }
        }
    }
}

#[inline(always)]
fn add(sum: &mut [f64], x: &[f64]) {
    for (s, x) in sum.iter_mut().zip(x) {
        *s += x;
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{apply, array, assert_close, dtypes, noise, rounded, values, windows};
    use super::*;
    use crate::array::{DType, EdgeMode};
    use crate::kernel::Value;

    fn ints(list: &[u64]) -> Value {
        Value::List(list.iter().map(|f| Value::Int(*f as i64)).collect())
    }

    fn slow(shape: &[u64], data: &[f64], size: &[u64], mode: EdgeMode, cval: f64) -> Vec<f64> {
        let reach: Vec<(i64, i64)> = size.iter().map(|s| centred(*s)).map(|(b, a)| (b as i64, a as i64)).collect();
        windows(shape, data, &reach, mode, cval, |w| w.iter().sum::<f64>() / w.len() as f64)
    }

    /// Values are multiples of a quarter: sums are exact in any order, and so are the results.
    #[test]
    fn every_dtype_and_mode_to_the_bit() {
        for dtype in dtypes() {
            for (name, mode) in EdgeMode::ALL {
                let input = array(dtype, &[6, 7], &noise(dtype, 42));
                let want = slow(&[6, 7], &values(&input), &[4, 3], mode, 2.0);
                let params = [("size", ints(&[4, 3])), ("mode", Value::Str(name.into())), ("cval", Value::Float(2.0))];
                let got = apply(&INFO, &params, &input);
                assert_eq!(values(&got), rounded(dtype, &want), "{dtype} {name}");
            }
        }
    }

    #[test]
    fn values_of_scipy() {
        // a = numpy.arange(0, 50, 2, dtype=float).reshape(5, 5) % 7, with SciPy 1.17.1:
        // uniform_filter(a, size=[4, 3], mode="mirror")
        let input = array(DType::F64, &[5, 5], &(0..25).map(|i| f64::from(2 * i % 7)).collect::<Vec<_>>());
        let got = values(&apply(&INFO, &[("size", ints(&[4, 3])), ("mode", Value::Str("mirror".into()))], &input));
        let want = [3.1666666666666665, 2.6666666666666665, 2.9166666666666665, 2.5833333333333335, 3.25];
        assert_close(&array(DType::F64, &[5], &got[..5]), &want, "mirror");
    }

    #[test]
    fn odd_shapes_axes_and_large_boxes() {
        let cases: [(&[u64], &[u64]); 12] = [
            (&[3, 600], &[2, 18]),
            (&[3, 4, 5], &[2, 1, 3]),
            (&[2, 3, 4, 3], &[1, 3, 2, 1]),
            (&[60], &[17]),
            (&[60], &[40]),
            (&[5], &[23]),
            (&[1, 30], &[18, 20]),
            (&[30, 3], &[18, 1]),
            (&[30, 12], &[19, 1]),
            (&[2, 25, 12], &[1, 17, 18]),
            (&[0, 4], &[3, 3]),
            (&[4, 0], &[17, 17]),
        ];
        for (shape, size) in cases {
            let n = shape.iter().product();
            let input = array(DType::F64, shape, &noise(DType::F64, n));
            for (name, mode) in EdgeMode::ALL {
                let want = slow(shape, &values(&input), size, mode, 0.0);
                let axes = Value::List((0..shape.len() as i64).map(Value::Int).collect());
                let params = [("size", ints(size)), ("mode", Value::Str(name.into())), ("axes", axes)];
                let got = apply(&INFO, &params, &input);
                assert_eq!(values(&got), want, "{shape:?} {size:?} {name}");
            }
        }
    }

    /// Inexact sums: the order must be the same in any tile, for both sizes of rows.
    #[test]
    fn the_order_of_sums_does_not_depend_on_tiles() {
        for (shape, size) in [(vec![90u64], vec![20u64]), (vec![50, 13], vec![21, 1]), (vec![3, 40], vec![1, 17])] {
            let n = shape.iter().product();
            let data: Vec<f64> = noise(DType::F64, n).iter().map(|x| libm::exp(x / 3.0)).collect();
            let input = array(DType::F64, &shape, &data);
            let want = slow(&shape, &data, &size, EdgeMode::Mirror, 0.0);
            let params = [("size", ints(&size)), ("mode", Value::Str("mirror".into()))];
            let got = apply(&INFO, &params, &input);
            let got: Vec<f64> = values(&got).iter().zip(&want).map(|(g, w)| g / w).collect();
            assert_close(&array(DType::F64, &shape, &got), &vec![1.0; data.len()], &format!("{shape:?}"));
        }
    }

    #[test]
    fn what_has_left_leaves_no_trace() {
        for size in [3, 17, 25] {
            for bad in [f64::NAN, f64::INFINITY, 1e300] {
                let mut data = vec![1.0; 80];
                data[30] = bad;
                let got = apply(&INFO, &[("size", Value::Int(size))], &array(DType::F64, &[80], &data));
                for (i, v) in values(&got).iter().enumerate() {
                    assert_eq!(*v != 1.0, (i as i64 - 30).abs() <= size / 2, "size {size}, {bad} at 30, [{i}] = {v}");
                }
            }
        }
    }
}
