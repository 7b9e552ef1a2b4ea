//! Arrays larger than memory, tile by tile.
pub mod array;
pub mod cli;
pub mod engine;
pub mod job;
pub mod kernel;
pub mod pipeline;
pub mod plan;
pub mod report;
pub mod storage;
