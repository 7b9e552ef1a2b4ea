//! Rescaling by statistics of the array: a folding stage, then a writing one.
//!
//! Owns formulas of one element and two statistics. Refuses to know how statistics are folded: that
//! is `reduce`.

mod equalize;
mod fit;
mod mad;
mod minmax;
mod percentile_rescale;
mod quantiles;
mod rescale;
mod robust;
mod standardize;
#[cfg(test)]
mod tests;
mod zscore;

pub use self::equalize::EQUALIZE_HIST;
pub use self::minmax::MINMAX;
pub use self::percentile_rescale::PERCENTILE_RESCALE;
pub use self::robust::ROBUST;
pub use self::standardize::STANDARDIZE;
pub use self::zscore::ZSCORE;
