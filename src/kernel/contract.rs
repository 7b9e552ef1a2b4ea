//! What a planner may know of a stage: plain data about index spaces, accesses and memory.

use crate::array::{ArraySpec, Edge, EdgeMode, Region, Shape};
use std::sync::Arc;

/// One sweep of a variant over its domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// The index space that is tiled.
    pub domain: Shape,
    /// Tile edges are multiples of it (or the end of the domain). Follows from spec and parameters,
    /// never from the schedule. 1 where any edge will do.
    pub anchor: Shape,
    /// How tiles depend on each other.
    pub order: Order,
    /// What is read, in the order of the views the body receives.
    pub reads: Vec<Read>,
    /// What is written, in the order of the views the body receives.
    pub writes: Vec<Write>,
    /// Upper bound of the state of a fold or scan.
    pub state: StateSize,
    /// Upper bound of the scratch memory of one tile.
    pub scratch: ScratchSize,
}

/// How the tiles of a stage depend on each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each tile stands alone.
    Any,
    /// Tiles are folded along these domain axes into one state for each box of the kept axes.
    Fold { axes: Vec<usize> },
    /// Tiles pass a carry along this axis, from index 0 upwards, or from the last index downwards.
    Carry { axis: usize, reverse: bool },
}

/// One array that a stage reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub source: Source,
    pub access: Access,
}

/// One array that a stage writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    pub sink: Sink,
    pub spec: ArraySpec,
    pub access: Access,
}

/// Where a read comes from: an input of the kernel, or what an earlier stage of it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Input(usize),
    Temp(usize),
}

/// Where a write goes: an output of the kernel, or a temporary for its later stages. The results of
/// a fold that a later stage needs (a mean, a table) are temporaries like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    Output(usize),
    /// An output whose extent along its first axis is known only when a fold has finished: the shape has its
    /// bound, and [`ViewMut::keep`](crate::array::ViewMut::keep) says how much of it there is. No other stage or step
    /// can read it.
    AtMost(usize),
    Temp(usize),
    /// A temporary that is kept, never fused: the order in which it lies is what it is for.
    Kept(usize),
}

impl Sink {
    /// The output of the kernel, where it is one.
    pub fn output(self) -> Option<usize> {
        match self {
            Sink::Output(i) | Sink::AtMost(i) => Some(i),
            Sink::Temp(_) | Sink::Kept(_) => None,
        }
    }
}

/// Which box of an array belongs to a box of the domain: one map for each axis of the array.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    pub axes: Vec<AxisMap>,
    pub edge: Edge,
}

/// How the indices along one axis of an array follow from a range `lo..hi` of the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AxisMap {
    /// `lo - before .. hi + after`: element-wise (0, 0), windows, and shifted windows (one of the
    /// two negative).
    Follow { axis: usize, before: i64, after: i64 },
    /// The array is finer: `lo * factor .. hi * factor`.
    Fine { axis: usize, factor: u64 },
    /// The array is finer, and its blocks have a halo: `lo * factor - before .. hi * factor + after`, where the blocks end
    /// with the array. Of reads alone.
    Blocks { axis: usize, factor: u64, before: i64, after: i64 },
    /// The array is coarser: every block of `factor` indices that `lo - before .. hi + after` touches.
    Coarse { axis: usize, factor: u64, before: i64, after: i64 },
    /// Every `step`-th index from `first` on: `first + lo * step ..= first + (hi - 1) * step`, mirrored where the
    /// step is negative. Of reads alone.
    Strided { axis: usize, first: u64, step: i64 },
    /// The array is a part of the domain, which begins at index `offset`: `lo - offset .. hi - offset`, nothing where
    /// that lies outside. Of reads alone; what it reads is kept, never fused.
    Part { axis: usize, offset: u64 },
    /// As many indices as the range has, but anywhere along the axis: only the work knows which. The view is the whole
    /// axis, mapped, and of it the work names what it is about to read (`visits`), which is brought in together: neighbouring
    /// indices in at most `runs` separate runs. Of reads alone; what it reads is kept, never fused.
    Scattered { axis: usize, runs: u64 },
    /// Runs of indices of uneven length, by a table that was made when data was looked at ([`super::Kernel::look`]) or that
    /// follows from parameters; of reads so many more `after` them. Never fused: what a stage makes that reads so, or is
    /// written so, is kept.
    Ragged { axis: usize, runs: Runs, after: u64 },
    /// The same indices, whatever the tile. Of reads alone.
    Fixed { first: u64, count: u64 },
    /// The whole axis, whatever the tile.
    All,
}

/// Consecutive runs along an axis: those of domain indices `group * k .. group * (k + 1)` lie at `starts[k]..starts[k + 1]`.
/// A table of groups instead of indices stays small; the anchor of the stage is a multiple of `group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// Never descending; one more than there are groups.
    pub starts: Arc<[u64]>,
    pub group: u64,
}

