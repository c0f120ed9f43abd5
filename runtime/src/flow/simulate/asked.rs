//! `/api/policy/simulate`: what another build would decide, for whoever may ask that. He is told nothing about records
//! and fields that he may not see himself, whomever he asks for.

use athyper_schemas::bundle::Action;
use serde_json::{Value, json};

use super::{NotJudged, Outcome, Person, Question, Simulation, fit};
use crate::flow::decisions::history;
use crate::flow::judge::{self, Asking, PolicySide};
use crate::flow::session::Session;
use crate::policy;
use crate::problem::{Kind, Problem};
use crate::request::questions::{self, Asked, MOST, MOST_REPLAYED, Replay, Simulate};
use crate::sql::decisions::Wanted;

impl PolicySide {
    /// Where decisions of the served build and of another one differ.
    ///
    /// # Errors
    /// A problem for the client; forbidden without one of the roles that may ask.
    pub async fn simulate(&self, asking: Asking<'_>, body: &[u8]) -> Result<Value, Problem> {
        let roles = asking.principal.capacity().caller().roles;
        if !self.simulate_roles.iter().any(|role| roles.contains(role)) {
            let detail =
                "asking another build needs one of the roles in `policy.simulate_roles` of the configuration";
            return Err(Problem::new(Kind::Forbidden).detail(detail));
        }
        let Some(simulation) = &self.simulation else {
            let detail = "there is no other build to ask; `athyper serve --candidate BUILD` names one";
            return Err(Problem::not_found().detail(detail));
        };
        let questions = match questions::read(body)? {
            Simulate::Questions(asked) if asked.len() > MOST => {
                let detail =
                    format!("at most {MOST} questions can be asked at once, these are {}", asked.len());
                return Err(Problem::new(Kind::LimitExceeded).detail(detail));
            }
            Simulate::Questions(asked) => {
                let question = |(index, asked)| explicit(asking, index, asked);
                asked.into_iter().enumerate().map(question).collect::<Result<Vec<_>, _>>()?
            }
            Simulate::Replay(replay) => self.kept(asking, &replay).await?,
        };
        let mut session = Session::begin_reading(&self.db, asking.scope, asking.principal).await?;
        let mut outcomes = Vec::with_capacity(questions.len());
        for question in questions {
            outcomes.push(match withheld(&mut session, asking, simulation, &question).await? {
                // Not even which record it was, or whose question.
                true => None,
                false => Some(simulation.ask_within(&mut session, question).await?),
            });
        }
        session.rollback().await?;
        Ok(answer(asking, simulation, &outcomes))
    }

    /// The questions behind decisions that were kept.
    async fn kept(&self, asking: Asking<'_>, replay: &Replay) -> Result<Vec<Question>, Problem> {
        let wrong =
            |at: &'static str, message: String| Problem::new(Kind::Invalid).pointer(at, "format", message);
        let since = history::moment(&replay.since).ok_or_else(|| {
            let message = "must be a time such as `2026-11-24T08:00:00Z`, or a day such as `2026-11-24`";
            wrong("/replay/since", message.to_owned())
        })?;
        if !(1..=MOST_REPLAYED).contains(&replay.limit) {
            return Err(wrong("/replay/limit", format!("must be from 1 to {MOST_REPLAYED}")));
        }
        let since = history::time(since);
        let wanted = Wanted { since: Some(&since), limit: replay.limit, ..Wanted::default() };
        let kept = history::of(&self.db, (asking.scope.tenant(), ""), wanted).await?;
        Ok(kept.iter().filter_map(|decision| Question::recorded(decision).ok()).collect())
    }
}

/// Whether an answer would show the caller what he may not see: that a record is there, or by asking for somebody
/// whom he makes up, what stands in a field.
async fn withheld(
    session: &mut Session,
    asking: Asking<'_>,
    simulation: &Simulation,
    question: &Question,
) -> Result<bool, Problem> {
    let Some(entity) = asking.scope.catalog().named(&question.entity) else { return Ok(true) };
    if policy::decide(asking.scope, asking.principal, entity.id(), Action::Read).is_err() {
        return Ok(true);
    }
    let other = simulation.candidate().named(&question.entity).into_iter();
    let mut conditions = fit::conditions(entity).chain(other.flat_map(fit::conditions));
    if !conditions.all(|node| judge::may_see(asking, node)) {
        return Ok(true);
    }
    let Some(id) = question.id else { return Ok(false) };
    session.turn(asking.scope, asking.principal);
    Ok(judge::readable(session, asking, entity, id).await?.is_none())
}

fn explicit(asking: Asking<'_>, index: usize, asked: Asked) -> Result<Question, Problem> {
    let entity = judge::find(asking, &asked.entity, &format!("/questions/{index}/entity"))?;
    let person = match asked.person {
        None => Person::of(asking.principal, asking.scope.catalog()),
        Some(other) => Person::with(other.sub, other.roles, other.attributes),
    };
    Ok(Question { entity: entity.name().to_owned(), id: asked.id, action: asked.action, person })
}

fn answer(asking: Asking<'_>, simulation: &Simulation, outcomes: &[Option<Outcome>]) -> Value {
    let known = || outcomes.iter().flatten();
    let judged = || known().filter_map(|outcome| outcome.as_ref().ok());
    let differences: Vec<_> = judged().filter(|compared| compared.differs()).collect();
    let not_judged: Vec<&NotJudged> = known().filter_map(|outcome| outcome.as_ref().err()).collect();
    json!({
        "served": asking.scope.catalog().identity(),
        "candidate": simulation.candidate().identity(),
        "judged": judged().count(),
        "differences": differences,
        "not_judged": not_judged,
        "withheld": outcomes.iter().filter(|outcome| outcome.is_none()).count(),
    })
}
