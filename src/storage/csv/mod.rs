//! Tables of text as arrays: CSV and its relatives, one file or several in turn, compressed or not.
//!
//! Owns opening, and reading regions of rows. On opening, one sweep counts the rows and notes where some of
//! them begin; values are parsed when a tile asks, from there on, by positioned reads into buffers of a
//! known size. Refuses to know tiles and budgets.
//!
//! ```text
//! head ─ dialect ─► columns ─┐            rows: where rows and fields end
//! body ─ scan ─► index ──────┴► Table ─ text window ─ parse ─► number, time
//! ```

mod cell;
mod columns;
mod dialect;
mod gzip;
mod number;
mod parse;
mod rows;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod write;

pub use write::{CsvOptions, write_csv};

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::open::{Mode, check_shape, checked_bytes, named, open_file, refuse_layout};
use super::{OpenOptions, StorageError};
use crate::array::{DType, Decoded, Endian, Facts, Form, Region};
use cell::Cell;
use columns::Choice;
use dialect::Dialect;
use parse::{Bad, Parser, Slot};
use rows::row_end;
use text::{SLACK, Text, Window};
use time::Stamp;

/// Text that a worker holds at once, at least.
const BUFFER_BYTES: usize = 256 << 10;

/// What a table of text was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// Every column of the file.
    pub columns: Vec<TableColumn>,
    /// Those that the array is made of, in its order.
    pub chosen: Vec<usize>,
    pub rows: u64,
    pub separator: char,
    /// Whether the first row holds names.
    pub header: bool,
    /// How many files there are.
    pub files: usize,
    /// Bytes of the temporary file that compressed ones were unpacked into.
    pub unpacked_bytes: Option<u64>,
    /// Names of the chosen columns; numbers where there is no name.
    names: Vec<String>,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumn {
    /// As the header has it; its number where there is none.
    pub name: String,
    /// `number`, `time` or `text`.
    pub kind: &'static str,
    /// The form of its times, by an example or in the words of `strptime`.
    pub time_form: Option<String>,
}

impl TableInfo {
    /// The columns that the array leaves out.
    pub fn left_out(&self) -> impl Iterator<Item = &TableColumn> {
        self.columns.iter().enumerate().filter(|(c, _)| !self.chosen.contains(c)).map(|(_, column)| column)
    }
}

/// One file.
#[derive(Debug)]
struct Part {
    text: Text,
    /// Beginnings of rows, and how many rows of the file lie before each.
    index: Vec<(u64, u64)>,
    /// Rows of all files before, and with this one.
    first: u64,
    end: u64,
}

/// A table that is open for reading.
#[derive(Debug)]
pub(super) struct Table {
    facts: Facts,
    info: TableInfo,
    dialect: Dialect,
    choice: Choice,
    parts: Vec<Part>,
    identities: Vec<(u64, u64)>,
    buffer_bytes: usize,
    workers: AtomicUsize,
    /// Buffers between uses.
    buffers: Mutex<Vec<Vec<u8>>>,
}

