//! Tables against the `csv` crate, and by hand.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::array::{Column, Columns};
use crate::storage::{MappedArray, Stored};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A table and the folder it is in.
#[derive(Debug)]
struct Opened(Stored, #[allow(dead_code)] tempfile::TempDir);

impl std::ops::Deref for Opened {
    type Target = Stored;
    fn deref(&self) -> &Stored {
        &self.0
    }
}

fn open(text: impl AsRef<[u8]>, options: &OpenOptions) -> Result<Opened, StorageError> {
    let dir = folder();
    std::fs::write(dir.path().join("t.csv"), text).expect("written");
    let stored = Stored::open("t.csv", dir.path(), options)?;
    stored.check_all();
    Ok(Opened(stored, dir))
}

trait All {
    fn bytes(&self) -> Result<Vec<u8>, StorageError>;
    fn check_all(&self);
    fn doubles(&self) -> Vec<f64>;
    fn whole(&self) -> Vec<i64>;
}

impl All for Stored {
    fn bytes(&self) -> Result<Vec<u8>, StorageError> {
        let mut out = vec![0xaa; self.spec().bytes().expect("fits") as usize];
        self.read(&Region::full(&self.spec().shape), &mut out).map(|()| out)
    }

    /// Every row by itself gives what all rows at once give.
    fn check_all(&self) {
        let Ok(all) = self.bytes() else { return };
        let shape = self.spec().shape.clone();
        let row = all.len() / shape[0].max(1) as usize;
        for r in (0..shape[0]).step_by(1 + shape[0] as usize / 50) {
            let mut region = Region::full(&shape);
            (region.start[0], region.end[0]) = (r, r + 1);
            let mut out = vec![0; row];
            self.read(&region, &mut out).expect("a row");
            assert_eq!(out, all[r as usize * row..][..row], "row {r}");
        }
    }

    fn doubles(&self) -> Vec<f64> {
        self.bytes().expect("read").chunks_exact(8).map(|b| f64::from_ne_bytes(b.try_into().expect("8"))).collect()
    }

    fn whole(&self) -> Vec<i64> {
        self.bytes().expect("read").chunks_exact(8).map(|b| i64::from_ne_bytes(b.try_into().expect("8"))).collect()
    }
}

fn usual() -> OpenOptions {
    OpenOptions::default()
}

fn column(column: Column) -> OpenOptions {
    OpenOptions { column: Some(Columns::One(column)), ..usual() }
}

fn called(name: &str) -> OpenOptions {
    column(Column::Name(name.into()))
}

#[track_caller]
fn refused(text: &str, options: &OpenOptions, says: &[&str]) {
    let error = open(text, options).and_then(|s| s.bytes().map(|_| ()));
    let error = error.expect_err("refused").to_string();
    for word in says {
        assert!(error.contains(word), "{error}\nsays nothing of {word:?}");
    }
}

#[test]
fn numbers_of_a_small_file() {
    let stored = open("time,a,b,note\n2010-01-01,1,2.5,x\n2010-01-02,,-4e3,y\n", &usual()).expect("opened");
    assert_eq!((&stored.spec().shape[..], stored.spec().axis_names().as_deref()), (&[2, 2][..], Some("tc")));
    assert_eq!(format!("{:?}", stored.doubles()), "[1.0, 2.5, NaN, -4000.0]");
    assert_eq!(stored.columns().expect("a table"), ["a", "b"]);
    let info = stored.table().expect("a table");
    let out: Vec<_> = info.left_out().map(|c| (c.name.as_str(), c.kind)).collect();
    assert_eq!(out, [("time", "time"), ("note", "text")]);
    assert_eq!((info.rows, info.separator, info.header), (2, ',', true));
}

#[test]
fn one_column_has_one_axis() {
    let text = "a;b\r\n1;2\r\n\r\n3;4";
    let stored = open(text, &called("b")).expect("opened");
    assert_eq!((&stored.spec().shape[..], stored.spec().axis_names().as_deref()), (&[2][..], Some("t")));
    assert_eq!(stored.doubles(), [2.0, 4.0]);
    assert_eq!(open(text, &column(Column::Number(-2))).expect("opened").doubles(), [1.0, 3.0]);
    let list = Columns::List(vec![Column::Name("b".into()), Column::Number(0)]);
    let list = open(text, &OpenOptions { column: Some(list), ..usual() }).expect("opened");
    assert_eq!(list.doubles(), [2.0, 1.0, 4.0, 3.0]);
}

#[test]
fn what_the_head_shows() {
    let seen = |text: &str| {
        let info = open(text, &usual()).expect("opened").table().expect("a table").clone();
        (info.separator, info.header, info.rows)
    };
    assert_eq!(seen("1,2\n3,4\n"), (',', false, 2));
    assert_eq!(seen("a\tb,c\n1\t2\n"), ('\t', true, 1));
    assert_eq!(seen("a,b;c\n1.5;2\n"), (';', true, 1));
    assert_eq!(seen("a|b\n1|2\n"), ('|', true, 1));
    assert_eq!(seen("\u{feff}x\n1\n"), (',', true, 1));
    assert_eq!(seen("id,2019,2020\n1,2,3\n4,5,6\n"), (',', true, 2));
    assert_eq!(seen("x,1,2\ny,3,4\n"), (',', false, 2));
    assert_eq!(seen("a,b\n"), (',', true, 0));
    assert_eq!(seen("\n\r\na,b\n\n1,2\n\n"), (',', true, 1));
    assert_eq!(seen("\"a, b\",c\n\"1\",2\n"), (',', true, 1));
    let forced = OpenOptions { header: Some(false), separator: Some(';'), ..usual() };
    let stored = open("1,5;2\n3;4\n", &OpenOptions { column: Some(Columns::One(Column::Number(1))), ..forced });
    assert_eq!(stored.expect("opened").doubles(), [2.0, 4.0]);
    let forced = OpenOptions { header: Some(true), ..called("2019") };
    assert_eq!(open("2019,2020\n1,2\n", &forced).expect("opened").doubles(), [1.0]);
}

#[test]
fn times_are_nanoseconds() {
    let day = 86_400_000_000_000i64;
    let stored = open("date,x\n1970-01-02,1\n,2\n1970-01-03,3\n", &called("date")).expect("opened");
    assert_eq!(stored.spec().dtype, DType::I64);
    assert_eq!(stored.whole(), [day, i64::MIN, 2 * day]);
    let stored = open("date\n02.01.1970\n", &usual()).expect("the only column");
    assert_eq!((&stored.spec().shape[..], stored.whole()), (&[1, 1][..], vec![day]));
    let format = OpenOptions { time_format: Some("%Y%m%d".into()), ..called("date") };
    assert_eq!(open("date,x\n19700102,1\n", &format).expect("opened").whole(), [day]);
}

#[test]
fn dtypes_are_exact_or_refused() {
    let of = |dtype| OpenOptions { dtype: Some(dtype), ..usual() };
    assert_eq!(open("a,b\n1,2\n-3,4.0\n", &of(DType::I64)).expect("opened").whole(), [1, 2, -3, 4]);
    let small = open("a\n1\n255\n", &of(DType::U8)).expect("opened");
    assert_eq!(small.bytes().expect("read"), [1, 255]);
    let truths = open("a\ntrue\nFALSE\n1\n", &of(DType::Bool)).expect("opened");
    assert_eq!(truths.bytes().expect("read"), [1, 0, 1]);
    refused("a,b\n1,2\n3,\n", &of(DType::I64), &["t.csv:3", "column \"b\"", "missing", "i64"]);
    refused("a,b\n1,2\n3,4.5\n", &of(DType::I64), &["t.csv:3", "column \"b\"", "\"4.5\"", "whole"]);
    refused("a\n256\n", &of(DType::U8), &["t.csv:2", "\"256\"", "u8"]);
    refused("a\n1\n", &of(DType::C64), &["cast"]);
    refused("t\n2010-01-01\n", &of(DType::F32), &["i64 nanoseconds", "f32"]);
}

#[test]
fn bad_cells_and_rows_are_named() {
    refused("a,b\n1,2\n\n3,oops\n", &usual(), &["t.csv:4", "column \"b\"", "\"oops\"", "not a number"]);
    refused("a;b\n1;2\n3;4,5\n", &usual(), &["t.csv:3", "\"4,5\"", "decimal commas"]);
    refused("a,b\n1,2\n3\n", &usual(), &["t.csv:3", "1 field,", "2 columns", "\"3\""]);
    refused("a,b\n1,2\n3,4,5\n", &usual(), &["t.csv:3", "3 fields", "2 columns"]);
    refused("a,b\n1,2\n\"3\",4,5\n", &usual(), &["t.csv:3", "3 fields"]);
    refused("1,2\n3,4\n5\n", &usual(), &["t.csv:3", "the first row has 2 columns"]);
    refused("a,b\n1,2\n3,\"x\n", &usual(), &["t.csv:3", "quote", "never closed"]);
    refused("a,b\n\"x\ny\",2\n\"z\",b\n", &column(Column::Number(1)), &["t.csv:4", "\"b\""]);
    refused(
        "t\n2010-01-01 00:00\n2010-01-02 00:00\n03.01.2010 00:00\n",
        &usual(),
        &["t.csv:4", "mixed time", "column \"t\""],
    );
    refused("t\n2010-01-01\n9999-01-01\n", &usual(), &["t.csv:3", "nanoseconds"]);
    let long = format!("a\n1\n{}\n", "y".repeat(200));
    refused(&long, &usual(), &["t.csv:3", "…"]);
}

#[test]
fn files_that_are_no_tables() {
    refused("", &usual(), &["t.csv", "empty"]);
    refused("\n \r\n", &usual(), &["t.csv", "empty"]);
    refused("a,b\n1,\0\n", &usual(), &["t.csv:2", "zero byte"]);
    refused("a,b\r1,2\r3,4\r", &usual(), &["carriage returns"]);
    let error = |bytes: &[u8]| open(bytes, &usual()).expect_err("refused").to_string();
    assert!(error(b"\xff\xfea\0,\0b\0").contains("UTF-16"));
    assert!(error(b"gr\xf6sse\n1\n").contains("UTF-8"));
}

#[test]
fn columns_that_cannot_be() {
    let text = "time,temp,city,temp2\n2010-01-01,1,Rome,2\n";
    refused(text, &called("tmp"), &["no column \"tmp\"", "did you mean \"temp\"?", "\"city\" (text)"]);
    refused(text, &called("city"), &["\"city\" holds text", "\"Rome\"", "\"time\" (time)", "\"temp\" (number)"]);
    refused(text, &column(Column::Number(4)), &["no column 4", "0 to 3"]);
    refused(text, &column(Column::Number(-5)), &["no column -5"]);
    let two = |a: &str, b: &str| OpenOptions {
        column: Some(Columns::List(vec![Column::Name(a.into()), Column::Name(b.into())])),
        ..usual()
    };
    refused(text, &two("time", "temp"), &["\"time\" holds times", "\"temp\" numbers", "two arrays"]);
    refused(text, &two("temp", "temp"), &["\"temp\" is chosen twice"]);
    refused("1,2\n3,4\n", &called("temp"), &["no header", "0 to 1"]);
    refused("a,a\n1,2\n", &called("a"), &["several columns", "0 or 1"]);
    assert_eq!(open("a,a\n1,2\n", &column(Column::Number(1))).expect("opened").doubles(), [2.0]);
    refused("a,b\nx,y\nz,w\n", &usual(), &["no column holds numbers", "\"a\" (text)"]);
    refused("d\n01/02/2010\n03/02/2010\n", &usual(), &["01/02/2010", "time_format"]);
    refused("a\n1\n", &OpenOptions { separator: Some('5'), ..usual() }, &["separator '5'"]);
    refused("a\n1\n", &OpenOptions { offset: Some(5), ..usual() }, &["offset", "raw"]);
    refused("a\n1\n", &OpenOptions { shape: Some(vec![2, 1]), ..usual() }, &["shape", "[1, 1]"]);
}

#[test]
fn several_files_in_natural_order() {
    let dir = folder();
    for (name, text) in [("d2.csv", "a,t\n2,x\n"), ("d10.csv", "a,t\n10,x\n11,y\n"), ("d1.csv", "a,t\n")] {
        std::fs::write(dir.path().join(name), text).expect("written");
    }
    let stored = Stored::open("d*.csv", dir.path(), &usual()).expect("opened");
    assert_eq!(stored.doubles(), [2.0, 10.0, 11.0]);
    stored.check_all();
    assert_eq!(stored.table().expect("a table").files, 3);
    assert_eq!(stored.identity().len(), 3);
    std::fs::write(dir.path().join("d3.csv"), "a,b\n1,2\n").expect("written");
    let error = Stored::open("d*.csv", dir.path(), &usual()).expect_err("refused").to_string();
    assert!(error.contains("d3.csv has \"b\"") && error.contains("d1.csv has \"t\""), "{error}");
    std::fs::write(dir.path().join("d3.csv"), "a,t\n1,2\nx,2\n").expect("written");
    let error = Stored::open("d*.csv", dir.path(), &usual()).expect("opened").bytes().expect_err("refused").to_string();
    assert!(error.contains("d3.csv:3"), "{error}");
    std::fs::write(dir.path().join("d4.png"), "").expect("written");
    let error = Stored::open("d*", dir.path(), &usual()).expect_err("refused").to_string();
    assert!(error.contains("d4.png"), "{error}");
    let error = Stored::open("e*.csv", dir.path(), &usual()).expect_err("refused").to_string();
    assert!(error.contains("e*.csv"), "{error}");
}

#[test]
fn compressed_files_read_the_same() {
    let dir = folder();
    let text: String = (0..5000).map(|i| format!("{i},{}\n", f64::from(i) / 7.0)).collect();
    let pack = |name: &str, text: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).expect("packed");
        let packed = packed.finish().expect("packed");
        std::fs::write(dir.path().join(name), &packed).expect("written");
        packed
    };
    std::fs::write(dir.path().join("a.csv"), &text).expect("written");
    let packed = pack("a.csv.gz", &text);
    let plain = Stored::open("a.csv", dir.path(), &usual()).expect("opened");
    let stored = Stored::open("a.csv.gz", dir.path(), &usual()).expect("opened");
    assert_eq!(stored.bytes().expect("read"), plain.bytes().expect("read"));
    stored.check_all();
    assert_eq!(stored.table().expect("a table").unpacked_bytes, Some(text.len() as u64));
    assert_eq!(stored.file_bytes(), packed.len() as u64);
    let both = Stored::open("a.csv*", dir.path(), &usual()).expect("opened");
    assert_eq!(both.spec().shape, [10_000, 2]);
    both.check_all();
    pack("b.csv.gz", "1,2\n3,x\n");
    let error = Stored::open("b.csv.gz", dir.path(), &usual()).expect("opened").bytes().expect_err("bad").to_string();
    assert!(error.contains("b.csv.gz:2"), "{error}");
    std::fs::write(dir.path().join("c.csv.gz"), &packed[..packed.len() - 100]).expect("written");
    let error = Stored::open("c.csv.gz", dir.path(), &usual()).expect_err("cut").to_string();
    assert!(error.contains("c.csv.gz") && error.contains("gzip"), "{error}");
    let left = std::fs::read_dir(dir.path()).expect("there").count();
    assert_eq!(left, 4, "no temporary file has a name");
}

