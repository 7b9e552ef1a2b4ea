//! Rolling kernels against slow, obvious windows.

use super::sliding::{Limits, Window};
use super::{rolling_argmax, rolling_argmin, rolling_max, rolling_mean, rolling_min, rolling_sum};
use crate::array::{ArraySpec, DType, read_f64, write_f64};
use crate::kernel::trial::{Array, run};
use crate::kernel::{KernelInfo, Params, Value, Variant};
use crate::with_real_type;

const REALS: [DType; 12] = [
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::F16,
    DType::BF16,
    DType::F32,
    DType::F64,
];

/// Reaches every way of working with small arrays.
pub(super) const TINY: Limits = Limits { short: 2, one_sweep: 40, chunk: (2, 8) };

pub(super) type Bind = fn(&ArraySpec, &Window, &Limits) -> Vec<Variant>;

/// A value of a window that is not NaN, and how many places it lies before the index of the window.
type Near = (i64, f64);
/// The result of such values, first to last.
type Join = fn(&[Near]) -> f64;

/// Every kernel whose results are exact, and what they are.
const ALL: [(Bind, Join); 6] = [
    (rolling_mean::bind, |near| mean(&values(near))),
    (rolling_sum::bind, |near| sum(&values(near))),
    (rolling_max::bind, |near| max(&values(near))),
    (rolling_min::bind, |near| -max(&values(near).iter().map(|v| -v).collect::<Vec<_>>())),
    (rolling_argmax::bind, |near| last(near, |new, old| new >= old)),
    (rolling_argmin::bind, |near| last(near, |new, old| new <= old)),
];

pub(super) fn array(dtype: DType, shape: &[u64], values: &[f64]) -> Array {
    with_real_type!(dtype, T => {
        let mut data = vec![<T as bytemuck::Zeroable>::zeroed(); values.len()];
        write_f64(dtype, values, bytemuck::cast_slice_mut(&mut data)).unwrap();
        Array::from::<T>(shape, &data)
    }, else unreachable!())
}

pub(super) fn floats(array: &Array) -> Vec<f64> {
    let mut out = vec![0.0; array.spec.elements().unwrap() as usize];
    read_f64(array.spec.dtype, array.bytes(), &mut out);
    out
}

/// Numbers that every dtype holds (quarters and NaN in floats alone), from a small generator.
fn numbers(dtype: DType, n: usize, mut seed: u64) -> Vec<f64> {
    let mut next = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as i64
    };
    let mut number = || {
        let x = next();
        match dtype {
            d if d.is_float() && x % 7 == 0 => f64::NAN,
            d if d.is_float() && x % 40 == 1 => f64::INFINITY * if x % 80 == 1 { 1.0 } else { -1.0 },
            DType::F64 if x % 11 == 0 => 1e16,
            DType::F64 if x % 11 == 1 => -1e16,
            d if d.is_float() => (x % 101 - 50) as f64 / 4.0,
            d if d.is_signed() => (x % 201 - 100) as f64,
            _ => (x % 201) as f64,
        }
    };
    (0..n).map(|_| number()).collect()
}

fn values(near: &[Near]) -> Vec<f64> {
    near.iter().map(|(_, v)| *v).collect()
}

fn mean(values: &[f64]) -> f64 {
    sum(values) / values.len() as f64
}

fn sum(values: &[f64]) -> f64 {
    let plain: f64 = values.iter().filter(|v| v.is_infinite()).sum();
    let exact: i128 = values.iter().filter(|v| v.is_finite()).map(|v| (v * 4.0) as i128).sum();
    if plain == 0.0 { exact as f64 / 4.0 } else { plain }
}

/// Where the last of those lies that are at least as good as all before.
fn last(near: &[Near], better: fn(f64, f64) -> bool) -> f64 {
    let best = near.iter().copied().reduce(|old, new| if better(new.1, old.1) { new } else { old });
    best.unwrap().0 as f64
}

fn max(values: &[f64]) -> f64 {
    values.iter().copied().max_by(f64::total_cmp).unwrap()
}

