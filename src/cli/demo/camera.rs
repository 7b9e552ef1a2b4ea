//! A simulated camera: a real picture drifts past a sensor with dark current, hot pixels, uneven
//! gain and noise. Every element follows from its indices, so the stack is the same on any machine.

use super::Failure;
use crate::array::{ArraySpec, DType, Region};
use crate::cli::code;
use crate::storage::{Output, OutputOptions};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Electrons of the brightest part of the scene.
const SCENE_ELECTRONS: f32 = 2600.0;
/// What the converter adds to every pixel.
const OFFSET: f32 = 200.0;
/// Noise of reading a pixel, in electrons.
const READ_NOISE: f32 = 14.0;

/// The scene in front of the camera: brightness from 0 to 1.
pub struct Scene {
    pub height: usize,
    pub width: usize,
    pub values: Vec<f32>,
}

/// The sensor and the length of the recording.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    pub frames: u64,
    pub height: usize,
    pub width: usize,
}

/// A well mixed word from three indices (SplitMix64's finaliser).
pub fn mix(a: u64, b: u64, c: u64) -> u64 {
    let mut z = a.wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ b.wrapping_mul(0xD1B5_4A32_D192_ED03)
        ^ c.wrapping_mul(0x8CB9_2BA7_2F3D_8DD7);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A sample near the normal distribution: the sum of four uniform ones, scaled to variance 1.
fn normal(word: u64) -> f32 {
    let sum: u32 = (0..4).map(|i| (word >> (16 * i)) as u32 & 0xFFFF).sum();
    (sum as f32 / 65536.0 - 2.0) * 1.732_050_8
}

impl Scene {
    /// Decodes a colour picture to brightness.
    pub fn decode(bytes: &[u8]) -> Result<Scene, Failure> {
        let picture = image::load_from_memory(bytes)
            .map_err(|e| Failure::new(code::FAILED, format!("the sample picture does not decode: {e}")))?
            .to_luma8();
        let values = picture.as_raw().iter().map(|v| f32::from(*v) / 255.0).collect();
        Ok(Scene { height: picture.height() as usize, width: picture.width() as usize, values })
    }

    /// Brightness between pixels, by the four around it.
    fn at(&self, y: f32, x: f32) -> f32 {
        let (y0, x0) = (y as usize, x as usize);
        let (fy, fx) = (y - y0 as f32, x - x0 as f32);
        let pick = |y: usize, x: usize| self.values[y.min(self.height - 1) * self.width + x.min(self.width - 1)];
        let above = pick(y0, x0) * (1.0 - fx) + pick(y0, x0 + 1) * fx;
        let below = pick(y0 + 1, x0) * (1.0 - fx) + pick(y0 + 1, x0 + 1) * fx;
        above * (1.0 - fy) + below * fy
    }
}

impl Camera {
    /// Relative sensitivity of a pixel: falls towards the corners, differs by column and pixel.
    fn gain(&self, y: usize, x: usize) -> f32 {
        let (dy, dx) = (y as f32 / self.height as f32 - 0.5, x as f32 / self.width as f32 - 0.5);
        let vignette = 1.0 - 1.1 * (dy * dy + dx * dx);
        let column = 1.0 + 0.06 * normal(mix(1, x as u64 / 4, 7));
        let pixel = 1.0 + 0.02 * normal(mix(2, y as u64, x as u64));
        vignette * column * pixel
    }

    /// Signal of a pixel in the dark: warm at one side, a few hot pixels, and the offset.
    fn dark(&self, y: usize, x: usize) -> f32 {
        let glow = 260.0 * (y as f32 / self.height as f32) * (y as f32 / self.height as f32);
        let word = mix(3, y as u64, x as u64);
        let hot = if word.is_multiple_of(4000) { 500.0 + (word >> 40) as f32 / 20_000.0 } else { 0.0 };
        OFFSET + glow + hot
    }

    /// Upper left corner of the sensor in the scene at a time from 0 to 1: a slow drift.
    fn corner(&self, scene: &Scene, time: f32) -> (f32, f32) {
        let room_y = (scene.height - self.height) as f32;
        let room_x = (scene.width - self.width) as f32;
        (room_y * (0.5 - 0.04 * time), room_x * (0.5 + 0.05 * time))
    }

    fn frame(&self, scene: &Scene, gains: &[f32], darks: &[f32], t: u64, out: &mut [u16]) {
        let (top, left) = self.corner(scene, t as f32 / self.frames as f32);
        for y in 0..self.height {
            for x in 0..self.width {
                let i = y * self.width + x;
                let light = scene.at(top + y as f32, left + x as f32) * SCENE_ELECTRONS * gains[i];
                let noise = (light + darks[i] - OFFSET + READ_NOISE * READ_NOISE).sqrt()
                    * normal(mix(t + 11, y as u64, x as u64));
                out[i] = (light + darks[i] + noise).round().clamp(0.0, 65535.0) as u16;
            }
        }
    }

    /// Records the stack (u16, tyx) and the two calibration frames (f32, yx) into `folder`.
    pub fn record(&self, scene: &Scene, folder: &Path, threads: usize) -> Result<(), Failure> {
        let pixels = (0..self.height * self.width).map(|i| (i / self.width, i % self.width));
        let gains: Vec<f32> = pixels.clone().map(|(y, x)| self.gain(y, x)).collect();
        let darks: Vec<f32> = pixels.map(|(y, x)| self.dark(y, x)).collect();
        let plane = [self.height as u64, self.width as u64];
        for (name, values) in [("flat.npy", &gains), ("dark.npy", &darks)] {
            let spec = ArraySpec::new(DType::F32, &plane);
            let file = Output::create(
                &folder.join(name),
                &spec,
                &OutputOptions { overwrite: true, ..OutputOptions::default() },
            )?;
            file.write(&Region::full(&plane), bytemuck::cast_slice(values))?;
            file.commit(false)?;
        }
        let shape = [self.frames, plane[0], plane[1]];
        let spec = ArraySpec::new(DType::U16, &shape);
        let file = Output::create(
            &folder.join("stack.npy"),
            &spec,
            &OutputOptions { overwrite: true, ..OutputOptions::default() },
        )?;
        let next = AtomicU64::new(0);
        let (shared, gains, darks) = (&file, &gains, &darks);
        let worker = || -> Result<(), Failure> {
            let mut frame = vec![0u16; self.height * self.width];
            loop {
                let t = next.fetch_add(1, Relaxed);
                if t >= self.frames {
                    return Ok(());
                }
                self.frame(scene, gains, darks, t, &mut frame);
                let region = Region { start: vec![t, 0, 0], end: vec![t + 1, plane[0], plane[1]] };
                shared.write(&region, bytemuck::cast_slice(&frame))?;
                shared.drop_behind(&region);
            }
        };
        let results: Vec<Result<(), Failure>> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
            let stopped = |_| Err(Failure::new(code::FAILED, "recording the sample stack failed"));
            handles.into_iter().map(|h| h.join().unwrap_or_else(stopped)).collect()
        });
        results.into_iter().collect::<Result<(), Failure>>()?;
        file.commit(false)?;
        Ok(())
    }
}
