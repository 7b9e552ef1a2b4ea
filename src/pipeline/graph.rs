//! A pipeline bound to its arrays: what a planner plans. Owns the turning of names into indices and
//! of refusals into places of the file; knows no file, tile or thread.

use super::check::{Checked, Target, refused};
use super::{Pipeline, PipelineError, StepDecl};
use crate::array::{ArraySpec, DType, Order, Region, parse_axis_names};
use crate::kernel::{BindError, KernelInfo, Params, Sight, SightError, Sink, Unseeing, Value, Variant, registry};

/// A pipeline whose every step is bound. Arrays are named by index.
#[derive(Debug)]
pub struct Graph {
    /// One for each input of the pipeline, in its order, used or not.
    pub inputs: Vec<GraphInput>,
    /// The steps that lead to an output, each after what it takes; implicit casts last.
    pub steps: Vec<GraphStep>,
    /// One for each output of the pipeline, in its order; always of a step.
    pub outputs: Vec<GraphOutput>,
    /// What was left out, and what is never used.
    pub warnings: Vec<String>,
}

/// An array that is read.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphInput {
    pub name: String,
    /// As given to [`Pipeline::bind`], with the axis names of the pipeline.
    pub spec: ArraySpec,
}

/// A bound step.
#[derive(Debug)]
pub struct GraphStep {
    pub name: String,
    /// The kernel's name in the registry.
    pub kernel: &'static str,
    /// What it takes, in the order its contracts count inputs.
    pub inputs: Vec<ArrayRef>,
    /// The ways to the same bits, cheapest first; never empty.
    pub variants: Vec<Variant>,
    /// What it gives, in the order its contracts count outputs; never empty.
    pub outputs: Vec<ArraySpec>,
    /// The parameters as TOML, for people and for hashes: `sigma = 1.5, axes = "yx"`.
    pub params: String,
    /// What the kernel wants a plan to say.
    pub remark: Option<String>,
}

/// An array that is written.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphOutput {
    pub name: String,
    /// What is written, in the dtype of `spec`: no conversion is left to do.
    pub from: ArrayRef,
    /// The dtype that the pipeline asked for, if it did.
    pub dtype: Option<DType>,
    /// The array as stored; its order is the one asked for.
    pub spec: ArraySpec,
}

/// An array of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ArrayRef {
    /// An entry of [`Graph::inputs`].
    Input(usize),
    /// An output of an entry of [`Graph::steps`].
    Step { step: usize, output: usize },
}

impl Graph {
    /// Whether an array's length is known only after a run.
    fn is_open(&self, array: ArrayRef) -> bool {
        match array {
            ArrayRef::Input(_) => false,
            ArrayRef::Step { step, output } => is_open(&self.steps[step].variants, output),
        }
    }

    /// The array behind a reference.
    pub fn spec(&self, array: ArrayRef) -> &ArraySpec {
        match array {
            ArrayRef::Input(i) => &self.inputs[i].spec,
            ArrayRef::Step { step, output } => &self.steps[step].outputs[output],
        }
    }
}

impl Pipeline {
    /// Binds every step to arrays; `specs` has one for each input, in order. Pure: opens nothing.
    ///
    /// Steps that lead to no output are left out with a warning. An output of another dtype than its
    /// step, or of an input itself, gets a `cast` step named `NAME (cast)`.
    pub fn bind(&self, specs: &[ArraySpec]) -> Result<Graph, PipelineError> {
        self.bind_with(specs, registry())
    }

    /// [`Pipeline::bind`] with another table of kernels.
    pub fn bind_with(&self, specs: &[ArraySpec], kernels: &[KernelInfo]) -> Result<Graph, PipelineError> {
        self.bind_seeing(specs, kernels, &Unseeing)
    }

    /// [`Pipeline::bind_with`] where inputs are open: `sight` counts them as `specs` does. For kernels whose shapes follow from
    /// what an input holds.
    pub fn bind_seeing(
        &self,
        specs: &[ArraySpec],
        kernels: &[KernelInfo],
        sight: &dyn Sight,
    ) -> Result<Graph, PipelineError> {
        let checked = self.check_with(kernels)?;
        let mut graph = Graph {
            inputs: self.bind_inputs(specs)?,
            steps: Vec::new(),
            outputs: Vec::new(),
            warnings: checked.warnings.clone(),
        };
        let mut bound: Vec<Option<usize>> = vec![None; self.steps.len()];
        for &i in &checked.order {
            let step = self.bind_step(i, &checked, (&graph, &bound), kernels, sight)?;
            bound[i] = Some(graph.steps.len());
            graph.steps.push(step);
        }
        for (i, target) in checked.outputs.iter().enumerate() {
            let output = self.bind_output(i, reference(*target, &bound), &mut graph, kernels)?;
            graph.outputs.push(output);
        }
        Ok(graph)
    }

