//! Fused or not: steps in one pipeline give what they give one by one, through files.

use super::params::setting;
use super::{Outcome, Schedule, cases, run, runner};
use crate::support::{Data, Folder, fine, input};
use proptest::strategy::{Strategy, ValueTree};
use tilewise::array::DType;
use tilewise::kernel::registry;

/// A named step: what stands under `[[step]]` beside the name.
type Step<'a> = (&'a str, &'a str);

const HARD: [(usize, Option<[u64; 4]>, bool); 5] = [
    (1, Some([u64::MAX; 4]), false),
    (2, None, true),
    (2, Some([1, 1, 1, 1]), false),
    (3, Some([2, 7, 5, 3]), false),
    (1, Some([4, 1, 64, 64]), false),
];

fn hard() -> impl Iterator<Item = Schedule> {
    HARD.into_iter().map(|(threads, tile, tight)| Schedule { threads, tile: tile.map(Vec::from), tight })
}

fn step((name, lines): &Step) -> String {
    format!("[[step]]\nname = \"{name}\"\n{lines}\n")
}

/// Each step in a pipeline of its own, reading the files of those before it.
fn apart(folder: &Folder, data: &Data, steps: &[Step]) -> Vec<Data> {
    folder.npy("x.npy", data);
    let mut inputs = vec![("x".to_string(), input("x", "x.npy", data))];
    let mut all = Vec::new();
    for one in steps {
        let (name, lines) = one;
        // A step that does not say takes the one before it.
        let (last, _) = &inputs[inputs.len() - 1];
        let said = lines.contains("from =") || lines.starts_with("expr");
        let lines = if said { lines.to_string() } else { format!("from = \"{last}\"\n{lines}") };
        let read = |(key, _): &&(String, String)| lines.contains(&format!("\"{key}\"")) || lines.contains("expr");
        let used: String = inputs.iter().filter(read).map(|(_, line)| line.as_str()).collect();
        let text = format!("[inputs]\n{used}{}[outputs]\n{name} = \"{name}.npy\"\n", step(&(name, &lines)));
        let out = folder.run(&text, &folder.options()).unwrap_or_else(|e| panic!("{text}\n{e}")).remove(0);
        inputs.push((name.to_string(), input(name, &format!("{name}.npy"), &out)));
        all.push(out);
    }
    all
}

/// Fails unless `outputs`, from all steps in one pipeline, are what the steps give one by one.
fn fused_as_apart(data: &Data, steps: &[Step], outputs: &[&str]) {
    let folder = Folder::new();
    let apart = apart(&folder, data, steps);
    let want: Vec<&Data> =
        outputs.iter().map(|o| &apart[steps.iter().position(|(name, _)| name == o).unwrap()]).collect();
    let lines: String = outputs.iter().map(|o| format!("{o} = \"fused_{o}.npy\"\n")).collect();
    let all: String = steps.iter().map(step).collect();
    let text = format!("[inputs]\n{}{all}[outputs]\n{lines}", input("x", "x.npy", data));
    for schedule in hard() {
        let got = run(&folder, &text, &schedule).unwrap_or_else(|e| panic!("{schedule:?}\n{text}\n{e}"));
        assert_eq!(got.iter().collect::<Vec<_>>(), want, "{schedule:?}\n{text}");
    }
}

fn volume(dtype: DType) -> Data {
    fine(dtype, &[6, 23, 31], 1).named("tyx")
}

#[test]
fn a_filter_before_a_fold() {
    for dtype in [DType::F64, DType::U16] {
        let steps = [("g", "kernel = \"gaussian\"\nsigma = 1.5"), ("s", "kernel = \"sum\"\naxes = \"tx\"")];
        fused_as_apart(&volume(dtype), &steps, &["s"]);
        fused_as_apart(&volume(dtype), &steps, &["g", "s"]);
    }
}

