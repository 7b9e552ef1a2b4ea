//! What plans decide, and why: costs, what was refused, what is never computed. Results never depend on any of it, which
//! other tests hold.

use super::command::Sandbox;
use crate::support::{Folder, input, tame};
use serde_json::{Value, json};
use tilewise::array::DType;
use tilewise::job::{Job, JobOptions};

const SCHEDULE: [&str; 5] = ["--plan", "--json", "--memory", "64MiB", "--threads=2"];

/// A plan as JSON, at the rates of `machine`, where there is one.
fn plan(dir: &Sandbox, words: &[&str], machine: Option<Value>) -> Value {
    let words = [&["apply"], words, &SCHEDULE[..]].concat();
    let mut command = dir.command(&words);
    if let Some(machine) = machine {
        dir.write("machine.json", json!({ "rates": machine }).to_string());
        command.env("TILEWISE_MACHINE", dir.path("machine.json"));
    }
    super::command::Done::new(&words.join(" "), command.output().expect("it starts")).json()
}

/// A machine with two workers that moves bytes at these rates, and takes so long for an element of a Gaussian filter.
fn machine(moving: f64, gaussian_ns: f64) -> Value {
    json!({ "threads": 2, "memory_bytes": 1u64 << 40, "mapped_read": moving, "mapped_copy": moving / 2.0,
        "cold_read": moving, "cold_write": moving, "kernel_ns": { "gaussian": gaussian_ns } })
}

fn refused(plan: &Value) -> Vec<String> {
    plan["refused"].as_array().expect("a list").iter().map(|r| r["what"].as_str().expect("text").to_string()).collect()
}

#[test]
fn ways_are_compared_by_what_the_whole_plan_costs() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[4096, 4096]);
    // The first way that fits has room for one worker.
    let words = ["x.npy", "y.npy", "-s", "gaussian sigma=50", "--memory", "32MiB"];
    let words = [&["apply"], &words[..], &["--plan", "--json", "--threads=2"]].concat();
    let plan = dir.run(&words).json();
    assert_eq!((&plan["threads"], plan["passes"].as_array().map(Vec::len)), (&json!(2), Some(2)), "{plan:#}");
    let told = plan["refused"].as_array().expect("a list");
    assert!(refused(&plan).contains(&"gaussian by the way \"blocks\"".to_string()), "{told:?}");
    let taken = plan["estimate"]["seconds"].as_f64().expect("seconds");
    for other in told {
        let seconds = other["seconds"].as_f64().expect("seconds");
        assert!(seconds > taken * 0.9 && other["memory_bytes"].as_u64() > Some(0), "{other} against {taken}");
    }
    assert!(told.len() <= 5);
    assert_eq!(dir.run(&words).json(), plan, "the same facts give the same plan");
}

#[test]
fn intermediates_are_kept_where_computing_them_again_costs_more() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[64, 1024, 1024]);
    // Both sweeps of the normalisation need the filtered array.
    let words = ["x.npy", "y.npy", "-s", "gaussian sigma=3 axes=[1,2]", "-s", "zscore"];
    let places = |plan: &Value| plan["notes"].to_string().contains("gaussian (256 MiB) is spilled");
    let slow_kernel = plan(&dir, &words, Some(machine(8e9, 50.0)));
    let slow_files = plan(&dir, &words, Some(machine(2e8, 0.1)));
    assert!(places(&slow_kernel), "{slow_kernel:#}");
    assert!(!places(&slow_files), "{slow_files:#}");
    assert!(refused(&slow_kernel).contains(&"gaussian fused instead of kept".to_string()), "{slow_kernel:#}");
    assert!(refused(&slow_files).contains(&"gaussian kept instead of fused".to_string()), "{slow_files:#}");
    assert!(slow_kernel["hash"] != slow_files["hash"]);
}

#[test]
fn estimates_count_what_is_computed_again() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[16, 1024, 1024]);
    let seconds = |size: &str| {
        let words = ["x.npy", "y.npy", "-s", "gaussian sigma=3 axes=[1,2]", "-s", size, "--tile", "1,32,1024"];
        let plan = plan(&dir, &words, Some(machine(1e15, 10.0)));
        plan["estimate"]["computing_seconds"].as_f64().expect("seconds")
    };
    // Tiles of 32 rows: a median of 3 rows needs 34 filtered ones, one of 33 rows needs 64.
    let (near, far) = (seconds("median size=[3,1] axes=[1,2]"), seconds("median size=[33,1] axes=[1,2]"));
    let gaussian = 16.0 * 1024.0 * 1024.0 * 10e-9;
    assert!(far - near > 0.8 * gaussian, "{near} and {far}, of {gaussian} once");
}

