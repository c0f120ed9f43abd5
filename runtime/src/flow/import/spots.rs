//! Which child of its owner a row is, so that a file can be imported again without doing anything twice.

use std::collections::{BTreeMap, HashSet, VecDeque};

use athyper_expr::Value;
use uuid::Uuid;

use super::children::{Spot, list_of};
use super::{Job, Row, Table, said};
use crate::catalog::{Catalog, Entity, FieldId};
use crate::draft::{Children, Draft};
use crate::problem::Problem;
use crate::request::table::Column;
use crate::value::field_problem::{Code, Wrong};

/// The fields by which a row is the same as a child of its owner.
struct ChildKey {
    fields: Vec<FieldId>,
    /// Whether no two children of an owner have the same.
    is_unique: bool,
}

/// What a row says of the fields of its key.
type Said = Vec<(FieldId, Value)>;

/// Places in a list by the values there.
type Places = BTreeMap<Vec<Value>, VecDeque<usize>>;

/// The children of owners by some of their fields: their places in the list.
#[derive(Default)]
struct Known {
    places: BTreeMap<(Uuid, Vec<FieldId>), Places>,
    taken: HashSet<(Uuid, usize)>,
}

impl Job<'_> {
    /// Which children rows are, each below its owner. Rows that say more choose first.
    pub(super) async fn spots(
        &mut self,
        catalog: &Catalog,
        table: &Table,
        (draft, rows): (&mut Draft, &[(Uuid, &Row)]),
    ) -> Result<Vec<Spot>, Problem> {
        let child = catalog.entity(table.entity);
        let key = ChildKey::of(child, table);
        let mut spots = Vec::with_capacity(rows.len());
        let mut open: Vec<(usize, Uuid, Said)> = Vec::new();
        for (index, (owner, row)) in rows.iter().enumerate() {
            let said = self.key_said(table, child, (&key, row)).await?;
            let is_twice = key.is_unique && self.is_twice(table, child, (*owner, row), &said);
            spots.push(if is_twice { Spot::Bad } else { Spot::New });
            if !is_twice && !said.is_empty() {
                open.push((index, *owner, said));
            }
        }
        open.sort_by_key(|(_, _, said)| std::cmp::Reverse(said.len()));
        let mut known = Known::default();
        for (index, owner, said) in open {
            let Some(list) = list_of(draft, catalog, child, owner) else { continue };
            let place = known.take(owner, list, said, &self.matched);
            if let (Some(place), Some(spot)) = (place, spots.get_mut(index)) {
                *spot = Spot::Known(place);
            }
        }
        Ok(spots)
    }

    /// What a row says of the fields of its key; nothing when it says something that no child can have. A cell that
    /// is left to a default or a copy says nothing.
    async fn key_said(
        &mut self,
        table: &Table,
        child: &Entity,
        (key, row): (&ChildKey, &Row),
    ) -> Result<Said, Problem> {
        let mut all = Vec::with_capacity(key.fields.len());
        for id in &key.fields {
            let field = child.field(*id);
            let value = match said(row, &table.header, Column::Field(*id)) {
                Some(cell) => self.keys.part(&mut self.session, field, cell).await?,
                None if !key.is_unique && (field.def().default.is_some() || field.def().copy.is_some()) => {
                    continue;
                }
                None => Some(Value::Null),
            };
            match value {
                Some(value) => all.push((*id, value)),
                None => return Ok(Said::new()),
            }
        }
        Ok(all)
    }

    /// Notes a row whose unique key an earlier one has below the same owner.
    fn is_twice(
        &mut self,
        table: &Table,
        child: &Entity,
        (owner, row): (Uuid, &Row),
        said: &[(FieldId, Value)],
    ) -> bool {
        let Some((first, _)) = said.first() else { return false };
        let values = said.iter().map(|(_, value)| value.clone());
        let whole: Vec<Value> = std::iter::once(Value::Uuid(owner)).chain(values).collect();
        let Some(earlier) = self.seen_before(table, &whole, row.line) else { return false };
        let message = format!("line {earlier} has the same key below the same owner");
        let column = child.field(*first).name();
        let mistake = self.mistake(table, row.line, (column, Wrong::new(Code::Unique, message)));
        self.bad(table.file, vec![mistake]);
        true
    }
}

impl ChildKey {
    /// The natural key, else what is unique below one owner, else everything the file says.
    fn of(child: &Entity, table: &Table) -> Self {
        let natural = &child.def().natural_key;
        let below = child.def().unique.iter().find(|u| u.fields.iter().any(|f| f == "parent"));
        let named = match (natural.is_empty(), below) {
            (false, _) => Some(natural),
            (true, below) => below.map(|unique| &unique.fields),
        };
        let fields = match named {
            Some(names) => {
                let fields = names.iter().filter(|name| *name != "parent");
                fields.filter_map(|name| child.named(name)).map(|field| field.id()).collect()
            }
            None => {
                let columns = table.header.columns.iter();
                columns
                    .filter_map(|c| if let Column::Field(field) = c { Some(*field) } else { None })
                    .collect()
            }
        };
        Self { fields, is_unique: named.is_some() }
    }
}

impl Known {
    /// The place of a child that has these values and is no row yet. Of children that are alike, each is one row.
    fn take(&mut self, owner: Uuid, list: &Children, said: Said, matched: &HashSet<Uuid>) -> Option<usize> {
        let (fields, values): (Vec<FieldId>, Vec<Value>) = said.into_iter().unzip();
        let index = || {
            let mut places = Places::new();
            for (place, draft) in list.drafts.iter().enumerate().filter(|(_, d)| !matched.contains(&d.id)) {
                let values = fields.iter().map(|field| draft.value(*field).clone()).collect();
                places.entry(values).or_default().push_back(place);
            }
            places
        };
        let places = self.places.entry((owner, fields.clone())).or_insert_with(index).get_mut(&values)?;
        loop {
            let place = places.pop_front()?;
            if self.taken.insert((owner, place)) {
                return Some(place);
            }
        }
    }
}
