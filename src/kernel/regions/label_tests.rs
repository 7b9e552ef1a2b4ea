//! `label` against a flood fill, on forms that go through many blocks; and the memory it says it takes.

use super::blocks::{Blocks, Sizes};
use super::label::with_blocks;
use super::merge::{self, Known};
use super::runs::{Room, label};
use crate::array::{ArraySpec, DType, Region, View};
use crate::kernel::trial::{self, Array, tiles};
use crate::kernel::{Params, Scratch, Value, open_anchors};
use std::collections::BTreeMap;

/// Components one after the other, in C order of their first elements.
fn flood(shape: &[u64], lit: &[u8], connectivity: usize) -> Vec<i32> {
    let rank = shape.len();
    let index = |mut flat: usize| -> Vec<i64> {
        let mut at = vec![0; rank];
        for a in (0..rank).rev() {
            at[a] = (flat as u64 % shape[a]) as i64;
            flat /= shape[a] as usize;
        }
        at
    };
    let mut out = vec![0; lit.len()];
    let mut labels = 0;
    for i in 0..lit.len() {
        if lit[i] == 0 || out[i] != 0 {
            continue;
        }
        labels += 1;
        let mut stack = vec![i];
        while let Some(flat) = stack.pop() {
            if out[flat] != 0 {
                continue;
            }
            out[flat] = labels;
            let at = index(flat);
            for n in 0..3usize.pow(rank as u32) {
                let by: Vec<i64> = (0..rank).map(|a| (n / 3usize.pow(a as u32) % 3) as i64 - 1).collect();
                let far = by.iter().filter(|d| **d != 0).count();
                let to: Vec<i64> = at.iter().zip(&by).map(|(i, d)| i + d).collect();
                let inside = to.iter().zip(shape).all(|(i, n)| (0..*n as i64).contains(i));
                if inside && far <= connectivity {
                    let flat = to.iter().zip(shape).fold(0, |f, (i, n)| f * *n as usize + *i as usize);
                    if lit[flat] != 0 {
                        stack.push(flat);
                    }
                }
            }
        }
    }
    out
}

/// Noise of which about `share` of 256 are lit.
fn noise(n: usize, share: u64, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 32 & 255
    };
    (0..n).map(|_| if next() < share { 7 } else { 0 }).collect()
}

/// A path that winds inwards, one element wide, with gaps of one.
fn spiral(n: usize) -> Vec<u8> {
    let mut lit = vec![0u8; n * n];
    let (mut y, mut x, mut dy, mut dx) = (0i64, 0i64, 0i64, 1i64);
    let free = |lit: &[u8], y: i64, x: i64| {
        let n = n as i64;
        !(0..n).contains(&y) || !(0..n).contains(&x) || lit[(y * n + x) as usize] == 0
    };
    let inside = |y: i64, x: i64| (0..n as i64).contains(&y) && (0..n as i64).contains(&x);
    lit[0] = 1;
    let mut turns = 0;
    while turns < 2 {
        let (ny, nx) = (y + dy, x + dx);
        if inside(ny, nx) && free(&lit, ny + dy, nx + dx) && lit[ny as usize * n + nx as usize] == 0 {
            (y, x, turns) = (ny, nx, 0);
            lit[y as usize * n + x as usize] = 1;
        } else {
            (dy, dx) = (dx, -dy);
            turns += 1;
        }
    }
    lit
}

/// The flood of each frame by itself.
fn flood_frames(shape: &[u64], lit: &[u8], axes: &[usize], connectivity: usize) -> Vec<i32> {
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    let of = |flat: usize, a: usize| flat as u64 / shape[a + 1..].iter().product::<u64>() % shape[a];
    let mut frames: BTreeMap<Vec<u64>, Vec<usize>> = BTreeMap::new();
    (0..lit.len()).for_each(|i| frames.entry(kept.iter().map(|a| of(i, *a)).collect()).or_default().push(i));
    let (mut out, frame) = (vec![0; lit.len()], axes.iter().map(|a| shape[*a]).collect::<Vec<u64>>());
    for places in frames.values() {
        let own: Vec<u8> = places.iter().map(|i| lit[*i]).collect();
        places.iter().zip(flood(&frame, &own, connectivity)).for_each(|(i, label)| out[*i] = label);
    }
    out
}

