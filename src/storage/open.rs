//! What a file holds: options of the caller, the format, and the facts that follow from both.
//!
//! Owns the checks that every opened file passes: format, contradiction, overflow, truncation.
//! Refuses to read data or to map it.

use std::fs::{File, OpenOptions as FileOptions};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::StorageError;
use super::npy::{self, Kind, Refusal};
use crate::array::{ArraySpec, Columns, DType, Endian, Facts, Order, Shape, checked_elements, parse_axis_names};

/// How a file is opened, with NumPy's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// `r`: an existing file, for reading.
    #[default]
    Read,
    /// `r+`: an existing file, for reading and writing.
    ReadWrite,
    /// `w+`: a new file, or an existing one that is emptied.
    Create,
    /// `c`: copy on write. Changes stay in memory and never reach the file.
    CopyOnWrite,
}

impl Mode {
    /// Parses `r`, `r+`, `w+` or `c`.
    pub fn parse(name: &str) -> Option<Mode> {
        Some(match name {
            "r" => Mode::Read,
            "r+" => Mode::ReadWrite,
            "w+" => Mode::Create,
            "c" => Mode::CopyOnWrite,
            _ => return None,
        })
    }
}

/// What the caller says about a file. For raw files this is all there is to know; for formats that
/// describe themselves it is checked against what they say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenOptions {
    pub mode: Mode,
    pub dtype: Option<DType>,
    /// Extents; one may be -1 and follows from the size of the file.
    pub shape: Option<Vec<i64>>,
    /// Where the data of a raw file begins, in bytes. Default 0.
    pub offset: Option<u64>,
    /// Storage order of a raw file. Default C.
    pub order: Option<Order>,
    /// Byte order of a raw file. Default: this machine's.
    pub endian: Option<Endian>,
    /// One letter for each axis.
    pub axes: Option<String>,
    /// Columns of a CSV file. Default: all that hold numbers.
    pub column: Option<Columns>,
    /// What separates the fields of a CSV file. Default: what its first rows show.
    pub separator: Option<char>,
    /// Whether the first row of a CSV file holds names. Default: what it looks like.
    pub header: Option<bool>,
    /// The form of time stamps in a CSV file, in the words of `strptime`, where it is not a common one.
    pub time_format: Option<String>,
}

impl OpenOptions {
    /// Whether something is said that only a table of text can have.
    pub(super) fn of_text(&self) -> bool {
        self.column.is_some() || self.separator.is_some() || self.header.is_some() || self.time_format.is_some()
    }
}

/// How a file is written and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Npy,
    /// Elements and nothing else.
    Raw,
    /// PNG, JPEG or TIFF.
    Picture,
    /// Rows of text, their fields separated by a character.
    Csv,
    /// No file: memory of this process.
    Memory,
}

impl Format {
    /// The name in `info`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Npy => "npy",
            Format::Raw => "raw",
            Format::Picture => "picture",
            Format::Csv => "csv",
            Format::Memory => "memory",
        }
    }

    /// What the extension of a path promises.
    pub fn of_extension(path: &Path) -> Option<Format> {
        let extension = |p: &Path| p.extension()?.to_str().map(str::to_ascii_lowercase);
        match extension(path)?.as_str() {
            "csv" | "tsv" => Some(Format::Csv),
            "gz" => Format::of_extension(Path::new(path.file_stem()?)).filter(|f| *f == Format::Csv),
            "npy" => Some(Format::Npy),
            "png" | "jpg" | "jpeg" | "tif" | "tiff" => Some(Format::Picture),
            _ => None,
        }
    }

    /// The format that an output of this name is written in: `.npy`, else raw. Pictures are refused.
    pub(super) fn of_output(path: &Path) -> Result<Format, StorageError> {
        match Format::of_extension(path) {
            Some(Format::Picture) => Err(StorageError::unsupported(
                path,
                "arrays are written as .npy or raw files, not as pictures; \
                 write .npy, then make pictures with `tilewise convert` or `tilewise view`",
            )),
            Some(Format::Csv) => Err(StorageError::unsupported(
                path,
                "a run writes .npy or raw files, not text; write .npy, then `tilewise convert` makes a CSV of it",
            )),
            Some(format) => Ok(format),
            None => Ok(Format::Raw),
        }
    }
}

