//! Recursive filters along one axis: second-order sections run as a scan.
//!
//! Owns the states that a line carries, two numbers for each section. A line is taken in blocks at absolute multiples: each
//! runs from the states before it, one value after the other, and what the states are after it follows from two things
//! that need no order, the states it ends with when it begins at rest, and what becomes of states by themselves (a matrix):
//!
//! ```text
//! after = M · before + end of the block from nothing
//! ```
//!
//! so that bits do not follow from tiles. Refuses to know what the sections are for.

use super::lanes::{Group, Reader, Writer, for_each_group};
use super::monoid::{LANES, Lanes, Words};
use super::scan::known;
use super::sections::{Section, at_rest};
use super::sliding::{ROWS, lanes};
use crate::array::{Region, View, ViewMut};
use crate::kernel::simd::vectorized;
use crate::kernel::{KernelError, Scan, Scratch, State};
use std::sync::OnceLock;

/// Where a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// At rest, at 0.
    Nothing,
    /// After so many values made up before the first one, which turn the line about its end. So many follow its last
    /// one, too: the domain is longer than the array. Inputs are the array, its head and its tail.
    Extended(u64),
    /// After the last so many values of an array that is longer than the domain. Inputs are the array and those.
    After(u64),
}

/// The scan of one filter.
#[derive(Debug)]
pub(super) struct Recursion {
    pub sections: Vec<Section>,
    pub axis: usize,
    pub block: i64,
    pub reverse: bool,
    pub start: Start,
    /// Extent of the array along the axis.
    pub extent: i64,
    /// What becomes of states in a whole block, and in the last one, which may be shorter; made when it is needed first.
    alone: OnceLock<[Vec<f64>; 2]>,
}

/// Sections of a filter at most.
pub(super) const SECTIONS_MAX: usize = 20;

/// The states of each line.
struct Carry(Vec<f64>);

/// What a tile adds: the states that each block of each line ends with, and those that lines begin with, of the tile in which
/// they begin.
struct Ends {
    /// The first of these blocks.
    first: i64,
    blocks: Vec<f64>,
    begin: Option<Vec<f64>>,
}

/// Runs values through one section of every lane, in place.
#[inline(always)]
fn through(section: &Section, states: &mut [Lanes], values: &mut [Lanes]) {
    let Section { b, a } = section;
    let mut first: [f64; LANES] = states[0].map(f64::from_bits);
    let mut second: [f64; LANES] = states[1].map(f64::from_bits);
    for row in values {
        for k in 0..LANES {
            let x = f64::from_bits(row[k]);
            let y = b[0] * x + first[k];
            first[k] = b[1] * x - a[0] * y + second[k];
            second[k] = b[2] * x - a[1] * y;
            row[k] = y.to_bits();
        }
    }
    states[0] = first.map(f64::to_bits);
    states[1] = second.map(f64::to_bits);
}

/// Runs values through all sections.
fn run(sections: &[Section], states: &mut [Lanes], values: &mut [Lanes]) {
    vectorized(
        #[inline(always)]
        || {
            for (section, states) in sections.iter().zip(states.chunks_exact_mut(2)) {
                through(section, states, values);
            }
        },
    );
}

/// What states become in so many places without input: the column of a state after the other, each as long as there are
/// states.
fn alone(sections: &[Section], places: u64) -> Vec<f64> {
    let n = 2 * sections.len();
    let mut columns = vec![0.0; n * n];
    for (state, column) in columns.chunks_exact_mut(n).enumerate() {
        column[state] = 1.0;
        for _ in 0..places {
            let mut x = 0.0;
            for (s, z) in sections.iter().zip(column.chunks_exact_mut(2)) {
                let y = s.b[0] * x + z[0];
                z[0] = s.b[1] * x - s.a[0] * y + z[1];
                z[1] = s.b[2] * x - s.a[1] * y;
                x = y;
            }
        }
    }
    columns
}

impl Recursion {
    pub fn new(
        sections: Vec<Section>,
        axis: usize,
        block: i64,
        extent: i64,
        (start, reverse): (Start, bool),
    ) -> Recursion {
        Recursion { sections, axis, block, reverse, start, extent, alone: OnceLock::new() }
    }

