//! Pipelines, made by the graphs of Python or read from files.

use crate::errors;
use crate::functions::is_living;
use crate::job::kernel_table;
use crate::source::{Source, order, order_name, said};
use crate::spec::Spec;
use crate::values;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::Arc;
use tilewise::array::Region;
use tilewise::kernel::{Sight, SightError, Value, math};
use tilewise::pipeline::{InputDecl, OutputDecl, Pipeline as Declared, StepDecl};
use tilewise::storage::Stored;

/// A pipeline, with the arrays that are open already.
#[pyclass(module = "tilewise._native")]
#[derive(Debug, Default)]
pub struct Pipeline {
    pub declared: Declared,
    pub arrays: Vec<Option<Arc<Stored>>>,
    /// Names of inputs that no file has.
    in_memory: Vec<String>,
}

#[pymethods]
impl Pipeline {
    #[new]
    fn new() -> Pipeline {
        Pipeline::default()
    }

    /// Reads the text of a pipeline file; `file` is named in errors.
    #[staticmethod]
    fn parse(text: &str, file: &str) -> PyResult<Pipeline> {
        let located = |e: tilewise::pipeline::PipelineError| errors::pipeline(&e.located(file, text));
        let declared = Declared::parse(text).map_err(located)?;
        let arrays = vec![None; declared.inputs.len()];
        Ok(Pipeline { declared, arrays, in_memory: Vec::new() })
    }

    /// Changes one thing, as `--set` does: `blur.sigma=2`.
    fn set(&mut self, assignment: &str) -> PyResult<()> {
        self.declared.set(assignment).map_err(|e| errors::pipeline(&e))
    }

    #[pyo3(signature = (name, source, axes = None))]
    fn add_input(&mut self, name: &str, source: &Source, axes: Option<String>) {
        let mut decl = InputDecl { name: name.to_string(), ..source.decl.clone() };
        if axes.is_some() {
            decl.axes = axes;
        }
        if !source.in_file {
            self.in_memory.push(name.to_string());
        }
        self.declared.inputs.push(decl);
        self.arrays.push(Some(source.stored.clone()));
    }

    #[pyo3(signature = (name, kernel, from, params))]
    fn add_step(&mut self, name: &str, kernel: &str, from: Option<&str>, params: &Bound<'_, PyAny>) -> PyResult<()> {
        self.declared.steps.push(step(name, kernel, from, params)?);
        Ok(())
    }

    /// An output; path `-` hands the array back.
    #[pyo3(signature = (name, path, from, dtype = None, order_name = None))]
    fn add_output(
        &mut self,
        name: &str,
        path: &str,
        from: &str,
        dtype: Option<&str>,
        order_name: Option<&str>,
    ) -> PyResult<()> {
        let mut decl = OutputDecl::new(name, path).from(from);
        decl.dtype = dtype.map(values::dtype).transpose()?;
        decl.order = order_name.map(order).transpose()?;
        self.declared.outputs.push(decl);
        Ok(())
    }

    /// The pipeline as a file. Refuses what no file can say.
    fn to_toml(&self) -> PyResult<String> {
        if let Some(step) = self.living_step() {
            return Err(PyValueError::new_err(format!(
                "the step \"{step}\" calls a function of this process, which a pipeline file cannot name; \
                 give it as \"module:name\""
            )));
        }
        if let Some(name) = self.in_memory.first() {
            return Err(PyValueError::new_err(format!(
                "the input \"{name}\" is an array in memory, which a pipeline file cannot name; save it to a file and open that"
            )));
        }
        Ok(self.declared.to_toml())
    }

    /// Inputs as `(name, path)`.
    #[getter]
    fn inputs(&self) -> Vec<(String, String)> {
        self.declared.inputs.iter().map(|d| (d.name.clone(), d.path.clone())).collect()
    }

    /// Steps as `(name, kernel)`.
    #[getter]
    fn steps(&self) -> Vec<(String, String)> {
        self.declared.steps.iter().map(|d| (d.name.clone(), d.kernel.clone())).collect()
    }

    /// Inputs as `(name, path, whether the path stands in the file, what is said of it)`.
    #[getter]
    fn declared_inputs<'py>(&self, py: Python<'py>) -> PyResult<Vec<Input<'py>>> {
        let inputs = self.declared.inputs.iter();
        inputs.map(|d| Ok((d.name.clone(), d.path.clone(), d.path_in_file(), said(py, d)?))).collect()
    }

    /// Steps as `(name, kernel, takes, params)`. `takes` has the names by which the kernel knows its arrays, each with
    /// the input or step that it stands for.
    fn links(&self, py: Python<'_>) -> PyResult<Vec<Link>> {
        let takes = self.declared.takes().map_err(|e| errors::pipeline(&e))?;
        let link = |(decl, takes): (&StepDecl, Vec<(String, String)>)| {
            let params = decl.params.iter().map(|(name, v)| Ok((name.clone(), values::to_python(py, v)?)));
            Ok((decl.name.clone(), decl.kernel.clone(), takes, params.collect::<PyResult<Vec<_>>>()?))
        };
        self.declared.steps.iter().zip(takes).map(link).collect()
    }

    /// Outputs as `(name, the input or step that is written, the dtype, order and byte order that are asked for)`.
    #[getter]
    fn written(&self) -> Vec<Written> {
        let outputs = self.declared.outputs.iter();
        let written = |d: &OutputDecl| {
            let (dtype, endian) = (d.dtype.map(|t| t.name()), d.endian.map(|e| e.name()));
            (d.name.clone(), d.from.clone(), dtype, d.order.map(order_name), endian)
        };
        outputs.map(written).collect()
    }

    /// Outputs as `(name, path, whether the path stands in the file)`.
    #[getter]
    fn outputs(&self) -> Vec<(String, String, bool)> {
        self.declared.outputs.iter().map(|d| (d.name.clone(), d.path.clone(), d.path_in_file())).collect()
    }
}

