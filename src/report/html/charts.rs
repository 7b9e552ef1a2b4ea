//! Charts as inline SVG: rate and memory over time, histograms, lines.
//!
//! Owns axes, marks and paths; colours are the page's. Refuses to know where the figures come from.

use super::axis::{Scale, short};
use super::histogram::Histogram;
use super::thumbnail::Line;
use super::timeline::Record;
use maud::{Markup, html};
use std::fmt::Write;

/// The frame of a chart: the drawing area inside the margins, in pixels.
#[derive(Clone, Copy, Debug)]
struct Frame {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Frame {
    fn x(&self) -> (f64, f64) {
        (self.left, self.width - self.right)
    }

    /// From the foot up, as values grow.
    fn y(&self) -> (f64, f64) {
        (self.height - self.bottom, self.top)
    }

    /// The chart with its axes; `x_unit` and `y_unit` name what they count.
    fn draw(&self, label: &str, (x, x_unit): (&Scale, &str), (y, y_unit): (&Scale, &str), inside: Markup) -> Markup {
        let ((left, right), (foot, _)) = (self.x(), self.y());
        let view = format!("0 0 {} {}", self.width, self.height);
        html! {
            svg.chart viewBox=(view) role="img" aria-label=(label) {
                @for (value, text) in &y.ticks {
                    path.grid d=(format!("M{left:.1} {0:.1}H{right:.1}", y.at(*value))) {}
                    text.tick.end x=(px(left - 7.0)) y=(px(y.at(*value) + 3.5)) { (text) }
                }
                (inside)
                path.axis d=(format!("M{left:.1} {foot:.1}H{right:.1}")) {}
                @for (value, text) in &x.ticks {
                    path.axis d=(format!("M{:.1} {foot:.1}v4", x.at(*value))) {}
                    text.tick.middle x=(px(x.at(*value))) y=(px(foot + 16.0)) { (text) }
                }
                @if !y_unit.is_empty() { text.unit x="0" y="11" { (y_unit) } }
                @if !x_unit.is_empty() { text.unit.end x=(px(right)) y=(px(self.height - 3.0)) { (x_unit) } }
            }
        }
    }
}

fn px(v: f64) -> String {
    format!("{v:.1}")
}

/// Seconds in a unit that gives small numbers: its length and its name.
fn time_unit(seconds: f64) -> (f64, &'static str) {
    match seconds {
        s if s < 1.0 => (1e-3, "milliseconds"),
        s if s < 300.0 => (1.0, "seconds"),
        s if s < 18_000.0 => (60.0, "minutes"),
        _ => (3600.0, "hours"),
    }
}

fn rate_unit(bytes_per_second: f64) -> (f64, &'static str) {
    match bytes_per_second {
        r if r >= 1e9 => (1e9, "GB/s"),
        r if r >= 1e6 => (1e6, "MB/s"),
        _ => (1e3, "kB/s"),
    }
}

/// The rate over time: bytes written on top of bytes read, with the passes marked.
pub fn rate(record: &Record, width: f64) -> Markup {
    let frame = Frame { width, height: 230.0, left: 48.0, right: 12.0, top: 34.0, bottom: 36.0 };
    let (unit, unit_name) = time_unit(end_of(record));
    let record = record.clone().coarser((width / 5.0) as usize);
    let rates: Vec<(f64, f64)> =
        record.buckets.iter().map(|b| (b.read / record.width, b.written / record.width)).collect();
    let most = rates.iter().map(|(r, w)| r + w).fold(1.0, f64::max);
    let (size, size_name) = rate_unit(most);
    let end = end_of(&record);
    let x = Scale::linear((0.0, end / unit), frame.x(), if width > 500.0 { 8 } else { 4 });
    let y = Scale::linear((0.0, most * 1.08 / size), frame.y(), 4);
    let time = |i: usize| x.at((i as f64 * record.width).min(end) / unit);
    let area = |value: &dyn Fn(&(f64, f64)) -> f64| {
        let (foot, first) = (frame.y().0, frame.x().0);
        let mut d = format!("M{first:.1} {foot:.1}");
        for (i, rate) in rates.iter().enumerate() {
            let _ = write!(d, "V{:.1}H{:.1}", y.at(value(rate) / size), time(i + 1));
        }
        d + &format!("V{foot:.1}Z")
    };
    let inside = html! {
        path.second d=(area(&|r| r.0 + r.1)) {}
        path.first d=(area(&|r| r.0)) {}
        (passes(&record, &frame, &x, unit))
    };
    frame.draw("Bytes read and written each second, over time", (&x, unit_name), (&y, size_name), inside)
}

/// Private memory over time, with what was planned.
pub fn memory(record: &Record, planned: u64, width: f64) -> Markup {
    let frame = Frame { width, height: 150.0, left: 48.0, right: 12.0, top: 22.0, bottom: 36.0 };
    let (unit, unit_name) = time_unit(end_of(record));
    let record = record.clone().coarser((width / 4.0) as usize);
    let end = end_of(&record);
    let most = record.buckets.iter().map(|b| b.memory).max().unwrap_or(0).max(planned) as f64 * 1.12;
    let (size, size_name) = if most >= 2f64.powi(30) { (2f64.powi(30), "GiB") } else { (2f64.powi(20), "MiB") };
    let x = Scale::linear((0.0, end / unit), frame.x(), if width > 500.0 { 8 } else { 4 });
    let y = Scale::linear((0.0, most / size), frame.y(), 3);
    let mut d = String::new();
    for (i, bucket) in record.buckets.iter().enumerate().filter(|(_, b)| b.memory > 0) {
        let at = x.at((i as f64 + 0.5) * record.width / unit);
        let _ = write!(d, "{}{at:.1} {:.1}", if d.is_empty() { 'M' } else { 'L' }, y.at(bucket.memory as f64 / size));
    }
    let line = y.at(planned as f64 / size);
    let inside = html! {
        path.limit d=(format!("M{:.1} {line:.1}H{:.1}", frame.x().0, frame.x().1)) {}
        text.tick.end x=(px(frame.x().1)) y=(px(line - 5.0)) { "planned at most" }
        path.line d=(d) {}
    };
    frame.draw("Private memory over time", (&x, unit_name), (&y, size_name), inside)
}

fn end_of(record: &Record) -> f64 {
    record.done.max(record.computed).max(record.width)
}

/// Marks where each pass begins and where flushing does.
fn passes(record: &Record, frame: &Frame, x: &Scale, unit: f64) -> Markup {
    let mut marks: Vec<(f64, String)> =
        record.passes.iter().enumerate().map(|(i, at)| (*at, format!("pass {}", i + 1))).collect();
    let end = end_of(record);
    let (foot, top) = frame.y();
    let roomy = |from: f64, to: f64, name: &str| x.at(to / unit) - x.at(from / unit) > 6.4 * name.len() as f64;
    if roomy(record.computed, end, "flush") {
        marks.push((record.computed, "flush".to_string()));
    }
    html! {
        @for (i, (start, name)) in marks.iter().enumerate() {
            @let from = x.at(start / unit);
            @let next = marks.get(i + 1).map_or(end, |m| m.0);
            @if i > 0 { path.mark d=(format!("M{from:.1} {foot:.1}V{:.1}", top - 12.0)) {} }
            // A name only where it has room.
            @if roomy(*start, next, name) { text.tick x=(px(from + 5.0)) y=(px(top - 4.0)) { (name) } }
        }
    }
}

/// How often each value occurs.
pub fn histogram(h: &Histogram) -> Markup {
    let frame = Frame { width: 320.0, height: 132.0, left: 40.0, right: 8.0, top: 20.0, bottom: 22.0 };
    let most = h.counts.iter().copied().max().unwrap_or(1) as f64;
    let log = h.is_log();
    let x = Scale::linear((h.low, h.high), frame.x(), 4);
    let y = if log { Scale::log(most, frame.y(), 3) } else { Scale::linear((0.0, most), frame.y(), 3) };
    let foot = frame.y().0;
    let mut d = format!("M{:.1} {foot:.1}", frame.x().0);
    for (i, count) in h.counts.iter().enumerate() {
        let right = h.low + (h.high - h.low) * (i + 1) as f64 / h.counts.len() as f64;
        let _ = write!(d, "V{:.1}H{:.1}", y.at(*count as f64), x.at(right));
    }
    d += &format!("V{foot:.1}Z");
    let unit = if log { "count, log" } else { "count" };
    frame.draw("Histogram", (&x, ""), (&y, unit), html! { path.first d=(d) {} })
}

/// Lines one below the other, each the band between least and greatest values.
pub fn lines(lines: &[Line], axis: &str, extent: u64) -> Markup {
    let each = if lines.len() > 1 { 74.0 } else { 158.0 };
    let last = lines.len().saturating_sub(1);
    html! {
        @for (i, line) in lines.iter().enumerate() {
            @let bottom = if i == last { 34.0 } else { 8.0 };
            @let frame = Frame { width: 320.0, height: each + bottom, left: 40.0, right: 8.0, top: 18.0, bottom };
            (self::line(line, axis, extent, &frame, i == last))
        }
    }
}

fn line(line: &Line, axis: &str, extent: u64, frame: &Frame, named: bool) -> Markup {
    let seen = |v: &&f64| v.is_finite();
    let low = line.low.iter().filter(seen).copied().fold(f64::INFINITY, f64::min);
    let high = line.high.iter().filter(seen).copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = match (low, high) {
        (l, h) if l > h => (0.0, 1.0),
        // A flat line runs through the middle.
        (l, h) if l == h => (l - l.abs().max(1.0) / 2.0, h + h.abs().max(1.0) / 2.0),
        range => range,
    };
    let x = Scale::linear((0.0, extent as f64), frame.x(), 4);
    let y = Scale::linear((low, high), frame.y(), if frame.height > 120.0 { 4 } else { 2 });
    let columns = line.low.len() as f64;
    let at = |i: usize| x.at((i as f64 + 0.5) * extent as f64 / columns);
    let known: Vec<usize> = (0..line.low.len()).filter(|&i| line.low[i].is_finite()).collect();
    let mut d = String::new();
    for &i in &known {
        let _ = write!(d, "{}{:.1} {:.1}", if d.is_empty() { 'M' } else { 'L' }, at(i), y.at(line.high[i]));
    }
    for &i in known.iter().rev() {
        let _ = write!(d, "L{:.1} {:.1}", at(i), y.at(line.low[i]));
    }
    let mut bare = x.clone();
    if !named {
        bare.ticks.clear();
    }
    let label = format!("Values along {axis} {}", line.what);
    let inside = html! { path.band d=(if d.is_empty() { d } else { d + "Z" }) {} };
    frame.draw(&label, (&bare, if named { axis } else { "" }), (&y, &line.what), inside)
}

/// `min −3.1, mean 0.02, max 8.4`
pub fn extremes(h: &Histogram) -> String {
    // As many digits as tell the two ends apart by thousandths.
    let digits = (3.0 - (h.max - h.min).max(f64::MIN_POSITIVE).log10().floor()).clamp(0.0, 9.0) as usize;
    let show = |v: f64| {
        let plain = v.abs() < 1e7 && (1e-6..1e7).contains(&(h.max - h.min));
        if plain { super::axis::plain(v, digits) } else { short(v) }
    };
    format!("min {}, mean {}, max {}", show(h.min), show(h.mean), show(h.max))
}
