//! Inputs and outputs on the page: a picture of each, and how its values are spread.
//!
//! Owns the cards. Refuses to know how pictures and histograms are made.

use super::axis::short;
use super::charts;
use super::graph::{show_path, show_spec};
use super::histogram::Histogram;
use super::thumbnail::{Thumbnail, thumbnail};
use crate::plan::show_bytes;
use crate::report::show_count;
use crate::storage::{StorageError, Stored};
use base64::Engine;
use maud::{Markup, html};

/// One array with what the run already knows of it.
#[derive(Debug)]
pub struct Card<'a> {
    /// `input` or `output`.
    pub kind: &'static str,
    pub name: &'a str,
    pub path: &'a str,
    pub stored: &'a Stored,
    /// NaN and infinities in the whole of it, where they were counted.
    pub counted: Option<(u64, u64)>,
}

impl Card<'_> {
    /// Reads a bounded part of the array and draws it.
    pub fn draw(&self, width: u64) -> Result<Markup, StorageError> {
        let spec = self.stored.spec();
        let thumbnail = thumbnail(self.stored, width)?;
        let spread = match thumbnail {
            Thumbnail::Values(_) | Thumbnail::Empty => None,
            _ => Histogram::of(self.stored)?,
        };
        Ok(html! {
            figure.card {
                h4 { (self.name) span class={ "kind " (self.kind) } { (self.kind) } }
                p.fact { (show_spec(spec)) ", " (show_bytes(spec.bytes().unwrap_or(0))) }
                p.path { (show_path(self.path)) }
                (picture(&thumbnail, self.name))
                @if let Some(h) = &spread {
                    (charts::histogram(h))
                    figcaption { (self.caption(h)) }
                } @else if !matches!(thumbnail, Thumbnail::Values(_) | Thumbnail::Empty) {
                    figcaption { "no finite value in the sample" }
                }
            }
        })
    }

    /// What the histogram counts, and what it leaves out.
    fn caption(&self, h: &Histogram) -> String {
        let of = if self.stored.spec().dtype.is_complex() { "magnitudes, " } else { "" };
        let mut text = format!("{of}{}", charts::extremes(h));
        text += &match h.elements == h.total {
            true => format!("; all {} elements", show_count(h.total)),
            false => format!("; from a sample of {} of {} elements", show_count(h.elements), show_count(h.total)),
        };
        for (n, what) in [(h.below, "below"), (h.above, "above")] {
            if n > 0 {
                text += &format!("; {} {what} the range drawn", show_count(n));
            }
        }
        let (nan, inf) = self.counted.unwrap_or((h.nan, h.inf));
        for (n, what) in [(nan, "NaN"), (inf, "infinite")] {
            if n > 0 {
                text += &format!("; {} {what}", show_count(n));
            }
        }
        text
    }
}

fn picture(thumbnail: &Thumbnail, name: &str) -> Markup {
    match thumbnail {
        Thumbnail::Picture { png, width, height, what } => {
            let source = format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png));
            html! {
                img.plane src=(source) width=(width) height=(height) alt=(format!("{name}, {what}"));
                @if !what.is_empty() { p.fact.below { (what) } }
            }
        }
        Thumbnail::Lines { lines, axis, extent, whole } => html! {
            (charts::lines(lines, axis, *extent))
            @if *extent > lines.first().map_or(0, |l| l.low.len() as u64) {
                p.fact.below {
                    "least to greatest value in each of " (lines.first().map_or(0, |l| l.low.len())) " columns"
                    @if !whole { ", of the first values of each" }
                }
            }
        },
        Thumbnail::Values(values) => html! {
            p.values { @for (i, v) in values.iter().enumerate() { @if i > 0 { ", " } (exact(*v)) } }
        },
        Thumbnail::Empty => html! { p.fact { "empty" } },
    }
}

/// A single result, with the digits that matter.
fn exact(value: f64) -> String {
    match value {
        v if v.is_nan() => "NaN".to_string(),
        v if v.is_infinite() => if v > 0.0 { "∞" } else { "−∞" }.to_string(),
        v if v == v.trunc() && v.abs() < 1e15 => format!("{v:.0}").replace('-', "−"),
        v if (1e-3..1e7).contains(&v.abs()) => {
            let digits = (6.0 - v.abs().log10().floor()).clamp(0.0, 9.0) as usize;
            format!("{v:.digits$}").replace('-', "−")
        }
        v => short(v),
    }
}
