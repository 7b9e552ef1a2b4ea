//! How fast is each kernel? Its own example from the registry, and some cases that take another
//! path through it, over a warm array of 256 MiB (f32, two axes), from opening the files to closing
//! them, outputs unsynced.
//!
//! Read the rates as bytes of the input per second; `roofline` says what the machine gives.
//! Reductions write next to nothing, all others a fresh file of about the input's size, so that
//! copying is their bound. `cargo bench --bench kernels -- gaussian` runs some of them.

#[path = "support/mod.rs"]
mod support;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use std::time::Duration;
use support::{Folder, raw_input, repeat};
use tilewise::job::JobOptions;
use tilewise::kernel::registry;

/// What examples do not show: whole arrays, the other axis, larger windows, dearer arithmetic.
const MORE: [(&str, &str); 15] = [
    ("mean, all axes", "kernel = \"mean\""),
    ("mean, along rows", "kernel = \"mean\"\naxes = \"x\""),
    ("std, all axes", "kernel = \"std\""),
    ("max, all axes", "kernel = \"max\""),
    ("zscore, all axes", "kernel = \"zscore\""),
    ("gaussian, sigma 8", "kernel = \"gaussian\"\nsigma = 8\naxes = \"yx\""),
    ("gaussian, slow axis", "kernel = \"gaussian\"\nsigma = 1.5\naxes = \"y\""),
    ("gaussian, fast axis", "kernel = \"gaussian\"\nsigma = 1.5\naxes = \"x\""),
    ("uniform, size 101", "kernel = \"uniform\"\nsize = 101\naxes = \"yx\""),
    ("median, size 5", "kernel = \"median\"\nsize = 5\naxes = \"yx\""),
    ("rolling_mean, fast axis", "kernel = \"rolling_mean\"\nwindow = 24\naxes = \"x\""),
    ("rolling_mean, window 5000", "kernel = \"rolling_mean\"\nwindow = 5000\naxes = \"y\""),
    ("cumsum, fast axis", "kernel = \"cumsum\"\naxes = \"x\""),
    ("expr, arithmetic", "expr = \"(x - 0.25) * x + where(x > 0.5, x, 1 - x) / 3\""),
    ("expr, exp and log", "expr = \"exp(-x) + log(x + 1)\""),
];

fn kernels(c: &mut Criterion) {
    let folder = Folder::new("kernels");
    let bytes = folder.size(256 << 20, 2);
    let row = 8192.min(bytes / 4);
    let shape = [bytes / 4 / row, row];
    let bytes = shape[0] * shape[1] * 4;
    let input = folder.floats("x.dat", shape[0] * shape[1], f32::to_ne_bytes);
    let output = folder.path("out.npy");

    let examples = registry().iter().map(|k| (k.name, k.example));
    let mut group = c.benchmark_group("kernels");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Bytes(bytes));
    for (name, step) in examples.chain(MORE) {
        let step = step.replacen("[[step]]", "", 1);
        let text = format!(
            "{}[[step]]\nname = \"made\"\n{step}\n[outputs]\nmade = \"{}\"\n",
            raw_input(&input, &shape, "yx", ""),
            output.display()
        );
        group.bench_function(name, |b| b.iter_custom(|n| repeat(&text, &JobOptions::default(), &output, n)));
    }
    group.finish();
}

criterion_group!(benches, kernels);
criterion_main!(benches);
