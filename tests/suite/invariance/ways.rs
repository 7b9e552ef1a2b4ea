//! Ways that no small array and no ordinary machine would make the planner take, taken alone.

use super::reference;
use crate::support::{Folder, input, wild};
use tilewise::array::{ArraySpec, DType, IoChoice};
use tilewise::job::JobOptions;
use tilewise::kernel::dataset::TRANSPOSE;
use tilewise::kernel::{BindError, Kernel, KernelInfo, Params, Variant};

/// The last way of a kernel and no other.
#[derive(Debug)]
struct LastWay(Box<dyn Kernel>);

impl Kernel for LastWay {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let ways = self.0.bind(inputs)?;
        let last = ways.len() - 1;
        Ok(ways.into_iter().skip(last).collect())
    }
}

fn last_way(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    Ok(Box::new(LastWay((TRANSPOSE.parse)(params)?)))
}

static LAST_WAYS: [KernelInfo; 1] = [KernelInfo { parse: last_way, ..TRANSPOSE }];

/// Arrays just large enough for it, with extents that blocks do not divide, and records that stay together.
#[test]
fn a_transpose_over_blocks() {
    let folder = Folder::new();
    for (dtype, shape, axes) in [
        (DType::U8, &[1100u64, 1030][..], "[1, 0]"),
        (DType::F32, &[70, 65, 300], "[2, 0, 1]"),
        (DType::C128, &[40, 50, 60], "[2, 0, 1]"),
        (DType::I16, &[300, 400, 9], "[1, 0, 2]"),
    ] {
        let data = wild(dtype, shape, 3);
        folder.npy("x.npy", &data);
        let step = format!("[[step]]\nname = \"y\"\nkernel = \"transpose\"\naxes = {axes}\n");
        let text = format!("[inputs]\n{}{step}[outputs]\ny = \"y.npy\"\n", input("x", "x.npy", &data));
        let want = folder.run(&text, &reference(&folder)).unwrap();
        for (threads, tile, memory, io) in [
            (1, None, 1 << 30, IoChoice::Auto),
            (2, None, 10 << 20, IoChoice::Auto),
            (2, None, 10 << 20, IoChoice::Pwrite),
            (3, Some(vec![3, 17, 5]), 1 << 30, IoChoice::Auto),
            (2, Some(vec![64, 70, 5]), 1 << 30, IoChoice::Pwrite),
            (1, Some(vec![u64::MAX; 3]), 1 << 30, IoChoice::Mmap),
        ] {
            let usual = JobOptions { kernels: &LAST_WAYS, memory: Some(memory), ..folder.options() };
            let options = JobOptions { threads: Some(threads), tile, io: Some(io), ..usual };
            let job = folder.prepare(&text, &options).unwrap();
            assert_eq!(job.plan.passes.len(), 2, "{}", job.explain());
            let explained = job.explain();
            let done = folder.finish(job, &[]).unwrap();
            assert!(folder.outputs(&done) == want, "{explained}");
        }
    }
}
