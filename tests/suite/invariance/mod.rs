//! A schedule never changes a result: the same bytes for any threads, tile shape, budget and
//! instruction set, fused or not, however the input lies in its file.
//!
//! Owns the schedules that are tried and the walk over the registry. What the right bytes are is the
//! oracle's question.

mod chains;
mod inputs;
mod params;
mod simd;
mod spills;
mod ways;

use crate::support::{Data, Folder, fine, input, tame, wild};
use params::{Setting, setting, settings};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tilewise::array::DType;
use tilewise::job::JobOptions;
use tilewise::kernel::registry;

/// A runner that tries the same cases every time and writes no files.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// What a run gave: outputs, or that it failed.
type Outcome = Result<Vec<Data>, String>;

/// One worker, the whole array as one tile, more memory than can be used.
fn reference(folder: &Folder) -> JobOptions {
    JobOptions { threads: Some(1), memory: Some(1 << 32), tile: Some(vec![u64::MAX; 8]), ..folder.options() }
}

/// Any schedule: threads, a tile down to one anchor, a budget that may be the tightest there is.
#[derive(Clone, Debug)]
struct Schedule {
    threads: usize,
    tile: Option<Vec<u64>>,
    tight: bool,
}

fn schedules() -> impl Strategy<Value = Schedule> {
    let tile = prop_oneof![
        2 => Just(Some(vec![1; 8])),
        4 => prop::collection::vec(1u64..12, 8).prop_map(Some),
        2 => prop::collection::vec(prop_oneof![Just(1u64), Just(3), Just(64), Just(u64::MAX)], 8).prop_map(Some),
        2 => Just(None),
    ];
    (1usize..4, tile, prop::bool::weighted(0.3)).prop_map(|(threads, tile, tight)| Schedule { threads, tile, tight })
}

/// Runs a pipeline under a schedule.
fn run(folder: &Folder, text: &str, schedule: &Schedule) -> Outcome {
    let Schedule { threads, tile, tight } = schedule.clone();
    let mut options = JobOptions { threads: Some(threads), memory: Some(1 << 32), tile, ..folder.options() };
    if tight {
        options.memory = Some(tightest(folder, text, &options));
    }
    folder.run(text, &options).map_err(|e| e.to_string())
}

/// The smallest budget that is not refused, within 4 KiB.
fn tightest(folder: &Folder, text: &str, options: &JobOptions) -> u64 {
    let fits = |memory| folder.prepare(text, &JobOptions { memory: Some(memory), ..options.clone() }).is_ok();
    let (mut no, mut yes) = (0, 1 << 32);
    if !fits(yes) {
        return yes;
    }
    while yes - no > 4096 {
        let middle = no + (yes - no) / 2;
        if fits(middle) { yes = middle } else { no = middle }
    }
    yes
}

/// Fails unless a pipeline gives the same under all schedules. Where data cannot be processed, it
/// cannot under any.
fn same_under(folder: &Folder, text: &str, schedules: &[Schedule]) -> Result<(), TestCaseError> {
    let want = folder.run(text, &reference(folder)).map_err(|e| e.to_string());
    for schedule in schedules {
        match (&want, run(folder, text, schedule)) {
            (Ok(want), Ok(got)) => prop_assert!(want == &got, "{schedule:?}\n{text}\n{want:?}\n{got:?}"),
            (Err(_), Err(_)) => {}
            (want, got) => prop_assert!(false, "{schedule:?}\n{text}\nfirst {want:?}\nthen {got:?}"),
        }
    }
    Ok(())
}

/// Shapes of one to four axes, some of extent 0 and 1, of at most some thousand elements.
fn shapes() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![
        4 => prop::collection::vec(1u64..40, 1..3),
        4 => prop::collection::vec(1u64..12, 3..5).prop_map(|mut s| { s[0] = s[0].min(6); s }),
        2 => (1u64..3000).prop_map(|n| vec![n]),
        1 => (70u64..200, 1u64..20).prop_map(|(n, m)| vec![n, m]),
        1 => (0u64..3, 1u64..4).prop_map(|(n, m)| vec![n, m]),
    ]
}

/// An array for a step, and the step.
fn cases(kernel: &'static str) -> impl Strategy<Value = (Data, Setting)> {
    let setting_of = move |(shape, dtype, seed, kind): (Vec<u64>, usize, u64, u8)| {
        let dtypes = params::dtypes(kernel);
        // Half of all in f64: there the order of additions shows.
        let dtype = if dtype % 2 == 0 { DType::F64 } else { dtypes[dtype / 2 % dtypes.len()] };
        let data = match kind {
            0 => tame(dtype, &shape, seed),
            1 => wild(dtype, &shape, seed),
            _ => fine(dtype, &shape, seed),
        };
        (Just(data), setting(kernel, shape))
    };
    (shapes(), any::<usize>(), any::<u64>(), 0u8..5).prop_flat_map(setting_of)
}

/// Each kernel of the registry alone, under any schedule.
fn kernel_is_invariant(kernel: &'static str) {
    let folder = Folder::new();
    let all = (cases(kernel), prop::collection::vec(schedules(), 3));
    let result = runner(24).run(&all, |((data, setting), schedules)| {
        folder.npy("x.npy", &data);
        let step = setting.step("s", "x");
        let text = format!("[inputs]\n{}{step}[outputs]\ns = \"s.npy\"\n", input("x", "x.npy", &data));
        same_under(&folder, &text, &schedules)
    });
    result.unwrap_or_else(|e| panic!("{kernel}: {e}"));
}

/// Some kernels from the registry, so that tests of several run side by side.
fn share(part: usize, parts: usize) {
    for info in registry().iter().skip(part).step_by(parts) {
        kernel_is_invariant(info.name);
    }
}

#[test]
fn kernels_under_any_schedule_1() {
    share(0, 3);
}

#[test]
fn kernels_under_any_schedule_2() {
    share(1, 3);
}

#[test]
fn kernels_under_any_schedule_3() {
    share(2, 3);
}

/// A kernel that nobody varies is not done.
#[test]
fn every_kernel_has_settings() {
    for info in registry() {
        assert!(settings(info.name).is_some(), "the kernel \"{}\" has no settings: add some", info.name);
    }
}
