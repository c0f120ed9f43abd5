//! From a bundle to a catalog: ids instead of names, compiled policies. Refuses what does not fit together.

use std::collections::HashMap;

use athyper_policy::{Guards, Rules};
use athyper_schemas::bundle::{self, Bundle, Policy, System};
use athyper_schemas::canonical::Hash;
use athyper_schemas::dialect::Dialect;
use athyper_schemas::field_types;
use smol_str::SmolStr;

use crate::config::Rls;
use crate::draft::behaviour::Behaviours;
use crate::policy::Decided;
use crate::value::rules::FieldRules;

use super::{Catalog, Entity, EntityId, Field, FieldId, FieldSet, LoadError, RecordLayout};

/// Builds the catalog of `bundle`.
pub(super) fn build(mut bundle: Bundle, identity: Hash) -> Result<Catalog, LoadError> {
    bundle.entities.sort_by(|a, b| a.name.cmp(&b.name));
    bundle.enums.sort_by(|a, b| a.name.cmp(&b.name));
    bundle.policies.sort_by(|a, b| a.name.cmp(&b.name));
    let by_name = numbered(&bundle.entities)?;
    refuse_stray_policies(&bundle.policies, &by_name)?;
    let mut entities = Vec::with_capacity(bundle.entities.len());
    for def in bundle.entities {
        let id = lookup(&by_name, &def.name, &def.name)?;
        entities.push(entity(id, def, &by_name, &bundle.enums, &bundle.policies)?);
    }
    let by_url = addresses(&entities)?;
    connect_referrers(&mut entities);
    let mut catalog = Catalog {
        identity,
        package: bundle.package,
        entities,
        enums: bundle.enums,
        by_name,
        by_url,
        behaviours: Behaviours::default(),
        decided: Decided::default(),
        dialect: Dialect::Sqlite,
        rls: Rls::Tenant,
    };
    check_enums(&catalog)?;
    compile_policies(&mut catalog)?;
    catalog.behaviours = Behaviours::of(&catalog).map_err(LoadError::Broken)?;
    Ok(catalog)
}

fn compile_policies(catalog: &mut Catalog) -> Result<(), LoadError> {
    let compiled = |entity: &Entity| {
        let unfit = |why| broken(entity.name(), &format!("has a policy that does not fit: {why}"));
        let layout = RecordLayout(catalog);
        let rules = Rules::compile(&entity.policies, &layout);
        Ok((rules.map_err(unfit)?, Guards::compile(&entity.policies, &layout).map_err(unfit)?))
    };
    let compiled = catalog.entities.iter().map(compiled).collect::<Result<Vec<_>, _>>()?;
    for (entity, (rules, guards)) in catalog.entities.iter_mut().zip(compiled) {
        entity.rules = rules;
        entity.guards = guards;
    }
    Ok(())
}

fn numbered(entities: &[bundle::Entity]) -> Result<HashMap<SmolStr, EntityId>, LoadError> {
    let mut by_name = HashMap::with_capacity(entities.len());
    for (entity, number) in entities.iter().zip(0..) {
        if by_name.insert(SmolStr::new(&entity.name), EntityId(number)).is_some() {
            return Err(broken(&entity.name, "is there twice"));
        }
    }
    Ok(by_name)
}

fn addresses(entities: &[Entity]) -> Result<HashMap<SmolStr, EntityId>, LoadError> {
    let mut by_url = HashMap::new();
    for entity in entities.iter().filter(|e| !e.is_owned()) {
        if by_url.insert(SmolStr::new(&entity.def.url), entity.id).is_some() {
            return Err(broken(
                &entity.def.name,
                &format!("shares the address `{}` with another entity", entity.def.url),
            ));
        }
    }
    Ok(by_url)
}

fn refuse_stray_policies(policies: &[Policy], by_name: &HashMap<SmolStr, EntityId>) -> Result<(), LoadError> {
    for policy in policies {
        lookup(by_name, &policy.entity, &policy.name)?;
    }
    Ok(())
}

