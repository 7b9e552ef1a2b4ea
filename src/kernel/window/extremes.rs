//! Running extremes: what `cummax` and `cummin` carry.
//!
//! Owns the order of values, NaN included. Refuses to know which of the two it serves: a minimum is the maximum of
//! keys turned around.

use super::largest::flip;
use super::monoid::{LANES, Lanes, Words};
use super::scan::{AXES, Along, Carried, Front, one_real, variant};
use crate::array::{ArraySpec, DType};
use crate::kernel::{BindError, Kernel, Kind, ParamInfo, Params, Variant};

/// Parameters of both.
pub(super) const PARAMS: &[ParamInfo] = &[
    AXES,
    ParamInfo {
        name: "skipna",
        kind: Kind::Bool,
        default: Some("false"),
        doc: "whether a NaN stays where it is, and the next result goes on without it",
    },
];

/// Either kernel, by its name.
#[derive(Debug)]
pub(super) struct Running {
    pub name: &'static str,
    pub params: Params,
    pub least: bool,
}

impl Kernel for Running {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let (input, axis) = one_real(self.name, &self.params, inputs)?;
        Ok(bind(input, Along::forward(axis), self.least, self.params.bool("skipna", false)))
    }
}

pub(super) fn bind(input: &ArraySpec, along: Along, least: bool, skipna: bool) -> Vec<Variant> {
    let turn = if least { u64::MAX } else { 0 };
    // Narrower integers are f64 as well as any.
    match input.dtype {
        DType::I64 | DType::U64 => variant(input, input.dtype, along, Extreme { turn, kind: Values::Whole }),
        d => variant(input, d, along, Extreme { turn, kind: Values::Real { skipna } }),
    }
}

/// The key of nothing, below all others; of a NaN that is left out as well. No number has it.
const NOTHING: u64 = 1 << 63;
/// The key of a NaN that all later results are: above all others. No number has it.
const POISON: u64 = NOTHING - 1;

#[derive(Clone, Copy, Debug)]
enum Values {
    Real { skipna: bool },
    Whole,
}

/// The largest key so far.
#[derive(Debug)]
struct Extreme {
    /// Turns the order of keys around where all its bits are set.
    turn: u64,
    kind: Values,
}

impl Extreme {
    #[inline(always)]
    fn key(&self, word: u64) -> u64 {
        match self.kind {
            Values::Whole => word ^ self.turn,
            Values::Real { skipna } if f64::from_bits(word).is_nan() => {
                if skipna {
                    NOTHING
                } else {
                    POISON
                }
            }
            Values::Real { .. } => flip(word) ^ self.turn,
        }
    }
}

#[inline(always)]
fn larger(a: u64, b: u64) -> u64 {
    (a as i64).max(b as i64) as u64
}

impl Carried<1> for Extreme {
    fn words(&self) -> Words {
        if matches!(self.kind, Values::Whole) { Words::Key } else { Words::Real }
    }

    fn missing(&self) -> u64 {
        match self.kind {
            Values::Whole => NOTHING ^ self.turn,
            Values::Real { .. } => f64::NAN.to_bits(),
        }
    }

    fn none(&self) -> [u64; 1] {
        [NOTHING]
    }

    #[inline(always)]
    fn add(&self, values: &[Lanes], totals: &mut [Lanes; 1]) {
        let [mut all] = *totals;
        for row in values {
            for k in 0..LANES {
                all[k] = larger(all[k], self.key(row[k]));
            }
        }
        *totals = [all];
    }

    fn join(&self, carry: [u64; 1], total: [u64; 1]) -> [u64; 1] {
        [larger(carry[0], total[0])]
    }

    fn begin(&self, carry: &[Lanes; 1]) -> [Lanes; 1] {
        *carry
    }

    #[inline(always)]
    fn run(&self, values: &[Lanes], front: &mut Front<1>, results: &mut [Lanes]) {
        let [mut all] = front.inside;
        for (row, result) in values.iter().zip(results) {
            for k in 0..LANES {
                all[k] = larger(all[k], self.key(row[k]));
                result[k] = match self.kind {
                    Values::Whole => all[k] ^ self.turn,
                    Values::Real { .. } => {
                        let missing = f64::from_bits(row[k]).is_nan() || all[k] == POISON;
                        if missing { f64::NAN.to_bits() } else { flip(all[k] ^ self.turn) }
                    }
                };
            }
        }
        front.inside = [all];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::trial::{Array, run};

    fn extremes(values: &Array, least: bool, skipna: bool) -> Array {
        let variants = bind(&values.spec, Along { axis: 0, reverse: false, block: 4 }, least, skipna);
        let whole = run(&variants[0], std::slice::from_ref(values), &[1 << 20]).unwrap().remove(0);
        assert_eq!(run(&variants[0], std::slice::from_ref(values), &[5]).unwrap()[0].bytes(), whole.bytes());
        whole
    }

    /// The ends of what keys hold: no number may look like nothing or like a NaN.
    #[test]
    fn the_ends_of_the_range_are_numbers_like_others() {
        let (most, inf) = (f64::MAX, f64::INFINITY);
        let got = extremes(&Array::from(&[7], &[-inf, -most, 0.0, most, inf, -inf, 1.0]), false, false);
        assert_eq!(got.data::<f64>(), [-inf, -most, 0.0, most, inf, inf, inf]);
        let got = extremes(&Array::from(&[4], &[inf, most, -most, -inf]), true, true);
        assert_eq!(got.data::<f64>(), [inf, most, -most, -inf]);
        let got = extremes(&Array::from(&[5], &[i64::MIN, i64::MIN + 1, 0, i64::MAX, 3]), false, false);
        assert_eq!(got.data::<i64>(), [i64::MIN, i64::MIN + 1, 0, i64::MAX, i64::MAX]);
        let got = extremes(&Array::from(&[5], &[u64::MAX, u64::MAX - 1, 1 << 63, 7, 8]), true, false);
        assert_eq!(got.data::<u64>(), [u64::MAX, u64::MAX - 1, 1 << 63, 7, 7]);
    }

    #[test]
    fn a_nan_stays_or_is_left_out() {
        let nan = f32::NAN;
        let values = Array::from(&[9], &[nan, 1.0, nan, -0.0, 3.0, nan, 2.0, 2.0, 9.0]);
        assert!(extremes(&values, false, false).data::<f32>().iter().all(|x| x.is_nan()));
        let want = [nan, 1.0, nan, 1.0, 3.0, nan, 3.0, 3.0, 9.0];
        let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(extremes(&values, false, true).data()), bits(&want));
        let want = [nan, 1.0, nan, -0.0, -0.0, nan, -0.0, -0.0, -0.0];
        assert_eq!(bits(extremes(&values, true, true).data()), bits(&want));
    }
}
