//! Pixels: red, green, blue, 8 bits each, and their PNG.

use super::DrawError;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

/// A picture in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    pub width: usize,
    pub height: usize,
    /// Three bytes for each pixel, row by row.
    pub rgb: Vec<u8>,
}

impl Raster {
    /// One colour everywhere.
    pub fn filled(width: usize, height: usize, color: [u8; 3]) -> Raster {
        Raster { width, height, rgb: color.repeat(width * height) }
    }

    /// Puts a picture with its corner at `(x, y)`; it lies inside.
    pub fn put(&mut self, other: &Raster, x: usize, y: usize) {
        for (i, row) in other.rgb.chunks_exact(other.width * 3).enumerate() {
            let at = ((y + i) * self.width + x) * 3;
            self.rgb[at..at + row.len()].copy_from_slice(row);
        }
    }

    /// Every pixel as a square of `factor` pixels.
    pub fn enlarged(self, factor: usize) -> Raster {
        if factor == 1 {
            return self;
        }
        let mut rgb = Vec::with_capacity(self.rgb.len() * factor * factor);
        for row in self.rgb.chunks_exact(self.width * 3) {
            let wide: Vec<u8> = row.chunks_exact(3).flat_map(|p| p.repeat(factor)).collect();
            (0..factor).for_each(|_| rgb.extend_from_slice(&wide));
        }
        Raster { width: self.width * factor, height: self.height * factor, rgb }
    }

    /// The PNG: of one channel where all is grey. The same pixels give the same bytes.
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        let grey = self.rgb.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]);
        let one: Vec<u8>;
        let (bytes, color) = if grey {
            one = self.rgb.iter().copied().step_by(3).collect();
            (one.as_slice(), ExtendedColorType::L8)
        } else {
            (self.rgb.as_slice(), ExtendedColorType::Rgb8)
        };
        let mut png = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive);
        encoder
            .write_image(bytes, self.width as u32, self.height as u32, color)
            .map_err(|e| DrawError::Request(format!("a picture of {} × {}: {e}", self.width, self.height)))?;
        Ok(png)
    }
}
