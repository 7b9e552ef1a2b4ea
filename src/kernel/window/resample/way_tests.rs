//! Every way gives the bits of the way by buckets, for buckets of any length.

use super::*;
use crate::array::{Bool, Element, Region};
use crate::kernel::trial::{Array, run};
use crate::kernel::{SightError, Value};
use half::{bf16, f16};

struct Times(Vec<i64>);

impl Sight for Times {
    fn read(&self, _: usize, region: &Region, out: &mut [u8]) -> Result<(), SightError> {
        out.copy_from_slice(bytemuck::cast_slice(&self.0[region.start[0] as usize..region.end[0] as usize]));
        Ok(())
    }
}

/// Numbers without an order that shows.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.0 >> 33
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// Times of buckets of 10 units: those with few rows, none, and those that most rows are in, a twentieth of all without a time.
fn times(n: usize, noise: &mut Noise) -> Vec<i64> {
    let mut all = Vec::new();
    let mut bucket = 0;
    while all.len() < n {
        bucket += [1, 1, 1, 3, 40][noise.below(5) as usize];
        let rows = [1, 2, 7, 300, 1024, 5000][noise.below(6) as usize];
        all.extend((0..rows).map(|_| if noise.below(20) == 0 { i64::MIN } else { bucket * 10 + 3 }));
    }
    all.truncate(n);
    all
}

