//! The pictures in `docs/pictures/`, made again and compared pixel by pixel.
//!
//! `UPDATE_GOLDEN=1 cargo test --test all view` writes them anew; then open each one and judge it.

use super::super::command::{ROOT, Sandbox};
use super::decode;
use image::imageops::{FilterType, crop_imm, resize};
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a picture in the documentation, at most.
const BYTES_MAX: usize = 150_000;

fn sample(name: &str) -> PathBuf {
    Path::new(ROOT).join("datasets").join(name)
}

/// Runs `view` and holds its picture against the committed one.
#[track_caller]
fn picture(dir: &Sandbox, name: &str, words: &[&str]) {
    dir.run(&[&["view", "-o", name], words].concat()).expect(0);
    let made = fs::read(dir.path(name)).expect("a picture");
    assert!(made.len() < BYTES_MAX, "{name} has {} bytes, of at most {BYTES_MAX}", made.len());
    let kept = Path::new(ROOT).join("docs/pictures").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(kept.parent().expect("a folder")).expect("docs/pictures");
        fs::write(&kept, made).expect("written");
        return;
    }
    let there = image::open(&kept).unwrap_or_else(|e| panic!("{}: {e}; UPDATE_GOLDEN=1 writes it", kept.display()));
    let (made, there) = (decode(dir, name).to_rgb8(), there.to_rgb8());
    assert_eq!(made.dimensions(), there.dimensions(), "{name}");
    let other = made.pixels().zip(there.pixels()).filter(|(a, b)| a != b).count();
    assert_eq!(other, 0, "{name}: {other} pixels differ from docs/pictures; if that is meant, UPDATE_GOLDEN=1");
}

#[test]
fn a_montage_of_photographs() {
    let dir = Sandbox::new();
    fs::create_dir(dir.path("photos")).expect("a folder");
    let mut count = 0;
    let mut cut = |name: &str, corners: &[(u32, u32)], side: u32| {
        let photo = image::open(sample(name)).expect("a photograph").to_rgb8();
        for (x, y) in corners {
            let part = crop_imm(&photo, *x, *y, side, side).to_image();
            let part = resize(&part, 96, 96, FilterType::CatmullRom);
            part.save(dir.path(&format!("photos/{count}.png"))).expect("written");
            count += 1;
        }
    };
    cut("retina.jpg", &[(100, 500), (560, 550), (290, 250), (700, 820)], 300);
    cut("hubble_deep_field.jpg", &[(80, 358), (705, 530), (255, 70), (425, 105)], 90);
    picture(&dir, "montage.png", &["photos/*.png", "--montage", "2x4", "--size", "410"]);
}

#[test]
fn a_frame_in_colours() {
    let dir = Sandbox::new();
    let cell = sample("cell.png").display().to_string();
    let words = [&cell, "--index", "150:550,140:540", "--colormap", "viridis", "--colorbar"];
    picture(&dir, "cell.png", &words);
}

/// Particles that drift over a dim background, with noise: a stack of 40 frames.
fn particles() -> (Vec<u8>, [u64; 3]) {
    let (frames, height, width) = (40, 240, 360);
    let mut state = 7u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    };
    let paths: Vec<[f64; 6]> = (0..24).map(|_| std::array::from_fn(|_| random())).collect();
    let mut data = Vec::new();
    for t in 0..frames {
        let t = f64::from(t) / 39.0;
        for i in 0..height * width {
            let (y, x) = (f64::from(i / width), f64::from(i % width));
            let mut value = 300.0 + 40.0 * random();
            for [x0, y0, dx, dy, bend, bright] in paths.iter().copied() {
                let px = (0.05 + 0.9 * x0 + (dx - 0.5) * 0.5 * t) * 360.0;
                let py = (0.05 + 0.9 * y0 + (dy - 0.5) * 0.5 * t + (bend - 0.5) * 0.4 * t * t) * 240.0;
                let away = (x - px).powi(2) + (y - py).powi(2);
                if away < 49.0 {
                    value += (500.0 + 1500.0 * bright) * (1.0 - away / 49.0).powi(4);
                }
            }
            data.extend((value as u16).to_le_bytes());
        }
    }
    (data, [40, 240, 360])
}

#[test]
fn a_projection_of_a_stack() {
    let dir = Sandbox::new();
    let (data, shape) = particles();
    dir.npy("particles.npy", "<u2", &shape, &data);
    let words =
        ["particles.npy", "--project", "max", "--colormap", "inferno", "--size", "720", "--percentiles", "1,99.9"];
    picture(&dir, "projection.png", &words);
}

/// A column of a CSV file as an array of f64; nothing is NaN.
fn column(dir: &Sandbox, file: &str, to: &str) {
    let text = fs::read_to_string(sample(file)).expect("a data set");
    let value = |line: &str| line.split(',').nth(1).and_then(|v| v.trim().parse().ok()).unwrap_or(f64::NAN);
    let values: Vec<f64> = text.lines().skip(1).map(value).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    dir.npy(to, "<f8", &[values.len() as u64], &bytes);
}

#[test]
fn temperatures_with_their_weekly_mean() {
    let dir = Sandbox::new();
    column(&dir, "seattle-temps.csv", "hourly.npy");
    dir.run(&["apply", "hourly.npy", "weekly.npy", "-s", "rolling_mean window=168 center=true", "-q"]).expect(0);
    let axes = ["--start", "2010-01-01", "--step", "1h", "--y-label", "temperature, °F"];
    let names = ["--label", "hourly", "--label", "weekly mean", "--title", "Seattle, 2010"];
    let words = [&["hourly.npy", "weekly.npy"], &axes[..], &names[..]].concat();
    picture(&dir, "temperatures.png", &words);
}

#[test]
fn carbon_dioxide_with_its_gaps() {
    let dir = Sandbox::new();
    column(&dir, "co2.csv", "co2.npy");
    let words = ["co2.npy", "--start", "1958-03-29", "--step", "7d", "--title", "CO₂ at Mauna Loa", "--y-label", "ppm"];
    picture(&dir, "co2.png", &words);
}
