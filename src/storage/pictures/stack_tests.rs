//! Stacks of pictures: order, agreement, decoding, and what is refused.

use std::fs::File;
use std::io::BufWriter;

use super::*;
use crate::array::View;
use crate::storage::{Stored, write_png};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for the test")
}

fn png(path: &Path, dtype: DType, shape: &[u64], seed: usize) -> Vec<u8> {
    let n = shape.iter().product::<u64>() as usize * dtype.size();
    let words: Vec<u64> =
        (0..n.div_ceil(8)).map(|i| ((i + seed * 977 + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
    let bytes = bytemuck::cast_slice(&words)[..n].to_vec();
    let view = View::dense(dtype, &bytemuck::cast_slice(&words)[..n], &Region::full(shape));
    write_png(path, &view, true).expect("written");
    bytes
}

fn all(stored: &Stored) -> Vec<u8> {
    let mut out = vec![0; stored.spec().bytes().expect("small") as usize];
    stored.read(&Region::full(&stored.spec().shape), &mut out).expect("read");
    out
}

#[test]
fn pngs_keep_their_samples_and_name_their_axes() {
    let dir = folder();
    for dtype in [DType::U8, DType::U16] {
        for (shape, axes) in
            [(vec![5, 7], "yx"), (vec![5, 7, 2], "yxc"), (vec![5, 7, 3], "yxc"), (vec![5, 7, 4], "yxc")]
        {
            let bytes = png(&dir.path().join("a.png"), dtype, &shape, 1);
            let stored = Stored::open("a.png", dir.path(), &OpenOptions::default()).expect("opened");
            assert_eq!((stored.spec().dtype, &stored.spec().shape), (dtype, &shape));
            assert_eq!(stored.spec().axis_names().as_deref(), Some(axes));
            assert_eq!(stored.facts().decoded.map(|d| d.smallest).as_ref(), Some(&shape));
            assert_eq!(all(&stored), bytes);
            assert!(stored.view(&Region::full(&shape)).is_none() && stored.runs(&Region::full(&shape)).is_empty());
        }
    }
}

#[test]
fn a_pattern_is_a_stack_in_natural_order() {
    let dir = folder();
    let frames: Vec<Vec<u8>> =
        [1, 2, 10].iter().map(|i| png(&dir.path().join(format!("img{i}.png")), DType::U8, &[4, 6, 3], *i)).collect();
    let stored = Stored::open("img*.png", dir.path(), &OpenOptions::default()).expect("opened");
    assert_eq!(
        (stored.spec().shape.as_slice(), stored.spec().axis_names().as_deref()),
        (&[3, 4, 6, 3][..], Some("tyxc"))
    );
    assert_eq!(stored.facts().decoded.map(|d| d.smallest), Some(vec![1, 4, 6, 3]));
    assert_eq!(stored.identity().len(), 3);
    stored.set_workers(1);
    assert!(stored.cache_bytes() >= 144);
    for _ in 0..2 {
        assert_eq!(all(&stored), frames.concat());
    }
    let mut out = vec![0; 2 * 2 * 3];
    stored.read(&Region { start: vec![1, 3, 2, 0], end: vec![3, 4, 4, 3] }, &mut out).expect("read");
    let piece = |f: &Vec<u8>| f[(3 * 6 + 2) * 3..(3 * 6 + 4) * 3].to_vec();
    assert_eq!(out, [piece(&frames[1]), piece(&frames[2])].concat());
    let one = Stored::open("img1.pn?", dir.path(), &OpenOptions::default()).expect("opened");
    assert_eq!(one.spec().shape, [1, 4, 6, 3]);
    let named = OpenOptions { axes: Some("zyxc".into()), ..OpenOptions::default() };
    let stored = Stored::open("img*.png", dir.path(), &named).expect("opened");
    assert_eq!(stored.spec().axis_names().as_deref(), Some("zyxc"));
}

#[test]
fn decoded_frames_are_as_many_as_workers() {
    let dir = folder();
    (0..9).for_each(|i| drop(png(&dir.path().join(format!("{i}.png")), DType::U8, &[3, 3], i)));
    let files = crate::storage::pattern::matching("*.png", dir.path()).expect("files");
    let pictures = Pictures::open_stack(files, dir.path(), &OpenOptions::default()).expect("opened");
    pictures.set_workers(2);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| pictures.read(&Region::full(&[9, 3, 3]), &mut [0; 81]).expect("read"));
        }
    });
    assert!(lock(&pictures.cache).len() <= 2);
}

#[test]
fn frames_that_differ_are_named() {
    let dir = folder();
    png(&dir.path().join("a1.png"), DType::U8, &[4, 6], 1);
    png(&dir.path().join("a2.png"), DType::U8, &[4, 7], 1);
    let error = Stored::open("a*.png", dir.path(), &OpenOptions::default()).expect_err("sizes differ").to_string();
    for part in ["a1.png", "a2.png", "6 x 4 pixels", "7 x 4 pixels"] {
        assert!(error.contains(part), "{error}");
    }
    png(&dir.path().join("a2.png"), DType::U16, &[4, 6], 1);
    let error = Stored::open("a*.png", dir.path(), &OpenOptions::default()).expect_err("types differ");
    assert!(matches!(error, StorageError::Mismatch { .. }), "{error}");
    let none = Stored::open("b*.png", dir.path(), &OpenOptions::default());
    assert!(matches!(none, Err(StorageError::NotFound { .. })));
    std::fs::write(dir.path().join("a3.dat"), b"x").expect("written");
    assert!(matches!(Stored::open("a*", dir.path(), &OpenOptions::default()), Err(StorageError::Unsupported { .. })));
}

