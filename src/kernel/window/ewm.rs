//! Exponentially weighted statistics along one axis: what `ewm_mean`, `ewm_var` and `ewm_std` carry.
//!
//! Owns their parameters, the weights, and the joining of weighted means and squares of deviations. Refuses to know
//! blocks, tiles and how lines lie in memory (see `scan`).
//!
//! ```text
//! adjust       weights d^k of the value k places back:          W = D·W' + W", means joined by their weights
//! not adjust   what is there keeps d^k / (d^k + alpha) at each value after a gap of k places, so that a block is a
//!              mixture of its first value, into which all before it goes, and of the rest, which knows nothing of it
//! ```

use super::monoid::{LANES, Lanes, Words};
use super::scan::{AXES, Along, Carried, Front, one_real, variant};
use crate::array::ArraySpec;
use crate::kernel::dd::two_sum;
use crate::kernel::reduce::dd::quick_two_sum;
use crate::kernel::{BindError, Kernel, Kind, ParamInfo, Params, Variant};

const ALPHA: ParamInfo = ParamInfo {
    name: "alpha",
    kind: Kind::Float { min: 0.0, max: 1.0 },
    default: Some(""),
    doc: "the share of a new value, above 0; give this or one of com, span, halflife",
};
const COM: ParamInfo = ParamInfo {
    name: "com",
    kind: Kind::Float { min: 0.0, max: f64::MAX },
    default: Some(""),
    doc: "centre of mass in places: alpha = 1 / (1 + com)",
};
const SPAN: ParamInfo = ParamInfo {
    name: "span",
    kind: Kind::Float { min: 1.0, max: f64::MAX },
    default: Some(""),
    doc: "span in places: alpha = 2 / (span + 1)",
};
const HALFLIFE: ParamInfo = ParamInfo {
    name: "halflife",
    kind: Kind::Float { min: f64::MIN_POSITIVE, max: f64::MAX },
    default: Some(""),
    doc: "places after which a weight is half of what it was: alpha = 1 - 0.5^(1 / halflife)",
};
const ADJUST: ParamInfo = ParamInfo {
    name: "adjust",
    kind: Kind::Bool,
    default: Some("true"),
    doc: "whether weights are divided by their sum; false: y = (1 - alpha) y + alpha x from the first value on",
};
const IGNORE_NA: ParamInfo = ParamInfo {
    name: "ignore_na",
    kind: Kind::Bool,
    default: Some("false"),
    doc: "whether the place of a NaN does not count either, so that weights follow from the values alone",
};
const MIN_COUNT: ParamInfo = ParamInfo {
    name: "min_count",
    kind: Kind::Int { min: 1, max: i64::MAX },
    default: Some("1"),
    doc: "values (not NaN) so far below which a result is NaN",
};
const BIAS: ParamInfo = ParamInfo {
    name: "bias",
    kind: Kind::Bool,
    default: Some("false"),
    doc: "whether the weighted mean of squares is left as it is; false: divided by what remains of 1 when the sum of squared \
          shares is taken away",
};

/// Parameters of a mean.
pub(super) const PARAMS: &[ParamInfo] = &[ALPHA, COM, SPAN, HALFLIFE, ADJUST, IGNORE_NA, MIN_COUNT, AXES];
/// Parameters of a spread.
pub(super) const SPREAD_PARAMS: &[ParamInfo] = &[ALPHA, COM, SPAN, HALFLIFE, ADJUST, IGNORE_NA, MIN_COUNT, BIAS, AXES];

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Mean,
    Variance,
    Deviation,
}

