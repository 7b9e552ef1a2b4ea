//! The table of kernels, as plain Python data: what signatures, docs and stubs are made from.

use crate::values;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use tilewise::kernel::Kind;
use tilewise::kernel::reduce::Edges;

/// One dict for each kernel: name, family, summary, doc, params (name, kind, default, doc).
#[pyfunction]
pub fn kernels(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for info in tilewise::kernel::registry() {
        let entry = PyDict::new(py);
        entry.set_item("name", info.name)?;
        entry.set_item("family", info.family.name())?;
        entry.set_item("summary", info.summary)?;
        entry.set_item("doc", info.doc)?;
        entry.set_item("example", info.example)?;
        let params = PyList::empty(py);
        for p in info.params {
            let param = PyDict::new(py);
            param.set_item("name", p.name)?;
            param.set_item("kind", kind(&p.kind))?;
            param.set_item("allowed", p.kind.describe())?;
            param.set_item("default", p.default)?;
            param.set_item("doc", p.doc)?;
            params.append(param)?;
        }
        entry.set_item("params", params)?;
        list.append(entry)?;
    }
    Ok(list)
}

/// A kind in one word.
fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Int { .. } => "int",
        Kind::Float { .. } => "float",
        Kind::Floats { .. } | Kind::Numbers { .. } => "floats",
        Kind::Ints { .. } => "ints",
        Kind::Choice(_) => "choice",
        Kind::Words(_) => "words",
        Kind::Axes => "axes",
        Kind::DType => "dtype",
        Kind::Length => "length",
        Kind::Text => "text",
        Kind::Arrays => "arrays",
    }
}

/// The edges of `bins` bins for each pair of `low` and `high`, one after the other, as the kernel `histogram` has them for
/// data of a dtype; `found` says that the pairs are the smallest and largest elements, not a range that was given.
#[pyfunction]
pub fn histogram_edges(dtype: &str, ranges: Vec<(f64, f64)>, bins: usize, found: bool) -> PyResult<Vec<f64>> {
    let dtype = values::dtype(dtype)?;
    let edges = |range| if found { Edges::found(dtype, range, bins) } else { Edges::given(dtype, range, bins) };
    Ok(ranges.into_iter().flat_map(|range| edges(range).all()).collect())
}

/// Names of the functions that expressions know, with the number of their arguments.
#[pyfunction]
pub fn expression_functions() -> Vec<(&'static str, usize)> {
    tilewise::kernel::math::expression_functions()
}
