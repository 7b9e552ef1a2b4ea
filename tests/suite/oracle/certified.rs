//! Means and standard deviations whose value somebody else certifies, and sums that are hard to get right.
//!
//! Certified values and the construction of the data are those of NIST's Statistical Reference Datasets,
//! univariate summary statistics, <https://www.itl.nist.gov/div898/strd/univ/homepage.html>. What is certified
//! for decimal numbers holds here for the nearest f64s, as far as those differ.

use super::{exact, nist};
use crate::support::{Data, Folder, input};
use std::fs::File;
use tilewise::array::DType;

/// Mean and sample standard deviation of f64 values, by the whole engine.
fn mean_and_std(values: &[f64]) -> (f64, f64) {
    let folder = Folder::new();
    let data = Data::reals(DType::F64, &[values.len() as u64], values);
    folder.npy("x.npy", &data);
    let text = format!(
        "[inputs]\n{}[[step]]\nkernel = \"mean\"\nfrom = \"x\"\n[[step]]\nkernel = \"std\"\nddof = 1\nfrom = \"x\"\n\
         [outputs]\nmean = \"mean.npy\"\nstd = \"std.npy\"\n",
        input("x", "x.npy", &data)
    );
    let found = folder.run(&text, &folder.options()).expect("a mean and a standard deviation");
    (found[0].f64s()[0], found[1].f64s()[0])
}

/// Fails where two numbers are more than two units of the last place apart.
fn close(found: f64, want: f64, what: &str) {
    let apart = found.to_bits().abs_diff(want.to_bits());
    assert!(apart <= 2, "{what}: {found:?} is not {want:?}");
}

/// The first one, and 500 pairs after it.
fn pairs(first: f64, low: f64, high: f64) -> Vec<f64> {
    let mut all = vec![first];
    all.extend([low, high].repeat(500));
    all
}

#[test]
fn constructed_data_has_its_certified_statistics() {
    // NumAcc1 to NumAcc4: what is certified, and the digits of it that f64 leaves.
    let sets = [
        ("NumAcc1", vec![10_000_001.0, 10_000_003.0, 10_000_002.0], 10_000_002.0, 1.0, 1e-15),
        ("NumAcc2", pairs(1.2, 1.1, 1.3), 1.2, 0.1, 1e-14),
        ("NumAcc3", pairs(1_000_000.2, 1_000_000.1, 1_000_000.3), 1_000_000.2, 0.1, 1e-9),
        ("NumAcc4", pairs(10_000_000.2, 10_000_000.1, 10_000_000.3), 10_000_000.2, 0.1, 1e-8),
    ];
    for (name, values, mean, std, digits) in sets {
        let found = mean_and_std(&values);
        assert!((found.0 / mean - 1.0).abs() < 1e-15, "{name}: {} is not {mean}", found.0);
        assert!((found.1 / std - 1.0).abs() < digits, "{name}: {} is not {std}", found.1);
        // Of the numbers that f64 has, exactly.
        close(found.0, exact::sum(&values) / values.len() as f64, name);
        close(found.1, exact::variance(&values, 1.0).sqrt(), name);
    }
}

#[test]
fn measured_data_has_its_certified_statistics() {
    for set in nist::sets() {
        let found = mean_and_std(&set.values);
        assert!((found.0 / set.mean - 1.0).abs() < 3e-15, "{}: {} is not {}", set.name, found.0, set.mean);
        assert!((found.1 / set.std - 1.0).abs() < set.room, "{}: {} is not {}", set.name, found.1, set.std);
        close(found.0, exact::sum(&set.values) / set.values.len() as f64, set.name);
        close(found.1, exact::variance(&set.values, 1.0).sqrt(), set.name);
    }
}

#[test]
fn what_lies_far_from_zero_keeps_its_spread() {
    let mut noise = crate::support::Noise::new(12);
    let values: Vec<f64> = (0..20_000).map(|_| 1e12 + noise.unit()).collect();
    let (mean, std) = mean_and_std(&values);
    close(mean, exact::sum(&values) / 20_000.0, "mean");
    close(std, exact::variance(&values, 1.0).sqrt(), "std");
}

#[test]
fn very_many_halves_have_the_mean_of_a_half() {
    // 2^28 of them: in f32 a plain sum stays at 2^23. The file has no blocks.
    let folder = Folder::new();
    File::create(folder.join("x.dat")).and_then(|f| f.set_len(4 << 28)).expect("a sparse file");
    let text = "[inputs]\nx = { path = \"x.dat\", dtype = \"f32\" }\n[[step]]\nexpr = \"x + 0.5\"\n\
                [[step]]\nkernel = \"mean\"\n[outputs]\nmean = \"mean.npy\"\n";
    let found = folder.run(text, &folder.options()).expect("a mean");
    assert_eq!(found[0].f64s(), [0.5]);
}
