//! A mapped file as an object that NumPy can look at.

use crate::errors;
use crate::source::{Said, Source, order_name};
use crate::spec::Spec;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::path::Path;
use std::sync::Arc;
use tilewise::array::{DType, Endian};
use tilewise::pipeline::InputDecl;
use tilewise::storage::{MappedArray, Mode, OpenOptions};

/// An `.npy` or raw file in memory that is not there until it is touched. NumPy makes a view of it by
/// `__array_interface__` and keeps this object alive as long as the view.
#[pyclass(frozen, module = "tilewise._native")]
#[derive(Debug)]
pub struct MappedFile {
    map: Arc<MappedArray>,
    decl: InputDecl,
    mode: Mode,
}

impl MappedFile {
    /// Memory that nobody else has.
    pub fn of_result(map: MappedArray) -> MappedFile {
        let decl = InputDecl::new("input", "result");
        MappedFile { map: Arc::new(map), decl, mode: Mode::Create }
    }
}

#[pymethods]
impl MappedFile {
    /// Opens a file; with mode `w+` creates it, or empties the one that is there.
    #[new]
    fn new(path: &str, mode: &str, said: Said) -> PyResult<MappedFile> {
        let Some(mode) = Mode::parse(mode) else {
            return Err(PyValueError::new_err(format!("mode is \"r\", \"r+\", \"w+\" or \"c\", not \"{mode}\"")));
        };
        let decl = said.declare(path)?;
        let options = OpenOptions { mode, ..tilewise::job::open_options(&decl) };
        let map = MappedArray::open(Path::new(path), &options).map_err(|e| errors::storage(&e))?;
        Ok(MappedFile { map: Arc::new(map), decl, mode })
    }

    #[getter]
    fn spec(&self) -> Spec {
        Spec(self.map.spec().clone())
    }

    #[getter]
    fn path(&self) -> String {
        self.map.path().display().to_string()
    }

    #[getter]
    fn mode(&self) -> &'static str {
        match self.mode {
            Mode::Read => "r",
            Mode::ReadWrite => "r+",
            Mode::Create => "w+",
            Mode::CopyOnWrite => "c",
        }
    }

    /// Where the data begins in the file, in bytes.
    #[getter]
    fn offset(&self) -> u64 {
        self.map.facts().offset
    }

    /// `C` or `F`.
    #[getter]
    fn order(&self) -> &'static str {
        order_name(self.map.spec().order)
    }

    /// `npy` or `raw`.
    #[getter]
    fn format(&self) -> &'static str {
        self.map.format().name()
    }

    /// NumPy's array interface, version 3: a view of the map, writable as the mode says.
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (spec, facts) = (self.map.spec(), self.map.facts());
        let dict = PyDict::new(py);
        dict.set_item("version", 3)?;
        dict.set_item("shape", PyTuple::new(py, &spec.shape)?)?;
        dict.set_item("typestr", typestr(spec.dtype, facts.endian)?)?;
        dict.set_item("data", (self.map.address(), self.mode == Mode::Read))?;
        dict.set_item("strides", PyTuple::new(py, self.map.strides_bytes())?)?;
        Ok(dict)
    }

    /// The same array for runs.
    fn source(&self) -> PyResult<Source> {
        let stored = MappedArray::to_stored(&self.map).map_err(|e| errors::storage(&e))?;
        // What was changed in mode "c" is in this process alone.
        let in_file = self.mode != Mode::CopyOnWrite;
        Ok(Source { stored: Arc::new(stored), decl: self.decl.clone(), in_file })
    }

    /// Writes changes to disk.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.map.flush()).map_err(|e| errors::storage(&e))
    }
}

/// A dtype in the words of the array interface.
pub fn typestr(dtype: DType, endian: Endian) -> PyResult<String> {
    let kind = match dtype {
        DType::Bool => 'b',
        DType::BF16 => {
            let text = "NumPy has no bf16; astype(\"f4\") makes a copy that it can read";
            return Err(pyo3::exceptions::PyTypeError::new_err(text));
        }
        d if d.is_float() => 'f',
        d if d.is_complex() => 'c',
        d if d.is_signed() => 'i',
        _ => 'u',
    };
    let order = match (dtype.size(), endian) {
        (1, _) => '|',
        (_, Endian::Little) => '<',
        (_, Endian::Big) => '>',
    };
    Ok(format!("{order}{kind}{}", dtype.size()))
}
