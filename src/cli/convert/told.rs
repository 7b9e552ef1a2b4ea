//! What `tilewise convert` says when it is done.

use super::{Args, Form, form};
use crate::array::{ArraySpec, Endian, Order};
use crate::job::NO_FILE;
use crate::job::convert::{Exported, Imported, show_skipped};
use crate::plan::show_bytes;
use crate::report::{show_count, show_duration, show_rate};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// Classes that are named.
const CLASSES_SHOWN: usize = 5;

fn shape(extents: &[u64]) -> String {
    extents.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ")
}

fn pictures(n: u64) -> String {
    if n == 1 { "1 picture".to_string() } else { format!("{} pictures", show_count(n)) }
}

/// `500 pictures in 3.2 s, 2 threads: 156 pictures/s, 28 MB/s`
fn pace(frames: u64, read: u64, elapsed: Duration, threads: usize) -> String {
    let seconds = elapsed.as_secs_f64().max(1e-9);
    let threads = if threads == 1 { "1 thread".to_string() } else { format!("{threads} threads") };
    let rate = match frames as f64 / seconds {
        r if r >= 10.0 => format!("{r:.0}"),
        r => format!("{r:.1}"),
    };
    let (what, took) = (pictures(frames), show_duration(elapsed));
    format!("{what} in {took}, {threads}: {rate} pictures/s, {} read\n", show_rate(read as f64 / seconds))
}

pub fn import_text(args: &Args, done: &Imported) -> String {
    let bytes = done.spec.bytes().unwrap_or(0);
    let mut out = String::new();
    let extents = shape(&done.spec.shape);
    let _ = writeln!(out, "{}  {} {extents}, {}", args.output, done.spec.dtype, show_bytes(bytes));
    if let [labels, rest @ ..] = done.label_files.as_slice() {
        let names = rest.first().map_or(String::new(), |p| format!(", names in {}", p.display()));
        let classes: Vec<String> =
            done.classes.iter().take(CLASSES_SHOWN).map(|(name, n)| format!("{name} {}", show_count(*n))).collect();
        let more = match done.classes.len().saturating_sub(CLASSES_SHOWN) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let count = if done.classes.len() == 1 { "1 class".into() } else { format!("{} classes", done.classes.len()) };
        let _ = writeln!(out, "{}  {count}: {}{more}{names}", labels.display(), classes.join(", "));
    }
    if !done.skipped.is_empty() {
        let (n, all) = (done.skipped.len() as u64, done.skipped.len() as u64 + done.frames);
        let _ = write!(out, "left out {} of {}:\n{}", show_count(n), show_count(all), show_skipped(&done.skipped));
    }
    out + &pace(done.frames, done.read, done.elapsed, done.workers.threads)
}

pub fn import_json(done: &Imported) -> Value {
    let skipped: Vec<Value> = done
        .skipped
        .iter()
        .map(|s| json!({ "file": s.path.display().to_string(), "page": s.page, "reason": s.reason }))
        .collect();
    let classes: Vec<Value> = done.classes.iter().map(|(name, n)| json!({ "name": name, "pictures": n })).collect();
    let labels: Vec<String> = done.label_files.iter().map(|p| p.display().to_string()).collect();
    json!({
        "outputs": [{ "path": done.path.display().to_string(), "dtype": done.spec.dtype, "shape": done.spec.shape,
            "axes": done.spec.axis_names(), "bytes": done.spec.bytes() }],
        "pictures": done.frames, "skipped": skipped, "label_files": labels, "classes": classes,
        "seconds": done.elapsed.as_secs_f64(), "read_bytes": done.read, "written_bytes": done.written,
        "memory_budget_bytes": done.workers.budget, "memory_projected_bytes": done.workers.projected,
        "memory_private_peak_bytes": done.private_peak, "threads": done.workers.threads,
    })
}

pub fn export_text(done: &Exported) -> String {
    let names: Vec<String> = done.paths.iter().map(|p| p.display().to_string()).collect();
    let extents = shape(&done.picture.shape());
    let what = match (names.len(), done.frames) {
        (1, 1) => done.format.name().to_string(),
        (1, n) => format!("{} of {} pages,", done.format.name(), show_count(n)),
        (_, n) => format!("{} {} files,", show_count(n), done.format.name()),
    };
    let mut out = String::new();
    let _ =
        writeln!(out, "{}  {what} {} {extents}, {}", names.join(" … "), done.picture.dtype, show_bytes(done.written));
    out + &pace(done.frames, done.read, done.elapsed, done.workers.threads)
}

pub fn export_json(done: &Exported) -> Value {
    let paths: Vec<String> = done.paths.iter().map(|p| p.display().to_string()).collect();
    json!({
        "files": paths, "format": done.format.name(), "dtype": done.picture.dtype, "shape": done.picture.shape(),
        "pictures": done.frames, "seconds": done.elapsed.as_secs_f64(), "read_bytes": done.read,
        "written_bytes": done.written, "memory_budget_bytes": done.workers.budget,
        "memory_projected_bytes": done.workers.projected, "memory_private_peak_bytes": done.private_peak,
        "threads": done.workers.threads,
    })
}

/// How to read a raw file that was just written; nothing for files that say it themselves.
pub fn raw_hint(args: &Args, spec: &ArraySpec) -> String {
    let npy = Path::new(&args.output).extension().is_some_and(|e| e.eq_ignore_ascii_case("npy"));
    if args.output == NO_FILE || npy || form(&args.output) != Form::Array {
        return String::new();
    }
    let extents = spec.shape.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    let order = if args.output_order.is_some_and(|o| o.order() == Order::F) { " --order f" } else { "" };
    let endian = args.output_endian.map(|e| e.endian()).filter(|e| *e != Endian::NATIVE && spec.dtype.swap_unit() > 1);
    let endian = endian.map_or(String::new(), |e| format!(" --endian {}", e.name()));
    format!("a raw file says nothing of itself; read it with --dtype {} --shape {extents}{order}{endian}\n", spec.dtype)
}
