//! `tilewise apply`

use super::common::{Layout, Reporting, Schedule, run_job};
use super::failure::{Failure, code};
use super::page::{PageArgs, PageText};
use super::plan::print_plan;
use super::sample::SampleArgs;
use crate::array::DType;
use crate::job::Job;
use crate::pipeline::{InputDecl, OutputDecl, Pipeline, StepDecl, parse_step_words};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "In expressions x is what the step receives and input the original.\n\
    Example: tilewise apply stack.npy clean.npy -e '(x - dark) / 4096' --with dark=dark.npy \\\n\
    \x20        -s 'gaussian sigma=1.5 axes=yx' -s zscore --axes tyx --memory 512MiB")]
pub struct Args {
    /// A file, or a quoted glob of pictures or CSV files
    input: String,
    /// The file to make (.npy, or raw with any other ending); - prints a small result as JSON
    output: String,
    #[command(flatten)]
    chain: Chain,
    /// Another array for expressions and parameters: dark=dark.npy or
    /// 'dark={path="d.dat", dtype="u16", shape=[1024, 1024]}'; may be repeated
    #[arg(long, value_name = "NAME=FILE")]
    with: Vec<String>,
    /// Element type of the output, if not the last step's own
    #[arg(long, value_name = "DTYPE", value_parser = super::common::dtype)]
    output_dtype: Option<DType>,
    /// Explain instead of running
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    sample: SampleArgs,
    /// Write the pipeline to a file instead of running
    #[arg(long, value_name = "PIPELINE.toml")]
    save: Option<PathBuf>,
    /// Replace the output, and a report, if they exist
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    layout: Layout,
    #[command(flatten)]
    schedule: Schedule,
    #[command(flatten)]
    reporting: Reporting,
}

/// Steps and expressions in the order in which they were given, which the derived parser forgets.
#[derive(Debug, Default)]
struct Chain(Vec<Link>);

#[derive(Debug)]
enum Link {
    Step(String),
    Expr(String),
}

impl clap::FromArgMatches for Chain {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Chain, clap::Error> {
        let mut links: Vec<(usize, Link)> = Vec::new();
        for (id, link) in [("step", Link::Step as fn(String) -> Link), ("expr", Link::Expr)] {
            let values = matches.get_many::<String>(id).into_iter().flatten().cloned();
            links.extend(matches.indices_of(id).into_iter().flatten().zip(values.map(link)));
        }
        links.sort_by_key(|(index, _)| *index);
        Ok(Chain(links.into_iter().map(|(_, link)| link).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Chain::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Chain {
    fn augment_args(command: Command) -> Command {
        let step = Arg::new("step").short('s').long("step").value_name("KERNEL key=value …").action(ArgAction::Append);
        let expr = Arg::new("expr").short('e').long("expr").value_name("EXPR").action(ArgAction::Append);
        command
            .arg(step.help("A step; values are TOML, a bare word is a string; may be repeated"))
            .arg(expr.help("An expression as a step; may be repeated, in order with -s").allow_hyphen_values(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Chain::augment_args(command)
    }
}

fn pipeline(args: &Args) -> Result<Pipeline, Failure> {
    let refuse = |e| Failure::pipeline(&e, None);
    let mut steps = Vec::new();
    for link in &args.chain.0 {
        steps.push(match link {
            Link::Step(words) => parse_step_words(words).map_err(refuse)?,
            Link::Expr(text) => StepDecl::expr(text),
        });
    }
    let mut with = Vec::new();
    for text in &args.with {
        with.push(InputDecl::parse_argument(text).map_err(refuse)?);
    }
    let input = args.layout.input("input", &args.input);
    let mut output = OutputDecl::new("output", args.output.as_str());
    output.dtype = args.output_dtype;
    Pipeline::chain(input, with, steps, output).map_err(refuse)
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let pipeline = pipeline(args)?;
    if args.page.asked() && (args.plan || args.save.is_some()) {
        return Err(Failure::new(
            code::USAGE,
            "--report is about a run, and --plan and --save run nothing; leave one out",
        ));
    }
    if args.sample.asked() && !args.plan {
        return Err(Failure::new(
            code::USAGE,
            "--sample is a part of a plan; say --plan too, as in --plan --sample 1%",
        ));
    }
    if let Some(path) = &args.save {
        return save(&pipeline, path, args.overwrite);
    }
    let options = args.schedule.job_options(PathBuf::new(), args.overwrite);
    let job = Job::prepare(&pipeline, &options).map_err(|e| Failure::job(&e, None))?;
    if args.plan {
        let name = PathBuf::from(&args.output).file_stem().map(|n| n.to_string_lossy().into_owned());
        let name = name.filter(|n| n != crate::job::NO_FILE).unwrap_or_else(|| "result".to_string());
        return print_plan(job, &args.sample, &name, args.reporting.json);
    }
    let page = args.page.begin(&job, args.overwrite, || {
        let steps: Vec<&str> = pipeline.steps.iter().map(|s| s.name.as_str()).collect();
        let title = if steps.is_empty() { args.input.clone() } else { steps.join(" → ") };
        PageText { title, toml: pipeline.to_toml(), file: None }
    })?;
    run_job(job, None, args.reporting, page)
}

/// Writes the pipeline. Its paths are as given, so it belongs in the current folder.
fn save(pipeline: &Pipeline, path: &PathBuf, overwrite: bool) -> Result<u8, Failure> {
    if path.exists() && !overwrite {
        return Err(Failure::new(code::REFUSED, format!("{} exists; --overwrite replaces it", path.display())));
    }
    std::fs::write(path, pipeline.to_toml())
        .map_err(|e| Failure::new(code::FAILED, format!("cannot write {}: {e}", path.display())))?;
    Ok(code::DONE)
}
