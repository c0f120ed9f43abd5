//! From documents as written to suites: entities, principals, and the clock. Records and expectations stand beside.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::Value;
use athyper_expr::moment::parse_datetime;
use athyper_policy::Standing;
use athyper_schemas::authoring::PrincipalWord;
use athyper_schemas::bundle::{Bundle, Entity, UserAttribute};
use athyper_schemas::ir::Kind;
use smol_str::SmolStr;
use uuid::Uuid;

use super::stage::{looked_at, roles};
use super::suite::{Principal, Suite};
use super::value;
use crate::ast::Text;
use crate::ast::policy_test::{self as ast, Given};
use crate::check::{Checked, is_slip};
use crate::diag::{Sink, names, nearest, policy_tests as tell};
use crate::lower::lower;
use crate::model::Model;
use crate::model::policy::FieldRule;
use crate::source::{SourceSet, Span};

/// What `now()` is when nothing else is said: 2026-01-01T12:00:00Z.
const USUAL_NOW_US: i64 = 1_767_268_800_000_000;

/// Where rules and field rules stand: policy and rule id, or policy and field.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Rules.
    pub rules: BTreeMap<(String, String), Span>,
    /// Rules about fields.
    pub fields: BTreeMap<(String, String), Span>,
}

/// What is needed while one document is understood.
pub(super) struct Planner<'a> {
    pub bundle: &'a Bundle,
    pub places: &'a Places,
    pub looked_at: &'a BTreeSet<(SmolStr, SmolStr)>,
    pub sink: &'a mut Sink,
    pub suite: Suite,
    /// Named records, and where they are named.
    pub named: BTreeMap<SmolStr, (usize, Span)>,
}

/// Suites with what they are tried on.
#[derive(Debug)]
pub struct Rehearsal {
    /// The package; nothing when no test needs it.
    pub bundle: Option<Bundle>,
    /// Where its rules stand.
    pub places: Places,
    /// Sorted by name.
    pub suites: Vec<Suite>,
}

impl Places {
    fn of(model: &Model) -> Self {
        let mut out = Self::default();
        for policy in &model.policies {
            let name = || policy.name.qualified.to_string();
            out.rules.extend(policy.rules.iter().map(|rule| ((name(), rule.id.to_string()), rule.span)));
            let entity = model.entity(policy.entity);
            let field = |rule: &FieldRule| (name(), entity.field(rule.field).name().to_string());
            out.fields.extend(policy.fields.iter().map(|rule| (field(rule), rule.span)));
        }
        out
    }

    /// Whether there are no rules at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.fields.is_empty()
    }
}

/// What the documents mean; what is wrong with them is told.
pub fn plan(
    written: &[ast::PolicyTest],
    checked: &Checked,
    sources: &SourceSet,
    sink: &mut Sink,
) -> Rehearsal {
    let places = Places::of(checked.model());
    if written.is_empty() {
        return Rehearsal { bundle: None, places, suites: Vec::new() };
    }
    let bundle = lower(checked, sources);
    let suites = suites(written, (&bundle, &places), sink);
    Rehearsal { bundle: Some(bundle), places, suites }
}

fn suites(written: &[ast::PolicyTest], (bundle, places): (&Bundle, &Places), sink: &mut Sink) -> Vec<Suite> {
    let looked_at = looked_at(bundle);
    let mut taken: BTreeMap<SmolStr, Span> = BTreeMap::new();
    let mut out = Vec::with_capacity(written.len());
    for document in written {
        let name = document.name.qualified();
        if let Some(first) = taken.insert(name.clone(), document.name.span) {
            sink.error(names::duplicate_name(document.name.span, first, &name));
        }
        let Some(entity) = &document.entity else { continue };
        let Some(found) = entity_named(bundle, entity, &document.name.module, sink) else { continue };
        let suite = Suite {
            name,
            entity: SmolStr::new(&found.name),
            now_us: now(document.now.as_ref(), sink),
            principals: Vec::new(),
            records: Vec::new(),
            by_id: BTreeMap::new(),
            tests: Vec::new(),
        };
        let mut planner =
            Planner { bundle, places, looked_at: &looked_at, sink, suite, named: BTreeMap::new() };
        planner.records(document);
        planner.principals(document);
        planner.tests(document);
        // Now the records that changes bring are there too.
        planner.copies();
        planner.complete();
        out.push(planner.suite);
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

fn now(written: Option<&Text>, sink: &mut Sink) -> i64 {
    let Some(text) = written else { return USUAL_NOW_US };
    parse_datetime(&text.value).unwrap_or_else(|| {
        sink.error(tell::bad_now(text.span, &text.value));
        USUAL_NOW_US
    })
}

/// The entity that may have rights of its own and is called so: in the module first, then anywhere.
pub(super) fn entity_named<'b>(
    bundle: &'b Bundle,
    name: &Text,
    module: &str,
    sink: &mut Sink,
) -> Option<&'b Entity> {
    let short = |entity: &&Entity| entity.name.rsplit('.').next() == Some(name.value.as_str());
    let here = bundle.entity(&name.value).or_else(|| bundle.entity(&format!("{module}.{}", name.value)));
    let everywhere: Vec<&Entity> = bundle.entities.iter().filter(short).collect();
    let found = match (here, everywhere.as_slice()) {
        (Some(found), _) => found,
        (None, [found]) => found,
        (None, []) => {
            let known = bundle.entities.iter().filter(|entity| entity.owner.is_none());
            let known = known.filter_map(|entity| entity.name.rsplit('.').next());
            sink.error(names::unknown_entity(name.span, &name.value, known));
            return None;
        }
        (None, several) => {
            let candidates: Vec<&str> = several.iter().map(|entity| entity.name.as_str()).collect();
            sink.error(names::ambiguous_name(name.span, &name.value, &candidates));
            return None;
        }
    };
    if let Some(owner) = &found.owner {
        sink.error(tell::owned_entity(name.span, &name.value, &owner.entity));
        return None;
    }
    Some(found)
}

