//! Random orders and random numbers, from their definitions and by walking SplitMix64 step by step.

use super::{Given, Want};
use crate::support::{Data, Folder, Num};
use tilewise::array::DType;
use tilewise::kernel::Value;

/// The first `n` outputs of SplitMix64.
fn splitmix(seed: u64, n: usize) -> Vec<u64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9E3779B97F4A7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        z ^ (z >> 31)
    };
    (0..n).map(|_| next()).collect()
}

pub fn shuffle_params(data: &Data) -> Vec<Given> {
    let mut all = vec![Given::default()];
    for a in 0..data.shape.len() as i64 {
        all.push(Given::default().with("seed", Value::Int(5 + a)).with("axis", Value::Int(a)));
    }
    all.push(Given::default().with("axis", Value::Int(data.shape.len() as i64)));
    all
}

/// Where each of `n` records comes from: eight rounds over a grid, anew while the place is beyond `n`.
fn sources(n: u64, seed: u64) -> Vec<u64> {
    let columns = (0..).find(|c| c * c >= n).unwrap();
    let rows = n.div_ceil(columns.max(1));
    let keys = splitmix(seed, 8);
    let draw = |key: u64, half: u64, below: u64| {
        let bits = *splitmix(key, half as usize + 1).last().unwrap();
        (u128::from(bits) * u128::from(below) / (1 << 64)) as u64
    };
    let walk = |place: u64| {
        let (mut row, mut column) = (place / columns, place % columns);
        for (round, key) in keys.iter().enumerate() {
            match round % 2 {
                0 => row = (row + draw(*key, column, rows)) % rows,
                _ => column = (column + draw(*key, row, columns)) % columns,
            }
        }
        row * columns + column
    };
    let source = |place: u64| std::iter::successors(Some(walk(place)), |p| Some(walk(*p))).find(|p| *p < n).unwrap();
    (0..n).map(source).collect()
}

pub fn shuffle(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let rank = data.shape.len();
    if rank == 0 {
        return Err("has no records");
    }
    let axis = given.number("axis").unwrap_or(0.0) as usize;
    if axis >= rank {
        return Err("out of range");
    }
    let (nums, n) = (data.nums(), data.shape[axis]);
    let inner: u64 = data.shape[axis + 1..].iter().product();
    let order = sources(n, given.number("seed").unwrap_or(0.0) as u64);
    let moved = |flat: u64| {
        let (outer, record, rest) = (flat / (inner * n), flat / inner % n, flat % inner);
        nums[((outer * n + order[record as usize]) * inner + rest) as usize]
    };
    let values = (0..nums.len() as u64).map(moved).collect();
    Ok(Want { dtype: data.dtype, shape: data.shape.clone(), values, ulps: 0.0, room: vec![] })
}

pub fn random_params(_: &Data) -> Vec<Given> {
    let text = |s: &str| Value::Str(s.into());
    let normal = || Given::default().with("distribution", text("normal"));
    vec![
        Given::default(),
        Given::default().with("seed", Value::Int(9)).with("low", Value::Float(-2.0)).with("high", Value::Float(6.0)),
        normal().with("seed", Value::Int(3)),
        normal().with("mean", Value::Float(10.0)).with("std", Value::Float(0.5)),
        normal().with("low", Value::Float(1.0)),
        Given::default().with("low", Value::Float(2.0)),
        Given::default().with("std", Value::Float(2.0)),
    ]
}

/// The number below which a share of the standard normal distribution lies: by halving, over the complementary error
/// function as a continued fraction and a series.
fn quantile(p: f64) -> f64 {
    let below = |x: f64| 0.5 * complementary_error(-x / std::f64::consts::SQRT_2);
    let (mut low, mut high) = (-9.0, 9.0);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if below(middle) < p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

fn complementary_error(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - complementary_error(-x);
    }
    let scale = (-x * x).exp() / std::f64::consts::PI.sqrt();
    if x < 2.5 {
        // erf x = 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1))
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= 2.0 * x * x / (2 * n + 1) as f64;
            sum += term;
        }
        return 1.0 - 2.0 * scale * sum;
    }
    // erfc x = e^(-x²)/√π · 1/(x + ½/(x + 1/(x + 3/2/(x + …))))
    let fraction = (1..200).rev().fold(x, |below, n| x + n as f64 / 2.0 / below);
    scale / fraction
}

