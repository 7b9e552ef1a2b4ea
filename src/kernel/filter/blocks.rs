//! Cuts a tile into blocks whose scratch fits a processor's cache, and moves boxes between arrays
//! and scratch.
//!
//! Blocks are the kernel's own affair: what it computes for an element does not depend on them.

use crate::array::{View, ViewMut, contiguous_strides, read_f64, row_starts, write_f64};
use crate::kernel::{KernelError, simd::vectorized};

/// Elements that a block aims at: with its halo, a few hundred KiB of f64.
const BLOCK_ELEMENTS: u64 = 16 * 1024;
/// Elements along the fastest axis where slower ones are filtered too: long enough to vectorise.
const ROW_ELEMENTS: u64 = 256;

/// The largest block scratch that is used; above it the tile itself is the block.
pub(super) const BLOCK_BYTES_MAX: u64 = 16 << 20;

/// Extents of the blocks of a filter with this halo. An axis with a halo gets at least twice its
/// length, so that no more than half as much again is computed along it.
pub(super) fn block_shape(domain: &[u64], halo: &[(u64, u64)]) -> Vec<u64> {
    let mut block = vec![1; domain.len()];
    let mut inner = 1u64;
    for a in (0..domain.len()).rev() {
        let slower = halo[..a].iter().any(|(b, e)| b + e > 0);
        let room = (BLOCK_ELEMENTS / inner).max(1);
        let wide = if slower && inner < 8 { room.min(ROW_ELEMENTS) } else { room };
        block[a] = wide.max(2 * (halo[a].0 + halo[a].1)).min(domain[a]).max(1);
        inner = inner.saturating_mul(block[a]);
    }
    block
}

/// The number of elements of a box with its halo; `None` past 2^63.
pub(super) fn grown_elements(shape: &[u64], halo: &[(u64, u64)]) -> Option<u64> {
    shape.iter().zip(halo).try_fold(1u64, |n, (e, (b, a))| n.checked_mul(e.checked_add(b + a)?))
}

/// Runs `f` on all blocks of a box: start inside the box, and shape.
pub(super) fn for_each_block(
    shape: &[u64],
    block: &[u64],
    mut f: impl FnMut(&[u64], &[u64]) -> Result<(), KernelError>,
) -> Result<(), KernelError> {
    if shape.contains(&0) {
        return Ok(());
    }
    let mut at = vec![0u64; shape.len()];
    loop {
        let size: Vec<u64> = at.iter().zip(shape).zip(block).map(|((s, n), b)| (n - s).min(*b)).collect();
        f(&at, &size)?;
        let Some(a) = (0..shape.len()).rev().find(|&a| at[a] + block[a] < shape[a]) else { return Ok(()) };
        at[a] += block[a];
        at[a + 1..].fill(0);
    }
}

/// Runs `f` on all indices of a box in C order; along `still` there is 0 alone.
pub(super) fn each_index(shape: &[u64], still: usize, mut f: impl FnMut(&[u64])) {
    if shape.contains(&0) {
        return;
    }
    let mut index = vec![0u64; shape.len()];
    loop {
        f(&index);
        let Some(a) = (0..shape.len()).rev().find(|&a| a != still && index[a] + 1 < shape[a]) else { return };
        index[a] += 1;
        index[a + 1..].fill(0);
    }
}

/// A strided box as contiguous runs: axes are merged wherever memory runs on.
#[derive(Debug)]
pub(super) struct Runs {
    /// Elements of each run.
    pub len: usize,
    shape: Vec<u64>,
    strides: Vec<usize>,
}

impl Runs {
    pub fn new(shape: &[u64], strides: &[usize]) -> Runs {
        let mut merged: Vec<(u64, usize)> = Vec::with_capacity(shape.len() + 1);
        for (&n, &stride) in shape.iter().zip(strides).rev() {
            match merged.last_mut() {
                _ if n == 1 => {}
                Some((m, s)) if stride as u64 == *m * *s as u64 => *m *= n,
                _ => merged.push((n, stride)),
            }
        }
        if merged.first().is_none_or(|(_, stride)| *stride != 1) {
            merged.insert(0, (1, 1));
        }
        let (shape, strides): (Vec<u64>, Vec<usize>) = merged.into_iter().rev().unzip();
        Runs { len: shape.last().map_or(1, |n| *n as usize), shape, strides }
    }

    /// Offsets in elements of the runs, in C order.
    pub fn starts(&self) -> impl Iterator<Item = usize> + use<> {
        row_starts(&self.shape, &self.strides)
    }

    /// Offsets of all elements, in C order.
    pub fn elements(&self) -> impl Iterator<Item = usize> + use<> {
        let n = self.len;
        self.starts().flat_map(move |start| start..start + n)
    }
}

