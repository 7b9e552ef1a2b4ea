//! Numbers in text.
//!
//! Owns what counts as a number and as missing, and a fast way to the same bits that `str::parse` gives.
//! Refuses to know where a cell stands.

use super::cell::{Cell, Fault};

/// Cells that hold no value, as in pandas; the empty one aside.
const MISSING: [&[u8]; 18] = [
    b"#N/A",
    b"#N/A N/A",
    b"#NA",
    b"-1.#IND",
    b"-1.#QNAN",
    b"-NaN",
    b"-nan",
    b"1.#IND",
    b"1.#QNAN",
    b"<NA>",
    b"N/A",
    b"NA",
    b"NULL",
    b"NaN",
    b"None",
    b"n/a",
    b"nan",
    b"null",
];

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The whole numbers up to here are doubles.
const WHOLE_MAX: u64 = 1 << 53;

/// Digits that surely fit 64 bits.
const DIGITS_MAX: usize = 19;

/// Whether a cell, blanks taken off, holds no value.
pub fn is_missing(cell: &[u8]) -> bool {
    cell.is_empty() || MISSING.contains(&cell)
}

/// The value of a cell, blanks taken off; `None` where it is no number. Truth values are 1 and 0.
pub fn parse(cell: &[u8]) -> Option<f64> {
    match cell {
        b"true" | b"True" | b"TRUE" => Some(1.0),
        b"false" | b"False" | b"FALSE" => Some(0.0),
        _ => std::str::from_utf8(cell).ok()?.parse().ok(),
    }
}

/// Digits with a sign, a point and an exponent, as they stand.
struct Decimal {
    negative: bool,
    /// All digits as one whole number.
    digits: u64,
    exponent: i32,
    /// Where the text goes on.
    end: usize,
}

/// Reads a decimal of at most 19 digits in the common form, `-12.5e-3`. Looks at eight bytes at once, and
/// gives up where fewer are there.
#[inline(always)]
fn decimal(text: &[u8], mut at: usize) -> Option<Decimal> {
    let negative = *text.get(at)? == b'-';
    at += usize::from(negative);
    let start = at;
    let mut digits = run(text, &mut at, 0)?;
    let (mut count, mut exponent) = (at - start, 0i32);
    if text.get(at) == Some(&b'.') {
        at += 1;
        let fraction = at;
        digits = run(text, &mut at, digits)?;
        count += at - fraction;
        exponent = -((at - fraction) as i32);
    }
    if count == 0 || count > DIGITS_MAX {
        return None;
    }
    if text.get(at).is_some_and(|b| b | 0x20 == b'e') {
        at += 1;
        let sign = *text.get(at)?;
        at += usize::from(sign == b'-' || sign == b'+');
        let begin = at;
        let power = run(text, &mut at, 0)?;
        if at == begin || at - begin > 3 {
            return None;
        }
        exponent += if sign == b'-' { -(power as i32) } else { power as i32 };
    }
    Some(Decimal { negative, digits, exponent, end: at })
}

/// The digits at `at`, behind those that are known. More than 19 wrap around.
#[inline(always)]
fn run(text: &[u8], at: &mut usize, mut digits: u64) -> Option<u64> {
    /// What digits are worth before so many more.
    const SCALE: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
    loop {
        let word = u64::from_le_bytes(*text.get(*at..)?.first_chunk()?);
        // Digits become 0 to 9. The lowest byte that is none gets its highest bit set; those above may too.
        let values = word ^ 0x3030_3030_3030_3030;
        let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
        let count = others.trailing_zeros() as usize / 8;
        if count == 0 {
            return Some(digits);
        }
        // Zeros move in before the digits.
        let value = eight_digits(values << (64 - 8 * count));
        digits = digits.wrapping_mul(SCALE[count]).wrapping_add(value);
        *at += count;
        if count < 8 {
            return Some(digits);
        }
    }
}

/// The number of eight digits, the first in the lowest byte, all at once.
#[inline(always)]
fn eight_digits(values: u64) -> u64 {
    let pairs = values.wrapping_mul(10) + (values >> 8);
    let even = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let odd = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    even.wrapping_add(odd) >> 32
}

impl Decimal {
    /// The nearest double where that is sure: both parts are exact and one operation rounds (Clinger), or
    /// the quotient is worked out in more bits than a double has.
    #[inline(always)]
    fn double(&self) -> Option<f64> {
        let power = self.exponent.unsigned_abs() as usize;
        let size = if self.digits <= WHOLE_MAX && power < POWERS.len() {
            let whole = self.digits as f64;
            if self.exponent < 0 { whole / POWERS[power] } else { whole * POWERS[power] }
        } else if self.exponent <= 0 && power <= DIGITS_MAX {
            quotient(self.digits, power as u32)
        } else {
            return None;
        };
        Some(if self.negative { -size } else { size })
    }
}

