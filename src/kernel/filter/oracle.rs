//! Slow, obvious filters to test against, and a harness that runs a kernel under many tilings.

use crate::array::{DType, EdgeMode, read_f64, write_f64};
use crate::kernel::trial::{Array, run};
use crate::kernel::{KernelInfo, Params, Value, Variant};
use crate::with_real_type;

/// Every dtype that filters take.
pub fn dtypes() -> impl Iterator<Item = DType> {
    DType::ALL.into_iter().filter(|d| !d.is_complex() && *d != DType::Bool)
}

/// An array of these values, converted as kernels convert.
pub fn array(dtype: DType, shape: &[u64], values: &[f64]) -> Array {
    let n = values.len() * dtype.size();
    let mut words = vec![0u64; n.div_ceil(8)];
    let bytes: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut words)[..n];
    write_f64(dtype, values, bytes).unwrap();
    with_real_type!(dtype, T => Array::from::<T>(shape, bytemuck::cast_slice(bytes)), else unreachable!())
}

/// The values of an array.
pub fn values(array: &Array) -> Vec<f64> {
    let mut out = vec![0.0; array.spec.elements().unwrap() as usize];
    read_f64(array.spec.dtype, array.bytes(), &mut out);
    out
}

/// Values that look random, within the range of every dtype: 0 to 100 in steps of a quarter, with
/// negative ones where the dtype has them.
pub fn noise(dtype: DType, n: u64) -> Vec<f64> {
    let signed = dtype.is_float() || dtype.is_signed();
    let mut state = 12345u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    (0..n).map(|_| ((next() * 400.0).floor() / 4.0 - if signed { 40.0 } else { 0.0 }).clamp(-100.0, 100.0)).collect()
}

/// The variants of a kernel with these parameters, `key = value` in the order given.
pub fn bind(info: &KernelInfo, params: &[(&str, Value)], input: &Array) -> Result<Vec<Variant>, String> {
    let given: Vec<(String, Value)> = params.iter().map(|(k, v)| (k.to_string(), v.clone())).collect();
    let params = Params::check(info.params, &given).map_err(|e| e.to_string())?;
    let kernel = (info.parse)(&params).map_err(|e| e.to_string())?;
    kernel.bind(std::slice::from_ref(&input.spec)).map_err(|e| e.to_string())
}

/// Runs every variant of a kernel under several tilings, checks that all give the same bytes, and
/// returns the result.
pub fn apply(info: &KernelInfo, params: &[(&str, Value)], input: &Array) -> Array {
    let variants = bind(info, params, input).unwrap();
    let shape = &input.spec.shape;
    let mut tiles: Vec<Vec<u64>> = vec![shape.iter().map(|n| *n.max(&1)).collect()];
    for pattern in [[1, 1, 1, 1], [2, 3, 5, 4], [1, 7, 2, 9], [5, 1, 64, 3]] {
        tiles.push((0..shape.len()).map(|a| pattern[a % 4]).collect());
    }
    let mut first: Option<Array> = None;
    for variant in &variants {
        for tile in &tiles {
            let out = run(variant, std::slice::from_ref(input), tile).unwrap().remove(0);
            let same = first.as_ref().is_none_or(|f| f.bytes() == out.bytes());
            assert!(same, "{} {params:?} {shape:?} in tiles {tile:?} as {} differs", info.name, variant.name);
            first.get_or_insert(out);
        }
    }
    first.unwrap()
}

/// The window of every element in C order, with borders as SciPy makes them, given to `f`.
pub fn windows(
    shape: &[u64],
    data: &[f64],
    reach: &[(i64, i64)],
    mode: EdgeMode,
    cval: f64,
    f: impl Fn(&[f64]) -> f64,
) -> Vec<f64> {
    let unravel = |mut i: usize, shape: &[u64]| {
        let mut index = vec![0i64; shape.len()];
        for a in (0..shape.len()).rev() {
            index[a] = (i % shape[a] as usize) as i64;
            i /= shape[a] as usize;
        }
        index
    };
    let size: Vec<u64> = reach.iter().map(|(b, a)| (b + a + 1) as u64).collect();
    let count: u64 = size.iter().product();
    let one = |i: usize| {
        let centre = unravel(i, shape);
        let at = |w: usize| {
            let mut flat = 0u64;
            for (a, step) in unravel(w, &size).into_iter().enumerate() {
                match mode.source(centre[a] + step - reach[a].0, shape[a]) {
                    Some(i) => flat = flat * shape[a] + i,
                    None => return cval,
                }
            }
            data[flat as usize]
        };
        f(&(0..count as usize).map(at).collect::<Vec<_>>())
    };
    (0..data.len()).map(one).collect()
}

/// What a dtype makes of an f64.
pub fn rounded(dtype: DType, values_f64: &[f64]) -> Vec<f64> {
    values(&array(dtype, &[values_f64.len() as u64], values_f64))
}

/// Compares with room for another order of arithmetic in f64, rounded to `dtype`.
pub fn assert_close(got: &Array, want: &[f64], what: &str) {
    let dtype = got.spec.dtype;
    let unit = match dtype {
        DType::F16 => 1e-3,
        DType::BF16 => 8e-3,
        DType::F32 => 1.2e-7,
        _ => 0.0,
    };
    let got = values(got);
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        let room = 1e-12 * (1.0 + w.abs()) + if dtype.is_integer() { 0.5 + 1e-9 } else { unit * w.abs() };
        assert!((g - w).abs() <= room || (g.is_nan() && w.is_nan()) || g == w, "{what} [{i}]: {g} is not {w}");
    }
}