/// The share of a new value, and what remains of a weight from one place to the next.
fn alpha_and_decay(params: &Params) -> Result<(f64, f64), BindError> {
    let given: Vec<&str> =
        ["alpha", "com", "span", "halflife"].into_iter().filter(|n| params.get(n).is_some()).collect();
    let name = match given[..] {
        [name] => name,
        [] => {
            let message = "one of alpha, com, span and halflife must be given: how fast are values to be forgotten?";
            return Err(BindError::param("alpha", message).help("span = 20 weighs about the last 20 places"));
        }
        [first, second, ..] => {
            let message = format!("{first} and {second} are given, and both say how fast values are forgotten");
            return Err(BindError::param(second, message).help("give one of alpha, com, span and halflife"));
        }
    };
    let x = params.float(name).unwrap_or(1.0);
    let (alpha, decay) = match name {
        "alpha" if x == 0.0 => {
            let message = "alpha = 0 is not allowed: no value would count; it takes a number above 0, up to 1";
            return Err(BindError::param("alpha", message));
        }
        "alpha" => (x, 1.0 - x),
        "com" => (1.0 / (1.0 + x), x / (1.0 + x)),
        "span" => (2.0 / (x + 1.0), (x - 1.0) / (x + 1.0)),
        _ => {
            let exponent = -std::f64::consts::LN_2 / x;
            (-libm::expm1(exponent), libm::exp(exponent))
        }
    };
    Ok((alpha, decay))
}

/// Any of the three, by its name.
#[derive(Debug)]
pub(super) struct Ewm {
    name: &'static str,
    params: Params,
    wish: Wish,
    alpha: f64,
    decay: f64,
}

impl Ewm {
    pub fn parse(name: &'static str, params: &Params, wish: Wish) -> Result<Box<dyn Kernel>, BindError> {
        let (alpha, decay) = alpha_and_decay(params)?;
        Ok(Box::new(Ewm { name, params: params.clone(), wish, alpha, decay }))
    }

    pub fn bind_along(&self, input: &ArraySpec, along: Along) -> Vec<Variant> {
        let adjust = self.params.bool("adjust", true);
        let weights = Weights {
            decay: self.decay,
            new: if adjust { 1.0 } else { self.alpha },
            adjust,
            ignore_na: self.params.bool("ignore_na", false),
            min_count: self.params.int("min_count").unwrap_or(1).unsigned_abs(),
            bias: self.params.bool("bias", false),
            root: self.wish == Wish::Deviation,
        };
        let output = input.dtype.real();
        match self.wish {
            Wish::Mean => variant::<_, MEAN>(input, output, along, weights),
            _ => variant::<_, SPREAD>(input, output, along, weights),
        }
    }
}

impl Kernel for Ewm {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let (input, axis) = one_real(self.name, &self.params, inputs)?;
        Ok(self.bind_along(input, Along::forward(axis)))
    }
}

/// Words of what a mean carries, and those of a spread, which has two more.
const MEAN: usize = 8;
const SPREAD: usize = 10;

/// How values are weighted.
#[derive(Debug)]
struct Weights {
    decay: f64,
    /// Weight of a new value beside what is there.
    new: f64,
    adjust: bool,
    ignore_na: bool,
    min_count: u64,
    bias: bool,
    root: bool,
}

/// Values with weights: their mean in two parts, the mean of the squares of deviations from it, and the sum of the
/// products of all pairs of shares, which is 1 less the sum of their squares.
#[derive(Clone, Copy, Debug)]
struct Mixture {
    mean: f64,
    rest: f64,
    squares: f64,
    pairs: f64,
}

impl Mixture {
    #[inline(always)]
    fn of(x: f64) -> Mixture {
        Mixture { mean: x, rest: 0.0, squares: 0.0, pairs: 0.0 }
    }

    /// This one by a share of `keep` and another by `share`, which are 1 together.
    #[inline(always)]
    fn and(self, other: Mixture, keep: f64, share: f64) -> Mixture {
        let (a, b) = (self, other);
        let delta = (b.mean - a.mean) + (b.rest - a.rest);
        // From the side that has more: what is added is small where the other side hardly counts.
        let far = share > 0.5;
        let base = if far { b } else { a };
        let (sum, lost) = two_sum(base.mean, if far { -(delta * keep) } else { delta * share });
        let (mean, rest) = quick_two_sum(sum, base.rest + lost);
        // Where a difference overflows or something is infinite.
        let plain = a.mean * keep + b.mean * share;
        let (mean, rest) = if rest.is_finite() { (mean, rest) } else { (plain, 0.0) };
        let both = Mixture {
            mean,
            rest,
            squares: keep * a.squares + share * b.squares + (keep * delta) * (share * delta),
            pairs: keep * keep * a.pairs + share * share * b.pairs + 2.0 * keep * share,
        };
        if keep == 0.0 {
            b
        } else if share == 0.0 {
            a
        } else {
            both
        }
    }
}

