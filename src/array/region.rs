//! Boxes of indices, and the walk over their rows.

use std::fmt;

/// Extents, slowest axis first.
pub type Shape = Vec<u64>;

/// A box of indices: `start` inclusive, `end` exclusive, one pair for each axis.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Region {
    /// First index along each axis.
    pub start: Vec<u64>,
    /// One past the last index along each axis.
    pub end: Vec<u64>,
}

impl Region {
    /// The whole of a shape.
    pub fn full(shape: &[u64]) -> Region {
        Region { start: vec![0; shape.len()], end: shape.to_vec() }
    }

    /// The extents.
    pub fn shape(&self) -> Shape {
        self.start.iter().zip(&self.end).map(|(s, e)| e.saturating_sub(*s)).collect()
    }

    /// The extent along one axis.
    pub fn extent(&self, axis: usize) -> u64 {
        self.end[axis].saturating_sub(self.start[axis])
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.start.len()
    }

    /// The number of elements. A region of no axes has one.
    pub fn elements(&self) -> u64 {
        // Extents beside a 0 may be of any size.
        if self.is_empty() { 0 } else { (0..self.rank()).map(|a| self.extent(a)).product() }
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        (0..self.rank()).any(|a| self.extent(a) == 0)
    }

    /// The smallest box around both. An empty region adds nothing.
    pub fn hull(&self, other: &Region) -> Region {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        Region {
            start: self.start.iter().zip(&other.start).map(|(a, b)| *a.min(b)).collect(),
            end: self.end.iter().zip(&other.end).map(|(a, b)| *a.max(b)).collect(),
        }
    }

    /// Whether every index of `other` is in this region.
    pub fn contains(&self, other: &Region) -> bool {
        other.is_empty() || (0..self.rank()).all(|a| self.start[a] <= other.start[a] && other.end[a] <= self.end[a])
    }

    /// The indices both have. Empty axes are clamped so that `end >= start`.
    pub fn intersect(&self, other: &Region) -> Region {
        let start: Vec<u64> = self.start.iter().zip(&other.start).map(|(a, b)| *a.max(b)).collect();
        let end = self.end.iter().zip(&other.end).zip(&start).map(|((a, b), s)| (*a.min(b)).max(*s)).collect();
        Region { start, end }
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for a in 0..self.rank() {
            write!(f, "{}{}..{}", if a > 0 { ", " } else { "" }, self.start[a], self.end[a])?;
        }
        f.write_str("]")
    }
}

/// The number of elements of a shape, `None` where it passes 2^63 - 1.
pub fn checked_elements(shape: &[u64]) -> Option<u64> {
    // A zero anywhere makes the product zero, however large the rest is.
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1u64, |n, e| n.checked_mul(*e)).filter(|n| *n <= i64::MAX as u64)
}

/// Strides in elements of a dense C-order array.
pub fn contiguous_strides(shape: &[u64]) -> Vec<usize> {
    let mut strides = vec![1usize; shape.len()];
    for a in (1..shape.len()).rev() {
        strides[a - 1] = strides[a].saturating_mul(shape[a].max(1) as usize);
    }
    strides
}

/// Offsets (in elements) of the start of every row of a strided box, in C order: all axes but the
/// last are walked. A box of no axes has one row.
pub fn row_starts(shape: &[u64], strides: &[usize]) -> impl Iterator<Item = usize> + use<> {
    let outer: Vec<(u64, usize)> =
        shape.iter().copied().zip(strides.iter().copied()).take(shape.len().saturating_sub(1)).collect();
    let rows: u64 = if shape.contains(&0) { 0 } else { outer.iter().map(|(n, _)| *n).product() };
    let mut index = vec![0u64; outer.len()];
    let mut offset = 0usize;
    let mut left = rows;
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        left -= 1;
        let here = offset;
        for a in (0..outer.len()).rev() {
            index[a] += 1;
            offset += outer[a].1;
            if index[a] < outer[a].0 {
                break;
            }
            offset -= outer[a].1 * outer[a].0 as usize;
            index[a] = 0;
        }
        Some(here)
    })
}
