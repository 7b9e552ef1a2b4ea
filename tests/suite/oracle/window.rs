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
fn axis_of(data: &Data, given: &Given) -> Result<usize, &'static str> {
    match given.axes(data) {
        Some(axes) => Ok(axes[0]),
        None if data.axes.is_some() => Ok(0),
        None if data.shape.len() == 1 => Ok(0),
        None => Err("which axes"),
    }
}

/// No axis, and each; numbers from the end too.
fn axis_params(data: &Data) -> Vec<Given> {
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
            all.push(given.with("min_count", Value::Int(1)));
        }
    }
    all.push(Given(vec![("window", Value::Int(3)), ("min_count", Value::Int(4)), ("axes", Value::Int(0))]));
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
        let valid: Vec<Num> =
            inside.map(|k| nums[(at as i64 + (k - i) * inner as i64) as usize]).filter(|x| !x.f64().is_nan()).collect();
        if (valid.len() as i64) < least { Num::Real(f64::NAN) } else { one(&valid) }
    };
    let values = (0..nums.len()).map(value).collect();
    Ok(Want { dtype, shape: data.shape.clone(), values, ulps, room: vec![] })
}

/// Sums are exact or as if in twice the digits; then a division, and a rounding to the dtype.
pub fn rolling_mean(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let dtype = data.dtype.real();
    rolling(data, given, dtype, if dtype == DType::F64 { 2.0 } else { ONE_ROUNDING }, |valid| {
        Num::Real(super::reduce::mean_of(valid))
    })
}

/// Integers stay what they are where no result can be missing.
pub fn rolling_max(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let window = given.number("window").unwrap();
    let always = given.number("min_count").unwrap_or(window) == 1.0;
    let dtype = if always { data.dtype } else { data.dtype.real() };
    rolling(data, given, dtype, 0.0, |valid| extreme(valid, true))
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
