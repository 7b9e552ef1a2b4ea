//! Reductions against exact arithmetic in integers, whatever the tiles.

use super::grid::Grid;
use super::tree::{Forest, Partial, RUN_BYTES};
use crate::array::{ArraySpec, DType, Element, Region, read_f64, write_f64};
use crate::kernel::trial::{Array, run};
use crate::kernel::{BindError, KernelError, Order, Params, Value, Variant, find, open_ranges};
use crate::with_real_type;

/// Binds a kernel of the registry.
pub(crate) fn bind(name: &str, params: &[(&str, Value)], spec: &ArraySpec) -> Result<Variant, BindError> {
    let info = find(name).unwrap();
    let given: Vec<(String, Value)> = params.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
    let kernel = (info.parse)(&Params::check(info.params, &given)?)?;
    Ok(kernel.bind(std::slice::from_ref(spec))?.remove(0))
}

/// An array with these values, as near as the dtype has them.
pub(crate) fn array(dtype: DType, shape: &[u64], values: &[f64]) -> Array {
    fn typed<T: Element>(shape: &[u64], values: &[f64]) -> Array {
        let mut out = vec![T::zeroed(); values.len()];
        write_f64(T::DTYPE, values, bytemuck::cast_slice_mut(&mut out)).unwrap();
        Array::from(shape, &out)
    }
    with_real_type!(dtype, T => typed::<T>(shape, values), else panic!())
}

pub(crate) fn values(array: &Array) -> Vec<f64> {
    let mut out = vec![0.0; array.spec.elements().unwrap() as usize];
    read_f64(array.spec.dtype, array.bytes(), &mut out);
    out
}

/// Quarters of whole numbers that every float dtype has; small whole numbers for the others.
pub(crate) fn numbers(dtype: DType, n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as i64 % 120
    };
    (0..n)
        .map(|_| match dtype {
            DType::Bool => (next() % 2) as f64,
            d if d.is_float() => (next() - 60) as f64 / 4.0,
            d if d.is_signed() => (next() - 60) as f64,
            _ => next() as f64,
        })
        .collect()
}

/// The elements of each kept cell, in C order.
pub(crate) fn cells(shape: &[u64], axes: &[usize], values: &[f64]) -> Vec<Vec<f64>> {
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    let mut out = vec![Vec::new(); kept.iter().map(|a| shape[*a] as usize).product()];
    for (i, v) in values.iter().enumerate() {
        let (mut rest, mut cell, mut weight) = (i as u64, 0, 1);
        for a in (0..shape.len()).rev() {
            if kept.contains(&a) {
                cell += (rest % shape[a]) * weight;
                weight *= shape[a];
            }
            rest /= shape[a];
        }
        out[cell as usize].push(*v);
    }
    out
}

/// What a reduction is by definition, in exact arithmetic on quarters.
fn expected(name: &str, cell: &[f64], skipna: bool, ddof: i128) -> f64 {
    let cell: Vec<f64> = cell.iter().copied().filter(|x| !(skipna && x.is_nan())).collect();
    let plain: f64 = cell.iter().sum();
    let n = cell.len() as i128;
    if let "min" | "max" = name {
        let bits = |x: &f64| (x.to_bits() as i64) ^ (((x.to_bits() as i64) >> 63) & i64::MAX);
        let nan = cell.is_empty() || plain.is_nan() && cell.iter().any(|x| x.is_nan());
        let found =
            if name == "min" { cell.iter().min_by_key(|x| bits(x)) } else { cell.iter().max_by_key(|x| bits(x)) };
        return if nan { f64::NAN } else { *found.unwrap() };
    }
    if !plain.is_finite() {
        return if name == "sum" || name == "mean" { plain } else { f64::NAN };
    }
    let sum: i128 = cell.iter().map(|x| (x * 4.0) as i128).sum();
    let squares: i128 = cell.iter().map(|x| ((x * 4.0) as i128).pow(2)).sum();
    match name {
        "sum" => sum as f64 / 4.0,
        "mean" => sum as f64 / (4 * n) as f64,
        _ if n <= ddof => f64::NAN,
        "var" => (n * squares - sum * sum) as f64 / (16 * n * (n - ddof)) as f64,
        _ => ((n * squares - sum * sum) as f64 / (16 * n * (n - ddof)) as f64).sqrt(),
    }
}

