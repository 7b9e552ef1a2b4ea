//! Windows that last a length of time: each result from a list of its window's numbers.

use super::{ONE_ROUNDING, Want, exact};
use crate::support::{Data, Folder, Num, input, tame, wild};
use tilewise::array::DType;
use tilewise::job::JobOptions;

const S: i64 = 1_000_000_000;

/// The indices of each window.
fn windows(times: &[i64], duration: i64, center: bool) -> Vec<Vec<usize>> {
    let inside = |i: usize, j: usize| match center {
        false => j <= i && times[i] - times[j] < duration,
        true => (times[i] - times[j]) * 2 < duration && (times[j] - times[i]) * 2 <= duration,
    };
    // An index is in its own window; of equal times only those before it, where it does not lie around the index.
    (0..times.len()).map(|i| (0..times.len()).filter(|j| inside(i, *j)).collect()).collect()
}

/// The number of a window, of its values (no NaN) and how far before the index they lie.
fn result(kernel: &str, valid: &[(i64, f64)]) -> f64 {
    let reals: Vec<f64> = valid.iter().map(|(_, x)| *x).collect();
    let most = |sign: f64| reals.iter().map(|x| x * sign).fold(f64::NEG_INFINITY, f64::max) * sign;
    let place = |sign: f64| {
        let at = most(sign);
        valid.iter().filter(|(_, x)| *x == at).map(|(back, _)| *back).min().map_or(f64::NAN, |back| back as f64)
    };
    let spread = || exact::variance(&reals, 1.0);
    match kernel {
        "rolling_mean" => exact::sum(&reals) / reals.len() as f64,
        "rolling_sum" => exact::sum(&reals),
        "rolling_max" => most(1.0),
        "rolling_min" => most(-1.0),
        "rolling_argmax" => place(1.0),
        "rolling_argmin" => place(-1.0),
        "rolling_var" => spread(),
        "rolling_std" => spread().sqrt(),
        "rolling_median" => {
            let mut sorted = reals.clone();
            sorted.sort_by(f64::total_cmp);
            let n = sorted.len();
            let (a, b) = (sorted[(n - 1) / 2], sorted[n / 2]);
            if n % 2 == 1 { a } else { a + (b - a) / 2.0 }
        }
        other => panic!("no {other}"),
    }
}

const KERNELS: [&str; 9] = [
    "rolling_mean",
    "rolling_sum",
    "rolling_max",
    "rolling_min",
    "rolling_argmax",
    "rolling_argmin",
    "rolling_var",
    "rolling_std",
    "rolling_median",
];

fn want(data: &Data, kernel: &str, axis: usize, windows: &[Vec<usize>], min_count: usize, step: usize) -> Want {
    let (n, inner) = (data.shape[axis] as usize, data.shape[axis + 1..].iter().product::<u64>() as usize);
    let (outer, reals) = (data.shape[..axis].iter().product::<u64>() as usize, data.f64s());
    let mut values = Vec::new();
    for o in 0..outer {
        for i in (0..n).step_by(step) {
            for k in 0..inner {
                let one = |j: &usize| (i as i64 - *j as i64, reals[(o * n + j) * inner + k]);
                let valid: Vec<(i64, f64)> = windows[i].iter().map(one).filter(|(_, x)| !x.is_nan()).collect();
                values.push(Num::Real(if valid.len() < min_count.max(1) { f64::NAN } else { result(kernel, &valid) }));
            }
        }
    }
    let mut shape = data.shape.clone();
    shape[axis] = shape[axis].div_ceil(step as u64);
    let dtype = if kernel.contains("arg") { DType::F64 } else { data.dtype.real() };
    Want { dtype, shape, values, ulps: if dtype == DType::F64 { 2.0 } else { ONE_ROUNDING }, room: vec![] }
}

/// Some at once, some far apart, never before the one before.
fn times(n: usize) -> Vec<i64> {
    let mut at = 1_600_000_000 * S;
    let step = |i: usize| [1, 0, 2, 30, 1, 1, 0, 7, 100, 1, 3][(i * i + i / 13) % 11] * S / 2;
    (0..n)
        .map(|i| {
            at += step(i);
            at
        })
        .collect()
}

