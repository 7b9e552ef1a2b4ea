//! Reading and writing arrays through real files.

use std::path::Path;

use super::*;
use crate::array::{ArraySpec, DType, Endian, Order, Region};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for the test")
}

fn region(start: &[u64], end: &[u64]) -> Region {
    Region { start: start.to_vec(), end: end.to_vec() }
}

fn raw(dtype: DType, shape: &[i64]) -> OpenOptions {
    OpenOptions { dtype: Some(dtype), shape: Some(shape.to_vec()), ..OpenOptions::default() }
}

fn pattern(bytes: usize, dtype: DType) -> Vec<u8> {
    let mask = if dtype == DType::Bool { 1 } else { 255 };
    (0..bytes).map(|i| ((i * 73 + i / 251) & mask) as u8).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("readable")
        .map(|e| e.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_dtype_order_and_byte_order_comes_back() {
    let dir = folder();
    let shape = [5, 7, 3];
    for dtype in DType::ALL {
        for order in [Order::C, Order::F] {
            for endian in [Endian::Little, Endian::Big] {
                for name in ["a.npy", "a.dat"] {
                    let spec = ArraySpec::new(dtype, &shape);
                    let path = dir.path().join(name);
                    let options = OutputOptions { order, endian, offset: 0, overwrite: true, ..Default::default() };
                    let output = Output::create(&path, &spec, &options).expect("created");
                    let bytes = pattern(105 * dtype.size(), dtype);
                    let half = 63 * dtype.size();
                    output.write(&region(&[0, 0, 0], &[3, 7, 3]), &bytes[..half]).expect("written");
                    output.write(&region(&[3, 0, 0], &[5, 7, 3]), &bytes[half..]).expect("written");
                    let seen = output.as_stored().expect("readable before it is finished");
                    output.commit(false).expect("committed");
                    let options = if name == "a.npy" {
                        OpenOptions { dtype: Some(dtype), ..OpenOptions::default() }
                    } else {
                        OpenOptions { order: Some(order), endian: Some(endian), ..raw(dtype, &[5, -1, 3]) }
                    };
                    let stored = Stored::open(name, dir.path(), &options).expect("opened");
                    assert_eq!((stored.spec().dtype, &stored.spec().shape[..]), (dtype, &shape[..]));
                    let mut out = vec![0; bytes.len()];
                    for s in [&stored, &seen] {
                        s.read(&Region::full(&shape), &mut out).expect("read");
                        assert_eq!(out, bytes, "{dtype} {order:?} {endian:?} {name}");
                    }
                    let native = order == Order::C && (endian == Endian::NATIVE || dtype.swap_unit() == 1);
                    let r = region(&[1, 2, 1], &[4, 7, 3]);
                    assert_eq!(stored.facts().in_place(), native);
                    assert_eq!(stored.view(&r).is_some(), native);
                    if let Some(view) = stored.view(&r) {
                        let mut rows = vec![0; r.elements() as usize * dtype.size()];
                        stored.read(&r, &mut rows).expect("read");
                        let size = dtype.size();
                        let starts = crate::array::row_starts(view.shape(), view.strides());
                        let seen: Vec<u8> =
                            starts.flat_map(|at| view.bytes()[at * size..(at + 2) * size].to_vec()).collect();
                        assert_eq!(seen, rows);
                    }
                }
            }
        }
    }
    assert_eq!(names(dir.path()), ["a.dat", "a.npy"]);
}

#[test]
fn raw_options_are_those_of_numpy_memmap() {
    let dir = folder();
    std::fs::write(dir.path().join("x"), pattern(53, DType::U8)).expect("written");
    let open = |o: &OpenOptions| Stored::open("x", dir.path(), o);
    let at_5 = OpenOptions { offset: Some(5), ..raw(DType::F32, &[3, -1]) };
    assert_eq!(open(&at_5).expect("opened").spec().shape, [3, 4]);
    let flat = OpenOptions { offset: Some(5), dtype: Some(DType::U16), ..OpenOptions::default() };
    assert_eq!(open(&flat).expect("opened").spec().shape, [24]);
    assert_eq!(open(&raw(DType::U8, &[0, 9])).expect("opened").spec().shape, [0, 9]);
    assert!(matches!(open(&raw(DType::U8, &[54])), Err(StorageError::Truncated { need: 54, have: 53, .. })));
    assert!(matches!(open(&raw(DType::F32, &[-1])), Err(StorageError::Options { .. })));
    assert!(matches!(open(&raw(DType::F32, &[-1, -1])), Err(StorageError::Options { .. })));
    assert!(matches!(open(&raw(DType::F32, &[-2])), Err(StorageError::Options { .. })));
    assert!(matches!(open(&raw(DType::U8, &[i64::MAX, 3])), Err(StorageError::TooLarge { .. })));
    assert!(matches!(open(&raw(DType::F64, &[1 << 60])), Err(StorageError::TooLarge { .. })));
    let far = OpenOptions { offset: Some(u64::MAX), ..raw(DType::U8, &[1]) };
    assert!(matches!(open(&far), Err(StorageError::TooLarge { .. })));
    assert!(matches!(open(&OpenOptions::default()), Err(StorageError::Options { .. })));
    let misnamed = OpenOptions { axes: Some("yx".into()), ..raw(DType::U8, &[53]) };
    assert!(matches!(open(&misnamed), Err(StorageError::Options { .. })));
    assert!(matches!(Stored::open("y", dir.path(), &at_5), Err(StorageError::NotFound { .. })));
    assert!(matches!(Stored::open(".", dir.path(), &at_5), Err(StorageError::NotAFile { .. })));
}

#[test]
fn bad_npy_files_are_refused() {
    let dir = folder();
    let path = dir.path().join("a.npy");
    let open = |o: &OpenOptions| Stored::open("a.npy", dir.path(), o);
    std::fs::write(&path, b"").expect("written");
    assert!(matches!(open(&OpenOptions::default()), Err(StorageError::Header { offset: 0, .. })));
    std::fs::write(&path, b"not numpy at all").expect("written");
    assert!(matches!(open(&OpenOptions::default()), Err(StorageError::Header { .. })));
    let header = npy::header(&ArraySpec::new(DType::BF16, &[10]), Endian::NATIVE);
    std::fs::write(&path, &header).expect("written");
    assert!(matches!(open(&OpenOptions::default()), Err(StorageError::Unsupported { .. })));
    let bf16 = OpenOptions { dtype: Some(DType::BF16), ..OpenOptions::default() };
    assert!(matches!(open(&bf16), Err(StorageError::Truncated { need: 4116, have: 4096, .. })));
    std::fs::write(&path, [&header[..], &[0; 25]].concat()).expect("written");
    assert_eq!(open(&bf16).expect("trailing bytes are tolerated").spec().shape, [10]);
    let header = npy::header(&ArraySpec::new(DType::F64, &[i64::MAX as u64, 2]), Endian::NATIVE);
    std::fs::write(&path, &header).expect("written");
    assert!(matches!(open(&OpenOptions::default()), Err(StorageError::TooLarge { .. })));
    let header = npy::header(&ArraySpec::new(DType::F32, &[2]), Endian::Little);
    std::fs::write(&path, [&header[..], &[0; 8]].concat()).expect("written");
    for wrong in [
        OpenOptions { dtype: Some(DType::F64), ..OpenOptions::default() },
        OpenOptions { shape: Some(vec![3]), ..OpenOptions::default() },
        OpenOptions { offset: Some(0), ..OpenOptions::default() },
        OpenOptions { order: Some(Order::F), ..OpenOptions::default() },
        OpenOptions { endian: Some(Endian::Big), ..OpenOptions::default() },
    ] {
        assert!(matches!(open(&wrong), Err(StorageError::Contradiction { .. })), "{wrong:?}");
    }
    assert!(open(&OpenOptions { shape: Some(vec![-1]), ..OpenOptions::default() }).is_ok());
}

#[test]
fn tiles_in_place_exclude_each_other() {
    let dir = folder();
    let spec = ArraySpec::new(DType::U16, &[8, 4]);
    let output = Output::create(&dir.path().join("a.npy"), &spec, &OutputOptions::default()).expect("created");
    let mut first = output.tile(&region(&[0, 0], &[2, 4])).expect("free").expect("contiguous");
    first.copy_from_slice(&[7; 16]);
    let overlap = region(&[1, 0], &[3, 4]);
    assert!(matches!(output.tile(&overlap), Err(StorageError::Claimed { .. })));
    assert!(matches!(output.write(&overlap, &[0; 16]), Err(StorageError::Claimed { .. })));
    let second = output.tile(&region(&[2, 0], &[3, 4])).expect("free").expect("contiguous");
    drop((first, second));
    assert!(output.tile(&region(&[0, 0], &[2, 2])).expect("free").is_none(), "two runs");
    assert!(output.tile(&region(&[2, 0], &[2, 4])).expect("free").expect("empty").is_empty());
    output.write(&overlap, &[1; 16]).expect("free again");
    assert!(matches!(output.write(&overlap, &[1; 15]), Err(StorageError::Buffer { .. })));
    assert!(matches!(output.tile(&region(&[7, 0], &[9, 4])), Err(StorageError::Outside { .. })));
    assert!(matches!(output.tile(&region(&[0], &[1])), Err(StorageError::Outside { .. })));
    output.push(&overlap);
    output.drop_behind(&Region::full(&[8, 4]));
    let mut out = [0u8; 48];
    output.as_stored().expect("readable").read(&region(&[0, 0], &[6, 4]), &mut out).expect("read");
    assert_eq!(out[..], [&[7; 8][..], &[1; 16], &[0; 24]].concat());
}

#[test]
fn nothing_is_left_and_nothing_is_replaced_unasked() {
    let dir = folder();
    let path = dir.path().join("a.npy");
    let spec = ArraySpec::new(DType::F32, &[1000]);
    let replace = OutputOptions { overwrite: true, ..OutputOptions::default() };
    let output = Output::create(&path, &spec, &OutputOptions::default()).expect("created");
    assert_eq!(names(dir.path()).len(), 1);
    assert!(names(dir.path())[0].starts_with(".a.npy.") && names(dir.path())[0].ends_with(".tilewise-tmp"));
    drop(output);
    assert!(names(dir.path()).is_empty());
    let output = Output::create(&path, &spec, &OutputOptions::default()).expect("created");
    std::fs::write(&path, b"somebody was faster").expect("written");
    assert!(matches!(output.commit(true), Err(StorageError::Exists { .. })));
    assert_eq!(names(dir.path()), ["a.npy"]);
    let error = Output::create(&path, &spec, &OutputOptions::default()).expect_err("exists");
    assert!(error.is_refusal() && error.to_string().contains("--overwrite"), "{error}");
    std::os::unix::fs::symlink(&path, dir.path().join("link.npy")).expect("linked");
    let output = Output::create(&dir.path().join("link.npy"), &spec, &replace).expect("created");
    assert_eq!(std::fs::read(&path).expect("read"), b"somebody was faster", "the old file stays until the end");
    output.commit(true).expect("committed");
    assert_eq!(std::fs::metadata(&path).expect("there").len(), 4096 + 4000);
    assert!(dir.path().join("link.npy").is_symlink());
    assert!(matches!(
        Output::create(&dir.path().join("no/a.npy"), &spec, &replace),
        Err(StorageError::NotFound { what: "folder", .. })
    ));
    assert!(matches!(Output::create(dir.path(), &spec, &replace), Err(StorageError::NotAFile { .. })));
    assert!(matches!(
        Output::create(&dir.path().join("a.png"), &spec, &replace),
        Err(StorageError::Unsupported { .. })
    ));
}

#[test]
fn a_full_disk_is_an_error_before_any_work() {
    let dir = folder();
    let free = free_bytes(dir.path()).expect("known");
    let spec = ArraySpec::new(DType::U8, &[free + (1 << 40)]);
    for error in [
        Output::create(&dir.path().join("a.npy"), &spec, &OutputOptions::default()).expect_err("too large"),
        Output::temporary(dir.path(), &spec).expect_err("too large"),
    ] {
        assert!(matches!(error, StorageError::NoSpace { need, .. } if need > free), "{error}");
    }
    let beyond = ArraySpec::new(DType::F64, &[1 << 61]);
    assert!(matches!(
        Output::create(&dir.path().join("a.npy"), &beyond, &OutputOptions::default()),
        Err(StorageError::TooLarge { .. })
    ));
    assert!(names(dir.path()).is_empty());
}

#[test]
fn spills_have_no_name_and_outlive_their_writer() {
    let dir = folder();
    let spec = ArraySpec::new(DType::F64, &[100, 10]);
    let spill = Output::temporary(dir.path(), &spec).expect("created");
    assert!(names(dir.path()).is_empty());
    spill.tile(&Region::full(&[100, 10])).expect("free").expect("whole").fill(3);
    let stored = spill.into_stored().expect("readable");
    assert_eq!(stored.view(&region(&[5, 1], &[7, 4])).expect("in place").bytes()[0], 3);
}

#[test]
fn stored_and_output_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Stored>();
    shared::<Output>();
    shared::<MappedArray>();
}

#[test]
fn several_threads_write_disjoint_boxes() {
    let dir = folder();
    let spec = ArraySpec::new(DType::U16, &[64, 64]);
    for order in [Order::C, Order::F] {
        let options = OutputOptions { order, endian: Endian::Big, offset: 0, overwrite: true, ..Default::default() };
        let output = Output::create(&dir.path().join("a.npy"), &spec, &options).expect("created");
        std::thread::scope(|scope| {
            for k in 0..4u64 {
                let output = &output;
                scope.spawn(move || {
                    for y in 0..64 {
                        let values: Vec<u16> = (0..16).map(|x| (y * 64 + k * 16 + x) as u16).collect();
                        let r = region(&[y, k * 16], &[y + 1, k * 16 + 16]);
                        output.write(&r, bytemuck::cast_slice(&values)).expect("disjoint");
                    }
                });
            }
        });
        let mut out = vec![0u16; 4096];
        let stored = output.as_stored().expect("readable");
        stored.read(&Region::full(&[64, 64]), bytemuck::cast_slice_mut(&mut out)).expect("read");
        assert!(out.iter().enumerate().all(|(i, v)| usize::from(*v) == i));
    }
}

#[test]
fn advice_changes_no_byte() {
    let dir = folder();
    let bytes = pattern(1 << 20, DType::U8);
    std::fs::write(dir.path().join("x"), &bytes).expect("written");
    let stored = Stored::open("x", dir.path(), &raw(DType::U8, &[64, 16384])).expect("opened");
    for r in [Region::full(&[64, 16384]), region(&[3, 100], &[60, 200]), region(&[3, 0], &[3, 0])] {
        stored.advise_random();
        stored.will_need(&r);
        stored.populate(&r).expect("all there");
        stored.advise_sequential();
        let mut out = vec![0; r.elements() as usize];
        stored.read(&r, &mut out).expect("read");
        assert_eq!(stored.residency(&r).is_some(), !r.is_empty());
        assert!(stored.residency(&r).is_none_or(|share| share > 0.5));
        stored.drop_behind(&r);
        stored.forget(&r);
        let mut again = vec![0; out.len()];
        stored.read(&r, &mut again).expect("read");
        assert_eq!(out, again);
    }
    assert_eq!(stored.file_bytes(), 1 << 20);
    assert_eq!(stored.identity(), vec![identity(&dir.path().join("x")).expect("there")]);
}

#[test]
fn a_file_that_shrinks_is_an_error_that_names_it() {
    let dir = folder();
    let path = dir.path().join("x");
    std::fs::write(&path, pattern(1 << 16, DType::U8)).expect("written");
    let stored = Stored::open("x", dir.path(), &raw(DType::U8, &[1 << 16])).expect("opened");
    let whole = Region::full(&[1 << 16]);
    std::fs::File::options().write(true).open(&path).and_then(|f| f.set_len(10_000)).expect("cut");
    stored.check_faults().expect("nobody has looked yet");
    assert!(matches!(stored.check_size(), Err(StorageError::Fault { offset: 10_000, .. })));
    let early = stored.populate(&whole).expect_err("populate sees it");
    assert!(matches!(early, StorageError::Fault { offset: 10_000, size: Some(10_000), .. }), "{early}");
    let view = stored.view(&whole).expect("in place");
    let sum: u64 = view.data::<u8>().iter().map(|b| u64::from(*b)).sum();
    assert!(sum > 0);
    let late = stored.check_faults().expect_err("the handler saw it");
    assert!(matches!(late, StorageError::Fault { offset: 12_288, size: Some(10_000), .. }), "{late}");
    assert!(late.to_string().contains("cut it to 10000 bytes"), "{late}");
    assert!(check_faults().is_err());
    assert!(stored.read(&whole, &mut vec![0; 1 << 16]).is_err());
}

#[test]
fn an_output_is_cut_along_its_slowest_axis() {
    let dir = folder();
    let bytes = pattern(6 * 5 * 4, DType::I32);
    for (order, name) in [(Order::C, "a.npy"), (Order::C, "a.dat"), (Order::F, "a.npy"), (Order::F, "a.dat")] {
        let (shape, cut) = if order == Order::C { ([6, 5], [2, 5]) } else { ([6, 5], [6, 3]) };
        for endian in [Endian::Little, Endian::Big] {
            let options = OutputOptions { order, endian, offset: 0, overwrite: true, ..Default::default() };
            let path = dir.path().join(name);
            let mut output = Output::create(&path, &ArraySpec::new(DType::I32, &shape), &options).expect("created");
            output.write(&Region::full(&shape), &bytes).expect("written");
            let slowest = if order == Order::C { cut[0] } else { cut[1] };
            let error = output.cut(7).expect_err("it cannot grow");
            assert!(matches!(error, StorageError::Options { .. }), "{error}");
            output.cut(slowest).expect("cut");
            assert_eq!(output.spec().shape, cut);
            output.write(&Region::full(&shape), &bytes).expect_err("that region is gone");
            output.commit(true).expect("committed");
            let open = match name {
                "a.npy" => OpenOptions::default(),
                _ => OpenOptions {
                    order: Some(order),
                    endian: Some(endian),
                    ..raw(DType::I32, &[6.min(cut[0] as i64), -1])
                },
            };
            let stored = Stored::open(name, dir.path(), &open).expect("opened");
            assert_eq!(stored.spec().shape, cut);
            let data = cut[0] * cut[1] * 4;
            assert_eq!(stored.file_bytes(), data + if name == "a.npy" { 4096 } else { 0 }, "{name} {order:?}");
            let mut out = vec![0; data as usize];
            stored.read(&Region::full(&cut), &mut out).expect("read");
            let rows = bytes.chunks(20).take(cut[0] as usize);
            assert_eq!(out, rows.flat_map(|r| r[..cut[1] as usize * 4].to_vec()).collect::<Vec<_>>());
        }
    }
    let scalar =
        &mut Output::create(&dir.path().join("s.npy"), &ArraySpec::new(DType::U8, &[]), &OutputOptions::default());
    scalar.as_mut().expect("created").cut(0).expect_err("no axis to cut");
}
