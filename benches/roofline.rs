//! How far is Tilewise from what the machine gives? A mean beside a plain sum of the same warm
//! file, a z-score beside a plain copy of it through two maps.
//!
//! Read the two lines of ratios at the end. They come from alternating rounds, so that a slow moment
//! of the machine hits both sides, and compare medians. A mean should reach 60 % of the sum over a
//! map whose pages are in place before the clock starts; the rate with mapping on the clock, which
//! is what a whole run can be compared with, stands beside it. A z-score looks at its input twice
//! and should reach 50 % of the copy.
//!
//! TILEWISE_BENCH_BYTES sets the size of the array; 2 GiB unless memory or disk are short. What is
//! written has at most half of that: more dirty pages than a tenth of memory (`dirty_background_ratio`)
//! wake the kernel's writers at moments of their own, and then rounds of both sides take twice as
//! long at random.

#[path = "support/mod.rs"]
mod support;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use memmap2::{Advice, Mmap, MmapOptions};
use rayon::prelude::*;
use std::fs::File;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::{Folder, raw_input, run};
use tilewise::job::JobOptions;

const ROW: u64 = 1 << 14;
const CHUNK_BYTES: usize = 2 << 20;
const ROUNDS: usize = 11;

/// The contestants, on one file.
struct Arena {
    bytes: u64,
    input: PathBuf,
    output: PathBuf,
    mean: String,
    zscore: String,
}

impl Arena {
    fn new(folder: &Folder, bytes: u64) -> Arena {
        let input = folder.floats(&format!("{bytes}.dat"), bytes / 4, f32::to_ne_bytes);
        let output = folder.path("out.dat");
        let source = raw_input(&input, &[bytes / 4 / ROW, ROW], "yx", "");
        let pipeline = |kernel: &str| {
            format!("{source}[[step]]\nkernel = \"{kernel}\"\n[outputs]\n{kernel} = \"{}\"\n", output.display())
        };
        Arena { mean: pipeline("mean"), zscore: pipeline("zscore"), bytes, input, output }
    }

    /// A job, and its output gone again off the clock.
    fn job(&self, text: &str) -> Duration {
        support::repeat(text, &JobOptions::default(), &self.output, 1)
    }

    /// The sum alone, over pages that are mapped already.
    fn sum_of_populated(&self) -> Duration {
        let map = map_input(&self.input);
        let started = Instant::now();
        black_box(plain_sum(&map));
        started.elapsed()
    }

    /// Opening, mapping, populating, summing, unmapping.
    fn sum_with_mapping(&self) -> Duration {
        let started = Instant::now();
        black_box(plain_sum(&map_input(&self.input)));
        started.elapsed()
    }

    /// Maps in, reserves a fresh file, maps that, copies on all cores, unmaps.
    fn copy(&self) -> Duration {
        let started = Instant::now();
        plain_copy(&self.input, &self.output);
        let elapsed = started.elapsed();
        std::fs::remove_file(&self.output).expect("remove the copy");
        elapsed
    }
}

fn map_input(path: &Path) -> Mmap {
    let file = File::open(path).expect("open the input");
    // SAFETY: the bench made this file, in a folder of its own, and nobody changes it.
    unsafe { MmapOptions::new().populate().map(&file) }.expect("map the input")
}

/// Plain lanes of f32 within a block, f64 between blocks: nothing here but the memory's rate.
fn plain_sum(map: &Mmap) -> f64 {
    const LANES: usize = 64;
    let block = |bytes: &[u8]| {
        let mut lanes = [0f32; LANES];
        let values: &[f32] = bytemuck::cast_slice(bytes);
        let (rows, rest) = values.as_chunks::<LANES>();
        for row in rows {
            lanes.iter_mut().zip(row).for_each(|(lane, value)| *lane += value);
        }
        lanes.iter().chain(rest).map(|v| f64::from(*v)).sum::<f64>()
    };
    map.par_chunks(CHUNK_BYTES).map(|chunk| chunk.chunks(1 << 14).map(block).sum::<f64>()).sum()
}

