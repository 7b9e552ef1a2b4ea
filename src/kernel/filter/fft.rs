//! Fourier transforms of boxes of complex numbers whose extents are powers of two, and circular products by them.
//!
//! ```text
//! real box, cut in two along its first axis → one half real, the other imaginary, turned by e^(iπj/2n)
//!     → transform axis by axis → · spectrum → back axis by axis → turned back → the two halves
//! ```
//!
//! Along the first axis that is a product modulo t^(2n) + 1, as the product of two real polynomials modulo t^n - i:
//! what comes round the end has the other sign, which nobody sees who throws it away.
//!
//! Owns the order of operations for each element, which follows from the extents alone: the same for any lanes and any
//! instruction set. Factors come from one source of sines, not from the system. Refuses to know arrays and borders.

use super::fft_line::{Line, Planes, root};
use crate::kernel::simd::vectorized;

/// Longer lines are transformed as a box of two axes: lines stay in a processor's cache, and tables small.
const LINE_MAX: usize = 8192;
/// Lines that are transformed side by side, at least and at most: short runs of far rows are slow to fetch.
const LANES: (usize, usize) = (8, 32);
/// Elements of lines side by side that stay in a cache.
const CACHED: usize = 8 * 1024;

/// What elements are multiplied by between the two axes that a long line was cut into.
#[derive(Debug)]
struct Between {
    /// Four times the length of the line: angles are counted in turns of so many parts.
    parts: u64,
    /// The line is that of the two halves: it is turned as well.
    turned: bool,
    /// Elements between neighbours of the second axis, of one lane.
    rest: usize,
    /// Roots of the low and of the high digits of a count of parts.
    low: Vec<(f64, f64)>,
    high: Vec<(f64, f64)>,
}

impl Between {
    fn new(n: usize, turned: bool, rest: usize) -> Between {
        let parts = 4 * n as u64;
        let digits = 1u64 << parts.ilog2().div_ceil(2);
        let low = (0..digits).map(|k| root(k, parts)).collect();
        let high = (0..parts.div_ceil(digits)).map(|k| root(k * digits, parts)).collect();
        Between { parts, turned, rest, low, high }
    }

    /// The factor of row `k` and lane `lane`.
    #[inline(always)]
    fn factor(&self, k: usize, lane: usize) -> (f64, f64) {
        let j = (lane / self.rest) as u64;
        // j·(1 - 4k) parts, where turned; else -4jk.
        let ahead = if self.turned { j } else { 0 };
        let angle = (ahead + self.parts * j - 4 * j * k as u64) & (self.parts - 1);
        let digits = self.low.len() as u64;
        let ((a, b), (c, d)) = (self.low[(angle & (digits - 1)) as usize], self.high[(angle / digits) as usize]);
        (a * c - b * d, a * d + b * c)
    }
}

/// The transform along one axis of a box.
#[derive(Debug)]
struct Step {
    line: Line,
    outer: usize,
    /// Elements between neighbours of a line, of one lane.
    inner: usize,
    /// e^(2πi·k/4n) for each element of a line of the two halves, which it is multiplied by before; none elsewhere.
    turns: Vec<(f64, f64)>,
    between: Option<Between>,
}

/// Which way a step goes.
#[derive(Clone, Copy)]
enum Way<'a> {
    Forward,
    Back,
    /// Forward, times the spectrum of a box with one lane, and back.
    Product(&'a [f64], &'a [f64]),
}

/// Transforms of boxes of one shape, with any number of lanes along an axis behind, which is not transformed.
#[derive(Debug)]
pub(super) struct Transform {
    steps: Vec<Step>,
    elements: usize,
}

impl Transform {
    /// Of boxes with these extents, powers of two. The first axis is that of the halves.
    pub fn new(extents: &[usize]) -> Transform {
        let elements = extents.iter().product::<usize>();
        let (mut steps, mut inner) = (Vec::new(), 1);
        for (axis, &n) in extents.iter().enumerate().rev() {
            let outer = elements / inner / n;
            let turned = axis == 0;
            if n > LINE_MAX {
                let first = 1 << n.ilog2().div_ceil(2);
                let second = n / first;
                let between = Some(Between::new(n, turned, inner));
                steps.push(Step::new(first, outer, inner * second, turned, between));
                steps.push(Step::new(second, outer * first, inner, false, None));
            } else {
                steps.push(Step::new(n, outer, inner, turned, None));
            }
            inner *= n;
        }
        Transform { steps, elements }
    }

