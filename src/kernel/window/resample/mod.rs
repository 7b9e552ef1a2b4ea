//! `resample`: one value for every so many rows, or for every stretch of time.
//!
//! Owns the declaration, and the walk from a bucket to its rows. Which rows those are is known before the plan: by counting, or
//! from one look at the column of time (`buckets`). What is computed of them is in `stats`.

mod buckets;
mod stats;
#[cfg(test)]
mod tests;

use super::clock::{self, Clock, TIME, UNIT};
use super::scan::AXES;
use crate::array::{ArraySpec, DType, Region, View, ViewMut, contiguous_strides, write_f64};
use crate::kernel::axes::window_axis;
use crate::kernel::reduce::Strided;
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params,
    Read, Scratch, ScratchSize, Sight, Sink, Source, Stage, StateSize, Variant, Work, Write,
};
use buckets::{Origin, Seen};
use stats::{BLOCK, Known, STATS, Stat};

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
          f64, count i64; complex is refused. One sweep; the rows of one bucket are worked on together and have to fit in memory.",
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

    /// How rows become buckets: the number of these, the anchor, the access of rows, and rows of a bucket.
    fn rows(&self, axis: usize, n: u64) -> (u64, u64, AxisMap, u64) {
        match &self.seen {
            Some(seen) => {
                let rows = AxisMap::Ragged { axis, runs: seen.rows.clone() };
                (seen.buckets, seen.rows.group, rows, seen.rows_max)
            }
            None => {
                let count = (self.params.int("count").unwrap_or(1) as u64).min(n.max(1));
                (n.div_ceil(count), 1, AxisMap::Fine { axis, factor: count }, count)
            }
        }
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
        let input = inputs.first().ok_or_else(|| BindError::new("resample takes an array"))?;
        if input.dtype.is_complex() {
            return Err(BindError::new(format!("resample works on real arrays, this one is {}", input.dtype)));
        }
        if self.time.is_some() && self.seen.is_none() {
            self.bind_time(inputs)?;
            return Err(clock::unseen(crate::kernel::SightError::Unseen));
        }
        let axis = window_axis(&self.params, input)?;
        let (buckets, group, rows, rows_max) = self.rows(axis, input.shape[axis]);
        let mut spec = input.as_dtype(self.dtype(input.dtype));
        spec.shape[axis] = buckets;
        if self.stat == Stat::Time {
            spec = ArraySpec { shape: vec![buckets], axes: vec![input.axes[axis]], ..spec };
        }
        let rank = spec.rank();
        let domain = spec.shape.clone();
        let mut access = Access::point(rank);
        let along = if self.stat == Stat::Time { 0 } else { axis };
        if self.stat == Stat::Ohlc {
            spec.shape.push(4);
            spec.axes.push(None);
            access.axes.push(AxisMap::All);
        }
        let mut anchor = vec![1; rank];
        anchor[along] = group;
        let mut reads = Vec::new();
        if self.stat != Stat::Time {
            let mut own = Access::point(rank);
            own.axes[axis] = rows.clone();
            reads.push(Read { source: Source::Input(0), access: own });
        }
        if self.seen.is_some() && self.stat != Stat::Time {
            reads.push(Read { source: Source::Input(1), access: Access { axes: vec![rows], ..Access::point(0) } });
        }
        // Four numbers of each value of a block, and all values of a bucket where their order counts.
        let all = if self.stat == Stat::Median { rows_max * 8 } else { 0 };
        let fixed = CELLS as u64 * BLOCK * 16 + BLOCK * 8 + all + 512;
        let contract = Contract {
            domain,
            anchor,
            order: Order::Any,
            reads,
            writes: vec![Write { sink: Sink::Output(0), spec, access }],
            state: StateSize::default(),
            // The rows of each bucket, and whether each row has a time.
            scratch: ScratchSize { fixed, per_core: 16, per_grown: 1 },
        };
        let gather = Gather {
            stat: self.stat,
            axis: along,
            seen: self.seen.clone(),
            count: rows_max,
            min_count: match self.params.int("min_count") {
                Some(n) => n as u64,
                None => u64::from(!matches!(self.stat, Stat::Sum | Stat::Count)),
            },
            ddof: self.params.int("ddof").unwrap_or(1) as u64,
        };
        Ok(vec![Variant { name: "by buckets", stages: vec![Stage { contract, work: Work::Map(Box::new(gather)) }] }])
    }
}

