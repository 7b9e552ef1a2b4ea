//! Running sums against slow, obvious ones.

use super::super::scan::{Carry, Running};
use super::*;
use crate::array::{Region, View, ViewMut};
use crate::kernel::trial::{Array, run};
use crate::kernel::{KernelError, Order, Scan, Scratch, State, Value};

/// Runs with several tile shapes, which must agree, and blocks of 4 so that small arrays have several.
fn sums(input: &Array, axis: usize, skipna: bool) -> Result<Array, KernelError> {
    let variant = &bind(&input.spec, Along { axis, reverse: false, block: 4 }, skipna)[0];
    let shape = &input.spec.shape;
    let whole: Vec<u64> = shape.iter().map(|n| *n.max(&1)).collect();
    let mut results = Vec::new();
    for tile in [whole, vec![1; shape.len()], shape.iter().enumerate().map(|(a, _)| [9, 5, 2][a % 3]).collect()] {
        results.push(run(variant, std::slice::from_ref(input), &tile)?.remove(0));
    }
    assert!(results.iter().all(|r| r.bytes() == results[0].bytes()), "{shape:?} axis {axis}");
    Ok(results.remove(0))
}

/// Each output's line up to it.
fn slow<T: Copy, R>(values: &[T], shape: &[u64], axis: usize, join: impl Fn(&[T]) -> R) -> Vec<R> {
    let inner = shape[axis + 1..].iter().product::<u64>() as usize;
    let one = |at: usize| {
        let i = at / inner % shape[axis] as usize;
        join(&(0..=i).map(|j| values[at - (i - j) * inner]).collect::<Vec<_>>())
    };
    (0..values.len()).map(one).collect()
}

const SHAPES: [&[u64]; 9] = [&[0], &[1], &[3], &[90], &[0, 4], &[7, 21], &[21, 7], &[3, 18, 9], &[2, 13, 3]];

fn numbers(n: u64) -> Vec<i64> {
    (0..n).map(|i| (i as i64 * 7919 + 13) % 101 - 40).collect()
}

macro_rules! integers {
    ($name:ident, $($T:ty => $Out:ty),*) => {
        #[test]
        fn $name() {
            for shape in SHAPES {
                for axis in 0..shape.len() {
                    $(
                        let values: Vec<$T> = numbers(shape.iter().product()).iter().map(|v| *v as $T).collect();
                        let got = sums(&Array::from(shape, &values), axis, false).unwrap();
                        let exact = |line: &[$T]| line.iter().map(|v| *v as i128).sum::<i128>();
                        if let Ok(want) = slow(&values, shape, axis, exact)
                            .into_iter().map(<$Out>::try_from).collect::<Result<Vec<_>, _>>() {
                            assert_eq!(got.data::<$Out>(), want, "{shape:?} axis {axis}");
                        }
                    )*
                }
            }
        }
    };
}
integers!(integers_are_exact, i8 => i64, i16 => i64, i32 => i64, i64 => i64, u8 => u64, u16 => u64, u32 => u64);

#[test]
fn wide_unsigned_integers_and_bools() {
    let values = [u64::MAX - 6, 1, 2, 3, 0];
    let got = sums(&Array::from(&[5], &values), 0, false).unwrap();
    assert_eq!(got.data::<u64>(), [u64::MAX - 6, u64::MAX - 5, u64::MAX - 3, u64::MAX, u64::MAX]);
    let got = sums(&Array::from(&[4], &[1u8, 0, 2, 1].map(crate::array::Bool)), 0, false).unwrap();
    assert_eq!(got.data::<i64>(), [1, 1, 2, 3]);
}

#[test]
fn overflow_names_the_index() {
    let mut values = vec![1i64; 60];
    (values[33], values[49]) = (i64::MAX - 5, -100);
    // 20 x 3, line 0: index 11 brings i64::MAX - 5 to a sum of 11 before it.
    let error = |values: &[i64]| sums(&Array::from(&[20, 3], values), 0, false).unwrap_err();
    assert_eq!(error(&values).at, Some(vec![11, 0]));
    assert!(error(&values).to_string().contains("9223372036854775813"), "{}", error(&values));
    values.iter_mut().for_each(|v| *v = -*v);
    assert_eq!(error(&values).at, Some(vec![11, 0]));
    let mut line = vec![0u64; 300];
    (line[101], line[102], line[280]) = (u64::MAX, 1, u64::MAX);
    assert_eq!(sums(&Array::from(&[300], &line), 0, false).unwrap_err().at, Some(vec![102]));
    // The very ends of the range are allowed.
    let edges = [i64::MAX, -1, 1, i64::MIN, i64::MIN + 1, i64::MIN];
    assert!(sums(&Array::from(&[5], &edges[..5]), 0, false).is_ok());
    assert_eq!(sums(&Array::from(&[6], &edges), 0, false).unwrap_err().at, Some(vec![5]));
}

