//! Groups by going through all elements once for each.

use super::exact::{self, cells};
use super::reduce::{extreme, folded, valid};
use super::{Given, ONE_ROUNDING, Want, compare, list, word};
use crate::support::{Data, Folder, Noise, Num, fine, flat, indices, input, tame, wild};
use std::collections::HashMap;
use tilewise::array::DType;
use tilewise::kernel::Value;

const STATS: [&str; 8] = ["sum", "mean", "count", "min", "max", "std", "var", "median"];

/// Arrays that are their own labels.
pub fn params(data: &Data) -> Vec<Given> {
    let own = |stat: &str| Given::default().with("labels", word("x")).with("stat", word(stat));
    // Medians count each group.
    let groups = |stat: &str| Value::Int(if stat == "median" { 130 } else { 3000 });
    let mut all: Vec<Given> = STATS.iter().map(|s| own(s).with("groups", groups(s))).collect();
    all.extend([own("count"), own("sum"), own("max"), own("median")]);
    all.push(own("count").with("groups", Value::Int(1)));
    if data.shape.len() > 1 {
        all.push(own("mean").with("groups", Value::Int(130)).with("axes", list(&[0])));
        all.push(own("count").with("axes", list(&[1])));
    }
    all
}

pub fn grouped(data: &Data, given: &Given) -> Result<Want, &'static str> {
    by(data, data, given)
}

/// The sum of numbers, where one on the way may lie beyond the largest f64.
fn sum(values: &[f64], over: f64) -> f64 {
    if values.iter().any(|x| !x.is_finite()) {
        return values.iter().fold(0.0, |s, x| s + if x.is_finite() { 0.0 } else { *x });
    }
    let scale = if values.iter().any(|x| x.abs() > 1e300) { 2f64.powi(-60) } else { 1.0 };
    exact::sum(&values.iter().map(|x| x * scale).collect::<Vec<_>>()) / over / scale
}

/// The two elements in the middle, which may be one.
fn middle(cell: &[Num]) -> Option<(f64, f64)> {
    let mut sorted: Vec<f64> = cell.iter().map(|x| x.f64()).collect();
    sorted.sort_by(f64::total_cmp);
    Some((*sorted.get((cell.len().max(1) - 1) / 2)?, *sorted.get(cell.len() / 2)?))
}

/// The statistic of one group.
fn one(cell: &[Num], stat: &str, ddof: f64, dtype: DType) -> Result<Num, &'static str> {
    let floats: Vec<f64> = cell.iter().map(|x| x.f64()).collect();
    let n = cell.len() as f64;
    Ok(match stat {
        "count" => Num::Int(cell.len() as i128),
        "min" | "max" if cell.is_empty() && !dtype.is_float() => return Err("of nothing"),
        "min" | "max" => extreme(cell, stat == "max"),
        "sum" if !dtype.is_float() => {
            let sum: i128 = cell.iter().map(|x| x.int()).sum();
            let fits = if dtype.is_signed() { i64::try_from(sum).is_ok() } else { u64::try_from(sum).is_ok() };
            if !fits {
                return Err("lies beyond the range of");
            }
            Num::Int(sum)
        }
        "sum" => Num::Real(sum(&floats, 1.0)),
        "mean" if cell.is_empty() => Num::Real(f64::NAN),
        "mean" if !dtype.is_float() => Num::Real(cell.iter().map(|x| x.int()).sum::<i128>() as f64 / n),
        "mean" => Num::Real(sum(&floats, n)),
        "median" => Num::Real(match middle(cell) {
            // A zero that is found has no sign.
            Some((low, high)) if !floats.iter().any(|x| x.is_nan()) => {
                if low == high {
                    low + 0.0
                } else {
                    low * 0.5 + high * 0.5
                }
            }
            _ => f64::NAN,
        }),
        _ => {
            let var = exact::variance(&floats, ddof);
            Num::Real(if stat == "std" { var.sqrt() } else { var })
        }
    })
}