/// The format of an existing file: by extension, else raw where the caller says a dtype, else by
/// its first bytes.
pub(super) fn format_of(path: &Path, file: &File, options: &OpenOptions) -> Result<Format, StorageError> {
    if let Some(format) = Format::of_extension(path) {
        return Ok(format);
    }
    if options.of_text() {
        return Ok(Format::Csv);
    }
    if options.dtype.is_some() {
        return Ok(Format::Raw);
    }
    let start = first_bytes(path, file, 8)?;
    let pictures: [&[u8]; 6] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];
    if start.starts_with(npy::MAGIC) {
        Ok(Format::Npy)
    } else if pictures.iter().any(|p| start.starts_with(p)) {
        Ok(Format::Picture)
    } else {
        Err(StorageError::options(
            path,
            "the file does not say what it holds; give its dtype and shape, e.g. --dtype f32 --shape 1000,-1, \
             or a column if it is a table of text, e.g. --column 0",
        ))
    }
}

/// Opens a regular file, for writing as well where the mode asks for it.
pub(super) fn open_file(path: &Path, mode: Mode) -> Result<File, StorageError> {
    let write = mode == Mode::ReadWrite;
    let action = if write { "open it for writing" } else { "read it" };
    // Asked before opening: opening a pipe waits for its other end.
    let meta = std::fs::metadata(path).map_err(|e| StorageError::io(path, action, e))?;
    if !meta.is_file() {
        let what = if meta.is_dir() { "a folder" } else { "a device or a pipe" };
        return Err(StorageError::NotAFile { path: path.to_path_buf(), what });
    }
    FileOptions::new().read(true).write(write).open(path).map_err(|e| StorageError::io(path, action, e))
}

fn first_bytes(path: &Path, file: &File, count: u64) -> Result<Vec<u8>, StorageError> {
    let mut start = vec![0; count as usize];
    let mut have = 0;
    while have < start.len() {
        match file.read_at(&mut start[have..], have as u64) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(StorageError::io(path, "read its header", e)),
        }
    }
    start.truncate(have);
    Ok(start)
}

/// What an `.npy` or raw file holds. The file has at least the bytes that the facts speak of.
pub(super) fn inspect(path: &Path, file: &File, format: Format, o: &OpenOptions) -> Result<Facts, StorageError> {
    let size = file.metadata().map_err(|e| StorageError::io(path, "read its size", e))?.len();
    let facts = match format {
        Format::Npy => npy_facts(path, file, size, o)?,
        _ => raw_facts(path, size, o)?,
    };
    let bytes = checked_bytes(path, &facts)?;
    if facts.offset + bytes > size {
        return Err(StorageError::Truncated {
            path: path.to_path_buf(),
            what: format!("shape {:?} of {} at offset {}", facts.spec.shape, facts.spec.dtype, facts.offset),
            need: facts.offset + bytes,
            have: size,
        });
    }
    Ok(facts)
}

/// The bytes of the data, with the end of them below 2^63.
pub(super) fn checked_bytes(path: &Path, facts: &Facts) -> Result<u64, StorageError> {
    let bytes = facts.spec.bytes().filter(|b| facts.offset.checked_add(*b).is_some_and(|e| e <= i64::MAX as u64));
    bytes.ok_or_else(|| StorageError::TooLarge {
        path: path.to_path_buf(),
        shape: format!("{:?}", facts.spec.shape),
        dtype: facts.spec.dtype.name(),
    })
}

