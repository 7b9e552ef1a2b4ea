//! Butterworth filters as second-order sections.
//!
//! Owns the design: poles of the analogue prototype, moved to the band (with frequencies bent beforehand) and mapped to the
//! unit circle by the bilinear transform, as `scipy.signal.butter(…, output="sos")`; and a section's states at rest.
//! Refuses to know arrays.

use std::f64::consts::PI;
use std::ops::{Add, Div, Mul, Sub};

/// What a filter lets pass; frequencies are shares of the sample rate, above 0 and below 0.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Band {
    Low(f64),
    High(f64),
    Pass(f64, f64),
    Stop(f64, f64),
}

/// `y[i] = b0 x[i] + b1 x[i-1] + b2 x[i-2] - a1 y[i-1] - a2 y[i-2]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Section {
    pub b: [f64; 3],
    pub a: [f64; 2],
}

impl Section {
    /// The output where the input has been 1 for ever.
    fn gain(&self) -> f64 {
        (self.b[0] + self.b[1] + self.b[2]) / (1.0 + self.a[0] + self.a[1])
    }

    /// The distance of its outer pole from the centre.
    fn reach(&self) -> f64 {
        let [a1, a2] = self.a;
        let square = a1 * a1 / 4.0 - a2;
        if square > 0.0 { a1.abs() / 2.0 + square.sqrt() } else { a2.abs().sqrt() }
    }
}

#[derive(Clone, Copy, Debug)]
struct Complex {
    re: f64,
    im: f64,
}

fn real(re: f64) -> Complex {
    Complex { re, im: 0.0 }
}

impl Complex {
    fn root(self) -> Complex {
        let size = libm::hypot(self.re, self.im);
        let (re, im) = (((size + self.re.abs()) / 2.0).sqrt(), self.im);
        let other = if re == 0.0 { 0.0 } else { im.abs() / (2.0 * re) };
        let (re, part) = if self.re >= 0.0 { (re, other) } else { (other, re) };
        Complex { re, im: if im < 0.0 { -part } else { part } }
    }
}

impl Add for Complex {
    type Output = Complex;
    fn add(self, x: Complex) -> Complex {
        Complex { re: self.re + x.re, im: self.im + x.im }
    }
}

impl Sub for Complex {
    type Output = Complex;
    fn sub(self, x: Complex) -> Complex {
        Complex { re: self.re - x.re, im: self.im - x.im }
    }
}

impl Mul for Complex {
    type Output = Complex;
    fn mul(self, x: Complex) -> Complex {
        Complex { re: self.re * x.re - self.im * x.im, im: self.re * x.im + self.im * x.re }
    }
}

impl Div for Complex {
    type Output = Complex;
    fn div(self, x: Complex) -> Complex {
        let size = x.re * x.re + x.im * x.im;
        Complex { re: (self.re * x.re + self.im * x.im) / size, im: (self.im * x.re - self.re * x.im) / size }
    }
}

/// The bilinear transform works at a rate of 2, so that the highest frequency is 1.
const TWICE_RATE: f64 = 4.0;

/// The two poles of one section in the analogue plane; one alone where the section is of first order.
type Poles = (Complex, Option<Complex>);

/// The sections of a filter of this order, the one nearest to ringing last.
pub(super) fn butterworth(order: usize, band: Band) -> Vec<Section> {
    let bent = |f: f64| TWICE_RATE * libm::tan(PI * f);
    let conjugate = |p: Complex| Complex { im: -p.im, ..p };
    // Of each pair of conjugate poles of the prototype one, and the real one of an odd order.
    let prototype = (0..order.div_ceil(2)).map(|k| {
        let angle = PI * (order - 1 - 2 * k) as f64 / (2 * order) as f64;
        if order % 2 == 1 && k == order / 2 {
            real(-1.0)
        } else {
            Complex { re: -libm::cos(angle), im: libm::sin(angle) }
        }
    });
    let mut poles: Vec<Poles> = Vec::new();
    for p in prototype {
        let single = |p: Complex, q: Complex| if p.im == 0.0 { (q, None) } else { (q, Some(conjugate(q))) };
        let mut twofold = |p: Complex, middle: Complex, centre: f64| {
            let root = (middle * middle - real(centre)).root();
            let (one, other) = (middle + root, middle - root);
            if p.im == 0.0 {
                poles.push((one, Some(other)));
            } else {
                poles.extend([one, other].map(|q| (q, Some(conjugate(q)))));
            }
        };
        match band {
            Band::Low(f) => poles.push(single(p, p * real(bent(f)))),
            Band::High(f) => poles.push(single(p, real(bent(f)) / p)),
            Band::Pass(f, g) => twofold(p, p * real((bent(g) - bent(f)) / 2.0), bent(f) * bent(g)),
            Band::Stop(f, g) => twofold(p, real((bent(g) - bent(f)) / 2.0) / p, bent(f) * bent(g)),
        }
    }
    let scale = match band {
        Band::Low(f) => bent(f),
        Band::High(_) => TWICE_RATE,
        Band::Pass(f, g) => (bent(g) - bent(f)) * TWICE_RATE,
        Band::Stop(f, g) => TWICE_RATE * TWICE_RATE + bent(f) * bent(g),
    };
    let mut gain = real(1.0);
    let mut sections: Vec<Section> = poles.iter().map(|p| section(*p, band, &mut gain)).collect();
    sections.sort_by(|a, b| a.reach().total_cmp(&b.reach()));
    let all = scale.powi(order as i32) * gain.re;
    sections[0].b = sections[0].b.map(|b| b * all);
    sections
}

