//! Sums of products where values or weights are NaN or infinite, which no transform can give: counted, not added.
//!
//! ```text
//! line of the array   . . N N N . . I .        runs of one kind
//! line of weights     + + + - - 0 +            runs of one sign
//! results             each pair of runs adds one to a range of results: two numbers in a row of differences
//! ```
//!
//! A result that takes a product of +inf and none of -inf is +inf, one that takes both, or NaN, is NaN, whatever the order
//! of additions. Weights of 0 do not count. Owns this counting; refuses to know transforms.

use super::blocks::{each_index, read_box};
use super::overlap::Layout;
use crate::array::{View, contiguous_strides, row_starts};

/// A product of +inf; one of -inf counts in the high half.
const PLUS: i64 = 1;
const MINUS: i64 = 1 << 32;

/// What a product that is not finite counts as; 0 for one that is.
#[inline(always)]
fn kind(product: f64) -> i64 {
    match product {
        p if p.is_finite() => 0,
        p if p.is_nan() => PLUS + MINUS,
        p if p > 0.0 => PLUS,
        _ => MINUS,
    }
}

/// The result that counts stand for; `None` where all products are finite.
pub(super) fn result(count: i64) -> Option<f64> {
    match ((count & (MINUS - 1)) > 0, count >> 32 > 0) {
        (false, false) => None,
        (true, false) => Some(f64::INFINITY),
        (false, true) => Some(f64::NEG_INFINITY),
        (true, true) => Some(f64::NAN),
    }
}

/// Weights as they are multiplied, and where runs of one sign end.
pub(super) struct Signs<'a> {
    layout: &'a Layout,
    /// Weights in the order of the neighbours that they weigh, with the axes of the array.
    factors: &'a [f64],
    /// For the first weight of each run along the longest axis: the index behind the last.
    ends: &'a mut [u32],
    /// Whether some weights are not finite.
    wild: bool,
}

