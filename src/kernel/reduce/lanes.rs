//! Sums over fixed virtual lanes: the order of additions inside a leaf, written out.
//!
//! Owns how the elements of one leaf are added where the fastest axis is folded. Element `i` goes to
//! lane `i mod N`; every 1,024 elements the lanes are added to totals of the same lanes, which keeps
//! rounding errors small; lanes are added in halves at the end. A leaf shorter than the lanes is added
//! in index order. Refuses to know instruction sets: the caller compiles it for several.

use super::dd::two_sum;

/// Elements between additions to the totals; a multiple of every number of lanes.
const BLOCK: usize = 1024;

/// Adds the `K` values that `f` makes of each element, in `N` lanes.
#[inline(always)]
pub fn sum_lanes<T: Copy, const N: usize, const K: usize>(x: &[T], f: impl Fn(T) -> [f64; K]) -> [f64; K] {
    let mut out = [0.0; K];
    if x.len() < N {
        for v in x {
            let y = f(*v);
            (0..K).for_each(|k| out[k] += y[k]);
        }
        return out;
    }
    let mut totals = [[0.0; N]; K];
    for block in x.chunks(BLOCK) {
        let mut acc = [[0.0; N]; K];
        let (whole, rest) = block.as_chunks::<N>();
        for c in whole {
            for l in 0..N {
                let y = f(c[l]);
                for k in 0..K {
                    acc[k][l] += y[k];
                }
            }
        }
        for (l, v) in rest.iter().enumerate() {
            let y = f(*v);
            (0..K).for_each(|k| acc[k][l] += y[k]);
        }
        for (total, acc) in totals.iter_mut().zip(&acc) {
            (0..N).for_each(|l| total[l] += acc[l]);
        }
    }
    for (o, lanes) in out.iter_mut().zip(&mut totals) {
        let mut half = N / 2;
        while half > 0 {
            (0..half).for_each(|l| lanes[l] += lanes[l + half]);
            half /= 2;
        }
        *o = lanes[0];
    }
    out
}

/// Adds elements that `f` has made, in 16 lanes: the plain sum, and the sum of what its roundings
/// lost.
#[inline(always)]
pub fn sum_compensated<T: Copy>(x: &[T], f: impl Fn(T) -> f64) -> (f64, f64) {
    const N: usize = 16;
    let (mut sums, mut lost) = ([0.0; N], [0.0; N]);
    let (whole, rest) = x.as_chunks::<N>();
    for c in whole {
        for l in 0..N {
            let (s, e) = two_sum(sums[l], f(c[l]));
            sums[l] = s;
            lost[l] += e;
        }
    }
    for (l, v) in rest.iter().enumerate() {
        let (s, e) = two_sum(sums[l], f(*v));
        sums[l] = s;
        lost[l] += e;
    }
    let mut half = N / 2;
    while half > 0 {
        for l in 0..half {
            let (s, e) = two_sum(sums[l], sums[l + half]);
            sums[l] = s;
            lost[l] = (lost[l] + lost[l + half]) + e;
        }
        half /= 2;
    }
    (sums[0], lost[0])
}
