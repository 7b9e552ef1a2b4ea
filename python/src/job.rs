//! Planned pipelines and their runs: the GIL is released, signals are looked at, progress is told.

use crate::errors;
use crate::mapped::MappedFile;
use crate::pipeline::Pipeline;
use crate::spec::Spec;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use tilewise::array::Region;
use tilewise::engine::{Cancel, Event, Observer, RunOptions};
use tilewise::job::{Done, JobError, JobOptions};
use tilewise::kernel::KernelInfo;
use tilewise::storage::{MappedArray, Stored};

/// How often signals are looked at while a run goes on.
const TICK: Duration = Duration::from_millis(50);
/// Runs that move less than this are over before a thread for them would have begun.
const INLINE_BYTES_MAX: u64 = 1 << 20;
/// Results up to this size are copied into memory of their own; larger ones are mapped.
const COPY_BYTES_MAX: u64 = 1 << 20;

/// The kernels that pipelines made here may use: the library's, and those that call Python.
pub fn kernel_table() -> &'static [KernelInfo] {
    static TABLE: LazyLock<Vec<KernelInfo>> =
        LazyLock::new(|| tilewise::kernel::registry().iter().copied().chain(crate::blocks::KERNELS).collect());
    &TABLE
}

/// A planned pipeline; runs once.
#[pyclass(module = "tilewise._native")]
#[derive(Debug)]
pub struct Job {
    job: Option<tilewise::job::Job>,
    /// For each output, whether it is handed back instead of kept in a file.
    handed_back: Vec<bool>,
}

/// What a run did, in numbers.
type Report = (f64, Option<u64>, u64, u64, usize);

#[pymethods]
impl Job {
    #[new]
    // Keywords in Python, where their number costs nothing.
    #[allow(clippy::too_many_arguments)]
    #[pyo3(signature = (pipeline, memory = None, threads = None, overwrite = false, base = None, io = None, append = false))]
    fn new(
        py: Python<'_>,
        pipeline: PyRef<'_, Pipeline>,
        memory: Option<u64>,
        threads: Option<usize>,
        overwrite: bool,
        base: Option<PathBuf>,
        io: Option<&str>,
        append: bool,
    ) -> PyResult<Job> {
        let io = io.map(errors::io_choice).transpose()?;
        let base = base.unwrap_or_default();
        let kernels = kernel_table();
        // A record says how an output can be made again, which nobody can with a function that is gone.
        let record = pipeline.living_step().is_none();
        let usual = JobOptions { memory_source: "memory=", ..JobOptions::default() };
        let options = JobOptions { base, memory, threads, io, overwrite, append, record, kernels, ..usual };
        let (declared, arrays) = (&pipeline.declared, &pipeline.arrays);
        let job = py.detach(|| tilewise::job::Job::prepare_with(declared, arrays, &options));
        let handed_back = declared.outputs.iter().map(|o| o.path == tilewise::job::NO_FILE).collect();
        Ok(Job { job: Some(job.map_err(|e| errors::job(&e))?), handed_back })
    }

    /// The plan as text.
    fn explain(&self) -> PyResult<String> {
        Ok(self.job()?.explain())
    }

    /// The plan as JSON.
    fn to_json(&self) -> PyResult<String> {
        let job = self.job()?;
        Ok(job.plan.to_json(&job.problem).to_string())
    }

    #[getter]
    fn warnings(&self) -> PyResult<Vec<String>> {
        Ok(self.job()?.warnings.clone())
    }

    /// What the outputs will be.
    #[getter]
    fn specs(&self) -> PyResult<Vec<Spec>> {
        Ok(self.job()?.problem.outputs.iter().map(|o| Spec(o.spec.clone())).collect())
    }

    /// Bytes that the run will move.
    #[getter]
    fn moved_bytes(&self) -> PyResult<u64> {
        Ok(moved(self.job()?))
    }

