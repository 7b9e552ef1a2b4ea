//! `tilewise info`

use super::common::Layout;
use super::failure::{Failure, code};
use crate::plan::{show_access, show_bytes};
use crate::storage::{Stored, TableInfo};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// Columns that are listed.
const COLUMNS_MAX: usize = 50;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tilewise info sensor.dat --dtype f32 --shape -1,64")]
pub struct Args {
    /// A file, or a quoted glob of pictures or CSV files
    file: String,
    #[command(flatten)]
    layout: Layout,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let stored = Stored::open(&args.file, Path::new(""), &args.layout.open_options())?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{:#}", document(&args.file, &stored))?;
    } else {
        write!(out, "{}", describe(&args.file, &stored))?;
    }
    Ok(code::DONE)
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
