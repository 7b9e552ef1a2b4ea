//! `tilewise get` and `tilewise set`

use super::common::Layout;
use super::failure::{Failure, code};
use crate::array::{ArraySpec, DType, Region};
use crate::storage::{MappedArray, Mode, OpenOptions, Scalar, Selection, SliceIndex, Stored};
use serde_json::{Number, Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(after_help = "Indices as in NumPy, one for each axis: 0,0  :,5  10:20  -1  ::2,3\n\
    Example: tilewise get stack.npy 0,10:12,-1")]
pub struct GetArgs {
    /// A file, or a quoted glob of pictures
    file: String,
    /// Elements or slices; without one, the whole array
    #[arg(value_name = "INDEX")]
    indices: Vec<String>,
    /// Print at most this many elements of a selection
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: u64,
    #[command(flatten)]
    layout: Layout,
    /// Print one JSON document with all elements; NaN and infinities as strings
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "The file is changed in place; everything else writes new files.\n\
    Example: tilewise set sensor.npy 10:20,0 nan")]
pub struct SetArgs {
    /// An .npy or raw file
    file: PathBuf,
    /// Elements or slices, then the value
    #[arg(value_name = "INDEX… VALUE", num_args = 2.., required = true)]
    words: Vec<String>,
    #[command(flatten)]
    layout: Layout,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// Say nothing
    #[arg(long, short)]
    quiet: bool,
}

/// A document of more elements would not be read by anyone.
const ELEMENTS_MAX: u64 = 1_000_000;

fn slices(text: &str) -> Result<Vec<SliceIndex>, Failure> {
    SliceIndex::parse_list(text.trim()).map_err(|e| Failure::new(code::USAGE, e))
}

pub fn get(args: &GetArgs) -> Result<u8, Failure> {
    let stored = Stored::open(&args.file, Path::new(""), &args.layout.open_options())?;
    let dtype = stored.spec().dtype;
    let everything = [String::new()];
    let chosen = if args.indices.is_empty() { everything.as_slice() } else { args.indices.as_slice() };
    // Every index is checked before the first is printed.
    let mut selections = Vec::new();
    for text in chosen {
        selections.push(stored.select(&slices(text)?)?);
    }
    let elements = selections.iter().map(Selection::elements).fold(0u64, u64::saturating_add);
    if args.json && elements > ELEMENTS_MAX {
        let text = format!("{elements} elements are too many for one JSON document, which has at most {ELEMENTS_MAX}");
        return Err(Failure::new(code::USAGE, format!("{text}; take a smaller slice, such as 0,:10")));
    }
    let mut documents = Vec::new();
    let mut out = std::io::stdout().lock();
    for (text, selection) in chosen.iter().zip(&selections) {
        let shape = selection.shape();
        if args.json {
            let values = stored.get(selection, ELEMENTS_MAX)?;
            let nested = nest(&shape, &mut values.iter().map(|v| value_json(*v, dtype)));
            documents.push(json!({ "index": text.trim(), "dtype": dtype, "shape": shape, "values": nested }));
        } else if selection.elements() == 0 {
            writeln!(std::io::stderr(), "no elements: the selection has shape {shape:?}")?;
        } else {
            print(&mut out, selection, &stored.get(selection, args.limit)?, dtype)?;
        }
    }
    if args.json {
        let one = documents.len() == 1;
        let document = if one { documents.swap_remove(0) } else { json!({ "selections": documents }) };
        writeln!(out, "{document}")?;
    }
    Ok(code::DONE)
}

/// Rows on lines of their own, an empty line between planes.
fn print(out: &mut impl Write, selection: &Selection, values: &[Scalar], dtype: DType) -> std::io::Result<()> {
    let (shape, elements) = (selection.shape(), selection.elements());
    let row = shape.last().map_or(1, |n| *n as usize).max(1);
    let plane = shape.iter().rev().take(2).product::<u64>().max(1) as usize;
    for (i, chunk) in values.chunks(row).enumerate() {
        if shape.len() > 2 && i > 0 && (i * row).is_multiple_of(plane) {
            writeln!(out)?;
        }
        writeln!(out, "{}", chunk.iter().map(|v| v.display(dtype)).collect::<Vec<_>>().join(" "))?;
    }
    let shown = values.len() as u64;
    if shown < elements {
        writeln!(out, "… {} more elements (--limit {elements})", elements - shown)?;
    }
    Ok(())
}

