//! Where each array of a plan lives while it runs, and how tiles get in and out of there.

use super::memory::Block;
use super::{EngineError, OutputReport, Stores};
use crate::array::{ArraySpec, DType, Region, View, contiguous_strides, row_starts};
use crate::plan::{Place, Plan};
use crate::storage::{Direct, Output, Stored};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

/// All homes, by array of the plan.
pub struct Homes {
    pub arrays: Vec<Home>,
    /// Outputs that copy an array which already has a home in another output.
    pub extra: Vec<Option<Output>>,
    /// The extent along the first axis of arrays of which only a bound was known.
    extents: Mutex<BTreeMap<usize, u64>>,
}

impl Homes {
    /// Notes that an array ends after `extent` indices of its first axis. The last box of several decides by the
    /// largest.
    pub fn keep(&self, array: usize, extent: u64) {
        let mut extents = self.extents.lock().unwrap_or_else(PoisonError::into_inner);
        let most = extents.entry(array).or_default();
        *most = extent.max(*most);
    }

    /// Takes the outputs out of their homes, in the order of the problem, each cut to its length.
    pub fn into_outputs(self, plan: &Plan) -> Result<Vec<Output>, EngineError> {
        let mut outputs = self.extra;
        for (array, home) in plan.network.arrays.iter().zip(self.arrays) {
            if let (Place::Output(o), Home::File { output, .. }) = (array.place, home) {
                outputs[o] = Some(*output);
            }
        }
        for (array, extent) in self.extents.into_inner().unwrap_or_else(PoisonError::into_inner) {
            for &o in &plan.network.arrays[array].outputs {
                if let Some(output) = outputs[o].as_mut().filter(|o| o.spec().shape.first() != Some(&extent)) {
                    output.cut(extent)?;
                }
            }
        }
        Ok(outputs.into_iter().flatten().collect())
    }
}

/// The home of one array.
pub enum Home {
    /// An input.
    Input(Arc<Stored>),
    /// An output or a spilled array: written in one pass, readable once that is complete.
    File { output: Box<Output>, stored: Option<Box<Stored>> },
    /// Whole in memory.
    Memory { spec: ArraySpec, block: RwLock<Block> },
    /// Only in tiles.
    Fused,
}

/// Gives every array its home. Spill files are created here, so that a full disk shows before work.
pub fn settle(plan: &Plan, stores: Stores) -> Result<Homes, EngineError> {
    let mut inputs: Vec<Option<Arc<Stored>>> = stores.inputs.into_iter().map(Some).collect();
    let mut outputs: Vec<Option<Output>> = stores.outputs.into_iter().map(Some).collect();
    let mut arrays = Vec::new();
    for array in &plan.network.arrays {
        arrays.push(match array.place {
            Place::Input(i) => inputs[i].take().map_or(Home::Fused, Home::Input),
            Place::Output(o) => {
                outputs[o].take().map_or(Home::Fused, |output| Home::File { output: Box::new(output), stored: None })
            }
            Place::Spill => {
                // A sample fills a small part.
                let output = match plan.is_sample() {
                    true => Output::sparse(&stores.spill_dir, &array.spec)?,
                    false => Output::temporary_by(&stores.spill_dir, &array.spec, plan.file_io(array))?,
                };
                Home::File { output: Box::new(output), stored: None }
            }
            Place::Memory => {
                let bytes = array.spec.bytes().unwrap_or(0) as usize;
                Home::Memory { spec: array.spec.clone(), block: RwLock::new(Block::zeroed(bytes)) }
            }
            Place::Fused => Home::Fused,
        });
    }
    Ok(Homes { arrays, extra: outputs, extents: Mutex::default() })
}

impl Home {
    /// Makes what was written readable.
    pub fn complete(&mut self) -> Result<(), EngineError> {
        if let Home::File { output, stored } = self
            && stored.is_none()
        {
            *stored = Some(Box::new(output.as_stored()?));
        }
        Ok(())
    }

    /// Whether it is written in files that kernels can fill in place.
    pub fn output(&self) -> Option<&Output> {
        match self {
            Home::File { output, .. } => Some(output),
            _ => None,
        }
    }

    /// Stores a dense box.
    pub fn write(&self, region: &Region, bytes: &[u8]) -> Result<(), EngineError> {
        match self {
            Home::File { output, .. } => Ok(output.write(region, bytes)?),
            Home::Memory { spec, block } => {
                let mut block = block.write().unwrap_or_else(PoisonError::into_inner);
                let all = block.bytes_mut(spec.bytes().unwrap_or(0) as usize);
                let (size, shape, strides) = (spec.dtype.size(), region.shape(), contiguous_strides(&spec.shape));
                let base: usize = region.start.iter().zip(&strides).map(|(s, t)| *s as usize * t).sum();
                let row = shape.last().map_or(1, |n| *n as usize) * size;
                for (i, at) in row_starts(&shape, &strides).enumerate() {
                    all[(base + at) * size..][..row].copy_from_slice(&bytes[i * row..][..row]);
                }
                Ok(())
            }
            Home::Input(_) | Home::Fused => Ok(()),
        }
    }

    /// Opens it for reading during one pass. Where it cannot be read past the page cache after all, `refused` is told why.
    pub fn reader(&self, direct: bool, refused: &mut dyn FnMut(String)) -> Reader<'_> {
        let mut open = |stored| match direct {
            true => Reader::open_direct(stored, refused),
            false => Reader::Stored(stored),
        };
        match self {
            Home::Input(stored) => open(stored),
            Home::File { stored: Some(stored), .. } => open(stored),
            Home::Memory { spec, block } => Reader::Memory(spec, block.read().unwrap_or_else(PoisonError::into_inner)),
            Home::File { stored: None, .. } | Home::Fused => Reader::None,
        }
    }
}

