//! What changes between two models: who gains and loses what. Pure: both models come in, a report goes out.
//!
//! May not live here: reading builds, packages or revisions (the command line does), running SQL.

use athyper_schemas::bundle::{Bundle, Entity};

mod access;
mod alike;
mod callers;
mod github;
mod human;
mod markdown;
mod rename;
mod report;
mod schema;
mod sight;
mod witness;

pub use github::github;
pub use human::human;
pub use markdown::markdown;
pub use report::{Access, Difference, Introduced, RuleAt, Side, Turn, Who};
pub use schema::{Change, Class, Facts, TABLE};
pub use witness::{Row, Witness};

/// Two models.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'b> {
    /// Before.
    pub old: &'b Bundle,
    /// After.
    pub new: &'b Bundle,
}

/// What the comparison is about; everything when empty.
#[derive(Debug, Clone, Default)]
pub struct Only {
    /// Entities, as `module.Name` or `Name`.
    pub entities: Vec<String>,
    /// Callers who hold one of these roles.
    pub roles: Vec<String>,
}

impl Only {
    fn speaks_of(&self, entity: &Entity) -> bool {
        let named = |asked: &String| {
            entity.name == *asked || entity.name.rsplit('.').next().is_some_and(|name| name == asked)
        };
        self.entities.is_empty() || self.entities.iter().any(named)
    }

    fn calls(&self, who: &Who) -> bool {
        let holds = |role: &String| match who {
            Who::Roles(roles) => roles.contains(role.as_str()),
            Who::Everybody => true,
            Who::Anonymous => role == athyper_schemas::bundle::ANONYMOUS,
            Who::System => role == athyper_schemas::bundle::SYSTEM,
        };
        self.roles.is_empty() || self.roles.iter().any(holds)
    }
}

/// Compares two models.
#[must_use]
pub fn compare(pair: Pair<'_>, only: &Only) -> Difference {
    let names = rename::Names::of(pair.old, pair.new);
    let old = names.applied(pair.old);
    let pair = Pair { old: &old, new: pair.new };
    let mut access = access::compare(pair, only);
    access.extend(sight::compare(pair, only));
    let place = |access: &Access| (access.entity.clone(), access.field.clone(), access.action);
    access.sort_by_cached_key(place);
    Difference {
        access,
        introduced: access::introduced(pair, only),
        changes: schema::compare(pair, &names, only),
    }
}