/// Tile shapes from the whole down to one anchor.
pub(crate) fn tiles(shape: &[u64]) -> Vec<Vec<u64>> {
    let mut tiles = vec![shape.iter().map(|n| (*n).max(1)).collect(), vec![1; shape.len()]];
    for a in 0..shape.len() {
        let mut tile: Vec<u64> = shape.iter().map(|n| (*n).max(1)).collect();
        tile[a] = tile[a].div_ceil(3);
        tiles.push(tile);
    }
    tiles.push(shape.iter().map(|n| n.div_ceil(2).max(1)).collect());
    tiles
}

/// Runs with every tile shape; all must give the same bytes.
pub(crate) fn run_all(variant: &Variant, input: &Array, tiles: &[Vec<u64>]) -> Result<Array, KernelError> {
    let first = run(variant, std::slice::from_ref(input), &tiles[0])?.remove(0);
    for tile in &tiles[1..] {
        let other = run(variant, std::slice::from_ref(input), tile)?.remove(0);
        assert!(first.bytes() == other.bytes(), "tile {tile:?} differs for {:?}", input.spec);
    }
    Ok(first)
}

fn close(got: f64, want: f64, ulps: f64) -> bool {
    got == want || (got.is_nan() && want.is_nan()) || (got - want).abs() <= ulps * f64::EPSILON * want.abs()
}

fn list(axes: &[usize]) -> Value {
    Value::List(axes.iter().map(|a| Value::Int(*a as i64)).collect())
}

fn check(name: &str, dtype: DType, shape: &[u64], axes: &[usize], data: &[f64], skipna: bool, keepdims: bool) {
    let input = array(dtype, shape, data);
    let mut params = vec![("axes", list(axes)), ("skipna", Value::Bool(skipna)), ("keepdims", Value::Bool(keepdims))];
    let ddof = i64::from(keepdims);
    if let "var" | "std" = name {
        params.push(("ddof", Value::Int(ddof)));
    }
    let variant = bind(name, &params, &input.spec).unwrap();
    assert_eq!(variant.stages[0].contract.order, Order::Fold { axes: axes.to_vec() });
    let out = run_all(&variant, &input, &tiles(shape)).unwrap();
    let got = values(&out);
    let cells = cells(shape, axes, &values(&input));
    assert_eq!(got.len(), cells.len());
    assert_eq!(out.spec.rank(), if keepdims { shape.len() } else { shape.len() - axes.len() });
    for (got, cell) in got.iter().zip(&cells) {
        let mut want = [expected(name, cell, skipna, ddof.into())];
        if out.spec.dtype.is_float() {
            let mut rounded = [0u64; 1];
            let bytes = &mut bytemuck::cast_slice_mut(&mut rounded)[..out.spec.dtype.size()];
            write_f64(out.spec.dtype, &want.clone(), bytes).unwrap();
            read_f64(out.spec.dtype, bytes, &mut want);
        }
        let ulps = if let "var" | "std" = name { 2.0 } else { 0.0 };
        let context = format!("{name} {dtype} {shape:?} over {axes:?} skipna={skipna}");
        assert!(close(*got, want[0], ulps), "{context}: {got:?} is not {:?}", want[0]);
        assert!(!want[0].is_nan() || got.to_bits() == f64::NAN.to_bits(), "{context}: NaN is not canonical");
    }
}

const NAMES: [&str; 6] = ["sum", "mean", "std", "var", "min", "max"];

