//! Where the elements of a region lie in a file, and how they are decoded and encoded.
//!
//! Owns order, byte order and misalignment. Works on plain slices; refuses to know where they come
//! from. Decoded bytes are always dense, in C order and in the byte order of the machine.

use std::ops::Range;

use crate::array::{DType, Endian, Facts, Order, Region, contiguous_strides};

/// At most this many byte ranges are made of one region; beyond, neighbours are joined.
pub(super) const RUNS_MAX: u64 = 4096;
/// Edge of the blocks in which an F-order array is turned, in elements: a block's cache lines fit L1.
const BLOCK: usize = 32;

/// Byte ranges of equal length at regular strides.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Runs {
    first: u64,
    bytes: u64,
    /// Count and stride in bytes, slowest first.
    outer: Vec<(u64, u64)>,
}

impl Runs {
    /// The longest contiguous ranges that make up a region, in storage order.
    pub(super) fn new(facts: &Facts, region: &Region) -> Runs {
        let item = facts.spec.dtype.size() as u64;
        let strides = facts.strides();
        // Asked first: strides of an empty array may pass any number.
        if region.is_empty() {
            return Runs { first: facts.offset, bytes: 0, outer: vec![(0, 0)] };
        }
        let first = facts.offset + (0..strides.len()).map(|a| region.start[a] * strides[a] * item).sum::<u64>();
        let mut runs = Runs { first, bytes: item, outer: Vec::new() };
        let fastest_first: Vec<usize> = match facts.spec.order {
            Order::C => (0..strides.len()).rev().collect(),
            Order::F => (0..strides.len()).collect(),
        };
        for a in fastest_first {
            let (count, stride) = (region.extent(a), strides[a] * item);
            if count == 1 {
                continue;
            }
            if runs.outer.is_empty() && stride == runs.bytes {
                runs.bytes *= count;
            } else {
                runs.outer.insert(0, (count, stride));
            }
        }
        runs
    }

    /// Bytes of each.
    pub(super) fn run_bytes(&self) -> u64 {
        self.bytes
    }

    fn count(&self) -> u64 {
        self.outer.iter().map(|(n, _)| *n).product()
    }

    /// The one range, where there is but one.
    pub(super) fn single(&self) -> Option<Range<u64>> {
        (self.count() <= 1).then_some(self.first..self.first + self.bytes)
    }

    /// From the first byte to the last.
    pub(super) fn span(&self) -> Range<u64> {
        if self.bytes == 0 {
            return self.first..self.first;
        }
        let reach: u64 = self.outer.iter().map(|(n, stride)| (n - 1) * stride).sum();
        self.first..self.first + reach + self.bytes
    }

    /// Calls `f` with the start of each range, in storage order.
    fn for_each(&self, mut f: impl FnMut(u64)) {
        let dims: Vec<(u64, usize, usize)> = self.outer.iter().map(|(n, s)| (*n, *s as usize, 0)).collect();
        walk(&dims, |at, _| f(self.first + at as u64));
    }

    /// The ranges with neighbours joined whose pages touch, so that each range is worth a system
    /// call; and joined across gaps only where there would be more than [`RUNS_MAX`].
    pub(super) fn coalesced(mut self, page: u64) -> Vec<Range<u64>> {
        let end = self.span().end;
        while let Some((n, stride)) = self.outer.last().copied() {
            if n > 0 && stride < self.bytes + page {
                self.bytes += (n - 1) * stride;
                self.outer.pop();
            } else {
                break;
            }
        }
        while self.count() > RUNS_MAX {
            let Some((n, stride)) = self.outer.pop() else { break };
            let others = self.count();
            let group = n.div_ceil((RUNS_MAX / others.max(1)).max(1));
            self.bytes += (group - 1) * stride;
            if group < n {
                self.outer.push((n.div_ceil(group), stride * group));
                break;
            }
        }
        let mut ranges: Vec<Range<u64>> = Vec::with_capacity(self.count() as usize);
        self.for_each(|at| {
            let next = at..(at + self.bytes).min(end);
            match ranges.last_mut() {
                Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
                _ => ranges.push(next),
            }
        });
        ranges
    }
}

