//! Arrays in memory against slow decoding by the definition of strides; what maps give to runs.

use super::*;
use crate::array::{Element, contiguous_strides};
use crate::storage::map::page_bytes;
use crate::storage::{CreateOptions, Mode, OpenOptions, Output, OutputOptions, Scalar, identity};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Elements at strides from `first` of `buffer`, which is kept.
fn stored(buffer: &Arc<Vec<u8>>, first: usize, layout: &MemoryLayout) -> Stored {
    let at = buffer.as_ptr().wrapping_add(first);
    // SAFETY: every test lays its elements inside the buffer, which is kept.
    unsafe { Stored::from_memory(at, layout, "test", Box::new(buffer.clone())) }.expect("valid")
}

/// By the definition of strides.
fn slow(buffer: &[u8], first: usize, layout: &MemoryLayout) -> Vec<u8> {
    let (size, shape) = (layout.dtype.size(), &layout.shape);
    let mut out = Vec::new();
    for flat in 0..shape.iter().product::<u64>() {
        let (mut rest, mut at) = (flat, first as i64);
        for a in (0..shape.len()).rev() {
            at += (rest % shape[a]) as i64 * layout.strides_bytes[a];
            rest /= shape[a];
        }
        let mut e = buffer[at as usize..at as usize + size].to_vec();
        if layout.endian != Endian::NATIVE {
            e.chunks_mut(layout.dtype.swap_unit()).for_each(<[u8]>::reverse);
        }
        if layout.dtype == DType::Bool {
            e[0] = u8::from(e[0] != 0);
        }
        out.extend(e);
    }
    out
}

#[test]
fn every_layout_reads_as_its_strides_say() {
    let bytes: Vec<u8> = (0..4096u32).map(|i| (i * 37 + i / 256) as u8).collect();
    let buffer = Arc::new(bytes);
    let aligned = buffer.as_ptr().align_offset(16);
    for dtype in DType::ALL {
        let s = dtype.size() as i64;
        // Shape, strides in elements, first element: C, F, reversed, apart, repeated, empty, 0-d.
        let cases: [(&[u64], &[i64], i64); 8] = [
            (&[3, 4], &[4, 1], 0),
            (&[3, 4], &[1, 3], 0),
            (&[3, 4], &[-4, -1], 11),
            (&[3, 4], &[8, 2], 1),
            (&[3, 4], &[0, 1], 2),
            (&[3, 0], &[4, 1], 0),
            (&[], &[], 3),
            (&[2, 3, 2], &[-1, 4, 2], 5),
        ];
        for (shape, strides, first) in cases {
            for endian in [Endian::Little, Endian::Big] {
                for shift in [0, 1] {
                    let strides_bytes = strides.iter().map(|t| t * s).collect();
                    let layout = MemoryLayout { dtype, shape: shape.to_vec(), strides_bytes, endian, axes: None };
                    let first = aligned + shift + (first * s) as usize;
                    let array = stored(&buffer, first, &layout);
                    let mut out = vec![0; array.spec().bytes().unwrap_or(0) as usize];
                    array.read(&Region::full(shape), &mut out).expect("read");
                    let what = format!("{dtype} {shape:?} {strides:?} {endian:?} {shift}");
                    assert_eq!(out, slow(&buffer, first, &layout), "{what}");
                    if let Some(view) = array
                        .view(&Region::full(shape))
                        .filter(|_| shape.len() == 2 && shape[1] > 0 && dtype != DType::Bool)
                    {
                        assert_eq!(view.strides(), contiguous_strides(shape), "{what}");
                        assert_eq!(&view.bytes()[..out.len()], out, "{what}");
                    }
                }
            }
        }
    }
}

/// A well mixed number below `n`, another one each time.
fn any(state: &mut u64, n: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % n
}

