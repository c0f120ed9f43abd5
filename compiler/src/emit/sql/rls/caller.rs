//! Who asks, in SQL: the settings of the transaction as a function and as tests of roles. Nothing here is true when a
//! setting is missing.

use athyper_expr::sql;
use athyper_expr::sql::SqlText;
use athyper_expr::sql::session::{NOW, ROLES, STANDING, Session, USER};
use athyper_schemas::bundle::{ANONYMOUS, Bundle, EVERYBODY, Grantee, SYSTEM};

use crate::emit::sql::literal;

/// What is true while nobody but the program itself asks: it decides, and sees every record of the tenant.
pub(super) const WHOLE_TENANT: &str = "(SELECT current_setting('athyper.scope', true)) = 'tenant'";

/// How conditions ask for the caller and the clock.
pub(super) fn session() -> Session {
    let now = sql!["coalesce(nullif(current_setting(", literal(NOW), ", true), '')::timestamptz, "];
    Session { user: "\"athyper_user\"()".into(), now: sql![now, "statement_timestamp())"] }
}

/// The function that reads the caller. It gives nothing for a caller who lacks what every caller has, so that
/// conditions may rely on it. Written without a subquery, so that the planner puts it in place.
pub(super) fn function(bundle: &Bundle) -> SqlText {
    let user = || sql!["nullif(current_setting(", literal(USER), ", true), '')::jsonb"];
    let standing = || sql![user(), " ->> ", literal(STANDING)];
    let mut known = sql![standing(), " = 'authenticated'"];
    for attribute in bundle.package.user.iter().filter(|attribute| !attribute.ty.nullable) {
        known.append(sql!["\n      AND ", user(), " ->> ", literal(&attribute.name), " IS NOT NULL"]);
    }
    let without_token = sql![standing(), " IN (", literal(ANONYMOUS), ", ", literal(SYSTEM), ")"];
    let has_roles = sql!["jsonb_typeof(", user(), " -> ", literal(ROLES), ") = 'array'"];
    sql![
        "CREATE OR REPLACE FUNCTION \"athyper_user\"() RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE\n  RETURN CASE WHEN ",
        has_roles,
        "\n    AND (",
        without_token,
        "\n      OR ",
        known,
        ")\n    THEN ",
        user(),
        " END;\n"
    ]
}

/// Whether the caller is one of these, whatever else is asked of him: true or false, never null.
pub(super) fn is_one_of(grantees: &[&Grantee]) -> SqlText {
    let standing = |words: &'static str, standing: &str| {
        sql!["\"athyper_user\"() ->> ", literal(STANDING), words, literal(standing)]
    };
    let mut named = Vec::new();
    let mut tests = Vec::new();
    for grantee in grantees {
        match grantee.role.as_str() {
            EVERYBODY => tests.push(standing(" <> ", ANONYMOUS)),
            ANONYMOUS => tests.push(standing(" = ", ANONYMOUS)),
            SYSTEM => tests.push(standing(" = ", SYSTEM)),
            role => named.push(literal(role)),
        }
    }
    if !named.is_empty() {
        let mut list = SqlText::new();
        list.join(named, ", ");
        tests.push(sql!["\"athyper_user\"() -> ", literal(ROLES), " ?| ARRAY[", list, "]"]);
    }
    if tests.is_empty() {
        return "FALSE".into();
    }
    let mut any = SqlText::new();
    any.join(tests, " OR ");
    sql!["(SELECT coalesce(", any, ", FALSE))"]
}
