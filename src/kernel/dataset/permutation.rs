//! A permutation of 0..n that is computed, not stored.
//!
//! Owns the definition: a generalised Feistel network over a grid of at least n places, walked until a place below n is
//! met. Either direction costs some twenty multiplications, whatever n. Refuses to know what is permuted.

use super::splitmix::splitmix;

/// Rounds of the network. Six leave no trace in tests of small permutations; eight leave room.
const ROUNDS: u64 = 8;

/// A permutation of `0..n` that follows from `n` and a seed.
#[derive(Clone, Copy, Debug)]
pub struct Permutation {
    n: u64,
    /// Places form a grid of `rows` by `columns`, as square as can be, with fewer than `columns` places too many.
    rows: u64,
    columns: u64,
    keys: [u64; ROUNDS as usize],
}

impl Permutation {
    pub fn new(n: u64, seed: u64) -> Permutation {
        let columns = n.isqrt() + u64::from(n.isqrt().pow(2) < n);
        let rows = n.div_ceil(columns.max(1));
        Permutation { n, rows, columns, keys: std::array::from_fn(|round| splitmix(seed, round as u64)) }
    }

    /// A number below `below` from a key and half a place.
    #[inline(always)]
    fn shift(key: u64, half: u64, below: u64) -> u64 {
        ((u128::from(splitmix(key, half)) * u128::from(below)) >> 64) as u64
    }

    /// One walk through the network.
    #[inline(always)]
    fn forth(&self, place: u64) -> u64 {
        let (mut row, mut column) = (place / self.columns, place % self.columns);
        for pair in self.keys.chunks_exact(2) {
            row += Self::shift(pair[0], column, self.rows);
            row -= if row >= self.rows { self.rows } else { 0 };
            column += Self::shift(pair[1], row, self.columns);
            column -= if column >= self.columns { self.columns } else { 0 };
        }
        row * self.columns + column
    }

    /// The same walk back.
    #[inline(always)]
    fn back(&self, place: u64) -> u64 {
        let (mut row, mut column) = (place / self.columns, place % self.columns);
        for pair in self.keys.chunks_exact(2).rev() {
            column += self.columns - Self::shift(pair[1], row, self.columns);
            column -= if column >= self.columns { self.columns } else { 0 };
            row += self.rows - Self::shift(pair[0], column, self.rows);
            row -= if row >= self.rows { self.rows } else { 0 };
        }
        row * self.columns + column
    }

    /// Where the element that ends at `place` comes from.
    #[inline(always)]
    pub fn source(&self, place: u64) -> u64 {
        let mut at = self.forth(place);
        while at >= self.n {
            at = self.forth(at);
        }
        at
    }

    /// Where the element at `source` goes.
    #[inline(always)]
    pub fn place(&self, source: u64) -> u64 {
        let mut at = self.back(source);
        while at >= self.n {
            at = self.back(at);
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::Permutation;
    use std::collections::HashMap;

    #[test]
    fn every_place_once_and_back() {
        for n in (1..300).chain([1000, 4095, 4096, 4097, 65_537]) {
            let p = Permutation::new(n, 7 * n);
            let mut seen = vec![false; n as usize];
            for place in 0..n {
                let source = p.source(place);
                assert!(!std::mem::replace(&mut seen[source as usize], true), "{source} twice of {n}");
                assert_eq!(p.place(source), place, "of {n}");
            }
        }
        let large = Permutation::new(u64::MAX / 3, 1);
        for place in [0, 1, 12_345, u64::MAX / 3 - 1] {
            assert_eq!(large.place(large.source(place)), place);
        }
    }

    /// All orders of four things, over many seeds: chi-square with 23 degrees of freedom, whose 99.99th percentile is 57.
    #[test]
    fn every_order_is_as_likely() {
        let mut counts: HashMap<Vec<u64>, u64> = HashMap::new();
        let seeds = 24_000;
        for seed in 0..seeds {
            let p = Permutation::new(4, seed);
            *counts.entry((0..4).map(|i| p.source(i)).collect()).or_default() += 1;
        }
        let expected = seeds as f64 / 24.0;
        let chi: f64 = counts.values().map(|c| (*c as f64 - expected).powi(2) / expected).sum();
        assert!(counts.len() == 24 && chi < 57.0, "{} orders, chi-square {chi}", counts.len());
    }

    /// Neighbours part: where 10,000 records come from, in blocks of 1,000, is even in every block.
    #[test]
    fn blocks_are_mixed_evenly() {
        let (n, block) = (10_000u64, 1000u64);
        let mut chi = 0.0;
        for seed in 0..50 {
            let p = Permutation::new(n, seed);
            let mut counts = [[0u64; 10]; 10];
            (0..n).for_each(|i| counts[(i / block) as usize][(p.source(i) / block) as usize] += 1);
            chi += counts.iter().flatten().map(|c| (*c as f64 - 100.0).powi(2) / 100.0).sum::<f64>();
        }
        // Both margins of a table are fixed: 81 degrees of freedom each, 4050 in all, with a standard deviation of 90.
        assert!((chi - 4050.0).abs() < 450.0, "chi-square {chi}");
    }
}
