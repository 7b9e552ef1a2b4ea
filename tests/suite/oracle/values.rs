//! Values that are found by sorting: distinct ones, the most frequent, the first few.

use super::exact::cells;
use super::reduce::{axis_sets, folded, params as reduce_params, valid};
use super::{Given, Want};
use crate::support::{Data, Num};
use std::cmp::Ordering;
use tilewise::array::DType;
use tilewise::kernel::Value;

/// NumPy's order: NaN last; zeros are equal.
fn order(a: &Num, b: &Num) -> Ordering {
    match (a, b) {
        (Num::Int(a), Num::Int(b)) => a.cmp(b),
        _ => a.f64().partial_cmp(&b.f64()).unwrap_or_else(|| a.f64().is_nan().cmp(&b.f64().is_nan())),
    }
}

/// Sorted, a zero without its sign.
fn sorted(nums: impl Iterator<Item = Num>) -> Vec<Num> {
    let mut all: Vec<Num> =
        nums.map(|n| if n.f64() == 0.0 && !matches!(n, Num::Int(_)) { Num::Real(0.0) } else { n }).collect();
    all.sort_by(order);
    all
}

/// Distinct values, ascending, with their counts.
fn distinct(nums: impl Iterator<Item = Num>) -> Vec<(Num, usize)> {
    let all = sorted(nums);
    all.chunk_by(|a, b| order(a, b) == Ordering::Equal).map(|run| (run[0], run.len())).collect()
}

pub fn unique_params(_: &Data) -> Vec<Given> {
    let most = |n: i64| Given::default().with("values_max", Value::Int(n));
    vec![Given::default(), most(3), most(100)]
}

fn all_distinct(data: &Data, given: &Given) -> Result<Vec<(Num, usize)>, &'static str> {
    let list = distinct(data.nums().into_iter());
    let most = given.number("values_max").unwrap_or(65_536.0);
    if list.len() as f64 > most { Err("distinct values, of which values_max allows") } else { Ok(list) }
}

pub fn unique(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let values: Vec<Num> = all_distinct(data, given)?.into_iter().map(|(x, _)| x).collect();
    Ok(Want { dtype: data.dtype, shape: vec![values.len() as u64], values, ulps: 0.0, room: vec![] })
}

pub fn unique_counts(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let values: Vec<Num> = all_distinct(data, given)?.into_iter().map(|(_, n)| Num::Int(n as i128)).collect();
    Ok(Want { dtype: DType::I64, shape: vec![values.len() as u64], values, ulps: 0.0, room: vec![] })
}

pub fn mode_params(data: &Data) -> Vec<Given> {
    let most = |(i, given): (usize, Given)| if i % 3 == 1 { given.with("values_max", Value::Int(40)) } else { given };
    reduce_params(data).into_iter().enumerate().map(most).collect()
}

pub fn mode(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let (axes, nums) = (folded(data, given), data.nums());
    let all = cells(&data.shape, &axes);
    if all.iter().any(Vec::is_empty) {
        return Err("of nothing");
    }
    let mut values = Vec::new();
    for cell in &all {
        // NaN that is left out is counted among the distinct values all the same.
        let list = distinct(cell.iter().map(|i| nums[*i]));
        if list.len() as f64 > given.number("values_max").unwrap_or(65_536.0) {
            return Err("distinct values, of which values_max allows");
        }
        let list = distinct(valid(cell.iter().map(|i| nums[*i]), given).into_iter());
        let most = list.iter().map(|(_, n)| *n).max().unwrap_or(0);
        let nan = list.is_empty() || list.iter().any(|(x, _)| x.f64().is_nan());
        let best = list.iter().find(|(_, n)| *n == most).map_or(Num::Real(f64::NAN), |(x, _)| *x);
        values.push(if nan { Num::Real(f64::NAN) } else { best });
    }
    let kept = |a: &usize| given.flag("keepdims") || !axes.contains(a);
    let extent = |a: usize| if axes.contains(&a) { 1 } else { data.shape[a] };
    let shape = (0..data.shape.len()).filter(kept).map(extent).collect();
    Ok(Want { dtype: data.dtype, shape, values, ulps: 0.0, room: vec![] })
}

pub fn topk_params(data: &Data) -> Vec<Given> {
    let mut all = Vec::new();
    for (i, axes) in axis_sets(data).into_iter().enumerate() {
        let given = Given(axes.map(|a| ("axes", a)).into_iter().collect());
        let k = |n: i64| given.with("k", Value::Int(n));
        all.push(k(1 + i as i64 % 3));
        all.push(k(2).with("largest", Value::Bool(false)));
        all.push(k(if i == 0 { 60 } else { 3 }).with("skipna", Value::Bool(true)));
        all.push(k(1).with("largest", Value::Bool(false)).with("skipna", Value::Bool(true)));
    }
    all
}

pub fn topk(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let (axes, nums) = (folded(data, given), data.nums());
    let k = given.number("k").unwrap() as usize;
    if axes.iter().map(|a| data.shape[*a] as usize).product::<usize>() < k {
        return Err("elements that each result has to choose from");
    }
    let of = |cell: &Vec<usize>| {
        let mut all = sorted(valid(cell.iter().map(|i| nums[*i]), given).into_iter());
        if given.get("largest") != Some(&Value::Bool(false)) {
            all.reverse();
        }
        all.resize(all.len().max(k), Num::Real(f64::NAN));
        all
    };
    let found: Vec<Vec<Num>> = cells(&data.shape, &axes).iter().map(of).collect();
    let values = (0..k).flat_map(|i| found.iter().map(move |cell| cell[i])).collect();
    let mut shape = vec![k as u64];
    shape.extend((0..data.shape.len()).filter(|a| !axes.contains(a)).map(|a| data.shape[a]));
    Ok(Want { dtype: data.dtype, shape, values, ulps: 0.0, room: vec![] })
}
