//! Reads the text of a pipeline. Owns the layout of the file — tables, keys, where each stands —
//! and leaves what values mean to `fields` and what names mean to `check`.

use super::error::suggest;
use super::fields::{self, INPUT_KEYS, OUTPUT_KEYS, SCHEDULE_KEYS, STEP_KEYS, check_name, unknown_key};
use super::{InputDecl, OutputDecl, Pipeline, PipelineError, Places, ScheduleDecl, Span, StepDecl};
use crate::kernel::Value;
use toml_edit::{Document, Item, TableLike};

const EXAMPLE: &str = "a pipeline begins like this:
    [inputs]
    raw = \"stack.npy\"
    [[step]]
    kernel = \"gaussian\"
    sigma = 1.5
    [outputs]
    gaussian = \"smooth.npy\"";

impl Pipeline {
    /// Reads the text of a pipeline file. Syntax, keys and values are checked here; kernels and
    /// names by [`Pipeline::check`]. The first thing wrong is returned, with its place.
    pub fn parse(text: &str) -> Result<Pipeline, PipelineError> {
        let document = Document::parse(text).map_err(|e| syntax(&e, text))?;
        let root = document.as_table();
        if root.is_empty() {
            let (_, last) = ends(text);
            return Err(PipelineError::new("the pipeline is empty").at(last).help(EXAMPLE));
        }
        let mut pipeline = Pipeline::new();
        for (key, item) in root.iter() {
            let place = root.key(key).and_then(|k| k.span()).or_else(|| item.span());
            match key {
                "inputs" => {
                    pipeline.inputs = entries(key, item, place, input)?;
                    pipeline.places.set(key, item.span(), item.span());
                }
                "step" => pipeline.steps = steps(item, place, text)?,
                "outputs" => {
                    pipeline.outputs = entries(key, item, place, output)?;
                    pipeline.places.set(key, item.span(), item.span());
                }
                "schedule" => pipeline.schedule = schedule(item, place)?,
                _ => {
                    let known = ["inputs", "step", "outputs", "schedule"];
                    let error = PipelineError::new(format!("unknown table {key:?}")).label("not part of a pipeline");
                    return Err(error.at(place).help(suggest(key, known, "parts of a pipeline")));
                }
            }
        }
        // What is missing has no place of its own: inputs belong at the top, outputs at the end.
        let (first, last) = ends(text);
        for (key, place) in [("inputs", first), ("outputs", last)] {
            if pipeline.places.value(key).is_none() {
                pipeline.places.set(key, None, place);
            }
        }
        pipeline.check_names()?;
        Ok(pipeline)
    }
}

fn syntax(e: &toml_edit::TomlError, text: &str) -> PipelineError {
    // The reason may run over several lines; what matters comes first.
    let message = e.message().lines().next().unwrap_or("this cannot be read").to_string();
    let place = e.span().or_else(|| ends(text).1);
    PipelineError::new(format!("not valid TOML: {message}")).at(place).label("here")
}

/// The first and the last line that say something.
fn ends(text: &str) -> (Option<Span>, Option<Span>) {
    let mut at = 0;
    let lines = text.split_inclusive('\n').filter_map(|line| {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        (!line.trim().is_empty()).then(|| start..start + line.trim().len())
    });
    let lines: Vec<Span> = lines.collect();
    (lines.first().cloned(), lines.last().cloned())
}

/// Every entry of `[inputs]` or `[outputs]`.
fn entries<T>(
    table: &str,
    item: &Item,
    place: Option<Span>,
    read: fn(&str, &Item, Option<Span>) -> Result<T, PipelineError>,
) -> Result<Vec<T>, PipelineError> {
    let Some(entries) = item.as_table_like() else {
        let help = format!("write [{table}], and below it one line for each: name = \"path\"");
        return Err(PipelineError::new(format!("{table} is not a table")).at(place).help(help));
    };
    entries.iter().map(|(name, item)| read(name, item, key_place(entries, name))).collect()
}

fn key_place(table: &dyn TableLike, key: &str) -> Option<Span> {
    table.key(key).and_then(|k| k.span())
}

/// Hands every key of a table that is known to `set`, and notes where it stands.
fn keys(
    table: &dyn TableLike,
    owner: &str,
    known: &[&str],
    places: &mut Places,
    mut set: impl FnMut(&str, &toml_edit::Value) -> Result<(), PipelineError>,
) -> Result<(), PipelineError> {
    for (key, item) in table.iter() {
        let place = key_place(table, key);
        if !known.contains(&key) {
            return Err(unknown_key(key, owner, known).at(place));
        }
        let Some(value) = item.as_value() else {
            return Err(PipelineError::new(format!("{key} is a value, not a table")).at(place));
        };
        set(key, value).map_err(|e| e.at(value.span()).at(place.clone()))?;
        places.set(key, place, value.span());
    }
    Ok(())
}

/// One entry of `[inputs]`: a path or a table.
pub(super) fn input(name: &str, item: &Item, place: Option<Span>) -> Result<InputDecl, PipelineError> {
    check_name(name, "an input").map_err(|e| e.at(place.clone()))?;
    let mut input = InputDecl::new(name, "");
    let mut places = Places::default();
    match (item.as_table_like(), item.as_value()) {
        (Some(table), _) => {
            keys(table, "an input", &INPUT_KEYS, &mut places, |k, v| fields::input_key(&mut input, k, v))?
        }
        (None, Some(value)) => {
            fields::input_key(&mut input, "path", value).map_err(|e| e.at(value.span()))?;
            places.set("path", place.clone(), value.span());
        }
        (None, None) => {}
    }
    if input.path.is_empty() {
        return Err(no_path("input", name, item, place));
    }
    places.set_whole(place);
    Ok(InputDecl { places, ..input })
}

