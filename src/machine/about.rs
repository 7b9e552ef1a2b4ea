//! The machine in one line: what a figure needs beside it to mean anything.

use crate::storage::{file_system, memory_limit, processor, system};
use serde::Serialize;
use std::path::Path;

/// The machine, and what measured it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct About {
    /// Cores that this process may use.
    pub cores: usize,
    pub processor: Option<String>,
    /// The tightest limit on this process's memory.
    pub memory_bytes: u64,
    pub system: String,
    /// Of the folder that was measured.
    pub file_system: Option<String>,
    pub tilewise: String,
    /// The day, in UTC: `2026-11-26`.
    pub date: String,
    /// Whether the program was built without optimisation, which makes kernels many times slower.
    pub debug_build: bool,
}

impl About {
    /// This machine and the file system of a folder.
    pub fn here(folder: &Path) -> About {
        About {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: processor(),
            memory_bytes: memory_limit().map_or(0, |(bytes, _)| bytes),
            system: system(),
            file_system: file_system(folder),
            tilewise: env!("CARGO_PKG_VERSION").to_string(),
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            debug_build: cfg!(debug_assertions),
        }
    }
}
