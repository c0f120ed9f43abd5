//! Answers to questions about permissions: may somebody do that, with which records, and why.
//!
//! The same decisions as those of reads and writes, taken on the same records. May not enter: what rules mean.

use athyper_expr::eval::Program;
use athyper_expr::print::print;
use athyper_policy::Judged;
use athyper_schemas::bundle::{Action, Grantee, Rule};
use athyper_schemas::ir::{Expr, FieldAccess, Node};
use serde_json::{Map, Value, json};
use smol_str::SmolStr;
use uuid::Uuid;

use super::facts::{About, Facts};
use super::read::reaching;
use super::session::Session;
use super::simulate::Simulation;
use crate::catalog::{Entity, RecordLayout};
use crate::db::Db;
use crate::decision::{Ruled, truth};
use crate::draft::{Draft, merge};
use crate::policy::{self, Access, Rows};
use crate::problem::{Kind, Problem};
use crate::request::questions::{self, Check, Checks, Explain, MOST, Plan};
use crate::request::suggest::nearest;
use crate::sql::Bind;
use crate::sql::write::Dead;
use crate::who::{Principal, Scope};

/// Most parts of a condition whose values are told.
const PARTS: usize = 200;

/// Everything that answers questions.
#[derive(Debug)]
pub struct PolicySide {
    pub(super) db: Db,
    explain_roles: Vec<SmolStr>,
    pub(super) simulate_roles: Vec<SmolStr>,
    pub(super) simulation: Option<Simulation>,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Where.
    pub scope: &'a Scope,
    /// Who.
    pub principal: &'a Principal,
}

impl PolicySide {
    /// The answers from a database; whoever holds one of these roles may ask why.
    #[must_use]
    pub fn new(db: Db, explain_roles: &[String]) -> Self {
        let explain_roles = explain_roles.iter().map(SmolStr::new).collect();
        Self { db, explain_roles, simulate_roles: Vec::new(), simulation: None }
    }

    /// The same, when whoever holds one of these roles may ask what another build would decide.
    #[must_use]
    pub fn simulating(self, simulation: Option<Simulation>, roles: &[String]) -> Self {
        Self { simulation, simulate_roles: roles.iter().map(SmolStr::new).collect(), ..self }
    }

    /// Whether the caller may do some things with some records.
    ///
    /// # Errors
    /// A problem for the client.
    pub async fn check(&self, asking: Asking<'_>, body: &[u8]) -> Result<Value, Problem> {
        let asked: Checks = questions::read(body)?;
        let actions: usize = asked.checks.iter().map(|check| check.actions.len()).sum();
        if actions > MOST {
            let detail = format!("at most {MOST} actions can be asked for at once, these are {actions}");
            return Err(Problem::new(Kind::LimitExceeded).detail(detail));
        }
        let mut session = Session::begin_reading(&self.db, asking.scope, asking.principal).await?;
        let mut results = Vec::with_capacity(asked.checks.len());
        for (index, check) in asked.checks.iter().enumerate() {
            let entity = find(asking, &check.entity, &format!("/checks/{index}/entity"))?;
            results.push(one(&mut session, asking, entity, check).await?);
        }
        session.rollback().await?;
        Ok(json!({ "results": results }))
    }

    /// With which records the caller may do something, as a condition and as SQL.
    ///
    /// # Errors
    /// A problem for the client.
    pub fn plan(&self, asking: Asking<'_>, body: &[u8]) -> Result<Value, Problem> {
        let asked: Plan = questions::read(body)?;
        let entity = find(asking, &asked.entity, "/entity")?;
        let Ok(access) = policy::decide(asking.scope, asking.principal, entity.id(), asked.action) else {
            return Ok(json!({ "kind": "ALWAYS_DENIED" }));
        };
        let waits = entity.rules().awaits(asked.action);
        let Rows::Where(node) = access.rows() else {
            return Ok(json!({ "kind": "ALWAYS_ALLOWED", "waits_for_the_change": waits }));
        };
        if !may_see(asking, node) {
            return Ok(json!({ "kind": "CONDITIONAL", "withheld": true, "waits_for_the_change": waits }));
        }
        let statement = reaching(&access)?;
        let binds: Vec<Value> = statement.binds().iter().map(bind).collect();
        let text = statement.text().as_ref();
        let filter = serde_json::to_value(node.as_ref()).map_err(Problem::internal)?;
        Ok(json!({
            "kind": "CONDITIONAL",
            "expression": print(node),
            "filter": filter,
            "sql": { "text": text, "binds": binds },
            "waits_for_the_change": waits,
        }))
    }

