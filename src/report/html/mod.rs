//! A finished run as one page of HTML that needs nothing else: no network, no scripts, no files.
//!
//! Owns what the page says and how it looks. Everything that came from a user is text: the templates
//! escape it. Refuses to know where the page goes and how the run was started.
//!
//! ```text
//! Timeline (listens to the run) ─┐
//! Problem, Plan, RunReport ──────┼─► Page ─► page, graph (layers), charts (axis) ─► HTML
//! inputs, outputs ─ sample ──────┘        histogram, thumbnail
//! ```

mod arrays;
mod axis;
mod charts;
mod graph;
mod histogram;
mod layers;
mod page;
mod sample;
mod thumbnail;
mod timeline;

pub use page::Page;
pub use thumbnail::{Line, Thumbnail, thumbnail};
pub use timeline::Timeline;
