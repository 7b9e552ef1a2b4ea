//! Expressions: each a text beside the same written in Rust, over exact integers and rounded floats.

use super::{Given, Want, arrays, compare, real_dtypes, word};
use crate::support::{Data, Folder, Num, flat, indices, input, tame};
use tilewise::array::DType;

pub fn inputs() -> Vec<Data> {
    let dtypes: Vec<DType> = real_dtypes().collect();
    arrays(&dtypes, &[&[40], &[3, 5], &[1100], &[], &[0, 3]])
}

/// What an expression makes of one element.
enum Rule {
    /// Of integers: a whole number in the type that integers are added in.
    Whole(fn(i128) -> i128),
    /// Of integers: a whole number in their own dtype.
    Same(fn(i128) -> i128),
    /// Of integers: as of floats.
    Real,
    /// A truth value.
    Truth(fn(Num) -> bool),
}

struct Line {
    text: &'static str,
    whole: Rule,
    /// Of floats; `r` rounds to the type that is computed in.
    real: fn(&dyn Fn(f64) -> f64, f64) -> f64,
    /// Room for the functions of another library, in units of the computed type.
    ulps: f64,
}

/// Minimum and maximum give NaN where there is one.
fn least(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { std::cmp::min_by(a, b, super::exact::order) }
}

fn most(a: f64, b: f64) -> f64 {
    -least(-a, -b)
}

fn never(_: &dyn Fn(f64) -> f64, _: f64) -> f64 {
    f64::NAN
}

const LINES: [Line; 17] = [
    Line { text: "x + 1", whole: Rule::Whole(|i| i + 1), real: |r, x| r(x + 1.0), ulps: 0.0 },
    Line {
        text: "x * x - 3",
        whole: Rule::Whole(|i| i.saturating_mul(i) - 3),
        real: |r, x| r(r(x * x) - 3.0),
        ulps: 0.0,
    },
    Line { text: "(x - 1) / 4", whole: Rule::Real, real: |r, x| r(r(x - 1.0) / 4.0), ulps: 0.0 },
    Line { text: "x ** 3", whole: Rule::Whole(|i| i.saturating_pow(3)), real: |r, x| r(x.powi(3)), ulps: 2.0 },
    Line { text: "x // 7", whole: Rule::Whole(|i| i.div_euclid(7)), real: |_, x| floor_div(x), ulps: 0.0 },
    Line {
        text: "x % 7",
        whole: Rule::Whole(|i| i.rem_euclid(7)),
        real: |r, x| if x % 7.0 < 0.0 { r(x % 7.0 + 7.0) } else { (x % 7.0).abs() },
        ulps: 0.0,
    },
    Line { text: "sqrt(x)", whole: Rule::Real, real: |r, x| r(x.sqrt()), ulps: 0.0 },
    Line { text: "exp(x)", whole: Rule::Real, real: |r, x| r(x.exp()), ulps: 2.0 },
    Line { text: "log(x)", whole: Rule::Real, real: |r, x| r(x.ln()), ulps: 2.0 },
    Line { text: "tanh(x)", whole: Rule::Real, real: |r, x| r(x.tanh()), ulps: 3.0 },
    Line { text: "abs(x + 0)", whole: Rule::Whole(i128::abs), real: |_, x| (x + 0.0).abs(), ulps: 0.0 },
    Line { text: "minimum(x, 1)", whole: Rule::Same(|i| i.min(1)), real: |_, x| least(x, 1.0), ulps: 0.0 },
    Line { text: "maximum(x, 0)", whole: Rule::Same(|i| i.max(0)), real: |_, x| most(x, 0.0), ulps: 0.0 },
    Line {
        text: "where(x > 3, x, 0)",
        whole: Rule::Same(|i| if i > 3 { i } else { 0 }),
        real: |_, x| if x > 3.0 { x } else { 0.0 },
        ulps: 0.0,
    },
    Line {
        text: "clip(x, -2, 3)",
        whole: Rule::Same(|i| i.clamp(-2, 3)),
        real: |_, x| least(most(x, -2.0), 3.0),
        ulps: 0.0,
    },
    Line { text: "1 < x <= 40", whole: Rule::Truth(|n| n.f64() > 1.0 && n.f64() <= 40.0), real: never, ulps: 0.0 },
    Line {
        text: "isnan(x) or not isfinite(x) or x == 0",
        whole: Rule::Truth(|n| !n.f64().is_finite() || n.f64() == 0.0),
        real: never,
        ulps: 0.0,
    },
];

