//! From text to [`Ast`]: Python's precedence, by precedence climbing. Owns the grammar and its
//! limits; knows no dtypes, and of local names only that a word may be one.

use super::ast::{Ast, COMPARE, CONSTANTS, FUNCTIONS, Func, Id, NOT, Node, OPERATORS, POWER, UNARY};
use super::fault::Fault;
use super::lex::{Token, Word, lex};
use super::locals::Locals;
use crate::kernel::nearest;
use std::ops::Range;

/// Bytes of the longest expression.
pub const TEXT_BYTES_MAX: usize = 100_000;
/// Parentheses, calls, signs and powers that may stand inside one another. The parser recurses for
/// these alone, so no text can exhaust the stack.
pub const NESTING_MAX: usize = 100;

/// Parses an expression that reads at least one array.
pub fn parse(text: &str) -> Result<Ast, Fault> {
    if text.len() > TEXT_BYTES_MAX {
        let message = format!("the expression has {} bytes, more than {TEXT_BYTES_MAX}", text.len());
        return Err(Fault::new(0..0, message).help("split it into several steps"));
    }
    let mut parser = Parser { words: lex(text)?, at: 0, depth: 0, ast: Ast::default(), locals: Locals::default() };
    let root = parser.parts()?;
    parser.locals.all_used(&parser.ast)?;
    if parser.ast.names.is_empty() {
        let message = "the expression reads no array, it is a constant";
        return Err(Fault::new(0..text.len(), message).help("name an input or a step, or x for what the step receives"));
    }
    parser.ast.root = root;
    Ok(parser.ast)
}

struct Parser<'a> {
    words: Vec<Word<'a>>,
    at: usize,
    depth: usize,
    ast: Ast,
    locals: Locals<'a>,
}

fn unexpected(word: &Word, wanted: &str) -> Fault {
    let found = match word.token {
        Token::Int(_) | Token::Float(_) => "a number".to_string(),
        Token::Name(n) => format!("\"{n}\""),
        Token::Sign(s) => format!("\"{s}\""),
        Token::Line => "the end of the line".to_string(),
        Token::End => {
            return Fault::new(word.span.clone(), format!("the expression ends where {wanted} should follow"));
        }
    };
    let fault = Fault::new(word.span.clone(), format!("expected {wanted}, found {found}"));
    match word.token {
        Token::Sign("^") => fault.help("write ** for a power"),
        Token::Sign("=") => fault.help("write == to compare; a definition is one name, = and its value"),
        _ => fault,
    }
}

