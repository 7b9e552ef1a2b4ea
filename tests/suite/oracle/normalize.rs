//! Rescaling by the statistics of cells.

use super::exact::{self, cells};
use super::quantile::one;
use super::reduce::{extreme, folded, mean_of, params, valid};
use super::{Given, ONE_ROUNDING, Want, arrays, real_dtypes, word};
use crate::support::{Data, Num, tame};
use tilewise::array::DType;
use tilewise::kernel::Value;

pub fn inputs() -> Vec<Data> {
    let dtypes: Vec<DType> = real_dtypes().collect();
    let mut all = arrays(&dtypes, &[&[7], &[3, 5], &[5, 4, 3], &[70, 9]]);
    let few = [DType::U8, DType::I64, DType::F32, DType::F64];
    all.extend(arrays(&few, &[&[], &[], &[1], &[1], &[0], &[0, 3], &[3, 0]]));
    all.push(Data::reals(DType::F64, &[7, 3], &[0.1; 21]));
    all.push(Data::reals(DType::F16, &[700], &[1.0 / 3.0; 700]));
    all.push(tame(DType::F32, &[5, 6, 7], 3).named("tyx"));
    let far: Vec<f64> = tame(DType::F64, &[500], 4).f64s().iter().map(|x| x + 1e9).collect();
    all.push(Data::reals(DType::F64, &[500], &far));
    all
}

/// The same, and differences beyond the largest f64.
pub fn minmax_inputs() -> Vec<Data> {
    let mut all = inputs();
    all.push(Data::reals(DType::F64, &[4], &[f64::MIN, 0.0, 1e308, f64::MAX]));
    all.push(Data::reals(DType::F16, &[2, 2], &[0.0, 1.0, 0.5, 0.25]));
    all
}

/// Normalisations keep their shape.
fn without_keepdims(data: &Data) -> impl Iterator<Item = (usize, Given)> {
    let strip = |g: Given| Given(g.0.into_iter().filter(|(n, _)| *n != "keepdims").collect());
    params(data).into_iter().map(strip).enumerate()
}

pub fn zscore_params(data: &Data) -> Vec<Given> {
    let ddof = |(i, g): (usize, Given)| if i % 3 == 0 { g.with("ddof", Value::Int(1)) } else { g };
    without_keepdims(data).map(ddof).collect()
}

pub fn minmax_params(data: &Data) -> Vec<Given> {
    let range = |(i, g): (usize, Given)| match i % 3 {
        0 => g.with("low", Value::Int(-1)),
        // What f64 rounds to f16 depends on whether f32 lies between: a tie there, not here.
        1 => g.with("high", Value::Float(1.0 + 2f64.powi(-11) + 2f64.powi(-40))),
        _ => g,
    };
    without_keepdims(data).map(range).collect()
}

/// For each element its cell's elements, without those to be left out.
fn by_cell(data: &Data, given: &Given, mut f: impl FnMut(&[Num], &[usize])) {
    let nums = data.nums();
    for cell in cells(&data.shape, &folded(data, given)) {
        f(&valid(cell.iter().map(|i| nums[*i]), given), &cell);
    }
}

/// The standard deviation is off by a few units of its last place, the mean by some of the largest
/// element's, which the difference from it magnifies.
pub fn zscore(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let (mut values, mut room) = (vec![Num::Int(0); data.nums().len()], vec![0.0; data.nums().len()]);
    let nums = data.nums();
    let ddof = given.number("ddof").unwrap_or(0.0);
    by_cell(data, given, |cell, places| {
        let floats: Vec<f64> = cell.iter().map(|x| x.f64()).collect();
        let (mean, std) = (mean_of(cell), exact::variance(&floats, ddof).sqrt());
        let largest = floats.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let constant = floats.iter().all(|x| *x == floats[0]);
        for &i in places {
            let z = if constant { f64::NAN } else { (nums[i].f64() - mean) / std };
            values[i] = Num::Real(z);
            room[i] = f64::EPSILON * (16.0 * z.abs() + 4.0 * largest / std);
        }
    });
    Ok(Want { dtype: data.dtype.real(), shape: data.shape.clone(), values, ulps: ONE_ROUNDING, room })
}

pub fn standardize_inputs() -> Vec<Data> {
    let mut all: Vec<Data> = inputs().into_iter().filter(|d| !d.shape.is_empty()).collect();
    all.push(tame(DType::U8, &[4, 6, 5, 3], 8).named("nyxc"));
    all
}

