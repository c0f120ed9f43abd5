//! Records as expressions look at them: with what stands behind their references, as far as it is looked at.

use std::collections::BTreeSet;

use athyper_expr::Value;
use athyper_expr::eval::{Context, Layout, Path, Place};
use athyper_schemas::bundle::{ANONYMOUS, Bundle, EVERYBODY, Policy, SYSTEM, System};
use athyper_schemas::ir::{Expr, Literal, Node};
use smol_str::SmolStr;
use uuid::Uuid;

use super::suite::{Change, Principal, Record, Suite};

/// Where the fields of a package are in a record, and the attributes in a caller. Computed fields are computed.
#[derive(Debug, Clone, Copy)]
pub struct Bundled<'b>(pub &'b Bundle);

impl Layout for Bundled<'_> {
    fn field(&self, entity: &str, field: &str) -> Option<Place<'_>> {
        let (at, field) = self.0.entity(entity)?.fields.iter().enumerate().find(|(_, f)| f.name == field)?;
        Some(match &field.computed {
            Some(computed) => Place::Computed(&computed.value),
            None => Place::Index(at),
        })
    }

    fn attribute(&self, name: &str) -> Option<usize> {
        self.0.package.user.iter().position(|attribute| attribute.name == name)
    }
}

/// A record as it is seen.
pub type Image = Vec<Value>;

/// What does not change while something is decided.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The attributes of the caller.
    pub user: &'a [Value],
    /// The instant.
    pub now_us: i64,
}

impl<'a> Moment<'a> {
    /// What `principal` sees of the clock of `suite`.
    #[must_use]
    pub fn of(suite: &Suite, principal: &'a Principal) -> Self {
        Self { user: &principal.attributes, now_us: suite.now_us }
    }

    /// What an expression looks at.
    #[must_use]
    pub fn context<'c>(&self, this: &'c [Value], old: Option<&'c [Value]>) -> Context<'c>
    where
        'a: 'c,
    {
        let today = athyper_expr::moment::day_of_instant(self.now_us).unwrap_or_default();
        Context { this, old, user: self.user, now_us: self.now_us, today }
    }
}

impl Suite {
    /// A record, with the records along these paths.
    #[must_use]
    pub fn image(&self, bundle: &Bundle, record: &Record, paths: &[Path]) -> Image {
        let mut values = record.values.clone();
        let fields = bundle.entity(&record.entity).map_or(&[][..], |entity| &entity.fields);
        for (at, field) in fields.iter().enumerate() {
            let below: Vec<Path> = paths
                .iter()
                .filter_map(|path| path.split_first())
                .filter(|(first, _)| **first == field.name)
                .map(|(_, rest)| rest.to_vec())
                .collect();
            let Some(value) = values.get_mut(at) else { continue };
            if field.ty.is_children() {
                let places = record.children.get(&at).map_or(&[][..], Vec::as_slice);
                let owned = places.iter().filter_map(|place| self.records.get(*place));
                let owned = owned.map(|child| {
                    let child = child.owned_by(bundle, record.id());
                    Value::record(self.image(bundle, &child, &below))
                });
                *value = Value::list(owned.collect());
            } else if let (Value::Uuid(id), false) = (&*value, below.is_empty())
                && let Some(target) = self.by_id.get(id).and_then(|place| self.records.get(*place))
            {
                *value = Value::record(self.image(bundle, target, &below));
            }
        }
        values
    }

