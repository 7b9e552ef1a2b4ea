//! A small picture of an array: its middle plane, or its course along one axis.
//!
//! Owns which part is shown and how it is made small in bounded memory. Refuses to know the page.

use super::sample::values;
use crate::array::{ArraySpec, Region};
use crate::storage::{StorageError, Stored};
use image::{ExtendedColorType, ImageEncoder};

/// Width of a picture in pixels, at most and at least, and the height in widths.
const WIDTH_MAX: u64 = 480;
const WIDTH_MIN: u64 = 200;
const TALL_MAX: f64 = 1.5;
/// Pixels of all pictures of a page together: noise does not compress, and a page is to be small.
const PIXELS_MAX: u64 = 480_000;
/// Rows of a picture at most.
const HEIGHT_MAX: u64 = 720;
/// Columns of a line plot.
const COLUMNS: u64 = 300;
/// Bytes read for one thumbnail, about; beyond that rows or stretches are left out evenly.
const READ_BYTES_MAX: u64 = 64 << 20;
/// Elements converted at once.
const PIECE: u64 = 1 << 16;
/// Values below and above these shares of all are black and white.
const DARKEST: f64 = 0.005;
const BRIGHTEST: f64 = 0.995;
/// An array of two axes is drawn as lines where one is so many times the other.
const LONG: u64 = 32;
const LINES_MAX: u64 = 3;
/// Arrays of so few elements are written out.
const FEW: u64 = 6;

/// What stands for an array on a page.
#[derive(Debug)]
pub enum Thumbnail {
    /// A plane as PNG.
    Picture {
        png: Vec<u8>,
        width: u64,
        height: u64,
        what: String,
    },
    /// Values along an axis, for some of several lines; not `whole` where stretches were left out.
    Lines {
        lines: Vec<Line>,
        axis: String,
        extent: u64,
        whole: bool,
    },
    /// All there is.
    Values(Vec<f64>),
    Empty,
}

/// One line: least and greatest value of each column; NaN where there is none.
#[derive(Debug)]
pub struct Line {
    pub what: String,
    pub low: Vec<f64>,
    pub high: Vec<f64>,
}

/// The width that each of so many pictures on a page may have.
pub fn picture_width(pictures: usize) -> u64 {
    (PIXELS_MAX / pictures.max(1) as u64).isqrt().clamp(WIDTH_MIN, WIDTH_MAX)
}

/// Whether an array is drawn as a picture.
pub fn is_picture(spec: &ArraySpec) -> bool {
    matches!(Part::of(spec), Part::Plane { .. }) && spec.elements().is_some_and(|n| n > FEW)
}

/// Draws the middle of an array, pictures at most so many pixels wide. Reads at most some 64 MiB of it, in pieces.
pub fn thumbnail(stored: &Stored, width: u64) -> Result<Thumbnail, StorageError> {
    let spec = stored.spec();
    let elements = spec.elements().unwrap_or(u64::MAX);
    if elements == 0 {
        return Ok(Thumbnail::Empty);
    }
    if elements <= FEW {
        let mut all = Vec::new();
        values(stored, &Region::full(&spec.shape), PIECE, &mut |v| all.extend_from_slice(v))?;
        return Ok(Thumbnail::Values(all));
    }
    match Part::of(spec) {
        Part::Plane { y, x, c } => plane(stored, (y, x, c), width),
        Part::Lines { along, across } => lines(stored, along, across),
    }
}

/// Which axes are shown.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Plane { y: usize, x: usize, c: Option<usize> },
    Lines { along: usize, across: Option<usize> },
}

impl Part {
    fn of(spec: &ArraySpec) -> Part {
        let long: Vec<usize> = (0..spec.rank()).filter(|a| spec.shape[*a] > 1).collect();
        let longest = *long.iter().max_by_key(|a| spec.shape[**a]).unwrap_or(&0);
        if let [one] = long[..] {
            return Part::Lines { along: one, across: None };
        }
        if let [a, b] = long[..] {
            let across = if longest == a { b } else { a };
            if spec.shape[longest] / spec.shape[across] >= LONG {
                return Part::Lines { along: longest, across: Some(across) };
            }
        }
        let colour = |a: &usize| spec.shape[*a] == 3;
        let named = spec.axis_named('c').filter(colour);
        let unnamed = || long.last().copied().filter(colour).filter(|a| spec.axes[*a].is_none() && long.len() > 2);
        let c = named.or_else(unnamed);
        let rest: Vec<usize> = long.into_iter().filter(|a| Some(*a) != c).collect();
        match (spec.axis_named('y'), spec.axis_named('x'), &rest[..]) {
            (Some(y), Some(x), _) if rest.contains(&y) && rest.contains(&x) => Part::Plane { y, x, c },
            (_, _, [.., y, x]) => Part::Plane { y: *y, x: *x, c },
            _ => Part::Lines { along: longest, across: c },
        }
    }
}

