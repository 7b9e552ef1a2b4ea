//! Normalisation by the statistics of another array: a part of an array, fitted to the whole, is that part of the
//! whole normalised.

use crate::support::{Data, Folder, fine, input, tame};
use tilewise::array::DType;

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
