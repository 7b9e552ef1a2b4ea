//! What an array is: dtype, shape, axis names.

use crate::values;
use pyo3::prelude::*;
use tilewise::array::{ArraySpec, parse_axis_names};

/// dtype, shape and axis names of an array.
#[pyclass(frozen, module = "tilewise._native")]
#[derive(Clone, Debug)]
pub struct Spec(pub ArraySpec);

#[pymethods]
impl Spec {
    #[new]
    #[pyo3(signature = (dtype, shape, axes = None))]
    fn new(dtype: &str, shape: Vec<u64>, axes: Option<&str>) -> PyResult<Spec> {
        let mut spec = ArraySpec::new(values::dtype(dtype)?, &shape);
        if let Some(names) = axes {
            spec.axes = parse_axis_names(names, shape.len()).map_err(pyo3::exceptions::PyValueError::new_err)?;
        }
        Ok(Spec(spec))
    }

    /// The short name, as in files: `f32`.
    #[getter]
    fn dtype(&self) -> &'static str {
        self.0.dtype.name()
    }

    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
        pyo3::types::PyTuple::new(py, &self.0.shape)
    }

    /// Letters, one for each axis; `None` where not all have one.
    #[getter]
    fn axes(&self) -> Option<String> {
        self.0.axis_names()
    }

    /// The axis that a number or letter means.
    fn axis(&self, number: i64) -> PyResult<usize> {
        self.0.resolve_axis(number).map_err(|e| pyo3::exceptions::PyValueError::new_err(e.to_string()))
    }
}
