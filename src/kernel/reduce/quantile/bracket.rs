//! Quantiles between brackets: a sample says between which two keys each quantile lies, nearly surely, and one sweep counts
//! what is below them and collects what is between.
//!
//! Owns the sample, the brackets, the two stages and the tables that they leave. Exact all the same: where a rank is not
//! between its bracket, or too much is, the stages after these find it digit by digit (`digits`), and else are left out.
//!
//! A sample is of boxes, since single elements would take a page each. Elements of a box are alike in most arrays, so the
//! error of a rank is taken from how boxes differ, as in cluster sampling (Cochran, "Sampling Techniques", 3rd edition,
//! chapter 9), never less than that of independent elements; the bracket for a quantile is Woodruff's ("Confidence
//! Intervals for Medians and Other Position Measures", Journal of the American Statistical Association 47, 1952).

use super::super::fold::misused;
use super::super::runs::Runs;
use super::Bound;
use super::keys::{Word, bits, nan};
use super::tally::{Room, Tally};
use crate::array::{ArraySpec, DType, Edge, Order as Layout, Region, View, ViewMut};
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, AxisMap, Contract, Fold, KernelError, Order, Read, Scratch, ScratchSize, Sink, Source, Stage, State,
    StateSize, Work, Write,
};

/// Keys that are looked at a time.
const CHUNK: usize = 1024;
/// Boxes of a sample.
const BOXES: usize = 64;
/// Elements of a sample at least; fewer would cost as much.
const SAMPLE_MIN: u64 = 1 << 16;
/// Standard errors of a rank on either side of a quantile.
const ERRORS: f64 = 3.0;
/// Elements of the sample on either side beside that, for quantiles near 0 and 1.
const BESIDE: f64 = 8.0;
/// What a tile may collect, and what may be seen more than once in all.
const TILE_ROOM: Room = Room { keys: 1 << 16, repeated: 1 << 13 };
const REPEATED_MAX: usize = 1 << 16;
/// Fewer elements are not worth a sample.
pub(super) const ELEMENTS_MIN: u64 = 1 << 20;
/// Brackets of so many quantiles are compared with each key.
pub(super) const QUANTILES_MAX: usize = 4;

/// Temporaries of the two stages: the brackets, and what was found.
const BRACKETS: usize = 0;
pub(super) const FOUND: usize = 1;

/// The elements of a sample, s: of n elements, 3 n / √s lie within three errors to both sides of a median, as many as the
/// sample has.
pub(super) fn sample_elements(elements: u64) -> u64 {
    (libm::pow(3.0 * elements as f64, 2.0 / 3.0) as u64).max(SAMPLE_MIN).min(elements)
}

/// What all tiles together may collect for one quantile.
fn joined_room(bound: &Bound) -> Room {
    let keys = sample_elements(bound.elements()) as usize / 4 * 5 / bound.quantiles.q.len().max(1);
    let repeated = REPEATED_MAX / bound.quantiles.q.len().max(1);
    Room { keys: keys.max(2 * TILE_ROOM.keys), repeated: repeated.max(TILE_ROOM.repeated) }
}

/// Boxes of the sample, each of as many elements: whole along fast axes, spread evenly over the array.
pub(super) fn boxes(spec: &ArraySpec, sample: u64) -> Vec<Region> {
    let rank = spec.rank();
    let fastest: Vec<usize> = if spec.order == Layout::C { (0..rank).rev().collect() } else { (0..rank).collect() };
    let mut left = sample.div_ceil(BOXES as u64).max(1);
    let mut extent = vec![1u64; rank];
    for a in fastest {
        extent[a] = left.min(spec.shape[a]).max(1);
        left /= extent[a];
    }
    let free: Vec<usize> = (0..rank).filter(|a| extent[*a] < spec.shape[*a]).collect();
    // The generalised golden ratio: x^(d + 1) = x + 1, so that no two axes go in step.
    let ratio = (0..64).fold(2.0f64, |x, _| libm::pow(1.0 + x, 1.0 / (free.len() as f64 + 1.0)));
    let of = |i: usize| {
        let mut start = vec![0u64; rank];
        for (k, &a) in free.iter().enumerate() {
            let at = (0.5 + (i as f64 + 1.0) / ratio.powi(k as i32 + 1)).fract();
            let room = spec.shape[a] - extent[a];
            start[a] = ((at * (room + 1) as f64) as u64).min(room);
        }
        let end = start.iter().zip(&extent).map(|(s, n)| s + n).collect();
        Region { start, end }
    };
    (0..BOXES).map(of).collect()
}

