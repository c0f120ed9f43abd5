//! Messages about expressions (05): the words come with each problem; here it gets its number and its place.

use athyper_expr::sql::NotLowerable;
use athyper_expr::{Fix, Problem, ProblemKind};
use smol_str::SmolStr;

use super::{Code, Diagnostic, Edit, Missing, codes};
use crate::ast::Passage;
use crate::source::Span;

codes! {
    /// The text is no expression.
    SYNTAX = "E0501" "expression-syntax";
    /// A number with too many digits.
    NUMBER_RANGE = "E0502" "number-out-of-range";
    /// Another language's spelling.
    USE_INSTEAD = "E0503" "use-instead";
    /// A construct that the language leaves out.
    UNSUPPORTED = "E0504" "unsupported";
    /// Larger than the limits.
    TOO_LARGE = "E0505" "expression-too-large";
    /// Nothing has this name.
    UNKNOWN_NAME = "E0506" "unknown-name";
    /// The caller has no such attribute.
    UNKNOWN_ATTRIBUTE = "E0507" "unknown-attribute";
    /// No such function.
    UNKNOWN_FUNCTION = "E0508" "unknown-function";
    /// The enum has no such value.
    UNKNOWN_ENUM_VALUE = "E0509" "unknown-enum-value";
    /// Known elsewhere, not at this place.
    NOT_AVAILABLE = "E0510" "not-available";
    /// A dot behind something that is no record.
    NOT_A_RECORD = "E0511" "not-a-record";
    /// Operands that do not go together.
    TYPE_MISMATCH = "E0512" "type-mismatch";
    /// One type was needed and another came.
    WRONG_TYPE = "E0513" "wrong-type";
    /// A function called with the wrong number of arguments.
    WRONG_COUNT = "E0514" "wrong-count";
    /// A list whose elements have no common type.
    MIXED_LIST = "E0515" "mixed-list";
    /// The literal `null` where a value is needed.
    NULL_OPERAND = "E0516" "null-operand";
    /// A regular expression that does not compile.
    BAD_PATTERN = "E0517" "bad-pattern";
    /// An argument that must be a literal and is not.
    NOT_LITERAL = "E0518" "not-literal";
    /// A text that does not say what its function needs.
    BAD_TEXT = "E0519" "bad-text";
    /// The variable of a quantifier that is no fresh name.
    BAD_VARIABLE = "E0520" "bad-variable";
    /// A value that may be null where one is required.
    MAY_BE_NULL = "E0521" "may-be-null";
    /// A null here makes the whole condition unknown.
    NULLABLE_OPERAND = "W0522" "nullable-operand";
    /// Values computed from each other.
    COMPUTED_CYCLE = "E0530" "computed-cycle";
    /// A value that a database cannot compute.
    NOT_IN_SQL = "E0531" "not-in-sql";
}

/// The code of a problem.
fn code(kind: &ProblemKind) -> &'static Code {
    match kind {
        ProblemKind::NumberOutOfRange(_) => &NUMBER_RANGE,
        ProblemKind::UseInstead { .. } => &USE_INSTEAD,
        ProblemKind::Unsupported { .. } => &UNSUPPORTED,
        ProblemKind::TooDeep(_)
        | ProblemKind::TooLong(_)
        | ProblemKind::TooLarge(_)
        | ProblemKind::TooCostly => &TOO_LARGE,
        ProblemKind::UnknownName(_) | ProblemKind::UnknownField { .. } => &UNKNOWN_NAME,
        ProblemKind::UnknownAttribute(_) => &UNKNOWN_ATTRIBUTE,
        ProblemKind::UnknownFunction(_) => &UNKNOWN_FUNCTION,
        ProblemKind::UnknownEnumValue { .. } => &UNKNOWN_ENUM_VALUE,
        ProblemKind::NotAvailable(_) => &NOT_AVAILABLE,
        ProblemKind::NotARecord { .. } => &NOT_A_RECORD,
        ProblemKind::Operands { .. } => &TYPE_MISMATCH,
        ProblemKind::WrongType { .. } => &WRONG_TYPE,
        ProblemKind::WrongCount { .. } => &WRONG_COUNT,
        ProblemKind::MixedList { .. } => &MIXED_LIST,
        ProblemKind::NullOperand(_) => &NULL_OPERAND,
        ProblemKind::BadPattern { .. } => &BAD_PATTERN,
        ProblemKind::NotLiteral { .. } => &NOT_LITERAL,
        ProblemKind::BadText { .. } => &BAD_TEXT,
        ProblemKind::BadVariable(_) => &BAD_VARIABLE,
        ProblemKind::MayBeNull { .. } => &MAY_BE_NULL,
        ProblemKind::NullableOperand { .. } => &NULLABLE_OPERAND,
        _ => &SYNTAX,
    }
}

