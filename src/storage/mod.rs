//! How bytes become arrays and back: mapped files, raw and `.npy`, stacks of pictures, and CSV.
//!
//! Owns files, mappings, formats and every `unsafe` that they need. Refuses to know kernels, plans,
//! tiles and threads: it serves regions to whoever asks.
//!
//! ```text
//! path + OpenOptions ─ open ─► Facts ─► Stored       read side of a run (source, layout, map, pictures, csv)
//!                                   └─► MappedArray  the library's numpy.memmap (mapped, slice, scalar)
//! path + ArraySpec ───────────────────► Output       write side of a run (output)
//! ```

mod csv;
mod direct;
mod dirty;
mod error;
mod gather;
#[cfg(test)]
mod io_tests;
mod kept;
mod layout;
mod machine;
mod map;
mod mapped;
mod memory;
mod new_file;
mod npy;
mod open;
mod output;
mod pattern;
mod pictures;
mod pins;
mod scalar;
mod select;
mod sigbus;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod volumes;
mod window;
mod writers;

use std::path::Path;

pub use crate::array::{SliceIndex, Taken};
pub use csv::{CsvOptions, TableColumn, TableInfo, write_csv};
pub use direct::Direct;
pub use error::StorageError;
pub use kept::slowest_axis;
pub use machine::{
    Faults, available_bytes, file_system, memory_limit, page_faults, private_bytes, processor, release_large_blocks,
    system,
};
pub use map::identity;
pub use mapped::{CreateOptions, MappedArray};
pub use memory::MemoryLayout;
pub use new_file::{FinishedFile, NewFile, check_target, write_whole};
pub use open::{Format, Mode, OpenOptions};
pub use output::{Output, OutputOptions, TileMut};
pub use pattern::matching;
pub use pictures::{
    Picture, PictureColor, PictureFiles, PictureFormat, PictureSet, Prepare, Skipped, encode_picture, picture_spec,
    write_png, write_tiff,
};
pub use scalar::{Scalar, ScalarError};
pub use select::Selection;
pub use sigbus::check_faults;
pub use source::Stored;
pub use volumes::{Volume, refuses_direct, volume_of};

/// Bytes that this user may still write to the file system of a folder; `None` where it cannot say,
/// as those without blocks (`/proc`) cannot.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(folder).ok().filter(|s| s.f_blocks > 0)?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}
