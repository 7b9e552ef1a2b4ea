//! `tilewise diff`

use super::blocks::blocks;
use super::common::Layout;
use super::element::value_json;
use super::failure::{Failure, code};
use crate::array::{ArraySpec, DType, Region};
use crate::report::show_count;
use crate::storage::{Scalar, Stored};
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// The exit code of two arrays that differ, as `diff` and `cmp` have it.
const DIFFERENT: u8 = 1;
/// Whatever kept the arrays from being compared.
const TROUBLE: u8 = 2;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Equal where |a - b| <= atol + rtol · |b|; NaN equals NaN. Exit 0 equal, 1 different, 2 trouble.\n\
    Layout options (--dtype, --shape, …) apply to both files where they are raw.\n\
    Example: tilewise diff clean.npy reference.npy --rtol 1e-5"
)]
pub struct Args {
    a: String,
    b: String,
    /// Relative tolerance
    #[arg(long, default_value_t = 0.0)]
    rtol: f64,
    /// Absolute tolerance
    #[arg(long, default_value_t = 0.0)]
    atol: f64,
    #[command(flatten)]
    layout: Layout,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// Only the exit code
    #[arg(long, short)]
    quiet: bool,
}

/// The worst place so far.
struct Worst {
    difference: f64,
    index: u64,
    values: (Scalar, Scalar),
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    compare(args).map_err(|f| Failure { code: TROUBLE, ..f })
}

/// The exit code, once the verdict is printed; a reader that left does not change it.
fn verdict(printed: std::io::Result<()>, code: u8) -> Result<u8, Failure> {
    match printed {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(code),
    }
}

fn compare(args: &Args) -> Result<u8, Failure> {
    let open = |file: &str| Stored::open(file, Path::new(""), &args.layout.open_options());
    let (a, b) = (open(&args.a)?, open(&args.b)?);
    let mut out = std::io::stdout().lock();
    let (left, right) = (a.spec(), b.spec());
    if left.shape != right.shape {
        let text = match args.json {
            true => format!("{:#}\n", json!({ "equal": false, "shape_a": left.shape, "shape_b": right.shape })),
            false if args.quiet => String::new(),
            false => format!("different shapes: {:?} and {:?}\n", left.shape, right.shape),
        };
        return verdict(out.write_all(text.as_bytes()), DIFFERENT);
    }
    let size = left.dtype.size().max(right.dtype.size()) as u64;
    let (mut count, mut worst): (u64, Option<Worst>) = (0, None);
    for (region, first) in blocks(&left.shape, size) {
        let (x, y) = (Block::read(&a, &region)?, Block::read(&b, &region)?);
        if left.dtype == right.dtype && x.bytes() == y.bytes() {
            continue;
        }
        for i in 0..region.elements() as usize {
            let (p, q) = (x.scalar(i), y.scalar(i));
            let difference = distance(p, q);
            if difference == 0.0 || difference <= args.atol + args.rtol * magnitude(q) {
                continue;
            }
            count += 1;
            if worst
                .as_ref()
                .is_none_or(|w| difference > w.difference || (difference.is_nan() && !w.difference.is_nan()))
            {
                worst = Some(Worst { difference, index: first + i as u64, values: (p, q) });
            }
        }
    }
    let code = if worst.is_some() { DIFFERENT } else { code::DONE };
    verdict(report(args, &mut out, (left, right), count, worst), code)
}

fn report(
    args: &Args,
    out: &mut impl Write,
    (spec, other): (&ArraySpec, &ArraySpec),
    count: u64,
    worst: Option<Worst>,
) -> std::io::Result<()> {
    let elements = spec.elements().unwrap_or(0);
    let Some(w) = worst else {
        if args.json {
            writeln!(out, "{:#}", json!({ "equal": true, "elements": elements }))?;
        } else if !args.quiet {
            writeln!(out, "equal: {} elements", show_count(elements))?;
        }
        return Ok(());
    };
    let mut index = vec![0; spec.rank()];
    let mut rest = w.index;
    for a in (0..spec.rank()).rev() {
        index[a] = rest % spec.shape[a];
        rest /= spec.shape[a];
    }
    if args.json {
        let difference = value_json(Scalar::Float(w.difference), DType::F64);
        let (a, b) = (value_json(w.values.0, spec.dtype), value_json(w.values.1, other.dtype));
        let document = json!({ "equal": false, "elements": elements, "different": count, "worst": difference,
            "index": index, "a": a, "b": b });
        writeln!(out, "{document:#}")?;
    } else if !args.quiet {
        writeln!(out, "{} of {} elements differ", show_count(count), show_count(elements))?;
        let (a, b) = (w.values.0.display(spec.dtype), w.values.1.display(other.dtype));
        writeln!(out, "worst at {index:?}: {a} and {b}, {} apart", w.difference)?;
    }
    Ok(())
}

/// A dense block of one array.
struct Block {
    dtype: DType,
    words: Vec<u64>,
    bytes: usize,
}

impl Block {
    fn read(stored: &Stored, region: &Region) -> Result<Block, Failure> {
        let dtype = stored.spec().dtype;
        let bytes = region.elements() as usize * dtype.size();
        let mut words = vec![0u64; bytes.div_ceil(8)];
        stored.read(region, &mut bytemuck::cast_slice_mut(&mut words)[..bytes])?;
        stored.drop_behind(region);
        Ok(Block { dtype, words, bytes })
    }

    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.bytes]
    }

    fn scalar(&self, i: usize) -> Scalar {
        let size = self.dtype.size();
        Scalar::from_bytes(self.dtype, &self.bytes()[i * size..(i + 1) * size])
    }
}

fn parts(value: Scalar) -> (f64, f64) {
    match value {
        Scalar::Bool(b) => (f64::from(u8::from(b)), 0.0),
        Scalar::Int(i) => (i as f64, 0.0),
        Scalar::Float(f) => (f, 0.0),
        Scalar::Complex(re, im) => (re, im),
    }
}

/// How far apart two values are: exact for integers, 0 for two NaN, NaN for one.
fn distance(a: Scalar, b: Scalar) -> f64 {
    if let (Scalar::Int(a), Scalar::Int(b)) = (a, b) {
        return (a - b).unsigned_abs() as f64;
    }
    let ((ar, ai), (br, bi)) = (parts(a), parts(b));
    let one = |a: f64, b: f64| if a == b || (a.is_nan() && b.is_nan()) { 0.0 } else { (a - b).abs() };
    let (re, im) = (one(ar, br), one(ai, bi));
    if im == 0.0 { re } else { (re * re + im * im).sqrt() }
}

fn magnitude(value: Scalar) -> f64 {
    let (re, im) = parts(value);
    if im == 0.0 { re.abs() } else { (re * re + im * im).sqrt() }
}
