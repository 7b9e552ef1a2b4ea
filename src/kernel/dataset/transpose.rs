//! `transpose`: the same elements with axes in another order.
//!
//! Owns the permutation, the walk that moves a tile, and the two ways: at once, or in two sweeps over a temporary array in
//! blocked order. Refuses to know what elements are: they are bytes that travel together.
//!
//! Runs are long in two orders at once only where a tile is long along the fastest axes of both: 64 MiB of f32
//! (1024, 1024, 1024), for runs of 64 KiB. In between lies an order that is near to both. The input's fastest axis is cut
//! into blocks of `length` elements, the other axes have the order of the result:
//!
//! ```text
//! (A, B, C) ─► (C / length, A, B, length) ─► (C, A, B)
//! ```
//!
//! A tile of some rows of C is one run of the input and one for each block of the temporary; a tile of one block is one run of
//! the temporary and `length` of the result. Each takes 2 MiB, and the more axes there are, the more is saved.

use crate::array::{ArraySpec, Order as Storage, Region, View, ViewMut, contiguous_strides, row_starts};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params,
    Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize, Variant, Work, Write,
};

/// Elements along each side of the squares that are moved at once: their lines of cache, of both
/// arrays, are used up before others push them out.
const SQUARE: usize = 32;
/// A run of so many bytes is worth a request of its own.
const RUN_BYTES: u64 = 64 << 10;
/// A tile of so many bytes fits any budget: where it has long runs both ways, one sweep is enough.
const TILE_BYTES: u64 = 1 << 20;
/// How many times less memory two sweeps must take for the same runs.
const GAIN_MIN: u64 = 2;
/// Of what a block is cut from, the share (as a divisor) that the last one may be short of.
const PADDED_SHARE: u64 = 8;

/// The table entry of `transpose`.
pub const INFO: KernelInfo = KernelInfo {
    name: "transpose",
    family: Family::Dataset,
    summary: "axes in another order",
    doc: "Any shape and dtype, complex ones too; the result has the same elements, bit for bit, and each axis keeps \
          its name. As numpy.transpose: axis i of the result is axis axes[i] of the input; without `axes` the order is \
          reversed. One pass, whose tiles are shaped so that runs are long in both arrays; or two, over a temporary file of the \
          size of the array, in which the input's fastest axis is cut into blocks. Runs are long in both of these in a \
          tile that is many times smaller, which pays where files do not fit the page cache.",
    params: &[ParamInfo {
        name: "axes",
        kind: Kind::Axes,
        default: Some(""),
        doc: "every axis of the input once, in the order of the result (\"nchw\", [0, 3, 1, 2]); unset: reversed",
    }],
    example: "[[step]]\nkernel = \"transpose\"\naxes = \"xy\"",
    parse: |params| Ok(Box::new(Transpose(params.clone()))),
};

#[derive(Debug)]
struct Transpose(Params);

impl Kernel for Transpose {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("transpose takes one array, {} were given", inputs.len())));
        };
        let rank = input.rank();
        let axes = self.0.axes(input)?.unwrap_or_else(|| (0..rank).rev().collect());
        if axes.len() != rank {
            let missing: Vec<String> = (0..rank).filter(|a| !axes.contains(a)).map(|a| input.axis_label(a)).collect();
            let message = format!("axes names {} of the array's {rank} axes", axes.len());
            return Err(BindError::param("axes", message).help(format!("say where {} goes", missing.join(", "))));
        }
        let mut result = input.as_dtype(input.dtype);
        for (i, a) in axes.iter().enumerate() {
            (result.shape[i], result.axes[i]) = (input.shape[*a], input.axes[*a]);
        }
        // The axis of the result that each axis of the input became.
        let mut place = vec![0; rank];
        axes.iter().enumerate().for_each(|(axis, a)| place[*a] = axis);
        let blocks = Blocks::find(input, &axes);
        let at_once = Access { axes: place.iter().map(|axis| follow(*axis)).collect(), ..Access::point(rank) };
        let write = Write { sink: Sink::Output(0), spec: result.clone(), access: Access::point(rank) };
        let read = Read { source: Source::Input(0), access: at_once };
        let stages = vec![stage(&result.shape, vec![1; rank], read, write, Box::new(Move { axes: axes.clone() }))];
        let mut ways = vec![Variant { name: "by tiles", stages }];
        if let Some(blocks) = blocks {
            ways.push(Variant {
                name: "by blocks in a temporary",
                stages: blocks.stages(input, result, &axes, &place),
            });
        }
        Ok(ways)
    }
}

fn follow(axis: usize) -> AxisMap {
    AxisMap::Follow { axis, before: 0, after: 0 }
}

