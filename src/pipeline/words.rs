//! Steps and values as written on a command line: `gaussian sigma=2 axes=yx`. Owns where words end
//! and when a bare word is a text; knows no kernel.

use super::{PipelineError, StepDecl, fields};
use toml_edit::Value as Toml;

/// Reads `KERNEL key=value …`, as in `apply -s`. Values are TOML (`2`, `1.5`, `true`, `[1, 2]`,
/// `"two words"`), or else texts as they stand (`axes=yx`). `name=` and `from=` are the step's own.
pub fn parse_step_words(text: &str) -> Result<StepDecl, PipelineError> {
    let words = split(text)?;
    let example = "as in: gaussian sigma=2 axes=yx";
    let Some((&kernel, rest)) = words.split_first() else {
        return Err(PipelineError::new("the step is empty").help(example));
    };
    if kernel.contains(['=', '"', '\'']) {
        let message = format!("a step begins with the name of a kernel, not with {kernel}");
        return Err(PipelineError::new(message).help(example));
    }
    let mut step = StepDecl::new(kernel);
    for word in rest {
        let Some((key, value)) = word.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            let message = format!("\"{word}\" is not of the form key=value");
            return Err(PipelineError::new(message).step(kernel).help(format!("{example} (without spaces around =)")));
        };
        let twice = match key {
            "kernel" => true,
            "name" | "from" => word_used(rest, key) > 1,
            _ => step.params.iter().any(|(name, _)| name == key),
        };
        if twice {
            return Err(PipelineError::new(format!("{key} is given twice")).step(kernel));
        }
        step.set_key(key, &word_value(key, value)?).map_err(|e| e.step(kernel))?;
    }
    Ok(step)
}

fn word_used(words: &[&str], key: &str) -> usize {
    words.iter().filter(|w| w.split_once('=').is_some_and(|(k, _)| k == key)).count()
}

impl StepDecl {
    /// Sets one key: the step's own or a parameter.
    pub(super) fn set_key(&mut self, key: &str, value: &Toml) -> Result<(), PipelineError> {
        match key {
            "name" => {
                self.name = fields::text(key, value, "a name")?;
                fields::check_name(&self.name, "a step")?;
            }
            "from" => self.from = Some(fields::text(key, value, "the name of a step or input")?),
            "kernel" => self.kernel = fields::text(key, value, "the name of a kernel")?,
            _ => {
                let allowed = "a text, a number, true or false, or a list of these";
                let value = fields::parameter(value).ok_or_else(|| fields::refused(key, value, allowed))?;
                self.set_param(key, value);
            }
        }
        self.places.forget(key);
        Ok(())
    }
}

/// The value of `key=value`: TOML, or else a text as it stands.
pub(super) fn word_value(key: &str, text: &str) -> Result<Toml, PipelineError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(PipelineError::new(format!("{key}= has no value")).help("write \"\" for an empty text"));
    }
    match text.parse::<Toml>() {
        Ok(Toml::Datetime(_)) => Ok(Toml::from(text)),
        Ok(value) => Ok(value),
        // What begins like TOML was meant as TOML.
        Err(e) if text.starts_with(['[', '{', '"', '\'']) => {
            let reason = e.message().lines().next().unwrap_or_default().to_string();
            let help = "texts inside lists and tables are in quotes: [\"t\", \"y\"]";
            Err(PipelineError::new(format!("{key}={text} cannot be read: {reason}")).help(help))
        }
        Err(_) => Ok(Toml::from(text)),
    }
}

/// Splits at spaces outside quotes and brackets.
fn split(text: &str) -> Result<Vec<&str>, PipelineError> {
    let mut words = Vec::new();
    let (mut start, mut quote, mut depth, mut escaped) = (None, None, 0usize, false);
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '[' || c == '{' => depth += 1,
            None if c == ']' || c == '}' => depth = depth.saturating_sub(1),
            None if c.is_whitespace() && depth == 0 => {
                if let Some(from) = start.take() {
                    words.push(&text[from..at]);
                }
                continue;
            }
            None => {}
        }
        start = start.or(Some(at));
    }
    if quote.is_some() || depth > 0 {
        let missing = quote.map_or("bracket".to_string(), |q| format!("{q}"));
        return Err(PipelineError::new(format!("a closing {missing} is missing in: {text}")));
    }
    words.extend(start.map(|from| &text[from..]));
    Ok(words)
}
