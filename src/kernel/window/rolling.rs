//! What the rolling kernels share: their parameters, what they refuse, and the dtype rules that two have.
//!
//! Owns the meaning of `window`, `min_count`, `center`, `step` and `ddof`. Refuses to know how windows are computed.

use super::clock::{self, Clock, TIME, UNIT};
use super::largest::{ArgMax, Max, WholeArgMax, WholeMax};
use super::monoid::What;
use super::sliding::{Limits, Window, variants};
use super::spread::Spread;
use super::timed::{self, Timed};
use crate::array::{ArraySpec, DType};
use crate::kernel::axes::window_axis;
use crate::kernel::math;
use crate::kernel::{BindError, Kernel, Kind, ParamInfo, Params, Sight, SightError, Value, Variant};

/// Parameters of every rolling kernel.
pub(super) const PARAMS: &[ParamInfo] = &[
    ParamInfo {
        name: "window",
        kind: Kind::Length,
        default: None,
        doc: "elements of a window; it may be longer than the axis; with time how long it lasts (\"90s\", \"1h 30m\")",
    },
    ParamInfo {
        name: "min_count",
        kind: Kind::Int { min: 1, max: i64::MAX },
        default: Some(""),
        doc: "values (not NaN, inside the array) below which a result is NaN; at most the window; unset: the window, with time 1",
    },
    ParamInfo {
        name: "center",
        kind: Kind::Bool,
        default: Some("false"),
        doc: "whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before it",
    },
    ParamInfo {
        name: "step",
        kind: Kind::Int { min: 1, max: i64::MAX },
        default: Some("1"),
        doc: "every so many results are kept, from the first on, as [::step] of all would",
    },
    ParamInfo {
        name: "axes",
        kind: Kind::Axes,
        default: Some(""),
        doc: "the one axis to work along; unset: t where named, else the axis of a 1-D array",
    },
    TIME,
    UNIT,
];

/// Parameters of those that divide by the count less something.
pub(super) const SPREAD_PARAMS: &[ParamInfo] = &[
    PARAMS[0],
    PARAMS[1],
    PARAMS[2],
    ParamInfo {
        name: "ddof",
        kind: Kind::Int { min: 0, max: 1 << 53 },
        default: Some("1"),
        doc: "delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains",
    },
    PARAMS[3],
    PARAMS[4],
    TIME,
    UNIT,
];

/// Parameters of a quantile.
pub(super) const QUANTILE_PARAMS: &[ParamInfo] = &[
    PARAMS[0],
    ParamInfo {
        name: "q",
        kind: Kind::Float { min: 0.0, max: 1.0 },
        default: None,
        doc: "the share of values at or below the result: 0 the smallest, 0.5 the median, 1 the largest",
    },
    PARAMS[1],
    PARAMS[2],
    PARAMS[3],
    PARAMS[4],
    TIME,
    UNIT,
];

/// The other array of two.
const OTHER: ParamInfo = ParamInfo {
    name: "other",
    kind: Kind::Arrays,
    default: None,
    doc: "the array beside the one that the step takes: the name of an input or a step",
};

/// Parameters of two arrays.
pub(super) const PAIR_PARAMS: &[ParamInfo] =
    &[OTHER, PARAMS[0], PARAMS[1], PARAMS[2], PARAMS[3], PARAMS[4], TIME, UNIT];

/// Parameters of two arrays, where something is divided by the count less `ddof`.
pub(super) const PAIR_SPREAD_PARAMS: &[ParamInfo] = &[
    OTHER,
    SPREAD_PARAMS[0],
    SPREAD_PARAMS[1],
    SPREAD_PARAMS[2],
    SPREAD_PARAMS[3],
    SPREAD_PARAMS[4],
    SPREAD_PARAMS[5],
    TIME,
    UNIT,
];

/// The name of the other array.
pub(super) fn other(params: &Params) -> Result<String, BindError> {
    match <[String; 1]>::try_from(params.names("other")) {
        Ok([name]) => Ok(name),
        Err(names) => Err(BindError::param("other", format!("other names {} arrays, it takes one", names.len()))
            .help("one step for each array")),
    }
}

