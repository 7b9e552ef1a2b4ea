//! An even sample of an array, of bounded size.
//!
//! Owns which blocks are looked at and how their values become f64. Refuses to know what for.

use crate::array::{ArraySpec, DType, Form, Order, Region, read_f64};
use crate::storage::{StorageError, Stored};

/// Bytes of a sample at most.
const SAMPLE_BYTES: u64 = 16 << 20;
/// Bytes of a block of a mapped file: long enough for the disk, short enough that there are many.
const BLOCK_BYTES: u64 = 64 << 10;

/// Blocks spread evenly over an array.
#[derive(Debug)]
pub struct Sample<'a> {
    stored: &'a Stored,
    blocks: Vec<Region>,
    /// Elements in the sample, of `total` in the array.
    pub elements: u64,
    pub total: u64,
}

impl Sample<'_> {
    /// Chooses the blocks: the whole array where it is at most 16 MiB, else one at a scrambled place
    /// in each of as many equal parts of the array as there are blocks. (Places at equal distances would
    /// fall on the same spot of every frame.)
    pub fn of(stored: &Stored) -> Sample<'_> {
        Sample::limited(stored, SAMPLE_BYTES, BLOCK_BYTES)
    }

    fn limited(stored: &Stored, sample_bytes: u64, block_bytes: u64) -> Sample<'_> {
        let spec = stored.spec();
        let size = spec.dtype.size() as u64;
        // A part of a picture or of a line of text costs as much as all of it; elements in memory do not.
        let block = match stored.facts().decoded.filter(|d| d.form != Form::Strided) {
            Some(decoded) => cut(&decoded.smallest, spec, sample_bytes / size),
            None => cut(&spec.shape, spec, block_bytes / size),
        };
        let grid: Vec<u64> = spec.shape.iter().zip(&block).map(|(n, b)| n.div_ceil((*b).max(1))).collect();
        let total = grid.iter().fold(1u64, |n, g| n.saturating_mul(*g));
        let bytes = block.iter().fold(size, |n, b| n.saturating_mul(*b)).max(1);
        let count = (sample_bytes / bytes).max(1).min(total);
        let at = |i: u64| (u128::from(total) * u128::from(i) / u128::from(count)) as u64;
        let blocks: Vec<Region> = (0..count)
            .map(|i| (at(i), at(i + 1)))
            .map(|(from, to)| from + scrambled(from) % (to - from))
            .map(|index| block_at(index, &grid, &block, &spec.shape))
            .collect();
        let elements = blocks.iter().map(Region::elements).sum();
        Sample { stored, blocks, elements, total: spec.elements().unwrap_or(0) }
    }

    /// Hands out all values of the sample, a block at a time and in the same order each time; of complex
    /// ones the magnitude.
    pub fn each(&self, mut see: impl FnMut(&[f64])) -> Result<(), StorageError> {
        let most = BLOCK_BYTES / self.stored.spec().dtype.size() as u64;
        self.blocks.iter().try_for_each(|block| values(self.stored, block, most, &mut see))
    }
}

/// Reads a region as f64 in pieces of at most `most` elements, in C order.
pub fn values(stored: &Stored, region: &Region, most: u64, see: &mut impl FnMut(&[f64])) -> Result<(), StorageError> {
    if region.is_empty() {
        return Ok(());
    }
    let n = region.elements();
    if n > most
        && let Some(axis) = (0..region.rank()).find(|a| region.extent(*a) > 1)
    {
        let step = (most * region.extent(axis) / n).max(1);
        for start in (region.start[axis]..region.end[axis]).step_by(step as usize) {
            let mut piece = region.clone();
            (piece.start[axis], piece.end[axis]) = (start, (start + step).min(region.end[axis]));
            values(stored, &piece, most, see)?;
        }
        return Ok(());
    }
    let dtype = stored.spec().dtype;
    let bytes = n as usize * dtype.size();
    // Words, so that the bytes are aligned for every dtype.
    let mut words = vec![0u64; bytes.div_ceil(8)];
    let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes];
    stored.read(region, bytes)?;
    let mut out = vec![0.0; n as usize];
    match dtype {
        DType::C64 => magnitudes(bytemuck::cast_slice::<u8, f32>(bytes), &mut out),
        DType::C128 => magnitudes(bytemuck::cast_slice::<u8, f64>(bytes), &mut out),
        real => read_f64(real, bytes, &mut out),
    }
    see(&out);
    Ok(())
}

fn magnitudes<T: Copy + Into<f64>>(parts: &[T], out: &mut [f64]) {
    for (o, z) in out.iter_mut().zip(parts.chunks_exact(2)) {
        *o = z[0].into().hypot(z[1].into());
    }
}

