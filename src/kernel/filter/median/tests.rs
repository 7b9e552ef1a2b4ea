//! `median` against sorting every window.

use super::super::oracle::{apply, array, bind, dtypes, noise, values, windows};
use super::*;
use crate::array::EdgeMode;
use crate::kernel::Value;

fn ints(list: &[u64]) -> Value {
    Value::List(list.iter().map(|f| Value::Int(*f as i64)).collect())
}

fn slow(shape: &[u64], data: &[f64], size: &[u64], mode: EdgeMode, cval: f64) -> Vec<f64> {
    let reach: Vec<(i64, i64)> = size.iter().map(|s| centred(*s)).map(|(b, a)| (b as i64, a as i64)).collect();
    windows(shape, data, &reach, mode, cval, |w| {
        let mut sorted = w.to_vec();
        sorted.sort_by(f64::total_cmp);
        if w.iter().any(|x| x.is_nan()) { f64::NAN } else { sorted[w.len() / 2] }
    })
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn every_dtype_and_mode() {
    for dtype in dtypes() {
        for (name, mode) in EdgeMode::ALL {
            let input = array(dtype, &[6, 7], &noise(dtype, 42));
            let want = slow(&[6, 7], &values(&input), &[3, 3], mode, 2.0);
            let params = [("size", Value::Int(3)), ("mode", Value::Str(name.into())), ("cval", Value::Float(2.0))];
            assert_eq!(values(&apply(&INFO, &params, &input)), want, "{dtype} {name}");
        }
    }
}

#[test]
fn values_of_scipy() {
    // a = numpy.arange(0, 50, 2, dtype=float).reshape(5, 5) % 7, with SciPy 1.17.1:
    // median_filter(a, size=[4, 2], mode="wrap")
    let input = array(DType::U8, &[5, 5], &(0..25).map(|i| f64::from(2 * i % 7)).collect::<Vec<_>>());
    let got = apply(&INFO, &[("size", ints(&[4, 2])), ("mode", Value::Str("wrap".into()))], &input);
    let want = [3, 3, 4, 4, 4, 4, 3, 2, 4, 4, 3, 3, 4, 4, 3, 4, 4, 3, 3, 4, 3, 2, 3, 4, 4];
    assert_eq!(got.data::<u8>(), want);
}

#[test]
fn odd_shapes_axes_and_boxes_of_any_size() {
    let cases: [(&[u64], &[u64]); 12] = [
        (&[3, 600], &[2, 3]),
        (&[7, 9], &[5, 5]),
        (&[7, 9], &[2, 4]),
        (&[3, 4, 5], &[3, 1, 2]),
        (&[2, 3, 4, 3], &[1, 3, 3, 1]),
        (&[4, 3, 2], &[3, 1, 1]),
        (&[5, 200], &[3, 3]),
        (&[9, 9], &[13, 11]),
        (&[150], &[131]),
        (&[3, 4], &[1, 1]),
        (&[0, 4], &[3, 3]),
        (&[4, 0], &[1, 3]),
    ];
    for (shape, size) in cases {
        let n = shape.iter().product();
        let input = array(DType::F32, shape, &noise(DType::F32, n));
        for (name, mode) in [EdgeMode::ALL[0], EdgeMode::ALL[3], EdgeMode::ALL[4]] {
            let want = slow(shape, &values(&input), size, mode, 0.0);
            let axes = Value::List((0..shape.len() as i64).map(Value::Int).collect());
            let params = [("size", ints(size)), ("mode", Value::Str(name.into())), ("axes", axes)];
            assert_eq!(values(&apply(&INFO, &params, &input)), want, "{shape:?} {size:?} {name}");
        }
    }
}

/// Boxes that are counted, and NaN among what is counted.
#[test]
fn large_boxes_of_small_numbers() {
    let cases: [(&[u64], &[u64]); 5] = [
        (&[20, 23], &[17, 18]),
        (&[30, 9], &[300, 1]),
        (&[9, 30], &[1, 300]),
        (&[400], &[301]),
        (&[5, 6, 7], &[7, 6, 8]),
    ];
    for dtype in [DType::U8, DType::I8, DType::U16, DType::I16, DType::F16, DType::BF16, DType::F32] {
        for (shape, size) in cases {
            let n: u64 = shape.iter().product();
            let mut data = noise(dtype, n);
            if dtype.is_float() && shape.len() == 2 {
                (data[0], data[n as usize / 2]) = (f64::NAN, f64::NEG_INFINITY);
            }
            let input = array(dtype, shape, &data);
            for (name, mode) in [EdgeMode::ALL[1], EdgeMode::ALL[4]] {
                let want = slow(shape, &values(&input), size, mode, 0.0);
                let axes = Value::List((0..shape.len() as i64).map(Value::Int).collect());
                let params = [("size", ints(size)), ("mode", Value::Str(name.into())), ("axes", axes)];
                let got = values(&apply(&INFO, &params, &input));
                assert_eq!(bits(&got), bits(&want), "{dtype} {shape:?} {size:?} {name}");
            }
        }
    }
}

#[test]
fn signed_zeros_infinities_and_nan() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let data = [-0.0, 0.0, -0.0, 0.0, 0.0, inf, -inf, 1.0, inf, inf, inf, 2.0, 3.0, nan, 5.0, 6.0, -inf, -inf, -0.0];
    for dtype in [DType::F16, DType::BF16, DType::F32, DType::F64] {
        for size in [1, 2, 3, 4, 131] {
            let input = array(dtype, &[19], &data);
            let want = slow(&[19], &data, &[size], EdgeMode::Mirror, 0.0);
            let params = [("size", Value::Int(size as i64)), ("mode", Value::Str("mirror".into()))];
            let got = apply(&INFO, &params, &input);
            assert_eq!(bits(&values(&got)), bits(&want), "{dtype} {size}");
        }
    }
}

/// A NaN with a sign or a payload is stored as the canonical one.
#[test]
fn nan_is_canonical() {
    let input = crate::kernel::trial::Array::from::<f32>(&[3], &[1.0, f32::from_bits(0xFFC0_1234), 2.0]);
    let got = apply(&INFO, &[("size", Value::Int(1))], &input);
    assert_eq!(got.data::<f32>()[1].to_bits(), f32::NAN.to_bits());
}

#[test]
fn extremes_of_integers_are_exact() {
    let input = crate::kernel::trial::Array::from::<i64>(&[5], &[i64::MAX, i64::MAX - 1, i64::MIN, i64::MAX - 2, 7]);
    let got = apply(&INFO, &[("size", Value::Int(3))], &input);
    assert_eq!(got.data::<i64>(), [i64::MAX, i64::MAX - 1, i64::MAX - 2, 7, 7]);
    let input = crate::kernel::trial::Array::from::<u64>(&[3], &[u64::MAX, u64::MAX - 1, 0]);
    assert_eq!(apply(&INFO, &[("size", Value::Int(3))], &input).data::<u64>(), [u64::MAX, u64::MAX - 1, 0]);
}

#[test]
fn a_box_without_end_is_refused() {
    let input = array(DType::F32, &[4, 4], &[0.0; 16]);
    let message = bind(&INFO, &[("size", Value::Int(100_000))], &input).map(|_| ()).unwrap_err();
    assert!(message.contains("[100000, 100000]"), "{message}");
}
