//! Normalisations against their formulas, whatever the tiles.

use crate::array::{ArraySpec, Bool, DType, write_f64};
use crate::kernel::Value;
use crate::kernel::reduce::tests::{array, bind, cells, numbers, run_all, tiles, values};
use crate::kernel::trial::Array;

/// Puts the elements of kept cells back in their places.
fn scatter(shape: &[u64], axes: &[usize], cells_of: &[Vec<f64>]) -> Vec<f64> {
    let n = shape.iter().product::<u64>() as usize;
    let places = cells(shape, axes, &(0..n).map(|i| i as f64).collect::<Vec<_>>());
    let mut out = vec![0.0; n];
    for (places, cell) in places.iter().zip(cells_of) {
        places.iter().zip(cell).for_each(|(p, x)| out[*p as usize] = *x);
    }
    out
}

fn zscore(cell: &[f64], skipna: bool, ddof: f64) -> Vec<f64> {
    let valid: Vec<f64> = cell.iter().copied().filter(|x| !(skipna && x.is_nan())).collect();
    let n = valid.len() as f64;
    let mean = valid.iter().sum::<f64>() / n;
    let std = (valid.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - ddof)).sqrt();
    cell.iter().map(|x| (x - mean) / std).collect()
}

fn minmax(cell: &[f64], skipna: bool, low: f64, high: f64) -> Vec<f64> {
    let nan = !skipna && cell.iter().any(|x| x.is_nan());
    let least =
        cell.iter().copied().fold(if nan { f64::NAN } else { f64::INFINITY }, |a, b| if nan { a } else { a.min(b) });
    let most = cell.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    cell.iter().map(|x| (x - least) / (most - least) * (high - low) + low).collect()
}

fn check(name: &str, dtype: DType, shape: &[u64], axes: &[usize], data: &[f64], skipna: bool) {
    let input = array(dtype, shape, data);
    let list = Value::List(axes.iter().map(|a| Value::Int(*a as i64)).collect());
    let mut params = vec![("axes", list), ("skipna", Value::Bool(skipna))];
    match name {
        "zscore" => params.push(("ddof", Value::Int(1))),
        _ => params.extend([("low", Value::Float(-2.0)), ("high", Value::Int(3))]),
    }
    let out = run_all(&bind(name, &params, &input.spec).unwrap(), &input, &tiles(shape)).unwrap();
    assert_eq!((out.spec.dtype, &out.spec.shape), (dtype.real(), &input.spec.shape));
    let of = |c: &Vec<f64>| if name == "zscore" { zscore(c, skipna, 1.0) } else { minmax(c, skipna, -2.0, 3.0) };
    let want = scatter(shape, axes, &cells(shape, axes, &values(&input)).iter().map(of).collect::<Vec<_>>());
    let tolerance = match dtype.real() {
        DType::F16 => 2e-3,
        DType::BF16 => 2e-2,
        DType::F32 => 1e-6,
        _ => 1e-13,
    };
    for (got, want) in values(&out).iter().zip(&want) {
        let same =
            got == want || got.is_nan() && want.is_nan() || (got - want).abs() <= tolerance * want.abs().max(1.0);
        assert!(same, "{name} {dtype} {shape:?} over {axes:?}: {got} is not {want}");
    }
}

#[test]
fn formulas_hold() {
    for dtype in DType::ALL.into_iter().filter(|d| !d.is_complex()) {
        for (shape, axes) in [
            (vec![6u64, 5, 7], vec![0usize, 1, 2]),
            (vec![6, 5, 7], vec![0]),
            (vec![6, 5, 7], vec![1]),
            (vec![6, 5, 7], vec![1, 2]),
            (vec![6, 5, 7], vec![0, 2]),
            (vec![40, 1], vec![0]),
            (vec![1, 40], vec![1]),
        ] {
            let data = numbers(dtype, shape.iter().product::<u64>() as usize, 11);
            check("zscore", dtype, &shape, &axes, &data, false);
            check("minmax", dtype, &shape, &axes, &data, false);
        }
    }
}

#[test]
fn nan_stays_or_spreads() {
    for axes in [vec![0usize], vec![1], vec![0, 1]] {
        let mut data = numbers(DType::F32, 120, 2);
        (data[7], data[50]) = (f64::NAN, f64::NAN);
        for skipna in [false, true] {
            check("zscore", DType::F32, &[10, 12], &axes, &data, skipna);
            check("minmax", DType::F64, &[10, 12], &axes, &data, skipna);
        }
    }
}

#[test]
fn constant_and_empty() {
    for name in ["zscore", "minmax"] {
        for shape in [vec![1u64], vec![], vec![1000], vec![40, 3]] {
            let input = array(DType::F64, &shape, &vec![0.1; shape.iter().product::<u64>() as usize]);
            let out = run_all(&bind(name, &[], &input.spec).unwrap(), &input, &tiles(&shape)).unwrap();
            assert!(out.data::<f64>().iter().all(|x| x.to_bits() == f64::NAN.to_bits()), "{name} {shape:?}");
        }
        for shape in [vec![0u64], vec![3, 0], vec![0, 3]] {
            let input = array(DType::I32, &shape, &[]);
            for axis in 0..shape.len() as i64 {
                let variant = bind(name, &[("axes", Value::Int(axis))], &input.spec).unwrap();
                assert!(run_all(&variant, &input, &tiles(&shape)).unwrap().data::<f64>().is_empty());
            }
        }
        assert!(bind(name, &[], &ArraySpec::new(DType::C128, &[2])).is_err());
    }
}

#[test]
fn extremes_land_on_the_bounds() {
    let input = Array::from::<i64>(&[4], &[i64::MIN, i64::MAX, i64::MIN + 1, 0]);
    let out = run_all(&bind("minmax", &[], &input.spec).unwrap(), &input, &tiles(&[4])).unwrap();
    assert_eq!(out.data::<f64>(), [0.0, 1.0, 1.0 / u64::MAX as f64, 0.5]);
    let input = Array::from::<f64>(&[3], &[-1.5e308, 1.5e308, 0.0]);
    let out = run_all(&bind("minmax", &[], &input.spec).unwrap(), &input, &tiles(&[3])).unwrap();
    assert_eq!(out.data::<f64>(), [0.0, 1.0, 0.5]);
    let input = Array::from::<Bool>(&[3], &[Bool(0), Bool(9), Bool(0)]);
    let out = run_all(&bind("minmax", &[], &input.spec).unwrap(), &input, &tiles(&[3])).unwrap();
    assert_eq!(out.data::<f32>(), [0.0, 1.0, 0.0]);
    for (low, high) in [(f64::INFINITY, 1.0), (-1.7e308, 1.7e308)] {
        let params = [("low", Value::Float(low)), ("high", Value::Float(high))];
        assert!(bind("minmax", &params, &input.spec).is_err());
    }
}

#[test]
fn rounding_is_that_of_write_f64() {
    use super::rescale::Rounded;
    for x in [0.1, -0.0, f64::NAN, -f64::NAN, f64::INFINITY, 65_519.9, 1e-8, 3.0e38] {
        let mut bytes = [0u8; 2];
        write_f64(DType::F16, &[x], &mut bytes).unwrap();
        assert_eq!(half::f16::rounded(x).to_bits(), u16::from_ne_bytes(bytes));
        let mut bytes = [0u8; 4];
        write_f64(DType::F32, &[x], &mut bytes).unwrap();
        assert_eq!(f32::rounded(x).to_bits(), u32::from_ne_bytes(bytes));
    }
}