    fn bind_inputs(&self, specs: &[ArraySpec]) -> Result<Vec<GraphInput>, PipelineError> {
        if specs.len() != self.inputs.len() {
            let message = format!("{} arrays were given for {} inputs", specs.len(), self.inputs.len());
            return Err(PipelineError::new(message).help("give one for each input, in their order"));
        }
        let bind = |(decl, spec): (&super::InputDecl, &ArraySpec)| {
            let mut spec = spec.clone();
            if let Some(names) = &decl.axes {
                spec.axes = parse_axis_names(names, spec.rank()).map_err(|message| {
                    let label = format!("\"{}\" is {}", decl.name, describe(&spec));
                    PipelineError::new(message)
                        .at(decl.places.value("axes"))
                        .label(label)
                        .help("give one letter for each axis")
                })?;
            }
            Ok(GraphInput { name: decl.name.clone(), spec })
        };
        self.inputs.iter().zip(specs).map(bind).collect()
    }

    fn bind_step(
        &self,
        index: usize,
        checked: &Checked,
        (graph, bound): (&Graph, &[Option<usize>]),
        kernels: &[KernelInfo],
        sight: &dyn Sight,
    ) -> Result<GraphStep, PipelineError> {
        let (decl, step) = (&self.steps[index], &checked.steps[index]);
        let inputs: Vec<ArrayRef> = step.takes.iter().map(|(_, target)| reference(*target, bound)).collect();
        let specs: Vec<ArraySpec> = inputs.iter().map(|r| graph.spec(*r).clone()).collect();
        if let Some((name, _)) = step.takes.iter().zip(&inputs).find(|(_, r)| graph.is_open(**r)).map(|(t, _)| t) {
            let error =
                PipelineError::new(format!("no step can take \"{name}\": its length is known only after the run"));
            let label = format!("\"{name}\" can be an output alone");
            let error = error.step(&decl.name).at(decl.param_place("from")).at(decl.place()).label(label);
            return Err(error.help("write it to a file, and run a second pipeline over that"));
        }
        let fail = |e: BindError| {
            let error = match kernels.iter().find(|k| k.name == step.kernel_name) {
                Some(info) => refused(decl, info, e),
                None => PipelineError::new(e.message).step(&decl.name),
            };
            let takes: Vec<String> =
                step.takes.iter().zip(&specs).map(|((name, _), spec)| format!("{name}: {}", describe(spec))).collect();
            error.label(format!("takes {}", takes.join("; ")))
        };
        let seen = step.kernel.look(&specs, &OfStep { inputs: &inputs, sight }).map_err(fail)?;
        let kernel = seen.as_deref().unwrap_or(step.kernel.as_ref());
        let variants = kernel.bind(&specs).map_err(fail)?;
        let outputs = results(&variants).map_err(|m| fail(BindError::new(m)))?;
        let params = params_text(&decl.params);
        let (name, remark) = (decl.name.clone(), kernel.remark());
        Ok(GraphStep { name, kernel: step.kernel_name, inputs, variants, outputs, params, remark })
    }

    /// An output, after a cast where it needs one. What is written straight from an input passes
    /// through a cast to its own dtype, so that all writing is done by steps.
    fn bind_output(
        &self,
        index: usize,
        mut from: ArrayRef,
        graph: &mut Graph,
        kernels: &[KernelInfo],
    ) -> Result<GraphOutput, PipelineError> {
        let decl = &self.outputs[index];
        let source = graph.spec(from);
        let dtype = decl.dtype.unwrap_or(source.dtype);
        let turned = decl.order == Some(Order::F) && source.rank() > 1;
        if graph.is_open(from) && (turned || dtype != source.dtype) {
            let what = if turned { "in order F" } else { "in another dtype" };
            let message = format!(
                "the output \"{}\" cannot be written {what}: the length of \"{}\" is known only after the run",
                decl.name, decl.from
            );
            let place = decl.places.value(if turned { "order" } else { "dtype" });
            let error = PipelineError::new(message).at(place).at(decl.places.whole());
            return Err(error
                .label(format!("{} is {}", decl.from, describe(source)))
                .help("convert the file afterwards"));
        }
        if dtype != source.dtype || matches!(from, ArrayRef::Input(_)) {
            let step = cast(&decl.name, from, source, dtype, kernels).map_err(|e| {
                PipelineError {
                    help: e.help,
                    ..PipelineError::new(format!("the output \"{}\": {}", decl.name, e.message))
                }
                .at(decl.places.value("dtype"))
                .at(decl.places.whole())
                .label(format!("{} is {}", decl.from, describe(source)))
            })?;
            from = ArrayRef::Step { step: graph.steps.len(), output: 0 };
            graph.steps.push(step);
        }
        let spec = ArraySpec { order: decl.order.unwrap_or(Order::C), ..graph.spec(from).clone() };
        Ok(GraphOutput { name: decl.name.clone(), from, dtype: decl.dtype, spec })
    }
}

