//! What a package declares, under which names, and how a written name finds it.

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use crate::ast::{self, TypeKind};
use crate::diag::{Sink, names};
use crate::model::{EntityId, EnumId, Id, Name};
use crate::naming;
use crate::source::Span;

/// Everything declared, each list sorted by qualified name.
pub(super) struct Declared {
    /// Entities; their places are their ids.
    pub entities: Vec<ast::Entity>,
    /// Enums, those inside fields and types included; their places are their ids.
    pub enums: Vec<EnumDraft>,
    /// Named types.
    pub types: Vec<ast::Named>,
    /// Policies.
    pub policies: Vec<ast::Policy>,
    /// Whether more may be declared than could be read: then an unknown name is no mistake of its own.
    pub lost: bool,
    by_qualified: BTreeMap<SmolStr, Target>,
    by_short: BTreeMap<SmolStr, Vec<SmolStr>>,
}

/// An enum, wherever it was written.
pub(super) struct EnumDraft {
    /// Its name.
    pub name: Name,
    /// Its label.
    pub label: Option<String>,
    /// Its description.
    pub doc: Option<String>,
    /// Its values.
    pub values: Vec<ast::EnumValue>,
    /// Where the values stand.
    pub span: Span,
    /// Whether the values could not be read.
    pub poisoned: bool,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// An entity.
    Entity(EntityId),
    /// An enum.
    Enum(EnumId),
    /// The named type at this place.
    Type(usize),
}

/// Why a name stands for nothing.
pub(super) enum Miss<'a> {
    /// Nothing has it.
    Unknown,
    /// Several modules have it: the qualified names.
    Ambiguous(Vec<&'a str>),
}

impl Declared {
    pub fn new(written: ast::Package, sink: &mut Sink) -> Self {
        let mut taken = BTreeMap::new();
        let entities = sorted(written.entities, |e| &e.name, &mut taken, sink);
        let declared = sorted(written.enums, |e| &e.name, &mut taken, sink);
        let types = sorted(written.types, |t| &t.name, &mut taken, sink);
        let policies = sorted(written.policies, |p| &p.name, &mut BTreeMap::new(), sink);
        let mut enums: Vec<EnumDraft> = declared.into_iter().map(draft).collect();
        for named in &types {
            let at = named.name.qualified();
            let inline = named.base.as_ref().and_then(|base| inline_values(base, &named.constraints));
            enums.extend(inline.map(|values| inline_draft(at, &named.name, named.name.span, values)));
        }
        for entity in &entities {
            for field in &entity.fields {
                let inline = field.ty.as_ref().and_then(|ty| inline_values(ty, &field.constraints));
                let Some(values) = inline else { continue };
                let at = inline_name(&entity.name, &field.name.value);
                if let Some(first) = taken.insert(at.clone(), field.name.span) {
                    sink.error(names::duplicate_name(field.name.span, first, &at));
                    continue;
                }
                enums.push(inline_draft(at, &entity.name, field.name.span, values));
            }
        }
        enums.sort_by(|a, b| a.name.qualified.cmp(&b.name.qualified));
        let mut out = Self {
            entities,
            enums,
            types,
            policies,
            lost: written.lost,
            by_qualified: BTreeMap::new(),
            by_short: BTreeMap::new(),
        };
        out.index();
        out
    }

    fn index(&mut self) {
        let enums =
            self.enums.iter().enumerate().map(|(i, e)| (e.name.qualified.clone(), Target::Enum(Id::new(i))));
        let entities =
            self.entities.iter().enumerate().map(|(i, e)| (e.name.qualified(), Target::Entity(Id::new(i))));
        let types = self.types.iter().enumerate().map(|(i, t)| (t.name.qualified(), Target::Type(i)));
        // An enum inside a named type shares its name: the type is what the name stands for.
        self.by_qualified = enums.chain(entities).chain(types).collect();
        for qualified in self.by_qualified.keys() {
            let short = qualified.rsplit('.').next().unwrap_or(qualified);
            self.by_short.entry(SmolStr::new(short)).or_default().push(qualified.clone());
        }
    }

