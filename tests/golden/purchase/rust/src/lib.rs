//! The records of the package `purchase` as types.
//!
//! Suppliers, products and purchase orders with lines.
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
/// The module `purchase`.
pub mod purchase {
    /// Order status
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
    pub enum OrderStatus {
        /// Draft.
        #[serde(rename = "draft")]
        Draft,
        /// Placed.
        #[serde(rename = "placed")]
        Placed,
        /// Received.
        #[serde(rename = "received")]
        Received,
        /// Cancelled.
        #[serde(rename = "cancelled")]
        Cancelled,
    }
    impl OrderStatus {
        /// Every value, in the order of the model.
        pub const ALL: &'static [Self] = &[
            Self::Draft,
            Self::Placed,
            Self::Received,
            Self::Cancelled,
        ];
        /// The value as it is stored and sent.
        #[must_use]
        pub const fn name(self) -> &'static str {
            match self {
                Self::Draft => "draft",
                Self::Placed => "placed",
                Self::Received => "received",
                Self::Cancelled => "cancelled",
            }
        }
    }
    /// How well a supplier has served us.
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
    pub enum SupplierRating {
        /// Excellent.
        #[serde(rename = "a")]
        A,
        /// Good.
        #[serde(rename = "b")]
        B,
        /// On watch.
        #[serde(rename = "c")]
        C,
    }
    impl SupplierRating {
        /// Every value, in the order of the model.
        pub const ALL: &'static [Self] = &[Self::A, Self::B, Self::C];
        /// The value as it is stored and sent.
        #[must_use]
        pub const fn name(self) -> &'static str {
            match self {
                Self::A => "a",
                Self::B => "b",
                Self::C => "c",
            }
        }
    }
    /// Currency
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Currency {
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
        /// Decimals.
        pub decimals: i64,
    }
    /// A part of a line that arrived.
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Delivery {
        /// ID.
        pub id: crate::Uuid,
        /// Parent.
        pub parent: crate::Ref<crate::purchase::PurchaseOrderLine>,
        /// Position.
        pub position: i64,
        /// Arrived on.
        pub arrived_on: crate::Date,
        /// Quantity.
        pub quantity: crate::Decimal,
    }
    /// Product
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Product {
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
        /// Sku.
        pub sku: String,
        /// Name.
        pub name: String,
        /// Group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub group: Option<crate::Ref<crate::purchase::ProductGroup>>,
        /// Supplier.
        pub supplier: crate::Ref<crate::purchase::Supplier>,
        /// Price.
        pub price: crate::Decimal,
        /// Weight in kg.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub weight: Option<crate::Decimal>,
        /// Active.
        pub active: bool,
        /// Released on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub released_on: Option<crate::Date>,
    }
    /// Products by kind; groups may hold groups.
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct ProductGroup {
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
        pub parent: Option<crate::Ref<crate::purchase::ProductGroup>>,
        /// Code.
        pub code: String,
        /// Name.
        pub name: String,
    }
    /// What a product costs in a period; periods of one product never overlap.
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct ProductPrice {
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
        /// Product.
        pub product: crate::Ref<crate::purchase::Product>,
        /// Price.
        pub price: crate::Decimal,
    }
    /// What we ordered from one supplier.
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct PurchaseOrder {
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
        /// Supplier.
        pub supplier: crate::Ref<crate::purchase::Supplier>,
        /// Supplier name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub supplier_name: Option<String>,
        /// Supplier's reference.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub supplier_ref: Option<String>,
        /// Status.
        pub status: crate::purchase::OrderStatus,
        /// Region.
        pub region: String,
        /// Currency.
        pub currency: crate::Ref<crate::purchase::Currency>,
        /// Ordered on.
        pub ordered_on: crate::Date,
        /// Deliver by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub deliver_by: Option<crate::Datetime>,
        /// Note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub note: Option<String>,
        /// Lines.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub lines: Vec<crate::purchase::PurchaseOrderLine>,
        /// Total.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub total: Option<crate::Decimal>,
        /// Line count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub line_count: Option<i64>,
    }
    /// Line
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct PurchaseOrderLine {
        /// ID.
        pub id: crate::Uuid,
        /// Parent.
        pub parent: crate::Ref<crate::purchase::PurchaseOrder>,
        /// Position.
        pub position: i64,
        /// Product.
        pub product: crate::Ref<crate::purchase::Product>,
        /// Text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub text: Option<String>,
        /// Quantity.
        pub quantity: crate::Decimal,
        /// Price.
        pub price: crate::Decimal,
        /// Amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub amount: Option<crate::Decimal>,
        /// Deliveries.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub deliveries: Vec<crate::purchase::Delivery>,
    }
    /// Somebody we buy from.
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Supplier {
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
        /// Country.
        pub country: String,
        /// Email.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub email: Option<String>,
        /// Phone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub phone: Option<String>,
        /// Website.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub website: Option<String>,
        /// Iban.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub iban: Option<String>,
        /// Rating.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub rating: Option<crate::purchase::SupplierRating>,
        /// Currency.
        pub currency: crate::Ref<crate::purchase::Currency>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tags: Option<Vec<String>>,
        /// Notes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub notes: Option<String>,
    }
}
/// The bodies of creates.
pub mod create {
    /// The module `purchase`.
    pub mod purchase {
        /// Currency
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Currency {
            /// Code.
            pub code: String,
            /// Name.
            pub name: String,
            /// Decimals.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub decimals: Option<i64>,
        }
        /// A part of a line that arrived.
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Delivery {
            /// Arrived on.
            pub arrived_on: crate::Date,
            /// Quantity.
            pub quantity: crate::Decimal,
        }
        /// Product
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Product {
            /// Sku.
            pub sku: String,
            /// Name.
            pub name: String,
            /// Group.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub group: Option<crate::Uuid>,
            /// Supplier.
            pub supplier: crate::Uuid,
            /// Price.
            pub price: crate::Decimal,
            /// Weight in kg.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub weight: Option<crate::Decimal>,
            /// Active.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub active: Option<bool>,
            /// Released on.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub released_on: Option<crate::Date>,
        }
        /// Products by kind; groups may hold groups.
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct ProductGroup {
            /// Parent.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub parent: Option<crate::Uuid>,
            /// Code.
            pub code: String,
            /// Name.
            pub name: String,
        }
        /// What a product costs in a period; periods of one product never overlap.
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct ProductPrice {
            /// Valid from.
            pub valid_from: crate::Date,
            /// Valid to.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub valid_to: Option<crate::Date>,
            /// Product.
            pub product: crate::Uuid,
            /// Price.
            pub price: crate::Decimal,
        }
        /// What we ordered from one supplier.
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct PurchaseOrder {
            /// Supplier.
            pub supplier: crate::Uuid,
            /// Supplier name.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub supplier_name: Option<String>,
            /// Supplier's reference.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub supplier_ref: Option<String>,
            /// Status.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub status: Option<crate::purchase::OrderStatus>,
            /// Region.
            pub region: String,
            /// Currency.
            pub currency: crate::Uuid,
            /// Ordered on.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub ordered_on: Option<crate::Date>,
            /// Deliver by.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub deliver_by: Option<crate::Datetime>,
            /// Note.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub note: Option<String>,
            /// Lines.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub lines: Vec<crate::create::purchase::PurchaseOrderLine>,
        }
        /// Line
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct PurchaseOrderLine {
            /// Product.
            pub product: crate::Uuid,
            /// Text.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub text: Option<String>,
            /// Quantity.
            pub quantity: crate::Decimal,
            /// Price.
            pub price: crate::Decimal,
            /// Deliveries.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub deliveries: Vec<crate::create::purchase::Delivery>,
        }
        /// Somebody we buy from.
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Supplier {
            /// Code.
            pub code: String,
            /// Name.
            pub name: String,
            /// Country.
            pub country: String,
            /// Email.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub email: Option<String>,
            /// Phone.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub phone: Option<String>,
            /// Website.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub website: Option<String>,
            /// Iban.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub iban: Option<String>,
            /// Rating.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub rating: Option<crate::purchase::SupplierRating>,
            /// Currency.
            pub currency: crate::Uuid,
            /// Tags.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub tags: Option<Vec<String>>,
            /// Notes.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub notes: Option<String>,
        }
    }
}
/// The bodies of merge patches: what is `None` stays as it is.
pub mod patch {
    /// The module `purchase`.
    pub mod purchase {
        /// Currency
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Currency {
            /// Code.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub code: Option<String>,
            /// Name.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
            /// Decimals.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub decimals: Option<i64>,
        }
        /// A part of a line that arrived.
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Delivery {
            /// ID.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub id: Option<crate::Uuid>,
            /// Arrived on.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub arrived_on: Option<crate::Date>,
            /// Quantity.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub quantity: Option<crate::Decimal>,
        }
        /// Product
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Product {
            /// Sku.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub sku: Option<String>,
            /// Name.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
            /// Group.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub group: Option<Option<crate::Uuid>>,
            /// Supplier.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub supplier: Option<crate::Uuid>,
            /// Price.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub price: Option<crate::Decimal>,
            /// Weight in kg.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub weight: Option<Option<crate::Decimal>>,
            /// Active.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub active: Option<bool>,
            /// Released on.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub released_on: Option<Option<crate::Date>>,
        }
        /// Products by kind; groups may hold groups.
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct ProductGroup {
            /// Parent.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub parent: Option<Option<crate::Uuid>>,
            /// Code.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub code: Option<String>,
            /// Name.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
        }
        /// What a product costs in a period; periods of one product never overlap.
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct ProductPrice {
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
            /// Product.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub product: Option<crate::Uuid>,
            /// Price.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub price: Option<crate::Decimal>,
        }
        /// What we ordered from one supplier.
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct PurchaseOrder {
            /// Supplier.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub supplier: Option<crate::Uuid>,
            /// Supplier name.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub supplier_name: Option<Option<String>>,
            /// Supplier's reference.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub supplier_ref: Option<Option<String>>,
            /// Status.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub status: Option<crate::purchase::OrderStatus>,
            /// Region.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub region: Option<String>,
            /// Currency.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub currency: Option<crate::Uuid>,
            /// Ordered on.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub ordered_on: Option<crate::Date>,
            /// Deliver by.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub deliver_by: Option<Option<crate::Datetime>>,
            /// Note.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub note: Option<Option<String>>,
            /// Lines.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub lines: Option<Vec<crate::patch::purchase::PurchaseOrderLine>>,
        }
        /// Line
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct PurchaseOrderLine {
            /// ID.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub id: Option<crate::Uuid>,
            /// Product.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub product: Option<crate::Uuid>,
            /// Text.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub text: Option<Option<String>>,
            /// Quantity.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub quantity: Option<crate::Decimal>,
            /// Price.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub price: Option<crate::Decimal>,
            /// Deliveries.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub deliveries: Option<Vec<crate::patch::purchase::Delivery>>,
        }
        /// Somebody we buy from.
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Supplier {
            /// Code.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub code: Option<String>,
            /// Name.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
            /// Country.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub country: Option<String>,
            /// Email.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub email: Option<Option<String>>,
            /// Phone.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub phone: Option<Option<String>>,
            /// Website.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub website: Option<Option<String>>,
            /// Iban.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub iban: Option<Option<String>>,
            /// Rating.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub rating: Option<Option<crate::purchase::SupplierRating>>,
            /// Currency.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub currency: Option<crate::Uuid>,
            /// Tags.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub tags: Option<Option<Vec<String>>>,
            /// Notes.
            #[serde(
                default,
                deserialize_with = "crate::present",
                skip_serializing_if = "Option::is_none",
            )]
            pub notes: Option<Option<String>>,
        }
    }
}
