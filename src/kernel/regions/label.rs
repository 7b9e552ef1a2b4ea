//! `label`: connected components, numbered by their first elements.
//!
//! Owns the parameters, the two ways and the numbering. Frames that fit are labelled each by itself, in one sweep. Of
//! others a first sweep, a fold, labels blocks by themselves and finds which of their components are one; a second
//! labels them again and writes final numbers, so that nothing of the array's size is kept between them.

use super::blocks::{Blocks, Sizes};
use super::merge::{self, Known};
use super::runs::{Labelled, Room, label};
use crate::array::{ArraySpec, DType, Element, Order as Layout, Region, View, ViewMut, contiguous_strides, row_starts};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Fold, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo,
    Params, Read, Scratch, ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work, Write,
};

/// The table entry of `label`.
pub const LABEL: KernelInfo = KernelInfo {
    name: "label",
    family: Family::Regions,
    summary: "connected components, numbered from 1",
    doc: "Shape and axis names: the input's. dtype: i32, or i64. As scipy.ndimage.label: elements other than 0 (NaN too) \
          are foreground, and those that touch have one number. Numbers begin at 1, in the order (C order of indices) of \
          each component's first element; background is 0. With `axes` elements touch along these alone, and each index \
          of the other axes is a frame with numbers of its own, from 1: axes = \"yx\" of a (t, y, x) stack is \
          scipy.ndimage.label of each image. `connectivity` says what touches, as for scipy's \
          generate_binary_structure: 1 is faces, 2 edges too, and so on to all corners. All real dtypes, any number of \
          axes. Exact, components may be of any form and size. Frames of up to 2^24 elements for which there is memory (some \
          12 bytes for each element) take one sweep, other arrays two. Memory of these: up to 13 bytes for each element of a face \
          between what has been read and what has not (a plane of a stack), and 33 for each of `joins_max`.",
    params: &[
        ParamInfo {
            name: "connectivity",
            kind: Kind::Int { min: 1, max: 64 },
            default: Some("1"),
            doc: "elements touch where at most this many of their indices differ, by 1 each",
        },
        ParamInfo {
            name: "axes",
            kind: Kind::Axes,
            default: Some(""),
            doc: "axes along which elements touch, as numbers or letters; all where it is not given",
        },
        ParamInfo {
            name: "dtype",
            kind: Kind::DType,
            default: Some("i32"),
            doc: "of the labels, i32 or i64; more components than it holds are an error",
        },
        ParamInfo {
            name: "joins_max",
            kind: Kind::Int { min: 1, max: 1 << 32 },
            default: Some(""),
            doc: "frames are labelled in blocks; how many pieces of components, beyond the first piece of each, may be \
                  joined across the blocks of one frame; more is an error. Where it is not given, as many as there can be, \
                  or one for each 64 elements of a frame and 2^18 at least: that follows from the shape alone",
        },
    ],
    example: "[[step]]\nkernel = \"expr\"\nexpr = \"x > 0.5\"\n[[step]]\nkernel = \"label\"\nconnectivity = 2",
    parse: |params: &Params| {
        let dtype = params.dtype("dtype").unwrap_or(DType::I32);
        if !matches!(dtype, DType::I32 | DType::I64) {
            return Err(BindError::param(
                "dtype",
                format!("dtype = \"{dtype}\" is not allowed: labels are i32 or i64"),
            ));
        }
        Ok(Box::new(Label {
            connectivity: params.int("connectivity").unwrap_or(1).max(1) as usize,
            dtype,
            joins_max: params.int("joins_max").map(|n| n.max(1) as u64),
            params: params.clone(),
        }))
    },
};

/// Joins that are allowed for at least where nothing is said.
const JOINS: u64 = 1 << 18;
/// Elements of a frame for each join beyond these.
const PER_JOIN: u64 = 64;
/// Axes of an array: neighbourhoods are listed, and their number is 3 to this power.
const RANK_MAX: usize = 8;
/// Elements of frames that may be labelled as a whole: larger ones are better shared by workers.
const FRAME_MAX: u64 = 1 << 24;
/// Elements of frames that are never cut.
const FRAME_SMALL: u64 = 1 << 12;

#[derive(Debug)]
struct Label {
    connectivity: usize,
    dtype: DType,
    joins_max: Option<u64>,
    params: Params,
}

