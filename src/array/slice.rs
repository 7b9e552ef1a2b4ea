//! Indices and slices as NumPy writes them: `3`, `-1`, `10:20`, `::2`, `::-1`.
//!
//! Owns their text and their meaning for an extent. Refuses to know arrays and files.

use std::fmt;

/// What is taken along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceIndex {
    /// One index, negative from the end. The axis is gone.
    At(i64),
    /// `start:stop:step`, as in Python: what is left out follows from the sign of the step.
    Range { start: Option<i64>, stop: Option<i64>, step: i64 },
}

/// A slice of an extent: which indices, in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The first index; 0 where nothing is taken.
    pub first: u64,
    /// How many there are.
    pub count: u64,
    /// From one to the next; negative where they run backwards.
    pub step: i64,
    /// Whether the axis is left, which it is after a slice and not after an index.
    pub keeps_axis: bool,
}

impl SliceIndex {
    /// Everything along an axis, `:`.
    pub const ALL: SliceIndex = SliceIndex::Range { start: None, stop: None, step: 1 };

    /// Parses one index or slice. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<SliceIndex, String> {
        let number = |t: &str| {
            let t = t.trim();
            t.parse::<i64>().map_err(|_| format!("index \"{text}\": \"{t}\" is not a whole number"))
        };
        let optional = |t: Option<&str>| t.map(str::trim).filter(|t| !t.is_empty()).map(number).transpose();
        if !text.contains(':') {
            return Ok(SliceIndex::At(number(text)?));
        }
        let parts: Vec<&str> = text.split(':').collect();
        if parts.len() > 3 {
            return Err(format!("index \"{text}\" has more than three parts; write start:stop:step"));
        }
        let step = optional(parts.get(2).copied())?.unwrap_or(1);
        if step == 0 {
            return Err(format!("index \"{text}\": the step is 0"));
        }
        Ok(SliceIndex::Range { start: optional(Some(parts[0]))?, stop: optional(Some(parts[1]))?, step })
    }

    /// Parses indices for several axes, separated by commas: `0,:,10:20`.
    pub fn parse_list(text: &str) -> Result<Vec<SliceIndex>, String> {
        text.split(',').filter(|t| !t.trim().is_empty()).map(SliceIndex::parse).collect()
    }

    /// The indices of an extent that this takes. An index outside is an error, a range is cut.
    pub fn resolve(self, extent: u64) -> Result<Taken, String> {
        let n = extent as i128;
        match self {
            SliceIndex::At(i) => {
                let at = if i < 0 { i128::from(i) + n } else { i128::from(i) };
                if !(0..n).contains(&at) {
                    return Err(match extent {
                        0 => format!("index {i} is out of range: the axis is empty"),
                        _ => format!("index {i} is out of range for extent {extent} (allowed: -{extent}..={})", n - 1),
                    });
                }
                Ok(Taken { first: at as u64, count: 1, step: 1, keeps_axis: false })
            }
            SliceIndex::Range { step: 0, .. } => Err("the step of a slice is 0".into()),
            SliceIndex::Range { start, stop, step } => {
                let step = i128::from(step);
                let (lo, hi) = if step > 0 { (0, n) } else { (-1, n - 1) };
                let place = |i: i64| (if i < 0 { i128::from(i) + n } else { i128::from(i) }).clamp(lo, hi);
                let (default_start, default_stop) = if step > 0 { (lo, hi) } else { (hi, lo) };
                let from = start.map_or(default_start, place);
                let to = stop.map_or(default_stop, place);
                let span = ((to - from) * step.signum()).max(0) as u128;
                let count = span.div_ceil(step.unsigned_abs()) as u64;
                let first = if count == 0 { 0 } else { from as u64 };
                Ok(Taken { first, count, step: step as i64, keeps_axis: true })
            }
        }
    }
}

impl fmt::Display for SliceIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |i: &Option<i64>| i.map_or(String::new(), |i| i.to_string());
        match self {
            SliceIndex::At(i) => write!(f, "{i}"),
            SliceIndex::Range { start, stop, step: 1 } => write!(f, "{}:{}", text(start), text(stop)),
            SliceIndex::Range { start, stop, step } => write!(f, "{}:{}:{step}", text(start), text(stop)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indices(text: &str, extent: u64) -> Vec<i64> {
        let t = SliceIndex::parse(text).and_then(|s| s.resolve(extent)).expect("valid");
        (0..t.count as i64).map(|i| t.first as i64 + i * t.step).collect()
    }

    #[test]
    fn slices_take_what_python_takes() {
        assert_eq!(indices("2:5", 9), [2, 3, 4]);
        assert_eq!(indices("::2", 5), [0, 2, 4]);
        assert_eq!(indices("::-1", 4), [3, 2, 1, 0]);
        assert_eq!(indices("-3:", 9), [6, 7, 8]);
        assert_eq!(indices(":-7", 9), [0, 1]);
        assert_eq!(indices("7:2:-2", 9), [7, 5, 3]);
        assert_eq!(indices("100:0:-3", 8), [7, 4, 1]);
        assert_eq!(indices("5:2", 9), Vec::<i64>::new());
        assert_eq!(indices("3:100", 5), [3, 4]);
        assert_eq!(indices(":", 0), Vec::<i64>::new());
        assert_eq!(indices("::9223372036854775807", 3), [0]);
        assert_eq!(indices("-1", 4), [3]);
    }

    #[test]
    fn bad_text_and_bad_indices_are_refused() {
        for (text, want) in [("1:2:3:4", "three parts"), ("::0", "step is 0"), ("a", "whole number"), ("", "whole")] {
            assert!(SliceIndex::parse(text).expect_err("bad").contains(want), "{text}");
        }
        assert!(SliceIndex::At(4).resolve(4).is_err());
        assert!(SliceIndex::At(-5).resolve(4).is_err());
        assert!(SliceIndex::At(i64::MIN).resolve(0).is_err());
        let list = SliceIndex::parse_list("0, :,10:20,::-2").expect("valid");
        assert_eq!(list.iter().map(SliceIndex::to_string).collect::<Vec<_>>(), ["0", ":", "10:20", "::-2"]);
    }
}