/// Every window on its own.
fn slow(values: &[f64], shape: &[u64], w: &Window, join: Join) -> Vec<f64> {
    let inner: usize = shape[w.axis + 1..].iter().product::<u64>() as usize;
    let n = shape[w.axis] as i64;
    let after = if w.center { (w.length as i64 - 1) / 2 } else { 0 };
    let one = |at: usize| {
        let i = (at / inner) as i64 % n;
        let window = (i + after + 1).saturating_sub_unsigned(w.length).max(0)..(i + after + 1).min(n);
        let near = window.map(|j| (i - j, values[(at as i64 + (j - i) * inner as i64) as usize]));
        let near: Vec<Near> = near.filter(|(_, v)| !v.is_nan()).collect();
        if (near.len() as u64) < w.min_count { f64::NAN } else { join(&near) }
    };
    (0..values.len()).map(one).collect()
}

/// All variants and tile shapes give the bytes that the slow windows give.
fn check((bind, join): (Bind, Join), dtype: DType, shape: &[u64], window: &Window, limits: &Limits) {
    let values = numbers(dtype, shape.iter().product::<u64>() as usize, 7 + shape.len() as u64);
    let input = array(dtype, shape, &values);
    let variants = bind(&input.spec, window, limits);
    let output = variants[0].stages.last().unwrap().contract.writes[0].spec.dtype;
    let want = array(output, shape, &slow(&values, shape, window, join));
    let mut tiles = vec![shape.iter().map(|n| *n.max(&1)).collect::<Vec<_>>()];
    tiles.push(shape.iter().enumerate().map(|(a, _)| [3, 7, 5][(a + 1) % 3]).collect());
    tiles.push(shape.iter().enumerate().map(|(a, n)| if a == window.axis { 11 } else { *n.max(&1) }).collect());
    for variant in &variants {
        for tile in &tiles {
            let got = run(variant, std::slice::from_ref(&input), tile).unwrap();
            let context = format!("{} {dtype} {shape:?} {window:?} {limits:?} tile {tile:?}", variant.name);
            assert_eq!(got[0].spec, want.spec, "{context}");
            assert_eq!(got[0].bytes(), want.bytes(), "{context}\n{:?}\n{:?}", floats(&got[0]), floats(&want));
        }
    }
}

pub(super) fn windows(axis: usize, lengths: &[u64]) -> Vec<Window> {
    let mut all = Vec::new();
    for &length in lengths {
        for center in [false, true] {
            let mut counts = vec![1, length.div_ceil(2), length];
            counts.dedup();
            all.extend(counts.into_iter().map(|min_count| Window {
                axis,
                length,
                min_count,
                center,
                step: 1,
                time: None,
            }));
        }
    }
    all
}

#[test]
fn every_axis_of_odd_shapes() {
    let shapes: [&[u64]; 9] = [&[0], &[1], &[45], &[0, 3], &[4, 0], &[5, 37], &[37, 5], &[3, 20, 9], &[2, 31, 3]];
    for shape in shapes {
        for axis in 0..shape.len() {
            for window in windows(axis, &[1, 2, 5, 9, 60]) {
                for limits in [Limits::STANDARD, TINY] {
                    ALL.iter().for_each(|kernel| check(*kernel, DType::F64, shape, &window, &limits));
                }
            }
        }
    }
}

#[test]
fn every_dtype() {
    for dtype in REALS {
        for (shape, axis) in [([6, 19], 0), ([19, 6], 0), ([3, 26], 1)] {
            for window in windows(axis, &[1, 4, 7]) {
                for limits in [Limits::STANDARD, TINY] {
                    ALL.iter().for_each(|kernel| check(*kernel, dtype, &shape, &window, &limits));
                }
            }
        }
    }
}

#[test]
fn one_long_line_in_several_lanes() {
    for length in [1, 2, 3, 16, 33, 64, 65, 90, 300] {
        let window =
            Window { axis: 0, length, min_count: length.div_ceil(2), center: length % 2 == 1, step: 1, time: None };
        for kernel in ALL {
            check(kernel, DType::F64, &[1500], &window, &Limits::STANDARD);
            check(kernel, DType::F32, &[1500], &window, &TINY);
        }
    }
}

#[test]
fn long_windows_with_the_standard_limits() {
    for (shape, axis, length) in
        [([3000, 2], 0, 1300), ([2, 3000], 1, 1100), ([700, 20], 0, 129), ([300, 2], 0, 1 << 62)]
    {
        let window = Window { axis, length, min_count: 1, center: false, step: 1, time: None };
        check_some(&shape, &Window { center: true, ..window });
        check_some(&shape, &window);
    }
}

