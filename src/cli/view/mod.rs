//! `tilewise view`: what an array looks like.

mod lines;
mod picture;
mod project;

use super::common::{Layout, Reporting, Schedule};
use super::failure::{Failure, code};
use crate::plan::show_bytes;
use crate::report::draw::{Chosen, ColorMap, Contrast, Grid, choose, parse_moment, parse_step};
use crate::storage::{SliceIndex, Stored, check_target, identity, write_whole};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The axes y and x, or else the last two, are the picture; an axis c of 3 or 4 is colour; of a\n\
    stack the middle frame is drawn. An array of one axis is a line, and so are up to 8 columns of\n\
    32 rows or more (--axes yx makes a picture of them) and several files of one axis each.\n\
    NaN is crimson among greys, light grey among colours, and a gap in a line.\n\n\
    Example: tilewise view stack.npy -o frame.png --index 10 --colormap viridis --colorbar\n\
    Example: tilewise view stack.npy -o bright.png --project max\n\
    Example: tilewise view 'photos/*.jpg' -o sheet.png --montage 3x4\n\
    Example: tilewise view hourly.npy weekly.npy -o plot.svg --start 2010-01-01 --step 1h --step 7d"
)]
pub struct Args {
    /// A file, or a quoted glob of pictures; several files of one axis are lines of one plot
    #[arg(required = true)]
    files: Vec<String>,
    /// The picture to make: .png, or .svg for lines
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// What to draw, as in `get`: 10 or 3,:,: or :,100:400,100:400; axes left out are taken whole
    #[arg(long, allow_hyphen_values = true, value_parser = index)]
    index: Option<Index>,
    /// Draw a reduction of the array: max, min, mean, std, var or sum, over all axes before y and x
    /// or as said: 'max axes=t skipna=true'; --index then chooses from its result
    #[arg(long, value_name = "KERNEL key=value …")]
    project: Option<String>,
    /// Draw evenly spaced frames in a grid: at most N (default 16), or ROWSxCOLUMNS
    #[arg(long, value_name = "N|RxC", num_args = 0..=1, default_missing_value = "16", value_parser = grid)]
    montage: Option<Grid>,
    /// Replace the picture if it exists
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    reporting: Reporting,
    #[command(flatten, next_help_heading = "How a picture looks")]
    look: Look,
    #[command(flatten, next_help_heading = "What stands around lines")]
    plot: PlotArgs,
    #[command(flatten, next_help_heading = "What a file holds")]
    layout: Layout,
    #[command(flatten, next_help_heading = "How a projection runs")]
    schedule: Schedule,
}

/// How pictures look.
#[derive(Debug, clap::Args)]
struct Look {
    /// The longest side in pixels (of a plot: its width); larger frames are reduced by area, smaller
    /// ones enlarged by whole factors [default: up to 1600]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(16..=4096))]
    size: Option<u32>,
    /// Contrast from these percentiles of what is drawn [default: 0.5,99.5; colour of 8 bits as stored]
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true, conflicts_with = "range", value_parser = percentiles)]
    percentiles: Option<Contrast>,
    /// Contrast between two values
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true, value_parser = range)]
    range: Option<Contrast>,
    /// grey viridis magma inferno plasma cividis turbo [default: grey]
    #[arg(long, value_name = "NAME", value_parser = colormap)]
    colormap: Option<ColorMap>,
    /// A scale with values beside the picture
    #[arg(long)]
    colorbar: bool,
}

/// What stands around lines, and where their samples lie.
#[derive(Debug, clap::Args)]
struct PlotArgs {
    /// Above a plot
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Below its x axis
    #[arg(long, value_name = "TEXT")]
    x_label: Option<String>,
    /// Above its y axis: what is measured, and the unit
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    y_label: Option<String>,
    /// What the legend calls a line; once for each line
    #[arg(long, value_name = "TEXT")]
    label: Vec<String>,
    /// When the first sample was taken, such as 2010-01-01 or 2010-01-01T06:30Z; once, or for each file
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    start: Vec<i64>,
    /// From one sample to the next, such as 1h, 7d or 0.001s; once, or for each file
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_step)]
    step: Vec<i64>,
    /// The times of the samples: i64 nanoseconds since 1970, UTC; once, or for each file (default: the
    /// one time column of a CSV file)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["start", "step"])]
    time: Vec<String>,
}

/// Indices for all axes in one word.
#[derive(Clone, Debug)]
struct Index(Vec<SliceIndex>);

fn index(text: &str) -> Result<Index, String> {
    SliceIndex::parse_list(text.trim()).map(Index)
}

fn grid(text: &str) -> Result<Grid, String> {
    let number = |t: &str| t.trim().parse::<usize>().ok().filter(|n| (1..=64).contains(n));
    let found = match text.split_once(['x', 'X', '×']) {
        Some((rows, columns)) => number(rows).zip(number(columns)).map(|(rows, columns)| Grid::Cells { rows, columns }),
        None => number(text).filter(|n| *n > 1).map(|n| Grid::Frames(n as u64)),
    };
    found.ok_or_else(|| {
        "write a number of frames from 2 to 64, or ROWSxCOLUMNS; FILE stands before --montage, or after another option".into()
    })
}

fn pair(text: &str) -> Result<(f64, f64), String> {
    let numbers: Vec<f64> = text.split(',').map_while(|t| t.trim().parse().ok()).collect();
    match numbers[..] {
        [low, high] if text.split(',').count() == 2 => Ok((low, high)),
        _ => Err("write two numbers with a comma between, as in 1,99".into()),
    }
}