/// Calls `f` with the two offsets of every index of a box given as (count, stride, stride).
fn walk(dims: &[(u64, usize, usize)], mut f: impl FnMut(usize, usize)) {
    let total: u64 = dims.iter().map(|d| d.0).product();
    let mut index = vec![0u64; dims.len()];
    let (mut a, mut b) = (0usize, 0usize);
    for _ in 0..total {
        f(a, b);
        for d in (0..dims.len()).rev() {
            index[d] += 1;
            a += dims[d].1;
            b += dims[d].2;
            if index[d] < dims[d].0 {
                break;
            }
            a -= dims[d].1 * dims[d].0 as usize;
            b -= dims[d].2 * dims[d].0 as usize;
            index[d] = 0;
        }
    }
}

/// Whether bytes must be swapped to be read or written here.
pub(super) fn swapped(facts: &Facts) -> bool {
    facts.endian != Endian::NATIVE && facts.spec.dtype.swap_unit() > 1
}

/// Whether the storage runs in C order, or cannot be told from it.
pub(super) fn c_order(facts: &Facts) -> bool {
    facts.spec.order == Order::C || facts.spec.shape.iter().filter(|n| **n > 1).count() <= 1
}

/// Swaps the bytes of every unit of `unit` bytes.
pub(super) fn swap_bytes(bytes: &mut [u8], unit: usize) {
    match unit {
        2 => bytes.as_chunks_mut().0.iter_mut().for_each(|c| *c = u16::from_ne_bytes(*c).swap_bytes().to_ne_bytes()),
        4 => bytes.as_chunks_mut().0.iter_mut().for_each(|c| *c = u32::from_ne_bytes(*c).swap_bytes().to_ne_bytes()),
        8 => bytes.as_chunks_mut().0.iter_mut().for_each(|c| *c = u64::from_ne_bytes(*c).swap_bytes().to_ne_bytes()),
        _ => {}
    }
}

/// Decodes a region into `out`, which has exactly its bytes. `file` holds the file from byte 0 on.
pub(super) fn decode(facts: &Facts, file: &[u8], region: &Region, out: &mut [u8]) {
    let dtype = facts.spec.dtype;
    if region.is_empty() {
        return;
    }
    if c_order(facts) {
        let mut at = 0;
        let runs = Runs::new(&as_c(facts), region);
        let bytes = runs.bytes as usize;
        runs.for_each(|from| {
            out[at..at + bytes].copy_from_slice(&file[from as usize..from as usize + bytes]);
            at += bytes;
        });
    } else {
        let turn = Turn::new(facts, region);
        let from = &file[Runs::new(facts, region).first as usize..];
        match dtype.size() {
            1 => turn.gather::<1>(from, out),
            2 => turn.gather::<2>(from, out),
            4 => turn.gather::<4>(from, out),
            8 => turn.gather::<8>(from, out),
            _ => turn.gather::<16>(from, out),
        }
    }
    to_native(facts, out);
}

/// Dense elements as they were stored become those of this machine.
pub(super) fn to_native(facts: &Facts, out: &mut [u8]) {
    if swapped(facts) {
        swap_bytes(out, facts.spec.dtype.swap_unit());
    }
    if facts.spec.dtype == DType::Bool {
        out.iter_mut().for_each(|b| *b = u8::from(*b != 0));
    }
}

/// Encodes a region: calls `put` with each piece and its offset in the file.
pub(super) fn encode(facts: &Facts, region: &Region, bytes: &[u8], mut put: impl FnMut(u64, &[u8])) {
    if region.is_empty() {
        return;
    }
    let unit = if swapped(facts) { facts.spec.dtype.swap_unit() } else { 1 };
    if !c_order(facts) {
        let turn = Turn::new(facts, region);
        let first = Runs::new(facts, region).first;
        match facts.spec.dtype.size() {
            1 => turn.scatter::<1>(bytes, unit, first, put),
            2 => turn.scatter::<2>(bytes, unit, first, put),
            4 => turn.scatter::<4>(bytes, unit, first, put),
            8 => turn.scatter::<8>(bytes, unit, first, put),
            _ => turn.scatter::<16>(bytes, unit, first, put),
        }
        return;
    }
    let runs = Runs::new(&as_c(facts), region);
    let (mut at, len) = (0, runs.bytes as usize);
    let mut buffer = [0u8; 4096];
    runs.for_each(|to| {
        let run = &bytes[at..at + len];
        at += len;
        if unit == 1 {
            return put(to, run);
        }
        for (i, piece) in run.chunks(buffer.len()).enumerate() {
            let swapped = &mut buffer[..piece.len()];
            swapped.copy_from_slice(piece);
            swap_bytes(swapped, unit);
            put(to + (i * 4096) as u64, swapped);
        }
    });
}

