//! Budgets so tight that intermediates go to disk, and states that are large for them.

use super::tightest;
use crate::support::{Data, Folder, input, tame};
use tilewise::array::DType;
use tilewise::job::JobOptions;

/// Runs with room and with the tightest budgets; gives the notes of the tightest plan.
fn same_when_tight(data: &Data, steps: &str, outputs: &[&str]) -> Vec<String> {
    let folder = Folder::new();
    folder.npy("x.npy", data);
    let lines: String = outputs.iter().map(|o| format!("{o} = \"{o}.npy\"\n")).collect();
    let text = format!("[inputs]\n{}{steps}[outputs]\n{lines}", input("x", "x.npy", data));
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
            notes.extend(job.plan.notes.clone());
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
    let notes = same_when_tight(&tame(DType::F64, &[400, 300], 1), steps, &["u"]);
    assert!(notes.iter().any(|n| n.contains("spilled")), "{notes:?}");
    same_when_tight(&tame(DType::F64, &[400, 300], 1), steps, &["u", "g"]);
}

/// A mean for each pixel, which the next step needs whole.
#[test]
fn a_kept_array_of_cells() {
    let steps = "[[step]]\nname = \"m\"\nkernel = \"mean\"\naxes = \"t\"\nkeepdims = true\n\
                 [[step]]\nname = \"d\"\nexpr = \"x - m\"\n\
                 [[step]]\nname = \"z\"\nkernel = \"zscore\"\naxes = \"t\"\n";
    let data = tame(DType::F32, &[7, 250, 300], 2).named("tyx");
    same_when_tight(&data, steps, &["z"]);
    same_when_tight(&data, steps, &["m", "d"]);
}

#[test]
fn normalisation_after_filters_and_windows() {
    let steps = "[[step]]\nname = \"r\"\nkernel = \"rolling_mean\"\nwindow = 90\nmin_count = 1\naxes = \"y\"\n\
                 [[step]]\nname = \"g\"\nkernel = \"gaussian\"\nsigma = 2\naxes = \"yx\"\n\
                 [[step]]\nname = \"z\"\nkernel = \"zscore\"\naxes = \"yx\"\n\
                 [[step]]\nname = \"c\"\nkernel = \"cumsum\"\naxes = \"y\"\n";
    same_when_tight(&tame(DType::F32, &[2, 300, 250], 3).named("tyx"), steps, &["c", "r"]);
}
