//! The rules that hold the shape of the code, and the tables they read.
//!
//! Owns what is allowed. Each rule takes parsed sources and gives back where they break it; none
//! reads a file itself.

use super::paths::paths;
use super::source::{Source, Token, closing};
use std::collections::BTreeMap;
use std::fmt;

/// The arrows: each layer, and the layers it may name besides itself. Tests may name any.
const ARROWS: [(&str, &[&str]); 14] = [
    ("main", &["cli", "error"]),
    ("cli", &["machine", "job", "pipeline", "plan", "engine", "storage", "report", "kernel", "array", "error"]),
    ("job", &["pipeline", "plan", "engine", "storage", "kernel", "array", "error"]),
    ("machine", &["job", "pipeline", "plan", "engine", "storage", "array"]),
    ("report", &["plan", "engine", "storage", "array"]),
    ("engine", &["plan", "kernel", "storage", "array"]),
    ("plan", &["kernel", "array"]),
    ("pipeline", &["kernel", "array"]),
    ("kernel", &["array"]),
    ("storage", &["array"]),
    ("array", &[]),
    ("error", &["pipeline", "plan", "engine", "storage", "kernel", "array"]),
    // The Python crate is a caller like any other: it runs jobs and lets those plan and draw.
    ("python", &["cli", "job", "pipeline", "engine", "storage", "kernel", "array"]),
    // The front door shows what it likes.
    ("lib", &["machine", "job", "pipeline", "plan", "engine", "storage", "report", "kernel", "array", "error", "cli"]),
];

/// Layers that compute only: no files, no threads, no maps, whoever wraps them.
const PURE_LAYERS: [&str; 3] = ["array", "kernel", "plan"];
const IMPURE: [&str; 11] = [
    "rayon",
    "memmap2",
    "crossbeam",
    "rustix",
    "libc",
    "tempfile",
    "std::fs",
    "std::thread",
    "std::net",
    "std::process",
    "std::os",
];

const UNSAFE_PLACES: [&str; 3] = ["src/storage/", "src/kernel/simd.rs", "python/src/memory.rs"];

/// Methods of floats whose digits are the system's, not ours, or the processor's.
const SYSTEM_MATHS: [&str; 24] = [
    "exp", "exp_m1", "exp2", "ln", "ln_1p", "log", "log2", "log10", "powf", "cbrt", "hypot", "sin", "cos", "tan",
    "sin_cos", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "mul_add",
];

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const TRACKED_BYTES_MAX: u64 = 1 << 20;

/// What may grow beyond [`TRACKED_BYTES_MAX`].
const LARGE_FILES: &str = "datasets/";

/// One place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub rule: &'static str,
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: [{}] {}", self.path, self.line, self.rule, self.what)
    }
}

fn breach(rule: &'static str, source: &Source, line: usize, what: impl Into<String>) -> Breach {
    Breach { rule, path: source.path.clone(), line: line + 1, what: what.into() }
}

/// What is built for users: the library with its command, and the Python crate.
fn in_crates(source: &Source) -> bool {
    source.path.starts_with("src/") || in_python(source)
}

fn in_python(source: &Source) -> bool {
    source.path.starts_with("python/src/")
}

fn layer(source: &Source) -> &str {
    if in_python(source) {
        return "python";
    }
    let rest = source.path.trim_start_matches("src/");
    rest.split('/').next().unwrap_or(rest).trim_end_matches(".rs")
}

/// Layers name only the layers that the table allows.
pub fn arrows(sources: &[Source]) -> Vec<Breach> {
    let macros = exported_macros(sources);
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| in_crates(s)) {
        let from = layer(source);
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == from) else {
            let what = format!("the layer `{from}` is not in the table of arrows: add it, with whom it may know");
            found.push(breach("arrows", source, 0, what));
            continue;
        };
        for path in paths(source) {
            let [root, name, ..] = path.segments.as_slice() else { continue };
            // `crate` is the library where the file is in it; the Python crate has modules of its own.
            if !(root == "tilewise" || (root == "crate" && from != "python")) {
                continue;
            }
            let to = macros.get(name.as_str()).copied().unwrap_or(name);
            let is_layer = ARROWS.iter().any(|(layer, _)| *layer == to);
            if !is_layer && from != "lib" && from != "main" {
                let what =
                    format!("`{root}::{name}` names no layer: write `{root}::LAYER::{name}`, so that the arrow shows");
                found.push(breach("arrows", source, path.line, what));
            } else if is_layer && to != from && !allowed.contains(&to) {
                let whom = if allowed.is_empty() { "no other layer".into() } else { allowed.join(", ") };
                let what = format!("`{}`: {from} may not know {to} (it may know {whom})", path.segments.join("::"));
                found.push(breach("arrows", source, path.line, what));
            }
        }
    }
    found
}

