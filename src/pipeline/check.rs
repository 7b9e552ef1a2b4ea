//! What can be said of a pipeline without its arrays: that its names are distinct and known, its
//! kernels exist and take their parameters, and its steps have an order. Owns the meaning of names;
//! knows no shape and no dtype.

use super::error::suggest;
use super::fields::check_name;
use super::{Pipeline, PipelineError, Span, StepDecl};
use crate::kernel::{BindError, Kernel, KernelInfo, Params, Value, nearest, registry};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// What a name stands for; steps by their place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Input(usize),
    Step(usize),
}

/// A step whose kernel is known.
#[derive(Debug)]
pub(super) struct CheckedStep {
    pub kernel: Box<dyn Kernel>,
    pub kernel_name: &'static str,
    /// The names of what it takes, as the step says them, and what they stand for.
    pub takes: Vec<(String, Target)>,
}

/// A pipeline in which every name stands for something.
#[derive(Debug)]
pub(super) struct Checked {
    /// One for each step, in the order of the file.
    pub steps: Vec<CheckedStep>,
    /// The steps that lead to an output, each after what it takes; file order where that is free.
    pub order: Vec<usize>,
    /// What each output writes.
    pub outputs: Vec<Target>,
    pub warnings: Vec<String>,
}

impl Pipeline {
    /// Checks all that needs no array: names, kernels, parameters, cycles. Gives warnings about what
    /// is never used. To call before any file is opened.
    pub fn check(&self) -> Result<Vec<String>, PipelineError> {
        Ok(self.check_with(registry())?.warnings)
    }

    /// What each step takes, in the order of the file: the names by which its kernel knows the arrays, each with the
    /// input or step that it stands for. Fails as [`Pipeline::check`] does.
    ///
    /// ```
    /// use tilewise::pipeline::Pipeline;
    /// let text = "[inputs]\nraw = 'a.npy'\n[[step]]\nkernel = 'mean'\n[[step]]\nexpr = 'raw - x'\n[outputs]\nexpr = 'b.npy'\n";
    /// let takes = Pipeline::parse(text)?.takes()?;
    /// assert_eq!(takes[0], [("raw".to_string(), "raw".to_string())]);
    /// assert_eq!(takes[1], [("raw".to_string(), "raw".to_string()), ("x".to_string(), "mean".to_string())]);
    /// # Ok::<(), tilewise::pipeline::PipelineError>(())
    /// ```
    pub fn takes(&self) -> Result<Vec<Vec<(String, String)>>, PipelineError> {
        let steps = self.check_with(registry())?.steps;
        let named = |(name, target): (String, Target)| (name, self.target_name(target).to_string());
        Ok(steps.into_iter().map(|s| s.takes.into_iter().map(named).collect()).collect())
    }

    pub(super) fn check_with(&self, kernels: &[KernelInfo]) -> Result<Checked, PipelineError> {
        self.check_names()?;
        let names: HashMap<&str, Target> = self.targets().collect();
        let mut steps = Vec::with_capacity(self.steps.len());
        for (i, decl) in self.steps.iter().enumerate() {
            let info = find(kernels, decl)?;
            let kernel = Params::check(info.params, &decl.params)
                .and_then(|params| (info.parse)(&params))
                .map_err(|e| refused(decl, info, e))?;
            let takes = self.resolve(i, kernel.as_ref(), &names)?;
            steps.push(CheckedStep { kernel, kernel_name: info.name, takes });
        }
        let order = self.order(&steps)?;
        let outputs = self.output_targets(&names)?;
        let live = live(&steps, &outputs);
        let warnings = self.warnings(&steps, &outputs, &live);
        Ok(Checked { order: order.into_iter().filter(|i| live[*i]).collect(), steps, outputs, warnings })
    }

