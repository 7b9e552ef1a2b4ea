//! What `convert` refuses: the words, the exit code, and not one file more than before.

use super::super::command::Sandbox;
use super::photograph;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What must not work: a title, the words, the exit code, and what the message has to hold.
type Case = (&'static str, &'static [&'static str], i32, &'static [&'static str]);

const CASES: &[Case] = &[
    ("no match", &["none*.jpg", "out.npy"], 1, &["none*.jpg", "no such file that matches"]),
    ("no match", &["none*.npy", "out.npy"], 1, &["none*.npy"]),
    ("empty folder", &["empty", "out.npy"], 1, &["empty: the folder holds no PNG, JPEG or TIFF file"]),
    ("folders only", &["set", "out.npy"], 1, &["set/a", "--labels", "'set/*/*.png'"]),
    ("missing", &["missing.png", "out.npy"], 1, &["missing.png: no such file"]),
    (
        "mixed sizes",
        &["mixed/1.png", "mixed/2.png", "out.npy"],
        1,
        &["mixed/1.png", "mixed/2.png", "9 x 8", "--resize H,W"],
    ),
    (
        "mixed channels",
        &["mixed/1.png", "mixed/3.png", "out.npy"],
        1,
        &["mixed/3.png", "1 channel", "--color grey or --color rgb"],
    ),
    ("mixed both", &["mixed/2.png", "mixed/3.png", "out.npy"], 1, &["--resize H,W and --color"]),
    ("mixed depth", &["mixed/3.png", "mixed/4.png", "out.npy"], 1, &["mixed/4.png", "u16", "must agree in type"]),
    ("mixed under apply", &["mixed/2.png", "mixed/1.png", "out.npy", "--color", "rgb"], 1, &["--resize H,W"]),
    ("cut JPEG", &["bad", "out.npy"], 1, &["bad/2.jpg (frame 1 of the stack)", "damaged or cut off"]),
    ("cut JPEG, resized", &["bad", "out.npy", "--resize", "5,5", "--labels", "l.npy"], 1, &["bad/2.jpg (frame 1"]),
    ("a text file", &["notes.jpg", "out.npy"], 1, &["notes.jpg", "no PNG, JPEG or TIFF"]),
    ("exists", &["set/a", "a.npy"], 3, &["a.npy: exists already", "--overwrite"]),
    ("labels exist", &["set", "out.npy", "--labels", "l.csv"], 3, &["l.csv: exists already"]),
    ("numbered exists", &["stack.npy", "f/%02d.png"], 3, &["f/02.png: exists already"]),
    ("output is an input", &["set/a/1.png", "set/a/1.png", "--overwrite"], 2, &["set/a/1.png", "choose another name"]),
    ("labels are the output", &["set", "x.npy", "--labels", "./x.npy"], 2, &["two outputs"]),
    ("labels of no kind", &["set", "out.npy", "--labels", "l.txt"], 2, &["--labels writes .npy or .csv"]),
    ("no folder", &["set/a", "no/out.npy"], 1, &["no: no such folder; create it first"]),
    ("no folder for pictures", &["stack.npy", "no/%d.png"], 1, &["no: no such folder"]),
    (
        "over the budget",
        &["set/a", "out.npy", "--memory", "1MiB"],
        3,
        &["decoding set/a/1.png (30 x 20 pixels", "the budget is 1.00 MiB"],
    ),
    ("over the budget, out", &["stack.npy", "o%d.png", "--memory", "1MiB"], 3, &["encoding a picture of"]),
    ("frames in one PNG", &["stack.npy", "o.png"], 2, &["4 frames", "o-%04d.png", ".tif of 4 pages"]),
    ("a line", &["line.npy", "o.png"], 2, &["shape [9]", "no planes", "--axes"]),
    ("four axes", &["four.npy", "o%d.png"], 2, &["no planes"]),
    ("channels first", &["nchw.npy", "o%d.png", "--axes", "tcyx"], 2, &["c last", "transpose axes=tyxc"]),
    ("no frames", &["none.npy", "o%d.png"], 2, &["no frames"]),
    ("floats to PNG", &["float.npy", "o.png"], 2, &["u8 or u16, not f32", "minmax high=255", "tilewise view"]),
    ("u16 to JPEG", &["stack.npy", "o%d.jpg"], 2, &["u8, not u16"]),
    ("two numbers", &["stack.npy", "o%d-%d.png"], 2, &["two places"]),
    ("NaN", &["nan.npy", "o.png", "--output-dtype", "u8"], 1, &["nan.npy", "NaN", "frame 0"]),
    ("resize of an array", &["stack.npy", "out.npy", "--resize", "5,5"], 2, &["--resize is for pictures", "stack.npy"]),
    ("skip into pictures", &["set/a", "o%d.png", "--on-error", "skip"], 2, &["--on-error skip", "stack.npy"]),
    ("resize of words", &["set/a", "out.npy", "--resize", "5x5"], 2, &["256,256"]),
    ("no kind of picture", &["set/a/1.png", "stack.npy", "out.npy"], 2, &["stack.npy is no picture"]),
    ("several arrays", &["stack.npy", "a.npy", "out.npy"], 2, &["stack.npy is no picture"]),
    ("several to pictures", &["set/a/1.png", "set/b/1.png", "o.png"], 2, &["stack first"]),
    ("F and skip", &["set/a", "out.npy", "--on-error", "skip", "--output-order", "F"], 2, &["needs C order"]),
    ("CSV of three axes", &["stack.npy", "out.csv.gz"], 1, &["out.csv.gz", "rows and columns", "3 axes"]),
    ("header without CSV", &["stack.npy", "out.npy", "--output-header", "a,b"], 2, &["--output-header is for CSV"]),
    ("a contradiction", &["set/a", "out.npy", "--dtype", "f32"], 1, &["dtype = f32 contradicts"]),
    ("a tile", &["set/a", "out.npy", "--tile", "1,2,3"], 2, &["--tile is for arrays"]),
];

fn sandbox() -> Sandbox {
    let dir = Sandbox::new();
    std::fs::create_dir(dir.path("empty")).expect("a folder");
    for folder in ["set/a", "set/b", "bad"] {
        dir.picture(&format!("{folder}/1.png"), photograph(30, 20, 1));
    }
    dir.cut_picture("bad/2.jpg", photograph(300, 200, 1));
    dir.picture("bad/1.png", photograph(300, 200, 1));
    dir.write("notes.jpg", "no picture at all");
    dir.picture("mixed/1.png", photograph(9, 8, 1));
    dir.picture("mixed/2.png", photograph(10, 8, 1));
    let grey = image::DynamicImage::from(photograph(9, 8, 1));
    dir.picture("mixed/3.png", grey.to_luma8());
    dir.picture("mixed/4.png", grey.to_luma16());
    dir.npy("a.npy", "|u1", &[2], &[1, 2]);
    dir.npy("line.npy", "|u1", &[9], &[0; 9]);
    dir.npy("stack.npy", "<u2", &[4, 5, 6], &[1; 240]);
    dir.npy("four.npy", "|u1", &[2, 2, 2, 2], &[0; 16]);
    dir.npy("nchw.npy", "|u1", &[2, 3, 2, 2], &[0; 24]);
    dir.npy("none.npy", "|u1", &[0, 5, 6], &[]);
    dir.npy_f32("float.npy", &[2, 2], &[0.0; 4]);
    dir.npy_f32("nan.npy", &[2, 2], &[0.0, 1.0, f32::NAN, 2.0]);
    dir.write("l.csv", "mine");
    dir.picture("f/02.png", photograph(3, 3, 1));
    dir
}

#[test]
fn refusals_are_clear_and_leave_no_trace() {
    let dir = sandbox();
    let before = dir.files();
    let mut wrong = Vec::new();
    for (title, words, code, parts) in CASES {
        let done = dir.run(&[&["convert"], *words].concat());
        let missing: Vec<&&str> = parts.iter().filter(|p| !done.stderr.contains(**p)).collect();
        let left: Vec<String> = dir.files().into_iter().filter(|f| !before.contains(f)).collect();
        if done.code != *code || !missing.is_empty() || !left.is_empty() || done.stderr.contains("panicked") {
            wrong.push(format!(
                "{title}: exit {} for {code}, lacks {missing:?}, left {left:?}\n  {}",
                done.code, done.stderr
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(std::fs::read(dir.path("l.csv")).expect("kept"), b"mine");
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let dir = sandbox();
    let locked = dir.path("locked");
    std::fs::create_dir(&locked).expect("a folder");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).expect("locked");
    // The superuser may write anywhere.
    if std::fs::write(locked.join("probe"), "").is_ok() {
        return;
    }
    for words in [["convert", "set/a", "locked/out.npy"], ["convert", "stack.npy", "locked/%d.png"]] {
        let told = dir.run(&words).expect(1).stderr;
        assert!(told.contains("locked") && told.contains("permission denied"), "{told}");
    }
}

#[test]
fn an_interrupt_leaves_nothing() {
    let dir = Sandbox::new();
    dir.picture("p/0.jpg", photograph(900, 700, 1));
    for n in 1..100 {
        std::fs::copy(dir.path("p/0.jpg"), dir.path(&format!("p/{n}.jpg"))).expect("a copy");
    }
    dir.sparse_npy("large.npy", "|u1", &[400, 1000, 1000]);
    std::fs::create_dir(dir.path("out")).expect("a folder");
    let before = dir.files();
    let import = ["convert", "p", "out/s.npy", "--labels", "out/l.npy", "--threads", "1"];
    let export = ["convert", "large.npy", "out/%d.png", "--threads", "1"];
    let pages = ["convert", "large.npy", "out/all.tif"];
    for words in [&import[..], &export, &pages] {
        let mut child = dir.command(words).stderr(Stdio::piped()).spawn().expect("starts");
        let started = Instant::now();
        let begun = || std::fs::read_dir(dir.path("out")).expect("a folder").count() > 0;
        while !begun() && started.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a signal");
        let code = child.wait().expect("ended").code();
        // A quick machine may have been done before the signal came.
        if code == Some(0) {
            std::fs::remove_dir_all(dir.path("out")).expect("removed");
            std::fs::create_dir(dir.path("out")).expect("a folder");
            continue;
        }
        assert_eq!(code, Some(130), "{words:?}");
        assert_eq!(dir.files(), before, "{words:?}");
    }
}
