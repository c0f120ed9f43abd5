//! From YAML to a proven artifact: a pure function from files to files.
//!
//! May not enter: disk, clock, environment, randomness; the program in `main.rs` brings those.

pub mod ast;
pub mod check;
pub mod diag;
pub mod emit;
pub mod format;
pub mod lower;
pub mod model;
pub mod naming;
pub mod parse;
pub mod render;
pub mod resolve;
mod row_sql;

pub mod source;
pub mod yaml;

use check::Checked;
use diag::{Diagnostic, Lints, Reported, Sink};
use emit::OutputSet;
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
    let Outcome { made, said } = check(sources, lints);
    let made = made.map(|checked| {
        let bundle = lower::lower(&checked, sources);
        drop(checked);
        emit::emit(&bundle, &sources.hash())
    });
    Outcome { made, said }
}

/// Proves a package sound, and stops there.
#[must_use]
pub fn check(sources: &SourceSet, lints: Lints) -> Outcome<Checked> {
    let mut sink = Sink::new(lints);
    let written = parse::parse(sources, &mut sink);
    let model = resolve::resolve(written, &mut sink);
    let made = check::check(model, &mut sink);
    Outcome { made, said: sink.finish() }
}
