//! An array as CSV.

use super::{Args, hidden, refuse_tile, usage};
use crate::cli::common::on_interrupt;
use crate::cli::failure::{Failure, code};
use crate::engine::{EngineError, Event, Observer};
use crate::job::JobError;
use crate::plan::show_bytes;
use crate::report::{Progress, show_count, show_duration, show_rate};
use crate::storage::{CsvOptions, StorageError, Stored, identity, write_csv};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

pub fn write(args: &Args, input: &str) -> Result<u8, Failure> {
    refuse_tile(args)?;
    let arrays = [
        ("--output-dtype", args.output_dtype.is_some()),
        ("--output-order", args.output_order.is_some()),
        ("--output-endian", args.output_endian.is_some()),
    ];
    if let Some((option, _)) = arrays.iter().find(|(_, given)| *given) {
        return Err(usage(format!("{option} is for arrays; CSV is text, with as many digits as a value has")));
    }
    let (stored, path) =
        (Stored::open(input, Path::new(""), &args.layout.open_options())?, Path::new(args.output.as_str()));
    if identity(path).is_some_and(|i| stored.identity().contains(&i)) {
        let (path, input) = (path.to_path_buf(), "input".to_string());
        return Err(Failure::job(&JobError::OutputIsInput { path, input }, None));
    }
    let tabs = [".tsv", ".tsv.gz"].iter().any(|e| args.output.to_ascii_lowercase().ends_with(e));
    let options = CsvOptions {
        separator: if tabs { '\t' } else { ',' },
        header: match args.output_header.as_slice() {
            [] => stored.columns().map(<[String]>::to_vec),
            names => Some(names.to_vec()),
        },
        times: args.output_times,
        overwrite: args.overwrite,
    };
    let spec = stored.spec().clone();
    let rows = spec.shape.first().copied().unwrap_or(1);
    let row_bytes = spec.bytes().unwrap_or(0) / rows.max(1);
    let (cancel, progress) = (on_interrupt(), Progress::new(vec![row_bytes * rows], hidden(args)));
    progress.event(&Event::PassStarted { pass: 0, passes: 1, steps: "writing rows", tiles: rows });
    let started = Instant::now();
    let mut before = 0;
    let mut watch = |row: u64| {
        let read = (row - before) * row_bytes;
        before = row;
        progress.event(&Event::TileDone { pass: 0, tile: row, read, written: 0, elapsed: Duration::ZERO });
        !cancel.is_cancelled()
    };
    let bytes = write_csv(&stored, path, &options, &mut watch).map_err(|e| match e {
        StorageError::Interrupted { .. } => Failure::from(EngineError::Cancelled),
        other => other.into(),
    })?;
    drop(progress);
    let seconds = started.elapsed().as_secs_f64();
    if args.reporting.json {
        let columns = spec.shape.get(1).copied().unwrap_or(1);
        let document = json!({ "path": args.output, "rows": rows, "columns": columns, "names": options.header,
            "written_bytes": bytes, "read_bytes": row_bytes * rows, "seconds": seconds });
        writeln!(std::io::stdout().lock(), "{document:#}")?;
    } else if !args.reporting.quiet {
        let columns = spec.shape.get(1).map_or(String::new(), |n| format!(" of {} columns", show_count(*n)));
        let rate = show_rate(bytes as f64 / seconds.max(1e-9));
        let (rows, size, took) = (show_count(rows), show_bytes(bytes), show_duration(started.elapsed()));
        writeln!(std::io::stderr(), "{}  {rows} rows{columns}, {size}, in {took}: {rate}", args.output)?;
    }
    Ok(code::DONE)
}
