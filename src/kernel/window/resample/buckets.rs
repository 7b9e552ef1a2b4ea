//! Which rows belong to which bucket.
//!
//! Owns time: units, durations, where the first bucket begins, and the table of rows that is made by looking at a column of
//! time once. Refuses to know what is computed of a bucket's rows.

use crate::array::{ArraySpec, DType, Element, Region, read_f64};
use crate::kernel::{BindError, Runs, Sight, SightError};
use jiff::{Span, SpanRelativeTo};

/// Groups of buckets that the table has at most: its size does not follow from that of the data.
const GROUPS_MAX: u64 = 1 << 16;
/// More buckets than this are a mistake in `every`, or in a time.
const BUCKETS_MAX: i128 = 1 << 40;
/// Elements of the column of time that are looked at together.
const PIECE: u64 = 1 << 16;

const DAY: i128 = 86_400_000_000_000;

/// Where buckets are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Midnight (UTC) before the first time.
    StartOfDay,
    Epoch,
    /// The first time.
    First,
}

/// How a column of time is read: its dtype, and how many nanoseconds one unit of it is.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    pub dtype: DType,
    pub unit: i64,
}

impl Clock {
    /// Times of a view's or buffer's elements, in nanoseconds; `None` where it is missing (NaN, NaT) or beyond 64 bits.
    pub fn each(&self, bytes: &[u8], mut f: impl FnMut(usize, Option<i64>)) {
        match self.dtype {
            DType::F64 | DType::F32 | DType::F16 | DType::BF16 => {
                let mut value = [0.0];
                for (i, one) in bytes.chunks_exact(self.dtype.size()).enumerate() {
                    read_f64(self.dtype, one, &mut value);
                    let time = (value[0] * self.unit as f64).round_ties_even();
                    // 2^63 itself is beyond; its negative is NaT.
                    f(i, (time.abs() < 9_223_372_036_854_775_808.0).then_some(time as i64));
                }
            }
            DType::U8 => self.whole::<u8>(bytes, f),
            DType::U16 => self.whole::<u16>(bytes, f),
            DType::U32 => self.whole::<u32>(bytes, f),
            DType::U64 => self.whole::<u64>(bytes, f),
            DType::I8 => self.whole::<i8>(bytes, f),
            DType::I16 => self.whole::<i16>(bytes, f),
            DType::I32 => self.whole::<i32>(bytes, f),
            DType::I64 => self.whole::<i64>(bytes, f),
            // Refused when the step is bound.
            DType::Bool | DType::C64 | DType::C128 => {}
        }
    }
}

impl Clock {
    fn whole<T: Element + Copy + Into<i128>>(&self, bytes: &[u8], mut f: impl FnMut(usize, Option<i64>)) {
        for (i, x) in bytemuck::cast_slice::<u8, T>(bytes).iter().enumerate() {
            let time = (*x).into() * i128::from(self.unit);
            f(i, i64::try_from(time).ok().filter(|t| *t != i64::MIN));
        }
    }
}

/// What was seen of a column of time.
#[derive(Clone, Debug)]
pub struct Seen {
    pub clock: Clock,
    /// Nanoseconds: where bucket 0 begins, and how long each is.
    pub begin: i64,
    pub every: i64,
    pub buckets: u64,
    /// The rows of each group of buckets.
    pub rows: Runs,
    /// Rows of the longest bucket, those without a time between them included.
    pub rows_max: u64,
    /// Whether there are rows without a time.
    pub gaps: bool,
}

impl Seen {
    /// The bucket of a time.
    pub fn bucket(&self, time: i64) -> u64 {
        ((i128::from(time) - i128::from(self.begin)).div_euclid(i128::from(self.every))) as u64
    }
}

/// A duration in nanoseconds: `"90s"`, `"1h 30m"`, `"1d"`, or a number, which counts units of the time.
pub fn duration(text: &str, unit: i64) -> Result<i64, BindError> {
    let nanos = match text.trim().parse::<f64>() {
        Ok(number) => {
            let nanos = number * unit as f64;
            (nanos.is_finite() && nanos.abs() < 9e18).then_some(nanos.round_ties_even() as i128)
        }
        Err(_) => {
            let span: Result<Span, _> = text.trim().parse();
            let exact = span.and_then(|s| s.to_duration(SpanRelativeTo::days_are_24_hours()));
            exact.map(|d| d.as_nanos()).ok()
        }
    };
    let Some(nanos) = nanos else {
        let message = format!("every = \"{text}\" is no duration");
        return Err(BindError::param("every", message).help(
            "write \"500ms\", \"90s\", \"10min\", \"1h 30m\", \"1d\" or \"2w\" (months and years differ in length)",
        ));
    };
    i64::try_from(nanos).ok().filter(|n| *n > 0).ok_or_else(|| {
        BindError::param(
            "every",
            format!("every = \"{text}\" is not longer than a nanosecond, or longer than 292 years"),
        )
    })
}