/// A table of numbers that every tile sees whole.
fn table(columns: usize) -> (ArraySpec, Access) {
    (ArraySpec::new(DType::U64, &[columns as u64]), Access { axes: vec![AxisMap::All], edge: Edge::Clip })
}

/// The read of what was found, for the stages after these.
pub(super) fn found_read() -> Read {
    Read { source: Source::Temp(FOUND), access: table(1).1 }
}

/// What was found, in its table: the number of numbers, and the key of each rank. None where the table says that it was not.
pub(super) fn found(table: &View) -> Option<Vec<u64>> {
    let row: Vec<u64> = table.rows::<u64>().flatten().copied().collect();
    (row.first() == Some(&1)).then(|| row[1..].to_vec())
}

/// The two stages.
pub(super) fn bracket_stages(bound: &Bound) -> Vec<Stage> {
    if bits(bound.spec.dtype) > 32 { stages::<u64>(bound) } else { stages::<u32>(bound) }
}

fn stages<K: Word>(bound: &Bound) -> Vec<Stage> {
    let (brackets, all) = table(1 + 2 * bound.quantiles.q.len());
    let (found, _) = table(2 + bound.quantiles.ranks_max());
    let boxes = boxes(&bound.spec, sample_elements(bound.elements()));
    let each = boxes.first().map_or(0, Region::elements);
    let fixed = |region: &Region| {
        let map = |a| AxisMap::Fixed { first: region.start[a], count: region.extent(a) };
        let axes = (0..region.rank()).map(map).collect();
        Read { source: Source::Input(0), access: Access { axes, edge: Edge::Clip } }
    };
    let sample = Contract {
        domain: vec![1],
        anchor: vec![1],
        order: Order::Fold { axes: vec![0] },
        reads: boxes.iter().map(fixed).collect(),
        writes: vec![Write { sink: Sink::Temp(BRACKETS), spec: brackets, access: all.clone() }],
        // Boxes are handed on, not copied, when the one tile is joined.
        state: StateSize {
            fixed: 4096,
            per_anchor: BOXES as u64 * (each * size_of::<K>() as u64 + 64),
            ..StateSize::default()
        },
        scratch: ScratchSize::default(),
    };
    let quantiles = bound.quantiles.q.len() as u64;
    let joined = joined_room(bound).bytes::<K>() * quantiles;
    let collect = Contract {
        domain: bound.spec.shape.clone(),
        anchor: vec![1; bound.spec.rank()],
        order: Order::Fold { axes: bound.grid.folded.clone() },
        reads: vec![
            Read { source: Source::Input(0), access: Access::point(bound.spec.rank()) },
            Read { source: Source::Temp(BRACKETS), access: all.clone() },
        ],
        writes: vec![Write { sink: Sink::Temp(FOUND), spec: found, access: all }],
        state: StateSize { fixed: TILE_ROOM.bytes::<K>() * quantiles + 4096, joined, ..StateSize::default() },
        scratch: ScratchSize { fixed: 2 * (CHUNK * size_of::<K>()) as u64 + 512, ..ScratchSize::default() },
    };
    let work = |fold: Box<dyn Fold>| Work::Fold(fold);
    vec![
        Stage { contract: sample, work: work(Box::new(Sample::<K> { bound: bound.clone(), key: Default::default() })) },
        Stage {
            contract: collect,
            work: work(Box::new(Collect::<K> { bound: bound.clone(), key: Default::default() })),
        },
    ]
}

/// Draws the sample and brackets the quantiles.
#[derive(Debug)]
struct Sample<K> {
    bound: Bound,
    key: std::marker::PhantomData<K>,
}

/// The numbers of a sample, those of each box ascending.
struct Drawn<K>(Vec<Vec<K>>);