/// Exported macros live at the root of the crate; this is the layer that defines each.
fn exported_macros(sources: &[Source]) -> BTreeMap<&str, &str> {
    let mut found = BTreeMap::new();
    for source in sources.iter().filter(|s| in_crates(s)) {
        let mut exported = false;
        for (i, t) in source.tokens.iter().enumerate() {
            exported |= t.is("macro_export");
            if exported && t.is("macro_rules") {
                if let Some(name) = source.tokens.get(i + 2) {
                    found.insert(name.text.as_str(), layer(source));
                }
                exported = false;
            }
        }
    }
    found
}

/// Pure layers name no file, thread or map.
pub fn purity(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| in_crates(s) && PURE_LAYERS.contains(&layer(s))) {
        for path in paths(source) {
            let text = path.segments.join("::");
            let of = |name: &&&str| text == ***name || text.starts_with(&format!("{name}::"));
            if let Some(name) = IMPURE.iter().find(of).filter(|n| n.contains("::") || path.segments.len() > 1) {
                let what = format!("`{text}`: {} is pure and may not know {name}", layer(source));
                found.push(breach("purity", source, path.line, what));
            }
        }
    }
    found
}

/// Kernels take functions of floats from `libm`, which has the same digits everywhere.
pub fn system_maths(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| in_crates(s) && layer(s) == "kernel") {
        for three in source.tokens.windows(3).filter(|t| !source.is_test(t[1].line)) {
            let [before, name, after] = three else { continue };
            let is_method = before.is(".") && after.is("(");
            if (is_method || before.is("::")) && SYSTEM_MATHS.iter().any(|m| name.is(m)) {
                let own = source.code[name.line].contains(&format!("libm::{}", name.text));
                if !own {
                    let what = format!("`{}` of floats differs between systems: use `libm::{0}`", name.text);
                    found.push(breach("system maths", source, name.line, what));
                }
            }
        }
    }
    found
}

/// `unsafe` keeps to its places.
pub fn unsafe_places(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| in_crates(s) && !UNSAFE_PLACES.iter().any(|p| s.path.starts_with(p))) {
        for t in source.tokens.iter().filter(|t| t.is("unsafe")) {
            let what = format!("`unsafe` outside {}", UNSAFE_PLACES.join(" and "));
            found.push(breach("unsafe place", source, t.line, what));
        }
    }
    found
}

/// Each `unsafe`, wherever it stands, says why it holds.
pub fn safety_comments(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        for t in source.tokens.iter().filter(|t| t.is("unsafe") && !has_safety(source, t.line)) {
            let what = "`unsafe` without a `// SAFETY:` comment on its line or right above";
            found.push(breach("safety comment", source, t.line, what));
        }
    }
    found
}

/// Looks on the line and upwards: through comments, attributes, and the earlier lines of a
/// statement that rustfmt has broken.
fn has_safety(source: &Source, line: usize) -> bool {
    let says = |l: usize| source.comments[l].contains("SAFETY") || source.comments[l].contains("# Safety");
    if says(line) {
        return true;
    }
    for l in (0..line).rev() {
        let code = source.code[l].trim();
        if code.is_empty() && source.comments[l].trim().is_empty() {
            return false;
        }
        let ended = code.ends_with([';', '{', '}', ',']);
        if ended && !code.starts_with('#') {
            return false;
        }
        if says(l) {
            return true;
        }
    }
    false
}

