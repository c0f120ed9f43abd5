//! Where messages are collected, and the proof that one was.
//!
//! May not enter: words.

use std::collections::BTreeMap;

use super::{Diagnostic, Severity};

/// Proof that an error was said. Only [`Sink`] makes it, so a phase that returns it cannot fail in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported(());

/// What a lint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It is not said.
    Allow,
    /// It is a warning.
    Warn,
    /// It is an error.
    Deny,
}

/// Levels of lints, from `metac.yaml` and the command line. Errors cannot be levelled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lints {
    /// Slug to level.
    pub levels: BTreeMap<String, Level>,
    /// `--deny warnings`: what is still a warning becomes an error.
    pub deny_warnings: bool,
}

impl Lints {
    /// The level of a warning with this slug.
    #[must_use]
    pub fn level(&self, slug: &str) -> Level {
        match self.levels.get(slug) {
            Some(Level::Allow) => Level::Allow,
            Some(Level::Deny) => Level::Deny,
            Some(Level::Warn) | None if self.deny_warnings => Level::Deny,
            Some(Level::Warn) | None => Level::Warn,
        }
    }

    fn apply(&self, diagnostic: &Diagnostic) -> Option<Severity> {
        match diagnostic.code.severity {
            Severity::Error => Some(Severity::Error),
            Severity::Warning => match self.level(diagnostic.code.slug) {
                Level::Allow => None,
                Level::Warn => Some(Severity::Warning),
                Level::Deny => Some(Severity::Error),
            },
        }
    }
}

/// Collects diagnostics while the phases run.
#[derive(Debug, Default)]
pub struct Sink {
    said: Vec<Diagnostic>,
    /// Levels applied by [`Sink::reported`] and [`Sink::finish`]; set once `metac.yaml` is read.
    pub lints: Lints,
}

impl Sink {
    /// An empty sink with these levels.
    #[must_use]
    pub const fn new(lints: Lints) -> Self {
        Self { said: Vec::new(), lints }
    }

    /// Says an error. A diagnostic whose code is a warning belongs to [`Sink::warn`]; given here it is said
    /// as an error.
    pub fn error(&mut self, mut diagnostic: Diagnostic) -> Reported {
        diagnostic.severity = Severity::Error;
        self.said.push(diagnostic);
        Reported(())
    }

    /// Says a warning, which its level may silence or make an error.
    pub fn warn(&mut self, diagnostic: Diagnostic) {
        self.said.push(diagnostic);
    }

    /// `Err` once anything said is an error under the current levels.
    ///
    /// # Errors
    /// The proof, when something was reported.
    pub fn reported(&self) -> Result<(), Reported> {
        let failed = self.said.iter().any(|said| self.severity(said) == Some(Severity::Error));
        if failed { Err(Reported(())) } else { Ok(()) }
    }

    /// Everything said: levels applied, sorted by file, place and code, each once.
    #[must_use]
    pub fn finish(mut self) -> Vec<Diagnostic> {
        let said = std::mem::take(&mut self.said);
        let mut kept: Vec<Diagnostic> = said
            .into_iter()
            .filter_map(|mut said| {
                said.severity = self.severity(&said)?;
                Some(said)
            })
            .collect();
        kept.sort_by(|a, b| key(a).cmp(&key(b)));
        kept.dedup();
        kept
    }

    fn severity(&self, said: &Diagnostic) -> Option<Severity> {
        if said.severity == Severity::Error { Some(Severity::Error) } else { self.lints.apply(said) }
    }
}

fn key(said: &Diagnostic) -> (crate::source::Span, &'static str, &str) {
    (said.primary.span, said.code.id, &said.title)
}
