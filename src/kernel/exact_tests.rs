//! Exact sums against whole numbers of any length, and in any order.

use super::*;

fn sum<T: Exact>(x: &[T]) -> Long {
    let mut all = vec![0; digits::<T>(1)];
    x.iter().for_each(|x| add(&mut all, *x));
    Long::of::<T>(&all, 1)
}

fn squares<T: Exact>(x: &[T]) -> Long {
    let mut all = vec![0; digits::<T>(2)];
    x.iter().for_each(|x| add_square(&mut all, *x));
    Long::of::<T>(&all, 2)
}

#[test]
fn one_number_is_itself() {
    let tiny = f64::from_bits(1);
    for x in [0.0, 1.0, -1.5, f64::MAX, f64::MIN, tiny, -3.0 * tiny, f64::MIN_POSITIVE, 1e-310, 0.1, 1e300] {
        assert_eq!(sum(&[x]).round(), x);
        assert_eq!(sum(&[x, -x]).round(), 0.0);
        let short = (x as f32).clamp(f32::MIN, f32::MAX);
        assert_eq!(sum(&[short]).round(), f64::from(short));
        let want = if x.abs() < 1e-150 || x.abs() > 1e150 { None } else { Some(x * x) };
        assert!(want.is_none_or(|w| squares(&[x]).round() == w), "{x}");
    }
    for x in [i64::MIN, -1, 0, i64::MAX] {
        assert_eq!(sum(&[x, x, x]).whole(), Some(3 * i128::from(x)));
        assert_eq!(squares(&[x]).round(), (i128::from(x) * i128::from(x)) as f64);
    }
    assert_eq!(sum(&[u64::MAX; 5]).whole(), Some(5 * i128::from(u64::MAX)));
    assert_eq!(squares(&[u64::MAX; 5]).round(), 5.0 * 2f64.powi(128));
}

#[test]
fn sums_round_once_and_to_even() {
    let ulp = 2f64.powi(-53);
    assert_eq!(sum(&[1.0, ulp]).round(), 1.0);
    assert_eq!(sum(&[1.0, ulp, f64::from_bits(1)]).round(), 1.0 + 2.0 * ulp);
    assert_eq!(sum(&[1.0 + 2.0 * ulp, ulp]).round(), 1.0 + 4.0 * ulp);
    assert_eq!(sum(&[1e300, 1.0, -1e300]).round(), 1.0);
    assert_eq!(sum(&[f64::MAX, f64::MAX]).round(), f64::INFINITY);
    assert_eq!(sum(&[f64::MIN, f64::MIN, f64::MAX]).round(), f64::MIN);
    // A carry from all ones.
    assert_eq!(sum(&[2f64.powi(53) - 1.0, 0.75]).round(), 2f64.powi(53));
}

#[test]
fn quotients_round_once() {
    for n in [1u64, 2, 3, 7, 10, 1 << 40, (1 << 62) + 1] {
        for x in [1.0, -2.5, 1e-320, 1e300, 0.1] {
            // A quotient of two f64 is rounded once by the processor, where the divisor is one.
            if n < 1 << 53 {
                assert_eq!(sum(&[x]).over(n), x / n as f64, "{x} {n}");
            }
        }
    }
    assert!(sum(&[1.0]).over(0).is_nan());
    assert_eq!(sum(&[1i32]).over(3), 1.0 / 3.0);
}

#[test]
fn variances_are_exact_far_from_zero() {
    let near: Vec<f64> = (0..100).map(f64::from).collect();
    let far: Vec<f64> = near.iter().map(|x| x + 1e15).collect();
    let of = |x: &[f64], ddof| variance(&sum(x), &squares(x), x.len() as u64, ddof);
    assert_eq!(of(&near, 0), 833.25);
    assert_eq!(of(&far, 0), 833.25);
    assert_eq!(of(&far, 1), 83325.0 / 99.0);
    assert_eq!(of(&[0.1; 7], 0), 0.0);
    assert!(of(&[1.0], 1).is_nan() && of(&[], 0).is_nan() && of(&[1.0, 2.0], 5).is_nan());
    let whole: Vec<i64> = (0..4).map(|i| i64::MAX - i).collect();
    assert_eq!(variance(&sum(&whole), &squares(&whole), 4, 0), 1.25);
    let mixed = [f64::MAX, f64::MIN];
    assert_eq!(of(&mixed, 0), f64::INFINITY);
}

#[test]
fn elements_that_come_as_f64() {
    let tiny = f64::from_bits(1);
    let cases: [(DType, &[f64], f64); 11] = [
        (DType::F64, &[1e308, 1.0, -1e308, tiny], 1.0),
        (DType::F64, &[tiny, tiny, -1e300, 1e300], 2.0 * tiny),
        (DType::F64, &[1.0, 2f64.powi(-53), 2f64.powi(-1000)], 1.0 + f64::EPSILON),
        (DType::F64, &[1.0, 2f64.powi(-53)], 1.0),
        (DType::F64, &[1e308, 1e308], f64::INFINITY),
        (DType::F64, &[-0.5, 0.25], -0.25),
        (DType::F32, &[3.4e38f32 as f64, 1e-45f32 as f64, -3.4e38f32 as f64], 1e-45f32 as f64),
        (DType::F16, &[65504.0, 5.960464477539063e-8, 1.0], 65505.0 + 5.960464477539063e-8),
        (DType::I32, &[-2147483648.0, -2147483648.0, 1.0], -4294967295.0),
        (DType::U8, &[255.0, 255.0, 0.0], 510.0),
        (DType::F64, &[], 0.0),
    ];
    for (dtype, numbers, want) in cases {
        let wide = Wide::of(dtype);
        for backwards in [false, true] {
            let mut sum = vec![0; wide.digits];
            let mut numbers = numbers.to_vec();
            if backwards {
                numbers.reverse();
            }
            numbers.iter().for_each(|x| {
                wide.add(&mut sum, *x);
                settle(&mut sum);
            });
            assert_eq!(wide.value(&sum), want, "{dtype} {numbers:?}");
        }
    }
}

#[test]
fn halves_have_digits_of_their_own() {
    let all = (0..=u16::MAX).map(f16::from_bits).filter(|x| x.is_finite());
    all.for_each(|x| assert_eq!(sum(&[x]).round(), f64::from(x)));
    assert_eq!(sum(&[f16::MAX; 70_000]).round(), 65504.0 * 70_000.0);
    assert_eq!(squares(&[f16::MAX; 3]).round(), 3.0 * 65504.0 * 65504.0);
    assert_eq!([digits::<f16>(1), digits::<f16>(2)], [4, 5]);
}

#[test]
fn no_order_shows() {
    let values: Vec<f64> = (0..400i32).map(|i| f64::from(i * i % 97 - 48) * 2f64.powi(i % 120 * 17 - 1020)).collect();
    let n = digits::<f64>(1);
    let mut whole = vec![0; n];
    values.iter().for_each(|x| add(&mut whole, *x));
    let (mut left, mut right) = (vec![0; n], vec![0; n]);
    for (i, x) in values.iter().rev().enumerate() {
        add(if i % 3 == 0 { &mut left } else { &mut right }, *x);
        if i % 50 == 0 {
            settle(&mut right);
        }
    }
    join(&mut right, &left);
    assert_eq!(Long::of::<f64>(&whole, 1), Long::of::<f64>(&right, 1));
}
