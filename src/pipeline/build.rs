//! Pipelines made in Rust and by `apply`, without a text. Owns the builder methods and the naming
//! of a chain's steps; everything it makes passes the same checks as a file.

use super::fields::check_name;
use super::{InputDecl, OutputDecl, Pipeline, PipelineError, Places, StepDecl};
use crate::array::{Columns, DType, Endian, Order};
use crate::kernel::Value;

impl Pipeline {
    /// A pipeline of nothing.
    ///
    /// ```
    /// use tilewise::pipeline::{Pipeline, StepDecl};
    /// let pipeline = Pipeline::new()
    ///     .input("raw", "stack.npy")
    ///     .step(StepDecl::new("gaussian").param("sigma", 1.5).param("axes", "yx"))
    ///     .output("gaussian", "smooth.npy");
    /// assert_eq!(Pipeline::parse(&pipeline.to_toml())?, pipeline);
    /// # Ok::<(), tilewise::pipeline::PipelineError>(())
    /// ```
    pub fn new() -> Pipeline {
        Pipeline::default()
    }

    /// Adds an input that its file describes.
    pub fn input(self, name: &str, path: impl Into<String>) -> Pipeline {
        self.input_with(InputDecl::new(name, path))
    }

    /// Adds an input.
    pub fn input_with(mut self, input: InputDecl) -> Pipeline {
        self.inputs.push(input);
        self
    }

    /// Adds a step.
    pub fn step(mut self, step: StepDecl) -> Pipeline {
        self.steps.push(step);
        self
    }

    /// Adds an output of the step or input `name`.
    pub fn output(self, name: &str, path: impl Into<String>) -> Pipeline {
        self.output_with(OutputDecl::new(name, path))
    }

    /// Adds an output.
    pub fn output_with(mut self, output: OutputDecl) -> Pipeline {
        self.outputs.push(output);
        self
    }

    /// The pipeline of `apply`: `input` under that name, the steps one after the other, the last
    /// result (or the input itself, where there are none) into `output`. Expressions see `x`, what
    /// their step receives, `input`, and the arrays of `with` by their names.
    ///
    /// Steps that would share a name are numbered: `gaussian`, `gaussian_2`. Fails where `with`
    /// takes a name that is in use.
    pub fn chain(
        input: InputDecl,
        with: Vec<InputDecl>,
        steps: Vec<StepDecl>,
        output: OutputDecl,
    ) -> Result<Pipeline, PipelineError> {
        let mut pipeline = Pipeline::new().input_with(InputDecl { name: "input".to_string(), ..input });
        for array in with {
            if array.name == "x" || array.name == "input" {
                let meaning = if array.name == "x" { "what the step receives" } else { "the input" };
                let message = format!("an array cannot be called \"{}\": that is {meaning}", array.name);
                return Err(PipelineError::new(message).help("choose another name for it"));
            }
            pipeline.inputs.push(array);
        }
        for (i, mut step) in steps.into_iter().enumerate() {
            let base = step.name.clone();
            let mut number = 1;
            while step.name == "x" || pipeline.names().any(|n| n == step.name) {
                number += 1;
                step.name = format!("{base}_{number}");
            }
            if i == 0 && step.from.is_none() {
                step.from = Some("input".to_string());
            }
            pipeline.steps.push(step);
        }
        let from = pipeline.steps.last().map_or("input", |s| s.name.as_str()).to_string();
        let pipeline = pipeline.output_with(OutputDecl { from, ..output });
        pipeline.check_names()?;
        Ok(pipeline)
    }

    /// The names of inputs and steps.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|i| i.name.as_str()).chain(self.steps.iter().map(|s| s.name.as_str()))
    }
}

impl InputDecl {
    /// An input that its file describes.
    pub fn new(name: &str, path: impl Into<String>) -> InputDecl {
        InputDecl {
            name: name.to_string(),
            path: path.into(),
            dtype: None,
            shape: None,
            offset: None,
            order: None,
            endian: None,
            axes: None,
            column: None,
            separator: None,
            header: None,
            time_format: None,
            places: Places::default(),
        }
    }

