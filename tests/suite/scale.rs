//! Sizes far beyond any memory: 15 TB are described, planned and sampled in moments, and a million tiles cost little each.

use super::command::{Done, Sandbox};
use crate::support::{Data, Folder, input};
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tilewise::array::DType;
use tilewise::engine::RunOptions;
use tilewise::job::JobOptions;

/// Frames of 4 MiB of f32: 16 TB less a little, about the largest file that ext4 takes.
const FRAMES: u64 = 3_900_000;

/// A test build is several times slower than a release, which takes well below a second.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 8 } else { 1 });
const MEMORY: u64 = 50 << 20;

/// A file of zeros that takes no room; none where the file system has no such files.
fn huge(dir: &Sandbox) -> bool {
    let file = fs::File::create(dir.path("try")).expect("a file");
    let fits = file.set_len(FRAMES << 22).is_ok();
    drop(file);
    fs::remove_file(dir.path("try")).expect("it was made");
    if fits {
        dir.sparse_npy("x.npy", "<f4", &[FRAMES, 1024, 1024]);
    } else {
        eprintln!("skipped: the temporary folder takes no file of 16 TB");
    }
    fits
}

/// Runs a command; the longest it may take and the most memory it may have, pages of files included, are held.
fn quick(dir: &Sandbox, words: &[&str]) -> Done {
    let started = Instant::now();
    let mut child = dir.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut most = 0;
    let path = format!("/proc/{}", child.id());
    while child.try_wait().expect("a state").is_none() {
        if fs::read_to_string(format!("{path}/comm")).is_ok_and(|c| c.trim() == "tilewise") {
            let status = fs::read_to_string(format!("{path}/status")).unwrap_or_default();
            let kib = status.lines().find_map(|l| l.strip_prefix("RssAnon:")?.trim().strip_suffix("kB"));
            most = most.max(kib.and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0) * 1024);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = started.elapsed();
    let done = Done::new(&words.join(" "), child.wait_with_output().expect("it ended")).expect(0);
    println!("{}: {took:.2?}, {:.1} MiB", words.join(" "), most as f64 / (1 << 20) as f64);
    assert!(took < LIMIT, "{words:?} took {took:?}");
    assert!(most < MEMORY, "{words:?} held {most} bytes");
    done
}

const STEPS: [&str; 8] = [
    "zscore",
    "gaussian sigma=2 axes=yx",
    "mean axes=t",
    "transpose",
    "rolling_mean window=1000000 axes=t",
    "quantile q=0.5",
    "median size=3 axes=yx",
    "cumsum axes=t",
];

#[test]
fn sixteen_terabytes_are_described_and_planned_in_moments() {
    let dir = Sandbox::new();
    if !huge(&dir) {
        return;
    }
    let told = quick(&dir, &["info", "x.npy"]);
    assert!(told.stdout.contains("3900000"), "{}", told.stdout);
    for step in STEPS {
        let words = ["apply", "x.npy", "y.npy", "--axes", "tyx", "-s", step, "--plan", "--memory", "64MiB", "--json"];
        let plan: serde_json::Value = serde_json::from_str(&quick(&dir, &words).stdout).expect("JSON");
        let passes = plan["passes"].as_array().expect("passes");
        let read: u64 = passes.iter().map(|p| p["read_bytes"].as_u64().expect("bytes")).sum();
        assert!(read >= FRAMES << 22, "{step} reads {read}");
        assert!(plan["memory"]["projected_bytes"].as_u64() <= Some(64 << 20), "{step}");
    }
}

#[test]
fn sixteen_terabytes_are_sampled_in_moments() {
    let dir = Sandbox::new();
    if !huge(&dir) {
        return;
    }
    for step in STEPS {
        // Sums in f64 would be twice as large, which is no file of ext4.
        let step = if step.starts_with("cumsum") { "cummax axes=t" } else { step };
        let words = [
            "apply",
            "x.npy",
            "y.npy",
            "--axes",
            "tyx",
            "-s",
            step,
            "--plan",
            "--sample=1%",
            "--memory",
            "32MiB",
            "--json",
        ];
        let document: serde_json::Value = serde_json::from_str(&quick(&dir, &words).stdout).expect("JSON");
        let sample = &document["sample"];
        assert!(sample["failed"].is_null(), "{step}: {sample:#}");
        assert!(sample["seconds"].as_f64() > Some(100.0), "{step}: {sample:#}");
        assert!(sample["run"].as_f64() > Some(0.0) && sample["run"].as_f64() < Some(0.01), "{step}: {sample:#}");
    }
}

#[test]
fn a_hundred_thousand_tiles_cost_little_each() {
    let folder = Folder::new();
    let data = Data { dtype: DType::U8, shape: vec![100_000, 8], axes: None, bytes: vec![7; 800_000] };
    folder.npy("x.npy", &data);
    for step in ["expr = \"x + 1\"", "kernel = \"mean\"", "kernel = \"cumsum\"\naxes = 0"] {
        let text =
            format!("[inputs]\n{}[[step]]\nname = \"y\"\n{step}\n[outputs]\ny = \"-\"\n", input("x", "x.npy", &data));
        let job = folder.prepare(&text, &JobOptions { tile: Some(vec![1, 8]), ..folder.options() }).unwrap();
        let tiles: u64 = job.plan.passes.iter().map(|p| p.tiles().0).sum();
        let started = Instant::now();
        job.run(&RunOptions::default(), &[]).unwrap();
        let each = started.elapsed().as_secs_f64() * 1e6 / tiles as f64;
        println!("{step}: {tiles} tiles, {each:.2} µs each");
        // A test build: a release takes a tenth.
        assert!(tiles < 1000 || each < 200.0, "{step}: {each:.1} µs for each of {tiles} tiles");
    }
}
