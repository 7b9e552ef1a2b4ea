//! What do advice and populating ahead bring on a warm file, and what does decoding cost?
//!
//! Read `warm` as one thread that goes over a map it has just made, tile by tile, and sums:
//! `populate` asks for each tile's pages at once as the engine does, the others take faults, with the
//! kernel's own guess or told that access is sequential or random. `engine` is a mean of the same file
//! on all cores. Read `decode` as one thread that brings tiles into working memory: `native` is a copy
//! and the bound of the rest; tiles of an F-order file are cheap where they are long along its
//! fastest axis, the first.

#[path = "support/mod.rs"]
mod support;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::{Folder, raw_input, repeat};
use tilewise::array::{DType, Endian, Order, Region, View};
use tilewise::job::JobOptions;
use tilewise::storage::{OpenOptions, Stored};

const SIDE: u64 = 1024;

/// The boxes of a tile shape, in C order.
fn tiles(shape: [u64; 3], tile: [u64; 3]) -> Vec<Region> {
    let mut found = Vec::new();
    let along = |a: usize| (0..shape[a]).step_by(tile[a] as usize);
    for t in along(0) {
        for y in along(1) {
            for x in along(2) {
                let start = vec![t, y, x];
                let end = start.iter().zip(tile).zip(shape).map(|((s, n), all)| (s + n).min(all)).collect();
                found.push(Region { start, end });
            }
        }
    }
    found
}

fn options(shape: [u64; 3]) -> OpenOptions {
    let shape = Some(shape.map(|n| n as i64).to_vec());
    OpenOptions { dtype: Some(DType::F32), shape, ..OpenOptions::default() }
}

fn open(path: &Path, options: &OpenOptions) -> Stored {
    Stored::open(&path.to_string_lossy(), Path::new(""), options).expect("open the input")
}

/// Lanes, so that adding is not what is measured.
fn sum(view: &View) -> f64 {
    let mut lanes = [0f32; 64];
    for row in view.rows::<f32>() {
        for part in row.chunks_exact(64) {
            lanes.iter_mut().zip(part).for_each(|(lane, value)| *lane += value);
        }
    }
    lanes.iter().map(|v| f64::from(*v)).sum()
}

/// Opens and maps the file anew, and goes over it.
fn sweep(path: &Path, shape: [u64; 3], before: fn(&Stored), ahead: fn(&Stored, &Region)) -> Duration {
    let regions = tiles(shape, [1, 512, SIDE]);
    let started = Instant::now();
    let stored = open(path, &options(shape));
    before(&stored);
    for region in &regions {
        ahead(&stored, region);
        black_box(stored.view(region).as_ref().map(sum)).expect("the file is read in place");
    }
    drop(stored);
    started.elapsed()
}

/// How a file is opened first, and what is done before each tile.
type Advice = (&'static str, fn(&Stored), fn(&Stored, &Region));

const ADVICE: [Advice; 5] = [
    ("populate", Stored::advise_sequential, |s, r| s.populate(r).expect("populate")),
    ("will need", Stored::advise_sequential, Stored::will_need),
    ("faults", |_| (), |_, _| ()),
    ("faults, sequential", Stored::advise_sequential, |_, _| ()),
    ("faults, random", Stored::advise_random, |_, _| ()),
];

fn warm(c: &mut Criterion) {
    let folder = Folder::new("advice");
    let shape = [frames(&folder), SIDE, SIDE];
    let input = folder.floats("x.dat", shape.iter().product(), f32::to_ne_bytes);
    let mut group = c.benchmark_group("advice/warm");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Bytes(shape.iter().product::<u64>() * 4));
    for (name, before, ahead) in ADVICE {
        group.bench_function(name, |b| {
            b.iter_custom(|times| (0..times).map(|_| sweep(&input, shape, before, ahead)).sum())
        });
    }
    let output = folder.path("out.npy");
    let source = raw_input(&input, &shape, "tyx", "");
    let text = format!("{source}[[step]]\nkernel = \"mean\"\n[outputs]\nmean = \"{}\"\n", output.display());
    group.bench_function("engine", |b| b.iter_custom(|n| repeat(&text, &JobOptions::default(), &output, n)));
    group.finish();
}

fn decode(c: &mut Criterion) {
    let folder = Folder::new("decode");
    let frames = frames(&folder);
    let shape = [frames, SIDE, SIDE];
    let count = shape.iter().product();
    let native = folder.floats("native.dat", count, f32::to_ne_bytes);
    let big = folder.floats("big.dat", count, f32::to_be_bytes);
    let usual = options(shape);
    let fortran = OpenOptions { order: Some(Order::F), ..usual.clone() };
    let other = OpenOptions { endian: Some(Endian::Big), ..usual.clone() };
    let both = OpenOptions { endian: Some(Endian::Big), ..fortran.clone() };
    let bands = [1, 512, SIDE];
    let cubes = [frames.min(64), 64, 128];
    let cases: [(&str, &PathBuf, &OpenOptions, [u64; 3]); 6] = [
        ("native, bands", &native, &usual, bands),
        ("big-endian, bands", &big, &other, bands),
        ("native, cubes", &native, &usual, cubes),
        ("F order, cubes", &native, &fortran, cubes),
        ("F order, bands", &native, &fortran, bands),
        ("F order and big-endian, cubes", &big, &both, cubes),
    ];
    let mut group = c.benchmark_group("advice/decode");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Bytes(count * 4));
    for (name, path, options, tile) in cases {
        let stored = open(path, options);
        let regions = tiles(shape, tile);
        let mut buffer = vec![0u8; tile.iter().product::<u64>() as usize * 4];
        group.bench_function(name, |b| {
            b.iter(|| {
                for region in &regions {
                    let into = &mut buffer[..region.elements() as usize * 4];
                    stored.read(region, black_box(into)).expect("decode a tile");
                }
            });
        });
    }
    group.finish();
}

fn frames(folder: &Folder) -> u64 {
    (folder.size(256 << 20, 2) / 4 / (SIDE * SIDE)).max(1)
}

criterion_group!(benches, warm, decode);
criterion_main!(benches);
