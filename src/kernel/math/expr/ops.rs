//! The arithmetic of single elements and the loops around it. Owns what each operation means for
//! each type; knows no programs and no dtypes of arrays.
//!
//! An operand is a slice or one value for the whole block; each loop is compiled for every
//! instruction set and does the same in all of them.

use super::ast::Func;
use crate::array::{Bool, Element};
use crate::kernel::simd;

/// An operand of a block.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a, T> {
    Many(&'a [T]),
    One(T),
}

impl<T: Copy> Arg<'_, T> {
    pub fn get(&self, i: usize) -> T {
        match self {
            Arg::Many(values) => values[i],
            Arg::One(value) => *value,
        }
    }
}

/// f32 and f64.
pub trait Real: Element + PartialOrd + std::fmt::Debug {
    /// A function of one value that gives a value.
    fn apply(self, func: Func) -> Self;
    /// An operation on two values that gives a value.
    fn combine(self, func: Func, other: Self) -> Self;
    /// `isnan`, `isinf`, `isfinite`.
    fn is(self, func: Func) -> bool;
    fn least(self, other: Self) -> Self;
    fn greatest(self, other: Self) -> Self;
}

macro_rules! reals {
    ($($T:ident: $exp:ident $exp2:ident $expm1:ident $log:ident $log2:ident $log10:ident $log1p:ident
        $sin:ident $cos:ident $tan:ident $tanh:ident $pow:ident $fmod:ident;)*) => { $(
        impl Real for $T {
            #[inline(always)]
            fn apply(self, func: Func) -> $T {
                match func {
                    Func::Neg => -self,
                    Func::Abs => self.abs(),
                    Func::Sign if self.is_nan() || self == 0.0 => self,
                    Func::Sign => (1.0 as $T).copysign(self),
                    Func::Square => self * self,
                    Func::Sqrt => self.sqrt(),
                    Func::Exp => libm::$exp(self),
                    Func::Exp2 => libm::$exp2(self),
                    Func::Expm1 => libm::$expm1(self),
                    Func::Log => libm::$log(self),
                    Func::Log2 => libm::$log2(self),
                    Func::Log10 => libm::$log10(self),
                    Func::Log1p => libm::$log1p(self),
                    Func::Sin => libm::$sin(self),
                    Func::Cos => libm::$cos(self),
                    Func::Tan => libm::$tan(self),
                    Func::Tanh => libm::$tanh(self),
                    Func::Floor => self.floor(),
                    Func::Ceil => self.ceil(),
                    Func::Round => self.round_ties_even(),
                    Func::Trunc => self.trunc(),
                    _ => self,
                }
            }

            #[inline(always)]
            fn combine(self, func: Func, other: $T) -> $T {
                match func {
                    Func::Add => self + other,
                    Func::Sub => self - other,
                    Func::Mul => self * other,
                    Func::Div => self / other,
                    // As NumPy: the quotient rounded down, the remainder with the divisor's sign.
                    Func::FloorDiv | Func::Mod => {
                        let (q, r) = {
                            let r = libm::$fmod(self, other);
                            let q = (self - r) / other;
                            match (r != 0.0, (other < 0.0) != (r < 0.0)) {
                                (true, true) => (q - 1.0, r + other),
                                (true, false) => (q, r),
                                (false, _) => (q, (0.0 as $T).copysign(other)),
                            }
                        };
                        let floor = q.floor();
                        match func {
                            Func::Mod if other == 0.0 => $T::NAN,
                            Func::Mod => r,
                            _ if other == 0.0 => self / other,
                            _ if q == 0.0 => (0.0 as $T).copysign(self / other),
                            _ => if q - floor > 0.5 { floor + 1.0 } else { floor },
                        }
                    }
                    Func::Pow => libm::$pow(self, other),
                    Func::Minimum => self.least(other),
                    Func::Maximum => self.greatest(other),
                    _ => self,
                }
            }

            #[inline(always)]
            fn is(self, func: Func) -> bool {
                match func {
                    Func::IsNan => self.is_nan(),
                    Func::IsInf => self.is_infinite(),
                    _ => self.is_finite(),
                }
            }

            // NaN wins; among equal values only zeros differ, by the sign bit.
            #[inline(always)]
            fn least(self, other: $T) -> $T {
                let less = if self < other { self } else { other };
                let zero = $T::from_bits(self.to_bits() | other.to_bits());
                let value = if self == other { zero } else { less };
                if self.is_nan() { self } else { value }
            }

            #[inline(always)]
            fn greatest(self, other: $T) -> $T {
                let more = if self > other { self } else { other };
                let zero = $T::from_bits(self.to_bits() & other.to_bits());
                let value = if self == other { zero } else { more };
                if self.is_nan() { self } else { value }
            }
        }
    )* };
}
reals! {
    f32: expf exp2f expm1f logf log2f log10f log1pf sinf cosf tanf tanhf powf fmodf;
    f64: exp exp2 expm1 log log2 log10 log1p sin cos tan tanh pow fmod;
}

