//! Medians of buckets of any size: each sweep counts one digit of the values, among those that begin like the one that is
//! sought.
//!
//! Owns the descent. A value is an integer of the same order, cut into digits; sought is the lower one of the two in the
//! middle. Between sweeps passes a record for each bucket and cell: the digits that are known, the rank among the values that
//! have them, and how many values there are. The upper one of the two is the next value, which the last sweep sees. Counting is
//! exact, so no order of rows and tiles shows. Refuses to know which rows belong to a bucket.

use super::by_buckets::put;
use super::collect::Collect;
use super::stats::middle_of;
use crate::array::{DType, View};
use crate::kernel::reduce::{Strided, key_value};
use half::{bf16, f16};

/// Numbers of a record.
pub const RECORD: usize = 3;

/// Widths of digits, and what the ways that have them are called. Wide ones take fewer sweeps and more memory.
pub const WAYS: [(u32, &str); 3] =
    [(16, "by rows, 16 bits at a time"), (11, "by rows, 11 bits at a time"), (8, "by rows, 8 bits at a time")];

/// One digit of the values.
#[derive(Debug)]
pub struct Digit {
    /// Whose keys are counted, and the dtype of the result.
    pub keys: DType,
    pub dtype: DType,
    pub axis: usize,
    pub min_count: u64,
    /// Bits, and those of the digits after it.
    pub width: u32,
    pub below: u32,
}

/// Counters of some cells.
#[derive(Clone, Debug)]
pub struct Counters {
    counts: Vec<u64>,
    /// In the last sweep: the least key that is above all that have the known digits.
    above: Vec<u64>,
    /// Records of earlier sweeps.
    found: Vec<[u64; RECORD]>,
}

/// The dtype whose keys have the order of the values of another as f64.
pub fn keys_of(dtype: DType) -> DType {
    match dtype {
        DType::I64 | DType::U64 => DType::F64,
        DType::Bool => DType::U8,
        other => other,
    }
}

/// Widths of the digits of so many bits, none wider than `most`, the highest first.
pub fn widths(bits: u32, most: u32) -> Vec<u32> {
    let count = bits.div_ceil(most);
    (0..count).map(|i| bits / count + u32::from(i < bits % count)).collect()
}

/// Bytes of the counters of one cell.
pub fn counters_bytes(width: u32) -> u64 {
    (8 << width) + 8 + 8 * RECORD as u64
}

/// The key of a value that came from a dtype; -0 is below 0.
fn key(dtype: DType, x: f64) -> u64 {
    let turned = |word: u64| {
        let sign = 1u64 << (dtype.size() * 8 - 1);
        if word & sign == 0 { word | sign } else { !word & (sign | (sign - 1)) }
    };
    match dtype {
        DType::F64 => turned(x.to_bits()),
        DType::F32 => turned(u64::from((x as f32).to_bits())),
        DType::F16 => turned(u64::from(f16::from_f64(x).to_bits())),
        DType::BF16 => turned(u64::from(bf16::from_f64(x).to_bits())),
        DType::I8 | DType::I16 | DType::I32 => (x as i64 + (1 << (dtype.size() * 8 - 1))) as u64,
        _ => x as u64,
    }
}

impl Digit {
    fn is_first(&self) -> bool {
        self.width + self.below == self.keys.size() as u32 * 8
    }

    fn counters(&self) -> usize {
        1 << self.width
    }

    /// The record after this sweep, and the key above that digits of it alone say, of a last sweep.
    fn narrowed(&self, open: &Counters, cell: usize) -> ([u64; RECORD], Option<u64>) {
        let counts = &open.counts[cell * self.counters()..][..self.counters()];
        let [mut known, mut rank, mut n] = open.found[cell];
        if self.is_first() {
            n = counts.iter().sum();
            (known, rank) = (0, n.saturating_sub(1) / 2);
        }
        if n == 0 {
            return ([0; RECORD], None);
        }
        known <<= self.width;
        for (digit, count) in counts.iter().enumerate() {
            if rank < *count {
                let own = known | digit as u64;
                let after = || (digit + 1..self.counters()).find(|d| counts[*d] > 0).map(|d| known | d as u64);
                return ([own, rank, n], if rank + 1 < *count { Some(own) } else { after() });
            }
            rank -= count;
        }
        // Values have changed since they were counted.
        ([known, 0, n], None)
    }

    /// The median of one cell.
    fn median(&self, open: &Counters, cell: usize) -> f64 {
        let ([low, _, n], next) = self.narrowed(open, cell);
        if n < self.min_count || n == 0 {
            return f64::NAN;
        }
        let value = |key: u64| key_value(self.keys, key);
        if n % 2 == 1 { value(low) } else { middle_of(value(low), value(next.unwrap_or(open.above[cell]))) }
    }
}

impl Collect for Digit {
    type Open = Counters;
    const IN_ORDER: bool = false;

