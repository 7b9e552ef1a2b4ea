//! Rolling moments against exact integers, and values that pass without a trace.

use super::sliding::{Limits, Window};
use super::tests::{Bind, TINY, array, floats, windows};
use super::{
    rolling_argmax, rolling_max, rolling_mean, rolling_min, rolling_skew, rolling_std, rolling_sum, rolling_var,
};
use crate::array::{ArraySpec, DType};
use crate::kernel::trial::{Array, run};
use crate::kernel::{KernelInfo, Params, Value, Variant};

fn var(spec: &ArraySpec, window: &Window, limits: &Limits) -> Vec<Variant> {
    rolling_var::bind(spec, window, 1.0, limits)
}

fn std(spec: &ArraySpec, window: &Window, limits: &Limits) -> Vec<Variant> {
    rolling_std::bind(spec, window, 1.0, limits)
}

/// Whole numbers to try, `scale` of which make 1.
fn numbers(n: usize, spread: i64, middle: i64) -> Vec<i64> {
    let mut seed = 5u64;
    let mut next = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        middle + (seed >> 33) as i64 % spread
    };
    (0..n).map(|_| next()).collect()
}

/// The results of all variants and tiles, which are the same.
fn results(bind: Bind, input: &Array, window: &Window, limits: &Limits) -> Vec<f64> {
    let mut all: Vec<Array> = Vec::new();
    for variant in bind(&input.spec, window, limits) {
        for tile in [input.spec.shape.clone(), vec![7; input.spec.rank()]] {
            all.push(run(&variant, std::slice::from_ref(input), &tile).unwrap().remove(0));
        }
    }
    assert!(all.iter().all(|a| a.bytes() == all[0].bytes()), "{window:?} {limits:?}");
    floats(&all[0])
}

/// The window of index `i` in a line.
fn near<'a>(line: &'a [i64], i: usize, window: &Window) -> &'a [i64] {
    let after = if window.center { (window.length as usize - 1) / 2 } else { 0 };
    let end = i + after + 1;
    &line[end.saturating_sub(window.length as usize)..end.min(line.len())]
}

/// The variance of whole numbers: exact but for two roundings.
fn variance(x: &[i64], scale: f64) -> f64 {
    let n = x.len() as i128;
    let first = i128::from(x[0]);
    let (sum, squares) = x.iter().fold((0, 0), |(s, q), x| {
        let d = i128::from(*x) - first;
        (s + d, q + d * d)
    });
    let divided = (n * squares - sum * sum) as f64 / (n * (n - 1)) as f64;
    if n > 1 { divided / (scale * scale) } else { f64::NAN }
}

fn ulps(a: f64, b: f64) -> f64 {
    if a == b || (a.is_nan() && b.is_nan()) {
        0.0
    } else {
        (a - b).abs() / (f64::from_bits(b.abs().to_bits() + 1) - b.abs())
    }
}

#[test]
fn variances_are_within_two_ulps_however_far_from_zero() {
    // 1e12 and noise below 1; small numbers; a line of which one value is 1e16.
    let mut spiked = numbers(300, 100, -50);
    spiked[17] = 40_000_000_000_000_000;
    let cases = [(numbers(300, 4096, 4_096_000_000_000_000), 4096.0), (numbers(300, 100, -50), 4.0), (spiked, 4.0)];
    for (line, scale) in &cases {
        let values: Vec<f64> = line.iter().map(|x| *x as f64 / scale).collect();
        let input = Array::from(&[300], &values);
        for window in windows(0, &[1, 2, 3, 10, 64, 65, 100, 700]) {
            for limits in [Limits::STANDARD, TINY] {
                let (var, std) = (results(var, &input, &window, &limits), results(std, &input, &window, &limits));
                for i in 0..line.len() {
                    let near = near(line, i, &window);
                    let enough = near.len() as u64 >= window.min_count;
                    let want = if enough { variance(near, *scale) } else { f64::NAN };
                    assert!(ulps(var[i], want) <= 2.0, "{window:?} {limits:?} at {i}: {} {want}", var[i]);
                    assert!(ulps(std[i], want.sqrt()) <= 2.0, "{window:?} {limits:?} at {i}: {}", std[i]);
                }
            }
        }
    }
}

