//! `quantile`: exact quantiles over axes, however large the array.
//!
//! Owns the parameters and the choice of ways: whole lines in working memory; between brackets that a sample gives, in one
//! sweep; or digit by digit with one sweep for each digit. Elements are compared as integers of the same order (`keys`); which of
//! them a quantile needs is in `ranks`; all ways give the same elements and so the same bits.
//!
//! ```text
//! whole lines:  tile ─► keys of a line ─► select ─► value
//! brackets:     sample ─► two keys around each rank ─► tile ─► count what is below, collect what is between ─► value;
//!               where the sample misled, on to digits
//! digits:       tile ─► counts of the highest digit ─► finish: the digit of each rank, the rank inside it ─► Temp
//!               tile, Temp ─► counts of the next digit of elements that begin alike ─► …  ─► value
//! ```

mod bracket;
mod digits;
pub(super) mod keys;
mod lines;
mod ranks;
mod tally;
#[cfg(test)]
mod tests;

pub(crate) use self::ranks::{Between, between, mix};

use super::bind::{AXES, KEEPDIMS, SKIPNA, folded_axes, real_input, reduced_write};
use super::grid::Grid;
use super::labels::Labels;
use crate::array::{ArraySpec, DType, Order, Shape};
use crate::kernel::{
    Access, AxisMap, BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Sink, Stage, Variant, Write,
};
use bracket::bracket_stages;
use digits::digit_stages;
use lines::line_stage;
pub(super) use lines::put_value;
use ranks::{METHODS, Quantiles};

/// The table entry of `quantile`.
pub const QUANTILE: KernelInfo = KernelInfo {
    name: "quantile",
    family: Family::Reduce,
    summary: "exact quantiles over all or some axes",
    doc: "Shape: the input's without `axes` (with extent 1 under `keepdims`), and a new first axis where `q` is a list. \
          dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As numpy.quantile, and \
          numpy.nanquantile with `skipna`, for every `method`; exact however large the array: ranks are found, \
          never estimated. Between two elements in f64, then rounded. NaN propagates; the quantile of nothing is \
          NaN. One sweep where lines fit in memory and for 8 and 16 bits. Of a whole array of a million elements or more, \
          up to four quantiles take one sweep too, between brackets from a sample; where the sample misled, as in an array \
          that drifts, and for other arrays of wide elements, there is one sweep for each digit: 32 bits take two to four \
          in common budgets, 64 bits four to six.",
    params: &[
        ParamInfo {
            name: "q",
            kind: Kind::Numbers { min: 0.0, max: 1.0 },
            default: None,
            doc: "one quantile or a list of them, as shares of the elements below: 0.5 is the median",
        },
        AXES,
        ParamInfo {
            name: "method",
            kind: Kind::Choice(METHODS),
            default: Some("linear"),
            doc: "what lies between two elements, with NumPy's names",
        },
        SKIPNA,
        KEEPDIMS,
    ],
    example: "[[step]]\nkernel = \"quantile\"\nq = [0.01, 0.99]\naxes = \"yx\"",
    parse,
};

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let q = params.numbers("q").unwrap_or_default();
    if q.len() > Q_MAX {
        let message = format!("q has {} entries, of at most {Q_MAX}", q.len());
        return Err(BindError::param("q", message).help("use several steps, or a histogram"));
    }
    let given = params.text("method").unwrap_or("linear");
    let method = METHODS.iter().copied().find(|m| *m == given).unwrap_or("linear");
    Ok(Box::new(Quantile { params: params.clone(), quantiles: Quantiles { method, q } }))
}

/// More are a distribution, not quantiles.
const Q_MAX: usize = 4096;

#[derive(Debug)]
struct Quantile {
    params: Params,
    quantiles: Quantiles,
}

/// What all stages of a bound quantile know.
#[derive(Clone, Debug)]
struct Bound {
    spec: ArraySpec,
    grid: Grid,
    quantiles: Quantiles,
    skipna: bool,
    /// The result.
    output: Write,
    /// Where each cell has several groups: their labels, which are input 1.
    labels: Option<(Labels, Access)>,
}

