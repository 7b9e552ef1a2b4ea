//! Does `bench` measure, clean up, and save what `plan` and `run` then use? Not how fast anything is.

use super::command::{Done, Sandbox};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::{Duration, Instant};

const TINY: [&str; 5] = ["bench", "--quick", "--size", "4MiB", "--json"];

fn with_machine(dir: &Sandbox, words: &[&str], machine: &str) -> Done {
    let output = dir.command(words).env("TILEWISE_MACHINE", dir.path(machine)).output().expect("it starts");
    Done::new(&format!("tilewise {}", words.join(" ")), output)
}

/// A machine that reads 4 GB/s, copies so that a written byte takes as long as a read one, and has a slow disk.
fn machine() -> Value {
    json!({ "rates": { "threads": 2, "memory_bytes": 1u64 << 34, "mapped_read": 4e9, "mapped_copy": 4e9,
        "cold_read": 1e9, "cold_write": 0.5e9, "kernel_ns": { "zscore": 0.0, "gaussian": 10.0, "expr": 0.0 } } })
}

fn sandbox() -> Sandbox {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[100, 1000, 1000]);
    dir.write("machine.json", machine().to_string());
    dir
}

#[test]
fn bench_measures_saves_and_cleans_up() {
    let dir = Sandbox::new();
    let done = with_machine(&dir, &[&TINY[..], &["--save"]].concat(), "new/folder/machine.json").expect(0);
    assert!(done.stderr.contains("new/folder/machine.json"), "it says where: {}", done.stderr);
    assert_eq!(dir.files(), ["new/folder/machine.json"], "all that it made is gone");
    let found: Value = serde_json::from_str(&done.stdout).expect("one JSON document");
    assert_eq!(found["file_bytes"], json!(4 << 20));
    assert!(found["rounds"].as_u64() >= Some(1));
    let names = |part: &str| {
        let rows = found[part].as_array().expect("rows");
        for row in rows {
            let rate = |key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{key} of {row}"));
            assert!(rate("slowest") > 0.0 && rate("slowest") <= rate("bytes_per_second"), "{row}");
            assert!(rate("bytes_per_second") <= rate("fastest"), "{row}");
        }
        rows.iter().map(|r| r["name"].as_str().expect("a name").to_string()).collect::<Vec<_>>()
    };
    let files = ["mapped read", "pread", "mapped copy", "overwrite", "fill", "pwrite", "cold read", "cold write"];
    assert_eq!(names("files"), files);
    let kernels = names("kernels");
    assert_eq!(kernels.len(), 12, "{kernels:?}");
    for (row, name) in found["kernels"].as_array().expect("rows").iter().zip(&kernels) {
        let reduces = ["mean", "std", "max"].contains(&name.as_str());
        assert_eq!(row["limit"], json!(if reduces { "mapped read" } else { "mapped copy" }), "{name}");
        assert!(row["share"].as_f64() > Some(0.0), "{row}");
    }
    for key in ["cores", "memory_bytes", "system", "file_system", "tilewise", "date"] {
        assert!(!found["machine"][key].is_null(), "{key}");
    }
    let saved: Value =
        serde_json::from_str(&std::fs::read_to_string(dir.path("new/folder/machine.json")).expect("saved"))
            .expect("JSON");
    assert_eq!(saved["rates"], found["rates"]);
    // What was saved is used.
    dir.sparse_npy("x.npy", "<f4", &[10, 100, 100]);
    let plan = with_machine(&dir, &["apply", "x.npy", "y.npy", "-s", "zscore", "--plan"], "new/folder/machine.json");
    let plan = plan.silent();
    assert!(plan.contains("at this machine's saved rates, bound by"), "{plan}");
}

#[test]
fn the_table_can_be_pasted() {
    let dir = Sandbox::new();
    let text = dir.run(&["bench", "--quick", "--size", "4MiB", "--quiet"]).silent();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.iter().all(|l| l.chars().count() <= 100 && !l.contains(['\t', '\u{1b}'])), "{text}");
    for word in ["cores", "of memory", "tilewise ", "mapped copy", "% of mapped copy", "% of mapped read", "medians of"]
    {
        assert!(text.contains(word), "{word} in\n{text}");
    }
}

#[test]
fn plans_estimate_their_time_and_hash_the_same() {
    let dir = sandbox();
    let words = ["apply", "x.npy", "y.npy", "-s", "zscore", "--plan", "--memory", "64MiB", "--threads", "2", "--json"];
    let (without, with) = (dir.run(&words).json(), with_machine(&dir, &words, "machine.json").json());
    assert_eq!((&without["estimate"]["rates"], &with["estimate"]["rates"]), (&json!("assumed"), &json!("saved")));
    let mut other = machine();
    other["rates"]["cold_write"] = json!(5e9);
    dir.write("other.json", other.to_string());
    let other = with_machine(&dir, &words, "other.json").json();
    assert_eq!(other["hash"], with["hash"], "an estimate is no part of the plan");
    assert!(other["estimate"]["seconds"].as_f64() < with["estimate"]["seconds"].as_f64());
    let all = &with["estimate"];
    let seconds = |of: &Value, key: &str| of[key].as_f64().unwrap_or_else(|| panic!("{key} of {of}"));
    // 400 MB: twice from memory or once from the disk (a sparse file is there or not), written once to the disk.
    let (warm, cold) = (0.2 + 0.8, 0.4 + 0.1 + 0.8);
    assert!((warm - 0.01..cold + 0.01).contains(&seconds(all, "seconds")), "{all}");
    assert!((seconds(all, "writing_seconds") - 0.8).abs() < 0.01, "{all}");
    assert_eq!(all["bound_by"], json!("writing"));
    let passes = all["passes"].as_array().expect("passes");
    let sum: f64 = passes.iter().map(|p| seconds(p, "seconds")).sum();
    assert!(passes.len() == 2 && (sum - seconds(all, "seconds")).abs() < 1e-9, "{all}");
}