impl Planner<'_> {
    fn principals(&mut self, document: &ast::PolicyTest) {
        let spoken = roles(self.bundle.policies.iter());
        let mut taken: BTreeMap<SmolStr, Span> = BTreeMap::new();
        for (number, written) in (0u128..).zip(&document.principals) {
            let name = &written.name;
            if let Some(first) = taken.insert(name.value.clone(), name.span) {
                self.sink.error(tell::named_twice(name.span, first, &name.value));
            }
            let standing = match written.word {
                None => Standing::Authenticated,
                Some(PrincipalWord::Anonymous) => Standing::Anonymous,
                Some(PrincipalWord::System) => Standing::System,
            };
            let bundle = self.bundle;
            let attributes: Vec<Value> = bundle
                .package
                .user
                .iter()
                .map(|attribute| self.attribute(written, attribute, number))
                .collect();
            self.strange_attributes(&written.attributes);
            self.strange_roles(&written.attributes, &spoken);
            let roles = bundle.package.user.iter().position(|attribute| attribute.name == "roles");
            let roles = match roles.and_then(|at| attributes.get(at)) {
                Some(Value::List(roles)) => roles.iter().map(|role| SmolStr::new(role.to_string())).collect(),
                _ => BTreeSet::new(),
            };
            self.suite.principals.push(Principal { name: name.clone(), standing, roles, attributes });
        }
    }

    fn strange_attributes(&mut self, given: &[Given]) {
        let known: Vec<&str> = self.bundle.package.user.iter().map(|one| one.name.as_str()).collect();
        for one in given.iter().filter(|one| !known.contains(&one.name.value.as_str())) {
            let known = known.iter().copied();
            self.sink.error(tell::unknown_attribute(one.name.span, &one.name.value, known));
        }
    }

    /// Says which roles are a slip of one that a rule speaks to.
    fn strange_roles(&mut self, given: &[Given], spoken: &BTreeSet<SmolStr>) {
        let roles = given.iter().filter(|given| given.name.value == "roles");
        for node in roles.filter_map(|given| given.value.as_sequence()).flatten() {
            let Some(name) = node.as_scalar().map(|scalar| scalar.value.as_str()) else { continue };
            if spoken.contains(name) {
                continue;
            }
            let others = spoken.iter().map(SmolStr::as_str);
            let near = nearest(name, others.filter(|other| is_slip(name, other)));
            if let Some(near) = near {
                self.sink.error(tell::look_alike_role(node.span, name, near));
            }
        }
    }

    /// The value of an attribute, otherwise what stands for it.
    fn attribute(&mut self, of: &ast::Principal, attribute: &UserAttribute, number: u128) -> Value {
        let given = of.attributes.iter().find(|given| given.name.value == attribute.name);
        let (name, kind) = (attribute.name.as_str(), &attribute.ty.kind);
        if let Some(given) = given {
            if given.value.is_null() && !attribute.ty.nullable {
                self.sink.error(tell::null_value(given.value.span, name));
            }
            // A caller may be known by the id of a record.
            let record = given.value.as_scalar().and_then(|scalar| self.named.get(&scalar.value));
            if let (Kind::Uuid, Some((place, _))) = (kind, record) {
                return self.suite.records.get(*place).map_or(Value::Null, |record| Value::Uuid(record.id()));
            }
            return value::read(&given.value, (name, kind), self.bundle, self.sink).unwrap_or(Value::Null);
        }
        match (name, kind) {
            ("id", Kind::Uuid) => Value::Uuid(Uuid::from_u128(PRINCIPAL_IDS + number)),
            ("id", _) => Value::text(&of.name.value),
            ("roles", _) => Value::list(Vec::new()),
            _ if attribute.ty.nullable || of.word.is_some() => Value::Null,
            _ => {
                self.sink.error(tell::unsaid_attribute(of.name.span, &of.name.value, name));
                Value::Null
            }
        }
    }
}

/// The ids of principals who do not say theirs, where ids are UUIDs.
const PRINCIPAL_IDS: u128 = 0x0000_0000_0000_7000_8000_00aa_0000_0000;
