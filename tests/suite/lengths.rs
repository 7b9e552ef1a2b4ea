//! Results whose length is known only after the run: files, arrays in memory and reports have the true one.

use crate::support::{Data, Folder, input};
use tilewise::array::{DType, Region};
use tilewise::engine::RunOptions;
use tilewise::job::JobOptions;

/// 60 elements of 6 values.
fn data() -> Data {
    Data::reals(DType::F32, &[6, 10], &(0..60).map(|i| f64::from(i * i % 11 * 3)).collect::<Vec<_>>())
}

fn text(outputs: &str) -> String {
    let steps = "[[step]]\nkernel = \"unique\"\n[[step]]\nkernel = \"unique_counts\"\nfrom = \"x\"\n";
    format!("[inputs]\n{}{steps}[outputs]\n{outputs}", input("x", "x.npy", &data()))
}

/// The distinct values and their counts.
fn wanted() -> (Vec<f64>, Vec<f64>) {
    let all = data().f64s();
    let mut values = all.clone();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let counts = values.iter().map(|v| all.iter().filter(|x| *x == v).count() as f64).collect();
    (values, counts)
}

#[test]
fn files_are_cut_to_their_length() {
    let folder = Folder::new();
    folder.npy("x.npy", &data());
    let outputs = "unique = \"u.npy\"\nunique_counts = \"n.npy\"\n\
                   again = { from = \"unique\", path = \"again.npy\", order = \"F\", endian = \"big\" }\n";
    let (values, counts) = wanted();
    for threads in [1, 2] {
        let options = JobOptions { threads: Some(threads), tile: Some(vec![1, 3]), ..folder.options() };
        let job = folder.prepare(&text(outputs), &options).unwrap();
        assert_eq!(job.plan.passes.len(), 1, "one sweep");
        let plan = job.plan.explain(&job.problem);
        assert!(plan.contains("at most f32 (60,)"), "{plan}");
        let done = folder.finish(job, &[]).unwrap();
        let files = folder.outputs(&done);
        assert!(files.iter().all(|f| f.shape == [6]), "{files:?}");
        assert_eq!((files[0].f64s(), files[1].f64s()), (values.clone(), counts.clone()));
        let back = folder.run("[inputs]\na = \"again.npy\"\n[outputs]\na = \"b.npy\"\n", &folder.options()).unwrap();
        assert_eq!(back[0].f64s(), values);
        assert!(done.report.outputs.iter().all(|o| o.elements == 6), "{:?}", done.report.outputs);
    }
}

#[test]
fn arrays_that_are_handed_back_have_their_length() {
    let folder = Folder::new();
    folder.npy("x.npy", &data());
    let (values, counts) = wanted();
    let job = folder.prepare(&text("unique = \"-\"\nunique_counts = \"-\"\n"), &folder.options()).unwrap();
    let (_, outputs) = job.run(&RunOptions::default(), &[]).unwrap();
    let whole = Region::full(&[6]);
    assert!(outputs.iter().all(|o| o.spec().shape == [6]), "{outputs:?}");
    let found: Vec<f64> = outputs[0].view(&whole).unwrap().data::<f32>().iter().map(|x| f64::from(*x)).collect();
    assert_eq!(found, values);
    let found: Vec<f64> = outputs[1].view(&whole).unwrap().data::<i64>().iter().map(|x| *x as f64).collect();
    assert_eq!(found, counts);
}

#[test]
fn nothing_has_no_values() {
    let folder = Folder::new();
    let nothing = Data::reals(DType::F32, &[0, 3], &[]);
    folder.npy("x.npy", &nothing);
    let text = "[inputs]\nx = \"x.npy\"\n[[step]]\nkernel = \"unique\"\n[outputs]\nunique = \"u.npy\"\n";
    assert_eq!(folder.run(text, &folder.options()).unwrap()[0].shape, [0]);
}

#[test]
fn no_step_takes_what_has_no_length_yet() {
    let folder = Folder::new();
    folder.npy("x.npy", &data());
    for (step, output) in [
        ("[[step]]\nkernel = \"mean\"\nfrom = \"unique\"\n", "mean = \"m.npy\"\n"),
        ("[[step]]\nexpr = \"x + unique\"\n", "expr = \"m.npy\"\n"),
        ("", "u = { from = \"unique\", path = \"u.npy\", dtype = \"f64\" }\n"),
    ] {
        let text = text(output).replace("[outputs]\n", &format!("{step}[outputs]\n"));
        let error = folder.prepare(&text, &folder.options()).expect_err(&text).to_string();
        assert!(error.contains("is known only after the run") && error.contains("unique"), "{error}");
    }
}
