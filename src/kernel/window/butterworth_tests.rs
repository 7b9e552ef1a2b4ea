//! Filters against the plain recursion, whatever the blocks and tiles.

use super::*;
use crate::kernel::Value;
use crate::kernel::trial::{Array, run};
use crate::kernel::window::sections::at_rest;

/// One value after the other, from these states.
fn plain(sections: &[Section], states: &mut [f64], line: &[f64]) -> Vec<f64> {
    let one = |x: &f64| {
        sections.iter().zip(states.chunks_exact_mut(2)).fold(*x, |x, (s, z)| {
            let y = s.b[0] * x + z[0];
            (z[0], z[1]) = (s.b[1] * x - s.a[0] * y + z[1], s.b[2] * x - s.a[1] * y);
            y
        })
    };
    line.iter().map(one).collect()
}

/// The definition of `sosfiltfilt`.
fn both_ways(sections: &[Section], line: &[f64]) -> Vec<f64> {
    let (pad, n) = (padding(sections) as usize, line.len());
    let turned = |end: f64, x: &f64| 2.0 * end - x;
    let mut long: Vec<f64> = line[1..=pad].iter().rev().map(|x| turned(line[0], x)).collect();
    long.extend(line);
    long.extend(line[n - 1 - pad..n - 1].iter().rev().map(|x| turned(line[n - 1], x)));
    for _ in 0..2 {
        let mut states: Vec<f64> = at_rest(sections).iter().map(|z| z * long[0]).collect();
        long = plain(sections, &mut states, &long);
        long.reverse();
    }
    long[pad..pad + n].to_vec()
}

fn noise(n: usize) -> Vec<f64> {
    let mut seed = 3u64;
    let mut next = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 40) as f64 / 1e6
    };
    (0..n).map(|_| next()).collect()
}

fn close(got: &[f64], want: &[f64], what: &str) {
    let size = want.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= 1e-10 * size || got.to_bits() == want.to_bits(), "{what} at {i}: {got} {want}");
    }
}

/// Several lines along an axis in the middle, several tiles, blocks of 16, which agree to the bit.
fn filtered(sections: &[Section], zero_phase: bool, shape: [u64; 3], values: &[f64]) -> Vec<f64> {
    let input = Array::from(&shape, values);
    let way = bind(&input.spec, 1, sections, zero_phase, 16).unwrap().remove(0);
    let all: Vec<Array> = [1000, 1, 40, 64]
        .iter()
        .map(|n| run(&way, std::slice::from_ref(&input), &[1, *n, 3]).unwrap().remove(0))
        .collect();
    assert!(all.iter().all(|a| a.bytes() == all[0].bytes()), "{shape:?} {zero_phase}");
    all[0].data().to_vec()
}

#[test]
fn filters_are_the_plain_recursion() {
    let filters = [
        butterworth(1, Band::Low(0.1)),
        butterworth(4, Band::High(0.02)),
        butterworth(3, Band::Pass(0.1, 0.2)),
        butterworth(2, Band::Stop(0.2, 0.3)),
        butterworth(7, Band::Low(0.4)),
    ];
    for sections in &filters {
        for shape in [[1, 34, 1], [2, 48, 1], [2, 95, 3], [1, 100, 20]] {
            let values = noise(shape.iter().product::<u64>() as usize);
            let [outer, n, inner] = shape.map(|n| n as usize);
            for zero_phase in [false, true] {
                if zero_phase && n as u64 <= padding(sections) {
                    continue;
                }
                let got = filtered(sections, zero_phase, shape, &values);
                for line in 0..outer * inner {
                    let place = |i: usize| (line / inner * n + i) * inner + line % inner;
                    let of = |all: &[f64]| (0..n).map(|i| all[place(i)]).collect::<Vec<_>>();
                    let want = match zero_phase {
                        true => both_ways(sections, &of(&values)),
                        false => plain(sections, &mut vec![0.0; 2 * sections.len()], &of(&values)),
                    };
                    close(&of(&got), &want, &format!("{sections:?} {shape:?} {zero_phase}"));
                }
            }
        }
    }
}

#[test]
fn a_nan_spoils_what_follows_on_its_line_alone() {
    let sections = butterworth(2, Band::Low(0.2));
    let mut values = noise(2 * 50);
    values[2 * 20] = f64::NAN;
    let got = filtered(&sections, false, [1, 50, 2], &values);
    assert!(got.iter().enumerate().all(|(at, x)| x.is_nan() == (at % 2 == 0 && at >= 40)), "{got:?}");
    let got = filtered(&sections, true, [1, 50, 2], &values);
    assert!(got.iter().enumerate().all(|(at, x)| x.is_nan() == (at % 2 == 0)), "{got:?}");
    // What is even for ever stays as it is.
    let even = filtered(&butterworth(5, Band::Low(0.01)), true, [1, 300, 1], &[7.5; 300]);
    close(&even, &[7.5; 300], "even");
}

#[test]
fn what_cannot_be_is_refused_by_its_parameter() {
    let spec = ArraySpec::new(DType::F32, &[15]);
    let refuse = |given: &[(&str, Value)]| {
        let given: Vec<(String, Value)> = given.iter().map(|(n, v)| ((*n).to_string(), v.clone())).collect();
        let kernel = Params::check(INFO.params, &given).and_then(|params| (INFO.parse)(&params));
        let error = kernel.and_then(|k| k.bind(std::slice::from_ref(&spec))).unwrap_err();
        (error.param.unwrap_or_default(), error.message)
    };
    let order = ("order", Value::Int(4));
    let cutoff = |f: &[f64]| ("cutoff", Value::List(f.iter().map(|x| Value::Float(*x)).collect()));
    let btype = |s: &str| ("btype", Value::Str(s.into()));
    let cases = [
        (vec![order.clone(), cutoff(&[0.5])], "cutoff", "cutoff = 0.5 is not below 0.5, half of sample_rate = 1"),
        (vec![order.clone(), cutoff(&[0.1, 0.2])], "cutoff", "a lowpass takes one frequency, cutoff has 2"),
        (vec![order.clone(), cutoff(&[0.1]), btype("bandpass")], "cutoff", "takes two frequencies, cutoff has 1"),
        (vec![order.clone(), cutoff(&[0.2, 0.1]), btype("bandstop")], "cutoff", "the first must be below the second"),
        (vec![("order", Value::Int(21)), cutoff(&[0.1])], "order", "from 1 to 20"),
        (vec![("order", Value::Int(20)), cutoff(&[1e-200])], "cutoff", "beyond what f64 can hold"),
        (
            vec![order, cutoff(&[0.1]), ("zero_phase", Value::Bool(true))],
            "zero_phase",
            "needs more than 15 values along the axis, there are 15",
        ),
    ];
    for (given, param, message) in cases {
        let (found, why) = refuse(&given);
        assert!(found == param && why.contains(message), "{found}: {why}");
    }
}
