//! Long series brought down to what a plot can show.
//!
//! Owns where samples lie along x and how they become points: of all samples in one column of the plot
//! the first, the least, the greatest and the last stay, so that the line has the same pixels and no
//! spike is lost. Refuses to know axes and colours.

use super::DrawError;
use super::reduce::read_values;
use super::select::Lines;
use crate::array::{DType, Region, contiguous_strides};
use crate::storage::Stored;

/// Samples that are read at once, all lines together.
const BLOCK_SAMPLES: u64 = 1 << 17;

/// "Not a time", as NumPy stores it.
const NAT: i64 = i64::MIN;

/// Where the samples of a series lie along x.
#[derive(Clone, Copy, Debug)]
pub enum Positions<'a> {
    /// At their numbers.
    Samples,
    /// Evenly, from 0 on, this many nanoseconds apart.
    Elapsed { step: i64 },
    /// Evenly, from the moment of the array's first sample on (nanoseconds since 1970, UTC).
    Even { start: i64, step: i64 },
    /// At moments that another array holds: `i64` nanoseconds since 1970, UTC, one for each sample, in order.
    Times(&'a Stored),
}

/// One array's lines.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    pub stored: &'a Stored,
    pub lines: Lines,
    /// What the legend calls each line.
    pub labels: Vec<String>,
    pub positions: Positions<'a>,
}

/// A line as it is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    /// Runs without a gap, as x and y.
    pub(super) runs: Vec<Vec<(f64, f64)>>,
    /// Samples that are not drawn: NaN, infinities, and those without a time.
    pub(super) missing: u64,
    /// Whether columns of the plot hold several samples.
    pub(super) dense: bool,
}

/// The x of the samples of a block, measured from an origin.
enum Xs {
    Even { first: f64, step: f64 },
    Given(Vec<Option<f64>>),
}

impl<'a> Series<'a> {
    /// Lines at their sample numbers, named by their columns.
    pub fn numbered(stored: &'a Stored, lines: Lines) -> Series<'a> {
        let labels = (0..lines.lines()).map(|line| lines.column(line).to_string()).collect();
        Series { stored, lines, labels, positions: Positions::Samples }
    }

    /// The least and the greatest x, in nanoseconds or sample numbers. Samples keep the places they have in
    /// the whole array, whichever of them are drawn.
    pub(super) fn span(&self) -> Result<(i64, i64), DrawError> {
        let region = self.lines.region(0, self.lines.samples());
        let (first, last) = (region.start[self.lines.along], region.end[self.lines.along] - 1);
        let place = |start: i64, step: i64, sample: u64| {
            let way = i64::try_from(sample).ok().and_then(|n| n.checked_mul(step));
            let beyond = || format!("sample {sample} lies beyond the year 2261; the step is too long");
            let at = way.and_then(|way| start.checked_add(way));
            at.ok_or_else(|| DrawError::array(self.lines.name(), beyond()))
        };
        let even = |start, step| Ok((place(start, step, first)?, place(start, step, last)?));
        match self.positions {
            Positions::Samples => even(0, 1),
            Positions::Elapsed { step } => even(0, step),
            Positions::Even { start, step } => even(start, step),
            Positions::Times(times) => self.span_of(times),
        }
    }

    fn span_of(&self, times: &Stored) -> Result<(i64, i64), DrawError> {
        let name = times.path().display().to_string();
        let spec = times.spec();
        if spec.rank() != 1 || spec.dtype != DType::I64 {
            let what = format!(
                "times are one axis of i64 (nanoseconds since 1970, UTC), not {} of {} axes",
                spec.dtype,
                spec.rank()
            );
            return Err(DrawError::array(&name, what));
        }
        let samples = self.stored.spec().shape[self.lines.along];
        if spec.shape[0] != samples {
            let what = format!(
                "{} times for the {samples} samples of {}; both need the same length",
                spec.shape[0],
                self.lines.name()
            );
            return Err(DrawError::array(&name, what));
        }
        let (mut first, mut before) = (None, NAT);
        for (from, to) in blocks(self.lines.samples(), 1) {
            for (i, at) in self.times(times, from, to)?.into_iter().enumerate().filter(|(_, at)| *at != NAT) {
                if at < before {
                    let sample = self.lines.region(from + i as u64, to).start[self.lines.along];
                    let what =
                        format!("times go back at sample {sample}; a line needs them in order, so sort the rows first");
                    return Err(DrawError::array(&name, what));
                }
                first.get_or_insert(at);
                before = at;
            }
        }
        first.map(|first| (first, before)).ok_or_else(|| DrawError::array(&name, "there is no time in it, only NaT"))
    }

    /// The times of samples `from..to`.
    fn times(&self, times: &Stored, from: u64, to: u64) -> Result<Vec<i64>, DrawError> {
        let region = self.lines.region(from, to);
        let region = Region { start: vec![region.start[self.lines.along]], end: vec![region.end[self.lines.along]] };
        let mut found = vec![0i64; (to - from) as usize];
        times.read(&region, bytemuck::cast_slice_mut(&mut found))?;
        times.drop_behind(&region);
        Ok(found)
    }

    fn xs(&self, origin: i64, from: u64, to: u64) -> Result<Xs, DrawError> {
        let sample = self.lines.region(from, to).start[self.lines.along];
        let even = |start: i64, step: i64| Xs::Even {
            first: (i128::from(start) + i128::from(step) * i128::from(sample) - i128::from(origin)) as f64,
            step: step as f64,
        };
        Ok(match self.positions {
            Positions::Samples => even(0, 1),
            Positions::Elapsed { step } => even(0, step),
            Positions::Even { start, step } => even(start, step),
            Positions::Times(times) => {
                let away = |at: i64| (at != NAT).then(|| (i128::from(at) - i128::from(origin)) as f64);
                Xs::Given(self.times(times, from, to)?.into_iter().map(away).collect())
            }
        })
    }

    /// Reads every sample once and gives the lines, for a plot of `columns` columns over `width` units of
    /// x from `origin` on.
    pub(super) fn trace(&self, origin: i64, width: f64, columns: usize) -> Result<Vec<Trace>, DrawError> {
        let per_unit = if width > 0.0 { columns as f64 / width } else { 0.0 };
        let count = self.lines.lines() as usize;
        let mut tracers: Vec<Tracer> = (0..count).map(|_| Tracer { per_unit, ..Tracer::default() }).collect();
        let (mut words, mut values) = (Vec::new(), Vec::new());
        let wide = self.lines.across.map_or(1, |a| {
            let region = self.lines.region(0, 1);
            region.extent(a)
        });
        for (from, to) in blocks(self.lines.samples(), wide) {
            let region = self.lines.region(from, to);
            read_values(self.stored, &region, &mut words, &mut values)?;
            let strides = contiguous_strides(&region.shape());
            let xs = self.xs(origin, from, to)?;
            for (line, tracer) in tracers.iter_mut().enumerate() {
                let column = self
                    .lines
                    .across
                    .map_or(0, |a| (self.lines.column(line as u64) - region.start[a]) as usize * strides[a]);
                for i in 0..(to - from) as usize {
                    let x = match &xs {
                        Xs::Even { first, step } => Some(first + step * i as f64),
                        Xs::Given(all) => all[i],
                    };
                    tracer.sample(from + i as u64, x, values[column + i * strides[self.lines.along]]);
                }
            }
        }
        Ok(tracers.into_iter().map(Tracer::finish).collect())
    }
}

/// Cuts samples into blocks of bounded size.
fn blocks(samples: u64, wide: u64) -> impl Iterator<Item = (u64, u64)> {
    let long = (BLOCK_SAMPLES / wide).max(1);
    (0..samples).step_by(long as usize).map(move |from| (from, (from + long).min(samples)))
}

/// A sample that is kept.
#[derive(Clone, Copy, Debug)]
struct Kept {
    number: u64,
    x: f64,
    y: f64,
}

/// What stays of the samples in one column of the plot.
#[derive(Clone, Copy, Debug)]
struct Column {
    column: i64,
    first: Kept,
    least: Kept,
    greatest: Kept,
    last: Kept,
}

#[derive(Debug, Default)]
struct Tracer {
    per_unit: f64,
    open: Option<Column>,
    gap: bool,
    trace: Trace,
}

impl Tracer {
    fn sample(&mut self, number: u64, x: Option<f64>, y: f64) {
        let Some(x) = x.filter(|_| y.is_finite()) else {
            self.trace.missing += 1;
            self.gap = true;
            return;
        };
        let kept = Kept { number, x, y };
        let column = (x * self.per_unit) as i64;
        if let Some(open) = self.open.as_mut().filter(|o| o.column == column) {
            // A gap within a column is narrower than a pixel.
            if y < open.least.y {
                open.least = kept;
            }
            if y > open.greatest.y {
                open.greatest = kept;
            }
            open.last = kept;
            self.trace.dense = true;
        } else {
            self.close();
            if self.gap || self.trace.runs.is_empty() {
                self.trace.runs.push(Vec::new());
            }
            self.open = Some(Column { column, first: kept, least: kept, greatest: kept, last: kept });
        }
        self.gap = false;
    }

