//! The table of field types. A new type on an existing storage form is one row here and one section in
//! `docs/language/fields.md`.

/// How values of a type are stored and what they are in expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Storage {
    /// Unicode text. SQLite `TEXT`, PostgreSQL `text COLLATE "C"`. JSON: string.
    Text,
    /// 64-bit integer. `INTEGER`, `bigint`. JSON: number.
    Int,
    /// Exact decimal. SQLite: units of 10^-scale as `INTEGER`; PostgreSQL `numeric(p,s)`. JSON: string.
    Decimal,
    /// Truth value. SQLite `INTEGER` 0 or 1; `boolean`. JSON: boolean.
    Bool,
    /// Calendar day. SQLite `TEXT` `YYYY-MM-DD`; `date`. JSON: string.
    Date,
    /// Time of day. SQLite `TEXT` `HH:MM:SS.ffffff`; `time`. JSON: string.
    Time,
    /// Instant. SQLite `TEXT` `YYYY-MM-DDTHH:MM:SS.ffffffZ`, always that wide; `timestamptz`. JSON: RFC 3339 string, UTC.
    Datetime,
    /// Length of time. Microseconds as `INTEGER`, `bigint`. JSON: ISO 8601 string.
    Duration,
    /// UUID. SQLite `TEXT`, lower case with hyphens; `uuid`. JSON: string.
    Uuid,
    /// JSON document. SQLite `TEXT`, `jsonb`. JSON: as it is.
    Json,
    /// Owned children: rows of another table, no column.
    Children,
}

/// A positional argument in the shorthand, `string(20)`, and a key in the mapping form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg {
    /// Longest text in characters.
    MaxLength,
    /// All digits of a decimal.
    Precision,
    /// Digits behind the point.
    Scale,
    /// Any number of value names of an inline enum.
    Values,
    /// The element type.
    Item,
}

/// What conditions and list filters can do with a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operators {
    /// `==`, `!=`, `in`, and the string functions.
    Text,
    /// `==`, `!=`, `in`, `<`, `<=`, `>`, `>=`.
    Ordered,
    /// `==`, `!=`, `in`.
    Equality,
    /// Quantifiers and `size()`.
    List,
    /// Only `== null` and `!= null`.
    Presence,
}

/// How a value is brought into its one form before it is validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalise {
    /// Kept as it is.
    Keep,
    /// Blanks at both ends are cut.
    Trim,
    /// Trimmed and upper case: codes.
    Upper,
    /// Trimmed and lower case.
    Lower,
    /// Upper case without blanks: IBAN.
    UpperCompact,
    /// Blanks, hyphens, dots and brackets removed: phone numbers.
    Phone,
    /// HTML sanitised against an allow list.
    Html,
}

/// What the text of a value must be, beyond its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validate {
    /// Nothing more.
    Anything,
    /// One line: no control characters.
    Line,
    /// An address (RFC 5321 mailbox).
    Email,
    /// An absolute `http` or `https` URL.
    Url,
    /// E.164: `+` and up to 15 digits.
    Phone,
    /// ISO 3166-1 alpha-2.
    Country,
    /// ISO 4217.
    Currency,
    /// A BCP 47 language tag.
    Language,
    /// An IANA time zone name.
    Timezone,
    /// ISO 13616 with its check digits.
    Iban,
    /// `#rrggbb`.
    Color,
    /// Lower-case words of letters and digits joined by hyphens.
    Slug,
    /// An IPv4 or IPv6 address.
    Ip,
    /// One of the values of the enum.
    EnumValue,
}

/// One row: everything the programs need to know about a field type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeFacts {
    /// As written in YAML and in the artifact.
    pub name: &'static str,
    /// How its values are stored.
    pub storage: Storage,
    /// What may stand in the brackets.
    pub args: &'static [Arg],
    /// The length bound when none is written.
    pub default_max_length: Option<u32>,
    /// Precision and scale when none are written.
    pub default_decimal: Option<(u8, u8)>,
    /// What conditions can do with it.
    pub operators: Operators,
    /// The one form of a value.
    pub normalise: Normalise,
    /// What a value must be.
    pub validate: Validate,
    /// The JSON Schema `format`.
    pub format: Option<&'static str>,
    /// The JSON Schema `pattern` (ECMA-262) of its shape, in either case where case is normalised.
    pub pattern: Option<&'static str>,
    /// The input element a page offers.
    pub widget: &'static str,
    /// A valid value as JSON text.
    pub example: &'static str,
    /// One sentence for completion and docs.
    pub doc: &'static str,
}

const ROW: TypeFacts = TypeFacts {
    name: "",
    storage: Storage::Text,
    args: &[],
    default_max_length: None,
    default_decimal: None,
    operators: Operators::Text,
    normalise: Normalise::Keep,
    validate: Validate::Anything,
    format: None,
    pattern: None,
    widget: "text",
    example: "null",
    doc: "",
};

