//! CSV files as inputs, through the command: what users type, what they are told, and what is left.

use super::command::{ROOT, Sandbox};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

/// A year of a station: time, two measurements with gaps, a note in quotes now and then.
fn station(rows: u32) -> String {
    let mut text = String::from("time,temp,wind,note\n");
    for i in 0..rows {
        let day = 1 + i / 24 % 28;
        let (month, hour) = (1 + i / 24 / 28 % 12, i % 24);
        let temp = if i % 97 == 5 { String::new() } else { format!("{:.2}", f64::from(i % 400) / 7.0 - 20.0) };
        let note = if i % 50 == 3 { "\"calm, \"\"clear\"\"\"" } else { "ok" };
        let wind = f64::from(i * 7919 % 1000) / 3.0;
        let _ = writeln!(text, "2010-{month:02}-{day:02} {hour:02}:00,{temp},{wind},{note}");
    }
    text
}

fn values<const N: usize>(dir: &Sandbox, name: &str) -> Vec<[u8; N]> {
    let bytes = fs::read(dir.path(name)).expect("an array");
    bytes[4096..].chunks_exact(N).map(|b| b.try_into().expect("whole")).collect()
}

fn doubles(dir: &Sandbox, name: &str) -> Vec<f64> {
    values::<8>(dir, name).into_iter().map(f64::from_le_bytes).collect()
}

#[test]
fn a_pipeline_takes_columns() {
    let dir = Sandbox::new();
    dir.write("data/station.csv", station(1000));
    dir.write(
        "week.toml",
        "[inputs]\ntemp = { path = \"data/station.csv\", column = \"temp\" }\n\
         time = { path = \"data/station.csv\", column = 0 }\n\
         both = { path = \"data/station.csv\", column = [\"temp\", \"wind\"] }\n\
         [[step]]\nname = \"day\"\nkernel = \"rolling_mean\"\nfrom = \"temp\"\nwindow = 24\nmin_count = 1\n\
         [[step]]\nname = \"largest\"\nkernel = \"max\"\nfrom = \"both\"\naxes = \"t\"\n\
         [outputs]\nday = \"day.npy\"\ntime = \"time.npy\"\nlargest = \"-\"\n",
    );
    let done = dir.run(&["run", "week.toml"]).expect(0);
    assert_eq!(done.stdout.trim(), "[\"NaN\",333.0]");
    assert!(!done.stderr.contains("leaves out"), "{}", done.stderr);
    let day = doubles(&dir, "day.npy");
    assert_eq!(day.len(), 1000);
    assert!(day.iter().all(|v| v.is_finite()), "gaps do not count in windows");
    let times: Vec<i64> = values::<8>(&dir, "time.npy").into_iter().map(i64::from_le_bytes).collect();
    assert_eq!(times[..2], [1_262_304_000_000_000_000, 1_262_307_600_000_000_000]);
    let set = ["run", "week.toml", "--overwrite", "--set", "inputs.temp.column=wind"];
    dir.run(&set).expect(0);
    assert_ne!(doubles(&dir, "day.npy"), day);
}

#[test]
fn apply_takes_columns_and_says_what_it_leaves_out() {
    let dir = Sandbox::new();
    dir.write("a.csv", "time;x;y;city\n2010-01-01;1;2;Rome\n2010-01-02;3;;\"Par;is\"\n");
    let done = dir.run(&["apply", "a.csv", "-", "-e", "x"]).expect(0);
    assert_eq!(done.stdout.trim(), "[[1.0,2.0],[3.0,\"NaN\"]]");
    assert!(done.stderr.contains("time (time), city (text)"), "{}", done.stderr);
    let one = |words: &[&str]| dir.run(&[&["apply", "a.csv", "-"], words].concat()).silent().trim().to_string();
    assert_eq!(one(&["--column", "x", "-s", "sum"]), "4.0");
    assert_eq!(one(&["--column", "x", "--dtype", "i64"]), "[1,3]");
    assert_eq!(one(&["--column", "-2,x"]), "[[2.0,1.0],[\"NaN\",3.0]]");
    assert_eq!(one(&["--column", "x", "--column", "y", "-s", "mean axes=c"]), "[1.5,\"NaN\"]");
    assert_eq!(one(&["--column", "time"]), "[1262304000000000000,1262390400000000000]");
    dir.write("b.txt", "20100101 7\n20100102 8\n");
    let words = ["apply", "b.txt", "-", "--separator", " ", "--no-header", "--time-format", "%Y%m%d", "--column", "0"];
    assert_eq!(dir.run(&words).silent().trim(), "[1262304000000000000,1262390400000000000]");
    // A saved pipeline says the same.
    let words = ["apply", "a.csv", "o.npy", "--column", "y,x", "--separator", ";", "-s", "sum", "--save", "p.toml"];
    dir.run(&words).silent();
    let text = fs::read_to_string(dir.path("p.toml")).expect("saved");
    assert!(text.contains("column = [\"y\", \"x\"], separator = \";\""), "{text}");
    dir.run(&["run", "p.toml"]).expect(0);
}

