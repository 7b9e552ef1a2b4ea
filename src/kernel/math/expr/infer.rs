//! What an expression would give, from what its parts give: for callers who put expressions together
//! and ask at each one. Owns no rule of its own; the rules are those of `lower`.

use super::parse::parse;
use super::types::Typed;
use super::{broadcast, lower};
use crate::array::{ArraySpec, DType};
use crate::kernel::BindError;

/// What a larger expression must know of a part of it: the part's dtype, and what was counted at the
/// arrays that it reads. An array is such a part, [`ExprPart::array`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExprPart {
    dtype: DType,
    real: DType,
    int: DType,
}

impl ExprPart {
    /// The elements of an array.
    pub fn array(dtype: DType) -> ExprPart {
        let t = Typed::array(dtype);
        ExprPart { dtype, real: t.real, int: t.int }
    }

    pub(super) fn typed(self, t: Typed) -> Typed {
        Typed { real: self.real, int: self.int, ..t }
    }

    /// The dtype of its value.
    pub fn dtype(self) -> DType {
        self.dtype
    }
}

/// What the expression `text` of the named parts gives: dtype, shape and axis names, and the part that
/// it is itself. Writing the parts' own expressions in their places would give the same.
///
/// `arrays` are those that all parts read in the end: they are what is broadcast.
///
/// # Errors
///
/// The refusals of binding the kernel `expr`; and a name of `text` that is none of the parts.
pub fn infer_expr(
    text: &str,
    parts: &[(String, ExprPart)],
    arrays: &[(String, ArraySpec)],
) -> Result<(ArraySpec, ExprPart), BindError> {
    let ast = parse(text).map_err(|f| f.bind_error(text))?;
    let part = |name: &String| {
        let found = parts.iter().find(|(n, _)| n == name).map(|(_, part)| *part);
        found.ok_or_else(|| BindError::param("expr", format!("there is no part \"{name}\"")))
    };
    let read = ast.names.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    let (names, specs): (Vec<String>, Vec<ArraySpec>) = arrays.iter().cloned().unzip();
    let (shape, axes, _) = broadcast(&names, &specs)?;
    let t = lower::part(&ast, text, &read).map_err(|f| f.bind_error(text))?;
    let spec = super::result(t.dtype, &shape, axes, &names, &specs)?;
    Ok((spec, ExprPart { dtype: t.dtype, real: t.real, int: t.int }))
}
