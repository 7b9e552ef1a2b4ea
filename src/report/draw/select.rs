//! What an index leaves of an array, and whether that is a picture or a line.
//!
//! Owns the rules by which axes become y, x, colour, frames, or the run of a line. Refuses to read data.

use super::DrawError;
use crate::array::{ArraySpec, Region};
use crate::storage::{SliceIndex, Taken};

/// Columns that are drawn as lines of one plot, at most; more are a picture.
pub const LINES_MAX: u64 = 8;

/// Rows from which on an array of few columns without axis names is taken for series.
const SERIES_ROWS_MIN: u64 = 32;

/// How a selection is drawn.
#[derive(Clone, Debug)]
pub enum Chosen {
    Planes(Planes),
    Lines(Lines),
}

/// One or more frames: boxes of y and x, perhaps with colour.
#[derive(Clone, Debug)]
pub struct Planes {
    name: String,
    taken: Vec<Taken>,
    pub(super) y: usize,
    pub(super) x: usize,
    /// The axis of red, green and blue.
    pub(super) c: Option<usize>,
    /// The axes along which frames follow one another, slowest first.
    leading: Vec<usize>,
    labels: Vec<String>,
    /// Whether somebody chose, so that what is left open is an oversight.
    indexed: bool,
}

/// One series, or a few beside one another.
#[derive(Clone, Debug)]
pub struct Lines {
    name: String,
    taken: Vec<Taken>,
    pub(super) along: usize,
    pub(super) across: Option<usize>,
}

/// Decides what is drawn of an array: `index` has one entry for each axis, missing ones take all.
///
/// An axis `c` of 3 or 4 is colour. Axes named `y` and `x`, or else the last two, are the picture; an
/// array of one axis is a line, and so are up to 8 long columns without such names. `name` is what
/// errors call the array.
pub fn choose(name: &str, spec: &ArraySpec, index: Option<&[SliceIndex]>) -> Result<Chosen, DrawError> {
    let no = |what: String| Err(DrawError::array(name, what));
    if spec.dtype.is_complex() {
        let dtype = spec.dtype;
        return no(format!(
            "{dtype} is complex, which has no grey value; store its magnitude or one part as floats first"
        ));
    }
    if spec.rank() == 0 {
        return no("a single number has neither a plane nor a line; `tilewise get` prints it".into());
    }
    let taken = take(name, spec, index.unwrap_or(&[]))?;
    let mut kept: Vec<usize> = (0..spec.rank()).filter(|a| taken[*a].keeps_axis).collect();
    if kept.is_empty() {
        return no(
            "the index chooses a single element, which `tilewise get` prints; leave an axis open with \":\"".into()
        );
    }
    let colour = kept.iter().copied().find(|a| spec.axes[*a] == Some('c')).filter(|_| kept.len() > 2);
    let mut c = None;
    if let Some(axis) = colour {
        kept.retain(|a| *a != axis);
        match taken[axis].count {
            1 => {}
            3 | 4 if taken[axis].step == 1 => c = Some(axis),
            n => {
                let example = example(spec, |a| if a == axis { "0".into() } else { ":".into() });
                return no(format!("axis c has {n} channels, and colour takes 3; choose one, as in --index {example}"));
            }
        }
    }
    if let Some((along, across)) = as_lines(spec, &taken, &kept).filter(|_| c.is_none()) {
        unbroken(name, spec, &taken, along)?;
        return Ok(Chosen::Lines(Lines { name: name.to_string(), taken, along, across }));
    }
    let named = |letter| spec.axis_named(letter).filter(|a| kept.contains(a));
    let (y, x) = match (named('y'), named('x')) {
        (Some(y), Some(x)) => (y, x),
        _ => (kept[kept.len() - 2], kept[kept.len() - 1]),
    };
    unbroken(name, spec, &taken, y)?;
    unbroken(name, spec, &taken, x)?;
    let leading: Vec<usize> = kept.into_iter().filter(|a| *a != y && *a != x).collect();
    let labels = (0..spec.rank()).map(|a| spec.axis_label(a)).collect();
    let indexed = index.is_some_and(|i| !i.is_empty());
    Ok(Chosen::Planes(Planes { name: name.to_string(), taken, y, x, c, leading, labels, indexed }))
}

/// The run and the columns of what is left, where that is no picture.
fn as_lines(spec: &ArraySpec, taken: &[Taken], kept: &[usize]) -> Option<(usize, Option<usize>)> {
    let (along, across) = match *kept {
        [along] => return Some((along, None)),
        [along, across] => (along, across),
        _ => return None,
    };
    let names = (spec.axes[along], spec.axes[across]);
    let picture = matches!(names, (Some('y'), Some('x')) | (Some('x'), Some('y')));
    let series = taken[across].count <= LINES_MAX && taken[along].count >= SERIES_ROWS_MIN;
    (series && !picture).then_some((along, Some(across)))
}

