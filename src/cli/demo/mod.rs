//! `tilewise demo`: the main jobs on real data, in a minute, with pictures and a report to look at.
//!
//! Owns the sample data and the order of the commands. What it shows it does: every `$ tilewise …` it
//! prints is run as it stands, and can be typed again.

mod camera;
mod photographs;

use super::common::Reporting;
use super::failure::{Failure, code};
use camera::{Camera, Scene};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

// See datasets/ORIGIN.md.
const SKY: &[u8] = include_bytes!("../../../datasets/hubble_deep_field.jpg");
const EYE: &[u8] = include_bytes!("../../../datasets/retina.jpg");
const TEMPERATURES: &str = include_str!("../../../datasets/seattle-temps.csv");

const PIPELINES: [(&str, &str); 3] = [
    ("flatfield.toml", include_str!("../../../pipelines/flatfield.toml")),
    ("temperatures.toml", include_str!("../../../pipelines/temperatures.toml")),
    ("photographs.toml", include_str!("../../../pipelines/photographs.toml")),
];

/// What is made for people to look at, and what each shows.
const MADE: [(&str, &str); 5] = [
    ("report.html", "the page about the first run: open it in a browser"),
    ("before.png", "the middle frame as the camera saw it"),
    ("after.png", "the same frame, corrected"),
    ("temperatures.png", "a year of temperatures and their mean over a week"),
    ("montage.png", "the training set, twelve photographs of it"),
];

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tilewise demo /tmp/tilewise-demo")]
pub struct Args {
    /// Where to put data, outputs and pictures
    #[arg(default_value = "demo-out")]
    dir: PathBuf,
    /// Frames of 800 × 800 pixels to record; 300 make 366 MiB
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    frames: u64,
    /// Photographs to cut out
    #[arg(long, default_value_t = 240, value_parser = clap::value_parser!(u64).range(12..=100_000))]
    photographs: u64,
    #[command(flatten)]
    reporting: Reporting,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let demo = Demo { dir: &args.dir, quiet: args.reporting.quiet || args.reporting.json };
    demo.prepare()?;
    demo.camera(args.frames)?;
    demo.temperatures()?;
    demo.photographs(args.photographs)?;
    let made: Vec<(String, &str)> = MADE.iter().map(|(name, what)| (demo.path(name), *what)).collect();
    if args.reporting.json {
        let list: Vec<_> = made.iter().map(|(path, what)| json!({ "path": path, "shows": what })).collect();
        writeln!(std::io::stdout().lock(), "{:#}", json!({ "made": list }))?;
    }
    let width = made.iter().map(|(path, _)| path.len()).max().unwrap_or(0);
    let lines: Vec<String> = made.iter().map(|(path, what)| format!("  {path:<width$}  {what}")).collect();
    demo.say(&format!("\nLook at\n{}", lines.join("\n")))?;
    Ok(code::DONE)
}

/// A folder that commands run on, and whether they are heard.
struct Demo<'a> {
    dir: &'a Path,
    quiet: bool,
}

impl Demo<'_> {
    fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    fn say(&self, text: &str) -> Result<(), Failure> {
        if !self.quiet {
            writeln!(std::io::stderr(), "{text}")?;
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.dir.join(name);
        std::fs::write(&path, text)
            .map_err(|e| Failure::new(code::FAILED, format!("cannot write {}: {e}", path.display())))
    }

    /// Shows a command and runs it.
    fn run(&self, words: &[&str]) -> Result<(), Failure> {
        let line: Vec<String> = words.iter().map(|w| super::page::quoted(w)).collect();
        self.say(&format!("\n$ tilewise {}", line.join(" ")))?;
        let failed = |e| Failure::new(code::FAILED, format!("cannot run tilewise {}: {e}", line.join(" ")));
        // A process of its own, as when it is typed: what it tells of its memory is its own.
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.args(words).args(self.quiet.then_some("--quiet"));
        // It has said by itself why it failed, and an interrupted one ends the demo.
        match command.status().map_err(failed)?.code() {
            Some(0) => Ok(()),
            code => Err(Failure { text: String::new(), code: code.map_or(130, |c| c as u8) }),
        }
    }

    fn prepare(&self) -> Result<(), Failure> {
        let out = self.dir.join("out");
        std::fs::create_dir_all(&out)
            .map_err(|e| Failure::new(code::FAILED, format!("cannot make {}: {e}", out.display())))?;
        PIPELINES.iter().try_for_each(|(name, text)| self.write(name, text))
    }

    /// A stack of pictures from a poor camera, brought to order.
    fn camera(&self, frames: u64) -> Result<(), Failure> {
        let camera = Camera { frames, height: 800, width: 800 };
        let bytes = crate::plan::show_bytes(frames * 800 * 800 * 2);
        self.say(&format!("recording {frames} frames of the Hubble deep field with a poor camera ({bytes})"))?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        camera.record(&Scene::decode(SKY)?, self.dir, threads)?;
        let pipeline = self.path("flatfield.toml");
        if !self.quiet {
            self.run(&["plan", &pipeline])?;
        }
        self.run(&["run", &pipeline, "--overwrite", "--report", &self.path("report.html")])?;
        self.run(&["view", &self.path("stack.npy"), "-o", &self.path("before.png"), "--overwrite"])?;
        self.run(&["view", &self.path("out/clean.npy"), "-o", &self.path("after.png"), "--overwrite"])
    }

    /// A year of a sensor as a CSV file, its means and a plot.
    fn temperatures(&self) -> Result<(), Failure> {
        self.write("seattle-temps.csv", TEMPERATURES)?;
        self.run(&["run", &self.path("temperatures.toml"), "--overwrite"])?;
        if !self.quiet {
            self.run(&["stats", &self.path("out/daily.npy")])?;
        }
        let (hourly, weekly) = (self.path("out/hourly.npy"), self.path("out/weekly.npy"));
        let time = ["--start", "2010-01-01", "--step", "1h"];
        let words = ["--title", "Seattle, 2010", "--y-label", "°C", "--label", "hourly", "--label", "weekly mean"];
        let plot = self.path("temperatures.png");
        self.run(&[&["view", &hourly, &weekly, "-o", &plot, "--overwrite"], &time[..], &words[..]].concat())
    }

    /// Folders of photographs of many sizes, made a training set.
    fn photographs(&self, count: u64) -> Result<(), Failure> {
        self.say(&format!("\ncutting {count} photographs out of two pictures"))?;
        for (picture, class) in [(EYE, "eye"), (SKY, "sky")] {
            photographs::write(picture, count / 2, &self.dir.join("photos").join(class))?;
        }
        let (photos, stack, labels) = (self.path("photos"), self.path("photos.npy"), self.path("labels.npy"));
        self.run(&["convert", &photos, &stack, "--resize", "96,96", "--labels", &labels, "--overwrite"])?;
        self.run(&["run", &self.path("photographs.toml"), "--overwrite"])?;
        let montage = self.path("montage.png");
        self.run(&["view", &stack, "-o", &montage, "--axes", "nyxc", "--montage", "12", "--overwrite"])
    }
}
