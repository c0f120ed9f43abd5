//! Messages about policies (06): what cannot be. What is doubtful stands in `policy_doubts`.

use athyper_expr::sql::NotLowerable;
use athyper_expr::{Problem, ProblemKind};
use athyper_schemas::bundle::{Action, Effect};

use super::foreign;
use super::policy_doubts::{UNKNOWN_ALLOW, UNKNOWN_DENY};
use super::shape::listed;
use super::{Diagnostic, codes};
use crate::source::Span;

codes! {
    /// A policy for owned records.
    POLICY_FOR_CHILD = "E0601" "policy-for-child";
    /// One rule id twice.
    DUPLICATE_RULE = "E0603" "duplicate-rule";
    /// A rule that speaks to nobody.
    NO_ROLES = "E0604" "no-roles";
    /// A rule that allows or denies nothing.
    NO_ACTIONS = "E0605" "no-actions";
    /// A word that is no action.
    UNKNOWN_ACTION = "E0608" "unknown-action";
    /// An action that this class of entity does not have.
    ONLY_DOCUMENTS = "E0609" "only-documents";
    /// A rule that allows and denies, or neither.
    ALLOW_OR_DENY = "E0610" "allow-or-deny";
    /// `after` beside actions that change nothing.
    AFTER_WITHOUT_CHANGE = "E0611" "after-without-change";
    /// A derived role with a name that is taken.
    RESERVED_ROLE = "E0612" "reserved-role";
    /// A derived role that leads back to itself.
    ROLE_CYCLE = "E0613" "role-cycle";
    /// A name under `let` that is taken, or asked of another record.
    BAD_LET = "E0614" "bad-let";
    /// A group of conditions that is empty, or says not one word.
    BAD_GROUP = "E0615" "bad-group";
    /// A condition that a database cannot ask.
    NOT_IN_SQL = "E0616" "rule-not-in-sql";
    /// A mask that does not fit its field.
    BAD_MASK = "E0617" "bad-mask";
    /// A field with rules in two policies.
    FIELD_RULED_TWICE = "E0618" "field-ruled-twice";
    /// A rule about a field that has no such rule.
    UNRULED_FIELD = "E0619" "unruled-field";
    /// A field rule that says nothing.
    EMPTY_FIELD_RULE = "E0620" "empty-field-rule";
    /// An output that no answer can hold.
    BAD_OUTPUT = "E0621" "bad-output";
    /// A reference to records that nobody may read.
    UNREADABLE_REFERENCE = "E0622" "unreadable-reference";
    /// A rule for callers without a token that asks who they are.
    ANONYMOUS_USER = "E0623" "anonymous-user";
}

