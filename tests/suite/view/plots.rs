//! Line plots: nothing that matters is lost between samples and pixels.

use super::super::command::Sandbox;
use super::{decode, draw};
use std::fs;

/// A colour, and the points of each run in the plot's units.
type Path = (String, Vec<Vec<(f64, f64)>>);

/// Every path that is a line or dots.
fn paths(svg: &str) -> Vec<Path> {
    let mut found = Vec::new();
    for tag in svg.lines().filter(|l| l.starts_with("<path d=\"M") && l.contains("stroke-linejoin")) {
        let d = tag.split('"').nth(1).expect("a path");
        let color = tag.split("stroke=\"").nth(1).and_then(|t| t.split('"').next()).expect("a colour");
        let point = |text: &str| {
            let (x, y) = text.trim_end_matches("h0").split_once(' ').expect("two numbers");
            (x.parse().expect("x"), y.parse().expect("y"))
        };
        let runs = d.split('M').skip(1).map(|run| run.split('L').map(point).collect()).collect();
        found.push((color.to_string(), runs));
    }
    found
}

fn plot(dir: &Sandbox, words: &[&str]) -> String {
    dir.run(&[&["view", "-o", "out.svg", "--overwrite"], words].concat()).expect(0);
    fs::read_to_string(dir.path("out.svg")).expect("a plot")
}

fn f64s(dir: &Sandbox, name: &str, values: &[f64]) {
    dir.npy(name, "<f8", &[values.len() as u64], &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>());
}

#[test]
fn a_spike_of_one_sample_stays_visible() {
    let dir = Sandbox::new();
    let mut values = vec![0.0; 1_000_000];
    values[700_001] = 50.0;
    f64s(&dir, "a.npy", &values);
    let (picture, done) = draw(&dir, &["a.npy", "--size", "1000"]);
    assert!(
        done.stderr.contains("a line of 1,000,000 samples, 0 to 50, as least and greatest of each pixel"),
        "{}",
        done.stderr
    );
    // Blue at half height: only the spike is there.
    let blue = |x: u32, y: u32| {
        let [r, _, b] = picture.get_pixel(x, y).0;
        b > r.saturating_add(60)
    };
    let at: Vec<u32> = (0..1000).filter(|x| blue(*x, 200)).collect();
    assert!(!at.is_empty() && at.iter().all(|x| (680..720).contains(x)), "{at:?}");
}

#[test]
fn columns_keep_first_least_greatest_and_last() {
    let dir = Sandbox::new();
    let values: Vec<f64> = (0..100_000).map(|i| ((i * 7919) % 10_007) as f64).collect();
    f64s(&dir, "a.npy", &values);
    let svg = plot(&dir, &["a.npy"]);
    let found = paths(&svg);
    let points = &found[0].1[0];
    assert!(points.len() <= 4 * 1001, "{} points", points.len());
    // Back to values by the extremes, then every column of a hundred samples has its own.
    let (top, bottom) = points.iter().fold((f64::MAX, f64::MIN), |(a, b), (_, y)| (a.min(*y), b.max(*y)));
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
    let value = |y: f64| low + (bottom - y) / (bottom - top) * (high - low);
    let left = points[0].0;
    let per_pixel = (points[points.len() - 1].0 - left) / 99_999.0;
    for column in [0, 123, 500, 998] {
        let (from, to) = (column * 99_999 / 1000, (column + 1) * 99_999 / 1000);
        let want = values[from..=to].iter().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
        let inside = points.iter().filter(|(x, _)| {
            let sample = (x - left) / per_pixel;
            (from as f64 - 10.0..=to as f64 + 10.0).contains(&sample)
        });
        let drawn = inside.fold((f64::MAX, f64::MIN), |(a, b), (_, y)| (a.min(value(*y)), b.max(value(*y))));
        assert!(drawn.0 <= want.0 + 40.0 && drawn.1 >= want.1 - 40.0, "column {column}: {drawn:?}, not {want:?}");
    }
}

