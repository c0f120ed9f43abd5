//! The records of an entity as a CSV file that [`super::import`] takes back: references by their natural keys,
//! only what a client may write, no cell that a spreadsheet takes for a formula.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Write;
use std::sync::Arc;

use athyper_expr::{Value, moment};
use athyper_schemas::bundle::{Action, System};
use csv::Writer;
use uuid::Uuid;

use super::read::reaching;
use super::session::{bind, values};
use crate::catalog::{Entity, EntityId, Field};
use crate::config::Rls;
use crate::db::Db;
use crate::policy::{self, Access, Rows};
use crate::problem::{Kind, Problem};
use crate::request::formula::{guarded, guarded_json};
use crate::request::table::{Column, Header};
use crate::sql::write::{self, Dead, Which};
use crate::sql::{self, Statement};
use crate::who::{Principal, Scope};

/// Rows that are read at a time.
const PAGE_ROWS: i64 = 500;

/// Most natural keys that are remembered.
const MAX_KEYS: usize = 200_000;

/// What to export, and how.
#[derive(Debug)]
pub struct Export<'e> {
    /// From where.
    pub db: &'e Db,
    /// Of which tenant.
    pub scope: &'e Scope,
    /// For whom.
    pub principal: &'e Principal,
    /// Which entity.
    pub entity: EntityId,
    /// How the cells are written.
    pub style: Style,
}

/// How the cells are written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Instants as `2026-03-31 09:30:00` in UTC instead of RFC 3339.
    pub plain_times: bool,
    /// Text as it is, even if a spreadsheet would take it for a formula.
    pub unguarded: bool,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The caller may not, or the database cannot.
    #[error("{0}")]
    Problem(#[from] Problem),
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    Write(#[from] csv::Error),
}

type Record = Arc<[Value]>;

struct Job<'e> {
    export: &'e Export<'e>,
    access: Access,
    keys: HashMap<(EntityId, Uuid), String>,
    /// The top-level records that the caller may read; nothing when it is all of them.
    readable: Option<HashSet<Uuid>>,
}

impl Export<'_> {
    /// The columns when nothing is said about them: the owner, the id where there is no natural key, and every
    /// field that can be written and that the caller sees whole in every record.
    #[must_use]
    pub fn header(&self) -> Header {
        let catalog = self.scope.catalog();
        let entity = catalog.entity(self.entity);
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for field in entity.fields() {
            let def = field.def();
            let column = match def.system {
                Some(System::Parent) => Column::Owner,
                Some(System::Id) if entity.def().natural_key.is_empty() && !entity.is_owned() => Column::Id,
                Some(_) => continue,
                None if def.computed.is_some() || field.column().is_none() || !self.sees(field) => continue,
                None => Column::Field(field.id()),
            };
            names.push(def.name.clone());
            columns.push(column);
        }
        Header { names, columns }
    }

    /// Writes every record; how many there were.
    ///
    /// # Errors
    /// When the caller may not read them, the database fails, or the file cannot be written.
    pub async fn write(&self, header: &Header, to: impl Write + Send) -> Result<u64, ExportError> {
        let catalog = self.scope.catalog();
        let entity = catalog.entity(self.entity);
        let top = catalog.top(entity);
        let access =
            policy::decide(self.scope, self.principal, top.id(), Action::Read).map_err(Problem::from)?;
        for column in &header.columns {
            if let Column::Field(id) = column
                && !self.sees(entity.field(*id))
            {
                let name = entity.field(*id).name();
                let detail = format!("no rule lets you see `{name}` in every record; leave the column out");
                return Err(Problem::new(Kind::Forbidden).detail(detail).into());
            }
        }
        let mut job = Job { export: self, access, keys: HashMap::new(), readable: None };
        job.readable = job.readable().await?;
        let mut out = Writer::from_writer(to);
        out.write_record(&header.names)?;
        let mut after = None;
        let mut count = 0;
        loop {
            let page = job.page(top, after).await?;
            let Some(last) = page.last() else { break };
            after = Some(order(top).iter().map(|f| bind(at(last, f))).collect());
            let page = page.into_iter().filter(|record| job.may_read(record)).collect();
            for record in job.below(entity, page).await? {
                out.write_record(job.row(entity, header, &record).await?)?;
                count += 1;
            }
        }
        out.flush().map_err(csv::Error::from)?;
        Ok(count)
    }
}

impl Export<'_> {
    /// Whether the caller sees a field of the entity whole in every record.
    fn sees(&self, field: &Field) -> bool {
        let catalog = self.scope.catalog();
        let top = catalog.top(catalog.entity(self.entity));
        let access = policy::decide(self.scope, self.principal, top.id(), Action::Read);
        access.is_ok_and(|access| access.sees(self.entity, field.id()))
    }
}

