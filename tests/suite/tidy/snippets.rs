//! Each rule goes red on a snippet that breaks it, and stays green on what only looks like it.

use super::rules::{self, Breach};
use super::source::Source;
use super::{mark_test_modules, paths};

/// The lines (counted from 1) at which a rule finds one file at fault.
fn lines(rule: fn(&[Source]) -> Vec<Breach>, path: &str, text: &str) -> Vec<usize> {
    rule(&[Source::parse(path, text)]).iter().map(|b| b.line).collect()
}

const NONE: [usize; 0] = [];

#[test]
fn strings_and_comments_are_not_code() {
    let text = r##"let a = "unsafe \" unsafe"; // unsafe
let b = r#"unsafe " unsafe"#; /* unsafe /* nested */ unsafe */ let c = '"';
let d: &'static str = "two
unsafe lines"; let e = ('\'', b'"', '\u{1F600}'); let r#unsafely = 1;
"##;
    let source = Source::parse("src/a.rs", text);
    assert!(!source.tokens.iter().any(|t| t.is("unsafe")), "{:?}", source.code);
    assert!(source.tokens.iter().any(|t| t.is("static")), "a lifetime opens no character");
    assert_eq!(source.tokens.iter().find(|t| t.is("unsafely")).map(|t| t.line), Some(3));
    assert_eq!(source.lines(), 4);
}

#[test]
fn what_only_tests_compile_is_known() {
    let text = "\
fn a() {}
#[cfg(test)]
#[derive(Debug)]
struct B([u8; 4]);
#[cfg(not(test))]
fn c() {}
#[cfg(any(test, unix))]
fn d() {}
#[cfg(all(test, unix))]
mod tests {
    fn e() {}
}
#[test]
fn f() {}
struct G {
    #[cfg(test)]
    h: u8,
    i: u8,
}
";
    let source = Source::parse("src/a.rs", text);
    let found: Vec<usize> = source.test_lines.iter().map(|l| l + 1).collect();
    assert_eq!(found, [2, 3, 4, 9, 10, 11, 12, 13, 14, 16, 17]);
    let whole = Source::parse("src/a.rs", "//! Help.\n#![cfg(test)]\nfn a() {}\n");
    assert!(whole.is_test(2));
}

#[test]
fn files_declared_for_tests_are_tests() {
    let parent = "#[cfg(test)]\nmod trial;\n#[cfg(test)]\n#[path = \"odd_name.rs\"]\nmod tests;\nmod real;\n";
    let bad = "fn a() { x.unwrap() }\n";
    for (home, files) in [
        ("src/kernel/mod.rs", ["src/kernel/trial.rs", "src/kernel/trial/deep.rs", "src/kernel/odd_name.rs"]),
        ("src/kernel/sum.rs", ["src/kernel/sum/trial.rs", "src/kernel/sum/trial/mod.rs", "src/kernel/odd_name.rs"]),
    ] {
        let mut sources = vec![Source::parse(home, parent), Source::parse("src/kernel/real.rs", bad)];
        sources.extend(files.map(|f| Source::parse(f, bad)));
        mark_test_modules(&mut sources);
        let found: Vec<String> = rules::panics(&sources).into_iter().map(|b| b.path).collect();
        assert_eq!(found, ["src/kernel/real.rs"], "{home}");
    }
}

#[test]
fn use_trees_are_spelt_out() {
    let text = "use std::{fs::{self, File}, io::*};\nlet a = super::super::plan::B::<u8>::new();\nuse self::x as y;\n";
    let found = paths::paths(&Source::parse("src/kernel/sum.rs", text));
    let found: Vec<String> = found.iter().map(|p| p.segments.join("::")).filter(|p| p.contains("::")).collect();
    assert_eq!(found, ["std::fs", "std::fs::File", "std::io::*", "crate::plan::B", "crate::kernel::sum::x"]);
}

#[test]
fn arrows_go_red() {
    for (path, text, at) in [
        ("src/kernel/sum.rs", "//! A.\nuse crate::engine::Worker;\n", 2),
        ("src/kernel/sum.rs", "//! A.\nuse crate::{array::View, storage};\n", 2),
        ("src/kernel/sum.rs", "use crate::{\n    array::View,\n    plan::{Pass, Plan},\n};\n", 3),
        ("src/kernel/reduce/sum.rs", "use super::super::super::plan::Pass;\n", 1),
        ("src/kernel/sum.rs", "mod deep {\n    fn a() -> super::super::super::plan::Pass {}\n}\n", 2),
        ("src/array/mod.rs", "fn a(b: &crate::kernel::Params) {}\n", 1),
        ("src/storage/raw.rs", "fn a() { crate::pipeline::parse() }\n", 1),
        ("src/engine/mod.rs", "use crate::report::Bar;\n", 1),
        ("src/main.rs", "use tilewise::engine::run;\n", 1),
        ("src/plan/mod.rs", "use crate::*;\n", 1),
        ("src/plan/mod.rs", "use crate::Plan;\n", 1),
        ("src/extra/mod.rs", "//! A.\n", 1),
        ("src/extra.rs", "//! A.\n", 1),
        ("python/src/job.rs", "use tilewise::plan::Plan;\n", 1),
        ("python/src/job.rs", "use tilewise::{job::Job, machine};\n", 1),
        ("python/src/job.rs", "use tilewise::Job;\n", 1),
        ("src/job/mod.rs", "use tilewise::python::Job;\n", 1),
    ] {
        let found = lines(rules::arrows, path, text);
        assert!(!found.is_empty() && found.iter().all(|l| *l == at), "{path}: {text} {found:?}");
    }
}

