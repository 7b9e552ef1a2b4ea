//! An array as rows of text.
//!
//! Owns how values are written, and the file that appears when it is complete. Streams: blocks of rows are
//! read, formatted and written in turn. Refuses to know whom it is written for.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::{NewFile, StorageError, Stored};
use super::time::NOT_A_TIME;
use crate::array::{DType, Region};

/// Bytes of the array that are formatted at once.
const BLOCK_BYTES: u64 = 1 << 20;

/// How an array is written as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvOptions {
    /// Between fields.
    pub separator: char,
    /// A first row of names, one for each column.
    pub header: Option<Vec<String>>,
    /// Whether i64 values are nanoseconds since 1970, to be written as `2010-01-31T13:45:00Z`.
    pub times: bool,
    pub overwrite: bool,
}

impl Default for CsvOptions {
    fn default() -> CsvOptions {
        CsvOptions { separator: ',', header: None, times: false, overwrite: false }
    }
}

/// Writes an array of at most two axes: a row for each element or row, a field for each column. Compressed
/// where the path ends in `.gz`. Floats have the fewest digits that give the same value back, NaN is an
/// empty field, `bool` is `true` and `false`.
///
/// `watch` is told the rows that are written, and stops the writing where it returns `false`: that is
/// [`StorageError::Interrupted`]. Whatever fails, nothing is left. Returns the bytes of the file.
pub fn write_csv(
    stored: &Stored,
    path: &Path,
    options: &CsvOptions,
    watch: &mut dyn FnMut(u64) -> bool,
) -> Result<u64, StorageError> {
    let separator = separator(path, options)?;
    let columns = check(stored, path, options)?;
    let mut file = NewFile::create(path, options.overwrite)?;
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
        let mut packed = GzEncoder::new(&mut file, Compression::default());
        write(stored, path, options, (separator, columns), &mut packed, watch)?;
        packed.finish().map_err(|e| StorageError::io(path, "write it", e))?;
    } else {
        write(stored, path, options, (separator, columns), &mut file, watch)?;
    }
    let file = file.finish()?;
    let bytes = file.bytes();
    file.commit()?;
    Ok(bytes)
}

fn separator(path: &Path, options: &CsvOptions) -> Result<u8, StorageError> {
    let said = options.separator;
    let usable = said.is_ascii() && !said.is_ascii_alphanumeric() && !"\"\n\r.+-:".contains(said);
    u8::try_from(said).ok().filter(|b| usable && *b != 0).ok_or_else(|| {
        let what = format!("separator {said:?} cannot separate fields; common are , ; | and a tab (\\t)");
        StorageError::options(path, what)
    })
}

/// Columns of the text, of an array that can be one.
fn check(stored: &Stored, path: &Path, options: &CsvOptions) -> Result<u64, StorageError> {
    let spec = stored.spec();
    if matches!(spec.dtype, DType::C64 | DType::C128) {
        let what =
            format!("{} has two numbers in each element, a field of text has one; take a part first", spec.dtype);
        return Err(StorageError::unsupported(path, what));
    }
    if options.times && spec.dtype != DType::I64 {
        let what = format!("time stamps are i64 nanoseconds, the array is {}", spec.dtype);
        return Err(StorageError::options(path, what));
    }
    let columns = match spec.shape[..] {
        [] | [_] => 1,
        [_, columns] => columns,
        _ => {
            let what = format!(
                "a table has rows and columns, the array has {} axes (shape {:?}); take a slice or a mean first, or \
                 write .npy",
                spec.rank(),
                spec.shape
            );
            return Err(StorageError::unsupported(path, what));
        }
    };
    match &options.header {
        Some(names) if names.len() as u64 != columns => {
            let what = format!("the header has {} names for {columns} columns", names.len());
            Err(StorageError::options(path, what))
        }
        _ => Ok(columns),
    }
}

fn write(
    stored: &Stored,
    path: &Path,
    options: &CsvOptions,
    (separator, columns): (u8, u64),
    out: &mut dyn Write,
    watch: &mut dyn FnMut(u64) -> bool,
) -> Result<(), StorageError> {
    let failed = |e| StorageError::io(path, "write it", e);
    let spec = stored.spec();
    let mut line = Vec::new();
    if let Some(names) = &options.header {
        for (i, name) in names.iter().enumerate() {
            line.extend((i > 0).then_some(separator));
            put_name(&mut line, name, separator);
        }
        line.push(b'\n');
        out.write_all(&line).map_err(failed)?;
    }
    let rows = spec.shape.first().copied().unwrap_or(1);
    let size = spec.dtype.size() as u64;
    let step = (BLOCK_BYTES / (columns * size).max(1)).max(1);
    let mut words: Vec<u64> = Vec::new();
    for start in (0..rows).step_by(step as usize) {
        let end = (start + step).min(rows);
        let mut region = Region::full(&spec.shape);
        if spec.rank() > 0 {
            (region.start[0], region.end[0]) = (start, end);
        }
        let bytes = ((end - start) * columns * size) as usize;
        words.resize(bytes.div_ceil(8), 0);
        let block = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes];
        stored.read(&region, block)?;
        stored.drop_behind(&region);
        line.clear();
        put_rows(&mut line, block, spec.dtype, options.times, columns as usize, separator);
        out.write_all(&line).map_err(failed)?;
        if !watch(end) {
            return Err(StorageError::Interrupted { path: path.to_path_buf() });
        }
    }
    Ok(())
}