impl Job<'_> {
    /// The ids of the top-level records that the caller may read; nothing when it is all of them.
    async fn readable(&self) -> Result<Option<HashSet<Uuid>>, Problem> {
        if *self.access.rows() == Rows::All && self.export.scope.catalog().rls() == Rls::Tenant {
            return Ok(None);
        }
        let rows = self.export.db.read(&reaching(&self.access)?).await?;
        Ok(Some(rows.iter().filter_map(|row| Uuid::try_parse(row.text(0)?).ok()).collect()))
    }

    fn may_read(&self, record: &[Value]) -> bool {
        let Some(readable) = &self.readable else { return true };
        id_of(record).is_some_and(|id| readable.contains(&id))
    }

    async fn read(&self, entity: &Entity, statement: &Statement) -> Result<Vec<Record>, Problem> {
        let rows = self.export.db.read(statement).await?;
        rows.iter().map(|row| values(entity, row)).collect()
    }

    async fn page(&self, top: &Entity, after: Option<Vec<sql::Bind>>) -> Result<Vec<Record>, Problem> {
        let tenant = self.export.scope.tenant();
        self.read(top, &write::page(top, tenant, &order(top), after, PAGE_ROWS)).await
    }

    /// The records of `entity` that stand in these top-level records, in their order.
    async fn below(&self, entity: &Entity, tops: Vec<Record>) -> Result<Vec<Record>, Problem> {
        let Some(owner) = entity.owner() else { return Ok(tops) };
        let owner = self.export.scope.catalog().entity(owner);
        let owners = Box::pin(self.below(owner, tops)).await?;
        let Some(parent) = entity.system(System::Parent) else { return Ok(Vec::new()) };
        let ids: Vec<Uuid> = owners.iter().filter_map(|r| id_of(r)).collect();
        let tenant = self.export.scope.tenant();
        let mut children: BTreeMap<Uuid, Vec<Record>> = BTreeMap::new();
        // Few owners at a time, as one may have thousands of children.
        for ids in ids.chunks(50) {
            let statement = write::select(entity, tenant, Which::Having(parent, ids), Dead::Counted);
            for child in self.read(entity, &statement).await? {
                if let Value::Uuid(owner) = at(&child, parent) {
                    children.entry(*owner).or_default().push(child);
                }
            }
        }
        Ok(ids.iter().flat_map(|id| children.remove(id).unwrap_or_default()).collect())
    }

    async fn row(
        &mut self,
        entity: &Entity,
        header: &Header,
        record: &Record,
    ) -> Result<Vec<String>, Problem> {
        let mut cells = Vec::with_capacity(header.columns.len());
        for column in &header.columns {
            let field = match column {
                Column::Ignored => None,
                Column::Id => entity.system(System::Id),
                Column::Owner => entity.system(System::Parent),
                Column::Field(id) => Some(entity.field(*id)),
            };
            cells.push(match field {
                Some(field) => self.cell(field, at(record, field)).await?,
                None => String::new(),
            });
        }
        Ok(cells)
    }

    async fn cell(&mut self, field: &Field, value: &Value) -> Result<String, Problem> {
        Ok(match (field.reference(), value) {
            (_, Value::Null) => String::new(),
            (Some(target), Value::Uuid(id)) => self.key(target, *id).await?,
            (_, Value::Datetime(us)) if self.export.style.plain_times => plain_time(*us),
            (_, other) => self.plain(other),
        })
    }

    /// A value that is no reference: only texts, and the texts in documents, can be taken for formulas.
    fn plain(&self, value: &Value) -> String {
        match value {
            _ if self.export.style.unguarded => value.to_string(),
            Value::Text(text) => guarded(text).into_owned(),
            Value::Json(_) | Value::List(_) => guarded_json(&value.to_string()).into_owned(),
            other => other.to_string(),
        }
    }

    /// What a record is called in a file: its natural key if the caller may read it and it has one, else its id.
    async fn key(&mut self, entity: EntityId, id: Uuid) -> Result<String, Problem> {
        if let Some(known) = self.keys.get(&(entity, id)) {
            return Ok(known.clone());
        }
        let catalog = self.export.scope.catalog();
        let target = catalog.entity(entity);
        let names = &target.def().natural_key;
        let shows = |access: &Access| {
            let mut fields = names.iter().filter_map(|name| target.named(name));
            *access.rows() == Rows::All && fields.all(|field| access.sees(entity, field.id()))
        };
        let may = match self.access.follow(entity) {
            Ok(access) => shows(&access),
            // Owned children are read with their owner.
            Err(_) => target.is_owned() && shows(&self.access),
        };
        let key = target
            .system(System::Id)
            .filter(|_| may && !names.is_empty() && super::import::names_one(target));
        let record = match key {
            Some(key) => {
                let tenant = self.export.scope.tenant();
                let statement = write::select(target, tenant, Which::Having(key, &[id]), Dead::Hidden);
                self.read(target, &statement).await?.into_iter().next()
            }
            None => None,
        };
        let Some(record) = record else { return Ok(id.hyphenated().to_string()) };
        let mut parts = Vec::with_capacity(names.len());
        for field in names.iter().filter_map(|name| target.named(name)) {
            parts.push(match (field.reference(), at(&record, field)) {
                (Some(target), Value::Uuid(id)) => Box::pin(self.key(target, *id)).await?,
                (_, value) => self.plain(value),
            });
        }
        let text = match parts.as_slice() {
            [one] => one.clone(),
            many => serde_json::Value::from(many).to_string(),
        };
        if self.keys.len() > MAX_KEYS {
            self.keys.clear();
        }
        self.keys.insert((entity, id), text.clone());
        Ok(text)
    }
}

/// The fields that put records in order: the natural key, with the id where that is not unique.
fn order(entity: &Entity) -> Vec<&Field> {
    let key = entity.def().natural_key.iter().filter_map(|name| entity.named(name));
    let unique: BTreeSet<_> = entity.def().natural_key.iter().collect();
    let is_unique = entity.def().unique.iter().any(|u| u.fields.iter().collect::<BTreeSet<_>>() == unique);
    let id = entity.system(System::Id).filter(|_| !is_unique);
    key.chain(id).collect()
}

fn at<'r>(record: &'r [Value], field: &Field) -> &'r Value {
    record.get(field.id().index()).unwrap_or(&Value::Null)
}

fn id_of(record: &[Value]) -> Option<Uuid> {
    match record.first() {
        Some(Value::Uuid(id)) => Some(*id),
        _ => None,
    }
}

fn plain_time(us: i64) -> String {
    let mut text = String::new();
    moment::write_datetime(us, false, &mut text);
    text.trim_end_matches('Z').replacen('T', " ", 1)
}

#[cfg(test)]
mod tests;
