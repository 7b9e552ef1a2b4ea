//! The page of `--report`: whole, self-contained, true to the run, safe with any text, and never in the way.

use super::command::{Sandbox, Size, pipelines};
use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

/// An element of a page with its attributes, in the order of the text.
#[derive(Debug)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
}

/// Elements that have no end.
const VOID: [&str; 4] = ["meta", "br", "img", "hr"];

/// Reads a page as strictly as XML: every element is closed in its turn, attributes are quoted, `<`, `>` and
/// `&` in text are escaped. Gives the elements and the text, entities resolved.
fn parse(page: &str) -> (Vec<Element>, String) {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    let (mut elements, mut text, mut open) = (Vec::new(), String::new(), Vec::<String>::new());
    while let Some(at) = rest.find('<') {
        text += &resolved(&rest[..at]);
        text.push('\n');
        let end = rest[at..].find('>').map(|e| at + e).expect("a tag ends");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "</{name}> closes what is open: {open:?}");
            continue;
        }
        let element = element(tag);
        if element.name == "style" {
            let css = rest.find("</style>").expect("the style ends");
            assert!(!rest[..css].contains('<'));
            rest = &rest[css..];
        }
        if !VOID.contains(&element.name.as_str()) {
            open.push(element.name.clone());
        }
        elements.push(element);
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "left open: {open:?}, left over: {rest}");
    (elements, text)
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()), "<{tag}>");
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let (key, value) = rest.split_once("=\"").unwrap_or_else(|| panic!("a quoted attribute in <{tag}>"));
        let (value, after) = value.split_once('"').unwrap_or_else(|| panic!("a quote closes in <{tag}>"));
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{key:?} in <{tag}>");
        attributes.push((key.to_string(), resolved(value)));
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    Element { name: name.to_string(), attributes }
}

fn resolved(text: &str) -> String {
    assert!(!text.contains('>'), "a bare > in {text:?}");
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (entity, after) = part.split_once(';').unwrap_or_else(|| panic!("a bare & in {text:?}"));
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            other => panic!("&{other};"),
        });
        out += after;
    }
    out
}

