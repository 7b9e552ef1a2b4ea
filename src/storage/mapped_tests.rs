//! Mapped arrays: modes, elements, slices, views, and what two maps of one file see.

use std::path::PathBuf;

use super::*;
use crate::array::DType;

struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn place(name: &str) -> Place {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join(name);
    Place { _folder: folder, path }
}

fn mode(mode: Mode) -> OpenOptions {
    OpenOptions { mode, ..OpenOptions::default() }
}

fn counted(path: &Path, order: Order) -> MappedArray {
    let spec = ArraySpec { order, ..ArraySpec::new(DType::I32, &[4, 5, 6]) };
    let options = CreateOptions { overwrite: true, ..CreateOptions::default() };
    let mut a = MappedArray::create(path, &spec, &options).expect("created");
    let mut view = a.view_mut::<i32>().expect("in place");
    view.indexed_iter_mut().for_each(|(i, v)| *v = (i[0] * 30 + i[1] * 6 + i[2]) as i32);
    a
}

#[test]
fn two_maps_of_one_file_see_each_other() {
    let p = place("a.npy");
    let mut writer = counted(&p.path, Order::C);
    let reader = MappedArray::open(&p.path, &mode(Mode::Read)).expect("opened");
    let mut other = MappedArray::open(&p.path, &mode(Mode::ReadWrite)).expect("opened");
    writer.set(&[1, 2, -1], Scalar::Int(-77)).expect("set");
    assert_eq!(reader.get(&[1, 2, 5]).expect("there"), Scalar::Int(-77));
    other.slice_mut::<i32>(&[SliceIndex::At(0)]).expect("in place").fill(9);
    assert_eq!(writer.get(&[0, 4, 5]).expect("there"), Scalar::Int(9));
    writer.flush().expect("flushed");
    other.close().expect("closed");
}

