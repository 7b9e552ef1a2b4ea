//! Writing one picture file: PNG, JPEG, and TIFF of any number of pages.
//!
//! Owns what each format can hold, and says what to do where it cannot. Refuses to scale values.

use std::ops::Range;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType as Color, ImageEncoder};
use tiff::encoder::{TiffEncoder, TiffKind, TiffKindBig, TiffKindStandard, TiffValue, colortype};

use super::Picture;
use crate::array::{DType, View};
use crate::storage::{NewFile, StorageError};

/// Bytes of a strip of a TIFF, about.
const STRIP_BYTES: u64 = 256 << 10;

/// Offsets of a plain TIFF have 32 bits.
const PLAIN_TIFF_MAX: u64 = u32::MAX as u64;

/// A format that pictures are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    Png,
    Jpeg,
    Tiff,
}

impl PictureFormat {
    /// What the ending of a path asks for.
    pub fn of_extension(path: &Path) -> Option<PictureFormat> {
        Some(match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "png" => PictureFormat::Png,
            "jpg" | "jpeg" => PictureFormat::Jpeg,
            "tif" | "tiff" => PictureFormat::Tiff,
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            PictureFormat::Png => "PNG",
            PictureFormat::Jpeg => "JPEG",
            PictureFormat::Tiff => "TIFF",
        }
    }

    /// Why it cannot hold a picture; `None` where it can.
    pub fn refuses(self, picture: &Picture) -> Option<String> {
        let Picture { dtype, width, height, channels } = *picture;
        let name = self.name();
        if width == 0 || height == 0 {
            return Some(format!("a {name} needs at least one pixel, not {height} x {width}"));
        }
        let (dtypes, counts, side): (&[DType], &[u64], u64) = match self {
            PictureFormat::Png => (&[DType::U8, DType::U16], &[1, 2, 3, 4], u64::from(u32::MAX >> 1)),
            PictureFormat::Jpeg => (&[DType::U8], &[1, 3], u64::from(u16::MAX)),
            PictureFormat::Tiff => (tiff_dtypes(channels), &[1, 3, 4], u64::from(u32::MAX)),
        };
        if width > side || height > side {
            return Some(format!("a {name} has at most {side} pixels on a side, not {height} x {width}"));
        }
        if !counts.contains(&channels) {
            let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
            return Some(format!("a {name} holds {} channels, not {channels}", counts.join(" or ")));
        }
        if !dtypes.contains(&dtype) {
            let dtypes: Vec<&str> = dtypes.iter().map(|d| d.name()).collect();
            return Some(format!("a {name} holds {}, not {dtype}", dtypes.join(" or ")));
        }
        None
    }
}

fn tiff_dtypes(channels: u64) -> &'static [DType] {
    use DType::*;
    match channels {
        1 => &[U8, U16, U32, U64, I8, I16, I32, I64, F32, F64],
        _ => &[U8, U16, U32, U64, F32, F64],
    }
}

fn refused(path: &Path, format: PictureFormat, picture: &Picture) -> Result<(), StorageError> {
    format.refuses(picture).map_or(Ok(()), |what| Err(StorageError::unsupported(path, what)))
}

/// Encodes a PNG, or a JPEG of a quality from 1 to 100. `pixels` are dense, in native byte order.
pub fn encode_picture(
    file: &mut NewFile,
    format: PictureFormat,
    quality: u8,
    picture: &Picture,
    pixels: &[u8],
) -> Result<(), StorageError> {
    let path = file.path().to_path_buf();
    refused(&path, format, picture)?;
    if format == PictureFormat::Tiff {
        let row = (picture.bytes() / picture.height) as usize;
        return write_tiff(file, picture, 1, |_, rows, out| {
            out.copy_from_slice(&pixels[rows.start as usize * row..rows.end as usize * row]);
            Ok(())
        });
    }
    let color = match (picture.dtype, picture.channels) {
        (DType::U8, 1) => Color::L8,
        (DType::U8, 2) => Color::La8,
        (DType::U8, 3) => Color::Rgb8,
        (DType::U8, _) => Color::Rgba8,
        (_, 1) => Color::L16,
        (_, 2) => Color::La16,
        (_, 3) => Color::Rgb16,
        _ => Color::Rgba16,
    };
    let (width, height) = (picture.width as u32, picture.height as u32);
    let done = match format {
        PictureFormat::Jpeg => JpegEncoder::new_with_quality(file, quality).write_image(pixels, width, height, color),
        _ => PngEncoder::new(file).write_image(pixels, width, height, color),
    };
    done.map_err(|e| match e {
        image::ImageError::IoError(e) => StorageError::io(&path, "write the picture", e),
        other => StorageError::unsupported(&path, other.to_string()),
    })
}

