//! What cannot be drawn: the reason, what to try, and no file.

use super::super::command::Sandbox;

/// A title, the words after `view`, the exit code, and what the message has to hold.
type Case = (&'static str, &'static [&'static str], i32, &'static [&'static str]);

const CASES: &[Case] = &[
    ("a scalar", &["scalar.npy", "-o", "x.png"], 1, &["scalar.npy", "get"]),
    ("one element", &["a.npy", "-o", "x.png", "--index", "1,2,3"], 1, &["a.npy", "single element", ":"]),
    ("empty", &["empty.npy", "-o", "x.png"], 1, &["empty.npy", "0 × 20"]),
    ("complex", &["complex.npy", "-o", "x.png"], 1, &["complex.npy", "c64"]),
    ("index outside", &["a.npy", "-o", "x.png", "--index", "4"], 1, &["a.npy", "axis 0", "4", "-4..=3"]),
    ("index outside a named axis", &["a.npy", "--axes", "tyx", "-o", "x.png", "--index", "0,20"], 1, &["axis y", "20"]),
    ("too many indices", &["a.npy", "-o", "x.png", "--index", "0,0,0,0"], 1, &["4 indices", "3 axes", "4 × 20 × 30"]),
    ("an empty slice", &["a.npy", "-o", "x.png", "--index", ":,9:9"], 1, &["axis 1", "9:9", "20"]),
    ("a step in the picture", &["a.npy", "-o", "x.png", "--index", "0,::2"], 1, &["axis 1", "--size"]),
    ("frames left open", &["five.npy", "-o", "x.png", "--index", "1"], 1, &["axis 1 (2 left)", "--index", "--montage"]),
    ("no index", &["a.npy", "-o", "x.png", "--index", "one"], 2, &["one", "whole number"]),
    ("five channels", &["five.npy", "--axes", "tzyxc", "-o", "x.png"], 1, &["5 channels", "--index :,:,:,:,0"]),
    ("one frame in a montage", &["plane.npy", "-o", "x.png", "--montage"], 1, &["plane.npy", "--montage"]),
    ("a montage of one", &["a.npy", "-o", "x.png", "--montage", "1x1"], 2, &["two frames"]),
    ("a montage of words", &["-o", "x.png", "--montage", "a.npy"], 2, &["ROWSxCOLUMNS", "before --montage"]),
    ("a montage without room", &["a.npy", "-o", "x.png", "--montage", "4x1", "--size", "16"], 2, &["--size"]),
    (
        "unknown colour map",
        &["a.npy", "-o", "x.png", "--colormap", "virids"],
        2,
        &["virids", "did you mean viridis?", "cividis"],
    ),
    ("percentiles out of order", &["a.npy", "-o", "x.png", "--percentiles", "99,1"], 2, &["99", "1", "below"]),
    ("percentiles beyond 100", &["a.npy", "-o", "x.png", "--percentiles", "0,101"], 2, &["101", "between 0 and 100"]),
    ("a range of nothing", &["a.npy", "-o", "x.png", "--range", "3,3"], 2, &["3,3", "below"]),
    ("a range of one number", &["a.npy", "-o", "x.png", "--range", "3"], 2, &["two numbers"]),
    ("unknown projection", &["a.npy", "-o", "x.png", "--project", "maxx"], 2, &["maxx", "did you mean max?"]),
    ("no projection", &["a.npy", "-o", "x.png", "--project", "gaussian sigma=1"], 2, &["gaussian", "max min mean"]),
    ("unknown parameter", &["a.npy", "-o", "x.png", "--project", "max axs=0"], 2, &["axs", "axes"]),
    (
        "a projection of a line",
        &["line.npy", "-o", "x.png", "--project", "max"],
        1,
        &["line.npy", "no axis before y and x"],
    ),
    (
        "a projection over all",
        &["a.npy", "-o", "x.png", "--project", "max axes=[0, 1, 2]"],
        1,
        &["max of a.npy", "single number"],
    ),
    ("a picture as svg", &["a.npy", "-o", "x.svg"], 2, &["x.png"]),
    ("another kind", &["a.npy", "-o", "x.gif"], 2, &["x.gif", ".png"]),
    (
        "a colour bar of colour",
        &["rgb.npy", "--axes", "yxc", "-o", "x.png", "--colorbar"],
        2,
        &["--colorbar", "axis c"],
    ),
    ("a title of a picture", &["a.npy", "-o", "x.png", "--title", "A"], 2, &["--title", "--index"]),
    ("a colour map of a line", &["line.npy", "-o", "x.png", "--colormap", "magma"], 2, &["--colormap", "pictures"]),
    ("several planes", &["a.npy", "plane.npy", "-o", "x.png"], 2, &["a.npy", "4 × 20 × 30", "quoted glob"]),
    ("too many lines", &["cols.npy", "line.npy", "-o", "x.png"], 2, &["9 lines", "at most 8"]),
    ("only NaN", &["nan.npy", "-o", "x.png"], 1, &["nan.npy", "all 5 samples are NaN"]),
    ("a start without a step", &["line.npy", "-o", "x.png", "--start", "2010-01-01"], 2, &["--step"]),
    (
        "a start that is none",
        &["line.npy", "-o", "x.png", "--start", "soon", "--step", "1h"],
        2,
        &["soon", "2010-01-01"],
    ),
    ("a step that is none", &["line.npy", "-o", "x.png", "--step", "1 year"], 2, &["1 year", "15min"]),
    ("a step back", &["line.npy", "-o", "x.png", "--step", "-1h"], 2, &["-1h"]),
    (
        "beyond the calendar",
        &["line.npy", "-o", "x.png", "--start", "2261-01-01", "--step", "10000d"],
        1,
        &["line.npy", "2261"],
    ),
    (
        "starts for other files",
        &["line.npy", "nan.npy", "line.npy", "-o", "x.png", "--step", "1h", "--step", "2h"],
        2,
        &["--step", "2 times for 3 files"],
    ),
    (
        "labels for other lines",
        &["line.npy", "-o", "x.png", "--label", "a", "--label", "b"],
        2,
        &["2 times for 1 lines"],
    ),
    ("no such file", &["none.npy", "-o", "x.png"], 1, &["none.npy"]),
    ("no match", &["none/*.png", "-o", "x.png"], 1, &["none/*.png"]),
    ("raw, unsaid", &["raw.dat", "-o", "x.png"], 1, &["raw.dat", "--dtype"]),
    ("exists", &["a.npy", "-o", "there.png"], 3, &["there.png", "--overwrite"]),
    ("the input", &["there.png", "-o", "there.png", "--overwrite"], 2, &["there.png", "input"]),
    ("no such folder", &["a.npy", "-o", "none/x.png"], 1, &["none", "folder"]),
    ("over the budget", &["a.npy", "-o", "x.png", "--project", "max", "--memory", "1KiB"], 3, &["--memory"]),
];

#[test]
fn what_cannot_be_drawn_says_why_and_leaves_nothing() {
    let dir = Sandbox::new();
    let f32s = |name: &str, shape: &[u64]| dir.npy_f32(name, shape, &vec![1.0; shape.iter().product::<u64>() as usize]);
    f32s("a.npy", &[4, 20, 30]);
    f32s("plane.npy", &[20, 30]);
    f32s("five.npy", &[3, 2, 9, 9, 5]);
    f32s("rgb.npy", &[20, 30, 3]);
    f32s("cols.npy", &[40, 8]);
    f32s("line.npy", &[100]);
    f32s("empty.npy", &[0, 20]);
    f32s("scalar.npy", &[]);
    dir.npy_f32("nan.npy", &[5], &[f32::NAN; 5]);
    dir.npy("complex.npy", "<c8", &[4, 4], &[0; 128]);
    dir.write("raw.dat", [1; 100]);
    dir.pictures("p", 1, 20, 30);
    std::fs::rename(dir.path("p/000.png"), dir.path("there.png")).expect("moved");
    let before = (dir.files(), std::fs::read(dir.path("there.png")).expect("a file"));
    let mut wrong = Vec::new();
    for (title, words, code, says) in CASES {
        let done = dir.run(&[&["view"], *words].concat());
        let mut complain = |what: String| wrong.push(format!("{title}: {what}\n$ {}\n{}", done.line, done.stderr));
        if done.code != *code {
            complain(format!("exit {}, expected {code}", done.code));
        }
        if !done.stderr.starts_with("error: ") || !done.stdout.is_empty() || done.stderr.contains("panicked") {
            complain("an error on standard error alone".into());
        }
        for word in says.iter().filter(|w| !done.stderr.contains(**w)) {
            complain(format!("says nothing of {word:?}"));
        }
        if (dir.files(), std::fs::read(dir.path("there.png")).expect("a file")) != before {
            complain(format!("left behind or changed: {:?}", dir.files()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
