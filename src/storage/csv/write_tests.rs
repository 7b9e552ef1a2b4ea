//! What is written comes back.

use super::*;
use crate::array::{ArraySpec, Column, Columns};
use crate::storage::{MappedArray, OpenOptions, Stored};
use proptest::prelude::*;

/// An array in a file of its own, and the folder.
fn stored(dir: &Path, dtype: DType, shape: &[u64], bytes: &[u8]) -> Stored {
    let _ = std::fs::remove_file(dir.join("a.dat"));
    std::fs::write(dir.join("a.dat"), bytes).expect("written");
    let shape = Some(shape.iter().map(|n| *n as i64).collect());
    let options = OpenOptions { dtype: Some(dtype), shape, ..OpenOptions::default() };
    Stored::open("a.dat", dir, &options).expect("opened")
}

fn written(array: &Stored, dir: &Path, options: &CsvOptions) -> String {
    let options = CsvOptions { overwrite: true, ..options.clone() };
    write_csv(array, &dir.join("o.csv"), &options, &mut |_| true).expect("written");
    std::fs::read_to_string(dir.join("o.csv")).expect("text")
}

fn read(dir: &Path, name: &str, options: &OpenOptions) -> Vec<u8> {
    let table = Stored::open(name, dir, options).expect("opened");
    let mut out = vec![0; table.spec().bytes().expect("fits") as usize];
    table.read(&Region::full(&table.spec().shape), &mut out).expect("read");
    out
}

#[test]
fn values_and_names_as_text() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    let doubles = [1.0, f64::NAN, -0.0, 0.1, f64::INFINITY, 1e300];
    let array = stored(dir, DType::F64, &[3, 2], bytemuck::cast_slice(&doubles));
    let usual = CsvOptions::default();
    assert_eq!(written(&array, dir, &usual), "1.0,\n-0.0,0.1\ninf,1e+300\n");
    let named = CsvOptions { separator: ';', header: Some(vec!["a;b".into(), "c\"".into()]), ..usual.clone() };
    assert!(written(&array, dir, &named).starts_with("\"a;b\";\"c\"\"\"\n1.0;\n"));
    let one = stored(dir, DType::F64, &[2], bytemuck::cast_slice(&doubles[..2]));
    assert_eq!(written(&one, dir, &usual), "1.0\n\"\"\n", "an empty line would be no row");
    let scalar = stored(dir, DType::F64, &[], bytemuck::cast_slice(&doubles[3..4]));
    assert_eq!(written(&scalar, dir, &usual), "0.1\n");
    assert_eq!(written(&stored(dir, DType::Bool, &[2], &[1, 0]), dir, &usual), "true\nfalse\n");
    assert_eq!(written(&stored(dir, DType::I8, &[1, 2], &[255, 1]), dir, &usual), "-1,1\n");
    assert_eq!(written(&stored(dir, DType::F32, &[1], bytemuck::bytes_of(&0.1f32)), dir, &usual), "0.1\n");
    let times = [0i64, i64::MIN, 1_262_304_000_500_000_000];
    let times = stored(dir, DType::I64, &[3], bytemuck::cast_slice(&times));
    let iso = CsvOptions { times: true, ..usual };
    assert_eq!(written(&times, dir, &iso), "1970-01-01T00:00:00Z\n\"\"\n2010-01-01T00:00:00.5Z\n");
}