/// What both sweeps know.
#[derive(Clone, Debug)]
struct Bound {
    blocks: Blocks,
    joins_max: u64,
    /// The largest label.
    most: u64,
}

impl Kernel for Label {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("label", inputs)?;
        if spec.rank() > RANK_MAX {
            let message = format!("label works on up to {RANK_MAX} axes, this array has {}", spec.rank());
            return Err(BindError::new(message).help("reshape it, or label a slice"));
        }
        let axes = self.axes(spec)?;
        if self.connectivity > axes.len().max(1) {
            let message = format!("connectivity = {} is more than the {} axes", self.connectivity, axes.len());
            return Err(BindError::param("connectivity", message).help("1 is faces, the number of axes all corners"));
        }
        let blocks = |sizes| Blocks::new(&spec.shape, &axes, self.connectivity, sizes);
        let frames = blocks(Sizes::FRAMES);
        let (elements, several) = (frames.frame(), axes.len() < spec.rank());
        let mut variants = Vec::new();
        if several && elements <= FRAME_MAX {
            variants.push(self.whole(spec, frames));
        }
        if !several || elements > FRAME_SMALL {
            let blocks = blocks(Sizes::of(elements));
            let most = merge::joins_at_most(&blocks).clamp(1, JOINS.max(elements / PER_JOIN));
            variants.push(self.in_blocks(spec, blocks, self.joins_max.unwrap_or(most)));
        }
        Ok(variants)
    }
}

impl Label {
    /// The axes along which elements touch, ascending.
    fn axes(&self, spec: &ArraySpec) -> Result<Vec<usize>, BindError> {
        let mut axes = self.params.axes(spec)?.unwrap_or_else(|| (0..spec.rank()).collect());
        axes.sort_unstable();
        if axes.is_empty() && spec.rank() > 0 {
            return Err(BindError::param("axes", "elements touch along one axis at least, none is named"));
        }
        Ok(axes)
    }

    fn labels(&self, spec: &ArraySpec) -> ArraySpec {
        ArraySpec { dtype: self.dtype, order: Layout::C, ..spec.clone() }
    }

    /// Each frame by itself.
    fn whole(&self, spec: &ArraySpec, blocks: Blocks) -> Variant {
        let rank = spec.rank();
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: blocks.unturn(&blocks.block, rank),
            order: Order::Any,
            reads: vec![Read { source: Source::Input(0), access: Access::point(rank) }],
            writes: vec![Write { sink: Sink::Output(0), spec: self.labels(spec), access: Access::point(rank) }],
            state: StateSize::default(),
            scratch: ScratchSize { fixed: Room::bytes(&blocks), ..ScratchSize::default() },
        };
        Variant { name: "frames", stages: vec![Stage { contract, work: Work::Map(Box::new(Whole(blocks))) }] }
    }

    /// Frames block by block.
    fn in_blocks(&self, spec: &ArraySpec, blocks: Blocks, joins_max: u64) -> Variant {
        let rank = spec.rank();
        let most = if self.dtype == DType::I32 { i32::MAX as u64 } else { i64::MAX as u64 };
        let (sizes, (rows, runs)) = (merge::bytes(&blocks, joins_max), blocks.rows());
        let kept = blocks.kept_axes();
        let of_frames = |more: &[u64]| {
            let shape: Vec<u64> = kept.iter().map(|a| spec.shape[*a]).chain(more.iter().copied()).collect();
            let follow = kept.iter().map(|a| AxisMap::Follow { axis: *a, before: 0, after: 0 });
            let axes = follow.chain(more.iter().map(|_| AxisMap::All)).collect();
            (ArraySpec::new(DType::I64, &shape), Access { axes, ..Access::point(0) })
        };
        let (before, table) = (of_frames(&[blocks.slabs_in_frame().max(1)]), of_frames(&[joins_max + 1, 2]));
        let input = Read { source: Source::Input(0), access: Access::point(rank) };
        let find = Contract {
            domain: spec.shape.clone(),
            anchor: blocks.unturn(&blocks.block, rank),
            order: Order::Fold { axes: (0..rank).filter(|a| !kept.contains(a)).collect() },
            reads: vec![input.clone()],
            writes: vec![
                Write { sink: Sink::Temp(0), spec: before.0, access: before.1.clone() },
                Write { sink: Sink::Temp(1), spec: table.0, access: table.1.clone() },
            ],
            state: StateSize {
                fixed: sizes.fixed,
                per_anchor: sizes.per_anchor,
                joined: sizes.joined,
                per_open_anchor: sizes.per_open_anchor,
                ..StateSize::default()
            },
            scratch: ScratchSize { fixed: Room::bytes(&blocks) + rows * runs * 4, ..ScratchSize::default() },
        };
        let number = Contract {
            domain: spec.shape.clone(),
            anchor: find.anchor.clone(),
            order: Order::Any,
            reads: vec![
                input,
                Read { source: Source::Temp(0), access: before.1 },
                Read { source: Source::Temp(1), access: table.1 },
            ],
            writes: vec![Write { sink: Sink::Output(0), spec: self.labels(spec), access: Access::point(rank) }],
            state: StateSize::default(),
            scratch: ScratchSize { fixed: Room::bytes(&blocks) + rows * runs * 8, ..ScratchSize::default() },
        };
        let bound = Bound { blocks, joins_max, most };
        let stages = vec![
            Stage { contract: find, work: Work::Fold(Box::new(Find(bound.clone()))) },
            Stage { contract: number, work: Work::Map(Box::new(Number(bound))) },
        ];
        Variant { name: "blocks", stages }
    }
}

