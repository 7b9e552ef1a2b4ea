//! How often each of many keys was seen, when most were seen once.
//!
//! Owns the room: keys that were seen once take no counter, and what does not fit is given up as a whole. Refuses to know
//! what keys stand for.

use super::keys::Word;

/// Keys and how often each was seen, as long as they fit.
#[derive(Debug)]
pub struct Tally<K> {
    /// Each seen once up to `settled`, ascending; after it in the order in which they came, any number of times.
    keys: Vec<K>,
    settled: usize,
    /// Seen more than once, ascending.
    repeated: Vec<(K, u64)>,
    room: Room,
    overflowed: bool,
}

/// The most that a tally holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub keys: usize,
    pub repeated: usize,
}

impl Room {
    /// Upper bound of the memory of a tally, in bytes: what comes in lies beside what is there.
    pub fn bytes<K>(self) -> u64 {
        (self.keys * size_of::<K>() + self.repeated * size_of::<(K, u64)>() * 2) as u64
    }
}

impl<K: Word> Tally<K> {
    pub fn new(room: Room) -> Tally<K> {
        Tally { keys: Vec::new(), settled: 0, repeated: Vec::new(), room, overflowed: false }
    }

    /// Adds keys, fewer than there is room for.
    pub fn add(&mut self, keys: &[K]) {
        if self.make_room(keys.len()) {
            self.keys.extend_from_slice(keys);
        }
    }

    /// Adds what another saw; there is so much room now.
    pub fn join(&mut self, other: Tally<K>, room: Room) {
        self.room = room;
        if other.overflowed {
            self.give_up();
        }
        if !self.make_room(other.keys.len()) {
            return;
        }
        self.keys.extend_from_slice(&other.keys);
        if !other.repeated.is_empty() {
            self.repeated.extend_from_slice(&other.repeated);
            self.merge_repeated();
        }
    }

    /// Whether all that came in is here.
    pub fn is_complete(&self) -> bool {
        !self.overflowed
    }

    /// How many keys came in.
    pub fn total(&self) -> u64 {
        self.keys.len() as u64 + self.repeated.iter().map(|(_, n)| n).sum::<u64>()
    }

    /// The key at a rank, counted from 0; `None` beyond the last one.
    pub fn at(&mut self, rank: u64) -> Option<K> {
        self.settle();
        let (mut keys, mut repeated) = (self.keys.iter().peekable(), self.repeated.iter().peekable());
        let mut left = rank;
        loop {
            let (key, n) = match (keys.peek(), repeated.peek()) {
                (Some(key), Some((other, _))) if *key < other => (*keys.next()?, 1),
                (_, Some(_)) => *repeated.next()?,
                (Some(_), None) => (*keys.next()?, 1),
                (None, None) => return None,
            };
            if left < n {
                return Some(key);
            }
            left -= n;
        }
    }

    /// Whether there is room for so many more.
    fn make_room(&mut self, more: usize) -> bool {
        if self.overflowed {
            return false;
        }
        if self.keys.capacity() < self.room.keys {
            // Once: a list that grows has two lists at times. What is not touched takes no memory.
            self.keys.reserve_exact(self.room.keys - self.keys.len());
        }
        if self.keys.len() + more > self.room.keys {
            self.settle();
            if self.keys.len() + more > self.room.keys {
                self.give_up();
            }
        }
        !self.overflowed
    }

    fn give_up(&mut self) {
        *self = Tally { overflowed: true, ..Tally::new(self.room) };
    }

    /// Brings all keys to where they belong.
    fn settle(&mut self) {
        if self.settled == self.keys.len() {
            return;
        }
        self.keys.sort_unstable();
        let (mut kept, mut at, mut known) = (0, 0, 0);
        let before = self.repeated.len();
        while at < self.keys.len() {
            let key = self.keys[at];
            let n = self.keys[at..].iter().take_while(|k| **k == key).count();
            at += n;
            while known < before && self.repeated[known].0 < key {
                known += 1;
            }
            if known < before && self.repeated[known].0 == key {
                self.repeated[known].1 += n as u64;
            } else if n == 1 {
                self.keys[kept] = key;
                kept += 1;
            } else if self.repeated.len() < self.room.repeated {
                self.repeated.push((key, n as u64));
            } else {
                return self.give_up();
            }
        }
        self.keys.truncate(kept);
        self.settled = kept;
        self.repeated.sort_unstable();
    }

    /// Makes one entry of those with the same key. What was seen once before may be repeated now; that shows when keys are
    /// settled.
    fn merge_repeated(&mut self) {
        self.repeated.sort_unstable();
        self.repeated.dedup_by(|new, old| {
            let same = new.0 == old.0;
            old.1 += if same { new.1 } else { 0 };
            same
        });
        if self.repeated.len() > self.room.repeated {
            self.give_up();
        }
        // A key among those seen once may be here now.
        self.settled = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks of what came in through tallies of `each` keys, against sorting.
    fn check(keys: &[u32], each: usize, room: Room) -> bool {
        let mut all = Tally::new(room);
        for part in keys.chunks(each) {
            let mut own = Tally::new(room);
            part.chunks((room.keys / 2).max(1)).for_each(|k| own.add(k));
            all.join(own, room);
        }
        let mut sorted = keys.to_vec();
        sorted.sort_unstable();
        // What does not fit may show only when all is in its place.
        let _ = all.at(0);
        if all.is_complete() {
            assert_eq!(all.total(), keys.len() as u64);
            for (rank, key) in sorted.iter().enumerate() {
                assert_eq!(all.at(rank as u64), Some(*key), "rank {rank} of {sorted:?}");
            }
            assert_eq!(all.at(keys.len() as u64), None);
        }
        all.is_complete()
    }

    #[test]
    fn ranks_are_those_of_sorting() {
        let mut seed = 1u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 33) % below) as u32
        };
        for (n, below) in [(0, 1), (1, 1), (50, 1), (50, 7), (200, 30), (200, 1 << 30), (200, 150)] {
            let keys: Vec<u32> = (0..n).map(|_| next(below)).collect();
            for each in [1, 3, 40, 1000] {
                assert!(check(&keys, each, Room { keys: 500, repeated: 100 }), "{n} below {below} by {each}");
                let tight = check(&keys, each, Room { keys: 60, repeated: 40 });
                assert!(tight || below > 7, "{n} below {below} by {each}");
                assert!(!tight || below <= 150 || n <= 60, "{n} below {below} by {each}");
            }
        }
    }

    #[test]
    fn one_key_however_often_takes_no_room() {
        assert!(check(&[7; 5000], 100, Room { keys: 8, repeated: 1 }));
        assert!(!check(&[7, 7, 8, 8], 4, Room { keys: 2, repeated: 1 }));
    }
}