    /// Reads `name=path` or `name={path="d.dat", dtype="u16", …}`, as in `apply --with`.
    pub fn parse_argument(text: &str) -> Result<InputDecl, PipelineError> {
        let Some((name, value)) = text.split_once('=') else {
            let message = format!("\"{text}\" is not of the form name=path");
            return Err(
                PipelineError::new(message).help("as in dark=dark.npy, or dark={path=\"d.dat\", dtype=\"u16\"}")
            );
        };
        check_name(name, "an input")?;
        let mut input = InputDecl::new(name, "");
        input.set_argument(value)?;
        if input.path.is_empty() {
            return Err(PipelineError::new(format!("the input \"{name}\" has no path")).help("say path = \"…\""));
        }
        Ok(input)
    }

    /// The element type, for files that do not say.
    pub fn dtype(mut self, dtype: DType) -> InputDecl {
        self.dtype = Some(dtype);
        self
    }

    /// The extents, for files that do not say; one may be -1.
    pub fn shape(mut self, shape: &[i64]) -> InputDecl {
        self.shape = Some(shape.to_vec());
        self
    }

    /// Where the data begins, in bytes.
    pub fn offset(mut self, bytes: u64) -> InputDecl {
        self.offset = Some(bytes);
        self
    }

    /// The storage order.
    pub fn order(mut self, order: Order) -> InputDecl {
        self.order = Some(order);
        self
    }

    /// The byte order.
    pub fn endian(mut self, endian: Endian) -> InputDecl {
        self.endian = Some(endian);
        self
    }

    /// One letter for each axis.
    pub fn axes(mut self, names: &str) -> InputDecl {
        self.axes = Some(names.to_string());
        self
    }

    /// Columns of a CSV file. One gives an array of one axis, a list of them one of two.
    pub fn column(mut self, columns: Columns) -> InputDecl {
        self.column = Some(columns);
        self
    }

    /// What separates the fields of a CSV file.
    pub fn separator(mut self, separator: char) -> InputDecl {
        self.separator = Some(separator);
        self
    }

    /// Whether the first row of a CSV file holds names.
    pub fn header(mut self, header: bool) -> InputDecl {
        self.header = Some(header);
        self
    }

    /// The form of time stamps in a CSV file, in the words of `strptime`.
    pub fn time_format(mut self, format: &str) -> InputDecl {
        self.time_format = Some(format.to_string());
        self
    }
}

impl StepDecl {
    /// A step of this kernel, with its name.
    pub fn new(kernel: &str) -> StepDecl {
        StepDecl {
            name: kernel.to_string(),
            kernel: kernel.to_string(),
            from: None,
            params: Vec::new(),
            places: Places::default(),
        }
    }

    /// A step that computes an expression; `x` in it is what the step receives.
    pub fn expr(expression: &str) -> StepDecl {
        StepDecl::new("expr").param("expr", expression)
    }

    /// The same step under another name.
    pub fn name(mut self, name: &str) -> StepDecl {
        self.name = name.to_string();
        self
    }

    /// The same step, taking this input or step.
    pub fn from(mut self, name: &str) -> StepDecl {
        self.from = Some(name.to_string());
        self
    }

    /// The same step with a parameter set.
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> StepDecl {
        self.set_param(name, value.into());
        self
    }

    pub(super) fn set_param(&mut self, name: &str, value: Value) {
        match self.params.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.params.push((name.to_string(), value)),
        }
    }
}

impl OutputDecl {
    /// An output of the step or input of that name.
    pub fn new(name: &str, path: impl Into<String>) -> OutputDecl {
        OutputDecl {
            name: name.to_string(),
            path: path.into(),
            from: name.to_string(),
            dtype: None,
            order: None,
            endian: None,
            places: Places::default(),
        }
    }

    /// The step or input that is written, where it is not the output's name.
    pub fn from(mut self, name: &str) -> OutputDecl {
        self.from = name.to_string();
        self
    }

    /// The element type to write.
    pub fn dtype(mut self, dtype: DType) -> OutputDecl {
        self.dtype = Some(dtype);
        self
    }

    /// The storage order.
    pub fn order(mut self, order: Order) -> OutputDecl {
        self.order = Some(order);
        self
    }

    /// The byte order.
    pub fn endian(mut self, endian: Endian) -> OutputDecl {
        self.endian = Some(endian);
        self
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Str(value.to_string())
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Value {
        Value::List(values.into_iter().map(Into::into).collect())
    }
}
