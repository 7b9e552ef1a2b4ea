//! `label`: connected components, numbered by their first elements.
//!
//! Owns the two sweeps and the numbering. A first sweep, a fold, labels blocks by themselves and finds which of their
//! components are one; a second labels them again and writes final numbers, so that nothing of the array's
//! size is kept between them.

use super::blocks::Blocks;
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
          each component's first element; background is 0. `connectivity` says what touches, as for scipy's \
          generate_binary_structure: 1 is faces, 2 edges too, and so on to all corners. All real dtypes, any number of \
          axes. Exact, components may be of any form and size. Two sweeps. Memory: 4 to 20 bytes for each element of a \
          face between what has been read and what has not (a plane of a stack), and 34 for each of `joins_max`.",
    params: &[
        ParamInfo {
            name: "connectivity",
            kind: Kind::Int { min: 1, max: 64 },
            default: Some("1"),
            doc: "elements touch where at most this many of their indices differ, by 1 each",
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
            doc: "the array is labelled in blocks; how many pieces of components, beyond the first piece of each, may be \
                  joined across them; more is an error. Where it is not given, as many as there can be, or 2^20, or \
                  one for each 256 elements if that is more; a quarter of these, or less, where memory is short",
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
        }))
    },
};

/// Joins that are allowed for at least where nothing is said and there is memory for them.
const JOINS: u64 = 1 << 20;
/// The fewest that are still offered.
const JOINS_FEW: u64 = 1 << 14;
/// Axes of an array: neighbourhoods are listed, and their number is 3 to this power.
const RANK_MAX: usize = 8;

#[derive(Debug)]
struct Label {
    connectivity: usize,
    dtype: DType,
    joins_max: Option<u64>,
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
        if self.connectivity > spec.rank().max(1) {
            let message = format!("connectivity = {} is more than the {} axes", self.connectivity, spec.rank());
            return Err(BindError::param("connectivity", message).help("1 is faces, the number of axes all corners"));
        }
        let blocks = Blocks::new(&spec.shape, self.connectivity);
        if let Some(joins) = self.joins_max {
            return Ok(vec![self.variant(spec, blocks, joins)]);
        }
        let most = merge::joins_at_most(&blocks).clamp(1, JOINS.max(spec.elements().unwrap_or(0) / 256));
        let fewer = std::iter::successors(Some(most), |n| Some(n / 4)).take_while(|n| *n == most || *n >= JOINS_FEW);
        Ok(fewer.map(|joins| self.variant(spec, blocks.clone(), joins)).collect())
    }
}

impl Label {
    fn variant(&self, spec: &ArraySpec, blocks: Blocks, joins_max: u64) -> Variant {
        let rank = spec.rank();
        let most = if self.dtype == DType::I32 { i32::MAX as u64 } else { i64::MAX as u64 };
        let (sizes, count) = (merge::bytes(&blocks, joins_max), blocks.count().max(1));
        let (rows, runs) = blocks.rows();
        let all = |axes| Access { axes: vec![AxisMap::All; axes], ..Access::point(0) };
        let before = ArraySpec::new(DType::I64, &[count]);
        let table = ArraySpec::new(DType::I64, &[joins_max + 1, 2]);
        let input = Read { source: Source::Input(0), access: Access::point(rank) };
        let find = Contract {
            domain: spec.shape.clone(),
            anchor: blocks.block[..rank].to_vec(),
            order: Order::Fold { axes: (0..rank).collect() },
            reads: vec![input.clone()],
            writes: vec![
                Write { sink: Sink::Temp(0), spec: before, access: all(1) },
                Write { sink: Sink::Temp(1), spec: table, access: all(2) },
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
        let labels = ArraySpec { dtype: self.dtype, order: Layout::C, ..spec.clone() };
        let number = Contract {
            domain: spec.shape.clone(),
            anchor: find.anchor.clone(),
            order: Order::Any,
            reads: vec![
                input,
                Read { source: Source::Temp(0), access: all(1) },
                Read { source: Source::Temp(1), access: all(2) },
            ],
            writes: vec![Write { sink: Sink::Output(0), spec: labels, access: Access::point(rank) }],
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
    fn start(&self, _: &Region) -> State {
        Box::new(Known::default())
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
            let own = Known::of_block(blocks, number, region, &labelled, &mut pieces[..labelled.count])?;
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
        known.finish(&self.0.blocks, before.data(), table.data(), self.0.most)
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
        let (before, table) = (before.data::<i64>(), table.data::<i64>());
        let joins = table[2..].get(..2 * table[0] as usize).ok_or_else(misused)?.as_chunks::<2>().0;
        let mut room = Room::new(blocks, scratch)?;
        let (rows, runs) = blocks.rows();
        let numbers: &mut [i64] = scratch.take((rows * runs) as usize)?;
        blocks.each(core, |number, region| {
            let labelled = label(blocks, region, view, &mut room);
            let numbers = &mut numbers[..labelled.count];
            fill_numbers(before[number as usize], joins, numbers);
            match output.dtype() {
                DType::I32 => paint(region, core, &labelled, numbers, output.data::<i32>(), |n| n as i32),
                _ => paint(region, core, &labelled, numbers, output.data::<i64>(), |n| n),
            }
            Ok(())
        })
    }
}

/// The final number of each component of a block: `before` are in earlier blocks, `joins` are those that belong to
/// an earlier component, with its final number.
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
fn paint<T: Element>(
    region: &Region,
    core: &Region,
    labelled: &Labelled,
    numbers: &[i64],
    out: &mut [T],
    to: impl Fn(i64) -> T,
) {
    let (extents, tile) = (region.shape(), if core.rank() == 0 { vec![1] } else { core.shape() });
    let strides = contiguous_strides(&tile);
    let base: usize = region.start.iter().zip(&core.start).zip(&strides).map(|((s, c), t)| (s - c) as usize * t).sum();
    let width = extents[extents.len() - 1] as usize;
    for (row, at) in row_starts(&extents, &strides).enumerate() {
        let out = &mut out[base + at..][..width];
        out.fill(T::zeroed());
        for run in labelled.rows[row] as usize..labelled.rows[row + 1] as usize {
            let number = to(numbers[labelled.ids[run] as usize]);
            out[labelled.starts[run] as usize..labelled.ends[run] as usize].fill(number);
        }
    }
}

/// The variant with blocks of about so many elements.
#[cfg(test)]
pub(super) fn with_blocks(spec: &ArraySpec, connectivity: usize, elements: u64) -> Variant {
    let blocks = Blocks::of_size(&spec.shape, connectivity, elements, elements);
    let joins = merge::joins_at_most(&blocks).max(1);
    Label { connectivity, dtype: DType::I32, joins_max: None }.variant(spec, blocks, joins)
}
