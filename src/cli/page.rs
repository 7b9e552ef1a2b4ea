//! `--report F.html` of `run` and `apply`: a page about a finished run.

use super::failure::{Failure, code};
use crate::engine::{Cancel, Observer};
use crate::job::{Done, Job};
use crate::report::html::{Page, Timeline};
use crate::storage::{NewFile, Stored, identity};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The option.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PageArgs {
    /// Write a page about the run: graph, plan beside what was measured, rate over time, pictures and
    /// histograms of inputs and outputs; one file that needs no network
    #[arg(long, value_name = "F.html")]
    report: Option<PathBuf>,
}

/// What the page says of a job beyond what the job knows.
#[derive(Clone, Debug)]
pub struct PageText {
    pub title: String,
    pub toml: String,
    /// The pipeline's file, where there is one.
    pub file: Option<PathBuf>,
}

/// A page that is going to be written when the run is complete.
#[derive(Debug)]
pub struct ReportPage {
    path: PathBuf,
    file: NewFile,
    text: PageText,
    timeline: Timeline,
    inputs: Vec<Arc<Stored>>,
    warnings: Vec<String>,
}

impl PageArgs {
    /// Whether there is to be a page.
    pub fn asked(&self) -> bool {
        self.report.is_some()
    }

    /// Refuses a page that cannot be written, before the run; nothing without `--report`.
    pub fn begin(
        &self,
        job: &Job,
        overwrite: bool,
        text: impl FnOnce() -> PageText,
    ) -> Result<Option<ReportPage>, Failure> {
        let Some(path) = &self.report else { return Ok(None) };
        let at = |what: &dyn std::fmt::Display| format!("--report {}: {what}", path.display());
        if path == Path::new(crate::job::NO_FILE) {
            return Err(Failure::new(code::USAGE, at(&"a report is a file; give it a name, as in --report run.html")));
        }
        job.check_apart(path).map_err(|e| Failure::new(e.exit_code(), format!("--report: {e}")))?;
        let text = text();
        if let Some(file) = &text.file
            && identity(path).is_some_and(|i| identity(file) == Some(i))
        {
            return Err(Failure::new(code::USAGE, at(&"that is the pipeline; choose another name")));
        }
        let file = NewFile::create(path, overwrite).map_err(|e| {
            let code = if e.is_refusal() { code::REFUSED } else { code::FAILED };
            Failure::new(code, format!("--report: {e}"))
        })?;
        let (inputs, warnings) = (job.inputs(), job.warnings.clone());
        Ok(Some(ReportPage { path: path.clone(), file, text, timeline: Timeline::default(), inputs, warnings }))
    }
}

impl ReportPage {
    /// What listens to the run for it.
    pub fn observer(&self) -> &dyn Observer {
        &self.timeline
    }

    /// Draws and writes the page. The outputs are complete by now and stay, whatever happens here.
    pub fn finish(self, done: &Done, outputs: &[Stored], cancel: &Cancel) -> Result<PathBuf, Failure> {
        let page = Page {
            title: &self.text.title,
            finished: &jiff::Timestamp::now().strftime("%-d %B %Y, %H:%M UTC").to_string(),
            command: &command(),
            folder: &std::env::current_dir().unwrap_or_default().display().to_string(),
            pipeline: &self.text.toml,
            warnings: &self.warnings,
            problem: &done.problem,
            plan: &done.plan,
            report: &done.report,
            timeline: &self.timeline,
            inputs: &self.inputs,
            outputs,
        };
        let path = self.path.display();
        let missing = |e: &dyn std::fmt::Display| {
            Failure::new(
                code::FAILED,
                format!("the run is complete and its outputs are written, but not its report {path}: {e}"),
            )
        };
        let html = page.render().map_err(|e| missing(&e))?;
        if cancel.is_cancelled() {
            return Err(Failure { code: 130, ..missing(&"interrupted") });
        }
        self.file.commit_with(html.as_bytes()).map_err(|e| missing(&e))?;
        Ok(self.path)
    }
}

/// The words of this command for a shell. Where outputs exist by now, it has to say that they may be replaced.
fn command() -> String {
    let mut words: Vec<String> = std::env::args_os().skip(1).map(|w| quoted(&w.to_string_lossy())).collect();
    if !words.iter().any(|w| w == "--overwrite") {
        words.push("--overwrite".to_string());
    }
    format!("tilewise {}", words.join(" "))
}

/// A word as a POSIX shell reads it back.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("--set"), "--set");
        for word in ["it's", "a b", "", "$HOME", "x;y", "(raw - dark) / 2", "\"q\"", "a\nb", "é*"] {
            let echo = std::process::Command::new("sh").arg("-c").arg(format!("printf %s {}", quoted(word))).output();
            assert_eq!(echo.expect("a shell").stdout, word.as_bytes());
        }
    }
}
