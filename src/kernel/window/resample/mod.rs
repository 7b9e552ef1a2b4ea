//! `resample`: one value for every so many rows, or for every stretch of time.
//!
//! Owns the declaration and the choice of ways. Which rows a bucket has is known before the plan: by counting, or
//! from one look at the column of time (`buckets`). What is computed of them is in `stats`. A tile is some buckets with all
//! their rows (`by_buckets`), or some rows (`by_rows`, `collect`); medians take a sweep for each digit then (`digits`).
//!
//! ```text
//! by_buckets ─┐
//! by_rows ─▶ collect, digits ─▶ stats
//!        └──────┴─▶ gather, buckets
//! ```

mod buckets;
mod by_buckets;
mod by_rows;
mod collect;
mod digits;
mod gather;
mod stats;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod way_tests;

use super::clock::{self, Clock, TIME, UNIT};
use super::scan::AXES;
use crate::array::{self, ArraySpec, DType};
use crate::kernel::axes::window_axis;
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelInfo, Kind, Order, ParamInfo, Params, Read, Sight,
    Sink, Source, Stage, StateSize, Variant, Work, Write,
};
use buckets::{Buckets, Origin, Seen};
use by_buckets::ByBuckets;
use by_rows::ByRows;
use collect::{Collect, Numbers};
use digits::{Digit, RECORD, WAYS};
use gather::Rows;
use stats::{BLOCK, Known, STATS, Stat, Wanted};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "resample",
    family: Family::Window,
    summary: "one value for every so many rows, or for every stretch of a column of time",
    doc: "Along one axis, `count` elements, or those whose `time` lies in the same stretch of `every`, become one; shape and axis \
          names are otherwise kept. As pandas' resample(every).mean() and so on, with buckets that contain their left edge, from \
          the one of the first time to that of the last; empty ones are there. `time` is an input (1-D, as long as the axis): \
          integers or floats in `unit`, never descending; rows whose time is missing (NaN, NaT) are left out. It is looked at \
          before the plan, once. NaN never counts; with fewer than min_count values a result is NaN. std and var divide by \
          the count less ddof; ohlc gives first, max, min and last along a new last axis; time gives where buckets begin (1-D, in \
          the dtype of time). dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64, sums of integers \
          f64, count i64; complex is refused. Buckets may be of any size. One sweep; medians of buckets that memory has no room for take \
          one for each digit of the values.",
    params: &[
        ParamInfo {
            name: "stat",
            kind: Kind::Choice(STATS),
            default: Some("mean"),
            doc: "what is computed of a bucket",
        },
        ParamInfo {
            name: "count",
            kind: Kind::Int { min: 1, max: i64::MAX },
            default: Some(""),
            doc: "elements of a bucket; the last one may have fewer",
        },
        TIME,
        ParamInfo {
            name: "every",
            kind: Kind::Text,
            default: Some(""),
            doc: "how long a bucket is: \"500ms\", \"90s\", \"1h 30m\", \"1d\", or a number of units of time",
        },
        UNIT,
        ParamInfo {
            name: "origin",
            kind: Kind::Choice(&["start_day", "epoch", "start"]),
            default: Some("start_day"),
            doc: "where buckets are counted from: midnight (UTC) before the first time, 1970, or the first time itself",
        },
        ParamInfo {
            name: "min_count",
            kind: Kind::Int { min: 0, max: i64::MAX },
            default: Some(""),
            doc: "values below which a result is NaN; unset: 0 for sum and count, else 1",
        },
        ParamInfo {
            name: "ddof",
            kind: Kind::Int { min: 0, max: 1 << 53 },
            default: Some("1"),
            doc: "delta degrees of freedom of std and var",
        },
        AXES,
    ],
    example: "[[step]]\nkernel = \"resample\"\nstat = \"max\"\ncount = 4\naxes = \"y\"",
    parse,
};

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let time = params.names("time");
    let has = |name: &str| params.get(name).is_some();
    match (has("count"), has("time")) {
        (true, true) => {
            return Err(BindError::param("count", "buckets follow from count or from time, not from both"));
        }
        (false, false) => {
            let error = BindError::new("resample needs count, or time and every");
            return Err(error.help("count = 100, or time = \"t\" and every = \"1h\""));
        }
        (false, true) if time.len() != 1 => {
            return Err(BindError::param("time", format!("time is one array, {} were given", time.len())));
        }
        (false, true) if !has("every") => {
            return Err(BindError::param("time", "every is missing: how long is a bucket?"));
        }
        (true, false) => {
            if let Some(name) = ["every", "unit", "origin"].into_iter().find(|name| has(name)) {
                return Err(BindError::param(
                    name,
                    format!("{name} belongs to time, here count says what a bucket is"),
                ));
            }
        }
        _ => {}
    }
    let stat = params.text("stat").and_then(Stat::parse).unwrap_or(Stat::Mean);
    if stat == Stat::Time && !has("time") {
        return Err(BindError::param("stat", "stat = \"time\" needs a column of time"));
    }
    Ok(Box::new(Resample { params: params.clone(), stat, time: time.into_iter().next(), seen: None }))
}