impl Table {
    /// Opens files as one table, in this order; `shown` is the path or the pattern.
    pub(super) fn open(files: &[PathBuf], shown: &Path, options: &OpenOptions) -> Result<Table, StorageError> {
        refuse_layout(shown, "a CSV file is text", options)?;
        let (mut parts, mut identities): (Vec<Part>, Vec<(u64, u64)>) = (Vec::new(), Vec::new());
        let (mut unpacked, mut file_bytes, mut buffer_bytes) = (gzip::Unpacked::new(), 0, BUFFER_BYTES + SLACK);
        let mut lead: Option<(Dialect, Choice)> = None;
        for path in files {
            let file = open_file(path, Mode::Read)?;
            let meta = file.metadata().map_err(|e| StorageError::io(path, "read its size", e))?;
            identities.push((meta.dev(), meta.ino()));
            file_bytes += meta.len();
            let mut text = text_of(path, &file, &meta, &mut unpacked)?;
            // What was found in the first file is said to the others.
            let mut own = options.clone();
            if let Some((lead, _)) = &lead {
                (own.separator, own.header) = (Some(lead.separator as char), Some(lead.names.is_some()));
            }
            let dialect = Dialect::sniff(&mut text, &own)?;
            if let Some((first_is, second_is)) = lead.as_ref().and_then(|(lead, _)| lead.unlike(&dialect)) {
                let (first, second) = (files[0].clone(), path.clone());
                return Err(StorageError::Columns { first, first_is, second, second_is });
            }
            let scan = scan::scan(&text, dialect.body, dialect.separator)?;
            let before = parts.last().map_or(0, |p: &Part| p.end);
            if before == 0 {
                // A file without rows says nothing of what columns hold.
                let choice = columns::choose(path, &dialect, options.column.as_ref(), options.dtype)?;
                lead = Some((dialect, choice));
            }
            buffer_bytes = buffer_bytes.max(scan.window_bytes);
            parts.push(Part { text, index: scan.index, first: before, end: before + scan.rows });
        }
        let Some((dialect, choice)) = lead else {
            return Err(StorageError::NotFound { path: shown.to_path_buf(), what: "file" });
        };
        let rows = parts.last().map_or(0, |p| p.end);
        let info = describe(&dialect, &choice, rows, files.len(), unpacked.total());
        let facts = facts(shown, &info, &choice, file_bytes, options)?;
        let workers = AtomicUsize::new(std::thread::available_parallelism().map_or(1, |n| n.get()));
        let buffers = Mutex::default();
        Ok(Table { facts, info, dialect, choice, parts, identities, buffer_bytes, workers, buffers })
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(super) fn info(&self) -> &TableInfo {
        &self.info
    }

    pub(super) fn names(&self) -> &[String] {
        &self.info.names
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.parts.iter().map(|p| p.text.path.clone()).collect()
    }

    pub(super) fn identity(&self) -> Vec<(u64, u64)> {
        self.identities.clone()
    }

    pub(super) fn file_bytes(&self) -> u64 {
        self.facts.decoded.as_ref().map_or(0, |d| d.file_bytes)
    }

    /// For each worker a buffer of text and the fields of a row with quotes; and the index.
    pub(super) fn cache_bytes(&self) -> u64 {
        let workers = self.workers.load(Ordering::Relaxed) as u64;
        let index: usize = self.parts.iter().map(|p| p.index.len() * 16 + size_of::<Part>() + 256).sum();
        workers * 2 * self.buffer_bytes as u64 + index as u64
    }

    pub(super) fn set_workers(&self, workers: usize) {
        self.workers.store(workers.max(1), Ordering::Relaxed);
    }

    /// Parses a region that lies inside the array into a buffer of its size.
    pub(super) fn read(&self, region: &Region, out: &mut [u8]) -> Result<(), StorageError> {
        if region.is_empty() {
            return Ok(());
        }
        match (self.choice.dtype, &self.choice.times) {
            (_, Some(forms)) => self.read_as::<Stamp>(region, out, |c| &forms[c]),
            (DType::F64, _) => self.read_as::<f64>(region, out, |_| &()),
            (DType::F32, _) => self.read_as::<f32>(region, out, |_| &()),
            (DType::I64, _) => self.read_as::<i64>(region, out, |_| &()),
            (DType::I32, _) => self.read_as::<i32>(region, out, |_| &()),
            (DType::I16, _) => self.read_as::<i16>(region, out, |_| &()),
            (DType::I8, _) => self.read_as::<i8>(region, out, |_| &()),
            (DType::U64, _) => self.read_as::<u64>(region, out, |_| &()),
            (DType::U32, _) => self.read_as::<u32>(region, out, |_| &()),
            (DType::U16, _) => self.read_as::<u16>(region, out, |_| &()),
            (DType::U8, _) => self.read_as::<u8>(region, out, |_| &()),
            (DType::Bool, _) => self.read_as::<number::Truth>(region, out, |_| &()),
            (other, _) => {
                let path = self.parts.first().map_or(PathBuf::new(), |p| p.text.path.clone());
                Err(StorageError::unsupported(&path, format!("text is not read as {other}")))
            }
        }
    }

    fn read_as<'a, T: Cell>(
        &self,
        region: &Region,
        out: &mut [u8],
        how: impl Fn(usize) -> &'a T::How,
    ) -> Result<(), StorageError>
    where
        T::How: 'a,
    {
        let taken = if self.choice.single { 0..1 } else { region.start[1] as usize..region.end[1] as usize };
        let mut slots: Vec<Option<Slot<T>>> = (0..self.dialect.width()).map(|_| None).collect();
        for (to, c) in taken.clone().enumerate() {
            slots[self.choice.columns[c]] = Some(Slot { how: how(c), to });
        }
        let width = taken.len();
        let mut parser = Parser { separator: self.dialect.separator, slots, width, scratch: Vec::new() };
        let mut buffer = self.buffer();
        let (mut row, last) = (region.start[0], region.end[0]);
        let mut rest = out;
        let mut done = Ok(());
        for part in &self.parts {
            let end = last.min(part.end);
            if end <= row {
                continue;
            }
            let bytes = (end - row) as usize * width * size_of::<T>();
            let (own, others) = std::mem::take(&mut rest).split_at_mut(bytes);
            done = self.read_part(part, row - part.first, own, &mut parser, &mut buffer);
            if done.is_err() {
                break;
            }
            (row, rest) = (end, others);
        }
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        done
    }