/// A problem of the expression in `passage`.
#[must_use]
pub fn problem(passage: &Passage, problem: &Problem) -> Diagnostic {
    let place = |span: &athyper_expr::ast::Span| passage.at(span.start as usize..span.end as usize);
    let message = Diagnostic::new(code(&problem.kind), place(&problem.span), problem.kind.to_string());
    match &problem.suggestion {
        Some(fix) if fix.replacement.is_empty() => message.fix("remove it", place(&fix.span), ""),
        Some(fix) => {
            let what = format!("write `{}`", fix.replacement);
            message.fixes(what, edits(passage, &[fix]))
        }
        None => message,
    }
}

/// The name that nothing has, when that is the problem; `this` is the qualified name of the record's entity.
#[must_use]
pub fn missing(problem: &Problem, this: &SmolStr) -> Option<Missing> {
    Some(match &problem.kind {
        ProblemKind::UnknownName(name) => Missing::Field(this.clone(), name.into()),
        ProblemKind::UnknownField { entity, field } => Missing::Field(entity.into(), field.into()),
        ProblemKind::UnknownAttribute(name) => Missing::Attribute(name.into()),
        _ => return None,
    })
}

/// Several words of another language in one expression: one message, whose edits repair all of them.
#[must_use]
pub fn spellings(passage: &Passage, problems: &[&Problem]) -> Option<Diagnostic> {
    let (first, rest) = problems.split_first()?;
    let place = |span: &athyper_expr::ast::Span| passage.at(span.start as usize..span.end as usize);
    let mut message = Diagnostic::new(&USE_INSTEAD, place(&first.span), first.kind.to_string());
    for problem in rest {
        message = message.also(place(&problem.span), problem.kind.to_string());
    }
    let fixes: Vec<&Fix> = problems.iter().filter_map(|problem| problem.suggestion.as_ref()).collect();
    Some(message.fixes("write it like this", edits(passage, &fixes)))
}

/// What the fixes do to the file.
fn edits(passage: &Passage, fixes: &[&Fix]) -> Vec<Edit> {
    let change = |fix: &&'_ Fix| (fix.span.start as usize..fix.span.end as usize, fix.replacement.clone());
    let changes: Vec<_> = fixes.iter().map(change).collect();
    let edit = |(span, replacement)| Edit { span, replacement };
    passage.edits(&changes).into_iter().map(edit).collect()
}

/// Whether a problem is a word of another language whose repair is known and stands apart from the others'.
#[must_use]
pub fn is_spelling(problem: &Problem) -> bool {
    matches!(&problem.kind, ProblemKind::UseInstead { .. })
        && problem.suggestion.as_ref().is_some_and(|fix| fix.span == problem.span)
}

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A default.
    Default,
    /// A computed value that is stored.
    Stored,
    /// A value that each read computes.
    Computed,
    /// A check.
    Check,
}

/// A problem of the expression in `passage`, with what holds at its place.
#[must_use]
pub fn of(passage: &Passage, wrong: &Problem, place: Place) -> Diagnostic {
    let message = problem(passage, wrong);
    if !matches!(wrong.kind, ProblemKind::NotAvailable(_)) {
        return message;
    }
    match place {
        Place::Default => message.note("a default knows the caller and the clock, and no record yet"),
        Place::Check => {
            message.note("a check judges the record, its children and what it refers to, whoever asks")
        }
        Place::Computed => message.note("a computed value is the same for every caller"),
        Place::Stored => message
            .note("a stored value uses the record and its children: all else could change without a write")
            .help("leave out `stored: true`, or `copy` the other value into a field of its own"),
    }
}

/// A problem of a default that was perhaps meant as text.
#[must_use]
pub fn of_text(passage: &Passage, wrong: &Problem) -> Diagnostic {
    let message = of(passage, wrong, Place::Default);
    if wrong.suggestion.is_some() {
        return message;
    }
    message.help("a single word is itself; other text stands in quotes of its own: `'\"two words\"'`")
}

/// A value that a database cannot compute.
#[must_use]
pub fn not_in_sql(span: Span, name: &str, refused: &NotLowerable) -> Diagnostic {
    let message = Diagnostic::new(&NOT_IN_SQL, span, format!("`{name}` cannot be computed by the database"))
        .label(refused.to_string())
        .note("lists are filtered and sorted by what reads compute, so the database must be able to say it");
    let message = refused.alternatives.iter().fold(message, |message, instead| message.help(*instead));
    message.help("add `stored: true`, so that it is computed once with each write")
}

/// Values computed from each other.
#[must_use]
pub fn computed_cycle(span: Span, name: &str, path: &str) -> Diagnostic {
    Diagnostic::new(&COMPUTED_CYCLE, span, format!("`{name}` is computed from itself"))
        .label("leads back to itself")
        .note(format!("the way round is {path}"))
        .help("let one of them be an ordinary field")
}

/// A problem that spans several passages.
#[must_use]
pub fn between(span: Span, problem: &Problem) -> Diagnostic {
    Diagnostic::new(code(&problem.kind), span, problem.kind.to_string())
}
