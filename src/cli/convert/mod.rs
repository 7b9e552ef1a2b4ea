//! `tilewise convert`

mod table;
mod told;

use super::common::{EndianArg, Layout, OrderArg, Reporting, Schedule, on_interrupt, run_job};
use super::failure::{Failure, code};
use crate::array::DType;
use crate::job::convert::{Export, ExportOptions, Import, ImportOptions};
use crate::job::{Job, NO_FILE};
use crate::pipeline::{OutputDecl, Pipeline};
use crate::report::Progress;
use crate::storage::{Format, PictureColor, PictureFiles, Prepare, release_large_blocks};
use clap::ValueEnum;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "OUTPUT's ending decides: .npy; .csv .tsv (and .gz) for tables; .png .jpg .tif for pictures, numbered \
    as in frames/%04d.png or the pages of one .tif; anything else is a raw file. A folder or a quoted pattern of pictures becomes a stack in natural \
    order. Orientation tags and colour profiles of pictures are not applied.\n\n\
    Example: tilewise convert photos/ stack.npy --resize 256,256 --color rgb --labels labels.csv\n\
    Example: tilewise convert sensor.dat sensor.npy --dtype u16 --shape -1,64 --endian big\n\
    Example: tilewise convert stack.npy 'frames/%04d.png'\n\
    Example: tilewise convert 'logs/*.csv' temps.npy --column temp"
)]
pub struct Args {
    /// A file, a folder of pictures, or a quoted glob of pictures or CSV files; several pictures make one stack
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// The file or the numbered files to make; - prints a small array as JSON
    output: String,
    /// Bring pictures to one height and width: stretched, with an antialiased linear filter
    #[arg(long, value_name = "H,W", value_parser = size)]
    resize: Option<(u64, u64)>,
    /// Bring pictures to the same channels: alpha is dropped, grey is Rec. 709 luma
    #[arg(long, value_enum)]
    color: Option<ColorArg>,
    /// Write the folder of each picture as its label: .npy (i64, and the names in FILE.classes.txt) or
    /// .csv; classes are sorted by name, and folders are searched with all below them
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// What to do where a picture cannot be read: fail, or skip it and say so
    #[arg(long, value_name = "WHAT", value_enum, default_value = "fail")]
    on_error: OnError,
    /// Quality of JPEG
    #[arg(long, value_name = "1…100", default_value_t = 90, value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: u8,
    /// Element type of the output (default: the input's)
    #[arg(long, value_name = "DTYPE", value_parser = super::common::dtype)]
    output_dtype: Option<DType>,
    /// Storage order of the output (default: C)
    #[arg(long, value_name = "ORDER", value_enum, ignore_case = true)]
    output_order: Option<OrderArg>,
    /// Byte order of the output (default: this machine's)
    #[arg(long, value_name = "ENDIAN", value_enum)]
    output_endian: Option<EndianArg>,
    /// Names in the first row of a CSV file (default: those of the columns that were read)
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    output_header: Vec<String>,
    /// Write i64 nanoseconds since 1970 as time stamps in a CSV file
    #[arg(long)]
    output_times: bool,
    /// Replace what exists
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    layout: Layout,
    #[command(flatten)]
    schedule: Schedule,
    #[command(flatten)]
    reporting: Reporting,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ColorArg {
    #[value(alias = "gray")]
    Grey,
    Rgb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnError {
    Fail,
    Skip,
}

/// What an output is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `.npy`, raw, or printed.
    Array,
    Pictures,
    /// CSV, plain or compressed.
    Table,
}

/// Parses `H,W`.
fn size(text: &str) -> Result<(u64, u64), String> {
    let side = |t: &str| t.trim().parse::<u64>().ok().filter(|n| (1..=65_535).contains(n));
    let both = text.split_once(',').and_then(|(h, w)| Some((side(h)?, side(w)?)));
    both.ok_or_else(|| "give height and width in pixels, 1 to 65535 each, such as 256,256".to_string())
}

fn form(output: &str) -> Form {
    let name = output.to_ascii_lowercase();
    match name.as_str() {
        NO_FILE => Form::Array,
        _ if Export::is_meant(Path::new(output)) => Form::Pictures,
        _ if [".csv", ".tsv", ".csv.gz", ".tsv.gz"].iter().any(|ending| name.ends_with(ending)) => Form::Table,
        _ => Form::Array,
    }
}

fn usage(text: impl std::fmt::Display) -> Failure {
    Failure::new(code::USAGE, text)
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    release_large_blocks();
    let form = form(&args.output);
    let pictures = of_pictures(args)?;
    let options = [
        ("--resize", args.resize.is_some()),
        ("--color", args.color.is_some()),
        ("--labels", args.labels.is_some()),
        ("--on-error skip", args.on_error == OnError::Skip),
    ];
    let option = options.iter().find(|(_, given)| *given).map(|(name, _)| *name);
    if form != Form::Table && (args.output_times || !args.output_header.is_empty()) {
        let option = if args.output_times { "--output-times" } else { "--output-header" };
        return Err(usage(format!("{option} is for CSV, and {} is not; name it .csv or .tsv", args.output)));
    }
    match (form, option, args.inputs.as_slice()) {
        (Form::Array, _, _) if pictures && args.output != NO_FILE => import(args),
        (_, Some(option), _) if pictures => {
            Err(usage(format!("{option} makes a stack of pictures; give it an OUTPUT such as stack.npy")))
        }
        (_, Some(option), _) => Err(usage(format!("{option} is for pictures, which {} is not", args.inputs[0]))),
        (Form::Array, _, [input]) => array(args, input),
        (Form::Pictures, _, [input]) => export(args, input),
        (Form::Table, _, [input]) => table::write(args, input),
        _ => Err(usage("several inputs make one stack first: give an OUTPUT such as stack.npy, and convert that")),
    }
}

/// Whether the inputs are pictures; all or none must be.
fn of_pictures(args: &Args) -> Result<bool, Failure> {
    // A file without a known ending is raw where a dtype is given, whatever its first bytes are.
    let raw = |input: &str| {
        let path = Path::new(input);
        args.layout.dtype.is_some() && path.is_file() && Format::of_extension(path).is_none()
    };
    let is: Vec<bool> = args.inputs.iter().map(|input| !raw(input) && PictureFiles::are_meant(input)).collect();
    match is.iter().position(|picture| !picture) {
        None => Ok(true),
        Some(_) if args.inputs.len() == 1 => Ok(false),
        Some(at) if Format::of_extension(Path::new(&args.inputs[at])) == Some(Format::Csv) => {
            Err(usage("several CSV files are read as one table by a pattern in quotes, such as 'logs/*.csv'"))
        }
        Some(at) => Err(usage(format!("{} is no picture; of several inputs all must be", args.inputs[at]))),
    }
}

/// Anything that is read as one array, as another file: a pipeline without steps.
fn array(args: &Args, input: &str) -> Result<u8, Failure> {
    let decl = args.layout.input("input", input);
    let mut output = OutputDecl::new("output", args.output.as_str());
    output.dtype = args.output_dtype;
    output.order = args.output_order.map(OrderArg::order);
    output.endian = args.output_endian.map(EndianArg::endian);
    let pipeline = Pipeline::chain(decl, Vec::new(), Vec::new(), output).map_err(|e| Failure::pipeline(&e, None))?;
    let options = args.schedule.job_options(PathBuf::new(), args.overwrite);
    let job = Job::prepare(&pipeline, &options).map_err(|e| Failure::job(&e, None))?;
    let spec = job.problem.outputs[0].spec.clone();
    let done = run_job(job, None, args.reporting, None)?;
    if !args.reporting.quiet {
        write!(std::io::stderr(), "{}", told::raw_hint(args, &spec))?;
    }
    Ok(done)
}

fn import(args: &Args) -> Result<u8, Failure> {
    refuse_tile(args)?;
    let color = args.color.map(|c| match c {
        ColorArg::Grey => PictureColor::Grey,
        ColorArg::Rgb => PictureColor::Rgb,
    });
    let options = ImportOptions {
        prepare: Prepare { resize: args.resize, color },
        skip: args.on_error == OnError::Skip,
        labels: args.labels.clone(),
        open: args.layout.open_options(),
        dtype: args.output_dtype,
        order: args.output_order.map(OrderArg::order),
        endian: args.output_endian.map(EndianArg::endian),
        job: args.schedule.job_options(PathBuf::new(), args.overwrite),
    };
    let import =
        Import::prepare(&args.inputs, Path::new(&args.output), &options).map_err(|e| Failure::job(&e, None))?;
    tell_notes(args, &import.notes)?;
    let progress = Progress::new(vec![import.bytes()], hidden(args));
    let done = import.run(&on_interrupt(), &progress).map_err(|e| Failure::job(&e, None));
    drop(progress);
    let done = done?;
    if args.reporting.json {
        writeln!(std::io::stdout().lock(), "{:#}", told::import_json(&done))?;
    } else if !args.reporting.quiet {
        write!(std::io::stderr(), "{}{}", told::import_text(args, &done), told::raw_hint(args, &done.spec))?;
    }
    Ok(code::DONE)
}

fn export(args: &Args, input: &str) -> Result<u8, Failure> {
    refuse_tile(args)?;
    let layouts = [("--output-order", args.output_order.is_some()), ("--output-endian", args.output_endian.is_some())];
    if let Some((option, _)) = layouts.iter().find(|(_, given)| *given) {
        return Err(usage(format!("{option} is for arrays; pictures have an order of their own")));
    }
    let options = ExportOptions {
        quality: args.quality,
        dtype: args.output_dtype,
        open: args.layout.open_options(),
        job: args.schedule.job_options(PathBuf::new(), args.overwrite),
    };
    let export = Export::prepare(input, Path::new(&args.output), &options).map_err(|e| Failure::job(&e, None))?;
    tell_notes(args, &export.notes)?;
    let progress = Progress::new(vec![export.bytes()], hidden(args));
    let done = export.run(&on_interrupt(), &progress).map_err(|e| Failure::job(&e, None));
    drop(progress);
    let done = done?;
    if args.reporting.json {
        writeln!(std::io::stdout().lock(), "{:#}", told::export_json(&done))?;
    } else if !args.reporting.quiet {
        write!(std::io::stderr(), "{}", told::export_text(&done))?;
    }
    Ok(code::DONE)
}

/// Pictures are cut into frames and nothing else.
fn refuse_tile(args: &Args) -> Result<(), Failure> {
    match args.schedule.tile {
        Some(_) => Err(usage("--tile is for arrays; pictures are converted frame by frame")),
        None => Ok(()),
    }
}

fn hidden(args: &Args) -> bool {
    args.reporting.quiet || !std::io::stderr().is_terminal()
}

fn tell_notes(args: &Args, notes: &[String]) -> Result<(), Failure> {
    if !args.reporting.quiet {
        for note in notes {
            writeln!(std::io::stderr(), "note: {note}")?;
        }
    }
    Ok(())
}
