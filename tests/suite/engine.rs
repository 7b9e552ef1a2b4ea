//! What a run leaves behind when it does not end well: nothing, and a message that says why.

use crate::support::{Data, Folder, Num, input, tame};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tilewise::array::DType;
use tilewise::engine::{Cancel, EngineError, Event, Observer, RunOptions};
use tilewise::job::{JobError, JobOptions};

/// One step from x to y.
fn text(data: &Data, step: &str) -> String {
    format!("[inputs]\n{}[[step]]\nname = \"y\"\n{step}\n[outputs]\ny = \"y.npy\"\n", input("x", "x.npy", data))
}

/// Fails unless the run fails with a message that has all these parts, and leaves only `names`.
fn fails(folder: &Folder, text: &str, options: &JobOptions, parts: &[&str], names: &[&str]) -> JobError {
    let error = folder.run(text, options).expect_err(text);
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "{message}\nlacks {part:?}");
    }
    assert_eq!(folder.names(), names, "{message}");
    error
}

#[test]
fn data_that_a_kernel_cannot_process_leaves_nothing() {
    let n = 30_000;
    let mut values = vec![1.0; n];
    values[n - 2] = f64::NAN;
    let nan = Data::reals(DType::F32, &[300, 100], &values);
    let mut whole = vec![Num::Int(5); n];
    whole[n - 2] = Num::Int(i128::from(i64::MAX));
    let large = Data::new(DType::I64, &[300, 100], &whole);
    let cases = [
        (&nan, "kernel = \"cast\"\ndtype = \"u8\"", vec!["\"y\"", "cast", "NaN", "299", "98"]),
        (&nan, "expr = \"x * 2\"\ndtype = \"i16\"", vec!["\"y\"", "expr", "NaN", "299", "98"]),
        (&large, "expr = \"x + 1\"", vec!["\"y\"", "overflow", "9223372036854775807", "299", "98"]),
        (&large, "kernel = \"sum\"", vec!["\"y\"", "beyond the range of i64"]),
        (&large, "kernel = \"cumsum\"\naxes = 0", vec!["\"y\"", "299", "98"]),
        // Tiles after the one that fails have nothing to say, whichever comes first.
        (&large, "kernel = \"cumprod\"\naxes = 0", vec!["\"y\"", "7450580596923828125 * 5, beyond i64", "[27, "]),
    ];
    for (data, step, parts) in &cases {
        for threads in [1, 2] {
            let folder = Folder::new();
            folder.npy("x.npy", data);
            let options = JobOptions { threads: Some(threads), tile: Some(vec![16, 40]), ..folder.options() };
            // Outputs that other steps have already completed go as well.
            let other = "[[step]]\nname = \"m\"\nkernel = \"max\"\nfrom = \"x\"\n[outputs]\nm = \"m.npy\"\n";
            let both = text(data, step).replace("[outputs]\n", other);
            for text in [text(data, step), both] {
                let error = fails(&folder, &text, &options, parts, &["x.npy"]);
                assert_eq!(error.exit_code(), 1, "{error}");
            }
            // What was there before stays.
            std::fs::write(folder.join("y.npy"), b"old").unwrap();
            fails(&folder, &text(data, step), &options, parts, &["x.npy", "y.npy"]);
            assert_eq!(std::fs::read(folder.join("y.npy")).unwrap(), b"old");
        }
    }
}

#[test]
fn an_existing_output_is_refused_and_stays() {
    let folder = Folder::new();
    let data = tame(DType::F32, &[40, 50], 1);
    folder.npy("x.npy", &data);
    let text = text(&data, "kernel = \"gaussian\"\nsigma = 1");
    for old in [b"precious".as_slice(), b""] {
        std::fs::write(folder.join("y.npy"), old).unwrap();
        let options = JobOptions { overwrite: false, ..folder.options() };
        let error = fails(&folder, &text, &options, &["y.npy"], &["x.npy", "y.npy"]);
        assert_eq!(error.exit_code(), 3, "{error}");
        assert_eq!(std::fs::read(folder.join("y.npy")).unwrap(), old);
    }
    assert_eq!(folder.run(&text, &folder.options()).unwrap()[0].shape, [40, 50]);
    assert_eq!(folder.names(), ["x.npy", "y.npy"]);
}

