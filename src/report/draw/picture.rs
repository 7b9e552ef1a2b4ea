//! Frames as pictures: one, or several in a grid.
//!
//! Owns size, contrast, gaps, numbers and the colour bar. Refuses to know how cells were read and how
//! pixels are written.

use super::color::Ends;
use super::reduce::{Cells, reduce};
use super::select::Planes;
use super::svg::{FONTS, escape, number, overlay, text_width};
use super::{ColorMap, Contrast, DrawError, Raster, ticks};
use crate::array::DType;
use crate::storage::Stored;
use std::fmt::Write;

/// The longest side of a picture, unless somebody asks for another.
pub const SIDE_PIXELS: u32 = 1600;

/// Pictures with a longest side below the first are enlarged to about the second.
const SMALL_PIXELS: usize = 480;
const ENLARGED_PIXELS: usize = 960;

/// Between frames of a montage.
const GAP_PIXELS: usize = 6;

/// How pictures are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Style {
    /// The longest side in pixels; larger frames are reduced by area, smaller ones enlarged by whole
    /// factors. Default: at most [`SIDE_PIXELS`], and enlarged where one would hardly see anything.
    pub size: Option<u32>,
    /// Default: as stored for colour of 8 bits, else percentiles 0.5 and 99.5.
    pub contrast: Option<Contrast>,
    pub colors: ColorMap,
    /// A scale with values beside the picture; colour pictures have none.
    pub colorbar: bool,
}

/// A finished picture, and what to say of it.
#[derive(Clone, Debug)]
pub struct Picture {
    pub raster: Raster,
    /// The values of the darkest and the brightest colour.
    pub ends: Ends,
    /// Rows and columns of a frame.
    pub frame: (u64, u64),
    /// Rows and columns of pixels that a frame takes.
    pub drawn: (usize, usize),
    /// Pixels without a value.
    pub nan: u64,
    /// Which frames were drawn, in order.
    pub frames: Vec<u64>,
    /// Rows and columns of the grid.
    pub grid: (usize, usize),
}

/// How many frames a montage shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// At most as many, in a grid that suits their shape.
    Frames(u64),
    Cells {
        rows: usize,
        columns: usize,
    },
}

/// A frame of a stack, counted along the frames that were chosen.
pub fn plane(stored: &Stored, planes: &Planes, frame: u64, style: &Style) -> Result<Picture, DrawError> {
    draw(stored, planes, &[frame], (1, 1), style)
}

/// Evenly spaced frames, the first and the last among them, with one contrast for all.
pub fn montage(stored: &Stored, planes: &Planes, grid: Grid, style: &Style) -> Result<Picture, DrawError> {
    let all = planes.frames();
    if all < 2 {
        let what = "a montage shows several frames and there is one; leave --montage out";
        return Err(DrawError::array(planes.name(), what));
    }
    let most = match grid {
        Grid::Frames(n) => n,
        Grid::Cells { rows, columns } => (rows * columns) as u64,
    };
    let count = most.min(all);
    if count < 2 {
        return Err(DrawError::Request("a montage shows two frames or more".into()));
    }
    let shape = match grid {
        Grid::Cells { rows, columns } => (rows, columns),
        Grid::Frames(_) => near_square(count as usize, planes),
    };
    let last = count - 1;
    let frames: Vec<u64> =
        (0..count).map(|k| ((k as u128 * (all - 1) as u128 + last as u128 / 2) / last as u128) as u64).collect();
    draw(stored, planes, &frames, shape, style)
}

/// The grid whose picture is nearest to 5 : 4, with few empty cells.
fn near_square(count: usize, planes: &Planes) -> (usize, usize) {
    let aspect = planes.width() as f64 / planes.height() as f64;
    let cost = |columns: usize| {
        let rows = count.div_ceil(columns);
        let shape = (columns as f64 * aspect / rows as f64 / 1.25).ln().abs();
        shape + 0.06 * (rows * columns - count) as f64
    };
    let best = (1..=count).min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(1);
    (count.div_ceil(best), best)
}

