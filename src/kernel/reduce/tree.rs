//! The tree that joins the partial results of leaves: any order of joins gives the same bits.
//!
//! Owns the canonical shape of a fold. Leaves are numbered `0..leaves`; 64 of them make a node, 64
//! nodes the next one, and so on. A node's value is the left fold of its children in index order, so
//! it follows from the leaves alone. Refuses to know what is folded and where leaves come from.
//!
//! ```text
//! level 2  [ node 0                                  ] [ node 1 …
//! level 1  [ 0..64 ][ 64..128 ] …                        value = ((c0 ∘ c1) ∘ c2) ∘ …
//! level 0  0 1 2 …
//! ```
//!
//! A forest is a set of leaf ranges. What begins at a node's first child is kept as that node's
//! running fold; children that begin later wait, each on its own, until what lies before them
//! arrives. A range from leaf 0 on therefore holds one run for each level.

use std::fmt::Debug;

/// Children of a node, as a power of two.
const NODE_BITS: u32 = 6;

/// What a leaf gives for one kept cell, and what a join of two makes of them.
pub trait Partial: Copy + Debug + Send + Sync + 'static {
    /// The partial of no elements.
    const EMPTY: Self;
    /// `left[i] = left[i] ∘ right[i]` for every kept cell; `left` covers the lower indices.
    fn merge(left: &mut [Self], right: &[Self]);
}

/// The leaves `start..end`, as consecutive children of level `level` of one node: a prefix of them
/// folded, or one alone.
#[derive(Debug, Clone)]
struct Run<P> {
    start: u64,
    end: u64,
    level: u32,
    values: Vec<P>,
}

/// Partial results of any set of leaves, for `cells` kept cells each.
#[derive(Debug, Clone)]
pub struct Forest<P> {
    leaves: u64,
    cells: usize,
    /// Ordered by index, disjoint.
    runs: Vec<Run<P>>,
    /// A buffer that a merge has freed.
    spare: Option<Vec<P>>,
}

/// Bytes of a run beside its values: the run in a list that may have doubled, and the allocation.
pub const RUN_BYTES: u64 = 2 * size_of::<Run<u64>>() as u64 + 32;

/// Levels of the tree over this many leaves; a range that begins at leaf 0 has at most one run each.
pub fn levels(leaves: u64) -> u64 {
    u64::from((leaves.max(2) - 1).ilog2() / NODE_BITS) + 1
}

/// The most runs that a range of `length` leaves can consist of, wherever it begins.
pub fn runs_max(length: u64) -> u64 {
    length.min((levels(length) + 1) << NODE_BITS)
}

/// Leaves below a node of this level.
fn width(level: u32) -> u64 {
    1u64.checked_shl(level * NODE_BITS).unwrap_or(u64::MAX)
}

impl<P: Partial> Forest<P> {
    /// No leaves yet, of `leaves` in all.
    pub fn new(leaves: u64, cells: usize) -> Forest<P> {
        Forest { leaves, cells, runs: Vec::new(), spare: None }
    }

    /// Kept cells.
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// Runs that are kept.
    #[cfg(test)]
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// A buffer with room for every kept cell, of any content.
    pub fn buffer(&mut self) -> Vec<P> {
        self.spare.take().unwrap_or_else(|| vec![P::EMPTY; self.cells])
    }

    /// Adds a leaf that lies after all leaves that are here.
    pub fn push(&mut self, leaf: u64, values: Vec<P>) {
        self.append(Run { start: leaf, end: leaf + 1, level: 0, values });
    }

    /// Adds the leaves of another forest over the same tree; no leaf may be in both.
    pub fn join(&mut self, other: Forest<P>) {
        let follows = match (self.runs.last(), other.runs.first()) {
            (Some(last), Some(first)) => last.end <= first.start,
            _ => true,
        };
        let mut runs = other.runs;
        if !follows {
            runs.append(&mut self.runs);
            runs.sort_by_key(|r| r.start);
        }
        runs.into_iter().for_each(|run| self.append(run));
    }

    /// The fold of all leaves; `None` where some are missing. Of no leaves: [`Partial::EMPTY`].
    pub fn finish(self) -> Option<Vec<P>> {
        if self.leaves == 0 {
            return Some(vec![P::EMPTY; self.cells]);
        }
        let mut runs = self.runs.into_iter();
        match (runs.next(), runs.next()) {
            (Some(run), None) if (run.start, run.end) == (0, self.leaves) => Some(run.values),
            _ => None,
        }
    }

    /// The fold of the leaves that are here, as if there were no others.
    pub fn finish_part(self) -> Vec<P> {
        let mut sum = vec![P::EMPTY; self.cells];
        self.runs.iter().for_each(|run| P::merge(&mut sum, &run.values));
        sum
    }

