//! The page from top to bottom: outcome, graph, plan, rate, arrays, outputs, how to repeat it.
//!
//! Owns the order and the words. Refuses to draw: graphs, charts and cards come from beside it.

use super::arrays::Card;
use super::charts;
use super::graph::{Graph, show_path, show_shape, show_spec};
use super::thumbnail::{is_picture, picture_width};
use super::timeline::{Record, Timeline};
use crate::engine::RunReport;
use crate::plan::measure::grid;
use crate::plan::{Plan, Problem, show_bytes};
use crate::report::{show_count, show_duration, show_rate};
use crate::storage::{StorageError, Stored};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::sync::Arc;

const STYLE: &str = include_str!("style.css");

/// A finished run and how it was asked for.
#[derive(Debug)]
pub struct Page<'a> {
    pub title: &'a str,
    /// When it ended, for people.
    pub finished: &'a str,
    /// The words to run it again, as a shell takes them.
    pub command: &'a str,
    /// Where they were said.
    pub folder: &'a str,
    /// The pipeline as TOML.
    pub pipeline: &'a str,
    pub warnings: &'a [String],
    pub problem: &'a Problem,
    pub plan: &'a Plan,
    pub report: &'a RunReport,
    pub timeline: &'a Timeline,
    pub inputs: &'a [Arc<Stored>],
    pub outputs: &'a [Stored],
}

