//! What a file system can do.
//!
//! Owns the names of those that must not be mapped for writing, and the question whether a file can be read and written past the
//! page cache. Refuses to choose.

use std::fs::File;
use std::path::Path;

use super::window::open_direct;

/// What is known of the file system of a file or a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Its name, of those that matter: `nfs`, `fuse`, `tmpfs`; empty for all others.
    pub name: &'static str,
    /// Whether files may be written through a map. Not where a failed write shows only after the page was given up.
    pub maps: bool,
    /// Whether it has a disk to go to past the page cache.
    pub has_disk: bool,
}

/// Magic numbers of `statfs(2)`, from linux/magic.h and the kernel's file systems.
const REMOTE: &[(i64, &str)] = &[
    (0x6969, "nfs"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x517b, "smb"),
    (0x6573_5546, "fuse"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "ceph"),
    (0x5346_414f, "afs"),
    (0x0bd0_0bd0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x1983_0326, "beegfs"),
];
const IN_MEMORY: &[(i64, &str)] = &[(0x0102_1994, "tmpfs"), (0x8584_58f6, "ramfs")];

/// What a file system can do, by a file or folder in it. One system call.
pub fn volume_of(path: &Path) -> Volume {
    #[cfg(target_os = "linux")]
    if let Ok(found) = rustix::fs::statfs(path) {
        // Some magic numbers fill 32 bits, which are signed on some machines.
        return of_magic(i64::from(found.f_type as u32));
    }
    let _ = path;
    Volume { name: "", maps: true, has_disk: true }
}

fn of_magic(magic: i64) -> Volume {
    let name = |table: &[(i64, &'static str)]| table.iter().find(|(m, _)| *m == magic).map(|(_, name)| *name);
    match (name(REMOTE), name(IN_MEMORY)) {
        (Some(name), _) => Volume { name, maps: false, has_disk: true },
        (_, Some(name)) => Volume { name, maps: true, has_disk: false },
        _ => Volume { name: "", maps: true, has_disk: true },
    }
}

/// Why files in a folder cannot be written past the page cache, if they cannot. Makes a file without a name there.
pub fn refuses_direct(folder: &Path) -> Option<String> {
    let file: File = tempfile::tempfile_in(folder).ok()?;
    open_direct(&file, true).err().map(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_are_elsewhere_are_not_mapped_for_writing() {
        assert_eq!(of_magic(0x6969), Volume { name: "nfs", maps: false, has_disk: true });
        assert_eq!(of_magic(0xff53_4d42).name, "cifs");
        assert_eq!(of_magic(0x0102_1994), Volume { name: "tmpfs", maps: true, has_disk: false });
        assert_eq!(of_magic(0xef53), Volume { name: "", maps: true, has_disk: true });
        assert!(volume_of(&std::env::temp_dir()).maps);
    }
}