fn stage(domain: &[u64], anchor: Vec<u64>, read: Read, write: Write, map: Box<dyn Map>) -> Stage {
    let contract = Contract {
        domain: domain.to_vec(),
        anchor,
        order: Order::Any,
        reads: vec![read],
        writes: vec![write],
        state: StateSize::default(),
        scratch: ScratchSize::default(),
    };
    Stage { contract, work: Work::Map(map) }
}

/// The order of the temporary array: blocks of an axis, then other axes in the order of the result, then the elements of a
/// block, then axes that are fastest in both arrays. Axes are the input's.
#[derive(Clone, Debug, PartialEq)]
struct Blocks {
    /// The axis that is cut, into blocks of so many elements, the last one padded.
    axis: usize,
    length: u64,
    above: Vec<usize>,
    below: Vec<usize>,
}

impl Blocks {
    /// The axis that is fastest in the input, of those that move, uncut; `None` where none moves.
    fn whole(input: &ArraySpec, axes: &[usize]) -> Option<Blocks> {
        let (from, to) = (stored(input), long(input, axes));
        let same = from.iter().rev().zip(to.iter().rev()).take_while(|(a, b)| a == b).count();
        let axis = *from[..from.len() - same].last()?;
        let below = to[to.len() - same..].to_vec();
        let above: Vec<usize> = axes.iter().copied().filter(|a| *a != axis && !below.contains(a)).collect();
        Some(Blocks { axis, length: input.shape[axis], above, below })
    }

    /// The blocks whose tiles are smallest, where two sweeps with them save enough memory.
    fn find(input: &ArraySpec, axes: &[usize]) -> Option<Blocks> {
        if input.shape.contains(&0) {
            return None;
        }
        let whole = Blocks::whole(input, axes)?;
        let (axis, n, size) = (whole.axis, whole.length, input.dtype.size() as u64);
        let plain = |order: &[usize]| order.iter().map(|a| (*a, input.shape[*a])).collect::<Vec<_>>();
        let (from, to) = (plain(&stored(input)), plain(axes));
        let tiles = |length: u64| {
            let mut anchor = vec![1; input.rank()];
            anchor[axis] = length;
            let (count, each) = (vec![(axis, n.div_ceil(length))], vec![(axis, length)]);
            let blocked = [count, plain(&whole.above), each, plain(&whole.below)].concat();
            let one = |plain| tile_bytes(&input.shape, &anchor, size, [plain, &blocked]);
            (one(&from).max(one(&to)), length)
        };
        let powers = (1..63).map(|k| 1u64 << k).take_while(|c| *c < n);
        let padded = |c: &u64| n.next_multiple_of(*c) - n <= n / PADDED_SHARE;
        let (bytes, length) = powers.filter(padded).chain([n]).map(tiles).min()?;
        let at_once = tile_bytes(&input.shape, &vec![1; input.rank()], size, [&from, &to]);
        let pays = at_once > TILE_BYTES && bytes.saturating_mul(GAIN_MIN) <= at_once;
        pays.then_some(Blocks { length, ..whole })
    }

    /// The temporary array.
    fn spec(&self, input: &ArraySpec) -> ArraySpec {
        let extents = |axes: &[usize]| axes.iter().map(|a| input.shape[*a]).collect::<Vec<_>>();
        let count = input.shape[self.axis].div_ceil(self.length);
        let shape = [vec![count], extents(&self.above), vec![self.length], extents(&self.below)].concat();
        ArraySpec::new(input.dtype, &shape)
    }

    /// How the temporary array follows a domain that has these axes of the input at `place`.
    fn access(&self, place: &[usize]) -> Access {
        let cut = AxisMap::Coarse { axis: place[self.axis], factor: self.length, before: 0, after: 0 };
        let all = |axes: &[usize]| axes.iter().map(|a| follow(place[*a])).collect::<Vec<_>>();
        let axes = [vec![cut], all(&self.above), vec![AxisMap::All], all(&self.below)].concat();
        Access { axes, ..Access::point(0) }
    }

    fn stages(self, input: &ArraySpec, result: ArraySpec, axes: &[usize], place: &[usize]) -> Vec<Stage> {
        let rank = input.rank();
        let own: Vec<usize> = (0..rank).collect();
        let anchor = |place: &[usize]| {
            let mut anchor = vec![1; rank];
            anchor[place[self.axis]] = self.length;
            anchor
        };
        let cut = Write { sink: Sink::Kept(0), spec: self.spec(input), access: self.access(&own) };
        let joined = Write { sink: Sink::Output(0), access: Access::point(rank), spec: result.clone() };
        let read = |source, access| Read { source, access };
        let (first, last) = (read(Source::Input(0), Access::point(rank)), read(Source::Temp(0), self.access(place)));
        let join = Join { blocks: self.clone(), axes: axes.to_vec() };
        vec![
            stage(&input.shape, anchor(&own), first, cut, Box::new(Cut { blocks: self.clone() })),
            stage(&result.shape, anchor(place), last, joined, Box::new(join)),
        ]
    }
}

