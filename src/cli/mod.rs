//! The command line: one file for each subcommand.
//!
//! Owns flags, their help, and exit codes. Refuses to do the work itself: commands call the library.

mod apply;
mod bench;
mod blocks;
mod common;
mod completions;
mod convert;
mod create;
mod demo;
mod diff;
mod element;
mod failure;
mod info;
mod kernels;
mod page;
mod plan;
mod run;
mod sample;
mod stats;
mod view;

pub use failure::{Failure, code};

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Process arrays larger than memory.
#[derive(Debug, Parser)]
#[command(
    name = "tilewise",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Results go to standard output; progress, summaries and warnings to standard error.\n\
        Exit codes: 0 done, 1 failed, 2 wrong usage or pipeline, 3 refused (over the budget, too\n\
        little disk, the output exists), 130 interrupted.\n\n\
        Example: tilewise apply stack.npy blurred.npy -s 'gaussian sigma=2' --memory 512MiB"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sample data → pipelines → outputs, pictures and a report; says what it did
    Demo(demo::Args),
    /// Describe a file: dtype, shape, axes, layout
    Info(info::Args),
    /// Describe the values of a file: smallest, largest, mean, quantiles, a histogram
    Stats(stats::Args),
    /// Run a pipeline
    Run(run::Args),
    /// Explain what a pipeline would do; run nothing
    Plan(plan::Args),
    /// Run steps on one file: a pipeline without a file
    Apply(apply::Args),
    /// Convert between formats: pictures and stacks, CSV, raw files, .npy
    Convert(convert::Args),
    /// Create a file of zeros, random numbers, or one value
    Create(create::Args),
    /// Print elements or slices
    Get(element::GetArgs),
    /// Change elements or slices in place
    Set(element::SetArgs),
    /// Compare two arrays: the worst difference and where it is
    Diff(diff::Args),
    /// Draw an array: a frame, a projection or a montage as PNG, series as a plot (PNG or SVG)
    View(Box<view::Args>),
    /// Measure this machine's read, copy and kernel rates
    Bench(bench::Args),
    /// List the kernels, or explain one
    Kernels(kernels::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
}

impl Cli {
    /// Parses the words of a command line; prints help or what is wrong, and exits.
    pub fn from_words(words: impl Iterator<Item = OsString>) -> Cli {
        let mut words: Vec<OsString> = words.collect();
        if words.get(1).is_some_and(|w| w == "get" || w == "set") {
            words.iter_mut().skip(2).for_each(shield);
        }
        Cli::parse_from(words)
    }
}

/// Puts a blank before `-1,2` and `-inf`, so that they are no flags. The parser's own way to allow
/// them among several values takes every flag that follows for a value too.
fn shield(word: &mut OsString) {
    let Some(rest) = word.to_str().and_then(|w| w.strip_prefix('-')) else { return };
    let lower = rest.to_ascii_lowercase();
    if rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') || lower.starts_with("inf") || lower == "nan" {
        *word = format!(" -{rest}").into();
    }
}

/// Runs a command; errors go to standard error.
pub fn main(cli: Cli) -> ExitCode {
    ExitCode::from(run(cli))
}

/// Runs a command and gives its exit code, for callers that are no `main`.
pub fn run(cli: Cli) -> u8 {
    let done = match cli.command {
        Command::Demo(args) => demo::main(&args),
        Command::Info(args) => info::main(&args),
        Command::Stats(args) => stats::main(&args),
        Command::Run(args) => run::main(&args),
        Command::Plan(args) => plan::main(&args),
        Command::Apply(args) => apply::main(&args),
        Command::Convert(args) => convert::main(&args),
        Command::Create(args) => create::main(&args),
        Command::Get(args) => element::get(&args),
        Command::Set(args) => element::set(&args),
        Command::Diff(args) => diff::main(&args),
        Command::View(args) => view::main(&args),
        Command::Bench(args) => bench::main(&args),
        Command::Kernels(args) => kernels::main(&args),
        Command::Completions(args) => completions::main(&args),
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
