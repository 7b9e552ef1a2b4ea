//! What does a run cost beside its work? Arrays so small that the work is nothing.
//!
//! Read `prepare` as binding and planning, `run` as everything from there to the result, on an array that
//! is open already, as a library or Python calls it. `files` opens an input and writes an output,
//! unsynced, as one of a thousand small files would.

#[path = "support/mod.rs"]
mod support;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use support::{Folder, raw_input, repeat};
use tilewise::engine::RunOptions;
use tilewise::job::{Job, JobOptions};
use tilewise::pipeline::Pipeline;
use tilewise::storage::Stored;

const CASES: [(&str, &str); 4] = [
    ("mean", "kernel = \"mean\""),
    ("expr", "expr = \"x * 2\""),
    ("zscore", "kernel = \"zscore\""),
    ("median", "kernel = \"quantile\"\nq = 0.5"),
];

fn small(c: &mut Criterion) {
    let folder = Folder::new("small");
    let input = folder.floats("x.dat", 1000, f32::to_ne_bytes);
    let inputs = raw_input(&input, &[1000], "t", "");
    let options = JobOptions { record: false, ..JobOptions::default() };
    for (case, step) in CASES {
        let text = format!("{inputs}[[step]]\nname = \"made\"\n{step}\n[outputs]\nmade = \"-\"\n");
        let pipeline = Pipeline::parse(&text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
        let open = tilewise::job::open_options(&pipeline.inputs[0]);
        let stored = Stored::open(&input.to_string_lossy(), Path::new(""), &open).expect("open the input");
        let arrays = [Some(Arc::new(stored))];
        let prepare = || Job::prepare_with(&pipeline, &arrays, &options).expect("a plan");
        let run = |job: Job| job.run(&RunOptions::default(), &[]).expect("a result");
        let mut group = c.benchmark_group(format!("small/{case}"));
        group.bench_function("prepare", |b| b.iter(|| black_box(prepare())));
        group.bench_function("run", |b| b.iter_batched(prepare, |job| black_box(run(job)), BatchSize::SmallInput));
        let output = folder.path("out.npy");
        let text = text.replace("\"-\"", &format!("\"{}\"", output.display()));
        group.bench_function("files", |b| b.iter_custom(|n| repeat(&text, &options, &output, n)));
        group.finish();
    }
}

criterion_group!(benches, small);
criterion_main!(benches);
