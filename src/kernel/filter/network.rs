//! Selection networks: which minima and maxima leave one rank of n values in its place.
//!
//! Knows positions only. A network does the same whatever the values, so many selections run side
//! by side in vector lanes.

/// One comparison of two slots, `low < high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    pub low: usize,
    pub high: usize,
    /// Which results anything later looks at.
    pub keeps: Keeps,
}

/// What an exchange has to store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeps {
    /// The minimum in `low` alone.
    Min,
    /// The maximum in `high` alone.
    Max,
    Both,
}

/// The exchanges after which slot `rank` of `n` holds the value of that rank. This is Batcher's
/// merge exchange sort (Knuth, The Art of Computer Programming, 5.2.2, algorithm M) without what
/// does not lead to the slot.
pub(super) fn selection(n: usize, rank: usize) -> Vec<Exchange> {
    let mut live = vec![false; n];
    live[rank] = true;
    let mut kept = Vec::new();
    for (low, high) in sorting(n).into_iter().rev() {
        let keeps = match (live[low], live[high]) {
            (false, false) => continue,
            (true, false) => Keeps::Min,
            (false, true) => Keeps::Max,
            (true, true) => Keeps::Both,
        };
        (live[low], live[high]) = (true, true);
        kept.push(Exchange { low, high, keeps });
    }
    kept.reverse();
    kept
}

fn sorting(n: usize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let top = n.next_power_of_two() / 2;
    let mut p = top;
    while p > 0 {
        let (mut q, mut r, mut d) = (top, 0, p);
        loop {
            pairs.extend((0..n.saturating_sub(d)).filter(|i| i & p == r).map(|i| (i, i + d)));
            if q == p {
                break;
            }
            (d, q, r) = (q - p, q / 2, p);
        }
        p /= 2;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network that selects all sequences of zeros and ones selects everything (the 0-1 principle).
    #[test]
    fn selects_every_rank() {
        for n in 1..=12 {
            for rank in 0..n {
                let network = selection(n, rank);
                for bits in 0u32..1 << n {
                    let mut values: Vec<u32> = (0..n).map(|i| bits >> i & 1).collect();
                    for e in &network {
                        let (a, b) = (values[e.low], values[e.high]);
                        // What is not kept must not matter.
                        values[e.low] = if e.keeps == Keeps::Max { 7 } else { a.min(b) };
                        values[e.high] = if e.keeps == Keeps::Min { 7 } else { a.max(b) };
                    }
                    let zeros = n - bits.count_ones() as usize;
                    assert_eq!(values[rank], u32::from(rank >= zeros), "n {n} rank {rank} bits {bits:b}");
                }
            }
        }
    }

    #[test]
    fn small_medians_are_short() {
        assert!(selection(1, 0).is_empty());
        assert!(selection(9, 4).len() <= 24, "{}", selection(9, 4).len());
        assert!(selection(25, 12).len() <= 125, "{}", selection(25, 12).len());
    }
}