    /// Complex numbers of a box with one lane.
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// The spectrum of a box. `spare` has [`spare_elements`].
    pub fn forward(&self, data: &mut Planes, spare: &mut [f64]) {
        self.steps.iter().for_each(|s| s.run(Way::Forward, 1, data, spare));
    }

    /// The circular product of each lane with the box that has this spectrum, times the number of elements of a lane.
    pub fn product(&self, spectrum: (&[f64], &[f64]), lanes: usize, data: &mut Planes, spare: &mut [f64]) {
        let Some((last, steps)) = self.steps.split_last() else { return };
        steps.iter().for_each(|s| s.run(Way::Forward, lanes, data, spare));
        last.run(Way::Product(spectrum.0, spectrum.1), lanes, data, spare);
        steps.iter().rev().for_each(|s| s.run(Way::Back, lanes, data, spare));
    }
}

/// Bytes of the tables of a transform, at most.
pub(super) fn table_bytes(extents: &[usize]) -> u64 {
    let of = |n: usize| match n > LINE_MAX {
        // Two lines, their turns, and the roots between.
        true => 64 * (1u64 << n.ilog2().div_ceil(2)) + 32 * (2u64 << (n.ilog2() + 2).div_ceil(2)),
        false => 64 * n as u64,
    };
    extents.iter().map(|n| of(*n) + 1024).sum()
}

/// Elements of spare room for any lanes, at most.
pub(super) fn spare_elements(extents: &[usize]) -> u64 {
    let of = |n: usize| {
        let n = if n > LINE_MAX { 1 << n.ilog2().div_ceil(2) } else { n };
        4 * n * lanes_of(n)
    };
    extents.iter().map(|n| of(*n) as u64).max().unwrap_or(0)
}

fn lanes_of(n: usize) -> usize {
    (CACHED / n).clamp(LANES.0, LANES.1)
}

impl Step {
    fn new(n: usize, outer: usize, inner: usize, turned: bool, between: Option<Between>) -> Step {
        let turns = if turned { (0..n as u64).map(|k| root(k, 4 * n as u64)).collect() } else { Vec::new() };
        Step { line: Line::new(n), outer, inner, turns, between }
    }

    fn run(&self, way: Way, lanes: usize, data: &mut Planes, spare: &mut [f64]) {
        let (n, inner) = (self.line.n, self.inner * lanes);
        let most = lanes_of(n).min(inner);
        for outer in 0..self.outer {
            for first in (0..inner).step_by(most) {
                let count = most.min(inner - first);
                let (x, y) = spare[..4 * n * count].split_at_mut(2 * n * count);
                let (x, y) = (Planes::of(x, n * count), Planes::of(y, n * count));
                let base = outer * n * inner;
                let mut data = data.part(base, n * inner);
                let group = Group { step: self, first, count, base, inner, lanes };
                vectorized(
                    #[inline(always)]
                    || group.run(way, &mut data, x, y),
                );
            }
        }
    }
}

/// Lines side by side.
struct Group<'a> {
    step: &'a Step,
    first: usize,
    count: usize,
    base: usize,
    /// Elements between neighbours of a line.
    inner: usize,
    lanes: usize,
}

