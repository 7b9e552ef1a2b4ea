//! `--sample` of `plan` and `apply --plan`: a fraction of the job is run, and tells of the whole.

use super::common::on_interrupt;
use super::failure::{Failure, code};
use crate::array::{ArraySpec, Region};
use crate::job::{Job, Sample, SampledPass};
use crate::plan::{about, show_bytes};
use crate::report::draw::{Chosen, DrawError, LinePlot, Series, Style, choose, plane};
use crate::report::{show_count, show_duration};
use crate::storage::{SliceIndex, Stored, write_whole};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Pixels of the longest side of a preview.
const PREVIEW_PIXELS: u32 = 800;

/// The options.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SampleArgs {
    /// Run a share of the tiles of each pass (1%; half a second at most, no output appears), and tell from it how
    /// long the run will take and what it will show
    #[arg(long, value_name = "SHARE", value_parser = share)]
    sample: Option<f64>,
    /// The picture that --sample draws of the first output it can (default: NAME.preview.png here)
    #[arg(long, value_name = "F.png", requires = "sample")]
    preview: Option<PathBuf>,
}

/// `1%`, or 0.01.
fn share(text: &str) -> Result<f64, String> {
    let (number, unit) = match text.trim().strip_suffix('%') {
        Some(number) => (number, 100.0),
        None => (text, 1.0),
    };
    let share = number.trim().parse::<f64>().ok().map(|n| n / unit);
    share.filter(|s| *s > 0.0 && *s <= 1.0).ok_or_else(|| "write a share of the tiles, as in 1% or 0.01".to_string())
}

/// What a sample showed, ready to be printed.
#[derive(Debug)]
pub struct Sampled {
    pub text: String,
    pub json: Value,
}

impl SampleArgs {
    pub fn asked(&self) -> bool {
        self.sample.is_some()
    }

    /// Runs the sample where it was asked for, and draws its preview. `name` is what the preview is called after.
    pub fn run(&self, job: Job, name: &str) -> Result<Option<Sampled>, Failure> {
        let Some(share) = self.sample else { return Ok(None) };
        let path = self.preview.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.preview.png")));
        job.check_apart(&path).map_err(|e| Failure::new(e.exit_code(), format!("--preview: {e}")))?;
        if path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("png")) {
            let text = format!("--preview {}: a preview is a picture; name it so, as in preview.png", path.display());
            return Err(Failure::new(code::USAGE, text));
        }
        let sample = job.sample(share, &on_interrupt()).map_err(|e| Failure::job(&e, None))?;
        // A name of our own may be replaced; another only where nothing is there.
        let preview = preview(&sample, &path, self.preview.is_none())?;
        Ok(Some(Sampled { text: text(&sample, share, &preview), json: document(&sample, share, &preview) }))
    }
}

/// The picture that was drawn, with what it shows; or why there is none.
type Preview = Result<(PathBuf, String), String>;

fn preview(sample: &Sample, path: &Path, replace: bool) -> Result<Preview, Failure> {
    let mut why = sample.failed.clone().unwrap_or_else(|| "there is no output".to_string());
    for ((stored, shown), output) in sample.outputs.iter().zip(&sample.problem.outputs) {
        let Some(region) = shown.as_ref().filter(|r| !r.is_empty()) else {
            why = format!("what {} is made from is only complete in a whole run", output.name);
            continue;
        };
        match drawn(&output.name, stored, region) {
            Ok((bytes, what)) => {
                write_whole(path, &bytes, replace)?;
                return Ok(Ok((path.to_path_buf(), format!("{}[{what}]", output.name))));
            }
            Err(e) => why = e.to_string(),
        }
    }
    Ok(Err(why))
}

/// A part of an array as PNG, with its index.
fn drawn(name: &str, stored: &Stored, region: &Region) -> Result<(Vec<u8>, String), DrawError> {
    let index = index(stored.spec(), region);
    let slices = SliceIndex::parse_list(&index).map_err(DrawError::Request)?;
    match choose(name, stored.spec(), Some(&slices))? {
        Chosen::Planes(planes) => {
            let style = Style { size: Some(PREVIEW_PIXELS), ..Style::default() };
            Ok((plane(stored, &planes, planes.one()?, &style)?.raster.png()?, index))
        }
        Chosen::Lines(lines) => {
            let plot = LinePlot::sized(PREVIEW_PIXELS).draw(&[Series::numbered(stored, lines)])?;
            Ok((plot.raster(PREVIEW_PIXELS)?.png()?, index))
        }
    }
}