#[test]
fn skewness_is_that_of_exact_moments() {
    let line = numbers(200, 60, 4_000_000_000);
    let input = Array::from(&[200], &line.iter().map(|x| *x as f64 / 4.0).collect::<Vec<_>>());
    for window in windows(0, &[1, 2, 3, 10, 65, 90]) {
        for limits in [Limits::STANDARD, TINY] {
            let got = results(rolling_skew::bind, &input, &window, &limits);
            for (i, got) in got.into_iter().enumerate() {
                let near = near(&line, i, &window);
                let n = near.len() as i128;
                // n times the deviations are whole.
                let sum: i128 = near.iter().map(|x| i128::from(*x)).sum();
                let power = |p| near.iter().map(|x| (n * i128::from(*x) - sum).pow(p)).sum::<i128>() as f64;
                let (n, cubes, squares) = (n as f64, power(3), power(2));
                let want = (n * (n - 1.0)).sqrt() / (n - 2.0) * (cubes / n) / (squares / n).powf(1.5);
                let some = n > 2.0 && squares > 0.0 && near.len() as u64 >= window.min_count;
                let want = if some { want } else { f64::NAN };
                let same = (got.is_nan() && want.is_nan()) || (got - want).abs() <= 1e-13 * (1.0 + want.abs());
                assert!(same, "{window:?} {limits:?} at {i}: {got} {want}");
            }
        }
    }
}

#[test]
fn what_has_left_leaves_the_bits_as_if_it_had_never_been() {
    let all: [Bind; 8] = [
        var,
        std,
        rolling_skew::bind,
        rolling_sum::bind,
        rolling_mean::bind,
        rolling_min::bind,
        rolling_max::bind,
        rolling_argmax::bind,
    ];
    let quiet: Vec<f64> = numbers(400, 1000, 0).iter().map(|x| *x as f64 / 7.0).collect();
    for poison in [1e16, 1e300, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let mut loud = quiet.clone();
        (loud[120], loud[121]) = (poison, -poison);
        for bind in all {
            for (length, limits) in [(7, Limits::STANDARD), (100, Limits::STANDARD), (30, TINY), (100, TINY)] {
                let window = Window { axis: 0, length, min_count: 1, center: false, step: 1, time: None };
                let [quiet, loud] = [&quiet, &loud].map(|v| results(bind, &Array::from(&[400], v), &window, &limits));
                let same = |i: usize| quiet[i].to_bits() == loud[i].to_bits();
                assert!((0..120).chain(121 + length as usize..400).all(same), "{poison} {length} {limits:?}");
            }
        }
    }
}

#[test]
fn what_is_not_finite_or_constant() {
    let (inf, max) = (f64::INFINITY, f64::MAX);
    let window = Window { axis: 0, length: 3, min_count: 1, center: false, step: 1, time: None };
    let of = |bind: Bind, values: &[f64]| {
        results(bind, &Array::from(&[values.len() as u64], values), &window, &Limits::STANDARD)
    };
    let same = |got: Vec<f64>, want: &[f64]| {
        let equal = got.iter().zip(want).all(|(g, w)| g == w || (g.is_nan() && w.is_nan()));
        assert!(equal, "{got:?} {want:?}");
    };
    same(of(var, &[0.1; 5]), &[f64::NAN, 0.0, 0.0, 0.0, 0.0]);
    same(of(var, &[1e305; 5]), &[f64::NAN, 0.0, 0.0, 0.0, 0.0]);
    same(
        of(std, &[1.0, inf, 2.0, -inf, 3.0, 4.0, 5.0]),
        &[f64::NAN, f64::NAN, f64::NAN, f64::NAN, f64::NAN, f64::NAN, 1.0],
    );
    same(of(std, &[1.0, max, -max, 2.0, 3.0, 5.0]), &[f64::NAN, inf, inf, inf, inf, (7f64 / 3.0).sqrt()]);
    same(of(rolling_skew::bind, &[2.0; 4]), &[f64::NAN; 4]);
    same(of(var, &[f64::NAN, 1.0, f64::NAN, 3.0]), &[f64::NAN, f64::NAN, f64::NAN, 2.0]);
}

