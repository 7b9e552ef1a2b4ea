//! Is an output that is extended the one that a whole run makes, to the byte, and is everything else refused with a reason?
//!
//! Owns the tables of what extends: a kernel that begins or ceases to do so shows here.

use crate::command::Sandbox;
use crate::support::{Data, Folder, indices};
use std::fs;
use tilewise::array::{DType, Endian, Order};
use tilewise::engine::{Cancel, RunOptions};
use tilewise::job::{Append, Done, Job, JobError, JobOptions, Provenance};
use tilewise::kernel::registry;
use tilewise::pipeline::Pipeline;
use tilewise::plan::Place;

/// An array whose elements follow from their indices: a shorter one is the beginning of a longer one.
fn array(dtype: DType, shape: &[u64]) -> Data {
    let value = |index: &Vec<u64>| {
        let hash = index.iter().fold(7u64, |h, i| (h ^ (i + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23));
        // Small numbers that labels and bins can be; of f64 with all their digits.
        if dtype == DType::F64 { (hash >> 11) as f64 / 1e14 } else { (hash % 97) as f64 }
    };
    Data::reals(dtype, shape, &indices(shape).iter().map(value).collect::<Vec<_>>())
}

fn options(folder: &Folder) -> JobOptions {
    JobOptions { record: true, overwrite: false, ..folder.options() }
}

fn prepare(text: &str, options: &JobOptions) -> Result<Job, JobError> {
    let job = Job::prepare(&Pipeline::parse(text).unwrap(), options)?;
    assert!(job.warnings.is_empty(), "{:?}", job.warnings);
    Ok(job)
}

fn run(folder: &Folder, text: &str, options: &JobOptions) -> Result<Done, JobError> {
    let done = folder.finish(prepare(text, options)?, &[])?;
    assert!(done.warnings.is_empty(), "{:?}", done.warnings);
    Ok(done)
}

fn append(folder: &Folder, text: &str, schedule: &JobOptions) -> Result<Done, JobError> {
    run(folder, text, &JobOptions { append: true, overwrite: false, ..schedule.clone() })
}

/// All files with what they hold, but for records, whose times differ.
fn content(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let names = folder.names().into_iter().filter(|n| !n.ends_with(".json"));
    names.map(|n| (n.clone(), fs::read(folder.join(&n)).unwrap())).collect()
}

/// Makes the outputs of arrays as they were, lets the arrays grow, extends the outputs, and compares with a whole run; the
/// reason where that is refused, which must have left everything as it was.
fn extend(text: &str, write: &dyn Fn(&Folder, bool), schedule: &JobOptions) -> Result<Done, String> {
    let folder = Folder::new();
    let schedule = JobOptions { base: folder.path().into(), ..schedule.clone() };
    write(&folder, false);
    run(&folder, text, &schedule).unwrap_or_else(|e| panic!("{e}\n{text}"));
    write(&folder, true);
    let before = content(&folder);
    let done = match append(&folder, text, &schedule) {
        Ok(done) => done,
        Err(e) => {
            assert_eq!(e.exit_code(), 3, "{e}\n{text}");
            assert!(content(&folder) == before, "{e}\n{text}");
            return Err(e.to_string());
        }
    };
    let whole = Folder::new();
    write(&whole, true);
    run(&whole, text, &options(&whole)).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert!(
        content(&folder) == content(&whole),
        "not what a whole run gives:\n{text}\n{}",
        done.plan.explain(&done.problem)
    );
    // The record is that of a whole run as well: the next one finds nothing to do.
    let next = prepare(text, &JobOptions { append: true, ..schedule });
    assert!(matches!(next.unwrap().append(), Some(Append::Nothing)), "{text}");
    Ok(done)
}

/// Small tiles, so that there are some that are not run.
fn small_tiles(folder: &Folder, tile: &[u64]) -> JobOptions {
    JobOptions { tile: Some(tile.to_vec()), ..options(folder) }
}

/// The examples of these kernels extend where rows are added: all others are refused.
const EXAMPLES: &str = "argmin gaussian uniform median downsample convolve rolling_mean rolling_max rolling_min \
    rolling_sum rolling_var rolling_std rolling_skew rolling_argmax rolling_argmin rolling_median rolling_quantile rolling_cov \
    rolling_corr resample savgol expr cast clip slice concatenate stack reshape random";
/// In F order columns are added.
const EXAMPLES_F: &str = "sum mean std var min max argmax first last topk mode standardize gaussian uniform median downsample \
    convolve rolling_mean rolling_max rolling_min rolling_sum rolling_var rolling_std rolling_skew rolling_argmax rolling_argmin \
    rolling_median rolling_quantile rolling_cov rolling_corr resample cumsum cumprod cummax cummin ffill bfill interpolate \
    ewm_mean ewm_var ewm_std savgol butterworth expr cast clip slice concatenate shuffle";

#[test]
fn every_kernels_example_is_extended_or_refused() {
    for (order, named, expected) in [(Order::C, "C", EXAMPLES), (Order::F, "F", EXAMPLES_F)] {
        let write = |folder: &Folder, grown: bool| {
            let shape = match (order, grown) {
                (Order::C, false) => [70, 30],
                (Order::C, true) => [95, 30],
                (Order::F, false) => [30, 70],
                (Order::F, true) => [30, 95],
            };
            fs::write(folder.join("x.npy"), array(DType::F32, &shape).npy(order, Endian::NATIVE)).unwrap();
        };
        let (mut extended, mut told) = (Vec::new(), String::new());
        for kernel in registry() {
            let name = kernel.name;
            let output = format!("[outputs]\n{name} = {{ path = \"out.npy\", order = \"{named}\" }}\n");
            let text = format!("[inputs]\nx = {{ path = \"x.npy\", axes = \"yx\" }}\n{}\n{output}", kernel.example);
            // What has a length of its own is written in C order alone.
            if order == Order::F && ["unique", "unique_counts", "region_properties"].contains(&name) {
                continue;
            }
            match extend(&text, &write, &small_tiles(&Folder::new(), &[7, 9])) {
                Ok(_) => extended.push(name),
                Err(why) => told += &format!("{name}: {why}\n"),
            }
        }
        println!("{named}: {}\n{told}", extended.join(" "));
        assert_eq!(extended.join(" "), expected, "order {named}, the rest:\n{told}");
    }
}

/// Steps on frames, to which some are added, and why they are refused; nothing where they extend.
const STEPS: &[(&str, &str)] = &[
    ("expr = \"x * 2 + 1\"", ""),
    ("kernel = \"gaussian\"\nsigma = 1.5\naxes = \"yx\"", ""),
    ("kernel = \"gaussian\"\nsigma = 1\naxes = \"tyx\"", ""),
    ("kernel = \"uniform\"\nsize = 5\naxes = \"t\"\nmode = \"mirror\"", ""),
    ("kernel = \"median\"\nsize = 3\naxes = \"t\"\nmode = \"nearest\"", ""),
    ("kernel = \"uniform\"\nsize = 5\naxes = \"t\"\nmode = \"wrap\"", "comes from the end"),
    ("kernel = \"uniform\"\nsize = 5\naxes = \"x\"\nmode = \"wrap\"", ""),
    ("kernel = \"gaussian\"\nsigma = 20\naxes = \"t\"", "step \"s\": "),
    ("kernel = \"zscore\"\naxes = \"yx\"", ""),
    ("kernel = \"zscore\"", "step \"s\": it takes together all that lies along t"),
    ("kernel = \"minmax\"\naxes = \"yx\"", ""),
    ("kernel = \"equalize_hist\"\naxes = \"yx\"", ""),
    ("kernel = \"robust\"\naxes = \"yx\"", ""),
    ("kernel = \"mean\"\naxes = \"yx\"", ""),
    ("kernel = \"mean\"\naxes = \"yx\"\nkeepdims = true", ""),
    ("kernel = \"mean\"\naxes = \"t\"", "it takes together all that lies along t"),
    ("kernel = \"quantile\"\nq = 0.5\naxes = \"yx\"", ""),
    ("kernel = \"argmax\"\naxes = \"yx\"", ""),
    ("kernel = \"label\"\naxes = \"yx\"", ""),
    ("kernel = \"rolling_mean\"\nwindow = 5\naxes = \"t\"\nmin_count = 1", ""),
    ("kernel = \"rolling_std\"\nwindow = 6\naxes = \"t\"\nmin_count = 2\ncenter = true", ""),
    ("kernel = \"rolling_median\"\nwindow = 4\naxes = \"t\"", ""),
    ("kernel = \"rolling_max\"\nwindow = 5\naxes = \"t\"\nstep = 3", ""),
    ("kernel = \"rolling_mean\"\nwindow = 40\naxes = \"x\"\nmin_count = 1", ""),
    ("kernel = \"savgol\"\nwindow_length = 5\npolyorder = 2\naxes = \"t\"", ""),
    ("kernel = \"cumsum\"\naxes = \"x\"", ""),
    ("kernel = \"cumsum\"\naxes = \"t\"", "carries a state along t"),
    ("kernel = \"bfill\"\naxes = \"t\"", "begins at the end of t"),
    ("kernel = \"ewm_mean\"\nspan = 5\naxes = \"y\"", ""),
    ("kernel = \"ewm_mean\"\nspan = 5\naxes = \"t\"", "carries a state along t"),
    ("kernel = \"downsample\"\nfactor = 2\naxes = \"tyx\"", ""),
    ("kernel = \"downsample\"\nfactor = 3\nboundary = \"pad\"\naxes = \"t\"", ""),
    ("kernel = \"resample\"\ncount = 4\naxis = \"t\"", ""),
    ("kernel = \"slice\"\nindex = \"5:, ::2\"", ""),
    ("kernel = \"slice\"\nindex = \"1::3, ..., ::-1\"", ""),
    ("kernel = \"slice\"\nindex = \"-9:\"", "step \"s\": "),
    ("kernel = \"slice\"\nindex = \"::-1\"", "step \"s\": "),
    ("kernel = \"transpose\"\naxes = \"txy\"", ""),
    ("kernel = \"transpose\"\naxes = \"ytx\"", "grows along axis 1, which is not the slowest"),
    ("kernel = \"concatenate\"\nwith = \"x\"\naxis = \"y\"", ""),
    ("kernel = \"concatenate\"\nwith = \"x\"\naxis = \"t\"", ""),
    ("kernel = \"stack\"\nwith = \"x\"", "is not the slowest"),
    ("kernel = \"reshape\"\nshape = [-1, 8]", ""),
    ("kernel = \"shuffle\"\naxis = \"t\"", "step \"s\": "),
    ("kernel = \"random\"", ""),
    (
        "kernel = \"convolve\"\nfrom = \"x\"\nweights = \"w\"\naxes = \"tyx\"\n[[step]]\nname = \"w\"\nkernel = \"slice\"\nfrom = \"x\"\nindex = \":3, :2, :2\"",
        "",
    ),
    (
        "kernel = \"convolve\"\nfrom = \"x\"\nweights = \"w\"\nmethod = \"fft\"\naxes = \"yx\"\n[[step]]\nname = \"w\"\nkernel = \"slice\"\nfrom = \"x\"\nindex = \"0, :3, :2\"",
        "",
    ),
    (
        "kernel = \"convolve\"\nfrom = \"x\"\nweights = \"w\"\naxes = \"tyx\"\n[[step]]\nname = \"w\"\nkernel = \"slice\"\nfrom = \"x\"\nindex = \"-3:, :2, :2\"",
        "step \"w\": ",
    ),
    ("kernel = \"rolling_sum\"\nfrom = \"x\"\nwindow = \"5s\"\ntime = \"time\"\naxis = \"t\"", ""),
];

#[test]
fn frames_are_added() {
    for dtype in [DType::F64, DType::F32] {
        let write = |folder: &Folder, grown: bool| {
            let n = if grown { 41 } else { 29 };
            folder.npy("x.npy", &array(dtype, &[n, 12, 8]));
            let seconds: Vec<f64> = (0..n).map(|i| (i * 2 - i % 3) as f64).collect();
            folder.npy("time.npy", &Data::reals(DType::F64, &[n], &seconds));
        };
        let mut wrong = String::new();
        for (step, refusal) in STEPS {
            let time = if step.contains("time") { "time = \"time.npy\"\n" } else { "" };
            let text = format!(
                "[inputs]\nx = {{ path = \"x.npy\", axes = \"tyx\" }}\n{time}[[step]]\nname = \"s\"\n{step}\n[outputs]\ns = \"s.npy\"\n"
            );
            match (extend(&text, &write, &small_tiles(&Folder::new(), &[3, 5, 8])), *refusal) {
                (Ok(done), "") => {
                    let (all, run) =
                        done.plan.passes.iter().map(|p| p.tiles()).fold((0, 0), |s, t| (s.0 + t.0, s.1 + t.1));
                    if run >= all {
                        wrong += &format!("{step}: all of {all} tiles were run\n");
                    }
                }
                (Ok(_), refusal) => wrong += &format!("{step}: is extended, not refused: {refusal}\n"),
                (Err(why), "") => wrong += &format!("{step}: {why}\n"),
                (Err(why), refusal) if why.contains(refusal) && why.contains("--overwrite") => {}
                (Err(why), refusal) => wrong += &format!("{step}: not {refusal}, but {why}\n"),
            }
        }
        assert!(wrong.is_empty(), "{dtype}\n{wrong}");
    }
}

const CHAIN: &str = "[inputs]\nx = { path = \"x.npy\", axes = \"tyx\" }\ndark = { path = \"dark.npy\", axes = \"yx\" }\n\
    [[step]]\nname = \"flat\"\nexpr = \"x - dark\"\n\
    [[step]]\nname = \"r\"\nkernel = \"rolling_mean\"\nwindow = 9\nmin_count = 1\naxes = \"t\"\n\
    [[step]]\nname = \"g\"\nkernel = \"gaussian\"\nsigma = 2\naxes = \"yx\"\n\
    [[step]]\nname = \"w\"\nkernel = \"uniform\"\nsize = 7\nmode = \"wrap\"\naxes = \"yx\"\n\
    [[step]]\nname = \"z\"\nkernel = \"zscore\"\naxes = \"yx\"\n\
    [[step]]\nname = \"c\"\nkernel = \"cumsum\"\naxes = \"y\"\n\
    [[step]]\nname = \"m\"\nkernel = \"mean\"\nfrom = \"g\"\naxes = \"yx\"\n\
    [[step]]\nname = \"d\"\nkernel = \"max\"\nfrom = \"dark\"\n\
    [outputs]\nc = \"c.npy\"\nm = \"m.npy\"\nflat = \"flat.npy\"\nd = \"d.npy\"\n";

#[test]
fn chains_with_intermediates_on_the_disk() {
    let write = |folder: &Folder, grown: bool| {
        folder.npy("x.npy", &array(DType::F32, &[if grown { 33 } else { 26 }, 120, 150]));
        folder.npy("dark.npy", &array(DType::F32, &[120, 150]));
    };
    let (mut spilled, mut planned) = (0, 0);
    for (mib, threads) in [(8, 1), (10, 1), (11, 1), (12, 1), (13, 1), (14, 1), (16, 2), (64, 2)] {
        let schedule = JobOptions { memory: Some(mib << 20), threads: Some(threads), ..options(&Folder::new()) };
        let folder = Folder::new();
        write(&folder, false);
        // The tightest of them have no room for a tile.
        if prepare(CHAIN, &JobOptions { base: folder.path().into(), ..schedule.clone() }).is_err() {
            continue;
        }
        let done = extend(CHAIN, &write, &schedule).unwrap();
        spilled += done.plan.network.arrays.iter().filter(|a| a.place == Place::Spill).count();
        planned += 1;
        let traffic = done.plan.traffic();
        let read: u64 = done.report.passes.iter().map(|p| p.read).sum();
        assert_eq!(traffic.read, read, "{}", done.plan.explain(&done.problem));
    }
    assert!(planned >= 3, "{planned} budgets have room");
    assert!(spilled > 0, "nothing was spilled");
}

/// A tenth of new frames takes about a tenth of the reading.
#[test]
fn only_what_is_new_is_read_and_written() {
    let write = |folder: &Folder, grown: bool| {
        folder.npy("x.npy", &array(DType::F32, &[if grown { 200 } else { 180 }, 40, 50]))
    };
    let text = "[inputs]\nx = { path = \"x.npy\", axes = \"tyx\" }\n[[step]]\nname = \"u\"\nkernel = \"uniform\"\nsize = 5\naxes = \"t\"\n\
                [outputs]\nu = \"u.npy\"\n";
    let done = extend(text, &write, &small_tiles(&Folder::new(), &[10, 40, 50])).unwrap();
    let frame = 40 * 50 * 4;
    let pass = done.report.passes[0];
    // Frames from 178 on are new: three tiles of ten, of which inner sides are read by both.
    assert_eq!((pass.tiles, pass.written), (3, 30 * frame));
    assert_eq!(pass.read, (14 + 14 + 12) * frame, "{pass:?}");
    assert_eq!(done.plan.traffic().read, pass.read);
    let told = done.plan.explain(&done.problem);
    for word in ["keeps 178 of 200 along t of u", "runs    3 of them", "reads 312 KiB"] {
        assert!(told.contains(word), "{word} in\n{told}");
    }
}

#[test]
fn raw_files_of_any_order_and_byte_order_grow() {
    for (order, named) in [(Order::C, "C"), (Order::F, "F")] {
        let write = |folder: &Folder, grown: bool| {
            let n = if grown { 61 } else { 50 };
            let shape = if order == Order::C { [n, 7] } else { [7, n] };
            let data = [vec![9; 13], array(DType::U16, &shape).stored(order, Endian::Big)].concat();
            fs::write(folder.join("x.raw"), data).unwrap();
        };
        let shape = if order == Order::C { "[-1, 7]" } else { "[7, -1]" };
        let axis = if order == Order::C { 0 } else { 1 };
        let text = format!(
            "[inputs]\nx = {{ path = \"x.raw\", dtype = \"u16\", shape = {shape}, offset = 13, order = \"{named}\", endian = \"big\" }}\n\
             [[step]]\nname = \"r\"\nkernel = \"rolling_max\"\nwindow = 3\naxes = {axis}\n\
             [outputs]\nr = {{ path = \"r.raw\", order = \"{named}\", endian = \"big\" }}\n"
        );
        extend(&text, &write, &small_tiles(&Folder::new(), &[5, 5])).unwrap();
        // In the other order the new part lies between the old ones.
        let other = if named == "C" { "F" } else { "C" };
        let crossed = text.replace(&format!("r.raw\", order = \"{named}\""), &format!("r.raw\", order = \"{other}\""));
        let why = extend(&crossed, &write, &options(&Folder::new())).unwrap_err();
        assert!(why.contains("is not the slowest of its file"), "{why}");
    }
}

const ONE: &str = "[inputs]\nx = \"x.npy\"\n[[step]]\nname = \"r\"\nkernel = \"rolling_mean\"\nwindow = 3\naxes = 0\n[outputs]\nr = \"r.npy\"\n";

fn grow(folder: &Folder, rows: u64) {
    folder.npy("x.npy", &array(DType::F64, &[rows, 5]));
}

#[test]
fn one_append_follows_another() {
    let folder = Folder::new();
    let schedule = small_tiles(&folder, &[4, 5]);
    grow(&folder, 20);
    let first = prepare(ONE, &JobOptions { append: true, ..schedule.clone() }).unwrap();
    assert!(matches!(first.append(), Some(Append::Fresh)));
    folder.finish(first, &[]).unwrap();
    for rows in [21, 22, 50, 51] {
        grow(&folder, rows);
        let done = append(&folder, ONE, &schedule).unwrap();
        assert_eq!(
            done.report.passes[0].tiles,
            rows.div_ceil(4)
                - (rows.min(match rows {
                    21 => 20,
                    22 => 21,
                    50 => 22,
                    _ => 50,
                })) / 4
        );
    }
    let record = Provenance::beside(&folder.join("r.npy")).unwrap().unwrap();
    let made = fs::read(folder.join("r.npy")).unwrap();
    let modified = || fs::metadata(folder.join("r.npy")).unwrap().modified().unwrap();
    let time = modified();
    let nothing = append(&folder, ONE, &schedule).unwrap();
    assert!(nothing.report.passes.is_empty() && modified() == time, "nothing is touched");
    run(&folder, ONE, &JobOptions { overwrite: true, ..schedule }).unwrap();
    let whole = Provenance::beside(&folder.join("r.npy")).unwrap().unwrap();
    assert_eq!((&record.plan_hash, &record.inputs), (&whole.plan_hash, &whole.inputs));
    assert!(made == fs::read(folder.join("r.npy")).unwrap());
}

#[test]
fn what_is_not_the_same_work_is_refused() {
    let other = ONE.replace("window = 3", "window = 4");
    type Change<'a> = &'a dyn Fn(&Folder);
    let edit = |folder: &Folder, name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        fs::write(folder.join(name), text.replacen(from, to, 1)).unwrap();
    };
    let mut changed = array(DType::F64, &[40, 5]);
    changed.bytes[3] ^= 1;
    let cases: [(&str, Change, &str); 9] = [
        (ONE, &|f| grow(f, 20), "input \"x\": it is shorter than it was: 20"),
        (ONE, &|f| f.npy("x.npy", &changed), "input \"x\": what was there has changed"),
        (ONE, &|f| f.npy("x.npy", &array(DType::F64, &[40, 6])), "only axis 0, the slowest, may grow"),
        (ONE, &|f| f.npy("x.npy", &array(DType::F32, &[40, 5])), "its elements lie otherwise"),
        (
            ONE,
            &|f| fs::write(f.join("r.npy"), fs::read(f.join("r.npy")).unwrap()).unwrap(),
            "has changed since it was made",
        ),
        (&other, &|f| grow(f, 40), "made by another pipeline, or with other parameters"),
        (ONE, &|f| fs::remove_file(f.join("r.npy.tilewise.json")).unwrap(), "no record beside it"),
        (ONE, &|f| edit(f, "r.npy.tilewise.json", "\"data\"", "\"dat\""), "the record is of an older version"),
        (ONE, &|f| edit(f, "r.npy.tilewise.json", env!("CARGO_PKG_VERSION"), "0.0.9"), "made by version 0.0.9"),
    ];
    for (text, change, word) in cases {
        let folder = Folder::new();
        grow(&folder, 30);
        run(&folder, ONE, &options(&folder)).unwrap();
        change(&folder);
        let before = content(&folder);
        let error = append(&folder, text, &options(&folder)).expect_err(word);
        assert!(error.exit_code() == 3 && error.to_string().contains(word), "{word} in {error}");
        assert!(content(&folder) == before, "{word}");
    }
}