impl Element {
    fn get(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    fn is(&self, class: &str) -> bool {
        self.get("class").is_some_and(|c| c.split(' ').any(|c| c == class))
    }
}

/// Nothing on a page is fetched, run or followed.
fn check_alone(elements: &[Element], page: &str) {
    let names: BTreeSet<&str> = elements.iter().map(|e| e.name.as_str()).collect();
    for name in ["script", "link", "iframe", "object", "embed", "a", "form", "base", "image", "use"] {
        assert!(!names.contains(name), "<{name}>");
    }
    for (key, value) in elements.iter().flat_map(|e| &e.attributes) {
        assert!(!key.starts_with("on") && key != "href" && key != "srcset", "{key}={value}");
        assert!(key != "src" || value.starts_with("data:image/png;base64,"), "{key}={value}");
    }
    let style = page.split("<style>").nth(1).and_then(|s| s.split("</style>").next()).expect("a style");
    assert!(!style.contains("url(") && !style.contains("@import"));
    assert!(style.contains("prefers-color-scheme: dark") && style.contains("@media print"));
    assert!(!page.contains("http://") && !page.contains("https://"));
}

/// A small stack with a value that is no number.
fn with_stack() -> Sandbox {
    let dir = Sandbox::new();
    let values: Vec<f32> = (0..6 * 40 * 50).map(|i| if i == 7 { f32::NAN } else { (i * 37 % 251) as f32 }).collect();
    dir.npy_f32("x.npy", &[6, 40, 50], &values);
    dir
}

fn page(dir: &Sandbox, name: &str) -> String {
    fs::read_to_string(dir.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn every_example_has_a_page_that_stands_alone() {
    for (name, text) in pipelines() {
        let dir = Sandbox::new();
        dir.example(&name, &text, Size::Small);
        let done = dir.run(&["run", &name, "--memory", "64MiB", "--threads", "2", "--report", "run.html"]).expect(0);
        assert!(done.stderr.ends_with("report in run.html\n"), "{}", done.stderr);
        let html = page(&dir, "run.html");
        assert!(html.len() < 500 << 10, "{name}: {} bytes", html.len());
        let (elements, shown) = parse(&html);
        check_alone(&elements, &html);
        let plan = dir.run(&["plan", &name, "--memory", "64MiB", "--threads", "2", "--json"]).json();
        let mut names = Vec::new();
        for part in ["inputs", "outputs", "steps"] {
            names.extend(plan[part].as_array().expect("a list").iter().filter_map(|n| n["name"].as_str()));
        }
        assert!(names.len() > 2);
        for word in names.into_iter().chain([plan["hash"].as_str().expect("a hash"), text.trim_end()]) {
            assert!(shown.contains(word), "{name}: {word} is on the page");
        }
        // On a page and on a phone.
        let nodes =
            ["inputs", "outputs", "steps"].map(|p| plan[p].as_array().map_or(0, Vec::len)).iter().sum::<usize>();
        assert_eq!(elements.iter().filter(|e| e.is("node")).count(), 2 * nodes, "{name}");
        let cards = elements.iter().filter(|e| e.is("card")).count();
        assert_eq!(cards, nodes - plan["steps"].as_array().map_or(0, Vec::len), "{name}");
        assert!(dir.files().iter().all(|f| !f.contains("tilewise-tmp")), "{:?}", dir.files());
    }
}

#[test]
fn pictures_are_the_middle_frame_before_and_after() {
    use base64::Engine;
    let dir = with_stack();
    dir.run(&["apply", "x.npy", "y.npy", "-e", "-x", "--axes", "tyx", "--report", "r.html"]).expect(0);
    let (elements, shown) = parse(&page(&dir, "r.html"));
    let pictures: Vec<image::GrayImage> = elements
        .iter()
        .filter(|e| e.name == "img")
        .map(|e| e.get("src").and_then(|s| s.split_once(',')).expect("a data URI").1)
        .map(|data| base64::engine::general_purpose::STANDARD.decode(data).expect("base64"))
        .map(|png| image::load_from_memory(&png).expect("a PNG").to_luma8())
        .collect();
    assert_eq!(pictures.len(), 2);
    assert_eq!(pictures[0].dimensions(), (50, 40));
    let turned = pictures[0].pixels().zip(pictures[1].pixels());
    assert!(turned.clone().all(|(a, b)| (255 - i32::from(a.0[0]) - i32::from(b.0[0])).abs() <= 3), "a negative");
    assert!(shown.contains("t = 3 of 6") && shown.contains("all 12,000 elements") && shown.contains("1 NaN"));
}

#[test]
fn text_of_users_is_text() {
    let dir = with_stack();
    let odd = "<script>alert('1')<b>\"&amp;.npy";
    let expr = "where(x < 3, x, x * 2 > 9)";
    dir.run(&["apply", "x.npy", odd, "-e", expr, "--report", "it's <b>.html"]).expect(0);
    let html = page(&dir, "it's <b>.html");
    let (elements, shown) = parse(&html);
    check_alone(&elements, &html);
    assert!(!html.contains("<script") && !elements.iter().any(|e| e.name == "b"));
    for text in [odd, expr, "'it'\\''s <b>.html'"] {
        assert!(shown.contains(text), "{text} in {shown}");
    }
}

#[test]
fn the_command_on_the_page_repeats_the_run() {
    let dir = with_stack();
    dir.run(&["apply", "x.npy", "y file.npy", "-e", "x + 1", "--report", "r.html"]).expect(0);
    let before = fs::read(dir.path("y file.npy")).expect("made");
    let (_, shown) = parse(&page(&dir, "r.html"));
    let line = shown.lines().find(|l| l.starts_with("tilewise apply ")).expect("a command").to_string();
    fs::remove_file(dir.path("r.html")).expect("removed");
    let script = line.replacen("tilewise", "\"$TILEWISE\"", 1);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).env("TILEWISE", env!("CARGO_BIN_EXE_tilewise")).current_dir(dir.path(""));
    let status = shell.stderr(Stdio::null()).status().expect("a shell");
    assert!(status.success(), "{line}");
    assert_eq!(fs::read(dir.path("y file.npy")).expect("made again"), before);
    assert!(dir.path("r.html").exists());
}

#[test]
fn what_was_set_shows() {
    let dir = with_stack();
    dir.write(
        "p.toml",
        "# mine\n[inputs]\nx = \"x.npy\"\n[[step]]\nkernel = \"clip\"\nmax = 9\n[outputs]\nclip = \"y.npy\"\n",
    );
    dir.run(&["run", "p.toml", "--report", "a.html"]).expect(0);
    assert!(page(&dir, "a.html").contains("# mine"), "as it was written");
    dir.run(&["run", "p.toml", "--set", "clip.max=55", "--overwrite", "--report", "b.html"]).expect(0);
    let (_, shown) = parse(&page(&dir, "b.html"));
    assert!(shown.contains("max = 55") && !shown.contains("max = 9"), "{shown}");
}

#[test]
fn a_result_without_a_file_and_other_ways_to_print() {
    let dir = with_stack();
    let printed = dir.run(&["apply", "x.npy", "-", "-s", "max skipna=true", "--report", "r.html", "--quiet"]).silent();
    assert_eq!(printed, "250.0\n");
    assert!(parse(&page(&dir, "r.html")).1.contains("no file, printed"));
    let told = dir.run(&["apply", "x.npy", "y.npy", "-e", "x", "--report", "j.html", "--json", "--quiet"]).json();
    assert_eq!(told["outputs"][0]["nan"], 1);
    assert!(dir.path("j.html").exists());
    let shapes: [(&str, &[u64]); 3] = [("none.npy", &[0, 4]), ("one.npy", &[]), ("long.npy", &[70_000])];
    for (name, shape) in shapes {
        dir.npy_f32(name, shape, &vec![f32::NAN; shape.iter().product::<u64>() as usize]);
        let words = ["apply", name, "out.npy", "-e", "x", "--overwrite", "--report", "s.html", "--quiet"];
        dir.run(&words).silent();
        parse(&page(&dir, "s.html"));
    }
}

#[test]
fn what_cannot_be_written_is_refused_before_the_run() {
    let dir = with_stack();
    dir.write("there.html", "precious");
    dir.write("p.toml", "[inputs]\nx = \"x.npy\"\n[[step]]\nkernel = \"clip\"\nmax = 9\n[outputs]\nclip = \"y.npy\"\n");
    fs::create_dir(dir.path("folder")).expect("a folder");
    std::os::unix::fs::symlink("x.npy", dir.path("link.html")).expect("a link");
    let before = dir.files();
    let cases: [(&str, i32, &str); 8] = [
        ("there.html", 3, "exists already"),
        ("no/where.html", 1, "no such folder"),
        ("folder", 3, "exists already"),
        ("x.npy", 2, "is the file of input \"x\""),
        ("link.html", 2, "is the file of input \"x\""),
        ("y.npy", 2, "is the file of output \"clip\""),
        ("./folder/../p.toml", 2, "that is the pipeline"),
        ("-", 2, "give it a name"),
    ];
    for (path, code, why) in cases {
        let done = dir.run(&["run", "p.toml", "--report", path]).expect(code);
        assert!(done.stderr.contains(why) && done.stderr.contains("--report"), "{path}: {}", done.stderr);
        assert_eq!(dir.files(), before, "{path}");
    }
    assert_eq!(page(&dir, "there.html"), "precious");
    for instead in [&["--plan"][..], &["--save", "saved.toml"]] {
        let words = [&["apply", "x.npy", "y.npy", "-e", "x", "--report", "r.html"], instead].concat();
        assert!(dir.run(&words).expect(2).stderr.contains("--report is about a run"));
        assert_eq!(dir.files(), before);
    }
    let done = dir.run(&["run", "p.toml", "--report", "folder", "--overwrite"]).expect(1);
    assert!(done.stderr.contains("a folder"), "{}", done.stderr);
    dir.run(&["run", "p.toml", "--report", "there.html", "--overwrite"]).expect(0);
    parse(&page(&dir, "there.html"));
}

#[test]
fn a_run_that_fails_has_no_page() {
    let dir = with_stack();
    let before = dir.files();
    let done = dir.run(&["apply", "x.npy", "y.npy", "-s", "cast dtype=u8", "--report", "r.html"]).expect(1);
    assert!(done.stderr.contains("NaN"), "{}", done.stderr);
    assert_eq!(dir.files(), before);
}

/// A limit on the size of files stands for a disk that is full when the run is over.
#[test]
fn a_page_that_cannot_be_written_leaves_the_outputs() {
    let dir = with_stack();
    let script =
        "trap '' XFSZ; ulimit -f 24; exec \"$TILEWISE\" apply x.npy y.npy -s 'mean axes=[1,2]' --report r.html";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script]).env("TILEWISE", env!("CARGO_BIN_EXE_tilewise")).current_dir(dir.path(""));
    let done = super::command::Done::new(script, shell.output().expect("a shell")).expect(1);
    let why = "the run is complete and its outputs are written, but not its report r.html";
    assert!(done.stderr.contains(why) && done.stderr.contains("y.npy"), "{}", done.stderr);
    assert_eq!(dir.files(), ["x.npy", "y.npy", "y.npy.tilewise.json"]);
    assert_eq!(dir.run(&["info", "y.npy", "--json"]).json()["shape"], serde_json::json!([6]));
}