impl Page<'_> {
    /// The whole page. Reads a bounded part of each input and output: some 100 MiB at most.
    pub fn render(&self) -> Result<String, StorageError> {
        let record = self.timeline.record();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="generator" content=(concat!("tilewise ", env!("CARGO_PKG_VERSION")));
                    title { (self.title) " · tilewise" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        (self.head())
                        section { h2 { "Pipeline" } (Graph::of(self.problem, self.plan).draw()) }
                        (self.plan())
                        (self.over_time(&record))
                        (self.arrays()?)
                        (self.outputs())
                        (self.notes())
                        (self.again())
                    }
                }
            }
        };
        Ok(page.into_string())
    }

    /// Bytes read and written by all passes, as measured.
    fn moved(&self) -> (u64, u64) {
        self.report.passes.iter().fold((0, 0), |(r, w), p| (r + p.read, w + p.written))
    }

    fn head(&self) -> Markup {
        let (read, written) = self.moved();
        let seconds = self.report.elapsed.as_secs_f64().max(1e-9);
        let budget = self.plan.memory.budget;
        html! {
            header {
                h1 { (self.title) }
                p.when { "Done " (self.finished) " · tilewise " (env!("CARGO_PKG_VERSION")) }
                dl.figures {
                    div { dt { "Time" } dd { (show_duration(self.report.elapsed)) } }
                    div { dt { "Rate" } dd { (show_rate((read + written) as f64 / seconds)) } }
                    div { dt { "Read" } dd { (show_bytes(read)) } }
                    div { dt { "Written" } dd { (show_bytes(written)) } }
                    div {
                        dt { "Peak memory" }
                        dd {
                            (self.report.private_peak.map_or("not known".to_string(), show_bytes))
                            small { " of " (show_bytes(budget)) }
                        }
                    }
                }
            }
        }
    }

    fn plan(&self) -> Markup {
        let planned = self.plan.traffic();
        let (read, written) = self.moved();
        let memory = self.plan.memory;
        let peak = self.report.private_peak.unwrap_or(0);
        let bytes = |what, planned, measured: u64, whole| Row {
            what,
            planned: show_bytes(planned),
            measured: if measured == 0 && planned > 0 { "not known".into() } else { show_bytes(measured) },
            shares: (share(planned, whole), share(measured, whole)),
        };
        let most = planned.read.max(read).max(planned.written).max(written);
        let passes = self.plan.sweeps().to_string();
        let rows = [
            bytes("memory", memory.projected, peak, memory.projected.max(peak)),
            bytes("read", planned.read, read, most),
            Row { what: "written", measured: show_bytes(written), ..bytes("", planned.written, written, most) },
            Row {
                what: "sweeps",
                planned: passes.clone(),
                measured: self.report.sweeps().to_string(),
                shares: (0.0, 0.0),
            },
        ];
        html! {
            section {
                h2 { "Plan" }
                p { (self.in_words()) }
                div.scroll { table.compare {
                    thead { tr {
                        th {} th.number { (swatch("planned")) "planned" } th.number { (swatch("measured")) "measured" } th {}
                    } }
                    tbody { @for row in rows { (row.draw()) } }
                } }
                div.scroll { table.passes {
                    thead { tr {
                        th { "pass" } th { "steps" } th { "tiles" }
                        th.number { "memory, planned" } th.number { "read" } th.number { "written" } th.number { "time" }
                        th { "share of time" }
                    } }
                    tbody { @for i in 0..self.plan.passes.len() { (self.pass(i)) } }
                } }
                p.fact { "Steps of a pass share its tiles. Small figures under bytes are what was planned." }
            }
        }
    }

    fn in_words(&self) -> String {
        let (memory, traffic) = (self.plan.memory, self.plan.traffic());
        let passes = match self.plan.sweeps() {
            1 => "One pass".to_string(),
            n => format!("{n} passes"),
        };
        let halo = match traffic.halo {
            0 => String::new(),
            h => format!("; {} of the bytes read are read twice, for halos", show_bytes(h)),
        };
        format!(
            "{passes} with {} threads in a budget of {} ({}){halo}.",
            self.plan.threads,
            show_bytes(memory.budget),
            self.problem.limits.memory_source,
        )
    }

    fn pass(&self, index: usize) -> Markup {
        let planned = &self.plan.passes[index];
        let Some(measured) = self.report.passes.get(index) else { return html! {} };
        let (pass, tiling) = (&planned.pass, &planned.tiling);
        let tiles: u64 = grid(&pass.domain, &tiling.tile).iter().product();
        let seconds = measured.elapsed.as_secs_f64();
        let rate = (measured.read + measured.written) as f64 / seconds.max(1e-9);
        let two = |measured: u64, planned: u64| html! { (show_bytes(measured)) br; small { (show_bytes(planned)) } };
        html! {
            tr {
                td { (index + 1) }
                td.steps { (pass.title(self.problem, &self.plan.network)) }
                td.tiles {
                    @if measured.left_out { "none of " }
                    (show_count(tiles)) " of " (show_shape(&tiling.tile))
                    br; small { "over " (show_shape(&pass.domain)) }
                }
                td.number { (show_bytes(planned.memory_bytes(self.plan.threads))) }
                td.number { (two(measured.read, planned.traffic.read)) }
                td.number { (two(measured.written, planned.traffic.written)) }
                td.number { (show_duration(measured.elapsed)) br; small { (show_rate(rate)) } }
                td.bars { (bar("measured", seconds / self.report.elapsed.as_secs_f64().max(1e-9))) }
            }
        }
    }

    fn over_time(&self, record: &Record) -> Markup {
        if record.buckets.is_empty() {
            return html! {};
        }
        // One look makes no line.
        let seen = record.buckets.iter().filter(|b| b.memory > 0).count() > 1;
        let flush = match self.report.commit {
            c if c.as_secs_f64() > 0.1 * self.report.elapsed.as_secs_f64() => {
                format!(" Flushing to the disk took {} of {}.", show_duration(c), show_duration(self.report.elapsed))
            }
            _ => String::new(),
        };
        html! {
            section {
                h2 { "Over time" }
                div.chart-head { h3 { "Rate" } (key("read", "written")) }
                (both(|width| charts::rate(record, width)))
                @if seen {
                    h3 { "Private memory" }
                    (both(|width| charts::memory(record, self.plan.memory.projected, width)))
                }
                p.fact { "A tile's bytes are spread over the time it took." (flush) }
            }
        }
    }

    fn arrays(&self) -> Result<Markup, StorageError> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let specs = self.inputs.iter().map(|s| s.spec()).chain(self.outputs.iter().map(Stored::spec));
        let width = picture_width(specs.filter(|s| is_picture(s)).count());
        for (input, stored) in self.problem.inputs.iter().zip(self.inputs) {
            before
                .push(Card { kind: "input", name: &input.name, path: &input.path, stored, counted: None }.draw(width)?);
        }
        for ((output, stored), held) in self.problem.outputs.iter().zip(self.outputs).zip(&self.report.outputs) {
            let counted = Some((held.nan, held.inf));
            after.push(Card { kind: "output", name: &output.name, path: &output.path, stored, counted }.draw(width)?);
        }
        Ok(html! {
            section {
                h2 { "Before and after" }
                // Few cards stand side by side, many in two groups.
                @if before.len() == 1 || before.len() + after.len() <= 3 {
                    div.cards { @for card in before.iter().chain(&after) { (card) } }
                } @else {
                    div.cards { @for card in &before { (card) } }
                    div.cards { @for card in &after { (card) } }
                }
            }
        })
    }

    fn outputs(&self) -> Markup {
        html! {
            section {
                h2 { "Outputs" }
                div.scroll { table {
                    thead { tr { th { "name" } th { "file" } th { "array" } th.number { "size" } th.number { "NaN" } th.number { "inf" } } }
                    tbody {
                        @for (output, held) in self.problem.outputs.iter().zip(&self.report.outputs) {
                            tr {
                                td { (output.name) }
                                td.path { (show_path(&output.path)) }
                                td.array-of { (show_spec(&output.spec)) }
                                td.number { (show_bytes(output.spec.bytes().unwrap_or(0))) }
                                @if output.spec.dtype.is_float() || output.spec.dtype.is_complex() {
                                    td.number { (show_count(held.nan)) }
                                    td.number { (show_count(held.inf)) }
                                } @else {
                                    td.number { "–" }
                                    td.number { "–" }
                                }
                            }
                        }
                    }
                } }
            }
        }
    }

    fn notes(&self) -> Markup {
        let plan = self.plan;
        if self.warnings.is_empty() && plan.notes.is_empty() && plan.refused.is_empty() {
            return html! {};
        }
        html! {
            section {
                h2 { "Notes" }
                ul.notes {
                    @for warning in self.warnings { li { strong { "Warning: " } (warning) } }
                    @for note in &plan.notes { li { (note) } }
                    @for other in &plan.refused { li { "Refused: " (other.text()) } }
                }
            }
        }
    }

    fn again(&self) -> Markup {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let limits = &self.problem.limits;
        html! {
            section {
                h2 { "Run it again" }
                pre.command { code { (self.command) } }
                p.fact { "in " code { (self.folder) } ", with this pipeline:" }
                pre { code { (self.pipeline.trim_end()) } }
                dl.machine {
                    div { dt { "Plan" } dd { code { (self.plan.hash(self.problem)) } } }
                    div { dt { "Machine" } dd { (std::env::consts::ARCH) " " (std::env::consts::OS) ", " (cores) " cores, " (self.plan.threads) " threads used" } }
                    div { dt { "Memory budget" } dd { (show_bytes(limits.memory_bytes)) ", " (limits.memory_source) } }
                }
            }
        }
    }
}

