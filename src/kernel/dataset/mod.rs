//! Preparing data sets: arrays laid out as those who train on them read them.

mod join;
mod reshape;
pub(crate) mod slice;
mod transpose;

pub use join::{CONCATENATE, STACK};
pub use reshape::INFO as RESHAPE;
pub use slice::INFO as SLICE;
pub use transpose::INFO as TRANSPOSE;
