//! Small arrays: what a run does without, so that it costs no more than its work.

use crate::support::{Data, Folder, input, tame};
use std::sync::Mutex;
use std::thread::ThreadId;
use tilewise::array::{ArraySpec, DType, Region, View, ViewMut};
use tilewise::engine::{Cancel, EngineError, Event, Observer, RunOptions};
use tilewise::job::{Job, JobError, JobOptions};
use tilewise::kernel::{
    Access, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Map, Order, Read, Scratch, ScratchSize, Sink,
    Source, Stage, StateSize, Variant, Work, Write,
};
use tilewise::pipeline::Pipeline;

/// One step from x to a result that is handed back.
fn text(data: &Data, step: &str) -> String {
    format!("[inputs]\n{}[[step]]\nname = \"y\"\n{step}\n[outputs]\ny = \"-\"\n", input("x", "x.npy", data))
}

fn prepare(folder: &Folder, text: &str, options: &JobOptions) -> Job {
    Job::prepare(&Pipeline::parse(text).unwrap(), &JobOptions { base: folder.path().into(), ..options.clone() })
        .unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// On which threads tiles were done.
#[derive(Default)]
struct Threads(Mutex<Vec<ThreadId>>);

impl Observer for Threads {
    fn event(&self, event: &Event) {
        if let Event::TileDone { .. } = event {
            self.0.lock().unwrap().push(std::thread::current().id());
        }
    }
}

#[test]
fn passes_of_one_tile_run_on_the_callers_thread() {
    let folder = Folder::new();
    let data = tame(DType::F32, &[40, 50], 1);
    folder.npy("x.npy", &data);
    let here = std::thread::current().id();
    for step in ["kernel = \"mean\"", "kernel = \"zscore\"", "kernel = \"cumsum\"\naxes = 0"] {
        for (tile, alone) in [(None, true), (Some(vec![16, 16]), false)] {
            let threads = Threads::default();
            let job = prepare(&folder, &text(&data, step), &JobOptions { tile, ..JobOptions::default() });
            let several = job.plan.passes.iter().any(|p| p.tiling.tile != p.pass.domain);
            job.run(&RunOptions::default(), &[&threads]).unwrap();
            let seen = threads.0.into_inner().unwrap();
            assert!(!seen.is_empty());
            if alone {
                assert!(seen.iter().all(|t| *t == here), "{step}");
            } else if several {
                assert!(seen.iter().any(|t| *t != here), "{step}");
            }
        }
    }
}

#[test]
fn what_is_worth_several_threads_has_several_tiles() {
    let folder = Folder::new();
    let data = tame(DType::F32, &[1024, 512], 6);
    folder.npy("x.npy", &data);
    // Reductions and normalisations read the array as a whole if it is one tile.
    for step in ["kernel = \"mean\"", "kernel = \"max\"\naxes = 0", "kernel = \"zscore\"", "expr = \"x * 2\""] {
        let job = prepare(&folder, &text(&data, step), &JobOptions { threads: Some(2), ..JobOptions::default() });
        let first = &job.plan.passes[0];
        let tiles: u64 = first.pass.domain.iter().zip(&first.tiling.tile).map(|(n, t)| n.div_ceil(*t)).product();
        assert!(tiles > 1, "{step}: {tiles}\n{}", job.explain());
    }
}

#[test]
fn small_results_stay_in_memory_and_count_in_the_budget() {
    let folder = Folder::new();
    let data = tame(DType::F64, &[1000, 1024], 2);
    folder.npy("x.npy", &data);
    let text = text(&data, "expr = \"x * 2\"");
    let bytes = 8 * 1000 * 1024u64;
    for (memory, in_memory) in [(4 * bytes, true), (4 * bytes - 1, false)] {
        let job = prepare(&folder, &text, &JobOptions { memory: Some(memory), ..JobOptions::default() });
        let (memory, disk) = (job.plan.memory, job.plan.disk_bytes);
        assert_eq!((memory.resident > bytes, disk), (in_memory, if in_memory { 0 } else { bytes }));
        assert!(memory.projected <= memory.budget);
        assert_eq!(job.explain().contains("handed back in memory"), in_memory, "{}", job.explain());
        let (_, outputs) = job.run(&RunOptions::default(), &[]).unwrap();
        let mut all = vec![0u8; bytes as usize];
        outputs[0].read(&Region::full(&[1000, 1024]), &mut all).unwrap();
        let twice: Vec<f64> = data.f64s().iter().map(|v| v * 2.0).collect();
        assert_eq!(all, twice.iter().flat_map(|v| v.to_ne_bytes()).collect::<Vec<_>>());
    }
    assert_eq!(folder.names(), ["x.npy"]);
}

#[test]
fn what_goes_to_a_file_goes_there_however_small() {
    let folder = Folder::new();
    let data = tame(DType::F32, &[3], 3);
    folder.npy("x.npy", &data);
    let text = text(&data, "expr = \"x + 1\"").replace("\"-\"", "\"y.npy\"");
    let job = folder.prepare(&text, &folder.options()).unwrap();
    assert_eq!(job.plan.disk_bytes, 12);
    let done = folder.finish(job, &[]).unwrap();
    assert_eq!(folder.outputs(&done)[0].f64s(), data.f64s().iter().map(|v| v + 1.0).collect::<Vec<_>>());
}

#[test]
fn cancelled_before_its_only_tile_it_gives_nothing() {
    let folder = Folder::new();
    let data = tame(DType::F32, &[30], 4);
    folder.npy("x.npy", &data);
    let text = text(&data, "expr = \"x + 1\"").replace("\"-\"", "\"y.npy\"");
    let job = folder.prepare(&text, &folder.options()).unwrap();
    let cancel = Cancel::default();
    cancel.cancel();
    let error = job.run(&RunOptions { cancel, ..RunOptions::default() }, &[]).unwrap_err();
    assert!(matches!(error, JobError::Engine(EngineError::Cancelled)), "{error}");
    assert_eq!(folder.names(), ["x.npy"]);
}

/// A kernel that breaks.
#[derive(Debug)]
struct Broken;

impl Kernel for Broken {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = inputs[0].clone();
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: vec![1; spec.rank()],
            order: Order::Any,
            reads: vec![Read { source: Source::Input(0), access: Access::point(spec.rank()) }],
            writes: vec![Write { sink: Sink::Output(0), access: Access::point(spec.rank()), spec }],
            state: StateSize::default(),
            scratch: ScratchSize::default(),
        };
        Ok(vec![Variant { name: "none", stages: vec![Stage { contract, work: Work::Map(Box::new(Broken)) }] }])
    }

    fn remark(&self) -> Option<String> {
        Some("it breaks".to_string())
    }
}

impl Map for Broken {
    fn map(&self, _: &Region, _: &[View], _: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        panic!("on purpose")
    }
}

static BROKEN: [KernelInfo; 1] = [KernelInfo {
    name: "broken",
    family: Family::Math,
    summary: "",
    doc: "",
    params: &[],
    example: "",
    parse: |_| Ok(Box::new(Broken)),
}];

#[test]
fn a_panic_on_the_callers_thread_is_an_error_too() {
    let folder = Folder::new();
    let data = tame(DType::F32, &[30], 5);
    folder.npy("x.npy", &data);
    let options = JobOptions { kernels: &BROKEN, ..JobOptions::default() };
    let job = prepare(&folder, &text(&data, "kernel = \"broken\""), &options);
    assert!(job.explain().contains("y: it breaks"), "{}", job.explain());
    let message = job.run(&RunOptions::default(), &[]).unwrap_err().to_string();
    assert!(message.contains("\"y\"") && message.contains("on purpose") && message.contains("defect"), "{message}");
}
