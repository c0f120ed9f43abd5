//! What another build would decide: the same questions, about the same records and callers, put to both.
//!
//! May not enter: values of records; an answer has decisions and names of rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use athyper_schemas::bundle::Action;
use serde::Serialize;
use uuid::Uuid;

use super::decisions::history::Decision;
use super::judge;
use super::session::Session;
use crate::catalog::{Catalog, Entity};
use crate::db::Db;
use crate::decision::Ruled;
use crate::policy::{self, Rows};
use crate::problem::Problem;
use crate::who::{Principal, Scope, TenantId};

mod asked;
mod fit;
mod person;

pub use person::Person;

/// The build that is served and the one that would be.
#[derive(Debug, Clone)]
pub struct Simulation {
    db: Db,
    served: Arc<Catalog>,
    candidate: Arc<Catalog>,
    /// Why the records of the database cannot be judged by the candidate, by its entities.
    unfit: Arc<BTreeMap<String, String>>,
}

/// A question to both.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    /// The entity, by its full name.
    pub entity: String,
    /// The record; nothing for all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// What would be done.
    pub action: Action,
    /// Who would do it.
    #[serde(rename = "caller")]
    pub person: Person,
}

/// What one build says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// `allow` or `deny`; `depends` where that hangs on what the record would become, or on the record.
    pub decision: &'static str,
    /// The rules that decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Ruled>,
    /// Of all records: those for which this is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// What both say.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    /// What was asked.
    #[serde(flatten)]
    pub question: Question,
    /// The build that is served.
    pub old: Said,
    /// The candidate.
    pub new: Said,
}

impl Compared {
    /// Whether the decision is another one. The same decision by other rules is not.
    #[must_use]
    pub fn differs(&self) -> bool {
        (self.old.decision, &self.old.condition) != (self.new.decision, &self.new.condition)
    }
}

/// A question that could not be put to both, and why.
#[derive(Debug, Clone, Serialize)]
pub struct NotJudged {
    /// What was asked.
    #[serde(flatten)]
    pub question: Question,
    /// Why not.
    pub why: String,
}

/// Either.
pub type Outcome = Result<Compared, NotJudged>;

impl Simulation {
    /// Compares these builds over this database.
    #[must_use]
    pub fn new(db: Db, served: Arc<Catalog>, candidate: Arc<Catalog>) -> Self {
        let why =
            |entity: &Entity| Some((entity.name().to_owned(), fit::fits(&served, &candidate, entity).err()?));
        let unfit = Arc::new(candidate.entities().iter().filter_map(why).collect());
        Self { db, served, candidate, unfit }
    }

    /// The candidate.
    #[must_use]
    pub fn candidate(&self) -> &Arc<Catalog> {
        &self.candidate
    }

    /// What both say to a question in this tenant, about the records as they are now.
    ///
    /// # Errors
    /// When the database fails; what cannot be judged is no error.
    pub async fn ask(&self, tenant: &TenantId, question: Question) -> Result<Outcome, Problem> {
        let (old, new) = match self.sides(tenant, &question) {
            Ok(sides) => sides,
            Err(why) => return Ok(Err(NotJudged { question, why })),
        };
        let mut session = Session::begin_reading(&self.db, &old.scope, &old.principal).await?;
        let outcome = compare(&mut session, (&old, &new), question).await?;
        session.rollback().await?;
        Ok(outcome)
    }

    /// The same about the records as this transaction sees them.
    async fn ask_within(&self, session: &mut Session, question: Question) -> Result<Outcome, Problem> {
        match self.sides(&session.tenant(), &question) {
            Ok((old, new)) => compare(session, (&old, &new), question).await,
            Err(why) => Ok(Err(NotJudged { question, why })),
        }
    }

    /// Both builds as the caller of a question stands before them, or why they cannot both be asked.
    fn sides(&self, tenant: &TenantId, question: &Question) -> Result<(Side<'_>, Side<'_>), String> {
        let name = question.entity.as_str();
        let old = self.served.named(name);
        let old = old.ok_or_else(|| format!("the served build has no entity `{name}`"))?;
        let new = self.candidate.named(name);
        let new = new.ok_or_else(|| format!("the candidate has no entity `{name}`"))?;
        if let Some(why) = self.unfit.get(name) {
            return Err(why.clone());
        }
        let side = |catalog: &Arc<Catalog>, entity| {
            let principal = question.person.principal(tenant, catalog, entity)?;
            Ok::<_, String>(Side { scope: Scope::of(&principal, Arc::clone(catalog)), principal, entity })
        };
        Ok((side(&self.served, old)?, side(&self.candidate, new)?))
    }
}

/// What both sides say, about the same records.
async fn compare(
    session: &mut Session,
    (old, new): (&Side<'_>, &Side<'_>),
    question: Question,
) -> Result<Outcome, Problem> {
    let said = match old.asked(session, &question).await? {
        None => None,
        Some(before) => new.asked(session, &question).await?.map(|after| (before, after)),
    };
    Ok(match said {
        Some((old, new)) => Ok(Compared { question, old, new }),
        None => Err(NotJudged { question, why: "the record is not there".to_owned() }),
    })
}

/// One build, and who asks it.
struct Side<'s> {
    scope: Scope,
    principal: Principal,
    entity: &'s Entity,
}

impl Side<'_> {
    /// What this build says; nothing when the record is not there.
    async fn asked(&self, session: &mut Session, question: &Question) -> Result<Option<Said>, Problem> {
        let Some(id) = question.id else { return Ok(Some(self.all(question.action))) };
        session.turn(&self.scope, &self.principal);
        let said = judge::asked(session, &self.principal, (self.entity, id), question.action).await?;
        Ok(said.map(|(decision, rules)| Said { decision, rules, condition: None }))
    }

    /// About all records.
    fn all(&self, action: Action) -> Said {
        let said = |decision, condition| Said { decision, rules: Vec::new(), condition };
        let access = policy::decide(&self.scope, &self.principal, self.entity.id(), action).ok();
        match access.map(|access| access.rows().clone()) {
            None => said("deny", None),
            Some(Rows::Where(node)) => said("depends", Some(athyper_expr::print::print(&node))),
            Some(Rows::All) if self.entity.rules().awaits(action) => said("depends", None),
            Some(Rows::All) => said("allow", None),
        }
    }
}

impl Question {
    /// What was asked when this was decided.
    ///
    /// # Errors
    /// When the record of the decision cannot be read.
    pub fn recorded(decision: &Decision) -> Result<Self, String> {
        let action = Action::ALL.into_iter().find(|action| action.name() == decision.action);
        let action = action.ok_or_else(|| format!("there is no action `{}`", decision.action))?;
        let id = decision.record.as_deref().map(|id| id.parse().map_err(|_| format!("`{id}` is no id")));
        let person = Person::recorded(&decision.subject, &decision.caller)?;
        Ok(Self { entity: decision.entity.clone(), id: id.transpose()?, action, person })
    }
}

#[cfg(test)]
mod tests;
