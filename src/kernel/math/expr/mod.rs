//! `expr`: arithmetic between arrays, written as in Python.
//!
//! ```text
//! text → lex → parse → Ast → lower (dtypes, constants) → Program → eval, block by block
//! ```
//! Owns the language and its meaning. Refuses to know where the arrays come from: variables are
//! names, and binding gets one array for each.

mod ast;
mod eval;
mod fault;
mod fold;
mod infer;
mod layout;
mod lex;
mod locals;
mod lower;
#[cfg(test)]
mod name_tests;
mod ops;
mod order;
mod parse;
mod program;
#[cfg(test)]
mod tests;
mod types;

pub use fault::Fault;
pub use infer::{ExprPart, infer_expr};
pub use parse::TEXT_BYTES_MAX as EXPRESSION_BYTES_MAX;
pub(crate) use types::common;

use crate::array::{ArraySpec, Broadcast, DType, broadcast_axes};
use crate::kernel::{
    Access, BindError, Contract, Family, Kernel, KernelInfo, Kind, Order, ParamInfo, Params, Read, ScratchSize, Sink,
    Source, Stage, StateSize, Variant, Work, Write,
};
use ast::Ast;
use eval::Eval;

pub const INFO: KernelInfo = KernelInfo {
    name: "expr",
    family: Family::Math,
    summary: "an expression of one or more arrays: arithmetic, comparisons, where, functions",
    doc: "Written as in Python, with its precedence: + - * / // % **, comparisons (also chained), and or not, & | ~ \
          on truth values, parentheses; where clip minimum maximum abs sign square sqrt exp exp2 expm1 log log2 log10 \
          log1p sin cos tan tanh floor ceil round trunc isnan isinf isfinite, meaning what they mean in NumPy; nan inf \
          pi True False. Other names are arrays: inputs or steps, and x, what the step receives. \
          Parts can have names, separated by ; or a new line, and the last part is the value: \"d = raw - dark; d / (d + \
          1)\". A name means its expression, as if written in its place, and is computed once; it is defined once, before \
          its use, hides an array of that name, and must be used; x, functions and constants keep their meaning. A line \
          goes on after an operator and inside parentheses. Arrays broadcast by axis name where all axes have \
          one, else from the right. \
          dtypes: + - * // % of integers up to 16 bits and of bool are i32, of 32 bits i64, of 64 bits their own \
          (u64 with anything that may be negative: i64), counted at the arrays read; overflow and integer division by \
          zero are errors that name the place, also in values that where discards. Real results: floats keep their \
          dtype, integers up to 16 bits give f32, wider ones f64, the widest array decides, counted at the arrays read \
          and not at intermediates; a bool takes the dtype of what it meets. Constants never widen: a constant with a \
          point makes integers real. x ** n of integers stays whole for constant n from 0 to 64. where, minimum and \
          maximum promote as NumPy does (u64 with signed: i64, checked); clip with constants keeps the dtype. f16 and \
          bf16 are computed in f32 and rounded once, at the end. `dtype` converts the result as cast does, saturating. \
          minimum and maximum propagate NaN and put -0 below +0. One pass; plain arithmetic runs at the speed of \
          memory.",
    params: &[
        ParamInfo { name: "expr", kind: Kind::Text, default: None, doc: "the expression, at most 100000 bytes" },
        ParamInfo {
            name: "dtype",
            kind: Kind::DType,
            default: Some(""),
            doc: "dtype of the result; unset: it follows",
        },
    ],
    example: "[[step]]\nkernel = \"expr\"\nexpr = \"sqrt(x * 2 + 1)\"",
    parse,
};

/// Checks the text of an expression without arrays; gives its variables in order of first
/// appearance, or the place that is wrong, for callers who point into their own file.
pub fn variables(text: &str) -> Result<Vec<String>, Fault> {
    parse::parse(text).map(|ast| ast.names)
}

