//! A small set of photographs as people have them: two folders of JPEG files, no two of one size.
//! They are cut from two real pictures; which part and how large follows from the number alone.

use super::Failure;
use crate::cli::code;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::crop_imm;
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use std::path::Path;

/// Quality of the files, as cameras have it.
const QUALITY: u8 = 90;
/// Sides of the cuts, in pixels.
const SIDES: std::ops::Range<u64> = 150..320;

/// Writes `count` cuts of a picture into a folder: `0000.jpg` and on.
pub fn write(picture: &[u8], count: u64, folder: &Path) -> Result<(), Failure> {
    let failed = |what: &str, e: &dyn std::fmt::Display| Failure::new(code::FAILED, format!("cannot {what}: {e}"));
    std::fs::create_dir_all(folder).map_err(|e| failed(&format!("make {}", folder.display()), &e))?;
    let whole = image::load_from_memory(picture).map_err(|e| failed("decode a sample picture", &e))?.to_rgb8();
    for i in 0..count {
        let cut = cut(&whole, i);
        let path = folder.join(format!("{i:04}.jpg"));
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, QUALITY)
            .write_image(cut.as_raw(), cut.width(), cut.height(), ExtendedColorType::Rgb8)
            .map_err(|e| failed(&format!("encode {}", path.display()), &e))?;
        std::fs::write(&path, bytes).map_err(|e| failed(&format!("write {}", path.display()), &e))?;
    }
    Ok(())
}

/// The i-th cut: somewhere in the middle half of the picture, where the most is to be seen.
fn cut(whole: &RgbImage, i: u64) -> RgbImage {
    let pick = |salt: u64, below: u64| super::camera::mix(salt, i, 5) % below.max(1);
    let side = |salt: u64| (SIDES.start + pick(salt, SIDES.end - SIDES.start)) as u32;
    let (height, width) = (side(1).min(whole.height()), side(2).min(whole.width()));
    let corner = |salt: u64, length: u32, extent: u32| {
        let room = u64::from(length - extent);
        (room / 6 + pick(salt, room * 2 / 3 + 1)) as u32
    };
    let (y, x) = (corner(3, whole.height(), height), corner(4, whole.width(), width));
    crop_imm(whole, x, y, width, height).to_image()
}
