//! A package as written: names are still text, and every value knows its place. What could not be read is
//! absent, and was told.
//!
//! May not enter: meaning; `resolve` finds it.

mod entity;
mod field;
mod package;
mod passage;
mod policy;
pub mod policy_test;

use smol_str::SmolStr;

use crate::source::Span;

pub use entity::{Check, Column, Entity, Number, Unique};
pub use field::{Constraints, Enum, EnumValue, Field, Named, Type, TypeKind};
pub use package::{Attribute, Package, PackageFile};
pub use passage::Passage;
pub use policy::{Condition, DerivedRole, FieldRule, Let, Policy, Quantity, Rule};

/// A value and the place it was written at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at its place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A name or short text.
pub type Text = Spanned<SmolStr>;

/// The name of something that other files can refer to.
#[derive(Debug, Clone)]
pub struct Name {
    /// The module of the file it stands in.
    pub module: SmolStr,
    /// As written.
    pub short: SmolStr,
    /// Where.
    pub span: Span,
}

impl Name {
    /// `module.Name`.
    #[must_use]
    pub fn qualified(&self) -> SmolStr {
        smol_str::format_smolstr!("{}.{}", self.module, self.short)
    }
}
