//! Preparing data sets: arrays laid out as those who train on them read them.

mod slice;
mod transpose;

pub use slice::INFO as SLICE;
pub use transpose::INFO as TRANSPOSE;
