//! Python values as parameters of kernels.

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyString, PyTuple};
use tilewise::array::DType;
use tilewise::kernel::Value;

/// A parameter: bool, int, float, str, or a list or tuple of those.
pub fn value(v: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(b) = v.cast::<PyBool>() {
        return Ok(Value::Bool(b.is_true()));
    }
    if v.is_instance_of::<PyInt>() {
        let whole = v.extract::<i64>();
        return whole.map(Value::Int).map_err(|_| PyOverflowError::new_err(format!("{v} does not fit 64 bits")));
    }
    if v.is_instance_of::<PyFloat>() {
        return Ok(Value::Float(v.extract()?));
    }
    if v.is_instance_of::<PyString>() {
        return Ok(Value::Str(v.extract()?));
    }
    if v.is_instance_of::<PyList>() || v.is_instance_of::<PyTuple>() {
        return Ok(Value::List(v.try_iter()?.map(|item| value(&item?)).collect::<PyResult<_>>()?));
    }
    let name = v.get_type().name()?;
    Err(PyTypeError::new_err(format!("a parameter is a bool, a number, a text, or a list of those, not {name}")))
}

/// A parameter as Python has it.
pub fn to_python(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    Ok(match value {
        Value::Bool(b) => PyBool::new(py, *b).to_owned().into_any().unbind(),
        Value::Int(i) => i.into_pyobject(py)?.into_any().unbind(),
        Value::Float(f) => f.into_pyobject(py)?.into_any().unbind(),
        Value::Str(s) => s.into_pyobject(py)?.into_any().unbind(),
        Value::List(list) => {
            let items = list.iter().map(|v| to_python(py, v)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any().unbind()
        }
    })
}

/// A dtype by its short name.
pub fn dtype(name: &str) -> PyResult<DType> {
    DType::parse(name).ok_or_else(|| PyTypeError::new_err(format!("there is no dtype \"{name}\"")))
}

/// Bytes of "512MiB".
#[pyfunction]
pub fn parse_bytes(text: &str) -> PyResult<u64> {
    tilewise::pipeline::parse_bytes(text).map_err(|e| pyo3::exceptions::PyValueError::new_err(e.to_string()))
}

/// A list of names and values.
pub fn params(given: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Value)>> {
    let pairs: Vec<(String, Bound<'_, PyAny>)> = given.extract()?;
    pairs.into_iter().map(|(name, v)| value(&v).map(|v| (name, v))).collect()
}