/// The slow windows of a few elements, for arrays too large for all.
fn check_some(shape: &[u64], window: &Window) {
    let values = numbers(DType::F64, shape.iter().product::<u64>() as usize, 3);
    let input = array(DType::F64, shape, &values);
    let variants = rolling_mean::bind(&input.spec, window, &Limits::STANDARD);
    let mut results = Vec::new();
    for variant in &variants {
        for tile in [shape.to_vec(), vec![500, 500]] {
            results.push(run(variant, std::slice::from_ref(&input), &tile).unwrap().remove(0));
        }
    }
    assert!(results.iter().all(|r| r.bytes() == results[0].bytes()), "{shape:?} {window:?}");
    let inner = shape[window.axis + 1..].iter().product::<u64>() as usize;
    let got = floats(&results[0]);
    let n = shape[window.axis] as i64;
    let after = if window.center { (window.length as i64 - 1) / 2 } else { 0 };
    for at in (0..values.len()).step_by(97) {
        let i = (at / inner) as i64 % n;
        let (lo, hi) = ((i + after + 1 - window.length as i64).max(0), (i + after + 1).min(n));
        let near = (lo..hi).map(|j| values[(at as i64 + (j - i) * inner as i64) as usize]);
        let near: Vec<f64> = near.filter(|v| !v.is_nan()).collect();
        let want = Some(mean(&near)).filter(|m| !m.is_nan() && !near.is_empty()).unwrap_or(f64::NAN);
        assert_eq!(got[at].to_bits(), want.to_bits(), "{shape:?} {window:?} at {at}: {} {want}", got[at]);
    }
}

#[test]
fn nothing_remains_of_what_has_left() {
    for poison in [1e16, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let mut values = vec![0.1; 400];
        (values[20], values[21]) = (poison, poison);
        for (length, limits) in [(7, Limits::STANDARD), (100, Limits::STANDARD), (30, TINY), (100, TINY)] {
            let input = array(DType::F64, &[400], &values);
            let window = Window { axis: 0, length, min_count: 1, center: false, step: 1, time: None };
            for variant in rolling_mean::bind(&input.spec, &window, &limits) {
                let got = run(&variant, std::slice::from_ref(&input), &[400]).unwrap();
                let clean = |v: &f64| (v - 0.1).abs() < 1e-16;
                assert!(floats(&got[0])[..20].iter().all(clean));
                assert!(floats(&got[0])[21 + length as usize..].iter().all(clean), "{poison} {length} {limits:?}");
            }
        }
    }
}

#[test]
fn wide_integers_are_exact() {
    let shape = [40];
    let signed: Vec<i64> = (0..40).map(|i| if i % 2 == 0 { i64::MIN + i } else { i64::MAX - 2 * i }).collect();
    let unsigned: Vec<u64> = (0..40).map(|i| if i % 3 == 0 { u64::MAX - i } else { i }).collect();
    let inputs = [Array::from(&shape, &signed), Array::from(&shape, &unsigned)];
    let exact: [Vec<i128>; 2] =
        [signed.iter().map(|v| i128::from(*v)).collect(), unsigned.iter().map(|v| i128::from(*v)).collect()];
    for (input, exact) in inputs.iter().zip(&exact) {
        for limits in [Limits::STANDARD, TINY] {
            let window = Window { axis: 0, length: 9, min_count: 1, center: false, step: 1, time: None };
            let near = |i: usize| &exact[(i + 1).saturating_sub(9)..=i];
            for variant in rolling_mean::bind(&input.spec, &window, &limits) {
                let got = run(&variant, std::slice::from_ref(input), &[5]).unwrap();
                let want = |i: usize| near(i).iter().sum::<i128>() as f64 / near(i).len() as f64;
                assert_eq!(floats(&got[0]), (0..40).map(want).collect::<Vec<_>>());
            }
            let whole = |bind: Bind| {
                let variant = bind(&input.spec, &window, &limits).remove(0);
                let got = run(&variant, std::slice::from_ref(input), &[5]).unwrap().remove(0);
                assert_eq!(got.spec.dtype, input.spec.dtype);
                match input.spec.dtype {
                    DType::I64 => got.data::<i64>().iter().map(|v| i128::from(*v)).collect::<Vec<_>>(),
                    _ => got.data::<u64>().iter().map(|v| i128::from(*v)).collect(),
                }
            };
            let each = |one: fn(&[i128]) -> i128| (0..40).map(|i| one(near(i))).collect::<Vec<_>>();
            assert_eq!(whole(rolling_max::bind), each(|near| *near.iter().max().unwrap()));
            assert_eq!(whole(rolling_min::bind), each(|near| *near.iter().min().unwrap()));
            let place = |bind: Bind| {
                floats(&run(&bind(&input.spec, &window, &limits)[0], std::slice::from_ref(input), &[5]).unwrap()[0])
            };
            let back = |best: fn(&[i128]) -> i128| {
                let one = |near: &[i128]| near.iter().rev().position(|v| *v == best(near)).unwrap() as f64;
                (0..40).map(|i| one(near(i))).collect::<Vec<_>>()
            };
            assert_eq!(place(rolling_argmax::bind), back(|near| *near.iter().max().unwrap()));
            assert_eq!(place(rolling_argmin::bind), back(|near| *near.iter().min().unwrap()));
        }
    }
}

