//! How long a plan will take, in words: from rates that were measured on this machine, or from those that are assumed.
//!
//! Owns what rates are and how an estimate is told. Refuses to measure, and to know where rates are kept: they are plain
//! data. The arithmetic is in `cost`.

use super::cost::{Cache, rates};
use super::{Plan, Problem};
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
    /// The effort of an element, as the kernel counts it, at the parameters that were measured: others are scaled.
    pub kernel_effort: BTreeMap<String, f64>,
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
    /// The part of writing that waits for the disk.
    pub flushing: f64,
    /// What tiles, separate runs and states cost whatever they hold.
    pub overhead: f64,
    /// Kernels without a measured rate, and formats without any, which count as nothing.
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
    pub fn text(&self, saved: bool) -> String {
        let (time, bound) = (about(self.seconds), self.bound().name());
        match (saved, self.uncounted.as_slice()) {
            (false, _) => format!("{time} at assumed rates (tilewise bench --save measures them), bound by {bound}"),
            (true, []) => format!("{time} at this machine's saved rates, bound by {bound}"),
            (true, names) => {
                format!("{time} at this machine's saved rates, bound by {bound}; no rate for {}", names.join(", "))
            }
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({ "seconds": self.seconds, "reading_seconds": self.reading, "computing_seconds": self.computing,
            "writing_seconds": self.writing, "overhead_seconds": self.overhead, "bound_by": self.bound().name(), "not_counted": self.uncounted })
    }

    fn add(&mut self, other: &Estimate) {
        self.seconds += other.seconds;
        self.reading += other.reading;
        self.computing += other.computing;
        self.writing += other.writing;
        self.flushing += other.flushing;
        self.overhead += other.overhead;
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
    /// How long each pass will take, at saved rates or at assumed ones. Inputs that the problem says nothing about count as
    /// in the page cache.
    pub fn estimates(&self, problem: &Problem) -> Vec<Estimate> {
        self.costs(problem, &rates(problem), Cache::AsSeen)
    }

    /// How long the plan will take.
    pub fn estimate(&self, problem: &Problem) -> Estimate {
        let mut all = Estimate::default();
        self.estimates(problem).iter().for_each(|p| all.add(p));
        all
    }

    /// Elements that stages work through in all passes: what a kernel's rate is per.
    pub fn stage_elements(&self, problem: &Problem) -> u64 {
        let nodes = self.passes.iter().filter(|p| !p.stands_by).flat_map(|p| &p.pass.nodes);
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