pub fn standardize_params(data: &Data) -> Vec<Given> {
    let last = data.shape.len() - 1;
    let channel = |c: usize| Given::default().with("channel", Value::Int(c as i64));
    let one = |x: f64| Value::Float(x);
    let each = |n: u64| Value::List((0..n).map(|i| Value::Float(0.25 + i as f64)).collect());
    let mut all = vec![
        channel(0).with("skipna", Value::Bool(true)).with("ddof", Value::Int(1)),
        channel(last),
        channel(0).with("mean", one(0.5)).with("std", one(0.1)).with("scale", one(255.0)),
        channel(last).with("mean", one(3.0)),
        channel(0).with("scale", one(2.0)),
        channel(0).with("mean", Value::List(vec![one(1.0); data.shape[0] as usize + 1])).with("std", one(1.0)),
        channel(0).with("mean", one(1.0)).with("std", one(1.0)).with("skipna", Value::Bool(true)),
    ];
    if data.shape[last] > 0 {
        let n = data.shape[last];
        all.push(channel(last).with("mean", each(n)).with("std", each(n)));
    }
    if data.axes.as_ref().is_some_and(|a| a.contains('c')) {
        all.push(Given::default());
    } else {
        all.push(Given::default().with("ddof", Value::Int(1)));
    }
    all
}

/// Found statistics: as `zscore` over all other axes. Given ones: the formula of the documentation.
pub fn standardize(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let last = data.shape.len() - 1;
    let channel = match given.get("channel") {
        Some(Value::Int(i)) => *i as usize,
        _ if data.axes.as_ref().is_some_and(|a| a.contains('c')) => last,
        _ => return Err("which axis has statistics"),
    };
    let n = data.shape[channel] as usize;
    let entries = |name| if let Some(Value::List(l)) = given.get(name) { l.len() } else { n };
    match (given.get("mean"), given.get("std")) {
        (None, None) if given.get("scale").is_some() => return Err("scale is for"),
        (None, None) => {
            let others: Vec<usize> = (0..=last).filter(|a| *a != channel).collect();
            return zscore(data, &Given(given.0.clone()).with("axes", super::list(&others)));
        }
        (Some(_), None) => return Err("mean is given and std is not"),
        _ if entries("mean") != n => return Err("channels"),
        _ if given.flag("skipna") => return Err("skipna has no meaning"),
        _ => {}
    }
    let (means, stds) = (given.numbers("mean", n).unwrap(), given.numbers("std", n).unwrap());
    let scale = given.number("scale").unwrap_or(1.0);
    let after: usize = data.shape[channel + 1..].iter().product::<u64>() as usize;
    let value = |(i, x): (usize, Num)| {
        let c = i / after % n;
        Num::Real((x.f64() - means[c] * scale) / (stds[c] * scale))
    };
    let values = data.nums().into_iter().enumerate().map(value).collect();
    Ok(Want { dtype: data.dtype.real(), shape: data.shape.clone(), values, ulps: 0.0, room: vec![] })
}

/// The formula has one meaning in f64, and one rounding after it.
pub fn minmax(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let mut values = vec![Num::Int(0); data.nums().len()];
    let nums = data.nums();
    let (to_low, to_high) = (given.number("low").unwrap_or(0.0), given.number("high").unwrap_or(1.0));
    by_cell(data, given, |cell, places| {
        let (low, high) = (extreme(cell, false), extreme(cell, true));
        let half = (high.f64() - low.f64()).is_infinite() && high.f64().is_finite() && low.f64().is_finite();
        let above = |x: Num| match (x, low) {
            (Num::Int(x), Num::Int(low)) => (x - low) as f64,
            _ if half => x.f64() / 2.0 - low.f64() / 2.0,
            _ => x.f64() - low.f64(),
        };
        for &i in places {
            values[i] = Num::Real(above(nums[i]) / above(high) * (to_high - to_low) + to_low);
        }
    });
    Ok(Want { dtype: data.dtype.real(), shape: data.shape.clone(), values, ulps: 0.0, room: vec![] })
}

fn pair(a: f64, b: f64) -> Value {
    Value::List(vec![Value::Float(a), Value::Float(b)])
}

pub fn robust_params(data: &Data) -> Vec<Given> {
    let range = |(i, g): (usize, Given)| match i % 4 {
        0 => g.with("q_range", pair(0.1, 0.8)),
        1 if i == 1 => g.with("q_range", pair(0.5, 0.5)),
        1 => g.with("spread", word("mad")),
        2 => g.with("spread", word("mad")).with("mad_scale", Value::Float(0.75)),
        _ => g,
    };
    without_keepdims(data).map(range).collect()
}

