//! The edges of bins, to the bit as NumPy has them.
//!
//! Owns the arithmetic of `numpy.linspace` in the precision that `numpy.histogram` chooses: that of the
//! data for floats, f64 for integers; found ranges are divided in that precision, given ones in f64.

use crate::array::{DType, round_to_odd};
use half::f16;

/// Edges of bins of equal width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edges {
    low: f64,
    high: f64,
    bins: usize,
    precision: DType,
    /// Precision of the division.
    working: DType,
    step: f64,
}

/// A number rounded to a precision. (Rounding the f64 result of one operation on shorter numbers gives what
/// the operation itself would.)
#[inline(always)]
fn round(precision: DType, x: f64) -> f64 {
    match precision {
        DType::F16 => f64::from(f16::from_f32(round_to_odd(x))),
        DType::F32 => f64::from(x as f32),
        _ => x,
    }
}

impl Edges {
    /// Edges for a given range, for data of this dtype. `low <= high`, both finite.
    pub fn given(dtype: DType, (low, high): (f64, f64), bins: usize) -> Edges {
        Edges::new(dtype, DType::F64, low, high, bins)
    }

    /// Edges for a range that was found in data of this dtype; 0 to 1 where nothing was found (NaN).
    pub fn found(dtype: DType, (low, high): (f64, f64), bins: usize) -> Edges {
        let (low, high) = if low.is_nan() || high.is_nan() { (0.0, 1.0) } else { (low, high) };
        Edges::new(dtype, precision(dtype), low, high, bins)
    }

    fn new(dtype: DType, working: DType, low: f64, high: f64, bins: usize) -> Edges {
        let (low, high) =
            if low == high { (round(working, low - 0.5), round(working, high + 0.5)) } else { (low, high) };
        let step = round(working, round(working, high - low) / bins as f64);
        Edges { low, high, bins, precision: precision(dtype), working, step }
    }

    /// How many bins there are.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Edge `i`, from 0 to the number of bins.
    #[inline(always)]
    pub fn at(&self, i: usize) -> f64 {
        let (Edges { low, high, working, .. }, n) = (*self, self.bins as f64);
        let i = i as f64;
        if i == n {
            return round(self.precision, high);
        }
        let edge = if self.step == 0.0 {
            round(working, round(working, round(working, i / n) * round(working, high - low)) + low)
        } else if self.step.is_infinite() {
            // The range passes the largest number.
            low * (1.0 - i / n) + high * (i / n)
        } else {
            round(working, round(working, i * self.step) + low)
        };
        round(self.precision, edge)
    }

    /// All of them, one more than there are bins.
    pub fn all(&self) -> Vec<f64> {
        (0..=self.bins).map(|i| self.at(i)).collect()
    }
}

/// The precision of edges.
fn precision(dtype: DType) -> DType {
    match dtype {
        DType::F16 => DType::F16,
        // NumPy has no bf16; all its values are values of f32.
        DType::F32 | DType::BF16 => DType::F32,
        _ => DType::F64,
    }
}

/// What finds the bin of a number.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    /// Bins by distance from `low`; an estimate, which edges correct.
    factor: f64,
    last: usize,
}

impl Scale {
    pub fn new(edges: &Edges) -> Scale {
        let (low, high, bins) = (edges.at(0), edges.at(edges.bins), edges.bins as f64);
        // Halves do not overflow.
        Scale { low, high, factor: bins / (high * 0.5 - low * 0.5), last: edges.bins - 1 }
    }

    /// The bin by the estimate alone; any where the number lies outside.
    #[inline(always)]
    pub fn estimate(&self, x: f64) -> u32 {
        ((x * 0.5 - self.low * 0.5) * self.factor) as u32
    }

    /// Whether it lies within the outer edges; NaN does not.
    #[inline(always)]
    pub fn holds(&self, x: f64) -> bool {
        x >= self.low && x <= self.high
    }

    /// The bin between whose edges it lies: NumPy's rule, the last one closed on the right.
    #[inline(always)]
    pub fn correct(&self, x: f64, estimate: u32, edge: impl Fn(usize) -> f64) -> usize {
        let mut bin = (estimate as usize).min(self.last);
        while bin > 0 && x < edge(bin) {
            bin -= 1;
        }
        while bin < self.last && x >= edge(bin + 1) {
            bin += 1;
        }
        bin
    }
}