/// Stops after so many tiles.
struct Stop {
    cancel: Cancel,
    after: u64,
    tiles: AtomicU64,
}

impl Observer for Stop {
    fn event(&self, event: &Event) {
        if matches!(event, Event::TileDone { .. }) && self.tiles.fetch_add(1, Relaxed) + 1 >= self.after {
            self.cancel.cancel();
        }
    }
}

#[test]
fn a_cancelled_run_stops_and_leaves_nothing() {
    let folder = Folder::new();
    let data = tame(DType::F32, &[400, 50], 1);
    folder.npy("x.npy", &data);
    let steps = "kernel = \"gaussian\"\nsigma = 1\n[[step]]\nname = \"z\"\nkernel = \"zscore\"";
    let text = text(&data, steps).replace("[outputs]\n", "[outputs]\nz = \"z.npy\"\n");
    let options = |threads| JobOptions { threads: Some(threads), tile: Some(vec![1, 50]), ..folder.options() };
    let run = |threads, after| {
        let stop = Stop { cancel: Cancel::default(), after, tiles: AtomicU64::new(0) };
        let run = RunOptions { sync: false, cancel: stop.cancel.clone() };
        let done = folder.prepare(&text, &options(threads)).unwrap().run(&run, &[&stop]);
        (done.map(|_| ()), stop.tiles.into_inner())
    };
    let (whole, tiles) = run(1, u64::MAX);
    assert!(whole.is_ok() && tiles > 20, "{tiles} tiles");
    for name in ["y.npy", "z.npy"] {
        std::fs::remove_file(folder.join(name)).unwrap();
    }
    // In the first pass, and in the last.
    for (threads, after) in [(1, 1), (2, 1), (1, tiles - 10), (2, tiles - 10)] {
        let (stopped, done) = run(threads, after);
        let error = stopped.expect_err("cancelled");
        assert!(matches!(error, JobError::Engine(EngineError::Cancelled)), "{error}");
        assert_eq!(error.exit_code(), 130);
        assert_eq!(folder.names(), ["x.npy"]);
        assert!(done >= after && done < tiles, "{done} of {tiles} tiles after a stop at {after}");
    }
    // Before the first tile.
    let cancel = Cancel::default();
    cancel.cancel();
    let job = folder.prepare(&text, &folder.options()).unwrap();
    assert!(job.run(&RunOptions { sync: false, cancel }, &[]).is_err());
    assert_eq!(folder.names(), ["x.npy"]);
}

/// A file that is cut after it was mapped: pages beyond its end cannot be read.
#[test]
fn an_input_that_shrinks_is_an_error() {
    for (cut, step) in [
        (100_000, "kernel = \"sum\""),
        (100_000, "kernel = \"gaussian\"\nsigma = 1"),
        (0, "kernel = \"zscore\""),
        // Inside the last page, whose rest reads as zeros without any fault.
        (400_120, "kernel = \"max\""),
        (399_000, "kernel = \"cumsum\"\naxes = 0"),
    ] {
        for threads in [1, 2] {
            let folder = Folder::new();
            let data = tame(DType::F32, &[1000, 100], 1);
            folder.npy("x.npy", &data);
            let options = JobOptions { threads: Some(threads), tile: Some(vec![64, 100]), ..folder.options() };
            let job = folder.prepare(&text(&data, step), &options).unwrap();
            let file = std::fs::OpenOptions::new().write(true).open(folder.join("x.npy")).unwrap();
            file.set_len(cut).unwrap();
            let error = folder.finish(job, &[]).expect_err("a file that was cut");
            let message = error.to_string();
            assert!(message.contains("x.npy"), "{message}");
            assert_eq!(error.exit_code(), 1, "{message}");
            assert_eq!(folder.names(), ["x.npy"], "{message}");
        }
    }
}