#[test]
fn one_of_two_outputs_alone_is_refused() {
    let folder = Folder::new();
    let text = format!("{ONE}x = \"copy.npy\"\n");
    grow(&folder, 30);
    run(&folder, &text, &options(&folder)).unwrap();
    fs::remove_file(folder.join("copy.npy")).unwrap();
    let error = append(&folder, &text, &options(&folder)).unwrap_err().to_string();
    assert!(error.contains("copy.npy") && error.contains("does not exist, while"), "{error}");
    let back = text.replace("copy.npy", "-");
    let error = append(&folder, &back, &options(&folder)).unwrap_err().to_string();
    assert!(error.contains("has no file"), "{error}");
}

/// A run that is stopped leaves the old output, which can still be extended.
#[test]
fn a_stopped_run_leaves_the_old_output_whole() {
    let folder = Folder::new();
    let schedule = small_tiles(&folder, &[4, 5]);
    grow(&folder, 30);
    run(&folder, ONE, &schedule).unwrap();
    grow(&folder, 90);
    let before = content(&folder);
    let job = prepare(ONE, &JobOptions { append: true, ..schedule.clone() }).unwrap();
    let cancel = Cancel::default();
    cancel.cancel();
    assert_eq!(job.run(&RunOptions { sync: false, cancel }, &[]).map(|_| ()).unwrap_err().exit_code(), 130);
    assert!(content(&folder) == before);
    append(&folder, ONE, &schedule).unwrap();
}

