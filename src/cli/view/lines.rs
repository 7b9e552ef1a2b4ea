//! The wording of line plots: which series, named how, lying where.

use super::{Args, Drawn, Kind, PlotArgs, short};
use crate::array::{Column, Columns};
use crate::cli::failure::{Failure, code};
use crate::report::draw::{LinePlot, Lines, PLOT_LINES_MAX, Plot, Positions, SIDE_PIXELS, Series};
use crate::report::show_count;
use crate::storage::{OpenOptions, Stored};
use serde_json::json;
use std::path::Path;

type Input<'a> = (&'a str, &'a Stored, Lines);

pub fn draw(args: &Args, kind: Kind, inputs: &[Input]) -> Result<Drawn, Failure> {
    let count: u64 = inputs.iter().map(|(_, _, lines)| lines.lines()).sum();
    if count > PLOT_LINES_MAX as u64 {
        let text =
            format!("{count} lines in one plot are too many to tell apart (at most {PLOT_LINES_MAX}); choose some");
        return Err(Failure::new(code::USAGE, text));
    }
    let mut times = Vec::new();
    for file in &args.plot.time {
        times.push(Stored::open(file, Path::new(""), &OpenOptions::default())?);
    }
    if times.is_empty() && args.plot.start.is_empty() && args.plot.step.is_empty() {
        times = own_times(args, inputs)?;
    }
    let labels = labels(args, inputs, count)?;
    let mut rest = labels.as_slice();
    let mut series = Vec::new();
    for (i, (_, stored, lines)) in inputs.iter().enumerate() {
        let (mine, others) = rest.split_at(lines.lines() as usize);
        rest = others;
        let positions = positions(args, i, inputs.len(), &times)?;
        series.push(Series { stored, lines: lines.clone(), labels: mine.to_vec(), positions });
    }
    let plot = LinePlot {
        title: args.plot.title.clone(),
        x_label: args.plot.x_label.clone(),
        y_label: args.plot.y_label.clone(),
        ..LinePlot::sized(args.look.size.unwrap_or(SIDE_PIXELS))
    };
    let plot = plot.draw(&series)?;
    let (bytes, width, height) = match kind {
        Kind::Svg => (plot.svg.clone().into_bytes(), plot.width as usize, plot.height as usize),
        Kind::Png => {
            let raster = plot.raster(args.look.size.unwrap_or(SIDE_PIXELS))?;
            (raster.png()?, raster.width, raster.height)
        }
    };
    let json = json!({
        "kind": "lines", "width": width, "height": height, "lines": labels, "samples": plot.samples,
        "missing": plot.missing, "min": plot.values.0, "max": plot.values.1,
    });
    let mut notes = Vec::new();
    if let (true, Some(names)) = (args.plot.time.is_empty(), times.first().and_then(Stored::columns)) {
        notes.push(format!("times from column \"{}\"; --step draws by number", names.join(", ")));
    }
    if inputs.iter().any(|(_, _, lines)| lines.lines() > 1) && args.index.is_none() {
        notes.push("few columns are drawn as lines; --axes yx draws a picture of them".to_string());
    }
    Ok(Drawn { bytes, text: describe(&plot, count, width, height), notes, json })
}

fn describe(plot: &Plot, lines: u64, width: usize, height: usize) -> String {
    let what = if lines == 1 { "a line".to_string() } else { format!("{lines} lines") };
    let samples = if plot.samples == 1 { "sample" } else { "samples" };
    let mut text = format!("{what} of {} {samples}", show_count(plot.samples));
    if lines > 1 {
        text.push_str(" in all");
    }
    if plot.missing > 0 {
        text.push_str(&format!(" ({} missing)", show_count(plot.missing)));
    }
    match plot.values {
        (low, high) if low == high => text.push_str(&format!(", all {}", short(low))),
        (low, high) => text.push_str(&format!(", {} to {}", short(low), short(high))),
    }
    if plot.dense {
        text.push_str(", as least and greatest of each pixel");
    }
    format!("{text}, {width} × {height} pixels")
}

/// What each line is called: by `--label`, else by file and column.
fn labels(args: &Args, inputs: &[Input], count: u64) -> Result<Vec<String>, Failure> {
    let given = &args.plot.label;
    if !given.is_empty() {
        if given.len() as u64 != count {
            let text = format!("--label is given {} times for {count} lines; give one for each", given.len());
            return Err(Failure::new(code::USAGE, text));
        }
        return Ok(given.clone());
    }
    let mut found = Vec::new();
    for (name, _, lines) in inputs {
        let stem = Path::new(name).file_stem().map_or_else(|| name.to_string(), |s| s.to_string_lossy().into_owned());
        for line in 0..lines.lines() {
            found.push(match (lines.lines(), inputs.len()) {
                (1, _) => stem.clone(),
                (_, 1) => format!("column {}", lines.column(line)),
                _ => format!("{stem}, column {}", lines.column(line)),
            });
        }
    }
    Ok(found)
}

/// The time columns of tables that have one each; none where a file has no or several.
fn own_times(args: &Args, inputs: &[Input]) -> Result<Vec<Stored>, Failure> {
    let column = |stored: &Stored| {
        let columns = &stored.table()?.columns;
        let mut times = (0..columns.len()).filter(|c| columns[*c].kind == "time");
        times.next().filter(|_| times.next().is_none())
    };
    let Some(found) = inputs.iter().map(|(_, stored, _)| column(stored)).collect::<Option<Vec<usize>>>() else {
        return Ok(Vec::new());
    };
    let open = |((file, ..), column): (&Input, usize)| {
        let column = Some(Columns::One(Column::Number(column as i64)));
        let options = OpenOptions { column, axes: None, dtype: None, ..args.layout.open_options() };
        Ok(Stored::open(file, Path::new(""), &options)?)
    };
    inputs.iter().zip(found).map(open).collect()
}

/// Where the samples of a file lie along x.
fn positions<'a>(args: &Args, file: usize, files: usize, times: &'a [Stored]) -> Result<Positions<'a>, Failure> {
    let PlotArgs { start, step, .. } = &args.plot;
    if let Some(times) = of(times, "--time", file, files)? {
        return Ok(Positions::Times(times));
    }
    match (of(start, "--start", file, files)?, of(step, "--step", file, files)?) {
        (None, None) => Ok(Positions::Samples),
        (None, Some(step)) => Ok(Positions::Elapsed { step: *step }),
        (Some(start), Some(step)) => Ok(Positions::Even { start: *start, step: *step }),
        (Some(_), None) => Err(Failure::new(
            code::USAGE,
            "--start says when the first sample was taken; say --step too, as in --step 1h",
        )),
    }
}

/// The value for a file of an option that is given once, or for each file.
fn of<'a, T>(values: &'a [T], option: &str, file: usize, files: usize) -> Result<Option<&'a T>, Failure> {
    match values.len() {
        0 => Ok(None),
        1 => Ok(values.first()),
        n if n == files => Ok(values.get(file)),
        n => {
            let text = format!("{option} is given {n} times for {files} files; give it once, or once for each");
            Err(Failure::new(code::USAGE, text))
        }
    }
}
