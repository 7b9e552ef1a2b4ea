//! Arrays larger than memory, tile by tile.
pub mod array;
pub mod kernel;
pub mod storage;
