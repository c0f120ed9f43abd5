//! From YAML to a proven artifact: a pure function from files to files.
//!
//! May not enter: disk, clock, environment, randomness; the program in `main.rs` brings those.

pub mod ast;
pub mod check;
pub mod diag;
pub mod diff;
pub mod emit;
pub mod format;
pub mod lower;
pub mod model;
pub mod naming;
pub mod parse;
pub mod policy_test;
pub mod render;
pub mod resolve;
mod row_sql;

pub mod source;
pub mod yaml;

use athyper_schemas::bundle::Bundle;
use check::Checked;
use diag::{Diagnostic, Lints, Reported, Sink};
use emit::OutputSet;
use policy_test::Rehearsal;
use source::SourceSet;

/// What a run has to say, and what it made.
#[derive(Debug)]
pub struct Outcome<T> {
    /// What was made; nothing when an error was said.
    pub made: Result<T, Reported>,
    /// Everything said, sorted by place, each once.
    pub said: Vec<Diagnostic>,
}

/// Turns a package into the files of its artifact.
#[must_use]
pub fn compile(sources: &SourceSet, lints: Lints) -> Outcome<OutputSet> {
    let Outcome { made, said } = rehearse(sources, lints);
    let made = made.map(|(checked, rehearsal)| {
        let bundle = rehearsal.bundle.unwrap_or_else(|| lower::lower(&checked, sources));
        drop(checked);
        emit::emit(&bundle, &sources.hash(&rehearsal.files))
    });
    Outcome { made, said }
}

/// What a package means, without the files.
#[must_use]
pub fn model(sources: &SourceSet, lints: Lints) -> Outcome<Bundle> {
    let Outcome { made, said } = check(sources, lints);
    Outcome { made: made.map(|checked| lower::lower(&checked, sources)), said }
}

/// Proves a package sound, its policy tests well formed, and stops there.
#[must_use]
pub fn check(sources: &SourceSet, lints: Lints) -> Outcome<Checked> {
    let Outcome { made, said } = rehearse(sources, lints);
    Outcome { made: made.map(|(checked, _)| checked), said }
}

/// Proves a package sound, and makes its policy tests ready to be tried.
#[must_use]
pub fn rehearse(sources: &SourceSet, lints: Lints) -> Outcome<(Checked, Rehearsal)> {
    let mut sink = Sink::new(lints);
    let mut written = parse::parse(sources, &mut sink);
    let tests = std::mem::take(&mut written.policy_tests);
    let files = std::mem::take(&mut written.test_files);
    let model = resolve::resolve(written, &mut sink);
    let checked = check::check(model, &mut sink);
    let made = checked.and_then(|checked| {
        let rehearsal = Rehearsal { files, ..policy_test::plan(&tests, &checked, sources, &mut sink) };
        sink.reported().map(|()| (checked, rehearsal))
    });
    Outcome { made, said: sink.finish() }
}