    /// What `name` stands for in a file of `module`.
    pub fn find(&self, name: &str, module: &str) -> Result<Target, Miss<'_>> {
        if name.contains('.') {
            return self.by_qualified.get(name).copied().ok_or(Miss::Unknown);
        }
        if let Some(target) = self.by_qualified.get(&*format_smolstr!("{module}.{name}")) {
            return Ok(*target);
        }
        match self.by_short.get(name).map(Vec::as_slice) {
            Some([one]) => self.by_qualified.get(one).copied().ok_or(Miss::Unknown),
            Some([]) | None => Err(Miss::Unknown),
            Some(many) => Err(Miss::Ambiguous(many.iter().map(SmolStr::as_str).collect())),
        }
    }

    /// Every short name, for suggestions.
    pub fn short_names(&self) -> impl Iterator<Item = &str> {
        self.by_short.keys().map(SmolStr::as_str)
    }

    /// Every short name of an entity, for suggestions.
    pub fn entity_names(&self) -> impl Iterator<Item = &str> {
        self.entities.iter().map(|entity| entity.name.short.as_str())
    }

    /// The enum with this qualified name.
    pub fn enum_id(&self, qualified: &str) -> Option<EnumId> {
        self.enums.binary_search_by(|e| e.name.qualified.as_str().cmp(qualified)).ok().map(Id::new)
    }

    /// The enum with this id.
    pub fn enumeration(&self, id: EnumId) -> Option<&EnumDraft> {
        self.enums.get(id.place())
    }
}

/// Sorts by qualified name; of two with one name the first stays and the second is told.
fn sorted<T>(
    written: Vec<T>,
    name: impl Fn(&T) -> &ast::Name,
    taken: &mut BTreeMap<SmolStr, Span>,
    sink: &mut Sink,
) -> Vec<T> {
    let mut kept = Vec::with_capacity(written.len());
    for one in written {
        let (qualified, span) = (name(&one).qualified(), name(&one).span);
        match taken.get(&qualified) {
            Some(first) => {
                sink.error(names::duplicate_name(span, *first, &qualified));
            }
            None => {
                taken.insert(qualified, span);
                kept.push(one);
            }
        }
    }
    kept.sort_by_cached_key(|one| name(one).qualified());
    kept
}

fn draft(written: ast::Enum) -> EnumDraft {
    EnumDraft {
        name: resolved(&written.name),
        label: written.label,
        doc: written.doc,
        values: written.values,
        span: written.span,
        poisoned: written.poisoned,
    }
}

/// The name with its qualified form.
pub(super) fn resolved(name: &ast::Name) -> Name {
    Name {
        qualified: name.qualified(),
        module: name.module.clone(),
        short: name.short.clone(),
        span: name.span,
    }
}

/// The name of an enum written inside a field: `shop.OrderStatus` for `status` of `shop.Order`.
pub(super) fn inline_name(entity: &ast::Name, field: &str) -> SmolStr {
    format_smolstr!("{}{}", entity.qualified(), naming::pascal_case(field))
}

fn inline_draft(qualified: SmolStr, near: &ast::Name, span: Span, values: Vec<ast::EnumValue>) -> EnumDraft {
    let short = SmolStr::new(qualified.rsplit('.').next().unwrap_or(&qualified));
    let name = Name { qualified, module: near.module.clone(), short, span };
    EnumDraft { name, label: None, doc: None, values, span, poisoned: false }
}

/// The values of an enum written inside a type, or beside it in `values`.
fn inline_values(ty: &ast::Type, constraints: &ast::Constraints) -> Option<Vec<ast::EnumValue>> {
    match &ty.kind {
        TypeKind::Enum(values) if values.is_empty() => {
            Some(constraints.values.as_ref().map(|values| values.value.clone()).unwrap_or_default())
        }
        TypeKind::Enum(values) => {
            Some(values.iter().map(|name| ast::EnumValue { name: name.clone(), label: None }).collect())
        }
        TypeKind::List(item) => inline_values(item, constraints),
        TypeKind::Named { .. } => None,
    }
}
