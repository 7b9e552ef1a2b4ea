//! Which pages of a window are in use, by how many tiles, and whether their bytes have arrived.
//!
//! Owns the bookkeeping alone: ranges of bytes that begin and end on pages. Refuses to know memory, files and threads.
//! What it holds follows from the tiles in flight, not from the size of the file.

use std::collections::BTreeMap;
use std::ops::Range;

/// Ranges that somebody holds.
#[derive(Debug, Default)]
pub(super) struct Pins {
    /// By first byte; neighbours may touch, none overlap.
    segments: BTreeMap<u64, Segment>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Segment {
    end: u64,
    holders: u32,
    ready: bool,
}

impl Pins {
    /// Holds a range once more, and hands back the parts that nobody held before: the caller brings in their bytes and
    /// says so with [`Self::arrived`].
    pub(super) fn hold(&mut self, range: &Range<u64>) -> Vec<Range<u64>> {
        self.split(range);
        let mut gaps = Vec::new();
        let mut at = range.start;
        for (start, segment) in self.segments.range_mut(range.start..range.end) {
            if at < *start {
                gaps.push(at..*start);
            }
            segment.holders += 1;
            at = segment.end;
        }
        if at < range.end {
            gaps.push(at..range.end);
        }
        for gap in &gaps {
            self.segments.insert(gap.start, Segment { end: gap.end, holders: 1, ready: false });
        }
        gaps
    }

    /// The bytes of a range that [`Self::hold`] handed out are there.
    pub(super) fn arrived(&mut self, range: &Range<u64>) {
        self.split(range);
        self.segments.range_mut(range.start..range.end).for_each(|(_, s)| s.ready = true);
    }

    /// Whether all bytes of a range are held and there.
    pub(super) fn is_ready(&self, range: &Range<u64>) -> bool {
        let mut at = range.start;
        let first = self.segments.range(..=range.start).next_back().map_or(range.start, |(start, _)| *start);
        for (start, segment) in self.segments.range(first..range.end) {
            if segment.end <= at {
                continue;
            }
            if *start > at || !segment.ready {
                return false;
            }
            at = segment.end;
        }
        at >= range.end
    }

    /// Gives a range back once, and hands back the parts that nobody holds any more.
    pub(super) fn release(&mut self, range: &Range<u64>) -> Vec<Range<u64>> {
        self.split(range);
        let mut freed: Vec<Range<u64>> = Vec::new();
        for (start, segment) in self.segments.range_mut(range.start..range.end) {
            segment.holders -= 1;
            if segment.holders == 0 {
                match freed.last_mut() {
                    Some(last) if last.end == *start => last.end = segment.end,
                    _ => freed.push(*start..segment.end),
                }
            }
        }
        for gone in &freed {
            let starts: Vec<u64> = self.segments.range(gone.start..gone.end).map(|(start, _)| *start).collect();
            for start in starts {
                self.segments.remove(&start);
            }
        }
        freed
    }

    /// Bytes that somebody holds.
    pub(super) fn held_bytes(&self) -> u64 {
        self.segments.iter().map(|(start, s)| s.end - start).sum()
    }

    /// What nobody holds of the first `len` bytes.
    pub(super) fn gaps(&self, len: u64) -> Vec<Range<u64>> {
        let mut gaps = Vec::new();
        let mut at = 0;
        for (start, segment) in &self.segments {
            if at < *start {
                gaps.push(at..*start);
            }
            at = segment.end;
        }
        if at < len {
            gaps.push(at..len);
        }
        gaps
    }

    /// Cuts segments at both ends of a range, so that each lies inside or outside.
    fn split(&mut self, range: &Range<u64>) {
        for at in [range.start, range.end] {
            let Some((_, segment)) = self.segments.range_mut(..at).next_back() else { continue };
            if segment.end > at {
                let behind = *segment;
                segment.end = at;
                self.segments.insert(at, behind);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by counting for each unit.
    struct Slow {
        holders: [u32; 40],
        ready: [bool; 40],
    }

    fn units(ranges: &[Range<u64>]) -> Vec<u64> {
        ranges.iter().cloned().flatten().collect()
    }

    fn pairs(ranges: &[Range<u64>]) -> Vec<(u64, u64)> {
        ranges.iter().map(|r| (r.start, r.end)).collect()
    }

    #[test]
    fn a_shared_part_stays_until_both_have_left() {
        let mut pins = Pins::default();
        assert_eq!(pairs(&pins.hold(&(0..10))), [(0, 10)]);
        assert!(!pins.is_ready(&(0..10)));
        pins.arrived(&(0..10));
        assert_eq!(pairs(&pins.hold(&(8..20))), [(10, 20)]);
        assert!(pins.is_ready(&(8..10)) && !pins.is_ready(&(8..20)));
        pins.arrived(&(10..20));
        assert_eq!(pairs(&pins.release(&(0..10))), [(0, 8)]);
        assert_eq!(pairs(&pins.gaps(30)), [(0, 8), (20, 30)]);
        assert_eq!(pairs(&pins.release(&(8..20))), [(8, 20)]);
        assert!(pins.segments.is_empty());
    }

    proptest! {
        #[test]
        fn any_order_of_holds_and_releases_counts_right(
            steps in prop::collection::vec((0u64..40, 1u64..20, any::<bool>(), any::<prop::sample::Index>()), 1..60)
        ) {
            let (mut pins, mut slow, mut held) = (Pins::default(), Slow { holders: [0; 40], ready: [false; 40] }, Vec::<Range<u64>>::new());
            for (start, n, releases, which) in steps {
                if releases && !held.is_empty() {
                    let range = held.swap_remove(which.index(held.len()));
                    let freed = pins.release(&range);
                    let mut gone = Vec::new();
                    for i in range {
                        slow.holders[i as usize] -= 1;
                        if slow.holders[i as usize] == 0 {
                            gone.push(i);
                            slow.ready[i as usize] = false;
                        }
                    }
                    prop_assert_eq!(units(&freed), gone);
                } else {
                    let range = start..(start + n).min(40);
                    let gaps = pins.hold(&range);
                    let fresh: Vec<u64> = range.clone().filter(|i| slow.holders[*i as usize] == 0).collect();
                    prop_assert_eq!(units(&gaps), fresh);
                    range.clone().for_each(|i| slow.holders[i as usize] += 1);
                    for gap in gaps.iter().filter(|_| which.index(3) > 0) {
                        pins.arrived(gap);
                        gap.clone().for_each(|i| slow.ready[i as usize] = true);
                    }
                    prop_assert_eq!(pins.is_ready(&range), range.clone().all(|i| slow.ready[i as usize]));
                    held.push(range);
                }
                let free: Vec<u64> = (0..40).filter(|i| slow.holders[*i as usize] == 0).collect();
                prop_assert_eq!(units(&pins.gaps(40)), free);
            }
        }
    }
}
