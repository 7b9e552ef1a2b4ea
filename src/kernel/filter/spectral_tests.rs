//! Sums by transforms against sums by their definition, block by block and tile by tile.

use super::super::convolve::INFO;
use super::super::oracle::{array, noise, values, windows};
use super::*;
use crate::array::EdgeMode;
use crate::kernel::trial::{Array, run};
use crate::kernel::{Params, Value};

/// The ways of `convolve` along all axes, or those that are given.
fn variants(input: &Array, weights: &Array, given: &[(&str, Value)]) -> Vec<Variant> {
    let axes = Value::List((0..input.spec.rank() as i64).map(Value::Int).collect());
    let with_axes = given.iter().all(|(name, _)| *name != "axes");
    let all: Vec<(String, Value)> = [("weights", Value::Str("w".into())), ("axes", axes)]
        .into_iter()
        .filter(|(name, _)| *name != "axes" || with_axes)
        .chain(given.iter().cloned())
        .map(|(name, value)| (name.to_string(), value))
        .collect();
    let params = Params::check(INFO.params, &all).unwrap();
    let kernel = (INFO.parse)(&params).unwrap();
    kernel.bind(&[input.spec.clone(), weights.spec.clone()]).unwrap()
}

/// Runs `convolve` in several tilings, which must give the same bytes.
fn convolve(input: &Array, weights: &Array, given: &[(&str, Value)]) -> Array {
    let inputs = [input.clone(), weights.clone()];
    let mut first: Option<Array> = None;
    for variant in &variants(input, weights, given) {
        for pattern in [[u64::MAX >> 8; 4], [1; 4], [2, 3, 1, 20], [1, 1, 7, 3]] {
            let tile: Vec<u64> = (0..input.spec.rank()).map(|a| pattern[a]).collect();
            let out = run(variant, &inputs, &tile).unwrap().remove(0);
            let same = first.as_ref().is_none_or(|f| f.bytes() == out.bytes());
            assert!(same, "{given:?} {:?} in tiles {tile:?} differs", input.spec.shape);
            first.get_or_insert(out);
        }
    }
    first.unwrap()
}

fn fft() -> (&'static str, Value) {
    ("method", Value::Str("fft".into()))
}

/// By definition, along all axes.
fn slow(input: &Array, weights: &Array, correlate: bool, mode: EdgeMode, cval: f64) -> Vec<f64> {
    let mut factors = values(weights);
    let reach = |n: &u64| ((n / 2) as i64, ((n - 1) / 2) as i64);
    let mut reach: Vec<(i64, i64)> = weights.spec.shape.iter().map(reach).collect();
    if !correlate {
        factors.reverse();
        reach.iter_mut().for_each(|r| *r = (r.1, r.0));
    }
    windows(&input.spec.shape, &values(input), &reach, mode, cval, |window| {
        window.iter().zip(&factors).filter(|(_, f)| **f != 0.0).map(|(x, f)| x * f).sum()
    })
}

/// Room for roundings: a share of the largest value times all weights.
fn assert_near(got: &Array, want: &[f64], input: &Array, weights: &Array, what: &str) {
    let finite = |a: &Array| values(a).into_iter().filter(|x| x.is_finite()).map(f64::abs).collect::<Vec<_>>();
    let scale = finite(input).into_iter().fold(3.0, f64::max) * finite(weights).iter().sum::<f64>();
    for (i, (g, w)) in values(got).iter().zip(want).enumerate() {
        let unit = if got.spec.dtype == DType::F32 { 1.2e-7 * w.abs() } else { 0.0 };
        let same = g == w || (g.is_nan() && w.is_nan()) || (g - w).abs() <= 4e-16 * scale + unit;
        assert!(same, "{what} {:?} [{i}]: {g} is not {w}", input.spec.shape);
    }
}

fn named(mode: &str) -> (&'static str, Value) {
    ("mode", Value::Str(mode.into()))
}

