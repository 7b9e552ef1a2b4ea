//! Into which blocks an array is cut where sums over many weights are made by Fourier transforms.
//!
//! ```text
//!        |<-- before -->|<--------- step ---------->|<-- after -->|
//!   ─────┴──────────────┴───────────────────────────┴─────────────┴─────   a block reads `step + weights - 1` elements,
//!                       |  results of this block    |                      at most `size`, a power of two
//! ```
//!
//! Owns the choice of sizes, which follows from the shapes of array and weights alone: bits depend on it. Knows no
//! arithmetic.

/// Complex numbers of a block (4 MiB), where the weights allow.
const BLOCK: u64 = 1 << 18;
/// Lanes of the last axis that share a block, where nothing is summed along it.
const LANES: u64 = 16;

/// How blocks lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Weights along each axis of the array; 1 along axes without.
    pub weights: Vec<u64>,
    /// Elements of a transform along each axis.
    pub size: Vec<u64>,
    /// Results of a block along each axis.
    pub step: Vec<u64>,
    /// The slowest axis with weights. Its first half is the real part of a block, its second the imaginary one.
    pub halves: usize,
    /// Lines of the last axis that share a block; 1 where it has weights.
    pub lanes: u64,
}

impl Layout {
    /// Of an array with these extents, none of them 0, and as many axes of weights. `None` where no axis has two.
    pub fn new(shape: &[u64], weights: &[u64]) -> Option<Layout> {
        let halves = weights.iter().position(|w| *w > 1)?;
        let filtered = |a: &usize| weights[*a] > 1;
        let axes: Vec<usize> = (0..shape.len()).filter(filtered).collect();
        let least = |a: usize| weights[a].next_power_of_two();
        let most = |a: usize| {
            let reads = shape[a].saturating_add(weights[a] - 1);
            reads.checked_next_power_of_two().unwrap_or(1 << 63)
        };
        let room = axes.iter().map(|a| least(*a)).fold(1, u64::saturating_mul).max(BLOCK);
        let mut size = vec![1; shape.len()];
        axes.iter().for_each(|a| size[*a] = least(*a));
        let elements = |size: &[u64]| size.iter().fold(1, |n, s| u64::saturating_mul(n, *s)) / 2;
        // Doubles the axis that saves most, until nothing does.
        loop {
            let now = cost(shape, weights, &size);
            let mut best: Option<(f64, Vec<u64>)> = None;
            for (i, &a) in axes.iter().enumerate() {
                // A step that alone saves nothing may, with another axis.
                for &b in &axes[i..] {
                    let mut next = size.clone();
                    next[a] *= 2;
                    next[b] = if a == b { next[b] } else { next[b] * 2 };
                    if next[a] > most(a) || next[b] > most(b) || elements(&next) > room {
                        continue;
                    }
                    let value = cost(shape, weights, &next);
                    if value < now && best.as_ref().is_none_or(|(least, _)| value < *least) {
                        best = Some((value, next));
                    }
                }
            }
            match best {
                Some((_, next)) => size = next,
                None => break,
            }
        }
        let last = shape.len() - 1;
        let free = weights[last] == 1;
        let lanes = if free { LANES.min(shape[last]).min((room / elements(&size).max(1)).max(1)) } else { 1 };
        let step = (0..shape.len()).map(|a| if filtered(&a) { size[a] - weights[a] + 1 } else { 1 }).collect();
        Some(Layout { weights: weights.to_vec(), size, step, halves, lanes })
    }

    /// Extents in complex numbers of the transform of a block, without lanes and axes that have no weights: those of
    /// the halves first.
    pub fn extents(&self) -> Vec<usize> {
        let along = |a: usize| if a == self.halves { self.size[a] / 2 } else { self.size[a] };
        (0..self.size.len()).filter(|a| self.weights[*a] > 1).map(|a| along(a) as usize).collect()
    }

    /// Complex numbers of the spectrum of the weights.
    pub fn elements(&self) -> u64 {
        self.extents().iter().map(|n| *n as u64).product()
    }