    /// Numbers of a line's states.
    fn count(&self) -> usize {
        2 * self.sections.len()
    }

    /// First block of a tile, and how many it has.
    fn blocks(&self, core: &Region) -> (i64, i64) {
        let (start, end) = (core.start[self.axis] as i64, core.end[self.axis] as i64);
        (start / self.block, (end + self.block - 1) / self.block - start / self.block)
    }

    /// Places along the axis that are visited.
    fn domain(&self) -> i64 {
        if let Start::Extended(n) = self.start { self.extent + n as i64 } else { self.extent }
    }

    fn visited(&self, nth: i64, count: i64) -> i64 {
        if self.reverse { count - 1 - nth } else { nth }
    }

    /// The states after a block: `block` is its number, `end` what it ends with from nothing.
    fn after(&self, states: &mut [f64], block: i64, end: &[f64]) {
        let n = self.count();
        let rest = self.domain() % self.block;
        let both = self.alone.get_or_init(|| [self.block, rest].map(|places| alone(&self.sections, places as u64)));
        let matrix = &both[usize::from((block + 1) * self.block > self.domain())];
        let mut before = [0.0; 2 * SECTIONS_MAX];
        before[..n].copy_from_slice(states);
        for (i, (state, end)) in states.iter_mut().zip(end).enumerate() {
            // Later sections do not reach back.
            let reaching = before.iter().take((i / 2 + 1) * 2).enumerate();
            *state = reaching.fold(*end, |sum, (j, x)| sum + matrix[j * n + i] * x);
        }
    }

    /// The states after all blocks of a tile that are visited before the `nth` one.
    fn until(&self, states: &mut [f64], (first, ends): (i64, &[f64]), nth: usize) {
        let n = self.count();
        let count = ends.len() / n;
        for k in 0..nth {
            let block = self.visited(k as i64, count as i64) as usize;
            self.after(states, first + block as i64, &ends[block * n..][..n]);
        }
    }

    /// The parts of blocks in which every lane that has begun goes on: begin and length, as they are visited. Backwards a
    /// line begins within a block, where its last one is not whole.
    fn parts(&self) -> Vec<(i64, i64)> {
        let rest = self.domain() % self.block;
        let edges = if self.reverse && rest > 0 { vec![0, rest, self.block] } else { vec![0, self.block] };
        let mut parts = Vec::new();
        for edge in edges.windows(2) {
            let pieces = (edge[0]..edge[1]).step_by(ROWS as usize);
            parts.extend(pieces.map(|from| (from, ROWS.min(edge[1] - from))));
        }
        if self.reverse {
            parts.reverse();
        }
        parts
    }

    /// Loads rows in the order in which they are visited; beyond the array what a zero-phase filter makes up.
    fn load(&self, views: &Views, (group, lines): (&Group, &Lines), at: &[i64; LANES], rows: &mut [Lanes]) {
        views.array.load(group, &lines.array, at, rows);
        if let (Start::Extended(_), Some(tail)) = (self.start, &views.tail) {
            for k in 0..group.lanes {
                let (lo, hi) = (at[k].max(self.extent), (at[k] + rows.len() as i64).min(self.domain()));
                let mut end = [0.0; 1];
                for i in lo..hi {
                    let value = |place: i64, end: &mut [f64; 1]| {
                        tail.line(lines.tail[k], place, end);
                        end[0]
                    };
                    let last = value(self.extent - 1, &mut end);
                    let made = 2.0 * last - value(2 * self.extent - 2 - i, &mut end);
                    rows[(i - at[k]) as usize][k] = made.to_bits();
                }
            }
        }
        if self.reverse {
            rows.reverse();
        }
    }