    /// Checks that there is something to do, and that names can be told apart.
    pub(super) fn check_names(&self) -> Result<(), PipelineError> {
        if self.inputs.is_empty() {
            let error = PipelineError::new("the pipeline has no inputs").at(self.places.value("inputs"));
            return Err(error.help("write [inputs], and below it: raw = \"stack.npy\""));
        }
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for input in &self.inputs {
            check_name(&input.name, "an input").map_err(|e| e.at(input.places.whole()))?;
            if seen.insert(&input.name, "input").is_some() {
                let error = PipelineError::new(format!("two inputs are called \"{}\"", input.name));
                return Err(error.at(input.places.whole()).label("the second one").help("rename one of them"));
            }
        }
        for step in &self.steps {
            let place = step.places.value("name").or_else(|| step.place());
            check_name(&step.name, "a step").map_err(|e| e.at(place.clone()))?;
            if let Some(what) = seen.insert(&step.name, "step") {
                let message = match what {
                    "input" => format!("a step and an input are both called \"{}\"", step.name),
                    _ => format!("two steps are called \"{}\"", step.name),
                };
                let help = "give it another name: name = \"…\" (without one, a step has the name of its kernel)";
                return Err(PipelineError::new(message).at(place).label("the second of that name").help(help));
            }
        }
        self.check_outputs()
    }

    fn check_outputs(&self) -> Result<(), PipelineError> {
        if self.outputs.is_empty() {
            let error = PipelineError::new("the pipeline has no outputs").at(self.places.value("outputs"));
            let name = self.names().last().unwrap_or("result");
            return Err(error
                .label("nothing is written")
                .help(format!("write [outputs], and below it: {name} = \"out.npy\"")));
        }
        // Other spellings of one path are found where files are opened.
        let mut paths: HashMap<&str, String> =
            self.inputs.iter().map(|i| (i.path.as_str(), format!("the input \"{}\"", i.name))).collect();
        let mut names = HashSet::new();
        for output in &self.outputs {
            check_name(&output.name, "an output").map_err(|e| e.at(output.places.whole()))?;
            if !names.insert(&output.name) {
                let error = PipelineError::new(format!("two outputs are called \"{}\"", output.name));
                return Err(error.at(output.places.whole()).help("rename one of them"));
            }
            let owner = format!("the output \"{}\"", output.name);
            // "-" is standard output, which takes any number of small results.
            if output.path != "-"
                && let Some(other) = paths.insert(&output.path, owner.clone())
            {
                let message = format!("{owner} has the path of {other}: {}", output.path);
                let error = PipelineError::new(message).at(output.places.value("path")).at(output.places.whole());
                return Err(error.label("taken already").help("write to another file"));
            }
        }
        Ok(())
    }

    fn targets(&self) -> impl Iterator<Item = (&str, Target)> {
        let inputs = self.inputs.iter().enumerate().map(|(i, d)| (d.name.as_str(), Target::Input(i)));
        inputs.chain(self.steps.iter().enumerate().map(|(i, d)| (d.name.as_str(), Target::Step(i))))
    }

    fn target_name(&self, target: Target) -> &str {
        match target {
            Target::Input(i) => &self.inputs[i].name,
            Target::Step(i) => &self.steps[i].name,
        }
    }

    /// What a step takes: the arrays its kernel names, or the one it receives.
    fn resolve(
        &self,
        step: usize,
        kernel: &dyn Kernel,
        names: &HashMap<&str, Target>,
    ) -> Result<Vec<(String, Target)>, PipelineError> {
        let decl = &self.steps[step];
        let unknown = |name: &str, span: Option<Span>| {
            let help = suggest(name, self.names().filter(|n| *n != decl.name), "inputs and steps");
            PipelineError::new(format!("there is no input or step \"{name}\"")).at(span).label("unknown").help(help)
        };
        let received = match (&decl.from, step, self.inputs.len()) {
            (Some(from), ..) => match names.get(from.as_str()) {
                Some(target) => Some(*target),
                None => return Err(unknown(from, decl.param_place("from")).step(&decl.name)),
            },
            (None, 0, 1) => Some(Target::Input(0)),
            (None, 0, _) => None,
            (None, ..) => Some(Target::Step(step - 1)),
        };
        let receive = || {
            let target = received.ok_or_else(|| self.undecided(decl))?;
            Ok((self.target_name(target).to_string(), target))
        };
        let wanted = kernel.input_names();
        if wanted.is_empty() {
            return Ok(vec![receive()?]);
        }
        let take = |name: String| match names.get(name.as_str()) {
            Some(target) => Ok((name, *target)),
            None if name.is_empty() => receive(),
            None if name == "x" => Ok((name, receive()?.1)),
            None => Err(unknown(&name, name_place(decl, &name)).step(&decl.name)),
        };
        wanted.into_iter().map(take).collect()
    }

