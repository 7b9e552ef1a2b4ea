//! Quantiles by sorting, histograms by looking at every edge.

use super::exact::cells;
use super::reduce::{axis_sets, floats, folded, valid};
use super::{Given, ONE_ROUNDING, Want, list, word};
use crate::support::{Data, Num};
use tilewise::array::DType;
use tilewise::kernel::Value;
use tilewise::kernel::reduce::Edges;

/// Methods that are defined by two constants, as in Hyndman and Fan.
const CONTINUOUS: [(&str, f64, f64); 6] = [
    ("linear", 1.0, 1.0),
    ("interpolated_inverted_cdf", 0.0, 1.0),
    ("hazen", 0.5, 0.5),
    ("weibull", 0.0, 0.0),
    ("median_unbiased", 1.0 / 3.0, 1.0 / 3.0),
    ("normal_unbiased", 0.375, 0.375),
];

pub fn params(data: &Data) -> Vec<Given> {
    let methods = ["linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf"];
    let methods: Vec<&str> = methods.into_iter().chain(CONTINUOUS[1..].iter().map(|c| c.0)).collect();
    let numbers = |q: &[f64]| Value::List(q.iter().map(|x| Value::Float(*x)).collect());
    let mut all = Vec::new();
    for (i, axes) in axis_sets(data).into_iter().enumerate() {
        let given = Given(axes.map(|a| ("axes", a)).into_iter().collect());
        let method = methods[(i + data.shape.len() * 3 + data.bytes.len()) % methods.len()];
        let several = given.with("q", numbers(&[0.5, 0.0, 0.99, 0.25, 1.0])).with("method", word(method));
        all.push(several.with("skipna", Value::Bool(true)));
        let one = given.with("q", if i == 1 { Value::Int(1) } else { Value::Float(0.3) });
        all.push(if i % 2 == 0 { one.with("keepdims", Value::Bool(true)) } else { one });
    }
    all
}

pub fn histogram_params(data: &Data) -> Vec<Given> {
    let mut all = Vec::new();
    for (i, axes) in axis_sets(data).into_iter().enumerate() {
        let given = Given(axes.map(|a| ("axes", a)).into_iter().collect());
        all.push(given.with("bins", Value::Int(1 + 4 * i as i64)));
        let range = Value::List(vec![Value::Float(-1.5), Value::Int(9 + i as i64)]);
        all.push(given.with("range", range));
    }
    all
}

/// The shape of what is kept.
fn kept(data: &Data, axes: &[usize], keepdims: bool) -> Vec<u64> {
    let extent = |a: usize| if axes.contains(&a) { 1 } else { data.shape[a] };
    (0..data.shape.len()).filter(|a| keepdims || !axes.contains(a)).map(extent).collect()
}

pub fn quantile(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let axes = folded(data, given);
    let several = matches!(given.get("q"), Some(Value::List(_)));
    let q = given.numbers("q", 1).unwrap();
    let method = given.text("method").unwrap_or("linear");
    let nums = data.nums();
    let cells = cells(&data.shape, &axes);
    let (mut values, mut room) = (Vec::new(), Vec::new());
    for q in &q {
        for cell in &cells {
            let mut x = floats(&valid(cell.iter().map(|i| nums[*i]), given));
            x.sort_by(f64::total_cmp);
            let (value, near) = one(&x, *q, method);
            values.push(Num::Real(value));
            room.push(near);
        }
    }
    let mut shape = kept(data, &axes, given.flag("keepdims"));
    if several {
        shape.insert(0, q.len() as u64);
    }
    Ok(Want { dtype: data.dtype.real(), shape, values, ulps: ONE_ROUNDING, room })
}

/// A quantile of sorted numbers, and room for the rounding of a place between two of them.
pub fn one(x: &[f64], q: f64, method: &str) -> (f64, f64) {
    if x.is_empty() || x.iter().any(|x| x.is_nan()) {
        return (f64::NAN, 0.0);
    }
    let (n, last) = (x.len() as f64, (x.len() - 1) as f64);
    let at = |i: f64| x[i.clamp(0.0, last) as usize] + 0.0;
    // Counted from 1: the smallest element with at least the share q of all at or below it.
    let reached = (1..=x.len()).find(|i| *i as f64 >= n * q).unwrap_or(x.len()) as f64;
    let exact = match method {
        "lower" => at((last * q).floor()),
        "higher" => at((last * q).ceil()),
        "nearest" => at((last * q).round_ties_even()),
        "midpoint" => middle(at((last * q).floor()), at((last * q).ceil())),
        "inverted_cdf" => at(reached - 1.0),
        "averaged_inverted_cdf" if n * q == reached => middle(at(reached - 1.0), at(reached)),
        "averaged_inverted_cdf" => at(reached - 1.0),
        _ => {
            let (_, alpha, beta) = CONTINUOUS.into_iter().find(|c| c.0 == method).unwrap();
            let place = (alpha + q * (n + 1.0 - alpha - beta) - 1.0).clamp(0.0, last);
            let (a, b, share) = (at(place.floor()), at(place.ceil()), place - place.floor());
            if a.is_infinite() || b.is_infinite() {
                let value = if share == 0.0 || a == b { a } else { a + b };
                return (value, 0.0);
            }
            let room = (a.abs() + b.abs()) * 1e-12 * n;
            // Halves do not overflow.
            return (if share == 0.0 { a } else { a * (1.0 - share) + b * share }, room);
        }
    };
    (exact, exact.abs() * 1e-15)
}

