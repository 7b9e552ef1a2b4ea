//! Elements that lie apart in memory: copied one by one, or run by run where they touch.
//!
//! Owns the walk over strides of any sign. Touches elements and nothing between them, which nobody promised
//! to be readable: so it works on addresses, not on slices. Refuses to know dtypes and byte orders.

/// Edge of the blocks in which a box is turned whose nearest axis is not the last: the cache lines of a block
/// fit L1.
const BLOCK: usize = 32;

/// Extent, stride in memory in bytes, stride in the dense copy in pieces.
type Axis = (usize, isize, usize);

/// The copy of a box into dense memory in C order.
#[derive(Debug)]
pub(super) struct Gather {
    /// Bytes that lie together in memory and in the copy: an element, or a run of them along the last axis.
    piece: usize,
    /// Axes that are walked in C order, slowest first.
    outer: Vec<Axis>,
    /// The axis that is walked within those: the nearest in memory, or else the last but one.
    near: Axis,
    /// The last axis of pieces, and how much of it is walked for each step of `near`.
    last: Axis,
    block: usize,
}

impl Gather {
    /// A box of these extents, none of them 0, of elements of `item` bytes at `strides` in bytes.
    pub(super) fn new(shape: &[u64], strides: &[i64], item: usize) -> Gather {
        // The last axis comes first here. Neighbours that continue each other are one axis.
        let mut axes: Vec<Axis> = Vec::new();
        let mut dense = 1;
        for (n, stride) in shape.iter().zip(strides).rev().filter(|(n, _)| **n > 1) {
            let (n, stride) = (*n as usize, *stride as isize);
            match axes.last_mut() {
                Some((m, inner, _)) if inner.checked_mul(*m as isize) == Some(stride) => *m *= n,
                _ => axes.push((n, stride, dense)),
            }
            dense *= n;
        }
        let mut piece = item;
        if let Some((n, ..)) = axes.first().copied().filter(|(_, stride, _)| *stride == item as isize) {
            piece = n * item;
            axes.remove(0);
            axes.iter_mut().for_each(|(_, _, dense)| *dense /= n);
        }
        let last = if axes.is_empty() { (1, 0, 0) } else { axes.remove(0) };
        let nearest = (0..axes.len()).min_by_key(|a| axes[*a].1.unsigned_abs());
        let turned = nearest.filter(|a| axes[*a].1.unsigned_abs() < last.1.unsigned_abs());
        let near = if axes.is_empty() { (1, 0, 0) } else { axes.remove(turned.unwrap_or(0)) };
        axes.reverse();
        Gather { piece, outer: axes, near, last, block: if turned.is_some() { BLOCK } else { last.0 } }
    }

    /// Copies the box whose first element is at `first`. `out` has exactly its bytes.
    ///
    /// # Safety
    /// Every element of the box is readable.
    pub(super) unsafe fn copy(&self, first: *const u8, out: &mut [u8]) {
        // SAFETY: passed on to the caller.
        unsafe {
            match self.piece {
                1 => self.pieces::<1>(first, out),
                2 => self.pieces::<2>(first, out),
                4 => self.pieces::<4>(first, out),
                8 => self.pieces::<8>(first, out),
                16 => self.pieces::<16>(first, out),
                _ => self.runs(first, out),
            }
        }
    }

    /// # Safety
    /// As for [`Self::copy`]; a piece has `N` bytes.
    unsafe fn pieces<const N: usize>(&self, first: *const u8, out: &mut [u8]) {
        let (out, _) = out.as_chunks_mut::<N>();
        let ((ni, si, oi), (nj, sj, _)) = (self.near, self.last);
        self.walk(|from, to| {
            for i0 in (0..ni).step_by(BLOCK) {
                for j0 in (0..nj).step_by(self.block) {
                    let n = self.block.min(nj - j0);
                    for i in i0..(i0 + BLOCK).min(ni) {
                        let row = from + i as isize * si;
                        // The last axis is dense in the copy.
                        let places = &mut out[to + i * oi + j0..][..n];
                        for (j, place) in (j0 as isize..).zip(places) {
                            // SAFETY: an element of the box, readable by contract, at any alignment. Offsets
                            // wrap, because not all that lies before it need be one object.
                            *place = unsafe { first.wrapping_offset(row + j * sj).cast::<[u8; N]>().read() };
                        }
                    }
                }
            }
        });
    }

    /// # Safety
    /// As for [`Self::copy`].
    unsafe fn runs(&self, first: *const u8, out: &mut [u8]) {
        let ((ni, si, oi), (nj, sj, _)) = (self.near, self.last);
        self.walk(|from, to| {
            for i in 0..ni {
                let row = &mut out[(to + i * oi) * self.piece..][..nj * self.piece];
                for (j, run) in (0..).zip(row.chunks_exact_mut(self.piece)) {
                    let at = first.wrapping_offset(from + i as isize * si + j * sj);
                    // SAFETY: `piece` bytes of elements that touch, readable by contract; nobody else has `out`.
                    unsafe { at.copy_to_nonoverlapping(run.as_mut_ptr(), self.piece) };
                }
            }
        });
    }

    /// Calls `f` with the offset in memory (bytes) and in the copy (pieces) of every index of the outer axes.
    fn walk(&self, mut f: impl FnMut(isize, usize)) {
        let mut index = vec![0usize; self.outer.len()];
        loop {
            // Each of these sums is the place of an element, so none of them overflows.
            let (mut from, mut to) = (0, 0);
            for (i, (_, stride, dense)) in index.iter().zip(&self.outer) {
                from += *i as isize * stride;
                to += i * dense;
            }
            f(from, to);
            let Some(a) = (0..index.len()).rev().find(|a| index[*a] + 1 < self.outer[*a].0) else { return };
            index[a] += 1;
            index[a + 1..].fill(0);
        }
    }
}
