//! Order statistics of a window that slides: every value sorted once for a run of windows, then a set
//! of those inside, in which the element that is sought moves by a few places from window to window.
//!
//! Owns the structure of `rolling_median` and `rolling_quantile`. A line is taken in segments; that
//! results are elements, or lie between two, makes them the same however it is cut. Refuses to know
//! parameters.
//!
//! ```text
//! values by size   v0 v1 v2 v3 v4 v5 v6 v7 …      of a segment and the windows that reach into it
//! inside             1  0  1  1  0  1  0  1       one bit each, and one for each word that is not 0
//!                             ▲ the k-th of those inside; `below` counts the ones before it
//! ```

use super::lanes::{Reader, Writer, line_offset};
use super::largest::flip;
use super::monoid::Words;
use super::sliding::Window;
use super::stepped::stepped;
use super::timed::Timed;
use crate::array::{ArraySpec, Region, View, ViewMut};
use crate::kernel::reduce::{Between, between, mix};
use crate::kernel::{
    Access, BindError, Contract, KernelError, Map, Order, Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize,
    Variant, Work, Write,
};

/// Values that are read or written at once.
const BUFFER: usize = 64;
/// The rank of NaN, which has none.
const NONE: u32 = u32::MAX;
/// Windows of a short segment, at least.
const SEGMENT_MIN: u64 = 1024;

/// One stage: the quantile `q` of each window.
#[derive(Clone, Debug)]
struct Selecting {
    axis: usize,
    q: f64,
    min_count: u64,
    window: i64,
    /// Elements of a window after its own index.
    after: i64,
    /// Windows of a segment.
    segment: i64,
    /// Values that they can hold at most.
    places: usize,
    /// Where windows last a length of time.
    time: Option<Timed>,
}

/// Segments for windows of this length: those that share a sort among many windows, and those that
/// take less memory.
pub(super) fn segments(window: u64) -> Vec<u64> {
    let mut all = vec![window.max(SEGMENT_MIN), (window / 4).max(SEGMENT_MIN)];
    all.dedup();
    all
}

/// The ways to find the quantile `q` of windows over `input`, one for each of these segments.
pub(super) fn variants(
    input: &ArraySpec,
    window: &Window,
    q: f64,
    segments: &[u64],
) -> Result<Vec<Variant>, BindError> {
    let (rank, extent) = (input.rank(), input.shape[window.axis]);
    // Beyond this every window covers the whole axis whatever it is called.
    let length = window.length.min(extent.saturating_mul(2).saturating_add(1));
    let after = if window.center { (length as i64 - 1) / 2 } else { 0 };
    let mut halo = vec![(0, 0); rank];
    halo[window.axis] = match window.time {
        Some(timed) => (timed.before as i64, timed.after as i64),
        None => (length as i64 - 1 - after, after),
    };
    // Tiles that are short along the axis would sort whole windows for a few results.
    let mut anchor = vec![1; rank];
    anchor[window.axis] = 1 << (length / 4).max(1).ilog2();
    let mut ways = Vec::new();
    for (name, &segment) in ["long segments", "short segments"].into_iter().zip(segments) {
        let places = extent.min(length.saturating_add(segment));
        if places >= u64::from(NONE) {
            let message = format!("windows of {} elements hold more values than can be sorted", window.length);
            return Err(BindError::param("window", message).help("give a window of less than 4294967295 elements"));
        }
        // Value and place, rank, a bit, and a bit for each word of these.
        let timed = if window.time.is_some() { places * 8 + segment.min(extent) * 16 + 128 } else { 0 };
        let fixed = places * (16 + 4) + 8 * (places.div_ceil(64) + places.div_ceil(4096)) + timed + 1024;
        let mut reads = vec![Read { source: Source::Input(0), access: Access::window(&halo) }];
        reads.extend(window.time.map(|timed| timed.read(window.axis, 1)));
        let work = Selecting {
            axis: window.axis,
            q,
            min_count: window.min_count,
            window: length as i64,
            after,
            segment: segment as i64,
            places: places as usize,
            time: window.time,
        };
        let contract = Contract {
            domain: input.shape.clone(),
            anchor: anchor.clone(),
            order: Order::Any,
            reads,
            writes: vec![Write {
                sink: Sink::Output(0),
                spec: input.as_dtype(input.dtype.real()),
                access: Access::point(rank),
            }],
            state: StateSize::default(),
            scratch: ScratchSize { fixed, ..ScratchSize::default() },
        };
        ways.push(Variant { name, stages: vec![Stage { contract, work: Work::Map(Box::new(work)) }] });
    }
    Ok(stepped(ways, window))
}

