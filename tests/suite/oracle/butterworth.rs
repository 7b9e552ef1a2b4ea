//! Butterworth filters: the design written out once more, one value after the other.

use super::scan::by_line;
use super::window::{axis_of, axis_params};
use super::{Given, ONE_ROUNDING, Want, real_dtypes};
use crate::support::{Data, Num, tame};
use std::f64::consts::PI;
use tilewise::array::DType;
use tilewise::kernel::Value;

/// Finite values; one array with a NaN.
pub fn inputs() -> Vec<Data> {
    let mut all: Vec<Data> = real_dtypes().map(|d| tame(d, &[40], 3)).collect();
    for (i, shape) in [&[6, 25][..], &[2, 30, 4], &[1], &[0], &[0, 3], &[]].into_iter().enumerate() {
        all.push(tame(DType::F64, shape, i as u64));
    }
    all.push(tame(DType::F32, &[24, 4, 3], 9).named("tyx"));
    all.push(tame(DType::F32, &[2500], 1));
    all.push(tame(DType::F64, &[2, 1300, 2], 2));
    let mut spoilt = tame(DType::F64, &[60], 5).f64s();
    spoilt[45] = f64::NAN;
    all.push(Data::reals(DType::F64, &[60], &spoilt));
    all
}

pub fn params(data: &Data) -> Vec<Given> {
    let filters: [(i64, &[f64], &str, f64); 6] = [
        (2, &[0.1], "lowpass", 1.0),
        (5, &[30.0], "lowpass", 100.0),
        (3, &[0.2], "highpass", 1.0),
        (1, &[0.1, 0.3], "bandpass", 1.0),
        (2, &[10.0, 20.0], "bandstop", 90.0),
        (4, &[0.2, 0.3], "bandpass", 2.0),
    ];
    let mut all = Vec::new();
    for axis in axis_params(data) {
        for (i, (order, cutoff, btype, rate)) in filters.into_iter().enumerate() {
            let list = Value::List(cutoff.iter().map(|f| Value::Float(*f)).collect());
            let cutoff = if cutoff.len() == 1 && i % 2 == 0 { Value::Float(cutoff[0]) } else { list };
            let given = axis.with("order", Value::Int(order)).with("cutoff", cutoff);
            let given = given.with("btype", Value::Str(btype.into())).with("sample_rate", Value::Float(rate));
            all.push(given.with("zero_phase", Value::Bool(true)));
            all.push(given);
        }
    }
    all
}

type Complex = (f64, f64);