    fn nothing(&self, cells: usize) -> Counters {
        let counts = vec![0; cells * self.counters()];
        Counters { counts, above: vec![u64::MAX; cells], found: vec![[0; RECORD]; cells] }
    }

    fn begin(&self, open: &mut Counters, bucket: u64, found: Option<&View>) {
        open.counts.fill(0);
        open.above.fill(u64::MAX);
        open.found.fill([0; RECORD]);
        let Some(found) = found else { return };
        let nth = bucket.wrapping_sub(found.start()[self.axis].max(0) as u64);
        if nth >= found.shape()[self.axis] {
            return;
        }
        let (mut shape, mut strides) = (found.shape().to_vec(), found.strides().to_vec());
        shape.remove(self.axis);
        let first = nth as usize * strides.remove(self.axis);
        // What is left after the axis of records are the cells.
        shape.pop();
        strides.pop();
        let (cells, records) = (Strided::new(&shape, [&strides]), found.data::<u64>());
        let step = cells.strides[0].last().copied().unwrap_or(0);
        let mut to = open.found.iter_mut();
        cells.each_row(|[at]| {
            for (i, to) in to.by_ref().take(cells.row()).enumerate() {
                to.copy_from_slice(&records[first + at + i * step..][..RECORD]);
            }
        });
    }

    fn add(&self, open: &mut Counters, cell: usize, values: &[f64], _lost: &[f64]) {
        let counts = &mut open.counts[cell * self.counters()..][..self.counters()];
        let (mask, [known, ..], is_first) = (self.counters() as u64 - 1, open.found[cell], self.is_first());
        for x in values {
            let key = key(self.keys, *x);
            let begins = if is_first { known } else { key >> (self.width + self.below) };
            if begins == known {
                counts[((key >> self.below) & mask) as usize] += 1;
            } else if self.below == 0 && begins > known {
                open.above[cell] = open.above[cell].min(key);
            }
        }
    }

    fn join(&self, open: &mut Counters, later: &Counters) {
        open.counts.iter_mut().zip(&later.counts).for_each(|(a, b)| *a += b);
        open.above.iter_mut().zip(&later.above).for_each(|(a, b)| *a = (*a).min(*b));
        open.found.copy_from_slice(&later.found);
    }

    fn put(&self, open: &Counters, cell: usize, out: &mut [u8]) {
        if self.below == 0 {
            return put(self.dtype, self.median(open, cell), out);
        }
        let (record, _) = self.narrowed(open, cell);
        out.copy_from_slice(bytemuck::cast_slice(&record));
    }

    fn put_empty(&self, out: &mut [u8]) {
        if self.below == 0 { put(self.dtype, f64::NAN, out) } else { out.fill(0) }
    }

    fn size(&self) -> usize {
        if self.below == 0 { self.dtype.size() } else { RECORD * 8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_order_of_values_and_lead_back() {
        let halves = [f64::NEG_INFINITY, -2.5, -0.25, -0.0, 0.0, 0.25, 3.0, f64::INFINITY];
        let whole = |from: f64, to: f64| vec![from, from + 1.0, from.max(-1.0), from.max(0.0) + 1.0, to];
        for (dtype, mut values) in [
            (DType::F64, halves.to_vec()),
            (DType::F32, halves.to_vec()),
            (DType::F16, halves.to_vec()),
            (DType::BF16, halves.to_vec()),
            (DType::I8, whole(-128.0, 127.0)),
            (DType::I16, whole(-32768.0, 32767.0)),
            (DType::I32, whole(-2147483648.0, 2147483647.0)),
            (DType::U8, whole(0.0, 255.0)),
            (DType::U32, whole(0.0, 4294967295.0)),
        ] {
            values.sort_by(f64::total_cmp);
            values.dedup_by(|a, b| a.to_bits() == b.to_bits());
            let keys: Vec<u64> = values.iter().map(|x| key(dtype, *x)).collect();
            assert!(keys.windows(2).all(|k| k[0] < k[1]), "{dtype} {keys:x?}");
            assert!(keys.iter().all(|k| u128::from(*k) < 1 << (dtype.size() * 8)), "{dtype} {keys:x?}");
            let bits = |x: f64| x.to_bits();
            let back: Vec<u64> = keys.iter().map(|k| bits(key_value(dtype, *k))).collect();
            assert_eq!(back, values.iter().map(|x| bits(*x)).collect::<Vec<_>>(), "{dtype}");
        }
    }

    #[test]
    fn digits_make_up_all_bits() {
        for (bits, most, want) in [
            (8, 16, vec![8]),
            (16, 11, vec![8, 8]),
            (32, 16, vec![16, 16]),
            (32, 11, vec![11, 11, 10]),
            (64, 11, vec![11, 11, 11, 11, 10, 10]),
        ] {
            assert_eq!(widths(bits, most), want);
        }
    }
}
