//! Exponential weights against their definition: every weight by itself.

use super::*;
use crate::kernel::Value;
use crate::kernel::trial::{Array, run};

fn params(given: &[(&str, Value)]) -> Params {
    let given: Vec<(String, Value)> = given.iter().map(|(n, v)| ((*n).to_string(), v.clone())).collect();
    Params::check(SPREAD_PARAMS, &given).unwrap()
}

/// Blocks of 4, several tile lengths, which must agree to the bit.
fn results(values: &[f64], given: &[(&str, Value)], wish: Wish) -> Vec<f64> {
    let (alpha, decay) = alpha_and_decay(&params(given)).unwrap();
    let kernel = Ewm { name: "ewm", params: params(given), wish, alpha, decay };
    let array = Array::from(&[values.len() as u64], values);
    let along = Along { axis: 0, reverse: false, block: 4 };
    let variant = &kernel.bind_along(&array.spec, along)[0];
    let all: Vec<Array> =
        [1000, 1, 9].iter().map(|n| run(variant, std::slice::from_ref(&array), &[*n]).unwrap().remove(0)).collect();
    assert!(all.iter().all(|a| a.bytes() == all[0].bytes()), "{given:?}");
    all[0].data().to_vec()
}

/// The shares of the values `..= i`, by definition.
fn shares(line: &[f64], decay: f64, adjust: bool, ignore_na: bool) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, f64)> = Vec::new();
    let mut gap = 0;
    for x in line {
        gap += i32::from(!x.is_nan() || !ignore_na);
        if x.is_nan() {
            continue;
        }
        let old = decay.powi(gap);
        let new = if adjust || all.is_empty() { 1.0 } else { 1.0 - decay };
        all.iter_mut().for_each(|(weight, _)| *weight *= old);
        all.push((new, *x));
        if !adjust {
            let total: f64 = all.iter().map(|(w, _)| w).sum();
            all.iter_mut().for_each(|(weight, _)| *weight /= total);
        }
        gap = 0;
    }
    let total: f64 = all.iter().map(|(w, _)| w).sum();
    all.iter().map(|(w, x)| (w / total, *x)).collect()
}

#[test]
fn means_and_spreads_are_those_of_every_weight_by_itself() {
    for n in [0usize, 1, 2, 4, 5, 9, 40] {
        for (a, b) in [(1, 0), (3, 1), (7, 5), (50, 49)] {
            let value = |i: usize| if i * 5 % a < b { f64::NAN } else { 1e6 + (i * i % 17) as f64 / 8.0 };
            let line: Vec<f64> = (0..n).map(value).collect();
            for (adjust, ignore_na) in [(true, false), (true, true), (false, false), (false, true)] {
                for alpha in [0.05, 0.5, 0.9375, 1.0] {
                    let given = [
                        ("alpha", Value::Float(alpha)),
                        ("adjust", Value::Bool(adjust)),
                        ("ignore_na", Value::Bool(ignore_na)),
                        ("min_count", Value::Int(2)),
                    ];
                    let biased = [&given[..], &[("bias", Value::Bool(true))]].concat();
                    let mean = results(&line, &given, Wish::Mean);
                    let (var, std) = (results(&line, &given, Wish::Variance), results(&line, &given, Wish::Deviation));
                    let biased = results(&line, &biased, Wish::Variance);
                    for i in 0..n {
                        let parts = shares(&line[..=i], 1.0 - alpha, adjust, ignore_na);
                        let middle: f64 = 1e6 + parts.iter().map(|(w, x)| w * (x - 1e6)).sum::<f64>();
                        let squares: f64 = parts.iter().map(|(w, x)| w * (x - middle) * (x - middle)).sum();
                        let pairs = 1.0 - parts.iter().map(|(w, _)| w * w).sum::<f64>();
                        let enough = parts.len() > 1;
                        let near = |got: f64, want: f64, room: f64| {
                            let want = if enough { want } else { f64::NAN };
                            let same = (got - want).abs() <= room || (got.is_nan() && want.is_nan());
                            assert!(same, "{line:?} {given:?} at {i}: {got} {want}");
                        };
                        near(mean[i], middle, 3e-10);
                        near(biased[i], squares, 1e-8);
                        // Shares that are nearly all in one value leave the definition no digits.
                        if pairs > 1e-4 {
                            near(var[i], squares / pairs, 1e-7);
                            near(std[i], (squares / pairs).sqrt(), 1e-6);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn constant_values_are_themselves_and_gaps_keep_the_last_result() {
    let mut line = vec![0.1; 9];
    line.extend([f64::NAN; 3000]);
    line.push(0.1);
    for adjust in [true, false] {
        let given = [("com", Value::Float(1.5)), ("adjust", Value::Bool(adjust))];
        assert!(results(&line, &given, Wish::Mean).iter().all(|x| *x == 0.1), "{adjust}");
        let spread = results(&line, &given, Wish::Deviation);
        assert!(spread[0].is_nan() && spread[1..3009].iter().all(|x| *x == 0.0), "{adjust}");
    }
    // What is far away has hardly a share, and only it.
    line[8] = 7.0;
    let given = [("alpha", Value::Float(0.5))];
    let mean = results(&line, &given, Wish::Mean);
    assert!(mean[9..3009].iter().all(|x| *x == mean[8]) && mean[3009] == 0.1, "{}", mean[3009]);
}

#[test]
fn infinities_stay_where_they_have_a_share() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let line = [1.0, inf, nan, 2.0, 3.0, 4.0, 5.0, 6.0, -inf, 7.0];
    let mean = results(&line, &[("span", Value::Int(3))], Wish::Mean);
    assert!(mean[0] == 1.0 && mean[1..8].iter().all(|x| *x == inf) && mean[8..].iter().all(|x| x.is_nan()), "{mean:?}");
    let spread = results(&line, &[("halflife", Value::Int(1)), ("bias", Value::Bool(true))], Wish::Variance);
    assert!(spread[0] == 0.0 && spread[1..].iter().all(|x| x.is_nan()), "{spread:?}");
    let last = results(&line, &[("alpha", Value::Int(1))], Wish::Mean);
    assert_eq!(last[..2], [1.0, inf]);
    assert_eq!(last[3..], [2.0, 3.0, 4.0, 5.0, 6.0, -inf, 7.0]);
}

#[test]
fn one_of_four_says_how_fast() {
    let fail = |given: &[(&str, Value)]| alpha_and_decay(&params(given)).unwrap_err();
    assert_eq!(fail(&[]).param.as_deref(), Some("alpha"));
    let error = fail(&[("com", Value::Int(1)), ("span", Value::Int(2))]);
    assert_eq!(error.param.as_deref(), Some("span"));
    assert!(error.message.contains("com and span are given"), "{error}");
    assert!(fail(&[("alpha", Value::Int(0))]).message.contains("above 0"));
    for (name, x) in [("com", 3.0), ("span", 7.0), ("alpha", 0.25), ("halflife", 0.5f64.ln() / 0.75f64.ln())] {
        let (alpha, decay) = alpha_and_decay(&params(&[(name, Value::Float(x))])).unwrap();
        assert!((alpha - 0.25).abs() < 1e-15 && (decay - 0.75).abs() < 1e-15, "{name}");
    }
}