fn plain_copy(input: &Path, output: &Path) {
    let source = File::open(input).expect("open the input");
    let target = File::options().read(true).write(true).create_new(true).open(output).expect("create the copy");
    let bytes = source.metadata().expect("size of the input").len();
    rustix::fs::fallocate(&target, rustix::fs::FallocateFlags::empty(), 0, bytes).expect("reserve the copy");
    // SAFETY: the bench made this file, in a folder of its own, and nobody changes it.
    let from = unsafe { Mmap::map(&source) }.expect("map the input");
    // SAFETY: as above, and this is its only map.
    let mut to = unsafe { MmapOptions::new().map_mut(&target) }.expect("map the copy");
    let chunks = from.par_chunks(CHUNK_BYTES).zip(to.par_chunks_mut(CHUNK_BYTES)).enumerate();
    chunks.for_each(|(i, (from_chunk, to_chunk))| {
        let _ = from.advise_range(Advice::PopulateRead, i * CHUNK_BYTES, from_chunk.len());
        to_chunk.copy_from_slice(from_chunk);
    });
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// The ratios, from alternating rounds.
fn compare(read: &Arena, written: &Arena) {
    let ways: [(u64, &dyn Fn() -> Duration); 5] = [
        (read.bytes, &|| read.job(&read.mean)),
        (read.bytes, &|| read.sum_of_populated()),
        (read.bytes, &|| read.sum_with_mapping()),
        (written.bytes, &|| written.job(&written.zscore)),
        (written.bytes, &|| written.copy()),
    ];
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..ROUNDS {
        ways.iter().zip(&mut times).for_each(|((_, way), t)| t.push(way()));
    }
    let rates: Vec<f64> = ways.iter().zip(times).map(|((bytes, _), t)| *bytes as f64 / median(t) / 1e9).collect();
    let [mean, sum, mapped, zscore, copy] = rates[..] else { return };
    println!(
        "mean   {mean:.1} GB/s = {:.0} % of the sum over a populated map ({sum:.1} GB/s; bound 60 %), \
         {:.0} % of it with mapping ({mapped:.1} GB/s)",
        mean / sum * 100.0,
        mean / mapped * 100.0
    );
    println!(
        "zscore {zscore:.1} GB/s = {:.0} % of the plain mapped copy ({copy:.1} GB/s; bound 50 %)",
        zscore / copy * 100.0
    );
}

fn roofline(c: &mut Criterion) {
    let folder = Folder::new("roofline");
    // The inputs, and an output that is dirty in memory.
    let whole = |bytes: u64| bytes / (4 * ROW) * (4 * ROW);
    let bytes = whole(folder.size(2 << 30, 2));
    let (read, written) = (Arena::new(&folder, bytes), Arena::new(&folder, whole(bytes / 2)));
    let (_, done) = run(&written.zscore, &JobOptions::default());
    println!("{} MiB, {} threads, {} passes", bytes >> 20, done.plan.threads, done.report.passes.len());
    std::fs::remove_file(&written.output).expect("remove the output");

    let mut group = c.benchmark_group("roofline");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(8));
    let mut time = |name: &str, bytes: u64, way: &dyn Fn() -> Duration| {
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(name, |b| b.iter_custom(|times| (0..times).map(|_| way()).sum()));
    };
    time("mean", read.bytes, &|| read.job(&read.mean));
    time("plain sum, populated before", read.bytes, &|| read.sum_of_populated());
    time("plain sum, mapping included", read.bytes, &|| read.sum_with_mapping());
    time("zscore", written.bytes, &|| written.job(&written.zscore));
    time("plain mapped copy", written.bytes, &|| written.copy());
    group.finish();
    compare(&read, &written);
}

criterion_group!(benches, roofline);
criterion_main!(benches);