impl Runs {
    /// Where the runs of `lo..hi` lie, rounded outwards to groups.
    pub fn of(&self, lo: u64, hi: u64) -> (u64, u64) {
        let last = self.starts.len().saturating_sub(1);
        let at = |i: u64| self.starts.get((i as usize).min(last)).copied().unwrap_or(0);
        (at(lo / self.group), at(hi.div_ceil(self.group)))
    }

    /// The first of the ranges of `extent` domain indices, at multiples of it, whose runs are longest together.
    pub fn longest(&self, extent: u64) -> u64 {
        let groups = self.starts.len().saturating_sub(1) as u64;
        let ranges = (groups * self.group).div_ceil(extent.max(1));
        let length = |i: &u64| {
            let (start, end) = self.of(i * extent, (i + 1) * extent);
            end - start
        };
        (0..ranges).rev().max_by_key(length).unwrap_or(0)
    }
}

impl Access {
    /// Element by element: axis i follows axis i.
    pub fn point(rank: usize) -> Access {
        Access::window(&vec![(0, 0); rank])
    }

    /// A window without filled borders: `(before, after)` for each axis.
    pub fn window(halo: &[(i64, i64)]) -> Access {
        let axes = halo.iter().enumerate().map(|(axis, &(before, after))| AxisMap::Follow { axis, before, after });
        Access { axes: axes.collect(), edge: Edge::Clip }
    }

    /// Array axis i follows domain axis `map[i]`; an axis of extent 1 is taken whole (it stretches).
    pub fn broadcast(map: &[usize], shape: &[u64]) -> Access {
        let follow = |(&axis, &n): (&usize, &u64)| {
            if n == 1 { AxisMap::All } else { AxisMap::Follow { axis, before: 0, after: 0 } }
        };
        Access { axes: map.iter().zip(shape).map(follow).collect(), edge: Edge::Clip }
    }

    /// The array of what is kept when `axes` of a domain are folded; they stay with extent 1 where
    /// `keepdims` is set.
    pub fn reduced(rank: usize, axes: &[usize], keepdims: bool) -> Access {
        let kept = (0..rank).filter_map(|axis| match (axes.contains(&axis), keepdims) {
            (false, _) => Some(AxisMap::Follow { axis, before: 0, after: 0 }),
            (true, true) => Some(AxisMap::All),
            (true, false) => None,
        });
        Access { axes: kept.collect(), edge: Edge::Clip }
    }

    /// The same access with borders filled.
    pub fn filled(mut self, mode: EdgeMode, cval: f64) -> Access {
        self.edge = Edge::Fill { mode, cval };
        self
    }

    /// The indices that a domain region needs, before they are clipped to the array: `(start, end)`
    /// for each axis, possibly outside it.
    pub fn span(&self, domain: &Region, array: &[u64]) -> Vec<(i64, i64)> {
        let one = |(map, &n): (&AxisMap, &u64)| match *map {
            AxisMap::Ragged { axis, ref runs, after } => {
                let (start, end) = runs.of(domain.start[axis], domain.end[axis]);
                (start as i64, (end + after) as i64)
            }
            AxisMap::Follow { axis, before, after } => {
                (domain.start[axis] as i64 - before, domain.end[axis] as i64 + after)
            }
            AxisMap::Fine { axis, factor } => {
                ((domain.start[axis] * factor) as i64, (domain.end[axis] * factor).min(n) as i64)
            }
            AxisMap::Blocks { axis, factor, before, after } => {
                let (lo, hi) = (domain.start[axis] * factor, (domain.end[axis] * factor).min(n));
                (lo as i64 - before, hi as i64 + after)
            }
            AxisMap::Coarse { axis, factor, before, after } => {
                let f = factor as i64;
                let (lo, hi) = (domain.start[axis] as i64 - before, domain.end[axis] as i64 + after);
                (lo.div_euclid(f), (hi + f - 1).div_euclid(f))
            }
            AxisMap::Strided { axis, first, step } => {
                let (lo, last) = (domain.start[axis] as i64, (domain.end[axis] as i64 - 1).max(0));
                let at = |i: i64| first as i64 + i * step;
                (at(lo).min(at(last)), at(lo).max(at(last)) + 1)
            }
            AxisMap::Part { axis, offset } => {
                (domain.start[axis] as i64 - offset as i64, domain.end[axis] as i64 - offset as i64)
            }
            AxisMap::Fixed { first, count } => (first as i64, (first + count) as i64),
            AxisMap::Scattered { .. } | AxisMap::All => (0, n as i64),
        };
        self.axes.iter().zip(array).map(one).collect()
    }