    /// Why the caller may or may not do something with a record.
    ///
    /// # Errors
    /// A problem for the client; forbidden without one of the roles that may ask.
    pub async fn explain(&self, asking: Asking<'_>, body: &[u8]) -> Result<Value, Problem> {
        let roles = asking.principal.capacity().caller().roles;
        if !self.explain_roles.iter().any(|role| roles.contains(role)) {
            let detail = "asking why needs one of the roles in `policy.explain_roles` of the configuration";
            return Err(Problem::new(Kind::Forbidden).detail(detail));
        }
        let asked: Explain = questions::read(body)?;
        let entity = find(asking, &asked.entity, "/entity")?;
        let mut session = Session::begin_reading(&self.db, asking.scope, asking.principal).await?;
        let record = readable(&mut session, asking, entity, asked.id).await?;
        let record = record.ok_or_else(Problem::not_found)?;
        let about = About { entity, principal: asking.principal, action: asked.action };
        let facts = session.facts(about, &record).await?;
        let verdict = facts.verdict()?;
        let deciding: Vec<&str> = verdict.deciding().map(|judged| judged.rule.id.as_str()).collect();
        let rules = verdict.judged.iter().map(|judged| explained(asking, &facts, judged));
        let answer = json!({
            "decision": facts.decision(&verdict)?,
            "decided_by": deciding,
            "rules": rules.collect::<Vec<_>>(),
        });
        session.rollback().await?;
        Ok(answer)
    }
}

/// The entity at this address, if the caller can know of it.
pub(super) fn find<'e>(asking: Asking<'e>, name: &str, at: &str) -> Result<&'e Entity, Problem> {
    let catalog = asking.scope.catalog();
    let knows =
        |entity: &Entity| policy::actions(asking.scope, asking.principal, entity.id()).next().is_some();
    if let Some(entity) = catalog.at_url(name).filter(|entity| knows(entity)) {
        return Ok(entity);
    }
    let known = catalog.entities().iter().filter(|entity| !entity.is_owned() && knows(entity));
    let near = nearest(name, known.map(|entity| entity.def().url.as_str()));
    let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Err(Problem::new(Kind::Invalid).pointer(
        at,
        "unknown_entity",
        format!("there is no entity `{name}`{hint}"),
    ))
}

async fn one(
    session: &mut Session,
    asking: Asking<'_>,
    entity: &Entity,
    check: &Check,
) -> Result<Value, Problem> {
    let record = match check.id {
        Some(id) => readable(session, asking, entity, id).await?,
        None => None,
    };
    let mut actions = Map::new();
    for action in &check.actions {
        let may = policy::decide(asking.scope, asking.principal, entity.id(), *action);
        let answer = match (&may, &record, check.id) {
            (Err(_), ..) | (Ok(_), None, Some(_)) => json!({ "decision": "deny" }),
            (Ok(access), None, None) => {
                let depends = *access.rows() != Rows::All || entity.rules().awaits(*action);
                json!({ "decision": if depends { "depends" } else { "allow" } })
            }
            (Ok(access), Some(record), _) => answered(&session.facts(About::of(access), record).await?)?,
        };
        actions.insert(action.name().to_owned(), answer);
    }
    let mut result = json!({ "entity": check.entity });
    if let (Some(id), Some(members)) = (check.id, result.as_object_mut()) {
        members.insert("id".to_owned(), json!(id));
    }
    if let Some(members) = result.as_object_mut() {
        members.insert("actions".to_owned(), Value::Object(actions));
    }
    Ok(result)
}

/// The record, if the caller may read it.
pub(super) async fn readable(
    session: &mut Session,
    asking: Asking<'_>,
    entity: &Entity,
    id: Uuid,
) -> Result<Option<Draft>, Problem> {
    let Ok(read) = policy::decide(asking.scope, asking.principal, entity.id(), Action::Read) else {
        return Ok(None);
    };
    let Some(stored) = session.load(entity, id, Dead::Hidden).await? else { return Ok(None) };
    let record = merge::keep(stored, asking.scope.catalog());
    Ok(session.stands(&read, &record).await?.then_some(record))
}

/// What is said to somebody who would do this with a record as it is now, and by which rules; nothing when it is not
/// there. Who may not read it can do nothing else with it but make it.
pub(super) async fn asked(
    session: &mut Session,
    principal: &Principal,
    (entity, id): (&Entity, Uuid),
    action: Action,
) -> Result<Option<(&'static str, Vec<Ruled>)>, Problem> {
    let Some(stored) = session.load(entity, id, Dead::Hidden).await? else { return Ok(None) };
    let record = merge::keep(stored, &session.catalog());
    let reading = About { entity, principal, action: Action::Read };
    let facts = session.facts(reading, &record).await?;
    let verdict = facts.verdict()?;
    if action == Action::Read || (!verdict.allowed && action != Action::Create) {
        return Ok(Some((facts.decision(&verdict)?, Ruled::of(&verdict))));
    }
    let facts = session.facts(About { action, ..reading }, &record).await?;
    let verdict = facts.verdict()?;
    let rules = if action == Action::Create { Ruled::of(&verdict) } else { Ruled::of_beginning(&verdict) };
    Ok(Some((facts.decision(&verdict)?, rules)))
}