const REAL: [DType; 13] = [
    DType::Bool,
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

#[test]
fn every_dtype_and_choice_of_axes() {
    for dtype in REAL {
        for (shape, axes) in [
            (vec![7u64, 5, 3], vec![0usize, 1, 2]),
            (vec![7, 5, 3], vec![0]),
            (vec![7, 5, 3], vec![1]),
            (vec![7, 5, 3], vec![2]),
            (vec![7, 5, 3], vec![0, 2]),
            (vec![150, 3], vec![0]),
            (vec![41], vec![0]),
        ] {
            let data = numbers(dtype, shape.iter().product::<u64>() as usize, 3);
            NAMES.iter().for_each(|name| check(name, dtype, &shape, &axes, &data, false, axes.len() == 1));
        }
    }
}

#[test]
fn odd_shapes() {
    for (shape, axes) in [
        (vec![], vec![]),
        (vec![1u64], vec![0usize]),
        (vec![1, 1, 1], vec![1]),
        (vec![4, 3], vec![]),
        (vec![90, 1], vec![0]),
        (vec![1, 90], vec![0]),
        (vec![3, 1, 5], vec![1, 2]),
        (vec![2, 3, 4, 5], vec![1, 3]),
        (vec![2, 70, 2, 3], vec![0, 1]),
        (vec![1100, 2], vec![0]),
        (vec![2, 1030], vec![1]),
    ] {
        let data = numbers(DType::F32, shape.iter().product::<u64>() as usize, 5);
        NAMES.iter().for_each(|name| check(name, DType::F32, &shape, &axes, &data, false, false));
    }
}

#[test]
fn nan_and_infinities() {
    for dtype in [DType::F16, DType::BF16, DType::F32, DType::F64] {
        for specials in [
            vec![f64::NAN],
            vec![-f64::NAN, 1.0],
            vec![f64::INFINITY],
            vec![f64::NEG_INFINITY, f64::NAN],
            vec![f64::INFINITY, f64::NEG_INFINITY],
            vec![-0.0, 0.0],
        ] {
            for (shape, axes) in [(vec![9u64, 8], vec![0usize]), (vec![9, 40], vec![1]), (vec![100], vec![0])] {
                let mut data = numbers(dtype, shape.iter().product::<u64>() as usize, 9);
                specials.iter().enumerate().for_each(|(i, s)| data[i * 3 + 1] = *s);
                for name in NAMES {
                    check(name, dtype, &shape, &axes, &data, false, false);
                    check(name, dtype, &shape, &axes, &data, true, false);
                }
            }
        }
        // All NaN, in some cells.
        let data = [f64::NAN, 1.0, f64::NAN, -0.0, f64::NAN, 0.0];
        for (name, axis) in NAMES.iter().flat_map(|n| [(n, 0usize), (n, 1)]) {
            check(name, dtype, &[3, 2], &[axis], &data, true, false);
        }
    }
}

#[test]
fn zeros_have_an_order() {
    for data in [[0.0, -0.0], [-0.0, 0.0]] {
        for dtype in [DType::F16, DType::F32, DType::F64] {
            let input = array(dtype, &[2], &data);
            for (name, negative) in [("min", true), ("max", false)] {
                let out = run_all(&bind(name, &[], &input.spec).unwrap(), &input, &[vec![2]]).unwrap();
                assert_eq!(values(&out)[0].is_sign_negative(), negative);
            }
        }
    }
}

#[test]
fn leaves_and_tiles_never_show() {
    // Sums that depend on their order, and several levels of the tree.
    let rough = |n: usize| -> Vec<f64> {
        numbers(DType::F64, n, 7).iter().enumerate().map(|(i, x)| x * [1.0, 1e-9, 1e7][i % 3] + 0.1).collect()
    };
    for (shape, axes) in [
        (vec![5000u64, 7], vec![0usize]),
        (vec![70, 130, 3], vec![0, 1]),
        (vec![40, 1030, 17], vec![0, 1, 2]),
        (vec![5, 3, 20_000], vec![0, 2]),
        (vec![100_000], vec![0]),
    ] {
        for dtype in [DType::F32, DType::F64] {
            let input = array(dtype, &shape, &rough(shape.iter().product::<u64>() as usize));
            let mut tiles = tiles(&shape);
            if shape.iter().product::<u64>() > 500_000 {
                tiles.retain(|t| t.iter().any(|n| *n > 1));
                tiles.push(vec![7, 1, 1]);
            }
            for name in ["sum", "var", "min"] {
                run_all(&bind(name, &[("axes", list(&axes))], &input.spec).unwrap(), &input, &tiles).unwrap();
            }
        }
    }
}

#[test]
fn nothing_is_nothing() {
    for (shape, axes, cells) in [(vec![0u64], vec![0usize], 1), (vec![3, 0], vec![1], 3), (vec![0, 2, 3], vec![0], 6)] {
        let input = array(DType::F32, &shape, &[]);
        for (name, want) in [("sum", 0.0), ("mean", f64::NAN), ("std", f64::NAN), ("var", f64::NAN)] {
            let variant = bind(name, &[("axes", list(&axes))], &input.spec).unwrap();
            let out = values(&run_all(&variant, &input, &tiles(&shape)).unwrap());
            assert_eq!(out.len(), cells);
            assert!(out.iter().all(|x| close(*x, want, 0.0)), "{name} {shape:?}: {out:?}");
        }
        for name in ["min", "max"] {
            let error = bind(name, &[("axes", list(&axes))], &input.spec).unwrap_err();
            assert!(error.message.contains("of nothing"), "{error}");
        }
    }
    let input = array(DType::U8, &[0, 3], &[]);
    let int = bind("sum", &[], &input.spec).unwrap();
    assert_eq!(run_all(&int, &input, &[vec![1, 3]]).unwrap().data::<u64>(), [0]);
    // No cells, so nothing to choose for them.
    for axis in [0, 1] {
        let ok = bind("min", &[("axes", Value::Int(axis))], &input.spec).is_ok();
        assert_eq!(ok, axis == 1);
    }
    let none = bind("min", &[("axes", Value::Int(1))], &input.spec).unwrap();
    assert!(run_all(&none, &input, &tiles(&[0, 3])).unwrap().data::<u8>().is_empty());
}

#[test]
fn integer_sums_are_exact_or_refused() {
    let spec = |v: &[u64]| Array::from::<u64>(&[v.len() as u64], v);
    for (input, want) in [
        (spec(&[u64::MAX - 3, 1, 2]), Ok(u64::MAX)),
        (spec(&[u64::MAX, 1]), Err("18446744073709551616")),
        (spec(&vec![u64::MAX; 20_000]), Err("beyond the range of u64")),
    ] {
        let got = run_all(&bind("sum", &[], &input.spec).unwrap(), &input, &[vec![1], vec![1 << 20]]);
        match (got, want) {
            (Ok(got), Ok(want)) => assert_eq!(got.data::<u64>(), [want]),
            (Err(e), Err(want)) => assert!(e.to_string().contains(want), "{e}"),
            (got, want) => panic!("{got:?} {want:?}"),
        }
    }
    let input = Array::from::<i64>(&[2, 3], &[i64::MIN, i64::MAX, i64::MIN, i64::MAX, i64::MIN, -1]);
    let all = run_all(&bind("sum", &[("axes", Value::Int(0))], &input.spec).unwrap(), &input, &tiles(&[2, 3]));
    let message = all.unwrap_err().to_string();
    assert!(message.starts_with("at index [2] of the result: the exact sum -9223372036854775809"), "{message}");
    let mean = run_all(&bind("mean", &[], &input.spec).unwrap(), &input, &tiles(&[2, 3])).unwrap();
    assert_eq!(
        mean.data::<f64>(),
        [((2.0 * -9_223_372_036_854_775_808.0) + i64::MIN as f64 + 2.0 * i64::MAX as f64) / 6.0]
    );
}

#[test]
fn far_from_zero() {
    // 1e12 + U(0, 1): the stored numbers are whole multiples of 2^-13, so their variance is exact in i128.
    let n = 30_000u64;
    let mut state = 1u64;
    let data: Vec<f64> = (0..n)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            1e12 + (state >> 11) as f64 / 9_007_199_254_740_992.0
        })
        .collect();
    let whole: Vec<i128> = data.iter().map(|x| ((x - 1e12) * 8192.0) as i128).collect();
    let (sum, squares) = (whole.iter().sum::<i128>(), whole.iter().map(|x| x * x).sum::<i128>());
    let n = i128::from(n);
    let want = (n * squares - sum * sum) as f64 / (n * n) as f64 / (8192.0 * 8192.0);
    for shape in [vec![n as u64], vec![n as u64, 1], vec![300, 100]] {
        let input = Array::from::<f64>(&shape, &data);
        let var = run_all(&bind("var", &[], &input.spec).unwrap(), &input, std::slice::from_ref(&shape)).unwrap();
        assert!(close(var.data::<f64>()[0], want, 1.0), "{:?} {want:?}", var.data::<f64>());
        let mean = run_all(&bind("mean", &[], &input.spec).unwrap(), &input, std::slice::from_ref(&shape)).unwrap();
        assert_eq!(mean.data::<f64>()[0], 1e12 + sum as f64 / n as f64 / 8192.0);
    }
    // Down the slow axis: the same numbers in every column.
    let twice: Vec<f64> = data.iter().flat_map(|x| [*x, *x]).collect();
    let input = Array::from::<f64>(&[n as u64, 2], &twice);
    let var = bind("var", &[("axes", Value::Int(0))], &input.spec).unwrap();
    let var = run_all(&var, &input, &[vec![n as u64, 2], vec![320, 1]]).unwrap();
    assert!(var.data::<f64>().iter().all(|v| close(*v, want, 1.0)), "{:?} {want:?}", var.data::<f64>());
}

