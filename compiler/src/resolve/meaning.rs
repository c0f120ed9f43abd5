//! Types as written to types as meant: facts, arguments, targets; named types expand with their limits.

use athyper_schemas::bundle::{Limits, OnDelete};
use athyper_schemas::field_types::{self, Arg, Storage, TypeFacts};
use smol_str::SmolStr;

use super::declared::{Declared, Miss, Target};
use crate::ast::{self, Text, TypeKind};
use crate::diag::{Missing, Sink, entities, names};
use crate::model::{FieldType, Id, Scalar};
use crate::source::Span;

/// The longest text that can be asked for.
const MAX_LENGTH: u32 = 10_000_000;

/// How many named types may be built on each other.
const MAX_DEPTH: usize = 32;

/// Resolves types, remembering the named ones.
pub(super) struct Resolver<'a> {
    /// What the package declares.
    pub declared: &'a Declared,
    /// Where messages go.
    pub sink: &'a mut Sink,
    named: Vec<Named>,
    depth: usize,
}

#[derive(Clone)]
enum Named {
    Open,
    Busy,
    Done(Box<Meaning>),
}

/// A type with what bounds its values.
#[derive(Debug, Clone)]
pub(super) struct Meaning {
    /// The type.
    pub ty: FieldType,
    /// The limits that come with it.
    pub limits: Limits,
    /// Whether its values say something about a person.
    pub personal: bool,
    /// A mistake was told; the type is a stand-in.
    pub poisoned: bool,
}

/// Where a type stands.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    /// The module of the file.
    pub module: &'a str,
    /// The qualified name of an enum written here.
    pub inline: &'a str,
}

impl Meaning {
    fn of(ty: FieldType) -> Self {
        Self { ty, limits: Limits::default(), personal: false, poisoned: false }
    }

    /// What stands in for a type that is not understood.
    pub fn poisoned() -> Self {
        Self { poisoned: true, ..Self::of(FieldType::plain("json")) }
    }
}

impl<'a> Resolver<'a> {
    pub fn new(declared: &'a Declared, sink: &'a mut Sink) -> Self {
        let named = vec![Named::Open; declared.types.len()];
        let mut resolver = Self { declared, sink, named, depth: 0 };
        for place in 0..declared.types.len() {
            resolver.named_type(place, None);
        }
        resolver
    }

    /// What a written type means.
    pub fn meaning(&mut self, ty: &ast::Type, site: Site<'_>) -> Meaning {
        match &ty.kind {
            TypeKind::Enum(_) => match self.declared.enum_id(site.inline) {
                Some(id) => Meaning::of(FieldType::Enum(id)),
                None => Meaning::poisoned(),
            },
            TypeKind::List(item) => self.list(item, site),
            TypeKind::Named { name, args } => match scalar_facts(&name.value) {
                Some(facts) => self.scalar(facts, name, args, ty.span),
                None => self.declared_type((name, ty.span), args, site),
            },
        }
    }

    fn declared_type(&mut self, (name, whole): (&Text, Span), args: &[Text], site: Site<'_>) -> Meaning {
        let target = match self.declared.find(&name.value, site.module) {
            Ok(target) => target,
            Err(Miss::Ambiguous(candidates)) => {
                self.sink.error(names::ambiguous_name(name.span, &name.value, &candidates));
                return Meaning::poisoned();
            }
            Err(Miss::Unknown) if self.declared.lost => return Meaning::poisoned(),
            Err(Miss::Unknown) => {
                let scalars = field_types::TABLE.iter().map(|row| row.name).filter(|name| is_written(name));
                let known = scalars.chain(["list"]).chain(self.declared.short_names());
                let inside = if let [one] = args { Some(one.value.as_str()) } else { None };
                let written = names::WrittenType { name: &name.value, span: name.span, inside, whole };
                let message = names::unknown_type(written, known);
                // What stands in the brackets is what is meant, so each place has a repair of its own.
                match inside {
                    Some(_) => self.sink.error(message),
                    None => self.sink.missing(Missing::Type(name.value.clone()), message),
                };
                return Meaning::poisoned();
            }
        };
        if let Some(first) = args.first() {
            self.sink.error(entities::type_arguments(first.span, &name.value, &name.value));
        }
        match target {
            Target::Entity(target) => Meaning::of(FieldType::Ref { target, on_delete: OnDelete::Restrict }),
            Target::Enum(id) => Meaning::of(FieldType::Enum(id)),
            Target::Type(place) => self.named_type(place, Some(name.span)),
        }
    }

