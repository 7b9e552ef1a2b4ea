//! `tilewise run`

use super::common::{Reporting, Schedule, read_pipeline, run_job};
use super::failure::Failure;
use super::page::{PageArgs, PageText};
use crate::job::Job;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: tilewise run pipelines/flatfield.toml --set smooth.sigma=2 --overwrite --report run.html"
)]
pub struct Args {
    /// The pipeline file
    #[arg(value_name = "PIPELINE.toml")]
    pipeline: PathBuf,
    /// Change the pipeline: blur.sigma=2, inputs.raw=F, outputs.clean=G; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Replace outputs, and a report, that exist
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    page: PageArgs,
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
    let page = args.page.begin(&job, args.overwrite, || {
        // As it was written, comments and all, unless something was changed.
        let toml = if args.set.is_empty() { source.text.clone() } else { pipeline.to_toml() };
        let title = args.pipeline.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        PageText { title, toml, file: Some(args.pipeline.clone()) }
    })?;
    run_job(job, shown, args.reporting, page)
}