pub fn random(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let is_normal = given.text("distribution") == Some("normal");
    let has = |name: &str| given.get(name).is_some();
    if is_normal && has("low") {
        return Err("belongs to the distribution \"uniform\"");
    }
    if !is_normal && has("std") {
        return Err("belongs to the distribution \"normal\"");
    }
    if has("low") && !has("high") {
        return Err("is below low");
    }
    if data.dtype.is_complex() {
        return Err("works on real arrays");
    }
    let dtype = match data.dtype {
        d if d.is_float() => d,
        DType::U32 | DType::I32 | DType::U64 | DType::I64 => DType::F64,
        _ => DType::F32,
    };
    let number = |name: &str, unset: f64| given.number(name).unwrap_or(unset);
    let n = data.nums().len();
    let bits = splitmix(number("seed", 0.0) as u64, n);
    let kept = match dtype {
        DType::F16 => 11,
        DType::BF16 => 8,
        DType::F32 => 24,
        _ => 53,
    };
    let (low, high) = (number("low", 0.0), number("high", 1.0));
    let one = |bits: &u64| match is_normal {
        false => low + (high - low) * ((bits >> (64 - kept)) as f64 / 2f64.powi(kept)),
        true => number("mean", 0.0) + number("std", 1.0) * quantile(((bits >> 11) as f64 + 0.5) / 2f64.powi(53)),
    };
    let values: Vec<Num> = bits.iter().map(|b| Num::Real(one(b))).collect();
    // The quantile here loses what 1 - p loses: 1e-16, over a density that is above 1e-4 among so few numbers.
    let room = if is_normal { bits.iter().map(|b| 1e-12 * one(b).abs().max(0.1)).collect() } else { vec![] };
    Ok(Want { dtype, shape: data.shape.clone(), values, ulps: super::ONE_ROUNDING, room })
}

/// Small records of an array beyond the size that is fetched from: sorted by blocks and merged, by several tiles.
#[test]
fn small_records_are_sorted_and_merged() {
    let folder = Folder::new();
    for (shape, axis, memory) in
        [([52_000u64, 100], 0usize, "32MiB"), ([1_300_000, 4], 0, "12MiB"), ([3, 1_500_000], 1, "16MiB")]
    {
        let record = |r: u64, i: u64| (r * 7 + i * 13 + (r >> 8)) as u8;
        let bytes = |order: &dyn Fn(u64) -> u64| -> Vec<u8> {
            let at = |flat: u64| {
                let (row, column) = (flat / shape[1], flat % shape[1]);
                if axis == 0 { record(order(row), column) } else { record(row, order(column)) }
            };
            (0..shape[0] * shape[1]).map(at).collect()
        };
        folder.npy("x.npy", &Data { dtype: DType::U8, shape: shape.to_vec(), bytes: bytes(&|i| i), axes: None });
        let text = format!(
            "[schedule]\nmemory = \"{memory}\"\n[inputs]\nx = \"x.npy\"\n[[step]]\nname = \"s\"\nkernel = \"shuffle\"\n\
             seed = 3\naxis = {axis}\n[outputs]\ns = \"s.npy\"\n"
        );
        let plan = folder.prepare(&text, &folder.options()).unwrap().explain();
        assert!(plan.contains("2 passes"), "{plan}");
        let got = folder.run(&text, &folder.options()).unwrap().remove(0);
        let order = sources(shape[axis], 3);
        assert!(got.bytes == bytes(&|i| order[i as usize]), "{shape:?}");
    }
}
