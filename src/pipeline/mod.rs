//! Pipelines: from TOML or Rust calls to a checked graph of bound kernels.
//!
//! Owns the words of a pipeline file, where each was written, and the rules by which names become
//! arrays. Refuses to know files, plans, tiles and threads: an input is a path nobody here opens,
//! and a graph is bound to [`ArraySpec`](crate::array::ArraySpec)s that the caller found.
//!
//! ```text
//! text ──parse──▶ Pipeline ──check──▶ kernels, order ──bind(specs)──▶ Graph
//! Rust calls, `apply` words ──▶ ▲ │ ◀── set("blur.sigma=2")
//!                                 └──▶ to_toml
//! ```

mod build;
mod check;
mod decl;
mod error;
mod fields;
mod graph;
mod places;
mod set;
mod sizes;
#[cfg(test)]
mod tests;
mod toml;
mod words;
mod write;

pub use decl::{InputDecl, OutputDecl, Pipeline, ScheduleDecl, StepDecl};
pub use error::{Location, PipelineError};
pub use graph::{ArrayRef, Graph, GraphInput, GraphOutput, GraphStep};
pub use places::{Places, Span};
pub use sizes::{format_bytes, parse_bytes};
pub use words::parse_step_words;
