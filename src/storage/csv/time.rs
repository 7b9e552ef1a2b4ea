//! Time stamps in text, as 64-bit nanoseconds since 1970 in UTC.
//!
//! Owns the forms that are read, and the arithmetic of the calendar for the common ones; the rest is
//! left to `jiff`. Refuses to guess: a column has one form.

use super::cell::{Cell, Fault};
use super::number::is_missing;

/// What stands for a time that is missing, as NumPy's NaT.
pub const NOT_A_TIME: i64 = i64::MIN;

/// The form of a column's time stamps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// Digits of a date, perhaps of a time of day and of an offset.
    Civil(Civil),
    /// `Thu, 29 Feb 2024 05:34:00 -0500`
    Rfc2822,
    /// In the words of `strptime`.
    Custom(String),
}

/// Which of the digits are what. Seconds and fractions of them may come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    pub order: DateOrder,
    /// Between the parts of the date.
    pub mark: u8,
    /// Between date and time of day, where there is one.
    pub clock: Option<u8>,
    /// Whether an offset or `Z` follows.
    pub zone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    YearMonthDay,
    DayMonthYear,
    MonthDayYear,
}

/// A date and time as its digits say, in the order of the text.
struct Digits {
    date: [u32; 3],
    year_first: bool,
    mark: u8,
    clock: Option<u8>,
    /// Since midnight.
    nanoseconds: i64,
    /// Seconds east of UTC.
    zone: Option<i32>,
    end: usize,
}

const SECOND: i64 = 1_000_000_000;

/// A number of at least `least` and at most `most` digits.
#[inline(always)]
fn number(text: &[u8], at: &mut usize, least: usize, most: usize) -> Option<u32> {
    let (start, mut value) = (*at, 0);
    while *at < start + most {
        let Some(d) = text.get(*at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) else { break };
        value = value * 10 + u32::from(d);
        *at += 1;
    }
    (*at - start >= least).then_some(value)
}

/// Reads digits that may be a time; which part of the date is which stays open.
#[inline(always)]
fn digits(text: &[u8], start: usize) -> Option<Digits> {
    let mut at = start;
    let first = number(text, &mut at, 1, 4)?;
    let year_first = match at - start {
        4 => true,
        1 | 2 => false,
        _ => return None,
    };
    let mark = *text.get(at).filter(|m| matches!(m, b'-' | b'/' | b'.'))?;
    at += 1;
    let second = number(text, &mut at, 1, 2)?;
    (*text.get(at)? == mark).then_some(())?;
    at += 1;
    let third = if year_first { number(text, &mut at, 1, 2)? } else { number(text, &mut at, 4, 4)? };
    let mut found =
        Digits { date: [first, second, third], year_first, mark, clock: None, nanoseconds: 0, zone: None, end: at };
    let clock = text.get(at).copied().filter(|c| matches!(c, b' ' | b'T' | b't'));
    let Some(clock) = clock.filter(|_| text.get(at + 1).is_some_and(u8::is_ascii_digit)) else { return Some(found) };
    at += 1;
    let hour = number(text, &mut at, 1, 2).filter(|h| *h < 24)?;
    (*text.get(at)? == b':').then_some(())?;
    at += 1;
    let minute = number(text, &mut at, 2, 2).filter(|m| *m < 60)?;
    let mut seconds = i64::from(hour * 3600 + minute * 60);
    let mut fraction = 0;
    if text.get(at) == Some(&b':') {
        at += 1;
        seconds += i64::from(number(text, &mut at, 2, 2).filter(|s| *s < 60)?);
        if text.get(at) == Some(&b'.') {
            at += 1;
            let begin = at;
            fraction = i64::from(number(text, &mut at, 1, 9)?) * 10i64.pow(9 - (at - begin) as u32);
        }
    }
    found.clock = Some(clock.to_ascii_uppercase());
    found.nanoseconds = seconds * SECOND + fraction;
    found.end = at;
    if let Some((zone, end)) = zone(text, at) {
        (found.zone, found.end) = (Some(zone), end);
    }
    Some(found)
}

