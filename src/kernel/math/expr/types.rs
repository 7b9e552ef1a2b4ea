//! Which dtype comes out when values meet. Owns the rules of the design for results; emits nothing.

use super::fold::Const;
use crate::array::DType;

/// A value of the expression that depends on arrays.
#[derive(Clone, Copy, Debug)]
pub struct Typed {
    /// The operation that makes it.
    pub op: usize,
    /// The type in which it is held.
    pub held: DType,
    /// The dtype that it has for whoever reads it.
    pub dtype: DType,
    /// The dtype of a real result, counted at the arrays read.
    pub real: DType,
    /// The type in which integers are added, counted at the arrays read: i32, i64 or u64.
    pub int: DType,
}

impl Typed {
    /// The elements of an array; which operation gives them is for the caller to say.
    pub fn array(dtype: DType) -> Typed {
        Typed { op: 0, held: dtype, dtype, real: dtype.real(), int: int_of(dtype) }
    }
}

/// A value of the expression.
#[derive(Clone, Copy, Debug)]
pub enum Val {
    Const(Const),
    Array(Typed),
}

impl Val {
    pub fn is_real(&self) -> bool {
        match self {
            Val::Const(c) => matches!(c, Const::Float(_)),
            Val::Array(t) => t.dtype.is_float(),
        }
    }

    pub fn array(&self) -> Option<Typed> {
        match self {
            Val::Const(_) => None,
            Val::Array(t) => Some(*t),
        }
    }

    /// Whether no value can be below 0.
    fn is_natural(&self) -> bool {
        match self {
            Val::Const(c) => c.float() >= 0.0,
            Val::Array(t) => is_natural(t.dtype),
        }
    }
}

/// Whether the dtype has no values below 0.
pub fn is_natural(dtype: DType) -> bool {
    dtype == DType::Bool || (dtype.is_integer() && !dtype.is_signed())
}

/// The type in which a dtype is computed.
pub fn register(dtype: DType) -> DType {
    match dtype {
        DType::U8 | DType::U16 | DType::I8 | DType::I16 => DType::I32,
        DType::U32 => DType::I64,
        DType::F16 | DType::BF16 => DType::F32,
        kept => kept,
    }
}

/// The type in which integers of a dtype are added.
fn int_of(dtype: DType) -> DType {
    match dtype {
        DType::U64 => DType::U64,
        DType::U32 | DType::I32 | DType::I64 => DType::I64,
        _ => DType::I32,
    }
}

/// The type in which integers are added: u64 where nothing can be negative, else signed.
pub fn int_type(vals: &[Val]) -> DType {
    let ints = || vals.iter().filter_map(Val::array).map(|t| t.int);
    match (ints().any(|i| i == DType::U64), ints().any(|i| i == DType::I64)) {
        (true, _) if vals.iter().all(Val::is_natural) => DType::U64,
        (false, false) => DType::I32,
        _ => DType::I64,
    }
}

/// The dtype of a real result. Truth values take the dtype of what they meet.
pub fn real_type(vals: &[Val]) -> Option<DType> {
    let arrays = || vals.iter().filter_map(Val::array);
    let join = |a: DType, b: DType| match (a, b) {
        (DType::F16, DType::BF16) | (DType::BF16, DType::F16) => DType::F32,
        _ if a.size() >= b.size() => a,
        _ => b,
    };
    let numbers = arrays().filter(|t| t.dtype != DType::Bool).map(|t| t.real).reduce(join);
    numbers.or_else(|| arrays().map(|t| t.real).reduce(join))
}

/// The range of an integer dtype or bool.
pub fn range(dtype: DType) -> (i128, i128) {
    let bits = dtype.size() as u32 * 8;
    match dtype {
        DType::Bool => (0, 1),
        _ if dtype.is_signed() => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        _ => (0, (1i128 << bits) - 1),
    }
}

/// Whether a whole number is a value of the dtype.
pub fn fits(value: i128, dtype: DType) -> bool {
    let (least, most) = range(dtype);
    (least..=most).contains(&value)
}

/// The smallest integer dtype that holds both; i64 for u64 with signed ones.
fn promote(a: DType, b: DType) -> DType {
    let (small, large) = if a.size() <= b.size() { (a, b) } else { (b, a) };
    match (small, large) {
        _ if a == b => a,
        (DType::Bool, other) | (other, DType::Bool) => other,
        _ if small.is_signed() == large.is_signed() || large.is_signed() && small.size() < large.size() => large,
        _ => match large.size() {
            1 => DType::I16,
            2 => DType::I32,
            _ => DType::I64,
        },
    }
}

/// The dtype in which the elements of two arrays are kept side by side, as `where` has it; and that of complex numbers.
pub fn common(a: DType, b: DType) -> DType {
    if a == b {
        return a;
    }
    if a.is_complex() || b.is_complex() {
        let single = |d: DType| d == DType::C64 || d == DType::Bool || (!d.is_complex() && d.real().size() <= 4);
        return if single(a) && single(b) { DType::C64 } else { DType::C128 };
    }
    if !a.is_float() && !b.is_float() {
        return promote(a, b);
    }
    real_type(&[Val::Array(Typed::array(a)), Val::Array(Typed::array(b))]).unwrap_or(DType::F64)
}

/// The dtype of one of two values (`where`, `minimum`, `maximum`), neither of them real, and its
/// type for additions. A constant that the arrays' dtype does not have makes it the type in which
/// the arrays are added. `None` where no type holds all constants.
pub fn choice_type(vals: [Val; 2]) -> Option<(DType, DType)> {
    let consts: Vec<Const> = vals.iter().filter_map(|v| if let Val::Const(c) = v { Some(*c) } else { None }).collect();
    let all_fit = |dtype: DType| {
        consts.iter().all(|c| match c {
            Const::Bool(_) => true,
            _ => dtype != DType::Bool && c.int().is_some_and(|i| fits(i, dtype)),
        })
    };
    let arrays = || vals.iter().filter_map(Val::array);
    let own = arrays().map(|t| t.dtype).reduce(promote).or((consts.len() == 2).then_some(DType::Bool))?;
    let added = int_type(&vals);
    let dtype = [own, added, DType::I64, DType::U64]
        .into_iter()
        // Two constants alone take the first of i32, i64, u64 that has both; arrays are never widened.
        .take(if consts.len() == 2 { 4 } else { 2 })
        .find(|d| all_fit(*d))?;
    let int = match dtype {
        DType::U64 => DType::U64,
        DType::I64 | DType::U32 => DType::I64,
        _ if arrays().any(|t| t.int != DType::I32) => DType::I64,
        _ => DType::I32,
    };
    Some((dtype, int))
}