/// The one input, of a real dtype.
fn real_input<'a>(name: &str, inputs: &'a [ArraySpec]) -> Result<&'a ArraySpec, BindError> {
    let [spec] = inputs else {
        return Err(BindError::new(format!("\"{name}\" takes one array, {} were given", inputs.len())));
    };
    if spec.dtype.is_complex() {
        let message = format!("\"{name}\" works on real arrays, this one is {}", spec.dtype);
        return Err(BindError::new(message).help("take its real or imaginary part, or its absolute value, first"));
    }
    if spec.elements().is_none() {
        return Err(BindError::new(format!("the shape {:?} has more than 2^63 - 1 elements", spec.shape)));
    }
    Ok(spec)
}

fn misused() -> KernelError {
    KernelError::new("label was called with views or a state that are not its own")
}

#[derive(Debug)]
struct Find(Bound);

impl Fold for Find {
    fn start(&self, kept: &Region) -> State {
        let frames = self.0.blocks.kept_axes().iter().map(|a| kept.extent(*a)).product();
        Box::new(Known::of_nothing(frames))
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(known), [view]) = (state.downcast_mut::<Known>(), inputs) else { return Err(misused()) };
        let blocks = &self.0.blocks;
        let mut room = Room::new(blocks, scratch)?;
        let (rows, runs) = blocks.rows();
        let pieces: &mut [u32] = scratch.take((rows * runs) as usize)?;
        blocks.each(core, |number, region| {
            let labelled = label(blocks, region, view, &mut room);
            let own = Known::of_block(blocks, number, region, &labelled, &mut pieces[..labelled.count()])?;
            known.join(blocks, own, self.0.joins_max)
        })
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Known>(), right.downcast::<Known>()) else {
            return Err(misused());
        };
        left.join(&self.0.blocks, *right, self.0.joins_max)
    }

    fn finish(&self, _: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(known), [before, table]) = (state.downcast::<Known>(), outputs) else { return Err(misused()) };
        known.finish(&self.0.blocks, before.data(), table.data(), (self.0.joins_max, self.0.most))
    }
}

#[derive(Debug)]
struct Whole(Blocks);

impl Map for Whole {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let ([view], [output]) = (inputs, outputs) else { return Err(misused()) };
        let mut room = Room::new(&self.0, scratch)?;
        self.0.each(core, |_, region| {
            let labelled = label(&self.0, region, view, &mut room);
            paint(&self.0, region, core, &labelled, output, |id| i64::from(id) + 1);
            Ok(())
        })
    }
}

#[derive(Debug)]
struct Number(Bound);

