//! Windows that last a length of time, over indices that lie unevenly in it.
//!
//! Owns which indices a window has, and the joins. Windows share partial results of blocks at absolute multiples of powers
//! of two, so that an output's bits follow from its window and its index alone. How long the longest window is is seen
//! before the plan, from one look at the column of time. Refuses to know what is gathered (see [`Monoid`]) and how times are
//! stored (see `clock`).
//!
//! ```text
//! time     0  1        4  5 6 7       11
//! windows of 3 at 7:      [5 6 7]           the times above 7 - 3, up to the index's own
//! indices  |  .  .  .  s |  .  .  . | .  e  .    values up to a chunk, chunks by twos, fours, …, values after them
//! ```

use super::clock::{Clock, Pieces, backwards};
use super::lanes::{Group, Readers, Sides, for_each_group, index_of};
use super::monoid::{LANES, Lanes, Monoid, Wanted};
use super::sliding::{ROWS, Sliding, lanes, rows};
use crate::array::{Region, View, ViewMut};
use crate::kernel::simd::vectorized;
use crate::kernel::{Access, AxisMap, BindError, KernelError, Map, Read, Scratch, ScratchSize, Sight, Source};

/// Values of the smallest block that is shared.
const CHUNK: i64 = 16;
/// Outputs that are worked on together, at least.
const OUTPUTS_MIN: u64 = 256;

/// Windows of time, once the column was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    pub clock: Clock,
    /// How long a window is, in nanoseconds.
    pub duration: i64,
    /// Whether it lies around its index.
    pub center: bool,
    /// Indices that the longest window has before its own, and after it.
    pub before: u64,
    pub after: u64,
}

impl Timed {
    /// Whether a time before that of an index is in its window.
    fn reaches_back(&self, time: i64, own: i64) -> bool {
        let back = i128::from(own) - i128::from(time);
        back * if self.center { 2 } else { 1 } < i128::from(self.duration)
    }

    /// Whether a time after that of an index is in its window.
    fn reaches_on(&self, time: i64, own: i64) -> bool {
        self.center && (i128::from(time) - i128::from(own)) * 2 <= i128::from(self.duration)
    }

    /// Outputs that are worked on together: so many that what they share is not made often.
    fn outputs(&self) -> u64 {
        (self.before + self.after + 1).max(OUTPUTS_MIN)
    }

    /// Indices that they look at.
    fn seen(&self) -> u64 {
        self.outputs() + self.before + self.after
    }

    /// Scratch for windows of a monoid, in bytes.
    pub fn scratch<M: Monoid>(&self) -> ScratchSize {
        let (seen, line) = (self.seen(), 8 * LANES as u64);
        // Chunks, and chunks of these: fewer than twice as many as there are.
        let shared = (2 * (seen / CHUNK as u64) + 8) * line * M::PARTS as u64;
        let values = seen * M::INPUTS as u64 * line;
        let fixed = seen * 8 + self.outputs() * 16 + values + shared + ROWS as u64 * line + 1024;
        ScratchSize { fixed, ..ScratchSize::default() }
    }

    /// The read of the times beside an input that is read as windows need it.
    pub fn read(&self, axis: usize, input: usize) -> Read {
        let follow = AxisMap::Follow { axis, before: self.before as i64, after: self.after as i64 };
        Read { source: Source::Input(input), access: Access { axes: vec![follow], ..Access::point(0) } }
    }

    /// Finds the window of each index in `lo..hi`; `room` takes the times at `from..to`, which a view has.
    pub fn find(
        &self,
        view: &View,
        (from, to): (i64, i64),
        room: &mut [i64],
        (lo, hi): (i64, i64),
        windows: &mut [[i64; 2]],
    ) -> Result<(), KernelError> {
        let (size, times) = (self.clock.dtype.size(), &mut room[..(to - from) as usize]);
        let bytes = &view.bytes()[(from - view.start()[0]) as usize * size..][..times.len() * size];
        self.clock.read(bytes, times).ok_or_else(changed)?;
        self.windows(times, from, (lo, hi), windows);
        Ok(())
    }

    /// The window of each index in `lo..hi`, as the indices it begins and ends with (the end exclusive); `times` are those
    /// from index `first` on.
    fn windows(&self, times: &[i64], first: i64, (lo, hi): (i64, i64), out: &mut [[i64; 2]]) {
        let time = |i: i64| times.get((i - first) as usize).copied();
        let (mut start, mut end) = (first, first);
        for (i, out) in (lo..hi).zip(out) {
            let Some(own) = time(i) else { return };
            while start < i && time(start).is_some_and(|t| !self.reaches_back(t, own)) {
                start += 1;
            }
            end = end.max(i + 1);
            while time(end).is_some_and(|t| self.reaches_on(t, own)) {
                end += 1;
            }
            *out = [start, end];
        }
    }
}

