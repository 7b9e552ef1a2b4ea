//! Which columns of a table an array is made of. Owns how a column is said; knows no table.

use std::fmt;

/// A column by its name in the header, or by its number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    Name(String),
    /// From 0; negative from the end.
    Number(i64),
}

/// The columns that are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Columns {
    /// One column: an array of one axis, `t`.
    One(Column),
    /// Several, in this order: an array of two axes, `tc`.
    List(Vec<Column>),
}

impl Column {
    /// A whole number is a column's number, everything else its name; quotes make a name of a number
    /// (`"2010"`).
    pub fn parse(text: &str) -> Column {
        let text = text.trim();
        let quoted = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
        match text.parse() {
            _ if quoted => Column::Name(text[1..text.len() - 1].to_string()),
            Ok(number) => Column::Number(number),
            Err(_) => Column::Name(text.to_string()),
        }
    }
}

impl Columns {
    /// The columns, in order.
    pub fn all(&self) -> &[Column] {
        match self {
            Columns::One(column) => std::slice::from_ref(column),
            Columns::List(list) => list,
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Column::Name(name) => write!(f, "\"{name}\""),
            Column::Number(number) => write!(f, "{number}"),
        }
    }
}
