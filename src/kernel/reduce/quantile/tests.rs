//! Every way, for every dtype, against sorting; whatever the tiles.

use super::super::tests::{array, cells, numbers, values};
use super::bracket;
use super::ranks::{METHODS, Quantiles};
use crate::array::{ArraySpec, DType, read_f64, write_f64};
use crate::kernel::trial::{Array, run};
use crate::kernel::{Params, Value, Variant, find};

fn bind(params: &[(&str, Value)], data: &Array) -> Vec<Variant> {
    let info = find("quantile").unwrap();
    let given: Vec<(String, Value)> = params.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
    let kernel = (info.parse)(&Params::check(info.params, &given).unwrap()).unwrap();
    kernel.bind(std::slice::from_ref(&data.spec)).unwrap()
}

fn floats(list: &[f64]) -> Value {
    Value::List(list.iter().map(|x| Value::Float(*x)).collect())
}

fn axes(list: &[usize]) -> Value {
    Value::List(list.iter().map(|a| Value::Int(*a as i64)).collect())
}

/// By sorting; quantiles slowest.
fn sorted(data: &Array, folded: &[usize], quantiles: &Quantiles, skipna: bool) -> Vec<f64> {
    let (dtype, cells) = (data.spec.dtype.real(), cells(&data.spec.shape, folded, &values(data)));
    let mut out = vec![0.0; cells.len() * quantiles.q.len()];
    for (c, cell) in cells.iter().enumerate() {
        let mut valid: Vec<f64> = cell.iter().copied().filter(|x| !x.is_nan()).collect();
        valid.sort_by(f64::total_cmp);
        let n = if valid.len() < cell.len() && !skipna { 0 } else { valid.len() as u64 };
        let mut ranks = Vec::new();
        quantiles.ranks(n, &mut ranks);
        quantiles.values(n, &ranks, |i| valid[ranks[i] as usize], |i, v| out[i * cells.len() + c] = v);
    }
    let mut bytes = vec![0u64; out.len()];
    let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut bytes)[..out.len() * dtype.size()];
    write_f64(dtype, &out, bytes).unwrap();
    read_f64(dtype, bytes, &mut out);
    // -0 is found as 0.
    out.iter().map(|x| x + 0.0).collect()
}

fn check(data: &Array, folded: &[usize], q: &[f64], method: &'static str, skipna: bool, tiles: &[Vec<u64>]) {
    let params = [
        ("q", floats(q)),
        ("axes", axes(folded)),
        ("method", Value::Str(method.into())),
        ("skipna", Value::Bool(skipna)),
    ];
    let want = sorted(data, folded, &Quantiles { method, q: q.to_vec() }, skipna);
    let ways = bind(&params, data);
    for way in &ways {
        // A large table for each element alone would take long and show nothing more.
        let large = way.stages[0].contract.state.per_cell > 64 << 10;
        for tile in tiles.iter().filter(|t| !large || t.iter().any(|n| *n > 3)) {
            let got = run(way, std::slice::from_ref(data), tile).unwrap().remove(0);
            let same =
                values(&got).iter().zip(&want).all(|(g, w)| g.to_bits() == w.to_bits() || (g.is_nan() && w.is_nan()));
            let what = format!(
                "{} {:?} over {folded:?}, {q:?} {method}, {} by {tile:?}",
                data.spec.dtype, data.spec.shape, way.name
            );
            assert!(same && values(&got).len() == want.len(), "{what}: {:?}, not {want:?}", values(&got));
        }
    }
}

fn tiles(rank: usize) -> Vec<Vec<u64>> {
    vec![vec![1 << 20; rank], vec![1; rank], vec![3; rank], vec![2, 5, 4, 1][..rank].to_vec()]
}

/// Numbers of all sizes, with repeats and the specials of the dtype.
fn wild(dtype: DType, shape: &[u64], seed: u64) -> Array {
    let n = shape.iter().product::<u64>() as usize;
    let mut list = numbers(dtype, n, seed);
    if dtype.is_float() {
        for (i, x) in list.iter_mut().enumerate() {
            *x = match i % 11 {
                3 => *x * 1e-3,
                5 => -0.0,
                7 => *x * 100.0,
                8 if seed.is_multiple_of(3) => f64::INFINITY,
                9 if seed.is_multiple_of(3) => f64::NEG_INFINITY,
                10 if seed.is_multiple_of(2) => f64::NAN,
                _ => *x,
            };
        }
    }
    array(dtype, shape, &list)
}