/// Files stay short enough to know.
pub fn file_lengths(sources: &[Source]) -> Vec<Breach> {
    let long = sources.iter().filter(|s| s.lines() > FILE_LINES_MAX);
    long.map(|s| breach("file length", s, FILE_LINES_MAX, format!("{} lines, of at most {FILE_LINES_MAX}", s.lines())))
        .collect()
}

/// Functions of the crate, tests aside, stay short enough to see.
pub fn function_lengths(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| in_crates(s)) {
        for (i, t) in source.tokens.iter().enumerate() {
            let Some(name) = source.tokens.get(i + 1).filter(|n| t.is("fn") && n.is_word()) else { continue };
            let Some(open) = body(&source.tokens, i).filter(|_| !source.is_test(t.line)) else { continue };
            let lines = source.tokens[closing(&source.tokens, open)].line - t.line + 1;
            if lines > FUNCTION_LINES_MAX {
                let what = format!("`{}` has {lines} lines, of at most {FUNCTION_LINES_MAX}", name.text);
                found.push(breach("function length", source, t.line, what));
            }
        }
    }
    found
}

/// The brace that opens the body of the function at `from`, where it has one.
fn body(tokens: &[Token], from: usize) -> Option<usize> {
    let mut at = from;
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            "(" | "[" => at = closing(tokens, at),
            "{" => return Some(at),
            ";" => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Every file opens by saying what it is.
pub fn opening_docs(sources: &[Source]) -> Vec<Breach> {
    let opens = |s: &Source| s.raw.iter().find(|l| !l.trim().is_empty()).is_some_and(|l| l.starts_with("//! "));
    let silent = sources.iter().filter(|s| !opens(s));
    silent.map(|s| breach("opening doc", s, 0, "a file opens with `//! ` and what it owns")).collect()
}

/// Nothing that a user or a disk can cause panics.
pub fn panics(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| in_crates(s)) {
        for (i, t) in source.tokens.iter().enumerate() {
            let Some(what) = panicking(&source.tokens, i) else { continue };
            if !source.is_test(t.line) && !states_invariant(source, t.line) {
                let what =
                    format!("{what} outside tests: give an error, or say why it cannot be with `// invariant: …`");
                found.push(breach("panic", source, t.line, what));
            }
        }
    }
    found
}

fn panicking(tokens: &[Token], at: usize) -> Option<String> {
    let next = |n: usize, text: &str| tokens.get(at + n).is_some_and(|t| t.is(text));
    let name = tokens[at].text.as_str();
    match name {
        "panic" | "todo" | "unimplemented" | "dbg" => next(1, "!").then(|| format!("`{name}!`")),
        "unwrap" | "expect" | "unwrap_err" | "expect_err" => {
            let before = tokens.get(at.wrapping_sub(1)).filter(|t| t.is(".") || t.is("::"))?;
            // `self.expect(…)` is a method of the type itself: a parser's, not an Option's.
            let own = before.is(".") && tokens.get(at.wrapping_sub(2)).is_some_and(|t| t.is("self"));
            (!own && (next(1, "(") || before.is("::"))).then(|| format!("`{name}`"))
        }
        _ => None,
    }
}

/// The marker stands on the line, or alone on the lines above.
fn states_invariant(source: &Source, line: usize) -> bool {
    let says = |l: usize| {
        let said = source.comments[l].split_once("// invariant:");
        said.is_some_and(|(_, why)| !why.trim().is_empty())
    };
    let above = (0..line).rev().take_while(|l| source.code[*l].trim().is_empty() && !source.comments[*l].is_empty());
    says(line) || above.into_iter().any(says)
}

/// Nothing large is tracked, data sets aside. Takes paths with their sizes in bytes.
pub fn tracked_sizes(files: &[(String, u64)]) -> Vec<Breach> {
    let large = files.iter().filter(|(path, bytes)| *bytes > TRACKED_BYTES_MAX && !path.starts_with(LARGE_FILES));
    large
        .map(|(path, bytes)| {
            let what = format!("{bytes} bytes tracked, of at most {TRACKED_BYTES_MAX} outside {LARGE_FILES}");
            Breach { rule: "tracked size", path: path.clone(), line: 1, what }
        })
        .collect()
}