#[test]
fn a_trend_and_constants() {
    // Leaves of very different means: 0 ..= n - 1 has variance (n^2 - 1) / 12.
    let n = 200_000u64;
    let ramp: Vec<f64> = (0..n).map(|i| i as f64).collect();
    for (shape, axis) in [(vec![n], 0), (vec![n, 1], 0)] {
        let input = Array::from::<f64>(&shape, &ramp);
        let var = bind("var", &[("axes", Value::Int(axis))], &input.spec).unwrap();
        let got = run_all(&var, &input, &[shape.clone(), vec![1; shape.len()]]).unwrap();
        let want = (n * n - 1) as f64 / 12.0;
        assert!(close(got.data::<f64>()[0], want, 1.0), "{:?} {want:?}", got.data::<f64>());
    }
    for value in [0.1, 1e300, -7e-200] {
        for (shape, axes) in [(vec![40_000u64], vec![0]), (vec![700, 3], vec![0usize])] {
            let input = array(DType::F64, &shape, &vec![value; shape.iter().product::<u64>() as usize]);
            let std = bind("std", &[("axes", list(&axes))], &input.spec).unwrap();
            assert!(values(&run_all(&std, &input, &tiles(&shape)).unwrap()).iter().all(|x| *x == 0.0));
        }
    }
    // Squares beyond the largest number.
    let input = Array::from::<f64>(&[3], &[1e200, -1e200, 0.0]);
    let var = run_all(&bind("var", &[], &input.spec).unwrap(), &input, &[vec![3]]).unwrap();
    assert_eq!(var.data::<f64>(), [f64::INFINITY]);
}

