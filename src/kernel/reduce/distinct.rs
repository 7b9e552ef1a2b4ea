//! The distinct keys of a cell, with how often each came.
//!
//! Owns a table that grows with what it holds, up to a limit, and the refusal of more. Whole numbers are counted, and
//! what comes out is sorted, so that no order of tiles and joins shows. Refuses to know what is done with them.

use super::quantile::keys::{Word, bits};
use crate::array::DType;
use crate::kernel::{KernelError, Kind, ParamInfo};

/// How many distinct values are held at most.
pub const VALUES_MAX: ParamInfo = ParamInfo {
    name: "values_max",
    kind: Kind::Int { min: 1, max: 1 << 32 },
    default: Some("65536"),
    doc: "how many distinct values there may be; more are an error. Memory is set aside for as many",
};

/// Slots of the smallest table.
const SLOTS_MIN: usize = 16;

/// Distinct keys and their counts.
#[derive(Clone, Debug)]
pub struct Table<K> {
    /// Open addressing: a slot is free where its count is 0.
    keys: Vec<K>,
    counts: Vec<u64>,
    used: usize,
    limit: usize,
}

/// What stands for the values that are found: more of them than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// Distinct values that a cell of so many elements can have, of which `values_max` are allowed.
pub fn limit(dtype: DType, elements: u64, values_max: u64) -> u64 {
    let range = match dtype {
        DType::Bool => 2,
        _ if bits(dtype) <= 16 => 1 << bits(dtype),
        _ => u64::MAX,
    };
    elements.min(values_max).min(range)
}

/// Slots of a table that holds `n` keys: a quarter stays free.
fn slots(n: usize) -> usize {
    (n.saturating_mul(4).div_ceil(3)).next_power_of_two().max(SLOTS_MIN)
}

impl<K: Word> Table<K> {
    /// Nothing; of up to `limit` keys.
    pub fn new(limit: u64) -> Table<K> {
        Table { keys: Vec::new(), counts: Vec::new(), used: 0, limit: limit as usize }
    }

    /// Upper bound of the memory of one that holds up to `limit` keys, and of its list, in bytes.
    pub fn bytes(limit: u64) -> u64 {
        let slot = size_of::<K>() as u64 + 8;
        // A table that grows has the old one, of half the slots, beside it; the list is made from the grown one.
        let table = (slots(limit as usize) as u64).saturating_mul(slot);
        size_of::<Table<K>>() as u64 + table + (table / 2).max(limit.saturating_mul(16)) + 64
    }

    fn slot(&self, key: K) -> usize {
        let shift = 64 - self.keys.len().trailing_zeros();
        let mut at = (key.wide().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> shift) as usize;
        while self.counts[at] > 0 && self.keys[at] != key {
            at = (at + 1) & (self.keys.len() - 1);
        }
        at
    }

    /// Counts a key `n` times more.
    pub fn add(&mut self, key: K, n: u64) -> Result<(), TooMany> {
        if self.keys.is_empty() {
            self.grow();
        }
        let mut at = self.slot(key);
        if self.counts[at] == 0 {
            if self.used == self.limit {
                return Err(TooMany);
            }
            if slots(self.used + 1) > self.keys.len() {
                self.grow();
                at = self.slot(key);
            }
            self.keys[at] = key;
            self.used += 1;
        }
        self.counts[at] += n;
        Ok(())
    }

    /// Counts keys, of which equal ones often follow each other.
    pub fn add_all(&mut self, keys: &[K]) -> Result<(), TooMany> {
        for run in keys.chunk_by(|a, b| a == b) {
            self.add(run[0], run.len() as u64)?;
        }
        Ok(())
    }

    /// Adds what another one holds.
    pub fn join(&mut self, other: &Table<K>) -> Result<(), TooMany> {
        other.iter().try_for_each(|(key, n)| self.add(key, n))
    }

    fn grow(&mut self) {
        let n = (self.keys.len() * 2).max(SLOTS_MIN);
        let keys = std::mem::replace(&mut self.keys, vec![K::zeroed(); n]);
        let counts = std::mem::replace(&mut self.counts, vec![0; n]);
        for (key, count) in keys.into_iter().zip(counts).filter(|(_, n)| *n > 0) {
            let at = self.slot(key);
            (self.keys[at], self.counts[at]) = (key, count);
        }
    }

    /// Keys with their counts, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (K, u64)> + '_ {
        self.keys.iter().copied().zip(self.counts.iter().copied()).filter(|(_, n)| *n > 0)
    }

    /// Keys with their counts, ascending.
    pub fn sorted(&self) -> Vec<(K, u64)> {
        let mut list = Vec::with_capacity(self.used);
        list.extend(self.iter());
        list.sort_unstable_by_key(|(key, _)| *key);
        list
    }
}

/// The error of data with more values than may be held.
pub fn too_many(values_max: u64, instead: &str) -> KernelError {
    KernelError::new(format!(
        "there are more than {values_max} distinct values, of which values_max allows {values_max}; set it higher, or {instead}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_count_up_to_their_limit() {
        let mut table = Table::<u32>::new(1000);
        for round in 0..3u32 {
            for i in 0..1000u32 {
                table.add(i * 65_537 % 4_000_037, 1 + u64::from(round == 0 && i == 7)).unwrap();
            }
        }
        assert_eq!(table.add(1, 1), Err(TooMany));
        assert!(table.keys.len() == slots(1000) && slots(1000) == 2048);
        let list = table.sorted();
        assert!(list.len() == 1000 && list.is_sorted() && list.iter().map(|(_, n)| n).sum::<u64>() == 3001);
        let mut other = Table::new(1001);
        other.add_all(&[1, 1, 65_537, 1]).unwrap();
        other.join(&table).unwrap();
        assert_eq!(other.sorted()[..2], [(0, 3), (1, 3)]);
        assert_eq!(other.iter().find(|(key, _)| *key == 65_537), Some((65_537, 4)));
        assert_eq!(Table::<u64>::new(0).add(5, 1), Err(TooMany));
    }

    #[test]
    fn limits_follow_from_dtype_and_extent() {
        assert_eq!(limit(DType::U8, 1 << 40, 65_536), 256);
        assert_eq!(limit(DType::Bool, 1 << 40, 65_536), 2);
        assert_eq!(limit(DType::F32, 1 << 40, 65_536), 65_536);
        assert_eq!(limit(DType::F32, 30, 65_536), 30);
        assert_eq!(limit(DType::F32, 30, 7), 7);
    }
}
