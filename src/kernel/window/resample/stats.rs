//! One number (or four) of the rows of a bucket.
//!
//! Owns the arithmetic. Rows are added in blocks at absolute multiples, so that a result follows from its rows and from
//! nothing else. Refuses to know time and tiles.

use crate::kernel::dd::Dd;
use crate::kernel::reduce::Double;

/// Rows of a block.
pub const BLOCK: u64 = 1024;

/// What is computed of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stat {
    Mean,
    Sum,
    Min,
    Max,
    First,
    Last,
    Count,
    Median,
    Std,
    Var,
    Ohlc,
    /// When the bucket begins.
    Time,
}

/// As parameters have them, in the order of [`Stat`].
pub const STATS: &[&str] =
    &["mean", "sum", "min", "max", "first", "last", "count", "median", "std", "var", "ohlc", "time"];

impl Stat {
    pub fn parse(word: &str) -> Option<Stat> {
        use Stat::*;
        let all = [Mean, Sum, Min, Max, First, Last, Count, Median, Std, Var, Ohlc, Time];
        STATS.iter().position(|s| *s == word).map(|i| all[i])
    }

    /// Whether values are looked at again when their mean is known.
    pub fn looks_twice(self) -> bool {
        matches!(self, Stat::Std | Stat::Var)
    }
}

/// What is known of the values of one bucket and cell so far.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub count: u64,
    sum: Dd,
    /// Of the second look: squares of distances from the mean, and the same in f64, for what overflows.
    squares: Double,
    plain: f64,
    first: f64,
    last: f64,
    low: f64,
    high: f64,
}

impl Known {
    pub const NOTHING: Known = Known {
        count: 0,
        sum: Dd::ZERO,
        squares: Double::ZERO,
        plain: 0.0,
        first: f64::NAN,
        last: f64::NAN,
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
    };

    /// The numbers of one block, in order. `lost` is what their conversion to f64 left over, where that is anything.
    pub fn add(&mut self, stat: Stat, values: &[f64], lost: &[f64]) {
        let (Some(first), Some(last)) = (values.first(), values.last()) else { return };
        if self.count == 0 {
            self.first = *first;
        }
        self.last = *last;
        self.count += values.len() as u64;
        match stat {
            Stat::Mean | Stat::Sum | Stat::Std | Stat::Var => {
                let sum = |values: &[f64]| values.iter().fold(Dd::ZERO, |sum, x| sum.add_f64(*x));
                self.sum = self.sum + sum(values);
                self.sum = if lost.is_empty() { self.sum } else { self.sum + sum(lost) };
            }
            Stat::Min | Stat::Max | Stat::Ohlc => {
                for x in values {
                    self.low = if *x < self.low { *x } else { self.low };
                    self.high = if *x > self.high { *x } else { self.high };
                }
            }
            _ => {}
        }
    }

    /// The same numbers once more, for the squares of their distances from the mean.
    pub fn add_again(&mut self, values: &[f64]) {
        let n = self.count as f64;
        let mean = Double::quotient(self.sum.hi, n).plus(Double { hi: self.sum.lo / n, lo: 0.0 });
        let (mut squares, mut plain) = (Double::ZERO, 0.0);
        for x in values {
            let distance = Double { hi: *x, lo: 0.0 }.minus(mean);
            squares = squares.plus(distance.times(distance));
            plain += (x - mean.hi) * (x - mean.hi);
        }
        self.squares = self.squares.plus(squares);
        self.plain += plain;
    }

    /// The result; of ohlc the one with this number. The median is the caller's, who has all values.
    pub fn result(&self, stat: Stat, min_count: u64, ddof: u64, part: usize) -> f64 {
        if self.count < min_count {
            return f64::NAN;
        }
        let n = self.count as f64;
        let none = |x: f64| if self.count == 0 { f64::NAN } else { x };
        match stat {
            Stat::Sum => self.sum.to_f64(),
            Stat::Mean => none(self.sum.to_f64() / n),
            Stat::Min => none(self.low),
            Stat::Max => none(self.high),
            Stat::First => self.first,
            Stat::Last => self.last,
            Stat::Count => n,
            Stat::Var if self.count > ddof => self.variance(ddof),
            Stat::Std if self.count > ddof => self.variance(ddof).sqrt(),
            Stat::Ohlc => none([self.first, self.high, self.low, self.last][part]),
            Stat::Var | Stat::Std | Stat::Median | Stat::Time => f64::NAN,
        }
    }

    fn variance(&self, ddof: u64) -> f64 {
        let squares = self.squares.or_plain(self.plain);
        (squares.hi + squares.lo) / (self.count - ddof) as f64
    }
}

/// The median of values, whose order is lost; NaN of none.
pub fn median(values: &mut [f64]) -> f64 {
    let n = values.len();
    if n == 0 {
        return f64::NAN;
    }
    let (below, middle, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    let high = *middle;
    if n % 2 == 1 {
        return high;
    }
    let low = below.iter().copied().max_by(f64::total_cmp).unwrap_or(high);
    // As NumPy: the mean of the two, which overflows where their sum does.
    (low + high) / 2.0
}
