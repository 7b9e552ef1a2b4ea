//! Covariance and correlation of windows against exact whole numbers.

use super::monoid::What;
use super::pairs::{Corr, Cov};
use super::sliding::{Limits, variants};
use super::tests::{TINY, array, floats, windows};
use super::{rolling_corr, rolling_cov, rolling_var};
use crate::array::DType;
use crate::kernel::trial::{Array, run};
use crate::kernel::{KernelInfo, Params, Value, Variant};

const DDOF: What = What::Spread { ddof: 1.0, root: false };

/// The results of all ways and tiles, which are the same.
fn results(ways: &[Variant], inputs: &[Array; 2]) -> Vec<f64> {
    let mut all: Vec<Array> = Vec::new();
    for way in ways {
        for tile in [inputs[0].spec.shape.clone(), vec![7; inputs[0].spec.rank()]] {
            all.push(run(way, inputs, &tile).unwrap().remove(0));
        }
    }
    assert!(all.iter().all(|a| a.bytes() == all[0].bytes()));
    floats(&all[0])
}

/// Whole numbers, some of them missing.
fn numbers(n: usize, middle: i64, mut seed: u64) -> Vec<Option<i64>> {
    let mut next = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as i64
    };
    (0..n).map(|_| if next() % 9 == 0 { None } else { Some(middle + next() % 60) }).collect()
}

fn line(values: &[Option<i64>]) -> Array {
    let values: Vec<f64> = values.iter().map(|x| x.map_or(f64::NAN, |x| x as f64 / 4.0)).collect();
    Array::from(&[values.len() as u64], &values)
}

/// Count, `n` times the sums of products and of both squares of deviations: whole.
fn moments(pairs: &[(i64, i64)]) -> (i128, [i128; 3]) {
    let n = pairs.len() as i128;
    let sum =
        |f: &dyn Fn(i128, i128) -> i128| pairs.iter().map(|(x, y)| f(i128::from(*x), i128::from(*y))).sum::<i128>();
    let (x, y) = (sum(&|x, _| x), sum(&|_, y| y));
    (n, [n * sum(&|x, y| x * y) - x * y, n * sum(&|x, _| x * x) - x * x, n * sum(&|_, y| y * y) - y * y])
}

#[test]
fn they_are_those_of_exact_moments_of_pairs() {
    let (x, y) = (numbers(250, 4_000_000_000_000, 1), numbers(250, -70_000_000, 2));
    let inputs = [line(&x), line(&y)];
    for window in windows(0, &[1, 2, 3, 10, 65, 90, 600]) {
        for limits in [Limits::STANDARD, TINY] {
            let spec = &inputs[0].spec;
            let cov = results(&variants::<Cov>(spec, DType::F64, &window, DDOF, &limits), &inputs);
            let corr = results(&variants::<Corr>(spec, DType::F64, &window, What::Whole, &limits), &inputs);
            for i in 0..x.len() {
                let after = if window.center { (window.length as usize - 1) / 2 } else { 0 };
                let near = (i + after + 1).saturating_sub(window.length as usize)..(i + after + 1).min(x.len());
                let pairs: Vec<(i64, i64)> = near.filter_map(|k| Some((x[k]?, y[k]?))).collect();
                let (n, [products, of_x, of_y]) = moments(&pairs);
                let some = pairs.len() as u64 >= window.min_count;
                let want = if some && n > 1 { products as f64 / (n * (n - 1)) as f64 / 16.0 } else { f64::NAN };
                let same = |got: f64, want: f64, scale: f64| {
                    let same = (got - want).abs() <= 4e-16 * scale || (got.is_nan() && want.is_nan());
                    assert!(same, "{window:?} {limits:?} at {i}: {got} {want}");
                };
                let scale = (of_x as f64).sqrt() * (of_y as f64).sqrt();
                same(cov[i], want, scale / (n * (n - 1)).max(1) as f64 / 16.0);
                same(corr[i], if some && scale > 0.0 { products as f64 / scale } else { f64::NAN }, 2.0);
            }
        }
    }
}

/// Of an array with itself a covariance is its variance, and what has left leaves no trace.
#[test]
fn an_array_with_itself_varies_as_it_does() {
    let mut values: Vec<f64> = (0..300).map(|i| f64::from(i * i % 37) / 8.0).collect();
    (values[40], values[41], values[90]) = (1e300, f64::INFINITY, f64::NAN);
    let one = array(DType::F64, &[2, 75, 2], &values);
    let inputs = [one.clone(), one];
    for window in windows(1, &[2, 9, 40]) {
        for limits in [Limits::STANDARD, TINY] {
            let cov = results(&variants::<Cov>(&inputs[0].spec, DType::F64, &window, DDOF, &limits), &inputs);
            let ways = rolling_var::bind(&inputs[0].spec, &window, 1.0, &limits);
            let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&cov), bits(&results(&ways, &inputs)), "{window:?}");
        }
    }
}

#[test]
fn two_arrays_must_fit() {
    let bind = |info: &KernelInfo, names: Value, inputs: &[Array]| {
        let given = [("window".into(), Value::Int(3)), ("other".into(), names)];
        let kernel = (info.parse)(&Params::check(info.params, &given).unwrap())?;
        assert_eq!(kernel.input_names(), ["", "b"]);
        kernel.bind(&inputs.iter().map(|a| a.spec.clone()).collect::<Vec<_>>())
    };
    let of = |dtype, shape: &[u64]| array(dtype, shape, &vec![0.0; shape.iter().product::<u64>() as usize]);
    let name = || Value::Str("b".into());
    for info in [rolling_cov::INFO, rolling_corr::INFO] {
        let two = Value::List(vec![name(), Value::Str("c".into())]);
        assert!(bind(&info, two, &[]).unwrap_err().message.contains("other names 2 arrays"));
        let error = bind(&info, name(), &[of(DType::F32, &[4]), of(DType::F32, &[5])]).unwrap_err();
        assert!(
            error.param.as_deref() == Some("other") && error.message.contains("shape [5], this one [4]"),
            "{error}"
        );
        let (ty, yt) = (of(DType::F32, &[4, 4]).named("ty"), of(DType::U8, &[4, 4]).named("yt"));
        assert!(bind(&info, name(), &[ty.clone(), yt]).unwrap_err().message.contains("axis 0 is called y"));
        let ways = bind(&info, name(), &[of(DType::F16, &[4, 4]), ty.clone()]).unwrap();
        let spec = &ways[0].stages[0].contract.writes[0].spec;
        assert_eq!((spec.dtype, &spec.axes), (DType::F32, &vec![Some('t'), Some('y')]));
        let dtypes = [(DType::U8, DType::I16, DType::F32), (DType::U32, DType::F16, DType::F64)];
        for (one, other, want) in dtypes {
            let ways = bind(&info, name(), &[of(one, &[4]), of(other, &[4])]).unwrap();
            assert_eq!(ways[0].stages[0].contract.writes[0].spec.dtype, want, "{one} {other}");
        }
    }
}