fn draw(
    stored: &Stored,
    planes: &Planes,
    frames: &[u64],
    grid: (usize, usize),
    style: &Style,
) -> Result<Picture, DrawError> {
    let (height, width, factor) = fit(planes, grid, style)?;
    let mut cells: Vec<Cells> = Vec::new();
    for frame in frames {
        cells.push(reduce(stored, planes, *frame, height, width)?);
    }
    let ends = ends(stored, planes, &cells, style)?;
    let (tall, wide) = (height * factor, width * factor);
    let mut raster =
        Raster::filled(grid.1 * (wide + GAP_PIXELS) - GAP_PIXELS, grid.0 * (tall + GAP_PIXELS) - GAP_PIXELS, [255; 3]);
    for (i, frame) in cells.iter().enumerate() {
        let (row, column) = (i / grid.1, i % grid.1);
        let pixels = paint(frame, ends, style.colors).enlarged(factor);
        raster.put(&pixels, column * (wide + GAP_PIXELS), row * (tall + GAP_PIXELS));
    }
    if frames.len() > 1 {
        number_frames(&mut raster, planes, frames, grid, (tall, wide))?;
    }
    if style.colorbar && !planes.is_rgb() {
        raster = with_bar(&raster, ends, style.colors)?;
    }
    let nan = cells.iter().flat_map(|c| &c.values).filter(|v| v.is_nan()).count() as u64;
    let frame = (planes.height(), planes.width());
    Ok(Picture { raster, ends, frame, drawn: (tall, wide), nan, frames: frames.to_vec(), grid })
}

/// Rows and columns of cells of one frame, and the factor by which they are enlarged.
fn fit(planes: &Planes, grid: (usize, usize), style: &Style) -> Result<(usize, usize, usize), DrawError> {
    let (height, width) = (planes.height(), planes.width());
    let gaps = |n: usize| GAP_PIXELS * (n - 1);
    let most = style.size.unwrap_or(SIDE_PIXELS) as usize;
    let room = (most.saturating_sub(gaps(grid.0)) / grid.0, most.saturating_sub(gaps(grid.1)) / grid.1);
    if room.0 == 0 || room.1 == 0 {
        let text =
            format!("{} × {} frames do not fit into {most} pixels; ask for fewer, or a larger --size", grid.0, grid.1);
        return Err(DrawError::Request(text));
    }
    let fits = height <= room.0 as u64 && width <= room.1 as u64;
    if fits {
        let (height, width) = (height as usize, width as usize);
        let longest = (height * grid.0 + gaps(grid.0)).max(width * grid.1 + gaps(grid.1));
        let goal = match style.size {
            Some(size) => size as usize,
            None if longest < SMALL_PIXELS => ENLARGED_PIXELS,
            None => longest,
        };
        let largest = |extent: usize, n: usize| goal.saturating_sub(gaps(n)) / (extent * n);
        return Ok((height, width, largest(height, grid.0).min(largest(width, grid.1)).max(1)));
    }
    // The side that is tighter takes its room, the other keeps the shape.
    let other = |room: usize, mine: u64, its: u64| {
        ((its as u128 * room as u128 + mine as u128 / 2) / mine as u128).max(1) as usize
    };
    if u128::from(height) * room.1 as u128 >= u128::from(width) * room.0 as u128 {
        Ok((room.0, other(room.0, height, width).min(room.1).min(width as usize), 1))
    } else {
        Ok((other(room.1, width, height).min(room.0).min(height as usize), room.1, 1))
    }
}

fn ends(stored: &Stored, planes: &Planes, cells: &[Cells], style: &Style) -> Result<Ends, DrawError> {
    let usual = match stored.spec().dtype {
        DType::U8 if planes.is_rgb() => Contrast::Range(0.0, 255.0),
        _ => Contrast::default(),
    };
    let values: Vec<&[f64]> = cells.iter().map(|c| c.values.as_slice()).collect();
    let row = cells.first().map_or(1, |c| c.width * c.channels);
    Ok(style.contrast.unwrap_or(usual).check()?.ends(&values, row))
}

fn paint(cells: &Cells, ends: Ends, colors: ColorMap) -> Raster {
    let mut rgb = Vec::with_capacity(cells.height * cells.width * 3);
    if cells.channels == 3 {
        for pixel in cells.values.chunks_exact(3) {
            let nan = pixel.iter().any(|v| v.is_nan());
            let color = [ends.step(pixel[0]), ends.step(pixel[1]), ends.step(pixel[2])];
            rgb.extend_from_slice(if nan { &[214, 39, 90] } else { &color });
        }
    } else {
        let (table, nan) = (colors.table(), colors.nan());
        for value in &cells.values {
            rgb.extend_from_slice(if value.is_nan() { &nan } else { &table[ends.step(*value) as usize] });
        }
    }
    Raster { width: cells.width, height: cells.height, rgb }
}