/// The same facts in C order, for arrays in which the two orders are one.
fn as_c(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    facts.spec.order = Order::C;
    facts
}

/// The copy between F-order storage and a dense C-order box. The two axes that are fastest on either
/// side are walked in blocks, so that each cache line is used up while it is near.
struct Turn {
    /// (count, stride in storage, stride in the box), in elements.
    outer: Vec<(u64, usize, usize)>,
    /// The axis that is fastest in storage.
    inner: (usize, usize, usize),
    /// The axis that is fastest in the box.
    last: (usize, usize, usize),
}

impl Turn {
    fn new(facts: &Facts, region: &Region) -> Turn {
        let strides = facts.strides();
        let shape = region.shape();
        let dense = contiguous_strides(&shape);
        let mut dims: Vec<(u64, usize, usize)> =
            (0..shape.len()).filter(|a| shape[*a] > 1).map(|a| (shape[a], strides[a] as usize, dense[a])).collect();
        let take = |d: Option<(u64, usize, usize)>| d.map_or((1, 0, 0), |(n, s, o)| (n as usize, s, o));
        let last = take(dims.pop());
        let inner = take(if dims.is_empty() { None } else { Some(dims.remove(0)) });
        Turn { outer: dims, inner, last }
    }

    fn gather<const N: usize>(&self, from: &[u8], out: &mut [u8]) {
        let (from, _) = from.as_chunks::<N>();
        let (out, _) = out.as_chunks_mut::<N>();
        let ((ni, si, oi), (nj, sj, oj)) = (self.inner, self.last);
        walk(&self.outer, |s, o| {
            for i0 in (0..ni).step_by(BLOCK) {
                for j0 in (0..nj).step_by(BLOCK) {
                    for i in i0..(i0 + BLOCK).min(ni) {
                        for j in j0..(j0 + BLOCK).min(nj) {
                            out[o + i * oi + j * oj] = from[s + i * si + j * sj];
                        }
                    }
                }
            }
        });
    }

