//! Pictures to stacks.

use super::super::command::{Done, Sandbox};
use super::photograph;
use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, RgbImage};
use serde_json::json;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

fn grey(value: u8) -> GrayImage {
    GrayImage::from_pixel(6, 4, image::Luma([value]))
}

#[test]
fn patterns_and_folders_stack_in_natural_order_and_lists_as_given() {
    let dir = Sandbox::new();
    for n in [1u8, 2, 9, 10, 11] {
        dir.picture(&format!("p/i{n}.png"), grey(n));
    }
    dir.write("p/notes.txt", "no picture");
    dir.write("p/.i3.png", "a resource fork");
    let firsts = |name: &str| dir.data(name).chunks(24).map(|f| f[0]).collect::<Vec<_>>();
    for (input, output) in [("p/i*.png", "a.npy"), ("p", "b.npy"), ("p/", "c.npy")] {
        let told = dir.run(&["convert", input, output]).expect(0).stderr;
        assert!(told.contains("u8 5 × 4 × 6, 120 B") && told.contains("5 pictures in"), "{told}");
        assert!(!told.contains("note"), "{told}");
        assert_eq!(firsts(output), [1, 2, 9, 10, 11]);
    }
    // As a shell expands an unquoted pattern.
    let list = ["convert", "p/i1.png", "p/i10.png", "p/i11.png", "p/i2.png", "p/i9.png", "d.npy"];
    let told = dir.run(&list).expect(0).stderr;
    assert!(told.contains("p/i11.png before p/i2.png; quote the pattern for natural order"), "{told}");
    assert_eq!(firsts("d.npy"), [1, 10, 11, 2, 9]);
    let told = dir.run(&["convert", "p/i9.png", "p/i1*.png", "e.npy", "--json"]).json();
    assert_eq!(firsts("e.npy"), [9, 1, 10, 11]);
    assert_eq!((&told["pictures"], &told["outputs"][0]["axes"]), (&json!(4), &json!("tyx")));
    dir.run(&["convert", "p/i9.png", "f.npy"]).expect(0);
    assert!(dir.header("f.npy").contains("'shape': (4, 6)"), "a single picture has no axis of frames");
    dir.run(&["convert", "p/i9.*", "g.npy"]).expect(0);
    assert!(dir.header("g.npy").contains("'shape': (1, 4, 6)"));
    assert_eq!(dir.run(&["convert", "p", "h.npy", "--quiet"]).silent(), "");
}

#[test]
fn pages_of_a_tiff_and_other_files_make_one_stack() {
    let dir = Sandbox::new();
    let values: Vec<u8> = (0..3 * 4 * 6).collect();
    dir.npy("pages.npy", "|u1", &[3, 4, 6], &values);
    dir.run(&["convert", "pages.npy", "b.tif"]).expect(0);
    dir.picture("a.png", grey(200));
    dir.run(&["convert", "b.tif", "a.png", "s.npy"]).expect(0);
    assert_eq!(dir.data("s.npy"), [&values[..], &[200; 24]].concat());
    let f = ["convert", "b.tif", "f.npy", "--output-order", "f", "--output-dtype", "i32", "--output-endian", "big"];
    dir.run(&f).expect(0);
    assert!(dir.header("f.npy").contains("'descr': '>i4', 'fortran_order': True, 'shape': (3, 4, 6)"));
    assert_eq!(dir.run(&["get", "f.npy", "2,3,5"]).silent(), "71\n");
    dir.run(&["convert", "b.tif", "s.dat"]).expect(0);
    assert_eq!(fs::read(dir.path("s.dat")).expect("made"), values);
}

