//! Buckets of rows, by counting and by time: each result from a list of its bucket's numbers.

use super::window::axis_of;
use super::{Given, ONE_ROUNDING, Want, exact, word};
use crate::support::{Data, Folder, Num, input, tame, wild};
use tilewise::array::DType;
use tilewise::job::JobOptions;
use tilewise::kernel::Value;

const STATS: [&str; 11] = ["mean", "sum", "min", "max", "first", "last", "count", "median", "std", "var", "ohlc"];

pub fn params(data: &Data) -> Vec<Given> {
    let mut all = Vec::new();
    for (i, axis) in super::window::axis_params(data).into_iter().enumerate() {
        for (j, stat) in STATS.iter().enumerate() {
            let given = axis.with("stat", word(stat)).with("count", Value::Int([1, 2, 5, 1500][(i + j) % 4]));
            let given = if j % 3 == 1 { given.with("min_count", Value::Int(2)) } else { given };
            all.push(if j % 2 == 0 { given.with("ddof", Value::Int(0)) } else { given });
        }
        all.push(axis.with("count", Value::Int(3)));
    }
    all.push(Given::default());
    all.push(Given::default().with("count", Value::Int(3)).with("every", word("1s")));
    all.push(Given::default().with("count", Value::Int(3)).with("stat", word("time")));
    all
}

/// Of the numbers of one bucket, NaN among them.
fn results(stat: &str, given: &Given, bucket: &[Num]) -> Vec<Num> {
    let valid: Vec<Num> = bucket.iter().copied().filter(|x| !x.f64().is_nan()).collect();
    let usual = if ["sum", "count"].contains(&stat) { 0.0 } else { 1.0 };
    let least = given.number("min_count").unwrap_or(usual) as usize;
    let parts = if stat == "ohlc" { 4 } else { 1 };
    if stat == "count" {
        return vec![Num::Int(valid.len() as i128)];
    }
    if valid.len() < least.max(usize::from(stat != "sum")) {
        return vec![Num::Real(f64::NAN); parts];
    }
    let reals: Vec<f64> = valid.iter().map(|x| x.f64()).collect();
    let least_of = || reals.iter().copied().fold(f64::INFINITY, f64::min);
    let most_of = || reals.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (first, last) = (reals.first().copied(), reals.last().copied());
    let ends = |x: Option<f64>| x.unwrap_or(f64::NAN);
    let whole = matches!(valid.first(), Some(Num::Int(_)));
    let one = match stat {
        "sum" if whole => valid.iter().map(|x| x.int()).sum::<i128>() as f64,
        "sum" => exact::sum(&reals),
        "mean" => super::reduce::mean_of(&valid),
        "min" => least_of(),
        "max" => most_of(),
        "first" => ends(first),
        "last" => ends(last),
        "median" => {
            let mut sorted = reals.clone();
            sorted.sort_by(f64::total_cmp);
            let n = sorted.len();
            if n % 2 == 1 { sorted[n / 2] } else { (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0 }
        }
        "std" | "var" => {
            let var = exact::variance(&reals, given.number("ddof").unwrap_or(1.0));
            if stat == "std" { var.sqrt() } else { var }
        }
        "ohlc" => return [ends(first), most_of(), least_of(), ends(last)].map(Num::Real).to_vec(),
        other => panic!("no statistic {other}"),
    };
    vec![Num::Real(one)]
}

/// The result of buckets that are lists of rows along an axis.
fn of_buckets(data: &Data, given: &Given, axis: usize, buckets: &[Vec<usize>]) -> Want {
    let stat = given.text("stat").unwrap_or("mean");
    let (n, inner) = (data.shape[axis] as usize, data.shape[axis + 1..].iter().product::<u64>() as usize);
    let outer: u64 = data.shape[..axis].iter().product();
    let nums = data.nums();
    let mut values = Vec::new();
    for o in 0..outer as usize {
        for bucket in buckets {
            for i in 0..inner {
                let own: Vec<Num> = bucket.iter().map(|row| nums[(o * n + row) * inner + i]).collect();
                values.extend(results(stat, given, &own));
            }
        }
    }
    let mut shape = data.shape.clone();
    shape[axis] = buckets.len() as u64;
    if stat == "ohlc" {
        shape.push(4);
    }
    let dtype = match stat {
        "count" => DType::I64,
        "sum" if !data.dtype.is_float() => DType::F64,
        _ => data.dtype.real(),
    };
    let rounds = match stat {
        _ if dtype != DType::F64 => ONE_ROUNDING,
        "mean" | "std" | "var" => 2.0,
        _ => ONE_ROUNDING,
    };
    Want { dtype, shape, values, ulps: rounds, room: vec![] }
}

pub fn resample(data: &Data, given: &Given) -> Result<Want, &'static str> {
    if given.get("every").is_some() {
        return Err("every belongs to time");
    }
    if given.text("stat") == Some("time") {
        return Err("needs a column of time");
    }
    let Some(count) = given.number("count") else { return Err("needs count, or time and every") };
    let axis = axis_of(data, given)?;
    let rows: Vec<usize> = (0..data.shape[axis] as usize).collect();
    let buckets: Vec<Vec<usize>> = rows.chunks(count as usize).map(<[usize]>::to_vec).collect();
    Ok(of_buckets(data, given, axis, &buckets))
}

