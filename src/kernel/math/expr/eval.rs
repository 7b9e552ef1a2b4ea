//! Runs a program over a tile, block by block. Owns registers and dispatch; the loops are in `ops`
//! and `convert`, the walk in `layout`.

use super::ast::Func;
use super::fault::place;
use super::layout::{Block, Layout, Place};
use super::ops::{self, Arg};
use super::program::{Code, Op, Operand, Program};
use crate::array::{Bool, DType, Element, Region, View, ViewMut};
use crate::kernel::math::convert::{self, Overflow};
use crate::kernel::math::pointwise::index_at;
use crate::kernel::{KernelError, Map, Scratch, simd};

/// A program bound to arrays that are broadcast.
#[derive(Debug)]
pub struct Eval {
    pub program: Program,
    /// For each input the axis of the domain that each of its axes follows; `None` where it stretches.
    pub axes: Vec<Vec<Option<usize>>>,
}

/// The elements of a value for one block: one for all, or one for each.
#[derive(Clone, Copy)]
struct Value<'a> {
    bytes: &'a [u8],
    one: bool,
}

/// What changes from block to block.
struct Registers<'a> {
    words: Vec<&'a mut [u64]>,
    /// Whether the operation's value is one for the whole block.
    one: Vec<bool>,
}

impl Map for Eval {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        if core.is_empty() {
            return Ok(());
        }
        let program = &self.program;
        let layout = self.layout(core, inputs);
        let mut arena: &mut [u64] = scratch.take::<u64>(program.scratch_bytes() / 8)?;
        let mut words = Vec::with_capacity(program.registers.len() + inputs.len());
        for bytes in program.pieces() {
            let (piece, rest) = std::mem::take(&mut arena).split_at_mut(bytes / 8);
            words.push(piece);
            arena = rest;
        }
        let mut staged = words.split_off(program.registers.len());
        let mut registers = Registers { words, one: vec![false; program.ops.len()] };
        let (size, out) = (program.dtype.size(), outputs[0].bytes());
        for block in layout.blocks(program.block) {
            let (at, n) = (layout.position(block), block.rows * block.columns);
            let sources: Vec<Value> =
                staged.iter_mut().enumerate().map(|(k, stage)| source(&layout, k, block, &inputs[k], stage)).collect();
            run_block(program, &sources, &mut registers, &mut out[at * size..(at + n) * size], n)
                .map_err(|(k, message)| KernelError::at(message, index_at(core, at + k)))?;
        }
        Ok(())
    }
}

impl Eval {
    fn layout(&self, core: &Region, inputs: &[View]) -> Layout {
        let shape: Vec<usize> = core.shape().iter().map(|n| *n as usize).collect();
        let strides: Vec<Vec<usize>> = inputs
            .iter()
            .zip(&self.axes)
            .map(|(view, axes)| {
                let mut strides = vec![0; shape.len()];
                for (axis, stride) in axes.iter().zip(view.strides()) {
                    if let Some(axis) = axis {
                        strides[*axis] = *stride;
                    }
                }
                strides
            })
            .collect();
        Layout::new(&shape, &strides)
    }
}

/// The elements of an input for a block: in place where they lie together.
fn source<'a>(layout: &Layout, operand: usize, block: Block, view: &View<'a>, stage: &'a mut [u64]) -> Value<'a> {
    let (size, n, bytes) = (view.dtype().size(), block.rows * block.columns, view.bytes());
    match layout.place(operand, block) {
        Place::Run(at) => Value { bytes: &bytes[at * size..(at + n) * size], one: false },
        Place::One(at) => Value { bytes: &bytes[at * size..(at + 1) * size], one: true },
        Place::Scattered => {
            let to = &mut bytemuck::cast_slice_mut::<u64, u8>(stage)[..n * size];
            let whole = &bytes[..bytes.len() / size * size];
            macro_rules! gather {
                ($T:ty) => {
                    layout.gather::<$T>(operand, block, bytemuck::cast_slice(whole), bytemuck::cast_slice_mut(to))
                };
            }
            match size {
                1 => gather!(u8),
                2 => gather!(u16),
                4 => gather!(u32),
                _ => gather!(u64),
            }
            Value { bytes: to, one: false }
        }
    }
}

