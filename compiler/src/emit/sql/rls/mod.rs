//! Policies as row level security of PostgreSQL: `rls.sql`, applied after `schema.sql`, as often as one likes.
//!
//! The tables keep their restrictive policy about the tenant; what lets a whole tenant through in `schema.sql` alone
//! is narrowed to a transaction that says `athyper.scope = 'tenant'`. Every other sees and writes what the policies
//! allow the caller in `athyper.user`. What a rule asks of a record before and after a change at once is beyond row
//! level security: it counts as granted there, and the program judges it.

use athyper_expr::sql;
use athyper_expr::sql::{Identifier, SqlText};
use athyper_schemas::bundle::{Action, Bundle, Entity, Grantee, Policy, Rule};
use athyper_schemas::dialect::Dialect;

use self::caller::WHOLE_TENANT;
use self::part::Parts;
use self::rule::{Image, Ruling};
use super::{comment, name};
use crate::naming::TENANT_COLUMN;

mod caller;
mod part;
mod rule;
mod tables;

pub use part::Unsaid;
pub(crate) use tables::Tables;

/// The file, and what is stricter in it than in the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLevelSecurity {
    /// SQL, several statements.
    pub text: String,
    /// The conditions that PostgreSQL cannot judge by itself.
    pub unsaid: Vec<Unsaid>,
}

/// The policies of a package for PostgreSQL to hold.
#[must_use]
pub fn row_level_security(bundle: &Bundle) -> RowLevelSecurity {
    let mut parts = Parts::new(bundle);
    let mut policies = SqlText::new();
    for entity in &bundle.entities {
        policies.push("\n").append(of_entity(bundle, entity, &mut parts));
    }
    let (functions, unsaid) = parts.finish();
    let mut out = comment(&format!(
        "Package {}: the policies as row level security. Apply it after schema.sql, and again when policies changed.\n\
         athyper.tenant: the tenant's id. athyper.user: the caller, as JSON. athyper.now: the instant, if not the \
         statement's.\n\
         athyper.scope: 'tenant' where a program decides itself, and sees every record of the tenant.",
        bundle.package.name
    ));
    out.push("\n").append(caller::function(bundle));
    for function in functions {
        out.push("\n").append(function);
    }
    for unsaid in &unsaid {
        let words = format!("{}, rule {}: stricter here: {}", unsaid.policy, unsaid.rule, unsaid.reason);
        out.append(comment(&words));
    }
    out.append(policies);
    RowLevelSecurity { text: out.into_parts(Dialect::Postgres).0, unsaid }
}

/// The commands, the action each stands for, and the name of its policy.
const COMMANDS: [(Action, &str); 4] = [
    (Action::Read, " FOR SELECT"),
    (Action::Create, " FOR INSERT"),
    (Action::Update, " FOR UPDATE"),
    (Action::Delete, " FOR DELETE"),
];

fn of_entity<'b>(bundle: &'b Bundle, entity: &'b Entity, parts: &mut Parts<'b>) -> SqlText {
    let table = name(&entity.table);
    let mut out = comment(&entity.name);
    out.append(sql!["ALTER POLICY \"whole_tenant\" ON ", &table, "\n  USING (", WHOLE_TENANT]);
    out.append(sql![") WITH CHECK (", WHOLE_TENANT, ");\n"]);
    for (action, command) in COMMANDS {
        let policy = name(action.name());
        out.append(sql!["DROP POLICY IF EXISTS ", &policy, " ON ", &table, ";\n"]);
        let (words, conditions) = match &entity.owner {
            Some(_) => (SqlText::new(), of_child(bundle, entity, action, parts)),
            None => {
                let ruling = Ruling::of(&parts.about(entity), entity, action);
                (described(&ruling), of_root(&ruling, parts, &table))
            }
        };
        if let Some(conditions) = conditions {
            out.append(words);
            out.append(sql!["CREATE POLICY ", &policy, " ON ", &table, command, conditions, ";\n"]);
        }
    }
    out
}

