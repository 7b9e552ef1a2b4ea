//! Options that several commands share.

use super::Failure;
use super::failure::code;
use super::page::ReportPage;
use crate::array::{Column, Columns, DType, Endian, IoChoice, Order};
use crate::engine::{Cancel, Observer, RunOptions};
use crate::job::{Append, Done, Job, JobOptions};
use crate::pipeline::{InputDecl, Pipeline, parse_bytes};
use crate::report::{Progress, Summary};
use crate::storage::{OpenOptions, Stored};
use clap::{Args, ValueEnum};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::OnceLock;

/// How to run: budget, workers, what may be replaced.
#[derive(Clone, Debug, Default, Args)]
pub struct Schedule {
    /// Memory budget: private memory, dirty output pages and read-ahead (KiB is 1024, KB 1000)
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub memory: Option<u64>,
    /// Worker threads (default: all cores)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// How bytes travel: mapped, written by calls, or past the page cache; results never depend on it
    #[arg(long, value_name = "WAY", value_parser = clap::builder::PossibleValuesParser::new(IoChoice::NAMES), hide_possible_values = false)]
    pub io: Option<String>,
    /// Tile shape instead of the planner's choice, for experiments; results never depend on it
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
    pub tile: Option<Vec<u64>>,
}

/// How to report.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Reporting {
    /// Print one JSON document to standard output
    #[arg(long)]
    pub json: bool,
    /// No progress, no summary
    #[arg(long, short)]
    pub quiet: bool,
}

