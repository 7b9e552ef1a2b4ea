//! Connected components, by a flood fill from each element that has no label yet.

use super::{Given, Want, list, real_dtypes};
use crate::support::{Data, Folder, Num, flat, indices, input, tame};
use std::collections::HashMap;
use tilewise::array::DType;
use tilewise::job::JobOptions;
use tilewise::kernel::Value;

/// An array of which some elements are 0, by chance.
fn sparse(dtype: DType, shape: &[u64], zeros: f64, seed: u64) -> Data {
    let chance = tame(DType::F64, shape, seed + 1000).f64s();
    let values = tame(dtype, shape, seed).f64s();
    let one = |(x, c): (&f64, &f64)| if (c + 50.0) / 100.0 < zeros { 0.0 } else { x.abs() + 1.0 };
    Data::reals(dtype, shape, &values.iter().zip(&chance).map(one).collect::<Vec<_>>())
}

pub fn label_inputs() -> Vec<Data> {
    let mut all = Vec::new();
    for (i, dtype) in real_dtypes().enumerate() {
        all.push(sparse(dtype, &[33, 47], 0.4 + 0.05 * (i % 4) as f64, i as u64));
        all.push(tame(dtype, &[70], i as u64));
    }
    let shapes: [&[u64]; 10] =
        [&[], &[1], &[0, 3], &[3, 0], &[1000], &[9, 8, 7], &[70, 90], &[4, 5, 6, 7], &[2, 300, 3], &[3, 2, 400]];
    for (i, shape) in shapes.into_iter().enumerate() {
        for zeros in [0.4, 0.7, 0.85] {
            all.push(sparse(DType::U8, shape, zeros, i as u64));
        }
    }
    // NaN is not 0, -0 is.
    let odd = [f64::NAN, 0.0, -0.0, 1.0, f64::INFINITY, -0.0, f64::NAN, 1e-310];
    all.push(Data::reals(DType::F64, &[2, 4], &odd));
    all.push(Data::reals(DType::F16, &[8], &odd));
    all
}

pub fn label_params(data: &Data) -> Vec<Given> {
    let rank = data.shape.len();
    let mut all = vec![Given::default(), Given::default().with("dtype", Value::Str("i64".into()))];
    all.extend((2..=rank + 1).map(|c| Given::default().with("connectivity", Value::Int(c as i64))));
    // Any of the axes, in any order; more connectivity than they have is refused.
    for set in 1..1u32 << rank {
        let axes: Vec<usize> = (0..rank).rev().filter(|a| set >> a & 1 == 1).collect();
        let given = Given::default().with("axes", list(&axes));
        all.push(given.with("connectivity", Value::Int(axes.len() as i64 + i64::from(set % 5 == 2))));
        all.push(given);
    }
    all
}

pub fn label(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let axes = given.axes(data).unwrap_or_else(|| (0..data.shape.len()).collect());
    let connectivity = given.number("connectivity").unwrap_or(1.0) as usize;
    if connectivity > axes.len().max(1) {
        return Err("is more than the");
    }
    let dtype = if given.text("dtype") == Some("i64") { DType::I64 } else { DType::I32 };
    let lit: Vec<bool> = data.f64s().iter().map(|x| *x != 0.0).collect();
    let every = indices(&data.shape);
    let mut labels = vec![0i128; lit.len()];
    let mut counts: HashMap<Vec<u64>, i128> = HashMap::new();
    let beside: Vec<Vec<u64>> = indices(&vec![3; data.shape.len()])
        .into_iter()
        .filter(|by| by.iter().filter(|d| **d != 1).count() <= connectivity)
        .filter(|by| by.iter().enumerate().all(|(a, d)| *d == 1 || axes.contains(&a)))
        .collect();
    for start in 0..lit.len() {
        if !lit[start] || labels[start] != 0 {
            continue;
        }
        let frame = (0..data.shape.len()).filter(|a| !axes.contains(a)).map(|a| every[start][a]).collect();
        let count = counts.entry(frame).or_default();
        *count += 1;
        labels[start] = *count;
        let mut stack = vec![start];
        while let Some(at) = stack.pop() {
            for by in &beside {
                // One more than the index, so that it does not go below 0.
                let to: Vec<u64> = every[at].iter().zip(by).map(|(i, d)| i + d).collect();
                if to.iter().zip(&data.shape).any(|(i, n)| *i == 0 || i > n) {
                    continue;
                }
                let to = flat(&data.shape, &to.iter().map(|i| i - 1).collect::<Vec<_>>());
                if lit[to] && labels[to] == 0 {
                    labels[to] = *count;
                    stack.push(to);
                }
            }
        }
    }
    let values = labels.into_iter().map(Num::Int).collect();
    Ok(Want { dtype, shape: data.shape.clone(), values, ulps: 0.0, room: vec![] })
}

/// Components that go through all tiles, whatever the tiles, and whatever the order in which workers end.
#[test]
fn components_over_many_tiles() {
    let folder = Folder::new();
    for (shape, zeros) in [(&[90u64, 110][..], 0.41), (&[12, 30, 20], 0.69), (&[5, 40, 50], 0.85)] {
        let data = sparse(DType::U16, shape, zeros, 11);
        folder.npy("x.npy", &data);
        let ways = (1..=shape.len()).map(|c| Given::default().with("connectivity", Value::Int(c as i64)));
        let along = [0usize, shape.len() - 1].map(|a| Given::default().with("axes", list(&[a])));
        let pair = Given::default().with("axes", list(&[0, shape.len() - 1])).with("connectivity", Value::Int(2));
        for given in ways.chain(along).chain([pair]) {
            let want = label(&data, &given).unwrap();
            let text = format!(
                "[inputs]\n{}[[step]]\nname = \"s\"\nkernel = \"label\"\nfrom = \"x\"\n{}[outputs]\ns = \"out.npy\"\n",
                input("x", "x.npy", &data),
                given.toml()
            );
            for (threads, tile) in
                [(1, vec![1; 3]), (3, vec![1; 3]), (2, vec![7; 3]), (2, vec![2, 20, 100]), (1, vec![])]
            {
                let tile = if tile.is_empty() { None } else { Some(tile) };
                let options = JobOptions { threads: Some(threads), tile, ..folder.options() };
                let got = folder.run(&text, &options).unwrap();
                super::compare(&got[0], &want).unwrap();
            }
        }
    }
}