#[test]
fn copy_on_write_leaves_the_file() {
    let p = place("a.npy");
    counted(&p.path, Order::F).close().expect("closed");
    let before = std::fs::read(&p.path).expect("read");
    let mut permissions = std::fs::metadata(&p.path).expect("there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&p.path, permissions).expect("set");
    let mut copy = MappedArray::open(&p.path, &mode(Mode::CopyOnWrite)).expect("opened");
    copy.set(&[0, 0, 0], Scalar::Int(5)).expect("set");
    copy.view_mut::<i32>().expect("in place").fill(8);
    assert_eq!(copy.get(&[3, 4, 5]).expect("there"), Scalar::Int(8));
    copy.close().expect("closed");
    assert_eq!(std::fs::read(&p.path).expect("read"), before);
}

#[test]
fn reading_modes_refuse_writes() {
    let p = place("a.npy");
    counted(&p.path, Order::C).close().expect("closed");
    let mut a = MappedArray::open(&p.path, &mode(Mode::Read)).expect("opened");
    assert!(matches!(a.set(&[0, 0, 0], Scalar::Int(1)), Err(StorageError::ReadOnly { .. })));
    assert!(matches!(a.set_slice(&[], Scalar::Int(1)), Err(StorageError::ReadOnly { .. })));
    assert!(matches!(a.view_mut::<i32>(), Err(StorageError::ReadOnly { .. })));
    let again = MappedArray::create(&p.path, a.spec(), &CreateOptions::default());
    assert!(matches!(again, Err(StorageError::Exists { .. })));
}

#[test]
fn slices_agree_with_elements_in_both_orders() {
    let p = place("a.npy");
    for order in [Order::C, Order::F] {
        let a = counted(&p.path, order);
        for text in ["1:3,::2,-1", "::-1,4,::-2", "", "0,0,0", "2:2", "3:0:-1,:,1:100:3", "-1,-2:"] {
            let slices = SliceIndex::parse_list(text).expect("valid");
            let view = a.slice::<i32>(&slices).expect("in place");
            let (shape, values) = a.get_slice(&slices).expect("in range");
            assert_eq!(view.shape().iter().map(|n| *n as u64).collect::<Vec<_>>(), shape, "{text}");
            let seen: Vec<Scalar> = view.iter().map(|v| Scalar::Int(i128::from(*v))).collect();
            assert_eq!(seen, values, "{text} {order:?}");
        }
        let slices = SliceIndex::parse_list("3:0:-2,1,::2").expect("valid");
        let flat: Vec<i32> = a.slice::<i32>(&slices).expect("in place").iter().copied().collect();
        assert_eq!(flat, [96, 98, 100, 36, 38, 40]);
    }
}

#[test]
fn elements_work_where_views_cannot() {
    let p = place("a.dat");
    for dtype in DType::ALL {
        let spec = ArraySpec { order: Order::F, ..ArraySpec::new(dtype, &[3, 2]) };
        let options =
            CreateOptions { offset: Some(13), endian: Endian::Big, overwrite: true, ..CreateOptions::default() };
        let mut a = MappedArray::create(&p.path, &spec, &options).expect("created");
        let one = Scalar::parse("1", dtype).expect("every dtype has 1");
        let zero = Scalar::parse("0", dtype).expect("every dtype has 0");
        a.set(&[2, -1], one).expect("set");
        assert_eq!(a.set_slice(&[SliceIndex::At(0)], one).expect("set"), 2);
        let (_, values) = a.get_slice(&[]).expect("there");
        assert_eq!(values, [one, one, zero, zero, zero, one], "{dtype}");
        assert_eq!(std::fs::metadata(&p.path).expect("there").len(), 13 + 6 * dtype.size() as u64);
    }
    let spec = ArraySpec::new(DType::F64, &[2]);
    let options = CreateOptions { offset: Some(4), overwrite: true, ..CreateOptions::default() };
    let a = MappedArray::create(&p.path, &spec, &options).expect("created");
    assert!(a.view::<f64>().expect_err("misaligned").to_string().contains("byte 4"));
    assert!(a.view::<f32>().expect_err("another type").to_string().contains("is f64, not f32"));
}

#[test]
fn bad_indices_and_values_are_refused() {
    let p = place("a.npy");
    let mut a = counted(&p.path, Order::C);
    assert!(matches!(a.get(&[0, 0]), Err(StorageError::Index { .. })));
    assert!(a.get(&[0, 5, 0]).expect_err("outside").to_string().contains("axis 1: index 5 is out of range"));
    assert!(matches!(a.get_slice(&[SliceIndex::ALL; 4]), Err(StorageError::Index { .. })));
    assert!(matches!(a.set(&[0, 0, 0], Scalar::Int(1 << 31)), Err(StorageError::Value { .. })));
    assert!(matches!(a.set(&[0, 0, 0], Scalar::Float(f64::NAN)), Err(StorageError::Value { .. })));
    assert_eq!(a.get(&[0, 0, 0]).expect("there"), Scalar::Int(0));
}

#[test]
fn w_plus_creates_and_empties() {
    let p = place("a.dat");
    let options =
        OpenOptions { mode: Mode::Create, dtype: Some(DType::U8), shape: Some(vec![3, 0]), ..OpenOptions::default() };
    let mut empty = MappedArray::open(&p.path, &options).expect("created");
    assert_eq!(empty.view_mut::<u8>().expect("in place").shape(), [3, 0]);
    assert_eq!(empty.view::<u8>().expect("in place").len(), 0);
    let full = OpenOptions { shape: Some(vec![]), ..options.clone() };
    let mut one = MappedArray::open(&p.path, &full).expect("created");
    one.set(&[], Scalar::Int(3)).expect("set");
    assert_eq!(one.view::<u8>().expect("in place")[IxDyn(&[])], 3);
    let open = OpenOptions { shape: Some(vec![-1]), ..options };
    assert!(matches!(MappedArray::open(&p.path, &open), Err(StorageError::Options { .. })));
    assert_eq!(Mode::parse("w+"), Some(Mode::Create));
}
