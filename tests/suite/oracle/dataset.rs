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
