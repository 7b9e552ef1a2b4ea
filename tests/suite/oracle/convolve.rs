//! Weighted sums of neighbours, by their definition, with SciPy's borders.

use super::exact::boxes;
use super::{Given, ONE_ROUNDING, Want, compare, list, real_dtypes, word};
use crate::support::{Data, Folder, Num, input, tame};
use tilewise::array::DType;
use tilewise::kernel::Value;

const MODES: [&str; 5] = ["reflect", "mirror", "nearest", "wrap", "constant"];

pub fn inputs() -> Vec<Data> {
    let mut all: Vec<Data> = real_dtypes().flat_map(|d| [tame(d, &[9], 1), tame(d, &[4, 5], 2)]).collect();
    let shapes: [&[u64]; 9] = [&[], &[1], &[0], &[0, 3], &[40], &[1, 6], &[3, 2, 4], &[2, 3, 1, 2], &[13, 11]];
    all.extend(shapes.map(|s| tame(DType::F64, s, 3)));
    all.extend(shapes.map(|s| tame(DType::I16, s, 4)));
    // What lies under the weight 0 does not count.
    all.push(Data::reals(DType::F32, &[5], &[0.0, 2.0, f64::NAN, 0.0, 1.0]));
    all.push(Data::reals(DType::F32, &[5], &[0.0, f64::INFINITY, -1.0, 0.0, 1.0]));
    all
}

/// Each array is its own weights.
pub fn params(data: &Data) -> Vec<Given> {
    let axes: Vec<usize> = (0..data.shape.len()).collect();
    let all = Given::default().with("weights", word("x")).with("axes", list(&axes));
    let mut given = Vec::new();
    for mode in MODES {
        given.push(all.with("mode", word(mode)));
        given.push(all.with("mode", word(mode)).with("correlate", Value::Bool(true)));
        given.push(all.with("mode", word(mode)).with("method", word("fft")));
    }
    given.push(all.with("mode", word("constant")).with("cval", Value::Int(2)));
    if data.shape.len() > 1 {
        given.push(Given::default().with("weights", word("x")).with("axes", list(&[0])));
    }
    given
}

pub fn convolve(data: &Data, given: &Given) -> Result<Want, &'static str> {
    by_definition(data, data, given)
}

fn by_definition(data: &Data, weights: &Data, given: &Given) -> Result<Want, &'static str> {
    if data.dtype == DType::Bool {
        return Err("bool");
    }
    let axes = given.axes(data).unwrap_or_default();
    if axes.len() != weights.shape.len() {
        return Err("the step works along");
    }
    if weights.shape.contains(&0) {
        return Err("has no elements");
    }
    let turned = !given.flag("correlate");
    // The weights with all axes of the array, in its order.
    let (mut extents, mut strides) = (vec![1u64; data.shape.len()], vec![0u64; data.shape.len()]);
    let mut below = 1;
    for (a, n) in axes.iter().zip(&weights.shape).rev() {
        (extents[*a], strides[*a]) = (*n, below);
        below *= n;
    }
    let factors = weights.f64s();
    let place = |at: Vec<u64>| at.iter().zip(&strides).map(|(i, s)| i * s).sum::<u64>() as usize;
    let mut factors: Vec<f64> = crate::support::indices(&extents).into_iter().map(|at| factors[place(at)]).collect();
    let mut reach: Vec<(i64, i64)> = extents.iter().map(|n| ((n / 2) as i64, ((n - 1) / 2) as i64)).collect();
    if turned {
        factors.reverse();
        reach.iter_mut().for_each(|r| *r = (r.1, r.0));
    }
    let constant = given.number("cval").unwrap_or(0.0);
    // Transforms round by the largest value of a block and by all weights.
    let size = |values: &[f64]| values.iter().filter(|x| x.is_finite()).fold(0.0, |sum, x| sum + x.abs());
    let most = data.f64s().into_iter().filter(|x| x.is_finite()).fold(constant.abs(), |m, x| m.max(x.abs()));
    let of_block = if given.text("method") == Some("fft") { most * size(&factors) * 4e-16 } else { 0.0 };
    let cval = if data.dtype.is_float() { Num::Real(constant) } else { Num::Int(constant as i128) };
    let (mut values, mut room) = (Vec::new(), Vec::new());
    for window in boxes(&data.shape, &data.nums(), &reach, given.text("mode").unwrap_or("reflect"), cval) {
        let products = window.iter().zip(&factors).filter(|(_, f)| **f != 0.0).map(|(x, f)| x.f64() * f);
        let products: Vec<f64> = products.collect();
        values.push(Num::Real(products.iter().sum::<f64>() + 0.0));
        let size: f64 = products.iter().map(|p| p.abs()).sum();
        room.push(if size.is_finite() { size * f64::EPSILON * products.len() as f64 + of_block } else { 0.0 });
    }
    let integer = data.dtype.is_integer();
    let room = if integer { vec![] } else { room };
    Ok(Want {
        dtype: data.dtype,
        shape: data.shape.clone(),
        values,
        ulps: if integer { 0.0 } else { ONE_ROUNDING },
        room,
    })
}

/// Weights of other dtypes and extents than the array, along some axes of it, in any order.
#[test]
fn weights_of_another_array() {
    let folder = Folder::new();
    let cases: [(&[u64], &[u64], &[usize]); 8] = [
        (&[30, 41], &[3, 3], &[0, 1]),
        (&[30, 41], &[4, 5], &[1, 0]),
        (&[30, 41], &[70], &[1]),
        (&[30, 41], &[1, 2], &[0, 1]),
        (&[6, 20, 21], &[5, 4], &[1, 2]),
        (&[6, 20, 21], &[2, 3, 3], &[2, 0, 1]),
        (&[5, 4], &[9, 12], &[0, 1]),
        (&[700], &[33], &[0]),
    ];
    for (i, (shape, extents, axes)) in cases.into_iter().enumerate() {
        for dtype in [DType::F32, DType::U8, DType::F64] {
            let (data, weights) =
                (tame(dtype, shape, i as u64), tame([DType::I8, DType::F32, DType::Bool][i % 3], extents, 9));
            folder.npy("x.npy", &data);
            folder.npy("w.npy", &weights);
            for (correlate, method) in [(false, "direct"), (true, "auto"), (false, "fft"), (true, "fft")] {
                // Weights of fractions give integers halves, which transforms may round either way.
                if method == "fft" && dtype == DType::U8 && weights.dtype == DType::F32 {
                    continue;
                }
                let given = Given::default().with("axes", list(axes)).with("correlate", Value::Bool(correlate));
                let given = given.with("mode", word(MODES[i % 5])).with("weights", word("w"));
                let given = given.with("method", word(method));
                let want = by_definition(&data, &weights, &given).unwrap();
                let text = format!(
                    "[inputs]\n{}{}[[step]]\nname = \"s\"\nkernel = \"convolve\"\nfrom = \"x\"\n{}[outputs]\ns = \"o.npy\"\n",
                    input("x", "x.npy", &data),
                    input("w", "w.npy", &weights),
                    given.toml()
                );
                let got = folder.run(&text, &folder.options()).unwrap_or_else(|e| panic!("{text}\n{e}"));
                compare(&got[0], &want).unwrap_or_else(|e| panic!("{text}\n{e}"));
            }
        }
    }
}