    /// The first step of a pipeline with several inputs must say which it takes.
    fn undecided(&self, decl: &StepDecl) -> PipelineError {
        let names: Vec<String> = self.inputs.iter().map(|i| format!("from = \"{}\"", i.name)).collect();
        PipelineError::new("the step does not say which array it takes")
            .step(&decl.name)
            .at(decl.place())
            .label(format!("the first step, and there are {} inputs", self.inputs.len()))
            .help(format!("say {}", names.join(" or ")))
    }

    fn output_targets(&self, names: &HashMap<&str, Target>) -> Result<Vec<Target>, PipelineError> {
        let find = |output: &super::OutputDecl| {
            names.get(output.from.as_str()).copied().ok_or_else(|| {
                let message = format!("the output \"{}\" is of no known step: \"{}\"", output.name, output.from);
                let help = suggest(&output.from, self.names(), "inputs and steps");
                PipelineError::new(message)
                    .at(output.places.value("from"))
                    .at(output.places.whole())
                    .label("unknown")
                    .help(format!("{help} (from = \"…\" names the step where the output's own name does not)"))
            })
        };
        self.outputs.iter().map(find).collect()
    }

    /// All steps, each after what it takes, the first in the file first.
    fn order(&self, steps: &[CheckedStep]) -> Result<Vec<usize>, PipelineError> {
        let mut waits: Vec<usize> = steps.iter().map(|s| needs(s).count()).collect();
        let mut users = vec![Vec::new(); steps.len()];
        for (i, step) in steps.iter().enumerate() {
            needs(step).for_each(|need| users[need].push(i));
        }
        let mut ready: BinaryHeap<Reverse<usize>> = (0..steps.len()).filter(|i| waits[*i] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(steps.len());
        while let Some(Reverse(step)) = ready.pop() {
            order.push(step);
            for &user in &users[step] {
                waits[user] -= 1;
                if waits[user] == 0 {
                    ready.push(Reverse(user));
                }
            }
        }
        match waits.iter().position(|n| *n > 0) {
            None => Ok(order),
            Some(stuck) => Err(self.cycle(steps, &waits, stuck)),
        }
    }

    /// Names the cycle that `stuck` is in or waits for, in the direction in which data would flow.
    fn cycle(&self, steps: &[CheckedStep], waits: &[usize], stuck: usize) -> PipelineError {
        // Whatever waits, waits for something that waits: going there ends in the cycle.
        let next = |step: usize| needs(&steps[step]).find(|n| waits[*n] > 0).unwrap_or(step);
        let mut seen = HashSet::new();
        let mut at = stuck;
        while seen.insert(at) {
            at = next(at);
        }
        let mut ring = vec![at];
        while next(ring[ring.len() - 1]) != at {
            ring.push(next(ring[ring.len() - 1]));
        }
        ring.reverse();
        let first = (0..ring.len()).min_by_key(|i| ring[*i]).unwrap_or(0);
        ring.rotate_left(first);
        ring.push(ring[0]);
        let names: Vec<&str> = ring.iter().map(|i| self.steps[*i].name.as_str()).collect();
        let (decl, taken) = (&self.steps[ring[0]], names[names.len() - 2]);
        let span = decl.places.value("from").or_else(|| name_place(decl, taken));
        PipelineError::new(format!("the steps form a cycle: {}", names.join(" → ")))
            .step(&decl.name)
            .at(span)
            .label(format!("\"{}\" takes \"{taken}\" here", decl.name))
            .help("let one of them take an input or an earlier step")
    }

    fn warnings(&self, steps: &[CheckedStep], outputs: &[Target], live: &[bool]) -> Vec<String> {
        let quoted = |names: Vec<&str>| names.iter().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(", ");
        let mut warnings = Vec::new();
        let dead: Vec<&str> =
            self.steps.iter().zip(live).filter(|(_, live)| !**live).map(|(s, _)| s.name.as_str()).collect();
        match dead.len() {
            0 => {}
            1 => warnings.push(format!("the step {} leads to no output and is left out", quoted(dead))),
            _ => warnings.push(format!("the steps {} lead to no output and are left out", quoted(dead))),
        }
        let taken = steps.iter().zip(live).filter(|(_, live)| **live).flat_map(|(s, _)| s.takes.iter().map(|t| t.1));
        let used: HashSet<usize> = taken.chain(outputs.iter().copied()).filter_map(input_of).collect();
        let idle: Vec<&str> =
            (0..self.inputs.len()).filter(|i| !used.contains(i)).map(|i| self.inputs[i].name.as_str()).collect();
        match idle.len() {
            0 => {}
            1 => warnings.push(format!("the input {} is not used", quoted(idle))),
            _ => warnings.push(format!("the inputs {} are not used", quoted(idle))),
        }
        warnings
    }
}

fn input_of(target: Target) -> Option<usize> {
    if let Target::Input(i) = target { Some(i) } else { None }
}

/// The steps a step takes; twice where it takes one twice.
fn needs(step: &CheckedStep) -> impl Iterator<Item = usize> {
    step.takes.iter().filter_map(|(_, target)| if let Target::Step(i) = target { Some(*i) } else { None })
}

/// Which steps lead to an output.
fn live(steps: &[CheckedStep], outputs: &[Target]) -> Vec<bool> {
    let mut live = vec![false; steps.len()];
    let mut left: Vec<usize> =
        outputs.iter().filter_map(|t| if let Target::Step(i) = t { Some(*i) } else { None }).collect();
    while let Some(step) = left.pop() {
        if !live[step] {
            live[step] = true;
            left.extend(needs(&steps[step]));
        }
    }
    live
}

fn find<'k>(kernels: &'k [KernelInfo], decl: &StepDecl) -> Result<&'k KernelInfo, PipelineError> {
    kernels.iter().find(|k| k.name == decl.kernel).ok_or_else(|| {
        let help = match nearest(&decl.kernel, kernels.iter().map(|k| k.name)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "tilewise kernels lists them".to_string(),
        };
        let error = PipelineError::new(format!("there is no kernel {:?}", decl.kernel)).at(decl.place());
        let error = error.label("unknown kernel").help(help);
        // An unnamed step has no other name than the one that is wrong.
        if decl.name == decl.kernel { error } else { error.step(&decl.name) }
    })
}

