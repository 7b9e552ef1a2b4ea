//! How often values occur in an even sample of an array.
//!
//! Owns the choice of range, bins and count axis. Refuses to know how it is drawn.

use super::sample::Sample;
use crate::storage::{StorageError, Stored};

/// Bins at most; fewer for few values.
const BINS: f64 = 64.0;
/// Values kept to find percentiles by.
const KEPT: u64 = 1 << 16;
/// Shares of the values below and above which there are only outliers.
const RARE: f64 = 0.001;
/// The range of all values may be so many times that of the usual ones; beyond that it is cut.
const STRETCH_MAX: f64 = 3.0;
/// Counts on a linear axis: the fullest bin has at most so many times the typical one.
const LINEAR_MAX: u64 = 30;

/// Counts of values in bins of one width.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// The lower edge of the first bin.
    pub low: f64,
    /// The upper edge of the last bin.
    pub high: f64,
    pub counts: Vec<u64>,
    /// Finite values left and right of the bins.
    pub below: u64,
    pub above: u64,
    pub nan: u64,
    pub inf: u64,
    /// Of the finite values of the sample.
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    /// Elements looked at, of `total`.
    pub elements: u64,
    pub total: u64,
}

impl Histogram {
    /// Counts. Reads at most 16 MiB, twice. `None` where the sample has no finite value.
    pub fn of(stored: &Stored) -> Result<Option<Histogram>, StorageError> {
        let sample = Sample::of(stored);
        let survey = Survey::of(&sample)?;
        let Some((low, high)) = survey.range() else { return Ok(None) };
        let dtype = stored.spec().dtype;
        let whole = !dtype.is_float() && !dtype.is_complex();
        // Rice's rule.
        let most = (2.0 * (survey.finite as f64).cbrt()).ceil().clamp(8.0, BINS);
        let (low, high, bins) = edges(low, high, most, whole);
        let mut counts = vec![0u64; bins];
        let (mut below, mut above) = (0, 0);
        let scale = bins as f64 / (high - low);
        sample.each(|values| {
            for v in values.iter().filter(|v| v.is_finite()) {
                match (v - low) * scale {
                    x if x < 0.0 => below += 1,
                    // The largest value belongs to the last bin.
                    x if x < bins as f64 || *v <= high => counts[(x as usize).min(bins - 1)] += 1,
                    _ => above += 1,
                }
            }
        })?;
        let Survey { nan, inf, min, max, .. } = survey;
        let mean = survey.sum / survey.finite as f64;
        let (elements, total) = (sample.elements, sample.total);
        Ok(Some(Histogram { low, high, counts, below, above, nan, inf, min, max, mean, elements, total }))
    }

    /// Whether counts are drawn on a logarithmic axis: where most bins would not be seen beside the fullest.
    pub fn is_log(&self) -> bool {
        let mut filled: Vec<u64> = self.counts.iter().copied().filter(|c| *c > 0).collect();
        filled.sort_unstable();
        let typical = filled.get(filled.len() / 2).copied().unwrap_or(0);
        filled.len() > 2 && filled.last().is_some_and(|most| *most > typical.saturating_mul(LINEAR_MAX))
    }
}

/// Bins of one width that hold a range. Bins of whole numbers are centred on them.
fn edges(low: f64, high: f64, most: f64, whole: bool) -> (f64, f64, usize) {
    if whole {
        let (low, high) = (low.floor(), high.ceil());
        let width = ((high - low + 1.0) / most).ceil().max(1.0);
        let bins = ((high - low + 1.0) / width).ceil().clamp(1.0, most);
        return (low - 0.5, low - 0.5 + bins * width, bins as usize);
    }
    if low < high && (high - low).is_finite() {
        return (low, high, most as usize);
    }
    // One value, or a range too wide for a number.
    let around = (low.abs() * 0.01).clamp(0.5, f64::MAX / 8.0);
    if low == high { (low - around, high + around, 1) } else { (low / 4.0, high / 4.0, most as usize) }
}

/// What a first look tells.
#[derive(Debug)]
struct Survey {
    min: f64,
    max: f64,
    sum: f64,
    finite: u64,
    nan: u64,
    inf: u64,
    /// Every n-th finite value, sorted.
    kept: Vec<f64>,
}

impl Survey {
    fn of(sample: &Sample) -> Result<Survey, StorageError> {
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut s = Survey { min, max, sum: 0.0, finite: 0, nan: 0, inf: 0, kept: Vec::new() };
        let every = sample.elements.div_ceil(KEPT).max(1);
        sample.each(|values| {
            for v in values {
                if v.is_finite() {
                    (s.min, s.max, s.sum) = (s.min.min(*v), s.max.max(*v), s.sum + v);
                    if s.finite.is_multiple_of(every) {
                        s.kept.push(*v);
                    }
                    s.finite += 1;
                } else if v.is_nan() {
                    s.nan += 1;
                } else {
                    s.inf += 1;
                }
            }
        })?;
        s.kept.sort_by(f64::total_cmp);
        Ok(s)
    }