fn npy_facts(path: &Path, file: &File, size: u64, o: &OpenOptions) -> Result<Facts, StorageError> {
    let mut start = first_bytes(path, file, 12)?;
    if start.is_empty() {
        return Err(StorageError::Header {
            path: path.to_path_buf(),
            offset: 0,
            what: "the file is empty; an .npy file begins with a header".into(),
        });
    }
    let refused = |r| refusal(path, size, r);
    let (at, len) = npy::text_range(&start).map_err(refused)?;
    start = first_bytes(path, file, (at + len) as u64)?;
    let header = npy::parse(&start).map_err(refused)?;
    let dtype = match (header.kind, o.dtype) {
        (Kind::Known(dtype), said) => {
            contradiction(path, "dtype", said.map(DType::name), dtype.name())?;
            dtype
        }
        (Kind::Void2, Some(DType::BF16)) => DType::BF16,
        (Kind::Void2, _) => {
            return Err(StorageError::unsupported(
                path,
                "the file says two bytes without a type (V2), as bfloat16 is saved; pass dtype bf16 if it is that",
            ));
        }
    };
    contradiction(path, "order", o.order.map(order_name), order_name(header.order))?;
    if dtype.swap_unit() > 1 {
        contradiction(path, "endian", o.endian.map(Endian::name), header.endian.name())?;
    }
    contradiction(path, "offset", o.offset, header.offset)?;
    check_shape(path, &header.shape, o.shape.as_deref())?;
    let spec = ArraySpec { order: header.order, ..named(path, dtype, &header.shape, o.axes.as_deref())? };
    Ok(Facts { spec, offset: header.offset, endian: header.endian, decoded: None })
}

fn refusal(path: &Path, size: u64, refusal: Refusal) -> StorageError {
    let path = path.to_path_buf();
    match refusal {
        Refusal::Malformed { offset, what } => StorageError::Header { path, offset, what },
        Refusal::Unsupported(what) => StorageError::Unsupported { path, what },
        Refusal::Truncated { need } => StorageError::Truncated { path, what: "the header".into(), need, have: size },
    }
}

fn raw_facts(path: &Path, size: u64, o: &OpenOptions) -> Result<Facts, StorageError> {
    let Some(dtype) = o.dtype else {
        return Err(StorageError::options(path, "a raw file needs a dtype and a shape: --dtype f32 --shape 1000,-1"));
    };
    let offset = o.offset.unwrap_or(0);
    let shape = raw_shape(path, size, offset, dtype, o.shape.as_deref())?;
    let order = o.order.unwrap_or(Order::C);
    let spec = ArraySpec { order, ..named(path, dtype, &shape, o.axes.as_deref())? };
    Ok(Facts { spec, offset, endian: o.endian.unwrap_or(Endian::NATIVE), decoded: None })
}

/// The shape of a raw file. Without one it is flat and takes all bytes, as in `numpy.memmap`.
fn raw_shape(path: &Path, size: u64, offset: u64, dtype: DType, shape: Option<&[i64]>) -> Result<Shape, StorageError> {
    let shape = shape.unwrap_or(&[-1]);
    let free: Vec<usize> = (0..shape.len()).filter(|a| shape[*a] == -1).collect();
    if shape.len() > npy::AXES_MAX {
        return Err(StorageError::options(
            path,
            format!("{} axes are given, the limit is {}", shape.len(), npy::AXES_MAX),
        ));
    }
    if let Some(bad) = shape.iter().find(|e| **e < -1) {
        return Err(StorageError::options(path, format!("shape {shape:?} has the negative extent {bad}")));
    }
    if free.len() > 1 {
        return Err(StorageError::options(path, format!("shape {shape:?} has more than one -1")));
    }
    let mut found: Shape = shape.iter().map(|e| (*e).max(0) as u64).collect();
    let Some(&axis) = free.first() else { return Ok(found) };
    found[axis] = 1;
    let one = checked_elements(&found).and_then(|n| n.checked_mul(dtype.size() as u64)).ok_or_else(|| {
        StorageError::TooLarge { path: path.to_path_buf(), shape: format!("{shape:?}"), dtype: dtype.name() }
    })?;
    let Some(have) = size.checked_sub(offset).filter(|h| *h > 0) else {
        return Err(StorageError::Truncated {
            path: path.to_path_buf(),
            what: format!("data at offset {offset}"),
            need: offset.saturating_add(one.max(1)),
            have: size,
        });
    };
    if one == 0 || have % one != 0 {
        return Err(StorageError::options(
            path,
            format!(
                "{have} bytes from offset {offset} on do not divide into shape {shape:?} of {dtype} \
                 ({one} bytes each, {} left over); correct the shape, the dtype or the offset",
                if one == 0 { have } else { have % one }
            ),
        ));
    }
    found[axis] = have / one;
    Ok(found)
}

