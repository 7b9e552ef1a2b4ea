//! The words of an expression. Owns what a number and a name are; knows no grammar.

use super::fault::Fault;
use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    Int(u64),
    Float(f64),
    Name(&'a str),
    /// An operator, a parenthesis, a comma or a semicolon.
    Sign(&'static str),
    /// The end of a line, outside parentheses.
    Line,
    End,
}

/// A token and the bytes where it stands.
#[derive(Clone, Debug)]
pub struct Word<'a> {
    pub token: Token<'a>,
    pub span: Range<usize>,
}

/// Longer ones first, so that `**` is not two `*`.
const SIGNS: [&str; 22] = [
    "**", "//", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "&", "|", "~", "(", ")", ",", ";", "=", "^",
];

/// Splits a text into words; the last one is [`Token::End`].
pub fn lex(text: &str) -> Result<Vec<Word<'_>>, Fault> {
    let mut words = Vec::new();
    let (mut at, mut open) = (0, 0usize);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            // As in Python, a line goes on where a parenthesis is open.
            if c == '\n' && open == 0 {
                words.push(Word { token: Token::Line, span: at..at + 1 });
            }
            at += c.len_utf8();
            continue;
        }
        let (token, len) = if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            number(rest, at)?
        } else if c.is_alphabetic() || c == '_' {
            let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (Token::Name(&rest[..len]), len)
        } else if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
            match *sign {
                "(" => open += 1,
                ")" => open = open.saturating_sub(1),
                _ => {}
            }
            (Token::Sign(sign), sign.len())
        } else {
            return Err(unknown(c, rest, at));
        };
        words.push(Word { token, span: at..at + len });
        at += len;
    }
    words.push(Word { token: Token::End, span: at..at });
    Ok(words)
}

fn unknown(c: char, rest: &str, at: usize) -> Fault {
    let fault = Fault::new(at..at + c.len_utf8(), format!("unexpected character {c:?}"));
    match c {
        '!' => fault.help("write not, or != to compare"),
        '[' | ']' => fault.help("an expression works on whole arrays; take a slice in the input"),
        _ if rest.starts_with(['×', '·']) => fault.help("write * to multiply"),
        _ => fault,
    }
}

/// Reads a number as Python writes it: digits with single underscores between them, a fraction, an
/// exponent.
fn number(rest: &str, at: usize) -> Result<(Token<'static>, usize), Fault> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| {
        let is = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
        let mut i = from;
        while is(bytes.get(i)) || (i > from && bytes.get(i) == Some(&b'_') && is(bytes.get(i + 1))) {
            i += 1;
        }
        i
    };
    let mut end = digits(0);
    let mut is_float = false;
    if bytes.get(end) == Some(&b'.') {
        is_float = true;
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let after = digits(end + 1 + sign);
        if after > end + 1 + sign {
            (is_float, end) = (true, after);
        }
    }
    // What follows without a space belongs to the number, and makes it wrong: 3x, 1_, 0x10, 1.2.3.
    let tail = rest[end..].find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len() - end);
    let span = at..at + end + tail;
    if tail > 0 {
        return Err(Fault::new(span, format!("\"{}\" is not a number", &rest[..end + tail]))
            .help("write * to multiply; names begin with a letter"));
    }
    let plain = rest[..end].replace('_', "");
    let token = match (is_float, plain.parse::<u64>(), plain.parse::<f64>()) {
        (false, Ok(i), _) => Token::Int(i),
        (true, _, Ok(f)) if f.is_finite() => Token::Float(f),
        (true, ..) => return Err(Fault::new(span, format!("{plain} is beyond the range of f64")).help("write inf")),
        (false, ..) => {
            let message = format!("{plain} is beyond the range of 64-bit integers");
            return Err(Fault::new(span, message).help(format!("write {plain}.0 for a real number")));
        }
    };
    Ok((token, end))
}
