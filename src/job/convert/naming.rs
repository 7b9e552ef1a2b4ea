//! Numbered file names: `frames/%04d.png`.

use std::path::{Path, PathBuf};

/// A path with one place for a number in its file name, as in `printf`: `%d`, or `%04d` with zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    folder: PathBuf,
    before: String,
    width: usize,
    after: String,
}

impl Numbered {
    /// Reads a pattern; `None` where the name has no place for a number. An error says what is wrong with it.
    pub fn parse(path: &Path) -> Result<Option<Numbered>, String> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut found: Option<Numbered> = None;
        let mut text = String::new();
        let mut rest = name.as_str();
        while let Some(at) = rest.find('%') {
            text.push_str(&rest[..at]);
            let sign = &rest[at + 1..];
            let digits = sign.bytes().take_while(u8::is_ascii_digit).count();
            if sign[digits..].starts_with('d') {
                let width = if digits == 0 { "0" } else { &sign[..digits] };
                if digits > 1 && !width.starts_with('0') || digits == 1 && width != "0" {
                    return Err(format!("\"%{width}d\" pads with blanks; write %0{width}d to pad with zeros"));
                }
                let width = width.parse().ok().filter(|w| *w <= 20);
                let width = width.ok_or_else(|| "a number has at most 20 digits".to_string())?;
                if found.is_some() {
                    return Err(format!("\"{name}\" has two places for a number; one is enough"));
                }
                let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
                found = Some(Numbered { folder, before: std::mem::take(&mut text), width, after: String::new() });
                rest = &sign[digits + 1..];
            } else {
                text.push('%');
                // A doubled sign is one, as in printf.
                rest = sign.strip_prefix('%').unwrap_or(sign);
            }
        }
        text.push_str(rest);
        Ok(found.map(|numbered| Numbered { after: text, ..numbered }))
    }

    /// The path of a number.
    pub fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{}{number:0width$}{}", self.before, self.after, width = self.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(pattern: &str) -> Option<[String; 2]> {
        let numbered = Numbered::parse(Path::new(pattern)).expect("a pattern")?;
        Some([0, 12345].map(|n| numbered.path(n).display().to_string()))
    }

    #[test]
    fn one_number_takes_its_place() {
        let both = |a: &str, b: &str| Some([a.to_string(), b.to_string()]);
        assert_eq!(paths("frames/%04d.png"), both("frames/0000.png", "frames/12345.png"));
        assert_eq!(paths("a%d-b.tif"), both("a0-b.tif", "a12345-b.tif"));
        assert_eq!(paths("50%%_%02d.jpg"), both("50%_00.jpg", "50%_12345.jpg"));
        assert_eq!(paths("%03d/x.png"), None);
        assert_eq!(paths("100%.png"), None);
        for (wrong, word) in [("%d_%d.png", "two places"), ("%4d.png", "%04d"), ("%099d.png", "20")] {
            let error = Numbered::parse(Path::new(wrong)).expect_err("refused");
            assert!(error.contains(word), "{error}");
        }
    }
}