#[test]
fn boxes_of_any_strides_are_gathered() {
    let bytes: Vec<u8> = (0..1 << 20u32).map(|i| (i * 37 + i / 256) as u8).collect();
    let (buffer, mut state) = (Arc::new(bytes), 7);
    for case in 0..400 {
        let dtype = DType::ALL[any(&mut state, DType::ALL.len() as u64) as usize];
        let size = dtype.size() as i64;
        let rank = any(&mut state, 4) as usize + 1;
        // Extents beyond a block; axes in any order in memory, with and without gaps, repeated and turned around.
        let most = [4000, 90, 20, 9][rank - 1];
        let shape: Vec<u64> = (0..rank).map(|_| any(&mut state, most) + 1).collect();
        let mut axes: Vec<usize> = (0..rank).collect();
        (0..rank).for_each(|a| axes.swap(a, any(&mut state, rank as u64) as usize));
        let (mut strides_bytes, mut next) = (vec![0; rank], size);
        for a in axes {
            let (kind, gap) = (any(&mut state, 8), any(&mut state, 2) as i64 * size);
            strides_bytes[a] = if kind == 0 { 0 } else { (next + gap) * if kind < 3 { -1 } else { 1 } };
            next = (strides_bytes[a].abs() * shape[a] as i64).max(next);
        }
        let endian = [Endian::Little, Endian::Big][any(&mut state, 2) as usize];
        let layout = MemoryLayout { dtype, shape: shape.clone(), strides_bytes, endian, axes: None };
        let reach = reach(&layout).expect("small");
        let first = (any(&mut state, 3) as i64 - reach.start) as usize;
        if reach.end + first as i64 > buffer.len() as i64 {
            continue;
        }
        let (array, what) = (stored(&buffer, first, &layout), format!("case {case}: {layout:?}"));
        let start: Vec<u64> = shape.iter().map(|n| any(&mut state, *n)).collect();
        let end = start.iter().zip(&shape).map(|(s, n)| s + any(&mut state, n - s + 1)).collect();
        for region in [Region::full(&shape), Region { start, end }] {
            let offset: i64 = region.start.iter().zip(&layout.strides_bytes).map(|(i, s)| *i as i64 * s).sum();
            let part = MemoryLayout { shape: region.shape(), ..layout.clone() };
            let mut out = vec![0; region.elements() as usize * dtype.size()];
            array.read(&region, &mut out).expect("read");
            assert!(out == slow(&buffer, (first as i64 + offset) as usize, &part), "{region:?} of {what}");
        }
    }
}

#[test]
fn nothing_between_elements_is_touched() {
    let page = page_bytes() as usize;
    let (shared, none) = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, libc::PROT_NONE);
    // SAFETY: three new pages, whose outer two stay readable and writable until they are unmapped below; the
    // elements lie in those.
    unsafe {
        let at =
            libc::mmap(std::ptr::null_mut(), 3 * page, libc::PROT_READ | libc::PROT_WRITE, shared, -1, 0).cast::<u8>();
        assert_ne!(at.cast(), libc::MAP_FAILED);
        std::slice::from_raw_parts_mut(at, page).fill(1);
        std::slice::from_raw_parts_mut(at.add(2 * page), page).fill(3);
        assert_eq!(libc::mprotect(at.add(page).cast(), page, none), 0);
        let rows = MemoryLayout {
            dtype: DType::U8,
            shape: vec![2, page as u64],
            strides_bytes: vec![2 * page as i64, 1],
            endian: Endian::NATIVE,
            axes: None,
        };
        let few = MemoryLayout { shape: vec![2, 8], strides_bytes: vec![2 * page as i64, 3], ..rows.clone() };
        let back = MemoryLayout { strides_bytes: vec![-2 * page as i64, 3], ..few.clone() };
        for (layout, first) in [(rows, 0), (few, 0), (back, 2 * page)] {
            let array = Stored::from_memory(at.add(first), &layout, "test", Box::new(())).expect("valid");
            let all = Region::full(&layout.shape);
            let mut out = vec![0; all.elements() as usize];
            assert!(array.view(&all).is_none());
            array.read(&all, &mut out).expect("read");
            let half = out.len() / 2;
            let (one, other) = if first == 0 { (1, 3) } else { (3, 1) };
            assert!(out[..half].iter().all(|b| *b == one) && out[half..].iter().all(|b| *b == other));
        }
        libc::munmap(at.cast(), 3 * page);
    }
}

