//! Parameters of kernels: declared once, checked once, used by files, commands, help and docs.

use super::BindError;
use crate::array::{ArraySpec, DType};
use std::collections::BTreeMap;

/// A parameter's value as written in a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Value>),
}

/// What a parameter accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Bool,
    /// A whole number, bounds inclusive.
    Int {
        min: i64,
        max: i64,
    },
    /// A number, bounds inclusive; NaN is refused, infinities only where the bounds are infinite.
    Float {
        min: f64,
        max: f64,
    },
    /// One [`Kind::Float`] for all axes, or a list with one for each axis named in `axes`.
    Floats {
        min: f64,
        max: f64,
    },
    /// One [`Kind::Int`] for all axes, or a list with one for each axis named in `axes`.
    Ints {
        min: i64,
        max: i64,
    },
    /// One [`Kind::Float`], or a list with at least one.
    Numbers {
        min: f64,
        max: f64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Some of these words, or one.
    Words(&'static [&'static str]),
    /// Axis numbers (negative from the end), one or several, or letters (`"yx"`).
    Axes,
    /// A dtype's name.
    DType,
    /// A whole number of at least 1, or a duration as a text.
    Length,
    /// Free text.
    Text,
    /// The names of one or several arrays of the pipeline: inputs or steps.
    Arrays,
}

/// One parameter of a kernel.
#[derive(Clone, Copy, Debug)]
pub struct ParamInfo {
    pub name: &'static str,
    pub kind: Kind,
    /// The default as it would be written; `None` where the parameter is required. An empty text
    /// means "unset", and `doc` says what that does.
    pub default: Option<&'static str>,
    pub doc: &'static str,
}

/// Parameters that passed [`Params::check`]: every name known, every value of its kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    values: BTreeMap<&'static str, Value>,
}

impl Value {
    /// The value as it is written in TOML.
    pub fn to_toml(&self) -> String {
        match self {
            Value::Bool(b) => b.to_string(),
            Value::Int(i) => i.to_string(),
            Value::Float(f) if f.is_nan() => "nan".into(),
            Value::Float(f) if f.is_infinite() => {
                if *f > 0.0 {
                    "inf".into()
                } else {
                    "-inf".into()
                }
            }
            Value::Float(f) => format!("{f:?}"),
            Value::Str(s) => serde_json::Value::from(s.as_str()).to_string(),
            Value::List(l) => format!("[{}]", l.iter().map(Value::to_toml).collect::<Vec<_>>().join(", ")),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Value::Int(i) => Some(*i as f64),
            Value::Float(f) => Some(*f),
            _ => None,
        }
    }
}

impl Kind {
    /// What is allowed, in words.
    pub fn describe(&self) -> String {
        // Bounds that only keep infinities and NaN out are not worth their three hundred digits.
        let range = |min: f64, max: f64| match (min > f64::MIN, max < f64::MAX) {
            (true, true) => format!(" from {min} to {max}"),
            (true, false) if min == f64::MIN_POSITIVE => " above 0".to_string(),
            (true, false) => format!(" of at least {min}"),
            (false, true) => format!(" of at most {max}"),
            (false, false) => String::new(),
        };
        let ints = |min: i64, max: i64| {
            range(
                if min == i64::MIN { f64::NEG_INFINITY } else { min as f64 },
                if max == i64::MAX { f64::INFINITY } else { max as f64 },
            )
        };
        match *self {
            Kind::Bool => "true or false".into(),
            Kind::Int { min, max } => format!("a whole number{}", ints(min, max)),
            Kind::Float { min, max } => format!("a number{}", range(min, max)),
            Kind::Floats { min, max } => format!("a number{}, or a list with one for each axis", range(min, max)),
            Kind::Ints { min, max } => format!("a whole number{}, or a list with one for each axis", ints(min, max)),
            Kind::Numbers { min, max } => format!("a number{}, or a list of such numbers", range(min, max)),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::Words(words) => format!("one or several of {}", words.join(", ")),
            Kind::Axes => "axis numbers or letters (2, [0, 1], \"yx\")".into(),
            Kind::DType => "a dtype (bool u8 u16 u32 u64 i8 i16 i32 i64 f16 bf16 f32 f64 c64 c128)".into(),
            Kind::Length => "a whole number of at least 1, or a duration (\"90s\")".into(),
            Kind::Text => "a text".into(),
            Kind::Arrays => "the name of an input or a step, or a list of such names".into(),
        }
    }

