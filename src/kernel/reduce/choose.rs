//! Folds that choose one element of each cell: the largest, the smallest, the first, the last.
//!
//! Owns the choice and what decides between equals: a place, counted through the folded axes of the whole
//! array, so that no order of tiles shows. Refuses to know how the parameters came about.

use super::fold::misused;
use super::grid::Grid;
use super::items::Real;
use super::strided::Strided;
use crate::array::{ArraySpec, Bool, DType, Region, View, ViewMut, contiguous_strides};
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, Contract, Fold, KernelError, Order, Read, Scratch, ScratchSize, Source, Stage, State, StateSize, Work,
    Write,
};
use crate::with_real_type;
use half::{bf16, f16};

/// Elements that are worked on at a time: they stay in the first-level cache.
const CHUNK: usize = 1024;

/// The place of an element that is not there. No array has so many elements.
const NOWHERE: u64 = u64::MAX;

/// Which element of a cell is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The first of the largest; its place is the result.
    Largest,
    /// The first of the smallest; its place is the result.
    Smallest,
    /// The first that is not NaN; its value is the result.
    First,
    /// The last that is not NaN; its value is the result.
    Last,
}

/// A stage that chooses from input 0 along `axes`. With `skipna` NaN is never chosen, else the first NaN is;
/// [`Rule::First`] and [`Rule::Last`] are for floats, and always leave NaN out.
pub fn choose_stage(spec: &ArraySpec, axes: &[usize], rule: Rule, skipna: bool, write: Write) -> Stage {
    let grid = Grid::new(&spec.shape, axes);
    let contract = Contract {
        domain: spec.shape.clone(),
        anchor: vec![1; spec.rank()],
        order: Order::Fold { axes: grid.folded.clone() },
        reads: vec![Read { source: Source::Input(0), access: Access::point(spec.rank()) }],
        writes: vec![write],
        state: StateSize { fixed: 256, per_cell: 16, ..StateSize::default() },
        scratch: ScratchSize { fixed: CHUNK as u64 * 8, ..ScratchSize::default() },
    };
    // Places along the folded axes, as if nothing else were there.
    let folded: Vec<u64> = (0..spec.rank()).map(|a| if axes.contains(&a) { spec.shape[a] } else { 1 }).collect();
    let mut places = contiguous_strides(&folded);
    (0..spec.rank()).filter(|a| !axes.contains(a)).for_each(|a| places[a] = 0);
    Stage {
        contract,
        work: Work::Fold(Box::new(Choose { grid, rule, places, keys: Keys::new(spec.dtype, rule, skipna) })),
    }
}

#[derive(Debug)]
struct Choose {
    grid: Grid,
    rule: Rule,
    /// How far the place moves along each axis.
    places: Vec<usize>,
    keys: Keys,
}

/// Elements as integers. Where the rule ranks them, the one that is sought has the largest; otherwise they are the
/// element's bits.
#[derive(Clone, Copy, Debug)]
struct Keys {
    /// Turns the order around.
    flip: u64,
    /// The key of NaN.
    nan: u64,
    /// The key of what is never chosen.
    out: Option<u64>,
    ranked: bool,
}

impl Keys {
    fn new(dtype: DType, rule: Rule, skipna: bool) -> Keys {
        let ranked = matches!(rule, Rule::Largest | Rule::Smallest);
        let flip = if rule == Rule::Smallest { u64::MAX } else { 0 };
        // Keys of numbers in floats are neither 0 nor the largest: NaN has both. As bits the largest is a NaN.
        let nan = if ranked && skipna { 0 } else { u64::MAX };
        let out = (dtype.is_float() && (skipna || !ranked)).then_some(nan);
        Keys { flip, nan, out, ranked }
    }