/// What a condition belongs to.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A name.
    Let(&'a str),
    /// A derived role.
    Role(&'a str),
    /// A rule that allows.
    Allow(&'a str),
    /// A rule that denies.
    Deny(&'a str),
    /// The rule of a field.
    Field(&'a str),
}

/// A policy for owned records.
#[must_use]
pub fn policy_for_child(span: Span, child: &str, owner: &str) -> Diagnostic {
    Diagnostic::new(
        &POLICY_FOR_CHILD,
        span,
        format!("`{child}` is owned by `{owner}` and has no policy of its own"),
    )
    .label("owned records follow their owner")
    .help(format!("write the rules into a policy for `{owner}`"))
}

/// One rule id twice.
#[must_use]
pub fn duplicate_rule(second: Span, first: Span, id: &str) -> Diagnostic {
    Diagnostic::new(&DUPLICATE_RULE, second, format!("the rule `{id}` is there twice"))
        .label("the second time")
        .also(first, "here first")
        .help("give each rule an id of its own")
}

/// A rule that speaks to nobody.
#[must_use]
pub fn no_roles(span: Span, id: &str) -> Diagnostic {
    Diagnostic::new(&NO_ROLES, span, format!("the rule `{id}` speaks to nobody"))
        .label("`to` is empty")
        .help("name roles, or `\"*\"` for every authenticated caller")
}

/// A derived role that nobody can have.
#[must_use]
pub fn from_nobody(span: Span, role: &str) -> Diagnostic {
    Diagnostic::new(&NO_ROLES, span, format!("nobody can have the role `{role}`"))
        .label("`from` is empty")
        .help("name the roles whose holders can have it, or `\"*\"` for every authenticated caller")
}

/// A rule that allows or denies nothing.
#[must_use]
pub fn no_actions(span: Span, id: &str, effect: Effect) -> Diagnostic {
    let (says, key) = match effect {
        Effect::Allow => ("allows", "allow"),
        Effect::Deny => ("denies", "deny"),
    };
    Diagnostic::new(&NO_ACTIONS, span, format!("the rule `{id}` {says} nothing"))
        .label(format!("`{key}` is empty"))
        .help("name actions: `read`, `create`, `update`, `delete`")
}

/// A word that is no action.
#[must_use]
pub fn unknown_action(span: Span, word: &str) -> Diagnostic {
    let known = Action::ALL.map(Action::name);
    let message = Diagnostic::new(&UNKNOWN_ACTION, span, format!("there is no action `{word}`"))
        .label("not known")
        .note(format!("the actions are {}", listed(&known)));
    match foreign::word("allow", word) {
        Some(ours) => message.fix(format!("write `{ours}`"), span, ours),
        None => message.did_you_mean(span, word, known),
    }
}

/// An action that only documents have.
#[must_use]
pub fn only_documents(span: Span, action: &str, entity: &str) -> Diagnostic {
    Diagnostic::new(&ONLY_DOCUMENTS, span, format!("`{entity}` has no action `{action}`"))
        .label("only documents have it")
        .note("master data and settings are not submitted, approved, rejected, amended or cancelled")
        .help(format!("give `{entity}` the line `class: document`, or remove the action"))
}

/// `allow` and `deny` in one rule.
#[must_use]
pub fn allow_and_deny(span: Span) -> Diagnostic {
    Diagnostic::new(&ALLOW_OR_DENY, span, "a rule either allows or denies")
        .label("this rule says both")
        .help("write two rules, each with an `id` of its own")
}

/// Neither `allow` nor `deny`.
#[must_use]
pub fn neither_allow_nor_deny(span: Span) -> Diagnostic {
    Diagnostic::new(&ALLOW_OR_DENY, span, "a rule either allows or denies")
        .label("this rule says neither")
        .help("add `allow: [read]` or `deny: [delete]`")
}

/// `after` beside actions that change nothing.
#[must_use]
pub fn after_without_change(span: Span, actions: &[&str], effect: Effect) -> Diagnostic {
    let message =
        Diagnostic::new(&AFTER_WITHOUT_CHANGE, span, "`after` speaks about a record that is written")
            .label(format!("{} writes none", listed(actions)));
    match effect {
        Effect::Allow => message.help("use `when`, which judges the record as it is"),
        Effect::Deny => message
            .note("without a record as it would become, `after` would be as good as absent, and the rule would always deny")
            .help("split the rule: `after` for create and update, `when` for the rest"),
    }
}

/// A derived role with a reserved name.
#[must_use]
pub fn reserved_role(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&RESERVED_ROLE, span, format!("the role `{name}` is there already"))
        .label("not free")
        .note(
            "`*` is every authenticated caller, `anonymous` who shows no token, `system` the runtime itself",
        )
        .help("choose another name")
}

/// A derived role that leads back to itself.
#[must_use]
pub fn role_cycle(span: Span, name: &str, way: &str) -> Diagnostic {
    Diagnostic::new(&ROLE_CYCLE, span, format!("the role `{name}` follows from itself"))
        .label("leads back to itself")
        .note(format!("the way round is `{way}`"))
        .help("a name under `roles` hides a role of the token with the same name: rename one of them")
}

/// A name that already stands for something.
#[must_use]
pub fn name_is_taken(span: Span, name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&BAD_LET, span, format!("the name `{name}` is taken"))
        .label("not free")
        .note(why)
        .help("choose another name")
}

/// A name of the policy asked of another record.
#[must_use]
pub fn name_of_other_record(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&BAD_LET, span, format!("`{name}` is a name of this policy, and of no other record"))
        .label("asked of another record")
        .note("a name under `let` is about the record that the policy judges")
        .help(format!("write out what `{name}` stands for"))
}

/// A condition that became too large when names were put in.
#[must_use]
pub fn too_large(span: Span, why: &str) -> Diagnostic {
    Diagnostic::new(&super::expressions::TOO_LARGE, span, why)
        .label("with all names under `let` put in")
        .help("use fewer names, or shorter ones")
}

/// A group with no word or several.
#[must_use]
pub fn one_word(span: Span) -> Diagnostic {
    Diagnostic::new(&BAD_GROUP, span, "conditions are put together by one word")
        .label("one of `all`, `any` and `none` is needed")
        .help("put one inside the other: `all: [.., { any: [..] }]`")
}

/// A group without conditions.
#[must_use]
pub fn empty_group(span: Span, word: &str) -> Diagnostic {
    let means = match word {
        "any" => "would never hold",
        _ => "would always hold",
    };
    Diagnostic::new(&BAD_GROUP, span, format!("`{word}` without conditions {means}"))
        .label("empty")
        .help("write conditions, or remove it")
}

/// A condition that a database cannot ask.
#[must_use]
pub fn not_in_sql(span: Span, refused: &NotLowerable) -> Diagnostic {
    let message = Diagnostic::new(&NOT_IN_SQL, span, "this condition cannot be asked of the database")
        .label(refused.to_string())
        .note("lists are filtered by policies, so the database must be able to ask every condition");
    refused.alternatives.iter().fold(message, |message, instead| message.help(*instead))
}

/// A mask that cannot be made of the values of a field.
#[must_use]
pub fn mask_misfit(span: Span, mask: &str, field: &str, ty: &str) -> Diagnostic {
    Diagnostic::new(&BAD_MASK, span, format!("`{mask}` cannot be made of `{field}`, which is {ty}"))
        .label("does not fit")
        .note("`redact`, `last4`, `hash` and `initials` are made of text; `range` of decimals, money, dates and datetimes")
        .help("or leave the field out: `else: hide`")
}

/// A mask without its key.
#[must_use]
pub fn bare_mask(span: Span, mask: &str) -> Diagnostic {
    Diagnostic::new(&BAD_MASK, span, format!("`{mask}` is a mask, and masks stand under `mask`"))
        .label("its key is missing")
        .fix("write it as a mask", span, format!("{{ mask: {mask} }}"))
}

/// A field with rules in two policies.
#[must_use]
pub fn field_ruled_twice(second: Span, first: Span, field: &str) -> Diagnostic {
    Diagnostic::new(&FIELD_RULED_TWICE, second, format!("`{field}` has a rule in two policies"))
        .label("the second one")
        .also(first, "the first one")
        .help("keep one of them, and name every role in it")
}

/// A field that is seen by whoever sees its record.
#[must_use]
pub fn always_seen(span: Span, field: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&UNRULED_FIELD, span, format!("whoever reads a record sees its `{field}`"))
        .label("cannot be hidden")
        .note(why)
        .help("remove the rule")
}