fn by(data: &Data, labels: &Data, given: &Given) -> Result<Want, &'static str> {
    let mut axes = folded(data, given);
    axes.sort_unstable();
    let of_axes: Vec<u64> = axes.iter().map(|a| data.shape[*a]).collect();
    if labels.dtype.is_float() {
        return Err("labels are integers or bool");
    }
    let full = labels.shape == data.shape;
    if !full && labels.shape != of_axes {
        return Err("labels have the shape of the array");
    }
    let own = labels.nums();
    let most = match labels.dtype {
        DType::Bool => 2,
        DType::I8 => 128,
        DType::U8 => 256,
        DType::I16 => 32_768,
        _ => 65_536,
    };
    let groups = match given.number("groups") {
        Some(n) => n as i128,
        None if given.text("stat") == Some("median") => return Err("how many are there"),
        None if labels.shape.len() > axes.len() => return Err("how many groups are there"),
        None => own.iter().map(|x| x.int() + 1).max().unwrap_or(0).max(0),
    };
    match given.number("groups") {
        // Labels that no element has are not looked at.
        Some(_) if !data.nums().is_empty() && own.iter().any(|x| x.int() >= groups) => return Err("has no group"),
        None if groups > most => return Err("lies beyond"),
        _ => {}
    }
    let at: Vec<Vec<u64>> = indices(&data.shape);
    let label = |i: usize| match full {
        true => own[i].int(),
        false => own[flat(&labels.shape, &axes.iter().map(|a| at[i][*a]).collect::<Vec<_>>())].int(),
    };
    let (stat, ddof) = (given.text("stat").unwrap_or("mean"), given.number("ddof").unwrap_or(0.0));
    let (nums, all) = (data.nums(), cells(&data.shape, &axes));
    // The elements of each cell by their labels.
    let sorted: Vec<HashMap<i128, Vec<Num>>> = all
        .iter()
        .map(|cell| {
            let mut groups: HashMap<i128, Vec<Num>> = HashMap::new();
            cell.iter().for_each(|i| groups.entry(label(*i)).or_default().push(nums[*i]));
            groups
        })
        .collect();
    let (mut values, mut room) = (Vec::new(), Vec::new());
    for group in 0..groups {
        for cell in &sorted {
            let mine = valid(cell.get(&group).into_iter().flatten().copied(), given);
            let value = one(&mine, stat, ddof, data.dtype)?;
            // Beyond 2^53 the oracle's elements are rounded to f64.
            let largest = mine.iter().fold(0.0f64, |m, x| m.max(x.f64().abs()));
            let near = if largest < 2f64.powi(53) || data.dtype.is_float() { 0.0 } else { largest * 4e-15 };
            room.push(match stat {
                "var" => near * value.f64().sqrt(),
                "std" => near,
                // Half of each is not half of what is between.
                "median" => middle(&mine).map_or(0.0, |(a, b)| 4e-16 * (a.abs() + b.abs()) + 2e-323),
                _ => 0.0,
            });
            values.push(value);
        }
    }
    let (dtype, ulps) = match stat {
        "count" => (DType::I64, 0.0),
        "min" | "max" => (data.dtype, 0.0),
        "sum" if data.dtype.is_float() => (data.dtype, ONE_ROUNDING),
        "sum" => (if data.dtype.is_signed() { DType::I64 } else { DType::U64 }, 0.0),
        "median" => (data.dtype.real(), 1.0),
        "mean" => (DType::F64, 2.0),
        _ => (DType::F64, 16.0),
    };
    let mut shape = vec![groups as u64];
    shape.extend((0..data.shape.len()).filter(|a| !axes.contains(a)).map(|a| data.shape[a]));
    Ok(Want { dtype, shape, values, ulps, room })
}

/// Labels below 4, some of them negative where there is a sign.
fn some_labels(dtype: DType, shape: &[u64]) -> Data {
    let mut noise = Noise::new(shape.len() as u64);
    let n = shape.iter().product::<u64>();
    let low = if dtype.is_signed() { -1 } else { 0 };
    let number = |_| Num::Int((noise.below(if dtype == DType::Bool { 2 } else { 5 }) as i128 + low).min(3));
    Data::new(dtype, shape, &(0..n).map(number).collect::<Vec<_>>())
}

/// Labels of the shape of the array, and of the axes worked over.
#[test]
fn groups_by_labels_of_their_own() {
    let folder = Folder::new();
    let mut seed = 0;
    for dtype in [DType::U8, DType::I16, DType::I64, DType::F16, DType::BF16, DType::F32, DType::F64, DType::Bool] {
        for (shape, axes) in [
            (&[90u64][..], None),
            (&[7, 12], None),
            (&[7, 12], Some(vec![0])),
            (&[5, 4, 9], Some(vec![0])),
            (&[5, 4, 9], Some(vec![2])),
            (&[5, 4, 9], Some(vec![2, 0])),
            (&[0, 3], Some(vec![0])),
            (&[], None),
        ] {
            seed += 1;
            let data = match seed % 3 {
                0 => wild(dtype, shape, seed),
                1 => tame(dtype, shape, seed),
                _ => fine(dtype, shape, seed),
            };
            let mut ordered = axes.clone().unwrap_or((0..shape.len()).collect());
            ordered.sort_unstable();
            let of_axes: Vec<u64> = ordered.iter().map(|a| shape[*a]).collect();
            let types = [DType::I8, DType::U8, DType::I32, DType::U64, DType::Bool];
            for (i, shape) in [shape.to_vec(), of_axes].iter().enumerate() {
                let labels = some_labels(types[(seed as usize + i) % types.len()], shape);
                folder.npy("x.npy", &data);
                folder.npy("l.npy", &labels);
                for (j, stat) in STATS.iter().enumerate() {
                    let mut given = Given::default().with("labels", word("l")).with("stat", word(stat));
                    if let Some(axes) = &axes {
                        given = given.with("axes", list(axes));
                    }
                    if j % 2 == 0 || j == 7 {
                        given = given.with("groups", Value::Int(if j == 2 { 5 } else { 4 }));
                    }
                    given = given.with("skipna", Value::Bool(seed % 2 == 0)).with("ddof", Value::Int(j as i64 % 2));
                    let inputs = input("x", "x.npy", &data) + &input("l", "l.npy", &labels);
                    let step = format!("[[step]]\nkernel = \"grouped\"\nfrom = \"x\"\n{}", given.toml());
                    let text = format!("[inputs]\n{inputs}{step}[outputs]\ngrouped = \"g.npy\"\n");
                    let got = folder.run(&text, &folder.options()).map_err(|e| e.to_string());
                    match (by(&data, &labels, &given), got) {
                        (Ok(want), Ok(got)) => {
                            let why = compare(&got[0], &want);
                            assert!(why.is_ok(), "{text}{data:?}\n{labels:?}\n{got:?}\n{}", why.unwrap_err());
                        }
                        (Err(want), Err(got)) => assert!(got.contains(want), "{text}{got}\nlacks {want}"),
                        (want, got) => panic!("{text}{data:?}\n{labels:?}\n{got:?}\n{:?}", want.map(|w| w.values)),
                    }
                }
            }
        }
    }
}