/// The page in `docs/` is what a run makes today, but for times, rates and the machine: its drawings are compared.
#[test]
fn the_page_in_docs_is_ours() {
    let dir = Sandbox::new();
    let root = std::path::Path::new(super::command::ROOT);
    for file in ["datasets/seattle-temps.csv", "pipelines/temperatures.toml"] {
        let name = file.rsplit('/').next().expect("a name");
        dir.write(name, std::fs::read(root.join(file)).expect("a sample"));
    }
    std::fs::create_dir(dir.path("out")).expect("a folder");
    let words = ["run", "temperatures.toml", "--memory", "64MiB", "--threads", "2", "--report", "report.html"];
    dir.run(&words).expect(0);
    let text = std::fs::read_to_string(dir.path("report.html")).expect("a page");
    let here = dir.path("").canonicalize().expect("a folder").display().to_string();
    let now = text.replace(&here, "/home/you/temperatures");
    let path = root.join("docs/report.html");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &now).expect("docs can be written");
    }
    let then = std::fs::read_to_string(&path).expect("docs/report.html");
    let drawings = |page: &str| {
        let from = page.find("Before and after").expect("drawings");
        page[from..page.find("<h2>Outputs").expect("outputs")].to_string()
    };
    assert!(drawings(&now) == drawings(&then), "docs/report.html is of another version: UPDATE_GOLDEN=1 makes it anew");
    assert!(!now.contains(&here), "the page in docs names no folder of this machine");
}