/// Looks at a column of time once, with one place for the ends of windows and one for their beginnings.
pub fn look(
    clock: Clock,
    duration: i64,
    center: bool,
    n: u64,
    (sight, input): (&dyn Sight, usize),
) -> Result<Timed, BindError> {
    let mut timed = Timed { clock, duration, center, before: 0, after: 0 };
    let pieces = || Pieces::new(clock, n, sight, input);
    let (mut own, mut starts, mut ends) = (pieces(), pieces(), pieces());
    let (mut start, mut end) = (valid(&mut starts)?, valid(&mut ends)?);
    let mut was: Option<(u64, i64)> = None;
    while let Some((i, time)) = valid(&mut own)? {
        if let Some(earlier) = was.filter(|(_, was)| time < *was) {
            return Err(backwards(clock, earlier, (i, time)));
        }
        was = Some((i, time));
        while start.is_some_and(|(j, t)| j < i && !timed.reaches_back(t, time)) {
            start = valid(&mut starts)?;
        }
        timed.before = timed.before.max(start.map_or(0, |(j, _)| i - j.min(i)));
        while center && end.is_some_and(|(j, t)| j <= i || timed.reaches_on(t, time)) {
            end = valid(&mut ends)?;
        }
        let behind = if center { end.map_or(n, |(j, _)| j) } else { i + 1 };
        timed.after = timed.after.max(behind - i - 1);
    }
    Ok(timed)
}

/// The next time of a column, which has to be there.
fn valid(pieces: &mut Pieces) -> Result<Option<(u64, i64)>, BindError> {
    match pieces.next()? {
        None => Ok(None),
        Some((i, Some(time))) => Ok(Some((i, time))),
        Some((i, None)) => Err(BindError::param("time", format!("time is missing at index {i}"))
            .help("a window of time needs the time of every index: leave those rows out first")),
    }
}

/// One stage: values and times in, results out.
#[derive(Debug)]
pub(super) struct Lasting<M> {
    pub sliding: Sliding<M>,
    pub timed: Timed,
}

/// Partial results of one group: of chunks, of two, four, … chunks, at absolute multiples.
struct Shared<'s, M: Monoid> {
    totals: &'s mut [M::Row],
    /// For each power of two, the number of its first block and where that is in `totals`.
    levels: Vec<(i64, usize)>,
}

impl<M: Monoid> Shared<'_, M> {
    /// Joins the values of whole chunks inside `lo..hi`, which `sides` has from `lo` on.
    #[inline(always)]
    fn fill(&mut self, sides: Sides, (lo, hi): (i64, i64)) {
        self.levels.clear();
        let (mut from, mut to) = ((lo + CHUNK - 1).div_euclid(CHUNK), hi.div_euclid(CHUNK));
        let mut at = 0;
        for chunk in from..to {
            let skip = chunk * CHUNK - lo;
            self.totals[at + (chunk - from) as usize] =
                join_values::<M>(M::none(), sides, lo, (lo + skip, lo + skip + CHUNK));
        }
        while from < to {
            self.levels.push((from, at));
            let (next, end) = ((from + 1).div_euclid(2), to.div_euclid(2));
            let above = at + (to - from) as usize;
            for block in next..end {
                let below = at + (2 * block - from) as usize;
                self.totals[above + (block - next) as usize] = M::join(&self.totals[below], &self.totals[below + 1]);
            }
            (from, to, at) = (next, end, above);
        }
    }

    /// The total of chunks `from..to`.
    #[inline(always)]
    fn between(&self, mut from: i64, mut to: i64) -> M::Row {
        let (mut left, mut right) = (M::none(), M::none());
        for (first, at) in &self.levels {
            if from >= to {
                break;
            }
            let total = |block: i64| &self.totals[at + (block - first) as usize];
            if from % 2 != 0 {
                left = M::join(&left, total(from));
                from += 1;
            }
            if to % 2 != 0 {
                to -= 1;
                right = M::join(total(to), &right);
            }
            (from, to) = (from.div_euclid(2), to.div_euclid(2));
        }
        M::join(&left, &right)
    }
}

/// Joins the values at `from..to`, of which `sides` has those from `lo` on.
#[inline(always)]
fn join_values<M: Monoid>(before: M::Row, [values, others]: Sides, lo: i64, (from, to): (i64, i64)) -> M::Row {
    let mut all = before;
    for i in from..to {
        let at = (i - lo) as usize;
        all = M::join(&all, &M::lift([&values[at], &others[at]], &[i; LANES]));
    }
    all
}

