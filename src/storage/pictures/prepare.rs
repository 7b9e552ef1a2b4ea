//! Pictures made alike: channels by colour, then one size.
//!
//! Owns the two conversions and what they do to a picture's description. Refuses to know files.
//!
//! Sizes change as in Pillow's and torchvision's antialiased `BILINEAR`: a triangle filter as wide as the
//! reduction, separable, normalised at the borders. Rows are summed first, since that runs along memory.

use super::Picture;
use crate::array::DType;

/// Rec. 709 weights of red, green and blue in ten-thousandths, as the `image` crate takes them.
const LUMA: [u64; 3] = [2126, 7152, 722];
const LUMA_SUM: u64 = 10_000;

/// Which channels every picture shall have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureColor {
    Grey,
    Rgb,
}

/// What is done to each picture before it becomes a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prepare {
    /// Height and width. Pictures of another shape are stretched.
    pub resize: Option<(u64, u64)>,
    /// Alpha is dropped; grey is repeated for RGB; RGB gives grey by Rec. 709 luma, rounded.
    pub color: Option<PictureColor>,
}

impl Prepare {
    /// What a picture becomes; an error says why it cannot.
    pub fn target(&self, picture: &Picture) -> Result<Picture, String> {
        let mut target = self.colored(picture)?;
        if let Some((height, width)) = self.resize {
            let computes = matches!(picture.dtype, DType::U8 | DType::U16 | DType::F32);
            if !computes && (height, width) != (picture.height, picture.width) {
                return Err(format!("pictures of u8, u16 and f32 can be resized, not of {}", picture.dtype));
            }
            (target.height, target.width) = (height, width);
        }
        Ok(target)
    }

    fn colored(&self, picture: &Picture) -> Result<Picture, String> {
        let Some(color) = self.color else { return Ok(*picture) };
        if picture.channels > 4 {
            return Err(format!("{} channels are neither grey nor RGB", picture.channels));
        }
        let computes = matches!(picture.dtype, DType::U8 | DType::U16 | DType::F32);
        if color == PictureColor::Grey && picture.channels > 2 && !computes {
            return Err(format!("pictures of u8, u16 and f32 can be made grey, not of {}", picture.dtype));
        }
        Ok(Picture { channels: if color == PictureColor::Grey { 1 } else { 3 }, ..*picture })
    }

    /// What [`Prepare::apply`] takes at most, beside what it is given: its result, and a few rows.
    pub fn work_bytes(&self, picture: &Picture) -> u64 {
        let colored = self.colored(picture).unwrap_or(*picture);
        let target = self.target(picture).unwrap_or(colored);
        let copy = if colored.channels == picture.channels { 0 } else { colored.bytes() };
        let resized = if target == colored { 0 } else { target.bytes() };
        let rows = picture.width.saturating_mul(colored.channels * 4);
        copy.saturating_add(resized).saturating_add(rows).saturating_add(24 * (target.width + target.height) + 4096)
    }

    /// The pixels of what [`Prepare::target`] says a picture becomes.
    pub fn apply(&self, picture: &Picture, mut pixels: Vec<u8>) -> Vec<u8> {
        let mut is = *picture;
        if let Ok(colored) = self.colored(picture)
            && colored.channels != picture.channels
        {
            pixels = recolor(&is, &pixels, colored.channels as usize);
            is = colored;
        }
        match self.resize {
            Some((height, width)) if (height, width) != (is.height, is.width) => match is.dtype {
                DType::U8 => resize::<u8, 1>(&is, &pixels, height, width),
                DType::U16 => resize::<u16, 2>(&is, &pixels, height, width),
                _ => resize::<f32, 4>(&is, &pixels, height, width),
            },
            _ => pixels,
        }
    }
}

/// Samples that are computed with. Pixels are bytes of any alignment.
trait Sample<const N: usize>: Copy {
    fn read(bytes: [u8; N]) -> Self;
    fn to_f32(self) -> f32;
    /// Rounded half to even and saturating.
    fn from_f32(value: f32) -> [u8; N];
    fn luma(rgb: [Self; 3]) -> [u8; N];
}

macro_rules! whole_sample {
    ($T:ty, $N:literal) => {
        impl Sample<$N> for $T {
            fn read(bytes: [u8; $N]) -> $T {
                <$T>::from_ne_bytes(bytes)
            }
            fn to_f32(self) -> f32 {
                f32::from(self)
            }
            fn from_f32(value: f32) -> [u8; $N] {
                (value.round_ties_even() as $T).to_ne_bytes()
            }
            fn luma(rgb: [$T; 3]) -> [u8; $N] {
                let sum: u64 = rgb.iter().zip(LUMA).map(|(x, w)| u64::from(*x) * w).sum();
                (((sum + LUMA_SUM / 2) / LUMA_SUM) as $T).to_ne_bytes()
            }
        }
    };
}
whole_sample!(u8, 1);
whole_sample!(u16, 2);

