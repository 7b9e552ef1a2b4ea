//! `cumprod`: running products along one axis, carried from tile to tile.
//!
//! Owns the arithmetic of running products: integers by magnitude and sign, floats as a pair of f64 with an exponent
//! of its own, so that no product on the way overflows. Refuses to know blocks, tiles and how lines lie in memory (see
//! `scan`).

use super::monoid::{LANES, Lanes, Words};
use super::scan::{AXES, Along, Carried, Front, one_real, variant};
use crate::array::{ArraySpec, DType};
use crate::kernel::reduce::dd::{quick_two_sum, two_product};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Variant};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "cumprod",
    family: Family::Window,
    summary: "running product along one axis",
    doc: "The result at i is the product of the elements 0 ..= i along the axis, as numpy.cumprod. Shape and axis names \
          are kept. Signed integers and bool give i64, unsigned ones u64, exact, and a product beyond that is an error \
          that names the index. Floats keep their dtype; they are multiplied in twice the precision of f64 with an \
          unbounded exponent and rounded at the end, so that what was too large or too small on the way does not \
          matter: 1e200, 1e200, 1e-300 give 1e200, inf, 1e100. A zero times an infinity is NaN, wherever they stand. \
          Complex is refused. NaN propagates: all that follows is NaN. With skipna a NaN stays in its place and the \
          product goes on after it, as in pandas. One sweep; tiles pass their carry along the axis in order.",
    params: &[
        AXES,
        ParamInfo {
            name: "skipna",
            kind: Kind::Bool,
            default: Some("false"),
            doc: "whether the product goes on after a NaN",
        },
    ],
    example: "[[step]]\nkernel = \"cumprod\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Cumprod { params: params.clone() })),
};

#[derive(Debug)]
struct Cumprod {
    params: Params,
}

impl Kernel for Cumprod {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let (input, axis) = one_real(INFO.name, &self.params, inputs)?;
        Ok(bind(input, Along::forward(axis), self.params.bool("skipna", false)))
    }
}

fn bind(input: &ArraySpec, along: Along, skipna: bool) -> Vec<Variant> {
    match input.dtype {
        d if d.is_float() => variant(input, d, along, Reals { skipna }),
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => {
            variant(input, DType::U64, along, Integers { signed: false })
        }
        _ => variant(input, DType::I64, along, Integers { signed: true }),
    }
}

/// Products of 64-bit integers: the magnitude, and a word of two bits. A product beyond 64 bits stays marked.
#[derive(Debug)]
struct Integers {
    signed: bool,
}

/// The product is negative, where it is not zero.
const MINUS: u64 = 1;
/// It, or one before it, was beyond the dtype.
const BEYOND: u64 = 2;

impl Integers {
    #[inline(always)]
    fn times(&self, product: [u64; 2], factor: [u64; 2]) -> [u64; 2] {
        let (size, over) = product[0].overflowing_mul(factor[0]);
        [size, (product[1] ^ (factor[1] & MINUS)) | (factor[1] & BEYOND) | (u64::from(over) << 1)]
    }

    #[inline(always)]
    fn factor(&self, word: u64) -> [u64; 2] {
        if self.signed { [(word as i64).unsigned_abs(), word >> 63] } else { [word, 0] }
    }

    /// Marks a magnitude that the output cannot hold: signed ones end at 2^63 - 1, and at 2^63 below zero.
    #[inline(always)]
    fn checked(&self, product: [u64; 2]) -> [u64; 2] {
        let most = (i64::MAX as u64) + (product[1] & MINUS);
        [product[0], product[1] | (u64::from(self.signed && product[0] > most) << 1)]
    }

    fn message(&self, before: [u64; 2], word: u64) -> String {
        let (size, x) = (i128::from(before[0]), i128::from(word));
        let (dtype, range, x) = match self.signed {
            true => ("i64", format!("{} to {}", i64::MIN, i64::MAX), i128::from(word as i64)),
            false => ("u64", format!("0 to {}", u64::MAX), x),
        };
        let before = if before[1] & MINUS > 0 { -size } else { size };
        format!("the running product is {before} * {x}, beyond {dtype} ({range}); cast to f64 before cumprod")
    }
}

impl Carried<2> for Integers {
    fn words(&self) -> Words {
        Words::Whole
    }

    fn missing(&self) -> u64 {
        1
    }

    fn none(&self) -> [u64; 2] {
        [1, 0]
    }

    #[inline(always)]
    fn add(&self, values: &[Lanes], totals: &mut [Lanes; 2]) {
        let [mut size, mut marks] = *totals;
        for row in values {
            for k in 0..LANES {
                [size[k], marks[k]] = self.times([size[k], marks[k]], self.factor(row[k]));
            }
        }
        *totals = [size, marks];
    }

    fn join(&self, carry: [u64; 2], total: [u64; 2]) -> [u64; 2] {
        // After a zero every product is zero, whatever a block is by itself.
        if carry[1] & BEYOND == 0 && carry[0] == 0 { [0, 0] } else { self.checked(self.times(carry, total)) }
    }

    fn begin(&self, carry: &[Lanes; 2]) -> [Lanes; 2] {
        *carry
    }

    #[inline(always)]
    fn run(&self, values: &[Lanes], front: &mut Front<2>, results: &mut [Lanes]) {
        let [mut size, mut marks] = front.inside;
        for (row, result) in values.iter().zip(results) {
            for k in 0..LANES {
                [size[k], marks[k]] = self.checked(self.times([size[k], marks[k]], self.factor(row[k])));
                result[k] = if marks[k] & MINUS > 0 { size[k].wrapping_neg() } else { size[k] };
            }
        }
        front.inside = [size, marks];
    }

