//! Folds over axes: sums, moments, extremes.
