//! Parameters to try for each kernel, whatever the array.
//!
//! Owns the table that a new kernel has to be in.

use proptest::prelude::*;
use tilewise::array::DType;

/// A kernel with its parameters as lines of TOML.
#[derive(Clone, Debug)]
pub struct Setting {
    pub kernel: &'static str,
    pub lines: String,
}

impl Setting {
    /// The step of this name that receives `from`.
    pub fn step(&self, name: &str, from: &str) -> String {
        let lines = self.lines.replace("$x", from).replace("$name", name);
        let from = if self.kernel == "expr" { String::new() } else { format!("from = \"{from}\"\n") };
        format!("[[step]]\nname = \"{name}\"\nkernel = \"{}\"\n{from}{lines}", self.kernel)
    }
}

/// How a kernel's parameters are chosen: which axes it takes, and lines to choose from.
struct Settings {
    axes: Axes,
    lines: &'static [&'static str],
}

enum Axes {
    /// Any number of them.
    Some,
    /// One.
    One,
    /// None: element by element.
    No,
}

const EDGES: &[&str] = &[
    "mode = \"reflect\"\n",
    "mode = \"mirror\"\n",
    "mode = \"nearest\"\n",
    "mode = \"wrap\"\n",
    "mode = \"constant\"\ncval = 3\n",
];

const FOLDS: &[&str] = &["", "skipna = true\n", "keepdims = true\n", "skipna = true\nkeepdims = true\n"];

const WINDOWS: &[&str] = &[
    "window = 1\n",
    "window = 3\nmin_count = 1\n",
    "window = 4\ncenter = true\n",
    "window = 13\nmin_count = 5\ncenter = true\n",
    "window = 40\nmin_count = 1\n",
    "window = 70\nmin_count = 1\n",
    "window = 1100\nmin_count = 2\ncenter = true\n",
    "window = 5\nmin_count = 2\nstep = 3\n",
    "window = 70\nmin_count = 1\nstep = 40\ncenter = true\n",
];

const WINDOWS_OF_TWO: [&str; 8] = [
    "window = 3\nmin_count = 2\n",
    "window = 4\ncenter = true\n",
    "window = 13\nmin_count = 5\ncenter = true\n",
    "window = 40\nmin_count = 2\n",
    "window = 70\nmin_count = 2\n",
    "window = 1100\nmin_count = 2\ncenter = true\n",
    "window = 5\nmin_count = 2\nstep = 3\n",
    "window = 70\nmin_count = 2\nstep = 40\ncenter = true\n",
];