/// Rows by the bucket of their time; those without one in none.
fn by_time(times: &[Option<i128>], every: i128, from: i128) -> Vec<Vec<usize>> {
    let bucket = |t: i128| (t - from).div_euclid(every);
    let first = times.iter().flatten().map(|t| bucket(*t)).min();
    let mut buckets: Vec<Vec<usize>> = Vec::new();
    for (row, t) in times.iter().enumerate() {
        if let (Some(t), Some(first)) = (t, first) {
            let b = (bucket(*t) - first) as usize;
            buckets.resize(buckets.len().max(b + 1), Vec::new());
            buckets[b].push(row);
        }
    }
    buckets
}

const S: i128 = 1_000_000_000;

/// Uneven steps, some of them zero, some long; every tenth time is missing where there is `missing`.
fn uneven(n: usize, begin: i128, missing: bool) -> Vec<Option<i128>> {
    let mut at = begin;
    let step = |i: usize| [0, 1, 3, 40, 2, 0, 7, 900, 1, 5][(i * i + i / 7) % 10] * S / 4;
    (0..n)
        .map(|i| {
            at += step(i);
            (!missing || i % 10 != 4).then_some(at)
        })
        .collect()
}

#[test]
fn buckets_of_time() {
    let folder = Folder::new();
    let midnight = 1_700_000_000 / 86_400 * 86_400 * S;
    let begin = midnight + 3_723 * S;
    for (n, missing) in [(700, false), (700, true), (1, false), (3, true), (0, false)] {
        let times = uneven(n, begin, missing);
        let stamps: Vec<Num> = times.iter().map(|t| Num::Int(t.unwrap_or(i128::from(i64::MIN)))).collect();
        let seconds: Vec<f64> = times.iter().map(|t| t.map_or(f64::NAN, |t| t as f64 / 1e9)).collect();
        folder.npy("i.npy", &Data::new(DType::I64, &[n as u64], &stamps));
        folder.npy("f.npy", &Data::reals(DType::F64, &[n as u64], &seconds));
        for (data, axis) in [
            (wild(DType::F32, &[n as u64, 5], 3), 0),
            (tame(DType::I16, &[3, n as u64], 4), 1),
            (tame(DType::F64, &[n as u64], 5), 0),
        ] {
            folder.npy("x.npy", &data);
            let mut text = format!("[inputs]\n{}i = \"i.npy\"\nf = \"f.npy\"\n", input("x", "x.npy", &data));
            let mut outputs = String::from("[outputs]\n");
            let mut wants = Vec::new();
            for (k, stat) in STATS.iter().enumerate() {
                let (every, origin, from) = [
                    ("10s", "epoch", 0),
                    ("1min", "start_day", midnight),
                    ("7", "start", times.iter().flatten().next().copied().unwrap_or(0)),
                ][k % 3];
                let (time, every) = if k % 2 == 0 { ("i", every) } else { ("f", every) };
                let every = if every == "7" && time == "i" { "7s" } else { every };
                let length = [10, 60, 7][k % 3] * S;
                text += &format!(
                    "[[step]]\nname = \"s{k}\"\nkernel = \"resample\"\nfrom = \"x\"\ntime = \"{time}\"\nevery = \"{every}\"\n\
                     origin = \"{origin}\"\nstat = \"{stat}\"\naxis = {axis}\n"
                );
                outputs += &format!("s{k} = \"s{k}.npy\"\n");
                let given = Given::default().with("stat", word(stat));
                wants.push(of_buckets(&data, &given, axis, &by_time(&times, length, from)));
            }
            text += &outputs;
            let tile = Some(vec![if n > 100 { 3 } else { 7 }; data.shape.len()]);
            let options = JobOptions { tile, ..folder.options() };
            let got = folder.run(&text, &options).unwrap_or_else(|e| panic!("{e}\n{text}"));
            for ((got, want), stat) in got.iter().zip(&wants).zip(STATS) {
                let why = super::compare(got, want);
                assert!(why.is_ok(), "{stat} of {data:?}\ngives {got:?}\n{}", why.unwrap_err());
            }
        }
    }
}

