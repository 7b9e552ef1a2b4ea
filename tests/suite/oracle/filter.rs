//! Filters, by their definition: the box around each element, with SciPy's borders.

use super::exact::boxes;
use super::reduce::order;
use super::{Given, ONE_ROUNDING, Want, arrays, list, real_dtypes, word};
use crate::support::{Data, Num, indices, tame};
use tilewise::array::DType;
use tilewise::kernel::Value;

const MODES: [&str; 5] = ["reflect", "mirror", "nearest", "wrap", "constant"];

pub fn inputs() -> Vec<Data> {
    let dtypes: Vec<DType> = real_dtypes().collect();
    let mut all = arrays(&dtypes, &[&[9], &[5, 7]]);
    let few = [DType::U8, DType::I16, DType::F32, DType::F64];
    all.extend(arrays(&few, &[&[], &[], &[1], &[1], &[0], &[0, 3], &[2, 0, 3], &[40], &[1, 6], &[4, 1, 5]]));
    all.extend(few.map(|d| tame(d, &[3, 4, 5], 5).named("zyx")));
    all.push(tame(DType::F32, &[300], 6));
    all
}

/// The axes of a filter: y and x where named, all of up to two otherwise.
fn axes_of(data: &Data, given: &Given) -> Result<Vec<usize>, &'static str> {
    if data.dtype == DType::Bool {
        return Err("bool");
    }
    match given.axes(data) {
        Some(axes) => Ok(axes),
        None if data.axes.is_some() => Ok(vec![1, 2]),
        None if data.shape.len() <= 2 => Ok((0..data.shape.len()).collect()),
        None => Err("which axes"),
    }
}

/// Every mode with some axes, and the case that `vary` makes of each.
fn cases(data: &Data, vary: impl Fn(usize, usize) -> Vec<(&'static str, Value)>) -> Vec<Given> {
    let rank = data.shape.len();
    let mut sets = vec![None];
    sets.extend((0..rank).map(|a| Some(list(&[a]))));
    if rank > 1 {
        sets.push(Some(list(&[rank - 1, 0])));
    }
    let mut all = Vec::new();
    for (i, axes) in sets.into_iter().enumerate() {
        let axes = Given(axes.map(|a| ("axes", a)).into_iter().collect());
        for (j, mode) in MODES.iter().enumerate() {
            let n = axes.axes(data).map_or(if data.axes.is_some() { 2 } else { rank }, |a| a.len());
            let mut given = axes.with("mode", word(mode));
            given.0.extend(vary(i + j, n));
            if *mode == "constant" && i % 2 == 0 {
                let cval = if data.dtype.is_float() { Value::Float(2.5) } else { Value::Int(2) };
                given = given.with("cval", cval);
            }
            all.push(given);
        }
    }
    if !data.dtype.is_float() {
        // Neither is a value of the dtype.
        let border = Given(vary(0, rank)).with("axes", list(&(0..rank).collect::<Vec<_>>()));
        all.push(border.with("mode", word("constant")).with("cval", Value::Float(0.5)));
    }
    all
}

/// The boxes of a filter, or why it is refused.
fn windows(data: &Data, given: &Given, reach: &[(i64, i64)]) -> Result<Vec<Vec<Num>>, &'static str> {
    let axes = axes_of(data, given)?;
    let cval = given.number("cval").unwrap_or(0.0);
    if !data.dtype.is_float() && cval.fract() != 0.0 {
        return Err("is not a value of");
    }
    let mut all = vec![(0, 0); data.shape.len()];
    axes.iter().zip(reach).for_each(|(a, r)| all[*a] = *r);
    let cval = if data.dtype.is_float() { Num::Real(cval) } else { Num::Int(cval as i128) };
    Ok(boxes(&data.shape, &data.nums(), &all, given.text("mode").unwrap_or("reflect"), cval))
}

fn floats(windows: Vec<Vec<Num>>) -> Vec<Vec<f64>> {
    windows.into_iter().map(|w| w.into_iter().map(Num::f64).collect()).collect()
}