#[test]
fn an_expression_before_a_filter_before_a_normalisation() {
    let steps = [
        ("e", "expr = \"(x - 3) / 7\""),
        ("g", "kernel = \"gaussian\"\nsigma = 2\nmode = \"mirror\""),
        ("z", "kernel = \"zscore\""),
    ];
    fused_as_apart(&volume(DType::U16), &steps, &["z"]);
    fused_as_apart(&volume(DType::F64), &steps, &["z", "e"]);
}

/// The rule for edges applies to what the second filter sees, not to the input.
#[test]
fn two_filters_with_every_pair_of_edges() {
    let modes = ["reflect", "mirror", "nearest", "wrap", "constant"];
    for first in modes {
        for second in modes {
            let a = format!("kernel = \"uniform\"\nsize = 5\nmode = \"{first}\"\ncval = 9\naxes = \"yx\"");
            let b = format!("kernel = \"gaussian\"\nsigma = 1\nmode = \"{second}\"\ncval = 4\naxes = \"yx\"");
            fused_as_apart(&fine(DType::F64, &[2, 9, 11], 3).named("tyx"), &[("a", &a), ("b", &b)], &["b"]);
        }
    }
}

/// A halo longer than the array, of an intermediate.
#[test]
fn filters_longer_than_the_array() {
    for mode in ["reflect", "mirror", "nearest", "wrap", "constant"] {
        let a = format!("kernel = \"median\"\nsize = 3\nmode = \"{mode}\"");
        let b = format!("kernel = \"uniform\"\nsize = 23\nmode = \"{mode}\"\ncval = 1");
        fused_as_apart(&fine(DType::I16, &[4, 7], 3), &[("a", &a), ("b", &b)], &["b", "a"]);
    }
}

#[test]
fn a_filter_after_another_shape() {
    let steps = [
        ("d", "kernel = \"downsample\"\nfactor = 3\nboundary = \"pad\""),
        ("g", "kernel = \"gaussian\"\nsigma = 1.2"),
        ("m", "kernel = \"max\"\naxes = \"y\""),
    ];
    fused_as_apart(&volume(DType::F64), &steps, &["g", "m"]);
    let after = [("m", "kernel = \"median\"\nsize = 3"), ("d", "kernel = \"downsample\"\nfactor = [2, 5]")];
    fused_as_apart(&volume(DType::U8), &after, &["d"]);
}

#[test]
fn windows_after_windows() {
    for (w, v) in [(5, 4), (70, 3), (4, 1100)] {
        let a = format!("kernel = \"rolling_mean\"\nwindow = {w}\nmin_count = 1\naxes = 0");
        let b = format!("kernel = \"rolling_max\"\nwindow = {v}\nmin_count = 2\ncenter = true\naxes = 0");
        let c = "kernel = \"cumsum\"\nskipna = true\naxes = 0";
        fused_as_apart(&fine(DType::F64, &[1500], 5), &[("a", &a), ("b", &b), ("c", c)], &["b", "c"]);
        fused_as_apart(&fine(DType::I16, &[90, 7], 5), &[("a", &a), ("b", &b)], &["a", "b"]);
    }
}