/// Stands in where an artifact names a type that no row describes; a loader refuses such an artifact.
pub const UNKNOWN: TypeFacts = TypeFacts { name: "unknown", operators: Operators::Presence, ..ROW };

/// Every field type.
pub const TABLE: &[TypeFacts] = &[
    TypeFacts {
        name: "string",
        args: &[Arg::MaxLength],
        default_max_length: Some(255),
        validate: Validate::Line,
        example: "\"Oak table\"",
        doc: "One line of text.",
        ..ROW
    },
    TypeFacts {
        name: "text",
        args: &[Arg::MaxLength],
        default_max_length: Some(65_536),
        widget: "textarea",
        example: "\"First line\\nsecond line\"",
        doc: "Text of several lines.",
        ..ROW
    },
    TypeFacts {
        name: "rich_text",
        args: &[Arg::MaxLength],
        default_max_length: Some(262_144),
        normalise: Normalise::Html,
        widget: "rich_text",
        example: "\"<p>Hello</p>\"",
        doc: "HTML, sanitised against an allow list.",
        ..ROW
    },
    TypeFacts {
        name: "int",
        storage: Storage::Int,
        operators: Operators::Ordered,
        widget: "number",
        example: "3",
        doc: "A 64-bit integer.",
        ..ROW
    },
    TypeFacts {
        name: "decimal",
        storage: Storage::Decimal,
        args: &[Arg::Precision, Arg::Scale],
        default_decimal: Some((18, 4)),
        operators: Operators::Ordered,
        widget: "number",
        example: "\"12.5000\"",
        doc: "An exact decimal of at most 18 digits.",
        ..ROW
    },
    TypeFacts {
        name: "money",
        storage: Storage::Decimal,
        args: &[Arg::Scale],
        default_decimal: Some((18, 2)),
        operators: Operators::Ordered,
        widget: "money",
        example: "\"199.90\"",
        doc: "An exact amount of money; its currency is a field of its own.",
        ..ROW
    },
    TypeFacts {
        name: "percent",
        storage: Storage::Decimal,
        args: &[Arg::Scale],
        default_decimal: Some((9, 4)),
        operators: Operators::Ordered,
        widget: "percent",
        example: "\"7.7000\"",
        doc: "An exact percentage: 7.7 means 7.7 %.",
        ..ROW
    },
    TypeFacts {
        name: "bool",
        storage: Storage::Bool,
        operators: Operators::Equality,
        widget: "checkbox",
        example: "true",
        doc: "True or false.",
        ..ROW
    },
    TypeFacts {
        name: "date",
        storage: Storage::Date,
        operators: Operators::Ordered,
        format: Some("date"),
        widget: "date",
        example: "\"2026-03-31\"",
        doc: "A calendar day.",
        ..ROW
    },
    TypeFacts {
        name: "time",
        storage: Storage::Time,
        operators: Operators::Ordered,
        pattern: Some(r"^[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$"),
        widget: "time",
        example: "\"09:30:00\"",
        doc: "A time of day without a zone.",
        ..ROW
    },
    TypeFacts {
        name: "datetime",
        storage: Storage::Datetime,
        operators: Operators::Ordered,
        format: Some("date-time"),
        widget: "datetime",
        example: "\"2026-03-31T09:30:00Z\"",
        doc: "An instant; answered in UTC.",
        ..ROW
    },
    TypeFacts {
        name: "duration",
        storage: Storage::Duration,
        operators: Operators::Ordered,
        format: Some("duration"),
        widget: "duration",
        example: "\"PT1H30M\"",
        doc: "A length of time (ISO 8601, no years or months).",
        ..ROW
    },
    TypeFacts {
        name: "uuid",
        storage: Storage::Uuid,
        operators: Operators::Equality,
        format: Some("uuid"),
        example: "\"0198c5a2-7c1e-7d1b-9b0a-3f2f5d6c7b8a\"",
        doc: "A UUID.",
        ..ROW
    },
    TypeFacts {
        name: "enum",
        args: &[Arg::Values],
        operators: Operators::Equality,
        validate: Validate::EnumValue,
        widget: "select",
        doc: "One of the values of an enum.",
        ..ROW
    },
    TypeFacts {
        name: "json",
        storage: Storage::Json,
        operators: Operators::Presence,
        widget: "json",
        example: "{\"any\": \"thing\"}",
        doc: "Any JSON document.",
        ..ROW
    },
    TypeFacts {
        name: "email",
        default_max_length: Some(254),
        normalise: Normalise::Trim,
        validate: Validate::Email,
        format: Some("email"),
        widget: "email",
        example: "\"orders@example.com\"",
        doc: "An e-mail address.",
        ..ROW
    },
    TypeFacts {
        name: "url",
        default_max_length: Some(2048),
        normalise: Normalise::Trim,
        validate: Validate::Url,
        format: Some("uri"),
        widget: "url",
        example: "\"https://example.com/\"",
        doc: "An absolute web address.",
        ..ROW
    },
    TypeFacts {
        name: "phone",
        default_max_length: Some(16),
        normalise: Normalise::Phone,
        validate: Validate::Phone,
        widget: "tel",
        example: "\"+41446681800\"",
        doc: "A telephone number in E.164 form.",
        ..ROW
    },
    TypeFacts {
        name: "country",
        default_max_length: Some(2),
        normalise: Normalise::Upper,
        validate: Validate::Country,
        pattern: Some(r"^[A-Za-z]{2}$"),
        widget: "country",
        example: "\"CH\"",
        doc: "An ISO 3166-1 alpha-2 country code.",
        ..ROW
    },
    TypeFacts {
        name: "currency",
        default_max_length: Some(3),
        normalise: Normalise::Upper,
        validate: Validate::Currency,
        pattern: Some(r"^[A-Za-z]{3}$"),
        widget: "currency",
        example: "\"EUR\"",
        doc: "An ISO 4217 currency code.",
        ..ROW
    },
    TypeFacts {
        name: "language",
        default_max_length: Some(35),
        normalise: Normalise::Trim,
        validate: Validate::Language,
        widget: "language",
        example: "\"de-CH\"",
        doc: "A BCP 47 language tag.",
        ..ROW
    },
    TypeFacts {
        name: "timezone",
        default_max_length: Some(64),
        normalise: Normalise::Trim,
        validate: Validate::Timezone,
        widget: "timezone",
        example: "\"Europe/Zurich\"",
        doc: "An IANA time zone.",
        ..ROW
    },
    TypeFacts {
        name: "iban",
        default_max_length: Some(34),
        normalise: Normalise::UpperCompact,
        validate: Validate::Iban,
        example: "\"DE89370400440532013000\"",
        doc: "A bank account number (ISO 13616).",
        ..ROW
    },
    TypeFacts {
        name: "color",
        default_max_length: Some(7),
        normalise: Normalise::Lower,
        validate: Validate::Color,
        pattern: Some(r"^#[0-9A-Fa-f]{6}$"),
        widget: "color",
        example: "\"#1b6ac9\"",
        doc: "A colour as `#rrggbb`.",
        ..ROW
    },
    TypeFacts {
        name: "slug",
        args: &[Arg::MaxLength],
        default_max_length: Some(64),
        normalise: Normalise::Lower,
        validate: Validate::Slug,
        pattern: Some(r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$"),
        example: "\"oak-table\"",
        doc: "A readable part of an address.",
        ..ROW
    },
    TypeFacts {
        name: "ip",
        default_max_length: Some(45),
        normalise: Normalise::Lower,
        validate: Validate::Ip,
        example: "\"192.0.2.1\"",
        doc: "An IPv4 or IPv6 address.",
        ..ROW
    },
    TypeFacts {
        name: "file",
        storage: Storage::Uuid,
        operators: Operators::Presence,
        format: Some("uuid"),
        widget: "file",
        doc: "The id of an uploaded file.",
        ..ROW
    },
    TypeFacts {
        name: "image",
        storage: Storage::Uuid,
        operators: Operators::Presence,
        format: Some("uuid"),
        widget: "image",
        doc: "The id of an uploaded PNG, JPEG, GIF or WebP file.",
        ..ROW
    },
    TypeFacts {
        name: "list",
        storage: Storage::Json,
        args: &[Arg::Item],
        operators: Operators::List,
        widget: "tags",
        doc: "A list of scalars, at most 1,000.",
        ..ROW
    },
    TypeFacts {
        name: "ref",
        storage: Storage::Uuid,
        operators: Operators::Equality,
        format: Some("uuid"),
        widget: "reference",
        doc: "A reference to a record of another entity, by its id.",
        ..ROW
    },
    TypeFacts {
        name: "children",
        storage: Storage::Children,
        operators: Operators::List,
        widget: "lines",
        doc: "Owned records, written and read with their parent.",
        ..ROW
    },
];

/// The row for the type with this name.
#[must_use]
pub fn facts(name: &str) -> Option<&'static TypeFacts> {
    TABLE.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_own_name_and_a_sentence() {
        for (i, row) in TABLE.iter().enumerate() {
            assert!(row.doc.ends_with('.'), "{}", row.name);
            assert!(TABLE[i + 1..].iter().all(|other| other.name != row.name), "{}", row.name);
            assert!(serde_json::from_str::<serde_json::Value>(row.example).is_ok(), "{}", row.name);
        }
    }
}
