//! `tilewise stats`: what it finds against what is plain to see, and how much it prints.

use super::command::Sandbox;
use serde_json::{Value, json};

/// `x.npy`: 1000 numbers 0 … 999 in odd order as f32, with two NaN and an infinity more.
fn with_x() -> Sandbox {
    let dir = Sandbox::new();
    let mut values: Vec<f32> = (0..1000).map(|i| (i * 7919 % 1000) as f32).collect();
    values.extend([f32::NAN, f32::NAN, f32::NEG_INFINITY]);
    dir.npy_f32("x.npy", &[17, 59], &values);
    dir
}

#[test]
fn numbers_of_a_whole_file() {
    let dir = with_x();
    let told = dir.run(&["stats", "x.npy", "--json", "--quantiles", "0,0.5,1", "--bins", "10"]).json();
    let row = &told["rows"][0];
    assert_eq!((&row["count"], &row["nan"], &row["inf"]), (&json!(1001), &json!(2), &json!(1)));
    assert_eq!((&row["min"], &row["max"], &row["mean"]), (&json!("-Infinity"), &json!(999.0), &json!("-Infinity")));
    assert_eq!(row["quantiles"], json!(["-Infinity", 499.0, 999.0]));
    assert_eq!(told["histogram"]["counts"], json!([100, 100, 100, 100, 100, 100, 100, 100, 100, 100]));
    let edges = told["histogram"]["edges"].as_array().expect("edges");
    assert_eq!((edges.len(), &edges[0], &edges[10]), (11, &json!(0.0), &json!(999.0)));
    assert_eq!(told["rows"].as_array().map(Vec::len), Some(1));
    assert!(told["run"]["passes"].as_array().is_some_and(|p| p.len() <= 2), "{}", told["run"]["passes"]);
    let done = dir.run(&["stats", "x.npy"]).expect(0);
    for words in ["count     1,001", "50 %        499", "not drawn: 1 infinite", "histogram of 1,000 values"] {
        assert!(done.stdout.contains(words), "{words} in:\n{}", done.stdout);
    }
    assert!(done.stderr.contains("sweeps in ") && done.stderr.contains(" of memory"), "{}", done.stderr);
    assert_eq!(dir.run(&["stats", "x.npy", "-q"]).silent(), done.stdout);
}

/// Whatever the budget and the number of workers, and however many sweeps they take.
#[test]
fn schedules_do_not_show() {
    let dir = Sandbox::new();
    let values: Vec<f32> = (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) as f32).sqrt() - 3e4).collect();
    dir.npy_f32("x.npy", &[values.len() as u64], &values);
    let run = |more: &[&str]| dir.run(&[&["stats", "x.npy", "--json", "--quiet"], more].concat()).json();
    let first = run(&[]);
    let mut ordered: Vec<f64> = values.iter().map(|x| f64::from(*x)).collect();
    ordered.sort_by(f64::total_cmp);
    let median = (ordered[149_999] + ordered[150_000]) / 2.0;
    assert_eq!(first["rows"][0]["quantiles"][2].as_f64().map(|x| x as f32), Some(median as f32));
    let mut sweeps = vec![];
    for more in [vec!["--memory", "9MiB"], vec!["--memory", "64MiB", "--threads", "1"], vec!["--tile", "5000"]] {
        let other = run(&more);
        assert_eq!((&other["rows"], &other["histogram"]), (&first["rows"], &first["histogram"]), "{more:?}");
        sweeps.push(other["run"]["passes"].as_array().map_or(0, Vec::len));
    }
    assert!(sweeps[0] > sweeps[1], "a small budget takes more sweeps: {sweeps:?}");
}

#[test]
fn whole_numbers_stay_whole() {
    let dir = Sandbox::new();
    let large: Vec<u8> = [i64::MAX, -3, 5, 5].iter().flat_map(|x| x.to_le_bytes()).collect();
    dir.npy("i.npy", "<i8", &[4], &large);
    let text = dir.run(&["stats", "i.npy", "--quiet"]).silent();
    assert!(text.contains("9223372036854775807") && text.contains("-3") && !text.contains("nan"), "{text}");
    dir.npy("b.npy", "|b1", &[4], &[1, 0, 1, 1]);
    let told = dir.run(&["stats", "b.npy", "--json"]).json();
    assert_eq!((&told["rows"][0]["max"], &told["rows"][0]["mean"]), (&json!(1), &json!(0.75)));
    dir.write("raw.dat", [3u8, 1, 0, 2]);
    let raw = ["stats", "raw.dat", "--dtype", "u16", "--shape", "2", "--endian", "big", "--json"];
    assert_eq!(dir.run(&raw).json()["rows"][0]["min"], json!(2));
    let text = dir.run(&["stats", "raw.dat", "--dtype", "u8", "--shape", "2,2", "--quiet"]).silent();
    assert!(text.contains("\n  3 ████████"), "a bar for each whole number:\n{text}");
}

