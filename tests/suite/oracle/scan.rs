//! Running products and extremes, and gaps that are filled, line by line.

use super::reduce::extreme;
use super::window::{axis_of, axis_params};
use super::{Given, ONE_ROUNDING, Want};
use crate::support::{Data, Num};
use tilewise::array::DType;
use tilewise::kernel::Value;

pub fn skipna_params(data: &Data) -> Vec<Given> {
    axis_params(data).into_iter().flat_map(|g| [g.clone(), g.with("skipna", Value::Bool(true))]).collect()
}

/// Calls `line` with the numbers of each line, and puts what it gives where they were.
pub fn by_line(
    data: &Data,
    axis: usize,
    mut line: impl FnMut(&[Num]) -> Result<Vec<Num>, &'static str>,
) -> Result<Vec<Num>, &'static str> {
    let (n, inner) = (data.shape[axis] as usize, data.shape[axis + 1..].iter().product::<u64>() as usize);
    let nums = data.nums();
    let mut values = vec![Num::Int(0); nums.len()];
    for start in (0..nums.len()).filter(|at| (at / inner) % n == 0) {
        let places = (0..n).map(|k| start + k * inner);
        let found = line(&places.clone().map(|at| nums[at]).collect::<Vec<_>>())?;
        places.zip(found).for_each(|(at, x)| values[at] = x);
    }
    Ok(values)
}

/// Exact: products of whole numbers of any length, rounded once.
pub fn cumprod(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let axis = axis_of(data, given)?;
    let natural = data.dtype.is_integer() && !data.dtype.is_signed();
    let dtype = match () {
        () if data.dtype.is_float() => data.dtype,
        () if natural => DType::U64,
        () => DType::I64,
    };
    let values = by_line(data, axis, |line| {
        if data.dtype.is_float() {
            return Ok(reals(line, given.flag("skipna")));
        }
        let mut product = 1i128;
        let mut one = |x: &Num| {
            product = product.checked_mul(x.int()).ok_or("beyond")?;
            let fits = if natural { u64::try_from(product).is_ok() } else { i64::try_from(product).is_ok() };
            if fits { Ok(Num::Int(product)) } else { Err("beyond") }
        };
        line.iter().map(&mut one).collect()
    })?;
    Ok(Want { dtype, shape: data.shape.clone(), values, ulps: ONE_ROUNDING, room: vec![] })
}

fn reals(line: &[Num], skip: bool) -> Vec<Num> {
    let (mut product, mut nan) = (Long::one(), false);
    let mut one = |x: &Num| {
        let x = x.f64();
        if x.is_nan() {
            nan |= !skip;
            return Num::Real(f64::NAN);
        }
        product.times(x);
        Num::Real(if nan { f64::NAN } else { product.rounded() })
    };
    line.iter().map(&mut one).collect()
}

/// `± limbs * 2^exponent`, the lowest limb first, which may have met a zero or an infinity.
struct Long {
    limbs: Vec<u64>,
    exponent: i64,
    minus: bool,
    zero: bool,
    infinite: bool,
}

impl Long {
    fn one() -> Long {
        Long { limbs: vec![1], exponent: 0, minus: false, zero: false, infinite: false }
    }

    fn times(&mut self, x: f64) {
        self.minus ^= x.is_sign_negative();
        self.zero |= x == 0.0;
        self.infinite |= x.is_infinite();
        if x == 0.0 || x.is_infinite() {
            return;
        }
        let field = (x.to_bits() >> 52 & 0x7ff) as i64;
        let fraction = x.to_bits() & ((1 << 52) - 1);
        let whole = if field == 0 { fraction } else { fraction | 1 << 52 };
        let zeros = whole.trailing_zeros();
        self.exponent += field.max(1) - 1075 + i64::from(zeros);
        let mut carry = 0u128;
        for limb in &mut self.limbs {
            let wide = u128::from(*limb) * u128::from(whole >> zeros) + carry;
            (*limb, carry) = (wide as u64, wide >> 64);
        }
        if carry > 0 {
            self.limbs.push(carry as u64);
        }
    }

    fn rounded(&self) -> f64 {
        let sign = if self.minus { -1.0 } else { 1.0 };
        match (self.zero, self.infinite) {
            (true, true) => return f64::NAN,
            (true, false) => return sign * 0.0,
            (false, true) => return sign * f64::INFINITY,
            (false, false) => {}
        }
        let (last, shift) = (self.limbs.len() - 1, self.limbs.last().unwrap().leading_zeros());
        let below = if last > 0 { self.limbs[last - 1] } else { 0 };
        let top = ((u128::from(self.limbs[last]) << 64 | u128::from(below)) << shift >> 64) as u64;
        let rest = last > 0 && (below << shift != 0 || self.limbs[..last - 1].iter().any(|l| *l != 0));
        // The power of two of the highest bit, and how many bits the result has from there.
        let power = self.exponent + 64 * last as i64 + 63 - i64::from(shift);
        let bits = if power >= -1022 { 53 } else { (53 + power + 1022).max(-1) };
        if power > 1023 || bits < 0 {
            return sign * if bits < 0 { 0.0 } else { f64::INFINITY };
        }
        let wide = u128::from(top) << bits;
        let (kept, left) = ((wide >> 64) as u64, wide as u64);
        let up = left > 1 << 63 || (left == 1 << 63 && (rest || kept & 1 == 1));
        let scale = power - bits + 1;
        sign * (kept + u64::from(up)) as f64 * 2f64.powi((scale / 2) as i32) * 2f64.powi((scale - scale / 2) as i32)
    }
}

