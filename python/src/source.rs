//! An array that a pipeline can read: its declaration, and the array itself, open.

use crate::errors;
use crate::memory;
use crate::spec::Spec;
use crate::values;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tilewise::array::{Column, Columns, Endian, Order, Region};
use tilewise::pipeline::InputDecl;
use tilewise::storage::{Scalar, Stored};

/// Bytes of elements that are handed to Python one by one, at most.
const ELEMENTS_MAX: u64 = 1 << 20;

/// An open array, and how a pipeline file would name it.
#[pyclass(frozen, module = "tilewise._native")]
#[derive(Debug)]
pub struct Source {
    pub stored: Arc<Stored>,
    pub decl: InputDecl,
    /// Whether a file has it: else it cannot be written into a pipeline file.
    #[pyo3(get)]
    pub in_file: bool,
}

/// What Python says of a file. Names are those of pipeline files.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Said {
    dtype: Option<String>,
    shape: Option<Vec<i64>>,
    offset: Option<u64>,
    order: Option<String>,
    endian: Option<String>,
    axes: Option<String>,
    column: Option<ColumnsSaid>,
    #[pyo3(default)]
    separator: Option<char>,
    #[pyo3(default)]
    header: Option<bool>,
    #[pyo3(default)]
    time_format: Option<String>,
}

#[derive(FromPyObject)]
enum ColumnSaid {
    Number(i64),
    Name(String),
}

#[derive(FromPyObject)]
enum ColumnsSaid {
    One(ColumnSaid),
    List(Vec<ColumnSaid>),
}

fn column(said: ColumnSaid) -> Column {
    match said {
        ColumnSaid::Number(n) => Column::Number(n),
        ColumnSaid::Name(name) => Column::Name(name),
    }
}

impl Said {
    /// The declaration of an input that this makes.
    pub fn declare(self, path: &str) -> PyResult<InputDecl> {
        let mut decl = InputDecl::new("input", path);
        decl.dtype = self.dtype.as_deref().map(values::dtype).transpose()?;
        decl.shape = self.shape;
        decl.offset = self.offset;
        decl.order = self.order.as_deref().map(order).transpose()?;
        decl.endian = self.endian.as_deref().map(endian).transpose()?;
        decl.axes = self.axes;
        decl.column = self.column.map(|c| match c {
            ColumnsSaid::One(one) => Columns::One(column(one)),
            ColumnsSaid::List(list) => Columns::List(list.into_iter().map(column).collect()),
        });
        (decl.separator, decl.header, decl.time_format) = (self.separator, self.header, self.time_format);
        Ok(decl)
    }
}

/// What a declaration says of its file, as Python says it: [`Said`] reads it back.
pub fn said<'py>(py: Python<'py>, decl: &InputDecl) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("dtype", decl.dtype.map(|d| d.name()))?;
    dict.set_item("shape", &decl.shape)?;
    dict.set_item("offset", decl.offset)?;
    dict.set_item("order", decl.order.map(order_name))?;
    dict.set_item("endian", decl.endian.map(|e| e.name()))?;
    dict.set_item("axes", &decl.axes)?;
    let one = |c: &Column| -> PyResult<Py<PyAny>> {
        Ok(match c {
            Column::Number(n) => n.into_pyobject(py)?.into_any().unbind(),
            Column::Name(name) => name.into_pyobject(py)?.into_any().unbind(),
        })
    };
    match &decl.column {
        None => dict.set_item("column", py.None())?,
        Some(Columns::One(c)) => dict.set_item("column", one(c)?)?,
        Some(Columns::List(list)) => {
            dict.set_item("column", list.iter().map(one).collect::<PyResult<Vec<_>>>()?)?;
        }
    }
    dict.set_item("separator", decl.separator)?;
    dict.set_item("header", decl.header)?;
    dict.set_item("time_format", &decl.time_format)?;
    Ok(dict)
}

pub fn order(name: &str) -> PyResult<Order> {
    match name {
        "C" => Ok(Order::C),
        "F" => Ok(Order::F),
        other => Err(PyValueError::new_err(format!("order is \"C\" or \"F\", not \"{other}\""))),
    }
}

pub fn order_name(order: Order) -> &'static str {
    if order == Order::F { "F" } else { "C" }
}

pub fn endian(name: &str) -> PyResult<Endian> {
    match name {
        "little" => Ok(Endian::Little),
        "big" => Ok(Endian::Big),
        other => Err(PyValueError::new_err(format!("endian is \"little\" or \"big\", not \"{other}\""))),
    }
}

#[pymethods]
impl Source {
    /// Opens a file or a pattern for reading: `.npy`, raw, pictures, CSV.
    #[new]
    fn new(py: Python<'_>, path: &str, said: Said) -> PyResult<Source> {
        let decl = said.declare(path)?;
        let options = tilewise::job::open_options(&decl);
        // A stack of pictures or a long table takes a while to look through.
        let stored = py.detach(|| Stored::open(path, Path::new(""), &options)).map_err(|e| errors::storage(&e))?;
        Ok(Source { stored: Arc::new(stored), decl, in_file: true })
    }

    #[getter]
    fn spec(&self) -> Spec {
        Spec(self.stored.spec().clone())
    }

    #[getter]
    fn path(&self) -> &str {
        &self.decl.path
    }

    /// `npy`, `raw`, `picture`, `csv` or `memory`.
    #[getter]
    fn format(&self) -> &'static str {
        self.stored.format().name()
    }

    /// One element, for formats that cannot be mapped.
    fn element(&self, py: Python<'_>, index: Vec<i64>) -> PyResult<Py<PyAny>> {
        let index: Vec<_> = index.into_iter().map(tilewise::storage::SliceIndex::At).collect();
        let selection = self.stored.select(&index).map_err(|e| errors::storage(&e))?;
        let values = self.stored.get(&selection, ELEMENTS_MAX).map_err(|e| errors::storage(&e))?;
        match values.first() {
            Some(v) => scalar(py, *v),
            None => Ok(py.None()),
        }
    }

    /// All elements, dense, in C order and native byte order.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyByteArray>> {
        let spec = self.stored.spec();
        let bytes = spec.bytes().and_then(|b| usize::try_from(b).ok()).unwrap_or(usize::MAX);
        pyo3::types::PyByteArray::new_with(py, bytes, |out| {
            let region = Region::full(&spec.shape);
            py.detach(|| self.stored.read(&region, out)).map_err(|e| errors::storage(&e))
        })
    }
}

fn scalar(py: Python<'_>, value: Scalar) -> PyResult<Py<PyAny>> {
    Ok(match value {
        Scalar::Bool(b) => b.into_pyobject(py)?.to_owned().into_any().unbind(),
        Scalar::Int(i) => i.into_pyobject(py)?.into_any().unbind(),
        Scalar::Float(f) => f.into_pyobject(py)?.into_any().unbind(),
        Scalar::Complex(re, im) => pyo3::types::PyComplex::from_doubles(py, re, im).into_any().unbind(),
    })
}

/// An ndarray as a source, used in place and kept alive. `shows` is the file that it is a view of.
#[pyfunction]
#[pyo3(signature = (array, dtype, axes = None, shows = None))]
pub fn from_ndarray(
    array: &Bound<'_, PyAny>,
    dtype: &str,
    axes: Option<String>,
    shows: Option<PathBuf>,
) -> PyResult<Source> {
    let stored = memory::of_array(array, values::dtype(dtype)?, axes, shows.as_deref())?;
    let decl = InputDecl::new("input", stored.path().display().to_string());
    Ok(Source { stored: Arc::new(stored), decl, in_file: false })
}
