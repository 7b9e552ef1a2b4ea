//! Runs the command in a folder of its own, and makes small files for it to read.
//!
//! Owns how tests start `tilewise` and how they write `.npy` files without it. Refuses to know what
//! is tested.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The folder of the repository.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a command left behind.
#[derive(Debug)]
pub struct Done {
    /// The command as typed, for messages.
    pub line: String,
    /// Exit code; a signal's number, negated, where one ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    pub fn new(line: &str, output: Output) -> Done {
        use std::os::unix::process::ExitStatusExt;
        let signal = output.status.signal().map_or(i32::MIN, |s| -s);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Done {
            line: line.to_string(),
            code: output.status.code().unwrap_or(signal),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The same, once the exit code is as expected.
    #[track_caller]
    pub fn expect(self, code: i32) -> Done {
        assert_eq!(self.code, code, "$ {}\n{}{}", self.line, self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "$ {}\n{}", self.line, self.stderr);
        self
    }

    /// Standard output of a command that succeeded without a word on standard error.
    #[track_caller]
    pub fn silent(self) -> String {
        let done = self.expect(0);
        assert_eq!(done.stderr, "", "$ {}", done.line);
        done.stdout
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let done = self.expect(0);
        serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("$ {}\n{e}\n{}", done.line, done.stdout))
    }
}

/// A folder for one test, gone at its end. Commands run in it.
#[derive(Debug)]
pub struct Sandbox(tempfile::TempDir);

impl Sandbox {
    pub fn new() -> Sandbox {
        Sandbox(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The command with these words, ready to run here.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tilewise"));
        command.args(words).current_dir(self.0.path()).stdin(Stdio::null());
        // Help is wrapped to the terminal; colours and variables of the caller are nobody's business here.
        command.env_clear().env("COLUMNS", "100").env("TMPDIR", std::env::temp_dir());
        command
    }

    pub fn run(&self, words: &[&str]) -> Done {
        let output = self.command(words).output().expect("the command starts");
        Done::new(&format!("tilewise {}", words.join(" ")), output)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    /// An array as NumPy saves it. `descr` is NumPy's word for the dtype, such as `<f4`.
    pub fn npy(&self, name: &str, descr: &str, shape: &[u64], data: &[u8]) {
        let mut bytes = npy_header(descr, shape);
        bytes.extend_from_slice(data);
        self.write(name, bytes);
    }

    /// An array of zeros that takes no room on the disk.
    pub fn sparse_npy(&self, name: &str, descr: &str, shape: &[u64]) {
        let header = npy_header(descr, shape);
        let item: u64 = descr[2..].parse().expect("an item size");
        let bytes = header.len() as u64 + shape.iter().product::<u64>() * item;
        let file = fs::File::create(self.path(name)).expect("a file");
        file.set_len(bytes).expect("a sparse file");
        file.write_all_at(&header, 0).expect("a header");
    }

    pub fn npy_f32(&self, name: &str, shape: &[u64], values: &[f32]) {
        self.npy(name, "<f4", shape, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>());
    }

    /// Grey pictures of one size, `folder/000.png` and on.
    pub fn pictures(&self, folder: &str, count: u32, height: u32, width: u32) {
        fs::create_dir_all(self.path(folder)).expect("a folder");
        for i in 0..count {
            let pixel = |x: u32, y: u32| image::Luma([(x * 3 + y * 7 + i * 11) as u8]);
            let path = self.path(&format!("{folder}/{i:03}.png"));
            image::GrayImage::from_fn(width, height, pixel).save(path).expect("a picture");
        }
    }

    /// Every file below, hidden ones too, by relative path.
    pub fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(self.0.path(), self.0.path(), &mut found);
        found.sort();
        found
    }
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.is_symlink() {
            walk(root, &path, found);
        } else {
            found.push(path.strip_prefix(root).expect("below").display().to_string());
        }
    }
}

/// The header of an `.npy` file as NumPy writes it, up to the data.
pub fn npy_header(descr: &str, shape: &[u64]) -> Vec<u8> {
    let extents: String = shape.iter().map(|e| format!("{e}, ")).collect();
    npy_with(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({extents}), }}"))
}

