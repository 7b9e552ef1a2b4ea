//! Pictures and plots: every pixel that `view` draws against slow, obvious code; what it says; what it
//! refuses.

mod examples;
mod plots;
mod refusals;

use super::command::{Done, Sandbox};
use image::{DynamicImage, RgbImage};

/// Draws into `out.png` and decodes it.
#[track_caller]
fn draw(dir: &Sandbox, words: &[&str]) -> (RgbImage, Done) {
    let done = dir.run(&[&["view", "-o", "out.png", "--overwrite"], words].concat()).expect(0);
    assert_eq!(done.stdout, "", "$ {}", done.line);
    (decode(dir, "out.png").to_rgb8(), done)
}

fn decode(dir: &Sandbox, name: &str) -> DynamicImage {
    image::open(dir.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn level(value: f64, low: f64, high: f64) -> u8 {
    ((value - low) / (high - low) * 255.0).round().clamp(0.0, 255.0) as u8
}

/// A stack with something in every frame, some NaN, and a few values far out.
fn stack(frames: usize, height: usize, width: usize) -> Vec<f32> {
    let mut values: Vec<f32> = (0..frames * height * width)
        .map(|i| ((i * 7919) % 1009) as f32 + (i / (height * width)) as f32 * 50.0)
        .collect();
    values[height * width + 3] = 1e6;
    values[height * width + 5] = f32::NAN;
    values
}

/// NumPy's linear percentile.
fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() - 1) as f64 * percent / 100.0;
    let below = sorted[place.floor() as usize];
    below + (sorted[place.ceil() as usize] - below) * place.fract()
}

#[test]
fn the_middle_frame_between_percentiles() {
    let dir = Sandbox::new();
    let values = stack(3, 20, 30);
    dir.npy_f32("a.npy", &[3, 20, 30], &values);
    let frame: Vec<f64> = values[600..1200].iter().map(|v| f64::from(*v)).collect();
    for (words, ends) in [(&["a.npy"][..], (0.5, 99.5)), (&["a.npy", "--percentiles", "10,60"], (10.0, 60.0))] {
        let (low, high) = (percentile(&frame, ends.0), percentile(&frame, ends.1));
        let (picture, done) = draw(&dir, &[words, &["--colormap", "viridis", "--size", "30"]].concat());
        assert_eq!(picture.dimensions(), (30, 20));
        for (i, value) in frame.iter().enumerate() {
            let color = colorous::VIRIDIS.eval_rational(level(*value, low, high).into(), 256);
            let want = if value.is_nan() { [216; 3] } else { [color.r, color.g, color.b] };
            assert_eq!(picture.get_pixel(i as u32 % 30, i as u32 / 30).0, want, "pixel {i}, {value}");
        }
        let says = ["out.png  frame 1 of 3 (the middle one), 20 × 30, contrast ", "1 pixels NaN"];
        says.iter().for_each(|s| assert!(done.stderr.contains(s), "{}", done.stderr));
    }
}

#[test]
fn frames_are_chosen_as_get_chooses_them() {
    let dir = Sandbox::new();
    let values = stack(4, 20, 30);
    dir.npy_f32("a.npy", &[4, 20, 30], &values);
    for (index, frame, (top, left), (height, width)) in
        [("-1", 3, (0, 0), (20, 30)), ("1,:,:", 1, (0, 0), (20, 30)), ("0,5:15,-20:", 0, (5, 10), (10, 20))]
    {
        let (picture, _) = draw(&dir, &["a.npy", "--index", index, "--range", "0,1200", "--size", "30"]);
        assert_eq!(picture.dimensions(), (width, height), "{index}");
        for (x, y, pixel) in picture.enumerate_pixels() {
            let value = values[frame * 600 + (top + y as usize) * 30 + left + x as usize];
            let want = if value.is_nan() { [214, 39, 90] } else { [level(value.into(), 0.0, 1200.0); 3] };
            assert_eq!(pixel.0, want, "{index}: {y},{x}");
        }
    }
}

