//! Two stored arrays held against each other, in bounded memory.
//!
//! Owns what counts as different and the order of blocks. Refuses to know how a verdict is told.
//!
//! Blocks are boxes that suit the storage order of both arrays, so that a C-order array beside one
//! in F order does not crawl. All cores compare; the findings are joined in the order of blocks, and do
//! not depend on how many they are.

use super::JobError;
use crate::array::{DType, Order, Region, read_f64};
use crate::engine::Cancel;
use crate::storage::{Scalar, StorageError, Stored};
use rayon::prelude::*;

/// Elements of a block, about; each is an f64 of either array for a while.
const BLOCK_ELEMENTS: u64 = 1 << 17;
/// Elements of a block that lie side by side in either array.
const RUN_ELEMENTS: u64 = 512;
/// Blocks between two looks at whether somebody asked to stop.
const BATCH: usize = 32;

/// How far apart equal values may be: `|a - b| <= absolute + relative · |b|`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    pub relative: f64,
    pub absolute: f64,
}

/// What two arrays of one shape have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    pub elements: u64,
    /// Elements that differ by more than the tolerance.
    pub different: u64,
    /// Of these, those that are NaN in one array only.
    pub nan_in_one: u64,
    /// The mean of |a - b| over all elements where that is finite.
    pub mean_difference: f64,
    /// The first of the worst elements in C order; a NaN in one array only is the worst.
    pub worst: Option<Worst>,
}

/// One element that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    pub difference: f64,
    pub index: Vec<u64>,
    pub a: Scalar,
    pub b: Scalar,
}

/// The findings of one block, or of several.
#[derive(Debug, Default)]
struct Findings {
    different: u64,
    nan_in_one: u64,
    /// Sum and number of finite differences.
    sum: f64,
    finite: u64,
    worst: Option<(f64, Vec<u64>)>,
}

impl Findings {
    fn join(&mut self, other: Findings) {
        self.different += other.different;
        self.nan_in_one += other.nan_in_one;
        self.sum += other.sum;
        self.finite += other.finite;
        if let Some((difference, index)) = other.worst {
            self.offer(difference, || index);
        }
    }

    fn offer(&mut self, difference: f64, index: impl FnOnce() -> Vec<u64>) {
        let Some((worst, at)) = &self.worst else {
            self.worst = Some((difference, index()));
            return;
        };
        let rank = |d: f64| if d.is_nan() { f64::INFINITY } else { d };
        let (new, old) = ((difference.is_nan(), rank(difference)), (worst.is_nan(), rank(*worst)));
        if new < old {
            return;
        }
        let index = index();
        if new > old || index < *at {
            self.worst = Some((difference, index));
        }
    }
}

/// Compares two arrays of one shape. Two NaN are equal; integers are compared exactly.
pub fn compare(a: &Stored, b: &Stored, tolerance: Tolerance, cancel: &Cancel) -> Result<Comparison, JobError> {
    let shape = &a.spec().shape;
    let tile = block_shape(shape, [a.spec().order, b.spec().order]);
    let both_f = (a.spec().order, b.spec().order) == (Order::F, Order::F);
    let mut all = Findings::default();
    let mut blocks = boxes(shape, &tile, both_f).peekable();
    while blocks.peek().is_some() {
        cancel.check()?;
        let batch: Vec<Region> = blocks.by_ref().take(BATCH).collect();
        let found: Result<Vec<Findings>, StorageError> =
            batch.par_iter().map(|region| compare_block(a, b, region, tolerance)).collect();
        found?.into_iter().for_each(|f| all.join(f));
    }
    let worst = match all.worst {
        None => None,
        Some((difference, index)) => {
            let one = Region { start: index.clone(), end: index.iter().map(|i| i + 1).collect() };
            let value = |stored: &Stored| Ok::<_, StorageError>(Block::read(stored, &one)?.scalar(0));
            Some(Worst { difference, index, a: value(a)?, b: value(b)? })
        }
    };
    let mean_difference = if all.finite > 0 { all.sum / all.finite as f64 } else { 0.0 };
    let (elements, different, nan_in_one) = (a.spec().elements().unwrap_or(0), all.different, all.nan_in_one);
    Ok(Comparison { elements, different, nan_in_one, mean_difference, worst })
}