/// Working memory of a segment.
struct Room<'a> {
    /// Keys in ascending order, each with its place.
    sorted: &'a mut [[u64; 2]],
    /// The rank of each place.
    ranks: &'a mut [u32],
    bits: &'a mut [u64],
    marks: &'a mut [u64],
    /// Times of a segment's values, and the window of each of its results, where windows last a length of time.
    times: &'a mut [i64],
    windows: &'a mut [[i64; 2]],
}

/// The ranks inside a window, and a place among them.
struct Inside<'a> {
    bits: &'a mut [u64],
    /// Which words of `bits` are not 0.
    marks: &'a mut [u64],
    count: u64,
    at: usize,
    /// Ranks inside that are less than `at`.
    below: u64,
}

impl Inside<'_> {
    fn insert(&mut self, rank: u32) {
        if rank == NONE {
            return;
        }
        let (rank, word) = (rank as usize, rank as usize / 64);
        self.bits[word] |= 1 << (rank % 64);
        self.marks[word / 64] |= 1 << (word % 64);
        self.count += 1;
        self.below += u64::from(rank < self.at);
    }

    fn remove(&mut self, rank: u32) {
        if rank == NONE {
            return;
        }
        let (rank, word) = (rank as usize, rank as usize / 64);
        self.bits[word] &= !(1 << (rank % 64));
        if self.bits[word] == 0 {
            self.marks[word / 64] &= !(1 << (word % 64));
        }
        self.count -= 1;
        self.below -= u64::from(rank < self.at);
    }

    /// The rank of the element with `k` others below it inside; there are more than `k`.
    fn seek(&mut self, k: u64) -> usize {
        while self.below > k {
            self.at = self.before(self.at);
            self.below -= 1;
        }
        self.at = self.from(self.at);
        while self.below < k {
            self.at = self.from(self.at + 1);
            self.below += 1;
        }
        self.at
    }

    /// The first rank inside from `rank` on.
    fn from(&self, rank: usize) -> usize {
        let word = rank / 64;
        let rest = self.bits.get(word).map_or(0, |bits| bits & (!0 << (rank % 64)));
        if rest != 0 {
            return word * 64 + rest.trailing_zeros() as usize;
        }
        let word = word + 1;
        let first = self.marks.get(word / 64).map_or(0, |marks| marks & (!0 << (word % 64)));
        let later = self.marks.iter().enumerate().skip(word / 64 + 1).map(|(of, marks)| (of, *marks));
        let found = std::iter::once((word / 64, first)).chain(later).find(|(_, marks)| *marks != 0);
        found.map_or(rank, |(of, marks)| {
            let word = of * 64 + marks.trailing_zeros() as usize;
            word * 64 + self.bits[word].trailing_zeros() as usize
        })
    }

    /// The last rank inside before `rank`.
    fn before(&self, rank: usize) -> usize {
        let word = rank / 64;
        let rest = self.bits.get(word).map_or(0, |bits| bits & !(!0 << (rank % 64)));
        if rest != 0 {
            return word * 64 + rest.ilog2() as usize;
        }
        let first = self.marks.get(word / 64).map_or(0, |marks| marks & !(!0 << (word % 64)));
        let earlier = self.marks.iter().enumerate().take(word / 64).rev().map(|(of, marks)| (of, *marks));
        let found = std::iter::once((word / 64, first)).chain(earlier).find(|(_, marks)| *marks != 0);
        found.map_or(rank, |(of, marks)| {
            let word = of * 64 + marks.ilog2() as usize;
            word * 64 + self.bits[word].ilog2() as usize
        })
    }
}

impl Selecting {
    /// Sorts the values at `lo..hi` of a line; gives how many are no NaN.
    fn sort(&self, (reader, line): (&Reader, usize), (lo, hi): (i64, i64), room: &mut Room) -> usize {
        let (mut buffer, mut count) = ([0.0; BUFFER], 0);
        for from in (lo..hi).step_by(BUFFER) {
            let values = &mut buffer[..(hi - from).min(BUFFER as i64) as usize];
            reader.line(line, from, values);
            for (i, x) in values.iter().enumerate() {
                let place = (from - lo) as usize + i;
                room.ranks[place] = NONE;
                if !x.is_nan() {
                    // Zeros of either sign are +0.
                    room.sorted[count] = [flip((x + 0.0).to_bits()) ^ (1 << 63), place as u64];
                    count += 1;
                }
            }
        }
        room.sorted[..count].sort_unstable_by_key(|pair| pair[0]);
        for (rank, pair) in room.sorted[..count].iter().enumerate() {
            room.ranks[pair[1] as usize] = rank as u32;
        }
        count
    }

