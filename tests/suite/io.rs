//! Promise 2 for the ways of bytes: whatever way inputs are read and outputs are written, the outputs are the same; and what a file
//! system does not do is done another way, with a line that says so.

use super::command::{Sandbox, Size, npy_header, pipelines};
use super::memory;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tilewise::kernel::registry;
use tilewise::storage::refuses_direct;

const WAYS: [&str; 4] = ["mmap", "auto", "pwrite", "direct"];

/// All outputs of a run.
fn outputs(dir: &Sandbox) -> Vec<(String, Vec<u8>)> {
    let files = dir.files().into_iter().filter(|f| f.starts_with("out/") && !f.ends_with(".json"));
    files.map(|f| (f.clone(), fs::read(dir.path(&f)).expect("readable"))).collect()
}

/// Runs a pipeline each way; all outputs must have the same bytes.
fn alike(dir: &Sandbox, pipeline: &str, budget: &str) {
    let mut first: Option<Vec<(String, Vec<u8>)>> = None;
    for way in WAYS {
        let words = ["run", pipeline, "--io", way, "--memory", budget, "--threads", "2", "--overwrite"];
        dir.run(&words).expect(0);
        let made = outputs(dir);
        assert!(!made.is_empty(), "{pipeline} makes something");
        let want = first.get_or_insert_with(|| made.clone());
        for ((name, have), (_, want)) in made.iter().zip(want.iter()) {
            assert!(have == want, "{pipeline}: {name} with --io {way} in {budget}");
        }
        assert_eq!(made.len(), want.len());
    }
}

#[test]
fn the_examples_give_the_same_bytes_every_way() {
    for (name, text) in pipelines() {
        let dir = Sandbox::new();
        dir.example(&name, &text, Size::Small);
        alike(&dir, &name, "64MiB");
    }
}

