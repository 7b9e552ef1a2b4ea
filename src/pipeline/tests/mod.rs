//! What pipelines accept, refuse and become, with kernels that only declare: nothing is computed.

mod errors;
mod graph;
mod kernels;
mod properties;
mod refusals;
mod words;

use super::{Graph, Pipeline, PipelineError};
use crate::array::{ArraySpec, DType};

/// A pipeline that nothing is wrong with; most tests change one thing.
const GOOD: &str = r#"# a comment
[inputs]
raw  = { path = "stack.npy", axes = "tyx" }
dark = { path = "dark.dat", dtype = "u16", shape = [8, 8], axes = "yx" }

[[step]]
name = "flat"
expr = "(raw - dark) / 4096"

[[step]]
kernel = "blur"
sigma = 1.5
axes = "yx"

[[step]]
name = "profile"
kernel = "fold"
from = "flat"
axes = "yx"

[outputs]
blur    = { path = "out/clean.npy", dtype = "u8" }
profile = "out/profile.npy"

[schedule]
memory = "512MiB"
"#;

fn specs() -> Vec<ArraySpec> {
    vec![ArraySpec::new(DType::U16, &[4, 8, 8]), ArraySpec::new(DType::U16, &[8, 8])]
}

fn parse(text: &str) -> Pipeline {
    Pipeline::parse(text).unwrap_or_else(|e| panic!("{}", e.render("p.toml", text)))
}

/// Everything from text to graph, with as many small arrays as there are inputs.
fn build(text: &str) -> Result<Graph, PipelineError> {
    let pipeline = Pipeline::parse(text)?;
    let specs: Vec<ArraySpec> = specs().into_iter().cycle().take(pipeline.inputs.len()).collect();
    pipeline.bind_with(&specs, kernels::TABLE)
}

/// The rendered error of a text.
fn shown(text: &str) -> String {
    match build(text) {
        Ok(_) => "accepted".to_string(),
        Err(e) => e.render("p.toml", text),
    }
}

/// The rendered error of the good pipeline with one thing changed.
fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    shown(&GOOD.replacen(from, to, 1))
}
