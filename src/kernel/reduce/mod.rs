//! Folds over axes: sums, moments, extremes.
//!
//! Owns the arithmetic that makes a reduction independent of how its array was cut: a grid of
//! leaves that follows from shape and axes alone (`grid`), what one leaf gives (`sums`, `moments`,
//! `extremes`), and the tree that joins leaves in any order to the same bits (`tree`). Refuses to
//! know which tiles come, or when.
//!
//! ```text
//! tile ─► leaves of the grid ─► one partial for each leaf and kept cell ─► tree ─► finish ─► outputs
//! ```

mod arg;
mod bincount;
mod bind;
mod choose;
mod columns;
mod counters;
pub(super) mod dd;
mod distinct;
mod ends;
mod extremes;
mod finish;
mod fold;
mod grid;
mod grouped;
mod histogram;
mod items;
mod labels;
mod lanes;
mod max;
mod mean;
mod min;
mod mode;
mod moments;
mod quantile;
mod runs;
mod std;
mod strided;
mod sum;
mod sums;
#[cfg(test)]
pub(crate) mod tests;
mod topk;
mod tree;
mod unique;
mod var;

pub use self::arg::{ARGMAX, ARGMIN};
pub use self::bincount::BINCOUNT;
pub use self::columns::{CORR, COV};
pub use self::ends::{FIRST, LAST};
pub use self::grouped::GROUPED;
pub use self::histogram::{Edges, HISTOGRAM, HISTOGRAM2D};
pub use self::max::MAX;
pub use self::mean::MEAN;
pub use self::min::MIN;
pub use self::mode::MODE;
pub use self::quantile::QUANTILE;
pub(crate) use self::quantile::statistics as quantile_statistics;
pub use self::std::STD;
pub use self::sum::SUM;
pub use self::topk::TOPK;
pub use self::unique::{UNIQUE, UNIQUE_COUNTS};
pub use self::var::VAR;

pub(crate) use self::bind::{AXES, DDOF, SKIPNA, complex, folded_axes, real_input, reduced_write};
pub(crate) use self::extremes::ExtremeItem;
pub(crate) use self::fold::fold_stage;
pub(crate) use self::histogram::{Edges as BinEdges, Scale as BinScale, counted};
pub(crate) use self::items::{Real, with_skip};
pub(crate) use self::quantile::{Between, between, keys::value as key_value, mix};
pub(crate) use self::strided::Strided;
pub(crate) use self::{dd::Double, moments::Moment};
pub(crate) use self::{extremes::Extremes, finish::LowHigh, finish::MeanStd, moments::Moments};
