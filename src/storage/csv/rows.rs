//! Where rows end and what fields they have, by the rules of the `csv` crate.
//!
//! Owns quotes: one that begins a field opens it, two inside stand for one, any other is a character
//! like the rest. Refuses to know values. Rows end with a newline, with or without a carriage return
//! before it; empty lines are none.

use memchr::{memchr, memchr2};

/// The newline that ends the row at `at`; `None` where it is not in the text.
pub fn row_end(text: &[u8], at: usize, separator: u8) -> Option<usize> {
    let first = at + memchr2(b'"', b'\n', text.get(at..)?)?;
    if text[first] == b'\n' {
        return Some(first);
    }
    let mut at = at;
    loop {
        if text.get(at) == Some(&b'"') {
            at = quote_end(text, at)?;
        }
        at += memchr2(separator, b'\n', text.get(at..)?)?;
        if text[at] == b'\n' {
            return Some(at);
        }
        at += 1;
    }
}

/// Where the quotes that open at `at` are closed: the index behind.
fn quote_end(text: &[u8], mut at: usize) -> Option<usize> {
    at += 1;
    loop {
        at += memchr(b'"', text.get(at..)?)? + 1;
        if text.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

/// A row without what ends it.
pub fn trimmed(row: &[u8]) -> &[u8] {
    row.strip_suffix(b"\r").unwrap_or(row)
}

/// Calls `each` with every field of a row that was [`trimmed`], quotes taken off.
pub fn fields(row: &[u8], separator: u8, scratch: &mut Vec<u8>, mut each: impl FnMut(&[u8])) {
    let mut at = 0;
    loop {
        let plain = at;
        scratch.clear();
        if row.get(at) == Some(&b'"') {
            at += 1;
            while at < row.len() {
                let stop = memchr(b'"', &row[at..]).map_or(row.len(), |n| at + n);
                scratch.extend_from_slice(&row[at..stop]);
                at = stop + 1;
                if row.get(at) != Some(&b'"') {
                    break;
                }
                scratch.push(b'"');
                at += 1;
            }
            at = at.min(row.len());
            let stop = memchr(separator, &row[at..]).map_or(row.len(), |n| at + n);
            scratch.extend_from_slice(&row[at..stop]);
            each(scratch);
            at = stop;
        } else {
            at += memchr(separator, &row[at..]).unwrap_or(row.len() - at);
            each(&row[plain..at]);
        }
        if at >= row.len() {
            return;
        }
        at += 1;
    }
}

/// The rows of a text that begins with one: up to the last newline that ends a row.
pub struct Rows<'a> {
    text: &'a [u8],
    at: usize,
    separator: u8,
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a [u8], separator: u8) -> Rows<'a> {
        Rows { text, at: 0, separator }
    }

    /// Where the next row or empty line begins.
    pub fn at(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let end = row_end(self.text, self.at, self.separator)?;
            let row = trimmed(&self.text[self.at..end]);
            self.at = end + 1;
            if !row.is_empty() {
                return Some(row);
            }
        }
    }
}