/// i32, i64 and u64. The flag beside a result says that there is none: overflow, or division by zero.
pub trait Whole: Element + Ord + std::fmt::Display {
    fn apply(self, func: Func) -> (Self, bool);
    fn combine(self, func: Func, other: Self) -> (Self, bool);
    fn power(self, exponent: u32) -> (Self, bool);
}

macro_rules! wholes {
    ($($T:ident: $signed:expr, $mul:expr;)*) => { $(
        impl Whole for $T {
            #[inline(always)]
            fn apply(self, func: Func) -> ($T, bool) {
                match func {
                    Func::Neg => ((0 as $T).wrapping_sub(self), if $signed { self == $T::MIN } else { self != 0 }),
                    Func::Abs if $signed && self < 0 => ((0 as $T).wrapping_sub(self), self == $T::MIN),
                    Func::Sign => ($T::from(self > 0).wrapping_sub($T::from(self < 0)), false),
                    _ => (self, false),
                }
            }

            #[inline(always)]
            fn combine(self, func: Func, other: $T) -> ($T, bool) {
                match func {
                    Func::Add => {
                        let sum = self.wrapping_add(other);
                        (sum, if $signed { ((self ^ sum) & (other ^ sum)) < 0 } else { sum < self })
                    }
                    Func::Sub => {
                        let rest = self.wrapping_sub(other);
                        (rest, if $signed { ((self ^ other) & (self ^ rest)) < 0 } else { self < other })
                    }
                    Func::Mul => $mul(self, other),
                    Func::FloorDiv => match self.checked_div(other) {
                        Some(q) => (if q * other != self && (self < 0) != (other < 0) { q - 1 } else { q }, false),
                        None => (0, true),
                    },
                    Func::Mod if other == 0 => (0, true),
                    Func::Mod => {
                        let r = self.wrapping_rem(other);
                        (if r != 0 && (r < 0) != (other < 0) { r + other } else { r }, false)
                    }
                    Func::Minimum => (self.min(other), false),
                    Func::Maximum => (self.max(other), false),
                    _ => (self, false),
                }
            }

            #[inline(always)]
            fn power(self, exponent: u32) -> ($T, bool) {
                self.checked_pow(exponent).map_or((0, true), |p| (p, false))
            }
        }
    )* };
}
#[allow(unused_comparisons)]
mod wholes {
    use super::*;
    wholes! {
        // Through i64, which vectorises.
        i32: true, |a, b| {
            let wide = i64::from(a) * i64::from(b);
            (wide as i32, wide != i64::from(wide as i32))
        };
        i64: true, i64::overflowing_mul;
        u64: false, u64::overflowing_mul;
    }
}

/// `out[i] = f(a[i])`.
#[inline(always)]
fn map<T: Copy, R: Copy>(a: Arg<T>, out: &mut [R], f: impl Fn(T) -> R) {
    match a {
        Arg::Many(a) => out.iter_mut().zip(a).for_each(|(o, a)| *o = f(*a)),
        Arg::One(a) => out.fill(f(a)),
    }
}

/// `out[i] = f(a[i], b[i])`.
#[inline(always)]
fn zip<T: Copy, U: Copy, R: Copy>(a: Arg<T>, b: Arg<U>, out: &mut [R], f: impl Fn(T, U) -> R) {
    match (a, b) {
        (Arg::Many(a), Arg::Many(b)) => out.iter_mut().zip(a).zip(b).for_each(|((o, a), b)| *o = f(*a, *b)),
        (Arg::Many(a), Arg::One(b)) => out.iter_mut().zip(a).for_each(|(o, a)| *o = f(*a, b)),
        (Arg::One(a), Arg::Many(b)) => out.iter_mut().zip(b).for_each(|(o, b)| *o = f(a, *b)),
        (Arg::One(a), Arg::One(b)) => out.fill(f(a, b)),
    }
}

