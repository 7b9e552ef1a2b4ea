//! The progress bar: one line on a terminal's standard error, nothing elsewhere.

use crate::engine::{Event, Observer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;

/// Shows the running pass with its rate and the time left.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Bytes each pass will move, so that the bar runs evenly over all of them.
    pass_bytes: Vec<u64>,
}

impl Progress {
    /// A bar for passes that move this many bytes each. It draws itself only where standard error
    /// is a terminal and `quiet` is not set.
    pub fn new(pass_bytes: Vec<u64>, quiet: bool) -> Progress {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
        let bar = ProgressBar::with_draw_target(Some(pass_bytes.iter().sum::<u64>().max(1)), target);
        let rate = |state: &ProgressState, w: &mut dyn Write| {
            // A bar has nowhere to report that its line could not be written.
            let _ = write!(w, "{}", super::show_rate(state.per_sec()));
        };
        let template = "{msg}  {bar:24} {percent:>3} %  {rate}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.with_key("rate", rate).progress_chars("━╸ "));
        }
        Progress { bar, pass_bytes }
    }
}

impl Observer for Progress {
    fn event(&self, event: &Event) {
        match *event {
            Event::PassStarted { pass, passes, steps, .. } => {
                let counter = if passes > 1 { format!("pass {} of {passes}: ", pass + 1) } else { String::new() };
                self.bar.set_message(format!("{counter}{steps}"));
            }
            Event::TileDone { read, written, .. } => self.bar.inc(read + written),
            // Planned and moved bytes differ a little; each pass ends where the plan says.
            Event::PassDone { pass, .. } => self.bar.set_position(self.pass_bytes.iter().take(pass + 1).sum()),
            Event::RunDone => self.bar.finish_and_clear(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // A run that failed leaves its error on a clean line.
        self.bar.finish_and_clear();
    }
}
