//! Rolling quantiles against sorting every window.

use super::selection::{segments, variants};
use super::sliding::Window;
use super::tests::{array, floats, windows};
use crate::array::{ArraySpec, DType};
use crate::kernel::trial::run;

fn numbers(n: usize) -> Vec<f64> {
    let mut seed = 9u64;
    let mut number = |i: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let x = (seed >> 33) as i64 % 40 - 20;
        match x {
            -20 | 13 => f64::NAN,
            -19 => f64::INFINITY,
            18 => f64::NEG_INFINITY,
            // Runs of equal and of ascending values.
            _ if i % 50 < 20 => i as f64,
            _ => x as f64 / 4.0,
        }
    };
    (0..n).map(&mut number).collect()
}

fn quantile(near: &[f64], q: f64) -> f64 {
    let mut sorted: Vec<f64> = near.iter().map(|x| x + 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() - 1) as f64 * q;
    let (a, b, share) = (sorted[place.floor() as usize], sorted[place.ceil() as usize], place - place.floor());
    match () {
        () if a == b || share == 0.0 => a,
        () if a.is_infinite() || b.is_infinite() => a + b,
        // From the nearer of the two, as numpy.quantile: elsewhere the difference of large numbers would be off.
        () if share < 0.5 => a + (b - a) * share,
        () => b - (b - a) * (1.0 - share),
    }
}

#[test]
fn every_window_is_that_of_its_sorted_values() {
    for (shape, axis) in [(vec![0], 0), (vec![1], 0), (vec![150], 0), (vec![40, 3], 0), (vec![2, 70, 2], 1)] {
        let n = shape.iter().product::<u64>() as usize;
        let (values, inner) = (numbers(n), shape[axis + 1..].iter().product::<u64>() as i64);
        let input = array(DType::F64, &shape, &values);
        for window in windows(axis, &[1, 2, 3, 16, 67, 400]) {
            for q in [0.0, 0.3, 0.5, 1.0] {
                let extent = shape[axis] as i64;
                let after = if window.center { (window.length as i64 - 1) / 2 } else { 0 };
                let want = |at: i64| {
                    let i = at / inner % extent;
                    let places = (i + after + 1 - window.length as i64).max(0)..(i + after + 1).min(extent);
                    let near = places.map(|k| values[(at + (k - i) * inner) as usize]).filter(|x| !x.is_nan());
                    let near: Vec<f64> = near.collect();
                    if (near.len() as u64) < window.min_count { f64::NAN } else { quantile(&near, q) }
                };
                let want: Vec<f64> = (0..n as i64).map(want).collect();
                for pair in [[1024, 7], [100, 1]] {
                    for variant in variants(&input.spec, &window, q, &pair).unwrap() {
                        for tile in [shape.iter().map(|n| *n.max(&1)).collect(), vec![9; shape.len()]] {
                            let got = floats(&run(&variant, std::slice::from_ref(&input), &tile).unwrap()[0]);
                            let same = |(g, w): (&f64, &f64)| {
                                g == w || (g.is_nan() && w.is_nan()) || (g - w).abs() <= 1e-15 * w.abs()
                            };
                            let wrong = got.iter().zip(&want).position(|pair| !same(pair));
                            assert_eq!(wrong, None, "{window:?} {q} {pair:?} {tile:?}\n{got:?}\n{want:?}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_dtype_has_its_own_or_the_next_float() {
    for (dtype, want) in [(DType::U8, DType::F32), (DType::U64, DType::F64), (DType::BF16, DType::BF16)] {
        let input = array(dtype, &[6], &[4.0, 2.0, 1.0, 4.0, 4.0, 7.0]);
        let window = Window { axis: 0, length: 2, min_count: 2, center: false, step: 1, time: None };
        for variant in variants(&input.spec, &window, 0.5, &segments(2)).unwrap() {
            let got = run(&variant, std::slice::from_ref(&input), &[6]).unwrap().remove(0);
            assert_eq!(got.spec.dtype, want);
            assert_eq!(floats(&got)[1..], [3.0, 1.5, 2.5, 4.0, 5.5]);
        }
    }
}

#[test]
fn memory_grows_with_the_window_and_short_segments_take_less() {
    let spec = ArraySpec::new(DType::F32, &[1 << 26]);
    let bytes = |length: u64| {
        let window = Window { axis: 0, length, min_count: 1, center: false, step: 1, time: None };
        let ways = variants(&spec, &window, 0.5, &segments(length)).unwrap();
        ways.iter().map(|way| way.stages[0].contract.scratch.bytes(0, 0)).collect::<Vec<_>>()
    };
    assert_eq!(bytes(100).len(), 1);
    let million = bytes(1_000_000);
    assert!(million[0] < 41 << 20 && million[1] < 26 << 20, "{million:?}");
}