/// Carries that run both ways along one axis, and folds: what cannot be visited in one order is cut apart.
#[test]
fn carries_of_both_directions() {
    let steps = [
        ("b", "kernel = \"bfill\"\naxes = 0\nlimit = 40\nfrom = \"x\""),
        ("f", "kernel = \"ffill\"\naxes = 0\nfrom = \"x\""),
        ("s", "kernel = \"sum\"\naxes = 0\nskipna = true\nfrom = \"x\""),
        ("l", "kernel = \"bfill\"\naxes = 1\nfrom = \"x\""),
        ("m", "kernel = \"cummax\"\naxes = 0\nskipna = true\nfrom = \"b\""),
        // Made in both passes, and written in one.
        ("e", "expr = \"x * 2 + 1\""),
        ("g", "kernel = \"interpolate\"\naxes = 0\nfrom = \"e\""),
        ("h", "kernel = \"bfill\"\naxes = 0\nfrom = \"e\""),
        ("i", "kernel = \"ffill\"\naxes = 0\nfrom = \"e\""),
    ];
    let gaps = |i: usize| if i * i % 7 == 2 { f64::NAN } else { i as f64 / 3.0 };
    let data = Data::reals(DType::F64, &[1500, 6], &(0..9000).map(gaps).collect::<Vec<_>>());
    fused_as_apart(&data, &steps, &["b", "f", "s", "l", "m"]);
    fused_as_apart(&data, &steps, &["e", "h", "i", "g"]);
    fused_as_apart(&data, &steps, &["h", "i"]);
    let folder = Folder::new();
    folder.npy("x.npy", &data);
    let passes = |names: &[&str]| {
        let all: String = steps.iter().filter(|s| names.contains(&s.0)).map(step).collect();
        let lines: String = names.iter().map(|o| format!("{o} = \"{o}.npy\"\n")).collect();
        let text = format!("[inputs]\n{}{all}[outputs]\n{lines}", input("x", "x.npy", &data));
        let job = folder.prepare(&text, &folder.options()).unwrap();
        job.plan.passes.iter().map(|p| p.pass.reversed.clone()).collect::<Vec<_>>()
    };
    assert_eq!(passes(&["f", "s"]), [Vec::<usize>::new()]);
    assert_eq!(passes(&["b", "l"]), [vec![0, 1]]);
    assert_eq!(passes(&["s", "l"]), [vec![1]]);
    assert_eq!(passes(&["b", "f", "s"]), [vec![0], vec![]]);
    assert_eq!(passes(&["b", "s"]), [vec![0], vec![]]);
}

#[test]
fn a_box_before_a_median() {
    let steps = [("u", "kernel = \"uniform\"\nsize = 4"), ("m", "kernel = \"median\"\nsize = [3, 5]")];
    fused_as_apart(&volume(DType::U8), &steps, &["m"]);
    fused_as_apart(&volume(DType::F16), &steps, &["u", "m"]);
}

/// One intermediate, read with different halos and at its point, and written as well.
#[test]
fn a_step_with_many_readers() {
    let steps = [
        ("g", "kernel = \"gaussian\"\nsigma = 1"),
        ("m", "kernel = \"median\"\nfrom = \"g\"\nsize = 5"),
        ("u", "kernel = \"uniform\"\nfrom = \"g\"\nsize = 2\nmode = \"wrap\""),
        ("e", "expr = \"m - g + u\""),
        ("s", "kernel = \"std\"\nfrom = \"e\"\naxes = \"t\"\nkeepdims = true"),
        ("z", "expr = \"e / s\""),
    ];
    fused_as_apart(&volume(DType::F64), &steps, &["g", "e", "z"]);
    fused_as_apart(&volume(DType::F64), &steps, &["z"]);
}

/// Two outputs of one step, one as another dtype.
#[test]
fn a_step_with_two_outputs() {
    let folder = Folder::new();
    let data = volume(DType::F64);
    let apart = apart(
        &folder,
        &data,
        &[("g", "kernel = \"gaussian\"\nsigma = 1"), ("c", "kernel = \"cast\"\nfrom = \"g\"\ndtype = \"i16\"")],
    );
    let text = format!(
        "[inputs]\n{}[[step]]\nname = \"g\"\nkernel = \"gaussian\"\nsigma = 1\n[outputs]\n\
         a = {{ from = \"g\", path = \"a.npy\" }}\nb = {{ from = \"g\", path = \"b.npy\", dtype = \"i16\" }}\n",
        input("x", "x.npy", &data)
    );
    for schedule in hard() {
        assert_eq!(run(&folder, &text, &schedule).unwrap(), apart, "{schedule:?}");
    }
}

/// Kernels whose results no step can take, since their length is known only after a run.
const LAST: [&str; 3] = ["unique", "unique_counts", "grouped"];

