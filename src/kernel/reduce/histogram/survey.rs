//! Smallest and largest among finite elements.
//!
//! Owns what is left out. The order of values is that of `extremes`.

use super::super::extremes::{Extreme, ExtremeItem};
use super::super::fold::{Accumulate, Rows};
use super::super::tree::Partial;
use std::marker::PhantomData;

/// The extremes of all elements but NaN and infinities.
#[derive(Clone, Copy, Debug)]
pub struct FiniteExtremes<T>(PhantomData<T>);

impl<T> FiniteExtremes<T> {
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: ExtremeItem> Accumulate for FiniteExtremes<T> {
    type Item = T;
    type Partial = Extreme<T::Key>;

    #[inline(always)]
    fn line(&self, x: &[T]) -> Extreme<T::Key> {
        x.iter().fold(Extreme::EMPTY, |e, x| e.with(x.key(), !x.is_finite()))
    }

    #[inline(always)]
    fn rows<const W: usize>(&self, rows: &Rows<T>, out: &mut [Extreme<T::Key>]) {
        out.fill(Extreme::EMPTY);
        for row in rows.iter() {
            for (o, x) in out.iter_mut().zip(row) {
                *o = o.with(x.key(), !x.is_finite());
            }
        }
    }
}