/// The shape of a block: first a run along the fastest axes of each array, then more along the axes of
/// the first order, fastest first.
fn block_shape(shape: &[u64], orders: [Order; 2]) -> Vec<u64> {
    let axes = |order: Order| -> Vec<usize> {
        match order {
            Order::C => (0..shape.len()).rev().collect(),
            Order::F => (0..shape.len()).collect(),
        }
    };
    let mut tile = vec![1u64; shape.len()];
    // More than one axis where the fastest ones are short.
    for order in orders {
        let mut run = 1;
        for axis in axes(order) {
            let want = (RUN_ELEMENTS / run).clamp(1, shape[axis].max(1));
            tile[axis] = tile[axis].max(want);
            run *= tile[axis];
            if tile[axis] < shape[axis] {
                break;
            }
        }
    }
    for axis in axes(orders[0]) {
        let others = tile.iter().enumerate().filter(|(a, _)| *a != axis).fold(1u64, |n, (_, e)| n.saturating_mul(*e));
        tile[axis] = (BLOCK_ELEMENTS / others).clamp(tile[axis], shape[axis].max(1));
    }
    tile
}

/// The boxes that cover a shape, the last axis first, or the first.
fn boxes<'a>(shape: &'a [u64], tile: &'a [u64], first_fastest: bool) -> impl Iterator<Item = Region> + 'a {
    let grid: Vec<u64> = shape.iter().zip(tile).map(|(n, t)| n.div_ceil(*t)).collect();
    let count: u64 = grid.iter().product();
    (0..count).map(move |mut number| {
        let mut region = Region::full(shape);
        for i in 0..shape.len() {
            let axis = if first_fastest { i } else { shape.len() - 1 - i };
            region.start[axis] = number % grid[axis] * tile[axis];
            region.end[axis] = (region.start[axis] + tile[axis]).min(shape[axis]);
            number /= grid[axis];
        }
        region
    })
}

fn compare_block(a: &Stored, b: &Stored, region: &Region, tolerance: Tolerance) -> Result<Findings, StorageError> {
    let (x, y) = (Block::read(a, region)?, Block::read(b, region)?);
    let mut found = Findings::default();
    if x.dtype == y.dtype && x.bytes() == y.bytes() {
        found.finite = region.elements();
        return Ok(found);
    }
    let mut take = |i: usize, difference: f64, magnitude: f64, nan_in_one: bool| {
        if difference.is_finite() {
            found.sum += difference;
            found.finite += 1;
        }
        // An infinite difference is within no tolerance, however large the other value.
        let within = tolerance.absolute + tolerance.relative * magnitude;
        if difference == 0.0 || (difference.is_finite() && difference <= within) {
            return;
        }
        found.different += 1;
        found.nan_in_one += u64::from(nan_in_one);
        found.offer(difference, || index_of(region, i));
    };
    let elements = region.elements() as usize;
    if is_exact(x.dtype) && is_exact(y.dtype) {
        let (p, q) = (x.values(elements), y.values(elements));
        for (i, (p, q)) in p.iter().zip(&q).enumerate() {
            take(i, apart(*p, *q), q.abs(), p.is_nan() != q.is_nan());
        }
    } else {
        for i in 0..elements {
            let (p, q) = (x.scalar(i), y.scalar(i));
            let difference = distance(p, q);
            take(i, difference, magnitude(q), difference.is_nan());
        }
    }
    Ok(found)
}

/// Whether f64 holds every value.
fn is_exact(dtype: DType) -> bool {
    !matches!(dtype, DType::I64 | DType::U64 | DType::C64 | DType::C128)
}

