//! Both ways of `transpose` against slow, obvious code, and where the second one is offered.

use super::*;
use crate::array::DType;
use crate::kernel::Value;
use crate::kernel::trial::{Array, run};

fn bind(axes: Option<Value>, input: &Array) -> Result<Vec<Variant>, BindError> {
    let given: Vec<(String, Value)> = axes.into_iter().map(|v| ("axes".to_string(), v)).collect();
    (INFO.parse)(&Params::check(INFO.params, &given)?)?.bind(std::slice::from_ref(&input.spec))
}

fn list(axes: &[usize]) -> Option<Value> {
    Some(Value::List(axes.iter().map(|a| Value::Int(*a as i64)).collect()))
}

/// All orders of so many axes.
fn orders(rank: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for _ in 0..rank {
        let longer =
            |o: &Vec<usize>| (0..rank).filter(|a| !o.contains(a)).map(|a| [&o[..], &[a]].concat()).collect::<Vec<_>>();
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Bytes that name their place, and as they are to lie, element by element.
fn moved(shape: &[u64], axes: &[usize], size: usize) -> (Vec<u8>, Vec<u8>) {
    let n: u64 = shape.iter().product();
    let values: Vec<u8> = (0..n * size as u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect();
    let strides = contiguous_strides(shape);
    let mut want = Vec::new();
    for flat in 0..n {
        let (mut rest, mut at) = (flat, 0);
        for a in axes.iter().rev() {
            at += (rest % shape[*a]) as usize * strides[*a];
            rest /= shape[*a];
        }
        want.extend_from_slice(&values[at * size..][..size]);
    }
    (values, want)
}

fn array(dtype: DType, shape: &[u64], bytes: &[u8]) -> Array {
    let mut all = Array::from(&[bytes.len() as u64], bytes);
    all.spec = ArraySpec::new(dtype, shape);
    all
}

#[test]
fn every_order_of_axes_moves_every_element() {
    let shape = [5u64, 40, 1, 37];
    for axes in orders(4) {
        let (values, want) = moved(&shape, &axes, 4);
        let input = array(DType::U32, &shape, &values).named("abcd");
        let variants = bind(list(&axes), &input).unwrap();
        for tile in [[100; 4], [3, 7, 1, 11]] {
            let out = run(&variants[0], std::slice::from_ref(&input), &tile).unwrap().remove(0);
            let names: String = axes.iter().map(|a| ['a', 'b', 'c', 'd'][*a]).collect();
            assert_eq!(out.spec.axis_names(), Some(names));
            assert!(out.bytes() == want, "{axes:?} in tiles of {tile:?}");
        }
    }
}

/// The way over a temporary array with blocks of this length, whether it pays or not.
fn blocked(input: &ArraySpec, axes: &[usize], length: u64) -> Option<Variant> {
    let blocks = Blocks { length, ..Blocks::whole(input, axes)? };
    let mut result = input.as_dtype(input.dtype);
    let mut place = vec![0; axes.len()];
    axes.iter().enumerate().for_each(|(i, a)| (result.shape[i], place[*a]) = (input.shape[*a], i));
    Some(Variant { name: "blocked", stages: blocks.stages(input, result, axes, &place) })
}

#[test]
fn blocks_of_any_length_move_every_element() {
    let mut tried = 0;
    for shape in [&[11u64][..], &[9, 13], &[70, 67], &[4, 6, 11], &[5, 1, 7], &[3, 4, 5, 6], &[3, 2, 1, 5, 7]] {
        for axes in orders(shape.len()) {
            for (dtype, size) in [(DType::U8, 1), (DType::I16, 2), (DType::F32, 4), (DType::C64, 8), (DType::C128, 16)]
            {
                let (values, want) = moved(shape, &axes, size);
                for order in [Storage::C, Storage::F] {
                    let mut input = array(dtype, shape, &values);
                    input.spec.order = order;
                    for length in [2, 3, 4, 32, u64::MAX] {
                        let most = Blocks::whole(&input.spec, &axes).map_or(0, |b| b.length);
                        let way = blocked(&input.spec, &axes, length.min(most));
                        for tile in [[100; 5], [2, 3, 1, 5, 4]] {
                            let Some(way) = &way else { continue };
                            let out = run(way, std::slice::from_ref(&input), &tile[..shape.len()]).unwrap();
                            assert!(out[0].bytes() == want, "{shape:?} {axes:?} {dtype} {order:?} {length} {tile:?}");
                            tried += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(tried > 10_000, "{tried}");
}

fn find(shape: &[u64], axes: &[usize]) -> Option<(usize, u64, Vec<usize>)> {
    Blocks::find(&ArraySpec::new(DType::F32, shape), axes).map(|b| (b.axis, b.length, b.below))
}

#[test]
fn blocks_are_offered_where_they_save_memory() {
    let cube = [1024; 3];
    assert_eq!(find(&cube, &[2, 0, 1]), Some((2, 32, vec![])));
    assert_eq!(find(&cube, &[1, 2, 0]), Some((2, 512, vec![])));
    assert_eq!(find(&cube, &[2, 1, 0]), Some((2, 128, vec![])));
    assert_eq!(find(&[1 << 15, 1 << 15], &[1, 0]), Some((1, 128, vec![])));
    // Pixels of four bytes by four that stay together.
    assert_eq!(find(&[1 << 14, 1 << 14, 4], &[1, 0, 2]), Some((1, 64, vec![2])));
    // Frames of 1000 columns: 32 blocks of 32 are short of 24.
    assert_eq!(find(&[1000, 1000, 1000], &[2, 0, 1]).map(|b| b.1), Some(32));
    // Nothing moves; rows are runs by themselves; few channels; small arrays; none.
    assert_eq!(find(&cube, &[0, 1, 2]), None);
    assert_eq!(find(&[1 << 20, 1], &[1, 0]), None);
    assert_eq!(find(&[1024, 1024, 1 << 14], &[1, 0, 2]), None);
    assert_eq!(find(&[100, 512, 512, 3], &[0, 3, 1, 2]), None);
    assert_eq!(find(&[400, 500], &[1, 0]), None);
    assert_eq!(find(&[1 << 20], &[0]), None);
    assert_eq!(find(&[1 << 20, 0, 1 << 20], &[2, 1, 0]), None);
    // As it lies, reversed means that nothing moves.
    let turned =
        |axes: &[usize]| Blocks::find(&ArraySpec { order: Storage::F, ..ArraySpec::new(DType::F32, &cube) }, axes);
    assert_eq!(turned(&[2, 1, 0]), None);
    assert_eq!(turned(&[0, 2, 1]).map(|b| (b.axis, b.length)), Some((0, 32)));
    let all = Array::zeros(&ArraySpec::new(DType::U8, &[1100, 1030]));
    let ways: Vec<usize> = bind(None, &all).unwrap().iter().map(|way| way.stages.len()).collect();
    assert_eq!(ways, [1, 2]);
}

#[test]
fn axes_have_to_be_all_axes_once() {
    let input = Array::from(&[2, 3, 4], &[0u8; 24]).named("tyx");
    let error = bind(Some(Value::Str("xy".into())), &input).unwrap_err();
    assert!(error.message.contains("2 of the array's 3"), "{}", error.message);
    let error = bind(Some(Value::Str("xyy".into())), &input).unwrap_err();
    assert!(error.message.contains("twice"), "{}", error.message);
}