/// What a policy asks of the rows of an entity of its own; nothing when it allows nothing.
fn of_root<'b>(ruling: &Ruling<'b>, parts: &mut Parts<'b>, table: &Identifier) -> Option<SqlText> {
    let mut of = |image| ruling.condition(parts, table, image);
    if ruling.action == Action::Create {
        return Some(sql!["\n  WITH CHECK (", of(Image::New)?, ")"]);
    }
    let using = of(Image::AsItIs)?;
    let mut text = sql!["\n  USING (", living(ruling.entity, table), using, ")"];
    if ruling.action == Action::Update {
        let changed = of(Image::Changed)?;
        text.append(sql!["\n  WITH CHECK (", changed, ")"]);
    }
    Some(text)
}

/// That `row` was not deleted softly, and that more follows.
fn living(entity: &Entity, row: &Identifier) -> SqlText {
    let mut text = SqlText::new();
    if let Some(column) = tables::deleted_at(entity) {
        text.qualified(row, &column).push(" IS NULL\n    AND ");
    }
    text
}

/// What a policy asks of owned children: who may see the owner sees them, who may change it writes them.
fn of_child<'b>(
    bundle: &'b Bundle,
    child: &'b Entity,
    action: Action,
    parts: &mut Parts<'b>,
) -> Option<SqlText> {
    let row = name(&child.table);
    if action == Action::Read {
        let seen = owned(bundle, child, &row, 1, &mut |_, _| Some(SqlText::new()))?;
        return Some(sql!["\n  USING (", living(child, &row), seen, ")"]);
    }
    let condition = owned(bundle, child, &row, 1, &mut |owner, row| {
        let ruling = Ruling::of(&parts.about(owner), owner, Action::Update);
        ruling.condition(parts, row, Image::AsItIs)
    })?;
    Some(match action {
        Action::Create => sql!["\n  WITH CHECK (", condition, ")"],
        Action::Update => {
            let using = sql![living(child, &row), &condition];
            sql!["\n  USING (", using, ")\n  WITH CHECK (", condition, ")"]
        }
        _ => sql!["\n  USING (", living(child, &row), condition, ")"],
    })
}

/// That the owner of `row` is there, seen by the caller, and has what is asked of the one who owns nothing but himself.
fn owned<'b>(
    bundle: &'b Bundle,
    child: &'b Entity,
    row: &Identifier,
    depth: usize,
    asked: &mut dyn FnMut(&'b Entity, &Identifier) -> Option<SqlText>,
) -> Option<SqlText> {
    let owner = bundle.entity(&child.owner.as_ref()?.entity)?;
    let parent = tables::parent(child)?;
    let alias = Identifier::numbered("owner", depth);
    let condition = match &owner.owner {
        Some(_) => owned(bundle, owner, &alias, depth + 1, asked)?,
        None => asked(owner, &alias)?,
    };
    let mut text = sql!["EXISTS (SELECT 1 FROM ", &name(&owner.table), " AS ", &alias, " WHERE "];
    text.qualified(&alias, &name(TENANT_COLUMN)).push(" = ").qualified(row, &name(TENANT_COLUMN));
    text.push(" AND ").qualified(&alias, &name("id")).push(" = ").qualified(row, &parent);
    if !condition.is_empty() {
        text.push("\n    AND ").append(condition);
    }
    text.push(")");
    Some(text)
}

/// The rules as comment lines.
fn described(ruling: &Ruling<'_>) -> SqlText {
    let mut out = SqlText::new();
    for (policy, rule) in &ruling.rules {
        out.comment(&in_words(policy, rule));
    }
    out
}

fn in_words(policy: &Policy, rule: &Rule) -> String {
    let grantee = |to: &Grantee| match (&to.derived, &to.when) {
        (Some(derived), _) => format!("{derived} ({})", to.role),
        (None, Some(when)) => format!("{} ({})", to.role, when.source),
        (None, None) => to.role.clone(),
    };
    let to: Vec<String> = rule.to.iter().map(grantee).collect();
    let effect = rule.effect.name();
    let mut words = format!("{}, rule {}: {effect} to {}", policy.name, rule.id, to.join(", "));
    if let Some(when) = &rule.when {
        words += &format!(" when {}", when.source);
    }
    if let Some(after) = &rule.after {
        words += &format!(" after {}", after.source);
    }
    words
}
