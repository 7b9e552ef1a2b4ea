//! Slow, obvious mathematics: exact sums, twofold numbers, borders, cells. Shares nothing with the
//! library.

use crate::support::{flat, indices};

/// The exact sum of finite numbers, as parts that do not overlap, smallest first (Shewchuk's, as in
/// Python's `math.fsum`).
pub fn exact_parts(values: &[f64]) -> Vec<f64> {
    let mut parts: Vec<f64> = Vec::new();
    for &value in values {
        let (mut x, mut kept) = (value, Vec::new());
        for &part in &parts {
            let (sum, error) = two_sum(x, part);
            if error != 0.0 {
                kept.push(error);
            }
            x = sum;
        }
        kept.push(x);
        parts = kept;
    }
    parts
}

/// The sum, rounded once; where it is not finite, what plain addition gives.
pub fn sum(values: &[f64]) -> f64 {
    let plain: f64 = values.iter().fold(0.0, |s, x| s + x);
    if !plain.is_finite() {
        return plain;
    }
    exact_parts(values).iter().fold(0.0, |s, x| s + x)
}

/// The variance in twofold arithmetic: numbers as unevaluated sums of two f64.
pub fn variance(values: &[f64], ddof: f64) -> f64 {
    let n = values.len() as f64;
    if values.iter().any(|x| !x.is_finite()) || n <= ddof {
        return f64::NAN;
    }
    let parts = exact_parts(values);
    let total = parts.iter().fold(Two(0.0, 0.0), |s, x| s.plus(Two(*x, 0.0)));
    let mean = total.over(n);
    let square = |x: &f64| {
        let d = Two(*x, 0.0).plus(Two(-mean.0, -mean.1));
        d.times(d)
    };
    let squares = values.iter().map(square).fold(Two(0.0, 0.0), Two::plus);
    // Squares beyond the largest f64 leave no number behind.
    if squares.0.is_finite() { squares.over(n - ddof).0 } else { f64::INFINITY }
}

#[derive(Clone, Copy)]
struct Two(f64, f64);

impl Two {
    fn plus(self, other: Two) -> Two {
        let (s, e) = two_sum(self.0, other.0);
        let (s, e) = two_sum(s, e + (self.1 + other.1));
        Two(s, e)
    }

    fn times(self, other: Two) -> Two {
        let p = self.0 * other.0;
        let e = self.0.mul_add(other.0, -p) + (self.0 * other.1 + self.1 * other.0);
        let (p, e) = two_sum(p, e);
        Two(p, e)
    }

    fn over(self, n: f64) -> Two {
        let q = self.0 / n;
        let rest = (-q).mul_add(n, self.0) + self.1;
        let (q, e) = two_sum(q, rest / n);
        Two(q, e)
    }
}

fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// The order of selections: numbers, with -0 below +0. NaN must be dealt with before.
pub fn order(a: &f64, b: &f64) -> std::cmp::Ordering {
    a.partial_cmp(b).unwrap().then(b.is_sign_negative().cmp(&a.is_sign_negative()))
}

/// The index whose value stands at `i` for an axis of `n`, as SciPy's pictures show it; `None`
/// where a constant does.
pub fn beyond(mode: &str, mut i: i64, n: i64) -> Option<u64> {
    while i < 0 || i >= n {
        i = match mode {
            _ if n == 0 => return None,
            "reflect" if i < 0 => -1 - i,
            "reflect" => 2 * n - 1 - i,
            "mirror" | "nearest" if n == 1 => 0,
            "mirror" if i < 0 => -i,
            "mirror" => 2 * n - 2 - i,
            "nearest" => i.clamp(0, n - 1),
            "wrap" if i < 0 => i + n,
            "wrap" => i - n,
            _ => return None,
        };
    }
    Some(i as u64)
}

/// For each element in C order, the elements of the box around it, in C order: values before and
/// after along each axis; `cval` beyond the edge of a constant border.
pub fn boxes<T: Copy>(shape: &[u64], values: &[T], reach: &[(i64, i64)], mode: &str, cval: T) -> Vec<Vec<T>> {
    let extents: Vec<u64> = reach.iter().map(|(b, a)| (b + a + 1) as u64).collect();
    let steps = indices(&extents);
    let one = |centre: Vec<u64>| {
        let at = |step: &Vec<u64>| {
            let place = |a: usize| beyond(mode, centre[a] as i64 + step[a] as i64 - reach[a].0, shape[a] as i64);
            let index: Option<Vec<u64>> = (0..shape.len()).map(place).collect();
            index.map_or(cval, |i| values[flat(shape, &i)])
        };
        steps.iter().map(at).collect()
    };
    indices(shape).into_iter().map(one).collect()
}

/// The positions of the elements of each kept cell when `axes` are folded, both in C order.
pub fn cells(shape: &[u64], axes: &[usize]) -> Vec<Vec<usize>> {
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    let kept_shape: Vec<u64> = kept.iter().map(|a| shape[*a]).collect();
    let mut out = vec![Vec::new(); kept_shape.iter().product::<u64>() as usize];
    for (i, index) in indices(shape).iter().enumerate() {
        let cell: Vec<u64> = kept.iter().map(|a| index[*a]).collect();
        out[flat(&kept_shape, &cell)].push(i);
    }
    out
}
