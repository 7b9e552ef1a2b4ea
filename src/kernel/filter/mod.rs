//! Neighbourhood filters of images and volumes, and resampling.
//!
//! Owns what these kernels share: parameters and borders (`common`), cutting a tile into blocks
//! that fit a cache (`blocks`), filtering axis by axis (`separable`), sums by Fourier transforms (`spectral`, on `fft`,
//! `fft_line`, `overlap` and `nonfinite`). Refuses to know other families; borders
//! arrive filled.

mod blocks;
mod common;
pub mod convolve;
mod counting;
pub mod downsample;
mod fft;
mod fft_line;
pub mod gaussian;
pub mod median;
mod network;
mod nonfinite;
#[cfg(test)]
mod oracle;
mod overlap;
mod separable;
mod spectral;
pub mod uniform;

pub(crate) use common::check_cval;
