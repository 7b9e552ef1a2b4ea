//! Tables: how columns move together; how often numbers occur.

use super::exact;
use super::{Given, Want, arrays, real_dtypes};
use crate::support::{Data, Num, fine, tame};
use tilewise::array::DType;
use tilewise::kernel::Value;

/// Beside small tables: several leaves of 64 rows, no rows, no columns, far from 0, and what is no table.
pub fn inputs() -> Vec<Data> {
    let dtypes: Vec<DType> = real_dtypes().collect();
    let mut all = arrays(&dtypes, &[&[7, 3], &[70, 2], &[5], &[2, 3, 4]]);
    for shape in [[1u64, 1], [1, 4], [0, 3], [3, 0], [2, 2], [64, 1], [65, 3], [700, 5], [129, 33]] {
        all.push(fine(DType::F64, &shape, 7));
        all.push(tame(DType::F32, &shape, 8));
    }
    let far: Vec<f64> = tame(DType::F64, &[300, 3], 4).f64s().iter().map(|x| x + 1e12).collect();
    all.push(Data::reals(DType::F64, &[300, 3], &far));
    all.push(Data::reals(DType::F64, &[4, 2], &[1.0, 5.0, 2.0, 5.0, f64::NAN, 5.0, 0.5, 5.0]));
    all
}

pub fn cov_params(_: &Data) -> Vec<Given> {
    let ddof = |n: i64| Given::default().with("ddof", Value::Int(n));
    vec![Given::default(), ddof(0), ddof(2)]
}

pub fn corr_params(_: &Data) -> Vec<Given> {
    vec![Given::default()]
}

/// The sum of products of deviations, exact but for the last rounding of each deviation.
fn products(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len() as f64;
    let apart = |v: &[f64]| -> Vec<f64> {
        let mean = exact::sum(v) / n;
        v.iter().map(|x| x - mean).collect()
    };
    let (x, y) = (apart(x), apart(y));
    let parts: Vec<f64> = x.iter().zip(&y).flat_map(|(a, b)| [a * b, a.mul_add(*b, -(a * b))]).collect();
    // What the rounded means left over.
    exact::sum(&parts) - exact::sum(&x) / n * exact::sum(&y)
}

fn table(data: &Data, one: impl Fn(usize, &[f64], &[f64]) -> (f64, f64)) -> Result<Want, &'static str> {
    let &[rows, columns] = data.shape.as_slice() else { return Err("a table of rows and columns") };
    let (all, columns) = (data.f64s(), columns as usize);
    let column = |c: usize| -> Vec<f64> { (0..rows as usize).map(|r| all[r * columns + c]).collect() };
    let (mut values, mut room) = (Vec::new(), Vec::new());
    for i in 0..columns {
        for j in 0..columns {
            let (value, error) = one(i.abs_diff(j), &column(i), &column(j));
            values.push(Num::Real(value));
            room.push(error);
        }
    }
    Ok(Want { dtype: DType::F64, shape: vec![columns as u64; 2], values, ulps: 1.0, room })
}

pub fn cov(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let ddof = given.number("ddof").unwrap_or(1.0);
    table(data, |_, x, y| {
        let n = x.len() as f64 - ddof;
        if n <= 0.0 || x.iter().chain(y).any(|v| !v.is_finite()) {
            return (f64::NAN, 0.0);
        }
        let room = 1e-14 * (products(x, x) * products(y, y)).sqrt() / n;
        (products(x, y) / n, room)
    })
}

pub fn corr(data: &Data, _: &Given) -> Result<Want, &'static str> {
    table(data, |apart, x, y| {
        let (xx, yy) = (products(x, x), products(y, y));
        let value = if apart == 0 { 1.0 } else { products(x, y) / xx.sqrt() / yy.sqrt() };
        if xx > 0.0 && yy > 0.0 && xx.is_finite() && value.is_finite() { (value, 1e-14) } else { (f64::NAN, 0.0) }
    })
}

pub fn bincount_inputs() -> Vec<Data> {
    let mut all = Vec::new();
    for dtype in [DType::U8, DType::U16, DType::U32, DType::U64, DType::Bool, DType::I8, DType::I64] {
        for (i, shape) in [&[7u64][..], &[30, 40], &[4, 3, 5], &[], &[0, 3], &[70_001]].into_iter().enumerate() {
            all.push(tame(dtype, shape, i as u64));
        }
    }
    let whole: Vec<f64> = (0..600).map(|i| f64::from(i * 7919 % 50)).collect();
    all.push(Data::reals(DType::I32, &[20, 30], &whole));
    all.push(Data::reals(DType::I16, &[600], &whole));
    all.push(tame(DType::F32, &[5], 1));
    all
}

pub fn bincount_params(_: &Data) -> Vec<Given> {
    [100, 1, 50, 3000].iter().map(|n| Given::default().with("bins", Value::Int(*n))).collect()
}

pub fn bincount(data: &Data, given: &Given) -> Result<Want, &'static str> {
    if data.dtype.is_float() {
        return Err("counts whole numbers");
    }
    let bins = given.number("bins").unwrap() as i128;
    let nums = data.nums();
    if nums.iter().any(|x| !(0..bins).contains(&x.int())) {
        return Err("has no bin");
    }
    let count = |bin: i128| Num::Int(nums.iter().filter(|x| x.int() == bin).count() as i128);
    let values = (0..bins).map(count).collect();
    Ok(Want { dtype: DType::I64, shape: vec![bins as u64], values, ulps: 0.0, room: vec![] })
}
