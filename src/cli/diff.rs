//! `tilewise diff`

use super::common::{Layout, on_interrupt};
use super::element::value_json;
use super::failure::{Failure, code};
use crate::array::{ArraySpec, DType};
use crate::job::{Comparison, JobError, Tolerance, compare};
use crate::report::show_count;
use crate::storage::{OpenOptions, Scalar, Stored};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// The exit code of two arrays that differ, as `diff` and `cmp` have it.
const DIFFERENT: u8 = 1;
/// Whatever kept the arrays from being compared.
const TROUBLE: u8 = 2;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Equal where |a - b| <= atol + rtol · |b|; NaN equals NaN. Exit 0 equal, 1 different, 2 trouble.\n\
    Values are compared, not dtypes. Layout options (--dtype, --shape, …) apply to both files where\n\
    they are raw.\n\
    Example: tilewise diff clean.npy reference.npy --rtol 1e-5"
)]
pub struct Args {
    /// A file, or a quoted glob of pictures
    a: String,
    /// Another
    b: String,
    /// Relative tolerance
    #[arg(long, default_value_t = 0.0, value_parser = tolerance)]
    rtol: f64,
    /// Absolute tolerance
    #[arg(long, default_value_t = 0.0, value_parser = tolerance)]
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

fn tolerance(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|v| v.is_finite() && *v >= 0.0);
    value.ok_or_else(|| "a tolerance is a number of at least 0".to_string())
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let open = |file: &str| {
        // A file that describes itself needs no layout, and the other one's would contradict it.
        let said = args.layout.open_options();
        let own = OpenOptions { axes: said.axes.clone(), ..OpenOptions::default() };
        Stored::open(file, Path::new(""), &own).or_else(|_| Stored::open(file, Path::new(""), &said))
    };
    let (a, b) = (open(&args.a).map_err(trouble)?, open(&args.b).map_err(trouble)?);
    let (left, right) = (a.spec(), b.spec());
    if left.shape != right.shape {
        let text = format!("different shapes: {:?} and {:?}\n", left.shape, right.shape);
        let document = json!({ "equal": false, "shape_a": left.shape, "shape_b": right.shape });
        return tell(args, DIFFERENT, &text, document);
    }
    let limits = Tolerance { relative: args.rtol, absolute: args.atol };
    let found = compare(&a, &b, limits, &on_interrupt()).map_err(|e| match e {
        JobError::Engine(_) => Failure::job(&e, None),
        e => trouble(e),
    })?;
    let code = if found.worst.is_some() { DIFFERENT } else { code::DONE };
    tell(args, code, &text(&found, left, right), document(&found, left, right))
}

fn trouble(error: impl Into<JobError>) -> Failure {
    Failure::new(TROUBLE, error.into())
}

/// Prints the verdict; a reader that left does not change it.
fn tell(args: &Args, code: u8, text: &str, document: Value) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    let printed = match (args.quiet, args.json) {
        (_, true) => writeln!(out, "{document:#}"),
        (true, _) => Ok(()),
        _ => out.write_all(text.as_bytes()),
    };
    match printed {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(code),
    }
}

fn text(found: &Comparison, a: &ArraySpec, b: &ArraySpec) -> String {
    let dtypes = if a.dtype == b.dtype { String::new() } else { format!(", {} and {}", a.dtype, b.dtype) };
    let elements = show_count(found.elements);
    let Some(worst) = &found.worst else {
        let apart = match found.mean_difference {
            0.0 => String::new(),
            mean => format!(" within the tolerance, {mean} apart on average"),
        };
        return format!("equal: {elements} elements{apart}{dtypes}\n");
    };
    let nan = match found.nan_in_one {
        0 => String::new(),
        n => format!(", {} of them NaN in one only", show_count(n)),
    };
    let (x, y) = (worst.a.display(a.dtype), worst.b.display(b.dtype));
    let apart = if worst.difference.is_nan() { String::new() } else { format!(", {} apart", worst.difference) };
    let verb = if found.different == 1 { "differs" } else { "differ" };
    format!(
        "{} of {elements} elements {verb}{nan}{dtypes}\nworst at {:?}: {x} and {y}{apart}\n{} apart on average\n",
        show_count(found.different),
        worst.index,
        found.mean_difference
    )
}

fn document(found: &Comparison, a: &ArraySpec, b: &ArraySpec) -> Value {
    let mut document = json!({ "equal": found.worst.is_none(), "elements": found.elements,
        "dtype_a": a.dtype, "dtype_b": b.dtype, "different": found.different, "nan_in_one": found.nan_in_one,
        "mean_difference": value_json(Scalar::Float(found.mean_difference), DType::F64) });
    if let Some(worst) = &found.worst {
        document["worst"] = value_json(Scalar::Float(worst.difference), DType::F64);
        document["index"] = json!(worst.index);
        document["a"] = value_json(worst.a, a.dtype);
        document["b"] = value_json(worst.b, b.dtype);
    }
    document
}
