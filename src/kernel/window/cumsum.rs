//! `cumsum`: running sums along one axis, carried from tile to tile.
//!
//! Owns the arithmetic of running sums: exact integers, floats in twice their digits, one rounding at the end. Refuses
//! to know blocks, tiles and how lines lie in memory (see `scan`).

use super::monoid::{LANES, Lanes, Words};
use super::scan::{AXES, Along, Carried, Front, one_real, variant};
use crate::array::{ArraySpec, DType};
use crate::kernel::dd::Dd;
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Variant};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "cumsum",
    family: Family::Window,
    summary: "running sum along one axis",
    doc: "The result at i is the sum of the elements 0 ..= i along the axis, as numpy.cumsum. Shape and axis names are \
          kept. Signed integers and bool give i64, unsigned ones u64, exact, and a sum beyond that is an error that \
          names the index; floats keep their dtype and are summed in twice the precision of f64 and rounded at the \
          end; complex is refused. NaN propagates: all that follows is NaN. With skipna a NaN stays in its place and \
          the sum goes on after it, as in pandas. One sweep; tiles pass their carry along the axis in order.",
    params: &[
        AXES,
        ParamInfo {
            name: "skipna",
            kind: Kind::Bool,
            default: Some("false"),
            doc: "whether the sum goes on after a NaN",
        },
    ],
    example: "[[step]]\nkernel = \"cumsum\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Cumsum { params: params.clone() })),
};

#[derive(Debug)]
struct Cumsum {
    params: Params,
}

impl Kernel for Cumsum {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let (input, axis) = one_real(INFO.name, &self.params, inputs)?;
        Ok(bind(input, Along::forward(axis), self.params.bool("skipna", false)))
    }
}

fn bind(input: &ArraySpec, along: Along, skipna: bool) -> Vec<Variant> {
    let (sums, output) = match input.dtype {
        d if d.is_float() => (Sums::Float { skipna }, d),
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => (Sums::Unsigned, DType::U64),
        _ => (Sums::Signed, DType::I64),
    };
    variant(input, output, along, sums)
}

/// Two words of a sum: those of a [`Dd`], or low and high of an `i128`, which no count of 64-bit
/// integers overflows.
type Pair = [u64; 2];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sums {
    Float { skipna: bool },
    Signed,
    Unsigned,
}

impl Sums {
    /// Whether an integer sum has left the dtype of the output.
    fn leaves(self, sum: i128) -> bool {
        match self {
            Sums::Float { .. } => false,
            Sums::Signed => i64::try_from(sum).is_err(),
            Sums::Unsigned => u64::try_from(sum).is_err(),
        }
    }

    fn message(self, sum: i128) -> String {
        let (dtype, range) = match self {
            Sums::Unsigned => ("u64", format!("0 to {}", u64::MAX)),
            _ => ("i64", format!("{} to {}", i64::MIN, i64::MAX)),
        };
        format!("the running sum is {sum}, beyond {dtype} ({range}); cast to f64 before cumsum")
    }
}

impl Carried<2> for Sums {
    fn words(&self) -> Words {
        if matches!(self, Sums::Float { .. }) { Words::Real } else { Words::Whole }
    }

    fn missing(&self) -> u64 {
        0
    }

    fn none(&self) -> Pair {
        [0, 0]
    }

    /// Of floats a pair, of integers the sums of their low and high 32 bits apart, so that 2^32 of them cannot
    /// overflow.
    #[inline(always)]
    fn add(&self, values: &[Lanes], totals: &mut [Lanes; 2]) {
        let [mut a, mut b] = *totals;
        for row in values {
            for k in 0..LANES {
                match *self {
                    Sums::Float { skipna } => {
                        let sum = dd(a[k], b[k]).add_f64(counted(row[k], skipna));
                        (a[k], b[k]) = (sum.hi.to_bits(), sum.lo.to_bits());
                    }
                    Sums::Signed => {
                        a[k] = a[k].wrapping_add(row[k] & 0xffff_ffff);
                        b[k] = b[k].wrapping_add(((row[k] as i64) >> 32) as u64);
                    }
                    Sums::Unsigned => {
                        a[k] = a[k].wrapping_add(row[k] & 0xffff_ffff);
                        b[k] = b[k].wrapping_add(row[k] >> 32);
                    }
                }
            }
        }
        *totals = [a, b];
    }

