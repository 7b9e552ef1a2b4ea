//! Numbers as people read them: few digits, aligned at the point.

/// A number with six significant digits, without trailing zeros: `0.0123`, `-1234.5`, `1.5e12`.
pub fn show_number(x: f64) -> String {
    if x == 0.0 {
        return "0".into();
    }
    if !x.is_finite() {
        return if x.is_nan() {
            "nan".into()
        } else if x > 0.0 {
            "inf".into()
        } else {
            "-inf".into()
        };
    }
    // The power after rounding to the digits that are shown.
    let scientific = format!("{x:.5e}");
    let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    if (-5..9).contains(&power) {
        trimmed(&format!("{x:.*}", (5 - power).max(0) as usize))
    } else {
        format!("{}e{power}", trimmed(digits))
    }
}

fn trimmed(text: &str) -> String {
    if !text.contains('.') {
        return text.into();
    }
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// Texts of equal width: numbers with their points below each other, the rest to the right.
pub fn align(texts: &[String]) -> Vec<String> {
    let after = |t: &str| t.find('.').map_or(0, |at| t.chars().count() - t[..at].chars().count());
    let numeric = |t: &str| t.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let tail = texts.iter().filter(|t| numeric(t)).map(|t| after(t)).max().unwrap_or(0);
    let padded = |t: &String| if numeric(t) { format!("{t}{}", " ".repeat(tail - after(t))) } else { t.clone() };
    let padded: Vec<String> = texts.iter().map(padded).collect();
    let width = padded.iter().map(|t| t.chars().count()).max().unwrap_or(0);
    padded.into_iter().map(|t| format!("{}{t}", " ".repeat(width - t.chars().count()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits() {
        for (x, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (0.1f32 as f64, "0.1"),
            (-1234.5, "-1234.5"),
            (123456.7, "123457"),
            (999999.9, "1000000"),
            (123456789.0, "123456789"),
            (1.5e12, "1.5e12"),
            (0.0000123, "0.0000123"),
            (1.234567e-7, "1.23457e-7"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(show_number(x), text);
        }
    }

    #[test]
    fn points_stand_below_each_other() {
        let texts = ["1.25", "-30", "nan", "0.5"].map(String::from);
        assert_eq!(align(&texts), ["  1.25", "-30   ", "   nan", "  0.5 "]);
        assert_eq!(align(&[]), [] as [String; 0]);
    }
}