#[test]
fn every_way_of_every_dtype() {
    for (i, dtype) in DType::ALL.into_iter().filter(|d| !d.is_complex()).enumerate() {
        let seed = i as u64 + 7;
        check(&wild(dtype, &[37], seed), &[0], &[0.0, 0.31, 0.5, 1.0], "linear", true, &tiles(1));
        check(&wild(dtype, &[6, 7, 5], seed), &[0, 2], &[0.25, 0.25], "hazen", false, &tiles(3));
        check(&wild(dtype, &[6, 7, 3], seed + 1), &[0, 1], &[0.9, 0.1, 0.5], "linear", true, &tiles(3));
        check(&wild(dtype, &[5, 40], seed), &[0], &[0.4], "midpoint", true, &tiles(2));
    }
}

#[test]
fn every_method() {
    for (i, method) in METHODS.iter().enumerate() {
        for n in [1, 2, 9, 12] {
            let data = wild(DType::F64, &[n, 3], 2 * i as u64 + 1);
            check(&data, &[0], &[0.0, 0.1, 0.25, 1.0 / 3.0, 0.5, 0.7, 1.0], method, false, &tiles(2)[..2]);
        }
    }
}

#[test]
fn more_quantiles_than_are_compared_one_by_one() {
    let q: Vec<f64> = (0..=60).map(|i| i as f64 / 60.0).collect();
    check(&wild(DType::F32, &[900], 1), &[0], &q, "linear", true, &[vec![1 << 20], vec![100]]);
    check(&wild(DType::F64, &[3, 300], 1), &[1], &q, "nearest", true, &[vec![1 << 20; 2], vec![1, 50]]);
    let far: Vec<f64> = (0..5000u64).map(|i| (i.wrapping_mul(2_654_435_761) % 5000) as f64 * 1.37e-3 - 2.0).collect();
    check(&array(DType::F32, &[5000], &far), &[0], &q[..4], "linear", true, &[vec![1 << 20], vec![999]]);
}

#[test]
fn nothing_has_no_quantile() {
    for (shape, folded) in [(vec![0u64], vec![0]), (vec![0, 3], vec![0]), (vec![3, 0], vec![1]), (vec![3, 0], vec![0])]
    {
        check(&wild(DType::F32, &shape, 1), &folded, &[0.5, 0.75], "linear", false, &tiles(shape.len())[..1]);
    }
    check(&wild(DType::U16, &[], 1), &[], &[0.5], "linear", false, &[vec![]]);
    check(&wild(DType::F32, &[4, 3], 1), &[], &[0.5, 0.1], "linear", false, &tiles(2));
}

#[test]
fn shapes_are_numpys() {
    let data = wild(DType::U16, &[4, 5, 6], 1);
    let shape = |params: &[(&str, Value)]| bind(params, &data)[0].stages[0].contract.writes[0].spec.clone();
    assert_eq!(shape(&[("q", Value::Float(0.5))]).shape, [] as [u64; 0]);
    assert_eq!(shape(&[("q", Value::Int(1)), ("axes", axes(&[1]))]).shape, [4, 6]);
    assert_eq!(shape(&[("q", floats(&[0.1, 0.2])), ("axes", axes(&[1]))]).shape, [2, 4, 6]);
    let keep = ("keepdims", Value::Bool(true));
    assert_eq!(shape(&[("q", floats(&[0.1])), ("axes", axes(&[0, 1])), keep]).shape, [1, 1, 1, 6]);
    assert_eq!(shape(&[("q", Value::Float(0.5))]).dtype, DType::F32);
    let info = find("quantile").unwrap();
    for bad in [Value::Float(1.5), Value::Int(-1), Value::List(vec![]), floats(&[0.5, f64::NAN])] {
        assert!(Params::check(info.params, &[("q".to_string(), bad)]).is_err());
    }
    assert!(Params::check(info.params, &[]).is_err());
}

/// So many numbers that a sample is drawn from them, each made from its index and a random number in 0..1.
fn many(dtype: DType, shape: &[u64], make: impl Fn(usize, f64) -> f64) -> Array {
    let n = shape.iter().product::<u64>() as usize;
    let mut seed = 9u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1u64 << 53) as f64
    };
    array(dtype, shape, &(0..n).map(|i| make(i, next())).collect::<Vec<_>>())
}

