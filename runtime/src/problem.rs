//! Problems: every "no" that a client can get, as RFC 9457 says it.
//!
//! Lives here: the one table of problem types with their pages, and the value that carries a problem from
//! where it is found to the edge. May not enter: HTTP libraries, the database's words (they go to the log
//! through [`Problem::internal`], never to a client).

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::decision::Taken;

/// Declares the types; a type whose page is missing does not compile.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $slug:literal, $status:literal, $title:literal;)*) => {
        /// The types of problem. The slug is a promise: it is never changed nor used for something else.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            /// Every type, in the order of their status.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The last part of the type's address, `/docs/problems/{slug}`.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)* }
            }

            /// The HTTP status it is answered with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$kind => $status,)* }
            }

            /// What it is, the same words every time.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }

            /// Its page, in Markdown.
            #[must_use]
            pub const fn page(self) -> &'static str {
                match self {
                    $(Self::$kind => include_str!(concat!("../../docs/problems/", $slug, ".md")),)*
                }
            }
        }
    };
}

kinds! {
    /// The request can not be understood: a header, a path or a body that is not what HTTP asks for.
    InvalidRequest: "invalid-request", 400, "The request can not be understood";
    /// The body is not JSON, or says one key twice.
    MalformedJson: "malformed-json", 400, "The body is not well-formed JSON";
    /// A query parameter is unknown, given twice, or can not be read.
    InvalidQuery: "invalid-query", 400, "A query parameter can not be used";
    /// The cursor was not made by this server for this list.
    InvalidCursor: "invalid-cursor", 400, "The cursor does not fit this list";
    /// The request asks for more than the server is willing to do at once.
    LimitExceeded: "limit-exceeded", 400, "The request asks for too much at once";
    /// No token, or one that does not hold.
    Unauthenticated: "unauthenticated", 401, "A valid token is needed";
    /// The caller may not do this.
    Forbidden: "forbidden", 403, "This is not allowed";
    /// The tenant of the token is not served: unknown or suspended, the answer is the same.
    TenantUnavailable: "tenant-unavailable", 403, "The tenant is not served here";
    /// There is nothing at this address, or nothing that the caller may see.
    NotFound: "not-found", 404, "There is nothing here";
    /// The address exists, the method does not.
    MethodNotAllowed: "method-not-allowed", 405, "The method is not allowed here";
    /// No form of the answer that `Accept` asks for exists.
    NotAcceptable: "not-acceptable", 406, "The answer does not exist in this form";
    /// The request took longer than the server waits.
    Timeout: "timeout", 408, "The request took too long";
    /// Another record has the same unique values.
    AlreadyExists: "already-exists", 409, "Another record has these values";
    /// Other records refer to this one.
    StillReferenced: "still-referenced", 409, "Other records refer to this one";
    /// A request with the same `Idempotency-Key` is still being worked on.
    RequestInProgress: "request-in-progress", 409, "The same request is still being worked on";
    /// `If-Match` names another version than the stored one.
    PreconditionFailed: "precondition-failed", 412, "The record was changed in the meantime";
    /// The body is larger than the server accepts.
    PayloadTooLarge: "payload-too-large", 413, "The body is too large";
    /// The body's media type is not one that this address reads.
    UnsupportedMediaType: "unsupported-media-type", 415, "The body has a type that is not read here";
    /// Values break the rules of the model; every broken rule is listed.
    Invalid: "invalid", 422, "Some values are not valid";
    /// The `Idempotency-Key` was used before, for a different request.
    IdempotencyKeyReused: "idempotency-key-reused", 422, "The idempotency key belongs to another request";
    /// The request would change more records than `max-affected` allows.
    TooManyAffected: "too-many-affected", 422, "More records would change than allowed";
    /// A write without `If-Match`.
    PreconditionRequired: "precondition-required", 428, "The version must be named";
    /// Our fault. The answer carries the request id and nothing else; the log has the rest.
    Internal: "internal", 500, "Something went wrong on our side";
    /// The server can not do it now: too busy, stopping, or its database is locked or read-only.
    Unavailable: "unavailable", 503, "The server can not do this now";
    /// The disk or the database is full. Nothing was written.
    StorageFull: "storage-full", 507, "There is no room to store this";
}

impl Kind {
    /// The type with this slug.
    #[must_use]
    pub fn by_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.slug() == slug)
    }

    /// The stable address of the type, served by the program itself.
    #[must_use]
    pub fn uri(self) -> String {
        format!("/docs/problems/{}", self.slug())
    }
}

/// The place in the request that an [`Item`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A JSON pointer (RFC 6901) into the body.
    Pointer(String),
    /// A query parameter.
    Parameter(String),
    /// A request header.
    Header(String),
}

/// One mistake inside a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where.
    pub place: Place,
    /// A stable code such as `required`, `too_long`, `unknown_field`.
    pub code: Cow<'static, str>,
    /// For people.
    pub message: String,
    /// The name of the model's check that failed.
    pub check: Option<String>,
}

/// A problem on its way to the client. Small to move; cheap when absent.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    detail: Option<String>,
    items: Vec<Item>,
    allow: Option<&'static str>,
    challenge: Option<String>,
    cause: Option<anyhow::Error>,
    refused: Option<Taken>,
}