#[test]
fn every_mode_and_shape_as_the_sum() {
    let cases: [(&[u64], &[u64]); 14] = [
        (&[600], &[7]),
        (&[600], &[8]),
        (&[1], &[2]),
        (&[3], &[9]),
        (&[40], &[40]),
        (&[70, 90], &[3, 4]),
        (&[70, 90], &[6, 1]),
        (&[70, 90], &[1, 6]),
        (&[33, 20], &[9, 31]),
        (&[2, 3], &[8, 5]),
        (&[9, 10, 20], &[3, 2, 4]),
        (&[9, 10, 20], &[1, 5, 1]),
        (&[30, 2, 37], &[5, 2, 1]),
        (&[4, 30, 3, 17], &[1, 4, 2, 1]),
    ];
    for (shape, extents) in cases {
        let input = array(DType::F64, shape, &noise(DType::F64, shape.iter().product()));
        let weights = array(DType::F64, extents, &noise(DType::F32, extents.iter().product()));
        for (name, mode) in EdgeMode::ALL {
            for correlate in [false, true] {
                let params = [fft(), named(name), ("correlate", Value::Bool(correlate)), ("cval", Value::Float(2.5))];
                let want = slow(&input, &weights, correlate, mode, 2.5);
                let what = format!("{name} {extents:?} {correlate}");
                assert_near(&convolve(&input, &weights, &params), &want, &input, &weights, &what);
            }
        }
    }
}

/// Against the direct way, for lines that are longer than what is transformed in one.
#[test]
fn long_lines_of_many_blocks() {
    let cases: [(&[u64], &[u64], &str); 2] = [(&[50_000], &[7001], "mirror"), (&[40_000, 3], &[9000, 1], "wrap")];
    for (shape, extents, mode) in cases {
        let layout = Layout::new(shape, extents).unwrap();
        assert!(layout.size[0] > 1 << 14 && layout.step[0] < shape[0], "{layout:?}");
        let input = array(DType::F64, shape, &noise(DType::F32, shape.iter().product()));
        let weights = array(DType::F32, extents, &noise(DType::F32, extents.iter().product()));
        let inputs = [input.clone(), weights.clone()];
        let given = |method: &str| [named(mode), ("method", Value::Str(method.into()))];
        let way = variants(&input, &weights, &given("direct")).pop().unwrap();
        let want = values(&run(&way, &inputs, &[u64::MAX >> 8; 2]).unwrap()[0]);
        assert_near(&convolve(&input, &weights, &given("auto")), &want, &input, &weights, "long");
    }
}

#[test]
fn integers_are_exact() {
    for dtype in [DType::U8, DType::I16, DType::U16, DType::I32, DType::I64] {
        let input = array(dtype, &[60, 70], &noise(dtype, 4200));
        let weights = array(DType::I8, &[5, 9], &noise(DType::I8, 45));
        let direct = convolve(&input, &weights, &[("method", Value::Str("direct".into()))]);
        assert_eq!(convolve(&input, &weights, &[fft()]).bytes(), direct.bytes(), "{dtype}");
    }
}

#[test]
fn weights_along_some_axes_in_any_order() {
    let input = array(DType::F64, &[20, 6, 30], &noise(DType::F64, 3600));
    let weights = array(DType::F64, &[4, 7], &noise(DType::F64, 28));
    for axes in [[0, 2], [2, 0], [1, 2], [1, 0]] {
        let axes = ("axes", Value::List(axes.map(Value::Int).to_vec()));
        let direct = [axes.clone(), ("method", Value::Str("direct".into()))];
        let want = values(&convolve(&input, &weights, &direct));
        assert_near(&convolve(&input, &weights, &[axes.clone(), fft()]), &want, &input, &weights, &format!("{axes:?}"));
    }
}

#[test]
fn zeros_stay_zeros() {
    let input = array(DType::F64, &[50, 40], &vec![0.0; 2000]);
    let weights = array(DType::F64, &[5, 4], &noise(DType::F64, 20));
    assert!(values(&convolve(&input, &weights, &[fft()])).iter().all(|x| x.to_bits() == 0));
}