impl<K: Word> Drawn<K> {
    fn numbers(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// The key at a rank, by halving the range of keys.
    fn at(&self, rank: u64) -> u64 {
        let (mut low, mut high) = (0u64, u64::MAX >> (64 - 8 * size_of::<K>()));
        while low < high {
            let middle = low + (high - low) / 2;
            let upto: u64 = self.0.iter().map(|b| b.partition_point(|k| k.wide() <= middle) as u64).sum();
            if upto > rank { high = middle } else { low = middle + 1 }
        }
        low
    }

    /// The standard error of the share of numbers below a quantile `q` whose key in the sample is `key`.
    fn error(&self, q: f64, key: u64) -> f64 {
        let n = self.numbers() as f64;
        let shares: Vec<f64> = self
            .0
            .iter()
            .filter(|b| !b.is_empty())
            .map(|b| {
                let (below, upto) = (b.partition_point(|k| k.wide() < key), b.partition_point(|k| k.wide() <= key));
                // Of those that have the key itself as many as make the share of the whole sample right.
                (below as f64 + upto as f64) / 2.0 / b.len() as f64
            })
            .collect();
        let m = shares.len() as f64;
        let mean = shares.iter().sum::<f64>() / m;
        let spread = shares.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / (m * (m - 1.0).max(1.0));
        spread.max(q * (1.0 - q) / n).sqrt()
    }

    /// Between which keys a quantile lies, and about how many different ones of the whole array are there.
    fn bracket(&self, q: f64, elements: u64, largest: u64) -> (u64, u64, f64) {
        let n = self.numbers() as f64;
        let middle = q * (n - 1.0);
        let half = ERRORS * self.error(q, self.at(middle as u64)) * n + BESIDE;
        let low = if middle - half < 0.0 { 0 } else { self.at((middle - half) as u64) };
        let high = if middle + half >= n { largest } else { self.at((middle + half) as u64) };
        let different = |b: &Vec<K>| {
            let (from, to) = (b.partition_point(|k| k.wide() < low), b.partition_point(|k| k.wide() <= high));
            b[from..to].chunk_by(|a, b| a == b).count()
        };
        let seen = self.0.iter().map(different).sum::<usize>() as f64;
        (low, high, (seen * elements as f64 / n).min((high - low) as f64 + 1.0))
    }
}

impl<K: Word> Fold for Sample<K> {
    fn start(&self, _: &Region) -> State {
        Box::new(Drawn::<K>(Vec::new()))
    }

    fn fold(&self, _: &Region, inputs: &[View], state: &mut State, _: &mut Scratch) -> Result<(), KernelError> {
        let Some(Drawn(drawn)) = state.downcast_mut::<Drawn<K>>() else { return Err(misused()) };
        for view in inputs {
            let (dtype, bytes) = (view.dtype(), view.bytes());
            let nan = nan(dtype).map(K::narrow);
            let mut keys = vec![K::zeroed(); view.elements()];
            let mut n = 0;
            Runs::new(&Region::full(view.shape()), &[], view.strides()).each(CHUNK, |run| {
                let own = &mut keys[n..n + run.len];
                K::read(dtype, &bytes[run.at * dtype.size()..][..run.len * dtype.size()], own);
                n += run.len;
            });
            keys.sort_unstable();
            keys.truncate(keys.partition_point(|k| nan.is_none_or(|nan| *k < nan)));
            drawn.push(keys);
        }
        Ok(())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Drawn<K>>(), right.downcast::<Drawn<K>>()) else {
            return Err(misused());
        };
        left.0.extend(right.0);
        Ok(())
    }

    fn finish(&self, _: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(drawn), [output]) = (state.downcast::<Drawn<K>>(), outputs) else { return Err(misused()) };
        let row = output.data::<u64>();
        row.fill(0);
        if drawn.numbers() == 0 {
            return Ok(());
        }
        let dtype = self.bound.spec.dtype;
        let largest = nan(dtype).map_or(u64::MAX >> (64 - bits(dtype)), |nan| nan - 1);
        let room = joined_room(&self.bound).keys as f64;
        let mut fits = true;
        for (pair, q) in row[1..].chunks_exact_mut(2).zip(&self.bound.quantiles.q) {
            let (low, high, different) = drawn.bracket(*q, self.bound.elements(), largest);
            fits &= different <= room;
            (pair[0], pair[1]) = (low, high);
        }
        row[0] = u64::from(fits);
        Ok(())
    }
}

/// Counts what is below each bracket, and collects what is between.
#[derive(Debug)]
struct Collect<K> {
    bound: Bound,
    key: std::marker::PhantomData<K>,
}

/// What was collected for one quantile.
struct Between<K> {
    low: K,
    high: K,
    below: u64,
    inside: Tally<K>,
}

