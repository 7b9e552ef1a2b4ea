//! `gaussian`: a Gaussian filter along any axes, as `scipy.ndimage.gaussian_filter`.
//!
//! Owns the weights and the pass over lines; refuses to know tiles and borders.

use super::common::{AXES, Border, CVAL, MODE, real_input};
use super::separable::{LineFilter, Lines, variants};
use crate::array::ArraySpec;
use crate::kernel::axes::filter_axes;
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Variant, simd::vectorized};
use std::sync::Arc;

/// The longest half of a kernel. Beyond it a filter of a smaller array gives the same picture.
const RADIUS_MAX: i64 = 1 << 20;
/// Below this SciPy leaves an axis as it is.
const SIGMA_MIN: f64 = 1e-15;
/// Outputs computed side by side.
const LANES: usize = 16;
/// Elements under a kernel that stay in the innermost cache: columns are filtered from top to bottom
/// in strips of this many divided by the length of the kernel.
const CACHED: usize = 3072;

/// The registry's line.
pub const INFO: KernelInfo = KernelInfo {
    name: "gaussian",
    family: Family::Filter,
    summary: "smoothing with a Gaussian of standard deviation sigma",
    doc: "Any shape, real dtypes but bool; shape and dtype stay (integers round half to even and saturate). \
          Defined as scipy.ndimage.gaussian_filter with order = 0: weights exp(-x²/2σ²) for |x| ≤ radius, \
          normalised, radius = int(truncate·σ + 0.5). Axes are filtered in ascending order, in f64, with one \
          rounding at the end (SciPy rounds to the dtype after each axis). NaN and ±inf spread as far as the \
          kernel reaches. 64-bit integers beyond 2^53 are rounded to f64. Cost: 2·radius + 1 multiplications \
          for each element and axis.",
    params: &[
        ParamInfo {
            name: "sigma",
            kind: Kind::Floats { min: 0.0, max: f64::INFINITY },
            default: None,
            doc: "standard deviation in elements, for all axes or one for each; 0 leaves an axis as it is",
        },
        AXES,
        MODE,
        CVAL,
        ParamInfo {
            name: "truncate",
            kind: Kind::Float { min: 0.0, max: f64::INFINITY },
            default: Some("4.0"),
            doc: "the kernel ends at this many standard deviations",
        },
        ParamInfo {
            name: "radius",
            kind: Kind::Ints { min: 0, max: RADIUS_MAX },
            default: Some(""),
            doc: "half the length of the kernel in elements, for all axes or one for each; unset: from truncate",
        },
    ],
    example: "[[step]]\nkernel = \"gaussian\"\nsigma = 1.5\naxes = \"yx\"",
    parse: |params| Ok(Box::new(Gaussian { params: params.clone() })),
};

/// The parsed kernel.
#[derive(Debug)]
pub struct Gaussian {
    params: Params,
}

impl Kernel for Gaussian {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("gaussian", inputs)?;
        let axes = filter_axes(&self.params, spec)?;
        let sigmas = self.params.floats("sigma", axes.len())?.unwrap_or_default();
        let radii = self.params.ints("radius", axes.len())?;
        let truncate = self.params.float("truncate").unwrap_or(4.0);
        let mut passes: Vec<(usize, Arc<dyn LineFilter>)> = Vec::new();
        for (i, (&axis, &sigma)) in axes.iter().zip(&sigmas).enumerate() {
            let radius = radii.as_ref().map_or((truncate * sigma + 0.5).trunc(), |r| r[i] as f64);
            if radius > RADIUS_MAX as f64 {
                let label = spec.axis_label(axis);
                let message = format!(
                    "sigma = {sigma:?} with truncate = {truncate:?} reaches {radius:.0} elements along axis {label}, \
                     at most {RADIUS_MAX} are allowed"
                );
                return Err(BindError::param("sigma", message).help("downsample first, or give a smaller radius"));
            }
            if sigma > SIGMA_MIN && radius > 0.0 {
                passes.push((axis, Arc::new(Taps { weights: weights(sigma, radius as usize) })));
            }
        }
        variants(spec, passes, 1.0, Border::parse(&self.params))
    }
}