pub fn percentile_params(data: &Data) -> Vec<Given> {
    let range = |(i, g): (usize, Given)| match i % 4 {
        0 => g.with("q", pair(0.25, 0.75)).with("high", Value::Int(255)),
        1 => g.with("low", Value::Float(-0.1)).with("high", Value::Float(0.3)),
        2 => g.with("q", pair(0.0, 1.0)).with("low", Value::Int(1)).with("high", Value::Int(0)),
        _ => g,
    };
    without_keepdims(data).map(range).collect()
}

/// For each element of a cell, what `make` gives from its quantiles and itself.
fn by_quantiles(data: &Data, given: &Given, q: &[f64], make: impl Fn(&[f64], f64) -> (f64, f64)) -> Want {
    let (mut values, mut room) = (vec![Num::Int(0); data.nums().len()], vec![0.0; data.nums().len()]);
    let nums = data.nums();
    by_cell(data, given, |cell, places| {
        let mut sorted: Vec<f64> = cell.iter().map(|x| x.f64()).collect();
        sorted.sort_by(f64::total_cmp);
        let found: Vec<f64> = q.iter().map(|q| one(&sorted, *q, "linear").0).collect();
        for &i in places {
            let (value, near) = make(&found, nums[i].f64());
            (values[i], room[i]) = (Num::Real(value), near);
        }
    });
    Want { dtype: data.dtype.real(), shape: data.shape.clone(), values, ulps: ONE_ROUNDING, room }
}

/// The median absolute deviation, as scipy.stats has it.
fn by_mad(data: &Data, given: &Given) -> Want {
    let (mut values, mut room) = (vec![Num::Int(0); data.nums().len()], vec![0.0; data.nums().len()]);
    let nums = data.nums();
    by_cell(data, given, |cell, places| {
        let median = |mut x: Vec<f64>| {
            x.sort_by(f64::total_cmp);
            one(&x, 0.5, "linear").0
        };
        let middle = median(cell.iter().map(|x| x.f64()).collect());
        let apart: Vec<f64> = cell.iter().map(|x| (x.f64() - middle).abs()).collect();
        // What is left out among elements is left out among deviations, too.
        let apart = apart.into_iter().filter(|d| !(given.flag("skipna") && d.is_nan())).collect();
        let scale = median(apart) / given.number("mad_scale").unwrap_or(1.0);
        for &i in places {
            let z = (nums[i].f64() - middle) / scale;
            let largest = nums[i].f64().abs().max(middle.abs());
            (values[i], room[i]) = (Num::Real(z), 1e-12 * (1.0 + z.abs()) * (1.0 + largest / scale));
        }
    });
    Want { dtype: data.dtype.real(), shape: data.shape.clone(), values, ulps: ONE_ROUNDING, room }
}

/// Quantiles between elements are off by a unit of their last place, which differences magnify.
pub fn robust(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let range = given.numbers("q_range", 2).unwrap_or(vec![0.25, 0.75]);
    if range[0] >= range[1] {
        return Err("q_range = [0.5, 0.5] is not two shares");
    }
    if given.text("spread") == Some("mad") {
        return Ok(by_mad(data, given));
    }
    let make = |q: &[f64], x: f64| {
        let (z, scale) = ((x - q[1]) / (q[2] - q[0]), q[2] - q[0]);
        let largest = q.iter().fold(x.abs(), |m, q| m.max(q.abs()));
        (z, 1e-12 * (1.0 + z.abs()) * (1.0 + largest / scale))
    };
    Ok(by_quantiles(data, given, &[range[0], 0.5, range[1]], make))
}

pub fn percentile_rescale(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let q = given.numbers("q", 2).unwrap_or(vec![0.01, 0.99]);
    let (low, high) = (given.number("low").unwrap_or(0.0), given.number("high").unwrap_or(1.0));
    let make = |q: &[f64], x: f64| {
        let (a, b) = (q[0], q[1]);
        let half = if (b - a).is_infinite() && a.is_finite() && b.is_finite() { 0.5 } else { 1.0 };
        let share = (x * half - a * half) / (b * half - a * half);
        let share = if x <= a {
            0.0
        } else if x >= b {
            1.0
        } else {
            share
        };
        let value = if share == 1.0 { high } else { share * (high - low) + low };
        let value = if a.is_nan() || x.is_nan() { f64::NAN } else { value };
        let largest = x.abs().max(a.abs()).max(b.abs());
        let room = 1e-12 * (high - low).abs() * (1.0 + (largest * half / (b * half - a * half)).abs());
        (value, if room.is_finite() { room } else { 0.0 })
    };
    Ok(by_quantiles(data, given, &q, make))
}