    /// The box inside the array that a domain region needs: the span clipped, and widened by the
    /// elements that filled borders are copied from. An empty domain region needs nothing.
    pub fn region(&self, domain: &Region, array: &[u64]) -> Region {
        let mut region = Region::full(array);
        for (a, (lo, hi)) in self.span(domain, array).into_iter().enumerate() {
            let n = array[a] as i64;
            let (mut start, mut end) = (lo.clamp(0, n), hi.clamp(0, n));
            if let Edge::Fill { mode, .. } = self.edge {
                let filled = (lo < 0 || hi > n) && n > 0 && lo < hi;
                match mode {
                    _ if !filled => {}
                    EdgeMode::Constant => {}
                    // The far side is needed.
                    EdgeMode::Wrap => (start, end) = (0, n),
                    // Sources lie within the halo's length of the border, or anywhere in a short array.
                    EdgeMode::Reflect | EdgeMode::Mirror | EdgeMode::Nearest => {
                        let (below, above) = ((-lo).max(0) + 1, (hi - n).max(0) + 1);
                        if lo < 0 {
                            (start, end) = (0, end.max(below.min(n)));
                        }
                        if hi > n {
                            (start, end) = (start.min((n - above).max(0)), n);
                        }
                        if below > n || above > n {
                            (start, end) = (0, n);
                        }
                    }
                }
            }
            region.start[a] = start as u64;
            region.end[a] = end.max(start) as u64;
        }
        if domain.is_empty() { Region { end: region.start.clone(), ..region } } else { region }
    }

    /// The box of a fold's result that belongs to a box of kept cells. Unlike [`Access::region`] it is
    /// not empty where the folded axes are: a fold of nothing has a result.
    pub fn region_of_kept(&self, kept: &Region, array: &[u64]) -> Region {
        let (start, end) = self.span(kept, array).into_iter().map(|(lo, hi)| (lo as u64, hi as u64)).unzip();
        Region { start, end }
    }

    /// The domain region that produces (at least) `region` of an array written with this access.
    pub fn producing(&self, region: &Region, domain: &[u64]) -> Region {
        let mut out = Region::full(domain);
        for (a, map) in self.axes.iter().enumerate() {
            let (lo, hi) = (region.start[a], region.end[a]);
            match *map {
                AxisMap::Follow { axis, .. } => (out.start[axis], out.end[axis]) = (lo, hi),
                AxisMap::Fine { axis, factor } => (out.start[axis], out.end[axis]) = (lo / factor, hi.div_ceil(factor)),
                AxisMap::Coarse { axis, factor, .. } => {
                    (out.start[axis], out.end[axis]) = (lo * factor, (hi * factor).min(domain[axis]));
                }
                // Of reads alone, or the same for every tile.
                AxisMap::Strided { .. } | AxisMap::Part { .. } | AxisMap::Fixed { .. } | AxisMap::Blocks { .. } => {}
                AxisMap::Scattered { .. } | AxisMap::Ragged { .. } | AxisMap::All => {}
            }
        }
        out
    }

    /// Whether the array must be complete before it is read, because no sample of tiles shows what tiles need: it is a
    /// part of the domain, or read here and there.
    pub fn needs_complete(&self) -> bool {
        self.axes.iter().any(|m| matches!(m, AxisMap::Part { .. } | AxisMap::Scattered { .. }))
    }

    /// Whether it is read here and there.
    pub fn is_scattered(&self) -> bool {
        self.axes.iter().any(|m| matches!(m, AxisMap::Scattered { .. }))
    }

    /// The uneven runs of an axis, with the domain axis they follow.
    pub fn ragged(&self) -> Option<(usize, &Runs)> {
        self.axes.iter().find_map(|m| match m {
            AxisMap::Ragged { axis, runs, .. } => Some((*axis, runs)),
            _ => None,
        })
    }

    /// What a tile touches of the region it is given: of scattered axes, as many indices as its box has.
    pub fn touched(&self, domain: &Region, region: &Region) -> Vec<u64> {
        let one = |(a, map): (usize, &AxisMap)| match *map {
            AxisMap::Scattered { axis, .. } => domain.extent(axis).min(region.extent(a)),
            _ => region.extent(a),
        };
        self.axes.iter().enumerate().map(one).collect()
    }

    /// Separate runs in which a tile reads here and there; `None` where it reads a box.
    pub fn scattered_runs(&self, domain: &Region, region: &Region) -> Option<u64> {
        let slower = |a: usize| (0..a).map(|b| region.extent(b)).product::<u64>();
        self.axes.iter().enumerate().find_map(|(a, map)| match *map {
            AxisMap::Scattered { axis, runs } => Some(domain.extent(axis).min(runs).saturating_mul(slower(a))),
            _ => None,
        })
    }

