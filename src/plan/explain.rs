//! A plan for people, for programs, and as a hash.

use super::estimate::about;
use super::measure::grid;
use super::network::{Place, PlanArray};
use super::problem::{Problem, ProblemOutput};
use super::settle::show_bytes;
use super::{Kept, Plan, PlannedPass};
use crate::array::{ArraySpec, Decoded, Facts, Form, IoWay};
use crate::kernel::Order;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// `f32 (512, 1024, 1024) tyx`
pub(super) fn show_spec(spec: &ArraySpec) -> String {
    let extents: Vec<String> = spec.shape.iter().map(u64::to_string).collect();
    let tuple = if extents.len() == 1 { format!("({},)", extents[0]) } else { format!("({})", extents.join(", ")) };
    match spec.axis_names() {
        Some(names) => format!("{} {tuple} {names}", spec.dtype),
        None => format!("{} {tuple}", spec.dtype),
    }
}

/// How the elements of a stored array come into memory.
pub fn show_access(facts: &Facts) -> String {
    match &facts.decoded {
        None if facts.in_place() => "read in place".to_string(),
        None => "converted tile by tile".to_string(),
        Some(Decoded { form: Form::Strided, .. }) => "in memory, gathered tile by tile".to_string(),
        Some(Decoded { form: Form::Frames, .. }) => "decoded frame by frame".to_string(),
        Some(Decoded { form: Form::Text, file_bytes, unpacked_bytes: None, .. }) => {
            format!("parsed from text, {}", show_bytes(*file_bytes))
        }
        Some(Decoded { form: Form::Text, file_bytes, unpacked_bytes: Some(unpacked), .. }) => {
            let (packed, unpacked) = (show_bytes(*file_bytes), show_bytes(*unpacked));
            format!("parsed from text, {unpacked} (unpacked from {packed} into a temporary file)")
        }
    }
}

fn show_shape(shape: &[u64]) -> String {
    shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ")
}

impl Plan {
    /// The plan as text: what a person reads in ten seconds.
    pub fn explain(&self, problem: &Problem) -> String {
        let mut out = String::new();
        let traffic = self.traffic();
        let _ = writeln!(
            out,
            "{}, {} threads, memory {} of {} ({})",
            self.counted_passes(),
            self.threads,
            show_bytes(self.memory.projected),
            show_bytes(self.memory.budget),
            problem.limits.memory_source,
        );
        let halo = match traffic.halo {
            0 => String::new(),
            h => format!(" ({} of it twice, for halos)", show_bytes(h)),
        };
        let _ = writeln!(
            out,
            "reads {}{halo}, writes {}, takes {} of disk",
            show_bytes(traffic.read),
            show_bytes(traffic.written),
            show_bytes(self.disk_bytes),
        );
        for text in self.kept_texts(problem) {
            let _ = writeln!(out, "{text}, copied from the file that is there");
        }
        let _ = writeln!(out, "{}", self.estimate(problem).text(problem.limits.rates.is_some()));
        let _ = writeln!(out, "{}", self.explain_io());
        let _ = writeln!(out, "\ninputs");
        for input in &problem.inputs {
            let how = show_access(&input.facts);
            let bytes = show_bytes(input.facts.spec.bytes().unwrap_or(0));
            let _ =
                writeln!(out, "  {:<10} {}  {bytes}  {how}  {}", input.name, show_spec(&input.facts.spec), input.path);
        }
        let estimates = self.estimates(problem);
        for (i, pass) in self.passes.iter().enumerate() {
            self.explain_pass(problem, i, pass, &mut out);
            if pass.stands_by {
                let _ = writeln!(out, "  stands by: left out where the passes before it find what it is for");
            } else if let Some(e) = estimates.get(i) {
                let _ = writeln!(out, "  time    {}, bound by {}", about(e.seconds), e.bound().name());
            }
        }
        let _ = writeln!(out, "\noutputs");
        for output in &problem.outputs {
            let bytes = show_bytes(output.spec.bytes().unwrap_or(0));
            let whereto = if output.in_memory { "handed back in memory" } else { &output.path };
            let most = if problem.is_bound(output.from) { "at most " } else { "" };
            let _ = writeln!(out, "  {:<10} {most}{}  {bytes}  {whereto}", output.name, show_spec(&output.spec));
        }
        if !self.notes.is_empty() || !self.io.fallbacks.is_empty() {
            let _ = writeln!(out, "\nnotes");
            for note in self.notes.iter().chain(&self.io.fallbacks) {
                let _ = writeln!(out, "  {note}");
            }
        }
        if !self.refused.is_empty() {
            let _ = writeln!(out, "\nrefused");
            for other in &self.refused {
                let _ = writeln!(out, "  {}", other.text());
            }
        }
        out
    }

