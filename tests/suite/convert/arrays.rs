//! Raw and `.npy`, in every order, byte order and place.

use super::super::command::Sandbox;
use serde_json::json;
use std::fs;

#[test]
fn raw_and_npy_go_round() {
    let dir = Sandbox::new();
    let values: Vec<u16> = (0..7 * 5 * 3).map(|i| i * 601).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    dir.npy("a.npy", "<u2", &[7, 5, 3], &bytes);
    for order in ["c", "f"] {
        for endian in ["little", "big"] {
            let to = ["convert", "a.npy", "b.dat", "--output-order", order, "--output-endian", endian, "--overwrite"];
            let told = dir.run(&to).expect(0).stderr;
            assert!(told.contains("--dtype u16 --shape 7,5,3"), "{told}");
            assert_eq!(told.contains("--order f"), order == "f", "{told}");
            let raw = fs::read(dir.path("b.dat")).expect("made");
            let second = if order == "c" { values[1] } else { values[15] };
            let second = if endian == "big" { second.to_be_bytes() } else { second.to_le_bytes() };
            assert_eq!(raw[2..4], second, "{order} {endian}");
            // Behind a header of somebody else's.
            dir.write("c.dat", [&[9u8; 13][..], &raw].concat());
            let layout =
                ["--dtype", "u16", "--shape", "-1,5,3", "--offset", "13", "--order", order, "--endian", endian];
            let from = [&["convert", "c.dat", "d.npy", "--quiet", "--overwrite"][..], &layout].concat();
            assert_eq!(dir.run(&from).silent(), "");
            assert_eq!(dir.data("d.npy"), bytes, "{order} {endian}");
        }
    }
    dir.run(&["convert", "a.npy", "e.npy", "--output-order", "F", "--output-endian", "big"]).expect(0);
    assert!(dir.header("e.npy").starts_with("{'descr': '>u2', 'fortran_order': True, 'shape': (7, 5, 3), }"));
    assert_eq!(dir.run(&["diff", "a.npy", "e.npy"]).expect(0).code, 0);
}

#[test]
fn dtypes_change_by_the_rules_of_cast_and_a_dash_prints() {
    let dir = Sandbox::new();
    dir.npy_f32("a.npy", &[2, 3], &[-3.0, 0.5, 1.5, 254.4, 300.0, 7.0]);
    let printed = dir.run(&["convert", "a.npy", "-", "--output-dtype", "u8"]).silent();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).expect("JSON"), json!([[0, 0, 2], [254, 255, 7]]));
    let told = dir.run(&["convert", "a.npy", "b.npy", "--output-dtype", "f64", "--json"]).json();
    assert_eq!((&told["outputs"][0]["dtype"], &told["outputs"][0]["shape"]), (&json!("f64"), &json!([2, 3])));
}