#[test]
fn every_dtype_has_its_own_or_the_next_float() {
    for (dtype, want) in [(DType::U8, DType::F32), (DType::I64, DType::F64), (DType::F16, DType::F16)] {
        let input = array(dtype, &[6], &[1.0, 2.0, 4.0, 4.0, 4.0, 7.0]);
        let window = Window { axis: 0, length: 2, min_count: 2, center: false, step: 1, time: None };
        for bind in [var as Bind, std, rolling_skew::bind] {
            let variants = bind(&input.spec, &window, &Limits::STANDARD);
            assert_eq!(variants[0].stages[0].contract.writes[0].spec.dtype, want);
        }
        assert_eq!(results(var, &input, &window, &Limits::STANDARD)[1..], [0.5, 2.0, 0.0, 0.0, 4.5]);
    }
}

#[test]
fn ddof_is_checked_against_the_window() {
    let parse = |info: &KernelInfo, given: &[(&str, i64)]| {
        let given: Vec<_> = given.iter().map(|(name, v)| (name.to_string(), Value::Int(*v))).collect();
        let params = Params::check(info.params, &given).map_err(|e| e.to_string())?;
        (info.parse)(&params).map(|_| ()).map_err(|e| e.to_string())
    };
    for info in [&rolling_var::INFO, &rolling_std::INFO] {
        assert!(parse(info, &[("window", 2)]).is_ok());
        assert!(parse(info, &[("window", 1), ("ddof", 0)]).is_ok());
        assert!(parse(info, &[("window", 1)]).unwrap_err().contains("ddof = 1 leaves nothing of a window of 1"));
        assert!(parse(info, &[("window", 3), ("ddof", 3)]).unwrap_err().contains("ddof = 3 leaves nothing"));
        assert!(parse(info, &[("window", 3), ("ddof", -1)]).unwrap_err().contains("ddof = -1 is not allowed"));
    }
}

#[test]
fn a_step_keeps_every_so_many_results_of_all() {
    let line: Vec<f64> = numbers(200, 100, 0).iter().map(|x| *x as f64).collect();
    let input = Array::from(&[2, 50, 2], &line);
    let all: [Bind; 5] = [var, rolling_sum::bind, rolling_max::bind, rolling_argmax::bind, |spec, window, _| {
        super::selection::variants(spec, window, 0.3, &[8]).unwrap()
    }];
    for bind in all {
        for limits in [Limits::STANDARD, TINY] {
            for (length, center, step) in
                [(5, false, 2), (30, true, 7), (3, false, 49), (3, false, 50), (9, true, 1 << 40)]
            {
                let window = Window { axis: 1, length, min_count: 2, center, step, time: None };
                let whole = results(bind, &input, &Window { step: 1, ..window }, &limits);
                let some = results(bind, &input, &window, &limits);
                let kept = |at: &usize| ((at / 2 % 50) as u64).is_multiple_of(step);
                let want: Vec<u64> = (0..200).filter(kept).map(|at| whole[at].to_bits()).collect();
                assert_eq!(some.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), want, "{window:?}");
            }
        }
    }
}

#[test]
fn sums_that_a_step_leaves_out_may_lie_beyond() {
    let input = Array::from(&[6], &[1i64, i64::MAX, 1, 1, 1, 1]);
    for tile in [1, 2, 6] {
        let sums = |step| {
            let window = Window { axis: 0, length: 2, min_count: 1, center: false, step, time: None };
            run(&rolling_sum::bind(&input.spec, &window, &TINY)[0], std::slice::from_ref(&input), &[tile])
        };
        assert_eq!(sums(3).unwrap()[0].data::<i64>(), [1, 2], "{tile}");
        assert!(sums(2).unwrap_err().message.contains("lies beyond i64"), "{tile}");
    }
}
