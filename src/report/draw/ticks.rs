//! Where an axis has its marks, and what stands at them.
//!
//! Owns round numbers for numbers (1, 2, 5) and for time (15 minutes, 6 hours, 3 months). Refuses to
//! know pixels: callers say about how many marks they have room for.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Round values within `low..=high` with their texts; about `count` of them.
pub(super) fn linear(low: f64, high: f64, count: f64) -> Vec<(f64, String)> {
    let rough = (high - low) / count.max(1.0);
    if !(rough.is_finite() && rough > 0.0) {
        return vec![(low, text(low, low.abs().max(1.0)))];
    }
    let power = 10f64.powi(rough.log10().floor() as i32);
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough * 0.999).unwrap_or(rough);
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let count = (last - first).clamp(0.0, 1000.0) as u32;
    (0..=count).map(|i| (first + f64::from(i)) * step).map(|v| (v, text(v, step))).collect()
}

/// A number with as many digits as steps of this size need: `12,000`, `0.25`, `−3`, `2.5×10⁹`.
pub(super) fn text(value: f64, step: f64) -> String {
    let size = value.abs().max(step);
    if size >= 1e7 || step < 1e-5 {
        return scientific(value, step);
    }
    let decimals = (-(step * 1.000001).log10().floor()).clamp(0.0, 9.0) as usize;
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, rest) = plain.split_once('.').map_or((plain.as_str(), String::new()), |(w, r)| (w, format!(".{r}")));
    let grouped = crate::report::show_count(whole.parse().unwrap_or(0));
    let zero = plain.chars().all(|c| c == '0' || c == '.');
    format!("{}{grouped}{rest}", if value < 0.0 && !zero { "−" } else { "" })
}

fn scientific(value: f64, step: f64) -> String {
    if value.abs() < step / 2.0 {
        return "0".into();
    }
    let power = value.abs().log10().floor() as i32;
    let digits = (f64::from(power) - (step * 1.000001).log10().floor()).clamp(0.0, 15.0) as usize;
    let mantissa = value.abs() / 10f64.powi(power);
    let raised: String = power.to_string().chars().map(superscript).collect();
    format!("{}{mantissa:.digits$}×10{raised}", if value < 0.0 { "−" } else { "" })
}

fn superscript(c: char) -> char {
    match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        other => char::from_u32(other as u32 - '0' as u32 + '⁰' as u32).unwrap_or(other),
    }
}

/// A mark of a time axis: nanoseconds since 1970, the fine text, and the coarse one below it, which
/// stands at the first mark and wherever it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimeTick {
    pub(super) at: i64,
    pub(super) fine: String,
    pub(super) coarse: Option<String>,
}

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Steps of one length.
const EVEN: [i64; 17] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
];
const DAYS: [i64; 4] = [1, 2, 7, 14];
const MONTHS: [i64; 4] = [1, 2, 3, 6];

/// Round times within `low..=high`, in nanoseconds UTC; about `count` of them.
pub(super) fn time(low: i64, high: i64, count: f64) -> Vec<TimeTick> {
    if low == high {
        // One mark, as coarse as it can be.
        return even(low, high, [DAY, MINUTE, SECOND].into_iter().find(|s| low % s == 0).unwrap_or(1));
    }
    let rough = (high as f64 - low as f64) / count.max(1.0);
    if let Some(step) = EVEN.into_iter().chain([DAY]).find(|s| *s as f64 >= rough).filter(|_| rough >= SECOND as f64) {
        return even(low, high, step);
    }
    if rough < SECOND as f64 {
        let power = 10f64.powi(rough.max(1.0).log10().floor() as i32);
        let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough).unwrap_or(power);
        return even(low, high, (step as i64).max(1));
    }
    let days = DAYS.into_iter().find(|d| (d * DAY) as f64 >= rough);
    let months = MONTHS.into_iter().find(|m| *m as f64 * 30.4 * DAY as f64 >= rough);
    match (days, months) {
        (Some(days), _) => by_days(low, high, days),
        (_, Some(months)) => by_months(low, high, months),
        _ => {
            let years = rough / (365.25 * DAY as f64);
            let power = 10f64.powi(years.log10().floor() as i32).max(1.0);
            let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= years).unwrap_or(power);
            by_months(low, high, step as i64 * 12)
        }
    }
}

fn civil(at: i64) -> DateTime {
    // Every i64 of nanoseconds is within the range of time stamps.
    let stamp = Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_nanos(at)).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(stamp)
}

fn nanoseconds(time: DateTime) -> Option<i64> {
    let stamp = TimeZone::UTC.to_timestamp(time).ok()?;
    i64::try_from(stamp.as_nanosecond()).ok()
}

/// Steps shorter than days, at multiples since midnight.
fn even(low: i64, high: i64, step: i64) -> Vec<TimeTick> {
    let first = i128::from(low).div_euclid(step.into()) + i128::from(i128::from(low).rem_euclid(step.into()) > 0);
    let ats = (0i128..1000).map(|i| (first + i) * i128::from(step)).take_while(|at| *at <= i128::from(high));
    let decimals = if step >= SECOND { 0 } else { 9 - (step as f64).log10().floor() as usize };
    let label = |at: i64| {
        let t = civil(at);
        let date = t.strftime("%-d %b %Y").to_string();
        match step {
            DAY => (t.strftime("%-d").to_string(), t.strftime("%b %Y").to_string()),
            s if s >= MINUTE => (t.strftime("%H:%M").to_string(), date),
            s if s >= SECOND => (t.strftime("%H:%M:%S").to_string(), date),
            _ => {
                let fraction = format!("{:09}", t.subsec_nanosecond());
                (
                    format!("{}.{}", t.strftime("%S"), &fraction[..decimals.clamp(1, 9)]),
                    t.strftime("%-d %b %Y %H:%M").to_string(),
                )
            }
        }
    };
    marks(ats.filter_map(|at| i64::try_from(at).ok()), label)
}

