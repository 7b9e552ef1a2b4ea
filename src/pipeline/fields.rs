//! The keys of inputs, outputs and the schedule: which exist, and what each takes. Owns the reading
//! of one TOML value into one field, for files and for `--set` alike.

use super::error::suggest;
use super::{InputDecl, OutputDecl, PipelineError, ScheduleDecl, parse_bytes};
use crate::array::{Column, Columns, DType, Endian, IoChoice, Order, checked_elements, parse_axis_names};
use crate::kernel::{Kind, Value};
use toml_edit::Value as Toml;

/// The keys of an input.
pub(super) const INPUT_KEYS: [&str; 11] =
    ["path", "dtype", "shape", "offset", "order", "endian", "axes", "column", "separator", "header", "time_format"];
/// The keys of an output.
pub(super) const OUTPUT_KEYS: [&str; 5] = ["path", "from", "dtype", "order", "endian"];
/// The keys of the schedule.
pub(super) const SCHEDULE_KEYS: [&str; 4] = ["memory", "threads", "io", "tile"];
/// The keys of a step that are not parameters of its kernel.
pub(super) const STEP_KEYS: [&str; 3] = ["name", "kernel", "from"];
/// Words that `--set` uses; a step of that name could not be set.
const RESERVED: [&str; 3] = ["inputs", "outputs", "schedule"];
/// More workers than any machine has: a slip, not a wish.
const THREADS_MAX: i64 = 65_536;

/// Sets one key of an input.
pub(super) fn input_key(input: &mut InputDecl, key: &str, value: &Toml) -> Result<(), PipelineError> {
    match key {
        "path" => input.path = path(key, value)?,
        "dtype" => input.dtype = Some(dtype(key, value)?),
        "shape" => input.shape = Some(shape(value)?),
        "offset" => input.offset = Some(whole(key, value, 0, i64::MAX)? as u64),
        "order" => input.order = Some(order(value)?),
        "endian" => input.endian = Some(endian(value)?),
        "axes" => {
            let names = text(key, value, "one letter for each axis, as in \"tyx\"")?;
            parse_axis_names(&names, names.chars().count()).map_err(PipelineError::new)?;
            input.axes = Some(names);
        }
        "column" => input.column = Some(columns(value)?),
        "separator" => input.separator = Some(separator(value)?),
        "header" => {
            let said = value.as_bool().ok_or_else(|| refused(key, value, "true or false"))?;
            input.header = Some(said);
        }
        "time_format" => input.time_format = Some(text(key, value, "a format, as in \"%Y%m%d %H:%M\"")?),
        _ => return Err(unknown_key(key, "an input", &INPUT_KEYS)),
    }
    Ok(())
}

/// Sets one key of an output.
pub(super) fn output_key(output: &mut OutputDecl, key: &str, value: &Toml) -> Result<(), PipelineError> {
    match key {
        "path" => output.path = path(key, value)?,
        "from" => output.from = text(key, value, "the name of a step or input")?,
        "dtype" => output.dtype = Some(dtype(key, value)?),
        "order" => output.order = Some(order(value)?),
        "endian" => output.endian = Some(endian(value)?),
        _ => return Err(unknown_key(key, "an output", &OUTPUT_KEYS)),
    }
    Ok(())
}

/// Sets one key of the schedule.
pub(super) fn schedule_key(schedule: &mut ScheduleDecl, key: &str, value: &Toml) -> Result<(), PipelineError> {
    match key {
        "memory" => {
            let bytes = match value {
                Toml::String(s) => parse_bytes(s.value()).map_err(PipelineError::new)?,
                _ => match value.as_integer() {
                    Some(n) if n >= 0 => n as u64,
                    _ => return Err(refused(key, value, "a size, as in \"512MiB\", or a number of bytes")),
                },
            };
            if bytes == 0 {
                return Err(PipelineError::new("memory is 0 bytes").help("say how much may be used, as in \"512MiB\""));
            }
            schedule.memory = Some(bytes);
        }
        "threads" => schedule.threads = Some(whole(key, value, 1, THREADS_MAX)? as usize),
        "io" => {
            let choice = value.as_str().and_then(IoChoice::parse);
            let expected = format!("one of {}", IoChoice::NAMES.join(", "));
            schedule.io = Some(choice.ok_or_else(|| refused(key, value, &expected))?);
        }
        "tile" => {
            let tile: Vec<u64> =
                integers(value).iter().flatten().filter_map(|n| u64::try_from(*n).ok()).filter(|n| *n > 0).collect();
            if tile.is_empty() || value.as_array().map(|a| a.len()) != Some(tile.len()) {
                return Err(refused(key, value, "a list of whole numbers of at least 1, as in [1, 256, 1024]"));
            }
            schedule.tile = Some(tile);
        }
        _ => return Err(unknown_key(key, "the schedule", &SCHEDULE_KEYS)),
    }
    Ok(())
}

/// A parameter's value; dates and tables are none.
pub(super) fn parameter(value: &Toml) -> Option<Value> {
    Some(match value {
        Toml::String(s) => Value::Str(s.value().clone()),
        Toml::Integer(i) => Value::Int(*i.value()),
        Toml::Float(f) => Value::Float(*f.value()),
        Toml::Boolean(b) => Value::Bool(*b.value()),
        Toml::Array(a) => Value::List(a.iter().map(parameter).collect::<Option<_>>()?),
        Toml::Datetime(_) | Toml::InlineTable(_) => return None,
    })
}