    /// Runs it. `progress(done, total)` is called some twenty times a second, in bytes. Gives the outputs in order, and
    /// `(seconds, private_peak_bytes, read_bytes, written_bytes, sweeps)`.
    #[pyo3(signature = (progress = None, sync = true))]
    fn run(
        &mut self,
        py: Python<'_>,
        progress: Option<Py<PyAny>>,
        sync: bool,
    ) -> PyResult<(Vec<Py<PyAny>>, Report, Vec<String>)> {
        let job = self.job.take().ok_or_else(|| PyRuntimeError::new_err("this job has run already"))?;
        let cancel = Cancel::default();
        let options = RunOptions { sync, cancel: cancel.clone() };
        let total = moved(&job);
        let done = if total <= INLINE_BYTES_MAX && progress.is_none() {
            py.detach(|| job.run(&options, &[])).map_err(|e| errors::job(&e))?
        } else {
            supervised(py, job, options, &cancel, progress, total)?
        };
        let (Done { report, warnings, .. }, outputs) = done;
        let back = |(stored, back): (&Stored, &bool)| if *back { result(py, stored) } else { Ok(py.None()) };
        let outputs = outputs.iter().zip(&self.handed_back).map(back).collect::<PyResult<Vec<_>>>()?;
        let sum = |f: fn(&tilewise::engine::PassReport) -> u64| report.passes.iter().map(f).sum::<u64>();
        let told =
            (report.elapsed.as_secs_f64(), report.private_peak, sum(|p| p.read), sum(|p| p.written), report.sweeps());
        Ok((outputs, told, warnings))
    }
}

impl Job {
    fn job(&self) -> PyResult<&tilewise::job::Job> {
        self.job.as_ref().ok_or_else(|| PyRuntimeError::new_err("this job has run already"))
    }
}

fn moved(job: &tilewise::job::Job) -> u64 {
    let traffic = job.plan.traffic();
    traffic.read + traffic.written
}

/// Bytes that tiles have moved so far.
#[derive(Default)]
struct Moved(AtomicU64);

impl Observer for Moved {
    fn event(&self, event: &Event) {
        if let Event::TileDone { read, written, .. } = event {
            self.0.fetch_add(read + written, Relaxed);
        }
    }
}

/// Runs a job on a thread of its own while this one looks at signals: Ctrl-C stops the run between
/// tiles and leaves no file.
fn supervised(
    py: Python<'_>,
    job: tilewise::job::Job,
    options: RunOptions,
    cancel: &Cancel,
    progress: Option<Py<PyAny>>,
    total: u64,
) -> PyResult<(Done, Vec<Stored>)> {
    let moved = Moved::default();
    std::thread::scope(|scope| {
        let (sender, receiver) = channel::<Result<(Done, Vec<Stored>), JobError>>();
        let moved = &moved;
        scope.spawn(move || {
            // Nobody waits any more only where this thread has panicked, too.
            let _ = sender.send(job.run(&options, &[moved]));
        });
        // `receiver` cannot be shared with the closure of `detach` by reference, so it goes in and out.
        let mut receiver = Some(receiver);
        loop {
            let (back, answer) = py.detach(|| {
                let r = receiver.take();
                let answer = r.as_ref().map(|r| r.recv_timeout(TICK));
                (r, answer)
            });
            receiver = back;
            match answer {
                Some(Ok(done)) => return done.map_err(|e| errors::job(&e)),
                Some(Err(RecvTimeoutError::Timeout)) => {}
                _ => return Err(errors::Error::new_err("the run ended without a result; please report it")),
            }
            let told = progress.as_ref().map(|p| p.call1(py, (moved.0.load(Relaxed), total)));
            if let Err(interrupt) = py.check_signals().and(told.transpose().map(|_| ())) {
                cancel.cancel();
                py.detach(|| receiver.take().map(|r| r.recv()));
                return Err(interrupt);
            }
        }
    })
}

/// An output as Python gets it: `(spec, bytearray)` where small, `(spec, MappedFile)` where large.
fn result(py: Python<'_>, stored: &Stored) -> PyResult<Py<PyAny>> {
    let spec = stored.spec().clone();
    let bytes = spec.bytes().unwrap_or(u64::MAX);
    if bytes <= COPY_BYTES_MAX {
        let copy = PyByteArray::new_with(py, bytes as usize, |out| {
            stored.read(&Region::full(&spec.shape), out).map_err(|e| errors::storage(&e))
        })?;
        return Ok((Spec(spec), copy).into_pyobject(py)?.into_any().unbind());
    }
    let map = MappedArray::of_result(stored).map_err(|e| errors::storage(&e))?;
    Ok((Spec(spec), MappedFile::of_result(map)).into_pyobject(py)?.into_any().unbind())
}
