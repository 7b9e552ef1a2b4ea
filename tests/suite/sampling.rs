//! `plan --sample`: a fraction of the tiles is run, tells of the whole, and leaves nothing but a preview.

use super::command::Sandbox;
use super::memory::steps;
use crate::support::{Folder, input, tame};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tilewise::array::{DType, Region};
use tilewise::engine::{Cancel, RunOptions};
use tilewise::job::{Job, JobOptions, Sample};
use tilewise::kernel::registry;

/// A job over x, f32 (40, 64, 80) `tyx`, one frame a tile.
fn job(folder: &Folder, steps: &str, tile: &[u64]) -> Job {
    let data = tame(DType::F32, &[40, 64, 80], 9).named("tyx");
    folder.npy("x.npy", &data);
    let text = format!("[inputs]\n{}{steps}[outputs]\ny = \"y.npy\"\n", input("x", "x.npy", &data));
    folder.prepare(&text, &JobOptions { tile: Some(tile.to_vec()), ..folder.options() }).unwrap()
}

const SMOOTH: &str = "[[step]]\nname = \"y\"\nkernel = \"gaussian\"\nsigma = 1\naxes = \"yx\"\n";
const ZSCORE: &str = "[[step]]\nname = \"y\"\nkernel = \"zscore\"\n";

fn counts(sample: &Sample) -> Vec<(u64, u64)> {
    sample.passes.iter().map(|p| (p.tiles, p.run)).collect()
}

/// The elements of a region of the first output.
fn part(sample: &Sample) -> (Region, Vec<f32>) {
    let (stored, region) = &sample.outputs[0];
    let region = region.clone().expect("real values");
    let mut bytes = vec![0u8; region.elements() as usize * 4];
    stored.read(&region, &mut bytes).unwrap();
    (region, bytes.chunks_exact(4).map(|b| f32::from_ne_bytes(b.try_into().unwrap())).collect())
}

#[test]
fn what_is_shown_is_what_a_run_makes() {
    let folder = Folder::new();
    let whole = job(&folder, SMOOTH, &[1, 64, 80]).run(&RunOptions::default(), &[]).unwrap().1;
    for (share, tile, tiles) in
        [(0.25, [1, 64, 80], (40, 10)), (1.0, [1, 64, 80], (40, 40)), (0.05, [1, 16, 80], (160, 8))]
    {
        let sample = job(&folder, SMOOTH, &tile).sample(share, &Cancel::default()).unwrap();
        assert_eq!((counts(&sample), &sample.failed), (vec![tiles], &None));
        let (region, values) = part(&sample);
        assert!(region.extent(1) == 64 && region.extent(2) == 80 && region.extent(0) >= 1, "{region:?}");
        let mut bytes = vec![0u8; values.len() * 4];
        whole[0].read(&region, &mut bytes).unwrap();
        assert!(bytes.chunks_exact(4).zip(&values).all(|(b, v)| b == v.to_ne_bytes()), "{share}: other bits");
        assert!(values.iter().any(|v| *v != values[0]));
    }
    assert_eq!(folder.names(), ["x.npy", "y.npy"], "a sample leaves nothing");
}

#[test]
fn folds_of_a_sample_are_of_its_tiles_alone() {
    let folder = Folder::new();
    let sample = job(&folder, ZSCORE, &[1, 64, 80]).sample(0.1, &Cancel::default()).unwrap();
    // Sums have leaves of two frames.
    assert_eq!(counts(&sample), [(20, 2), (40, 4)]);
    assert!(sample.passes.iter().all(|p| p.whole) && sample.failed.is_none());
    let (_, values) = part(&sample);
    // Normalised by four frames, not by zeros.
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    assert!(mean.abs() < 1.0 && values.iter().all(|v| v.is_finite()), "{mean}");
    assert!(sample.seconds() > 0.0 && sample.seconds().is_finite());
}

#[test]
fn a_later_pass_finds_what_it_reads_or_says_so() {
    let folder = Folder::new();
    // A mean for each pixel, which all frames need: the sample is of few frames and of all pixels.
    let centred = "[[step]]\nname = \"m\"\nkernel = \"mean\"\naxes = \"t\"\nkeepdims = true\nfrom = \"x\"\n\
        [[step]]\nname = \"y\"\nexpr = \"x - m\"\n";
    let sample = job(&folder, centred, &[64, 8, 80]).sample(0.2, &Cancel::default()).unwrap();
    assert!(sample.failed.is_none(), "{:?}", sample.failed);
    assert!(sample.passes.iter().all(|p| p.whole) && sample.outputs[0].1.is_some(), "{sample:?}");
    // A filter that goes both ways begins its way back at the end, which a sample of the beginning has not made.
    let data = tame(DType::F32, &[8192, 4, 4], 2).named("tyx");
    folder.npy("long.npy", &data);
    let text = format!(
        "[inputs]\n{}[[step]]\nname = \"y\"\nkernel = \"butterworth\"\norder = 2\ncutoff = 0.1\nzero_phase = true\n\
         axes = \"t\"\n[outputs]\ny = \"y.npy\"\n",
        input("x", "long.npy", &data)
    );
    let job = folder.prepare(&text, &JobOptions { tile: Some(vec![1024, 4, 4]), ..folder.options() }).unwrap();
    let sample = job.sample(0.2, &Cancel::default()).unwrap();
    assert!(sample.passes.iter().all(|p| p.run > 0 && p.run < p.tiles), "{:?}", counts(&sample));
    assert!(!sample.passes[1].whole && sample.outputs[0].1.is_none(), "{sample:?}");
}