/// Long enough for several tiles, with a bucket that has most rows, and many that have none.
#[test]
fn uneven_buckets_in_little_memory() {
    let folder = Folder::new();
    let n = 400_000usize;
    let time = |i: usize| match i {
        0..1000 => i as i128 * 50,
        1000..61_000 => 60_000 + i as i128 / 1000,
        _ => 10_000_000 + i as i128 * 3,
    };
    let times: Vec<Option<i128>> = (0..n).map(|i| Some(time(i) * S)).collect();
    let stamps: Vec<Num> = times.iter().map(|t| Num::Int(t.unwrap_or(0))).collect();
    folder.npy("t.npy", &Data::new(DType::I64, &[n as u64], &stamps));
    let data = wild(DType::F32, &[n as u64, 8], 1);
    folder.npy("x.npy", &data);
    let text = "[schedule]\nmemory = \"20MiB\"\n[inputs]\nx = \"x.npy\"\nt = \"t.npy\"\n[[step]]\nname = \"m\"\nkernel = \"resample\"\n\
                from = \"x\"\ntime = \"t\"\nevery = \"100s\"\norigin = \"epoch\"\naxis = 0\n[[step]]\nname = \"b\"\nkernel = \"resample\"\n\
                from = \"x\"\ntime = \"t\"\nevery = \"100s\"\norigin = \"epoch\"\nstat = \"time\"\naxis = 0\n\
                [outputs]\nm = \"m.npy\"\nb = \"b.npy\"\n";
    let plan = folder.prepare(text, &folder.options()).unwrap().explain();
    assert!(!plan.contains("tiles   1 of"), "{plan}");
    let got = folder.run(text, &folder.options()).unwrap();
    let buckets = by_time(&times, 100 * S, 0);
    let want = of_buckets(&data, &Given::default(), 0, &buckets);
    assert_eq!(super::compare(&got[0], &want), Ok(()));
    let begins: Vec<i128> = (0..buckets.len() as i128).map(|b| b * 100 * S).collect();
    assert_eq!(got[1].nums().iter().map(|x| x.int()).collect::<Vec<_>>(), begins);
}