/// The table: a kernel that is not in it fails a test.
fn table(kernel: &str) -> Option<Settings> {
    let (axes, lines): (Axes, &[&str]) = match kernel {
        "sum" | "mean" | "min" | "max" | "argmin" | "argmax" | "first" | "last" => (Axes::Some, FOLDS),
        "std" | "var" => (Axes::Some, &["", "ddof = 1\n", "skipna = true\n", "ddof = 2\nkeepdims = true\n"]),
        "quantile" => (
            Axes::Some,
            &[
                "q = 0.5\n",
                "q = [0.9, 0.01, 0.5]\nskipna = true\n",
                "q = [0, 1]\nmethod = \"nearest\"\nskipna = true\nkeepdims = true\n",
                "q = 0.25\nmethod = \"median_unbiased\"\n",
            ],
        ),
        "histogram" => (Axes::Some, &["", "bins = 3\n", "bins = 100\nrange = [-2, 9.5]\n", "range = [1, 1]\n"]),
        "histogram2d" => (
            Axes::No,
            &["other = \"$x\"\n", "other = \"$x\"\nbins = [3, 50]\n", "other = \"$x\"\nrange = [0, 10, -3, 30.5]\n"],
        ),
        "bincount" => (Axes::No, &["bins = 100\n", "bins = 3000\n", "bins = 2\n"]),
        "unique" | "unique_counts" => (Axes::No, &["", "values_max = 3000\n", "values_max = 20\n"]),
        "topk" => (
            Axes::Some,
            &[
                "k = 1\n",
                "k = 1\nlargest = false\nskipna = true\n",
                "k = 2\nlargest = false\n",
                "k = 5\nskipna = true\n",
            ],
        ),
        // Labels from a step of their own, of the array's shape or of that of an axis; or the array itself.
        "grouped" => (
            Axes::No,
            &[
                "labels = \"$name_l\"\nstat = \"sum\"\n[[step]]\nname = \"$name_l\"\nexpr = \"($x > 3) * 2 + ($x > 20)\"\n",
                "labels = \"$name_l\"\nstat = \"var\"\ngroups = 4\naxes = 0\n[[step]]\nname = \"$name_l\"\nexpr = \"($x > 3) * 2 + ($x > 20)\"\n",
                "labels = \"$name_l\"\nstat = \"mean\"\nskipna = true\n[[step]]\nname = \"$name_l\"\nexpr = \"$x > 5\"\n",
                "labels = \"$name_l\"\nstat = \"median\"\ngroups = 3\naxes = -1\n[[step]]\nname = \"$name_l\"\nexpr = \"($x > 3) + ($x > 20)\"\n",
                "labels = \"$name_l\"\ngroups = 300\naxes = 0\n[[step]]\nname = \"$name_l\"\nkernel = \"argmin\"\nfrom = \"$x\"\naxes = 1\n",
                "labels = \"$x\"\nstat = \"count\"\ngroups = 200\n",
            ],
        ),
        "mode" => (Axes::Some, &["", "skipna = true\n", "keepdims = true\n", "values_max = 30\n"]),
        "cov" => (Axes::No, &["", "ddof = 0\n"]),
        "corr" => (Axes::No, &[""]),
        "concatenate" => {
            (Axes::No, &["with = \"$x\"\n", "with = [\"$x\", \"$x\"]\naxis = -1\n", "with = [\"$x\", \"$x\"]\n"])
        }
        "stack" => {
            (Axes::No, &["with = \"$x\"\n", "with = [\"$x\", \"$x\"]\naxis = -1\n", "with = \"$x\"\naxis = 1\n"])
        }
        "reshape" => (Axes::No, &["shape = -1\n", "shape = [-1, 2]\n", "shape = [3, -1]\n", "shape = [1, 2, -1, 3]\n"]),
        "zscore" => (Axes::Some, &["", "ddof = 1\n", "skipna = true\n", "fit = \"$x\"\n"]),
        "minmax" => (Axes::Some, &["", "low = -1\n", "high = 255.5\nskipna = true\n"]),
        "robust" => (
            Axes::Some,
            &["", "skipna = true\nspread = \"mad\"\n", "q_range = [0.1, 0.5]\n", "spread = \"mad\"\nfit = \"$x\"\n"],
        ),
        "percentile_rescale" => (Axes::Some, &["", "skipna = true\nlow = -1\n", "q = [0.3, 0.6]\nhigh = 255\n"]),
        "equalize_hist" => (Axes::Some, &["", "bins = 7\n"]),
        "standardize" => (
            Axes::No,
            &[
                "channel = 0\n",
                "channel = -1\nskipna = true\nddof = 1\n",
                "channel = -1\nmean = 0.5\nstd = 0.25\nscale = 255\n",
                "channel = 0\nmean = 3\nstd = 2\n",
            ],
        ),
        "transpose" => (Axes::No, &[""]),
        "shuffle" => (Axes::One, &["", "seed = 5\n"]),
        "random" => (Axes::No, &["low = -3\nhigh = 4\nseed = 8\n", "distribution = \"normal\"\n"]),
        "slice" => (
            Axes::No,
            &[
                "index = \"1:, ...\"\n",
                "index = \"::-2, ...\"\n",
                "index = \"..., 1::3\"\n",
                "index = \"..., newaxis, ::-1\"\n",
            ],
        ),
        "gaussian" => (Axes::Some, &["sigma = 0.7\n", "sigma = 2.1\ntruncate = 3\n", "sigma = 1\nradius = 5\n"]),
        "uniform" | "median" => (Axes::Some, &["", "size = 2\n", "size = 5\n", "size = 9\n"]),
        "downsample" => (Axes::Some, &["factor = 2\n", "factor = 3\nboundary = \"pad\"\n", "factor = 5\n"]),
        // The array is its own weights, or its first elements are, so that there are several blocks.
        "convolve" => (
            Axes::No,
            &[
                "weights = \"$x\"\n",
                "weights = \"$x\"\ncorrelate = true\nmethod = \"direct\"\n",
                "weights = \"$x\"\nmethod = \"fft\"\n",
                "weights = \"$name_w\"\nmethod = \"fft\"\n[[step]]\nname = \"$name_w\"\nkernel = \"slice\"\nfrom = \"$x\"\nindex = \"..., :3\"\n",
                "weights = \"$name_w\"\nmethod = \"fft\"\ncorrelate = true\n[[step]]\nname = \"$name_w\"\nkernel = \"slice\"\nfrom = \"$x\"\nindex = \":2, ...\"\n",
            ],
        ),
        "region_properties" => (
            Axes::No,
            &[
                "labels = 100\n",
                "labels = 3000\nproperties = [\"centroid\", \"intensity_sum\", \"intensity_max\"]\nintensity = \"$x\"\n",
                "labels = 1\nproperties = \"area\"\n",
                "properties = [\"area\", \"centroid_weighted\", \"bbox\"]\nintensity = \"$x\"\n",
                "labels = 3000\naxes = -1\nproperties = [\"centroid_weighted\", \"area\"]\nintensity = \"$x\"\n",
                "labels = 100\naxes = 0\n",
            ],
        ),
        "label" => (
            Axes::No,
            &[
                "",
                "connectivity = 2\n",
                "dtype = \"i64\"\n",
                "connectivity = 3\n",
                "axes = -1\n",
                "axes = 0\n",
                "axes = [0, 1]\nconnectivity = 2\n",
                "axes = [0, -1]\n",
            ],
        ),
        "rolling_mean" | "rolling_max" | "rolling_min" | "rolling_argmax" | "rolling_argmin" | "rolling_median" => {
            (Axes::One, WINDOWS)
        }
        "rolling_quantile" => (
            Axes::One,
            &[
                "window = 1\nq = 0\n",
                "window = 4\ncenter = true\nq = 0.3\n",
                "window = 13\nmin_count = 5\nq = 1\n",
                "window = 40\nmin_count = 1\nq = 0.5\n",
                "window = 7\nmin_count = 1\nq = 0.5\nstep = 4\n",
                "window = 1100\nmin_count = 2\ncenter = true\nq = 0.9\n",
            ],
        ),
        "resample" => (
            Axes::One,
            &[
                "count = 1\nstat = \"ohlc\"\n",
                "count = 3\n",
                "count = 7\nstat = \"std\"\n",
                "count = 40\nstat = \"median\"\n",
                "count = 2000\nstat = \"sum\"\n",
                "count = 1500\nstat = \"median\"\n",
            ],
        ),
        // Without results of integers, which may lie beyond 64 bits.
        "rolling_sum" | "rolling_var" | "rolling_std" | "rolling_skew" => (Axes::One, &WINDOWS_OF_TWO),
        "cumsum" | "cumprod" | "cummax" | "cummin" => (
            Axes::One,
            &[
                "",
                "skipna = true
",
            ],
        ),
        "ffill" | "bfill" => (
            Axes::One,
            &[
                "",
                "limit = 1
",
                "limit = 3
",
            ],
        ),
        "interpolate" => (
            Axes::One,
            &[
                "",
                "limit = 2
",
                "limit = 1
limit_direction = \"both\"
",
            ],
        ),
        "rolling_cov" | "rolling_corr" => (
            Axes::One,
            &[
                "other = \"$x\"\nwindow = 3\nmin_count = 2\n",
                "other = \"$x\"\nwindow = 13\nmin_count = 5\ncenter = true\n",
                "other = \"$x\"\nwindow = 70\nmin_count = 2\nstep = 3\n",
                "other = \"$x\"\nwindow = 1100\nmin_count = 2\ncenter = true\n",
            ],
        ),
        "ewm_mean" | "ewm_var" | "ewm_std" => (
            Axes::One,
            &[
                "span = 5\n",
                "alpha = 0.3\nadjust = false\n",
                "halflife = 100\nignore_na = true\nmin_count = 3\n",
                "com = 0.2\nadjust = false\nignore_na = true\n",
            ],
        ),
        "savgol" => (
            Axes::One,
            &[
                "window_length = 1\npolyorder = 0\n",
                "window_length = 5\npolyorder = 2\nderiv = 1\ndelta = 0.5\n",
                "window_length = 11\npolyorder = 3\nmode = \"mirror\"\n",
                "window_length = 7\npolyorder = 4\nmode = \"wrap\"\n",
                "window_length = 7\npolyorder = 1\nmode = \"nearest\"\n",
            ],
        ),
        "butterworth" => (
            Axes::One,
            &[
                "order = 1\ncutoff = 0.1\n",
                "order = 3\ncutoff = [0.1, 0.2]\nbtype = \"bandpass\"\n",
                "order = 1\ncutoff = 0.05\nzero_phase = true\n",
                "order = 2\ncutoff = 0.2\nbtype = \"highpass\"\nzero_phase = true\n",
            ],
        ),
        "expr" => (
            Axes::No,
            &[
                "expr = \"$x * 2 + 1\"\n",
                "expr = \"sqrt(abs($x)) - exp(-abs($x) / 10)\"\n",
                "expr = \"where($x > 3, $x, minimum($x, -$x))\"\n",
                "expr = \"$x % 7 - $x // 3\"\n",
            ],
        ),
        "cast" => (
            Axes::No,
            &["dtype = \"u8\"\n", "dtype = \"f16\"\n", "dtype = \"i32\"\noverflow = \"error\"\n", "dtype = \"f64\"\n"],
        ),
        "clip" => (Axes::No, &["min = 0\n", "max = 20.5\n", "min = 1\nmax = 30\n"]),
        _ => return None,
    };
    Some(Settings { axes, lines })
}

