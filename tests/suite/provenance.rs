//! Does an output tell how it was made, truly, also after files have changed?

use super::command::Sandbox;
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, SystemTime};

const PIPELINE: &str = "[inputs]\nraw = { path = \"data/x.npy\", axes = \"yx\" }\nother = \"data/other.npy\"\n\n\
    [[step]]\nname = \"half\"\nexpr = \"raw / 2\"\n\n[[step]]\nname = \"blur\"\nkernel = \"gaussian\"\nsigma = 1\n\n\
    [[step]]\nname = \"apart\"\nexpr = \"other + 1\"\n\n\
    [outputs]\nblur = \"out/blur.npy\"\napart = \"apart.npy\"\n";

fn ran() -> Sandbox {
    let dir = Sandbox::new();
    let values: Vec<f32> = (0..80).map(|i| (i * i % 17) as f32).collect();
    dir.write("p.toml", PIPELINE);
    dir.npy_f32("data/x.npy", &[8, 10], &values);
    dir.npy_f32("data/other.npy", &[80], &values);
    fs::create_dir(dir.path("out")).expect("a folder");
    dir.run(&["run", "p.toml", "--set", "blur.sigma=2", "--threads", "2", "--memory", "64MiB"]).expect(0);
    dir
}

fn told(dir: &Sandbox, file: &str) -> Value {
    dir.run(&["info", file, "--json"]).json()["provenance"].take()
}

/// Moves a file's time of modification back, as no program that writes does.
fn age(dir: &Sandbox, name: &str) {
    let file = fs::File::options().write(true).open(dir.path(name)).expect("a file");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).expect("a time");
}

#[test]
fn a_record_stands_beside_each_output() {
    let dir = ran();
    let expected = [
        "apart.npy",
        "apart.npy.tilewise.json",
        "data/other.npy",
        "data/x.npy",
        "out/blur.npy",
        "out/blur.npy.tilewise.json",
        "p.toml",
    ];
    assert_eq!(dir.files(), expected, "and no temporary file is left");
    let record = told(&dir, "out/blur.npy");
    assert_eq!((&record["output"], &record["steps"]), (&json!("blur"), &json!(["half", "blur"])));
    assert_eq!((&record["threads"], &record["memory_budget_bytes"]), (&json!(2), &json!(64 << 20)));
    assert_eq!((&record["since"], &record["tilewise"]), (&json!("same"), &json!(env!("CARGO_PKG_VERSION"))));
    let inputs = record["inputs"].as_array().expect("inputs");
    assert_eq!(inputs.len(), 1, "only what leads to the output is told: {inputs:?}");
    assert_eq!((&inputs[0]["path"], &inputs[0]["since"]), (&json!("../data/x.npy"), &json!("same")));
    let words = ["plan", "p.toml", "--set", "blur.sigma=2", "--threads", "2", "--memory", "64MiB", "--json"];
    assert_eq!(record["plan_hash"], dir.run(&words).json()["hash"], "the record names the plan, and changes no hash");
    let text = dir.run(&["info", "out/blur.npy"]).silent();
    for word in ["made by half → blur", "UTC", "with 2 threads and 64.0 MiB", "raw = data/x.npy, unchanged"] {
        assert!(text.contains(word), "{word} in:\n{text}");
    }
    let plain = dir.run(&["info", "data/x.npy"]).silent();
    assert!(!plain.contains("made by"), "{plain}");
}

#[test]
fn the_pipeline_runs_again_from_any_folder() {
    let dir = ran();
    let first = fs::read(dir.path("out/blur.npy")).expect("made");
    let again = dir.run(&["info", "out/blur.npy", "--pipeline"]).silent();
    assert!(again.contains("sigma = 2"), "as it was run, --set included:\n{again}");
    dir.write("again.toml", &again);
    dir.run(&["run", "again.toml"]).expect(3);
    dir.run(&["run", "again.toml", "--overwrite", "--quiet"]).expect(0);
    assert_eq!(fs::read(dir.path("out/blur.npy")).expect("made"), first);
    let output = dir.command(&["info", "blur.npy", "--pipeline"]).current_dir(dir.path("out")).output().expect("runs");
    dir.write("out/again.toml", &output.stdout);
    dir.run(&["run", "out/again.toml", "--set", "outputs.blur=copy.npy", "--overwrite", "--quiet"]).expect(0);
    assert_eq!(fs::read(dir.path("copy.npy")).expect("made"), first);
    // The folder as a whole may move.
    let moved = Sandbox::new();
    for name in dir.files() {
        moved.write(&format!("elsewhere/{name}"), fs::read(dir.path(&name)).expect("a file"));
    }
    moved.write("again.toml", dir_pipeline(&moved, "elsewhere/out/blur.npy"));
    moved.run(&["run", "again.toml", "--overwrite", "--quiet"]).expect(0);
    assert_eq!(fs::read(moved.path("elsewhere/out/blur.npy")).expect("made"), first);
}

