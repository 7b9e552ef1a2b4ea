//! Scales with round ticks, and numbers in few characters.
//!
//! Owns where ticks stand and how numbers are written on axes. Refuses to know what is drawn.

/// A range of values over a range of pixels, with ticks at round values.
#[derive(Clone, Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    log: bool,
    /// Values and their labels.
    pub ticks: Vec<(f64, String)>,
}

impl Scale {
    /// Values from `low` to `high` over the pixels from `from` to `to`, with about so many ticks.
    pub fn linear((low, high): (f64, f64), (from, to): (f64, f64), about: usize) -> Scale {
        let ticks = round_ticks(low, high, about);
        Scale { low, high, from, to, log: false, ticks }
    }

    /// Counts from 1 (and 0, at the foot) to `high`, by powers of ten.
    pub fn log(high: f64, (from, to): (f64, f64), about: usize) -> Scale {
        let top = high.max(10.0);
        let decades = top.log10().floor() as usize;
        let step = decades.div_ceil(about.max(1)).max(1);
        let ticks = (0..=decades).step_by(step).map(|d| 10f64.powi(d as i32)).map(|v| (v, short(v))).collect();
        // A bin of one is seen: the foot lies below 1.
        Scale { low: -0.3, high: top.log10(), from, to, log: true, ticks }
    }

    /// The pixel of a value; values outside fall on the ends.
    pub fn at(&self, value: f64) -> f64 {
        let value = match self.log {
            true if value <= 0.0 => self.low,
            true => value.log10(),
            false => value,
        };
        // Halves keep the widest ranges finite.
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        self.from + (self.to - self.from) * if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }
}

/// Round values between two, each 1, 2 or 5 times a power of ten from the next.
fn round_ticks(low: f64, high: f64, about: usize) -> Vec<(f64, String)> {
    let span = high - low;
    if !(span.is_finite() && span > 0.0) || about == 0 {
        return vec![];
    }
    let rough = span / about as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|f| f * power).into_iter().find(|s| *s >= rough * 0.8).unwrap_or(rough);
    if !step.is_normal() {
        return vec![];
    }
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    if last - first > 100.0 || first.abs() > 1e15 {
        return vec![];
    }
    let digits = (-step.log10().floor()).max(0.0) as usize;
    let large = low.abs().max(high.abs());
    (0..=(last - first) as i64)
        .map(|i| (first + i as f64) * step)
        .map(|v| (v, if large < 1e4 && digits <= 4 { plain(v, digits) } else { short(v) }))
        .collect()
}

/// A number with so many decimals; zero without a sign.
pub fn plain(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.trim_start_matches(['-', '0', '.']).is_empty() { "0".to_string() } else { text };
    text.replace('-', "−")
}

/// A number in at most some seven characters: `12 k`, `3.2 M`, `1.5e−9`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    let (scaled, unit) = match size {
        s if s == 0.0 || (1e-3..1e4).contains(&s) => (value, ""),
        s if (1e4..1e6).contains(&s) => (value / 1e3, " k"),
        s if (1e6..1e9).contains(&s) => (value / 1e6, " M"),
        s if (1e9..1e12).contains(&s) => (value / 1e9, " G"),
        _ => {
            let text = format!("{value:.3e}");
            let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
            return format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.')).replace('-', "−");
        }
    };
    let digits = match scaled.abs() {
        s if s >= 1000.0 => 0,
        s if s >= 100.0 => 1,
        s if s >= 10.0 => 2,
        s if s >= 0.1 => 3,
        _ => 5,
    };
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let labels = |low, high| -> Vec<String> { round_ticks(low, high, 4).into_iter().map(|t| t.1).collect() };
        assert_eq!(labels(0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(-3.0, 3.0), ["−2", "0", "2"]);
        assert_eq!(labels(190.0, 3420.0), ["1000", "2000", "3000"]);
        assert_eq!(labels(0.0, 2.4e6), ["0", "500 k", "1 M", "1.5 M", "2 M"]);
        assert_eq!(labels(5.0, 5.0), [""; 0]);
        for (low, high) in [(0.0, 1e-300), (-1e300, 1e300), (1e15, 1e15 + 1.0), (f64::MIN, f64::MAX), (0.0, 5e-324)] {
            assert!(round_ticks(low, high, 4).iter().all(|(v, _)| *v >= low * 1.001 && *v <= high * 1.001));
        }
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (-1.5, "−1.5"),
            (0.125, "0.125"),
            (123.456, "123.5"),
            (9999.0, "9999"),
            (12_000.0, "12 k"),
            (3_210_000.0, "3.21 M"),
            (1.5e-9, "1.5e−9"),
            (1e30, "1e30"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn pixels_stay_on_the_axis() {
        let scale = Scale::linear((0.0, 10.0), (100.0, 200.0), 4);
        assert_eq!([0.0, 5.0, 10.0, 99.0, -5.0].map(|v| scale.at(v)), [100.0, 150.0, 200.0, 200.0, 100.0]);
        let scale = Scale::log(1000.0, (0.0, 33.0), 3);
        assert_eq!([0.0, 1.0, 1000.0].map(|v| (scale.at(v) * 10.0).round() / 10.0), [0.0, 3.0, 33.0]);
        assert_eq!(Scale::linear((0.0, 0.0), (1.0, 2.0), 3).at(0.0), 1.0);
    }
}
