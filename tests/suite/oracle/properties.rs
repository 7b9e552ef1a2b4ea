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
    let all =
        ["bbox", "intensity_max", "area", "intensity_min", "label", "intensity_sum", "centroid", "intensity_mean"];
    vec![
        labels(6),
        labels(120),
        labels(100).with("properties", words(&["bbox", "area"])),
        labels(99).with("properties", word("centroid")),
        labels(101).with("properties", words(&all)).with("intensity", word("x")),
        labels(101).with("properties", words(&["intensity_mean"])),
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
    if intensity.is_none() && words.iter().any(|w| w.starts_with("intensity")) {
        return Err("needs intensities");
    }
    if data.dtype.is_float() {
        return Err("labels are whole numbers");
    }
    let labels = given.number("labels").unwrap() as i128;
    let own: Vec<i128> = data.nums().iter().map(|n| n.int()).collect();
    if own.iter().any(|l| !(0..=labels).contains(l)) {
        return Err("has no row");
    }
    let (places, rank) = (indices(&data.shape), data.shape.len());
    let mut values = Vec::new();
    let mut columns = 0;
    for label in 1..=labels {
        let at: Vec<usize> = (0..own.len()).filter(|i| own[*i] == label).collect();
        let area = at.len() as f64;
        let none = at.is_empty();
        let along = |a: usize| at.iter().map(|i| places[*i][a]).collect::<Vec<u64>>();
        let mut row: Vec<f64> = Vec::new();
        for word in &words {
            let mut put = |x: f64| row.push(if none { f64::NAN } else { x });
            match word.as_str() {
                "label" => row.push(label as f64),
                "area" => row.push(area),
                "centroid" => (0..rank).for_each(|a| put(along(a).iter().sum::<u64>() as f64 / area)),
                "bbox" => {
                    (0..rank).for_each(|a| put(along(a).into_iter().min().unwrap_or(0) as f64));
                    (0..rank).for_each(|a| put(along(a).into_iter().max().unwrap_or(0) as f64 + 1.0));
                }
                _ => {
                    let nums = intensity.unwrap().nums();
                    put(measure(word, &at.iter().map(|i| nums[*i]).collect::<Vec<_>>()));
                }
            }
        }
        columns = row.len();
        values.extend(row.into_iter().map(Num::Real));
    }
    Ok(Want { dtype: DType::F64, shape: vec![labels as u64, columns as u64], values, ulps: 0.0, room: vec![] })
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
    let words = ["intensity_sum", "intensity_mean", "intensity_min", "intensity_max", "area"];
    for (i, dtype) in super::real_dtypes().enumerate() {
        let shape = [12u64, 9, 10];
        let labels: Vec<f64> = tame(DType::U8, &shape, 3).f64s().iter().map(|x| (x / 9.0).floor()).collect();
        let data = Data::reals(DType::I32, &shape, &labels);
        let other = if i % 2 == 0 { tame(dtype, &shape, i as u64) } else { wild(dtype, &shape, i as u64) };
        for other in [other, wild(dtype, &shape, 50 + i as u64)] {
            folder.npy("x.npy", &data);
            folder.npy("y.npy", &other);
            let given = Given::default().with("labels", Value::Int(13)).with("intensity", word("y"));
            let given = given.with("properties", Value::List(words.iter().map(|w| word(w)).collect()));
            let mut want = table(&data, Some(&other), &given).unwrap();
            // The oracle rounds sums of floats twice at times.
            want.ulps = 1.0;
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