    /// Whether every tile sees all of the array.
    pub fn is_whole(&self) -> bool {
        self.axes.iter().all(|m| *m == AxisMap::All)
    }

    /// Whether it takes exactly the domain's own indices.
    pub fn is_point(&self) -> bool {
        self.axes.iter().enumerate().all(|(i, m)| *m == AxisMap::Follow { axis: i, before: 0, after: 0 })
    }
}

/// Memory of a fold's or scan's state, as an upper bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateSize {
    /// Bytes of a state, whatever it covers.
    pub fixed: u64,
    /// Bytes for each kept cell (fold) or carried line (scan) while its state is live.
    pub per_cell: u64,
    /// Bytes for each anchor box and cell that a tile adds before they are joined.
    pub per_anchor: u64,
    /// Bytes for each cell and each range of anchor boxes that joined tiles leave open; see
    /// [`open_ranges`].
    pub per_open_range: u64,
    /// Bytes for each cell that only the joined state holds: lists that grow with what was joined.
    pub joined: u64,
    /// Bytes for each cell and each anchor box that touches one which has not come, by the domain axis along which it
    /// does; see [`open_anchors`].
    pub per_open_anchor: [u64; OPEN_AXES_MAX],
}

/// Axes of a domain whose anchor boxes may wait for others.
pub const OPEN_AXES_MAX: usize = 8;

/// Ranges of anchor boxes, numbered in C order along the `folded` axes, that are neither joined with
/// each other nor complete while tiles come in order. Tiles that are cut along a folded axis leave one
/// for each index (in anchors) of the slower ones that they cover; none where they cover no more
/// than one.
pub fn open_ranges(folded: &[usize], anchor: &[u64], tile: &[u64], domain: &[u64]) -> u64 {
    let (mut slower, mut open) = (1u64, 0u64);
    for &a in folded {
        let covered = tile[a].min(domain[a].max(1));
        if covered < domain[a] && slower > 1 {
            open = open.saturating_add(slower);
        }
        slower = slower.saturating_mul(covered.div_ceil(anchor[a].max(1)));
    }
    open
}

/// Anchor boxes of joined tiles that touch one which has not come, at most, while tiles come in the order of
/// `order` (axes from the outermost to the innermost), for each axis of the domain: where it is cut, the face of what has
/// come, which is as long as the tile along outer axes and as long as the domain along inner ones. A box in whose corner
/// a tile is still missing waits a little longer, hence the 4.
pub fn open_anchors(order: &[usize], anchor: &[u64], tile: &[u64], domain: &[u64]) -> Vec<u64> {
    let boxes = |a: usize, extent: u64| extent.min(domain[a].max(1)).div_ceil(anchor[a].max(1));
    let (mut outer, mut open) = (1u64, vec![0u64; domain.len()]);
    for (p, &a) in order.iter().enumerate() {
        if tile[a] < domain[a] {
            open[a] = order[p + 1..].iter().fold(outer, |n, &a| n.saturating_mul(boxes(a, domain[a])));
        }
        outer = outer.saturating_mul((boxes(a, tile[a]) + 4).min(boxes(a, domain[a])));
    }
    open
}

/// Scratch memory of one tile, as an upper bound; the body receives exactly this much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScratchSize {
    /// Bytes whatever the tile.
    pub fixed: u64,
    /// Bytes for each element of the core tile.
    pub per_core: u64,
    /// Bytes for each element of the largest view that is read, halo included.
    pub per_grown: u64,
}

impl ScratchSize {
    /// Bytes for a tile of `core` domain elements whose largest read has `grown` elements.
    pub fn bytes(&self, core: u64, grown: u64) -> u64 {
        // 64 for each piece that may be aligned.
        self.fixed + self.per_core * core + self.per_grown * grown + 1024
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_uneven_length() {
        let runs = Runs { starts: vec![0, 3, 3, 10, 12].into(), group: 5 };
        assert_eq!(
            [runs.of(0, 5), runs.of(0, 6), runs.of(10, 15), runs.of(15, 19)],
            [(0, 3), (0, 3), (3, 10), (10, 12)]
        );
        assert_eq!([runs.longest(5), runs.longest(10), runs.longest(100)], [2, 1, 0]);
        let access =
            |after| Access { axes: vec![AxisMap::Ragged { axis: 0, runs: runs.clone(), after }], edge: Edge::Clip };
        let region = |after, start, end| {
            let region = access(after).region(&Region { start: vec![start], end: vec![end] }, &[12]);
            (region.start[0], region.end[0])
        };
        assert_eq!([region(0, 5, 15), region(1, 5, 15), region(1, 15, 19)], [(3, 10), (3, 11), (10, 12)]);
    }
}