#[test]
fn info_and_plan_know_a_table() {
    let dir = Sandbox::new();
    dir.write("a.csv", station(100));
    let text = dir.run(&["info", "a.csv"]).silent();
    let says = ["f64", "100 × 2", "parsed from text", "100 rows", "0 time: time like 2010-01-31 13:45:00, left out"];
    for word in says.iter().chain(&["1 temp: number", "3 note: text, left out", "separated by \",\""]) {
        assert!(text.contains(word), "{text}\nsays nothing of {word}");
    }
    let json = dir.run(&["info", "a.csv", "--json"]).json();
    assert_eq!(json["table"]["columns"][2]["name"], "wind");
    assert_eq!((json["table"]["rows"].as_u64(), json["mapped"].as_bool()), (Some(100), Some(false)));
    let plan = dir.run(&["apply", "a.csv", "o.npy", "--column", "wind", "-s", "mean", "--plan"]).silent();
    assert!(plan.contains("parsed from text, 4.06 KiB"), "{plan}");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(station(100).as_bytes()).expect("packed");
    dir.write("a.csv.gz", packed.finish().expect("packed"));
    let words = ["apply", "a.csv.gz", "o.npy", "--column", "wind", "-s", "mean", "--plan"];
    let plan = dir.run(&words).silent();
    assert!(plan.contains("unpacked from") && plan.contains("temporary file"), "{plan}");
    assert_eq!(dir.run(&["get", "a.csv", "0"]).silent(), "-20.0 0.0\n");
    let error = dir.run(&["set", "a.csv", "0,0", "1"]).expect(1).stderr;
    assert!(error.contains("cannot be mapped"), "{error}");
}

#[test]
fn samples_read_as_pandas_reads_them() {
    let dir = Sandbox::new();
    let sample = format!("{ROOT}/datasets/seattle-temps.csv");
    let mean = dir.run(&["apply", &sample, "-", "--column", "temp", "-s", "mean"]).silent();
    assert_eq!(mean.trim(), "52.028028313734445");
    let co2 = format!("{ROOT}/datasets/co2.csv");
    let words = ["apply", &co2, "-", "--column", "date", "--time-format", "%Y%m%d", "-s", "min"];
    assert_eq!(dir.run(&words).silent().trim(), "-371174400000000000");
}

/// What must not work: a title, the input and words of `apply`, and what the message has to hold.
const BAD: &[(&str, &[&str], &[&str])] = &[
    ("unknown column", &["good.csv", "--column", "tmp"], &["good.csv", "\"tmp\"", "did you mean \"temp\"?", "wind"]),
    ("number out of range", &["good.csv", "--column", "9"], &["no column 9", "0 to 3"]),
    ("a column of text", &["good.csv", "--column", "note"], &["\"note\" holds text", "\"ok\"", "\"temp\" (number)"]),
    ("times and numbers", &["good.csv", "--column", "time,temp"], &["\"time\" holds times", "two arrays"]),
    ("no header", &["bare.csv", "--column", "temp"], &["no header"]),
    ("too few fields", &["few.csv"], &["few.csv:4", "1 field", "2 columns"]),
    ("too many fields", &["many.csv"], &["many.csv:3", "3 fields", "2 columns"]),
    ("not a number", &["word.csv"], &["word.csv:5002", "column \"b\"", "\"n.v.\"", "not a number"]),
    ("a decimal comma", &["comma.csv", "--column", "x"], &["comma.csv:4", "\"2,5\"", "decimal commas"]),
    ("missing in whole numbers", &["gap.csv", "--dtype", "i32"], &["gap.csv:3", "column \"b\"", "i32"]),
    ("mixed times", &["mixed.csv", "--column", "t"], &["mixed.csv:2002", "column \"t\"", "01.02.2010", "2010-01-31"]),
    ("day or month", &["either.csv", "--column", "t"], &["01/02/2010", "time_format", "%d/%m/%Y"]),
    ("an open quote", &["quote.csv"], &["quote.csv:3", "never closed"]),
    ("other columns", &["part*.csv"], &["part1.csv", "part2.csv", "\"b\"", "\"c\""]),
    ("a file that is empty", &["empty.csv"], &["empty.csv", "empty"]),
    ("a damaged archive", &["cut.csv.gz"], &["cut.csv.gz", "gzip"]),
    ("no such file", &["none*.csv"], &["none*.csv"]),
    ("binary", &["binary.csv"], &["binary.csv:1", "zero byte"]),
    ("column of a raw file", &["raw.npy", "--column", "x"], &["raw.npy", "column"]),
    ("a layout", &["good.csv", "--offset", "5"], &["good.csv", "offset"]),
];

