//! A projection on its way to a picture: a pipeline of one step whose output has no file.

use super::Args;
use crate::array::{ArraySpec, DType};
use crate::cli::common::on_interrupt;
use crate::cli::failure::{Failure, code};
use crate::engine::RunOptions;
use crate::job::{Job, NO_FILE};
use crate::pipeline::{OutputDecl, Pipeline, StepDecl, parse_step_words};
use crate::report::Progress;
use crate::storage::Stored;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// The reductions that make sense to look at.
const KERNELS: [&str; 6] = ["max", "min", "mean", "std", "var", "sum"];

/// Runs the projection in the budget; returns what to call it, and the array.
pub fn project(args: &Args, file: &str, stored: &Stored, words: &str) -> Result<(String, Stored), Failure> {
    let (name, steps) = steps(file, stored.spec(), words)?;
    let refuse = |e| Failure::pipeline(&e, None);
    let output = OutputDecl::new("output", NO_FILE);
    let pipeline = Pipeline::chain(args.layout.input("input", file), Vec::new(), steps, output).map_err(refuse)?;
    let options = args.schedule.job_options(PathBuf::new(), false);
    let job = Job::prepare(&pipeline, &options).map_err(|e| Failure::job(&e, None))?;
    let mut err = std::io::stderr();
    if !args.reporting.quiet {
        for warning in &job.warnings {
            writeln!(err, "warning: {warning}")?;
        }
    }
    let cancel = on_interrupt();
    let progress = Progress::new(job.plan.pass_bytes(), args.reporting.quiet || !err.is_terminal());
    let run = RunOptions { cancel, ..RunOptions::default() };
    let (_, outputs) = job.run(&run, &[&progress]).map_err(|e| Failure::job(&e, None))?;
    let result = outputs.into_iter().next();
    result.map(|r| (name, r)).ok_or_else(|| Failure::new(code::FAILED, format!("{file}: the projection gave nothing")))
}

/// The steps, and what the result is called.
fn steps(file: &str, spec: &ArraySpec, words: &str) -> Result<(String, Vec<StepDecl>), Failure> {
    let mut step = parse_step_words(words).map_err(|e| Failure::pipeline(&e, None))?;
    if !KERNELS.contains(&step.kernel.as_str()) {
        let near =
            crate::kernel::nearest(&step.kernel, KERNELS).map_or(String::new(), |n| format!("; did you mean {n}?"));
        let text = format!("--project {}: a projection is one of {}{near}", step.kernel, KERNELS.join(" "));
        return Err(Failure::new(code::USAGE, text));
    }
    let rgb = spec.axis_named('c').is_some_and(|c| [3, 4].contains(&spec.shape[c]));
    if !step.params.iter().any(|(name, _)| name == "axes" || name == "axis") {
        let axes = before_the_picture(spec);
        if axes.is_empty() {
            let shape = spec.shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ");
            let text = format!(
                "{file}: there is no axis before y and x to project over (shape {shape}); \
                 leave --project out, or say which: --project '{} axes=0'",
                step.kernel
            );
            return Err(Failure::new(code::FAILED, text));
        }
        step = step.param("axes", axes);
    }
    let name = format!("{} of {file}", step.kernel);
    let mut steps = vec![step];
    if rgb && spec.dtype == DType::U8 && steps[0].kernel == "mean" {
        // A mean of colours is a colour, and is drawn as stored.
        steps.push(StepDecl::new("cast").param("dtype", "u8"));
    }
    Ok((name, steps))
}

/// All axes but y, x and colour.
fn before_the_picture(spec: &ArraySpec) -> Vec<i64> {
    let c = spec.axis_named('c').filter(|_| spec.rank() > 2);
    let rest: Vec<usize> = (0..spec.rank()).filter(|a| Some(*a) != c).collect();
    let picture = match (spec.axis_named('y'), spec.axis_named('x')) {
        (Some(y), Some(x)) => vec![y, x],
        _ => rest[rest.len().saturating_sub(2)..].to_vec(),
    };
    rest.into_iter().filter(|a| !picture.contains(a)).map(|a| a as i64).collect()
}
