//! Every command's main use: what it prints and where, its exit code, its JSON.

use super::command::{Sandbox, Size, pipelines};
use serde_json::{Value, json};
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tilewise::kernel::registry;

/// `x.npy`: 0, 1, 2 … as f32 in 4 rows of 5.
fn with_x() -> Sandbox {
    let dir = Sandbox::new();
    dir.npy_f32("x.npy", &[4, 5], &(0..20).map(|i| i as f32).collect::<Vec<_>>());
    dir
}

#[test]
fn info_describes_files() {
    let dir = with_x();
    let text = dir.run(&["info", "x.npy"]).silent();
    for word in ["f32", "4 × 5", "20 elements", "128 bytes past a page boundary", "read in place"] {
        assert!(text.contains(word), "{word} in:\n{text}");
    }
    let told = dir.run(&["info", "x.npy", "--json", "--axes", "yx"]).json();
    assert_eq!((&told["dtype"], &told["shape"], &told["axes"]), (&json!("f32"), &json!([4, 5]), &json!("yx")));
    assert_eq!((&told["offset"], &told["bytes"], &told["page_aligned"]), (&json!(128), &json!(80), &json!(false)));
    dir.write("raw.dat", [0u8; 56]);
    let told = dir.run(&["info", "raw.dat", "--dtype", "u16", "--shape", "-1,7", "--endian", "big", "--json"]).json();
    assert_eq!((&told["shape"], &told["endian"], &told["in_place"]), (&json!([4, 7]), &json!("big"), &json!(false)));
    dir.pictures("p", 3, 4, 6);
    let told = dir.run(&["info", "p/*.png", "--json"]).json();
    assert_eq!((&told["shape"], &told["dtype"], &told["mapped"]), (&json!([3, 4, 6]), &json!("u8"), &json!(false)));
}

#[test]
fn create_fills() {
    let dir = Sandbox::new();
    let make = |name: &str, more: &[&str]| {
        let done = dir.run(&[&["create", name, "--shape", "2,3"], more].concat()).expect(0);
        assert_eq!(done.stdout, "");
        done.stderr
    };
    assert!(make("z.npy", &["--dtype", "i16"]).contains("i16 [2, 3], 12 B"));
    assert_eq!(dir.run(&["get", "z.npy"]).silent(), "0 0 0\n0 0 0\n");
    make("v.npy", &["--dtype", "i16", "--fill", "-7"]);
    assert_eq!(dir.run(&["get", "v.npy", "1,1"]).silent(), "-7\n");
    assert_eq!(make("n.npy", &["--dtype", "f64", "--fill", "-inf", "--quiet"]), "");
    assert_eq!(dir.run(&["get", "n.npy", "0"]).silent(), "-inf -inf -inf\n");
    make("r.dat", &["--dtype", "f32", "--fill", "random", "--seed", "3", "--order", "f", "--offset", "13"]);
    assert_eq!(fs::metadata(dir.path("r.dat")).expect("made").len(), 13 + 24);
    let raw = ["get", "r.dat", "--json", "--dtype", "f32", "--shape", "2,3", "--order", "F", "--offset", "13"];
    make("r.npy", &["--dtype", "f32", "--fill", "random", "--seed", "3"]);
    assert_eq!(dir.run(&raw).json()["values"], dir.run(&["get", "r.npy", "--json"]).json()["values"]);
    dir.run(&["create", "z.npy", "--dtype", "u8", "--shape", "1"]).expect(3);
    dir.run(&["create", "z.npy", "--dtype", "u8", "--shape", "1", "--overwrite"]).expect(0);
    dir.run(&["create", "s.npy", "--dtype", "u8", "--shape", ""]).expect(0);
    assert_eq!(dir.run(&["get", "s.npy"]).silent(), "0\n", "an array of no axes has one element");
}

