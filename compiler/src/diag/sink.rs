//! Where messages are collected, and the proof that one was.
//!
//! May not enter: words.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{Code, Diagnostic, Edit, Label, Severity};
use crate::source::Span;

/// More than this nobody reads; a damaged file may have a million mistakes.
const MOST_KEPT: usize = 10_000;

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

    fn severity(&self, code: &Code) -> Option<Severity> {
        match code.severity {
            Severity::Error => Some(Severity::Error),
            Severity::Warning => match self.level(code.slug) {
                Level::Allow => None,
                Level::Warn => Some(Severity::Warning),
                Level::Deny => Some(Severity::Error),
            },
        }
    }
}

/// How many places of one missing name are shown.
const MOST_PLACES: usize = 6;

/// A name that nothing has: however often it is used, that is one mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// A type, an entity or an enum.
    Type(SmolStr),
    /// A field of the entity with this qualified name.
    Field(SmolStr, SmolStr),
    /// An attribute of the caller.
    Attribute(SmolStr),
}

/// Collects diagnostics while the phases run.
#[derive(Debug, Default)]
pub struct Sink {
    said: Vec<Diagnostic>,
    /// Names that nothing has, and which message says so.
    missing: BTreeMap<Missing, usize>,
    /// The codes of what was said when nobody listened any more.
    beyond: BTreeMap<&'static str, &'static Code>,
    /// Levels applied by [`Sink::reported`] and [`Sink::finish`]; set once `metac.yaml` is read.
    pub lints: Lints,
}

impl Sink {
    /// An empty sink with these levels.
    #[must_use]
    pub const fn new(lints: Lints) -> Self {
        Self { said: Vec::new(), missing: BTreeMap::new(), beyond: BTreeMap::new(), lints }
    }

    /// Says an error. A diagnostic whose code is a warning belongs to [`Sink::warn`]; given here it is said
    /// as an error.
    pub fn error(&mut self, mut diagnostic: Diagnostic) -> Reported {
        diagnostic.severity = Severity::Error;
        self.keep(diagnostic);
        Reported(())
    }

    /// Says that nothing has a name. What is said of it again becomes one more place of the first message.
    pub fn missing(&mut self, name: Missing, diagnostic: Diagnostic) -> Reported {
        let first = self.missing.get(&name).and_then(|at| self.said.get_mut(*at));
        let Some(first) = first else {
            self.missing.insert(name, self.said.len());
            return self.error(diagnostic);
        };
        let (old, new) = (first.primary.span, diagnostic.primary.span);
        let known = old == new || first.secondary.iter().any(|label| label.span == new);
        if !known && first.secondary.len() < MOST_PLACES {
            first.secondary.push(Label { span: new, text: "and here".to_owned() });
            for edits in first.helps.iter_mut().map(|help| &mut help.edits) {
                let again = edits.iter().find(|edit| edit.span == old).cloned();
                edits.extend(again.map(|edit| Edit { span: new, ..edit }));
            }
        }
        Reported(())
    }

    /// Says a warning, which its level may silence or make an error.
    pub fn warn(&mut self, diagnostic: Diagnostic) {
        self.keep(diagnostic);
    }

    /// Takes over what another sink heard. Names that it found missing must not have been said there.
    pub fn absorb(&mut self, other: Self) {
        self.beyond.extend(other.beyond);
        other.said.into_iter().for_each(|said| self.keep(said));
    }

    fn keep(&mut self, diagnostic: Diagnostic) {
        if self.said.len() < MOST_KEPT {
            self.said.push(diagnostic);
        } else {
            self.beyond.insert(diagnostic.code.id, diagnostic.code);
        }
    }

    /// `Err` once anything said is an error under the current levels.
    ///
    /// # Errors
    /// The proof, when something was reported.
    pub fn reported(&self) -> Result<(), Reported> {
        let denied = |code: &Code| self.lints.severity(code) == Some(Severity::Error);
        let failed = self.said.iter().any(|said| self.severity(said) == Some(Severity::Error))
            || self.beyond.values().any(|code| denied(code));
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
        // What is wrong need not be called unclear as well.
        let wrong = kept
            .iter()
            .filter(|said| said.severity == Severity::Error && said.code.severity == Severity::Error);
        let wrong: BTreeSet<Span> =
            wrong.map(|said| said.primary.span).filter(|span| !span.is_empty()).collect();
        kept.retain(|said| said.code.severity == Severity::Error || !wrong.contains(&said.primary.span));
        kept
    }

    fn severity(&self, said: &Diagnostic) -> Option<Severity> {
        if said.severity == Severity::Error { Some(Severity::Error) } else { self.lints.severity(said.code) }
    }
}

fn key(said: &Diagnostic) -> (Span, &'static str, &str) {
    (said.primary.span, said.code.id, &said.title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::yaml;
    use crate::source::SourceSet;

    fn place() -> Span {
        let sources = SourceSet::new([("a.yaml".to_owned(), Vec::new())]);
        Span::new(sources.find("a.yaml").unwrap(), 0..0)
    }

    #[test]
    fn levels_silence_and_deny_warnings_but_never_errors() {
        for (level, deny_warnings, wanted) in [
            (None, false, Some(Severity::Warning)),
            (None, true, Some(Severity::Error)),
            (Some(Level::Allow), true, None),
            (Some(Level::Warn), true, Some(Severity::Error)),
            (Some(Level::Deny), false, Some(Severity::Error)),
        ] {
            let levels = level.map(|level| (yaml::OLD_BOOLEAN.slug.to_owned(), level)).into_iter().collect();
            let mut sink = Sink::new(Lints { levels, deny_warnings });
            sink.warn(yaml::old_boolean(place(), "yes"));
            assert_eq!(sink.reported().is_err(), wanted == Some(Severity::Error));
            assert_eq!(sink.finish().first().map(|said| said.severity), wanted);
        }
        let levels = [(yaml::TAB.slug.to_owned(), Level::Allow)].into();
        let mut sink = Sink::new(Lints { levels, deny_warnings: false });
        sink.error(yaml::tab(place(), None, 0));
        assert!(sink.reported().is_err());
        assert_eq!(sink.finish().len(), 1);
    }

    #[test]
    fn what_nobody_reads_is_not_kept_but_still_fails() {
        let mut sink = Sink::new(Lints::default());
        for _ in 0..MOST_KEPT {
            sink.warn(yaml::old_boolean(place(), "yes"));
        }
        assert!(sink.reported().is_ok());
        sink.error(yaml::tab(place(), None, 0));
        assert!(sink.reported().is_err());
        assert_eq!(sink.finish().len(), 1, "one message said often is said once");
    }
}
