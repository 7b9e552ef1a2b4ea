//! `tilewise plan`

use super::common::{Schedule, read_pipeline};
use super::failure::{Failure, code};
use super::sample::SampleArgs;
use crate::job::{Append, Job, JobOptions};
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tilewise plan pipelines/flatfield.toml --memory 64MiB --sample 1%")]
pub struct Args {
    /// The pipeline file
    #[arg(value_name = "PIPELINE.toml")]
    pipeline: PathBuf,
    /// Change the pipeline: blur.sigma=2, inputs.raw=F, outputs.clean=G; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// What `run --append` would do: which outputs can be extended, and which tiles are run for that
    #[arg(long, conflicts_with = "sample")]
    append: bool,
    #[command(flatten)]
    sample: SampleArgs,
    #[command(flatten)]
    schedule: Schedule,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let (pipeline, source) = read_pipeline(&args.pipeline, &args.set)?;
    let options = JobOptions { append: args.append, ..args.schedule.job_options(source.base.clone(), false) };
    let shown = Some((source.file.as_str(), source.text.as_str()));
    let job = Job::prepare(&pipeline, &options).map_err(|e| Failure::job(&e, shown))?;
    let name = args.pipeline.file_stem().unwrap_or_default().to_string_lossy();
    print_plan(job, &args.sample, &name, args.json)
}

/// Prints a plan to standard output, and a sample where one is asked for; warnings to standard error. `name` is what a
/// preview is called after.
pub fn print_plan(job: Job, sample: &SampleArgs, name: &str, json: bool) -> Result<u8, Failure> {
    for warning in &job.warnings {
        writeln!(std::io::stderr(), "warning: {warning}")?;
    }
    if let Some(remark) = job.append().and_then(Append::remark) {
        writeln!(std::io::stderr(), "{remark}")?;
    }
    if json {
        let mut document = job.plan.to_json(&job.problem);
        if let Some(sampled) = sample.run(job, name)? {
            document["sample"] = sampled.json;
        }
        writeln!(std::io::stdout(), "{document:#}")?;
        return Ok(code::DONE);
    }
    // The plan is there while the sample runs.
    write!(std::io::stdout(), "{}", job.explain())?;
    if let Some(sampled) = sample.run(job, name)? {
        write!(std::io::stdout(), "{}", sampled.text)?;
    }
    Ok(code::DONE)
}
