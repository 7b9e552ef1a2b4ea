//! What the machine allows: the tightest memory limit, and what this process holds.
//!
//! Owns the reading of `/proc` and of cgroups, of both versions and at every level. The parts that
//! decide work on text and are tested on it. Refuses to choose a budget.

use std::path::{Path, PathBuf};

use super::open::read_small;

/// Limits at or above this many bytes stand for "none" (cgroup v1 writes a huge number).
const UNLIMITED_BYTES: u64 = 1 << 60;

/// The least memory that any limit leaves to this process, in bytes, and what sets it: physical memory,
/// or a cgroup (v1 or v2) at any level up to the root. `None` where nothing is known.
pub fn memory_limit() -> Option<(u64, String)> {
    let read = |p: &str| read_small(Path::new(p)).unwrap_or_default();
    tightest(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"), &read("/proc/meminfo"), read_small)
}

/// Bytes of private memory that this process holds now: `RssAnon`, which leaves mapped files out. From `statm`, which
/// the system writes some ten times faster than `status`.
pub fn private_bytes() -> Option<u64> {
    private_of(&read_small(Path::new("/proc/self/statm"))?, rustix::param::page_size() as u64)
}

/// Page faults of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Those that waited for the disk.
    pub major: u64,
    pub minor: u64,
}

impl Faults {
    /// What came after an earlier count.
    pub fn since(self, earlier: Faults) -> Faults {
        Faults { major: self.major.saturating_sub(earlier.major), minor: self.minor.saturating_sub(earlier.minor) }
    }
}

/// Page faults of this process so far, all threads together.
pub fn page_faults() -> Faults {
    // SAFETY: a plain struct of numbers, for which zeros are valid.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the struct is ours and of the right type.
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) } != 0 {
        return Faults::default();
    }
    Faults { major: usage.ru_majflt.max(0) as u64, minor: usage.ru_minflt.max(0) as u64 }
}

/// The second number of `statm` is all resident pages, the third those that are shared or of files.
fn private_of(statm: &str, page_bytes: u64) -> Option<u64> {
    let mut numbers = statm.split_ascii_whitespace().skip(1).map(|n| n.parse::<u64>().ok());
    let (resident, shared) = (numbers.next()??, numbers.next()??);
    Some(resident.saturating_sub(shared) * page_bytes)
}

/// Bytes that could be had without swapping, as the system estimates (`MemAvailable`), within the limit of
/// this process.
pub fn available_bytes() -> Option<u64> {
    let available = kib_field(&read_small(Path::new("/proc/meminfo"))?, "MemAvailable:")?;
    Some(memory_limit().map_or(available, |(limit, _)| limit.min(available)))
}

/// The processor's name, where the system tells.
pub fn processor() -> Option<String> {
    let text = read_small(Path::new("/proc/cpuinfo"))?;
    let line = text.lines().find_map(|l| l.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).trim().to_string())
}

/// The system and its release: `Linux 6.18.1`.
pub fn system() -> String {
    let release = read_small(Path::new("/proc/sys/kernel/osrelease")).unwrap_or_default();
    let name = if cfg!(target_os = "linux") { "Linux" } else { std::env::consts::OS };
    format!("{name} {}", release.trim()).trim().to_string()
}

/// The kind of file system that holds a folder: `ext4`, `tmpfs`.
pub fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = read_small(Path::new("/proc/self/mountinfo"))?;
    file_system_of(&mounts, &folder).map(str::to_string)
}

/// Of mounts at the same point the last one is on top.
fn file_system_of<'a>(mounts: &'a str, folder: &Path) -> Option<&'a str> {
    let holds = mounts.lines().filter_map(Mount::parse).filter(|m| folder.starts_with(&m.point));
    holds.max_by_key(|m| m.point.components().count()).map(|m| m.kind)
}

/// From now on, blocks of 256 KiB and more go back to the system the moment they are freed. For commands that make
/// frames in one thread and free them in another: the GNU allocator raises that size by itself, up to 32 MiB, and then each thread's
/// part of the memory keeps the most that it ever held. Does nothing with other allocators.
pub fn release_large_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: this sets a number that the allocator reads, and may be called at any time.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 256 << 10);
    }
}

/// A line such as `MemTotal:  16384 kB`, in bytes.
fn kib_field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|l| l.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn tightest(
    cgroups: &str,
    mounts: &str,
    meminfo: &str,
    read: impl Fn(&Path) -> Option<String>,
) -> Option<(u64, String)> {
    let physical = kib_field(meminfo, "MemTotal:").map(|bytes| (bytes, "physical memory".to_string()));
    let groups = limit_files(cgroups, mounts).into_iter().filter_map(|file| {
        let bytes = read(&file)?.trim().parse::<u64>().ok().filter(|b| *b < UNLIMITED_BYTES)?;
        Some((bytes, format!("cgroup limit {}", file.display())))
    });
    // The first of equals, so that a limit that only repeats the physical memory is not blamed.
    physical.into_iter().chain(groups).min_by_key(|(bytes, _)| *bytes)
}

/// The limit files of this process's memory cgroups, from its own level up to the mount.
fn limit_files(cgroups: &str, mounts: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in cgroups.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let v2 = controllers.is_empty();
        if !v2 && !controllers.split(',').any(|c| c == "memory") {
            continue;
        }
        // memory.high does not refuse memory, but a process above it is slowed to a crawl.
        let names: &[&str] = if v2 { &["memory.max", "memory.high"] } else { &["memory.limit_in_bytes"] };
        for mount in mounts.lines().filter_map(Mount::parse).filter(|m| m.carries_memory(v2)) {
            let below = mount.relative(path);
            let mut level = mount.point.join(&below);
            for _ in 0..=below.components().count() {
                files.extend(names.iter().map(|n| level.join(n)));
                level.pop();
            }
        }
    }
    files
}

