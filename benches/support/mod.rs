//! What the benches share: files in a folder that goes away, runs through the front door.
//!
//! Owns the bench folder, its contents and their sizes. Refuses to measure.

// Each bench is a crate of its own and uses a part of this.
#![allow(dead_code)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tilewise::engine::RunOptions;
use tilewise::job::{Done, Job, JobOptions};
use tilewise::pipeline::Pipeline;
use tilewise::storage::{free_bytes, memory_limit};

/// A folder under `target/` that is removed when this is dropped, in a panic too. What a killed
/// bench left is removed by the next one.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}"));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("create the bench folder");
        Folder(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// `wanted` bytes, or less where memory or disk would not hold `files` files of that size: files
    /// that fall out of the page cache measure the disk. Says so. TILEWISE_BENCH_BYTES decides
    /// otherwise.
    pub fn size(&self, wanted: u64, files: u64) -> u64 {
        if let Some(bytes) = std::env::var("TILEWISE_BENCH_BYTES").ok().and_then(|s| s.parse().ok()) {
            return bytes;
        }
        let memory = available_memory().or(memory_limit().map(|(bytes, _)| bytes / 2)).unwrap_or(u64::MAX);
        let disk = free_bytes(&self.0).unwrap_or(u64::MAX);
        let mut bytes = wanted;
        while bytes > 1 << 20 && bytes * files > (memory / 4 * 3).min(disk / 2) {
            bytes /= 2;
        }
        if bytes < wanted {
            println!("{} MiB instead of {}: less is free", bytes >> 20, wanted >> 20);
        }
        bytes
    }

    /// A raw file of `count` f32 between 0 and 1, then in the page cache. `encode` gives the bytes of
    /// an element.
    pub fn floats(&self, name: &str, count: u64, encode: fn(f32) -> [u8; 4]) -> PathBuf {
        const BLOCK: u64 = 1 << 20;
        let path = self.path(name);
        let mut out = BufWriter::with_capacity(1 << 22, File::create(&path).expect("create the input"));
        // One block again and again: no step looks further than it.
        let block: Vec<u8> = (0..BLOCK as u32)
            .flat_map(|i| encode((i.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32))
            .collect();
        let mut left = count;
        while left > 0 {
            let n = left.min(BLOCK);
            out.write_all(&block[..n as usize * 4]).expect("write the input");
            left -= n;
        }
        // Clean, so that no write-back runs beside what is measured.
        out.into_inner().expect("write the input").sync_all().expect("sync the input");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the system can give without swapping.
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|l| l.starts_with("MemAvailable:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// The lines of a pipeline with one raw f32 input `x` of this shape, whose axes are called `axes`.
pub fn raw_input(path: &Path, shape: &[u64], axes: &str, more: &str) -> String {
    let path = path.display();
    format!("[inputs]\nx = {{ path = \"{path}\", dtype = \"f32\", shape = {shape:?}, axes = \"{axes}\"{more} }}\n")
}

/// Plans and runs a pipeline, outputs unsynced; the time from opening to closing its files.
pub fn run(text: &str, options: &JobOptions) -> (Duration, Done) {
    let pipeline = Pipeline::parse(text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    let started = Instant::now();
    let options = JobOptions { record: false, ..options.clone() };
    let job = Job::prepare(&pipeline, &options).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let (done, outputs) =
        job.run(&RunOptions { sync: false, ..RunOptions::default() }, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    drop(outputs);
    (started.elapsed(), done)
}

/// Like [`run`], again and again, for Criterion's `iter_custom`. What it makes is removed each time,
/// not on the clock: each run fills a fresh file.
pub fn repeat(text: &str, options: &JobOptions, output: &Path, times: u64) -> Duration {
    (0..times)
        .map(|_| {
            let (elapsed, _) = std::hint::black_box(run(text, options));
            std::fs::remove_file(output).expect("remove the output");
            elapsed
        })
        .sum()
}