#[test]
fn a_row_for_each_kept_index() {
    let dir = Sandbox::new();
    dir.npy("p.npy", "|u1", &[2, 2, 3], &[1, 10, 100, 2, 20, 200, 3, 30, 0, 4, 40, 250]);
    let words = ["stats", "p.npy", "--names", "yxc", "--quiet", "--quantiles", "0.5"];
    let text = dir.run(&[&words[..], &["--axes", "yx"]].concat()).silent();
    let lines: Vec<Vec<&str>> = text.lines().skip(1).map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["c", "count", "min", "50", "%", "max", "mean", "std"]);
    assert_eq!(lines[1][..6], ["0", "4", "1", "2.5", "4", "2.5"]);
    assert_eq!(lines[3][..6], ["2", "4", "0", "150", "250", "137.5"]);
    for axes in ["0,1", "xy", "-3,-2", "y,x"] {
        assert_eq!(dir.run(&[&words[..], &["--axes", axes]].concat()).silent(), text, "--axes {axes}");
    }
    let told = dir.run(&["stats", "p.npy", "--axes", "1", "--json"]).json();
    let index: Vec<&Value> = told["rows"].as_array().expect("rows").iter().map(|r| &r["index"]).collect();
    assert_eq!(index, [&json!([0, 0]), &json!([0, 1]), &json!([0, 2]), &json!([1, 0]), &json!([1, 1]), &json!([1, 2])]);
    assert_eq!((&told["rows"][4]["min"], &told["rows"][4]["quantiles"][2]), (&json!(30), &json!(35.0)));
    assert!(told.get("histogram").is_none());
    let text = dir.run(&["stats", "p.npy", "--axes", "1", "--quiet"]).silent();
    assert!(text.lines().nth(1).is_some_and(|l| l.starts_with("axis 0  axis 2")), "{text}");
}

#[test]
fn many_rows_do_not_flood_the_screen() {
    let dir = Sandbox::new();
    dir.sparse_npy("wide.npy", "<f4", &[3, 200_000]);
    let words = ["stats", "wide.npy", "--axes", "0", "--memory", "32MiB", "--quantiles", "0.5", "--quiet"];
    let text = dir.run(&words).silent();
    assert_eq!(text.lines().count(), 24, "{text}");
    assert!(text.contains("199,980 of 200,000 rows left out: --limit N shows more, --json all"), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[12] == "…" && lines[11].trim_start().starts_with("9 ") && lines[22].starts_with("199999"), "{text}");
    let few = dir.run(&[&words[..], &["--limit", "1"]].concat()).silent();
    assert_eq!(few.lines().count(), 4, "{few}");
    let told = dir.run(&[&words[..], &["--json"]].concat()).json();
    let rows = told["rows"].as_array().expect("rows");
    assert_eq!((rows.len(), &rows[199_999]["index"]), (200_000, &json!([199_999])));
}

#[test]
fn what_has_no_statistics_is_refused() {
    let dir = with_x();
    dir.npy("c.npy", "<c8", &[1], &[0; 8]);
    dir.npy("none.npy", "<f4", &[0, 3], &[]);
    for (words, code, says) in [
        (&["stats", "c.npy"][..], 2, "complex numbers have no order"),
        (&["stats", "none.npy"], 1, "no elements (its shape is 0 × 3)"),
        (&["stats", "missing.npy"], 1, "missing.npy"),
        (&["stats", "x.npy", "--axes", "yx"], 2, "--names"),
        (&["stats", "x.npy", "--axes", "5"], 2, "out of range"),
        (&["stats", "x.npy", "--names", "tyx"], 1, "names 3 axes"),
        (&["stats", "x.npy", "--quantiles", "0.5,1.5"], 2, "between 0 and 1"),
        (&["stats", "x.npy", "--quantiles", "half"], 2, "not a number"),
        (&["stats", "x.npy", "--range", "3,1"], 2, "from 3 to 1"),
        (&["stats", "x.npy", "--range", "1"], 2, "two numbers"),
        (&["stats", "x.npy", "--bins", "0"], 2, "1..=1000"),
        (&["stats", "x.npy", "--memory", "1KiB"], 3, "1.00 KiB"),
    ] {
        let done = dir.run(words).expect(code);
        assert!(done.stderr.contains(says) && done.stdout.is_empty(), "{words:?}: {says:?} in:\n{}", done.stderr);
    }
    let ranged = dir.run(&["stats", "x.npy", "--range", "-10,99.5", "--bins", "2", "--quiet"]).silent();
    assert!(ranged.contains("histogram of 100 values") && ranged.contains("901 outside the range"), "{ranged}");
}

/// A table of text has names for its rows, and each column is described by itself.
#[test]
fn columns_of_a_table_have_their_names() {
    let dir = Sandbox::new();
    dir.write("log.csv", "when,temp,wind\n2010-01-01,1.5,3\n2010-01-02,,4\n2010-01-03,2.5,5\n");
    let told = dir.run(&["stats", "log.csv", "--quiet", "--quantiles", "0.5"]).expect(0).stdout;
    let lines: Vec<Vec<&str>> = told.lines().skip(1).map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["column", "count", "nan", "inf", "min", "50", "%", "max", "mean", "std"]);
    assert_eq!(lines[1], ["temp", "2", "1", "0", "1.5", "2", "2.5", "2", "0.5"]);
    assert_eq!(lines[2][..5], ["wind", "3", "0", "0", "3"]);
    let rows = dir.run(&["stats", "log.csv", "--json", "--quiet"]).json()["rows"].clone();
    assert_eq!((&rows[1]["column"], &rows[1]["max"]), (&json!("wind"), &json!(5.0)));
    let one = dir.run(&["stats", "log.csv", "--column", "temp", "--quiet"]).expect(0).stdout;
    assert!(one.contains("histogram of 2 values"), "{one}");
}
