//! Windows and running sums along one axis.

use super::exact;
use super::reduce::extreme;
use super::{Given, ONE_ROUNDING, Want, arrays, real_dtypes};
use crate::support::{Data, Num, tame};
use tilewise::array::DType;
use tilewise::kernel::Value;

/// Beside small shapes: more than a block of 1024, and windows of every variant.
pub fn inputs() -> Vec<Data> {
    let dtypes: Vec<DType> = real_dtypes().collect();
    let mut all = arrays(&dtypes, &[&[9], &[13], &[6, 5]]);
    let few = [DType::U8, DType::I64, DType::U64, DType::F32, DType::F64];
    all.extend(arrays(&few, &[&[1], &[1], &[0], &[3, 0], &[0, 3], &[2, 3, 4], &[], &[1, 40]]));
    all.extend([DType::I16, DType::F32].map(|d| tame(d, &[2500], 7)));
    all.push(tame(DType::F64, &[2, 1300, 2], 8));
    all.push(tame(DType::F32, &[5, 4, 3], 9).named("tyx"));
    // What has left the window leaves no trace.
    let spikes: Vec<f64> = (0..60).map(|i| [1e300, 1.0, f64::NAN, 0.25, f64::INFINITY][i * i % 5]).collect();
    all.push(Data::reals(DType::F64, &[60], &spikes));
    // Sums near a tie of the dtype, which by way of f32 would be one.
    all.push(Data::reals(DType::F16, &[3], &[1.0, 2f64.powi(-11), 2f64.powi(-24)]));
    all
}

/// The axis that is given, or t, or the only one.
pub fn axis_of(data: &Data, given: &Given) -> Result<usize, &'static str> {
    match given.axes(data) {
        Some(axes) => Ok(axes[0]),
        None if data.axes.is_some() => Ok(0),
        None if data.shape.len() == 1 => Ok(0),
        None => Err("which axes"),
    }
}

/// No axis, and each; numbers from the end too.
pub fn axis_params(data: &Data) -> Vec<Given> {
    let mut all = vec![Given::default()];
    all.extend((0..data.shape.len()).map(|a| Given(vec![("axis", Value::Int(a as i64))])));
    if data.shape.len() > 1 {
        all.push(Given(vec![("axes", Value::Int(-1))]));
    }
    all
}

pub fn rolling_params(data: &Data) -> Vec<Given> {
    let long = data.shape.iter().product::<u64>() > 1000;
    let windows: &[i64] = if long { &[3, 65, 1025, 4000] } else { &[1, 2, 3, 6, 100] };
    let mut all = Vec::new();
    for (i, axis) in axis_params(data).into_iter().enumerate() {
        for (j, w) in windows.iter().enumerate() {
            let given = axis.with("window", Value::Int(*w));
            let some = given.with("min_count", Value::Int((w / 2).max(1)));
            all.push(if (i + j) % 2 == 0 { some.with("center", Value::Bool(true)) } else { some });
            all.push(if (i + j) % 2 == 1 { given.with("center", Value::Bool(true)) } else { given.clone() });
            let any = given.with("min_count", Value::Int(1));
            all.push(if j % 2 == 0 { any.with("step", Value::Int(2 + 5 * i as i64)) } else { any });
        }
    }
    all.push(Given(vec![("window", Value::Int(3)), ("min_count", Value::Int(4)), ("axes", Value::Int(0))]));
    all
}

/// With a `ddof` here and there, some of them as long as the window.
pub fn spread_params(data: &Data) -> Vec<Given> {
    let ddof =
        |(i, given): (usize, Given)| if i % 3 == 1 { given } else { given.with("ddof", Value::Int(i as i64 % 3)) };
    rolling_params(data).into_iter().enumerate().map(ddof).collect()
}

/// Also data far from 0, and 1e16 that passes.
pub fn spread_inputs() -> Vec<Data> {
    let mut all = inputs();
    let noise = tame(DType::F64, &[600], 4).f64s();
    all.push(Data::reals(DType::F64, &[600], &noise.iter().map(|x| x + 1e12).collect::<Vec<_>>()));
    let passes = |i: usize| if i == 50 { 1e16 } else { noise[i] };
    all.push(Data::reals(DType::F64, &[300, 2], &(0..600).map(passes).collect::<Vec<_>>()));
    all
}

/// The numbers in the window of each element, without NaN; `one` makes the result of enough of them.
fn rolling(
    data: &Data,
    given: &Given,
    dtype: DType,
    ulps: f64,
    one: impl Fn(&[Num]) -> Num,
) -> Result<Want, &'static str> {
    placed(data, given, dtype, ulps, |near| one(&near.iter().map(|(_, x)| *x).collect::<Vec<_>>()))
}

