//! Preparing data sets: arrays laid out as those who train on them read them.

mod transpose;

pub use transpose::INFO as TRANSPOSE;