    /// The meaning of a named type, found once; `used` is where it is named.
    fn named_type(&mut self, place: usize, used: Option<Span>) -> Meaning {
        match self.named.get(place) {
            Some(Named::Done(meaning)) => return (**meaning).clone(),
            Some(Named::Busy) => {
                if let (Some(span), Some(named)) = (used, self.declared.types.get(place)) {
                    self.sink.error(entities::type_cycle(span, &named.name.short));
                }
                return Meaning::poisoned();
            }
            Some(Named::Open) | None => {}
        }
        let declared = self.declared;
        let Some(named) = declared.types.get(place) else { return Meaning::poisoned() };
        if let Some(span) = used.filter(|_| self.depth == MAX_DEPTH) {
            self.sink.error(entities::type_chain(span, MAX_DEPTH));
            return Meaning::poisoned();
        }
        self.remember(place, Named::Busy);
        self.depth += 1;
        let inline = named.name.qualified();
        let site = Site { module: &named.name.module, inline: &inline };
        let mut meaning = named.base.as_ref().map_or_else(Meaning::poisoned, |base| self.meaning(base, site));
        if let (FieldType::Ref { .. } | FieldType::Children(_), Some(base)) = (&meaning.ty, &named.base) {
            let needed = "a plain type or an enum";
            self.sink.error(names::wrong_kind(base.span, &named.name.short, "built on an entity", needed));
            meaning = Meaning::poisoned();
        }
        self.bound(&mut meaning, &named.constraints, named.base.as_ref(), &named.name.short);
        self.depth -= 1;
        self.remember(place, Named::Done(Box::new(meaning.clone())));
        meaning
    }

    fn remember(&mut self, place: usize, state: Named) {
        if let Some(slot) = self.named.get_mut(place) {
            *slot = state;
        }
    }

    fn list(&mut self, item: &ast::Type, site: Site<'_>) -> Meaning {
        let held = self.meaning(item, site);
        if held.poisoned {
            return held;
        }
        let refused = match &held.ty {
            FieldType::Ref { target, .. } => return Meaning::of(FieldType::Children(*target)),
            FieldType::List(_) | FieldType::Children(_) => Some("lists"),
            FieldType::Scalar(scalar) if scalar.facts.storage == Storage::Json => Some("JSON documents"),
            _ if !held.limits.is_empty() => Some("values with limits of their own"),
            _ => None,
        };
        if let Some(what) = refused {
            self.sink.error(entities::list_item(item.span, what));
            return Meaning::poisoned();
        }
        Meaning { ty: FieldType::List(Box::new(held.ty)), ..held }
    }