fn want(data: &Data, values: Vec<f64>, ulps: f64, room: Vec<f64>) -> Want {
    let values = values.into_iter().map(Num::Real).collect();
    Want { dtype: data.dtype, shape: data.shape.clone(), values, ulps, room }
}

/// Room for other orders of additions of f64: their rounding errors, relative to the largest term.
fn addition_room(windows: &[Vec<f64>]) -> Vec<f64> {
    let largest = |w: &Vec<f64>| w.iter().filter(|x| x.is_finite()).fold(0.0f64, |m, x| m.max(x.abs()));
    windows.iter().map(|w| largest(w).max(f64::MIN_POSITIVE) * f64::EPSILON * (w.len() + 8) as f64).collect()
}

pub fn gaussian_params(data: &Data) -> Vec<Given> {
    let mut all = cases(data, |i, n| match i % 4 {
        0 => vec![("sigma", Value::Float(0.8))],
        1 => vec![("sigma", Value::Float(1.5)), ("truncate", Value::Int(2))],
        2 => vec![("sigma", Value::Int(2)), ("radius", Value::Int(1))],
        _ if n == 0 => vec![("sigma", Value::Int(1))],
        _ => vec![("sigma", Value::List((0..n).map(|k| Value::Float(k as f64 * 0.6)).collect()))],
    });
    if data.shape.len() == 1 {
        // A kernel many times longer than the array.
        all.extend(MODES.map(|m| Given(vec![("sigma", Value::Int(9)), ("mode", word(m))])));
    }
    all
}

/// The weighted mean of the box, weights exp(-x²/2σ²) along each axis.
pub fn gaussian(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let axes = axes_of(data, given)?;
    let sigmas = given.numbers("sigma", axes.len()).unwrap();
    let truncate = given.number("truncate").unwrap_or(4.0);
    let radii: Vec<i64> = match given.numbers("radius", axes.len()) {
        Some(r) => r.iter().zip(&sigmas).map(|(r, s)| if *s > 0.0 { *r as i64 } else { 0 }).collect(),
        None => sigmas.iter().map(|s| (truncate * s + 0.5) as i64).collect(),
    };
    let weights = |(s, r): (&f64, &i64)| -> Vec<f64> {
        let bell = |x: i64| if *s > 0.0 { (-0.5 * (x as f64 / s).powi(2)).exp() } else { 1.0 };
        let all: Vec<f64> = (-r..=*r).map(bell).collect();
        let sum: f64 = all.iter().sum();
        all.into_iter().map(|w| w / sum).collect()
    };
    let mut lines = vec![vec![1.0]; data.shape.len()];
    axes.iter().zip(sigmas.iter().zip(&radii).map(weights)).for_each(|(a, w)| lines[*a] = w);
    let extents: Vec<u64> = lines.iter().map(|w| w.len() as u64).collect();
    let product = |i: Vec<u64>| i.iter().zip(&lines).map(|(i, w)| w[*i as usize]).product::<f64>();
    let weights: Vec<f64> = indices(&extents).into_iter().map(product).collect();
    let reach: Vec<(i64, i64)> = radii.iter().map(|r| (*r, *r)).collect();
    let windows = floats(windows(data, given, &reach)?);
    let mean = |w: &Vec<f64>| w.iter().zip(&weights).map(|(x, p)| x * p).sum();
    Ok(want(data, windows.iter().map(mean).collect(), ONE_ROUNDING, addition_room(&windows)))
}

pub fn box_params(data: &Data) -> Vec<Given> {
    let mut all = cases(data, |i, n| match i % 3 {
        0 => vec![],
        _ if n == 0 => vec![],
        1 => vec![("size", Value::Int(4))],
        _ => vec![("size", Value::List((0..n as i64).map(|k| Value::Int(5 - 2 * k)).collect()))],
    });
    if data.shape.len() == 1 {
        all.extend(MODES.map(|m| Given(vec![("size", Value::Int(29)), ("mode", word(m))])));
    }
    all
}

