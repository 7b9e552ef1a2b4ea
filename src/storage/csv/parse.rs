//! Rows of text into rows of values.
//!
//! Owns the loop over fields, the way around it for rows with quotes, and the count of fields. Refuses to
//! know files: it works on text that is there.

use memchr::memchr2;

use super::cell::{Cell, Fault};
use super::rows::{fields, row_end, trimmed};

/// A field that is looked for, by its place in the row.
pub struct Slot<'a, T: Cell> {
    pub how: &'a T::How,
    /// Where its value goes in the row of values.
    pub to: usize,
}

/// What is wrong with a row.
#[derive(Debug, PartialEq)]
pub enum Bad {
    Cell { column: usize, fault: Fault, cell: Vec<u8> },
    Fields { found: usize },
}

/// The columns of a file and what is made of them.
pub struct Parser<'a, T: Cell> {
    pub separator: u8,
    /// One for each column of the file.
    pub slots: Vec<Option<Slot<'a, T>>>,
    /// Values in a row.
    pub width: usize,
    /// For rows with quotes.
    pub scratch: Vec<u8>,
}

/// How far a text was parsed.
#[derive(Debug, Default, PartialEq)]
pub struct Parsed {
    /// Bytes of whole rows and empty lines.
    pub bytes: usize,
    pub rows: usize,
}

impl<T: Cell> Parser<'_, T> {
    /// Parses rows from the beginning of a row on, until `out` is full or no whole row is left before
    /// `end`. `text` goes on behind `end`; what is there is not used. The error has the byte at which
    /// its row begins.
    pub fn rows(&mut self, text: &[u8], end: usize, out: &mut [u8]) -> Result<Parsed, (usize, Bad)> {
        let row_bytes = self.width * size_of::<T>();
        // Without quotes, the rows up to the last newline are whole.
        let whole = memchr::memrchr(b'\n', &text[..end]).map_or(0, |n| n + 1);
        let mut done = Parsed::default();
        for out in out.chunks_exact_mut(row_bytes.max(1)) {
            while done.bytes < whole && matches!(&text[done.bytes..], [b'\n', ..] | [b'\r', b'\n', ..]) {
                done.bytes += if text[done.bytes] == b'\n' { 1 } else { 2 };
            }
            if done.bytes >= whole {
                break;
            }
            match self.row(text, done.bytes, end, out) {
                Ok(Some(next)) => done.bytes = next,
                Ok(None) => break,
                Err(bad) => return Err((done.bytes, bad)),
            }
            done.rows += 1;
        }
        Ok(done)
    }

    /// One row; where the next one begins. `None` where a quoted field goes on beyond the text.
    #[inline(always)]
    fn row(&mut self, text: &[u8], start: usize, end: usize, out: &mut [u8]) -> Result<Option<usize>, Bad> {
        let (mut at, separator, last) = (start, self.separator, self.slots.len() - 1);
        for (column, slot) in self.slots.iter().enumerate() {
            if text[at] == b'"' {
                return self.quoted_row(text, start, end, out);
            }
            let begin = at;
            let mut fast = None;
            if let Some(slot) = slot
                && let Some((value, stop)) = T::fast(slot.how, text, at)
            {
                at = stop;
                let stops = text[at] == separator || text[at] == b'\n' || text[at..].starts_with(b"\r\n");
                fast = stops.then_some(value);
            }
            let value = match (slot, fast) {
                (Some(slot), Some(value)) => Some((slot, value)),
                (slot, _) => {
                    at = begin + field_end(&text[begin..], separator);
                    match slot {
                        Some(slot) => Some((slot, slow(slot, column, &text[begin..at])?)),
                        None => None,
                    }
                }
            };
            if let Some((slot, value)) = value {
                out[slot.to * size_of::<T>()..][..size_of::<T>()].copy_from_slice(bytemuck::bytes_of(&value));
            }
            let ends = text[at] != separator;
            if ends != (column == last) {
                return Err(Bad::Fields { found: self.count(text, start, end) });
            }
            at += 1;
        }
        // The last field ended before a newline, or before what precedes one.
        if text[at - 1] == b'\r' {
            at += 1;
        }
        Ok(Some(at))
    }

    /// Fields of a row, for the message about their number.
    fn count(&self, text: &[u8], start: usize, end: usize) -> usize {
        let stop = row_end(&text[..end], start, self.separator).unwrap_or(end);
        let mut found = 0;
        fields(trimmed(&text[start..stop]), self.separator, &mut Vec::new(), |_| found += 1);
        found
    }

    fn quoted_row(&mut self, text: &[u8], start: usize, end: usize, out: &mut [u8]) -> Result<Option<usize>, Bad> {
        let Some(stop) = row_end(&text[..end], start, self.separator) else { return Ok(None) };
        let (mut found, mut bad) = (0, None);
        fields(trimmed(&text[start..stop]), self.separator, &mut self.scratch, |cell| {
            if let Some(Some(slot)) = self.slots.get(found) {
                match slow(slot, found, cell) {
                    Ok(value) => {
                        out[slot.to * size_of::<T>()..][..size_of::<T>()].copy_from_slice(bytemuck::bytes_of(&value));
                    }
                    Err(e) => bad = bad.take().or(Some(e)),
                }
            }
            found += 1;
        });
        if found != self.slots.len() {
            return Err(Bad::Fields { found });
        }
        bad.map_or(Ok(Some(stop + 1)), Err)
    }
}

/// Where a field without quotes ends: at a separator or a newline, one of which is there.
#[inline(always)]
fn field_end(text: &[u8], separator: u8) -> usize {
    let stop = stop(text, separator);
    // A carriage return before the newline is none of the field.
    if stop > 0 && text[stop] == b'\n' && text[stop - 1] == b'\r' { stop - 1 } else { stop }
}

/// The first separator or newline. Most fields are short: a call to `memchr2` would take longer than they do.
#[inline(always)]
fn stop(text: &[u8], separator: u8) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const SHORT: usize = 32;
    // The lowest byte that is zero gets its highest bit set.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let (separators, newlines) = (ONES * u64::from(separator), ONES * u64::from(b'\n'));
    for at in (0..SHORT).step_by(8) {
        let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) else { break };
        let word = u64::from_le_bytes(*bytes);
        let found = zero(word ^ separators) | zero(word ^ newlines);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
    }
    memchr2(separator, b'\n', text).unwrap_or(text.len() - 1)
}

#[cold]
fn slow<T: Cell>(slot: &Slot<T>, column: usize, cell: &[u8]) -> Result<T, Bad> {
    let cell = cell.trim_ascii();
    T::slow(slot.how, cell).map_err(|fault| Bad::Cell { column, fault, cell: cell.to_vec() })
}
