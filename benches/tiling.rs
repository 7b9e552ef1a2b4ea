//! Does the planner choose good tiles? The same work under its own tiles and under forced ones.
//!
//! Read each group by itself: no forced shape should beat `planned` by much. Forced shapes are
//! rounded up to what a pass allows (leaves of a reduction, blocks of a filter), so that several may
//! come to the same. The array is f32 with axes t, y, x: whole frames, bands of them, columns
//! through time and small cubes.

#[path = "support/mod.rs"]
mod support;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use std::time::Duration;
use support::{Folder, raw_input, repeat, run};
use tilewise::job::JobOptions;

const FRAME: u64 = 1024;

const CASES: [(&str, &str); 3] = [
    ("zscore", "kernel = \"zscore\""),
    ("gaussian", "kernel = \"gaussian\"\nsigma = 1.5\naxes = \"yx\""),
    ("mean over time", "kernel = \"mean\"\naxes = \"t\""),
];

const TILES: [(&str, Option<[u64; 3]>); 7] = [
    ("planned", None),
    ("frames", Some([1, FRAME, FRAME])),
    ("four frames", Some([4, FRAME, FRAME])),
    ("bands", Some([1, 64, FRAME])),
    ("bands through time", Some([u64::MAX, 16, FRAME])),
    ("columns through time", Some([u64::MAX, 64, 64])),
    ("cubes", Some([32, 64, 64])),
];

fn tiling(c: &mut Criterion) {
    let folder = Folder::new("tiling");
    let frames = (folder.size(256 << 20, 2) / 4 / (FRAME * FRAME)).max(1);
    let shape = [frames, FRAME, FRAME];
    let input = folder.floats("x.dat", shape.iter().product(), f32::to_ne_bytes);
    let output = folder.path("out.npy");
    for (case, step) in CASES {
        let text = format!(
            "{}[[step]]\nname = \"made\"\n{step}\n[outputs]\nmade = \"{}\"\n",
            raw_input(&input, &shape, "tyx", ""),
            output.display()
        );
        let mut group = c.benchmark_group(format!("tiling/{case}"));
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(3));
        group.throughput(Throughput::Bytes(shape.iter().product::<u64>() * 4));
        for (name, tile) in TILES {
            let options = JobOptions { tile: tile.map(Vec::from), ..JobOptions::default() };
            let (_, done) = run(&text, &options);
            std::fs::remove_file(&output).expect("remove the output");
            let tiles: Vec<String> = done.plan.passes.iter().map(|p| format!("{:?}", p.tiling.tile)).collect();
            println!("{case}, {name}: tiles of {}", tiles.join(", then "));
            group.bench_function(name, |b| b.iter_custom(|n| repeat(&text, &options, &output, n)));
        }
        group.finish();
    }
}

criterion_group!(benches, tiling);
criterion_main!(benches);
