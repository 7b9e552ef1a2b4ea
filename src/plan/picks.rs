//! Which tiles of a pass are run, along one axis of its grid.
//!
//! Owns the two forms this has: a run of positions, which takes no memory for each of them, and a list. Refuses to
//! know why they were picked.

use std::ops::Range;

/// Positions in the tile grid along one axis, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picks {
    Run(Range<u64>),
    List(Vec<u64>),
}

impl Picks {
    /// How many there are.
    pub fn len(&self) -> u64 {
        match self {
            Picks::Run(run) => run.end.saturating_sub(run.start),
            Picks::List(list) => list.len() as u64,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The n-th of them.
    pub fn at(&self, n: u64) -> u64 {
        match self {
            Picks::Run(run) => run.start + n,
            Picks::List(list) => list[n as usize],
        }
    }

    /// How many come before a position.
    pub fn before(&self, position: u64) -> u64 {
        match self {
            Picks::Run(run) => position.clamp(run.start, run.end.max(run.start)) - run.start,
            Picks::List(list) => list.partition_point(|p| *p < position) as u64,
        }
    }

    /// All of them, one by one: of lists, which are short.
    pub(super) fn to_list(&self) -> Vec<u64> {
        (0..self.len()).map(|n| self.at(n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_the_list_of_its_positions() {
        let (run, list) = (Picks::Run(3..6), Picks::List(vec![3, 4, 5]));
        assert_eq!((run.len(), run.to_list()), (3, list.to_list()));
        let both = |position| (run.before(position), list.before(position));
        assert_eq!([both(0), both(3), both(5), both(9)], [(0, 0), (0, 0), (2, 2), (3, 3)]);
        assert!(Picks::Run(2..2).is_empty() && Picks::List(vec![]).is_empty());
    }
}
