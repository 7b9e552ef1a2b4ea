//! One picture file: its header and its pixels.
//!
//! Owns what each format calls things. Refuses to know stacks and caches.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use image::{ImageDecoder, ImageReader};
use tiff::ColorType;
use tiff::tags::Tag;

use super::jpeg;
use super::set::TiffDecoder;
use crate::array::DType;
use crate::storage::StorageError;
use crate::storage::open::{Mode, open_file};

/// Size and type of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    pub dtype: DType,
    pub width: u64,
    pub height: u64,
    pub channels: u64,
}

/// A picture, and the bytes that decoding it takes beside its pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) picture: Picture,
    pub(super) work_bytes: u64,
}

impl Picture {
    /// Bytes of its pixels.
    pub fn bytes(&self) -> u64 {
        self.shape().iter().fold(self.dtype.size() as u64, |n, e| n.saturating_mul(*e))
    }

    /// Samples where both sides are multiples of `block`.
    pub(super) fn padded_samples(&self, block: u64) -> u64 {
        let side = |n: u64| n.next_multiple_of(block);
        side(self.width).saturating_mul(side(self.height)).saturating_mul(self.channels)
    }

    /// `[y, x]`, with a channel axis where there are several.
    pub fn shape(&self) -> Vec<u64> {
        if self.channels == 1 { vec![self.height, self.width] } else { vec![self.height, self.width, self.channels] }
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Picture { dtype, width, height, channels } = self;
        let plural = if *channels == 1 { "" } else { "s" };
        write!(f, "{width} x {height} pixels, {channels} channel{plural}, {dtype}")
    }
}

pub(super) fn undecodable(path: &Path, page: Option<usize>, what: impl ToString) -> StorageError {
    StorageError::Decode { path: path.to_path_buf(), page, frame: None, what: what.to_string() }
}

/// The three formats, told by the first bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tiff,
    Jpeg,
    Png,
}

pub(super) fn kind(path: &Path, file: &mut File) -> Result<Kind, StorageError> {
    let start = first_four(path, file)?;
    Ok(match &start {
        b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+" => Kind::Tiff,
        [0xff, 0xd8, 0xff, _] => Kind::Jpeg,
        b"\x89PNG" => Kind::Png,
        _ => return Err(undecodable(path, None, "it begins as no PNG, JPEG or TIFF does")),
    })
}

fn first_four(path: &Path, file: &mut File) -> Result<[u8; 4], StorageError> {
    let mut start = [0; 4];
    match file.read_exact(&mut start).and_then(|()| file.rewind()) {
        Ok(()) => Ok(start),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(undecodable(path, None, "the file is empty or ends after a few bytes"))
        }
        Err(e) => Err(StorageError::io(path, "read its header", e)),
    }
}

/// Size and type of every frame of a file, without decoding pixels.
pub(super) fn headers(path: &Path, mut file: File) -> Result<Vec<Header>, StorageError> {
    match kind(path, &mut file)? {
        Kind::Tiff => tiff_headers(path, file),
        Kind::Jpeg => Ok(vec![jpeg::header(path, file)?]),
        Kind::Png => Ok(vec![png_header(path, file)?]),
    }
}

fn png_header(path: &Path, file: File) -> Result<Header, StorageError> {
    let decoder = decoder(path, file)?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let channels = u64::from(color.channel_count());
    let dtype = if color.bytes_per_pixel() as u64 / channels == 1 { DType::U8 } else { DType::U16 };
    let picture = Picture { dtype, width: width.into(), height: height.into(), channels };
    // Two rows and the window of the decompressor, with room for what it reads ahead.
    let row = picture.bytes() / picture.height.max(1);
    Ok(Header { picture, work_bytes: 4 * row + (512 << 10) })
}

fn decoder(path: &Path, file: File) -> Result<impl ImageDecoder, StorageError> {
    let failed = |e: &dyn fmt::Display| undecodable(path, None, e);
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format().map_err(|e| failed(&e))?;
    // The size of a frame is known and counted before it is decoded.
    reader.no_limits();
    reader.into_decoder().map_err(|e| failed(&e))
}

/// The pixels of a PNG: `need` bytes, in native byte order.
pub(super) fn decode_png(path: &Path, need: u64) -> Result<Vec<u8>, StorageError> {
    let decoder = decoder(path, open_file(path, Mode::Read)?)?;
    check_bytes(path, None, decoder.total_bytes(), need)?;
    let mut pixels = zeros(path, None, need)?;
    decoder.read_image(&mut pixels).map_err(|e| undecodable(path, None, e))?;
    Ok(pixels)
}

/// Memory for a frame. A header may claim more than there is, which must not end the process.
pub(super) fn zeros(path: &Path, page: Option<usize>, bytes: u64) -> Result<Vec<u8>, StorageError> {
    let mut pixels = Vec::new();
    let room = usize::try_from(bytes).ok().and_then(|n| pixels.try_reserve_exact(n).ok().map(|()| n));
    let n = room.ok_or_else(|| undecodable(path, page, format!("one frame needs {bytes} bytes of memory")))?;
    pixels.resize(n, 0);
    Ok(pixels)
}

