//! Changes from the command line: `--set blur.sigma=2`. Owns the paths of what can be set; what was
//! set no longer has a place in the text.

use super::error::suggest;
use super::fields::{self, INPUT_KEYS, OUTPUT_KEYS, SCHEDULE_KEYS, unknown_key};
use super::words::word_value;
use super::{InputDecl, OutputDecl, Pipeline, PipelineError};
use toml_edit::Value as Toml;

const FORMS: &str =
    "as in blur.sigma=2, inputs.raw=FILE, inputs.raw.dtype=u16, outputs.clean=FILE or schedule.memory=64MiB";

impl Pipeline {
    /// Changes one thing: `STEP.PARAM=VALUE` (`kernel` and `from` count as parameters),
    /// `inputs.NAME=PATH`, `inputs.NAME.KEY=VALUE`, the same for `outputs`, `schedule.KEY=VALUE`.
    /// A path alone leaves the other keys; a table `{path="…", …}` sets each of its keys. Paths are then
    /// relative to the current folder.
    ///
    /// Errors name what exists, and change nothing. Whether a kernel takes the parameter is for [`Pipeline::check`].
    pub fn set(&mut self, assignment: &str) -> Result<(), PipelineError> {
        // On a copy: what is refused half-way has changed nothing.
        let mut changed = self.clone();
        changed.assign(assignment).map_err(|e| {
            // Spans would be of the argument, not of the file.
            PipelineError { message: format!("--set {assignment}: {}", e.message), span: None, ..e }
        })?;
        *self = changed;
        Ok(())
    }

    fn assign(&mut self, assignment: &str) -> Result<(), PipelineError> {
        let Some((target, value)) = assignment.split_once('=') else {
            return Err(PipelineError::new("there is no = in it").help(FORMS));
        };
        let parts: Vec<&str> = target.trim().split('.').map(str::trim).collect();
        match parts[..] {
            ["inputs", name] => self.input_named(name)?.set_argument(value),
            ["inputs", name, key] => {
                let input = self.input_named(name)?;
                known(key, "an input", &INPUT_KEYS)?;
                input.set_field(key, &path_or_value(key, value)?)
            }
            ["outputs", name] => self.output_named(name)?.set_argument(value),
            ["outputs", name, key] => {
                let output = self.output_named(name)?;
                known(key, "an output", &OUTPUT_KEYS)?;
                output.set_field(key, &path_or_value(key, value)?)
            }
            ["schedule", key] => {
                known(key, "the schedule", &SCHEDULE_KEYS)?;
                fields::schedule_key(&mut self.schedule, key, &word_value(key, value)?)?;
                self.schedule.places.forget(key);
                Ok(())
            }
            ["schedule"] => Err(PipelineError::new("say which key of the schedule").help(SCHEDULE_KEYS.join(", "))),
            [step, "name"] => Err(PipelineError::new(format!("the step \"{step}\" cannot be renamed"))),
            [step, key] if !key.is_empty() => self.set_step(step, key, value),
            _ => Err(PipelineError::new(format!("\"{}\" is nothing that can be set", target.trim())).help(FORMS)),
        }
    }

    fn set_step(&mut self, name: &str, key: &str, value: &str) -> Result<(), PipelineError> {
        let Some(at) = self.steps.iter().position(|s| s.name == name) else {
            let names = self.steps.iter().map(|s| s.name.as_str()).chain(["inputs", "outputs", "schedule"]);
            return Err(PipelineError::new(format!("there is no step \"{name}\"")).help(suggest(name, names, "steps")));
        };
        self.steps[at].set_key(key, &word_value(key, value)?)
    }

    fn input_named(&mut self, name: &str) -> Result<&mut InputDecl, PipelineError> {
        let help = suggest(name, self.inputs.iter().map(|i| i.name.as_str()), "inputs");
        let missing = || PipelineError::new(format!("there is no input \"{name}\"")).help(help);
        self.inputs.iter_mut().find(|i| i.name == name).ok_or_else(missing)
    }

    fn output_named(&mut self, name: &str) -> Result<&mut OutputDecl, PipelineError> {
        let help = suggest(name, self.outputs.iter().map(|o| o.name.as_str()), "outputs");
        let missing = || PipelineError::new(format!("there is no output \"{name}\"")).help(help);
        self.outputs.iter_mut().find(|o| o.name == name).ok_or_else(missing)
    }
}

impl InputDecl {
    /// Sets one key from a value that was not written in the file.
    fn set_field(&mut self, key: &str, value: &Toml) -> Result<(), PipelineError> {
        fields::input_key(self, key, value)?;
        self.places.forget(key);
        Ok(())
    }

    /// Sets the path, or every key of an inline table.
    pub(super) fn set_argument(&mut self, value: &str) -> Result<(), PipelineError> {
        let value = path_or_value("path", value)?;
        match value.as_inline_table() {
            Some(table) => table.iter().try_for_each(|(key, value)| self.set_field(key, value)),
            None => self.set_field("path", &value),
        }
    }
}

impl OutputDecl {
    fn set_field(&mut self, key: &str, value: &Toml) -> Result<(), PipelineError> {
        fields::output_key(self, key, value)?;
        self.places.forget(key);
        Ok(())
    }

    fn set_argument(&mut self, value: &str) -> Result<(), PipelineError> {
        let value = path_or_value("path", value)?;
        match value.as_inline_table() {
            Some(table) => table.iter().try_for_each(|(key, value)| self.set_field(key, value)),
            None => self.set_field("path", &value),
        }
    }
}

/// A value; where a path is meant, `2020` and `a b.npy` are paths as they stand.
fn path_or_value(key: &str, text: &str) -> Result<Toml, PipelineError> {
    let quoted = text.trim_start().starts_with(['"', '\'', '{']);
    if key == "path" && !quoted && !text.is_empty() { Ok(Toml::from(text)) } else { word_value(key, text) }
}

fn known(key: &str, owner: &str, keys: &[&str]) -> Result<(), PipelineError> {
    if keys.contains(&key) { Ok(()) } else { Err(unknown_key(key, owner, keys)) }
}