    /// How far apart in a block neighbours along each axis lie; what is beyond the first half lies in the other plane.
    pub fn strides(&self, lanes: u64) -> Vec<usize> {
        let mut strides = vec![0; self.size.len()];
        let mut inner = lanes;
        for a in (0..self.size.len()).rev() {
            strides[a] = inner as usize;
            if self.weights[a] > 1 {
                inner *= if a == self.halves { self.size[a] / 2 } else { self.size[a] };
            }
        }
        // Lanes are neighbours; along other axes without weights a block has one index.
        if let Some(stride) = strides.last_mut()
            && self.weights.last() == Some(&1)
        {
            *stride = 1;
        }
        strides
    }

    /// Gives `f` the runs of one row of a block's box: whether it lies in the second plane, where, and how many elements.
    /// The row begins at `index` and ends at the end of the box.
    pub fn each_run(&self, index: &[u64], ends: &[u64], strides: &[usize], mut f: impl FnMut(bool, usize, usize)) {
        let (half, last) = (self.size[self.halves] / 2, index.len() - 1);
        let inside = |a: usize, i: u64| if a == self.halves { i % half } else { i };
        let row = (0..last).map(|a| inside(a, index[a]) as usize * strides[a]).sum::<usize>();
        let (from, to) = (index[last], ends[last]);
        if self.halves < last {
            return f(index[self.halves] >= half, row + from as usize * strides[last], (to - from) as usize);
        }
        if from < half {
            f(false, row + from as usize, (to.min(half) - from) as usize);
        }
        if to > half {
            let from = from.max(half);
            f(true, row + (from - half) as usize, (to - from) as usize);
        }
    }

    /// Blocks along each axis of the array; elements along axes without weights.
    pub fn domain(&self, shape: &[u64]) -> Vec<u64> {
        shape.iter().zip(&self.step).map(|(n, s)| n.div_ceil(*s)).collect()
    }

    /// Weights, all together.
    pub fn count(&self) -> u64 {
        self.weights.iter().product()
    }

    /// The axis with the most weights.
    pub fn longest(&self) -> usize {
        (0..self.weights.len()).rev().max_by_key(|a| self.weights[*a]).unwrap_or(0)
    }
}

/// Work for the whole array, in passes over complex numbers.
fn cost(shape: &[u64], weights: &[u64], size: &[u64]) -> f64 {
    let (mut blocks, mut elements, mut passes) = (1.0, 1.0, 4.0);
    for a in (0..shape.len()).filter(|a| weights[*a] > 1) {
        blocks *= shape[a].div_ceil(size[a] - weights[a] + 1) as f64;
        elements *= size[a] as f64;
        passes += f64::from(size[a].ilog2());
    }
    blocks * elements * passes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_from_shapes() {
        let size = |shape: &[u64], weights: &[u64]| {
            let layout = Layout::new(shape, weights).unwrap();
            (layout.size, layout.lanes)
        };
        assert_eq!(size(&[4096, 4096], &[101, 101]), (vec![512, 512], 1));
        assert_eq!(size(&[4096, 4096], &[301, 301]), (vec![1024, 512], 1));
        assert_eq!(size(&[1 << 30], &[1000]), (vec![16384], 1));
        assert_eq!(size(&[1 << 30], &[100_000]), (vec![1 << 19], 1));
        assert_eq!(size(&[1 << 20, 64], &[1000, 1]), (vec![8192, 1], 16));
        // No larger than the array needs.
        assert_eq!(size(&[5, 7], &[3, 2]), (vec![8, 8], 1));
        assert_eq!(Layout::new(&[5, 7], &[1, 1]), None);
    }

    #[test]
    fn blocks_have_room_and_are_moderate() {
        let many = [(1 << 20, 3), (1 << 20, 500), (1 << 20, 70_000), (4096, 129), (100, 301), (7, 2), (1, 9)];
        for (shape, weights) in many.iter().flat_map(|&(n, w)| many.iter().map(move |&(m, v)| ([n, m], [w, v]))) {
            let layout = Layout::new(&shape, &weights).unwrap();
            let reads = layout.step.iter().zip(&weights).map(|(s, w)| s + w - 1);
            assert!(reads.eq(layout.size.iter().copied()), "{layout:?}");
            let least: u64 = weights.iter().map(|w| w.next_power_of_two()).product();
            assert!(layout.elements() <= least.max(BLOCK), "{layout:?}");
        }
    }
}
