//! Sums over fixed virtual lanes: the order of additions inside a leaf, written out.
//!
//! Owns how the elements of one leaf are added where the fastest axis is folded. Element `i` goes to
//! lane `i mod 32`; every 1,024 elements the lanes are added to totals of the same lanes, which keeps
//! rounding errors small; lanes are added in halves at the end. A leaf shorter than the lanes is added
//! in index order. Refuses to know instruction sets: the caller compiles it for several, and for that
//! everything is plain loops, because `fold` and `for_each` may stay calls to baseline code.

use super::dd::two_sum;

/// Elements between additions to the totals; a multiple of every number of lanes.
const BLOCK: usize = 1024;

/// Lanes of every sum. One number for all, so that all sums of a leaf are of one kind.
const N: usize = 32;

/// Adds elements as `f` reads them. For conversions alone: anything more than that is better made
/// first, by [`sum_made`], or compilers lose sight of the lanes.
#[inline(always)]
pub fn sum_read<T: Copy>(x: &[T], f: impl Fn(T) -> f64) -> f64 {
    if x.len() < N {
        return sum_short(x, f);
    }
    let mut totals = [0.0; N];
    for block in x.chunks(BLOCK) {
        add_lanes(&mut totals, block, &f);
    }
    halve(totals)
}

/// Adds what `f` makes of each element. The same additions as [`sum_read`].
#[inline(always)]
pub fn sum_made<T: Copy>(x: &[T], f: impl Fn(T) -> f64) -> f64 {
    if x.len() < N {
        return sum_short(x, f);
    }
    let (mut totals, mut made) = ([0.0; N], [0.0; BLOCK]);
    for block in x.chunks(BLOCK) {
        add_lanes(
            &mut totals,
            make(&mut made, block, &f),
            #[inline(always)]
            |d| d,
        );
    }
    halve(totals)
}

/// Adds what `f` makes of each element, and the squares of it.
#[inline(always)]
pub fn sum_and_squares<T: Copy>(x: &[T], f: impl Fn(T) -> f64) -> (f64, f64) {
    if x.len() < N {
        return (
            sum_short(x, &f),
            sum_short(
                x,
                #[inline(always)]
                |v| f(v) * f(v),
            ),
        );
    }
    let (mut sums, mut squares, mut made) = ([0.0; N], [0.0; N], [0.0; BLOCK]);
    for block in x.chunks(BLOCK) {
        // Three short loops: together they need more registers than there are.
        let made = make(&mut made, block, &f);
        add_lanes(
            &mut sums,
            made,
            #[inline(always)]
            |d| d,
        );
        add_lanes(
            &mut squares,
            made,
            #[inline(always)]
            |d| d * d,
        );
    }
    (halve(sums), halve(squares))
}

#[inline(always)]
fn sum_short<T: Copy>(x: &[T], f: impl Fn(T) -> f64) -> f64 {
    let mut sum = 0.0;
    for v in x {
        sum += f(*v);
    }
    sum
}

/// Fills a block with what `f` makes of elements.
#[inline(always)]
fn make<'a, T: Copy>(made: &'a mut [f64; BLOCK], block: &[T], f: impl Fn(T) -> f64) -> &'a [f64] {
    let made = &mut made[..block.len()];
    for (d, v) in made.iter_mut().zip(block) {
        *d = f(*v);
    }
    made
}

/// Adds the lanes of one block to the totals.
#[inline(always)]
fn add_lanes<T: Copy>(totals: &mut [f64; N], block: &[T], f: impl Fn(T) -> f64) {
    let mut sums = [0.0; N];
    let (whole, rest) = block.as_chunks::<N>();
    for c in whole {
        for l in 0..N {
            sums[l] += f(c[l]);
        }
    }
    for (l, v) in rest.iter().enumerate() {
        sums[l] += f(*v);
    }
    for l in 0..N {
        totals[l] += sums[l];
    }
}

/// Adds lanes in halves.
#[inline(always)]
fn halve(mut lanes: [f64; N]) -> f64 {
    let mut half = N / 2;
    while half > 0 {
        for l in 0..half {
            lanes[l] += lanes[l + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// Adds elements that `f` has made, in 32 lanes: the plain sum, and the sum of what its roundings
/// lost.
#[inline(always)]
pub fn sum_compensated<T: Copy>(x: &[T], f: impl Fn(T) -> f64) -> (f64, f64) {
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
