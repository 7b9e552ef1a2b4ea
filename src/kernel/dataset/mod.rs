//! Preparing data sets: arrays laid out as those who train on them read them.

mod join;
mod permutation;
mod random;
mod reshape;
mod shuffle;
pub(crate) mod slice;
mod splitmix;
mod transpose;

pub use join::{CONCATENATE, STACK};
pub use random::RANDOM;
pub use reshape::INFO as RESHAPE;
pub use shuffle::SHUFFLE;
pub use slice::INFO as SLICE;
pub use transpose::INFO as TRANSPOSE;
