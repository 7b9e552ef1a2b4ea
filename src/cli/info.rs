//! `tilewise info`

use super::common::Layout;
use super::failure::{Failure, code};
use crate::job::{InputRecord, Provenance, Since};
use crate::plan::{show_access, show_bytes};
use crate::report::show_duration;
use crate::storage::{Stored, TableInfo};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// Columns that are listed.
const COLUMNS_MAX: usize = 50;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Outputs of run and apply have a record beside them, NAME.tilewise.json: how each was made, and\n\
    whether its inputs and the file itself still are what they were.\n\
    Example: tilewise info sensor.dat --dtype f32 --shape -1,64\n\
    Example: tilewise info clean.npy --pipeline > again.toml"
)]
pub struct Args {
    /// A file, or a quoted glob of pictures or CSV files
    file: String,
    #[command(flatten)]
    layout: Layout,
    /// Print the pipeline that made the file, as TOML for a file in the current folder
    #[arg(long, conflicts_with = "json")]
    pipeline: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let record = Provenance::beside(Path::new(&args.file));
    if args.pipeline {
        return pipeline(&args.file, record);
    }
    let stored = Stored::open(&args.file, Path::new(""), &args.layout.open_options())?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let mut document = document(&args.file, &stored);
        document["provenance"] = match &record {
            Ok(Some(record)) => record_document(record, Path::new(&args.file))?,
            Ok(None) => Value::Null,
            Err(e) => json!({ "error": e }),
        };
        writeln!(out, "{document:#}")?;
    } else {
        write!(out, "{}", describe(&args.file, &stored))?;
        match &record {
            Ok(Some(record)) => write!(out, "\n{}", made_by(record, &args.file))?,
            Ok(None) => {}
            Err(e) => writeln!(std::io::stderr(), "warning: the record of how it was made, {e}")?,
        }
    }
    Ok(code::DONE)
}