#[test]
fn what_does_not_fit_the_page_cache_is_turned_over_blocks() {
    let dir = Sandbox::new();
    let words = ["x.npy", "y.npy", "-s", "transpose axes=[2,0,1]", "--io", "pwrite"];
    let on = |shape: &[u64], memory_bytes: u64| {
        dir.sparse_npy("x.npy", "<f4", shape);
        let mut machine = machine(2e9, 1.0);
        machine["memory_bytes"] = json!(memory_bytes);
        let plan = plan(&dir, &words, Some(machine));
        (plan["passes"].as_array().map_or(0, Vec::len), refused(&plan))
    };
    let other = |way: &str| vec![format!("transpose by the way \"{way}\"")];
    assert_eq!(on(&[128, 512, 512], 1 << 40), (1, other("by blocks in a temporary")));
    assert_eq!(on(&[1024, 1024, 1024], 256 << 20), (2, other("by tiles")));
    // A narrow one has long runs both ways at once.
    dir.sparse_npy("x.npy", "<f4", &[4 << 20, 3]);
    let words = ["x.npy", "y.npy", "-s", "transpose"];
    let plan = plan(
        &dir,
        &words,
        Some(json!({ "memory_bytes": 1 << 20, "threads": 2, "mapped_read": 2e9,
        "mapped_copy": 1e9, "cold_read": 2e9, "cold_write": 2e9 })),
    );
    assert_eq!((plan["passes"].as_array().map(Vec::len), refused(&plan)), (Some(1), vec![]));
}

#[test]
fn small_jobs_are_not_searched() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[64, 64]);
    let plan = plan(&dir, &["x.npy", "y.npy", "-s", "gaussian sigma=2", "-s", "zscore"], None);
    assert_eq!(refused(&plan), Vec::<String>::new());
}

#[test]
fn plans_and_reports_say_what_was_refused() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[64, 512, 512]);
    let words = ["apply", "x.npy", "y.npy", "-s", "gaussian sigma=2 axes=[1,2]", "-s", "zscore", "--threads=2"];
    let text = dir.run(&[&words[..], &["--plan"]].concat()).silent();
    let section = text.split("\nrefused\n").nth(1).unwrap_or_else(|| panic!("{text}"));
    assert!(section.lines().all(|l| l.starts_with("  ") && l.len() < 160) && section.lines().count() <= 5, "{text}");
    assert!(text.contains(" at assumed rates (tilewise bench --save measures them), bound by "), "{text}");
    dir.run(&[&words[..], &["--report", "r.html", "--quiet"]].concat()).silent();
    let page = std::fs::read_to_string(dir.path("r.html")).expect("a page");
    let first = section.lines().next().unwrap_or_default().trim().replace('"', "&quot;");
    let first = first.split(':').next().unwrap_or_default();
    assert!(page.contains(first), "{first}");
}

/// A job over x, u16 (40, 100, 80) `tyx`, in tiles of one frame where the result has frames.
fn job(folder: &Folder, steps: &str, out: &str) -> Job {
    framed(folder, steps, out, Some(vec![1, 100, 80]))
}

fn framed(folder: &Folder, steps: &str, out: &str, tile: Option<Vec<u64>>) -> Job {
    let data = tame(DType::U16, &[40, 100, 80], 3).named("tyx");
    folder.npy("x.npy", &data);
    let text = format!("[inputs]\n{}{steps}\n[outputs]\n{out} = \"y.npy\"\n", input("x", "x.npy", &data));
    folder.prepare(&text, &JobOptions { tile, ..folder.options() }).unwrap()
}

const FRAME: u64 = 2 * 100 * 80;

