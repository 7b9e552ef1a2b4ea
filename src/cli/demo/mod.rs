//! `tilewise demo`: the main job on real data, in one minute, with pictures to look at.

mod camera;

use super::common::{Reporting, read_pipeline, run_job};
use super::failure::{Failure, code};
use crate::job::{Job, JobOptions};
use crate::report::draw::{Chosen, Style, choose, plane};
use crate::storage::{OpenOptions, Stored, write_whole};
use camera::{Camera, Scene};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The sky in front of the simulated camera; see datasets/ORIGIN.md.
const SKY: &[u8] = include_bytes!("../../../datasets/hubble_deep_field.jpg");
const PIPELINE: &str = include_str!("../../../pipelines/flatfield.toml");

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tilewise demo /tmp/tilewise-demo")]
pub struct Args {
    /// Where to put data, outputs and pictures
    #[arg(default_value = "demo-out")]
    dir: PathBuf,
    /// Frames of 800 × 800 pixels to record; 300 make 366 MiB
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    frames: u64,
    #[command(flatten)]
    reporting: Reporting,
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let mut err = std::io::stderr();
    let quiet = args.reporting.quiet;
    let mut say = |text: String| if quiet { Ok(()) } else { writeln!(err, "{text}") };
    let out = args.dir.join("out");
    std::fs::create_dir_all(&out)
        .map_err(|e| Failure::new(code::FAILED, format!("cannot make {}: {e}", out.display())))?;
    let camera = Camera { frames: args.frames, height: 800, width: 800 };
    let bytes = camera.frames * 800 * 800 * 2;
    say(format!(
        "recording {} frames of the Hubble deep field with a poor camera ({})",
        camera.frames,
        crate::plan::show_bytes(bytes)
    ))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    camera.record(&Scene::decode(SKY)?, &args.dir, threads)?;
    let pipeline_path = args.dir.join("flatfield.toml");
    std::fs::write(&pipeline_path, PIPELINE)
        .map_err(|e| Failure::new(code::FAILED, format!("cannot write {}: {e}", pipeline_path.display())))?;
    say(format!("\n$ tilewise plan {}\n", pipeline_path.display()))?;
    let (pipeline, source) = read_pipeline(&pipeline_path, &[])?;
    let options = JobOptions { base: source.base.clone(), overwrite: true, ..JobOptions::default() };
    let shown = Some((source.file.as_str(), source.text.as_str()));
    let job = Job::prepare(&pipeline, &options).map_err(|e| Failure::job(&e, shown))?;
    say(job.explain())?;
    say(format!("$ tilewise run {} --overwrite\n", pipeline_path.display()))?;
    run_job(job, shown, args.reporting, None)?;
    let middle = args.frames / 2;
    picture(&args.dir.join("stack.npy"), middle, &args.dir.join("before.png"))?;
    picture(&out.join("clean.npy"), middle, &args.dir.join("after.png"))?;
    say(format!(
        "\nLook at {} and {}: frame {middle} before and after.\nAlso made: {} (mean over time), {} (mean of each frame).",
        args.dir.join("before.png").display(),
        args.dir.join("after.png").display(),
        out.join("projection.npy").display(),
        out.join("brightness.npy").display(),
    ))?;
    Ok(code::DONE)
}

/// Draws one frame of a stack.
fn picture(stack: &Path, frame: u64, to: &Path) -> Result<(), Failure> {
    let stored = Stored::open(&stack.display().to_string(), Path::new(""), &OpenOptions::default())?;
    if let Chosen::Planes(planes) = choose(&stack.display().to_string(), stored.spec(), None)? {
        write_whole(to, &plane(&stored, &planes, frame, &Style::default())?.raster.png()?, true)?;
    }
    Ok(())
}
