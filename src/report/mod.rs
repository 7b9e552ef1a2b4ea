//! What people and programs are told: progress while a run lasts, a summary at its end.
//!
//! Owns wording and layout. Refuses to know how a run works: it listens to events and reads plans
//! and reports.

mod histogram;
mod number;
mod picture;
mod progress;
mod summary;
mod table;

pub use histogram::Histogram;
pub use number::show_number;
pub use picture::Picture;
pub use progress::Progress;
pub use summary::{Summary, show_count, show_duration, show_rate};
pub use table::Table;
