//! Histograms against a look at every edge, whatever the tiles; edges against NumPy's.

use super::super::tests::{array, cells, values};
use super::Edges;
use crate::array::DType;
use crate::kernel::trial::{Array, run};
use crate::kernel::{Params, Value, find};

fn counts(params: &[(&str, Value)], data: &Array, tile: &[u64]) -> Vec<i64> {
    let info = find("histogram").unwrap();
    let given: Vec<(String, Value)> = params.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
    let kernel = (info.parse)(&Params::check(info.params, &given).unwrap()).unwrap();
    let variant = kernel.bind(std::slice::from_ref(&data.spec)).unwrap().remove(0);
    run(&variant, std::slice::from_ref(data), tile).unwrap().remove(0).data::<i64>().to_vec()
}

/// Bin by bin, by comparison with every edge.
fn plain(cell: &[f64], edges: &[f64]) -> Vec<i64> {
    let last = edges.len() - 2;
    let inside = |i: usize, x: f64| edges[i] <= x && (x < edges[i + 1] || (i == last && x == edges[i + 1]));
    (0..=last).map(|i| cell.iter().filter(|x| inside(i, **x)).count() as i64).collect()
}

fn list(values: &[f64]) -> Value {
    Value::List(values.iter().map(|x| Value::Float(*x)).collect())
}

fn numbers(dtype: DType, n: usize) -> Vec<f64> {
    let value = |i: usize| match (i, dtype.is_float()) {
        (i, true) if i % 17 == 5 => f64::NAN,
        (i, true) if i % 19 == 6 => f64::INFINITY,
        (i, true) if i % 23 == 7 => f64::NEG_INFINITY,
        (i, true) => (i * 7919 % 1000) as f64 / 100.0 - 3.0,
        (i, false) if dtype == DType::Bool => (i % 2) as f64,
        (i, false) => (i * 7919 % 100) as f64,
    };
    (0..n).map(value).collect()
}

#[test]
fn every_dtype_and_tiling() {
    for dtype in DType::ALL.into_iter().filter(|d| !d.is_complex()) {
        for (shape, folded) in [(vec![2500u64], vec![0usize]), (vec![40, 7, 3], vec![0, 1]), (vec![30, 50], vec![0])] {
            let n = shape.iter().product::<u64>() as usize;
            let data = array(dtype, &shape, &numbers(dtype, n));
            let axes = Value::List(folded.iter().map(|a| Value::Int(*a as i64)).collect());
            for tile in [vec![1 << 20; 3], vec![1, 2, 3], vec![7, 3, 2]] {
                let tile = &tile[..shape.len()];
                let bins = ("bins", Value::Int(7));
                let found = counts(&[bins.clone(), ("axes", axes.clone())], &data, tile);
                let given = counts(&[bins, ("range", list(&[0.0, 4.7])), ("axes", axes.clone())], &data, tile);
                let (mut want_found, mut want_given) = (Vec::new(), Vec::new());
                for cell in cells(&shape, &folded, &values(&data)) {
                    let finite = || cell.iter().copied().filter(|x| x.is_finite());
                    let range = (finite().fold(f64::NAN, f64::min), finite().fold(f64::NAN, f64::max));
                    want_found.extend(plain(&cell, &Edges::found(dtype, range, 7).all()));
                    want_given.extend(plain(&cell, &Edges::given(dtype, (0.0, 4.7), 7).all()));
                }
                assert_eq!(found, want_found, "{dtype} {shape:?} {folded:?} by {tile:?}");
                assert_eq!(given, want_given, "{dtype} {shape:?} {folded:?} by {tile:?}");
            }
        }
    }
}

#[test]
fn few_and_alike() {
    let whole =
        |values: &[f64]| counts(&[("bins", Value::Int(4))], &array(DType::F64, &[values.len() as u64], values), &[1]);
    assert_eq!(whole(&[]), [0; 4]);
    assert_eq!(whole(&[3.0, 3.0]), [0, 0, 2, 0]);
    assert_eq!(whole(&[f64::NAN, f64::INFINITY]), [0; 4]);
    assert_eq!(whole(&[0.0, 1.0, 2.0, 3.0, 4.0]), [1, 1, 1, 2]);
    assert_eq!(whole(&[f64::MIN, 0.0, f64::MAX]), [1, 0, 1, 1]);
    // Bins narrower than the distance of neighbours: nothing is lost.
    assert_eq!(whole(&[1.0, 1.0 + f64::EPSILON]).iter().sum::<i64>(), 2);
    let nothing = array(DType::U8, &[0, 2], &[]);
    assert_eq!(counts(&[("axes", Value::Int(0)), ("bins", Value::Int(2))], &nothing, &[1, 1]), [0; 4]);
}

#[test]
fn edges_are_numpys() {
    assert_eq!(
        Edges::found(DType::F32, (0.10000000149011612, 0.699999988079071), 7).all(),
        [
            0.10000000149011612,
            0.18571427464485168,
            0.27142855525016785,
            0.357142835855484,
            0.44285711646080017,
            0.5285714268684387,
            0.6142857074737549,
            0.699999988079071
        ]
    );
    assert_eq!(
        Edges::given(DType::F32, (0.1, 0.7), 7).all(),
        [
            0.10000000149011612,
            0.18571428954601288,
            0.27142858505249023,
            0.3571428656578064,
            0.44285714626312256,
            0.5285714268684387,
            0.6142857074737549,
            0.699999988079071
        ]
    );
    assert_eq!(
        Edges::found(DType::F16, (0.0999755859375, 0.7001953125), 7).all(),
        [
            0.0999755859375,
            0.185791015625,
            0.271484375,
            0.357421875,
            0.44287109375,
            0.52880859375,
            0.61474609375,
            0.7001953125
        ]
    );
    assert_eq!(
        Edges::given(DType::F16, (0.1, 0.7), 7).all(),
        [
            0.0999755859375,
            0.1856689453125,
            0.271484375,
            0.357177734375,
            0.44287109375,
            0.52880859375,
            0.6142578125,
            0.7001953125
        ]
    );
    assert_eq!(
        Edges::found(DType::F64, (0.1, 0.7), 7).all(),
        [
            0.1,
            0.18571428571428572,
            0.27142857142857146,
            0.3571428571428571,
            0.44285714285714284,
            0.5285714285714286,
            0.6142857142857142,
            0.7
        ]
    );
    assert_eq!(
        Edges::given(DType::F64, (0.1, 0.7), 7).all(),
        [
            0.1,
            0.18571428571428572,
            0.27142857142857146,
            0.3571428571428571,
            0.44285714285714284,
            0.5285714285714286,
            0.6142857142857142,
            0.7
        ]
    );
    assert_eq!(
        Edges::found(DType::U8, (3.0, 250.0), 7).all(),
        [
            3.0,
            38.285714285714285,
            73.57142857142857,
            108.85714285714286,
            144.14285714285714,
            179.42857142857142,
            214.71428571428572,
            250.0
        ]
    );
    assert_eq!(
        Edges::given(DType::U8, (0.1, 0.7), 7).all(),
        [
            0.1,
            0.18571428571428572,
            0.27142857142857146,
            0.3571428571428571,
            0.44285714285714284,
            0.5285714285714286,
            0.6142857142857142,
            0.7
        ]
    );
    assert_eq!(
        Edges::found(DType::F32, (3.299999952316284, 3.299999952316284), 2).all(),
        [2.799999952316284, 3.299999952316284, 3.799999952316284]
    );
}