#[test]
fn what_is_no_table_is_refused_and_nothing_is_left() {
    let dir = tempfile::tempdir().expect("a folder");
    let cube = stored(dir.path(), DType::U8, &[2, 2, 2], &[0; 8]);
    let path = dir.path().join("o.csv");
    let refused = |array: &Stored, options: &CsvOptions, says: &str| {
        let error = write_csv(array, &path, options, &mut |_| true).expect_err("refused").to_string();
        assert!(error.contains(says), "{error}");
    };
    let usual = CsvOptions::default();
    refused(&cube, &usual, "3 axes");
    let flat = |dtype: DType| stored(dir.path(), dtype, &[4], &[0; 64][..4 * dtype.size()]);
    refused(&flat(DType::C64), &usual, "two numbers");
    refused(&flat(DType::F64), &CsvOptions { times: true, ..usual.clone() }, "i64");
    refused(&flat(DType::F64), &CsvOptions { separator: '1', ..usual.clone() }, "separator");
    refused(&flat(DType::F64), &CsvOptions { header: Some(vec![]), ..usual.clone() }, "0 names for 1 columns");
    let array = flat(DType::F64);
    let error = write_csv(&array, &path, &usual, &mut |_| false).expect_err("stopped");
    assert!(matches!(error, StorageError::Interrupted { .. }), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 1);
    write_csv(&array, &path, &usual, &mut |_| true).expect("written");
    let error = write_csv(&array, &path, &usual, &mut |_| true).expect_err("exists");
    assert!(error.is_refusal(), "{error}");
}

#[test]
fn many_blocks_and_compression() {
    let dir = tempfile::tempdir().expect("a folder");
    let values: Vec<f64> = (0..600_000).map(|i| f64::from(i) / 3.0).collect();
    let array = stored(dir.path(), DType::F64, &[200_000, 3], bytemuck::cast_slice(&values));
    let mut told = Vec::new();
    write_csv(&array, &dir.path().join("o.csv.gz"), &CsvOptions::default(), &mut |rows| {
        told.push(rows);
        true
    })
    .expect("written");
    assert!(told.len() > 3 && told.last() == Some(&200_000), "{told:?}");
    assert_eq!(read(dir.path(), "o.csv.gz", &OpenOptions::default()), bytemuck::cast_slice::<f64, u8>(&values));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_value_comes_back(bits in prop::collection::vec(any::<u64>(), 2..40), whole: bool) {
        let dir = tempfile::tempdir().expect("a folder");
        let dtype = if whole { DType::I64 } else { DType::F64 };
        let pairs = bits.len() as u64 / 2;
        let canonical = |b: &u64| if f64::from_bits(*b).is_nan() && !whole { f64::NAN.to_bits() } else { *b };
        let values: Vec<u64> = bits[..2 * pairs as usize].iter().map(canonical).collect();
        let array = stored(dir.path(), dtype, &[pairs, 2], bytemuck::cast_slice(&values));
        let named = CsvOptions { header: Some(vec!["a".into(), "b".into()]), ..CsvOptions::default() };
        written(&array, dir.path(), &named);
        let options = OpenOptions { dtype: Some(dtype), header: Some(true), ..OpenOptions::default() };
        prop_assert_eq!(read(dir.path(), "o.csv", &options), bytemuck::cast_slice::<u64, u8>(&values));
    }

    #[test]
    fn every_time_comes_back(mut times in prop::collection::vec(any::<i64>(), 1..20)) {
        let dir = tempfile::tempdir().expect("a folder");
        times.push(i64::MIN);
        let array = stored(dir.path(), DType::I64, &[times.len() as u64], bytemuck::cast_slice(&times));
        let named = CsvOptions { header: Some(vec!["t".into()]), times: true, ..CsvOptions::default() };
        written(&array, dir.path(), &named);
        let column = Some(Columns::One(Column::Number(0)));
        let options = OpenOptions { column, ..OpenOptions::default() };
        prop_assert_eq!(read(dir.path(), "o.csv", &options), bytemuck::cast_slice::<i64, u8>(&times));
    }
}

#[test]
fn an_array_of_no_rows_is_a_header() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("e.npy");
    MappedArray::create(&path, &ArraySpec::new(DType::F64, &[0, 2]), &Default::default()).expect("created");
    let array = Stored::open("e.npy", dir.path(), &OpenOptions::default()).expect("opened");
    let named = CsvOptions { header: Some(vec!["a".into(), "b".into()]), ..CsvOptions::default() };
    assert_eq!(written(&array, dir.path(), &named), "a,b\n");
}
