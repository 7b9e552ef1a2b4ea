//! `tilewise plan`

use super::common::{Schedule, read_pipeline};
use super::failure::{Failure, code};
use crate::job::Job;
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tilewise plan pipelines/flatfield.toml --memory 64MiB")]
pub struct Args {
    /// The pipeline file
    #[arg(value_name = "PIPELINE.toml")]
    pipeline: PathBuf,
    /// Change the pipeline: blur.sigma=2, inputs.raw=F, outputs.clean=G; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    schedule: Schedule,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let (pipeline, source) = read_pipeline(&args.pipeline, &args.set)?;
    let options = args.schedule.job_options(source.base.clone(), false);
    let shown = Some((source.file.as_str(), source.text.as_str()));
    let job = Job::prepare(&pipeline, &options).map_err(|e| Failure::job(&e, shown))?;
    print_plan(&job, args.json)
}

/// Prints a plan to standard output, warnings to standard error.
pub fn print_plan(job: &Job, json: bool) -> Result<u8, Failure> {
    for warning in &job.warnings {
        writeln!(std::io::stderr(), "warning: {warning}")?;
    }
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{:#}", job.plan.to_json(&job.problem))?;
    } else {
        write!(out, "{}", job.explain())?;
    }
    Ok(code::DONE)
}
