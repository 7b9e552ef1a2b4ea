//! What the first rows of a file show: separator, names, and the kind of each column.
//!
//! Owns every guess, and where the caller's word stands in place of one. Refuses to read beyond the head of
//! the file.

use std::path::Path;

use super::super::{OpenOptions, StorageError};
use super::cell::shortened;
use super::number::{is_missing, parse};
use super::rows::{Rows, fields};
use super::text::{ROW_BYTES_MAX, SLACK, Text, Window};
use super::time::{self, Sniffed, TimeForm};

/// Separators by how rarely they stand in a text for another reason.
const SEPARATORS: [u8; 4] = [b'\t', b';', b'|', b','];

/// Rows that decide.
const ROWS_MAX: usize = 1000;

/// Bytes that decide.
const HEAD_BYTES: usize = 256 << 10;

/// What the values of a column are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    Time(TimeForm),
    /// Dates in which day and month could be either way round, with one of them.
    DayOrMonth(String),
    Text,
}

impl Kind {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Number => "number",
            Kind::Time(_) | Kind::DayOrMonth(_) => "time",
            Kind::Text => "text",
        }
    }
}

/// What is known of a file from its head.
#[derive(Clone, Debug)]
pub struct Dialect {
    pub separator: u8,
    /// Names of all columns, where there is a header.
    pub names: Option<Vec<String>>,
    pub kinds: Vec<Kind>,
    /// The first value of each column, for messages.
    pub firsts: Vec<String>,
    /// Where the first row of values begins.
    pub body: u64,
}

type Row = Vec<Vec<u8>>;

/// The first rows of a text.
struct Head {
    bytes: Vec<u8>,
    whole: bool,
}

impl Head {
    /// The first bytes, with one row below a header at least, and whether they are all.
    fn bytes(text: &Text) -> Result<(Vec<u8>, bool), StorageError> {
        let mut room = HEAD_BYTES;
        loop {
            let mut buffer = vec![0; room + SLACK];
            let mut window = Window::new(text, &mut buffer, text.start)?;
            window.fill()?;
            let filled = window.bytes().1;
            let whole = text.start + filled as u64 >= text.end;
            // How many rows there are hardly depends on what separates their fields.
            if whole || room >= ROW_BYTES_MAX || Rows::new(&buffer[..filled], b',').nth(1).is_some() {
                buffer.truncate(filled);
                return Ok((buffer, whole));
            }
            room *= 4;
        }
    }

    /// Reads it, and moves the beginning of the text behind a byte order mark.
    fn read(text: &mut Text) -> Result<Head, StorageError> {
        let (mut bytes, whole) = Head::bytes(text)?;
        let wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        if wide {
            return Err(StorageError::unsupported(&text.path, "the file is UTF-16; save it as UTF-8"));
        }
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
            text.start += 3;
        }
        if let Some(at) = memchr::memchr(0, &bytes) {
            let what = "a zero byte: this is no text file";
            return Err(text.fault(text.start + at as u64, None, what));
        }
        let lines = bytes.len() > 1 && bytes[..bytes.len() - 1].contains(&b'\n');
        if !lines && memchr::memchr_iter(b'\r', &bytes).count() > 1 {
            let what = "lines end in carriage returns alone; save the file with newlines";
            return Err(StorageError::unsupported(&text.path, what));
        }
        Ok(Head { bytes, whole })
    }

    fn rows(&self, separator: u8) -> Vec<Row> {
        rows(&self.bytes, separator).0
    }
}

/// The first rows, and where the second one begins.
fn rows(text: &[u8], separator: u8) -> (Vec<Row>, usize) {
    let (mut found, mut scratch, mut second) = (Vec::new(), Vec::new(), 0);
    let mut all = Rows::new(text, separator);
    while let Some(row) = all.next() {
        let mut cells = Row::new();
        fields(row, separator, &mut scratch, |cell| cells.push(cell.to_vec()));
        found.push(cells);
        if found.len() == 1 {
            second = all.at();
        }
        if found.len() == ROWS_MAX {
            break;
        }
    }
    (found, second)
}

/// The separator that the caller says, else the one that most evenly divides the first rows.
fn separator(path: &Path, head: &Head, options: &OpenOptions) -> Result<u8, StorageError> {
    if let Some(said) = options.separator {
        let usable = said.is_ascii() && !said.is_ascii_alphanumeric() && !"\"\n\r.+-".contains(said);
        return match u8::try_from(said) {
            Ok(byte) if usable && byte != 0 => Ok(byte),
            _ => {
                let what = format!("separator {said:?} cannot separate fields; common are , ; | and a tab (\\t)");
                Err(StorageError::options(path, what))
            }
        };
    }
    let even = |separator: &u8| {
        let rows = head.rows(*separator);
        let widths: Vec<usize> = rows.iter().map(Vec::len).collect();
        let most = widths.iter().copied().max_by_key(|w| widths.iter().filter(|o| *o == w).count()).unwrap_or(0);
        let alike = widths.iter().filter(|w| **w == most).count();
        most > 1 && widths.first() == Some(&most) && 5 * alike >= 4 * widths.len()
    };
    let uneven = |separator: &u8| head.rows(*separator).iter().filter(|r| r.len() > 1).count() > 0;
    let found = SEPARATORS.iter().find(|s| even(s)).or_else(|| SEPARATORS.iter().find(|s| uneven(s)));
    Ok(found.copied().unwrap_or(b','))
}

