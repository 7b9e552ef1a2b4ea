//! `map_blocks` and `map_overlap`: Python functions as kernels.
//!
//! Owns the blocks: which there are follows from shape, dtype and parameters, never from the schedule, so that a
//! function sees the same blocks in any plan. Refuses to vouch for the function: its memory and whether it
//! gives the same twice are its author's, and the plan says so. The GIL is held while a block is copied in and out and
//! while the function itself holds it.

use crate::functions::{Called, resolve};
use crate::mapped::typestr;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes};
use tilewise::array::{ArraySpec, DType, EdgeMode, Endian, Region, View, ViewMut, read_f64, row_starts, write_f64};
use tilewise::kernel::{
    Access, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params, Read,
    Scratch, ScratchSize, Sink, Source, Stage, StateSize, Variant, Work, Write,
};

/// Bytes of a block where nobody says: enough to hide a call, little enough for many workers.
const BLOCK_BYTES: u64 = 1 << 20;
/// Scratch that is set aside where nobody says, in multiples of a block's input and output.
const SCRATCH_TIMES: f64 = 4.0;

const FUNCTION: ParamInfo = ParamInfo {
    name: "function",
    kind: Kind::Text,
    default: None,
    doc: "the function, as module:name; it gets an ndarray of its own and returns one of the same shape",
};
const DTYPE: ParamInfo =
    ParamInfo { name: "dtype", kind: Kind::DType, default: Some(""), doc: "dtype that it returns; unset: the input's" };
const BLOCK: ParamInfo = ParamInfo {
    name: "block",
    kind: Kind::Ints { min: -1, max: i64::MAX },
    default: Some(""),
    doc: "extents of the blocks, one for each axis, -1 for a whole axis; unset: about 1 MiB, whole along the last axes",
};
const SCRATCH: ParamInfo = ParamInfo {
    name: "scratch_bytes_per_element",
    kind: Kind::Float { min: 0.0, max: 1e9 },
    default: Some(""),
    doc: "memory that the function takes beyond its argument and result, in bytes for each element of its argument; \
          unset: four times input and output",
};
const DEPTH: ParamInfo = ParamInfo {
    name: "depth",
    kind: Kind::Ints { min: 0, max: 1 << 32 },
    default: None,
    doc: "elements of the neighbours that a block gets on each side, one number for all axes or one for each",
};
const MODE: ParamInfo = ParamInfo {
    name: "mode",
    kind: Kind::Choice(&["reflect", "mirror", "nearest", "wrap", "constant"]),
    default: Some("\"reflect\""),
    doc: "values beyond the edge of the array, as in scipy.ndimage",
};
const CVAL: ParamInfo = ParamInfo {
    name: "cval",
    kind: Kind::Float { min: f64::NEG_INFINITY, max: f64::INFINITY },
    default: Some("0.0"),
    doc: "the value beyond the edge where mode = \"constant\"; a value of the array's dtype",
};

/// The kernels of this crate.
pub const KERNELS: [KernelInfo; 2] = [
    KernelInfo {
        name: "map_blocks",
        family: Family::Math,
        summary: "a Python function on blocks of the array",
        doc: "The function gets each block as an ndarray and returns one of the same shape, of `dtype`.",
        params: &[FUNCTION, DTYPE, BLOCK, SCRATCH],
        example: "",
        parse: |params| parse(params, "map_blocks"),
    },
    KernelInfo {
        name: "map_overlap",
        family: Family::Math,
        summary: "a Python function on blocks that overlap their neighbours",
        doc: "The function gets each block with `depth` elements of its neighbours on each side and returns as many; \
              what overlaps is cut off.",
        params: &[FUNCTION, DEPTH, MODE, CVAL, DTYPE, BLOCK, SCRATCH],
        example: "",
        parse: |params| parse(params, "map_overlap"),
    },
];

fn parse(params: &Params, kernel: &'static str) -> Result<Box<dyn Kernel>, BindError> {
    let reference = params.text("function").unwrap_or_default();
    let (function, name) = resolve(reference).map_err(|m| BindError::param("function", m))?;
    let mode = params.text("mode").and_then(|m| EdgeMode::ALL.iter().find(|(n, _)| *n == m)).map(|(_, mode)| *mode);
    let border = (mode.unwrap_or(EdgeMode::Reflect), params.float("cval").unwrap_or(0.0));
    Ok(Box::new(Blocks { kernel, function, name, border, params: params.clone() }))
}

