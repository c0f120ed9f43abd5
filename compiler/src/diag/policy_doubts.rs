//! Messages about policies (06) that can be and may not be meant.

use super::{Diagnostic, codes};
use crate::source::Span;

codes! {
    /// An entity that nobody can reach.
    NO_POLICY = "W0602" "no-policy";
    /// A role that may write what it may not read.
    WRITE_WITHOUT_READ = "W0606" "write-without-read";
    /// `*` beside roles.
    EVERYBODY_AND_SOME = "W0607" "everybody-and-some";
    /// A null here makes a rule unknown, and it allows nothing.
    UNKNOWN_ALLOW = "W0630" "unknown-allow";
    /// A null here makes a rule unknown, and it denies.
    UNKNOWN_DENY = "W0631" "unknown-deny";
    /// A condition that says the same of every record.
    CONSTANT_CONDITION = "W0632" "constant-condition";
    /// A rule that adds nothing to another.
    SHADOWED_RULE = "W0633" "shadowed-rule";
    /// A rule that allows what is denied all the same.
    OVERRIDDEN_ALLOW = "W0634" "overridden-allow";
    /// Everybody may change every record.
    OPEN_WRITE = "W0635" "open-write";
    /// An update that is guarded only before the change.
    GUARD_BEFORE_CHANGE = "W0636" "guard-before-change";
    /// A role that can both make a document and agree to it.
    SELF_APPROVAL = "W0637" "self-approval";
    /// A name that nothing uses.
    UNUSED_NAME = "W0638" "unused-name";
    /// A list that has to look at every record.
    NO_INDEX = "W0639" "policy-without-index";
    /// A value that shows what policies keep from some.
    DECLASSIFIES = "W0640" "declassifies";
    /// Two nulls that match each other.
    NULLS_MATCH = "W0641" "nulls-match";
    /// A role that looks like another.
    LOOK_ALIKE_ROLE = "W0642" "look-alike-role";
/// What records are known by, kept from some who read them.
    KNOWN_BY_HIDDEN = "W0643" "known-by-hidden";
    /// A rule about reading that shows by presence what is kept.
    SHOWN_BY_PRESENCE = "W0644" "shown-by-presence";
}

/// An entity that nobody can reach.
#[must_use]
pub fn no_policy(span: Span, entity: &str) -> Diagnostic {
    Diagnostic::new(&NO_POLICY, span, format!("nobody may do anything with `{entity}`: no policy is about it"))
        .label("out of reach")
        .note("what no rule allows is denied")
        .help(format!(
            "add a policy: `policy: {entity}Access`, `for: {entity}`, `rules: [{{ id: look, allow: [read], to: [clerk] }}]`"
        ))
}

/// A role that may write what it may not read.
#[must_use]
pub fn write_without_read(span: Span, role: &str, entity: &str) -> Diagnostic {
    Diagnostic::new(&WRITE_WITHOUT_READ, span, format!("`{role}` may write `{entity}` and not read it"))
        .label("no rule lets this role read")
        .note("to a caller who may not read, records do not exist: updates and deletes find nothing")
        .help("add `read` to the rule")
}

/// `*` beside roles.
#[must_use]
pub fn everybody_and_some(span: Span, role: &str) -> Diagnostic {
    Diagnostic::new(&EVERYBODY_AND_SOME, span, format!("`*` already speaks to `{role}`"))
        .label("adds nobody")
        .help("remove the role, or `*`")
}

/// A condition that says the same of every record.
#[must_use]
pub fn constant_condition(span: Span, always: bool) -> Diagnostic {
    let (says, label) = match always {
        true => ("always holds", "the same as no condition"),
        false => ("never holds", "nothing can meet it"),
    };
    Diagnostic::new(&CONSTANT_CONDITION, span, format!("this condition {says}"))
        .label(label)
        .help("remove it, or say what was meant")
}

/// A rule whose own condition excludes that of its derived roles.
#[must_use]
pub fn roles_excluded(span: Span, id: &str) -> Diagnostic {
    Diagnostic::new(&CONSTANT_CONDITION, span, format!("`{id}` never holds for a role that it speaks to"))
        .label("what it asks excludes what the derived role asks")
        .help("name another role, or say what was meant")
}

/// A rule that adds nothing to another.
#[must_use]
pub fn shadowed_rule(span: Span, id: &str, other: Span, by: &str) -> Diagnostic {
    Diagnostic::new(&SHADOWED_RULE, span, format!("the rule `{id}` adds nothing to `{by}`"))
        .label("says nothing of its own")
        .also(other, "this one says all of it")
        .help("remove it, or make the other one narrower")
}

/// A rule that allows what is denied all the same; names: the rule, the action, the rule that denies.
#[must_use]
pub fn overridden_allow(span: Span, deny: Span, names: [&str; 3]) -> Diagnostic {
    let [id, action, by] = names;
    Diagnostic::new(&OVERRIDDEN_ALLOW, span, format!("`{id}` never allows `{action}`: `{by}` denies it"))
        .label("has no effect")
        .also(deny, "a deny wins over every allow")
        .help("remove the action here, or give the deny a condition")
}

/// Everybody may change every record.
#[must_use]
pub fn open_write(span: Span, action: &str, role: &str) -> Diagnostic {
    let who = if role == "*" { "every authenticated caller" } else { "everybody, without a token," };
    Diagnostic::new(&OPEN_WRITE, span, format!("{who} may {action} every record"))
        .label("no condition, no role")
        .help("name roles, or add a condition such as `when: created_by == user.id`")
}