    fn total(&self, totals: &[Lanes; 2], k: usize) -> Pair {
        match self {
            Sums::Float { .. } => [totals[0][k], totals[1][k]],
            Sums::Signed => halves((i128::from(totals[1][k] as i64) << 32) + i128::from(totals[0][k])),
            Sums::Unsigned => halves((i128::from(totals[1][k]) << 32) + i128::from(totals[0][k])),
        }
    }

    fn join(&self, a: Pair, b: Pair) -> Pair {
        match self {
            Sums::Float { .. } => {
                let sum = dd(a[0], a[1]) + dd(b[0], b[1]);
                [sum.hi.to_bits(), sum.lo.to_bits()]
            }
            _ => halves(whole(a).wrapping_add(whole(b))),
        }
    }

    /// Integers go on from the carry itself, and count in the second word whether one overflowed.
    fn begin(&self, carry: &[Lanes; 2]) -> [Lanes; 2] {
        let from = if matches!(self, Sums::Float { .. }) { [0; LANES] } else { carry[0] };
        [from, [0; LANES]]
    }

    #[inline(always)]
    fn run(&self, values: &[Lanes], front: &mut Front<2>, results: &mut [Lanes]) {
        match *self {
            Sums::Float { skipna } => run_floats(values, skipna, front, results),
            Sums::Signed => run_integers(values, true, front, results),
            Sums::Unsigned => run_integers(values, false, front, results),
        }
    }

    fn is_lost(&self, carry: Pair) -> bool {
        self.leaves(whole(carry))
    }

    fn has_left(&self, inside: &[Lanes; 2], lanes: usize) -> bool {
        !matches!(self, Sums::Float { .. }) && inside[1][..lanes].iter().any(|over| *over != 0)
    }

    fn beyond(&self, carry: Pair, values: &mut dyn Iterator<Item = u64>) -> Option<(i64, String)> {
        let mut sum = whole(carry);
        if self.leaves(sum) {
            // The tile before failed as well: it is the last sum of that one.
            return Some((-1, self.message(sum)));
        }
        for (nth, word) in (0..).zip(values) {
            sum += if *self == Sums::Signed { i128::from(word as i64) } else { i128::from(word) };
            if self.leaves(sum) {
                return Some((nth, self.message(sum)));
            }
        }
        None
    }
}

/// Running sums of floats.
#[inline(always)]
fn run_floats(values: &[Lanes], skipna: bool, front: &mut Front<2>, results: &mut [Lanes]) {
    let [mut hi, mut lo] = front.inside;
    for (row, result) in values.iter().zip(results) {
        for k in 0..LANES {
            let inside = dd(hi[k], lo[k]).add_f64(counted(row[k], skipna));
            (hi[k], lo[k]) = (inside.hi.to_bits(), inside.lo.to_bits());
            let sum = (dd(front.carry[0][k], front.carry[1][k]) + inside).to_f64();
            let missing = f64::from_bits(row[k]).is_nan();
            result[k] = if missing { f64::NAN } else { sum }.to_bits();
        }
    }
    front.inside = [hi, lo];
}

/// Running sums of integers, from what is inside; its second word is not 0 where one overflowed.
#[inline(always)]
fn run_integers(values: &[Lanes], signed: bool, front: &mut Front<2>, results: &mut [Lanes]) {
    let [mut sums, mut over] = front.inside;
    for (row, result) in values.iter().zip(results) {
        for k in 0..LANES {
            let (before, x) = (sums[k], row[k]);
            let sum = before.wrapping_add(x);
            over[k] |= if signed { ((before ^ sum) & (x ^ sum)) >> 63 } else { u64::from(sum < x) };
            sums[k] = sum;
        }
        *result = sums;
    }
    front.inside = [sums, over];
}

/// What a float adds to a sum.
#[inline(always)]
fn counted(word: u64, skipna: bool) -> f64 {
    let x = f64::from_bits(word);
    if skipna && x.is_nan() { 0.0 } else { x }
}

#[inline(always)]
fn dd(hi: u64, lo: u64) -> Dd {
    Dd { hi: f64::from_bits(hi), lo: f64::from_bits(lo) }
}

fn halves(sum: i128) -> Pair {
    [sum as u64, (sum >> 64) as u64]
}

fn whole(pair: Pair) -> i128 {
    (i128::from(pair[1] as i64) << 64) | i128::from(pair[0])
}

#[cfg(test)]
#[path = "cumsum_tests.rs"]
mod tests;
