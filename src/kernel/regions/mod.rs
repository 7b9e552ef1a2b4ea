//! Regions of an array: connected components, and what they measure.
//!
//! Owns the blocks into which an array is cut for them (`blocks`), rows as runs (`runs`), what blocks keep while they wait for
//! others (`rim`), how components that reach over several blocks become one (`merge`), and what is found of labelled regions
//! (`measure`). Refuses to know other families.
//!
//! ```text
//! block ─► runs ─► components of the block ─► those on its rim meet other blocks ─► which numbers are one
//! block ─► runs ─► components of the block ─► numbers ─► output
//! ```

mod blocks;
mod label;
#[cfg(test)]
mod label_tests;
mod measure;
mod merge;
mod properties;
mod rim;
mod runs;

pub use self::label::LABEL;
pub use self::properties::REGION_PROPERTIES;
