//! Which columns an array is made of, and of what type it is then.
//!
//! Owns the choice and the words for a choice that cannot be. Refuses to read values.

use std::path::Path;

use super::super::StorageError;
use super::dialect::{Dialect, Kind};
use super::time::TimeForm;
use crate::array::{Column, Columns, DType, nearest};

/// Columns that are listed in a message.
const LISTED_MAX: usize = 20;

/// The columns that were chosen.
#[derive(Debug)]
pub struct Choice {
    pub columns: Vec<usize>,
    /// Whether the array has the one axis of a single column.
    pub single: bool,
    pub dtype: DType,
    /// The forms of the columns where they are times.
    pub times: Option<Vec<TimeForm>>,
}

/// Chooses: what is asked for, else all that hold numbers, else the only column where it is times.
pub fn choose(
    path: &Path,
    dialect: &Dialect,
    asked: Option<&Columns>,
    dtype: Option<DType>,
) -> Result<Choice, StorageError> {
    let refuse = |what: String| StorageError::options(path, what);
    let columns = match asked {
        Some(asked) => asked.all().iter().map(|c| find(path, dialect, c)).collect::<Result<Vec<_>, _>>()?,
        None => {
            let numbers: Vec<usize> = (0..dialect.width()).filter(|c| dialect.kinds[*c] == Kind::Number).collect();
            if numbers.is_empty() && dialect.width() > 1 {
                return Err(refuse(format!("no column holds numbers; choose one with column: {}", list(dialect))));
            }
            if numbers.is_empty() { vec![0] } else { numbers }
        }
    };
    if columns.is_empty() {
        return Err(refuse("the list of columns is empty".to_string()));
    }
    if let Some(i) = (0..columns.len()).find(|i| columns[..*i].contains(&columns[*i])) {
        return Err(refuse(format!("column {} is chosen twice", dialect.label(columns[i]))));
    }
    let mut times = Vec::new();
    for &c in &columns {
        match &dialect.kinds[c] {
            Kind::Number => {}
            Kind::Time(form) => times.push(form.clone()),
            Kind::DayOrMonth(cell) => {
                return Err(refuse(format!(
                    "column {}: \"{cell}\" and the other first dates could be day/month or month/day; say which \
                     with time_format, e.g. \"%d/%m/%Y %H:%M\" or \"%m/%d/%Y %H:%M\"",
                    dialect.label(c)
                )));
            }
            Kind::Text => {
                let what = format!("column {} holds text, such as {}", dialect.label(c), dialect.firsts[c]);
                return Err(refuse(format!("{what}; arrays are of numbers or times: {}", list(dialect))));
            }
        }
    }
    if !times.is_empty() && times.len() < columns.len() {
        let of = |time: bool| {
            let is = |c: &&usize| matches!(dialect.kinds[**c], Kind::Time(_)) == time;
            columns.iter().filter(is).map(|c| dialect.label(*c)).collect::<Vec<_>>().join(", ")
        };
        let what = format!("{} holds times and {} numbers", of(true), of(false));
        return Err(refuse(format!("{what}; an array has one type: take them as two arrays, from the same file")));
    }
    let dtype = dtype_of(path, dtype, !times.is_empty())?;
    let single = matches!(asked, Some(Columns::One(_)));
    Ok(Choice { columns, single, dtype, times: (!times.is_empty()).then_some(times) })
}

fn dtype_of(path: &Path, asked: Option<DType>, times: bool) -> Result<DType, StorageError> {
    match asked {
        None if times => Ok(DType::I64),
        None => Ok(DType::F64),
        Some(DType::I64) => Ok(DType::I64),
        Some(other) if times => {
            let what = format!("time stamps are i64 nanoseconds, not {other}; leave dtype out");
            Err(StorageError::options(path, what))
        }
        Some(DType::F16 | DType::BF16 | DType::C64 | DType::C128) => {
            let what = "text is read as bool, an integer, f32 or f64; a cast step makes other types of them";
            Err(StorageError::options(path, what))
        }
        Some(dtype) => Ok(dtype),
    }
}

/// The column that is meant.
fn find(path: &Path, dialect: &Dialect, column: &Column) -> Result<usize, StorageError> {
    let refuse = |what: String| Err(StorageError::options(path, what));
    let width = dialect.width();
    let name = match column {
        Column::Number(n) => {
            let at = if *n < 0 { *n + width as i64 } else { *n };
            return match usize::try_from(at).ok().filter(|c| *c < width) {
                Some(c) => Ok(c),
                None => {
                    let range = format!("columns are numbered 0 to {}, or -{width} to -1", width.saturating_sub(1));
                    refuse(format!("there is no column {n}; {range}: {}", list(dialect)))
                }
            };
        }
        Column::Name(name) => name,
    };
    let Some(names) = &dialect.names else {
        let range = format!("0 to {}", width.saturating_sub(1));
        return refuse(format!(
            "column \"{name}\": the file has no header, its first row is values; say a number from {range} \
             (or header = true, if the first row is names)"
        ));
    };
    let mut same = (0..width).filter(|c| names[*c] == *name);
    match (same.next(), same.next()) {
        (Some(c), None) => Ok(c),
        (Some(a), Some(b)) => {
            refuse(format!("several columns are called \"{name}\"; choose one by its number, such as {a} or {b}"))
        }
        (None, _) => {
            let near = nearest(name, names.iter().map(String::as_str))
                .map_or(".".to_string(), |n| format!("; did you mean \"{n}\"?"));
            refuse(format!("there is no column \"{name}\"{near} The columns are {}", list(dialect)))
        }
    }
}

/// All columns with their kinds.
fn list(dialect: &Dialect) -> String {
    let one = |c: usize| format!("{} ({})", dialect.label(c), dialect.kinds[c].name());
    let shown: Vec<String> = (0..dialect.width().min(LISTED_MAX)).map(one).collect();
    let more = dialect.width() - shown.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}
