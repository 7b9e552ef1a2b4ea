//! Rescaling by the statistics of cells.

use super::exact::{self, cells};
use super::reduce::{extreme, folded, mean_of, params, valid};
use super::{Given, ONE_ROUNDING, Want, arrays, real_dtypes};
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
