//! `tilewise run`

use super::common::{Reporting, Schedule, read_pipeline, run_job};
use super::failure::{Failure, code};
use super::page::{PageArgs, PageText};
use crate::job::{Append, Job, JobOptions};
use std::io::Write;
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
    /// Extend outputs of an older run whose inputs have grown at their end: only what is new is computed, the rest is kept;
    /// refused with the reason where a whole run could give something else
    #[arg(long, conflicts_with = "overwrite")]
    append: bool,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    schedule: Schedule,
    #[command(flatten)]
    reporting: Reporting,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let (pipeline, source) = read_pipeline(&args.pipeline, &args.set)?;
    let options = JobOptions { append: args.append, ..args.schedule.job_options(source.base.clone(), args.overwrite) };
    let shown = Some((source.file.as_str(), source.text.as_str()));
    let job = Job::prepare(&pipeline, &options).map_err(|e| Failure::job(&e, shown))?;
    if let Some(Append::Nothing) = job.append() {
        return nothing_is_new(args.reporting);
    }
    let page = args.page.begin(&job, args.overwrite, || {
        // As it was written, comments and all, unless something was changed.
        let toml = if args.set.is_empty() { source.text.clone() } else { pipeline.to_toml() };
        let title = args.pipeline.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        PageText { title, toml, file: Some(args.pipeline.clone()) }
    })?;
    run_job(job, shown, args.reporting, page)
}

/// The end of a run that would add nothing.
fn nothing_is_new(reporting: Reporting) -> Result<u8, Failure> {
    let remark = Append::Nothing.remark().unwrap_or_default();
    if reporting.json {
        writeln!(std::io::stdout(), "{:#}", serde_json::json!({ "append": remark, "passes": [] }))?;
    } else if !reporting.quiet {
        writeln!(std::io::stderr(), "{remark}")?;
    }
    Ok(code::DONE)
}