#[test]
fn other_endings_are_tables_where_a_column_is_said() {
    let dir = folder();
    std::fs::write(dir.path().join("a.txt"), "x y\n1 2\n").expect("written");
    let options = OpenOptions { separator: Some(' '), ..called("y") };
    assert_eq!(Stored::open("a.txt", dir.path(), &options).expect("opened").doubles(), [2.0]);
    let error = Stored::open("a.txt", dir.path(), &usual()).expect_err("raw").to_string();
    assert!(error.contains("--column"), "{error}");
    std::fs::write(dir.path().join("a.csv"), "1\n").expect("written");
    let error = MappedArray::open(&dir.path().join("a.csv"), &usual()).expect_err("text").to_string();
    assert!(error.contains("cannot be mapped"), "{error}");
    let npy = dir.path().join("a.npy");
    MappedArray::create(&npy, &crate::array::ArraySpec::new(DType::F32, &[2]), &Default::default()).expect("created");
    let error = Stored::open("a.npy", dir.path(), &called("x")).expect_err("no table").to_string();
    assert!(error.contains("column is for CSV"), "{error}");
}

#[test]
fn a_file_that_changes_is_noticed() {
    let dir = folder();
    std::fs::write(dir.path().join("a.csv"), "1\n2\n").expect("written");
    let stored = Stored::open("a.csv", dir.path(), &usual()).expect("opened");
    std::fs::write(dir.path().join("a.csv"), "1\n").expect("written");
    let error = stored.bytes().expect_err("changed").to_string();
    assert!(error.contains("changed"), "{error}");
}

