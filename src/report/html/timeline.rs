//! What a run did from moment to moment, in memory that does not grow with the run.
//!
//! Owns the buckets of time and the marks of passes. Refuses to know how they are drawn.

use crate::engine::{Event, Observer};
use crate::storage::private_bytes;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Buckets at most. When a run outgrows them, each two become one of double width.
const BUCKETS_MAX: usize = 600;
/// Seconds of a bucket at first.
const WIDTH_SECONDS: f64 = 0.001;
/// Seconds between two looks at private memory, at least: each costs tens of microseconds.
const MEMORY_SECONDS: f64 = 0.005;

/// Listens to a run and remembers bytes and memory over time.
#[derive(Debug)]
pub struct Timeline(Mutex<State>);

#[derive(Debug)]
struct State {
    started: Option<Instant>,
    record: Record,
    memory_seen: f64,
}

/// What was recorded, for drawing. Times are in seconds from the first pass on.
#[derive(Clone, Debug)]
pub struct Record {
    /// Seconds of one bucket.
    pub width: f64,
    pub buckets: Vec<Bucket>,
    /// When each pass began.
    pub passes: Vec<f64>,
    /// When the last pass ended; what follows is flushing and renaming.
    pub computed: f64,
    /// When the outputs had their names.
    pub done: f64,
}

/// One span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bucket {
    /// Bytes read; a tile's bytes are spread evenly over the time it took.
    pub read: f64,
    pub written: f64,
    /// The most private memory seen, in bytes; 0 where nobody looked.
    pub memory: u64,
}

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline(Mutex::new(State { started: None, record: Record::new(WIDTH_SECONDS), memory_seen: -1.0 }))
    }
}

impl Timeline {
    /// What was recorded so far.
    pub fn record(&self) -> Record {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).record.clone()
    }
}

impl Observer for Timeline {
    fn event(&self, event: &Event) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.started.get_or_insert_with(Instant::now).elapsed().as_secs_f64();
        match *event {
            Event::PassStarted { .. } => {
                state.record.passes.push(now);
                state.look(now);
            }
            Event::TileDone { read, written, elapsed, .. } => {
                state.record.add(now - elapsed.as_secs_f64(), now, read as f64, written as f64);
                if now >= state.memory_seen + MEMORY_SECONDS {
                    state.look(now);
                }
            }
            Event::PassDone { .. } => {
                state.record.computed = now;
                state.look(now);
            }
            Event::RunDone => state.record.done = now,
        }
    }
}

impl State {
    fn look(&mut self, now: f64) {
        self.memory_seen = now;
        self.record.look(now, private_bytes().unwrap_or(0));
    }
}

impl Record {
    /// Nothing yet, in buckets of this many seconds.
    pub fn new(width: f64) -> Record {
        Record { width, buckets: Vec::new(), passes: Vec::new(), computed: 0.0, done: 0.0 }
    }

    /// Adds bytes that were moved evenly between two times.
    pub fn add(&mut self, from: f64, to: f64, read: f64, written: f64) {
        let to = to.max(0.0);
        let from = from.clamp(0.0, to);
        let last = self.reach(to);
        // Doubling may have widened the buckets, so the first one is found after the last.
        let first = ((from / self.width) as usize).min(last);
        let span = to - from;
        for i in first..=last {
            let (start, end) = (i as f64 * self.width, (i + 1) as f64 * self.width);
            let share = if first == last { 1.0 } else { (end.min(to) - start.max(from)).max(0.0) / span };
            self.buckets[i].read += read * share;
            self.buckets[i].written += written * share;
        }
    }

    /// Notes private memory seen at a time.
    pub fn look(&mut self, at: f64, bytes: u64) {
        let bucket = self.reach(at.max(0.0));
        self.buckets[bucket].memory = self.buckets[bucket].memory.max(bytes);
    }

    /// The bucket of a time, with all before it made.
    fn reach(&mut self, at: f64) -> usize {
        while at / self.width >= BUCKETS_MAX as f64 {
            self.halve();
        }
        let index = (at / self.width) as usize;
        if self.buckets.len() <= index {
            self.buckets.resize(index + 1, Bucket::default());
        }
        index
    }

    /// Each two buckets become one of double width.
    fn halve(&mut self) {
        self.width *= 2.0;
        self.buckets = self.buckets.chunks(2).map(Bucket::joined).collect();
    }

    /// The same in at most so many buckets.
    pub fn coarser(mut self, most: usize) -> Record {
        while self.buckets.len() > most.max(1) {
            self.halve();
        }
        self
    }
}

impl Bucket {
    fn joined(parts: &[Bucket]) -> Bucket {
        parts.iter().fold(Bucket::default(), |sum, b| Bucket {
            read: sum.read + b.read,
            written: sum.written + b.written,
            memory: sum.memory.max(b.memory),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_double_in_width_and_lose_no_byte() {
        let mut record = Record::new(0.001);
        let mut moved = 0.0;
        // A day of tiles of growing length.
        for i in 0..5000u32 {
            let to = f64::from(i) * 17.0;
            record.add(to - f64::from(i % 40), to, f64::from(i), 2.0);
            record.look(to, u64::from(i));
            moved += f64::from(i);
            assert!(record.buckets.len() <= BUCKETS_MAX);
        }
        let sum = |f: fn(&Bucket) -> f64| record.buckets.iter().map(f).sum::<f64>();
        assert!((sum(|b| b.read) / moved - 1.0).abs() < 1e-9);
        assert!((sum(|b| b.written) - 10_000.0).abs() < 1e-6);
        assert!(record.buckets.len() > BUCKETS_MAX / 2, "no coarser than needed: {}", record.buckets.len());
        assert!((record.width / 0.001).log2().fract().abs() < 1e-9, "widths are doublings of the first");
        assert_eq!(record.buckets.iter().map(|b| b.memory).max(), Some(4999));
        let coarse = record.clone().coarser(100);
        assert!(coarse.buckets.len() <= 100);
        assert!((coarse.buckets.iter().map(|b| b.read).sum::<f64>() / moved - 1.0).abs() < 1e-9);
    }

    #[test]
    fn bytes_are_spread_over_the_time_they_took() {
        let mut record = Record::new(1.0);
        record.add(0.5, 2.5, 8.0, 4.0);
        let reads: Vec<f64> = record.buckets.iter().map(|b| b.read).collect();
        assert_eq!(reads, [2.0, 4.0, 2.0]);
        // Buckets against a slow sum at one-tenth of their width.
        let (mut fine, mut slow) = (Record::new(1.0), vec![0.0; 50]);
        for i in 0..200u32 {
            let (from, to) = (f64::from(i * 7 % 40), f64::from(i * 7 % 40) + f64::from(i % 9) + 0.5);
            fine.add(from, to, 10.0, 0.0);
            let steps = ((to - from) * 10.0).round() as usize;
            for s in 0..steps {
                slow[(from + (s as f64 + 0.5) / 10.0) as usize] += 10.0 / steps as f64;
            }
        }
        for (i, b) in fine.buckets.iter().enumerate() {
            assert!((b.read - slow[i]).abs() < 1e-6, "bucket {i}: {} {}", b.read, slow[i]);
        }
        // Longer ago than the run is old, and no time at all.
        record.add(-3.0, 0.0, 1.0, 0.0);
        record.add(1.5, 1.5, 1.0, 0.0);
        let reads: Vec<f64> = record.buckets.iter().map(|b| b.read).collect();
        assert_eq!(reads, [3.0, 5.0, 2.0]);
    }
}