/// `digits / 10^power`, rounded once. `digits` is not 0, `power` at most 19.
fn quotient(digits: u64, power: u32) -> f64 {
    let divisor = 10u64.pow(power);
    let (up, down) = (digits.leading_zeros(), divisor.leading_zeros());
    // Both have their highest bit at the top: the quotient has 63 or 64 bits.
    let dividend = u128::from(digits << up) << 63;
    let divisor = u128::from(divisor << down);
    let (bits, rest) = ((dividend / divisor) as u64, dividend % divisor != 0);
    // What is left over only matters where the rest is exactly half: the last bit stands for it.
    let rounded = (bits | u64::from(rest)) as f64;
    let exponent = down as i32 - up as i32 - 63;
    rounded * f64::from_bits(((1023 + exponent) as u64) << 52)
}

impl Cell for f64 {
    type How = ();

    #[inline(always)]
    fn fast(_: &(), text: &[u8], at: usize) -> Option<(f64, usize)> {
        let decimal = decimal(text, at)?;
        Some((decimal.double()?, decimal.end))
    }

    fn slow(_: &(), cell: &[u8]) -> Result<f64, Fault> {
        let value = if is_missing(cell) { Some(f64::NAN) } else { parse(cell) };
        // NaN has one form, whatever sign a text gives it.
        value.map(|v| if v.is_nan() { f64::NAN } else { v }).ok_or(Fault::NoNumber)
    }
}

impl Cell for f32 {
    type How = ();

    #[inline(always)]
    fn fast(_: &(), text: &[u8], at: usize) -> Option<(f32, usize)> {
        let decimal = decimal(text, at)?;
        let power = decimal.exponent.unsigned_abs() as usize;
        if decimal.digits > 1 << 24 || power > 10 {
            return None;
        }
        let (whole, scale) = (decimal.digits as f32, POWERS[power] as f32);
        let size = if decimal.exponent < 0 { whole / scale } else { whole * scale };
        Some((if decimal.negative { -size } else { size }, decimal.end))
    }

    fn slow(_: &(), cell: &[u8]) -> Result<f32, Fault> {
        if is_missing(cell) {
            return Ok(f32::NAN);
        }
        let wide = parse(cell).ok_or(Fault::NoNumber)?;
        let value = std::str::from_utf8(cell).ok().and_then(|t| t.parse().ok()).unwrap_or(wide as f32);
        match value.is_infinite() && wide.is_finite() {
            true => Err(Fault::Range),
            false => Ok(if value.is_nan() { f32::NAN } else { value }),
        }
    }
}

/// The whole number in a cell; `2.0` is one.
fn whole(cell: &[u8]) -> Result<i128, Fault> {
    if is_missing(cell) {
        return Err(Fault::Missing);
    }
    if let Some(whole) = std::str::from_utf8(cell).ok().and_then(|t| t.parse().ok()) {
        return Ok(whole);
    }
    let value = parse(cell).ok_or(Fault::NoNumber)?;
    if value.fract() != 0.0 || !value.is_finite() {
        return Err(Fault::NotWhole);
    }
    if value.abs() <= WHOLE_MAX as f64 { Ok(value as i128) } else { Err(Fault::Range) }
}

macro_rules! whole_cell {
    ($($t:ty)*) => {$(
        impl Cell for $t {
            type How = ();

            #[inline(always)]
            fn fast(_: &(), text: &[u8], at: usize) -> Option<($t, usize)> {
                let Decimal { negative, digits, exponent, end } = decimal(text, at)?;
                let value = if negative { -i128::from(digits) } else { i128::from(digits) };
                Some((<$t>::try_from(value).ok().filter(|_| exponent == 0)?, end))
            }

            fn slow(_: &(), cell: &[u8]) -> Result<$t, Fault> {
                <$t>::try_from(whole(cell)?).map_err(|_| Fault::Range)
            }
        }
    )*};
}

whole_cell!(u8 u16 u32 u64 i8 i16 i32 i64);

/// A truth value: `true`, `false`, 1 or 0.
#[derive(Clone, Copy, bytemuck::NoUninit)]
#[repr(transparent)]
pub struct Truth(u8);

impl Cell for Truth {
    type How = ();

    fn fast(_: &(), _: &[u8], _: usize) -> Option<(Truth, usize)> {
        None
    }