/// The file may have been replaced since its header was read.
pub(super) fn check_bytes(path: &Path, page: Option<usize>, have: u64, need: u64) -> Result<(), StorageError> {
    if have == need {
        return Ok(());
    }
    Err(undecodable(path, page, format!("the frame has {have} bytes, the header on opening said {need}")))
}

/// A TIFF decoder that may take what one frame needs.
pub(super) fn open_tiff(path: &Path, file: File, frame_bytes: u64) -> Result<TiffDecoder, StorageError> {
    let mut limits = tiff::decoder::Limits::default();
    limits.decoding_buffer_size = limits.decoding_buffer_size.max(frame_bytes as usize);
    limits.intermediate_buffer_size = limits.intermediate_buffer_size.max(frame_bytes as usize);
    let decoder = TiffDecoder::new(BufReader::new(file)).map_err(|e| undecodable(path, None, e))?;
    Ok(decoder.with_limits(limits))
}

fn tiff_headers(path: &Path, file: File) -> Result<Vec<Header>, StorageError> {
    let mut decoder = open_tiff(path, file, 0)?;
    let mut pages = Vec::new();
    loop {
        let picture = tiff_header(path, &mut decoder, pages.len())?;
        let chunk_bytes = tiff_chunk_bytes(&mut decoder, &picture);
        // A strip or tile as stored, and one as decoded.
        pages.push(Header { picture, work_bytes: 2 * chunk_bytes + (256 << 10) });
        if !decoder.more_images() {
            return Ok(pages);
        }
        decoder.next_image().map_err(|e| undecodable(path, Some(pages.len()), e))?;
    }
}

fn tiff_header(path: &Path, decoder: &mut TiffDecoder, page: usize) -> Result<Picture, StorageError> {
    let failed = |e| undecodable(path, Some(page), e);
    let (width, height) = decoder.dimensions().map_err(failed)?;
    let color = decoder.colortype().map_err(failed)?;
    let formats = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat).map_err(failed)?;
    let planar = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).map_err(failed)?;
    let unsupported = |what: String| StorageError::unsupported(path, format!("page {page}: {what}"));
    let channels = match color {
        ColorType::Gray(_) => 1,
        ColorType::GrayA(_) => 2,
        ColorType::RGB(_) => 3,
        ColorType::RGBA(_) => 4,
        ColorType::Multiband { num_samples, .. } => u64::from(num_samples),
        other => return Err(unsupported(format!("TIFF colour type {other:?} is not read; save it as grey or RGB"))),
    };
    if channels > 1 && planar == Some(2) {
        return Err(unsupported("TIFF with one plane for each channel is not read; save it interleaved".into()));
    }
    let format = formats.as_ref().and_then(|f| f.first().copied()).unwrap_or(1);
    let dtype = match (format, color.bit_depth()) {
        (1, 8) => DType::U8,
        (1, 16) => DType::U16,
        (1, 32) => DType::U32,
        (1, 64) => DType::U64,
        (2, 8) => DType::I8,
        (2, 16) => DType::I16,
        (2, 32) => DType::I32,
        (2, 64) => DType::I64,
        (3, 16) => DType::F16,
        (3, 32) => DType::F32,
        (3, 64) => DType::F64,
        (format, bits) => {
            return Err(unsupported(format!("TIFF samples of {bits} bits (sample format {format}) are not read")));
        }
    };
    Ok(Picture { dtype, width: width.into(), height: height.into(), channels })
}

/// Bytes of a strip or tile: those of the whole page where it does not say.
fn tiff_chunk_bytes(decoder: &mut TiffDecoder, picture: &Picture) -> u64 {
    let mut tag = |tag| decoder.find_tag_unsigned::<u32>(tag).ok().flatten().map(u64::from);
    let (width, height) = match (tag(Tag::TileWidth), tag(Tag::TileLength), tag(Tag::RowsPerStrip)) {
        (Some(width), Some(height), _) => (width, height),
        (_, _, Some(rows)) => (picture.width, rows),
        _ => (picture.width, picture.height),
    };
    Picture { width, height, ..*picture }.bytes().min(picture.bytes())
}

/// The pixels of one page.
pub(super) fn decode_page(
    path: &Path,
    decoder: &mut TiffDecoder,
    page: usize,
    need: u64,
) -> Result<Vec<u8>, StorageError> {
    let failed = |e| undecodable(path, Some(page), e);
    decoder.seek_to_image(page).map_err(failed)?;
    let layout = decoder.image_buffer_layout().map_err(failed)?;
    check_bytes(path, Some(page), layout.len as u64, need)?;
    let mut pixels = zeros(path, Some(page), need)?;
    decoder.read_image_bytes(&mut pixels).map_err(failed)?;
    Ok(pixels)
}