#[test]
fn get_prints_slices_as_numpy_takes_them() {
    let dir = with_x();
    let get = |words: &[&str]| dir.run(&[&["get", "x.npy"], words].concat()).silent();
    assert_eq!(get(&["1,2"]), "7.0\n");
    assert_eq!(get(&["-1,-2"]), "18.0\n");
    assert_eq!(get(&["-2:,::2"]), "10.0 12.0 14.0\n15.0 17.0 19.0\n");
    assert_eq!(get(&["::-1,0"]), "15.0 10.0 5.0 0.0\n");
    assert_eq!(get(&["0,0", "-1,-1"]), "0.0\n19.0\n");
    assert_eq!(get(&["0", "--limit", "2"]), "0.0 1.0\n… 3 more elements (--limit 5)\n");
    assert_eq!(dir.run(&["get", "x.npy", "-1", "--json"]).json()["values"], json!([15.0, 16.0, 17.0, 18.0, 19.0]));
    let two = dir.run(&["get", "--json", "x.npy", "0,1", "1:1"]).json();
    assert_eq!(two["selections"][0]["values"], json!(1.0));
    assert_eq!((&two["selections"][1]["shape"], &two["selections"][1]["values"]), (&json!([0, 5]), &json!([])));
    let none = dir.run(&["get", "x.npy", "0,0", "4,0"]).expect(1);
    assert_eq!(none.stdout, "", "nothing is printed where one index is wrong");
}

#[test]
fn set_changes_in_place() {
    let dir = with_x();
    let done = dir.run(&["set", "x.npy", "1:3,0", "-1,-1", "-2.5"]).expect(0);
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", "3 elements of x.npy set\n"));
    assert_eq!(dir.run(&["get", "x.npy", ":,0", "-1,-1"]).silent(), "0.0 -2.5 -2.5 15.0\n-2.5\n");
    assert_eq!(dir.run(&["set", "x.npy", "0,0", "-inf", "--quiet"]).silent(), "");
    dir.run(&["set", "x.npy", "0,1", "nan"]).expect(0);
    let first = dir.run(&["get", "x.npy", "0,:2", "--json"]).json();
    assert_eq!(first["values"], json!(["-Infinity", "NaN"]), "what JSON has no number for is a string");
    let before = fs::read(dir.path("x.npy")).expect("a file");
    assert!(dir.run(&["set", "x.npy", "0,0", "9,9", "1"]).expect(1).stderr.contains("9"));
    dir.run(&["set", "x.npy", "0,0", "many"]).expect(2);
    assert_eq!(fs::read(dir.path("x.npy")).expect("a file"), before, "refused means unchanged");
}

#[test]
fn apply_takes_steps_and_expressions_in_order() {
    let dir = with_x();
    let done = dir.run(&["apply", "x.npy", "a.npy", "-e", "x + 1", "-s", "clip max=10", "-e", "-x * 2"]).expect(0);
    assert_eq!(done.stdout, "");
    assert!(done.stderr.contains("a.npy") && done.stderr.contains("all finite"), "{}", done.stderr);
    assert_eq!(dir.run(&["get", "a.npy", "0,0", "2,2"]).silent(), "-2.0\n-20.0\n");
    dir.run(&["apply", "x.npy", "b.npy", "-s", "clip max=10", "-e", "x + 1", "-e", "-x * 2"]).expect(0);
    assert_eq!(dir.run(&["get", "b.npy", "2,2"]).silent(), "-22.0\n", "another order, another result");
    // Options between and before the files, and the original beside what a step receives.
    let words = ["apply", "--quiet", "x.npy", "-s", "mean axes=y keepdims=true", "c.npy", "-e", "input - x"];
    assert_eq!(dir.run(&[&words[..], &["--axes", "yx"]].concat()).silent(), "");
    assert_eq!(dir.run(&["get", "c.npy", ":,0"]).silent(), "-7.5 -2.5 2.5 7.5\n");
}

