//! Arrays laid out anew.

use super::{Given, Want, arrays, list};
use crate::support::{Data, Num};
use tilewise::array::DType;
use tilewise::kernel::Value;

pub fn inputs() -> Vec<Data> {
    let mut all = arrays(&DType::ALL.into_iter().filter(|d| !d.is_complex()).collect::<Vec<_>>(), &[&[7], &[70, 9]]);
    let few = [DType::U8, DType::I16, DType::F32, DType::F64];
    all.extend(arrays(&few, &[&[], &[1], &[0, 3], &[5, 4, 3], &[4, 33, 35, 3], &[2, 1, 67, 40]]));
    for dtype in [DType::C64, DType::C128] {
        let nums: Vec<Num> = (0..6 * 35 * 2).map(|i| Num::Complex(f64::from(i), -0.5)).collect();
        all.push(Data::new(dtype, &[6, 35, 2], &nums));
    }
    all
}

pub fn transpose_params(data: &Data) -> Vec<Given> {
    let rank = data.shape.len();
    let mut all = vec![Given::default()];
    if rank > 0 {
        all.push(Given::default().with("axes", list(&(0..rank).map(|a| (a + 1) % rank).collect::<Vec<_>>())));
        all.push(Given::default().with("axes", list(&(0..rank).collect::<Vec<_>>())));
        let swapped: Vec<Value> = (1..=rank).rev().map(|a| Value::Int(-(a as i64))).collect();
        all.push(Given::default().with("axes", Value::List(swapped)));
    }
    if rank > 1 {
        all.push(Given::default().with("axes", list(&[0])));
        all.push(Given::default().with("axes", list(&vec![1; rank])));
    }
    all
}

/// Element by element, from the definition: `out[i_0, i_1, …]` is `x` with `axes[k]` at `i_k`.
pub fn transpose(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let rank = data.shape.len();
    let axes = given.axes(data).unwrap_or_else(|| (0..rank).rev().collect());
    if axes.len() != rank {
        return Err("axes names 1 of");
    }
    if (0..rank).any(|a| !axes.contains(&a)) {
        return Err("given twice");
    }
    let shape: Vec<u64> = axes.iter().map(|a| data.shape[*a]).collect();
    let nums = data.nums();
    let mut values = Vec::new();
    for flat in 0..nums.len() as u64 {
        let (mut rest, mut index) = (flat, vec![0; rank]);
        for k in (0..rank).rev() {
            (index[axes[k]], rest) = (rest % shape[k], rest / shape[k]);
        }
        let at = index.iter().zip(&data.shape).fold(0, |at, (i, n)| at * n + i);
        values.push(nums[at as usize]);
    }
    Ok(Want { dtype: data.dtype, shape, values, ulps: 0.0, room: vec![] })
}