/// Every way between brackets against sorting; whether the first one needs no digits.
fn bracketed(data: &Array, q: &[f64], skipna: bool) -> bool {
    let all: Vec<usize> = (0..data.spec.rank()).collect();
    let want = sorted(data, &all, &Quantiles { method: "linear", q: q.to_vec() }, skipna);
    let ways = bind(&[("q", floats(q)), ("skipna", Value::Bool(skipna))], data);
    let ways: Vec<Variant> = ways.into_iter().filter(|way| way.name.starts_with("brackets")).collect();
    assert_eq!(ways.len(), 2, "{} {:?}", data.spec.dtype, data.spec.shape);
    for way in &ways {
        for tile in [vec![1 << 30; data.spec.rank()], vec![40_000; data.spec.rank()]] {
            let got = values(&run(way, std::slice::from_ref(data), &tile).unwrap().remove(0));
            let same = got.iter().zip(&want).all(|(g, w)| g.to_bits() == w.to_bits() || (g.is_nan() && w.is_nan()));
            assert!(same && got.len() == want.len(), "{q:?} by {}: {got:?}, not {want:?}", way.name);
        }
    }
    let mut short = ways.into_iter().next().unwrap();
    short.stages.truncate(2);
    let sink = &mut short.stages[1].contract.writes[0].sink;
    *sink = crate::kernel::Sink::Output(0);
    run(&short, std::slice::from_ref(data), &vec![1 << 30; data.spec.rank()]).unwrap()[0].data::<u64>()[0] == 1
}

#[test]
fn brackets_find_what_sorting_finds_in_one_sweep() {
    let n = [bracket::ELEMENTS_MIN + 77];
    let cube = [70, 130, 131];
    let spread = |_: usize, x: f64| (x - 0.5).powi(3) * 1e6;
    for (dtype, shape) in [(DType::F32, &n[..]), (DType::F64, &cube), (DType::I32, &cube), (DType::U64, &n)] {
        assert!(bracketed(&many(dtype, shape, |i, x| spread(i, x).abs()), &[0.5], false), "{dtype}");
    }
    assert!(bracketed(&many(DType::F32, &n, spread), &[0.5, 0.0, 0.01, 1.0], false), "around 0, and at the ends");
    for (what, make) in [
        ("one value", (|_, _| 3.5) as fn(usize, f64) -> f64),
        ("two values", |_, x| if x < 0.5 { -1.0 } else { 2.0 }),
        ("zeros and more", |_, x| (x - 0.6).max(0.0)),
        ("few values", |_, x| (x * 1000.0).floor()),
        ("infinities", |_, x| if x < 0.3 { f64::NEG_INFINITY } else { 1.0 / (x - 0.9).max(0.0) }),
    ] {
        assert!(bracketed(&many(DType::F32, &n, make), &[0.5, 0.99], false), "{what}");
    }
    let holes = many(DType::F64, &n, |i, x| if i % 3 == 0 { f64::NAN } else { x });
    assert!(bracketed(&holes, &[0.25, 0.75], true), "without NaN");
    assert!(bracketed(&holes, &[0.25], false), "with NaN there is nothing to find");
    assert!(!bracketed(&many(DType::F32, &n, |_, _| f64::NAN), &[0.5], true), "of NaN alone no sample is drawn");
}

#[test]
fn where_a_sample_misleads_digits_follow() {
    let n = bracket::ELEMENTS_MIN + 5;
    // All that is drawn is larger than all else.
    let drawn = bracket::boxes(&ArraySpec::new(DType::F32, &[n]), bracket::sample_elements(n));
    let is_drawn = |i: usize| drawn.iter().any(|b| (b.start[0]..b.end[0]).contains(&(i as u64)));
    assert!(!bracketed(&many(DType::F32, &[n], |i, x| if is_drawn(i) { x + 5.0 } else { x }), &[0.5], false));
    // Boxes that differ from each other say that a sample says little.
    assert!(!bracketed(&many(DType::F64, &[n], |i, x| i as f64 + x), &[0.5], false));
    // Most of what lies between the brackets is in one place, more than a tile may collect.
    let dense = |i: usize, x: f64| if i < 140_000 { 0.5 + x * 1e-4 } else { x };
    bracketed(&many(DType::F64, &[n], dense), &[0.5], false);
}

#[test]
fn brackets_are_of_large_arrays_of_wide_elements_alone() {
    let names = |dtype, shape: &[u64], q: &[f64], over: &[usize]| {
        let ways = bind(&[("q", floats(q)), ("axes", axes(over))], &Array::zeros(&ArraySpec::new(dtype, shape)));
        ways.iter().filter(|w| w.name.starts_with("brackets")).count()
    };
    let n = bracket::ELEMENTS_MIN;
    assert_eq!(names(DType::F32, &[n], &[0.5], &[0]), 2);
    assert_eq!(names(DType::F32, &[1, n], &[0.5], &[1]), 2);
    assert_eq!(names(DType::F32, &[n - 1], &[0.5], &[0]), 0);
    assert_eq!(names(DType::U16, &[n], &[0.5], &[0]), 0);
    assert_eq!(names(DType::F32, &[2, n], &[0.5], &[1]), 0);
    assert_eq!(names(DType::F32, &[n], &[0.1, 0.2, 0.3, 0.4, 0.5], &[0]), 0);
}
