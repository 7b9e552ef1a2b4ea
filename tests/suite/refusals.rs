//! Bad input of every kind: a clear message that names the thing, the right exit code, and not one
//! file more or changed than before.

use super::command::{Sandbox, npy_with};
use std::collections::BTreeMap;
use std::fs;

/// What must not work: a title, the words, the exit code, and what the message has to hold.
type Case = (&'static str, &'static [&'static str], i32, &'static [&'static str]);

fn sandbox() -> Sandbox {
    let dir = Sandbox::new();
    dir.npy_f32("a.npy", &[4, 6], &(0..24).map(|i| if i == 8 { f32::NAN } else { i as f32 }).collect::<Vec<_>>());
    let good = fs::read(dir.path("a.npy")).expect("a file");
    dir.write("short.npy", &good[..good.len() - 1]);
    dir.write("header.npy", &good[..60]);
    dir.write("empty.npy", "");
    dir.write("text.npy", "no array at all, but long enough to look at\n".repeat(9));
    dir.write("raw.dat", [0u8; 100]);
    dir.write("empty.dat", "");
    let dictionary =
        |descr: &str, shape: &str| format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}");
    dir.write("object.npy", npy_with(&dictionary("'|O'", "(2,)")));
    dir.write("record.npy", npy_with(&dictionary("[('a', '<f8')]", "(2,)")));
    dir.write("code.npy", npy_with(&dictionary("'<f8'", "(2, 1 + 1)")));
    dir.write("negative.npy", npy_with(&dictionary("'<f8'", "(-2, 2)")));
    dir.write("vast.npy", npy_with(&dictionary("'<f8'", "(4294967296, 4294967296)")));
    dir.pictures("pictures", 3, 8, 9);
    dir.pictures("small", 1, 7, 9);
    fs::rename(dir.path("small/000.png"), dir.path("pictures/odd.png")).expect("moved");
    fs::remove_dir(dir.path("small")).expect("empty");
    let picture = fs::read(dir.path("pictures/000.png")).expect("a picture");
    dir.write("cut.png", &picture[..picture.len() - 30]);
    fs::create_dir(dir.path("folder")).expect("a folder");
    dir.sparse_npy("endless.npy", "|u1", &[15 << 40]);
    std::os::unix::fs::symlink("a.npy", dir.path("link.npy")).expect("a link");
    for (name, text) in PIPELINES {
        dir.write(name, text);
    }
    dir
}

const PIPELINES: [(&str, &str); 4] = [
    (
        "cycle.toml",
        "[inputs]\na = \"a.npy\"\n[[step]]\nname = \"up\"\nexpr = \"a + down\"\n[[step]]\nname = \"down\"\n\
         kernel = \"clip\"\nmin = 0\nfrom = \"up\"\n[outputs]\ndown = \"out.npy\"\n",
    ),
    (
        "same.toml",
        "[inputs]\na = \"a.npy\"\n[[step]]\nname = \"s\"\nexpr = \"a + 1\"\n[[step]]\nname = \"t\"\nexpr = \"a + 2\"\n\
         [outputs]\ns = \"out.npy\"\nt = \"./out.npy\"\n",
    ),
    ("syntax.toml", "[inputs]\na = \"a.npy\n"),
    ("keys.toml", "[inputs]\na = { path = \"a.npy\", dtpye = \"f32\" }\n"),
];

const FILES: &[Case] = &[
    ("missing", &["apply", "missing.npy", "out.npy", "-e", "x"], 1, &["missing.npy"]),
    ("a folder", &["apply", "folder", "out.npy", "-e", "x"], 1, &["folder"]),
    ("no match", &["apply", "none/*.png", "out.npy", "-e", "x"], 1, &["none/*.png"]),
    ("truncated", &["apply", "short.npy", "out.npy", "-e", "x"], 1, &["short.npy", "224 bytes", "1 missing"]),
    ("truncated header", &["apply", "header.npy", "out.npy", "-e", "x"], 1, &["header.npy", "60"]),
    ("empty", &["apply", "empty.npy", "out.npy", "-e", "x"], 1, &["empty.npy", "empty"]),
    (
        "empty raw",
        &["apply", "empty.dat", "out.npy", "-e", "x", "--dtype", "f32", "--shape", "2"],
        1,
        &["empty.dat", "8 bytes"],
    ),
    ("not an array", &["apply", "text.npy", "out.npy", "-e", "x"], 1, &["text.npy"]),
    ("raw, unsaid", &["apply", "raw.dat", "out.npy", "-e", "x"], 1, &["raw.dat", "--dtype", "--shape"]),
    (
        "raw, too short",
        &["apply", "raw.dat", "out.npy", "-e", "x", "--dtype", "f32", "--shape", "26"],
        1,
        &["raw.dat", "104", "100"],
    ),
    (
        "raw, no multiple",
        &["apply", "raw.dat", "out.npy", "-e", "x", "--dtype", "f32", "--shape", "-1,7"],
        1,
        &["raw.dat", "100"],
    ),
    (
        "raw, beyond 2^63",
        &["apply", "raw.dat", "out.npy", "-e", "x", "--dtype", "f32", "--shape", "4294967296,4294967296"],
        1,
        &["raw.dat", "2^63"],
    ),
    ("shape beyond 2^63", &["apply", "vast.npy", "out.npy", "-e", "x"], 1, &["vast.npy", "2^63"]),
    ("shape is code", &["apply", "code.npy", "out.npy", "-e", "x"], 1, &["code.npy", "malformed header at byte"]),
    ("negative shape", &["apply", "negative.npy", "out.npy", "-e", "x"], 1, &["negative.npy"]),
    ("object array", &["apply", "object.npy", "out.npy", "-e", "x"], 1, &["object.npy", "object"]),
    ("record array", &["apply", "record.npy", "out.npy", "-e", "x"], 1, &["record.npy"]),
    ("contradiction", &["apply", "a.npy", "out.npy", "-e", "x", "--dtype", "f64"], 1, &["a.npy", "f64", "f32"]),
    ("pictures of two sizes", &["apply", "pictures/*.png", "out.npy", "-e", "x"], 1, &["pictures/odd.png", "7", "8"]),
    ("cut picture", &["apply", "cut.png", "out.npy", "-e", "x"], 1, &["cut.png"]),
    ("no pipeline", &["run", "missing.toml"], 1, &["missing.toml"]),
];

const WORDS: &[Case] = &[
    ("unknown kernel", &["apply", "a.npy", "out.npy", "-s", "gausian sigma=1"], 2, &["gausian", "gaussian"]),
    ("unknown parameter", &["apply", "a.npy", "out.npy", "-s", "gaussian sgima=1"], 2, &["sgima", "sigma"]),
    ("unknown function", &["apply", "a.npy", "out.npy", "-e", "sqr(x)"], 2, &["sqr", "sqrt"]),
    ("unknown name", &["apply", "a.npy", "out.npy", "-e", "x - drak"], 2, &["drak"]),
    ("unknown key", &["run", "keys.toml"], 2, &["keys.toml:2", "dtpye", "dtype"]),
    ("unknown flag", &["apply", "a.npy", "out.npy", "--memroy", "1GiB"], 2, &["--memroy", "--memory"]),
    ("not TOML", &["run", "syntax.toml"], 2, &["syntax.toml:2"]),
    ("wrong type", &["apply", "a.npy", "out.npy", "-s", "gaussian sigma=wide"], 2, &["sigma", "wide"]),
    ("out of range", &["apply", "a.npy", "out.npy", "-s", "gaussian sigma=-1"], 2, &["sigma", "-1", "0"]),
    ("missing parameter", &["apply", "a.npy", "out.npy", "-s", "gaussian"], 2, &["sigma"]),
    ("axis out of range", &["apply", "a.npy", "out.npy", "-s", "mean axes=2"], 2, &["2"]),
    ("axis twice", &["apply", "a.npy", "out.npy", "-s", "mean axes=[0, -2]"], 2, &["twice"]),
    ("axis unnamed", &["apply", "a.npy", "out.npy", "-s", "mean axes=z"], 2, &["z"]),
    ("axes of other rank", &["apply", "a.npy", "out.npy", "-e", "x", "--axes", "tyx"], 1, &["tyx", "2"]),
    ("cycle", &["run", "cycle.toml"], 2, &["cycle.toml:", "up", "down"]),
    ("bad budget", &["apply", "a.npy", "out.npy", "-e", "x", "--memory", "lots"], 2, &["lots"]),
    ("no threads", &["apply", "a.npy", "out.npy", "-e", "x", "--threads", "0"], 2, &["0"]),
    ("output is the input", &["apply", "a.npy", "a.npy", "-e", "x", "--overwrite"], 2, &["a.npy", "input"]),
    (
        "output is the input, linked",
        &["apply", "a.npy", "link.npy", "-e", "x", "--overwrite"],
        2,
        &["link.npy", "input"],
    ),
    ("two outputs, one file", &["run", "same.toml"], 2, &["out.npy"]),
    ("create beyond 2^63", &["create", "out.npy", "--dtype", "f64", "--shape", "4294967296,4294967296"], 2, &["2^63"]),
    (
        "create without room in the dtype",
        &["create", "out.npy", "--dtype", "u8", "--shape", "2", "--fill", "256"],
        2,
        &["256", "0 to 255"],
    ),
    ("index out of range", &["set", "a.npy", "4,0", "1"], 1, &["4"]),
    ("value out of range", &["set", "a.npy", "0,0", "1e60"], 2, &["1e60", "f32"]),
];

const LIMITS: &[Case] = &[
    ("output exists", &["apply", "a.npy", "short.npy", "-e", "x"], 3, &["short.npy", "--overwrite"]),
    ("created file exists", &["create", "a.npy", "--dtype", "u8", "--shape", "1"], 3, &["a.npy", "--overwrite"]),
    (
        "saved pipeline exists",
        &["apply", "a.npy", "out.npy", "-e", "x", "--save", "same.toml"],
        3,
        &["same.toml", "--overwrite"],
    ),
    (
        "budget too small",
        &["apply", "a.npy", "out.npy", "-s", "zscore", "--memory", "1MiB"],
        3,
        &["zscore", "1.00 MiB", "--memory"],
    ),
    ("too little disk", &["apply", "endless.npy", "out.npy", "-e", "x"], 3, &["15.0 TiB", "free"]),
    (
        "too little disk to create",
        &["create", "out.npy", "--dtype", "u8", "--shape", "16000000000000"],
        3,
        &["out.npy", "free"],
    ),
    ("no such folder", &["apply", "a.npy", "none/out.npy", "-e", "x"], 1, &["none", "folder"]),
    ("a file as folder", &["apply", "a.npy", "raw.dat/out.npy", "-e", "x"], 1, &["raw.dat", "folder"]),
    ("a folder as file", &["apply", "a.npy", "folder", "-e", "x", "--overwrite"], 1, &["folder"]),
    ("unwritable folder", &["apply", "a.npy", "/proc/out.npy", "-e", "x"], 1, &["/proc"]),
    ("NaN into an integer", &["apply", "a.npy", "out.npy", "-s", "cast dtype=u8"], 1, &["cast", "NaN", "[1, 2]"]),
    (
        "overflow",
        &[
            "apply",
            "a.npy",
            "out.npy",
            "-e",
            "where(isnan(x), 0, x)",
            "-s",
            "cast dtype=i64",
            "-e",
            "x + 9223372036854775807",
        ],
        1,
        &["overflow"],
    ),
];

/// Everything there is, with sizes and times of change, so that a rewritten file shows.
fn state(dir: &Sandbox) -> BTreeMap<String, (u64, std::time::SystemTime)> {
    let look = |name: String| {
        let meta = fs::symlink_metadata(dir.path(&name)).expect("a file");
        (name, (meta.len(), meta.modified().expect("a time")))
    };
    dir.files().into_iter().map(look).collect()
}

fn refuse(cases: &[Case]) {
    let dir = sandbox();
    let before = state(&dir);
    let mut wrong = Vec::new();
    for (title, words, code, says) in cases {
        let done = dir.run(words);
        let mut complain = |what: String| wrong.push(format!("{title}: {what}\n$ {}\n{}", done.line, done.stderr));
        if done.code != *code {
            complain(format!("exit {}, expected {code}", done.code));
        }
        if !done.stderr.starts_with("error: ") || !done.stdout.is_empty() || done.stderr.contains("panicked") {
            complain(format!("an error on standard error alone; standard output has {:?}", done.stdout));
        }
        for word in says.iter().filter(|w| !done.stderr.contains(**w)) {
            complain(format!("says nothing of {word:?}"));
        }
        let after = state(&dir);
        if after != before {
            let left: Vec<_> = after.iter().filter(|(name, is)| before.get(*name) != Some(is)).collect();
            complain(format!("left behind or changed: {left:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_that_are_no_arrays() {
    refuse(FILES);
}

#[test]
fn words_that_mean_nothing() {
    refuse(WORDS);
}

#[test]
fn limits_of_machine_and_data() {
    refuse(LIMITS);
}