/// One entry of `[outputs]`: a path or a table.
pub(super) fn output(name: &str, item: &Item, place: Option<Span>) -> Result<OutputDecl, PipelineError> {
    check_name(name, "an output").map_err(|e| e.at(place.clone()))?;
    let mut output = OutputDecl::new(name, "");
    let mut places = Places::default();
    match (item.as_table_like(), item.as_value()) {
        (Some(table), _) => {
            keys(table, "an output", &OUTPUT_KEYS, &mut places, |k, v| fields::output_key(&mut output, k, v))?
        }
        (None, Some(value)) => {
            fields::output_key(&mut output, "path", value).map_err(|e| e.at(value.span()))?;
            places.set("path", place.clone(), value.span());
        }
        (None, None) => {}
    }
    if output.path.is_empty() {
        return Err(no_path("output", name, item, place));
    }
    places.set_whole(place);
    Ok(OutputDecl { places, ..output })
}

fn no_path(what: &str, name: &str, item: &Item, place: Option<Span>) -> PipelineError {
    let message = format!("the {what} \"{name}\" has no path");
    PipelineError::new(message).at(item.span()).at(place).help("write path = \"…\", or only the path in quotes")
}

fn steps(item: &Item, place: Option<Span>, file: &str) -> Result<Vec<StepDecl>, PipelineError> {
    let help = "write [[step]], in double brackets, above each step";
    let wrong = |span: Option<Span>| {
        PipelineError::new("steps are a list").at(span).at(place.clone()).label("one table").help(help)
    };
    match item {
        Item::ArrayOfTables(tables) => tables.iter().map(|t| step(t, t.span(), file)).collect(),
        Item::Value(toml_edit::Value::Array(list)) => {
            let one = |v: &toml_edit::Value| match v.as_inline_table() {
                Some(table) => step(table, v.span(), file),
                None => Err(PipelineError::new("a step is a table").at(v.span()).help(help)),
            };
            list.iter().map(one).collect()
        }
        other => Err(wrong(other.span())),
    }
}

/// One step; `place` is its header, `file` the text of the file.
fn step(table: &dyn TableLike, place: Option<Span>, file: &str) -> Result<StepDecl, PipelineError> {
    let (mut name, mut kernel, mut from) = (None, None, None);
    let mut params = Vec::new();
    let mut places = Places::default();
    for (key, item) in table.iter() {
        let (key_span, value_span) = (key_place(table, key), item.span());
        let read = |what: &str| match item.as_value() {
            Some(value) => fields::text(key, value, what),
            None => Err(PipelineError::new(format!("{key} is a value, not a table"))),
        };
        let done = match key {
            "name" => read("a name").map(|t| name = Some(t)),
            "kernel" => read("the name of a kernel").map(|t| kernel = Some(t)),
            "from" => read("the name of a step or input").map(|t| from = Some(t)),
            _ => match item.as_value().and_then(fields::parameter) {
                Some(value) => {
                    params.push((key.to_string(), value));
                    Ok(())
                }
                None => Err(PipelineError::new(format!("{key} is a date or a table"))
                    .help("parameters are texts, numbers, true or false, or lists of these")),
            },
        };
        done.map_err(|e| e.at(value_span.clone()).at(key_span.clone()))?;
        places.set(key, key_span, value_span);
        if let Some(text) = item.as_str() {
            places.set_text(key, file, text);
        }
    }
    places.set_whole(place.clone());
    let Some(kernel) = kernel.or_else(|| has_expr(&params).then(|| "expr".to_string())) else {
        return Err(no_kernel(&params, &places));
    };
    let name = name.unwrap_or_else(|| kernel.clone());
    Ok(StepDecl { name, kernel, from, params, places })
}

/// Whether an expression stands for the kernel's name.
pub(super) fn has_expr(params: &[(String, Value)]) -> bool {
    params.iter().any(|(name, _)| name == "expr")
}

fn no_kernel(params: &[(String, Value)], places: &Places) -> PipelineError {
    let misspelt = params.iter().find_map(|(key, _)| {
        crate::kernel::nearest(key, STEP_KEYS).filter(|near| *near == "kernel").map(|near| (key, near))
    });
    match misspelt {
        Some((key, near)) => PipelineError::new(format!("unknown key {key:?}: the step has no kernel"))
            .at(places.key(key))
            .label("not a key of a step")
            .help(format!("did you mean \"{near}\"?")),
        None => PipelineError::new("the step has no kernel")
            .at(places.whole())
            .help("say kernel = \"…\" (tilewise kernels lists them) or expr = \"…\""),
    }
}

fn schedule(item: &Item, place: Option<Span>) -> Result<ScheduleDecl, PipelineError> {
    let Some(table) = item.as_table_like() else {
        let help = "write [schedule], and below it memory, threads, io";
        return Err(PipelineError::new("schedule is not a table").at(place).help(help));
    };
    let mut schedule = ScheduleDecl::default();
    let mut places = Places::default();
    keys(table, "the schedule", &SCHEDULE_KEYS, &mut places, |k, v| fields::schedule_key(&mut schedule, k, v))?;
    places.set_whole(place);
    Ok(ScheduleDecl { places, ..schedule })
}
