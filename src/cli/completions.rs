//! `tilewise completions`

use super::failure::{Failure, code};
use clap::CommandFactory;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tilewise completions bash > ~/.local/share/bash-completion/completions/tilewise")]
pub struct Args {
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    clap_complete::generate(args.shell, &mut super::Cli::command(), "tilewise", &mut std::io::stdout());
    Ok(code::DONE)
}