fn order_name(order: Order) -> &'static str {
    match order {
        Order::C => "C",
        Order::F => "F",
    }
}

/// Refuses an option that differs from the file.
pub(super) fn contradiction<T: PartialEq + ToString>(
    path: &Path,
    option: &'static str,
    said: Option<T>,
    found: T,
) -> Result<(), StorageError> {
    match said {
        Some(said) if said != found => Err(StorageError::Contradiction {
            path: path.to_path_buf(),
            option,
            said: said.to_string(),
            found: found.to_string(),
        }),
        _ => Ok(()),
    }
}

/// Refuses options that speak of bytes, for a file that is decoded; `why` ends the sentence.
pub(super) fn refuse_layout(path: &Path, why: &str, options: &OpenOptions) -> Result<(), StorageError> {
    let said = [
        ("offset", options.offset.is_some()),
        ("order", options.order.is_some()),
        ("endian", options.endian.is_some()),
    ];
    match said.iter().find(|(_, said)| *said) {
        Some((option, _)) => Err(StorageError::options(path, format!("{option} is for raw files; {why}"))),
        None => Ok(()),
    }
}

/// Refuses options that speak of text, for a file that is none.
pub(super) fn refuse_text(path: &Path, format: Format, options: &OpenOptions) -> Result<(), StorageError> {
    let said = [
        ("column", options.column.is_some()),
        ("separator", options.separator.is_some()),
        ("header", options.header.is_some()),
        ("time_format", options.time_format.is_some()),
    ];
    match said.iter().find(|(_, said)| *said) {
        Some((option, _)) => {
            let what = format!("{option} is for CSV files; this is a file of the format {}", format.name());
            Err(StorageError::options(path, what))
        }
        None => Ok(()),
    }
}

/// Refuses a shape that differs from the file's; one -1 matches any extent.
pub(super) fn check_shape(path: &Path, found: &[u64], said: Option<&[i64]>) -> Result<(), StorageError> {
    let Some(said) = said else { return Ok(()) };
    let same = said.len() == found.len()
        && said.iter().filter(|s| **s == -1).count() <= 1
        && said.iter().zip(found).all(|(s, f)| *s == -1 || u64::try_from(*s) == Ok(*f));
    if same {
        return Ok(());
    }
    let (said, found) = (format!("{said:?}"), format!("{found:?}"));
    contradiction(path, "shape", Some(said), found)
}

/// A spec with the caller's axis names.
pub(super) fn named(path: &Path, dtype: DType, shape: &[u64], axes: Option<&str>) -> Result<ArraySpec, StorageError> {
    let spec = ArraySpec::new(dtype, shape);
    match axes {
        Some(names) => {
            let axes = parse_axis_names(names, shape.len()).map_err(|e| StorageError::options(path, e))?;
            Ok(spec.with_axes(axes))
        }
        None => Ok(spec),
    }
}

/// Reads a small text file of the system, such as one under `/proc`.
pub(super) fn read_small(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(1 << 20).read_to_string(&mut text).ok()?;
    Some(text)
}