/// What a step may look at: those of its arrays that are inputs of the pipeline.
struct OfStep<'a> {
    inputs: &'a [ArrayRef],
    sight: &'a dyn Sight,
}

impl Sight for OfStep<'_> {
    fn read(&self, input: usize, region: &Region, out: &mut [u8]) -> Result<(), SightError> {
        match self.inputs.get(input) {
            Some(ArrayRef::Input(i)) => self.sight.read(*i, region, out),
            _ => Err(SightError::Unseen),
        }
    }
}

fn cast(
    output: &str,
    from: ArrayRef,
    source: &ArraySpec,
    dtype: DType,
    kernels: &[KernelInfo],
) -> Result<GraphStep, BindError> {
    let name = format!("{output} (cast)");
    let decl = StepDecl::new("cast").name(&name).param("dtype", dtype.name());
    let Some(info) = kernels.iter().find(|k| k.name == decl.kernel) else {
        return Err(BindError::new(format!("{} cannot become {dtype}: there is no kernel \"cast\"", source.dtype)));
    };
    let params = Params::check(info.params, &decl.params)?;
    let variants = (info.parse)(&params)?.bind(std::slice::from_ref(source))?;
    let outputs = results(&variants).map_err(BindError::new)?;
    Ok(GraphStep {
        name,
        kernel: info.name,
        inputs: vec![from],
        variants,
        outputs,
        params: params_text(&decl.params),
        remark: None,
    })
}

/// Whether the length of an output of a step is known only after a run.
fn is_open(variants: &[Variant], output: usize) -> bool {
    let writes = variants.first().into_iter().flat_map(|v| &v.stages).flat_map(|s| &s.contract.writes);
    writes.into_iter().any(|w| w.sink == Sink::AtMost(output))
}

/// What the variants of a step give, told by the first: they all reach the same bits.
fn results(variants: &[Variant]) -> Result<Vec<ArraySpec>, String> {
    let writes = variants.first().into_iter().flat_map(|v| &v.stages).flat_map(|s| &s.contract.writes);
    let mut outputs: Vec<(usize, ArraySpec)> =
        writes.filter_map(|w| Some((w.sink.output()?, w.spec.clone()))).collect();
    outputs.sort_by_key(|(i, _)| *i);
    outputs.dedup_by_key(|(i, _)| *i);
    if outputs.is_empty() {
        return Err("the kernel gives no result for these arrays".to_string());
    }
    match outputs.iter().find(|(_, spec)| spec.bytes().is_none()) {
        Some((_, spec)) => Err(format!("the result would be {}, more than 2^63 bytes", describe(spec))),
        None => Ok(outputs.into_iter().map(|(_, spec)| spec).collect()),
    }
}

/// Steps stand before those that take them, so that every reference is bound when it is asked for.
fn reference(target: Target, bound: &[Option<usize>]) -> ArrayRef {
    match target {
        Target::Input(i) => ArrayRef::Input(i),
        Target::Step(i) => ArrayRef::Step { step: bound[i].unwrap_or(usize::MAX), output: 0 },
    }
}

fn params_text(params: &[(String, Value)]) -> String {
    params.iter().map(|(name, value)| format!("{name} = {}", value.to_toml())).collect::<Vec<_>>().join(", ")
}

/// An array in messages: `u16 [300, 1100, 1300] tyx`.
fn describe(spec: &ArraySpec) -> String {
    let axes = spec.axis_names().map_or(String::new(), |names| format!(" {names}"));
    format!("{} {:?}{axes}", spec.dtype, spec.shape)
}