    fn scalar(&mut self, facts: &'static TypeFacts, name: &Text, args: &[Text], span: Span) -> Meaning {
        let mut scalar = Scalar::plain(facts);
        let numbers: Vec<Option<u32>> = args.iter().map(|arg| arg.value.parse().ok()).collect();
        let most = if args.is_empty() { 0 } else { facts.args.len() };
        if let Some(wrong) = args.iter().zip(&numbers).find(|(_, number)| number.is_none()) {
            self.sink.error(entities::type_arguments(wrong.0.span, &name.value, &usage(facts)));
            return Meaning::poisoned();
        }
        let numbers: Vec<u32> = numbers.into_iter().flatten().collect();
        if numbers.len() > most {
            self.sink.error(entities::type_arguments(span, &name.value, &usage(facts)));
            return Meaning::poisoned();
        }
        let right = match (facts.args, numbers.as_slice()) {
            (_, []) => true,
            ([Arg::MaxLength], [length]) => self.length(&mut scalar, *length, span),
            ([Arg::Scale], [scale]) => {
                let precision = scalar.decimal.map_or(18, |(precision, _)| u32::from(precision));
                self.decimal(&mut scalar, precision, *scale, span)
            }
            ([Arg::Precision, Arg::Scale], [precision]) => self.decimal(&mut scalar, *precision, 0, span),
            ([Arg::Precision, Arg::Scale], [precision, scale]) => {
                self.decimal(&mut scalar, *precision, *scale, span)
            }
            _ => false,
        };
        if right { Meaning::of(FieldType::Scalar(scalar)) } else { Meaning::poisoned() }
    }

    /// Sets the longest length; says so when no text can be that long.
    pub fn length(&mut self, scalar: &mut Scalar, length: u32, span: Span) -> bool {
        let most = scalar.facts.default_max_length.unwrap_or(0).max(match scalar.facts.name {
            "string" | "text" | "rich_text" => MAX_LENGTH,
            _ => 0,
        });
        if length == 0 || length > most {
            self.sink.error(entities::length_range(span, &length.to_string(), most));
            return false;
        }
        scalar.max_length = Some(length);
        true
    }

    fn decimal(&mut self, scalar: &mut Scalar, precision: u32, scale: u32, span: Span) -> bool {
        let digits = u8::try_from(precision).ok().zip(u8::try_from(scale).ok());
        match digits.filter(|(precision, scale)| (1..=18).contains(precision) && scale <= precision) {
            Some(digits) => scalar.decimal = Some(digits),
            None => {
                self.sink.error(entities::decimal_range(span, precision, scale));
                return false;
            }
        }
        true
    }

    /// The entity that a name stands for.
    pub fn entity(&mut self, name: &Text, module: &str) -> Option<crate::model::EntityId> {
        match self.declared.find(&name.value, module) {
            Ok(Target::Entity(id)) => Some(id),
            Ok(other) => {
                let found = if matches!(other, Target::Enum(_)) { "an enum" } else { "a type" };
                self.sink.error(names::wrong_kind(name.span, &name.value, found, "an entity"));
                None
            }
            Err(Miss::Ambiguous(candidates)) => {
                self.sink.error(names::ambiguous_name(name.span, &name.value, &candidates));
                None
            }
            Err(Miss::Unknown) if self.declared.lost => None,
            Err(Miss::Unknown) => {
                let known = self.declared.entity_names();
                let message = names::unknown_entity(name.span, &name.value, known);
                self.sink.missing(Missing::Type(name.value.clone()), message);
                None
            }
        }
    }

    /// The names of the values of an enum.
    pub fn enum_values(&self, id: Id<crate::model::Enum>) -> Vec<SmolStr> {
        let draft = self.declared.enumeration(id);
        draft.map(|d| d.values.iter().map(|value| value.name.value.clone()).collect()).unwrap_or_default()
    }
}

/// Whether a row can be written as a type of its own.
fn is_written(name: &str) -> bool {
    !["ref", "children", "list", "enum"].contains(&name)
}

fn scalar_facts(name: &str) -> Option<&'static TypeFacts> {
    field_types::facts(name).filter(|row| is_written(row.name))
}

/// How a type is called.
fn usage(facts: &TypeFacts) -> String {
    match facts.args {
        [Arg::MaxLength] => format!("{}(20)", facts.name),
        [Arg::Precision, Arg::Scale] => format!("{}(12,2)", facts.name),
        [Arg::Scale] => format!("{}(2)", facts.name),
        _ => facts.name.to_owned(),
    }
}