/// The mean of what each cell covers, by the definition; NaN does not count.
fn reduced(frame: &[f64], (height, width): (usize, usize), (tall, wide): (usize, usize)) -> Vec<f64> {
    let overlap = |i: usize, n: usize, k: usize, cells: usize| {
        let (a, b) = (i as f64 * cells as f64, (i + 1) as f64 * cells as f64);
        (b.min((k + 1) as f64 * n as f64) - a.max(k as f64 * n as f64)).max(0.0)
    };
    let mut out = Vec::new();
    for row in 0..tall {
        for column in 0..wide {
            let (mut sum, mut weight) = (0.0, 0.0);
            for y in 0..height {
                for x in 0..width {
                    let w = overlap(y, height, row, tall) * overlap(x, width, column, wide);
                    let value = frame[y * width + x];
                    if w > 0.0 && !value.is_nan() {
                        (sum, weight) = (sum + w * value, weight + w);
                    }
                }
            }
            out.push(if weight > 0.0 { sum / weight } else { f64::NAN });
        }
    }
    out
}

#[test]
fn large_frames_are_reduced_by_area() {
    let dir = Sandbox::new();
    let (height, width) = (95, 131);
    let mut frame: Vec<f32> = (0..height * width).map(|i| ((i * 7919) % 1009) as f32).collect();
    frame[40] = f32::NAN;
    // Nothing but NaN under one cell.
    for y in 60..95 {
        frame[y * width..y * width + 40].fill(f32::NAN);
    }
    dir.npy_f32("a.npy", &[95, 131], &frame);
    let frame: Vec<f64> = frame.into_iter().map(f64::from).collect();
    for (size, (tall, wide)) in [("100", (73, 100)), ("33", (24, 33)), ("130", (94, 130))] {
        let (picture, done) = draw(&dir, &["a.npy", "--range", "0,1009", "--size", size]);
        assert_eq!(picture.dimensions(), (wide, tall));
        assert!(done.stderr.contains(&format!("95 × 131 reduced to {tall} × {wide}")), "{}", done.stderr);
        let cells = reduced(&frame, (height, width), (tall as usize, wide as usize));
        assert!(cells.iter().any(|c| c.is_nan()));
        for (pixel, cell) in picture.pixels().zip(cells) {
            let want = if cell.is_nan() { [214, 39, 90] } else { [level(cell, 0.0, 1009.0); 3] };
            // Sums in another order may round the other way.
            let far = pixel.0.iter().zip(want).map(|(a, b)| a.abs_diff(b)).max();
            assert!(far <= Some(1), "{pixel:?}, not {want:?}");
        }
    }
}

#[test]
fn small_frames_are_enlarged_by_whole_factors() {
    let dir = Sandbox::new();
    dir.npy_f32("a.npy", &[20, 30], &(0..600).map(|i| i as f32).collect::<Vec<_>>());
    let (picture, _) = draw(&dir, &["a.npy", "--range", "0,600"]);
    assert_eq!(picture.dimensions(), (960, 640));
    assert!(picture.enumerate_pixels().all(|(x, y, p)| p.0 == [level(f64::from(y / 32 * 30 + x / 32), 0.0, 600.0); 3]));
}

#[test]
fn every_layout_gives_the_same_picture() {
    let dir = Sandbox::new();
    let (h, w) = (70, 90);
    let value = |y: usize, x: usize| (y * 31 + x * x) as i16;
    let c: Vec<i16> = (0..h * w).map(|i| value(i / w, i % w)).collect();
    let f: Vec<i16> = (0..h * w).map(|i| value(i % h, i / h)).collect();
    dir.npy("c.npy", "<i2", &[70, 90], &c.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>());
    dir.npy("big.npy", ">i2", &[70, 90], &c.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<_>>());
    dir.npy("t.npy", "<i2", &[90, 70], &f.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>());
    let raw: Vec<u8> = [7].into_iter().chain(f.iter().flat_map(|v| v.to_le_bytes())).collect();
    dir.write("f.dat", raw);
    let (want, _) = draw(&dir, &["c.npy", "--size", "40"]);
    assert_eq!(want, draw(&dir, &["big.npy", "--size", "40"]).0);
    assert_eq!(want, draw(&dir, &["t.npy", "--axes", "xy", "--size", "40"]).0);
    let layout = ["--dtype", "i16", "--shape", "-1,90", "--offset", "1", "--order", "F"];
    assert_eq!(want, draw(&dir, &[&["f.dat", "--size", "40"], &layout[..]].concat()).0);
}