#[test]
fn names_follow() {
    let mut spec = ArraySpec::new(DType::U16, &[4, 5, 6]);
    spec.axes = "tyx".chars().map(Some).collect();
    let axes = || ("axes", Value::Str("xt".into()));
    let out = bind("mean", &[axes()], &spec).unwrap();
    let write = &out.stages[0].contract.writes[0];
    assert_eq!((write.spec.shape.as_slice(), write.spec.axis_names().as_deref()), (&[5u64][..], Some("y")));
    let out = bind("min", &[axes(), ("keepdims", Value::Bool(true))], &spec).unwrap();
    let write = &out.stages[0].contract.writes[0];
    assert_eq!((write.spec.shape.as_slice(), write.spec.axis_names().as_deref()), (&[1u64, 5, 1][..], Some("tyx")));
    assert_eq!(write.spec.dtype, DType::U16);
    for name in NAMES {
        let error = bind(name, &[], &ArraySpec::new(DType::C64, &[3])).unwrap_err();
        assert!(error.message.contains(name) && error.message.contains("c64"), "{error}");
        assert!(bind(name, &[("axes", Value::Int(3))], &spec).is_err());
    }
}

#[derive(Clone, Copy, Debug)]
struct Nothing;

impl Partial for Nothing {
    const EMPTY: Nothing = Nothing;
    fn merge(_: &mut [Nothing], _: &[Nothing]) {}
}

/// Runs that are live, as bytes, for partials of 24 bytes and one kept cell.
fn state_bytes(forest: &Forest<Nothing>) -> u64 {
    forest.runs() as u64 * (24 + RUN_BYTES)
}

#[test]
fn declared_state_is_an_upper_bound() {
    for (shape, tiles) in [
        (vec![3_000_000u64], vec![vec![16_384u64], vec![1 << 20]]),
        (
            vec![300, 1100, 1300],
            vec![vec![300, 8, 1300], vec![7, 64, 1300], vec![1, 1100, 1300], vec![300, 1096, 1300]],
        ),
        (vec![20, 30, 40, 16_384], vec![vec![20, 1, 40, 16_384], vec![3, 30, 7, 16_384], vec![20, 30, 1, 16_384]]),
    ] {
        let axes: Vec<usize> = (0..shape.len()).collect();
        let grid = Grid::new(&shape, &axes);
        for tile in tiles {
            let (size, mut left) = (grid.state(24), Forest::new(grid.leaves(), 1));
            for core in crate::kernel::trial::tiles(&shape, &tile) {
                let mut own = Forest::new(grid.leaves(), 1);
                let mut anchors = 0;
                grid.each_leaf(&core, |number, _, _| {
                    anchors += 1;
                    own.push(number, vec![Nothing]);
                    Ok(())
                })
                .unwrap();
                assert!(state_bytes(&own) <= size.fixed + size.per_cell + size.per_anchor * anchors);
                left.join(own);
                let whole = Region::full(&tile);
                let most = grid.anchor().iter().zip(whole.shape()).map(|(a, n)| n.div_ceil(*a)).product::<u64>();
                let ranges = open_ranges(&axes, &grid.anchor(), &tile, &shape);
                let bound = size.fixed + size.per_cell + size.per_anchor * most + size.per_open_range * ranges;
                assert!(state_bytes(&left) <= bound, "{shape:?} {tile:?}: {} > {bound}", state_bytes(&left));
            }
            assert!(left.finish().is_some());
        }
    }
}