/// NaN and infinities where the direct sum has them, and nowhere else.
#[test]
fn what_is_not_finite_stays_within_reach() {
    let specials = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let cases: [(&[u64], &[u64]); 5] =
        [(&[300], &[9]), (&[50, 60], &[5, 4]), (&[50, 60], &[1, 9]), (&[40, 35], &[8, 1]), (&[9, 20, 12], &[3, 4, 2])];
    for (shape, extents) in cases {
        let (n, w) = (shape.iter().product::<u64>() as usize, extents.iter().product::<u64>() as usize);
        // Some, many, and runs; weights of both signs, some 0, and some that are not finite.
        for (step, run, wild_weights) in [(97, 1, 0), (7, 1, 0), (83, 20, 0), (1000, 1, 2), (50, 3, 5)] {
            let mut data = noise(DType::F64, n as u64);
            (0..n).filter(|i| i % step < run).for_each(|i| data[i] = specials[i / step % 3]);
            let mut factors = noise(DType::F64, w as u64);
            (0..w).step_by(3).for_each(|i| factors[i] = 0.0);
            (0..wild_weights).for_each(|i| factors[(7 * i + 1) % w] = specials[i % 3]);
            let (input, weights) = (array(DType::F64, shape, &data), array(DType::F64, extents, &factors));
            for correlate in [false, true] {
                let params = [fft(), ("correlate", Value::Bool(correlate)), named("nearest")];
                let want = slow(&input, &weights, correlate, EdgeMode::Nearest, 0.0);
                let what = format!("{extents:?} every {step}th, {wild_weights} weights, {correlate}");
                assert_near(&convolve(&input, &weights, &params), &want, &input, &weights, &what);
            }
        }
    }
}

/// A constant beyond the edge may be infinite, too.
#[test]
fn edges_that_are_not_finite() {
    let input = array(DType::F32, &[40, 30], &noise(DType::F32, 1200));
    let weights = array(DType::F32, &[5, 6], &noise(DType::F32, 30));
    for cval in [f64::NEG_INFINITY, f64::INFINITY] {
        let want = slow(&input, &weights, false, EdgeMode::Constant, cval);
        let got = convolve(&input, &weights, &[fft(), named("constant"), ("cval", Value::Float(cval))]);
        assert_near(&got, &want, &input, &weights, "edge");
        assert!(want.iter().any(|x| x.is_finite()) && want.iter().any(|x| !x.is_finite()));
    }
}

#[test]
fn what_suits_follows_from_the_weights() {
    let names = |extents: &[u64], method: &str| {
        let given = [("weights", Value::Str("w".into())), ("method", Value::Str(method.into()))];
        let given: Vec<(String, Value)> = given.into_iter().map(|(n, v)| (n.to_string(), v)).collect();
        let kernel = (INFO.parse)(&Params::check(INFO.params, &given).unwrap()).unwrap();
        let input = ArraySpec::new(DType::F32, &[4000, 4000]);
        let ways = kernel.bind(&[input, ArraySpec::new(DType::F32, extents)]).map_err(|e| e.to_string());
        ways.map(|w| w.iter().map(|v| v.name).collect::<Vec<_>>())
    };
    assert_eq!(names(&[3, 3], "auto").unwrap(), ["blocks", "tile"]);
    assert_eq!(names(&[3, 3], "fft").unwrap(), ["transforms"]);
    assert_eq!(names(&[101, 101], "auto").unwrap(), ["transforms"]);
    assert_eq!(names(&[101, 101], "direct").unwrap()[0], "blocks");
    // One weight is a factor.
    assert_eq!(names(&[1, 1], "fft").unwrap()[0], "blocks");
    assert!(names(&[2000, 1000], "direct").unwrap_err().contains("1048576 are allowed with method = \"direct\""));
    assert_eq!(names(&[2000, 1000], "auto").unwrap(), ["transforms"]);
    assert!(names(&[5000, 5000], "auto").unwrap_err().contains("16777216 are allowed"));
}