struct Collected<K> {
    nan: u64,
    brackets: Vec<Between<K>>,
}

impl<K: Word> Collect<K> {
    #[inline(always)]
    fn chunk(keys: &[K], room: &mut [K], nan: Option<K>, collected: &mut Collected<K>) {
        const GROUP: usize = 16;
        if let Some(nan) = nan {
            collected.nan += keys.iter().map(|k| u32::from(*k == nan)).sum::<u32>() as u64;
        }
        for bracket in &mut collected.brackets {
            let (low, high) = (bracket.low, bracket.high);
            let (mut below, mut n) = (0u32, 0);
            for group in keys.chunks(GROUP) {
                let (mut under, mut inside) = (0u32, 0u32);
                for key in group {
                    under += u32::from(*key < low);
                    inside += u32::from((*key >= low) & (*key <= high));
                }
                below += under;
                if inside > 0 {
                    for key in group {
                        room[n] = *key;
                        n += usize::from((*key >= low) & (*key <= high));
                    }
                }
            }
            bracket.below += u64::from(below);
            bracket.inside.add(&room[..n]);
        }
    }
}

impl<K: Word> Fold for Collect<K> {
    fn start(&self, _: &Region) -> State {
        Box::new(Collected::<K> { nan: 0, brackets: Vec::new() })
    }

    fn settled(&self, _: &Region, inputs: &[View]) -> Result<Option<State>, KernelError> {
        let hopeless = inputs.get(1).is_some_and(|t| t.rows::<u64>().flatten().next() == Some(&0));
        Ok(hopeless.then(|| self.start(&Region::default())))
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(collected), [view, table]) = (state.downcast_mut::<Collected<K>>(), inputs) else {
            return Err(misused());
        };
        if collected.brackets.is_empty() {
            let row: Vec<u64> = table.rows::<u64>().flatten().copied().collect();
            if row.first() == Some(&0) {
                return Ok(());
            }
            let bracket = |pair: &[u64]| Between {
                low: K::narrow(pair[0]),
                high: K::narrow(pair[1]),
                below: 0,
                inside: Tally::new(TILE_ROOM),
            };
            collected.brackets = row.get(1..).unwrap_or(&[]).chunks_exact(2).map(bracket).collect();
        }
        // One more for the key that is written before it is known to be inside.
        let (keys, room) = (scratch.take::<K>(CHUNK)?, scratch.take::<K>(CHUNK + 1)?);
        let (dtype, bytes) = (view.dtype(), view.bytes());
        let nan = nan(dtype).map(K::narrow);
        Runs::new(core, &self.bound.grid.kept, view.strides()).each(CHUNK, |run| {
            let keys = &mut keys[..run.len];
            K::read(dtype, &bytes[run.at * dtype.size()..][..run.len * dtype.size()], keys);
            vectorized(
                #[inline(always)]
                || Self::chunk(keys, room, nan, collected),
            );
        });
        Ok(())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Collected<K>>(), right.downcast::<Collected<K>>()) else {
            return Err(misused());
        };
        left.nan += right.nan;
        if left.brackets.is_empty() {
            left.brackets = right.brackets;
            return Ok(());
        }
        let room = joined_room(&self.bound);
        for (left, right) in left.brackets.iter_mut().zip(right.brackets) {
            left.below += right.below;
            left.inside.join(right.inside, room);
        }
        Ok(())
    }

    fn finish(&self, _: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(mut collected), [output]) = (state.downcast::<Collected<K>>(), outputs) else { return Err(misused()) };
        let row = output.data::<u64>();
        row.fill(0);
        if collected.brackets.is_empty() {
            return Ok(());
        }
        let n = self.bound.numbers(collected.nan);
        let mut ranks = Vec::new();
        self.bound.quantiles.ranks(n, &mut ranks);
        for (slot, rank) in row[2..].iter_mut().zip(&ranks) {
            let key = collected.brackets.iter_mut().find_map(|b| {
                let inside = b.inside.is_complete() && *rank >= b.below && *rank - b.below < b.inside.total();
                if inside { b.inside.at(*rank - b.below) } else { None }
            });
            let Some(key) = key else {
                row[0] = 0;
                return Ok(());
            };
            *slot = key.wide();
        }
        (row[0], row[1]) = (1, n);
        Ok(())
    }
}