fn check(what: &str, shape: &[u64], lit: &[u8], connectivity: usize) {
    check_along(what, shape, lit, &(0..shape.len()).collect::<Vec<_>>(), connectivity);
}

fn check_along(what: &str, shape: &[u64], lit: &[u8], axes: &[usize], connectivity: usize) {
    let want = flood_frames(shape, lit, axes, connectivity);
    let input = Array::from(shape, lit);
    for elements in [1, 7, 40, 300] {
        let variant = with_blocks(&input.spec, axes, connectivity, elements);
        for tile in [1u64, 3, 10, 1000] {
            let tile = vec![tile; shape.len()];
            let got = trial::run(&variant, std::slice::from_ref(&input), &tile).unwrap();
            let ways = format!("blocks of {elements}, tiles of {tile:?}");
            assert_eq!(got[0].data::<i32>(), want, "{what} {shape:?} along {axes:?} {connectivity}: {ways}");
        }
    }
    // The ways that a plan may take.
    let axes = axes.iter().map(|a| Value::Int(*a as i64)).collect();
    let mut given = vec![("connectivity".to_string(), Value::Int(connectivity as i64))];
    given.extend((!shape.is_empty()).then(|| ("axes".to_string(), Value::List(axes))));
    let info = crate::kernel::find("label").unwrap();
    let kernel = (info.parse)(&Params::check(info.params, &given).unwrap()).unwrap();
    for variant in kernel.bind(std::slice::from_ref(&input.spec)).unwrap() {
        for tile in [1, 20] {
            let got = trial::run(&variant, std::slice::from_ref(&input), &vec![tile; shape.len()]).unwrap();
            assert_eq!(got[0].data::<i32>(), want, "{what} {shape:?} {connectivity}: {}", variant.name);
        }
    }
}

#[test]
fn forms_that_go_through_many_blocks() {
    let n = 41;
    let flat =
        |f: &dyn Fn(usize, usize) -> bool| -> Vec<u8> { (0..n * n).map(|i| u8::from(f(i / n, i % n))).collect() };
    let forms = [
        ("spiral", spiral(n)),
        ("comb", flat(&|y, x| x % 2 == 0 || y == n - 1)),
        ("comb upwards", flat(&|y, x| x % 2 == 0 || y == 0)),
        ("comb sideways", flat(&|y, x| y % 2 == 0 || x == n - 1)),
        ("checkerboard", flat(&|y, x| (y + x) % 2 == 0)),
        ("diagonals", flat(&|y, x| (y + x) % 5 == 0)),
        ("other diagonals", flat(&|y, x| (y + 4 * x) % 5 == 0)),
        ("all", flat(&|_, _| true)),
        ("nothing", flat(&|_, _| false)),
    ];
    assert!(forms[0].1.iter().filter(|l| **l == 1).count() > n * n / 3);
    for (what, lit) in forms {
        for connectivity in [1, 2] {
            check(what, &[n as u64, n as u64], &lit, connectivity);
        }
    }
}

#[test]
fn noise_near_the_threshold() {
    let shapes: [&[u64]; 12] = [
        &[300],
        &[20, 30],
        &[150, 3],
        &[3, 150],
        &[7, 8, 9],
        &[1, 12, 30],
        &[5, 1, 40],
        &[40, 6, 1],
        &[4, 5, 4, 6],
        &[3, 2, 3, 2, 5],
        &[0, 4],
        &[1, 1],
    ];
    for shape in shapes {
        let n = shape.iter().product::<u64>() as usize;
        for connectivity in 1..=shape.len() {
            for (seed, share) in [(1, 60), (2, 90), (3, 152), (4, 220)] {
                check("noise", shape, &noise(n, share, seed), connectivity);
            }
        }
    }
    check("a point", &[], &[3], 1);
    check("no point", &[], &[0], 1);
}

#[test]
fn frames_along_any_axes() {
    let shapes: [&[u64]; 7] = [&[20, 30], &[7, 8, 9], &[30, 5, 6], &[4, 5, 4, 6], &[3, 0, 2], &[0, 3, 4], &[3, 12, 20]];
    for shape in shapes {
        let lit = noise(shape.iter().product::<u64>() as usize, 140, 9);
        for set in 1..1u32 << shape.len() {
            let axes: Vec<usize> = (0..shape.len()).filter(|a| set >> a & 1 == 1).collect();
            for connectivity in 1..=axes.len() {
                check_along("noise", shape, &lit, &axes, connectivity);
            }
        }
    }
}

