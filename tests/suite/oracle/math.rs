//! Casts and clips, element by element.

use super::{Given, Want, arrays, real_dtypes, word};
use crate::support::{Data, Num, encode};
use tilewise::array::DType;
use tilewise::kernel::Value;

pub fn inputs() -> Vec<Data> {
    let dtypes: Vec<DType> = real_dtypes().collect();
    let mut all = arrays(&dtypes, &[&[40], &[3, 5], &[300], &[], &[0, 2]]);
    // Halves, the ends of ranges, and a tie for f16 that f32 would hide.
    let edges = [
        0.5,
        1.5,
        2.5,
        -0.5,
        -1.5,
        254.5,
        255.5,
        127.5,
        -128.5,
        65519.9,
        65520.0,
        65535.5,
        2147483647.5,
        9223372036854775807.0,
        18446744073709551615.0,
        -9223372036854775808.0,
        1e300,
        -1e300,
        3.5e38,
        -0.0,
        1.0 + 1.0 / 2048.0 + 1e-12,
        1.0 + 1.0 / 256.0 + 1e-12,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    all.extend([DType::F16, DType::BF16, DType::F32, DType::F64].map(|d| Data::reals(d, &[4, 6], &edges)));
    // Truth is any byte but 0.
    all.push(Data { bytes: vec![0, 1, 2, 255], ..Data::reals(DType::Bool, &[4], &[0.0; 4]) });
    for dtype in [DType::C64, DType::C128] {
        let pairs = [(1.5, -2.0), (0.0, 0.0), (0.0, 3.0), (f64::NAN, 1.0), (1e300, -0.0), (0.1, f64::INFINITY)];
        all.push(Data::new(dtype, &[2, 3], &pairs.map(|(re, im)| Num::Complex(re, im))));
    }
    all
}

pub fn cast_params(_: &Data) -> Vec<Given> {
    let to = |d: DType| Given(vec![("dtype", word(d.name()))]);
    DType::ALL.into_iter().flat_map(|d| [to(d), to(d).with("overflow", word("error"))]).collect()
}

pub fn cast(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let to = DType::parse(given.text("dtype").unwrap()).unwrap();
    if data.dtype.is_complex() && !to.is_complex() && to != DType::Bool {
        return Err("cannot be cast");
    }
    let strict = given.text("overflow") == Some("error");
    let one = |x: Num| {
        let parts = if let Num::Complex(re, im) = x { vec![re, im] } else { vec![x.f64()] };
        if to.is_integer() && parts[0].is_nan() {
            return Err("NaN");
        }
        let part = match to {
            DType::C64 => DType::F32,
            DType::C128 => DType::F64,
            d => d,
        };
        let beyond = |p: &f64| {
            let back = Data { dtype: part, shape: vec![], axes: None, bytes: encode(part, Num::Real(*p)) }.nums()[0];
            p.is_finite() && part.is_float() && !back.f64().is_finite()
        };
        let outside = match (x, to) {
            (_, DType::Bool) => false,
            (Num::Int(i), d) if d.is_integer() => encode(d, x) != encode(d, Num::Int(i)) || !holds(d, i),
            (Num::Real(r), d) if d.is_integer() => {
                !r.is_finite() || !holds(d, r.round_ties_even().clamp(-1e30, 1e30) as i128)
            }
            _ => parts.iter().any(beyond),
        };
        match (strict && outside, to, x) {
            (true, ..) => Err("does not fit"),
            (_, DType::Bool, Num::Complex(re, im)) => Ok(Num::Int(i128::from(re != 0.0 || im != 0.0))),
            _ => Ok(x),
        }
    };
    // Of several misfits the one that is found first is reported: which, depends on the tiles.
    let results: Vec<_> = data.nums().into_iter().map(one).collect();
    let faults: Vec<_> = results.iter().filter_map(|r| r.err()).collect();
    if let Some(first) = faults.first() {
        return Err(if faults.iter().all(|f| f == first) { first } else { to.name() });
    }
    let values = results.into_iter().flatten().collect();
    Ok(Want { dtype: to, shape: data.shape.clone(), values, ulps: 0.0, room: vec![] })
}

/// Whether a whole number is a value of an integer dtype.
fn holds(dtype: DType, i: i128) -> bool {
    let bits = dtype.size() * 8;
    let (low, high) =
        if dtype.is_signed() { (-(1i128 << (bits - 1)), 1i128 << (bits - 1)) } else { (0, 1i128 << bits) };
    low <= i && i < high
}

pub fn clip_params(_: &Data) -> Vec<Given> {
    let bounds = [
        (Some(Value::Int(0)), Some(Value::Int(1))),
        (Some(Value::Int(3)), None),
        (None, Some(Value::Int(100))),
        (Some(Value::Float(-2.5)), Some(Value::Float(1.75))),
        (Some(Value::Float(0.0)), None),
        (None, Some(Value::Float(-0.0))),
        (Some(Value::Int(7)), Some(Value::Int(7))),
        (Some(Value::Float(f64::NEG_INFINITY)), Some(Value::Float(1e9))),
        (Some(Value::Float(0.25)), Some(Value::Float(0.5))),
        (Some(Value::Int(2)), Some(Value::Int(1))),
        (None, None),
    ];
    let given = |(lo, hi): (Option<Value>, Option<Value>)| {
        Given(lo.map(|v| ("min", v)).into_iter().chain(hi.map(|v| ("max", v))).collect())
    };
    bounds.map(given).to_vec()
}

pub fn clip(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let (min, max) = (given.number("min"), given.number("max"));
    if min.is_none() && max.is_none() {
        return Err("needs a bound");
    }
    let (lo, hi) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
    if lo > hi {
        return Err("is above");
    }
    if data.dtype.is_complex() {
        return Err("real arrays");
    }
    let whole = |x: f64| if x.is_finite() { x as i128 } else { (x.signum() as i128) << 100 };
    let range = if data.dtype == DType::Bool { (0, 1) } else { (i128::MIN, i128::MAX) };
    let (least, most) = (whole(lo.ceil()).max(range.0), whole(hi.floor()).min(range.1));
    let nothing = |d: DType| if d == DType::Bool { most < 0 || least > 1 } else { !holds_any(d, least, most) };
    if !data.dtype.is_float() && (least > most || nothing(data.dtype)) {
        return Err("lies between");
    }
    let order = super::exact::order;
    let one = |x: Num| match x {
        Num::Int(i) => Num::Int(i.max(least).min(most)),
        Num::Real(x) if x.is_nan() => Num::Real(x),
        // Bounds are those of the dtype.
        other => {
            let bound = |b: f64| Data::reals(data.dtype, &[], &[b]).f64s()[0];
            let low = std::cmp::max_by(other.f64(), bound(lo), order);
            Num::Real(std::cmp::min_by(low, bound(hi), order))
        }
    };
    let values = data.nums().into_iter().map(one).collect();
    Ok(Want { dtype: data.dtype, shape: data.shape.clone(), values, ulps: 0.0, room: vec![] })
}

/// Whether an integer dtype has a value between two bounds.
fn holds_any(dtype: DType, least: i128, most: i128) -> bool {
    let bits = dtype.size() * 8;
    let (low, end) = if dtype.is_signed() { (-(1i128 << (bits - 1)), 1i128 << (bits - 1)) } else { (0, 1i128 << bits) };
    least < end && most >= low
}
