//! Normalisation by all of a distribution, and by the statistics of another array: a part of an array, fitted to the whole, is that part of the
//! whole normalised.

use super::exact::cells;
use super::reduce::{axis_sets, folded};
use super::{Given, ONE_ROUNDING, Want};
use crate::support::{Data, Folder, Num, fine, input, tame};
use tilewise::array::DType;
use tilewise::kernel::Value;
use tilewise::kernel::reduce::Edges;

pub fn equalize_params(data: &Data) -> Vec<Given> {
    let with_bins =
        |(i, given): (usize, Given)| if i % 2 == 0 { given.with("bins", Value::Int(1 + 7 * i as i64)) } else { given };
    let given = |axes: Option<Value>| Given(axes.map(|a| ("axes", a)).into_iter().collect());
    axis_sets(data).into_iter().map(given).enumerate().map(with_bins).collect()
}

/// The cumulative histogram between the centers of bins, which have an oracle of their own.
pub fn equalize_hist(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let x = data.f64s();
    let (mut values, mut room) = (vec![Num::Int(0); x.len()], vec![1e-12; x.len()]);
    for cell in cells(&data.shape, &folded(data, given)) {
        let finite: Vec<f64> = cell.iter().map(|i| x[*i]).filter(|x| x.is_finite()).collect();
        let whole = !data.dtype.is_float() && data.dtype.size() <= 2;
        let (low, high) =
            (finite.iter().copied().fold(f64::NAN, f64::min), finite.iter().copied().fold(f64::NAN, f64::max));
        let edges = match whole {
            true if finite.is_empty() => vec![-0.5, 0.5],
            true => (0..=(high - low) as i64 + 1).map(|i| low - 0.5 + i as f64).collect(),
            false => Edges::found(data.dtype, (low, high), given.number("bins").unwrap_or(256.0) as usize).all(),
        };
        let n = edges.len() - 1;
        let center = |i: usize| (edges[i] + edges[i + 1]) / 2.0;
        let upto =
            |i: usize| finite.iter().filter(|x| **x < edges[i + 1] || i + 1 == n).count() as f64 / finite.len() as f64;
        // Bins narrower than the distance of neighbouring numbers say nothing; NumPy refuses them.
        let narrow = edges.windows(2).any(|e| e[0] >= e[1]);
        for i in cell {
            room[i] = if narrow { 1.0 } else { 1e-12 };
            let v = x[i];
            let at = (0..n).rfind(|k| center(*k) <= v);
            values[i] = Num::Real(match at {
                _ if v.is_nan() => v,
                None => upto(0),
                Some(k) if k + 1 == n => upto(k),
                Some(k) => upto(k) + (upto(k + 1) - upto(k)) * ((v - center(k)) / (center(k + 1) - center(k))),
            });
        }
    }
    Ok(Want { dtype: data.dtype.real(), shape: data.shape.clone(), values, ulps: ONE_ROUNDING, room })
}

const STEPS: [&str; 10] = [
    "kernel = \"zscore\"\nddof = 1\n",
    "kernel = \"zscore\"\naxes = 0\n",
    "kernel = \"minmax\"\nhigh = 3\n",
    "kernel = \"minmax\"\naxes = 0\nskipna = true\n",
    "kernel = \"robust\"\naxes = 0\n",
    "kernel = \"robust\"\nspread = \"mad\"\n",
    "kernel = \"robust\"\nspread = \"mad\"\naxes = 0\nmad_scale = 0.6744897501960817\n",
    "kernel = \"percentile_rescale\"\n",
    "kernel = \"percentile_rescale\"\naxes = 0\nq = [0.2, 0.7]\n",
    "kernel = \"standardize\"\nchannel = 1\n",
];

fn text(inputs: &str, steps: &[String]) -> String {
    let steps: String =
        steps.iter().enumerate().map(|(i, s)| format!("[[step]]\nname = \"s{i}\"\nfrom = \"x\"\n{s}")).collect();
    let outputs: String = (0..STEPS.len()).map(|i| format!("s{i} = \"s{i}.npy\"\n")).collect();
    format!("[inputs]\n{inputs}{steps}[outputs]\n{outputs}")
}

#[test]
fn a_part_fitted_to_the_whole_is_that_part() {
    let folder = Folder::new();
    for dtype in [DType::F32, DType::F64, DType::U8, DType::I32, DType::F16] {
        for (n, whole) in [(3u64, fine(dtype, &[40, 5], 3)), (1, tame(dtype, &[7, 3], 5))] {
            let shape = [n, whole.shape[1]];
            let bytes = whole.bytes[..(n * whole.shape[1]) as usize * dtype.size()].to_vec();
            let part = Data { shape: shape.to_vec(), bytes, ..whole.clone() };
            folder.npy("t.npy", &whole);
            folder.npy("x.npy", &part);
            let alone: Vec<String> = STEPS.map(str::to_string).into();
            let want = folder.run(&text(&input("x", "t.npy", &whole), &alone), &folder.options()).unwrap();
            let fitted: Vec<String> = STEPS.map(|s| format!("{s}fit = \"t\"\n")).into();
            let inputs = input("x", "x.npy", &part) + &input("t", "t.npy", &whole);
            let got = folder.run(&text(&inputs, &fitted), &folder.options()).unwrap();
            for ((got, want), step) in got.iter().zip(&want).zip(STEPS) {
                assert_eq!(got.shape, shape);
                assert!(got.bytes == want.bytes[..got.bytes.len()], "{step} {dtype}\n{got:?}\n{want:?}");
            }
        }
    }
}

#[test]
fn what_cannot_be_fitted_to_is_refused() {
    let folder = Folder::new();
    let (x, t) = (tame(DType::F32, &[4, 3], 1), tame(DType::F32, &[4, 5], 1));
    folder.npy("x.npy", &x);
    folder.npy("t.npy", &t);
    let inputs = input("x", "x.npy", &x) + &input("t", "t.npy", &t);
    let refused = |step: &str, why: &str| {
        let text = format!("[inputs]\n{inputs}[[step]]\nname = \"s\"\nfrom = \"x\"\n{step}[outputs]\ns = \"s.npy\"\n");
        let error = folder.prepare(&text, &folder.options()).expect_err(&text).to_string();
        assert!(error.contains(why), "{error}\nlacks {why}");
    };
    refused("kernel = \"zscore\"\naxes = 0\nfit = \"t\"\n", "axis 1 is not worked over and has extent 5 there, 3 here");
    refused("kernel = \"zscore\"\nfit = [\"t\", \"x\"]\n", "is fitted to one array, 2 were named");
    refused("kernel = \"standardize\"\nchannel = 0\nmean = 0\nstd = 1\nfit = \"t\"\n", "fit has no meaning");
    refused("kernel = \"robust\"\nspread = \"mad\"\nq_range = [0.1, 0.9]\n", "q_range has no meaning");
    refused("kernel = \"robust\"\nmad_scale = 2\n", "mad_scale has no meaning");
}