/// What a line left behind, or what a block adds to that.
#[derive(Clone, Copy, Debug)]
struct Past {
    /// Weight of all at the last value; of a block that is not adjusted the share of `all`.
    weight: f64,
    /// What remains of a weight since the last value.
    decay: f64,
    count: u64,
    /// Of a block: places that count, up to its last value where adjusted, else up to its first; all where it has none.
    lead: u64,
    /// Of a block: all places that count where adjusted, else the bits of its first value.
    more: u64,
    /// Of a block that is not adjusted: the share of its first value.
    left: f64,
    /// All values; of a block that is not adjusted those after the first.
    all: Mixture,
}

impl Past {
    #[inline(always)]
    fn load<const P: usize>(word: impl Fn(usize) -> u64) -> Past {
        let real = |i: usize| f64::from_bits(word(i));
        let (squares, pairs) = if P == SPREAD { (real(P - 2), real(P - 1)) } else { (0.0, 0.0) };
        Past {
            weight: real(0),
            decay: real(1),
            count: word(2),
            lead: word(3),
            more: word(4),
            left: real(5),
            all: Mixture { mean: real(6), rest: real(7), squares, pairs },
        }
    }

    #[inline(always)]
    fn words<const P: usize>(&self) -> [u64; P] {
        let mut words = [0; P];
        let Mixture { mean, rest, squares, pairs } = self.all;
        let first = [self.weight, self.decay].map(f64::to_bits);
        words[..2].copy_from_slice(&first);
        words[2..5].copy_from_slice(&[self.count, self.lead, self.more]);
        words[5..8].copy_from_slice(&[self.left, mean, rest].map(f64::to_bits));
        if P == SPREAD {
            (words[P - 2], words[P - 1]) = (squares.to_bits(), pairs.to_bits());
        }
        words
    }
}

/// `base` to the power of `n`, by squaring: the same on every machine.
fn power(mut base: f64, mut n: u64) -> f64 {
    let mut product = 1.0;
    while n > 0 {
        if n & 1 == 1 {
            product *= base;
        }
        base *= base;
        n >>= 1;
    }
    product
}

impl Weights {
    /// What remains of a weight at the next place.
    #[inline(always)]
    fn decayed(&self, past: &Past, there: bool) -> f64 {
        past.decay * if there || !self.ignore_na { self.decay } else { 1.0 }
    }

    /// One more place of a line.
    #[inline(always)]
    fn go_on(&self, past: Past, x: f64) -> Past {
        let there = !x.is_nan();
        let decay = self.decayed(&past, there);
        let old = past.weight * decay;
        let total = old + self.new;
        let all = past.all.and(Mixture::of(x), old / total, self.new / total);
        let weight = if self.adjust { total } else { 1.0 };
        Past {
            weight: if there { weight } else { past.weight },
            decay: if there { 1.0 } else { decay },
            count: past.count + u64::from(there),
            all: if there { all } else { past.all },
            ..past
        }
    }

    /// One more place of a block that is adjusted.
    #[inline(always)]
    fn add_adjusted(&self, past: Past, x: f64) -> Past {
        let there = !x.is_nan();
        let places = past.more + u64::from(there || !self.ignore_na);
        Past { lead: if there { places } else { past.lead }, more: places, ..self.go_on(past, x) }
    }

