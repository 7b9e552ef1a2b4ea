//! Windows and scans along one axis.
//!
//! Owns the kernels whose output at an index gathers a run of values before (or around) it. Refuses
//! to know more than one axis at a time.

mod chunks;
pub mod cumsum;
mod lanes;
mod monoid;
mod rolling;
pub mod rolling_max;
pub mod rolling_mean;
mod sliding;
#[cfg(test)]
mod tests;
