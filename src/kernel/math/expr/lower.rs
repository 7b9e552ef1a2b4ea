//! From what an expression says to what is computed: gives every node its dtype, folds constants,
//! and emits operations. Owns no loops.

use super::ast::{Ast, Func, Node};
use super::fault::Fault;
use super::fold::{Const, fold};
use super::infer::ExprPart;
use super::order::order;
use super::program::{Code, Op, Operand, Program};
use super::types::{Typed, Val, choice_type, fits, int_type, is_natural, range, real_type, register};
use crate::array::DType;
use crate::kernel::math::clip::Bound;
use std::collections::HashMap;
use std::ops::Range;

/// Exponents up to this one keep integers whole.
const WHOLE_POWER_MAX: i128 = 64;

/// Binds an expression to the dtypes of its inputs, which are real. `dtype` is that of the result
/// where the user asked for one.
pub fn lower(ast: &Ast, text: &str, inputs: &[DType], dtype: Option<DType>) -> Result<Program, Fault> {
    let mut builder = Builder { ops: Vec::new(), converted: HashMap::new(), span: 0..0 };
    let t = builder.run(ast, text, |b, k| b.load(k, inputs[k]))?;
    Ok(Program::new(builder.ops, t.op, dtype.unwrap_or(t.dtype), inputs.to_vec(), text))
}

/// What is known of the value of an expression whose variables are these parts.
pub fn part(ast: &Ast, text: &str, parts: &[ExprPart]) -> Result<Typed, Fault> {
    let mut builder = Builder { ops: Vec::new(), converted: HashMap::new(), span: 0..0 };
    builder.run(ast, text, |b, k| parts[k].typed(b.load(k, parts[k].dtype())))
}

struct Builder {
    ops: Vec<Op>,
    converted: HashMap<(usize, DType), usize>,
    /// Of the node that is lowered.
    span: Range<usize>,
}

