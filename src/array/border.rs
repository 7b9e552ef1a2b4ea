//! What lies beyond the edge of an array: index maps, as SciPy defines them.

use super::{View, contiguous_strides, write_f64};

/// How values outside an array are made. Names and meaning are those of `scipy.ndimage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeMode {
    /// `d c b a | a b c d | d c b a`
    Reflect,
    /// `d c b | a b c d | c b a`
    Mirror,
    /// `a a a | a b c d | d d d`
    Nearest,
    /// `b c d | a b c d | a b c`
    Wrap,
    /// `k k k | a b c d | k k k`
    Constant,
}

/// What a kernel sees beyond the edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edge {
    /// Nothing: the view ends where the array ends (windows that shrink).
    Clip,
    /// Filled values; `cval` counts for [`EdgeMode::Constant`] alone.
    Fill { mode: EdgeMode, cval: f64 },
}

impl EdgeMode {
    /// Every mode with its name.
    pub const ALL: [(&'static str, EdgeMode); 5] = [
        ("reflect", EdgeMode::Reflect),
        ("mirror", EdgeMode::Mirror),
        ("nearest", EdgeMode::Nearest),
        ("wrap", EdgeMode::Wrap),
        ("constant", EdgeMode::Constant),
    ];

    /// The index inside `0..extent` whose value stands at `index`; `None` where a constant does.
    /// The map is applied as often as it takes, so halos may be longer than the array.
    pub fn source(self, index: i64, extent: u64) -> Option<u64> {
        let n = extent as i64;
        if (0..n).contains(&index) {
            return Some(index as u64);
        }
        if n == 0 {
            return None;
        }
        let inside = match self {
            EdgeMode::Constant => return None,
            EdgeMode::Nearest => index.clamp(0, n - 1),
            EdgeMode::Wrap => index.rem_euclid(n),
            EdgeMode::Reflect => {
                let i = index.rem_euclid(2 * n);
                if i < n { i } else { 2 * n - 1 - i }
            }
            EdgeMode::Mirror if n == 1 => 0,
            EdgeMode::Mirror => {
                let i = index.rem_euclid(2 * n - 2);
                if i < n { i } else { 2 * n - 2 - i }
            }
        };
        Some(inside as u64)
    }
}

/// Copies the box `span` (start and end for each axis, possibly outside the array) of an array of
/// extents `array` into `out`, dense in C order; what lies outside is made as `edge` says.
/// `source` covers the box clipped to the array and the elements the border is made from.
pub fn copy_with_border(source: &View, array: &[u64], span: &[(i64, i64)], edge: Edge, out: &mut [u8]) {
    let shape: Vec<u64> = span.iter().map(|(lo, hi)| (hi - lo).max(0) as u64).collect();
    let size = source.dtype().size();
    debug_assert_eq!(out.len() as u64, shape.iter().product::<u64>() * size as u64);
    if out.is_empty() {
        return;
    }
    let (mode, cval) = match edge {
        Edge::Fill { mode, cval } => (mode, cval),
        Edge::Clip => (EdgeMode::Nearest, 0.0),
    };
    let mut constant = [0u64; 2];
    let constant: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut constant)[..size];
    if mode == EdgeMode::Constant && write_f64(source.dtype(), &[cval], constant).is_err() {
        // Binding refuses a NaN border of integers; zero is what is left to write.
        constant.fill(0);
    }
    // For each axis, the offset in the source of every index of the box.
    let maps: Vec<Vec<Option<usize>>> = (0..shape.len())
        .map(|a| {
            let offset = |i: u64| (i as i64 - source.start()[a]) as usize * source.strides()[a];
            (span[a].0..span[a].1).map(|i| mode.source(i, array[a]).map(offset)).collect()
        })
        .collect();
    let Some((last, outer)) = maps.split_last() else {
        out.copy_from_slice(&source.bytes()[..size]);
        return;
    };
    // The part of a row that lies inside the array is copied as one piece.
    let (lo, hi) = span[span.len() - 1];
    let n = array[array.len() - 1] as i64;
    let (inner_lo, inner_hi) =
        ((lo.clamp(0, n).max(lo) - lo).min(hi - lo) as usize, (hi.clamp(0, n).min(hi) - lo).max(0) as usize);
    let row_bytes = last.len() * size;
    let out_strides = contiguous_strides(&shape);
    for row in 0..out.len() / row_bytes {
        let (mut rest, mut base) = (row * last.len(), Some(0usize));
        for (map, stride) in outer.iter().zip(&out_strides) {
            base = base.zip(map[rest / stride]).map(|(b, o)| b + o);
            rest %= stride;
        }
        let to = &mut out[row * row_bytes..(row + 1) * row_bytes];
        let Some(base) = base else {
            to.chunks_exact_mut(size).for_each(|e| e.copy_from_slice(constant));
            continue;
        };
        let mut element = |i: usize| {
            let from = last[i].map(|o| &source.bytes()[(base + o) * size..(base + o + 1) * size]);
            to[i * size..(i + 1) * size].copy_from_slice(from.unwrap_or(constant));
        };
        (0..inner_lo.min(last.len())).for_each(&mut element);
        (inner_hi.max(inner_lo)..last.len()).for_each(&mut element);
        if let (true, Some(Some(first))) = (inner_lo < inner_hi, last.get(inner_lo)) {
            let from = (base + first) * size;
            to[inner_lo * size..inner_hi * size]
                .copy_from_slice(&source.bytes()[from..from + (inner_hi - inner_lo) * size]);
        }
    }
}
