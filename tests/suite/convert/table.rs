//! Arrays to CSV and back, through the command.

use super::super::command::Sandbox;

fn text(dir: &Sandbox, name: &str) -> String {
    std::fs::read_to_string(dir.path(name)).expect("a table")
}

#[test]
fn arrays_become_tables_and_come_back() {
    let dir = Sandbox::new();
    dir.npy_f32("x.npy", &[3, 2], &[1.5, -0.1, f32::NAN, 1e30, 0.0, f32::INFINITY]);
    let told = dir.run(&["convert", "x.npy", "x.csv", "--output-header", "a,b"]).expect(0);
    assert!(told.stdout.is_empty() && told.stderr.starts_with("x.csv  3 rows of 2 columns, "), "{}", told.stderr);
    assert_eq!(text(&dir, "x.csv"), "a,b\n1.5,-0.1\n,1e+30\n0.0,inf\n");
    dir.run(&["convert", "x.csv", "y.npy", "--dtype", "f32"]).expect(0);
    assert_eq!(dir.run(&["diff", "x.npy", "y.npy"]).silent(), "equal: 6 elements\n");
    // Names of columns that were read go on to the next table; tabs by the ending.
    dir.run(&["convert", "x.csv", "b.tsv", "--column", "b,a"]).expect(0);
    assert_eq!(text(&dir, "b.tsv"), "b\ta\n-0.1\t1.5\n1e+30\t\ninf\t0.0\n");
    dir.run(&["convert", "b.tsv", "z.csv.gz", "--quiet"]).expect(0);
    assert_eq!(dir.run(&["get", "z.csv.gz", "1,0", "--dtype", "f32"]).silent(), "1e30\n");
}

#[test]
fn time_goes_both_ways() {
    let dir = Sandbox::new();
    dir.write("log.csv", "when,value\n2010-01-01 00:00,1\n2010-01-01 06:30,2\n");
    dir.run(&["convert", "log.csv", "when.npy", "--column", "when", "--quiet"]).expect(0);
    dir.run(&["convert", "when.npy", "when.csv", "--output-header", "when", "--output-times", "--quiet"]).expect(0);
    assert_eq!(text(&dir, "when.csv"), "when\n2010-01-01T00:00:00Z\n2010-01-01T06:30:00Z\n");
    let told = dir.run(&["convert", "when.npy", "again.csv", "--json"]).json();
    assert_eq!((&told["rows"], &told["columns"]), (&serde_json::json!(2), &serde_json::json!(1)));
}

#[test]
fn several_files_are_one_table_by_a_pattern() {
    let dir = Sandbox::new();
    for (i, rows) in ["1\n2\n", "3\n", "4\n"].iter().enumerate() {
        dir.write(&format!("logs/{}.csv", [1, 2, 10][i]), format!("v\n{rows}"));
    }
    dir.run(&["convert", "logs/*.csv", "v.npy", "--column", "v", "--quiet"]).expect(0);
    assert_eq!(dir.run(&["get", "v.npy"]).silent(), "1.0 2.0 3.0 4.0\n");
    let refused = dir.run(&["convert", "logs/1.csv", "logs/2.csv", "w.npy"]).expect(2);
    assert!(refused.stderr.contains("a pattern in quotes"), "{}", refused.stderr);
    let itself = dir.run(&["convert", "logs/1.csv", "logs/1.csv", "--overwrite"]).expect(2);
    assert!(itself.stderr.contains("inputs are never changed"), "{}", itself.stderr);
    assert_eq!(text(&dir, "logs/1.csv"), "v\n1\n2\n");
}