/// Writes a view of shape `[y, x]` or `[y, x, c]` (1 to 4 channels: grey, grey and alpha, RGB, RGBA)
/// of `u8` or `u16` as a PNG, under a temporary name first. Takes memory for one copy of the view.
pub fn write_png(path: &Path, view: &View, overwrite: bool) -> Result<(), StorageError> {
    let (height, width, channels) = match *view.shape() {
        [height, width] => (height, width, 1),
        [height, width, channels] => (height, width, channels),
        ref shape => {
            let what = format!("a PNG needs two axes (and one of channels), not shape {shape:?}");
            return Err(StorageError::unsupported(path, what));
        }
    };
    let picture = Picture { dtype: view.dtype(), width, height, channels };
    refused(path, PictureFormat::Png, &picture)?;
    let mut file = NewFile::create(path, overwrite)?;
    encode_picture(&mut file, PictureFormat::Png, 0, &picture, &dense_bytes(view))?;
    file.finish()?.commit()
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

/// Writes `pages` pictures of one kind as one TIFF, BigTIFF where it has more than 4 GiB. `rows` fills
/// a buffer with rows of a page, dense and in native byte order. Memory: one strip, whatever the size.
pub fn write_tiff<E: From<StorageError>>(
    file: &mut NewFile,
    picture: &Picture,
    pages: u64,
    rows: impl FnMut(u64, Range<u64>, &mut [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let path = file.path().to_path_buf();
    refused(&path, PictureFormat::Tiff, picture)?;
    let strips = picture.bytes() / STRIP_BYTES + picture.height.min(2);
    let total = pages.saturating_mul(picture.bytes().saturating_add(strips * 8 + 512));
    if total < PLAIN_TIFF_MAX {
        pages_of::<TiffKindStandard, E>(file, &path, picture, pages, rows)
    } else {
        pages_of::<TiffKindBig, E>(file, &path, picture, pages, rows)
    }
}

fn pages_of<K: TiffKind, E: From<StorageError>>(
    file: &mut NewFile,
    path: &Path,
    picture: &Picture,
    pages: u64,
    mut rows: impl FnMut(u64, Range<u64>, &mut [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut encoder = TiffEncoder::<_, K>::new_generic(file).map_err(|e| trouble(path, e))?;
    for page in 0..pages {
        let mut of_page = |range: Range<u64>, out: &mut [u8]| rows(page, range, out);
        macro_rules! page {
            ($($dtype:ident: $grey:ident $(, $rgb:ident, $rgba:ident)?;)*) => {
                match (picture.dtype, picture.channels) {
                    $((DType::$dtype, 1) => one_page::<colortype::$grey, K, E>(&mut encoder, path, picture, &mut of_page)?,
                    $((DType::$dtype, 3) => one_page::<colortype::$rgb, K, E>(&mut encoder, path, picture, &mut of_page)?,
                    (DType::$dtype, 4) => one_page::<colortype::$rgba, K, E>(&mut encoder, path, picture, &mut of_page)?,)?)*
                    // Refused before the file was begun.
                    _ => {}
                }
            };
        }
        page! {
            U8: Gray8, RGB8, RGBA8;
            U16: Gray16, RGB16, RGBA16;
            U32: Gray32, RGB32, RGBA32;
            U64: Gray64, RGB64, RGBA64;
            F32: Gray32Float, RGB32Float, RGBA32Float;
            F64: Gray64Float, RGB64Float, RGBA64Float;
            I8: GrayI8;
            I16: GrayI16;
            I32: GrayI32;
            I64: GrayI64;
        }
    }
    Ok(())
}

fn one_page<C: colortype::ColorType, K: TiffKind, E: From<StorageError>>(
    encoder: &mut TiffEncoder<&mut NewFile, K>,
    path: &Path,
    picture: &Picture,
    rows: &mut impl FnMut(Range<u64>, &mut [u8]) -> Result<(), E>,
) -> Result<(), E>
where
    C::Inner: bytemuck::Pod,
    [C::Inner]: TiffValue,
{
    let failed = |e| trouble(path, e);
    let mut image = encoder.new_image::<C>(picture.width as u32, picture.height as u32).map_err(failed)?;
    let row_bytes = picture.bytes() / picture.height;
    let step = (STRIP_BYTES / row_bytes).clamp(1, picture.height);
    image.rows_per_strip(step as u32).map_err(failed)?;
    let mut strip =
        vec![<C::Inner as bytemuck::Zeroable>::zeroed(); (step * row_bytes) as usize / size_of::<C::Inner>()];
    for start in (0..picture.height).step_by(step as usize) {
        let range = start..(start + step).min(picture.height);
        let samples = ((range.end - range.start) * row_bytes) as usize / size_of::<C::Inner>();
        rows(range, bytemuck::cast_slice_mut(&mut strip[..samples]))?;
        image.write_strip(&strip[..samples]).map_err(failed)?;
    }
    image.finish().map_err(failed)?;
    Ok(())
}

fn trouble(path: &Path, error: tiff::TiffError) -> StorageError {
    match error {
        tiff::TiffError::IoError(e) => StorageError::io(path, "write the picture", e),
        other => StorageError::unsupported(path, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_tiffs_have_wide_offsets_and_every_decoder_reads_them() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("big.tif");
        let picture = Picture { dtype: DType::U16, width: 300, height: 1000, channels: 1 };
        let sample = |page: u64, at: usize| (page * 7919 + at as u64) as u16;
        let rows = |page: u64, rows: Range<u64>, out: &mut [u8]| {
            for (i, s) in out.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                *s = sample(page, rows.start as usize * 300 + i).to_ne_bytes();
            }
            Ok::<(), StorageError>(())
        };
        let mut file = NewFile::create(&path, false).expect("created");
        pages_of::<TiffKindBig, StorageError>(&mut file, &path, &picture, 3, rows).expect("written");
        file.finish().and_then(|f| f.commit()).expect("named");
        let bytes = std::fs::read(&path).expect("read");
        assert_eq!(bytes[..4], *b"II+\0");
        let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(bytes)).expect("a TIFF");
        for page in 0..3 {
            decoder.seek_to_image(page).expect("a page");
            let tiff::decoder::DecodingResult::U16(found) = decoder.read_image().expect("pixels") else {
                panic!("another dtype");
            };
            let expected = (0..300_000).map(|at| sample(page as u64, at));
            assert!(found.into_iter().eq(expected), "page {page}");
        }
        let plain = NewFile::create(&dir.path().join("plain.tif"), false).expect("created");
        drop(plain);
        assert_eq!(
            std::fs::read_dir(dir.path()).expect("a folder").count(),
            1,
            "a file that is dropped leaves nothing"
        );
    }
}