#[test]
fn gaps_part_the_line_and_lone_samples_are_dots() {
    let dir = Sandbox::new();
    f64s(&dir, "a.npy", &[1.0, 2.0, f64::NAN, 4.0, f64::NAN, 6.0, 5.0, f64::INFINITY]);
    let svg = plot(&dir, &["a.npy"]);
    let runs: Vec<Vec<usize>> = paths(&svg).iter().map(|(_, runs)| runs.iter().map(Vec::len).collect()).collect();
    assert_eq!(runs, [vec![2, 2], vec![1]], "the line, and a dot");
    assert!(svg.contains("h0\""));
    let (_, done) = draw(&dir, &["a.npy"]);
    assert!(done.stderr.contains("a line of 8 samples (3 missing), 1 to 6"), "{}", done.stderr);
}

#[test]
fn series_of_different_lengths_share_a_time_axis() {
    let dir = Sandbox::new();
    f64s(&dir, "hourly.npy", &(0..24 * 70).map(|i| f64::from(i % 24)).collect::<Vec<_>>());
    f64s(&dir, "weekly.npy", &[11.5; 10]);
    let words = ["hourly.npy", "weekly.npy", "--start", "2010-01-01", "--step", "1h", "--step", "7d"];
    let svg = plot(&dir, &[&words[..], &["--title", "A < B & \"C\"", "--y-label", "°F", "--x-label", "UTC"]].concat());
    for text in [">hourly<", ">weekly<", ">A &lt; B &amp; &quot;C&quot;<", ">°F<", ">UTC<", ">Jan 2010<", ">Mar 2010<"]
    {
        assert!(svg.contains(text), "{text} in\n{svg}");
    }
    let found = paths(&svg);
    let weekly = &found.iter().find(|(color, _)| color == "#d55e00").expect("the second colour").1[0];
    let hourly = &found.iter().find(|(color, _)| color == "#0072b2").expect("the first colour").1[0];
    assert_eq!(weekly.len(), 10);
    assert_eq!(weekly[0].0, hourly[0].0, "both begin at once");
    // Nine weeks of the 1679 hours.
    let share = (weekly[9].0 - weekly[0].0) / (hourly[hourly.len() - 1].0 - hourly[0].0);
    assert!((share - 9.0 * 168.0 / 1679.0).abs() < 0.001, "{share}");
}

#[test]
fn samples_lie_at_their_times() {
    let dir = Sandbox::new();
    f64s(&dir, "a.npy", &[1.0, 2.0, 3.0, 4.0]);
    let day = 86_400_000_000_000i64;
    let times = |name: &str, at: &[i64]| {
        dir.npy(name, "<i8", &[at.len() as u64], &at.iter().flat_map(|t| t.to_le_bytes()).collect::<Vec<_>>());
    };
    times("t.npy", &[0, day, i64::MIN, 10 * day]);
    let svg = plot(&dir, &["a.npy", "--time", "t.npy"]);
    let found = paths(&svg);
    let (line, dot) = (&found[0].1[0], &found[1].1[0]);
    assert_eq!((line.len(), dot.len()), (2, 1), "NaT is a gap");
    let share = (line[1].0 - line[0].0) / (dot[0].0 - line[0].0);
    assert!((share - 0.1).abs() < 0.001, "{share}");
    assert!(svg.contains(">Jan 1970<"));
    times("back.npy", &[0, day, day - 1, 10 * day]);
    times("short.npy", &[0, day]);
    let refuse = |file: &str, says: &str| {
        let done = dir.run(&["view", "a.npy", "-o", "x.png", "--time", file]).expect(1);
        assert!(done.stderr.contains(file) && done.stderr.contains(says), "{}", done.stderr);
    };
    refuse("back.npy", "sample 2");
    refuse("short.npy", "2 times for the 4 samples");
    refuse("a.npy", "i64");
    let elapsed = plot(&dir, &["a.npy", "--step", "0.5s"]);
    assert!(elapsed.contains(">milliseconds<") || elapsed.contains(">seconds<"), "{elapsed}");
}