/// An array that tiles of a pass are read from.
pub enum Reader<'a> {
    Stored(&'a Stored),
    /// In memory of its own.
    Direct(Direct<'a>),
    Memory(&'a ArraySpec, RwLockReadGuard<'a, Block>),
    /// Made inside the pass.
    None,
}

impl<'a> Reader<'a> {
    fn open_direct(stored: &'a Stored, refused: &mut dyn FnMut(String)) -> Reader<'a> {
        match stored.direct() {
            Ok(direct) => Reader::Direct(direct),
            Err(why) => {
                refused(format!("{} is mapped, not read past the page cache: {why}", stored.path().display()));
                Reader::Stored(stored)
            }
        }
    }

    /// Brings a box of a file into memory. What is read as a `whole` stays.
    pub fn populate(&self, region: &Region, whole: bool) -> Result<(), EngineError> {
        match self {
            Reader::Stored(stored) => Ok(stored.populate(region)?),
            Reader::Direct(direct) if whole => Ok(direct.load_once(region)?),
            Reader::Direct(direct) => Ok(direct.load(region)?),
            Reader::Memory(..) | Reader::None => Ok(()),
        }
    }

    /// Starts bringing a box of a mapped file into memory.
    pub fn will_need(&self, region: &Region) {
        if let Reader::Stored(stored) = self {
            stored.will_need(region);
        }
    }

    /// Lets go of a box that was populated; with `forget`, the page cache does so too.
    pub fn drop_behind(&self, region: &Region, forget: bool) {
        match self {
            Reader::Stored(stored) if forget => stored.forget(region),
            Reader::Stored(stored) => stored.drop_behind(region),
            Reader::Direct(direct) => direct.release(region),
            Reader::Memory(..) | Reader::None => {}
        }
    }

    /// Decodes a box.
    pub fn read(&self, region: &Region, out: &mut [u8]) -> Result<(), EngineError> {
        match self {
            Reader::Stored(stored) => Ok(stored.read(region, out)?),
            Reader::Direct(direct) => Ok(direct.read(region, out)?),
            Reader::Memory(..) | Reader::None => Ok(()),
        }
    }

    /// Whether tiles are brought in by several threads at once.
    pub fn is_direct(&self) -> bool {
        matches!(self, Reader::Direct(_))
    }

    /// A box read in place.
    pub fn view(&self, region: &Region) -> Option<View<'_>> {
        match self {
            Reader::Stored(stored) => stored.view(region),
            Reader::Direct(direct) => direct.view(region),
            Reader::Memory(spec, block) => {
                let all = View::dense(spec.dtype, block.bytes(spec.bytes()? as usize), &Region::full(&spec.shape));
                let start: Vec<i64> = region.start.iter().map(|s| *s as i64).collect();
                Some(all.sub(&start, &region.shape()))
            }
            Reader::None => None,
        }
    }

    /// The file behind it.
    pub fn stored(&self) -> Option<&Stored> {
        match self {
            Reader::Stored(stored) => Some(stored),
            Reader::Direct(direct) => Some(direct.stored()),
            Reader::Memory(..) | Reader::None => None,
        }
    }
}

/// NaN and infinities written to one output.
#[derive(Debug, Default)]
pub struct OutputCounts {
    nan: AtomicU64,
    inf: AtomicU64,
}

impl OutputCounts {
    /// Counts in dense elements that were just made, while they are in cache.
    pub fn add(&self, dtype: DType, bytes: &[u8]) {
        // A tile that wrote nothing, whose bytes lie nowhere.
        if bytes.is_empty() {
            return;
        }
        let (nan, inf) = match dtype {
            DType::F32 | DType::C64 => count::<u32>(bytemuck::cast_slice(bytes), 0x7f80_0000),
            DType::F64 | DType::C128 => count::<u64>(bytemuck::cast_slice(bytes), 0x7ff0_0000_0000_0000),
            DType::F16 => count::<u16>(bytemuck::cast_slice(bytes), 0x7c00),
            DType::BF16 => count::<u16>(bytemuck::cast_slice(bytes), 0x7f80),
            _ => return,
        };
        if nan > 0 {
            self.nan.fetch_add(nan, Relaxed);
        }
        if inf > 0 {
            self.inf.fetch_add(inf, Relaxed);
        }
    }

    pub fn report(&self, elements: u64) -> OutputReport {
        OutputReport { elements, nan: self.nan.load(Relaxed), inf: self.inf.load(Relaxed) }
    }
}

/// Counts NaN and infinities by their bits: `inf` has the exponent full and the mantissa empty.
fn count<T>(words: &[T], inf: T) -> (u64, u64)
where
    T: Copy + PartialOrd + std::ops::Shl<u32, Output = T> + std::ops::Shr<u32, Output = T>,
{
    // Without the sign bit everything above infinity is NaN. Blocks keep the counters narrow
    // enough to be vectorised, and most blocks hold nothing to count.
    crate::kernel::simd::vectorized(
        #[inline(always)]
        || {
            let (mut nans, mut infs) = (0u64, 0u64);
            for block in words.chunks(4096) {
                let (mut nan, mut equal) = (0u32, 0u32);
                for w in block {
                    let magnitude = (*w << 1) >> 1;
                    nan += u32::from(magnitude > inf);
                    equal += u32::from(magnitude == inf);
                }
                nans += u64::from(nan);
                infs += u64::from(equal);
            }
            (nans, infs)
        },
    )
}
