//! What is kept for each group and kept cell: a count, exact sums, the extremes.
//!
//! Owns the results of groups of nothing. Each is exact until the last rounding, so that joining in any order gives
//! the same bits. Refuses to know labels.

use super::super::extremes::{Extreme as Ends, ExtremeItem, Key};
use super::super::quantile::put_value;
use super::walk::Slots;
use crate::array::{DType, ViewMut};
use crate::kernel::exact::{self, Exact, Long};

/// The statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Sum,
    Mean,
    Count,
    Min,
    Max,
    Std,
    Var,
    Median,
}

impl What {
    /// By its name among the choices of the parameter.
    pub fn parse(name: &str) -> What {
        match name {
            "sum" => What::Sum,
            "count" => What::Count,
            "min" => What::Min,
            "max" => What::Max,
            "std" => What::Std,
            "var" => What::Var,
            "median" => What::Median,
            _ => What::Mean,
        }
    }
}

/// Counts alone.
#[derive(Clone, Copy, Debug)]
pub struct Counts;

impl<T> Slots<T> for Counts {
    type Held = Vec<u64>;

    fn bytes(&self) -> u64 {
        8
    }

    fn empty(&self, n: usize) -> Vec<u64> {
        vec![0; n]
    }

    fn announce(&self, _: &mut Vec<u64>, _: u64) {}

    #[inline(always)]
    fn add(&self, held: &mut Vec<u64>, slot: usize, _: T) {
        held[slot] += 1;
    }

    fn join(&self, held: &mut Vec<u64>, other: Vec<u64>) {
        held.iter_mut().zip(other).for_each(|(a, b)| *a += b);
    }

    fn put(&self, held: &Vec<u64>, slot: usize, output: &mut ViewMut, at: usize) -> Result<(), String> {
        output.data::<i64>()[at] = held[slot] as i64;
        Ok(())
    }
}

/// The smallest or the largest.
#[derive(Clone, Copy, Debug)]
pub struct Extreme {
    pub smallest: bool,
}

impl<T: ExtremeItem> Slots<T> for Extreme {
    /// The other way around where there was nothing.
    type Held = Vec<Ends<T::Key>>;

    fn bytes(&self) -> u64 {
        size_of::<Ends<T::Key>>() as u64
    }

    fn empty(&self, n: usize) -> Self::Held {
        vec![Ends { low: T::Key::MAX, high: T::Key::MIN }; n]
    }

    fn announce(&self, _: &mut Self::Held, _: u64) {}

    #[inline(always)]
    fn add(&self, held: &mut Self::Held, slot: usize, x: T) {
        let (own, key) = (&mut held[slot], x.key());
        *own = Ends { low: own.low.min(key), high: own.high.max(key) };
    }

    fn join(&self, held: &mut Self::Held, other: Self::Held) {
        for (a, b) in held.iter_mut().zip(other) {
            *a = Ends { low: a.low.min(b.low), high: a.high.max(b.high) };
        }
    }

    fn put(&self, held: &Self::Held, slot: usize, output: &mut ViewMut, at: usize) -> Result<(), String> {
        let own = held[slot];
        if own.low > own.high && !T::DTYPE.is_float() {
            let which = if self.smallest { "min" } else { "max" };
            return Err(format!(
                "the {which} of nothing; cast the array to a float, which gives NaN, or use fewer groups"
            ));
        }
        let (low, high) = T::bounds(&own);
        output.data::<T>()[at] = if self.smallest { low } else { high };
        Ok(())
    }
}

/// Exact sums; with `SQUARES` of squares, too.
#[derive(Clone, Copy, Debug)]
pub struct Sums<const SQUARES: bool> {
    pub what: What,
    pub ddof: u64,
}

/// Sums of some slots.
pub struct Summed {
    counts: Vec<u64>,
    /// What is not finite is noted, not added: NaN 1, infinity 2, negative infinity 4.
    special: Vec<u8>,
    sums: Vec<i64>,
    squares: Vec<i64>,
    /// Elements that were added since carries were settled.
    added: u64,
}

const NAN: u8 = 1;
const PLUS: u8 = 2;
const MINUS: u8 = 4;