fn bind(bind: &Bind) -> Value {
    match bind {
        Bind::Null => Value::Null,
        Bind::Int(number) => json!(number),
        Bind::Text(text) => json!(text.as_ref()),
    }
}

fn answered(facts: &Facts<'_>) -> Result<Value, Problem> {
    let verdict = facts.verdict()?;
    let mut answer = Map::new();
    answer.insert("decision".to_owned(), json!(facts.decision(&verdict)?));
    let deciding: Vec<&Judged<'_>> = verdict.deciding().collect();
    let texts = |of: fn(&Rule) -> Option<&str>| -> Vec<&str> {
        let decided = deciding.iter().filter(|judged| judged.rule.after.is_none() || judged.truth.is_some());
        decided.filter_map(|judged| of(judged.rule)).collect()
    };
    let messages = if verdict.allowed { Vec::new() } else { texts(|rule| rule.message.as_deref()) };
    let obligations = texts(|rule| rule.obligation.as_deref());
    for (name, words) in [("messages", messages), ("obligations", obligations)] {
        if !words.is_empty() {
            answer.insert(name.to_owned(), json!(words));
        }
    }
    let mut outputs = Map::new();
    for judged in deciding {
        if let Some(value) = facts.output(judged)? {
            outputs.insert(judged.rule.id.clone(), value.to_json());
        }
    }
    if !outputs.is_empty() {
        answer.insert("outputs".to_owned(), Value::Object(outputs));
    }
    Ok(Value::Object(answer))
}

fn explained(asking: Asking<'_>, facts: &Facts<'_>, judged: &Judged<'_>) -> Value {
    let rule = judged.rule;
    let mut parts = Vec::new();
    for grantee in rule.to.iter().filter(|grantee| facts.caller().has(&grantee.role)) {
        if let Some(when) = &grantee.when {
            collect(&when.root, &mut parts);
        }
    }
    for condition in [&rule.when, &rule.after].into_iter().flatten() {
        collect(&condition.root, &mut parts);
    }
    let told = parts.into_iter().take(PARTS).filter_map(|node| part(asking, facts, node));
    let source = |expr: &Option<Expr>| {
        expr.as_ref().filter(|expr| may_see(asking, &expr.root)).map(|expr| expr.source.clone())
    };
    let to: Vec<&str> =
        rule.to.iter().map(|grantee: &Grantee| grantee.derived.as_deref().unwrap_or(&grantee.role)).collect();
    json!({
        "policy": judged.policy,
        "rule": rule.id,
        "effect": rule.effect.name(),
        "place": format!("{}:{}", rule.place.file, rule.place.line),
        "to": to,
        "when": source(&rule.when),
        "after": source(&rule.after),
        "message": rule.message,
        "result": truth(judged.truth),
        "parts": told.collect::<Vec<_>>(),
    })
}

/// A condition and what it is made of, outside in, each once; what looks at the variable of a quantifier has no value
/// alone.
fn collect<'n>(node: &'n Node, out: &mut Vec<&'n Node>) {
    match node {
        Node::Literal(_) | Node::This | Node::Old | Node::Bound(_) => {}
        _ if out.contains(&node) => {}
        Node::Call(call) => {
            out.push(node);
            call.args.iter().for_each(|arg| collect(arg, out));
        }
        Node::If(choice) => {
            out.push(node);
            [&choice.condition, &choice.then, &choice.otherwise]
                .into_iter()
                .for_each(|part| collect(part, out));
        }
        _ => out.push(node),
    }
}

/// A part and its value. Of what the caller may not see not even the text: a rule that held would tell him the value
/// that it is compared with.
fn part(asking: Asking<'_>, facts: &Facts<'_>, node: &Node) -> Option<Value> {
    let program = Program::compile_node(node, &RecordLayout(asking.scope.catalog())).ok()?;
    if !may_see(asking, node) {
        return Some(json!({ "withheld": true }));
    }
    Some(json!({ "expression": print(node), "value": facts.value(&program)?.to_json() }))
}

/// Whether every field a condition looks at is one that the caller sees whole.
pub(super) fn may_see(asking: Asking<'_>, node: &Node) -> bool {
    let mut sees = true;
    node.each(&mut |node| {
        if let Node::Field(access) = node {
            sees &= may_see_field(asking, access);
        }
    });
    sees
}

fn may_see_field(asking: Asking<'_>, access: &FieldAccess) -> bool {
    let catalog = asking.scope.catalog();
    let Some(of) = catalog.named(&access.entity) else { return false };
    let top = catalog.top(of);
    let read = policy::decide(asking.scope, asking.principal, top.id(), Action::Read);
    // He may read the record that he asks about; another one of the same entity perhaps not.
    let reads = |read: &Access| access.of == Node::This || *read.rows() == Rows::All;
    read.is_ok_and(|read| {
        reads(&read) && of.named(&access.name).is_some_and(|field| read.sees(of.id(), field.id()))
    })
}

#[cfg(test)]
mod tests;