/// The boxes of `size`: size//2 before, size - size//2 - 1 after.
fn sized(data: &Data, given: &Given) -> Result<Vec<Vec<Num>>, &'static str> {
    let n = axes_of(data, given)?.len();
    let sizes = given.numbers("size", n).unwrap_or(vec![3.0; n]);
    let reach: Vec<(i64, i64)> = sizes.iter().map(|s| *s as i64).map(|s| (s / 2, s - s / 2 - 1)).collect();
    windows(data, given, &reach)
}

/// Sums of small integers are exact, hence their means rounded once.
pub fn uniform(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let windows = floats(sized(data, given)?);
    let means = windows.iter().map(|w| w.iter().sum::<f64>() / w.len() as f64).collect();
    let exact = data.dtype.is_integer() && data.dtype.size() <= 4;
    let room = if exact { vec![] } else { addition_room(&windows) };
    Ok(want(data, means, if exact { 0.0 } else { ONE_ROUNDING }, room))
}

pub fn median(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let middle = |mut w: Vec<Num>| {
        if w.iter().any(|x| x.f64().is_nan()) {
            return Num::Real(f64::NAN);
        }
        w.sort_by(order);
        w[w.len() / 2]
    };
    let values = sized(data, given)?.into_iter().map(middle).collect();
    Ok(Want { values, ..want(data, vec![], 0.0, vec![]) })
}

pub fn downsample_params(data: &Data) -> Vec<Given> {
    let rank = data.shape.len();
    let mut all = Vec::new();
    for (i, boundary) in ["trim", "pad", "exact"].iter().cycle().take(12).enumerate() {
        let factor = |k: usize| Value::Int([2, 3, 1, 7, 50][(i + k) % 5]);
        let given = Given(vec![("boundary", word(boundary))]);
        all.push(match i % 4 {
            0 if rank > 0 => given.with("axes", Value::Int(-1)).with("factor", factor(0)),
            1 if rank > 1 => given.with("axes", list(&[1, 0])).with("factor", Value::List(vec![factor(0), factor(3)])),
            2 if rank > 0 => given.with("axes", list(&[0])).with("factor", factor(0)),
            _ => given.with("factor", factor(1)),
        });
    }
    all
}

/// The mean of each block.
pub fn downsample(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let axes = axes_of(data, given)?;
    let mut factors = vec![1; data.shape.len()];
    axes.iter().zip(given.numbers("factor", axes.len()).unwrap()).for_each(|(a, f)| factors[*a] = f as u64);
    let boundary = given.text("boundary").unwrap();
    if boundary == "exact" && data.shape.iter().zip(&factors).any(|(n, f)| n % f != 0) {
        return Err("not a multiple");
    }
    let extent = |(n, f): (&u64, &u64)| if boundary == "pad" { n.div_ceil(*f) } else { n / f };
    let shape: Vec<u64> = data.shape.iter().zip(&factors).map(extent).collect();
    let (all, values) = (indices(&data.shape), data.f64s());
    let block = |at: Vec<u64>| -> Vec<f64> {
        let inside = |i: &Vec<u64>| i.iter().zip(&factors).zip(&at).all(|((i, f), b)| i / f == *b);
        all.iter().zip(&values).filter(|(i, _)| inside(i)).map(|(_, x)| *x).collect()
    };
    let blocks: Vec<Vec<f64>> = indices(&shape).into_iter().map(block).collect();
    let means: Vec<f64> = blocks.iter().map(|w| w.iter().sum::<f64>() / w.len() as f64).collect();
    let exact = data.dtype.is_integer() && data.dtype.size() <= 4;
    let room = if exact { vec![] } else { addition_room(&blocks) };
    Ok(Want { shape, ..want(data, means, if exact { 0.0 } else { ONE_ROUNDING }, room) })
}