/// The functions of the language by name, with the number of their arguments.
pub fn expression_functions() -> Vec<(&'static str, usize)> {
    ast::FUNCTIONS.iter().map(|(name, _, arguments)| (*name, *arguments)).collect()
}

#[derive(Debug)]
struct Expr {
    text: String,
    ast: Ast,
    dtype: Option<DType>,
}

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let text = params.text("expr").unwrap_or_default().to_string();
    let ast = parse::parse(&text).map_err(|f| f.bind_error(&text))?;
    Ok(Box::new(Expr { text, ast, dtype: params.dtype("dtype") }))
}

impl Kernel for Expr {
    fn input_names(&self) -> Vec<String> {
        self.ast.names.clone()
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let names = &self.ast.names;
        if inputs.len() != names.len() {
            let message = format!(
                "the expression reads {} arrays ({}), {} were given",
                names.len(),
                names.join(", "),
                inputs.len()
            );
            return Err(BindError::param("expr", message));
        }
        let (shape, axes, maps) = broadcast(names, inputs)?;
        let dtypes: Vec<DType> = inputs.iter().map(|i| i.dtype).collect();
        let program = lower::lower(&self.ast, &self.text, &dtypes, self.dtype).map_err(|f| f.bind_error(&self.text))?;
        let spec = result(program.dtype, &shape, axes, names, inputs)?;
        let read = |k: usize| Read { source: Source::Input(k), access: Access::broadcast(&maps[k], &inputs[k].shape) };
        let contract = Contract {
            anchor: vec![1; shape.len()],
            order: Order::Any,
            reads: (0..inputs.len()).map(read).collect(),
            writes: vec![Write { sink: Sink::Output(0), spec, access: Access::point(shape.len()) }],
            state: StateSize::default(),
            scratch: ScratchSize { fixed: program.scratch_bytes() as u64, ..ScratchSize::default() },
            domain: shape,
        };
        // An axis of extent 1 has one value, wherever the tile lies.
        let follow = |k: usize| maps[k].iter().zip(&inputs[k].shape).map(|(a, n)| (*n != 1).then_some(*a)).collect();
        let axes = (0..inputs.len()).map(follow).collect();
        let work = Work::Map(Box::new(Eval { program, axes }));
        Ok(vec![Variant { name: "blocks", stages: vec![Stage { contract, work }] }])
    }
}

/// The common axes of the arrays, which must be real.
fn broadcast(names: &[String], inputs: &[ArraySpec]) -> Result<Broadcast, BindError> {
    if let Some(k) = inputs.iter().position(|i| i.dtype.is_complex()) {
        let message = format!("\"{}\" is {}: expressions take real arrays", names[k], inputs[k].dtype);
        return Err(BindError::param("expr", message));
    }
    let specs: Vec<&ArraySpec> = inputs.iter().collect();
    broadcast_axes(&specs).map_err(|m| BindError::param("expr", format!("{m}: {}", describe(names, inputs))))
}

/// The array that comes out, which must be one that a file can hold.
fn result(
    dtype: DType,
    shape: &[u64],
    axes: Vec<Option<char>>,
    names: &[String],
    inputs: &[ArraySpec],
) -> Result<ArraySpec, BindError> {
    let spec = ArraySpec::new(dtype, shape).with_axes(axes);
    match spec.bytes() {
        Some(_) => Ok(spec),
        None => {
            let message = format!("the result would pass 2^63 bytes: {}", describe(names, inputs));
            Err(BindError::param("expr", message))
        }
    }
}

/// The arrays with their shapes, for messages.
fn describe(names: &[String], inputs: &[ArraySpec]) -> String {
    let one = |(name, spec): (&String, &ArraySpec)| match spec.axis_names() {
        Some(axes) => format!("{name} is {:?} ({axes})", spec.shape),
        None => format!("{name} is {:?}", spec.shape),
    };
    names.iter().zip(inputs).map(one).collect::<Vec<_>>().join(", ")
}
