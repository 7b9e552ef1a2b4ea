//! How long a plan will take, from rates that were measured on this machine.
//!
//! Owns the arithmetic. Refuses to measure, and to know where rates are kept: they are plain data.
//! Nothing here changes a plan or its hash.
//!
//! A pass takes the longer of two: bringing in what is not in the page cache, at the disk's rate; and
//! mapping what is read, at memory's rate, plus computing. Then comes writing, outputs at the rate of
//! the disk, since a run flushes them, temporary files at that of memory. Kernels count for each
//! element of each stage, at the parameters they were measured with.

use super::network::Place;
use super::passes::Pass;
use super::{Plan, PlannedPass, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a machine does, in bytes per second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// Workers they were measured with.
    pub threads: usize,
    /// Memory that a process may use, the page cache included.
    pub memory_bytes: u64,
    /// Reading a mapped file that is in the page cache.
    pub mapped_read: f64,
    /// Copying it into a fresh mapped file: bytes read and bytes written, per second.
    pub mapped_copy: f64,
    /// Reading a mapped file that is not in the page cache.
    pub cold_read: f64,
    /// Writing a fresh mapped file until the disk has it.
    pub cold_write: f64,
    /// For each kernel, nanoseconds per element and stage beyond reading and writing, all workers
    /// together.
    pub kernel_ns: BTreeMap<String, f64>,
}

/// What bounds a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Reading,
    Computing,
    Writing,
}

impl Bound {
    pub fn name(self) -> &'static str {
        match self {
            Bound::Reading => "reading",
            Bound::Computing => "computing",
            Bound::Writing => "writing",
        }
    }
}

/// Seconds that a pass, or a plan, will take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    pub seconds: f64,
    /// From the disk where that takes longer than all else, or from memory.
    pub reading: f64,
    pub computing: f64,
    pub writing: f64,
    /// Kernels and formats without a rate: they count as nothing.
    pub uncounted: Vec<String>,
}

impl Estimate {
    /// The largest part.
    pub fn bound(&self) -> Bound {
        match (self.reading, self.computing, self.writing) {
            (r, c, w) if w >= r && w >= c => Bound::Writing,
            (r, c, _) if c >= r => Bound::Computing,
            _ => Bound::Reading,
        }
    }

    /// `about 12 s at this machine's saved rates, bound by writing`
    pub fn text(&self) -> String {
        let without = match self.uncounted.as_slice() {
            [] => String::new(),
            names => format!("; no rate for {}", names.join(", ")),
        };
        format!("{} at this machine's saved rates, bound by {}{without}", about(self.seconds), self.bound().name())
    }

    pub(super) fn json(&self) -> Value {
        json!({ "seconds": self.seconds, "reading_seconds": self.reading, "computing_seconds": self.computing,
            "writing_seconds": self.writing, "bound_by": self.bound().name(), "not_counted": self.uncounted })
    }

    fn add(&mut self, other: &Estimate) {
        self.seconds += other.seconds;
        self.reading += other.reading;
        self.computing += other.computing;
        self.writing += other.writing;
        let new = other.uncounted.iter().filter(|n| !self.uncounted.contains(n)).cloned().collect::<Vec<_>>();
        self.uncounted.extend(new);
    }
}

/// Seconds to two digits, as an estimate deserves.
pub fn about(seconds: f64) -> String {
    match seconds {
        s if s < 0.01 => "less than 10 ms".to_string(),
        s if s < 0.995 => format!("about {:.0} ms", (s * 100.0).round() * 10.0),
        s if s < 9.95 => format!("about {s:.1} s"),
        s if s < 119.5 => format!("about {s:.0} s"),
        s if s < 7170.0 => format!("about {:.0} min", s / 60.0),
        s => format!("about {:.1} h", s / 3600.0),
    }
}

impl Rates {
    /// Whether a division by any of them makes sense.
    pub fn is_sound(&self) -> bool {
        let rates = [self.mapped_read, self.mapped_copy, self.cold_read, self.cold_write];
        let costs = self.kernel_ns.values().all(|ns| ns.is_finite() && *ns >= 0.0);
        rates.iter().all(|r| r.is_finite() && *r > 0.0) && costs && self.threads > 0
    }

    /// Seconds to read and write so many bytes between mapped files in the page cache, fresh ones for
    /// what is written.
    pub fn moving_seconds(&self, read: u64, written: u64) -> f64 {
        // A copy reads a byte and writes one.
        let written_seconds = (2.0 / self.mapped_copy - 1.0 / self.mapped_read).max(0.0);
        read as f64 / self.mapped_read + written as f64 * written_seconds
    }

    /// The rate that bounds a run which moves so many bytes: copying where it writes in earnest.
    pub fn limit_name(read: u64, written: u64) -> &'static str {
        if written >= read / 16 { "mapped copy" } else { "mapped read" }
    }
}