#[test]
fn windows_of_time() {
    let folder = Folder::new();
    for n in [400usize, 1, 0] {
        let times = times(n);
        let stamps: Vec<Num> = times.iter().map(|t| Num::Int(i128::from(*t))).collect();
        folder.npy("t.npy", &Data::new(DType::I64, &[n as u64], &stamps));
        let n = n as u64;
        for (data, axis) in
            [(wild(DType::F32, &[n, 19], 3), 0), (tame(DType::F64, &[3, n], 4), 1), (tame(DType::F32, &[n], 5), 0)]
        {
            // Sums of infinities are the business of other tests.
            let finite: Vec<f64> = data.f64s().iter().map(|x| if x.is_infinite() { 1e9 } else { *x }).collect();
            let data = Data::reals(data.dtype, &data.shape, &finite);
            folder.npy("x.npy", &data);
            for (duration, center, min_count, step) in
                [("10s", false, 1, 1), ("40s", true, 3, 2), ("1s", true, 1, 1), ("3h", false, 2, 7)]
            {
                let mut text = format!("[inputs]\n{}t = \"t.npy\"\n", input("x", "x.npy", &data));
                for kernel in KERNELS {
                    text += &format!(
                        "[[step]]\nname = \"{kernel}\"\nkernel = \"{kernel}\"\nfrom = \"x\"\nwindow = \"{duration}\"\ntime = \"t\"\n\
                         center = {center}\nmin_count = {min_count}\nstep = {step}\naxis = {axis}\n"
                    );
                }
                text += "[outputs]\n";
                KERNELS.iter().for_each(|k| text += &format!("{k} = \"{k}.npy\"\n"));
                let tile = Some(vec![if n > 300 { 90 } else { 7 }; data.shape.len()]);
                let got = folder.run(&text, &JobOptions { tile, overwrite: true, ..folder.options() });
                let got = got.unwrap_or_else(|e| panic!("{e}\n{text}"));
                let seconds = [("10s", 10), ("40s", 40), ("1s", 1), ("3h", 3 * 3600)];
                let length = seconds.iter().find(|(d, _)| *d == duration).map_or(0, |(_, s)| *s) * S;
                let windows = windows(&times, length, center);
                for (got, kernel) in got.iter().zip(KERNELS) {
                    let want = want(&data, kernel, axis, &windows, min_count, step);
                    let why = super::compare(got, &want);
                    assert!(why.is_ok(), "{kernel} {duration} {center}\nof {data:?}\n{}", why.unwrap_err());
                }
            }
        }
    }
}

#[test]
fn what_windows_of_time_refuse() {
    let folder = Folder::new();
    let numbers = |values: &[f64]| Data::reals(DType::F64, &[values.len() as u64], values);
    folder.npy("x.npy", &numbers(&[1.0; 4]));
    folder.npy("good.npy", &numbers(&[1.0, 2.0, 2.0, 9.0]));
    folder.npy("back.npy", &numbers(&[1.0, 4.0, 3.0, 5.0]));
    folder.npy("gap.npy", &numbers(&[1.0, f64::NAN, 3.0, 5.0]));
    let told = |time: &str, more: &str| {
        let text = format!(
            "[inputs]\nx = \"x.npy\"\nt = \"{time}.npy\"\n[[step]]\nname = \"r\"\nkernel = \"rolling_max\"\nfrom = \"x\"\n{more}\n\
             [outputs]\nr = \"-\"\n"
        );
        folder.prepare(&text, &folder.options()).map_or_else(|e| e.to_string(), |_| "accepted".into())
    };
    assert_eq!(told("good", "window = \"3s\"\ntime = \"t\""), "accepted");
    for (time, more, want) in [
        ("back", "window = \"3s\"\ntime = \"t\"", "time runs backwards: 3 at index 2 comes after 4 at index 1"),
        ("gap", "window = \"3s\"\ntime = \"t\"", "time is missing at index 1"),
        ("good", "window = 3\ntime = \"t\"", "window = 3 is a number of elements, and time is given"),
        ("good", "window = \"3s\"", "lasts a time, and no time is given"),
        ("good", "window = \"soon\"\ntime = \"t\"", "window = \"soon\" is no duration"),
        ("good", "window = 0", "window = 0 is not allowed"),
    ] {
        let message = told(time, more);
        assert!(message.contains(want) && message.contains("\"r\""), "{time} {more}: {message}");
    }
}