impl Builder {
    /// Emits the operations of an expression; `load` gives its variables.
    fn run(&mut self, ast: &Ast, text: &str, load: impl Fn(&mut Builder, usize) -> Typed) -> Result<Typed, Fault> {
        let mut vals = vec![Val::Const(Const::Bool(false)); ast.nodes.len()];
        for id in order(ast) {
            self.span = ast.spans[id].clone();
            vals[id] = match &ast.nodes[id] {
                Node::Bool(b) => Val::Const(Const::Bool(*b)),
                Node::Int(i) => Val::Const(Const::Int(i128::from(*i))),
                Node::Float(bits) => Val::Const(Const::Float(f64::from_bits(*bits))),
                Node::Name(k) => Val::Array(load(self, *k)),
                Node::Apply(func, args) => {
                    let args: Vec<Val> = args.iter().map(|a| vals[*a]).collect();
                    self.apply(*func, &args)?
                }
            };
        }
        vals[ast.root].array().ok_or_else(|| Fault::new(0..text.len(), "the expression is a constant"))
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.span.clone(), message)
    }

    fn emit(&mut self, code: Code, args: &[Operand], of: DType, held: DType) -> usize {
        self.ops.push(Op { code, args: args.to_vec(), of, held, at: self.span.start, register: None });
        self.ops.len() - 1
    }

    fn load(&mut self, input: usize, dtype: DType) -> Typed {
        let mut op = self.emit(Code::Load(input), &[], dtype, dtype);
        if dtype == DType::Bool {
            // Stored truth may be any byte but 0; what is computed with is 0 or 1.
            op = self.emit(Code::Convert, &[Operand::Op(op)], DType::Bool, DType::Bool);
        }
        Typed { op, ..Typed::array(dtype) }
    }

    /// The value as an argument of type `to`.
    fn operand(&mut self, val: Val, to: DType) -> Result<Operand, Fault> {
        let t = match val {
            Val::Const(c) => return self.scalar(c, to),
            Val::Array(t) if t.held == to => return Ok(Operand::Op(t.op)),
            Val::Array(t) => t,
        };
        if let Some(op) = self.converted.get(&(t.op, to)) {
            return Ok(Operand::Op(*op));
        }
        let op = self.emit(Code::Convert, &[Operand::Op(t.op)], t.held, to);
        self.converted.insert((t.op, to), op);
        Ok(Operand::Op(op))
    }

    fn scalar(&self, c: Const, to: DType) -> Result<Operand, Fault> {
        let mut word = [0u8; 8];
        match to {
            DType::F32 => {
                let value = if let Some(i) = c.int() { i as f32 } else { c.float() as f32 };
                word[..4].copy_from_slice(&value.to_ne_bytes());
            }
            DType::F64 => word.copy_from_slice(&c.float().to_ne_bytes()),
            _ => {
                let Some(i) = c.int().filter(|i| fits(*i, to)) else {
                    let message = format!("the constant {} does not fit {to}, in which this is computed", c.show());
                    return Err(self.fault(message).help(format!("write {:?} for a real result", c.float())));
                };
                word[..to.size()].copy_from_slice(&i.to_le_bytes()[..to.size()]);
                if cfg!(target_endian = "big") {
                    word[..to.size()].reverse();
                }
            }
        }
        Ok(Operand::Scalar(u64::from_ne_bytes(word)))
    }

    fn typed(&self, op: usize, dtype: DType, real: DType, int: DType) -> Val {
        Val::Array(Typed { op, held: self.ops[op].held, dtype, real, int })
    }

    fn apply(&mut self, func: Func, args: &[Val]) -> Result<Val, Fault> {
        let consts: Vec<Const> =
            args.iter().filter_map(|a| if let Val::Const(c) = a { Some(*c) } else { None }).collect();
        if consts.len() == args.len() {
            return fold(func, &consts).map(Val::Const).map_err(|message| self.fault(message));
        }
        match (func, args) {
            (Func::And | Func::Or, [a, b]) => self.logic(func, &[*a, *b]),
            (Func::Not, [a]) => self.logic(func, &[*a]),
            (Func::Eq | Func::Ne | Func::Lt | Func::Le | Func::Gt | Func::Ge, [a, b]) => self.compare(func, *a, *b),
            (Func::Add | Func::Sub | Func::Mul | Func::FloorDiv | Func::Mod, [a, b]) => self.arithmetic(func, *a, *b),
            (Func::Div, [a, b]) => self.real(func, &[*a, *b]),
            (Func::Pow, [a, b]) => self.power(*a, *b),
            (Func::Minimum | Func::Maximum, [a, b]) => self.extreme(func, *a, *b),
            (Func::Where, [test, a, b]) => self.choose(*test, *a, *b),
            (Func::Clip, [x, lo, hi]) => self.clip(*x, *lo, *hi),
            (Func::IsNan | Func::IsInf | Func::IsFinite, [a]) => {
                let real = real_type(args).unwrap_or(DType::F64);
                let arg = self.operand(*a, register(real))?;
                let op = self.emit(Code::Apply(func), &[arg], register(real), DType::Bool);
                Ok(self.typed(op, DType::Bool, real, DType::I32))
            }
            (
                Func::Neg
                | Func::Abs
                | Func::Sign
                | Func::Square
                | Func::Floor
                | Func::Ceil
                | Func::Round
                | Func::Trunc,
                [Val::Array(t)],
            ) if !t.dtype.is_float() => self.whole(func, *t),
            _ => self.real(func, args),
        }
    }

    /// An operation whose arguments and result are real.
    fn real(&mut self, func: Func, args: &[Val]) -> Result<Val, Fault> {
        let real = real_type(args).unwrap_or(DType::F64);
        let held = register(real);
        let operands = args.iter().map(|a| self.operand(*a, held)).collect::<Result<Vec<_>, _>>()?;
        let op = self.emit(Code::Apply(func), &operands, held, held);
        Ok(self.typed(op, real, real, DType::I64))
    }

    fn arithmetic(&mut self, func: Func, a: Val, b: Val) -> Result<Val, Fault> {
        if a.is_real() || b.is_real() {
            return self.real(func, &[a, b]);
        }
        let int = int_type(&[a, b]);
        let operands = [self.operand(a, int)?, self.operand(b, int)?];
        let op = self.emit(Code::Apply(func), &operands, int, int);
        Ok(self.typed(op, int, real_type(&[a, b]).unwrap_or(DType::F64), int))
    }

    /// A function of integers (or truth values) that gives integers.
    fn whole(&mut self, func: Func, t: Typed) -> Result<Val, Fault> {
        let val = Val::Array(t);
        let (of, dtype, int) = match func {
            Func::Floor | Func::Ceil | Func::Round | Func::Trunc => return Ok(val),
            Func::Abs if is_natural(t.dtype) => return Ok(val),
            Func::Sign if t.dtype == DType::Bool => return Ok(val),
            Func::Square => return self.arithmetic(Func::Mul, val, val),
            Func::Sign => (register(t.dtype), t.dtype, t.int),
            // What is negated can be negative.
            _ if t.int == DType::U64 => (DType::I64, DType::I64, DType::I64),
            _ => (t.int, t.int, t.int),
        };
        let operand = self.operand(val, of)?;
        let op = self.emit(Code::Apply(func), &[operand], of, of);
        Ok(self.typed(op, dtype, t.real, int))
    }

    fn power(&mut self, a: Val, b: Val) -> Result<Val, Fault> {
        if let (Val::Array(t), Val::Const(Const::Int(k))) = (a, b)
            && !t.dtype.is_float()
            && (0..=WHOLE_POWER_MAX).contains(&k)
        {
            if k == 2 {
                return self.arithmetic(Func::Mul, a, a);
            }
            let int = int_type(&[a]);
            let operand = self.operand(a, int)?;
            let op = self.emit(Code::Power(k as u32), &[operand], int, int);
            return Ok(self.typed(op, int, t.real, int));
        }
        // As NumPy: these are exact where a power in general is not.
        match b {
            Val::Const(c) if c.float() == 2.0 => self.real(Func::Square, &[a]),
            Val::Const(c) if c.float() == 0.5 => self.real(Func::Sqrt, &[a]),
            Val::Const(c) if c.float() == -1.0 => self.real(Func::Div, &[Val::Const(Const::Float(1.0)), a]),
            _ => self.real(Func::Pow, &[a, b]),
        }
    }

    fn compare(&mut self, func: Func, a: Val, b: Val) -> Result<Val, Fault> {
        let real = real_type(&[a, b]).unwrap_or(DType::F64);
        let op = if a.is_real() || b.is_real() {
            let of = register(real);
            let operands = [self.operand(a, of)?, self.operand(b, of)?];
            self.emit(Code::Apply(func), &operands, of, DType::Bool)
        } else {
            // The first type that has all values of both sides; where none has, each side keeps its own.
            let holds = |of: DType, v: Val| match v {
                Val::Const(c) => c.int().is_some_and(|i| fits(i, of)),
                Val::Array(t) => {
                    let ((least, most), (low, high)) = (range(t.dtype), range(of));
                    low <= least && most <= high
                }
            };
            match [DType::I32, DType::I64, DType::U64].into_iter().find(|of| holds(*of, a) && holds(*of, b)) {
                Some(of) => {
                    let operands = [self.operand(a, of)?, self.operand(b, of)?];
                    self.emit(Code::Apply(func), &operands, of, DType::Bool)
                }
                None => {
                    let turned = match func {
                        Func::Lt => Func::Gt,
                        Func::Le => Func::Ge,
                        Func::Gt => Func::Lt,
                        Func::Ge => Func::Le,
                        same => same,
                    };
                    let (func, a, b) = if holds(DType::I64, a) { (func, a, b) } else { (turned, b, a) };
                    let operands = [self.operand(a, DType::I64)?, self.operand(b, DType::U64)?];
                    self.emit(Code::Mixed(func), &operands, DType::I64, DType::Bool)
                }
            }
        };
        Ok(self.typed(op, DType::Bool, real, DType::I32))
    }

    /// A truth value as an argument.
    fn truth(&mut self, func: Func, val: Val) -> Result<Operand, Fault> {
        let what = match val {
            Val::Array(t) if t.dtype == DType::Bool => return Ok(Operand::Op(t.op)),
            Val::Const(Const::Bool(_)) => return self.operand(val, DType::Bool),
            Val::Array(t) => t.dtype.to_string(),
            Val::Const(c) => c.show(),
        };
        let fault = self.fault(format!("\"{}\" takes truth values, here is {what}", func.name()));
        Err(fault.help("compare first, as in (x != 0); & and | bind tighter than comparisons, which need parentheses"))
    }

    fn logic(&mut self, func: Func, args: &[Val]) -> Result<Val, Fault> {
        let operands = args.iter().map(|a| self.truth(func, *a)).collect::<Result<Vec<_>, _>>()?;
        let op = self.emit(Code::Apply(func), &operands, DType::Bool, DType::Bool);
        Ok(self.typed(op, DType::Bool, real_type(args).unwrap_or(DType::F32), DType::I32))
    }

    fn no_type(&self) -> Fault {
        self.fault("no integer dtype holds both the array's values and this constant").help("write it with a point")
    }

    fn extreme(&mut self, func: Func, a: Val, b: Val) -> Result<Val, Fault> {
        if a.is_real() || b.is_real() {
            return self.real(func, &[a, b]);
        }
        let (dtype, int) = choice_type([a, b]).ok_or_else(|| self.no_type())?;
        let func = match (dtype, func) {
            (DType::Bool, Func::Minimum) => Func::And,
            (DType::Bool, _) => Func::Or,
            _ => func,
        };
        let of = register(dtype);
        let operands = [self.operand(a, of)?, self.operand(b, of)?];
        let op = self.emit(Code::Apply(func), &operands, of, of);
        Ok(self.typed(op, dtype, real_type(&[a, b]).unwrap_or(DType::F64), int))
    }

    fn choose(&mut self, test: Val, a: Val, b: Val) -> Result<Val, Fault> {
        let test_operand = self.truth(Func::Where, test)?;
        // Two constants have the dtype of what the condition read.
        let real = real_type(&[a, b]).or_else(|| real_type(&[test])).unwrap_or(DType::F64);
        let (dtype, int) = if a.is_real() || b.is_real() {
            (real, DType::I64)
        } else {
            choice_type([a, b]).ok_or_else(|| self.no_type())?
        };
        let of = register(dtype);
        let operands = [test_operand, self.operand(a, of)?, self.operand(b, of)?];
        let op = self.emit(Code::Apply(Func::Where), &operands, of, of);
        Ok(self.typed(op, dtype, real, int))
    }

    /// `minimum(maximum(x, lo), hi)`. Constant bounds keep the dtype of an integer array: they move
    /// inward to whole numbers, and do not bind beyond its range.
    fn clip(&mut self, x: Val, lo: Val, hi: Val) -> Result<Val, Fault> {
        let (mut lo, mut hi) = (lo, hi);
        if let (Val::Const(l), Val::Const(h)) = (lo, hi) {
            if l.float().is_nan() || h.float().is_nan() || l.float() > h.float() {
                let message = format!("clip needs bounds in order, here are {} and {}", l.show(), h.show());
                return Err(self.fault(message));
            }
            if let Val::Array(t) = x
                && !t.dtype.is_float()
            {
                let bound = |c: Const| c.int().map_or(Bound::Float(c.float()), Bound::Int);
                let (least, most) = range(t.dtype);
                let (low, high) = (bound(l).ceil().max(least), bound(h).floor().min(most));
                if low > high {
                    let message = format!("no value of {} lies between {} and {}", t.dtype, l.show(), h.show());
                    return Err(self.fault(message));
                }
                let whole = |i| Val::Const(if t.dtype == DType::Bool { Const::Bool(i != 0) } else { Const::Int(i) });
                (lo, hi) = (whole(low), whole(high));
            }
        }
        let above = self.apply(Func::Maximum, &[x, lo])?;
        self.apply(Func::Minimum, &[above, hi])
    }
}
