//! Paths that a client wrote, followed through references as far as his access goes.

use crate::catalog::{Entity, EntityId, Field, FieldId};
use crate::policy::{Access, Rows};
use crate::request::suggest::nearest;

/// A mistake in a name: a stable code and a sentence.
pub(super) type Wrong = (&'static str, String);

/// Where a field is read from: the record itself, or a record that was joined to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source(pub(super) usize);

impl Source {
    /// The record itself.
    pub const ROOT: Self = Self(0);

    /// 0 for the record itself, then the joins in order from 1.
    #[must_use]
    pub const fn number(self) -> usize {
        self.0
    }
}

/// A field of some source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spot {
    /// Where it is read from.
    pub source: Source,
    /// The entity of that source.
    pub entity: EntityId,
    /// The field.
    pub field: FieldId,
    /// Whether it can be null there.
    pub nullable: bool,
}

/// A referenced record that is read beside the record itself, if it may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The source with the reference.
    pub from: Source,
    /// The entity of that source.
    pub entity: EntityId,
    /// The reference field.
    pub field: FieldId,
    /// The entity it points to.
    pub target: EntityId,
    /// Which of its records may be read.
    pub rows: Rows,
}

/// Every join of a statement, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joins(Vec<Join>);

impl Joins {
    /// No join.
    pub const NONE: &'static Self = &Self(Vec::new());

    /// In the order in which they depend on each other.
    pub fn iter(&self) -> impl Iterator<Item = (Source, &Join)> {
        self.0.iter().zip(1..).map(|(join, number)| (Source(number), join))
    }

    fn source_of(&mut self, join: Join) -> Source {
        let place = self.0.iter().position(|known| *known == join).unwrap_or_else(|| {
            self.0.push(join);
            self.0.len() - 1
        });
        Source(place + 1)
    }
}

/// The visible field of `access` with this name: one by which can be chosen, ordered and grouped.
pub(super) fn field<'a>(access: &'a Access, name: &str) -> Result<&'a Field, Wrong> {
    let field = shown(access, name)?;
    if access.visible().contains(field.id()) { Ok(field) } else { Err(masked(name)) }
}

/// The field of `access` with this name, if an answer can mention it.
pub(super) fn shown<'a>(access: &'a Access, name: &str) -> Result<&'a Field, Wrong> {
    let entity = access.entity();
    let found = entity.named(name).filter(|field| access.shown().contains(field.id()));
    found.ok_or_else(|| unknown(access, entity, name))
}

/// What is said about a field that is seen in some records only, or only masked.
pub(super) fn masked(name: &str) -> Wrong {
    ("masked", format!("`{name}` is masked for you, so records cannot be chosen, ordered or grouped by it"))
}

fn unknown(access: &Access, entity: &Entity, name: &str) -> Wrong {
    let visible = entity.fields().iter().filter(|f| access.visible().contains(f.id()));
    let near = nearest(name, visible.map(Field::name));
    let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    ("unknown_field", format!("`{}` has no field `{name}`{hint}", entity.def().url))
}

/// The access to what the reference `field` points to.
pub(super) fn follow(access: &Access, field: &Field) -> Result<Access, Wrong> {
    let target = field.reference().and_then(|target| access.follow(target).ok());
    target.ok_or_else(|| {
        ("not_a_reference", format!("`{}` leads to no record that you may read", field.name()))
    })
}

/// The field at the end of `path`, joining what the path passes through. The last step must hold one value.
pub(super) fn spot(access: &Access, joins: &mut Joins, path: &str) -> Result<Spot, Wrong> {
    let mut here = access.clone();
    let mut source = Source::ROOT;
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let field = field(&here, step)?;
        if field.children().is_some() {
            return Err((
                "a_list",
                format!("`{step}` is a list of records; use `filter` with `exists`, `all` or `size()`"),
            ));
        }
        if steps.peek().is_none() {
            let nullable = source != Source::ROOT || !field.def().required;
            return Ok(Spot { source, entity: here.entity().id(), field: field.id(), nullable });
        }
        let next = follow(&here, field)?;
        let (entity, field) = (here.entity().id(), field.id());
        let (target, rows) = (next.entity().id(), next.rows().clone());
        source = joins.source_of(Join { from: source, entity, field, target, rows });
        here = next;
    }
    Err(("empty", "a name is missing".to_owned()))
}
