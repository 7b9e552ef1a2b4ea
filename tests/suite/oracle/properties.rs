//! Tables of regions, element by element.

use super::{Given, Want, compare, exact, word};
use crate::support::{Data, Folder, Num, indices, input, tame, wild};
use tilewise::array::DType;
use tilewise::job::JobOptions;
use tilewise::kernel::Value;

pub fn inputs() -> Vec<Data> {
    let mut all = Vec::new();
    let dtypes = [DType::Bool, DType::U8, DType::U16, DType::U32, DType::U64, DType::I8, DType::I32, DType::I64];
    for (i, dtype) in dtypes.into_iter().enumerate() {
        let shapes: [&[u64]; 7] = [&[30], &[9, 11], &[4, 5, 6], &[2, 3, 2, 5], &[], &[0, 3], &[2, 5000]];
        for shape in shapes {
            all.push(tame(dtype, shape, i as u64));
            let small: Vec<f64> = tame(dtype, shape, 7).f64s().iter().map(|x| x.abs() % 7.0).collect();
            all.push(Data::reals(dtype, shape, &small));
        }
    }
    all.push(tame(DType::F32, &[3, 3], 1));
    all
}

pub fn params(_: &Data) -> Vec<Given> {
    let labels = |n: i64| Given::default().with("labels", Value::Int(n));
    let words = |list: &[&str]| Value::List(list.iter().map(|w| word(w)).collect());
    let all = [
        "bbox",
        "intensity_max",
        "area",
        "intensity_min",
        "label",
        "intensity_sum",
        "centroid",
        "intensity_mean",
        "centroid_weighted",
    ];
    vec![
        labels(6),
        labels(120),
        labels(100).with("properties", words(&["bbox", "area"])),
        labels(99).with("properties", word("centroid")),
        labels(101).with("properties", words(&all)).with("intensity", word("x")),
        labels(101).with("properties", words(&["intensity_mean"])),
        Given::default(),
        Given::default().with("properties", words(&all)).with("intensity", word("x")),
        Given::default().with("labels_max", Value::Int(6)).with("properties", word("area")),
        labels(101).with("axes", Value::Int(0)).with("properties", words(&all)).with("intensity", word("x")),
        labels(101).with("axes", Value::Int(-1)),
        Given::default().with("axes", Value::Int(-1)),
    ]
}

pub fn region_properties(data: &Data, given: &Given) -> Result<Want, &'static str> {
    table(data, given.get("intensity").map(|_| data), given)
}

fn table(data: &Data, intensity: Option<&Data>, given: &Given) -> Result<Want, &'static str> {
    let words: Vec<String> = match given.get("properties") {
        None => ["label", "area", "centroid", "bbox"].map(String::from).to_vec(),
        Some(Value::List(l)) => l.iter().map(|w| if let Value::Str(s) = w { s.clone() } else { panic!() }).collect(),
        Some(Value::Str(s)) => vec![s.clone()],
        Some(other) => panic!("{other:?}"),
    };
    if intensity.is_none() && words.iter().any(|w| w.starts_with("intensity") || w == "centroid_weighted") {
        return Err("needs intensities");
    }
    if data.dtype.is_float() {
        return Err("labels are whole numbers");
    }
    let rank = data.shape.len();
    if given.get("axes").is_some() && rank == 0 {
        return Err("out of range");
    }
    let axes = given.axes(data).unwrap_or_else(|| (0..rank).collect());
    let kept: Vec<usize> = (0..rank).filter(|a| !axes.contains(a)).collect();
    let own: Vec<i128> = data.nums().iter().map(|n| n.int()).collect();
    let labels = match given.number("labels") {
        Some(n) => n as i128,
        None if !kept.is_empty() => return Err("how many labels are there"),
        None => own.iter().copied().max().unwrap_or(0).max(0),
    };
    let room = given.number("labels").or(given.number("labels_max")).unwrap_or(65_536.0) as i128;
    if own.iter().any(|l| !(0..=room).contains(l)) {
        return Err("has no row");
    }
    let places = indices(&data.shape);
    let (mut values, mut columns) = (Vec::new(), 0);
    let shape: Vec<u64> = kept.iter().map(|a| data.shape[*a]).collect();
    for cell in indices(&shape) {
        let inside = |i: &usize| kept.iter().zip(&cell).all(|(a, c)| places[*i][*a] == *c);
        for label in 1..=labels {
            let at: Vec<usize> = (0..own.len()).filter(|i| own[*i] == label && inside(i)).collect();
            let row = row(&words, label, &at, (&places, &axes), intensity);
            columns = row.len();
            values.extend(row.into_iter().map(Num::Real));
        }
    }
    let one = |w: &String| match w.as_str() {
        "centroid" | "centroid_weighted" => axes.len(),
        "bbox" => 2 * axes.len(),
        _ => 1,
    };
    columns = columns.max(words.iter().map(one).sum());
    let shape = [shape, vec![labels as u64, columns as u64]].concat();
    // What is weighted is the quotient of two sums that were rounded.
    let ulps = if words.iter().any(|w| w == "centroid_weighted") { 2.0 } else { 0.0 };
    Ok(Want { dtype: DType::F64, shape, values, ulps, room: vec![] })
}