    /// The places that the windows at `start..end` can have, of those a view covers.
    fn reach(&self, reader: &Reader, (start, end): (i64, i64)) -> (i64, i64) {
        match self.time {
            Some(timed) => ((start - timed.before as i64).max(reader.lo), (end + timed.after as i64).min(reader.hi)),
            None => ((start + self.after + 1 - self.window).max(reader.lo), (end + self.after).min(reader.hi)),
        }
    }

    /// The results at `start..end` of a line.
    fn segment(
        &self,
        (reader, line): (&Reader, usize),
        (start, end): (i64, i64),
        room: &mut Room,
        mut put: impl FnMut(i64, &[f64]),
    ) {
        let (lo, hi) = self.reach(reader, (start, end));
        let count = self.sort((reader, line), (lo, hi), room);
        let Room { sorted, ranks, bits, marks, windows, .. } = room;
        let (bits, marks) = (&mut bits[..count.div_ceil(64)], &mut marks[..count.div_ceil(4096)]);
        bits.fill(0);
        marks.fill(0);
        let mut inside = Inside { bits, marks, count: 0, at: 0, below: 0 };
        let value = |rank: usize| f64::from_bits(flip(sorted[rank][0] ^ (1 << 63)));
        let (mut entering, mut leaving) = (lo, lo);
        let (mut known, mut sought) = (0, Between { low: 0, high: 0, share: 0.0 });
        let mut results = [0.0; BUFFER];
        for from in (start..end).step_by(BUFFER) {
            let results = &mut results[..(end - from).min(BUFFER as i64) as usize];
            for (i, result) in (from..).zip(results.iter_mut()) {
                // The last place of the window, and the one before its first.
                let (last, before) = match self.time {
                    Some(_) => (windows[(i - start) as usize][1] - 1, windows[(i - start) as usize][0] - 1),
                    None => (i + self.after, i + self.after - self.window),
                };
                while entering <= last && entering < hi {
                    inside.insert(ranks[(entering - lo) as usize]);
                    entering += 1;
                }
                while leaving <= before && leaving < entering {
                    inside.remove(ranks[(leaving - lo) as usize]);
                    leaving += 1;
                }
                if inside.count < self.min_count {
                    *result = f64::NAN;
                    continue;
                }
                if known != inside.count {
                    (known, sought) = (inside.count, between("linear", self.q, inside.count));
                }
                let low = inside.seek(sought.low);
                let high = if sought.high == sought.low { low } else { inside.from(low + 1) };
                *result = mix(value(low), value(high), sought.share);
            }
            put(from, results);
        }
    }
}

impl Selecting {
    /// Numbers that say which windows the results of a segment have.
    fn timed_results(&self, core: &Region) -> usize {
        let results = (self.segment as u64).min(core.extent(self.axis)) as usize;
        if self.time.is_some() { 2 * results } else { 0 }
    }
}

impl Map for Selecting {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        if core.is_empty() {
            return Ok(());
        }
        let words = self.places.div_ceil(64);
        let mut room = Room {
            sorted: bytemuck::cast_slice_mut(scratch.take::<u64>(2 * self.places)?),
            ranks: scratch.take(self.places)?,
            bits: scratch.take(words)?,
            marks: scratch.take(words.div_ceil(64))?,
            times: scratch.take(if self.time.is_some() { self.places } else { 0 })?,
            windows: bytemuck::cast_slice_mut(scratch.take::<i64>(self.timed_results(core))?),
        };
        let reader = Reader::new(&inputs[0], self.axis, Words::Real, f64::NAN.to_bits());
        let mut writer = Writer::new(&mut outputs[0], self.axis, Words::Real);
        let dims = core.shape();
        let lines: u64 = (0..dims.len()).filter(|a| *a != self.axis).map(|a| dims[a]).product();
        let (first, last) = (core.start[self.axis] as i64, core.end[self.axis] as i64);
        for start in (first..last).step_by(self.segment as usize) {
            let end = last.min(start.saturating_add(self.segment));
            if let Some(timed) = self.time {
                let (lo, hi) = self.reach(&reader, (start, end));
                let windows = &mut room.windows[..(end - start) as usize];
                timed.find(&inputs[1], (lo, hi), room.times, (start, end), windows)?;
            }
            for nth in 0..lines as usize {
                let from = line_offset(nth, &dims, self.axis, reader.strides());
                let to = line_offset(nth, &dims, self.axis, writer.strides());
                self.segment((&reader, from), (start, end), &mut room, |at, results| writer.line(to, at, results));
            }
        }
        Ok(())
    }
}
