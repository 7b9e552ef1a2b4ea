//! The one integration binary: each module below asks one question of the whole.
//!
//! One binary links once, where a binary for each file would link the library again and again.
//! A new question is one file under `suite/` and one line here.

#[path = "suite/append.rs"]
mod append;
#[path = "suite/bench.rs"]
mod bench;
#[path = "suite/cli.rs"]
mod cli;
#[path = "suite/command.rs"]
mod command;
#[path = "suite/convert/mod.rs"]
mod convert;
#[path = "suite/csv.rs"]
mod csv;
#[path = "suite/engine.rs"]
mod engine;
#[path = "suite/golden.rs"]
mod golden;
#[path = "suite/invariance/mod.rs"]
mod invariance;
#[path = "suite/io.rs"]
mod io;
#[path = "suite/lengths.rs"]
mod lengths;
#[path = "suite/liar.rs"]
mod liar;
#[path = "suite/memory.rs"]
mod memory;
#[path = "suite/oracle/mod.rs"]
mod oracle;
#[path = "suite/plans.rs"]
mod plans;
#[path = "suite/provenance.rs"]
mod provenance;
#[path = "suite/refusals.rs"]
mod refusals;
#[path = "suite/report.rs"]
mod report;
#[path = "suite/sampling.rs"]
mod sampling;
#[path = "suite/scale.rs"]
mod scale;
#[path = "suite/small.rs"]
mod small;
#[path = "suite/stats.rs"]
mod stats;
#[path = "suite/support.rs"]
mod support;
#[path = "suite/tidy/mod.rs"]
mod tidy;
#[path = "suite/view/mod.rs"]
mod view;