/// The row of one label, whose elements are `at`.
fn row(
    words: &[String],
    label: i128,
    at: &[usize],
    (places, axes): (&[Vec<u64>], &[usize]),
    intensity: Option<&Data>,
) -> Vec<f64> {
    let (area, none) = (at.len() as f64, at.is_empty());
    let along = |a: usize| at.iter().map(|i| places[*i][a]).collect::<Vec<u64>>();
    let nums = || at.iter().map(|i| intensity.unwrap().nums()[*i]).collect::<Vec<_>>();
    let mut row: Vec<f64> = Vec::new();
    for word in words {
        let mut put = |x: f64| row.push(if none { f64::NAN } else { x });
        match word.as_str() {
            "label" => row.push(label as f64),
            "area" => row.push(area),
            "centroid" => axes.iter().for_each(|a| put(along(*a).iter().sum::<u64>() as f64 / area)),
            "centroid_weighted" => axes.iter().for_each(|a| put(weighted(&along(*a), &nums()))),
            "bbox" => {
                axes.iter().for_each(|a| put(along(*a).into_iter().min().unwrap_or(0) as f64));
                axes.iter().for_each(|a| put(along(*a).into_iter().max().unwrap_or(0) as f64 + 1.0));
            }
            _ => put(measure(word, &nums())),
        }
    }
    row
}

/// The mean index, weighted.
fn weighted(along: &[u64], nums: &[Num]) -> f64 {
    if let Some(Num::Int(_)) = nums.first() {
        let (top, all) = (nums.iter().zip(along).map(|(n, i)| n.int() * *i as i128), nums.iter().map(|n| n.int()));
        return top.sum::<i128>() as f64 / all.sum::<i128>() as f64;
    }
    let reals: Vec<f64> = nums.iter().map(|n| n.f64()).collect();
    // A product of a number and a small index is the sum of its products with powers of two, which are exact.
    let bits = |(x, i): (&f64, &u64)| -> Vec<f64> {
        (0..16).filter(|b| i >> b & 1 == 1).map(|b| x * f64::from(1u32 << b)).collect()
    };
    exact::sum(&reals.iter().zip(along).flat_map(bits).collect::<Vec<_>>()) / exact::sum(&reals)
}

fn measure(word: &str, nums: &[Num]) -> f64 {
    let reals: Vec<f64> = nums.iter().map(|n| n.f64()).collect();
    let sum = match nums.first() {
        Some(Num::Int(_)) => nums.iter().map(|n| n.int()).sum::<i128>() as f64,
        _ => exact::sum(&reals),
    };
    let nan = reals.iter().any(|x| x.is_nan());
    match word {
        "intensity_sum" => sum,
        "intensity_mean" => sum / nums.len() as f64,
        _ if nan => f64::NAN,
        "intensity_min" => reals.iter().fold(f64::INFINITY, |m, x| m.min(*x)) + 0.0,
        _ => reals.iter().fold(f64::NEG_INFINITY, |m, x| m.max(*x)) + 0.0,
    }
}

/// Intensities of another dtype than the labels, over their whole range: exact sums, whatever the tiles.
#[test]
fn sums_of_anything_in_any_tiles() {
    let folder = Folder::new();
    let words = ["intensity_sum", "intensity_mean", "intensity_min", "intensity_max", "area", "centroid_weighted"];
    for (i, dtype) in super::real_dtypes().enumerate() {
        let shape = [12u64, 9, 10];
        let labels: Vec<f64> = tame(DType::U8, &shape, 3).f64s().iter().map(|x| (x / 9.0).floor()).collect();
        let data = Data::reals(DType::I32, &shape, &labels);
        let other = if i % 2 == 0 { tame(dtype, &shape, i as u64) } else { wild(dtype, &shape, i as u64) };
        for (k, other) in [other, wild(dtype, &shape, 50 + i as u64)].into_iter().enumerate() {
            folder.npy("x.npy", &data);
            folder.npy("y.npy", &other);
            let given = Given::default().with("labels", Value::Int(13)).with("intensity", word("y"));
            // Numbers that are not tame have products with indices beyond f64.
            let words = &words[..words.len() - if i % 2 == 0 && k == 0 { 0 } else { 1 }];
            let given = given.with("properties", Value::List(words.iter().map(|w| word(w)).collect()));
            let mut want = table(&data, Some(&other), &given).unwrap();
            // The oracle rounds sums of floats twice at times.
            want.ulps = 3.0;
            let text = format!(
                "[inputs]\n{}{}[[step]]\nname = \"s\"\nkernel = \"region_properties\"\nfrom = \"x\"\n{}[outputs]\ns = \"o.npy\"\n",
                input("x", "x.npy", &data),
                input("y", "y.npy", &other),
                given.toml()
            );
            for (threads, tile) in [(1, None), (3, Some(vec![2, 3, 4])), (2, Some(vec![1, 9, 10]))] {
                let options = JobOptions { threads: Some(threads), tile, ..folder.options() };
                let got = folder.run(&text, &options).unwrap_or_else(|e| panic!("{text}\n{e}"));
                compare(&got[0], &want).unwrap_or_else(|e| panic!("{dtype}: {e}"));
            }
        }
    }
}
