//! Colour maps, and the range of values that they span.
//!
//! Owns what colour a value has. Refuses to know where values come from.

use super::DrawError;

/// The colours of low to high values. All are perceptual, but for `turbo`, which shows more steps at
/// the price of evenness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorMap {
    #[default]
    Grey,
    Viridis,
    Magma,
    Inferno,
    Plasma,
    Cividis,
    Turbo,
}

impl ColorMap {
    /// Every map, in the order of the documentation.
    pub const ALL: [ColorMap; 7] = [
        ColorMap::Grey,
        ColorMap::Viridis,
        ColorMap::Magma,
        ColorMap::Inferno,
        ColorMap::Plasma,
        ColorMap::Cividis,
        ColorMap::Turbo,
    ];

    /// The name, matplotlib's but for `grey`.
    pub fn name(self) -> &'static str {
        match self {
            ColorMap::Grey => "grey",
            ColorMap::Viridis => "viridis",
            ColorMap::Magma => "magma",
            ColorMap::Inferno => "inferno",
            ColorMap::Plasma => "plasma",
            ColorMap::Cividis => "cividis",
            ColorMap::Turbo => "turbo",
        }
    }

    /// The map of a name; `gray` is `grey`.
    pub fn named(name: &str) -> Option<ColorMap> {
        let name = if name == "gray" { "grey" } else { name };
        ColorMap::ALL.into_iter().find(|m| m.name() == name)
    }

    /// Red, green and blue of 256 steps from low to high.
    pub fn table(self) -> [[u8; 3]; 256] {
        let gradient = match self {
            ColorMap::Grey => return std::array::from_fn(|i| [i as u8; 3]),
            ColorMap::Viridis => colorous::VIRIDIS,
            ColorMap::Magma => colorous::MAGMA,
            ColorMap::Inferno => colorous::INFERNO,
            ColorMap::Plasma => colorous::PLASMA,
            ColorMap::Cividis => colorous::CIVIDIS,
            ColorMap::Turbo => colorous::TURBO,
        };
        std::array::from_fn(|i| {
            let color = gradient.eval_rational(i, 256);
            [color.r, color.g, color.b]
        })
    }

    /// The colour of NaN, which no value has: crimson beside greys, light grey beside colours.
    pub fn nan(self) -> [u8; 3] {
        if self == ColorMap::Grey { [214, 39, 90] } else { [216, 216, 216] }
    }
}

/// Which values get the ends of the colour map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Contrast {
    /// Percentiles of what is drawn, 0 to 100. A few hot pixels should not decide what is seen.
    Percentiles(f64, f64),
    /// Values.
    Range(f64, f64),
}

impl Default for Contrast {
    fn default() -> Contrast {
        Contrast::Percentiles(0.5, 99.5)
    }
}

/// Drawn values that percentiles are taken of, at most.
const SAMPLE_MAX: usize = 1 << 20;

impl Contrast {
    /// Refuses what is out of order.
    pub fn check(self) -> Result<Contrast, DrawError> {
        let (low, high) = match self {
            Contrast::Percentiles(low, high) | Contrast::Range(low, high) => (low, high),
        };
        let percentiles = matches!(self, Contrast::Percentiles(..));
        let what = if percentiles { "percentiles" } else { "range" };
        if !low.is_finite() || !high.is_finite() || low >= high {
            let text = format!("{what} {low},{high}: the first number must be below the second, and both finite");
            return Err(DrawError::Request(text));
        }
        if percentiles && (low < 0.0 || high > 100.0) {
            return Err(DrawError::Request(format!("percentiles {low},{high}: they lie between 0 and 100")));
        }
        Ok(self)
    }

    /// The values at the ends for these cells. Percentiles are NumPy's (linear) over the finite ones, or
    /// over an even sample of a million. Where nearly all are one value, least and greatest are the ends.
    pub(super) fn ends(self, values: &[&[f64]], row: usize) -> Ends {
        let (low, high) = match self {
            Contrast::Range(low, high) => return Ends { low, high },
            Contrast::Percentiles(low, high) => (low, high),
        };
        let total: usize = values.iter().map(|v| v.len()).sum();
        let mut step = total.div_ceil(SAMPLE_MAX).max(1);
        // A step that divides the row would see a few columns only.
        while step > 1 && gcd(step, row) > 1 {
            step += 1;
        }
        let all = values.iter().flat_map(|v| v.iter().copied());
        let mut sample: Vec<f64> = all.step_by(step).filter(|v| v.is_finite()).collect();
        let ends = Ends { low: percentile(&mut sample, low), high: percentile(&mut sample, high) };
        if ends.low < ends.high {
            return ends;
        }
        let finite = values.iter().flat_map(|v| v.iter().copied()).filter(|v| v.is_finite());
        let whole = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        if whole.0 <= whole.1 { Ends { low: whole.0, high: whole.1 } } else { Ends { low: 0.0, high: 0.0 } }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// NumPy's linear percentile; 0 of nothing.
fn percentile(values: &mut [f64], percent: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let place = (values.len() - 1) as f64 * percent / 100.0;
    let below = place.floor() as usize;
    let (_, at, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let (at, next) = (*at, above.iter().copied().min_by(f64::total_cmp));
    next.map_or(at, |next| at + (next - at) * (place - below as f64))
}

/// The values at the two ends of a colour map. Equal where all is one value, which is drawn in the
/// middle of the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    pub low: f64,
    pub high: f64,
}

impl Ends {
    /// Where a value lies, 0 to 255.
    pub fn step(self, value: f64) -> u8 {
        if self.low < self.high {
            // Halves, so that the difference of any two finite numbers is finite.
            let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
            (share * 255.0).round() as u8
        } else {
            128
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_numpy() {
        // np.percentile([1, 2, 4, 8, 16], [0, 10, 50, 90, 100])
        let mut values = vec![16.0, 1.0, 8.0, 2.0, 4.0];
        for (percent, want) in [(0.0, 1.0), (10.0, 1.4), (50.0, 4.0), (90.0, 12.8), (100.0, 16.0)] {
            let found = percentile(&mut values, percent);
            assert!((found - want).abs() < 1e-12, "{percent}: {found}");
        }
    }

    #[test]
    fn constant_nan_and_nearly_constant_data_have_ends() {
        let ends = |v: &[f64]| Contrast::default().ends(&[v], 1);
        assert_eq!(ends(&[5.0; 9]), Ends { low: 5.0, high: 5.0 });
        assert_eq!(ends(&[5.0; 9]).step(5.0), 128);
        assert_eq!(ends(&[f64::NAN; 3]), Ends { low: 0.0, high: 0.0 });
        let mut rare = vec![0.0; 10_000];
        rare[77] = 3.0;
        assert_eq!(ends(&rare), Ends { low: 0.0, high: 3.0 });
        assert_eq!(Ends { low: f64::MIN, high: f64::MAX }.step(0.0), 128);
        assert_eq!(Ends { low: 0.0, high: 1.0 }.step(f64::INFINITY), 255);
    }

    #[test]
    fn no_map_has_the_colour_of_nan() {
        for map in ColorMap::ALL {
            assert!(!map.table().contains(&map.nan()), "{}", map.name());
            assert_eq!(ColorMap::named(map.name()), Some(map));
        }
    }
}
