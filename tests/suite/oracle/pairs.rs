//! Windows of two arrays: covariance and correlation by definition, in twice the digits.

use super::window::{axis_of, rolling_params};
use super::{Given, ONE_ROUNDING, Want, exact};
use crate::support::{Data, Num};
use tilewise::array::DType;
use tilewise::kernel::Value;

/// Beside the array itself backwards; beside itself where it has no axes.
pub fn corr_params(data: &Data) -> Vec<Given> {
    let other = if data.shape.is_empty() { "x" } else { "y" };
    rolling_params(data).into_iter().map(|g| g.with("other", Value::Str(other.into()))).collect()
}

/// With a `ddof` here and there, some of them as long as the window.
pub fn cov_params(data: &Data) -> Vec<Given> {
    let ddof =
        |(i, given): (usize, Given)| if i % 3 == 1 { given } else { given.with("ddof", Value::Int(i as i64 % 3)) };
    corr_params(data).into_iter().enumerate().map(ddof).collect()
}

/// The pairs without NaN in the window of each element; `one` gives a result and room for it.
fn pairs(data: &Data, given: &Given, one: impl Fn(&[f64], &[f64]) -> (f64, f64)) -> Result<Want, &'static str> {
    let window = given.number("window").unwrap() as i64;
    let least = given.number("min_count").map_or(window, |n| n as i64);
    if least > window {
        return Err("min_count = 4 is more than");
    }
    if data.dtype == DType::Bool {
        return Err("bool");
    }
    let axis = axis_of(data, given)?;
    let (n, inner) = (data.shape[axis] as i64, data.shape[axis + 1..].iter().product::<u64>() as usize);
    let outer = data.shape[1..].iter().product::<u64>() as usize;
    let x = data.f64s();
    // The first axis backwards.
    let y: Vec<f64> = (0..x.len()).map(|at| x[x.len() - outer - at / outer * outer + at % outer]).collect();
    let step = given.number("step").map_or(1, |n| n as i64);
    let (mut values, mut room) = (Vec::new(), Vec::new());
    for at in (0..x.len()).filter(|at| (at / inner) as i64 % n % step == 0) {
        let i = (at / inner) as i64 % n;
        let end = if given.flag("center") { i + (window - 1) / 2 } else { i };
        let near = (end - window + 1).max(0)..=end.min(n - 1);
        let places = near.map(|k| (at as i64 + (k - i) * inner as i64) as usize);
        let some: Vec<usize> = places.filter(|p| !x[*p].is_nan() && !y[*p].is_nan()).collect();
        let [a, b] = [&x, &y].map(|all| some.iter().map(|p| all[*p]).collect::<Vec<_>>());
        let enough = some.len() as i64 >= least && a.iter().chain(&b).all(|v| v.is_finite());
        let (value, slack) = if enough { one(&a, &b) } else { (f64::NAN, 0.0) };
        values.push(Num::Real(value));
        room.push(if slack.is_finite() { slack } else { 0.0 });
    }
    let mut shape = data.shape.clone();
    shape[axis] = shape[axis].div_ceil(step as u64);
    Ok(Want { dtype: data.dtype.real(), shape, values, ulps: ONE_ROUNDING, room })
}

/// The sum of products of deviations: of squares of sums and differences, which are exact enough.
fn products(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let from = |v: &[f64]| v.iter().map(|x| x - v[0]).collect::<Vec<_>>();
    let (a, b) = (from(a), from(b));
    let (mean_a, mean_b) = (exact::sum(&a) / n, exact::sum(&b) / n);
    exact::sum(&a.iter().zip(&b).map(|(a, b)| (a - mean_a) * (b - mean_b)).collect::<Vec<_>>())
}

pub fn cov(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let ddof = given.number("ddof").unwrap_or(1.0);
    if given.number("min_count") <= given.number("window") && ddof >= given.number("window").unwrap() {
        return Err("leaves nothing of a window");
    }
    pairs(data, given, |a, b| {
        let divisor = a.len() as f64 - ddof;
        let scale = (exact::variance(a, 0.0) * exact::variance(b, 0.0)).sqrt() * a.len() as f64 / divisor;
        let value = if divisor > 0.0 { products(a, b) / divisor } else { f64::NAN };
        // Squares may be beyond f64 where products are not.
        (value, if scale.is_finite() { 1e-13 * scale } else { 1e-9 * value.abs() })
    })
}

pub fn corr(data: &Data, given: &Given) -> Result<Want, &'static str> {
    pairs(data, given, |a, b| {
        let roots = [a, b].map(|v| (exact::variance(v, 0.0) * v.len() as f64).sqrt());
        let scale = roots[0] * roots[1];
        (if scale > 0.0 { (products(a, b) / scale).clamp(-1.0, 1.0) } else { f64::NAN }, 1e-13)
    })
}
