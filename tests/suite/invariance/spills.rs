//! Budgets so tight that intermediates go to disk, and states that are large for them.

use super::tightest;
use crate::support::{Data, Folder, fine, input};
use tilewise::array::DType;
use tilewise::job::JobOptions;

/// Runs with room and with the tightest budgets; gives the notes of the tightest plan.
fn same_when_tight(data: &Data, steps: &str, outputs: &[&str]) -> Vec<String> {
    all_same_when_tight(&[("x", data)], steps, outputs)
}

/// As [`same_when_tight`] with several inputs.
fn all_same_when_tight(inputs: &[(&str, &Data)], steps: &str, outputs: &[&str]) -> Vec<String> {
    let folder = Folder::new();
    let declare = |(name, data): &(&str, &Data)| {
        folder.npy(&format!("{name}.npy"), data);
        input(name, &format!("{name}.npy"), data)
    };
    let inputs: String = inputs.iter().map(declare).collect();
    let lines: String = outputs.iter().map(|o| format!("{o} = \"{o}.npy\"\n")).collect();
    let text = format!("[inputs]\n{inputs}{steps}[outputs]\n{lines}");
    let roomy = JobOptions { memory: Some(1 << 32), ..folder.options() };
    let want = folder.run(&text, &roomy).unwrap();
    let mut notes = Vec::new();
    for threads in [1, 2] {
        let options = JobOptions { threads: Some(threads), ..folder.options() };
        let least = tightest(&folder, &text, &options);
        for memory in [least, least + (1 << 18)] {
            let options = JobOptions { memory: Some(memory), ..options.clone() };
            let job = folder.prepare(&text, &options).unwrap();
            assert!(job.plan.memory.projected <= memory, "{text}\n{}", job.explain());
            notes.extend(
                job.plan.notes.iter().cloned().chain(job.plan.refused.iter().map(tilewise::plan::Refused::text)),
            );
            let explained = job.explain();
            let done = folder.finish(job, &[]).unwrap();
            assert!(folder.outputs(&done) == want, "{memory} bytes, {threads} threads\n{text}\n{explained}");
        }
    }
    notes
}

#[test]
fn a_wrapping_filter_of_a_spilled_intermediate() {
    let steps = "[[step]]\nname = \"g\"\nkernel = \"gaussian\"\nsigma = 1\n\
                 [[step]]\nname = \"u\"\nkernel = \"uniform\"\nsize = 7\nmode = \"wrap\"\n";
    let notes = same_when_tight(&fine(DType::F64, &[400, 300], 1), steps, &["u"]);
    assert!(notes.iter().any(|n| n.contains("spilled")), "{notes:?}");
    same_when_tight(&fine(DType::F64, &[400, 300], 1), steps, &["u", "g"]);
}

/// A mean for each pixel, which the next step needs whole.
#[test]
fn a_kept_array_of_cells() {
    let steps = "[[step]]\nname = \"m\"\nkernel = \"mean\"\naxes = \"t\"\nkeepdims = true\n\
                 [[step]]\nname = \"d\"\nexpr = \"x - m\"\n\
                 [[step]]\nname = \"z\"\nkernel = \"zscore\"\naxes = \"t\"\n";
    let data = fine(DType::F32, &[7, 250, 300], 2).named("tyx");
    same_when_tight(&data, steps, &["z"]);
    same_when_tight(&data, steps, &["m", "d"]);
}

#[test]
fn normalisation_after_filters_and_windows() {
    let steps = "[[step]]\nname = \"r\"\nkernel = \"rolling_mean\"\nwindow = 90\nmin_count = 1\naxes = \"y\"\n\
                 [[step]]\nname = \"g\"\nkernel = \"gaussian\"\nsigma = 2\naxes = \"yx\"\n\
                 [[step]]\nname = \"z\"\nkernel = \"zscore\"\naxes = \"yx\"\n\
                 [[step]]\nname = \"c\"\nkernel = \"cumsum\"\naxes = \"y\"\n";
    same_when_tight(&fine(DType::F32, &[2, 300, 250], 3).named("tyx"), steps, &["c", "r"]);
}

/// Buckets that have to be taken row by row, by count and by time; medians digit by digit.
#[test]
fn long_buckets() {
    let n = 150_000;
    let data = fine(DType::F64, &[n, 2], 4);
    // Short buckets, one of two thirds of all rows, many without any, short ones again.
    let bucket = |i: u64| if i < 20_000 { i / 50 } else { 1000 + i.saturating_sub(120_000) / 700 * 30 };
    let times: Vec<f64> = (0..n).map(|i| if i % 31 == 5 { f64::NAN } else { bucket(i) as f64 }).collect();
    let times = Data::reals(DType::F64, &[n], &times);
    for stat in ["mean", "std", "ohlc", "median"] {
        for how in ["count = 70000", "time = \"t\"\nevery = \"1\""] {
            let step = format!(
                "[[step]]\nname = \"r\"\nkernel = \"resample\"\nfrom = \"x\"\nstat = \"{stat}\"\naxis = 0\n{how}\n"
            );
            let notes = all_same_when_tight(&[("x", &data), ("t", &times)], &step, &["r"]);
            assert!(notes.iter().any(|n| n.contains("by the way \"by buckets\": it needs")), "{stat} {how} {notes:?}");
        }
    }
}

/// A tile in which very many buckets end, which no sample of tiles would show, has room for them in the plan.
#[test]
fn many_buckets_that_end_at_once() {
    let (n, gap) = (600_000u64, 100_000u64);
    let data = fine(DType::F32, &[n, 2], 5);
    let times: Vec<f64> = (0..n).map(|i| if i < 350_000 { 0.0 } else { gap as f64 }).collect();
    let folder = Folder::new();
    folder.npy("x.npy", &data);
    folder.npy("t.npy", &Data::reals(DType::F64, &[n], &times));
    let text = "[inputs]\nx = \"x.npy\"\nt = \"t.npy\"\n[[step]]\nname = \"r\"\nkernel = \"resample\"\nfrom = \"x\"\n\
                stat = \"sum\"\naxis = 0\ntime = \"t\"\nevery = \"1\"\n[outputs]\nr = \"r.npy\"\n";
    let tight = JobOptions { memory: Some(10 << 20), threads: Some(1), ..folder.options() };
    let job = folder.prepare(text, &tight).unwrap();
    let cost = &job.plan.passes[0].tiling.cost;
    assert!(job.explain().contains("carries r") && cost.mapped_write >= gap * 2 * 4, "{}", job.explain());
    let done = folder.finish(job, &[]).unwrap();
    let roomy = JobOptions { memory: Some(1 << 32), ..folder.options() };
    assert!(folder.outputs(&done) == folder.run(text, &roomy).unwrap());
}