#[test]
fn bad_tables_are_refused_by_name() {
    let dir = Sandbox::new();
    let rows = |text: &str, count: usize| text.repeat(count);
    dir.write("good.csv", station(30));
    dir.write("bare.csv", "1,2\n3,4\n");
    dir.write("few.csv", "a,b\n1,2\n\n3\n");
    dir.write("many.csv", "a,b\n1,2\n1,2,3\n");
    dir.write("word.csv", format!("a,b\n{}1,n.v.\n", rows("1,2\n", 5000)));
    dir.write("comma.csv", "x;y\n1;1\n2;1\n2,5;1\n");
    dir.write("gap.csv", "a,b\n1,2\n3,\n");
    dir.write("mixed.csv", format!("t,x\n{}01.02.2010,1\n", rows("2010-01-01,1\n", 2000)));
    dir.write("either.csv", "t,x\n01/02/2010,1\n03/02/2010,1\n");
    dir.write("quote.csv", "a,b\n1,2\n3,\"4\n5,6\n");
    dir.write("part1.csv", "a,b\n1,2\n");
    dir.write("part2.csv", "a,c\n1,2\n");
    dir.write("empty.csv", "");
    dir.write("cut.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03KL");
    dir.write("binary.csv", b"a\0b,c\n1,2\n");
    dir.npy_f32("raw.npy", &[2], &[1.0, 2.0]);
    let before = dir.files();
    let mut wrong = Vec::new();
    for (title, words, says) in BAD {
        let (input, rest) = words.split_first().expect("an input");
        let done = dir.run(&[&["apply", *input, "out.npy", "-e", "x + 1"], rest].concat());
        let mut complain = |what: String| wrong.push(format!("{title}: {what}\n$ {}\n{}", done.line, done.stderr));
        if done.code != 1 || !done.stderr.contains("error: ") || done.stderr.contains("panicked") {
            complain(format!("exit {}", done.code));
        }
        says.iter().filter(|w| !done.stderr.contains(**w)).for_each(|w| complain(format!("says nothing of {w:?}")));
        if dir.files() != before {
            complain("left something behind".to_string());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let done = dir.run(&["apply", "good.csv", "out.csv", "-e", "x"]).expect(1);
    assert!(done.stderr.contains("tilewise convert"), "{}", done.stderr);
}

#[test]
fn bytes_do_not_follow_from_the_schedule() {
    let dir = Sandbox::new();
    for part in 0..3 {
        dir.write(&format!("p{part}.csv"), station(7000 + part));
    }
    let steps = ["-s", "rolling_mean window=50 axes=t min_count=1", "-s", "zscore axes=t"];
    let schedules: [&[&str]; 5] = [
        &[],
        &["--threads", "1"],
        &["--tile", "113,1"],
        &["--tile", "1000,2", "--threads", "3"],
        &["--memory", "12MiB"],
    ];
    let mut seen = BTreeMap::new();
    for schedule in schedules {
        let words = [&["apply", "p*.csv", "o.npy", "--overwrite", "--quiet"], &steps[..], schedule].concat();
        dir.run(&words).silent();
        seen.insert(fs::read(dir.path("o.npy")).expect("an array"), schedule);
    }
    assert_eq!(seen.len(), 1, "{:?}", seen.values().collect::<Vec<_>>());
}

#[test]
fn tiles_hold_whole_rows() {
    let dir = Sandbox::new();
    let names: Vec<String> = (0..60).map(|c| format!("c{c}")).collect();
    let row = |i: u32| (0..60).map(|c| (i + c).to_string()).collect::<Vec<_>>().join(",");
    let rows: Vec<String> = (0..4000).map(row).collect();
    dir.write("wide.csv", format!("{}\n{}\n", names.join(","), rows.join("\n")));
    for step in ["mean axes=c", "mean axes=t", "zscore axes=t", "transpose", "cumsum axes=t", "gaussian sigma=1 axes=t"]
    {
        for memory in ["9MiB", "64MiB"] {
            let words = ["apply", "wide.csv", "o.npy", "-s", step, "--memory", memory, "--plan", "--json"];
            let plan = dir.run(&words).json();
            let pass = &plan["passes"][0];
            let tile = pass["tile"].as_array().expect("a tile");
            assert!(tile.contains(&60.into()), "{step} cuts the columns: {pass:#}");
        }
    }
}

#[test]
fn a_header_alone_is_a_table_of_no_rows() {
    let dir = Sandbox::new();
    dir.write("a.csv", "x,y\n");
    dir.run(&["apply", "a.csv", "o.npy", "-e", "x * 2"]).expect(0);
    let text = dir.run(&["info", "o.npy"]).silent();
    assert!(text.contains("0 × 2"), "{text}");
}
