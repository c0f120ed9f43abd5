//! The records of the package `hello` as types.
//!
//! The smallest useful package.
#![forbid(unsafe_code)]
/// An exact decimal: `-12.50`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Decimal(pub String);
impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
/// A calendar day: `2026-03-31`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Date(pub String);
impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
/// A time of day: `09:30:00`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Time(pub String);
impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
/// An instant in RFC 3339: `2026-03-31T09:30:00Z`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Datetime(pub String);
impl std::fmt::Display for Datetime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
/// A length of time in ISO 8601: `PT1H30M`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Duration(pub String);
impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
/// A UUID, lower case with hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Uuid(pub String);
impl std::fmt::Display for Uuid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
/// Any JSON document.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// Text.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(std::collections::BTreeMap<String, Json>),
}
/// A reference in an answer: the id, or with `expand` the record.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Ref<T> {
    /// The id of the record.
    Id(Uuid),
    /// The record itself.
    Record(Box<T>),
}
/// Tells an explicit `null` from an absent key: reads whatever is present as `Some`.
///
/// # Errors
/// When the value is not a `T`.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
/// The module `hello`.
pub mod hello {
    /// Note
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Note {
        /// ID.
        pub id: crate::Uuid,
        /// Version.
        pub version: i64,
        /// Created at.
        pub created_at: crate::Datetime,
        /// Created by.
        pub created_by: String,
        /// Updated at.
        pub updated_at: crate::Datetime,
        /// Updated by.
        pub updated_by: String,
        /// Title.
        pub title: String,
        /// Body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub body: Option<String>,
        /// Done.
        pub done: bool,
    }
}
/// The bodies of creates.
pub mod create {
    /// The module `hello`.
    pub mod hello {
        /// Note
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Note {
            /// Title.
            pub title: String,
            /// Body.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub body: Option<String>,
            /// Done.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub done: Option<bool>,
        }
    }
}
/// The bodies of merge patches: what is `None` stays as it is.
pub mod patch {
    /// The module `hello`.
    pub mod hello {
        /// Note
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Note {
            /// Title.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub title: Option<String>,
            /// Body.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub body: Option<Option<String>>,
            /// Done.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub done: Option<bool>,
        }
    }
}