pub fn set(args: &SetArgs) -> Result<u8, Failure> {
    let Some((value, indices)) = args.words.split_last() else {
        return Err(Failure::new(code::USAGE, "say an index and a value"));
    };
    let options = OpenOptions { mode: Mode::ReadWrite, ..args.layout.open_options() };
    let mut array = MappedArray::open(&args.file, &options)?;
    let value = Scalar::parse(value.trim(), array.spec().dtype).map_err(|e| Failure::new(code::USAGE, e))?;
    // Every index is checked before the first element changes.
    let chosen = indices.iter().map(|text| slices(text)).collect::<Result<Vec<_>, _>>()?;
    for selection in &chosen {
        array.check_slice(selection)?;
    }
    let mut changed = 0;
    for selection in &chosen {
        changed += array.set_slice(selection, value)?;
    }
    let dtype = array.spec().dtype;
    array.close()?;
    if args.json {
        let file = args.file.display().to_string();
        let document =
            json!({ "file": file, "indices": indices, "value": value_json(value, dtype), "changed": changed });
        writeln!(std::io::stdout(), "{document:#}")?;
    } else if !args.quiet {
        let elements = if changed == 1 { "element" } else { "elements" };
        writeln!(std::io::stderr(), "{changed} {elements} of {} set", args.file.display())?;
    }
    Ok(code::DONE)
}

/// Refuses to print what is not small, with both numbers; to be asked before it is computed.
pub fn check_small(spec: &ArraySpec) -> Result<u64, Failure> {
    let elements = spec.elements().unwrap_or(u64::MAX);
    if elements > ELEMENTS_MAX {
        let text = format!("the result has {elements} elements, - prints at most {ELEMENTS_MAX}; name a file");
        return Err(Failure::new(code::USAGE, text));
    }
    Ok(elements)
}

/// A small array as nested lists.
pub fn array_json(stored: &Stored) -> Result<Value, Failure> {
    let spec = stored.spec();
    let elements = check_small(spec)?;
    let bytes = elements as usize * spec.dtype.size();
    let mut words = vec![0u64; bytes.div_ceil(8)];
    let dense = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes];
    stored.read(&Region::full(&spec.shape), dense)?;
    let size = spec.dtype.size();
    let mut values = dense.chunks_exact(size).map(|b| value_json(Scalar::from_bytes(spec.dtype, b), spec.dtype));
    Ok(nest(&spec.shape, &mut values))
}

fn nest(shape: &[u64], values: &mut impl Iterator<Item = Value>) -> Value {
    match shape.split_first() {
        None => values.next().unwrap_or(Value::Null),
        Some((n, rest)) => Value::from((0..*n).map(|_| nest(rest, values)).collect::<Vec<_>>()),
    }
}

/// Numbers as they are, except those that JSON has no word for.
pub fn value_json(value: Scalar, dtype: DType) -> Value {
    let float = |x: f64| match Number::from_f64(x) {
        // The shortest text of an f32 is not that of the f64 with its value.
        Some(_) if matches!(dtype, DType::F32 | DType::C64) => {
            (x as f32).to_string().parse::<f64>().map_or(Value::Null, Value::from)
        }
        Some(number) => Value::Number(number),
        None if x.is_nan() => Value::from("NaN"),
        None => Value::from(if x > 0.0 { "Infinity" } else { "-Infinity" }),
    };
    match value {
        Scalar::Bool(b) => Value::from(b),
        Scalar::Int(i) => i64::try_from(i).map_or_else(|_| Value::from(i as u64), Value::from),
        Scalar::Float(f) => float(f),
        Scalar::Complex(re, im) => Value::from(vec![float(re), float(im)]),
    }
}
