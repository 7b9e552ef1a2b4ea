//! `tilewise stats`

use super::common::{Layout, Schedule, on_interrupt};
use super::element::value_json;
use super::failure::{Failure, code};
use crate::array::{ArraySpec, DType};
use crate::engine::RunOptions;
use crate::job::{Bars, CellStats, Done, Job, Stats, StatsRequest};
use crate::pipeline::InputDecl;
use crate::plan::show_bytes;
use crate::report::{Histogram, Progress, Summary, Table, show_count, show_duration, show_number, show_rate};
use crate::storage::{OpenOptions, Scalar, Stored};
use serde_json::{Value, json};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(
    mut_arg("axes", |arg| arg
        .value_name("AXES")
        .allow_hyphen_values(true)
        .help("Axes to work over, as letters or numbers (yx, 0,1): one row for each index of the others")),
    after_help = "NaN is counted and left out of the rest. Quantiles are exact, however large the file; std divides\n\
        by the count. Letters are the file's own axis names (pictures: yxc), or those of --names.\n\n\
        Example: tilewise stats stack.npy --names tyx --axes yx --quantiles 0.01,0.5,0.99"
)]
pub struct Args {
    /// A file, or a quoted glob of pictures or CSV files (of a table, each column by itself)
    file: String,
    #[command(flatten)]
    layout: Layout,
    /// A letter for each axis of a file that has none, such as tyx
    #[arg(long)]
    names: Option<String>,
    /// Quantiles, as shares of the values below
    #[arg(long, value_name = "Q,Q,…", value_delimiter = ',', default_value = "0.01,0.25,0.5,0.75,0.99", value_parser = share)]
    quantiles: Vec<f64>,
    /// Bars of the histogram
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    bins: u32,
    /// The range of the histogram, instead of all finite values
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true, value_parser = range)]
    range: Option<(f64, f64)>,
    /// Rows of a table to print: the first and the last
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    #[command(flatten)]
    schedule: Schedule,
    /// Print one JSON document with all rows; NaN and infinities as strings
    #[arg(long)]
    json: bool,
    /// No progress, no summary
    #[arg(long, short)]
    quiet: bool,
}

/// Narrow bins that bars are made of, about: so many times may outliers stretch the range.
const FINE_BINS: usize = 1 << 15;

fn share(text: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().map_err(|_| format!("\"{text}\" is not a number"))?;
    if (0.0..=1.0).contains(&number) { Ok(number) } else { Err("quantiles lie between 0 and 1".into()) }
}

fn range(text: &str) -> Result<(f64, f64), String> {
    let ends = text.split(',').map(|t| t.trim().parse::<f64>()).collect::<Result<Vec<_>, _>>();
    match ends.as_deref() {
        Ok(&[low, high]) if low <= high && low.is_finite() && high.is_finite() => Ok((low, high)),
        Ok(&[low, high]) => Err(format!("a range goes from a finite number up to another, not from {low} to {high}")),
        _ => Err("it takes two numbers: --range 0,1".into()),
    }
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let options = OpenOptions { axes: args.names.clone(), ..args.layout.open_options() };
    let stored = Stored::open(&args.file, Path::new(""), &options)?;
    let spec = stored.spec().clone();
    let columns = stored.columns().filter(|names| names.len() > 1 && spec.rank() == 2).map(<[String]>::to_vec);
    drop(stored);
    let bins = args.bins as usize;
    let request = StatsRequest {
        over: over(args.layout.axes.as_deref(), &spec, columns.is_some())?,
        quantiles: args.quantiles.clone(),
        bins: Some(bins * (FINE_BINS / bins).max(1)),
        range: args.range,
        spec,
    };
    check(args, &request)?;
    let input = InputDecl { axes: options.axes.clone(), ..args.layout.input("x", &args.file) };
    let job = Job::prepare(&request.pipeline(input), &args.schedule.job_options(PathBuf::new(), false));
    let job = job.map_err(|e| Failure::job(&e, None))?;
    let silent = args.quiet || !std::io::stderr().is_terminal();
    let progress = Progress::new(job.plan.pass_bytes(), silent);
    let run = RunOptions { cancel: on_interrupt(), ..RunOptions::default() };
    let stats = request.run(job, &run, &[&progress]).map_err(|e| Failure::job(&e, None))?;
    drop(progress);
    let mut out = BufWriter::new(std::io::stdout().lock());
    match (args.json, stats.request().kept().is_empty()) {
        (true, _) => document(args, &stats, columns.as_deref(), &mut out)?,
        (false, true) => describe(args, &stats, &mut out)?,
        (false, false) => table(args, &stats, columns.as_deref(), &mut out)?,
    }
    out.flush()?;
    if !args.quiet {
        writeln!(std::io::stderr(), "{}", summary(&stats.done))?;
    }
    Ok(code::DONE)
}

