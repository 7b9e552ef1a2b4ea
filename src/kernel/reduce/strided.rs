//! The shortest description of a strided box, so that inner loops are long.
//!
//! Owns the merging of axes that lie one behind the other in every array involved. Refuses to know
//! what is done with the rows.

/// A box of indices that several arrays share, each with its own strides (0 where it is broadcast).
/// Axes are slowest first; there is at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Strided<const K: usize> {
    pub shape: Vec<u64>,
    /// For each array, one stride for each axis.
    pub strides: [Vec<usize>; K],
}

impl<const K: usize> Strided<K> {
    /// Merges what can be merged; the last axis has stride 1 or 0, or extent 1, in every array.
    pub fn new(shape: &[u64], strides: [&[usize]; K]) -> Strided<K> {
        // Slowest axis last while axes are collected.
        let mut axes: Vec<(u64, [usize; K])> = Vec::new();
        for a in (0..shape.len()).rev() {
            let own: [usize; K] = std::array::from_fn(|k| strides[k][a]);
            if shape[a] == 1 {
                continue;
            }
            match axes.last_mut() {
                Some((n, inner)) if (0..K).all(|k| own[k] == inner[k] * *n as usize) => *n *= shape[a],
                _ => axes.push((shape[a], own)),
            }
        }
        // Views have unit stride along their last axis, except where its extent is 1.
        if axes.first().is_none_or(|(_, own)| own.iter().any(|s| *s > 1)) {
            axes.insert(0, (1, [1; K]));
        }
        axes.reverse();
        Strided {
            shape: axes.iter().map(|(n, _)| *n).collect(),
            strides: std::array::from_fn(|k| axes.iter().map(|(_, own)| own[k]).collect()),
        }
    }

    /// Elements in a row.
    pub fn row(&self) -> usize {
        self.shape.last().map_or(1, |n| *n as usize)
    }

    /// Calls `f` with the offset of every row in every array, in C order.
    #[inline(always)]
    pub fn each_row(&self, mut f: impl FnMut([usize; K])) {
        if self.shape.contains(&0) {
            return;
        }
        // The axis above the rows, which has extent 1 where there is none.
        let last = self.shape.len().saturating_sub(2);
        let alone = self.shape.len() < 2;
        let n = if alone { 1 } else { self.shape[last] as usize };
        let step: [usize; K] = std::array::from_fn(|k| if alone { 0 } else { self.strides[k][last] });
        let (mut index, mut at) = (vec![0u64; last], [0usize; K]);
        loop {
            // One place that calls `f`, so that it can be inlined.
            for i in 0..n {
                f(std::array::from_fn(|k| at[k] + i * step[k]));
            }
            let Some(a) = (0..last).rev().find(|a| index[*a] + 1 < self.shape[*a]) else { return };
            for (b, i) in index.iter_mut().enumerate().skip(a + 1) {
                (0..K).for_each(|k| at[k] -= *i as usize * self.strides[k][b]);
                *i = 0;
            }
            index[a] += 1;
            (0..K).for_each(|k| at[k] += self.strides[k][a]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(shape: &[u64], strides: &[usize]) -> Vec<usize> {
        let s = Strided::new(shape, [strides]);
        let (row, step) = (s.row(), s.strides[0].last().copied().unwrap_or(1));
        let mut out = Vec::new();
        s.each_row(|[at]| out.extend((0..row).map(|i| at + i * step)));
        out
    }

    #[test]
    fn walks_every_element_in_order() {
        for (shape, strides) in [
            (vec![2u64, 3, 4, 5], vec![1000usize, 100, 10, 1]),
            (vec![2, 3, 4, 5], vec![60, 20, 5, 1]),
            (vec![2, 1, 4, 5], vec![100, 7, 5, 1]),
            (vec![3, 1], vec![50, 1]),
            (vec![3, 2, 1], vec![100, 50, 9]),
            (vec![], vec![]),
            (vec![1], vec![1]),
            (vec![4, 0], vec![1, 1]),
            (vec![3, 4], vec![1, 0]),
        ] {
            let mut want = vec![0usize];
            for (n, s) in shape.iter().zip(&strides) {
                want = want.iter().flat_map(|at| (0..*n as usize).map(move |i| at + i * s)).collect();
            }
            assert_eq!(offsets(&shape, &strides), want, "{shape:?} {strides:?}");
        }
        assert_eq!(Strided::new(&[2, 3, 4], [&[12, 4, 1], &[1, 0, 0]]).shape, [2, 12]);
    }
}
