//! Filling missing values from a neighbour: what `ffill` and `bfill` carry.
//!
//! Owns the last value that is not NaN and how far it may go. Refuses to know which way it goes.

use super::monoid::{LANES, Lanes, Words};
use super::scan::{AXES, Along, BLOCK, Carried, Front, one_real, variant};
use crate::array::ArraySpec;
use crate::kernel::math::pointwise::{self, Rows};
use crate::kernel::{BindError, Kernel, Kind, ParamInfo, Params, Variant};

/// Parameters of both.
pub(super) const PARAMS: &[ParamInfo] = &[
    AXES,
    ParamInfo {
        name: "limit",
        kind: Kind::Int { min: 1, max: i64::MAX },
        default: Some(""),
        doc: "how many NaN in a row are filled from one value; unset: all",
    },
];

/// Either kernel, by its name.
#[derive(Debug)]
pub(super) struct Filling {
    pub name: &'static str,
    pub params: Params,
    pub reverse: bool,
}

impl Kernel for Filling {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let (input, axis) = one_real(self.name, &self.params, inputs)?;
        let limit = self.params.int("limit").map_or(u64::MAX, i64::unsigned_abs);
        Ok(bind(input, Along { axis, reverse: self.reverse, block: BLOCK }, limit))
    }
}

pub(super) fn bind(input: &ArraySpec, along: Along, limit: u64) -> Vec<Variant> {
    if input.dtype.is_float() {
        variant(input, input.dtype, along, Last { limit })
    } else {
        // Nothing is missing, and nothing is carried.
        pointwise::variant(input, input.dtype, Same)
    }
}

/// The elements as they are.
#[derive(Debug)]
pub(super) struct Same;

impl Rows for Same {
    fn run(&self, input: &[u8], output: &mut [u8]) -> Result<(), (usize, String)> {
        output.copy_from_slice(input);
        Ok(())
    }
}

/// The last value that is not NaN (a NaN where there was none), and how many NaN came after it.
#[derive(Debug)]
pub(super) struct Last {
    pub limit: u64,
}

impl Carried<2> for Last {
    fn words(&self) -> Words {
        Words::Real
    }

    fn missing(&self) -> u64 {
        f64::NAN.to_bits()
    }

    fn none(&self) -> [u64; 2] {
        [f64::NAN.to_bits(), 0]
    }

    #[inline(always)]
    fn add(&self, values: &[Lanes], totals: &mut [Lanes; 2]) {
        let [mut last, mut gap] = *totals;
        for row in values {
            for k in 0..LANES {
                let missing = f64::from_bits(row[k]).is_nan();
                last[k] = if missing { last[k] } else { row[k] };
                gap[k] = if missing { gap[k] + 1 } else { 0 };
            }
        }
        *totals = [last, gap];
    }

    fn join(&self, carry: [u64; 2], total: [u64; 2]) -> [u64; 2] {
        if f64::from_bits(total[0]).is_nan() { [carry[0], carry[1] + total[1]] } else { total }
    }

    fn begin(&self, carry: &[Lanes; 2]) -> [Lanes; 2] {
        *carry
    }

    #[inline(always)]
    fn run(&self, values: &[Lanes], front: &mut Front<2>, results: &mut [Lanes]) {
        for (row, result) in values.iter().zip(results) {
            self.add(std::slice::from_ref(row), &mut front.inside);
            let [last, gap] = &front.inside;
            for k in 0..LANES {
                result[k] = if gap[k] <= self.limit { last[k] } else { f64::NAN.to_bits() };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::trial::{Array, run};

    fn filled(values: &[f64], reverse: bool, limit: u64) -> Vec<u64> {
        let array = Array::from(&[values.len() as u64], values);
        let variants = bind(&array.spec, Along { axis: 0, reverse, block: 4 }, limit);
        let whole = run(&variants[0], std::slice::from_ref(&array), &[1000]).unwrap().remove(0);
        for tile in [1, 9, 16] {
            assert_eq!(run(&variants[0], std::slice::from_ref(&array), &[tile]).unwrap()[0].bytes(), whole.bytes());
        }
        whole.data::<f64>().iter().map(|x| x.to_bits()).collect()
    }

    #[test]
    fn gaps_are_filled_from_before_or_from_behind_up_to_the_limit() {
        for n in [0usize, 1, 3, 4, 5, 30, 101] {
            for (a, b) in [(7, 3), (11, 1), (2, 1), (50, 1)] {
                let values: Vec<f64> = (0..n).map(|i| if i * 5 % a < b { i as f64 } else { f64::NAN }).collect();
                for limit in [1, 2, 6, 40, u64::MAX] {
                    let near = |i: usize, j: usize| i.abs_diff(j) as u64 <= limit && !values[j].is_nan();
                    let before = |i| (0..=i).rev().find(|j| !values[*j].is_nan()).filter(|j| near(i, *j));
                    let behind = |i| (i..n).find(|j| !values[*j].is_nan()).filter(|j| near(i, *j));
                    let bits = |j: Option<usize>| j.map_or(f64::NAN, |j| values[j]).to_bits();
                    let want: Vec<u64> = (0..n).map(|i| bits(before(i))).collect();
                    assert_eq!(filled(&values, false, limit), want, "{values:?} {limit}");
                    let want: Vec<u64> = (0..n).map(|i| bits(behind(i))).collect();
                    assert_eq!(filled(&values, true, limit), want, "back {values:?} {limit}");
                }
            }
        }
    }

    #[test]
    fn integers_carry_nothing() {
        let input = ArraySpec::new(crate::array::DType::U16, &[4, 5000]);
        let contract = &bind(&input, Along::forward(1), 3)[0].stages[0].contract;
        assert_eq!((&contract.order, &contract.anchor), (&crate::kernel::Order::Any, &vec![1, 1]));
    }
}
