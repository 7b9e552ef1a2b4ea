//! However the input lies in its file: order, byte order, alignment.

use super::{Schedule, run};
use crate::support::{Data, Folder, fine, input};
use tilewise::array::{DType, Endian, Order};

const STEPS: &str = "
[[step]]
name = \"g\"
kernel = \"gaussian\"
from = \"x\"
sigma = 1
axes = \"yx\"
[[step]]
name = \"m\"
kernel = \"mean\"
axes = \"t\"
[[step]]
name = \"r\"
kernel = \"rolling_max\"
from = \"x\"
window = 3
min_count = 1
[[step]]
name = \"c\"
kernel = \"cumsum\"
from = \"x\"
axes = \"x\"
[[step]]
name = \"e\"
expr = \"x * 2 - m\"
[outputs]
";

fn schedules() -> [Schedule; 3] {
    let of = |threads, tile: Option<&[u64]>, tight| Schedule { threads, tile: tile.map(Vec::from), tight };
    [of(2, None, true), of(1, Some(&[1, 1, 1]), false), of(2, Some(&[2, 5, 100]), false)]
}

/// The declarations of inputs that hold `data` in every way a file may.
fn layouts(folder: &Folder, data: &Data) -> Vec<String> {
    let dtype = data.dtype.name();
    let mut all = Vec::new();
    for (i, order) in [Order::C, Order::F].into_iter().enumerate() {
        for (j, endian) in [Endian::Little, Endian::Big].into_iter().enumerate() {
            let name = format!("{i}{j}.npy");
            std::fs::write(folder.join(&name), data.npy(order, endian)).unwrap();
            all.push(input("x", &name, data));
            let order_name = if order == Order::F { "F" } else { "C" };
            for offset in [0, 13, 128] {
                let name = format!("{i}{j}_{offset}.raw");
                let bytes = [vec![0xab; offset], data.stored(order, endian)].concat();
                std::fs::write(folder.join(&name), bytes).unwrap();
                all.push(format!(
                    "x = {{ path = \"{name}\", dtype = \"{dtype}\", shape = {:?}, offset = {offset}, \
                     order = \"{order_name}\", endian = \"{}\", axes = \"tyx\" }}\n",
                    data.shape,
                    endian.name()
                ));
            }
        }
    }
    all
}

#[test]
fn the_layout_of_an_input_never_shows() {
    for dtype in [DType::U16, DType::F32, DType::F64, DType::BF16, DType::I8] {
        let folder = Folder::new();
        let data = fine(dtype, &[5, 12, 17], dtype as u64).named("tyx");
        let outputs: String = ["g", "m", "r", "c", "e"].map(|n| format!("{n} = \"{n}.npy\"\n")).concat();
        let layouts = layouts(&folder, &data);
        let texts: Vec<String> = layouts.iter().map(|x| format!("[inputs]\n{x}{STEPS}{outputs}")).collect();
        let want = folder.run(&texts[0], &folder.options()).unwrap();
        for text in &texts {
            for schedule in schedules() {
                let got = run(&folder, text, &schedule).unwrap_or_else(|e| panic!("{schedule:?}\n{text}\n{e}"));
                assert!(got == want, "{schedule:?}\n{text}\n{want:?}\n{got:?}");
            }
        }
    }
}

/// Seven parts of an array in every layout: no sample of tiles shows them all, and the memory of each is counted.
#[test]
fn parts_of_an_array_in_any_layout_fit_the_tightest_budget() {
    let folder = Folder::new();
    let data = fine(DType::U16, &[5, 12, 17], 3).named("tyx");
    let step = "[[step]]\nname = \"c\"\nkernel = \"concatenate\"\nfrom = \"x\"\nwith = [\"x\", \"x\", \"x\", \"x\", \"x\", \"x\"]\n";
    for x in layouts(&folder, &data) {
        let text = format!("[inputs]\n{x}{step}[outputs]\nc = \"c.npy\"\n");
        for schedule in schedules() {
            let got = run(&folder, &text, &schedule).unwrap_or_else(|e| panic!("{schedule:?}\n{text}\n{e}"));
            assert!(got[0].bytes == data.bytes.repeat(7), "{schedule:?}\n{text}");
        }
    }
}

/// Outputs in Fortran order or big-endian hold the same values.
#[test]
fn outputs_in_other_layouts_hold_the_same() {
    let folder = Folder::new();
    for dtype in [DType::F32, DType::C128, DType::U16] {
        let data = match dtype {
            DType::C128 => Data::new(dtype, &[3, 4, 5], &[crate::support::Num::Complex(1.0, -2.0); 60]),
            _ => fine(dtype, &[3, 4, 5], 1),
        };
        folder.npy("x.npy", &data);
        for (order, endian) in [("C", "big"), ("F", "little"), ("F", "big")] {
            let text = format!(
                "[inputs]\nx = \"x.npy\"\n[outputs]\n\
                 x = {{ path = \"o.npy\", order = \"{order}\", endian = \"{endian}\" }}\n"
            );
            for schedule in schedules() {
                run(&folder, &text, &schedule).unwrap();
                let back = folder.run("[inputs]\no = \"o.npy\"\n[outputs]\no = \"p.npy\"\n", &folder.options());
                assert!(back.unwrap()[0].bytes == data.bytes, "{dtype} {order} {endian} {schedule:?}");
                let file = std::fs::read(folder.join("o.npy")).unwrap();
                let by = if order == "F" { Order::F } else { Order::C };
                let endian = if endian == "big" { Endian::Big } else { Endian::Little };
                assert!(file.ends_with(&data.stored(by, endian)), "{dtype} {order} {endian:?} {schedule:?}");
            }
        }
    }
}
