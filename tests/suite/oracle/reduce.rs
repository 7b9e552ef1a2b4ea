//! Sums, means, spreads and extremes of cells.

use super::exact::{self, cells};
use super::{Given, ONE_ROUNDING, Want, arrays, list, real_dtypes, word};
use crate::support::{Data, Num, tame, wild};
use tilewise::array::DType;
use tilewise::kernel::Value;

/// Beside small shapes: lines beyond a leaf of 1024, columns beyond one of 64 rows, nothing, one.
pub fn inputs() -> Vec<Data> {
    let dtypes: Vec<DType> = real_dtypes().collect();
    let mut all = arrays(&dtypes, &[&[7], &[3, 5], &[4, 3, 5], &[1100], &[130, 9]]);
    let few = [DType::U8, DType::I64, DType::F16, DType::F32, DType::F64, DType::Bool];
    all.extend(arrays(&few, &[&[], &[], &[1], &[1], &[0], &[0, 3], &[3, 0], &[2, 0, 3], &[1, 1, 1]]));
    all.extend(arrays(&[DType::F32, DType::F64, DType::I16], &[&[70_001], &[9, 2, 1, 70, 3]]));
    all.push(tame(DType::F32, &[5, 6, 7], 3).named("tyx"));
    all.push(Data::reals(DType::F64, &[700], &[0.1; 700]));
    // Far from 0: squares would lose the variance.
    let far: Vec<f64> = tame(DType::F64, &[2000], 4).f64s().iter().map(|x| x + 1e12).collect();
    all.push(Data::reals(DType::F64, &[20, 100], &far));
    // Most of the sum cancels.
    let cancels: Vec<f64> = (0..999).map(|i| [1e17, 0.125, -1e17][i % 3]).collect();
    all.push(Data::reals(DType::F64, &[999], &cancels));
    all.push(Data::reals(DType::F64, &[2, 3], &[f64::NAN; 6]));
    all.push(Data::reals(DType::F64, &[3], &[f64::INFINITY, 1.0, f64::NEG_INFINITY]));
    all.push(Data::reals(DType::F32, &[2, 2], &[-0.0, 0.0, -0.0, -0.0]));
    all.push(Data::reals(DType::F64, &[4], &[f64::MAX, f64::MAX, 1.0, 2.0]));
    all.push(wild(DType::U64, &[2], 1));
    all
}

/// All axes, each, some pairs; numbers from the end; letters where there are names; none at all.
pub fn axis_sets(data: &Data) -> Vec<Option<Value>> {
    let rank = data.shape.len();
    let mut sets = vec![None];
    sets.extend((0..rank).map(|a| Some(Value::Int(a as i64 - if a % 2 == 1 { rank as i64 } else { 0 }))));
    sets.extend((1..rank).map(|a| Some(list(&[a, a - 1]))));
    if rank > 2 {
        sets.push(Some(list(&[0, rank - 1])));
        sets.push(Some(list(&[])));
    }
    sets.extend(data.axes.as_ref().map(|names| Some(word(&names[1..]))));
    sets
}

pub fn params(data: &Data) -> Vec<Given> {
    let mut all = Vec::new();
    for (i, axes) in axis_sets(data).into_iter().enumerate() {
        let given = Given(axes.map(|a| ("axes", a)).into_iter().collect());
        all.push(given.with("skipna", Value::Bool(true)));
        all.push(if i % 2 == 0 { given.with("keepdims", Value::Bool(true)) } else { given });
    }
    all
}

pub fn spread_params(data: &Data) -> Vec<Given> {
    let ddof =
        |(i, given): (usize, Given)| if i % 3 == 0 { given } else { given.with("ddof", Value::Int(i as i64 % 4)) };
    params(data).into_iter().enumerate().map(ddof).collect()
}

/// The axes to fold; all where none are given.
pub fn folded(data: &Data, given: &Given) -> Vec<usize> {
    given.axes(data).unwrap_or_else(|| (0..data.shape.len()).collect())
}

/// One result for each cell.
fn reduce(
    data: &Data,
    given: &Given,
    dtype: DType,
    ulps: f64,
    one: impl Fn(&[Num]) -> Result<Num, &'static str>,
) -> Result<Want, &'static str> {
    let axes = folded(data, given);
    let nums = data.nums();
    let of = |cell: &Vec<usize>| one(&valid(cell.iter().map(|i| nums[*i]), given));
    let values = cells(&data.shape, &axes).iter().map(of).collect::<Result<Vec<Num>, _>>()?;
    let kept = |a: &usize| given.flag("keepdims") || !axes.contains(a);
    let extent = |a: usize| if axes.contains(&a) { 1 } else { data.shape[a] };
    let shape = (0..data.shape.len()).filter(kept).map(extent).collect();
    Ok(Want { dtype, shape, values, ulps, room: vec![] })
}

/// Without NaN where they are to be left out.
pub fn valid(nums: impl Iterator<Item = Num>, given: &Given) -> Vec<Num> {
    nums.filter(|x| !(given.flag("skipna") && x.f64().is_nan())).collect()
}

pub fn floats(cell: &[Num]) -> Vec<f64> {
    cell.iter().map(|x| x.f64()).collect()
}