    /// Moves the open column's points to the run.
    fn close(&mut self) {
        let (Some(c), Some(run)) = (self.open.take(), self.trace.runs.last_mut()) else { return };
        let mut points = [c.first, c.least, c.greatest, c.last];
        points.sort_by_key(|p| p.number);
        let mut before = None;
        for p in points.into_iter().filter(|p| before.replace(p.number) != Some(p.number)) {
            run.push((p.x, p.y));
        }
    }

    fn finish(mut self) -> Trace {
        self.close();
        self.trace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(per_unit: f64, values: &[f64]) -> Trace {
        let mut tracer = Tracer { per_unit, ..Tracer::default() };
        values.iter().enumerate().for_each(|(i, y)| tracer.sample(i as u64, Some(i as f64), *y));
        tracer.finish()
    }

    #[test]
    fn few_samples_stay_as_they_are_and_gaps_part_them() {
        let found = trace(10.0, &[1.0, 2.0, f64::NAN, 4.0, f64::INFINITY, 6.0, 5.0]);
        assert_eq!(found.runs, [vec![(0.0, 1.0), (1.0, 2.0)], vec![(3.0, 4.0)], vec![(5.0, 6.0), (6.0, 5.0)]]);
        assert_eq!((found.missing, found.dense), (2, false));
    }

    #[test]
    fn many_samples_keep_first_least_greatest_and_last() {
        let mut values = vec![0.0; 1000];
        values[337] = 9.0;
        values[338] = -9.0;
        values[340] = f64::NAN;
        let found = trace(0.01, &values);
        assert_eq!(found.runs.len(), 1, "a gap within a column is no gap");
        assert_eq!(found.runs[0][6..10], [(300.0, 0.0), (337.0, 9.0), (338.0, -9.0), (399.0, 0.0)]);
        assert!(found.runs[0].len() <= 40 && found.dense);
    }
}
