//! Neighbourhood filters of images and volumes, and resampling.
//!
//! Owns what these kernels share: parameters and borders (`common`), cutting a tile into blocks
//! that fit a cache (`blocks`), filtering axis by axis (`separable`). Refuses to know other
//! families; borders arrive filled.

mod blocks;
mod common;
pub mod convolve;
mod counting;
pub mod downsample;
pub mod gaussian;
pub mod median;
mod network;
#[cfg(test)]
mod oracle;
mod separable;
pub mod uniform;

pub(crate) use common::check_cval;
