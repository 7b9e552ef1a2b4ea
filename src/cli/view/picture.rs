//! The wording of pictures: one frame, or a montage.

use super::{Args, Drawn, Kind, short};
use crate::cli::failure::{Failure, code};
use crate::report::draw::{Contrast, Picture, Planes, Style, montage, plane};
use crate::report::show_count;
use crate::storage::Stored;
use serde_json::json;

pub fn draw(args: &Args, kind: Kind, stored: &Stored, planes: &Planes) -> Result<Drawn, Failure> {
    if kind == Kind::Svg {
        let png = args.output.with_extension("png");
        let text = format!("a picture is pixels, which .svg is not made for; write {}", png.display());
        return Err(Failure::new(code::USAGE, text));
    }
    let look = &args.look;
    let style = Style {
        size: look.size,
        contrast: look.range.or(look.percentiles),
        colors: look.colormap.unwrap_or_default(),
        colorbar: look.colorbar,
    };
    if planes.is_rgb() && (look.colormap.is_some() || look.colorbar) {
        let option = if look.colorbar { "--colorbar" } else { "--colormap" };
        let text =
            format!("{option} is for grey values, and axis c is drawn as colour; choose one channel with --index");
        return Err(Failure::new(code::USAGE, text));
    }
    let picture = match args.montage {
        Some(grid) => montage(stored, planes, grid, &style)?,
        None => plane(stored, planes, planes.one()?, &style)?,
    };
    let bytes = picture.raster.png()?;
    let text = describe(args, planes, &picture);
    let indices: Vec<Vec<u64>> = picture.frames.iter().map(|f| planes.indices(*f)).collect();
    let json = json!({
        "kind": if args.montage.is_some() { "montage" } else { "plane" },
        "width": picture.raster.width, "height": picture.raster.height,
        "frames": indices, "frame_shape": [picture.frame.0, picture.frame.1],
        "drawn_shape": [picture.drawn.0, picture.drawn.1], "grid": [picture.grid.0, picture.grid.1],
        "low": picture.ends.low, "high": picture.ends.high, "nan": picture.nan,
        "colormap": if planes.is_rgb() { "rgb" } else { style.colors.name() },
    });
    Ok(Drawn { bytes, text, notes: notes(stored, planes), json })
}

/// What was drawn, how large, with which contrast.
fn describe(args: &Args, planes: &Planes, picture: &Picture) -> String {
    let at = |frame: u64| planes.indices(frame).iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    let all = show_count(planes.frames());
    let mut parts = Vec::new();
    if args.montage.is_some() {
        parts.push(format!("{} of {all} frames in {} × {}", picture.frames.len(), picture.grid.0, picture.grid.1));
    } else if planes.frames() > 1 {
        parts.push(format!("frame {} of {all} (the middle one)", at(picture.frames[0])));
    } else if !planes.indices(0).is_empty() {
        parts.push(format!("frame {}", at(0)));
    }
    let (height, width) = picture.frame;
    let (tall, wide) = picture.drawn;
    let size = match tall as u64 {
        t if t == height && wide as u64 == width => format!("{height} × {width}"),
        t if t > height => format!("{height} × {width} enlarged to {tall} × {wide}"),
        _ => format!("{} × {} reduced to {tall} × {wide}", show_count(height), show_count(width)),
    };
    parts.push(size);
    let contrast = args.look.range.or(args.look.percentiles);
    let stored = planes.is_rgb() && contrast.is_none() && (picture.ends.low, picture.ends.high) == (0.0, 255.0);
    parts.push(match contrast {
        _ if stored => "colour as stored".into(),
        _ if picture.ends.low == picture.ends.high => format!("all {}", short(picture.ends.low)),
        Some(Contrast::Range(..)) => format!("contrast {} to {}", short(picture.ends.low), short(picture.ends.high)),
        _ => {
            let (low, high) = match contrast.unwrap_or_default() {
                Contrast::Percentiles(low, high) | Contrast::Range(low, high) => (low, high),
            };
            format!("contrast {} to {} ({low} to {high} %)", short(picture.ends.low), short(picture.ends.high))
        }
    });
    if picture.nan > 0 {
        parts.push(format!("{} pixels NaN", show_count(picture.nan)));
    }
    parts.join(", ")
}

fn notes(stored: &Stored, planes: &Planes) -> Vec<String> {
    let spec = stored.spec();
    let unnamed = spec.axes.iter().all(Option::is_none);
    let colour = spec.rank() > 2 && spec.shape.last().is_some_and(|n| [3, 4].contains(n)) && planes.width() <= 4;
    if !(unnamed && colour) {
        return Vec::new();
    }
    let names = if spec.rank() == 3 { "yxc" } else { "tyxc" };
    vec![format!("if the last axis is colour, say --axes {names}")]
}