    /// The range to draw: of all values, or near the usual ones where a few outliers stretch it.
    fn range(&self) -> Option<(f64, f64)> {
        let last = self.kept.len().checked_sub(1)?;
        let at = |share: f64| self.kept[(last as f64 * share).round() as usize];
        let (low, high) = (at(RARE), at(1.0 - RARE));
        let usual = high - low;
        if usual <= 0.0 || self.max - self.min <= STRETCH_MAX * usual {
            return Some((self.min, self.max));
        }
        Some(((low - usual / 4.0).max(self.min), (high + usual / 4.0).min(self.max)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{ArraySpec, DType, Region};
    use crate::storage::Output;

    fn of(dtype: DType, bytes: &[u8]) -> Option<Histogram> {
        let spec = ArraySpec::new(dtype, &[(bytes.len() / dtype.size()) as u64]);
        let output = Output::temporary(&std::env::temp_dir(), &spec).expect("a file");
        output.write(&Region::full(&spec.shape), bytes).expect("written");
        Histogram::of(&output.into_stored().expect("readable")).expect("reads")
    }

    #[test]
    fn counts_are_those_of_a_slow_count() {
        let values: Vec<f32> = (0..40_000u32).map(|i| ((i * 7919 % 40_009) as f32 / 1e4).powi(2) - 3.0).collect();
        let h = of(DType::F32, bytemuck::cast_slice(&values)).expect("values");
        let width = (h.high - h.low) / h.counts.len() as f64;
        for (i, count) in h.counts.iter().enumerate() {
            let (from, to) = (h.low + i as f64 * width, h.low + (i + 1) as f64 * width);
            let slow = values.iter().filter(|v| f64::from(**v) >= from && f64::from(**v) < to).count() as i64;
            // An edge is a rounded number; a value on it may fall to either side.
            assert!((slow - *count as i64).abs() <= 1, "bin {i}: {slow} {count}");
        }
        assert_eq!(h.counts.iter().sum::<u64>(), 40_000, "the largest value is in the last bin");
        assert_eq!((h.below, h.above, h.nan, h.inf, h.elements, h.total), (0, 0, 0, 0, 40_000, 40_000));
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / 40_000.0;
        assert!((h.mean - mean).abs() < 1e-9);
    }

    #[test]
    fn whole_numbers_have_bins_of_their_own() {
        let values: Vec<u8> = (0..1000u32).map(|i| 10 + (i % 5) as u8).collect();
        let h = of(DType::U8, &values).expect("values");
        assert_eq!((h.low, h.high, h.counts), (9.5, 14.5, vec![200; 5]));
        let wide: Vec<i32> = (0..10_000).collect();
        let h = of(DType::I32, bytemuck::cast_slice(&wide)).expect("values");
        assert_eq!((h.high - h.low, h.counts[0]), (10_032.0, 228), "each bin holds equally many numbers");
        assert_eq!(of(DType::U16, &[7, 0, 7, 0]).expect("values").counts, [2]);
    }

    #[test]
    fn outliers_are_counted_beside_the_bins_and_what_is_not_finite_too() {
        let mut values: Vec<f64> = (0..50_000).map(|i| f64::from(i % 1000) / 1000.0).collect();
        values[..6].copy_from_slice(&[1e9, -1e9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300]);
        let h = of(DType::F64, bytemuck::cast_slice(&values)).expect("values");
        assert!(h.low >= -1.0 && h.high <= 2.0, "{} {}", h.low, h.high);
        assert_eq!((h.below, h.above, h.nan, h.inf), (1, 2, 1, 2));
        assert_eq!(h.counts.iter().sum::<u64>(), 50_000 - 6);
        assert_eq!((h.min, h.max), (-1e9, 1e300));
        assert_eq!(of(DType::F64, bytemuck::cast_slice(&[f64::NAN; 3])), None);
        for extreme in [[f64::MIN, f64::MAX], [0.0, 0.0], [1e308, 1e308], [5e-324, 0.0]] {
            let h = of(DType::F64, bytemuck::cast_slice(&extreme)).expect("values");
            assert!(h.low < h.high && h.counts.iter().sum::<u64>() + h.below + h.above == 2, "{h:?}");
        }
    }

    #[test]
    fn the_count_axis_is_logarithmic_where_bins_would_vanish() {
        let with = |counts: &[u64]| Histogram { counts: counts.to_vec(), ..Histogram::default() };
        assert!(!with(&[1, 5, 20, 5, 1]).is_log());
        assert!(with(&[100_000, 50, 20, 5, 1]).is_log());
        assert!(!with(&[7]).is_log() && !with(&[1, 1000]).is_log() && !with(&[]).is_log());
    }
}
