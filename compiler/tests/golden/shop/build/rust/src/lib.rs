//! The records of the package `shop` as types.
//!
//! A small shop in which every kind of field, key and rule occurs once.
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
/// The module `shop`.
pub mod shop {
    /// Where a thing stands.
    #[derive(
        Debug,
        Clone,
        Copy,
        PartialEq,
        Eq,
        PartialOrd,
        Ord,
        Hash,
        serde::Serialize,
        serde::Deserialize
    )]
    pub enum Status {
        /// Draft.
        #[serde(rename = "draft")]
        Draft,
        /// In use.
        #[serde(rename = "in_use")]
        InUse,
        /// Gone.
        #[serde(rename = "gone")]
        Gone,
    }
    impl Status {
        /// Every value, in the order of the model.
        pub const ALL: &'static [Self] = &[Self::Draft, Self::InUse, Self::Gone];
        /// The value as it is stored and sent.
        #[must_use]
        pub const fn name(self) -> &'static str {
            match self {
                Self::Draft => "draft",
                Self::InUse => "in_use",
                Self::Gone => "gone",
            }
        }
    }
    /// Category
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Category {
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
        /// Parent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub parent: Option<crate::Ref<crate::shop::Category>>,
        /// Slug.
        pub slug: String,
        /// Name.
        pub name: String,
        /// Keeper.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub keeper: Option<crate::Ref<crate::shop::Person>>,
        /// Featured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub featured: Option<crate::Ref<crate::shop::Item>>,
    }
    /// A thing on a shelf.
    /// Its second line isn't "quoted".
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Item {
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
        /// Code.
        pub code: String,
        /// Name.
        pub name: String,
        /// Status.
        pub status: crate::shop::Status,
        /// Category.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub category: Option<crate::Ref<crate::shop::Category>>,
        /// Text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub text: Option<String>,
        /// Markup.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub markup: Option<String>,
        /// Count.
        pub count: i64,
        /// Weight.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub weight: Option<crate::Decimal>,
        /// Price.
        pub price: crate::Decimal,
        /// Discount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub discount: Option<crate::Decimal>,
        /// Net.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub net: Option<crate::Decimal>,
        /// Rebate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub rebate: Option<crate::Decimal>,
        /// Shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub shown: Option<String>,
        /// Active.
        pub active: bool,
        /// Since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub since: Option<crate::Date>,
        /// Opens.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub opens: Option<crate::Time>,
        /// Seen at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub seen_at: Option<crate::Datetime>,
        /// Lasts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub lasts: Option<crate::Duration>,
        /// Token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub token: Option<crate::Uuid>,
        /// Extra.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub extra: Option<crate::Json>,
        /// Email.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub email: Option<String>,
        /// Url.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub url: Option<String>,
        /// Phone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub phone: Option<String>,
        /// Country.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub country: Option<String>,
        /// Currency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub currency: Option<String>,
        /// Language.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub language: Option<String>,
        /// Timezone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub timezone: Option<String>,
        /// Iban.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub iban: Option<String>,
        /// Color.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub color: Option<String>,
        /// Slug.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub slug: Option<String>,
        /// Ip.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ip: Option<String>,
        /// Manual.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub manual: Option<crate::Uuid>,
        /// Picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub picture: Option<crate::Uuid>,
        /// Size.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub size: Option<String>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tags: Option<Vec<String>>,
        /// Statuses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub statuses: Option<Vec<crate::shop::Status>>,
        /// Mood.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub mood: Option<crate::shop::Status>,
        /// A word that Rust keeps for itself.
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        pub r#type: Option<String>,
    }
    /// Person
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Person {
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
        /// Name.
        pub name: String,
    }
}
/// The module `stock`.
pub mod stock {
    /// Batch
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Batch {
        /// ID.
        pub id: crate::Uuid,
        /// Parent.
        pub parent: crate::Ref<crate::stock::Line>,
        /// Position.
        pub position: i64,
        /// Label.
        pub label: String,
        /// Count.
        pub count: i64,
    }
    /// Line
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Line {
        /// ID.
        pub id: crate::Uuid,
        /// Parent.
        pub parent: crate::Ref<crate::stock::Order>,
        /// Position.
        pub position: i64,
        /// Item.
        pub item: crate::Ref<crate::shop::Item>,
        /// Item name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub item_name: Option<String>,
        /// Quantity.
        pub quantity: i64,
        /// Price.
        pub price: crate::Decimal,
        /// Amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub amount: Option<crate::Decimal>,
        /// Batches.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub batches: Vec<crate::stock::Batch>,
    }
    /// What is ordered to fill the shelves.
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Order {
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
        /// Code.
        pub code: String,
        /// Orderer.
        pub orderer: crate::Ref<crate::shop::Person>,
        /// Since.
        pub since: crate::Date,
        /// Note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub note: Option<String>,
        /// Lines.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub lines: Vec<crate::stock::Line>,
        /// Total.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub total: Option<crate::Decimal>,
    }
    /// What an item costs in a period.
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Price {
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
        /// Valid from.
        pub valid_from: crate::Date,
        /// Valid to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub valid_to: Option<crate::Date>,
        /// Item.
        pub item: crate::Ref<crate::shop::Item>,
        /// Price.
        pub price: crate::Decimal,
    }
}
/// The bodies of creates.
pub mod create {
    /// The module `shop`.
    pub mod shop {
        /// Category
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Category {
            /// Parent.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub parent: Option<crate::Uuid>,
            /// Slug.
            pub slug: String,
            /// Name.
            pub name: String,
            /// Keeper.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub keeper: Option<crate::Uuid>,
            /// Featured.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub featured: Option<crate::Uuid>,
        }
        /// A thing on a shelf.
        /// Its second line isn't "quoted".
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Item {
            /// Code.
            pub code: String,
            /// Name.
            pub name: String,
            /// Status.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub status: Option<crate::shop::Status>,
            /// Category.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub category: Option<crate::Uuid>,
            /// Text.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub text: Option<String>,
            /// Markup.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub markup: Option<String>,
            /// Count.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub count: Option<i64>,
            /// Weight.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub weight: Option<crate::Decimal>,
            /// Price.
            pub price: crate::Decimal,
            /// Discount.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub discount: Option<crate::Decimal>,
            /// Rebate.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub rebate: Option<crate::Decimal>,
            /// Active.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub active: Option<bool>,
            /// Since.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub since: Option<crate::Date>,
            /// Opens.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub opens: Option<crate::Time>,
            /// Seen at.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub seen_at: Option<crate::Datetime>,
            /// Lasts.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub lasts: Option<crate::Duration>,
            /// Token.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub token: Option<crate::Uuid>,
            /// Extra.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub extra: Option<crate::Json>,
            /// Email.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub email: Option<String>,
            /// Url.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub url: Option<String>,
            /// Phone.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub phone: Option<String>,
            /// Country.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub country: Option<String>,
            /// Currency.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub currency: Option<String>,
            /// Language.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub language: Option<String>,
            /// Timezone.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub timezone: Option<String>,
            /// Iban.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub iban: Option<String>,
            /// Color.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub color: Option<String>,
            /// Slug.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub slug: Option<String>,
            /// Ip.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub ip: Option<String>,
            /// Manual.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub manual: Option<crate::Uuid>,
            /// Picture.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub picture: Option<crate::Uuid>,
            /// Size.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub size: Option<String>,
            /// Tags.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub tags: Option<Vec<String>>,
            /// Statuses.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub statuses: Option<Vec<crate::shop::Status>>,
            /// Mood.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub mood: Option<crate::shop::Status>,
            /// A word that Rust keeps for itself.
            #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
            pub r#type: Option<String>,
        }
        /// Person
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Person {
            /// Name.
            pub name: String,
        }
    }
    /// The module `stock`.
    pub mod stock {
        /// Batch
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Batch {
            /// Label.
            pub label: String,
            /// Count.
            pub count: i64,
        }
        /// Line
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Line {
            /// Item.
            pub item: crate::Uuid,
            /// Item name.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub item_name: Option<String>,
            /// Quantity.
            pub quantity: i64,
            /// Price.
            pub price: crate::Decimal,
            /// Batches.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub batches: Vec<crate::create::stock::Batch>,
        }
        /// What is ordered to fill the shelves.
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Order {
            /// Orderer.
            pub orderer: crate::Uuid,
            /// Since.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub since: Option<crate::Date>,
            /// Note.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub note: Option<String>,
            /// Lines.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub lines: Vec<crate::create::stock::Line>,
        }
        /// What an item costs in a period.
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Price {
            /// Valid from.
            pub valid_from: crate::Date,
            /// Valid to.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub valid_to: Option<crate::Date>,
            /// Item.
            pub item: crate::Uuid,
            /// Price.
            pub price: crate::Decimal,
        }
    }
}
/// The bodies of merge patches: what is `None` stays as it is.
pub mod patch {
    /// The module `shop`.
    pub mod shop {
        /// Category
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Category {
            /// Parent.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub parent: Option<Option<crate::Uuid>>,
            /// Slug.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub slug: Option<String>,
            /// Name.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
            /// Keeper.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub keeper: Option<Option<crate::Uuid>>,
            /// Featured.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub featured: Option<Option<crate::Uuid>>,
        }
        /// A thing on a shelf.
        /// Its second line isn't "quoted".
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Item {
            /// Code.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub code: Option<String>,
            /// Name.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
            /// Status.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub status: Option<crate::shop::Status>,
            /// Category.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub category: Option<Option<crate::Uuid>>,
            /// Text.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub text: Option<Option<String>>,
            /// Markup.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub markup: Option<Option<String>>,
            /// Count.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub count: Option<i64>,
            /// Weight.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub weight: Option<Option<crate::Decimal>>,
            /// Price.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub price: Option<crate::Decimal>,
            /// Discount.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub discount: Option<Option<crate::Decimal>>,
            /// Rebate.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub rebate: Option<Option<crate::Decimal>>,
            /// Active.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub active: Option<bool>,
            /// Since.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub since: Option<Option<crate::Date>>,
            /// Opens.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub opens: Option<Option<crate::Time>>,
            /// Seen at.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub seen_at: Option<Option<crate::Datetime>>,
            /// Lasts.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub lasts: Option<Option<crate::Duration>>,
            /// Token.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub token: Option<Option<crate::Uuid>>,
            /// Extra.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub extra: Option<Option<crate::Json>>,
            /// Email.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub email: Option<Option<String>>,
            /// Url.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub url: Option<Option<String>>,
            /// Phone.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub phone: Option<Option<String>>,
            /// Country.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub country: Option<Option<String>>,
            /// Currency.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub currency: Option<Option<String>>,
            /// Language.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub language: Option<Option<String>>,
            /// Timezone.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub timezone: Option<Option<String>>,
            /// Iban.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub iban: Option<Option<String>>,
            /// Color.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub color: Option<Option<String>>,
            /// Slug.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub slug: Option<Option<String>>,
            /// Ip.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub ip: Option<Option<String>>,
            /// Manual.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub manual: Option<Option<crate::Uuid>>,
            /// Picture.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub picture: Option<Option<crate::Uuid>>,
            /// Size.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub size: Option<Option<String>>,
            /// Tags.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub tags: Option<Option<Vec<String>>>,
            /// Statuses.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub statuses: Option<Option<Vec<crate::shop::Status>>>,
            /// Mood.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub mood: Option<Option<crate::shop::Status>>,
            /// A word that Rust keeps for itself.
            #[serde(
                rename = "type",
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub r#type: Option<Option<String>>,
        }
        /// Person
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Person {
            /// Name.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
        }
    }
    /// The module `stock`.
    pub mod stock {
        /// Batch
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Batch {
            /// ID.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub id: Option<crate::Uuid>,
            /// Label.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub label: Option<String>,
            /// Count.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub count: Option<i64>,
        }
        /// Line
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Line {
            /// ID.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub id: Option<crate::Uuid>,
            /// Item.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub item: Option<crate::Uuid>,
            /// Item name.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub item_name: Option<Option<String>>,
            /// Quantity.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub quantity: Option<i64>,
            /// Price.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub price: Option<crate::Decimal>,
            /// Batches.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub batches: Option<Vec<crate::patch::stock::Batch>>,
        }
        /// What is ordered to fill the shelves.
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Order {
            /// Orderer.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub orderer: Option<crate::Uuid>,
            /// Since.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub since: Option<crate::Date>,
            /// Note.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub note: Option<Option<String>>,
            /// Lines.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub lines: Option<Vec<crate::patch::stock::Line>>,
        }
        /// What an item costs in a period.
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Price {
            /// Valid from.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub valid_from: Option<crate::Date>,
            /// Valid to.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub valid_to: Option<Option<crate::Date>>,
            /// Item.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub item: Option<crate::Uuid>,
            /// Price.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub price: Option<crate::Decimal>,
        }
    }
}