/// Checks what needs no array: `window` with or without `time`, and `min_count` against it.
pub(super) fn check(params: &Params) -> Result<(), BindError> {
    if let Some(text) = lasting(params)? {
        // The unit counts where a duration is a plain number alone, and that it is one shows without.
        return clock::duration("window", &text, 1_000_000_000).map(|_| ());
    }
    let (length, least) = lengths(params)?;
    if least > length {
        let message = format!("min_count = {least} is more than the window of {length}: every result would be missing");
        return Err(BindError::param("min_count", message).help(format!("give min_count from 1 to {length}")));
    }
    Ok(())
}

/// As [`check`], and `ddof` against `window`.
pub(super) fn check_ddof(params: &Params) -> Result<(), BindError> {
    check(params)?;
    let ddof = params.int("ddof").unwrap_or(1).unsigned_abs();
    match params.get("window") {
        Some(Value::Int(length)) if ddof >= length.unsigned_abs() => {
            let message =
                format!("ddof = {ddof} leaves nothing of a window of {length}: every result would be missing");
            Err(BindError::param("ddof", message).help("give a smaller ddof, or a longer window"))
        }
        _ => Ok(()),
    }
}

/// What is taken off a count.
pub(super) fn ddof(params: &Params) -> f64 {
    params.int("ddof").unwrap_or(1) as f64
}

/// How long a window lasts, as it was written; `None` where it has a number of elements.
fn lasting(params: &Params) -> Result<Option<String>, BindError> {
    match (params.get("window"), params.names("time").as_slice()) {
        (Some(Value::Str(text)), [_]) => Ok(Some(text.clone())),
        (Some(Value::Int(n)), []) => n.checked_sub(1).map(|_| None).ok_or_else(|| BindError::new("window is 0")),
        (Some(Value::Str(text)), []) => {
            let error = BindError::param("window", format!("window = \"{text}\" lasts a time, and no time is given"));
            Err(error.help("time = \"NAME\" names the input that has it; a number of elements goes without"))
        }
        (Some(Value::Int(n)), [_]) => {
            let error = BindError::param("window", format!("window = {n} is a number of elements, and time is given"));
            Err(error.help(format!("write how long a window lasts: window = \"{n}s\"; or leave time out")))
        }
        (_, names) if names.len() > 1 => {
            Err(BindError::param("time", format!("time is one array, {} were given", names.len())))
        }
        _ => Err(BindError::new("the parameter \"window\" is missing")),
    }
}

/// What a rolling kernel works on.
pub(super) struct Bound<'a> {
    pub params: &'a Params,
    /// The input; of two inputs the first, with the axis names of both.
    pub input: ArraySpec,
    /// The dtype of what is computed of reals: the wider one of two inputs.
    pub output: DType,
    pub window: Window,
}

type Bind = fn(&Bound) -> Result<Vec<Variant>, BindError>;

/// A rolling kernel, of which each has its own way to be bound.
#[derive(Clone, Debug)]
struct Rolling {
    name: &'static str,
    params: Params,
    /// The second input, where there are two.
    other: Option<String>,
    time: Option<String>,
    /// What was seen of the time.
    timed: Option<Timed>,
    bind: Bind,
}

/// A rolling kernel of one array.
pub(super) fn kernel(name: &'static str, params: &Params, bind: Bind) -> Result<Box<dyn Kernel>, BindError> {
    let time = params.names("time").into_iter().next();
    Ok(Box::new(Rolling { name, params: params.clone(), other: None, time, timed: None, bind }))
}

/// A rolling kernel of two arrays.
pub(super) fn pair(name: &'static str, params: &Params, bind: Bind) -> Result<Box<dyn Kernel>, BindError> {
    let (other, time) = (Some(other(params)?), params.names("time").into_iter().next());
    Ok(Box::new(Rolling { name, params: params.clone(), other, time, timed: None, bind }))
}

impl Rolling {
    /// The arrays it works on, without the time.
    fn arrays(&self) -> usize {
        1 + usize::from(self.other.is_some())
    }

    fn bound(&self, inputs: &[ArraySpec]) -> Result<Bound<'_>, BindError> {
        let arrays = &inputs[..self.arrays().min(inputs.len())];
        let (input, output) = match (&self.other, arrays) {
            (None, [input]) => (input.clone(), input.dtype.real()),
            (Some(_), [first, second]) => both(self.name, first, second)?,
            _ => return Err(BindError::new(format!("{} takes {} arrays", self.name, self.arrays()))),
        };
        check_real(self.name, &input)?;
        let axis = window_axis(&self.params, &input)?;
        let step = self.params.int("step").unwrap_or(1).unsigned_abs();
        let center = self.params.bool("center", false);
        let window = match &self.timed {
            Some(timed) => {
                let min_count = self.params.int("min_count").unwrap_or(1).unsigned_abs();
                let length = timed.before + timed.after + 1;
                Window { axis, length, min_count, center: false, step, time: Some(*timed) }
            }
            None => {
                let (length, min_count) = lengths(&self.params)?;
                Window { axis, length, min_count, center, step, time: None }
            }
        };
        Ok(Bound { params: &self.params, input, output, window })
    }
}