/// Every kernel of the registry after every other.
#[test]
fn any_two_kernels() {
    let folder = Folder::new();
    let mut runner = runner(1);
    let (mut tried, mut skipped) = (0, 0);
    let second: Vec<&str> = registry().iter().map(|k| k.name).collect();
    // Some share an array and what the first made of it: pairs are many.
    for (first, some) in registry()
        .iter()
        .filter(|k| !LAST.contains(&k.name))
        .flat_map(|first| second.chunks(6).map(move |some| (first, some)))
    {
        let (data, a) = cases(first.name).new_tree(&mut runner).unwrap().current();
        folder.npy("x.npy", &data);
        let x = input("x", "x.npy", &data);
        let alone = format!("[inputs]\n{x}{}[outputs]\na = \"a.npy\"\n", a.step("a", "x"));
        let Ok(middle) = folder.run(&alone, &folder.options()) else {
            skipped += some.len();
            continue;
        };
        for second in some {
            let b = setting(second, middle[0].shape.clone()).new_tree(&mut runner).unwrap().current();
            let a_file = input("a", "a.npy", &middle[0]);
            let apart = format!("[inputs]\n{a_file}{}[outputs]\nb = \"b.npy\"\n", b.step("b", "a"));
            let want: Outcome = folder.run(&apart, &folder.options()).map_err(|e| e.to_string());
            let too = if tried % 2 == 0 { "a = \"too.npy\"\n" } else { "" };
            let fused =
                format!("[inputs]\n{x}{}{}[outputs]\nb = \"fused.npy\"\n{too}", a.step("a", "x"), b.step("b", "a"));
            for schedule in hard().skip(1 + tried % 3).take(1) {
                let got = run(&folder, &fused, &schedule);
                match (&want, &got) {
                    (Ok(want), Ok(got)) => assert_eq!(want[0], got[0], "{schedule:?}\n{fused}"),
                    (Err(_), Err(_)) => skipped += 1,
                    // Some kernels tell the length of their result only then, with some parameters.
                    (Ok(_), Err(e)) if e.contains("known only after the run") => skipped += 1,
                    _ => panic!("{schedule:?}\n{fused}\napart {want:?}\nfused {got:?}"),
                }
            }
            tried += 1;
        }
    }
    assert!(skipped < tried / 2, "of {tried} pairs {skipped} were not for each other");
}

/// Parts that steps make, twice over, and a result that others read.
#[test]
fn joined_arrays_between_steps() {
    let steps = [
        ("a", "expr = \"x * 2\""),
        ("b", "kernel = \"gaussian\"\nfrom = \"x\"\nsigma = 1\naxes = \"yx\""),
        ("c", "kernel = \"concatenate\"\nfrom = \"a\"\nwith = [\"b\", \"a\"]\naxis = \"y\""),
        ("s", "kernel = \"stack\"\nfrom = \"a\"\nwith = [\"b\"]\naxis = 1"),
        ("r", "kernel = \"reshape\"\nfrom = \"s\"\nshape = [23, -1]"),
        ("m", "kernel = \"mean\"\nfrom = \"c\"\naxes = \"t\""),
    ];
    fused_as_apart(&volume(DType::F64), &steps, &["m", "r"]);
    fused_as_apart(&volume(DType::U16), &steps, &["a", "c", "s", "m"]);
}

/// Scans both ways, a step, and windows of two arrays, one behind the other.
#[test]
fn filters_and_windows_of_signals() {
    let steps = [
        ("e", "expr = \"x * 2 - 1\""),
        ("b", "kernel = \"butterworth\"\norder = 1\ncutoff = 0.1\nzero_phase = true\naxes = \"y\""),
        ("s", "kernel = \"savgol\"\nwindow_length = 7\npolyorder = 2\naxes = \"x\""),
        ("w", "kernel = \"ewm_std\"\nspan = 5\nadjust = false\naxes = \"y\""),
        (
            "c",
            "kernel = \"rolling_cov\"\nfrom = \"s\"\nother = \"b\"\nwindow = 9\nmin_count = 2\nstep = 4\naxes = \"y\"",
        ),
        ("m", "kernel = \"mean\"\naxes = \"t\""),
    ];
    fused_as_apart(&volume(DType::F64), &steps, &["m", "w"]);
    fused_as_apart(&volume(DType::U16), &steps, &["c", "b"]);
}
