//! One number (or four) of the rows of a bucket.
//!
//! Owns the arithmetic. Rows are added in blocks at absolute multiples, so that a result follows from its rows and from
//! nothing else. Refuses to know time and tiles.

use crate::kernel::dd::{Dd, two_sum};
use crate::kernel::reduce::{Double, Moment};

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

    /// Whether it follows from the sum. All else is of values as f64.
    pub fn is_sum(self) -> bool {
        matches!(self, Stat::Mean | Stat::Sum)
    }

    /// Numbers of a result.
    pub fn parts(self) -> usize {
        if self == Stat::Ohlc { 4 } else { 1 }
    }
}

/// What is wanted of a bucket.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub stat: Stat,
    pub min_count: u64,
    pub ddof: u64,
}

/// What is known of the values of one bucket and cell so far. Blocks are joined in their order, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub count: u64,
    sum: Dd,
    spread: Moment,
    first: f64,
    last: f64,
    low: f64,
    high: f64,
}

impl Known {
    pub const NOTHING: Known = Known {
        count: 0,
        sum: Dd::ZERO,
        spread: Moment { count: 0.0, mean: Double::ZERO, squares: Double::ZERO },
        first: f64::NAN,
        last: f64::NAN,
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
    };

    /// The numbers of one block, in order. `lost` is what their conversion to f64 left over, where that is anything.
    pub fn of(stat: Stat, values: &[f64], lost: &[f64]) -> Known {
        let (Some(first), Some(last)) = (values.first(), values.last()) else { return Known::NOTHING };
        let mut known = Known { count: values.len() as u64, first: *first, last: *last, ..Known::NOTHING };
        match stat {
            Stat::Mean | Stat::Sum => {
                let sum = |values: &[f64]| values.iter().fold(Dd::ZERO, |sum, x| sum.add_f64(*x));
                known.sum = if lost.is_empty() { sum(values) } else { sum(values) + sum(lost) };
            }
            Stat::Std | Stat::Var => known.spread = spread(*first, values),
            Stat::Min | Stat::Max | Stat::Ohlc => {
                for x in values {
                    known.low = if *x < known.low { *x } else { known.low };
                    known.high = if *x > known.high { *x } else { known.high };
                }
            }
            _ => {}
        }
        known
    }

    /// Appends what is known of later rows of the bucket.
    pub fn join(&mut self, later: &Known) {
        if later.count == 0 {
            return;
        }
        self.first = if self.count == 0 { later.first } else { self.first };
        self.last = later.last;
        self.count += later.count;
        self.sum = self.sum + later.sum;
        self.spread = self.spread.joined(later.spread);
        self.low = if later.low < self.low { later.low } else { self.low };
        self.high = if later.high > self.high { later.high } else { self.high };
    }

    /// The result; of ohlc the one with this number. The median is the caller's, who has all values.
    pub fn result(&self, wanted: &Wanted, part: usize) -> f64 {
        let Wanted { stat, min_count, ddof } = *wanted;
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
            Stat::Var => self.spread.variance(ddof as f64),
            Stat::Std => self.spread.variance(ddof as f64).sqrt(),
            Stat::Ohlc => none([self.first, self.high, self.low, self.last][part]),
            Stat::Median | Stat::Time => f64::NAN,
        }
    }
}

/// Mean and squares of deviations from it of the values of a block, which is looked at twice while it is at hand. Values are
/// counted from the first one, so that equal ones have no spread.
fn spread(first: f64, values: &[f64]) -> Moment {
    let n = values.len() as f64;
    let from_first = |x: f64| {
        let (hi, lo) = two_sum(x, -first);
        Double { hi, lo }
    };
    let sum = values.iter().fold(Dd::ZERO, |sum, x| {
        let d = from_first(*x);
        sum.add_f64(d.hi).add_f64(d.lo)
    });
    let middle = Double::quotient(sum.hi, n).plus(Double { hi: sum.lo / n, lo: 0.0 }).or_plain(sum.hi / n);
    let mean = middle.plus(Double { hi: first, lo: 0.0 }).or_plain(middle.hi + first);
    let (mut squares, mut plain) = (Double::ZERO, 0.0);
    for x in values {
        let distance = from_first(*x).minus(middle);
        squares = squares.plus(distance.times(distance));
        plain += (x - mean.hi) * (x - mean.hi);
    }
    Moment { count: n, mean, squares: squares.or_plain(plain) }
}

/// The mean of the two numbers in the middle, as NumPy has it: it overflows where their sum does.
pub fn middle_of(low: f64, high: f64) -> f64 {
    (low + high) / 2.0
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
    middle_of(low, high)
}