impl Sample<4> for f32 {
    fn read(bytes: [u8; 4]) -> f32 {
        f32::from_ne_bytes(bytes)
    }
    fn to_f32(self) -> f32 {
        self
    }
    fn from_f32(value: f32) -> [u8; 4] {
        value.to_ne_bytes()
    }
    fn luma(rgb: [f32; 3]) -> [u8; 4] {
        let sum: f64 = rgb.iter().zip(LUMA).map(|(x, w)| f64::from(*x) * w as f64).sum();
        ((sum / LUMA_SUM as f64) as f32).to_ne_bytes()
    }
}

/// Pixels with 1 or 3 channels from pixels with 1 to 4.
fn recolor(is: &Picture, pixels: &[u8], channels: usize) -> Vec<u8> {
    let (size, from) = (is.dtype.size(), is.channels as usize);
    let mut out = Vec::with_capacity(pixels.len() / from * channels);
    for pixel in pixels.chunks_exact(from * size) {
        match (from, channels) {
            (1 | 2, _) => (0..channels).for_each(|_| out.extend_from_slice(&pixel[..size])),
            (_, 3) => out.extend_from_slice(&pixel[..3 * size]),
            _ => match is.dtype {
                DType::U8 => out.extend(luma::<u8, 1>(pixel)),
                DType::U16 => out.extend(luma::<u16, 2>(pixel)),
                _ => out.extend(luma::<f32, 4>(pixel)),
            },
        }
    }
    out
}

fn luma<T: Sample<N>, const N: usize>(pixel: &[u8]) -> [u8; N] {
    let samples = pixel.as_chunks::<N>().0;
    T::luma([T::read(samples[0]), T::read(samples[1]), T::read(samples[2])])
}

/// What one output sample is made of: inputs from `first` on, with these weights.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

fn taps(from: u64, to: u64) -> impl Iterator<Item = Taps> {
    let scale = from as f64 / to as f64;
    // A triangle of half width 1 in input samples, and as wide as an output sample where that is wider.
    let support = scale.max(1.0);
    (0..to).map(move |i| {
        let center = (i as f64 + 0.5) * scale;
        let first = (center - support + 0.5).max(0.0) as u64;
        let end = ((center + support + 0.5) as u64).min(from);
        let weight = |x: u64| (1.0 - ((x as f64 + 0.5 - center) / support).abs()).max(0.0);
        let sum: f64 = (first..end).map(weight).sum();
        Taps { first: first as usize, weights: (first..end).map(|x| (weight(x) / sum) as f32).collect() }
    })
}

fn resize<T: Sample<N>, const N: usize>(is: &Picture, pixels: &[u8], height: u64, width: u64) -> Vec<u8> {
    let channels = is.channels as usize;
    let samples = is.width as usize * channels;
    let across: Vec<Taps> = taps(is.width, width).collect();
    let mut row = vec![0f32; samples];
    let mut out = Vec::with_capacity((height * width) as usize * channels * N);
    for down in taps(is.height, height) {
        row.fill(0.0);
        for (y, weight) in (down.first..).zip(&down.weights) {
            let source = &pixels[y * samples * N..(y + 1) * samples * N];
            for (sum, x) in row.iter_mut().zip(source.as_chunks::<N>().0) {
                *sum += weight * T::read(*x).to_f32();
            }
        }
        match channels {
            1 => narrow::<T, N, 1>(&row, &across, &mut out),
            2 => narrow::<T, N, 2>(&row, &across, &mut out),
            3 => narrow::<T, N, 3>(&row, &across, &mut out),
            4 => narrow::<T, N, 4>(&row, &across, &mut out),
            _ => narrow_any::<T, N>(&row, channels, &across, &mut out),
        }
    }
    out
}

/// One row of pixels of `C` channels to its new width.
fn narrow<T: Sample<N>, const N: usize, const C: usize>(row: &[f32], across: &[Taps], out: &mut Vec<u8>) {
    let pixels = row.as_chunks::<C>().0;
    for taps in across {
        let mut sums = [0f32; C];
        for (pixel, weight) in pixels[taps.first..].iter().zip(&taps.weights) {
            for (sum, x) in sums.iter_mut().zip(pixel) {
                *sum += weight * x;
            }
        }
        sums.iter().for_each(|sum| out.extend(T::from_f32(*sum)));
    }
}

fn narrow_any<T: Sample<N>, const N: usize>(row: &[f32], channels: usize, across: &[Taps], out: &mut Vec<u8>) {
    for taps in across {
        for channel in 0..channels {
            let values = row[taps.first * channels..].iter().skip(channel).step_by(channels);
            let sum = values.zip(&taps.weights).fold(0f32, |sum, (x, weight)| sum + weight * x);
            out.extend(T::from_f32(sum));
        }
    }
}

#[cfg(test)]
#[path = "prepare_tests.rs"]
mod tests;
