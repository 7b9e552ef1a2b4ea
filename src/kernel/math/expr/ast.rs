//! What an expression says: nodes that come after what they are made of, each once.

use std::collections::HashMap;
use std::ops::Range;

/// A node, by its place in [`Ast::nodes`].
pub type Id = usize;

/// An operation, whether written as a sign or as a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Func {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Not,
    Neg,
    Where,
    Clip,
    Minimum,
    Maximum,
    Abs,
    Sign,
    Square,
    Sqrt,
    Exp,
    Exp2,
    Expm1,
    Log,
    Log2,
    Log10,
    Log1p,
    Sin,
    Cos,
    Tan,
    Tanh,
    Floor,
    Ceil,
    Round,
    Trunc,
    IsNan,
    IsInf,
    IsFinite,
}

/// Functions by name, with the number of their arguments.
pub const FUNCTIONS: [(&str, Func, usize); 26] = [
    ("where", Func::Where, 3),
    ("clip", Func::Clip, 3),
    ("minimum", Func::Minimum, 2),
    ("maximum", Func::Maximum, 2),
    ("abs", Func::Abs, 1),
    ("sign", Func::Sign, 1),
    ("square", Func::Square, 1),
    ("sqrt", Func::Sqrt, 1),
    ("exp", Func::Exp, 1),
    ("exp2", Func::Exp2, 1),
    ("expm1", Func::Expm1, 1),
    ("log", Func::Log, 1),
    ("log2", Func::Log2, 1),
    ("log10", Func::Log10, 1),
    ("log1p", Func::Log1p, 1),
    ("sin", Func::Sin, 1),
    ("cos", Func::Cos, 1),
    ("tan", Func::Tan, 1),
    ("tanh", Func::Tanh, 1),
    ("floor", Func::Floor, 1),
    ("ceil", Func::Ceil, 1),
    ("round", Func::Round, 1),
    ("trunc", Func::Trunc, 1),
    ("isnan", Func::IsNan, 1),
    ("isinf", Func::IsInf, 1),
    ("isfinite", Func::IsFinite, 1),
];

/// Binary operators with their precedence, as in Python: a higher one binds tighter.
pub const OPERATORS: [(&str, Func, u8); 17] = [
    ("or", Func::Or, 1),
    ("and", Func::And, 2),
    ("==", Func::Eq, COMPARE),
    ("!=", Func::Ne, COMPARE),
    ("<", Func::Lt, COMPARE),
    ("<=", Func::Le, COMPARE),
    (">", Func::Gt, COMPARE),
    (">=", Func::Ge, COMPARE),
    ("|", Func::Or, 5),
    ("&", Func::And, 6),
    ("+", Func::Add, 7),
    ("-", Func::Sub, 7),
    ("*", Func::Mul, 8),
    ("/", Func::Div, 8),
    ("//", Func::FloorDiv, 8),
    ("%", Func::Mod, 8),
    ("**", Func::Pow, POWER),
];
/// Constants by name.
pub const CONSTANTS: [(&str, Node); 7] = [
    ("True", Node::Bool(true)),
    ("true", Node::Bool(true)),
    ("False", Node::Bool(false)),
    ("false", Node::Bool(false)),
    ("nan", Node::Float(f64::NAN.to_bits())),
    ("inf", Node::Float(f64::INFINITY.to_bits())),
    ("pi", Node::Float(std::f64::consts::PI.to_bits())),
];

/// Precedence of `not`, of comparisons, of a sign before a value, and of `**`.
pub const NOT: u8 = 3;
pub const COMPARE: u8 = 4;
pub const UNARY: u8 = 9;
pub const POWER: u8 = 10;

impl Func {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Func::Neg => "-",
            Func::Not => "not",
            _ => FUNCTIONS
                .iter()
                .map(|(name, f, _)| (name, f))
                .chain(OPERATORS.iter().map(|(name, f, _)| (name, f)))
                .find(|(_, f)| **f == self)
                .map_or("", |(name, _)| name),
        }
    }
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    Bool(bool),
    Int(u64),
    /// The bits of an f64.
    Float(u64),
    /// A variable, by its place in [`Ast::names`].
    Name(usize),
    Apply(Func, Vec<Id>),
}

/// A parsed expression. Arguments stand before what uses them; the last node is the whole. Equal
/// parts are one node, so that they are computed once.
#[derive(Clone, Debug, Default)]
pub struct Ast {
    pub nodes: Vec<Node>,
    /// The bytes of the text where each node was first written.
    pub spans: Vec<Range<usize>>,
    /// The variables, in order of first appearance.
    pub names: Vec<String>,
    pub root: Id,
    known: HashMap<Node, Id>,
    places: HashMap<String, usize>,
}

impl Ast {
    /// The node, new or known.
    pub fn add(&mut self, node: Node, span: Range<usize>) -> Id {
        if let Some(id) = self.known.get(&node) {
            return *id;
        }
        self.nodes.push(node.clone());
        self.spans.push(span);
        self.known.insert(node, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// The variable of this name, new or known.
    pub fn name(&mut self, name: &str, span: Range<usize>) -> Id {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => {
                self.names.push(name.to_string());
                self.places.insert(name.to_string(), self.names.len() - 1);
                self.names.len() - 1
            }
        };
        self.add(Node::Name(place), span)
    }

    /// Whether an array of this name is read.
    pub fn reads(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }
}