#[test]
fn apply_reads_other_arrays_and_prints_small_results() {
    let dir = with_x();
    dir.npy_f32("dark.npy", &[5], &[1.0, 2.0, 3.0, 4.0, 5.0]);
    dir.write("gain.dat", [2u8, 0, 4, 0, 2, 0, 2, 0, 2, 0]);
    let gain = "gain={path=\"gain.dat\", dtype=\"u16\", shape=[5]}";
    let words = ["apply", "x.npy", "-", "-e", "(x - dark) / gain", "--with", "dark=dark.npy", "--with", gain];
    let told: Value = serde_json::from_str(&dir.run(&words).silent()).expect("JSON");
    assert_eq!(told[1], json!([2.0, 1.0, 2.0, 2.0, 2.0]));
    assert_eq!(dir.run(&["apply", "x.npy", "-", "-s", "mean"]).silent(), "9.5\n");
    let document = dir.run(&["apply", "x.npy", "-", "-s", "max", "--json"]).json();
    assert_eq!(document["values"]["output"], json!(19.0));
    let document = dir.run(&["apply", "x.npy", "h.npy", "-e", "x / 0", "--output-dtype", "f16", "--json"]).json();
    let output = &document["outputs"][0];
    assert_eq!((&output["dtype"], &output["nan"], &output["inf"]), (&json!("f16"), &json!(1), &json!(19)));
    for key in ["memory_projected_bytes", "memory_private_peak_bytes", "read_bytes", "seconds", "threads"] {
        assert!(document[key].is_number(), "{key} in {document:#}");
    }
    dir.sparse_npy("large.npy", "|u1", &[2000, 1000]);
    let refused = dir.run(&["apply", "large.npy", "-", "-e", "x"]).expect(2);
    assert!(refused.stderr.contains("2000000") && refused.stdout.is_empty(), "{}", refused.stderr);
}

#[test]
fn apply_saves_and_explains() {
    let dir = with_x();
    let words = ["apply", "x.npy", "out.npy", "-s", "gaussian sigma=1", "-e", "x - input", "--axes", "yx"];
    let plan = dir.run(&[&words[..], &["--plan"]].concat()).silent();
    assert!(plan.contains("gaussian") && plan.contains("out.npy"), "{plan}");
    dir.run(&[&words[..], &["--plan", "--json"]].concat()).json();
    dir.run(&[&words[..], &["--save", "job.toml"]].concat()).expect(0);
    assert!(!dir.path("out.npy").exists(), "neither runs anything");
    dir.run(&[&words[..], &["--save", "job.toml"]].concat()).expect(3);
    dir.run(&["run", "job.toml", "--set", "outputs.output=again.npy", "--quiet"]).silent();
    dir.run(&words).expect(0);
    assert_eq!(dir.run(&["diff", "out.npy", "again.npy"]).silent(), "equal: 20 elements\n");
}

#[test]
fn diff_has_three_exit_codes() {
    let dir = with_x();
    dir.run(&["apply", "x.npy", "y.npy", "-e", "where(x == 7, 7.5, x)", "-q"]).silent();
    assert_eq!(dir.run(&["diff", "x.npy", "x.npy"]).silent(), "equal: 20 elements\n");
    let text = dir.run(&["diff", "x.npy", "y.npy"]).expect(1).stdout;
    let average = "0.025 apart on average\n";
    assert_eq!(text, format!("1 of 20 elements differs\nworst at [1, 2]: 7.0 and 7.5, 0.5 apart\n{average}"));
    let told = dir.run(&["diff", "x.npy", "y.npy", "--json"]).expect(1).stdout;
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&told["worst"], &told["index"], &told["b"]), (&json!(0.5), &json!([1, 2]), &json!(7.5)));
    dir.run(&["diff", "x.npy", "y.npy", "--atol", "0.5"]).expect(0);
    assert_eq!(dir.run(&["diff", "x.npy", "y.npy", "-q"]).expect(1).stdout, "");
    dir.npy_f32("z.npy", &[5, 4], &[0.0; 20]);
    assert!(dir.run(&["diff", "x.npy", "z.npy"]).expect(1).stdout.contains("different shapes"));
    assert!(dir.run(&["diff", "x.npy", "missing.npy"]).expect(2).stderr.contains("missing.npy"));
    dir.run(&["diff", "x.npy", "y.npy", "--rtol", "-1"]).expect(2);
}