/// Those of some axes that have more than one index.
fn long(input: &ArraySpec, axes: &[usize]) -> Vec<usize> {
    axes.iter().copied().filter(|a| input.shape[*a] > 1).collect()
}

/// The long axes as they lie in storage, the fastest last.
fn stored(input: &ArraySpec) -> Vec<usize> {
    let axes: Vec<usize> = (0..input.rank()).collect();
    let mut axes = long(input, &axes);
    if input.order == Storage::F {
        axes.reverse();
    }
    axes
}

/// Bytes of the smallest box of anchors that has long runs in both orders. An order names axes, the fastest last, with the extents
/// after which the next one goes on; a cut axis comes twice.
fn tile_bytes(shape: &[u64], anchor: &[u64], size: u64, orders: [&[(usize, u64)]; 2]) -> u64 {
    let mut need = anchor.to_vec();
    for order in orders {
        let (mut bytes, mut run) = (size, vec![1u64; shape.len()]);
        for &(axis, extent) in order.iter().rev() {
            let n = extent.min(RUN_BYTES.div_ceil(bytes));
            (bytes, run[axis]) = (bytes.saturating_mul(n), run[axis].saturating_mul(n));
        }
        need.iter_mut().zip(run).for_each(|(n, r)| *n = r.max(*n));
    }
    let extents = need.iter().zip(anchor).zip(shape).map(|((n, a), all)| n.next_multiple_of(*a).min(*all));
    extents.fold(size, u64::saturating_mul)
}

/// An axis of a box that lies in two arrays: its extent, and its strides in the array that is read and in the one that is
/// written.
type Axis = (u64, usize, usize);

/// Moves a tile.
#[derive(Debug)]
struct Move {
    /// The input's axis for each axis of the result.
    axes: Vec<usize>,
}

impl Map for Move {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let (view, out) = one_each(inputs, outputs)?;
        let shape = core.shape();
        let strides = contiguous_strides(&shape);
        let axes = self.axes.iter().enumerate().map(|(i, a)| (shape[i], view.strides()[*a], strides[i])).collect();
        travel(view, 0, out, 0, axes)
    }
}

/// Cuts an axis of the input into blocks.
#[derive(Debug)]
struct Cut {
    blocks: Blocks,
}

impl Map for Cut {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let (view, out) = one_each(inputs, outputs)?;
        let Blocks { axis, length, above, below } = &self.blocks;
        let (shape, from) = (core.shape(), view.strides());
        let to = contiguous_strides(&out.shape());
        let (inner, size) = (above.len() + 1, view.dtype().size());
        for part in self.blocks.parts(shape[*axis]) {
            let plain = |(a, at): (&usize, usize)| (shape[*a], from[*a], to[at]);
            let mut axes = vec![(part.blocks, *length as usize * from[*axis], to[0])];
            axes.extend(above.iter().zip(1..).map(plain));
            axes.push((part.elements, from[*axis], to[inner]));
            axes.extend(below.iter().zip(inner + 1..).map(plain));
            let at = part.block * to[0];
            if part.elements < *length {
                // What the last block is short of is never read, and the same for every tile.
                out.bytes()[at * size..].fill(0);
            }
            travel(view, part.block * *length as usize * from[*axis], out, at, axes)?;
        }
        Ok(())
    }
}

/// Joins blocks into the axis of the result that they were cut from.
#[derive(Debug)]
struct Join {
    blocks: Blocks,
    /// The input's axis for each axis of the result.
    axes: Vec<usize>,
}

impl Map for Join {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let (view, out) = one_each(inputs, outputs)?;
        let Blocks { axis, length, above, below } = &self.blocks;
        let (shape, from) = (core.shape(), view.strides());
        let to = contiguous_strides(&shape);
        let inner = above.len() + 1;
        // Where each axis of the input lies in the temporary array.
        let mut place = vec![0; shape.len()];
        above.iter().zip(1..).chain(below.iter().zip(inner + 1..)).for_each(|(a, at)| place[*a] = at);
        let cut = self.axes.iter().position(|a| a == axis).unwrap_or(0);
        for part in self.blocks.parts(shape[cut]) {
            let mut axes = Vec::with_capacity(shape.len() + 1);
            for (i, a) in self.axes.iter().enumerate() {
                if a == axis {
                    axes.push((part.blocks, from[0], *length as usize * to[i]));
                    axes.push((part.elements, from[inner], to[i]));
                } else {
                    axes.push((shape[i], from[place[*a]], to[i]));
                }
            }
            travel(view, part.block * from[0], out, part.block * *length as usize * to[cut], axes)?;
        }
        Ok(())
    }
}

