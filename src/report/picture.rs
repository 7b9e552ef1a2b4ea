//! One plane of an array as a grey picture.

use crate::array::{Region, View, read_f64};
use crate::storage::{StorageError, Stored, write_png};
use std::path::Path;

/// Values below and above these shares of all are black and white: a few hot pixels should not
/// decide what is seen.
const DARKEST: f64 = 0.005;
const BRIGHTEST: f64 = 0.995;

/// A grey picture of 8 bits.
#[derive(Debug)]
pub struct Picture {
    height: u64,
    width: u64,
    pixels: Vec<u8>,
}

impl Picture {
    /// Draws a region whose last two axes are y and x and whose other extents are 1. Contrast runs
    /// between percentiles 0.5 and 99.5; NaN is black. Reads the plane into memory.
    pub fn of_plane(stored: &Stored, region: &Region) -> Result<Picture, StorageError> {
        let shape = region.shape();
        let (height, width) = (shape[shape.len() - 2], shape[shape.len() - 1]);
        let dtype = stored.spec().dtype;
        // Words, so that the bytes are aligned for every dtype.
        let mut words = vec![0u64; (region.elements() as usize * dtype.size()).div_ceil(8)];
        let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..region.elements() as usize * dtype.size()];
        stored.read(region, bytes)?;
        let mut values = vec![0.0; region.elements() as usize];
        read_f64(dtype, bytes, &mut values);
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted.get(((sorted.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(0.0);
        let (low, high) = (at(DARKEST), at(BRIGHTEST));
        let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
        let pixels = values.iter().map(|v| ((v - low) * scale).round() as u8).collect();
        Ok(Picture { height, width, pixels })
    }

    /// Writes it as PNG, replacing what is there.
    pub fn save(&self, path: &Path) -> Result<(), StorageError> {
        let region = Region::full(&[self.height, self.width]);
        write_png(path, &View::dense(crate::array::DType::U8, &self.pixels, &region), true)
    }
}
