//! Messages about entities, fields, types and enums (04).
//!
//! May not enter: what a field's limits and defaults say; that is `limits.rs`.

use super::{Diagnostic, codes};
use crate::source::Span;

codes! {
    /// Arguments that a type does not take.
    TYPE_ARGUMENTS = "E0401" "type-arguments";
    /// Digits that a decimal cannot have.
    DECIMAL_RANGE = "E0402" "decimal-range";
    /// A length that no text can have.
    LENGTH_RANGE = "E0403" "length-range";
    /// Something that no list can hold.
    LIST_ITEM = "E0404" "list-item";
    /// References that need each other before either can exist.
    REQUIRED_CYCLE = "E0412" "required-cycle";
    /// A child with two owners.
    OWNED_TWICE = "E0413" "owned-twice";
    /// A child that is its own ancestor.
    OWNS_ITSELF = "E0414" "owns-itself";
    /// Children of children of children.
    OWNED_TOO_DEEP = "E0415" "owned-too-deep";
    /// Two things said about a field that exclude each other.
    CONFLICTING = "E0416" "conflicting-options";
    /// `on_delete` on something that is no reference.
    ON_DELETE = "E0417" "on-delete-without-reference";
    /// `set_null` on a reference that may not be null.
    CANNOT_SET_NULL = "E0418" "cannot-set-null";
    /// A copy that does not start at a reference.
    COPY_PATH = "E0419" "copy-path";
    /// A copy into a field of another type.
    COPY_TYPE = "E0420" "copy-type";
    /// A number format that cannot number.
    NUMBER_FORMAT = "E0421" "number-format";
    /// A field that cannot hold a number.
    NUMBER_FIELD = "E0422" "number-field";
    /// A field that cannot serve in a key, an index, a search or a title.
    UNFIT_FIELD = "E0423" "unfit-field";
    /// A key with a field that may be null.
    NULLABLE_KEY = "E0424" "nullable-key";
    /// A trait where it cannot work.
    TRAIT_MISUSE = "E0425" "trait-misuse";
    /// An enum without values.
    NO_VALUES = "E0426" "no-values";
    /// A value twice in an enum.
    DUPLICATE_VALUE = "E0427" "duplicate-value";
    /// Types that are made of each other, or built on each other without end.
    TYPE_CYCLE = "E0429" "type-cycle";
    /// An entity without fields, a key or an index without columns.
    NOTHING_IN_IT = "E0431" "nothing-in-it";
    /// A title by which documents are looked up without an index.
    UNINDEXED_TITLE = "W0433" "unindexed-title";
    /// An index that another one makes superfluous.
    REDUNDANT_INDEX = "W0434" "redundant-index";
}

/// A type called with arguments that it does not take.
#[must_use]
pub fn type_arguments(span: Span, name: &str, usage: &str) -> Diagnostic {
    Diagnostic::new(&TYPE_ARGUMENTS, span, format!("`{name}` does not take these arguments"))
        .label("not what it takes")
        .help(format!("write it like `{usage}`"))
}

/// Digits that a decimal cannot have.
#[must_use]
pub fn decimal_range(span: Span, precision: u32, scale: u32) -> Diagnostic {
    let message = Diagnostic::new(
        &DECIMAL_RANGE,
        span,
        format!("a decimal cannot have {precision} digits with {scale} behind the point"),
    );
    message.label("out of range").help("use 1 to 18 digits, of which at most all stand behind the point")
}

/// A length that no text can have.
#[must_use]
pub fn length_range(span: Span, length: &str, most: u32) -> Diagnostic {
    Diagnostic::new(&LENGTH_RANGE, span, format!("no text can be at most {length} characters long"))
        .label("out of range")
        .help(format!("use 1 to {most}; for long text use `text` or `rich_text`"))
}

/// Something that no list can hold.
#[must_use]
pub fn list_item(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&LIST_ITEM, span, format!("a list cannot hold {what}"))
        .label("not in a list")
        .help("a list holds plain values (`list(string(20))`), values of an enum, or owned records")
}

/// One step of a cycle of required references.
#[derive(Debug, Clone)]
pub struct Step {
    /// The field.
    pub span: Span,
    /// `sales.Order`.
    pub from: String,
    /// `customer`.
    pub field: String,
    /// `sales.Customer`.
    pub to: String,
}

/// References that need each other before either can exist.
#[must_use]
pub fn required_cycle(first: &Step, rest: &[Step]) -> Diagnostic {
    let title = if rest.is_empty() {
        format!("no first `{}` can ever be made: it needs another one", first.from)
    } else {
        format!("no `{}` can ever be made: it needs `{}`, which needs it in turn", first.from, first.to)
    };
    let message = Diagnostic::new(&REQUIRED_CYCLE, first.span, title)
        .label(format!("`{}` needs a `{}`", first.from, first.to))
        .help(format!("let `{}` be empty: remove its `!` or `required: true`", first.field));
    rest.iter().fold(message, |message, step| {
        message.also(step.span, format!("`{}` needs a `{}`", step.from, step.to))
    })
}

/// A child with two owners.
#[must_use]
pub fn owned_twice(second: Span, first: Span, child: &str) -> Diagnostic {
    Diagnostic::new(&OWNED_TWICE, second, format!("`{child}` is owned twice"))
        .label("owned here again")
        .also(first, "owned here first")
        .help("owned records belong to one list; refer to them instead, or split the entity")
}

/// A child that is its own ancestor.
#[must_use]
pub fn owns_itself(span: Span, entity: &str) -> Diagnostic {
    Diagnostic::new(&OWNS_ITSELF, span, format!("`{entity}` would own itself"))
        .label("leads back to itself")
        .help("use the trait `tree` for records below records of the same kind, or a reference")
}