/// A part of a tile: so many blocks from a block of the tile on, with so many elements each.
struct Part {
    block: usize,
    blocks: u64,
    elements: u64,
}

impl Blocks {
    /// The whole blocks of a tile that has so many elements along the cut axis, and what is left.
    fn parts(&self, extent: u64) -> impl Iterator<Item = Part> + use<> {
        let (whole, rest) = (extent / self.length, extent % self.length);
        let parts = [
            Part { block: 0, blocks: whole, elements: self.length },
            Part { block: whole as usize, blocks: 1, elements: rest },
        ];
        parts.into_iter().filter(|p| p.blocks > 0 && p.elements > 0)
    }
}

fn one_each<'a, 'b, 'c>(
    inputs: &'a [View<'b>],
    outputs: &'a mut [ViewMut<'c>],
) -> Result<(&'a View<'b>, &'a mut ViewMut<'c>), KernelError> {
    match (inputs, outputs) {
        ([view], [out]) => Ok((view, out)),
        _ => Err(KernelError::new("a transpose reads one array and writes one")),
    }
}

/// Moves a box, which begins so many elements behind the beginning of either array.
fn travel(view: &View, from_at: usize, out: &mut ViewMut, to_at: usize, axes: Vec<Axis>) -> Result<(), KernelError> {
    if axes.iter().any(|(n, ..)| *n == 0) {
        return Ok(());
    }
    let (size, axes) = (view.dtype().size(), merged(axes));
    let (from, to) = (&view.bytes()[from_at * size..], &mut out.bytes()[to_at * size..]);
    // What follows the last element is not always whole elements.
    let from = &from[..from.len() / size * size];
    // Arrays of bytes need no alignment, and elements of one size share their code.
    match size {
        1 => permute::<1>(bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to), &axes),
        2 => permute::<2>(bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to), &axes),
        4 => permute::<4>(bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to), &axes),
        8 => permute::<8>(bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to), &axes),
        16 => permute::<16>(bytemuck::cast_slice(from), bytemuck::cast_slice_mut(to), &axes),
        _ => return Err(KernelError::new(format!("no dtype has elements of {size} bytes"))),
    }
    Ok(())
}

/// The same box with as few axes as can be; elements along the last one are neighbours where they are written.
fn merged(axes: Vec<Axis>) -> Vec<Axis> {
    let mut found: Vec<Axis> = Vec::with_capacity(axes.len() + 1);
    for (n, from, to) in axes.into_iter().filter(|(n, ..)| *n != 1) {
        match found.last_mut() {
            Some(outer) if (outer.1, outer.2) == (from * n as usize, to * n as usize) => {
                *outer = (outer.0 * n, from, to)
            }
            _ => found.push((n, from, to)),
        }
    }
    if found.last().is_none_or(|(_, _, to)| *to != 1) {
        found.push((1, 1, 1));
    }
    found
}

/// Copies a box, whose axes are in the order of what is written.
fn permute<const N: usize>(from: &[[u8; N]], to: &mut [[u8; N]], axes: &[Axis]) {
    let Some((&(columns, step, _), slower)) = axes.split_last() else { return };
    let columns = columns as usize;
    // The axis along which the input's elements are nearest to each other.
    let near = (0..slower.len()).min_by_key(|a| slower[*a].1).filter(|a| slower[*a].1 < step && columns > 1);
    let others = slower.iter().enumerate().filter(|(a, _)| Some(*a) != near).map(|(_, axis)| *axis);
    let outer: Vec<Axis> = others.chain([(1, 0, 0)]).collect();
    let shape: Vec<u64> = outer.iter().map(|axis| axis.0).collect();
    let starts = |of: fn(&Axis) -> usize| row_starts(&shape, &outer.iter().map(of).collect::<Vec<_>>());
    let (rows, row_step, out_step) = near.map_or((1, 0, 0), |a| (slower[a].0 as usize, slower[a].1, slower[a].2));
    for (at, out_at) in starts(|axis| axis.1).zip(starts(|axis| axis.2)) {
        if step == 1 || near.is_none() {
            let (row, from) = (&mut to[out_at..][..columns], &from[at..]);
            match step {
                1 => row.copy_from_slice(&from[..columns]),
                _ => row.iter_mut().enumerate().for_each(|(j, out)| *out = from[j * step]),
            }
            continue;
        }
        for i0 in (0..rows).step_by(SQUARE) {
            for j0 in (0..columns).step_by(SQUARE) {
                let n = SQUARE.min(columns - j0);
                for i in i0..rows.min(i0 + SQUARE) {
                    let out = &mut to[out_at + i * out_step + j0..][..n];
                    let from = &from[at + i * row_step + j0 * step..];
                    out.iter_mut().enumerate().for_each(|(j, out)| *out = from[j * step]);
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "transpose_tests.rs"]
mod tests;
