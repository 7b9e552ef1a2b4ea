//! Windows and scans along one axis.
//!
//! Owns the kernels whose output at an index gathers a run of values before (or around) it. Refuses
//! to know more than one axis at a time.

pub mod bfill;
pub mod butterworth;
mod chunks;
mod clock;
pub mod cummax;
pub mod cummin;
pub mod cumprod;
pub mod cumsum;
mod ewm;
pub mod ewm_mean;
pub mod ewm_std;
pub mod ewm_var;
mod extremes;
pub mod ffill;
mod fill;
pub mod interpolate;
mod lanes;
mod largest;
mod monoid;
mod pairs;
#[cfg(test)]
mod pairs_tests;
mod recursion;
pub mod resample;
mod rolling;
pub mod rolling_argmax;
pub mod rolling_argmin;
pub mod rolling_corr;
pub mod rolling_cov;
pub mod rolling_max;
pub mod rolling_mean;
pub mod rolling_median;
pub mod rolling_min;
pub mod rolling_quantile;
pub mod rolling_skew;
pub mod rolling_std;
pub mod rolling_sum;
pub mod rolling_var;
pub mod savgol;
mod scan;
mod sections;
mod selection;
#[cfg(test)]
mod selection_tests;
mod sliding;
mod spread;
#[cfg(test)]
mod spread_tests;
mod stepped;
mod sums;
#[cfg(test)]
mod tests;
mod timed;