#[derive(Debug)]
struct Blocks {
    kernel: &'static str,
    function: Called,
    /// The function's, for people.
    name: String,
    border: (EdgeMode, f64),
    params: Params,
}

impl Kernel for Blocks {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("{} takes one array, {} were given", self.kernel, inputs.len())));
        };
        let rank = input.rank();
        let dtype = self.params.dtype("dtype").unwrap_or(input.dtype);
        for (name, d) in [("its input", input.dtype), ("dtype", dtype)] {
            typestr(d, Endian::NATIVE)
                .map_err(|_| BindError::new(format!("{name} is {d}, which NumPy does not have")))?;
        }
        let depths = self.params.ints("depth", rank)?.unwrap_or_else(|| vec![0; rank]);
        let overlaps = depths.iter().any(|d| *d > 0);
        if overlaps {
            check_constant(self.border, input.dtype)?;
        }
        let block = self.block(input, &depths)?;
        let grown = |a: usize| block[a].saturating_add(2 * depths[a] as u64);
        let elements = (0..rank).map(grown).fold(1u64, u64::saturating_mul);
        let moved = (input.dtype.size() + dtype.size()) as f64;
        let own = self.params.float("scratch_bytes_per_element").unwrap_or(SCRATCH_TIMES * moved);
        let halo: Vec<(i64, i64)> = depths.iter().map(|d| (*d, *d)).collect();
        let access =
            if overlaps { Access::window(&halo).filled(self.border.0, self.border.1) } else { Access::point(rank) };
        let contract = Contract {
            domain: input.shape.clone(),
            anchor: block.clone(),
            order: Order::Any,
            reads: vec![Read { source: Source::Input(0), access }],
            writes: vec![Write {
                sink: Sink::Output(0),
                spec: ArraySpec::new(dtype, &input.shape).with_axes(input.axes.clone()),
                access: Access::point(rank),
            }],
            state: StateSize::default(),
            // Python takes its own memory; as much is set aside, untouched, so that the budget holds both.
            scratch: ScratchSize { fixed: (elements as f64 * (moved + own)) as u64, ..ScratchSize::default() },
        };
        let work = Call { function: self.function.clone(), name: self.name.clone(), block, depths, dtype };
        Ok(vec![Variant { name: "by blocks", stages: vec![Stage { contract, work: Work::Map(Box::new(work)) }] }])
    }

    fn remark(&self) -> Option<String> {
        let name = &self.name;
        Some(format!(
            "what {name} takes beyond the scratch set aside, and that it gives the same twice, is its author's"
        ))
    }
}

impl Blocks {
    /// The extents of the blocks; at least 1, at most the array's.
    fn block(&self, input: &ArraySpec, depths: &[i64]) -> Result<Vec<u64>, BindError> {
        let Some(given) = self.params.ints("block", input.rank())? else { return Ok(usual_block(input, depths)) };
        if given.contains(&0) {
            return Err(BindError::param("block", "block has an extent of 0").help("-1 takes a whole axis"));
        }
        Ok(given.iter().zip(&input.shape).map(|(b, n)| u64::try_from(*b).unwrap_or(*n).clamp(1, (*n).max(1))).collect())
    }
}

/// About [`BLOCK_BYTES`]: cubes along the axes that overlap, whose borders are then small, and the rest along the
/// last axes, which lie together.
fn usual_block(input: &ArraySpec, depths: &[i64]) -> Vec<u64> {
    let mut room = BLOCK_BYTES / input.dtype.size() as u64;
    let mut block = vec![1u64; input.rank()];
    let overlapping = depths.iter().filter(|d| **d > 0).count() as u32;
    // Powers of two, as roots of numbers are not the same on every machine.
    let side = room.ilog2().checked_div(overlapping).map_or(1, |bits| 1u64 << bits);
    for a in (0..block.len()).filter(|a| depths[*a] > 0) {
        block[a] = side.max(4 * depths[a] as u64).min(input.shape[a].max(1));
        room = (room / block[a]).max(1);
    }
    for a in (0..block.len()).rev().filter(|a| depths[*a] == 0) {
        block[a] = room.min(input.shape[a].max(1));
        room = (room / block[a]).max(1);
    }
    block
}

