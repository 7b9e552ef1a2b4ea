//! A typed expression: operations in order, each on one type, with the registers they use. Plain
//! data; built by `lower`, run by `eval`.

use super::ast::Func;
use crate::array::DType;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Code {
    /// The elements of an input, as they are.
    Load(usize),
    /// The argument, of type `of`, as `held`. From u64 to i64 it can fail.
    Convert,
    /// An integer to a constant power.
    Power(u32),
    /// A comparison of i64 (left) with u64 (right).
    Mixed(Func),
    Apply(Func),
}

/// An argument: an earlier operation, or a constant of the operation's type in the first bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operand {
    Op(usize),
    Scalar(u64),
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Op {
    pub code: Code,
    pub args: Vec<Operand>,
    /// Type of the arguments (the condition of `where` apart, which is bool).
    pub of: DType,
    /// Type of the result: one of bool, i32, i64, u64, f32, f64, or an input's own for a load.
    pub held: DType,
    /// The byte of the text that it comes from.
    pub at: usize,
    /// The register of the result; loads have none.
    pub register: Option<usize>,
}

/// Bytes of the widest register of a block: a few registers stay in the first-level cache.
const REGISTER_BYTES: usize = 8192;

/// A bound expression.
#[derive(Debug)]
pub struct Program {
    pub ops: Vec<Op>,
    /// The operation whose result is the expression's.
    pub result: usize,
    /// The dtype that is written.
    pub dtype: DType,
    /// The dtypes of the inputs.
    pub inputs: Vec<DType>,
    /// Elements of a block.
    pub block: usize,
    /// Bytes of an element of each register.
    pub registers: Vec<usize>,
    /// What was written, for messages.
    pub text: String,
}

impl Program {
    /// Gives every operation a register; one is used again once its value has been read for the
    /// last time.
    pub fn new(mut ops: Vec<Op>, result: usize, dtype: DType, inputs: Vec<DType>, text: &str) -> Program {
        let widest = ops.iter().map(|op| op.held.size()).max().unwrap_or(8);
        let mut last_use = vec![0; ops.len()];
        for (i, op) in ops.iter().enumerate() {
            last_use[i] = i;
            for arg in &op.args {
                if let Operand::Op(a) = arg {
                    last_use[*a] = i;
                }
            }
        }
        last_use[result] = ops.len();
        let mut registers: Vec<usize> = Vec::new();
        let mut free: Vec<usize> = Vec::new();
        for i in 0..ops.len() {
            if !matches!(ops[i].code, Code::Load(_)) {
                // The register of a result is never that of an argument: loops read and write apart.
                let size = ops[i].held.size();
                let known = free.iter().position(|r| registers[*r] == size).map(|k| free.swap_remove(k));
                ops[i].register = Some(known.unwrap_or_else(|| {
                    registers.push(size);
                    registers.len() - 1
                }));
            }
            let mut ended: Vec<usize> =
                ops[i].args.iter().filter_map(|a| if let Operand::Op(a) = a { Some(*a) } else { None }).collect();
            ended.push(i);
            ended.sort_unstable();
            ended.dedup();
            free.extend(ended.into_iter().filter(|a| last_use[*a] == i).filter_map(|a| ops[a].register));
        }
        Program { ops, result, dtype, inputs, block: REGISTER_BYTES / widest, registers, text: text.to_string() }
    }

    /// Bytes of each piece of scratch: the registers, then a block of each input for the shapes
    /// where its elements must be brought together.
    pub fn pieces(&self) -> impl Iterator<Item = usize> + '_ {
        let sizes = self.registers.iter().copied().chain(self.inputs.iter().map(|d| d.size()));
        sizes.map(|size| (size * self.block).next_multiple_of(64))
    }

    /// Bytes of scratch in all.
    pub fn scratch_bytes(&self) -> usize {
        self.pieces().sum()
    }
}