#[derive(Clone, Debug)]
struct Resample {
    params: Params,
    stat: Stat,
    time: Option<String>,
    /// What was seen of the time, once it was looked at.
    seen: Option<Seen>,
}

impl Resample {
    fn bind_time(&self, inputs: &[ArraySpec]) -> Result<(Clock, i64, Origin), BindError> {
        let [input, time] = inputs else { return Err(BindError::new("resample takes one array and its time")) };
        let axis = window_axis(&self.params, input)?;
        let clock = Clock::of(&self.params, time, input.shape[axis])?;
        let origin = match self.params.text("origin") {
            Some("epoch") => Origin::Epoch,
            Some("start") => Origin::First,
            _ => Origin::StartOfDay,
        };
        let every = clock::duration("every", self.params.text("every").unwrap_or(""), clock.unit)?;
        Ok((clock, every, origin))
    }

    fn dtype(&self, input: DType) -> DType {
        match self.stat {
            Stat::Count => DType::I64,
            Stat::Time => self.seen.as_ref().map_or(DType::I64, |s| s.clock.dtype),
            Stat::Sum if !input.is_float() => DType::F64,
            _ => input.real(),
        }
    }

    /// What is known once arrays are.
    fn bound(&self, inputs: &[ArraySpec]) -> Result<Bound, BindError> {
        let input = inputs.first().ok_or_else(|| BindError::new("resample takes an array"))?;
        if input.dtype.is_complex() {
            return Err(BindError::new(format!("resample works on real arrays, this one is {}", input.dtype)));
        }
        if self.time.is_some() && self.seen.is_none() {
            self.bind_time(inputs)?;
            return Err(clock::unseen(crate::kernel::SightError::Unseen));
        }
        let axis = window_axis(&self.params, input)?;
        let rows = input.shape[axis];
        let count = (self.params.int("count").unwrap_or(1) as u64).min(rows.max(1));
        let buckets = self.seen.clone().map_or(Buckets::Counted { count, rows }, Buckets::Timed);
        let min_count = match self.params.int("min_count") {
            Some(n) => n as u64,
            None => u64::from(!matches!(self.stat, Stat::Sum | Stat::Count)),
        };
        let wanted = Wanted { stat: self.stat, min_count, ddof: self.params.int("ddof").unwrap_or(1) as u64 };
        let dtype = self.dtype(input.dtype);
        Ok(Bound { input: input.clone(), dtype, axis, is_timed: self.time.is_some(), buckets, wanted })
    }
}

impl Kernel for Resample {
    fn input_names(&self) -> Vec<String> {
        match &self.time {
            Some(time) => vec![String::new(), time.clone()],
            None => vec![],
        }
    }

