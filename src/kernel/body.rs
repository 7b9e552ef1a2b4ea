//! The code of a stage: three kinds of work, typed inside, erased outside.

use super::KernelError;
use crate::array::{Element, Region, View, ViewMut};
use std::any::Any;
use std::fmt::Debug;
use std::ops::Range;

/// What a stage does with a tile.
#[derive(Debug)]
pub enum Work {
    /// Output from input, tile by tile, each on its own.
    Map(Box<dyn Map>),
    /// Tiles into a state, states joined in order, the finished state into small outputs.
    Fold(Box<dyn Fold>),
    /// Output from input and what all earlier tiles along an axis carry over.
    Scan(Box<dyn Scan>),
}

impl Work {
    /// Whether it seldom has anything to do; see [`Fold::stands_by`].
    pub fn stands_by(&self) -> bool {
        matches!(self, Work::Fold(fold) if fold.stands_by())
    }

    /// What an element costs, for weighing one way against another: about the nanoseconds that one worker takes, in a tile
    /// of this shape. No result follows from it.
    pub fn effort(&self, tile: &[u64]) -> f64 {
        match self {
            Work::Map(map) => map.effort(tile),
            Work::Fold(_) => 1.0,
            // Surveyed, then written.
            Work::Scan(_) => 2.0,
        }
    }
}

/// State of a fold or scan; each knows its own type.
pub type State = Box<dyn Any + Send>;

/// A stage whose tiles stand alone. The same output element gets the same bits from any tile that
/// contains it.
pub trait Map: Debug + Send + Sync {
    /// Computes the outputs of `core`, a region of the domain. Views stand in the order of the
    /// contract's reads and writes.
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError>;

    /// The indices along a scattered axis that it is about to read, so that they are on their way together; nothing
    /// where it reads none so.
    fn visits(&self, _core: &Region) -> Vec<Range<u64>> {
        Vec::new()
    }

    /// What an element costs in a tile of this shape; see [`Work::effort`]. For those that do more than a few operations.
    fn effort(&self, _tile: &[u64]) -> f64 {
        1.0
    }

    /// Whether elements stay what they are when the domain gets longer along an axis and all that the contract says they read
    /// is the same. Not so where elements are numbered through the array.
    fn keeps_when_grown(&self, _axis: usize) -> bool {
        true
    }
}

/// A stage that folds. `join` is associative to the bit: how tiles were cut never shows.
pub trait Fold: Debug + Send + Sync {
    /// The state of nothing, for tiles whose kept axes lie in `kept` (a domain region that is full
    /// along the folded axes).
    fn start(&self, kept: &Region) -> State;
    /// Adds a tile. Views cover the core alone, never a halo.
    fn fold(&self, core: &Region, inputs: &[View], state: &mut State, scratch: &mut Scratch)
    -> Result<(), KernelError>;
    /// Appends what later tiles gave. Called in the order of the tiles.
    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError>;
    /// The results of the kept cells.
    fn finish(&self, kept: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError>;
    /// The state that stands for all tiles, where results follow from what earlier stages left: then the pass is left out.
    /// `inputs` stand in the order of the reads, empty where they are not small arrays that every tile sees whole. Only for
    /// stages whose kept cells are finished together.
    fn settled(&self, _kept: &Region, _inputs: &[View]) -> Result<Option<State>, KernelError> {
        Ok(None)
    }
    /// Whether that is what usually happens. Plans count such a pass for memory, not for time and bytes.
    fn stands_by(&self) -> bool {
        false
    }
    /// Whether the first tiles alone have a result; see [`Fold::finish_part`].
    fn finishes_parts(&self) -> bool {
        false
    }
    /// Results from the first tiles alone, for a look at a sample. Where they have none, outputs stay zeros.
    fn finish_part(&self, _kept: &Region, _state: State, _outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        Ok(())
    }
}

/// A stage that carries. A tile is surveyed in parallel, carries pass in order, then the tile is
/// written in parallel; its pages are read from storage once.
pub trait Scan: Debug + Send + Sync {
    /// The carry before the first tile of the lines in `lines` (a domain region, full along the axis).
    fn start(&self, lines: &Region) -> State;
    /// What this tile adds to a carry.
    fn survey(&self, core: &Region, inputs: &[View], scratch: &mut Scratch) -> Result<State, KernelError>;
    /// The carry after a tile, from the carry before it. Cheap: this is the sequential part.
    fn advance(&self, carry: &State, survey: &State) -> Result<State, KernelError>;
    /// As [`Map::visits`], of what [`Self::apply`] is about to read.
    fn visits(&self, _carry: &State, _survey: &State) -> Vec<Range<u64>> {
        Vec::new()
    }

    /// Computes the outputs of `core` from the carry before it.
    fn apply(
        &self,
        core: &Region,
        inputs: &[View],
        carry: &State,
        survey: &State,
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError>;
}

/// The scratch memory of one tile: handed out in pieces, exactly as much as the contract declared.
#[derive(Debug)]
pub struct Scratch<'a> {
    bytes: &'a mut [u8],
}

impl<'a> Scratch<'a> {
    /// Scratch over these bytes, which should be aligned to 64.
    pub fn new(bytes: &'a mut [u8]) -> Scratch<'a> {
        Scratch { bytes }
    }

    /// `n` elements with whatever values an earlier tile left. More than was declared is an error
    /// of the kernel, and its tests fail: the declared size is the memory promise.
    pub fn take<T: Element>(&mut self, n: usize) -> Result<&'a mut [T], KernelError> {
        let bytes = std::mem::take(&mut self.bytes);
        let skip = bytes.as_ptr().align_offset(64.max(align_of::<T>()));
        let want = n.saturating_mul(size_of::<T>());
        if skip.saturating_add(want) > bytes.len() {
            let message = format!("needs {want} bytes of scratch, {} were declared and are left", bytes.len());
            self.bytes = bytes;
            return Err(KernelError::new(message));
        }
        let (piece, rest) = bytes[skip..].split_at_mut(want);
        self.bytes = rest;
        Ok(bytemuck::cast_slice_mut(piece))
    }
}