/// An update that is guarded only before the change; names: the rule, the field, a role.
#[must_use]
pub fn guard_before_change(span: Span, names: [&str; 3]) -> Diagnostic {
    let [id, field, role] = names;
    Diagnostic::new(&GUARD_BEFORE_CHANGE, span, format!("`{id}` looks at `{field}` only before the change"))
        .label(format!("`{role}` may set `{field}` to anything"))
        .note("`when` judges the record as it is, so a record can be moved out of what the condition allows")
        .help(format!(
            "repeat the condition under `after`, or let nobody move it: `after: {field} == old.{field}`"
        ))
}

/// A role that can both make a document and agree to it.
#[must_use]
pub fn self_approval(span: Span, role: &str, entity: &str) -> Diagnostic {
    let who = if role == "*" { "a caller".to_owned() } else { format!("who is `{role}`") };
    Diagnostic::new(&SELF_APPROVAL, span, format!("{who} can approve the `{entity}` that he made himself"))
        .label("nothing holds him back")
        .help("add `unless: created_by == user.id`")
}

/// A name that nothing uses.
#[must_use]
pub fn unused_name(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&UNUSED_NAME, span, format!("nothing uses `{name}`"))
        .label("not used in this policy")
        .help("use it, or remove it")
}

/// Two nulls that match each other.
#[must_use]
pub fn nulls_match(span: Span, id: &str, comparison: &str) -> Diagnostic {
    Diagnostic::new(&NULLS_MATCH, span, format!("`{id}` allows where both sides of `{comparison}` are null"))
        .label("null equals null")
        .note("who lacks the attribute gets every record that lacks the value")
        .help(
            "test one side first: `user.region != null && region == user.region`, or make one side required",
        )
}

/// A role that is named once and looks like another.
#[must_use]
pub fn look_alike_role(span: Span, name: &str, other: &str) -> Diagnostic {
    Diagnostic::new(
        &LOOK_ALIKE_ROLE,
        span,
        format!("the role `{name}` is named once, and looks like `{other}`"),
    )
    .label("a slip?")
    .fix(format!("did you mean `{other}`?"), span, other)
}

/// A role that looks like a reserved word, or like a word for everybody.
#[must_use]
pub fn looks_like_a_word(span: Span, name: &str, word: &str) -> Diagnostic {
    let (meant, fix) = match word {
        "*" => ("every caller with a token is `\"*\"`", "\"*\""),
        "anonymous" => ("a caller without a token is `anonymous`", word),
        _ => ("a command of the operator is `system`", word),
    };
    Diagnostic::new(&LOOK_ALIKE_ROLE, span, format!("`{name}` is taken for a role of a token"))
        .label(meant)
        .fix(format!("did you mean `{fix}`?"), span, fix)
}

/// A rule about reading that shows by presence what is kept; names: the rule, the field, a role.
#[must_use]
pub fn shown_by_presence(span: Span, kept: Span, names: [&str; 3]) -> Diagnostic {
    let [id, field, role] = names;
    let who = if role == "*" { "callers".to_owned() } else { format!("`{role}`") };
    Diagnostic::new(&SHOWN_BY_PRESENCE, span, format!("`{id}` tells {who} what `{field}` keeps from them"))
        .label("a record is there only when this holds")
        .also(kept, "who sees it is said here")
        .note("lists, counts and 404 show for which records the condition holds")
        .help(format!(
            "ask about something that {who} may see, or let them see the field in the records that they read"
        ))
}

/// What records are known by, kept from some who read them.
#[must_use]
pub fn known_by_hidden(span: Span, field: &str, what: &str, entity: &str) -> Diagnostic {
    Diagnostic::new(
        &KNOWN_BY_HIDDEN,
        span,
        format!("`{field}` is the {what} of `{entity}`, and not all readers see it"),
    )
    .label(format!("part of the {what}"))
    .note("who does not see it sees records without a name, cannot search by it and cannot import")
    .help("keep the record itself from them, or name records by another field")
}

/// A list that has to look at every record.
#[must_use]
pub fn no_index(span: Span, id: &str, entity: &str, field: Option<&str>) -> Diagnostic {
    let message = Diagnostic::new(
        &NO_INDEX,
        span,
        format!("lists by the rule `{id}` look at every record of `{entity}`"),
    )
    .label("no index finds these records");
    match field {
        Some(field) => message.help(format!("let the database keep an index: write `index` behind the type of `{field}`")),
        None => message
            .note("an index finds records by what a field of their own equals, or lies between")
            .help("add a condition such as `region in user.regions`, or copy what is asked into a field of the record"),
    }
}

/// A value that shows what policies keep from some; `shown` is shown, `hidden` is kept, `why` says by what.
#[must_use]
pub fn declassifies(span: Span, shown: &str, hidden: &str, why: (Span, &str)) -> Diagnostic {
    Diagnostic::new(&DECLASSIFIES, span, format!("`{shown}` shows what `{hidden}` keeps from some callers"))
        .label(format!("made of `{hidden}`"))
        .also(why.0, why.1)
        .note("computed and copied values are the same for everybody who sees their field")
        .help(format!(
            "give `{shown}` a rule of its own under `fields`, or say in `lints` that this is meant"
        ))
}
