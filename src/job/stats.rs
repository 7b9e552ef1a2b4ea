//! The statistics of one array, in shared sweeps: a pipeline built here, and its results by cell.
//!
//! Owns which steps there are and what their outputs mean. Refuses to know how numbers are shown.
//! Results stay in temporary files until they are asked for, so that there may be millions.

use super::{Done, Job, JobError, NO_FILE};
use crate::array::{ArraySpec, DType, Region};
use crate::engine::{Observer, RunOptions};
use crate::kernel::Value;
use crate::kernel::reduce::Edges;
use crate::pipeline::{InputDecl, Pipeline, StepDecl};
use crate::storage::{Scalar, StorageError, Stored};
use std::ops::Range;

/// What to find out about a real array.
#[derive(Clone, Debug)]
pub struct StatsRequest {
    /// What is described; its axes.
    pub spec: ArraySpec,
    /// Axes to work over; the others are kept, and each of their indices is a cell.
    pub over: Vec<usize>,
    /// Shares from 0 to 1.
    pub quantiles: Vec<f64>,
    /// Bins of the histogram; made where there is one cell.
    pub bins: Option<usize>,
    /// The range of the histogram; from the smallest to the largest finite element where not given.
    pub range: Option<(f64, f64)>,
}

/// What is known of one cell. NaN is counted and left out of the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct CellStats {
    /// Its index along the kept axes.
    pub index: Vec<u64>,
    /// Elements that are not NaN.
    pub count: u64,
    pub nan: u64,
    pub inf: u64,
    pub min: Scalar,
    pub max: Scalar,
    pub mean: f64,
    /// With `ddof = 0`.
    pub std: f64,
    pub quantiles: Vec<Scalar>,
}

/// A histogram in narrow bins.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// One more than there are counts.
    pub edges: Vec<f64>,
    pub counts: Vec<u64>,
}

/// Finished statistics.
#[derive(Debug)]
pub struct Stats {
    /// What the run did.
    pub done: Done,
    request: StatsRequest,
    /// In the order of [`StatsRequest::outputs`].
    outputs: Vec<Stored>,
}

impl StatsRequest {
    /// The kept axes.
    pub fn kept(&self) -> Vec<usize> {
        (0..self.spec.rank()).filter(|a| !self.over.contains(a)).collect()
    }

    /// Their extents.
    pub fn kept_shape(&self) -> Vec<u64> {
        self.kept().into_iter().map(|a| self.spec.shape[a]).collect()
    }

    /// The dtype of smallest and largest: truth values count as 0 and 1.
    pub fn dtype(&self) -> DType {
        if self.spec.dtype == DType::Bool { DType::U8 } else { self.spec.dtype }
    }

    fn outputs(&self) -> Vec<&'static str> {
        let mut names = vec!["smallest", "largest", "average", "spread", "shares"];
        if self.spec.dtype.is_float() {
            names.extend(["nan_count", "inf_count"]);
        }
        if self.bins.is_some() && self.kept_shape().iter().product::<u64>() == 1 {
            names.push("bars");
            if self.spec.dtype.is_float() && self.range.is_none() {
                names.extend(["finite_low", "finite_high"]);
            }
        }
        names
    }

    /// The pipeline that finds it out. `input` is the array of `spec`.
    pub fn pipeline(&self, input: InputDecl) -> Pipeline {
        let mut pipeline = Pipeline::new();
        let mut from = input.name.clone();
        pipeline = pipeline.input_with(input);
        if self.spec.dtype == DType::Bool {
            pipeline = pipeline.step(StepDecl::new("cast").name("numbers").from(&from).param("dtype", "u8"));
            from = "numbers".into();
        }
        let over = Value::List(self.over.iter().map(|a| Value::Int(*a as i64)).collect());
        let numbers = |list: &[f64]| Value::List(list.iter().map(|x| Value::Float(*x)).collect());
        let fold = |kernel: &str, name: &str, from: &str| {
            StepDecl::new(kernel).name(name).from(from).param("axes", over.clone())
        };
        for (kernel, name) in [("min", "smallest"), ("max", "largest"), ("mean", "average"), ("std", "spread")] {
            pipeline = pipeline.step(fold(kernel, name, &from).param("skipna", true));
        }
        let shares = fold("quantile", "shares", &from).param("skipna", true).param("q", numbers(&self.quantiles));
        pipeline = pipeline.step(shares);
        let names = self.outputs();
        if names.contains(&"nan_count") {
            for (test, flags, count) in [("isnan", "nan_flags", "nan_count"), ("isinf", "inf_flags", "inf_count")] {
                pipeline = pipeline.step(StepDecl::expr(&format!("{test}({from})")).name(flags));
                pipeline = pipeline.step(fold("sum", count, flags));
            }
        }
        if let (Some(bins), true) = (self.bins, names.contains(&"bars")) {
            let bars = fold("histogram", "bars", &from).param("bins", bins as i64);
            pipeline = pipeline.step(match self.range {
                Some((low, high)) => bars.param("range", numbers(&[low, high])),
                None => bars,
            });
        }
        if names.contains(&"finite_low") {
            // The ends of the histogram: the smallest and the largest may be infinite.
            let finite = format!("where(isfinite({from}), {from}, nan)");
            pipeline = pipeline.step(StepDecl::expr(&finite).name("finite"));
            for (kernel, name) in [("min", "finite_low"), ("max", "finite_high")] {
                pipeline = pipeline.step(fold(kernel, name, "finite").param("skipna", true));
            }
        }
        names.into_iter().fold(pipeline, |pipeline, name| pipeline.output(name, NO_FILE))
    }

    /// Runs the job of [`StatsRequest::pipeline`].
    pub fn run(self, job: Job, options: &RunOptions, observers: &[&dyn Observer]) -> Result<Stats, JobError> {
        let (done, outputs) = job.run(options, observers)?;
        Ok(Stats { done, request: self, outputs })
    }
}

