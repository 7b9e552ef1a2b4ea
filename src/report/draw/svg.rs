//! SVG to pixels, and the few things that writing SVG by hand takes.
//!
//! Owns the one font, which is compiled in, so that a text has the same pixels on every machine.

use super::{DrawError, Raster};
use resvg::{tiny_skia, usvg};
use std::sync::{Arc, LazyLock};

/// The fonts that texts name. Verdana, which browsers have where they lack DejaVu, is as wide.
pub(super) const FONTS: &str = "DejaVu Sans, Verdana, sans-serif";

static OPTIONS: LazyLock<usvg::Options<'static>> = LazyLock::new(|| {
    let mut options = usvg::Options { font_family: "DejaVu Sans".into(), ..usvg::Options::default() };
    let font: Arc<&'static [u8]> = Arc::new(dejavu::sans::regular());
    options.fontdb_mut().load_font_source(usvg::fontdb::Source::Binary(font));
    options
});

/// Draws an SVG over a picture; one unit of it is `scale` pixels.
pub(super) fn overlay(raster: &mut Raster, svg: &str, scale: f32) -> Result<(), DrawError> {
    // What is drawn is written here, so that a failure tells of a size out of all bounds.
    let fail = |what: &str| DrawError::Request(format!("cannot draw {} × {}: {what}", raster.width, raster.height));
    let tree = usvg::Tree::from_str(svg, &OPTIONS).map_err(|e| fail(&e.to_string()))?;
    let size = tiny_skia::IntSize::from_wh(raster.width as u32, raster.height as u32);
    let rgba: Vec<u8> = raster.rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    let pixmap = size.and_then(|size| tiny_skia::Pixmap::from_vec(rgba, size));
    let mut pixmap = pixmap.ok_or_else(|| fail("no pixels"))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    // Over an opaque picture everything stays opaque.
    raster.rgb = pixmap.take().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    Ok(())
}

/// Text that stands between tags or quotes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no word for these.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// About how wide a text is, in units of its size. Good to a few per cent for Latin text.
pub(super) fn text_width(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' | ' ' | 'I' => 0.32,
            'f' | 't' | 'r' | '(' | ')' | '-' | '/' => 0.40,
            'm' | 'w' | 'M' | 'W' | '%' => 0.93,
            '−' | '=' | '+' | '×' => 0.84,
            '⁰'..='⁹' | '¹' | '²' | '³' | '⁻' => 0.41,
            c if c.is_ascii_uppercase() => 0.70,
            _ => 0.62,
        })
        .sum()
}

/// A coordinate: tenths are as fine as a pixel is.
pub(super) fn number(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    // Never "-0".
    format!("{}", tenths + 0.0)
}