fn percentiles(text: &str) -> Result<Contrast, String> {
    let (low, high) = pair(text)?;
    Contrast::Percentiles(low, high).check().map_err(|e| e.to_string())
}

fn range(text: &str) -> Result<Contrast, String> {
    let (low, high) = pair(text)?;
    Contrast::Range(low, high).check().map_err(|e| e.to_string())
}

fn colormap(text: &str) -> Result<ColorMap, String> {
    ColorMap::named(text).ok_or_else(|| {
        let known = ColorMap::ALL.map(ColorMap::name);
        let near = crate::kernel::nearest(text, known).map_or(String::new(), |n| format!("; did you mean {n}?"));
        format!("unknown colour map; known are {}{near}", known.join(" "))
    })
}

/// What to write, and what to say of it.
struct Drawn {
    bytes: Vec<u8>,
    /// Without the file's name and size.
    text: String,
    notes: Vec<String>,
    json: Value,
}

/// The kinds of file that are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Png,
    Svg,
}

fn kind(path: &Path) -> Result<Kind, Failure> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("png") => Ok(Kind::Png),
        Some("svg") => Ok(Kind::Svg),
        _ => {
            let text =
                format!("{}: pictures are .png, and plots of lines .png or .svg; name the output so", path.display());
            Err(Failure::new(code::USAGE, text))
        }
    }
}

pub fn main(args: &Args) -> Result<u8, Failure> {
    let kind = kind(&args.output)?;
    check_target(&args.output, args.overwrite)?;
    let options = args.layout.open_options();
    let mut inputs = Vec::new();
    for file in &args.files {
        let stored = Stored::open(file, Path::new(""), &options)?;
        if identity(&args.output).is_some_and(|i| stored.identity().contains(&i)) {
            let text = format!("{} is an input, and is not overwritten; choose another output", args.output.display());
            return Err(Failure::new(code::USAGE, text));
        }
        inputs.push(match &args.project {
            Some(words) => project::project(args, file, &stored, words)?,
            None => (file.clone(), stored),
        });
    }
    let index = args.index.as_ref().map(|i| i.0.as_slice());
    let mut lines = Vec::new();
    for (name, stored) in &inputs {
        match choose(name, stored.spec(), index)? {
            Chosen::Lines(found) => lines.push((name.as_str(), stored, found)),
            Chosen::Planes(_) if inputs.len() > 1 => {
                let shape = stored.spec().shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ");
                let text = format!(
                    "{name} is no line (shape {shape}), and several files are drawn as lines of one plot; \
                     draw one file, or a stack of pictures by a quoted glob"
                );
                return Err(Failure::new(code::USAGE, text));
            }
            Chosen::Planes(planes) => {
                args.plot.refuse_for_pictures()?;
                let drawn = picture::draw(args, kind, stored, &planes)?;
                return finish(args, drawn);
            }
        }
    }
    args.refuse_for_lines()?;
    let drawn = lines::draw(args, kind, &lines)?;
    finish(args, drawn)
}

impl PlotArgs {
    /// Options that would do nothing are misunderstandings.
    fn refuse_for_pictures(&self) -> Result<(), Failure> {
        let given = [
            ("--title", self.title.is_some()),
            ("--x-label", self.x_label.is_some()),
            ("--y-label", self.y_label.is_some()),
            ("--label", !self.label.is_empty()),
            ("--start", !self.start.is_empty()),
            ("--step", !self.step.is_empty()),
            ("--time", !self.time.is_empty()),
        ];
        refuse(&given, "is for lines, and this is drawn as a picture; choose one line with --index, as in --index 0,:")
    }
}

impl Args {
    fn refuse_for_lines(&self) -> Result<(), Failure> {
        let given = [
            ("--montage", self.montage.is_some()),
            ("--percentiles", self.look.percentiles.is_some()),
            ("--range", self.look.range.is_some()),
            ("--colormap", self.look.colormap.is_some()),
            ("--colorbar", self.look.colorbar),
        ];
        refuse(&given, "is for pictures, and this is drawn as a line; of few columns, --axes yx makes a picture")
    }
}

fn refuse(given: &[(&str, bool)], why: &str) -> Result<(), Failure> {
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Failure::new(code::USAGE, format!("{option} {why}"))),
        None => Ok(()),
    }
}

/// Writes the file, and says what it shows.
fn finish(args: &Args, drawn: Drawn) -> Result<u8, Failure> {
    write_whole(&args.output, &drawn.bytes, args.overwrite)?;
    let output = args.output.display().to_string();
    if args.reporting.json {
        let mut document = drawn.json;
        document["output"] = output.into();
        document["bytes"] = drawn.bytes.len().into();
        writeln!(std::io::stdout(), "{document:#}")?;
    } else if !args.reporting.quiet {
        let mut err = std::io::stderr().lock();
        writeln!(err, "{output}  {}, {}", drawn.text, show_bytes(drawn.bytes.len() as u64))?;
        for note in drawn.notes {
            writeln!(err, "note: {note}")?;
        }
    }
    Ok(code::DONE)
}

/// A value in a sentence: five digits say enough.
fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    if !(1e-3..1e7).contains(&value.abs()) {
        return format!("{value:.3e}");
    }
    let decimals = (4 - value.abs().log10().floor() as i32).clamp(0, 7) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}