#[test]
fn diff_names_dtypes_and_nan_and_compares_in_any_order() {
    let dir = with_x();
    dir.run(&["apply", "x.npy", "d.npy", "-s", "cast dtype=f64", "-q"]).silent();
    assert_eq!(dir.run(&["diff", "x.npy", "d.npy"]).silent(), "equal: 20 elements, f32 and f64\n");
    dir.run(&["set", "d.npy", "0,1", "3,4", "nan", "-q"]).silent();
    dir.run(&["set", "d.npy", "1,0", "inf", "-q"]).silent();
    let words = ["diff", "x.npy", "d.npy", "--rtol", "1e-6"];
    let text = dir.run(&words).expect(1).stdout;
    let expected = "3 of 20 elements differ, 2 of them NaN in one only, f32 and f64\nworst at [0, 1]: 1.0 and nan\n";
    assert_eq!(text, format!("{expected}0 apart on average\n"), "nothing is near infinity, and the first NaN counts");
    let told: Value =
        serde_json::from_str(&dir.run(&[&words[..], &["--json"]].concat()).expect(1).stdout).expect("JSON");
    assert_eq!((&told["dtype_a"], &told["dtype_b"], &told["nan_in_one"]), (&json!("f32"), &json!("f64"), &json!(2)));
    assert_eq!((&told["worst"], &told["mean_difference"]), (&json!("NaN"), &json!(0.0)));
    // The same values, the other order in the file; many blocks, and one element that differs.
    let wide = ["--dtype", "u16", "--shape", "700,900", "--fill", "random", "--seed", "5", "-q"];
    for (name, order) in [("c.npy", "c"), ("f.npy", "f"), ("g.npy", "f")] {
        dir.run(&[&["create", name, "--order", order], &wide[..]].concat()).silent();
    }
    for (a, b) in [("c.npy", "f.npy"), ("f.npy", "c.npy"), ("f.npy", "g.npy")] {
        assert_eq!(dir.run(&["diff", a, b]).silent(), "equal: 630,000 elements\n");
    }
    let raw = ["--dtype", "u16", "--shape", "700,900", "--order", "f"];
    dir.run(&[&["create", "f.dat", "--order", "f"], &wide[..]].concat()).silent();
    let text = dir.run(&[&["diff", "c.npy", "f.dat"], &raw[..]].concat()).silent();
    assert_eq!(text, "equal: 630,000 elements\n", "the layout is that of the raw file alone");
    let was = dir.run(&["get", "c.npy", "699,1"]).silent();
    let now = (was.trim().parse::<i64>().expect("a number") + 40000) % 65536;
    dir.run(&["set", "f.npy", "699,1", &now.to_string(), "-q"]).silent();
    for (a, b) in [("c.npy", "f.npy"), ("f.npy", "c.npy"), ("f.npy", "g.npy")] {
        let text = dir.run(&["diff", a, b]).expect(1).stdout;
        assert!(text.starts_with("1 of 630,000 elements differs\nworst at [699, 1]: "), "{a} {b}: {text}");
    }
}