#[test]
fn a_carry_out_of_range_is_an_error_of_the_tile_before() {
    let values = [i64::MAX, 1, 0, 0, -5, 0, 0, 0];
    let scan = Running { axis: 0, block: 4, reverse: false, carried: Sums::Signed };
    let carry: State = Box::new(Carry(vec![halves(i128::from(i64::MAX) + 1)]));
    let core = Region { start: vec![4], end: vec![8] };
    let bytes: &[u8] = bytemuck::cast_slice(&values[4..]);
    let view = View::dense(DType::I64, bytes, &core);
    let mut arena = vec![0u64; 1 << 13];
    let views = std::slice::from_ref(&view);
    let survey = scan.survey(&core, views, &mut Scratch::new(bytemuck::cast_slice_mut(&mut arena))).unwrap();
    let mut out = [0u64; 4];
    let mut outputs = [ViewMut::new(DType::I64, bytemuck::cast_slice_mut(&mut out), core.clone())];
    let mut scratch = Scratch::new(bytemuck::cast_slice_mut(&mut arena));
    let error = scan.apply(&core, views, &carry, &survey, &mut outputs, &mut scratch).unwrap_err();
    assert_eq!(error.at, Some(vec![3]));
}

/// Exact for multiples of 1/4.
fn float_sum(line: &[f64], skipna: bool) -> f64 {
    let last_missing = line.last().is_some_and(|v| v.is_nan());
    if last_missing || (!skipna && line.iter().any(|v| v.is_nan())) {
        return f64::NAN;
    }
    let line = line.iter().filter(|v| !v.is_nan());
    let plain: f64 = line.clone().filter(|v| v.is_infinite()).sum();
    let exact: i128 = line.filter(|v| v.is_finite()).map(|v| (v * 4.0) as i128).sum();
    if plain == 0.0 { exact as f64 / 4.0 } else { plain }
}

#[test]
fn floats_with_nan_and_infinities() {
    for shape in SHAPES {
        for axis in 0..shape.len() {
            for poison in [0.25, 1e16, f64::NAN, f64::INFINITY] {
                let mut values: Vec<f64> = numbers(shape.iter().product()).iter().map(|v| *v as f64 / 4.0).collect();
                let n = values.len();
                if n > 2 {
                    (values[n / 3], values[n / 2], values[n - 1]) = (poison, -poison, 1.0);
                }
                for skipna in [false, true] {
                    let want = slow(&values, shape, axis, |line| float_sum(line, skipna));
                    let got = sums(&Array::from(shape, &values), axis, skipna).unwrap();
                    let bits = |v: &[f64]| v.iter().map(|v| (v + 0.0).to_bits() << 1 >> 1).collect::<Vec<_>>();
                    assert!(bits(got.data()) == bits(&want), "{shape:?} {axis} {poison}\n{got:?}\n{want:?}");
                    if poison != 1e16 {
                        let narrow: Vec<f32> = values.iter().map(|v| *v as f32).collect();
                        let got = sums(&Array::from(shape, &narrow), axis, skipna).unwrap();
                        let want: Vec<f32> = want.iter().map(|v| *v as f32).collect();
                        let same = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan());
                        assert!(got.data::<f32>().iter().zip(&want).all(same), "{shape:?} {axis} {poison}");
                    }
                }
            }
        }
    }
}

#[test]
fn half_floats_sum_beyond_their_precision() {
    let ones = vec![half::f16::ONE; 5000];
    let got = sums(&Array::from(&[5000], &ones), 0, false).unwrap();
    assert_eq!(got.data::<half::f16>()[4999], half::f16::from_f64(5000.0));
    let ones = vec![half::bf16::ONE; 600];
    let got = sums(&Array::from(&[600], &ones), 0, false).unwrap();
    assert_eq!(got.data::<half::bf16>()[599], half::bf16::from_f64(600.0));
}

#[test]
fn binding_refuses_what_it_cannot_do() {
    let bind = |given: &[(&str, i64)], spec: &ArraySpec| {
        let given: Vec<_> = given.iter().map(|(name, v)| (name.to_string(), Value::Int(*v))).collect();
        let kernel = (INFO.parse)(&Params::check(INFO.params, &given).unwrap()).unwrap();
        kernel.bind(std::slice::from_ref(spec)).map_err(|e| e.to_string())
    };
    assert!(bind(&[], &ArraySpec::new(DType::C128, &[4])).unwrap_err().contains("c128"));
    assert!(bind(&[], &ArraySpec::new(DType::F32, &[4, 4])).unwrap_err().contains("which axes"));
    let variants = bind(&[("axis", -1)], &ArraySpec::new(DType::U8, &[4, 5000])).unwrap();
    assert_eq!(variants[0].stages[0].contract.anchor, [1, 1024]);
    assert_eq!(variants[0].stages[0].contract.order, Order::Carry { axis: 1, reverse: false });
}
