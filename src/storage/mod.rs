//! How bytes become arrays and back: mapped files, raw and `.npy`, stacks of pictures, and CSV.
//!
//! Owns files, mappings, formats and every `unsafe` that they need. Refuses to know kernels, plans,
//! tiles and threads: it serves regions to whoever asks.
//!
//! ```text
//! path + OpenOptions ─ open ─► Facts ─► Stored       read side of a run (source, layout, map, images, csv)
//!                                   └─► MappedArray  the library's numpy.memmap (mapped, slice, scalar)
//! path + ArraySpec ───────────────────► Output       write side of a run (output)
//! ```

mod csv;
mod error;
mod frames;
mod images;
mod layout;
mod machine;
mod map;
mod mapped;
mod npy;
mod open;
mod output;
mod pattern;
mod scalar;
mod sigbus;
mod slice;
mod source;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use csv::{CsvOptions, TableColumn, TableInfo, write_csv};
pub use error::StorageError;
pub use frames::write_png;
pub use machine::{memory_limit, private_bytes};
pub use map::identity;
pub use mapped::{CreateOptions, MappedArray};
pub use open::{Format, Mode, OpenOptions};
pub use output::{Output, OutputOptions, TileMut};
pub use scalar::{Scalar, ScalarError};
pub use sigbus::check_faults;
pub use slice::SliceIndex;
pub use source::Stored;

/// Bytes that this user may still write to the file system of a folder; `None` where it cannot say,
/// as those without blocks (`/proc`) cannot.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(folder).ok().filter(|s| s.f_blocks > 0)?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}