    /// One more place of a block that is not adjusted.
    #[inline(always)]
    fn add_plain(&self, past: Past, x: f64) -> Past {
        let (there, begun) = (!x.is_nan(), past.count > 0);
        let (first, later) = (there && !begun, there && begun);
        let decay = self.decayed(&past, there);
        let total = decay + self.new;
        let (keep, share) = (decay / total, self.new / total);
        let weight = past.weight * keep + share;
        let all = past.all.and(Mixture::of(x), past.weight * keep / weight, share / weight);
        Past {
            weight: if later { weight } else { past.weight },
            decay: if there || !begun { 1.0 } else { decay },
            count: past.count + u64::from(there),
            lead: past.lead + u64::from(!begun && (there || !self.ignore_na)),
            more: if first { x.to_bits() } else { past.more },
            left: if first {
                1.0
            } else if later {
                past.left * keep
            } else {
                past.left
            },
            all: if later { all } else { past.all },
        }
    }

    /// What a line left behind after a block.
    fn after(&self, carry: Past, block: Past) -> Past {
        let places = if self.adjust && block.count == 0 { block.more } else { block.lead };
        let decay = carry.decay * power(self.decay, places);
        if block.count == 0 {
            return Past { decay, ..carry };
        }
        let old = carry.weight * decay;
        let count = carry.count + block.count;
        if self.adjust {
            let weight = old + block.weight;
            let all = carry.all.and(block.all, old / weight, block.weight / weight);
            return Past { weight, decay: block.decay, count, all, ..carry };
        }
        let total = old + self.new;
        let first = carry.all.and(Mixture::of(f64::from_bits(block.more)), old / total, self.new / total);
        let all = first.and(block.all, block.left, block.weight);
        Past { weight: 1.0, decay: block.decay, count, all, ..carry }
    }

    #[inline(always)]
    fn result<const P: usize>(&self, past: &Past) -> f64 {
        let all = past.all;
        let value = if P == SPREAD {
            let unbiased = if all.pairs > 0.0 { all.squares / all.pairs } else { f64::NAN };
            let variance = if self.bias { all.squares } else { unbiased };
            let variance = if self.root { variance.sqrt() } else { variance };
            if all.mean.is_finite() { variance } else { f64::NAN }
        } else {
            // -0 becomes 0.
            all.mean + 0.0
        };
        if past.count < self.min_count { f64::NAN } else { value }
    }
}

impl<const P: usize> Carried<P> for Weights {
    fn words(&self) -> Words {
        Words::Real
    }

    fn missing(&self) -> u64 {
        f64::NAN.to_bits()
    }

    fn none(&self) -> [u64; P] {
        let all = Mixture::of(0.0);
        Past { weight: 0.0, decay: 1.0, count: 0, lead: 0, more: 0, left: 0.0, all }.words()
    }

    #[inline(always)]
    fn add(&self, values: &[Lanes], totals: &mut [Lanes; P]) {
        for row in values {
            for k in 0..LANES {
                let (past, x) = (Past::load::<P>(|i| totals[i][k]), f64::from_bits(row[k]));
                let next = if self.adjust { self.add_adjusted(past, x) } else { self.add_plain(past, x) };
                next.words::<P>().iter().zip(&mut *totals).for_each(|(word, lanes)| lanes[k] = *word);
            }
        }
    }

    fn join(&self, carry: [u64; P], total: [u64; P]) -> [u64; P] {
        self.after(Past::load::<P>(|i| carry[i]), Past::load::<P>(|i| total[i])).words()
    }

    fn begin(&self, carry: &[Lanes; P]) -> [Lanes; P] {
        *carry
    }

    #[inline(always)]
    fn run(&self, values: &[Lanes], front: &mut Front<P>, results: &mut [Lanes]) {
        for (row, result) in values.iter().zip(results) {
            for k in 0..LANES {
                let next = self.go_on(Past::load::<P>(|i| front.inside[i][k]), f64::from_bits(row[k]));
                next.words::<P>().iter().zip(&mut front.inside).for_each(|(word, lanes)| lanes[k] = *word);
                result[k] = self.result::<P>(&next).to_bits();
            }
        }
    }
}

#[cfg(test)]
#[path = "ewm_tests.rs"]
mod tests;