    /// Runs through one block of every lane: `begin` gives the states before it, which are left after it; `put` gets the
    /// results of parts with the index of their first in each lane.
    fn block(
        &self,
        (views, group, lines): (&Views, &Group, &Lines),
        at: &[i64; LANES],
        (states, values): (&mut [Lanes], &mut [Lanes]),
        begin: Option<&[Vec<f64>]>,
        mut put: impl FnMut(&[i64; LANES], &mut [Lanes]),
    ) {
        states.fill([0; LANES]);
        for (from, n) in self.parts() {
            let at = at.map(|i| i + from);
            // A line begins with the first part that reaches into it.
            for k in 0..if begin.is_some() { group.lanes } else { 0 } {
                let first = if self.reverse { from + n == self.block || at[k] + n == self.domain() } else { from == 0 };
                if let (true, Some(begin)) = (first, begin) {
                    states.iter_mut().zip(&begin[k]).for_each(|(lanes, x)| lanes[k] = x.to_bits());
                }
            }
            let rows = &mut values[..n as usize];
            self.load(views, (group, lines), &at, rows);
            run(&self.sections, states, rows);
            if self.reverse {
                rows.reverse();
            }
            put(&at, rows);
        }
    }

    /// The states with which lines begin, where this tile has their beginning.
    fn begin(&self, core: &Region, inputs: &[View], scratch: &mut Scratch) -> Result<Option<Vec<f64>>, KernelError> {
        let begins = match self.reverse {
            false => core.start[self.axis] == 0,
            true => core.end[self.axis] as i64 == self.domain(),
        };
        let count = match self.start {
            Start::Extended(n) => n as usize + 1,
            Start::After(n) => n as usize,
            Start::Nothing => return Ok(None),
        };
        let rows = lanes(scratch, count as i64)?;
        let states = lanes(scratch, self.count() as i64)?;
        if !begins {
            return Ok(None);
        }
        let (dims, n, rest) = (core.shape(), self.count(), at_rest(&self.sections));
        let reader = self.reader(&inputs[1]);
        let mut all = vec![0.0; lines(&dims, self.axis) * n];
        for_each_group(&dims, self.axis, (0, 1, 1), |group| {
            let places = reader.lines(group, &dims, self.axis);
            reader.load(group, &places, &[reader.lo; LANES], rows);
            rows.reverse();
            // The last row is the first value itself, about which those before it are turned.
            let made = rows.len() - usize::from(matches!(self.start, Start::Extended(_)));
            let (values, end) = rows.split_at_mut(made);
            for end in end {
                for row in &mut *values {
                    row.iter_mut().zip(&*end).for_each(|(x, end)| {
                        *x = (2.0 * f64::from_bits(*end) - f64::from_bits(*x)).to_bits();
                    });
                }
            }
            let first = values.first().copied().unwrap_or([0; LANES]);
            for (state, rest) in states.iter_mut().zip(&rest) {
                *state = first.map(|x| (f64::from_bits(x) * rest).to_bits());
            }
            run(&self.sections, states, values);
            for k in 0..group.lanes {
                let to = &mut all[group.line[k] * n..][..n];
                to.iter_mut().zip(&*states).for_each(|(x, state)| *x = f64::from_bits(state[k]));
            }
            Ok(())
        })?;
        Ok(Some(all))
    }

    fn reader<'a>(&self, view: &'a View<'a>) -> Reader<'a> {
        Reader::new(view, self.axis, Words::Real, 0)
    }

    fn views<'a>(&self, inputs: &'a [View<'a>]) -> Views<'a> {
        let tail = matches!(self.start, Start::Extended(_)).then(|| self.reader(&inputs[2]));
        Views { array: self.reader(&inputs[0]), tail }
    }
}

/// The array of a tile, and the end of all lines where a filter makes up what follows.
struct Views<'a> {
    array: Reader<'a>,
    tail: Option<Reader<'a>>,
}

/// Where the lines of a group begin in both.
struct Lines {
    array: [usize; LANES],
    tail: [usize; LANES],
}

impl Views<'_> {
    fn lines(&self, group: &Group, dims: &[u64], axis: usize) -> Lines {
        let array = self.array.lines(group, dims, axis);
        Lines { array, tail: self.tail.as_ref().map_or(array, |tail| tail.lines(group, dims, axis)) }
    }
}