/// Killed in the middle, without a chance to tidy up.
#[test]
fn a_killed_run_leaves_the_old_output_whole() {
    let dir = Sandbox::new();
    let text = "[inputs]\nx = { path = \"x.npy\", axes = \"tyx\" }\n[[step]]\nname = \"m\"\nkernel = \"median\"\nsize = 7\naxes = \"yx\"\n\
                [outputs]\nm = \"m.npy\"\n";
    dir.write("p.toml", text);
    dir.sparse_npy("x.npy", "<f4", &[2, 300, 300]);
    dir.run(&["run", "p.toml", "--quiet"]).expect(0);
    let old = fs::read(dir.path("m.npy")).unwrap();
    dir.sparse_npy("x.npy", "<f4", &[400, 300, 300]);
    let mut child = dir.command(&["run", "p.toml", "--append", "--quiet"]).spawn().unwrap();
    while !dir.files().iter().any(|f| f.ends_with(".tilewise-tmp")) {
        assert!(child.try_wait().unwrap().is_none(), "over before it could be killed");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(fs::read(dir.path("m.npy")).unwrap() == old);
    dir.sparse_npy("x.npy", "<f4", &[3, 300, 300]);
    let done = dir.run(&["run", "p.toml", "--append"]).expect(0);
    assert!(done.stderr.contains("keeps 2 of 3 along t of m (703 KiB)"), "{}", done.stderr);
    assert!(done.stderr.contains("new part all finite"), "{}", done.stderr);
}

#[test]
fn the_command_says_what_it_does() {
    let dir = Sandbox::new();
    dir.write("p.toml", ONE);
    dir.npy_f32("x.npy", &[4, 5], &[1.5; 20]);
    assert!(dir.run(&["run", "p.toml", "--append"]).expect(0).stderr.contains("there is no output to extend yet"));
    assert_eq!(
        dir.run(&["run", "p.toml", "--append"]).expect(0).stderr,
        "nothing is new: the outputs hold all that there is\n"
    );
    assert_eq!(dir.run(&["run", "p.toml", "--append", "--json"]).json()["passes"], serde_json::json!([]));
    dir.npy_f32("x.npy", &[6, 5], &[1.5; 30]);
    let plan = dir.run(&["plan", "p.toml", "--append"]).silent();
    assert!(plan.contains("keeps 4 of 6 along axis 0 of r (80 B), copied"), "{plan}");
    let document = dir.run(&["plan", "p.toml", "--append", "--json"]).json();
    assert_eq!(document["kept"], serde_json::json!([{ "axis": 0, "below": 4 }]));
    dir.run(&["run", "p.toml", "--append", "--overwrite"]).expect(2);
    let json = dir.run(&["run", "p.toml", "--append", "--json", "--quiet"]).json();
    assert_eq!(json["kept"], serde_json::json!(["keeps 4 of 6 along axis 0 of r (80 B)"]));
    assert_eq!(dir.run(&["get", "r.npy", "-1"]).silent().trim(), "1.5 1.5 1.5 1.5 1.5");
    dir.npy_f32("x.npy", &[5, 5], &[1.5; 25]);
    let refused = dir.run(&["run", "p.toml", "--append"]).expect(3);
    assert!(refused.stderr.contains("r.npy cannot be extended: input \"x\": it is shorter"), "{}", refused.stderr);
}

#[test]
fn pictures_and_text_that_grew_are_refused() {
    let dir = Sandbox::new();
    dir.pictures("p", 4, 6, 7);
    dir.write(
        "p.toml",
        "[inputs]\nx = \"p/*.png\"\n[[step]]\nname = \"g\"\nexpr = \"x + 1\"\n[outputs]\ng = \"g.npy\"\n",
    );
    dir.run(&["run", "p.toml", "--quiet"]).expect(0);
    assert!(dir.run(&["run", "p.toml", "--append"]).expect(0).stderr.contains("nothing is new"));
    dir.pictures("p", 5, 6, 7);
    let refused = dir.run(&["run", "p.toml", "--append"]).expect(3);
    assert!(refused.stderr.contains("of text and pictures nobody can tell cheaply"), "{}", refused.stderr);
}