    /// Where an older result is extended, what stays of each output: `keeps 900 of 1000 along t of clean (3.4 GiB)`.
    pub fn kept_texts(&self, problem: &Problem) -> Vec<String> {
        let text = |(output, kept): (&ProblemOutput, &Kept)| {
            let bytes = output.spec.bytes().unwrap_or(0);
            match kept {
                Kept::Whole => Some(format!("keeps all of {} ({})", output.name, show_bytes(bytes))),
                Kept::Upto { axis, extent } => {
                    let all = output.spec.shape[*axis];
                    let bytes = show_bytes(bytes / all.max(1) * extent);
                    let label = match output.spec.axes.get(*axis).copied().flatten() {
                        Some(letter) => letter.to_string(),
                        None => format!("axis {axis}"),
                    };
                    Some(format!("keeps {extent} of {all} along {label} of {} ({bytes})", output.name))
                }
                Kept::Nothing(_) => None,
            }
        };
        problem.outputs.iter().zip(self.kept.iter().flatten()).filter_map(text).collect()
    }

    /// `2 passes and 1 standing by`.
    fn counted_passes(&self) -> String {
        let sweeps = if self.sweeps() == 1 { "1 pass".to_string() } else { format!("{} passes", self.sweeps()) };
        match self.passes.len() - self.sweeps() {
            0 => sweeps,
            more => format!("{sweeps} and {more} standing by"),
        }
    }