impl Group<'_> {
    #[inline(always)]
    fn run(&self, way: Way, data: &mut Planes, x: Planes, y: Planes) {
        let (line, s) = (&self.step.line, self.count);
        match way {
            Way::Forward => {
                let mut x = x;
                self.load(data, &mut x, false);
                let (x, _) = line.run(s, x, y);
                self.store(&x, data, false);
            }
            Way::Back => {
                let mut x = x;
                self.load(data, &mut x, true);
                let x = line.run(s, x.swapped(), y.swapped()).0.swapped();
                self.store(&x, data, true);
            }
            Way::Product(re, im) => {
                let mut x = x;
                self.load(data, &mut x, false);
                let (mut x, y) = line.run(s, x, y);
                self.times(&mut x, re, im);
                let x = line.run(s, x.swapped(), y.swapped()).0.swapped();
                self.store(&x, data, true);
            }
        }
    }

    /// Copies lines out of a box, times what comes before a transform.
    #[inline(always)]
    fn load(&self, data: &Planes, x: &mut Planes, back: bool) {
        let (Step { line, turns, between, .. }, inner) = (self.step, self.inner);
        if inner == 1 {
            match turns.as_slice() {
                turns if back || turns.is_empty() => copy(data.re, data.im, x.part(0, line.n)),
                turns => multiply(data.re, data.im, x.part(0, line.n), |k| turns[k]),
            }
            return;
        }
        for k in 0..line.n {
            let from = k * inner + self.first..k * inner + self.first + self.count;
            let (re, im) = (&data.re[from.clone()], &data.im[from]);
            let to = x.part(k * self.count, self.count);
            match (between, turns.get(k)) {
                (Some(between), _) if back => {
                    multiply(re, im, to, |l| conjugate(between.factor(k, (self.first + l) / self.lanes)))
                }
                (_, Some(turn)) if !back => multiply(re, im, to, |_| *turn),
                _ => copy(re, im, to),
            }
        }
    }

    /// Copies lines into a box, times what comes after a transform.
    #[inline(always)]
    fn store(&self, x: &Planes, data: &mut Planes, back: bool) {
        let (Step { line, turns, between, .. }, inner) = (self.step, self.inner);
        if inner == 1 {
            match turns.as_slice() {
                turns if !back || turns.is_empty() => copy(x.re, x.im, data.part(0, line.n)),
                turns => multiply(x.re, x.im, data.part(0, line.n), |k| conjugate(turns[k])),
            }
            return;
        }
        for k in 0..line.n {
            let from = k * self.count..(k + 1) * self.count;
            let (re, im) = (&x.re[from.clone()], &x.im[from]);
            let to = data.part(k * inner + self.first, self.count);
            match (between, turns.get(k)) {
                (Some(between), _) if !back => {
                    multiply(re, im, to, |l| between.factor(k, (self.first + l) / self.lanes))
                }
                (_, Some(turn)) if back => multiply(re, im, to, |_| conjugate(*turn)),
                _ => copy(re, im, to),
            }
        }
    }

    /// Multiplies transformed lines by their part of a spectrum, the same for all lanes of the last axis.
    #[inline(always)]
    fn times(&self, x: &mut Planes, re: &[f64], im: &[f64]) {
        for k in 0..self.step.line.n {
            let first = self.base + k * self.inner + self.first;
            let (row_re, row_im) =
                (&mut x.re[k * self.count..][..self.count], &mut x.im[k * self.count..][..self.count]);
            let one = |a: &mut f64, b: &mut f64, (c, d): (f64, f64)| (*a, *b) = (*a * c - *b * d, *a * d + *b * c);
            if self.lanes == 1 {
                let spectrum = re[first..first + self.count].iter().zip(&im[first..first + self.count]);
                row_re.iter_mut().zip(row_im).zip(spectrum).for_each(|((a, b), (c, d))| one(a, b, (*c, *d)));
            } else {
                for (l, (a, b)) in row_re.iter_mut().zip(row_im).enumerate() {
                    let at = (first + l) / self.lanes;
                    one(a, b, (re[at], im[at]));
                }
            }
        }
    }
}

fn conjugate((re, im): (f64, f64)) -> (f64, f64) {
    (re, -im)
}

#[inline(always)]
fn copy(re: &[f64], im: &[f64], to: Planes) {
    to.re.copy_from_slice(re);
    to.im.copy_from_slice(im);
}

#[inline(always)]
fn multiply(re: &[f64], im: &[f64], to: Planes, factor: impl Fn(usize) -> (f64, f64)) {
    for (l, (((a, b), to_re), to_im)) in re.iter().zip(im).zip(to.re).zip(to.im).enumerate() {
        let (c, d) = factor(l);
        (*to_re, *to_im) = (a * c - b * d, a * d + b * c);
    }
}

#[cfg(test)]
#[path = "fft_tests.rs"]
mod tests;