/// The middle of every axis, as a region of one element.
fn middle(shape: &[u64]) -> Region {
    let start: Vec<u64> = shape.iter().map(|n| n / 2).collect();
    let end = start.iter().map(|s| s + 1).collect();
    Region { start, end }
}

/// `t = 150 of 300` for each axis that is cut.
fn place(spec: &ArraySpec, shown: &[usize]) -> String {
    let cut = (0..spec.rank()).filter(|a| spec.shape[*a] > 1 && !shown.contains(a));
    let name = |a: usize| match spec.axes[a] {
        Some(letter) => letter.to_string(),
        None => format!("axis {a}"),
    };
    cut.map(|a| format!("{} = {} of {}", name(a), spec.shape[a] / 2, spec.shape[a])).collect::<Vec<_>>().join(", ")
}

fn plane(stored: &Stored, (y, x, c): (usize, usize, Option<usize>), width: u64) -> Result<Thumbnail, StorageError> {
    let spec = stored.spec();
    let channels = c.map_or(1, |c| spec.shape[c]);
    let grid = Grid::of(stored, (y, x), width, channels);
    let mut mean = vec![f64::NAN; (grid.width() * grid.height() * channels) as usize];
    for channel in 0..channels {
        let mut at = middle(&spec.shape);
        if let Some(c) = c {
            (at.start[c], at.end[c]) = (channel, channel + 1);
        }
        grid.fill(stored, &at, |pixel, value| mean[pixel * channels as usize + channel as usize] = value)?;
    }
    let pixels = contrast(&mean);
    let (width, height) = (grid.width(), grid.height());
    let mut png = Vec::new();
    let color = if channels == 3 { ExtendedColorType::Rgb8 } else { ExtendedColorType::L8 };
    let encoder = image::codecs::png::PngEncoder::new_with_quality(
        &mut png,
        image::codecs::png::CompressionType::Best,
        image::codecs::png::FilterType::Adaptive,
    );
    encoder.write_image(&pixels, width as u32, height as u32, color).map_err(|e| StorageError::Unsupported {
        path: stored.path().to_path_buf(),
        what: format!("cannot draw a picture of it: {e}"),
    })?;
    let shown: Vec<usize> = [Some(y), Some(x), c].into_iter().flatten().collect();
    Ok(Thumbnail::Picture { png, width, height, what: place(spec, &shown) })
}

/// How a plane becomes pixels: each is the mean of its area, or of an even part of it where reading all
/// would cost too much. Lines are read along the axis that lies closer together in storage.
#[derive(Debug)]
struct Grid {
    fast: Side,
    slow: Side,
    /// Whether lines run along y, not x.
    turned: bool,
    /// Lines read for each row of pixels, and elements of a line for each pixel, at most.
    lines: u64,
    elements: u64,
}

/// One side of a plane.
#[derive(Clone, Copy, Debug)]
struct Side {
    axis: usize,
    extent: u64,
    pixels: u64,
}

impl Side {
    /// The elements of a pixel; never none.
    fn part(&self, pixel: u64) -> (u64, u64) {
        let from = share(self.extent, pixel, self.pixels);
        (from, share(self.extent, pixel + 1, self.pixels).max(from + 1))
    }
}