#[test]
fn arrows_stay_green() {
    for (path, text) in [
        ("src/engine/mod.rs", "use crate::{array::View, engine::run, kernel, plan::Plan, storage};\n"),
        (
            "src/kernel/reduce/sum.rs",
            "use super::super::{Params, axes};\nuse crate::array::View;\npub(crate) fn a() {}\n",
        ),
        ("src/kernel/sum.rs", "#[cfg(test)]\nmod tests {\n    use crate::engine::run;\n}\n"),
        ("src/kernel/sum.rs", "// crate::engine\nlet a = \"crate::engine\";\n"),
        ("src/main.rs", "fn main() { tilewise::cli::main() }\n"),
        ("src/lib.rs", "pub use crate::array::View;\n"),
        ("python/src/job.rs", "use crate::plan;\nuse super::report;\nuse tilewise::{engine::Cancel, job::Job};\n"),
    ] {
        assert_eq!(lines(rules::arrows, path, text), NONE, "{path}: {text}");
    }
    let pair = |user: &str| {
        let defines = "#[macro_export]\nmacro_rules! with_type {\n    () => { $crate::kernel::a() };\n}\n";
        [Source::parse("src/kernel/macros.rs", defines), Source::parse(user, "use crate::with_type;\n")]
    };
    assert!(rules::arrows(&pair("src/plan/a.rs")).is_empty(), "a macro counts as its layer's");
    assert_eq!(rules::arrows(&pair("src/storage/a.rs")).len(), 1);
}

#[test]
fn purity_goes_red() {
    for text in [
        "use rayon::prelude::*;\n",
        "use std::{fmt, fs::File};\n",
        "fn a() { std::thread::spawn(b) }\n",
        "use memmap2::Mmap;\n",
        "fn a() { ::libc::getpid(); }\n",
    ] {
        assert_eq!(lines(rules::purity, "src/kernel/sum.rs", text), [1], "{text}");
        assert_eq!(lines(rules::purity, "src/plan/mod.rs", text), [1], "{text}");
        assert_eq!(lines(rules::purity, "src/engine/mod.rs", text), NONE, "{text}");
    }
    assert_eq!(lines(rules::purity, "src/kernel/sum.rs", "// rayon::join\nuse std::fmt;\nlet libc = 1;\n"), NONE);
}

#[test]
fn unsafe_goes_red() {
    let bare = "//! A.\nfn a() {\n    unsafe { b() }\n}\n";
    assert_eq!(lines(rules::unsafe_places, "src/engine/mod.rs", bare), [3]);
    assert_eq!(lines(rules::unsafe_places, "src/kernel/simd_extra.rs", bare), [3]);
    assert_eq!(lines(rules::unsafe_places, "python/src/job.rs", bare), [3]);
    assert_eq!(lines(rules::unsafe_places, "python/src/memory.rs", bare), NONE);
    assert_eq!(lines(rules::unsafe_places, "src/storage/map.rs", bare), NONE);
    assert_eq!(lines(rules::unsafe_places, "src/kernel/simd.rs", bare), NONE);
    assert_eq!(lines(rules::safety_comments, "src/storage/map.rs", bare), [3]);
    let one_for_two = "// SAFETY: owned.\nunsafe impl Send for A {}\nunsafe impl Sync for A {}\n";
    assert_eq!(lines(rules::safety_comments, "src/storage/map.rs", one_for_two), [3]);
    let far = "// SAFETY: said of something else.\nlet a = 1;\nunsafe { b() };\n";
    assert_eq!(lines(rules::safety_comments, "benches/advice.rs", far), [3]);
    let above_a_blank = "// SAFETY: of what?\n\nunsafe fn a() {}\n";
    assert_eq!(lines(rules::safety_comments, "src/storage/map.rs", above_a_blank), [3]);
}

#[test]
fn safety_comments_stay_green() {
    for text in [
        "unsafe { b() } // SAFETY: b is sound.\n",
        "// SAFETY: two lines\n// of reasons.\nunsafe { b() }\n",
        "// SAFETY: broken by rustfmt.\nlet a =\n    unsafe { b() };\n",
        "/// Does.\n///\n/// # Safety\n/// The caller owns it.\n#[inline]\npub unsafe fn a() {}\n",
        "match a {\n    // SAFETY: as above.\n    B => return unsafe { b() },\n}\n",
        "#![forbid(unsafe_code)]\n",
    ] {
        assert_eq!(lines(rules::safety_comments, "src/storage/map.rs", text), NONE, "{text}");
    }
}

