//! The paths that a file names, `use` trees spelt out and `super` resolved.
//!
//! Owns how Rust writes paths. Refuses to know which of them are allowed.

use super::source::{Source, Token, closing};

/// A path as written, from its first segment: `std::fs::File`, `crate::plan`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Counted from 0.
    pub line: usize,
    pub segments: Vec<String>,
}

/// All paths outside test code. Those that start with `super` or `self` become `crate::…`; where
/// `super` climbs out of the crate, what remains.
pub fn paths(source: &Source) -> Vec<Path> {
    let tokens = &source.tokens;
    let mut found = Vec::new();
    // The inline modules around a token, each with its closing brace.
    let mut inline: Vec<(usize, String)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        inline.retain(|(close, _)| at < *close);
        if tokens[at].is("mod") && tokens.get(at + 2).is_some_and(|t| t.is("{")) {
            inline.push((closing(tokens, at + 2), tokens[at + 1].text.clone()));
        }
        if !tokens[at].is_word() || source.is_test(tokens[at].line) {
            at += 1;
            continue;
        }
        let mut raw = Vec::new();
        let next = gather(tokens, at, &[], &mut raw);
        let home: Vec<String> =
            source.modules().into_iter().chain(inline.iter().map(|(_, name)| name.clone())).collect();
        found.extend(raw.into_iter().map(|p| Path { line: p.line, segments: resolve(p.segments, &home) }));
        at = next;
    }
    found
}

/// Collects the path, or the tree of paths, that starts at a word; gives the token after it.
fn gather(tokens: &[Token], from: usize, prefix: &[String], found: &mut Vec<Path>) -> usize {
    let mut segments = prefix.to_vec();
    let mut at = from;
    loop {
        segments.push(tokens[at].text.clone());
        at += 1;
        if !tokens.get(at).is_some_and(|t| t.is("::")) {
            break;
        }
        let Some(next) = tokens.get(at + 1) else { break };
        if next.is("{") {
            return gather_group(tokens, at + 1, &segments, found);
        }
        if next.is("*") {
            segments.push("*".into());
            at += 2;
            break;
        }
        if !next.is_word() {
            at += 1;
            break;
        }
        at += 1;
    }
    found.push(Path { line: tokens[from].line, segments });
    at
}

fn gather_group(tokens: &[Token], open: usize, prefix: &[String], found: &mut Vec<Path>) -> usize {
    let close = closing(tokens, open);
    let mut at = open + 1;
    while at < close {
        if tokens[at].is("as") {
            at += 2;
        } else if tokens[at].is_word() {
            at = gather(tokens, at, prefix, found);
        } else {
            if tokens[at].is("*") {
                found.push(Path { line: tokens[at].line, segments: [prefix, &["*".into()]].concat() });
            }
            at += 1;
        }
    }
    close + 1
}

/// `super::super::x` in `a::b::c` is `crate::a::x`; `self` inside a tree names its prefix.
fn resolve(mut segments: Vec<String>, home: &[String]) -> Vec<String> {
    if segments.len() > 1 && segments.last().is_some_and(|s| s == "self") {
        segments.pop();
    }
    let ups = segments.iter().take_while(|s| *s == "super" || *s == "self").count();
    if ups == 0 || segments.len() == 1 {
        return segments;
    }
    let climbed = segments.iter().take(ups).filter(|s| *s == "super").count();
    let kept = home.len().saturating_sub(climbed);
    ["crate"].into_iter().map(str::to_owned).chain(home[..kept].iter().cloned()).chain(segments.drain(ups..)).collect()
}
