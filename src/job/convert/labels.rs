//! Labels from the folders that pictures lie in.
//!
//! Classes are the names of the parent folders, sorted, as torchvision's `ImageFolder` numbers them.

use crate::array::{ArraySpec, DType, Region};
use crate::job::JobError;
use crate::storage::{FinishedFile, NewFile, Output, OutputOptions, PictureSet, StorageError};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How labels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// An array of `i64`, and the names of the classes in a text file beside it.
    Npy,
    /// A table: index, file, label, class.
    Csv,
}

/// Where labels go, and the classes of all pictures that were found.
#[derive(Debug)]
pub struct Labels {
    path: PathBuf,
    form: Form,
    overwrite: bool,
    /// Sorted by name; a label is an index into it.
    pub classes: Vec<String>,
}

/// Labels on disk that wait for their names.
pub struct Written {
    array: Option<Output>,
    files: Vec<FinishedFile>,
    /// Pictures of each class.
    pub counts: Vec<u64>,
}

impl Labels {
    /// Checks the target and collects the classes.
    pub fn prepare(path: &Path, pictures: &[PathBuf], overwrite: bool) -> Result<Labels, JobError> {
        let form = match path.extension().map(|e| e.to_ascii_lowercase()) {
            Some(e) if e == "npy" => Form::Npy,
            Some(e) if e == "csv" => Form::Csv,
            _ => {
                let what = format!("--labels writes .npy or .csv, not {}", path.display());
                return Err(JobError::Usage(what));
            }
        };
        let mut folders: BTreeMap<PathBuf, String> = BTreeMap::new();
        let classes: BTreeSet<String> = pictures.iter().map(|p| class_of(p, &mut folders)).collect();
        let labels = Labels { path: path.to_path_buf(), form, overwrite, classes: classes.into_iter().collect() };
        for path in labels.paths() {
            if !overwrite && path.symlink_metadata().is_ok() {
                return Err(StorageError::Exists { path }.into());
            }
        }
        Ok(labels)
    }

    /// Every file that is written.
    pub fn paths(&self) -> Vec<PathBuf> {
        match self.form {
            Form::Npy => vec![self.path.clone(), self.names_path()],
            Form::Csv => vec![self.path.clone()],
        }
    }

    fn names_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".classes.txt");
        PathBuf::from(name)
    }

    /// Memory that writing them takes for so many frames.
    pub fn bytes(&self, frames: u64) -> u64 {
        frames.saturating_mul(16) + self.classes.iter().map(|c| c.len() as u64 + 32).sum::<u64>()
    }

    /// Writes the labels of the frames that were kept, in order.
    pub fn write(&self, set: &PictureSet, kept: &[usize]) -> Result<Written, JobError> {
        let mut folders = BTreeMap::new();
        let mut counts = vec![0u64; self.classes.len()];
        let mut labels = Vec::with_capacity(kept.len());
        for &frame in kept {
            let class = class_of(set.path(frame), &mut folders);
            let label = self.classes.binary_search(&class).unwrap_or(0);
            counts[label] += 1;
            labels.push(label as i64);
        }
        let (mut array, mut files) = (None, Vec::new());
        if self.form == Form::Npy {
            let shape = [labels.len() as u64];
            let options = OutputOptions { overwrite: self.overwrite, ..OutputOptions::default() };
            let output = Output::create(&self.path, &ArraySpec::new(DType::I64, &shape), &options)?;
            output.write(&Region::full(&shape), bytemuck::cast_slice(&labels))?;
            array = Some(output);
            let names: String = self.classes.iter().map(|c| format!("{c}\n")).collect();
            files.push(self.text_file(&self.names_path(), |file| file.write_all(names.as_bytes()))?);
        } else {
            files.push(self.text_file(&self.path, |file| self.table(file, set, kept, &labels))?);
        }
        Ok(Written { array, files, counts })
    }

    fn text_file(
        &self,
        path: &Path,
        fill: impl FnOnce(&mut NewFile) -> std::io::Result<()>,
    ) -> Result<FinishedFile, StorageError> {
        let mut file = NewFile::create(path, self.overwrite)?;
        let failed = |source| StorageError::Io { path: path.to_path_buf(), action: "write it", source };
        fill(&mut file).map_err(failed)?;
        file.finish()
    }

    fn table(&self, file: &mut NewFile, set: &PictureSet, kept: &[usize], labels: &[i64]) -> std::io::Result<()> {
        let mut table = csv::Writer::from_writer(file);
        table.write_record(["index", "file", "label", "class"])?;
        for (index, (frame, label)) in kept.iter().zip(labels).enumerate() {
            let file = set.path(*frame).to_string_lossy();
            let class = &self.classes[*label as usize];
            table.write_record([&index.to_string(), file.as_ref(), &label.to_string(), class])?;
        }
        table.flush()
    }
}

impl Written {
    /// Gives the files their names.
    pub fn commit(self) -> Result<(), StorageError> {
        if let Some(array) = self.array {
            array.commit(true)?;
        }
        self.files.into_iter().try_for_each(FinishedFile::commit)
    }
}

/// The name of the folder that a picture lies in.
fn class_of(picture: &Path, known: &mut BTreeMap<PathBuf, String>) -> String {
    let folder = picture.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Some(name) = known.get(folder) {
        return name.clone();
    }
    // `.` and `..` have names only once they are followed.
    let named = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned());
    let followed = || std::fs::canonicalize(folder).ok().and_then(|p| named(&p));
    let name = named(folder).or_else(followed).unwrap_or_else(|| folder.display().to_string());
    known.insert(folder.to_path_buf(), name.clone());
    name
}