/// Past the page cache, tiles lie in private memory, with the ends of their pages.
#[test]
fn kernels_keep_to_their_projection_past_the_page_cache() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[128, 320, 320]);
    let mut wrong = Vec::new();
    for kernel in registry() {
        // Those whose inputs are special are measured mapped, and in the examples.
        if let Some(step) = memory::steps(kernel.name).first().filter(|s| !s.starts_with("reshape")) {
            let words = ["apply", "x.npy", "y.npy", "--axes", "tyx", "--io", "direct", "-s", step];
            memory::check(&format!("{step} past the page cache"), memory::measure(&dir, &words), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const STEPS: &str = "[[step]]\nname = \"blur\"\nkernel = \"gaussian\"\nsigma = 1.5\naxes = [1, 2]\n\
    [[step]]\nname = \"z\"\nkernel = \"zscore\"\n[[step]]\nname = \"turned\"\nkernel = \"transpose\"\naxes = [2, 0, 1]\nfrom = \"x\"\n\
    [[step]]\nname = \"mixed\"\nkernel = \"shuffle\"\nseed = 3\nfrom = \"x\"\n\
    [[step]]\nname = \"middle\"\nkernel = \"median\"\naxes = 0\nfrom = \"x\"\n\
    [[step]]\nname = \"sums\"\nkernel = \"cumsum\"\naxes = 0\nfrom = \"x\"\n\
    [outputs]\nz = \"out/z.npy\"\nturned = \"out/turned.npy\"\nmixed = \"out/mixed.npy\"\nmiddle = \"out/middle.dat\"\nsums = \"out/sums.npy\"\n";

/// An array with data at this offset, and a pipeline over it with windows, folds, carries, a transpose and a shuffle.
fn odd(dir: &Sandbox, shape: [u64; 3], offset: usize) {
    let count: u64 = shape.iter().product();
    let mut bytes = vec![7u8; offset];
    let value = |i: u64| ((i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f32) / 1024.0;
    bytes.extend((0..count).flat_map(|i| value(i).to_le_bytes()));
    dir.write("x.dat", bytes);
    let input =
        format!("[inputs]\nx = {{ path = \"x.dat\", dtype = \"f32\", shape = {shape:?}, offset = {offset} }}\n");
    dir.write("odd.toml", input + STEPS);
    fs::create_dir_all(dir.path("out")).expect("a folder");
}

#[test]
fn data_at_any_offset_gives_the_same_bytes_every_way() {
    for offset in [128, 13] {
        let dir = Sandbox::new();
        odd(&dir, [30, 110, 131], offset);
        // Many tiles, and one.
        alike(&dir, "odd.toml", "12MiB");
        alike(&dir, "odd.toml", "256MiB");
    }
}

#[test]
fn the_plan_says_how_bytes_travel_and_why() {
    let dir = Sandbox::new();
    odd(&dir, [30, 110, 131], 128);
    let plan = |way: &str| dir.run(&["plan", "odd.toml", "--io", way, "--memory", "64MiB"]).expect(0).stdout;
    assert!(plan("mmap").contains("reads mapped, writes mapped (as asked for)"), "{}", plan("mmap"));
    assert!(plan("pwrite").contains("reads mapped, writes pwrite (as asked for)"), "{}", plan("pwrite"));
    assert!(plan("auto").contains("fit the page cache"), "{}", plan("auto"));
    if refuses_direct(&dir.path("out")).is_none() {
        // Whole records are read wherever they lie, through the map.
        let both = "reads direct and mapped, writes direct (as asked for)";
        assert!(plan("direct").contains(both), "{}", plan("direct"));
    }
    let refused = dir.run(&["plan", "odd.toml", "--io", "fast"]).expect(2);
    assert!(refused.stderr.contains("auto, mmap, pwrite, direct"), "{}", refused.stderr);
}

#[test]
fn what_a_file_system_does_not_do_is_done_otherwise_and_said_once() {
    let memory = Path::new("/dev/shm");
    let Ok(folder) = tempfile::tempdir_in(memory) else { return };
    let dir = Sandbox::new();
    odd(&dir, [30, 110, 131], 0);
    let out = folder.path().join("y.npy").display().to_string();
    let done =
        dir.run(&["apply", "x.dat", &out, "--dtype", "f32", "--shape", "30,110,131", "-e", "x * 2", "--io", "direct"]);
    let text = done.expect(0).stderr;
    let lines: Vec<&str> = text.lines().filter(|l| l.contains("past")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(lines[0].contains("tmpfs has no disk"), "{text}");
    dir.run(&["apply", "x.dat", "y.npy", "--dtype", "f32", "--shape", "30,110,131", "-e", "x * 2", "--io", "mmap"])
        .expect(0);
    assert!(fs::read(&out).expect("made") == fs::read(dir.path("y.npy")).expect("made"));
}

#[test]
fn the_way_can_stand_in_the_pipeline() {
    let dir = Sandbox::new();
    odd(&dir, [30, 110, 131], 0);
    let text = fs::read_to_string(dir.path("odd.toml")).expect("written") + "[schedule]\nio = \"pwrite\"\n";
    dir.write("odd.toml", &text);
    assert!(dir.run(&["plan", "odd.toml"]).silent().contains("writes pwrite (as asked for)"));
    assert!(dir.run(&["plan", "odd.toml", "--io", "mmap"]).silent().contains("writes mapped (as asked for)"));
    dir.write("odd.toml", text.replace("\"pwrite\"", "\"quick\""));
    let error = dir.run(&["plan", "odd.toml"]).expect(2).stderr;
    assert!(error.contains("one of auto, mmap, pwrite, direct"), "{error}");
}

/// The most of a line of `/proc/PID/status`, in bytes, while a command runs.
fn most(dir: &Sandbox, words: &[&str], field: &str) -> u64 {
    let mut child = dir.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    let mut most = 0;
    while child.try_wait().expect("a state").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        // A process that has not become the command yet has the memory of these tests.
        if status.lines().next().is_some_and(|l| l.contains("tilewise")) {
            let line = status.lines().find_map(|l| l.strip_prefix(field));
            let kib = line.and_then(|l| l.trim().strip_suffix("kB")).and_then(|n| n.trim().parse::<u64>().ok());
            most = most.max(kib.unwrap_or(0) * 1024);
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    assert!(child.wait().expect("ended").success(), "{words:?}");
    most
}

#[test]
fn page_tables_stay_small_however_long_the_file() {
    let dir = Sandbox::new();
    let rows = 3 << 10;
    let header = npy_header("<f4", &[rows, 1 << 18]);
    let file = fs::File::create(dir.path("x.npy")).expect("a file");
    file.set_len(header.len() as u64 + rows * (1 << 20)).expect("3 GiB of nothing");
    std::os::unix::fs::FileExt::write_all_at(&file, &header, 0).expect("a header");
    let budget: u64 = 32 << 20;
    let own = most(&dir, &["apply", "x.npy", "-", "-s", "slice index='0:8, 0:8'", "--quiet"], "VmPTE:");
    for way in ["mmap", "direct"] {
        if way == "direct" && refuses_direct(&dir.path("")).is_some() {
            continue;
        }
        let words =
            ["apply", "x.npy", "-", "-s", "mean", "--io", way, "--memory", "32MiB", "--threads", "2", "--quiet"];
        let tables = most(&dir, &words, "VmPTE:");
        println!("{way}: {tables} bytes of page tables, {own} without the file");
        assert!(
            tables <= own + (1 << 20) + budget / 64,
            "{way}: {tables} bytes of page tables, {own} without the file"
        );
    }
}