#[test]
fn colour_is_drawn_as_stored_without_its_alpha() {
    let dir = Sandbox::new();
    let color = |x: u32, y: u32| [(x * 3) as u8, (y * 5) as u8, (x * y) as u8];
    RgbImage::from_fn(40, 30, |x, y| image::Rgb(color(x, y))).save(dir.path("rgb.png")).expect("written");
    let alpha = |x, y| {
        let [r, g, b] = color(x, y);
        image::Rgba([r, g, b, 9])
    };
    image::RgbaImage::from_fn(40, 30, alpha).save(dir.path("rgba.png")).expect("written");
    for file in ["rgb.png", "rgba.png"] {
        let (picture, done) = draw(&dir, &[file, "--size", "40"]);
        assert!(picture.enumerate_pixels().all(|(x, y, p)| p.0 == color(x, y)), "{file}");
        assert!(done.stderr.contains("30 × 40, colour as stored"), "{}", done.stderr);
    }
    let (green, _) = draw(&dir, &["rgb.png", "--index", ":,:,1", "--range", "0,255", "--size", "40"]);
    assert!(green.enumerate_pixels().all(|(x, y, p)| p.0 == [color(x, y)[1]; 3]));
    let (stretched, _) = draw(&dir, &["rgb.png", "--range", "0,51", "--size", "40"]);
    assert!(stretched.enumerate_pixels().all(|(x, y, p)| p.0 == color(x, y).map(|v| v.saturating_mul(5))));
    // The mean of one picture is the picture.
    let (mean, _) = draw(
        &dir,
        &["rgb*.png", "--index", "0", "--size", "40"].map(|w| if w == "rgb*.png" { "rgb.pn[g]" } else { w }),
    );
    let (projected, _) = draw(&dir, &["rgb.pn[g]", "--project", "mean", "--size", "40"]);
    assert_eq!(mean, projected);
}

#[test]
fn a_montage_has_even_frames_in_a_grid_with_one_contrast() {
    let dir = Sandbox::new();
    // Frame t is t everywhere.
    let values: Vec<f32> = (0..31 * 40 * 50).map(|i| (i / 2000) as f32).collect();
    dir.npy_f32("a.npy", &[31, 40, 50], &values);
    let (picture, done) = draw(&dir, &["a.npy", "--montage", "2x4", "--range", "0,30", "--size", "218"]);
    assert_eq!(picture.dimensions(), (4 * 50 + 3 * 6, 2 * 40 + 6), "gaps of six pixels");
    let frames = [0, 4, 9, 13, 17, 21, 26, 30];
    for (i, frame) in frames.into_iter().enumerate() {
        let (x, y) = ((i as u32 % 4) * 56, (i as u32 / 4) * 46);
        for (x, y) in [(x, y), (x + 49, y), (x + 49, y + 39)] {
            assert_eq!(picture.get_pixel(x, y).0, [level(f64::from(frame), 0.0, 30.0); 3], "frame {frame}");
        }
    }
    assert_eq!(picture.get_pixel(52, 10).0, [255; 3], "a white gap");
    assert!(done.stderr.contains("8 of 31 frames in 2 × 4"), "{}", done.stderr);
    let (_, done) = draw(&dir, &["a.npy", "--montage"]);
    assert!(done.stderr.contains("16 of 31 frames in 4 × 4"), "{}", done.stderr);
    let (_, done) = draw(&dir, &["a.npy", "--index", "::10", "--montage", "9"]);
    assert!(done.stderr.contains("4 of 4 frames in 2 × 2"), "{}", done.stderr);
}