/// What becomes of a layout at an address; nothing is read.
fn attempt(first: *const u8, shape: &[u64], strides_bytes: &[i64]) -> Result<Stored, StorageError> {
    let (shape, strides_bytes) = (shape.to_vec(), strides_bytes.to_vec());
    let layout = MemoryLayout { dtype: DType::F32, shape, strides_bytes, endian: Endian::NATIVE, axes: None };
    // SAFETY: whoever reads gives the address of elements.
    unsafe { Stored::from_memory(first, &layout, "test", Box::new(())) }
}

#[test]
fn strides_that_lead_nowhere_are_refused_and_those_of_one_element_do_not_count() {
    static VALUES: [f32; 4] = [1.0, 2.0, 3.0, 4.0];
    let first = VALUES.as_ptr().cast::<u8>();
    for (shape, strides) in [
        (&[1, 4, 1][..], &[i64::MAX, 4, i64::MIN][..]),
        (&[1, 2, 1, 2], &[i64::MIN, 8, i64::MAX, 4]),
        (&[2, 1, 2], &[8, i64::MIN, 4]),
    ] {
        let array = attempt(first, shape, strides).expect("there");
        assert!(array.view(&Region::full(shape)).is_some(), "{shape:?} {strides:?} is dense");
    }
    let apart = attempt(first, &[1, 2, 1], &[i64::MAX, 8, i64::MIN]).expect("there");
    let mut out = [0f32; 2];
    apart.read(&Region::full(&[1, 2, 1]), bytemuck::cast_slice_mut(&mut out)).expect("read");
    assert_eq!(out, [1.0, 3.0]);

    let far = [i64::MIN, i64::MIN + 8, i64::MAX, -(first as i64) - 4, i64::MAX / 2];
    for stride in far {
        for shape in [&[2, 2][..], &[3, 2]] {
            let refused = attempt(first, shape, &[stride, -1 << 62]).map(drop).expect_err("nowhere");
            let fits = matches!(refused, StorageError::TooLarge { .. } | StorageError::Options { .. });
            assert!(fits, "{stride}: {refused}");
        }
    }
    let below = attempt(first, &[2], &[-(first as i64) - 4]).map(drop).expect_err("nowhere");
    assert!(below.to_string().contains("outside the address space"), "{below}");
    let null = attempt(std::ptr::null(), &[2], &[4]).map(drop).expect_err("nothing there");
    assert!(null.to_string().contains("address 0"), "{null}");
    assert!(matches!(attempt(first, &[2], &[4, 4]).map(drop), Err(StorageError::Options { .. })));
}

#[test]
fn an_empty_array_may_have_any_shape_and_lie_anywhere() {
    for shape in [&[0][..], &[1 << 62, 4, 0], &[0, 1 << 62, 1 << 62], &[1 << 40, 0, 1 << 40]] {
        for stride in [i64::MIN, 0, 4, i64::MAX] {
            let array = attempt(std::ptr::null(), shape, &vec![stride; shape.len()]).expect("valid");
            let all = Region::full(shape);
            // A part that begins far inside.
            let start = shape.iter().map(|n| n.saturating_sub(1)).collect();
            let part = Region { start, end: shape.to_vec() };
            for region in [all, part] {
                array.read(&region, &mut []).expect("nothing to read");
                let view = array.view(&region).expect("in place");
                assert_eq!((view.elements(), view.rows::<f32>().count()), (0, 0), "{shape:?}");
                assert!(array.runs(&region).is_empty());
            }
        }
    }
    let folder = tempfile::tempdir().expect("folder");
    let spec = ArraySpec::new(DType::F64, &[1 << 62, 1 << 62, 0]);
    let file = MappedArray::create(&folder.path().join("a.npy"), &spec, &CreateOptions::default()).expect("created");
    assert!(matches!(file.get(&[5, 7, 0]), Err(StorageError::Index { .. })));
    assert_eq!(file.strides_bytes()[2], 8);
    let stored = MappedArray::to_stored(&Arc::new(file)).expect("stored");
    stored.read(&Region { start: vec![9, 9, 0], end: vec![10, 10, 0] }, &mut []).expect("nothing to read");
}