    fn look(&self, inputs: &[ArraySpec], sight: &dyn Sight) -> Result<Option<Box<dyn Kernel>>, BindError> {
        if self.time.is_none() {
            return Ok(None);
        }
        let seen = buckets::look(self.bind_time(inputs)?, &inputs[1], sight, 1)?;
        Ok(Some(Box::new(Resample { seen: Some(seen), ..self.clone() })))
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let bound = self.bound(inputs)?;
        let mut ways = vec![bound.by_buckets()];
        match self.stat {
            Stat::Time => {}
            Stat::Median => ways.extend(bound.medians_by_rows()),
            // Either takes one sweep, but rows are read in long runs, and on all cores.
            _ if bound.are_long() => ways.insert(0, bound.by_rows()),
            _ => ways.push(bound.by_rows()),
        }
        Ok(ways)
    }
}

/// Buckets with more bytes than this are taken row by row where there is a choice.
const LONG_BYTES: u64 = 4 << 20;

/// A kernel that is bound.
#[derive(Clone, Debug)]
struct Bound {
    input: ArraySpec,
    /// Of results.
    dtype: DType,
    axis: usize,
    is_timed: bool,
    buckets: Buckets,
    wanted: Wanted,
}

impl Bound {
    /// The results, and where one is along the axis of buckets, which is `map`.
    fn write(&self, map: AxisMap) -> Write {
        let mut spec = self.input.as_dtype(self.dtype);
        let mut access = Access::point(spec.rank());
        spec.shape[self.axis] = self.buckets.len();
        access.axes[self.axis] = map;
        if self.wanted.stat == Stat::Ohlc {
            spec.shape.push(4);
            spec.axes.push(None);
            access.axes.push(AxisMap::All);
        }
        Write { sink: Sink::Output(0), spec, access }
    }

    /// The array and its time, with `map` along the axis.
    fn reads(&self, map: &AxisMap) -> Vec<Read> {
        let mut own = Access::point(self.input.rank());
        own.axes[self.axis] = map.clone();
        let mut reads = vec![Read { source: Source::Input(0), access: own }];
        if self.is_timed {
            reads.push(Read {
                source: Source::Input(1),
                access: Access { axes: vec![map.clone()], ..Access::point(0) },
            });
        }
        reads
    }

    /// Whether a bucket is much where whole rows of storage are read.
    fn are_long(&self) -> bool {
        let shape = &self.input.shape;
        let faster = if self.input.order == array::Order::F { &shape[..self.axis] } else { &shape[self.axis + 1..] };
        let row = faster.iter().fold(self.input.dtype.size() as u64, |bytes, n| bytes.saturating_mul(*n));
        self.buckets.rows_max().saturating_mul(row) > LONG_BYTES
    }

    fn by_buckets(&self) -> Variant {
        let is_time = self.wanted.stat == Stat::Time;
        let axis = if is_time { 0 } else { self.axis };
        let (rows, group) = self.buckets.rows(axis);
        let mut write = self.write(AxisMap::Follow { axis, before: 0, after: 0 });
        if is_time {
            let (shape, axes) = (vec![self.buckets.len()], vec![self.input.axes[self.axis]]);
            write = Write { spec: ArraySpec { shape, axes, ..write.spec }, access: Access::point(1), ..write };
        }
        let mut domain = if is_time { vec![0] } else { self.input.shape.clone() };
        domain[axis] = self.buckets.len();
        let mut anchor = vec![1; domain.len()];
        anchor[axis] = group;
        let work = ByBuckets { wanted: self.wanted, axis, buckets: self.buckets.clone() };
        let contract = Contract {
            domain,
            anchor,
            order: Order::Any,
            reads: if is_time { vec![] } else { self.reads(&rows) },
            writes: vec![write],
            state: StateSize::default(),
            scratch: work.scratch(),
        };
        Variant { name: "by buckets", stages: vec![Stage { contract, work: Work::Map(Box::new(work)) }] }
    }