/// A kernel's refusal, at the parameter that is to blame.
pub(super) fn refused(decl: &StepDecl, info: &KernelInfo, e: BindError) -> PipelineError {
    let mut error = PipelineError { help: e.help, ..PipelineError::new(e.message) }.step(&decl.name);
    let Some(param) = e.param else {
        return error.at(decl.place());
    };
    let known = |name: &str| info.params.iter().any(|p| p.name == name || (p.name == "axes" && name == "axis"));
    if let (Some(place), Some(start)) = (e.place, decl.places.text(&param)) {
        error = PipelineError { message: place.message, ..error };
        error = error.at(Some(start + place.span.start..start + place.span.end));
    }
    if !known(&param) {
        error = error.at(decl.places.key(&param)).label(format!("not a parameter of {}", info.name));
    } else if param == "axes" && decl.places.value("axes").is_none() {
        error = error.at(decl.places.value("axis"));
    }
    error.at(decl.param_place(&param))
}

/// Where a step names an array: the word in its expression, else the parameter that says it, else
/// the step.
fn name_place(decl: &StepDecl, name: &str) -> Option<Span> {
    let is_name = |value: &Value| matches!(value, Value::Str(s) if s == name);
    let says = |value: &Value| is_name(value) || matches!(value, Value::List(l) if l.iter().any(is_name));
    if let Some((param, _)) = decl.params.iter().find(|(_, v)| says(v)) {
        return decl.param_place(param);
    }
    let text = decl.params.iter().find_map(|(key, v)| match v {
        Value::Str(s) if key == "expr" => Some(s),
        _ => None,
    });
    let span = decl.param_place("expr");
    let (Some(text), Some(start)) = (text, decl.places.text("expr")) else { return span };
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let found = text
        .match_indices(name)
        .find(|(at, _)| !word(text[..*at].chars().next_back()) && !word(text[at + name.len()..].chars().next()));
    found.map(|(at, _)| start + at..start + at + name.len()).or(span)
}