#[test]
fn plain_memory_is_read_in_place() {
    let values: Arc<Vec<u8>> = Arc::new(bytemuck::cast_slice(&[1.0f64, 2.0, 3.0]).to_vec());
    let first = values.as_ptr().align_offset(8);
    let layout =
        MemoryLayout { dtype: f64::DTYPE, shape: vec![0], strides_bytes: vec![8], endian: Endian::NATIVE, axes: None };
    assert!(stored(&values, first, &layout).view(&Region::full(&[0])).is_some());
    let apart = MemoryLayout { shape: vec![2], strides_bytes: vec![16], ..layout };
    let array = stored(&values, 0, &apart);
    assert!(array.view(&Region::full(&[2])).is_none());
    assert!(array.files().is_empty() && array.identity().is_empty());
}

#[test]
fn what_is_kept_goes_with_the_array() {
    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, Relaxed);
        }
    }
    let gone = Arc::new(AtomicBool::new(false));
    let layout =
        MemoryLayout { dtype: DType::U8, shape: vec![4], strides_bytes: vec![1], endian: Endian::NATIVE, axes: None };
    let bytes: &'static [u8] = &[1, 2, 3, 4];
    // SAFETY: the bytes are static.
    let array = unsafe { Stored::from_memory(bytes.as_ptr(), &layout, "test", Box::new(Flag(gone.clone()))) };
    assert!(!gone.load(Relaxed));
    drop(array);
    assert!(gone.load(Relaxed));
    let wide = MemoryLayout { shape: vec![1 << 40], strides_bytes: vec![i64::MAX], ..layout };
    // SAFETY: refused before anything is read.
    let refused = unsafe { Stored::from_memory(bytes.as_ptr(), &wide, "test", Box::new(())) };
    assert!(matches!(refused, Err(StorageError::TooLarge { .. })));
}

#[test]
fn maps_serve_runs_whatever_became_of_the_file() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.npy");
    let spec = ArraySpec::new(DType::F32, &[2, 3]);
    let mut made = MappedArray::create(&path, &spec, &CreateOptions::default()).expect("created");
    made.set(&[1, 2], Scalar::Float(2.5)).expect("set");
    made.close().expect("closed");
    let read = |array: &Arc<MappedArray>| {
        let stored = MappedArray::to_stored(array).expect("stored");
        let mut out = vec![0u8; 24];
        stored.read(&Region::full(&[2, 3]), &mut out).expect("read");
        bytemuck::pod_collect_to_vec::<u8, f32>(&out)[5]
    };
    let private = OpenOptions { mode: Mode::CopyOnWrite, ..OpenOptions::default() };
    let mut copy = MappedArray::open(&path, &private).expect("opened");
    copy.set(&[1, 2], Scalar::Float(7.0)).expect("set");
    let plain = Arc::new(MappedArray::open(&path, &OpenOptions::default()).expect("opened"));
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(read(&Arc::new(copy)), 7.0);
    assert_eq!(read(&plain), 2.5);
    assert_eq!(plain.address() % 4096, 0);
    assert_eq!(plain.strides_bytes(), [12, 4]);
}

/// A file of four pages of `u8`, each element the page's number, open in mode `c` with one element changed.
fn changed_copy(path: &std::path::Path) -> Arc<MappedArray> {
    let bytes: Vec<u8> = (0..4 * page_bytes()).map(|i| (i / page_bytes()) as u8 + 1).collect();
    std::fs::write(path, &bytes).expect("written");
    let options = OpenOptions { mode: Mode::CopyOnWrite, dtype: Some(DType::U8), ..OpenOptions::default() };
    let mut copy = MappedArray::open(path, &options).expect("opened");
    copy.set(&[5], Scalar::Int(77)).expect("set");
    Arc::new(copy)
}

#[test]
fn a_copy_on_write_array_is_still_its_file() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.dat");
    let copy = changed_copy(&path);
    let stored = MappedArray::to_stored(&copy).expect("stored");
    assert_eq!(stored.identity(), vec![identity(&path).expect("there")]);
    assert_eq!((stored.format(), stored.file_bytes()), (Format::Raw, 4 * page_bytes()));
    assert!(stored.files().is_empty(), "the file does not have what was changed");
    drop(copy);
    let all = Region::full(&[4 * page_bytes()]);
    let view = stored.view(&all).expect("in place");
    assert_eq!((view.bytes()[4], view.bytes()[5], view.bytes()[6]), (1, 77, 1));
}