impl Bound {
    /// Elements of each cell.
    fn elements(&self) -> u64 {
        self.grid.folded.iter().map(|a| self.spec.shape[*a]).product()
    }

    /// Groups of each cell.
    fn groups(&self) -> usize {
        self.labels.as_ref().map_or(1, |(labels, _)| labels.groups)
    }

    /// The number of numbers a cell has quantiles of, from its NaN: none where they propagate.
    fn numbers(&self, nan: u64) -> u64 {
        self.numbers_of(self.elements(), nan)
    }

    /// The same for a group of so many elements.
    fn numbers_of(&self, elements: u64, nan: u64) -> u64 {
        if nan > 0 && !self.skipna { 0 } else { elements - nan.min(elements) }
    }

    /// The kept axes of a domain that is folded over the others.
    fn kept_shape(&self) -> Shape {
        self.grid.kept.iter().map(|a| self.spec.shape[*a]).collect()
    }

    /// Bytes of the result for one cell.
    fn result_bytes(&self) -> u64 {
        self.quantiles.q.len() as u64 * 8
    }
}

impl Kernel for Quantile {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("quantile", inputs)?;
        let axes = folded_axes(&self.params, spec)?;
        let keepdims = self.params.bool("keepdims", false);
        let mut output = reduced_write(spec, &axes, keepdims, spec.dtype.real(), Sink::Output(0));
        if self.params.is_list("q") {
            output.spec.shape.insert(0, self.quantiles.q.len() as u64);
            output.spec.axes.insert(0, None);
            output.access.axes.insert(0, AxisMap::All);
        }
        let bound = Bound {
            spec: spec.clone(),
            grid: Grid::new(&spec.shape, &axes),
            quantiles: self.quantiles.clone(),
            skipna: self.params.bool("skipna", false),
            output,
            labels: None,
        };
        Ok(ways(&bound))
    }
}

/// Quantiles as statistics for later stages of another kernel: f64, one for each of `q` along a first axis, over `axes`,
/// which stay with extent 1. Gives every way, the one with the fewest sweeps first, with the temporary that
/// holds them; temporaries above it are free.
pub fn statistics(spec: &ArraySpec, axes: &[usize], q: &[f64], skipna: bool) -> Vec<(Variant, usize)> {
    let mut output = reduced_write(spec, axes, true, DType::F64, Sink::Output(0));
    output.spec.shape.insert(0, q.len() as u64);
    output.spec.axes.insert(0, None);
    output.access.axes.insert(0, AxisMap::All);
    let quantiles = Quantiles { method: "linear", q: q.to_vec() };
    let bound =
        Bound { spec: spec.clone(), grid: Grid::new(&spec.shape, axes), quantiles, skipna, output, labels: None };
    let keep = |mut way: Variant| {
        let writes = |way: &mut Variant, f: &mut dyn FnMut(&mut Sink)| {
            way.stages.iter_mut().flat_map(|s| &mut s.contract.writes).for_each(|w| f(&mut w.sink));
        };
        let mut temp = 0;
        writes(&mut way, &mut |sink| {
            if let Sink::Temp(t) = sink {
                temp = temp.max(*t + 1);
            }
        });
        writes(&mut way, &mut |sink| {
            if *sink == Sink::Output(0) {
                *sink = Sink::Temp(temp);
            }
        });
        (way, temp)
    };
    ways(&bound).into_iter().map(keep).collect()
}

/// One quantile of each group of each cell: `labels` are input 1, seen with their access; groups are the first axis
/// of the result, as in `output`.
pub fn grouped_quantile(
    spec: &ArraySpec,
    axes: &[usize],
    labels: (Labels, Access),
    q: f64,
    skipna: bool,
    output: Write,
) -> Vec<Variant> {
    let quantiles = Quantiles { method: "linear", q: vec![q] };
    let grid = Grid::new(&spec.shape, axes);
    ways(&Bound { spec: spec.clone(), grid, quantiles, skipna, output, labels: Some(labels) })
}