/// As [`rolling`], each number with the places between it and the index of the window.
fn placed(
    data: &Data,
    given: &Given,
    dtype: DType,
    ulps: f64,
    one: impl Fn(&[(i64, Num)]) -> Num,
) -> Result<Want, &'static str> {
    let window = given.number("window").unwrap() as i64;
    let least = given.number("min_count").map_or(window, |n| n as i64);
    if least > window {
        return Err("min_count = 4 is more than");
    }
    if data.dtype == DType::Bool {
        return Err("bool");
    }
    let axis = axis_of(data, given)?;
    let (n, inner) = (data.shape[axis] as i64, data.shape[axis + 1..].iter().product::<u64>() as usize);
    let nums = data.nums();
    let value = |at: usize| {
        let i = (at / inner) as i64 % n;
        let end = if given.flag("center") { i + (window - 1) / 2 } else { i };
        let inside = (end - window + 1).max(0)..=end.min(n - 1);
        let near = inside.map(|k| (i - k, nums[(at as i64 + (k - i) * inner as i64) as usize]));
        let valid: Vec<(i64, Num)> = near.filter(|(_, x)| !x.f64().is_nan()).collect();
        if (valid.len() as i64) < least { Num::Real(f64::NAN) } else { one(&valid) }
    };
    let step = given.number("step").map_or(1, |n| n as i64);
    let values = (0..nums.len()).filter(|at| (at / inner) as i64 % n % step == 0).map(value).collect();
    let mut shape = data.shape.clone();
    shape[axis] = shape[axis].div_ceil(step as u64);
    Ok(Want { dtype, shape, values, ulps, room: vec![] })
}

/// Sums are exact or as if in twice the digits; then a division, and a rounding to the dtype.
pub fn rolling_mean(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let dtype = data.dtype.real();
    rolling(data, given, dtype, if dtype == DType::F64 { 2.0 } else { ONE_ROUNDING }, |valid| {
        Num::Real(super::reduce::mean_of(valid))
    })
}

/// Whether no window lacks values.
fn never_missing(given: &Given) -> bool {
    given.number("min_count").or(given.number("window")) == Some(1.0)
}

/// Integers stay what they are where no result can be missing.
fn rolling_extreme(data: &Data, given: &Given, largest: bool) -> Result<Want, &'static str> {
    let dtype = if never_missing(given) { data.dtype } else { data.dtype.real() };
    rolling(data, given, dtype, 0.0, |valid| extreme(valid, largest))
}

pub fn rolling_max(data: &Data, given: &Given) -> Result<Want, &'static str> {
    rolling_extreme(data, given, true)
}

pub fn rolling_min(data: &Data, given: &Given) -> Result<Want, &'static str> {
    rolling_extreme(data, given, false)
}

/// Exact integers where no result can be missing, or an error; else the exact sum, rounded once.
pub fn rolling_sum(data: &Data, given: &Given) -> Result<Want, &'static str> {
    if data.dtype.is_float() {
        return rolling(data, given, data.dtype, ONE_ROUNDING, |valid| {
            Num::Real(exact::sum(&valid.iter().map(|x| x.f64()).collect::<Vec<_>>()))
        });
    }
    let sum = |valid: &[Num]| valid.iter().map(|x| x.int()).sum::<i128>();
    if !never_missing(given) {
        return rolling(data, given, DType::F64, 0.0, |valid| Num::Real(sum(valid) as f64));
    }
    let dtype = if data.dtype.is_signed() { DType::I64 } else { DType::U64 };
    let want = rolling(data, given, dtype, 0.0, |valid| Num::Int(sum(valid)))?;
    let fits = |x: &Num| match dtype {
        DType::I64 => i64::try_from(x.int()).is_ok(),
        _ => u64::try_from(x.int()).is_ok(),
    };
    if want.values.iter().all(fits) { Ok(want) } else { Err("lies beyond") }
}

/// Two roundings in each of the two implementations.
fn rolling_spread(data: &Data, given: &Given, one: impl Fn(f64) -> f64) -> Result<Want, &'static str> {
    let ddof = given.number("ddof").unwrap_or(1.0);
    if given.number("min_count") <= given.number("window") && ddof >= given.number("window").unwrap() {
        return Err("leaves nothing of a window");
    }
    let dtype = data.dtype.real();
    rolling(data, given, dtype, if dtype == DType::F64 { 2.0 } else { ONE_ROUNDING }, |valid| {
        let values: Vec<f64> = valid.iter().map(|x| x.f64()).collect();
        Num::Real(one(exact::variance(&values, ddof)))
    })
}

pub fn rolling_var(data: &Data, given: &Given) -> Result<Want, &'static str> {
    rolling_spread(data, given, |variance| variance)
}

pub fn rolling_std(data: &Data, given: &Given) -> Result<Want, &'static str> {
    rolling_spread(data, given, f64::sqrt)
}

