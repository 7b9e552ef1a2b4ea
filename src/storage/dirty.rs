//! How much of an output may wait for the disk.
//!
//! Owns the queue of ranges that were written and are not known to be on disk. Refuses to know how they were written.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::map::FileMap;

/// Neighbouring ranges are one up to this size: the disk likes long ones.
const JOINED_BYTES_MAX: u64 = 4 << 20;
/// A range shorter than this is not pushed to the disk by itself.
const PUSHED_BYTES_MIN: u64 = 64 << 10;
/// Of what may wait, the share (as a divisor) that is waited for at once: one by one, short ranges would each take a turn of the disk.
const SETTLED_SHARE: u64 = 8;

/// The queue. Without a bound it does nothing: the system writes when it likes.
#[derive(Debug)]
pub(super) struct Dirty {
    most: u64,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    ranges: VecDeque<Range<u64>>,
    bytes: u64,
    /// How many of the last ranges have not been pushed.
    fresh: usize,
}

/// What is to be done about ranges: started, and waited for.
#[derive(Debug, Default, PartialEq)]
struct Todo {
    push: Vec<Range<u64>>,
    settle: Vec<Range<u64>>,
}

impl Dirty {
    /// A queue for at most `most` bytes.
    pub(super) fn new(most: u64) -> Dirty {
        Dirty { most, queue: Mutex::default() }
    }

    /// Whether there is a bound.
    pub(super) fn is_bounded(&self) -> bool {
        self.most < u64::MAX
    }

    /// Notes a range that was written. Where half of what may wait does so, writing begins; where all of it does, the oldest are
    /// waited for together, and leave the page cache.
    pub(super) fn add(&self, file: &FileMap, range: Range<u64>) {
        if !self.is_bounded() || range.is_empty() {
            return;
        }
        let todo = self.note(range);
        todo.push.iter().for_each(|fresh| file.write_back(fresh, false));
        // All are on their way before the first is waited for.
        todo.settle.iter().for_each(|old| file.write_back(old, false));
        for old in todo.settle {
            file.write_back(&old, true);
            file.drop_pages(&old);
            file.forget(&old);
        }
    }

    fn note(&self, range: Range<u64>) -> Todo {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = &mut *queue;
        let mut todo = Todo::default();
        queue.bytes += range.end - range.start;
        match queue.ranges.back_mut() {
            Some(last) if queue.fresh > 0 && last.end == range.start && range.end - last.start <= JOINED_BYTES_MAX => {
                last.end = range.end
            }
            _ => {
                queue.ranges.push_back(range);
                queue.fresh += 1;
            }
        }
        if queue.bytes > self.most / 2 {
            let fresh = queue.ranges.len() - queue.fresh;
            todo.push = queue.ranges.range(fresh..).filter(|r| r.end - r.start >= PUSHED_BYTES_MIN).cloned().collect();
            queue.fresh = 0;
        }
        if queue.bytes > self.most {
            let left = self.most - self.most / SETTLED_SHARE;
            while queue.bytes > left {
                let Some(range) = queue.ranges.pop_front() else { break };
                queue.bytes -= range.end - range.start;
                todo.settle.push(range);
            }
            todo.settle = joined(todo.settle);
        }
        todo
    }
}

/// Ranges in the order of the file, those that touch as one.
fn joined(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut found: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match found.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => found.push(range),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_waited_for_when_there_is_too_much() {
        const K: u64 = 64 << 10;
        let dirty = Dirty::new(10 * K);
        let note = |range: Range<u64>| {
            let todo = dirty.note(range.start * K..range.end * K);
            let units = |ranges: Vec<Range<u64>>| ranges.iter().map(|r| (r.start / K, r.end / K)).collect::<Vec<_>>();
            (units(todo.push), units(todo.settle))
        };
        assert_eq!(note(0..3), (vec![], vec![]));
        assert_eq!(note(3..6), (vec![(0, 6)], vec![]), "joined with its neighbour, half is full");
        assert_eq!(note(50..54), (vec![(50, 54)], vec![]));
        assert_eq!(note(70..71), (vec![(70, 71)], vec![(0, 6)]));
        assert_eq!(note(54..55), (vec![(54, 55)], vec![]));
        assert!(!Dirty::new(u64::MAX).is_bounded());

        let dirty = Dirty::new(16 * K);
        let settled = (0..17u64).map(|i| dirty.note(i % 2 * 100 * K + i * K..i % 2 * 100 * K + (i + 1) * K).settle);
        let last: Vec<Range<u64>> = settled.last().unwrap_or_default();
        assert_eq!(last, [0..K, 2 * K..3 * K, 101 * K..102 * K], "an eighth at once, in the order of the file");
    }
}