/// The pipeline of a copy, which is told to be one.
fn dir_pipeline(dir: &Sandbox, file: &str) -> String {
    let done = dir.run(&["info", file, "--pipeline"]).expect(0);
    assert!(done.stderr.contains("changed since, or copied"), "{}", done.stderr);
    done.stdout
}

#[test]
fn what_changed_since_is_told() {
    let dir = ran();
    let since = |file: &str| {
        let record = told(&dir, file);
        (record["since"].clone(), record["inputs"][0]["since"].clone())
    };
    age(&dir, "data/x.npy");
    assert_eq!(since("out/blur.npy"), (json!("same"), json!("touched")));
    dir.run(&["set", "data/x.npy", "0,0", "7", "--quiet"]).expect(0);
    assert_eq!(since("out/blur.npy"), (json!("same"), json!("changed")));
    fs::remove_file(dir.path("data/x.npy")).expect("removed");
    assert_eq!(since("out/blur.npy"), (json!("same"), json!("gone")));
    age(&dir, "out/blur.npy");
    assert_eq!(since("out/blur.npy").0, json!("touched"));
    dir.run(&["create", "out/blur.npy", "--dtype", "u8", "--shape", "3", "--overwrite", "--quiet"]).expect(0);
    assert_eq!(since("out/blur.npy").0, json!("changed"));
    let text = dir.run(&["info", "out/blur.npy"]).silent();
    assert!(text.contains("changed since: the record is of a file of"), "{text}");
    assert!(text.contains("raw = data/x.npy, no longer there"), "{text}");
}

#[test]
fn setting_an_element_is_a_change() {
    let dir = ran();
    age(&dir, "apart.npy");
    let record = dir.path("apart.npy.tilewise.json");
    let text = fs::read_to_string(&record).expect("a record");
    let mut value: Value = serde_json::from_str(&text).expect("JSON");
    value["written"]["modified"] = json!("2001-09-09T01:46:40Z");
    fs::write(&record, value.to_string()).expect("written");
    assert_eq!(told(&dir, "apart.npy")["since"], json!("same"));
    dir.run(&["set", "apart.npy", "0", "1", "--quiet"]).expect(0);
    assert_eq!(told(&dir, "apart.npy")["since"], json!("touched"));
}

#[test]
fn stacks_are_one_input() {
    let dir = Sandbox::new();
    dir.pictures("p", 4, 6, 7);
    dir.run(&["apply", "p/*.png", "max.npy", "-s", "max axes=0", "--quiet"]).expect(0);
    let record = told(&dir, "max.npy");
    assert_eq!((&record["inputs"][0]["files"], &record["inputs"][0]["since"]), (&json!(4), &json!("same")));
    fs::remove_file(dir.path("p/001.png")).expect("removed");
    assert_eq!(told(&dir, "max.npy")["inputs"][0]["since"], json!("changed"));
}

#[test]
fn a_record_that_cannot_be_is_a_warning() {
    let dir = Sandbox::new();
    dir.npy_f32("x.npy", &[3], &[1.0, 2.0, 3.0]);
    fs::create_dir_all(dir.path("y.npy.tilewise.json/in the way")).expect("a folder");
    let done = dir.run(&["apply", "x.npy", "y.npy", "-e", "x + 1"]).expect(0);
    assert!(done.stderr.contains("warning: y.npy: no record of how it was made: "), "{}", done.stderr);
    assert_eq!(dir.run(&["get", "y.npy"]).silent(), "2.0 3.0 4.0\n");
    assert_eq!(dir.files(), ["x.npy", "y.npy"], "no temporary file is left");
}

#[test]
fn what_is_no_record_is_told() {
    let dir = Sandbox::new();
    dir.npy_f32("x.npy", &[3], &[1.0, 2.0, 3.0]);
    let done = dir.run(&["info", "x.npy", "--pipeline"]).expect(1);
    assert!(done.stderr.contains("x.npy: no record of how it was made"), "{}", done.stderr);
    for (text, word) in [("{", "line 1"), ("[]", "no record of tilewise"), ("{\"format\": 9}", "format 9")] {
        dir.write("x.npy.tilewise.json", text);
        let done = dir.run(&["info", "x.npy"]).expect(0);
        assert!(done.stderr.starts_with("warning: ") && done.stderr.contains(word), "{}", done.stderr);
        assert!(done.stdout.contains("f32"), "{}", done.stdout);
        assert!(dir.run(&["info", "x.npy", "--pipeline"]).expect(1).stderr.contains(word));
    }
}
