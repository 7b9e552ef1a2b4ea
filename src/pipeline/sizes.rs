//! Memory sizes as people write them. Owns the units: KiB is 1024, KB is 1000.

const UNITS: [(&str, u64); 12] = [
    ("b", 1),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("pib", 1 << 50),
    ("eib", 1 << 60),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("", 1),
];

/// Reads a size in bytes: `512MiB`, `1.5 GB`, `4096`. Units in any case; parts of a byte are
/// dropped. The error says what is allowed.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let allowed = "write KiB, MiB, GiB, TiB (1024) or KB, MB, GB, TB (1000), as in \"512MiB\"";
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..split], text[split..].trim().to_ascii_lowercase());
    let Some(&(_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(format!("\"{text}\" is not a size: {allowed}"));
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    // Exact in whole numbers: 0.1 of a unit has no exact float.
    let digits = |d: &str| if d.is_empty() { Some(0) } else { d.parse::<u64>().ok() };
    let bad = number.matches('.').count() > 1 || (whole.is_empty() && part.is_empty()) || part.len() > 15;
    let (Some(whole), Some(fraction), false) = (digits(whole), digits(part), bad) else {
        return Err(format!("\"{text}\" is not a size: {allowed}"));
    };
    let part = u128::from(fraction) * u128::from(factor) / 10u128.pow(part.len() as u32);
    let bytes = u128::from(whole) * u128::from(factor) + part;
    if bytes > i64::MAX as u128 {
        return Err(format!("\"{text}\" is more than 2^63 bytes"));
    }
    Ok(bytes as u64)
}

/// A size for people, in binary units with at most one decimal: `512 MiB`, `976.6 KiB`, `17 B`.
/// [`parse_bytes`] reads it back, to that precision.
pub fn format_bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = 0;
    for (unit, shift) in [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("PiB", 50), ("EiB", 60)] {
        // Half a unit's tenth is added to round; 1024.0 of a unit is 1 of the next.
        tenths = ((u128::from(bytes) * 10 + (1u128 << (shift - 1))) >> shift) as u64;
        if tenths < 10_240 {
            return decimal(tenths, unit);
        }
    }
    decimal(tenths, "EiB")
}

fn decimal(tenths: u64, unit: &str) -> String {
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        part => format!("{}.{part} {unit}", tenths / 10),
    }
}

/// A size exactly, as a pipeline file says it: the largest binary unit that divides it, without a
/// space.
pub(super) fn exact_bytes(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.into_iter().find(|(_, shift)| bytes > 0 && bytes.is_multiple_of(1 << shift)) {
        Some((unit, shift)) => format!("{}{unit}", bytes >> shift),
        None => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("512MiB", 512 << 20),
            ("1KB", 1000),
            ("1 KiB", 1024),
            ("1.5gib", 3 << 29),
            ("0.1KB", 100),
            (".5kib", 512),
            ("4096", 4096),
            ("17 B", 17),
            ("0", 0),
            (" 2TB ", 2_000_000_000_000),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "-1", "1e6", "12 parsecs", "1..5KiB", ".", "512M", "99999999999TiB", "1,5 GB", "٣"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_written() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1_000_000, "976.6 KiB"),
            ((1 << 20) - 1, "1 MiB"),
            (512 << 20, "512 MiB"),
            (3 << 29, "1.5 GiB"),
            (i64::MAX as u64, "8 EiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(format_bytes(bytes), text);
        }
        for bytes in [0, 1, 1000, 1024, 1025, 512 << 20, 3 << 29, 1 << 50] {
            assert_eq!(parse_bytes(&exact_bytes(bytes)), Ok(bytes));
        }
        assert_eq!(exact_bytes(512 << 20), "512MiB");
    }
}
