//! Promise 1: private memory, measured while it runs, stays within what the plan projects, and that
//! within the budget, for every kernel and every example pipeline.

use super::command::{Done, Sandbox, Size, pipelines};
use std::fs;
use std::process::Stdio;
use std::time::Duration;
use tilewise::kernel::registry;

const BUDGET: &str = "32MiB";
pub const BUDGET_BYTES: u64 = 32 << 20;

/// Private memory that a process holds now, in bytes; 0 once it has ended.
pub fn private_bytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("RssAnon:"));
    let kib = line.and_then(|l| l.trim().strip_suffix("kB")).and_then(|n| n.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Runs a command with `--json`; the largest private memory seen from outside or told by itself, and
/// what was projected.
pub fn measure(dir: &Sandbox, words: &[&str]) -> (u64, u64) {
    measure_on(dir, words, "")
}

/// As [`measure`] on a machine whose rates are in a file.
fn measure_on(dir: &Sandbox, words: &[&str], machine: &str) -> (u64, u64) {
    let schedule = ["--memory", BUDGET, "--threads", "2", "--json", "--quiet", "--overwrite"];
    let words = [words, &schedule[..]].concat();
    let mut command = dir.command(&words);
    if !machine.is_empty() {
        command.env("TILEWISE_MACHINE", dir.path(machine));
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut seen = 0;
    // Before it has become the command, a new process has the memory of these tests.
    let is_ours = |id: u32| std::fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|c| c.trim() == "tilewise");
    while child.try_wait().expect("a state").is_none() {
        seen = if is_ours(child.id()) { seen.max(private_bytes(child.id())) } else { seen };
        std::thread::sleep(Duration::from_millis(2));
    }
    let told = Done::new(&words.join(" "), child.wait_with_output().expect("ended")).json();
    let figure = |key: &str| told[key].as_u64().unwrap_or_else(|| panic!("{key} in {told:#}"));
    (seen.max(figure("memory_private_peak_bytes")), figure("memory_projected_bytes"))
}

/// Complains where more was used than projected, or more projected than allowed.
pub fn check(what: &str, (used, projected): (u64, u64), wrong: &mut Vec<String>) {
    let mib = |bytes: u64| format!("{:.2} MiB", bytes as f64 / (1 << 20) as f64);
    println!("{what}: {} used, {} projected", mib(used), mib(projected));
    if used > projected || projected > BUDGET_BYTES {
        wrong.push(format!("{what}: {} used, {} projected, {BUDGET} allowed", mib(used), mib(projected)));
    }
}

/// Weights that an earlier step makes, and so many that blocks are mostly halo.
const CONVOLVE: &str = "[inputs]\nx = { path = \"x.npy\", axes = \"tyx\" }\n\
    [[step]]\nname = \"w\"\nkernel = \"slice\"\nindex = \"0, :9, :40\"\nfrom = \"x\"\n\
    [[step]]\nname = \"c\"\nkernel = \"convolve\"\nfrom = \"x\"\nweights = \"w\"\n[outputs]\nc = \"y.npy\"\n";

/// Weights for transforms: large squares, and a long line of them along the slow axis.
const TRANSFORMS: [(&str, &str); 3] = [
    ("big.npy", "index = \":101, :101\""),
    ("big.npy", "index = \":301, :301\""),
    ("x.npy", "index = \":200, :1, :1\""),
];

fn transforms(array: &str, index: &str) -> String {
    format!(
        "[inputs]\nx = \"{array}\"\n[[step]]\nname = \"w\"\nkernel = \"slice\"\nfrom = \"x\"\n{index}\n\
         [[step]]\nname = \"c\"\nkernel = \"convolve\"\nfrom = \"x\"\nweights = \"w\"\nmethod = \"fft\"\n{}\
         [outputs]\nc = \"y.npy\"\n",
        if array == "x.npy" { "axes = [0, 1, 2]\n" } else { "" }
    )
}

/// Parameters that make a kernel hold much at once. A new kernel needs a line here.
pub fn steps(kernel: &str) -> &'static [&'static str] {
    match kernel {
        "sum" => &["sum", "sum axes=t"],
        "mean" => &["mean axes=yx"],
        "std" => &["std", "std axes=t"],
        "var" => &["var axes=y"],
        "min" => &["min axes=t"],
        "max" => &["max"],
        "argmin" => &["argmin", "argmin axes=t"],
        "argmax" => &["argmax axes=yx"],
        "first" => &["first axes=t", "first axes=t skipna=true"],
        "last" => &["last", "last skipna=true"],
        "quantile" => &[
            "quantile q=0.5",
            "quantile q=[0,0.01,0.25,0.5,0.75,0.99,1]",
            "quantile q=[0.1,0.9] axes=t",
            "quantile q=[0.1,0.9] axes=tx",
            "quantile q=0.5 axes=yx",
        ],
        "histogram" => &["histogram bins=1000", "histogram bins=256 axes=t", "histogram range=[0,1] axes=yx"],
        "equalize_hist" => &["equalize_hist", "equalize_hist axes=yx bins=1000", "equalize_hist axes=t"],
        "histogram2d" => &["histogram2d other=input bins=500", "histogram2d other=input range=[0,1,0,1]"],
        "bincount" => &[],
        "unique" => &["unique values_max=1000"],
        "unique_counts" => &["unique_counts values_max=1000"],
        "topk" => &["topk k=100000", "topk k=5 axes=t", "topk k=100 axes=yx largest=false"],
        "mode" => &["mode", "mode axes=t values_max=300"],
        "grouped" => &[],
        "cov" | "corr" => &[],
        "concatenate" => &["concatenate with=input", r#"concatenate with=["input","input"] axis=x"#],
        "stack" => &[r#"stack with=["input","input"]"#, "stack with=input axis=-1"],
        "reshape" => &["reshape shape=-1", "reshape shape=[320,-1]", "reshape shape=[320,256,320]"],
        "zscore" => &["zscore"],
        "minmax" => &["minmax axes=yx"],
        "robust" => &["robust", "robust axes=t", "robust spread=mad axes=t fit=input"],
        "percentile_rescale" => &["percentile_rescale axes=yx", "percentile_rescale axes=t"],
        "standardize" => &["standardize channel=t", "standardize channel=x mean=1 std=2"],
        "transpose" => &["transpose", "transpose axes=txy", "transpose axes=ytx"],
        "slice" => &["slice index=1:", "slice index='::-1, ::2, 3:'", "slice index='..., 5'"],
        "gaussian" => &["gaussian sigma=2"],
        "uniform" => &["uniform size=31"],
        "median" => &["median size=3"],
        "downsample" => &["downsample factor=2"],
        "rolling_mean" => {
            &["rolling_mean window=100 axes=t min_count=1", "rolling_mean window=2000 axes=t min_count=1 step=5"]
        }
        "convolve" => &[],
        // Their labels are in another file.
        "region_properties" => &[],
        "label" => &["label", "label connectivity=3 dtype=i64", "label axes=yx", "label axes=ty", "label axes=x"],
        "rolling_max" => &["rolling_max window=50 axes=x min_count=1"],
        "rolling_min" => &["rolling_min window=200 axes=y min_count=1"],
        "rolling_sum" => &["rolling_sum window=100 axes=t min_count=1"],
        "rolling_var" => &["rolling_var window=20 axes=t"],
        "rolling_std" => &["rolling_std window=100 axes=t min_count=2"],
        "rolling_skew" => &["rolling_skew window=100 axes=t min_count=3"],
        "rolling_argmax" => &["rolling_argmax window=90 axes=y min_count=1"],
        "rolling_median" => &["rolling_median window=100 axes=t min_count=1"],
        "rolling_quantile" => &["rolling_quantile window=3000 axes=x q=0.1 min_count=1"],
        "rolling_cov" => &["rolling_cov window=100 axes=t min_count=2 other=input"],
        "rolling_corr" => &["rolling_corr window=20 axes=t other=input", "rolling_corr window=2000 axes=x other=input"],
        "rolling_argmin" => &["rolling_argmin window=30 axes=x min_count=1"],
        "resample" => {
            &["resample axes=t count=10", "resample axes=x count=50 stat=median", "resample axes=y count=7 stat=ohlc"]
        }
        "shuffle" => &["shuffle", "shuffle axis=x seed=3"],
        "random" => &["random distribution=normal"],
        "cumsum" => &["cumsum axes=t"],
        "cumprod" => &["cumprod axes=t skipna=true"],
        "cummax" => &["cummax axes=t"],
        "cummin" => &["cummin axes=x"],
        "ffill" => &["ffill axes=t"],
        "interpolate" => &["interpolate axes=t", "interpolate axes=x limit_direction=both"],
        "bfill" => &["bfill axes=t limit=3", "bfill axes=x"],
        "ewm_mean" => &["ewm_mean axes=t span=20", "ewm_mean axes=x alpha=0.1 adjust=false"],
        "ewm_var" => &["ewm_var axes=t com=3"],
        "ewm_std" => &["ewm_std axes=y halflife=5 adjust=false"],
        "savgol" => {
            &["savgol axes=t window_length=31 polyorder=3", "savgol axes=x window_length=301 polyorder=4 mode=mirror"]
        }
        "butterworth" => &[
            "butterworth axes=t order=4 cutoff=0.1",
            "butterworth axes=t order=3 cutoff=[0.1,0.2] btype=bandpass zero_phase=true",
            "butterworth axes=x order=2 cutoff=0.1 zero_phase=true",
        ],
        "expr" => &["expr expr='sqrt(x * x + 1) - where(x > 2, x, 3)'"],
        "cast" => &["cast dtype=f16"],
        "clip" => &["clip min=0 max=1"],
        other => panic!("kernel {other} is new: say here how its memory is to be tested"),
    }
}

#[test]
fn kernels_keep_to_their_projection() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[256, 320, 320]);
    let mut wrong = Vec::new();
    for kernel in registry() {
        for step in steps(kernel.name) {
            let words = ["apply", "x.npy", "y.npy", "--axes", "tyx", "-s", step];
            check(step, measure(&dir, &words), &mut wrong);
        }
    }
    // Numbers to count, and a table.
    dir.sparse_npy("counts.npy", "|u1", &[256, 320, 320]);
    let words = ["apply", "counts.npy", "y.npy", "-s", "bincount bins=300000"];
    check("bincount", measure(&dir, &words), &mut wrong);
    // Noise, whose components are many and reach far; a plane of it is wide.
    let mut noise = 1u64;
    let mut next = || {
        noise = noise.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        u8::from(noise >> 60 < 5)
    };
    dir.npy("noise.npy", "|u1", &[5, 500, 600], &(0..5 * 500 * 600).map(|_| next()).collect::<Vec<_>>());
    for step in ["label", "label connectivity=3", "label axes=[1,2]", "label axes=[0,2]", "label axes=[0,1]"] {
        check(&format!("{step} of noise"), measure(&dir, &["apply", "noise.npy", "y.npy", "-s", step]), &mut wrong);
    }
    for step in [
        "region_properties labels=5000",
        "region_properties labels_max=9000 intensity=input properties=['area','centroid_weighted']",
        "region_properties labels=100 axes=[1,2]",
    ] {
        check(step, measure(&dir, &["apply", "noise.npy", "y.npy", "-s", step]), &mut wrong);
    }
    dir.write("convolve.toml", CONVOLVE);
    check("convolve", measure(&dir, &["run", "convolve.toml"]), &mut wrong);
    dir.sparse_npy("big.npy", "<f4", &[4096, 4096]);
    for (array, index) in TRANSFORMS {
        dir.write("convolve.toml", transforms(array, index));
        check(&format!("convolve by transforms, {index}"), measure(&dir, &["run", "convolve.toml"]), &mut wrong);
    }
    dir.sparse_npy("table.npy", "<f8", &[20_000, 200]);
    for (step, with) in [
        ("grouped labels=l stat=var", "l=counts.npy"),
        ("grouped labels=l stat=sum axes=t groups=12", "l=counts.npy"),
        ("grouped labels=l stat=median groups=50", "l=counts.npy"),
        ("grouped labels=l stat=mean axes=t", "l=days.npy"),
    ] {
        dir.sparse_npy("days.npy", "|u1", &[256]);
        let words = ["apply", "x.npy", "y.npy", "--axes", "tyx", "-s", step, "--with", with];
        check(step, measure(&dir, &words), &mut wrong);
    }
    for step in ["cov", "corr"] {
        check(step, measure(&dir, &["apply", "table.npy", "y.npy", "-s", step]), &mut wrong);
    }
    // Many different values.
    let many: Vec<f32> = (0..3_000_000u32).map(|i| (i.wrapping_mul(7919) % 60_000) as f32).collect();
    dir.npy_f32("many.npy", &[300, 10_000], &many);
    for step in ["unique", "unique_counts", "mode", "mode axes=0", "topk k=100000", "topk k=40 axes=0"] {
        check(step, measure(&dir, &["apply", "many.npy", "y.npy", "-s", step]), &mut wrong);
    }
    // Buckets that are larger than the budget.
    dir.sparse_npy("long.npy", "<f4", &[12_000_000]);
    dir.sparse_npy("wide.npy", "<f8", &[1_500_000, 4]);
    dir.sparse_npy("still.npy", "<i8", &[1_500_000]);
    for (input, step) in [
        ("long.npy", "resample count=100000000 stat=std"),
        ("long.npy", "resample count=11000000 stat=median"),
        ("wide.npy", "resample axis=0 time=t every=1s stat=ohlc"),
        ("wide.npy", "resample axis=0 time=t every=1s stat=median"),
    ] {
        let with: &[&str] = if step.contains("time=t") { &["--with", "t=still.npy"] } else { &[] };
        let words = [&["apply", input, "y.npy", "-s", step], with].concat();
        check(&format!("{step} of {input}"), measure(&dir, &words), &mut wrong);
    }
    // Bytes in the other order are decoded into working memory.
    dir.sparse_npy("swapped.npy", ">f4", &[256, 320, 320]);
    let words = ["apply", "swapped.npy", "y.npy", "--axes", "tyx", "-s", "gaussian sigma=1"];
    check("gaussian of swapped bytes", measure(&dir, &words), &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where memory is too small for the files, a transpose goes over a temporary one, past the page cache or through it.
#[test]
fn a_transpose_over_blocks_keeps_to_its_projection() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[256, 320, 320]);
    let rates = r#""threads": 2, "mapped_read": 8e9, "mapped_copy": 4e9, "cold_read": 2e9, "cold_write": 2e9"#;
    dir.write("small.json", format!(r#"{{ "rates": {{ {rates}, "memory_bytes": 33554432 }} }}"#));
    let mut wrong = Vec::new();
    let step = "transpose axes=[2,0,1]";
    for io in ["direct", "pwrite"] {
        let words = ["apply", "x.npy", "y.npy", "-s", step, "--io", io];
        let mut plan = dir.command(&[&words[..], &["--plan", "--memory", BUDGET, "--threads", "2"]].concat());
        plan.env("TILEWISE_MACHINE", dir.path("small.json"));
        let plan = Done::new(step, plan.output().expect("it starts")).silent();
        assert!(plan.starts_with("2 passes"), "{plan}");
        check(&format!("{step} by {io}"), measure_on(&dir, &words, "small.json"), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Noise at the density at which components just reach everywhere has the most pieces to join. Whether there is room for them
/// follows from the shape, and these shapes have it in the budget.
#[test]
fn what_lies_between_brackets_keeps_to_its_projection() {
    let dir = Sandbox::new();
    let mut wrong = Vec::new();
    for dtype in ["f32", "f64"] {
        let create = ["create", "x.npy", "--dtype", dtype, "--shape", "3000000", "--fill", "random", "--overwrite"];
        dir.run(&create).expect(0);
        // Around 0 floats lie so close that hardly any is there twice.
        dir.run(&["apply", "x.npy", "c.npy", "-e", "(x - 0.5) * (x - 0.5) * (x - 0.5)", "--overwrite"]).expect(0);
        for (array, step) in [("x.npy", "quantile q=[0.1,0.2,0.5,0.9]"), ("c.npy", "quantile q=0.5")] {
            for io in ["mmap", "direct"] {
                let words = ["apply", array, "y.npy", "--io", io, "-s", step];
                check(&format!("{step} of {dtype} in {array} by {io}"), measure(&dir, &words), &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn noise_at_the_threshold_is_labelled() {
    let dir = Sandbox::new();
    let mut noise = 1u64;
    let mut wrong = Vec::new();
    for (shape, of_256) in [(&[4096u64, 4096][..], 151), (&[256, 256, 256], 79)] {
        let n = shape.iter().product::<u64>() as usize;
        let mut next = || {
            noise = noise.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            u8::from(noise >> 56 < of_256)
        };
        dir.npy("noise.npy", "|u1", shape, &(0..n).map(|_| next()).collect::<Vec<_>>());
        let what = format!("label of {shape:?} at the threshold");
        check(&what, measure(&dir, &["apply", "noise.npy", "y.npy", "-s", "label"]), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn example_pipelines_keep_to_their_projection() {
    let mut wrong = Vec::new();
    for (name, text) in pipelines() {
        let dir = Sandbox::new();
        dir.example(&name, &text, Size::Medium);
        check(&name, measure(&dir, &["run", &name]), &mut wrong);
        // Past the page cache, tiles lie in private memory.
        for way in ["pwrite", "direct"] {
            check(&format!("{name} by {way}"), measure(&dir, &["run", &name, "--io", way]), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn tables_of_text_keep_to_their_projection() {
    let dir = Sandbox::new();
    let mut rows = String::new();
    for i in 0..20_000u32 {
        rows.push_str(&format!("{i},{},{},\"note, {i}\",{}\n", f64::from(i) / 7.0, i * 3, f64::from(i % 99) * 0.01));
    }
    dir.write("t.csv", format!("a,b,c,note,d\n{}", rows.repeat(50)));
    let mut wrong = Vec::new();
    for step in ["mean axes=t", "rolling_mean window=100 axes=t", "zscore axes=t", "expr expr='x * 2'"] {
        let words = ["apply", "t.csv", "y.npy", "-s", step];
        check(&format!("{step} of a table"), measure(&dir, &words), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