/// Neighbouring cells that are worked on together where they are neighbours in storage.
const CELLS: usize = 16;

#[derive(Debug)]
struct Gather {
    stat: Stat,
    axis: usize,
    seen: Option<Seen>,
    /// Rows of a bucket where they are counted; at most where there is time.
    count: u64,
    min_count: u64,
    ddof: u64,
}

/// Rows of a bucket: where they begin and end along the axis, counted from the beginning of the view.
type Rows = [u64; 2];

/// What a tile's buckets are made of.
struct Tile<'a> {
    view: &'a View<'a>,
    /// Elements from one row to the next.
    step: usize,
    /// The index of the first row in the whole array.
    first: u64,
    /// 1 for rows that have a time, where some have none; empty where all have.
    timed: &'a [u8],
}

impl Tile<'_> {
    fn is_timed(&self, row: usize) -> bool {
        self.timed.get(row).is_none_or(|t| *t != 0)
    }
}

/// Room for the values of some cells in a block.
struct Room<'s> {
    values: &'s mut [f64],
    lost: &'s mut [f64],
    row: &'s mut [f64],
    all: &'s mut [f64],
}

impl Gather {
    /// Finds the rows of each bucket of a tile, and which of them have a time.
    fn buckets(&self, core: &Region, time: Option<&View>, found: &mut [Rows], timed: &mut [u8]) {
        let first = core.start[self.axis];
        let (Some(seen), Some(time)) = (&self.seen, time) else {
            let n = timed.len() as u64;
            return found.iter_mut().zip(0..).for_each(|(rows, b)| *rows = [b, b + 1].map(|b| (b * self.count).min(n)));
        };
        found.fill([0; 2]);
        timed.fill(0);
        seen.clock.each(&time.bytes()[..timed.len() * seen.clock.dtype.size()], |row, time| {
            let Some(time) = time else { return };
            timed[row] = 1;
            // There is no such bucket where what was seen has changed since.
            let Some(rows) = found.get_mut(seen.bucket(time).wrapping_sub(first) as usize) else { return };
            *rows = [if rows[1] == 0 { row as u64 } else { rows[0] }, row as u64 + 1];
        });
    }

    /// Hands the values of `n` cells in the rows of a bucket to `f`, block by block: which cell, its values, and what their conversion
    /// to f64 left over.
    fn each_block(
        &self,
        tile: &Tile,
        (at, cells): (usize, usize),
        rows: &Rows,
        room: &mut Room,
        mut f: impl FnMut(usize, &[f64], &[f64]),
    ) {
        let block = BLOCK as usize;
        // Spreads are those of the values as f64, as everywhere.
        let exact = !matches!(tile.view.dtype(), DType::I64 | DType::U64) || self.stat.looks_twice();
        let [mut from, end] = rows.map(|row| row as usize);
        while from < end {
            let absolute = tile.first + from as u64;
            let to = (from + (BLOCK - absolute % BLOCK) as usize).min(end);
            let mut counts = [0; CELLS];
            for row in (from..to).filter(|row| tile.is_timed(*row)) {
                let own = &mut room.row[..cells];
                tile.view.row_f64(at + row * tile.step, own);
                for (cell, x) in own.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
                    let place = cell * block + counts[cell];
                    room.values[place] = *x;
                    if !exact {
                        room.lost[place] = lost(tile.view, at + row * tile.step + cell, *x);
                    }
                    counts[cell] += 1;
                }
            }
            for (cell, n) in counts.iter().enumerate().take(cells) {
                let (values, lost) = (&room.values[cell * block..][..*n], &room.lost[cell * block..][..*n]);
                f(cell, values, if exact { &[] } else { lost });
            }
            from = to;
        }
    }

    /// The results of `n` neighbouring cells for one bucket.
    fn cells(
        &self,
        tile: &Tile,
        at: (usize, usize),
        rows: &Rows,
        room: &mut Room,
        mut put: impl FnMut(usize, usize, f64),
    ) {
        let (stat, cells) = (self.stat, at.1);
        if stat == Stat::Median {
            return (0..cells).for_each(|cell| put(cell, 0, self.median(tile, at.0 + cell, rows, room)));
        }
        let mut known = [Known::NOTHING; CELLS];
        self.each_block(tile, at, rows, room, |cell, values, lost| known[cell].add(stat, values, lost));
        if stat.looks_twice() {
            self.each_block(tile, at, rows, room, |cell, values, _| known[cell].add_again(values));
        }
        let parts = if stat == Stat::Ohlc { 4 } else { 1 };
        for (cell, known) in known.iter().enumerate().take(cells) {
            (0..parts).for_each(|part| put(cell, part, known.result(stat, self.min_count, self.ddof, part)));
        }
    }

    fn median(&self, tile: &Tile, at: usize, rows: &Rows, room: &mut Room) -> f64 {
        let (mut n, mut one) = (0, [0.0]);
        for row in (rows[0] as usize..rows[1] as usize).filter(|row| tile.is_timed(*row)) {
            tile.view.row_f64(at + row * tile.step, &mut one);
            if !one[0].is_nan() {
                room.all[n] = one[0];
                n += 1;
            }
        }
        if (n as u64) < self.min_count { f64::NAN } else { stats::median(&mut room.all[..n]) }
    }

    /// When each bucket begins.
    fn begins(&self, core: &Region, out: &mut ViewMut) {
        let Some(seen) = &self.seen else { return };
        let (dtype, size) = (out.dtype(), out.dtype().size());
        let unit = i128::from(seen.clock.unit);
        for (i, to) in out.bytes().chunks_exact_mut(size).enumerate() {
            let bucket = i128::from(core.start[0] + i as u64);
            let time = i128::from(seen.begin) + bucket * i128::from(seen.every);
            if dtype.is_float() {
                let _ = write_f64(dtype, &[time as f64 / unit as f64], to);
            } else {
                to.copy_from_slice(&time.div_euclid(unit).to_le_bytes()[..size]);
            }
        }
    }
}