/// A version 1.0 header with this dictionary, padded as NumPy does.
pub fn npy_with(dictionary: &str) -> Vec<u8> {
    let length = (10 + dictionary.len() + 1).next_multiple_of(128) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(format!("{dictionary:<width$}\n", width = length - 1).into_bytes());
    bytes
}

/// Every example pipeline: its file name and its text.
pub fn pipelines() -> Vec<(String, String)> {
    let folder = Path::new(ROOT).join("pipelines");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("pipelines/") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        found.push((name, fs::read_to_string(&path).expect("a pipeline")));
    }
    found.sort();
    assert!(found.len() >= 5, "pipelines/ has lost its files");
    found
}

/// How large the inputs of an example are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A few thousand elements with values, to run at once.
    Small,
    /// About a hundred megabytes, sparse, to run under a budget.
    Medium,
    /// As in earnest, but sparse: zeros that take no room.
    Real,
}

impl Sandbox {
    /// Puts an example pipeline here with inputs for it; a new example needs a line here.
    pub fn example(&self, name: &str, text: &str, size: Size) {
        let array = |file: &str, descr: &str, shape: &[u64]| {
            if size != Size::Small {
                return self.sparse_npy(file, descr, shape);
            }
            let elements = shape.iter().product::<u64>();
            let ramp = |i: u64| 100 + (i * 37 + i / 7) % 400;
            let data: Vec<u8> = match descr {
                "<u2" => (0..elements).flat_map(|i| (ramp(i) as u16).to_le_bytes()).collect(),
                _ => (0..elements).flat_map(|i| (ramp(i) as f32 / 8.0).to_le_bytes()).collect(),
            };
            self.npy(file, descr, shape, &data);
        };
        let pick = |small: &'static [u64], medium: &'static [u64], real: &'static [u64]| match size {
            Size::Small => small,
            Size::Medium => medium,
            Size::Real => real,
        };
        match name {
            "flatfield.toml" => {
                array("stack.npy", "<u2", pick(&[6, 20, 30], &[100, 720, 720], &[512, 1024, 1024]));
                array("dark.npy", "<f4", pick(&[20, 30], &[720, 720], &[1024, 1024]));
                array("flat.npy", "<f4", pick(&[20, 30], &[720, 720], &[1024, 1024]));
            }
            "brightfield.toml" => {
                array("stack.npy", "<u2", pick(&[6, 20, 30], &[100, 720, 720], &[512, 1024, 1024]));
                array("dark.npy", "<u2", pick(&[20, 30], &[720, 720], &[1024, 1024]));
                array("bright.npy", "<u2", pick(&[20, 30], &[720, 720], &[1024, 1024]));
            }
            "cleanup.toml" => array("stack.npy", "<u2", pick(&[6, 60, 70], &[100, 720, 720], &[512, 1024, 1024])),
            "statistics.toml" => array("data.npy", "<f4", pick(&[50, 40], &[5000, 5000], &[20_000, 30_000])),
            "sensors.toml" => array("sensors.npy", "<f4", pick(&[3000, 4], &[1_500_000, 16], &[10_000_000, 16])),
            "photographs.toml" => {
                let shape = pick(&[6, 20, 30, 3], &[400, 256, 256, 3], &[20_000, 224, 224, 3]);
                if size != Size::Small {
                    self.sparse_npy("photos.npy", "|u1", shape);
                } else {
                    let data: Vec<u8> = (0..shape.iter().product::<u64>()).map(|i| (i * 37 + i / 7) as u8).collect();
                    self.npy("photos.npy", "|u1", shape, &data);
                }
            }
            "temperatures.toml" => {
                let rows = if size == Size::Small { 500 } else { 500_000 };
                let row = |i: u64| format!("2010/01/01 00:00,{}.{}\n", 30 + i % 50, i % 10);
                self.write("seattle-temps.csv", format!("date,temp\n{}", (0..rows).map(row).collect::<String>()));
            }
            "pictures.toml" => {
                let (count, height, width) = if size == Size::Small { (5, 20, 30) } else { (40, 480, 640) };
                self.pictures("pictures", count, height, width);
            }
            other => panic!("pipelines/{other} is new: say here which inputs it needs"),
        }
        self.write(name, text);
        fs::create_dir_all(self.path("out")).expect("a folder");
    }
}