    /// Pieces are runs along the axis that is fastest in storage, whole blocks of them at a time.
    fn scatter<const N: usize>(&self, bytes: &[u8], unit: usize, first: u64, mut put: impl FnMut(u64, &[u8])) {
        let (bytes, _) = bytes.as_chunks::<N>();
        let ((ni, si, oi), (nj, sj, oj)) = (self.inner, self.last);
        let mut buffer = [[0u8; N]; BLOCK];
        walk(&self.outer, |s, o| {
            for i0 in (0..ni).step_by(BLOCK) {
                let n = BLOCK.min(ni - i0);
                for j in 0..nj {
                    for (i, b) in buffer[..n].iter_mut().enumerate() {
                        *b = bytes[o + (i0 + i) * oi + j * oj];
                    }
                    let piece = buffer[..n].as_flattened_mut();
                    swap_bytes(piece, unit);
                    let at = |i: usize| first + ((s + (i0 + i) * si + j * sj) * N) as u64;
                    if si == 1 || n == 1 {
                        put(at(0), piece);
                    } else {
                        piece.chunks_exact(N).enumerate().for_each(|(i, e)| put(at(i), e));
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::ArraySpec;

    fn facts(dtype: DType, shape: &[u64], order: Order, endian: Endian, offset: u64) -> Facts {
        let mut spec = ArraySpec::new(dtype, shape);
        spec.order = order;
        Facts { spec, offset, endian, decoded: None }
    }

    fn region(start: &[u64], end: &[u64]) -> Region {
        Region { start: start.to_vec(), end: end.to_vec() }
    }

    /// One element after the other, by the definition of strides.
    fn slow_decode(f: &Facts, file: &[u8], r: &Region) -> Vec<u8> {
        let (size, strides, shape) = (f.spec.dtype.size(), f.strides(), r.shape());
        let mut out = Vec::new();
        for flat in 0..r.elements() {
            let (mut rest, mut at) = (flat, 0);
            for a in (0..shape.len()).rev() {
                at += (r.start[a] + rest % shape[a]) * strides[a];
                rest /= shape[a];
            }
            let from = (f.offset + at * size as u64) as usize;
            let mut e = file[from..from + size].to_vec();
            if f.endian != Endian::NATIVE {
                e.chunks_mut(f.spec.dtype.swap_unit()).for_each(<[u8]>::reverse);
            }
            out.extend(e);
        }
        out
    }

    #[test]
    fn every_layout_decodes_and_encodes() {
        let cases = [
            (vec![7, 5], vec![1, 2], vec![6, 5]),
            (vec![70, 45], vec![3, 1], vec![70, 44]),
            (vec![3, 4, 5], vec![1, 0, 1], vec![3, 4, 4]),
            (vec![2, 3, 4, 5], vec![0, 1, 0, 2], vec![2, 2, 4, 5]),
            (vec![9], vec![2], vec![8]),
            (vec![4, 6], vec![2, 0], vec![3, 6]),
            (vec![], vec![], vec![]),
            (vec![3, 4], vec![1, 1], vec![1, 3]),
        ];
        for (shape, start, end) in &cases {
            for dtype in DType::ALL {
                for order in [Order::C, Order::F] {
                    for (endian, offset) in [(Endian::Little, 0), (Endian::Big, 13)] {
                        let f = facts(dtype, shape, order, endian, offset);
                        let n = offset as usize + f.spec.bytes().unwrap_or(0) as usize;
                        let mut file: Vec<u8> = (0..n).map(|i| (i * 37 + i / 256) as u8).collect();
                        if dtype == DType::Bool {
                            file.iter_mut().for_each(|b| *b &= 1);
                        }
                        let r = region(start, end);
                        let mut out = vec![0u8; r.elements() as usize * dtype.size()];
                        decode(&f, &file, &r, &mut out);
                        assert_eq!(out, slow_decode(&f, &file, &r), "{dtype} {order:?} {endian:?} {shape:?}");
                        let mut back = file.clone();
                        Runs::new(&f, &r).for_each(|at| {
                            let len = Runs::new(&f, &r).bytes as usize;
                            back[at as usize..at as usize + len].fill(0xEE);
                        });
                        encode(&f, &r, &out, |at, b| back[at as usize..at as usize + b.len()].copy_from_slice(b));
                        assert_eq!(back, file, "{dtype} {order:?} {endian:?} {shape:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn bool_bytes_become_0_and_1() {
        let f = facts(DType::Bool, &[4], Order::C, Endian::Little, 0);
        let mut out = [9; 4];
        decode(&f, &[0, 1, 2, 255], &region(&[0], &[4]), &mut out);
        assert_eq!(out, [0, 1, 1, 1]);
    }

    #[test]
    fn runs_join_where_pages_touch_and_are_bounded() {
        let f = facts(DType::U8, &[100, 65536], Order::C, Endian::Little, 0);
        let far = Runs::new(&f, &region(&[2, 0], &[5, 4096])).coalesced(4096);
        assert_eq!(far, vec![131072..135168, 196608..200704, 262144..266240]);
        let near = Runs::new(&f, &region(&[2, 0], &[5, 65000])).coalesced(4096);
        assert_eq!(near, vec![131072..262144 + 65000]);
        let whole = Runs::new(&f, &region(&[2, 0], &[5, 65536]));
        assert_eq!(whole.single(), Some(131072..327680));
        let many = facts(DType::U8, &[1 << 20, 65536], Order::C, Endian::Little, 0);
        let runs = Runs::new(&many, &region(&[1, 7], &[1 << 20, 9]));
        let span = runs.span();
        let joined = runs.coalesced(4096);
        assert!(joined.len() as u64 <= RUNS_MAX);
        assert_eq!((joined[0].start, joined[joined.len() - 1].end), (span.start, span.end));
        assert_eq!(Runs::new(&f, &region(&[2, 5], &[2, 9])).coalesced(4096), vec![]);
    }
}
