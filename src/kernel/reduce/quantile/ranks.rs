//! Which elements a quantile lies between, and how near it is to each.
//!
//! Owns the thirteen definitions of `numpy.quantile`, after Hyndman and Fan, "Sample Quantiles in
//! Statistical Packages", The American Statistician 50 (1996). Refuses to know elements.

/// The names of the definitions, as NumPy has them.
pub const METHODS: &[&str] = &[
    "linear",
    "lower",
    "higher",
    "midpoint",
    "nearest",
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "median_unbiased",
    "normal_unbiased",
];

/// Two neighbours in the order of elements, counted from 0, and the share of the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    pub low: u64,
    pub high: u64,
    pub share: f64,
}

/// Where the quantile `q` of `n` elements lies; `n` is at least 1.
pub fn between(method: &str, q: f64, n: u64) -> Between {
    let last = (n - 1) as f64;
    let virtual_index = |alpha: f64, beta: f64| n as f64 * q + (alpha + q * (1.0 - alpha - beta)) - 1.0;
    let fraction = |x: f64| x - x.floor();
    match method {
        "lower" => at((last * q).floor(), n),
        "higher" => at((last * q).ceil(), n),
        "nearest" => at((last * q).round_ties_even(), n),
        "inverted_cdf" => {
            let x = n as f64 * q - 1.0;
            at(if fraction(x) == 0.0 { x } else { x.floor() + 1.0 }, n)
        }
        "closest_observation" => {
            // Between two equally near elements the one with an even number, counted from 1.
            let x = n as f64 * q - 1.5;
            let stays = fraction(x) == 0.0 && x.floor().rem_euclid(2.0) == 1.0;
            at(if stays { x.floor() } else { x.floor() + 1.0 }, n)
        }
        "averaged_inverted_cdf" => {
            let x = n as f64 * q - 1.0;
            near(x, if fraction(x) == 0.0 { 0.5 } else { 1.0 }, n)
        }
        "midpoint" => {
            let x = last * q;
            near(x, if fraction(x) == 0.0 { 0.0 } else { 0.5 }, n)
        }
        _ => {
            let x = match method {
                "interpolated_inverted_cdf" => virtual_index(0.0, 1.0),
                "hazen" => virtual_index(0.5, 0.5),
                "weibull" => virtual_index(0.0, 0.0),
                "median_unbiased" => virtual_index(1.0 / 3.0, 1.0 / 3.0),
                "normal_unbiased" => virtual_index(3.0 / 8.0, 3.0 / 8.0),
                _ => last * q,
            };
            near(x, fraction(x), n)
        }
    }
}

/// Exactly one element, the nearest there is.
fn at(index: f64, n: u64) -> Between {
    let rank = (index.max(0.0) as u64).min(n - 1);
    Between { low: rank, high: rank, share: 0.0 }
}

/// The neighbours of a place between elements; the first or last element beyond them.
fn near(index: f64, share: f64, n: u64) -> Between {
    if index < 0.0 || index >= (n - 1) as f64 {
        return at(index, n);
    }
    let low = index.floor() as u64;
    if share == 0.0 { Between { low, high: low, share } } else { Between { low, high: low + 1, share } }
}

/// The quantiles of a step: their definition, and at which shares of the elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles {
    pub method: &'static str,
    pub q: Vec<f64>,
}

impl Quantiles {
    /// The most elements that have to be found.
    pub fn ranks_max(&self) -> usize {
        2 * self.q.len()
    }

    /// The elements of `n` that have to be found, ascending, each once. None of nothing.
    pub fn ranks(&self, n: u64, out: &mut Vec<u64>) {
        out.clear();
        if n > 0 {
            out.extend(self.q.iter().map(|q| between(self.method, *q, n)).flat_map(|b| [b.low, b.high]));
        }
        out.sort_unstable();
        out.dedup();
    }