    /// A record after a change by this principal: as the server would be about to write it.
    #[must_use]
    pub fn changed(
        &self,
        bundle: &Bundle,
        record: &Record,
        change: &Change,
        by: (&Principal, bool),
    ) -> Record {
        let (principal, created) = by;
        let mut after = record.clone();
        after.stored = false;
        for (at, value) in &change.values {
            after.set(*at, value.clone());
        }
        after.children.extend(change.children.iter().map(|(at, places)| (*at, places.clone())));
        let fields = bundle.entity(&record.entity).map_or(&[][..], |entity| &entity.fields);
        let place = |name: &str| fields.iter().position(|field| field.name == name);
        let attribute = bundle.package.user.iter().position(|attribute| attribute.name == "id");
        let id = attribute.and_then(|at| principal.attributes.get(at)).map(Value::to_string);
        for (at, field) in fields.iter().enumerate() {
            if let Some(copy) = &field.copy
                && let Some(reference) = place(&copy.reference)
                && change.values.contains_key(&reference)
                && !change.values.contains_key(&at)
            {
                after.set(at, self.copied(bundle, after.values.get(reference), &copy.field));
            }
            match field.system {
                Some(System::UpdatedAt) => after.set(at, Value::Datetime(self.now_us)),
                Some(System::CreatedAt) if created => after.set(at, Value::Datetime(self.now_us)),
                Some(System::UpdatedBy) => after.set(at, Value::text(id.as_deref().unwrap_or_default())),
                Some(System::CreatedBy) if created => {
                    after.set(at, Value::text(id.as_deref().unwrap_or_default()));
                }
                _ => {}
            }
        }
        after
    }

    /// The field of the record that a reference names.
    pub(super) fn copied(&self, bundle: &Bundle, reference: Option<&Value>, field: &str) -> Value {
        let Some(Value::Uuid(id)) = reference else { return Value::Null };
        let Some(target) = self.by_id.get(id).and_then(|place| self.records.get(*place)) else {
            return Value::Null;
        };
        let at = bundle.entity(&target.entity).and_then(|e| e.fields.iter().position(|f| f.name == field));
        at.and_then(|at| target.values.get(at)).cloned().unwrap_or(Value::Null)
    }
}

impl Record {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self.values.first() {
            Some(Value::Uuid(id)) => *id,
            _ => Uuid::nil(),
        }
    }

    /// Gives a field a value.
    pub(super) fn set(&mut self, at: usize, value: Value) {
        if let Some(slot) = self.values.get_mut(at) {
            *slot = value;
        }
    }

    /// The same as an owned record of the record with this id.
    #[must_use]
    pub fn owned_by(&self, bundle: &Bundle, owner: Uuid) -> Self {
        let mut owned = self.clone();
        let fields = bundle.entity(&self.entity).map_or(&[][..], |entity| &entity.fields);
        if let Some(at) = fields.iter().position(|field| field.system == Some(System::Parent)) {
            owned.set(at, Value::Uuid(owner));
        }
        owned
    }
}

/// The fields that conditions and computed fields of a package look at: entity and field.
pub(super) fn looked_at(bundle: &Bundle) -> BTreeSet<(SmolStr, SmolStr)> {
    let mut out = BTreeSet::new();
    let mut look = |expr: &Expr| {
        expr.root.each(&mut |node| {
            if let Node::Field(access) = node {
                out.insert((SmolStr::new(&access.entity), SmolStr::new(&access.name)));
            }
        });
    };
    bundle.policies.iter().flat_map(Policy::conditions).for_each(&mut look);
    for field in bundle.entities.iter().flat_map(|entity| &entity.fields) {
        field.computed.iter().for_each(|computed| look(&computed.value));
    }
    out
}

/// The roles that rules speak to, and those that conditions look for in `user.roles`.
pub(crate) fn roles<'p>(policies: impl Iterator<Item = &'p Policy>) -> BTreeSet<SmolStr> {
    let mut roles = BTreeSet::new();
    for policy in policies {
        roles.extend(policy.grantees().map(|grantee| SmolStr::new(&grantee.role)));
        policy.conditions().for_each(|expr| looked_for(expr, &mut roles));
    }
    roles.retain(|role| ![EVERYBODY, ANONYMOUS, SYSTEM].contains(&role.as_str()));
    roles
}

/// The words that stand beside `user.roles` in one operator.
fn looked_for(expr: &Expr, roles: &mut BTreeSet<SmolStr>) {
    expr.root.each(&mut |node| {
        let Node::Call(call) = node else { return };
        if call.args.iter().any(|arg| matches!(arg, Node::User(attribute) if attribute.name == "roles")) {
            roles.extend(call.args.iter().filter_map(|arg| match arg {
                Node::Literal(Literal::Text(word)) => Some(SmolStr::new(word)),
                _ => None,
            }));
        }
    });
}
