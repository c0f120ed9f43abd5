//! Records by their natural keys: how a file names what it refers to.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::Value;
use uuid::Uuid;

use super::identity;
use crate::catalog::{Entity, EntityId, Field};
use crate::flow::session::{Session, bind};
use crate::problem::Problem;
use crate::request::json::{self, Json};
use crate::request::table;
use crate::sql::write::{Dead, Which};
use crate::value::field_problem::Pointer;
use crate::value::rules::Names;

/// Most keys that are remembered.
const MAX_KEYS: usize = 200_000;

/// Keys that were looked up, with the ids of their records.
#[derive(Debug)]
pub(super) struct Keys {
    known: BTreeMap<(EntityId, Vec<Value>), Uuid>,
    /// Whether the texts of the file have no guards.
    raw: bool,
}

impl Keys {
    /// Nothing was looked up yet.
    pub(super) fn new(raw: bool) -> Self {
        Self { known: BTreeMap::new(), raw }
    }

    /// The record with this key, if it was looked up.
    pub(super) fn get(&self, entity: EntityId, key: Vec<Value>) -> Option<Uuid> {
        self.known.get(&(entity, key)).copied()
    }

    /// Notes a record that was made.
    pub(super) fn note(&mut self, entity: EntityId, key: Vec<Value>, id: Uuid) {
        self.known.insert((entity, key), id);
    }

    /// Forgets records that are not there after all.
    pub(super) fn forget(&mut self, ids: &BTreeSet<Uuid>) {
        self.known.retain(|_, id| !ids.contains(id));
    }

    /// Looks up the records with these keys.
    pub(super) async fn find(
        &mut self,
        session: &mut Session,
        entity: &Entity,
        keys: BTreeSet<Vec<Value>>,
    ) -> Result<(), Problem> {
        if self.known.len() > MAX_KEYS {
            self.known.clear();
        }
        let names = identity(entity);
        let fields: Vec<_> = names.iter().filter_map(|name| entity.named(name)).collect();
        let missing: Vec<_> =
            keys.into_iter().filter(|key| !self.known.contains_key(&(entity.id(), key.clone()))).collect();
        if missing.is_empty() || fields.is_empty() {
            return Ok(());
        }
        let mut rows = Vec::new();
        if let [field] = fields.as_slice() {
            let values: Vec<_> = missing.iter().filter_map(|key| key.first().map(bind)).collect();
            rows.extend(session.rows(entity, Which::Among(field, &values), Dead::Hidden).await?);
        } else {
            for key in &missing {
                let pairs: Vec<_> = fields.iter().copied().zip(key.iter().map(bind)).collect();
                rows.extend(session.rows(entity, Which::Matching(&pairs), Dead::Hidden).await?);
            }
        }
        for row in rows {
            let key = fields.iter().filter_map(|f| row.get(f.id().index()).cloned()).collect();
            if let Some(Value::Uuid(id)) = row.first() {
                self.note(entity.id(), key, *id);
                session.pool.keep(entity.id(), *id, row.clone());
            }
        }
        Ok(())
    }

    /// The key that a cell names, if it can be one: the plain value, or a JSON array of several.
    pub(super) async fn key_of(
        &mut self,
        session: &mut Session,
        entity: &Entity,
        cell: &str,
    ) -> Result<Option<Vec<Value>>, Problem> {
        let names = identity(entity);
        let texts = match names.len() {
            0 => return Ok(None),
            1 => vec![cell.to_owned()],
            _ => match json::parse(cell.as_bytes(), 2) {
                Ok(Json::List(items)) => items.iter().filter_map(text_of).collect(),
                _ => return Ok(None),
            },
        };
        let mut key = Vec::with_capacity(names.len());
        for (name, text) in names.iter().zip(&texts) {
            let value = match entity.named(name) {
                Some(field) => self.part(session, field, text).await?,
                None => None,
            };
            match value {
                Some(value) => key.push(value),
                None => return Ok(None),
            }
        }
        Ok((key.len() == names.len()).then_some(key))
    }

    /// The value of one field of a key.
    pub(super) async fn part(
        &mut self,
        session: &mut Session,
        field: &Field,
        text: &str,
    ) -> Result<Option<Value>, Problem> {
        if let Some(target) = field.reference() {
            let catalog = session.catalog();
            let id = Box::pin(self.reference(session, catalog.entity(target), text)).await?;
            return Ok(id.map(Value::Uuid));
        }
        let Ok(json) = table::cell(field, text, self.raw) else { return Ok(None) };
        let mut problems = Vec::new();
        let value = field.rules().accept(&json, Pointer::Root(""), &Names::new(), &mut problems);
        Ok(Some(value).filter(|value| problems.is_empty() && !value.is_null()))
    }

    /// The record that a cell refers to: by its id or by its natural key.
    pub(super) async fn reference(
        &mut self,
        session: &mut Session,
        target: &Entity,
        cell: &str,
    ) -> Result<Option<Uuid>, Problem> {
        if cell.len() == 36
            && let Ok(id) = Uuid::try_parse(cell)
        {
            return Ok(Some(id));
        }
        let Some(key) = self.key_of(session, target, cell).await? else { return Ok(None) };
        if let Some(id) = self.get(target.id(), key.clone()) {
            return Ok(Some(id));
        }
        self.find(session, target, BTreeSet::from([key.clone()])).await?;
        Ok(self.get(target.id(), key))
    }
}

fn text_of(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Text(text) => Some(text.to_string()),
        Json::Number(digits) => Some((*digits).to_owned()),
        Json::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}