fn times(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

fn over(a: Complex, b: Complex) -> Complex {
    let size = b.0 * b.0 + b.1 * b.1;
    let (re, im) = times(a, (b.0, -b.1));
    (re / size, im / size)
}

fn root(a: Complex) -> Complex {
    let (size, angle) = (a.0.hypot(a.1).sqrt(), a.1.atan2(a.0) / 2.0);
    (size * angle.cos(), size * angle.sin())
}

/// Poles on the unit circle's inside, each beside the one that makes its section real; zeros of every section; and where
/// the filter passes all.
struct Design {
    poles: Vec<(Complex, Option<Complex>)>,
    zeros: [f64; 2],
    even: f64,
}

/// The definition: poles of 1 / (1 + s^2n), the band by substitution for s, s by (1 - 1/z) / (1 + 1/z).
fn design(order: usize, cutoff: &[f64], btype: &str) -> Design {
    let w: Vec<f64> = cutoff.iter().map(|f| (PI * f).tan()).collect();
    let circle = |s: Complex| over((1.0 + s.0, s.1), (1.0 - s.0, -s.1));
    let mut poles = Vec::new();
    for k in 0..order.div_ceil(2) {
        let angle = PI / 2.0 + PI * (2 * k + 1) as f64 / (2 * order) as f64;
        let alone = 2 * k + 1 == order;
        let p = if alone { (-1.0, 0.0) } else { (angle.cos(), angle.sin()) };
        let pair = |s: Complex| (circle(s), Some(circle((s.0, -s.1))));
        let mut two = |half: Complex, square: f64| {
            let (re, im) = times(half, half);
            let r = root((re - square, im));
            let (one, other) = ((half.0 + r.0, half.1 + r.1), (half.0 - r.0, half.1 - r.1));
            if alone {
                poles.push((circle(one), Some(circle(other))));
            } else {
                poles.extend([pair(one), pair(other)]);
            }
        };
        match btype {
            "bandpass" => two(times(p, ((w[1] - w[0]) / 2.0, 0.0)), w[0] * w[1]),
            "bandstop" => two(over(((w[1] - w[0]) / 2.0, 0.0), p), w[0] * w[1]),
            _ => {
                let s = if btype == "lowpass" { times(p, (w[0], 0.0)) } else { over((w[0], 0.0), p) };
                poles.push(if alone { (circle(s), None) } else { pair(s) });
            }
        }
    }
    let middle = 2.0 * (w[0] * w[w.len() - 1]).sqrt().atan();
    let (zeros, even) = match btype {
        "lowpass" => ([2.0, 1.0], 0.0),
        "highpass" => ([-2.0, 1.0], PI),
        "bandpass" => ([0.0, -1.0], middle),
        _ => ([-2.0 * middle.cos(), 1.0], 0.0),
    };
    Design { poles, zeros, even }
}

/// Sections with a response of size 1 where the filter passes all: b0, b1, b2, a1, a2.
fn sections(order: usize, cutoff: &[f64], btype: &str) -> Vec<[f64; 5]> {
    let Design { poles, zeros, even } = design(order, cutoff, btype);
    let size = |c: [f64; 3]| {
        let re = c[0] + c[1] * even.cos() + c[2] * (2.0 * even).cos();
        (re).hypot(c[1] * even.sin() + c[2] * (2.0 * even).sin())
    };
    let one = |(p, q): &(Complex, Option<Complex>)| {
        let (b, a) = match q {
            None => ([1.0, zeros[0] / 2.0, 0.0], [-p.0, 0.0]),
            Some(q) => ([1.0, zeros[0], zeros[1]], [-(p.0 + q.0), times(*p, *q).0]),
        };
        let gain = size([1.0, a[0], a[1]]) / size(b);
        [b[0] * gain, b[1] * gain, b[2] * gain, a[0], a[1]]
    };
    poles.iter().map(one).collect()
}

fn run(sections: &[[f64; 5]], mut line: Vec<f64>, rest: f64) -> Vec<f64> {
    let mut level = rest;
    for [b0, b1, b2, a1, a2] in sections {
        let out = level * (b0 + b1 + b2) / (1.0 + a1 + a2);
        // What came before: the level, for ever.
        let (mut x, mut y) = ([level; 2], [out; 2]);
        for v in &mut line {
            let next = b0 * *v + b1 * x[0] + b2 * x[1] - a1 * y[0] - a2 * y[1];
            (x, y) = ([*v, x[0]], [next, y[0]]);
            *v = next;
        }
        level = out;
    }
    line
}

pub fn want(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let axis = axis_of(data, given)?;
    let order = given.number("order").unwrap() as usize;
    let rate = given.number("sample_rate").unwrap();
    let cutoff: Vec<f64> = given.numbers("cutoff", 1).unwrap().iter().map(|f| f / rate).collect();
    let sections = sections(order, &cutoff, given.text("btype").unwrap());
    let pad = 3 * (1 + order * cutoff.len());
    let zero_phase = given.flag("zero_phase");
    if zero_phase && data.shape[axis] as usize <= pad {
        return Err("zero_phase of this filter needs more than");
    }
    let both = by_line(data, axis, |line| {
        let x: Vec<f64> = line.iter().map(|x| x.f64()).collect();
        let room = 1e-11 * x.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let y = if zero_phase {
            let n = x.len();
            let mut long: Vec<f64> = (1..=pad).rev().map(|i| 2.0 * x[0] - x[i]).collect();
            long.extend(&x);
            long.extend((1..=pad).map(|i| 2.0 * x[n - 1] - x[n - 1 - i]));
            for _ in 0..2 {
                let first = long[0];
                long = run(&sections, long, first);
                long.reverse();
            }
            long[pad..pad + n].to_vec()
        } else {
            run(&sections, x, 0.0)
        };
        Ok(y.into_iter().map(|y| Num::Complex(y, room)).collect())
    })?;
    let room = both.iter().map(|x| if let Num::Complex(_, room) = x { *room } else { 0.0 }).collect();
    let values = both.iter().map(|x| Num::Real(x.f64())).collect();
    Ok(Want { dtype: data.dtype.real(), shape: data.shape.clone(), values, ulps: ONE_ROUNDING, room })
}