/// Prints the pipeline of a record, for a file in the current folder.
fn pipeline(file: &str, record: Result<Option<Provenance>, String>) -> Result<u8, Failure> {
    let failed = |text: String| Failure::new(code::FAILED, text);
    let path = Path::new(file);
    let Some(record) = record.map_err(failed)? else {
        let beside = Provenance::path_of(path);
        let text = format!("{file}: no record of how it was made ({} is not there)", beside.display());
        return Err(failed(format!("{text}\nhelp: only outputs of run and apply have one")));
    };
    let toml = record.pipeline_for(folder(path), Path::new(""));
    let toml = toml.map_err(|e| failed(format!("{file}: the pipeline in its record cannot be used: {e}")))?;
    match record.since(path) {
        Since::Same => {}
        since => {
            let text = output_since(since, &record);
            writeln!(std::io::stderr(), "warning: {file} is not as this pipeline left it: {text}")?;
        }
    }
    write!(std::io::stdout().lock(), "{toml}")?;
    Ok(code::DONE)
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// The record in a few lines.
fn made_by(record: &Provenance, file: &str) -> String {
    let path = Path::new(file);
    let steps = if record.steps.is_empty() { "no step: a copy".to_string() } else { record.steps.join(" → ") };
    let when = record.started.strftime("%Y-%m-%d %H:%M:%S UTC");
    let took = show_duration(Duration::try_from_secs_f64(record.seconds).unwrap_or_default());
    let threads = if record.threads == 1 { "1 thread".to_string() } else { format!("{} threads", record.threads) };
    let memory = show_bytes(record.memory_budget_bytes);
    let mut lines = vec![
        ("made by", steps),
        ("when", format!("{when}, in {took} with {threads} and {memory}, by tilewise {}", record.tilewise)),
    ];
    for (i, input) in record.inputs.iter().enumerate() {
        let from = input.path_from(folder(path), Path::new(""));
        let text = format!("{} = {from}, {}", input.name, input_since(input, folder(path)));
        lines.push((if i == 0 { "from" } else { "" }, text));
    }
    lines.push(("since", output_since(record.since(path), record)));
    lines.push(("again", format!("tilewise info {file} --pipeline > again.toml")));
    lines.iter().map(|(what, text)| format!("{what:<8}{text}\n")).collect()
}

fn input_since(input: &InputRecord, record: &Path) -> String {
    match input.since(record) {
        Since::Same => "unchanged".to_string(),
        Since::Touched => "modified or copied since; size and both ends of the file are the same".to_string(),
        Since::Changed => format!("changed since (was {})", show_bytes(input.state.bytes)),
        Since::Gone => "no longer there".to_string(),
    }
}

fn output_since(since: Since, record: &Provenance) -> String {
    match since {
        Since::Same => "unchanged".to_string(),
        Since::Touched => "changed since, or copied: its time of modification is not that of the record".to_string(),
        Since::Changed => format!("changed since: the record is of a file of {}", show_bytes(record.written.bytes)),
        Since::Gone => "the file is no longer there".to_string(),
    }
}

/// The record with what became of the files.
fn record_document(record: &Provenance, path: &Path) -> Result<Value, Failure> {
    let failed = |e: serde_json::Error| Failure::new(code::FAILED, e);
    let word = |since: Since| match since {
        Since::Same => "same",
        Since::Touched => "touched",
        Since::Changed => "changed",
        Since::Gone => "gone",
    };
    let mut document = serde_json::to_value(record).map_err(failed)?;
    document["since"] = Value::from(word(record.since(path)));
    for (i, input) in record.inputs.iter().enumerate() {
        document["inputs"][i]["since"] = Value::from(word(input.since(folder(path))));
    }
    Ok(document)
}

fn document(file: &str, stored: &Stored) -> Value {
    let facts = stored.facts();
    let mut document = json!({
        "file": file, "format": stored.format().name(), "dtype": facts.spec.dtype, "shape": facts.spec.shape,
        "order": format!("{:?}", facts.spec.order), "endian": endian(&facts), "offset": facts.offset,
        "axes": facts.spec.axis_names(), "elements": facts.spec.elements(), "bytes": facts.spec.bytes(),
        "file_bytes": stored.file_bytes(), "page_aligned": facts.offset.is_multiple_of(page()),
        "mapped": facts.decoded.is_none(), "in_place": facts.in_place(),
    });
    if let Some(table) = stored.table() {
        let columns: Vec<Value> = table
            .columns
            .iter()
            .enumerate()
            .map(|(c, column)| {
                json!({ "name": column.name, "kind": column.kind, "time_form": column.time_form,
                    "chosen": table.chosen.contains(&c) })
            })
            .collect();
        document["table"] = json!({
            "rows": table.rows, "files": table.files, "separator": table.separator.to_string(),
            "header": table.header, "unpacked_bytes": table.unpacked_bytes, "columns": columns,
        });
    }
    document
}

/// How the text of a CSV file is laid out, and every column with its kind.
fn describe_table(table: &TableInfo) -> Vec<(&'static str, String)> {
    let separator = match table.separator {
        '\t' => "tabs".to_string(),
        other => format!("\"{other}\""),
    };
    let header = if table.header { "the first row holds names" } else { "no header" };
    let rows = crate::report::show_count(table.rows);
    let files = if table.files == 1 { String::new() } else { format!(" in {} files", table.files) };
    let mut lines = vec![("text", format!("{rows} rows{files}, separated by {separator}, {header}"))];
    for (c, column) in table.columns.iter().enumerate() {
        let form = column.time_form.as_ref().map_or(String::new(), |f| format!(" like {f}"));
        let left = if table.chosen.contains(&c) { "" } else { ", left out" };
        let name = if table.header { format!("{c} {}", column.name) } else { c.to_string() };
        let title = if c == 0 { "columns" } else { "" };
        lines.push((title, format!("{name}: {}{form}{left}", column.kind)));
        if c + 1 == COLUMNS_MAX && c + 1 < table.columns.len() {
            lines.push(("", format!("… {} more", table.columns.len() - COLUMNS_MAX)));
            break;
        }
    }
    lines
}

fn page() -> u64 {
    rustix::param::page_size() as u64
}

/// Single bytes have no order; they are called little, as everything here is.
fn endian(facts: &crate::array::Facts) -> &'static str {
    if facts.spec.dtype.swap_unit() == 1 { "little" } else { facts.endian.name() }
}

fn describe(file: &str, stored: &Stored) -> String {
    let facts = stored.facts();
    let spec = &facts.spec;
    let shape = spec.shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ");
    let elements = crate::report::show_count(spec.elements().unwrap_or(0));
    let mut lines = vec![
        ("file", format!("{file} ({}, {})", stored.format().name(), show_bytes(stored.file_bytes()))),
        ("dtype", spec.dtype.to_string()),
        ("shape", if shape.is_empty() { "scalar".to_string() } else { shape }),
        ("axes", spec.axis_names().unwrap_or_else(|| "not named".to_string())),
        ("size", format!("{elements} elements, {}", show_bytes(spec.bytes().unwrap_or(0)))),
    ];
    if facts.decoded.is_none() {
        let aligned = match facts.offset % page() {
            0 => "on a page boundary".to_string(),
            rest => format!("{rest} bytes past a page boundary"),
        };
        lines.push(("layout", format!("{:?} order, {} endian", spec.order, endian(&facts))));
        lines.push(("data", format!("at byte {}, {aligned}", facts.offset)));
    }
    lines.push(("access", show_access(&facts)));
    if let Some(table) = stored.table() {
        lines.extend(describe_table(table));
    }
    lines.iter().map(|(what, text)| format!("{what:<8}{text}\n")).collect()
}