#[test]
fn a_slice_at_the_end_crops_what_comes_before() {
    let folder = Folder::new();
    let steps = "[[step]]\nname = \"f\"\nkernel = \"cast\"\ndtype = \"f32\"\n\
        [[step]]\nname = \"g\"\nkernel = \"gaussian\"\nsigma = 1\naxes = \"yx\"\n\
        [[step]]\nname = \"h\"\nexpr = \"g * 2\"\n[[step]]\nname = \"y\"\nkernel = \"slice\"\nindex = ";
    let cropped = |index: &str| job(&folder, &format!("{steps}\"{index}\"\n"), "y");
    let two = cropped("5:7").plan;
    assert_eq!((two.passes.len(), two.traffic().read), (1, 2 * FRAME));
    // Every stage works through two frames, not forty; nothing of another dtype is stored.
    assert_eq!(two.passes[0].evaluated, [2 * FRAME / 2; 4]);
    assert_eq!(two.disk_bytes, 2 * FRAME / 2 * 4);
    // Within a frame, the rows and what the filter reaches: 4 on each side.
    let alone = |index: &str| framed(&folder, &format!("{steps}\"{index}\"\n"), "y", None);
    assert_eq!(alone("5, 50:60").plan.traffic().read, (10 + 8) * 80 * 2);
    let mid = alone("3");
    assert_eq!(mid.plan.traffic().read, FRAME);
    let result = folder.outputs(&folder.finish(mid, &[]).unwrap())[0].clone();
    assert_eq!(result.shape, [100, 80]);
}

#[test]
fn a_slice_after_a_normalisation_crops_its_last_sweep() {
    let folder = Folder::new();
    let steps = "[[step]]\nname = \"z\"\nkernel = \"zscore\"\n\
        [[step]]\nname = \"y\"\nkernel = \"slice\"\nindex = \"5:7\"\n";
    let plan = job(&folder, steps, "y").plan;
    let read: Vec<u64> = plan.passes.iter().map(|p| p.traffic.read).collect();
    assert_eq!(read, [40 * FRAME, 2 * FRAME], "mean and deviation need all of it, the result two frames");
}

#[test]
fn casts_are_part_of_a_tile_and_take_no_storage() {
    let folder = Folder::new();
    let steps = "[[step]]\nname = \"f\"\nkernel = \"cast\"\ndtype = \"f64\"\n\
        [[step]]\nname = \"y\"\nkernel = \"mean\"\naxes = \"t\"\n";
    let plan = job(&folder, steps, "y").plan;
    assert_eq!((plan.passes.len(), plan.traffic().read), (1, 40 * FRAME), "read as u16");
    assert_eq!(plan.disk_bytes, 8 * 100 * 80, "the mean alone");
}

#[test]
fn several_outputs_share_a_sweep() {
    let folder = Folder::new();
    let data = tame(DType::U16, &[40, 100, 80], 3).named("tyx");
    folder.npy("x.npy", &data);
    let text = format!(
        "[inputs]\n{}[[step]]\nname = \"a\"\nkernel = \"mean\"\naxes = \"t\"\nfrom = \"x\"\n\
         [[step]]\nname = \"b\"\nkernel = \"max\"\naxes = \"yx\"\nfrom = \"x\"\n\
         [[step]]\nname = \"c\"\nexpr = \"x * 2\"\n[outputs]\na = \"a.npy\"\nb = \"b.npy\"\nc = \"c.npy\"\n",
        input("x", "x.npy", &data)
    );
    let plan = folder.prepare(&text, &folder.options()).unwrap().plan;
    assert_eq!((plan.passes.len(), plan.traffic().read), (1, 40 * FRAME));
}

/// Three quantiles of an array of so many elements, made by this step from numbers in 0..1: what a run tells, and the values.
fn quantiles(dir: &Sandbox, count: &str, step: &[&str], schedule: &[&str]) -> (Value, Vec<u8>) {
    let words = ["create", "r.npy", "--dtype", "f32", "--shape", count, "--fill", "random", "--overwrite"];
    dir.run(&words).expect(0);
    let words = [&["apply", "r.npy", "q.npy"], step, &["-s", "quantile q=[0.01,0.5,0.99]"]].concat();
    let words = [&words[..], &["--json", "--quiet", "--overwrite", "--threads=2"], schedule].concat();
    (dir.run(&words).json(), std::fs::read(dir.path("q.npy")).expect("a result"))
}

fn left_out(told: &Value) -> Vec<bool> {
    told["passes"].as_array().expect("a list").iter().map(|p| p["left_out"] == json!(true)).collect()
}

