//! `tilewise create`

use super::blocks::blocks;
use super::common::{EndianArg, OrderArg, dtype, on_interrupt};
use super::failure::{Failure, code};
use crate::array::{ArraySpec, DType, checked_elements, parse_axis_names, write_f64};
use crate::plan::show_bytes;
use crate::storage::{Output, OutputOptions, Scalar};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tilewise create noise.npy --dtype f32 --shape 1000,1000 --fill random --seed 7")]
pub struct Args {
    /// The file to make: .npy, or raw with any other ending
    file: PathBuf,
    /// Element type: bool u8…u64 i8…i64 f16 bf16 f32 f64 c64 c128
    #[arg(long, value_parser = dtype)]
    dtype: DType,
    /// Extents, slowest axis first
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', required = true, num_args = 0..)]
    shape: Vec<String>,
    /// zeros, a value, or random: uniform in 0…1 for floats, over all values for integers
    #[arg(long, default_value = "zeros", allow_hyphen_values = true)]
    fill: String,
    /// Seed of random; every element follows from it and from its index
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Storage order
    #[arg(long, value_enum, ignore_case = true, default_value = "c")]
    order: OrderArg,
    /// Byte order (default: this machine's)
    #[arg(long, value_enum)]
    endian: Option<EndianArg>,
    /// Bytes before the data of a raw file
    #[arg(long, default_value_t = 0)]
    offset: u64,
    /// A letter for each axis; only checked, files do not keep them
    #[arg(long)]
    axes: Option<String>,
    /// Replace the file if it exists
    #[arg(long)]
    overwrite: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// Say nothing
    #[arg(long, short)]
    quiet: bool,
}

enum Fill {
    Zeros,
    Value(Vec<u8>),
    Random(u64),
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let usage = |text: String| Failure::new(code::USAGE, text);
    let extents = args.shape.iter().map(|s| s.trim()).filter(|s| !s.is_empty());
    let parse =
        |s: &str| s.parse::<u64>().map_err(|_| usage(format!("--shape: \"{s}\" is not a whole number of at least 0")));
    let shape = extents.map(parse).collect::<Result<Vec<u64>, Failure>>()?;
    let spec = ArraySpec::new(args.dtype, &shape);
    if checked_elements(&shape).is_none() || spec.bytes().is_none() {
        return Err(usage(format!("--shape {shape:?} of {} has more than 2^63 - 1 bytes", args.dtype)));
    }
    if let Some(names) = &args.axes {
        parse_axis_names(names, shape.len()).map_err(usage)?;
    }
    let fill = match args.fill.as_str() {
        "zeros" => Fill::Zeros,
        "random" => Fill::Random(args.seed),
        text => {
            let value = Scalar::parse(text, args.dtype).and_then(|v| v.to_bytes(args.dtype));
            Fill::Value(value.map_err(|e| usage(format!("--fill: {e}; or say zeros or random")))?)
        }
    };
    let usual = OutputOptions::default();
    let endian = args.endian.map_or(usual.endian, EndianArg::endian);
    let options = OutputOptions {
        order: args.order.order(),
        endian,
        offset: args.offset,
        overwrite: args.overwrite,
        ..OutputOptions::default()
    };
    let output = Output::create(&args.file, &spec, &options)?;
    // A reserved file is zeros already.
    if !matches!(fill, Fill::Zeros) {
        fill_blocks(&output, &spec, &fill)?;
    }
    output.commit(false)?;
    if args.json {
        let document = json!({ "file": args.file.display().to_string(), "dtype": spec.dtype, "shape": shape,
            "order": format!("{:?}", options.order), "endian": options.endian.name(), "bytes": spec.bytes() });
        writeln!(std::io::stdout(), "{document:#}")?;
    } else if !args.quiet {
        writeln!(
            std::io::stderr(),
            "{}  {} {shape:?}, {}",
            args.file.display(),
            spec.dtype,
            show_bytes(spec.bytes().unwrap_or(0))
        )?;
    }
    Ok(code::DONE)
}

/// Writes block after block of rows, in C order of the indices.
fn fill_blocks(output: &Output, spec: &ArraySpec, fill: &Fill) -> Result<(), Failure> {
    let cancel = on_interrupt();
    for (region, first) in blocks(&spec.shape, spec.dtype.size() as u64) {
        output.write(&region, &make(spec.dtype, fill, first, region.elements()))?;
        output.drop_behind(&region);
        cancel.check()?;
    }
    Ok(())
}

/// The bytes of `n` elements from the element with C-order index `first` on.
fn make(dtype: DType, fill: &Fill, first: u64, n: u64) -> Vec<u8> {
    match fill {
        Fill::Zeros => vec![0; n as usize * dtype.size()],
        Fill::Value(bytes) => bytes.repeat(n as usize),
        Fill::Random(seed) => random(dtype, *seed, first, n),
    }
}

/// A well mixed word for each element (SplitMix64's finaliser over seed and index).
fn word(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_mul(0xD1B5_4A32_D192_ED03) ^ index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn random(dtype: DType, seed: u64, first: u64, n: u64) -> Vec<u8> {
    let uniform = |i: u64| (word(seed, i) >> 11) as f64 / (1u64 << 53) as f64;
    match dtype {
        DType::Bool => (first..first + n).map(|i| (word(seed, i) & 1) as u8).collect(),
        DType::C64 => (2 * first..2 * (first + n)).flat_map(|i| (uniform(i) as f32).to_ne_bytes()).collect(),
        DType::C128 => (2 * first..2 * (first + n)).flat_map(|i| uniform(i).to_ne_bytes()).collect(),
        _ if dtype.is_integer() => {
            let size = dtype.size();
            (first..first + n).flat_map(|i| word(seed, i).to_le_bytes()[..size].to_vec()).collect()
        }
        _ => {
            let values: Vec<f64> = (first..first + n).map(uniform).collect();
            let mut words = vec![0u64; (n as usize * dtype.size()).div_ceil(8)];
            let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..n as usize * dtype.size()];
            // Floats take every f64, so there is no error to look at.
            let _ = write_f64(dtype, &values, bytes);
            bytes.to_vec()
        }
    }
}
