//! What people read, kept as files under `tests/golden/`: plans, help, the catalogue, errors.
//!
//! A change of wording or layout shows as a change of these files, to be read as a newcomer would.
//! `UPDATE_GOLDEN=1 cargo test --test all golden` writes them anew; `git diff tests/golden` is then the
//! review. Paths print stably since commands run in a temporary folder with relative paths, sizes
//! since budget and threads are given.

use super::command::{ROOT, Sandbox, Size, pipelines};
use std::fs;
use std::path::Path;

/// Holds a text against its file, or writes the file where the caller asked for that.
#[track_caller]
fn golden(name: &str, actual: &str) {
    let path = Path::new(ROOT).join("tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, actual).expect("tests/golden can be written");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == actual {
        return;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let at = (0..old.len().max(new.len())).find(|&i| old.get(i) != new.get(i)).unwrap_or(old.len());
    let show = |lines: &[&str]| lines.get(at).map_or("(the end)".to_string(), |l| format!("|{l}"));
    panic!(
        "tests/golden/{name}.txt, line {}:\n  expected {}\n  actual   {}\n\nall of it now:\n{actual}\n\
         where that is right: UPDATE_GOLDEN=1 cargo test --test all golden",
        at + 1,
        show(&old),
        show(&new)
    );
}

#[test]
fn plans_of_the_examples() {
    for (name, text) in pipelines() {
        let dir = Sandbox::new();
        dir.example(&name, &text, Size::Real);
        let plan = dir.run(&["plan", &name, "--memory", "64MiB", "--threads", "2", "--io", "mmap"]).silent();
        golden(&format!("plan-{}", name.trim_end_matches(".toml")), &plan);
    }
}

#[test]
fn plan_as_json() {
    let dir = Sandbox::new();
    let (name, text) = pipelines().into_iter().find(|(n, _)| n == "flatfield.toml").expect("flatfield.toml");
    dir.example(&name, &text, Size::Real);
    let words = ["plan", &name, "--memory", "64MiB", "--threads", "2", "--io", "mmap", "--json"];
    let plan = dir.run(&words).silent();
    golden("plan-flatfield-json", &plan);
    assert_eq!(dir.run(&words).silent(), plan, "the plan and its hash follow from files and schedule alone");
}

#[test]
fn help() {
    let dir = Sandbox::new();
    let main = dir.run(&["--help"]).silent();
    golden("help", &main);
    let listed = main.split("Commands:").nth(1).and_then(|t| t.split("Options:").next()).expect("a list of commands");
    for line in listed.lines().filter(|l| l.starts_with("  ") && !l.starts_with("   ")) {
        let command = line.split_whitespace().next().expect("a name");
        if command == "help" {
            continue;
        }
        let text = dir.run(&[command, "--help"]).silent();
        assert!(text.contains("Example: tilewise "), "{command} --help has an example");
        golden(&format!("help-{command}"), &text);
    }
}

#[test]
fn kernels() {
    let dir = Sandbox::new();
    golden("kernels", &dir.run(&["kernels"]).silent());
    golden("kernels-gaussian", &dir.run(&["kernels", "gaussian"]).silent());
}

/// Values that follow from their index, some far from the others.
#[test]
fn stats() {
    let dir = Sandbox::new();
    let value = |i: u32| ((i * 7919 % 3600) as f32 / 10.0).to_radians().sin() * (i % 3 + 1) as f32;
    let mut values: Vec<f32> = (0..7200).map(value).collect();
    (values[5], values[11], values[12]) = (f32::NAN, 250.0, -1e3);
    dir.npy_f32("stack.npy", &[40, 60, 3], &values);
    golden("stats", &dir.run(&["stats", "stack.npy", "--quiet"]).silent());
    let words = ["stats", "stack.npy", "--names", "yxc", "--axes", "yx", "--quiet"];
    golden("stats-channels", &dir.run(&words).silent());
}

/// A pipeline over `a.npy` (6 × 20 × 30, u16, tyx) with these lines as its steps.
fn with_steps(steps: &str) -> String {
    format!("[inputs]\nraw = {{ path = \"a.npy\", axes = \"tyx\" }}\n\n{steps}\n\n[outputs]\nclean = \"clean.npy\"\n")
}

fn step(lines: &str) -> String {
    with_steps(&format!("[[step]]\nname = \"clean\"\n{lines}"))
}

/// Pipelines that are refused, with a title each.
fn refused() -> Vec<(&'static str, String)> {
    vec![
        ("not TOML", step("kernel = \"gaussian\nsigma = 1")),
        ("unknown kernel", step("kernel = \"gausian\"\nsigma = 1")),
        ("unknown parameter", step("kernel = \"gaussian\"\nsgima = 1")),
        ("required parameter missing", step("kernel = \"gaussian\"")),
        ("wrong type", step("kernel = \"gaussian\"\nsigma = \"wide\"")),
        ("out of range", step("kernel = \"gaussian\"\nsigma = -1.5")),
        ("unknown word", step("kernel = \"gaussian\"\nsigma = 1\nmode = \"mirrored\"")),
        ("axis out of range", step("kernel = \"mean\"\naxes = 3")),
        ("unknown axis name", step("kernel = \"mean\"\naxes = \"z\"")),
        ("axis twice", step("kernel = \"mean\"\naxes = [0, \"t\"]")),
        (
            "cycle",
            with_steps(
                "[[step]]\nname = \"up\"\nkernel = \"clip\"\nmin = 0\nfrom = \"clean\"\n\n\
                 [[step]]\nname = \"clean\"\nkernel = \"clip\"\nmax = 9\nfrom = \"up\"",
            ),
        ),
        ("unknown step", step("kernel = \"clip\"\nmin = 0\nfrom = \"rwa\"")),
        ("expression: unknown function", step("expr = \"sqr(raw) + 1\"")),
        ("expression: unknown name", step("expr = \"(raw - drak) / 2\"")),
        ("expression: syntax", step("expr = \"(raw - 1 / 2\"")),
        ("expression: a name never used", step("expr = \"\"\"\nlight = raw - 1\nraw / (ligth + 1)\n\"\"\"")),
        ("unknown key of an input", "[inputs]\nraw = { path = \"a.npy\", axis = \"tyx\" }\n".to_string()),
        ("unknown section", "[inputs]\nraw = \"a.npy\"\n\n[output]\nraw = \"b.npy\"\n".to_string()),
        ("output of nothing", step("kernel = \"clip\"\nmin = 0").replace("clean = \"", "claen = \"")),
        ("missing input", step("kernel = \"clip\"\nmin = 0").replace("a.npy", "b.npy")),
    ]
}

#[test]
fn errors() {
    let dir = Sandbox::new();
    dir.npy("a.npy", "<u2", &[6, 20, 30], &[1; 6 * 20 * 30 * 2]);
    let mut shown = String::new();
    let mut add = |title: &str, done: super::command::Done| {
        assert_eq!(done.stdout, "", "{title}");
        shown.push_str(&format!("## {title}\n$ {}\n{}exit {}\n\n", done.line, done.stderr, done.code));
    };
    for (title, text) in refused() {
        dir.write("job.toml", text);
        add(title, dir.run(&["run", "job.toml"]));
    }
    dir.write("job.toml", step("kernel = \"gaussian\"\nsigma = 1"));
    dir.write("clean.npy", "precious");
    let changes: [(&str, &[&str]); 8] = [
        ("over budget", &["run", "job.toml", "--memory", "4MiB", "--overwrite"]),
        ("output exists", &["run", "job.toml"]),
        ("output is the input", &["run", "job.toml", "--set", "outputs.clean=a.npy"]),
        ("--set of an unknown step", &["run", "job.toml", "--set", "claen.sigma=2"]),
        ("--set of a wrong value", &["run", "job.toml", "--set", "clean.sigma=wide"]),
        ("apply: unknown kernel", &["apply", "a.npy", "b.npy", "-s", "medain size=3"]),
        ("apply: expression", &["apply", "a.npy", "b.npy", "-e", "x +* 2"]),
        ("apply: nothing to do", &["apply", "a.npy"]),
    ];
    for (title, words) in changes {
        add(title, dir.run(words));
    }
    golden("errors", &shown);
}
