//! JPEG files that are whole, and those that are not.

use super::*;
use image::{DynamicImage, RgbImage};

fn noisy(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 7 + y) as u8, (x * y) as u8, (x ^ y) as u8]))
}

fn jpeg(dir: &tempfile::TempDir, name: &str, picture: impl Into<DynamicImage>) -> std::path::PathBuf {
    let path = dir.path().join(name);
    picture.into().save(&path).expect("written");
    path
}

#[test]
fn whole_files_decode_as_in_the_image_crate() {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, picture) in
        [("rgb.jpg", noisy(50, 37).into()), ("grey.jpg", DynamicImage::from(noisy(50, 37)).to_luma8().into())]
    {
        let path = jpeg(&dir, name, DynamicImage::clone(&picture));
        let found = header(&path, File::open(&path).expect("opened")).expect("a header").picture;
        let expected = image::open(&path).expect("decoded").into_bytes();
        assert_eq!(found.bytes(), expected.len() as u64);
        assert_eq!(decode(&path, found.bytes()).expect("decoded"), expected);
    }
}

#[test]
fn a_file_cut_anywhere_or_damaged_inside_is_an_error() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = jpeg(&dir, "a.jpg", noisy(200, 160));
    let whole = std::fs::read(&path).expect("read");
    let scan = memchr::memmem::rfind(&whole, b"\xff\xda").expect("a scan");
    for percent in [1, 25, 50, 75, 95, 99] {
        let cut = scan + 20 + (whole.len() - scan - 22) * percent / 100;
        std::fs::write(&path, &whole[..cut]).expect("written");
        let error = decode(&path, 200 * 160 * 3).expect_err("cut").to_string();
        assert!(error.contains("a.jpg: cannot decode the picture"), "{percent} %: {error}");
        // Bytes that are no code of its tables, in the middle of the data.
        let damaged = [&whole[..cut], &[0xff; 64], &whole[cut + 64.min(whole.len() - cut)..]].concat();
        std::fs::write(&path, damaged).expect("written");
        assert!(decode(&path, 200 * 160 * 3).is_err(), "damaged at {percent} %");
    }
    std::fs::write(&path, &whole[..whole.len() - 2]).expect("written");
    let error = decode(&path, 200 * 160 * 3).expect_err("no end").to_string();
    assert!(error.contains("cut off") || error.contains("Premature"), "{error}");
    // What cameras and archives put behind the end is no damage.
    std::fs::write(&path, [&whole[..], b"\x00\xff\xda no picture"].concat()).expect("written");
    decode(&path, 200 * 160 * 3).expect("whole");
}