/// The largest box of at most so many elements that lies in one piece in storage.
fn cut(shape: &[u64], spec: &ArraySpec, elements: u64) -> Vec<u64> {
    let mut block = vec![1; shape.len()];
    let mut room = elements.max(1);
    let fastest_first: Vec<usize> = match spec.order {
        Order::C => (0..shape.len()).rev().collect(),
        Order::F => (0..shape.len()).collect(),
    };
    for axis in fastest_first {
        block[axis] = shape[axis].min(room).max(1);
        room /= block[axis];
        if block[axis] < shape[axis] {
            break;
        }
    }
    block
}

fn block_at(index: u64, grid: &[u64], block: &[u64], shape: &[u64]) -> Region {
    let mut region = Region::full(shape);
    let mut rest = index;
    for a in (0..shape.len()).rev() {
        region.start[a] = rest % grid[a] * block[a];
        region.end[a] = (region.start[a] + block[a]).min(shape[a]);
        rest /= grid[a];
    }
    region
}

/// A well mixed number (SplitMix64).
fn scrambled(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Endian;
    use crate::storage::{MemoryLayout, OpenOptions, Output, OutputOptions};

    fn stored(spec: &ArraySpec, order: Order, bytes: &[u8]) -> Stored {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.npy");
        let output = Output::create(&path, spec, &OutputOptions { order, ..OutputOptions::default() }).expect("a file");
        output.write(&Region::full(&spec.shape), bytes).expect("written");
        output.commit(false).expect("named");
        // The map outlives the name.
        Stored::open(&path.display().to_string(), std::path::Path::new(""), &OpenOptions::default()).expect("opens")
    }

    fn seen(sample: &Sample) -> Vec<f64> {
        let mut all = Vec::new();
        sample.each(|values| all.extend_from_slice(values)).expect("reads");
        all
    }

    #[test]
    fn a_small_array_is_seen_whole_and_once() {
        let shape = [3u64, 5, 700];
        let data: Vec<f32> = (0..3 * 5 * 700).map(|i| i as f32).collect();
        for order in [Order::C, Order::F] {
            let x = stored(&ArraySpec::new(DType::F32, &shape), order, bytemuck::cast_slice(&data));
            for block in [64, 4096, 1 << 20] {
                let sample = Sample::limited(&x, 1 << 20, block);
                assert_eq!((sample.elements, sample.total), (10_500, 10_500));
                let mut values = seen(&sample);
                values.sort_by(f64::total_cmp);
                assert!(values.iter().enumerate().all(|(i, v)| *v == i as f64), "{order:?} in blocks of {block}");
            }
        }
    }

    #[test]
    fn a_sample_keeps_its_bound_and_is_even() {
        let data: Vec<u16> = (0..40 * 50 * 64).map(|i| (i / 64 / 50) as u16).collect();
        let x = stored(&ArraySpec::new(DType::U16, &[40, 50, 64]), Order::C, bytemuck::cast_slice(&data));
        let sample = Sample::limited(&x, 32 << 10, 256);
        assert!(sample.elements <= 16 << 10 && sample.elements > 14 << 10, "{}", sample.elements);
        assert_eq!(sample.total, 128_000);
        let values = seen(&sample);
        assert_eq!(values.len() as u64, sample.elements);
        for frame in 0..40 {
            let share = values.iter().filter(|v| **v == f64::from(frame)).count() as f64 / values.len() as f64;
            assert!((share - 0.025).abs() < 0.01, "frame {frame} has {share} of the sample");
        }
    }

    #[test]
    fn elements_that_lie_apart_are_sampled_in_blocks() {
        // Every second column of a table.
        let data: Vec<u16> = (0..2000 * 128).map(|i: u32| (i / 128) as u16).collect();
        let (shape, strides_bytes) = (vec![2000, 64], vec![256, 4]);
        let layout = MemoryLayout { dtype: DType::U16, shape, strides_bytes, endian: Endian::NATIVE, axes: None };
        let x = Stored::from_bytes(bytemuck::cast_slice(&data).to_vec(), &layout);
        assert!(x.is_decoded());
        let sample = Sample::limited(&x, 32 << 10, 1024);
        assert_eq!((sample.blocks.len(), sample.elements), (32, 16 << 10));
        let values = seen(&sample);
        assert_eq!(values.len() as u64, sample.elements);
        assert!(values.chunks(512).all(|block| block[511] == block[0] + 7.0), "a block is eight rows");
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert!((mean - 1000.0).abs() < 50.0, "{mean}");
    }

    #[test]
    fn complex_values_show_their_magnitude_and_empty_arrays_nothing() {
        let z = stored(&ArraySpec::new(DType::C64, &[2]), Order::C, bytemuck::cast_slice(&[3f32, 4.0, 0.0, -2.0]));
        assert_eq!(seen(&Sample::of(&z)), [5.0, 2.0]);
        let none = stored(&ArraySpec::new(DType::F64, &[0, 4]), Order::C, &[]);
        assert!(seen(&Sample::of(&none)).is_empty());
        let one = stored(&ArraySpec::new(DType::I8, &[]), Order::C, &[0xFD]);
        assert_eq!(seen(&Sample::of(&one)), [-3.0]);
    }
}