fn take(name: &str, spec: &ArraySpec, index: &[SliceIndex]) -> Result<Vec<Taken>, DrawError> {
    let shape = spec.shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ");
    if spec.shape.contains(&0) {
        return Err(DrawError::array(name, format!("the array is empty (shape {shape}), there is nothing to draw")));
    }
    if index.len() > spec.rank() {
        let what = format!("{} indices for an array of {} axes (shape {shape})", index.len(), spec.rank());
        return Err(DrawError::array(name, what));
    }
    let every = index.iter().chain(std::iter::repeat(&SliceIndex::ALL));
    let mut taken = Vec::new();
    for (axis, (&extent, slice)) in spec.shape.iter().zip(every).enumerate() {
        let label = spec.axis_label(axis);
        let t = slice.resolve(extent).map_err(|e| DrawError::array(name, format!("axis {label}: {e}")))?;
        if t.count == 0 {
            let what = format!("axis {label}: {slice} takes nothing of extent {extent}");
            return Err(DrawError::array(name, what));
        }
        taken.push(t);
    }
    Ok(taken)
}

/// Refuses steps where the drawing itself decides what is left out.
fn unbroken(name: &str, spec: &ArraySpec, taken: &[Taken], axis: usize) -> Result<(), DrawError> {
    if taken[axis].step == 1 {
        return Ok(());
    }
    let label = spec.axis_label(axis);
    let what =
        format!("axis {label} is drawn whole, so its slice takes no step; write start:stop (--size reduces a picture)");
    Err(DrawError::array(name, what))
}

/// An index to copy.
fn example(spec: &ArraySpec, at: impl Fn(usize) -> String) -> String {
    (0..spec.rank()).map(at).collect::<Vec<_>>().join(",")
}

impl Planes {
    /// How many frames there are.
    pub fn frames(&self) -> u64 {
        self.leading.iter().map(|a| self.taken[*a].count).product()
    }

    /// Rows of a frame.
    pub fn height(&self) -> u64 {
        self.taken[self.y].count
    }

    /// Columns of a frame.
    pub fn width(&self) -> u64 {
        self.taken[self.x].count
    }

    /// Whether frames are red, green and blue.
    pub fn is_rgb(&self) -> bool {
        self.c.is_some()
    }

    /// What errors call the array.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The frame that is drawn where one is: the only one, or the middle one where nobody chose.
    pub fn one(&self) -> Result<u64, DrawError> {
        if self.frames() == 1 {
            return Ok(0);
        }
        if self.indexed {
            let open = |a: &usize| format!("{} ({} left)", self.labels[*a], self.taken[*a].count);
            let open: Vec<String> = self.leading.iter().filter(|a| self.taken[**a].count > 1).map(open).collect();
            let what = format!(
                "the index leaves {} frames open, along axis {}: choose one with --index, draw several with \
                 --montage, or one of all with --project max",
                self.frames(),
                open.join(" and ")
            );
            return Err(DrawError::array(&self.name, what));
        }
        Ok(self.leading.iter().fold(0, |frame, a| frame * self.taken[*a].count + self.taken[*a].count / 2))
    }

    /// The indices of a frame along the leading axes, in the array's own counting.
    pub fn indices(&self, frame: u64) -> Vec<u64> {
        let mut rest = frame;
        let mut found: Vec<u64> = Vec::new();
        for a in self.leading.iter().rev() {
            let t = self.taken[*a];
            found.push(t.first.wrapping_add_signed((rest % t.count) as i64 * t.step));
            rest /= t.count;
        }
        found.reverse();
        found
    }

    /// The box of a frame, all channels.
    pub(super) fn region(&self, frame: u64) -> Region {
        let indices = self.indices(frame);
        let mut region = whole(&self.taken);
        for (a, i) in self.leading.iter().zip(indices) {
            (region.start[*a], region.end[*a]) = (i, i + 1);
        }
        if let Some(c) = self.c {
            // Of four channels the last is alpha, which is not drawn.
            region.end[c] = region.start[c] + 3;
        }
        region
    }
}

impl Lines {
    /// Samples of each line.
    pub fn samples(&self) -> u64 {
        self.taken[self.along].count
    }

    /// How many lines there are.
    pub fn lines(&self) -> u64 {
        self.across.map_or(1, |a| self.taken[a].count)
    }

    /// The index of a line along its axis, in the array's own counting.
    pub fn column(&self, line: u64) -> u64 {
        self.across.map_or(0, |a| self.taken[a].first.wrapping_add_signed(line as i64 * self.taken[a].step))
    }

    /// What errors call the array.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The box of samples `from..to` of every column that lies between the first and the last.
    pub(super) fn region(&self, from: u64, to: u64) -> Region {
        let mut region = whole(&self.taken);
        let first = self.taken[self.along].first;
        (region.start[self.along], region.end[self.along]) = (first + from, first + to);
        if let Some(a) = self.across {
            let ends = [self.column(0), self.column(self.lines() - 1)];
            (region.start[a], region.end[a]) = (ends[0].min(ends[1]), ends[0].max(ends[1]) + 1);
        }
        region
    }
}

/// The box from the first index of each axis on; right where the step is 1.
fn whole(taken: &[Taken]) -> Region {
    Region { start: taken.iter().map(|t| t.first).collect(), end: taken.iter().map(|t| t.first + t.count).collect() }
}