#[test]
fn sums_of_integers_are_exact_or_an_error_that_names_the_index() {
    let half = i64::MAX / 2;
    let signed: Vec<i64> = (0..80).map(|i| if i % 2 == 0 { i64::MIN / 2 + i } else { i64::MAX / 2 - 3 * i }).collect();
    let unsigned: Vec<u64> = (0..80).map(|i| u64::from(u32::MAX) << (i % 29)).collect();
    for limits in [Limits::STANDARD, TINY] {
        for (length, center) in [(2, false), (4, true), (30, false)] {
            let window = Window { axis: 0, length, min_count: 1, center, step: 1, time: None };
            let after = if center { (length - 1) / 2 } else { 0 };
            let near = |i: u64| ((i + after + 1).saturating_sub(length) as usize)..((i + after + 1).min(80) as usize);
            let results = |input: &Array| {
                let run = |v: &Variant| run(v, std::slice::from_ref(input), &[7]).unwrap().remove(0);
                rolling_sum::bind(&input.spec, &window, &limits).iter().map(run).collect::<Vec<_>>()
            };
            for got in results(&Array::from(&[80], &signed)) {
                let exact = |i| signed[near(i)].iter().map(|v| i128::from(*v)).sum::<i128>() as i64;
                assert_eq!(got.data::<i64>(), (0..80).map(exact).collect::<Vec<_>>(), "{window:?} {limits:?}");
            }
            for got in results(&Array::from(&[80], &unsigned)) {
                let exact = |i| unsigned[near(i)].iter().sum::<u64>();
                assert_eq!(got.data::<u64>(), (0..80).map(exact).collect::<Vec<_>>());
            }
            // Three halves are too much, in column 1 from row 41 on.
            let mut columns = vec![0i64; 160];
            [35, 38, 41].iter().for_each(|row| columns[row * 2 + 1] = half);
            let input = Array::from(&[80, 2], &columns);
            for variant in rolling_sum::bind(&input.spec, &window, &limits) {
                for tile in [[80, 2], [7, 1]] {
                    let got = run(&variant, std::slice::from_ref(&input), &tile);
                    if length < 7 {
                        assert!(got.is_ok());
                        continue;
                    }
                    let error = got.unwrap_err();
                    assert_eq!(error.at, Some(vec![41, 1]), "{}: {error}", variant.name);
                    assert!(error.message.contains("beyond i64"), "{error}");
                }
            }
        }
    }
}

#[test]
fn every_value_may_be_the_smallest_integer() {
    for center in [false, true] {
        for (limits, length) in [(Limits::STANDARD, 3), (TINY, 3), (TINY, 9), (Limits::STANDARD, 100)] {
            let window = Window { axis: 0, length, min_count: 1, center, step: 1, time: None };
            let after = if center { (length as i64 - 1) / 2 } else { 0 };
            let want: Vec<f64> = (0..30).map(|i| (i - (i + after).min(29)) as f64).collect();
            let (low, high) = (Array::from(&[30], &[i64::MIN; 30]), Array::from(&[30], &[u64::MAX; 30]));
            let cases: [(Bind, Array); 2] = [(rolling_argmax::bind, low), (rolling_argmin::bind, high)];
            for (bind, input) in cases {
                for variant in bind(&input.spec, &window, &limits) {
                    let got = run(&variant, std::slice::from_ref(&input), &[4]).unwrap();
                    assert_eq!(floats(&got[0]), want, "{} {window:?} {limits:?}", variant.name);
                }
            }
        }
    }
}