fn lines(dims: &[u64], axis: usize) -> usize {
    dims.iter().enumerate().map(|(a, n)| if a == axis { 1 } else { *n as usize }).product()
}

impl Scan for Recursion {
    fn start(&self, region: &Region) -> State {
        Box::new(Carry(vec![0.0; lines(&region.shape(), self.axis) * self.count()]))
    }

    fn survey(&self, core: &Region, inputs: &[View], scratch: &mut Scratch) -> Result<State, KernelError> {
        let (dims, (first, count), n) = (core.shape(), self.blocks(core), self.count());
        let begin = self.begin(core, inputs, scratch)?;
        let (values, states) = (lanes(scratch, ROWS)?, lanes(scratch, n as i64)?);
        let views = self.views(inputs);
        let mut blocks = vec![0.0; lines(&dims, self.axis) * count as usize * n];
        for_each_group(&dims, self.axis, (first, count, 1), |group| {
            let lines = views.lines(group, &dims, self.axis);
            for block in 0..group.blocks {
                let at = group.first.map(|f| (f + block) * self.block);
                self.block((&views, group, &lines), &at, (&mut *states, &mut *values), None, |_, _| {});
                for k in 0..group.lanes {
                    let nth = group.first[k] - first + block;
                    if nth < count {
                        let to = &mut blocks[(group.line[k] * count as usize + nth as usize) * n..][..n];
                        to.iter_mut().zip(&*states).for_each(|(x, state)| *x = f64::from_bits(state[k]));
                    }
                }
            }
            Ok(())
        })?;
        Ok(Box::new(Ends { first, blocks, begin }))
    }

    fn advance(&self, carry: &State, survey: &State) -> Result<State, KernelError> {
        let (carry, ends) = (known::<Carry>(carry)?, known::<Ends>(survey)?);
        let n = self.count();
        let mut next = ends.begin.as_ref().unwrap_or(&carry.0).clone();
        let count = ends.blocks.len().checked_div(next.len()).unwrap_or(0);
        for (states, blocks) in next.chunks_exact_mut(n).zip(ends.blocks.chunks_exact((count * n).max(1))) {
            self.until(states, (ends.first, blocks), count);
        }
        Ok(Box::new(Carry(next)))
    }

    fn apply(
        &self,
        core: &Region,
        inputs: &[View],
        carry: &State,
        survey: &State,
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (carry, ends) = (known::<Carry>(carry)?, known::<Ends>(survey)?);
        let (dims, (first, count), n) = (core.shape(), self.blocks(core), self.count());
        let before = ends.begin.as_ref().unwrap_or(&carry.0);
        let (values, states) = (lanes(scratch, ROWS)?, lanes(scratch, n as i64)?);
        let views = self.views(inputs);
        let mut writer = Writer::new(&mut outputs[0], self.axis, Words::Real);
        for_each_group(&dims, self.axis, (first, count, 1), |group| {
            let (lines, out_lines) = (views.lines(group, &dims, self.axis), writer.lines(group, &dims));
            let blocks = |k: usize| &ends.blocks[group.line[k] * count as usize * n..][..count as usize * n];
            let mut carries: Vec<Vec<f64>> =
                (0..group.lanes).map(|k| before[group.line[k] * n..][..n].to_vec()).collect();
            for (k, states) in carries.iter_mut().enumerate() {
                let own = group.first[k] - first;
                let nth = if self.reverse { count - (own + group.blocks).min(count) } else { own.min(count) };
                self.until(states, (first, blocks(k)), nth as usize);
            }
            for nth in 0..group.blocks {
                let block = self.visited(nth, group.blocks);
                let at = group.first.map(|f| (f + block) * self.block);
                let whole = (&views, group, &lines);
                self.block(whole, &at, (&mut *states, &mut *values), Some(&carries), |at, rows| {
                    writer.store(group, &out_lines, at, rows);
                });
                for (k, states) in carries.iter_mut().enumerate() {
                    let nth = group.first[k] - first + block;
                    if let Some(end) = blocks(k).chunks_exact(n).nth(nth as usize) {
                        self.after(states, first + nth, end);
                    }
                }
            }
            Ok(())
        })
    }
}
