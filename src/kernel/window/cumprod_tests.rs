//! Running products against slow, obvious ones.

use super::*;
use crate::kernel::KernelError;
use crate::kernel::trial::{Array, run};

/// Runs with several tile shapes, which must agree, and blocks of 4 so that short lines have several.
fn products(input: &Array, skipna: bool) -> Result<Array, KernelError> {
    let variant = &bind(&input.spec, Along { axis: 0, reverse: false, block: 4 }, skipna)[0];
    let mut results = Vec::new();
    for tile in [1000, 1, 9] {
        results.push(run(variant, std::slice::from_ref(input), &vec![tile; input.spec.rank()])?.remove(0));
    }
    assert!(results.iter().all(|r| r.bytes() == results[0].bytes()), "{:?}", input.spec.shape);
    Ok(results.remove(0))
}

fn reals(values: &[f64], skipna: bool) -> Vec<f64> {
    products(&Array::from(&[values.len() as u64], values), skipna).unwrap().data().to_vec()
}

#[test]
fn products_on_the_way_know_no_bounds() {
    let got = reals(&[1e200, 1e200, 1e-300, 1e-300, 1e300, -1e-300, 1e-20], false);
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-13;
    assert_eq!((got[0], got[1]), (1e200, f64::INFINITY));
    assert!(near(got[2], 1e100) && near(got[3], 1e-200) && near(got[4], 1e100) && near(got[5], -1e-200), "{got:?}");
    // Thousands of halves and as many doubles leave nothing, subnormal numbers included.
    let least = f64::from_bits(1);
    let mut line = vec![0.5; 3000];
    line.extend([2.0; 3000]);
    line.extend([least, 2f64.powi(600), 2f64.powi(474)]);
    let got = reals(&line, false);
    assert_eq!((got[1073], got[1074], got[2999]), (least, 0.0, 0.0));
    assert_eq!(got[5999..], [1.0, least, least * 2f64.powi(600), 1.0]);
}

#[test]
fn zeros_infinities_and_nan_are_as_in_arithmetic() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    for at in 0..6 {
        let mut line = vec![-1.0; 8];
        line[at] = 0.0;
        let want: Vec<f64> = (0..8).map(|i| line[..=i].iter().product()).collect();
        assert_eq!(bits(&reals(&line, false)), bits(&want), "{at}");
        line[at] = inf;
        let want: Vec<f64> = (0..8).map(|i| line[..=i].iter().product()).collect();
        assert_eq!(bits(&reals(&line, false)), bits(&want), "{at}");
        line[7] = 0.0;
        assert!(reals(&line, false)[7].is_nan(), "{at}");
    }
    assert_eq!(bits(&reals(&[nan, 2.0, nan, 3.0, 0.5], true)), bits(&[nan, 2.0, nan, 6.0, 3.0]));
    assert_eq!(bits(&reals(&[3.0, 2.0, nan, 3.0, 0.5], false)), bits(&[3.0, 6.0, nan, nan, nan]));
}

/// A third and a product of small factors: digits beyond f64 are kept.
#[test]
fn products_are_rounded_once() {
    let line: Vec<f64> = (0..60).map(|i| if i % 2 == 0 { 1.0 / 3.0 } else { 3.0 }).collect();
    let (third, exact) = (1.0 / 3.0, reals(&line, false));
    // 3 * fl(1/3) is 1 - 2^-54 exactly; its n-th power is 1 - n 2^-54 and a little.
    for n in 1..30u32 {
        let want = 1.0 - f64::from(n / 2) * 2f64.powi(-53) - f64::from(n % 2) * 2f64.powi(-54);
        assert!((exact[2 * n as usize - 1] - want).abs() <= 2f64.powi(-53), "{n}");
    }
    assert_eq!(exact[0], third);
    assert_eq!(exact[3], 1.0 - 2f64.powi(-53));
}

#[test]
fn integers_are_exact_to_the_ends_of_their_range() {
    let got = products(&Array::from(&[7], &[-1i64, 1 << 31, 1 << 32, -1, 0, i64::MIN, i64::MAX]), false);
    let error = got.unwrap_err();
    assert_eq!(error.at, Some(vec![3]));
    assert!(error.message.contains("-9223372036854775808 * -1, beyond i64"), "{error}");
    let got = products(&Array::from(&[7], &[-1i64, 1 << 31, 1 << 32, 1, 0, i64::MIN, i64::MIN]), false).unwrap();
    assert_eq!(got.data::<i64>(), [-1, -(1 << 31), i64::MIN, i64::MIN, 0, 0, 0]);
    // A block that by itself is 2^63, and fits only after a sign before it.
    let line = [-1i64, 1, 1, 1, 1 << 62, 2, 1, 1, 1];
    assert_eq!(products(&Array::from(&[9], &line), false).unwrap().data::<i64>()[8], i64::MIN);
    let got = products(&Array::from(&[4], &[u64::MAX / 3, 3, 1, 1]), false).unwrap();
    assert_eq!(got.data::<u64>(), [u64::MAX / 3, u64::MAX, u64::MAX, u64::MAX]);
    let mut line = vec![1u64; 60];
    (line[5], line[29], line[50]) = (1 << 40, 1 << 30, 0);
    assert_eq!(products(&Array::from(&[60], &line), false).unwrap_err().at, Some(vec![29]));
    // What is beyond 64 bits by itself is nothing after a zero.
    line[0] = 0;
    assert!(products(&Array::from(&[60], &line), false).unwrap().data::<u64>().iter().all(|x| *x == 0));
    let got = products(&Array::from(&[3], &[1u8, 0, 1].map(crate::array::Bool)), false).unwrap();
    assert_eq!(got.data::<i64>(), [1, 0, 0]);
}
