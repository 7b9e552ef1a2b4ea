//! Series as a plot of lines: axes, grid, legend.
//!
//! Owns the look, which is SVG written by hand. Refuses to know files: what is drawn comes from `series`.

use super::series::{Positions, Series, Trace};
use super::svg::{FONTS, escape, number, overlay, text_width};
use super::{DrawError, Raster, ticks};
use std::fmt::Write;

/// Colours that stay apart for colour-blind readers too (Okabe and Ito, without the yellow, which is
/// faint on white).
const COLORS: [&str; 8] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#333333", "#999999"];

/// Lines of one plot, at most.
pub const PLOT_LINES_MAX: usize = COLORS.len();

const TICK_SIZE: f64 = 13.0;
const LABEL_SIZE: f64 = 13.5;
const TITLE_SIZE: f64 = 18.0;
const PAD: f64 = 18.0;

/// Pixels up and down for each pixel to the right, from which on a line is drawn as a band.
const BAND_CLIMB: f64 = 12.0;

/// What stands around the lines, and the size of it all, in units that are pixels at 96 dpi.
#[derive(Clone, Debug, PartialEq)]
pub struct LinePlot {
    pub title: Option<String>,
    pub x_label: Option<String>,
    pub y_label: Option<String>,
    pub width: f64,
    pub height: f64,
}

impl Default for LinePlot {
    fn default() -> LinePlot {
        LinePlot { title: None, x_label: None, y_label: None, width: 1000.0, height: 420.0 }
    }
}

/// A finished plot, and what to say of it.
#[derive(Clone, Debug)]
pub struct Plot {
    pub svg: String,
    pub width: f64,
    pub height: f64,
    /// Samples of all lines, and those of them that are NaN, infinite or without a time.
    pub samples: u64,
    pub missing: u64,
    /// The least and the greatest value.
    pub values: (f64, f64),
    /// Whether pixels stand for several samples.
    pub dense: bool,
}

impl Plot {
    /// The plot as pixels, so many columns of them.
    pub fn raster(&self, columns: u32) -> Result<Raster, DrawError> {
        let scale = f64::from(columns) / self.width;
        let mut raster = Raster::filled(columns as usize, (self.height * scale).round() as usize, [255; 3]);
        overlay(&mut raster, &self.svg, scale as f32)?;
        Ok(raster)
    }
}

/// What x means.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Axis {
    /// Numbers, from this one on.
    Samples(i64),
    /// Time since the array's first sample, from so many nanoseconds on, in units of so many.
    Elapsed(i64, f64, &'static str),
    /// Moments, from this one on.
    Moments(i64),
}

/// A line with its name, ready to be drawn.
struct Line<'a> {
    label: &'a str,
    trace: Trace,
}

/// Where the lines are drawn, and the values at the edges.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn x(&self, value: f64) -> f64 {
        self.left + (value - self.x.0) / (self.x.1 - self.x.0) * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - (value - self.y.0) / (self.y.1 - self.y.0) * (self.bottom - self.top)
    }
}

impl LinePlot {
    /// A plot for so many pixels across, whose texts stay legible where they are few.
    pub fn sized(pixels: u32) -> LinePlot {
        let width = f64::from(pixels).min(1000.0);
        LinePlot { width, height: (width * 0.42).max(240.0).round(), ..LinePlot::default() }
    }