    fn accepts(&self, value: &Value) -> bool {
        match (self, value) {
            (Kind::Bool, Value::Bool(_)) | (Kind::Text, Value::Str(_)) => true,
            (Kind::Int { min, max }, Value::Int(i)) => (min..=max).contains(&i),
            (Kind::Float { min, max }, v) => v.number().is_some_and(|f| {
                (*min..=*max).contains(&f) && (f.is_finite() || (min.is_infinite() && max.is_infinite()))
            }),
            (Kind::Floats { min, max } | Kind::Numbers { min, max }, Value::List(l)) => {
                !l.is_empty() && l.iter().all(|v| Kind::Float { min: *min, max: *max }.accepts(v))
            }
            (Kind::Floats { min, max } | Kind::Numbers { min, max }, v) => {
                Kind::Float { min: *min, max: *max }.accepts(v)
            }
            (Kind::Ints { min, max }, Value::List(l)) => {
                !l.is_empty() && l.iter().all(|v| Kind::Int { min: *min, max: *max }.accepts(v))
            }
            (Kind::Ints { min, max }, v) => Kind::Int { min: *min, max: *max }.accepts(v),
            (Kind::Choice(words), Value::Str(s)) => words.contains(&s.as_str()),
            (Kind::Length, Value::Int(i)) => *i >= 1,
            (Kind::Length, Value::Str(s)) => !s.is_empty(),
            (Kind::Words(words), Value::Str(s)) => words.contains(&s.as_str()),
            (Kind::Words(words), Value::List(l)) => {
                !l.is_empty() && l.iter().all(|v| matches!(v, Value::Str(s) if words.contains(&s.as_str())))
            }
            (Kind::Axes, Value::Int(_)) => true,
            (Kind::Axes, Value::Str(s)) => !s.is_empty(),
            (Kind::Axes, Value::List(l)) => {
                l.iter().all(|v| matches!(v, Value::Int(_)) || matches!(v, Value::Str(s) if s.chars().count() == 1))
            }
            (Kind::DType, Value::Str(s)) => DType::parse(s).is_some(),
            (Kind::Arrays, Value::Str(s)) => !s.is_empty(),
            (Kind::Arrays, Value::List(l)) => {
                !l.is_empty() && l.iter().all(|v| matches!(v, Value::Str(s) if !s.is_empty()))
            }
            _ => false,
        }
    }
}

impl Params {
    /// Checks names and values against a kernel's declaration; required ones must be there.
    /// `axis` is taken as `axes`. The error names the parameter and what is allowed.
    pub fn check(infos: &[ParamInfo], given: &[(String, Value)]) -> Result<Params, BindError> {
        let mut values = BTreeMap::new();
        for (name, value) in given {
            let plain = if name == "axis" { "axes" } else { name.as_str() };
            let Some(info) = infos.iter().find(|i| i.name == plain) else {
                let near = super::nearest(plain, infos.iter().map(|i| i.name));
                let known = infos.iter().map(|i| i.name).collect::<Vec<_>>().join(", ");
                let help = match near {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None if known.is_empty() => "it takes no parameters".to_string(),
                    None => format!("it takes: {known}"),
                };
                return Err(BindError::param(name, format!("unknown parameter \"{name}\"")).help(help));
            };
            if !info.kind.accepts(value) {
                let message = format!("{name} = {} is not allowed: it takes {}", value.to_toml(), info.kind.describe());
                return Err(BindError::param(name, message));
            }
            if values.insert(info.name, value.clone()).is_some() {
                return Err(BindError::param(
                    name,
                    format!("\"{}\" is given twice (axis is the same as axes)", info.name),
                ));
            }
        }
        match infos.iter().find(|i| i.default.is_none() && !values.contains_key(i.name)) {
            None => Ok(Params { values }),
            Some(missing) => Err(BindError::new(format!("the parameter \"{}\" is missing", missing.name))
                .help(format!("{} = …: {}", missing.name, missing.kind.describe()))),
        }
    }

