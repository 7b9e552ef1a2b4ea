//! A frame as another dtype, by the rules of the kernel `cast`, which works on planned tiles.

use crate::array::{DType, read_f64, write_f64};

/// Elements that are converted at once.
const BLOCK: usize = 1024;

/// Whether values go through f64 without loss on the way in and are real on the way out.
pub fn possible(from: DType, to: DType) -> bool {
    let wide = matches!(from, DType::U64 | DType::I64) && to != DType::F64;
    from == to || !(from.is_complex() || to.is_complex() || wide)
}

/// The elements as `to`: floats round to nearest, integers half to even, saturating. An error is the
/// index of a NaN that an integer cannot hold. `possible(from, to)` holds.
pub fn cast(from: DType, to: DType, bytes: Vec<u8>) -> Result<Vec<u8>, usize> {
    if from == to {
        return Ok(bytes);
    }
    let (size, out_size) = (from.size(), to.size());
    let mut out = Vec::with_capacity(bytes.len() / size * out_size);
    // Words, so that the elements are aligned.
    let (mut words, mut out_words, mut values) = ([0u64; BLOCK], [0u64; BLOCK], [0f64; BLOCK]);
    for (block, part) in bytes.chunks(BLOCK * size).enumerate() {
        let n = part.len() / size;
        let aligned = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..part.len()];
        aligned.copy_from_slice(part);
        read_f64(from, aligned, &mut values[..n]);
        let made = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut out_words)[..n * out_size];
        write_f64(to, &values[..n], made).map_err(|at| block * BLOCK + at)?;
        out.extend_from_slice(made);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_round_saturate_and_refuse_nan() {
        let values: Vec<f32> = (0..3000).map(|i| i as f32 / 2.0 - 10.0).collect();
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
        let expected: Vec<u8> = values.iter().map(|v| v.round_ties_even().clamp(0.0, 255.0) as u8).collect();
        assert_eq!(cast(DType::F32, DType::U8, bytes.clone()), Ok(expected));
        assert_eq!(cast(DType::F32, DType::F32, bytes.clone()), Ok(bytes.clone()));
        let with_nan = [&bytes[..], &f32::NAN.to_ne_bytes()].concat();
        assert_eq!(cast(DType::F32, DType::I16, with_nan), Err(3000));
        let wide = cast(DType::U8, DType::F64, vec![0, 1, 255]).expect("no NaN");
        assert_eq!(wide, [0.0f64, 1.0, 255.0].map(f64::to_ne_bytes).concat());
        assert!(
            !possible(DType::U64, DType::F32) && possible(DType::U64, DType::F64) && possible(DType::I64, DType::I64)
        );
        assert!(!possible(DType::F32, DType::C64) && possible(DType::C64, DType::C64));
    }
}