/// As [`zip`], for operations that may have no result; whether one had none.
#[inline(always)]
fn zip_checked<T: Copy>(a: Arg<T>, b: Arg<T>, out: &mut [T], f: impl Fn(T, T) -> (T, bool)) -> bool {
    let mut bad = false;
    let mut one = |o: &mut T, a: T, b: T| {
        let (value, this) = f(a, b);
        *o = value;
        bad |= this;
    };
    match (a, b) {
        (Arg::Many(a), Arg::Many(b)) => out.iter_mut().zip(a).zip(b).for_each(|((o, a), b)| one(o, *a, *b)),
        (Arg::Many(a), Arg::One(b)) => out.iter_mut().zip(a).for_each(|(o, a)| one(o, *a, b)),
        (Arg::One(a), Arg::Many(b)) => out.iter_mut().zip(b).for_each(|(o, b)| one(o, a, *b)),
        (Arg::One(a), Arg::One(b)) => out.iter_mut().for_each(|o| one(o, a, b)),
    }
    bad
}

/// Runs `$body` with `$F` bound to a constant equal to `$func`, so that the choice of the operation
/// is made here and not in the loop.
macro_rules! chosen {
    ($func:expr, $F:ident in [$($name:ident)*] => $body:expr, else $other:expr) => {
        match $func {
            $(Func::$name => {
                const $F: Func = Func::$name;
                $body
            })*
            _ => $other,
        }
    };
}