fn middle(a: f64, b: f64) -> f64 {
    if a == b { a } else { a * 0.5 + b * 0.5 }
}

/// Edges have tests of their own, against NumPy's.
pub fn histogram(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let axes = folded(data, given);
    let bins = given.number("bins").unwrap_or(10.0) as usize;
    let nums = data.nums();
    let mut values = Vec::new();
    for cell in cells(&data.shape, &axes) {
        let x: Vec<f64> = cell.iter().map(|i| nums[*i].f64()).collect();
        let finite = || x.iter().copied().filter(|x| x.is_finite());
        let edges = match given.numbers("range", 2) {
            Some(range) => Edges::given(data.dtype, (range[0], range[1]), bins),
            None => {
                Edges::found(data.dtype, (finite().fold(f64::NAN, f64::min), finite().fold(f64::NAN, f64::max)), bins)
            }
        };
        let edges = edges.all();
        for i in 0..bins {
            let closed = i + 1 == bins;
            let inside = |x: &&f64| edges[i] <= **x && (**x < edges[i + 1] || (closed && **x == edges[i + 1]));
            values.push(Num::Int(x.iter().filter(inside).count() as i128));
        }
    }
    let mut shape = kept(data, &axes, false);
    shape.push(bins as u64);
    Ok(Want { dtype: DType::I64, shape, values, ulps: 0.0, room: vec![] })
}

pub fn histogram2d_params(_: &Data) -> Vec<Given> {
    let own = Given::default().with("other", word("x"));
    let numbers = |n: &[f64]| Value::List(n.iter().map(|x| Value::Float(*x)).collect());
    let range = own.with("range", numbers(&[-2.0, 9.5, 0.0, 3.0]));
    let two = Value::List(vec![Value::Int(3), Value::Int(7)]);
    vec![
        own.with("bins", Value::Int(1)),
        own.clone(),
        own.with("bins", two.clone()),
        range.clone(),
        range.with("bins", two),
    ]
}

/// Of an array with itself: bins of each side by looking at every edge.
pub fn histogram2d(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let x = data.f64s();
    let bins = given.numbers("bins", 2).unwrap_or(vec![10.0; 2]);
    let finite = || x.iter().copied().filter(|x| x.is_finite());
    let found = (finite().fold(f64::NAN, f64::min), finite().fold(f64::NAN, f64::max));
    let side = |i: usize| -> Vec<f64> {
        match given.numbers("range", 4) {
            Some(r) => Edges::given(DType::F64, (r[2 * i], r[2 * i + 1]), bins[i] as usize).all(),
            None => Edges::found(data.dtype, found, bins[i] as usize).all(),
        }
    };
    let bin = |x: f64, edges: &[f64]| {
        let n = edges.len() - 1;
        (0..n).rfind(|i| edges[*i] <= x && (x < edges[i + 1] || (i + 1 == n && x == edges[n])))
    };
    let (a, b) = (side(0), side(1));
    let mut counts = vec![0; (a.len() - 1) * (b.len() - 1)];
    for x in x.iter() {
        if let (Some(i), Some(j)) = (bin(*x, &a), bin(*x, &b)) {
            counts[i * (b.len() - 1) + j] += 1;
        }
    }
    let shape = vec![a.len() as u64 - 1, b.len() as u64 - 1];
    Ok(Want { dtype: DType::I64, shape, values: counts.into_iter().map(Num::Int).collect(), ulps: 0.0, room: vec![] })
}

/// One axis or none is enough to see here; letters are tried with other kernels.
#[test]
fn quantiles_of_nothing_are_nan() {
    let nothing = Data::reals(DType::F32, &[0, 2], &[]);
    let given = Given(vec![("q", Value::Float(0.5)), ("axes", list(&[0]))]);
    let want = quantile(&nothing, &given).unwrap_or_else(|e| panic!("{e}"));
    assert!(want.values.iter().all(|v| v.f64().is_nan()) && want.shape == [2]);
}