impl Grid {
    fn of(stored: &Stored, (y, x): (usize, usize), width: u64, channels: u64) -> Grid {
        let spec = stored.spec();
        let strides = stored.facts().strides();
        let turned = strides[y] < strides[x];
        let (fast, slow) = if turned { (y, x) } else { (x, y) };
        // Elements that are not neighbours in storage bring what lies between them, up to a page.
        let cost = strides[fast].saturating_mul(spec.dtype.size() as u64).clamp(1, 4096);
        let room = READ_BYTES_MAX / channels / cost;
        let (rows, columns) = (spec.shape[y] as f64, spec.shape[x] as f64);
        // One factor for both sides keeps the proportions.
        let most = room.isqrt().max(1) as f64;
        let factor = (columns / width as f64).max(rows / (width as f64 * TALL_MAX)).max(1.0);
        let factor = factor.max(rows.max(columns) / most);
        let side = |axis: usize| {
            let extent = spec.shape[axis];
            Side { axis, extent, pixels: ((extent as f64 / factor).round() as u64).clamp(1, HEIGHT_MAX.min(extent)) }
        };
        let (fast, slow) = (side(fast), side(slow));
        let elements = (room / slow.pixels / fast.pixels).clamp(1, fast.extent.div_ceil(fast.pixels));
        let lines = (room / slow.pixels / fast.extent).max(1);
        Grid { fast, slow, turned, lines, elements }
    }

    fn width(&self) -> u64 {
        if self.turned { self.slow.pixels } else { self.fast.pixels }
    }

    fn height(&self) -> u64 {
        if self.turned { self.fast.pixels } else { self.slow.pixels }
    }

    /// Hands out the mean of each pixel of the plane through `at`; NaN where there is no finite value.
    fn fill(&self, stored: &Stored, at: &Region, mut set: impl FnMut(usize, f64)) -> Result<(), StorageError> {
        let Grid { fast, slow, .. } = *self;
        for row in 0..slow.pixels {
            let (from, to) = slow.part(row);
            let count = self.lines.min(to - from);
            let (mut sums, mut counts) = (vec![0.0; fast.pixels as usize], vec![0u32; fast.pixels as usize]);
            for i in 0..count {
                let mut line = at.clone();
                line.start[slow.axis] = from + share(to - from, i, count);
                line.end[slow.axis] = line.start[slow.axis] + 1;
                self.line(stored, line, |pixel, v| {
                    (sums[pixel], counts[pixel]) = (sums[pixel] + v, counts[pixel] + 1)
                })?;
            }
            for (column, (sum, n)) in sums.into_iter().zip(counts).enumerate() {
                let pixel = if self.turned {
                    column * self.width() as usize + row as usize
                } else {
                    row as usize * self.width() as usize + column
                };
                set(pixel, if n > 0 { sum / f64::from(n) } else { f64::NAN });
            }
        }
        Ok(())
    }

    /// Hands out the finite elements of a line, or of the beginning of each pixel's part, with their pixels.
    fn line(&self, stored: &Stored, mut line: Region, mut see: impl FnMut(usize, f64)) -> Result<(), StorageError> {
        let fast = self.fast;
        let whole = self.elements >= fast.extent.div_ceil(fast.pixels);
        let parts = if whole { 1 } else { fast.pixels };
        for part in 0..parts {
            let (from, to) = if whole { (0, fast.extent) } else { fast.part(part) };
            (line.start[fast.axis], line.end[fast.axis]) =
                (from, if whole { to } else { to.min(from + self.elements) });
            let mut at = from;
            values(stored, &line, PIECE, &mut |piece| {
                for v in piece {
                    if v.is_finite() {
                        // The inverse of `Side::part`.
                        see((((at + 1) * fast.pixels - 1) / fast.extent) as usize, *v);
                    }
                    at += 1;
                }
            })?;
        }
        Ok(())
    }
}