/// Children of children of children.
#[must_use]
pub fn owned_too_deep(span: Span, child: &str, owners: &str) -> Diagnostic {
    Diagnostic::new(&OWNED_TOO_DEEP, span, format!("`{child}` would be owned three levels deep"))
        .label("the third level")
        .note(format!("its owners are {owners}"))
        .help("two levels can be owned; make the third an entity of its own with a reference")
}

/// Two things said about a field that exclude each other.
#[must_use]
pub fn conflicting(span: Span, other: Span, name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&CONFLICTING, span, format!("what is said about `{name}` does not go together: {why}"))
        .label("this does not go with the other")
        .also(other, "the other")
        .help("keep one of the two")
}

/// `on_delete` on something that is no reference.
#[must_use]
pub fn on_delete_without_reference(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&ON_DELETE, span, format!("`{name}` is no reference, so nothing it points at can go"))
        .label("only references have `on_delete`")
        .help("remove it")
}

/// `set_null` on a reference that may not be null.
#[must_use]
pub fn cannot_set_null(span: Span, required: Option<Span>, name: &str) -> Diagnostic {
    let message =
        Diagnostic::new(&CANNOT_SET_NULL, span, format!("`{name}` is required and cannot become null"))
            .label("would break what is required");
    let message = match required {
        Some(required) => message.also(required, "required here"),
        None => message,
    };
    message.help("use `restrict` or `cascade`, or let the reference be empty")
}

/// A copy that does not start at a reference.
#[must_use]
pub fn copy_path(span: Span, path: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&COPY_PATH, span, format!("nothing can be copied from `{path}`"))
        .label(why.to_owned())
        .help("write a reference of this entity and a field of its target, like `supplier.name`")
}

/// A copy into a field of another type.
#[must_use]
pub fn copy_type(span: Span, source: Span, name: &str, types: [&str; 2]) -> Diagnostic {
    let [target, from] = types;
    Diagnostic::new(&COPY_TYPE, span, format!("`{name}` cannot hold what it copies"))
        .label(format!("this is {target}"))
        .also(source, format!("it is copied from {from}"))
        .help("give both fields the same type")
}

/// A number format that cannot number.
#[must_use]
pub fn number_format(span: Span, why: &str) -> Diagnostic {
    Diagnostic::new(&NUMBER_FORMAT, span, "this format cannot number records")
        .label(why.to_owned())
        .help("write text with `{YYYY}`, `{MM}`, `{DD}` and one `{SEQ:5}`, like `PO-{YYYY}-{SEQ:5}`")
}

/// A field that cannot hold a number.
#[must_use]
pub fn number_field(span: Span, name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&NUMBER_FIELD, span, format!("`{name}` cannot hold the number of a record"))
        .label(why.to_owned())
        .help("use a `string` field that is long enough and has no other source")
}

/// A field that cannot serve in `place`.
#[must_use]
pub fn unfit_field(span: Span, declared: Span, place: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&UNFIT_FIELD, span, format!("this field cannot stand in `{place}`"))
        .label(why.to_owned())
        .also(declared, "declared here")
}

/// A key with a field that may be null.
#[must_use]
pub fn nullable_key(span: Span, declared: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&NULLABLE_KEY, span, format!("`{name}` may be empty, so it cannot identify a record"))
        .label("part of the key")
        .also(declared, "may be empty")
        .help("make it required with `!`")
}

/// A trait where it cannot work.
#[must_use]
pub fn trait_misuse(span: Span, name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(&TRAIT_MISUSE, span, format!("the trait `{name}` cannot work here")).label(why.to_owned())
}

/// An enum without values.
#[must_use]
pub fn no_values(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&NO_VALUES, span, format!("`{name}` has no values"))
        .label("nothing could ever be stored")
        .help("list its values, like `[draft, placed]`")
}

/// A value twice in an enum.
#[must_use]
pub fn duplicate_value(second: Span, first: Span, value: &str) -> Diagnostic {
    Diagnostic::new(&DUPLICATE_VALUE, second, format!("the value `{value}` is there twice"))
        .label("the second time")
        .also(first, "here first")
        .help("remove one of the two")
}

/// Types that are made of each other.
#[must_use]
pub fn type_cycle(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&TYPE_CYCLE, span, format!("the type `{name}` is made of itself"))
        .label("leads back to itself")
        .help("let one of the types have a plain base, like `string(20)`")
}

/// Named types that are built on each other too often.
#[must_use]
pub fn type_chain(span: Span, most: usize) -> Diagnostic {
    Diagnostic::new(&TYPE_CYCLE, span, format!("more than {most} types are built on each other"))
        .label("one too many")
        .help("let one of the types have a plain base, like `string(20)`")
}

/// Something without what it is made of.
#[must_use]
pub fn nothing_in_it(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(&NOTHING_IN_IT, span, format!("{what} has nothing in it"))
        .label("empty")
        .help("add a field, or remove it")
}

/// A title by which documents are looked up without an index.
#[must_use]
pub fn unindexed_title(span: Span, declared: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        &UNINDEXED_TITLE,
        span,
        format!("people look documents up by `{name}`, and it has no index"),
    )
    .label("looked up and sorted by")
    .also(declared, "declared here")
    .help("add `index` (or `unique`) to the field")
}

/// An index that another one makes superfluous.
#[must_use]
pub fn redundant_index(span: Span, other: Span, name: &str) -> Diagnostic {
    Diagnostic::new(&REDUNDANT_INDEX, span, format!("the index `{name}` is covered by another"))
        .label("costs every write and helps no read")
        .also(other, "this one starts with the same fields")
        .help("remove it")
}