/// As NumPy: the exact remainder first, then a quotient that is whole.
fn floor_div(x: f64) -> f64 {
    let q = (x - x.rem_euclid(7.0)) / 7.0;
    if x == 0.0 { x } else { q.round() }
}

pub fn params(_: &Data) -> Vec<Given> {
    LINES.iter().map(|l| Given(vec![("expr", word(l.text))])).collect()
}

/// The type in which integers of a dtype are added.
fn added(dtype: DType) -> DType {
    match dtype {
        DType::U64 => DType::U64,
        DType::U32 | DType::I32 | DType::I64 => DType::I64,
        _ => DType::I32,
    }
}

/// The type that floats of a dtype are computed in.
fn computed(dtype: DType) -> DType {
    if dtype == DType::F64 { DType::F64 } else { DType::F32 }
}

fn rounded(dtype: DType, x: f64) -> f64 {
    if dtype == DType::F64 { x } else { f64::from(x as f32) }
}

/// Whether a whole number is a value of i32, i64 or u64.
fn fits(dtype: DType, i: i128) -> bool {
    match dtype {
        DType::I32 => i32::try_from(i).is_ok(),
        DType::I64 => i64::try_from(i).is_ok(),
        _ => u64::try_from(i).is_ok(),
    }
}

pub fn want(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let text = given.text("expr").unwrap();
    let line = LINES.iter().find(|l| l.text == text).unwrap();
    let (float, nums, shape) = (data.dtype.is_float(), data.nums(), data.shape.clone());
    let plain = |dtype, values| Ok(Want { dtype, shape: shape.clone(), values, ulps: 0.0, room: vec![] });
    match &line.whole {
        Rule::Truth(f) => {
            return plain(DType::Bool, nums.iter().map(|n| Num::Int(i128::from(f(*n)))).collect());
        }
        Rule::Whole(f) if !float => {
            let dtype = added(data.dtype);
            // Every intermediate is an integer of that type, so it has to fit as well.
            let square = text.contains("x * x");
            let all = nums.iter().map(|n| (n.int(), f(n.int())));
            let bad = |(i, r): (i128, i128)| !fits(dtype, r) || (square && !fits(dtype, i.saturating_mul(i)));
            if all.clone().any(bad) {
                return Err("overflow");
            }
            return plain(dtype, all.map(|(_, r)| Num::Int(r)).collect());
        }
        Rule::Same(f) if !float => {
            // A number makes truth values integers; bounds of clip do not.
            let dtype = if data.dtype == DType::Bool && !text.contains("clip") { DType::I32 } else { data.dtype };
            return plain(dtype, nums.iter().map(|n| Num::Int(f(n.int()))).collect());
        }
        _ => {}
    }
    let dtype = data.dtype.real();
    let of = computed(dtype);
    // Differences of integers are taken before they become real.
    let shifted = !float && text.contains("(x - 1)");
    if shifted && nums.iter().any(|n| !fits(added(data.dtype), n.int() - 1)) {
        return Err("overflow");
    }
    let one = |n: &Num| {
        let x = rounded(of, if shifted { Num::Int(n.int() - 1).f64() } else { n.f64() });
        Num::Real(if shifted { rounded(of, x / 4.0) } else { (line.real)(&|v| rounded(of, v), x) })
    };
    let values: Vec<Num> = nums.iter().map(one).collect();
    // Where f16 is computed in f32, another last place of that seldom shows, by one.
    let ulps = if line.ulps > 0.0 && dtype != of { 1.0 } else { line.ulps };
    Ok(Want { dtype, shape, values, ulps, room: vec![] })
}

/// The dtype of `a + b`.
fn sum_dtype(a: DType, b: DType) -> DType {
    let pair = [a, b];
    if pair.iter().any(|d| d.is_float()) {
        if pair.contains(&DType::Bool) {
            return if a == DType::Bool { b } else { a };
        }
        let (ra, rb) = (a.real(), b.real());
        return match () {
            () if ra.size() == rb.size() && ra != rb => DType::F32,
            () if ra.size() >= rb.size() => ra,
            () => rb,
        };
    }
    let natural = |d: &DType| *d == DType::Bool || !d.is_signed();
    match [added(a), added(b)] {
        t if t.contains(&DType::U64) && pair.iter().all(natural) => DType::U64,
        t if t.contains(&DType::U64) || t.contains(&DType::I64) => DType::I64,
        _ => DType::I32,
    }
}

