//! Rescaling by statistics of the array: a folding stage, then a writing one.
//!
//! Owns formulas of one element and two statistics. Refuses to know how statistics are folded: that
//! is `reduce`.

mod minmax;
mod rescale;
mod standardize;
#[cfg(test)]
mod tests;
mod zscore;

pub use self::minmax::MINMAX;
pub use self::standardize::STANDARDIZE;
pub use self::zscore::ZSCORE;
