//! The command: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    tilewise::cli::main(tilewise::cli::Cli::from_words(std::env::args_os()))
}