/// Every dtype with every other: where they meet, and that values survive it.
#[test]
fn sums_of_all_pairs_of_dtypes() {
    let folder = Folder::new();
    let dtypes: Vec<DType> = real_dtypes().collect();
    let data: Vec<Data> = dtypes.iter().map(|d| tame(*d, &[2, 9], *d as u64)).collect();
    let (mut inputs, mut steps, mut outputs) = (String::new(), String::new(), String::new());
    for (a, x) in dtypes.iter().zip(&data) {
        folder.npy(&format!("{a}.npy"), x);
        inputs += &input(&format!("v_{a}"), &format!("{a}.npy"), x);
        for b in &dtypes {
            steps += &format!("[[step]]\nname = \"{a}_{b}\"\nexpr = \"v_{a} + v_{b}\"\n");
            outputs += &format!("{a}_{b} = \"out_{a}_{b}.npy\"\n");
        }
    }
    let text = format!("[inputs]\n{inputs}{steps}[outputs]\n{outputs}");
    let got = folder.run(&text, &folder.options()).unwrap();
    let mut got = got.iter();
    for (a, x) in dtypes.iter().zip(&data) {
        for (b, y) in dtypes.iter().zip(&data) {
            let dtype = sum_dtype(*a, *b);
            let values = x.nums().iter().zip(y.nums()).map(|(x, y)| Num::Real(x.f64() + y.f64())).collect();
            let want = Want { dtype, shape: vec![2, 9], values, ulps: 0.0, room: vec![] };
            compare(got.next().unwrap(), &want).unwrap_or_else(|e| panic!("{a} + {b}: {e}"));
        }
    }
}

/// Arrays whose axes are all named meet by name, others from the right; extents of 1 stretch.
#[test]
fn arrays_broadcast_by_name_or_from_the_right() {
    let folder = Folder::new();
    type Case<'a> = (&'a [u64], &'a str, &'a [u64], &'a str, &'a [u64]);
    let cases: [Case; 6] = [
        (&[3, 4, 5], "", &[5], "", &[3, 4, 5]),
        (&[4, 1], "", &[3, 1, 5], "", &[3, 4, 5]),
        (&[], "", &[2, 3], "", &[2, 3]),
        (&[3, 4, 5], "tyx", &[3], "t", &[3, 4, 5]),
        (&[3, 4, 5], "tyx", &[4, 3], "yt", &[3, 4, 5]),
        (&[0, 4], "", &[1, 4], "", &[0, 4]),
    ];
    for (a_shape, a_axes, b_shape, b_axes, shape) in cases {
        let of = |data: Data, names: &str| if names.is_empty() { data } else { data.named(names) };
        let (a, b) = (of(tame(DType::I16, a_shape, 1), a_axes), of(tame(DType::U8, b_shape, 2), b_axes));
        folder.npy("a.npy", &a);
        folder.npy("b.npy", &b);
        let text = format!(
            "[inputs]\n{}{}[[step]]\nname = \"s\"\nexpr = \"a * 100 + b\"\n[outputs]\ns = \"s.npy\"\n",
            input("a", "a.npy", &a),
            input("b", "b.npy", &b)
        );
        let got = folder.run(&text, &folder.options()).unwrap().remove(0);
        // The element of an operand that belongs to an index of the result.
        let pick = |data: &Data, names: &str, index: &[u64]| {
            let rank = data.shape.len();
            let own = |k: usize| match names.chars().nth(k) {
                Some(c) => index[a_axes.find(c).unwrap()],
                None => index[index.len() - rank + k],
            };
            let at: Vec<u64> = (0..rank).map(|k| if data.shape[k] == 1 { 0 } else { own(k) }).collect();
            data.nums()[flat(&data.shape, &at)].int()
        };
        let value = |i: Vec<u64>| Num::Int(pick(&a, a_axes, &i) * 100 + pick(&b, b_axes, &i));
        let values = indices(shape).into_iter().map(value).collect();
        let want = Want { dtype: DType::I32, shape: shape.to_vec(), values, ulps: 0.0, room: vec![] };
        compare(&got, &want).unwrap_or_else(|e| panic!("{a_shape:?} {a_axes} with {b_shape:?} {b_axes}: {e}"));
    }
}