/// Runs all operations on `n` elements. An error is the position in the block, and what is wrong.
fn run_block(
    program: &Program,
    sources: &[Value],
    registers: &mut Registers,
    out: &mut [u8],
    n: usize,
) -> Result<(), (usize, String)> {
    let placed = |byte: usize| {
        move |(at, m): (usize, String)| (at, format!("{m} ({} of the expression)", place(&program.text, byte)))
    };
    for (i, op) in program.ops.iter().enumerate() {
        let Some(register) = op.register else {
            if let Code::Load(k) = op.code {
                registers.one[i] = sources[k].one;
            }
            continue;
        };
        // A value that is the same for the whole block is computed once.
        registers.one[i] = op.args.iter().all(|a| if let Operand::Op(a) = a { registers.one[*a] } else { true });
        let many = if registers.one[i] { 1 } else { n };
        if i == program.result && op.held == program.dtype && many == n {
            run_op(program, op, sources, registers, out).map_err(placed(op.at))?;
            return finish(program.dtype, out);
        }
        // The register is taken out while it is written: the others stay readable.
        let words = std::mem::take(&mut registers.words[register]);
        let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(words)[..many * op.held.size()];
        let done = run_op(program, op, sources, registers, bytes);
        registers.words[register] = words;
        done.map_err(placed(op.at))?;
    }
    let value = value(program, sources, registers, program.result);
    let (held, size) = (program.ops[program.result].held, program.dtype.size());
    let target = if value.one { &mut out[..size] } else { &mut *out };
    let from = &value.bytes[..target.len() / size * held.size()];
    convert::convert(held, from, program.dtype, target, Overflow::Saturate).map_err(|m| (m.at, m.message))?;
    if value.one {
        let (first, rest) = out.split_at_mut(size);
        rest.chunks_exact_mut(size).for_each(|e| e.copy_from_slice(first));
    }
    Ok(())
}

/// What remains to do for a result that was written in place.
fn finish(dtype: DType, out: &mut [u8]) -> Result<(), (usize, String)> {
    match dtype {
        DType::F32 => simd::vectorized(
            #[inline(always)]
            || convert::canonical::<f32>(bytemuck::cast_slice_mut(out)),
        ),
        DType::F64 => simd::vectorized(
            #[inline(always)]
            || convert::canonical::<f64>(bytemuck::cast_slice_mut(out)),
        ),
        _ => {}
    }
    Ok(())
}

fn value<'a>(program: &Program, sources: &'a [Value], registers: &'a Registers, op: usize) -> Value<'a> {
    let code = &program.ops[op];
    match (code.code, code.register) {
        (Code::Load(k), _) => sources[k],
        (_, Some(r)) => Value { bytes: bytemuck::cast_slice(&*registers.words[r]), one: registers.one[op] },
        (_, None) => Value { bytes: &[], one: true },
    }
}

/// Looks up the arguments of one operation.
struct Args<'a> {
    program: &'a Program,
    op: &'a Op,
    sources: &'a [Value<'a>],
    registers: &'a Registers<'a>,
    /// Elements of the result.
    n: usize,
}

impl<'a> Args<'a> {
    fn get<T: Element>(&self, k: usize) -> Arg<'a, T> {
        match &self.op.args[k.min(self.op.args.len() - 1)] {
            Operand::Scalar(word) => {
                Arg::One(bytemuck::cast_slice::<u8, T>(&bytemuck::bytes_of(word)[..size_of::<T>()])[0])
            }
            Operand::Op(a) => {
                let value = value(self.program, self.sources, self.registers, *a);
                let many = if value.one { 1 } else { self.n };
                let values = bytemuck::cast_slice::<u8, T>(&value.bytes[..many * size_of::<T>()]);
                if value.one { Arg::One(values[0]) } else { Arg::Many(values) }
            }
        }
    }
}