    /// Calls `put` with the number of each quantile and its value, from the elements at
    /// [`Quantiles::ranks`]. NaN where there are none.
    pub fn values(&self, n: u64, ranks: &[u64], found: impl Fn(usize) -> f64, mut put: impl FnMut(usize, f64)) {
        for (i, q) in self.q.iter().enumerate() {
            if n == 0 {
                put(i, f64::NAN);
                continue;
            }
            let Between { low, high, share } = between(self.method, *q, n);
            let value = |rank: u64| ranks.binary_search(&rank).map_or(f64::NAN, &found);
            put(i, mix(value(low), value(high), share));
        }
    }
}

/// Between two numbers, as NumPy has it: exact at both ends. Between a number and an infinity lies
/// the infinity (NumPy: often NaN), between both of them nothing.
#[inline]
pub fn mix(a: f64, b: f64, share: f64) -> f64 {
    if a == b || share == 0.0 {
        return a;
    }
    let distance = b - a;
    match share {
        1.0 => b,
        _ if a.is_infinite() || b.is_infinite() => a + b,
        s if s < 0.5 => a + distance * s,
        s => b - distance * (1.0 - s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `numpy.quantile([1, 2, 4, 8, 16], q, method)` of NumPy 2.4 gives at
    /// q = 0, 0.1, 0.25, 0.5, 0.7, 1.
    #[test]
    fn definitions_are_numpys() {
        let x = [1.0, 2.0, 4.0, 8.0, 16.0];
        let q = vec![0.0, 0.1, 0.25, 0.5, 0.7, 1.0];
        for (method, want) in WANT {
            let quantiles = Quantiles { method, q: q.clone() };
            let mut ranks = Vec::new();
            quantiles.ranks(5, &mut ranks);
            let mut got = vec![0.0; q.len()];
            quantiles.values(5, &ranks, |i| x[ranks[i] as usize], |i, v| got[i] = v);
            let close = got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-12);
            assert!(close, "{method}: {got:?}, not {want:?}");
        }
        assert_eq!(WANT.len(), METHODS.len());
    }

    const WANT: &[(&str, [f64; 6])] = &[
        ("linear", [1.0, 1.4, 2.0, 4.0, 7.199999999999999, 16.0]),
        ("lower", [1.0, 1.0, 2.0, 4.0, 4.0, 16.0]),
        ("higher", [1.0, 2.0, 2.0, 4.0, 8.0, 16.0]),
        ("midpoint", [1.0, 1.5, 2.0, 4.0, 6.0, 16.0]),
        ("nearest", [1.0, 1.0, 2.0, 4.0, 8.0, 16.0]),
        ("inverted_cdf", [1.0, 1.0, 2.0, 4.0, 8.0, 16.0]),
        ("averaged_inverted_cdf", [1.0, 1.0, 2.0, 4.0, 8.0, 16.0]),
        ("closest_observation", [1.0, 1.0, 1.0, 2.0, 8.0, 16.0]),
        ("interpolated_inverted_cdf", [1.0, 1.0, 1.25, 3.0, 6.0, 16.0]),
        ("hazen", [1.0, 1.0, 1.75, 4.0, 8.0, 16.0]),
        ("weibull", [1.0, 1.0, 1.5, 4.0, 9.600000000000001, 16.0]),
        ("median_unbiased", [1.0, 1.0, 1.6666666666666667, 4.0, 8.533333333333331, 16.0]),
        ("normal_unbiased", [1.0, 1.0, 1.6875, 4.0, 8.399999999999999, 16.0]),
    ];

    #[test]
    fn infinities_meet_no_zero() {
        let inf = f64::INFINITY;
        assert_eq!(mix(1.0, inf, 0.0), 1.0);
        assert_eq!(mix(1.0, inf, 0.5), inf);
        assert_eq!(mix(inf, inf, 0.3), inf);
        assert!(mix(-inf, inf, 0.5).is_nan());
    }
}
