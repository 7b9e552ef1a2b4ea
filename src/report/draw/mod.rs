//! Arrays as pictures and plots.
//!
//! Owns how an array of any size becomes something to look at, a block at a time: frames reduced by area,
//! montages, colour maps and contrast, series as lines. Gives bytes in memory; whoever asks writes them.
//! Refuses to compute what kernels compute: a projection is a pipeline's.
//!
//! ```text
//! spec + index ─ select ─► Planes ─ reduce ─► cells ─ color ─► picture ─► Raster ─► PNG
//!                     └──► Lines ── series ─► points ─ ticks ─► plot ───► SVG ─ svg ┘
//! ```

mod color;
mod error;
mod moment;
mod picture;
mod plot;
mod raster;
mod reduce;
mod select;
mod series;
mod svg;
mod ticks;

pub use color::{ColorMap, Contrast, Ends};
pub use error::DrawError;
pub use moment::{parse_moment, parse_step};
pub use picture::{Grid, Picture, SIDE_PIXELS, Style, montage, plane};
pub use plot::{LinePlot, PLOT_LINES_MAX, Plot};
pub use raster::Raster;
pub use select::{Chosen, LINES_MAX, Lines, Planes, choose};
pub use series::{Positions, Series};

use crate::storage::Stored;

/// A small view of an array, to stand in a page.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    pub bytes: Vec<u8>,
    /// `image/png` or `image/svg+xml`.
    pub mime: &'static str,
    pub width: u32,
    pub height: u32,
    /// What is seen, such as `frame 150 of 300`.
    pub caption: String,
}

/// The middle frame of a stack as PNG, or a series as SVG, at most `size` pixels on its longest side.
/// `name` is what errors call the array; arrays that have neither plane nor line are refused.
pub fn thumbnail(name: &str, stored: &Stored, size: u32, contrast: Option<Contrast>) -> Result<Thumbnail, DrawError> {
    match choose(name, stored.spec(), None)? {
        Chosen::Planes(planes) => {
            let frame = planes.one()?;
            let style = Style { size: Some(size), contrast, ..Style::default() };
            let picture = plane(stored, &planes, frame, &style)?;
            let at = planes.indices(frame).iter().map(u64::to_string).collect::<Vec<_>>().join(",");
            let caption = match planes.frames() {
                1 => format!("{} × {}", planes.height(), planes.width()),
                all => format!("frame {at} of {all}, {} × {}", planes.height(), planes.width()),
            };
            let (width, height) = (picture.raster.width as u32, picture.raster.height as u32);
            Ok(Thumbnail { bytes: picture.raster.png()?, mime: "image/png", width, height, caption })
        }
        Chosen::Lines(lines) => {
            let caption = format!("{} samples", crate::report::show_count(lines.samples()));
            let series = Series::numbered(stored, lines);
            let plot = LinePlot::sized(size).draw(&[series])?;
            let (width, height) = (plot.width as u32, plot.height as u32);
            Ok(Thumbnail { bytes: plot.svg.into_bytes(), mime: "image/svg+xml", width, height, caption })
        }
    }
}
