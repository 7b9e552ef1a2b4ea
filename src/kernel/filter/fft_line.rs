//! The Fourier transform of lines of complex numbers, any number side by side.
//!
//! Owns Stockham's passes and their factors, which come from one source of sines; knows no boxes. Which operations make an
//! element follows from the length of the line alone.

/// Real and imaginary parts, apart.
#[derive(Debug)]
pub(super) struct Planes<'a> {
    pub re: &'a mut [f64],
    pub im: &'a mut [f64],
}

impl<'a> Planes<'a> {
    /// Two planes of `n` elements.
    pub fn of(both: &'a mut [f64], n: usize) -> Planes<'a> {
        let (re, im) = both.split_at_mut(n);
        Planes { re, im: &mut im[..n] }
    }

    /// A part of both.
    pub fn part(&mut self, from: usize, n: usize) -> Planes<'_> {
        Planes { re: &mut self.re[from..from + n], im: &mut self.im[from..from + n] }
    }

    /// The conjugate of the transform of swapped parts, swapped back, is the inverse transform.
    pub fn swapped(self) -> Planes<'a> {
        Planes { re: self.im, im: self.re }
    }
}

/// e^(2πi·k/n), to the last bit or so.
pub(super) fn root(k: u64, n: u64) -> (f64, f64) {
    let quadrant = 4 * k / n;
    // The angle inside its quadrant, in quarter turns of n parts, mirrored to at most an eighth turn.
    let part = 4 * k - quadrant * n;
    let angle = |part: u64| std::f64::consts::FRAC_PI_2 * (part as f64 / n as f64);
    let (c, s) = match 2 * part > n {
        false => (libm::cos(angle(part)), libm::sin(angle(part))),
        true => (libm::sin(angle(n - part)), libm::cos(angle(n - part))),
    };
    match quadrant % 4 {
        0 => (c, s),
        1 => (-s, c),
        2 => (-c, -s),
        _ => (s, -c),
    }
}

/// The transform of lines of one length, by Stockham's method: each pass reads one buffer and writes the other.
#[derive(Debug)]
pub(super) struct Line {
    pub n: usize,
    /// For each pass of radix 4 over `len` elements: the factors of the second, third and fourth output, real and
    /// imaginary parts apart.
    pub factors: Vec<f64>,
}

impl Line {
    /// Of lines of `n` elements, a power of two.
    pub fn new(n: usize) -> Line {
        let mut factors = Vec::new();
        let mut len = n;
        while len >= 4 {
            for power in 1..4u64 {
                let all: Vec<(f64, f64)> = (0..len as u64 / 4).map(|p| root(p * power, len as u64)).collect();
                factors.extend(all.iter().map(|w| w.0));
                factors.extend(all.iter().map(|w| -w.1));
            }
            len /= 4;
        }
        Line { n, factors }
    }

    /// Transforms `s` lines side by side, element after element in `x`; gives back the buffer with the result, and the other.
    #[inline(always)]
    pub fn run<'a>(&self, s: usize, x: Planes<'a>, y: Planes<'a>) -> (Planes<'a>, Planes<'a>) {
        let (mut x, mut y, mut s, mut len, mut at) = (x, y, s, self.n, 0);
        while len >= 4 {
            let used = len / 4 * 6;
            radix4(len / 4, s, &self.factors[at..at + used], (&*x.re, &*x.im), &mut y);
            (x, y, s, len, at) = (y, x, s * 4, len / 4, at + used);
        }
        if len == 2 {
            radix2(s, (&*x.re, &*x.im), &mut y);
            (x, y) = (y, x);
        }
        (x, y)
    }
}

/// One pass of radix 4 over `4·m` elements of `s` lanes.
#[inline(always)]
fn radix4(m: usize, s: usize, factors: &[f64], x: (&[f64], &[f64]), y: &mut Planes) {
    let n = m * s;
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| (&x.0[i * n..(i + 1) * n], &x.1[i * n..(i + 1) * n]));
    let [u, v, w] = [0, 1, 2].map(|i| (&factors[2 * i * m..][..m], &factors[(2 * i + 1) * m..][..m]));
    if s == 1 {
        neighbours(
            a.0,
            a.1,
            b.0,
            b.1,
            c.0,
            c.1,
            d.0,
            d.1,
            u.0,
            u.1,
            v.0,
            v.1,
            w.0,
            w.1,
            &mut y.re[..4 * n],
            &mut y.im[..4 * n],
        );
        return;
    }
    for (p, (re, im)) in y.re[..4 * n].chunks_exact_mut(4 * s).zip(y.im[..4 * n].chunks_exact_mut(4 * s)).enumerate() {
        let [a, b, c, d] = [a, b, c, d].map(|x| (&x.0[p * s..(p + 1) * s], &x.1[p * s..(p + 1) * s]));
        let w = [u, v, w].map(|w| (w.0[p], w.1[p]));
        let ((re, re2), (im, im2)) = (re.split_at_mut(2 * s), im.split_at_mut(2 * s));
        let ((e, f), (g, h)) = (re.split_at_mut(s), re2.split_at_mut(s));
        let ((i, j), (k, l)) = (im.split_at_mut(s), im2.split_at_mut(s));
        lanes(a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1, w, e, i, f, j, g, k, h, l);
    }
}

