//! What an answer shows: `select` and `expand` laid over the fields that the access shows.

use std::collections::BTreeMap;

use crate::catalog::{EntityId, Field, FieldId};
use crate::config::Limits;
use crate::plan::names::{self, Wrong};
use crate::policy::{Access, Rows, Sight};
use crate::request::query::{Mistakes, Word};

/// The cells of one record, in the order of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    entity: EntityId,
    rows: Rows,
    cells: Vec<Cell>,
}

impl Selection {
    /// Of which entity.
    #[must_use]
    pub fn entity(&self) -> EntityId {
        self.entity
    }

    /// Which of its records may be read.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Whether some field, here or in a record within, is masked for some record.
    #[must_use]
    pub fn masks(&self) -> bool {
        self.cells.iter().any(|cell| {
            let within = match &cell.content {
                Content::Value => false,
                Content::Record(inner) | Content::Children(inner) => inner.masks(),
            };
            within || matches!(cell.sight, Sight::Masked(_) | Sight::Where(_, Some(_)))
        })
    }

    /// What is read of it.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }
}

/// One field of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The field.
    pub field: FieldId,
    /// What is shown of it.
    pub content: Content,
    /// In which records.
    pub sight: Sight,
}

impl Cell {
    /// Whether the id of a reference is read besides the record behind it: for where that may not be read.
    #[must_use]
    pub fn has_bare_id(&self) -> bool {
        let Content::Record(inner) = &self.content else { return false };
        *inner.rows() != Rows::All || matches!(self.sight, Sight::Where(_, Some(_)))
    }
}

/// What is shown of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Its value; of a reference the id.
    Value,
    /// The record a reference points to; its id where that may not be read.
    Record(Selection),
    /// The owned children.
    Children(Selection),
}

/// What is wished of one record.
#[derive(Debug, Default)]
struct Wish {
    /// Whether fields were named, so that the others are left out.
    only: bool,
    /// Whether the record or the children are wanted instead of an id or nothing.
    open: bool,
    fields: BTreeMap<String, Self>,
}

/// What decides a selection besides the access.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'q> {
    /// `select`.
    pub select: &'q [Word],
    /// `expand`.
    pub expand: &'q [Word],
    /// Whether owned children are shown unasked.
    pub with_children: bool,
}

/// Builds the selection; mistakes are noted and their fields left out.
pub(super) fn build(
    access: &Access,
    wanted: Wanted<'_>,
    limits: &Limits,
    mistakes: &mut Mistakes,
) -> Selection {
    let mut root = Wish::default();
    for (parameter, words) in [("select", wanted.select), ("expand", wanted.expand)] {
        for word in words {
            if let Err((code, message)) = check(access, word, parameter == "expand") {
                mistakes.note_at(parameter, word, code, &message);
            } else if word.text.split('.').count() > depth_of(parameter, limits) {
                mistakes.note_limit(
                    parameter,
                    format!("`{}` is deeper than {} references", word.text, limits.expand_depth),
                );
            } else if parameter == "select" {
                root.select(&word.text);
            } else {
                root.expand(&word.text);
            }
        }
    }
    lay(access, &root, wanted.with_children)
}

/// Every field that may be seen, children included.
pub(super) fn whole(access: &Access) -> Selection {
    lay(access, &Wish::default(), true)
}

/// A selected path ends in a field, an expanded one in a record.
fn depth_of(parameter: &str, limits: &Limits) -> usize {
    limits.expand_depth + usize::from(parameter == "select")
}

/// Follows `word` and refuses what is not there or may not be seen.
fn check(access: &Access, word: &Word, to_a_record: bool) -> Result<(), Wrong> {
    let mut here = access.clone();
    let mut steps = word.text.split('.').peekable();
    while let Some(step) = steps.next() {
        let field = names::shown(&here, step)?;
        if steps.peek().is_some() || to_a_record {
            here = inside(&here, field)?;
        }
    }
    Ok(())
}

/// The access to the records in `field`.
fn inside(access: &Access, field: &Field) -> Result<Access, Wrong> {
    match access.children(field.id()) {
        Some(children) => Ok(children),
        None => names::follow(access, field),
    }
}

impl Wish {
    fn select(&mut self, path: &str) {
        let mut here = self;
        let mut steps = path.split('.').peekable();
        while let Some(step) = steps.next() {
            here.only = true;
            here = here.fields.entry(step.to_owned()).or_default();
            here.open |= steps.peek().is_some();
        }
    }

    fn expand(&mut self, path: &str) {
        let mut here = self;
        for step in path.split('.') {
            here = here.fields.entry(step.to_owned()).or_default();
            here.open = true;
        }
    }
}

fn lay(access: &Access, wish: &Wish, with_children: bool) -> Selection {
    let nothing = Wish::default();
    let mut cells = Vec::new();
    for field in access.entity().fields().iter().filter(|f| access.shown().contains(f.id())) {
        let asked = wish.fields.get(field.name());
        let shown = asked.is_some() || !wish.only;
        let inner = asked.unwrap_or(&nothing);
        let content = if let Some(children) = access.children(field.id()) {
            let shown = asked.is_some() || (shown && with_children);
            shown.then(|| Content::Children(lay(&children, inner, with_children)))
        } else if inner.open && !matches!(access.sight(field.id()), Sight::Masked(_)) {
            names::follow(access, field).ok().map(|target| Content::Record(lay(&target, inner, false)))
        } else {
            shown.then_some(Content::Value)
        };
        let sight = access.sight(field.id());
        cells.extend(content.map(|content| Cell { field: field.id(), content, sight: sight.clone() }));
    }
    Selection { entity: access.entity().id(), rows: access.rows().clone(), cells }
}
