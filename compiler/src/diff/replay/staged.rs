//! The rows of a witness as records with one caller, from which statements are made.

use std::collections::{BTreeMap, BTreeSet};

use athyper_expr::Value;
use athyper_expr::eval::Program;
use athyper_schemas::bundle::{Bundle, System};
use athyper_schemas::dialect::Dialect;
use smol_str::SmolStr;

use super::attributes;
use crate::ast::Text;
use crate::diff::report::Who;
use crate::diff::witness::{NOW_US, RECORD, Row};
use crate::policy_test::sql::{Statement, delete, insert};
use crate::policy_test::{Moment, Principal, Record, Suite};
use crate::source::{FileId, Span};

/// Records and a caller.
pub(super) struct Staged {
    pub suite: Suite,
    pub who: Principal,
}

impl Staged {
    pub(super) fn of(
        bundle: &Bundle,
        who: &Who,
        known: &BTreeMap<String, serde_json::Value>,
        rows: &[Row],
    ) -> Self {
        let records: Vec<Record> = rows.iter().filter_map(|row| record(bundle, row)).collect();
        let by_id = records.iter().enumerate().map(|(place, record)| (record.id(), place)).collect();
        let mut suite = Suite {
            name: SmolStr::default(),
            entity: SmolStr::default(),
            now_us: NOW_US,
            principals: Vec::new(),
            records,
            by_id,
            tests: Vec::new(),
        };
        adopt(bundle, &mut suite);
        let who = Principal {
            name: Text { value: SmolStr::new(who.words()), span: Span::new(FileId::default(), 0..0) },
            standing: who.standing(),
            roles: who.roles(),
            attributes: attributes(bundle, known),
        };
        Self { suite, who }
    }

    pub(super) fn moment(&self) -> Moment<'_> {
        Moment::of(&self.suite, &self.who)
    }

    /// The record that the witness is about.
    pub(super) fn record(&self) -> Option<&Record> {
        self.suite.by_id.get(&RECORD).and_then(|place| self.suite.records.get(*place))
    }

    /// The same as a program looks at it.
    pub(super) fn image(&self, bundle: &Bundle, program: &Program) -> Vec<Value> {
        self.record().map(|record| self.suite.image(bundle, record, program.paths())).unwrap_or_default()
    }

    /// The records besides the one that the witness is about.
    pub(super) fn others(&self) -> impl Iterator<Item = &Record> {
        self.suite.records.iter().filter(|record| record.id() != RECORD)
    }

    pub(super) fn inserts(&self, bundle: &Bundle, dialect: Dialect) -> Vec<Statement> {
        self.suite.records.iter().filter_map(|record| insert(bundle, &self.suite, dialect, record)).collect()
    }

    /// Puts these records in the place of those before.
    pub(super) fn replaces(&self, before: &Self, bundle: &Bundle, dialect: Dialect) -> Vec<Statement> {
        let gone = before.suite.records.iter().filter_map(|record| delete(bundle, dialect, record));
        gone.chain(self.inserts(bundle, dialect)).collect()
    }
}

fn record(bundle: &Bundle, row: &Row) -> Option<Record> {
    let entity = bundle.entity(&row.entity)?;
    let value = |field: &athyper_schemas::bundle::Field| {
        let json = row.values.get(&field.name)?;
        Value::from_json(&field.ty.kind(), json).ok()
    };
    Some(Record {
        name: SmolStr::default(),
        span: Span::new(FileId::default(), 0..0),
        entity: SmolStr::new(&row.entity),
        values: entity.fields.iter().map(|field| value(field).unwrap_or(Value::Null)).collect(),
        said: BTreeSet::new(),
        children: BTreeMap::new(),
        stored: true,
    })
}

/// Gives owned records to their owners.
fn adopt(bundle: &Bundle, suite: &mut Suite) {
    let mut owned = Vec::new();
    for (place, record) in suite.records.iter().enumerate() {
        let Some(entity) = bundle.entity(&record.entity) else { continue };
        let parent = entity.fields.iter().position(|field| field.system == Some(System::Parent));
        let parent = parent.and_then(|at| record.values.get(at));
        if let (Some(owner), Some(Value::Uuid(id))) = (&entity.owner, parent)
            && let Some(holder) = suite.by_id.get(id)
            && let Some(holding) = bundle.entity(&owner.entity)
            && let Some(at) = holding.fields.iter().position(|field| field.name == owner.field)
        {
            owned.push((*holder, at, place));
        }
    }
    for (holder, at, place) in owned {
        if let Some(record) = suite.records.get_mut(holder) {
            record.children.entry(at).or_default().push(place);
        }
    }
}