/// Runs one operation; `out` is as long as its result.
fn run_op(
    program: &Program,
    op: &Op,
    sources: &[Value],
    registers: &Registers,
    out: &mut [u8],
) -> Result<(), (usize, String)> {
    let args = Args { program, op, sources, registers, n: out.len() / op.held.size() };
    match (op.code, op.of) {
        (Code::Load(_), _) => Ok(()),
        (Code::Convert, _) => run_convert(&args, out),
        (Code::Mixed(func), _) => {
            ops::compare_mixed(func, args.get(0), args.get(1), bytemuck::cast_slice_mut(out));
            Ok(())
        }
        (code, DType::I32) => run_whole::<i32>(code, &args, out),
        (code, DType::I64) => run_whole::<i64>(code, &args, out),
        (code, DType::U64) => run_whole::<u64>(code, &args, out),
        (Code::Apply(func), DType::F32) => run_real::<f32>(func, &args, out),
        (Code::Apply(func), DType::F64) => run_real::<f64>(func, &args, out),
        (Code::Apply(Func::Where), _) => select::<Bool>(&args, out),
        (Code::Apply(func), _) => {
            ops::logic(func, args.get(0), args.get(1), bytemuck::cast_slice_mut(out));
            Ok(())
        }
        (Code::Power(_), _) => Err((0, "a power of truth values".to_string())),
    }
}

fn run_convert(args: &Args, out: &mut [u8]) -> Result<(), (usize, String)> {
    let Some(Operand::Op(a)) = args.op.args.first() else { return Ok(()) };
    let value = value(args.program, args.sources, args.registers, *a);
    let (from, to) = (args.op.of, args.op.held);
    // The one conversion among computed types that can fail.
    let overflow = if (from, to) == (DType::U64, DType::I64) { Overflow::Error } else { Overflow::Saturate };
    convert::convert(from, &value.bytes[..args.n * from.size()], to, out, overflow).map_err(|m| (m.at, m.message))
}

fn select<T: Element>(args: &Args, out: &mut [u8]) -> Result<(), (usize, String)> {
    ops::select::<T>(args.get(0), args.get(1), args.get(2), bytemuck::cast_slice_mut(out));
    Ok(())
}

fn run_real<T: ops::Real>(func: Func, args: &Args, out: &mut [u8]) -> Result<(), (usize, String)> {
    match (func, args.op.held, args.op.args.len()) {
        (Func::Where, ..) => return select::<T>(args, out),
        (_, DType::Bool, 1) => ops::real_test::<T>(func, args.get(0), bytemuck::cast_slice_mut(out)),
        (_, DType::Bool, _) => ops::compare::<T>(func, args.get(0), args.get(1), bytemuck::cast_slice_mut(out)),
        (_, _, 1) => ops::real_unary::<T>(func, args.get(0), bytemuck::cast_slice_mut(out)),
        _ => ops::real_binary::<T>(func, args.get(0), args.get(1), bytemuck::cast_slice_mut(out)),
    }
    Ok(())
}

fn run_whole<T: ops::Whole>(code: Code, args: &Args, out: &mut [u8]) -> Result<(), (usize, String)> {
    match (code, args.op.held, args.op.args.len()) {
        (Code::Power(k), ..) => ops::whole_power::<T>(k, args.get(0), bytemuck::cast_slice_mut(out)),
        (Code::Apply(Func::Where), ..) => select::<T>(args, out),
        (Code::Apply(func), DType::Bool, _) => {
            ops::compare::<T>(func, args.get(0), args.get(1), bytemuck::cast_slice_mut(out));
            Ok(())
        }
        (Code::Apply(func), _, 1) => ops::whole_unary::<T>(func, args.get(0), bytemuck::cast_slice_mut(out)),
        (Code::Apply(func), ..) => {
            ops::whole_binary::<T>(func, args.get(0), args.get(1), bytemuck::cast_slice_mut(out))
        }
        _ => Ok(()),
    }
}