#[test]
fn lengths_go_red() {
    let file = |n: usize| "//! A.\n".repeat(n);
    assert_eq!(lines(rules::file_lengths, "tests/a.rs", &file(501)).len(), 1);
    assert_eq!(lines(rules::file_lengths, "tests/a.rs", &file(500)), NONE);

    let function = |n: usize| format!("//! A.\nfn a(b: [u8; 2]) {{\n{}}}\n", "    c(\"}\"); // }\n".repeat(n - 2));
    assert_eq!(lines(rules::function_lengths, "src/a.rs", &function(71)), [2]);
    assert_eq!(lines(rules::function_lengths, "python/src/a.rs", &function(71)), [2]);
    assert_eq!(lines(rules::function_lengths, "src/a.rs", &function(70)), NONE);
    assert_eq!(
        lines(rules::function_lengths, "src/a.rs", &format!("#[cfg(test)]\nmod t {{\n{}}}\n", function(90))),
        NONE
    );
    let declared = format!("trait A {{\n    fn a(&self);\n{}}}\n", "    const B: u8 = 1;\n".repeat(90));
    assert_eq!(lines(rules::function_lengths, "src/a.rs", &declared), NONE);
}

#[test]
fn opening_docs_go_red() {
    assert_eq!(lines(rules::opening_docs, "src/a.rs", "// A.\nfn a() {}\n"), [1]);
    assert_eq!(lines(rules::opening_docs, "benches/a.rs", "use std::fs;\n//! late\n"), [1]);
    assert_eq!(lines(rules::opening_docs, "src/a.rs", ""), [1]);
    assert_eq!(lines(rules::opening_docs, "src/a.rs", "//! A.\nfn a() {}\n"), NONE);
}

#[test]
fn panics_go_red() {
    for line in [
        "a.unwrap();",
        "a\n.expect(\"there\");",
        "panic!(\"no\");",
        "todo!()",
        "unimplemented!()",
        "dbg!(a);",
        "a.map(Option::unwrap);",
        "a.unwrap(); // invariant:",
        "a.unwrap(); // it is there",
        "self.b.expect(\"there\");",
    ] {
        for path in ["src/a.rs", "python/src/a.rs"] {
            assert_eq!(lines(rules::panics, path, &format!("fn a() {{\n{line}\n}}\n")).len(), 1, "{line}");
        }
    }
}

#[test]
fn maths_of_the_system_go_red_in_kernels() {
    for line in [
        "let a = b.exp();",
        "let a = f64::hypot(b, c);",
        "let a = (b * c).tan().abs();",
        "d.map(f64::ln)",
        "b.mul_add(c, d)",
    ] {
        let text = format!("fn a() {{\n{line}\n}}\n");
        assert_eq!(lines(rules::system_maths, "src/kernel/a.rs", &text), [2], "{line}");
        assert_eq!(lines(rules::system_maths, "src/report/a.rs", &text), NONE, "{line}");
        let test = format!("#[cfg(test)]\nmod tests {{\nfn a() {{\n{line}\n}}\n}}\n");
        assert_eq!(lines(rules::system_maths, "src/kernel/a.rs", &test), NONE, "{line}");
    }
    for line in
        ["let a = libm::exp(b);", "let a = b.sqrt();", "fn exp(a: f64) {}", "// b.exp()", "let exp = 1;", "Op::Exp(b)"]
    {
        assert_eq!(lines(rules::system_maths, "src/kernel/a.rs", &format!("{line}\n")), NONE, "{line}");
    }
}

#[test]
fn panics_stay_green() {
    for line in [
        "a.unwrap_or(0);",
        "a.unwrap_or_default();",
        "a.unwrap(); // invariant: filled two lines up",
        "// invariant: filled two lines up,\n// and never emptied\na.unwrap();",
        "b(\"a.unwrap()\"); // .unwrap()",
        "self.expect(b'{')?;",
        "std::panic::catch_unwind(a);",
        "#[expect(dead_code)]\nlet b = 1;",
    ] {
        assert_eq!(lines(rules::panics, "src/a.rs", &format!("fn a() {{\n{line}\n}}\n")), NONE, "{line}");
    }
    assert_eq!(lines(rules::panics, "src/a.rs", "#[cfg(test)]\nmod tests {\n    fn a() { b.unwrap() }\n}\n"), NONE);
    assert_eq!(lines(rules::panics, "tests/a.rs", "fn a() { b.unwrap() }\n"), NONE);
}

#[test]
fn large_files_go_red() {
    let files = [("datasets/big.npy", 9 << 20), ("docs/picture.png", 1 << 20), ("docs/film.mp4", (1 << 20) + 1)];
    let found = rules::tracked_sizes(&files.map(|(path, bytes)| (path.to_owned(), bytes)));
    assert_eq!(found.iter().map(|b| b.path.as_str()).collect::<Vec<_>>(), ["docs/film.mp4"]);
}

#[test]
fn breaches_name_the_place_and_the_rule() {
    let found = rules::unsafe_places(&[Source::parse("src/engine/mod.rs", "//! A.\nunsafe fn a() {}\n")]);
    let text = found[0].to_string();
    assert!(text.starts_with("src/engine/mod.rs:2: [unsafe place] "), "{text}");
}
