//! Paths between folders: what a path is called from elsewhere.
//!
//! Owns the arithmetic of relative paths. Refuses to know what lies at them.

use std::path::{Component, Path, PathBuf};

/// The absolute path of what may not exist: links are followed in folders that do. The last name is
/// kept, so that a link to a file keeps its own.
pub fn absolute(path: &Path) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut folder = full.as_path();
    while let Some(parent) = folder.parent() {
        // `x/..` is not the folder of x's parent where x is a link: only what exists can tell.
        if let Ok(real) = parent.canonicalize() {
            let rest = full.strip_prefix(parent).unwrap_or(Path::new(""));
            return tidy(&real.join(rest));
        }
        folder = parent;
    }
    full
}

/// `a/./b/../c` as `a/c`.
fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// What an absolute path is called from an absolute folder: `../stack.npy`.
pub fn relative_to(path: &Path, folder: &Path) -> PathBuf {
    let shared = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    let found: PathBuf = up.chain(path.components().skip(shared)).collect();
    if found.as_os_str().is_empty() { PathBuf::from(".") } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_elsewhere() {
        let name = |path: &str, folder: &str| relative_to(Path::new(path), Path::new(folder)).display().to_string();
        assert_eq!(name("/data/a/x.npy", "/data/a"), "x.npy");
        assert_eq!(name("/data/x.npy", "/data/a/b"), "../../x.npy");
        assert_eq!(name("/x", "/data"), "../x");
        assert_eq!(name("/data", "/data"), ".");
    }

    #[test]
    fn folders_are_followed_and_files_are_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let real = dir.path().canonicalize().expect("it exists");
        std::fs::create_dir(real.join("a")).expect("a folder");
        std::os::unix::fs::symlink(real.join("a"), real.join("b")).expect("a link");
        std::os::unix::fs::symlink(real.join("a"), real.join("a/link.npy")).expect("a link");
        assert_eq!(absolute(&real.join("b/link.npy")), real.join("a/link.npy"));
        assert_eq!(absolute(&real.join("b/none/./x/../y.npy")), real.join("a/none/y.npy"));
        assert_eq!(absolute(&real.join("b")), real.join("b"));
    }
}