fn unused(span: Range<usize>) -> Fault {
    Fault::new(span, "this value is not used: the last part is the value of the expression")
        .help("give it a name, as in d = …, or put what goes on over several lines in parentheses")
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &Word<'a> {
        // The last word is the end, which is never passed.
        &self.words[self.at.min(self.words.len() - 1)]
    }

    fn next(&mut self) -> Word<'a> {
        let word = self.peek().clone();
        self.at += 1;
        word
    }

    fn take(&mut self, sign: &'static str) -> bool {
        let found = self.peek().token == Token::Sign(sign);
        self.at += usize::from(found);
        found
    }

    fn skip_lines(&mut self) {
        while self.peek().token == Token::Line {
            self.at += 1;
        }
    }

    /// Definitions, and the expression that is the value of all.
    fn parts(&mut self) -> Result<Id, Fault> {
        loop {
            self.skip_lines();
            let start = self.peek().span.start;
            if self.at > 0 && self.operator().is_some_and(|(func, _)| !matches!(func, Func::Add | Func::Sub)) {
                let help = "put what goes on over several lines in parentheses";
                return Err(unexpected(self.peek(), "a value").help(help));
            }
            let defined = self.definition()?;
            let value = self.expression(0)?;
            let end = self.words[self.at - 1].span.end;
            let word = self.peek().clone();
            if !matches!(word.token, Token::End | Token::Line | Token::Sign(";")) {
                return Err(unexpected(&word, "an operator"));
            }
            self.take(";");
            self.skip_lines();
            let last = self.peek().token == Token::End;
            match defined {
                None if last => return Ok(value),
                None => return Err(unused(start..end)),
                Some((name, span)) if last => {
                    let message =
                        format!("the expression ends with the definition of \"{name}\": its value is missing");
                    return Err(Fault::new(span, message).help("the last part is the value, as in d = x - 1; d * d"));
                }
                Some((name, span)) => self.locals.define(&self.ast, name, span, value)?,
            }
        }
    }

    /// The name before `=`, where a definition begins.
    fn definition(&mut self) -> Result<Option<(&'a str, Range<usize>)>, Fault> {
        let word = self.peek().clone();
        let (Token::Name(name), Some(Token::Sign("="))) = (word.token, self.words.get(self.at + 1).map(|w| w.token))
        else {
            return Ok(None);
        };
        self.at += 2;
        self.locals.may_define(name, word.span.clone())?;
        Ok(Some((name, word.span)))
    }

    /// The binary operator that stands here.
    fn operator(&self) -> Option<(Func, u8)> {
        let name = match self.peek().token {
            Token::Sign(s) => s,
            Token::Name(n) => n,
            _ => return None,
        };
        OPERATORS.iter().find(|(n, _, _)| *n == name).map(|(_, f, precedence)| (*f, *precedence))
    }

    fn apply(&mut self, func: Func, args: Vec<Id>, span: Range<usize>) -> Id {
        self.ast.add(Node::Apply(func, args), span)
    }

    /// Runs `inner` one level deeper.
    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Result<Id, Fault>) -> Result<Id, Fault> {
        if self.depth == NESTING_MAX {
            let message = format!("the expression is nested more than {NESTING_MAX} deep");
            return Err(
                Fault::new(self.peek().span.clone(), message).help("give a part a name, as in d = x - 1; d * d")
            );
        }
        self.depth += 1;
        let id = inner(self);
        self.depth -= 1;
        id
    }

    /// An expression whose operators bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Result<Id, Fault> {
        let mut left = self.prefix(least)?;
        while let Some((func, precedence)) = self.operator()
            && precedence >= least
        {
            let span = self.next().span;
            left = match precedence {
                COMPARE => self.comparisons(left, func, span)?,
                POWER => {
                    // The exponent may have a sign, and powers group from the right.
                    let right = self.nested(|p| p.expression(UNARY))?;
                    self.apply(Func::Pow, vec![left, right], span)
                }
                _ => {
                    let right = self.expression(precedence + 1)?;
                    self.apply(func, vec![left, right], span)
                }
            };
        }
        Ok(left)
    }

    /// `a < b <= c` is `a < b and b <= c`.
    fn comparisons(&mut self, left: Id, func: Func, span: Range<usize>) -> Result<Id, Fault> {
        let mut middle = self.expression(COMPARE + 1)?;
        let mut all = self.apply(func, vec![left, middle], span);
        while let Some((func, COMPARE)) = self.operator() {
            let span = self.next().span;
            let right = self.expression(COMPARE + 1)?;
            let this = self.apply(func, vec![middle, right], span.clone());
            all = self.apply(Func::And, vec![all, this], span);
            middle = right;
        }
        Ok(all)
    }

    /// A value with what stands before it.
    fn prefix(&mut self, least: u8) -> Result<Id, Fault> {
        // A line does not end where a value must follow.
        self.skip_lines();
        let word = self.next();
        match word.token {
            Token::Name("not") if least <= NOT => {
                let arg = self.nested(|p| p.expression(NOT))?;
                Ok(self.apply(Func::Not, vec![arg], word.span))
            }
            Token::Sign("~") => {
                let arg = self.nested(|p| p.expression(UNARY))?;
                Ok(self.apply(Func::Not, vec![arg], word.span))
            }
            Token::Sign("-") => {
                let arg = self.nested(|p| p.expression(UNARY))?;
                Ok(self.apply(Func::Neg, vec![arg], word.span))
            }
            Token::Sign("+") => self.nested(|p| p.expression(UNARY)),
            Token::Sign("(") => {
                let inner = self.nested(|p| p.expression(0))?;
                if self.take(")") { Ok(inner) } else { Err(self.unclosed(word.span)) }
            }
            Token::Int(i) => Ok(self.ast.add(Node::Int(i), word.span)),
            Token::Float(f) => Ok(self.ast.add(Node::Float(f.to_bits()), word.span)),
            Token::Name(name) => self.name(name, word.span),
            _ => Err(unexpected(&word, "a value")),
        }
    }

    fn name(&mut self, name: &str, span: Range<usize>) -> Result<Id, Fault> {
        if self.peek().token == Token::Sign("(") {
            return self.call(name, span);
        }
        if let Some(id) = self.locals.get(name) {
            return Ok(id);
        }
        if let Some((_, constant)) = CONSTANTS.iter().find(|(c, _)| *c == name) {
            return Ok(self.ast.add(constant.clone(), span));
        }
        match name {
            "and" | "or" => Err(Fault::new(span, format!("expected a value, found \"{name}\""))),
            "not" => Err(Fault::new(span, "\"not\" binds more loosely here").help("write (not …)")),
            _ if FUNCTIONS.iter().any(|(f, _, _)| *f == name) => {
                Err(Fault::new(span, format!("\"{name}\" is a function")).help(format!("write {name}(…)")))
            }
            _ => Ok(self.ast.name(name, span)),
        }
    }

    fn call(&mut self, name: &str, span: Range<usize>) -> Result<Id, Fault> {
        let Some((_, func, arity)) = FUNCTIONS.iter().find(|(f, _, _)| *f == name) else {
            let near = nearest(name, FUNCTIONS.iter().map(|f| f.0));
            let known = FUNCTIONS.map(|f| f.0).join(" ");
            let fault = Fault::new(span, format!("unknown function \"{name}\""));
            return Err(fault.help(near.map_or(format!("there are {known}"), |n| format!("did you mean {n}?"))));
        };
        let open = self.next().span;
        let mut args = Vec::new();
        if !self.take(")") {
            loop {
                args.push(self.nested(|p| p.expression(0))?);
                if self.take(")") {
                    break;
                }
                if !self.take(",") {
                    return Err(self.unclosed(open));
                }
            }
        }
        if args.len() != *arity {
            let plural = if *arity == 1 { "" } else { "s" };
            return Err(Fault::new(span, format!("{name} takes {arity} argument{plural}, {} given", args.len())));
        }
        Ok(self.apply(*func, args, span))
    }

    /// What went wrong where a parenthesis should close.
    fn unclosed(&self, open: Range<usize>) -> Fault {
        match self.peek().token {
            Token::End => Fault::new(open, "this parenthesis is never closed"),
            _ => unexpected(self.peek(), "an operator or \")\""),
        }
    }
}
