//! Whatever instruction set runs: the program is started with each of them.

use super::params::setting;
use super::runner;
use crate::support::{Data, Folder, fine, input, wild};
use proptest::strategy::{Strategy, ValueTree};
use std::process::Command;
use tilewise::array::DType;
use tilewise::kernel::registry;

/// Kernels that some arrays have no answer for: cells of nothing but NaN, numbers without a bin, no table, products
/// beyond the dtype, a shape that does not hold the elements, lines shorter than a filter needs.
const REFUSE: [&str; 9] =
    ["argmin", "argmax", "bincount", "cov", "corr", "cumprod", "reshape", "savgol", "butterworth"];

/// Steps of every kernel that takes this array, several settings of each, and the names of all.
fn steps(folder: &Folder, data: &Data) -> (String, Vec<String>) {
    let mut runner = runner(1);
    let (mut text, mut names) = (String::new(), Vec::new());
    for info in registry().iter().filter(|k| super::params::dtypes(k.name).contains(&data.dtype)) {
        for i in 0..4 {
            let name = format!("{}_{i}", info.name);
            let setting = setting(info.name, data.shape.clone()).new_tree(&mut runner).unwrap().current();
            // NaN has no integer: a pipeline of casts to integers would fail as a whole.
            if data.f64s().iter().any(|x| x.is_nan()) && ["\"u8\"", "\"i32\""].iter().any(|d| setting.lines.contains(d))
            {
                continue;
            }
            let step = setting.step(&name, "x");
            let alone = format!("[inputs]\n{}{step}[outputs]\n{name} = \"alone.npy\"\n", input("x", "x.npy", data));
            if REFUSE.contains(&info.name) && folder.run(&alone, &folder.options()).is_err() {
                continue;
            }
            text += &step;
            names.push(name);
        }
    }
    (text, names)
}

#[test]
fn every_instruction_set_gives_the_same_bytes() {
    let folder = Folder::new();
    let arrays = [
        fine(DType::F32, &[37, 53], 1),
        wild(DType::F64, &[19, 43], 2),
        fine(DType::F64, &[23, 61], 6),
        fine(DType::U16, &[5, 12, 21], 3),
        wild(DType::F16, &[33, 40], 4),
        fine(DType::I64, &[1300], 5),
    ];
    for (i, data) in arrays.iter().enumerate() {
        folder.npy("x.npy", data);
        let (steps, names) = steps(&folder, data);
        let mut results: Vec<Vec<Vec<u8>>> = Vec::new();
        for level in ["baseline", "avx2", "avx512"] {
            let outputs: String = names.iter().map(|n| format!("{n} = \"{n}.npy\"\n")).collect();
            let text = format!("[inputs]\n{}{steps}[outputs]\n{outputs}", input("x", "x.npy", data));
            std::fs::write(folder.join("p.toml"), &text).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_tilewise"));
            command.args(["run", "--quiet", "--overwrite", "--threads", "2"]).arg(folder.join("p.toml"));
            let done = command.env("TILEWISE_SIMD", level).output().unwrap();
            assert!(done.status.success(), "{i} {level}: {}\n{text}", String::from_utf8_lossy(&done.stderr));
            results.push(names.iter().map(|n| std::fs::read(folder.join(&format!("{n}.npy"))).unwrap()).collect());
        }
        for (level, result) in ["avx2", "avx512"].iter().zip(&results[1..]) {
            for ((name, want), got) in names.iter().zip(&results[0]).zip(result) {
                assert!(want == got, "{name} of array {i} differs with {level}\n{steps}");
            }
        }
    }
}
