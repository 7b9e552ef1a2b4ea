//! Writes a pipeline as TOML. Owns the look of a saved file; what it writes parses back equal.

use super::sizes::exact_bytes;
use super::toml::has_expr;
use super::{InputDecl, OutputDecl, Pipeline, StepDecl};
use crate::array::{Column, Columns, Order};
use crate::kernel::Value;
use std::fmt::Display;

impl Pipeline {
    /// The pipeline as a file. Where it passes [`Pipeline::check`], [`Pipeline::parse`] gives it
    /// back, equal. Paths are written as they are: who saves into another folder rebases them first.
    pub fn to_toml(&self) -> String {
        let mut parts = Vec::new();
        parts.push(section("[inputs]", self.inputs.iter().map(input_line)));
        parts.extend(self.steps.iter().map(step_lines));
        parts.push(section("[outputs]", self.outputs.iter().map(output_line)));
        let schedule = [
            self.schedule.memory.map(|m| pair("memory", memory(m))),
            self.schedule.threads.map(|t| pair("threads", t)),
            self.schedule.io.map(|io| pair("io", format!("{:?}", io.name()))),
            self.schedule.tile.as_ref().map(|t| pair("tile", format!("{t:?}"))),
        ];
        if schedule.iter().any(Option::is_some) {
            parts.push(section("[schedule]", schedule.into_iter().flatten()));
        }
        parts.join("\n")
    }
}

fn section(header: &str, lines: impl Iterator<Item = String>) -> String {
    let mut text = format!("{header}\n");
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn input_line(input: &InputDecl) -> String {
    let keys = [
        Some(pair("path", quote(&input.path))),
        input.dtype.map(|d| pair("dtype", quote(d.name()))),
        input.shape.as_ref().map(|s| pair("shape", format!("{s:?}"))),
        input.offset.map(|o| pair("offset", o)),
        input.order.map(|o| pair("order", order(o))),
        input.endian.map(|e| pair("endian", quote(e.name()))),
        input.axes.as_ref().map(|a| pair("axes", quote(a))),
        input.column.as_ref().map(|c| pair("column", columns(c))),
        input.separator.map(|s| pair("separator", quote(&s.to_string()))),
        input.header.map(|h| pair("header", h)),
        input.time_format.as_ref().map(|f| pair("time_format", quote(f))),
    ];
    pair(&key(&input.name), path_or_table(&input.path, keys.into_iter().flatten().collect()))
}

fn output_line(output: &OutputDecl) -> String {
    let keys = [
        Some(pair("path", quote(&output.path))),
        (output.from != output.name).then(|| pair("from", quote(&output.from))),
        output.dtype.map(|d| pair("dtype", quote(d.name()))),
        output.order.map(|o| pair("order", order(o))),
        output.endian.map(|e| pair("endian", quote(e.name()))),
    ];
    pair(&key(&output.name), path_or_table(&output.path, keys.into_iter().flatten().collect()))
}

fn step_lines(step: &StepDecl) -> String {
    let short = step.kernel == "expr" && has_expr(&step.params);
    let own = [
        (step.name != step.kernel).then(|| pair("name", quote(&step.name))),
        (!short).then(|| pair("kernel", quote(&step.kernel))),
        step.from.as_ref().map(|f| pair("from", quote(f))),
    ];
    let params = step.params.iter().map(|(name, v)| pair(&key(name), lines(v).unwrap_or_else(|| value(v))));
    section("[[step]]", own.into_iter().flatten().chain(params))
}

fn path_or_table(path: &str, keys: Vec<String>) -> String {
    if keys.len() == 1 { quote(path) } else { format!("{{ {} }}", keys.join(", ")) }
}

fn pair(key: &str, value: impl Display) -> String {
    format!("{key} = {value}")
}

/// A key, in quotes where TOML wants them.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { name.to_string() } else { quote(name) }
}

fn quote(text: &str) -> String {
    value(&Value::Str(text.to_string()))
}

/// A value in TOML. The escapes of [`Value::to_toml`] are JSON's, which leaves DEL; TOML does not.
fn value(value: &Value) -> String {
    value.to_toml().replace('\u{7f}', "\\u007f")
}

/// A text of several lines as one reads it, where nothing in it needs an escape.
fn lines(value: &Value) -> Option<String> {
    let Value::Str(text) = value else { return None };
    let plain = !text.contains(|c: char| c == '\\' || c == '"' || (c.is_control() && c != '\n'));
    (plain && text.contains('\n')).then(|| format!("\"\"\"\n{text}\"\"\""))
}

fn columns(columns: &Columns) -> String {
    let one = |column: &Column| match column {
        Column::Name(name) => quote(name),
        Column::Number(number) => number.to_string(),
    };
    match columns {
        Columns::One(column) => one(column),
        Columns::List(list) => format!("[{}]", list.iter().map(one).collect::<Vec<_>>().join(", ")),
    }
}

fn order(order: Order) -> &'static str {
    match order {
        Order::C => "\"C\"",
        Order::F => "\"F\"",
    }
}

/// A budget: with a unit where one divides it, else a number of bytes.
fn memory(bytes: u64) -> String {
    let text = exact_bytes(bytes);
    if text.ends_with('B') { quote(&text) } else { text }
}
