//! Which files an input stands for, and in which order.

use super::*;

fn sandbox() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder for the test");
    for name in ["i10.png", "i2.JPG", "i1.tiff", "notes.txt", ".i3.png", "b/x.png", "a/deep/y.png"] {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, "").expect("written");
    }
    dir
}

fn find(dir: &Path, inputs: &[&str], subfolders: bool) -> Result<PictureFiles, StorageError> {
    let inputs: Vec<String> = inputs.iter().map(|i| dir.join(i).to_string_lossy().into_owned()).collect();
    PictureFiles::find(&inputs, subfolders)
}

fn names(dir: &Path, found: &PictureFiles) -> Vec<String> {
    let below = |p: &PathBuf| p.strip_prefix(dir).unwrap_or(p).display().to_string();
    found.paths.iter().map(below).collect()
}

#[test]
fn folders_give_their_pictures_in_natural_order() {
    let dir = sandbox();
    let found = find(dir.path(), &["."], false).expect("found");
    let plain = |p: &PathBuf| p.file_name().expect("a name").to_string_lossy().into_owned();
    assert_eq!(found.paths.iter().map(plain).collect::<Vec<_>>(), ["i1.tiff", "i2.JPG", "i10.png"]);
    let all = find(dir.path(), &["."], true).expect("found");
    assert_eq!(all.paths.iter().map(plain).collect::<Vec<_>>(), ["y.png", "x.png", "i1.tiff", "i2.JPG", "i10.png"]);
    assert!(!all.single && all.unnatural.is_none());
}

#[test]
fn links_in_circles_end() {
    let dir = sandbox();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("a/up")).expect("a link");
    assert_eq!(find(dir.path(), &["."], true).expect("found").paths.len(), 5);
}

#[test]
fn lists_keep_their_order_and_say_where_it_is_not_natural() {
    let dir = sandbox();
    let found = find(dir.path(), &["i10.png", "i2.JPG", "b/*.png"], false).expect("found");
    assert_eq!(names(dir.path(), &found), ["i10.png", "i2.JPG", "b/x.png"]);
    let (before, after) = found.unnatural.expect("two neighbours");
    assert!(before.ends_with("i10.png") && after.ends_with("i2.JPG"));
    let single = find(dir.path(), &["i2.JPG"], false).expect("found");
    assert!(single.single && single.unnatural.is_none());
    assert!(!find(dir.path(), &["i2.*"], false).expect("found").single);
}

#[test]
fn what_gives_no_picture_is_an_error_that_says_what_to_try() {
    let dir = sandbox();
    assert!(matches!(find(dir.path(), &["none*.png"], false), Err(StorageError::NotFound { .. })));
    let error = find(dir.path(), &["a"], false).expect_err("none").to_string();
    assert!(
        error.contains("holds no PNG, JPEG or TIFF") && error.contains("a/deep") && error.contains("*.png"),
        "{error}"
    );
    assert!(find(dir.path(), &["i*"], false).is_ok());
    let error = find(dir.path(), &["n*"], false).expect_err("no picture").to_string();
    assert!(error.contains("notes.txt"), "{error}");
}
