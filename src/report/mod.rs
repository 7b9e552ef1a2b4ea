//! What people and programs are told: progress while a run lasts, a summary at its end.
//!
//! Owns wording and layout. Refuses to know how a run works: it listens to events and reads plans
//! and reports.

pub mod draw;
mod histogram;
pub mod html;
mod number;
mod progress;
mod summary;
mod table;

pub use histogram::Histogram;
pub use number::show_number;
pub use progress::Progress;
pub use summary::{Summary, show_count, show_duration, show_rate};
pub use table::Table;