    fn is_lost(&self, carry: [u64; 2]) -> bool {
        carry[1] & BEYOND > 0
    }

    fn has_left(&self, inside: &[Lanes; 2], lanes: usize) -> bool {
        inside[1][..lanes].iter().any(|marks| marks & BEYOND > 0)
    }

    fn beyond(&self, carry: [u64; 2], values: &mut dyn Iterator<Item = u64>) -> Option<(i64, String)> {
        let mut product = carry;
        if self.is_lost(carry) {
            return None;
        }
        for (nth, word) in (0..).zip(values) {
            let before = product;
            product = self.checked(self.times(product, self.factor(word)));
            if self.is_lost(product) {
                return Some((nth, self.message(before, word)));
            }
        }
        None
    }
}

/// Products of floats: `(hi + lo) * 2^exponent` with `hi` from 1 to 2, or zero, infinite or NaN.
#[derive(Debug)]
struct Reals {
    skipna: bool,
}

#[derive(Clone, Copy)]
struct Product {
    hi: f64,
    lo: f64,
    exponent: i64,
}

const ONE: u64 = 1023 << 52;
const FIELD: u64 = 0x7ff << 52;

/// A number as a factor from 1 to 2 (with its sign) and a power of two; zero, infinities and NaN as they are.
#[inline(always)]
fn apart(x: f64) -> (f64, i64) {
    let subnormal = x.to_bits() & FIELD == 0;
    let scaled = if subnormal { x * 18_014_398_509_481_984.0 } else { x };
    let bits = scaled.to_bits();
    let field = bits & FIELD;
    let plain = field != 0 && field != FIELD;
    let exponent = (field >> 52) as i64 - 1023 - if subnormal { 54 } else { 0 };
    let factor = f64::from_bits((bits & !FIELD) | ONE);
    (if plain { factor } else { x }, if plain { exponent } else { 0 })
}

/// A power of two that is a normal f64.
#[inline(always)]
fn power(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

impl Product {
    #[inline(always)]
    fn of(x: f64) -> Product {
        let (hi, exponent) = apart(x);
        Product { hi, lo: 0.0, exponent }
    }

    #[inline(always)]
    fn times(self, other: Product) -> Product {
        let (p, e) = two_product(self.hi, other.hi);
        let (hi, lo) = quick_two_sum(p, e + (self.hi * other.lo + self.lo * other.hi));
        let number = p.is_finite();
        let (hi, lo) = if number { (hi, lo) } else { (p, 0.0) };
        // A sum with a zero would lose its sign.
        let hi = if p == 0.0 { p } else { hi };
        let (hi, more) = apart(hi);
        Product { hi, lo: lo * power(-more), exponent: self.exponent + other.exponent + more }
    }

    /// Rounded to f64; a subnormal result is rounded a second time.
    #[inline(always)]
    fn to_f64(self) -> f64 {
        let sum = if self.lo == 0.0 { self.hi } else { self.hi + self.lo };
        // Two steps, of which the first is exact: one power of two may be beyond f64.
        let exponent = self.exponent.clamp(-1200, 1200);
        let half = exponent >> 1;
        sum * power(half) * power(exponent - half)
    }
}

#[inline(always)]
fn product(words: [u64; 3]) -> Product {
    Product { hi: f64::from_bits(words[0]), lo: f64::from_bits(words[1]), exponent: words[2] as i64 }
}

#[inline(always)]
fn words(p: Product) -> [u64; 3] {
    [p.hi.to_bits(), p.lo.to_bits(), p.exponent as u64]
}

impl Reals {
    /// What an element is as a factor.
    #[inline(always)]
    fn factor(&self, word: u64) -> Product {
        let x = f64::from_bits(word);
        Product::of(if self.skipna && x.is_nan() { 1.0 } else { x })
    }
}

impl Carried<3> for Reals {
    fn words(&self) -> Words {
        Words::Real
    }

    fn missing(&self) -> u64 {
        ONE
    }

    fn none(&self) -> [u64; 3] {
        [ONE, 0, 0]
    }

    #[inline(always)]
    fn add(&self, values: &[Lanes], totals: &mut [Lanes; 3]) {
        let [mut hi, mut lo, mut exponent] = *totals;
        for row in values {
            for k in 0..LANES {
                let next = product([hi[k], lo[k], exponent[k]]).times(self.factor(row[k]));
                [hi[k], lo[k], exponent[k]] = words(next);
            }
        }
        *totals = [hi, lo, exponent];
    }

    fn join(&self, carry: [u64; 3], total: [u64; 3]) -> [u64; 3] {
        words(product(carry).times(product(total)))
    }

    fn begin(&self, _: &[Lanes; 3]) -> [Lanes; 3] {
        self.none().map(|word| [word; LANES])
    }

    #[inline(always)]
    fn run(&self, values: &[Lanes], front: &mut Front<3>, results: &mut [Lanes]) {
        let [mut hi, mut lo, mut exponent] = front.inside;
        for (row, result) in values.iter().zip(results) {
            for k in 0..LANES {
                let inside = product([hi[k], lo[k], exponent[k]]).times(self.factor(row[k]));
                [hi[k], lo[k], exponent[k]] = words(inside);
                let all = product(front.carry.map(|part| part[k])).times(inside).to_f64();
                let missing = f64::from_bits(row[k]).is_nan();
                result[k] = if missing { f64::NAN } else { all }.to_bits();
            }
        }
        front.inside = [hi, lo, exponent];
    }
}

#[cfg(test)]
#[path = "cumprod_tests.rs"]
mod tests;
