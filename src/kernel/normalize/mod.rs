//! Rescaling by statistics of the array: a folding stage, then a writing one.