#[test]
fn a_corrupt_frame_is_named_when_it_is_decoded() {
    let dir = folder();
    (0..3).for_each(|i| drop(png(&dir.path().join(format!("f{i}.png")), DType::U8, &[40, 60], i)));
    let bad = dir.path().join("f1.png");
    let bytes = std::fs::read(&bad).expect("read");
    std::fs::write(&bad, &bytes[..bytes.len() / 2]).expect("cut");
    let stored = Stored::open("f*.png", dir.path(), &OpenOptions::default()).expect("headers are fine");
    let mut frame = vec![0; 2400];
    let region = |t| Region { start: vec![t, 0, 0], end: vec![t + 1, 40, 60] };
    stored.read(&region(0), &mut frame).expect("fine");
    let error = stored.read(&region(1), &mut frame).expect_err("cut");
    assert!(matches!(&error, StorageError::Decode { path, .. } if path.ends_with("f1.png")), "{error}");
    stored.read(&region(2), &mut frame).expect("fine");
    std::fs::write(&bad, b"").expect("emptied");
    let error = Stored::open("f*.png", dir.path(), &OpenOptions::default()).expect_err("empty");
    assert!(error.to_string().contains("f1.png"), "{error}");
}

#[test]
fn jpegs_have_the_size_their_header_says() {
    let dir = folder();
    for (name, color, channels) in
        [("g.jpg", image::ExtendedColorType::L8, 1), ("c.jpeg", image::ExtendedColorType::Rgb8, 3)]
    {
        let file = BufWriter::new(File::create(dir.path().join(name)).expect("created"));
        let pixels = vec![100u8; 24 * 16 * channels];
        image::codecs::jpeg::JpegEncoder::new(file).encode(&pixels, 24, 16, color).expect("encoded");
        let stored = Stored::open(name, dir.path(), &OpenOptions::default()).expect("opened");
        assert_eq!(stored.spec().shape[..2], [16, 24]);
        assert_eq!(stored.spec().rank(), if channels == 1 { 2 } else { 3 });
        assert!(all(&stored).iter().all(|v| v.abs_diff(100) < 3));
    }
    std::fs::write(dir.path().join("x.jpg"), b"\xff\xd8\xff\xe0\x00\x10JFIF").expect("written");
    let error = Stored::open("x.jpg", dir.path(), &OpenOptions::default()).expect_err("cut");
    assert!(matches!(error, StorageError::Decode { .. }), "{error}");
}

#[test]
fn pages_of_a_tiff_are_frames() {
    use tiff::encoder::{TiffEncoder, colortype};
    let dir = folder();
    let path = dir.path().join("a.tif");
    let page = |k: u64| (0..35).map(|i| (k * 1000 + i) as u16).collect::<Vec<u16>>();
    let mut file = TiffEncoder::new(BufWriter::new(File::create(&path).expect("created"))).expect("encoder");
    (0..4).for_each(|k| file.write_image::<colortype::Gray16>(7, 5, &page(k)).expect("written"));
    drop(file);
    let stored = Stored::open("a.tif", dir.path(), &OpenOptions::default()).expect("opened");
    assert_eq!((stored.spec().dtype, &stored.spec().shape[..]), (DType::U16, &[4, 5, 7][..]));
    assert_eq!(stored.spec().axis_names().as_deref(), Some("tyx"));
    let expected: Vec<u16> = (0..4).flat_map(page).collect();
    assert_eq!(all(&stored), bytemuck::cast_slice::<u16, u8>(&expected));
    let mut back = vec![0; 35 * 2];
    stored.read(&Region { start: vec![1, 0, 0], end: vec![2, 5, 7] }, &mut back).expect("pages in any order");
    assert_eq!(back, bytemuck::cast_slice::<u16, u8>(&page(1)));

    let mut file = TiffEncoder::new(BufWriter::new(File::create(&path).expect("created"))).expect("encoder");
    let floats: Vec<f32> = (0..6 * 3).map(|i| i as f32 / 3.0).collect();
    file.write_image::<colortype::RGB32Float>(3, 2, &floats).expect("written");
    drop(file);
    let stored = Stored::open("a.tif", dir.path(), &OpenOptions::default()).expect("opened");
    assert_eq!((stored.spec().dtype, &stored.spec().shape[..]), (DType::F32, &[2, 3, 3][..]));
    assert_eq!(all(&stored), bytemuck::cast_slice::<f32, u8>(&floats));
    let wrong = OpenOptions { dtype: Some(DType::U8), ..OpenOptions::default() };
    assert!(matches!(Stored::open("a.tif", dir.path(), &wrong), Err(StorageError::Contradiction { .. })));
}

#[test]
fn what_is_no_picture_is_not_written_as_one() {
    let dir = folder();
    let path = dir.path().join("a.png");
    let floats = [0u8; 16];
    for (dtype, shape) in [(DType::U8, vec![4]), (DType::U8, vec![0, 4]), (DType::U8, vec![1, 2, 5])] {
        let view = View::dense(dtype, &floats, &Region::full(&shape));
        assert!(matches!(write_png(&path, &view, false), Err(StorageError::Unsupported { .. })), "{shape:?}");
    }
    png(&path, DType::U8, &[2, 2], 0);
    let view = View::dense(DType::U8, &floats[..4], &Region::full(&[2, 2]));
    assert!(matches!(write_png(&path, &view, false), Err(StorageError::Exists { .. })));
    assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 1);
}
