//! What a window gathers: values joined from left to right, sixteen lines at a time.
//!
//! Owns what partial results are and nothing else; their arithmetic is in `sums`, `largest` and
//! `spread`. No operation takes a value away again, so nothing remains of what has left a window.
//! Refuses to know windows, tiles and dtypes: values come as 64-bit words that [`Words`] gives a meaning.

use bytemuck::Pod;
use std::fmt::Debug;

/// Lines that are worked on side by side: two vectors of the widest instruction set.
pub(super) const LANES: usize = 16;

/// One word of each of the lines.
pub(super) type Lanes = [u64; LANES];

/// What the words of a window's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Bits of an f64; NaN is a missing value.
    Real,
    /// A 64-bit integer as it is, `i64` or `u64`.
    Whole,
    /// A 64-bit integer mapped to an `i64` of the same order.
    Key,
}

/// What is wanted of the values of a window, where what is gathered serves for several things.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    /// What was gathered, as it is: the sum, the largest value or its place, the skewness.
    Whole,
    /// A sum, divided by the count.
    Mean,
    /// The smallest value or its place: the largest of values that are turned upside down.
    Smallest,
    /// Squares of deviations divided by the count less `ddof`; with `root` the root of that.
    Spread { ddof: f64, root: bool },
}

/// Which outputs a window gives: its length, how many values it wants, and where the array ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub what: What,
    /// Elements of a window.
    pub window: i64,
    /// Elements of a window after its own index.
    pub after: i64,
    /// The number of values below which a result is missing.
    pub min_count: u64,
    /// Extent of the array along the axis.
    pub extent: i64,
}

/// A way to join values. `join` is associative in meaning, but callers fix the grouping so that
/// rounding never shows how an array was cut; `none` is neutral to the bit.
pub(super) trait Monoid: Debug + Send + Sync + 'static {
    /// A partial result of each line: `PARTS` words, all lines of one part together.
    type Row: Pod + AsRef<[Lanes]> + AsMut<[Lanes]>;
    const PARTS: usize;
    /// Inputs of which values of the same place are gathered together: one, or two.
    const INPUTS: usize = 1;
    /// What the words of values are, and those of results.
    const VALUES: Words;
    const RESULTS: Words;
    /// The word of a place outside the array.
    const MISSING: u64;
    /// Whether results are places, which are not turned back where values were turned.
    const PLACES: bool = false;
    /// What to say where a result lies beyond its dtype; of those that can.
    const BEYOND: Option<&'static str> = None;

    fn none() -> Self::Row;
    /// What one value of each line gives, of both inputs (of one input it is there twice); `at` is where they lie along
    /// the axis.
    fn lift(values: [&Lanes; 2], at: &[i64; LANES]) -> Self::Row;
    fn join(left: &Self::Row, right: &Self::Row) -> Self::Row;
    /// The results, as words for the output, of the windows that end at `ends`.
    fn finish(wanted: &Wanted, row: &Self::Row, ends: &[i64; LANES]) -> Lanes;
    /// Not 0 where the result would lie beyond its dtype.
    #[inline(always)]
    fn beyond(_row: &Self::Row) -> Lanes {
        [0; LANES]
    }
}

impl Wanted {
    /// Places of the window that ends at `end` that lie inside the array.
    #[inline(always)]
    pub fn inside(&self, end: i64) -> i64 {
        end.min(self.extent - 1) - (end - self.window + 1).max(0) + 1
    }
}
