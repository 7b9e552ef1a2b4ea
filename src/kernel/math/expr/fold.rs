//! Arithmetic among the constants of an expression, as Python does it: whole numbers exactly (up to
//! 64 bits), everything else in f64. Knows no arrays.

use super::ast::Func;
use super::ops::Real;

/// A constant. It has no dtype: it takes that of the arrays it meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Const {
    Bool(bool),
    /// Within i64 or u64.
    Int(i128),
    Float(f64),
}

impl Const {
    pub fn float(self) -> f64 {
        match self {
            Const::Bool(b) => f64::from(u8::from(b)),
            Const::Int(i) => i as f64,
            Const::Float(f) => f,
        }
    }

    /// The whole number, truth values counting as 0 and 1.
    pub fn int(self) -> Option<i128> {
        match self {
            Const::Bool(b) => Some(i128::from(b)),
            Const::Int(i) => Some(i),
            Const::Float(_) => None,
        }
    }

    pub fn show(self) -> String {
        match self {
            Const::Bool(b) => b.to_string(),
            Const::Int(i) => i.to_string(),
            Const::Float(f) => format!("{f:?}"),
        }
    }
}

/// Applies an operation to constants.
pub fn fold(func: Func, args: &[Const]) -> Result<Const, String> {
    let truth = |c: Const| match c {
        Const::Bool(b) => Ok(b),
        _ => Err(format!("{} takes truth values, {} is a number", func.name(), c.show())),
    };
    match (func, args) {
        (Func::And, [a, b]) => Ok(Const::Bool(truth(*a)? & truth(*b)?)),
        (Func::Or, [a, b]) => Ok(Const::Bool(truth(*a)? | truth(*b)?)),
        (Func::Not, [a]) => Ok(Const::Bool(!truth(*a)?)),
        (Func::Where, [c, a, b]) => Ok(if truth(*c)? { *a } else { *b }),
        (Func::Clip, [x, lo, hi]) => fold(Func::Minimum, &[fold(Func::Maximum, &[*x, *lo])?, *hi]),
        (_, [a]) => unary(func, *a),
        (_, [a, b]) => match (a.int(), b.int()) {
            (Some(i), Some(k)) => integers(func, i, k),
            _ => Ok(reals(func, a.float(), b.float())),
        },
        _ => Err(format!("{} of {} constants", func.name(), args.len())),
    }
}

fn fits(value: Option<i128>) -> Result<Const, String> {
    value
        .filter(|i| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(i))
        .map(Const::Int)
        .ok_or_else(|| "this constant is beyond the range of 64-bit integers".to_string())
}

fn unary(func: Func, a: Const) -> Result<Const, String> {
    match (func, a.int()) {
        (Func::Neg, Some(i)) => fits(Some(-i)),
        (Func::Abs, Some(i)) => fits(Some(i.abs())),
        (Func::Sign, Some(i)) => Ok(Const::Int(i.signum())),
        (Func::Square, Some(i)) => fits(i.checked_mul(i)),
        (Func::Floor | Func::Ceil | Func::Round | Func::Trunc, Some(i)) => Ok(Const::Int(i)),
        _ => {
            let x = a.float();
            Ok(match func {
                Func::IsNan => Const::Bool(x.is_nan()),
                Func::IsInf => Const::Bool(x.is_infinite()),
                Func::IsFinite => Const::Bool(x.is_finite()),
                _ => Const::Float(x.apply(func)),
            })
        }
    }
}

fn integers(func: Func, a: i128, b: i128) -> Result<Const, String> {
    let zero = || format!("{a} {} 0: integers cannot be divided by zero", func.name());
    match func {
        Func::Add => fits(a.checked_add(b)),
        Func::Sub => fits(a.checked_sub(b)),
        Func::Mul => fits(a.checked_mul(b)),
        Func::FloorDiv if b == 0 => Err(zero()),
        Func::Mod if b == 0 => Err(zero()),
        Func::FloorDiv => fits(Some(a.div_euclid(b) - i128::from(b < 0 && a.rem_euclid(b) != 0))),
        Func::Mod => {
            let r = a.rem_euclid(b);
            fits(Some(if r != 0 && b < 0 { r + b } else { r }))
        }
        Func::Pow if b >= 0 => fits(u32::try_from(b).ok().and_then(|b| a.checked_pow(b))),
        Func::Minimum => Ok(Const::Int(a.min(b))),
        Func::Maximum => Ok(Const::Int(a.max(b))),
        Func::Eq => Ok(Const::Bool(a == b)),
        Func::Ne => Ok(Const::Bool(a != b)),
        Func::Lt => Ok(Const::Bool(a < b)),
        Func::Le => Ok(Const::Bool(a <= b)),
        Func::Gt => Ok(Const::Bool(a > b)),
        Func::Ge => Ok(Const::Bool(a >= b)),
        _ => Ok(reals(func, a as f64, b as f64)),
    }
}

fn reals(func: Func, a: f64, b: f64) -> Const {
    match func {
        Func::Eq => Const::Bool(a == b),
        Func::Ne => Const::Bool(a != b),
        Func::Lt => Const::Bool(a < b),
        Func::Le => Const::Bool(a <= b),
        Func::Gt => Const::Bool(a > b),
        Func::Ge => Const::Bool(a >= b),
        _ => Const::Float(a.combine(func, b)),
    }
}