/// One entry for each axis, the first axis backwards; then the ends, a single index, and what is refused.
pub fn slice_params(data: &Data) -> Vec<Given> {
    let rank = data.shape.len();
    let index = |words: &[&str]| Given::default().with("index", Value::Str(words.join(", ")));
    let cycle = |words: &[&'static str]| (0..rank).map(|a| words[a % words.len()]).collect::<Vec<_>>();
    let mut all = vec![index(&["..."])];
    if rank > 0 {
        all.push(index(&cycle(&["::-1", "1:", ":-1"])));
        all.push(index(&cycle(&["::2", "::-3", "2:50:5"])));
        all.push(index(&cycle(&["-1", ":"])));
        all.push(index(&vec!["0"; rank + 1]));
    }
    all
}

/// Element by element, from Python's meaning of a slice.
pub fn slice(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let Some(Value::Str(text)) = given.get("index") else { return Err("no index") };
    let words: Vec<&str> = text.split(", ").filter(|w| *w != "...").collect();
    if words.len() > data.shape.len() {
        return Err("indices for an array of");
    }
    let mut picks: Vec<(Vec<i64>, bool)> = Vec::new();
    for (a, n) in data.shape.iter().enumerate() {
        let (n, word) = (*n as i64, words.get(a).copied().unwrap_or(":"));
        if let Ok(i) = word.parse::<i64>() {
            let at = if i < 0 { i + n } else { i };
            if !(0..n).contains(&at) {
                return Err("out of range");
            }
            picks.push((vec![at], false));
            continue;
        }
        let parts: Vec<Option<i64>> = word.split(':').map(|p| p.parse().ok()).collect();
        let step = parts.get(2).copied().flatten().unwrap_or(1);
        let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
        let place = |p: Option<i64>, usual: i64| p.map_or(usual, |i| (if i < 0 { i + n } else { i }).clamp(low, high));
        let (first, stop) = if step > 0 { (low, high) } else { (high, low) };
        let (mut at, stop) = (place(parts[0], first), place(parts[1], stop));
        let mut chosen = Vec::new();
        while (step > 0 && at < stop) || (step < 0 && at > stop) {
            chosen.push(at);
            at += step;
        }
        picks.push((chosen, true));
    }
    let nums = data.nums();
    let mut places = vec![0i64];
    for ((chosen, _), n) in picks.iter().zip(&data.shape) {
        places = places.iter().flat_map(|p| chosen.iter().map(move |i| p * *n as i64 + i)).collect();
    }
    let shape = picks.iter().filter(|(_, keeps)| *keeps).map(|(chosen, _)| chosen.len() as u64).collect();
    let values = places.iter().map(|p| nums[*p as usize]).collect();
    Ok(Want { dtype: data.dtype, shape, values, ulps: 0.0, room: vec![] })
}

/// The array after itself, once and twice, along each axis; and where there is none.
pub fn concatenate_params(data: &Data) -> Vec<Given> {
    let twice = Value::List(vec![Value::Str("x".into()), Value::Str("x".into())]);
    let mut all = vec![Given::default().with("with", Value::Str("x".into()))];
    for a in 0..data.shape.len() as i64 {
        let axis = if a % 2 == 0 { a } else { a - data.shape.len() as i64 };
        all.push(Given::default().with("with", twice.clone()).with("axis", Value::Int(axis)));
    }
    all.push(Given::default().with("with", twice).with("axis", Value::Int(data.shape.len() as i64)));
    all
}

pub fn stack_params(data: &Data) -> Vec<Given> {
    let mut all = concatenate_params(data);
    all.push(Given::default().with("with", Value::Str("x".into())).with("axis", Value::Int(-1)));
    all
}

/// How many arrays there are.
fn copies(given: &Given) -> usize {
    if let Some(Value::List(l)) = given.get("with") { l.len() + 1 } else { 2 }
}

/// Whole blocks below the axis, one array after the other.
fn joined(data: &Data, copies: usize, shape: Vec<u64>, block: usize) -> Result<Want, &'static str> {
    let nums = data.nums();
    let blocks = nums.chunks(block.max(1)).flat_map(|b| std::iter::repeat_n(b, copies).flatten().copied());
    Ok(Want { dtype: data.dtype, shape, values: blocks.collect(), ulps: 0.0, room: vec![] })
}

pub fn concatenate(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let rank = data.shape.len() as i64;
    let axis = given.number("axis").unwrap_or(0.0) as i64;
    if rank == 0 {
        return Err("cannot be concatenated");
    }
    if !(-rank..rank).contains(&axis) {
        return Err("out of range");
    }
    let axis = axis.rem_euclid(rank) as usize;
    let mut shape = data.shape.clone();
    shape[axis] *= copies(given) as u64;
    joined(data, copies(given), shape, data.shape[axis..].iter().product::<u64>() as usize)
}

pub fn stack(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let n = data.shape.len() as i64 + 1;
    let axis = given.number("axis").unwrap_or(0.0) as i64;
    if !(-n..n).contains(&axis) {
        return Err("out of range");
    }
    let axis = axis.rem_euclid(n) as usize;
    let mut shape = data.shape.clone();
    shape.insert(axis, copies(given) as u64);
    joined(data, copies(given), shape, data.shape[axis..].iter().product::<u64>() as usize)
}

/// Flat, every axis cut in two where that is possible, axes merged, two axes changed at once, and what is refused.
pub fn reshape_params(data: &Data) -> Vec<Given> {
    let shaped =
        |shape: &[i64]| Given::default().with("shape", Value::List(shape.iter().map(|n| Value::Int(*n)).collect()));
    let own: Vec<i64> = data.shape.iter().map(|n| *n as i64).collect();
    let n: i64 = own.iter().product();
    let mut all = vec![Given::default().with("shape", Value::Int(-1)), shaped(&[1, n, 1]), shaped(&[n + 1])];
    all.push(shaped(&own.iter().copied().rev().chain([1]).collect::<Vec<_>>()));
    for parts in [2, 3, 5] {
        all.push(shaped(&[-1, parts]));
        all.push(shaped(&[parts, -1]));
    }
    if own.len() > 1 {
        all.push(shaped(&[&own[..own.len() - 2], &[-1]].concat()));
    }
    all
}

pub fn reshape(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let n = data.shape.iter().product::<u64>() as i64;
    let mut shape: Vec<i64> = given.numbers("shape", 1).unwrap().iter().map(|n| *n as i64).collect();
    let known: i64 = shape.iter().filter(|n| **n >= 0).product();
    if let Some(open) = shape.iter().position(|n| *n < 0) {
        if known == 0 || n % known != 0 {
            return Err("is not a multiple of");
        }
        shape[open] = n / known;
    } else if known != n {
        return Err("that has");
    }
    let shape = shape.iter().map(|n| *n as u64).collect();
    Ok(Want { dtype: data.dtype, shape, values: data.nums(), ulps: 0.0, room: vec![] })
}