#[test]
fn rows_longer_than_a_window() {
    let note = "long ".repeat(200_000);
    let text = format!("a,note,b\n1,{note},2\n3,\"{note}\n\"\"{note}\",4\n5,,6\n");
    let stored = open(&text, &usual()).expect("opened");
    assert_eq!(stored.doubles(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let endless = format!("a,b\n1,\"{}", "x".repeat(20 << 20));
    refused(&endless, &usual(), &["t.csv:2", "quote"]);
}

#[test]
fn many_rows_are_found_again() {
    let mut text = String::from("n,text,x\n");
    for i in 0..200_000 {
        match i % 1000 {
            7 => text.push_str(&format!("{i},\"a \"\"quoted\"\" {i}\nof two lines\",{}\r\n", i % 13)),
            8 => text.push_str(&format!("\n\r\n{i},5\" pipe,{}\n", i % 13)),
            _ => text.push_str(&format!("{i},plain,{}\n", i % 13)),
        }
    }
    let stored = open(&text, &usual()).expect("opened");
    assert_eq!(stored.spec().shape, [200_000, 2]);
    let all = stored.doubles();
    for (i, row) in all.chunks_exact(2).enumerate() {
        assert_eq!(row, [i as f64, (i % 13) as f64]);
    }
}

/// Cells that are hard to read, and what a field of them looks like in a file.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (-1e9f64..1e9).prop_map(|v| v.to_string()),
        2 => any::<i32>().prop_map(|v| v.to_string()),
        1 => "[a-z \"\n,;é]{0,6}",
        1 => Just(String::new()),
        1 => (0u8..100).prop_map(|v| format!(" {v} ")),
        1 => (0u8..100).prop_map(|v| format!("\"{v}\"")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn rows_and_fields_as_the_csv_crate_has_them(text in "[1-9,\n\"a é]{0,40}", crlf: bool) {
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let expected: Vec<Vec<Vec<u8>>> = reader
            .byte_records()
            .map(|r| r.expect("read").iter().map(<[u8]>::to_vec).collect())
            .collect();
        let mut whole = text.clone().into_bytes();
        whole.push(b'\n');
        let (mut found, mut scratch) = (Vec::new(), Vec::new());
        let mut all = rows::Rows::new(&whole, b',');
        for row in all.by_ref() {
            let mut cells = Vec::new();
            rows::fields(row, b',', &mut scratch, |c| cells.push(c.to_vec()));
            found.push(cells);
        }
        // An open quote is an error here; the crate takes the rest of the text for the field.
        prop_assume!(all.at() == whole.len());
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn values_as_the_csv_crate_and_the_parser_of_rust_have_them(
        rows in prop::collection::vec([cell(), cell(), cell()], 0..40), crlf: bool, end: bool,
    ) {
        let terminator = if crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
        let mut writer = ::csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
        writer.write_record(["x", "y", "z"]).expect("written");
        rows.iter().for_each(|r| writer.write_record(r).expect("written"));
        let mut text = writer.into_inner().expect("written");
        if !end {
            while text.last().is_some_and(u8::is_ascii_whitespace) {
                text.pop();
            }
        }
        let options = OpenOptions { column: Some(Columns::List((0..3).map(Column::Number).collect())), ..usual() };
        let options = OpenOptions { separator: Some(','), header: Some(true), ..options };
        let mut reader = ::csv::Reader::from_reader(&text[..]);
        let read = |cell: &[u8]| {
            let cell = std::str::from_utf8(cell).expect("UTF-8").trim_matches(|c: char| c.is_ascii_whitespace());
            if cell.is_empty() { Some(f64::NAN) } else { cell.parse().ok() }
        };
        let mut expected = Some(Vec::new());
        for record in reader.byte_records() {
            for cell in &record.expect("read") {
                expected = expected.zip(read(cell)).map(|(mut all, v): (Vec<f64>, f64)| { all.push(v); all });
            }
        }
        match (open(&text, &options).map(|s| s.bytes()), expected) {
            (Ok(Ok(found)), Some(expected)) => prop_assert_eq!(found, bytemuck::cast_slice::<f64, u8>(&expected)),
            (Ok(Err(_)) | Err(_), None) => {}
            // Columns that are mostly text are not chosen, whatever their other cells.
            (found, expected) => prop_assert!(false, "{found:?}, expected {expected:?}"),
        }
    }
}