    fn slow(_: &(), cell: &[u8]) -> Result<Truth, Fault> {
        match whole(cell)? {
            0 => Ok(Truth(0)),
            1 => Ok(Truth(1)),
            _ => Err(Fault::Range),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As in a buffer, where something follows.
    fn padded(text: &str) -> Vec<u8> {
        [text.as_bytes(), b",1234567"].concat()
    }

    fn fast(text: &str) -> Option<f64> {
        let (value, end) = f64::fast(&(), &padded(text), 0)?;
        (end == text.len()).then_some(value)
    }

    fn same(text: &str) {
        let expected: f64 = text.parse().expect("a number");
        if let Some(value) = fast(text) {
            assert_eq!(value.to_bits(), expected.to_bits(), "{text}: {value:e}, not {expected:e}");
        }
        assert_eq!(f64::slow(&(), text.as_bytes()).ok().map(f64::to_bits), Some(expected.to_bits()), "{text}");
        if let Some((value, _)) = f32::fast(&(), &padded(text), 0).filter(|(_, end)| *end == text.len()) {
            assert_eq!(value.to_bits(), text.parse::<f32>().expect("a number").to_bits(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn shortest_digits_of_any_double(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            same(&format!("{value:e}"));
            same(&format!("{value}"));
        }

        #[test]
        fn decimals_of_any_length(text in "-?[0-9]{1,12}\\.[0-9]{0,12}") {
            same(&text);
        }

        #[test]
        fn ordinary_numbers(value in -1e6f64..1e6, digits in 0usize..17) {
            same(&format!("{value}"));
            same(&format!("{value:.digits$}"));
        }

        #[test]
        fn with_exponents(text in "-?[0-9]{1,20}(\\.[0-9]{1,5})?[eE][+-]?[0-9]{1,3}") {
            same(&text);
        }

        #[test]
        fn quotients_near_a_half(whole in (1u64 << 53)..u64::MAX, power in 0u32..20) {
            let text = format!("{whole}e-{power}");
            let expected: f64 = text.parse().expect("a number");
            prop_assert_eq!(quotient(whole, power).to_bits(), expected.to_bits(), "{}", text);
        }

        #[test]
        fn whole_numbers(value: i64) {
            let text = value.to_string();
            let fast = i64::fast(&(), &padded(&text), 0).map(|(v, _)| v);
            prop_assert_eq!(fast.is_some(), text.trim_start_matches('-').len() <= DIGITS_MAX);
            prop_assert!(fast.is_none_or(|v| v == value));
            prop_assert_eq!(i64::slow(&(), text.as_bytes()), Ok(value));
        }
    }

    #[test]
    fn common_numbers_take_the_fast_way() {
        for text in
            ["0", "-0", "1", "39.4", "-12.5", "0.8444218515250481", "1e5", "1.5E-3", "5.", ".5", "123456789012345678"]
        {
            assert_eq!(fast(text).map(f64::to_bits), Some(text.parse::<f64>().expect("a number").to_bits()), "{text}");
        }
        for text in ["", "-", ".", "1e", "1e+", "abc", "+1", "12345678901234567890"] {
            assert_eq!(fast(text), None, "{text}");
        }
    }

    #[test]
    fn halves_between_doubles_round_to_even() {
        for text in
            ["9007199254740993", "9007199254740995", "900719925474099.3", "9007199254740993.0", "4503599627370497.5"]
        {
            same(text);
        }
    }

    #[test]
    fn what_counts_as_missing_is_what_pandas_says() {
        for text in ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "n/a", "<NA>", "#N/A", "-nan"] {
            assert_eq!(f64::slow(&(), text.as_bytes()).map(f64::to_bits), Ok(f64::NAN.to_bits()), "{text}");
            assert!(matches!(i32::slow(&(), text.as_bytes()), Err(Fault::Missing)), "{text}");
        }
        for text in ["-", ".", "missing", "?", "1,000", "0x10", "1_000", "12 5"] {
            assert!(matches!(f64::slow(&(), text.as_bytes()), Err(Fault::NoNumber)), "{text}");
        }
    }

    #[test]
    fn other_dtypes_are_exact_or_refused() {
        assert!(matches!(i64::slow(&(), b"2.0"), Ok(2)));
        assert!(matches!(i64::slow(&(), b"2.5"), Err(Fault::NotWhole)));
        assert!(matches!(u8::slow(&(), b"256"), Err(Fault::Range)));
        assert!(matches!(u8::slow(&(), b"-1"), Err(Fault::Range)));
        assert!(matches!(u64::slow(&(), b"18446744073709551615"), Ok(u64::MAX)));
        assert!(matches!(i64::slow(&(), b"1e30"), Err(Fault::Range)));
        assert!(matches!(f32::slow(&(), b"1e60"), Err(Fault::Range)));
        assert!(matches!(f32::slow(&(), b"inf"), Ok(f32::INFINITY)));
        assert!(matches!(Truth::slow(&(), b"True"), Ok(Truth(1))));
        assert!(matches!(Truth::slow(&(), b"2"), Err(Fault::Range)));
        assert_eq!(f64::slow(&(), b"TRUE").ok(), Some(1.0));
    }
}