/// What a 64-bit integer has beyond its f64.
fn lost(view: &View, at: usize, x: f64) -> f64 {
    let exact = match view.dtype() {
        DType::I64 => i128::from(view.data::<i64>()[at]),
        _ => i128::from(view.data::<u64>()[at]),
    };
    (exact - x as i128) as f64
}

impl Map for Gather {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let [out] = outputs else { return Err(KernelError::new("resample writes one array")) };
        if core.is_empty() {
            return Ok(());
        }
        if self.stat == Stat::Time {
            self.begins(core, out);
            return Ok(());
        }
        let Some(view) = inputs.first() else { return Err(KernelError::new("resample reads an array")) };
        let timed = scratch.take::<u8>(view.shape()[self.axis] as usize)?;
        let rows = scratch.take::<u64>(2 * core.extent(self.axis) as usize)?;
        let rows = bytemuck::cast_slice_mut::<u64, Rows>(rows);
        self.buckets(core, inputs.get(1), rows, timed);
        if rows.iter().any(|[start, end]| end - start > self.count) {
            return Err(KernelError::new("the column of time has changed since it was looked at"));
        }
        let (step, first) = (view.strides()[self.axis], view.start()[self.axis].max(0) as u64);
        let gaps = self.seen.as_ref().is_some_and(|s| s.gaps);
        let tile = Tile { view, step, first, timed: if gaps { timed } else { &[] } };
        let size = CELLS * BLOCK as usize;
        let (values, lost, row) = (scratch.take(size)?, scratch.take(size)?, scratch.take(CELLS)?);
        let all = scratch.take(if self.stat == Stat::Median { self.count as usize } else { 0 })?;
        let mut room = Room { values, lost, row, all };
        let (dtype, bytes) = (out.dtype(), out.dtype().size());
        let parts = if self.stat == Stat::Ohlc { 4 } else { 1 };
        let (mut shape, mut from, mut to) = (core.shape(), view.strides().to_vec(), contiguous_strides(&core.shape()));
        shape.remove(self.axis);
        from.remove(self.axis);
        let along = to.remove(self.axis);
        let cells = Strided::new(&shape, [&from, &to]);
        let out = out.bytes();
        for (bucket, rows) in rows.iter().enumerate() {
            cells.each_row(|[from, to]| {
                for cell in (0..cells.row()).step_by(CELLS) {
                    let at = (from + cell, CELLS.min(cells.row() - cell));
                    let place = bucket * along + to + cell;
                    self.cells(&tile, at, rows, &mut room, |cell, part, x| {
                        let out = &mut out[((place + cell) * parts + part) * bytes..][..bytes];
                        if dtype == DType::I64 {
                            out.copy_from_slice(&(x as i64).to_le_bytes());
                        } else {
                            // Floats have a value for everything.
                            let _ = write_f64(dtype, &[x], out);
                        }
                    });
                }
            });
        }
        Ok(())
    }
}