impl Pipeline {
    /// A step that calls a function which lives in this process alone.
    pub fn living_step(&self) -> Option<&str> {
        let living = |v: &Value| matches!(v, Value::Str(s) if is_living(s));
        let calls = |s: &&StepDecl| {
            crate::blocks::KERNELS.iter().any(|k| k.name == s.kernel)
                && s.params.iter().any(|(name, v)| name == "function" && living(v))
        };
        self.declared.steps.iter().find(calls).map(|s| s.name.as_str())
    }
}
/// An input as Python gets it.
type Input<'py> = (String, String, bool, Bound<'py, PyDict>);
/// An output as Python gets it.
type Written = (String, String, Option<&'static str>, Option<&'static str>, Option<&'static str>);
/// A step as Python gets it.
type Link = (String, String, Vec<(String, String)>, Vec<(String, Py<PyAny>)>);

fn step(name: &str, kernel: &str, from: Option<&str>, params: &Bound<'_, PyAny>) -> PyResult<StepDecl> {
    let mut decl = StepDecl::new(kernel).name(name);
    decl.from = from.map(str::to_string);
    decl.params = values::params(params)?;
    Ok(decl)
}

/// What a step would give for arrays of these specs, which it knows by these names. Kernels whose shapes follow from data look
/// at the `sources` among them.
#[pyfunction]
#[pyo3(signature = (kernel, from, params, inputs, sources = vec![]))]
pub fn infer(
    py: Python<'_>,
    kernel: &str,
    from: Option<&str>,
    params: &Bound<'_, PyAny>,
    inputs: Vec<(String, Py<Spec>)>,
    sources: Vec<Option<Py<Source>>>,
) -> PyResult<Spec> {
    let mut own = "result".to_string();
    while inputs.iter().any(|(name, _)| *name == own) {
        own.push('_');
    }
    let mut pipeline = Declared::new().step(step(&own, kernel, from, params)?).output(&own, "-");
    let specs: Vec<_> = inputs.iter().map(|(_, spec)| spec.get().0.clone()).collect();
    pipeline.inputs = inputs.iter().map(|(name, _)| InputDecl::new(name, "-")).collect();
    for input in &mut pipeline.inputs {
        input.path = format!("input {}", input.name);
    }
    let seen = Sources(sources.iter().map(|s| s.as_ref().map(|s| s.get().stored.clone())).collect());
    let graph = py.detach(|| pipeline.bind_seeing(&specs, kernel_table(), &seen)).map_err(|e| {
        // The step's name is ours; the kernel's is what the caller wrote.
        errors::pipeline(&tilewise::pipeline::PipelineError { step: Some(kernel.to_string()), ..e })
    })?;
    graph.outputs.into_iter().next().map(|o| Spec(o.spec)).ok_or_else(|| PyValueError::new_err("no result"))
}

/// Open arrays, one for each input that is open.
struct Sources(Vec<Option<Arc<Stored>>>);

impl Sight for Sources {
    fn read(&self, input: usize, region: &Region, out: &mut [u8]) -> Result<(), SightError> {
        match self.0.get(input) {
            Some(Some(stored)) => stored.read(region, out).map_err(|e| SightError::Failed(e.to_string())),
            _ => Err(SightError::Unseen),
        }
    }
}

/// What a larger expression must know of a part: more than its dtype.
#[pyclass(frozen, module = "tilewise._native")]
#[derive(Clone, Copy, Debug)]
pub struct ExprPart(math::ExprPart);

#[pymethods]
impl ExprPart {
    /// The elements of an array.
    #[new]
    fn new(array: &Spec) -> ExprPart {
        ExprPart(math::ExprPart::array(array.0.dtype))
    }
}

/// What an expression of named parts would give, whose arrays are these: an array, and a part again. The time
/// does not depend on how the parts were made.
#[pyfunction]
pub fn infer_expr(text: &str, parts: Vec<(String, Py<ExprPart>)>, arrays: Vec<Py<Spec>>) -> PyResult<(Spec, ExprPart)> {
    let parts: Vec<_> = parts.into_iter().map(|(name, part)| (name, part.get().0)).collect();
    let arrays: Vec<_> =
        arrays.iter().enumerate().map(|(i, a)| (format!("array {}", i + 1), a.get().0.clone())).collect();
    math::infer_expr(text, &parts, &arrays).map(|(spec, part)| (Spec(spec), ExprPart(part))).map_err(|e| {
        let error = tilewise::pipeline::PipelineError::new(e.message).step("expr");
        errors::pipeline(&tilewise::pipeline::PipelineError { help: e.help, ..error })
    })
}