    fn buffer(&self) -> Vec<u8> {
        let kept = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| vec![0; self.buffer_bytes])
    }

    /// Fills `out` with rows of one file, from `row` on.
    fn read_part<T: Cell>(
        &self,
        part: &Part,
        row: u64,
        mut out: &mut [u8],
        parser: &mut Parser<T>,
        buffer: &mut Vec<u8>,
    ) -> Result<(), StorageError> {
        let near = part.index.partition_point(|(_, rows)| *rows <= row).saturating_sub(1);
        let Some(&(at, before)) = part.index.get(near) else { return Ok(()) };
        let mut skip = (row - before) as usize;
        let mut window = Window::new(&part.text, buffer, at)?;
        let separator = self.dialect.separator;
        while !out.is_empty() && !window.done() {
            window.fill()?;
            let (bytes, filled) = window.bytes();
            let mut taken = 0;
            if skip > 0 {
                let mut rows = rows::Rows::new(&bytes[..filled], separator);
                skip -= rows.by_ref().take(skip).count();
                taken = rows.at();
            }
            if skip == 0 {
                let row_bytes = parser.width * size_of::<T>();
                let parsed = parser.rows(&bytes[taken..], filled - taken, out);
                let parsed = match parsed {
                    Ok(parsed) => parsed,
                    Err((at, bad)) => {
                        let start = taken + at;
                        return Err(self.fault(&part.text, window.at + start as u64, &bytes[start..filled], bad));
                    }
                };
                taken += parsed.bytes;
                out = &mut std::mem::take(&mut out)[parsed.rows * row_bytes..];
            }
            if !out.is_empty() {
                window.advance(taken, separator)?;
            }
        }
        match out.is_empty() {
            true => Ok(()),
            false => Err(part.text.fault(window.at, None, "the file has fewer rows than when it was opened")),
        }
    }

    /// The error for a row that begins at `at`.
    fn fault(&self, text: &Text, at: u64, row: &[u8], bad: Bad) -> StorageError {
        match bad {
            Bad::Cell { column, fault, cell } => {
                let words = fault.words(&cell, self.choice.dtype);
                text.fault(at, Some(self.dialect.label(column)), words)
            }
            Bad::Fields { found } => {
                let stop = row_end(row, 0, self.dialect.separator).unwrap_or(row.len());
                let shown = cell::shortened(rows::trimmed(&row[..stop]));
                let (fields, columns) = (plural(found, "field"), plural(self.dialect.width(), "column"));
                let whose = if self.dialect.names.is_some() { "the header" } else { "the first row" };
                text.fault(at, None, format!("the row has {fields}, but {whose} has {columns}: {shown}"))
            }
        }
    }
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The text of a file, unpacked where it is compressed.
fn text_of(path: &Path, file: &File, meta: &Metadata, unpacked: &mut gzip::Unpacked) -> Result<Text, StorageError> {
    if gzip::is_packed(path, file)? {
        let (temporary, start, end) = unpacked.add(path, file)?;
        return Ok(Text::unpacked(path, temporary, start, end));
    }
    Ok(Text::named(path, meta))
}

fn facts(
    path: &Path,
    info: &TableInfo,
    choice: &Choice,
    file_bytes: u64,
    options: &OpenOptions,
) -> Result<Facts, StorageError> {
    let columns = choice.columns.len() as u64;
    let (shape, axes) = if choice.single { (vec![info.rows], "t") } else { (vec![info.rows, columns], "tc") };
    check_shape(path, &shape, options.shape.as_deref())?;
    let spec = named(path, choice.dtype, &shape, Some(options.axes.as_deref().unwrap_or(axes)))?;
    let smallest = if choice.single { vec![1] } else { vec![1, columns] };
    let (columns, unpacked_bytes) = (info.names.clone(), info.unpacked_bytes);
    let decoded = Decoded { smallest, form: Form::Text, columns, file_bytes, unpacked_bytes };
    let facts = Facts { spec, offset: 0, endian: Endian::NATIVE, decoded: Some(decoded) };
    checked_bytes(path, &facts)?;
    Ok(facts)
}

fn describe(dialect: &Dialect, choice: &Choice, rows: u64, files: usize, unpacked_bytes: Option<u64>) -> TableInfo {
    let name = |c: usize| match &dialect.names {
        Some(names) if !names[c].is_empty() => names[c].clone(),
        _ => c.to_string(),
    };
    let columns = dialect.kinds.iter().enumerate().map(|(c, kind)| TableColumn {
        name: name(c),
        kind: kind.name(),
        time_form: match kind {
            dialect::Kind::Time(form) => Some(form.example()),
            _ => None,
        },
    });
    TableInfo {
        columns: columns.collect(),
        chosen: choice.columns.clone(),
        rows,
        separator: dialect.separator as char,
        header: dialect.names.is_some(),
        files,
        unpacked_bytes,
        names: choice.columns.iter().map(|c| name(*c)).collect(),
    }
}