    /// Draws series that share one x axis. Reads each once (times twice), a block at a time.
    pub fn draw(&self, series: &[Series]) -> Result<Plot, DrawError> {
        let count: u64 = series.iter().map(|s| s.lines.lines()).sum();
        if count == 0 || count > PLOT_LINES_MAX as u64 {
            return Err(DrawError::Request(format!("{count} lines; a plot holds 1 to {PLOT_LINES_MAX}")));
        }
        let (axis, origin, width) = x_axis(series)?;
        let mut lines = Vec::new();
        for s in series {
            let traces = s.trace(origin, width, self.width as usize)?;
            lines.extend(s.labels.iter().zip(traces).map(|(label, trace)| Line { label: label.as_str(), trace }));
        }
        let samples = series.iter().map(|s| s.lines.samples() * s.lines.lines()).sum();
        let missing: u64 = lines.iter().map(|l| l.trace.missing).sum();
        let ys = lines.iter().flat_map(|l| l.trace.runs.iter().flatten()).map(|(_, y)| *y);
        let values = ys.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), y| (a.min(y), b.max(y)));
        if values.0 > values.1 {
            let name = series.first().map_or("", |s| s.lines.name());
            return Err(DrawError::array(
                name,
                format!("all {samples} samples are NaN or infinite; there is nothing to draw"),
            ));
        }
        let svg = self.write(axis, width, values, &lines);
        let dense = lines.iter().any(|l| l.trace.dense);
        Ok(Plot { svg, width: self.width, height: self.height, samples, missing, values, dense })
    }

    fn write(&self, axis: Axis, width: f64, values: (f64, f64), lines: &[Line]) -> String {
        let mut svg = String::new();
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
             font-family=\"{FONTS}\" font-size=\"{TICK_SIZE}\" fill=\"#444\">\n\
             <rect width=\"{w}\" height=\"{h}\" fill=\"#fff\"/>\n",
            w = number(self.width),
            h = number(self.height),
        );
        let top = self.head(&mut svg, lines);
        let coarse = matches!(axis, Axis::Moments(_));
        let x_label = self.x_label.as_deref().or(match axis {
            Axis::Samples(_) => Some("sample"),
            Axis::Elapsed(_, _, unit) => Some(unit),
            Axis::Moments(_) => None,
        });
        let below = 24.0 + if coarse { 17.0 } else { 0.0 } + if x_label.is_some() { 24.0 } else { 2.0 };
        let y = padded(values);
        let bottom = self.height - PAD * 0.5 - below;
        let marks = ticks::linear(y.0, y.1, ((bottom - top) / 55.0).max(2.0));
        let widest = marks.iter().map(|(_, t)| text_width(t)).fold(0.0, f64::max) * TICK_SIZE;
        let x = if width > 0.0 { (0.0, width) } else { (-1.0, 1.0) };
        let frame = Frame { left: PAD + widest + 9.0, right: self.width - PAD * 1.5, top, bottom, x, y };
        for (value, text) in &marks {
            horizontal(&mut svg, &frame, *value, text);
        }
        x_marks(&mut svg, &frame, axis, width);
        let baseline = format!("M{} {}H{}", number(frame.left), number(frame.bottom), number(frame.right));
        let _ = writeln!(svg, "<path d=\"{baseline}\" stroke=\"#888\" fill=\"none\"/>");
        if let Some(text) = x_label {
            let (x, y) = (number((frame.left + frame.right) / 2.0), number(self.height - PAD * 0.75));
            let _ = writeln!(
                svg,
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{LABEL_SIZE}\" text-anchor=\"middle\">{}</text>",
                escape(text)
            );
        }
        draw_lines(&mut svg, &frame, lines);
        svg.push_str("</svg>\n");
        svg
    }

    /// Title, legend and the label of y, from the top down; returns where the plot begins.
    fn head(&self, svg: &mut String, lines: &[Line]) -> f64 {
        let mut y = PAD * 0.7;
        if let Some(title) = &self.title {
            y += TITLE_SIZE;
            let at = number(y);
            let _ = writeln!(
                svg,
                "<text x=\"{PAD}\" y=\"{at}\" font-size=\"{TITLE_SIZE}\" fill=\"#111\">{}</text>",
                escape(title)
            );
            y += 8.0;
        }
        let mut x = PAD;
        if self.y_label.is_some() || lines.len() > 1 {
            y += LABEL_SIZE + 4.0;
        }
        if let Some(text) = &self.y_label {
            let at = number(y);
            let _ = writeln!(svg, "<text x=\"{PAD}\" y=\"{at}\" font-size=\"{LABEL_SIZE}\">{}</text>", escape(text));
            x += text_width(text) * LABEL_SIZE + 30.0;
        }
        for (i, line) in lines.iter().enumerate().filter(|_| lines.len() > 1) {
            let wide = 26.0 + text_width(line.label) * LABEL_SIZE;
            if x > PAD && x + wide > self.width - PAD {
                (x, y) = (PAD, y + LABEL_SIZE * 1.5);
            }
            let _ = writeln!(
                svg,
                "<path d=\"M{} {}h18\" stroke=\"{}\" stroke-width=\"3\"/>\
                 <text x=\"{}\" y=\"{}\" font-size=\"{LABEL_SIZE}\">{}</text>",
                number(x),
                number(y - LABEL_SIZE * 0.36),
                COLORS[i % COLORS.len()],
                number(x + 26.0),
                number(y),
                escape(line.label)
            );
            x += wide + 22.0;
        }
        y + 12.0
    }
}

