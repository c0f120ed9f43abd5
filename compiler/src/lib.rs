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

use std::collections::BTreeSet;

use athyper_schemas::bundle::Bundle;
use check::Checked;
use diag::{Diagnostic, Lints, Reported, Sink};
use emit::OutputSet;
use parse::Tests;
use policy_test::Rehearsal;
use source::{FileId, SourceSet};

/// What a run has to say, and what it made.
#[derive(Debug)]
pub struct Outcome<T> {
    /// What was made; nothing when an error was said.
    pub made: Result<T, Reported>,
    /// Everything said, sorted by place, each once.
    pub said: Vec<Diagnostic>,
}

/// Turns a package into the files of its artifact. Policy tests are no part of it: what is wrong with them is not told.
#[must_use]
pub fn compile(sources: &SourceSet, lints: Lints) -> Outcome<OutputSet> {
    let Outcome { made, said } = sound(sources, lints);
    let made = made.map(|(checked, files)| {
        let bundle = lower::lower(&checked, sources);
        drop(checked);
        emit::emit(&bundle, &sources.hash(&files))
    });
    Outcome { made, said }
}

/// What a package means, without the files, and without its policy tests.
#[must_use]
pub fn model(sources: &SourceSet, lints: Lints) -> Outcome<Bundle> {
    let Outcome { made, said } = sound(sources, lints);
    Outcome { made: made.map(|(checked, _)| lower::lower(&checked, sources)), said }
}

/// Proves a package sound but for its policy tests; also which files hold nothing but those.
fn sound(sources: &SourceSet, lints: Lints) -> Outcome<(Checked, BTreeSet<FileId>)> {
    let mut sink = Sink::new(lints);
    let mut written = parse::parse(sources, Tests::Left, &mut sink);
    let files = std::mem::take(&mut written.test_files);
    let model = resolve::resolve(written, &mut sink);
    let made = check::check(model, &mut sink).map(|checked| (checked, files));
    Outcome { made, said: sink.finish() }
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
    let mut written = parse::parse(sources, Tests::Read, &mut sink);
    let tests = std::mem::take(&mut written.policy_tests);
    let model = resolve::resolve(written, &mut sink);
    let checked = check::check(model, &mut sink);
    let made = checked.and_then(|checked| {
        let rehearsal = policy_test::plan(&tests, &checked, sources, &mut sink);
        sink.reported().map(|()| (checked, rehearsal))
    });
    Outcome { made, said: sink.finish() }
}
