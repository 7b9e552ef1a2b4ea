//! Files that are read and written past the page cache hold, and give, the same bytes as mapped ones.

use std::path::Path;

use super::*;
use crate::array::{ArraySpec, DType, Endian, IO_BLOCK_BYTES, IoWay, Order, OutputIo, Region};

fn region(start: &[u64], end: &[u64]) -> Region {
    Region { start: start.to_vec(), end: end.to_vec() }
}

/// Numbers that do not repeat within a page.
fn noise(bytes: usize) -> Vec<u8> {
    (0..bytes as u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8).collect()
}

/// Where the file system of temporary files has no such way (a tmpfs before Linux 6.6), there is nothing to look at.
fn folder() -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir().expect("a folder for the test");
    match refuses_direct(dir.path()) {
        None => Some(dir),
        Some(why) => {
            println!("not looked at: {why}");
            None
        }
    }
}

fn raw(path: &Path, offset: u64, dtype: DType, shape: &[i64]) -> Stored {
    let options =
        OpenOptions { dtype: Some(dtype), shape: Some(shape.to_vec()), offset: Some(offset), ..OpenOptions::default() };
    Stored::open(&path.to_string_lossy(), Path::new(""), &options).expect("opened")
}

#[test]
fn what_is_read_past_the_cache_is_what_is_mapped() {
    let Some(dir) = folder() else { return };
    for (offset, tail) in [(0, 0), (128, 5000), (13, 1), (4096, 0)] {
        let path = dir.path().join("a.dat");
        let bytes = noise(offset + 70 * 300 * 4 + tail);
        std::fs::write(&path, &bytes).expect("written");
        let stored = raw(&path, offset as u64, DType::F32, &[70, 300]);
        let direct = stored.direct().expect("the file system reads past its cache");
        for (rows, columns) in [(0..70, 0..300), (3..4, 7..8), (0..35, 100..300), (69..70, 299..300), (5..5, 0..300)] {
            let region = region(&[rows.start, columns.start], &[rows.end, columns.end]);
            let size = region.elements() as usize * 4;
            let (mut want, mut have) = (vec![0; size], vec![1; size]);
            direct.load(&region).expect("loaded");
            stored.read(&region, &mut want).expect("read");
            direct.read(&region, &mut have).expect("read");
            assert_eq!(want, have, "{offset} {region:?}");
            let same = |a: Option<crate::array::View>, b: Option<crate::array::View>| match (a, b) {
                (Some(a), Some(b)) => a.bytes() == b.bytes(),
                (a, b) => a.is_none() && b.is_none(),
            };
            if region.extent(1) == 300 {
                assert!(same(stored.view(&region), direct.view(&region)), "{offset} {region:?}");
            }
            direct.release(&region);
            assert_eq!(direct.held_bytes(), 0, "{offset} {region:?}: all went back to the system");
        }
    }
}

#[test]
fn threads_that_share_pages_all_see_them_until_they_are_done() {
    let Some(dir) = folder() else { return };
    let path = dir.path().join("a.dat");
    let bytes = noise(400 * 1000);
    std::fs::write(&path, &bytes).expect("written");
    let stored = raw(&path, 0, DType::U8, &[400, 1000]);
    let direct = stored.direct().expect("opened");
    std::thread::scope(|scope| {
        for t in 0..4u64 {
            let (direct, bytes) = (&direct, &bytes);
            scope.spawn(move || {
                for i in 0..400u64 {
                    let start = (i * 7 + t * 13) % 380;
                    let region = region(&[start, 0], &[start + 20, 1000]);
                    direct.load(&region).expect("loaded");
                    let mut have = vec![0; 20 * 1000];
                    direct.read(&region, &mut have).expect("read");
                    assert!(have == bytes[start as usize * 1000..][..20 * 1000], "rows from {start} on");
                    direct.release(&region);
                }
            });
        }
    });
    assert_eq!(direct.held_bytes(), 0);
}

#[test]
fn a_file_that_was_cut_is_an_error_with_its_size() {
    let Some(dir) = folder() else { return };
    let path = dir.path().join("a.dat");
    std::fs::write(&path, noise(1 << 20)).expect("written");
    let stored = raw(&path, 0, DType::U8, &[1 << 20]);
    let direct = stored.direct().expect("opened");
    std::fs::File::options().write(true).open(&path).and_then(|f| f.set_len(70_000)).expect("cut");
    direct.load(&region(&[0], &[60_000])).expect("this part is there");
    let error = direct.load(&region(&[0], &[200_000])).expect_err("this one is not");
    assert!(matches!(error, StorageError::Fault { size: Some(70_000), .. }), "{error}");
}