#[test]
fn sizes_and_colors_come_together() {
    let dir = Sandbox::new();
    let (large, wide) = (photograph(320, 200, 1), photograph(90, 40, 2));
    dir.picture("a.png", large.clone());
    dir.picture("b.png", DynamicImage::from(wide.clone()).to_rgba8());
    dir.picture("c.png", DynamicImage::from(wide.clone()).to_luma8());
    dir.run(&["convert", "*.png", "rgb.npy", "--resize", "50,60", "--color", "rgb"]).expect(0);
    assert!(dir.header("rgb.npy").contains("'shape': (3, 50, 60, 3)"));
    let data = dir.data("rgb.npy");
    let frames: Vec<&[u8]> = data.chunks(50 * 60 * 3).collect();
    let near = |mine: &[u8], picture: &RgbImage| {
        let theirs = image::imageops::resize(picture, 60, 50, FilterType::Triangle);
        mine.iter().zip(theirs.as_raw()).all(|(a, b)| a.abs_diff(*b) <= 1)
    };
    assert!(near(frames[0], &large) && near(frames[1], &wide));
    assert!(frames[2].chunks(3).all(|p| p[0] == p[1] && p[1] == p[2]));
    dir.run(&["convert", "*.png", "grey.npy", "--resize", "50,60", "--color", "gray"]).expect(0);
    assert!(dir.header("grey.npy").contains("'shape': (3, 50, 60)"));
    let grey = dir.data("grey.npy");
    assert_eq!(grey[2 * 3000..], frames[2].iter().copied().step_by(3).collect::<Vec<_>>());
}

#[test]
fn labels_come_from_folders() {
    let dir = Sandbox::new();
    for (name, value) in [("b/x1.png", 1), ("b/x10.png", 2), ("b/x2.png", 3), ("a/deep/y.png", 4), ("a/z.png", 5)] {
        dir.picture(&format!("set/{name}"), grey(value));
    }
    let told = dir.run(&["convert", "set", "s.npy", "--labels", "l.npy"]).expect(0).stderr;
    assert!(told.contains("l.npy  3 classes: a 1, b 3, deep 1, names in l.npy.classes.txt"), "{told}");
    assert_eq!(fs::read_to_string(dir.path("l.npy.classes.txt")).expect("names"), "a\nb\ndeep\n");
    assert!(dir.header("l.npy").contains("'descr': '<i8', 'fortran_order': False, 'shape': (5,)"));
    let firsts: Vec<u8> = dir.data("s.npy").chunks(24).map(|f| f[0]).collect();
    let labels: Vec<u8> = dir.data("l.npy").chunks(8).map(|l| l[0]).collect();
    assert_eq!((firsts, labels), (vec![4, 5, 1, 3, 2], vec![2, 0, 1, 1, 1]));
    dir.run(&["convert", "set/b/*.png", "set/a", "t.npy", "--labels", "l.csv"]).expect(0);
    let expected = "index,file,label,class\n0,set/b/x1.png,1,b\n1,set/b/x2.png,1,b\n2,set/b/x10.png,1,b\n\
                    3,set/a/deep/y.png,2,deep\n4,set/a/z.png,0,a\n";
    assert_eq!(fs::read_to_string(dir.path("l.csv")).expect("a table"), expected);
    let told = dir.run(&["convert", "set/b", "u.npy", "--labels", "one.csv"]).expect(0).stderr;
    assert!(told.contains("note: all pictures lie in one folder, so all labels are 0 (\"b\")"), "{told}");
}

