//! One sweep over the text of a file: how many rows it has, and where some of them begin.
//!
//! Owns the sparse index, whose size is bounded whatever the file's. Refuses to look at fields.

use super::super::StorageError;
use super::rows::Rows;
use super::text::{SLACK, Text, Window};

/// Text looked at once: it stays in the cache of a core.
const WINDOW_BYTES: usize = 128 << 10;

/// Entries that the index of a file has at most: 1 MiB.
const ENTRIES_MAX: usize = 1 << 16;

/// What the sweep found.
#[derive(Debug)]
pub struct Scan {
    /// Non-empty rows.
    pub rows: u64,
    /// Beginnings of rows, and how many rows lie before each; at least the first.
    pub index: Vec<(u64, u64)>,
    /// Bytes of a buffer that holds any row of the file, slack included.
    pub window_bytes: usize,
}

/// Sweeps over the rows from `body` on.
pub fn scan(text: &Text, body: u64, separator: u8) -> Result<Scan, StorageError> {
    let mut buffer = vec![0; WINDOW_BYTES + SLACK];
    let mut scan = Scan { rows: 0, index: vec![(body, 0)], window_bytes: 0 };
    let mut window = Window::new(text, &mut buffer, body)?;
    let mut every = WINDOW_BYTES as u64;
    while !window.done() {
        if scan.index.last().is_none_or(|(at, _)| window.at - at >= every) {
            if scan.index.len() == ENTRIES_MAX {
                scan.index = scan.index.into_iter().step_by(2).collect();
                every *= 2;
            }
            scan.index.push((window.at, scan.rows));
        }
        window.fill()?;
        let (bytes, filled) = window.bytes();
        let (rows, taken) = count(&bytes[..filled], separator);
        scan.rows += rows;
        window.advance(taken, separator)?;
    }
    scan.window_bytes = buffer.len();
    Ok(scan)
}

/// Rows that end in a text which begins with one, and the bytes they take.
fn count(text: &[u8], separator: u8) -> (u64, usize) {
    let (newlines, empty, quoted) = marks(text);
    if !quoted {
        return (newlines - empty, memchr::memrchr(b'\n', text).map_or(0, |n| n + 1));
    }
    let mut rows = Rows::new(text, separator);
    let count = rows.by_ref().count() as u64;
    (count, rows.at())
}

/// Newlines, those of empty lines, and whether there is a quote.
fn marks(text: &[u8]) -> (u64, u64, bool) {
    /// Counts of a block fit a byte.
    const BLOCK: usize = 128;
    // The text begins with a row: what is before it counts as a newline.
    let back = |i: usize, by: usize| if i < by { b'\n' } else { text[i - by] };
    let head = text.len().min(2);
    let blocks = (text.len() - head) / BLOCK;
    let (mut newlines, mut empty, mut quote) = (0, 0, 0);
    for i in (0..head).chain(head + blocks * BLOCK..text.len()) {
        let (n, e, q) = mark(text[i], back(i, 1), back(i, 2));
        (newlines, empty, quote) = (newlines + u64::from(n), empty + u64::from(e), quote | q);
    }
    // In this form the loop over a block compiles to vector code.
    for start in (0..blocks).map(|b| head + b * BLOCK) {
        let block = |back: usize| text[start - back..].first_chunk::<BLOCK>();
        let (Some(here), Some(before), Some(before_that)) = (block(0), block(1), block(2)) else { break };
        let (mut block_newlines, mut block_empty, mut block_quote) = (0u8, 0u8, 0u8);
        for i in 0..BLOCK {
            let (n, e, q) = mark(here[i], before[i], before_that[i]);
            (block_newlines, block_empty, block_quote) = (block_newlines + n, block_empty + e, block_quote | q);
        }
        newlines += u64::from(block_newlines);
        empty += u64::from(block_empty);
        quote |= block_quote;
    }
    (newlines, empty, quote != 0)
}

/// Whether a byte ends a line, an empty one, or is a quote.
#[inline(always)]
fn mark(here: u8, before: u8, before_that: u8) -> (u8, u8, u8) {
    let newline = u8::from(here == b'\n');
    let alone = u8::from(before == b'\n') | (u8::from(before == b'\r') & u8::from(before_that == b'\n'));
    (newline, newline & alone, u8::from(here == b'"'))
}