/// A bucket of most rows, which no tile has room for, among others that have few or none.
#[test]
fn a_bucket_larger_than_memory() {
    let folder = Folder::new();
    let n = 300_000usize;
    let time = |i: usize| match i {
        0..20_000 => i as i128 / 3,
        20_000..270_000 => 100_000,
        _ => i as i128,
    };
    let times: Vec<Option<i128>> = (0..n).map(|i| (i % 23 != 4).then_some(time(i) * S)).collect();
    let stamps: Vec<Num> = times.iter().map(|t| Num::Int(t.unwrap_or(i128::from(i64::MIN)))).collect();
    folder.npy("t.npy", &Data::new(DType::I64, &[n as u64], &stamps));
    let buckets = by_time(&times, 10 * S, 0);
    for (data, axis) in [(wild(DType::F64, &[n as u64, 2], 7), 0), (tame(DType::I16, &[3, n as u64], 8), 1)] {
        folder.npy("x.npy", &data);
        for stat in STATS {
            let text = format!(
                "[schedule]\nmemory = \"10MiB\"\n[inputs]\n{}t = \"t.npy\"\n[[step]]\nname = \"r\"\nkernel = \"resample\"\n\
                 from = \"x\"\ntime = \"t\"\nevery = \"10s\"\norigin = \"epoch\"\nstat = \"{stat}\"\naxis = {axis}\n\
                 [outputs]\nr = \"r.npy\"\n",
                input("x", "x.npy", &data)
            );
            let options = folder.options();
            let plan = folder.prepare(&text, &options).unwrap().explain();
            assert!(plan.contains("carries r"), "{plan}");
            let got = folder.run(&text, &options).unwrap().remove(0);
            let want = of_buckets(&data, &Given::default().with("stat", word(stat)), axis, &buckets);
            assert_eq!(super::compare(&got, &want), Ok(()), "{stat} of {data:?}");
        }
    }
}

#[test]
fn what_time_cannot_be() {
    let folder = Folder::new();
    let numbers = |values: &[f64]| Data::reals(DType::F64, &[values.len() as u64], values);
    folder.npy("x.npy", &numbers(&[1.0; 4]));
    folder.npy("good.npy", &numbers(&[1.0, 2.0, 2.0, 9.0]));
    folder.npy("back.npy", &numbers(&[1.0, f64::NAN, 3.0, 2.5]));
    folder.npy("short.npy", &numbers(&[1.0, 2.0]));
    folder.npy("far.npy", &numbers(&[0.0, 1.0, 2.0, 9e9]));
    let told = |time: &str, more: &str| {
        let text = format!(
            "[inputs]\nx = \"x.npy\"\nt = \"{time}.npy\"\n[[step]]\nname = \"later\"\nkernel = \"expr\"\nexpr = \"t + 1\"\n\
             [[step]]\nname = \"r\"\nkernel = \"resample\"\nfrom = \"x\"\n{more}\n[outputs]\nr = \"-\"\nlater = \"-\"\n"
        );
        folder.prepare(&text, &folder.options()).map_or_else(|e| e.to_string(), |_| "accepted".into())
    };
    let usual = "time = \"t\"\nevery = \"1s\"";
    assert_eq!(told("good", usual), "accepted");
    for (time, more, want) in [
        ("back", usual, "time runs backwards: 2.5 at index 3 comes after 3 at index 2"),
        ("short", usual, "time has shape [2], the axis has 4 indices"),
        ("far", "time = \"t\"\nevery = \"1us\"", "there would be 9000000000000"),
        ("good", "time = \"t\"", "every is missing"),
        ("good", "time = \"t\"\nevery = \"1month\"", "is no duration"),
        ("good", "time = \"t\"\nevery = \"-1s\"", "not longer than a nanosecond"),
        ("good", "time = \"later\"\nevery = \"1s\"", "time has to be seen before the run"),
        ("good", "time = \"t\"\nevery = \"1s\"\ncount = 2", "not from both"),
    ] {
        let message = told(time, more);
        assert!(message.contains(want) && message.contains("\"r\""), "{time} {more}: {message}");
    }
}