    /// The keys of the elements of a view from `at` on.
    fn read(&self, view: &View, at: usize, keys: &mut [u64]) {
        with_real_type!(view.dtype(), T => {
            let elements = &view.data::<T>()[at..][..keys.len()];
            let Keys { flip, nan, ranked, .. } = *self;
            vectorized(
                #[inline(always)]
                || keys.iter_mut().zip(elements).for_each(|(k, x)| {
                    let key = if ranked { x.ordered() ^ flip } else { x.bits() };
                    *k = if x.is_nan() { nan } else { key };
                }),
            );
        }, else keys.fill(0));
    }
}

/// An element with an order among integers.
pub(super) trait Choosable: Real {
    /// An integer with the element's order; equal for both zeros.
    fn ordered(self) -> u64;
    /// The bits of a float; an integer as it is, so that negative ones are the largest.
    fn bits(self) -> u64;
}

macro_rules! choosable {
    ($($T:ty, $x:ident => $ordered:expr, $bits:expr;)*) => { $(
        impl Choosable for $T {
            #[inline(always)]
            fn ordered(self) -> u64 {
                let $x = self;
                $ordered
            }
            #[inline(always)]
            fn bits(self) -> u64 {
                let $x = self;
                $bits
            }
        }
    )* };
}
choosable! {
    Bool, x => u64::from(x.get()), u64::from(x.get());
    u8, x => u64::from(x), u64::from(x);
    u16, x => u64::from(x), u64::from(x);
    u32, x => u64::from(x), u64::from(x);
    u64, x => x, x;
    i8, x => signed(i64::from(x)), x as u64;
    i16, x => signed(i64::from(x)), x as u64;
    i32, x => signed(i64::from(x)), x as u64;
    i64, x => signed(x), x as u64;
    f16, x => float(x.value()), u64::from(x.to_bits());
    bf16, x => float(x.value()), u64::from(x.to_bits());
    f32, x => float(x.value()), u64::from(x.to_bits());
    f64, x => float(x), x.to_bits();
}

#[inline(always)]
fn signed(x: i64) -> u64 {
    x as u64 ^ 1 << 63
}

#[inline(always)]
fn float(x: f64) -> u64 {
    // Adding 0 makes +0 of -0. Negative numbers have all bits but the sign turned over.
    let bits = (x + 0.0).to_bits() as i64;
    signed(bits ^ ((bits >> 63) & i64::MAX))
}

/// What has been chosen for each kept cell.
struct Chosen {
    keys: Vec<u64>,
    /// Of two that are equal the smaller place is chosen.
    places: Vec<u64>,
}

impl Chosen {
    /// Offers an element to a cell.
    #[inline(always)]
    fn offer(&mut self, ranked: bool, cell: usize, key: u64, place: u64) {
        let (best, at) = (self.keys[cell], self.places[cell]);
        let better = (ranked && key > best) | ((!ranked | (key == best)) & (place < at));
        self.keys[cell] = if better { key } else { best };
        self.places[cell] = if better { place } else { at };
    }
}

impl Choose {
    /// A place as it is compared: the last is the smallest under [`Rule::Last`].
    #[inline(always)]
    fn rank(&self, place: usize) -> u64 {
        if self.rule == Rule::Last { i64::MAX as u64 - place as u64 } else { place as u64 }
    }

    /// Elements of one cell, at consecutive places.
    fn one(&self, keys: &[u64], cell: usize, place: usize, chosen: &mut Chosen) {
        let valid = |k: &u64| Some(*k) != self.keys.out;
        let found = match self.rule {
            Rule::First => keys.iter().position(valid),
            Rule::Last => keys.iter().rposition(valid),
            Rule::Largest | Rule::Smallest => {
                let most = vectorized(
                    #[inline(always)]
                    || keys.iter().fold(0, |m, k| m.max(*k)),
                );
                // The key of what is left out is smaller than all others.
                keys.iter().position(|k| *k == most).filter(|_| valid(&most))
            }
        };
        if let Some(i) = found {
            chosen.offer(self.keys.ranked, cell, keys[i], self.rank(place + i));
        }
    }