/// The axes to work over; where none are said, all, or the rows of a table of several columns.
fn over(text: Option<&str>, spec: &ArraySpec, of_columns: bool) -> Result<Vec<usize>, Failure> {
    let Some(text) = text else { return Ok(if of_columns { vec![0] } else { (0..spec.rank()).collect() }) };
    let numbers: Result<Vec<i64>, _> = text.split(',').map(|t| t.trim().parse::<i64>()).collect();
    let resolved: Result<Vec<usize>, _> = match numbers {
        Ok(numbers) => numbers.into_iter().map(|n| spec.resolve_axis(n)).collect(),
        Err(_) => text.chars().filter(|c| !matches!(c, ',' | ' ')).map(|c| spec.resolve_name(c)).collect(),
    };
    let mut axes = resolved.map_err(|e| {
        let help = if spec.axis_names().is_none() { "; use numbers, or name the axes first: --names tyx" } else { "" };
        Failure::new(code::USAGE, format!("--axes {text}: {e}{help}"))
    })?;
    axes.sort_unstable();
    axes.dedup();
    Ok(axes)
}

/// Refuses what has no statistics.
fn check(args: &Args, request: &StatsRequest) -> Result<(), Failure> {
    let spec = &request.spec;
    let shape = spec.shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ");
    if spec.dtype.is_complex() {
        let text = format!("{} is {}: complex numbers have no order to describe", args.file, spec.dtype);
        return Err(Failure::new(code::USAGE, text));
    }
    if spec.elements() == Some(0) {
        let text = format!("{} has no elements (its shape is {shape}): there is nothing to describe", args.file);
        return Err(Failure::new(code::FAILED, text));
    }
    Ok(())
}

/// `x.npy  f32 1000 × 800 yx, 3.05 MiB`
fn heading(file: &str, spec: &ArraySpec) -> String {
    let shape = spec.shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ");
    let names = spec.axis_names().map_or(String::new(), |n| format!(" {n}"));
    format!("{file}  {} {shape}{names}, {}", spec.dtype, show_bytes(spec.bytes().unwrap_or(0)))
}

/// A number of the data, as whole as it is there.
fn show(value: Scalar) -> String {
    match value {
        Scalar::Int(n) => n.to_string(),
        Scalar::Bool(b) => u8::from(b).to_string(),
        Scalar::Float(x) | Scalar::Complex(x, _) => show_number(x),
    }
}

fn percent(q: f64) -> String {
    format!("{} %", show_number(q * 100.0))
}

/// Headings and texts of the numbers of a cell, in the order they are shown.
fn numbers(request: &StatsRequest, cell: &CellStats) -> Vec<(String, String)> {
    let mut list = vec![("count".to_string(), show_count(cell.count))];
    if request.spec.dtype.is_float() {
        list.extend([("nan".into(), show_count(cell.nan)), ("inf".into(), show_count(cell.inf))]);
    }
    list.push(("min".into(), show(cell.min)));
    list.extend(request.quantiles.iter().zip(&cell.quantiles).map(|(q, value)| (percent(*q), show(*value))));
    list.push(("max".into(), show(cell.max)));
    list.extend([("mean".into(), show_number(cell.mean)), ("std".into(), show_number(cell.std))]);
    list
}

fn describe(args: &Args, stats: &Stats, out: &mut impl Write) -> Result<(), Failure> {
    let request = stats.request();
    writeln!(out, "{}", heading(&args.file, &request.spec))?;
    let rows = stats.rows(0..1)?;
    let Some(cell) = rows.first() else { return Ok(()) };
    let mut table = Table::new(["", ""].map(String::from));
    for (name, text) in numbers(request, cell) {
        table.row([format!("{name:<8}"), text]);
    }
    // Without the line of headings.
    table.text().lines().skip(1).try_for_each(|line| writeln!(out, "  {line}"))?;
    if let Some(Bars { edges, counts }) = stats.histogram()? {
        let drawn: u64 = counts.iter().sum();
        let whole = !request.spec.dtype.is_float() && args.range.is_none();
        writeln!(out, "\nhistogram of {} values", show_count(drawn))?;
        write!(out, "{}", Histogram { edges, counts, whole }.text(args.bins as usize))?;
        let outside = cell.count - drawn;
        let why = if args.range.is_some() { "outside the range" } else { "infinite" };
        if outside > 0 {
            writeln!(out, "  not drawn: {} {why}", show_count(outside))?;
        }
    }
    Ok(())
}