#[test]
fn frames_carry_their_numbers() {
    let dir = Sandbox::new();
    dir.npy_f32("a.npy", &[4, 200, 200], &vec![0.0; 160_000]);
    let (picture, _) = draw(&dir, &["a.npy", "--range", "-1,1", "--montage", "--size", "406"]);
    let dark = |x0: u32, y0: u32| {
        let corner = image::imageops::crop_imm(&picture, x0, y0 + 170, 30, 30).to_image();
        corner.pixels().filter(|p| p.0[0] > 200).count()
    };
    assert!([(0, 0), (206, 0), (0, 206), (206, 206)].into_iter().all(|(x, y)| dark(x, y) > 5), "white digits");
}

#[test]
fn a_projection_is_what_the_kernel_gives() {
    let dir = Sandbox::new();
    let values: Vec<f32> = (0..5 * 20 * 30).map(|i| ((i * 7919) % 1009) as f32).collect();
    dir.npy_f32("a.npy", &[5, 20, 30], &values);
    let (picture, done) =
        draw(&dir, &["a.npy", "--project", "max", "--range", "0,1009", "--size", "30", "--memory", "64MiB"]);
    for (i, pixel) in picture.pixels().enumerate() {
        let most = (0..5).map(|t| values[t * 600 + i]).fold(0.0, f32::max);
        assert_eq!(pixel.0, [level(most.into(), 0.0, 1009.0); 3]);
    }
    assert!(done.stderr.contains("20 × 30"), "{}", done.stderr);
    // What is left may be a stack, or a line.
    let (_, done) = draw(&dir, &["a.npy", "--axes", "tyx", "--project", "mean axes=y", "--range", "0,1009"]);
    assert!(done.stderr.contains("5 × 30"), "{}", done.stderr);
    let (_, done) = draw(&dir, &["a.npy", "--project", "mean axes=[1, 2]"]);
    assert!(done.stderr.contains("a line of 5 samples"), "{}", done.stderr);
    assert_eq!(dir.files(), ["a.npy", "out.png"]);
}

#[test]
fn constant_data_and_a_colour_bar_are_drawn() {
    let dir = Sandbox::new();
    dir.npy_f32("a.npy", &[300, 500], &vec![5.0; 150_000]);
    let (picture, done) = draw(&dir, &["a.npy"]);
    assert!(picture.pixels().all(|p| p.0 == [128; 3]));
    assert!(done.stderr.contains("all 5,"), "{}", done.stderr);
    let ramp: Vec<f32> = (0..150_000).map(|i| (i % 500) as f32).collect();
    dir.npy_f32("ramp.npy", &[300, 500], &ramp);
    let (picture, _) = draw(&dir, &["ramp.npy", "--colormap", "magma", "--colorbar", "--range", "0,499"]);
    let magma = |i| {
        let color = colorous::MAGMA.eval_rational(i, 256);
        [color.r, color.g, color.b]
    };
    assert!(picture.width() > 540);
    let column: Vec<[u8; 3]> = (0..picture.height()).map(|y| picture.get_pixel(520, y).0).collect();
    let found = (0..256).filter(|i| column.contains(&magma(*i))).count();
    assert!(found > 200, "{found} colours of the map in the bar");
    assert!(column.iter().position(|c| *c == magma(250)) < column.iter().position(|c| *c == magma(5)), "high is up");
}