impl Problem {
    /// A problem of this type with nothing more to say yet.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            detail: None,
            items: Vec::new(),
            allow: None,
            challenge: None,
            cause: None,
            refused: None,
        }))
    }

    /// Our fault: `cause` goes to the log, the client gets the request id.
    #[must_use]
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(Kind::Internal).because(cause)
    }

    /// There is nothing here that the caller may see.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound)
    }

    /// A problem with one mistake in a query parameter.
    #[must_use]
    pub fn query(
        parameter: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Kind::InvalidQuery).parameter(parameter, code, message)
    }

    /// Says what is special about this occurrence. Never the database's words.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// What the log shall know and the client not.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Says what was refused by the policies, for the decision log and not for the client. What was said first stays.
    #[must_use]
    pub fn refusing(mut self, refused: Taken) -> Self {
        self.0.refused.get_or_insert(refused);
        self
    }

    /// Adds a mistake in the body.
    #[must_use]
    pub fn pointer(
        self,
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        self.item(Item {
            place: Place::Pointer(pointer.into()),
            code: code.into(),
            message: message.into(),
            check: None,
        })
    }

    /// Adds a mistake in a query parameter.
    #[must_use]
    pub fn parameter(
        self,
        name: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        self.item(Item {
            place: Place::Parameter(name.into()),
            code: code.into(),
            message: message.into(),
            check: None,
        })
    }

    /// Adds a mistake in a header.
    #[must_use]
    pub fn header(
        self,
        name: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        self.item(Item {
            place: Place::Header(name.into()),
            code: code.into(),
            message: message.into(),
            check: None,
        })
    }

    /// Adds a mistake.
    #[must_use]
    pub fn item(mut self, item: Item) -> Self {
        self.0.items.push(item);
        self
    }

    /// Adds mistakes.
    #[must_use]
    pub fn items(mut self, items: impl IntoIterator<Item = Item>) -> Self {
        self.0.items.extend(items);
        self
    }

    /// Moves every pointer below `prefix`, for a problem found in a part of a larger body.
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        for item in &mut self.0.items {
            if let Place::Pointer(pointer) = &mut item.place {
                pointer.insert_str(0, prefix);
            }
        }
        self
    }

    /// The methods that would have worked (the `Allow` header).
    #[must_use]
    pub fn allow(mut self, methods: &'static str) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// What the `WWW-Authenticate` header says.
    #[must_use]
    pub fn challenge(mut self, challenge: impl Into<String>) -> Self {
        self.0.challenge = Some(challenge.into());
        self
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The mistakes it lists.
    #[must_use]
    pub fn mistakes(&self) -> &[Item] {
        &self.0.items
    }

    /// What only the log may know.
    #[must_use]
    pub fn cause(&self) -> Option<&anyhow::Error> {
        self.0.cause.as_ref()
    }

    /// What the policies refused; nothing when whoever asked knows better.
    #[must_use]
    pub fn refused(&self) -> Option<&Taken> {
        self.0.refused.as_ref()
    }

    /// The `Allow` header.
    #[must_use]
    pub fn allowed(&self) -> Option<&'static str> {
        self.0.allow
    }

    /// The `WWW-Authenticate` header.
    #[must_use]
    pub fn challenged(&self) -> Option<&str> {
        self.0.challenge.as_deref()
    }

    /// The body as RFC 9457 shapes it; `instance` is the id of the request.
    #[must_use]
    pub fn to_json(&self, instance: &str) -> Value {
        let mut body = Map::new();
        body.insert("type".into(), self.0.kind.uri().into());
        body.insert("title".into(), self.0.kind.title().into());
        body.insert("status".into(), self.0.kind.status().into());
        if let Some(detail) = &self.0.detail {
            body.insert("detail".into(), detail.as_str().into());
        }
        if !instance.is_empty() {
            body.insert("instance".into(), instance.into());
        }
        if !self.0.items.is_empty() {
            body.insert("errors".into(), self.0.items.iter().map(Item::to_json).collect());
        }
        Value::Object(body)
    }
}

impl Item {
    fn to_json(&self) -> Value {
        let (key, place) = match &self.place {
            Place::Pointer(p) => ("pointer", p),
            Place::Parameter(p) => ("parameter", p),
            Place::Header(p) => ("header", p),
        };
        let mut item = Map::new();
        item.insert(key.into(), place.as_str().into());
        item.insert("code".into(), self.code.as_ref().into());
        item.insert("message".into(), self.message.as_str().into());
        if let Some(check) = &self.check {
            item.insert("check".into(), check.as_str().into());
        }
        Value::Object(item)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.title())?;
        if let Some(detail) = &self.0.detail {
            write!(f, ": {detail}")?;
        }
        for item in &self.0.items {
            let (Place::Pointer(place) | Place::Parameter(place) | Place::Header(place)) = &item.place;
            write!(f, "; {place}: {}", item.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_page_that_names_it_and_every_page_a_type() {
        for kind in Kind::ALL {
            let page = kind.page();
            assert!(page.starts_with(&format!("# {}\n", kind.title())), "title of {}", kind.slug());
            assert!(page.contains(&format!("Status {}.", kind.status())), "status of {}", kind.slug());
            assert_eq!(Kind::by_slug(kind.slug()), Some(*kind), "{} is used twice", kind.slug());
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/problems");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let slug = name.strip_suffix(".md").unwrap();
            assert!(slug == "README" || Kind::by_slug(slug).is_some(), "{name} is a page without a type");
        }
    }

    #[test]
    fn a_problem_says_where_and_keeps_its_cause() {
        let problem = Problem::new(Kind::Invalid)
            .pointer("/total", "too_small", "must be at least 0")
            .because(anyhow::anyhow!("SQL said no"))
            .below("/lines/0");
        let body = problem.to_json("r1");
        assert_eq!(body["type"], "/docs/problems/invalid");
        assert_eq!(body["instance"], "r1");
        assert_eq!(body["errors"][0]["pointer"], "/lines/0/total");
        assert!(!body.to_string().contains("SQL"));
    }
}
