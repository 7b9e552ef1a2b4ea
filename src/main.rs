//! The command: parse, run, exit code.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    tilewise::cli::main(tilewise::cli::Cli::parse())
}