/// What x means, where it begins, and how far it reaches.
fn x_axis(series: &[Series]) -> Result<(Axis, i64, f64), DrawError> {
    let kind = |p: &Positions| match p {
        Positions::Samples => 0,
        Positions::Elapsed { .. } => 1,
        Positions::Even { .. } | Positions::Times(_) => 2,
    };
    let kinds: Vec<u8> = series.iter().map(|s| kind(&s.positions)).collect();
    if kinds.iter().any(|k| *k != kinds[0]) {
        let text = "the series do not share an x axis: give all of them times, steps, or neither";
        return Err(DrawError::Request(text.into()));
    }
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    for s in series {
        let (first, last) = s.span()?;
        (low, high) = (low.min(first), high.max(last));
    }
    let width = (i128::from(high) - i128::from(low)) as f64;
    let units = [
        (86_400e9, "days"),
        (3600e9, "hours"),
        (60e9, "minutes"),
        (1e9, "seconds"),
        (1e6, "milliseconds"),
        (1e3, "microseconds"),
    ];
    let axis = match kinds[0] {
        0 => Axis::Samples(low),
        1 => {
            let unit = units.into_iter().find(|(ns, _)| width >= 3.0 * ns || (*ns == 1e9 && width >= 1e8));
            let (ns, name) = unit.unwrap_or((1.0, "nanoseconds"));
            Axis::Elapsed(low, ns, name)
        }
        _ => Axis::Moments(low),
    };
    Ok((axis, low, width))
}

/// A little room above and below.
fn padded((low, high): (f64, f64)) -> (f64, f64) {
    let room = if high > low { (high / 2.0 - low / 2.0) * 0.08 } else { (high.abs() * 0.1).max(0.5) };
    ((low - room).max(f64::MIN), (high + room).min(f64::MAX))
}

fn horizontal(svg: &mut String, frame: &Frame, value: f64, text: &str) {
    let y = frame.y(value);
    let line = format!("M{} {}H{}", number(frame.left), number(y), number(frame.right));
    let (x, at) = (number(frame.left - 9.0), number(y + TICK_SIZE * 0.36));
    let _ = writeln!(
        svg,
        "<path d=\"{line}\" stroke=\"#e8e8e8\" fill=\"none\"/><text x=\"{x}\" y=\"{at}\" text-anchor=\"end\">{}</text>",
        escape(text)
    );
}