/// A section on the unit circle, without its gain, by which `gain` is multiplied but for what all sections share.
fn section((p, q): Poles, band: Band, gain: &mut Complex) -> Section {
    let rate = real(TWICE_RATE);
    let mapped = |p: Complex| (rate + p) / (rate - p);
    *gain = *gain / (rate - p);
    let Some(q) = q else {
        let zero = if matches!(band, Band::Low(_)) { 1.0 } else { -1.0 };
        return Section { b: [1.0, zero, 0.0], a: [-mapped(p).re, 0.0] };
    };
    *gain = *gain / (rate - q);
    let (p, q) = (mapped(p), mapped(q));
    let zeros = match band {
        Band::Low(_) => [1.0, 2.0, 1.0],
        Band::High(_) => [1.0, -2.0, 1.0],
        Band::Pass(..) => [1.0, 0.0, -1.0],
        Band::Stop(f, g) => {
            let square = TWICE_RATE * TWICE_RATE * libm::tan(PI * f) * libm::tan(PI * g);
            let rate = TWICE_RATE * TWICE_RATE;
            [1.0, -2.0 * ((rate - square) / (rate + square)), 1.0]
        }
    };
    Section { b: zeros, a: [-(p + q).re, (p * q).re] }
}

/// The states of sections whose input has been 1 for ever, two for each.
pub(super) fn at_rest(sections: &[Section]) -> Vec<f64> {
    let mut input = 1.0;
    let mut states = Vec::with_capacity(2 * sections.len());
    for s in sections {
        let output = s.gain() * input;
        let second = s.b[2] * input - s.a[1] * output;
        states.extend([s.b[1] * input - s.a[0] * output + second, second]);
        input = output;
    }
    states
}

/// Values beyond each end that a zero-phase filter makes up, as `scipy.signal.sosfiltfilt` counts them.
pub(super) fn padding(sections: &[Section]) -> u64 {
    let single =
        sections.iter().filter(|s| s.a[1] == 0.0).count().min(sections.iter().filter(|s| s.b[2] == 0.0).count());
    3 * (2 * sections.len() + 1 - single) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The response of all sections at a frequency, squared.
    fn response(sections: &[Section], f: f64) -> f64 {
        let (once, twice) = ((-2.0 * PI * f).sin_cos(), (-4.0 * PI * f).sin_cos());
        let at = |c: [f64; 3]| {
            let re = c[0] + c[1] * once.1 + c[2] * twice.1;
            let im = c[1] * once.0 + c[2] * twice.0;
            re * re + im * im
        };
        sections.iter().map(|s| at(s.b) / at([1.0, s.a[0], s.a[1]])).product()
    }

    /// The response of a Butterworth filter is known: 1 / (1 + w^2n) of the bent frequency.
    #[test]
    fn responses_are_those_of_the_definition() {
        let w = |f: f64| (PI * f).tan();
        for order in 1..=20usize {
            for (f, g) in [(0.1, 0.2), (0.02, 0.45), (0.3, 0.31), (0.05, 0.25), (0.2, 0.3)] {
                for at in [0.01, 0.07, 0.1, 0.15, 0.2, 0.2371, 0.305, 0.44, 0.49] {
                    let band = (w(at) * w(at) - w(f) * w(g)) / (w(at) * (w(g) - w(f)));
                    let cases = [
                        (Band::Low(f), w(at) / w(f)),
                        (Band::High(f), w(f) / w(at)),
                        (Band::Pass(f, g), band),
                        (Band::Stop(f, g), 1.0 / band),
                    ];
                    for (band, x) in cases {
                        let sections = butterworth(order, band);
                        assert!(sections.iter().all(|s| s.reach() < 1.0), "{order} {band:?}");
                        let (got, want) = (response(&sections, at), 1.0 / (1.0 + x.abs().powi(2 * order as i32)));
                        assert!((got - want).abs() < 1e-9 * (want + 1e-6), "{order} {band:?} at {at}: {got} {want}");
                    }
                }
            }
        }
    }

    #[test]
    fn padding_counts_as_scipy_does() {
        let of = |order, band| padding(&butterworth(order, band));
        let (low, high, pass, stop) = (Band::Low(0.1), Band::High(0.1), Band::Pass(0.1, 0.2), Band::Stop(0.1, 0.2));
        let counts = [1, 2, 3, 4, 5].map(|n| [low, high, pass, stop].map(|band| of(n, band)));
        assert_eq!(counts, [[6, 6, 9, 9], [9, 9, 15, 15], [12, 12, 21, 21], [15, 15, 27, 27], [18, 18, 33, 33]]);
    }

    #[test]
    fn at_rest_an_output_is_its_gain() {
        for sections in [butterworth(5, Band::Low(0.03)), butterworth(4, Band::Stop(0.1, 0.2))] {
            let mut states = at_rest(&sections);
            for _ in 0..200 {
                let mut x = 1.0;
                for (s, z) in sections.iter().zip(states.chunks_exact_mut(2)) {
                    let y = s.b[0] * x + z[0];
                    z[0] = s.b[1] * x - s.a[0] * y + z[1];
                    z[1] = s.b[2] * x - s.a[1] * y;
                    x = y;
                }
                assert!((x - 1.0).abs() < 1e-11, "{x}");
            }
        }
    }
}
