//! Python functions that steps call.
//!
//! Owns how a step names one: `module:name` where it can be imported, `#number` for one that lives in this
//! process, as long as the graph that holds it. Refuses to know what they are called with.

use pyo3::prelude::*;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// A function, shared by the graph that holds it and the runs that call it.
#[derive(Clone)]
pub struct Called(Arc<Py<PyAny>>);

impl fmt::Debug for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Called")
    }
}

impl Called {
    /// The function itself.
    pub fn bind<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.0.bind(py)
    }
}

fn living() -> MutexGuard<'static, HashMap<u64, Called>> {
    static LIVING: LazyLock<Mutex<HashMap<u64, Called>>> = LazyLock::new(Mutex::default);
    LIVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A function of this process under a number. The number is free again when this is dropped; runs that
/// have begun keep the function.
#[pyclass(frozen, module = "tilewise._native")]
#[derive(Debug)]
pub struct Function {
    number: u64,
}

#[pymethods]
impl Function {
    #[new]
    fn new(function: Py<PyAny>) -> Function {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Relaxed);
        living().insert(number, Called(Arc::new(function)));
        Function { number }
    }

    /// How a step names it: `#7`.
    #[getter]
    fn reference(&self) -> String {
        format!("#{}", self.number)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // Let go after the lock: dropping a function may run code of Python.
        let gone = living().remove(&self.number);
        drop(gone);
    }
}

/// Whether a reference is to a function of this process, which no file can name.
pub fn is_living(reference: &str) -> bool {
    reference.starts_with('#')
}

/// The function behind a reference, and its name for people.
pub fn resolve(reference: &str) -> Result<(Called, String), String> {
    let found = match reference.strip_prefix('#') {
        Some(number) => {
            let known = number.parse().ok().and_then(|n: u64| living().get(&n).cloned());
            known.ok_or_else(|| format!("the function {reference} does not live in this process any more"))?
        }
        None => import(reference)?,
    };
    let name = Python::attach(|py| {
        let name = found.bind(py).getattr("__qualname__").and_then(|n| n.extract::<String>());
        name.unwrap_or_else(|_| found.bind(py).to_string())
    });
    Ok((found, name))
}

/// `module:name`, or `module:outer.name`.
fn import(reference: &str) -> Result<Called, String> {
    let Some((module, path)) = reference.split_once(':').filter(|(m, p)| !m.is_empty() && !p.is_empty()) else {
        return Err(format!("\"{reference}\" names no function: it is written module:name"));
    };
    Python::attach(|py| {
        let mut found = py.import(module)?.into_any();
        for part in path.split('.') {
            found = found.getattr(part)?;
        }
        Ok(Called(Arc::new(found.unbind())))
    })
    .map_err(|e: PyErr| format!("\"{reference}\" cannot be imported: {e}"))
}