fn index_of(region: &Region, mut i: usize) -> Vec<u64> {
    let mut index = region.start.clone();
    for axis in (0..index.len()).rev() {
        let extent = region.extent(axis) as usize;
        index[axis] += (i % extent) as u64;
        i /= extent;
    }
    index
}

/// A dense block of one array.
struct Block {
    dtype: DType,
    words: Vec<u64>,
    bytes: usize,
}

impl Block {
    fn read(stored: &Stored, region: &Region) -> Result<Block, StorageError> {
        let dtype = stored.spec().dtype;
        let bytes = region.elements() as usize * dtype.size();
        let mut words = vec![0u64; bytes.div_ceil(8)];
        stored.read(region, &mut bytemuck::cast_slice_mut(&mut words)[..bytes])?;
        stored.drop_behind(region);
        Ok(Block { dtype, words, bytes })
    }

    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.bytes]
    }

    fn values(&self, elements: usize) -> Vec<f64> {
        let mut values = vec![0.0; elements];
        read_f64(self.dtype, self.bytes(), &mut values);
        values
    }

    fn scalar(&self, i: usize) -> Scalar {
        let size = self.dtype.size();
        Scalar::from_bytes(self.dtype, &self.bytes()[i * size..(i + 1) * size])
    }
}

/// 0 for two NaN and for equal infinities, NaN where one is NaN.
fn apart(a: f64, b: f64) -> f64 {
    if a == b || (a.is_nan() && b.is_nan()) { 0.0 } else { (a - b).abs() }
}

fn parts(value: Scalar) -> (f64, f64) {
    match value {
        Scalar::Bool(b) => (f64::from(u8::from(b)), 0.0),
        Scalar::Int(i) => (i as f64, 0.0),
        Scalar::Float(f) => (f, 0.0),
        Scalar::Complex(re, im) => (re, im),
    }
}

/// How far apart two values are: exact for integers.
fn distance(a: Scalar, b: Scalar) -> f64 {
    if let (Scalar::Int(a), Scalar::Int(b)) = (a, b) {
        return (a - b).unsigned_abs() as f64;
    }
    let ((ar, ai), (br, bi)) = (parts(a), parts(b));
    length(apart(ar, br), apart(ai, bi))
}

fn magnitude(value: Scalar) -> f64 {
    let (re, im) = parts(value);
    length(re.abs(), im)
}

fn length(re: f64, im: f64) -> f64 {
    if im == 0.0 { re } else { (re * re + im * im).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_cover_every_index_once_whatever_the_orders() {
        for shape in [vec![], vec![5], vec![3, 0, 2], vec![7, 1000, 33], vec![2, 3, 4, 5], vec![100_000, 3]] {
            for orders in [[Order::C, Order::C], [Order::F, Order::F], [Order::C, Order::F], [Order::F, Order::C]] {
                let tile = block_shape(&shape, orders);
                let covered: u64 = boxes(&shape, &tile, orders == [Order::F; 2]).map(|r| r.elements()).sum();
                assert_eq!(covered, shape.iter().product::<u64>(), "{shape:?} {orders:?} {tile:?}");
                assert!(tile.iter().product::<u64>() <= 2 * BLOCK_ELEMENTS, "{tile:?}");
            }
        }
    }

    #[test]
    fn blocks_have_runs_in_both_orders() {
        assert_eq!(block_shape(&[4000, 4000], [Order::C, Order::C]), [32, 4000]);
        assert_eq!(block_shape(&[4000, 4000], [Order::F, Order::F]), [4000, 32]);
        assert_eq!(block_shape(&[4000, 4000], [Order::C, Order::F]), [512, 512]);
        assert_eq!(block_shape(&[5000, 4, 8], [Order::C, Order::F]), [4096, 4, 8]);
        assert_eq!(block_shape(&[1 << 40], [Order::C, Order::C]), [BLOCK_ELEMENTS]);
    }
}