fn x_marks(svg: &mut String, frame: &Frame, axis: Axis, width: f64) {
    let count = ((frame.right - frame.left) / 76.0).max(2.0);
    let mut mark = |value: f64, fine: &str, coarse: Option<&str>| {
        let x = number(frame.x(value));
        let (top, bottom) = (number(frame.top), number(frame.bottom + 5.0));
        let _ = write!(svg, "<path d=\"M{x} {top}V{bottom}\" stroke=\"#e8e8e8\" fill=\"none\"/>");
        let mut line = |text: &str, y: f64, color: &str| {
            // Long texts at the edges stay inside.
            let half = text_width(text) * TICK_SIZE / 2.0 + 4.0;
            let x = number(frame.x(value).min(frame.right + PAD * 1.5 - half).max(half));
            let y = number(y);
            let _ = writeln!(
                svg,
                "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"{color}\">{}</text>",
                escape(text)
            );
        };
        line(fine, frame.bottom + 21.0, "#444");
        if let Some(text) = coarse {
            line(text, frame.bottom + 38.0, "#888");
        }
    };
    match axis {
        Axis::Samples(low) => {
            // Samples have whole numbers.
            let marks = ticks::linear(low as f64, low as f64 + width, count.min(width.max(1.0)));
            marks.iter().filter(|(v, _)| v.fract() == 0.0).for_each(|(v, text)| mark(v - low as f64, text, None));
        }
        Axis::Elapsed(low, unit, _) => {
            let low = low as f64;
            let marks = ticks::linear(low / unit, (low + width) / unit, count);
            marks.iter().for_each(|(v, text)| mark(v * unit - low, text, None));
        }
        Axis::Moments(low) => {
            let high = (i128::from(low) + width as i128).min(i128::from(i64::MAX)) as i64;
            for t in ticks::time(low, high, count) {
                let away = (i128::from(t.at) - i128::from(low)) as f64;
                mark(away, &t.fine, t.coarse.as_deref());
            }
        }
    }
}

/// The line in SVG's words, and how far it goes up and down for each pixel to the right; apart from it the
/// samples between two gaps, which round caps make dots.
fn path(frame: &Frame, trace: &Trace) -> (String, f64, String) {
    let (mut d, mut dots) = (String::new(), String::new());
    let mut climbed = 0.0;
    for run in &trace.runs {
        if let [(x, y)] = run[..] {
            let _ = write!(dots, "M{} {}h0", number(frame.x(x)), number(frame.y(y)));
            continue;
        }
        let mut before = None;
        for (x, y) in run {
            let (x, y) = (frame.x(*x), frame.y(*y));
            let _ = write!(d, "{}{} {}", if before.is_none() { "M" } else { "L" }, number(x), number(y));
            climbed += before.replace(y).map_or(0.0, |b: f64| (b - y).abs());
        }
    }
    (d, climbed / (frame.right - frame.left), dots)
}

/// A line that goes up and down within a few pixels is a band: thin, and light where others are drawn over
/// it. Those stand out by a white seam.
fn draw_lines(svg: &mut String, frame: &Frame, lines: &[Line]) {
    let paths: Vec<(String, f64, String)> = lines.iter().map(|line| path(frame, &line.trace)).collect();
    let band = |climb: f64| climb > BAND_CLIMB;
    let any_band = paths.iter().any(|(_, climb, _)| band(*climb));
    let mut stroke = |d: &str, color: &str, wide: &str, opacity: &str| {
        if !d.is_empty() {
            let _ = writeln!(
                svg,
                "<path d=\"{d}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{wide}\" stroke-opacity=\"{opacity}\" \
                 stroke-linejoin=\"round\" stroke-linecap=\"round\"/>"
            );
        }
    };
    for (i, (d, climb, dots)) in paths.iter().enumerate() {
        if any_band && !band(*climb) {
            stroke(d, "#fff", "4", "0.7");
        }
        let (wide, opacity) = match (band(*climb), lines.len()) {
            (true, 1) => ("1", "1"),
            (true, _) => ("1", "0.55"),
            (false, _) => ("1.8", "1"),
        };
        let color = COLORS[i % COLORS.len()];
        stroke(d, color, wide, opacity);
        stroke(dots, color, "4", "1");
    }
}
