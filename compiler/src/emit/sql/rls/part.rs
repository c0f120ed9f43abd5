//! One condition of a rule in SQL: in place when it looks at its own row, otherwise a function that sees the whole
//! tenant, because what a rule means does not depend on what its caller may see.

use std::collections::BTreeMap;
use std::fmt;

use athyper_expr::sql;
use athyper_expr::sql::{Constants, Identifier, Lowering, NotLowerable, Rail, Row, SqlText};
use athyper_schemas::bundle::{Bundle, Entity, PoliciesByEntity, Policy, Rule};
use athyper_schemas::dialect::Dialect;
use athyper_schemas::ir::Expr;

use super::caller::session;
use super::tables::Tables;
use crate::emit::sql::{comment, literal, name};

/// A condition that row level security cannot judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaid {
    /// The policy, `module.Name`.
    pub policy: String,
    /// The rule.
    pub rule: String,
    /// Why not: an allow never fires there, and nothing escapes a deny.
    pub reason: NotLowerable,
}

/// Where in its rule a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    When,
    After,
    /// Of a derived role: its place in `to`.
    To(usize),
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::When => f.write_str("when"),
            Self::After => f.write_str("after"),
            Self::To(place) => write!(f, "to_{place}"),
        }
    }
}

/// A condition and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'b> {
    pub policy: &'b Policy,
    pub rule: &'b Rule,
    pub label: Label,
    pub condition: &'b Expr,
}

/// Writes conditions, and keeps the functions they need.
pub(super) struct Parts<'b> {
    pub tables: Tables<'b>,
    policies: PoliciesByEntity<'b>,
    functions: BTreeMap<String, SqlText>,
    unsaid: Vec<Unsaid>,
}

impl<'b> Parts<'b> {
    pub fn new(bundle: &'b Bundle) -> Self {
        let policies = bundle.policies_by_entity();
        Self { tables: Tables(bundle), policies, functions: BTreeMap::new(), unsaid: Vec::new() }
    }

    /// The policies about an entity.
    pub fn about(&self, entity: &Entity) -> Vec<&'b Policy> {
        self.policies.get(entity.name.as_str()).cloned().unwrap_or_default()
    }

    /// The functions in the order of their names, and what could not be said.
    pub fn finish(self) -> (Vec<SqlText>, Vec<Unsaid>) {
        (self.functions.into_values().collect(), self.unsaid)
    }

    /// True exactly when the condition is definitely true (or false) of the row that the statement calls `row`.
    pub fn rail(&mut self, part: Part<'b>, entity: &'b Entity, row: &Identifier, holds: bool) -> Rail {
        let called = self.tables.looks_elsewhere(part.condition) || is_like_an_alias(row);
        let inner = if called { name("r") } else { row.clone() };
        let rail = match self.lower(part.condition, entity, &inner, holds) {
            Ok(rail) => rail,
            Err(reason) => {
                self.refuse(part, reason);
                return Rail::Never;
            }
        };
        match rail {
            Rail::Always | Rail::Never => rail,
            _ if !called => rail,
            _ => Rail::When(self.function(part, entity, rail.into_sql(), holds, row)),
        }
    }

    fn lower(
        &self,
        condition: &'b Expr,
        entity: &Entity,
        row: &Identifier,
        holds: bool,
    ) -> Result<Rail, NotLowerable> {
        let row = Row::aliased(&entity.name, row.clone());
        let mut lowering = Lowering::new(&self.tables, Dialect::Postgres, Constants::Session(session()));
        if holds {
            lowering.rail_true(&condition.root, &row)
        } else {
            lowering.rail_false(&condition.root, &row)
        }
    }

    fn refuse(&mut self, part: Part<'_>, reason: NotLowerable) {
        let unsaid = Unsaid { policy: part.policy.name.clone(), rule: part.rule.id.clone(), reason };
        if !self.unsaid.contains(&unsaid) {
            self.unsaid.push(unsaid);
        }
    }

    /// A call of the function that judges `row`, a row of the table of `entity`.
    fn function(
        &mut self,
        part: Part<'_>,
        entity: &Entity,
        condition: SqlText,
        holds: bool,
        row: &Identifier,
    ) -> SqlText {
        let ending = if holds { "true" } else { "false" };
        let policy = part.policy.name.replace('.', "_");
        let called = format!("{}__{policy}_{}_{}_{ending}", entity.table, part.rule.id, part.label);
        let function = name(&called);
        let table = name(&entity.table);
        let words = format!(
            "{}, rule {}: {} is definitely {ending}: {}",
            part.policy.name, part.rule.id, part.label, part.condition.source
        );
        let mut text = comment(&words.replace('\n', " "));
        text.append(sql![
            "CREATE OR REPLACE FUNCTION ",
            &function,
            "(\"record\" ",
            &table,
            ") RETURNS boolean"
        ]);
        text.push("\n  LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS ");
        text.append(quoted(body(condition))).push(";\n");
        self.functions.insert(called, text);
        sql![&function, "(", row, ".*)"]
    }
}

/// What a function does: it sees the whole tenant for as long as it runs. An error undoes the setting with everything
/// else.
fn body(condition: SqlText) -> SqlText {
    sql![
        "\n#variable_conflict use_column\nDECLARE\n  \"before\" text := current_setting('athyper.scope', TRUE);\n",
        "  \"answer\" boolean;\nBEGIN\n  PERFORM set_config('athyper.scope', 'tenant', TRUE);\n",
        "  \"answer\" := (SELECT (",
        condition,
        ") IS TRUE FROM (SELECT (\"record\").*) AS \"r\");\n",
        "  PERFORM set_config('athyper.scope', coalesce(\"before\", ''), TRUE);\n  RETURN \"answer\";\nEND;\n"
    ]
}

/// The text of a function, such that nothing in it can end it.
fn quoted(body: SqlText) -> SqlText {
    let (words, _) = body.clone().into_parts(Dialect::Postgres);
    if words.contains("$rule$") { literal(&words) } else { sql!["$rule$", body, "$rule$"] }
}

/// Whether a table's name could be taken for a name inside the condition.
fn is_like_an_alias(row: &Identifier) -> bool {
    let mut letters = row.as_str().chars();
    letters.next().is_some_and(|c| c.is_ascii_lowercase()) && letters.all(|c| c.is_ascii_digit())
}