#[test]
fn no_advice_takes_a_change_away() {
    let folder = tempfile::tempdir().expect("folder");
    let stored = MappedArray::to_stored(&changed_copy(&folder.path().join("a.dat"))).expect("stored");
    let all = Region::full(&[4 * page_bytes()]);
    stored.advise_random();
    stored.will_need(&all);
    stored.populate(&all).expect("there");
    assert!(stored.residency(&all).is_some_and(|share| share > 0.5));
    stored.advise_sequential();
    stored.drop_behind(&all);
    stored.forget(&all);
    let mut out = vec![0; 4 * page_bytes() as usize];
    stored.read(&all, &mut out).expect("read");
    assert_eq!((out[5], out[4], out[out.len() - 1]), (77, 1, 4));
}

#[test]
fn a_cut_file_is_seen_through_a_copy_on_write_map() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.dat");
    let stored = MappedArray::to_stored(&changed_copy(&path)).expect("stored");
    stored.check_size().expect("whole");
    std::fs::File::options().write(true).open(&path).and_then(|f| f.set_len(page_bytes() + 7)).expect("cut");
    let page = |n: u64| Region { start: vec![n * page_bytes()], end: vec![(n + 1) * page_bytes()] };
    assert!(matches!(stored.check_size(), Err(StorageError::Fault { offset, .. }) if offset == page_bytes() + 7));
    stored.check_faults().expect("nobody has looked yet");
    let mut out = vec![9; page_bytes() as usize];
    stored.read(&page(0), &mut out).expect("still there");
    assert_eq!(out[5], 77);
    let fault = |e: StorageError| matches!(e, StorageError::Fault { offset, .. } if offset == 2 * page_bytes());
    assert!(fault(stored.read(&page(2), &mut out).expect_err("gone")));
    assert!(fault(stored.check_faults().expect_err("remembered")));
}

#[test]
fn results_become_the_callers_own() {
    let folder = tempfile::tempdir().expect("folder");
    let spec = ArraySpec::new(DType::U16, &[5]);
    let output = Output::temporary(folder.path(), &spec).expect("created");
    output.write(&Region::full(&[5]), bytemuck::cast_slice(&[1u16, 2, 3, 4, 5])).expect("written");
    let stored = output.into_stored().expect("stored");
    let mut own = MappedArray::of_result(&stored).expect("own");
    own.set(&[0], Scalar::Int(9)).expect("set");
    assert_eq!(own.get(&[0]).expect("get"), Scalar::Int(9));
    assert_eq!(own.get(&[4]).expect("get"), Scalar::Int(5));

    let path = folder.path().join("b.npy");
    MappedArray::create(&path, &spec, &CreateOptions::default()).expect("created").close().expect("closed");
    let named = Stored::open(&path.display().to_string(), folder.path(), &OpenOptions::default()).expect("opened");
    assert!(MappedArray::of_result(&named).is_err());
    std::fs::remove_file(&path).expect("removed");
    assert!(MappedArray::of_result(&named).is_err(), "a file of somebody's that lost its name");
    let output = Output::create(&path, &spec, &OutputOptions::default()).expect("created");
    assert!(MappedArray::of_result(&output.as_stored().expect("stored")).is_err(), "a file that gets its name later");
}

