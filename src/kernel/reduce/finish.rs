//! From the partials of a whole array to the elements of results.
//!
//! Owns the last rounding of every reduction, and the refusal of sums beyond 64 bits. Refuses to
//! know how partials came about.

use super::extremes::{Extreme, ExtremeItem};
use super::fold::Finish;
use super::moments::Moment;
use super::sums::Total;
use crate::array::{DType, ViewMut, write_f64};
use std::marker::PhantomData;

/// Refused by nobody: every finish writes as many elements as there are cells.
type Done = Result<(), (usize, String)>;

/// Writes one f64 for each cell, rounded to the output's dtype.
fn write_cells<P>(cells: &[P], output: Option<&mut ViewMut>, value: impl Fn(&P) -> f64) -> Done {
    let Some(output) = output else { return Ok(()) };
    const BATCH: usize = 256;
    let dtype = output.dtype();
    let mut values = [0.0; BATCH];
    let batches = cells.chunks(BATCH).zip(output.bytes().chunks_mut(BATCH * dtype.size()));
    for (i, (cells, bytes)) in batches.enumerate() {
        values.iter_mut().zip(cells).for_each(|(v, c)| *v = value(c));
        write_f64(dtype, &values[..cells.len()], bytes)
            .map_err(|at| (i * BATCH + at, format!("NaN has no value as {dtype}")))?;
    }
    Ok(())
}

/// Sums of floats in their own dtype, of integers as `u64` or `i64`.
#[derive(Clone, Copy, Debug)]
pub struct Sum;

impl<P: Total> Finish<P> for Sum {
    fn finish(&self, cells: &[P], outputs: &mut [ViewMut]) -> Done {
        let Some(output) = outputs.first_mut() else { return Ok(()) };
        let dtype = output.dtype();
        let beyond = |cell: usize, sum: i128| {
            let message = format!("the exact sum {sum} lies beyond the range of {dtype}");
            (cell, format!("{message}; cast the input to f64 before it, or sum over fewer axes"))
        };
        match dtype {
            DType::U64 => {
                for (i, (o, c)) in output.data::<u64>().iter_mut().zip(cells).enumerate() {
                    let sum = c.exact().unwrap_or_default();
                    *o = u64::try_from(sum).map_err(|_| beyond(i, sum))?;
                }
                Ok(())
            }
            DType::I64 => {
                for (i, (o, c)) in output.data::<i64>().iter_mut().zip(cells).enumerate() {
                    let sum = c.exact().unwrap_or_default();
                    *o = i64::try_from(sum).map_err(|_| beyond(i, sum))?;
                }
                Ok(())
            }
            _ => write_cells(cells, Some(output), P::sum),
        }
    }
}

/// Sums divided by counts, as f64.
#[derive(Clone, Copy, Debug)]
pub struct Mean {
    /// Elements of each cell.
    pub elements: u64,
}

impl<P: Total> Finish<P> for Mean {
    fn finish(&self, cells: &[P], outputs: &mut [ViewMut]) -> Done {
        write_cells(cells, outputs.first_mut(), |c| c.sum() / c.count(self.elements))
    }
}

/// The variance, or its root, as f64.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub ddof: f64,
    pub root: bool,
}

impl Finish<Moment> for Spread {
    fn finish(&self, cells: &[Moment], outputs: &mut [ViewMut]) -> Done {
        let root = |v: f64| if self.root { v.sqrt() } else { v };
        write_cells(cells, outputs.first_mut(), |c| root(c.variance(self.ddof)))
    }
}

/// Two outputs: the mean and the standard deviation, as f64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MeanStd {
    pub ddof: f64,
}

impl Finish<Moment> for MeanStd {
    fn finish(&self, cells: &[Moment], outputs: &mut [ViewMut]) -> Done {
        let [mean, std] = outputs else { return Ok(()) };
        write_cells(cells, Some(mean), Moment::mean)?;
        write_cells(cells, Some(std), |c| c.variance(self.ddof).sqrt())
    }
}

/// The smallest (`LOW`) or the largest, in the input's dtype.
#[derive(Clone, Copy, Debug)]
pub struct OneExtreme<T, const LOW: bool>(PhantomData<T>);

impl<T, const LOW: bool> OneExtreme<T, LOW> {
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: ExtremeItem, const LOW: bool> Finish<Extreme<T::Key>> for OneExtreme<T, LOW> {
    fn finish(&self, cells: &[Extreme<T::Key>], outputs: &mut [ViewMut]) -> Done {
        let Some(output) = outputs.first_mut() else { return Ok(()) };
        for (o, c) in output.data::<T>().iter_mut().zip(cells) {
            let (low, high) = T::bounds(c);
            *o = if LOW { low } else { high };
        }
        Ok(())
    }
}

/// Two outputs: the smallest and the largest, in the input's dtype.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LowHigh<T>(PhantomData<T>);

impl<T> LowHigh<T> {
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: ExtremeItem> Finish<Extreme<T::Key>> for LowHigh<T> {
    fn finish(&self, cells: &[Extreme<T::Key>], outputs: &mut [ViewMut]) -> Done {
        let [low, high] = outputs else { return Ok(()) };
        for ((l, h), c) in low.data::<T>().iter_mut().zip(high.data::<T>()).zip(cells) {
            (*l, *h) = T::bounds(c);
        }
        Ok(())
    }
}