/// Tiles in any order of axes: what is held is never more than what is declared.
#[test]
fn memory_is_what_was_declared() {
    let shapes: [&[u64]; 7] = [&[400], &[40, 30], &[9, 30, 8], &[5, 6, 40], &[4, 3, 5, 12], &[3, 100], &[20, 20, 20]];
    for shape in shapes {
        for (elements, share, connectivity) in [(1u64, 128, 1), (8, 128, 2), (40, 100, 3), (64, 140, 1), (512, 60, 9)] {
            let all: Vec<usize> = (0..shape.len()).collect();
            let sizes = Sizes { block: elements, slab: (elements / 8).max(1) };
            let blocks = Blocks::new(shape, &all, shape.len().min(connectivity), sizes);
            for (t, reversed) in [(1u64, false), (2, false), (2, true), (3, true), (5, false)] {
                let tile: Vec<u64> = blocks.block.iter().zip(shape).map(|(b, n)| (b * t).min(*n)).collect();
                let mut order = all.clone();
                if reversed {
                    order.reverse();
                }
                hold(&blocks, &tile, &order, share);
            }
        }
    }
}

/// Joins the tiles in an order of axes, and holds what is kept to what was declared.
fn hold(blocks: &Blocks, tile: &[u64], order: &[usize], share: u64) {
    let shape = &blocks.shape;
    let lit = noise(shape.iter().product::<u64>() as usize, share, 5);
    let view = View::dense(DType::U8, &lit, &Region::full(shape));
    let size = merge::bytes(blocks, 0);
    let mut cores = tiles(shape, tile);
    cores.sort_by_key(|c| order.iter().map(|a| c.start[*a]).collect::<Vec<_>>());
    let open = open_anchors(order, &blocks.block, tile, shape);
    let waiting: u64 = open.iter().zip(size.per_open_anchor).map(|(n, bytes)| n * bytes).sum();
    let anchors: u64 = tile.iter().zip(&blocks.block).map(|(t, b)| t.div_ceil(*b)).product();
    let mut left = Known::of_nothing(1);
    let (rows, runs) = blocks.rows();
    let mut arena = vec![0u64; (Room::bytes(blocks) + 1024) as usize / 8];
    let mut pieces = vec![0u32; (rows * runs) as usize];
    for core in cores {
        let mut own = Known::of_nothing(1);
        blocks
            .each(&core, |number, region| {
                let mut room = Room::new(blocks, &mut Scratch::new(bytemuck::cast_slice_mut(&mut arena)))?;
                let found = label(blocks, region, &view, &mut room);
                let block = Known::of_block(blocks, number, region, &found, &mut pieces[..found.count()])?;
                own.join(blocks, block, u64::MAX >> 16)
            })
            .unwrap();
        let bound = size.fixed + size.per_anchor * anchors;
        let what = format!("{shape:?} in {:?}, {tile:?} {order:?}", blocks.block);
        assert!(own.held() <= bound, "{what}: {} > {bound}", own.held());
        left.join(blocks, own, u64::MAX >> 16).unwrap();
        assert!(left.open() <= open.iter().sum(), "{what}: {} of {open:?} open", left.open());
        let joined = merge::bytes(blocks, left.joins()).joined;
        let bound = size.fixed + waiting + joined;
        assert!(left.held() <= bound, "{what}: {} > {bound}", left.held());
    }
    assert_eq!(left.open(), 0);
}

#[test]
fn too_many_pieces_are_an_error() {
    let spec = ArraySpec::new(DType::U8, &[64, 64]);
    let info = crate::kernel::find("label").unwrap();
    let given = [("joins_max".to_string(), Value::Int(5))];
    let params = Params::check(info.params, &given).unwrap();
    let variants = (info.parse)(&params).unwrap().bind(&[spec]).unwrap();
    let lit: Vec<u8> = (0..64 * 64).map(|i| u8::from(i % 2 == 0)).collect();
    let error = trial::run(&variants[0], &[Array::from(&[64, 64], &lit)], &[64, 64]).unwrap_err();
    assert!(error.message.contains("joins_max = 5") && error.message.contains("joins_max = 40"), "{error}");
}