#[test]
fn estimates_count_kernels_workers_and_what_has_no_rate() {
    let dir = sandbox();
    let estimate = |step: &str, threads: &str| {
        let words = ["apply", "x.npy", "y.npy", "-s", step, "--plan", "--threads", threads, "--json"];
        with_machine(&dir, &words, "machine.json").json()["estimate"].take()
    };
    let two = estimate("gaussian sigma=1.5 axes=[1, 2]", "2");
    let computing = two["computing_seconds"].as_f64().expect("seconds");
    assert!((0.99..2.1).contains(&computing), "a hundred million elements, in one stage or two: {two}");
    assert_eq!(two["bound_by"], json!("computing"));
    let one = estimate("gaussian sigma=1.5 axes=[1, 2]", "1");
    assert!((one["computing_seconds"].as_f64().expect("seconds") / computing - 2.0).abs() < 0.01, "{one}");
    let other = estimate("median size=3 axes=[1, 2]", "2");
    assert_eq!(other["not_counted"], json!(["median"]));
    let words = ["apply", "x.npy", "y.npy", "-s", "median size=3 axes=[1, 2]", "--plan"];
    let text = with_machine(&dir, &words, "machine.json").silent();
    assert!(text.contains("; no rate for median"), "{text}");
    assert!(text.contains("\n  time    about "), "{text}");
}

#[test]
fn a_summary_tells_the_share_of_the_machine() {
    let dir = sandbox();
    dir.npy_f32("small.npy", &[1000], &[1.0; 1000]);
    let last = |words: &[&str]| {
        let done = with_machine(&dir, words, "machine.json").expect(0);
        done.stderr.lines().last().unwrap_or_default().to_string()
    };
    let line = last(&["apply", "small.npy", "copy.npy", "-e", "x + 1"]);
    assert!(line.ends_with("% of this machine's mapped copy"), "{line}");
    let line = last(&["apply", "small.npy", "mean.npy", "-s", "mean"]);
    assert!(line.ends_with("% of this machine's mapped read"), "{line}");
    let done = dir.run(&["apply", "small.npy", "plain.npy", "-e", "x + 1"]).expect(0);
    assert!(!done.stderr.contains("of this machine's"), "{}", done.stderr);
}

#[test]
fn rates_that_cannot_be_used_are_told_and_count_as_none() {
    let dir = sandbox();
    let words = ["apply", "x.npy", "y.npy", "-e", "x", "--plan"];
    let plain = dir.run(&words).silent();
    assert_eq!(with_machine(&dir, &words, "missing.json").silent(), plain);
    let zero = "{\"rates\": {\"threads\": 2, \"mapped_read\": 0}}";
    for (text, word) in
        [("{", "line 1"), ("[]", "\"rates\""), (zero, "not above 0"), ("{\"rates\": 5}", "invalid type")]
    {
        dir.write("bad.json", text);
        let done = with_machine(&dir, &words, "bad.json").expect(0);
        assert!(
            done.stderr.starts_with("warning: the machine's rates in ") && done.stderr.contains(word),
            "{}",
            done.stderr
        );
        assert_eq!(done.stdout, plain);
    }
}

#[test]
fn homes_are_found_or_missed_politely() {
    let dir = sandbox();
    dir.write("config/tilewise/machine.json", machine().to_string());
    dir.write("home/.config/tilewise/machine.json", machine().to_string());
    let words = ["apply", "x.npy", "y.npy", "-e", "x", "--plan"];
    for (variable, folder) in [("XDG_CONFIG_HOME", "config"), ("HOME", "home")] {
        let output = dir.command(&words).env(variable, dir.path(folder)).output().expect("it starts");
        let text = Done::new("plan", output).silent();
        assert!(text.contains("saved rates"), "{variable}: {text}");
    }
    let done = dir.run(&["bench", "--save"]).expect(2);
    assert!(done.stderr.contains("HOME is not set") && done.stderr.contains("TILEWISE_MACHINE"), "{}", done.stderr);
}

#[test]
fn ctrl_c_removes_the_files() {
    let dir = Sandbox::new();
    let mut child = dir.command(&["bench", "--size", "64MiB"]).stderr(Stdio::piped()).spawn().expect("it starts");
    let started = Instant::now();
    while !dir.files().iter().any(|f| f.ends_with("part.npy")) {
        assert!(started.elapsed() < Duration::from_secs(60), "no file yet: {:?}", dir.files());
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(sent.expect("kill runs").success());
    let asked = Instant::now();
    while child.try_wait().expect("a state").is_none() {
        assert!(asked.elapsed() < Duration::from_secs(5), "still running");
        std::thread::sleep(Duration::from_millis(5));
    }
    let done = Done::new("interrupted", child.wait_with_output().expect("ended")).expect(130);
    assert!(done.stderr.contains("interrupted"), "{}", done.stderr);
    assert!(dir.files().is_empty(), "{:?}", dir.files());
}

#[test]
fn places_that_cannot_be_measured_are_refused() {
    let dir = Sandbox::new();
    let done = dir.run(&["bench", "--dir", "none"]).expect(1);
    assert!(done.stderr.contains("none"), "{}", done.stderr);
    let done = dir.run(&["bench", "--size", "4000TiB"]).expect(3);
    assert!(done.stderr.contains("free"), "{}", done.stderr);
    assert!(dir.files().is_empty());
}