/// Writes an array in odd pieces from two threads.
fn write(path: &Path, way: (IoWay, u64), lies: OutputOptions, bytes: &[u8]) -> Option<String> {
    let io = OutputIo { way: way.0, dirty_bytes_max: 100_000, writers: way.1 };
    let options = OutputOptions { overwrite: true, io, ..lies };
    let output = Output::create(path, &ArraySpec::new(DType::F64, &[1000, 333]), &options).expect("created");
    std::thread::scope(|scope| {
        for t in 0..2u64 {
            let output = &output;
            scope.spawn(move || {
                // Rows in turn, so that both threads write parts of the same pages at the same time.
                for start in (t * 7..1000).step_by(14) {
                    let rows = region(&[start, 0], &[(start + 7).min(1000), 333]);
                    let at = start as usize * 333 * 8;
                    output.write(&rows, &bytes[at..at + rows.elements() as usize * 8]).expect("written");
                    output.drop_behind(&rows);
                }
            });
        }
    });
    let fell_back = output.fell_back().map(str::to_string);
    output.commit(false).expect("committed");
    fell_back
}

#[test]
fn outputs_have_the_same_bytes_whichever_way_they_are_written() {
    let Some(dir) = folder() else { return };
    let bytes = noise(1000 * 333 * 8);
    for (order, endian, name, offset) in [
        (Order::C, Endian::Little, "a.npy", 0),
        (Order::C, Endian::Big, "a.npy", 0),
        (Order::F, Endian::Little, "a.npy", 0),
        (Order::C, Endian::Little, "a.dat", 13),
    ] {
        let path = dir.path().join(name);
        let mut files = Vec::new();
        let lies = OutputOptions { order, endian, offset, ..OutputOptions::default() };
        for way in
            [(IoWay::Mapped, 0), (IoWay::Buffered, 0), (IoWay::Direct, 0), (IoWay::Direct, 1), (IoWay::Direct, 3)]
        {
            assert_eq!(write(&path, way, lies, &bytes), None, "{way:?}");
            files.push(std::fs::read(&path).expect("readable"));
        }
        assert!(files[0] == files[1], "{order:?} {endian:?} {name}: written by calls");
        assert!(files[0] == files[2], "{order:?} {endian:?} {name}: past the page cache");
        assert!(files[0] == files[3] && files[0] == files[4], "{order:?} {endian:?} {name}: behind");
    }
}

#[test]
fn runs_longer_than_a_block_and_those_that_begin_anywhere_are_whole() {
    let Some(dir) = folder() else { return };
    let n = 3 * IO_BLOCK_BYTES + 12_345;
    let bytes = noise(n as usize);
    for (way, writers) in [(IoWay::Buffered, 0), (IoWay::Direct, 0), (IoWay::Direct, 2)] {
        for cuts in [vec![n], vec![1, n], vec![4096, 5000, n], vec![IO_BLOCK_BYTES + 7, 2 * IO_BLOCK_BYTES, n]] {
            let io = OutputIo { way, writers, ..OutputIo::default() };
            let output = Output::temporary_by(dir.path(), &ArraySpec::new(DType::U8, &[n]), io).expect("created");
            let mut from = 0;
            for to in &cuts {
                output.write(&region(&[from], &[*to]), &bytes[from as usize..*to as usize]).expect("written");
                from = *to;
            }
            let stored = output.into_stored().expect("readable");
            let mut have = vec![0; n as usize];
            stored.copy_out(&mut have).expect("read");
            assert!(have == bytes, "{way:?} {cuts:?}");
            let direct = stored.direct().expect("a file without a name is opened by its descriptor");
            direct.load(&region(&[0], &[n])).expect("loaded");
            direct.read(&region(&[0], &[n]), &mut have).expect("read");
            assert!(have == bytes, "{way:?} {cuts:?}, read back past the page cache");
        }
    }
}

#[test]
fn only_outputs_of_short_rows_ask_not_to_read_around() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let spec = ArraySpec::new(DType::U8, &[64, 40_000]);
    for (part, asks) in [(region(&[0, 0], &[8, 40_000]), false), (region(&[0, 100], &[8, 300]), true)] {
        let output = Output::create(&dir.path().join(format!("{asks}.npy")), &spec, &OutputOptions::default());
        let output = output.expect("created");
        output.write(&part, &noise(part.elements() as usize)).expect("written");
        assert_eq!(output.parts().0.is_random(), asks, "{part:?}");
        let stored = output.commit(false).expect("committed");
        assert!(!stored.map().expect("mapped").is_random(), "who reads it asks for itself");
        let mut back = vec![0; part.elements() as usize];
        stored.read(&part, &mut back).expect("read");
        assert_eq!(back, noise(back.len()));
    }
}
