//! Every kernel of the registry, run by the real engine over files, against slow and obvious
//! implementations.
//!
//! Owns the table of oracles and the comparison. An entry says which arrays to try, with which
//! parameters, and what must come out, or why it must be refused. A kernel without an entry fails a
//! test.

mod butterworth;
mod certified;
mod columns;
mod convolve;
mod dataset;
mod ewm;
mod exact;
mod expr;
mod filter;
mod fitted;
mod grouped;
mod math;
mod nist;
mod normalize;
mod order;
mod pairs;
mod properties;
mod quantile;
mod reduce;
mod regions;
mod resample;
mod savgol;
mod scan;
mod timed;
mod values;
mod window;

use crate::support::{Data, Folder, Num, decode, encode, input, tame, wild};
use tilewise::array::DType;
use tilewise::kernel::{Value, registry};

/// Parameters of one step.
#[derive(Clone, Debug, Default)]
pub struct Given(pub Vec<(&'static str, Value)>);

/// What must come out.
pub struct Want {
    pub dtype: DType,
    pub shape: Vec<u64>,
    pub values: Vec<Num>,
    /// Room in units of the last place of the result (1 for integers); 0: the same bytes.
    pub ulps: f64,
    /// Room for each element beyond that; none where it is empty.
    pub room: Vec<f64>,
}

/// Room for the one rounding that nobody can avoid, and a trace for the f64 it starts from.
pub const ONE_ROUNDING: f64 = 0.5 + 1e-6;

/// An oracle: what comes out, or a part of the message with which it is refused.
type Oracle = fn(&Data, &Given) -> Result<Want, &'static str>;

pub struct Entry {
    pub kernel: &'static str,
    pub inputs: fn() -> Vec<Data>,
    pub params: fn(&Data) -> Vec<Given>,
    pub want: Oracle,
}

macro_rules! oracles {
    ($($name:ident: $inputs:expr, $params:expr, $want:expr;)*) => {
        /// Every oracle.
        pub const TABLE: &[Entry] = &[
            $(Entry { kernel: stringify!($name), inputs: $inputs, params: $params, want: $want }),*
        ];
        mod of {
            $(#[test] fn $name() { super::check(stringify!($name)); })*
        }
    };
}
oracles! {
    sum: reduce::inputs, reduce::params, reduce::sum;
    mean: reduce::inputs, reduce::params, reduce::mean;
    std: reduce::inputs, reduce::spread_params, reduce::std;
    var: reduce::inputs, reduce::spread_params, reduce::var;
    min: reduce::inputs, reduce::params, reduce::min;
    max: reduce::inputs, reduce::params, reduce::max;
    argmin: reduce::inputs, reduce::params, reduce::argmin;
    argmax: reduce::inputs, reduce::params, reduce::argmax;
    first: reduce::inputs, reduce::params, reduce::first;
    last: reduce::inputs, reduce::params, reduce::last;
    quantile: reduce::inputs, quantile::params, quantile::quantile;
    histogram: reduce::inputs, quantile::histogram_params, quantile::histogram;
    histogram2d: reduce::inputs, quantile::histogram2d_params, quantile::histogram2d;
    bincount: columns::bincount_inputs, columns::bincount_params, columns::bincount;
    unique: reduce::inputs, values::unique_params, values::unique;
    unique_counts: reduce::inputs, values::unique_params, values::unique_counts;
    topk: reduce::inputs, values::topk_params, values::topk;
    mode: reduce::inputs, values::mode_params, values::mode;
    grouped: columns::bincount_inputs, grouped::params, grouped::grouped;
    cov: columns::inputs, columns::cov_params, columns::cov;
    corr: columns::inputs, columns::corr_params, columns::corr;
    zscore: normalize::inputs, normalize::zscore_params, normalize::zscore;
    minmax: normalize::minmax_inputs, normalize::minmax_params, normalize::minmax;
    robust: normalize::inputs, normalize::robust_params, normalize::robust;
    percentile_rescale: normalize::minmax_inputs, normalize::percentile_params, normalize::percentile_rescale;
    equalize_hist: normalize::inputs, fitted::equalize_params, fitted::equalize_hist;
    standardize: normalize::standardize_inputs, normalize::standardize_params, normalize::standardize;
    gaussian: filter::inputs, filter::gaussian_params, filter::gaussian;
    uniform: filter::inputs, filter::box_params, filter::uniform;
    median: filter::inputs, filter::box_params, filter::median;
    downsample: filter::inputs, filter::downsample_params, filter::downsample;
    convolve: convolve::inputs, convolve::params, convolve::convolve;
    label: regions::label_inputs, regions::label_params, regions::label;
    region_properties: properties::inputs, properties::params, properties::region_properties;
    rolling_mean: window::inputs, window::rolling_params, window::rolling_mean;
    rolling_max: window::inputs, window::rolling_params, window::rolling_max;
    rolling_min: window::inputs, window::rolling_params, window::rolling_min;
    rolling_sum: window::inputs, window::rolling_params, window::rolling_sum;
    rolling_var: window::spread_inputs, window::spread_params, window::rolling_var;
    rolling_std: window::spread_inputs, window::spread_params, window::rolling_std;
    rolling_skew: window::spread_inputs, window::rolling_params, window::rolling_skew;
    rolling_argmax: window::inputs, window::rolling_params, window::rolling_argmax;
    rolling_argmin: window::inputs, window::rolling_params, window::rolling_argmin;
    rolling_median: window::inputs, window::rolling_params, window::rolling_median;
    rolling_quantile: window::inputs, window::quantile_params, window::rolling_quantile;
    resample: window::inputs, resample::params, resample::resample;
    rolling_cov: window::spread_inputs, pairs::cov_params, pairs::cov;
    rolling_corr: window::spread_inputs, pairs::corr_params, pairs::corr;
    cumsum: window::inputs, window::cumsum_params, window::cumsum;
    cumprod: window::inputs, scan::skipna_params, scan::cumprod;
    cummax: window::inputs, scan::skipna_params, scan::cummax;
    cummin: window::inputs, scan::skipna_params, scan::cummin;
    ffill: scan::gap_inputs, scan::limit_params, scan::ffill;
    bfill: scan::gap_inputs, scan::limit_params, scan::bfill;
    interpolate: scan::gap_inputs, scan::interpolate_params, scan::interpolate;
    ewm_mean: ewm::inputs, ewm::params, ewm::mean;
    ewm_var: ewm::inputs, ewm::spread_params, ewm::var;
    ewm_std: ewm::inputs, ewm::spread_params, ewm::std;
    savgol: savgol::inputs, savgol::params, savgol::want;
    butterworth: butterworth::inputs, butterworth::params, butterworth::want;
    expr: expr::inputs, expr::params, expr::want;
    cast: math::inputs, math::cast_params, math::cast;
    clip: math::inputs, math::clip_params, math::clip;
    transpose: dataset::inputs, dataset::transpose_params, dataset::transpose;
    slice: dataset::inputs, dataset::slice_params, dataset::slice;
    concatenate: dataset::inputs, dataset::concatenate_params, dataset::concatenate;
    stack: dataset::inputs, dataset::stack_params, dataset::stack;
    reshape: dataset::inputs, dataset::reshape_params, dataset::reshape;
    shuffle: dataset::inputs, order::shuffle_params, order::shuffle;
    random: dataset::inputs, order::random_params, order::random;
}

impl Given {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        if let Some(Value::Str(s)) = self.get(name) { Some(s) } else { None }
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers(name, 1).map(|l| l[0])
    }

    /// A number repeated, or a list.
    pub fn numbers(&self, name: &str, n: usize) -> Option<Vec<f64>> {
        let one = |v: &Value| match v {
            Value::Int(i) => *i as f64,
            Value::Float(f) => *f,
            other => panic!("{other:?} is no number"),
        };
        match self.get(name)? {
            Value::List(l) => Some(l.iter().map(one).collect()),
            v => Some(vec![one(v); n]),
        }
    }

    /// The axes that were given, as they were.
    pub fn axes(&self, data: &Data) -> Option<Vec<usize>> {
        let letter = |c: char| data.axes.as_ref().unwrap().chars().position(|x| x == c).unwrap();
        let number = |i: i64| i.rem_euclid(data.shape.len() as i64) as usize;
        Some(match self.get("axes").or(self.get("axis"))? {
            Value::Str(s) => s.chars().map(letter).collect(),
            Value::Int(i) => vec![number(*i)],
            Value::List(l) => l.iter().map(|v| if let Value::Int(i) = v { number(*i) } else { panic!() }).collect(),
            other => panic!("{other:?} are no axes"),
        })
    }

    /// As the lines of a `[[step]]`.
    pub fn toml(&self) -> String {
        self.0.iter().map(|(n, v)| format!("{n} = {}\n", v.to_toml())).collect()
    }

    /// With one more parameter.
    pub fn with(&self, name: &'static str, value: Value) -> Given {
        Given([&self.0[..], &[(name, value)]].concat())
    }
}

pub fn list(axes: &[usize]) -> Value {
    Value::List(axes.iter().map(|a| Value::Int(*a as i64)).collect())
}

pub fn word(s: &str) -> Value {
    Value::Str(s.into())
}

/// Every real dtype.
pub fn real_dtypes() -> impl Iterator<Item = DType> {
    DType::ALL.into_iter().filter(|d| !d.is_complex())
}

/// Tame and wild arrays of all these dtypes and shapes.
pub fn arrays(dtypes: &[DType], shapes: &[&[u64]]) -> Vec<Data> {
    let mut out = Vec::new();
    for (i, &dtype) in dtypes.iter().enumerate() {
        for (j, shape) in shapes.iter().enumerate() {
            let seed = (i * 100 + j) as u64;
            out.push(if j % 2 == 0 { wild(dtype, shape, seed) } else { tame(dtype, shape, seed) });
        }
    }
    out
}

/// One step of a pipeline for each set of parameters, all with outputs.
fn pipeline(kernel: &str, data: &Data, params: &[&Given]) -> String {
    let mut text = format!("[inputs]\n{}", input("x", "x.npy", data));
    if params.iter().any(|p| p.text("other") == Some("y")) {
        // A second array: the first one backwards.
        text += "[[step]]\nname = \"y\"\nkernel = \"slice\"\nfrom = \"x\"\nindex = \"::-1, ...\"\n";
    }
    for (i, given) in params.iter().enumerate() {
        let from = if kernel == "expr" { "" } else { "from = \"x\"\n" };
        text += &format!("[[step]]\nname = \"s{i}\"\nkernel = \"{kernel}\"\n{from}{}", given.toml());
    }
    text += "[outputs]\n";
    (0..params.len()).for_each(|i| text += &format!("s{i} = \"out{i}.npy\"\n"));
    text
}

/// Runs all cases of an entry: those that have a result together, in shared sweeps, the others alone.
fn check(kernel: &str) {
    let entry = TABLE.iter().find(|e| e.kernel == kernel).unwrap();
    let folder = Folder::new();
    let mut cases = 0;
    for data in (entry.inputs)() {
        folder.npy("x.npy", &data);
        let (mut given, mut wants) = (Vec::new(), Vec::new());
        let all = (entry.params)(&data);
        for params in &all {
            match (entry.want)(&data, params) {
                Ok(want) => {
                    given.push(params);
                    wants.push(want);
                }
                Err(why) => {
                    let done = folder.run(&pipeline(kernel, &data, &[params]), &folder.options());
                    let message = done.map_or_else(|e| e.to_string(), |out| format!("accepted: {out:?}"));
                    assert!(message.contains(why), "{kernel} {params:?} of {data:?}\n{message}\nlacks {why:?}");
                }
            }
        }
        cases += all.len();
        if given.is_empty() {
            continue;
        }
        let got = folder.run(&pipeline(kernel, &data, &given), &folder.options());
        let got = got.unwrap_or_else(|e| panic!("{kernel} {given:?} of {data:?}\n{e}"));
        for ((got, want), params) in got.iter().zip(&wants).zip(&given) {
            let why = compare(got, want);
            assert!(why.is_ok(), "{kernel} {params:?}\nof {data:?}\ngives {got:?}\n{}", why.unwrap_err());
        }
    }
    assert!(cases > 0, "{kernel} is never tried");
}

/// The distance between neighbouring values of a dtype around `x`; 1 for integers.
fn ulp(dtype: DType, x: f64) -> f64 {
    let (fraction, least) = match dtype {
        DType::F16 => (10, -14),
        DType::BF16 => (7, -126),
        DType::F32 => (23, -126),
        DType::F64 => (52, -1022),
        _ => return 1.0,
    };
    let exponent = if x == 0.0 || !x.is_finite() { least } else { (x.abs().log2().floor() as i32).max(least) };
    2f64.powi(exponent - fraction)
}

/// Why an array is not the one wanted.
pub fn compare(got: &Data, want: &Want) -> Result<(), String> {
    if (got.dtype, &got.shape) != (want.dtype, &want.shape) {
        return Err(format!("which is not {} {:?}", want.dtype, want.shape));
    }
    for (i, (g, w)) in got.bytes.chunks_exact(got.dtype.size()).zip(&want.values).enumerate() {
        let real_to_int = got.dtype.is_integer() && matches!(w, Num::Real(x) if x.is_nan());
        if !real_to_int && g == encode(got.dtype, *w) {
            continue;
        }
        let found = decode(got.dtype, g);
        let room = want.ulps * ulp(got.dtype, w.f64()) + want.room.get(i).copied().unwrap_or(0.0);
        let both = |n: Num| matches!(n, Num::Int(_) | Num::Real(_)) && n.f64().is_finite();
        if room > 0.0 && both(found) && both(*w) && (found.f64() - w.f64()).abs() <= room {
            continue;
        }
        return Err(format!("element {i} is {found:?} ({g:x?}), not {w:?}, with room for {room:e}"));
    }
    Ok(())
}

/// A kernel that nobody checks is not done.
#[test]
fn every_kernel_has_an_oracle() {
    for info in registry() {
        assert!(TABLE.iter().any(|e| e.kernel == info.name), "the kernel \"{}\" has no oracle: add one", info.name);
    }
    for entry in TABLE {
        assert!(tilewise::kernel::find(entry.kernel).is_some(), "the oracle of \"{}\" has no kernel", entry.kernel);
    }
}

/// Kernels that move elements of any dtype.
const MOVES: [&str; 7] = ["cast", "transpose", "slice", "concatenate", "stack", "reshape", "shuffle"];

/// Arithmetic on complex numbers is refused before any work, by name and with advice; what moves
/// elements takes them.
#[test]
fn complex_arrays_are_moved_and_nothing_else() {
    let folder = Folder::new();
    for dtype in [DType::C64, DType::C128] {
        let data = Data::new(dtype, &[3, 4], &[Num::Complex(1.5, -2.0); 12]).named("yx");
        folder.npy("x.npy", &data);
        for entry in TABLE.iter().filter(|e| !MOVES.contains(&e.kernel)) {
            let real = tame(DType::F32, &[3, 4], 1).named("yx");
            let params = (entry.params)(&real).remove(0);
            let refused = folder.prepare(&pipeline(entry.kernel, &data, &[&params]), &folder.options());
            let Err(error) = refused else { panic!("{} takes {dtype}", entry.kernel) };
            assert!(error.to_string().contains(dtype.name()), "{}: {error}", entry.kernel);
            assert_eq!(error.exit_code(), 2, "{}: {error}", entry.kernel);
        }
    }
}