#[test]
fn what_cannot_be_read_is_skipped_and_labels_stay_aligned() {
    let dir = Sandbox::new();
    for n in 0..40u8 {
        let picture = photograph(120, 80, u32::from(n));
        let name = format!("set/{}/{n:02}.jpg", if n % 3 == 0 { "cat" } else { "dog" });
        match n {
            // One is cut in its pixels, one in its header, one is none.
            17 => dir.cut_picture(&name, picture),
            21 => dir.write(&name, b"\xff\xd8\xff\xe0\x00\x10JF"),
            22 => dir.write(&name, b"<html>not found</html>"),
            _ => dir.picture(&name, picture),
        }
    }
    let convert = |threads: &str| {
        let words = ["convert", "set", "s.npy", "--labels", "l.npy", "--on-error", "skip", "--threads", threads];
        dir.run(&[&words[..], &["--overwrite"]].concat()).expect(0)
    };
    let told = convert("1").stderr;
    let all = "left out 3 of 40:\n  set/cat/21.jpg: the file ends inside its header\n  set/dog/22.jpg: it begins as no";
    assert!(told.contains(all) && told.contains("\n  set/dog/17.jpg: the file is damaged or cut off"), "{told}");
    let (data, labels) = (dir.data("s.npy"), dir.data("l.npy"));
    assert!(dir.header("s.npy").contains("'shape': (37, 80, 120, 3)"));
    assert_eq!((data.len(), labels.len()), (37 * 80 * 120 * 3, 37 * 8));
    let natural = (0..40).filter(|n| n % 3 == 0).chain((0..40).filter(|n| n % 3 != 0));
    let kept: Vec<u8> = natural.filter(|n| ![17, 21, 22].contains(n)).collect();
    for (at, n) in kept.iter().enumerate() {
        let name = format!("set/{}/{n:02}.jpg", if n % 3 == 0 { "cat" } else { "dog" });
        let expected = image::open(dir.path(&name)).expect("a picture").into_rgb8().into_raw();
        assert!(data[at * 80 * 120 * 3..][..80 * 120 * 3] == expected, "frame {at} is {name}");
        assert_eq!(labels[at * 8], u8::from(n % 3 != 0), "{name}");
    }
    for threads in ["2", "7"] {
        convert(threads);
        assert!(dir.data("s.npy") == data && dir.data("l.npy") == labels, "{threads} threads");
    }
    let told = dir.run(&["convert", "set/dog", "t.npy", "--on-error", "skip", "--json"]).json();
    assert_eq!((&told["pictures"], told["skipped"].as_array().map(Vec::len)), (&json!(24), Some(2)));
    assert_eq!(told["skipped"][1]["file"], json!("set/dog/17.jpg"));
    for n in 0..25 {
        dir.write(&format!("set/dog/bad{n}.jpg"), "bad");
    }
    let told = dir.run(&["convert", "set/dog", "u.npy", "--on-error", "skip"]).expect(0).stderr;
    assert!(told.contains("left out 27 of 51:") && told.contains("  and 17 more\n"), "{told}");
    assert_eq!(told.lines().filter(|l| l.starts_with("  set/")).count(), 10);
    let told = dir.run(&["convert", "set/dog/bad*.jpg", "v.npy", "--on-error", "skip"]).expect(1).stderr;
    assert!(told.contains("none of the 25 pictures can be read"), "{told}");
}

#[test]
fn memory_holds_and_results_do_not_depend_on_it() {
    let dir = Sandbox::new();
    for n in 0..300 {
        let name = format!("p/{n}.png");
        if n < 10 {
            let pixel = |x: u32, y: u32| image::Luma([((x / 8) * 3 + (y / 8) * 7 + n * 11) as u8]);
            dir.picture(&name, GrayImage::from_fn(1000, 1000, pixel));
        } else {
            fs::copy(dir.path(&format!("p/{}.png", n % 10)), dir.path(&name)).expect("a copy");
        }
    }
    dir.write("p/77.png", "bad");
    let budget = 64 << 20;
    let mut sums = Vec::new();
    // Names with a 7 in them are 57 of the 300.
    for (input, kept, more) in [("p/*7*.png", 56, &["--resize", "500,500"][..]), ("p", 299, &["--threads", "8"])] {
        let words = ["convert", input, "s.npy", "--on-error", "skip", "--memory", "64MiB", "--json", "--overwrite"];
        let words = [&words[..], more].concat();
        let (told, seen) = measured(&dir, &words);
        let projected = told["memory_projected_bytes"].as_u64().expect("a figure");
        let used = seen.max(told["memory_private_peak_bytes"].as_u64().expect("a figure"));
        println!("{more:?}: {used} used, {projected} projected, {} threads", told["threads"]);
        assert!(used <= projected && projected <= budget, "{more:?}: {used} used, {projected} projected");
        assert_eq!(told["pictures"], json!(kept));
        sums.push(dir.data("s.npy").len());
    }
    assert_eq!(sums, [56 * 250_000, 299_000_000]);
}

/// What a command tells, and the most private memory that was seen from outside.
fn measured(dir: &Sandbox, words: &[&str]) -> (serde_json::Value, u64) {
    let mut child = dir.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut seen = 0;
    while child.try_wait().expect("a state").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("RssAnon:"));
        let kib = line.and_then(|l| l.trim().strip_suffix("kB")).and_then(|n| n.trim().parse::<u64>().ok());
        seen = seen.max(kib.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(2));
    }
    (Done::new(&words.join(" "), child.wait_with_output().expect("ended")).json(), seen)
}