#[test]
fn a_sample_says_how_long_and_draws() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[200, 512, 512]);
    dir.write(
        "job.toml",
        "[inputs]\nx = { path = \"x.npy\", axes = \"tyx\" }\n[[step]]\nname = \"y\"\n\
        kernel = \"zscore\"\n[outputs]\ny = \"y.npy\"\n",
    );
    let words = ["plan", "job.toml", "--sample", "2%", "--threads=2", "--memory=64MiB"];
    let text = dir.run(&words).silent();
    for part in [
        "\nsample\n  2 % of the tiles wanted, ",
        "  pass 2  ",
        "flushing outputs: about",
        "  in all: about ",
        "outputs of 200 MiB",
        "  preview job.preview.png: y[",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert_eq!(
        dir.files().into_iter().collect::<BTreeSet<_>>(),
        ["job.preview.png", "job.toml", "x.npy"].map(String::from).into()
    );
    let png = std::fs::read(dir.path("job.preview.png")).expect("a picture");
    assert!(png.starts_with(b"\x89PNG"));
    // Its own name is replaced, another is not.
    dir.run(&words).silent();
    dir.write("mine.png", "mine");
    let told = dir.run(&[&words[..], &["--preview", "mine.png"]].concat()).expect(3);
    assert!(told.stderr.contains("mine.png") && told.stderr.contains("exists"), "{}", told.stderr);
    let told = dir.run(&[&words[..], &["--preview", "mine.jpg"]].concat()).expect(2);
    assert!(told.stderr.contains(".png"), "{}", told.stderr);
    let document = dir.run(&[&words[..], &["--json"]].concat()).json();
    let sample = &document["sample"];
    let passes = sample["passes"].as_array().expect("passes");
    let seconds = |v: &Value| v["seconds"].as_f64().expect("seconds");
    let sum: f64 = passes.iter().map(seconds).sum::<f64>() + sample["flushing_seconds"].as_f64().expect("seconds");
    assert!((sum - seconds(sample)).abs() < 1e-9 && passes.len() == 2, "{sample:#}");
    assert!(passes.iter().all(|p| p["run"].as_u64() < p["tiles"].as_u64()), "{sample:#}");
    assert_eq!(sample["preview"]["path"], json!("job.preview.png"));
}

#[test]
fn words_that_make_no_sense_are_refused() {
    let dir = Sandbox::new();
    dir.npy_f32("x.npy", &[8], &[1.0; 8]);
    for words in [&["--sample", "1%"][..], &["--plan", "--sample", "0%"], &["--plan", "--preview", "p.png"]] {
        dir.run(&[&["apply", "x.npy", "y.npy", "-e", "x + 1"], words].concat()).expect(2);
    }
    let told = dir.run(&["apply", "x.npy", "y.npy", "-e", "x + 1", "--plan", "--sample", "1%", "--preview", "x.npy"]);
    assert!(told.expect(2).stderr.contains("--preview"));
    // What is no picture has no preview, and the rest is told.
    let text = dir.run(&["apply", "x.npy", "-", "-s", "mean", "--plan", "--sample", "1%"]).silent();
    assert!(text.contains("  no preview: ") && text.contains("  in all: "), "{text}");
}

#[test]
fn every_kernel_can_be_sampled() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[256, 320, 320]);
    let mut wrong = Vec::new();
    for kernel in registry() {
        for step in steps(kernel.name) {
            let words = [
                "apply",
                "x.npy",
                "y.npy",
                "--axes",
                "tyx",
                "-s",
                step,
                "--plan",
                "--sample",
                "10%",
                "--json",
                "--tile",
                "64,40,320",
                "--threads",
                "2",
            ];
            let done = dir.run(&words);
            let document: Value = serde_json::from_str(&done.stdout).unwrap_or_default();
            let passes = document["sample"]["passes"].as_array().cloned().unwrap_or_default();
            let sound = done.code == 0 && done.stderr.is_empty() && document["sample"]["failed"].is_null();
            // What stands by is not expected to run.
            let stands_by = |p: &Value| p["tiles"] == 0;
            if !sound || !passes.iter().all(|p| stands_by(p) || p["run"].as_u64() > Some(0)) {
                wrong.push(format!("{step}: exit {}, {}{}", done.code, done.stderr, document["sample"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(dir.files().iter().all(|f| ["x.npy", "y.preview.png"].contains(&f.as_str())), "{:?}", dir.files());
}
