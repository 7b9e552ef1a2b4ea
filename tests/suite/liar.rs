//! Promise 1 has a test that can fail: a kernel that takes more memory than it declares is found out by the very measure that all
//! kernels are held to.
//!
//! A kernel of the command is honest, so the dishonest one runs in this binary, started once more as a process of its own.

use super::command::Sandbox;
use super::memory::{BUDGET_BYTES, check, private_bytes};
use std::process::{Command, Stdio};
use std::time::Duration;
use tilewise::array::{ArraySpec, Region, View, ViewMut};
use tilewise::engine::RunOptions;
use tilewise::job::{Job, JobOptions};
use tilewise::kernel::*;
use tilewise::pipeline::{Pipeline, StepDecl};

/// What the second process is asked to take beyond its declaration, in bytes.
const ASKED: &str = "TILEWISE_TAKES_BYTES";

static KERNELS: [KernelInfo; 1] = [KernelInfo {
    name: "greedy",
    family: Family::Math,
    summary: "a copy that takes more memory than it says",
    doc: "For tests alone.",
    params: &[],
    example: "",
    parse: |_| Ok(Box::new(Greedy { bytes: asked().unwrap_or(0) })),
}];

#[derive(Clone, Debug)]
struct Greedy {
    bytes: usize,
}

impl Kernel for Greedy {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else { return Err(BindError::new("greedy takes one array")) };
        let point = || Access::point(input.rank());
        let contract = Contract {
            domain: input.shape.clone(),
            anchor: vec![1; input.rank()],
            order: Order::Any,
            reads: vec![Read { source: Source::Input(0), access: point() }],
            writes: vec![Write { sink: Sink::Output(0), spec: input.clone(), access: point() }],
            state: StateSize::default(),
            scratch: ScratchSize::default(),
        };
        Ok(vec![Variant { name: "tile", stages: vec![Stage { contract, work: Work::Map(Box::new(self.clone())) }] }])
    }
}

impl Map for Greedy {
    fn map(&self, _: &Region, inputs: &[View], outs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let taken = std::hint::black_box(vec![1u8; self.bytes]);
        std::thread::sleep(Duration::from_millis(20));
        let mut out = outs[0].data::<f32>();
        for row in inputs[0].rows::<f32>() {
            let (now, rest) = out.split_at_mut(row.len());
            now.copy_from_slice(row);
            out = rest;
        }
        drop(taken);
        Ok(())
    }
}

fn asked() -> Option<usize> {
    std::env::var(ASKED).ok()?.parse().ok()
}

/// The job of the second process; nothing where nobody asks.
#[test]
fn second_process() {
    if asked().is_none() {
        return;
    }
    let dir = Sandbox::new();
    dir.sparse_npy("x.npy", "<f4", &[400, 5000]);
    let pipeline = Pipeline::new()
        .input("x", dir.path("x.npy").display().to_string())
        .step(StepDecl::new("greedy"))
        .output("greedy", dir.path("y.npy").display().to_string());
    let options =
        JobOptions { kernels: &KERNELS, memory: Some(BUDGET_BYTES), threads: Some(2), ..JobOptions::default() };
    let job = Job::prepare(&pipeline, &options).expect("planned");
    println!("PROJECTED {}", job.plan.memory.projected);
    job.run(&RunOptions::default(), &[]).expect("runs");
}

/// Private memory that was seen of a process that takes so much, and what its plan projected.
fn measure(bytes: usize) -> (u64, u64) {
    let binary = std::env::current_exe().expect("this binary");
    let words = ["liar::second_process", "--exact", "--nocapture", "--test-threads=1"];
    let mut command = Command::new(binary);
    let mut child = command.args(words).env(ASKED, bytes.to_string()).stdout(Stdio::piped()).spawn().expect("starts");
    let mut seen = 0;
    // Before it is this binary anew, a process has the memory of these tests, and their words.
    let is_ours =
        |id: u32| std::fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|c| c.ends_with(b"--test-threads=1\0"));
    while child.try_wait().expect("a state").is_none() {
        seen = if is_ours(child.id()) { seen.max(private_bytes(child.id())) } else { seen };
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().expect("ended");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let projected = text.lines().find_map(|l| l.split("PROJECTED ").nth(1)?.trim().parse().ok());
    (seen, projected.unwrap_or_else(|| panic!("no projection in {text}")))
}

#[test]
fn a_kernel_that_takes_more_than_it_says_is_found() {
    let mut wrong = Vec::new();
    check("greedy with nothing", measure(0), &mut wrong);
    assert!(wrong.is_empty(), "an honest kernel is left alone: {wrong:?}");
    check("greedy with 64 MiB", measure(64 << 20), &mut wrong);
    assert_eq!(wrong.len(), 1, "it was not found");
    assert!(wrong[0].contains("greedy with 64 MiB"), "{wrong:?}");
}