#[test]
fn signed_zeros_are_ordered() {
    let input = Array::from(&[4], &[-0.0, -0.0, 0.0, -0.0]);
    let window = Window { axis: 0, length: 2, min_count: 1, center: false, step: 1, time: None };
    let got = |bind: Bind| {
        let variant = bind(&input.spec, &window, &Limits::STANDARD).remove(0);
        let got = run(&variant, std::slice::from_ref(&input), &[4]).unwrap();
        got[0].data::<f64>().iter().map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(got(rolling_max::bind), [-0.0f64, -0.0, 0.0, 0.0].map(f64::to_bits));
    assert_eq!(got(rolling_min::bind), [-0.0f64; 4].map(f64::to_bits));
    assert_eq!(got(rolling_argmax::bind), [0f64; 4].map(f64::to_bits));
}

fn kernel(info: &KernelInfo, given: &[(&str, i64)], spec: &ArraySpec) -> Result<Vec<Variant>, String> {
    let given: Vec<_> = given.iter().map(|(name, v)| (name.to_string(), Value::Int(*v))).collect();
    let params = Params::check(info.params, &given).map_err(|e| e.to_string())?;
    let kernel = (info.parse)(&params).map_err(|e| e.to_string())?;
    kernel.bind(std::slice::from_ref(spec)).map_err(|e| e.to_string())
}

#[test]
fn parameters_are_checked() {
    for info in [&rolling_mean::INFO, &rolling_max::INFO] {
        let line = ArraySpec::new(DType::U16, &[10]);
        let error = |given: &[(&str, i64)], spec: &ArraySpec| kernel(info, given, spec).unwrap_err();
        assert!(kernel(info, &[("window", 20)], &line).is_ok());
        assert!(error(&[], &line).contains("\"window\" is missing"));
        assert!(error(&[("window", 0)], &line).contains("at least 1"));
        assert!(
            error(&[("window", 3), ("min_count", 4)], &line).contains("min_count = 4 is more than the window of 3")
        );
        assert!(error(&[("window", 3)], &ArraySpec::new(DType::C64, &[10])).contains("c64"));
        assert!(error(&[("window", 3)], &ArraySpec::new(DType::Bool, &[10])).contains("bool"));
        assert!(error(&[("window", 3)], &ArraySpec::new(DType::F32, &[3, 3])).contains("which axes"));
        assert!(error(&[("window", 3), ("axis", 2)], &ArraySpec::new(DType::F32, &[3, 3])).contains("out of range"));
        assert!(error(&[("window", 3)], &ArraySpec::new(DType::F32, &[])).contains("which axes"));
    }
    let dtype = |given: &[(&str, i64)], dtype: DType| {
        let line = ArraySpec::new(dtype, &[10]);
        let variants = kernel(&rolling_max::INFO, given, &line).unwrap();
        variants[0].stages[0].contract.writes[0].spec.dtype
    };
    assert_eq!(dtype(&[("window", 3)], DType::U16), DType::F32);
    assert_eq!(dtype(&[("window", 3)], DType::I32), DType::F64);
    assert_eq!(dtype(&[("window", 3), ("min_count", 1)], DType::U16), DType::U16);
    assert_eq!(dtype(&[("window", 3)], DType::F16), DType::F16);
}

#[test]
fn a_million_samples_need_little_memory() {
    for (shape, axis) in [(vec![4_194_304, 64], 0), (vec![268_435_456], 0), (vec![64, 4_194_304], 1)] {
        let spec = ArraySpec::new(DType::F64, &shape);
        let window = Window { axis, length: 1_000_000, min_count: 1_000_000, center: false, step: 1, time: None };
        let variants = rolling_mean::bind(&spec, &window, &Limits::STANDARD);
        assert_eq!(variants.len(), 1);
        for stage in &variants[0].stages {
            let (core, grown) = (1 << 17, 1 << 18);
            assert!(stage.contract.scratch.bytes(core, grown) < 1 << 20);
            assert!(stage.contract.anchor[axis] <= 1024);
        }
    }
}