/// A quantity, planned beside measured.
struct Row {
    what: &'static str,
    planned: String,
    measured: String,
    /// Lengths of the bars, from 0 to 1.
    shares: (f64, f64),
}

impl Row {
    fn draw(&self) -> Markup {
        html! {
            tr {
                th scope="row" { (self.what) }
                td.number { (self.planned) }
                td.number { (self.measured) }
                td.bars { @if self.shares.0 > 0.0 { (bar("planned", self.shares.0)) (bar("measured", self.shares.1)) } }
            }
        }
    }
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn bar(class: &str, share: f64) -> Markup {
    html! { div.bar.(class) style=(format!("width:{:.1}%", (share * 100.0).clamp(0.0, 100.0))) {} }
}

/// What two colours stand for.
fn key(first: &str, second: &str) -> Markup {
    html! {
        span.key { (swatch(first)) (first) }
        span.key { (swatch(second)) (second) }
    }
}

fn swatch(class: &str) -> Markup {
    html! { span class={ "swatch " (class) } {} }
}

/// A chart twice: as wide as a page, and as a phone, so that its letters stay letters.
fn both(chart: impl Fn(f64) -> Markup) -> Markup {
    html! {
        div.wide { (chart(960.0)) }
        div.narrow.only { (chart(360.0)) }
    }
}