fn params(list: &[(&'static str, Value)]) -> Params {
    let given: Vec<(String, Value)> = list.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    Params::check(INFO.params, &given).unwrap()
}

/// Runs all ways with several tiles; all must agree.
fn agree(kernel: &dyn Kernel, inputs: &[Array], what: &str) -> usize {
    let specs: Vec<ArraySpec> = inputs.iter().map(|i| i.spec.clone()).collect();
    let ways = kernel.bind(&specs).unwrap();
    let rank = specs[0].rank();
    let by_buckets = ways.iter().position(|w| w.name == "by buckets").unwrap();
    let want = run(&ways[by_buckets], inputs, &vec![1 << 20; rank]).unwrap().remove(0);
    for way in &ways {
        for tile in [vec![1 << 20; rank], vec![1; rank], vec![3000; rank], vec![2; rank]] {
            let got = run(way, inputs, &tile).unwrap_or_else(|e| panic!("{what} {} {tile:?}: {e}", way.name)).remove(0);
            assert_eq!(got.spec, want.spec);
            assert!(got.bytes() == want.bytes(), "{what}, {}, tiles of {tile:?}", way.name);
        }
    }
    ways.len()
}

const STATS_OF_ROWS: [&str; 11] =
    ["mean", "sum", "min", "max", "first", "last", "count", "median", "std", "var", "ohlc"];

/// Counted buckets, and buckets of time, of one array along one axis.
fn all_agree(array: &Array, axis: usize, noise: &mut Noise) {
    let n = array.spec.shape[axis];
    let stamps = times(n as usize, noise);
    let time = Array::from(&[n], &stamps);
    let inputs = [array.clone(), time];
    for stat in STATS_OF_ROWS {
        let more = [
            ("stat", Value::Str(stat.into())),
            ("axes", Value::Int(axis as i64)),
            ("ddof", Value::Int(noise.below(3) as i64)),
        ];
        let what = format!("{stat} of {} {:?} along {axis}", array.spec.dtype, array.spec.shape);
        for count in [1, 700, 1024, 2500, 1 << 40] {
            let kernel = parse(&params(&[&more[..], &[("count", Value::Int(count))]].concat())).unwrap();
            let ways = agree(kernel.as_ref(), &inputs[..1], &format!("{what}, {count} each"));
            assert!(ways >= 2);
        }
        let timed = [
            ("time", Value::Str("t".into())),
            ("every", Value::Str("10".into())),
            ("min_count", Value::Int(noise.below(3) as i64)),
        ];
        let kernel = parse(&params(&[&more[..], &timed].concat())).unwrap();
        let specs = [inputs[0].spec.clone(), inputs[1].spec.clone()];
        let seen = kernel.look(&specs, &Times(stamps.clone())).unwrap().unwrap();
        agree(seen.as_ref(), &inputs, &format!("{what}, by time"));
    }
}

fn floats(n: usize, noise: &mut Noise) -> Vec<f64> {
    let one = |noise: &mut Noise| match noise.below(40) {
        0..3 => f64::NAN,
        3 => [-0.0, 0.0, f64::INFINITY, 1e300, -1e300, 5e-324][noise.below(6) as usize],
        _ => (noise.below(2001) as f64 - 1000.0) * [1.0, 1e-3, 1e4][noise.below(3) as usize],
    };
    (0..n).map(|_| one(noise)).collect()
}

fn of<T: Element>(shape: &[u64], noise: &mut Noise, from: impl Fn(f64) -> T) -> Array {
    let n = shape.iter().product::<u64>() as usize;
    Array::from(shape, &floats(n, noise).into_iter().map(from).collect::<Vec<T>>())
}

#[test]
fn floats_of_any_width() {
    let mut noise = Noise(1);
    all_agree(&of::<f64>(&[6000, 2], &mut noise, |x| x), 0, &mut noise);
    all_agree(&of::<f32>(&[9000], &mut noise, |x| x as f32), 0, &mut noise);
    all_agree(&of::<f16>(&[2, 5000], &mut noise, f16::from_f64), 1, &mut noise);
    all_agree(&of::<bf16>(&[2, 4100, 3], &mut noise, bf16::from_f64), 1, &mut noise);
}

#[test]
fn integers_of_any_width() {
    let mut noise = Noise(2);
    all_agree(&of::<i8>(&[5000], &mut noise, |x| x as i8), 0, &mut noise);
    all_agree(&of::<u16>(&[5000, 2], &mut noise, |x| x as u16), 0, &mut noise);
    all_agree(&of::<i32>(&[5000], &mut noise, |x| (x * 1e5) as i32), 0, &mut noise);
    all_agree(&of::<Bool>(&[3, 3000], &mut noise, |x| Bool(u8::from(x > 0.0))), 1, &mut noise);
    // Where f64 loses digits.
    all_agree(&of::<i64>(&[4000, 2], &mut noise, |x| (x * 1e15) as i64 | 1), 0, &mut noise);
    all_agree(&of::<u64>(&[4000], &mut noise, |x| (x.abs() * 1e16) as u64 | 1), 0, &mut noise);
}

/// No rows, no cells, one row, no times at all, times at the end alone.
#[test]
fn little_or_nothing() {
    let mut noise = Noise(3);
    for shape in [&[0u64][..], &[1], &[0, 3], &[3, 0], &[1025, 0, 2], &[1024, 1]] {
        all_agree(&of::<f32>(shape, &mut noise, |x| x as f32), 0, &mut noise);
    }
    let array = of::<f64>(&[5000], &mut noise, |x| x);
    for first in [5000, 4999, 3000] {
        let stamps: Vec<i64> = (0..5000).map(|i| if i < first { i64::MIN } else { i / 7 }).collect();
        for stat in STATS_OF_ROWS {
            let kernel = parse(&params(&[
                ("stat", Value::Str(stat.into())),
                ("time", Value::Str("t".into())),
                ("every", Value::Str("10".into())),
            ]));
            let inputs = [array.clone(), Array::from(&[5000], &stamps)];
            let specs = [inputs[0].spec.clone(), inputs[1].spec.clone()];
            let seen = kernel.unwrap().look(&specs, &Times(stamps.clone())).unwrap().unwrap();
            agree(seen.as_ref(), &inputs, &format!("{stat} with times from {first} on"));
        }
    }
}

#[test]
fn long_buckets_are_taken_by_rows_first() {
    let first = |stat: &str, count: i64| {
        let list = [("stat", Value::Str(stat.into())), ("count", Value::Int(count)), ("axes", Value::Int(0))];
        let kernel = parse(&params(&list)).unwrap();
        kernel.bind(&[ArraySpec::new(DType::F32, &[100_000_000, 4])]).unwrap()[0].name
    };
    assert_eq!(
        [first("sum", 1000), first("sum", 300_000), first("median", 300_000)],
        ["by buckets", "by rows", "by buckets"]
    );
}

#[test]
fn time_that_changes_is_refused() {
    let kernel = parse(&params(&[("time", Value::Str("t".into())), ("every", Value::Str("10".into()))])).unwrap();
    let stamps: Vec<i64> = (0..5000).collect();
    let mut inputs = [Array::from(&[5000], &vec![1f32; 5000]), Array::from(&[5000], &stamps)];
    let specs = [inputs[0].spec.clone(), inputs[1].spec.clone()];
    let seen = kernel.look(&specs, &Times(stamps.clone())).unwrap().unwrap();
    for changed in [(0..5000).map(|i| i * 2).collect::<Vec<i64>>(), vec![0; 5000]] {
        inputs[1] = Array::from(&[5000], &changed);
        for way in seen.bind(&specs).unwrap() {
            let result = run(&way, &inputs, &[1024]);
            let told = result.map(|_| "gave a result".to_string()).unwrap_or_else(|e| e.to_string());
            assert!(told.contains("has changed since"), "{}: {told}", way.name);
        }
    }
}
