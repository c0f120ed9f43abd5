//! Somebody as two builds may know him.

use athyper_expr::Value;
use athyper_policy::Standing;
use athyper_schemas::bundle::UserAttribute;
use athyper_schemas::ir::Node;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

use super::fit;
use crate::catalog::{Catalog, Entity};
use crate::who::{Capacity, Principal, TenantId};

/// Somebody: his id, his roles, and what is known of his attributes.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    /// Who.
    pub subject: String,
    /// His roles.
    pub roles: Vec<String>,
    #[serde(skip)]
    standing: Standing,
    #[serde(skip)]
    attributes: Map<String, Json>,
}

impl Person {
    /// Whoever asks.
    #[must_use]
    pub fn of(principal: &Principal, catalog: &Catalog) -> Self {
        let capacity = principal.capacity();
        let known = catalog.attributes().iter().zip(principal.attributes());
        Self {
            subject: principal.subject().to_owned(),
            roles: capacity.roles.iter().map(ToString::to_string).collect(),
            standing: capacity.standing,
            attributes: known.map(|(attribute, value)| (attribute.name.clone(), value.to_json())).collect(),
        }
    }

    /// Somebody with a token that says this.
    #[must_use]
    pub fn with(subject: String, roles: Vec<String>, attributes: Map<String, Json>) -> Self {
        Self { subject, roles, standing: Standing::Authenticated, attributes }
    }

    /// Whoever asked when a decision was kept.
    ///
    /// # Errors
    /// When what was kept cannot be read.
    pub fn recorded(subject: &str, caller: &Json) -> Result<Self, String> {
        let said = caller.get("standing").and_then(Json::as_str);
        let found = Standing::ALL.into_iter().find(|one| Some(one.name()) == said);
        let roles = caller.get("roles").and_then(Json::as_array).into_iter().flatten();
        Ok(Self {
            subject: subject.to_owned(),
            roles: roles.filter_map(Json::as_str).map(str::to_owned).collect(),
            standing: found.ok_or("it does not say who asked")?,
            attributes: caller.get("attributes").and_then(Json::as_object).cloned().unwrap_or_default(),
        })
    }

    /// Him as a build knows him, who asks about this entity.
    ///
    /// # Errors
    /// When rules about it look at something that is not known of him.
    pub(super) fn principal(
        &self,
        tenant: &TenantId,
        catalog: &Catalog,
        entity: &Entity,
    ) -> Result<Principal, String> {
        let values = catalog.attributes().iter().map(|attribute| self.value(attribute, entity));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let roles = self.roles.iter().map(SmolStr::new).collect();
        let capacity = Capacity { standing: self.standing, roles };
        Ok(Principal::verified(tenant.clone(), &self.subject, capacity, values))
    }

    fn value(&self, attribute: &UserAttribute, entity: &Entity) -> Result<Value, String> {
        let name = attribute.name.as_str();
        let said = match (name, self.attributes.get(name)) {
            _ if self.standing == Standing::Anonymous => return Ok(Value::Null),
            (_, Some(said)) => Some(said.clone()),
            ("id", None) => Some(Json::from(self.subject.as_str())),
            ("roles", None) => Some(Json::from(self.roles.as_slice())),
            _ => None,
        };
        match said {
            Some(Json::Null) if attribute.ty.nullable => Ok(Value::Null),
            Some(said) => Value::from_json(&attribute.ty.kind, &said)
                .map_err(|_| format!("`user.{name}` is of another type than the model says")),
            None if looks_at(entity, name) => Err(format!(
                "rules look at `user.{name}`, which is not known of this caller; `policy.log.attributes` keeps it"
            )),
            None => Ok(Value::Null),
        }
    }
}

/// Whether a rule about the entity looks at an attribute of the caller.
fn looks_at(entity: &Entity, name: &str) -> bool {
    let mut found = false;
    for node in fit::conditions(entity) {
        node.each(&mut |node| found |= matches!(node, Node::User(known) if known.name == name));
    }
    found
}
