//! Names and functions of CEL and of other languages that are called differently here, or left out.
//!
//! May not enter: operators (the parser knows them).

use athyper_schemas::ir::Kind;

use crate::ast::{Call, Expr, ExprKind, Ident, Span};
use crate::problem::{Problem, ProblemKind};

/// Functions of CEL and its extensions that this language leaves out.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("dyn", "every value has its static type"),
    ("type", "types are known from the model"),
    ("uint", "use `int`"),
    ("double", "use `decimal`, which is exact"),
    ("bytes", "compare texts instead"),
    ("concat", "join texts with `+`"),
    ("avg", "divide `list.sum()` by `list.size()`"),
    ("average", "divide `list.sum()` by `list.size()`"),
    ("lastIndexOf", "use `indexOf`"),
    ("format", "join texts with `+` and `string(..)`"),
    ("quote", "write the text as it is"),
    ("reverse", "keep the order of the list"),
    ("transformList", "use `map` and `filter`"),
    ("transformMap", "it has no maps"),
    ("transformMapEntry", "it has no maps"),
    ("sortBy", "lists keep their order"),
    ("sort", "lists keep their order"),
    ("distinct", "test with `in` instead"),
    ("flatten", "map over one list at a time"),
    ("slice", "use `filter`"),
    ("orValue", "use `coalesce(.., ..)`"),
    ("optMap", "behind an absent record everything is unknown"),
    ("optFlatMap", "behind an absent record everything is unknown"),
    ("hasValue", "use `has(..)` or `!= null`"),
    ("ip", "compare texts instead"),
    ("isIP", "use a field of type `ip`"),
    ("cidr", "compare texts instead"),
];

/// What other languages call functions that are here too.
const SYNONYMS: &[(&str, &str)] = &[
    ("toLowerCase", "lowerAscii"),
    ("lower", "lowerAscii"),
    ("toUpperCase", "upperAscii"),
    ("upper", "upperAscii"),
    ("len", "size"),
    ("length", "size"),
    ("char_length", "size"),
    ("includes", "contains"),
    ("starts_with", "startsWith"),
    ("ends_with", "endsWith"),
    ("substr", "substring"),
    ("any", "exists"),
    ("some", "exists"),
    ("every", "all"),
    ("select", "map"),
    ("where", "filter"),
    ("ifnull", "coalesce"),
    ("nvl", "coalesce"),
    ("datetime", "timestamp"),
    ("to_date", "date"),
    ("str", "string"),
    ("number", "decimal"),
    ("min", "math.least"),
    ("max", "math.greatest"),
    ("least", "math.least"),
    ("greatest", "math.greatest"),
];

/// Functions of other languages that are expressions of another form here.
const FORMS: &[(&str, &str)] = &[
    ("if", "`condition ? value : otherwise`"),
    ("iif", "`condition ? value : otherwise`"),
    ("ifelse", "`condition ? value : otherwise`"),
    ("isnull", "`value == null`"),
    ("is_null", "`value == null`"),
    ("isempty", "`value.size() == 0`"),
    ("isblank", "`value.trim() == \"\"`"),
    ("round", "`decimal(value, digits)`, which rounds,"),
    ("floor", "`int(value)`, which cuts towards zero,"),
    ("trunc", "`int(value)`, which cuts towards zero,"),
    ("abs", "`math.greatest(value, -value)`"),
    ("year", "`date.getFullYear()`"),
    ("month", "`date.getMonth()`, January being 0,"),
    ("day", "`date.getDate()`"),
    ("dateadd", "`date + duration(\"P1D\")`"),
    ("date_add", "`date + duration(\"P1D\")`"),
    ("datediff", "`date - date`"),
];

/// Words of other languages; those without blanks take the place of what was written.
const WORDS: &[(&str, &str)] = &[
    ("none", "null"),
    ("nil", "null"),
    ("undefined", "null"),
    ("self", "this"),
    ("record", "this"),
    ("row", "this"),
    ("current_user", "user.id"),
    ("current_timestamp", "now()"),
    ("sysdate", "now()"),
    ("current_date", "today()"),
];

/// What lies behind a dot elsewhere and is a function here.
const PROPERTIES: &[(&str, &str)] = &[
    ("length", "size()"),
    ("len", "size()"),
    ("size", "size()"),
    ("count", "size()"),
    ("year", "getFullYear()"),
    ("month", "getMonth()"),
    ("day", "getDate()"),
    ("hour", "getHours()"),
    ("minute", "getMinutes()"),
];

fn look_up(table: &'static [(&str, &str)], written: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(written)).map(|(_, instead)| *instead)
}

fn use_instead(span: &Span, written: &str, instead: String) -> Problem {
    Problem::new(span.clone(), ProblemKind::UseInstead { written: written.to_owned(), instead })
}

/// A function that has another name here, another form, or none.
pub(super) fn function(call: &Call) -> Option<Problem> {
    let Ident { text, span } = &call.function;
    if let Some(instead) = look_up(UNSUPPORTED, text) {
        let kind = ProblemKind::Unsupported { what: format!("the function `{text}`"), instead };
        return Some(Problem::new(span.clone(), kind));
    }
    if let Some(form) = look_up(FORMS, text).filter(|_| call.receiver.is_none()) {
        let problem = use_instead(span, text, form.to_owned());
        let rounds = text.eq_ignore_ascii_case("round") && call.args.len() == 2;
        return Some(if rounds { problem.with_fix(span.clone(), "decimal") } else { problem });
    }
    let instead = look_up(SYNONYMS, text)?;
    Some(use_instead(span, text, format!("`{instead}`")).with_fix(span.clone(), instead))
}

/// A name that other languages give to what has another one here.
pub(super) fn name(written: &str, span: &Span) -> Option<Problem> {
    let instead = look_up(WORDS, written)?;
    Some(use_instead(span, written, format!("`{instead}`")).with_fix(span.clone(), instead))
}

/// A value of this kind asked for something behind a dot that is a function here.
pub(super) fn property(kind: &Kind, name: &Ident) -> Option<Problem> {
    let instead = look_up(PROPERTIES, &name.text)?;
    let sized = matches!(kind, Kind::Text | Kind::List(_));
    let dated = matches!(kind, Kind::Date | Kind::Datetime);
    let fits = if instead == "size()" { sized } else { dated };
    fits.then(|| {
        use_instead(&name.span, &format!(".{}", name.text), format!("`.{instead}`"))
            .with_fix(name.span.clone(), instead)
    })
}

/// The duration that a whole number beside a date, a datetime or a duration was meant to be.
pub(super) fn days(kinds: [&Kind; 2], sides: [&Expr; 2]) -> Option<(Span, String)> {
    let [first, second] = kinds;
    let point = |kind: &Kind| matches!(kind, Kind::Date | Kind::Datetime | Kind::Duration);
    let number = match (first, second) {
        (point_in_time, Kind::Int) if point(point_in_time) => sides[1],
        (Kind::Int, point_in_time) if point(point_in_time) => sides[0],
        _ => return None,
    };
    let ExprKind::Int(days) = number.kind else { return None };
    Some((number.span.clone(), format!("duration(\"P{}D\")", days.checked_abs()?))).filter(|_| days >= 0)
}
