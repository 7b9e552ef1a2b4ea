//! One picture file: its header, its pixels, and writing one.
//!
//! Owns what each format calls things. Refuses to know stacks and caches.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use image::{ImageDecoder, ImageEncoder, ImageReader};
use tiff::ColorType;
use tiff::tags::Tag;

use super::StorageError;
use super::images::TiffDecoder;
use super::open::{Mode, open_file};
use super::output::{permissions_for, target_of};
use crate::array::{DType, View};

/// Size and type of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) dtype: DType,
    width: u64,
    height: u64,
    channels: u64,
}

impl Picture {
    /// `[y, x]`, with a channel axis where there are several.
    pub(super) fn shape(&self) -> Vec<u64> {
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

fn undecodable(path: &Path, page: Option<usize>, what: impl ToString) -> StorageError {
    StorageError::Decode { path: path.to_path_buf(), page, what: what.to_string() }
}

/// Whether a file is a TIFF, by its first bytes.
pub(super) fn is_tiff(path: &Path) -> Result<bool, StorageError> {
    Ok(starts_as_tiff(&first_four(path, &mut open_file(path, Mode::Read)?)?))
}

fn starts_as_tiff(start: &[u8; 4]) -> bool {
    [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].contains(&start)
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
pub(super) fn headers(path: &Path, mut file: File) -> Result<Vec<Picture>, StorageError> {
    let start = first_four(path, &mut file)?;
    if starts_as_tiff(&start) {
        return tiff_headers(path, file);
    }
    if start[..3] == [0xff, 0xd8, 0xff] {
        let header = jpeg_header(&mut BufReader::new(file)).map_err(|e| undecodable(path, None, e))?;
        let Some(picture) = header else {
            return Err(undecodable(path, None, "no frame header (SOF) before the image data"));
        };
        return Ok(vec![picture]);
    }
    let decoder = decoder(path, file)?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let channels = u64::from(color.channel_count());
    let dtype = match color.bytes_per_pixel() as u64 / channels {
        1 => DType::U8,
        2 => DType::U16,
        _ => DType::F32,
    };
    Ok(vec![Picture { dtype, width: width.into(), height: height.into(), channels }])
}

fn decoder(path: &Path, file: File) -> Result<impl ImageDecoder, StorageError> {
    let failed = |e: &dyn fmt::Display| undecodable(path, None, e);
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format().map_err(|e| failed(&e))?;
    // The size of a frame is known and counted before it is decoded.
    reader.no_limits();
    reader.into_decoder().map_err(|e| failed(&e))
}

/// Finds the frame header of a JPEG by walking its segments, so that opening a long stack reads a
/// few blocks of each file and not all of it.
fn jpeg_header(file: &mut (impl Read + Seek)) -> std::io::Result<Option<Picture>> {
    let mut two = [0; 2];
    file.read_exact(&mut two)?;
    loop {
        file.read_exact(&mut two[..1])?;
        if two[0] != 0xff {
            return Ok(None);
        }
        while two[0] == 0xff {
            file.read_exact(&mut two[..1])?;
        }
        let marker = two[0];
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            continue;
        }
        if matches!(marker, 0xd9 | 0xda) {
            return Ok(None);
        }
        file.read_exact(&mut two)?;
        let length = u16::from_be_bytes(two);
        // C4, C8 and CC share the range of frame headers and are none.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let mut sof = [0; 6];
            file.read_exact(&mut sof)?;
            let height = u16::from_be_bytes([sof[1], sof[2]]).into();
            let width = u16::from_be_bytes([sof[3], sof[4]]).into();
            // The decoder turns CMYK into RGB.
            let channels = if sof[5] == 1 { 1 } else { 3 };
            return Ok(Some(Picture { dtype: DType::U8, width, height, channels }));
        }
        file.seek(SeekFrom::Current(i64::from(length).saturating_sub(2).max(0)))?;
    }
}

/// The pixels of a PNG or JPEG: `need` bytes, in native byte order.
pub(super) fn decode(path: &Path, need: u64) -> Result<Vec<u8>, StorageError> {
    let decoder = decoder(path, open_file(path, Mode::Read)?)?;
    check_bytes(path, None, decoder.total_bytes(), need)?;
    let mut pixels = zeros(path, None, need)?;
    decoder.read_image(&mut pixels).map_err(|e| undecodable(path, None, e))?;
    Ok(pixels)
}

/// Memory for a frame. A header may claim more than there is, which must not end the process.
fn zeros(path: &Path, page: Option<usize>, bytes: u64) -> Result<Vec<u8>, StorageError> {
    let mut pixels = Vec::new();
    let room = usize::try_from(bytes).ok().and_then(|n| pixels.try_reserve_exact(n).ok().map(|()| n));
    let n = room.ok_or_else(|| undecodable(path, page, format!("one frame needs {bytes} bytes of memory")))?;
    pixels.resize(n, 0);
    Ok(pixels)
}

/// The file may have been replaced since its header was read.
fn check_bytes(path: &Path, page: Option<usize>, have: u64, need: u64) -> Result<(), StorageError> {
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

fn tiff_headers(path: &Path, file: File) -> Result<Vec<Picture>, StorageError> {
    let mut decoder = open_tiff(path, file, 0)?;
    let mut pages = Vec::new();
    loop {
        pages.push(tiff_header(path, &mut decoder, pages.len())?);
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

/// Writes a view of shape `[y, x]` or `[y, x, c]` (1 to 4 channels: grey, grey and alpha, RGB, RGBA)
/// of `u8` or `u16` as a PNG, under a temporary name first. Takes memory for one copy of the view.
pub fn write_png(path: &Path, picture: &View, overwrite: bool) -> Result<(), StorageError> {
    let shape = picture.shape();
    let channels = if shape.len() == 3 { shape[2] } else { 1 };
    use image::ExtendedColorType as Color;
    let color = match (picture.dtype(), channels) {
        (DType::U8, 1) => Color::L8,
        (DType::U8, 2) => Color::La8,
        (DType::U8, 3) => Color::Rgb8,
        (DType::U8, 4) => Color::Rgba8,
        (DType::U16, 1) => Color::L16,
        (DType::U16, 2) => Color::La16,
        (DType::U16, 3) => Color::Rgb16,
        (DType::U16, 4) => Color::Rgba16,
        (dtype, _) => {
            let what = format!("a PNG holds u8 or u16 with 1 to 4 channels, not {dtype} of shape {shape:?}");
            return Err(StorageError::unsupported(path, what));
        }
    };
    let sides = (u32::try_from(*shape.first().unwrap_or(&0)), u32::try_from(*shape.get(1).unwrap_or(&0)));
    let (true, (Ok(height @ 1..), Ok(width @ 1..))) = (matches!(shape.len(), 2 | 3), sides) else {
        let what = format!("a PNG needs two axes (and one of channels) without empty ones, not shape {shape:?}");
        return Err(StorageError::unsupported(path, what));
    };
    let (target, folder) = target_of(path, overwrite)?;
    let pixels = dense_bytes(picture);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".picture.").suffix(".tilewise-tmp").permissions(permissions_for(&target));
    let temporary = builder.tempfile_in(&folder).map_err(|e| StorageError::io(&folder, "create a file in it", e))?;
    let mut file = BufWriter::new(temporary.as_file());
    let encoder = image::codecs::png::PngEncoder::new(&mut file);
    encoder.write_image(&pixels, width, height, color).map_err(|e| match e {
        image::ImageError::IoError(e) => StorageError::io(&target, "write the picture", e),
        other => StorageError::unsupported(&target, other.to_string()),
    })?;
    // Dropping the buffer would lose the error of a full disk.
    file.flush().map_err(|e| StorageError::io(&target, "write the picture", e))?;
    drop(file);
    let named = if overwrite { temporary.persist(&target) } else { temporary.persist_noclobber(&target) };
    named.map(drop).map_err(|e| StorageError::io(&target, "give the finished file its name", e.error))
}

fn dense_bytes(view: &View) -> Vec<u8> {
    let size = view.dtype().size();
    let row = view.shape().last().map_or(1, |n| *n as usize) * size;
    let mut bytes = Vec::with_capacity(view.elements() * size);
    for at in crate::array::row_starts(view.shape(), view.strides()) {
        bytes.extend_from_slice(&view.bytes()[at * size..at * size + row]);
    }
    bytes
}