impl Kernel for Rolling {
    fn input_names(&self) -> Vec<String> {
        let more: Vec<String> = self.other.iter().chain(&self.time).cloned().collect();
        if more.is_empty() { more } else { [vec![String::new()], more].concat() }
    }

    fn look(&self, inputs: &[ArraySpec], sight: &dyn Sight) -> Result<Option<Box<dyn Kernel>>, BindError> {
        let (Some(text), Some(time), Some(input)) = (lasting(&self.params)?, inputs.last(), inputs.first()) else {
            return Ok(None);
        };
        let n = input.shape[window_axis(&self.params, input)?];
        let clock = Clock::of(&self.params, time, n)?;
        let duration = clock::duration("window", &text, clock.unit)?;
        let center = self.params.bool("center", false);
        let timed = timed::look(clock, duration, center, n, (sight, inputs.len() - 1))?;
        Ok(Some(Box::new(Rolling { timed: Some(timed), ..self.clone() })))
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let lacks = self.time.is_some() && self.timed.is_none();
        if lacks {
            return Err(clock::unseen(SightError::Unseen));
        }
        (self.bind)(&self.bound(inputs)?)
    }
}

/// The largest or smallest value.
pub(super) fn largest(input: &ArraySpec, window: &Window, what: What, limits: &Limits) -> Vec<Variant> {
    // An integer has no value for "missing".
    let output = if window.min_count == 1 { input.dtype } else { input.dtype.real() };
    match output {
        DType::I64 | DType::U64 => variants::<WholeMax>(input, output, window, what, limits),
        _ => variants::<Max>(input, output, window, what, limits),
    }
}

/// Where the largest or smallest value lies.
pub(super) fn place(input: &ArraySpec, window: &Window, what: What, limits: &Limits) -> Vec<Variant> {
    match input.dtype {
        DType::I64 | DType::U64 => variants::<WholeArgMax>(input, DType::F64, window, what, limits),
        _ => variants::<ArgMax>(input, DType::F64, window, what, limits),
    }
}

/// Variance or standard deviation.
pub(super) fn spread(input: &ArraySpec, window: &Window, what: What, limits: &Limits) -> Vec<Variant> {
    variants::<Spread>(input, input.dtype.real(), window, what, limits)
}

fn check_real(name: &str, input: &ArraySpec) -> Result<(), BindError> {
    if input.dtype.is_integer() || input.dtype.is_float() {
        return Ok(());
    }
    Err(BindError::new(format!("{name} does not work on {}", input.dtype))
        .help("cast to a real dtype first (kernel = \"cast\")"))
}

/// Two inputs of one shape, as the one with the names of both; the dtype of results. `name` is the kernel's.
fn both(name: &str, first: &ArraySpec, second: &ArraySpec) -> Result<(ArraySpec, DType), BindError> {
    if first.shape != second.shape {
        let message = format!("the other array has shape {:?}, this one {:?}", second.shape, first.shape);
        return Err(BindError::param("other", message).help("give an array of the same shape"));
    }
    let mut both = first.clone();
    for (axis, name) in both.axes.iter_mut().enumerate() {
        match (*name, second.axes[axis]) {
            (Some(one), Some(other)) if one != other => {
                let message = format!("axis {axis} is called {other} in the other array and {one} in this one");
                return Err(BindError::param("other", message).help("transpose one of them, or name their axes alike"));
            }
            (None, other) if !first.axes.contains(&other) => *name = other,
            _ => {}
        }
    }
    check_real(name, second)?;
    Ok((both, math::common(first.dtype.real(), second.dtype.real())))
}

fn lengths(params: &Params) -> Result<(u64, u64), BindError> {
    let Some(length) = params.int("window") else {
        return Err(BindError::new("the parameter \"window\" is missing"));
    };
    let least = params.int("min_count").unwrap_or(length);
    Ok((length.unsigned_abs(), least.unsigned_abs()))
}