/// A function of reals.
pub fn real_unary<T: Real>(func: Func, a: Arg<T>, out: &mut [T]) {
    chosen!(func, F in [
        Neg Abs Sign Square Sqrt Exp Exp2 Expm1 Log Log2 Log10 Log1p Sin Cos Tan Tanh Floor Ceil Round Trunc
    ] => simd::vectorized(#[inline(always)] || map(a, out, #[inline(always)] |x: T| x.apply(F))), else {})
}

/// An operation on reals.
pub fn real_binary<T: Real>(func: Func, a: Arg<T>, b: Arg<T>, out: &mut [T]) {
    chosen!(func, F in [Add Sub Mul Div FloorDiv Mod Pow Minimum Maximum] =>
        simd::vectorized(#[inline(always)] || zip(a, b, out, #[inline(always)] |x: T, y: T| x.combine(F, y))), else {})
}

/// `isnan`, `isinf`, `isfinite`.
pub fn real_test<T: Real>(func: Func, a: Arg<T>, out: &mut [Bool]) {
    chosen!(func, F in [IsNan IsInf IsFinite] =>
        simd::vectorized(#[inline(always)] || map(a, out, #[inline(always)] |x: T| Bool::from(x.is(F)))), else {})
}

/// A function of integers. The error is the position that has no result, and why.
pub fn whole_unary<T: Whole>(func: Func, a: Arg<T>, out: &mut [T]) -> Result<(), (usize, String)> {
    let bad = chosen!(func, F in [Neg Abs Sign] =>
        simd::vectorized(#[inline(always)] || zip_checked(a, a, out, #[inline(always)] |x: T, _: T| x.apply(F))), else false);
    if !bad {
        return Ok(());
    }
    let at = (0..out.len()).find(|i| a.get(*i).apply(func).1).unwrap_or(0);
    let sign = if func == Func::Neg { "-" } else { "abs " };
    Err((at, format!("integer overflow: {sign}({}) does not fit {}", a.get(at), T::DTYPE)))
}

/// An operation on integers. The error is the position that has no result, and why.
pub fn whole_binary<T: Whole>(func: Func, a: Arg<T>, b: Arg<T>, out: &mut [T]) -> Result<(), (usize, String)> {
    let bad = chosen!(func, F in [Add Sub Mul FloorDiv Mod Minimum Maximum] =>
        simd::vectorized(#[inline(always)] || zip_checked(a, b, out, #[inline(always)] |x: T, y: T| x.combine(F, y))), else false);
    if !bad {
        return Ok(());
    }
    let at = (0..out.len()).find(|i| a.get(*i).combine(func, b.get(*i)).1).unwrap_or(0);
    let (x, y) = (a.get(at), b.get(at));
    if matches!(func, Func::FloorDiv | Func::Mod) && y.to_string() == "0" {
        return Err((at, format!("integer division by zero: {x} {} 0", func.name())));
    }
    Err((at, format!("integer overflow: {x} {} {y} does not fit {}", func.name(), T::DTYPE)))
}

/// An integer to a constant power.
pub fn whole_power<T: Whole>(exponent: u32, a: Arg<T>, out: &mut [T]) -> Result<(), (usize, String)> {
    if !zip_checked(a, a, out, |x, _| x.power(exponent)) {
        return Ok(());
    }
    let at = (0..out.len()).find(|i| a.get(*i).power(exponent).1).unwrap_or(0);
    Err((at, format!("integer overflow: {} ** {exponent} does not fit {}", a.get(at), T::DTYPE)))
}

/// A comparison.
pub fn compare<T: Element + PartialOrd>(func: Func, a: Arg<T>, b: Arg<T>, out: &mut [Bool]) {
    #[inline(always)]
    fn by<T: Element>(a: Arg<T>, b: Arg<T>, out: &mut [Bool], holds: impl Fn(&T, &T) -> bool) {
        simd::vectorized(
            #[inline(always)]
            || {
                zip(
                    a,
                    b,
                    out,
                    #[inline(always)]
                    |x, y| Bool::from(holds(&x, &y)),
                )
            },
        );
    }
    match func {
        Func::Eq => by(a, b, out, T::eq),
        Func::Ne => by(a, b, out, T::ne),
        Func::Lt => by(a, b, out, T::lt),
        Func::Le => by(a, b, out, T::le),
        Func::Gt => by(a, b, out, T::gt),
        _ => by(a, b, out, T::ge),
    }
}

/// A comparison of i64 with u64, exact.
pub fn compare_mixed(func: Func, a: Arg<i64>, b: Arg<u64>, out: &mut [Bool]) {
    let below = |x: i64, y: u64| x < 0 || (x as u64) < y;
    let equal = |x: i64, y: u64| x >= 0 && x as u64 == y;
    match func {
        Func::Eq => zip(a, b, out, |x, y| Bool::from(equal(x, y))),
        Func::Ne => zip(a, b, out, |x, y| Bool::from(!equal(x, y))),
        Func::Lt => zip(a, b, out, |x, y| Bool::from(below(x, y))),
        Func::Le => zip(a, b, out, |x, y| Bool::from(below(x, y) || equal(x, y))),
        Func::Gt => zip(a, b, out, |x, y| Bool::from(!below(x, y) && !equal(x, y))),
        _ => zip(a, b, out, |x, y| Bool::from(!below(x, y))),
    }
}

/// `and`, `or`, `not` (which ignores `b`).
pub fn logic(func: Func, a: Arg<Bool>, b: Arg<Bool>, out: &mut [Bool]) {
    match func {
        Func::And => simd::vectorized(
            #[inline(always)]
            || {
                zip(
                    a,
                    b,
                    out,
                    #[inline(always)]
                    |x: Bool, y: Bool| Bool(x.0 & y.0),
                )
            },
        ),
        Func::Or => simd::vectorized(
            #[inline(always)]
            || {
                zip(
                    a,
                    b,
                    out,
                    #[inline(always)]
                    |x: Bool, y: Bool| Bool(x.0 | y.0),
                )
            },
        ),
        _ => simd::vectorized(
            #[inline(always)]
            || {
                map(
                    a,
                    out,
                    #[inline(always)]
                    |x: Bool| Bool(x.0 ^ 1),
                )
            },
        ),
    }
}

/// `out[i] = a[i]` where `test[i]`, else `b[i]`.
pub fn select<T: Element>(test: Arg<Bool>, a: Arg<T>, b: Arg<T>, out: &mut [T]) {
    match test {
        Arg::One(t) => map(if t.get() { a } else { b }, out, |x| x),
        Arg::Many(t) => simd::vectorized(
            #[inline(always)]
            || choose(t, a, b, out),
        ),
    }
}

#[inline(always)]
fn choose<T: Copy>(test: &[Bool], a: Arg<T>, b: Arg<T>, out: &mut [T]) {
    let out = out.iter_mut().zip(test);
    match (a, b) {
        (Arg::Many(a), Arg::Many(b)) => {
            out.zip(a).zip(b).for_each(|(((o, t), a), b)| *o = if t.get() { *a } else { *b })
        }
        (Arg::Many(a), Arg::One(b)) => out.zip(a).for_each(|((o, t), a)| *o = if t.get() { *a } else { b }),
        (Arg::One(a), Arg::Many(b)) => out.zip(b).for_each(|((o, t), b)| *o = if t.get() { a } else { *b }),
        (Arg::One(a), Arg::One(b)) => out.for_each(|(o, t)| *o = if t.get() { a } else { b }),
    }
}
