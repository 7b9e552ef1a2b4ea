//! Tilewise processes arrays that are larger than memory.
//!
//! It maps a file, cuts the array into tiles under a memory budget, runs fused chains of kernels over
//! the tiles on all cores, and writes results to files that appear only when they are complete.
//!
//! [`job::Job`] is the front door: a [`pipeline::Pipeline`] (from TOML or built here) is opened,
//! planned, explained and run. [`storage::MappedArray`] is one mapped file as a library object.
//!
//! ```
//! use tilewise::array::{ArraySpec, DType};
//! use tilewise::job::{Job, JobOptions};
//! use tilewise::pipeline::{Pipeline, StepDecl};
//! use tilewise::storage::{CreateOptions, MappedArray, OpenOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let (stack, smooth) = (folder.path().join("stack.npy"), folder.path().join("smooth.npy"));
//! let spec = ArraySpec::new(DType::U16, &[4, 64, 80]);
//! let mut array = MappedArray::create(&stack, &spec, &CreateOptions::default())?;
//! array.view_mut::<u16>()?[[2, 10, 20]] = 1000;
//! array.close()?;
//!
//! let pipeline = Pipeline::new()
//!     .input("raw", stack.display().to_string())
//!     .step(StepDecl::new("gaussian").param("sigma", 2.0).param("axes", vec![1, 2]))
//!     .output("gaussian", smooth.display().to_string());
//! let job = Job::prepare(&pipeline, &JobOptions { memory: Some(64 << 20), ..JobOptions::default() })?;
//! println!("{}", job.explain());
//! job.run(&Default::default(), &[])?;
//!
//! let result = MappedArray::open(&smooth, &OpenOptions::default())?;
//! assert!(result.view::<u16>()?[[2, 10, 20]] > 0);
//! # Ok(())
//! # }
//! ```

pub mod array;
pub mod cli;
pub mod engine;
pub mod job;
pub mod kernel;
pub mod machine;
pub mod pipeline;
pub mod plan;
pub mod report;
pub mod storage;

// The page is true as long as its example runs.
#[cfg(doctest)]
#[doc = include_str!("../docs/adding-a-kernel.md")]
struct AddingAKernel;
