//! `tilewise bench`

use super::common::on_interrupt;
use super::failure::{Failure, code};
use crate::job::{rates_path, save_rates};
use crate::machine::{About, Findings, MachineError, Options, Row, measure};
use crate::pipeline::parse_bytes;
use crate::plan::show_bytes;
use crate::report::{show_duration, show_rate};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
#[command(after_help = "Takes about a minute. Measure on an idle machine, in the folder where your data will be.\n\
    With --save, plan estimates times, and run says how close to this machine's limit it came. Rates\n\
    are kept in tilewise/machine.json in $XDG_CONFIG_HOME or ~/.config, or in the file that\n\
    TILEWISE_MACHINE names.\n\
    Example: tilewise bench --dir /data --save")]
pub struct Args {
    /// The folder whose disk is measured; a folder inside it is made, and removed at the end
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Bytes of the file that is read and copied (default: 512 MiB, or a quarter of free memory or disk)
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    size: Option<u64>,
    /// Smaller files and fewer rounds: seconds, and rougher figures
    #[arg(long)]
    quick: bool,
    /// Keep the rates for the estimates of plan and the summaries of run
    #[arg(long)]
    save: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// No progress, no notes
    #[arg(long, short)]
    quiet: bool,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    // Asked before a minute is spent.
    let nowhere = "--save has no place to save: HOME is not set; say TILEWISE_MACHINE=FILE";
    let place = match args.save {
        true => Some(rates_path().ok_or_else(|| Failure::new(code::USAGE, nowhere))?),
        false => None,
    };
    let options =
        Options { folder: args.dir.clone(), file_bytes: args.size, quick: args.quick, cancel: on_interrupt() };
    let bar = bar(args.quiet);
    let tell = |what: &str, share: f64| {
        bar.set_message(what.to_string());
        bar.set_position((share * 1000.0) as u64);
    };
    let found = measure(&options, &tell);
    bar.finish_and_clear();
    let found = found.map_err(failure)?;
    let document = serde_json::to_value(&found).map_err(|e| Failure::new(code::FAILED, e))?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{document:#}")?;
    } else {
        write!(out, "{}", table(&found))?;
    }
    if let Some(path) = place {
        if !found.rates.is_sound() {
            return Err(Failure::new(code::FAILED, "the rates are not saved: one of them could not be told"));
        }
        save_rates(&path, &document)?;
        if !args.quiet {
            writeln!(std::io::stderr(), "saved to {}; plan and run use these rates from now on", path.display())?;
        }
    }
    Ok(code::DONE)
}

fn failure(error: MachineError) -> Failure {
    match error {
        MachineError::Storage(e) => e.into(),
        MachineError::Job(e) => Failure::job(&e, None),
        other => Failure::new(code::FAILED, other),
    }
}

fn bar(quiet: bool) -> ProgressBar {
    let hidden = quiet || !std::io::stderr().is_terminal();
    let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
    let bar = ProgressBar::with_draw_target(Some(1000), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent:>3} %  {msg}") {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar
}

/// Cells of a line: what, rate, spread, and what to know.
fn line(what: &str, rate: &str, spread: &str, note: &str) -> String {
    format!("{what:<31}{rate:>10}  {spread:<17}{note}").trim_end().to_string() + "\n"
}

/// The findings as a table that can be pasted.
fn table(found: &Findings) -> String {
    let (file, part) = (show_bytes(found.file_bytes), show_bytes(found.kernel_file_bytes));
    let spread = "slowest–fastest";
    let mut out = machine_line(&found.machine);
    out.push('\n');
    out.push_str(&line(&format!("files, {file}"), "median", spread, ""));
    for row in &found.files {
        out.push_str(&row_line(row, what_it_is(row.name)));
    }
    out.push('\n');
    out.push_str(&line(&format!("kernels, f32, {part}"), "median", spread, "of the limit"));
    for row in &found.kernels {
        let limit = match (row.share, row.limit) {
            (Some(share), Some(limit)) => format!("{:>3.0} % of {limit}", share * 100.0),
            _ => String::new(),
        };
        out.push_str(&row_line(row, &limit));
    }
    let rounds = if found.rounds == 1 { "one round".to_string() } else { format!("{} rounds in turn", found.rounds) };
    let took = show_duration(Duration::try_from_secs_f64(found.seconds).unwrap_or_default());
    out.push_str(&format!(
        "\nRates count bytes read and bytes written; medians of {rounds}, {took} in all.\n\
         The limit of a kernel is the time that only reading and writing its bytes takes.\n"
    ));
    let debug = "a debug build: kernels are many times slower than in a release".to_string();
    for note in found.notes.iter().chain(found.machine.debug_build.then_some(&debug)) {
        out.push_str(&format!("Note: {note}.\n"));
    }
    out
}

fn row_line(row: &Row, note: &str) -> String {
    // All three in the unit of the median.
    let (unit, digits) = if row.rate >= 1e9 { (1e9, 2) } else { (1e6, 0) };
    let spread = format!("{:.digits$}–{:.digits$}", row.slowest / unit, row.fastest / unit);
    line(row.name, &show_rate(row.rate), &spread, note)
}

fn what_it_is(name: &str) -> &'static str {
    match name {
        "mapped read" => "warm: in the page cache",
        "pread" => "warm, into a buffer of 1 MiB",
        "mapped copy" => "warm, into a fresh reserved file",
        "overwrite" => "warm, into an existing file",
        "fill" => "a fresh mapped file of one value",
        "pwrite" => "a fresh file from a buffer of 1 MiB",
        "cold read" => "dropped from the page cache before",
        "cold write" => "a fresh mapped file, until on disk",
        _ => "",
    }
}

fn machine_line(about: &About) -> String {
    let processor = about.processor.as_deref().unwrap_or("unknown processor");
    let cores = if about.cores == 1 { "1 core".to_string() } else { format!("{} cores", about.cores) };
    let memory = show_bytes(about.memory_bytes);
    let file_system = about.file_system.as_deref().unwrap_or("unknown file system");
    format!(
        "{cores} ({processor}), {memory} of memory, {}, {file_system}\ntilewise {}, {}\n",
        about.system, about.tilewise, about.date
    )
}