struct Mount<'a> {
    /// The part of the hierarchy that is mounted.
    root: &'a str,
    point: PathBuf,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    /// A line of mountinfo: `36 35 98:0 /root /point rw,noatime shared:1 - cgroup2 cgroup2 rw`.
    fn parse(line: &'a str) -> Option<Mount<'a>> {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(3);
        let (root, point) = (left.next()?, left.next()?);
        let mut right = right.split(' ');
        let (kind, options) = (right.next()?, right.nth(1)?);
        Some(Mount { root, point: PathBuf::from(unescape(point)), kind, options })
    }

    fn carries_memory(&self, v2: bool) -> bool {
        if v2 {
            self.kind == "cgroup2"
        } else {
            self.kind == "cgroup" && self.options.split(',').any(|o| o == "memory")
        }
    }

    /// Where a cgroup path lies below the mount point. In a container the path may be that of the
    /// host, of which nothing can be seen but the mount itself.
    fn relative(&self, path: &str) -> PathBuf {
        let inside = Path::new(path).strip_prefix(self.root).unwrap_or(Path::new(""));
        let plain = inside.components().all(|c| matches!(c, std::path::Component::Normal(_)));
        if plain { inside.to_path_buf() } else { PathBuf::new() }
    }
}

/// Spaces and the like are written as octal escapes.
fn unescape(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_string(), |t, (from, to)| t.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &str = "MemTotal:       16384000 kB\nMemFree:         1000 kB\n";
    const V2: &str = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    const V1: &str = "33 24 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                      34 24 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n";

    fn with(files: &[(&str, &str)]) -> impl Fn(&Path) -> Option<String> {
        let files: Vec<(PathBuf, String)> = files.iter().map(|(p, t)| (p.into(), t.to_string())).collect();
        move |path| files.iter().find(|(p, _)| p == path).map(|(_, t)| t.clone())
    }

    #[test]
    fn every_level_of_v2_counts() {
        let files = with(&[
            ("/sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("/sys/fs/cgroup/a/memory.max", "1000000\n"),
            ("/sys/fs/cgroup/a/memory.high", "2000000\n"),
        ]);
        let (bytes, what) = tightest("0::/a/b\n", V2, MEMINFO, files).expect("known");
        assert_eq!((bytes, what.as_str()), (1_000_000, "cgroup limit /sys/fs/cgroup/a/memory.max"));
    }

    #[test]
    fn every_level_of_v1_counts_and_its_huge_number_is_none() {
        let groups = "5:memory:/job/task\n4:cpu,cpuacct:/job\n0::/\n";
        let files = with(&[
            ("/sys/fs/cgroup/memory/job/task/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "4096000\n"),
            ("/sys/fs/cgroup/cpu/job/memory.limit_in_bytes", "1\n"),
        ]);
        let (bytes, what) = tightest(groups, V1, MEMINFO, files).expect("known");
        assert_eq!(bytes, 4_096_000);
        assert!(what.ends_with("memory/job/memory.limit_in_bytes"), "{what}");
    }

    #[test]
    fn containers_see_only_their_own_mount() {
        let mounts = "33 24 0:29 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        let files = [("/sys/fs/cgroup/memory/memory.limit_in_bytes", "777\n")];
        for path in ["/docker/abc", "/elsewhere", "/../../x"] {
            let groups = format!("5:memory:{path}\n");
            assert_eq!(tightest(&groups, mounts, MEMINFO, with(&files)).map(|f| f.0), Some(777), "{path}");
        }
    }

    #[test]
    fn without_cgroups_physical_memory_is_the_limit() {
        let found = tightest("", "", MEMINFO, |_| None);
        assert_eq!(found, Some((16_384_000 * 1024, "physical memory".to_string())));
        assert_eq!(tightest("junk\n:::\n0::/a", "x - y", "MemTotal: many kB", |_| None), None);
    }

    #[test]
    fn the_innermost_mount_names_the_file_system() {
        let mounts = "1 1 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 / /data rw - ext4 /dev/b rw\n\
                      3 2 0:5 / /data rw - xfs /dev/c rw\n4 1 0:9 / /data/my\\040set rw - tmpfs t rw\n";
        let of = |path: &str| file_system_of(mounts, Path::new(path));
        assert_eq!(of("/home/a"), Some("ext4"));
        assert_eq!(of("/data/x"), Some("xfs"));
        assert_eq!(of("/data/my set/x"), Some("tmpfs"));
        assert_eq!(of("/database"), Some("ext4"));
        assert_eq!(file_system_of("", Path::new("/")), None);
    }

    #[test]
    fn this_machine_is_readable() {
        assert!(available_bytes().is_some_and(|bytes| bytes > 1 << 20));
        assert!(memory_limit().is_some_and(|(bytes, _)| bytes > 1 << 20));
        assert!(private_bytes().is_some_and(|bytes| bytes > 4096));
    }

    #[test]
    fn private_memory_is_what_is_resident_and_not_of_files() {
        assert_eq!(private_of("9000 700 300 5 0 400 0\n", 4096), Some(400 * 4096));
        assert_eq!(private_of("9000 700\n", 4096), None);
        // The two ways to ask agree, but for what moved in between.
        let status = read_small(Path::new("/proc/self/status")).unwrap_or_default();
        let (of_status, of_statm) = (kib_field(&status, "RssAnon:"), private_bytes());
        let apart = of_status.zip(of_statm).map(|(a, b)| a.abs_diff(b));
        assert!(apart.is_some_and(|d| d < 8 << 20), "{of_status:?} {of_statm:?}");
    }
}
