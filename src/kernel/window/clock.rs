//! Columns of time: how they are stored, and durations as people write them.
//!
//! Owns units, missing times, and one look at a column from its beginning to its end in little memory. Refuses to know what
//! times are for.

use crate::array::{ArraySpec, DType, Element, Region, read_f64};
use crate::kernel::{BindError, Kind, ParamInfo, Params, Sight, SightError};
use jiff::{Span, SpanRelativeTo};

/// Elements of a column that are looked at together.
const PIECE: u64 = 1 << 14;

/// A day in nanoseconds.
pub const DAY: i128 = 86_400_000_000_000;

/// The parameter that names the column.
pub const TIME: ParamInfo = ParamInfo {
    name: "time",
    kind: Kind::Arrays,
    default: Some(""),
    doc: "the input that has the time of each index along the axis (1-D, never descending)",
};

/// The parameter that says what it counts.
pub const UNIT: ParamInfo = ParamInfo {
    name: "unit",
    kind: Kind::Choice(&["ns", "us", "ms", "s"]),
    default: Some(""),
    doc: "what time counts; unset: ns for integers (as time stamps of CSV are), s for floats",
};

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

    fn whole<T: Element + Copy + Into<i128>>(&self, bytes: &[u8], mut f: impl FnMut(usize, Option<i64>)) {
        for (i, x) in bytemuck::cast_slice::<u8, T>(bytes).iter().enumerate() {
            let time = (*x).into() * i128::from(self.unit);
            f(i, i64::try_from(time).ok().filter(|t| *t != i64::MIN));
        }
    }

    /// The clock of a column beside an axis of `n` indices.
    pub fn of(params: &Params, time: &ArraySpec, n: u64) -> Result<Clock, BindError> {
        if time.rank() != 1 || time.shape[0] != n {
            let message =
                format!("time has shape {:?}, the axis has {n} indices: it has one time for each", time.shape);
            return Err(BindError::param("time", message));
        }
        if time.dtype.is_complex() || time.dtype == DType::Bool {
            return Err(BindError::param("time", format!("time is integers or floats, not {}", time.dtype)));
        }
        let unit = match params.text("unit") {
            Some("s") => 1_000_000_000,
            Some("ms") => 1_000_000,
            Some("us") => 1000,
            None if time.dtype.is_float() => 1_000_000_000,
            _ => 1,
        };
        Ok(Clock { dtype: time.dtype, unit })
    }

    /// All times; `None` where one is missing.
    pub fn read(&self, bytes: &[u8], out: &mut [i64]) -> Option<()> {
        let mut whole = Some(());
        self.each(bytes, |i, time| match (time, out.get_mut(i)) {
            (Some(time), Some(out)) => *out = time,
            _ => whole = None,
        });
        whole
    }

    /// A time as people read it: a date where it can be one, else the number as stored.
    pub fn shown(&self, time: i64) -> String {
        let number = time as f64 / self.unit as f64;
        match jiff::Timestamp::from_nanosecond(i128::from(time)) {
            Ok(date) if time > DAY as i64 * 365 => date.to_string(),
            _ => number.to_string(),
        }
    }
}

/// A duration in nanoseconds: `"90s"`, `"1h 30m"`, `"1d"`, or a number, which counts units of the time.
pub fn duration(param: &str, text: &str, unit: i64) -> Result<i64, BindError> {
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
        let message = format!("{param} = \"{text}\" is no duration");
        return Err(BindError::param(param, message).help(
            "write \"500ms\", \"90s\", \"10min\", \"1h 30m\", \"1d\" or \"2w\" (months and years differ in length)",
        ));
    };
    let most = "not longer than a nanosecond, or longer than 292 years";
    let fits = i64::try_from(nanos).ok().filter(|n| *n > 0);
    fits.ok_or_else(|| BindError::param(param, format!("{param} = \"{text}\" is {most}")))
}

/// A column of time from its beginning to its end, piece by piece.
pub struct Pieces<'a> {
    clock: Clock,
    sight: &'a dyn Sight,
    input: usize,
    n: u64,
    /// The piece in hand: its times, and the index of the first.
    times: Vec<Option<i64>>,
    first: u64,
    next: u64,
}

impl<'a> Pieces<'a> {
    pub fn new(clock: Clock, n: u64, sight: &'a dyn Sight, input: usize) -> Pieces<'a> {
        Pieces { clock, sight, input, n, times: Vec::new(), first: 0, next: 0 }
    }

    /// The next time with its index.
    pub fn next(&mut self) -> Result<Option<(u64, Option<i64>)>, BindError> {
        if self.next == self.n {
            return Ok(None);
        }
        if self.next == self.first + self.times.len() as u64 {
            self.load()?;
        }
        let time = self.times[(self.next - self.first) as usize];
        self.next += 1;
        Ok(Some((self.next - 1, time)))
    }

    fn load(&mut self) -> Result<(), BindError> {
        let region = Region { start: vec![self.next], end: vec![(self.next + PIECE).min(self.n)] };
        let bytes = region.elements() as usize * self.clock.dtype.size();
        let mut words = vec![0u64; bytes.div_ceil(8)];
        let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes];
        self.sight.read(self.input, &region, bytes).map_err(unseen)?;
        self.first = self.next;
        self.times.clear();
        self.clock.each(bytes, |_, time| self.times.push(time));
        Ok(())
    }
}

pub fn backwards(clock: Clock, (earlier, was): (u64, i64), (row, time): (u64, i64)) -> BindError {
    let (was, is) = (clock.shown(was), clock.shown(time));
    BindError::param("time", format!("time runs backwards: {is} at index {row} comes after {was} at index {earlier}"))
        .help("sort the rows by time first")
}

pub fn unseen(error: SightError) -> BindError {
    match error {
        SightError::Unseen => BindError::param("time", "time has to be seen before the run, and is made by a step")
            .help("give time as an input; write what makes it to a file first"),
        SightError::Failed(why) => BindError::param("time", format!("time cannot be read: {why}")),
    }
}