/// Elements of a line that is selected from in memory: of contiguous ones, of those that other
/// cells lie between, and of a whole array, which only one worker can have.
const LINE_MAX: u64 = 1 << 22;
const ROWS_MAX: u64 = 1 << 15;
const WHOLE_MAX: u64 = 1 << 16;

/// Bytes of counters for the cells that a tile has at least.
const COUNTERS_MAX: u64 = 8 << 20;

/// The ways, the one with the fewest sweeps first.
fn ways(bound: &Bound) -> Vec<Variant> {
    let cells: u64 = bound.kept_shape().iter().product();
    let most = match (cells, bound.grid.by_rows) {
        (0 | 1, _) => WHOLE_MAX,
        (_, true) => ROWS_MAX,
        (_, false) => LINE_MAX,
    };
    let mut ways = Vec::new();
    if bound.elements() <= most && bound.labels.is_none() {
        ways.push(Variant { name: "whole lines", stages: vec![line_stage(bound)] });
    }
    // A tile of few cells across rows would read a page for each.
    let together = if bound.grid.by_rows { cells.clamp(1, 1024) } else { 1 };
    let bits = keys::bits(bound.spec.dtype);
    let few = bound.quantiles.q.len() <= bracket::QUANTILES_MAX;
    if cells == 1 && bits >= 32 && few && bound.labels.is_none() && bound.elements() >= bracket::ELEMENTS_MIN {
        for (name, widths) in bracketed(bits) {
            let mut stages = bracket_stages(bound);
            stages.extend(digit_stages(bound, widths, true));
            ways.push(Variant { name, stages });
        }
    }
    let all = widths(bits);
    for (i, (name, widths)) in all.iter().enumerate() {
        let stages = digit_stages(bound, widths, false);
        let fits = |stage: &Stage| stage.contract.state.per_cell.saturating_mul(together) <= COUNTERS_MAX;
        if i + 1 == all.len() || (together == 1 && bound.labels.is_none()) || stages.iter().all(fits) {
            ways.push(Variant { name, stages });
        }
    }
    ways
}

/// The digits that follow brackets, should the sample mislead.
fn bracketed(bits: u32) -> [(&'static str, &'static [u32]); 2] {
    match bits {
        32 => [("brackets, or two digits", &[18, 14]), ("brackets, or three digits", &[11, 11, 10])],
        _ => [("brackets, or four digits", &[16; 4]), ("brackets, or five digits", &[13, 13, 13, 13, 12])],
    }
}

/// The digits of keys of so many bits, for each number of sweeps. Of two digits the first is wider: it
/// is counted once, the second for each rank.
fn widths(bits: u32) -> &'static [(&'static str, &'static [u32])] {
    match bits {
        8 => &[("one digit", &[8]), ("two digits", &[4, 4])],
        16 => &[("one digit", &[16]), ("two digits", &[8, 8]), ("four digits", &[4; 4])],
        32 => &[
            ("two digits", &[18, 14]),
            ("three digits", &[11, 11, 10]),
            ("four digits", &[8; 4]),
            ("eight digits", &[4; 8]),
        ],
        _ => &[
            ("four digits", &[16; 4]),
            ("five digits", &[13, 13, 13, 13, 12]),
            ("six digits", &[11, 11, 11, 11, 11, 9]),
            ("eight digits", &[8; 8]),
            ("sixteen digits", &[4; 16]),
        ],
    }
}

/// An array of some numbers for each group of each kept cell: what one stage leaves for the next.
fn table_spec(bound: &Bound, columns: u64) -> (ArraySpec, Access) {
    let mut shape = bound.kept_shape();
    shape.push(columns * bound.groups() as u64);
    let mut axes: Vec<AxisMap> =
        bound.grid.kept.iter().map(|axis| AxisMap::Follow { axis: *axis, before: 0, after: 0 }).collect();
    axes.push(AxisMap::All);
    let spec = ArraySpec { order: Order::C, ..ArraySpec::new(crate::array::DType::U64, &shape) };
    (spec, Access { axes, edge: crate::array::Edge::Clip })
}