impl Map for Number {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let ([view, before, table], [output]) = (inputs, outputs) else { return Err(misused()) };
        let blocks = &self.0.blocks;
        let mut room = Room::new(blocks, scratch)?;
        let (rows, runs) = blocks.rows();
        let numbers: &mut [i64] = scratch.take((rows * runs) as usize)?;
        blocks.each(core, |_, region| {
            let (before, table) = (of_frame(blocks, region, before), of_frame(blocks, region, table));
            let joins = table[2..].get(..2 * table[0] as usize).ok_or_else(misused)?.as_chunks::<2>().0;
            let labelled = label(blocks, region, view, &mut room);
            for (slab, first) in blocks.slab_numbers(region).into_iter().zip(labelled.firsts.windows(2)) {
                let own = &mut numbers[first[0] as usize..first[1] as usize];
                fill_numbers(before[(slab % blocks.slabs_in_frame()) as usize], joins, own);
            }
            paint(blocks, region, core, &labelled, output, |id| numbers[id as usize]);
            Ok(())
        })
    }
}

/// What a temporary holds of the frame that a block lies in.
fn of_frame<'v>(blocks: &Blocks, region: &Region, view: &View<'v>) -> &'v [i64] {
    let place = |a: usize| (region.start[a] as i64 - view.start()[a]) as usize * view.strides()[a];
    let length = view.shape()[blocks.kept..].iter().product::<u64>() as usize;
    &view.data::<i64>()[(0..blocks.kept).map(place).sum()..][..length]
}

/// The final number of each component that begins in a slab: `before` begin in earlier ones, `joins` are those that
/// belong to an earlier component, with its final number.
fn fill_numbers(before: i64, joins: &[[i64; 2]], numbers: &mut [i64]) {
    let mut joined = joins.partition_point(|join| join[0] < before);
    for (i, number) in numbers.iter_mut().enumerate() {
        let own = before + i as i64;
        match joins.get(joined) {
            Some([key, first]) if *key == own => {
                *number = *first;
                joined += 1;
            }
            _ => *number = own + 1 - joined as i64,
        }
    }
}

/// Writes the labels of a block into a tile.
fn paint(
    blocks: &Blocks,
    region: &Region,
    core: &Region,
    labelled: &Labelled,
    output: &mut ViewMut,
    number: impl Fn(u32) -> i64,
) {
    match output.dtype() {
        DType::I32 => paint_as(blocks, region, core, labelled, output.data::<i32>(), |id| number(id) as i32),
        _ => paint_as(blocks, region, core, labelled, output.data::<i64>(), number),
    }
}

fn paint_as<T: Element>(
    blocks: &Blocks,
    region: &Region,
    core: &Region,
    labelled: &Labelled,
    out: &mut [T],
    number: impl Fn(u32) -> T,
) {
    let (extents, tile) = (region.shape(), blocks.turned(core));
    let strides = blocks.turn(&contiguous_strides(&core.shape()), 1);
    let base: usize = region.start.iter().zip(&tile.start).zip(&strides).map(|((s, c), t)| (s - c) as usize * t).sum();
    let (width, apart) = (extents[extents.len() - 1] as usize, strides[strides.len() - 1]);
    for (row, at) in row_starts(&extents, &strides).enumerate() {
        let out = &mut out[base + at..][..(width - 1) * apart + 1];
        if apart == 1 {
            out.fill(T::zeroed());
        } else {
            out.iter_mut().step_by(apart).for_each(|o| *o = T::zeroed());
        }
        for run in labelled.rows[row] as usize..labelled.rows[row + 1] as usize {
            let (number, start, end) = (number(labelled.ids[run]), labelled.starts[run], labelled.ends[run]);
            let own = &mut out[start as usize * apart..=(end as usize - 1) * apart];
            if apart == 1 {
                own.fill(number);
            } else {
                own.iter_mut().step_by(apart).for_each(|o| *o = number);
            }
        }
    }
}

/// The variant with blocks of about so many elements.
#[cfg(test)]
pub(super) fn with_blocks(spec: &ArraySpec, axes: &[usize], connectivity: usize, elements: u64) -> Variant {
    let sizes = Sizes { block: elements, slab: (elements / 4).max(1) };
    let blocks = Blocks::new(&spec.shape, axes, connectivity, sizes);
    let joins = merge::joins_at_most(&blocks).max(1);
    let params = Params::check(LABEL.params, &[]).unwrap();
    Label { connectivity, dtype: DType::I32, joins_max: None, params }.in_blocks(spec, blocks, joins)
}
