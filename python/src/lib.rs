//! The native part of the Python package: arrays, pipelines and jobs of the library as Python objects.
//!
//! Owns the crossing: Python values into the library's, the library's errors into exceptions, the GIL,
//! signals. Refuses to decide anything: graphs are made in `tilewise/_graph.py`, what they come to is
//! the library's to say.

mod blocks;
mod errors;
mod functions;
mod job;
mod mapped;
mod memory;
mod pipeline;
mod registry;
mod source;
mod spec;
mod values;

use pyo3::prelude::*;

/// Runs the command line; returns its exit code.
#[pyfunction]
fn command(py: Python<'_>, words: Vec<String>) -> u8 {
    let words: Vec<std::ffi::OsString> = words.into_iter().map(Into::into).collect();
    py.detach(|| tilewise::cli::run(tilewise::cli::Cli::from_words(words.into_iter())))
}

#[pymodule(name = "_native")]
fn native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("Error", m.py().get_type::<errors::Error>())?;
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add("EXPRESSION_BYTES_MAX", tilewise::kernel::math::EXPRESSION_BYTES_MAX)?;
    m.add_class::<spec::Spec>()?;
    m.add_class::<pipeline::ExprPart>()?;
    m.add_class::<source::Source>()?;
    m.add_class::<mapped::MappedFile>()?;
    m.add_class::<pipeline::Pipeline>()?;
    m.add_class::<job::Job>()?;
    m.add_class::<functions::Function>()?;
    m.add_function(wrap_pyfunction!(command, m)?)?;
    m.add_function(wrap_pyfunction!(registry::kernels, m)?)?;
    m.add_function(wrap_pyfunction!(registry::expression_functions, m)?)?;
    m.add_function(wrap_pyfunction!(registry::histogram_edges, m)?)?;
    m.add_function(wrap_pyfunction!(pipeline::infer, m)?)?;
    m.add_function(wrap_pyfunction!(pipeline::infer_expr, m)?)?;
    m.add_function(wrap_pyfunction!(source::from_ndarray, m)?)?;
    m.add_function(wrap_pyfunction!(values::parse_bytes, m)?)?;
    Ok(())
}