impl<'a> Signs<'a> {
    /// Finds the runs of `factors`; `ends` is as long.
    pub fn new(layout: &'a Layout, factors: &'a [f64], ends: &'a mut [u32]) -> Signs<'a> {
        let (axis, strides) = (layout.longest(), contiguous_strides(&layout.weights));
        let n = layout.weights[axis] as usize;
        for start in starts(&layout.weights, axis, &strides) {
            let sign = |k: usize| sign(factors[start + k * strides[axis]]);
            let mut end = n;
            for k in (0..n).rev() {
                end = if k + 1 < n && sign(k) == sign(k + 1) { end } else { k + 1 };
                ends[start + k * strides[axis]] = end as u32;
            }
        }
        Signs { layout, factors, ends, wild: factors.iter().any(|f| !f.is_finite()) }
    }

    /// Counts for the results of a block of `size`, which reads the box of the view that begins `at`: `counts` has one more
    /// element for each line along the longest axis than the block has results. `line` and `runs` have room for a line of
    /// the box, and for two numbers for each of its elements.
    pub fn count(
        &self,
        view: &View,
        (at, size): (&[u64], &[u64]),
        (line, runs): (&mut [f64], &mut [u32]),
        counts: &mut [i64],
    ) {
        let (weights, axis) = (&self.layout.weights, self.layout.longest());
        let grown: Vec<u64> = size.iter().zip(weights).map(|(n, w)| n + w - 1).collect();
        let (of_weights, lines) = (contiguous_strides(weights), lines(size, axis));
        let line = &mut line[..grown[axis] as usize];
        let mut one = vec![1; size.len()];
        one[axis] = grown[axis];
        counts.fill(0);
        each_index(&grown, axis, |place| {
            let from: Vec<u64> = at.iter().zip(place).map(|(a, p)| a + p).collect();
            read_box(view, &from, &one, line);
            let runs = find_runs(line, runs);
            if runs.is_empty() && !self.wild {
                return;
            }
            // The lines of weights that this line meets, and the lines of results where it meets them.
            for first in starts(weights, axis, &of_weights) {
                let to = (0..size.len()).filter(|a| *a != axis).try_fold(0usize, |sum, a| {
                    let k = first / of_weights[a] % weights[a] as usize;
                    let i = place[a].checked_sub(k as u64).filter(|i| *i < size[a])?;
                    Some(sum + i as usize * lines[a])
                });
                if let Some(to) = to {
                    let n = size[axis] as usize + 1;
                    self.pair((line, runs), (first, of_weights[axis]), &mut counts[to * n..][..n]);
                }
            }
        });
        for line in counts.chunks_exact_mut(size[axis] as usize + 1) {
            let mut sum = 0;
            line.iter_mut().for_each(|c| {
                sum += *c;
                *c = sum;
            });
        }
    }

    /// Adds the pairs of a line of the array and a line of weights, to differences.
    fn pair(&self, (line, runs): (&[f64], &[u32]), (first, stride): (usize, usize), differences: &mut [i64]) {
        let (n, weights) = (differences.len() - 1, self.layout.weights[self.layout.longest()] as usize);
        let factor = |k: usize| self.factors[first + k * stride];
        let mut add = |from: usize, to: usize, what: i64| {
            let (from, to) = (from.min(n), to.min(n));
            differences[from] += what;
            differences[to] -= what;
        };
        for run in runs.chunks_exact(2) {
            let (start, end) = (run[0] as usize, run[1] as usize);
            let mut k = 0;
            while k < weights.min(end) {
                let last = self.ends[first + k * stride] as usize;
                // Result i takes elements i + k .. i + last: some of this run, for these i.
                if factor(k) != 0.0 {
                    add((start + 1).saturating_sub(last), end - k, kind(line[start] * factor(k).signum()));
                }
                k = last;
            }
        }
        if self.wild {
            for k in (0..weights).filter(|k| !factor(*k).is_finite()) {
                (0..n).for_each(|i| add(i, i + 1, kind(line[i + k] * factor(k))));
            }
        }
    }
}

/// The runs of one kind of what is not finite, as first index and the one behind the last.
fn find_runs<'a>(line: &[f64], runs: &'a mut [u32]) -> &'a [u32] {
    let (mut used, mut i) = (0, 0);
    while i < line.len() {
        let what = kind(line[i]);
        let end = i + line[i..].iter().take_while(|x| kind(**x) == what).count();
        if what != 0 {
            (runs[used], runs[used + 1]) = (i as u32, end as u32);
            used += 2;
        }
        i = end;
    }
    &runs[..used]
}

/// How weights are told apart: by sign, NaN and 0 by themselves.
fn sign(factor: f64) -> i8 {
    match factor {
        f if f > 0.0 => 1,
        f if f < 0.0 => -1,
        f if f.is_nan() => 2,
        _ => 0,
    }
}

/// Where the lines along an axis begin.
fn starts(shape: &[u64], axis: usize, strides: &[usize]) -> impl Iterator<Item = usize> + use<> {
    let mut shape = shape.to_vec();
    shape[axis] = 1;
    let (row, stride) = (shape.last().map_or(1, |n| *n as usize), strides.last().copied().unwrap_or(1));
    row_starts(&shape, strides).flat_map(move |at| (0..row).map(move |i| at + i * stride))
}

/// Strides of an array of lines along an axis, one element for each.
fn lines(size: &[u64], axis: usize) -> Vec<usize> {
    let mut shape = size.to_vec();
    shape[axis] = 1;
    contiguous_strides(&shape)
}

/// Strides of the counts of a block: lines one after the other, each with one element more.
pub(super) fn place(size: &[u64], axis: usize) -> Vec<usize> {
    let mut strides = lines(size, axis);
    strides.iter_mut().for_each(|s| *s *= size[axis] as usize + 1);
    strides[axis] = 1;
    strides
}