#[test]
fn files_are_named_while_they_are_the_ones_that_are_open() {
    let folder = tempfile::tempdir().expect("folder");
    let open = |name: &str| Stored::open(name, folder.path(), &OpenOptions::default()).expect("opened");
    let path = |name: &str| folder.path().join(name);
    let spec = ArraySpec::new(DType::U8, &[3]);
    let write = |name: &str| {
        let options = CreateOptions { overwrite: true, ..CreateOptions::default() };
        MappedArray::create(&path(name), &spec, &options).and_then(MappedArray::close).expect("created");
    };
    write("a.npy");
    let array = open("a.npy");
    assert_eq!(array.files(), [path("a.npy")]);
    std::fs::rename(path("a.npy"), path("moved.npy")).expect("moved");
    assert!(array.files().is_empty(), "nothing is there");
    write("a.npy");
    assert!(array.files().is_empty(), "another file is there");
    std::fs::rename(path("moved.npy"), path("a.npy")).expect("moved back");
    assert_eq!(array.files(), [path("a.npy")]);

    for name in ["1.csv", "2.csv"] {
        std::fs::write(path(name), "x\n1\n2\n").expect("written");
    }
    let table = open("*.csv");
    assert_eq!(table.files(), [path("1.csv"), path("2.csv")]);
    std::fs::write(path("new"), "x\n1\n3\n")
        .and_then(|()| std::fs::rename(path("new"), path("2.csv")))
        .expect("replaced");
    assert!(table.files().is_empty(), "one of them is another file");

    let result = Output::temporary(folder.path(), &spec).and_then(Output::into_stored).expect("made");
    std::fs::write(result.path(), "somebody's").expect("written");
    assert!(result.files().is_empty(), "{} is no file of its", result.path().display());
    let output = Output::create(&path("b.npy"), &spec, &OutputOptions::default()).expect("created");
    let written = output.as_stored().expect("stored");
    assert!(written.files().is_empty(), "it has no name yet");
    output.commit(false).expect("named");
    assert_eq!(written.files(), [path("b.npy")]);
}

#[test]
fn results_in_memory_are_read_written_and_kept() {
    let (rows, columns) = (64, page_bytes());
    let spec = ArraySpec { order: Order::F, ..ArraySpec::new(DType::U8, &[rows, columns]) };
    let output = Output::in_memory(&spec).expect("made");
    assert_eq!((output.spec().order, output.file_bytes()), (Order::C, rows * columns));
    let all = Region::full(&[rows, columns]);
    let row = |r: u64| Region { start: vec![r, 0], end: vec![r + 1, columns] };
    for r in 0..rows {
        output.tile(&row(r)).expect("free").expect("whole").fill(r as u8 + 1);
    }
    output.write(&Region { start: vec![3, 5], end: vec![4, 6] }, &[200]).expect("written");
    // What gives pages of a file back to the disk has nowhere to give these.
    output.push(&all);
    output.push(&all);
    output.drop_behind(&all);
    let stored = output.as_stored().expect("stored");
    stored.drop_behind(&all);
    stored.forget(&all);
    assert!(stored.files().is_empty());
    let mut out = vec![0; (rows * columns) as usize];
    stored.copy_out(&mut out).expect("read");
    let at = |r: u64, c: u64| (r * columns + c) as usize;
    assert_eq!((out[at(3, 4)], out[at(3, 5)], out[at(63, 0)]), (4, 200, 64));
    assert!(matches!(stored.copy_out(&mut out[1..]), Err(StorageError::Buffer { .. })));
    output.commit(true).expect("there is nothing to do");

    let mut own = MappedArray::of_result(&stored).expect("the caller's own");
    own.set(&[0, 0], Scalar::Int(99)).expect("set");
    drop(stored);
    assert_eq!(own.get(&[0, 0]).expect("there"), Scalar::Int(99));
    assert_eq!(own.get(&[63, 1]).expect("there"), Scalar::Int(64));
    let seen = MappedArray::to_stored(&Arc::new(own)).expect("stored");
    assert!(seen.files().is_empty() && MappedArray::of_result(&seen).is_err(), "it is somebody's now");

    let empty = Output::in_memory(&ArraySpec::new(DType::F64, &[3, 0])).and_then(Output::into_stored).expect("made");
    empty.copy_out(&mut []).expect("nothing to read");
    assert!(MappedArray::of_result(&empty).is_ok());
    let beyond = Output::in_memory(&ArraySpec::new(DType::F64, &[1 << 61]));
    assert!(matches!(beyond, Err(StorageError::TooLarge { .. })));
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_in_memory_has_no_file_on_a_disk() {
    let output =
        Output::in_memory(&ArraySpec::new(DType::U8, &[1 << 36])).expect("no page is taken before it is written");
    let link = |fd: std::fs::DirEntry| std::fs::read_link(fd.path()).map(|p| p.display().to_string());
    let files = std::fs::read_dir("/proc/self/fd").expect("there").flatten().filter_map(|fd| link(fd).ok());
    assert!(files.into_iter().any(|f| f.starts_with("/memfd:tilewise")));
    drop(output);
}