/// The weights from the centre outwards; both sides together sum to 1.
fn weights(sigma: f64, radius: usize) -> Vec<f64> {
    let scale = -0.5 / (sigma * sigma);
    let phi: Vec<f64> = (0..=radius).map(|x| libm::exp(scale * (x as f64 * x as f64))).collect();
    // Smallest first: the tails are not lost.
    let tails: f64 = phi[1..].iter().rev().fold(0.0, |sum, p| sum + p);
    let sum = phi[0] + 2.0 * tails;
    phi.into_iter().map(|p| p / sum).collect()
}

/// A symmetric kernel, from its centre outwards.
#[derive(Debug)]
struct Taps {
    weights: Vec<f64>,
}

impl LineFilter for Taps {
    fn halo(&self) -> (u64, u64) {
        let radius = self.weights.len() as u64 - 1;
        (radius, radius)
    }

    fn pass(&self, lines: Lines, data: &mut [f64], _aux: &mut [f64]) {
        vectorized(
            #[inline(always)]
            || pass(lines, &self.weights, data),
        );
    }

    fn bytes(&self) -> u64 {
        8 * self.weights.len() as u64
    }

    fn effort(&self) -> f64 {
        0.2 * self.weights.len() as f64
    }
}

/// Along a line, elements lie `inner` apart, whichever axis it is: row by row the outputs of a pass
/// are one run. Output `i` lands where its first input was, which no later output needs.
#[inline(always)]
fn pass(lines: Lines, weights: &[f64], data: &mut [f64]) {
    let Lines { outer, extent, inner, .. } = lines;
    let kept = extent - 2 * (weights.len() - 1);
    let columns = (CACHED / (2 * weights.len() - 1) / LANES * LANES).max(LANES);
    for line in 0..outer {
        let (from, to) = (line * extent * inner, line * kept * inner);
        if inner <= columns {
            run(data, from, to, kept * inner, inner, weights);
            continue;
        }
        for column in (0..inner).step_by(columns) {
            let n = columns.min(inner - column);
            for row in 0..kept {
                let at = row * inner + column;
                run(data, from + at, to + at, n, inner, weights);
            }
        }
    }
}

#[inline(always)]
fn run(data: &mut [f64], from: usize, to: usize, n: usize, stride: usize, weights: &[f64]) {
    let mut i = 0;
    while i + LANES <= n {
        chunk::<LANES>(data, from + i, to + i, stride, weights);
        i += LANES;
    }
    while i + 4 <= n {
        chunk::<4>(data, from + i, to + i, stride, weights);
        i += 4;
    }
    for i in i..n {
        chunk::<1>(data, from + i, to + i, stride, weights);
    }
}