fn entity(
    id: EntityId,
    def: bundle::Entity,
    by_name: &HashMap<SmolStr, EntityId>,
    enums: &[bundle::Enum],
    policies: &[Policy],
) -> Result<Entity, LoadError> {
    let owner = def.owner.as_ref().map(|o| lookup(by_name, &o.entity, &def.name)).transpose()?;
    let mut fields = Vec::with_capacity(def.fields.len());
    for (field_def, number) in def.fields.iter().zip(0..) {
        fields.push(field(FieldId(number), &def.name, field_def, by_name, enums)?);
    }
    let mut names = HashMap::with_capacity(fields.len());
    let mut columns = HashMap::with_capacity(fields.len());
    for field in &fields {
        if names.insert(SmolStr::new(field.name()), field.id).is_some() {
            return Err(broken(&def.name, &format!("has the field `{}` twice", field.name())));
        }
        if let Some(column) = field.column() {
            columns.insert(SmolStr::new(column), field.id);
        }
    }
    if !names.contains_key("id") {
        return Err(broken(&def.name, "has no field `id`"));
    }
    let answerable = FieldSet(fields.iter().map(|f| f.def.system != Some(System::DeletedAt)).collect());
    let policies: Vec<Policy> = policies.iter().filter(|p| p.entity == def.name).cloned().collect();
    if owner.is_some() && policies.iter().any(|policy| !policy.rules.is_empty()) {
        return Err(broken(&def.name, "follows the policy of its owner, and has rules of its own"));
    }
    Ok(Entity {
        id,
        def,
        fields,
        by_name: names,
        by_column: columns,
        owner,
        referrers: Vec::new(),
        answerable,
        policies,
        rules: Rules::default(),
        dialect: Dialect::Sqlite,
        guards: Guards::default(),
    })
}

fn field(
    id: FieldId,
    entity: &str,
    def: &bundle::Field,
    by_name: &HashMap<SmolStr, EntityId>,
    enums: &[bundle::Enum],
) -> Result<Field, LoadError> {
    if field_types::facts(&def.ty.name).is_none() {
        return Err(broken(
            entity,
            &format!("has the field `{}` of the unknown type `{}`", def.name, def.ty.name),
        ));
    }
    let points = def.ty.is_ref() || def.ty.is_children();
    let target = match def.ty.target.as_deref().filter(|_| points) {
        Some(target) => Some(lookup(by_name, target, entity)?),
        None if points => return Err(broken(entity, &format!("does not say where `{}` points", def.name))),
        None => None,
    };
    let storage = def.ty.storage();
    let rules = FieldRules::of(def, enums)
        .map_err(|why| broken(entity, &format!("has the field `{}`, of which {why}", def.name)))?;
    let key = format!("{}:", serde_json::Value::from(def.name.as_str())).into();
    Ok(Field { id, def: def.clone(), key, storage, target, rules })
}

fn connect_referrers(entities: &mut [Entity]) {
    let mut links = Vec::new();
    for entity in &*entities {
        for field in &entity.fields {
            if let Some(target) = field.reference().filter(|_| field.column().is_some()) {
                links.push((target, entity.id, field.id));
            }
        }
    }
    for (target, from, field) in links {
        if let Some(entity) = entities.get_mut(target.0 as usize) {
            entity.referrers.push((from, field));
        }
    }
}

fn check_enums(catalog: &Catalog) -> Result<(), LoadError> {
    for entity in &catalog.entities {
        for field in entity.fields.iter().filter(|f| f.def.ty.name == "enum") {
            let known =
                field.def.ty.target.as_deref().is_some_and(|name| catalog.enumeration(name).is_some());
            if !known {
                return Err(broken(
                    entity.name(),
                    &format!("has the field `{}` of an enum that is not there", field.name()),
                ));
            }
        }
    }
    Ok(())
}

fn lookup(by_name: &HashMap<SmolStr, EntityId>, name: &str, user: &str) -> Result<EntityId, LoadError> {
    by_name
        .get(name)
        .copied()
        .ok_or_else(|| broken(user, &format!("names the entity `{name}`, which is not there")))
}

fn broken(what: &str, why: &str) -> LoadError {
    LoadError::Broken(format!("`{what}` {why}"))
}
