//! Which checks and computed values the database holds by itself. One answer for all dialects: an artifact means
//! the same whatever database it is served from.

use athyper_schemas::bundle::Entity;
use athyper_schemas::dialect::Dialect;

use crate::row_sql;

/// Decides for every check and every stored computed field.
pub(super) fn decide(entity: &mut Entity) {
    let checks: Vec<bool> = entity
        .checks
        .iter()
        .map(|check| Dialect::ALL.iter().all(|d| row_sql::check(entity, &check.assert, *d).is_some()))
        .collect();
    let generated: Vec<bool> = entity
        .fields
        .iter()
        .map(|field| {
            let stored = field.computed.as_ref().filter(|computed| computed.stored);
            stored.is_some_and(|computed| {
                Dialect::ALL.iter().all(|d| row_sql::value(entity, &computed.value, *d).is_some())
            })
        })
        .collect();
    for (check, held) in entity.checks.iter_mut().zip(checks) {
        check.in_database = held;
    }
    for (field, held) in entity.fields.iter_mut().zip(generated) {
        if let Some(computed) = &mut field.computed {
            computed.generated = held;
        }
    }
}