/// A name, in quotes where it would not come back otherwise.
fn put_name(line: &mut Vec<u8>, name: &str, separator: u8) {
    if name.bytes().any(|b| b == separator || matches!(b, b'"' | b'\n' | b'\r')) {
        line.push(b'"');
        line.extend_from_slice(name.replace('"', "\"\"").as_bytes());
        line.push(b'"');
    } else {
        line.extend_from_slice(name.as_bytes());
    }
}

fn put_rows(line: &mut Vec<u8>, block: &[u8], dtype: DType, times: bool, columns: usize, separator: u8) {
    let mut text = zmij::Buffer::new();
    match dtype {
        DType::Bool => put(line, block, columns, separator, |out, v: u8| {
            out.extend_from_slice(if v != 0 { b"true" } else { b"false" });
        }),
        DType::I64 if times => put(line, block, columns, separator, put_time),
        DType::U8 => put(line, block, columns, separator, put_whole::<u8>),
        DType::U16 => put(line, block, columns, separator, put_whole::<u16>),
        DType::U32 => put(line, block, columns, separator, put_whole::<u32>),
        DType::U64 => put(line, block, columns, separator, put_whole::<u64>),
        DType::I8 => put(line, block, columns, separator, put_whole::<i8>),
        DType::I16 => put(line, block, columns, separator, put_whole::<i16>),
        DType::I32 => put(line, block, columns, separator, put_whole::<i32>),
        DType::I64 => put(line, block, columns, separator, put_whole::<i64>),
        DType::F64 => put(line, block, columns, separator, |out, v: f64| put_float(out, v, &mut text)),
        DType::F32 => put(line, block, columns, separator, |out, v: f32| put_float32(out, v, &mut text)),
        DType::F16 => put(line, block, columns, separator, |out, v: half::f16| put_float32(out, v.to_f32(), &mut text)),
        DType::BF16 => {
            put(line, block, columns, separator, |out, v: half::bf16| put_float32(out, v.to_f32(), &mut text))
        }
        // Refused before.
        DType::C64 | DType::C128 => {}
    }
}

fn put<T: bytemuck::AnyBitPattern>(
    line: &mut Vec<u8>,
    block: &[u8],
    columns: usize,
    separator: u8,
    mut one: impl FnMut(&mut Vec<u8>, T),
) {
    let row_bytes = columns * size_of::<T>();
    if row_bytes == 0 {
        return;
    }
    for row in block.chunks_exact(row_bytes) {
        let begin = line.len();
        for value in row.chunks_exact(size_of::<T>()) {
            one(line, bytemuck::pod_read_unaligned(value));
            line.push(separator);
        }
        line.pop();
        if line.len() == begin {
            // An empty line would be no row.
            line.extend_from_slice(b"\"\"");
        }
        line.push(b'\n');
    }
}

fn put_whole<T: std::fmt::Display>(line: &mut Vec<u8>, value: T) {
    // Writing to a vector does not fail.
    let _ = write!(line, "{value}");
}

fn put_time(line: &mut Vec<u8>, value: i64) {
    if value == NOT_A_TIME {
        return;
    }
    match jiff::Timestamp::from_nanosecond(i128::from(value)) {
        Ok(time) => put_whole(line, time),
        // Every 64-bit number of nanoseconds is a time.
        Err(_) => put_whole(line, value),
    }
}

fn put_float(line: &mut Vec<u8>, value: f64, text: &mut zmij::Buffer) {
    if value.is_nan() {
    } else if value.is_infinite() {
        line.extend_from_slice(if value > 0.0 { b"inf" } else { b"-inf" });
    } else {
        line.extend_from_slice(text.format_finite(value).as_bytes());
    }
}

fn put_float32(line: &mut Vec<u8>, value: f32, text: &mut zmij::Buffer) {
    if value.is_finite() {
        line.extend_from_slice(text.format_finite(value).as_bytes());
    } else {
        put_float(line, f64::from(value), text);
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