    /// How bytes travel, in a line.
    fn explain_io(&self) -> String {
        let joined = |mut names: Vec<&'static str>| {
            names.sort_unstable();
            names.dedup();
            names.join(" and ")
        };
        let of_pass = |p: &PlannedPass| {
            let stored = p.pass.stored_reads(&self.network).into_iter();
            let files = stored.filter(|a| self.network.arrays[*a].place != Place::Memory);
            let way = |a| if p.pass.direct.contains(&a) { IoWay::Direct } else { IoWay::Mapped };
            files.map(way).map(IoWay::name).collect::<Vec<_>>()
        };
        let read = joined(self.passes.iter().flat_map(of_pass).collect());
        let written = |a: &&PlanArray| matches!(a.place, Place::Spill | Place::Output(_));
        let written = joined(self.network.arrays.iter().filter(written).map(|a| a.written_by.name()).collect());
        let written = if written.is_empty() { String::new() } else { format!(", writes {written}") };
        let waits = match self.io.dirty_bytes_max {
            _ if written.is_empty() => String::new(),
            most => format!(", at most {} wait for the disk", show_bytes(most)),
        };
        let kept = if self.io.fits { "" } else { ", pages that were used are given up" };
        format!("reads {read}{written} ({}){waits}{kept}", self.io.reason)
    }

    fn explain_pass(&self, problem: &Problem, index: usize, planned: &PlannedPass, out: &mut String) {
        let (pass, tiling) = (&planned.pass, &planned.tiling);
        let tiles: u64 = grid(&pass.domain, &tiling.tile).iter().product();
        let _ = writeln!(out, "\npass {}  {}", index + 1, pass.title(problem, &self.network));
        let each = show_bytes(tiling.cost.moved);
        let _ = writeln!(
            out,
            "  tiles   {tiles} of {} over {} ({each} moved each)",
            show_shape(&tiling.tile),
            show_shape(&pass.domain)
        );
        if self.kept.is_some() && planned.picks.is_some() {
            let _ = writeln!(out, "  runs    {} of them, for what is new", planned.tiles().1);
        }
        let names: Vec<String> =
            pass.stored_reads(&self.network).iter().map(|&a| self.network.arrays[a].name.clone()).collect();
        let overlap = match planned.traffic.halo as f64 / (planned.traffic.read.max(1)) as f64 * 100.0 {
            0.0 => String::new(),
            p => format!(", {p:.1} % of it halo"),
        };
        let _ = writeln!(out, "  reads   {}: {}{overlap}", names.join(", "), show_bytes(planned.traffic.read));
        let mut made = Vec::new();
        for entry in pass.nodes.iter().filter(|p| p.terminal) {
            let node = &self.network.nodes[entry.node];
            let how = match problem.contract(node.id).order {
                Order::Any => "writes",
                Order::Fold { .. } => "folds",
                Order::Carry { reverse: false, .. } => "carries",
                Order::Carry { reverse: true, .. } => "carries backwards",
            };
            let into: Vec<String> = node.writes.iter().map(|&a| self.describe(a)).collect();
            made.push(format!("{how} {}", into.join(" and ")));
        }
        let _ = writeln!(out, "  ends    {}", made.join("; "));
        let need = planned.memory_bytes(self.threads);
        let worker = tiling.cost.slots.iter().sum::<u64>();
        let state = tiling.cost.live_state;
        let state = if state > 0 { format!(", {} of state", show_bytes(state)) } else { String::new() };
        let _ = writeln!(out, "  memory  {} ({} for each worker's tile{state})", show_bytes(need), show_bytes(worker));
    }

    fn describe(&self, array: usize) -> String {
        let PlanArray { name, spec, place, .. } = &self.network.arrays[array];
        match place {
            Place::Memory => format!("{name} ({}, in memory)", show_spec(spec)),
            Place::Spill => format!("{name} ({}, temporary file)", show_spec(spec)),
            _ => name.clone(),
        }
    }

    /// The plan as one JSON document, with its hash, an estimate of its time, and what was refused for it. The last two
    /// follow from rates, and are no part of what is hashed.
    pub fn to_json(&self, problem: &Problem) -> Value {
        let mut doc = self.document(problem);
        doc["hash"] = Value::from(self.hash(problem));
        doc["io"] = self.io_document();
        doc["estimate"] = self.estimate(problem).json();
        doc["estimate"]["rates"] = Value::from(if problem.limits.rates.is_some() { "saved" } else { "assumed" });
        doc["estimate"]["passes"] = self.estimates(problem).iter().map(|p| p.json()).collect();
        doc["refused"] = self.refused.iter().map(|r| r.json()).collect();
        doc
    }

    /// How bytes travel: no part of the hash, since the same job does otherwise where the page cache is full.
    fn io_document(&self) -> Value {
        let arrays: serde_json::Map<String, Value> = self
            .network
            .arrays
            .iter()
            .filter(|a| matches!(a.place, Place::Spill | Place::Output(_)))
            .map(|a| (a.name.clone(), json!(a.written_by.name())))
            .collect();
        json!({ "choice": self.io.choice.name(), "fits_page_cache": self.io.fits, "reason": self.io.reason,
            "dirty_bytes_max": self.io.dirty_bytes_max, "fallbacks": self.io.fallbacks, "written": arrays,
            "passes": self.passes.iter().map(|p| json!({ "ahead_tiles": p.ahead,
                "direct": p.pass.direct.iter().map(|a| &self.network.arrays[*a].name).collect::<Vec<_>>() })).collect::<Vec<_>>() })
    }

    /// SHA-256 of the plan's document, in hexadecimal: equal for equal pipelines, files and schedules.
    pub fn hash(&self, problem: &Problem) -> String {
        let digest = Sha256::digest(self.document(problem).to_string().as_bytes());
        digest.iter().fold(String::new(), |mut s, b| {
            let _ = write!(s, "{b:02x}");
            s
        })
    }

    fn document(&self, problem: &Problem) -> Value {
        let spec = |s: &ArraySpec| json!({ "dtype": s.dtype, "shape": s.shape, "axes": s.axis_names() });
        let inputs: Vec<Value> = problem
            .inputs
            .iter()
            .map(|i| {
                let f = &i.facts;
                json!({ "name": i.name, "path": i.path, "array": spec(&f.spec), "offset": f.offset,
                    "order": format!("{:?}", f.spec.order), "endian": f.endian.name(), "in_place": f.in_place(),
                    "columns": f.decoded.as_ref().map(|d| &d.columns).filter(|c| !c.is_empty()) })
            })
            .collect();
        let steps: Vec<Value> =
            problem.steps.iter().map(|s| json!({ "name": s.name, "kernel": s.kernel, "params": s.params })).collect();
        let outputs: Vec<Value> =
            problem.outputs.iter().map(|o| json!({ "name": o.name, "path": o.path, "array": spec(&o.spec) })).collect();
        let passes: Vec<Value> = self.passes.iter().map(|p| self.pass_document(problem, p)).collect();
        let mut document = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "inputs": inputs, "steps": steps, "outputs": outputs, "passes": passes,
            "threads": self.threads,
            "memory": { "budget_bytes": self.memory.budget, "projected_bytes": self.memory.projected },
            "disk_bytes": self.disk_bytes,
            "notes": self.notes,
        });
        if let Some(kept) = &self.kept {
            document["kept"] = kept.iter().map(kept_document).collect();
        }
        document
    }

    fn pass_document(&self, problem: &Problem, planned: &PlannedPass) -> Value {
        let (pass, tiling) = (&planned.pass, &planned.tiling);
        let ends: Vec<Value> = pass
            .nodes
            .iter()
            .filter(|p| p.terminal)
            .flat_map(|p| &self.network.nodes[p.node].writes)
            .map(|&a| {
                let array = &self.network.arrays[a];
                let place = match array.place {
                    Place::Input(_) => "input",
                    Place::Fused => "fused",
                    Place::Output(_) => "output",
                    Place::Memory => "memory",
                    Place::Spill => "temporary file",
                };
                json!({ "array": array.name, "dtype": array.spec.dtype, "shape": array.spec.shape, "place": place })
            })
            .collect();
        let mut document = json!({
            "steps": pass.step_names(problem, &self.network),
            "domain": pass.domain, "anchor": pass.anchor, "tile": tiling.tile, "visit": tiling.order,
            "reversed": pass.reversed,
            "tiles": grid(&pass.domain, &tiling.tile).iter().product::<u64>(),
            "reads": pass.stored_reads(&self.network).iter().map(|&a| self.network.arrays[a].name.clone()).collect::<Vec<_>>(),
            "ends": ends,
            "read_bytes": planned.traffic.read, "halo_bytes": planned.traffic.halo, "written_bytes": planned.traffic.written,
            "memory_bytes": planned.memory_bytes(self.threads),
            "worker_bytes": tiling.cost.slots.iter().sum::<u64>(), "state_bytes": tiling.cost.live_state,
        });
        if planned.stands_by {
            document["stands_by"] = Value::from(true);
        }
        if self.kept.is_some() {
            document["tiles_run"] = Value::from(planned.tiles().1);
        }
        document
    }
}

/// How much of an output stays.
fn kept_document(kept: &Kept) -> Value {
    match kept {
        Kept::Whole => json!("all"),
        Kept::Upto { axis, extent } => json!({ "axis": axis, "below": extent }),
        Kept::Nothing(_) => json!("nothing"),
    }
}