impl Stats {
    /// How many cells there are.
    pub fn cells(&self) -> u64 {
        self.request.kept_shape().iter().product()
    }

    /// What was asked.
    pub fn request(&self) -> &StatsRequest {
        &self.request
    }

    /// The smallest and the largest finite element, where there is one cell.
    fn finite_range(&self) -> Result<(f64, f64), StorageError> {
        let names = self.request.outputs();
        let find = |name: &str, plain: usize| names.iter().position(|n| *n == name).unwrap_or(plain);
        let value = |position: usize| -> Result<f64, StorageError> {
            Ok(match self.column(&self.outputs[position], &(0..1))?.first() {
                Some(Scalar::Float(x)) => *x,
                Some(Scalar::Int(n)) => *n as f64,
                _ => f64::NAN,
            })
        };
        Ok((value(find("finite_low", 0))?, value(find("finite_high", 1))?))
    }

    /// Some cells, in C order of the kept axes.
    pub fn rows(&self, cells: Range<u64>) -> Result<Vec<CellStats>, StorageError> {
        let elements: u64 = self.request.over.iter().map(|a| self.request.spec.shape[*a]).product();
        let (n, counted) = ((cells.end - cells.start) as usize, self.request.spec.dtype.is_float());
        let of_cells = self.outputs.iter().take(if counted { 7 } else { 5 });
        let columns: Vec<Vec<Scalar>> = of_cells.map(|o| self.column(o, &cells)).collect::<Result<_, _>>()?;
        let shape = self.request.kept_shape();
        let mut rows = Vec::with_capacity(n);
        for i in 0..n {
            let whole = |column: usize| match columns[column][i] {
                Scalar::Int(n) if counted => n as u64,
                _ => 0,
            };
            let float = |column: usize| match columns[column][i] {
                Scalar::Float(x) => x,
                _ => f64::NAN,
            };
            let nan = if counted { whole(5) } else { 0 };
            rows.push(CellStats {
                index: index_of(cells.start + i as u64, &shape),
                count: elements - nan,
                nan,
                inf: if counted { whole(6) } else { 0 },
                min: columns[0][i],
                max: columns[1][i],
                mean: float(2),
                std: float(3),
                quantiles: (0..self.request.quantiles.len()).map(|q| columns[4][q * n + i]).collect(),
            });
        }
        Ok(rows)
    }

    /// The elements of one output that belong to some cells; of its first axis, where it has one more.
    fn column(&self, output: &Stored, cells: &Range<u64>) -> Result<Vec<Scalar>, StorageError> {
        let (spec, shape) = (output.spec(), self.request.kept_shape());
        let more = spec.rank() - shape.len();
        let size = spec.dtype.size();
        let mut values = Vec::new();
        for first in 0..if more == 1 { spec.shape[0] } else { 1 } {
            // Pieces along the last axis.
            let row = shape.last().copied().unwrap_or(1).max(1);
            let mut cell = cells.start;
            while cell < cells.end {
                let n = (row - cell % row).min(cells.end - cell);
                let mut start: Vec<u64> = if more == 1 { vec![first] } else { vec![] };
                start.extend(index_of(cell, &shape));
                let mut end: Vec<u64> = start.iter().map(|s| s + 1).collect();
                if let (Some(end), false) = (end.last_mut(), shape.is_empty()) {
                    *end += n - 1;
                }
                let mut words = vec![0u64; (n as usize * size).div_ceil(8)];
                let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..n as usize * size];
                output.read(&Region { start, end }, bytes)?;
                values.extend(bytes.chunks_exact(size).map(|b| Scalar::from_bytes(spec.dtype, b)));
                cell += n;
            }
        }
        Ok(values)
    }

    /// The histogram, where one was made.
    pub fn histogram(&self) -> Result<Option<Bars>, StorageError> {
        let Some(position) = self.request.outputs().iter().position(|name| *name == "bars") else { return Ok(None) };
        let output = &self.outputs[position];
        let bins = output.spec().shape.last().copied().unwrap_or(0) as usize;
        let mut counts = vec![0i64; bins];
        output.read(&Region::full(&output.spec().shape), bytemuck::cast_slice_mut(&mut counts))?;
        let dtype = self.request.dtype();
        let edges = match self.request.range {
            Some(range) => Edges::given(dtype, range, bins),
            None => Edges::found(dtype, self.finite_range()?, bins),
        };
        Ok(Some(Bars { edges: edges.all(), counts: counts.into_iter().map(|n| n as u64).collect() }))
    }
}

/// The index of a cell by its number in C order.
fn index_of(cell: u64, shape: &[u64]) -> Vec<u64> {
    let (mut rest, mut index) = (cell, vec![0; shape.len()]);
    for (i, n) in index.iter_mut().zip(shape).rev() {
        (*i, rest) = (rest % (*n).max(1), rest / (*n).max(1));
    }
    index
}