/// Borders are filled in the array's own dtype, which must hold the constant.
fn check_constant((mode, cval): (EdgeMode, f64), dtype: DType) -> Result<(), BindError> {
    if mode != EdgeMode::Constant || dtype.is_float() {
        return Ok(());
    }
    #[repr(align(16))]
    struct Aligned([u8; 16]);
    let (mut bytes, mut back) = (Aligned([0; 16]), [f64::NAN]);
    let element = &mut bytes.0[..dtype.size()];
    let held = write_f64(dtype, &[cval], element).is_ok() && {
        read_f64(dtype, element, &mut back);
        back[0] == cval
    };
    if held { Ok(()) } else { Err(BindError::param("cval", format!("cval = {cval} is no value of {dtype}"))) }
}

/// A function that is called on blocks.
#[derive(Debug)]
struct Call {
    function: Called,
    name: String,
    block: Vec<u64>,
    depths: Vec<i64>,
    dtype: DType,
}

impl Map for Call {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let ([view], [out]) = (inputs, outputs) else {
            return Err(KernelError::new("one array is read and one written"));
        };
        for block in blocks_of(core, &self.block) {
            let done = Python::attach(|py| self.call(py, view, &block, out, core));
            done.map_err(|e| {
                let ranges = block.start.iter().zip(&block.end).map(|(s, e)| format!("{s}:{e}"));
                let place = ranges.collect::<Vec<_>>().join(", ");
                KernelError::new(format!("{} raised {e} on the block [{place}]", self.name)).caused_by(e)
            })?;
        }
        Ok(())
    }
}

impl Call {
    /// One block: in, through the function, out.
    fn call(&self, py: Python<'_>, view: &View, block: &Region, out: &mut ViewMut, core: &Region) -> PyResult<()> {
        static SHIM: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let shim = SHIM
            .get_or_try_init(py, || py.import("tilewise._blocks").and_then(|m| m.getattr("call")).map(Bound::unbind))?;
        let start: Vec<i64> = block.start.iter().zip(&self.depths).map(|(s, d)| *s as i64 - d).collect();
        let shape: Vec<u64> = block.shape().iter().zip(&self.depths).map(|(n, d)| n + 2 * *d as u64).collect();
        let part = view.sub(&start, &shape);
        let size = view.dtype().size();
        let bytes = shape.iter().product::<u64>() as usize * size;
        let content = PyByteArray::new_with(py, bytes, |to| {
            let row = shape.last().map_or(1, |n| *n as usize) * size;
            for (at, to) in row_starts(&shape, part.strides()).zip(to.chunks_exact_mut(row.max(1))) {
                to.copy_from_slice(&part.bytes()[at * size..][..row]);
            }
            Ok(())
        })?;
        let (from, to) = (typestr(view.dtype(), Endian::NATIVE)?, typestr(self.dtype, Endian::NATIVE)?);
        let arguments = (self.function.bind(py), content, from, shape, to, self.depths.clone());
        let result = shim.bind(py).call1(arguments)?.cast_into::<PyBytes>()?;
        store(result.as_bytes(), block, self.dtype.size(), out, core);
        Ok(())
    }
}

/// Copies a dense block into the box of the tile.
fn store(from: &[u8], block: &Region, size: usize, out: &mut ViewMut, core: &Region) {
    let strides = tilewise::array::contiguous_strides(&core.shape());
    let base: usize = (0..core.rank()).map(|a| (block.start[a] - core.start[a]) as usize * strides[a]).sum();
    let shape = block.shape();
    let row = shape.last().map_or(1, |n| *n as usize) * size;
    let to = out.bytes();
    for (at, from) in row_starts(&shape, &strides).zip(from.chunks_exact(row.max(1))) {
        to[(base + at) * size..][..row].copy_from_slice(from);
    }
}

/// The blocks of a tile, in C order. Tiles begin at multiples of the block.
fn blocks_of(core: &Region, block: &[u64]) -> Vec<Region> {
    let mut all = vec![Region { start: Vec::new(), end: Vec::new() }];
    for (a, side) in block.iter().enumerate() {
        let cut = |r: Region| {
            (core.start[a]..core.end[a]).step_by(*side as usize).map(move |s| {
                let (mut start, mut end) = (r.start.clone(), r.end.clone());
                start.push(s);
                end.push((s + side).min(core.end[a]));
                Region { start, end }
            })
        };
        all = all.into_iter().flat_map(cut).collect();
    }
    all
}