    /// A stage over rows. `found` is what earlier sweeps found, `write` what this one writes.
    fn stage(&self, found: Option<Read>, write: Write, state: StateSize, collect: impl Collect) -> Stage {
        let (axis, rows) = (self.axis, self.input.shape[self.axis]);
        let ends = self.buckets.ends();
        let mut anchor = vec![1; self.input.rank()];
        anchor[axis] = ends.group.min(rows).max(1);
        let mut reads = self.reads(&AxisMap::Follow { axis, before: 0, after: 0 });
        let place = |is_there: bool, nth: usize| is_there.then_some(nth);
        let (time, found_at) = (place(self.is_timed, 1), place(found.is_some(), reads.len()));
        reads.extend(found);
        let work = ByRows {
            axis,
            rows,
            buckets: self.buckets.clone(),
            ends,
            time,
            found: found_at,
            lossless: Rows::loses(self.input.dtype) && self.wanted.stat.is_sum(),
            collect,
        };
        let contract = Contract {
            domain: self.input.shape.clone(),
            anchor,
            order: Order::Carry { axis, reverse: false },
            reads,
            writes: vec![write],
            state,
            scratch: by_rows::scratch(),
        };
        Stage { contract, work: Work::Scan(Box::new(work)) }
    }

    /// How buckets lie along rows; of reads so many more `after` those that end there.
    fn ending(&self, after: u64) -> AxisMap {
        AxisMap::Ragged { axis: self.axis, runs: self.buckets.ends(), after }
    }

    fn by_rows(&self) -> Variant {
        let known = size_of::<Known>() as u64;
        // The carry, the tail, and the open bucket; and a piece of the head for each block.
        let blocks = self.buckets.ends().group.min(self.input.shape[self.axis]).div_ceil(BLOCK);
        let state =
            StateSize { fixed: 512, per_cell: 3 * known, per_anchor: blocks * (known + 48), ..StateSize::default() };
        let collect = Numbers { wanted: self.wanted, dtype: self.dtype };
        Variant { name: "by rows", stages: vec![self.stage(None, self.write(self.ending(0)), state, collect)] }
    }

    /// One way for each width of digits that buckets are long enough for: counters are cleared for each of them.
    fn medians_by_rows(&self) -> Vec<Variant> {
        let keys = digits::keys_of(self.input.dtype);
        let bits = keys.size() as u32 * 8;
        let rows = self.input.shape[self.axis] / self.buckets.len().max(1);
        let narrowest = WAYS[WAYS.len() - 1].0;
        let pays = |(most, _): &&(u32, &str)| *most == narrowest || (*most <= bits && rows >= 1 << (most - 2));
        WAYS.iter().filter(pays).map(|(most, name)| self.median_by_rows(keys, bits, *most, name)).collect()
    }

    fn median_by_rows(&self, keys: DType, bits: u32, most: u32, name: &'static str) -> Variant {
        let widths = digits::widths(bits, most);
        let mut below = bits;
        let stage = |(k, width): (usize, &u32)| {
            below -= width;
            let digit = Digit {
                keys,
                dtype: self.dtype,
                axis: self.axis,
                min_count: self.wanted.min_count,
                width: *width,
                below,
            };
            let found = k.checked_sub(1).map(|before| {
                let Write { access, .. } = self.record(before, self.ending(1));
                Read { source: Source::Temp(before), access }
            });
            let write = if below == 0 { self.write(self.ending(0)) } else { self.record(k, self.ending(0)) };
            let state = StateSize { fixed: 512, per_cell: 3 * digits::counters_bytes(*width), ..StateSize::default() };
            self.stage(found, write, state, digit)
        };
        Variant { name, stages: widths.iter().enumerate().map(stage).collect() }
    }

    /// What passes between two sweeps for a digit each.
    fn record(&self, temp: usize, map: AxisMap) -> Write {
        let mut write = self.write(map);
        write.spec = write.spec.as_dtype(DType::U64);
        write.spec.shape.push(RECORD as u64);
        write.spec.axes.push(None);
        write.access.axes.push(AxisMap::All);
        Write { sink: Sink::Temp(temp), ..write }
    }
}