/// Whether the table has a kernel.
pub fn settings(kernel: &str) -> Option<()> {
    table(kernel).map(|_| ())
}

/// The dtypes a kernel takes.
pub fn dtypes(kernel: &str) -> Vec<DType> {
    let filters = ["gaussian", "uniform", "median", "downsample", "convolve"];
    let no_bool = filters.contains(&kernel) || kernel.starts_with("rolling");
    let takes = |d: &DType| !d.is_complex() && (*d != DType::Bool || !no_bool);
    DType::ALL.into_iter().filter(takes).collect()
}

/// Parameters of a kernel for an array.
pub fn setting(kernel: &'static str, shape: Vec<u64>) -> impl Strategy<Value = Setting> {
    let Settings { axes, lines } = table(kernel).unwrap_or_else(|| panic!("no settings for \"{kernel}\""));
    let some = (any::<u8>(), 0..shape.len().max(1), any::<bool>());
    let edged = ["gaussian", "uniform", "median"].contains(&kernel);
    let choice = (prop::sample::select(lines), prop::sample::select(EDGES), some);
    choice.prop_map(move |(lines, edge, (bits, one, all))| {
        let chosen: Vec<usize> = (0..shape.len()).filter(|a| bits >> a & 1 == 1).collect();
        let axes = match axes {
            Axes::Some if all && !edged => String::new(),
            Axes::Some if all => format!("axes = {:?}\n", (0..shape.len()).collect::<Vec<_>>()),
            Axes::Some => format!("axes = {chosen:?}\n"),
            Axes::One => format!("axes = {one}\n"),
            Axes::No => String::new(),
        };
        // A large box around four axes takes a slow kernel long; nothing else is learnt from it.
        let lines = if shape.len() > 2 { lines.replace("size = 9", "size = 4") } else { lines.to_string() };
        let lines = match kernel {
            // As it is or reversed; whole orders of axes are tried one by one in the kernel's own tests.
            "transpose" if all => {
                format!("axes = {:?}\n", (0..shape.len()).map(|a| (a + one) % shape.len()).collect::<Vec<_>>())
            }
            // The array is its own weights.
            "convolve" => format!("axes = {:?}\n", (0..shape.len()).collect::<Vec<_>>()) + edge + &lines,
            _ => lines,
        };
        let lines = if kernel == "downsample" && all { lines + &format!("axes = {one}\n") } else { lines + &axes };
        Setting { kernel, lines: if edged { lines + edge } else { lines } }
    })
}