#[test]
fn two_runs_and_any_number_of_threads_give_the_same_bytes() {
    let dir = Sandbox::new();
    let values: Vec<f32> = (0..400 * 500).map(|i| ((i * 7919) % 100_003) as f32 / 7.0).collect();
    dir.npy_f32("a.npy", &[400, 500], &values);
    dir.npy_f32("line.npy", &[200_000], &values);
    let run = |threads: &str, words: &[&str]| {
        let mut command = dir.command(&[&["view", "--overwrite", "-o"], words].concat());
        assert!(command.env("RAYON_NUM_THREADS", threads).output().expect("starts").status.success());
        std::fs::read(dir.path(words[0])).expect("a file")
    };
    for words in [&["a.png", "a.npy", "--size", "77", "--colorbar"][..], &["l.png", "line.npy"], &["l.svg", "line.npy"]]
    {
        let first = run("1", words);
        assert!(first == run("1", words) && first == run("3", words), "{words:?}");
    }
}

#[test]
fn json_tells_what_was_drawn() {
    let dir = Sandbox::new();
    dir.npy_f32("a.npy", &[3, 20, 30], &stack(3, 20, 30));
    let told = dir.run(&["view", "a.npy", "-o", "a.png", "--range", "0,9", "--json"]).json();
    let want = serde_json::json!({
        "kind": "plane", "width": 960, "height": 640, "frames": [[1]], "frame_shape": [20, 30],
        "drawn_shape": [640, 960], "grid": [1, 1], "low": 0.0, "high": 9.0, "nan": 1, "colormap": "grey",
        "output": "a.png", "bytes": std::fs::metadata(dir.path("a.png")).expect("a file").len(),
    });
    assert_eq!(told, want);
    assert_eq!(dir.run(&["view", "a.npy", "-o", "b.png", "--quiet"]).silent(), "");
}

#[test]
fn thumbnails_stand_in_pages() {
    use tilewise::report::draw::{Contrast, thumbnail};
    let dir = Sandbox::new();
    dir.npy_f32("a.npy", &[3, 900, 600], &stack(3, 900, 600));
    dir.npy_f32("line.npy", &[1000], &stack(2, 10, 50));
    dir.npy_f32("scalar.npy", &[], &[1.0]);
    let thumb = |file: &str, contrast| {
        let stored = tilewise::storage::Stored::open(file, &dir.path(""), &Default::default()).expect("an array");
        thumbnail(file, &stored, 480, contrast)
    };
    let frame = thumb("a.npy", Some(Contrast::Range(0.0, 1e4))).expect("a picture");
    assert_eq!((frame.mime, frame.width, frame.height), ("image/png", 320, 480));
    assert_eq!(frame.caption, "frame 1 of 3, 900 × 600");
    let decoded = image::load_from_memory(&frame.bytes).expect("a PNG");
    assert_eq!((decoded.width(), decoded.height()), (320, 480));
    let line = thumb("line.npy", None).expect("a plot");
    assert_eq!(
        (line.mime, line.width, line.height, line.caption.as_str()),
        ("image/svg+xml", 480, 240, "1,000 samples")
    );
    assert!(line.bytes.starts_with(b"<svg ") && line.bytes.ends_with(b"</svg>\n"));
    assert!(thumb("scalar.npy", None).is_err());
}

/// Private memory that a process holds now, in bytes; 0 once it has ended.
fn private_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("RssAnon:"));
    line.and_then(|l| l.trim().strip_suffix("kB")).and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[test]
fn frames_and_series_of_any_size_take_little_memory() {
    let dir = Sandbox::new();
    dir.sparse_npy("plane.npy", "<f4", &[8_000, 8_000]);
    dir.sparse_npy("line.npy", "<f8", &[30_000_000]);
    for words in [["plane.npy", "plane.png"], ["line.npy", "line.png"]] {
        let mut child = dir.command(&["view", words[0], "-o", words[1], "--quiet"]).spawn().expect("starts");
        let mut most = 0;
        while child.try_wait().expect("a state").is_none() {
            most = most.max(private_bytes(child.id()));
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert!(child.wait().expect("ended").success());
        println!("{}: {:.1} MiB", words[0], most as f64 / (1 << 20) as f64);
        assert!(most < 80 << 20, "{}: {most} bytes of 240 MiB and more", words[0]);
    }
}