#[test]
fn a_pass_that_turns_out_to_be_needless_is_left_out() {
    let dir = Sandbox::new();
    let (told, found) = quantiles(&dir, "2000000", &[], &["--memory", "64MiB"]);
    assert_eq!(left_out(&told), [false, false, true, true], "{told:#}");
    assert_eq!(told["read_bytes"], told["planned_read_bytes"]);
    assert_eq!(told["written_bytes"], told["planned_written_bytes"]);
    assert!(told["read_bytes"].as_u64() < Some(8_000_000 * 11 / 10), "one sweep and a sample: {told:#}");
    // The sample sees that places differ, and all digits are counted.
    let drifting = ["-s", "cumsum"];
    let (told, _) = quantiles(&dir, "2000000", &drifting, &["--memory", "64MiB"]);
    let passes = left_out(&told);
    assert_eq!(passes[passes.len() - 3..], [true, false, false], "brackets say nothing here: {told:#}");
    // Tiles, ways of I/O and budgets change nothing.
    for schedule in [["--memory", "16MiB"], ["--tile", "50000"], ["--io", "direct"], ["--io", "pwrite"]] {
        let (_, other) = quantiles(&dir, "2000000", &[], &schedule);
        assert_eq!(other, found, "{schedule:?}");
    }
    // What can wait for the sweep between brackets shares it.
    let two = "[inputs]\nx = \"r.npy\"\n[[step]]\nname = \"m\"\nkernel = \"mean\"\n[[step]]\nname = \"q\"\nkernel = \"quantile\"\n\
        q = [0.01, 0.5, 0.99]\nfrom = \"x\"\n[outputs]\nm = \"m.npy\"\nq = \"q.npy\"\n";
    dir.write("two.toml", two);
    let told = dir.run(&["run", "two.toml", "--json", "--quiet", "--overwrite", "--threads=2"]).json();
    assert_eq!(told["passes"][1]["steps"], json!(["m", "q"]), "{told:#}");
    assert!(told["read_bytes"].as_u64() < Some(8_000_000 * 11 / 10), "one sweep for both: {told:#}");
    assert_eq!(std::fs::read(dir.path("q.npy")).expect("a result"), found);
    let plan = dir.run(&["apply", "r.npy", "q.npy", "-s", "quantile q=0.5", "--plan", "--threads=2"]).expect(0).stdout;
    assert!(plan.starts_with("2 passes and 2 standing by"), "{plan}");
    assert_eq!(plan.matches("  stands by: left out where").count(), 2, "{plan}");
    let sample = ["apply", "r.npy", "q.npy", "-s", "quantile q=0.5", "--plan", "--sample", "10%"];
    let sample = dir.run(&sample).expect(0).stdout;
    assert!(sample.contains("pass 4  stands by"), "{sample}");
}

#[test]
fn what_is_read_here_and_there_has_tiles_with_more_records_than_runs() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "|u1", &[4 << 20, 1024]);
    let words = ["apply", "x.npy", "y.npy", "-s", "shuffle seed=5", "--plan", "--json", "--threads=2"];
    let plan = dir.run(&[&words[..], &["--memory", "32MiB", "--io", "direct"]].concat()).json();
    let figure = |pass: usize, key: &str| plan["passes"][pass][key][0].as_u64().expect("a number");
    let (block, tile) = (figure(0, "anchor"), figure(1, "tile"));
    assert!(tile >= (4u64 << 20).div_ceil(block), "{tile} records from blocks of {block}: {plan:#}");
    let kept = plan["refused"].to_string();
    assert!(kept.contains("1 of 2 threads") || plan["threads"] == 1, "fewer workers are looked at: {kept}");
}

#[test]
fn what_is_converted_and_read_here_and_there_is_converted_once() {
    let dir = Sandbox::new();
    dir.write("x.dat", vec![1u8; 13 + 60 * 40 * 500 * 4]);
    let pipeline = "[inputs]\nx = { path = \"x.dat\", dtype = \"f32\", shape = [60, 40, 500], offset = 13 }\n\
        [[step]]\nname = \"m\"\nkernel = \"shuffle\"\nseed = 3\n[outputs]\nm = \"m.npy\"\n";
    dir.write("m.toml", pipeline);
    let plan = dir.run(&["plan", "m.toml", "--json", "--memory", "16MiB", "--threads=2"]).json();
    assert_eq!(plan["passes"][0]["tile"][0], 60, "a tile of one record would convert all of them for it: {plan:#}");
}