/// A text.
pub(super) fn text(key: &str, value: &Toml, what: &str) -> Result<String, PipelineError> {
    value.as_str().map(str::to_string).ok_or_else(|| refused(key, value, what))
}

/// A key that does not exist, with what does.
pub(super) fn unknown_key(key: &str, owner: &str, known: &[&str]) -> PipelineError {
    let help = suggest(key, known.iter().copied(), &format!("keys of {owner}"));
    PipelineError::new(format!("unknown key {key:?}")).label(format!("not a key of {owner}")).help(help)
}

/// A value that a key does not take.
pub(super) fn refused(key: &str, value: &Toml, allowed: &str) -> PipelineError {
    let mut shown: String = value.clone().decorated("", "").to_string();
    if shown.chars().count() > 60 {
        shown = shown.chars().take(57).chain("...".chars()).collect();
    }
    PipelineError::new(format!("{key} = {shown} is not allowed: it takes {allowed}"))
}

/// Checks the name of an input, step or output: expressions, `--set` and messages must be able to
/// say it.
pub(super) fn check_name(name: &str, what: &str) -> Result<(), PipelineError> {
    let first = name.chars().next();
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if !plain || !first.is_some_and(|c| c.is_alphabetic() || c == '_') {
        let rule = "names are letters, digits, _ and -, and begin with a letter";
        return Err(PipelineError::new(format!("{name:?} cannot be the name of {what}")).help(rule));
    }
    if what == "a step" && RESERVED.contains(&name) {
        let message = format!("{name:?} cannot be the name of a step: that word means a part of the file");
        return Err(PipelineError::new(message).help("choose another name"));
    }
    Ok(())
}

fn path(key: &str, value: &Toml) -> Result<String, PipelineError> {
    let path = text(key, value, "a path")?;
    if path.is_empty() { Err(PipelineError::new("the path is empty")) } else { Ok(path) }
}

fn dtype(key: &str, value: &Toml) -> Result<DType, PipelineError> {
    let wrong = || {
        let help = value.as_str().map(|s| suggest(s, DType::ALL.iter().map(|d| d.name()), "dtypes"));
        PipelineError { help, ..refused(key, value, &Kind::DType.describe()) }
    };
    value.as_str().and_then(DType::parse).ok_or_else(wrong)
}

fn order(value: &Toml) -> Result<Order, PipelineError> {
    match value.as_str() {
        Some("C") => Ok(Order::C),
        Some("F") => Ok(Order::F),
        _ => Err(refused("order", value, "\"C\" (last axis contiguous) or \"F\" (first axis contiguous)")),
    }
}

fn endian(value: &Toml) -> Result<Endian, PipelineError> {
    match value.as_str() {
        Some("little") => Ok(Endian::Little),
        Some("big") => Ok(Endian::Big),
        _ => Err(refused("endian", value, "\"little\" or \"big\"")),
    }
}

/// A column, or a list of them: names, or numbers from 0.
fn columns(value: &Toml) -> Result<Columns, PipelineError> {
    let one = |value: &Toml| match value {
        Toml::String(name) => Some(Column::Name(name.value().clone())),
        other => other.as_integer().map(Column::Number),
    };
    let list = |list: &toml_edit::Array| list.iter().map(one).collect::<Option<Vec<_>>>().filter(|l| !l.is_empty());
    let found = match value.as_array() {
        Some(array) => list(array).map(Columns::List),
        None => one(value).map(Columns::One),
    };
    let allowed = "a name or number of a column, or a list of them, as in \"temp\", 2 or [\"temp\", \"wind\"]";
    found.ok_or_else(|| refused("column", value, allowed))
}

fn separator(value: &Toml) -> Result<char, PipelineError> {
    let found = value.as_str().and_then(single_char);
    found.ok_or_else(|| refused("separator", value, "one character, as in \",\", \";\" or \"\\t\""))
}

/// A text of one character; `tab` and `\t` are one.
fn single_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    match (text, chars.next(), chars.next()) {
        ("tab" | "\\t", ..) => Some('\t'),
        (_, Some(c), None) => Some(c),
        _ => None,
    }
}

fn whole(key: &str, value: &Toml, min: i64, max: i64) -> Result<i64, PipelineError> {
    let allowed = || Kind::Int { min, max }.describe();
    value.as_integer().filter(|i| (min..=max).contains(i)).ok_or_else(|| refused(key, value, &allowed()))
}

/// The entries of a list of whole numbers.
fn integers(value: &Toml) -> Option<Vec<i64>> {
    value.as_array()?.iter().map(Toml::as_integer).collect()
}

fn shape(value: &Toml) -> Result<Vec<i64>, PipelineError> {
    let allowed = "a list of extents, as in [100, 512, 512]; one may be -1";
    let shape = integers(value).ok_or_else(|| refused("shape", value, allowed))?;
    if shape.iter().any(|n| *n < -1) {
        return Err(refused("shape", value, allowed));
    }
    let open = shape.iter().filter(|n| **n == -1).count();
    if open > 1 {
        let message = format!("shape has {open} entries of -1");
        return Err(PipelineError::new(message).help("one of them can follow from the file's size, not more"));
    }
    let known: Vec<u64> = shape.iter().filter_map(|n| u64::try_from(*n).ok()).collect();
    if checked_elements(&known).is_none() {
        return Err(PipelineError::new(format!("shape {shape:?} has more than 2^63 elements")));
    }
    Ok(shape)
}
