//! Exponentially weighted statistics by definition: the share of every value by itself.

use super::scan::by_line;
use super::window::{axis_of, axis_params};
use super::{Given, ONE_ROUNDING, Want};
use crate::support::{Data, Num, tame};
use tilewise::array::DType;
use tilewise::kernel::Value;

/// Those of windows that are short, more than a block, and gaps of any length.
pub fn inputs() -> Vec<Data> {
    let mut all = super::window::inputs();
    let noise = tame(DType::F64, &[1600], 11).f64s();
    let spoilt = |i: usize| if i * i % 7 == 3 || (700..1300).contains(&i) { f64::NAN } else { noise[i] + 1e9 };
    all.push(Data::reals(DType::F64, &[1600], &(0..1600).map(spoilt).collect::<Vec<_>>()));
    all.push(Data::reals(
        DType::F32,
        &[50, 3],
        &(0..150).map(|i| if i % 5 == 1 { f64::NAN } else { noise[i] }).collect::<Vec<_>>(),
    ));
    all
}

pub fn params(data: &Data) -> Vec<Given> {
    let speeds = [("span", 20.0), ("com", 0.5), ("halflife", 3.5), ("alpha", 0.002), ("alpha", 1.0), ("span", 900.0)];
    let long = data.shape.iter().product::<u64>() > 1000;
    let mut all = Vec::new();
    for (i, axis) in axis_params(data).into_iter().enumerate() {
        for (j, (name, x)) in speeds.into_iter().enumerate().step_by(if long { 3 } else { 1 }) {
            let mut given = axis.with(name, Value::Float(x));
            if (i + j) % 2 == 1 {
                given = given.with("adjust", Value::Bool(false));
            }
            if (i + j) % 3 == 1 {
                given = given.with("ignore_na", Value::Bool(true));
            }
            if j % 3 == 2 {
                given = given.with("min_count", Value::Int(3));
            }
            all.push(given);
        }
    }
    all.push(Given::default());
    all.push(Given(vec![("com", Value::Int(1)), ("alpha", Value::Float(0.5)), ("axes", Value::Int(0))]));
    all
}

pub fn spread_params(data: &Data) -> Vec<Given> {
    let bias = |(i, given): (usize, Given)| if i % 4 == 2 { given.with("bias", Value::Bool(true)) } else { given };
    params(data).into_iter().enumerate().map(bias).collect()
}

fn decay(given: &Given) -> Result<f64, &'static str> {
    let names: Vec<&str> =
        ["alpha", "com", "span", "halflife"].into_iter().filter(|n| given.get(n).is_some()).collect();
    let [name] = names[..] else {
        return Err(if names.is_empty() { "must be given" } else { "both say how fast" });
    };
    let x = given.number(name).unwrap();
    Ok(match name {
        "alpha" => 1.0 - x,
        "com" => x / (1.0 + x),
        "span" => (x - 1.0) / (x + 1.0),
        _ => 0.5f64.powf(1.0 / x),
    })
}

/// The share of each value of a line up to an index.
struct Shares {
    decay: f64,
    adjust: bool,
    ignore_na: bool,
    gap: i32,
    values: Vec<f64>,
    weights: Vec<f64>,
}

impl Shares {
    fn put(&mut self, x: f64) {
        self.gap += i32::from(!x.is_nan() || !self.ignore_na);
        if x.is_nan() {
            return;
        }
        let new = if self.adjust || self.values.is_empty() { 1.0 } else { 1.0 - self.decay };
        let old = self.decay.powi(self.gap);
        let whole = if self.adjust || self.values.is_empty() { 1.0 } else { old + new };
        self.weights.iter_mut().for_each(|w| *w *= old / whole);
        self.weights.push(new / whole);
        self.values.push(x);
        self.gap = 0;
    }

    /// Mean, mean of squares of deviations, the products of all pairs of shares, and how far values lie from the mean.
    fn moments(&self) -> [f64; 4] {
        let total = sum(self.weights.iter().copied());
        let weighted = |f: &dyn Fn(f64) -> f64| {
            let parts = self.values.iter().zip(&self.weights).filter(|(_, w)| **w > 0.0);
            sum(parts.map(|(x, w)| w * f(*x))) / total
        };
        // Counted from the last value, so that data far from 0 loses nothing here either.
        let last = self.values.last().copied().unwrap_or(0.0);
        let step = weighted(&|x| x - last);
        let mean = if step.is_finite() { last + step } else { weighted(&|x| x) };
        let squares = weighted(&|x| (x - last - step) * (x - last - step));
        let (mut before, mut pairs) = (0.0, 0.0);
        for w in &self.weights {
            pairs += 2.0 * w * before;
            before += w;
        }
        [mean, squares, pairs / (total * total), weighted(&|x| (x - mean).abs())]
    }
}

/// A sum that keeps what its additions lose.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, lost) = values.fold((0.0f64, 0.0f64), |(sum, lost), x| {
        let next = sum + x;
        let (more, less) = if sum.abs() >= x.abs() { (sum, x) } else { (x, sum) };
        (next, lost + ((more - next) + less))
    });
    if sum.is_finite() { sum + lost } else { sum }
}

/// `one` gives a result and room for it.
fn weighted(data: &Data, given: &Given, one: impl Fn(&Shares) -> (f64, f64)) -> Result<Want, &'static str> {
    let decay = decay(given)?;
    let axis = axis_of(data, given)?;
    let least = given.number("min_count").unwrap_or(1.0) as usize;
    let adjust = given.get("adjust") != Some(&Value::Bool(false));
    let both = by_line(data, axis, |line| {
        let mut shares =
            Shares { decay, adjust, ignore_na: given.flag("ignore_na"), gap: 0, values: vec![], weights: vec![] };
        let mut value = |x: &Num| {
            shares.put(x.f64());
            let (value, room) = if shares.values.len() < least { (f64::NAN, 0.0) } else { one(&shares) };
            Num::Complex(value + 0.0, room)
        };
        Ok(line.iter().map(&mut value).collect())
    })?;
    let room = |x: &Num| if let Num::Complex(_, room) = x { *room } else { 0.0 };
    let room = both.iter().map(room).map(|x| if x.is_finite() { x } else { 0.0 }).collect();
    let values = both.iter().map(|x| Num::Real(x.f64())).collect();
    let dtype = data.dtype.real();
    Ok(Want {
        dtype,
        shape: data.shape.clone(),
        values,
        ulps: if dtype == DType::F64 { 2.0 } else { ONE_ROUNDING },
        room,
    })
}

pub fn mean(data: &Data, given: &Given) -> Result<Want, &'static str> {
    weighted(data, given, |shares| {
        let [mean, _, _, spread] = shares.moments();
        (mean, 1e-12 * spread)
    })
}

fn spread(data: &Data, given: &Given, root: bool) -> Result<Want, &'static str> {
    weighted(data, given, |shares| {
        let [mean, squares, pairs, _] = shares.moments();
        let variance = match () {
            () if !mean.is_finite() => f64::NAN,
            () if given.flag("bias") => squares,
            () if shares.values.len() < 2 || pairs <= 0.0 => f64::NAN,
            () => squares / pairs,
        };
        let value = if root { variance.sqrt() } else { variance };
        (value, 1e-10 * value)
    })
}

pub fn var(data: &Data, given: &Given) -> Result<Want, &'static str> {
    spread(data, given, false)
}

pub fn std(data: &Data, given: &Given) -> Result<Want, &'static str> {
    spread(data, given, true)
}