/// Every so many days: of the week from Mondays where they are weeks, else of the month.
fn by_days(low: i64, high: i64, days: i64) -> Vec<TimeTick> {
    let start = civil(low).date().to_datetime(jiff::civil::Time::midnight());
    let back = if days >= 7 { i64::from(start.weekday().to_monday_zero_offset()) } else { 0 };
    let first = start.checked_sub(back.days()).unwrap_or(start);
    let every = (0..4000).filter_map(|i| first.checked_add(i.days()).ok());
    let mut since = 0;
    let chosen = every.filter(|t| {
        // Pairs of days begin with each month, so that the first is a mark.
        let hit = if days == 2 { t.day() % 2 == 1 && t.day() < 31 } else { since % days == 0 };
        since += 1;
        hit
    });
    let ats = chosen.filter_map(nanoseconds).skip_while(|at| *at < low).take_while(|at| *at <= high);
    marks(ats, |at| {
        let t = civil(at);
        (t.strftime("%-d").to_string(), t.strftime("%b %Y").to_string())
    })
}

/// Every so many months since year 0; whole years have no coarse text.
fn by_months(low: i64, high: i64, months: i64) -> Vec<TimeTick> {
    let start = civil(low);
    let since = i64::from(start.year()) * 12 + i64::from(start.month()) - 1;
    let first = since.div_euclid(months) * months;
    let at = |month: i64| {
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        nanoseconds(DateTime::new(year as i16, month as i8, 1, 0, 0, 0, 0).ok()?)
    };
    let ats = (0..1000).filter_map(|i| at(first + i * months)).skip_while(|at| *at < low).take_while(|at| *at <= high);
    marks(ats, |at| {
        let t = civil(at);
        let year = t.strftime("%Y").to_string();
        if months % 12 == 0 { (year, String::new()) } else { (t.strftime("%b").to_string(), year) }
    })
}

fn marks(ats: impl Iterator<Item = i64>, label: impl Fn(i64) -> (String, String)) -> Vec<TimeTick> {
    let mut before = String::new();
    ats.map(|at| {
        let (fine, coarse) = label(at);
        let changed = coarse != before;
        before.clone_from(&coarse);
        TimeTick { at, fine, coarse: (changed && !coarse.is_empty()).then_some(coarse) }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: Vec<(f64, String)>) -> Vec<String> {
        ticks.into_iter().map(|(_, t)| t).collect()
    }

    #[test]
    fn numbers_are_round() {
        assert_eq!(texts(linear(0.0, 1.0, 5.0)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(linear(-13.0, 42.0, 6.0)), ["−10", "0", "10", "20", "30", "40"]);
        assert_eq!(texts(linear(0.0, 50_000.0, 5.0)).last().map(String::as_str), Some("50,000"));
        assert_eq!(texts(linear(1e9, 3e9, 4.0)), ["1.0×10⁹", "1.5×10⁹", "2.0×10⁹", "2.5×10⁹", "3.0×10⁹"]);
        assert_eq!(texts(linear(0.0, 2e-7, 2.0)), ["0", "1×10⁻⁷", "2×10⁻⁷"]);
        assert_eq!(texts(linear(5.0, 5.0, 4.0)), ["5"]);
    }

    fn stamp(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("a time").as_nanosecond() as i64
    }

    /// The fine texts, with the coarse ones in brackets.
    fn shown(from: &str, to: &str, count: f64) -> Vec<String> {
        let show = |t: TimeTick| t.coarse.map_or(t.fine.clone(), |c| format!("{} [{c}]", t.fine));
        time(stamp(from), stamp(to), count).into_iter().map(show).collect()
    }

    #[test]
    fn times_are_round() {
        let year = shown("2010-01-01T00:00Z", "2010-12-31T23:00Z", 9.0);
        assert_eq!(year, ["Jan [2010]", "Mar", "May", "Jul", "Sep", "Nov"]);
        assert_eq!(
            shown("1958-03-29T00:00Z", "2001-12-29T00:00Z", 9.0),
            ["1960", "1965", "1970", "1975", "1980", "1985", "1990", "1995", "2000"]
        );
        assert_eq!(shown("2024-02-28T12:00Z", "2024-03-02T12:00Z", 4.0), ["29 [Feb 2024]", "1 [Mar 2024]", "2"]);
        assert_eq!(
            shown("2024-02-28T20:00Z", "2024-02-29T05:00Z", 4.0),
            ["21:00 [28 Feb 2024]", "00:00 [29 Feb 2024]", "03:00"]
        );
        assert_eq!(shown("2024-02-26T00:00Z", "2024-03-20T05:00Z", 4.0), ["26 [Feb 2024]", "4 [Mar 2024]", "11", "18"]);
        let fast = shown("2024-02-28T20:00:00Z", "2024-02-28T20:00:00.02Z", 4.0);
        assert_eq!(fast, ["00.000 [28 Feb 2024 20:00]", "00.005", "00.010", "00.015", "00.020"]);
        assert_eq!(time(i64::MIN + 1, i64::MAX, 6.0).first().map(|t| t.fine.clone()), Some("1700".into()));
    }
}
