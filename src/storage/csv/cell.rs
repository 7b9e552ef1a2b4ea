//! What it means to be the type of a cell.
//!
//! Owns the contract between rows and values, and the words for cells that are none.

use crate::array::DType;

/// A value that cells are parsed into.
pub trait Cell: bytemuck::NoUninit {
    /// What is known of a column beforehand, such as the form of its time stamps.
    type How;

    /// The value at `at` of the text and where it ends, where the text is of a common form; whatever
    /// follows decides whether that was the whole cell. `None` sends the cell the slow way.
    fn fast(how: &Self::How, text: &[u8], at: usize) -> Option<(Self, usize)>;

    /// The value of a whole cell, blanks at its ends taken off.
    fn slow(how: &Self::How, cell: &[u8]) -> Result<Self, Fault>;
}

/// Why a cell has no value of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No value, where the type has no NaN.
    Missing,
    NoNumber,
    NotWhole,
    /// Beyond what the type holds.
    Range,
    /// No time of the form that the column has.
    NoTime {
        expected: String,
    },
    /// Outside 1677-09-21 to 2262-04-11, which is what 64 bits of nanoseconds hold.
    TimeRange,
}

impl Fault {
    /// What is wrong with a cell, and what to do.
    pub fn words(&self, cell: &[u8], dtype: DType) -> String {
        let text = shortened(cell);
        match self {
            Fault::Missing => {
                format!("{text} is a missing value, which {dtype} cannot hold; leave dtype out: f64 has NaN for it")
            }
            Fault::NoNumber if cell.contains(&b',') => {
                format!("{text} is not a number; decimal commas and thousand separators are not read")
            }
            Fault::NoNumber => format!("{text} is not a number; missing values are empty, NA, NaN, null or None"),
            Fault::NotWhole => format!("{text} is not a whole number, as {dtype} needs; leave dtype out for f64"),
            Fault::Range => format!("{text} is beyond what {dtype} holds; choose a wider dtype"),
            Fault::NoTime { expected } => format!(
                "{text} is not a time like {expected}, the form of the first rows; \
                 columns of mixed time formats are not read"
            ),
            Fault::TimeRange => {
                format!("{text} is outside 1677-09-21 to 2262-04-11, the range of 64-bit nanoseconds")
            }
        }
    }
}

/// A cell in quotes, cut where it is long.
pub fn shortened(cell: &[u8]) -> String {
    const CHARS_MAX: usize = 40;
    let text = String::from_utf8_lossy(&cell[..cell.len().min(4 * CHARS_MAX)]);
    let cut: String = text.chars().take(CHARS_MAX).collect();
    let more = if cut.len() < cell.len() && text.chars().count() >= CHARS_MAX { "…" } else { "" };
    format!("\"{}{more}\"", cut.escape_debug())
}
