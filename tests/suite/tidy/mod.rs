//! Holds the shape of the code: import arrows, the place of `unsafe`, no maths of the system, lengths, opening docs, no
//! panics, no large files.
//!
//! Each rule runs over the repository here, and over a snippet that breaks it in `snippets`.

mod paths;
mod rules;
mod snippets;
mod source;

use rules::Breach;
use source::Source;
use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The folders whose Rust files the rules read.
const FOLDERS: [&str; 4] = ["src", "tests", "benches", "python"];

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(&path, found);
        } else if name.ends_with(".rs") {
            let short = path.strip_prefix(ROOT).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source::parse(&short, &fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Marks as tests what other files declare under `#[cfg(test)]`.
fn mark_test_modules(sources: &mut [Source]) {
    let modules: Vec<String> = sources.iter().flat_map(|s| s.test_modules.clone()).collect();
    for source in sources {
        let whole = source.path.trim_end_matches(".rs");
        if modules.iter().any(|m| whole == m || whole.starts_with(&format!("{m}/"))) {
            source.mark_all_as_test();
        }
    }
}

fn repository() -> Vec<Source> {
    let mut sources = Vec::new();
    FOLDERS.iter().for_each(|folder| collect(&Path::new(ROOT).join(folder), &mut sources));
    mark_test_modules(&mut sources);
    assert!(sources.iter().any(|s| s.path == "src/lib.rs"), "no src/lib.rs under {ROOT}");
    sources
}

/// Files that git tracks, with their sizes. None where this is no git work tree.
fn tracked() -> Vec<(String, u64)> {
    let output = Command::new("git").args(["-C", ROOT, "ls-files", "-z"]).output();
    let Some(output) = output.ok().filter(|o| o.status.success()) else { return Vec::new() };
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    let size = |path: &str| Some((path.to_owned(), fs::symlink_metadata(Path::new(ROOT).join(path)).ok()?.len()));
    list.split('\0').filter(|p| !p.is_empty()).filter_map(size).collect()
}

#[track_caller]
fn hold(breaches: Vec<Breach>) {
    let lines: Vec<String> = breaches.iter().map(Breach::to_string).collect();
    assert!(lines.is_empty(), "{} of a rule broken:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn layers_know_only_whom_they_may() {
    hold(rules::arrows(&repository()));
}

#[test]
fn pure_layers_name_no_files_or_threads() {
    hold(rules::purity(&repository()));
}

#[test]
fn kernels_use_no_maths_of_the_system() {
    hold(rules::system_maths(&repository()));
}

#[test]
fn unsafe_keeps_to_its_places() {
    hold(rules::unsafe_places(&repository()));
}

#[test]
fn every_unsafe_says_why_it_holds() {
    hold(rules::safety_comments(&repository()));
}

#[test]
fn files_are_short() {
    hold(rules::file_lengths(&repository()));
}

#[test]
fn functions_are_short() {
    hold(rules::function_lengths(&repository()));
}

#[test]
fn files_open_with_what_they_own() {
    hold(rules::opening_docs(&repository()));
}

#[test]
fn nothing_panics_outside_tests() {
    hold(rules::panics(&repository()));
}

#[test]
fn tracked_files_are_small() {
    hold(rules::tracked_sizes(&tracked()));
}