    fn append(&mut self, run: Run<P>) {
        self.runs.push(run);
        loop {
            let Some(last) = self.runs.last_mut() else { return };
            // A node whose children are all folded is a child of the next level.
            while last.start.is_multiple_of(width(last.level + 1))
                && last.end == last.start.saturating_add(width(last.level + 1)).min(self.leaves)
                && !(last.start == 0 && last.end == self.leaves)
            {
                last.level += 1;
            }
            let [.., before, last] = self.runs.as_mut_slice() else { return };
            let node = width(last.level + 1);
            let continues = before.end == last.start
                && before.level == last.level
                && before.start.is_multiple_of(node)
                && !last.start.is_multiple_of(node);
            if !continues {
                return;
            }
            P::merge(&mut before.values, &last.values);
            before.end = last.end;
            self.spare = self.runs.pop().map(|r| r.values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Not associative at all: any other grouping shows.
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Mixed(u64);

    impl Partial for Mixed {
        const EMPTY: Mixed = Mixed(0);
        fn merge(left: &mut [Mixed], right: &[Mixed]) {
            for (a, b) in left.iter_mut().zip(right) {
                a.0 = (a.0 ^ 0x9E37_79B9).wrapping_mul(6_364_136_223_846_793_005).rotate_left(17).wrapping_add(b.0);
            }
        }
    }

    fn leaf(i: u64) -> Vec<Mixed> {
        vec![Mixed(i * i + 7), Mixed(!i)]
    }

    /// The definition, written down.
    fn node(start: u64, level: u32, leaves: u64) -> Vec<Mixed> {
        if level == 0 {
            return leaf(start);
        }
        let child = 64u64.pow(level - 1);
        let mut value = node(start, level - 1, leaves);
        for c in 1..64 {
            if start + c * child < leaves {
                Mixed::merge(&mut value, &node(start + c * child, level - 1, leaves));
            }
        }
        value
    }

    fn forest(leaves: u64, range: impl IntoIterator<Item = u64>) -> Forest<Mixed> {
        let mut f = Forest::new(leaves, 2);
        range.into_iter().for_each(|i| f.push(i, leaf(i)));
        f
    }

    #[test]
    fn whole_tree_is_the_definition() {
        for leaves in [1, 2, 63, 64, 65, 128, 129, 4095, 4096, 4097, 5000] {
            let level = levels(leaves) as u32;
            assert_eq!(forest(leaves, 0..leaves).finish(), Some(node(0, level, leaves)), "{leaves}");
            let f = forest(leaves, 0..leaves - 1);
            assert!(f.runs() as u64 <= levels(leaves), "{leaves}");
            if leaves > 1 {
                let mut sum = node(0, 0, leaves);
                (1..leaves - 1).filter(|_| leaves <= 64).for_each(|i| Mixed::merge(&mut sum, &leaf(i)));
                let part = f.clone().finish_part();
                let mut empty = vec![Mixed::EMPTY; 2];
                Mixed::merge(&mut empty, &sum);
                assert!(leaves > 64 || part == empty, "{leaves}");
                assert_eq!(f.finish(), None);
            }
        }
        assert_eq!(forest(0, 0..0).finish(), Some(vec![Mixed::EMPTY; 2]));
    }

    #[test]
    fn a_range_has_few_runs() {
        for (leaves, from, to) in [(10_000, 1, 9_999), (10_000, 4_097, 8_191), (300_000, 63, 300_000), (70, 3, 66)] {
            let f = forest(leaves, from..to);
            assert!(f.runs() as u64 <= runs_max(to - from), "{} runs", f.runs());
        }
        assert_eq!((levels(1), levels(64), levels(65), levels(4096), levels(4097)), (1, 1, 2, 2, 3));
        assert_eq!(levels(u64::MAX), 11);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn order_of_joins_never_shows(
            leaves in 1u64..6000,
            cuts in prop::collection::vec(0u64..6000, 0..12),
            stripes in 1u64..4,
            picks in prop::collection::vec(any::<prop::sample::Index>(), 64),
        ) {
            let want = forest(leaves, 0..leaves).finish();
            let mut cuts: Vec<u64> = cuts.into_iter().map(|c| c % leaves).chain([0, leaves]).collect();
            cuts.sort_unstable();
            // Pieces are ranges with holes: every stripe-th block of 5 leaves.
            let mut pieces: Vec<Forest<Mixed>> = cuts
                .windows(2)
                .flat_map(|w| (0..stripes).map(|s| forest(leaves, (w[0]..w[1]).filter(|i| i / 5 % stripes == s))))
                .collect();
            let mut picks = picks.iter().cycle();
            while pieces.len() > 1 {
                let a = picks.next().map_or(0, |p| p.index(pieces.len()));
                let right = pieces.swap_remove(a);
                let b = picks.next().map_or(0, |p| p.index(pieces.len()));
                pieces[b].join(right);
            }
            prop_assert_eq!(pieces.pop().and_then(Forest::finish), want);
        }
    }
}
