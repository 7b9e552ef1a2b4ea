//! The names that an expression gives to parts of itself. Owns which words may be such names; a name
//! is a node, so that its value is what its expression written in place would be.

use super::ast::{Ast, CONSTANTS, FUNCTIONS, Id};
use super::fault::Fault;
use crate::kernel::nearest;
use std::collections::HashMap;
use std::ops::Range;

/// Names by the order of their definitions.
#[derive(Default)]
pub struct Locals<'a> {
    all: Vec<Local<'a>>,
    places: HashMap<&'a str, usize>,
}

struct Local<'a> {
    name: &'a str,
    /// Where it was defined.
    span: Range<usize>,
    value: Id,
    used: bool,
}

impl<'a> Locals<'a> {
    /// The value of a name, which counts as used from here on.
    pub fn get(&mut self, name: &str) -> Option<Id> {
        let local = &mut self.all[*self.places.get(name)?];
        local.used = true;
        Some(local.value)
    }

    /// Whether a name can be defined, whatever was read before.
    pub fn may_define(&self, name: &str, span: Range<usize>) -> Result<(), Fault> {
        let what = match name {
            "x" => "the array that the step receives",
            "and" | "or" | "not" => "an operator",
            _ if CONSTANTS.iter().any(|(c, _)| *c == name) => "a constant",
            _ if FUNCTIONS.iter().any(|(f, _, _)| *f == name) => "a function",
            _ if self.places.contains_key(name) => {
                let fault = Fault::new(span, format!("\"{name}\" is defined twice"));
                return Err(fault.help("a name keeps its value: choose another one"));
            }
            _ => return Ok(()),
        };
        Err(Fault::new(span, format!("\"{name}\" is {what} and cannot be defined")).help("choose another name"))
    }

    /// Defines a name that [`Locals::may_define`] lets pass.
    pub fn define(&mut self, ast: &Ast, name: &'a str, span: Range<usize>, value: Id) -> Result<(), Fault> {
        if ast.reads(name) {
            let fault = Fault::new(span, format!("\"{name}\" is defined here, and was read as an array before"));
            return Err(fault.help("define it before its first use, or choose another name"));
        }
        self.places.insert(name, self.all.len());
        self.all.push(Local { name, span, value, used: false });
        Ok(())
    }

    /// A name that nobody reads is mistaken for an array somewhere, or left over.
    pub fn all_used(&self, ast: &Ast) -> Result<(), Fault> {
        let Some(idle) = self.all.iter().find(|l| !l.used) else { return Ok(()) };
        // Comparing takes the product of both lengths.
        let short = |name: &&str| name.len() <= 64;
        let like = Some(idle.name).filter(short);
        let near = like.and_then(|name| nearest(name, ast.names.iter().map(String::as_str).filter(short)));
        let help = match near {
            Some(near) => format!("the array \"{near}\" is read: is \"{}\" meant?", idle.name),
            None => "use it in what follows, or leave it out".to_string(),
        };
        Err(Fault::new(idle.span.clone(), format!("\"{}\" is defined and never used", idle.name)).help(help))
    }
}
