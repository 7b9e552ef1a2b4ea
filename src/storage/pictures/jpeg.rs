//! JPEG files: the header without the pixels, and decoding that accepts whole files only.
//!
//! The decoder is the one that the `image` crate wraps. That wrapper takes what a damaged file still
//! gives and fills the rest with grey; an array must not hold such a frame, so it is called strictly here.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

use super::decode::{Header, Picture, check_bytes, undecodable, zeros};
use crate::array::DType;
use crate::storage::StorageError;
use crate::storage::open::{Mode, open_file};

/// Finds the frame header of a JPEG by walking its segments, so that opening a long stack reads a
/// few blocks of each file and not all of it.
pub(super) fn header(path: &Path, file: File) -> Result<Header, StorageError> {
    let file_bytes = file.metadata().map_err(|e| StorageError::io(path, "read its size", e))?.len();
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => undecodable(path, None, "the file ends inside its header"),
        _ => StorageError::io(path, "read its header", e),
    };
    let found = walk(&mut BufReader::new(file)).map_err(failed)?;
    let Some((picture, coefficients)) = found else {
        return Err(undecodable(path, None, "no frame header (SOF) before the image data"));
    };
    // The file as read, rows of the decoder, and for files in several scans all coefficients, 16 bits each.
    let rows = 64 * picture.width * picture.channels;
    let scans = if coefficients { 2 * picture.padded_samples(16) } else { 0 };
    Ok(Header { picture, work_bytes: file_bytes + rows + scans + (256 << 10) })
}

/// The picture, and whether its decoder must hold all coefficients.
fn walk(file: &mut BufReader<File>) -> std::io::Result<Option<(Picture, bool)>> {
    let mut found: Option<(Picture, bool, u8)> = None;
    let mut two = [0; 2];
    file.read_exact(&mut two)?;
    loop {
        file.read_exact(&mut two[..1])?;
        if two[0] != 0xff {
            return Ok(found.map(|(picture, ..)| (picture, true)));
        }
        while two[0] == 0xff {
            file.read_exact(&mut two[..1])?;
        }
        let marker = two[0];
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            continue;
        }
        if marker == 0xd9 {
            return Ok(None);
        }
        file.read_exact(&mut two)?;
        let mut rest = i64::from(u16::from_be_bytes(two)).saturating_sub(2).max(0);
        // C4, C8 and CC share the range of frame headers and are none.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let mut sof = [0; 6];
            file.read_exact(&mut sof)?;
            rest = rest.saturating_sub(6).max(0);
            let height = u16::from_be_bytes([sof[1], sof[2]]).into();
            let width = u16::from_be_bytes([sof[3], sof[4]]).into();
            // The decoder turns CMYK into RGB.
            let channels = if sof[5] == 1 { 1 } else { 3 };
            found = Some((Picture { dtype: DType::U8, width, height, channels }, marker == 0xc2, sof[5]));
        }
        if marker == 0xda {
            let mut components = [0; 1];
            file.read_exact(&mut components)?;
            return Ok(found.map(|(picture, progressive, n)| (picture, progressive || components[0] < n)));
        }
        file.seek_relative(rest)?;
    }
}

/// The pixels: `need` bytes. A file that is cut off or damaged is an error.
pub(super) fn decode(path: &Path, need: u64) -> Result<Vec<u8>, StorageError> {
    let mut file = open_file(path, Mode::Read)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|e| StorageError::io(path, "read it", e))?;
    let failed =
        |e: zune_jpeg::errors::DecodeErrors| undecodable(path, None, format!("the file is damaged or cut off ({e})"));
    // The size of a frame is known and counted before it is decoded.
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(&bytes), options);
    decoder.decode_headers().map_err(failed)?;
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let color = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(color));
    check_bytes(path, None, decoder.output_buffer_size().unwrap_or(0) as u64, need)?;
    let mut pixels = zeros(path, None, need)?;
    decoder.decode_into(&mut pixels).map_err(failed)?;
    if !ends(&bytes) {
        return Err(undecodable(path, None, "the file is cut off: the mark of its end (EOI) is missing"));
    }
    Ok(pixels)
}

/// Whether the mark of the end follows the image data. Thumbnails before it have marks of their own,
/// and so may what phones append behind.
fn ends(bytes: &[u8]) -> bool {
    let mut at = 2;
    // Segments in turn, up to the first scan.
    while let Some([0xff, marker, rest @ ..]) = bytes.get(at..) {
        match (marker, rest) {
            (0xda, _) => return memchr::memmem::find(rest, b"\xff\xd9").is_some(),
            (0xff, _) => at += 1,
            (0x01 | 0xd0..=0xd8, _) => at += 2,
            (_, [high, low, ..]) => at += 2 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => return false,
        }
    }
    // Bytes between segments, which the decoder has judged.
    memchr::memmem::rfind(bytes, b"\xff\xd9").is_some()
}

#[cfg(test)]
#[path = "jpeg_tests.rs"]
mod tests;
