//! Element-wise work: expressions, casts, clips.

mod cast;
mod clip;
mod convert;
mod expr;
pub(super) mod pointwise;

pub use cast::INFO as CAST;
pub use clip::INFO as CLIP;
pub use convert::{Misfit, Overflow, convert};
pub(crate) use expr::common;
pub use expr::{EXPRESSION_BYTES_MAX, ExprPart, Fault, INFO as EXPR, expression_functions, infer_expr, variables};
pub(crate) use pointwise::index_at;
