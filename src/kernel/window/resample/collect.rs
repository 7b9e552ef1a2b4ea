//! What is collected of a bucket while its rows go by: the words between the walk by rows and the arithmetic.
//!
//! Owns the numbers of `stats` for all cells of a tile. Refuses to know where rows and buckets are.

use super::by_buckets::put;
use super::stats::{Known, Wanted};
use crate::array::{DType, View};
use std::fmt::Debug;

/// What is collected of a bucket, of all cells of a tile at once.
pub trait Collect: Debug + Send + Sync + 'static {
    type Open: Clone + Send + 'static;
    /// Whether blocks must be joined one after the other. Else they may be added to what is there.
    const IN_ORDER: bool;

    fn nothing(&self, cells: usize) -> Self::Open;
    /// Makes an open bucket another one, of which nothing is known but what earlier sweeps found.
    fn begin(&self, open: &mut Self::Open, bucket: u64, found: Option<&View>);
    /// The values of one cell in one block.
    fn add(&self, open: &mut Self::Open, cell: usize, values: &[f64], lost: &[f64]);
    /// What is known of later rows of the same bucket.
    fn join(&self, open: &mut Self::Open, later: &Self::Open);
    /// Writes the result of one cell.
    fn put(&self, open: &Self::Open, cell: usize, out: &mut [u8]);
    /// Writes the result of a cell of a bucket without rows.
    fn put_empty(&self, out: &mut [u8]);
    /// Bytes of a result.
    fn size(&self) -> usize;
}

/// The numbers of buckets: everything but medians.
#[derive(Debug)]
pub struct Numbers {
    pub wanted: Wanted,
    pub dtype: DType,
}

impl Numbers {
    fn write(&self, known: &Known, out: &mut [u8]) {
        for (part, out) in out.chunks_exact_mut(self.dtype.size()).enumerate() {
            put(self.dtype, known.result(&self.wanted, part), out);
        }
    }
}

impl Collect for Numbers {
    type Open = Vec<Known>;
    const IN_ORDER: bool = true;

    fn nothing(&self, cells: usize) -> Vec<Known> {
        vec![Known::NOTHING; cells]
    }

    fn begin(&self, open: &mut Vec<Known>, _bucket: u64, _found: Option<&View>) {
        open.fill(Known::NOTHING);
    }

    fn add(&self, open: &mut Vec<Known>, cell: usize, values: &[f64], lost: &[f64]) {
        open[cell].join(&Known::of(self.wanted.stat, values, lost));
    }

    fn join(&self, open: &mut Vec<Known>, later: &Vec<Known>) {
        open.iter_mut().zip(later).for_each(|(open, later)| open.join(later));
    }

    fn put(&self, open: &Vec<Known>, cell: usize, out: &mut [u8]) {
        self.write(&open[cell], out);
    }

    fn put_empty(&self, out: &mut [u8]) {
        self.write(&Known::NOTHING, out);
    }

    fn size(&self) -> usize {
        self.dtype.size() * self.wanted.stat.parts()
    }
}