#[test]
fn get_reads_pictures_and_no_more_than_it_shows() {
    let dir = with_x();
    dir.pictures("p", 3, 4, 6);
    let pixel = |i: u32, y: u32, x: u32| x * 3 + y * 7 + i * 11;
    let text = dir.run(&["get", "p/*.png", "1,2", "2,-1,::-2"]).silent();
    let row: Vec<String> = (0..6).map(|x| pixel(1, 2, x).to_string()).collect();
    let back: Vec<String> = [5, 3, 1].map(|x| pixel(2, 3, x).to_string()).to_vec();
    assert_eq!(text, format!("{}\n{}\n", row.join(" "), back.join(" ")));
    assert_eq!(dir.run(&["get", "p/000.png", "1,1"]).silent(), format!("{}\n", pixel(0, 1, 1)));
    dir.sparse_npy("vast.npy", "<f8", &[1 << 20, 1 << 20]);
    let started = Instant::now();
    let text = dir.run(&["get", "vast.npy"]).silent();
    assert!(text.ends_with("… 1099511626776 more elements (--limit 1099511627776)\n"), "{text}");
    assert_eq!(dir.run(&["get", "vast.npy", "-1,-1", "::524287,7"]).silent(), "0.0\n0.0 0.0 0.0\n");
    assert!(started.elapsed() < Duration::from_secs(5), "eight tebibytes are not read");
    let done = dir.run(&["get", "vast.npy", "--json"]).expect(2);
    assert!(done.stderr.contains("1099511627776 elements are too many"), "{}", done.stderr);
    let done = dir.run(&["get", "x.npy", "7:9"]).expect(0);
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", "no elements: the selection has shape [0, 5]\n"));
    for (index, words) in [
        ("4", &["axis 0", "index 4", "extent 4", "allowed: -4..=3"][..]),
        ("0,-6", &["axis 1", "index -6", "extent 5", "allowed: -5..=4"]),
        ("0,0,0", &["3 indices", "2 axes", "[4, 5]"]),
    ] {
        let done = dir.run(&["get", "x.npy", index]).expect(1);
        assert!(words.iter().all(|w| done.stderr.contains(w)), "{}", done.stderr);
    }
}

#[test]
fn set_and_create_speak_json() {
    let dir = with_x();
    let told = dir.run(&["set", "x.npy", ":2,0", "1,1", "-inf", "--json"]).json();
    assert_eq!((&told["changed"], &told["value"]), (&json!(3), &json!("-Infinity")));
    assert_eq!(told["indices"], json!([":2,0", "1,1"]));
    let words = ["create", "n.npy", "--dtype", "i16", "--shape", "2,3", "--order", "f", "--json"];
    let told = dir.run(&words).json();
    assert_eq!((&told["dtype"], &told["shape"], &told["order"]), (&json!("i16"), &json!([2, 3]), &json!("F")));
}

#[test]
fn catalogue_and_completions() {
    let dir = Sandbox::new();
    let all = dir.run(&["kernels", "--json"]).json();
    assert_eq!(all.as_array().map(Vec::len), Some(registry().len()));
    let one = dir.run(&["kernels", "gaussian", "--json"]).json();
    assert_eq!((&one["name"], &one["params"][0]["name"]), (&json!("gaussian"), &json!("sigma")));
    assert!(dir.run(&["kernels", "gausian"]).expect(2).stderr.contains("did you mean \"gaussian\"?"));
    for shell in ["bash", "zsh", "fish"] {
        let script = dir.run(&["completions", shell]).silent();
        assert!(script.contains("kernels") && script.contains("overwrite"), "{shell}");
    }
    dir.run(&["completions", "dos"]).expect(2);
    dir.run(&[]).expect(2);
    dir.run(&["no-such-command"]).expect(2);
    assert!(dir.run(&["--version"]).silent().starts_with("tilewise "));
}

#[test]
fn every_example_pipeline_runs() {
    for (name, text) in pipelines() {
        let dir = Sandbox::new();
        dir.example(&name, &text, Size::Small);
        let done = dir.run(&["run", &name, "--threads", "2"]).expect(0);
        assert_eq!(done.stdout, "", "{name}: results are in files, the summary is on standard error");
        let below: Vec<String> = dir.files().into_iter().filter(|f| f.starts_with("out/")).collect();
        let (records, made): (Vec<_>, Vec<_>) = below.into_iter().partition(|f| f.ends_with(".tilewise.json"));
        assert_eq!(records, made.iter().map(|f| format!("{f}.tilewise.json")).collect::<Vec<_>>(), "{name}");
        assert!(!made.is_empty());
        for file in &made {
            assert!(text.contains(file) && done.stderr.contains(file), "{name}: {file} in\n{}", done.stderr);
            assert!(dir.run(&["info", file, "--json"]).json()["elements"].as_u64() > Some(0));
        }
        assert!(done.stderr.lines().count() <= 12, "{name}: {}", done.stderr);
        assert!(dir.run(&["run", &name]).expect(3).stderr.contains("--overwrite"));
        let report = dir.run(&["run", &name, "--overwrite", "--json", "--quiet"]).json();
        assert_eq!(report["outputs"].as_array().map(Vec::len), Some(made.len()), "{name}");
    }
}