/// Grey values between percentiles; what has no value is black.
fn contrast(mean: &[f64]) -> Vec<u8> {
    let mut sorted: Vec<f64> = mean.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get(((sorted.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(0.0);
    let (low, high) = (at(DARKEST), at(BRIGHTEST));
    if high <= low {
        return mean.iter().map(|v| if v.is_finite() { 128 } else { 0 }).collect();
    }
    mean.iter().map(|v| ((v - low) / (high - low) * 255.0).round() as u8).collect()
}

fn lines(stored: &Stored, along: usize, across: Option<usize>) -> Result<Thumbnail, StorageError> {
    let spec = stored.spec();
    let many = across.map_or(1, |a| spec.shape[a]);
    let count = many.min(LINES_MAX);
    let extent = spec.shape[along];
    // Elements that are not neighbours in storage bring what lies between them, up to a page.
    let stride = stored.facts().strides().get(along).copied().unwrap_or(1);
    let cost = stride.saturating_mul(spec.dtype.size() as u64).min(4096);
    let most = (READ_BYTES_MAX / count / extent.min(COLUMNS) / cost).max(1);
    let mut lines = Vec::new();
    for i in 0..count {
        let mut region = middle(&spec.shape);
        let mut what = String::new();
        if let Some(across) = across {
            let index = if count > 1 { (many - 1) * i / (count - 1) } else { 0 };
            (region.start[across], region.end[across]) = (index, index + 1);
            what = format!("{} = {index}", spec.axes[across].map_or("column".to_string(), |c| c.to_string()));
        }
        lines.push(line(stored, region, along, what, most)?);
    }
    let axis = spec.axes[along].map_or("index".to_string(), |c| c.to_string());
    Ok(Thumbnail::Lines { lines, axis, extent, whole: extent.div_ceil(COLUMNS) <= most })
}

/// Least and greatest values of equal parts of one line, from at most `most` elements of each.
fn line(stored: &Stored, mut region: Region, along: usize, what: String, most: u64) -> Result<Line, StorageError> {
    let extent = stored.spec().shape[along];
    let columns = extent.min(COLUMNS);
    let (mut low, mut high) = (vec![f64::NAN; columns as usize], vec![f64::NAN; columns as usize]);
    for column in 0..columns {
        let (from, to) = (share(extent, column, columns), share(extent, column + 1, columns));
        let (low, high) = (&mut low[column as usize], &mut high[column as usize]);
        (region.start[along], region.end[along]) = (from, to.min(from + most));
        values(stored, &region, PIECE, &mut |piece| {
            for v in piece.iter().filter(|v| v.is_finite()) {
                (*low, *high) = (low.min(*v), high.max(*v));
            }
        })?;
    }
    Ok(Line { what, low, high })
}

/// The `i`-th of `n` cuts of an extent.
fn share(extent: u64, i: u64, n: u64) -> u64 {
    (u128::from(extent) * u128::from(i) / u128::from(n)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{DType, parse_axis_names};
    use crate::storage::Output;

    fn stored(shape: &[u64], axes: &str, value: impl Fn(u64) -> f32) -> Stored {
        let named = parse_axis_names(axes, shape.len()).unwrap_or(vec![None; shape.len()]);
        let spec = ArraySpec::new(DType::F32, shape).with_axes(named);
        let data: Vec<f32> = (0..shape.iter().product()).map(value).collect();
        let output = Output::temporary(&std::env::temp_dir(), &spec).expect("a file");
        output.write(&Region::full(shape), bytemuck::cast_slice(&data)).expect("written");
        output.into_stored().expect("readable")
    }

    fn part(shape: &[u64], axes: &str) -> Part {
        let named = parse_axis_names(axes, shape.len()).unwrap_or(vec![None; shape.len()]);
        Part::of(&ArraySpec::new(DType::U8, shape).with_axes(named))
    }

    #[test]
    fn the_part_that_is_shown() {
        assert_eq!(part(&[300, 800, 800], "tyx"), Part::Plane { y: 1, x: 2, c: None });
        assert_eq!(part(&[800, 600, 30], "yxt"), Part::Plane { y: 0, x: 1, c: None });
        assert_eq!(part(&[40, 50, 3], ""), Part::Plane { y: 0, x: 1, c: Some(2) });
        assert_eq!(part(&[9, 3, 40, 50], "ncyx"), Part::Plane { y: 2, x: 3, c: Some(1) });
        assert_eq!(part(&[40, 50, 3], "yxt"), Part::Plane { y: 0, x: 1, c: None });
        assert_eq!(part(&[300, 1, 1], "tyx"), Part::Lines { along: 0, across: None });
        assert_eq!(part(&[5000, 4], "tc"), Part::Lines { along: 0, across: Some(1) });
        assert_eq!(part(&[1, 40, 50], "tyx"), Part::Plane { y: 1, x: 2, c: None });
    }

    #[test]
    fn a_plane_is_averaged_over_areas() {
        // Columns 0…959 of a ramp: each pixel of 480 is the mean of two of them, in two rows.
        let x = stored(&[3, 4, 960], "tyx", |i| (i % 960) as f32);
        let mut row = vec![0.0; 960];
        Grid::of(&x, (1, 2), 480, 1).fill(&x, &middle(&[3, 4, 960]), |i, v| row[i] = v).expect("reads");
        assert!(row.iter().enumerate().all(|(i, v)| *v == 2.0 * (i % 480) as f64 + 0.5));
        let Thumbnail::Picture { png, width, height, what } = thumbnail(&x, 480).expect("draws") else {
            panic!("a plane")
        };
        assert_eq!((width, height, what.as_str()), (480, 2, "t = 1 of 3"));
        let picture = image::load_from_memory(&png).expect("a PNG").to_luma8();
        assert_eq!(
            (picture.dimensions(), picture.get_pixel(0, 0).0, picture.get_pixel(479, 1).0),
            ((480, 2), [0], [255])
        );
        let rgb = stored(&[8, 9, 3], "yxc", |i| (i % 3) as f32);
        let Thumbnail::Picture { png, .. } = thumbnail(&rgb, 480).expect("draws") else { panic!("a plane") };
        assert_eq!(image::load_from_memory(&png).expect("a PNG").to_rgb8().get_pixel(4, 4).0, [0, 128, 255]);
    }

    #[test]
    fn any_order_of_storage_gives_the_same_picture() {
        let value = |t: u64, y: u64, x: u64| (t * 7 + y * 3 + x * x) as f32;
        let (c, f) = (
            stored(&[4, 50, 70], "tyx", |i| value(i / 3500, i / 70 % 50, i % 70)),
            stored(&[70, 50, 4], "xyt", |i| value(i % 4, i / 4 % 50, i / 200)),
        );
        let pixels = |s: &Stored| match thumbnail(s, 20).expect("draws") {
            Thumbnail::Picture { png, .. } => image::load_from_memory(&png).expect("a PNG").to_luma8(),
            other => panic!("{other:?}"),
        };
        assert_eq!(pixels(&c).dimensions(), (20, 14));
        assert_eq!(pixels(&c), pixels(&f));
        // Where every element costs a page there are fewer pixels, and each of them is read.
        let spec = ArraySpec::new(DType::U8, &[150, 200, 4096]);
        let far = Output::temporary(&std::env::temp_dir(), &spec).and_then(Output::into_stored).expect("a file");
        let grid = Grid::of(&far, (0, 1), 480, 1);
        assert_eq!((grid.width(), grid.height(), grid.lines, grid.elements), (128, 96, 1, 1));
        assert!(grid.width() * grid.height() * 4096 <= READ_BYTES_MAX, "{grid:?}");
        let near = stored(&[150, 200, 2], "yxt", |i| (i / 2 % 200) as f32);
        let side = |s: Side, pixels| Side { pixels, ..s };
        let grid = Grid { fast: side(grid.fast, 40), slow: side(grid.slow, 30), ..grid };
        grid.fill(&near, &middle(&[150, 200, 2]), |i, v| assert_eq!(v, (i % 40 * 5) as f64)).expect("reads");
    }

    #[test]
    fn a_line_keeps_its_extremes() {
        let x = stored(&[90_000], "t", |i| if i == 45_678 { 99.0 } else { (i % 10) as f32 });
        let Thumbnail::Lines { lines, axis, extent, whole } = thumbnail(&x, 480).expect("draws") else {
            panic!("a line")
        };
        assert_eq!((lines.len(), axis.as_str(), extent, whole), (1, "t", 90_000, true));
        assert_eq!((lines[0].low.len(), lines[0].high[152], lines[0].high[151]), (300, 99.0, 9.0));
        assert!(lines[0].low.iter().all(|v| *v == 0.0));
        let table = stored(&[500, 5], "tc", |i| (i % 5) as f32);
        let Thumbnail::Lines { lines, .. } = thumbnail(&table, 480).expect("draws") else { panic!("lines") };
        let shown: Vec<(&str, f64)> = lines.iter().map(|l| (l.what.as_str(), l.high[7])).collect();
        assert_eq!(shown, [("c = 0", 0.0), ("c = 2", 2.0), ("c = 4", 4.0)]);
    }

    #[test]
    fn few_values_are_given_as_they_are() {
        let Thumbnail::Values(v) = thumbnail(&stored(&[1, 2], "", |i| i as f32), 480).expect("reads") else {
            panic!("few")
        };
        assert_eq!(v, [0.0, 1.0]);
        assert!(matches!(thumbnail(&stored(&[0, 9], "", |_| 0.0), 480).expect("reads"), Thumbnail::Empty));
        let nan = stored(&[9, 9], "", |_| f32::NAN);
        assert!(matches!(thumbnail(&nan, 480).expect("draws"), Thumbnail::Picture { .. }));
    }
}
