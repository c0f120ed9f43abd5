//! A sign of life during long work, on a terminal only.

use std::io::IsTerminal;
use std::time::Duration;

use athyper_metac::source::SourceSet;
use indicatif::ProgressBar;

/// From so many files on, work may take long enough to be worth a sign.
const MANY: usize = 200;

/// Does the work, with a spinner on stderr when it may take long and somebody looks.
pub fn during<T>(verb: &str, sources: &SourceSet, work: impl FnOnce() -> T) -> T {
    if sources.len() < MANY || !std::io::stderr().is_terminal() {
        return work();
    }
    let spinner = ProgressBar::new_spinner().with_message(format!("{verb} {} files", sources.len()));
    spinner.enable_steady_tick(Duration::from_millis(100));
    let done = work();
    spinner.finish_and_clear();
    done
}