/// The transform of four elements, times the factors after it.
#[inline(always)]
fn butterfly(x: [(f64, f64); 4], w: [(f64, f64); 3]) -> [(f64, f64); 4] {
    let [a, b, c, d] = x;
    let (p, q) = ((a.0 + c.0, a.1 + c.1), (a.0 - c.0, a.1 - c.1));
    let (r, t) = ((b.0 + d.0, b.1 + d.1), (b.0 - d.0, b.1 - d.1));
    let times = |v: (f64, f64), w: (f64, f64)| (v.0 * w.0 - v.1 * w.1, v.0 * w.1 + v.1 * w.0);
    // Times i, t is (-t.1, t.0).
    let (second, fourth) = ((q.0 + t.1, q.1 - t.0), (q.0 - t.1, q.1 + t.0));
    [(p.0 + r.0, p.1 + r.1), times(second, w[0]), times((p.0 - r.0, p.1 - r.1), w[1]), times(fourth, w[2])]
}

/// Butterflies of neighbours, whose results lie four apart.
#[inline(always)]
#[expect(
    clippy::too_many_arguments,
    reason = "that no two of them overlap is known of arguments alone, and loops are fast"
)]
fn neighbours(
    ar: &[f64],
    ai: &[f64],
    br: &[f64],
    bi: &[f64],
    cr: &[f64],
    ci: &[f64],
    dr: &[f64],
    di: &[f64],
    ur: &[f64],
    ui: &[f64],
    vr: &[f64],
    vi: &[f64],
    wr: &[f64],
    wi: &[f64],
    re: &mut [f64],
    im: &mut [f64],
) {
    let n = ar.len();
    let same = [ai, br, bi, cr, ci, dr, di, ur, ui, vr, vi, wr, wi].iter().all(|x| x.len() == n);
    let (re, im) = (re.as_chunks_mut::<4>().0, im.as_chunks_mut::<4>().0);
    assert!(same && re.len() == n && im.len() == n, "a pass has as many of each");
    for p in 0..n {
        let x = [(ar[p], ai[p]), (br[p], bi[p]), (cr[p], ci[p]), (dr[p], di[p])];
        let y = butterfly(x, [(ur[p], ui[p]), (vr[p], vi[p]), (wr[p], wi[p])]);
        re[p] = [y[0].0, y[1].0, y[2].0, y[3].0];
        im[p] = [y[0].1, y[1].1, y[2].1, y[3].1];
    }
}

/// Butterflies of lanes with the same factors.
#[inline(always)]
#[expect(
    clippy::too_many_arguments,
    reason = "that no two of them overlap is known of arguments alone, and loops are fast"
)]
fn lanes(
    ar: &[f64],
    ai: &[f64],
    br: &[f64],
    bi: &[f64],
    cr: &[f64],
    ci: &[f64],
    dr: &[f64],
    di: &[f64],
    w: [(f64, f64); 3],
    er: &mut [f64],
    ei: &mut [f64],
    fr: &mut [f64],
    fi: &mut [f64],
    gr: &mut [f64],
    gi: &mut [f64],
    hr: &mut [f64],
    hi: &mut [f64],
) {
    let n = ar.len();
    let same = [ai, br, bi, cr, ci, dr, di].iter().all(|x| x.len() == n);
    let room = [&er, &ei, &fr, &fi, &gr, &gi, &hr, &hi].iter().all(|y| y.len() == n);
    assert!(same && room, "a pass has as many of each");
    for q in 0..n {
        let y = butterfly([(ar[q], ai[q]), (br[q], bi[q]), (cr[q], ci[q]), (dr[q], di[q])], w);
        ([er[q], fr[q], gr[q], hr[q]], [ei[q], fi[q], gi[q], hi[q]]) = (y.map(|v| v.0), y.map(|v| v.1));
    }
}

#[inline(always)]
fn radix2(s: usize, x: (&[f64], &[f64]), y: &mut Planes) {
    for (x, y) in [(x.0, &mut *y.re), (x.1, &mut *y.im)] {
        let ((a, b), (sums, differences)) = (x[..2 * s].split_at(s), y[..2 * s].split_at_mut(s));
        for i in 0..s {
            sums[i] = a[i] + b[i];
            differences[i] = a[i] - b[i];
        }
    }
}