#[test]
fn every_kernels_example_runs() {
    let dir = Sandbox::new();
    dir.npy_f32("x.npy", &[40, 30], &(0..1200).map(|i| (i % 97) as f32).collect::<Vec<_>>());
    for kernel in registry() {
        assert!(kernel.example.starts_with("[[step]]\n"), "{}: the example is a step", kernel.name);
        assert!(kernel.example.contains(&format!("kernel = \"{}\"", kernel.name)), "{}", kernel.name);
        let end = format!("[outputs]\n{} = \"{}.npy\"\n", kernel.name, kernel.name);
        dir.write(
            "job.toml",
            format!("[inputs]\nx = {{ path = \"x.npy\", axes = \"yx\" }}\n{}\n{end}", kernel.example),
        );
        let done = dir.run(&["run", "job.toml", "--quiet"]);
        assert_eq!(done.silent(), "", "{}", kernel.name);
        assert!(dir.path(&format!("{}.npy", kernel.name)).exists());
        let summary = kernel.summary;
        assert!(!summary.starts_with(char::is_uppercase) && !summary.ends_with('.'), "{}: \"{summary}\"", kernel.name);
    }
}

#[test]
fn ctrl_c_leaves_nothing() {
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[300, 500, 500]);
    let runs: [&[&str]; 2] = [
        &["apply", "x.npy", "y.npy", "-s", "median size=7 axes=[1, 2]", "--memory", "64MiB"],
        &["create", "r.npy", "--dtype", "u8", "--shape", "4000000000", "--fill", "random"],
    ];
    for words in runs {
        let mut child = dir.command(words).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
        let started = Instant::now();
        while dir.files().len() < 2 {
            assert!(started.elapsed() < Duration::from_secs(20), "{words:?}: no temporary file");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(100));
        let sent = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
        assert!(sent.expect("kill runs").success());
        let asked = Instant::now();
        while child.try_wait().expect("a state").is_none() {
            assert!(asked.elapsed() < Duration::from_secs(2), "{words:?}: still running");
            std::thread::sleep(Duration::from_millis(5));
        }
        let done = super::command::Done::new("interrupted", child.wait_with_output().expect("ended")).expect(130);
        assert!(done.stderr.contains("interrupted"), "{}", done.stderr);
        assert_eq!(dir.files(), ["x.npy"]);
    }
}

#[test]
fn a_reader_that_left_is_no_failure() {
    let dir = with_x();
    dir.npy_f32("z.npy", &[4, 5], &[0.0; 20]);
    let (name, text) = pipelines().remove(0);
    dir.example(&name, &text, Size::Small);
    let commands: [(&[&str], i32); 11] = [
        (&["--help"], 0),
        (&["kernels"], 0),
        (&["kernels", "expr"], 0),
        (&["kernels", "--json"], 0),
        (&["info", "x.npy"], 0),
        (&["get", "x.npy"], 0),
        (&["plan", &name], 0),
        (&["run", &name, "--json"], 0),
        (&["apply", "x.npy", "-", "-e", "x"], 0),
        (&["completions", "bash"], 0),
        (&["diff", "x.npy", "z.npy"], 1),
    ];
    for (words, code) in commands {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = dir.command(words).stdout(writer).stderr(Stdio::piped()).output().expect("starts");
        let done = super::command::Done::new(&words.join(" "), output).expect(code);
        assert!(!done.stderr.contains("error"), "{words:?}: {}", done.stderr);
    }
}