impl Summed {
    fn settle<T: Exact>(&mut self) {
        self.sums.chunks_mut(exact::digits::<T>(1)).for_each(exact::settle);
        self.squares.chunks_mut(exact::digits::<T>(2)).for_each(exact::settle);
        self.added = 0;
    }

    /// Counts elements to come, before a digit could overflow.
    fn announce<T: Exact>(&mut self, elements: u64) {
        self.added += elements;
        if self.added > exact::ADDS_MAX {
            self.settle::<T>();
            self.added = elements;
        }
    }
}

impl<const SQUARES: bool> Sums<SQUARES> {
    fn value<T: Exact>(&self, held: &Summed, slot: usize) -> f64 {
        let (n, special) = (held.counts[slot], held.special[slot]);
        let squared = matches!(self.what, What::Std | What::Var);
        if special & NAN > 0 || special & (PLUS | MINUS) == PLUS | MINUS || (special > 0 && squared) {
            return f64::NAN;
        }
        if special > 0 {
            return if special & PLUS > 0 { f64::INFINITY } else { f64::NEG_INFINITY };
        }
        let sum = self.sum::<T>(held, slot);
        match self.what {
            What::Sum => sum.round(),
            What::Std | What::Var => {
                let digits = exact::digits::<T>(2);
                let squares = Long::of::<T>(&held.squares[slot * digits..][..digits], 2);
                let var = exact::variance(&sum, &squares, n, self.ddof);
                if self.what == What::Std { var.sqrt() } else { var }
            }
            _ => sum.over(n),
        }
    }

    fn sum<T: Exact>(&self, held: &Summed, slot: usize) -> Long {
        let digits = exact::digits::<T>(1);
        Long::of::<T>(&held.sums[slot * digits..][..digits], 1)
    }
}

impl<T: Exact, const SQUARES: bool> Slots<T> for Sums<SQUARES> {
    type Held = Summed;

    fn bytes(&self) -> u64 {
        let squares = if SQUARES { exact::digits::<T>(2) } else { 0 };
        (exact::digits::<T>(1) + squares) as u64 * 8 + 8 + 1
    }

    fn empty(&self, n: usize) -> Summed {
        let squares = if SQUARES { n * exact::digits::<T>(2) } else { 0 };
        Summed {
            counts: vec![0; n],
            special: vec![0; n],
            sums: vec![0; n * exact::digits::<T>(1)],
            squares: vec![0; squares],
            added: 0,
        }
    }

    fn announce(&self, held: &mut Summed, elements: u64) {
        held.announce::<T>(elements);
    }

    #[inline(always)]
    fn add(&self, held: &mut Summed, slot: usize, x: T) {
        held.counts[slot] += 1;
        if !x.is_finite() {
            let positive = if x.value() > 0.0 { PLUS } else { MINUS };
            held.special[slot] |= if x.is_nan() { NAN } else { positive };
            return;
        }
        let digits = exact::digits::<T>(1);
        exact::add(&mut held.sums[slot * digits..][..digits], x);
        if SQUARES {
            let digits = exact::digits::<T>(2);
            exact::add_square(&mut held.squares[slot * digits..][..digits], x);
        }
    }

    fn join(&self, held: &mut Summed, mut other: Summed) {
        if held.added + other.added >= exact::ADDS_MAX {
            held.settle::<T>();
            other.settle::<T>();
        }
        // What is settled counts as one element more.
        held.added += other.added + 1;
        held.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        held.special.iter_mut().zip(&other.special).for_each(|(a, b)| *a |= b);
        exact::join(&mut held.sums, &other.sums);
        exact::join(&mut held.squares, &other.squares);
    }

    fn put(&self, held: &Summed, slot: usize, output: &mut ViewMut, at: usize) -> Result<(), String> {
        let dtype = output.dtype();
        if !matches!(dtype, DType::I64 | DType::U64) {
            put_value(output, at, self.value::<T>(held, slot));
            return Ok(());
        }
        let sum = self.sum::<T>(held, slot).whole().unwrap_or(i128::MAX);
        let beyond =
            |_| format!("the exact sum {sum} lies beyond the range of {dtype}; cast the array to f64 before it");
        match dtype {
            DType::I64 => output.data::<i64>()[at] = i64::try_from(sum).map_err(beyond)?,
            _ => output.data::<u64>()[at] = u64::try_from(sum).map_err(beyond)?,
        }
        Ok(())
    }
}