    /// The value as given, if it was.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// A switch, `default` where it is not given.
    pub fn bool(&self, name: &str, default: bool) -> bool {
        match self.get(name) {
            Some(Value::Bool(b)) => *b,
            _ => default,
        }
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Value::Int(i)) => Some(*i),
            _ => None,
        }
    }

    /// A number.
    pub fn float(&self, name: &str) -> Option<f64> {
        self.get(name).and_then(Value::number)
    }

    /// All numbers of a list, or the one that was given.
    pub fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        match self.get(name)? {
            Value::List(l) => Some(l.iter().filter_map(Value::number).collect()),
            v => v.number().map(|x| vec![x]),
        }
    }

    /// Whether a list was given.
    pub fn is_list(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::List(_)))
    }

    /// A word or text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Str(s)) => Some(s),
            _ => None,
        }
    }

    /// All names of a list, or the one that was given.
    pub fn names(&self, name: &str) -> Vec<String> {
        let text = |v: &Value| if let Value::Str(s) = v { Some(s.clone()) } else { None };
        match self.get(name) {
            Some(Value::List(l)) => l.iter().filter_map(text).collect(),
            Some(v) => text(v).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// A dtype.
    pub fn dtype(&self, name: &str) -> Option<DType> {
        self.text(name).and_then(DType::parse)
    }

    /// One number for each of `axes` axes: repeated where one was given. A list of another length is
    /// an error.
    pub fn floats(&self, name: &str, axes: usize) -> Result<Option<Vec<f64>>, BindError> {
        let list = match self.get(name) {
            None => return Ok(None),
            Some(Value::List(l)) => l.iter().filter_map(Value::number).collect::<Vec<_>>(),
            Some(v) => vec![v.number().unwrap_or(f64::NAN); axes],
        };
        if list.len() != axes {
            let message = format!("{name} has {} entries, the step works along {axes} axes", list.len());
            return Err(BindError::param(name, message).help("give one number for all axes, or one for each"));
        }
        Ok(Some(list))
    }

    /// One whole number for each axis; see [`Params::floats`].
    pub fn ints(&self, name: &str, axes: usize) -> Result<Option<Vec<i64>>, BindError> {
        let entry = |v: &Value| if let Value::Int(i) = v { *i } else { 0 };
        let list = match self.get(name) {
            None => return Ok(None),
            Some(Value::List(l)) => l.iter().map(entry).collect::<Vec<_>>(),
            Some(v) => vec![entry(v); axes],
        };
        if list.len() != axes {
            let message = format!("{name} has {} entries, the step works along {axes} axes", list.len());
            return Err(BindError::param(name, message).help("give one number for all axes, or one for each"));
        }
        Ok(Some(list))
    }

    /// The axes the step was told to work along, as indices in the order they were given; `None` where it was not told.
    pub fn axes(&self, spec: &ArraySpec) -> Result<Option<Vec<usize>>, BindError> {
        self.axes_of("axes", spec)
    }

    /// As [`Params::axes`], for a parameter of another name.
    pub fn axes_of(&self, name: &str, spec: &ArraySpec) -> Result<Option<Vec<usize>>, BindError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let mut axes = Vec::new();
        let letters = |s: &str, axes: &mut Vec<usize>| -> Result<(), BindError> {
            for c in s.chars() {
                axes.push(spec.resolve_name(c)?);
            }
            Ok(())
        };
        match value {
            Value::Int(i) => axes.push(spec.resolve_axis(*i)?),
            Value::Str(s) => letters(s, &mut axes)?,
            Value::List(l) => {
                for v in l {
                    match v {
                        Value::Int(i) => axes.push(spec.resolve_axis(*i)?),
                        Value::Str(s) => letters(s, &mut axes)?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        for (i, a) in axes.iter().enumerate() {
            if axes[..i].contains(a) {
                return Err(crate::array::AxisError::Twice { axis: spec.axis_label(*a) }.into());
            }
        }
        Ok(Some(axes))
    }
}