impl<M: Monoid> Lasting<M> {
    /// The results at `lo..lo + results.len()` of one group.
    #[inline(always)]
    fn results(
        &self,
        (sides, seen): (Sides, i64),
        shared: &Shared<M>,
        (lo, windows): (i64, &[[i64; 2]]),
        results: &mut [Lanes],
        (used, beyond): (usize, &mut Option<(i64, usize)>),
    ) {
        for ((i, [start, end]), result) in (lo..).zip(windows).zip(results) {
            let (from, to) = ((start + CHUNK - 1).div_euclid(CHUNK), end.div_euclid(CHUNK));
            let all = if from < to {
                let head = join_values::<M>(M::none(), sides, seen, (*start, from * CHUNK));
                let body = M::join(&head, &shared.between(from, to));
                join_values::<M>(body, sides, seen, (to * CHUNK, *end))
            } else {
                join_values::<M>(M::none(), sides, seen, (*start, *end))
            };
            let wanted = Wanted { window: end - start, after: end - 1 - i, ..self.sliding.wanted };
            *result = M::finish(&wanted, &all, &[end - 1; LANES]);
            if M::BEYOND.is_some() && beyond.is_none() && self.sliding.is_wanted(i) {
                *beyond = M::beyond(&all)[..used].iter().position(|l| *l != 0).map(|lane| (i, lane));
            }
        }
    }

    /// One group of lines in one block of outputs.
    fn group(
        &self,
        core: &Region,
        group: &Group,
        (readers, lines): (&Readers, &[[usize; LANES]; 2]),
        block: &Block,
        (values, totals, results): (&mut [Lanes], &mut [M::Row], &mut [Lanes]),
        mut store: impl FnMut(i64, &[Lanes]),
    ) -> Result<(), KernelError> {
        let n = (block.hi - block.lo) as usize;
        let sides = readers.load(group, lines, &[block.lo; LANES], (n, values));
        let mut shared = Shared::<M> { totals, levels: Vec::with_capacity(64) };
        vectorized(
            #[inline(always)]
            || shared.fill(sides, (block.lo, block.hi)),
        );
        let mut beyond = None;
        for (nth, windows) in block.windows.chunks(ROWS as usize).enumerate() {
            let lo = block.first + nth as i64 * ROWS;
            let results = &mut results[..windows.len()];
            vectorized(
                #[inline(always)]
                || self.results((sides, block.lo), &shared, (lo, windows), results, (group.lanes, &mut beyond)),
            );
            if let (Some(message), Some((i, lane))) = (M::BEYOND, beyond) {
                return Err(KernelError::at(message, index_of(core, self.sliding.axis, group.line[lane], i)));
            }
            store(lo, results);
        }
        Ok(())
    }
}

/// Outputs that are worked on together.
struct Block<'s> {
    /// The first of them, and the window of each.
    first: i64,
    windows: &'s [[i64; 2]],
    /// Indices that they look at.
    lo: i64,
    hi: i64,
}

impl<M: Monoid> Map for Lasting<M> {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (axis, timed) = (self.sliding.axis, &self.timed);
        if core.is_empty() {
            return Ok(());
        }
        let (time, dims) = (&inputs[M::INPUTS], core.shape());
        let (seen, outs) = (timed.seen() as usize, timed.outputs() as i64);
        let times = scratch.take::<i64>(seen)?;
        let windows = bytemuck::cast_slice_mut::<i64, [i64; 2]>(scratch.take::<i64>(2 * outs as usize)?);
        let values = lanes(scratch, (M::INPUTS * seen) as i64)?;
        let totals = rows::<M>(scratch, 2 * (seen as i64 / CHUNK) + 4)?;
        let results = lanes(scratch, ROWS)?;
        let readers = self.sliding.readers(inputs);
        let mut writer = self.sliding.writer(&mut outputs[0]);
        let (lo, hi) = (readers.first.lo, readers.first.hi);
        let (first, last) = (core.start[axis] as i64, core.end[axis] as i64);
        for begin in (first..last).step_by(outs as usize) {
            let end = (begin + outs).min(last);
            let (from, to) = ((begin - timed.before as i64).max(lo), (end + timed.after as i64).min(hi));
            let windows = &mut windows[..(end - begin) as usize];
            timed.find(time, (from, to), times, (begin, end), windows)?;
            let block = Block { first: begin, windows, lo: from, hi: to };
            for_each_group(&dims, axis, (0, 1, 1), |group| {
                let (lines, out_lines) = (readers.lines(group, &dims, axis), writer.lines(group, &dims));
                let room = (&mut *values, &mut *totals, &mut *results);
                self.group(core, group, (&readers, &lines), &block, room, |at, results| {
                    writer.store(group, &out_lines, &[at; LANES], results);
                })
            })?;
        }
        Ok(())
    }
}

fn changed() -> KernelError {
    KernelError::new("the column of time has changed since it was looked at")
}
