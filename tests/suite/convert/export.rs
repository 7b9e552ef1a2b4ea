//! Stacks to pictures.

use super::super::command::Sandbox;
use super::photograph;
use std::fs;

fn bytes(n: usize, size: usize) -> Vec<u8> {
    // Floats of any bits but NaN: the exponent never has all its bits set.
    (0..n * size).map(|i| ((i * 73 + i / 251) as u8) & if i % size == size - 1 { 0x3f } else { 0xff }).collect()
}

#[test]
fn lossless_pictures_come_back_as_they_were() {
    let dir = Sandbox::new();
    for (descr, size) in [("|u1", 1), ("<u2", 2), (">u2", 2)] {
        for shape in [&[12, 9, 7][..], &[12, 9, 7, 3], &[12, 9, 7, 4]] {
            dir.npy("a.npy", descr, shape, &bytes(shape.iter().product::<u64>() as usize, size));
            fs::create_dir_all(dir.path("out")).expect("a folder");
            let told = dir.run(&["convert", "a.npy", "out/%04d.png", "--overwrite"]).expect(0).stderr;
            assert!(told.contains("out/0000.png … out/0011.png  12 PNG files,"), "{told}");
            dir.run(&["convert", "out", "b.npy", "--overwrite"]).expect(0);
            dir.run(&["diff", "a.npy", "b.npy"]).expect(0);
        }
    }
    assert_eq!(fs::read_dir(dir.path("out")).expect("a folder").count(), 12, "nothing hidden is left");
}

#[test]
fn a_tiff_holds_every_dtype_and_many_pages() {
    let dir = Sandbox::new();
    for dtype in ["|u1", "<u2", "<u4", "<u8", "|i1", "<i2", ">i4", "<i8", "<f4", "<f8"] {
        for shape in [&[5, 9, 7][..], &[5, 9, 7, 3], &[700, 2, 600]] {
            if dtype.contains('i') && shape.len() == 4 {
                continue;
            }
            let size = dtype[2..].parse().expect("a size");
            dir.npy("a.npy", dtype, shape, &bytes(shape.iter().product::<u64>() as usize, size));
            let told = dir.run(&["convert", "a.npy", "b.tif", "--overwrite"]).expect(0).stderr;
            assert!(told.contains(&format!("b.tif  TIFF of {} pages,", shape[0])), "{told}");
            dir.run(&["diff", "a.npy", "b.tif"]).expect(0);
        }
    }
    // Strips of one page: more than one, and the last one shorter.
    dir.npy("large.npy", "<f4", &[1001, 777], &bytes(1001 * 777, 4));
    dir.run(&["convert", "large.npy", "large.tiff"]).expect(0);
    dir.run(&["diff", "large.npy", "large.tiff"]).expect(0);
}

#[test]
fn one_picture_goes_round_and_a_jpeg_comes_near() {
    let dir = Sandbox::new();
    let picture = photograph(64, 48, 3);
    dir.npy("a.npy", "|u1", &[48, 64, 3], picture.as_raw());
    for name in ["a.png", "a.tif", "a.jpg"] {
        let told = dir.run(&["convert", "a.npy", name, "--quality", "95"]).expect(0).stderr;
        assert!(told.contains(name) && told.contains("u8 48 × 64 × 3"), "{told}");
        let back = image::open(dir.path(name)).expect("a picture").into_rgb8();
        let worst = back.as_raw().iter().zip(picture.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(if name == "a.jpg" { worst < Some(60) } else { worst == Some(0) }, "{name}: {worst:?}");
    }
    let size = |quality: &str| {
        dir.run(&["convert", "a.npy", "q.jpg", "--quality", quality, "--overwrite"]).expect(0);
        fs::metadata(dir.path("q.jpg")).expect("made").len()
    };
    assert!(size("10") < size("50") && size("50") < size("100"));
    dir.run(&["convert", "a.npy", "planes-%d.png", "--axes", "tyx"]).expect(0);
    assert!(dir.path("planes-47.png").exists(), "names of axes say what an array is made of");
    dir.run(&["convert", "a.png", "from.jpg"]).expect(0);
    dir.npy_f32("f.npy", &[2, 2], &[0.4, 300.0, -1.0, 7.0]);
    dir.run(&["convert", "f.npy", "f.png", "--output-dtype", "u8"]).expect(0);
    assert_eq!(image::open(dir.path("f.png")).expect("a picture").into_luma8().into_raw(), [0, 255, 0, 7]);
}

#[test]
fn pictures_in_hand_stay_within_the_budget() {
    let dir = Sandbox::new();
    dir.sparse_npy("a.npy", "<u2", &[40, 1000, 1000]);
    for output in ["%d.png", "%d.tif", "all.tif"] {
        let words = ["convert", "a.npy", output, "--memory", "32MiB", "--json", "--threads", "3"];
        let told = dir.run(&words).json();
        let figure = |key: &str| told[key].as_u64().expect("a figure");
        let (used, projected) = (figure("memory_private_peak_bytes"), figure("memory_projected_bytes"));
        assert!(used <= projected && projected <= 32 << 20, "{output}: {used} used, {projected} projected");
    }
}
