//! Arrays of NumPy as inputs of a run, without a copy. The only `unsafe` of the package: an address
//! that NumPy gave becomes memory that a run reads.

use crate::errors;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::Path;
use tilewise::array::{DType, Endian};
use tilewise::storage::{MemoryLayout, Stored};

/// The elements of an ndarray, which may show a part of a file. The array is kept alive as long as the result, and is not to be changed
/// while a run reads it.
pub fn of_array(
    array: &Bound<'_, PyAny>,
    dtype: DType,
    axes: Option<String>,
    shows: Option<&Path>,
) -> PyResult<Stored> {
    let interface = array.getattr("__array_interface__")?.cast_into::<PyDict>()?;
    let get = |key: &str| {
        let found = interface.get_item(key)?;
        found.ok_or_else(|| PyTypeError::new_err(format!("the array's interface has no \"{key}\"")))
    };
    let (address, _): (usize, bool) = get("data")?.extract()?;
    let shape: Vec<u64> = get("shape")?.extract()?;
    let typestr: String = get("typestr")?.extract()?;
    let strides_bytes: Vec<i64> = array.getattr("strides")?.extract()?;
    let item: usize = array.getattr("itemsize")?.extract()?;
    if item != dtype.size() {
        return Err(PyTypeError::new_err(format!("elements of {item} bytes are not {dtype}")));
    }
    let endian = match typestr.chars().next() {
        Some('<') => Endian::Little,
        Some('>') => Endian::Big,
        _ => Endian::NATIVE,
    };
    let layout = MemoryLayout { dtype, shape, strides_bytes, endian, axes };
    let keep = Box::new(array.clone().unbind());
    // SAFETY: NumPy vouches for shape, strides and address of its array, whose memory lives and stays
    // where it is as long as the reference in `keep`. That nobody writes to it while a run reads is
    // asked of the caller in the documentation of `asarray`; a race changes values, and every bit
    // pattern is a valid element.
    let stored = unsafe { Stored::from_memory(address as *const u8, &layout, "ndarray", keep) };
    let stored = stored.map_err(|e| errors::storage(&e))?;
    Ok(match shows {
        Some(path) => stored.showing(path),
        None => stored,
    })
}