/// Writes the index of each frame into its lower left corner.
fn number_frames(
    raster: &mut Raster,
    planes: &Planes,
    frames: &[u64],
    grid: (usize, usize),
    (tall, wide): (usize, usize),
) -> Result<(), DrawError> {
    let texts: Vec<String> =
        frames.iter().map(|f| planes.indices(*f).iter().map(u64::to_string).collect::<Vec<_>>().join(",")).collect();
    let longest = texts.iter().map(|t| text_width(t)).fold(0.0, f64::max);
    let size = (raster.width.max(raster.height) as f64 / 70.0).clamp(11.0, 20.0);
    let (pill_wide, pill_tall) = (|t: &str| text_width(t) * size + size * 0.9, size * 1.5);
    if longest * size + size * 0.9 > wide as f64 || pill_tall * 2.0 > tall as f64 {
        // Numbers would hide the frames.
        return Ok(());
    }
    let mut svg = open(raster);
    for (i, text) in texts.iter().enumerate() {
        let x = ((i % grid.1) * (wide + GAP_PIXELS)) as f64;
        let bottom = ((i / grid.1) * (tall + GAP_PIXELS) + tall) as f64;
        let (w, y) = (pill_wide(text), bottom - pill_tall);
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#000\" fill-opacity=\"0.6\"/>\
             <text x=\"{}\" y=\"{}\" font-size=\"{size}\" fill=\"#fff\" text-anchor=\"middle\">{}</text>",
            number(y),
            number(w),
            number(pill_tall),
            number(x + w / 2.0),
            number(y + pill_tall * 0.5 + size * 0.36),
            escape(text)
        );
    }
    svg.push_str("</svg>");
    overlay(raster, &svg, 1.0)
}

fn open(raster: &Raster) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" font-family=\"{FONTS}\">",
        raster.width, raster.height
    )
}

/// The picture with a scale at its right.
fn with_bar(picture: &Raster, ends: Ends, colors: ColorMap) -> Result<Raster, DrawError> {
    let size = (picture.width.max(picture.height) as f64 / 60.0).clamp(11.0, 22.0);
    let (left, bar) = ((size * 1.2) as usize, (size * 1.4) as usize);
    let pad = size as usize;
    let span = if ends.low < ends.high { (ends.low, ends.high) } else { (ends.low - 0.5, ends.high + 0.5) };
    let scale = ticks::linear(span.0, span.1, (picture.height as f64 / (size * 5.0)).clamp(2.0, 8.0));
    let longest = scale.iter().map(|(_, text)| text_width(text)).fold(1.0, f64::max);
    let width = picture.width + left + bar + (size * (longest + 1.4)).ceil() as usize;
    let mut raster = Raster::filled(width, picture.height + 2 * pad, [255; 3]);
    raster.put(picture, 0, pad);
    let x = picture.width + left;
    let table = colors.table();
    for y in 0..picture.height {
        let share = (picture.height - 1 - y) as f64 / (picture.height.max(2) - 1) as f64;
        let color = if ends.low < ends.high { table[(share * 255.0).round() as usize] } else { table[128] };
        raster.put(&Raster::filled(bar, 1, color), x, pad + y);
    }
    let mut svg = open(&raster);
    let right = (x + bar) as f64;
    // The ends of greys would be lost in the page.
    let edge = format!("M{} {pad}.5h{}v{}h-{}z", x as f64 + 0.5, bar - 1, picture.height - 1, bar - 1);
    let _ = write!(svg, "<path d=\"{edge}\" fill=\"none\" stroke=\"#888\" stroke-opacity=\"0.6\"/>");
    for (value, text) in scale {
        let share = (value - span.0) / (span.1 - span.0);
        let y = pad as f64 + (1.0 - share) * picture.height as f64;
        let _ = write!(
            svg,
            "<path d=\"M{} {}h{}\" stroke=\"#555\" stroke-width=\"{}\"/>\
             <text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"#333\">{}</text>",
            number(right),
            number(y),
            number(size * 0.35),
            number(size / 12.0),
            number(right + size * 0.6),
            number(y + size * 0.36),
            number(size),
            escape(&text)
        );
    }
    svg.push_str("</svg>");
    overlay(&mut raster, &svg, 1.0)?;
    Ok(raster)
}
