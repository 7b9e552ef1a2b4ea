//! Colour and size against the `image` crate and against slow sums.

use super::*;
use image::imageops::FilterType;
use image::{DynamicImage, ImageBuffer, Rgb, RgbImage};

fn noise(n: usize) -> Vec<u8> {
    (0..n as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn picture(dtype: DType, height: u64, width: u64, channels: u64) -> Picture {
    Picture { dtype, width, height, channels }
}

fn sized(height: u64, width: u64) -> Prepare {
    Prepare { resize: Some((height, width)), color: None }
}

#[test]
fn sizes_change_as_in_the_image_crate() {
    let pixels = noise(61 * 47 * 3);
    let theirs: RgbImage = ImageBuffer::from_raw(47, 61, pixels.clone()).expect("a picture");
    for (height, width) in [(20, 17), (7, 46), (61, 5), (100, 90), (1, 1), (61, 47)] {
        let mine = sized(height, width).apply(&picture(DType::U8, 61, 47, 3), pixels.clone());
        let expected = image::imageops::resize(&theirs, width as u32, height as u32, FilterType::Triangle).into_raw();
        assert_eq!(mine.len(), expected.len());
        let worst = mine.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(1), "{height} x {width}: {worst:?}");
    }
}

#[test]
fn a_reduction_is_the_mean_that_a_slow_sum_gives() {
    let (from, to) = (36u64, 6u64);
    let values: Vec<u16> = noise(36 * 36).iter().map(|b| u16::from(*b) * 257).collect();
    let pixels: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
    let mine = sized(to, to).apply(&picture(DType::U16, from, from, 1), pixels);
    let weight = |o: u64, i: u64| (1.0 - ((i as f64 + 0.5) - (o as f64 + 0.5) * 6.0).abs() / 6.0).max(0.0);
    for (at, bytes) in mine.as_chunks::<2>().0.iter().enumerate() {
        let (oy, ox) = (at as u64 / to, at as u64 % to);
        let (mut sum, mut weights) = (0.0, 0.0);
        for (i, value) in values.iter().enumerate() {
            let w = weight(oy, i as u64 / from) * weight(ox, i as u64 % from);
            (sum, weights) = (sum + w * f64::from(*value), weights + w);
        }
        assert!((f64::from(u16::from_ne_bytes(*bytes)) - sum / weights).abs() <= 0.51, "{oy},{ox}");
    }
}

#[test]
fn a_constant_stays_and_floats_and_many_channels_work() {
    for (dtype, sample) in
        [(DType::U8, vec![255]), (DType::U16, vec![255, 255]), (DType::F32, 0.1f32.to_ne_bytes().into())]
    {
        for channels in [1, 2, 3, 4, 5] {
            let is = picture(dtype, 9, 13, channels);
            let out = sized(5, 20).apply(&is, sample.repeat(9 * 13 * channels as usize));
            assert_eq!(out.len() as u64, sized(5, 20).target(&is).expect("possible").bytes());
            for (i, s) in out.chunks_exact(sample.len()).enumerate() {
                let near = dtype == DType::F32 && (f32::from_ne_bytes([s[0], s[1], s[2], s[3]]) - 0.1).abs() < 1e-7;
                assert!(near || s == sample, "{dtype} {channels} at {i}: {s:?}");
            }
        }
    }
}

#[test]
fn colors_change_as_in_the_image_crate() {
    let bytes = noise(6 * 7 * 4);
    let grey = Prepare { color: Some(PictureColor::Grey), resize: None };
    let rgb = Prepare { color: Some(PictureColor::Rgb), resize: None };
    let theirs: RgbImage = ImageBuffer::from_raw(7, 6, bytes[..6 * 7 * 3].to_vec()).expect("a picture");
    let is = picture(DType::U8, 6, 7, 3);
    assert_eq!(grey.apply(&is, theirs.as_raw().clone()), DynamicImage::from(theirs.clone()).to_luma8().into_raw());
    assert_eq!(rgb.apply(&is, theirs.as_raw().clone()), *theirs.as_raw());
    // Alpha is dropped, not blended.
    let with_alpha = rgb.apply(&picture(DType::U8, 6, 7, 4), bytes.clone());
    assert_eq!(with_alpha, bytes.chunks(4).flat_map(|p| p[..3].to_vec()).collect::<Vec<_>>());
    let alone = grey.apply(&picture(DType::U8, 6, 7, 2), bytes[..84].to_vec());
    assert_eq!(alone, bytes[..84].iter().copied().step_by(2).collect::<Vec<_>>());
    let wide: Vec<u16> = bytes[..6 * 7 * 3].iter().map(|b| u16::from(*b) * 131).collect();
    let theirs: ImageBuffer<Rgb<u16>, _> = ImageBuffer::from_raw(7, 6, wide.clone()).expect("a picture");
    let mine = grey.apply(&picture(DType::U16, 6, 7, 3), wide.iter().flat_map(|v| v.to_ne_bytes()).collect());
    let expected = DynamicImage::ImageRgb16(theirs).to_luma16().into_raw();
    // Theirs is computed in f32.
    let mine = mine.as_chunks::<2>().0.iter().map(|b| u16::from_ne_bytes(*b));
    assert!(mine.zip(expected).all(|(a, b)| a.abs_diff(b) <= 1));
    assert!(grey.target(&picture(DType::I32, 6, 7, 3)).is_err() && rgb.target(&picture(DType::U8, 6, 7, 5)).is_err());
}
