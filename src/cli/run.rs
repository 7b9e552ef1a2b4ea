//! `tilewise run`

use super::common::{Reporting, Schedule, read_pipeline, run_job};
use super::failure::Failure;
use crate::job::Job;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tilewise run pipelines/flatfield.toml --set blur.sigma=2 --memory 512MiB --overwrite")]
pub struct Args {
    /// The pipeline file
    #[arg(value_name = "PIPELINE.toml")]
    pipeline: PathBuf,
    /// Change the pipeline: blur.sigma=2, inputs.raw=F, outputs.clean=G; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Replace outputs that exist
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    schedule: Schedule,
    #[command(flatten)]
    reporting: Reporting,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let (pipeline, source) = read_pipeline(&args.pipeline, &args.set)?;
    let options = args.schedule.job_options(source.base.clone(), args.overwrite);
    let shown = Some((source.file.as_str(), source.text.as_str()));
    let job = Job::prepare(&pipeline, &options).map_err(|e| Failure::job(&e, shown))?;
    run_job(job, shown, args.reporting)
}