/// The table while the column is looked at.
struct Table {
    every: i64,
    begin: i64,
    /// The first row of each bucket so far, of `group` buckets each.
    starts: Vec<u64>,
    group: u64,
    /// The latest bucket, and its first row.
    bucket: u64,
    first_row: u64,
    rows_max: u64,
}

impl Table {
    /// A row with a time, in order.
    fn add(&mut self, row: u64, time: i64) {
        let bucket = ((i128::from(time) - i128::from(self.begin)) / i128::from(self.every)) as u64;
        if bucket != self.bucket {
            (self.bucket, self.first_row) = (bucket, row);
        }
        self.rows_max = self.rows_max.max(row + 1 - self.first_row);
        // Twice as many buckets in a group each time the table is full.
        while bucket / self.group >= GROUPS_MAX {
            let mut kept = 0;
            self.starts.retain(|_| {
                kept += 1;
                kept % 2 == 1
            });
            self.group *= 2;
        }
        while self.starts.len() as u64 <= bucket / self.group {
            self.starts.push(row);
        }
    }
}

/// Looks at a column of time once. Rows without a time belong to no bucket.
pub fn look(
    (clock, every, origin): (Clock, i64, Origin),
    spec: &ArraySpec,
    sight: &dyn Sight,
    input: usize,
) -> Result<Seen, BindError> {
    let n = spec.shape[0];
    let mut words = vec![0u64; (PIECE.min(n) as usize * clock.dtype.size()).div_ceil(8)];
    let (mut table, mut before, mut gaps): (Option<Table>, Option<(u64, i64)>, bool) = (None, None, false);
    for first in (0..n).step_by(PIECE as usize) {
        let region = Region { start: vec![first], end: vec![(first + PIECE).min(n)] };
        let bytes =
            &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..region.elements() as usize * clock.dtype.size()];
        sight.read(input, &region, bytes).map_err(unseen)?;
        let mut trouble = None;
        clock.each(bytes, |i, time| {
            let row = first + i as u64;
            let Some(time) = time else {
                gaps = true;
                return;
            };
            if let Some((earlier, was)) = before.filter(|(_, was)| time < *was) {
                trouble.get_or_insert_with(|| backwards(clock, (earlier, was), (row, time)));
            }
            let table = table.get_or_insert_with(|| Table {
                every,
                begin: begin(time, every, origin),
                starts: vec![row],
                group: 1,
                bucket: 0,
                first_row: row,
                rows_max: 0,
            });
            let buckets = (i128::from(time) - i128::from(table.begin)) / i128::from(every);
            if buckets >= BUCKETS_MAX {
                trouble.get_or_insert_with(|| too_many(clock, buckets, (row, time)));
            } else if trouble.is_none() {
                table.add(row, time);
            }
            before = Some((row, time));
        });
        trouble.map_or(Ok(()), Err)?;
    }
    let Some(mut table) = table else {
        let rows = Runs { starts: vec![0].into(), group: 1 };
        return Ok(Seen { clock, begin: 0, every, buckets: 0, rows, rows_max: 0, gaps });
    };
    let last = before.map_or(0, |(row, _)| row + 1);
    table.starts.push(last);
    let rows = Runs { starts: table.starts.into(), group: table.group };
    let (begin, buckets) = (table.begin, table.bucket + 1);
    Ok(Seen { clock, begin, every, buckets, rows, rows_max: table.rows_max, gaps })
}

/// Where the bucket of the first time begins.
fn begin(first: i64, every: i64, origin: Origin) -> i64 {
    let (first, every) = (i128::from(first), i128::from(every));
    let from = match origin {
        Origin::StartOfDay => first.div_euclid(DAY) * DAY,
        Origin::Epoch => 0,
        Origin::First => first,
    };
    let begin = from + (first - from).div_euclid(every) * every;
    begin.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

/// A time as people read it: a date where it can be one, and the number as stored.
fn shown(clock: Clock, time: i64) -> String {
    let number = time as f64 / clock.unit as f64;
    match jiff::Timestamp::from_nanosecond(i128::from(time)) {
        Ok(date) if time > DAY as i64 * 365 => date.to_string(),
        _ => number.to_string(),
    }
}

fn backwards(clock: Clock, (earlier, was): (u64, i64), (row, time): (u64, i64)) -> BindError {
    let (was, is) = (shown(clock, was), shown(clock, time));
    BindError::param("time", format!("time runs backwards: {is} at index {row} comes after {was} at index {earlier}"))
        .help("sort the rows by time first")
}

fn too_many(clock: Clock, buckets: i128, (row, time): (u64, i64)) -> BindError {
    let message = format!("there would be {buckets} buckets up to {} at index {row}", shown(clock, time));
    BindError::param("every", message).help("a longer every, or look at that time, or at the unit")
}

pub fn unseen(error: SightError) -> BindError {
    match error {
        SightError::Unseen => BindError::param("time", "time has to be seen before the run, and is made by a step")
            .help("give time as an input; write what makes it to a file first"),
        SightError::Failed(why) => BindError::param("time", format!("time cannot be read: {why}")),
    }
}