/// Offset in elements of an index.
pub(super) fn offset(at: &[u64], strides: &[usize]) -> usize {
    at.iter().zip(strides).map(|(i, s)| *i as usize * s).sum()
}

/// Converts the box of `shape` that begins `at` inside a view to f64, dense in C order.
pub(super) fn read_box(view: &View, at: &[u64], shape: &[u64], out: &mut [f64]) {
    let (runs, base, size) = (Runs::new(shape, view.strides()), offset(at, view.strides()), view.dtype().size());
    for (start, to) in runs.starts().zip(out.chunks_exact_mut(runs.len.max(1))) {
        let from = (base + start) * size;
        read_run(view.dtype(), &view.bytes()[from..from + runs.len * size], to);
    }
}

/// Writes a dense f64 box of `shape` into an output view, beginning `at` inside it.
pub(super) fn write_box(values: &[f64], out: &mut ViewMut, at: &[u64], shape: &[u64]) -> Result<(), KernelError> {
    let (dtype, strides) = (out.dtype(), contiguous_strides(&out.shape()));
    let (runs, base, size) = (Runs::new(shape, &strides), offset(at, &strides), dtype.size());
    for (start, from) in runs.starts().zip(values.chunks_exact(runs.len.max(1))) {
        let to = (base + start) * size;
        if !write_run(dtype, from, &mut out.bytes()[to..to + runs.len * size]) {
            let index = out.region().start.iter().zip(at).map(|(s, a)| s + a).collect();
            return Err(KernelError::at(format!("NaN has no value in {dtype}; in the rows that begin"), index));
        }
    }
    Ok(())
}

/// Converts elements of a real dtype to f64.
#[inline(never)]
pub(super) fn read_run(dtype: crate::array::DType, bytes: &[u8], out: &mut [f64]) {
    vectorized(
        #[inline(always)]
        || read_f64(dtype, bytes, out),
    );
}

/// Converts f64 to a real dtype; false where a NaN met an integer.
#[inline(never)]
pub(super) fn write_run(dtype: crate::array::DType, values: &[f64], bytes: &mut [u8]) -> bool {
    vectorized(
        #[inline(always)]
        || write_f64(dtype, values, bytes),
    )
    .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_merge_what_lies_together() {
        let all = |shape: &[u64], strides: &[usize]| {
            let runs = Runs::new(shape, strides);
            (runs.len, runs.starts().collect::<Vec<_>>())
        };
        assert_eq!(all(&[2, 3, 4], &[12, 4, 1]), (24, vec![0]));
        assert_eq!(all(&[2, 3, 4], &[24, 4, 1]), (12, vec![0, 24]));
        assert_eq!(all(&[2, 2, 4], &[100, 8, 1]), (4, vec![0, 8, 100, 108]));
        assert_eq!(all(&[3, 1], &[7, 1]), (1, vec![0, 7, 14]));
        assert_eq!(all(&[], &[]), (1, vec![0]));
        assert_eq!(all(&[1, 5], &[3, 1]), (5, vec![0]));
        assert_eq!(all(&[2, 0], &[3, 1]).1, Vec::<usize>::new());
        assert_eq!(all(&[0, 2], &[2, 1]).1, Vec::<usize>::new());
    }

    #[test]
    fn blocks_cover_a_box_once() {
        for (shape, block) in
            [(vec![5u64, 7], vec![2u64, 3]), (vec![4], vec![9]), (vec![], vec![]), (vec![2, 0], vec![1, 1])]
        {
            let n: u64 = shape.iter().product();
            let mut seen = vec![0; n as usize];
            let strides = contiguous_strides(&shape);
            for_each_block(&shape, &block, |at, size| {
                for start in row_starts(size, &strides) {
                    let row = offset(at, &strides) + start;
                    seen[row..row + size.last().map_or(1, |n| *n as usize)].iter_mut().for_each(|s| *s += 1);
                }
                Ok(())
            })
            .unwrap();
            assert!(seen.iter().all(|s| *s == 1), "{shape:?} {block:?}: {seen:?}");
        }
    }

    #[test]
    fn blocks_stay_small() {
        assert_eq!(block_shape(&[300, 1000, 1000], &[(0, 0), (8, 8), (8, 8)]), [1, 64, 256]);
        assert_eq!(block_shape(&[1000], &[(8, 8)]), [1000]);
        assert_eq!(block_shape(&[0, 5], &[(1, 1), (1, 1)]), [1, 5]);
        let volume = block_shape(&[500; 3], &[(8, 8); 3]);
        assert!(grown_elements(&volume, &[(8, 8); 3]).unwrap() * 8 < BLOCK_BYTES_MAX);
    }
}
