//! The statement that looks for a file: one, whatever records could show it.

use athyper_schemas::bundle::System;

use super::{Reading, Refused, TENANT};
use crate::catalog::Field;
use crate::plan::{FilePlan, Joins, Place};
use crate::policy::{Access, Sight};
use crate::sql::tables::Tables;
use crate::sql::{Bind, Slot, Template, files};

/// What is known of the file that is asked for: name, media type, hash and size. No row when it is not there, or when
/// neither this subject uploaded it nor the caller sees it in a record that he may read.
///
/// # Errors
/// When a condition of a policy cannot be asked of the database.
pub fn file(plan: &FilePlan, access: &Access, own: Option<&str>) -> Result<Template, Refused> {
    let tables = Tables::of(access);
    let mut reading = Reading::new(access, Joins::NONE, tables.lowering());
    reading.w.raw(files::KNOWN).raw(" WHERE \"tenant_id\" = ").again(TENANT);
    reading.w.raw(" AND \"id\" = ").slot(Slot::Id);
    reading.w.raw(" AND (FALSE");
    if let Some(own) = own {
        reading.w.raw(" OR \"created_by\" = ").bind(Bind::text(own));
    }
    for place in plan.places() {
        reading.w.raw(" OR ");
        reading.place(place);
    }
    reading.w.raw(")");
    reading.done()
}

impl<'p> Reading<'p> {
    /// Whether a record that may be read shows the file here: the owned children that hold it are joined to their
    /// owners, and every field on the way is seen in its record.
    fn place(&mut self, place: &'p Place) {
        let mut outer = None;
        self.w.raw("EXISTS (SELECT 1 FROM ");
        let first = self.aliases + 1;
        for (index, (access, _)) in place.iter().enumerate() {
            let alias = self.next_alias();
            self.w.raw(if index == 0 { "" } else { ", " });
            self.w.name(access.entity().table()).raw(" AS ").alias(alias);
        }
        self.w.raw(" WHERE TRUE");
        for (alias, (access, field)) in (first..).zip(place) {
            let entity = access.entity();
            self.w.raw(" AND ");
            self.living(entity, alias);
            match outer {
                None => self.readable(access.rows(), entity, alias),
                Some(owner) => {
                    let parent = entity.system(System::Parent).and_then(Field::column).unwrap_or("id");
                    self.w.raw(" AND ").column(alias, parent).raw(" = ").column(owner, "id");
                }
            }
            if let Sight::Where(node, _) = access.sight(*field) {
                let seen = self.rail(node, entity, alias);
                self.filter([seen]);
            }
            let field = entity.field(*field);
            if let Some(column) = field.column() {
                self.w.raw(" AND ").column(alias, column).raw(" = ").slot(Slot::Id).either("", "::uuid");
            }
            outer = Some(alias);
        }
        self.w.raw(")");
    }
}