/// `Z`, `+01:00`, `+0100` or `+01`, a blank before it or not.
fn zone(text: &[u8], mut at: usize) -> Option<(i32, usize)> {
    at += usize::from(text.get(at) == Some(&b' '));
    let sign = *text.get(at)?;
    at += 1;
    match sign {
        b'Z' | b'z' => return Some((0, at)),
        b'+' | b'-' => {}
        _ => return None,
    }
    let hours = number(text, &mut at, 2, 2).filter(|h| *h < 24)?;
    let mut minutes = 0;
    if text.get(at) == Some(&b':') {
        at += 1;
        minutes = number(text, &mut at, 2, 2)?;
    } else if text.get(at).is_some_and(u8::is_ascii_digit) {
        minutes = number(text, &mut at, 2, 2)?;
    }
    let seconds = (hours * 3600 + (minutes < 60).then_some(minutes)? * 60) as i32;
    Some((if sign == b'-' { -seconds } else { seconds }, at))
}

/// Days from 1970-01-01 of a day of the Gregorian calendar; `None` where there is none.
#[inline(always)]
fn days(year: u32, month: u32, day: u32) -> Option<i64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    // Years that begin in March, so that the leap day is their last.
    let (year, month) = if month > 2 { (i64::from(year), month - 3) } else { (i64::from(year) - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = i64::from((153 * month + 2) / 5 + day - 1);
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

impl Civil {
    /// Whether digits are of this form.
    fn fits(&self, d: &Digits) -> bool {
        let order = (self.order == DateOrder::YearMonthDay) == d.year_first;
        order && self.mark == d.mark && self.clock == d.clock && self.zone == d.zone.is_some()
    }

    #[inline(always)]
    fn value(&self, d: &Digits) -> Result<i64, Option<Fault>> {
        if !self.fits(d) {
            return Err(None);
        }
        let [first, second, third] = d.date;
        let day = match self.order {
            DateOrder::YearMonthDay => days(first, second, third),
            DateOrder::DayMonthYear => days(third, second, first),
            DateOrder::MonthDayYear => days(third, first, second),
        };
        let seconds = day.ok_or(None)? * 86_400 - i64::from(d.zone.unwrap_or(0));
        let whole = i128::from(seconds) * i128::from(SECOND) + i128::from(d.nanoseconds);
        i64::try_from(whole).ok().filter(|t| *t != NOT_A_TIME).ok_or(Some(Fault::TimeRange))
    }

    /// A time written like this.
    fn example(&self) -> String {
        let mark = self.mark as char;
        let date = match self.order {
            DateOrder::YearMonthDay => format!("2010{mark}01{mark}31"),
            DateOrder::DayMonthYear => format!("31{mark}01{mark}2010"),
            DateOrder::MonthDayYear => format!("01{mark}31{mark}2010"),
        };
        let clock = self.clock.map_or(String::new(), |c| format!("{}13:45:00", c as char));
        format!("{date}{clock}{}", if self.zone { "+01:00" } else { "" })
    }
}

impl TimeForm {
    /// The form in words, or a time written like this.
    pub fn example(&self) -> String {
        match self {
            TimeForm::Civil(civil) => civil.example(),
            TimeForm::Rfc2822 => "Sun, 31 Jan 2010 13:45:00 +0100".to_string(),
            TimeForm::Custom(format) => format!("\"{format}\""),
        }
    }
}

/// Nanoseconds since 1970, UTC.
#[derive(Clone, Copy, bytemuck::NoUninit)]
#[repr(transparent)]
pub struct Stamp(i64);

impl Cell for Stamp {
    type How = TimeForm;

    #[inline(always)]
    fn fast(form: &TimeForm, text: &[u8], at: usize) -> Option<(Stamp, usize)> {
        let TimeForm::Civil(civil) = form else { return None };
        let digits = digits(text, at)?;
        Some((Stamp(civil.value(&digits).ok()?), digits.end))
    }

    fn slow(form: &TimeForm, cell: &[u8]) -> Result<Stamp, Fault> {
        if is_missing(cell) || cell == b"NaT" {
            return Ok(Stamp(NOT_A_TIME));
        }
        let unlike = || Fault::NoTime { expected: form.example() };
        let nanoseconds = match form {
            TimeForm::Civil(civil) => {
                let digits = digits(cell, 0).filter(|d| d.end == cell.len()).ok_or_else(unlike)?;
                return civil.value(&digits).map(Stamp).map_err(|e| e.unwrap_or_else(unlike));
            }
            TimeForm::Rfc2822 => rfc2822(cell).ok_or_else(unlike)?,
            TimeForm::Custom(format) => custom(format, cell).ok_or_else(unlike)?,
        };
        i64::try_from(nanoseconds).ok().filter(|t| *t != NOT_A_TIME).map(Stamp).ok_or(Fault::TimeRange)
    }
}

fn rfc2822(cell: &[u8]) -> Option<i128> {
    static PARSER: jiff::fmt::rfc2822::DateTimeParser = jiff::fmt::rfc2822::DateTimeParser::new();
    PARSER.parse_timestamp(cell).ok().map(|t| t.as_nanosecond())
}

/// The time of a cell in a form of the user's. What the form leaves out is the first of its kind: `%Y-%m` is
/// the first of the month. Without an offset it is UTC.
fn custom(format: &str, cell: &[u8]) -> Option<i128> {
    let mut parts = jiff::fmt::strtime::parse(format, cell).ok()?;
    if parts.timestamp().is_some() || parts.offset().is_some() {
        return parts.to_timestamp().ok().map(|t| t.as_nanosecond());
    }
    let dated = parts.month().is_some()
        || parts.day_of_year().is_some()
        || parts.iso_week().is_some()
        || parts.sunday_based_week().is_some()
        || parts.monday_based_week().is_some();
    if !dated {
        parts.set_month(Some(1)).ok()?;
    }
    if parts.month().is_some() && parts.day().is_none() {
        parts.set_day(Some(1)).ok()?;
    }
    let date = parts.to_date().ok()?;
    let time = parts.to_time().unwrap_or_default();
    let there = jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?;
    Some(there.as_nanosecond())
}

/// What the first cells of a column say about its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sniffed {
    None,
    Form(TimeForm),
    /// Day and month could be either way round in all of them; the first one.
    DayOrMonth(String),
}

/// The form that at least half of these cells (blanks taken off, none missing) have.
pub fn sniff(cells: &[&[u8]], format: Option<&str>) -> Sniffed {
    let most = |count: usize| count > 0 && 2 * count >= cells.len();
    if let Some(format) = format
        && most(cells.iter().filter(|c| custom(format, c).is_some()).count())
    {
        return Sniffed::Form(TimeForm::Custom(format.to_string()));
    }
    let read = |cell: &&[u8]| digits(cell, 0).filter(|d| d.end == cell.len());
    let all: Vec<(Digits, &[u8])> = cells.iter().filter_map(|c| Some((read(c)?, *c))).collect();
    let Some((first, cell)) = all.first().filter(|_| most(all.len())) else {
        let letters = most(cells.iter().filter(|c| rfc2822(c).is_some()).count());
        return if letters { Sniffed::Form(TimeForm::Rfc2822) } else { Sniffed::None };
    };
    let order = if first.year_first {
        DateOrder::YearMonthDay
    } else if first.mark == b'.' || all.iter().any(|(d, _)| d.date[0] > 12) {
        DateOrder::DayMonthYear
    } else if all.iter().any(|(d, _)| d.date[1] > 12) {
        DateOrder::MonthDayYear
    } else {
        return Sniffed::DayOrMonth(String::from_utf8_lossy(cell).into_owned());
    };
    let civil = Civil { order, mark: first.mark, clock: first.clock, zone: first.zone.is_some() };
    Sniffed::Form(TimeForm::Civil(civil))
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