    /// One element of each of several cells, at one place.
    fn several(&self, keys: &[u64], cell: usize, place: usize, chosen: &mut Chosen) {
        let (place, ranked, out) = (self.rank(place), self.keys.ranked, self.keys.out);
        let (best, at) = (&mut chosen.keys[cell..][..keys.len()], &mut chosen.places[cell..][..keys.len()]);
        vectorized(
            #[inline(always)]
            || {
                for ((k, best), at) in keys.iter().zip(best).zip(at) {
                    let place = if Some(*k) == out { NOWHERE } else { place };
                    let better = (ranked & (*k > *best)) | ((!ranked | (*k == *best)) & (place < *at));
                    *best = if better { *k } else { *best };
                    *at = if better { place } else { *at };
                }
            },
        );
    }
}

impl Fold for Choose {
    fn start(&self, kept: &Region) -> State {
        let cells = self.grid.cells(kept);
        Box::new(Chosen { keys: vec![0; cells], places: vec![NOWHERE; cells] })
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(chosen), [view]) = (state.downcast_mut::<Chosen>(), inputs) else { return Err(misused()) };
        if chosen.keys.len() != self.grid.cells(core) {
            return Err(misused());
        }
        if core.is_empty() {
            return Ok(());
        }
        let room: &mut [u64] = scratch.take(CHUNK)?;
        let shape = core.shape();
        let mut cells = vec![0usize; shape.len()];
        let mut below = 1;
        for &a in self.grid.kept.iter().rev() {
            cells[a] = below;
            below *= shape[a] as usize;
        }
        let first: usize = core.start.iter().zip(&self.places).map(|(i, step)| *i as usize * step).sum();
        let rows = Strided::new(&shape, [view.strides(), &cells, &self.places]);
        let (n, last) = (rows.row(), rows.shape.len() - 1);
        let several = n > 1 && rows.strides[1][last] == 1;
        rows.each_row(|[at, cell, place]| {
            for i in (0..n).step_by(CHUNK) {
                let keys = &mut room[..CHUNK.min(n - i)];
                self.keys.read(view, at + i, keys);
                match several {
                    true => self.several(keys, cell + i, first + place, chosen),
                    false => self.one(keys, cell, first + place + i, chosen),
                }
            }
        });
        Ok(())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Chosen>(), right.downcast::<Chosen>()) else {
            return Err(misused());
        };
        for (cell, (key, place)) in right.keys.iter().zip(&right.places).enumerate() {
            if *place != NOWHERE {
                left.offer(self.keys.ranked, cell, *key, *place);
            }
        }
        Ok(())
    }

    fn finish(&self, kept: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(chosen), [output]) = (state.downcast::<Chosen>(), outputs) else { return Err(misused()) };
        if self.keys.ranked {
            if let Some(cell) = chosen.places.iter().position(|p| *p == NOWHERE) {
                return Err(self.grid.error_at(kept, cell, "all elements are NaN, none can be chosen".to_string()));
            }
            output.data::<i64>().iter_mut().zip(&chosen.places).for_each(|(o, p)| *o = *p as i64);
            return Ok(());
        }
        let nan: u64 = match output.dtype() {
            DType::F16 => f16::NAN.bits(),
            DType::BF16 => bf16::NAN.bits(),
            DType::F32 => f32::NAN.bits(),
            _ => f64::NAN.bits(),
        };
        let size = output.dtype().size();
        for ((o, key), place) in output.bytes().chunks_exact_mut(size).zip(&chosen.keys).zip(&chosen.places) {
            let bits = if *place == NOWHERE { nan } else { *key };
            match size {
                2 => o.copy_from_slice(&(bits as u16).to_ne_bytes()),
                4 => o.copy_from_slice(&(bits as u32).to_ne_bytes()),
                _ => o.copy_from_slice(&bits.to_ne_bytes()),
            }
        }
        Ok(())
    }
}
