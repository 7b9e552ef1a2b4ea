//! Polynomials fitted to windows: normal equations, one window after the other.

use super::scan::by_line;
use super::window::{axis_of, axis_params};
use super::{Given, ONE_ROUNDING, Want, arrays, exact, real_dtypes};
use crate::support::{Data, Num, tame};
use tilewise::array::DType;
use tilewise::kernel::Value;

pub fn inputs() -> Vec<Data> {
    let mut all: Vec<Data> = real_dtypes().map(|d| tame(d, &[13], 3)).collect();
    all.extend(arrays(&[DType::F64, DType::U8], &[&[9, 6], &[3, 11, 4], &[1], &[0], &[0, 3], &[]]));
    all.push(tame(DType::F32, &[12, 4, 3], 9).named("tyx"));
    all.push(tame(DType::F64, &[700], 1));
    let mut spoilt = tame(DType::F64, &[60], 5).f64s();
    (spoilt[20], spoilt[58]) = (f64::NAN, f64::NAN);
    all.push(Data::reals(DType::F64, &[60], &spoilt));
    all.into_iter().filter(|d| d.f64s().iter().all(|x| !x.is_infinite() && x.abs() < 1e9)).collect()
}

pub fn params(data: &Data) -> Vec<Given> {
    let modes = ["interp", "mirror", "constant", "nearest", "wrap"];
    let mut all = Vec::new();
    for (i, axis) in axis_params(data).into_iter().enumerate() {
        for (j, (length, degree)) in
            [(5, 2), (3, 1), (1, 0), (9, 4), (7, 0), (7, 6), (4, 2), (5, 5)].into_iter().enumerate()
        {
            for (k, mode) in modes.into_iter().enumerate().filter(|(k, _)| *k == 0 || (i + j + k) % 2 == 0) {
                let mut given = axis.with("window_length", Value::Int(length)).with("polyorder", Value::Int(degree));
                if k > 0 {
                    given = given.with("mode", Value::Str(mode.into()));
                }
                if mode == "constant" {
                    given = given.with("cval", Value::Int(3));
                }
                if (j + k) % 3 == 1 {
                    given = given.with("deriv", Value::Int(1 + k as i64 % 3)).with("delta", Value::Float(0.5));
                }
                all.push(given);
            }
        }
    }
    all
}

/// The derivative at `at` of the polynomial that fits values at these places best.
fn fitted(values: &[f64], middle: i64, degree: usize, (deriv, at): (usize, i64)) -> f64 {
    let n = degree + 1;
    let scale = (values.len() / 2).max(1) as f64;
    let x = |i: i64| (i - middle) as f64 / scale;
    let power = |i: usize, k: usize| x(i as i64).powi(k as i32);
    let mut rows: Vec<Vec<f64>> = (0..n)
        .map(|a| {
            let sum = |f: &dyn Fn(usize) -> f64| exact::sum(&(0..values.len()).map(f).collect::<Vec<_>>());
            let mut row: Vec<f64> = (0..n).map(|b| sum(&|i| power(i, a) * power(i, b))).collect();
            row.push(sum(&|i| power(i, a) * values[i]));
            row
        })
        .collect();
    for c in 0..n {
        let best = (c..n).max_by(|a, b| rows[*a][c].abs().total_cmp(&rows[*b][c].abs())).unwrap();
        rows.swap(c, best);
        let pivot = rows[c].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(r, _)| *r != c) {
            let factor = row[c] / pivot[c];
            row.iter_mut().zip(&pivot).for_each(|(x, p)| *x -= factor * p);
        }
    }
    let term = |k: usize| {
        let falling: f64 = (0..deriv).map(|d| k as f64 - d as f64).product();
        let left = if k >= deriv { x(at).powi((k - deriv) as i32) } else { 0.0 };
        rows[k][n] / rows[k][k] * falling * left
    };
    (0..n).map(term).sum::<f64>() / scale.powi(deriv as i32)
}

pub fn want(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let (length, degree) =
        (given.number("window_length").unwrap() as usize, given.number("polyorder").unwrap() as usize);
    if length % 2 == 0 {
        return Err("is even");
    }
    if degree >= length {
        return Err("is not below window_length");
    }
    let axis = axis_of(data, given)?;
    let mode = given.text("mode").unwrap_or("interp");
    if mode == "interp" && length as u64 > data.shape[axis] {
        return Err("is more than the");
    }
    if mode == "constant" && data.dtype == DType::Bool {
        return Err("is not a value of bool");
    }
    let deriv = given.number("deriv").map_or(0, |d| d as usize);
    let unit = given.number("delta").unwrap_or(1.0).powi(deriv as i32);
    let half = (length / 2) as i64;
    let both = by_line(data, axis, |line| {
        let n = line.len() as i64;
        let one = |i: i64| {
            // The window, and where in it the polynomial is taken.
            let first = if mode == "interp" { (i - half).clamp(0, n - length as i64) } else { i - half };
            let value = |k: i64| exact::beyond(mode, k, n).map_or(3.0, |k| line[k as usize].f64());
            let values: Vec<f64> = (first..first + length as i64).map(value).collect();
            let size = values.iter().fold(1.0f64, |m, x| m.max(x.abs()));
            Num::Complex(
                fitted(&values, half, degree, (deriv, i - first)) / unit,
                1e-9 * size * 4f64.powi(deriv as i32),
            )
        };
        Ok((0..n).map(one).collect())
    })?;
    let room = both.iter().map(|x| if let Num::Complex(_, room) = x { *room } else { 0.0 }).collect();
    let values = both.iter().map(|x| Num::Real(x.f64())).collect();
    Ok(Want { dtype: data.dtype.real(), shape: data.shape.clone(), values, ulps: ONE_ROUNDING, room })
}
