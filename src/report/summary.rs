//! The dozen lines at the end of a run: what was made, planned beside measured.

use crate::engine::RunReport;
use crate::plan::{Plan, Problem, Rates, show_bytes};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// `1.2 s`, `340 ms`, `3 min 20 s`
pub fn show_duration(d: Duration) -> String {
    let s = d.as_secs_f64();
    match s {
        _ if s < 1.0 => format!("{:.0} ms", s * 1e3),
        _ if s < 120.0 => format!("{s:.1} s"),
        _ if s < 7200.0 => format!("{} min {} s", d.as_secs() / 60, d.as_secs() % 60),
        _ => format!("{} h {} min", d.as_secs() / 3600, d.as_secs() / 60 % 60),
    }
}

/// Bytes per second as `1.25 GB/s`.
pub fn show_rate(bytes_per_second: f64) -> String {
    match bytes_per_second {
        r if r >= 1e9 => format!("{:.2} GB/s", r / 1e9),
        r if r >= 1e6 => format!("{:.0} MB/s", r / 1e6),
        r => format!("{:.0} kB/s", r / 1e3),
    }
}

/// `12,345,678`
pub fn show_count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 tile`, `1,200 tiles`
fn counted(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{} {what}s", show_count(n)) }
}

/// Fewer page faults than this cost nothing that anyone would see.
const FAULTS_MIN: u64 = 10_000;

/// A finished run, ready to be shown.
#[derive(Debug)]
pub struct Summary<'a> {
    pub problem: &'a Problem,
    pub plan: &'a Plan,
    pub report: &'a RunReport,
}

impl Summary<'_> {
    /// Bytes read and written by all passes, as measured.
    fn moved(&self) -> (u64, u64) {
        self.report.passes.iter().fold((0, 0), |(r, w), p| (r + p.read, w + p.written))
    }

    /// How close the whole run, flushing included, came to the time that only moving its bytes takes
    /// on this machine, and what bounds that; `None` where the machine's rates are not known.
    fn machine_share(&self) -> Option<(f64, &'static str)> {
        let rates = self.problem.limits.rates.as_ref()?;
        let (read, written) = self.moved();
        let share = rates.moving_seconds(read, written) / self.report.elapsed.as_secs_f64().max(1e-9);
        Some((share, Rates::limit_name(read, written)))
    }

    /// Page faults, where there are so many that they may tell something.
    fn faults(&self) -> Option<String> {
        let faults = self.report.faults;
        let disk = match faults.major {
            0 => String::new(),
            n => format!(", {} from disk", show_count(n)),
        };
        let all = faults.minor + faults.major;
        (all >= FAULTS_MIN).then(|| format!("{}{disk}", show_count(all)))
    }

    /// At most a dozen lines for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        const SHOWN: usize = 5;
        let extends = self.plan.kept.is_some();
        for (output, held) in self.problem.outputs.iter().zip(&self.report.outputs).take(SHOWN) {
            let shape = output.spec.shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ");
            let shape = if shape.is_empty() { "scalar".to_string() } else { shape };
            let bytes = show_bytes(output.spec.bytes().unwrap_or(0));
            let mut line = format!("{}  {} {shape}, {bytes}", output.file, output.spec.dtype);
            match (held.nan, held.inf) {
                (0, 0) if output.spec.dtype.is_float() => {
                    line.push_str(if extends { ", new part all finite" } else { ", all finite" })
                }
                (0, 0) => {}
                (nan, inf) => {
                    let part = if extends { " in the new part" } else { "" };
                    let _ = write!(line, ", {} NaN, {} inf{part}", show_count(nan), show_count(inf));
                }
            }
            let _ = writeln!(out, "{line}");
        }
        if self.problem.outputs.len() > SHOWN {
            let _ = writeln!(out, "and {} more outputs", self.problem.outputs.len() - SHOWN);
        }
        for text in self.plan.kept_texts(self.problem).iter().take(SHOWN) {
            let _ = writeln!(out, "  {text}");
        }
        let (read, written) = self.moved();
        let planned = self.plan.traffic();
        let tiles: u64 = self.report.passes.iter().map(|p| p.tiles).sum();
        let private = self.report.private_peak.map_or("not known here".to_string(), show_bytes);
        let memory = self.plan.memory;
        let row = |out: &mut String, what: &str, planned: String, measured: String| {
            let _ = writeln!(out, "  {what:<9}{planned:>14}{measured:>16}");
        };
        row(&mut out, "", "planned".into(), "measured".into());
        row(&mut out, "memory", show_bytes(memory.projected), private);
        row(&mut out, "read", show_bytes(planned.read), show_bytes(read));
        row(&mut out, "written", show_bytes(planned.written), show_bytes(written));
        if let Some(faults) = self.faults() {
            row(&mut out, "faults", String::new(), faults);
        }
        let sweeps = |n: usize| if n == 1 { "1 pass".to_string() } else { format!("{n} passes") };
        let seconds = self.report.elapsed.as_secs_f64().max(1e-9);
        let commit = match self.report.commit {
            c if c > self.report.elapsed.mul_f64(0.1) => format!(" ({} of it flushing to disk)", show_duration(c)),
            _ => String::new(),
        };
        let share = match self.machine_share() {
            Some((share, limit)) => format!(", {:.0} % of this machine's {limit}", share * 100.0),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "{} in {}{commit}, {}, {}: {}{share}",
            sweeps(self.report.sweeps()),
            show_duration(self.report.elapsed),
            counted(tiles, "tile"),
            counted(self.plan.threads as u64, "thread"),
            show_rate((read + written) as f64 / seconds),
        );
        out
    }

    /// The same as one JSON document.
    pub fn json(&self) -> Value {
        let outputs: Vec<Value> = self
            .problem
            .outputs
            .iter()
            .zip(&self.report.outputs)
            .map(|(o, r)| {
                json!({ "name": o.name, "path": o.file, "dtype": o.spec.dtype, "shape": o.spec.shape,
                    "axes": o.spec.axis_names(), "bytes": o.spec.bytes(), "nan": r.nan, "inf": r.inf })
            })
            .collect();
        let passes: Vec<Value> = self
            .report
            .passes
            .iter()
            .zip(&self.plan.passes)
            .map(|(r, p)| {
                let mut pass = json!({ "steps": p.pass.step_names(self.problem, &self.plan.network), "tiles": r.tiles,
                    "read_bytes": r.read, "written_bytes": r.written, "seconds": r.elapsed.as_secs_f64() });
                if r.left_out {
                    pass["left_out"] = Value::from(true);
                }
                pass
            })
            .collect();
        let (read, written) = self.moved();
        let planned = self.plan.traffic();
        let mut document = json!({
            "outputs": outputs, "passes": passes,
            "seconds": self.report.elapsed.as_secs_f64(), "commit_seconds": self.report.commit.as_secs_f64(),
            "read_bytes": read, "written_bytes": written,
            "planned_read_bytes": planned.read, "planned_written_bytes": planned.written,
            "memory_budget_bytes": self.plan.memory.budget, "memory_projected_bytes": self.plan.memory.projected,
            "memory_private_peak_bytes": self.report.private_peak, "threads": self.plan.threads,
            "page_faults": { "major": self.report.faults.major, "minor": self.report.faults.minor },
            "plan_hash": self.plan.hash(self.problem),
        });
        if self.plan.kept.is_some() {
            document["kept"] = self.plan.kept_texts(self.problem).into();
        }
        if let Some((share, limit)) = self.machine_share() {
            document["machine_share"] = json!({ "of": limit, "share": share });
        }
        document
    }
}
