//! `tilewise convert`: do values come through unchanged, in order, in bounded memory, and is every
//! refusal clear and without a trace?

mod arrays;
mod export;
mod import;
mod refusals;
mod table;

use super::command::Sandbox;
use image::{DynamicImage, RgbImage};

/// A picture of smooth colours with some detail, different for each seed.
pub fn photograph(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = |f: f64| (127.0 + 120.0 * ((f64::from(x) * f + f64::from(y * seed) * 0.02).sin())) as u8;
        image::Rgb([wave(0.05), wave(0.11), (x * 3 + y * 5 + seed * 31) as u8])
    })
}

impl Sandbox {
    pub fn picture(&self, name: &str, picture: impl Into<DynamicImage>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        picture.into().save(path).expect("a picture");
    }

    /// A picture that ends in the middle.
    pub fn cut_picture(&self, name: &str, picture: impl Into<DynamicImage>) {
        self.picture(name, picture);
        let bytes = std::fs::read(self.path(name)).expect("a picture");
        self.write(name, &bytes[..bytes.len() * 2 / 3]);
    }

    /// The elements of an `.npy` file that Tilewise wrote.
    pub fn data(&self, name: &str) -> Vec<u8> {
        let bytes = std::fs::read(self.path(name)).expect("a file");
        assert!(bytes.starts_with(b"\x93NUMPY"), "{name}");
        bytes[4096..].to_vec()
    }

    /// The header of an `.npy` file that Tilewise wrote.
    pub fn header(&self, name: &str) -> String {
        let bytes = std::fs::read(self.path(name)).expect("a file");
        String::from_utf8_lossy(&bytes[10..4096]).trim().to_string()
    }
}