/// `L` neighbouring outputs. The sum begins at the centre and then goes from the ends of the kernel
/// inwards, pair by pair, as SciPy's does.
#[inline(always)]
fn chunk<const L: usize>(data: &mut [f64], from: usize, to: usize, stride: usize, weights: &[f64]) {
    let radius = weights.len() - 1;
    let window = &data[from..from + 2 * radius * stride + L];
    let mut acc = [0.0; L];
    let centre = &window[radius * stride..][..L];
    for l in 0..L {
        acc[l] = centre[l] * weights[0];
    }
    for t in (1..=radius).rev() {
        let (left, right) = (&window[(radius - t) * stride..][..L], &window[(radius + t) * stride..][..L]);
        for l in 0..L {
            acc[l] += (left[l] + right[l]) * weights[t];
        }
    }
    data[to..to + L].copy_from_slice(&acc);
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{apply, array, assert_close, bind, dtypes, noise, values, windows};
    use super::*;
    use crate::array::{DType, EdgeMode};
    use crate::kernel::Value;

    fn floats(list: &[f64]) -> Value {
        Value::List(list.iter().map(|f| Value::Float(*f)).collect())
    }

    /// All axes, one direct N-D sum.
    fn slow(shape: &[u64], data: &[f64], sigma: &[f64], mode: EdgeMode, cval: f64) -> Vec<f64> {
        let radius: Vec<i64> = sigma.iter().map(|s| (4.0 * s + 0.5) as i64).collect();
        let mut kernel = vec![1.0];
        for (s, &r) in sigma.iter().zip(&radius) {
            let w: Vec<f64> =
                (-r..=r).map(|x| if r == 0 { 1.0 } else { (-0.5 * (x * x) as f64 / (s * s)).exp() }).collect();
            let sum: f64 = w.iter().sum();
            kernel = kernel.iter().flat_map(|k| w.iter().map(move |w| k * w / sum)).collect();
        }
        let reach: Vec<(i64, i64)> = radius.iter().map(|r| (*r, *r)).collect();
        windows(shape, data, &reach, mode, cval, |window| window.iter().zip(&kernel).map(|(x, w)| x * w).sum())
    }

    #[test]
    fn every_dtype_and_mode_as_the_direct_sum() {
        for dtype in dtypes() {
            for (name, mode) in EdgeMode::ALL {
                let input = array(dtype, &[7, 5], &noise(dtype, 35));
                let sigma = [0.8, 1.3];
                let want = slow(&[7, 5], &values(&input), &sigma, mode, 3.0);
                let params =
                    [("sigma", floats(&sigma)), ("mode", Value::Str(name.into())), ("cval", Value::Float(3.0))];
                assert_close(&apply(&INFO, &params, &input), &want, &format!("{dtype} {name}"));
            }
        }
    }

    #[test]
    fn odd_shapes_and_axes() {
        let cases: [(&[u64], &[f64]); 9] = [
            (&[3, 4, 5], &[0.5, 0.0, 1.0]),
            (&[2, 3, 4, 3], &[0.0, 0.7, 0.4, 0.0]),
            (&[6, 3, 2], &[0.6, 0.0, 0.0]),
            (&[1, 9], &[2.0, 0.5]),
            (&[40], &[3.0]),
            (&[2], &[4.0]),
            (&[0, 4], &[1.0, 1.0]),
            (&[4, 0], &[0.0, 1.0]),
            (&[3, 35], &[0.5, 0.0]),
        ];
        for (shape, sigma) in cases {
            let n = shape.iter().product();
            let input = array(DType::F64, shape, &noise(DType::F64, n));
            for (name, mode) in EdgeMode::ALL {
                let want = slow(shape, &values(&input), sigma, mode, 0.0);
                let axes = Value::List((0..shape.len() as i64).map(Value::Int).collect());
                let params = [("sigma", floats(sigma)), ("mode", Value::Str(name.into())), ("axes", axes)];
                assert_close(&apply(&INFO, &params, &input), &want, &format!("{shape:?} {name}"));
            }
        }
    }

    #[test]
    fn wide_rows_and_long_kernels() {
        let input = array(DType::F32, &[3, 1100], &noise(DType::F32, 3300));
        let want = slow(&[3, 1100], &values(&input), &[0.4, 2.0], EdgeMode::Reflect, 0.0);
        assert_close(&apply(&INFO, &[("sigma", floats(&[0.4, 2.0]))], &input), &want, "wide");
        let want = slow(&[3, 1100], &values(&input), &[5.0, 0.0], EdgeMode::Wrap, 0.0);
        let params = [("sigma", floats(&[5.0, 0.0])), ("mode", Value::Str("wrap".into()))];
        assert_close(&apply(&INFO, &params, &input), &want, "tall");
    }

    #[test]
    fn values_of_scipy() {
        // a = numpy.arange(0, 50, 2, dtype=float).reshape(5, 5) % 7, with SciPy 1.17.1
        let input = array(DType::F64, &[5, 5], &(0..25).map(|i| f64::from(2 * i % 7)).collect::<Vec<_>>());
        // gaussian_filter(a, sigma=1)
        let got = values(&apply(&INFO, &[("sigma", Value::Float(1.0))], &input));
        let want = [1.8235412747748776, 2.448171620886907, 3.117547011813161, 3.2829365781357054, 2.7548444647805237];
        assert_close(&array(DType::F64, &[5], &got[..5]), &want, "reflect");
        // gaussian_filter(a, sigma=[0.5, 2], mode="constant", cval=3)
        let constant = [("mode", Value::Str("constant".into())), ("cval", Value::Float(3.0))];
        let params = [&[("sigma", floats(&[0.5, 2.0]))], &constant[..]].concat();
        let got = values(&apply(&INFO, &params, &input));
        let want = [2.591242692647635, 2.730101276548573, 2.925919642973106, 3.0512573952615925, 3.059683276909506];
        assert_close(&array(DType::F64, &[5], &got[..5]), &want, "constant");
    }

    #[test]
    fn named_axes_and_a_list_in_their_order() {
        let input = array(DType::F64, &[2, 5, 6], &noise(DType::F64, 60)).named("tyx");
        let plain = apply(&INFO, &[("sigma", floats(&[0.5, 1.0])), ("axes", Value::Str("yx".into()))], &input);
        let turned = apply(&INFO, &[("sigma", floats(&[1.0, 0.5])), ("axes", Value::Str("xy".into()))], &input);
        let default = apply(&INFO, &[("sigma", floats(&[0.5, 1.0]))], &input);
        assert_eq!(plain.bytes(), turned.bytes());
        assert_eq!(plain.bytes(), default.bytes());
        assert_close(&plain, &slow(&[2, 5, 6], &values(&input), &[0.0, 0.5, 1.0], EdgeMode::Reflect, 0.0), "yx");
    }

    #[test]
    fn radius_truncate_zero_and_scalars() {
        let input = array(DType::U8, &[9], &noise(DType::U8, 9));
        let short = apply(&INFO, &[("sigma", Value::Float(2.0)), ("truncate", Value::Float(1.0))], &input);
        let same = apply(&INFO, &[("sigma", Value::Float(2.0)), ("radius", Value::Int(2))], &input);
        assert_eq!(short.bytes(), same.bytes());
        assert_eq!(apply(&INFO, &[("sigma", Value::Float(0.0))], &input).bytes(), input.bytes());
        let point = array(DType::F32, &[], &[2.5]);
        assert_eq!(values(&apply(&INFO, &[("sigma", Value::Float(1.0))], &point)), [2.5]);
    }

    #[test]
    fn nan_and_infinity_stay_within_reach() {
        let mut data = vec![1.0; 30];
        (data[5], data[20]) = (f64::NAN, f64::INFINITY);
        let input = array(DType::F32, &[30], &data);
        let got = values(&apply(&INFO, &[("sigma", Value::Float(0.5))], &input));
        for (i, v) in got.iter().enumerate() {
            assert_eq!(v.is_nan(), (3..=7).contains(&i), "{i}: {v}");
            assert_eq!(v.is_infinite(), (18..=22).contains(&i), "{i}: {v}");
        }
    }

    #[test]
    fn refusals_say_what_to_do() {
        let sigma = |s: f64| vec![("sigma", Value::Float(s))];
        let error = |dtype, params: &[(&str, Value)]| {
            bind(&INFO, params, &array(dtype, &[4], &[0.0; 4])).map(|_| ()).unwrap_err()
        };
        assert!(error(DType::Bool, &sigma(1.0)).contains("bool"));
        assert!(error(DType::F32, &sigma(1e9)).contains("4000000000 elements along axis 0"));
        assert!(error(DType::F32, &sigma(-1.0)).contains("sigma = -1.0"));
        assert!(error(DType::F32, &[]).contains("\"sigma\" is missing"));
        let constant =
            |cval: f64| [sigma(1.0), vec![("mode", Value::Str("constant".into())), ("cval", Value::Float(cval))]];
        for cval in [0.5, 300.0, -1.0, f64::INFINITY, f64::NAN] {
            assert!(error(DType::U8, &constant(cval).concat()).contains("cval"), "{cval}");
        }
        assert!(bind(&INFO, &constant(7.0).concat(), &array(DType::U8, &[4], &[0.0; 4])).is_ok());
        let complex = crate::kernel::trial::Array::zeros(&ArraySpec::new(DType::C64, &[4]));
        assert!(bind(&INFO, &sigma(1.0), &complex).unwrap_err().contains("complex"));
    }
}