/// What a file that does not describe itself holds.
#[derive(Clone, Debug, Default, Args)]
pub struct Layout {
    /// Element type of a raw file: bool u8…u64 i8…i64 f16 bf16 f32 f64 c64 c128
    #[arg(long, value_parser = dtype)]
    pub dtype: Option<DType>,
    /// Extents of a raw file, slowest axis first; one may be -1
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', allow_hyphen_values = true, value_parser = extent)]
    pub shape: Option<Vec<i64>>,
    /// Where the data of a raw file begins, in bytes
    #[arg(long, value_name = "BYTES")]
    pub offset: Option<u64>,
    /// Storage order of a raw file
    #[arg(long, value_enum, ignore_case = true)]
    pub order: Option<OrderArg>,
    /// Byte order of a raw file
    #[arg(long, value_enum)]
    pub endian: Option<EndianArg>,
    /// A letter for each axis, such as tyx
    #[arg(long)]
    pub axes: Option<String>,
    /// Columns of a CSV file by name or number (from 0, negative from the end): one gives one axis,
    /// several (a,b or repeated) give two; quote names that are numbers or have commas: '"2010"'
    #[arg(long, value_name = "NAME|N", allow_hyphen_values = true)]
    pub column: Vec<String>,
    /// What separates the fields of a CSV file; tab is one
    #[arg(long, value_name = "CHAR", value_parser = separator)]
    pub separator: Option<char>,
    /// The first row of a CSV file is values, not names
    #[arg(long)]
    pub no_header: bool,
    /// The form of time stamps in a CSV file, if not a common one, such as %Y%m%d
    #[arg(long, value_name = "FORMAT")]
    pub time_format: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum OrderArg {
    /// The last axis is contiguous
    C,
    /// The first axis is contiguous
    F,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum EndianArg {
    Little,
    Big,
}

/// Parses an extent of a shape for a flag; -1 stands for what the file's size gives.
fn extent(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|_| format!("\"{text}\" is not a whole number"))
}

/// Parses the separator of a CSV file for a flag.
fn separator(text: &str) -> Result<char, String> {
    let mut chars = text.chars();
    match (text, chars.next(), chars.next()) {
        ("tab" | "\\t", ..) => Ok('\t'),
        (_, Some(c), None) => Ok(c),
        _ => Err("a separator is one character, or the word tab".to_string()),
    }
}

/// The columns that flags name; `None` where there are none.
fn columns(words: &[String]) -> Option<Columns> {
    let mut found: Vec<Column> = words.iter().flat_map(|w| comma_list(w)).map(|w| Column::parse(&w)).collect();
    match found.len() {
        0 => None,
        1 => found.pop().map(Columns::One),
        _ => Some(Columns::List(found)),
    }
}

/// The parts of a text between commas that are not in quotes.
fn comma_list(text: &str) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for c in text.chars() {
        quoted ^= c == '"';
        match parts.last_mut() {
            Some(part) if c != ',' || quoted => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

/// Parses a dtype for a flag.
pub fn dtype(text: &str) -> Result<DType, String> {
    DType::parse(text).ok_or_else(|| {
        let known = DType::ALL.map(DType::name);
        let near = crate::kernel::nearest(text, known).map_or(String::new(), |n| format!("; did you mean {n}?"));
        format!("unknown dtype; known are {}{near}", known.join(" "))
    })
}

impl OrderArg {
    pub fn order(self) -> Order {
        match self {
            OrderArg::C => Order::C,
            OrderArg::F => Order::F,
        }
    }
}

impl EndianArg {
    pub fn endian(self) -> Endian {
        match self {
            EndianArg::Little => Endian::Little,
            EndianArg::Big => Endian::Big,
        }
    }
}

impl Layout {
    /// The options by which a file is opened.
    pub fn open_options(&self) -> OpenOptions {
        OpenOptions {
            dtype: self.dtype,
            shape: self.shape.clone(),
            offset: self.offset,
            order: self.order.map(OrderArg::order),
            endian: self.endian.map(EndianArg::endian),
            axes: self.axes.clone(),
            column: columns(&self.column),
            separator: self.separator,
            header: self.no_header.then_some(false),
            time_format: self.time_format.clone(),
            ..OpenOptions::default()
        }
    }

    /// The same as an input of a pipeline.
    pub fn input(&self, name: &str, path: &str) -> InputDecl {
        let options = self.open_options();
        InputDecl {
            dtype: options.dtype,
            shape: options.shape,
            offset: options.offset,
            order: options.order,
            endian: options.endian,
            axes: options.axes,
            column: options.column,
            separator: options.separator,
            header: options.header,
            time_format: options.time_format,
            ..InputDecl::new(name, path)
        }
    }
}

impl Schedule {
    /// The options of a job.
    pub fn job_options(&self, base: PathBuf, overwrite: bool) -> JobOptions {
        JobOptions {
            base,
            memory: self.memory,
            threads: self.threads.map(usize::from),
            io: self.io.as_deref().and_then(IoChoice::parse),
            tile: self.tile.clone(),
            overwrite,
            ..JobOptions::default()
        }
    }
}

/// A pipeline's text and where it stands.
pub struct SourceText {
    pub file: String,
    pub text: String,
    pub base: PathBuf,
}

/// Reads and parses a pipeline file, with `--set` assignments applied.
pub fn read_pipeline(path: &PathBuf, set: &[String]) -> Result<(Pipeline, SourceText), Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::new(code::FAILED, format!("cannot read the pipeline {}: {e}", path.display())))?;
    let base = path.parent().map(PathBuf::from).unwrap_or_default();
    let source = SourceText { file: path.display().to_string(), text, base };
    let refuse = |e| Failure::pipeline(&e, Some((&source.file, &source.text)));
    let mut pipeline = Pipeline::parse(&source.text).map_err(refuse)?;
    for assignment in set {
        pipeline.set(assignment).map_err(|e| Failure::pipeline(&e, None))?;
    }
    Ok((pipeline, source))
}

/// A switch that Ctrl-C, a hang-up or a polite kill turns, in place of ending the process at once.
pub fn on_interrupt() -> Cancel {
    // One for the process: whatever runs when it is turned ends, and nothing is begun after it.
    static ASKED: OnceLock<Cancel> = OnceLock::new();
    let cancel = ASKED.get_or_init(|| {
        let asked = Cancel::default();
        let turned = asked.clone();
        // Where another handler is set already, that one has the last word.
        let _ = ctrlc::set_handler(move || turned.cancel());
        asked
    });
    cancel.clone()
}

/// Runs a planned job with progress, Ctrl-C and a summary; what it prints goes where it belongs. A page
/// about the run is made afterwards, outside the time that is measured.
pub fn run_job(
    job: Job,
    source: Option<(&str, &str)>,
    reporting: Reporting,
    page: Option<ReportPage>,
) -> Result<u8, Failure> {
    let mut err = std::io::stderr();
    if !reporting.quiet {
        for warning in &job.warnings {
            writeln!(err, "warning: {warning}")?;
        }
    }
    if let (false, Some(remark)) = (reporting.quiet, job.append().and_then(Append::remark)) {
        writeln!(err, "{remark}")?;
    }
    for output in job.problem.outputs.iter().filter(|o| o.path == crate::job::NO_FILE) {
        super::element::check_small(&output.spec)?;
    }
    let cancel = on_interrupt();
    let progress = Progress::new(job.plan.pass_bytes(), reporting.quiet || !err.is_terminal());
    let options = RunOptions { cancel: cancel.clone(), ..RunOptions::default() };
    let mut observers: Vec<&dyn Observer> = vec![&progress];
    observers.extend(page.iter().map(ReportPage::observer));
    let (done, outputs) = job.run(&options, &observers).map_err(|e| Failure::job(&e, source))?;
    drop(progress);
    if !reporting.quiet {
        for warning in &done.warnings {
            writeln!(err, "warning: {warning}")?;
        }
    }
    let code = print(&done, &outputs, reporting)?;
    let Some(page) = page else { return Ok(code) };
    let path = page.finish(&done, &outputs, &cancel)?;
    if !reporting.quiet {
        writeln!(err, "report in {}", path.display())?;
    }
    Ok(code)
}

/// Prints what has no file, and the summary.
fn print(done: &Done, outputs: &[Stored], reporting: Reporting) -> Result<u8, Failure> {
    let summary = Summary { problem: &done.problem, plan: &done.plan, report: &done.report };
    let mut out = std::io::stdout().lock();
    let mut document = summary.json();
    for (output, planned) in outputs.iter().zip(&done.problem.outputs).filter(|(_, p)| p.path == crate::job::NO_FILE) {
        let value = super::element::array_json(output)?;
        if reporting.json {
            document["values"][&planned.name] = value;
        } else {
            writeln!(out, "{value}")?;
        }
    }
    if reporting.json {
        writeln!(out, "{document:#}")?;
    } else if !reporting.quiet && done.problem.outputs.iter().any(|o| o.path != crate::job::NO_FILE) {
        write!(std::io::stderr(), "{}", summary.text())?;
    }
    Ok(code::DONE)
}