/// The middle of leading axes, and ranges of those of a picture.
fn index(spec: &ArraySpec, region: &Region) -> String {
    let rank = spec.rank();
    let named = |a: usize| spec.axes[a].is_some_and(|c| "yxc".contains(c));
    let both = ['y', 'x'].iter().all(|c| spec.axis_named(*c).is_some());
    let pictured = |a: usize| if both { named(a) } else { a + 2 >= rank };
    let word = |a: usize| match (pictured(a), region.start[a], region.end[a]) {
        (true, 0, n) if n == spec.shape[a] => ":".to_string(),
        (true, lo, hi) => format!("{lo}:{hi}"),
        (false, lo, hi) => ((lo + hi) / 2).to_string(),
    };
    (0..rank).map(word).collect::<Vec<_>>().join(",")
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = if percent >= 0.995 || percent == 0.0 { 0 } else { (-percent.log10()).ceil() as usize + 1 };
    format!("{percent:.digits$} %")
}

/// The share of all tiles that were run.
fn run_share(passes: &[SampledPass]) -> f64 {
    let sum = |of: fn(&SampledPass) -> u64| passes.iter().map(of).sum::<u64>() as f64;
    sum(|p| p.run) / sum(|p| p.tiles).max(1.0)
}

fn text(sample: &Sample, share: f64, preview: &Preview) -> String {
    let mut out = String::from("\nsample\n");
    let run = percent(run_share(&sample.passes));
    let _ = writeln!(out, "  {} of the tiles wanted, {run} run in {}", percent(share), show_duration(sample.elapsed));
    for (i, pass) in sample.passes.iter().enumerate() {
        let time = about(pass.seconds);
        let _ = match pass.run {
            _ if sample.plan.passes[i].stands_by => writeln!(out, "  pass {}  stands by", i + 1),
            0 => writeln!(out, "  pass {}  none of {} tiles: {time} from rates alone", i + 1, show_count(pass.tiles)),
            n => {
                let zeros = if pass.whole { "" } else { ", over zeros where the sample left out what it reads" };
                let (n, all) = (show_count(n), show_count(pass.tiles));
                writeln!(out, "  pass {}  {n} of {all} tiles in {}: {time}{zeros}", i + 1, show_duration(pass.elapsed))
            }
        };
    }
    if sample.flushing > 0.0 {
        let whose = if sample.problem.limits.rates.is_some() { "saved" } else { "assumed" };
        let _ = writeln!(out, "  flushing outputs: {} at {whose} rates", about(sample.flushing));
    }
    let bytes: u64 = sample.problem.outputs.iter().map(|o| o.spec.bytes().unwrap_or(0)).fold(0, u64::saturating_add);
    let most = if sample.problem.outputs.iter().any(|o| sample.problem.is_bound(o.from)) { "at most " } else { "" };
    let _ = writeln!(out, "  in all: {}, outputs of {most}{}", about(sample.seconds()), show_bytes(bytes));
    if let Some(failed) = &sample.failed {
        let _ = writeln!(out, "  not all could be sampled: {failed}");
    }
    let _ = match preview {
        Ok((path, what)) => writeln!(out, "  preview {}: {what}", path.display()),
        Err(why) => writeln!(out, "  no preview: {why}"),
    };
    out
}

fn document(sample: &Sample, share: f64, preview: &Preview) -> Value {
    let pass = |p: &SampledPass| {
        json!({ "tiles": p.tiles, "run": p.run, "elapsed_seconds": p.elapsed.as_secs_f64(), "seconds": p.seconds,
            "reads_whole": p.whole })
    };
    let (path, why) = match preview {
        Ok((path, what)) => (json!({ "path": path.display().to_string(), "shows": what }), None),
        Err(why) => (Value::Null, Some(why.clone())),
    };
    json!({ "wanted": share, "run": run_share(&sample.passes), "elapsed_seconds": sample.elapsed.as_secs_f64(),
        "passes": sample.passes.iter().map(pass).collect::<Vec<_>>(), "flushing_seconds": sample.flushing,
        "seconds": sample.seconds(), "failed": sample.failed, "preview": path, "no_preview": why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::DType;

    #[test]
    fn shares_are_written_two_ways() {
        assert_eq!((share("1%"), share("0.01"), share(" 100 % ")), (Ok(0.01), Ok(0.01), Ok(1.0)));
        for wrong in ["0", "0%", "101%", "2", "x", "", "-1%", "nan"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
        assert_eq!([1.0, 0.01, 0.0123, 0.0009, 0.0].map(percent), ["100 %", "1 %", "1 %", "0.090 %", "0 %"]);
    }

    #[test]
    fn previews_show_the_middle_of_leading_axes() {
        let region = Region { start: vec![4, 0, 10], end: vec![9, 20, 30] };
        let plain = ArraySpec::new(DType::F32, &[50, 20, 40]);
        assert_eq!(index(&plain, &region), "6,:,10:30");
        let named = plain.with_axes("ytx".chars().map(Some).collect());
        assert_eq!(index(&named, &region), "4:9,10,10:30");
    }
}
