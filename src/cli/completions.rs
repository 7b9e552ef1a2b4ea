//! `tilewise completions`

use super::failure::{Failure, code};
use clap::CommandFactory;
use std::io::Write;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tilewise completions bash > ~/.local/share/bash-completion/completions/tilewise")]
pub struct Args {
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    // Not straight to standard output: the generator panics where that is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "tilewise", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(code::DONE)
}