fn running(data: &Data, given: &Given, largest: bool) -> Result<Want, &'static str> {
    let axis = axis_of(data, given)?;
    let skip = given.flag("skipna");
    let values = by_line(data, axis, |line| {
        let one = |i: usize| {
            let kept = line[..=i].iter().copied().filter(|x| !skip || !x.f64().is_nan());
            if line[i].f64().is_nan() { line[i] } else { extreme(&kept.collect::<Vec<_>>(), largest) }
        };
        Ok((0..line.len()).map(one).collect())
    })?;
    Ok(Want { dtype: data.dtype, shape: data.shape.clone(), values, ulps: 0.0, room: vec![] })
}

pub fn cummax(data: &Data, given: &Given) -> Result<Want, &'static str> {
    running(data, given, true)
}

pub fn cummin(data: &Data, given: &Given) -> Result<Want, &'static str> {
    running(data, given, false)
}

pub fn limit_params(data: &Data) -> Vec<Given> {
    let limited = |g: Given| [1, 2, 1500].map(|n| g.with("limit", Value::Int(n))).into_iter().chain([g]);
    axis_params(data).into_iter().flat_map(limited).collect()
}

/// Beside those of windows: mostly gaps, some longer than a block.
pub fn gap_inputs() -> Vec<Data> {
    let mut all = super::window::inputs();
    let gaps = |n: usize, keep: fn(usize) -> bool| -> Vec<f64> {
        (0..n).map(|i| if keep(i) { i as f64 / 8.0 } else { f64::NAN }).collect()
    };
    all.push(Data::reals(DType::F64, &[4000], &gaps(4000, |i| i % 1700 == 900)));
    all.push(Data::reals(DType::F32, &[5, 12, 3], &gaps(180, |i| i * i % 7 == 2)).named("tyx"));
    all.push(Data::reals(DType::F16, &[40, 20], &gaps(800, |i| i * i % 11 == 5)));
    all
}

fn filled(data: &Data, given: &Given, reverse: bool) -> Result<Want, &'static str> {
    let axis = axis_of(data, given)?;
    let limit = given.number("limit").map_or(usize::MAX, |n| n as usize);
    let values = by_line(data, axis, |line| {
        let there = |i: &usize| !line[*i].f64().is_nan();
        let one = |i: usize| {
            let from = if reverse { (i..line.len()).find(there) } else { (0..=i).rev().find(there) };
            from.filter(|j| j.abs_diff(i) <= limit).map_or(Num::Real(f64::NAN), |j| line[j])
        };
        Ok((0..line.len()).map(one).collect())
    })?;
    Ok(Want { dtype: data.dtype, shape: data.shape.clone(), values, ulps: 0.0, room: vec![] })
}

pub fn ffill(data: &Data, given: &Given) -> Result<Want, &'static str> {
    filled(data, given, false)
}

pub fn bfill(data: &Data, given: &Given) -> Result<Want, &'static str> {
    filled(data, given, true)
}

pub fn interpolate_params(data: &Data) -> Vec<Given> {
    let mut all = limit_params(data);
    for (i, given) in limit_params(data).into_iter().enumerate() {
        all.push(given.with("limit_direction", Value::Str(["backward", "both"][i % 2].into())));
    }
    all
}

/// Each gap by itself, in the arithmetic of numpy.interp.
pub fn interpolate(data: &Data, given: &Given) -> Result<Want, &'static str> {
    let axis = axis_of(data, given)?;
    let limit = given.number("limit").map_or(usize::MAX, |n| n as usize);
    let direction = given.text("limit_direction").unwrap_or("forward");
    let values = by_line(data, axis, |line| {
        let there = |i: &usize| !line[*i].f64().is_nan();
        let one = |i: usize| {
            let (before, after) = ((0..=i).rev().find(there), (i..line.len()).find(there));
            let forward = direction != "backward" && before.is_some_and(|j| i - j <= limit);
            let backward = direction != "forward" && after.is_some_and(|j| j - i <= limit);
            match (before, after) {
                (Some(a), Some(b)) if a == b => line[a],
                _ if !forward && !backward => Num::Real(f64::NAN),
                (Some(a), Some(b)) => {
                    let (x, y) = (line[a].f64(), line[b].f64());
                    let slope = (y - x) / (b - a) as f64;
                    let values = [slope * (i - a) as f64 + x, slope * -((b - i) as f64) + y];
                    let value = values.into_iter().find(|v| !v.is_nan());
                    Num::Real(value.unwrap_or(if x == y { x } else { f64::NAN }))
                }
                (Some(a), None) => line[a],
                (_, b) => line[b.unwrap()],
            }
        };
        Ok((0..line.len()).map(one).collect())
    })?;
    Ok(Want { dtype: data.dtype, shape: data.shape.clone(), values, ulps: ONE_ROUNDING, room: vec![] })
}
