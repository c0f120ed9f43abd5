//! What changes between two models: who gains and loses what. Pure: both models come in, a report goes out.
//!
//! May not live here: reading builds, packages or revisions (the command line does), running SQL.

use athyper_schemas::bundle::{ANONYMOUS, Bundle, EVERYBODY, Entity, SYSTEM};
use smol_str::SmolStr;

use crate::diag::nearest;
use crate::policy_test;

mod access;
mod alike;
mod callers;
mod github;
mod human;
mod markdown;
mod rename;
mod replay;
mod report;
mod schema;
mod sight;
mod witness;

pub use github::github;
pub use human::{headline, human};
pub use markdown::markdown;
pub use replay::{Held, Play, Replay, Try, replay};
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
        self.entities.is_empty() || self.entities.iter().any(|asked| is_named(&entity.name, asked))
    }

    /// What was asked for by an old name is asked for by the new one too.
    fn renamed(&self, names: &rename::Names) -> Self {
        let mut only = self.clone();
        for (was, now) in &names.entities {
            if self.entities.iter().any(|asked| is_named(was, asked)) {
                only.entities.push(now.clone());
            }
        }
        only
    }

    /// What neither model knows of what was asked for: `entity` or `role`, the name, and what it may have meant.
    #[must_use]
    pub fn unknown(&self, pair: Pair<'_>) -> Option<(&'static str, &str, Option<String>)> {
        let models = [pair.old, pair.new];
        let entities: Vec<&str> =
            models.iter().flat_map(|model| &model.entities).map(|entity| entity.name.as_str()).collect();
        if let Some(asked) =
            self.entities.iter().find(|asked| !entities.iter().any(|name| is_named(name, asked)))
        {
            let names = entities.iter().map(|name| if asked.contains('.') { name } else { simple(name) });
            return Some(("entity", asked, nearest(asked, names).map(str::to_owned)));
        }
        let roles = policy_test::roles(models.iter().flat_map(|model| &model.policies));
        let reserved = [EVERYBODY, ANONYMOUS, SYSTEM];
        let known = |asked: &String| roles.contains(asked.as_str()) || reserved.contains(&asked.as_str());
        let asked = self.roles.iter().find(|asked| !known(asked))?;
        let names = roles.iter().map(SmolStr::as_str).chain([ANONYMOUS, SYSTEM]);
        Some(("role", asked, nearest(asked, names).map(str::to_owned)))
    }

    fn calls(&self, who: &Who) -> bool {
        let holds = |role: &String| match who {
            Who::Roles(roles) => roles.contains(role.as_str()),
            Who::Everybody => true,
            Who::Anonymous => role == ANONYMOUS,
            Who::System => role == SYSTEM,
        };
        self.roles.is_empty() || self.roles.iter().any(holds)
    }
}

/// The name of an entity without its module.
fn simple(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, simple)| simple)
}

fn is_named(name: &str, asked: &str) -> bool {
    name == asked || simple(name) == asked
}

/// Compares two models.
#[must_use]
pub fn compare(pair: Pair<'_>, only: &Only) -> Difference {
    let names = rename::Names::of(pair.old, pair.new);
    let old = names.applied(pair.old);
    let pair = Pair { old: &old, new: pair.new };
    let only = &only.renamed(&names);
    let mut access = access::compare(pair, only);
    access.extend(sight::compare(pair, only));
    access.extend(access::removed(pair, only));
    let place = |access: &Access| (access.entity.clone(), access.field.clone(), access.action);
    access.sort_by_cached_key(place);
    Difference {
        access,
        introduced: access::introduced(pair, only),
        changes: schema::compare(pair, &names, only),
    }
}