#[test]
fn what_is_cut_out_keeps_its_place() {
    let dir = Sandbox::new();
    f64s(&dir, "a.npy", &(0..500).map(|i| f64::from(i * i)).collect::<Vec<_>>());
    let svg = plot(&dir, &["a.npy", "--index", "240:290", "--start", "2010-01-01", "--step", "1h"]);
    assert!(svg.contains(">11 Jan 2010<") && svg.contains(">13 Jan 2010<"), "{svg}");
    let svg = plot(&dir, &["a.npy", "--index", "240:290"]);
    assert!(svg.contains(">240<") && svg.contains(">280<"), "{svg}");
    let svg = plot(&dir, &["a.npy", "--index", "240:290", "--step", "1s"]);
    assert!(svg.contains(">240<") && svg.contains(">seconds<"), "{svg}");
}

#[test]
fn few_columns_are_lines_and_an_index_chooses_one() {
    let dir = Sandbox::new();
    let values: Vec<f32> = (0..120).map(|i| if i % 3 == 1 { f32::NAN } else { (i % 3 * 10 + i / 3) as f32 }).collect();
    dir.npy_f32("a.npy", &[40, 3], &values);
    let svg = plot(&dir, &["a.npy"]);
    assert!(["column 0", "column 1", "column 2"].iter().all(|name| svg.contains(name)));
    let (_, done) = draw(&dir, &["a.npy", "--index", "10:20,2"]);
    assert!(done.stderr.contains("a line of 10 samples, 30 to 39"), "{}", done.stderr);
    let (_, done) = draw(&dir, &["a.npy", "--index", ":,::-2"]);
    assert!(done.stderr.contains("2 lines of 80 samples in all, 0 to 59"), "{}", done.stderr);
    let (_, done) = draw(&dir, &["a.npy", "--axes", "yx"]);
    assert!(done.stderr.contains("40 × 3 enlarged"), "{}", done.stderr);
}

#[test]
fn a_plot_is_legible_at_any_width_and_as_svg() {
    let dir = Sandbox::new();
    f64s(&dir, "a.npy", &[0.0, 1e9, 5e9]);
    dir.run(&["view", "a.npy", "-o", "a.png", "--size", "500"]).expect(0);
    let picture = decode(&dir, "a.png").to_rgb8();
    assert_eq!(picture.dimensions(), (500, 240));
    assert_eq!(picture.get_pixel(0, 0).0, [255; 3]);
    assert!(picture.pixels().filter(|p| p.0[0] < 120).count() > 200, "text and a line");
    let svg = plot(&dir, &["a.npy"]);
    assert!(svg.contains("font-family=\"DejaVu Sans, ") && svg.contains(">2×10⁹<"), "{svg}");
}

/// A table's own time column is the x axis, unless something else is said.
#[test]
fn a_table_brings_its_times() {
    let dir = Sandbox::new();
    let row = |i: u64| format!("2010-01-{:02} 0{}:30,{}\n", 1 + i * i % 28, i % 10, i);
    let mut rows: Vec<String> = (0..20).map(row).collect();
    rows.sort();
    dir.write("log.csv", format!("when,value\n{}", rows.concat()));
    let told = dir.run(&["view", "log.csv", "--column", "value", "-o", "own.svg"]).expect(0).stderr;
    assert!(told.contains("times from column \"when\""), "{told}");
    dir.run(&["convert", "log.csv", "when.npy", "--column", "when", "--quiet"]).expect(0);
    let given = ["view", "log.csv", "--column", "value", "-o", "given.svg", "--time", "when.npy", "--quiet"];
    dir.run(&given).expect(0);
    let read = |name: &str| std::fs::read(dir.path(name)).expect("a plot");
    assert_eq!(read("own.svg"), read("given.svg"));
    dir.run(&["view", "log.csv", "--column", "value", "-o", "even.svg", "--step", "1h", "--quiet"]).expect(0);
    assert_ne!(read("own.svg"), read("even.svg"));
}