/// Floats are within one rounding to f64 and one to the dtype of the exact sum; integers are it.
pub fn sum(data: &Data, given: &Given) -> Result<Want, &'static str> {
    if data.dtype.is_float() {
        return reduce(data, given, data.dtype, ONE_ROUNDING, |cell| Ok(Num::Real(exact::sum(&floats(cell)))));
    }
    let dtype = if data.dtype.is_signed() { DType::I64 } else { DType::U64 };
    reduce(data, given, dtype, 0.0, |cell| {
        let sum: i128 = cell.iter().map(|x| x.int()).sum();
        let fits = if dtype == DType::I64 { i64::try_from(sum).is_ok() } else { u64::try_from(sum).is_ok() };
        if fits { Ok(Num::Int(sum)) } else { Err("lies beyond the range of") }
    })
}

/// Two roundings, of the sum and of the quotient, in each of the two implementations.
pub fn mean(data: &Data, given: &Given) -> Result<Want, &'static str> {
    reduce(data, given, DType::F64, 2.0, |cell| Ok(Num::Real(mean_of(cell))))
}

pub fn mean_of(cell: &[Num]) -> f64 {
    let n = cell.len() as f64;
    match cell.first() {
        Some(Num::Int(_)) => cell.iter().map(|x| x.int()).sum::<i128>() as f64 / n,
        _ => exact::sum(&floats(cell)) / n,
    }
}

/// Beside the last roundings: the squares of a leaf of up to 1024 elements are added in f64, and
/// 64-bit integers become f64 first.
pub fn var(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let ddof = given.number("ddof").unwrap_or(0.0);
    reduce(data, given, DType::F64, 16.0, |cell| Ok(Num::Real(exact::variance(&floats(cell), ddof))))
}

pub fn std(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let ddof = given.number("ddof").unwrap_or(0.0);
    reduce(data, given, DType::F64, 16.0, |cell| Ok(Num::Real(exact::variance(&floats(cell), ddof).sqrt())))
}

/// The smallest or largest of a cell: NaN wins, -0 is below +0.
pub fn extreme(cell: &[Num], largest: bool) -> Num {
    if cell.iter().any(|x| x.f64().is_nan()) || cell.is_empty() {
        return Num::Real(f64::NAN);
    }
    if largest { cell.iter().copied().max_by(order) } else { cell.iter().copied().min_by(order) }.unwrap()
}

/// The order of selections.
pub fn order(a: &Num, b: &Num) -> std::cmp::Ordering {
    match (a, b) {
        (Num::Int(a), Num::Int(b)) => a.cmp(b),
        _ => exact::order(&a.f64(), &b.f64()),
    }
}

fn choose(data: &Data, given: &Given, largest: bool) -> Result<Want, &'static str> {
    let nothing = cells(&data.shape, &folded(data, given)).iter().any(Vec::is_empty);
    if nothing {
        return Err("of nothing");
    }
    reduce(data, given, data.dtype, 0.0, |cell| Ok(extreme(cell, largest)))
}

pub fn min(data: &Data, given: &Given) -> Result<Want, &'static str> {
    choose(data, given, false)
}

pub fn max(data: &Data, given: &Given) -> Result<Want, &'static str> {
    choose(data, given, true)
}

/// The place in a cell of the element that nobody before it is better than; the first NaN, or none.
fn place(
    data: &Data,
    given: &Given,
    better: fn(f64, f64) -> bool,
    int: fn(i128, i128) -> bool,
) -> Result<Want, &'static str> {
    let nums = data.nums();
    let axes = folded(data, given);
    let whole = cells(&data.shape, &axes);
    if whole.iter().any(Vec::is_empty) {
        return Err("of nothing");
    }
    let one = |cell: &Vec<usize>| {
        let mut best: Option<(usize, Num)> = None;
        for (i, at) in cell.iter().enumerate() {
            let x = nums[*at];
            if x.f64().is_nan() {
                if given.flag("skipna") {
                    continue;
                }
                return Ok(Num::Int(i as i128));
            }
            let wins = match (best, x) {
                (None, _) => true,
                (Some((_, Num::Int(b))), Num::Int(x)) => int(x, b),
                (Some((_, b)), x) => better(x.f64(), b.f64()),
            };
            if wins {
                best = Some((i, x));
            }
        }
        best.map(|(i, _)| Num::Int(i as i128)).ok_or("all elements are NaN")
    };
    let values = whole.iter().map(one).collect::<Result<Vec<Num>, _>>()?;
    Ok(Want { values, ..reduce(data, &Given(given.0.clone()), DType::I64, 0.0, |_| Ok(Num::Int(0)))? })
}

pub fn argmin(data: &Data, given: &Given) -> Result<Want, &'static str> {
    place(data, given, |x, b| x < b, |x, b| x < b)
}

pub fn argmax(data: &Data, given: &Given) -> Result<Want, &'static str> {
    place(data, given, |x, b| x > b, |x, b| x > b)
}

pub fn first(data: &Data, given: &Given) -> Result<Want, &'static str> {
    end(data, given, |cell| cell.first().copied())
}

pub fn last(data: &Data, given: &Given) -> Result<Want, &'static str> {
    end(data, given, |cell| cell.last().copied())
}

fn end(data: &Data, given: &Given, pick: fn(&[Num]) -> Option<Num>) -> Result<Want, &'static str> {
    if cells(&data.shape, &folded(data, given)).iter().any(Vec::is_empty) {
        return Err("of nothing");
    }
    reduce(data, given, data.dtype, 0.0, |cell| Ok(pick(cell).unwrap_or(Num::Real(f64::NAN))))
}