/// A field that nobody changes.
#[must_use]
pub fn never_changed(span: Span, field: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&UNRULED_FIELD, span, format!("nobody changes `{field}`: {why}"))
        .label("says nothing")
        .help("remove `update`")
}

/// A field rule that names nobody.
#[must_use]
pub fn field_rule_without_roles(span: Span, field: &str) -> Diagnostic {
    Diagnostic::new(&EMPTY_FIELD_RULE, span, format!("the rule about `{field}` says nothing"))
        .label("neither `read` nor `update`")
        .help("name who may: `read: [accountant]`, `update: [accountant]`")
}

/// `else` where nobody is kept from seeing the field.
#[must_use]
pub fn else_without_read(span: Span, field: &str) -> Diagnostic {
    Diagnostic::new(&EMPTY_FIELD_RULE, span, format!("everybody who reads the record sees `{field}`"))
        .label("`else` is for those who do not")
        .help("name who may see it: `read: [accountant]`, or remove `else`")
}

/// An output that no answer can hold.
#[must_use]
pub fn bad_output(span: Span, rule: &str, found: &str) -> Diagnostic {
    Diagnostic::new(&BAD_OUTPUT, span, format!("the output of `{rule}` must be a plain value"))
        .label(format!("this is {found}"))
        .help("name a field of it, such as its `id`")
}

/// A rule for callers without a token that asks who they are.
#[must_use]
pub fn anonymous_has_no_user(span: Span, id: &str) -> Diagnostic {
    Diagnostic::new(&ANONYMOUS_USER, span, format!("`{id}` asks who a caller without a token is"))
        .label("speaks to `anonymous`, and looks at `user`")
        .help("write a rule of its own for `anonymous`, without `user`")
}

/// A reference to records that nobody may read.
#[must_use]
pub fn unreadable_reference(span: Span, field: &str, target: &str) -> Diagnostic {
    Diagnostic::new(
        &UNREADABLE_REFERENCE,
        span,
        format!("`{field}` leads to `{target}`, which nobody may read"),
    )
    .label("readers of the record get no further")
    .note("policies hold through references: who may not read the target cannot expand, set or follow one")
    .help(format!("add a rule for `{target}`: `{{ id: look, allow: [read], to: [clerk] }}`"))
}

/// A mistake in a condition; `message` says it and where.
#[must_use]
pub fn in_condition(message: Diagnostic, problem: &Problem, subject: Subject<'_>) -> Diagnostic {
    match (&problem.kind, subject) {
        (ProblemKind::NotAvailable("`old`"), Subject::Allow(_) | Subject::Deny(_)) => message
            .note("`when` and `unless` judge the record as it is; there is no other one yet")
            .help("write it under `after`, which judges the record as it would become"),
        (ProblemKind::NotAvailable("`old`"), _) => {
            message.note("`old` is known under `after` alone, where a rule judges a change")
        }
        (ProblemKind::UnknownName(_), Subject::Let(_)) => message.note("a name can use the names before it"),
        _ => message,
    }
}

/// A condition that can be unknown; `message` says why and where.
#[must_use]
pub fn can_be_unknown(message: Diagnostic, subject: Subject<'_>) -> Diagnostic {
    let (code, label) = match subject {
        Subject::Deny(id) => (&UNKNOWN_DENY, format!("then `{id}` denies: only a definite no escapes it")),
        Subject::Allow(id) => {
            (&UNKNOWN_ALLOW, format!("then `{id}` does not allow: it takes a definite yes"))
        }
        Subject::Role(role) => (&UNKNOWN_ALLOW, format!("then nobody is `{role}`: it takes a definite yes")),
        Subject::Let(name) | Subject::Field(name) => {
            (&UNKNOWN_ALLOW, format!("then `{name}` is not shown: it takes a definite yes"))
        }
    };
    Diagnostic { code, severity: code.severity, ..message }.label(label)
}
