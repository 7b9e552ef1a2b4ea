//! Moments and steps of time as people type them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Reads `2010-01-01`, `2010-01-01 06:30`, `2010-01-01T06:30:00+02:00` as nanoseconds since 1970; without a
/// zone it is UTC.
pub fn parse_moment(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let utc = |civil: DateTime| TimeZone::UTC.to_timestamp(civil).ok();
    let stamp = text.parse::<Timestamp>().ok();
    let stamp = stamp.or_else(|| text.parse::<DateTime>().ok().and_then(utc));
    let stamp =
        stamp.or_else(|| text.parse::<Date>().ok().and_then(|d| utc(d.to_datetime(jiff::civil::Time::midnight()))));
    let Some(stamp) = stamp else {
        return Err(format!("\"{text}\" is no time; write 2010-01-01, 2010-01-01T06:30 or 2010-01-01T06:30:00Z"));
    };
    i64::try_from(stamp.as_nanosecond())
        .map_err(|_| format!("{text} is outside the years 1678 to 2261, which nanoseconds in 64 bits reach"))
}

/// Reads `1h`, `7d`, `15min`, `0.001s`, `250us` as nanoseconds, more than none.
pub fn parse_step(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let at = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = (text[..at].trim(), text[at..].trim());
    let nanoseconds = match unit {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "min" => 60e9,
        "h" => 3600e9,
        "d" => 86_400e9,
        "w" => 7.0 * 86_400e9,
        _ => {
            return Err(format!(
                "\"{text}\" is no step of time; write a number and one of ns us ms s min h d w, as in 15min"
            ));
        }
    };
    let count = number.parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0);
    let Some(step) = count.map(|n| (n * nanoseconds).round()).filter(|s| (1.0..=i64::MAX as f64 / 2.0).contains(s))
    else {
        return Err(format!("\"{text}\": a step is more than nothing, at least 1ns, as in 0.001s"));
    };
    Ok(step as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_steps_are_read() {
        assert_eq!(parse_moment("1970-01-02"), Ok(86_400_000_000_000));
        assert_eq!(parse_moment("1970-01-01 01:00"), Ok(3_600_000_000_000));
        assert_eq!(parse_moment("1970-01-01T01:00:00+01:00"), Ok(0));
        assert_eq!(parse_step("0.001s"), Ok(1_000_000));
        assert_eq!(parse_step("7d"), Ok(604_800_000_000_000));
        assert_eq!(parse_step("15 min"), Ok(900_000_000_000));
        for bad in ["", "s", "0s", "-1h", "1 year", "nans", "1e300d"] {
            assert!(parse_step(bad).is_err(), "{bad}");
        }
        for bad in ["", "soon", "2010-13-01", "3000-01-01"] {
            assert!(parse_moment(bad).is_err(), "{bad}");
        }
    }
}