impl Plan {
    /// How long each pass will take; `None` where the machine's rates are not known. Inputs that the
    /// problem says nothing about count as in the page cache.
    pub fn estimates(&self, problem: &Problem) -> Option<Vec<Estimate>> {
        let rates = problem.limits.rates.as_ref()?;
        let bytes = |i: usize| problem.inputs[i].facts.spec.bytes().unwrap_or(0);
        let all: u64 = (0..problem.inputs.len()).map(bytes).sum();
        let stays = all.saturating_add(self.disk_bytes) < rates.memory_bytes;
        let mut seen = vec![false; problem.inputs.len()];
        let mut found = Vec::new();
        for planned in &self.passes {
            let mut cold = 0.0;
            for array in planned.pass.stored_reads(&self.network) {
                let Place::Input(i) = self.network.arrays[array].place else { continue };
                let resident = problem.inputs[i].resident.unwrap_or(1.0);
                let warm = if seen[i] && stays { 1.0 } else { resident };
                cold += bytes(i) as f64 * (1.0 - warm);
                seen[i] = true;
            }
            found.push(self.estimate_pass(problem, planned, rates, cold));
        }
        Some(found)
    }

    /// How long the plan will take; `None` where the machine's rates are not known.
    pub fn estimate(&self, problem: &Problem) -> Option<Estimate> {
        let passes = self.estimates(problem)?;
        let mut all = Estimate::default();
        passes.iter().for_each(|p| all.add(p));
        Some(all)
    }

    fn estimate_pass(&self, problem: &Problem, planned: &PlannedPass, rates: &Rates, cold: f64) -> Estimate {
        let mapping = rates.moving_seconds(planned.traffic.read, 0);
        let from_disk = cold / rates.cold_read;
        let (computing, uncounted) = self.computing(problem, &planned.pass, rates);
        let mut writing = 0.0;
        for entry in planned.pass.nodes.iter().filter(|p| p.terminal) {
            for &array in &self.network.nodes[entry.node].writes {
                let array = &self.network.arrays[array];
                let bytes = array.spec.bytes().unwrap_or(0);
                writing += match array.place {
                    Place::Output(_) => bytes as f64 * array.outputs.len().max(1) as f64 / rates.cold_write,
                    Place::Spill => rates.moving_seconds(0, bytes),
                    _ => 0.0,
                };
            }
        }
        let seconds = from_disk.max(mapping + computing) + writing;
        Estimate { seconds, reading: mapping.max(from_disk), computing, writing, uncounted }
    }

    /// Seconds of a pass's stages, and what has no rate.
    fn computing(&self, problem: &Problem, pass: &Pass, rates: &Rates) -> (f64, Vec<String>) {
        let workers = rates.threads as f64 / self.threads.min(rates.threads).max(1) as f64;
        let (mut seconds, mut uncounted) = (0.0, Vec::new());
        for entry in &pass.nodes {
            let id = self.network.nodes[entry.node].id;
            let kernel = problem.steps[id.step].kernel;
            let elements: u64 = problem.contract(id).domain.iter().product();
            match rates.kernel_ns.get(kernel) {
                Some(ns) => seconds += elements as f64 * ns * 1e-9 * workers,
                None if uncounted.iter().any(|n| n == kernel) => {}
                None => uncounted.push(kernel.to_string()),
            }
        }
        let decoded = |a: &usize| matches!(self.network.arrays[*a].place, Place::Input(i) if problem.inputs[i].facts.decoded.is_some());
        if pass.stored_reads(&self.network).iter().any(decoded) {
            uncounted.push("decoding".to_string());
        }
        (seconds, uncounted)
    }

    /// Elements that stages work through in all passes: what a kernel's rate is per.
    pub fn stage_elements(&self, problem: &Problem) -> u64 {
        let nodes = self.passes.iter().flat_map(|p| &p.pass.nodes);
        nodes.map(|n| problem.contract(self.network.nodes[n.node].id).domain.iter().product::<u64>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_have_two_digits() {
        let texts = [0.001, 0.25, 1.26, 12.4, 119.0, 300.0, 9000.0].map(about);
        let expected = ["less than 10 ms", "about 250 ms", "about 1.3 s", "about 12 s", "about 119 s", "about 5 min"];
        assert_eq!(texts[..6], expected);
        assert_eq!(texts[6], "about 2.5 h");
    }

    #[test]
    fn a_copy_takes_what_a_copy_was_measured_to_take() {
        let rates = Rates { mapped_read: 10e9, mapped_copy: 4e9, ..Rates::default() };
        assert!((rates.moving_seconds(4_000_000_000, 4_000_000_000) - 2.0).abs() < 1e-9);
        assert!((rates.moving_seconds(5_000_000_000, 0) - 0.5).abs() < 1e-9);
        assert!(!rates.is_sound());
    }
}