/// By definition, from deviations in f64: room for what those lose.
pub fn rolling_skew(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let mut want = rolling(data, given, data.dtype.real(), 4.0, |valid| {
        let values: Vec<f64> = valid.iter().map(|x| x.f64()).collect();
        let n = values.len() as f64;
        let squares = exact::variance(&values, 0.0);
        if n < 3.0 || squares == 0.0 || !squares.is_finite() {
            return Num::Real(f64::NAN);
        }
        // Counted from the first value, so that data far from 0 loses nothing here either.
        let from: Vec<f64> = values.iter().map(|x| x - values[0]).collect();
        let mean = exact::sum(&from) / n;
        let cubes = exact::sum(&from.iter().map(|d| (d - mean).powi(3)).collect::<Vec<_>>()) / n;
        Num::Real((n * (n - 1.0)).sqrt() / (n - 2.0) * (cubes / squares.powf(1.5)))
    })?;
    want.room = want.values.iter().map(|_| 1e-9).collect();
    Ok(want)
}

/// With a `q` for each.
pub fn quantile_params(data: &Data) -> Vec<Given> {
    let q = |(i, given): (usize, Given)| given.with("q", Value::Float([0.0, 0.3, 0.5, 0.99, 1.0][i % 5]));
    rolling_params(data).into_iter().enumerate().map(q).collect()
}

pub fn rolling_quantile(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let q = given.number("q").unwrap_or(0.5);
    let sorted = |valid: &[Num]| {
        let mut x: Vec<f64> = valid.iter().map(|x| x.f64()).collect();
        x.sort_by(f64::total_cmp);
        super::quantile::one(&x, q, "linear")
    };
    let room = rolling(data, given, data.dtype.real(), 0.0, |valid| Num::Real(sorted(valid).1))?;
    let mut want = rolling(data, given, data.dtype.real(), ONE_ROUNDING, |valid| Num::Real(sorted(valid).0))?;
    want.room = room.values.iter().map(|x| if x.f64().is_nan() { 0.0 } else { x.f64() }).collect();
    Ok(want)
}

pub fn rolling_median(data: &Data, given: &Given) -> Result<Want, &'static str> {
    rolling_quantile(data, given)
}

/// Where the best value lies that no later one equals; zeros of either sign are equal.
fn rolling_place(data: &Data, given: &Given, largest: bool) -> Result<Want, &'static str> {
    placed(data, given, DType::F64, 0.0, |near| {
        let best = near.iter().copied().reduce(|old, new| {
            let order = match (new.1, old.1) {
                (Num::Int(a), Num::Int(b)) => a.cmp(&b),
                (a, b) => a.f64().partial_cmp(&b.f64()).unwrap(),
            };
            if order.is_eq() || order.is_gt() == largest { new } else { old }
        });
        Num::Real(best.unwrap().0 as f64)
    })
}

pub fn rolling_argmax(data: &Data, given: &Given) -> Result<Want, &'static str> {
    rolling_place(data, given, true)
}

pub fn rolling_argmin(data: &Data, given: &Given) -> Result<Want, &'static str> {
    rolling_place(data, given, false)
}

pub fn cumsum_params(data: &Data) -> Vec<Given> {
    axis_params(data).into_iter().flat_map(|g| [g.clone(), g.with("skipna", Value::Bool(true))]).collect()
}

/// Each result is the sum of all before it: exact, or rounded once to f64 and once to the dtype.
pub fn cumsum(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let axis = axis_of(data, given)?;
    let (n, inner) = (data.shape[axis] as usize, data.shape[axis + 1..].iter().product::<u64>() as usize);
    let nums = data.nums();
    let (float, skip) = (data.dtype.is_float(), given.flag("skipna"));
    let natural = data.dtype.is_integer() && !data.dtype.is_signed();
    let dtype = match () {
        () if float => data.dtype,
        () if natural => DType::U64,
        () => DType::I64,
    };
    let mut values = vec![Num::Int(0); nums.len()];
    for start in (0..nums.len()).filter(|at| (at / inner) % n == 0) {
        let (mut reals, mut whole) = (Vec::new(), 0i128);
        for at in (0..n).map(|k| start + k * inner) {
            if float {
                let x = nums[at].f64();
                if skip && x.is_nan() {
                    values[at] = Num::Real(f64::NAN);
                    continue;
                }
                reals.push(x);
                // The exact sum so far, in as few parts as it has.
                if x.is_finite() && reals.iter().all(|r| r.is_finite()) {
                    reals = exact::exact_parts(&reals);
                }
                values[at] = Num::Real(exact::sum(&reals));
            } else {
                whole += nums[at].int();
                let fits = if natural { u64::try_from(whole).is_ok() } else { i64::try_from(whole).is_ok() };
                if !fits {
                    return Err("beyond");
                }
                values[at] = Num::Int(whole);
            }
        }
    }
    Ok(Want { dtype, shape: data.shape.clone(), values, ulps: ONE_ROUNDING, room: vec![] })
}
