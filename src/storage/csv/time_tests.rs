//! Times against `jiff`.

use super::*;
use proptest::prelude::*;

fn form_of(text: &str) -> TimeForm {
    match sniff(&[text.as_bytes()], None) {
        Sniffed::Form(form) => form,
        other => panic!("{text}: {other:?}"),
    }
}

fn read(form: &TimeForm, text: &str) -> Result<i64, Fault> {
    let slow = Stamp::slow(form, text.as_bytes()).map(|s| s.0);
    if let Some((fast, end)) = Stamp::fast(form, text.as_bytes(), 0)
        && end == text.len()
    {
        assert_eq!(slow, Ok(fast.0), "{text}");
    }
    slow
}

fn own(text: &str) -> Result<i64, Fault> {
    read(&form_of(text), text)
}

#[test]
fn the_forms_of_the_samples() {
    let day = 1_262_304_000 * SECOND; // 2010-01-01
    for (text, expected) in [
        ("2010-01-01", day),
        ("2010/01/01 00:00", day),
        ("2010-01-01T01:30", day + 5400 * SECOND),
        ("2010-01-01t01:30:05.25", day + 5405 * SECOND + SECOND / 4),
        ("2010-01-01 00:00:00Z", day),
        ("2010-01-01 01:00:00+01:00", day),
        ("2009-12-31 19:00:00 -0500", day),
        ("2010-01-01T00:00:00.000000001", day + 1),
        ("31.01.2010 01:00", day + 30 * 86_400 * SECOND + 3600 * SECOND),
        ("31/1/2010", day + 30 * 86_400 * SECOND),
        ("01/31/2010 01:00:00", day + 30 * 86_400 * SECOND + 3600 * SECOND),
        ("Fri, 1 Jan 2010 01:00:00 +0100", day),
    ] {
        assert_eq!(own(text), Ok(expected), "{text}");
    }
}

#[test]
fn a_column_has_one_form() {
    let form = form_of("2010-01-01 00:00");
    for text in ["2010-01-01", "2010/01/01 00:00", "2010-01-01T00:00", "2010-01-01 00:00Z", "01.01.2010 00:00", "soon"]
    {
        assert!(matches!(read(&form, text), Err(Fault::NoTime { .. })), "{text}");
    }
    assert!(read(&form, "2010-01-01 00:00:00.5").is_ok(), "seconds may come and go");
    assert_eq!(read(&form, "NaT"), Ok(NOT_A_TIME));
    assert_eq!(read(&form, ""), Ok(NOT_A_TIME));
}

#[test]
fn days_and_months_are_told_apart_by_the_column() {
    let sniffed = |cells: &[&str]| sniff(&cells.iter().map(|c| c.as_bytes()).collect::<Vec<_>>(), None);
    let order = |cells: &[&str]| match sniffed(cells) {
        Sniffed::Form(TimeForm::Civil(civil)) => civil.order,
        other => panic!("{other:?}"),
    };
    assert_eq!(order(&["01/02/2010", "01/13/2010"]), DateOrder::MonthDayYear);
    assert_eq!(order(&["01/02/2010", "13/02/2010"]), DateOrder::DayMonthYear);
    assert_eq!(order(&["01.02.2010"]), DateOrder::DayMonthYear);
    assert_eq!(sniffed(&["01/02/2010", "03/02/2010"]), Sniffed::DayOrMonth("01/02/2010".into()));
    assert_eq!(sniffed(&["39.4", "1.5"]), Sniffed::None);
    assert_eq!(sniffed(&["19580329"]), Sniffed::None);
}

#[test]
fn forms_of_the_user() {
    let custom = |format: &str, text: &str| read(&TimeForm::Custom(format.into()), text);
    let date = own("1958-03-29").expect("a date");
    assert_eq!(custom("%Y%m%d", "19580329"), Ok(date));
    assert_eq!(custom("%Y-%m", "1958-03"), own("1958-03-01"));
    assert_eq!(custom("%Y", "1958"), own("1958-01-01"));
    assert_eq!(custom("%Y %j", "1958 088"), Ok(date));
    assert_eq!(custom("%m/%d/%Y %I:%M:%S %p", "03/29/1958 01:00:00 PM"), Ok(date + 13 * 3600 * SECOND));
    assert_eq!(custom("%s", "1262304000"), own("2010-01-01"));
    assert_eq!(custom("%Y%m%d %H%M %z", "19580329 0100 +0100"), Ok(date));
    assert!(matches!(custom("%Y%m%d", "1958-03-29"), Err(Fault::NoTime { .. })));
    assert!(matches!(custom("%Q", "1"), Err(Fault::NoTime { .. })));
}

#[test]
fn times_that_are_none_or_too_far() {
    for text in ["2010-02-29", "2010-13-01", "2010-00-10", "2010-01-00", "31.04.2010"] {
        assert!(matches!(own(text), Err(Fault::NoTime { .. })), "{text}");
    }
    let clock = form_of("2010-01-01 00:00");
    for text in ["2010-01-01 24:00", "2010-01-01 00:60", "2010-01-01 00:00:60", "2010-01-01 1", "2010-01-01 00:00 "] {
        assert!(matches!(read(&clock, text), Err(Fault::NoTime { .. })), "{text}");
    }
    for text in ["1677-09-20", "2262-04-12", "0001-01-01", "9999-12-31"] {
        assert_eq!(own(text), Err(Fault::TimeRange), "{text}");
    }
    assert_eq!(own("2262-04-11T23:47:16.854775807"), Ok(i64::MAX));
    assert_eq!(own("1677-09-21T00:12:43.145224193"), Ok(i64::MIN + 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_time_as_jiff_reads_it(
        nanoseconds in i64::MIN + 1..=i64::MAX, digits in 0usize..10, offset in -12 * 60i32..12 * 60, mark in 0usize..3,
    ) {
        use jiff::{Timestamp, tz::Offset};
        let unit = 10i64.pow(9 - digits as u32);
        let cut = nanoseconds.div_euclid(unit).saturating_mul(unit).max(i64::MIN + 1);
        let time = Timestamp::from_nanosecond(i128::from(cut)).expect("in range");
        let there = Offset::from_seconds(offset * 60).expect("in range").to_datetime(time);
        let mark = ["-", "/", "."][mark];
        let date = format!("{:04}{mark}{:02}{mark}{:02}", there.year(), there.month(), there.day());
        let fraction = format!("{:09}", there.subsec_nanosecond());
        let seconds = format!("{:02}:{:02}:{:02}.{fraction}", there.hour(), there.minute(), there.second());
        let sign = if offset < 0 { '-' } else { '+' };
        let zone = format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
        prop_assert_eq!(own(&format!("{date} {seconds}{zone}")), Ok(cut));
        let iso = format!("{}T{seconds}{zone}", date.replace(mark, "-"));
        let expected: Timestamp = iso.parse().expect("ISO 8601");
        prop_assert_eq!(own(&iso).map(i128::from), Ok(expected.as_nanosecond()));
    }

    #[test]
    fn every_day_is_a_day_for_jiff_too(year in 0u32..10_000, month in 0u32..15, day in 0u32..33) {
        let expected = jiff::civil::Date::new(year as i16, month as i8, day as i8).ok().map(|date| {
            let since = date - jiff::civil::date(1970, 1, 1);
            i64::from(since.get_days())
        });
        prop_assert_eq!(days(year, month, day), expected);
    }
}
