//! Pictures as arrays and back: PNG, JPEG and TIFF.
//!
//! Owns which files are meant (`find`), what each holds (`decode`, `jpeg`), many of them as frames
//! (`set`, and `stack` for the read side of a run), how they are made alike (`prepare`), and how they
//! are written (`encode`). Refuses to apply orientation tags and colour profiles: samples are passed on as stored.

mod decode;
mod encode;
mod find;
mod jpeg;
mod prepare;
mod set;
mod stack;

pub use decode::Picture;
pub use encode::{PictureFormat, encode_picture, write_png, write_tiff};
pub use find::PictureFiles;
pub use prepare::{PictureColor, Prepare};
pub use set::{PictureSet, Skipped};
pub(super) use stack::Pictures;
pub use stack::picture_spec;
