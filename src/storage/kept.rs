//! What a new file takes over from an older one, before anything is computed.
//!
//! Owns the copying: by the system where it can, which on file systems that share blocks moves nothing, else by reads and
//! writes; in pieces, each of which may have to wait for the disk as what is written otherwise. Refuses to know why the
//! old part still holds.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use super::{Output, StorageError, Stored};
use crate::array::{Facts, Order};

/// Bytes that are copied at a time: what is asked about between two of them waits no longer.
const PIECE_BYTES: u64 = 4 << 20;
/// Bytes that are read at a time where the system does not copy.
const BUFFER_BYTES: usize = 256 << 10;

impl Output {
    /// Fills the first `extent` indices along the slowest axis from an older file, which has the same array but for its
    /// extent along that axis. `go_on` is asked between pieces. Nobody else writes there meanwhile.
    pub fn take_over(&self, old: &Stored, extent: u64, go_on: &dyn Fn() -> bool) -> Result<(), StorageError> {
        let (facts, was) = (self.facts(), old.facts());
        if !fits(&facts, &was) {
            let (shape, dtype) = (&facts.spec.shape, facts.spec.dtype);
            let what = format!("{shape:?} of {dtype} does not continue {}", old.path().display());
            return Err(StorageError::options(self.path(), what));
        }
        // What has no axes is one of them.
        let along = |f: &Facts| slowest_axis(f).map_or(1, |a| f.spec.shape[a]);
        let Some(source) = old.map().filter(|_| extent <= along(&facts).min(along(&was))) else {
            return Err(StorageError::options(old.path(), format!("it does not hold {extent} indices to be kept")));
        };
        let row = facts.spec.bytes().unwrap_or(0) / along(&facts).max(1);
        let (map, dirty) = self.parts();
        let (mut at, end) = (0, row * extent);
        while at < end {
            if !go_on() {
                return Err(StorageError::Interrupted { path: self.path().to_path_buf() });
            }
            let piece = PIECE_BYTES.min(end - at);
            copy(source.file(), was.offset + at, map.file(), facts.offset + at..facts.offset + at + piece)
                .map_err(|e| StorageError::io(self.path(), "copy what is kept of the older file to it", e))?;
            dirty.add(map, facts.offset + at..facts.offset + at + piece);
            at += piece;
        }
        Ok(())
    }
}

/// The axis along which an array grows where bytes are added to its end.
pub fn slowest_axis(facts: &Facts) -> Option<usize> {
    match facts.spec.order {
        Order::C => (facts.spec.rank() > 0).then_some(0),
        Order::F => facts.spec.rank().checked_sub(1),
    }
}

/// Whether two arrays lie alike but for the extent of their slowest axis.
fn fits(new: &Facts, old: &Facts) -> bool {
    let others = |f: &Facts| {
        let mut shape = f.spec.shape.clone();
        slowest_axis(f).map(|a| shape.remove(a));
        shape
    };
    let lies = |f: &Facts| (f.spec.dtype, f.spec.order, f.endian, f.spec.rank(), f.decoded.is_none());
    lies(new) == lies(old) && others(new) == others(old)
}

/// Copies to a range of a file what lies from `from` on in another.
fn copy(source: &File, from: u64, target: &File, to: Range<u64>) -> std::io::Result<()> {
    let done = by_system(source, from, target, &to)?;
    let (mut from, mut to) = (from + done, to.start + done..to.end);
    let mut buffer = vec![0u8; BUFFER_BYTES.min((to.end - to.start) as usize)];
    while to.start < to.end {
        let n = buffer.len().min((to.end - to.start) as usize);
        source.read_exact_at(&mut buffer[..n], from)?;
        target.write_all_at(&buffer[..n], to.start)?;
        (from, to.start) = (from + n as u64, to.start + n as u64);
    }
    Ok(())
}

/// As much as the system copies by itself.
#[cfg(target_os = "linux")]
fn by_system(source: &File, mut from: u64, target: &File, to: &Range<u64>) -> std::io::Result<u64> {
    use rustix::io::Errno;
    let mut at = to.start;
    while at < to.end {
        let left = (to.end - at) as usize;
        match rustix::fs::copy_file_range(source, Some(&mut from), target, Some(&mut at), left) {
            // The end of the file, which reading tells better.
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::NOSPC) => return Err(Errno::NOSPC.into()),
            // File systems that cannot say so in many ways.
            Err(_) => break,
        }
    }
    Ok(at - to.start)
}

#[cfg(not(target_os = "linux"))]
fn by_system(_: &File, _: u64, _: &File, _: &Range<u64>) -> std::io::Result<u64> {
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{ArraySpec, DType, Endian, Region};
    use crate::storage::{OpenOptions, OutputOptions};

    #[test]
    fn what_is_kept_lies_where_it_lay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for (order, shape, longer) in [(Order::C, [600_000, 3], [600_001, 3]), (Order::F, [3, 600_000], [3, 600_002])] {
            let options = OutputOptions { order, endian: Endian::Big, overwrite: true, ..OutputOptions::default() };
            let old = Output::create(&path, &ArraySpec::new(DType::F32, &shape), &options).unwrap();
            let bytes: Vec<u8> = (0..shape[0] * shape[1]).flat_map(|i| (i as f32).to_ne_bytes()).collect();
            old.write(&Region::full(&shape), &bytes).unwrap();
            old.commit(false).unwrap();
            let open = || Stored::open("a.npy", folder.path(), &OpenOptions::default()).unwrap();
            let new = Output::create(&path, &ArraySpec::new(DType::F32, &longer), &options).unwrap();
            new.take_over(&open(), 600_000, &|| true).unwrap();
            assert!(new.take_over(&open(), 600_001, &|| true).is_err(), "more than there is");
            let stopped = new.take_over(&open(), 600_000, &|| false);
            assert!(matches!(stopped, Err(StorageError::Interrupted { .. })));
            new.commit(false).unwrap();
            let mut found = vec![0; bytes.len()];
            open().read(&Region::full(&shape), &mut found).unwrap();
            assert!(found == bytes, "{order:?}");
        }
        let other = Output::create(
            &path,
            &ArraySpec::new(DType::F32, &[9, 9]),
            &OutputOptions { overwrite: true, ..OutputOptions::default() },
        );
        let old = Stored::open("a.npy", folder.path(), &OpenOptions::default()).unwrap();
        assert!(other.unwrap().take_over(&old, 1, &|| true).is_err(), "another array");
    }

    #[test]
    fn reading_and_writing_does_what_the_system_does() {
        let mut source = tempfile::tempfile().unwrap();
        let target = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..700_000u32).map(|i| (i % 251) as u8).collect();
        std::io::Write::write_all(&mut source, &bytes).unwrap();
        copy(&source, 5, &target, 9..600_009).unwrap();
        let mut found = vec![0; 600_000];
        target.read_exact_at(&mut found, 9).unwrap();
        assert!(found == bytes[5..600_005]);
        assert!(copy(&source, 500_000, &target, 0..300_000).is_err(), "the source ends before");
    }
}