fn blanks_off(cell: &[u8]) -> &[u8] {
    cell.trim_ascii()
}

/// The kind of a column from its first cells.
fn kind(cells: &[&[u8]], format: Option<&str>) -> Kind {
    if cells.is_empty() {
        // All missing so far: numbers have a word for that.
        return Kind::Number;
    }
    let numbers = cells.iter().filter(|c| parse(c).is_some()).count();
    match time::sniff(cells, format) {
        Sniffed::Form(form @ TimeForm::Custom(_)) => Kind::Time(form),
        _ if 2 * numbers >= cells.len() => Kind::Number,
        Sniffed::Form(form) => Kind::Time(form),
        Sniffed::DayOrMonth(cell) => Kind::DayOrMonth(cell),
        Sniffed::None => Kind::Text,
    }
}

/// The values of a column in some rows, blanks and missing ones taken off.
fn values(rows: &[Row], column: usize) -> Vec<&[u8]> {
    let cells = rows.iter().filter_map(|r| r.get(column)).map(|c| blanks_off(c));
    cells.filter(|c| !is_missing(c)).collect()
}

/// Whether the first row holds names: text, over columns that are not, or nothing but text.
fn has_header(rows: &[Row], format: Option<&str>) -> bool {
    let Some((first, rest)) = rows.split_first() else { return false };
    let kinds: Vec<Option<Kind>> = (0..first.len())
        .map(|c| Some(blanks_off(&first[c])).filter(|cell| !is_missing(cell)).map(|cell| kind(&[cell], format)))
        .collect();
    let texts = kinds.iter().flatten().filter(|k| **k == Kind::Text).count();
    let others = kinds.iter().flatten().count() - texts;
    let over = |c: usize| {
        let below = values(rest, c);
        kinds[c] == Some(Kind::Text) && !below.is_empty() && kind(&below, format) != Kind::Text
    };
    texts > 0 && (others == 0 || (0..first.len()).any(over))
}

impl Dialect {
    /// Reads the head of a text and decides, the caller's options first. Moves the beginning of the text
    /// behind a byte order mark.
    pub fn sniff(text: &mut Text, options: &OpenOptions) -> Result<Dialect, StorageError> {
        let head = Head::read(text)?;
        let separator = separator(&text.path, &head, options)?;
        let (rows, second) = rows(&head.bytes, separator);
        if head.whole && head.bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(StorageError::unsupported(&text.path, "the file is empty; a CSV file has at least a header"));
        }
        let Some(first) = rows.first() else {
            let long = "the first row is longer than 16 MiB; is this a CSV file?";
            let what = if head.whole { "a quote is opened in this row and never closed" } else { long };
            return Err(text.fault(text.start, None, what));
        };
        let format = options.time_format.as_deref();
        let header = options.header.unwrap_or_else(|| has_header(&rows, format));
        let names = match header {
            true => Some(names(text, first)?),
            false => None,
        };
        let body = text.start + if header { second as u64 } else { 0 };
        let rest = &rows[usize::from(header)..];
        let columns = (0..first.len()).map(|c| values(rest, c));
        let (kinds, firsts) =
            columns.map(|cells| (kind(&cells, format), cells.first().map_or(String::new(), |c| shortened(c)))).unzip();
        Ok(Dialect { separator, names, kinds, firsts, body })
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.kinds.len()
    }

    /// A column as messages call it.
    pub fn label(&self, column: usize) -> String {
        match &self.names {
            Some(names) if !names[column].is_empty() => format!("\"{}\"", names[column]),
            _ => column.to_string(),
        }
    }

    /// How another file's columns differ from these, in words for both; `None` where they agree.
    pub fn unlike(&self, other: &Dialect) -> Option<(String, String)> {
        if self.width() != other.width() {
            return Some((format!("{} columns", self.width()), format!("{} columns", other.width())));
        }
        let (mine, theirs) = (self.names.as_ref()?, other.names.as_ref()?);
        let at = (0..mine.len()).find(|c| mine[*c] != theirs[*c])?;
        let show = |names: &[String]| format!("\"{}\" as column {at}", names[at]);
        Some((show(mine), show(theirs)))
    }
}

fn names(text: &Text, first: &Row) -> Result<Vec<String>, StorageError> {
    let name = |cell: &Vec<u8>| {
        let name = std::str::from_utf8(blanks_off(cell));
        name.map(str::to_string).map_err(|_| {
            let what = format!("the header has {}, which is not UTF-8; save the file as UTF-8", shortened(cell));
            text.fault(text.start, None, what)
        })
    };
    first.iter().map(name).collect()
}