/// The name of the column that a row is about.
fn column<'a>(columns: Option<&'a [String]>, request: &StatsRequest, cell: &CellStats) -> Option<&'a String> {
    let names = columns.filter(|_| request.kept() == [1])?;
    names.get(*cell.index.first()? as usize)
}

fn table(args: &Args, stats: &Stats, columns: Option<&[String]>, out: &mut impl Write) -> Result<(), Failure> {
    let request = stats.request();
    let (cells, limit) = (stats.cells(), u64::from(args.limit));
    writeln!(out, "{}", heading(&args.file, &request.spec))?;
    // Where some are left out, the first half and the last.
    let (head, tail) = if cells <= limit { (cells, 0) } else { (limit.div_ceil(2), limit / 2) };
    let mut rows = stats.rows(0..head)?;
    rows.extend(stats.rows(cells - tail..cells)?);
    let Some(first) = rows.first() else { return Ok(()) };
    let named = column(columns, request, first).is_some();
    let axis = |a: usize| match request.spec.axes[a] {
        _ if named => "column".to_string(),
        Some(letter) => letter.to_string(),
        None => format!("axis {a}"),
    };
    let headings = request.kept().into_iter().map(axis);
    let mut table = Table::new(headings.chain(numbers(request, first).into_iter().map(|(name, _)| name)));
    for (i, cell) in rows.iter().enumerate() {
        if i as u64 == head {
            table.gap();
        }
        let index: Vec<String> = match column(columns, request, cell) {
            Some(name) => vec![name.clone()],
            None => cell.index.iter().map(u64::to_string).collect(),
        };
        table.row(index.into_iter().chain(numbers(request, cell).into_iter().map(|(_, text)| text)));
    }
    write!(out, "{}", table.text())?;
    if head + tail < cells {
        let left = show_count(cells - head - tail);
        writeln!(out, "{left} of {} rows left out: --limit N shows more, --json all", show_count(cells))?;
    }
    Ok(())
}

/// One line about the run.
fn summary(done: &Done) -> String {
    let read: u64 = done.report.passes.iter().map(|p| p.read).sum();
    let sweeps = match done.report.sweeps() {
        1 => "1 sweep".to_string(),
        n => format!("{n} sweeps"),
    };
    let rate = show_rate(read as f64 / done.report.elapsed.as_secs_f64().max(1e-9));
    let peak = done.report.private_peak.map_or(String::new(), |p| format!(", at most {} of memory", show_bytes(p)));
    format!("{sweeps} in {}: {} read, {rate}{peak}", show_duration(done.report.elapsed), show_bytes(read))
}

/// One document; rows are written as they are read, so that there may be millions.
fn document(args: &Args, stats: &Stats, columns: Option<&[String]>, out: &mut impl Write) -> Result<(), Failure> {
    let request = stats.request();
    let spec = &request.spec;
    let head = json!({ "file": args.file, "dtype": spec.dtype, "shape": spec.shape, "axes": spec.axis_names(),
        "over": request.over, "kept": request.kept(), "quantiles": request.quantiles });
    let run = Summary { problem: &stats.done.problem, plan: &stats.done.plan, report: &stats.done.report }.json();
    let text = head.to_string();
    write!(out, "{}", text.trim_end_matches('}'))?;
    if let Some(Bars { edges, counts }) = stats.histogram()? {
        let whole = false;
        let (edges, counts) = Histogram { edges, counts, whole }.coarse(args.bins as usize);
        write!(out, ",\n\"histogram\":{}", json!({ "edges": edges, "counts": counts }))?;
    }
    write!(out, ",\n\"run\":{run},\n\"rows\":[")?;
    const BLOCK: u64 = 4096;
    for start in (0..stats.cells()).step_by(BLOCK as usize) {
        for (i, cell) in stats.rows(start..(start + BLOCK).min(stats.cells()))?.iter().enumerate() {
            let comma = if start + i as u64 == 0 { "" } else { "," };
            write!(out, "{comma}\n{}", row(request, column(columns, request, cell), cell))?;
        }
    }
    writeln!(out, "\n]}}")?;
    Ok(())
}

fn row(request: &StatsRequest, column: Option<&String>, cell: &CellStats) -> Value {
    let float = |x: f64| value_json(Scalar::Float(x), DType::F64);
    let quantile = |value: &Scalar| value_json(*value, request.dtype().real());
    let quantiles: Vec<Value> = cell.quantiles.iter().map(quantile).collect();
    json!({ "index": cell.index, "column": column, "count": cell.count, "nan": cell.nan, "inf": cell.inf,
        "min": value_json(cell.min, request.dtype()), "max": value_json(cell.max, request.dtype()),
        "mean": float(cell.mean), "std": float(cell.std), "quantiles": quantiles })
}
